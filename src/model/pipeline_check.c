/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be wrong with a pipeline as a whole.
 *
 * The flow is a graph whose edges are those written or implied: what follows, fallback, above,
 * between, below, on_reject, next, audits, full waiting rooms and the `then` of each; a parallel
 * leads to the first step of each branch, and its branches to where it leads.  It is structural: an
 * edge counts whatever the probabilities are, so that a sweep may set any of them to 0. */
#include "model/pipeline.h"

#include <math.h>
#include <string.h>

enum { SUM_TOLERANCE_INVERSE = 1000000000 };
static const double tolerance = 1.0 / SUM_TOLERANCE_INVERSE;

/* Calls `visit` for each edge that leaves a step, in the order in which they decide. */
static void each_exit(const struct pipeline *p, uint32_t i,
                      void (*visit)(uint32_t from, const struct edge *e, void *arg), void *arg)
{
    const struct step *s = &p->step[i];

    if (s->by)
        visit(i, &p->resource[s->by - 1].when_full, arg);
    visit(i, &s->fallback, arg);
    if (s->kind == STEP_GATE) {
        visit(i, &s->above, arg);
        if (s->audit.present)
            visit(i, &s->audit.to, arg);
        if (s->bands)
            visit(i, &s->between, arg);
        visit(i, &s->below, arg);
        return;
    }
    if (s->kind == STEP_CHECK || s->kind == STEP_REVIEW)
        visit(i, &s->on_reject, arg);
    for (uint32_t w = 0; w < s->n_ways; w++)
        visit(i, &s->way[w].edge, arg);
    if (!s->ways_complete)
        visit(i, &s->next, arg);
}

/* --- what can be reached */

struct search {
    const struct pipeline *p;
    bool *seen;
    uint32_t *queue, head, tail;
    uint32_t from;
};

static void mark(struct search *x, int32_t to)
{
    if (to < 0 || (uint32_t)to >= x->p->n_steps || x->seen[to])
        return;
    x->seen[to] = true;
    if ((uint32_t)to != x->from)
        x->queue[x->tail++] = (uint32_t)to;
}

static void mark_edge(uint32_t from, const struct edge *e, void *arg)
{
    struct search *x = arg;

    for (; e; e = e->then)
        mark(x, e->to == TO_SKIP ? pipeline_following(x->p, from) : e->to);
}

/* Marks every step that an item can come to from step `from` (from itself only through a loop). */
static void reach(const struct pipeline *p, uint32_t from, bool *seen, uint32_t *queue)
{
    struct search x = {.p = p, .seen = seen, .queue = queue, .from = from};

    queue[x.tail++] = from;
    while (x.head < x.tail) {
        uint32_t i = queue[x.head++];
        const struct parallel *par = p->step[i].parallel;
        for (uint32_t b = 0; par && b < par->n_branches; b++)
            mark(&x, (int32_t)par->first[b]);
        each_exit(p, i, mark_edge, &x);
        if (p->step[i].parent) /* a branch that ends may end the parallel */
            each_exit(p, p->step[i].parent - 1, mark_edge, &x);
    }
}

/* Returns which steps can be reached. */
static const bool *check_reached(const struct pipeline *p, struct arena *work,
                                 struct faults *faults)
{
    bool *seen = arena_alloc(work, p->n_steps);
    uint32_t *queue = arena_alloc(work, (p->n_steps + 1) * sizeof *queue);

    reach(p, 0, seen, queue);
    seen[0] = true;
    for (uint32_t i = 1; i < p->n_steps; i++)
        if (!seen[i] && (!p->step[i].parent || seen[p->step[i].parent - 1]))
            faults_add(faults, p->step[i].line, p->step[i].column, p->step[i].origin,
                       "step `%s` cannot be reached: no edge leads to it", p->step[i].id);
    return seen;
}

/* --- loops */

struct loop_check {
    const struct pipeline *p;
    struct faults *faults;
};

static void check_back(uint32_t from, const struct edge *e, void *arg)
{
    const struct loop_check *x = arg;
    const struct step *s = &x->p->step[from];

    for (; e; e = e->then)
        if (e->to >= 0 && (uint32_t)e->to <= from && e->at_most == AT_MOST_NONE)
            faults_add(x->faults, e->line ? e->line : s->line, e->column, e->origin,
                       "going back from `%s` to `%s` is a loop without a bound: write "
                       "{goto: %s, at_most: 2, then: reject}",
                       s->id, x->p->step[e->to].id, x->p->step[e->to].id);
}

static void check_loops(const struct pipeline *p, struct faults *faults)
{
    struct loop_check x = {p, faults};

    for (uint32_t i = 0; i < p->n_steps; i++)
        each_exit(p, i, check_back, &x);
}

/* --- confidences */

struct confidence_check {
    const struct pipeline *p;
    bool *some; /* [n_steps]: a confidence may be known where the step decides */
    bool *seen;
    uint32_t *queue;
    struct faults *faults;
};

/* Is a confidence of step `of` known where step `at` decides?  A step's own is, and that of a step
 * inside a parallel where the parallel ends. */
static bool knows(struct confidence_check *x, uint32_t of, uint32_t at)
{
    if (of == at || x->p->step[of].parent == at + 1)
        return true;
    memset(x->seen, 0, x->p->n_steps);
    reach(x->p, of, x->seen, x->queue);
    return x->seen[at];
}

static void find_some(struct confidence_check *x)
{
    const struct pipeline *p = x->p;

    for (uint32_t i = 0; i < p->n_steps; i++) {
        if (!p->step[i].has_confidence)
            continue;
        reach(p, i, x->some, x->queue);
        x->some[i] = true;
    }
    for (uint32_t i = 0; i < p->n_steps; i++)
        if (p->step[i].has_confidence && p->step[i].parent)
            x->some[p->step[i].parent - 1] = true;
}

static void check_gate(struct confidence_check *x, uint32_t i)
{
    const struct pipeline *p = x->p;
    const struct step *s = &p->step[i];

    if (s->gate_of < 0 && !x->some[i])
        faults_add(x->faults, s->line, s->column, s->origin,
                   "no step before gate `%s` gives a confidence", s->id);
    else if (s->gate_of >= 0 && !p->step[s->gate_of].has_confidence)
        faults_add(x->faults, s->line, s->column, s->origin,
                   "gate `%s` is of `%s`, which gives no confidence", s->id,
                   p->step[s->gate_of].id);
    else if (s->gate_of >= 0 && !knows(x, (uint32_t)s->gate_of, i))
        faults_add(x->faults, s->line, s->column, s->origin,
                   "gate `%s` is of `%s`, which no item passes before it", s->id,
                   p->step[s->gate_of].id);
}

static void check_operand(struct confidence_check *x, uint32_t i, const struct condition *c,
                          const struct operand *o)
{
    const struct pipeline *p = x->p;

    if (o->kind == OPERAND_CONFIDENCE && !x->some[i])
        faults_add(x->faults, c->line, c->column, c->origin,
                   "no step up to `%s` gives a confidence", p->step[i].id);
    if (o->kind != OPERAND_CONFIDENCE_OF)
        return;
    if (!p->step[o->of].has_confidence)
        faults_add(x->faults, c->line, c->column, c->origin, "`%s` gives no confidence",
                   p->step[o->of].id);
    else if (!knows(x, o->of, i))
        faults_add(x->faults, c->line, c->column, c->origin,
                   "no item passes `%s` before it leaves `%s`", p->step[o->of].id, p->step[i].id);
}

static void check_best(struct confidence_check *x, const struct step *s)
{
    for (uint32_t b = 0; b < s->parallel->n_branches; b++) {
        bool gives = false;
        for (uint32_t i = s->parallel->first[b]; i < s->parallel->first[b + 1]; i++)
            gives = gives || x->p->step[i].has_confidence;
        if (gives)
            continue;
        faults_add(x->faults, s->line, s->column, s->origin,
                   "`%s` takes the best by confidence, and a branch of it gives none", s->id);
        return;
    }
}

static void check_confidences(const struct pipeline *p, const bool *reached, struct arena *work,
                              struct faults *faults)
{
    struct confidence_check x = {.p = p, .faults = faults};

    x.some = arena_alloc(work, p->n_steps);
    x.seen = arena_alloc(work, p->n_steps);
    x.queue = arena_alloc(work, (p->n_steps + 1) * sizeof *x.queue);
    find_some(&x);
    for (uint32_t i = 0; i < p->n_steps; i++) {
        const struct step *s = &p->step[i];
        if (!reached[i])
            continue;
        if (s->kind == STEP_GATE)
            check_gate(&x, i);
        if (s->kind == STEP_PARALLEL && s->parallel->join == JOIN_BEST)
            check_best(&x, s);
        for (uint32_t w = 0; w < s->n_ways; w++) {
            const struct condition *c = s->way[w].when;
            for (uint32_t n = 0; c && n < c->n; n++) {
                if (c->node[n].op >= CONDITION_NOT)
                    continue;
                check_operand(&x, i, c, &c->node[n].left);
                check_operand(&x, i, c, &c->node[n].right);
            }
        }
    }
}

/* --- outcomes, overrides included: each `given` and each state by itself (numbers_resolve makes
 * room where they come together) */

/* Is the sum of each class at most 1?  The fault stands where the numbers were changed, by `how`.
 */
static bool check_sum(const struct pipeline *p, const struct step *s, const struct numbers *numbers,
                      const struct fault *place, const char *how, struct faults *faults)
{
    for (uint32_t c = 0; c < p->n_classes; c++) {
        const struct numbers *n = &numbers[c];
        double sum = n->error.value + n->wrong.value + n->malformed.value;
        bool named = *p->class[c].id != '\0';
        if (!(sum > 1.0 + tolerance))
            continue;
        faults_add(faults, place->line, place->column, place->origin,
                   "the outcomes of `%s` can add up to more than 1%s%s%s: error %g, wrong %g, "
                   "malformed %g are %g",
                   s->id, named ? " for class " : "", p->class[c].id, how, n->error.value,
                   n->wrong.value, n->malformed.value, sum);
        return false;
    }
    return true;
}

static void check_outcomes(const struct pipeline *p, uint32_t i, struct faults *faults)
{
    const struct step *s = &p->step[i];
    struct fault place = {.line = s->outcome_line ? s->outcome_line : s->line,
                          .column = s->outcome_line ? s->outcome_column : s->column,
                          .origin = s->outcome_origin};

    if (!check_sum(p, s, s->numbers, &place, "", faults))
        return;
    for (uint32_t g = 0; g < s->n_given; g++) {
        place = (struct fault){.line = s->given[g].line, .column = s->given[g].column};
        check_sum(p, s, s->given[g].override.numbers, &place, " as given here", faults);
    }
}

static void check_states(const struct pipeline *p, const struct environment *e,
                         struct faults *faults)
{
    for (uint32_t t = 0; t < e->n_states; t++) {
        const struct env_state *state = &e->state[t];
        for (uint32_t o = 0; o < state->n_overrides; o++) {
            struct fault place = {.line = state->line, .column = state->column};
            check_sum(p, &p->step[state->override[o].step], state->override[o].override.numbers,
                      &place, " in this state", faults);
        }
    }
}

static void check_shares(const struct pipeline *p, struct faults *faults)
{
    double sum = 0;

    for (uint32_t c = 0; c < p->n_classes; c++)
        sum += p->class[c].share;
    if (!(fabs(sum - 1.0) <= tolerance))
        faults_add(faults, p->classes_line, p->classes_column, p->classes_origin,
                   "the shares of the classes add up to %.12g, not 1", sum);
}

void pipeline_check_flow(const struct pipeline *p, struct faults *faults)
{
    const bool *reached;
    struct arena work;

    if (p->n_steps == 0) {
        faults_add(faults, 0, 0, NULL, "the flow has no steps");
        return;
    }
    arena_init(&work);
    reached = check_reached(p, &work, faults);
    check_loops(p, faults);
    check_confidences(p, reached, &work, faults);
    arena_release(&work);
}

void pipeline_check_numbers(const struct pipeline *p, struct faults *faults)
{
    for (uint32_t i = 0; i < p->n_steps; i++)
        check_outcomes(p, i, faults);
    for (uint32_t e = 0; e < p->n_environments; e++)
        check_states(p, &p->environment[e], faults);
    check_shares(p, faults);
}

void pipeline_check(const struct pipeline *p, struct faults *faults)
{
    pipeline_check_flow(p, faults);
    pipeline_check_numbers(p, faults);
}
