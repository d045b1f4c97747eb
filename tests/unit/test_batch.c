/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block engine against a plain walk of one item at a time, which takes its decisions from
 * model/rules and its random numbers from the same places. */
#include "math/dist.h"
#include "math/gsl_guard.h"
#include "math/qtable.h"
#include "model/scenario.h"
#include "sim/batch.h"
#include "tests/unit/batch_cases.h"

#include <math.h>
#include <string.h>

/* --- one item at a time */

struct item {
    const struct program *g;
    uint64_t block;
    uint32_t lane, class;
    bool good, reviewed, reviewed_bad;
    int32_t at;
    uint32_t visits, visited[8], counters[32];
    bool entry[8];
    enum { NEVER, FINE, SPOILT, BROKEN } last[8]; /* how the last visit of a step ended */
    float confidence;                             /* the last */
    double confidence_of[8];
    double time, cost;
};

/* The lane's number of the dense stream of a key. */
static uint64_t dense_at(uint64_t key, uint32_t lane)
{
    static struct {
        uint64_t key, number[LANES];
    } __attribute__((aligned(64))) known[64];
    uint64_t *all = known[key % 64].number;
    if (known[key % 64].key != key) {
        static uint64_t fresh[LANES] __attribute__((aligned(64)));
        struct rng r;
        rng_init(&r, key);
        rng_fill(&r, fresh, LANES);
        memcpy(all, fresh, sizeof fresh);
        known[key % 64].key = key;
    }
    return all[lane];
}

static uint64_t number(const struct item *x, uint32_t step, enum rng_purpose purpose,
                       uint32_t attempt)
{
    uint64_t key = rng_key(SEED, 0, x->block, step, purpose);
    uint32_t visit = x->visited[step] - 1;
    if (x->g->step[step].dense && visit == 0 && attempt == 0)
        return dense_at(key, x->lane);
    return rng_at(key, (uint64_t)visit << 34 | (uint64_t)attempt << 10 | x->lane);
}

/* Outcome by the probabilities themselves, on a number in [0, 1). */
static enum outcome outcome_of(const struct numbers *n, double u, bool *good)
{
    double malformed = n->malformed.value;
    double rest = 1 - n->error.value - malformed - n->wrong.value;
    if ((u -= n->error.value) < 0)
        return OUTCOME_ERROR;
    if ((u -= malformed * n->validation.value) < 0)
        return OUTCOME_MALFORMED;
    if ((u -= malformed * (1 - n->validation.value)) < 0 || (u -= n->wrong.value) < 0) {
        *good = false;
        return OUTCOME_WRONG;
    }
    if (u - rest * n->repair.value < 0)
        *good = true;
    return OUTCOME_OK;
}

static double sample(const struct sampler *s, uint64_t u)
{
    return s->table ? qtable_at(s->table, (uint32_t)u) : s->value;
}

/* The `given` that holds when a visit begins: 0 for none, else its index + 1. */
static uint32_t kind_of(const struct item *x, uint32_t step)
{
    const struct step *s = &x->g->pipeline->step[step];
    for (uint32_t k = 0; k < s->n_given; k++) {
        const struct given *g = &s->given[k];
        if ((g->kind == GIVEN_BAD && !x->good) || (g->kind == GIVEN_CLASS && x->class == g->of) ||
            (g->kind == GIVEN_FAILED && x->last[g->of] == BROKEN) ||
            (g->kind == GIVEN_WRONG && x->last[g->of] == SPOILT) ||
            (g->kind == GIVEN_SKIPPED && x->last[g->of] == NEVER))
            return k + 1;
    }
    return 0;
}

static const struct plan *plan_of(const struct item *x, uint32_t step, uint32_t kind)
{
    const struct step_plan *s = &x->g->step[step];
    return &s->plan[s->plan_of[x->class * (1 + s->step->n_given) + kind]];
}

struct call {
    double at_s, took_s;
    enum outcome shown;
    bool good; /* the item, when this is the answer taken */
    bool silent;
};

static struct call call_of(const struct item *x, uint32_t i, const struct plan *c, uint32_t index)
{
    const struct numbers *n = c->numbers;
    uint64_t u = number(x, i, RNG_ATTEMPT, index);
    double latency = sample(&c->latency, u), h = (double)(u >> 33) * 0x1p-31;
    if (c->wide)
        h = rng_unit(number(x, i, RNG_OUTCOME, index));
    struct call a = {.took_s = fmin(latency, n->timeout_s), .good = x->good};
    a.shown = outcome_of(n, h, &a.good);
    a.silent = a.shown == OUTCOME_WRONG;
    if (latency > (float)n->timeout_s)
        a = (struct call){0, n->timeout_s, OUTCOME_TIMEOUT, x->good, false};
    return a;
}

static bool is_ok(const struct call *a)
{
    return a->shown == OUTCOME_OK || a->shown == OUTCOME_WRONG;
}

/* A call and its hedges: those that start before `over`; over moves as answers come. */
static struct call attempt(struct item *x, uint32_t i, const struct plan *c, uint32_t made)
{
    uint32_t copies = x->g->pipeline->step[i].hedge_copies;
    struct call best = {0}, last = {.at_s = -1};
    bool found = false;
    for (uint32_t j = 0; j <= copies; j++) {
        double start = j * c->numbers->hedge_after_s;
        if (j > 0 && (last.at_s <= start || (found && best.at_s <= start)))
            break;
        struct call a = call_of(x, i, c, (made - 1) * (copies + 1) + j);
        a.at_s = start + a.took_s;
        x->cost += c->numbers->cost_call;
        if (is_ok(&a) && (!found || a.at_s < best.at_s)) {
            best = a;
            found = true;
        }
        if (a.at_s >= last.at_s)
            last = a;
    }
    return found ? best : last;
}

static enum exit_kind attempts(struct item *x, uint32_t i, const struct plan *c)
{
    const struct step *s = &x->g->pipeline->step[i];
    const struct retry *r = s->class_retry ? &s->class_retry[x->class] : &s->retry;
    uint64_t u = s->has_cache ? number(x, i, RNG_CACHE, 0) : 0;
    x->last[i] = FINE;
    if (s->has_cache && rng_unit(u) < c->numbers->cache_hit.value) {
        x->time += sample(&c->cache_latency, u);
        return EXIT_PASS;
    }
    for (uint32_t made = 1;; made++) {
        struct call a = attempt(x, i, c, made);
        x->time += a.at_s;
        x->last[i] = !is_ok(&a) ? BROKEN : a.silent ? SPOILT : FINE;
        x->good = a.good;
        if (is_ok(&a))
            return EXIT_PASS;
        if (!rules_retries(r, a.shown, made))
            return EXIT_FAIL;
        double jitter = r->jitter == JITTER_NONE ? 0 : rng_unit(number(x, i, RNG_BACKOFF, made));
        x->time += rules_backoff(r, made, jitter);
    }
}

/* An item's threshold at a gate is drawn for its first visit. */
static double threshold_of(const struct item *x, uint32_t i, const struct plan *c)
{
    if (!x->g->pipeline->step[i].draws_threshold)
        return (float)c->numbers->threshold.value;
    uint64_t key = rng_key(SEED, 0, x->block, i, RNG_THRESHOLD);
    return sample(&c->threshold_dist,
                  x->g->step[i].dense ? dense_at(key, x->lane) : rng_at(key, x->lane));
}

static enum exit_kind gate(struct item *x, uint32_t i, const struct plan *c)
{
    const struct step *s = &x->g->pipeline->step[i];
    double confidence = s->gate_of < 0 ? x->confidence : x->confidence_of[s->gate_of];
    double t = threshold_of(x, i, c);
    if (!(confidence >= t))
        return EXIT_BELOW;
    if (s->bands && confidence < (t = (float)c->numbers->threshold_high.value))
        return EXIT_BETWEEN;
    if (s->audit.present &&
        rng_unit(number(x, i, RNG_AUDIT, 0)) <
            audit_probability(s->audit.design, c->numbers->audit.value, confidence, t))
        return EXIT_AUDIT;
    return EXIT_ABOVE;
}

/* Index of the way of `next` that is taken; n_ways: `next` itself. */
static uint32_t way_of(const struct item *x, uint32_t i)
{
    const struct step *s = &x->g->pipeline->step[i];
    const struct condition_facts facts = {.confidence = x->confidence,
                                          .age_s = x->time,
                                          .confidence_of = x->confidence_of,
                                          .visits = x->visited,
                                          .outcome = OUTCOME_OK,
                                          .class = x->class};
    double u = s->n_ways ? rng_unit(number(x, i, RNG_WAY, 0)) : 0, sum = 0;
    for (uint32_t k = 0; k < s->n_ways; k++) {
        if (s->way[k].probability ? u < (sum += s->way[k].probability[x->class].value)
                                  : condition_holds(s->way[k].when, &facts))
            return k;
    }
    return s->n_ways;
}

static enum exit_kind decision(struct item *x, uint32_t i, const struct numbers *n)
{
    double d[DECISION_COUNT], u = rng_unit(number(x, i, RNG_DECISION, 0));
    rules_decisions(x->g->step[i].kind, n, x->good, d);
    double change = d[DECIDE_FIX] + d[DECIDE_SPOIL];
    if (u < change)
        x->good = !x->good;
    return u >= change && u < change + d[DECIDE_REJECT] ? EXIT_REJECT : EXIT_PASS;
}

static void visit(struct item *x)
{
    uint32_t i = (uint32_t)x->at;
    const struct step *s = &x->g->pipeline->step[i];
    const struct plan *c = plan_of(x, i, kind_of(x, i));
    x->visits++;
    if (x->visited[i]++ == 0)
        x->entry[i] = x->good;
    if (s->kind == STEP_REVIEW && !x->reviewed) {
        x->reviewed = true;
        x->reviewed_bad = !x->good;
    }
    enum exit_kind exit = attempts(x, i, c);
    if (exit == EXIT_PASS && s->has_confidence) {
        x->confidence = (float)sample(&c->confidence[x->good], number(x, i, RNG_CONFIDENCE, 0));
        x->confidence_of[i] = x->confidence;
    }
    if (exit == EXIT_PASS && s->kind == STEP_GATE)
        exit = gate(x, i, c);
    if (exit == EXIT_PASS && (s->kind == STEP_CHECK || s->kind == STEP_REVIEW))
        exit = decision(x, i, c->numbers);
    int32_t first = x->g->rules.exit[i][exit];
    uint32_t way = exit == EXIT_PASS ? way_of(x, i) : s->n_ways;
    if (way < s->n_ways)
        first = rules_start(&x->g->rules, i, EXIT_KIND_COUNT + way);
    const struct route *r = rules_take_from(&x->g->rules, first, x->counters);
    if (r->back && x->visited[r->to])
        x->good = x->entry[r->to];
    x->at = r->to;
}

static void walk(struct item *x, const struct program *g, uint64_t block, uint32_t lane)
{
    *x = (struct item){.g = g, .block = block, .lane = lane, .good = true, .confidence = NAN};
    for (int i = 0; i < 8; i++)
        x->confidence_of[i] = NAN;
    uint64_t u = dense_at(rng_key(SEED, 0, block, 0, RNG_CLASS), lane);
    double share = 0;
    for (x->class = 0; x->class + 1 < g->n_classes; x->class ++)
        if (rng_unit(u) < (share += g->pipeline->class[x->class].share))
            break;
    u = dense_at(rng_key(SEED, 0, block, 0, RNG_QUALITY), lane);
    x->good = rng_unit(u) >= g->pipeline->input_wrong[x->class].value;
    while (x->at >= 0)
        visit(x);
}

static const char everything[] =
    "wrong: 4%\n"
    "classes: {easy: {share: 60%}, hard: {share: 40%}}\n"
    "flow:\n"
    "  - stage: get\n"
    "    error: 5%\n    wrong: 2%\n    malformed: 4%\n    validation: 70%\n"
    "    latency: {lognormal: {p50: 45ms, p95: 160ms}}\n    timeout: 150ms\n    budget: 200ms\n"
    "    retry: {attempts: 3, for: [error, timeout], backoff: {initial: 50ms, max: 80ms, "
    "jitter: equal}}\n"
    "    fallback: spare\n    cost: {per_call: $0.01}\n"
    "  - stage: make\n"
    "    wrong: {easy: 10%, hard: 30%}\n    repair: 25%\n    error: 0.0000004\n"
    "    latency: {gamma: {mean: 2s, sd: 1s}}\n"
    "    confidence: {good: {beta: {a: 9, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
    "  - stage: spare\n"
    "    error: 20%\n    wrong: 10%\n    latency: 300ms\n    cost: {per_call: $0.25}\n"
    "    retry: {attempts: 2, backoff: {initial: 1s}}\n"
    "  - check: look\n"
    "    sensitivity: 80%\n    specificity: 95%\n    latency: 100ms\n"
    "    on_reject: {goto: make, at_most: 2, then: desk}\n"
    "  - gate: sure\n"
    "    threshold: 75%\n    above: ship\n    below: desk\n"
    "  - review: desk\n"
    "    latency: {exponential: {mean: 60s}}\n    sensitivity: 90%\n    specificity: 97%\n"
    "    fixes: 50%\n    spoils: 40%\n    cost: {per_call: $1}\n"
    "    on_reject: {goto: get, at_most: 1, then: reject}\n";

static void check_lane(const struct setup *s, const struct item *x, uint32_t lane)
{
    const struct batch *b = s->b;
    assert_int_equal(b->at[lane], x->at);
    assert_int_equal(b->good[lane], x->good);
    assert_int_equal(b->visits[lane], x->visits);
    assert_int_equal(b->reviews[lane] > 0, x->reviewed);
    assert_int_equal(b->reviewed_bad[lane], x->reviewed_bad);
    near(b->time[lane], x->time, 1e-12 * x->time);
    near(b->cost[lane], x->cost, 1e-12 * x->cost);
}

/* One class and no budget: first attempts go over masks. */
static const char over_masks[] =
    "wrong: 4%\n"
    "flow:\n"
    "  - stage: get\n"
    "    error: 5%\n    wrong: 2%\n    malformed: 4%\n    validation: 70%\n"
    "    latency: {lognormal: {p50: 45ms, p95: 160ms}}\n    timeout: 250ms\n"
    "    retry: {attempts: 2, backoff: {initial: 50ms}}\n    cost: {per_call: $0.01}\n"
    "  - stage: make\n"
    "    wrong: 20%\n    repair: 25%\n    error: 0.0000004\n    malformed: 3%\n"
    "    latency: {gamma: {mean: 2s, sd: 1s}}\n    retry: {attempts: 2}\n"
    "    confidence: {good: {beta: {a: 9, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
    "  - check: look\n"
    "    sensitivity: 80%\n    specificity: 95%\n    timeout: 90ms\n"
    "    latency: {lognormal: {p50: 40ms, p95: 100ms}}\n"
    "    fallback: sure\n    on_reject: {goto: make, at_most: 2, then: desk}\n"
    "  - gate: sure\n"
    "    threshold: 75%\n    above: ship\n    below: desk\n"
    "  - review: desk\n"
    "    latency: {exponential: {mean: 60s}}\n    sensitivity: 90%\n    specificity: 97%\n"
    "    fixes: 50%\n    spoils: 40%\n    cost: {per_call: $1}\n"
    "    on_reject: {goto: get, at_most: 1, then: reject}\n";

/* Caches, hedges, ways, `given`, bands, audits, drawn thresholds, retries by class. */
static const char the_rest[] =
    "wrong: 6%\n"
    "classes: {easy: {share: 60%}, hard: {share: 40%}}\n"
    "flow:\n"
    "  - stage: get\n"
    "    error: 25%\n    wrong: 8%\n    latency: {exponential: {mean: 200ms}}\n"
    "    cache: {hit: {easy: 30%, hard: 10%}, latency: {exponential: {mean: 3ms}}}\n"
    "    retry: {attempts: {easy: 2, hard: 3}, backoff: {initial: 50ms, jitter: full}}\n"
    "    cost: {per_call: $0.01}\n    fallback: make\n"
    "    confidence: {good: {beta: {a: 5, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
    "    next:\n"
    "      - {to: sure, probability: {easy: 20%, hard: 10%}}\n"
    "      - {to: look, when: \"confidence < 0.4 or age > 600ms and class == hard\"}\n"
    "      - {to: get, probability: 15%, at_most: 1, then: make}\n"
    "      - make\n"
    "  - stage: make\n"
    "    wrong: 10%\n    error: 12%\n    malformed: 5%\n    validation: 60%\n"
    "    latency: {gamma: {mean: 2s, sd: 1s}}\n    timeout: 4s\n"
    "    hedge: {after: 1.5s, copies: 2}\n    cost: {per_call: $0.25}\n    retry: {attempts: 2}\n"
    "    confidence: {good: {beta: {a: 9, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
    "    given:\n"
    "      get.failed: {wrong: 40%}\n"
    "      get.wrong: {wrong: 30%, latency: 1s}\n"
    "      class.hard: {confidence: {good: {beta: {a: 5, b: 2}}}}\n"
    "  - check: look\n"
    "    sensitivity: 70%\n    specificity: 95%\n"
    "    given: {make.skipped: {sensitivity: 90%, latency: 1s}, bad: {latency: 2s}}\n"
    "    on_reject: {goto: make, at_most: 1, then: reject}\n"
    "    next: [{to: desk, when: \"visits(make) >= 2 and confidence(make) < 0.9\"}, sure]\n"
    "  - gate: sure\n"
    "    threshold: [55%, 80%]\n    above: ship\n    between: own\n    below: desk\n"
    "    audit: {share: 30%, by: desk, design: near_threshold}\n"
    "  - gate: own\n"
    "    threshold: {beta: {a: 8, b: 4}}\n    above: ship\n    below: desk\n    audit: 10%\n"
    "  - review: desk\n"
    "    latency: {exponential: {mean: 60s}}\n    sensitivity: 90%\n    specificity: 90%\n"
    "    fixes: 50%\n    on_reject: {goto: look, at_most: 1, then: reject}\n";

static void walk_blocks(struct setup *s)
{
    for (uint64_t block = 15; block < 17; block++) { /* the second is a sampled one */
        uint64_t visits = s->t.step[1].visits, shipped = 0;
        batch_run(s->b, SEED, 0, block, LANES, &s->t);
        for (uint32_t lane = 0; lane < LANES; lane++) {
            struct item x;
            walk(&x, &s->g, block, lane);
            check_lane(s, &x, lane);
            shipped += s->b->at[lane] == TO_SHIP;
        }
        assert_true(shipped > LANES / 2);
        assert_true(s->t.step[1].visits > visits + LANES / 2);
    }
}

static void every_item_does_what_the_rules_say(void **state)
{
    struct setup s;
    set_up(&s, everything);
    assert_true(s.g.step[1].plan[0].wide);
    assert_int_equal(s.g.step[1].n_plans, 2);
    walk_blocks(&s);
    tear_down(&s);
    set_up(&s, over_masks);
    assert_true(s.g.step[0].masked && s.g.step[1].masked && s.g.step[2].masked);
    assert_true(s.g.step[1].plan[0].wide);
    walk_blocks(&s);
    tear_down(&s);
    set_up(&s, the_rest);
    assert_int_equal(s.g.step[1].n_plans, 4);
    walk_blocks(&s);
    uint32_t idle = 0;
    for (uint32_t r = 0; r < s.g.rules.n_routes; r++)
        idle += s.t.route[r] == 0;
    assert_int_equal(idle, 4); /* fallbacks of the steps that cannot fail */
    tear_down(&s);
}

/* --- the same numbers whatever becomes of others */

static const char six[] = "flow:\n"
                          "  - stage: a\n    error: 3%\n    latency: {exponential: {mean: 1s}}\n"
                          "  - stage: b\n    error: 30%\n    latency: {exponential: {mean: 1s}}\n"
                          "    retry: {attempts: 2}\n    wrong: 5%\n"
                          "  - stage: c\n    error: 3%\n    latency: {exponential: {mean: 1s}}\n"
                          "    timeout: 3s\n";

static void whole_blocks_and_short_lists_give_the_same_items(void **state)
{
    struct setup s;
    int32_t at[LANES], good[LANES];
    double time[LANES];
    set_up(&s, six);
    batch_run(s.b, SEED, 0, 5, LANES, &s.t); /* over masks */
    memcpy(at, s.b->at, sizeof at);
    memcpy(good, s.b->good, sizeof good);
    memcpy(time, s.b->time, sizeof time);
    batch_run(s.b, SEED, 0, 5, 500, &s.t); /* over lists */
    assert_memory_equal(at, s.b->at, 500 * sizeof *at);
    assert_memory_equal(good, s.b->good, 500 * sizeof *good);
    assert_memory_equal(time, s.b->time, 500 * sizeof *time);
    for (int i = 500; i < LANES; i++)
        assert_int_equal(s.b->at[i], AT_NONE);
    assert_int_equal(s.t.class[0].n, LANES + 500);
    tear_down(&s);
}

static void more_errors_upstream_fail_more_items_and_change_no_other(void **state)
{
    struct setup few, many;
    char flow[sizeof six];
    uint32_t failed_more = 0;
    strcpy(flow, six);
    set_up(&few, flow);
    memcpy(strstr(flow, "error: 3%"), "error: 9%", 9);
    set_up(&many, flow);
    batch_run(few.b, SEED, 0, 5, LANES, &few.t);
    batch_run(many.b, SEED, 0, 5, LANES, &many.t);
    for (int i = 0; i < LANES; i++) {
        if (many.b->at[i] == few.b->at[i] && many.b->visits[i] == few.b->visits[i]) {
            assert_true(many.b->time[i] == few.b->time[i]);
            continue;
        }
        assert_int_equal(many.b->at[i], TO_FAIL);
        assert_int_equal(many.b->visits[i], 1);
        failed_more++;
    }
    within(failed_more, 20, 110); /* 6% of 1024 */
    tear_down(&few);
    tear_down(&many);
}

/* --- rules of a visit, by numbers that leave nothing to chance */

static double time_of_one(const char *flow, int32_t *at)
{
    struct setup s;
    set_up(&s, flow);
    batch_run(s.b, SEED, 0, 0, 1, &s.t);
    double time = s.b->time[0];
    if (at)
        *at = s.b->at[0];
    tear_down(&s);
    return time;
}

static void waits_grow_between_attempts_and_none_follows_the_last(void **state)
{
    int32_t at;
    double time =
        time_of_one("flow:\n  - stage: a\n    error: 100%\n    latency: 1s\n"
                    "    retry: {attempts: 5, backoff: {initial: 0.5s, factor: 2, max: 1.5s}}\n",
                    &at);
    near(time, 5 + 0.5 + 1 + 1.5 + 1.5, 1e-12);
    assert_int_equal(at, TO_FAIL);
}

static void a_timeout_takes_exactly_the_limit_and_may_be_retried(void **state)
{
    int32_t at;
    double time = time_of_one("flow:\n  - stage: a\n    latency: 2s\n    timeout: 0.1s\n"
                              "    retry: {attempts: 3, for: [timeout]}\n",
                              &at);
    near(time, 0.3, 1e-15);
    assert_int_equal(at, TO_FAIL);
    time = time_of_one("flow:\n  - stage: a\n    latency: 2s\n    timeout: 0.1s\n"
                       "    retry: {attempts: 3, for: [error]}\n",
                       &at);
    near(time, 0.1, 0);
    time = time_of_one("flow:\n  - stage: a\n    latency: 2s\n    timeout: 2s\n", &at);
    near(time, 2, 0);
    assert_int_equal(at, TO_SHIP); /* in time: not above the limit */
}

static void malformed_payloads_fail_when_seen_and_ship_wrong_when_not(void **state)
{
    struct setup s;
    set_up(&s, "flow:\n  - stage: a\n    malformed: 100%\n    validation: 100%\n");
    batch_run(s.b, SEED, 0, 0, 100, &s.t);
    assert_int_equal(s.t.class[0].failed, 100);
    assert_int_equal(s.t.plan[0].end[TRY_SEEN], 100);
    tear_down(&s);
    set_up(&s, "flow:\n  - stage: a\n    malformed: 100%\n    validation: 0%\n");
    batch_run(s.b, SEED, 0, 0, 100, &s.t);
    assert_int_equal(s.t.class[0].wrong, 100);
    assert_int_equal(s.t.plan[0].end[TRY_UNSEEN], 100);
    tear_down(&s);
}

static void a_bad_item_is_mended_by_repair(void **state)
{
    struct setup s;
    set_up(&s, "wrong: 100%\nflow:\n  - stage: a\n    repair: 100%\n  - stage: b\n");
    batch_run(s.b, SEED, 0, 0, LANES, &s.t);
    assert_int_equal(s.t.class[0].correct, LANES);
    assert_int_equal(s.t.step[0].bad, LANES);
    assert_int_equal(s.t.step[0].bad_shipped, 0);
    assert_int_equal(s.t.step[1].bad, 0);
    tear_down(&s);
}

static void going_back_restores_the_quality_of_the_first_entry(void **state)
{
    struct setup s;
    set_up(&s, "flow:\n  - stage: a\n  - stage: b\n    wrong: 100%\n"
               "  - check: c\n    sensitivity: 100%\n    on_reject: {goto: a, at_most: 3, then: "
               "ship}\n");
    batch_run(s.b, SEED, 0, 0, 64, &s.t);
    assert_int_equal(s.t.step[0].visits, 4 * 64);
    assert_int_equal(s.t.step[0].items, 64);
    assert_int_equal(s.t.step[0].bad, 0);
    assert_int_equal(s.t.step[0].squares, 16 * 64);
    assert_int_equal(s.t.step[2].bad, 64);
    assert_int_equal(s.t.step[2].caught, 4 * 64);
    assert_int_equal(s.t.class[0].wrong, 64);
    tear_down(&s);
}

static void the_guard_ends_items_that_go_round_for_ever(void **state)
{
    struct setup s;
    set_up(&s, "flow:\n  - stage: a\n    wrong: 100%\n"
               "  - check: c\n    sensitivity: 100%\n    on_reject: {goto: a, at_most: "
               "unbounded}\n");
    batch_run(s.b, SEED, 0, 0, 2, &s.t);
    assert_int_equal(s.t.endless, 2);
    assert_int_equal(s.t.class[0].failed, 2);
    assert_int_equal(s.b->visits[0], VISITS_MAX);
    tear_down(&s);
}

static void probabilities_below_a_millionth_are_told_apart_on_64_bits(void **state)
{
    struct setup s;
    set_up(&s, "flow:\n  - stage: a\n    error: 1e-12\n    wrong: 0.9999999\n");
    const struct plan *c = &s.g.step[0].plan[0];
    assert_true(c->wide);
    assert_int_equal(c->wide_cut[CUT_ERROR], 18446744); /* 1e-12 * 2^64 */
    batch_run(s.b, SEED, 0, 0, LANES, &s.t);
    assert_int_equal(s.t.plan[0].end[TRY_WRONG], LANES);
    tear_down(&s);
}

static void an_item_without_confidence_stays_below_every_gate(void **state)
{
    struct setup s;
    set_up(&s, "flow:\n  - stage: a\n    error: 50%\n    fallback: skip\n"
               "    confidence: {good: 0.9, bad: 0.9}\n"
               "  - gate: g\n    threshold: 90%\n    above: ship\n    below: reject\n");
    batch_run(s.b, SEED, 0, 0, LANES, &s.t);
    const struct class_tally *c = &s.t.class[0];
    assert_int_equal(c->correct, s.t.step[0].ok); /* 0.9 meets a threshold of 0.9 */
    assert_int_equal(c->rejected, LANES - s.t.step[0].ok);
    within(c->rejected, 400, 624);
    tear_down(&s);
}

/* An outer loop compiles each draw of the parameters with the tables of the first program where the
 * laws are equal, and coarse ones of its own where they are not. */
static void another_program_shares_tables_or_has_coarse_ones(void **state)
{
    static const char flow[] = "flow:\n"
                               "  - stage: a\n    latency: {gamma: {shape: 3, scale: 2s}}\n"
                               "  - stage: b\n    latency: {gamma: {shape: 3, scale: 2s}}\n";
    struct setup s;
    struct program other;
    struct error err = {0};
    set_up(&s, flow);
    struct dist *moved = &s.p.step[1].numbers[0].latency;
    const struct dist was = *moved;
    moved->b = 2.5;
    s.g.step[1].plan[0].latency.dist = &was; /* the first program keeps the law it was made from */
    ok(program_init(&other, &s.p, &s.g, &err), &err);
    assert_ptr_equal(other.step[0].plan[0].latency.table, s.g.step[0].plan[0].latency.table);
    assert_ptr_not_equal(other.step[1].plan[0].latency.table, s.g.step[1].plan[0].latency.table);
    for (int i = 1; i < 200; i++) {
        uint32_t u = (uint32_t)i * 21474836u;
        near_rel(qtable_at(other.step[1].plan[0].latency.table, u),
                 dist_quantile(moved, (u + 0.5) * 0x1p-32), 1e-3);
    }
    program_release(&other);
    tear_down(&s);
}

static int prepare(void **state)
{
    math_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_does_what_the_rules_say),
        cmocka_unit_test(whole_blocks_and_short_lists_give_the_same_items),
        cmocka_unit_test(more_errors_upstream_fail_more_items_and_change_no_other),
        cmocka_unit_test(waits_grow_between_attempts_and_none_follows_the_last),
        cmocka_unit_test(a_timeout_takes_exactly_the_limit_and_may_be_retried),
        cmocka_unit_test(malformed_payloads_fail_when_seen_and_ship_wrong_when_not),
        cmocka_unit_test(a_bad_item_is_mended_by_repair),
        cmocka_unit_test(going_back_restores_the_quality_of_the_first_entry),
        cmocka_unit_test(the_guard_ends_items_that_go_round_for_ever),
        cmocka_unit_test(probabilities_below_a_millionth_are_told_apart_on_64_bits),
        cmocka_unit_test(an_item_without_confidence_stays_below_every_gate),
        cmocka_unit_test(another_program_shares_tables_or_has_coarse_ones),
    };
    return cmocka_run_group_tests_name("batch", tests, prepare, NULL);
}
