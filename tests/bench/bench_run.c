/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The executor's own cost, without what stages do: items of one stage that does nothing, of the six
 * steps of scenarios/six-step.yaml by stated numbers, of a stage on threads of their own, with and
 * without traces; and calls handed to threads and back.  CPU time of all threads; runs are counted
 * and measured.
 *
 * Bounds: 50,000 items a second on two cores (40 us of CPU an item), 20 us an attempt.  Where a
 * call takes so long that its thread and the giver both sleep, a machine's own price of sleeping
 * and waking counts: that of two threads which hand each other the same work by a mutex and two
 * conditions, in the same run.  There the bound is 20 us, or 1.5 times that price where it is more.
 *
 * Usage: bench_run [items]. */
#include "exec/pool.h"
#include "exec/run.h"
#include "exec/tally.h"
#include "exec/trace_out.h"
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "tests/bench/timing.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PAIRS = 5, MOST_NS = 20000, SLEEP_NS = 200000 };
static const double OF_FLOOR = 1.5;

static double clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* --- whole runs */

static void at_once(void *self, const struct stage_call *call, struct stage_answer *a)
{
    (void)self;
    (void)call;
    (void)a;
}

static int open_nothing(const struct stage_setting *s, void **self, struct error *err)
{
    (void)s;
    (void)err;
    *self = NULL;
    return 0;
}

/* As a stage that does nothing, but on a thread. */
static const struct stage_kind on_thread = {
    .word = "at once", .open = open_nothing, .call = at_once};

static const struct stage_kind *threaded(const struct stage_setting *s)
{
    (void)s;
    return &on_thread;
}

struct traces {
    char path[64];
    struct trace_out *out;
    struct tracer_options options;
    struct tracer *tracer;
    struct run_listener ear;
};

static int traces_open(struct traces *t, const struct pipeline *p, struct error *err)
{
    const struct trace_out_options where = {.to = t->path, .clock_s = clock_s};
    snprintf(t->path, sizeof t->path, "/tmp/seam-bench-%ld.jsonl", (long)getpid());
    if (trace_out_open(&where, &t->out, err))
        return -1;
    t->options = (struct tracer_options){.pipeline = p,
                                         .run = "bench",
                                         .version = "0",
                                         .start_unix_ns = 1795349010000000000,
                                         .sink = trace_out_sink(t->out)};
    t->tracer = tracer_new(&t->options);
    t->ear = tracer_listener(t->tracer);
    return 0;
}

static int traces_close(struct traces *t, struct error *err)
{
    struct trace_told told;
    int status = tracer_end(t->tracer, err) | trace_out_close(t->out, &told, err);
    tracer_free(t->tracer);
    unlink(t->path);
    return status;
}

struct bench {
    const char *name, *text;
    uint64_t items;
    const struct stage_kind *(*own_kind)(const struct stage_setting *s);
    uint32_t in_flight; /* 0: as many as is sensible */
    bool traces;
};

/* CPU ns of an attempt. */
static double run_ns(const struct bench *b, double *attempts)
{
    struct error err = {0};
    struct faults faults;
    struct pipeline p;
    struct run_tally tally;
    struct result r;
    struct traces traces;
    faults_init(&faults);
    if (scenario_parse("bench.yaml", b->text, strlen(b->text), NULL, &p, &faults, &err))
        return NAN;
    struct run_options options = {.items = b->items,
                                  .seed = 1,
                                  .threads = 2,
                                  .in_flight = b->in_flight,
                                  .time_scale = INFINITY,
                                  .own_kind = b->own_kind,
                                  .listeners = &traces.ear,
                                  .n_listeners = b->traces,
                                  .setting = {.clock_s = clock_s}};
    result_init(&r, "run");
    run_tally_init(&tally, &p);
    clock_t start = clock();
    int status = b->traces ? traces_open(&traces, &p, &err) : 0;
    status = status || run_pipeline(&p, &options, &tally, &err) ||
             (b->traces && traces_close(&traces, &err));
    run_measure(&tally, 0.95, &r);
    double each = 0;
    for (size_t i = 0; i < r.stages.len; i++)
        each += metrics_find(&r.stages.at[i].metrics, "attempts_per_item")->value;
    *attempts = each;
    double ns = ns_each(start, b->items) / each;
    run_tally_release(&tally);
    result_release(&r);
    faults_release(&faults);
    pipeline_release(&p);
    return status ? NAN : ns;
}

static bool measure(const struct bench *b)
{
    double ns[PAIRS], attempts = 1;
    for (int k = 0; k < PAIRS; k++)
        ns[k] = run_ns(b, &attempts);
    double each = median(ns, PAIRS);
    printf("run: %-44s %6.0f ns an attempt, %8.0f items a second of CPU, of at most %d ns\n",
           b->name, each, 1e9 / (each * attempts), MOST_NS);
    return each <= MOST_NS;
}

/* --- calls on threads of their own */

static void sleep_for(void)
{
    nanosleep(&(struct timespec){.tv_nsec = SLEEP_NS}, NULL);
}

static void after_sleep(void *self, const struct stage_call *call, struct stage_answer *a)
{
    at_once(self, call, a);
    sleep_for();
}

/* CPU ns of a call that is handed to a thread and back, `out` of them at once. */
static double handed_ns(const struct stage_kind *kind, uint64_t calls, uint32_t out)
{
    enum { OUT_MOST = 64 };
    const struct stage stage = {.kind = kind};
    struct job job[OUT_MOST] = {{0}};
    struct pool *pool = pool_new(2, clock_s);
    uint64_t done = 0;
    clock_t start = clock();
    for (uint32_t k = 0; k < out; k++) {
        job[k].stage = &stage;
        pool_give(pool, &job[k]);
    }
    while (done < calls) {
        struct job *next;
        pool_wait(pool, 1);
        for (struct job *j = pool_done(pool); j; j = next, done++) {
            next = j->next;
            if (done + out < calls)
                pool_give(pool, j);
        }
    }
    double ns = ns_each(start, calls);
    pool_free(pool);
    return ns;
}

/* Two threads take turns. */
struct turns {
    pthread_mutex_t lock;
    pthread_cond_t to[2];
    uint64_t n;
    int whose;
    void (*work)(void); /* of the second; may be NULL */
};

static void take_turns(struct turns *t, int me)
{
    pthread_mutex_lock(&t->lock);
    for (uint64_t i = 0; i < t->n; i++) {
        while (t->whose != me)
            pthread_cond_wait(&t->to[me], &t->lock);
        pthread_mutex_unlock(&t->lock);
        if (me && t->work)
            t->work();
        pthread_mutex_lock(&t->lock);
        t->whose = !me;
        pthread_cond_signal(&t->to[!me]);
    }
    pthread_mutex_unlock(&t->lock);
}

static void *second(void *turns)
{
    take_turns(turns, 1);
    return NULL;
}

/* CPU ns of a turn there and back. */
static double turns_ns(uint64_t n, void (*work)(void))
{
    struct turns t = {
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .to = {PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER},
        .n = n,
        .work = work
    };
    pthread_t thread;
    clock_t start = clock();
    if (pthread_create(&thread, NULL, second, &t))
        return NAN;
    take_turns(&t, 0);
    pthread_join(thread, NULL);
    return ns_each(start, n);
}

static bool measure_handed(const char *name, uint64_t calls, uint32_t out)
{
    double ns[PAIRS], floor[PAIRS];
    for (int k = 0; k < PAIRS; k++) {
        ns[k] = handed_ns(&on_thread, calls, out);
        floor[k] = turns_ns(calls, NULL);
    }
    double each = median(ns, PAIRS);
    printf("run: %-44s %6.0f ns a call (a turn of two threads: %.0f), of at most %d ns\n", name,
           each, median(floor, PAIRS), MOST_NS);
    return each <= MOST_NS;
}

static bool measure_slow(const char *name, uint64_t calls)
{
    static const struct stage_kind kind = {.word = "sleeps", .call = after_sleep};
    double ns[PAIRS], floor[PAIRS], ratio[PAIRS];
    for (int k = 0; k < PAIRS; k++) {
        ns[k] = handed_ns(&kind, calls, 1);
        floor[k] = turns_ns(calls, sleep_for);
        ratio[k] = ns[k] / floor[k];
    }
    double each = median(ns, PAIRS), ours = median(ratio, PAIRS);
    printf("run: %-44s %6.0f ns a call (a turn of two threads: %.0f, ratio %.2f), of at most %d ns "
           "or ratio %.1f\n",
           name, each, median(floor, PAIRS), ours, MOST_NS, OF_FLOOR);
    return each <= MOST_NS || ours <= OF_FLOOR;
}

int main(int argc, char **argv)
{
    static const char one[] = "seam: 1\nflow:\n  - stage: a\n    exec: {builtin: nothing}\n";
    static const char six[] = "seam: 1\nflow:\n"
                              "  - stage: a\n    error: 3%\n  - stage: b\n    error: 3%\n"
                              "  - stage: c\n    error: 3%\n  - stage: d\n    error: 3%\n"
                              "  - stage: e\n    error: 3%\n  - stage: f\n    error: 3%\n";
    uint64_t items = argc > 1 ? strtoull(argv[1], NULL, 10) : 200000;
    const struct bench benches[] = {
        {"a stage that does nothing",                    one, items,      NULL,     0, false},
        {"a stage that does nothing, traces on",         one, items / 4,  NULL,     0, true },
        {"six steps by stated numbers",                  six, items / 4,  NULL,     0, false},
        {"six steps by stated numbers, traces on",       six, items / 20, NULL,     0, true },
        {"a stage on threads, traces on",                one, items / 8,  threaded, 0, true },
        {"a stage on threads, one item at once, traces", one, items / 8,  threaded, 1, true },
    };
    bool well = true;
    math_init();
    for (size_t i = 0; i < sizeof benches / sizeof *benches; i++)
        well &= measure(&benches[i]);
    well &= measure_handed("a call by a thread, one at once", items / 8, 1);
    well &= measure_handed("calls by threads, 64 at once", items / 2, 64);
    well &= measure_slow("a call by a thread that sleeps 0.2 ms", items / 400);
    return !well;
}
