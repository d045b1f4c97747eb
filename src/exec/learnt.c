/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "exec/learnt.h"

#include "base/json_write.h"
#include "exec/writer.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define SCHEMA "seam.learnt/1"

void learnt_init(struct learnt *l)
{
    *l = (struct learnt){0};
}

void learnt_release(struct learnt *l)
{
    buf_release(&l->notes);
    buf_release(&l->weights);
    for (size_t i = 0; i < l->confidence.len; i++) {
        mem_free(l->confidence.at[i].step);
        vec_release(&l->confidence.at[i].row);
    }
    vec_release(&l->confidence);
    learnt_init(l);
}

struct learnt_labels *learnt_of(struct learnt *l, const char *step)
{
    for (size_t i = 0; i < l->confidence.len; i++)
        if (strcmp(l->confidence.at[i].step, step) == 0)
            return &l->confidence.at[i];
    struct learnt_labels labels = {.step = mem_strdup(step)};
    vec_push(&l->confidence, labels);
    return &l->confidence.at[l->confidence.len - 1];
}

/* --- kept */

static void write_labels(const struct learnt *l, struct json_write *w)
{
    json_key(w, "confidence");
    json_open(w, '{');
    for (size_t i = 0; i < l->confidence.len; i++) {
        const struct learnt_labels *c = &l->confidence.at[i];
        json_key(w, c->step);
        json_open(w, '[');
        for (size_t k = 0; k < c->row.len; k++) {
            json_open(w, '[');
            json_number(w, c->row.at[k].confidence);
            json_bool(w, c->row.at[k].correct);
            json_number(w, c->row.at[k].weight);
            json_close(w, ']');
        }
        json_close(w, ']');
    }
    json_close(w, '}');
}

void learnt_write(const struct learnt *l, struct buf *out)
{
    struct json_write w;
    json_init(&w, out, 0);
    json_open(&w, '{');
    json_key(&w, "schema");
    json_string(&w, SCHEMA);
    json_key(&w, "cycles");
    json_uint(&w, l->cycles);
    json_key(&w, "labels");
    json_uint(&w, l->labels);
    json_key(&w, "mended");
    json_uint(&w, l->mended);
    json_key(&w, "steps");
    json_uint(&w, l->steps);
    json_key(&w, "notes");
    json_string_n(&w, buf_text(&l->notes), l->notes.len);
    write_labels(l, &w);
    json_close(&w, '}');
    if (l->weights.len) { /* JSON already: it goes before the bracket that was closed */
        out->len--;
        buf_puts(out, ",\"language\":");
        buf_add(out, l->weights.data, l->weights.len);
        buf_putc(out, '}');
    }
    buf_putc(out, '\n');
}

static bool read_row(struct json v, struct scored *row)
{
    bool numbers = json_as_double(json_pointer(v, "/0"), &row->confidence) &&
                   json_as_bool(json_pointer(v, "/1"), &row->correct) &&
                   json_as_double(json_pointer(v, "/2"), &row->weight);
    return numbers && row->confidence >= 0 && row->confidence <= 1 && row->weight > 0 &&
           isfinite(row->weight);
}

static int read_labels(struct learnt *l, const char *name, struct json map, struct error *err)
{
    for (struct json_iter step = json_each(map); json_next(&step);) {
        char id[256];
        if (step.key_len >= sizeof id)
            return error_set(err, ERR_INPUT, "%s: the name of a step is too long", name);
        memcpy(id, step.key, step.key_len);
        id[step.key_len] = '\0';
        struct learnt_labels *to = learnt_of(l, id);
        for (struct json_iter it = json_each(step.value); json_next(&it);) {
            struct scored row = {.group = 0};
            if (!read_row(it.value, &row))
                return error_set(err, ERR_INPUT,
                                 "%s: `%s`: a label is [confidence, correct, weight]", name, id);
            vec_push(&to->row, row);
        }
    }
    return 0;
}

static int read_all(struct learnt *l, const char *name, struct json root, struct error *err)
{
    const char *schema, *notes;
    size_t len;
    uint64_t cycles = 0;
    struct json language = json_get(root, "language");
    if (!json_text(json_get(root, "schema"), &schema, &len) || len != strlen(SCHEMA) ||
        memcmp(schema, SCHEMA, len))
        return error_set(err, ERR_INPUT,
                         "%s: not what a run has learnt (`schema` is to be \"" SCHEMA "\")", name);
    if (!json_as_u64(json_get(root, "cycles"), &cycles) || cycles > UINT32_MAX ||
        !json_as_u64(json_get(root, "labels"), &l->labels) ||
        !json_as_u64(json_get(root, "mended"), &l->mended) ||
        !json_as_u64(json_get(root, "steps"), &l->steps) ||
        !json_text(json_get(root, "notes"), &notes, &len))
        return error_set(err, ERR_INPUT,
                         "%s: `cycles`, `labels`, `mended`, `steps` or `notes` is missing", name);
    l->cycles = (uint32_t)cycles;
    buf_add(&l->notes, notes, len);
    if (json_present(language))
        json_dump(language, &l->weights);
    return read_labels(l, name, json_get(root, "confidence"), err);
}

int learnt_read(struct learnt *l, const char *name, const char *text, size_t len, struct error *err)
{
    struct json_reader *json = json_reader_new();
    struct error cause = {0};
    struct json root;
    int status = -1;
    if (json_parse(json, text, len, &root, &cause))
        error_set(err, cause.code, "%s: %.600s", name, cause.text);
    else
        status = read_all(l, name, root, err);
    json_reader_free(json);
    if (status)
        learnt_release(l);
    return status;
}

/* --- handed to the stages of a run */

static const char part_learnt[] = "learnt";

static int keep(struct world *w, const void *arg, void **part, struct error *err)
{
    *part = (void *)(uintptr_t)arg;
    return 0;
}

static void leave(void *part)
{
}

static const struct world_part learnt_part = {keep, leave};

int learnt_give(const struct learnt *l, struct world *w, struct error *err)
{
    void *part;
    if (l->notes.len && world_extend(w, "what was learnt", l->notes.data, l->notes.len, err))
        return -1;
    return world_share(w, part_learnt, &learnt_part, l, &part, err);
}

static int load_weights(struct language *l, const struct learnt *learnt, struct error *err)
{
    struct json_reader *json = json_reader_new();
    struct json root;
    int status = json_parse(json, learnt->weights.data, learnt->weights.len, &root, err) ||
                 language_load(l, root, err);
    json_reader_free(json);
    return status ? -1 : 0;
}

int learnt_open_language(const struct learnt *learnt, const struct canon *c, struct language **out,
                         struct error *err)
{
    bool kept = learnt && learnt->weights.len;
    struct language *l = writer_new(c, &(struct writer_options){.untaught = kept});
    if (kept && load_weights(l, learnt, err)) {
        language_free(l);
        return -1;
    }
    *out = l;
    return 0;
}

static int open_language(struct world *w, const void *arg, void **part, struct error *err)
{
    void *given;
    struct language *l;
    if (world_share(w, part_learnt, &learnt_part, NULL, &given, err) ||
        learnt_open_language(given, arg, &l, err))
        return -1;
    *part = l;
    return 0;
}

static void close_language(void *part)
{
    language_free(part);
}

int learnt_language(struct world *w, const struct canon *c, const struct language **out,
                    struct error *err)
{
    static const struct world_part kind = {open_language, close_language};
    char name[64];
    void *part;
    snprintf(name, sizeof name, "language %.17s", c->version);
    if (world_share(w, name, &kind, c, &part, err))
        return -1;
    *out = part;
    return 0;
}
