/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words for a flow: what a step does, when each way out of it is taken. */
#include "report/graph_parts.h"

#include "base/units.h"

#include <math.h>
#include <string.h>

const char *graph_target(const struct pipeline *p, int32_t to)
{
    switch (to) {
    case TO_SHIP:
        return "ship";
    case TO_REJECT:
        return "reject";
    case TO_FAIL:
        return "fail";
    case TO_JOIN:
        return "join";
    case TO_SKIP:
        return "the next step";
    default:
        return p->step[to].id;
    }
}

/* Percent with as many digits as tell it from 0 and 100. */
static void put_share(struct buf *out, double share)
{
    double off = fmin(share, 1 - share) * 100;
    int digits = off >= 1 || off <= 0 ? 3 : 3 + (int)ceil(-log10(off));
    buf_printf(out, "%.*g%%", share > 0.5 && off < 1 && off > 0 ? digits + 2 : digits, 100 * share);
}

/* The field's value, or its range over the classes of items. */
static void put_of_classes(struct buf *out, const struct pipeline *p, const struct step *s,
                           size_t offset)
{
    double low = INFINITY, high = -INFINITY;
    for (uint32_t c = 0; c < p->n_classes; c++) {
        const char *at = (const char *)&s->numbers[c] + offset;
        double x = ((const struct number *)(const void *)at)->value;
        low = fmin(low, x);
        high = fmax(high, x);
    }
    put_share(out, low);
    if (high > low) {
        buf_puts(out, "–");
        put_share(out, high);
    }
}

static bool is_zero(const struct pipeline *p, const struct step *s, size_t offset)
{
    for (uint32_t c = 0; c < p->n_classes; c++) {
        const char *at = (const char *)&s->numbers[c] + offset;
        if (((const struct number *)(const void *)at)->value > 0)
            return false;
    }
    return true;
}

/* ---- ways ----------------------------------------------------------------------------------- */

static void add(const struct pipeline *p, struct graph_ways *out, struct arena *arena,
                const struct edge *e, bool fail, const char *when)
{
    struct graph_way way = {
        .to = e->to, .when = when, .bound = "", .then = TO_REJECT, .fail = fail};
    if (e->at_most == AT_MOST_UNBOUNDED)
        way.bound = "without a bound";
    if (e->at_most < AT_MOST_UNBOUNDED) {
        way.bounded = true;
        way.then = e->then ? e->then->to : TO_REJECT;
        way.bound =
            arena_printf(arena, "at most %s, then %s",
                         e->at_most == 1 ? "once" : arena_printf(arena, "%u times", e->at_most),
                         graph_target(p, way.then));
    }
    vec_push(&out->list, way);
}

/* "below " and the like with the gate's threshold. */
static const char *threshold(const struct pipeline *p, const struct step *s, struct arena *arena,
                             const char *before, size_t offset, const char *after)
{
    struct buf text;
    buf_init(&text);
    buf_puts(&text, before);
    put_of_classes(&text, p, s, offset);
    buf_puts(&text, s->draws_threshold ? " on average" : "");
    buf_puts(&text, after);
    const char *kept = arena_strdup(arena, buf_text(&text));
    buf_release(&text);
    return kept;
}

static void add_gate(const struct pipeline *p, const struct step *s, struct arena *arena,
                     struct graph_ways *out)
{
    const size_t low = offsetof(struct numbers, threshold),
                 high = offsetof(struct numbers, threshold_high);
    add(p, out, arena, &s->above, false,
        threshold(p, s, arena, "", s->bands ? high : low, " and above"));
    if (s->audit.present)
        add(p, out, arena, &s->audit.to, false,
            threshold(p, s, arena, "audit of ", offsetof(struct numbers, audit),
                      s->audit.design == AUDIT_UNIFORM
                          ? " of those above"
                          : " of those above, most near the threshold"));
    if (s->bands)
        add(p, out, arena, &s->between, false, threshold(p, s, arena, "between, from ", low, ""));
    add(p, out, arena, &s->below, false, threshold(p, s, arena, "below ", low, ""));
}

static void add_next(const struct pipeline *p, const struct step *s, struct arena *arena,
                     struct graph_ways *out)
{
    for (uint32_t i = 0; i < s->n_ways; i++) {
        const struct way *w = &s->way[i];
        struct buf text;
        buf_init(&text);
        if (w->when)
            buf_printf(&text, "when %s", w->when->text);
        else
            put_share(&text, w->probability->value);
        add(p, out, arena, &w->edge, false, arena_strdup(arena, buf_text(&text)));
        buf_release(&text);
    }
    if (!s->ways_complete)
        add(p, out, arena, &s->next, false, s->n_ways ? "else" : "");
}

static bool fails(const struct numbers *n)
{
    return isfinite(n->timeout_s) || n->error.value > 0 || n->malformed.value > 0;
}

/* Does an attempt ever fail so that it shows, as it is, in a `given`, or in an environment? */
static bool attempt_can_fail(const struct pipeline *p, uint32_t i)
{
    const struct step *s = &p->step[i];
    for (uint32_t c = 0; c < p->n_classes; c++) {
        if (fails(&s->numbers[c]))
            return true;
        for (uint32_t g = 0; g < s->n_given; g++)
            if (fails(&s->given[g].override.numbers[c]))
                return true;
        for (uint32_t e = 0; e < p->n_environments; e++)
            for (uint32_t k = 0; k < p->environment[e].n_states; k++) {
                const struct env_state *now = &p->environment[e].state[k];
                for (uint32_t o = 0; o < now->n_overrides; o++)
                    if (now->override[o].step == i && fails(&now->override[o].override.numbers[c]))
                        return true;
            }
    }
    return false;
}

/* Can a branch end in another way than visibly ok? */
static bool branch_can_fail(const struct pipeline *p, const struct parallel *par, uint32_t b,
                            struct arena *arena)
{
    struct graph_ways ways = {0};
    bool can = false;
    for (uint32_t i = par->first[b]; i < par->first[b + 1]; i++) {
        graph_ways(p, i, arena, &ways);
        for (size_t k = 0; k < ways.list.len; k++) {
            const struct graph_way *w = &ways.list.at[k];
            can = can || w->to == TO_FAIL || w->to == TO_REJECT ||
                  (w->bounded && (w->then == TO_FAIL || w->then == TO_REJECT));
        }
    }
    vec_release(&ways.list);
    return can;
}

/* Of a parallel: can so many branches fail that too few are left for the join? */
static bool can_fail(const struct pipeline *p, uint32_t i, struct arena *arena)
{
    const struct parallel *par = p->step[i].parallel;
    uint32_t sure = 0;
    if (!par)
        return attempt_can_fail(p, i);
    for (uint32_t b = 0; b < par->n_branches; b++)
        sure += branch_can_fail(p, par, b, arena) ? 0 : par->copies;
    return sure < par->k;
}

void graph_ways(const struct pipeline *p, uint32_t i, struct arena *arena, struct graph_ways *out)
{
    const struct step *s = &p->step[i];
    out->list.len = 0;
    if (s->kind == STEP_GATE)
        add_gate(p, s, arena, out);
    else
        add_next(p, s, arena, out);
    if (s->kind == STEP_CHECK || s->kind == STEP_REVIEW)
        add(p, out, arena, &s->on_reject, true, "rejected");
    if (s->kind != STEP_GATE && (s->fallback.to != TO_FAIL || can_fail(p, i, arena)))
        add(p, out, arena, &s->fallback, true, "failed");
    if (s->by && p->resource[s->by - 1].waiting_room != ROOM_UNLIMITED)
        add(p, out, arena, &p->resource[s->by - 1].when_full, true,
            arena_printf(arena, "%s full", p->resource[s->by - 1].id));
}

/* ---- facts ---------------------------------------------------------------------------------- */

/* ", " and the fact, when it is not 0. */
static void put_fact(struct buf *out, const struct pipeline *p, const struct step *s,
                     const char *before, size_t offset, const char *after)
{
    if (is_zero(p, s, offset))
        return;
    buf_printf(out, ", %s", before);
    put_of_classes(out, p, s, offset);
    buf_puts(out, after);
}

static void put_helpers(const struct pipeline *p, const struct step *s, struct buf *out)
{
    if (s->retry.attempts > 1)
        buf_printf(out, ", up to %u attempts", s->retry.attempts);
    if (s->hedge_copies)
        buf_puts(out, ", hedged");
    if (s->has_cache)
        put_fact(out, p, s, "cached ", offsetof(struct numbers, cache_hit), "");
    if (s->breaker.failures > 0)
        buf_puts(out, ", behind a breaker");
    if (s->by)
        buf_printf(out, ", by %s", p->resource[s->by - 1].id);
    if (s->exec)
        buf_puts(out, ", executed");
}

/* The states of environments in which its numbers are others. */
static void put_environments(const struct pipeline *p, uint32_t i, struct buf *out)
{
    for (uint32_t e = 0; e < p->n_environments; e++)
        for (uint32_t k = 0; k < p->environment[e].n_states; k++) {
            const struct env_state *now = &p->environment[e].state[k];
            bool touched = false;
            for (uint32_t o = 0; o < now->n_overrides; o++)
                touched = touched || now->override[o].step == i;
            if (touched)
                buf_printf(out, ", other numbers while %s is %s", p->environment[e].id, now->id);
        }
}

void graph_put_facts(const struct pipeline *p, uint32_t i, struct buf *out)
{
    const struct step *s = &p->step[i];
    if (s->name)
        buf_printf(out, "%s, ", s->name);
    buf_printf(out, "%s, %s", step_kind_name(s->kind), layer_name(s->layer));
    if (s->kind == STEP_GATE) {
        if (s->gate_of >= 0)
            buf_printf(out, ", by the confidence of %s", p->step[s->gate_of].id);
        return;
    }
    if (s->kind == STEP_PARALLEL)
        return;
    if (s->kind != STEP_STAGE) {
        put_fact(out, p, s, "finds ", offsetof(struct numbers, sensitivity), " of the bad");
        put_fact(out, p, s, "passes ", offsetof(struct numbers, specificity), " of the good");
    }
    put_fact(out, p, s, "", offsetof(struct numbers, wrong), " wrong");
    put_fact(out, p, s, "", offsetof(struct numbers, error), " errors");
    put_fact(out, p, s, "", offsetof(struct numbers, malformed), " malformed");
    put_helpers(p, s, out);
    put_environments(p, i, out);
}

void graph_put_join(const struct parallel *par, struct buf *out)
{
    switch (par->join) {
    case JOIN_ALL:
        buf_printf(out, "all %u must end well", par->n);
        break;
    case JOIN_ANY:
        buf_puts(out, "the first that ends well");
        break;
    case JOIN_K_OF_N:
        buf_printf(out, "the first %u of %u that end well", par->k, par->n);
        break;
    case JOIN_VOTE:
    case JOIN_MAJORITY:
        buf_printf(out, "%u of %u must agree", par->k, par->n);
        break;
    case JOIN_BEST:
        buf_printf(out, "the most confident of %u", par->n);
        break;
    }
}
