/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CSV by libcsv in its strict mode (RFC 4180 with any line ending).  libcsv counts no lines, so it
 * is fed one line of the text at a time: a row that a call begins, begins on that line. */
#include "base/csv_read.h"

#include <csv.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { COLUMNS_MAX = 10000 };

struct reading {
    struct csv *out;
    VEC(const char *) header;
    VEC(const char *) cell;
    VEC(uint32_t) row_line;
    uint32_t line;       /* being fed */
    uint32_t row_begin;  /* where the row in progress began */
    uint32_t cell_begin; /* and where its last cell did */
    size_t in_row;       /* cells of the row in progress so far */
    bool open_row, too_wide;
    bool lenient, spoiled, at_end; /* spoiled: the row in progress holds a NUL byte */
    VEC(uint32_t) bad;
};

/* Leaves the row in progress out. */
static void drop_row(struct reading *r)
{
    vec_push(&r->bad, r->row_begin);
    r->cell.len = r->row_line.len * r->out->columns;
    r->in_row = 0;
    r->open_row = r->too_wide = r->spoiled = false;
}

static bool is_header(const struct reading *r)
{
    const char *const *row = r->cell.at + r->row_line.len * r->out->columns;
    if (r->in_row != r->out->columns)
        return false;
    for (size_t i = 0; i < r->out->columns; i++)
        if (strcmp(row[i], r->header.at[i]) != 0)
            return false;
    return true;
}

static void on_cell(void *text, size_t len, void *data)
{
    struct reading *r = data;
    const char *cell = arena_strndup(&r->out->arena, text ? text : "", len);
    r->in_row++;
    r->cell_begin = r->line;
    if (r->out->columns == 0) {
        vec_push(&r->header, cell);
        r->too_wide |= r->header.len > COLUMNS_MAX;
    } else if (r->in_row <= r->out->columns) {
        vec_push(&r->cell, cell);
    } else {
        r->too_wide = true;
    }
}

static void on_row(int terminator, void *data)
{
    struct reading *r = data;
    r->open_row = false;
    if (r->lenient && r->out->columns &&
        (r->too_wide || r->spoiled || (r->at_end && r->in_row < r->out->columns))) {
        drop_row(r);
        return;
    }
    if (r->too_wide)
        return;
    if (r->out->columns == 0) {
        r->out->columns = r->header.len;
    } else if (r->lenient && is_header(r)) {
        r->cell.len -= r->in_row;
    } else {
        for (size_t i = r->in_row; i < r->out->columns; i++)
            vec_push(&r->cell, "");
        vec_push(&r->row_line, r->row_begin);
    }
    r->in_row = 0;
}

/* Length of the first line with its ending: LF, CR LF or CR. */
static size_t line_len(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n')
            return i + 1;
        if (text[i] == '\r')
            return i + 1 + (i + 1 < len && text[i + 1] == '\n');
    }
    return len;
}

static bool is_blank(const char *text, size_t len, char delimiter)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] == delimiter || !strchr(" \t\r\n", text[i]))
            return false;
    return true;
}

/* The one of , ; TAB that occurs most outside quotes in the first line that has any text. */
static char tell_delimiter(const char *text, size_t len)
{
    static const char known[] = ",;\t";
    size_t seen[3] = {0}, best = 0;
    bool quoted = false, filled = false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"')
            quoted = !quoted;
        if (quoted)
            continue;
        if ((text[i] == '\n' || text[i] == '\r') && filled)
            break;
        filled = filled || !strchr(" \r\n", text[i]);
        for (size_t k = 0; k < 3; k++)
            seen[k] += text[i] == known[k];
    }
    for (size_t k = 1; k < 3; k++)
        if (seen[k] > seen[best])
            best = k;
    return known[best];
}

static int refuse_width(const struct reading *r, struct error *err)
{
    if (r->out->columns == 0)
        return error_at(err, ERR_LIMIT, r->out->file, r->row_begin, 0,
                        "the header has more than %d columns", COLUMNS_MAX);
    return error_at(err, ERR_INPUT, r->out->file, r->row_begin, 0,
                    "this row has more cells than the header (%zu): quote a cell that holds '%c'",
                    r->out->columns, r->out->delimiter);
}

static int refuse_quote(const struct reading *r, struct error *err)
{
    return error_at(err, ERR_INPUT, r->out->file, r->line, 0,
                    "a quote (\") stands where none can: quote the whole cell and double the "
                    "quotes inside it");
}

static int refuse_open(const struct reading *r, struct error *err)
{
    return error_at(err, ERR_INPUT, r->out->file, r->cell_begin, 0,
                    "the quote (\") that opens on this line never closes");
}

static void begin_parser(struct csv_parser *parser, const struct reading *r)
{
    if (csv_init(parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        BUG("csv_init failed");
    csv_set_realloc_func(parser, mem_resize);
    csv_set_free_func(parser, mem_free);
    csv_set_delim(parser, (unsigned char)r->out->delimiter);
}

/* What cannot be read is left out with its row, where that is allowed; what follows begins anew. */
static bool goes_on(struct csv_parser *parser, struct reading *r)
{
    if (!r->lenient || r->out->columns == 0)
        return false;
    drop_row(r);
    csv_free(parser);
    begin_parser(parser, r);
    return true;
}

/* The lines of the text; *row: the first byte behind the line on which the last row began. */
static int feed_lines(struct csv_parser *parser, struct reading *r, const char *text, size_t len,
                      const char **row, struct error *err)
{
    for (size_t n; len > 0; text += n, len -= n, r->line++) {
        n = line_len(text, len);
        if (!r->open_row) {
            if (is_blank(text, n, r->out->delimiter))
                continue;
            r->row_begin = r->cell_begin = r->line;
            r->open_row = true;
            *row = text + n;
        }
        r->spoiled = r->spoiled || (r->lenient && memchr(text, '\0', n));
        if (csv_parse(parser, text, n, on_cell, on_row, r) != n && !goes_on(parser, r))
            return refuse_quote(r, err);
        if (r->too_wide && (!r->lenient || r->out->columns == 0))
            return refuse_width(r, err);
        if (r->line == UINT32_MAX)
            return error_at(err, ERR_LIMIT, r->out->file, 0, 0, "more lines than can be counted");
    }
    return 0;
}

/* A quote that never closes swallows the rest: then what follows its line is read once more. */
static int feed(struct csv_parser *parser, struct reading *r, const char *text, size_t len,
                struct error *err)
{
    enum { AGAIN_MAX = 16 };
    const char *end = text + len, *row = text;
    r->line = 1;
    for (int again = 0;; again++) {
        if (feed_lines(parser, r, text, (size_t)(end - text), &row, err))
            return -1;
        r->at_end = true;
        if (csv_fini(parser, on_cell, on_row, r) == 0)
            return r->too_wide ? refuse_width(r, err) : 0;
        r->at_end = false;
        if (!goes_on(parser, r))
            return refuse_open(r, err);
        if (again == AGAIN_MAX)
            return 0;
        r->line = r->row_begin + 1;
        text = row;
    }
}

static uint32_t line_of(const char *text, const char *place)
{
    uint32_t line = 1;
    while (text < place) {
        text += line_len(text, (size_t)(place - text));
        line += text < place || text[-1] == '\n' || text[-1] == '\r';
    }
    return line;
}

static int read_rows(struct reading *r, const char *text, size_t len, struct error *err)
{
    struct csv_parser parser;
    begin_parser(&parser, r);
    int status = feed(&parser, r, text, len, err);
    csv_free(&parser);
    return status;
}

static int read_table(const char *file, const char *text, size_t len, bool lenient, struct csv *out,
                      struct error *err)
{
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        len -= 3;
    }
    const char *nul = len ? memchr(text, '\0', len) : NULL;
    if (nul && !lenient)
        return error_at(err, ERR_INPUT, file, line_of(text, nul), 0,
                        "a NUL byte: this is no CSV text");
    if (len == 0 || is_blank(text, len, '\0'))
        return error_at(err, ERR_INPUT, file, 0, 0,
                        "the file is empty: a CSV file begins with a line of column names");
    *out = (struct csv){.file = file, .delimiter = tell_delimiter(text, len)};
    struct reading r = {.out = out, .lenient = lenient};
    int status = read_rows(&r, text, len, err);
    out->header = r.header.at;
    out->cell = r.cell.at;
    out->line = r.row_line.at;
    out->rows = r.row_line.len;
    out->bad = r.bad.at;
    out->n_bad = r.bad.len;
    if (status)
        csv_release(out);
    return status;
}

int csv_read(const char *file, const char *text, size_t len, struct csv *out, struct error *err)
{
    return read_table(file, text, len, false, out, err);
}

int csv_read_rows(const char *file, const char *text, size_t len, struct csv *out,
                  struct error *err)
{
    return read_table(file, text, len, true, out, err);
}

void csv_release(struct csv *c)
{
    arena_release(&c->arena);
    mem_free(c->header);
    mem_free(c->cell);
    mem_free(c->line);
    mem_free(c->bad);
    *c = (struct csv){0};
}

int csv_column(const struct csv *c, const char *const *names)
{
    for (; *names; names++)
        for (size_t i = 0; i < c->columns; i++)
            if (strcasecmp(c->header[i], *names) == 0)
                return (int)i;
    return -1;
}

const char *csv_cell(const struct csv *c, size_t row, size_t column)
{
    if (row >= c->rows || column >= c->columns)
        BUG("cell %zu, %zu of a table of %zu rows and %zu columns", row, column, c->rows,
            c->columns);
    return c->cell[row * c->columns + column];
}
