/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A half-width is made of two deviations that add in squares, that of sampling and that of the
 * parameters; four times the evidence on one parameter leaves a quarter of its share of the
 * latter's square. */
#include "report/measure.h"

#include "report/cells.h"

#include <math.h>
#include <string.h>

static const char metric_shown[] = "reliability";
enum { TIMES = 4 };
static const double LEAST_SHARE = 0.005, WORTH_TELLING = 0.05;

static const struct metric *shown(const struct result *r)
{
    const struct metric *m = metrics_find(&r->metrics, metric_shown);
    bool known = m && m->sd_parameters > 0 && isfinite(m->low) && isfinite(m->high);
    return known && m->high > m->low ? m : NULL;
}

static double width(const struct metric *m, double parameters)
{
    double now = hypot(m->sd_parameters, m->sd_sampling);
    return (m->high - m->low) / 2 * hypot(parameters, m->sd_sampling) / now;
}

static double width_with_more(const struct metric *m, const struct sensitivity *s)
{
    double left = 1 - s->variance_share * (1 - 1.0 / TIMES);
    return width(m, m->sd_parameters * sqrt(left));
}

/* Points of a percentage, with one digit behind for those below 10, two below 1. */
static const char *points(struct document *d, double x)
{
    double p = 100 * x;
    int digits = p >= 10 ? 0 : p >= 0.95 ? 1 : 2;
    if (p > 0 && p < 0.01)
        return arena_printf(&d->arena, "%.1g", p);
    return arena_printf(&d->arena, "%.*f", digits, p);
}

const char *measure_split(struct document *d, const struct result *r)
{
    const struct metric *m = shown(r);
    if (!m)
        return NULL;
    const char *all = points(d, (m->high - m->low) / 2);
    if (!(m->sd_sampling > 0))
        return arena_printf(&d->arena, "%s: ±%s points, all of it from the parameters", m->name,
                            all);
    double one = (m->high - m->low) / 2 / hypot(m->sd_parameters, m->sd_sampling);
    return arena_printf(&d->arena, "%s: ±%s points, of which parameters ±%s and sampling ±%s",
                        m->name, all, points(d, one * m->sd_parameters),
                        points(d, one * m->sd_sampling));
}

/* The largest share below the `before` largest: of rows not yet taken. */
static const struct sensitivity *next(const struct result *r, bool *taken)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < r->sensitivities.len; i++) {
        const struct sensitivity *s = &r->sensitivities.at[i];
        if (!s->shared || taken[i] || strcmp(s->metric, metric_shown) ||
            !(s->variance_share >= LEAST_SHARE))
            continue;
        if (best == SIZE_MAX || s->variance_share > r->sensitivities.at[best].variance_share)
            best = i;
    }
    if (best == SIZE_MAX)
        return NULL;
    taken[best] = true;
    return &r->sensitivities.at[best];
}

static void put_row(struct document *d, struct table *t, const struct metric *m,
                    const struct sensitivity *s)
{
    table_cell(d, t, TONE_PLAIN, s->parameter);
    table_cell(d, t, TONE_PLAIN, arena_printf(&d->arena, "%.3g%%", 100 * s->variance_share));
    table_cell(d, t, TONE_PLAIN,
               arena_printf(&d->arena, "%.3g–%.3g%%", 100 * s->variance_share_low,
                            100 * s->variance_share_high));
    table_cell(d, t, TONE_PLAIN,
               arena_printf(&d->arena, "±%s points", points(d, width_with_more(m, s))));
}

struct table *measure_table(struct document *d, const struct result *r, size_t at_most)
{
    const struct metric *m = shown(r);
    if (!m || !r->sensitivities.len)
        return NULL;
    bool *taken = mem_zero(r->sensitivities.len, sizeof *taken);
    const struct sensitivity *s = next(r, taken);
    struct table *t = NULL;
    if (s) {
        t = document_table(d, "Measure first: shares of the variance of reliability that the "
                              "parameters make");
        table_column(d, t, "parameter", false);
        table_column(d, t, "share", true);
        table_column(d, t, "interval", true);
        table_column(d, t, "with 4 times the evidence", true);
        t->note = arena_printf(&d->arena, "With the evidence there is: ±%s points.",
                               points(d, (m->high - m->low) / 2));
    }
    for (size_t row = 0; s && row < at_most; row++, s = next(r, taken))
        put_row(d, t, m, s);
    mem_free(taken);
    return t;
}

const char *measure_advice(struct document *d, const struct result *r)
{
    const struct metric *m = shown(r);
    if (!m || !r->sensitivities.len)
        return NULL;
    bool *taken = mem_zero(r->sensitivities.len, sizeof *taken);
    const struct sensitivity *s = next(r, taken);
    mem_free(taken);
    double now = (m->high - m->low) / 2, then = s ? width_with_more(m, s) : now;
    if (!(now - then >= WORTH_TELLING * now))
        return NULL;
    return arena_printf(&d->arena,
                        "Measure %s first: it makes %.0f%% of the variance that the parameters "
                        "give to reliability. With %d times the evidence the interval would "
                        "narrow from ±%s to ±%s points.",
                        s->parameter, 100 * s->variance_share, TIMES, points(d, now),
                        points(d, then));
}
