/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parallel branches: each copy is a path of its own that starts as the whole was; when the join is
 * done the others are stopped, and what all have seen flows back into the path that waited.
 *
 * What the item holds afterwards: `best` takes the payload of its branch, votes the one that most
 * branches agree on; the others put the payloads of the branches taken over each other in order. */
#include "exec/orchestrator.h"

#include <math.h>
#include <string.h>

void run_join_fork(struct run *r, struct run_path *p)
{
    const struct parallel *par = r->step[p->step].step->parallel;
    struct run_path *last = NULL;
    p->phase = PATH_FORKED;
    p->n_ok = p->n_failed = 0;
    for (uint32_t k = 0; k < par->n; k++) {
        struct run_path *c = run_path_take(r, p->item);
        run_path_copy(r, c, p);
        c->parent = p;
        c->index = 1 + k;
        c->step = par->first[k / par->copies];
        if (last)
            last->sibling = c;
        else
            p->child = c;
        last = c;
        run_path_ready(r, c);
    }
}

/* --- what was taken */

static bool is_taken(const struct parallel *par, const struct run_path *c,
                     const struct run_path *best)
{
    if (par->join == JOIN_BEST)
        return c == best;
    return c->phase == PATH_DONE && c->ok;
}

static struct run_path *best_of(const struct run_path *p)
{
    struct run_path *best = NULL;
    for (struct run_path *c = p->child; c; c = c->sibling) {
        if (c->phase != PATH_DONE || !c->ok)
            continue;
        if (!best || c->confidence > best->confidence ||
            (isnan(best->confidence) && !isnan(c->confidence)))
            best = c;
    }
    return best;
}

/* Branches of which a confidence is asked: one, or all; the last one or that of a step. */
enum { ALL_BRANCHES = UINT32_MAX, LAST_ONE = UINT32_MAX };

/* The k-th highest of what the taken copies say; NaN counts as lowest. */
static double kth_confidence(const struct run_path *p, const struct parallel *par,
                             const struct run_path *best, uint32_t branch, uint32_t step)
{
    double *x = mem_alloc(par->n * sizeof *x), value = NAN;
    uint32_t n = 0, k = par->join == JOIN_BEST ? 1 : par->k;
    for (const struct run_path *c = p->child; c; c = c->sibling) {
        if (!is_taken(par, c, best) ||
            (branch != ALL_BRANCHES && (c->index - 1) / par->copies != branch))
            continue;
        double y = step == LAST_ONE ? c->confidence : c->confidence_of[step];
        uint32_t i = n++;
        for (; i > 0 && !(x[i - 1] >= y) && !isnan(y); i--)
            x[i] = x[i - 1];
        x[i] = y;
    }
    k = k < n ? k : n;
    if (k > 0)
        value = x[k - 1];
    mem_free(x);
    return value;
}

static void merge_confidences(struct run_path *p, const struct parallel *par,
                              const struct run_path *best, const struct run *r)
{
    for (uint32_t b = 0; b < par->n_branches; b++)
        for (uint32_t i = par->first[b]; i < par->first[b + 1]; i++)
            if (r->step[i].step->has_confidence)
                p->confidence_of[i] = kth_confidence(p, par, best, b, i);
    p->confidence = kth_confidence(p, par, best, ALL_BRANCHES, LAST_ONE);
}

/* Visits are added up; a step failed or was wrong when it was in any copy. */
static void merge_steps(struct run_path *p, const struct parallel *par)
{
    for (uint32_t i = par->first[0]; i < par->first[par->n_branches]; i++) {
        uint32_t base = p->visits[i], visits = base;
        uint8_t seen = 0;
        for (const struct run_path *c = p->child; c; c = c->sibling) {
            uint32_t more = c->visits[i] - base;
            visits += more;
            if (more)
                seen |= c->flags[i];
        }
        if (visits > base)
            p->flags[i] = seen;
        p->visits[i] = visits;
    }
}

/* --- what the item holds then */

/* Puts one payload over another, which stays as it is when that cannot be. */
static void put_over(struct run *r, struct holding *held, const struct text *over)
{
    struct buf out = {0};
    struct error ignored = {0};
    if (!payload_put(r->tool, held->payload->data, held->payload->len, over->data, over->len, &out,
                     &ignored)) {
        text_drop(held->payload);
        held->payload = text_new(out.data, out.len);
    }
    buf_release(&out);
}

static bool same_text(const struct text *a, const struct text *b)
{
    return a == b || (a->len == b->len && memcmp(a->data, b->data, a->len) == 0);
}

/* Of the branches that are taken the one that most others agree with; the first among equals. */
static const struct run_path *elected(const struct run_path *p, const struct parallel *par)
{
    const struct run_path *found = NULL;
    uint32_t most = 0;
    for (const struct run_path *c = p->child; c; c = c->sibling) {
        uint32_t agree = 0;
        for (const struct run_path *d = p->child; d && is_taken(par, c, NULL); d = d->sibling)
            agree += is_taken(par, d, NULL) && same_text(c->held.payload, d->held.payload);
        if (agree > most) {
            most = agree;
            found = c;
        }
    }
    return found;
}

static void merge_holdings(struct run *r, struct run_path *p, const struct parallel *par,
                           const struct run_path *best)
{
    struct holding before = p->held;
    bool votes = par->join == JOIN_VOTE || par->join == JOIN_MAJORITY, real = before.real;
    const struct run_path *alone = votes ? elected(p, par) : best;
    uint32_t spoilt = 0;
    p->held = (struct holding){.payload = NULL};
    for (const struct run_path *c = p->child; c; c = c->sibling) {
        if (!is_taken(par, c, best))
            continue;
        real |= c->held.real;
        spoilt += c->held.spoilt;
        if (!p->held.payload)
            p->held = run_holding_keep(&(votes ? alone : c)->held);
        else if (!votes && c->held.payload != before.payload)
            put_over(r, &p->held, c->held.payload);
    }
    p->held.real = real;
    p->held.judged = JUDGE_NOT;
    p->held.spoilt = votes ? p->n_ok - spoilt < par->k : spoilt > 0;
    run_holding_drop(&before);
}

/* --- the end */

static void finish(struct run *r, struct run_path *p, bool ok)
{
    const struct parallel *par = r->step[p->step].step->parallel;
    struct run_path *best = best_of(p), *next;
    for (struct run_path *c = p->child; c; c = c->sibling)
        run_path_stop(r, c, false);
    merge_steps(p, par);
    if (ok) {
        merge_holdings(r, p, par, best);
        merge_confidences(p, par, best, r);
    }
    for (struct run_path *c = p->child; c; c = next) {
        next = c->sibling;
        run_path_drop(r, c);
    }
    p->child = NULL;
    p->phase = PATH_BUSY;
    p->outcome = ok ? OUTCOME_OK : OUTCOME_ERROR;
    if (ok)
        run_route_pass(r, p);
    else
        run_visit_fail(r, p);
}

void run_join_note(struct run *r, struct run_path *c, bool ok)
{
    struct run_path *p = c->parent;
    const struct parallel *par = r->step[p->step].step->parallel;
    c->phase = PATH_DONE;
    c->ok = ok;
    p->n_ok += ok;
    p->n_failed += !ok;
    enum joined joined = rules_join(par, p->n_ok, p->n_failed);
    if (joined != JOINED_NOT_YET)
        finish(r, p, joined == JOINED_OK);
}
