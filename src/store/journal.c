/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs of the journal: begun, found again, counted.  A run's number comes from the sequence of the
 * table `run` (sqlite.org/autoinc.html): a row put there and taken away again uses it up. */
#include "store/journal.h"

#include "store/store_parts.h"

#include <string.h>

static const char reserve[] =
    "INSERT INTO run (time, command, seed, trials, result) VALUES ('', '', '', '', '')";

static int reserve_number(struct store *s, int64_t *id, struct error *err)
{
    if (store_run_sql(s, reserve, "beginning a run", err))
        return -1;
    *id = sqlite3_last_insert_rowid(s->db);
    return store_run_sql(s, "DELETE FROM run WHERE id = last_insert_rowid()", "beginning a run",
                         err);
}

static int put_head(struct store *s, const struct journal_run *run, int64_t id, struct error *err)
{
    static const char sql[] = "INSERT INTO journal (id, time, scenario, file, sha256, seed)"
                              " VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    sqlite3_stmt *q = NULL;
    if (store_prepare(s, sql, "beginning a run", &q, err))
        return -1;
    sqlite3_bind_int64(q, 1, id);
    store_bind_text(q, 2, run->time);
    store_bind_text(q, 3, run->scenario);
    store_bind_text(q, 4, run->file);
    store_bind_text(q, 5, run->sha256);
    store_bind_u64(q, 6, run->seed);
    int status = store_step(s, q, "beginning a run", err);
    sqlite3_finalize(q);
    return status;
}

static int put_options(struct store *s, const struct journal_run *run, int64_t id,
                       struct error *err)
{
    static const char sql[] = "INSERT INTO journal_option (run, name, value) VALUES (?1, ?2, ?3)";
    sqlite3_stmt *q = NULL;
    int status = store_prepare(s, sql, "beginning a run", &q, err);
    for (size_t i = 0; i < run->n_options && !status; i++) {
        sqlite3_bind_int64(q, 1, id);
        store_bind_text(q, 2, run->option[i].name);
        store_bind_text(q, 3, run->option[i].value);
        status = store_step(s, q, "beginning a run", err);
    }
    sqlite3_finalize(q);
    return status;
}

static int put_names(struct store *s, const char *sql, const struct journal_name *names, size_t n,
                     int64_t id, struct error *err)
{
    sqlite3_stmt *q = NULL;
    int status = store_prepare(s, sql, "beginning a run", &q, err);
    for (size_t i = 0; i < n && !status; i++) {
        sqlite3_bind_int64(q, 1, id);
        sqlite3_bind_int64(q, 2, (int64_t)i);
        store_bind_text(q, 3, names[i].id);
        if (names[i].kind)
            store_bind_text(q, 4, names[i].kind);
        status = store_step(s, q, "beginning a run", err);
    }
    sqlite3_finalize(q);
    return status;
}

int journal_add(struct store *s, const struct journal_run *run, int64_t *id, struct error *err)
{
    static const char steps[] =
        "INSERT INTO journal_step (run, step, id, kind) VALUES (?1, ?2, ?3, ?4)";
    static const char classes[] = "INSERT INTO journal_class (run, class, id) VALUES (?1, ?2, ?3)";
    if (store_run_sql(s, "BEGIN IMMEDIATE", "beginning a run", err))
        return -1;
    if (reserve_number(s, id, err) || put_head(s, run, *id, err) || put_options(s, run, *id, err) ||
        put_names(s, steps, run->step, run->n_steps, *id, err) ||
        put_names(s, classes, run->class, run->n_classes, *id, err) ||
        store_run_sql(s, "COMMIT", "beginning a run", err)) {
        store_roll_back(s);
        return -1;
    }
    return 0;
}

/* --- found again */

static int find_names(struct store *s, const char *sql, int64_t id, struct arena *arena,
                      const struct journal_name **out, size_t *n, struct error *err)
{
    VEC(struct journal_name) got = {0};
    sqlite3_stmt *q = NULL;
    int status;
    if (store_prepare(s, sql, "reading a run", &q, err))
        return -1;
    sqlite3_bind_int64(q, 1, id);
    while ((status = sqlite3_step(q)) == SQLITE_ROW) {
        struct journal_name name = {arena_strdup(arena, store_column_text(q, 0)),
                                    arena_strdup(arena, store_column_text(q, 1))};
        vec_push(&got, name);
    }
    sqlite3_finalize(q);
    struct journal_name *kept = arena_alloc(arena, (got.len + 1) * sizeof *kept);
    if (got.len)
        memcpy(kept, got.at, got.len * sizeof *kept);
    *out = kept;
    *n = got.len;
    vec_release(&got);
    return status == SQLITE_DONE ? 0 : store_fault(s, "reading a run", err);
}

static int find_options(struct store *s, struct arena *arena, struct journal_run *out,
                        struct error *err)
{
    const struct journal_name *pairs;
    if (find_names(s, "SELECT name, value FROM journal_option WHERE run = ?1 ORDER BY name",
                   out->id, arena, &pairs, &out->n_options, err))
        return -1;
    struct journal_option *options = arena_alloc(arena, (out->n_options + 1) * sizeof *options);
    for (size_t i = 0; i < out->n_options; i++)
        options[i] = (struct journal_option){pairs[i].id, pairs[i].kind};
    out->option = options;
    return 0;
}

static int none_found(const struct store *s, int64_t id, const char *sha256, struct error *err)
{
    if (id)
        return error_set(err, ERR_INPUT,
                         "%s: run %lld has no journal; `seam runs list` shows "
                         "those there are",
                         s->path, (long long)id);
    return error_set(err, ERR_INPUT, "%s: there is no run %sthat was broken off", s->path,
                     sha256 ? "of this scenario " : "");
}

int journal_find(struct store *s, int64_t id, const char *sha256, struct arena *arena,
                 struct journal_run *out, struct error *err)
{
    /* one whose items have all ended, but whose result found no room, is not complete */
    static const char sql[] =
        "SELECT id, time, scenario, file, sha256, seed, done FROM (SELECT *, complete AND EXISTS"
        " (SELECT 1 FROM run r WHERE r.id = journal.id) AS done FROM journal)"
        " WHERE (?1 > 0 AND id = ?1) OR (?1 = 0 AND done = 0 AND (?2 IS NULL OR sha256 = ?2))"
        " ORDER BY id DESC LIMIT 1";
    sqlite3_stmt *q = NULL;
    *out = (struct journal_run){0};
    if (store_prepare(s, sql, "reading a run", &q, err))
        return -1;
    sqlite3_bind_int64(q, 1, id);
    store_bind_text(q, 2, sha256);
    int status = sqlite3_step(q);
    if (status == SQLITE_ROW)
        *out = (struct journal_run){.id = sqlite3_column_int64(q, 0),
                                    .time = arena_strdup(arena, store_column_text(q, 1)),
                                    .scenario = arena_strdup(arena, store_column_text(q, 2)),
                                    .file = arena_strdup(arena, store_column_text(q, 3)),
                                    .sha256 = arena_strdup(arena, store_column_text(q, 4)),
                                    .seed = store_column_u64(q, 5),
                                    .complete = sqlite3_column_int(q, 6) != 0};
    sqlite3_finalize(q);
    if (status == SQLITE_DONE)
        return none_found(s, id, sha256, err);
    if (status != SQLITE_ROW)
        return store_fault(s, "reading a run", err);
    return find_options(s, arena, out, err) ||
                   find_names(s, "SELECT id, kind FROM journal_step WHERE run = ?1 ORDER BY step",
                              out->id, arena, &out->step, &out->n_steps, err) ||
                   find_names(s, "SELECT id, '' FROM journal_class WHERE run = ?1 ORDER BY class",
                              out->id, arena, &out->class, &out->n_classes, err)
               ? -1
               : 0;
}

int journal_complete(struct store *s, int64_t run, struct error *err)
{
    sqlite3_stmt *q = NULL;
    if (store_prepare(s, "UPDATE journal SET complete = 1 WHERE id = ?1", "ending a run", &q, err))
        return -1;
    sqlite3_bind_int64(q, 1, run);
    int status = store_step(s, q, "ending a run", err);
    sqlite3_finalize(q);
    return status;
}

int journal_count(struct store *s, int64_t run, struct journal_count *out, struct error *err)
{
    static const char sql[] =
        "SELECT (SELECT count(*) FROM journal_item WHERE run = ?1),"
        " (SELECT count(*) FROM journal_end WHERE run = ?1),"
        " (SELECT count(*) FROM journal_event WHERE run = ?1 AND kind = 2),"
        " (SELECT coalesce(max(item) + 1, 0) FROM journal_item WHERE run = ?1),"
        " (SELECT coalesce(max(s), 0) FROM (SELECT end_s AS s FROM journal_event WHERE run = ?1"
        " UNION ALL SELECT end_s FROM journal_end WHERE run = ?1))";
    sqlite3_stmt *q = NULL;
    if (store_prepare(s, sql, "counting a run", &q, err))
        return -1;
    sqlite3_bind_int64(q, 1, run);
    int status = sqlite3_step(q);
    if (status == SQLITE_ROW)
        *out = (struct journal_count){
            (uint64_t)sqlite3_column_int64(q, 0), (uint64_t)sqlite3_column_int64(q, 1),
            (uint64_t)sqlite3_column_int64(q, 2), (uint64_t)sqlite3_column_int64(q, 3),
            sqlite3_column_double(q, 4)};
    sqlite3_finalize(q);
    return status == SQLITE_ROW ? 0 : store_fault(s, "counting a run", err);
}

int journal_item(struct store *s, int64_t run, const char *id, uint64_t *item, struct error *err)
{
    static const char sql[] = "SELECT item FROM journal_item WHERE run = ?1 AND id = ?2 LIMIT 1";
    sqlite3_stmt *q = NULL;
    if (store_prepare(s, sql, "looking for an item", &q, err))
        return -1;
    sqlite3_bind_int64(q, 1, run);
    store_bind_text(q, 2, id);
    int status = sqlite3_step(q);
    if (status == SQLITE_ROW)
        *item = (uint64_t)sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    if (status == SQLITE_DONE)
        return error_set(err, ERR_INPUT, "%s: run %lld has no item \"%.100s\"", s->path,
                         (long long)run, id);
    return status == SQLITE_ROW ? 0 : store_fault(s, "looking for an item", err);
}
