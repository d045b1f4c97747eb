/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Desks with waiting lines: the event loops that everybody writes in C with GSL against the engine
 * of desks and the general one.  CPU time on one thread, alternating, medians; ns for
 * one customer.
 *
 * A plain first-come desk; sixteen servers with priorities and a calendar against the loop without
 * them; and six stages with retries, a Beta(10, 2) gate and three reviewers, first as the loop has
 * it, then with every event feature in use.
 *
 * Usage: bench_desk [customers [row]]; with a row from 1, the engine alone on it, for profiles. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/desk.h"
#include "sim/queue/metrics.h"
#include "sim/queue/sim.h"
#include "tests/bench/timing.h"

#include <gsl/gsl_histogram.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PAIRS = 5, STAGES = 6, ATTEMPTS = 3, REVIEWERS = 3, SERVERS_MAX = 16 };
static const double MU = -0.5, SIGMA = 0.6, P_OK = 0.97, THRESHOLD = 0.6898, REVIEW_S = 24;

struct timed {
    double wait_s, ns;
};

/* --- M/M/c as an event loop: a binary heap of events, a ring of those that wait */

enum happens { ARRIVES, LEAVES };
struct happening {
    double at;
    enum happens kind;
};
struct loop {
    struct happening heap[SERVERS_MAX + 2];
    int n;
    double *ring;
    size_t head, waiting, cap;
};

static void push(struct loop *l, double at, enum happens kind)
{
    int i = l->n++;
    for (; i > 0 && at < l->heap[(i - 1) / 2].at; i = (i - 1) / 2)
        l->heap[i] = l->heap[(i - 1) / 2];
    l->heap[i] = (struct happening){at, kind};
}

static struct happening pop(struct loop *l)
{
    struct happening top = l->heap[0], last = l->heap[--l->n];
    int i = 0;
    for (int k = 1; k < l->n; k = 2 * i + 1) {
        if (k + 1 < l->n && l->heap[k + 1].at < l->heap[k].at)
            k++;
        if (last.at <= l->heap[k].at)
            break;
        l->heap[i] = l->heap[k];
        i = k;
    }
    l->heap[i] = last;
    return top;
}

static void join(struct loop *l, double at)
{
    if (l->waiting == l->cap) {
        double *ring = malloc((l->cap ? 2 * l->cap : 64) * sizeof *ring);
        if (!ring)
            abort();
        for (size_t i = 0; i < l->waiting; i++)
            ring[i] = l->ring[(l->head + i) % l->cap];
        free(l->ring);
        l->ring = ring;
        l->head = 0;
        l->cap = l->cap ? 2 * l->cap : 64;
    }
    l->ring[(l->head + l->waiting++) & (l->cap - 1)] = at;
}

static struct timed event_loop(uint64_t customers, int servers, double mean_s, unsigned long seed)
{
    struct loop l = {.n = 0};
    gsl_rng *r = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_histogram *h = gsl_histogram_alloc(4096);
    gsl_histogram_set_ranges_uniform(h, 0, 1024);
    gsl_rng_set(r, seed);
    uint64_t begun = 0;
    int busy = 0;
    double sum = 0;
    clock_t start = clock();
    push(&l, gsl_ran_exponential(r, 1), ARRIVES);
    while (begun < customers) {
        struct happening e = pop(&l);
        double since = e.at;
        if (e.kind == ARRIVES) {
            push(&l, e.at + gsl_ran_exponential(r, 1), ARRIVES);
            if (busy == servers) {
                join(&l, e.at);
                continue;
            }
            busy++;
        } else if (l.waiting == 0) {
            busy--;
            continue;
        } else {
            since = l.ring[l.head];
            l.head = (l.head + 1) & (l.cap - 1);
            l.waiting--;
        }
        sum += e.at - since;
        gsl_histogram_increment(h, e.at - since);
        push(&l, e.at + gsl_ran_exponential(r, mean_s), LEAVES);
        begun++;
    }
    struct timed a = {sum / (double)customers, ns_each(start, customers)};
    gsl_histogram_free(h);
    gsl_rng_free(r);
    free(l.ring);
    return a;
}

/* --- six stages, gate and reviewers: all items, then the reviewed ones in order of time */

/* When the item comes out of its stages; negative when it failed. */
static double six_stages(gsl_rng *r, double x)
{
    for (int s = 0; s < STAGES; s++) {
        int a = 0;
        for (; a < ATTEMPTS; a++) {
            x += gsl_ran_lognormal(r, MU, SIGMA);
            if (gsl_ran_bernoulli(r, P_OK))
                break;
        }
        if (a == ATTEMPTS)
            return -1;
    }
    return x;
}

static struct timed gate_loop(uint64_t customers, unsigned long seed)
{
    double *reviewed = malloc(customers * sizeof *reviewed), t = 0, wait = 0;
    double free_at[REVIEWERS] = {0};
    uint64_t m = 0;
    gsl_rng *r = gsl_rng_alloc(gsl_rng_taus2);
    if (!reviewed)
        abort();
    gsl_rng_set(r, seed);
    clock_t start = clock();
    for (uint64_t i = 0; i < customers; i++) {
        t += gsl_ran_exponential(r, 1);
        double x = six_stages(r, t);
        if (x >= 0 && gsl_ran_beta(r, 10, 2) < THRESHOLD)
            reviewed[m++] = x;
    }
    qsort(reviewed, m, sizeof *reviewed, timing_order);
    for (uint64_t i = 0; i < m; i++) {
        int k = 0;
        for (int j = 1; j < REVIEWERS; j++)
            k = free_at[j] < free_at[k] ? j : k;
        double begins = fmax(free_at[k], reviewed[i]);
        wait += begins - reviewed[i];
        free_at[k] = begins + gsl_ran_exponential(r, REVIEW_S);
    }
    struct timed a = {wait / (double)m, ns_each(start, customers)};
    gsl_rng_free(r);
    free(reviewed);
    return a;
}

/* --- the same for the engine */

static void write_desk(uint64_t customers, int servers, struct buf *to)
{
    buf_printf(to,
               "seam: 1\narrivals: {poisson: 3600/h}\nhorizon: {length: %llus}\n"
               "resources:\n  desk: {servers: %d}\nflow:\n  - review: desk\n    by: desk\n"
               "    latency: {exponential: {mean: %gs}}\n",
               (unsigned long long)customers, servers, 0.9 * servers);
}

static void write_plain(uint64_t customers, struct buf *to)
{
    write_desk(customers, 4, to);
}

static uint64_t weeks(uint64_t customers)
{
    uint64_t a_week = 5 * 8 * 3600;
    return customers < a_week ? 1 : customers / a_week;
}

static const char office[] =
    "arrivals: {schedule: [{from: \"mon-fri 09:00\", to: \"17:00\", rate: 3600/h}]}\n"
    "classes:\n  urgent: {share: 30%, priority: 1}\n  plain: {share: 70%}\n";

static void write_office(uint64_t customers, struct buf *to)
{
    buf_printf(to,
               "seam: 1\n%shorizon: {length: %lluw}\nresources:\n"
               "  desk: {servers: 16, hours: \"mon-fri 09:00-18:00\", discipline: priority}\n"
               "flow:\n  - review: desk\n    by: desk\n    latency: {exponential: {mean: 14.4s}}\n",
               office, (unsigned long long)weeks(customers));
}

static void write_stages(const char *const with[STAGES], struct buf *to)
{
    buf_puts(to, "flow:\n");
    for (int i = 0; i < STAGES; i++)
        buf_printf(to,
                   "  - stage: s%d\n    error: 3%%\n    latency: {lognormal: {mu: %g, sigma: %g}}\n"
                   "%s",
                   i, MU, SIGMA, with[i]);
    buf_printf(to,
               "    confidence: {good: {beta: {a: 10, b: 2}}, bad: 0}\n"
               "  - gate: sure\n    threshold: %g\n    above: ship\n    below: desk\n"
               "  - review: desk\n    by: editors\n    sensitivity: 100%%\n"
               "    latency: {exponential: {mean: %gs}}\n",
               THRESHOLD, REVIEW_S);
}

static void write_gate(uint64_t customers, struct buf *to)
{
    static const char retry[] = "    retry: {attempts: 3}\n";
    static const char *const with[STAGES] = {retry, retry, retry, retry, retry, retry};
    buf_printf(to,
               "seam: 1\narrivals: {poisson: 3600/h}\nhorizon: {length: %llus}\n"
               "resources:\n  editors: {servers: %d}\n",
               (unsigned long long)customers, REVIEWERS);
    write_stages(with, to);
}

static void write_everything(uint64_t customers, struct buf *to)
{
    static const char *const with[STAGES] = {
        "    by: api\n    retry: {attempts: 3}\n",
        "    retry: {attempts: 3}\n    breaker: {failures: 50%, window: 30s, calls: 20, "
        "open_for: 5s}\n",
        "    retry: {attempts: 3, backoff: {initial: 100ms, jitter: full}}\n    timeout: 10s\n",
        "    retry: {attempts: 3}\n    hedge: {after: 2s, copies: 1}\n",
        "    retry: {attempts: 3, budget: 20%}\n    cache: {hit: 5%, latency: 10ms}\n",
        "    retry: {attempts: 3}\n    cost: {per_call: $0.01}\n"};
    buf_printf(to,
               "seam: 1\n%sdeadline: 3d\nhorizon: {length: %lluw}\n"
               "worth: {correct: $1, wrong: $-2}\nresources:\n"
               "  api: {rate: 10/s, burst: 20}\n"
               "  editors: {servers: %d, hours: \"mon-fri 09:00-18:00\", at_close: interrupt,\n"
               "    discipline: preemptive, waiting_room: 500, when_full: reject,\n"
               "    patience: {exponential: {mean: 1h}}, answer_within: 1m, cost: $45/h}\n"
               "environments:\n  provider:\n    up: {lasts: {exponential: {mean: 4h}}}\n"
               "    down: {lasts: {lognormal: {p50: 5m, p95: 20m}}, steps: {s2: {error: 30%%}}}"
               "\n",
               office, (unsigned long long)weeks(customers), REVIEWERS);
    write_stages(with, to);
}

struct match {
    const char *name;
    void (*write)(uint64_t customers, struct buf *to);
    int servers;       /* of the loop; 0: the one with gate and reviewers */
    const char *waits; /* whose wait is shown */
    double most;       /* of the ratio */
    bool by_desk;      /* by the engine of desks, else event by event */
};
#define ANY INFINITY /* no bound: only asked for by name does this engine run it */
static const struct match rows[] = {
    {"M/M/4 at 90%, by desks",                               write_plain,      4,  "desk",    0.1, true },
    {"six stages with retries, gate, 3 reviewers, by desks", write_gate,       0,  "editors", 0.2, true },
    {"M/M/4 at 90%, event by event",                         write_plain,      4,  "desk",    ANY, false},
    {"16 servers with priorities and calendar",              write_office,     16, "desk",    1,   true },
    {"six stages, event by event",                           write_gate,       0,  "editors", 2,   false},
    {"the same with every event feature in use",             write_everything, 0,  "editors", 2,   false},
};
enum { ROWS = sizeof rows / sizeof *rows };

static double mean_wait(const struct queue_tally *t, const char *resource)
{
    const struct metrics_options how = {.level = 0.95};
    struct result r;
    double wait = NAN;
    result_init(&r, "simulate");
    queue_metrics(t, &how, &r);
    for (size_t i = 0; i < r.resources.len; i++)
        if (!strcmp(r.resources.at[i].id, resource))
            wait = metrics_find(&r.resources.at[i].metrics, "queue_wait_mean")->value;
    result_release(&r);
    return wait;
}

/* What an engine needs of a row. */
struct runner {
    struct pipeline pipeline;
    bool by_desk;
    struct queue_program events;
    struct desk_program desks;
};

static bool run_horizon(const struct runner *r, uint64_t seed, struct queue_tally *t, double *ns)
{
    struct queue_sim *events = r->by_desk ? NULL : queue_sim_new(&r->events);
    struct desk_sim *desks = r->by_desk ? desk_sim_new(&r->desks) : NULL;
    clock_t start = clock();
    bool whole =
        desks ? desk_sim_horizon(desks, seed, 0, t) : queue_sim_horizon(events, seed, 0, t);
    *ns = ns_each(start, t->items);
    queue_sim_free(events);
    desk_sim_free(desks);
    return whole;
}

static struct timed engine(const struct runner *r, const struct match *row, uint64_t seed)
{
    struct queue_tally t;
    struct timed a;
    queue_tally_init(&t, r->by_desk ? &r->desks.queue : &r->events, 20);
    if (!run_horizon(r, seed, &t, &a.ns))
        abort();
    a.wait_s = mean_wait(&t, row->waits);
    queue_tally_release(&t);
    return a;
}

static int compile(const struct match *row, uint64_t customers, struct runner *r)
{
    struct error err = {0};
    struct faults faults;
    struct buf text;
    buf_init(&text);
    faults_init(&faults);
    row->write(customers, &text);
    r->by_desk = row->by_desk;
    int status =
        scenario_parse("bench.yaml", buf_text(&text), text.len, NULL, &r->pipeline, &faults, &err);
    if (!status)
        status = r->by_desk ? desk_program_init(&r->desks, &r->pipeline, &err)
                            : queue_program_init(&r->events, &r->pipeline, &err);
    if (status)
        fprintf(stderr, "bench_desk: %s\n", err.text);
    faults_release(&faults);
    buf_release(&text);
    return status;
}

static void forget(struct runner *r)
{
    if (r->by_desk)
        desk_program_release(&r->desks);
    else
        queue_program_release(&r->events);
    pipeline_release(&r->pipeline);
}

static struct timed peer(const struct match *row, uint64_t customers, unsigned long seed)
{
    if (row->servers)
        return event_loop(customers, row->servers, 0.9 * row->servers, seed);
    return gate_loop(customers, seed);
}

/* Is the ratio within the row's bound? */
static bool compare(const struct match *row, uint64_t customers, bool engine_alone)
{
    double loop[PAIRS] = {0}, ours[PAIRS];
    struct timed a = {0}, b = {0};
    struct runner r;
    customers *= row->by_desk ? 8 : 1; /* as long for both engines, nearly */
    if (compile(row, customers, &r))
        return false;
    for (int i = 0; i < PAIRS; i++) {
        b = engine(&r, row, 42 + (uint64_t)i);
        ours[i] = b.ns;
        if (engine_alone)
            continue;
        a = peer(row, customers, 42 + (unsigned long)i);
        loop[i] = a.ns;
    }
    double ours_ns = median(ours, PAIRS), theirs_ns = median(loop, PAIRS);
    if (engine_alone)
        printf("%s: %.1f ns/customer\n", row->name, ours_ns);
    else
        printf("%s: %.1f ns/customer (wait %.1f s), GSL loop %.1f (wait %.1f s), ratio %.3f%s\n",
               row->name, ours_ns, b.wait_s, theirs_ns, a.wait_s, ours_ns / theirs_ns,
               ours_ns <= row->most * theirs_ns ? "" : ", beyond its bound");
    forget(&r);
    return engine_alone || ours_ns <= row->most * theirs_ns;
}

int main(int argc, char **argv)
{
    uint64_t customers = argc > 1 ? strtoull(argv[1], NULL, 10) : 288000;
    int only = argc > 2 ? atoi(argv[2]) : 0;
    bool all_fine = true;
    math_init();
    for (int k = 0; k < ROWS; k++)
        if (!only || only == k + 1)
            all_fine &= compare(&rows[k], customers, only > 0);
    return all_fine ? 0 : 1;
}
