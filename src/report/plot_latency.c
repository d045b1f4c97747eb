/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures of latency: its distribution, and its percentiles on an axis of log-odds, as
 * HdrHistogram plots spread out the tail (G. Tene, "How NOT to measure latency", 2013). */
#include "report/plot.h"

#include "report/format.h"
#include "report/plot_parts.h"
#include "report/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct curve *latencies(const struct result *r)
{
    const struct curve *c = result_curve(r, "latency_cdf");
    for (size_t i = 0; c && i < c->points.len; i++)
        if (c->points.at[i].x > 0 && isfinite(c->points.at[i].x))
            return c;
    return NULL;
}

bool latency_has(const struct result *r)
{
    return latencies(r) != NULL;
}

/* Times as people read them, finest first within a decade; `round`: stands on a crowded axis, too.
 */
struct time_tic {
    double seconds;
    bool round;
    char words[12];
};

/* 1, 2 and 5 of each decade below a second, then what clocks and calendars have. */
static size_t time_tics(struct time_tic *out)
{
    static const struct {
        double seconds;
        bool round;
        const char *words;
    } long_ones[] = {
        {1,        true,  "1 s"   },
        {2,        false, "2 s"   },
        {5,        false, "5 s"   },
        {10,       true,  "10 s"  },
        {20,       false, "20 s"  },
        {60,       true,  "1 min" },
        {120,      false, "2 min" },
        {300,      false, "5 min" },
        {600,      true,  "10 min"},
        {1200,     false, "20 min"},
        {3600,     true,  "1 h"   },
        {7200,     false, "2 h"   },
        {18000,    false, "5 h"   },
        {43200,    true,  "12 h"  },
        {86400,    false, "1 d"   },
        {172800,   false, "2 d"   },
        {432000,   true,  "5 d"   },
        {864000,   false, "10 d"  },
        {1728000,  false, "20 d"  },
        {4320000,  true,  "50 d"  },
        {8640000,  false, "100 d" },
        {17280000, false, "200 d" },
        {43200000, true,  "500 d" }
    };
    static const char *const units[] = {"ns", "µs", "ms"};
    static const int mantissa[] = {1, 2, 5};
    size_t n = 0;
    for (int decade = 0; decade < 9; decade++)
        for (int k = 0; k < 3; k++) {
            int number = mantissa[k] * (decade % 3 == 0 ? 1 : decade % 3 == 1 ? 10 : 100);
            out[n].seconds = mantissa[k] * pow(10, decade - 9);
            out[n].round = k == 0;
            snprintf(out[n].words, sizeof out[n].words, "%d %s", number, units[decade / 3]);
            n++;
        }
    for (size_t i = 0; i < sizeof long_ones / sizeof *long_ones; i++, n++) {
        out[n].seconds = long_ones[i].seconds;
        out[n].round = long_ones[i].round;
        snprintf(out[n].words, sizeof out[n].words, "%s", long_ones[i].words);
    }
    return n;
}

/* What a mark says: its value in three digits, or four of a small interval. */
static void put_mark_label(struct buf *out, const char *words, const struct metric *m)
{
    char *rest;
    struct buf value;
    buf_init(&value);
    format_value(&value, m, NULL);
    double x = strtod(buf_text(&value), &rest);
    size_t digits = 0;
    for (const char *c = buf_text(&value); c < rest; c++)
        digits += *c >= '0' && *c <= '9';
    if (digits > 4 && x >= 0.1 && x < 1000)
        buf_printf(out, "%s %.3g%s", words, x, rest);
    else
        buf_printf(out, "%s %s", words, buf_text(&value));
    buf_release(&value);
}

struct time_range {
    double low, high;
};

/* A logarithmic axis of times, `axis` x or y, wide enough for two tics. */
static struct time_range time_axis(struct picture *p, char axis, double low, double high,
                                   double above)
{
    enum { TICS = 64, MOST = 9 };
    struct time_tic tic[TICS];
    size_t n = time_tics(tic), inside = 0, round = 0;
    const char *between = "";
    if (high / low < 4) {
        double middle = sqrt(low * high);
        low = middle / 2.2;
        high = middle * 2.2;
    }
    low /= 1.05;
    high *= above;
    for (size_t i = 0; i < n; i++) {
        bool in = tic[i].seconds >= low && tic[i].seconds <= high;
        inside += in;
        round += in && tic[i].round;
    }
    size_t step = inside <= MOST ? 1 : round / MOST + 1, seen = 0;
    buf_printf(&p->script, "set logscale %c\nset %crange [%.6g:%.6g]\nset %ctics (", axis, axis,
               low, high, axis);
    for (size_t i = 0; i < n; i++) {
        if (tic[i].seconds < low || tic[i].seconds > high || (inside > MOST && !tic[i].round))
            continue;
        if (seen++ % step)
            continue;
        buf_printf(&p->script, "%s\"%s\" %.6g", between, tic[i].words, tic[i].seconds);
        between = ", ";
    }
    buf_printf(&p->script, ")\nset %clabel 'latency (log scale)'\n", axis);
    return (struct time_range){low, high};
}

static const struct {
    const char *name, *words;
    double share;
} marks[] = {
    {"latency_p50", "p50", 50},
    {"latency_p90", "p90", 90},
    {"latency_p95", "p95", 95},
    {"latency_p99", "p99", 99}
};
enum { MARKS = sizeof marks / sizeof *marks };

/* time share low high label */
static void put_marks(const struct result *r, struct buf *out, struct buf *about, size_t skip)
{
    const char *before = "";
    for (size_t i = 0; i < MARKS; i++) {
        const struct metric *m = metrics_find(&r->metrics, marks[i].name);
        struct buf label;
        if (i == skip || !m || !(m->value > 0) || !isfinite(m->value))
            continue;
        buf_init(&label);
        put_mark_label(&label, marks[i].words, m);
        bool interval = m->low > 0 && isfinite(m->high);
        picture_line(out,
                     (double[]){m->value, marks[i].share, interval ? m->low : m->value,
                                interval ? m->high : m->value},
                     4, buf_text(&label));
        buf_printf(about, "%s %s ", before, marks[i].words);
        format_both(about, m, NULL);
        before = ",";
        buf_release(&label);
    }
    buf_puts(about, picture_filled(out) ? "." : "");
}

bool plot_beside(const struct result *r)
{
    const struct metric *m = metrics_find(&r->metrics, "latency_p50");
    return m && m->value > 0 && isfinite(m->value);
}

/* A curve that begins high has so many items at its first time: it rises there from 0. */
static void put_cdf(struct buf *out, const struct curve *c, double *low, double *high)
{
    bool begun = false;
    for (size_t i = 0; c && i < c->points.len; i++) {
        const struct point *at = &c->points.at[i];
        if (!(at->x > 0) || !isfinite(at->x))
            continue;
        if (!begun && at->y > 0)
            picture_line(out, (double[]){at->x, 0}, 2, NULL);
        begun = true;
        picture_line(out, (double[]){at->x, 100 * at->y}, 2, NULL);
        *low = fmin(*low, at->x);
        *high = fmax(*high, at->x);
    }
}

/* A line where there is a curve, dots where there are percentiles alone. */
static void latency_beside(struct document *d, struct picture *p, double *low, double *high)
{
    const char *name = p->beside_label ? p->beside_label : "the other";
    struct buf *line = picture_block(p, "beside", "seconds\tpercent", NULL),
               *dots = picture_block(p, "besidemarks", "seconds\tpercent\tlow\thigh\tlabel", NULL);
    put_cdf(line, result_curve(p->beside, "latency_cdf"), low, high);
    buf_printf(&p->about, " By %s:", name);
    put_marks(p->beside, dots, &p->about, SIZE_MAX);
    for (size_t i = 0; i < MARKS; i++) {
        const struct metric *m = metrics_find(&p->beside->metrics, marks[i].name);
        *high = m && isfinite(m->high) ? fmax(*high, m->high) : *high;
        if (!m)
            continue;
        table_cell(d, p->data, TONE_PLAIN, arena_printf(&d->arena, "%.5g", m->value));
        table_cell(d, p->data, TONE_PLAIN, arena_printf(&d->arena, "%.5g", marks[i].share / 100));
        for (size_t k = 2; k + 1 < p->data->columns.len; k++)
            table_cell(d, p->data, TONE_PLAIN, "");
        table_cell(d, p->data, TONE_PLAIN, name);
    }
}

/* Adds a last column that says whose line a point is of. */
static struct table *with_source(struct document *d, struct table *t, const char *source)
{
    struct table *wide = document_table(d, t->caption);
    wide->note = t->note;
    for (size_t c = 0; c < t->columns.len; c++)
        vec_push(&wide->columns, t->columns.at[c]);
    table_column(d, wide, "of", false);
    for (size_t i = 0; i < t->cells.len; i++) {
        vec_push(&wide->cells, t->cells.at[i]);
        if ((i + 1) % t->columns.len == 0)
            table_cell(d, wide, TONE_PLAIN, source);
    }
    return wide;
}

/* Of items that were seen the line is a staircase, of those that are reckoned with a curve. */
static bool is_seen(const struct result *r)
{
    return !strcmp(r->command, "replay") || !strcmp(r->command, "run");
}

/* For the key of a picture: our own words alone, since scripts hold no text of a result. */
static const char *way_of(const struct result *r)
{
    static const struct {
        const char *command, *words;
    } ways[] = {
        {"replay",   "as logged"},
        {"simulate", "simulated"},
        {"solve",    "solved"   },
        {"run",      "as run"   }
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (!strcmp(r->command, ways[i].command))
            return ways[i].words;
    return "the other";
}

/* Where the words of a mark find room: under the median, left of p95, above p99. */
static void put_mark_words(struct picture *p, const struct result *r)
{
    static const struct {
        const char *block, *plot;
    } places[] = {
        {"below", "'below' using 1:2:3 with labels left offset 0.6,-0.9"},
        {"left",  "'left' using 1:2:3 with labels right offset -0.6,0"  },
        {"above", "'above' using 1:2:3 with labels right offset 2,0.9"  },
    };
    static const size_t of_place[] = {0, 2, 3};
    for (size_t k = 0; k < 3; k++) {
        const struct metric *m = metrics_find(&r->metrics, marks[of_place[k]].name);
        struct buf label;
        if (!m || !(m->value > 0) || !isfinite(m->value))
            continue;
        buf_init(&label);
        put_mark_label(&label, marks[of_place[k]].words, m);
        picture_line(picture_block(p, places[k].block, "seconds\tpercent\tlabel", NULL),
                     (double[]){k == 1 && m->low > 0 ? m->low : m->value, marks[of_place[k]].share},
                     2, buf_text(&label));
        buf_printf(&p->script, ", %s textcolor rgb '#000000'", places[k].plot);
        buf_release(&label);
    }
}

void latency_draw(struct document *d, const struct result *r, struct picture *p)
{
    const struct curve *c = latencies(r);
    double low = INFINITY, high = 0;
    picture_start(p, 400);
    p->title = "How long items take";
    p->data = table_curve(d, r, c);
    if (p->beside)
        p->data = with_source(d, p->data, p->label ? p->label : "");
    put_cdf(picture_block(p, "cdf", "seconds\tpercent", NULL), c, &low, &high);
    struct buf *own = picture_block(p, "marks", "seconds\tpercent\tlow\thigh\tlabel", NULL);
    buf_puts(&p->about, "Share of the shipped items that are done within the time on the axis:");
    put_marks(r, own, &p->about, 1);
    if (p->beside)
        latency_beside(d, p, &low, &high);
    time_axis(p, 'x', low, high, 1.3);
    buf_puts(&p->script, "set yrange [0:108]\nset ytics 0,20,100\nset rmargin 3\n"
                         "set ylabel 'items done by then (%)'\n");
    buf_puts(&p->script, "plot 'cdf' using 1:2 with ");
    buf_printf(&p->script, "%s lc rgb '#0072b2' lw 2", is_seen(r) ? "steps" : "lines");
    if (p->beside)
        buf_printf(&p->script, " title '%s'", way_of(r));
    if (p->beside && picture_filled(&p->block[2]))
        buf_printf(&p->script,
                   ", 'beside' using 1:2 with %s lc rgb '#009e73' lw 2 dt '-' title '%s'",
                   is_seen(p->beside) ? "steps" : "lines", way_of(p->beside));
    else if (p->beside && picture_filled(&p->block[3]))
        buf_printf(&p->script,
                   ", 'besidemarks' using 1:2:3:4 with xerrorbars pt 6 ps 0.9 lw 1.5 "
                   "lc rgb '#d55e00' title '%s: p50, p90, p95, p99'",
                   way_of(p->beside));
    if (picture_filled(own) && !p->beside) {
        buf_puts(&p->script, ", 'marks' using 1:2:3:4 with xerrorbars pt 7 ps 0.8 lw 1.5 "
                             "lc rgb '#d55e00'");
        put_mark_words(p, r);
    }
    buf_putc(&p->script, '\n');
}

/* --- percentiles */

static double log_odds(double share)
{
    return log10(share / (1 - share));
}

bool percentiles_has(const struct result *r)
{
    const struct curve *c = latencies(r);
    for (size_t i = 0; c && i < c->points.len; i++)
        if (c->points.at[i].x > 0 && c->points.at[i].y > 0 && c->points.at[i].y < 1)
            return true;
    return false;
}

struct span_of {
    double low, high;   /* log-odds */
    double least, most; /* seconds */
};

/* Where a line begins that has so many items at its first time that they reach further. */
static const double ATOM = 0.1;

/* log-odds seconds percentile: the line, and of it what is neither 0% nor 100% */
static void put_percentiles(struct buf *out, const struct curve *c, struct span_of *span)
{
    for (size_t i = 0; c && i < c->points.len; i++) {
        const struct point *at = &c->points.at[i];
        if (!(at->x > 0) || !isfinite(at->x) || !(at->y > 0) || !(at->y < 1))
            continue;
        double odds = log_odds(at->y);
        if (!picture_filled(out) && odds > log_odds(ATOM)) {
            picture_line(out, (double[]){log_odds(ATOM), at->x, 100 * ATOM}, 3, NULL);
            span->low = fmin(span->low, log_odds(ATOM));
        }
        picture_line(out, (double[]){odds, at->x, 100 * at->y}, 3, NULL);
        span->low = fmin(span->low, odds);
        span->high = fmax(span->high, odds);
        span->least = fmin(span->least, at->x);
        span->most = fmax(span->most, at->x);
    }
}

/* The band around the line: out along its upper edge in time, back along the lower one. */
static void put_band(struct buf *out, const struct curve *c, const struct span_of *span)
{
    size_t n = c->points.len;
    for (size_t k = 0; k < 2 * n; k++) {
        const struct point *at = &c->points.at[k < n ? k : 2 * n - 1 - k];
        double share = k < n ? at->low : at->high;
        if (!(at->x > 0) || !isfinite(at->x) || !isfinite(share))
            continue;
        double odds = share <= 0 ? span->low : share >= 1 ? span->high : log_odds(share);
        picture_line(out, (double[]){fmin(fmax(odds, span->low), span->high), at->x}, 2, NULL);
    }
}

/* The wider the axis, the fewer of those between the round ones. */
static struct time_range percentile_axes(struct picture *p, const struct span_of *span)
{
    static const struct {
        const char *share;
        double widest;
    } tics[] = {
        {"0.001",   20 },
        {"0.01",    20 },
        {"0.1",     20 },
        {"1",       20 },
        {"10",      20 },
        {"25",      4.5},
        {"50",      20 },
        {"75",      4.5},
        {"90",      20 },
        {"95",      3.6},
        {"99",      20 },
        {"99.9",    20 },
        {"99.99",   20 },
        {"99.999",  20 },
        {"99.9999", 20 }
    };
    const char *between = "";
    buf_puts(&p->script, "set xtics (");
    for (size_t i = 0; i < sizeof tics / sizeof *tics; i++) {
        double odds = log_odds(strtod(tics[i].share, NULL) / 100);
        bool inside = odds >= span->low && odds <= span->high;
        if (fabs(odds) > 1e-9 && (!inside || span->high - span->low > tics[i].widest))
            continue;
        buf_printf(&p->script, "%s\"%s%%%%\" %.6g", between, tics[i].share, odds);
        between = ", ";
    }
    double room = fmax(0.02 * (span->high - span->low), 0.05);
    buf_printf(&p->script,
               ")\nset xrange [%.6g:%.6g]\n"
               "set xlabel 'percentile of the shipped items (log-odds)'\n",
               fmin(span->low, 0) - room, fmax(span->high, 0) + room);
    return time_axis(p, 'y', span->least, span->most, 1.3);
}

/* log-odds seconds low high label, and what they are in words */
static void put_percentile_marks(struct picture *p, const struct result *r, struct span_of *span)
{
    struct buf *out = picture_block(p, "marks", "log-odds\tseconds\tlow\thigh\tlabel", NULL);
    const char *before = "";
    for (size_t i = 0; i < MARKS; i++) {
        const struct metric *m = metrics_find(&r->metrics, marks[i].name);
        double odds = log_odds(marks[i].share / 100);
        if (!m || !(m->value > 0) || !isfinite(m->value))
            continue;
        buf_printf(&p->about, "%s %s ", before, marks[i].words);
        format_both(&p->about, m, NULL);
        before = ",";
        if (odds > span->high + 0.1 || i == 1)
            continue;
        bool interval = m->low > 0 && isfinite(m->high);
        struct buf label;
        buf_init(&label);
        put_mark_label(&label, marks[i].words, m);
        picture_line(
            out,
            (double[]){odds, m->value, interval ? m->low : m->value, interval ? m->high : m->value},
            4, buf_text(&label));
        span->most = fmax(span->most, m->value);
        buf_release(&label);
    }
    buf_puts(&p->about, *before ? "." : "");
}

/* Where the words of a mark find room: left above it, right above it near the left end, and right
 * below it where those of the mark before stand, or left below it near the right end. */
enum { WORDS_ABOVE, WORDS_BEGIN, WORDS_BELOW, WORDS_UNDER, WORDS_PLACES };
static const struct {
    const char *block, *plot;
} word_places[WORDS_PLACES] = {
    [WORDS_ABOVE] = {"above", "'above' using 1:2:3 with labels right offset -0.6,0.7"},
    [WORDS_BEGIN] = {"begin", "'begin' using 1:2:3 with labels left offset 0.8,0.8"  },
    [WORDS_BELOW] = {"below", "'below' using 1:2:3 with labels left offset -0.4,-0.9"},
    [WORDS_UNDER] = {"under", "'under' using 1:2:3 with labels right offset 1,-0.9"  },
};

static void put_percentile_words(struct picture *p, const struct result *r,
                                 const struct span_of *span, const struct time_range *range)
{
    enum { INSIDE_WIDTH = 570, INSIDE_HEIGHT = 340, LETTER = 8, LINE = 18 };
    struct buf *out[WORDS_PLACES];
    double right = -INFINITY, up = -INFINITY; /* of the words before, in pixels */
    for (int k = 0; k < WORDS_PLACES; k++)
        out[k] = picture_block(p, word_places[k].block, "log-odds\tseconds\tlabel", NULL);
    for (size_t i = 0; i < MARKS; i++) {
        const struct metric *m = metrics_find(&r->metrics, marks[i].name);
        double odds = log_odds(marks[i].share / 100);
        struct buf label;
        if (i == 1 || !m || !(m->value > 0) || !isfinite(m->value) || odds > span->high + 0.1)
            continue;
        buf_init(&label);
        put_mark_label(&label, marks[i].words, m);
        double x = INSIDE_WIDTH * (odds - span->low) / (span->high - span->low),
               y = INSIDE_HEIGHT * log(m->value / range->low) / log(range->high / range->low),
               width = LETTER * (double)text_width(buf_text(&label));
        bool begins = x < width, meets = x - width < right + LETTER && y < up + LINE;
        int below = x + width < INSIDE_WIDTH + 12 ? WORDS_BELOW : WORDS_UNDER,
            place = begins  ? WORDS_BEGIN
                    : meets ? below
                            : WORDS_ABOVE;
        picture_line(out[place], (double[]){odds, m->value}, 2, buf_text(&label));
        if (place != below) {
            right = begins ? x + width : x;
            up = y;
        }
        buf_release(&label);
    }
}

static void percentiles_script(struct picture *p, const struct result *r, bool banded)
{
    bool two = picture_filled(&p->block[2]);
    buf_puts(&p->script, "plot ");
    if (banded)
        buf_puts(&p->script, "'band' using 1:2 with filledcurves closed lc rgb '#56b4e9' "
                             "fs transparent solid 0.25, ");
    buf_printf(&p->script, "'line' using 1:2 with %s lc rgb '#0072b2' lw 2",
               is_seen(r) ? "fsteps" : "lines");
    if (two)
        buf_printf(&p->script,
                   " title '%s', 'beside' using 1:2 with %s lc rgb '#009e73' lw 2 dt '-' "
                   "title '%s'",
                   way_of(r), is_seen(p->beside) ? "fsteps" : "lines", way_of(p->beside));
    if (picture_filled(&p->block[3]))
        buf_puts(&p->script, ", 'marks' using 1:2:3:4 with yerrorbars pt 7 ps 0.8 lw 1.5 "
                             "lc rgb '#d55e00'");
    for (int k = 0; !two && k < WORDS_PLACES; k++)
        if (picture_filled(&p->block[4 + k]))
            buf_printf(&p->script, ", %s textcolor rgb '#000000'", word_places[k].plot);
    buf_putc(&p->script, '\n');
}

void percentiles_draw(struct document *d, const struct result *r, struct picture *p)
{
    static const char heads[] = "log-odds\tseconds\tpercentile";
    const struct curve *c = latencies(r);
    const struct curve *other = p->beside ? latencies(p->beside) : NULL;
    struct span_of span = {INFINITY, -INFINITY, INFINITY, 0};
    picture_start(p, 420);
    p->title = "Latency by percentile";
    p->data = table_curve(d, r, c);
    put_percentiles(picture_block(p, "line", heads, NULL), c, &span);
    struct buf *band = picture_block(p, "band", "log-odds\tseconds", NULL),
               *beside = picture_block(p, "beside", heads, NULL);
    put_percentiles(beside, other, &span);
    bool banded = c->points.len > 1 && isfinite(c->points.at[0].low) &&
                  c->points.at[c->points.len / 2].low < c->points.at[c->points.len / 2].high;
    if (banded)
        put_band(band, c, &span);
    buf_puts(&p->about, "How long items take at most, by the share of them; equal steps to the "
                        "right are equal factors of the odds, so that the slowest few stand "
                        "apart:");
    put_percentile_marks(p, r, &span);
    struct time_range range = percentile_axes(p, &span);
    put_percentile_words(p, r, &span, &range);
    percentiles_script(p, r, banded);
}
