/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which quantiles and attainments of time a pipeline is asked for, and where the answers go. */
#include "sim/exact/latency.h"
#include "sim/exact/deadline.h"
#include "sim/exact/weather_times.h"

#include <math.h>
#include <string.h>

enum { ITEM_QUANTILES = 5, VISIT_QUANTILES = 4, CURVE_STEPS = 100 };
static const double item_p[ITEM_QUANTILES] = {0.5, 0.9, 0.95, 0.99, 0.999};
static const double visit_p[VISIT_QUANTILES] = {0.5, 0.9, 0.95, 0.99};
static const double CURVE_TOLERANCE = 1e-4, ERROR_MAX = 1e-3;
static const double WORK_MAX = 2e9; /* ns for a window */
/* Of many steps, quantiles of visits are found to what is said of them (1e-6), and no further. */
enum { STEPS_MANY = 100 };
static const double VISIT_TOLERANCE = 1e-6;
static const double SKY_LAWS = 2e6; /* ns, of the transforms of a latency in one weather */

const struct latency_options latency_exactly = {
    .items = true, .curve = true, .tolerance = 1e-7, .points_max = 1 << 15, .least_kink = 1e-14};

struct asks {
    struct ask *at; /* a VEC */
    size_t len, cap;
};

static void ask_quantile(struct asks *to, uint32_t law, double p, double tolerance)
{
    struct ask a = {.law = law, .p = p, .tolerance = tolerance};
    vec_push(to, a);
}

static void ask_share(struct asks *to, uint32_t law, double x, double tolerance)
{
    struct ask a = {.law = law, .share = true, .x = x, .tolerance = tolerance};
    vec_push(to, a);
}

/* Writes an answer that is good enough. */
static void put(const struct ask *a, double *value, const char *name, struct latency_outcome *out)
{
    if (isnan(a->error))
        return;
    if (!(a->error <= ERROR_MAX)) {
        out->inexact = name;
        return;
    }
    *value = a->share ? a->p : a->x;
    if (a->error <= out->worst)
        return;
    out->worst = a->error;
    out->worst_name = name;
}

/* --- items */

static void item_masses(const struct model *m, double *mass)
{
    memset(mass, 0, (size_t)model_scopes(m) * LATENCY_OF_COUNT * sizeof *mass);
    for (uint32_t s = 0; s < model_scopes(m); s++)
        for (uint32_t k = 0; k < ABSORB_COUNT; k++) {
            double *of = mass + (size_t)s * LATENCY_OF_COUNT, n = m->top[s].mass[k];
            bool shipped = k / 4 == ABSORB_SHIP;
            of[LATENCY_ALL] += n;
            of[LATENCY_SHIPPED] += shipped ? n : 0;
            of[LATENCY_GOOD] += shipped && k & 2 ? n : 0;
        }
    for (uint32_t s = 0; s < model_scopes(m) && model_leaves(m); s++)
        for (uint32_t of = 0; of < LATENCY_OF_COUNT; of++)
            mass[s * LATENCY_OF_COUNT + of] = deadline_free(m, s, of);
}

/* The share of a law that is before the deadline: items that would end so without it, and do. */
static double share_in_time(const struct model *m, uint32_t scope, enum latency_of of)
{
    const double *mass = m->top[scope].mass;
    double ended = 0;
    for (uint32_t k = 0; k < ABSORB_COUNT && model_leaves(m); k++)
        ended += of >= latency_first(k) ? mass[k] : 0;
    return model_leaves(m) ? fmin(1, ended / deadline_free(m, scope, of)) : 1;
}

/* A time that the longest question may be about; only its magnitude matters. */
static double item_scale(const struct model *m, const double *values)
{
    double mean = values[TOP_ALL_MEAN], sd = values[TOP_ALL_SD];
    return isfinite(mean) && isfinite(sd) ? mean + 5 * sd : latency_scale(m);
}

double latency_scale(const struct model *m)
{
    double sum = 0;
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++)
        for (uint32_t u = 0; u < m->chain[k].n_units; u++) {
            const struct numbers *n = &m->chain[k].numbers[u];
            sum += fmin(dist_quantile_upper(&n->latency, 0.01), n->timeout_s);
        }
    return sum;
}

static void ask_items(const struct model *m, const struct latency_options *options,
                      struct asks *asks)
{
    for (uint32_t s = 0; s < model_scopes(m) && options->items; s++) {
        uint32_t law = s * LATENCY_OF_COUNT;
        double shipped = share_in_time(m, s, LATENCY_SHIPPED);
        double all = share_in_time(m, s, LATENCY_ALL);
        for (int k = 0; k < ITEM_QUANTILES; k++) {
            ask_quantile(asks, law + LATENCY_SHIPPED, item_p[k] * shipped, options->tolerance);
            ask_quantile(asks, law + LATENCY_ALL, fmin(item_p[k], all), options->tolerance);
        }
        if (isfinite(m->pipeline->deadline_s))
            ask_share(asks, law + LATENCY_GOOD, m->pipeline->deadline_s, options->tolerance);
    }
    double shipped = share_in_time(m, 0, LATENCY_SHIPPED);
    for (int k = -1; k <= CURVE_STEPS && options->curve; k++) {
        double p = k < 0 ? 0.001 : k < CURVE_STEPS ? (k + 0.5) / CURVE_STEPS : 0.999;
        ask_quantile(asks, LATENCY_SHIPPED, p * shipped, CURVE_TOLERANCE);
    }
}

/* Items that leave do so at their deadline: a quantile beyond it is there, and so are all attempts
 * to be in time after it. */
static void put_cut(const struct model *m, uint32_t s, const struct ask *a, double *v,
                    struct latency_outcome *out)
{
    double leave_s = deadline_of(m, s), all = share_in_time(m, s, LATENCY_ALL);
    for (int k = 0; k < ITEM_QUANTILES && !isnan(leave_s); k++) {
        struct ask cut = a[1];
        if (item_p[k] > all || cut.x > leave_s) {
            cut.x = leave_s;
            cut.error = 0;
        }
        put(a, &v[TOP_LATENCY_P50 + k], top_names[TOP_LATENCY_P50 + k], out);
        put(&cut, &v[TOP_ALL_P50 + k], top_names[TOP_ALL_P50 + k], out);
        a += 2;
    }
    if (!isnan(leave_s) && m->pipeline->deadline_s >= leave_s && isfinite(m->pipeline->deadline_s))
        v[TOP_SLO] = v[TOP_RELIABILITY];
    else if (!isnan(leave_s) && isfinite(m->pipeline->deadline_s))
        put(a, &v[TOP_SLO], top_names[TOP_SLO], out);
}

static void put_items(const struct model *m, const struct latency_options *options,
                      const struct ask *a, double *values, struct latency_outcome *out)
{
    for (uint32_t s = 0; s < model_scopes(m) && options->items; s++) {
        double *v = values + (size_t)s * TOP_COUNT;
        if (model_leaves(m)) {
            put_cut(m, s, a, v, out);
            a += 2 * ITEM_QUANTILES + isfinite(m->pipeline->deadline_s);
            continue;
        }
        for (int k = 0; k < ITEM_QUANTILES; k++) {
            put(a++, &v[TOP_LATENCY_P50 + k], top_names[TOP_LATENCY_P50 + k], out);
            put(a++, &v[TOP_ALL_P50 + k], top_names[TOP_ALL_P50 + k], out);
        }
        if (isfinite(m->pipeline->deadline_s))
            put(a++, &v[TOP_SLO], top_names[TOP_SLO], out);
    }
    out->curve = mem_zero(CURVE_STEPS + 2, sizeof *out->curve);
    for (int k = 0; k < CURVE_STEPS + 2 && options->curve; k++, a++)
        if (a->error <= ERROR_MAX) {
            out->curve[out->n_curve] = *a;
            out->curve[out->n_curve++].p /= share_in_time(m, 0, LATENCY_SHIPPED);
        }
}

static void answer_items(struct latency_model *l, const struct latency_options *options,
                         double scale_s, double points, struct asks *asks)
{
    const struct model *m = l->model;
    size_t most = LATENCY_PARTS * latency_stride(l);
    double *mass = mem_zero(most, sizeof *mass);
    struct latency_source source = {.mass = mass, .fill = latency_fill_items, .arg = l};
    latency_split(l);
    if (l->parts > 1) {
        source.n_laws = (uint32_t)latency_laws(l);
        source.scale_s = latency_spread(l);
        source.shift_s = l->law_s;
        latency_part_masses(l, mass);
        if (latency_answer_parts(l, &source, points, options->least_kink, asks->at, asks->len)) {
            mem_free(mass);
            return;
        }
        latency_unsplit(l);
    }
    source.n_laws = model_scopes(m) * LATENCY_OF_COUNT;
    source.scale_s = scale_s;
    source.shift_s = l->law_s;
    item_masses(m, mass);
    latency_answer(&source, points, options->least_kink, asks->at, asks->len);
    mem_free(mass);
}

/* Quantiles that stand in the wrong order are none. */
static void strike_out(struct asks *asks)
{
    for (size_t i = 0; i < asks->len; i++)
        for (size_t k = 0; k < asks->len; k++) {
            struct ask *low = &asks->at[i], *high = &asks->at[k];
            bool alike = low->law == high->law && !low->share && !high->share;
            if (alike && low->p < high->p && low->x > high->x * (1 + 1e-9))
                low->error = high->error = INFINITY;
        }
}

static void solve_items(struct latency_model *l, const struct latency_options *options,
                        double *values, struct latency_outcome *out)
{
    const struct model *m = l->model;
    struct asks asks = {0};
    double points = fmin(options->points_max, WORK_MAX / latency_work(m));
    out->items = points >= 2048;
    if (out->items) {
        ask_items(m, options, &asks);
        answer_items(l, options, item_scale(m, values), points, &asks);
        strike_out(&asks);
        put_items(m, options, asks.at, values, out);
    }
    vec_release(&asks);
}

/* --- visits */

static double visit_scale(const struct model *m, uint32_t step)
{
    const struct retry *retry = chain_retry(&m->chain[0], step);
    double sum = 0;
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++) {
        const struct numbers *n = &m->chain[k].numbers[step];
        sum = fmax(sum, 2 * fmin(dist_quantile_upper(&n->latency, 0.01), n->timeout_s));
    }
    return sum > 0 ? sum : rules_backoff(retry, 1, 1);
}

/* Visits with different budgets have none together. */
static bool one_budget(const struct model *m, uint32_t step)
{
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++) {
        const struct chain *c = &m->chain[k];
        for (uint32_t u = c->extra[step]; u < c->extra[step + 1]; u++)
            if (unit_counts(&c->unit[u]) && c->numbers[u].budget_s != c->numbers[step].budget_s)
                return false;
    }
    return true;
}

static void solve_visits(const struct latency_model *l, const struct latency_options *options,
                         uint32_t step, double *v, struct latency_outcome *out)
{
    const struct model *m = l->model;
    uint32_t n = m->pipeline->n_classes, n_laws = n > 1 ? n + 1 : 1;
    bool budget = model_has_budget(m, step) && isnan(v[STAGE_WITHIN_BUDGET]) && one_budget(m, step);
    double *mass = mem_zero(n_laws, sizeof *mass), within = 0;
    double *shift = mem_zero(n_laws, sizeof *shift);
    for (uint32_t k = 0; k < n_laws; k++)
        shift[k] = latency_visit_shift(l, step);
    struct visit_source visits = {l, step};
    struct latency_source source = {.n_laws = n_laws,
                                    .mass = mass,
                                    .scale_s = visit_scale(m, step),
                                    .shift_s = shift,
                                    .fill = latency_fill_visits,
                                    .arg = &visits};
    struct asks asks = {0};
    double tolerance = options->tolerance;
    if (m->pipeline->n_steps > STEPS_MANY)
        tolerance = fmax(tolerance, VISIT_TOLERANCE);
    mass[0] = 1;
    for (int k = 0; k < VISIT_QUANTILES; k++)
        ask_quantile(&asks, 0, visit_p[k], tolerance);
    for (uint32_t k = 0; k < n; k++) {
        double budget_s = m->chain[k].numbers[step].budget_s;
        double share = m->visits[step * n + k] / m->stage[step].visits;
        if (n > 1)
            mass[1 + k] = share;
        if (budget && isfinite(budget_s))
            ask_share(&asks, n > 1 ? 1 + k : 0, budget_s, tolerance);
        else
            within += share;
    }
    latency_answer(&source, options->points_max, options->least_kink, asks.at, asks.len);
    for (int k = 0; k < VISIT_QUANTILES; k++)
        put(&asks.at[k], &v[STAGE_VISIT_P50 + k], stage_names[STAGE_VISIT_P50 + k], out);
    for (size_t k = VISIT_QUANTILES; k < asks.len; k++) {
        double part = asks.at[k].law ? 0 : NAN;
        put(&asks.at[k], &part, stage_names[STAGE_WITHIN_BUDGET], out);
        within += part;
    }
    if (budget)
        v[STAGE_WITHIN_BUDGET] = within;
    vec_release(&asks);
    mem_free(shift);
    mem_free(mass);
}

void model_latency(const struct model *m, const struct latency_options *options, double *values,
                   struct latency_outcome *out)
{
    struct latency_model l;
    *out = (struct latency_outcome){0};
    latency_model_init(&l, m);
    struct latency_options left = *options;
    left.items = options->items && isnan(values[TOP_ALL_P50]);
    left.curve = options->curve && !isnan(deadline_of(m, 0));
    if (!model_knows_times(m)) {
        latency_model_release(&l);
        return;
    }
    if (left.items || left.curve)
        solve_items(&l, &left, values, out);
    out->items = out->items || !isnan(values[TOP_ALL_P50]);
    for (uint32_t i = 0; i < m->pipeline->n_steps; i++) {
        double *v = values + model_stage_at(m, i);
        bool vague = model_wait_vague(m, i) || model_cut(m, i) || model_leaves(m);
        if (m->stage[i].visits > 0 && isnan(v[STAGE_VISIT_P50]) && !vague)
            solve_visits(&l, options, i, v, out);
    }
    latency_model_release(&l);
}

void latency_outcome_release(struct latency_outcome *out)
{
    mem_free(out->curve);
    *out = (struct latency_outcome){0};
}

bool model_knows_times(const struct model *m)
{
    return !m->weather || m->weather->n <= SKY_TIMES_MAX;
}

/* Measured: three windows, a law in each, and windows of their own for retried visits. */
double model_latency_work(const struct model *m)
{
    const struct pipeline *p = m->pipeline;
    double sum = 1e6 + 3 * 512 * latency_work(m);
    for (uint32_t i = 0; i < p->n_steps; i++)
        sum += p->n_classes * (p->step[i].retry.attempts > 1 ? 4e5 : 2e5);
    for (uint32_t k = 0; k < p->n_classes && m->weather; k++)
        sum += sky_work(&m->chain[k]) + SKY_LAWS * p->n_steps * m->weather->n * m->weather->n;
    return sum;
}
