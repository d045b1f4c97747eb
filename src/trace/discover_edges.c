/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which step leads to which, where steps of an item may run side by side.
 *
 * Visits are intervals; one leads to another when it ends before the other begins and nothing lies
 * wholly between the two (the covering pairs of the interval order, Fishburn 1985).  Clocks of logs
 * are coarse: an end counts earlier by a twentieth of the visit and by a millisecond at least.
 * Where nothing overlaps, the pairs are just the visits that follow one another. */
#include "trace/discover.h"

#include "base/spread.h"

#include <stdlib.h>
#include <string.h>

/* LEAVES: TO_SHIP, TO_REJECT and TO_FAIL are the numbers from -1 down to -LEAVES. */
enum {
    OPEN_MAX = 64,
    PAIRS_MAX = 256,
    COARSE_NS = 1000000,
    LEAVES = 3,
    FEW = 32,
    ITEMS_EACH = 512
};

struct pair_list {
    VEC(struct log_pair) pairs; /* in order of first sight */
};

struct walk {
    const struct trace_log *log;
    uint64_t *count;               /* [from + 1][to + LEAVES], see edge_of */
    struct pair_list *together;    /* of the piece at hand */
    uint64_t *both;                /* [pairs of the log] */
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

/* The pair of two stages, a <= b; NULL when there is room for no more. */
static struct log_pair *pair_of(struct pair_list *l, uint32_t a, uint32_t b)
{
    for (size_t i = 0; i < l->pairs.len; i++)
        if (l->pairs.at[i].a == a && l->pairs.at[i].b == b)
            return &l->pairs.at[i];
    if (l->pairs.len == PAIRS_MAX)
        return NULL;
    vec_push(&l->pairs, ((struct log_pair){a, b, 0, 0, SPAN_NONE}));
    return &l->pairs.at[l->pairs.len - 1];
}

static void note_together(struct walk *w, uint32_t a, uint32_t b, uint32_t item)
{
    struct log_pair *p = pair_of(w->together, a < b ? a : b, a < b ? b : a);
    if (!p)
        return;
    p->together += p->last_item != item;
    p->last_item = item;
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
static void put_edges(struct trace_log *log, const struct walk *w)
{
    int32_t n = (int32_t)log->stages.len;
    log->edges.len = 0;
    for (int32_t from = -1; from < n; from++)
        for (int32_t to = -LEAVES; to < n; to++) {
            uint64_t count = *edge_of(w, from, to);
            if (count)
                vec_push(&log->edges, ((struct log_edge){from, to, count}));
        }
}

/* ---- all items ----------------------------------------------------------------------------- */

struct walks {
    struct walk *of;         /* by worker */
    struct pair_list *pairs; /* by piece */
};

static void walk_piece(void *arg, const struct spread_part *part)
{
    const struct walks *all = arg;
    struct walk *w = &all->of[part->worker];
    w->together = &all->pairs[part->piece];
    for (size_t i = part->begin; i < part->end; i++) {
        const struct log_item *item = &w->log->items.at[i];
        walk_item(w, item, (uint32_t)i);
        if (item->end != LOG_UNFINISHED)
            lead_on(w, INT64_MAX, log_end_target(item->end));
        take_edges(w);
    }
}

static void count_both(void *arg, const struct spread_part *part)
{
    const struct walks *all = arg;
    struct walk *w = &all->of[part->worker];
    const struct trace_log *log = w->log;
    for (uint32_t i = (uint32_t)part->begin; i < part->end; i++) {
        const struct log_item *it = &log->items.at[i];
        for (uint32_t k = 0; k < it->n_visits; k++)
            w->met[log->visits.at[it->first_visit + k].stage] = i + 1;
        for (size_t p = 0; p < log->pairs.len; p++)
            w->both[p] +=
                w->met[log->pairs.at[p].a] == i + 1 && w->met[log->pairs.at[p].b] == i + 1;
    }
}

/* The pairs of all pieces in order of first sight; releases the lists. */
static void gather_pairs(struct trace_log *log, struct pair_list *of, uint64_t pieces)
{
    struct pair_list all = {0};
    for (uint64_t k = 0; k < pieces; k++) {
        for (size_t i = 0; i < of[k].pairs.len; i++) {
            const struct log_pair *from = &of[k].pairs.at[i];
            struct log_pair *p = pair_of(&all, from->a, from->b);
            if (!p)
                continue;
            p->together += from->together;
            p->last_item = from->last_item;
        }
        vec_release(&of[k].pairs);
    }
    log->pairs.len = 0;
    for (size_t i = 0; i < all.pairs.len; i++)
        vec_push(&log->pairs, all.pairs.at[i]);
    vec_release(&all.pairs);
}

/* Puts what all walks counted into the first one, and frees the others. */
static void gather_walks(struct walk *w, uint32_t n, size_t cells)
{
    for (uint32_t i = 0; i < n; i++) {
        for (size_t k = 0; i && k < cells; k++)
            w[0].count[k] += w[i].count[k];
        for (size_t k = 0; i && k < PAIRS_MAX; k++)
            w[0].both[k] += w[i].both[k];
        vec_release(&w[i].of_visit);
        mem_free(w[i].met);
        if (i) {
            mem_free(w[i].count);
            mem_free(w[i].both);
        }
    }
}

void discover_edges(struct trace_log *log)
{
    struct walks all;
    struct spread spread = {
        .n = log->items.len, .each = ITEMS_EACH, .piece = walk_piece, .arg = &all};
    uint32_t threads = spread_threads(&spread, log->threads);
    uint64_t pieces = spread_pieces(&spread);
    size_t n = log->stages.len, cells = (n + 1) * (n + LEAVES);
    all.of = mem_zero(threads, sizeof *all.of);
    all.pairs = mem_zero(pieces, sizeof *all.pairs);
    for (uint32_t i = 0; i < threads; i++)
        all.of[i] = (struct walk){.log = log,
                                  .met = mem_zero(n + 1, sizeof(uint32_t)),
                                  .count = mem_zero(cells, sizeof(uint64_t)),
                                  .both = mem_zero(PAIRS_MAX, sizeof(uint64_t))};
    spread_run(&spread, threads);
    gather_pairs(log, all.pairs, pieces);
    spread.piece = count_both;
    if (log->pairs.len)
        spread_run(&spread, threads);
    gather_walks(all.of, threads, cells);
    for (size_t p = 0; p < log->pairs.len; p++)
        log->pairs.at[p].both = all.of[0].both[p];
    put_edges(log, &all.of[0]);
    mem_free(all.of[0].count);
    mem_free(all.of[0].both);
    mem_free(all.of);
    mem_free(all.pairs);
}
