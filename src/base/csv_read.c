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

/* The one of , ; TAB that occurs most outside quotes in the first line that has any text; *told,
 * unless NULL: that line is whole. */
static char tell_delimiter(const char *text, size_t len, bool *told)
{
    static const char known[] = ",;\t";
    size_t seen[3] = {0}, best = 0;
    bool quoted = false, filled = false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"')
            quoted = !quoted;
        if (quoted)
            continue;
        if ((text[i] == '\n' || text[i] == '\r') && filled) {
            if (told)
                *told = true;
            break;
        }
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

/* The parser's buffer grows by blocks, and is copied each time: blocks as large as what it holds
 * keep the time of a cell linear in its length. */
static void grow_by_doubling(struct csv_parser *parser)
{
    enum { LEAST = 1024 };
    size_t held = csv_get_buffer_size(parser);
    csv_set_blk_size(parser, held > LEAST ? held : LEAST);
}

/* The line at hand, the n bytes at text, which is the first of a row or goes on with one.  *begins:
 * it is the first of one. */
static int feed_line(struct csv_parser *parser, struct reading *r, const char *text, size_t n,
                     bool *begins, struct error *err)
{
    *begins = false;
    if (!r->open_row) {
        if (is_blank(text, n, r->out->delimiter))
            return 0;
        r->row_begin = r->cell_begin = r->line;
        r->open_row = *begins = true;
    }
    r->spoiled = r->spoiled || (r->lenient && memchr(text, '\0', n));
    grow_by_doubling(parser);
    if (csv_parse(parser, text, n, on_cell, on_row, r) != n && !goes_on(parser, r))
        return refuse_quote(r, err);
    if (r->too_wide && (!r->lenient || r->out->columns == 0))
        return refuse_width(r, err);
    if (r->line == UINT32_MAX)
        return error_at(err, ERR_LIMIT, r->out->file, 0, 0, "more lines than can be counted");
    return 0;
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

static int read_all(struct reading *r, const char *text, size_t len, struct error *err)
{
    struct csv_parser parser;
    bool begins;
    int status = 0;
    r->line = 1;
    begin_parser(&parser, r);
    for (size_t n; len > 0 && !status; text += n, len -= n, r->line++) {
        n = line_len(text, len);
        status = feed_line(&parser, r, text, n, &begins, err);
    }
    r->at_end = true;
    if (!status && csv_fini(&parser, on_cell, on_row, r))
        status = refuse_open(r, err);
    else if (!status && r->too_wide)
        status = refuse_width(r, err);
    csv_free(&parser);
    return status;
}

static void publish(const struct reading *r)
{
    r->out->header = r->header.at;
    r->out->cell = r->cell.at;
    r->out->line = r->row_line.at;
    r->out->rows = r->row_line.len;
    r->out->bad = r->bad.at;
    r->out->n_bad = r->bad.len;
}

static int refuse_empty(const char *file, struct error *err)
{
    return error_at(err, ERR_INPUT, file, 0, 0,
                    "the file is empty: a CSV file begins with a line of column names");
}

static size_t mark_len(const char *text, size_t len)
{
    return len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

int csv_read(const char *file, const char *text, size_t len, struct csv *out, struct error *err)
{
    size_t mark = mark_len(text, len);
    text += mark;
    len -= mark;
    const char *nul = len ? memchr(text, '\0', len) : NULL;
    if (nul)
        return error_at(err, ERR_INPUT, file, line_of(text, nul), 0,
                        "a NUL byte: this is no CSV text");
    if (len == 0 || is_blank(text, len, '\0'))
        return refuse_empty(file, err);
    *out = (struct csv){.file = file, .delimiter = tell_delimiter(text, len, NULL)};
    struct reading r = {.out = out};
    int status = read_all(&r, text, len, err);
    publish(&r);
    if (status)
        csv_release(out);
    return status;
}

/* ---- in pieces ---------------------------------------------------------------------------- */

enum { AGAIN_MAX = 16, ROW_MAX = 16 << 20 };

struct csv_rows {
    struct reading r;
    struct csv_parser parser;
    struct buf carry; /* behind the first line of the row at hand, or what is not fed yet */
    size_t fed;       /* bytes of carry that the parser has had */
    int again;        /* quotes that never closed */
    bool begun, over;
};

struct csv_rows *csv_rows_new(const char *file, struct csv *out)
{
    struct csv_rows *rows = mem_zero(1, sizeof *rows);
    *out = (struct csv){.file = file};
    rows->r = (struct reading){.out = out, .lenient = true, .line = 1};
    return rows;
}

void csv_rows_free(struct csv_rows *rows)
{
    if (!rows)
        return;
    publish(&rows->r);
    if (rows->begun)
        csv_free(&rows->parser);
    buf_release(&rows->carry);
    mem_free(rows);
}

/* The text of cells moves to a fresh arena. */
static void keep_cells(struct arena *fresh, const char **cell, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cell[i] = arena_strdup(fresh, cell[i]);
}

void csv_rows_clear(struct csv_rows *rows)
{
    struct reading *r = &rows->r;
    struct arena fresh;
    size_t done = r->row_line.len * r->out->columns, open = r->cell.len - done;
    arena_init(&fresh);
    if (open)
        memmove(r->cell.at, r->cell.at + done, open * sizeof *r->cell.at);
    keep_cells(&fresh, r->header.at, r->header.len);
    keep_cells(&fresh, r->cell.at, open);
    arena_release(&r->out->arena);
    r->out->arena = fresh;
    r->cell.len = open;
    r->row_line.len = r->bad.len = 0;
    publish(r);
}

static void drop_carry(struct csv_rows *rows, size_t n)
{
    if (n)
        memmove(rows->carry.data, rows->carry.data + n, rows->carry.len - n);
    rows->carry.len -= n;
    rows->fed -= n;
}

/* The lines of the carry that are whole; what lies before the second line of an open row goes. */
static int feed_carry(struct csv_rows *rows, bool last, struct error *err)
{
    struct reading *r = &rows->r;
    size_t row = 0; /* behind the line on which the open row began */
    while (rows->fed < rows->carry.len) {
        const char *text = rows->carry.data + rows->fed;
        size_t left = rows->carry.len - rows->fed, n = line_len(text, left);
        bool begins, whole = n < left || text[n - 1] == '\n';
        if (!whole && !last && left > ROW_MAX)
            return error_at(err, ERR_LIMIT, r->out->file, r->line, 0,
                            "a line is longer than 16 MiB");
        if (!whole && !last)
            break;
        if (feed_line(&rows->parser, r, text, n, &begins, err))
            return -1;
        rows->fed += n;
        r->line++;
        row = begins ? rows->fed : row;
    }
    drop_carry(rows, r->open_row ? row : rows->fed);
    return 0;
}

/* A quote that never closes swallows what follows: its row is left out, and what stands behind the
 * line of the quote is read once more. */
static bool begin_again(struct csv_rows *rows)
{
    if (!goes_on(&rows->parser, &rows->r))
        return false;
    rows->over = rows->again++ == AGAIN_MAX;
    rows->r.line = rows->r.row_begin + 1;
    rows->fed = 0;
    return true;
}

static int feed_rows(struct csv_rows *rows, bool last, struct error *err)
{
    struct reading *r = &rows->r;
    while (!rows->over) {
        if (feed_carry(rows, last, err))
            return -1;
        bool endless = r->open_row && rows->carry.len > ROW_MAX && r->out->columns;
        if (!last && !endless)
            return 0;
        if (!endless) {
            r->at_end = true;
            if (csv_fini(&rows->parser, on_cell, on_row, r) == 0)
                return r->too_wide ? refuse_width(r, err) : 0;
            r->at_end = false;
        }
        if (!begin_again(rows))
            return refuse_open(r, err);
    }
    return 0;
}

int csv_rows_feed(struct csv_rows *rows, const char *text, size_t len, bool last, struct error *err)
{
    struct reading *r = &rows->r;
    bool told = false;
    if (rows->over)
        return 0;
    if (len)
        buf_add(&rows->carry, text, len);
    if (!rows->begun) {
        size_t mark = mark_len(buf_text(&rows->carry), rows->carry.len);
        char delimiter =
            tell_delimiter(buf_text(&rows->carry) + mark, rows->carry.len - mark, &told);
        if (!told && !last)
            return 0;
        rows->fed = mark;
        drop_carry(rows, mark);
        if (is_blank(buf_text(&rows->carry), rows->carry.len, '\0'))
            return refuse_empty(r->out->file, err);
        r->out->delimiter = delimiter;
        begin_parser(&rows->parser, r);
        rows->begun = true;
    }
    int status = feed_rows(rows, last, err);
    publish(r);
    return status;
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
