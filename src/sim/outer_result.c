/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Over the draws a metric's variance is V = between + E[s^2]: what is not known of the parameters,
 * and the noise of n items.  The interval asked for is that of a log of `trials` items, whose
 * variance is V - E[s^2] + E[s^2] n / trials; so deviations from the mean are scaled to that before
 * their quantiles are taken (a parametric variance decomposition as in Sun, Apley and Staum,
 * "Efficient nested simulation for estimating the variance of a conditional expectation",
 * Operations Research 59, 2011).  The mean of D draws is itself known to V / D only, which is
 * added: no number of trials makes it better than the draws that were made.  With trials = n
 * nothing is scaled. */
#include "sim/outer_result.h"

#include "sim/curve.h"
#include "sim/metrics.h"
#include "sim/queue.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct slot {
    enum section section;
    uint32_t row;
    const char *name, *unit;
    uint32_t n;
    double *value; /* [n_draws] */
    double noise;  /* sum of squared errors */
};

struct slots {
    VEC(struct slot) list;
};

/* Draws list their metrics in one order, but for those that one lacks: look near the last one. */
static struct slot *slot_of(struct slots *s, const struct seen *m, size_t *near, uint32_t n_draws)
{
    for (size_t k = 0; k < s->list.len; k++) {
        struct slot *at = &s->list.at[(*near + k) % s->list.len];
        if (at->section == m->section && at->row == m->row && !strcmp(at->name, m->name)) {
            *near = (*near + k + 1) % s->list.len;
            return at;
        }
    }
    struct slot fresh = {m->section, m->row, m->name, m->unit, 0, NULL, 0};
    fresh.value = mem_zero(n_draws, sizeof *fresh.value);
    vec_push(&s->list, fresh);
    *near = 0;
    return &s->list.at[s->list.len - 1];
}

static void gather(const struct outer_result *o, struct slots *s)
{
    for (uint32_t r = 0; r < o->draws->n; r++) {
        size_t near = 0;
        for (size_t i = 0; i < o->draws->draw[r].seen.len; i++) {
            const struct seen *m = &o->draws->draw[r].seen.at[i];
            if (!isfinite(m->value))
                continue;
            struct slot *at = slot_of(s, m, &near, o->draws->n);
            at->value[at->n++] = m->value;
            at->noise += m->error * m->error;
        }
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts the slot's values on its way. */
static void put_slot(const struct outer_result *o, struct slot *s, struct metrics *to)
{
    double mean = 0, variance = 0, noise = s->noise / s->n, factor = 1, of_mean = 0;
    for (uint32_t i = 0; i < s->n; i++)
        mean += s->value[i] / s->n;
    for (uint32_t i = 0; i < s->n; i++)
        variance += (s->value[i] - mean) * (s->value[i] - mean) / (s->n > 1 ? s->n - 1 : 1);
    qsort(s->value, s->n, sizeof *s->value, by_size);
    if (s->value[0] == s->value[s->n - 1] && s->noise == 0) {
        metrics_add_exact(to, s->name, s->value[0], s->unit);
        return;
    }
    if (o->items < o->trials && variance > 0) {
        double kept = noise * (double)o->items / (double)o->trials;
        of_mean = variance / s->n;
        factor = sqrt(fmin((fmax(variance - noise, 0) + kept + of_mean) / variance, 1));
    }
    double rank = floor((1 - o->level) / 2 * (s->n + 1.0));
    uint32_t low = rank < 1 ? 0 : (uint32_t)rank - 1;
    double from = mean + factor * (s->value[low] - mean);
    double upto = mean + factor * (s->value[s->n - 1 - low] - mean);
    struct metric *m = metrics_add(to, s->name, mean, fmin(from, mean), fmax(upto, mean), o->level,
                                   o->trials, s->unit);
    m->sd_sampling = sqrt(noise * (double)o->items / (double)o->trials + of_mean);
    m->sd_parameters = sqrt(fmax(variance - noise, 0));
}

static void add_rows(const struct outer_result *o, struct result *out)
{
    const struct pipeline *p = o->pipeline;
    for (uint32_t i = 0; i < p->n_steps; i++) {
        (void)result_add_stage(out, &p->step[i]);
    }
    for (uint32_t c = 0; p->n_classes > 1 && c < p->n_classes; c++)
        (void)result_add_row(out, classes, p->class[c].id);
    for (uint32_t i = 0; o->timed && i < p->n_resources; i++)
        if (queue_uses(p, i))
            (void)result_add_row(out, resources, p->resource[i].id);
    for (uint32_t i = 0; o->timed && i < p->n_environments; i++)
        (void)result_add_row(out, environments, p->environment[i].id);
    for (uint32_t r = 0; r < o->draws->n; r++) {
        for (size_t e = 0; e < o->draws->draw[r].edges.len; e++) {
            const struct edge_seen *from = &o->draws->draw[r].edges.at[e];
            if (e == out->edges.len) {
                struct edge_row row = {.from = result_text(out, "%s", from->from),
                                       .to = result_text(out, "%s", from->to)};
                vec_push(&out->edges, row);
            }
            out->edges.at[e].count += from->count;
        }
    }
}

/* Edges that nobody took in any draw are left out; the others count as of as many items as the
 * intervals are for. */
static void settle_edges(const struct outer_result *o, struct result *out)
{
    double scale = (double)o->trials / ((double)o->draws->n * (double)o->items);
    size_t kept = 0;
    for (size_t e = 0; e < out->edges.len; e++) {
        struct edge_row *row = &out->edges.at[e];
        if (row->count == 0) {
            vec_release(&row->metrics.list);
            continue;
        }
        row->count = (uint64_t)llround((double)row->count * scale);
        out->edges.at[kept++] = *row;
    }
    out->edges.len = kept;
}

static void put_curve(const struct outer_result *o, const struct metrics *at, struct result *out)
{
    if (at->list.len == 0 || at->list.len != o->n_grid)
        return;
    struct curve *c = result_add_curve(out, "latency_cdf", "latency", "share");
    for (size_t i = 0; i < at->list.len; i++) {
        const struct metric *m = &at->list.at[i];
        struct point p = {.x = o->grid[i], .y = m->value, .low = m->low, .high = m->high};
        p.low = fmax(p.low, 0);
        p.high = fmin(p.high, 1);
        vec_push(&c->points, p);
    }
}

void outer_result_put(const struct outer_result *o, struct result *out)
{
    struct slots slots = {{0}};
    struct metrics curve = {{0}};
    add_rows(o, out);
    gather(o, &slots);
    for (size_t i = 0; i < slots.list.len; i++) {
        struct slot *s = &slots.list.at[i];
        s->name = result_text(out, "%s", s->name);
        s->unit = result_text(out, "%s", s->unit);
        struct metrics *to = s->section == SECTION_TOP        ? &out->metrics
                             : s->section == SECTION_STAGE    ? &out->stages.at[s->row].metrics
                             : s->section == SECTION_CLASS    ? &out->classes.at[s->row].metrics
                             : s->section == SECTION_RESOURCE ? &out->resources.at[s->row].metrics
                             : s->section == SECTION_ENVIRONMENT
                                 ? &out->environments.at[s->row].metrics
                             : s->section == SECTION_CURVE ? &curve
                                                           : &out->edges.at[s->row].metrics;
        put_slot(o, s, to);
        mem_free(s->value);
    }
    vec_release(&slots.list);
    put_curve(o, &curve, out);
    vec_release(&curve.list);
    settle_edges(o, out);
}
