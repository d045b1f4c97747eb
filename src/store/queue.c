/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue in sqlite: every change is one transaction that begins by taking the write lock, so
 * that of two reviewers at one task the second sees what the first did. */
#include "store/queue.h"

#include "store/store_parts.h"

#include <math.h>
#include <string.h>

static const char WHAT[] = "the queue of reviews";

#define TASK_COLUMNS                                                                               \
    "id, run, item, path, step, visit, item_id, step_id, class, payload, priority, created_s,"     \
    " due_s, claim_s, state, holder, held_until_s"

const char *task_verdict_name(enum task_verdict v)
{
    static const char *const names[TASK_VERDICT_COUNT] = {"approve", "reject", "edit"};
    return names[v];
}

static void take_task(sqlite3_stmt *q, struct task *t)
{
    *t = (struct task){.id = sqlite3_column_int64(q, 0),
                       .run = sqlite3_column_int64(q, 1),
                       .item = (uint64_t)sqlite3_column_int64(q, 2),
                       .path = (uint32_t)sqlite3_column_int64(q, 3),
                       .step = (uint32_t)sqlite3_column_int64(q, 4),
                       .visit = (uint32_t)sqlite3_column_int64(q, 5),
                       .item_id = store_column_text(q, 6),
                       .step_id = store_column_text(q, 7),
                       .class = store_column_text(q, 8),
                       .payload = store_column_text(q, 9),
                       .priority = (uint32_t)sqlite3_column_int64(q, 10),
                       .created_s = sqlite3_column_double(q, 11),
                       .due_s = sqlite3_column_double(q, 12),
                       .claim_s = sqlite3_column_double(q, 13),
                       .state = (enum task_state)sqlite3_column_int(q, 14),
                       .holder = store_column_text(q, 15),
                       .held_until_s = store_column_double(q, 16)};
    if (t->priority == UINT32_MAX)
        t->priority = 0;
}

static void keep_task(struct task *t, struct arena *arena)
{
    t->item_id = arena_strdup(arena, t->item_id);
    t->step_id = arena_strdup(arena, t->step_id);
    t->class = arena_strdup(arena, t->class);
    t->payload = arena_strdup(arena, t->payload);
    t->holder = arena_strdup(arena, t->holder);
}

/* --- transactions */

static int begin(struct store *s, struct error *err)
{
    return store_run_sql(s, "BEGIN IMMEDIATE", WHAT, err);
}

/* Commits what went well, and leaves what did not. */
static int end(struct store *s, int status, struct error *err)
{
    if (!status)
        status = store_run_sql(s, "COMMIT", WHAT, err);
    if (status)
        store_roll_back(s);
    return status;
}

/* One row at most: 1 there is one, 0 there is none, -1. */
static int one_row(struct store *s, sqlite3_stmt *q, struct error *err)
{
    int status = sqlite3_step(q);
    if (status == SQLITE_ROW)
        return 1;
    return status == SQLITE_DONE ? 0 : store_fault(s, WHAT, err);
}

int queue_get(struct store *s, int64_t id, struct arena *arena, struct task *out, struct error *err)
{
    sqlite3_stmt *q = NULL;
    if (store_prepare(s, "SELECT " TASK_COLUMNS " FROM task WHERE id = ?1", WHAT, &q, err))
        return -1;
    sqlite3_bind_int64(q, 1, id);
    int got = one_row(s, q, err);
    if (got > 0) {
        take_task(q, out);
        keep_task(out, arena);
    }
    sqlite3_finalize(q);
    if (got == 0)
        return error_set(err, ERR_INPUT, "%s: there is no task %lld", s->path, (long long)id);
    return got > 0 ? 0 : -1;
}

/* Runs a change of one task with up to two texts and two numbers bound: ?1 the task. */
static int change(struct store *s, const char *sql, int64_t id, const char *text, double number,
                  struct error *err)
{
    sqlite3_stmt *q = NULL;
    if (store_prepare(s, sql, WHAT, &q, err))
        return -1;
    sqlite3_bind_int64(q, 1, id);
    if (text)
        store_bind_text(q, 2, text);
    if (!isnan(number))
        sqlite3_bind_double(q, 3, number);
    int status = store_step(s, q, WHAT, err);
    sqlite3_finalize(q);
    return status;
}

/* --- the run's side */

static int insert_task(struct store *s, const struct task *t, struct error *err)
{
    static const char sql[] =
        "INSERT INTO task (run, item, path, step, visit, item_id, step_id, class, payload,"
        " priority, created_s, due_s, claim_s) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
        " ?11, ?12, ?13) ON CONFLICT (run, item, path, step, visit) DO UPDATE SET"
        " state = 0, created_s = excluded.created_s, due_s = excluded.due_s,"
        " payload = excluded.payload WHERE state = 3";
    const int64_t whole[] = {t->run, (int64_t)t->item, t->path, t->step, t->visit};
    const char *const texts[] = {t->item_id, t->step_id, t->class, t->payload};
    sqlite3_stmt *q = NULL;
    if (store_prepare(s, sql, WHAT, &q, err))
        return -1;
    for (int i = 0; i < 5; i++)
        sqlite3_bind_int64(q, 1 + i, whole[i]);
    for (int i = 0; i < 4; i++)
        store_bind_text(q, 6 + i, texts[i]);
    sqlite3_bind_int64(q, 10, t->priority ? t->priority : UINT32_MAX);
    sqlite3_bind_double(q, 11, t->created_s);
    sqlite3_bind_double(q, 12, t->due_s);
    sqlite3_bind_double(q, 13, t->claim_s);
    int status = store_step(s, q, WHAT, err);
    sqlite3_finalize(q);
    return status;
}

static int find_task(struct store *s, const struct task *t, int64_t *id, struct error *err)
{
    sqlite3_stmt *q = NULL;
    if (store_prepare(s,
                      "SELECT id FROM task WHERE run = ?1 AND item = ?2 AND path = ?3 AND step = ?4"
                      " AND visit = ?5",
                      WHAT, &q, err))
        return -1;
    const int64_t key[] = {t->run, (int64_t)t->item, t->path, t->step, t->visit};
    for (int i = 0; i < 5; i++)
        sqlite3_bind_int64(q, 1 + i, key[i]);
    int got = one_row(s, q, err);
    if (got > 0)
        *id = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return got > 0 ? 0 : got < 0 ? -1 : error_set(err, ERR_IO, "%s: a task is not there", s->path);
}

int queue_add(struct store *s, const struct task *t, int64_t *id, struct error *err)
{
    if (begin(s, err))
        return -1;
    return end(s, insert_task(s, t, err) || find_task(s, t, id, err) ? -1 : 0, err);
}

static void take_decision(sqlite3_stmt *q, int at, struct task_decision *d)
{
    *d = (struct task_decision){.verdict = (enum task_verdict)sqlite3_column_int(q, at),
                                .reviewer = store_column_text(q, at + 1),
                                .time_s = sqlite3_column_double(q, at + 2),
                                .reason = store_column_text(q, at + 3),
                                .edit = (const char *)sqlite3_column_text(q, at + 4)};
}

static int read_decision(struct store *s, int64_t id, double before_s, struct arena *arena,
                         struct task_decision *out, bool *is, struct error *err)
{
    static const char sql[] =
        "SELECT d.verdict, d.reviewer, d.time_s, d.reason, d.edit FROM task t JOIN decision d"
        " ON d.task = t.id AND d.undone = 0 WHERE t.id = ?1 AND (t.state = 2 OR d.time_s <= ?2)";
    sqlite3_stmt *q = NULL;
    if (store_prepare(s, sql, WHAT, &q, err))
        return -1;
    sqlite3_bind_int64(q, 1, id);
    sqlite3_bind_double(q, 2, before_s);
    int got = one_row(s, q, err);
    *is = got > 0;
    if (*is) {
        take_decision(q, 0, out);
        out->reviewer = arena_strdup(arena, out->reviewer);
        out->reason = arena_strdup(arena, out->reason);
        out->edit = out->edit ? arena_strdup(arena, out->edit) : NULL;
    }
    sqlite3_finalize(q);
    return got < 0 ? -1 : 0;
}

/* Most calls find nothing decided, and take no lock. */
int queue_take(struct store *s, int64_t id, double before_s, struct arena *arena,
               struct task_decision *out, bool *is, struct error *err)
{
    if (read_decision(s, id, before_s, arena, out, is, err))
        return -1;
    if (!*is)
        return 0;
    if (begin(s, err))
        return -1;
    int status = read_decision(s, id, before_s, arena, out, is, err);
    if (!status && *is)
        status = change(s, "UPDATE task SET state = 2 WHERE id = ?1", id, NULL, NAN, err);
    return end(s, status, err);
}

int queue_withdraw(struct store *s, int64_t id, struct error *err)
{
    return change(s, "UPDATE task SET state = 3, holder = NULL WHERE id = ?1 AND state = 0", id,
                  NULL, NAN, err);
}

/* --- the reviewer's side */

static int held_by_other(const struct store *s, const struct task *t, struct error *err)
{
    return error_set(err, ERR_INPUT, "%s: task %lld is with %s now", s->path, (long long)t->id,
                     t->holder);
}

static bool is_held(const struct task *t, const char *reviewer, double now_s)
{
    return *t->holder && strcmp(t->holder, reviewer) && t->held_until_s > now_s;
}

/* Can this reviewer have the task?  0, or -1 with why not. */
static int check_free(const struct store *s, const struct task *t, const char *reviewer,
                      double now_s, struct error *err)
{
    if (t->state == TASK_WITHDRAWN)
        return error_set(err, ERR_INPUT,
                         "%s: task %lld was withdrawn: its run does not wait for it any more",
                         s->path, (long long)t->id);
    if (t->state != TASK_WAITING)
        return error_set(err, ERR_INPUT, "%s: task %lld is decided already", s->path,
                         (long long)t->id);
    return is_held(t, reviewer, now_s) ? held_by_other(s, t, err) : 0;
}

static int hold(struct store *s, const struct task *t, const char *reviewer, double now_s,
                struct error *err)
{
    return change(s, "UPDATE task SET holder = ?2, held_until_s = ?3 WHERE id = ?1", t->id,
                  reviewer, now_s + t->claim_s, err);
}

static bool skipped(const struct queue_skip *skip, int64_t id)
{
    for (size_t i = 0; skip && i < skip->n; i++)
        if (skip->task[i] == id)
            return true;
    return false;
}

static int find_free(struct store *s, const char *reviewer, double now_s,
                     const struct queue_skip *skip, struct arena *arena, struct task *out, bool *is,
                     struct error *err)
{
    sqlite3_stmt *q = NULL;
    int got = 0;
    *is = false;
    if (store_prepare(s,
                      "SELECT " TASK_COLUMNS " FROM task WHERE state = 0"
                      " ORDER BY priority, due_s, id",
                      WHAT, &q, err))
        return -1;
    while (!*is && (got = one_row(s, q, err)) > 0) {
        take_task(q, out);
        *is = !is_held(out, reviewer, now_s) && !skipped(skip, out->id);
    }
    if (*is)
        keep_task(out, arena);
    sqlite3_finalize(q);
    return got < 0 ? -1 : 0;
}

int queue_claim(struct store *s, const char *reviewer, double now_s, const struct queue_skip *skip,
                struct arena *arena, struct task *out, bool *is, struct error *err)
{
    if (begin(s, err))
        return -1;
    int status = find_free(s, reviewer, now_s, skip, arena, out, is, err);
    if (!status && *is) {
        status = hold(s, out, reviewer, now_s, err);
        out->holder = arena_strdup(arena, reviewer);
        out->held_until_s = now_s + out->claim_s;
    }
    return end(s, status, err);
}

int queue_hold(struct store *s, int64_t id, const char *reviewer, double now_s, struct error *err)
{
    struct arena arena;
    struct task t;
    arena_init(&arena);
    int status = begin(s, err);
    if (!status)
        status = end(s,
                     queue_get(s, id, &arena, &t, err) || check_free(s, &t, reviewer, now_s, err) ||
                             hold(s, &t, reviewer, now_s, err)
                         ? -1
                         : 0,
                     err);
    arena_release(&arena);
    return status;
}

int queue_let_go(struct store *s, int64_t id, const char *reviewer, struct error *err)
{
    return change(s, "UPDATE task SET holder = NULL WHERE id = ?1 AND holder = ?2", id, reviewer,
                  NAN, err);
}

static int insert_decision(struct store *s, int64_t id, const struct task_decision *d,
                           struct error *err)
{
    static const char sql[] = "INSERT INTO decision (task, verdict, reviewer, time_s, reason, edit)"
                              " VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    sqlite3_stmt *q = NULL;
    if (store_prepare(s, sql, WHAT, &q, err))
        return -1;
    sqlite3_bind_int64(q, 1, id);
    sqlite3_bind_int(q, 2, (int)d->verdict);
    store_bind_text(q, 3, d->reviewer);
    sqlite3_bind_double(q, 4, d->time_s);
    store_bind_text(q, 5, d->reason ? d->reason : "");
    store_bind_text(q, 6, d->edit);
    int status = store_step(s, q, WHAT, err);
    sqlite3_finalize(q);
    return status;
}

int queue_decide(struct store *s, int64_t id, const struct task_decision *d, struct error *err)
{
    struct arena arena;
    struct task t;
    arena_init(&arena);
    int status = begin(s, err);
    if (!status)
        status = end(s,
                     queue_get(s, id, &arena, &t, err) ||
                             check_free(s, &t, d->reviewer, d->time_s, err) ||
                             insert_decision(s, id, d, err) ||
                             change(s, "UPDATE task SET state = 1, holder = NULL WHERE id = ?1", id,
                                    NULL, NAN, err)
                         ? -1
                         : 0,
                     err);
    arena_release(&arena);
    return status;
}

/* The reviewer's last decision that stands, and the state of its task. */
static int last_decision(struct store *s, const char *reviewer, int64_t *id, struct error *err)
{
    static const char sql[] = "SELECT t.id, t.state FROM decision d JOIN task t ON t.id = d.task"
                              " WHERE d.reviewer = ?1 AND d.undone = 0 ORDER BY d.id DESC LIMIT 1";
    sqlite3_stmt *q = NULL;
    enum task_state state = TASK_WAITING;
    if (store_prepare(s, sql, WHAT, &q, err))
        return -1;
    store_bind_text(q, 1, reviewer);
    int got = one_row(s, q, err);
    if (got > 0) {
        *id = sqlite3_column_int64(q, 0);
        state = (enum task_state)sqlite3_column_int(q, 1);
    }
    sqlite3_finalize(q);
    if (got == 0)
        return error_set(err, ERR_INPUT, "%s: %s has no decision to undo", s->path, reviewer);
    if (got > 0 && state == TASK_TAKEN)
        return error_set(err, ERR_INPUT,
                         "%s: the decision on task %lld cannot be undone: its run has gone on with "
                         "it",
                         s->path, (long long)*id);
    return got > 0 ? 0 : -1;
}

int queue_undo(struct store *s, const char *reviewer, double now_s, int64_t *id, struct error *err)
{
    static const char undo[] = "UPDATE decision SET undone = 1 WHERE task = ?1 AND undone = 0";
    static const char back[] = "UPDATE task SET state = 0, holder = ?2, held_until_s ="
                               " ?3 + claim_s WHERE id = ?1";
    if (begin(s, err))
        return -1;
    return end(s,
               last_decision(s, reviewer, id, err) || change(s, undo, *id, NULL, NAN, err) ||
                       change(s, back, *id, reviewer, now_s, err)
                   ? -1
                   : 0,
               err);
}

/* --- looks at it */

int queue_list(struct store *s, uint32_t limit, void (*row)(void *arg, const struct task *t),
               void *arg, struct error *err)
{
    sqlite3_stmt *q = NULL;
    int got;
    if (store_prepare(s,
                      "SELECT " TASK_COLUMNS " FROM task WHERE state = 0"
                      " ORDER BY priority, due_s, id LIMIT ?1",
                      WHAT, &q, err))
        return -1;
    sqlite3_bind_int64(q, 1, limit ? (int64_t)limit : -1);
    while ((got = one_row(s, q, err)) > 0) {
        struct task t;
        take_task(q, &t);
        row(arg, &t);
    }
    sqlite3_finalize(q);
    return got;
}

int queue_count(struct store *s, const char *reviewer, double now_s, struct queue_count *out,
                struct error *err)
{
    static const char sql[] =
        "SELECT count(*), coalesce(sum(holder IS NOT NULL AND held_until_s > ?1), 0),"
        " coalesce(sum(due_s < ?1), 0), min(created_s),"
        " (SELECT count(*) FROM decision WHERE reviewer = ?2 AND undone = 0)"
        " FROM task WHERE state = 0";
    sqlite3_stmt *q = NULL;
    if (store_prepare(s, sql, WHAT, &q, err))
        return -1;
    sqlite3_bind_double(q, 1, now_s);
    store_bind_text(q, 2, reviewer);
    int got = one_row(s, q, err);
    if (got > 0)
        *out = (struct queue_count){.waiting = (uint64_t)sqlite3_column_int64(q, 0),
                                    .held = (uint64_t)sqlite3_column_int64(q, 1),
                                    .late = (uint64_t)sqlite3_column_int64(q, 2),
                                    .oldest_s = store_column_double(q, 3),
                                    .decided = (uint64_t)sqlite3_column_int64(q, 4)};
    sqlite3_finalize(q);
    return got > 0 ? 0 : -1;
}

int queue_untaken(struct store *s, int64_t run,
                  void (*row)(void *arg, const struct task *t, const struct task_decision *d),
                  void *arg, struct error *err)
{
    static const char sql[] =
        "SELECT t.id, t.run, t.item, t.path, t.step, t.visit, t.item_id, t.step_id, t.class,"
        " t.payload, t.priority, t.created_s, t.due_s, t.claim_s, t.state, t.holder,"
        " t.held_until_s, d.verdict, d.reviewer, d.time_s, d.reason, d.edit"
        " FROM task t JOIN decision d ON d.task = t.id AND d.undone = 0"
        " WHERE t.run = ?1 AND t.state = 1 ORDER BY t.item, t.id";
    sqlite3_stmt *q = NULL;
    int got;
    if (store_prepare(s, sql, WHAT, &q, err))
        return -1;
    sqlite3_bind_int64(q, 1, run);
    while ((got = one_row(s, q, err)) > 0) {
        struct task t;
        struct task_decision d;
        take_task(q, &t);
        take_decision(q, 17, &d);
        row(arg, &t, &d);
    }
    sqlite3_finalize(q);
    return got;
}
