/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the flows of the chains add up to: ends, visits, attempts and edges, and what would be if a
 * step were perfect or always failed.  Classes are mixed as sums, before any ratio is taken. */
#include "sim/exact/wait.h"

#include "sim/exact/deadline.h"
#include "sim/exact/fork.h"

#include <math.h>
#include <string.h>

/* --- sums of one class */

/* sums += weight * add, both arrays of doubles. */
static void mix(void *sums, const void *add, size_t size, double weight)
{
    double *to = sums;
    const double *from = add;
    for (size_t i = 0; i < size / sizeof(double); i++)
        to[i] += weight * from[i];
}

/* By the step's own numbers, whatever the environments do to it, one call at a time. */
static double ok_alone(const struct chain *c, uint32_t step)
{
    struct visit_law law;
    if (!c->sky && !c->hedge[step].copies)
        return c->law[step].ok;
    uint32_t u = c->sky ? sky_calm(c, step) : step;
    visit_law_set(&law, &c->numbers[u], chain_retry(c, u), &c->time[u], NULL);
    return law.ok;
}

static void add_top(const struct model *m, const struct chain *c, const struct flow *absorb,
                    struct top_sums *sums)
{
    *sums = (struct top_sums){.capability = 1};
    for (int k = 0; k < ABSORB_COUNT; k++) {
        sums->mass[k] = absorb[k].n;
        sums->t1[k] = absorb[k].t1;
        sums->t2[k] = absorb[k].t2;
        sums->c1 += absorb[k].c1;
        sums->c2 += absorb[k].c2;
        sums->v1 += absorb[k].v1;
        sums->v2 += absorb[k].v2;
    }
    sums->left = m->left[c->class].n;
    sums->left_t1 = m->left[c->class].t1;
    sums->left_t2 = m->left[c->class].t2;
    for (uint32_t s = 0; s < c->n_states; s++) {
        const struct chain_state *at = &c->state[s];
        if (m->pipeline->step[at->step].kind != STEP_REVIEW || !unit_counts(&c->unit[at->unit]))
            continue;
        sums->reviews += m->state[s].n;
        if (at->reviewed != REVIEW_FIRST)
            continue;
        sums->reviewed += m->state[s].n;
        if (!at->good)
            sums->reviewed_bad += m->state[s].n;
    }
    for (uint32_t i = 0; i < m->pipeline->n_steps; i++)
        if (m->pipeline->step[i].kind == STEP_STAGE && m->pipeline->step[i].layer == LAYER_MODEL)
            sums->capability *= ok_alone(c, i);
}

/* A visit's chance to end within the budget, for visits of one attempt. */
static double in_budget(const struct model *m, const struct chain *c, uint32_t u)
{
    const struct numbers *n = &c->numbers[u];
    if (m->no_time || !isfinite(n->budget_s))
        return 1;
    if ((c->wait && c->wait[c->unit[u].step]) || c->unit[u].kind == UNIT_JOIN)
        return NAN;
    if (c->hedge[u].copies)
        return chain_retry(c, u)->attempts > 1 ? NAN : hedge_by(c, u, n->budget_s);
    if (c->unit[u].kind == UNIT_VISIT && chain_retry(c, u)->attempts > 1)
        return NAN;
    return n->timeout_s <= n->budget_s ? 1 : dist_cdf(&n->latency, n->budget_s);
}

/* Attempts by one unit's numbers. */
static void add_attempts(const struct model *m, const struct chain *c, uint32_t u, double tries)
{
    struct stage_sums *sums = &m->stage[c->unit[u].step];
    sums->attempts += tries;
    sums->answers += tries;
    m->tries[u * m->pipeline->n_classes + c->class] += tries;
    for (int o = 0; o < OUTCOME_COUNT; o++)
        sums->rate[o] += tries * c->law[u].rate[o];
    sums->attempt_s += tries * c->time[u].capped;
    sums->cost += tries * c->numbers[u].cost_call;
}

/* Of visits by one unit. */
static void add_visits(const struct model *m, const struct chain *c, uint32_t u, double visits,
                       double share)
{
    uint32_t i = c->unit[u].step;
    struct stage_sums *sums = &m->stage[i];
    const struct visit_law *law = &c->law[u];
    double ok = law->ok + law->wrong, n = share * visits;
    double tries = ok * law->tries[END_OK][0] + law->failed * law->tries[END_FAILED][0];
    sums->visits += n;
    sums->closed += n;
    m->visits[i * m->pipeline->n_classes + c->class] += n;
    if (!c->sky)
        add_attempts(m, c, u, n * tries);
    for (uint32_t k = 0; c->sky && k < c->n_weather; k++)
        add_attempts(m, c, sky_sibling(c, u, k), n * sky_tries(c, u, k));
    sums->visibly_ok += n * ok;
    sums->first_ok += n * law->first_ok;
    sums->retried += n * law->retried;
    sums->retried_ok += n * law->retried_ok;
    sums->visit_s += n * (ok * law->time[END_OK][0] + law->failed * law->time[END_FAILED][0]);
    sums->within_budget += n * in_budget(m, c, u);
}

static uint32_t flow_column(const struct pipeline *p, int32_t to)
{
    return to >= 0 ? (uint32_t)to : p->n_steps + (uint32_t)(-1 - to) / 4;
}

/* A choice that ends a visit, before the edge is taken. */
static bool chooses(const struct chain *c, int32_t state)
{
    enum unit_kind kind = state < 0 ? UNIT_VISIT : c->unit[c->state[state].unit].kind;
    return kind == UNIT_WAYS || kind == UNIT_SOFT;
}

/* Visits of the steps inside parallels. */
static void add_inside(struct model *m, const struct chain *c, double share)
{
    if (!c->forks)
        return;
    double *caught = mem_zero(c->n_units, sizeof *caught);
    forks_masses(c, &m->state->n, sizeof *m->state / sizeof(double), m->mass, caught);
    for (uint32_t u = 0; u < c->n_units; u++)
        m->stage[c->unit[u].step].caught += share * caught[u];
    mem_free(caught);
}

/* Visits, exits and edges. */
static void add_stages(struct model *m, const struct chain *c, double share)
{
    const struct pipeline *p = m->pipeline;
    uint32_t columns = p->n_steps + ABSORB_KIND_COUNT;
    memset(m->mass, 0, c->n_units * sizeof *m->mass);
    for (uint32_t s = 0; s < c->n_states; s++) {
        const struct chain_state *at = &c->state[s];
        double here = share * m->state[s].n;
        m->mass[at->unit] += m->state[s].n;
        m->stage[at->step].caught += here * c->caught[2 * at->unit + at->good];
        enum unit_kind kind = c->unit[at->unit].kind;
        bool inward = kind == UNIT_CACHE || kind == UNIT_FORK;
        for (uint32_t h = at->hop; h < at[1].hop && !inward; h++) {
            int32_t to = c->hop[h].to;
            uint32_t column = flow_column(p, to >= 0 ? (int32_t)c->state[to].step : to);
            if (!chooses(c, to))
                m->flow[at->step * columns + column] += here * c->weight[c->hop[h].branch];
        }
    }
    add_inside(m, c, share);
    for (uint32_t u = 0; u < c->n_units; u++)
        m->tries[u * p->n_classes + c->class] = 0;
    for (uint32_t u = 0; u < c->n_units; u++)
        if (unit_counts(&c->unit[u]))
            add_visits(m, c, u, m->mass[u], share);
}

static double shipped_good(const double absorb[ABSORB_COUNT])
{
    return absorb[absorb_index(ABSORB_SHIP, true, false)] +
           absorb[absorb_index(ABSORB_SHIP, true, true)];
}

/* A parallel is perfect, or fails, when all steps in it are, or do. */
static void set_with_inside(const struct model *m, struct chain *c, uint32_t i, enum chain_step how)
{
    const struct parallel *par = m->pipeline->step[i].parallel;
    if (!par)
        chain_set_step(c, i, how);
    for (uint32_t k = par ? par->first[0] : 0; par && k < par->first[par->n_branches]; k++)
        chain_set_step(c, k, how);
}

/* Reliability with the step made perfect, or failing; NaN when the items then never end. */
static double reliability_if(struct model *m, struct chain *c, uint32_t i, enum chain_step how)
{
    double absorb[ABSORB_COUNT];
    set_with_inside(m, c, i, how);
    bool done = flow_mass(c, UINT32_MAX, m->mass, absorb);
    return done ? shipped_good(absorb) : NAN;
}

/* Escapes (first entries of bad items and what becomes of them) and importances of steps that an
 * item may come back to: a pass for each. */
static void add_what_if(struct model *m, struct chain *c, uint32_t i, bool known, double share)
{
    double absorb[ABSORB_COUNT];
    struct stage_sums *sums = &m->stage[i];
    if (!known || !flow_mass(c, i, m->mass, absorb))
        sums->first_bad = NAN;
    for (uint32_t s = 0; s < c->n_states; s++)
        if (c->state[s].step == i && !c->state[s].good) {
            sums->first_bad += share * m->mass[s];
            sums->escaped += share * m->mass[s] * m->bad[s];
        }
    sums->perfect += share * reliability_if(m, c, i, CHAIN_PERFECT);
    sums->failing += share * reliability_if(m, c, i, CHAIN_FAILING);
    set_with_inside(m, c, i, CHAIN_AS_FILLED);
}

/* What leaves a state, by the weights as they are, and ships good after it. */
static double good_after(const struct model *m, const struct chain *c, uint32_t s)
{
    double sum = 0;
    for (uint32_t h = c->state[s].hop; h < c->state[s + 1].hop; h++) {
        int32_t to = c->hop[h].to;
        sum += c->weight[c->hop[h].branch] *
               (to >= 0 ? m->good[to]
                        : (uint32_t)(-1 - to) / 2 == absorb_index(ABSORB_SHIP, true, false) / 2);
    }
    return sum;
}

/* Is it where an item enters its step, before any choice there? */
static bool enters(const struct chain *c, uint32_t s)
{
    enum unit_kind kind = c->unit[c->state[s].unit].kind;
    return kind == (c->pipeline->step[c->state[s].step].has_cache ? UNIT_CACHE : UNIT_VISIT);
}

/* Steps that an item enters once at most change the rest of its way alone: all of them are one
 * pass forward and one backward.  False when items never leave a loop. */
static bool add_what_ifs_once(struct model *m, struct chain *c, double share)
{
    double absorb[ABSORB_COUNT];
    if (!flow_ships(c, true, m->good) || !flow_mass(c, UINT32_MAX, m->mass, absorb))
        return false;
    for (uint32_t s = 0; s < c->n_states; s++)
        if (!c->state[s].good && !m->looped[c->state[s].step] && enters(c, s)) {
            m->stage[c->state[s].step].first_bad += share * m->mass[s];
            m->stage[c->state[s].step].escaped += share * m->mass[s] * m->bad[s];
        }
    for (enum chain_step how = CHAIN_PERFECT; how <= CHAIN_FAILING; how++) {
        for (uint32_t i = 0; i < m->pipeline->n_steps; i++) {
            double *sum = how == CHAIN_PERFECT ? &m->stage[i].perfect : &m->stage[i].failing;
            *sum += m->looped[i] ? 0 : share * shipped_good(absorb);
            chain_set_step(c, i, how);
        }
        for (uint32_t s = 0; s < c->n_states; s++) {
            struct stage_sums *sums = &m->stage[c->state[s].step];
            double *sum = how == CHAIN_PERFECT ? &sums->perfect : &sums->failing;
            if (!m->looped[c->state[s].step])
                *sum += share * m->mass[s] * (good_after(m, c, s) - m->good[s]);
        }
    }
    for (uint32_t i = 0; i < m->pipeline->n_steps; i++)
        chain_set_step(c, i, CHAIN_AS_FILLED);
    return true;
}

static void add_what_ifs(struct model *m, struct chain *c, double share)
{
    bool known = flow_ships(c, false, m->bad);
    bool once = known && add_what_ifs_once(m, c, share);
    for (uint32_t i = 0; i < m->pipeline->n_steps; i++)
        if (!once || m->looped[i])
            add_what_if(m, c, i, known, share);
}

int model_flow(struct model *m, uint32_t class, struct flow *absorb, struct error *err)
{
    m->left[class] = (struct flow){0};
    if (flow_solve(&m->chain[class], &m->about, m->state, absorb, err))
        return -1;
    return deadline_holds(m, class) ? deadline_flow(m, class, m->state, absorb, err) : 0;
}

int model_sums(struct model *m, const double *theta, struct error *err)
{
    const struct pipeline *p = m->pipeline;
    struct flow absorb[ABSORB_COUNT];
    uint32_t columns = p->n_steps + ABSORB_KIND_COUNT;
    m->top[0] = (struct top_sums){0};
    memset(m->stage, 0, p->n_steps * sizeof *m->stage);
    memset(m->flow, 0, (size_t)p->n_steps * columns * sizeof *m->flow);
    memset(m->visits, 0, (size_t)p->n_steps * p->n_classes * sizeof *m->visits);
    for (uint32_t k = 0; k < p->n_classes; k++) {
        chain_fill(&m->chain[k], theta);
        forks_time(&m->chain[k]);
    }
    for (uint32_t k = 0; k < p->n_classes; k++) {
        struct chain *c = &m->chain[k];
        double share = p->class[k].share;
        if (model_flow(m, k, absorb, err))
            return -1;
        add_top(m, c, absorb, &m->top[1 + k]);
        mix(&m->top[0], &m->top[1 + k], sizeof m->top[0], share);
        if (!m->whole)
            continue;
        if (deadline_holds(m, k))
            deadline_stages(m, k, share);
        else
            add_stages(m, c, share);
        if (m->what_if)
            add_what_ifs(m, c, share);
    }
    for (uint32_t i = 0; m->whole && i < p->n_steps; i++)
        for (uint32_t k = 0; k < ABSORB_KIND_COUNT; k++)
            m->stage[i].exit[k] = m->flow[i * columns + p->n_steps + k];
    return 0;
}
