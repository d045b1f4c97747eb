/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which step leads to which, where steps of an item may run side by side.
 *
 * Visits are intervals; one leads to another when it ends before the other begins and nothing lies
 * wholly between the two (the covering pairs of the interval order, Fishburn 1985).  Clocks of logs
 * are coarse: an end counts earlier by a twentieth of the visit and by a millisecond at least.
 * Where nothing overlaps, the pairs are just the visits that follow one another. */
#include "trace/discover.h"

#include <stdlib.h>
#include <string.h>

/* LEAVES: TO_SHIP, TO_REJECT and TO_FAIL are the numbers from -1 down to -LEAVES. */
enum { OPEN_MAX = 64, PAIRS_MAX = 256, COARSE_NS = 1000000, LEAVES = 3, FEW = 32 };

struct walk {
    struct trace_log *log;
    uint64_t *count;               /* [from + 1][to + LEAVES], see edge_of */
    VEC(struct log_edge) of_visit; /* one for each visit and step that it leads to, or twice */
    uint32_t open[OPEN_MAX];       /* visits of the item that may lead on, in order of start */
    size_t n_open;
    uint32_t *met; /* [stages] 1 + the item that was there last */
};

static int by_ends(const void *a, const void *b)
{
    const struct log_edge *x = a, *y = b;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

int64_t discover_sure_end(const struct log_visit *v)
{
    int64_t lasts = v->start_ns && v->end_ns > v->start_ns ? v->end_ns - v->start_ns : 0;
    int64_t less = lasts / 20 > COARSE_NS ? lasts / 20 : COARSE_NS;
    return v->start_ns + (lasts > less ? lasts - less : 0);
}

/* ---- steps side by side -------------------------------------------------------------------- */

static void note_together(struct walk *w, uint32_t a, uint32_t b, uint32_t item)
{
    uint32_t first = a < b ? a : b, second = a < b ? b : a;
    struct log_pair *p = NULL;
    for (size_t i = 0; i < w->log->pairs.len && !p; i++)
        if (w->log->pairs.at[i].a == first && w->log->pairs.at[i].b == second)
            p = &w->log->pairs.at[i];
    if (!p && w->log->pairs.len == PAIRS_MAX)
        return;
    if (!p) {
        vec_push(&w->log->pairs, ((struct log_pair){first, second, 0, 0, SPAN_NONE}));
        p = &w->log->pairs.at[w->log->pairs.len - 1];
    }
    p->together += p->last_item != item;
    p->last_item = item;
}

static void count_both(struct walk *w)
{
    struct trace_log *log = w->log;
    for (uint32_t i = 0; log->pairs.len && i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        for (uint32_t k = 0; k < it->n_visits; k++)
            w->met[log->visits.at[it->first_visit + k].stage] = i + 1;
        for (size_t p = 0; p < log->pairs.len; p++)
            log->pairs.at[p].both +=
                w->met[log->pairs.at[p].a] == i + 1 && w->met[log->pairs.at[p].b] == i + 1;
    }
}

/* ---- edges --------------------------------------------------------------------------------- */

/* Edges from the open visits that end before `start` and lead on to `to`; closes those that others
 * have taken over from.  Returns how many lead here. */
static size_t lead_on(struct walk *w, int64_t start, int32_t to)
{
    const struct log_visit *visits = w->log->visits.at;
    int64_t latest = INT64_MIN;
    size_t kept = OPEN_MAX, found = 0;
    for (size_t i = w->n_open; i-- > 0;) {
        const struct log_visit *v = &visits[w->open[i]];
        if (latest != INT64_MIN && discover_sure_end(v) <= latest)
            continue;
        w->open[--kept] = w->open[i];
        if (discover_sure_end(v) > start)
            continue;
        vec_push(&w->of_visit, ((struct log_edge){(int32_t)w->open[kept], to, 1}));
        latest = v->start_ns > latest ? v->start_ns : latest;
        found++;
    }
    w->n_open = OPEN_MAX - kept;
    memmove(w->open, w->open + kept, w->n_open * sizeof w->open[0]);
    return found;
}

/* Visit after visit, for an item in which too many lie side by side. */
static void chain_item(struct walk *w, const struct log_item *item)
{
    w->of_visit.len = 0;
    vec_push(&w->of_visit,
             ((struct log_edge){-1, (int32_t)w->log->visits.at[item->first_visit].stage, 1}));
    for (uint32_t k = item->first_visit; k + 1 < item->first_visit + item->n_visits; k++)
        vec_push(&w->of_visit,
                 ((struct log_edge){(int32_t)k, (int32_t)w->log->visits.at[k + 1].stage, 1}));
    w->open[0] = item->first_visit + item->n_visits - 1;
    w->n_open = 1;
}

static void walk_item(struct walk *w, const struct log_item *item, uint32_t index)
{
    const struct log_visit *visits = w->log->visits.at;
    w->n_open = 0;
    for (uint32_t k = item->first_visit; k < item->first_visit + item->n_visits; k++) {
        int32_t to = (int32_t)visits[k].stage;
        if (!lead_on(w, visits[k].start_ns, to))
            vec_push(&w->of_visit, ((struct log_edge){-1, to, 1}));
        if (w->n_open == OPEN_MAX) {
            chain_item(w, item);
            return;
        }
        for (size_t i = 0; i < w->n_open; i++)
            if (discover_sure_end(&visits[w->open[i]]) > visits[k].start_ns)
                note_together(w, visits[w->open[i]].stage, visits[k].stage, index);
        w->open[w->n_open++] = k;
    }
}

/* The edges of an item are few, and nearly in order. */
static void sort_edges(struct log_edge *at, size_t n)
{
    if (n > FEW) {
        qsort(at, n, sizeof *at, by_ends);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        struct log_edge e = at[i];
        size_t k = i;
        for (; k > 0 && by_ends(&at[k - 1], &e) > 0; k--)
            at[k] = at[k - 1];
        at[k] = e;
    }
}

static uint64_t *edge_of(const struct walk *w, int32_t from, int32_t to)
{
    size_t columns = w->log->stages.len + LEAVES;
    return &w->count[(size_t)(from + 1) * columns + (size_t)(to + LEAVES)];
}

/* Each visit leads once to each step. */
static void take_edges(struct walk *w)
{
    const struct log_visit *visits = w->log->visits.at;
    sort_edges(w->of_visit.at, w->of_visit.len);
    for (size_t k = 0; k < w->of_visit.len; k++) {
        const struct log_edge *e = &w->of_visit.at[k];
        if (k && by_ends(e - 1, e) == 0)
            continue;
        ++*edge_of(w, e->from < 0 ? -1 : (int32_t)visits[e->from].stage, e->to);
    }
    w->of_visit.len = 0;
}

/* In order of from, then to. */
static void put_edges(const struct walk *w)
{
    int32_t n = (int32_t)w->log->stages.len;
    w->log->edges.len = 0;
    for (int32_t from = -1; from < n; from++)
        for (int32_t to = -LEAVES; to < n; to++) {
            uint64_t count = *edge_of(w, from, to);
            if (count)
                vec_push(&w->log->edges, ((struct log_edge){from, to, count}));
        }
}

void discover_edges(struct trace_log *log)
{
    size_t n = log->stages.len;
    struct walk w = {.log = log,
                     .met = mem_zero(n + 1, sizeof(uint32_t)),
                     .count = mem_zero((n + 1) * (n + LEAVES), sizeof(uint64_t))};
    log->pairs.len = 0;
    for (uint32_t i = 0; i < log->items.len; i++) {
        const struct log_item *item = &log->items.at[i];
        walk_item(&w, item, i);
        if (item->end != LOG_UNFINISHED)
            lead_on(&w, INT64_MAX, log_end_target(item->end));
        take_edges(&w);
    }
    count_both(&w);
    put_edges(&w);
    vec_release(&w.of_visit);
    mem_free(w.count);
    mem_free(w.met);
}
