/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What many ranks would take, from what one process measures: the time of a trial on one thread
 * (CPU time), the bytes of a sum and the time to write and to add them, and the wall time of the
 * two exchanges by number of ranks, here threads that pass messages through boxes in memory.
 *
 *     T = N t / P + m (log2 P) (c + S / B) + T / 0.25 s * 2 (log2 P) L
 *
 * N trials of t seconds on P ranks; m exchanges of sums, each of log2 P steps that write, pass on
 * and add S bytes (c seconds, B bytes/s); every quarter of a second the ranks agree who goes on, 2
 * log2 P messages of some bytes (L seconds each).  L and B are the network's, and assumed below.
 *
 * Usage: bench_scale [trials]. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/engine.h"
#include "sim/ranks.h"
#include "tests/bench/timing.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { ROUNDS = 5, EXCHANGES = 40, RANKS_MAX = 16 };
static const double SLICE_S = 0.25, KEEP_S = 10, LATENCY_S = 5e-6, BYTES_PER_S = 1e9;
static const double CORES = 1000, TRIALS = 1e13;

static double wall_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* --- ranks as threads */

struct box {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct buf bytes;
    bool full;
};

struct rank {
    struct box (*box)[RANKS_MAX]; /* [from][to] */
    struct ranks ranks;
    const struct buf *sum;
    struct engine *engine; /* a sum of its own */
    double fold_s, agree_s;
    pthread_t thread;
};

static void send_to(void *arg, uint32_t to, const void *bytes, size_t len)
{
    struct rank *r = arg;
    struct box *b = &r->box[r->ranks.rank][to];
    pthread_mutex_lock(&b->lock);
    while (b->full)
        pthread_cond_wait(&b->changed, &b->lock);
    buf_clear(&b->bytes);
    buf_add(&b->bytes, bytes, len);
    b->full = true;
    pthread_cond_signal(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

static void receive_from(void *arg, uint32_t from, struct buf *out)
{
    struct rank *r = arg;
    struct box *b = &r->box[from][r->ranks.rank];
    pthread_mutex_lock(&b->lock);
    while (!b->full)
        pthread_cond_wait(&b->changed, &b->lock);
    buf_clear(out);
    buf_add(out, buf_text(&b->bytes), b->bytes.len);
    b->full = false;
    pthread_cond_signal(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

static void put(void *arg, struct buf *out)
{
    struct rank *r = arg;
    struct pack p = pack_writer(out);
    r->engine->def->pack(r->engine, &p);
}

static void take(void *arg, const void *bytes, size_t len)
{
    struct rank *r = arg;
    struct pack p = pack_reader(bytes, len);
    r->engine->def->pack(r->engine, &p);
}

static void *exchange(void *arg)
{
    struct rank *r = arg;
    const struct ranks_fold fold = {put, take, r};
    struct buf few = {0}, all = {0};
    buf_puts(&few, "some words");
    double start = wall_s();
    for (int i = 0; i < EXCHANGES; i++) {
        r->engine->def->clear(r->engine);
        take(r, r->sum->data, r->sum->len);
        ranks_fold(&r->ranks, &fold);
        ranks_broadcast(&r->ranks, &few);
    }
    r->fold_s = (wall_s() - start) / EXCHANGES;
    start = wall_s();
    for (int i = 0; i < EXCHANGES; i++)
        ranks_all(&r->ranks, &few, &all);
    r->agree_s = (wall_s() - start) / EXCHANGES;
    buf_release(&few);
    buf_release(&all);
    return NULL;
}

static struct engine open_engine(const struct pipeline *p, uint64_t trials)
{
    const struct engine_options options = {.trials = trials, .seed = 1, .threads = 1};
    struct engine e;
    struct error err = {0};
    if (engine_open(&e, engine_for(p), p, &options, &err))
        BUG("%s", err.text);
    return e;
}

static void exchange_between(const struct pipeline *p, uint64_t trials, const struct buf *sum,
                             uint32_t size)
{
    static struct box box[RANKS_MAX][RANKS_MAX];
    struct rank rank[RANKS_MAX];
    struct engine engine[RANKS_MAX];
    for (uint32_t i = 0; i < RANKS_MAX * RANKS_MAX; i++) {
        pthread_mutex_init(&box[i / RANKS_MAX][i % RANKS_MAX].lock, NULL);
        pthread_cond_init(&box[i / RANKS_MAX][i % RANKS_MAX].changed, NULL);
    }
    for (uint32_t i = 0; i < size; i++) {
        engine[i] = open_engine(p, trials);
        rank[i] = (struct rank){.box = box, .sum = sum, .engine = &engine[i]};
        rank[i].ranks = (struct ranks){i, size, send_to, receive_from, &rank[i]};
        pthread_create(&rank[i].thread, NULL, exchange, &rank[i]);
    }
    for (uint32_t i = 0; i < size; i++) {
        pthread_join(rank[i].thread, NULL);
        engine[i].def->close(&engine[i]);
    }
    for (uint32_t i = 0; i < RANKS_MAX * RANKS_MAX; i++)
        buf_release(&box[i / RANKS_MAX][i % RANKS_MAX].bytes);
    printf("  %2u ranks as threads: sums %.0f us, agreement %.0f us of wall time\n", size,
           rank[0].fold_s * 1e6, rank[0].agree_s * 1e6);
}

/* --- one thread */

static double trial_s(struct engine *e, uint64_t trials)
{
    double each[ROUNDS];
    for (int k = 0; k < ROUNDS; k++) {
        clock_t start = clock();
        for (uint64_t i = 0; i < trials / e->block; i++)
            (void)e->def->unit(e, 0, i, e->block);
        e->def->merge(e);
        each[k] = ns_each(start, trials / e->block * e->block) * 1e-9;
    }
    return median(each, ROUNDS);
}

/* Seconds to write a sum and to add it. */
static double step_s(struct engine *e, struct buf *bytes)
{
    double each[ROUNDS];
    for (int k = 0; k < ROUNDS; k++) {
        clock_t start = clock();
        for (int i = 0; i < EXCHANGES; i++) {
            struct pack w = pack_writer(bytes);
            buf_clear(bytes);
            e->def->pack(e, &w);
            e->def->clear(e);
            struct pack r = pack_reader(bytes->data, bytes->len);
            e->def->pack(e, &r);
        }
        each[k] = ns_each(start, EXCHANGES) * 1e-9;
    }
    return median(each, ROUNDS);
}

static void project(double t, double c, double bytes)
{
    double depth = ceil(log2(CORES)), work = TRIALS * t / CORES;
    double fold = depth * (c + bytes / BYTES_PER_S), agree = 2 * depth * LATENCY_S;
    double folds = work / KEEP_S * fold, agreements = work / SLICE_S * agree;
    printf(
        "  %.0e trials on %.0f cores like this one: %.0f s of work, %.2f s for sums every %.0f s, "
        "%.2f s to agree (L %.0f us, B %.0f GB/s assumed): %.0f s, %.2f%% above the work\n",
        TRIALS, CORES, work, folds, KEEP_S, agreements, LATENCY_S * 1e6, BYTES_PER_S * 1e-9,
        work + folds + agreements, 100 * (folds + agreements) / work);
}

static void measure(const char *path, uint64_t trials)
{
    struct pipeline p;
    struct faults faults;
    struct error err = {0};
    struct buf sum = {0};
    faults_init(&faults);
    if (scenario_read(path, NULL, &p, &faults, &err))
        BUG("%s", err.text);
    struct engine e = open_engine(&p, trials);
    double t = trial_s(&e, trials), c = step_s(&e, &sum);
    printf("%s (%s engine): %.3g million %s/s on one thread; sum %zu bytes, %.0f us to write and "
           "add\n",
           path, e.def->name, 1e-6 / t, e.def->trials_word(&p), sum.len, c * 1e6);
    for (uint32_t size = 2; size <= RANKS_MAX; size *= 2)
        exchange_between(&p, trials, &sum, size);
    project(t, c, (double)sum.len);
    e.def->close(&e);
    buf_release(&sum);
    faults_release(&faults);
    pipeline_release(&p);
}

int main(int argc, char **argv)
{
    uint64_t trials = argc > 1 ? strtoull(argv[1], NULL, 10) : 1 << 21;
    math_init();
    measure("scenarios/cascade.yaml", trials);
    measure("scenarios/parallel-voting.yaml", trials / 16);
    return 0;
}
