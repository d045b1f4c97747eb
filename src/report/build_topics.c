/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flow, where reliability is lost, the frontier, the stages, time, the backlog, confidence and
 * sensitivities: pictures in front, tables behind. */
#include "report/build_parts.h"

#include "report/brief.h"
#include "report/flow.h"
#include "report/measure.h"
#include "report/table.h"

#include <string.h>

/* --- 3 flow: of the first result that knows its edges, else of the first with stages */

static size_t best_flow(const struct build *b, int side)
{
    size_t best = b->n;
    for (size_t i = 0; i < b->n; i++)
        if (build_side(b, i) == side && b->r[i]->stages.len &&
            (best == b->n || (!b->r[best]->edges.len && b->r[i]->edges.len)))
            best = i;
    return best;
}

void build_flow(const struct build *b)
{
    size_t best[2] = {best_flow(b, 0), build_sided(b) ? best_flow(b, 1) : b->n};
    bool pair = best[0] < b->n && best[1] < b->n;

    if (pair)
        document_mark(b->d, BLOCK_PAIR);
    for (int side = 0; side < 2; side++)
        if (best[side] < b->n)
            flow_add(b->r[best[side]], build_front_label(b, best[side]), b->d);
    if (pair)
        document_mark(b->d, BLOCK_UNPAIR);
}

/* --- 4 */

void build_losses(const struct build *b)
{
    build_pictures(b, PLOT_LOSS);
    build_pictures(b, PLOT_LAYERS);
    build_pictures(b, PLOT_IMPROVEMENT);
    for (size_t i = 0; i < b->n; i++) {
        const struct result *r = b->r[i];
        if (!build_is_twin(b, i, PLOT_IMPROVEMENT) && !r->alternatives.len) {
            struct table *t = build_caption(b, brief_layers(b->d, r), i);
            document_fold(b->d, "What each layer loses and closes", &t, 1);
        }
        document_add_table(b->d, table_gap(b->d, r, "loss", "Where reliability is lost, by layer"));
        document_add_table(b->d, table_gap(b->d, r, "closes", "What each layer closes"));
    }
}

/* --- 5 */

/* Groups of labels and models of a cascade belong to the threshold. */
static void add_groups(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (table_is_sized(b->r[i]))
            document_add_table(b->d, build_caption(b, table_classes(b->d, b->r[i]), i));
}

static void add_answers(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++) {
        struct table *t = build_caption(b, table_answer(b->d, b->r[i]), i);
        document_fold(b->d, "The answer in numbers, and the method behind it", &t,
                      t && table_rows(t) > 0);
    }
}

/* Labels and audits that are still to come. */
static void add_plan(const struct build *b)
{
    bool done = false;
    for (size_t i = 0; i < b->n; i++)
        if (b->r[i]->plan.len)
            build_heading(b, &done, "Labels and audits to come");
    build_pictures(b, PLOT_PLANNER);
    for (size_t i = 0; i < b->n; i++) {
        struct table *tables[] = {table_plan_labels(b->d, b->r[i]), table_plan_pilot(b->d, b->r[i]),
                                  table_plan_designs(b->d, b->r[i]),
                                  table_plan_strata(b->d, b->r[i]),
                                  table_plan_audits(b->d, b->r[i])};
        for (size_t k = 0; k < sizeof tables / sizeof *tables; k++)
            document_add_table(b->d, build_caption(b, tables[k], i));
    }
}

void build_frontier(const struct build *b)
{
    build_pictures(b, PLOT_FRONTIER);
    add_answers(b);
    add_groups(b);
    build_pictures(b, PLOT_LABELS);
    add_plan(b);
}

/* --- 6 */

/* All that the rows of a result hold, folded away. */
static void add_all_rows(const struct build *b, size_t i)
{
    const struct result *r = b->r[i];
    struct table *tables[TABLE_STAGE_GROUPS + 5];
    size_t n = 0;
    for (size_t g = 0; g < TABLE_STAGE_GROUPS; g++)
        tables[n++] = table_stages(b->d, r, g);
    if (!r->alternatives.len)
        tables[n++] = table_rows_of(b->d, r, "Layers", "layer", r->layers.at, r->layers.len);
    if (!table_is_sized(r))
        tables[n++] = table_classes(b->d, r);
    tables[n++] = table_rows_of(b->d, r, "Environments", "environment", r->environments.at,
                                r->environments.len);
    tables[n++] =
        table_rows_of(b->d, r, "Reviewers", "reviewer", r->reviewers.at, r->reviewers.len);
    tables[n++] = table_rows_of(b->d, r, "Span names", "name", r->names.at, r->names.len);
    for (size_t k = 0; k < n; k++)
        build_caption(b, tables[k], i);
    document_fold(b->d,
                  build_label(b, i) ? arena_printf(&b->d->arena, "All metrics of the stages (%s)",
                                                   build_label(b, i))
                                    : "All metrics of the stages",
                  tables, n);
}

enum { STAGE_WIDTH = 92 }; /* characters that the page has room for */

/* The stages in front, the same stages by another way behind: what was seen before what was
 * computed, and of that the way that knows most. */
static size_t best_stages(const struct build *b, int side)
{
    size_t best = b->n, most = 0;
    for (size_t i = 0; i < b->n; i++) {
        const struct result *r = b->r[i];
        if (build_side(b, i) != side || !r->stages.len)
            continue;
        size_t known = r->stages.at[0].metrics.list.len;
        known += r->data.present ? 2000 : !strcmp(r->command, "run") ? 1000 : 0;
        if (best == b->n || known > most) {
            best = i;
            most = known;
        }
    }
    return best;
}

static void add_front(const struct build *b, size_t i)
{
    const struct result *r = b->r[i];
    struct table *front[] = {
        brief_stages(b->d, r, STAGE_WIDTH, "All intervals: in the fold below."),
        brief_confidence(b->d, r), table_reviewers(b->d, r, "Intervals: in the fold below."),
        table_agreement(b->d, r)};
    for (size_t k = 0; k < sizeof front / sizeof *front; k++)
        document_add_table(b->d,
                           build_front_label(b, i) ? build_caption(b, front[k], i) : front[k]);
}

/* Each stage by several ways. */
static void add_compared(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++) {
        size_t n = table_compared_groups(b->r[i]);
        if (n < 2)
            continue;
        struct table **tables = arena_alloc(&b->d->arena, n * sizeof *tables);
        for (size_t k = 1; k < n; k++)
            tables[k - 1] = table_compared(b->d, b->r[i], k);
        document_fold(b->d, "Each stage by several ways: solved, simulated, executed, replayed",
                      tables, n - 1);
    }
}

/* A picture of nothing but hundreds tells nothing. */
static bool any_visit_fails(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++)
        for (size_t k = 0; k < b->r[i]->stages.len; k++) {
            const struct row *row = &b->r[i]->stages.at[k];
            const struct metric *m = metrics_find(&row->metrics, "success_rate");
            m = m ? m : metrics_find(&row->metrics, "ok_rate");
            if (m && m->value < 1)
                return true;
        }
    return false;
}

void build_stages(const struct build *b)
{
    size_t front = best_stages(b, 0);
    if (build_sided(b))
        build_sides_stages(b);
    else if (front < b->n)
        add_front(b, front);
    if (any_visit_fails(b))
        build_pictures(b, PLOT_STAGES);
    for (size_t i = 0; i < b->n; i++)
        add_all_rows(b, i);
    add_compared(b);
}

/* --- 7 latency: prediction and log, or both sides, in one picture */

static size_t with_curve(const struct build *b, int side)
{
    for (size_t i = 0; i < b->n; i++)
        if (build_side(b, i) == side && plot_has(PLOT_LATENCY, b->r[i]))
            return i;
    return b->n;
}

static size_t beside(const struct build *b, size_t first)
{
    for (size_t i = 0; i < b->n; i++)
        if (i != first && plot_beside(b->r[i]) &&
            (!build_sided(b) || build_side(b, i) != build_side(b, first)))
            return i;
    return b->n;
}

static void add_latency(const struct build *b)
{
    size_t first = with_curve(b, 0), other;
    if (first == b->n && build_sided(b))
        first = with_curve(b, 1);
    if (first == b->n)
        return;
    other = beside(b, first);
    if (other == b->n || (build_sided(b) && plot_has(PLOT_LATENCY, b->r[other]))) {
        build_pictures(b, PLOT_LATENCY);
        return;
    }
    plot_add_beside(PLOT_LATENCY, b->r[first], build_label(b, first), b->r[other],
                    build_label(b, other), b->d);
    for (size_t i = 0; i < b->n; i++)
        if (i != first && i != other && plot_has(PLOT_LATENCY, b->r[i]) &&
            !build_is_twin(b, i, PLOT_LATENCY))
            plot_add(PLOT_LATENCY, b->r[i], build_label(b, i), b->d);
}

void build_latency(const struct build *b)
{
    add_latency(b);
    build_pictures(b, PLOT_PERCENTILES);
    for (size_t i = 0; i < b->n; i++) {
        struct table *t = build_caption(b, table_time(b->d, b->r[i]), i);
        document_fold(b->d, "Where the time goes", &t, 1);
    }
}

/* --- 8 */

void build_backlog(const struct build *b)
{
    build_pictures(b, PLOT_BACKLOG);
    for (size_t i = 0; i < b->n; i++) {
        const struct result *r = b->r[i];
        document_add_table(
            b->d, build_caption(b,
                                table_rows_of(b->d, r, "People and machines that items wait for",
                                              "resource", r->resources.at, r->resources.len),
                                i));
    }
}

/* --- 9 */

void build_calibration(const struct build *b)
{
    bool done = false;
    build_pictures(b, PLOT_CALIBRATION);
    for (size_t i = 0; i < b->n; i++)
        if (plot_has(PLOT_LEARNING, b->r[i]))
            build_heading(b, &done, "What feedback changes, cycle by cycle");
    build_pictures(b, PLOT_LEARNING);
}

/* --- 10 */

void build_sensitivities(const struct build *b)
{
    build_pictures(b, PLOT_TORNADO);
    for (size_t i = 0; i < b->n; i++)
        if (!build_is_twin(b, i, PLOT_TORNADO))
            document_add_table(b->d, build_caption(b, measure_table(b->d, b->r[i], 12), i));
}
