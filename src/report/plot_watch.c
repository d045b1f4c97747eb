/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures of labels that are needed, of evidence as labels and items come, and of objectives over
 * time. */
#include "report/plot.h"

#include "report/cells.h"
#include "report/format.h"
#include "report/plot_parts.h"
#include "report/table.h"

#include <math.h>
#include <string.h>

enum { ROWS_MAX = 60 };

static const char *const files[PICTURE_LINES] = {"one", "two", "three", "four"};

/* The n-th curve of this id with more than one point; NULL. */
static const struct curve *nth_curve(const struct result *r, const char *id, size_t nth)
{
    for (size_t k = 0; k < r->curves.len; k++) {
        const struct curve *c = &r->curves.at[k];
        if (!strcmp(c->id, id) && c->points.len > 1 && nth-- == 0)
            return c;
    }
    return NULL;
}

static double last_x(const struct curve *c)
{
    return c->points.at[c->points.len - 1].x;
}

/* x, y and the band in a file whose first line has the name, for the key. */
static void put_curve(struct picture *p, const char *file, const struct curve *c, double x_scale,
                      double y_scale)
{
    struct buf *out = picture_block(p, file, "x\ty\tlow\thigh", c->resource ? c->resource : c->id);
    for (size_t i = 0; i < c->points.len; i++) {
        const struct point *at = &c->points.at[i];
        bool band = isfinite(at->low) && isfinite(at->high);
        picture_line(out,
                     (double[]){x_scale * at->x, y_scale * at->y,
                                y_scale * (band ? at->low : at->y),
                                y_scale * (band ? at->high : at->y)},
                     4, "");
    }
}

/* A band with a line in it, in the look of line `k`. */
static void put_band_and_line(struct picture *p, size_t k, const char *file)
{
    const struct picture_look *look = &picture_look[k];
    buf_printf(&p->script,
               "%s'%s' using 1:3:4 with filledcurves lc rgb '%s' fs transparent solid 0.25, "
               "'' using 1:2 with lines lc rgb '%s' lw 2 dt %s title columnheader(5)",
               k ? ", " : "plot ", file, look->colour, look->colour, look->dash);
}

/* Name, x and y of a curve, thinned to ROWS_MAX rows. */
static void curve_rows(struct document *d, struct table *t, const struct curve *c, double x_scale)
{
    size_t n = c->points.len, step = table_thin(n, ROWS_MAX);
    for (size_t i = 0; i < n; i = table_thin_next(i, n, step)) {
        table_cell(d, t, TONE_PLAIN, c->resource ? c->resource : "");
        cell_number(d, t, x_scale * c->points.at[i].x, 5);
        cell_number(d, t, c->points.at[i].y, 5);
    }
}

/* --- planner */

bool planner_has(const struct result *r)
{
    return nth_curve(r, "labels_needed", 0) != NULL;
}

static void power_panel(struct picture *p, const struct result *r)
{
    static const char *const names[] = {"power", "power2"};
    double end = last_x(nth_curve(r, "power", 0));
    buf_printf(&p->script,
               "set xlabel 'labels of all items'\nset ylabel 'certificates that come "
               "out (%%)'\nunset logscale\nset yrange [0:100]\nset ytics autofreq\n"
               "set xtics 0,%.6g\nset rmargin 4\nplot 80 with lines lc rgb '#788088' dt '-'",
               picture_step(fmax(end, 1) / 4));
    for (size_t k = 0; k < 2; k++) {
        const struct curve *c = nth_curve(r, "power", k);
        if (!c)
            break;
        put_curve(p, names[k], c, 1, 100);
        buf_printf(&p->script,
                   ", '%s' using 1:2 with lines lc rgb '%s' lw 1.5 dt %s title columnheader(5)",
                   names[k], picture_look[k + 2].colour, k ? picture_look[k + 2].dash : "solid");
    }
    buf_putc(&p->script, '\n');
}

/* From the power of ten below all labels to that above them. */
static void labels_axis(struct picture *p, const struct result *r)
{
    double low = INFINITY, high = 1;
    const struct curve *c;
    for (size_t k = 0; k < 2 && (c = nth_curve(r, "labels_needed", k)); k++)
        for (size_t i = 0; i < c->points.len; i++)
            if (c->points.at[i].y > 0 && isfinite(c->points.at[i].y)) {
                low = fmin(low, c->points.at[i].y);
                high = fmax(high, c->points.at[i].y);
            }
    low = pow(10, floor(log10(fmin(low, high))));
    high = pow(10, ceil(log10(high)));
    picture_log_axis(p, 'y', low, high);
    buf_printf(&p->script, "set yrange [%.6g:%.6g]\n", low, high);
}

void planner_draw(struct document *d, const struct result *r, struct picture *p)
{
    bool power = nth_curve(r, "power", 0);
    picture_start(p, 360);
    p->title = "Labels that a certificate needs";
    p->data = document_table(d, "Labels of all items, by the error of what ships");
    table_column(d, p->data, "threshold", false);
    table_column(d, p->data, "wrong", true);
    table_column(d, p->data, "labels", true);
    if (power)
        buf_puts(&p->script, "set multiplot layout 1,2\n");
    buf_puts(&p->script, "set xlabel 'wrong among what ships, assumed (%)'\n"
                         "set ylabel 'labels of all items'\nset key vertical\n");
    labels_axis(p, r);
    buf_printf(&p->script, "set xtics 0,%.6g\n",
               picture_step(fmax(100 * last_x(nth_curve(r, "labels_needed", 0)), 1e-6) / 5));
    for (size_t k = 0; k < 2; k++) {
        const struct curve *c = nth_curve(r, "labels_needed", k);
        if (!c)
            break;
        curve_rows(d, p->data, c, 1);
        put_curve(p, files[k], c, 100, 1);
        put_band_and_line(p, k, files[k]);
    }
    buf_putc(&p->script, '\n');
    if (power) {
        power_panel(p, r);
        buf_puts(&p->script, "unset multiplot\n");
    }
    buf_puts(&p->about, "The nearer the error of what ships is to the target, the more labels it "
                        "takes to show that it is below it. The band begins where the power first "
                        "suffices.");
    if (power)
        buf_puts(&p->about, " Beside it the exact power of so many labels: it falls while no "
                            "further error is allowed, and leaps where one more is.");
}

/* --- evidence */

bool evidence_has(const struct result *r)
{
    return nth_curve(r, "evidence", 0) != NULL;
}

/* log10 of the e-value that gives an alarm; NaN. */
static double evidence_bar(const struct result *r)
{
    const struct answer *a = &r->answer;
    return a->present && a->level > 0 && a->level < 1
               ? log10((a->tests ? (double)a->tests : 1) / (1 - a->level))
               : NAN;
}

void evidence_draw(struct document *d, const struct result *r, struct picture *p)
{
    const struct curve *c = nth_curve(r, "evidence", 0);
    bool timed = strcmp(c->x, "label");
    const char *name = "labels";
    double end = 0, unit = 1, bar = evidence_bar(r), most = -INFINITY;
    size_t shown = 0, all = 0;
    for (; (c = nth_curve(r, "evidence", all)); all++)
        end = fmax(end, last_x(c));
    if (timed)
        unit = picture_time_unit(end, &name);
    picture_start(p, 360);
    p->title = "Evidence, as items come";
    p->data = document_table(d, "Evidence: log10 of the e-value");
    table_column(d, p->data, "of", false);
    table_column(d, p->data, timed ? arena_printf(&d->arena, "time (%s)", name) : "label", true);
    table_column(d, p->data, "evidence", true);
    buf_printf(&p->script, "set xlabel '%s%s%s'\nset ylabel 'evidence, log10 of the e-value'\n",
               timed ? "time (" : "", name, timed ? ")" : "");
    for (size_t k = 0; k < all && k < PICTURE_LINES; k++, shown++) {
        c = nth_curve(r, "evidence", k);
        for (size_t i = 0; i < c->points.len; i++)
            most = fmax(most, c->points.at[i].y);
        curve_rows(d, p->data, c, 1 / unit);
        put_curve(p, files[k], c, 1 / unit, 1);
        buf_printf(&p->script,
                   "%s'%s' using 1:2 with linespoints lc rgb '%s' lw 2 dt %s pt %d ps 0.7 "
                   "pointnumber 7 title columnheader(5)",
                   k ? ", " : "plot ", files[k], picture_look[k].colour, picture_look[k].dash,
                   picture_look[k].mark);
    }
    if (!isnan(bar)) /* dotted and bare: no curve is */
        buf_printf(&p->script, ", %.6g with lines lc rgb '#d55e00' lw 2.5 dt (2,4) title 'alarm'",
                   bar);
    buf_putc(&p->script, '\n');
    buf_puts(&p->about, "A line that reaches the alarm is evidence that the law of what it watches "
                        "is not what it was or should be, however often one looks.");
    buf_printf(&p->about, " The highest stands at 10^%.2g", most);
    if (!isnan(bar))
        buf_printf(&p->about, "; an alarm needs 10^%.3g", bar);
    buf_putc(&p->about, '.');
    if (all > shown)
        buf_printf(&p->about, " The first %zu of %zu are drawn.", shown, all);
}

/* --- error budgets */

/* The curve of this id and objective; NULL. */
static const struct curve *of_objective(const struct result *r, const char *id, const char *name)
{
    for (size_t k = 0; k < r->curves.len; k++) {
        const struct curve *c = &r->curves.at[k];
        if (!strcmp(c->id, id) && c->resource && !strcmp(c->resource, name) && c->points.len)
            return c;
    }
    return NULL;
}

/* Objectives with both curves: at most so many as are drawn, and how many there are. */
static size_t budgeted(const struct result *r, const struct curve *windows[2],
                       const struct curve *left[2])
{
    size_t n = 0;
    for (size_t k = 0; k < r->curves.len; k++) {
        const struct curve *c = &r->curves.at[k];
        if (strcmp(c->id, "attainment") || !c->resource || !c->points.len)
            continue;
        const struct curve *budget = of_objective(r, "budget_left", c->resource);
        if (budget && n < 2) {
            windows[n] = c;
            left[n] = budget;
        }
        n += budget != NULL;
    }
    return n;
}

bool budget_has(const struct result *r)
{
    const struct curve *windows[2], *left[2];
    return budgeted(r, windows, left) > 0;
}

void budget_draw(struct document *d, const struct result *r, struct picture *p)
{
    const struct curve *windows[2], *left[2];
    const char *name;
    size_t all = budgeted(r, windows, left), n = all < 2 ? all : 2;
    double end = 0;
    for (size_t k = 0; k < n; k++)
        end = fmax(end, fmax(last_x(windows[k]), last_x(left[k])));
    double unit = picture_time_unit(end, &name);
    picture_start(p, 380);
    p->title = "Objectives over time, and their error budgets";
    p->data = document_table(d, "Windows of the objectives, then what is left of their budgets");
    table_column(d, p->data, "objective", false);
    table_column(d, p->data, arena_printf(&d->arena, "time (%s)", name), true);
    table_column(d, p->data, "share", true);
    buf_printf(&p->script,
               "set multiplot layout 1,2\nset key tmargin left vertical\nset xlabel 'time (%s)'\n"
               "set yrange [*:100]\nset ylabel 'attained in each window (%%)'\n",
               name);
    for (size_t k = 0; k < n; k++) {
        curve_rows(d, p->data, windows[k], 1 / unit);
        put_curve(p, files[k], windows[k], 1 / unit, 100);
        put_band_and_line(p, k, files[k]);
    }
    buf_puts(&p->script, "\nset key off\nset ylabel 'left of the error budget (%)'\n"
                         "plot 0 with lines lc rgb '#d55e00' dt '-'");
    for (size_t k = 0; k < n; k++) {
        struct point last = left[k]->points.at[left[k]->points.len - 1];
        curve_rows(d, p->data, left[k], 1 / unit);
        put_curve(p, files[k + 2], left[k], 1 / unit, 100);
        picture_line(&p->block[p->blocks - 1],
                     (double[]){end / unit, 100 * last.y, 100 * last.y, 100 * last.y}, 4, "");
        buf_printf(&p->script,
                   ", '%s' using 1:2 with steps lc rgb '%s' lw 2 dt %s title columnheader(5)",
                   files[k + 2], picture_look[k].colour, picture_look[k].dash);
    }
    buf_puts(&p->script, "\nunset multiplot\n");
    buf_puts(&p->about, "What share of each window was good, with its interval, and how much of "
                        "the bad events that the goal allows over the whole log is left: below 0 "
                        "the budget is overspent.");
    if (all > n)
        buf_printf(&p->about, " The first %zu of %zu objectives are drawn.", n, all);
}
