/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spans into the store, all columns in one transaction, against the plain prepared insert that
 * everybody writes: six columns and the texts themselves, a rowid table, no journal, nothing
 * synced.  CPU time, alternating, medians; the bound is 300,000 spans a second.
 *
 * Usage: bench_store [spans]. */
#include "store/logs.h"
#include "tests/bench/timing.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define X(type, name, absent) +1
enum { COLUMNS = 0 SPAN_COLUMNS(X) };
#undef X
enum { ROUNDS = 5, NAMES = 8, PER_TRACE = 7 };
static const double LEAST_PER_S = 300e3;

static void make_spans(struct span_set *set, size_t n)
{
    span_set_init(set);
    for (size_t i = 0; i < n; i++) {
        char trace[40], name[32];
        struct span s;
        span_clear(&s);
        snprintf(trace, sizeof trace, "%016zx%016zx", i / PER_TRACE * 2654435761U, i / PER_TRACE);
        snprintf(name, sizeof name, "step %zu of the run", i % NAMES);
        s.trace = span_text(set, trace, strlen(trace));
        s.name = span_text(set, name, strlen(name));
        s.id = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
        s.parent = i % PER_TRACE ? s.id - UINT64_C(0x9e3779b97f4a7c15) : 0;
        s.start_ns = 1795349010000000000 + (int64_t)i * 1000003;
        s.end_ns = s.start_ns + 25000000 + (int64_t)(i % 997) * 10007;
        s.line = i + 1;
        s.file = 0;
        if (i % NAMES == 3)
            s.confidence = 0.5 + 0.5 * (double)(i % 101) / 101;
        span_set_add(set, &s);
    }
}

static int import(const char *path, const struct span_set *set, double *ns, struct error *err)
{
    const struct stored_fact file = {.kind = STORED_FILE, .name = "log"};
    struct store *store = NULL;
    int64_t id;
    clock_t start = clock();
    int status = store_open(path, &store, err) ||
                 store_add_log(store, "bench", set, &file, 1, "2026-01-01T00:00:00Z", &id, err);
    store_close(store);
    *ns = ns_each(start, set->len);
    return status;
}

static int plain(const char *path, const struct span_set *set, double *ns)
{
    static const char make[] = "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN;"
                               "CREATE TABLE span (trace TEXT, id INTEGER, parent INTEGER,"
                               " name TEXT, start INTEGER, end INTEGER);";
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    clock_t start = clock();
    int bad =
        sqlite3_open(path, &db) || sqlite3_exec(db, make, NULL, NULL, NULL) ||
        sqlite3_prepare_v2(db, "INSERT INTO span VALUES (?1, ?2, ?3, ?4, ?5, ?6)", -1, &q, NULL);
    for (size_t i = 0; i < set->len && !bad; i++) {
        sqlite3_bind_text(q, 1, span_string(set, set->trace[i]), -1, SQLITE_STATIC);
        sqlite3_bind_int64(q, 2, (int64_t)set->id[i]);
        sqlite3_bind_int64(q, 3, (int64_t)set->parent[i]);
        sqlite3_bind_text(q, 4, span_string(set, set->name[i]), -1, SQLITE_STATIC);
        sqlite3_bind_int64(q, 5, set->start_ns[i]);
        sqlite3_bind_int64(q, 6, set->end_ns[i]);
        bad = sqlite3_step(q) != SQLITE_DONE;
        sqlite3_reset(q);
    }
    sqlite3_finalize(q);
    bad = bad || sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    sqlite3_close(db);
    *ns = ns_each(start, set->len);
    return bad;
}

static void forget(const char *path)
{
    static const char *const tails[] = {"", "-wal", "-shm", "-journal"};
    char name[128];
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        snprintf(name, sizeof name, "%s%s", path, tails[i]);
        unlink(name);
    }
}

int main(int argc, char **argv)
{
    size_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 300000;
    char dir[] = "/tmp/seam-bench-XXXXXX", ours[64], theirs[64];
    double a[ROUNDS], b[ROUNDS], ratio[ROUNDS];
    struct span_set set;
    struct error err = {0};
    int bad = !mkdtemp(dir);
    snprintf(ours, sizeof ours, "%s/ours.db", dir);
    snprintf(theirs, sizeof theirs, "%s/plain.db", dir);
    make_spans(&set, n);
    for (int i = 0; i < ROUNDS && !bad; i++) {
        bad = import(ours, &set, &a[i], &err) || plain(theirs, &set, &b[i]);
        ratio[i] = a[i] / b[i];
        forget(ours);
        forget(theirs);
    }
    rmdir(dir);
    span_set_release(&set);
    if (bad) {
        fprintf(stderr, "bench_store: %s\n", *err.text ? err.text : "the plain insert failed");
        return 1;
    }
    double ns = median(a, ROUNDS), other = median(b, ROUNDS);
    printf("spans into the store, %d columns: %.0f ns/span (%.0f thousand/s), plain insert of six "
           "columns %.0f, ratio %.3f\n",
           COLUMNS, ns, 1e6 / ns, other, median(ratio, ROUNDS));
    return 1e9 / ns >= LEAST_PER_S ? 0 : 1;
}
