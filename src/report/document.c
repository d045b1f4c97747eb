/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Documents in an arena; texts are cleaned once, on the way in, so that every renderer only has to
 * escape for its own format. */
#include "report/document.h"

#include "base/utf8.h"
#include "report/char_width.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* A character of a text that ends with a NUL: no continuation byte stands behind it. */
static size_t decode(const char *s, uint32_t *c)
{
    return utf8_decode(s, 4, c);
}

void text_clean(struct buf *out, const char *s)
{
    utf8_clean(s, strlen(s), out);
}

size_t text_width(const char *s)
{
    size_t width = 0;
    while (*s) {
        uint32_t c;
        size_t n = decode(s, &c);
        width += n ? char_width(c) : 1;
        s += n ? n : 1;
    }
    return width;
}

size_t text_fit(const char *s, size_t width)
{
    const char *at = s;
    size_t used = 0;
    while (*at) {
        uint32_t c;
        size_t n = decode(at, &c), w = n ? char_width(c) : 1;
        if (used + w > width)
            break;
        used += w;
        at += n ? n : 1;
    }
    return (size_t)(at - s);
}

void text_fill(struct buf *out, const char *s, size_t column, size_t indent, size_t width)
{
    struct buf word;
    buf_init(&word);
    for (size_t at = column; *s; s += strspn(s, " ")) {
        size_t len = strcspn(s, " "), wide;
        buf_clear(&word);
        buf_add(&word, s, len);
        wide = text_width(buf_text(&word));
        if (at > indent && at + 1 + wide > width) {
            buf_printf(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (at > indent) {
            buf_putc(out, ' ');
            at++;
        }
        buf_add(out, s, len);
        at += wide;
        s += len;
    }
    buf_putc(out, '\n');
    buf_release(&word);
}

void text_cut(struct buf *out, const char *s, size_t width, size_t head)
{
    if (text_width(s) <= width) {
        buf_puts(out, s);
        return;
    }
    size_t len = text_fit(s, head), start = out->len;
    buf_add(out, s, len);
    size_t used = text_width(buf_text(out) + start), room = width - 1 > used ? width - 1 - used : 0;
    const char *tail = s + len;
    buf_puts(out, "\u2026");
    for (size_t left = room ? text_width(tail) : 0; left > room; left = text_width(tail)) {
        size_t over = text_fit(tail, left - room);
        tail += over ? over : text_fit(tail, 2);
    }
    buf_puts(out, room ? tail : "");
}

static const char *keep(struct document *d, const char *s)
{
    struct buf clean;
    buf_init(&clean);
    text_clean(&clean, s);
    if (clean.len > TEXT_MAX) {
        clean.len = text_fit(clean.data, TEXT_MAX / 4); /* a character has at most four bytes */
        buf_puts(&clean, "\u2026");
    }
    const char *kept = arena_strndup(&d->arena, buf_text(&clean), clean.len);
    buf_release(&clean);
    return kept;
}

void document_init(struct document *d, const char *title, const char *subtitle)
{
    *d = (struct document){0};
    arena_init(&d->arena);
    d->title = keep(d, title);
    d->subtitle = keep(d, subtitle);
}

void document_release(struct document *d)
{
    for (size_t i = 0; i < d->sections.len; i++)
        vec_release(&d->sections.at[i].blocks);
    vec_release(&d->sections);
    for (size_t i = 0; i < d->tables.len; i++) {
        vec_release(&d->tables.at[i]->columns);
        vec_release(&d->tables.at[i]->cells);
    }
    vec_release(&d->tables);
    arena_release(&d->arena);
}

void document_section(struct document *d, const char *id, const char *title)
{
    vec_push(&d->sections, ((struct section){.id = keep(d, id), .title = keep(d, title)}));
}

static void add_block(struct document *d, struct block block)
{
    if (!d->sections.len)
        BUG("a block before the first section");
    vec_push(&d->sections.at[d->sections.len - 1].blocks, block);
}

void document_text(struct document *d, enum block_kind kind, enum tone tone, const char *format,
                   ...)
{
    struct buf text;
    va_list args;
    buf_init(&text);
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    add_block(d, (struct block){.kind = kind, .tone = tone, .text = keep(d, buf_text(&text))});
    buf_release(&text);
}

void document_number(struct document *d, enum tone tone, const char *note, const char *text,
                     const char *more)
{
    add_block(d, (struct block){.kind = BLOCK_NUMBER,
                                .tone = tone,
                                .text = keep(d, text),
                                .note = keep(d, note),
                                .more = keep(d, more)});
}

struct table *document_table(struct document *d, const char *caption)
{
    struct table *t = arena_alloc(&d->arena, sizeof *t);
    t->caption = keep(d, caption);
    vec_push(&d->tables, t);
    return t;
}

void document_add_table(struct document *d, struct table *t)
{
    if (!t)
        return;
    if (t->note)
        t->note = keep(d, t->note);
    add_block(d, (struct block){.kind = BLOCK_TABLE, .table = t});
}

void document_fold(struct document *d, const char *heading, struct table *const *tables, size_t n)
{
    size_t present = 0;
    for (size_t i = 0; i < n; i++)
        present += tables[i] != NULL;
    if (!present)
        return;
    document_text(d, BLOCK_FOLD, TONE_PLAIN, "%s", heading);
    for (size_t i = 0; i < n; i++)
        document_add_table(d, tables[i]);
    document_mark(d, BLOCK_UNFOLD);
}

void document_mark(struct document *d, enum block_kind kind)
{
    add_block(d, (struct block){.kind = kind});
}

bool document_said(const struct document *d)
{
    return d->sections.len && d->sections.at[d->sections.len - 1].blocks.len;
}

static bool is_listed(enum block_kind kind)
{
    return kind == BLOCK_BULLET || kind == BLOCK_NUMBER;
}

bool document_run_starts(const struct section *s, size_t i)
{
    enum block_kind kind = s->blocks.at[i].kind;
    return is_listed(kind) && (i == 0 || s->blocks.at[i - 1].kind != kind);
}

bool document_run_ends(const struct section *s, size_t i)
{
    enum block_kind kind = s->blocks.at[i].kind;
    return is_listed(kind) && (i + 1 == s->blocks.len || s->blocks.at[i + 1].kind != kind);
}

struct figure *document_figure(struct document *d, const char *id, const char *title,
                               const char *description)
{
    struct figure *f = arena_alloc(&d->arena, sizeof *f);
    f->id = keep(d, id);
    f->title = keep(d, title);
    f->description = keep(d, description);
    return f;
}

void document_add_figure(struct document *d, struct figure *f)
{
    add_block(d, (struct block){.kind = BLOCK_FIGURE, .figure = f});
}

/* "fig-frontier-12" is the third of them: "report-03-frontier.svg". */
void figure_file(const struct document *d, const struct figure *f, char out[FIGURE_FILE_MAX])
{
    size_t place = 0;
    const char *kind = strchr(f->id, '-') ? strchr(f->id, '-') + 1 : f->id;
    for (size_t i = 0; i < d->sections.len; i++)
        for (size_t k = 0; k < d->sections.at[i].blocks.len; k++) {
            const struct block *b = &d->sections.at[i].blocks.at[k];
            place += b->kind == BLOCK_FIGURE;
            if (b->figure == f)
                i = d->sections.len - 1, k = d->sections.at[i].blocks.len;
        }
    snprintf(out, FIGURE_FILE_MAX, "report-%02zu-%.*s.svg", place,
             (int)strspn(kind, "abcdefghijklmnopqrstuvwxyz"), kind);
}

void table_column(struct document *d, struct table *t, const char *title, bool number)
{
    vec_push(&t->columns, ((struct column){.title = keep(d, title), .number = number}));
}

void table_cell(struct document *d, struct table *t, enum tone tone, const char *text)
{
    vec_push(&t->cells, ((struct cell){.text = keep(d, text), .tone = tone}));
}

size_t table_rows(const struct table *t)
{
    return t->columns.len ? t->cells.len / t->columns.len : 0;
}
