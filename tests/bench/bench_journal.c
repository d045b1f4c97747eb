/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The journal of a run: events of items told one after the other, to the last commit, against the
 * plain prepared insert that everybody writes: four columns, no journal, nothing synced.  CPU time
 * of both threads, medians; the bound is 100,000 events a second.
 *
 * Usage: bench_journal [items]. */
#include "exec/journal.h"
#include "model/scenario.h"
#include "tests/bench/timing.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 3, EVENTS = 6 /* of an item: begun, two attempts, two visits, ended */ };
static const double LEAST_PER_S = 100e3;
static const char flow[] = "seam: 1\nflow:\n  - stage: draft\n    exec: {builtin: nothing}\n"
                           "  - stage: polish\n    exec: {builtin: nothing}\n";
static const char payload[] = "{\"title\": \"the lamp goes out\", \"shot\": 12, \"length\": 4}";

static int tell_item(struct run_listener *l, uint64_t item, struct error *err)
{
    static const enum run_event_kind kinds[EVENTS] = {RUN_ITEM_BEGAN,  RUN_ATTEMPT_ENDED,
                                                      RUN_VISIT_ENDED, RUN_ATTEMPT_ENDED,
                                                      RUN_VISIT_ENDED, RUN_ITEM_ENDED};
    char id[32];
    int status = 0;
    snprintf(id, sizeof id, "item-%llu", (unsigned long long)item);
    for (int i = 0; i < EVENTS && !status; i++) {
        struct run_event e = {.kind = kinds[i],
                              .item = item,
                              .id = id,
                              .step = i > 2,
                              .visit = 1,
                              .attempt = 1,
                              .begin_s = (double)item,
                              .end_s = (double)item + 0.5,
                              .confidence = i == 3 ? 0.75 : NAN,
                              .threshold = NAN,
                              .verdict = -1,
                              .who = "",
                              .says = "",
                              .attributes = "",
                              .payload = kinds[i] == RUN_VISIT_ENDED ? NULL : payload,
                              .payload_len = sizeof payload - 1};
        status = l->event(l->arg, &e, err);
    }
    return status;
}

static int keep(const char *path, const struct pipeline *p, uint64_t items, double *ns,
                struct error *err)
{
    const struct run_journal_options o = {.pipeline = p, .time = "now", .resume = RESUME_NONE};
    struct store *s = NULL;
    struct run_journal *j = NULL;
    clock_t start = clock();
    int status = store_open(path, &s, err) || run_journal_open(s, &o, &j, err) ? -1 : 0;
    if (!status) {
        struct run_listener l = run_journal_listener(j);
        for (uint64_t i = 0; i < items && !status; i++)
            status = tell_item(&l, i, err);
        struct error late;
        if (run_journal_close(j, true, NULL, &late) && !status) {
            *err = late;
            status = -1;
        }
    }
    store_close(s);
    *ns = ns_each(start, items * EVENTS);
    return status;
}

static int plain(const char *path, uint64_t rows, double *ns)
{
    static const char make[] = "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN;"
                               "CREATE TABLE event (item INTEGER, kind INTEGER, at REAL,"
                               " payload TEXT);";
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    clock_t start = clock();
    int bad = sqlite3_open(path, &db) || sqlite3_exec(db, make, NULL, NULL, NULL) ||
              sqlite3_prepare_v2(db, "INSERT INTO event VALUES (?1, ?2, ?3, ?4)", -1, &q, NULL);
    for (uint64_t i = 0; i < rows && !bad; i++) {
        sqlite3_bind_int64(q, 1, (int64_t)(i / EVENTS));
        sqlite3_bind_int(q, 2, (int)(i % EVENTS));
        sqlite3_bind_double(q, 3, (double)i);
        sqlite3_bind_text(q, 4, payload, -1, SQLITE_STATIC);
        bad = sqlite3_step(q) != SQLITE_DONE;
        sqlite3_reset(q);
    }
    sqlite3_finalize(q);
    bad = bad || sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    sqlite3_close(db);
    *ns = ns_each(start, rows);
    return bad ? -1 : 0;
}

static void forget(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[160];
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

int main(int argc, char **argv)
{
    uint64_t items = argc > 1 ? strtoull(argv[1], NULL, 10) : 50000;
    char ours[64], theirs[64];
    double kept[ROUNDS], put[ROUNDS];
    struct pipeline p;
    struct faults faults;
    struct error err = {0};
    snprintf(ours, sizeof ours, "/tmp/seam-bench-%d.db", (int)getpid());
    snprintf(theirs, sizeof theirs, "/tmp/seam-bench-%d-plain.db", (int)getpid());
    faults_init(&faults);
    int bad = scenario_parse("bench.yaml", flow, sizeof flow - 1, NULL, &p, &faults, &err);
    for (int i = 0; i < ROUNDS && !bad; i++) {
        bad = keep(ours, &p, items, &kept[i], &err) || plain(theirs, items * EVENTS, &put[i]);
        forget(ours);
        forget(theirs);
    }
    faults_release(&faults);
    pipeline_release(&p);
    if (bad) {
        fprintf(stderr, "bench_journal: %s\n", err.text);
        return 1;
    }
    double ns = median(kept, ROUNDS), floor = median(put, ROUNDS);
    printf("journal of a run              %6.0f ns an event, %.2f x plain inserts, %.0f a second\n",
           ns, ns / floor, 1e9 / ns);
    return 1e9 / ns < LEAST_PER_S;
}
