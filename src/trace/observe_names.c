/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every span name: the 1,000 most frequent of those that are counted. */
#include "trace/tally_parts.h"

#include "math/interval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_SHOWN = 1000 };

static int by_size(const void *a, const void *b)
{
    const struct name_group *x = a, *y = b;
    if (x->n != y->n)
        return x->n > y->n ? -1 : 1;
    return x->first < y->first ? -1 : x->first > y->first;
}

/* Spans side by side by their names, counted and not compared. */
static uint32_t *spans_by_name(const struct trace_log *log, size_t *n)
{
    const struct span_set *s = &log->spans;
    uint32_t *next = mem_zero((size_t)s->text.count + 1, sizeof *next);
    uint32_t *at = mem_alloc((s->len + 1) * sizeof *at), begin = 0;
    for (size_t i = 0; i < s->len; i++)
        if (log->span_item[i] != SPAN_NONE)
            next[s->name[i]]++;
    for (size_t t = 0; t < s->text.count; t++) {
        uint32_t here = next[t];
        next[t] = begin;
        begin += here;
    }
    for (size_t i = 0; i < s->len; i++)
        if (log->span_item[i] != SPAN_NONE)
            at[next[s->name[i]]++] = (uint32_t)i;
    *n = begin;
    mem_free(next);
    return at;
}

/* The row of a name; SPAN_NONE when there is room for no more. */
static uint32_t row_of(struct tally_names *t, const char *name, uint64_t first)
{
    size_t len = strlen(name);
    uint32_t row = intern_find(&t->text, name, len);
    if (row != UINT32_MAX || t->rows.len == TALLY_NAMES_MAX)
        return row;
    row = intern_put(&t->text, name, len);
    vec_push(&t->rows, ((struct tally_name){.text = row, .first = first}));
    return row;
}

void tally_names_sort(struct tally_names *t, const struct trace_log *log, struct by_name *out)
{
    const struct span_set *s = &log->spans;
    size_t n;
    memset(out, 0, sizeof *out);
    out->at = spans_by_name(log, &n);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || s->name[out->at[i]] != s->name[out->at[i - 1]])
            vec_push(&out->groups, ((struct name_group){i, 1, SPAN_NONE}));
        else
            out->groups.at[out->groups.len - 1].n++;
    if (out->groups.len)
        qsort(out->groups.at, out->groups.len, sizeof out->groups.at[0], by_size);
    for (size_t g = 0; g < out->groups.len; g++) {
        struct name_group *group = &out->groups.at[g];
        uint32_t name = s->name[out->at[group->first]];
        group->row = row_of(t, span_string(s, name), t->batches << 32 | name);
        t->left_out += group->row == SPAN_NONE ? group->n : 0;
    }
    t->batches++;
}

void tally_name_add(struct tally_names *t, const struct trace_log *log, const struct by_name *order,
                    size_t group)
{
    const struct span_set *s = &log->spans;
    const struct name_group *g = &order->groups.at[group];
    if (g->row == SPAN_NONE)
        return;
    struct tally_name *row = &t->rows.at[g->row];
    for (size_t k = g->first; k < g->first + g->n; k++) {
        uint32_t i = order->at[k];
        double duration = span_duration_s(s, i);
        row->errors += s->outcome[i] != OUTCOME_OK;
        if (!isnan(duration))
            values_add(&row->s, duration);
        if (!isnan(s->confidence[i])) {
            row->confidence += s->confidence[i];
            row->scored++;
        }
    }
    row->spans += g->n;
}

static int by_spans(const void *a, const void *b)
{
    const struct tally_name *x = *(const struct tally_name *const *)a;
    const struct tally_name *y = *(const struct tally_name *const *)b;
    if (x->spans != y->spans)
        return x->spans > y->spans ? -1 : 1;
    return x->first < y->first ? -1 : x->first > y->first;
}

static void put_name(const struct tally_names *t, const struct tally_name *name, struct result *out)
{
    static const char *const names[] = {"latency_p50", "latency_p95", "latency_p99"};
    static const double p[] = {0.5, 0.95, 0.99};
    struct row row = {.id = arena_strdup(&out->arena, t->text.of[name->text].at)};
    uint64_t timed = values_n(&name->s);
    metrics_add_count(&row.metrics, "spans", name->spans);
    metrics_add_count(&row.metrics, "errors", name->errors);
    for (size_t k = 0; k < 3 && timed; k++) {
        uint64_t rank = sample_rank(timed, p[k]);
        metrics_add(&row.metrics, names[k], values_rank(&name->s, rank ? rank : 1, NULL, NULL), NAN,
                    NAN, 0, timed, "s");
    }
    if (name->scored)
        metrics_add(&row.metrics, "confidence_mean", name->confidence / (double)name->scored, NAN,
                    NAN, 0, name->scored, "1");
    vec_push(&out->names, row);
}

void observe_names(const struct tally *t, struct result *out)
{
    const struct tally_names *names = &t->names;
    size_t n = names->rows.len;
    const struct tally_name **rows = mem_alloc((n + 1) * sizeof *rows);
    for (size_t i = 0; i < n; i++)
        rows[i] = &names->rows.at[i];
    if (n)
        qsort(rows, n, sizeof *rows, by_spans);
    for (size_t i = 0; i < n && i < NAMES_SHOWN; i++)
        put_name(names, rows[i], out);
    if (names->left_out)
        result_warn(out,
                    "the log has more than %d span names; the %d most frequent of these are shown, "
                    "and %llu spans of other names are in no row",
                    TALLY_NAMES_MAX, NAMES_SHOWN, (unsigned long long)names->left_out);
    else if (n > NAMES_SHOWN)
        result_warn(out, "the log has %zu span names; the %d most frequent are shown", n,
                    NAMES_SHOWN);
    mem_free(rows);
}
