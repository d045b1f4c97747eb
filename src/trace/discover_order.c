/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The order of the steps, by majority: a step stands before another when more items meet it first,
 * and steps are ranked by how many they stand before less how many stand before them (Copeland's
 * rule), with the mean place in the item among equals. */
#include "trace/discover.h"

#include <stdlib.h>
#include <string.h>

enum { PAIRS_MAX = 256 };

/* Of one step over all items that meet it. */
struct placed {
    double place; /* sum of the places of its first visit */
    uint64_t items;
    uint64_t met; /* 1 + the number of the item that was there last */
};

struct ranking {
    size_t n;
    uint64_t items;
    struct placed *at; /* [n] */
    int64_t *before;   /* [n * n] items that meet a first less those that meet b first; NULL with
                          more than PAIRS_MAX stages */
};

struct ranking *ranking_new(void)
{
    return mem_zero(1, sizeof(struct ranking));
}

void ranking_free(struct ranking *r)
{
    if (!r)
        return;
    mem_free(r->at);
    mem_free(r->before);
    mem_free(r);
}

/* Makes room for the stages of a log. */
static void grow(struct ranking *r, size_t n)
{
    size_t old = r->n;
    if (n <= old)
        return;
    r->at = mem_resize(r->at, n * sizeof *r->at);
    memset(r->at + old, 0, (n - old) * sizeof *r->at);
    int64_t *before = n <= PAIRS_MAX ? mem_zero(n * n, sizeof *before) : NULL;
    for (size_t a = 0; before && a < old; a++)
        memcpy(before + a * n, r->before + a * old, old * sizeof *before);
    mem_free(r->before);
    r->before = before;
    r->n = n;
}

static void rank_item(const struct trace_log *log, const struct log_item *item, struct ranking *r)
{
    uint32_t order[PAIRS_MAX]; /* with fewer stages than that: all that the item meets */
    size_t n = 0;
    r->items++;
    for (uint32_t k = 0; k < item->n_visits; k++) {
        uint32_t stage = log->visits.at[item->first_visit + k].stage;
        struct placed *at = &r->at[stage];
        if (at->met == r->items)
            continue;
        at->met = r->items;
        at->place += (double)n;
        at->items++;
        if (r->before)
            order[n] = stage;
        n++;
    }
    for (size_t i = 0; r->before && i < n; i++)
        for (size_t k = i + 1; k < n; k++) {
            r->before[order[i] * r->n + order[k]]++;
            r->before[order[k] * r->n + order[i]]--;
        }
}

void ranking_add(struct ranking *r, const struct trace_log *log)
{
    grow(r, log->stages.len);
    for (size_t i = 0; i < log->items.len; i++)
        rank_item(log, &log->items.at[i], r);
}

struct ranked {
    int64_t score;
    double place;
    uint32_t stage;
};

static int by_rank(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    return x->stage < y->stage ? -1 : x->stage > y->stage;
}

void ranking_apply(const struct ranking *r, struct trace_log *log, uint32_t *new_of)
{
    size_t n = log->stages.len;
    struct ranked *rank = mem_zero(n + 1, sizeof *rank);
    struct log_stage *old = mem_alloc((n + 1) * sizeof *old);
    for (size_t s = 0; s < n; s++) {
        const struct placed *at = &r->at[s];
        rank[s].stage = (uint32_t)s;
        rank[s].place = at->items ? at->place / (double)at->items : 0;
        for (size_t k = 0; r->before && k < n; k++) {
            int64_t lead = r->before[s * n + k];
            rank[s].score += (lead > 0) - (lead < 0);
        }
    }
    if (n) {
        qsort(rank, n, sizeof *rank, by_rank);
        memcpy(old, log->stages.at, n * sizeof *old);
    }
    for (size_t s = 0; s < n; s++) {
        log->stages.at[s] = old[rank[s].stage];
        new_of[rank[s].stage] = (uint32_t)s;
    }
    for (size_t v = 0; v < log->visits.len; v++)
        log->visits.at[v].stage = new_of[log->visits.at[v].stage];
    mem_free(rank);
    mem_free(old);
}
