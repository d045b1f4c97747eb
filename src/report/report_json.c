/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks as they stand in the document: a kind, and what the kind has. */
#include "report/report_json.h"

#include "base/json_write.h"

static const char *kind_name(enum block_kind kind)
{
    static const char *const names[] = {
        [BLOCK_PARAGRAPH] = "paragraph", [BLOCK_NUMBER] = "number",   [BLOCK_BULLET] = "bullet",
        [BLOCK_CODE] = "code",           [BLOCK_VERDICT] = "verdict", [BLOCK_HEADING] = "heading",
        [BLOCK_ABSENT] = "absent",       [BLOCK_TABLE] = "table",     [BLOCK_FIGURE] = "figure",
        [BLOCK_FOLD] = "fold",           [BLOCK_UNFOLD] = "unfold",   [BLOCK_PAIR] = "pair",
        [BLOCK_UNPAIR] = "unpair"};
    return names[kind];
}

static void put_text(struct json_write *w, const char *key, const char *text)
{
    if (!text || !*text)
        return;
    json_key(w, key);
    json_string(w, text);
}

static void put_tone(struct json_write *w, enum tone tone)
{
    static const char *const names[] = {
        [TONE_PLAIN] = "", [TONE_GOOD] = "good", [TONE_BAD] = "bad", [TONE_UNSURE] = "unsure"};
    put_text(w, "tone", names[tone]);
}

static void put_table(struct json_write *w, const struct table *t)
{
    size_t n = t->columns.len;
    json_open(w, '{');
    put_text(w, "caption", t->caption);
    json_key(w, "columns");
    json_open(w, '[');
    for (size_t c = 0; c < n; c++)
        json_string(w, t->columns.at[c].title);
    json_close(w, ']');
    json_key(w, "rows");
    json_open(w, '[');
    for (size_t r = 0; r < table_rows(t); r++) {
        json_open(w, '[');
        for (size_t c = 0; c < n; c++)
            json_string(w, t->cells.at[r * n + c].text);
        json_close(w, ']');
    }
    json_close(w, ']');
    put_text(w, "note", t->note);
    json_close(w, '}');
}

static void put_figure(struct json_write *w, const struct figure *f)
{
    put_text(w, "title", f->title);
    put_text(w, "description", f->description);
    put_text(w, "missing", f->svg ? NULL : f->missing);
    if (!f->data)
        return;
    json_key(w, "data");
    put_table(w, f->data);
}

static void put_block(struct json_write *w, const struct block *b)
{
    json_open(w, '{');
    put_text(w, "kind", kind_name(b->kind));
    put_text(w, "name", b->note);
    put_text(w, "text", b->text);
    put_text(w, "more", b->more);
    put_tone(w, b->tone);
    if (b->table) {
        json_key(w, "table");
        put_table(w, b->table);
    }
    if (b->figure)
        put_figure(w, b->figure);
    json_close(w, '}');
}

static void put_section(struct json_write *w, const struct section *s)
{
    json_open(w, '{');
    put_text(w, "id", s->id);
    put_text(w, "title", s->title);
    json_key(w, "blocks");
    json_open(w, '[');
    for (size_t i = 0; i < s->blocks.len; i++)
        put_block(w, &s->blocks.at[i]);
    json_close(w, ']');
    json_close(w, '}');
}

void report_json(const struct document *d, const struct result *const *results, size_t n,
                 size_t before, struct buf *out)
{
    struct json_write w;
    struct buf one = {0};
    json_init(&w, out, 1);
    json_open(&w, '{');
    put_text(&w, "schema", REPORT_SCHEMA);
    put_text(&w, "title", d->title);
    put_text(&w, "subtitle", d->subtitle);
    if (before) {
        json_key(&w, "before");
        json_uint(&w, before);
    }
    json_key(&w, "sections");
    json_open(&w, '[');
    for (size_t i = 0; i < d->sections.len; i++)
        put_section(&w, &d->sections.at[i]);
    json_close(&w, ']');
    json_key(&w, "results");
    json_open(&w, '[');
    for (size_t i = 0; i < n; i++) {
        buf_clear(&one);
        result_write_json(results[i], &one);
        while (one.len && one.data[one.len - 1] == '\n')
            one.data[--one.len] = '\0';
        json_raw(&w, buf_text(&one));
    }
    json_close(&w, ']');
    json_close(&w, '}');
    buf_putc(out, '\n');
    buf_release(&one);
}

void report_json_figure(const struct figure *f, const char *kind, const struct buf *files, size_t n,
                        struct buf *out)
{
    struct json_write w;
    json_init(&w, out, 1);
    json_open(&w, '{');
    put_text(&w, "schema", PLOT_SCHEMA);
    put_text(&w, "kind", kind);
    put_figure(&w, f);
    json_key(&w, "files");
    json_open(&w, '[');
    for (size_t i = 0; i < n; i++)
        json_string(&w, buf_text(&files[i]));
    json_close(&w, ']');
    json_close(&w, '}');
    buf_putc(out, '\n');
}
