/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures of curves: review load against error or labels, confidence against accuracy. */
#include "report/plot.h"

#include "base/units.h"
#include "report/format.h"
#include "report/plot_parts.h"
#include "report/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS_MAX = 2000, BINS_MAX = 60 };

static void put_some(struct buf *out, const struct curve *c, double scale_x, double scale_y,
                     size_t most)
{
    size_t n = c->points.len, step = table_thin(n, most);
    for (size_t i = 0; i < n; i = table_thin_next(i, n, step)) {
        const struct point *p = &c->points.at[i];
        bool interval = !isnan(p->low) && !isnan(p->high);
        double line[] = {p->x * scale_x, p->y * scale_y, (interval ? p->low : p->y) * scale_y,
                         (interval ? p->high : p->y) * scale_y};
        picture_line(out, line, 4, NULL);
    }
}

static void put_points(struct buf *out, const struct curve *c, double scale_x, double scale_y)
{
    put_some(out, c, scale_x, scale_y, POINTS_MAX);
}

static bool has_points(const struct result *r, const char *id)
{
    const struct curve *c = result_curve(r, id);
    return c && c->points.len > 1;
}

/* --- frontier */

static const struct {
    const char *id, *file, *plot, *words;
} frontiers[] = {
    {"frontier",           "plain",
     "'plain' using 1:3:4 with filledcurves lc rgb '#56b4e9' fs transparent solid 0.25, "
     "'plain' using 1:2 with lines lc rgb '#0072b2' lw 2 title 'estimate'",                          "estimate"       },
    {"frontier_certified", "certified",
     "'certified' using 1:2 with lines lc rgb '#009e73' lw 2 dt '-' title 'certified bound'",        "certified bound"},
    {"frontier_perfect",   "perfect",
     "'perfect' using 1:2 with lines lc rgb '#b8528f' lw 2.5 dt (12,5,3,5) title 'perfect ranking'", "perfect ranking"},
};
enum { N_FRONTIERS = sizeof frontiers / sizeof *frontiers };

bool frontier_has(const struct result *r)
{
    return has_points(r, "frontier");
}

/* Review load, or what it costs? */
static bool is_by_load(const struct result *r)
{
    return !strcmp(result_curve(r, "frontier")->x, "review_load");
}

/* Where the answer, or else the result itself, lies on the picture. */
static bool chosen_point(const struct result *r, double *x, double *y)
{
    const struct metric *load = metrics_find(&r->metrics, result_curve(r, "frontier")->x);
    const struct metric *risk = metrics_find(&r->metrics, result_curve(r, "frontier")->y);
    bool said = r->answer.present && !isnan(r->answer.review_load) && is_by_load(r);
    *x = said ? r->answer.review_load : load ? load->value : NAN;
    *y = r->answer.present && !isnan(r->answer.risk_value) ? r->answer.risk_value
         : risk                                            ? risk->value
                                                           : NAN;
    return isfinite(*x) && isfinite(*y);
}

static bool target_level(const struct result *r, double *y)
{
    struct error ignored = {0};
    enum target_kind kind;
    const struct metric *m = metrics_find(&r->metrics, result_curve(r, "frontier")->y);
    return m && m->target && !strchr(m->target, ',') &&
           units_target(m->target, &kind, y, &ignored) == 0 && kind == TARGET_AT_MOST;
}

static const char *known_words(const char *name, const char *otherwise)
{
    if (!strcmp(name, "auto_error"))
        return "error of what ships unseen (%)";
    if (!strcmp(name, "shipped_error"))
        return "error of what ships (%)";
    if (!strcmp(name, "reliability"))
        return "reliability (%)";
    return otherwise;
}

static struct table *frontier_data(struct document *d, const struct result *r)
{
    struct table *t = table_curve(d, r, result_curve(r, "frontier"));
    size_t columns = t->columns.len;
    bool interval = columns > 2 && !strcmp(t->columns.at[2].title, "low");
    t->caption = "The curves of this picture";
    table_column(d, t, "curve", false);
    size_t rows = t->cells.len / columns;
    struct {
        VEC(struct cell) list;
    } cells = {0};
    for (size_t i = 0; i < rows; i++) {
        for (size_t c = 0; c < columns; c++)
            vec_push(&cells.list, t->cells.at[i * columns + c]);
        vec_push(&cells.list, ((struct cell){.text = frontiers[0].words}));
    }
    t->cells.len = 0;
    for (size_t i = 0; i < cells.list.len; i++)
        vec_push(&t->cells, cells.list.at[i]);
    vec_release(&cells.list);
    for (size_t k = 1; k < N_FRONTIERS; k++) {
        const struct curve *c = result_curve(r, frontiers[k].id);
        size_t n = c ? c->points.len : 0, step = table_thin(n, BINS_MAX);
        for (size_t i = 0; i < n; i = table_thin_next(i, n, step)) {
            const struct point *p = &c->points.at[i];
            double x[] = {p->x, p->y, p->low, p->high};
            for (size_t cell = 0; cell < (interval ? 4u : 2u); cell++) {
                struct buf text;
                buf_init(&text);
                format_number(&text, x[cell], 5);
                table_cell(d, t, TONE_PLAIN, buf_text(&text));
                buf_release(&text);
            }
            if (columns == (interval ? 5u : 3u))
                table_cell(d, t, TONE_PLAIN, p->at ? p->at : "");
            table_cell(d, t, TONE_PLAIN, frontiers[k].words);
        }
    }
    return t;
}

/* The interval of an error among the last few items that ship unseen goes up to 1 and would press
 * all else to the ground: the axis ends where the curves need it. */
static double frontier_top(const struct result *r)
{
    double top = 0, x, y;
    for (size_t k = 0; k < N_FRONTIERS; k++) {
        const struct curve *c = result_curve(r, frontiers[k].id);
        for (size_t i = 0; c && i < c->points.len; i++)
            if ((c->points.at[i].x <= 0.5 || !is_by_load(r)) && isfinite(c->points.at[i].y))
                top = fmax(top, c->points.at[i].y);
    }
    if (target_level(r, &y))
        top = fmax(top, y);
    if (chosen_point(r, &x, &y))
        top = fmax(top, y);
    return top > 0 ? fmin(1, 1.5 * top) : 1;
}

/* The axes of a frontier, and the pixels between their ends. */
struct field {
    double right, top; /* both begin at 0 */
};
enum { FIELD_WIDTH = 585, FIELD_HEIGHT = 325, WORDS_HEIGHT = 18, LETTER = 8 };

struct box {
    double left, low, right, high; /* pixels */
};

static bool in_box(const struct box *b, double x, double y)
{
    return x >= b->left && x <= b->right && y >= b->low && y <= b->high;
}

/* How many pixels of a line of points lie in the box, about. */
static double covered(const struct box *b, const struct field *f, const struct point *at, size_t n,
                      double scale)
{
    enum { STEP = 2, STEPS_MAX = 400 };
    double sum = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        double x0 = scale * at[i].x / f->right * FIELD_WIDTH,
               y0 = 100 * at[i].y / f->top * FIELD_HEIGHT,
               x1 = scale * at[i + 1].x / f->right * FIELD_WIDTH,
               y1 = 100 * at[i + 1].y / f->top * FIELD_HEIGHT, length = hypot(x1 - x0, y1 - y0);
        if (!isfinite(length))
            continue;
        int steps = (int)fmin(length / STEP, STEPS_MAX) + 1;
        for (int k = 0; k < steps; k++)
            if (in_box(b, x0 + (x1 - x0) * k / steps, y0 + (y1 - y0) * k / steps))
                sum += length / steps;
    }
    return sum;
}

/* Where words of so many columns beside the point cover the least of the lines: the place of their
 * end in pixels, and on which side of it they stand. */
static bool find_place(const struct result *r, const struct field *f, double x, double y,
                       size_t columns, double place[2])
{
    static const double up[] = {15, -15, 34, -34, 54, -54, 74, 94};
    double least = INFINITY, level, scale = is_by_load(r) ? 100 : 1;
    double px = x / f->right * FIELD_WIDTH, py = y / f->top * FIELD_HEIGHT,
           width = LETTER * (double)columns;
    bool left = false;
    for (size_t i = 0; i < 2 * (sizeof up / sizeof *up); i++) {
        bool to_left = i % 2;
        double end = px + (to_left ? -10 : 10), middle = py + up[i / 2];
        struct box b = {to_left ? end - width : end, middle - WORDS_HEIGHT / 2.0,
                        to_left ? end : end + width, middle + WORDS_HEIGHT / 2.0};
        if (b.left < 0 || b.right > FIELD_WIDTH || b.low < 0 || b.high > FIELD_HEIGHT)
            continue;
        double sum = 0.5 * (double)(i / 4); /* the nearer the better */
        for (size_t k = 0; k < N_FRONTIERS; k++) {
            const struct curve *c = result_curve(r, frontiers[k].id);
            sum += c ? covered(&b, f, c->points.at, c->points.len, scale) : 0;
        }
        if (target_level(r, &level) && in_box(&b, b.left, 100 * level / f->top * FIELD_HEIGHT))
            sum += width;
        if (sum < least) {
            least = sum;
            left = to_left;
            place[0] = end / FIELD_WIDTH * f->right;
            place[1] = middle / FIELD_HEIGHT * f->top;
        }
    }
    if (isinf(least)) {
        place[0] = x;
        place[1] = y;
    }
    return left;
}

/* The dot, and its words beside it. */
static void put_chosen(struct picture *p, const struct result *r, const struct field *f, double x,
                       double y)
{
    bool at_least = !strcmp(result_curve(r, "frontier")->y, "reliability");
    struct buf words, *dot = picture_block(p, "chosen", "x\ty", NULL),
                      *out = picture_block(p, "words", "x\ty\twords", NULL);
    double place[2];
    buf_init(&words);
    if (is_by_load(r))
        buf_printf(&words, "%.3g%% reviewed, ", x);
    buf_printf(&words, at_least ? "%.4g%% right" : "%.3g%% wrong", y);
    bool left = find_place(r, f, x, y, text_width(buf_text(&words)), place);
    picture_line(dot, (double[]){x, y}, 2, NULL);
    picture_line(out, place, 2, buf_text(&words));
    buf_printf(&p->script,
               ", 'chosen' using 1:2 with points pt 7 ps 1.3 lc rgb '#d55e00' title '%s'"
               ", 'words' using 1:2:3 with labels %s textcolor rgb '#000000'",
               r->answer.present ? "chosen" : "as it is", left ? "right" : "left");
    buf_release(&words);
}

void frontier_draw(struct document *d, const struct result *r, struct picture *p)
{
    double x, y, level;
    const struct curve *plain = result_curve(r, "frontier");
    bool at_least = !strcmp(plain->y, "reliability"), by_load = is_by_load(r);
    double scale = by_load ? 100 : 1;
    size_t n = plain->points.len;
    double right = by_load ? 100 : plain->points.at[n - 1].x;
    picture_start(p, 440);
    p->title = by_load ? "Review load against error" : "Cost against error";
    p->data = frontier_data(d, r);
    buf_printf(&p->script, "set xlabel '%s%s'\nset xrange [0:%.9g]\n",
               by_load ? "review load (%)" : "cost of an item", by_load ? "" : picture_currency(r),
               right);
    buf_printf(&p->script, "set ylabel '%s'\n", known_words(plain->y, "risk (%)"));
    double top = at_least ? 100 : 100 * frontier_top(r);
    buf_printf(&p->script, "set yrange [0:%.6g]\nplot ", top);
    for (size_t k = 0; k < N_FRONTIERS; k++) {
        if (!has_points(r, frontiers[k].id))
            continue;
        put_points(picture_block(p, frontiers[k].file, "x\ty\tlow\thigh", NULL),
                   result_curve(r, frontiers[k].id), scale, 100);
        buf_printf(&p->script, "%s%s", k ? ", " : "", frontiers[k].plot);
    }
    if (r->answer.n_settings > 1)
        buf_printf(&p->about,
                   "Each point of the curve is a choice of %zu settings that no other one beats in "
                   "both: the table names them.",
                   r->answer.n_settings);
    else
        buf_puts(&p->about, "Each point of a curve is a threshold: the more people look at, the "
                            "less error ships unseen.");
    if (target_level(r, &level)) {
        struct buf *line = picture_block(p, "target", "x\ty", NULL);
        picture_line(line, (double[]){0, 100 * level}, 2, NULL);
        picture_line(line, (double[]){right, 100 * level}, 2, NULL);
        buf_puts(
            &p->script,
            ", 'target' using 1:2 with lines lc rgb '#d55e00' lw 1.5 dt (25,10) title 'target'");
        buf_printf(&p->about, " The dashed line is the target, %.3g%%.", 100 * level);
    }
    if (chosen_point(r, &x, &y)) {
        put_chosen(p, r, &(struct field){right, top}, scale * x, 100 * y);
        buf_printf(&p->about, " The dot is %s: ",
                   r->answer.present ? "the chosen point" : "the pipeline as it is");
        buf_printf(&p->about, by_load ? "%.3g%% reviewed" : "%.4g an item", scale * x);
        buf_printf(&p->about, ", %.3g%% error", 100 * y);
        if (r->answer.present && !isnan(r->answer.threshold)) {
            buf_puts(&p->about, ", threshold ");
            table_put_threshold(&p->about, &r->answer);
        }
        buf_puts(&p->about, ".");
    }
    buf_putc(&p->script, '\n');
}

/* --- calibration */

bool calibration_has(const struct result *r)
{
    const struct curve *c = result_curve(r, "calibration");
    return c && c->points.len;
}

/* The items of a bin, from "n=196"; 0: not said. */
static double items_in(const struct point *p)
{
    return p->at && !strncmp(p->at, "n=", 2) ? strtod(p->at + 2, NULL) : 0;
}

static void put_counts(struct picture *p, const struct curve *c)
{
    struct buf *out = picture_block(p, "counts", "confidence\titems", NULL);
    for (size_t i = 0; i < c->points.len; i++)
        if (items_in(&c->points.at[i]) > 0)
            picture_line(out, (double[]){100 * c->points.at[i].x, items_in(&c->points.at[i])}, 2,
                         NULL);
}

static double most_items(const struct curve *c)
{
    double most = 1;
    for (size_t i = 0; i < c->points.len; i++)
        most = fmax(most, items_in(&c->points.at[i]));
    return most;
}

static void calibration_panel(struct picture *p, const struct result *r, double level)
{
    buf_printf(&p->script,
               "set xrange [0:100]\nset yrange [0:100]\nset ylabel 'right answers (%%)'\n"
               "plot x with lines lc rgb '#788088' dt '-' title 'as confident as right', "
               "'bins' using 1:2:3:4 with yerrorbars pt 7 ps 0.7 lw 1.5 "
               "lc rgb '#0072b2' title 'bins, with %.4g%% intervals'",
               level);
    if (has_points(r, "calibration_recalibrated")) {
        put_some(picture_block(p, "mended", "confidence\tright\tlow\thigh", NULL),
                 result_curve(r, "calibration_recalibrated"), 100, 100, BINS_MAX);
        buf_puts(&p->script, ", 'mended' using 1:2:3:4 with yerrorbars pt 5 ps 0.6 lw 1.5 "
                             "lc rgb '#009e73' title 'recalibrated'");
    }
    buf_putc(&p->script, '\n');
}

void calibration_draw(struct document *d, const struct result *r, struct picture *p)
{
    const struct curve *c = result_curve(r, "calibration");
    const struct metric *ece = metrics_find(&r->metrics, "ece");
    const struct metric *mended = metrics_find(&r->metrics, "ece_recalibrated");
    picture_start(p, 520);
    p->title = "Confidence against accuracy";
    p->data = table_curve(d, r, c);
    put_some(picture_block(p, "bins", "confidence\tright\tlow\thigh", NULL), c, 100, 100, BINS_MAX);
    put_counts(p, c);
    bool counted = picture_filled(&p->block[1]);
    if (counted)
        buf_puts(&p->script,
                 "set multiplot\nset lmargin 10\nset rmargin 3\nset key at screen "
                 "0.09,0.985*inner left top horizontal maxrows 1\nset tmargin at screen "
                 "0.87*inner\nset bmargin at screen 0.40*inner\nset format x ''\n");
    else
        buf_puts(&p->script, "set xlabel 'confidence (%)'\n");
    calibration_panel(p, r, ece && ece->level > 0 ? 100 * ece->level : 95);
    if (counted)
        buf_printf(&p->script, "set ytics 0,%.6g\n", picture_step(most_items(c) / 2));
    if (counted)
        buf_puts(&p->script, "set tmargin at screen 0.33*inner\nset bmargin at screen 0.13*inner\n"
                             "set format x\nset xlabel 'confidence (%)'\n"
                             "set ylabel 'items'\nset yrange [0:*]\nset key off\nset boxwidth 2.4\n"
                             "plot 'counts' using 1:2 with boxes lc rgb '#56b4e9'\n"
                             "unset multiplot\n");
    buf_puts(&p->about, "Dots below the dashed line are answers given with more confidence than "
                        "they deserve.");
    if (counted)
        buf_puts(&p->about, " The bars below say how many items each dot stands for.");
    if (ece && isfinite(ece->value))
        buf_printf(&p->about, " Expected calibration error %.3f.", ece->value);
    if (mended)
        buf_printf(&p->about,
                   " Recalibrated, measured on labels that the map was not fitted to: "
                   "%.3f.",
                   mended->value);
}

/* --- review load against labels */

bool labels_has(const struct result *r)
{
    return has_points(r, "load_by_labels");
}

void labels_draw(struct document *d, const struct result *r, struct picture *p)
{
    const struct curve *c = result_curve(r, "load_by_labels");
    const struct point *last = &c->points.at[c->points.len - 1];
    picture_start(p, 340);
    p->title = "Review load against the number of labels";
    p->data = table_curve(d, r, c);
    put_points(picture_block(p, "load", "labels\tload\tlow\thigh", NULL), c, 1, 100);
    picture_log_axis(p, 'x', c->points.at[0].x, last->x);
    buf_printf(&p->script,
               "set xrange [%.6g:%.6g]\nset yrange [0:100]\n"
               "set xlabel 'labels (log scale)'\nset ylabel 'review load (%%)'\n"
               "plot 'load' using 1:3:4 with filledcurves lc rgb '#56b4e9' fs transparent "
               "solid 0.25, 'load' using 1:2 with linespoints lc rgb '#0072b2' lw 2 pt 7 ps "
               "0.6 title 'certified at this many labels'\n",
               c->points.at[0].x, 1.05 * last->x);
    buf_printf(&p->about,
               "What would have been reviewed with fewer labels: means over random parts of them, "
               "all items where nothing could be certified. With all %.0f labels it is %.1f%%; "
               "where the curve is still falling, more labels buy less review.",
               last->x, 100 * last->y);
}
