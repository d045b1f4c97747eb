/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line an item.  Ids are held in one table, which tells those that come twice. */
#include "exec/input.h"

#include "base/intern.h"

#include <string.h>

enum { ID_MAX = 200 };

struct line {
    const char *id, *class, *payload, *truth;
};
struct input_lines {
    struct arena arena;
    VEC(struct line) lines;
    struct run_input input;
};

struct reading {
    const char *name;
    uint32_t line;
    const struct pipeline *pipeline;
    struct input_lines *in;
    struct json_reader *json;
    struct intern ids;
    VEC(uint32_t) line_of; /* of each id */
};

static int fault(const struct reading *r, struct error *err, const char *format, ...)
    PRINTF_LIKE(3, 4);
static int fault(const struct reading *r, struct error *err, const char *format, ...)
{
    struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    error_at(err, ERR_INPUT, r->name, r->line, 0, "%s", buf_text(&text));
    buf_release(&text);
    return -1;
}

static int check_keys(const struct reading *r, struct json item, struct error *err)
{
    static const char *const known[] = {"id", "class", "input", "truth"};
    for (struct json_iter it = json_each(item); json_next(&it);) {
        char word[61];
        bool found = false;
        for (size_t k = 0; k < 4; k++)
            found |= strlen(known[k]) == it.key_len && !memcmp(known[k], it.key, it.key_len);
        if (found)
            continue;
        size_t len = it.key_len < sizeof word - 1 ? it.key_len : sizeof word - 1;
        memcpy(word, it.key, len);
        word[len] = '\0';
        const char *near = nearest_word(word, known, 4);
        return near
                   ? fault(r, err, "unknown key \"%s\"; did you mean \"%s\"?", word, near)
                   : fault(r, err, "unknown key \"%s\"; an item has id, class, input, truth", word);
    }
    return 0;
}

/* A map as text, or NULL where there is none. */
static int map_text(const struct reading *r, struct json item, const char *key, const char **out,
                    struct error *err)
{
    struct json v = json_get(item, key);
    struct buf text = {0};
    *out = NULL;
    if (!json_present(v) || json_type(v) == JSON_NULL)
        return 0;
    if (json_type(v) != JSON_MAP)
        return fault(r, err, "\"%s\" must be an object", key);
    json_dump(v, &text);
    *out = arena_strndup(&r->in->arena, text.data, text.len);
    buf_release(&text);
    return 0;
}

static int read_id(struct reading *r, struct json item, struct line *out, struct error *err)
{
    struct json v = json_get(item, "id");
    struct buf text = {0};
    const char *s;
    size_t len;
    uint64_t number;

    if (json_text(v, &s, &len))
        buf_add(&text, s, len);
    else if (json_as_u64(v, &number))
        buf_printf(&text, "%llu", (unsigned long long)number);
    else if (!json_present(v))
        buf_printf(&text, "%u", (unsigned)r->line);
    int status = 0;
    if (text.len == 0 || text.len > ID_MAX || strlen(text.data) != text.len)
        status = fault(r, err, "\"id\" must be a text of 1 to %d bytes", ID_MAX);
    if (!status) {
        uint32_t id = intern_put(&r->ids, text.data, text.len);
        if (id < r->line_of.len)
            status = fault(r, err, "the id \"%s\" stands in line %u already", text.data,
                           (unsigned)r->line_of.at[id]);
        else
            vec_push(&r->line_of, r->line);
        out->id = arena_strndup(&r->in->arena, text.data, text.len);
    }
    buf_release(&text);
    return status;
}

static int read_class(const struct reading *r, struct json item, struct line *out,
                      struct error *err)
{
    const struct pipeline *p = r->pipeline;
    struct json v = json_get(item, "class");
    const char *s, *names[CLASSES_MAX];
    size_t len;

    if (!json_present(v) || json_type(v) == JSON_NULL)
        return 0;
    if (!json_text(v, &s, &len))
        return fault(r, err, "\"class\" must be a text");
    out->class = arena_strndup(&r->in->arena, s, len);
    for (uint32_t c = 0; c < p->n_classes; c++) {
        names[c] = p->class[c].id;
        if (!strcmp(p->class[c].id, out->class))
            return 0;
    }
    const char *near = nearest_word(out->class, names, p->n_classes);
    return fault(r, err, "the scenario has no class \"%.60s\"%s%s%s", out->class,
                 near && *near ? "; did you mean \"" : "", near && *near ? near : "",
                 near && *near ? "\"?" : "");
}

static int read_line(struct reading *r, const char *text, size_t len, struct error *err)
{
    struct json item;
    struct line line = {0};
    struct error why = {0};

    if (json_parse(r->json, text, len, &item, &why))
        return error_at(err, ERR_INPUT, r->name, r->line, why.column, "%s", why.text);
    if (json_type(item) != JSON_MAP)
        return fault(r, err, "an item is a JSON object, one on each line");
    if (check_keys(r, item, err) || read_id(r, item, &line, err) ||
        read_class(r, item, &line, err) || map_text(r, item, "input", &line.payload, err) ||
        map_text(r, item, "truth", &line.truth, err))
        return -1;
    vec_push(&r->in->lines, line);
    return 0;
}

static bool is_blank(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r')
            return false;
    return true;
}

static void item(void *arg, uint64_t index, const char **id, const char **class,
                 const char **payload, const char **truth)
{
    const struct input_lines *in = arg;
    const struct line *line = &in->lines.at[index];
    *id = line->id;
    *class = line->class;
    *payload = line->payload;
    *truth = line->truth;
}

int input_lines_read(const char *name, const char *text, size_t len, const struct pipeline *p,
                     struct input_lines **out, struct error *err)
{
    struct reading r = {.name = name, .pipeline = p};
    int status = 0;

    r.in = mem_zero(1, sizeof *r.in);
    arena_init(&r.in->arena);
    r.json = json_reader_new();
    intern_init(&r.ids);
    for (size_t at = 0; at < len && !status;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t n = end ? (size_t)(end - text) - at : len - at;
        r.line++;
        if (!is_blank(text + at, n))
            status = read_line(&r, text + at, n, err);
        at += n + 1;
    }
    if (!status && r.in->lines.len == 0)
        status = error_set(err, ERR_INPUT, "%s: there is no item in it", name);
    json_reader_free(r.json);
    intern_release(&r.ids);
    vec_release(&r.line_of);
    r.in->input = (struct run_input){.arg = r.in, .item = item, .items = r.in->lines.len};
    if (status) {
        input_lines_free(r.in);
        return -1;
    }
    *out = r.in;
    return 0;
}

void input_lines_free(struct input_lines *in)
{
    if (!in)
        return;
    arena_release(&in->arena);
    vec_release(&in->lines);
    mem_free(in);
}

const struct run_input *input_lines_of(const struct input_lines *in)
{
    return &in->input;
}
