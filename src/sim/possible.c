/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reachability over (step, quality, reviewed), the numbers looked at only for being 0 or 1.  Where
 * it is not followed closely what may happen is taken to be possible: counters never run out and
 * always have, every way and every side of a gate is open, a parallel may end in any way. */
#include "sim/possible.h"

#include "base/buf.h"

struct ends {
    bool correct, wrong, auto_wrong, rejected, failed;
};

struct search {
    const struct queue_program *g;
    bool *seen; /* [n_steps][quality][reviewed] */
    bool changed;
    struct ends all, *at; /* at [n_steps]: ends reached from there */
};

static void see(struct search *s, uint32_t step, bool good, bool reviewed)
{
    bool *seen = &s->seen[step * 4 + good * 2u + reviewed];
    s->changed |= !*seen;
    *seen = true;
}

static void mark(struct ends *e, int32_t to, bool good, bool reviewed)
{
    e->rejected |= to == TO_REJECT;
    e->failed |= to == TO_FAIL;
    if (to != TO_SHIP && to != TO_JOIN)
        return;
    e->correct |= good;
    e->wrong |= !good;
    e->auto_wrong |= !good && !reviewed;
}

static void follow(struct search *s, uint32_t step, int32_t first, bool good, bool reviewed)
{
    for (int32_t i = first; i >= 0; i = s->g->route[i].otherwise) {
        const struct route *r = &s->g->route[i];
        if (r->to < 0) {
            mark(&s->all, r->to, good, reviewed);
            mark(&s->at[step], r->to, good, reviewed);
            continue;
        }
        uint32_t to = (uint32_t)r->to;
        see(s, to, good, reviewed);
        if (!r->back)
            continue;
        if (r->counter == ROUTE_FREE) /* the guard of loops */
            mark(&s->all, TO_FAIL, good, reviewed), mark(&s->at[step], TO_FAIL, good, reviewed);
        for (uint32_t k = 0; k < 4; k++) /* as it was on the first entry there */
            if (s->seen[to * 4 + k])
                see(s, to, k / 2, reviewed);
    }
}

static void pass(struct search *s, uint32_t step, bool good, bool reviewed)
{
    static const enum queue_exit exits[] = {QUEUE_PASS, QUEUE_ABOVE, QUEUE_BETWEEN, QUEUE_BELOW,
                                            QUEUE_AUDIT};
    const struct queue_step *q = &s->g->step[step];
    for (size_t k = 0; k < sizeof exits / sizeof *exits; k++)
        follow(s, step, q->exit[exits[k]], good, reviewed);
    for (uint32_t w = 0; w < q->step->n_ways; w++)
        follow(s, step, q->way[w], good, reviewed);
}

static size_t plans_of(const struct search *s, const struct queue_step *q)
{
    return (size_t)(1 + q->step->n_given) * s->g->n_classes * q->n_combinations;
}

/* A check or review of an item that is good, or bad, when the visit's work is done. */
static void decide(struct search *s, uint32_t step, bool good, bool reviewed)
{
    const struct queue_step *q = &s->g->step[step];
    bool passes = false, changes = false;
    for (size_t k = 0; k < plans_of(s, q); k++) {
        const struct queue_plan *c = &q->plan[k];
        passes |= c->reject_below[good] != UINT64_MAX;
        changes |= c->change_below[good] > 0;
        passes |= q->tires && c->tired_reject_below[good] != UINT64_MAX;
        changes |= q->tires && c->tired_change_below[good] > 0;
    }
    if (passes)
        pass(s, step, good, reviewed);
    if (changes)
        pass(s, step, !good, reviewed);
    if (q->can_reject[good])
        follow(s, step, q->exit[QUEUE_REJECT], good, reviewed);
}

static void visit(struct search *s, uint32_t step, bool good, bool reviewed)
{
    const struct queue_step *q = &s->g->step[step];
    bool parallel = q->kind == STEP_PARALLEL;
    bool spoils =
        parallel ? s->g->can_be_bad : q->can_end[OUTCOME_WRONG] || q->can_end[OUTCOME_MALFORMED];
    if (q->exit[QUEUE_FULL] >= 0)
        follow(s, step, q->exit[QUEUE_FULL], good, reviewed);
    for (int after = 0; after < 2; after++) { /* a parallel may hold a review */
        bool by_then = after ? reviewed || q->kind == STEP_REVIEW || parallel : reviewed;
        if (q->can_fail)
            follow(s, step, q->exit[QUEUE_FAIL], good, by_then);
        if (!after && q->kind == STEP_REVIEW)
            continue;
        decide(s, step, good, by_then);
        if (good ? spoils : true) /* repair */
            decide(s, step, !good, by_then);
    }
}

static void explore(struct search *s)
{
    const struct queue_program *g = s->g;
    for (uint32_t c = 0; c < g->n_classes; c++) {
        if (g->bad_below[c] != UINT64_MAX)
            see(s, 0, true, false);
        if (g->bad_below[c] > 0)
            see(s, 0, false, false);
    }
    while (s->changed) {
        s->changed = false;
        for (uint32_t k = 0; k < 4 * g->n_steps; k++)
            if (s->seen[k])
                visit(s, k / 4, k / 2 % 2, k % 2);
    }
}

/* --- into the result */

static const char *const names[] = {"reliability", "completion",     "share_wrong", "shipped_error",
                                    "auto_error",  "share_rejected", "share_failed"};
enum { NAMES = sizeof names / sizeof *names };
static const char *const exits[] = {"exit_reject", "exit_fail"};
enum { EXITS = sizeof exits / sizeof *exits };

static struct metric *unseen(const struct metrics *all, const char *name)
{
    const struct metric *m = metrics_find(all, name);
    return m && m->value == 0 && m->low < m->high ? (struct metric *)m : NULL;
}

static void settle(const struct metrics *all, const char *name, bool possible)
{
    struct metric *m = unseen(all, name);
    if (m && !possible)
        *m = (struct metric){.name = m->name, .unit = m->unit};
}

static void settle_all(const struct metrics *all, const struct ends *e)
{
    const bool can[NAMES] = {e->correct, e->correct || e->wrong, e->wrong,
                             e->wrong,   e->auto_wrong,          e->rejected,
                             e->failed};
    for (size_t k = 0; k < NAMES; k++)
        settle(all, names[k], can[k]);
}

bool possible_asks(const struct result *out)
{
    for (size_t k = 0; k < NAMES; k++) {
        if (unseen(&out->metrics, names[k]))
            return true;
        for (size_t c = 0; c < out->classes.len; c++)
            if (unseen(&out->classes.at[c].metrics, names[k]))
                return true;
    }
    for (size_t k = 0; k < EXITS; k++)
        for (size_t i = 0; i < out->stages.len; i++)
            if (unseen(&out->stages.at[i].metrics, exits[k]))
                return true;
    return false;
}

void possible_settle(const struct queue_program *g, struct result *out)
{
    struct search s = {.g = g,
                       .seen = mem_zero((size_t)4 * g->n_steps, sizeof *s.seen),
                       .at = mem_zero(g->n_steps, sizeof *s.at)};
    explore(&s);
    settle_all(&out->metrics, &s.all);
    for (size_t c = 0; c < out->classes.len; c++)
        settle_all(&out->classes.at[c].metrics, &s.all);
    for (size_t i = 0; i < out->stages.len && i < g->n_steps; i++) {
        if (g->step[i].step->parent) /* of a branch: not followed */
            continue;
        settle(&out->stages.at[i].metrics, exits[0], s.at[i].rejected);
        settle(&out->stages.at[i].metrics, exits[1], s.at[i].failed);
    }
    mem_free(s.seen);
    mem_free(s.at);
}
