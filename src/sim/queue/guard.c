/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Circuit breakers and retry budgets of steps. */
#include "sim/queue/sim.h"

#include <math.h>
#include <string.h>

void guard_clear(struct queue_sim *s)
{
    const struct queue_program *g = s->program;
    for (uint32_t i = 0; i < g->n_steps; i++) {
        struct breaker_state *b = &s->breaker[i];
        *b = (struct breaker_state){.mark = b->mark, .cap = b->cap};
        for (uint32_t c = 0; c < g->n_classes; c++)
            s->bucket[i * g->n_classes + c] = (struct bucket){-1, 0};
    }
}

/* --- breakers: the answers within the window, in a ring */

static void forget_old(struct breaker_state *b, double before_s)
{
    while (b->n && b->mark[b->head].at_s <= before_s) {
        b->failed -= b->mark[b->head].failed;
        b->head = (b->head + 1) % b->cap;
        b->n--;
    }
}

static void add_mark(struct breaker_state *b, double at_s, bool failed)
{
    if (b->n == b->cap) {
        uint32_t cap = b->cap ? 2 * b->cap : 64;
        struct breaker_mark *mark = mem_zero(cap, sizeof *mark);
        for (uint32_t i = 0; i < b->n; i++)
            mark[i] = b->mark[(b->head + i) % b->cap];
        mem_free(b->mark);
        b->mark = mark;
        b->cap = cap;
        b->head = 0;
    }
    b->mark[(b->head + b->n++) % b->cap] = (struct breaker_mark){at_s, failed};
    b->failed += failed;
}

bool breaker_is_closed(const struct queue_sim *s, uint32_t step)
{
    return !s->breaker[step].open;
}

bool breaker_lets(struct queue_sim *s, uint32_t step, bool *probe)
{
    struct breaker_state *b = &s->breaker[step];
    if (!b->open)
        return true;
    if (b->probing || s->clock.now_s < b->until_s)
        return false;
    b->probing = *probe = true;
    return true;
}

static void open_up(const struct queue_sim *s, struct breaker_state *b, const struct breaker *law)
{
    b->open = true;
    b->probing = false;
    b->until_s = s->clock.now_s + law->open_for_s;
    b->n = b->head = b->failed = 0;
}

void breaker_note(struct queue_sim *s, uint32_t step, bool probe, bool failed)
{
    struct breaker_state *b = &s->breaker[step];
    const struct breaker *law = &s->program->step[step].step->breaker;
    if (b->open && !probe)
        return; /* begun before it opened */
    if (probe) {
        if (failed)
            open_up(s, b, law);
        else
            b->open = b->probing = false;
        return;
    }
    forget_old(b, s->clock.now_s - law->window_s);
    add_mark(b, s->clock.now_s, failed);
    if (b->n >= law->calls && b->failed >= law->failures * b->n)
        open_up(s, b, law);
}

void breaker_forget(struct queue_sim *s, uint32_t step)
{
    s->breaker[step].probing = false;
}

/* --- retry budgets */

enum { SHARE_HOLDS = 10 };

static struct bucket *filled(struct queue_sim *s, uint32_t step, uint32_t class,
                             const struct retry *r, double *holds)
{
    const struct step *of = s->program->step[step].step;
    struct bucket *b = &s->bucket[step * s->program->n_classes + (of->class_retry ? class : 0)];
    *holds = r->budget_kind == BUDGET_RATE ? fmax(r->budget, 1) : SHARE_HOLDS;
    if (b->tokens < 0)
        *b = (struct bucket){*holds, s->clock.now_s};
    if (r->budget_kind == BUDGET_RATE)
        b->tokens = fmin(b->tokens + (s->clock.now_s - b->filled_s) * r->budget, *holds);
    b->filled_s = s->clock.now_s;
    return b;
}

void budget_earn(struct queue_sim *s, uint32_t step, uint32_t class, const struct retry *r)
{
    double holds;
    if (r->budget_kind != BUDGET_SHARE)
        return;
    struct bucket *b = filled(s, step, class, r, &holds);
    b->tokens = fmin(b->tokens + r->budget, holds);
}

bool budget_spend(struct queue_sim *s, uint32_t step, uint32_t class, const struct retry *r)
{
    double holds;
    if (r->budget_kind == BUDGET_NONE)
        return true;
    struct bucket *b = filled(s, step, class, r, &holds);
    if (b->tokens < 1 - 1e-9)
        return false;
    b->tokens = fmax(b->tokens - 1, 0);
    return true;
}
