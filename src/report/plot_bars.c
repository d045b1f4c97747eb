/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures of bars, one for each stage or parameter: what each stage loses or would give, how often
 * it ends well, a waterfall of where items are lost, a tornado of sensitivities. */
#include "report/format.h"
#include "report/plot.h"
#include "report/plot_parts.h"
#include "report/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BAR_HEIGHT = 30, BARS_MOST = 40 };

static const char bar_plot[] =
    "set yrange [*:*] reverse\nset offsets 0,0,0.6,0.6\nset grid noytics xtics\n"
    "set border 1 lc rgb '#788088'\nset tics scale 0\nset key off\n";

static bool any_value(const struct row *rows, size_t n, const char *name)
{
    size_t known = 0;
    for (size_t i = 0; i < n; i++) {
        const struct metric *m = metrics_find(&rows[i].metrics, name);
        known += m && isfinite(m->value);
    }
    return known > 0;
}

static int largest_first(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x > y ? -1 : x < y;
}

/* The BARS_MOST rows with the largest sign * value: those above `least` and the first `ties` at it.
 */
struct choice {
    double sign, least;
    size_t ties;
};

static struct choice choose(const struct result *r, const char *name, double sign)
{
    struct choice c = {.sign = sign, .least = -INFINITY};
    double *x = mem_alloc(r->stages.len * sizeof *x);
    size_t n = 0, above = 0;
    for (size_t i = 0; i < r->stages.len; i++) {
        const struct metric *m = metrics_find(&r->stages.at[i].metrics, name);
        if (m && isfinite(m->value))
            x[n++] = sign * m->value;
    }
    if (n > BARS_MOST) {
        qsort(x, n, sizeof *x, largest_first);
        c.least = x[BARS_MOST - 1];
        while (x[above] > c.least)
            above++;
        c.ties = BARS_MOST - above;
    }
    mem_free(x);
    return c;
}

static bool chosen(struct choice *c, double value)
{
    if (c->sign * value != c->least)
        return c->sign * value > c->least;
    return c->ties > 0 && c->ties--;
}

/* bars.tsv: row value name; whiskers.tsv: row value low high, where there is an interval.  Of many
 * stages those with the largest (sign 1) or smallest (-1) values, in the order of the flow. */
static size_t put_stage_bars(struct picture *p, const struct result *r, const char *name,
                             double sign, struct document *d, struct table *t)
{
    struct choice choice = choose(r, name, sign);
    struct buf *bars = picture_file(p, "bars.tsv"), *whiskers = picture_file(p, "whiskers.tsv");
    size_t rows = 0;
    for (size_t i = 0; i < r->stages.len; i++) {
        const struct row *row = &r->stages.at[i];
        const struct metric *m = metrics_find(&row->metrics, name);
        if (!m || !isfinite(m->value) || !chosen(&choice, m->value))
            continue;
        picture_line(bars, (double[]){(double)rows, 100 * m->value}, 2, row->id);
        if (isfinite(m->low) && isfinite(m->high) && m->low < m->high)
            picture_line(whiskers,
                         (double[]){(double)rows, 100 * m->value, 100 * m->low, 100 * m->high}, 4,
                         NULL);
        struct buf text;
        buf_init(&text);
        format_both(&text, m, r->currency);
        table_cell(d, t, TONE_PLAIN, row->id);
        table_cell(d, t, TONE_PLAIN, buf_text(&text));
        buf_release(&text);
        rows++;
    }
    return rows;
}

static void say_shown(struct picture *p, const struct result *r, size_t rows, const char *which)
{
    if (rows == BARS_MOST && r->stages.len > rows)
        buf_printf(&p->about, " The %zu stages with %s of it, of %zu.", rows, which, r->stages.len);
}

/* Ends the plot command; the whiskers lie over what is drawn already. */
static void end_bars(struct picture *p, const char *whiskers)
{
    if (p->file[1].len)
        buf_printf(&p->script, ", 'whiskers.tsv' using 2:1:3:4 with xerrorbars %s", whiskers);
    buf_putc(&p->script, '\n');
}

static struct table *bar_table(struct document *d, const char *caption, const char *value)
{
    struct table *t = document_table(d, caption);
    table_column(d, t, "stage", false);
    table_column(d, t, value, true);
    return t;
}

bool improvement_has(const struct result *r)
{
    return any_value(r->stages.at, r->stages.len, "loss") ||
           any_value(r->stages.at, r->stages.len, "improvement");
}

void improvement_draw(struct document *d, const struct result *r, struct picture *p)
{
    bool loss = any_value(r->stages.at, r->stages.len, "loss");
    p->title = loss ? "Reliability lost at each stage" : "What a perfect stage would give";
    p->data = bar_table(d, p->title, loss ? "loss" : "improvement");
    size_t rows = put_stage_bars(p, r, loss ? "loss" : "improvement", 1, d, p->data);
    picture_start(p, (int)rows * BAR_HEIGHT + 90);
    buf_puts(&p->script, bar_plot);
    buf_puts(&p->script, loss ? "set xlabel 'percentage points of reliability (Shapley value)'\n"
                              : "set xlabel 'percentage points of reliability gained'\n");
    buf_puts(&p->script, "plot 'bars.tsv' using 2:1:(0):2:($1-0.32):($1+0.32):ytic(3) "
                         "with boxxyerror lc rgb '#0072b2'");
    end_bars(p, "pt 0 lw 1.5 lc rgb '#000000'");
    buf_puts(&p->about, loss ? "The losses of all stages add up to what separates this pipeline "
                               "from a perfect one."
                             : "How much the reliability of the whole would rise if this stage "
                               "alone never failed. The longest bar is where work pays most.");
    say_shown(p, r, rows, "most");
}

static const char *stage_metric(const struct result *r)
{
    return any_value(r->stages.at, r->stages.len, "success_rate") ? "success_rate" : "ok_rate";
}

bool stages_has(const struct result *r)
{
    return any_value(r->stages.at, r->stages.len, "success_rate") ||
           any_value(r->stages.at, r->stages.len, "ok_rate");
}

void stages_draw(struct document *d, const struct result *r, struct picture *p)
{
    const char *name = stage_metric(r);
    bool visits = !strcmp(name, "success_rate");
    p->title = visits ? "Visits that end visibly well" : "Attempts that end well";
    p->data = bar_table(d, p->title, visits ? "success rate" : "ok rate");
    size_t rows = put_stage_bars(p, r, name, -1, d, p->data);
    picture_start(p, (int)rows * BAR_HEIGHT + 90);
    buf_puts(&p->script, bar_plot);
    buf_printf(&p->script, "set xlabel '%s that end well (%%)'\nset xrange [*:100]\n",
               visits ? "visits" : "attempts");
    buf_puts(&p->script,
             "plot 'bars.tsv' using 2:1:ytic(3) with points pt 7 ps 0.9 lc rgb '#0072b2'");
    end_bars(p, "pt 7 ps 0.9 lw 1.5 lc rgb '#0072b2'");
    buf_puts(&p->about, "Each dot is a stage, the line through it the interval of its rate. Silent "
                        "mistakes do not show here: only what the pipeline can see.");
    say_shown(p, r, rows, "least");
}

/* --- where items are lost: a waterfall from all items down to the right answers */

static double share(const struct result *r, const char *name)
{
    const struct metric *m = metrics_find(&r->metrics, name);
    return m && isfinite(m->value) ? m->value : NAN;
}

bool loss_has(const struct result *r)
{
    double lost = share(r, "share_wrong");
    return isfinite(share(r, "reliability")) && isfinite(lost);
}

struct fall {
    struct document *d;
    struct picture *p;
    struct buf *totals, *falls;
    double level;
    size_t rows;
};

/* columns: place from to label-place text name */
static void fall_row(struct fall *f, double from, double to, const char *label, double value)
{
    struct buf text, *out = to > from ? f->totals : f->falls;
    buf_init(&text);
    buf_printf(&text, fabs(value) < 1e-4 ? "%.2g%%" : "%.2f%%", 100 * value);
    picture_line(out, (double[]){(double)f->rows, 100 * from, 100 * to, 100 * fmax(from, to)}, 4,
                 buf_text(&text));
    out->len--;
    buf_putc(out, '\t');
    plot_put_name(out, label);
    buf_putc(out, '\n');
    table_cell(f->d, f->p->data, TONE_PLAIN, label);
    table_cell(f->d, f->p->data, TONE_PLAIN, buf_text(&text));
    f->rows++;
    buf_release(&text);
}

static void fall_by(struct fall *f, const char *label, double value)
{
    if (!(value > 0))
        return;
    fall_row(f, f->level, f->level - value, label, -value);
    f->level -= value;
}

/* The largest exits of the stages, then what of the total they do not tell. */
static void fall_by_stage(struct fall *f, const struct result *r, const char *exit,
                          const char *total, const char *words)
{
    double left = share(r, total);
    struct choice choice = choose(r, exit, 1);
    for (size_t i = 0; i < r->stages.len; i++) {
        const struct metric *m = metrics_find(&r->stages.at[i].metrics, exit);
        if (!m || !(m->value > 0) || !chosen(&choice, m->value))
            continue;
        fall_by(f, arena_printf(&f->d->arena, "%s: %s", r->stages.at[i].id, words), m->value);
        left -= m->value;
    }
    if (left > 1e-9)
        fall_by(f, words, left);
}

void loss_draw(struct document *d, const struct result *r, struct picture *p)
{
    struct fall f = {.d = d, .p = p, .level = 1};
    f.totals = picture_file(p, "totals.tsv");
    f.falls = picture_file(p, "falls.tsv");
    p->title = "Where items are lost";
    p->data = document_table(d, p->title);
    table_column(d, p->data, "step", false);
    table_column(d, p->data, "share of all items", true);
    fall_row(&f, 0, 1, "all items", 1);
    fall_by_stage(&f, r, "exit_fail", "share_failed", "fails");
    fall_by_stage(&f, r, "exit_reject", "share_rejected", "rejected");
    fall_by_stage(&f, r, "exit_abandon", "share_abandoned", "gives up");
    fall_by(&f, "unfinished", share(r, "share_unfinished"));
    fall_by(&f, "shipped, but wrong", share(r, "share_wrong"));
    fall_row(&f, 0, share(r, "reliability"), "right answers", share(r, "reliability"));
    picture_start(p, (int)f.rows * BAR_HEIGHT + 90);
    buf_puts(&p->script, bar_plot);
    buf_puts(&p->script, "set xlabel 'share of all items (%)'\nset xrange [0:115]\n"
                         "set xtics 0,20,100\n"
                         "plot 'totals.tsv' using 2:1:2:3:($1-0.32):($1+0.32):ytic(6) with "
                         "boxxyerror lc rgb '#0072b2', "
                         "'' using 4:1:5 with labels left offset 0.5,0 textcolor rgb '#000000'");
    if (f.falls->len)
        buf_puts(&p->script,
                 ", 'falls.tsv' using 2:1:3:2:($1-0.32):($1+0.32):ytic(6) with boxxyerror "
                 "lc rgb '#d55e00', "
                 "'' using 4:1:5 with labels left offset 0.5,0 textcolor rgb '#000000'");
    buf_putc(&p->script, '\n');
    buf_puts(&p->about, "From all items down to those that end right: what fails in sight, what is "
                        "rejected, and what ships although it is wrong.");
}

/* --- tornado */

bool tornado_has(const struct result *r)
{
    for (size_t i = 0; i < r->sensitivities.len; i++)
        if (isfinite(r->sensitivities.at[i].value))
            return true;
    return false;
}

void tornado_draw(struct document *d, const struct result *r, struct picture *p)
{
    enum { MOST = 12 };
    struct buf *out = picture_file(p, "bars.tsv");
    bool *taken = mem_zero(r->sensitivities.len, sizeof *taken);
    const char *metric = NULL;
    size_t rows = 0;
    for (size_t i = 0; i < r->sensitivities.len; i++)
        if (isfinite(r->sensitivities.at[i].value) &&
            (!metric || !strcmp(r->sensitivities.at[i].metric, "reliability")))
            metric = r->sensitivities.at[i].metric;
    for (; rows < MOST; rows++) {
        const struct sensitivity *best = NULL;
        size_t at = 0;
        for (size_t i = 0; i < r->sensitivities.len; i++) {
            const struct sensitivity *s = &r->sensitivities.at[i];
            if (taken[i] || strcmp(s->metric, metric) || !isfinite(s->value) || s->value == 0)
                continue;
            if (!best || fabs(s->value) > fabs(best->value)) {
                best = s;
                at = i;
            }
        }
        if (!best)
            break;
        taken[at] = true;
        picture_line(out, (double[]){best->value}, 1, best->parameter);
    }
    mem_free(taken);
    picture_start(p, (int)rows * BAR_HEIGHT + 90);
    p->title = "What the result is most sensitive to";
    p->data = table_sensitivities(d, r, 40);
    buf_puts(&p->script, bar_plot);
    buf_puts(&p->script, "set xlabel 'change of the result for a change of 1 in the parameter'\n"
                         "set xzeroaxis\nset arrow 1 from 0,graph 0 to 0,graph 1 nohead "
                         "lc rgb '#788088'\n"
                         "plot 'bars.tsv' using 1:0:(0):1:($0-0.32):($0+0.32):ytic(2) with "
                         "boxxyerror lc rgb '#0072b2'\n");
    buf_puts(&p->about, "Partial derivatives: a bar to the left is a parameter that lowers ");
    format_name(&p->about, metric);
    buf_puts(&p->about, " as it grows. The longest bars are where better data, or better work, "
                        "change the answer most.");
}
