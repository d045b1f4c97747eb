/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures over time: what waits for people through the horizon, and what feedback changes from
 * cycle to cycle. */
#include "report/plot.h"

#include "report/cells.h"
#include "report/format.h"
#include "report/plot_parts.h"
#include "report/table.h"

#include <math.h>
#include <string.h>

enum { ROWS_MAX = 60 };

static bool has_band(const struct point *p)
{
    return isfinite(p->low) && isfinite(p->high);
}

/* --- backlog */

/* What waits, or what is there, with more than one point; for one resource each. */
static const struct curve *backlog_curve(const struct result *r, size_t nth)
{
    const char *id = result_curve(r, "backlog") ? "backlog" : "in_system";
    for (size_t k = 0; k < r->curves.len; k++) {
        const struct curve *c = &r->curves.at[k];
        if (!strcmp(c->id, id) && c->points.len > 1 &&
            c->points.at[c->points.len - 1].x > c->points.at[0].x && nth-- == 0)
            return c;
    }
    return NULL;
}

bool backlog_has(const struct result *r)
{
    return backlog_curve(r, 0) != NULL;
}

static double end_of(const struct curve *c)
{
    return c->points.at[c->points.len - 1].x;
}

double picture_time_unit(double seconds, const char **name)
{
    static const struct {
        double seconds;
        const char *name;
    } units[] = {
        {86400, "days"   },
        {3600,  "hours"  },
        {60,    "minutes"},
        {1,     "seconds"}
    };
    size_t i = 0;
    while (i + 1 < sizeof units / sizeof *units && seconds < 3 * units[i].seconds)
        i++;
    *name = units[i].name;
    return units[i].seconds;
}

static void backlog_rows(struct document *d, struct table *t, const struct curve *c, double unit)
{
    size_t n = c->points.len, step = table_thin(n, ROWS_MAX);
    for (size_t i = 0; i < n; i = table_thin_next(i, n, step)) {
        const struct point *p = &c->points.at[i];
        table_cell(d, t, TONE_PLAIN, c->resource ? c->resource : "");
        cell_number(d, t, p->x / unit, 5);
        cell_number(d, t, p->y, 5);
        cell_number(d, t, p->low, 5);
        cell_number(d, t, p->high, 5);
    }
}

static void backlog_line(struct picture *p, const struct curve *c, size_t k, double unit)
{
    static const char *const file[] = {"one", "two", "three", "four"};
    struct buf *out =
        picture_block(p, file[k], "time\titems\tlow\thigh", c->resource ? c->resource : "");
    for (size_t i = 0; i < c->points.len; i++) {
        const struct point *at = &c->points.at[i];
        bool band = has_band(at);
        picture_line(out,
                     (double[]){at->x / unit, at->y, band ? fmax(at->low, 0) : at->y,
                                band ? at->high : at->y},
                     4, "");
    }
    buf_printf(&p->script,
               "%s'%s' using 1:3:4 with filledcurves lc rgb '%s' fs transparent solid 0.2, "
               "'' using 1:2 with lines lc rgb '%s' lw 2 dt %s title columnheader(5)",
               k ? ", " : "plot ", file[k], picture_look[k].colour, picture_look[k].colour,
               picture_look[k].dash);
}

/* So many items that their numbers need a unit: 1.5M. */
static bool tall(const struct result *r)
{
    const struct curve *c;
    for (size_t k = 0; k < PICTURE_LINES && (c = backlog_curve(r, k)); k++)
        for (size_t i = 0; i < c->points.len; i++)
            if (c->points.at[i].y >= 1e5)
                return true;
    return false;
}

void backlog_draw(struct document *d, const struct result *r, struct picture *p)
{
    const struct curve *c = backlog_curve(r, 0);
    bool waiting = !strcmp(c->id, "backlog");
    const char *name;
    double unit = picture_time_unit(end_of(c), &name), most = 0;
    size_t k = 0, all = 0;
    picture_start(p, 360);
    buf_puts(&p->script, tall(r) ? "set format y '%.1s%c'\n" : "");
    p->title = waiting ? "What waits for people" : "What is with people";
    p->data = document_table(d, waiting ? "Items waiting, over time" : "Items there, over time");
    table_column(d, p->data, "resource", false);
    table_column(d, p->data, arena_printf(&d->arena, "time (%s)", name), true);
    table_column(d, p->data, "items", true);
    table_column(d, p->data, "low", true);
    table_column(d, p->data, "high", true);
    buf_printf(&p->script,
               "set xlabel 'time (%s)'\nset ylabel 'items %s'\nset yrange [0:*]\n"
               "set xrange [%.6g:%.6g]\n",
               name, waiting ? "waiting" : "there", c->points.at[0].x / unit, end_of(c) / unit);
    buf_puts(&p->about, waiting ? "Items that wait for each resource from the start of the run on, "
                                  "with the interval of their mean. A line that keeps climbing is "
                                  "a queue that never clears."
                                : "Items that wait for or are with each resource, by time.");
    for (; (c = backlog_curve(r, all)); all++) {
        for (size_t i = 0; i < c->points.len; i++)
            most = fmax(most, c->points.at[i].y);
        if (k == PICTURE_LINES)
            continue;
        backlog_rows(d, p->data, c, unit);
        backlog_line(p, c, k++, unit);
    }
    if (all > k)
        buf_printf(&p->about, " The first %zu of %zu resources are drawn.", k, all);
    buf_printf(&p->about, " The highest mean is %.3g items.", most);
    buf_putc(&p->script, '\n');
}

/* --- learning */

static const struct {
    const char *y, *file, *words, *colour;
} learnt[] = {
    {"shipped_error", "error", "wrong among what ships (%)",   "#0072b2"},
    {"review_load",   "load",  "items reviewed by people (%)", "#b87a00"},
    {"reliability",   "right", "items that end right (%)",     "#009e73"},
};

static const struct curve *learning_curve(const struct result *r, const char *y)
{
    for (size_t k = 0; k < r->curves.len; k++) {
        const struct curve *c = &r->curves.at[k];
        if (!strcmp(c->id, "learning") && !strcmp(c->y, y) && c->points.len > 1)
            return c;
    }
    return NULL;
}

/* The two panels: the first two curves there are. */
static size_t panels(const struct result *r, size_t panel[2])
{
    size_t n = 0;
    for (size_t i = 0; i < sizeof learnt / sizeof *learnt && n < 2; i++)
        if (learning_curve(r, learnt[i].y))
            panel[n++] = i;
    return n;
}

bool learning_has(const struct result *r)
{
    size_t panel[2];
    return panels(r, panel) > 0;
}

static void about_learning(struct picture *p, const struct curve *c, const char *words)
{
    const struct point *first = &c->points.at[0], *last = &c->points.at[c->points.len - 1];
    buf_printf(&p->about, " %c%.*s: from %.3g%% to %.3g%% in cycle %.0f.", words[0] - 'a' + 'A',
               (int)(strlen(words) - strlen(" (%)") - 1), words + 1, 100 * first->y, 100 * last->y,
               last->x);
}

void learning_draw(struct document *d, const struct result *r, struct picture *p)
{
    size_t panel[2], n = panels(r, panel);
    picture_start(p, 340);
    p->title = "What feedback changes, cycle by cycle";
    p->data = table_learning(d, r);
    buf_puts(&p->about, "Every decision of a reviewer is a label that the steps learn from before "
                        "the next cycle.");
    buf_printf(&p->script,
               "set multiplot layout 1,%zu\nset xlabel 'cycle'\nset yrange [0:*]\n"
               "set xtics 1\nset xtics autofreq\nset key off\n",
               n);
    for (size_t i = 0; i < n; i++) {
        const struct curve *c = learning_curve(r, learnt[panel[i]].y);
        struct buf *out =
            picture_block(p, learnt[panel[i]].file, "cycle\tpercent\tlow\thigh", NULL);
        for (size_t k = 0; k < c->points.len; k++) {
            const struct point *at = &c->points.at[k];
            bool band = has_band(at);
            picture_line(out,
                         (double[]){at->x, 100 * at->y, 100 * (band ? at->low : at->y),
                                    100 * (band ? at->high : at->y)},
                         4, NULL);
        }
        buf_printf(&p->script,
                   "set ylabel '%s'\nplot '%s' using 1:3:4 with filledcurves lc rgb '%s' "
                   "fs transparent solid 0.25, '' using 1:2 with linespoints lc rgb '%s' lw 2 "
                   "pt 7 ps 0.7\n",
                   learnt[panel[i]].words, learnt[panel[i]].file, learnt[panel[i]].colour,
                   learnt[panel[i]].colour);
        about_learning(p, c, learnt[panel[i]].words);
    }
    buf_puts(&p->script, "unset multiplot\n");
}
