/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a canon: JSON lines, each a chunk, a subject, or both.
 *
 *     {"kind": "character", "id": "maren-osk", "name": "Maren Osk", "aliases": [...],
 *      "chunk": "maren-osk/look", "text": "...",
 *      "facts": [{"subject": "maren-osk", "attribute": "coat", "value": "green oilskin"}, ...]}
 *
 * `kind` is always there; `id` names the subject that a sheet is about, `name` makes it known;
 * `chunk` and `text` come together.  {"kind": "attribute", "attribute": "coat", "words":
 * [...]} tells by which words people ask for it.  Shots, memos and drafts have an `episode`; a fact
 * holds from its own `from`, else from the episode, else from 1.  A rule has `never`, a list of
 * patterns, and `from` and `until`.  Subjects are taken up in a first pass, so that any line may
 * speak of them.
 */
#include "base/file.h"
#include "base/folder.h"
#include "base/json_read.h"
#include "exec/canon.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CANON_MAX = 64 << 20, EPISODE_MAX = 100000 };

struct reading {
    struct canon *c;
    const char *file;
    uint32_t line;
    bool subjects; /* the first pass */
    struct json_reader *json;
    struct error *err;
};

#define fault(r, ...) error_at((r)->err, ERR_INPUT, (r)->file, (r)->line, 0, __VA_ARGS__)

static int check_keys(struct reading *r, struct json map, const char *const *known, size_t n)
{
    for (struct json_iter it = json_each(map); json_next(&it);) {
        size_t i = 0;
        while (i < n && (strlen(known[i]) != it.key_len || memcmp(known[i], it.key, it.key_len)))
            i++;
        if (i < n)
            continue;
        char *word = arena_strndup(&r->c->arena, it.key, it.key_len);
        const char *near = nearest_word(word, known, n);
        return near ? fault(r, "unknown key `%.60s`; did you mean `%s`?", word, near)
                    : fault(r, "unknown key `%.60s`", word);
    }
    return 0;
}

/* A text that must be there and not empty; *s lives in the canon. */
static int want_text(struct reading *r, struct json map, const char *key, const char **s)
{
    const char *text;
    size_t len;

    if (!json_text(json_get(map, key), &text, &len) || len == 0 || memchr(text, 0, len))
        return fault(r, "`%s` must be a text that is not empty", key);
    *s = arena_strndup(&r->c->arena, text, len);
    return 0;
}

/* An episode, where it is given. */
static int read_episode(struct reading *r, struct json map, const char *key, uint32_t *out)
{
    struct json v = json_get(map, key);
    uint64_t n;

    if (!json_present(v))
        return 0;
    if (!json_as_u64(v, &n) || n < 1 || n > EPISODE_MAX)
        return fault(r, "`%s` must be a whole number from 1 to %d", key, EPISODE_MAX);
    *out = (uint32_t)n;
    return 0;
}

static int read_kind(struct reading *r, struct json map, enum canon_kind *kind)
{
    const char *word = NULL;

    if (want_text(r, map, "kind", &word))
        return -1;
    for (int k = 0; k < CANON_KINDS; k++)
        if (strcmp(word, canon_kind_name((enum canon_kind)k)) == 0) {
            *kind = (enum canon_kind)k;
            return 0;
        }
    return fault(r,
                 "there is no kind `%.60s`: character, place, prop, rule, shot, memo, draft or "
                 "attribute",
                 word);
}

static int want_subject(struct reading *r, struct json map, const char *key, uint32_t *out)
{
    const char *id = NULL;

    if (want_text(r, map, key, &id))
        return -1;
    *out = canon_subject_of(r->c, id, strlen(id));
    return *out == CANON_NONE ? fault(r, "there is no subject `%.80s`", id) : 0;
}

static uint32_t attribute_put(struct canon *c, const char *name)
{
    uint32_t a = intern_put(&c->attributes, name, strlen(name));

    if (a == c->attribute.len)
        vec_push(&c->attribute, ((struct canon_attribute){.name = c->attributes.of[a].at}));
    return a;
}

static uint32_t value_put(struct canon *c, uint32_t attribute, const char *text)
{
    struct canon_attribute *a = &c->attribute.at[attribute];
    uint32_t v = intern_put(&c->values, text, strlen(text));

    for (size_t i = 0; i < a->values.len; i++)
        if (a->values.at[i] == v)
            return v;
    vec_push(&a->values, v);
    return v;
}

/* ---- subjects ----------------------------------------------------------------------------- */

static int add_texts(struct reading *r, struct json map, const char *key, struct canon_texts *to)
{
    struct json list = json_get(map, key);
    const char *text;
    size_t len;

    if (json_present(list) && json_type(list) != JSON_LIST)
        return fault(r, "`%s` must be a list of texts", key);
    for (struct json_iter it = json_each(list); json_next(&it);) {
        if (!json_text(it.value, &text, &len) || len == 0)
            return fault(r, "`%s` must be a list of texts", key);
        vec_push(to, arena_strndup(&r->c->arena, text, len));
    }
    return 0;
}

static int read_attribute(struct reading *r, struct json map)
{
    const char *name = NULL;

    if (want_text(r, map, "attribute", &name))
        return -1;
    uint32_t a = attribute_put(r->c, name); /* may move the attributes */
    return add_texts(r, map, "words", &r->c->attribute.at[a].words);
}

static int read_subject(struct reading *r, struct json map, enum canon_kind kind)
{
    struct canon *c = r->c;
    const char *id = NULL, *name = NULL;

    if (kind == CANON_ATTRIBUTE)
        return read_attribute(r, map);
    if (!json_present(json_get(map, "id")))
        return json_present(json_get(map, "name")) || json_present(json_get(map, "aliases"))
                   ? fault(r, "a name or aliases need the `id` of their subject")
                   : 0;
    if (want_text(r, map, "id", &id))
        return -1;
    uint32_t s = canon_subject_of(c, id, strlen(id));
    if (json_present(json_get(map, "name"))) {
        if (kind != CANON_CHARACTER && kind != CANON_PLACE && kind != CANON_PROP)
            return fault(r, "a %s makes no subject known: that is for a character, place or prop",
                         canon_kind_name(kind));
        if (s != CANON_NONE)
            return fault(r, "the subject `%.80s` has a name already", id);
        if (want_text(r, map, "name", &name))
            return -1;
        s = intern_put(&c->subjects, id, strlen(id));
        vec_push(&c->subject, ((struct canon_subject){.id = id, .name = name, .kind = kind}));
    }
    if (s == CANON_NONE)
        return fault(r, "there is no subject `%.80s`; its first line needs a `name`", id);
    return add_texts(r, map, "aliases", &c->subject.at[s].aliases);
}

/* ---- chunks and facts --------------------------------------------------------------------- */

/* Does the text hold the words, in letters of any size (of ASCII)? */
static bool holds(const char *text, const char *words)
{
    size_t n = strlen(words);

    for (; *text; text++)
        if (strncasecmp(text, words, n) == 0)
            return true;
    return false;
}

static int read_fact(struct reading *r, struct json map, uint32_t from)
{
    static const char *const known[] = {"subject", "attribute", "value", "from"};
    struct canon *c = r->c;
    const char *attribute = NULL, *value = NULL;
    struct canon_fact f = {.from = from, .chunk = (uint32_t)c->chunk.len - 1};

    if (json_type(map) != JSON_MAP)
        return fault(r, "a fact must be a map with `subject`, `attribute` and `value`");
    if (check_keys(r, map, known, sizeof known / sizeof *known) ||
        want_subject(r, map, "subject", &f.subject) || want_text(r, map, "attribute", &attribute) ||
        want_text(r, map, "value", &value) || read_episode(r, map, "from", &f.from))
        return -1;
    if (!holds(c->chunk.at[f.chunk].text, value))
        return fault(r, "the text does not hold the value `%.80s` of its fact", value);
    f.attribute = attribute_put(c, attribute);
    f.value = value_put(c, f.attribute, value);
    c->attribute.at[f.attribute].kinds |= 1u << c->subject.at[f.subject].kind;
    vec_push(&c->fact, f);
    c->chunk.at[f.chunk].n_facts++;
    return 0;
}

static int read_pattern(struct reading *r, struct json map, struct canon_pattern *p)
{
    static const char *const known[] = {"subject", "attribute", "value", "not", "except"};
    struct canon *c = r->c;
    const char *attribute = NULL, *value = NULL;

    p->subject = CANON_NONE;
    if (json_type(map) != JSON_MAP)
        return fault(r, "a pattern must be a map with `attribute` and `value`");
    if (check_keys(r, map, known, sizeof known / sizeof *known) ||
        want_text(r, map, "attribute", &attribute) || want_text(r, map, "value", &value) ||
        (json_present(json_get(map, "subject")) && want_subject(r, map, "subject", &p->subject)))
        return -1;
    if (json_present(json_get(map, "not")) && !json_as_bool(json_get(map, "not"), &p->other))
        return fault(r, "`not` must be true or false");
    for (struct json_iter it = json_each(json_get(map, "except")); json_next(&it);) {
        const char *id;
        size_t len;
        uint32_t s = json_text(it.value, &id, &len) ? canon_subject_of(c, id, len) : CANON_NONE;
        if (s == CANON_NONE)
            return fault(r, "`except` must be a list of subjects");
        vec_push(&p->except, s);
    }
    p->attribute = attribute_put(c, attribute);
    p->value = intern_put(&c->values, value, strlen(value));
    return 0;
}

static int read_rule(struct reading *r, struct json map)
{
    struct canon *c = r->c;
    struct json never = json_get(map, "never");

    vec_push(&c->rule, ((struct canon_rule){
                           .chunk = (uint32_t)c->chunk.len - 1, .from = 1, .until = EPISODE_MAX}));
    struct canon_rule *rule = &c->rule.at[c->rule.len - 1];
    if (json_type(never) != JSON_LIST || json_count(never) == 0)
        return fault(r, "a rule needs `never`, a list of patterns");
    if (read_episode(r, map, "from", &rule->from) || read_episode(r, map, "until", &rule->until))
        return -1;
    for (struct json_iter it = json_each(never); json_next(&it);) {
        vec_push(&rule->never, (struct canon_pattern){0});
        if (read_pattern(r, it.value, &rule->never.at[rule->never.len - 1]))
            return -1;
    }
    return 0;
}

static int read_chunk(struct reading *r, struct json map, enum canon_kind kind)
{
    struct canon *c = r->c;
    struct json facts = json_get(map, "facts");
    struct canon_chunk k = {.kind = kind, .subject = CANON_NONE};

    if (kind == CANON_ATTRIBUTE)
        return json_present(json_get(map, "chunk")) ? fault(r, "an attribute has no chunk") : 0;
    if (!json_present(json_get(map, "chunk")))
        return json_present(facts) || json_present(json_get(map, "text")) || kind == CANON_RULE
                   ? fault(r, "a text with its facts needs `chunk`, an id of its own")
                   : 0;
    if (want_text(r, map, "chunk", &k.id) || want_text(r, map, "text", &k.text) ||
        read_episode(r, map, "episode", &k.episode) ||
        (json_present(json_get(map, "id")) && want_subject(r, map, "id", &k.subject)))
        return -1;
    if (canon_chunk_of(c, k.id, strlen(k.id)) != CANON_NONE)
        return fault(r, "there are two chunks `%.80s`", k.id);
    intern_put(&c->chunks, k.id, strlen(k.id));
    k.first_fact = (uint32_t)c->fact.len;
    vec_push(&c->chunk, k);
    if (k.episode > c->episodes)
        c->episodes = k.episode;
    if (kind == CANON_RULE)
        return read_rule(r, map);
    if (json_present(facts) && json_type(facts) != JSON_LIST)
        return fault(r, "`facts` must be a list");
    if (kind == CANON_DRAFT && json_count(facts))
        return fault(r, "a draft was never filmed: it states no facts");
    for (struct json_iter it = json_each(facts); json_next(&it);)
        if (read_fact(r, it.value, k.episode ? k.episode : 1))
            return -1;
    return 0;
}

/* ---- lines, files --------------------------------------------------------------------------- */

static int read_line(struct reading *r, const char *text, size_t len)
{
    static const char *const known[] = {"kind",    "id",        "name", "aliases", "chunk",
                                        "episode", "text",      "from", "until",   "facts",
                                        "never",   "attribute", "words"};
    struct json root;
    enum canon_kind kind = CANON_DRAFT;
    struct error inner = {0};

    if (json_parse(r->json, text, len, &root, &inner))
        return fault(r, "%s", inner.text);
    if (json_type(root) != JSON_MAP)
        return fault(r, "a line must be a JSON object");
    if (check_keys(r, root, known, sizeof known / sizeof *known) || read_kind(r, root, &kind))
        return -1;
    return r->subjects ? read_subject(r, root, kind) : read_chunk(r, root, kind);
}

static int read_text(struct reading *r, const char *text, size_t len)
{
    const char *end = text + len;

    for (r->line = 1; text < end; r->line++) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t n = (size_t)((stop ? stop : end) - text);
        while (n && (text[n - 1] == '\r' || text[n - 1] == ' '))
            n--;
        if (n && read_line(r, text, n))
            return -1;
        text = stop ? stop + 1 : end;
    }
    return 0;
}

static int slot_order(const struct canon_fact *a, const struct canon_fact *b)
{
    if (a->subject != b->subject)
        return a->subject < b->subject ? -1 : 1;
    if (a->attribute != b->attribute)
        return a->attribute < b->attribute ? -1 : 1;
    return a->from < b->from ? -1 : a->from > b->from;
}

struct keyed_fact {
    struct canon_fact f;
    uint32_t index;
};

static int by_slot(const void *a, const void *b)
{
    const struct keyed_fact *x = a, *y = b;
    int order = slot_order(&x->f, &y->f);
    return order ? order : x->index < y->index ? -1 : x->index > y->index;
}

/* Sorts the facts by their slots; two that begin in one episode must agree. */
static int index_facts(struct canon *c, const char *name, struct error *err)
{
    size_t n = c->fact.len;
    struct keyed_fact *all = mem_alloc((n + 1) * sizeof *all);
    int status = 0;

    for (size_t i = 0; i < n; i++)
        all[i] = (struct keyed_fact){c->fact.at[i], (uint32_t)i};
    qsort(all, n, sizeof *all, by_slot);
    c->by_slot.len = 0;
    for (size_t i = 0; i < n && status == 0; i++) {
        const struct canon_fact *f = &all[i].f, *g = &all[i ? i - 1 : 0].f;
        vec_push(&c->by_slot, all[i].index);
        if (i && slot_order(f, g) == 0 && f->value != g->value)
            status =
                error_set(err, ERR_INPUT,
                          "%s: the chunks `%s` and `%s` contradict each other: %s.%s is `%s` "
                          "and `%s` from episode %u",
                          name, c->chunk.at[g->chunk].id, c->chunk.at[f->chunk].id,
                          c->subject.at[f->subject].id, c->attribute.at[f->attribute].name,
                          canon_value_text(c, g->value), canon_value_text(c, f->value), f->from);
    }
    mem_free(all);
    return status;
}

/* The texts of n files, read in two passes, and the digest of what is known now. */
static int take_in(struct canon *c, const char *const *names, const struct buf *texts, size_t n,
                   const char *whole, struct error *err)
{
    struct reading r = {.c = c, .json = json_reader_new(), .err = err};
    struct buf all = {0};
    char digest[65];
    int status = 0;

    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < n && status == 0; i++) {
            r.subjects = pass == 0;
            r.file = names[i];
            status = read_text(&r, buf_text(&texts[i]), texts[i].len);
        }
    if (status == 0)
        status = index_facts(c, whole, err);
    buf_puts(&all, c->version);
    for (size_t i = 0; i < n; i++)
        buf_add(&all, buf_text(&texts[i]), texts[i].len);
    file_sha256(buf_text(&all), all.len, digest);
    memcpy(c->version, digest, sizeof c->version - 1);
    c->version[sizeof c->version - 1] = 0;
    buf_release(&all);
    json_reader_free(r.json);
    return status;
}

int canon_add(struct canon *c, const char *name, const char *text, size_t len, struct error *err)
{
    struct buf copy = {0};

    buf_add(&copy, text, len);
    int status = take_in(c, &name, &copy, 1, name, err);
    buf_release(&copy);
    return status;
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

/* The files of a canon: the path itself, or what lies in the folder. */
static int list_files(const char *path, struct folder_files *files, struct error *err)
{
    if (!folder_is(path)) {
        vec_push(&files->paths, mem_strdup(path));
        return 0;
    }
    if (folder_list(path, files, err))
        return -1;
    size_t kept = 0;
    for (size_t i = 0; i < files->paths.len; i++)
        if (ends_with(files->paths.at[i], ".jsonl"))
            files->paths.at[kept++] = files->paths.at[i];
        else
            mem_free(files->paths.at[i]);
    files->paths.len = kept;
    return kept ? 0 : error_set(err, ERR_INPUT, "%s: the folder has no *.jsonl", path);
}

int canon_read(const char *path, struct canon **out, struct error *err)
{
    struct folder_files files = {0};
    struct canon *c = mem_zero(1, sizeof *c);
    struct buf *texts = NULL;
    size_t n = 0;
    int status = list_files(path, &files, err);

    if (status)
        goto out;
    n = files.paths.len;
    texts = mem_zero(n, sizeof *texts);
    for (size_t i = 0; i < n && status == 0; i++)
        status = file_read(files.paths.at[i], CANON_MAX, &texts[i], err);
    if (status == 0)
        status = take_in(c, (const char *const *)files.paths.at, texts, n, path, err);
    if (status == 0 && c->chunk.len == 0)
        status = error_set(err, ERR_INPUT, "%s: there is no chunk in it", path);
out:
    for (size_t i = 0; texts && i < n; i++)
        buf_release(&texts[i]);
    mem_free(texts);
    folder_release(&files);
    if (status) {
        canon_free(c);
        return -1;
    }
    *out = c;
    return 0;
}
