/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Builds the tree from libfyaml's parser events with a stack of at most YAML_DEPTH_MAX open
 * nodes: the depth, the size and the copies that aliases ask for are counted before anything is
 * built.  libfyaml composes no document of its own, follows no alias and prints nothing; its
 * messages are collected and become the text of our error. */
#include "base/yaml_read.h"

#include "base/intern.h"
#include "base/yaml_text.h"

#include <libfyaml.h>
#include <string.h>

/* A list or map that is still open. */
struct level {
    struct yaml_node *node;
    struct yaml_node *pending_key;
    VEC(struct yaml_node *) keys, children;
    struct intern seen;
};

struct reader {
    struct yaml *y;
    const char *file;
    const char *source; /* of this text: the file, or what is grafted into it */
    const char *origin;
    bool placed; /* every node's origin is its own place in `file` */
    struct fy_parser *parser;
    struct level level[YAML_DEPTH_MAX];
    uint32_t depth, documents;
    struct yaml_node *root;
    struct intern anchor_names;
    VEC(struct yaml_node *) anchors;
    size_t copies;
    uint32_t line, column; /* of the last event that had a place */
};

static int fail(const struct reader *r, enum error_code code, uint32_t line, uint32_t column,
                const char *sentence, struct error *err)
{
    return error_at(err, code, r->file, line, column, "%s", sentence);
}

static void set_origin(struct reader *r, struct yaml_node *n)
{
    if (r->placed)
        n->origin = arena_printf(&r->y->arena, "%s:%u:%u", r->file, n->line, n->column);
}

static struct yaml_node *new_node(struct reader *r, enum yaml_kind kind)
{
    struct yaml_node *n = arena_alloc(&r->y->arena, sizeof *n);

    n->kind = kind;
    n->line = r->line;
    n->column = r->column;
    n->origin = r->origin;
    set_origin(r, n);
    return n;
}

static void note_duplicate(struct yaml *y, const struct yaml_node *key)
{
    if (y->n_duplicates < YAML_DUPLICATES_MAX)
        y->duplicate[y->n_duplicates++] = key;
}

/* Gives a finished scalar, or a list or map that has just begun, its place in its parent. */
static int attach(struct reader *r, struct yaml_node *n, struct error *err)
{
    struct level *top;

    if (r->depth == 0) {
        r->root = n;
        return 0;
    }
    top = &r->level[r->depth - 1];
    if (top->node->kind == YAML_LIST) {
        vec_push(&top->children, n);
        return 0;
    }
    if (top->pending_key) {
        vec_push(&top->keys, top->pending_key);
        vec_push(&top->children, n);
        top->pending_key = NULL;
        return 0;
    }
    if (n->kind != YAML_SCALAR)
        return fail(r, ERR_INPUT, n->line, n->column, "a key must be a plain word", err);
    uint32_t known = top->seen.count;
    if (intern_put(&top->seen, n->text, strlen(n->text)) < known)
        note_duplicate(r->y, n);
    top->pending_key = n;
    return 0;
}

static int open_level(struct reader *r, enum yaml_kind kind, struct yaml_node **out,
                      struct error *err)
{
    struct yaml_node *n = new_node(r, kind);
    struct level *top;

    if (attach(r, n, err))
        return -1;
    if (r->depth == YAML_DEPTH_MAX)
        return error_at(err, ERR_LIMIT, r->file, n->line, n->column, "nested deeper than %d levels",
                        YAML_DEPTH_MAX);
    top = &r->level[r->depth++];
    memset(top, 0, sizeof *top);
    top->node = n;
    intern_init(&top->seen);
    *out = n;
    return 0;
}

static void release_level(struct level *l)
{
    vec_release(&l->keys);
    vec_release(&l->children);
    intern_release(&l->seen);
}

static struct yaml_node **kept(struct arena *a, struct yaml_node *const *at, size_t n)
{
    struct yaml_node **out = arena_alloc(a, (n + 1) * sizeof *out);

    if (n)
        memcpy(out, at, n * sizeof *out);
    return out;
}

static void close_level(struct reader *r)
{
    struct level *top = &r->level[--r->depth];
    struct yaml_node *n = top->node;

    n->n = (uint32_t)top->children.len;
    n->child = kept(&r->y->arena, top->children.at, n->n);
    if (n->kind == YAML_MAP)
        n->key = kept(&r->y->arena, top->keys.at, n->n);
    release_level(top);
}

/* Line breaks inside quotes fold (YAML 1.2.2, 6.5): blanks around them go, one is a space, n are
 * n - 1.  Returns what follows. */
static const char *fold(const char *s, struct buf *out)
{
    size_t breaks = 0;

    while (out->len && strchr(" \t", out->data[out->len - 1]))
        out->data[--out->len] = '\0';
    for (; *s == ' ' || *s == '\t' || *s == '\r' || *s == '\n'; s++)
        breaks += *s == '\n';
    if (breaks == 1)
        buf_putc(out, ' ');
    for (; breaks > 1; breaks--)
        buf_putc(out, '\n');
    return s;
}

/* The text between single quotes, `s` being behind the first: libfyaml 0.7.12 garbles two pairs of
 * quotes side by side ('a''''b'). */
static void single_quoted(const char *s, struct buf *out)
{
    while (*s && (*s != '\'' || s[1] == '\'')) {
        if (*s == '\n' || *s == '\r') {
            s = fold(s, out);
            continue;
        }
        s += *s == '\'';
        buf_putc(out, *s++);
    }
}

/* The token's text, piece by piece: fy_token_get_text of libfyaml 0.7.12 leaks its list of pieces
 * when a quoted text has many of them. */
static void token_pieces(struct fy_token *token, struct buf *out)
{
    struct fy_token_iter *iter = fy_token_iter_create(token);
    const struct fy_iter_chunk *piece = NULL;
    int failed = 0;

    if (iter == NULL)
        return;
    while ((piece = fy_token_iter_chunk_next(iter, piece, &failed)) != NULL)
        buf_add(out, piece->str, piece->len);
    fy_token_iter_finish(iter);
    fy_token_iter_destroy(iter);
}

static struct yaml_node *read_scalar(struct reader *r, struct fy_token *token)
{
    struct yaml_node *n = new_node(r, YAML_SCALAR);
    enum fy_scalar_style style = token ? fy_token_scalar_style(token) : FYSS_PLAIN;
    const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;
    struct buf text;

    buf_init(&text);
    if (style == FYSS_SINGLE_QUOTED && mark)
        single_quoted(r->source + mark->input_pos, &text);
    else if (token)
        token_pieces(token, &text);
    n->text = arena_strndup(&r->y->arena, buf_text(&text), text.len);
    buf_release(&text);
    n->quoted = style != FYSS_PLAIN;
    if ((style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED) && n->column > 1) {
        n->column--; /* libfyaml's mark is of the first character inside the quotes */
        set_origin(r, n);
    }
    return n;
}

static bool is_open(const struct reader *r, const struct yaml_node *n)
{
    for (uint32_t i = 0; i < r->depth; i++)
        if (r->level[i].node == n)
            return true;
    return false;
}

/* A copy, so that a later change (--set) of one use leaves the others alone. */
static struct yaml_node *copy_node(struct reader *r, const struct yaml_node *n)
{
    struct yaml_node *out;

    if (++r->copies > YAML_NODES_MAX)
        return NULL;
    out = arena_alloc(&r->y->arena, sizeof *out);
    *out = *n;
    if (n->kind == YAML_SCALAR)
        return out;
    out->child = kept(&r->y->arena, n->child, n->n);
    for (uint32_t i = 0; i < n->n; i++)
        if ((out->child[i] = copy_node(r, n->child[i])) == NULL)
            return NULL;
    return out;
}

static uint32_t node_depth(const struct yaml_node *n)
{
    uint32_t deepest = 0;

    for (uint32_t i = 0; n->kind != YAML_SCALAR && i < n->n; i++) {
        uint32_t d = node_depth(n->child[i]);
        deepest = d > deepest ? d : deepest;
    }
    return deepest + (n->kind != YAML_SCALAR);
}

static int read_alias(struct reader *r, struct fy_token *token, struct error *err)
{
    size_t len = 0;
    const char *name = fy_token_get_text(token, &len);
    uint32_t id = name ? intern_find(&r->anchor_names, name, len) : UINT32_MAX;
    struct yaml_node *copy;

    r->column -= r->column > 1; /* the mark is of the name behind the star */
    if (id == UINT32_MAX)
        return error_at(err, ERR_INPUT, r->file, r->line, r->column,
                        "alias `*%.*s` has no anchor before it", (int)(len < 80 ? len : 80),
                        name ? name : "");
    if (is_open(r, r->anchors.at[id]))
        return fail(r, ERR_INPUT, r->line, r->column, "an alias may not stand inside its anchor",
                    err);
    if (r->depth + node_depth(r->anchors.at[id]) > YAML_DEPTH_MAX)
        return error_at(err, ERR_LIMIT, r->file, r->line, r->column,
                        "nested deeper than %d levels through aliases", YAML_DEPTH_MAX);
    copy = copy_node(r, r->anchors.at[id]);
    if (copy == NULL)
        return error_at(err, ERR_LIMIT, r->file, r->line, r->column,
                        "aliases stand for more than %d values", YAML_NODES_MAX);
    return attach(r, copy, err);
}

static void note_anchor(struct reader *r, struct fy_event *event, struct yaml_node *n)
{
    struct fy_token *token = fy_event_get_anchor_token(event);
    size_t len = 0;
    const char *name = token ? fy_token_get_text(token, &len) : NULL;
    uint32_t id;

    if (name == NULL)
        return;
    id = intern_put(&r->anchor_names, name, len);
    if (id == r->anchors.len)
        vec_push(&r->anchors, n);
    else
        r->anchors.at[id] = n;
}

static void note_place(struct reader *r, struct fy_event *event)
{
    const struct fy_mark *mark = fy_event_start_mark(event);

    if (mark) {
        r->line = (uint32_t)mark->line + 1;
        r->column = (uint32_t)mark->column + 1;
    }
}

static int read_event(struct reader *r, struct fy_event *event, struct error *err)
{
    struct yaml_node *n = NULL;

    note_place(r, event);
    if (event->type >= FYET_MAPPING_START && fy_event_get_tag_token(event))
        return fail(r, ERR_INPUT, r->line, r->column, "tags (`!name`) have no meaning here", err);
    switch (event->type) {
    case FYET_DOCUMENT_START:
        if (r->documents++)
            return fail(r, ERR_INPUT, r->line, r->column,
                        "a second document begins here; a file holds one", err);
        return 0;
    case FYET_MAPPING_START:
    case FYET_SEQUENCE_START:
        if (open_level(r, event->type == FYET_MAPPING_START ? YAML_MAP : YAML_LIST, &n, err))
            return -1;
        note_anchor(r, event, n);
        return 0;
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        close_level(r);
        return 0;
    case FYET_SCALAR:
        n = read_scalar(r, event->scalar.value);
        note_anchor(r, event, n);
        return attach(r, n, err);
    case FYET_ALIAS:
        return read_alias(r, event->alias.anchor, err);
    default:
        return 0;
    }
}

static int syntax_error(struct reader *r, struct fy_diag *diag, struct error *err)
{
    void *at = NULL;
    struct fy_diag_error *first = fy_diag_errors_iterate(diag, &at);
    uint32_t line = r->line ? r->line : 1, column = r->column ? r->column : 1;

    if (first && first->line > 0) {
        line = (uint32_t)first->line;
        column = first->column > 0 ? (uint32_t)first->column : 1;
    }
    return error_at(err, ERR_INPUT, r->file, line, column, "not YAML: %s%s",
                    first && first->msg ? first->msg : "the text cannot be read",
                    yaml_text_hint(r->source, line));
}

static int read_events(struct reader *r, struct fy_diag *diag, struct error *err)
{
    struct fy_event *event;
    bool ended = false;

    while ((event = fy_parser_parse(r->parser)) != NULL) {
        int status = read_event(r, event, err);
        ended = event->type == FYET_STREAM_END;
        fy_parser_event_free(r->parser, event);
        if (status)
            return -1;
    }
    return ended ? 0 : syntax_error(r, diag, err);
}

/* libfyaml 0.7.12 follows null pointers when memory ends, and takes 86 bytes for a byte of YAML:
 * whether there is enough is seen before. */
static void reserve_memory(size_t len)
{
    enum { BEFORE = 1 << 20, EACH = 96 };
    mem_free(mem_alloc(BEFORE + EACH * len));
}

/* Parses `source` into r->root; the nodes live in r->y's arena. */
static int read_text(struct reader *r, size_t len, struct error *err)
{
    struct fy_diag_cfg diag_cfg;
    struct fy_diag *diag = NULL;
    struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG |
                                        FYPCF_DISABLE_DEPTH_LIMIT | FYPCF_JSON_NONE};
    int status = -1;

    reserve_memory(len);
    fy_diag_cfg_default(&diag_cfg);
    diag_cfg.fp = NULL;
    diag_cfg.level = FYET_ERROR;
    diag_cfg.colorize = false;
    diag = fy_diag_create(&diag_cfg);
    if (diag) {
        fy_diag_set_collect_errors(diag, true);
        cfg.diag = diag;
        r->parser = fy_parser_create(&cfg);
    }
    intern_init(&r->anchor_names);
    if (r->parser == NULL || fy_parser_set_string(r->parser, r->source, len))
        error_at(err, ERR_INTERNAL, r->file, 0, 0, "the YAML parser could not be started");
    else
        status = read_events(r, diag, err);
    while (r->depth)
        release_level(&r->level[--r->depth]);
    vec_release(&r->anchors);
    intern_release(&r->anchor_names);
    if (r->parser)
        fy_parser_destroy(r->parser);
    if (diag)
        fy_diag_destroy(diag);
    return status;
}

int yaml_parse(const char *file, const char *text, size_t len, struct yaml *out, struct error *err)
{
    struct reader r = {.y = out};

    memset(out, 0, sizeof *out);
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3; /* the byte order mark */
        len -= 3;
    }
    if (yaml_text_check(file, text, len, err))
        return -1;
    arena_init(&out->arena);
    r.file = out->file = arena_strdup(&out->arena, file);
    out->source = arena_strndup(&out->arena, text, len);
    r.source = out->source;
    if (len && read_text(&r, len, err)) {
        yaml_release(out);
        return -1;
    }
    out->root = r.root;
    return 0;
}

int yaml_value(struct yaml *y, const char *text, const char *origin, struct yaml_node **out,
               struct error *err)
{
    struct reader r = {.y = y, .file = y->file, .origin = origin, .line = 1, .column = 1};
    size_t len = strlen(text);

    r.source = arena_strndup(&y->arena, text, len);
    if (yaml_text_check(y->file, text, len, err) || (len && read_text(&r, len, err)))
        return -1;
    if (r.root == NULL)
        r.root = yaml_new(y, YAML_SCALAR, "", origin);
    *out = r.root;
    return 0;
}

int yaml_graft(struct yaml *y, const char *file, const char *text, size_t len,
               struct yaml_node **out, const char **source, struct error *err)
{
    struct reader r = {.y = y, .placed = true, .line = 1, .column = 1};
    size_t mark = len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;

    r.file = arena_strdup(&y->arena, file);
    r.source = arena_strndup(&y->arena, text + mark, len - mark);
    if (yaml_text_check(file, text + mark, len - mark, err) ||
        (len > mark && read_text(&r, len - mark, err)))
        return -1;
    *out = r.root;
    *source = r.source;
    return 0;
}

void yaml_release(struct yaml *y)
{
    arena_release(&y->arena);
    memset(y, 0, sizeof *y);
}

struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    if (map == NULL || map->kind != YAML_MAP)
        return NULL;
    for (uint32_t i = 0; i < map->n; i++)
        if (strcmp(map->key[i]->text, key) == 0)
            return map->child[i];
    return NULL;
}

const char *yaml_line(const struct yaml *y, uint32_t line, size_t *len)
{
    return yaml_text_line(y->source, line, len);
}

struct yaml_node *yaml_new(struct yaml *y, enum yaml_kind kind, const char *text,
                           const char *origin)
{
    struct yaml_node *n = arena_alloc(&y->arena, sizeof *n);

    n->kind = kind;
    n->line = n->column = 1;
    n->text = kind == YAML_SCALAR ? arena_strdup(&y->arena, text ? text : "") : NULL;
    n->origin = origin;
    return n;
}

void yaml_put(struct yaml *y, struct yaml_node *map, const char *key, struct yaml_node *value)
{
    struct yaml_node **keys, **children, *name;

    for (uint32_t i = 0; i < map->n; i++) {
        if (strcmp(map->key[i]->text, key) == 0) {
            map->child[i] = value;
            return;
        }
    }
    name = yaml_new(y, YAML_SCALAR, key, value->origin);
    keys = arena_alloc(&y->arena, (map->n + 1) * sizeof *keys);
    children = arena_alloc(&y->arena, (map->n + 1) * sizeof *children);
    if (map->n) {
        memcpy(keys, map->key, map->n * sizeof *keys);
        memcpy(children, map->child, map->n * sizeof *children);
    }
    keys[map->n] = name;
    children[map->n++] = value;
    map->key = keys;
    map->child = children;
}
