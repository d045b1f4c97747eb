/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filling the chain with numbers: visit laws, bands of confidence, weights of branches.
 *
 * The weight of a branch is the probability that a visit by an item of one quality fails, or ends
 * visibly ok with a quality after it, caught or not, and with a confidence in one of the bands. */
#include "sim/exact_chain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_STATES = 200000 };

/* --- bands */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The thresholds of the gates that may consult `scorer` and that lie ahead of it. */
static void bands_cut(struct bands *b, const struct pipeline *p, uint32_t class, uint32_t scorer)
{
    b->n = 0;
    for (uint32_t g = 0; g < p->n_steps; g++) {
        const struct step *s = &p->step[g];
        if (s->kind == STEP_GATE && (s->gate_of < 0 || s->gate_of == (int32_t)scorer))
            b->threshold[b->n++] = s->numbers[class].threshold.value;
    }
    qsort(b->threshold, b->n, sizeof *b->threshold, by_value);
    uint32_t distinct = 0;
    for (uint32_t i = 0; i < b->n; i++)
        if (!i || b->threshold[i] > b->threshold[distinct - 1])
            b->threshold[distinct++] = b->threshold[i];
    b->n = distinct;
}

static void bands_init(struct bands *b, const struct pipeline *p, uint32_t class, uint32_t scorer)
{
    const struct numbers *n = &p->step[scorer].numbers[class];
    *b = (struct bands){0};
    if (p->step[scorer].has_confidence) {
        b->threshold = mem_zero(p->n_steps, sizeof *b->threshold);
        b->evidence = n->confidence_good.evidence || n->confidence_bad.evidence;
        bands_cut(b, p, class, scorer);
    }
    for (int q = 0; q < 2; q++) {
        b->weight[q] = mem_zero(b->n + 1, sizeof(double));
        b->weight[q][0] = 1;
    }
}

/* Bands are half-open, [t_i, t_i+1), as a gate ships at c >= t.  Each is a difference in the tail
 * where it is the smaller of the two. */
static void bands_fill(struct bands *b, const struct dist *d, double *weight)
{
    for (uint32_t i = 0; i <= b->n && b->n; i++) {
        double below = i < b->n ? dist_below(d, b->threshold[i]) : 1;
        double below_last = i ? dist_below(d, b->threshold[i - 1]) : 0;
        double from = i < b->n ? dist_from(d, b->threshold[i]) : 0;
        double from_last = i ? dist_from(d, b->threshold[i - 1]) : 1;
        weight[i] = fmax(0, below_last < 0.5 ? below - below_last : from_last - from);
    }
}

static void bands_refill(struct chain *c, uint32_t i)
{
    if (!c->bands[i].n)
        return;
    bands_fill(&c->bands[i], &c->numbers[i].confidence_bad, c->bands[i].weight[0]);
    bands_fill(&c->bands[i], &c->numbers[i].confidence_good, c->bands[i].weight[1]);
}

/* --- weights */

static void weights_set(struct chain *c, uint32_t i, const struct numbers *n,
                        const struct visit_law *law)
{
    const struct bands *b = &c->bands[i];
    double decision[2][DECISION_COUNT];
    for (int q = 0; q < 2; q++)
        rules_decisions(c->pipeline->step[i].kind, n, q, decision[q]);
    for (int in = 0; in < 2; in++) {
        double *weight = c->weight + branch_first(c, i, in);
        double mid[2] = {law->wrong, law->ok}, after[2][2] = {{0}}; /* [quality][caught] */
        if (!in) {
            mid[0] = law->wrong + law->ok * (1 - n->repair.value);
            mid[1] = law->ok * n->repair.value;
        }
        for (int q = 0; q < 2; q++) {
            after[q][0] += mid[q] * decision[q][DECIDE_PASS];
            after[q][1] += mid[q] * decision[q][DECIDE_REJECT];
            after[1][0] += mid[q] * decision[q][DECIDE_FIX];
            after[0][0] += mid[q] * decision[q][DECIDE_SPOIL];
        }
        weight[0] = law->failed;
        c->caught[2 * i + (uint32_t)in] = 0;
        for (int q = 0; q < 2; q++)
            for (int d = DECIDE_FIX; d <= DECIDE_REJECT; d++)
                c->caught[2 * i + (uint32_t)in] += mid[q] * decision[q][d];
        for (uint32_t k = 0; k < 4; k++)
            for (uint32_t band = 0; band <= b->n; band++)
                weight[branch_ok(b, k & 2, k & 1, band)] =
                    after[k >> 1][k & 1] * b->weight[k >> 1][band];
    }
}

void chain_fill(struct chain *c, const double *theta)
{
    for (uint32_t s = 0; s < c->n_slots; s++)
        *c->slot[s].value = theta ? theta[c->slot[s].evidence] : c->slot[s].written;
    for (uint32_t i = 0; i < c->pipeline->n_steps; i++)
        chain_set_step(c, i, CHAIN_AS_FILLED);
}

void chain_set_step(struct chain *c, uint32_t step, enum chain_step how)
{
    if (how == CHAIN_AS_FILLED) {
        visit_law_set(&c->law[step], &c->numbers[step], &c->pipeline->step[step].retry,
                      &c->time[step]);
        weights_set(c, step, &c->numbers[step], &c->law[step]);
        return;
    }
    struct numbers n = c->numbers[step];
    n.error.value = how == CHAIN_FAILING;
    n.wrong.value = n.malformed.value = 0;
    n.sensitivity.value = n.specificity.value = 1;
    struct visit_law law = {.ok = how == CHAIN_PERFECT, .failed = how == CHAIN_FAILING};
    weights_set(c, step, &n, &law);
}

void chain_reband(struct chain *c, uint32_t step)
{
    if (!c->bands[step].n)
        return;
    bands_cut(&c->bands[step], c->pipeline, c->class, step);
    bands_refill(c, step);
}

void chain_redraw(struct chain *c, struct rng_seq *rng, struct arena *arena)
{
    for (uint32_t i = 0; i < c->pipeline->n_steps; i++) {
        const struct numbers *from = &c->pipeline->step[i].numbers[c->class];
        struct numbers *to = &c->numbers[i];
        if (from->latency.evidence) {
            to->latency = from->latency;
            if (rng)
                dist_redraw(&from->latency, rng, arena, &to->latency);
            attempt_time_set(&c->time[i], &to->latency, to->timeout_s);
        }
        if (c->bands[i].evidence) {
            to->confidence_good = from->confidence_good;
            to->confidence_bad = from->confidence_bad;
            if (rng) {
                dist_redraw(&from->confidence_good, rng, arena, &to->confidence_good);
                dist_redraw(&from->confidence_bad, rng, arena, &to->confidence_bad);
            }
            bands_refill(c, i);
        }
    }
}

/* --- building */

static void slot_add(struct chain *c, struct number *n)
{
    if (!n->evidence)
        return;
    c->slot[c->n_slots++] = (struct evidence_slot){&n->value, n->value, n->evidence - 1};
}

/* The threshold of a gate is a choice, not an estimate: it stays as written. */
static void slots_init(struct chain *c)
{
    c->slot = mem_zero((size_t)c->pipeline->n_steps * 9 + 1, sizeof *c->slot);
    for (uint32_t i = 0; i < c->pipeline->n_steps; i++) {
        struct numbers *n = &c->numbers[i];
        struct number *all[] = {&n->error,       &n->wrong,  &n->malformed,
                                &n->validation,  &n->repair, &n->sensitivity,
                                &n->specificity, &n->fixes,  &n->spoils};
        for (size_t k = 0; k < sizeof all / sizeof *all; k++)
            slot_add(c, all[k]);
    }
    slot_add(c, &c->input_wrong);
}

static void mark_possible(const struct chain *c, uint32_t step, bool *possible)
{
    for (uint32_t b = c->base[step]; b < c->base[step + 1]; b++)
        possible[b] |= c->weight[b] > 0;
}

/* Which branches any allowed set of numbers can take: evidence is never 0 or 1 (its posterior
 * mean), a redrawn latency can be late, a redrawn confidence can fall anywhere. */
static bool *possible_branches(struct chain *c, bool what_if)
{
    const struct pipeline *p = c->pipeline;
    bool *possible = mem_zero(c->n_branches, sizeof *possible);
    double *theta = mem_zero((size_t)p->n_evidence + 1, sizeof *theta);
    pipeline_posterior_mean(p, theta);
    for (uint32_t i = 0; i < p->n_steps; i++) {
        struct attempt_time *t = &c->time[i];
        if (c->numbers[i].latency.evidence && isfinite(c->numbers[i].timeout_s))
            t->late = 0.5;
        for (uint32_t b = 0; b <= c->bands[i].n && c->bands[i].evidence; b++)
            c->bands[i].weight[0][b] = c->bands[i].weight[1][b] = 1;
    }
    chain_fill(c, theta);
    for (uint32_t i = 0; i < p->n_steps; i++) {
        mark_possible(c, i, possible);
        for (enum chain_step how = CHAIN_PERFECT; how <= CHAIN_FAILING && what_if; how++) {
            chain_set_step(c, i, how);
            mark_possible(c, i, possible);
        }
    }
    mem_free(theta);
    return possible;
}

int chain_build(struct chain *c, const struct pipeline *p, const struct rules *rules,
                uint32_t class, const struct chain_options *options, struct error *err)
{
    *c = (struct chain){.pipeline = p, .rules = rules, .class = class};
    c->base = mem_zero((size_t)p->n_steps + 1, sizeof *c->base);
    c->bands = mem_zero(p->n_steps, sizeof *c->bands);
    c->caught = mem_zero(2 * (size_t)p->n_steps, sizeof *c->caught);
    c->law = mem_zero(p->n_steps, sizeof *c->law);
    c->time = mem_zero(p->n_steps, sizeof *c->time);
    c->numbers = mem_zero(p->n_steps, sizeof *c->numbers);
    c->input_wrong = p->input_wrong[class];
    for (uint32_t i = 0; i < p->n_steps; i++) {
        c->numbers[i] = p->step[i].numbers[class];
        bands_init(&c->bands[i], p, class, i);
        c->base[i + 1] = c->base[i] + 2 * branch_width(&c->bands[i]);
        attempt_time_set(&c->time[i], &c->numbers[i].latency, c->numbers[i].timeout_s);
        bands_refill(c, i);
    }
    c->n_branches = c->base[p->n_steps];
    c->weight = mem_zero(c->n_branches, sizeof *c->weight);
    slots_init(c);

    bool *possible = possible_branches(c, options->what_if);
    uint32_t max_states = options->max_states ? options->max_states : MAX_STATES;
    int status = chain_explore(c, possible, max_states, err);
    mem_free(possible);
    if (status) {
        chain_release(c);
        return -1;
    }
    chain_order(c);
    for (uint32_t i = 0; i < p->n_steps; i++) {
        attempt_time_set(&c->time[i], &c->numbers[i].latency, c->numbers[i].timeout_s);
        bands_refill(c, i);
    }
    chain_fill(c, NULL);
    return 0;
}

void chain_release(struct chain *c)
{
    for (uint32_t i = 0; c->bands && i < c->pipeline->n_steps; i++) {
        mem_free(c->bands[i].threshold);
        mem_free(c->bands[i].weight[0]);
        mem_free(c->bands[i].weight[1]);
    }
    mem_free(c->state);
    mem_free(c->hop);
    mem_free(c->block);
    mem_free(c->base);
    mem_free(c->bands);
    mem_free(c->weight);
    mem_free(c->caught);
    mem_free(c->law);
    mem_free(c->time);
    mem_free(c->numbers);
    mem_free(c->slot);
    *c = (struct chain){0};
}
