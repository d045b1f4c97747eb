/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A desk with hours or changing arrivals as part of a scenario: its periodic steady state, or, when
 * the horizon does not show that, the horizon itself. */
#include "sim/exact/cycle.h"
#include "sim/exact/desks.h"

#include <math.h>

/* How far the first cycle after the warm-up may be from the steady state, relative. */
static const double SETTLED = 1e-3;
enum { POINTS_MOST = 10000, POINTS_FEW = 24 };

struct points {
    struct cycle_point *at;
    size_t n;
};

/* At 0, step, 2 step, ... up to `end`, as the simulator observes. */
static struct points points_every(double step, double end)
{
    struct points p = {0};
    if (!(step > 0) || end / step > POINTS_MOST)
        step = end / POINTS_MOST;
    p.n = (size_t)floor(end / step + 1e-9) + 1;
    p.at = mem_zero(p.n, sizeof *p.at);
    for (size_t i = 0; i < p.n; i++)
        p.at[i].at_s = fmin((double)i * step, end);
    return p;
}

static void put_curve(const struct office *of, const struct points *p, const char *id,
                      struct result *out)
{
    struct curve *c = result_add_curve(out, id, "time", id);
    c->resource = result_text(out, "%s", of->resource->id);
    for (size_t i = 0; i < p->n; i++) {
        double y = id[0] == 'b' ? p->at[i].waiting : p->at[i].system;
        vec_push(&c->points, ((struct point){.x = p->at[i].at_s, .y = y, .low = y, .high = y}));
    }
}

static void put_curves(const struct office *of, const struct points *p, struct result *out)
{
    put_curve(of, p, "backlog", out);
    put_curve(of, p, "in_system", out);
}

static double part(double a, double b)
{
    return b > 0 ? a / b : 0;
}

/* What holds for any span of time. */
static void span_values(const struct office *of, const struct cycle_sums *s, struct desk_values *v)
{
    *v = (struct desk_values){.wait_p95_s = NAN, .service_level = NAN};
    v->utilisation = part(s->busy, s->open_s * of->resource->servers);
    v->queue_length = s->waiting / s->time_s;
    v->in_system = s->system / s->time_s;
    v->block = part(s->blocked, s->asked);
    v->p_wait = v->wait_mean_s = v->wait_served_mean_s = v->abandon = NAN;
}

/* And what holds over a cycle, by Little's law. */
static void cycle_values(const struct office *of, const struct cycle_sums *s, struct desk_values *v)
{
    const struct resource *r = of->resource;
    double joined = s->asked - s->blocked;
    span_values(of, s, v);
    v->wait_mean_s = part(s->waiting, joined);
    v->abandon = part(s->abandoned, s->asked);
    if (!isfinite(of->patience_s))
        v->wait_served_mean_s = v->wait_mean_s;
    if (!r->n_hours || r->at_close == CLOSE_FINISH)
        v->p_wait = part(s->waited, joined);
}

/* The horizon as it is. */
static int solve_horizon(const struct pipeline *p, struct office *of, const struct cycle_desk *d,
                         struct result *out, struct error *err)
{
    const struct horizon *h = &p->horizon;
    double end = h->warmup_s + h->length_s;
    struct points points = points_every(h->observe_s, end);
    struct cycle_point start = {.at_s = h->warmup_s};
    struct cycle_values v = {0}, before = {0};
    int status =
        cycle_transient(d, h->starts_s, 0, fmax(h->warmup_s, 1e-3), &start, 1, &before, err);
    if (!status)
        status = cycle_transient(d, h->starts_s, h->warmup_s, end, points.at, points.n, &v, err);
    of->work += before.work + v.work;
    if (!status) {
        span_values(of, &v.sums, &of->value);
        of->value.growth = (v.left - start.system) / h->length_s * DAY_S;
        put_curves(of, &points, out);
        result_assume(out, "the desk `%s` begins empty, and its values are those of the horizon",
                      of->resource->id);
    }
    mem_free(points.at);
    for (uint32_t k = 0; k < p->n_classes; k++)
        wait_law_mean(&of->wait[k], NAN);
    return status;
}

/* Is the first cycle after the warm-up the steady one, as far as can be told? */
static int look_at_warmup(const struct pipeline *p, struct office *of, const struct cycle_desk *d,
                          const struct cycle_values *steady, bool *settled, struct error *err)
{
    const struct horizon *h = &p->horizon;
    struct cycle_values first;
    double want = steady->sums.system, end = h->warmup_s + d->period_s;
    *settled = h->length_s >= d->period_s * (1 - 1e-9);
    if (!*settled)
        return 0;
    if (cycle_transient(d, h->starts_s, h->warmup_s, end, NULL, 0, &first, err))
        return -1;
    of->work += first.work;
    *settled = fabs(first.sums.system - want) <= SETTLED * want;
    return 0;
}

static void tell_steady(const struct pipeline *p, const struct office *of,
                        const struct cycle_desk *d, const struct cycle_values *v,
                        struct result *out)
{
    const char *word = d->period_s == DAY_S ? "day" : "week";
    double cycles = p->horizon.length_s / d->period_s;
    result_assume(out,
                  "the desk `%s` is in its periodic steady state, each %s as the one before, and "
                  "its values are over a whole one; the Kolmogorov equations are solved to %.1g",
                  of->resource->id, word, fmax(v->residual, 1e-12));
    if (v->lost > 0)
        result_assume(out, "the line at `%s` is cut where a share of %.1g of its items find no end",
                      of->resource->id, v->lost);
    if (fabs(cycles - rint(cycles)) > 1e-6)
        result_warn(out,
                    "resource %s: the horizon is not a whole number of %ss, and its values are "
                    "those of whole ones",
                    of->resource->id, word);
}

static int solve_cycle(const struct offices *o, struct office *of, const struct cycle_desk *d,
                       struct result *out, struct error *err)
{
    const struct pipeline *p = o->p;
    bool settled = false;
    const struct horizon *h = &p->horizon;
    double step = fmin(h->observe_s, d->period_s / POINTS_FEW);
    struct points points = points_every(step, d->period_s);
    struct cycle_values v;
    int status = cycle_steady(d, h->starts_s, points.at, points.n, &v, err);
    if (!status)
        status = look_at_warmup(p, of, d, &v, &settled, err);
    of->work += status ? 0 : v.work;
    if (!status && settled) {
        cycle_values(of, &v.sums, &of->value);
        for (uint32_t k = 0; k < p->n_classes; k++)
            wait_law_mean(&of->wait[k], of->delayed ? NAN : of->value.wait_served_mean_s);
        if (of->delayed)
            result_warn(
                out,
                "latency means, wait_mean: left out, as who takes longer to come to the desk "
                "`%s` comes at other hours of the day; seam simulate gives them",
                of->resource->id);
        put_curves(of, &points, out);
        tell_steady(p, of, d, &v, out);
    } else if (!status) {
        result_warn(out,
                    "resource %s: after the warm-up of %.3g s it is not yet in its periodic steady "
                    "state, or the horizon is shorter than one cycle; what items wait is left out "
                    "- lengthen `warmup`",
                    of->resource->id, h->warmup_s);
        status = solve_horizon(p, of, d, out, err);
    }
    mem_free(points.at);
    return status;
}

/* The horizon, where it is not too long for that. */
static int solve_overloaded(const struct pipeline *p, struct office *of, const struct cycle_desk *d,
                            struct result *out, struct error *err)
{
    struct error why = {0};
    if (!solve_horizon(p, of, d, out, &why))
        return 0;
    if (why.code != ERR_UNSUPPORTED) {
        *err = why;
        return -1;
    }
    of->value = (struct desk_values){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, 0, NAN, NAN};
    result_warn(
        out,
        "resource %s: utilisation, queue length and backlog are left out, as the line grows "
        "too long for the Kolmogorov equations; seam simulate gives them",
        of->resource->id);
    return 0;
}

int office_cycle(const struct offices *o, struct office *of, struct result *out, struct error *err)
{
    struct cycle_desk d;
    const struct resource *r = of->resource;
    int status;
    wait_law_mean(&of->left, NAN);
    struct arrivals a = o->p->arrivals;
    if (of->delayed && of->attempts > 0) {
        a.amplitude_per_s *= hypot(of->turn[0], of->turn[1]) / of->attempts;
        a.peak_s -= atan2(of->turn[1], of->turn[0]) / (2 * 3.14159265358979323846) * DAY_S;
    }
    cycle_desk_init(&d, r, &a, of->attempts, of->mean_s, of->patience_s);
    double load = cycle_load(&d);
    if (load < 1) {
        status = solve_cycle(o, of, &d, out, err);
    } else {
        result_warn(out,
                    "resource %s is overloaded: %.4g times the work that it can do in a %s "
                    "arrives; there is no steady state, and what items wait is left out",
                    r->id, load, d.period_s == DAY_S ? "day" : "week");
        status = solve_overloaded(o->p, of, &d, out, err);
    }
    cycle_desk_release(&d);
    if (status && err->code == ERR_UNSUPPORTED)
        return office_refuse(o->p, r,
                             "a cycle of its hours or arrivals holds too many items for the "
                             "Kolmogorov equations",
                             err);
    return status;
}
