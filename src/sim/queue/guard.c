/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Circuit breakers and retry budgets of steps.
 *
 * Paths run ahead of the clock where they can, and leave behind what they will have changed:
 * visibly ok answers, and first attempts that earn.  That is taken in, in order of time, by the
 * first who asks after it.  Who asks, and whatever else can change a breaker or a budget, does so
 * when the clock is there. */
#include "sim/queue/sim.h"

#include <math.h>

/* --- instants to come: a binary heap */

static void add_instant(struct instants *h, double at_s)
{
    if (h->n == h->cap) {
        h->cap = h->cap ? 2 * h->cap : 16;
        h->at = mem_resize(h->at, h->cap * sizeof *h->at);
    }
    uint32_t i = h->n++;
    for (; i > 0 && at_s < h->at[(i - 1) / 2]; i = (i - 1) / 2)
        h->at[i] = h->at[(i - 1) / 2];
    h->at[i] = at_s;
}

static double take_instant(struct instants *h)
{
    double first = h->at[0], last = h->at[--h->n];
    uint32_t i = 0;
    for (uint32_t k = 1; k < h->n; k = 2 * i + 1) {
        k += k + 1 < h->n && h->at[k + 1] < h->at[k];
        if (last <= h->at[k])
            break;
        h->at[i] = h->at[k];
        i = k;
    }
    h->at[i] = last;
    return first;
}

static inline bool has_come(const struct instants *h, double now_s)
{
    return h->n > 0 && h->at[0] <= now_s;
}

void guard_clear(struct queue_sim *s)
{
    const struct queue_program *g = s->program;
    for (uint32_t i = 0; i < g->n_steps; i++) {
        struct breaker_state *b = &s->breaker[i];
        *b = (struct breaker_state){
            .mark = b->mark, .cap = b->cap, .ok = {.at = b->ok.at, .cap = b->ok.cap}
        };
        for (uint32_t c = 0; c < g->n_classes; c++) {
            struct bucket *k = &s->bucket[i * g->n_classes + c];
            k->tokens = -1;
            k->filled_s = 0;
            k->earns.n = 0;
        }
    }
}

/* --- breakers: the answers within the window, in a ring */

static void forget_old(struct breaker_state *b, double before_s)
{
    while (b->n && b->mark[b->head].at_s <= before_s) {
        b->failed -= b->mark[b->head].failed;
        b->head = (b->head + 1) & (b->cap - 1);
        b->n--;
    }
}

static void add_mark(struct breaker_state *b, double at_s, bool failed)
{
    if (b->n == b->cap) {
        uint32_t cap = b->cap ? 2 * b->cap : 64;
        struct breaker_mark *mark = mem_zero(cap, sizeof *mark);
        for (uint32_t i = 0; i < b->n; i++)
            mark[i] = b->mark[(b->head + i) & (b->cap - 1)];
        mem_free(b->mark);
        b->mark = mark;
        b->cap = cap;
        b->head = 0;
    }
    b->mark[(b->head + b->n++) & (b->cap - 1)] = (struct breaker_mark){at_s, failed};
    b->failed += failed;
}

static void open_up(struct breaker_state *b, const struct breaker *law, double at_s)
{
    b->open = true;
    b->probing = false;
    b->until_s = at_s + law->open_for_s;
    b->n = b->head = b->failed = 0;
}

static void take_in(struct breaker_state *b, const struct breaker *law, double at_s, bool failed)
{
    if (b->open)
        return; /* begun before it opened */
    forget_old(b, at_s - law->window_s);
    add_mark(b, at_s, failed);
    if (b->n >= law->calls && b->failed >= law->failures * b->n)
        open_up(b, law, at_s);
}

/* The breaker as it is now. */
static struct breaker_state *breaker_now(struct queue_sim *s, uint32_t step)
{
    struct breaker_state *b = &s->breaker[step];
    while (has_come(&b->ok, s->clock.now_s))
        take_in(b, &s->program->step[step].step->breaker, take_instant(&b->ok), false);
    return b;
}

bool breaker_is_closed(struct queue_sim *s, uint32_t step)
{
    return !breaker_now(s, step)->open;
}

bool breaker_lets(struct queue_sim *s, uint32_t step, bool *probe)
{
    struct breaker_state *b = breaker_now(s, step);
    if (!b->open)
        return true;
    if (b->probing || s->clock.now_s < b->until_s)
        return false;
    b->probing = *probe = true;
    return true;
}

void breaker_note(struct queue_sim *s, uint32_t step, bool probe, bool failed)
{
    struct breaker_state *b = breaker_now(s, step);
    const struct breaker *law = &s->program->step[step].step->breaker;
    if (!probe)
        take_in(b, law, s->clock.now_s, failed);
    else if (failed)
        open_up(b, law, s->clock.now_s);
    else
        b->open = b->probing = false;
}

void breaker_note_ok(struct queue_sim *s, uint32_t step)
{
    add_instant(&s->breaker[step].ok, s->clock.now_s);
}

void breaker_forget(struct queue_sim *s, uint32_t step)
{
    s->breaker[step].probing = false;
}

/* --- retry budgets */

enum { SHARE_HOLDS = 10 };

static struct bucket *bucket_of(struct queue_sim *s, uint32_t step, uint32_t class)
{
    const struct step *of = s->program->step[step].step;
    return &s->bucket[step * s->program->n_classes + (of->class_retry ? class : 0)];
}

/* Adds what first attempts have earned. */
static void fill_by_share(struct bucket *b, double share, double until_s)
{
    while (has_come(&b->earns, until_s)) {
        (void)take_instant(&b->earns);
        b->tokens = fmin(b->tokens + share, SHARE_HOLDS);
    }
}

void budget_earn(struct queue_sim *s, uint32_t step, uint32_t class, const struct retry *r)
{
    if (r->budget_kind != BUDGET_SHARE)
        return;
    struct bucket *b = bucket_of(s, step, class);
    if (b->tokens < 0)
        b->tokens = SHARE_HOLDS;
    fill_by_share(b, r->budget, s->clock.event_s);
    add_instant(&b->earns, s->clock.now_s);
}

bool budget_spend(struct queue_sim *s, uint32_t step, uint32_t class, const struct retry *r)
{
    if (r->budget_kind == BUDGET_NONE)
        return true;
    struct bucket *b = bucket_of(s, step, class);
    double holds = r->budget_kind == BUDGET_RATE ? fmax(r->budget, 1) : SHARE_HOLDS;
    if (b->tokens < 0) {
        b->tokens = holds;
        b->filled_s = s->clock.now_s;
    }
    if (r->budget_kind == BUDGET_RATE)
        b->tokens = fmin(b->tokens + (s->clock.now_s - b->filled_s) * r->budget, holds);
    else
        fill_by_share(b, r->budget, s->clock.now_s);
    b->filled_s = s->clock.now_s;
    if (b->tokens < 1 - 1e-9)
        return false;
    b->tokens = fmax(b->tokens - 1, 0);
    return true;
}
