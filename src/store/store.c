/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs in sqlite (sqlite.org/wal.html): write-ahead log, synchronous=FULL, one transaction for a
 * run, all values bound.
 *
 * To change the schema: append a migration; never edit one that was released.  user_version counts
 * the migrations that a file has seen; application_id tells our files from other people's. */
#include "store/store_parts.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { APPLICATION_ID = 0x5345414d /* "SEAM" */, BUSY_MS = 5000 };

static const char *const migrations[] = {
    "CREATE TABLE run ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " time TEXT NOT NULL,"
    " command TEXT NOT NULL,"
    " scenario TEXT,"
    " sha256 TEXT,"
    " seed TEXT NOT NULL," /* whole numbers up to 2^64 - 1 do not fit an INTEGER */
    " trials TEXT NOT NULL,"
    " passed INTEGER,"
    " reliability REAL, review_load REAL, auto_error REAL, latency_p95 REAL, cost_per_item REAL,"
    " result TEXT NOT NULL) STRICT;"
    "CREATE INDEX run_scenario ON run (scenario, id);",
    /* logs: span has the columns of model/span.h, texts by id, NULL for what is not known */
    "CREATE TABLE log ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " time TEXT NOT NULL,"
    " format TEXT NOT NULL,"
    " spans INTEGER NOT NULL) STRICT;"
    "CREATE TABLE log_fact ("
    " log INTEGER NOT NULL REFERENCES log (id),"
    " kind INTEGER NOT NULL,"
    " name TEXT NOT NULL,"
    " text TEXT,"
    " number INTEGER NOT NULL, file INTEGER NOT NULL, line INTEGER NOT NULL) STRICT;"
    "CREATE TABLE log_text (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;"
    "CREATE TABLE log_span ("
    " log INTEGER NOT NULL,"
    " start_ns INTEGER, end_ns INTEGER, id INTEGER, parent INTEGER, line INTEGER,"
    " confidence REAL, threshold REAL,"
    " trace INTEGER, name INTEGER, node INTEGER, session INTEGER, stage_key INTEGER,"
    " item_key INTEGER, decision INTEGER, file INTEGER,"
    " outcome INTEGER, flags INTEGER, kind INTEGER, tries INTEGER) STRICT;"
    "CREATE VIEW span AS SELECT s.log, t.text AS trace, format('%016x', s.id) AS id,"
    " format('%016x', s.parent) AS parent, n.text AS name, d.text AS node,"
    " s.start_ns, s.end_ns, s.outcome, s.confidence, c.text AS decision"
    " FROM log_span s LEFT JOIN log_text t ON t.id = s.trace"
    " LEFT JOIN log_text n ON n.id = s.name LEFT JOIN log_text d ON d.id = s.node"
    " LEFT JOIN log_text c ON c.id = s.decision;",
    "ALTER TABLE log_span ADD COLUMN task_key INTEGER;"
    "ALTER TABLE log_span ADD COLUMN documents INTEGER;",
    "ALTER TABLE log_span ADD COLUMN cost REAL;",
    "ALTER TABLE log_span ADD COLUMN wait_s REAL NOT NULL DEFAULT 0;"
    "ALTER TABLE log_span ADD COLUMN pass INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE log_span ADD COLUMN copy INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE log_span ADD COLUMN item_end INTEGER NOT NULL DEFAULT 0;",
    /* executed runs: each has its number from the sequence of `run`, whose row comes at its end */
    "CREATE TABLE journal ("
    " id INTEGER PRIMARY KEY,"
    " time TEXT NOT NULL,"
    " scenario TEXT NOT NULL, file TEXT NOT NULL, sha256 TEXT NOT NULL,"
    " seed TEXT NOT NULL,"
    " complete INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE TABLE journal_option ("
    " run INTEGER NOT NULL REFERENCES journal (id), name TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY (run, name)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE journal_step ("
    " run INTEGER NOT NULL REFERENCES journal (id), step INTEGER NOT NULL, id TEXT NOT NULL,"
    " kind TEXT NOT NULL, PRIMARY KEY (run, step)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE journal_class ("
    " run INTEGER NOT NULL REFERENCES journal (id), class INTEGER NOT NULL, id TEXT NOT NULL,"
    " PRIMARY KEY (run, class)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE journal_item ("
    " run INTEGER NOT NULL, item INTEGER NOT NULL, id TEXT NOT NULL, class INTEGER NOT NULL,"
    " input TEXT NOT NULL, PRIMARY KEY (run, item)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE journal_event ("
    " run INTEGER NOT NULL, item INTEGER NOT NULL, seq INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " path INTEGER NOT NULL, step INTEGER NOT NULL, visit INTEGER NOT NULL,"
    " attempt INTEGER NOT NULL, copy INTEGER NOT NULL, flags INTEGER NOT NULL,"
    " outcome INTEGER NOT NULL, verdict INTEGER NOT NULL, way INTEGER NOT NULL,"
    " goes INTEGER NOT NULL, asked_s REAL, begin_s REAL, end_s REAL, confidence REAL,"
    " threshold REAL, weight REAL, cost REAL, who TEXT, says TEXT, attributes TEXT, payload TEXT,"
    " PRIMARY KEY (run, item, seq)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE journal_end ("
    " run INTEGER NOT NULL, item INTEGER NOT NULL, ending INTEGER NOT NULL,"
    " quality INTEGER NOT NULL, flags INTEGER NOT NULL, end_s REAL, cost REAL, payload TEXT,"
    " PRIMARY KEY (run, item)) STRICT, WITHOUT ROWID;"
    /* the queue of reviews: a task for each visit of an item to a review, decisions kept */
    "CREATE TABLE task ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " run INTEGER NOT NULL, item INTEGER NOT NULL, path INTEGER NOT NULL, step INTEGER NOT NULL,"
    " visit INTEGER NOT NULL,"
    " item_id TEXT NOT NULL, step_id TEXT NOT NULL, class TEXT NOT NULL, payload TEXT NOT NULL,"
    " priority INTEGER NOT NULL, created_s REAL NOT NULL, due_s REAL, claim_s REAL NOT NULL,"
    " state INTEGER NOT NULL DEFAULT 0," /* enum task_state */
    " holder TEXT, held_until_s REAL,"
    " UNIQUE (run, item, path, step, visit)) STRICT;"
    "CREATE INDEX task_waiting ON task (priority, due_s, id) WHERE state = 0;"
    "CREATE TABLE decision ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " task INTEGER NOT NULL REFERENCES task (id), verdict INTEGER NOT NULL,"
    " reviewer TEXT NOT NULL, time_s REAL NOT NULL, reason TEXT NOT NULL, edit TEXT,"
    " undone INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE UNIQUE INDEX decision_stands ON decision (task) WHERE undone = 0;"
    /* labels that came from elsewhere */
    "CREATE TABLE label ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " name TEXT NOT NULL, source TEXT NOT NULL, class TEXT NOT NULL, sha256 TEXT NOT NULL,"
    " confidence REAL, weight REAL NOT NULL, correct INTEGER NOT NULL,"
    " UNIQUE (name, sha256)) STRICT;",
    "ALTER TABLE log_span ADD COLUMN said_by INTEGER;",
};
enum { SCHEMA_VERSION = sizeof migrations / sizeof *migrations };

int store_fault(const struct store *s, const char *what, struct error *err)
{
    int code = sqlite3_errcode(s->db);
    if (code == SQLITE_NOTADB)
        return error_set(err, ERR_IO, "%s: this file is not a store (not an sqlite database)",
                         s->path);
    if (code == SQLITE_FULL || (code == SQLITE_IOERR && sqlite3_system_errno(s->db) == ENOSPC))
        return error_set(err, ERR_IO, "%s: %s: the disk is full; the store is as it was before",
                         s->path, what);
    if (code == SQLITE_READONLY)
        return error_set(err, ERR_IO, "%s: %s: the store cannot be written (read-only)", s->path,
                         what);
    if (code == SQLITE_CANTOPEN)
        return error_set(err, ERR_IO,
                         "%s: %s: cannot be opened: is its folder there, and may this user write "
                         "in it?",
                         s->path, what);
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        return error_set(err, ERR_IO, "%s: %s: another program holds the store", s->path, what);
    return error_set(err, ERR_IO, "%s: %s: %s", s->path, what, sqlite3_errmsg(s->db));
}

int store_run_sql(struct store *s, const char *sql, const char *what, struct error *err)
{
    if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return store_fault(s, what, err);
    return 0;
}

int store_prepare(struct store *s, const char *sql, const char *what, sqlite3_stmt **out,
                  struct error *err)
{
    if (sqlite3_prepare_v2(s->db, sql, -1, out, NULL) != SQLITE_OK)
        return store_fault(s, what, err);
    return 0;
}

int store_ask_int(struct store *s, const char *sql, int64_t *out, struct error *err)
{
    sqlite3_stmt *q = NULL;
    if (store_prepare(s, sql, "opening", &q, err))
        return -1;
    int status = sqlite3_step(q);
    if (status == SQLITE_ROW)
        *out = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return status == SQLITE_ROW ? 0 : store_fault(s, "opening", err);
}

void store_roll_back(struct store *s)
{
    if (!sqlite3_get_autocommit(s->db))
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

static int apply_migrations(struct store *s, int64_t from, struct error *err)
{
    char sql[64];
    for (int64_t v = from; v < SCHEMA_VERSION; v++)
        if (store_run_sql(s, migrations[v], "bringing the store up to date", err))
            return -1;
    snprintf(sql, sizeof sql, "PRAGMA user_version=%d", (int)SCHEMA_VERSION);
    if (store_run_sql(s, sql, "bringing the store up to date", err))
        return -1;
    snprintf(sql, sizeof sql, "PRAGMA application_id=%d", (int)APPLICATION_ID);
    return store_run_sql(s, sql, "bringing the store up to date", err);
}

/* Is this ours (or empty), and not from the future?  Nothing is written before that is known. */
static int inspect(struct store *s, int64_t *version, struct error *err)
{
    int64_t application, tables;
    if (store_ask_int(s, "PRAGMA user_version", version, err) ||
        store_ask_int(s, "PRAGMA application_id", &application, err) ||
        store_ask_int(s, "SELECT count(*) FROM sqlite_schema", &tables, err))
        return -1;
    if (tables > 0 && application != APPLICATION_ID)
        return error_set(err, ERR_IO, "%s: this database is not a store of this program", s->path);
    if (*version > SCHEMA_VERSION)
        return error_set(err, ERR_IO,
                         "%s: written by a newer version (schema %d, this program knows %d)",
                         s->path, (int)*version, (int)SCHEMA_VERSION);
    return 0;
}

/* The version is read again under the write lock: two programs may open a new store at once. */
static int migrate(struct store *s, struct error *err)
{
    int64_t version;
    if (store_run_sql(s, "BEGIN IMMEDIATE", "bringing the store up to date", err))
        return -1;
    if (store_ask_int(s, "PRAGMA user_version", &version, err) ||
        apply_migrations(s, version, err) ||
        store_run_sql(s, "COMMIT", "bringing the store up to date", err)) {
        store_roll_back(s);
        return -1;
    }
    return 0;
}

/* The step to the write-ahead log needs the file alone, and does not wait by itself when another
 * program opens the same new store: so it is tried again. */
static int begin_log(struct store *s, struct error *err)
{
    enum { EACH_MS = 10 };
    int code = sqlite3_exec(s->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);

    for (int waited = 0; code == SQLITE_BUSY && waited < BUSY_MS; waited += EACH_MS) {
        sqlite3_sleep(EACH_MS);
        code = sqlite3_exec(s->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
    }
    return code == SQLITE_OK ? 0 : store_fault(s, "opening", err);
}

/* A store on a read-only disk or folder can still be listed. */
static int prepare_connection(struct store *s, struct error *err)
{
    int64_t version;
    sqlite3_busy_timeout(s->db, BUSY_MS);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (store_run_sql(s,
                      "PRAGMA foreign_keys=ON; PRAGMA synchronous=FULL; PRAGMA trusted_schema=OFF",
                      "opening", err) ||
        inspect(s, &version, err))
        return -1;
    if (!sqlite3_db_readonly(s->db, "main") && begin_log(s, err))
        return -1;
    return version < SCHEMA_VERSION ? migrate(s, err) : 0;
}

int store_open(const char *path, struct store **out, struct error *err)
{
    struct store *s = mem_zero(1, sizeof *s);
    *out = NULL;
    s->path = mem_strdup(path);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK) {
        error_set(err, ERR_IO,
                  "%s: cannot be opened as a store, which is a file that can be written: %s", path,
                  s->db ? sqlite3_errmsg(s->db) : "no memory");
        store_close(s);
        return -1;
    }
    if (prepare_connection(s, err)) {
        store_close(s);
        return -1;
    }
    *out = s;
    return 0;
}

int store_open_again(const struct store *s, struct store **out, struct error *err)
{
    return store_open(s->path, out, err);
}

void store_close(struct store *s)
{
    if (!s)
        return;
    sqlite3_close(s->db);
    mem_free(s->path);
    mem_free(s);
}

static void bind_metric(sqlite3_stmt *q, int at, const struct result *r, const char *name)
{
    const struct metric *m = metrics_find(&r->metrics, name);
    if (m && isfinite(m->value))
        sqlite3_bind_double(q, at, m->value);
}

int store_save_run(struct store *s, const struct result *r, const char *json, size_t len,
                   const char *time, int64_t *id, struct error *err)
{
    static const char sql[] =
        "INSERT OR REPLACE INTO run (time, command, scenario, sha256, seed, trials, passed, "
        "reliability,"
        " review_load, auto_error, latency_p95, cost_per_item, result, id)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    sqlite3_stmt *q = NULL;
    if (store_prepare(s, sql, "saving the run", &q, err))
        return -1;
    store_bind_text(q, 1, time);
    store_bind_text(q, 2, r->command);
    store_bind_text(q, 3, r->scenario_name);
    store_bind_text(q, 4, r->scenario_sha256);
    store_bind_u64(q, 5, r->run.seed);
    store_bind_u64(q, 6, r->run.trials);
    if (r->passed != PASSED_NULL)
        sqlite3_bind_int(q, 7, r->passed == PASSED_TRUE);
    bind_metric(q, 8, r, "reliability");
    bind_metric(q, 9, r, "review_load");
    bind_metric(q, 10, r, "auto_error");
    bind_metric(q, 11, r, "latency_p95");
    bind_metric(q, 12, r, "cost_per_item");
    sqlite3_bind_text64(q, 13, json, len, SQLITE_TRANSIENT, SQLITE_UTF8);
    if (r->run.kept)
        sqlite3_bind_int64(q, 14, r->run.kept);
    int status = sqlite3_step(q); /* a single statement is its own transaction */
    sqlite3_finalize(q);
    if (status != SQLITE_DONE)
        return store_fault(s, "saving the run", err);
    *id = sqlite3_last_insert_rowid(s->db);
    return 0;
}

int store_list_runs(struct store *s, uint32_t limit,
                    void (*row)(void *arg, const struct stored_run *run), void *arg,
                    struct error *err)
{
    static const char sql[] =
        "SELECT id, time, command, scenario, sha256, seed, trials, passed, reliability,"
        " review_load, auto_error, latency_p95, cost_per_item,"
        " EXISTS (SELECT 1 FROM journal j WHERE j.id = run.id AND NOT j.complete) FROM run UNION "
        "ALL"
        " SELECT id, time, 'run', scenario, sha256, seed, '0', NULL, NULL, NULL, NULL, NULL, NULL, "
        "1"
        " FROM journal WHERE id NOT IN (SELECT id FROM run) ORDER BY id DESC LIMIT ?1";
    sqlite3_stmt *q = NULL;
    int status;
    if (store_prepare(s, sql, "listing runs", &q, err))
        return -1;
    sqlite3_bind_int64(q, 1, limit ? (int64_t)limit : -1);
    while ((status = sqlite3_step(q)) == SQLITE_ROW) {
        struct stored_run run = {.id = sqlite3_column_int64(q, 0),
                                 .time = store_column_text(q, 1),
                                 .command = store_column_text(q, 2),
                                 .scenario = store_column_text(q, 3),
                                 .sha256 = store_column_text(q, 4),
                                 .seed = store_column_u64(q, 5),
                                 .trials = store_column_u64(q, 6),
                                 .passed = sqlite3_column_type(q, 7) == SQLITE_NULL ? PASSED_NULL
                                           : sqlite3_column_int(q, 7)               ? PASSED_TRUE
                                                                                    : PASSED_FALSE,
                                 .reliability = store_column_double(q, 8),
                                 .review_load = store_column_double(q, 9),
                                 .auto_error = store_column_double(q, 10),
                                 .latency_p95 = store_column_double(q, 11),
                                 .cost_per_item = store_column_double(q, 12),
                                 .unfinished = sqlite3_column_int(q, 13) != 0};
        row(arg, &run);
    }
    sqlite3_finalize(q);
    return status == SQLITE_DONE ? 0 : store_fault(s, "listing runs", err);
}

/* A run that was broken off has a journal and no result. */
static int no_result(struct store *s, int64_t id, struct error *err)
{
    int64_t begun = 0;
    char sql[80];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM journal WHERE id = %lld", (long long)id);
    if (store_ask_int(s, sql, &begun, err))
        return -1;
    if (begun)
        return error_set(err, ERR_INPUT,
                         "%s: run %lld is at work or was broken off, and has no result yet; `seam "
                         "run --resume %lld` goes on with it",
                         s->path, (long long)id, (long long)id);
    return error_set(err, ERR_INPUT,
                     "%s: there is no run %lld; `seam runs list` shows those there are", s->path,
                     (long long)id);
}

int store_get_run(struct store *s, int64_t id, struct buf *json, struct error *err)
{
    sqlite3_stmt *q = NULL;
    if (store_prepare(s, "SELECT result FROM run WHERE id = ?1", "reading a run", &q, err))
        return -1;
    sqlite3_bind_int64(q, 1, id);
    int status = sqlite3_step(q);
    if (status == SQLITE_ROW)
        buf_add(json, sqlite3_column_text(q, 0), (size_t)sqlite3_column_bytes(q, 0));
    else if (status != SQLITE_DONE)
        store_fault(s, "reading a run", err);
    sqlite3_finalize(q);
    if (status == SQLITE_DONE)
        return no_result(s, id, err);
    return status == SQLITE_ROW ? 0 : -1;
}

int store_check(struct store *s, struct error *err)
{
    static const char *const checks[] = {"PRAGMA integrity_check(1)", "PRAGMA foreign_key_check"};
    for (size_t i = 0; i < 2; i++) {
        sqlite3_stmt *q = NULL;
        if (store_prepare(s, checks[i], "checking", &q, err))
            return -1;
        int status = sqlite3_step(q);
        bool sound = status == SQLITE_DONE ||
                     (i == 0 && status == SQLITE_ROW && !strcmp(store_column_text(q, 0), "ok"));
        if (!sound && status == SQLITE_ROW)
            error_set(err, ERR_IO, "%s: the store is damaged: %s", s->path,
                      store_column_text(q, 0));
        else if (!sound)
            store_fault(s, "checking", err);
        sqlite3_finalize(q);
        if (!sound)
            return -1;
    }
    return 0;
}
