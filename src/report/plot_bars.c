/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures of bars, one for each stage or parameter: what each stage loses or would give, how often
 * it ends well, a waterfall of where items are lost, a tornado of sensitivities. */
#include "report/cells.h"
#include "report/format.h"
#include "report/plot.h"
#include "report/plot_parts.h"
#include "report/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BAR_HEIGHT = 30, BARS_MOST = 40 };

/* Rows from the top down, each one high. */
static void start_bars(struct picture *p, size_t rows)
{
    picture_start(p, (int)(rows ? rows : 1) * BAR_HEIGHT + 78);
    buf_printf(&p->script,
               "set yrange [%.2f:-0.6]\nset grid noytics xtics\nset border 1 lc rgb '#788088'\n"
               "set tics scale 0\nset key off\nset rmargin 3\n",
               (double)(rows ? rows : 1) - 0.4);
}

/* The smallest and the largest of what is drawn; NaN is left out. */
struct extent {
    double low, high;
};
static const struct extent NOTHING = {INFINITY, -INFINITY};

static void reach(struct extent *e, double x)
{
    if (isfinite(x)) {
        e->low = fmin(e->low, x);
        e->high = fmax(e->high, x);
    }
}

/* Room in pixels for the numbers beside bars, behind names of so many columns. */
struct room {
    double left, right;
    size_t names;
};
enum { LETTER = 8, NAME_MOST = 32, AROUND_BARS = 44, NUMBER = 76 };

static void bar_range(struct picture *p, struct extent e, struct room room)
{
    double left = e.low < 0 ? room.left : 0, right = e.high > 0 ? room.right : 0,
           names = (double)(room.names < NAME_MOST ? room.names : NAME_MOST),
           pixel = (e.high - e.low) / (PLOT_WIDTH - AROUND_BARS - LETTER * names - left - right);
    buf_printf(&p->script, "set xrange [%.6g:%.6g]\n", e.low - left * pixel,
               e.high + right * pixel);
}

/* Bars begin at 0; all at 0 get an axis, too. */
static struct extent from_zero(struct extent e)
{
    reach(&e, 0);
    if (!(e.high > e.low))
        e.high = 1;
    return e;
}

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

/* bars: row value name; whiskers: row value low high, where there is an interval; numbers: row, the
 * end of what is drawn, text.  Of many stages those with the largest (sign 1) or smallest (-1)
 * values, in the order of the flow. */
static size_t put_stage_bars(struct picture *p, const struct result *r, const char *name,
                             double sign, struct document *d, struct table *t,
                             struct extent *extent, size_t *widest)
{
    struct choice choice = choose(r, name, sign);
    struct buf *bars = picture_block(p, "bars", "row\tpercent\tstage", NULL),
               *whiskers = picture_block(p, "whiskers", "row\tpercent\tlow\thigh", NULL),
               *numbers = picture_block(p, "numbers", "row\tend\tnumber", NULL);
    size_t rows = 0;
    for (size_t i = 0; i < r->stages.len; i++) {
        const struct row *row = &r->stages.at[i];
        const struct metric *m = metrics_find(&row->metrics, name);
        if (!m || !isfinite(m->value) || !chosen(&choice, m->value))
            continue;
        picture_line(bars, (double[]){(double)rows, 100 * m->value}, 2, row_called(row));
        reach(extent, 100 * m->value);
        reach(extent, 100 * m->low);
        reach(extent, 100 * m->high);
        if (isfinite(m->low) && isfinite(m->high) && m->low < m->high)
            picture_line(whiskers,
                         (double[]){(double)rows, 100 * m->value, 100 * m->low, 100 * m->high}, 4,
                         NULL);
        struct buf text;
        buf_init(&text);
        struct metric size = *m;
        size.value = fabs(m->value);
        buf_puts(&text, m->value < 0 ? "\u2212" : "");
        format_value(&text, &size, r->currency);
        picture_line(numbers, (double[]){(double)rows, 100 * fmax(fmax(m->value, m->high), 0)}, 2,
                     buf_text(&text));
        buf_clear(&text);
        format_both(&text, m, r->currency);
        cell_row(d, t, row);
        table_cell(d, t, TONE_PLAIN, buf_text(&text));
        buf_release(&text);
        size_t wide = text_width(row_called(row));
        *widest = wide > *widest ? wide : *widest;
        rows++;
    }
    return rows;
}

static void say_shown(struct picture *p, const struct result *r, size_t rows, const char *which)
{
    if (rows == BARS_MOST && r->stages.len > rows)
        buf_printf(&p->about, " The %zu stages with %s of it, of %zu.", rows, which, r->stages.len);
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
    struct extent extent = NOTHING;
    p->title = loss ? "Reliability lost at each stage" : "What a perfect stage would give";
    p->data = bar_table(d, p->title, loss ? "loss" : "improvement");
    size_t widest = 0, rows = put_stage_bars(p, r, loss ? "loss" : "improvement", 1, d, p->data,
                                             &extent, &widest);
    start_bars(p, rows);
    bar_range(p, from_zero(extent), (struct room){12, NUMBER, widest});
    buf_puts(&p->script, loss ? "set xlabel 'percentage points of reliability (Shapley value)'\n"
                              : "set xlabel 'percentage points of reliability gained'\n");
    buf_puts(&p->script, "plot 'bars' using 2:1:(0):2:($1-0.32):($1+0.32):ytic(3) "
                         "with boxxyerror lc rgb '#0072b2'");
    if (picture_filled(&p->block[1]))
        buf_puts(&p->script,
                 ", 'whiskers' using 2:1:3:4 with xerrorbars pt 0 lw 1.5 lc rgb '#000000'");
    buf_puts(&p->script, ", 'numbers' using 2:1:3 with labels left offset 0.6,0 "
                         "textcolor rgb '#000000'\n");
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
    struct extent extent = NOTHING;
    p->title = visits ? "Visits that end visibly well" : "Attempts that end well";
    p->data = bar_table(d, p->title, visits ? "success rate" : "ok rate");
    size_t widest = 0, rows = put_stage_bars(p, r, name, -1, d, p->data, &extent, &widest);
    double low = extent.low < 100 ? fmin(extent.low, 99.5) : 0, room = 0.18 * (100 - low);
    start_bars(p, rows);
    double from = fmax(low - room / 2, -2), step = picture_step((100 - low) / 5);
    buf_printf(&p->script,
               "set xlabel '%s that end well (%%)'\nset xrange [%.6g:%.6g]\n"
               "set xtics %.6g,%.6g,100\n",
               visits ? "visits" : "attempts", from, 100 + room, 100 - 6 * step, step);
    buf_puts(&p->script, "plot 'bars' using 2:1:ytic(3) with points pt 7 ps 0.9 lc rgb '#0072b2'");
    if (picture_filled(&p->block[1]))
        buf_puts(&p->script, ", 'whiskers' using 2:1:3:4 with xerrorbars pt 7 ps 0.9 lw 1.5 "
                             "lc rgb '#0072b2'");
    buf_puts(&p->script, ", 'numbers' using (100):1:3 with labels left offset 1.4,0 "
                         "textcolor rgb '#000000'\n");
    buf_puts(&p->about, "Each dot is a stage, the line through it the interval of its rate, the "
                        "number the rate. Silent mistakes do not show here: only what "
                        "the pipeline can see.");
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
    double floor;              /* where the axis begins */
    size_t rows, name, number; /* columns of the longest */
};

/* columns: place from to label-place text name */
static void fall_row(struct fall *f, double from, double to, const char *label, double value)
{
    struct buf text, *out = value < 0 ? f->falls : f->totals;
    const struct metric share_of = {
        .name = "reliability", .unit = "1", .value = fabs(value), .low = NAN, .high = NAN};
    buf_init(&text);
    buf_puts(&text, value < 0 ? "\u2212" : "");
    format_value(&text, &share_of, NULL);
    picture_line(out,
                 (double[]){(double)f->rows, fmax(100 * from, f->floor), fmax(100 * to, f->floor),
                            100 * fmax(from, to)},
                 4, buf_text(&text));
    out->len--;
    buf_putc(out, '\t');
    plot_put_name(out, label);
    buf_putc(out, '\n');
    table_cell(f->d, f->p->data, TONE_PLAIN, label);
    table_cell(f->d, f->p->data, TONE_PLAIN, buf_text(&text));
    f->name = text_width(label) > f->name ? text_width(label) : f->name;
    f->number = text_width(buf_text(&text)) > f->number ? text_width(buf_text(&text)) : f->number;
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
        fall_by(f, arena_printf(&f->d->arena, "%s: %s", row_called(&r->stages.at[i]), words),
                m->value);
        left -= m->value;
    }
    if (left > 1e-9)
        fall_by(f, words, left);
}

/* Where little is lost, an axis from 0 on would show nothing of it. */
static double loss_floor(double reliability, double *step)
{
    static const double floors[][2] = {
        {99.9, 0.02},
        {99.5, 0.1 },
        {99,   0.2 },
        {98,   0.5 },
        {95,   1   },
        {90,   2   },
        {80,   5   },
        {60,   10  }
    };
    for (size_t i = 0; reliability < 1 && i < sizeof floors / sizeof *floors; i++)
        if (100 * reliability - 0.15 * (100 - floors[i][0]) > floors[i][0]) {
            *step = floors[i][1];
            return floors[i][0];
        }
    *step = 20;
    return 0;
}

void loss_draw(struct document *d, const struct result *r, struct picture *p)
{
    static const char heads[] = "row\tfrom\tto\tplace of the number\tnumber\tstep";
    double right = share(r, "reliability"), step;
    struct fall f = {.d = d, .p = p, .level = 1, .floor = loss_floor(right, &step)};
    f.totals = picture_block(p, "totals", heads, NULL);
    f.falls = picture_block(p, "falls", heads, NULL);
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
    fall_row(&f, 0, right, "right answers", right);
    start_bars(p, f.rows);
    bar_range(p, (struct extent){f.floor, 100},
              (struct room){0, LETTER * (double)f.number + 10, f.name});
    buf_printf(&p->script,
               "set xlabel 'share of all items (%%)%s'\nset xtics %.6g,%.6g,100\n"
               "plot 'totals' using 2:1:2:3:($1-0.32):($1+0.32):ytic(6) with "
               "boxxyerror lc rgb '#0072b2', "
               "'' using 4:1:5 with labels left offset 0.5,0 textcolor rgb '#000000'",
               f.floor > 0 ? ": axis not from 0" : "", f.floor, step);
    if (f.floor > 0) /* a gap in what is cut off, as across a broken axis */
        buf_printf(&p->script,
                   ", '' using (%.6g):($1+0.4):(%.6g):(-0.8) with vectors nohead lw 5 "
                   "lc rgb '#ffffff'",
                   f.floor + 0.03 * (100 - f.floor), 0.02 * (100 - f.floor));
    if (picture_filled(f.falls))
        buf_puts(&p->script,
                 ", 'falls' using 2:1:3:2:($1-0.32):($1+0.32):ytic(6) with boxxyerror "
                 "lc rgb '#d55e00', "
                 "'' using 4:1:5 with labels left offset 0.5,0 textcolor rgb '#000000', "
                 "'' using 3:1:(0):(0.68) with vectors nohead lw 1 lc rgb '#788088'");
    buf_putc(&p->script, '\n');
    buf_puts(&p->about, "From all items down to those that end right: what fails in sight, what is "
                        "rejected, and what ships although it is wrong.");
    if (f.floor > 0)
        buf_printf(&p->about, " The axis begins at %.4g%%, so that what is lost can be seen.",
                   f.floor);
}

/* --- tornado */

bool tornado_has(const struct result *r)
{
    for (size_t i = 0; i < r->sensitivities.len; i++)
        if (isfinite(r->sensitivities.at[i].value) && r->sensitivities.at[i].value != 0)
            return true;
    return false;
}

/* The metric that is told about: reliability where it can be. */
static const char *swayed(const struct result *r)
{
    const char *metric = NULL;
    for (size_t i = 0; i < r->sensitivities.len; i++)
        if (isfinite(r->sensitivities.at[i].value) && r->sensitivities.at[i].value != 0 &&
            (!metric || !strcmp(r->sensitivities.at[i].metric, "reliability")))
            metric = r->sensitivities.at[i].metric;
    return metric;
}

/* What the evidence leaves open moves the metric by so much, one standard deviation to each side;
 * 0: its share is not known. */
static double swing(const struct sensitivity *s, const struct metric *m)
{
    return s->shared && s->variance_share > 0 && m ? sqrt(s->variance_share) * m->sd_parameters : 0;
}

/* Bars to both sides where the parameters rest on evidence, else derivatives. */
static bool has_swings(const struct result *r, const char *metric)
{
    const struct metric *m = metrics_find(&r->metrics, metric);
    for (size_t i = 0; i < r->sensitivities.len; i++)
        if (!strcmp(r->sensitivities.at[i].metric, metric) && swing(&r->sensitivities.at[i], m) > 0)
            return true;
    return false;
}

/* What a number that grows by a tenth does to the metric, as far as its derivative tells; a
 * probability by a tenth of its distance to the nearer of 0 and 1. */
static double effect(const struct sensitivity *s)
{
    double size = s->probability ? fmin(s->at, 1 - s->at) : fabs(s->at);
    return 0.1 * size * s->value;
}

/* Derivatives by shares, by times and by rates have no axis in common; their effects have, where
 * the numbers are known. */
static bool has_effects(const struct result *r, const char *metric)
{
    bool moves = false;
    for (size_t i = 0; i < r->sensitivities.len; i++) {
        const struct sensitivity *s = &r->sensitivities.at[i];
        if (strcmp(s->metric, metric) != 0 || !isfinite(s->value))
            continue;
        if (!isfinite(s->at))
            return false;
        moves = moves || effect(s) != 0;
    }
    return moves;
}

/* What the bars of a tornado are, the best that is known. */
enum tornado { TORNADO_SWINGS, TORNADO_EFFECTS, TORNADO_DERIVATIVES };

static enum tornado tornado_of(const struct result *r, const char *metric)
{
    return has_swings(r, metric)    ? TORNADO_SWINGS
           : has_effects(r, metric) ? TORNADO_EFFECTS
                                    : TORNADO_DERIVATIVES;
}

/* What the number at a bar's end says; small ones keep their zeros. */
static void put_size(struct buf *out, double x, bool swings)
{
    double size = fabs(x);
    buf_puts(out, swings ? "±" : x < 0 ? "\u2212" : "");
    if (size >= 1e-6 && size < 1e-3)
        buf_printf(out, "%.*f", 1 - (int)floor(log10(size)), size);
    else if (size >= 999.5 && size < 1e6)
        buf_printf(out, "%.0f", size);
    else
        buf_printf(out, "%.3g", size);
}

/* Paths of the scenario's own parts without the part's name: "draft.wrong". */
static const char *short_path(const char *parameter)
{
    static const char *const parts[] = {"flow.", "environments."};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strncmp(parameter, parts[i], strlen(parts[i])))
            return parameter + strlen(parts[i]);
    return parameter;
}

/* row from to parameter number: the largest first */
static size_t put_tornado(struct document *d, struct picture *p, const struct result *r,
                          const char *metric, enum tornado kind, struct extent *extent,
                          size_t *widest)
{
    enum { MOST = 12 };
    const struct metric *m = metrics_find(&r->metrics, metric);
    static const char heads[] = "row\tfrom\tto\tnumber\tparameter";
    struct buf *side[2];
    side[0] = picture_block(p, "raise", heads, NULL);
    side[1] = picture_block(p, "lower", heads, NULL);
    bool *taken = mem_zero(r->sensitivities.len, sizeof *taken);
    bool swings = kind == TORNADO_SWINGS;
    double scale = kind != TORNADO_DERIVATIVES && format_is_share(metric) ? 100 : 1;
    size_t rows = 0;
    for (; rows < MOST; rows++) {
        double best = 0;
        size_t at = 0;
        for (size_t i = 0; i < r->sensitivities.len; i++) {
            const struct sensitivity *s = &r->sensitivities.at[i];
            double size = swings ? swing(s, m) : kind == TORNADO_EFFECTS ? effect(s) : s->value;
            if (!taken[i] && !strcmp(s->metric, metric) && fabs(size) > fabs(best)) {
                best = size;
                at = i;
            }
        }
        if (best == 0)
            break;
        taken[at] = true;
        double from = swings ? -scale * best : 0, to = scale * best;
        const char *name = short_path(r->sensitivities.at[at].parameter);
        struct buf number, *out = side[best < 0];
        buf_init(&number);
        put_size(&number, scale * best, swings);
        picture_line(out, (double[]){(double)rows, from, to}, 3, buf_text(&number));
        out->data[out->len - 1] = '\t'; /* the name stands behind */
        plot_put_name(out, name);
        buf_putc(out, '\n');
        table_cell(d, p->data, TONE_PLAIN, r->sensitivities.at[at].parameter);
        cell_number(d, p->data, r->sensitivities.at[at].at, 5);
        table_cell(d, p->data, TONE_PLAIN, buf_text(&number));
        buf_release(&number);
        *widest = text_width(name) > *widest ? text_width(name) : *widest;
        reach(extent, from);
        reach(extent, to);
    }
    mem_free(taken);
    return rows;
}

static void tornado_about(struct picture *p, enum tornado kind, const char *metric)
{
    if (kind == TORNADO_SWINGS)
        buf_printf(&p->about,
                   "How far %s moves when a parameter moves by one standard deviation of what its "
                   "evidence leaves open. More evidence for the longest bars narrows the result "
                   "most.",
                   metric);
    else
        buf_printf(
            &p->about,
            "%s: a bar to the left is a parameter that lowers %s as it grows. The longest "
            "bars are where better data, or better work, change the answer most.",
            kind == TORNADO_EFFECTS
                ? "What a number that grows by a tenth of itself changes, a share by a tenth "
                  "of its distance to 0% or 100%, as far as the derivative at it tells"
                : "Partial derivatives",
            metric);
}

static void tornado_label(struct picture *p, enum tornado kind, const char *metric,
                          const char *words)
{
    const struct metric_def *def = metric_def(metric);
    const char *of = def ? words : "the result", *points = format_is_share(metric) ? "points of "
                                                           : def && !strcmp(def->unit, "s")
                                                               ? "seconds of "
                                                               : "";
    if (kind == TORNADO_SWINGS)
        buf_printf(&p->script, "set xlabel '%sone standard deviation to each side'\n",
                   format_is_share(metric) ? "points, " : "");
    else if (kind == TORNADO_EFFECTS)
        buf_printf(&p->script, "set xlabel '%s%s for a number a tenth larger'\n", points, of);
    else
        buf_printf(&p->script, "set xlabel 'change of %s per 1 of a share or s'\n", of);
}

void tornado_draw(struct document *d, const struct result *r, struct picture *p)
{
    const char *metric = swayed(r);
    enum tornado kind = tornado_of(r, metric);
    struct extent extent = NOTHING;
    struct buf words;
    buf_init(&words);
    format_name(&words, metric);
    p->title = kind == TORNADO_SWINGS
                   ? "What is not known of the parameters, and what that does to the result"
                   : "What the result is most sensitive to";
    p->data = document_table(d, p->title);
    table_column(d, p->data, "parameter", false);
    table_column(d, p->data, "its value", true);
    table_column(d, p->data, kind == TORNADO_DERIVATIVES ? "change per unit" : "change", true);
    size_t widest = 0, rows = put_tornado(d, p, r, metric, kind, &extent, &widest);
    start_bars(p, rows);
    tornado_label(p, kind, metric, buf_text(&words));
    bar_range(p, from_zero(extent), (struct room){NUMBER, NUMBER, widest});
    buf_puts(&p->script,
             "set arrow 1 from 0,graph 0 to 0,graph 1 nohead lc rgb '#788088' back\nplot ");
    for (int k = 0; k < 2; k++)
        if (picture_filled(&p->block[k]))
            buf_printf(&p->script,
                       "%s'%s' using 3:1:2:3:($1-0.32):($1+0.32):ytic(5) with boxxyerror "
                       "lc rgb '%s', '' using 3:1:4 with labels %s textcolor rgb '#000000'",
                       k && picture_filled(&p->block[0]) ? ", " : "", k ? "lower" : "raise",
                       k ? "#d55e00" : "#0072b2", k ? "right offset -0.6,0" : "left offset 0.6,0");
    buf_putc(&p->script, '\n');
    tornado_about(p, kind, buf_text(&words));
    buf_release(&words);
}
