/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Breakers and retry budgets: of the run where it is timed, else of each item. */
#include "exec/orchestrator.h"

#include <math.h>

enum { SHARE_HOLDS = 10 };
#define A_TOKEN (1 - 1e-9)

static struct guard *guard_of(struct run *r, const struct run_path *p)
{
    struct guard **all = r->timed ? r->guard : p->item->guard;
    struct guard *g = all[p->step];
    if (g)
        return g;
    g = all[p->step] = mem_zero(1, sizeof *g);
    g->tokens = mem_alloc(r->pipeline->n_classes * sizeof *g->tokens);
    g->filled_s = mem_zero(r->pipeline->n_classes, sizeof *g->filled_s);
    for (uint32_t c = 0; c < r->pipeline->n_classes; c++)
        g->tokens[c] = -1;
    return g;
}

void run_guard_free(struct guard *g)
{
    if (!g)
        return;
    vec_release(&g->mark);
    mem_free(g->tokens);
    mem_free(g->filled_s);
    mem_free(g);
}

const struct retry *run_retry_of(const struct run *r, const struct run_path *p)
{
    const struct step *s = r->step[p->step].step;
    return s->class_retry ? &s->class_retry[p->item->class] : &s->retry;
}

/* --- breakers */

static void open_up(struct guard *g, const struct breaker *law, double now_s)
{
    g->open = true;
    g->probing = false;
    g->until_s = now_s + law->open_for_s;
    g->mark.len = g->head = 0;
    g->failed = 0;
}

/* The window is half-open: what ended at since_s is out of it. */
static void forget_old(struct guard *g, double since_s)
{
    while (g->head < g->mark.len && g->mark.at[g->head].at_s <= since_s)
        g->failed -= g->mark.at[g->head++].failed;
    if (g->head < 64 || 2 * g->head < g->mark.len)
        return;
    for (size_t i = g->head; i < g->mark.len; i++)
        g->mark.at[i - g->head] = g->mark.at[i];
    g->mark.len -= g->head;
    g->head = 0;
}

bool run_breaker_lets(struct run *r, struct run_path *p, bool *probe)
{
    *probe = false;
    if (!(r->step[p->step].step->breaker.failures > 0))
        return true;
    struct guard *g = guard_of(r, p);
    if (!g->open)
        return true;
    if (g->probing || r->now_s < g->until_s)
        return false;
    g->probing = *probe = true;
    return true;
}

bool run_breaker_is_closed(struct run *r, struct run_path *p)
{
    return !(r->step[p->step].step->breaker.failures > 0) || !guard_of(r, p)->open;
}

void run_breaker_note(struct run *r, struct run_path *p, bool probe, bool failed)
{
    const struct breaker *law = &r->step[p->step].step->breaker;
    if (!(law->failures > 0))
        return;
    struct guard *g = guard_of(r, p);
    if (probe) {
        if (failed)
            open_up(g, law, r->now_s);
        else
            g->open = g->probing = false;
        return;
    }
    if (g->open)
        return; /* it had begun before */
    forget_old(g, r->now_s - law->window_s * (1 - 1e-12));
    vec_push(&g->mark, ((struct breaker_mark){r->now_s, failed}));
    g->failed += failed;
    size_t n = g->mark.len - g->head;
    if (n >= law->calls && g->failed >= law->failures * (double)n)
        open_up(g, law, r->now_s);
}

void run_breaker_forget(struct run *r, struct run_path *p)
{
    guard_of(r, p)->probing = false;
}

/* --- retry budgets */

static uint32_t bucket_of(const struct run *r, const struct run_path *p)
{
    return r->step[p->step].step->class_retry ? p->item->class : 0;
}

void run_budget_earn(struct run *r, struct run_path *p)
{
    const struct retry *retry = run_retry_of(r, p);
    if (retry->budget_kind != BUDGET_SHARE)
        return;
    double *tokens = &guard_of(r, p)->tokens[bucket_of(r, p)];
    *tokens = fmin((*tokens < 0 ? SHARE_HOLDS : *tokens) + retry->budget, SHARE_HOLDS);
}

bool run_budget_spend(struct run *r, struct run_path *p)
{
    const struct retry *retry = run_retry_of(r, p);
    if (retry->budget_kind == BUDGET_NONE)
        return true;
    struct guard *g = guard_of(r, p);
    uint32_t b = bucket_of(r, p);
    double holds = retry->budget_kind == BUDGET_RATE ? fmax(retry->budget, 1) : SHARE_HOLDS;
    double *tokens = &g->tokens[b];
    if (*tokens < 0)
        *tokens = holds;
    else if (retry->budget_kind == BUDGET_RATE)
        *tokens = fmin(*tokens + (r->now_s - g->filled_s[b]) * retry->budget, holds);
    g->filled_s[b] = r->now_s;
    if (*tokens < A_TOKEN)
        return false;
    *tokens = fmax(*tokens - 1, 0);
    return true;
}
