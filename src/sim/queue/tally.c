/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ratios over units are estimated by the ratio of their sums, with the delta method's variance
 * (Law, "Simulation Modeling and Analysis", 9.4-9.5); quantiles and standard deviations by their
 * pooled value, with the spread of the units' own values.  For those each unit keeps a coarse
 * histogram of its own. */
#include "sim/queue/metrics.h"

#include "base/buf.h"
#include <math.h>
#include <string.h>

const double class_quantiles[CLASS_QUANTILES] = {0.5, 0.9, 0.95, 0.99, 0.999};
const double cost_quantiles[COST_QUANTILES] = {0.95, 0.99};
const double visit_quantiles[VISIT_QUANTILES] = {0.5, 0.9, 0.95,
                                                 0.99}; /* as the first of a class */

static const struct pair_def edge_pair = {"share", 0, 0, PAIR_SHARE, PAIR_PLAIN, false};

enum { CELL_CLASSES_MAX = 8, CELL_STEPS_MAX = 16 };

/* --- places */

uint32_t tally_pair(const struct queue_tally *t, enum pair_list list, uint32_t row, uint32_t k)
{
    const struct queue_program *g = t->program;
    uint32_t first = 0;
    if (list == PAIRS_CLASS)
        return row * n_class_pairs + k;
    first += (tally_all(g) + 1) * n_class_pairs;
    if (list == PAIRS_STEP)
        return first + row * n_step_pairs + k;
    first += g->n_steps * n_step_pairs;
    if (list == PAIRS_DESK)
        return first + row * n_desk_pairs + k;
    first += g->pipeline->n_resources * n_desk_pairs;
    if (list == PAIRS_WEATHER)
        return first + row * n_weather_pairs + k;
    first += g->pipeline->n_environments * n_weather_pairs;
    return list == PAIRS_EDGE ? first + row : first + g->n_edges + k;
}

static struct sum_places places_of(const struct queue_program *g)
{
    struct sum_places at = {0};
    at.step = (tally_all(g) + 1) * CLASS_SUMS;
    at.desk = at.step + g->n_steps * STEP_SUMS;
    at.weather = at.desk + g->pipeline->n_resources * DESK_SUMS;
    at.edge = at.weather + g->pipeline->n_environments * WEATHER_SUMS;
    at.top = at.edge + g->n_edges;
    at.all = at.top + TOP_SUMS;
    return at;
}

static bool shares_state(const struct step *s)
{
    return s->by || s->kind == STEP_PARALLEL || s->breaker.failures > 0 ||
           s->retry.budget_kind != BUDGET_NONE;
}

bool tally_depends(const struct queue_program *g, uint32_t step)
{
    const struct pipeline *p = g->pipeline;
    return g->timed &&
           (p->n_environments > 0 || p->leave_after_s || shares_state(g->step[step].step));
}

/* Those that wait first, while there is room. */
static void init_step_cells(struct queue_tally *t)
{
    const struct queue_program *g = t->program;
    uint32_t left = CELL_STEPS_MAX;
    for (int desks = 1; desks >= 0; desks--)
        for (uint32_t i = 0; i < g->n_steps && left > 0; i++)
            if (tally_depends(g, i) && (g->step[i].step->by > 0) == desks) {
                t->step[i].cells = t->n_cells++;
                left--;
            }
}

static void init_cells(struct queue_tally *t)
{
    const struct queue_program *g = t->program;
    uint32_t classes = tally_all(g) + 1;
    t->cell_classes = g->n_classes <= CELL_CLASSES_MAX ? classes : 1;
    t->n_cells = t->cell_classes * CELL_KINDS + g->pipeline->n_resources;
    init_step_cells(t);
    t->cells = mem_zero((size_t)t->n_units * t->n_cells, sizeof *t->cells);
}

void queue_tally_init(struct queue_tally *t, const struct queue_program *g, uint32_t n_units)
{
    uint32_t n = g->pipeline->n_resources;
    *t = (struct queue_tally){.program = g, .n_units = n_units, .at = places_of(g)};
    t->n_pairs = tally_pair(t, PAIRS_TOP, 0, n_top_pairs);
    t->sum = mem_zero((size_t)(n_units + 1) * t->at.all, sizeof *t->sum);
    t->pair = mem_zero(t->n_pairs, sizeof *t->pair);
    t->class = mem_zero(tally_all(g) + 1, sizeof *t->class);
    t->step = mem_zero(g->n_steps, sizeof *t->step);
    t->wait = mem_zero(n + 1, sizeof *t->wait);
    t->spread = mem_zero((size_t)(tally_all(g) + 1) * CLASS_SPREADS, sizeof *t->spread);
    t->wait_p95 = mem_zero(n + 1, sizeof *t->wait_p95);
    if (!g->timed)
        return;
    init_cells(t);
    const struct horizon *h = &g->pipeline->horizon;
    double instants = h->observe_s > 0 ? (h->warmup_s + h->length_s) / h->observe_s + 1 : 0;
    t->n_instants = instants < 100000 ? (uint32_t)(instants + 1e-9) : 100000;
    size_t cells = (size_t)n * t->n_instants + 1;
    t->waiting = mem_zero(cells, sizeof *t->waiting);
    t->waiting2 = mem_zero(cells, sizeof *t->waiting2);
    t->inside = mem_zero(cells, sizeof *t->inside);
    t->inside2 = mem_zero(cells, sizeof *t->inside2);
    t->series = mem_zero(2 * cells, sizeof *t->series);
}

/* --- values */

/* Every list of values. */
static void for_all(struct queue_tally *t, void (*act)(struct intake *v))
{
    const struct queue_program *g = t->program;
    for (uint32_t c = 0; c <= tally_all(g); c++) {
        act(&t->class[c].shipped);
        act(&t->class[c].unshipped);
        act(&t->class[c].costs);
    }
    for (uint32_t i = 0; i < g->n_steps; i++) {
        act(&t->step[i].visits);
        act(&t->step[i].attempts);
    }
    for (uint32_t r = 0; r < g->pipeline->n_resources; r++)
        act(&t->wait[r]);
}

void queue_tally_release(struct queue_tally *t)
{
    const struct queue_program *g = t->program;
    if (!g)
        return;
    for_all(t, intake_release);
    for (size_t i = 0; t->cells && i < (size_t)t->n_units * t->n_cells; i++)
        mem_free(t->cells[i].at.cell);
    mem_free(t->cells);
    queue_cdf_release(&t->cdf);
    mem_free(t->sum);
    mem_free(t->pair);
    mem_free(t->class);
    mem_free(t->step);
    mem_free(t->wait);
    mem_free(t->spread);
    mem_free(t->wait_p95);
    mem_free(t->waiting);
    mem_free(t->waiting2);
    mem_free(t->inside);
    mem_free(t->inside2);
    mem_free(t->series);
    *t = (struct queue_tally){0};
}

void tally_send(struct queue_tally *t, struct intake *v, uint32_t cells, uint32_t unit)
{
    struct unit_cells *c = t->cells ? &t->cells[(size_t)v->unit * t->n_cells + cells] : NULL;
    if (c && v->n == INTAKE_HELD && v->sent == 0) {
        intake_pass(v, c, v->held, v->n);
        v->n = 0;
    } else if (c && v->n > v->sent) {
        unit_cells_add(c, v->held + v->sent, v->n - v->sent);
    }
    v->sent = v->n;
    v->unit = unit;
    if (v->n == INTAKE_HELD)
        intake_send(v);
}

void tally_put_many(struct queue_tally *t, struct intake *v, uint32_t cells, uint32_t unit,
                    const float *x, uint32_t n)
{
    if (v->n == INTAKE_HELD || v->unit != unit)
        tally_send(t, v, cells, unit);
    if (v->n == 0 && n == INTAKE_HELD && v->open.n > 0 && t->cells) { /* nothing to hold */
        intake_pass(v, &t->cells[(size_t)unit * t->n_cells + cells], x, n);
        return;
    }
    for (uint32_t at = 0; at < n;) {
        if (v->n == INTAKE_HELD)
            tally_send(t, v, cells, unit);
        at += intake_hold(v, x + at, n - at);
    }
}

/* All that is held for cells goes there. */
static void send_all(struct queue_tally *t)
{
    const struct queue_program *g = t->program;
    for (uint32_t c = 0; c < g->n_classes; c++) {
        struct class_values *v = &t->class[c];
        tally_send(t, &v->shipped, tally_cells(t, c, CELLS_SHIPPED), v->shipped.unit);
        tally_send(t, &v->unshipped, tally_cells(t, c, CELLS_UNSHIPPED), v->unshipped.unit);
        tally_send(t, &v->costs, tally_cells(t, c, CELLS_COST), v->costs.unit);
    }
    for (uint32_t r = 0; r < g->pipeline->n_resources; r++)
        tally_send(t, &t->wait[r], t->cell_classes * CELL_KINDS + r, t->wait[r].unit);
    for (uint32_t i = 0; i < g->n_steps; i++)
        if (t->step[i].cells)
            tally_send(t, &t->step[i].visits, t->step[i].cells, t->step[i].visits.unit);
}

/* --- closing a unit */

static double scale_of(const struct queue_tally *t, enum pair_scale scale)
{
    double time = t->program->time_scale, cost = t->program->cost_scale;
    time *= t->program->timed ? 0x1p-10 : 1; /* waits may be far longer than the work */
    switch (scale) {
    case PAIR_TIME:
        return time;
    case PAIR_TIME2:
        return time * time;
    case PAIR_COST:
        return cost;
    case PAIR_COST2:
        return cost * cost;
    default:
        return 1;
    }
}

static void add_pair(const struct queue_tally *t, struct pair_sums *p, const struct pair_def *d,
                     double y, double x)
{
    y *= scale_of(t, d->scale);
    wide_add(&p->y, y);
    wide_add(&p->x, x);
    if (d->kind == PAIR_TOTAL)
        return;
    wide_add(&p->yy, y * y);
    wide_add(&p->xx, x * x);
    wide_add(&p->xy, x * y);
}

static void add_rows(struct queue_tally *t, enum pair_list list, const struct pair_def *def,
                     uint32_t n_defs, uint32_t rows, const double *sums, uint32_t per_row,
                     const double *all)
{
    struct pair_sums *p = &t->pair[tally_pair(t, list, 0, 0)];
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t k = 0; k < n_defs; k++, p++)
            add_pair(t, p, &def[k], sums[r * per_row + def[k].y],
                     def[k].of_all ? all[def[k].x] : sums[r * per_row + def[k].x]);
}

static void add_value(struct moments *m, double x)
{
    moments_add(m, 1, x, x * x);
}

static double deviation(double sum, double squares, double n)
{
    return sqrt(fmax(squares - sum * sum / n, 0) / (n - 1));
}

/* cells: shipped, all ends, costs. */
static void spread_class(struct queue_tally *t, const double *u, uint32_t c,
                         const struct unit_cells *cells)
{
    struct moments *m = &t->spread[(size_t)c * CLASS_SPREADS];
    double time = scale_of(t, PAIR_TIME), cost = scale_of(t, PAIR_COST);
    if (u[CLASS_SHIPPED] > 1)
        add_value(&m[SPREAD_SHIPPED_SD],
                  time *
                      deviation(u[CLASS_SHIPPED_TIME], u[CLASS_SHIPPED_TIME2], u[CLASS_SHIPPED]));
    if (u[CLASS_ENDED] > 1)
        add_value(&m[SPREAD_TIME_SD],
                  time * deviation(u[CLASS_TIME], u[CLASS_TIME2], u[CLASS_ENDED]));
    if (u[CLASS_N] > 1) {
        add_value(&m[SPREAD_COST_SD], cost * deviation(u[CLASS_COST], u[CLASS_COST2], u[CLASS_N]));
        add_value(&m[SPREAD_VISITS_SD], deviation(u[CLASS_VISITS], u[CLASS_VISITS2], u[CLASS_N]));
    }
    if (!cells)
        return;
    for (int k = 0; k < CLASS_QUANTILES; k++) {
        if (cells[CELLS_SHIPPED].n)
            add_value(&m[SPREAD_SHIPPED + k],
                      time * unit_cells_quantile(&cells[CELLS_SHIPPED], class_quantiles[k]));
        if (cells[CELLS_UNSHIPPED].n)
            add_value(&m[SPREAD_TIME + k],
                      time * unit_cells_quantile(&cells[CELLS_UNSHIPPED], class_quantiles[k]));
    }
    for (int k = 0; k < COST_QUANTILES; k++)
        if (cells[CELLS_COST].n)
            add_value(&m[SPREAD_COST + k],
                      cost * unit_cells_quantile(&cells[CELLS_COST], cost_quantiles[k]));
}

/* Those of all classes from those of each; of all ends from those shipped and those not. */
static void sum_cells(struct queue_tally *t, struct unit_cells *of)
{
    uint32_t all = tally_all(t->program);
    for (uint32_t c = 0; t->cell_classes > 1 && c < all; c++)
        for (uint32_t k = 0; k < CELL_KINDS; k++)
            unit_cells_merge(&of[all * CELL_KINDS + k], &of[c * CELL_KINDS + k]);
    for (uint32_t c = 0; c < t->cell_classes; c++)
        unit_cells_merge(&of[c * CELL_KINDS + CELLS_UNSHIPPED],
                         &of[c * CELL_KINDS + CELLS_SHIPPED]);
}

static void spread_visits(const struct queue_tally *t, struct step_values *v,
                          const struct unit_cells *c)
{
    for (int k = 0; k < VISIT_QUANTILES && c->n; k++)
        add_value(&v->spread[k],
                  scale_of(t, PAIR_TIME) * unit_cells_quantile(c, visit_quantiles[k]));
}

static void spread(struct queue_tally *t, uint32_t unit, const double *u)
{
    uint32_t all = tally_all(t->program);
    struct unit_cells *of = t->cells ? t->cells + (size_t)unit * t->n_cells : NULL;
    if (!of)
        return;
    sum_cells(t, of);
    for (uint32_t c = 0; c <= all; c++) {
        bool kept = t->cell_classes > all || c == all;
        spread_class(t, u + (size_t)c * CLASS_SUMS, c,
                     kept ? of + tally_cells(t, c, CELLS_SHIPPED) : NULL);
    }
    for (uint32_t r = 0; r < t->program->pipeline->n_resources; r++) {
        const struct unit_cells *wait = &of[t->cell_classes * CELL_KINDS + r];
        if (wait->n)
            add_value(&t->wait_p95[r], scale_of(t, PAIR_TIME) * unit_cells_quantile(wait, 0.95));
    }
    for (uint32_t i = 0; i < t->program->n_steps; i++)
        if (t->step[i].cells)
            spread_visits(t, &t->step[i], &of[t->step[i].cells]);
    queue_cdf_add(t, &of[tally_cells(t, all, CELLS_SHIPPED)]);
}

void queue_tally_clear(struct queue_tally *t, uint32_t unit)
{
    memset(tally_unit(t, unit), 0, t->at.all * sizeof *t->sum);
    for (uint32_t k = 0; t->cells && unit < t->n_units && k < t->n_cells; k++)
        unit_cells_clear(&t->cells[(size_t)unit * t->n_cells + k]);
}

void queue_tally_close(struct queue_tally *t, uint32_t unit)
{
    const struct queue_program *g = t->program;
    uint32_t all = tally_all(g);
    double *u = tally_unit(t, unit);
    if (t->cells)
        send_all(t);
    for_all(t, intake_commit);
    tally_derive(t, u);
    const double *whole = u + (size_t)all * CLASS_SUMS;
    if (g->timed) {
        u[t->at.top + TOP_SPENT] += whole[CLASS_COST];
        u[t->at.top + TOP_NET] += whole[CLASS_NET];
    }
    add_rows(t, PAIRS_CLASS, class_pairs, n_class_pairs, all + 1, u, CLASS_SUMS, whole);
    add_rows(t, PAIRS_STEP, step_pairs, n_step_pairs, g->n_steps, u + t->at.step, STEP_SUMS, whole);
    add_rows(t, PAIRS_DESK, desk_pairs, n_desk_pairs, g->pipeline->n_resources, u + t->at.desk,
             DESK_SUMS, whole);
    add_rows(t, PAIRS_WEATHER, weather_pairs, n_weather_pairs, g->pipeline->n_environments,
             u + t->at.weather, WEATHER_SUMS, whole);
    for (uint32_t e = 0; e < g->n_edges; e++)
        add_pair(t, &t->pair[tally_pair(t, PAIRS_EDGE, e, 0)], &edge_pair, u[t->at.edge + e],
                 u[t->at.step + g->edge[e].from * STEP_SUMS + STEP_VISITS]);
    add_rows(t, PAIRS_TOP, top_pairs, n_top_pairs, 1, u + t->at.top, TOP_SUMS, whole);
    spread(t, unit, u);
    t->items += (uint64_t)whole[CLASS_N];
    t->unfinished += (uint64_t)whole[CLASS_UNFINISHED];
    t->closed++;
    queue_tally_clear(t, unit);
}

void queue_tally_take(struct queue_tally *t, uint32_t unit, double *out)
{
    double *u = tally_unit(t, unit);
    tally_derive(t, u);
    memcpy(out, u, t->at.all * sizeof *out);
    queue_tally_clear(t, unit);
}

void queue_tally_drop(struct queue_tally *t)
{
    if (t->cells)
        send_all(t);
    for_all(t, intake_drop);
    for (uint32_t unit = 0; unit <= t->n_units; unit++)
        queue_tally_clear(t, unit);
}

/* --- merging */

void pair_sums_merge(struct pair_sums *into, const struct pair_sums *from)
{
    wide_merge(&into->y, &from->y);
    wide_merge(&into->x, &from->x);
    wide_merge(&into->yy, &from->yy);
    wide_merge(&into->xx, &from->xx);
    wide_merge(&into->xy, &from->xy);
}

void queue_tally_merge(struct queue_tally *into, struct queue_tally *from)
{
    const struct queue_program *g = into->program;
    uint32_t all = tally_all(g), n = g->pipeline->n_resources;
    queue_tally_flush(from);
    for (uint32_t k = 0; k < into->n_pairs; k++)
        pair_sums_merge(&into->pair[k], &from->pair[k]);
    for (uint32_t c = 0; c <= all; c++) {
        intake_merge(&into->class[c].shipped, &from->class[c].shipped);
        intake_merge(&into->class[c].unshipped, &from->class[c].unshipped);
        intake_merge(&into->class[c].costs, &from->class[c].costs);
        for (uint32_t k = 0; k < CLASS_SPREADS; k++)
            moments_merge(&into->spread[c * CLASS_SPREADS + k],
                          &from->spread[c * CLASS_SPREADS + k]);
    }
    for (uint32_t i = 0; i < g->n_steps; i++) {
        intake_merge(&into->step[i].visits, &from->step[i].visits);
        intake_merge(&into->step[i].attempts, &from->step[i].attempts);
        for (int k = 0; k < VISIT_QUANTILES; k++)
            moments_merge(&into->step[i].spread[k], &from->step[i].spread[k]);
    }
    for (uint32_t r = 0; r < n; r++) {
        intake_merge(&into->wait[r], &from->wait[r]);
        moments_merge(&into->wait_p95[r], &from->wait_p95[r]);
    }
    for (size_t i = 0; i < (size_t)n * into->n_instants; i++) {
        into->waiting[i] += from->waiting[i];
        into->waiting2[i] += from->waiting2[i];
        into->inside[i] += from->inside[i];
        into->inside2[i] += from->inside2[i];
    }
    queue_cdf_merge(&into->cdf, &from->cdf);
    into->closed += from->closed;
    into->endless += from->endless;
    into->items += from->items;
    into->unfinished += from->unfinished;
    into->observed += from->observed;
}

/* Those of all classes from those of each. */
static void sum_classes(struct queue_tally *t)
{
    uint32_t n = tally_all(t->program);
    struct class_values *all = &t->class[n];
    if (n == 0)
        return;
    intake_forget(&all->shipped);
    intake_forget(&all->unshipped);
    intake_forget(&all->costs);
    for (uint32_t c = 0; c < n; c++) {
        intake_merge(&all->shipped, &t->class[c].shipped);
        intake_merge(&all->unshipped, &t->class[c].unshipped);
        intake_merge(&all->costs, &t->class[c].costs);
    }
}

void queue_tally_flush(struct queue_tally *t)
{
    sum_classes(t);
}
