/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The order of the steps, by majority: a step stands before another when more items meet it first,
 * and steps are ranked by how many they stand before less how many stand before them (Copeland's
 * rule), with the mean place in the item among equals. */
#include "trace/discover.h"

#include "base/spread.h"

#include <stdlib.h>
#include <string.h>

enum { PAIRS_MAX = 256, ITEMS_EACH = 512 };

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

struct counting {
    const struct trace_log *log;
    struct ranking **of; /* by worker */
};

static void rank_piece(void *arg, const struct spread_part *part)
{
    const struct counting *c = arg;
    for (size_t i = part->begin; i < part->end; i++)
        rank_item(c->log, &c->log->items.at[i], c->of[part->worker]);
}

/* The sums of places are of whole numbers, so that their order is none. */
static void merge(struct ranking *r, const struct ranking *from)
{
    for (size_t s = 0; s < r->n; s++) {
        r->at[s].place += from->at[s].place;
        r->at[s].items += from->at[s].items;
    }
    for (size_t k = 0; r->before && k < r->n * r->n; k++)
        r->before[k] += from->before[k];
}

void ranking_add(struct ranking *r, const struct trace_log *log)
{
    struct counting c = {.log = log};
    struct spread spread = {
        .n = log->items.len, .each = ITEMS_EACH, .piece = rank_piece, .arg = &c};
    uint32_t threads = spread_threads(&spread, log->threads);
    c.of = mem_alloc(threads * sizeof *c.of);
    c.of[0] = r;
    grow(r, log->stages.len);
    for (uint32_t i = 1; i < threads; i++) {
        c.of[i] = ranking_new();
        grow(c.of[i], r->n);
    }
    spread_run(&spread, threads);
    for (uint32_t i = 1; i < threads; i++) {
        merge(r, c.of[i]);
        ranking_free(c.of[i]);
    }
    mem_free(c.of);
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
    mem_free(rank);
    mem_free(old);
}
