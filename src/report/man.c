/* SPDX-License-Identifier: GPL-3.0-or-later */
/* man(7) and groff_char(7).  What is not ASCII is written as \[uXXXX], which groff and mandoc both
 * know whatever the locale; hyphens as \-, so that options can be copied. */
#include "report/man.h"

#include "base/utf8.h"
#include "report/text.h"

#include <string.h>

static uint32_t code_point(const char *s, size_t n)
{
    const unsigned char *c = (const unsigned char *)s;
    uint32_t x = n == 1 ? c[0] : c[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++)
        x = x << 6 | (c[i] & 0x3fu);
    return x;
}

/* One character; returns its bytes. */
static size_t put_char(struct buf *out, const char *s)
{
    static const char *const special[128] = {
        ['\\'] = "\\(rs", ['-'] = "\\-",   ['"'] = "\\(dq", ['\''] = "\\(aq",
        ['`'] = "\\(ga",  ['^'] = "\\(ha", ['~'] = "\\(ti",
    };
    size_t n = utf8_length(s, strnlen(s, 4));
    if (n == 0) {
        buf_putc(out, '?');
        return 1;
    }
    uint32_t c = code_point(s, n);
    if (c >= 0x80)
        buf_printf(out, "\\[u%04X]", (unsigned)c);
    else if (special[c])
        buf_puts(out, special[c]);
    else
        buf_putc(out, c < 0x20 || c == 0x7f ? ' ' : (char)c);
    return n;
}

static bool begins_line(const struct buf *out)
{
    return out->len == 0 || out->data[out->len - 1] == '\n';
}

void man_put_text(struct buf *out, const char *text)
{
    if (begins_line(out) && (*text == '.' || *text == '\''))
        buf_puts(out, "\\&");
    while (*text)
        text += put_char(out, text);
}

/* A new paragraph; behind a heading one has begun already. */
static void put_paragraph(struct buf *out)
{
    const char *line = out->data + out->len - 1;
    while (line > out->data && line[-1] != '\n')
        line--;
    if (strncmp(line, ".SH", 3) != 0 && strncmp(line, ".SS", 3) != 0)
        buf_puts(out, ".PP\n");
}

/* Text whose `words` are bold. */
static void put_prose(struct buf *out, const char *text)
{
    enum { LINE = 64 };
    bool bold = false;
    size_t start = out->len;
    if (*text == '.' || *text == '\'')
        buf_puts(out, "\\&");
    while (*text) {
        bool begins = text[0] == ' ' && text[1] != '.' && text[1] != '\'' && text[1] != ' ';
        if (begins && out->len - start > LINE) {
            buf_putc(out, '\n');
            start = out->len;
            text++;
            continue;
        }
        if (*text == '`' && (bold || strchr(text + 1, '`'))) {
            bold = !bold;
            buf_puts(out, bold ? "\\fB" : "\\fR");
            text++;
            continue;
        }
        text += put_char(out, text);
    }
    buf_putc(out, '\n');
}

/* An argument of a macro, in quotes. */
static void put_argument(struct buf *out, const char *text)
{
    buf_puts(out, " \"");
    for (const char *at = text; *at;)
        at += put_char(out, at);
    buf_putc(out, '"');
}

static void put_terms(struct buf *out, const struct table *t)
{
    if (*t->caption) {
        put_paragraph(out);
        put_prose(out, t->caption);
    }
    for (size_t r = 0; r < table_rows(t); r++) {
        buf_puts(out, ".TP\n\\fB");
        for (const char *at = t->cells.at[2 * r].text; *at;)
            at += put_char(out, at);
        buf_puts(out, "\\fR\n");
        put_prose(out, t->cells.at[2 * r + 1].text);
    }
}

/* As lines of the terminal. */
static void put_table(struct buf *out, const struct table *t)
{
    struct buf text;
    buf_init(&text);
    text_table(t, &(struct text_options){.width = 70}, &text);
    put_paragraph(out);
    buf_puts(out, ".EX\n");
    for (char *line = text.data, *end; line && *line; line = end + 1) {
        end = strchr(line, '\n');
        *end = '\0';
        man_put_text(out, line);
        buf_putc(out, '\n');
    }
    buf_puts(out, ".EE\n");
    buf_release(&text);
}

static void put_block(struct buf *out, const struct block *b, bool first_code, bool last_code)
{
    switch (b->kind) {
    case BLOCK_CODE:
        if (first_code)
            buf_puts(out, ".RS 2\n.EX\n");
        man_put_text(out, b->text);
        buf_putc(out, '\n');
        if (last_code)
            buf_puts(out, ".EE\n.RE\n");
        break;
    case BLOCK_BULLET:
        buf_puts(out, ".IP \\(bu 2\n");
        put_prose(out, b->text);
        break;
    case BLOCK_NUMBER:
        buf_puts(out, ".TP\n");
        put_prose(out, b->note);
        put_prose(out, b->text);
        break;
    case BLOCK_PARAGRAPH:
    case BLOCK_VERDICT:
    case BLOCK_ABSENT:
        put_paragraph(out);
        put_prose(out, b->text);
        break;
    case BLOCK_FOLD:
    case BLOCK_HEADING:
        buf_puts(out, ".SS");
        put_argument(out, b->text);
        buf_putc(out, '\n');
        break;
    case BLOCK_TABLE:
        (b->table->plain && b->table->columns.len == 2 ? put_terms : put_table)(out, b->table);
        break;
    case BLOCK_FIGURE:
    case BLOCK_UNFOLD:
    case BLOCK_PAIR:
    case BLOCK_UNPAIR:
        break;
    }
}

static void put_section(struct buf *out, const struct section *s)
{
    if (!s->blocks.len)
        return;
    buf_puts(out, ".SH");
    put_argument(out, s->title);
    buf_putc(out, '\n');
    for (size_t i = 0; i < s->blocks.len; i++) {
        bool after = i > 0 && s->blocks.at[i - 1].kind == BLOCK_CODE;
        bool before = i + 1 < s->blocks.len && s->blocks.at[i + 1].kind == BLOCK_CODE;
        put_block(out, &s->blocks.at[i], !after, !before);
    }
}

void man_document(const struct document *d, const struct man_head *head, struct buf *out)
{
    buf_puts(out, ".TH");
    put_argument(out, head->name);
    put_argument(out, head->section);
    buf_printf(out, " \"%s\"", head->date); /* digits and hyphens that mean themselves */
    put_argument(out, head->source);
    put_argument(out, head->manual);
    buf_puts(out, "\n.nr HY 0\n.nh\n.ad l\n"); /* groff's macros go back to HY */
    for (size_t i = 0; i < d->sections.len; i++)
        put_section(out, &d->sections.at[i]);
}
