/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Only shares that nothing but a queue can cause are taken: where an item may also fail by itself,
 * however rarely, no count of those that wait leads there, and what is not seen would be missing
 * without a sign. */
#include "sim/split_target.h"

#include "sim/queue.h"
#include "sim/split.h"

#include <string.h>

static const double RARE = 1e-5, KNOWN = 1e-3;

bool split_is_rare(double share, double low, double high)
{
    return share < RARE && low < high && high <= KNOWN;
}

static struct metric *rare(const struct metrics *all, const char *name, bool complement)
{
    struct metric *m = (struct metric *)metrics_find(all, name);
    if (m && complement)
        return split_is_rare(1 - m->value, 1 - m->high, 1 - m->low) ? m : NULL;
    return m && split_is_rare(m->value, m->low, m->high) ? m : NULL;
}

static void add_place(struct split_places *p, uint32_t at)
{
    vec_push(&p->list, at);
}

/* --- desks */

static struct sum_places places(const struct queue_program *g)
{
    struct queue_tally t;
    queue_tally_init(&t, g, 1);
    struct sum_places at = t.at;
    queue_tally_release(&t);
    return at;
}

/* Calls whose bits, as desk_call has them, under `mask` are `bits`. */
static void add_calls(struct split_places *p, uint32_t at, uint32_t mask, uint32_t bits)
{
    for (uint32_t k = 0; k < 16; k++)
        if ((k & mask) == bits)
            add_place(p, at + DESK_CALLS + k);
}

static void wish(struct split_wishes *w, struct metric *m, const char *of, bool complement,
                 bool leaves, struct split_target sums)
{
    vec_push(&w->list, ((struct split_wish){m, of, complement, leaves}));
    vec_push(&w->sums, sums);
}

/* Waits count when they end, not with their calls: by then the trials that saw them are over. */
static void find_desk(struct split_wishes *w, const struct pipeline *p, uint32_t r, uint32_t at,
                      const struct row *row, struct result *out)
{
    const char *of = result_text(out, "%s ", row->id);
    size_t before = w->list.len;
    struct metric *m = rare(&row->metrics, "block_rate", false);
    if (m && p->resource[r].waiting_room != ROOM_UNLIMITED) {
        struct split_target t = {0};
        add_place(&t.y, at + DESK_BLOCKED);
        add_place(&t.x, at + DESK_ASKED);
        wish(w, m, of, false, false, t);
    }
    m = rare(&row->metrics, "abandon_rate", false);
    if (m && (p->resource[r].patience || p->leave_after_s)) {
        struct split_target t = {0};
        add_calls(&t.y, at, desk_call(true, false, false, false),
                  desk_call(true, false, false, false));
        add_place(&t.x, at + DESK_ASKED);
        wish(w, m, of, false, false, t);
    }
    m = rare(&row->metrics, "p_wait", false);
    if (m) {
        struct split_target t = {0};
        add_place(&t.y, at + DESK_STARTS);
        add_calls(&t.y, at, desk_call(false, true, true, false),
                  desk_call(false, true, false, false));
        add_calls(&t.x, at, 0, 0);
        wish(w, m, of, false, false, t);
    }
    m = rare(&row->metrics, "service_level", true);
    if (m) {
        struct split_target t = {0};
        add_place(&t.y, at + DESK_STARTS + 1);
        add_calls(&t.y, at, desk_call(false, false, true, false), 0);
        add_calls(&t.x, at, 0, 0);
        wish(w, m, of, true, false, t);
    }
    w->desk[r] |= w->list.len > before;
}

/* --- items */

static bool leads_to(const struct queue_program *g, int32_t first, int32_t to)
{
    for (int32_t r = first; r >= 0; r = g->route[r].otherwise)
        if (g->route[r].to == to)
            return true;
    return false;
}

static bool may_fail(const struct queue_step *q)
{
    return q->has_breaker || q->kind == STEP_PARALLEL || q->can_end[OUTCOME_ERROR] ||
           q->can_end[OUTCOME_MALFORMED] || q->can_end[OUTCOME_TIMEOUT];
}

/* Can items end so by other ways than a full room? */
static bool ends_alone(const struct queue_program *g, int32_t to)
{
    for (uint32_t i = 0; i < g->n_steps; i++) {
        const struct queue_step *q = &g->step[i];
        for (int x = 0; x < QUEUE_EXITS; x++) {
            bool possible = x == QUEUE_FAIL     ? may_fail(q)
                            : x == QUEUE_REJECT ? q->can_reject[0] || q->can_reject[1]
                                                : x != QUEUE_FULL;
            if (possible && leads_to(g, q->exit[x], to))
                return true;
        }
        for (uint32_t k = 0; k < q->step->n_ways; k++)
            if (leads_to(g, q->way[k], to))
                return true;
        for (uint32_t r = q->first_edge; r < q->first_edge + q->n_edges; r++)
            if (g->edge[r].to >= 0 && (uint32_t)g->edge[r].to <= i)
                return true; /* loops may strike their guard */
    }
    return false;
}

static bool ends_by_room(const struct queue_program *g, int32_t to)
{
    for (uint32_t i = 0; i < g->n_steps; i++)
        if (leads_to(g, g->step[i].exit[QUEUE_FULL], to))
            return true;
    return false;
}

struct ending {
    enum item_end how;
    int32_t to;
    const char *share, *exit;
    enum step_sum sum;
};
static const struct ending endings[] = {
    {ITEM_REJECTED,  TO_REJECT, "share_rejected",  "exit_reject",  STEP_REJECTS },
    {ITEM_FAILED,    TO_FAIL,   "share_failed",    "exit_fail",    STEP_FAILS   },
    {ITEM_ABANDONED, 0,         "share_abandoned", "exit_abandon", STEP_ABANDONS},
};

/* Items of class c; c = n_classes: of all. */
static void add_items(struct split_places *p, const struct queue_program *g, uint32_t c)
{
    for (uint32_t k = 0; k < g->n_classes; k++)
        if (c == k || c == g->n_classes)
            add_place(p, k * CLASS_SUMS + CLASS_N);
}

static void wish_items(struct split_wishes *w, const struct queue_program *g,
                       const struct ending *e, uint32_t c, struct metric *m, const char *of)
{
    struct split_target t = {0};
    if (!m)
        return;
    for (uint32_t k = 0; k < g->n_classes; k++)
        for (uint32_t j = 0; (c == k || c == g->n_classes) && j < 8; j++)
            add_place(&t.y, k * CLASS_SUMS + CLASS_ENDS + (uint32_t)e->how * 8 + j);
    add_items(&t.x, g, c);
    wish(w, m, of, false, e->how == ITEM_ABANDONED && g->pipeline->leave_after_s, t);
}

/* Can queues end an item so at this step? */
static bool ends_at(const struct queue_program *g, const struct ending *e, uint32_t step)
{
    const struct pipeline *p = g->pipeline;
    uint32_t by = p->step[step].by;
    if (e->how == ITEM_ABANDONED)
        return p->leave_after_s || (by && p->resource[by - 1].patience);
    return leads_to(g, g->step[step].exit[QUEUE_FULL], e->to);
}

static void wish_exit(struct split_wishes *w, const struct queue_program *g, const struct ending *e,
                      uint32_t step, uint32_t steps_at, struct result *out)
{
    const struct row *row = &out->stages.at[step];
    struct metric *m = rare(&row->metrics, e->exit, false);
    struct split_target t = {0};
    if (!m)
        return;
    if (!ends_at(g, e, step)) {
        if (m->value == 0)
            *m = (struct metric){.name = m->name, .unit = m->unit};
        return;
    }
    add_place(&t.y, steps_at + step * STEP_SUMS + e->sum);
    add_items(&t.x, g, g->n_classes);
    wish(w, m, result_text(out, "%s ", row->id), false,
         e->how == ITEM_ABANDONED && g->pipeline->leave_after_s, t);
}

static void find_items(struct split_wishes *w, const struct queue_program *g,
                       const struct ending *e, uint32_t steps_at, struct result *out)
{
    const struct pipeline *p = g->pipeline;
    size_t before = w->list.len;
    wish_items(w, g, e, g->n_classes, rare(&out->metrics, e->share, false), "");
    for (uint32_t c = 0; c < out->classes.len && c < tally_all(g); c++)
        wish_items(w, g, e, c, rare(&out->classes.at[c].metrics, e->share, false),
                   result_text(out, "%s ", out->classes.at[c].id));
    for (uint32_t i = 0; i < out->stages.len && i < g->n_steps; i++)
        wish_exit(w, g, e, i, steps_at, out);
    for (uint32_t r = 0; w->list.len > before && r < p->n_resources; r++) {
        bool room = p->resource[r].waiting_room != ROOM_UNLIMITED;
        bool leaves = p->resource[r].patience || p->leave_after_s;
        w->desk[r] |= queue_uses(p, r) && (e->how == ITEM_ABANDONED ? leaves : room);
    }
}

void split_wishes_find(struct split_wishes *w, const struct queue_program *g, struct result *out)
{
    const struct pipeline *p = g->pipeline;
    struct sum_places at = places(g);
    *w = (struct split_wishes){.desk = mem_zero(p->n_resources + 1, sizeof *w->desk)};
    for (uint32_t r = 0; r < p->n_resources; r++)
        for (size_t i = 0; i < out->resources.len; i++)
            if (!strcmp(out->resources.at[i].id, p->resource[r].id))
                find_desk(w, p, r, at.desk + r * DESK_SUMS, &out->resources.at[i], out);
    for (size_t k = 0; k < sizeof endings / sizeof *endings; k++) {
        const struct ending *e = &endings[k];
        struct metric *m = rare(&out->metrics, e->share, false);
        bool queues = e->how == ITEM_ABANDONED ? g->can_abandon : !ends_alone(g, e->to);
        if (queues && (e->how == ITEM_ABANDONED || ends_by_room(g, e->to)))
            find_items(w, g, e, at.step, out);
        else if (queues && m && m->value == 0) /* no way leads there */
            *m = (struct metric){.name = m->name, .unit = m->unit};
    }
}

void split_wishes_release(struct split_wishes *w)
{
    for (size_t i = 0; i < w->sums.len; i++) {
        vec_release(&w->sums.at[i].y.list);
        vec_release(&w->sums.at[i].x.list);
    }
    vec_release(&w->sums);
    vec_release(&w->list);
    mem_free(w->desk);
    *w = (struct split_wishes){0};
}
