/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parallel branches: each copy is a path of its own that starts as the whole was; when the join is
 * done the others are stopped, and what all have seen flows back into the path that waited. */
#include "sim/queue/sim.h"

#include <math.h>
#include <string.h>

/* --- stopping */

void path_stop(struct queue_sim *s, uint32_t path, bool gave_up)
{
    for (uint32_t c = s->path[path].children; c != NONE; c = s->path[c].sibling)
        path_stop(s, c, gave_up);
    if (s->path[path].phase == PHASE_BUSY)
        visit_withdraw(s, path, gave_up);
}

void path_drop(struct queue_sim *s, uint32_t path)
{
    uint32_t next;
    for (uint32_t c = s->path[path].children; c != NONE; c = next) {
        next = s->path[c].sibling;
        path_drop(s, c);
    }
    s->path[path].children = NONE;
    if (s->path[path].ready)
        s->path[path].phase = PHASE_DEAD; /* its slot is freed when its turn comes */
    else
        path_free(s, path);
}

/* --- starting */

void join_fork(struct queue_sim *s, uint32_t path)
{
    const struct parallel *par = s->program->step[s->path[path].step].step->parallel;
    uint32_t visit = path_visits(s, path)[s->path[path].step], last = NONE;
    s->path[path].phase = PHASE_JOIN;
    s->path[path].n_ok = s->path[path].n_failed = s->path[path].n_good = 0;
    for (uint32_t k = 0; k < par->n; k++) {
        uint32_t child = path_new(s);
        struct path *c = &s->path[child];
        const struct path *p = &s->path[path];
        c->key = rng_key(p->key, visit, k, p->step, RNG_SPLIT);
        c->item = p->item;
        c->parent = path;
        c->copy = k;
        c->good = p->good;
        c->confidence = p->confidence;
        c->step = par->first[k / par->copies];
        memcpy(s->blob + child * s->program->stride, s->blob + path * s->program->stride,
               s->program->stride);
        if (last == NONE)
            s->path[path].children = child;
        else
            s->path[last].sibling = child;
        last = child;
        path_make_ready(s, child);
    }
}

/* --- joining */

static bool is_taken(const struct parallel *par, const struct path *c, uint32_t best, uint32_t self)
{
    if (par->join == JOIN_BEST)
        return self == best;
    return c->phase == PHASE_DONE && c->ok;
}

/* The first of the ok ones with the highest confidence; one without any is lowest. */
static uint32_t best_of(const struct queue_sim *s, uint32_t path)
{
    uint32_t best = NONE;
    for (uint32_t c = s->path[path].children; c != NONE; c = s->path[c].sibling) {
        const struct path *p = &s->path[c];
        if (p->phase != PHASE_DONE || !p->ok)
            continue;
        bool better = best == NONE || p->confidence > s->path[best].confidence ||
                      (isnan(s->path[best].confidence) && !isnan(p->confidence));
        best = better ? c : best;
    }
    return best;
}

/* The k-th highest confidence of the taken copies of a branch (of all branches: NONE): the last
 * one, or that of a step.  NaN when that one has none. */
static double kth_confidence(const struct queue_sim *s, uint32_t path, const struct parallel *par,
                             uint32_t best, uint32_t branch, uint32_t step)
{
    double value = NAN;
    uint32_t taken = 0, k = par->join == JOIN_BEST ? 1 : par->k;
    for (uint32_t c = s->path[path].children; c != NONE; c = s->path[c].sibling) {
        const struct path *p = &s->path[c];
        taken += is_taken(par, p, best, c) && (branch == NONE || p->copy / par->copies == branch);
    }
    k = k < taken ? k : taken;
    for (uint32_t c = s->path[path].children; k > 0 && c != NONE; c = s->path[c].sibling) {
        const struct path *p = &s->path[c];
        if (!is_taken(par, p, best, c) || (branch != NONE && p->copy / par->copies != branch))
            continue;
        double x = step == NONE ? p->confidence : path_confidences(s, c)[step];
        uint32_t above = 0, equal = 0;
        for (uint32_t d = s->path[path].children; d != NONE; d = s->path[d].sibling) {
            const struct path *o = &s->path[d];
            if (!is_taken(par, o, best, d) || (branch != NONE && o->copy / par->copies != branch))
                continue;
            double y = step == NONE ? o->confidence : path_confidences(s, d)[step];
            above += y > x || (isnan(x) && !isnan(y));
            equal += y == x || (isnan(x) && isnan(y));
        }
        if (above < k && k <= above + equal)
            value = x;
    }
    return value;
}

/* What the copies have seen: visits are added up, a step failed or was wrong when it was in any. */
static void merge_steps(struct queue_sim *s, uint32_t path, const struct parallel *par)
{
    for (uint32_t i = par->first[0]; i < par->first[par->n_branches]; i++) {
        uint32_t base = path_visits(s, path)[i], visits = base;
        uint8_t flags = path_flags(s, path)[i], seen = 0;
        for (uint32_t c = s->path[path].children; c != NONE; c = s->path[c].sibling) {
            uint32_t more = path_visits(s, c)[i] - base;
            visits += more;
            if (more)
                seen |= path_flags(s, c)[i];
        }
        path_visits(s, path)[i] = visits;
        path_flags(s, path)[i] = visits > base ? (uint8_t)(seen | (flags & FLAG_BAD)) : flags;
    }
}

static void merge_confidences(struct queue_sim *s, uint32_t path, const struct parallel *par,
                              uint32_t best)
{
    struct path *p = &s->path[path];
    for (uint32_t b = 0; b < par->n_branches; b++)
        for (uint32_t i = par->first[b]; i < par->first[b + 1]; i++)
            if (s->program->step[i].keeps_confidence)
                path_confidences(s, path)[i] = kth_confidence(s, path, par, best, b, i);
    p->confidence = kth_confidence(s, path, par, best, NONE, NONE);
}

static bool joined_quality(const struct queue_sim *s, uint32_t path, const struct parallel *par,
                           uint32_t best)
{
    const struct path *p = &s->path[path];
    switch (par->join) {
    case JOIN_BEST:
        return s->path[best].good;
    case JOIN_VOTE:
    case JOIN_MAJORITY:
        return p->n_good >= par->k;
    default:
        return p->n_good == p->n_ok;
    }
}

static void join_finish(struct queue_sim *s, uint32_t path, bool ok)
{
    const struct queue_step *q = &s->program->step[s->path[path].step];
    const struct parallel *par = q->step->parallel;
    uint32_t next, best = best_of(s, path);
    for (uint32_t c = s->path[path].children; c != NONE; c = s->path[c].sibling)
        path_stop(s, c, false);
    merge_steps(s, path, par);
    if (ok) {
        s->path[path].good = joined_quality(s, path, par, best);
        if (s->program->asks_confidences)
            merge_confidences(s, path, par, best);
    }
    for (uint32_t c = s->path[path].children; c != NONE; c = next) {
        next = s->path[c].sibling;
        path_drop(s, c);
    }
    s->path[path].children = NONE;
    s->path[path].phase = PHASE_BUSY;
    s->path[path].outcome = ok ? OUTCOME_OK : OUTCOME_ERROR;
    visit_close(s, path, ok);
    if (ok)
        route_pass(s, path);
    else
        route_take(s, path, q->exit[QUEUE_FAIL]);
}

void join_note(struct queue_sim *s, uint32_t child, bool ok)
{
    struct path *c = &s->path[child];
    uint32_t path = c->parent;
    struct path *p = &s->path[path];
    const struct parallel *par = s->program->step[p->step].step->parallel;
    c->phase = PHASE_DONE;
    c->ok = ok;
    p->n_ok += ok;
    p->n_failed += !ok;
    p->n_good += ok && c->good;
    enum joined joined = rules_join(par, p->n_ok, p->n_failed);
    if (joined != JOINED_NOT_YET)
        join_finish(s, path, joined == JOINED_OK);
}
