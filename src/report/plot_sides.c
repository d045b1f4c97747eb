/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures of alternatives side by side: cost against reliability, and what each layer loses. */
#include "report/plot.h"

#include "report/format.h"
#include "report/plot_parts.h"
#include "report/table.h"

#include "model/pipeline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- cost against reliability */

static const char *const prices[] = {"full_cost_per_correct", "cost_per_item", "cost_per_correct",
                                     "cost_per_month"};
enum { PRICES = sizeof prices / sizeof *prices, SIDES_MAX = 24 };

struct side {
    const struct row *row;
    const struct metric *cost, *right;
    bool meets;
    double label_y; /* pixels */
};

static size_t priced(const struct result *r, const char *price, struct side *out)
{
    size_t n = 0;
    for (size_t i = 0; i < r->alternatives.len; i++) {
        const struct metrics *m = &r->alternatives.at[i].metrics;
        struct side s = {&r->alternatives.at[i], metrics_find(m, price),
                         metrics_find(m, "reliability"), false, 0};
        if (s.cost && s.right && isfinite(s.cost->value) && isfinite(s.right->value)) {
            if (out && n < SIDES_MAX)
                out[n] = s;
            n++;
        }
    }
    return n;
}

/* The price that most alternatives have; NULL when none has one. */
static const char *price_of(const struct result *r)
{
    const char *best = NULL;
    size_t most = 0;
    for (size_t k = 0; k < PRICES; k++)
        if (priced(r, prices[k], NULL) > most) {
            most = priced(r, prices[k], NULL);
            best = prices[k];
        }
    return best;
}

static bool by_cost(const struct result *r)
{
    const struct curve *c = result_curve(r, "frontier");
    return c && c->points.len && strcmp(c->x, "review_load") != 0;
}

bool cost_has(const struct result *r)
{
    return price_of(r) != NULL || (by_cost(r) && frontier_has(r));
}

/* Every target of it passed, and it has one. */
static bool meets_targets(const struct row *row)
{
    bool any = false;
    for (size_t i = 0; i < row->metrics.list.len; i++) {
        enum verdict v = row->metrics.list.at[i].verdict;
        if (v == VERDICT_NONE)
            continue;
        any = true;
        if (v != VERDICT_PASS)
            return false;
    }
    return any;
}

static int cheapest_first(const void *a, const void *b)
{
    double x = ((const struct side *)a)->cost->value, y = ((const struct side *)b)->cost->value;
    return x < y ? -1 : x > y;
}

enum { AROUND = 80, KEY = 50, INSIDE_HEIGHT = 360, INSIDE_WIDTH = 590, LINE_HEIGHT = 19, NEAR = 8 };
static const double BEFORE_NAMES = 0.5; /* share of x for the points of a crowded picture */
static const double NAME_GAP = 16, LETTER_WIDTH = 7.5; /* pixels to a name; of a letter */

struct frame {
    double left, right, low, high; /* of the axes, in their units */
    double inside;                 /* pixels from the lower end of y to the upper one */
    bool log, crowded;             /* crowded: the names stand in a column on the right */
};

static struct frame frame_of(const struct side *s, size_t n)
{
    struct frame f = {.left = INFINITY, .low = INFINITY, .high = -INFINITY, .crowded = n > NEAR};
    for (size_t i = 0; i < n; i++) {
        double from = isfinite(s[i].cost->low) ? s[i].cost->low : s[i].cost->value,
               to = isfinite(s[i].cost->high) ? s[i].cost->high : s[i].cost->value;
        f.left = fmin(f.left, from);
        f.right = fmax(f.right, to);
        f.low =
            fmin(f.low, 100 * (isfinite(s[i].right->low) ? s[i].right->low : s[i].right->value));
        f.high =
            fmax(f.high, 100 * (isfinite(s[i].right->high) ? s[i].right->high : s[i].right->value));
    }
    f.log = f.left > 0 && f.right / f.left > 30;
    double tall = fmax(f.high - f.low, 1);
    f.low = fmax(0, f.low - 0.15 * tall);
    f.high = fmin(100, f.high + 0.15 * tall);
    if (f.log) {
        double room = pow(f.right / f.left, 0.12);
        f.left /= room;
        f.right *= room;
    } else {
        double spread = f.right - f.left;
        bool close = spread > 0 && spread < 0.4 * f.right; /* 0 would press them together */
        f.left = close ? f.left - 0.4 * spread : 0;
        f.right = close ? f.right + 0.4 * spread : f.right > 0 ? 1.12 * f.right : 1;
    }
    f.inside = INSIDE_HEIGHT;
    if (f.crowded && LINE_HEIGHT * (double)(n + 1) > INSIDE_HEIGHT)
        f.inside = LINE_HEIGHT * (double)(n + 1);
    if (f.crowded && f.log)
        f.right = f.left * pow(f.right / f.left, 1 / BEFORE_NAMES);
    else if (f.crowded)
        f.right = f.left + (f.right - f.left) / BEFORE_NAMES;
    return f;
}

static double across(const struct frame *f, double x)
{
    return f->log ? log(x / f->left) / log(f->right / f->left)
                  : (x - f->left) / (f->right - f->left);
}

static double back_from(const struct frame *f, double share)
{
    return f->log ? f->left * pow(f->right / f->left, share)
                  : f->left + share * (f->right - f->left);
}

static int lowest_first(const void *a, const void *b)
{
    double x = (*(const struct side *const *)a)->label_y,
           y = (*(const struct side *const *)b)->label_y;
    return x < y ? -1 : x > y;
}

static double up(const struct frame *f, const struct side *s)
{
    return f->inside * (100 * s->right->value - f->low) / (f->high - f->low);
}

/* Has its name room on that side, with no other point in its way? */
static bool has_room(const struct frame *f, const struct side *s, size_t n, size_t i, bool left)
{
    double x = INSIDE_WIDTH * across(f, s[i].cost->value),
           far = LETTER_WIDTH * (double)strlen(s[i].row->id) + NAME_GAP;
    bool room = left ? x > far : x + far < INSIDE_WIDTH;

    for (size_t k = 0; k < n && room; k++) {
        double ahead = INSIDE_WIDTH * across(f, s[k].cost->value) - x;
        if (k != i && fabs(up(f, &s[k]) - up(f, &s[i])) < LINE_HEIGHT)
            room = left ? ahead > 0 || ahead < -far : ahead < 0 || ahead > far;
    }
    return room;
}

/* Names stand right of the points in the left half and left of the others, or on the other side
 * where there alone is room. */
static bool on_left(const struct frame *f, const struct side *s, size_t n, size_t i)
{
    bool left = across(f, s[i].cost->value) > 0.55;

    if (f->crowded)
        return false;
    return has_room(f, s, n, i, left) || !has_room(f, s, n, i, !left) ? left : !left;
}

/* Names are pushed apart so that no two of one side stand on each other; a thin line leads from a
 * name that had to give way. */
static void put_names(struct picture *p, const struct frame *f, struct side *s, size_t n)
{
    static const char *const blocks[2] = {"right", "left"};
    struct buf *out[2], *leads = picture_block(p, "leads", "x\ty\tdx\tdy", NULL);
    for (int k = 0; k < 2; k++)
        out[k] = picture_block(p, blocks[k], "cost\treliability\tname", NULL);
    for (int k = 0; k < 2; k++) {
        struct side *order[SIDES_MAX];
        size_t m = 0;
        double floor = LINE_HEIGHT / 2.0; /* on the axis a name is out of it */
        for (size_t i = 0; i < n; i++)
            if (on_left(f, s, n, i) == (k == 1)) {
                s[i].label_y = up(f, &s[i]);
                order[m++] = &s[i];
            }
        qsort(order, m, sizeof *order, lowest_first);
        for (size_t i = 0; i < m; i++) {
            struct side *at = order[i];
            double y = fmax(at->label_y, floor), top = f->inside - LINE_HEIGHT * (double)(m - i);
            y = fmin(y, fmax(top, floor));
            floor = y + LINE_HEIGHT;
            double x = f->crowded
                           ? BEFORE_NAMES + 0.04
                           : across(f, at->cost->value) + (k ? -NAME_GAP : NAME_GAP) / INSIDE_WIDTH,
                   place = f->low + y / f->inside * (f->high - f->low);
            picture_line(out[k], (double[]){back_from(f, x), place}, 2, at->row->id);
            if (f->crowded || fabs(y - at->label_y) > 4)
                picture_line(leads,
                             (double[]){at->cost->value, 100 * at->right->value,
                                        back_from(f, x) - at->cost->value,
                                        place - 100 * at->right->value},
                             4, NULL);
        }
    }
}

static void put_side(struct buf *out, const struct side *s)
{
    const struct metric *x = s->cost, *y = s->right;
    bool across_known = isfinite(x->low) && isfinite(x->high),
         up_known = isfinite(y->low) && isfinite(y->high);
    picture_line(out,
                 (double[]){x->value, 100 * y->value, across_known ? x->low : x->value,
                            across_known ? x->high : x->value, 100 * (up_known ? y->low : y->value),
                            100 * (up_known ? y->high : y->value)},
                 6, s->row->id);
}

static void cost_script(struct picture *p, const struct result *r, const struct frame *f,
                        const char *price, bool best)
{
    struct buf words;
    buf_init(&words);
    format_name(&words, price);
    buf_printf(&p->script,
               "set xlabel '%s%s%s'\nset ylabel 'reliability (%%)'\nset xrange [%.6g:%.6g]\n"
               "set yrange [%.6g:%.6g]\n%sset key tmargin left horizontal\nset rmargin 3\nplot ",
               buf_text(&words), picture_currency(r), f->log ? ", log scale" : "", f->left,
               f->right, f->low, f->high, f->log ? "set logscale x\nset format x '%.4g'\n" : "");
    if (best)
        buf_printf(&p->script,
                   "'best' using 1:2 with points pt 6 ps 2.4 lw 2.5 lc rgb '#009e73' "
                   "title 'the %s that meets the targets', ",
                   r->answer.choice ? "simplest" : "cheapest");
    const struct {
        size_t block;
        const char *plot;
    } parts[] = {
        {0, "'others' using 1:2:3:4:5:6 with xyerrorbars pt 6 ps 0.9 lw 1.5 lc rgb '#d55e00' "
            "title 'misses a target'"                                        },
        {1, best ? "'meeting' using 1:2:3:4:5:6 with xyerrorbars pt 7 ps 0.9 lw 1.5 "
                   "lc rgb '#0072b2' title 'meets them'"
                 : "'meeting' using 1:2:3:4:5:6 with xyerrorbars pt 7 ps 0.9 lw 1.5 "
                   "lc rgb '#0072b2'"                                        },
        {3, "'leads' using 1:2:3:4 with vectors nohead lw 0.7 lc rgb '#788088'"         },
        {4, "'right' using 1:2:3 with labels left offset 0.4,0 textcolor rgb '#000000'" },
        {5, "'left' using 1:2:3 with labels right offset -0.4,0 textcolor rgb '#000000'"},
    };
    const char *between = "";
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (picture_filled(&p->block[parts[i].block])) {
            buf_printf(&p->script, "%s%s", between, parts[i].plot);
            between = ", ";
        }
    buf_putc(&p->script, '\n');
    buf_release(&words);
}

static void sides_draw(struct document *d, const struct result *r, const char *price,
                       struct picture *p)
{
    static const char heads[] =
        "cost\treliability\tcost low\tcost high\treliability low\treliability high\tname";
    struct side s[SIDES_MAX];
    size_t all = priced(r, price, s), n = all < SIDES_MAX ? all : SIDES_MAX, best = n;
    p->title = "Cost against reliability";
    p->data = table_alternatives(d, r);
    qsort(s, n, sizeof *s, cheapest_first);
    struct buf *others = picture_block(p, "others", heads, NULL),
               *meeting = picture_block(p, "meeting", heads, NULL),
               *marked = picture_block(p, "best", "cost\treliability", NULL);
    bool judged = false;
    for (size_t i = 0; i < n; i++) {
        s[i].meets = meets_targets(s[i].row);
        for (size_t k = 0; k < s[i].row->metrics.list.len; k++)
            judged = judged || s[i].row->metrics.list.at[k].verdict != VERDICT_NONE;
        if (s[i].meets && best == n)
            best = i;
    }
    const char *choice = r->answer.choice; /* the simplest; of older results the cheapest */
    for (size_t i = 0; i < n && choice; i++)
        if (!strcmp(s[i].row->id, choice))
            best = i;
    for (size_t i = 0; i < n; i++)
        put_side(s[i].meets || !judged ? meeting : others, &s[i]);
    if (best < n)
        picture_line(marked, (double[]){s[best].cost->value, 100 * s[best].right->value}, 2, NULL);
    struct frame f = frame_of(s, n);
    picture_start(p, (int)f.inside + AROUND + (judged ? KEY : 0));
    put_names(p, &f, s, n);
    cost_script(p, r, &f, price, best < n);
    buf_puts(&p->about, "Each alternative by what it costs and how often it ends right, with their "
                        "intervals: better is up and to the left.");
    if (best < n)
        buf_printf(&p->about, " The ringed one, %s, is the %s of those that meet every target.",
                   s[best].row->id, choice ? "simplest" : "cheapest");
    else if (judged)
        buf_puts(&p->about, " None of them meets every target.");
    if (all > n)
        buf_printf(&p->about, " The first %zu of %zu are drawn.", n, all);
}

void cost_draw(struct document *d, const struct result *r, struct picture *p)
{
    const char *price = price_of(r);
    if (price)
        sides_draw(d, r, price, p);
    else
        frontier_draw(d, r, p);
}

/* --- what each layer loses */

static const struct metric *loss_of(const struct result *r, const char *side, enum layer l)
{
    for (size_t i = 0; i < r->layers.len; i++) {
        const struct row *row = &r->layers.at[i];
        if (!strcmp(row->id, layer_name(l)) && (!side || (row->kind && !strcmp(row->kind, side))))
            return metrics_find(&row->metrics, "loss");
    }
    return NULL;
}

bool layers_has(const struct result *r)
{
    for (size_t i = 0; i < r->layers.len; i++) {
        const struct metric *m = metrics_find(&r->layers.at[i].metrics, "loss");
        if (m && isfinite(m->value))
            return true;
    }
    return false;
}

struct segment {
    double row, from, to;
    enum layer layer;
};
struct stack {
    struct picture *p;
    struct buf *bars[LAYER_COUNT], *names, *numbers, *words[2]; /* words: dark, light */
    VEC(struct segment) segments;
    double least, most;
    size_t widest; /* columns of the longest name */
    bool untold;   /* a segment has no word of its own */
};

/* Losses stand to the right of 0, what a layer makes good to the left. */
static void put_stack(struct stack *k, const struct result *r, const char *side, const char *name,
                      size_t row)
{
    double right = 0, left = 0;
    for (int l = 0; l < LAYER_COUNT; l++) {
        const struct metric *m = loss_of(r, side, (enum layer)l);
        if (!m || !isfinite(m->value) || m->value == 0)
            continue;
        double *end = m->value > 0 ? &right : &left, from = *end;
        *end += 100 * m->value;
        picture_line(k->bars[l], (double[]){(double)row, from, *end}, 3, NULL);
        vec_push(&k->segments, ((struct segment){(double)row, from, *end, (enum layer)l}));
    }
    k->most = fmax(k->most, right);
    k->least = fmin(k->least, left);
    picture_line(k->names, (double[]){(double)row, 0}, 2, name);
    size_t wide = text_width(name);
    wide = wide < 32 ? wide : 32; /* plot_put_name cuts there */
    k->widest = wide > k->widest ? wide : k->widest;
    picture_line(k->numbers, (double[]){(double)row, right, right + left}, 3, NULL);
}

/* The word of its layer, and its number, in each segment that has room for them. */
static void put_words(struct stack *k, double width)
{
    enum { LETTER = 8, PADDING = 10, MARGINS = 60 };
    double pixels = PLOT_WIDTH - MARGINS - LETTER * (double)k->widest;
    for (size_t i = 0; i < k->segments.len; i++) {
        const struct segment *s = &k->segments.at[i];
        const char *word = layer_name(s->layer);
        char text[48];
        double room = fabs(s->to - s->from) / width * pixels - PADDING;
        int n = snprintf(text, sizeof text, "%s %s%.3g", word, s->to < s->from ? "\u2212" : "",
                         fabs(s->to - s->from));
        if (n * LETTER > room)
            n = snprintf(text, sizeof text, "%s", word);
        k->untold = k->untold || n * LETTER > room;
        if (n * LETTER <= room)
            picture_line(k->words[layer_look[s->layer].dark],
                         (double[]){s->row, (s->from + s->to) / 2}, 2, text);
    }
}

static void layers_script(struct picture *p, struct stack *k, size_t rows)
{
    if (!(k->most - k->least > 1e-9)) /* nothing lost: an axis to 1 point */
        k->most = 1;
    double width = k->most - k->least;
    put_words(k, (k->least < 0 ? 1.2 : 1.15) * width);
    p->height -= k->untold ? 0 : 44; /* the key's */
    buf_printf(
        &p->script,
        "set yrange [%.2f:-0.6]\nset grid noytics xtics\nset border 1 lc rgb '#788088'\n"
        "set tics scale 0\nset rmargin 3\nset tmargin 3\n"
        "set key at screen 0.02, screen 0.98*inner left top horizontal maxrows 1 samplen 1\n%s"
        "set xlabel 'percentage points of reliability'\nset xrange [%.6g:%.6g]\n"
        "set style fill solid 1 border rgb '#788088'\n"
        "plot 'names' using 2:1:ytic(3) with points pt 0 lc rgb '#000000'",
        (double)rows - 0.4, k->untold ? "" : "set key off\nset tmargin 0.5\n",
        k->least < 0 ? k->least - 0.05 * width : 0, k->most + 0.15 * width);
    for (int l = 0; l < LAYER_COUNT; l++)
        if (picture_filled(k->bars[l]))
            buf_printf(&p->script,
                       ", '%s' using 2:1:2:3:($1-0.32):($1+0.32) with boxxyerror lc rgb '%s' "
                       "title '%s'",
                       layer_name((enum layer)l), layer_look[l].colour, layer_name((enum layer)l));
    static const char *const blocks[2] = {"words", "lightwords"};
    for (int i = 0; i < 2; i++)
        if (picture_filled(k->words[i]))
            buf_printf(&p->script, ", '%s' using 2:1:3 with labels center textcolor rgb '%s'",
                       blocks[i], i ? "#ffffff" : "#010101");
    buf_puts(&p->script, ", 'numbers' using 2:1:(gprintf('%.3g', $3)) with labels left offset "
                         "0.6,0 textcolor rgb '#000000'\n");
}

static struct table *layers_table(struct document *d, const struct result *r)
{
    struct table *t = table_gap(d, r, "loss", "Where reliability is lost, by layer");
    return t ? t : table_rows_of(d, r, "Layers", "layer", r->layers.at, r->layers.len);
}

void layers_draw(struct document *d, const struct result *r, struct picture *p)
{
    struct stack k = {.p = p};
    size_t n = r->alternatives.len;
    enum { MOST = 40 };
    size_t rows = n == 0 ? 1 : n < MOST ? n : MOST;
    picture_start(p, (int)rows * 34 + 140);
    p->title = "What each layer loses";
    p->data = layers_table(d, r);
    for (int l = 0; l < LAYER_COUNT; l++)
        k.bars[l] = picture_block(p, layer_name((enum layer)l), "row\tfrom\tto", NULL);
    k.names = picture_block(p, "names", "row\tzero\tname", NULL);
    k.numbers = picture_block(p, "numbers", "row\tend\tsum", NULL);
    k.words[0] = picture_block(p, "words", "row\tmiddle\tword", NULL);
    k.words[1] = picture_block(p, "lightwords", "row\tmiddle\tword", NULL);
    for (size_t i = 0; i < rows; i++)
        put_stack(&k, r, n ? r->alternatives.at[i].id : NULL,
                  n                  ? r->alternatives.at[i].id
                  : r->scenario_name ? r->scenario_name
                                     : "all",
                  i);
    layers_script(p, &k, rows);
    vec_release(&k.segments);
    buf_puts(&p->about, "How many points of reliability each layer loses, by its Shapley value; "
                        "what a layer makes good stands left of 0. The number is the sum: what "
                        "separates it from a pipeline that never errs.");
    if (n > rows)
        buf_printf(&p->about, " The first %zu of %zu are drawn.", rows, n);
}
