/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything that depends on the scenario alone is decided here, once: cut points of outcomes,
 * quantile tables, which numbers are drawn for whole blocks, what must be remembered per item.
 *
 * Which streams a step uses depends on the shape of the flow and never on its numbers, so that two
 * scenarios with the same flow meet the same random numbers. */
#include "sim/compile.h"

#include "math/qtable.h"
#include "sim/lanes.h"

#include <float.h>
#include <math.h>

/* Below this a probability is compared on 64 bits: 31 bits would miss it by more than 0.02%. */
static const double WIDE_BELOW = 1e-6;

static bool dists_equal(const struct dist *a, const struct dist *b)
{
    return dist_same(a, b) && a->evidence == b->evidence;
}

/* Numbers with different evidence behind them are different, whatever their values: an outer loop
 * over draws of the parameters then meets programs of one shape. */
static bool numbers_equal(const struct numbers *a, const struct numbers *b)
{
    const struct number *x[] = {&a->error,    &a->wrong,       &a->malformed,      &a->validation,
                                &a->repair,   &a->sensitivity, &a->specificity,    &a->fixes,
                                &a->spoils,   &a->threshold,   &a->threshold_high, &a->audit,
                                &a->cache_hit};
    const struct number *y[] = {&b->error,    &b->wrong,       &b->malformed,      &b->validation,
                                &b->repair,   &b->sensitivity, &b->specificity,    &b->fixes,
                                &b->spoils,   &b->threshold,   &b->threshold_high, &b->audit,
                                &b->cache_hit};
    const struct dist *d[] = {&a->latency, &a->confidence_good, &a->confidence_bad,
                              &a->threshold_dist, &a->cache_latency};
    const struct dist *e[] = {&b->latency, &b->confidence_good, &b->confidence_bad,
                              &b->threshold_dist, &b->cache_latency};
    for (size_t i = 0; i < sizeof x / sizeof *x; i++)
        if (x[i]->value != y[i]->value || x[i]->evidence != y[i]->evidence)
            return false;
    for (size_t i = 0; i < sizeof d / sizeof *d; i++)
        if (!dists_equal(d[i], e[i]))
            return false;
    return a->timeout_s == b->timeout_s && a->budget_s == b->budget_s &&
           a->cost_call == b->cost_call && a->hedge_after_s == b->hedge_after_s;
}

static bool retries_equal(const struct retry *a, const struct retry *b)
{
    return a->attempts == b->attempts && a->on == b->on && a->initial_s == b->initial_s &&
           a->factor == b->factor && a->max_s == b->max_s && a->jitter == b->jitter;
}

/* The 64-bit number below which uniform numbers lie with probability p. */
uint64_t program_below(double p)
{
    if (!(p > 0))
        return 0;
    return p >= 1 ? UINT64_MAX : (uint64_t)ldexp(p, 64);
}

static int sampler_init(struct sampler *s, const struct dist *d, const struct sampler *base,
                        struct error *err)
{
    *s = (struct sampler){.dist = d};
    if (d->family == DIST_CONSTANT) {
        s->value = d->a;
        return 0;
    }
    if (base && base->table && dists_equal(d, base->dist)) {
        s->table = base->table;
        return 0;
    }
    s->table = base && !base->fine ? qtable_new_coarse(d, err) : qtable_new(d, err);
    if (!s->table)
        return -1;
    s->owned = true;
    if (qtable_is_constant(s->table, &s->value)) {
        qtable_free(s->table);
        s->table = NULL;
        s->owned = false;
    }
    return 0;
}

static void sampler_release(struct sampler *s)
{
    if (s->owned)
        qtable_free(s->table);
}

void program_cut_shares(const struct numbers *n, double *share)
{
    double malformed = n->malformed.value, validation = n->validation.value;
    double ok = fmax(0, 1 - n->error.value - n->wrong.value - malformed);
    share[CUT_ERROR] = n->error.value;
    share[CUT_SEEN] = malformed * validation;
    share[CUT_UNSEEN] = malformed * (1 - validation);
    share[CUT_WRONG] = n->wrong.value;
    share[CUT_REPAIR] = ok * n->repair.value;
}

static void plan_cuts(struct plan *c)
{
    double share[CUT_COUNT];
    program_cut_shares(c->numbers, share);
    double sum = 0;
    for (int k = 0; k < CUT_COUNT; k++) {
        sum = fmin(sum + share[k], 1);
        c->wide |= share[k] > 0 && share[k] < WIDE_BELOW;
        c->uncertain |= share[k] > 0;
        c->cut[k] = (int32_t)fmin(rint(ldexp(sum, 31)) - 1, INT32_MAX);
        c->wide_cut[k] = program_below(sum);
    }
    c->wide |= sum < 1 && 1 - sum < WIDE_BELOW;
    c->taints = share[CUT_UNSEEN] > 0 || share[CUT_WRONG] > 0 || share[CUT_REPAIR] > 0;
    c->can_spoil = share[CUT_UNSEEN] > 0 || share[CUT_WRONG] > 0;
    /* A wide draw is told apart on 64 bits and stands as the middle of one of these cells. */
    for (int k = 0; c->wide && k < CUT_COUNT; k++)
        c->cut[k] = ((k + 1) << 27) - 1;
}

static void plan_decisions(struct plan *c, enum step_kind kind)
{
    for (int good = 0; good < 2; good++) {
        double d[DECISION_COUNT];
        rules_decisions(kind, c->numbers, good, d);
        double change = d[DECIDE_FIX] + d[DECIDE_SPOIL];
        c->change_below[good] = program_below(change);
        c->reject_below[good] = program_below(change + d[DECIDE_REJECT]);
        c->can_change |= change > 0;
        c->can_reject[good] = d[DECIDE_REJECT] > 0;
        c->can_spoil |= d[DECIDE_SPOIL] > 0;
    }
}

/* What only some steps have: confidences, drawn thresholds, a cache. */
static int plan_init_more(struct plan *c, const struct step *s, const struct plan *base,
                          struct error *err)
{
    const struct numbers *n = c->numbers;
    c->hit_below = s->has_cache ? program_below(n->cache_hit.value) : 0;
    if (s->has_cache &&
        sampler_init(&c->cache_latency, &n->cache_latency, base ? &base->cache_latency : NULL, err))
        return -1;
    if (s->draws_threshold && sampler_init(&c->threshold_dist, &n->threshold_dist,
                                           base ? &base->threshold_dist : NULL, err))
        return -1;
    if (!s->has_confidence)
        return 0;
    if (sampler_init(&c->confidence[0], &n->confidence_bad, base ? &base->confidence[0] : NULL,
                     err))
        return -1;
    return sampler_init(&c->confidence[1], &n->confidence_good, base ? &base->confidence[1] : NULL,
                        err);
}

static int plan_init(struct plan *c, const struct step *s, const struct numbers *n,
                     const struct retry *retry, const struct plan *base, struct error *err)
{
    *c = (struct plan){.numbers = n,
                       .retry = retry,
                       .limit_s = n->timeout_s,
                       .budget_s = n->budget_s,
                       .cost = n->cost_call,
                       .threshold = (float)n->threshold.value,
                       .threshold_high = (float)n->threshold_high.value,
                       .audit = s->audit.present ? n->audit.value : 0};
    plan_cuts(c);
    plan_decisions(c, s->kind);
    if (sampler_init(&c->latency, &n->latency, base ? &base->latency : NULL, err))
        return -1;
    c->smooth = c->latency.table ? qtable_smooth(c->latency.table, &c->smooth_bits) : NULL;
    c->can_be_late = dist_max(&n->latency) > n->timeout_s;
    c->can_fail =
        c->can_be_late || n->error.value > 0 || (n->malformed.value > 0 && n->validation.value > 0);
    return plan_init_more(c, s, base, err);
}

/* The plan of a kind of item: that of an earlier kind with the same numbers, or a new one. */
static int add_plan(struct step_plan *s, uint32_t class, uint32_t kind,
                    const struct step_plan *base, struct error *err)
{
    const struct step *step = s->step;
    const struct numbers *n =
        kind ? &step->given[kind - 1].override.numbers[class] : &step->numbers[class];
    const struct retry *retry = step->class_retry ? &step->class_retry[class] : &step->retry;
    uint32_t k = 0;
    while (k < s->n_plans &&
           !(numbers_equal(s->plan[k].numbers, n) && retries_equal(s->plan[k].retry, retry)))
        k++;
    s->plan_of[class * (1 + step->n_given) + kind] = (uint16_t)k;
    if (k < s->n_plans)
        return 0;
    s->n_plans++;
    return plan_init(&s->plan[k], step, n, retry, base && k < base->n_plans ? &base->plan[k] : NULL,
                     err);
}

static int step_init(struct program *g, uint32_t i, const struct program *base, struct error *err)
{
    struct step_plan *s = &g->step[i];
    s->step = &g->pipeline->step[i];
    s->kind = s->step->kind;
    s->first_plan = g->n_plans;
    uint32_t kinds = g->n_classes * (1 + s->step->n_given);
    s->plan = mem_zero(kinds, sizeof *s->plan);
    s->plan_of = mem_zero(kinds, sizeof *s->plan_of);
    for (uint32_t kind = 0; kind <= s->step->n_given; kind++)
        for (uint32_t c = 0; c < g->n_classes; c++)
            if (add_plan(s, c, kind, base ? &base->step[i] : NULL, err))
                return error_prefix(err, "%s", s->step->id);
    g->n_plans += s->n_plans;
    return 0;
}

/* Marks where items come to from the first step by the first routes of the exits they hope for. */
static void mark_normal(const struct program *g, bool *seen)
{
    VEC(uint32_t) next = {0};
    seen[0] = true;
    vec_push(&next, 0);
    while (next.len > 0) {
        uint32_t at = next.at[--next.len];
        for (uint32_t k = 0; k < rules_starts(&g->rules, at); k++) {
            int32_t r = rules_start(&g->rules, at, k), to = r < 0 ? -1 : g->rules.route[r].to;
            if (k == EXIT_FAIL || k == EXIT_REJECT || k == EXIT_AUDIT || to < 0 || seen[to])
                continue;
            seen[to] = true;
            vec_push(&next, (uint32_t)to);
        }
    }
    vec_release(&next);
}

static void find_reach(struct program *g)
{
    bool *dense = mem_zero(g->n_steps, sizeof *dense), *again = mem_zero(g->n_steps, sizeof *again);
    mark_normal(g, dense);
    for (uint32_t r = 0; r < g->rules.n_routes; r++) {
        int32_t to = g->rules.route[r].to;
        if (!g->rules.route[r].back || again[to])
            continue;
        again[to] = true;
        rules_reach(&g->rules, (uint32_t)to, again);
    }
    for (uint32_t i = 0; i < g->n_steps; i++) {
        g->step[i].dense = dense[i];
        g->step[i].revisited = again[i];
    }
    mem_free(dense);
    mem_free(again);
}

static bool is_free(const struct program *g, uint32_t i, enum exit_kind exit)
{
    int32_t r = g->rules.exit[i][exit];
    return r >= 0 && g->rules.route[r].counter == ROUTE_FREE && !g->rules.route[r].back;
}

static bool can_retry(const struct step_plan *s)
{
    for (uint32_t k = 0; k < s->n_plans; k++)
        if (s->plan[k].retry->attempts > 1)
            return true;
    return false;
}

/* Which of the ways of batch_visit.c a visit may go. */
static void find_forms(struct program *g, uint32_t i, bool retries)
{
    struct step_plan *s = &g->step[i];
    const struct plan *c = &s->plan[0];
    bool simple =
        s->n_plans == 1 && s->last_row < 0 && !s->step->has_cache && s->step->hedge_copies == 0;
    s->timed = retries || s->step->has_cache || s->step->hedge_copies > 0;
    s->plain = simple && s->kind == STEP_STAGE && s->confidence_row < 0 && s->step->n_ways == 0 &&
               is_free(g, i, EXIT_PASS) && is_free(g, i, EXIT_FAIL);
    s->at_once = s->plain && !retries && c->smooth && !c->wide && !c->taints && s->visit_row < 0 &&
                 (c->cut[CUT_ERROR] < 0 || c->cut[CUT_ERROR] == c->cut[CUT_SEEN]);
    s->masked = simple && s->dense && s->kind != STEP_REVIEW && !s->budgeted;
}

static void find_rows(struct program *g, uint32_t i)
{
    struct step_plan *s = &g->step[i];
    bool retries = can_retry(s), asked = false;
    for (uint32_t k = 0; k < g->n_asked; k++)
        asked |= g->asked[k] == i;
    s->visit_row = s->revisited || asked ? (int32_t)g->n_visit_rows++ : -1;
    s->attempt_row =
        s->revisited || retries || s->step->hedge_copies > 0 ? (int32_t)g->n_attempt_rows++ : -1;
    s->entry_row = g->rules.entry_slot[i];
    for (uint32_t k = 0; k < s->n_plans; k++) {
        s->budgeted |= isfinite(s->plan[k].budget_s);
        g->can_be_bad |= s->plan[k].can_spoil;
    }
    find_forms(g, i, retries);
}

static void leads(struct program *g, uint32_t i, uint32_t start)
{
    for (int32_t r = rules_start(&g->rules, i, start); r >= 0; r = g->rules.route[r].otherwise) {
        g->can_fail |= g->rules.route[r].to == TO_FAIL;
        g->can_reject |= g->rules.route[r].to == TO_REJECT;
    }
}

static void find_ends(struct program *g, uint32_t i)
{
    const struct step_plan *s = &g->step[i];
    for (uint32_t k = 0; k < s->n_plans; k++) {
        const struct plan *c = &s->plan[k];
        if (c->can_fail)
            leads(g, i, EXIT_FAIL);
        if (c->can_reject[1] || (c->can_reject[0] && g->can_be_bad))
            leads(g, i, EXIT_REJECT);
        g->has_cost |= c->cost != 0;
        g->has_time |= c->latency.table || c->latency.value > 0 || c->cache_latency.table ||
                       c->cache_latency.value > 0;
        g->has_time |= c->retry->attempts > 1 && c->retry->initial_s > 0;
    }
    for (uint32_t k = 0; k < rules_starts(&g->rules, i); k++)
        if (k != EXIT_FAIL && k != EXIT_REJECT)
            leads(g, i, k);
    g->has_review |= s->kind == STEP_REVIEW;
}

/* A power of 2 near 1 / x. */
static double scale_for(double x)
{
    if (!(x > 0) || !(x < DBL_MAX))
        return 1;
    int exponent;
    frexp(x, &exponent);
    return ldexp(1, -exponent);
}

void program_scales(const struct pipeline *p, double *time, double *cost)
{
    double seconds = 0, money = 0;
    for (uint32_t i = 0; i < p->n_steps; i++) {
        const struct numbers *n = &p->step[i].numbers[0];
        double mean = dist_capped_moment(&n->latency, n->timeout_s, 1);
        seconds += isfinite(mean) ? mean : dist_quantile(&n->latency, 0.9);
        money += fabs(n->cost_call);
    }
    *time = scale_for(seconds);
    *cost = scale_for(money);
}

bool program_entry(const struct pipeline *p, uint64_t *class_below, uint64_t *bad_below)
{
    bool bad = false;
    double sum = 0;
    for (uint32_t c = 0; c < p->n_classes; c++) {
        sum += p->class[c].share;
        class_below[c] = c + 1 == p->n_classes ? UINT64_MAX : program_below(sum);
        bad_below[c] = program_below(p->input_wrong[c].value);
        bad |= bad_below[c] > 0;
    }
    return bad;
}

static void find_entry(struct program *g)
{
    const struct pipeline *p = g->pipeline;
    g->class_below = mem_zero(g->n_classes, sizeof *g->class_below);
    g->bad_below = mem_zero(g->n_classes, sizeof *g->bad_below);
    g->enters_bad = program_entry(p, g->class_below, g->bad_below);
    g->can_be_bad = g->enters_bad;
    g->has_worth =
        isfinite(p->worth_correct) || isfinite(p->worth_wrong) || isfinite(p->worth_rejected);
}

int program_init(struct program *g, const struct pipeline *p, const struct program *base,
                 struct error *err)
{
    *g = (struct program){.pipeline = p, .n_steps = p->n_steps, .n_classes = p->n_classes};
    rules_init(&g->rules, p);
    g->step = mem_zero(g->n_steps, sizeof *g->step);
    for (uint32_t i = 0; i < g->n_steps; i++) {
        if (step_init(g, i, base, err)) {
            program_release(g);
            return -1;
        }
        program_add_ways(g, i);
    }
    find_reach(g);
    program_find_asked(g);
    find_entry(g);
    g->n_entry_rows = g->rules.n_entry_slots;
    for (uint32_t i = 0; i < g->n_steps; i++)
        find_rows(g, i);
    for (uint32_t i = 0; i < g->n_steps; i++)
        find_ends(g, i);
    g->few_visits = g->n_visit_rows == 0 && g->n_steps <= LANES_SMALL;
    program_scales(g->pipeline, &g->time_scale, &g->cost_scale);
    return 0;
}

void program_lend(struct program *g)
{
    for (uint32_t i = 0; i < g->n_steps; i++)
        for (uint32_t k = 0; k < g->step[i].n_plans; k++) {
            struct plan *c = &g->step[i].plan[k];
            struct sampler *all[] = {&c->latency, &c->cache_latency, &c->threshold_dist,
                                     &c->confidence[0], &c->confidence[1]};
            for (size_t j = 0; j < sizeof all / sizeof *all; j++)
                all[j]->fine = true;
        }
}

void program_release(struct program *g)
{
    for (uint32_t i = 0; g->step && i < g->n_steps; i++) {
        struct step_plan *s = &g->step[i];
        for (uint32_t k = 0; k < s->n_plans; k++) {
            sampler_release(&s->plan[k].latency);
            sampler_release(&s->plan[k].confidence[0]);
            sampler_release(&s->plan[k].confidence[1]);
            sampler_release(&s->plan[k].threshold_dist);
            sampler_release(&s->plan[k].cache_latency);
        }
        program_release_ways(s);
        mem_free(s->plan);
        mem_free(s->plan_of);
    }
    mem_free(g->step);
    mem_free(g->asked);
    mem_free(g->class_below);
    mem_free(g->bad_below);
    rules_release(&g->rules);
    *g = (struct program){0};
}
