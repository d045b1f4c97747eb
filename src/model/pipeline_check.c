/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be wrong with a pipeline as a whole.
 *
 * The flow is a graph whose edges are those written or implied: what follows, fallback, above,
 * below, on_reject and the `then` of each.  It is structural: an edge counts whatever the
 * probabilities are, so that a sweep may set any of them to 0. */
#include "model/pipeline.h"

#include <math.h>
#include <string.h>

enum { SUM_TOLERANCE_INVERSE = 1000000000 };
static const double tolerance = 1.0 / SUM_TOLERANCE_INVERSE;

/* The edges that leave a step, in the order in which they decide. */
static size_t edges_of(const struct step *s, const struct edge *out[4])
{
    size_t n = 0;

    out[n++] = &s->fallback;
    if (s->kind == STEP_GATE) {
        out[n++] = &s->above;
        out[n++] = &s->below;
        return n;
    }
    if (s->kind == STEP_CHECK || s->kind == STEP_REVIEW)
        out[n++] = &s->on_reject;
    out[n++] = &s->next;
    return n;
}

/* Marks every step that an item can come to from step `from` (from itself only through a loop). */
static void reach(const struct pipeline *p, uint32_t from, bool *seen, uint32_t *queue)
{
    uint32_t head = 0, tail = 0;

    queue[tail++] = from;
    while (head < tail) {
        const struct edge *edge[4];
        size_t n = edges_of(&p->step[queue[head++]], edge);
        for (size_t i = 0; i < n; i++) {
            for (const struct edge *e = edge[i]; e; e = e->then) {
                if (e->to < 0 || (uint32_t)e->to >= p->n_steps || seen[e->to])
                    continue;
                seen[e->to] = true;
                if ((uint32_t)e->to != from)
                    queue[tail++] = (uint32_t)e->to;
            }
        }
    }
}

static void check_reached(const struct pipeline *p, struct arena *work, struct faults *faults)
{
    bool *seen = arena_alloc(work, p->n_steps);
    uint32_t *queue = arena_alloc(work, (p->n_steps + 1) * sizeof *queue);

    reach(p, 0, seen, queue);
    for (uint32_t i = 1; i < p->n_steps; i++)
        if (!seen[i])
            faults_add(faults, p->step[i].line, p->step[i].column, NULL,
                       "step `%s` cannot be reached: no edge leads to it", p->step[i].id);
}

static void check_loops(const struct pipeline *p, struct faults *faults)
{
    for (uint32_t i = 0; i < p->n_steps; i++) {
        const struct edge *edge[4];
        size_t n = edges_of(&p->step[i], edge);
        for (size_t j = 0; j < n; j++)
            for (const struct edge *e = edge[j]; e; e = e->then)
                if (e->to >= 0 && (uint32_t)e->to <= i && e->at_most == AT_MOST_NONE)
                    faults_add(faults, e->line ? e->line : p->step[i].line, e->column, e->origin,
                               "going back from `%s` to `%s` is a loop without a bound: write "
                               "{goto: %s, at_most: 2, then: reject}",
                               p->step[i].id, p->step[e->to].id, p->step[e->to].id);
    }
}

static void check_gates(const struct pipeline *p, struct arena *work, struct faults *faults)
{
    bool *seen = arena_alloc(work, p->n_steps);
    uint32_t *queue = arena_alloc(work, (p->n_steps + 1) * sizeof *queue);

    for (uint32_t i = 0; i < p->n_steps; i++)
        if (p->step[i].has_confidence)
            reach(p, i, seen, queue);
    for (uint32_t i = 0; i < p->n_steps; i++) {
        const struct step *s = &p->step[i];
        if (s->kind != STEP_GATE)
            continue;
        if (s->gate_of >= 0 && !p->step[s->gate_of].has_confidence)
            faults_add(faults, s->line, s->column, NULL,
                       "gate `%s` is of `%s`, which gives no confidence", s->id,
                       p->step[s->gate_of].id);
        else if (s->gate_of >= 0) {
            memset(seen, 0, p->n_steps);
            reach(p, (uint32_t)s->gate_of, seen, queue);
            if (!seen[i])
                faults_add(faults, s->line, s->column, NULL,
                           "gate `%s` is of `%s`, which no item passes before it", s->id,
                           p->step[s->gate_of].id);
        } else if (!seen[i]) {
            faults_add(faults, s->line, s->column, NULL,
                       "no step before gate `%s` gives a confidence", s->id);
        }
    }
}

static void check_outcomes(const struct pipeline *p, const struct step *s, struct faults *faults)
{
    for (uint32_t c = 0; c < p->n_classes; c++) {
        const struct numbers *n = &s->numbers[c];
        double sum = n->error.value + n->wrong.value + n->malformed.value;
        bool named = *p->class[c].id != '\0';
        if (!(sum > 1.0 + tolerance))
            continue;
        faults_add(faults, s->outcome_line ? s->outcome_line : s->line,
                   s->outcome_line ? s->outcome_column : s->column, s->outcome_origin,
                   "the outcomes of `%s` can add up to more than 1%s%s: error %g, wrong %g, "
                   "malformed %g are %g",
                   s->id, named ? " for class " : "", p->class[c].id, n->error.value,
                   n->wrong.value, n->malformed.value, sum);
        return;
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
    struct arena work;

    if (p->n_steps == 0) {
        faults_add(faults, 0, 0, NULL, "the flow has no steps");
        return;
    }
    arena_init(&work);
    check_reached(p, &work, faults);
    check_loops(p, faults);
    check_gates(p, &work, faults);
    arena_release(&work);
}

void pipeline_check_numbers(const struct pipeline *p, struct faults *faults)
{
    for (uint32_t i = 0; i < p->n_steps; i++)
        check_outcomes(p, &p->step[i], faults);
    check_shares(p, faults);
}

void pipeline_check(const struct pipeline *p, struct faults *faults)
{
    pipeline_check_flow(p, faults);
    pipeline_check_numbers(p, faults);
}
