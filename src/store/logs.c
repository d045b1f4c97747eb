/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spans in sqlite: one transaction an import, one prepared statement a table, every span a row
 * appended at the end of its table (no index: logs are read whole).  Texts go in once for an
 * import, under ids that count on from those there; readers intern them again. */
#include "store/logs.h"

#include "base/file.h"
#include "store/store_parts.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* --- columns: how each of a set is kept */

enum keep { KEEP_U8, KEEP_U32, KEEP_TEXT, KEEP_INT64, KEEP_REAL };
struct column {
    const char *name;
    size_t offset; /* in struct span */
    enum keep keep;
};
#define KEEP(type)                                                                                 \
    _Generic((type)0, uint8_t                                                                      \
             : KEEP_U8, uint32_t                                                                   \
             : KEEP_U32, int64_t                                                                   \
             : KEEP_INT64, uint64_t                                                                \
             : KEEP_INT64, double                                                                  \
             : KEEP_REAL)
static const struct column columns[] = {
#define X(type, name, absent) {#name, offsetof(struct span, name), KEEP(type)},
    SPAN_COLUMNS(X)
#undef X
};
enum { COLUMNS = sizeof columns / sizeof *columns };

/* Whole numbers of 32 bits are ids of texts, but for the file. */
static enum keep keep_of(const struct column *c)
{
    return c->keep == KEEP_U32 && strcmp(c->name, "file") ? KEEP_TEXT : c->keep;
}

static void put_names(struct buf *sql, const char *mark)
{
    for (size_t i = 0; i < COLUMNS; i++)
        if (mark)
            buf_printf(sql, ", %s%zu", mark, i + 2);
        else
            buf_printf(sql, ", %s", columns[i].name);
}

/* --- writing */

static void bind_value(sqlite3_stmt *q, int at, enum keep keep, const void *value,
                       int64_t text_base)
{
    uint32_t whole;
    int64_t n;
    double real;
    switch (keep) {
    case KEEP_U8:
        sqlite3_bind_int(q, at, *(const uint8_t *)value);
        return;
    case KEEP_U32:
    case KEEP_TEXT:
        memcpy(&whole, value, sizeof whole);
        if (keep == KEEP_TEXT && whole == SPAN_NONE)
            sqlite3_bind_null(q, at);
        else
            sqlite3_bind_int64(q, at, whole + (keep == KEEP_TEXT ? text_base : 0));
        return;
    case KEEP_INT64:
        memcpy(&n, value, sizeof n);
        sqlite3_bind_int64(q, at, n);
        return;
    case KEEP_REAL: /* NaN is NULL in sqlite */
        memcpy(&real, value, sizeof real);
        sqlite3_bind_double(q, at, real);
        return;
    }
}

static int put_spans(struct store *s, const struct span_set *set, int64_t log, int64_t text_base,
                     struct error *err)
{
    enum keep keep[COLUMNS];
    struct buf sql = {0};
    sqlite3_stmt *q = NULL;
    buf_puts(&sql, "INSERT INTO log_span (log");
    put_names(&sql, NULL);
    buf_puts(&sql, ") VALUES (?1");
    put_names(&sql, "?");
    buf_puts(&sql, ")");
    int status = store_prepare(s, buf_text(&sql), "importing the log", &q, err);
    buf_release(&sql);
    for (size_t c = 0; c < COLUMNS; c++)
        keep[c] = keep_of(&columns[c]);
    if (!status)
        sqlite3_bind_int64(q, 1, log);
    for (size_t i = 0; i < set->len && !status; i++) {
        struct span span;
        span_set_row(set, i, &span);
        for (size_t c = 0; c < COLUMNS; c++)
            bind_value(q, (int)c + 2, keep[c], (const char *)&span + columns[c].offset, text_base);
        status = store_step(s, q, "importing the log", err);
    }
    sqlite3_finalize(q);
    return status;
}

static int put_texts(struct store *s, const struct span_set *set, int64_t base, struct error *err)
{
    static const char sql[] = "INSERT INTO log_text (id, text) VALUES (?1, ?2)";
    sqlite3_stmt *q = NULL;
    int status = store_prepare(s, sql, "importing the log", &q, err);
    for (uint32_t i = 0; i < set->text.count && !status; i++) {
        sqlite3_bind_int64(q, 1, base + i);
        sqlite3_bind_text(q, 2, set->text.of[i].at, (int)set->text.of[i].len, SQLITE_STATIC);
        status = store_step(s, q, "importing the log", err);
    }
    sqlite3_finalize(q);
    return status;
}

static int put_facts(struct store *s, const struct stored_fact *facts, size_t n, int64_t log,
                     struct error *err)
{
    static const char sql[] = "INSERT INTO log_fact (log, kind, name, text, number, file, line)"
                              " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    sqlite3_stmt *q = NULL;
    int status = store_prepare(s, sql, "importing the log", &q, err);
    for (size_t i = 0; i < n && !status; i++) {
        const struct stored_fact *f = &facts[i];
        sqlite3_bind_int64(q, 1, log);
        sqlite3_bind_int(q, 2, (int)f->kind);
        sqlite3_bind_text(q, 3, f->name, -1, SQLITE_STATIC);
        if (f->text)
            sqlite3_bind_text(q, 4, f->text, -1, SQLITE_STATIC);
        else
            sqlite3_bind_null(q, 4);
        sqlite3_bind_int64(q, 5, (int64_t)f->number);
        sqlite3_bind_int64(q, 6, f->file);
        sqlite3_bind_int64(q, 7, (int64_t)f->line);
        status = store_step(s, q, "importing the log", err);
    }
    sqlite3_finalize(q);
    return status;
}

static int put_log(struct store *s, const char *format, uint64_t spans, const char *time,
                   int64_t *id, struct error *err)
{
    static const char sql[] = "INSERT INTO log (time, format, spans) VALUES (?1, ?2, ?3)";
    sqlite3_stmt *q = NULL;
    if (store_prepare(s, sql, "importing the log", &q, err))
        return -1;
    sqlite3_bind_text(q, 1, time, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 2, format, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 3, (int64_t)spans);
    int status = store_step(s, q, "importing the log", err);
    sqlite3_finalize(q);
    *id = sqlite3_last_insert_rowid(s->db);
    return status;
}

int store_add_log(struct store *s, const char *format, const struct span_set *spans,
                  const struct stored_fact *facts, size_t n_facts, const char *time, int64_t *id,
                  struct error *err)
{
    int64_t base;
    if (store_run_sql(s, "BEGIN IMMEDIATE", "importing the log", err))
        return -1;
    if (store_ask_int(s, "SELECT coalesce(max(id) + 1, 0) FROM log_text", &base, err) ||
        put_log(s, format, spans->len, time, id, err) || put_texts(s, spans, base, err) ||
        put_facts(s, facts, n_facts, *id, err) || put_spans(s, spans, *id, base, err) ||
        store_run_sql(s, "COMMIT", "importing the log", err)) {
        store_roll_back(s);
        return -1;
    }
    return 0;
}

/* --- reading */

struct loading {
    struct store *store;
    const struct stored_reader *reader;
    struct span_set *spans;
    VEC(int64_t) log;        /* ids, ascending */
    VEC(uint32_t) file_base; /* by log */
    VEC(uint32_t) text;      /* [stored id]: id in the set */
};

static const char *text_at(sqlite3_stmt *q, int at)
{
    const unsigned char *text = sqlite3_column_text(q, at);
    return text ? (const char *)text : "";
}

static int read_texts(struct loading *l, struct error *err)
{
    sqlite3_stmt *q = NULL;
    int status;
    if (store_prepare(l->store, "SELECT id, text FROM log_text ORDER BY id", "reading logs", &q,
                      err))
        return -1;
    while ((status = sqlite3_step(q)) == SQLITE_ROW) {
        const char *text = text_at(q, 1);
        if (sqlite3_column_int64(q, 0) != (int64_t)l->text.len)
            break; /* told below: ids count without a gap */
        vec_push(&l->text, span_text(l->spans, text, strlen(text)));
    }
    sqlite3_finalize(q);
    if (status == SQLITE_ROW)
        return error_set(err, ERR_INPUT, "%s: a text of the logs is missing", l->store->path);
    return status == SQLITE_DONE ? 0 : store_fault(l->store, "reading logs", err);
}

static int read_facts(struct loading *l, size_t at, uint32_t *files, struct error *err)
{
    static const char sql[] = "SELECT kind, name, text, number, file, line FROM log_fact"
                              " WHERE log = ?1 ORDER BY kind, rowid";
    sqlite3_stmt *q = NULL;
    int status;
    vec_push(&l->file_base, *files);
    if (store_prepare(l->store, sql, "reading logs", &q, err))
        return -1;
    sqlite3_bind_int64(q, 1, l->log.at[at]);
    while ((status = sqlite3_step(q)) == SQLITE_ROW) {
        struct stored_fact f = {.kind = (enum stored_kind)sqlite3_column_int(q, 0),
                                .name = text_at(q, 1),
                                .text = (const char *)sqlite3_column_text(q, 2),
                                .number = (uint64_t)sqlite3_column_int64(q, 3),
                                .file = (uint32_t)sqlite3_column_int64(q, 4),
                                .line = (uint64_t)sqlite3_column_int64(q, 5)};
        f.file += l->file_base.at[at];
        *files += f.kind == STORED_FILE;
        l->reader->fact(l->reader->arg, &f);
    }
    sqlite3_finalize(q);
    return status == SQLITE_DONE ? 0 : store_fault(l->store, "reading logs", err);
}

static int read_list(struct loading *l, struct error *err)
{
    sqlite3_stmt *q = NULL;
    uint32_t files = 0;
    int status;
    if (store_prepare(l->store, "SELECT id, format, spans FROM log ORDER BY id", "reading logs", &q,
                      err))
        return -1;
    while ((status = sqlite3_step(q)) == SQLITE_ROW) {
        vec_push(&l->log, sqlite3_column_int64(q, 0));
        l->reader->log(l->reader->arg, text_at(q, 1), (uint64_t)sqlite3_column_int64(q, 2));
        if (read_facts(l, l->log.len - 1, &files, err)) {
            sqlite3_finalize(q);
            return -1;
        }
    }
    sqlite3_finalize(q);
    if (status != SQLITE_DONE)
        return store_fault(l->store, "reading logs", err);
    if (!l->log.len)
        return error_set(err, ERR_INPUT,
                         "%s: the store holds no log; `seam import log LOG --db %s` puts one in",
                         l->store->path, l->store->path);
    return 0;
}

/* Text ids that are not there are none. */
static void take_value(const struct loading *l, sqlite3_stmt *q, int at, enum keep keep, void *to)
{
    bool null = sqlite3_column_type(q, at) == SQLITE_NULL;
    int64_t n = null ? 0 : sqlite3_column_int64(q, at);
    bool known = !null && n >= 0 && (uint64_t)n < l->text.len;
    double real = null ? NAN : sqlite3_column_double(q, at);
    uint32_t whole = keep == KEEP_TEXT ? (known ? l->text.at[n] : SPAN_NONE) : (uint32_t)n;
    uint8_t byte = (uint8_t)n;
    switch (keep) {
    case KEEP_U8:
        memcpy(to, &byte, sizeof byte);
        return;
    case KEEP_U32:
    case KEEP_TEXT:
        memcpy(to, &whole, sizeof whole);
        return;
    case KEEP_INT64:
        memcpy(to, &n, sizeof n);
        return;
    case KEEP_REAL:
        memcpy(to, &real, sizeof real);
        return;
    }
}

static int read_spans(struct loading *l, struct error *err)
{
    enum keep keep[COLUMNS];
    struct buf sql = {0};
    sqlite3_stmt *q = NULL;
    size_t log = 0;
    int status;
    for (size_t c = 0; c < COLUMNS; c++)
        keep[c] = keep_of(&columns[c]);
    buf_puts(&sql, "SELECT log");
    put_names(&sql, NULL);
    buf_puts(&sql, " FROM log_span ORDER BY rowid");
    status = store_prepare(l->store, buf_text(&sql), "reading logs", &q, err);
    buf_release(&sql);
    if (status)
        return -1;
    while ((status = sqlite3_step(q)) == SQLITE_ROW) {
        struct span span;
        span_clear(&span);
        for (size_t c = 0; c < COLUMNS; c++)
            take_value(l, q, (int)c + 1, keep[c], (char *)&span + columns[c].offset);
        while (log + 1 < l->log.len && l->log.at[log] < sqlite3_column_int64(q, 0))
            log++;
        span.file += l->file_base.at[log];
        if (span.trace == SPAN_NONE)
            span.trace = span_text(l->spans, "", 0);
        if (span.name == SPAN_NONE)
            span.name = span_text(l->spans, "", 0);
        span_set_add(l->spans, &span);
    }
    sqlite3_finalize(q);
    return status == SQLITE_DONE ? 0 : store_fault(l->store, "reading logs", err);
}

/* All in one read transaction: an import that goes on beside is seen whole or not at all. */
int store_read_logs(struct store *s, const struct stored_reader *reader, struct span_set *spans,
                    struct error *err)
{
    struct loading l = {.store = s, .reader = reader, .spans = spans};
    int status = store_run_sql(s, "BEGIN", "reading logs", err);
    if (!status)
        status = read_list(&l, err) || read_texts(&l, err) || read_spans(&l, err) ? -1 : 0;
    store_roll_back(s);
    vec_release(&l.log);
    vec_release(&l.file_base);
    vec_release(&l.text);
    return status;
}

bool store_is(const char *path)
{
    static const char head[16] = "SQLite format 3";
    char got[16];
    return file_head(path, got, sizeof got) == sizeof got && !memcmp(got, head, sizeof head);
}
