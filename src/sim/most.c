/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/most.h"

#include "model/rules.h"

#include <math.h>

static bool makes_bad(const struct numbers *n, uint32_t n_classes)
{
    for (uint32_t c = 0; c < n_classes; c++)
        if (n[c].wrong.value > 0 || n[c].malformed.value > 0 || n[c].spoils.value > 0)
            return true;
    return false;
}

static bool can_be_bad(const struct pipeline *p)
{
    for (uint32_t c = 0; c < p->n_classes; c++)
        if (p->input_wrong[c].value > 0)
            return true;
    for (uint32_t i = 0; i < p->n_steps; i++) {
        const struct step *s = &p->step[i];
        bool makes = makes_bad(s->numbers, p->n_classes);
        for (uint32_t g = 0; g < s->n_given; g++)
            makes |= makes_bad(s->given[g].override.numbers, p->n_classes);
        if (makes)
            return true;
    }
    for (uint32_t e = 0; e < p->n_environments; e++)
        for (uint32_t k = 0; k < p->environment[e].n_states; k++) {
            const struct env_state *state = &p->environment[e].state[k];
            for (uint32_t o = 0; o < state->n_overrides; o++)
                if (makes_bad(state->override[o].override.numbers, p->n_classes))
                    return true;
        }
    return false;
}

/* May an attempt fail visibly? */
static bool may_fail(const struct numbers *n)
{
    return n->error.value > 0 || n->malformed.value > 0 ||
           (isfinite(n->timeout_s) && dist_max(&n->latency) > n->timeout_s);
}

/* May a check or review find something, rightly or wrongly? */
static bool may_find(const struct step *s, const struct numbers *n, bool bad)
{
    bool judges = s->kind == STEP_CHECK || s->kind == STEP_REVIEW;
    return judges && (n->specificity.value < 1 || (bad && n->sensitivity.value > 0));
}

static double typical_s(const struct numbers *n)
{
    double mean = dist_capped_moment(&n->latency, n->timeout_s, 1);
    return isfinite(mean) ? mean : dist_quantile(&n->latency, 0.9);
}

static double waits_of(const struct retry *r)
{
    double sum = 0;
    for (uint32_t k = 1; k < r->attempts && k < 100; k++)
        sum += rules_backoff(r, k, 1);
    return sum;
}

/* In what items may differ: attempts and their costs; steps; where they ship, their times. */
struct unlike {
    bool attempts, visits, shipped, times; /* times: the same step takes longer or shorter */
};

/* One set of numbers with these retries. */
static void compare(const struct pipeline *p, uint32_t step, const struct numbers *n,
                    uint32_t attempts, bool bad, struct unlike *u)
{
    const struct step *s = &p->step[step];
    bool fails = may_fail(n), finds = may_find(s, n, bad), last = step + 1 == p->n_steps;
    u->times |= dist_min(&n->latency) < dist_max(&n->latency);
    u->attempts |= fails || finds;
    u->visits |=
        (fails && (!last || s->fallback.to >= 0)) || (finds && (!last || s->on_reject.to >= 0));
    u->shipped |= (fails && (attempts > 1 || s->fallback.to != TO_FAIL || s->parent)) ||
                  (finds && s->on_reject.to != TO_REJECT);
}

static void compare_in_environments(const struct pipeline *p, uint32_t step, uint32_t class,
                                    uint32_t attempts, bool bad, struct unlike *u)
{
    for (uint32_t e = 0; e < p->n_environments; e++)
        for (uint32_t k = 0; k < p->environment[e].n_states; k++) {
            const struct env_state *state = &p->environment[e].state[k];
            for (uint32_t o = 0; o < state->n_overrides; o++) {
                const struct override *by = &state->override[o].override;
                if (state->override[o].step != step)
                    continue;
                compare(p, step, &by->numbers[class], attempts, bad, u);
                u->times |= (by->set >> NUMBERS_LATENCY & 1) != 0;
                u->attempts |= (by->set >> NUMBERS_COST & 1) != 0;
            }
        }
}

static void look_at(const struct pipeline *p, uint32_t step, bool bad, struct item_most *out,
                    struct unlike *u)
{
    const struct step *s = &p->step[step];
    uint32_t copies = s->parent ? p->step[s->parent - 1].parallel->copies : 1;
    *out = (struct item_most){.visits = copies};
    bool cancels =
        s->parallel && (s->parallel->join == JOIN_ANY || s->parallel->join == JOIN_K_OF_N);
    bool ways = s->kind == STEP_GATE || s->n_ways > 0 || cancels;
    u->visits |= ways;
    u->attempts |= ways || s->has_cache || s->hedge_copies > 0 || s->n_given > 0;
    u->shipped |= ways || s->has_cache || s->hedge_copies > 0 || s->n_given > 0;
    for (uint32_t c = 0; c < p->n_classes; c++) {
        const struct retry *r = s->class_retry ? &s->class_retry[c] : &s->retry;
        double attempts = (double)r->attempts * (1 + s->hedge_copies);
        compare_in_environments(p, step, c, r->attempts, bad, u);
        for (uint32_t g = 0; g <= s->n_given; g++) {
            const struct numbers *n = g ? &s->given[g - 1].override.numbers[c] : &s->numbers[c];
            compare(p, step, n, r->attempts, bad, u);
            out->attempts = fmax(out->attempts, attempts * copies);
            out->cost = fmax(out->cost, attempts * copies * fabs(n->cost_call));
            out->seconds = fmax(out->seconds, r->attempts * typical_s(n) + waits_of(r));
        }
    }
}

static struct unlike unlike_of(const struct pipeline *p)
{
    bool meet = p->leave_after_s || p->arrivals.kind != ARRIVALS_NONE;
    return (struct unlike){.attempts = meet || p->n_classes > 1,
                           .visits = meet && p->n_steps > 1,
                           .shipped = meet || p->n_classes > 1};
}

static void keep_unlike(const struct unlike *u, struct item_most *out)
{
    out->shipped_s = u->shipped || u->times ? out->seconds : 0;
    out->seconds = u->attempts || u->visits || u->times ? out->seconds : 0;
    out->visits = u->visits ? out->visits : 0;
    if (!u->attempts && !u->visits)
        out->attempts = out->cost = 0;
}

void step_most(const struct pipeline *p, uint32_t step, bool again, struct item_most *out)
{
    struct unlike u = unlike_of(p);
    u.attempts |= again;
    look_at(p, step, can_be_bad(p), out, &u);
    keep_unlike(&u, out);
}

static double worth_of(double x)
{
    return isfinite(x) ? fabs(x) : 0;
}

void item_most(const struct pipeline *p, struct item_most *out)
{
    bool bad = can_be_bad(p);
    struct unlike u = unlike_of(p);
    struct item_most sum = {0}, one;
    for (uint32_t i = 0; i < p->n_steps; i++) {
        look_at(p, i, bad, &one, &u);
        sum.visits += one.visits;
        sum.attempts += one.attempts;
        sum.cost += one.cost;
        sum.seconds += one.seconds;
    }
    sum.net = sum.cost + fmax(worth_of(p->worth_correct),
                              fmax(worth_of(p->worth_wrong), worth_of(p->worth_rejected)));
    *out = sum;
    keep_unlike(&u, out);
    if (!u.attempts && !u.visits && !bad)
        out->net = 0;
}
