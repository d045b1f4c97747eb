/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pipeline's chains with their workspaces, and the layout of the array of values. */
#include "sim/exact/wait.h"
#include "sim/exact/weather.h"

#include "sim/exact/deadline.h"
#include "sim/exact/fork.h"

#include <string.h>

/* Beyond this many hops walked for escape rates and importances they are left out. */
static const double WHAT_IF_WORK_MAX = 2e8;

static void find_simple(struct model *m)
{
    const struct pipeline *p = m->pipeline;
    m->no_time = m->no_cost = true;
    for (uint32_t k = 0; k < p->n_classes; k++) {
        const struct chain *c = &m->chain[k];
        for (uint32_t u = 0; u < c->n_units; u++) {
            const struct numbers *n = &c->numbers[u];
            const struct retry *r = chain_retry(c, u);
            if (r->attempts > 1 && rules_backoff(r, 1, 1) > 0)
                m->no_time = false;
            m->no_time = m->no_time && dist_max(&n->latency) == 0;
            m->hedged = m->hedged || c->hedge[u].copies;
            m->no_cost = m->no_cost && n->cost_call == 0;
            m->redraws = m->redraws || n->latency.evidence || c->bands[u].evidence;
            m->recosts = m->recosts || c->pipeline->step[c->unit[u].step].cost_seen.sd > 0;
            for (int o = 0; o < 2; o++)
                m->infinite[o] = m->infinite[o] || c->time[u].infinite[o];
        }
    }
    bool all = true;
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++)
        all = all && deadline_holds(m, k);
    if (all)
        m->infinite[0] = m->infinite[1] = false;
}

bool model_plain(const struct model *m, uint32_t step)
{
    const struct chain *c = &m->chain[0];
    for (uint32_t u = c->extra[step]; u < c->extra[step + 1]; u++)
        if (unit_counts(&c->unit[u]))
            return false;
    return true;
}

bool model_once(const struct model *m, uint32_t step)
{
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++)
        if (chain_retry(&m->chain[k], step)->attempts > 1)
            return false;
    return true;
}

static double block_work(const struct chain *c)
{
    double sum = 0;
    for (uint32_t b = 0; b < c->n_blocks; b++) {
        double n = c->block[b].end - c->block[b].begin;
        sum += n * n * n / 12 + 1000;
    }
    return sum;
}

double model_work(const struct model *m)
{
    double sum = 0, steps = m->pipeline->n_steps;
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++) {
        const struct chain *c = &m->chain[k];
        double pass = 2.0 * c->n_hops + 2.0 * c->n_states + block_work(c);
        sum += 5 * pass + MODEL_FILL * steps + 2.0 * c->n_branches + forks_work(c, true);
        if (m->what_if)
            sum += (3 * m->n_looped + 3) * pass + 3 * steps * forks_work(c, false);
    }
    return sum + deadline_work(m);
}

static int build_chains(struct model *m, struct chain_options *options, struct error *err)
{
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++) {
        struct chain *c = &m->chain[k];
        if (chain_build(c, m->pipeline, &m->rules, k, options, err)) {
            while (k-- > 0)
                chain_release(&m->chain[k]);
            return -1;
        }
        m->room = c->n_states > m->room ? c->n_states : m->room;
        m->room = c->n_units > m->room ? c->n_units : m->room;
    }
    return 0;
}

static void find_loops(struct model *m)
{
    uint32_t n = m->pipeline->n_steps;
    bool *seen = mem_zero(n, sizeof *seen);
    for (uint32_t i = 0; i < n; i++) {
        memset(seen, 0, n * sizeof *seen);
        bool joins = m->pipeline->step[i].parallel || m->pipeline->step[i].parent;
        rules_reach(&m->rules, i, seen);
        m->looped[i] = joins || seen[i];
        m->n_looped += m->looped[i];
    }
    mem_free(seen);
}

/* Environments that touch no step are no part of the chain. */
static int build_weather(struct model *m, struct error *err)
{
    struct weather w;
    if (weather_init(&w, m->pipeline, err))
        return -1;
    if (w.n == 1) {
        weather_release(&w);
        return 0;
    }
    m->weather = mem_zero(1, sizeof *m->weather);
    *m->weather = w;
    return 0;
}

int model_build(struct model *m, const struct pipeline *p, uint32_t max_states, bool whole,
                struct error *err)
{
    *m = (struct model){.pipeline = p, .whole = whole, .what_if = whole, .room = p->n_steps};
    struct chain_options options = {.max_states = max_states, .what_if = whole};
    if (build_weather(m, err))
        return -1;
    options.weather = m->weather;
    rules_init(&m->rules, p);
    m->looped = mem_zero(p->n_steps, sizeof *m->looped);
    if (whole)
        find_loops(m);
    m->chain = mem_zero(p->n_classes, sizeof *m->chain);
    int status = build_chains(m, &options, err);
    if (status && whole) {
        struct error lean = {0};
        m->what_if = options.what_if = false;
        status = build_chains(m, &options, &lean);
    }
    if (status) {
        mem_free(m->chain);
        m->chain = NULL;
        model_release(m);
        return -1;
    }
    m->state = mem_zero(m->room, sizeof *m->state);
    m->mass = mem_zero(m->room, sizeof *m->mass);
    m->good = mem_zero(m->room, sizeof *m->good);
    m->bad = mem_zero(m->room, sizeof *m->bad);
    m->top = mem_zero((size_t)p->n_classes + 1, sizeof *m->top);
    m->stage = mem_zero(p->n_steps, sizeof *m->stage);
    m->flow = mem_zero((size_t)p->n_steps * (p->n_steps + ABSORB_KIND_COUNT), sizeof *m->flow);
    m->visits = mem_zero((size_t)p->n_steps * p->n_classes, sizeof *m->visits);
    m->left = mem_zero(p->n_classes, sizeof *m->left);
    m->tries = mem_zero((size_t)m->chain[0].n_units * p->n_classes, sizeof *m->tries);
    m->attempt = mem_zero(p->n_steps, sizeof *m->attempt);
    find_simple(m);
    if (m->what_if && (model_leaves(m) || model_work(m) > WHAT_IF_WORK_MAX))
        m->what_if = false;
    return 0;
}

bool model_leaves(const struct model *m)
{
    bool some = false;
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++)
        some = some || deadline_holds(m, k);
    return some;
}

void model_wait(struct model *m, const struct waits *waits)
{
    m->waits = waits;
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++)
        m->chain[k].wait = waits->law + (size_t)k * m->pipeline->n_steps;
    for (uint32_t i = 0; i < m->pipeline->n_steps; i++)
        m->no_time = m->no_time && !model_waits_at(m, i);
}

static const struct wait_law *wait_at(const struct model *m, uint32_t class, uint32_t step)
{
    return m->chain[class].wait ? m->chain[class].wait[step] : NULL;
}

bool model_waits_at(const struct model *m, uint32_t step)
{
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++)
        if (wait_at(m, k, step))
            return true;
    return false;
}

bool model_wait_vague(const struct model *m, uint32_t step)
{
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++) {
        const struct wait_law *w = wait_at(m, k, step);
        if (w && (w->kind == WAIT_MEAN || chain_retry(&m->chain[k], step)->attempts > 1))
            return true;
    }
    return false;
}

static void find_edges(struct model *m)
{
    const struct pipeline *p = m->pipeline;
    uint32_t columns = p->n_steps + ABSORB_KIND_COUNT;
    static const int32_t ends[] = {TO_SHIP, TO_REJECT, TO_FAIL};
    m->edge = mem_zero((size_t)p->n_steps * columns, sizeof *m->edge);
    for (uint32_t i = 0; i < p->n_steps; i++)
        for (uint32_t k = 0; k < columns; k++)
            if (m->flow[i * columns + k] > 0)
                m->edge[m->n_edges++] =
                    (struct edge_place){.from = i,
                                        .column = k,
                                        .to = k < p->n_steps ? (int32_t)k : ends[k - p->n_steps]};
}

static double mean_when_shipped(const struct top_sums *top)
{
    double n = 0, t = 0;
    for (uint32_t k = 0; k < 4; k++) {
        n += top->mass[absorb_index(ABSORB_SHIP, k & 2, k & 1)];
        t += top->t1[absorb_index(ABSORB_SHIP, k & 2, k & 1)];
    }
    return n > 0 ? t / n : 0;
}

int model_start(struct model *m, const double *theta, struct error *err)
{
    if (model_sums(m, theta, err))
        return -1;
    m->about = (struct flow_about){mean_when_shipped(&m->top[0]), m->top[0].c1, m->top[0].v1};
    find_edges(m);
    model_attempts(m);
    return 0;
}

void model_release(struct model *m)
{
    deadline_release(m);
    for (uint32_t k = 0; m->chain && k < m->pipeline->n_classes; k++)
        chain_release(&m->chain[k]);
    rules_release(&m->rules);
    mem_free(m->chain);
    mem_free(m->state);
    mem_free(m->mass);
    mem_free(m->good);
    mem_free(m->looped);
    mem_free(m->bad);
    mem_free(m->top);
    mem_free(m->stage);
    mem_free(m->flow);
    mem_free(m->visits);
    mem_free(m->left);
    mem_free(m->tries);
    mem_free(m->attempt);
    mem_free(m->edge);
    if (m->weather)
        weather_release(m->weather);
    mem_free(m->weather);
    *m = (struct model){0};
}

uint32_t model_scopes(const struct model *m)
{
    return m->pipeline->n_classes > 1 ? m->pipeline->n_classes + 1 : 1;
}

size_t model_stage_at(const struct model *m, uint32_t step)
{
    return (size_t)model_scopes(m) * TOP_COUNT + (size_t)step * STAGE_COUNT;
}

size_t model_edge_at(const struct model *m, uint32_t edge)
{
    return model_stage_at(m, m->pipeline->n_steps) + (size_t)edge * EDGE_COUNT;
}

size_t model_size(const struct model *m)
{
    return model_edge_at(m, m->n_edges);
}
