/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A batch is counted row by row: each stage, each span name and each of the other parts is a unit
 * of work that walks the batch in order, so threads share no row. */
#include "trace/tally_parts.h"

#include "base/workers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* SMALL: spans below which threads cost more than they save; ALONE: rows of values that are of no
 * stage and no name. */
enum { SMALL = 20000, ALONE = 3 };

struct tally *tally_new(size_t room)
{
    struct tally *t = mem_zero(1, sizeof *t);
    t->room = room ? room : SIZE_MAX;
    t->exact = true;
    intern_init(&t->names.text);
    intern_init(&t->tasks.text);
    intern_init(&t->reviewers.names);
    intern_init(&t->reviewers.keys);
    return t;
}

void tally_free(struct tally *t)
{
    if (!t)
        return;
    values_release(&t->items.shipped_s);
    values_release(&t->items.all_s);
    values_release(&t->costs.told);
    for (size_t s = 0; s < t->stages.len; s++) {
        values_release(&t->stages.at[s].attempt_s);
        values_release(&t->stages.at[s].visit_s);
    }
    for (size_t i = 0; i < t->names.rows.len; i++)
        values_release(&t->names.rows.at[i].s);
    vec_release(&t->stages);
    vec_release(&t->edges);
    vec_release(&t->pairs);
    tally_flow_release(&t->flow);
    vec_release(&t->scores.confidence);
    vec_release(&t->scores.mark);
    vec_release(&t->names.rows);
    intern_release(&t->names.text);
    vec_release(&t->tasks.list);
    intern_release(&t->tasks.text);
    tally_reviewers_release(&t->reviewers);
    mem_free(t);
}

/* ---- items ------------------------------------------------------------------------------ */

static void count_end(struct tally_items *c, const struct log_item *it)
{
    bool shipped = it->end == LOG_SHIPPED;
    c->items++;
    c->end[it->end]++;
    c->reviewed += it->reviewed;
    c->correct += shipped && it->shipped == LOG_GOOD;
    c->wrong += shipped && it->shipped == LOG_BAD;
    c->unknown += shipped && it->shipped == LOG_UNKNOWN;
    c->labelled += shipped ? it->shipped != LOG_UNKNOWN : it->draft != LOG_UNKNOWN;
    if (shipped && !it->reviewed) {
        c->auto_shipped++;
        c->auto_wrong += it->shipped == LOG_BAD;
        c->auto_unknown += it->shipped == LOG_UNKNOWN;
    }
    c->reviewed_known += it->reviewed && it->draft != LOG_UNKNOWN;
    c->reviewed_bad += it->reviewed && it->draft == LOG_BAD;
    c->draft_known += it->draft != LOG_UNKNOWN;
    c->draft_bad += it->draft == LOG_BAD;
}

static void count_item(struct tally_items *c, const struct trace_log *log,
                       const struct log_item *it)
{
    double s = observe_span_s(it->start_ns, it->end_ns);
    uint64_t reviews = 0;
    count_end(c, it);
    for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++)
        reviews += log->stages.at[log->visits.at[v].stage].people;
    tally_sums_add(&c->visits, it->n_visits);
    tally_sums_add(&c->reviews, reviews);
    if (isnan(s))
        return;
    if (it->end == LOG_SHIPPED)
        values_add(&c->shipped_s, s);
    if (it->end != LOG_UNFINISHED)
        values_add(&c->all_s, s);
}

/* ---- edges ------------------------------------------------------------------------------ */

static int by_ends(const struct log_edge *x, const struct log_edge *y)
{
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

static int by_ends_of(const void *a, const void *b)
{
    return by_ends(a, b);
}

/* Both lists are in order. */
static void add_edges(struct tally *t, const struct trace_log *log)
{
    size_t old = t->edges.len, at = 0;
    for (size_t k = 0; k < log->edges.len; k++) {
        const struct log_edge *e = &log->edges.at[k];
        while (at < old && by_ends(&t->edges.at[at], e) < 0)
            at++;
        if (at < old && by_ends(&t->edges.at[at], e) == 0)
            t->edges.at[at].count += e->count;
        else
            vec_push(&t->edges, *e);
    }
    if (t->edges.len > old)
        qsort(t->edges.at, t->edges.len, sizeof *t->edges.at, by_ends_of);
}

static int by_stages(const void *a, const void *b)
{
    const struct log_pair *x = a, *y = b;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return x->b < y->b ? -1 : x->b > y->b;
}

static void add_pairs(struct tally *t, const struct trace_log *log)
{
    for (size_t k = 0; k < log->pairs.len; k++) {
        const struct log_pair *p = &log->pairs.at[k];
        size_t at = 0;
        while (at < t->pairs.len && by_stages(&t->pairs.at[at], p))
            at++;
        if (at == t->pairs.len)
            vec_push(&t->pairs, ((struct log_pair){.a = p->a, .b = p->b}));
        t->pairs.at[at].together += p->together;
        t->pairs.at[at].both += p->both;
    }
}

/* ---- a batch ---------------------------------------------------------------------------- */

struct counting {
    struct tally *tally;
    const struct trace_log *log;
    struct by_stage stages;
    struct by_name names;
};

enum {
    PART_ITEMS,
    PART_PATHS,
    PART_COSTS,
    PART_FLOW,
    PART_SCORES,
    PART_REVIEWERS,
    PART_TASKS,
    PARTS
};

static void count_part(struct counting *c, uint64_t part)
{
    switch (part) {
    case PART_ITEMS:
        for (size_t i = 0; i < c->log->items.len; i++)
            count_item(&c->tally->items, c->log, &c->log->items.at[i]);
        return;
    case PART_PATHS:
        tally_paths_add(c->tally, c->log);
        return;
    case PART_COSTS:
        tally_costs_add(c->tally, c->log);
        return;
    case PART_FLOW:
        tally_flow_add(&c->tally->flow, c->log);
        return;
    case PART_SCORES:
        tally_scores_add(&c->tally->scores, c->log);
        return;
    case PART_REVIEWERS:
        tally_reviewers_add(&c->tally->reviewers, c->log);
        return;
    default:
        tally_tasks_add(&c->tally->tasks, c->log);
        return;
    }
}

/* Spread over the parts, then names, then stages. */
static void count_unit(void *arg, uint32_t worker, uint64_t i)
{
    struct counting *c = arg;
    if (i < PARTS)
        count_part(c, i);
    else if (i - PARTS < c->names.groups.len)
        tally_name_add(&c->tally->names, c->log, &c->names, (size_t)(i - PARTS));
    else
        tally_stage_add(c->tally, c->log, &c->stages, (uint32_t)(i - PARTS - c->names.groups.len));
}

/* Each row of values, by number; NULL behind the last. */
static struct values *values_of(struct tally *t, size_t i)
{
    struct values *const alone[ALONE] = {&t->items.shipped_s, &t->items.all_s, &t->costs.told};
    if (i < ALONE)
        return alone[i];
    i -= ALONE;
    if (i < 2 * t->stages.len)
        return i % 2 ? &t->stages.at[i / 2].visit_s : &t->stages.at[i / 2].attempt_s;
    i -= 2 * t->stages.len;
    return i < t->names.rows.len ? &t->names.rows.at[i].s : NULL;
}

/* Counts the longest rows in cells until the others fit. */
static void make_room(struct tally *t)
{
    for (;;) {
        struct values *longest = NULL, *v;
        size_t bytes = 0;
        for (size_t i = 0; (v = values_of(t, i)); i++) {
            t->exact = t->exact && values_exact(v);
            bytes += values_bytes(v);
            if (!longest || values_bytes(v) > values_bytes(longest))
                longest = v;
        }
        if (bytes <= t->room)
            return;
        values_count_in_cells(longest);
    }
}

static void sort_batch(void *arg, uint32_t worker, uint64_t i)
{
    struct counting *c = arg;
    if (i == 0)
        tally_stages_sort(c->log, &c->stages);
    else
        tally_names_sort(&c->tally->names, c->log, &c->names);
}

static uint32_t threads_for(const struct trace_log *log)
{
    return log->spans.len < SMALL ? 1 : workers_count(log->threads);
}

void tally_add(struct tally *t, const struct trace_log *log)
{
    struct counting c = {.tally = t, .log = log};
    t->threads = threads_for(log);
    while (t->stages.len < log->stages.len)
        vec_push(&t->stages, (struct tally_stage){0});
    struct work work = {.end = 2, .unit = sort_batch, .arg = &c};
    workers_run(&work, t->threads);
    work.end = PARTS + c.names.groups.len + log->stages.len;
    work.unit = count_unit;
    workers_run(&work, t->threads);
    add_edges(t, log);
    add_pairs(t, log);
    mem_free(c.stages.first);
    mem_free(c.stages.at);
    mem_free(c.names.at);
    vec_release(&c.names.groups);
    make_room(t);
}

bool tally_exact(const struct tally *t)
{
    return t->exact;
}

void tally_renumber(struct tally *t, const uint32_t *new_of)
{
    size_t n = t->stages.len;
    struct tally_stage *old = mem_alloc((n + 1) * sizeof *old);
    if (n)
        memcpy(old, t->stages.at, n * sizeof *old);
    for (size_t s = 0; s < n; s++)
        t->stages.at[new_of[s]] = old[s];
    for (size_t k = 0; k < t->edges.len; k++) {
        struct log_edge *e = &t->edges.at[k];
        e->from = e->from < 0 ? e->from : (int32_t)new_of[e->from];
        e->to = e->to < 0 ? e->to : (int32_t)new_of[e->to];
    }
    for (size_t k = 0; k < t->pairs.len; k++) {
        uint32_t a = new_of[t->pairs.at[k].a], b = new_of[t->pairs.at[k].b];
        t->pairs.at[k].a = a < b ? a : b;
        t->pairs.at[k].b = a < b ? b : a;
    }
    if (t->edges.len)
        qsort(t->edges.at, t->edges.len, sizeof *t->edges.at, by_ends_of);
    mem_free(old);
}

void tally_routed(const struct tally *t, size_t n_stages, struct routed **items, size_t *n,
                  bool **failed)
{
    *n = t->scores.confidence.len;
    *items = mem_alloc((*n + 1) * sizeof **items);
    *failed = mem_zero(n_stages + 1, sizeof **failed);
    for (size_t i = 0; i < *n; i++)
        (*items)[i] = (struct routed){t->scores.confidence.at[i],
                                      (t->scores.mark.at[i] & TALLY_REVIEWED) != 0};
    for (size_t s = 0; s < n_stages; s++)
        (*failed)[s] = t->stages.at[s].again || t->stages.at[s].ok < t->stages.at[s].visits;
}

/* ---- before telling --------------------------------------------------------------------- */

static void sort_unit(void *arg, uint32_t worker, uint64_t i)
{
    struct tally *t = arg;
    struct values *v = values_of(t, (size_t)i);
    if (v)
        values_sort(v);
    else
        tally_flow_sort(&t->flow);
}

void tally_sort(struct tally *t)
{
    struct work work = {
        .end = ALONE + 2 * t->stages.len + t->names.rows.len + 1, .unit = sort_unit, .arg = t};
    workers_run(&work, t->threads);
    if (t->pairs.len)
        qsort(t->pairs.at, t->pairs.len, sizeof *t->pairs.at, by_stages);
}
