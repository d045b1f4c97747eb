/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flow drawn top to bottom: steps in their order, the usual way straight down, ends as pills on
 * the right, ways that jump ahead or go back (dashed) as lanes on the left. */
#include "report/flow.h"

#include "report/format.h"
#include "report/html.h"
#include "report/table.h"

#include <math.h>
#include <string.h>

enum {
    WIDTH = 760,
    BOX_X = 250,
    BOX_W = 260,
    BOX_H = 56,
    PITCH = 98,
    TOP = 12,
    PILL_X = 568,
    PILL_W = 180,
    PILL_H = 22,
    LANE = 44,
    LANES = 5,
    STEPS_MAX = 60
};

struct flow {
    const struct result *r;
    struct buf *svg;
    size_t steps, lanes;
    uint8_t *pills, *starts; /* [steps]: how many stand there already */
};

static int box_y(size_t step)
{
    return TOP + PITCH * (int)step;
}

static void put_text(struct flow *f, double x, double y, const char *attributes, const char *text,
                     size_t columns)
{
    struct buf cut;
    buf_init(&cut);
    text_clean(&cut, text);
    if (text_width(buf_text(&cut)) > columns) {
        cut.len = text_fit(cut.data, columns - 1);
        buf_puts(&cut, "\u2026");
    }
    buf_printf(f->svg, "<text x=\"%g\" y=\"%g\" %s>", x, y, attributes);
    html_escape(f->svg, buf_text(&cut));
    buf_puts(f->svg, "</text>");
    buf_release(&cut);
}

static const char *layer_paint(const char *layer)
{
    static const struct {
        const char *layer, *paint;
    } paints[] = {
        {"data",     "--c6"},
        {"tool",     "--c5"},
        {"agent",    "--c1"},
        {"human",    "--c2"},
        {"feedback", "--c4"},
        {"model",    "--c3"}
    };
    for (size_t i = 0; layer && i < sizeof paints / sizeof *paints; i++)
        if (!strcmp(layer, paints[i].layer))
            return paints[i].paint;
    return "--soft";
}

/* "tool, 97.02% of visits end well", "gate, threshold 0.85". */
static void put_box_line(struct buf *out, const struct row *row, const char *currency)
{
    const struct metric *m = metrics_find(&row->metrics, "threshold");
    const char *words = " threshold ";
    bool step = !row->kind || !strcmp(row->kind, "stage");
    if (row->kind && !step)
        buf_puts(out, row->kind);
    else if (row->layer)
        buf_puts(out, row->layer);
    if (!m || !isfinite(m->value)) {
        m = metrics_find(&row->metrics, "success_rate");
        words = " ";
        if (!m || !isfinite(m->value))
            m = metrics_find(&row->metrics, "ok_rate");
    }
    if (!m || !isfinite(m->value))
        return;
    if (out->len)
        buf_putc(out, ',');
    buf_puts(out, words);
    format_value(out, m, currency);
    if (strcmp(m->name, "threshold"))
        buf_puts(out, strcmp(m->name, "ok_rate") ? " of visits end well" : " of attempts ok");
}

static void put_box(struct flow *f, size_t i)
{
    const struct row *row = &f->r->stages.at[i];
    int y = box_y(i);
    struct buf line;
    buf_init(&line);
    put_box_line(&line, row, f->r->currency);
    bool gate = row->kind && !strcmp(row->kind, "gate");
    buf_printf(f->svg,
               "<rect class=\"box\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\"/>",
               BOX_X, y, BOX_W, BOX_H, gate ? 16 : 7);
    if (!gate)
        buf_printf(f->svg,
                   "<rect x=\"%d\" y=\"%d\" width=\"5\" height=\"%d\" rx=\"2.5\" "
                   "style=\"fill:var(%s)\"/>",
                   BOX_X + 6, y + 9, BOX_H - 18, layer_paint(row->layer));
    put_text(f, BOX_X + 24, y + 24, "class=\"ink\" font-size=\"15\" font-weight=\"600\"", row->id,
             27);
    put_text(f, BOX_X + 24, y + 43, "class=\"quiet\" font-size=\"12.5\"", buf_text(&line), 36);
    buf_release(&line);
}

static const char *share_text(const struct metrics *metrics, struct buf *out)
{
    const struct metric *m = metrics_find(metrics, "share");
    if (m && isfinite(m->value)) {
        double percent = 100 * m->value;
        buf_printf(out, percent >= 99.95 || percent == 0 ? "%.0f%%" : "%.3g%%", percent);
    }
    return buf_text(out);
}

static void put_down(struct flow *f, size_t from, const char *share)
{
    int x = BOX_X + BOX_W / 2, y = box_y(from) + BOX_H, to = box_y(from + 1);
    buf_printf(f->svg,
               "<path class=\"way\" stroke-width=\"1.5\" d=\"M%d,%d V%d\"/>"
               "<path class=\"tip\" d=\"M%d,%d l-5,-8 h10 z\"/>",
               x, y, to - 7, x, to);
    if (*share)
        put_text(f, x + 12, (y + to) / 2.0 + 4, "class=\"quiet\" font-size=\"12.5\"", share, 10);
}

static void put_pill(struct flow *f, size_t from, const char *name, const char *share)
{
    size_t k = f->pills[from]++;
    if (k > 2)
        return; /* the table has them all */
    static const int place[] = {0, 1, -1};
    double y = box_y(from) + BOX_H / 2.0 + place[k] * (PILL_H + 5);
    struct buf text;
    buf_init(&text);
    buf_printf(&text, "%s %s", name, share);
    buf_printf(f->svg,
               "<path class=\"way\" stroke-width=\"1.5\" d=\"M%d,%g H%d\"/>"
               "<path class=\"tip\" d=\"M%d,%g l-8,-5 v10 z\"/>"
               "<rect class=\"box\" x=\"%d\" y=\"%g\" width=\"%d\" height=\"%d\" rx=\"11\"/>",
               BOX_X + BOX_W, y, PILL_X - 7, PILL_X, y, PILL_X, y - PILL_H / 2.0, PILL_W, PILL_H);
    put_text(f, PILL_X + PILL_W / 2.0, y + 4.5,
             "class=\"ink\" font-size=\"12.5\" text-anchor=\"middle\"", buf_text(&text), 24);
    buf_release(&text);
}

static void put_lane(struct flow *f, size_t from, size_t to, const char *share)
{
    size_t lane = f->lanes++ % LANES, k = f->starts[from]++;
    bool back = to <= from;
    int x = BOX_X - LANE * (int)(lane + 1), y0 = box_y(from) + 16 + 14 * (int)(k % 3),
        y1 = box_y(to) + 40 - 6 * (int)lane;
    if (to == from)
        y1 = y0 + 24;
    buf_printf(f->svg,
               "<path class=\"way%s\" stroke-width=\"1.5\"%s d=\"M%d,%d H%d V%d H%d\"/>"
               "<path class=\"%s\" d=\"M%d,%d l-8,-5 v10 z\"/>",
               back ? " back" : "", back ? " stroke-dasharray=\"5,4\"" : "", BOX_X, y0, x, y1,
               BOX_X - 7, back ? "backtip" : "tip", BOX_X, y1);
    if (*share)
        put_text(f, x - 6, (y0 + y1) / 2.0 + 4,
                 "class=\"quiet\" font-size=\"12.5\" text-anchor=\"end\"", share, 10);
}

static size_t step_of(const struct flow *f, const char *id)
{
    for (size_t i = 0; i < f->steps; i++)
        if (!strcmp(f->r->stages.at[i].id, id))
            return i;
    return SIZE_MAX;
}

static void put_edges(struct flow *f)
{
    for (size_t i = 0; i < f->r->edges.len; i++) {
        const struct edge_row *e = &f->r->edges.at[i];
        size_t from = step_of(f, e->from), to = step_of(f, e->to);
        struct buf share;
        const struct metric *m = metrics_find(&e->metrics, "share");
        if (from == SIZE_MAX || (m && m->value == 0 && m->high == 0))
            continue;
        buf_init(&share);
        share_text(&e->metrics, &share);
        if (to == from + 1 || (to == SIZE_MAX && from + 1 == f->steps && !strcmp(e->to, "ship")))
            put_down(f, from, buf_text(&share));
        else if (to == SIZE_MAX)
            put_pill(f, from, e->to, buf_text(&share));
        else
            put_lane(f, from, to, buf_text(&share));
        buf_release(&share);
    }
}

/* Results without edges: the steps follow one another as they are written. */
static void put_chain(struct flow *f)
{
    for (size_t i = 0; i + 1 < f->steps; i++)
        put_down(f, i, "");
}

static bool ships_last(const struct flow *f)
{
    for (size_t i = 0; i < f->r->edges.len; i++)
        if (!strcmp(f->r->edges.at[i].to, "ship") &&
            step_of(f, f->r->edges.at[i].from) + 1 == f->steps)
            return true;
    return false;
}

static void put_ship(struct flow *f)
{
    int y = box_y(f->steps);
    buf_printf(f->svg,
               "<rect class=\"box\" x=\"%d\" y=\"%d\" width=\"120\" height=\"30\" rx=\"15\"/>",
               BOX_X + BOX_W / 2 - 60, y);
    put_text(f, BOX_X + BOX_W / 2.0, y + 20,
             "class=\"ink\" font-size=\"14\" font-weight=\"600\" text-anchor=\"middle\"", "ship",
             10);
}

static struct table *flow_table(struct document *d, const struct result *r)
{
    if (r->edges.len)
        return table_edges(d, r);
    struct table *t = document_table(d, "Steps");
    table_column(d, t, "step", false);
    table_column(d, t, "layer", false);
    for (size_t i = 0; i < r->stages.len; i++) {
        table_cell(d, t, TONE_PLAIN, r->stages.at[i].id);
        table_cell(d, t, TONE_PLAIN, r->stages.at[i].layer ? r->stages.at[i].layer : "");
    }
    return t;
}

void flow_add(const struct result *r, const char *label, struct document *d)
{
    struct buf svg;
    struct flow f = {.r = r, .svg = &svg};
    if (!r->stages.len)
        return;
    buf_init(&svg);
    f.steps = r->stages.len < STEPS_MAX ? r->stages.len : STEPS_MAX;
    f.pills = mem_zero(f.steps, sizeof *f.pills);
    f.starts = mem_zero(f.steps, sizeof *f.starts);
    bool ship = ships_last(&f);
    if (r->edges.len)
        put_edges(&f);
    else
        put_chain(&f);
    for (size_t i = 0; i < f.steps; i++)
        put_box(&f, i);
    if (ship)
        put_ship(&f);
    struct figure *figure = document_figure(
        d, arena_printf(&d->arena, "fig-flow-%zu", d->tables.len),
        label ? arena_printf(&d->arena, "Steps and ways (%s)", label) : "Steps and ways",
        f.steps < r->stages.len
            ? "The first 60 steps, top to bottom; shares are of the visits of a step."
            : "Steps from top to bottom, ends on the right, ways back dashed on the left; shares "
              "are of the visits of the step where an arrow starts.");
    figure->width = WIDTH;
    figure->height = box_y(f.steps) + (ship ? 44 : BOX_H - PITCH + 12);
    figure->svg = arena_strndup(&d->arena, buf_text(&svg), svg.len);
    figure->data = flow_table(d, r);
    document_add_figure(d, figure);
    mem_free(f.pills);
    mem_free(f.starts);
    buf_release(&svg);
}
