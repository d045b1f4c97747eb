/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filling the chain with numbers: visit laws, bands of confidence, weights of branches.
 *
 * The weight of a branch is the probability that a visit by an item of one quality fails, or ends
 * visibly ok with a quality after it, caught or not, and with a confidence in one of the bands. */
#include "sim/exact/weather.h"

#include "sim/exact/fork.h"
#include "sim/exact/wait.h"

#include <math.h>
#include <string.h>

enum { MAX_STATES = 200000 };

/* --- weights */

/* Ends of a visit that are visibly ok: [quality][caught], from `mid` with this quality. */
static void decide(double decision[2][DECISION_COUNT], const double mid[2], double after[2][2])
{
    for (int q = 0; q < 2; q++) {
        after[q][0] += mid[q] * decision[q][DECIDE_PASS];
        after[q][1] += mid[q] * decision[q][DECIDE_REJECT];
        after[1][0] += mid[q] * decision[q][DECIDE_FIX];
        after[0][0] += mid[q] * decision[q][DECIDE_SPOIL];
    }
}

static void put_ends(const struct bands *b, double after[2][2], double *weight)
{
    for (uint32_t k = 0; k < 4; k++)
        for (uint32_t band = 0; band <= b->n; band++)
            weight[branch_ok(b, k & 2, k & 1, band)] =
                after[k >> 1][k & 1] * b->weight[k >> 1][band];
}

double visit_weights(const struct chain *c, uint32_t u, const struct numbers *n,
                     const struct visit_law *law, bool good, double *weight)
{
    const struct bands *b = &c->bands[u];
    double decision[2][DECISION_COUNT];
    double kept[2] = {0, law->ok}, silent[2] = {law->wrong, 0}, caught = 0;
    double after[2][2] = {{0}}, after_silent[2][2] = {{0}};
    for (int q = 0; q < 2; q++)
        rules_decisions(c->pipeline->step[c->unit[u].step].kind, n, q, decision[q]);
    if (!good) {
        kept[0] = law->ok * (1 - n->repair.value);
        kept[1] = law->ok * n->repair.value;
    }
    for (int q = 0; q < 2; q++)
        for (int d = DECIDE_FIX; d <= DECIDE_REJECT; d++)
            caught += (kept[q] + silent[q]) * decision[q][d];
    decide(decision, kept, after);
    decide(decision, silent, b->silent ? after_silent : after);
    weight[0] = law->failed;
    put_ends(b, after, weight);
    if (b->silent)
        put_ends(b, after_silent,
                 weight + branch_silent(b, false, 0) - branch_ok(b, false, false, 0));
    return caught;
}

static void weights_set(struct chain *c, uint32_t u, const struct numbers *n,
                        const struct visit_law *law)
{
    for (uint32_t in = 0; in < 2; in++)
        c->caught[2 * u + in] = visit_weights(c, u, n, law, in, c->weight + branch_first(c, u, in));
}

/* A parallel that has come to its outcome; forks_time gives the time. */
static void outcome_fill(struct chain *c, uint32_t u)
{
    struct visit_law *law = &c->law[u];
    const struct fork *f = fork_of(c, u);
    bool ok = (u - f->join) % f->n_outcomes > 0;
    law->ok = law->first_ok = ok;
    law->failed = !ok;
    law->outcome[ok ? OUTCOME_OK : OUTCOME_ERROR] = 1;
    weights_set(c, u, &c->numbers[u], law);
}

static void ends_set(struct chain *c, uint32_t u)
{
    const struct visit_law *law = &c->law[u];
    double call = c->numbers[u].cost_call;
    for (int e = 0; e < END_COUNT; e++)
        c->end[c->unit[u].first_end + (uint32_t)e] = (struct chain_end){
            .time = {law->time[e][0],         law->time[e][1]               },
            .cost = {call * law->tries[e][0], call * call * law->tries[e][1]}
        };
}

/* Adds what the attempts wait: for one attempt, which every visit to a desk with a known law makes,
 * the second moment is exact. */
static void wait_add(struct visit_law *law, const struct wait_law *wait)
{
    for (int e = 0; e < END_COUNT; e++) {
        double tries = law->tries[e][0];
        law->time[e][1] += 2 * wait->mean_s * law->time[e][0] + tries * wait->square;
        law->time[e][0] += tries * wait->mean_s;
    }
}

static void unit_fill(struct chain *c, uint32_t u)
{
    const struct wait_law *wait = c->wait ? c->wait[c->unit[u].step] : NULL;
    static const struct retry once = {.attempts = 1, .on = RETRY_ALL};
    if (c->unit[u].kind == UNIT_JOIN) {
        outcome_fill(c, u);
        return;
    }
    if (c->unit[u].kind == UNIT_VISIT) {
        if (c->hedge[u].copies)
            hedge_update(c, u);
        visit_law_set(&c->law[u], &c->numbers[u], chain_retry(c, u), &c->time[u], &c->hedge[u]);
        if (wait)
            wait_add(&c->law[u], wait);
    } else {
        visit_law_set(&c->law[u], &c->numbers[u], &once, &c->time[u], NULL);
        memset(c->law[u].tries, 0, sizeof c->law[u].tries);
    }
    ends_set(c, u);
    if (unit_counts(&c->unit[u]))
        weights_set(c, u, &c->numbers[u], &c->law[u]);
    else
        choice_set(c, u);
}

static void unit_set(struct chain *c, uint32_t u, enum chain_step how)
{
    if (c->sky && unit_counts(&c->unit[u])) {
        sky_visit(c, u, how);
        return;
    }
    if (how == CHAIN_AS_FILLED || !unit_counts(&c->unit[u]) || c->unit[u].kind == UNIT_JOIN) {
        unit_fill(c, u);
        return;
    }
    struct numbers n = c->numbers[u];
    n.error.value = how == CHAIN_FAILING;
    n.wrong.value = n.malformed.value = 0;
    n.sensitivity.value = n.specificity.value = 1;
    struct visit_law law = {.ok = how == CHAIN_PERFECT, .failed = how == CHAIN_FAILING};
    weights_set(c, u, &n, &law);
}

static void units_set(struct chain *c, uint32_t step, enum chain_step how)
{
    c->how[step] = how;
    unit_set(c, step, how);
    for (uint32_t u = c->extra[step]; u < c->extra[step + 1]; u++)
        unit_set(c, u, how);
}

void chain_set_step(struct chain *c, uint32_t step, enum chain_step how)
{
    units_set(c, step, how);
    if (c->pipeline->step[step].parent)
        forks_refill(c, c->pipeline->step[step].parent - 1);
}

void chain_fill(struct chain *c, const double *theta)
{
    for (uint32_t s = 0; s < c->n_slots; s++)
        *c->slot[s].value = theta ? theta[c->slot[s].evidence] : c->slot[s].written;
    if (c->sky)
        sky_make_room(c);
    for (uint32_t i = 0; i < c->pipeline->n_steps; i++)
        units_set(c, i, CHAIN_AS_FILLED);
    forks_refill(c, UINT32_MAX);
}

void chain_recost(struct chain *c, const struct rng_seq *rng)
{
    const struct pipeline *p = c->pipeline;
    struct rng_seq own = rng ? *rng : (struct rng_seq){0};
    double *factor = mem_alloc((p->n_steps + 1) * sizeof *factor);
    for (uint32_t i = 0; i < p->n_steps; i++)
        factor[i] = rng ? step_cost_factor(&p->step[i], &own) : 1;
    for (uint32_t u = 0; u < c->n_units; u++) {
        const struct step *s = &p->step[c->unit[u].step];
        struct numbers written;
        if (!s->cost_seen.n || c->unit[u].kind == UNIT_JOIN)
            continue;
        unit_numbers(c, u, &written);
        if (step_cost_is_own(s, p->n_classes, written.cost_call))
            c->numbers[u].cost_call = written.cost_call * factor[c->unit[u].step];
    }
    mem_free(factor);
}

void chain_redraw(struct chain *c, struct rng_seq *rng, struct arena *arena)
{
    for (uint32_t u = 0; u < c->n_units; u++) {
        struct numbers written, *to = &c->numbers[u];
        unit_numbers(c, u, &written);
        if (written.latency.evidence) {
            to->latency = written.latency;
            if (rng)
                dist_redraw(&written.latency, rng, arena, &to->latency);
            attempt_time_set(&c->time[u], &to->latency, to->timeout_s);
            hedge_refill(c, u);
        }
        if (c->bands[u].evidence) {
            to->confidence_good = written.confidence_good;
            to->confidence_bad = written.confidence_bad;
            if (rng) {
                dist_redraw(&written.confidence_good, rng, arena, &to->confidence_good);
                dist_redraw(&written.confidence_bad, rng, arena, &to->confidence_bad);
            }
            bands_refill(c, u);
        }
    }
    if (c->sky)
        sky_refresh(c);
}

/* --- building */

static void slot_add(struct chain *c, struct number *n)
{
    if (!n->evidence)
        return;
    c->slot[c->n_slots++] = (struct evidence_slot){&n->value, n->value, n->evidence - 1};
}

/* The threshold of a gate is a choice, not an estimate: it stays as written. */
void slots_init(struct chain *c)
{
    size_t room = 11 * (size_t)c->n_units + 1;
    mem_free(c->slot);
    c->n_slots = 0;
    for (uint32_t i = 0; i < c->pipeline->n_steps; i++)
        room += c->pipeline->step[i].n_ways;
    c->slot = mem_zero(room, sizeof *c->slot);
    for (uint32_t i = 0; i < c->n_units; i++) {
        struct numbers *n = &c->numbers[i];
        struct number *all[] = {&n->error,  &n->wrong,       &n->malformed,   &n->validation,
                                &n->repair, &n->sensitivity, &n->specificity, &n->fixes,
                                &n->spoils, &n->cache_hit,   &n->audit};
        for (size_t k = 0; k < sizeof all / sizeof *all; k++)
            slot_add(c, all[k]);
    }
    for (uint32_t i = 0; i < c->pipeline->n_steps; i++)
        for (uint32_t k = 0; k < c->pipeline->step[i].n_ways; k++)
            slot_add(c, &c->way[i][k]);
    slot_add(c, &c->input_wrong);
}

static void mark_possible(const struct chain *c, uint32_t step, bool *possible)
{
    for (uint32_t b = c->base[step]; b < c->base[step + 1]; b++)
        possible[b] |= c->weight[b] > 0;
}

/* Which branches any allowed set of numbers can take: evidence is never 0 or 1 (its posterior
 * mean), a redrawn latency can be late, a redrawn confidence can fall anywhere. */
static void add_possible(struct chain *c, bool what_if, bool *possible)
{
    const struct pipeline *p = c->pipeline;
    double *theta = mem_zero((size_t)p->n_evidence + 1, sizeof *theta);
    pipeline_posterior_mean(p, theta);
    for (uint32_t i = 0; i < c->n_units; i++) {
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
    for (uint32_t u = 0; u < c->n_units; u++) {
        const struct chain_unit *unit = &c->unit[u];
        uint32_t open = unit->kind == UNIT_SOFT   ? SOFT_WAYS * c->n_soft_keys
                        : unit->kind == UNIT_FORK ? 2 * fork_outcomes(c, unit->step)
                                                  : 0;
        for (uint32_t k = 0; k < open; k++)
            possible[unit->first + 1 + k] = true;
    }
    mem_free(theta);
}

/* All numbers as written, with the environments in a joint state (NULL: none). */
static void renumber_units(struct chain *c, const uint32_t *state)
{
    for (uint32_t u = 0; u < c->n_units; u++) {
        unit_numbers_in(c, u, state, &c->numbers[u]);
        attempt_time_set(&c->time[u], &c->numbers[u].latency, c->numbers[u].timeout_s);
        bands_refill(c, u);
    }
    slots_init(c);
}

static bool *possible_branches(struct chain *c, const struct chain_options *options)
{
    bool *possible = mem_zero(c->n_branches, sizeof *possible);
    const struct weather *w = options->weather;
    add_possible(c, options->what_if, possible);
    for (uint32_t k = 0; w && k < w->n; k++) {
        renumber_units(c, w->state + (size_t)k * w->n_environments);
        add_possible(c, options->what_if, possible);
    }
    renumber_units(c, NULL);
    return possible;
}

int chain_build(struct chain *c, const struct pipeline *p, const struct rules *rules,
                uint32_t class, const struct chain_options *options, struct error *err)
{
    static const double whole = 1;
    *c = (struct chain){
        .pipeline = p, .rules = rules, .class = class, .remembers = options->remembers};
    c->n_weather = 1;
    c->weather_start = &whole;
    c->input_wrong = p->input_wrong[class];
    units_init(c);
    if (forks_build(c, options->what_if, err)) {
        chain_release(c);
        return -1;
    }
    bool *possible = possible_branches(c, options);
    uint32_t max_states = options->max_states ? options->max_states : MAX_STATES;
    int status = chain_explore(c, possible, max_states, err);
    mem_free(possible);
    if (status) {
        chain_release(c);
        return -1;
    }
    chain_order(c);
    forks_mark(c);
    if (options->weather && sky_spread(c, options->weather, max_states, err)) {
        chain_release(c);
        return -1;
    }
    chain_fill(c, NULL);
    return 0;
}

void chain_release(struct chain *c)
{
    forks_release(c);
    units_release(c);
    sky_release(c->sky);
    mem_free(c->state);
    mem_free(c->hop);
    mem_free(c->block);
    *c = (struct chain){0};
}
