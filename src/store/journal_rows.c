/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of the journal: prepared statements, one transaction a batch; read back item by item along
 * the primary keys (run, item, seq). */
#include "store/journal.h"

#include "store/store_parts.h"

#include <math.h>

enum { WRITER_BUSY_MS = 60000 }; /* of several runs on one store each waits for its turn */

enum { PUT_ITEM, PUT_EVENT, PUT_END, PUTS };
struct journal_writer {
    struct store *store;
    sqlite3_stmt *put[PUTS];
};

static const char *const put_sql[PUTS] = {
    "INSERT INTO journal_item (run, item, id, class, input) VALUES (?1, ?2, ?3, ?4, ?5)",
    "INSERT INTO journal_event (run, item, seq, kind, path, step, visit, attempt, copy, flags,"
    " outcome, verdict, way, goes, asked_s, begin_s, end_s, confidence, threshold, weight, cost,"
    " who, says, attributes, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
    " ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25)",
    "INSERT INTO journal_end (run, item, ending, quality, flags, end_s, cost, payload)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
};

int journal_writer_open(struct store *s, int64_t run, struct journal_writer **out,
                        struct error *err)
{
    struct journal_writer *w = mem_zero(1, sizeof *w);
    w->store = s;
    sqlite3_busy_timeout(s->db, WRITER_BUSY_MS);
    for (int i = 0; i < PUTS; i++) {
        if (store_prepare(s, put_sql[i], "keeping the run", &w->put[i], err)) {
            journal_writer_close(w);
            return -1;
        }
        sqlite3_bind_int64(w->put[i], 1, run);
    }
    *out = w;
    return 0;
}

void journal_writer_close(struct journal_writer *w)
{
    if (!w)
        return;
    for (int i = 0; i < PUTS; i++)
        sqlite3_finalize(w->put[i]);
    mem_free(w);
}

/* The row outlives the step, so nothing is copied; "" is kept as NULL. */
static void bind_borrowed(sqlite3_stmt *q, int at, const char *text)
{
    if (text && *text)
        sqlite3_bind_text(q, at, text, -1, SQLITE_STATIC);
    else
        sqlite3_bind_null(q, at);
}

static void bind_payload(sqlite3_stmt *q, int at, const struct journal_row *r)
{
    if (r->payload)
        sqlite3_bind_text64(q, at, r->payload, r->payload_len, SQLITE_STATIC, SQLITE_UTF8);
    else
        sqlite3_bind_null(q, at);
}

static void bind_item(sqlite3_stmt *q, const struct journal_row *r)
{
    sqlite3_bind_text(q, 3, r->id, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 4, r->class);
    if (r->payload)
        bind_payload(q, 5, r);
    else
        sqlite3_bind_text(q, 5, "{}", 2, SQLITE_STATIC);
}

static void bind_event(sqlite3_stmt *q, const struct journal_row *r)
{
    const uint32_t whole[] = {r->seq,   (uint32_t)r->kind, r->path, r->step,
                              r->visit, r->attempt,        r->copy, r->flags};
    const int small[] = {r->outcome, r->verdict, r->exit, r->to};
    const double real[] = {r->asked_s,   r->begin_s, r->end_s, r->confidence,
                           r->threshold, r->weight,  r->cost};
    int at = 3;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        sqlite3_bind_int64(q, at++, whole[i]);
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        sqlite3_bind_int(q, at++, small[i]);
    for (size_t i = 0; i < sizeof real / sizeof *real; i++)
        sqlite3_bind_double(q, at++, real[i]);
    bind_borrowed(q, at++, r->who);
    bind_borrowed(q, at++, r->says);
    bind_borrowed(q, at++, r->attributes);
    bind_payload(q, at, r);
}

static void bind_end(sqlite3_stmt *q, const struct journal_row *r)
{
    sqlite3_bind_int(q, 3, r->ending);
    sqlite3_bind_int(q, 4, r->quality);
    sqlite3_bind_int64(q, 5, r->flags);
    sqlite3_bind_double(q, 6, r->end_s);
    sqlite3_bind_double(q, 7, r->cost);
    bind_payload(q, 8, r);
}

static int put_row(struct journal_writer *w, const struct journal_row *r, struct error *err)
{
    int which = r->kind == JOURNAL_BEGAN   ? PUT_ITEM
                : r->kind == JOURNAL_ENDED ? PUT_END
                                           : PUT_EVENT;
    sqlite3_stmt *q = w->put[which];
    sqlite3_bind_int64(q, 2, (int64_t)r->item);
    if (which == PUT_ITEM)
        bind_item(q, r);
    else if (which == PUT_END)
        bind_end(q, r);
    else
        bind_event(q, r);
    return store_step(w->store, q, "keeping the run", err);
}

int journal_write(struct journal_writer *w, const struct journal_row *rows, size_t n,
                  struct error *err)
{
    int status = store_run_sql(w->store, "BEGIN IMMEDIATE", "keeping the run", err);
    for (size_t i = 0; i < n && !status; i++)
        status = put_row(w, &rows[i], err);
    if (!status)
        status = store_run_sql(w->store, "COMMIT", "keeping the run", err);
    if (status)
        store_roll_back(w->store);
    return status;
}

/* --- reading */

static const char *const get_sql[PUTS] = {
    "SELECT item, id, class, input FROM journal_item WHERE run = ?1 AND item BETWEEN ?2 AND ?3"
    " ORDER BY item",
    "SELECT item, seq, kind, path, step, visit, attempt, copy, flags, outcome, verdict, way, goes,"
    " asked_s, begin_s, end_s, confidence, threshold, weight, cost, who, says, attributes, payload"
    " FROM journal_event WHERE run = ?1 AND item BETWEEN ?2 AND ?3 ORDER BY item, seq",
    "SELECT item, ending, quality, flags, end_s, cost, payload FROM journal_end"
    " WHERE run = ?1 AND item BETWEEN ?2 AND ?3 ORDER BY item",
};

static void take_payload(sqlite3_stmt *q, int at, struct journal_row *r)
{
    r->payload = (const char *)sqlite3_column_text(q, at);
    r->payload_len = (size_t)sqlite3_column_bytes(q, at);
}

static void take_item(sqlite3_stmt *q, struct journal_row *r)
{
    r->kind = JOURNAL_BEGAN;
    r->id = store_column_text(q, 1);
    r->class = (uint32_t)sqlite3_column_int64(q, 2);
    take_payload(q, 3, r);
}

static void take_event(sqlite3_stmt *q, struct journal_row *r)
{
    uint32_t *const whole[] = {&r->seq,   NULL,        &r->path, &r->step,
                               &r->visit, &r->attempt, &r->copy, &r->flags};
    int *const small[] = {&r->outcome, &r->verdict, &r->exit};
    double *const real[] = {&r->asked_s,   &r->begin_s, &r->end_s, &r->confidence,
                            &r->threshold, &r->weight,  &r->cost};
    for (int i = 0; i < 8; i++)
        if (whole[i])
            *whole[i] = (uint32_t)sqlite3_column_int64(q, 1 + i);
    r->kind = (enum journal_kind)sqlite3_column_int(q, 2);
    for (int i = 0; i < 3; i++)
        *small[i] = sqlite3_column_int(q, 9 + i);
    r->to = sqlite3_column_int(q, 12);
    for (int i = 0; i < 7; i++)
        *real[i] = store_column_double(q, 13 + i);
    r->who = store_column_text(q, 20);
    r->says = store_column_text(q, 21);
    r->attributes = store_column_text(q, 22);
    take_payload(q, 23, r);
}

static void take_end(sqlite3_stmt *q, struct journal_row *r)
{
    r->kind = JOURNAL_ENDED;
    r->ending = sqlite3_column_int(q, 1);
    r->quality = sqlite3_column_int(q, 2);
    r->flags = (uint32_t)sqlite3_column_int64(q, 3);
    r->end_s = store_column_double(q, 4);
    r->cost = store_column_double(q, 5);
    take_payload(q, 6, r);
}

/* A cursor over one table; `row` is the next one while `has`. */
struct cursor {
    sqlite3_stmt *q;
    bool has;
    struct journal_row row;
};

static int advance(struct store *s, struct cursor *c, int which, struct error *err)
{
    int status = sqlite3_step(c->q);
    c->has = status == SQLITE_ROW;
    if (status == SQLITE_DONE)
        return 0;
    if (!c->has)
        return store_fault(s, "reading a run", err);
    c->row = (struct journal_row){.item = (uint64_t)sqlite3_column_int64(c->q, 0),
                                  .asked_s = NAN,
                                  .begin_s = NAN,
                                  .end_s = NAN,
                                  .confidence = NAN,
                                  .threshold = NAN,
                                  .cost = NAN,
                                  .weight = NAN,
                                  .id = "",
                                  .who = "",
                                  .says = "",
                                  .attributes = ""};
    if (which == PUT_ITEM)
        take_item(c->q, &c->row);
    else if (which == PUT_EVENT)
        take_event(c->q, &c->row);
    else
        take_end(c->q, &c->row);
    return 0;
}

static int open_cursors(struct store *s, int64_t run, uint64_t item, struct cursor *c,
                        struct error *err)
{
    for (int i = 0; i < PUTS; i++) {
        if (store_prepare(s, get_sql[i], "reading a run", &c[i].q, err))
            return -1;
        sqlite3_bind_int64(c[i].q, 1, run);
        sqlite3_bind_int64(c[i].q, 2, item == JOURNAL_ALL ? 0 : (int64_t)item);
        sqlite3_bind_int64(c[i].q, 3, item == JOURNAL_ALL ? INT64_MAX : (int64_t)item);
        if (advance(s, &c[i], i, err))
            return -1;
    }
    return 0;
}

/* The three tables are merged by item: the least item first, and of one item its beginning, its
 * events, its end. */
int journal_each(struct store *s, int64_t run, uint64_t item,
                 void (*row)(void *arg, const struct journal_row *r), void *arg, struct error *err)
{
    struct cursor c[PUTS] = {0};
    int status = open_cursors(s, run, item, c, err);
    while (!status && (c[0].has || c[1].has || c[2].has)) {
        int next = -1;
        for (int i = 0; i < PUTS; i++)
            if (c[i].has && (next < 0 || c[i].row.item < c[next].row.item))
                next = i;
        row(arg, &c[next].row);
        status = advance(s, &c[next], next, err);
    }
    for (int i = 0; i < PUTS; i++)
        sqlite3_finalize(c[i].q);
    return status;
}
