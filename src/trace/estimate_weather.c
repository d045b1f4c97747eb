/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Do steps fail together in time?
 *
 * The first attempts of all visits stand in a line by time; each failed or did not.  If failures
 * are independent, every share-out of a step's failures among its attempts is as likely.  In blocks
 * of 2, 4, 8, ... attempts the sum of squared surplus failures tells clusters of every length; the
 * largest of its standardised values is held against those of 999 random share-outs (a permutation
 * test, Good 2005, ch. 3), with a false-alarm rate of 1%.
 *
 * Where they cluster, two states that all steps share are fitted: a Markov process in continuous
 * time, calm and disturbed, with a failure rate of each step in each (a hidden Markov model, by
 * expectation and maximisation: Baum et al. 1970; with the probabilities of a two-state process
 * over a time t: Cox and Miller 1965, 4.3).  It is proposed as an environment where its likelihood
 * is better by more than the price of its numbers (Schwarz 1978). */
#include "math/rng.h"
#include "model/rules.h"
#include "trace/estimate_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHARE_OUTS = 999, EVENTS_MOST = 50000, FAILURES_LEAST = 10, SCALES = 20, ROUNDS = 200 };
static const double false_alarms = 0.01;

struct event {
    int64_t at_ns;
    uint32_t part;
    bool failed;
};
struct weather {
    struct event *at; /* [n] in order of time */
    size_t n, failures;
    uint32_t n_parts;
    uint64_t *count, *failed;   /* [n_parts] */
    double *expected;           /* [n + 1] sums of the steps' rates */
    uint32_t **place;           /* [n_parts] places of its events */
    double to_bad_s, to_good_s; /* rates of change */
    double *p[2];               /* [n_parts] failure rate: calm, disturbed */
    double *bad;                /* [n] probability of the disturbed state */
    double (*change)[2][2];     /* [n] of states at event i - 1 and i */
    double likelihood, likelihood_alone;
};

/* ---- the line of attempts --------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    if (x->at_ns != y->at_ns)
        return x->at_ns < y->at_ns ? -1 : 1;
    return x->part < y->part ? -1 : x->part > y->part;
}

/* Does `error` of this step hold this outcome? */
static bool is_failure(const struct numbers *n, uint8_t outcome)
{
    return outcome == OUTCOME_ERROR || (outcome == OUTCOME_TIMEOUT && isinf(n->timeout_s));
}

static bool counts(const struct estimate *e, uint32_t part)
{
    return e->part[part].role == PART_STAGE && e->out->step[part].numbers->error.value > 0;
}

static void take_events(const struct estimate *e, struct weather *w)
{
    const struct trace_log *log = e->log;
    int32_t *part_of = mem_alloc((log->stages.len + 1) * sizeof *part_of);
    for (size_t s = 0; s < log->stages.len; s++)
        part_of[s] = -1;
    for (uint32_t i = 0; i < e->n_parts; i++)
        if (counts(e, i))
            part_of[e->part[i].stage] = (int32_t)i;
    w->at = mem_alloc((log->visits.len + 1) * sizeof *w->at);
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++) {
            const struct log_visit *visit = &log->visits.at[v];
            int32_t part = part_of[visit->stage];
            if (part < 0 || visit->n_attempts == 0)
                continue;
            uint32_t span = log->attempts.at[visit->first_attempt];
            if (log->spans.start_ns[span] == 0)
                continue;
            w->at[w->n++] =
                (struct event){log->spans.start_ns[span], (uint32_t)part,
                               is_failure(e->out->step[part].numbers, log->spans.outcome[span])};
        }
    }
    qsort(w->at, w->n, sizeof *w->at, by_time);
    if (w->n > EVENTS_MOST)
        w->n = EVENTS_MOST;
    mem_free(part_of);
}

static void count_events(struct weather *w)
{
    w->count = mem_zero(w->n_parts + 1, sizeof *w->count);
    w->failed = mem_zero(w->n_parts + 1, sizeof *w->failed);
    w->place = mem_zero(w->n_parts + 1, sizeof *w->place);
    w->expected = mem_alloc((w->n + 1) * sizeof *w->expected);
    for (size_t i = 0; i < w->n; i++) {
        w->count[w->at[i].part]++;
        w->failed[w->at[i].part] += w->at[i].failed;
        w->failures += w->at[i].failed;
    }
    for (uint32_t k = 0; k < w->n_parts; k++) {
        w->place[k] = mem_alloc((w->count[k] + 1) * sizeof **w->place);
        w->count[k] = 0;
    }
    for (size_t i = 0; i < w->n; i++)
        w->place[w->at[i].part][w->count[w->at[i].part]++] = (uint32_t)i;
    w->expected[0] = 0;
    for (size_t i = 0; i < w->n; i++) {
        uint32_t k = w->at[i].part;
        w->expected[i + 1] = w->expected[i] + (double)w->failed[k] / (double)w->count[k];
    }
}

static void release(struct weather *w)
{
    for (uint32_t k = 0; w->place && k < w->n_parts; k++)
        mem_free(w->place[k]);
    mem_free(w->place);
    mem_free(w->at);
    mem_free(w->count);
    mem_free(w->failed);
    mem_free(w->expected);
    mem_free(w->p[0]);
    mem_free(w->p[1]);
    mem_free(w->bad);
    mem_free(w->change);
}

/* ---- the test --------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Sums over blocks of (failures - expected)^2, but for the part that all share-outs have. */
static size_t cluster_sums(const struct weather *w, uint32_t *fail, double out[SCALES])
{
    size_t scales = 0;
    qsort(fail, w->failures, sizeof *fail, by_place);
    for (size_t m = 2; m * 4 <= w->n && scales < SCALES; m *= 2) {
        double sum = 0;
        for (size_t i = 0; i < w->failures;) {
            size_t block = fail[i] / m, end = (block + 1) * m < w->n ? (block + 1) * m : w->n,
                   k = 0;
            for (; i < w->failures && fail[i] / m == block; i++)
                k++;
            double expected = w->expected[end] - w->expected[block * m];
            sum += (double)k * ((double)k - 2 * expected);
        }
        out[scales++] = sum;
    }
    return scales;
}

/* Floyd's choice of k of n without repeats would need a set; a partial shuffle of the places
 * serves as well, and what it leaves shuffled is as good a start for the next one. */
static void share_out(struct weather *w, struct rng_seq *rng, uint32_t *fail)
{
    size_t n = 0;
    for (uint32_t part = 0; part < w->n_parts; part++)
        for (uint64_t k = 0; k < w->failed[part]; k++) {
            uint64_t other = k + rng_below(rng, w->count[part] - k);
            uint32_t chosen = w->place[part][other];
            w->place[part][other] = w->place[part][k];
            w->place[part][k] = chosen;
            fail[n++] = chosen;
        }
}

static double p_of_clusters(struct weather *w, uint64_t seed)
{
    struct rng_seq rng = {rng_key(seed, 0, 0, 1, RNG_SPLIT), 0};
    uint32_t *fail = mem_alloc((w->failures + 1) * sizeof *fail);
    double(*sum)[SCALES] = mem_zero(SHARE_OUTS + 1, sizeof *sum);
    double largest = 0;
    size_t scales = 0, as_large = 0, n = 0;
    for (size_t i = 0; i < w->n; i++)
        if (w->at[i].failed)
            fail[n++] = (uint32_t)i;
    for (size_t r = 0; r <= SHARE_OUTS; r++) {
        if (r)
            share_out(w, &rng, fail);
        scales = cluster_sums(w, fail, sum[r]);
    }
    for (size_t s = 0; s < scales; s++) {
        double mean = 0, ss = 0;
        for (size_t r = 0; r <= SHARE_OUTS; r++)
            mean += sum[r][s] / (SHARE_OUTS + 1);
        for (size_t r = 0; r <= SHARE_OUTS; r++)
            ss += (sum[r][s] - mean) * (sum[r][s] - mean);
        double deviation = sqrt(ss / SHARE_OUTS);
        for (size_t r = 0; r <= SHARE_OUTS; r++)
            sum[r][s] = deviation > 0 ? (sum[r][s] - mean) / deviation : 0;
    }
    for (size_t r = 0; r <= SHARE_OUTS; r++) {
        double most = -INFINITY;
        for (size_t s = 0; s < scales; s++)
            most = fmax(most, sum[r][s]);
        if (r == 0)
            largest = most;
        as_large += most >= largest;
    }
    mem_free(fail);
    mem_free(sum);
    return (double)as_large / (SHARE_OUTS + 1);
}

/* ---- two states ------------------------------------------------------------------------- */

static double gap_s(const struct weather *w, size_t i)
{
    return (double)(w->at[i].at_ns - w->at[i - 1].at_ns) * 1e-9;
}

static void transitions(const struct weather *w, double t, double to[2][2])
{
    double rate = w->to_bad_s + w->to_good_s, bad = w->to_bad_s / rate, kept = exp(-rate * t);
    to[0][1] = bad * (1 - kept);
    to[0][0] = 1 - to[0][1];
    to[1][0] = (1 - bad) * (1 - kept);
    to[1][1] = 1 - to[1][0];
}

static double seen_in(const struct weather *w, size_t i, int state)
{
    double p = w->p[state][w->at[i].part];
    return w->at[i].failed ? p : 1 - p;
}

/* Forward and backward, scaled (Rabiner 1989): fills bad and change, and the likelihood. */
static void expect(struct weather *w)
{
    double(*forward)[2] = mem_alloc((w->n + 1) * sizeof *forward), to[2][2];
    double back[2] = {1, 1}, start = w->to_bad_s / (w->to_bad_s + w->to_good_s);
    w->likelihood = 0;
    for (size_t i = 0; i < w->n; i++) {
        double f[2] = {1 - start, start};
        if (i) {
            transitions(w, gap_s(w, i), to);
            for (int k = 0; k < 2; k++)
                f[k] = forward[i - 1][0] * to[0][k] + forward[i - 1][1] * to[1][k];
        }
        for (int k = 0; k < 2; k++)
            f[k] *= seen_in(w, i, k);
        double sum = f[0] + f[1];
        w->likelihood += log(sum);
        forward[i][0] = f[0] / sum;
        forward[i][1] = f[1] / sum;
    }
    for (size_t i = w->n; i-- > 0;) {
        double g = forward[i][1] * back[1], sum = g + forward[i][0] * back[0];
        w->bad[i] = g / sum;
        if (i == 0)
            break;
        double next[2], all = 0;
        transitions(w, gap_s(w, i), to);
        for (int j = 0; j < 2; j++)
            for (int k = 0; k < 2; k++) {
                w->change[i][j][k] = forward[i - 1][j] * to[j][k] * seen_in(w, i, k) * back[k];
                all += w->change[i][j][k];
            }
        for (int j = 0; j < 2; j++) {
            next[j] = to[j][0] * seen_in(w, i, 0) * back[0] + to[j][1] * seen_in(w, i, 1) * back[1];
            for (int k = 0; k < 2; k++)
                w->change[i][j][k] /= all;
        }
        double scale = forward[i - 1][0] * next[0] + forward[i - 1][1] * next[1];
        back[0] = next[0] / scale;
        back[1] = next[1] / scale;
    }
    mem_free(forward);
}

static double changes_likelihood(struct weather *w, double log_to_bad, double log_to_good)
{
    double sum = 0, to[2][2];
    w->to_bad_s = exp(log_to_bad);
    w->to_good_s = exp(log_to_good);
    for (size_t i = 1; i < w->n; i++) {
        transitions(w, gap_s(w, i), to);
        for (int j = 0; j < 2; j++)
            for (int k = 0; k < 2; k++)
                if (w->change[i][j][k] > 1e-12)
                    sum += w->change[i][j][k] * log(fmax(to[j][k], 1e-300));
    }
    return sum;
}

/* A step of a pattern search on the two rates; *width halves when no neighbour is better. */
static void maximise_changes(struct weather *w, double *width)
{
    double at[2] = {log(w->to_bad_s), log(w->to_good_s)}, best;
    bool moved = false;
    best = changes_likelihood(w, at[0], at[1]);
    for (int k = 0; k < 4; k++) {
        double x[2] = {at[0], at[1]};
        x[k / 2] += k % 2 ? *width : -*width;
        double l = changes_likelihood(w, x[0], x[1]);
        if (l <= best)
            continue;
        best = l;
        at[k / 2] = x[k / 2];
        moved = true;
    }
    if (!moved)
        *width /= 2;
    w->to_bad_s = exp(at[0]);
    w->to_good_s = exp(at[1]);
}

static void maximise_rates(struct weather *w)
{
    for (uint32_t part = 0; part < w->n_parts; part++)
        for (int state = 0; state < 2; state++) {
            double n = 0, k = 0;
            for (uint64_t i = 0; i < w->count[part]; i++) {
                uint32_t at = w->place[part][i];
                double weight = state ? w->bad[at] : 1 - w->bad[at];
                n += weight;
                k += weight * w->at[at].failed;
            }
            if (n > 0)
                w->p[state][part] = fmin(fmax(k / n, 1e-9), 1 - 1e-9);
        }
}

/* From disturbances that take a tenth of the time and last for one attempt in `length`. */
static void climb(struct weather *w, double length)
{
    double span = (double)(w->at[w->n - 1].at_ns - w->at[0].at_ns) * 1e-9;
    double width = 0.5, last = -INFINITY;
    w->to_good_s = (double)w->n / span / length;
    w->to_bad_s = w->to_good_s / 9;
    for (uint32_t k = 0; k < w->n_parts; k++) {
        double p = w->count[k] ? (double)w->failed[k] / (double)w->count[k] : 0;
        w->p[0][k] = fmax(p * 0.5, 1e-9);
        w->p[1][k] = fmin(p * 5, 0.5 + p / 2);
    }
    for (int round = 0; round < ROUNDS; round++) {
        expect(w);
        if (w->likelihood < last + 1e-4 && width < 0.01)
            break;
        last = w->likelihood;
        maximise_rates(w);
        maximise_changes(w, &width);
    }
}

static void find_states(struct weather *w)
{
    double best = -INFINITY, best_length = 8;
    w->likelihood_alone = 0;
    for (uint32_t k = 0; k < w->n_parts; k++) {
        double n = (double)w->count[k], f = (double)w->failed[k];
        if (f > 0 && f < n)
            w->likelihood_alone += f * log(f / n) + (n - f) * log(1 - f / n);
    }
    for (double length = 8; length * 8 <= (double)w->n; length *= 8) {
        climb(w, length);
        if (w->likelihood <= best)
            continue;
        best = w->likelihood;
        best_length = length;
    }
    climb(w, best_length);
}

/* ---- into the scenario ------------------------------------------------------------------ */

static double weight_of(const struct weather *w, uint32_t part, int state, double *failed)
{
    double n = 0;
    *failed = 0;
    for (uint64_t i = 0; i < w->count[part]; i++) {
        uint32_t at = w->place[part][i];
        double weight = state ? w->bad[at] : 1 - w->bad[at];
        n += weight;
        *failed += weight * w->at[at].failed;
    }
    return n;
}

/* k of n as whole numbers, n at least 1. */
static void whole(double failed, double weight, uint64_t *k, uint64_t *n)
{
    *n = weight < 1 ? 1 : (uint64_t)llround(weight);
    *k = (uint64_t)llround(failed);
    *k = *k > *n ? *n : *k;
}

/* What ships wrong of the attempts that still succeed in a state that leaves few of them. */
static void put_wrong(struct estimate *e, uint32_t part, struct state_override *over,
                      struct numbers *bad)
{
    uint64_t k;
    const struct rate *r = estimate_crowded(e, part, bad, &k);
    if (!r)
        return;
    bad->wrong = (struct number){0};
    over->override.set |= 1u << NUMBERS_WRONG;
    estimate_rate(e, part, "wrong", k, r->n, false, &bad->wrong);
    e->rates.at[e->rates.len - 1].path = arena_printf(
        &e->out->arena, "environments.conditions.disturbed.steps.%s.wrong", e->out->step[part].id);
}

static void put_step(struct estimate *e, const struct weather *w, uint32_t part,
                     struct state_override *to)
{
    struct numbers *own = e->out->step[part].numbers, *bad;
    double failed, weight = weight_of(w, part, 0, &failed);
    uint64_t k, n;
    whole(failed, weight, &k, &n);
    for (size_t i = 0; i < e->rates.len; i++) {
        struct rate *r = &e->rates.at[i];
        if (r->at != &own->error)
            continue;
        r->k = k;
        r->n = n;
        own->error.value = (double)k / (double)n;
    }
    bad = arena_alloc(&e->out->arena, sizeof *bad);
    *bad = *own;
    bad->error = (struct number){0};
    *to = (struct state_override){
        part, {1u << NUMBERS_ERROR, bad}
    };
    weight = weight_of(w, part, 1, &failed);
    whole(failed, weight, &k, &n);
    estimate_rate(e, part, "error", k, n, false, &bad->error);
    e->rates.at[e->rates.len - 1].path = arena_printf(
        &e->out->arena, "environments.conditions.disturbed.steps.%s.error", e->out->step[part].id);
    put_wrong(e, part, to, bad);
    buf_printf(&e->note[part], "; error: when calm; disturbed: see environments");
}

static void put_environment(struct estimate *e, const struct weather *w)
{
    struct arena *a = &e->out->arena;
    struct environment *out = arena_alloc(a, sizeof *out);
    struct env_state *state = arena_alloc(a, 2 * sizeof *state);
    struct state_override *over = arena_alloc(a, (w->n_parts + 1) * sizeof *over);
    uint32_t n = 0;
    for (uint32_t k = 0; k < w->n_parts; k++)
        if (counts(e, k))
            put_step(e, w, k, &over[n++]);
    state[0] = (struct env_state){.id = "calm"};
    state[0].lasts =
        (struct dist){.family = DIST_EXPONENTIAL, .a = estimate_rounded(1 / w->to_bad_s, 4)};
    state[1] = (struct env_state){.id = "disturbed", .n_overrides = n, .override = over};
    state[1].lasts =
        (struct dist){.family = DIST_EXPONENTIAL, .a = estimate_rounded(1 / w->to_good_s, 4)};
    *out = (struct environment){.id = "conditions", .n_states = 2, .state = state};
    e->out->environment = out;
    e->out->n_environments = 1;
}

/* No step may be called like the environment. */
static bool is_free(const struct estimate *e)
{
    for (uint32_t i = 0; i < e->out->n_steps; i++)
        if (!strcmp(e->out->step[i].id, "conditions"))
            return false;
    return true;
}

static void propose(struct estimate *e, struct weather *w, double p)
{
    uint32_t steps = 0;
    for (uint32_t k = 0; k < w->n_parts; k++)
        steps += counts(e, k);
    w->p[0] = mem_zero(w->n_parts + 1, sizeof *w->p[0]);
    w->p[1] = mem_zero(w->n_parts + 1, sizeof *w->p[1]);
    w->bad = mem_zero(w->n + 1, sizeof *w->bad);
    w->change = mem_zero(w->n + 1, sizeof *w->change);
    find_states(w);
    double gain = w->likelihood - w->likelihood_alone;
    bool better = gain > 0.5 * (steps + 2) * log((double)w->n);
    if (better && is_free(e))
        put_environment(e, w);
    result_warn(e->info,
                "failures come together in time (p = %.2g by permutation; false alarms 1%%): %s", p,
                better ? "the scenario has an environment `conditions` with a disturbed state "
                         "that all steps share"
                       : "but two states do not explain it, so the scenario has them independent");
}

void estimate_weather(struct estimate *e)
{
    struct weather w = {.n_parts = e->n_parts};
    take_events(e, &w);
    if (w.n > 0)
        count_events(&w);
    if (w.failures >= FAILURES_LEAST && w.at[w.n - 1].at_ns > w.at[0].at_ns) {
        double p = p_of_clusters(&w, e->seed);
        if (p <= false_alarms)
            propose(e, &w, p);
    }
    release(&w);
}
