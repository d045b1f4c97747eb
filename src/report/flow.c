/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flow drawn top to bottom: steps in their order, the usual way straight down, ends as pills on
 * the right, ways that jump ahead or go back (dashed) as lanes on the left; what runs side by side
 * stands in a frame.
 *
 * Lanes are given shortest way first, each the innermost that is free over its length, as intervals
 * are coloured (J. Kleinberg and E. Tardos, Algorithm Design, 4.1). */
#include "report/flow.h"

#include "report/cells.h"
#include "report/drawing.h"
#include "report/format.h"
#include "report/plot.h"
#include "report/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    WIDTH = PLOT_WIDTH,
    BOX_X = 200,
    BOX_W = 250,
    TOP = 14,
    PILL_X = 500,
    PILL_W = 172,
    FIRST_LANE = 52, /* from the boxes: a share stands between */
    STEPS_MAX = 60,
    PILLS_MOST = 3,
    FEW = 12 /* up to so many steps there is room between them */
};

struct way {
    size_t from, to, lane;
    const struct edge_row *edge;
};
struct flow {
    const struct result *r;
    struct drawing *drawing;
    size_t steps, lanes;
    double pitch, box_h;
    uint8_t *pills, *starts; /* [steps]: how many stand there already */
    size_t *ends;            /* [steps]: of a parallel its last member, else itself */
    VEC(struct way) ways;    /* those in lanes */
};

static double box_y(const struct flow *f, size_t step)
{
    return TOP + f->pitch * (double)step;
}

/* Three digits, beside 100% as many as tell it from that, and the zeros of a small one. */
static void put_percent(struct buf *out, double share)
{
    const struct metric small = {
        .name = "share", .unit = "1", .value = share, .low = share, .high = share};
    double rest = 100 * (1 - share);
    if (share > 0 && share < 1e-5)
        format_value(out, &small, NULL);
    else if (rest > 1e-9 && rest < 0.05)
        buf_printf(out, "%.*f%%", -(int)floor(log10(rest)), 100 * share);
    else
        buf_printf(out, "%.3g%%", 100 * share);
}

static const struct metric *known(const struct row *row, const char *name)
{
    const struct metric *m = metrics_find(&row->metrics, name);
    return m && isfinite(m->value) ? m : NULL;
}

/* Attempts that fail in sight: their causes exclude each other. */
static double failing(const struct row *row)
{
    static const char *const causes[] = {"error_rate", "malformed_rate", "timeout_rate"};
    double share = 0;
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
        const struct metric *m = known(row, causes[i]);
        share += m ? m->value : 0;
    }
    return share;
}

/* ", 7% wrong, 2% fail", "no failure" where it is known that there is none. */
static void put_failures(struct buf *out, const struct row *row)
{
    const struct metric *wrong = metrics_find(&row->metrics, "wrong_rate"),
                        *well = known(row, "success_rate");
    double fail = failing(row);
    bool told = false;
    if (wrong &&
        (wrong->value > 0 || (isnan(wrong->value) && isfinite(wrong->low) && wrong->high > 0))) {
        buf_puts(out, ", ");
        if (isnan(wrong->value))
            buf_printf(out, wrong->high < 0.995 ? "%.2g–%.2g%%" : "%.2g–%.0f%%", 100 * wrong->low,
                       100 * wrong->high);
        else
            put_percent(out, wrong->value);
        buf_puts(out, " wrong");
        told = true;
    }
    if (fail > 0) {
        buf_puts(out, ", ");
        put_percent(out, fail);
        buf_puts(out, " fail");
        told = true;
    } else if (well && well->value < 1) {
        buf_puts(out, ", ");
        put_percent(out, well->value);
        buf_puts(out, " end well");
        told = true;
    }
    if (!told && well && (!row->kind || !strcmp(row->kind, "stage")))
        buf_puts(out, ", no failure");
}

/* Of the visits of a check or a reviewer; a log counts corrections apart. */
static bool put_caught(struct buf *out, const struct row *row)
{
    const struct metric *caught = known(row, "caught_rate"), *mended = known(row, "corrected"),
                        *visits = known(row, "visits");
    double more = mended && visits && visits->value > 0 ? mended->value / visits->value : 0;
    if (!caught || !(caught->value + more > 0))
        return false;
    buf_puts(out, ", rejects or mends ");
    put_percent(out, caught->value + more);
    return true;
}

/* "model, 7% wrong, 2% fail", "gate, threshold 0.85", "check, rejects or mends 14%". */
static void put_box_line(struct buf *out, const struct row *row, const char *currency)
{
    const struct metric *threshold = known(row, "threshold");
    bool step = !row->kind || !strcmp(row->kind, "stage");
    buf_puts(out, !step ? row->kind : row->layer ? row->layer : "step");
    if (threshold) {
        buf_puts(out, ", threshold ");
        format_value(out, threshold, currency);
    } else if (!put_caught(out, row)) {
        put_failures(out, row);
    }
}

static void put_box(struct flow *f, size_t i)
{
    const struct row *row = &f->r->stages.at[i];
    double y = box_y(f, i), h = f->box_h;
    struct buf line;
    buf_init(&line);
    put_box_line(&line, row, f->r->currency);
    bool gate = row->kind && !strcmp(row->kind, "gate");
    drawing_box(f->drawing, BOX_X, y, BOX_W, h, gate ? 16 : 7);
    if (!gate)
        drawing_mark(f->drawing, BOX_X + 6, y + 8, 5, h - 16, row->layer);
    drawing_text(f->drawing, DRAWING_NAME, BOX_X + 22, y + 0.34 * h, row_called(row), 23);
    drawing_text(f->drawing, DRAWING_LINE, BOX_X + 22, y + 0.71 * h, buf_text(&line), 36);
    buf_release(&line);
}

static const char *share_text(const struct metrics *metrics, struct buf *out)
{
    const struct metric *m = metrics_find(metrics, "share");
    double percent = m && isfinite(m->value) ? 100 * m->value : 100;
    if (percent < 100 * (1 - 1e-9)) /* of the only way nothing is said */
        put_percent(out, percent / 100);
    return buf_text(out);
}

/* From below the last box that `from` holds to the next one. */
static void put_down(struct flow *f, size_t from, const char *share)
{
    size_t end = f->ends[from];
    double x = BOX_X + BOX_W / 2.0, y = box_y(f, end) + f->box_h + (end > from ? 9 : 0),
           to = box_y(f, end + 1);
    drawing_way(f->drawing,
                (double[][2]){
                    {x, y },
                    {x, to}
    },
                2, false);
    if (*share)
        drawing_text(f->drawing, DRAWING_LINE, x + 12, (y + to) / 2 - 1, share, 10);
}

static void put_pill(struct flow *f, size_t from, const char *name, const char *share)
{
    static const int place[PILLS_MOST] = {0, 1, -1};
    size_t k = f->pills[from]++, most = f->steps > FEW ? 2 : PILLS_MOST;
    double height = f->steps > FEW ? 20 : 22;
    if (k >= most)
        return; /* the table has them all */
    double y = box_y(f, from) + f->box_h / 2 + place[k] * (height + 5) -
               (most == 2 ? (height + 5) / 2 * 0.5 : 0);
    struct buf text;
    buf_init(&text);
    buf_printf(&text, "%s%s%s", name, *share ? " " : "", share);
    drawing_way(f->drawing,
                (double[][2]){
                    {BOX_X + BOX_W, y},
                    {PILL_X,        y}
    },
                2, false);
    drawing_box(f->drawing, PILL_X, y - height / 2, PILL_W, height, height / 2);
    drawing_text(f->drawing, DRAWING_PILL, PILL_X + PILL_W / 2.0, y, buf_text(&text), 23);
    buf_release(&text);
}

/* --- lanes */

static size_t upper(const struct way *w)
{
    return w->from < w->to ? w->from : w->to;
}

static size_t lower(const struct way *w)
{
    return w->from < w->to ? w->to : w->from;
}

static int shortest_first(const void *a, const void *b)
{
    const struct way *x = a, *y = b;
    size_t p = lower(x) - upper(x), q = lower(y) - upper(y);
    if (p != q)
        return p < q ? -1 : 1;
    if (upper(x) != upper(y))
        return upper(x) < upper(y) ? -1 : 1;
    return x->edge < y->edge ? -1 : x->edge > y->edge;
}

static bool is_free(const struct flow *f, size_t lane, size_t n, const struct way *w)
{
    for (size_t i = 0; i < n; i++) {
        const struct way *other = &f->ways.at[i];
        if (other->lane == lane && upper(other) <= lower(w) && upper(w) <= lower(other))
            return false;
    }
    return true;
}

static void give_lanes(struct flow *f)
{
    if (f->ways.len)
        qsort(f->ways.at, f->ways.len, sizeof *f->ways.at, shortest_first);
    for (size_t i = 0; i < f->ways.len; i++) {
        struct way *w = &f->ways.at[i];
        while (!is_free(f, w->lane, i, w))
            w->lane++;
        f->lanes = w->lane + 1 > f->lanes ? w->lane + 1 : f->lanes;
    }
}

static void put_lane(struct flow *f, const struct way *w)
{
    double pitch = fmin(28, (BOX_X - FIRST_LANE - 8.0) / (double)(f->lanes ? f->lanes : 1));
    double x = BOX_X - FIRST_LANE - pitch * (double)w->lane;
    double y0 = box_y(f, w->from) + 0.18 * f->box_h +
                (f->steps > FEW ? 15 : 18) * (double)(f->starts[w->from]++ % 3),
           y1 = box_y(f, w->to) + 0.82 * f->box_h;
    struct buf share;
    buf_init(&share);
    share_text(&w->edge->metrics, &share);
    if (y1 <= y0 && w->to == w->from)
        y1 = y0 + 12;
    drawing_way(f->drawing,
                (double[][2]){
                    {BOX_X, y0},
                    {x,     y0},
                    {x,     y1},
                    {BOX_X, y1}
    },
                4, w->to <= w->from);
    if (share.len)
        drawing_text(f->drawing, DRAWING_SHARE, BOX_X - 5, y0 - 9, buf_text(&share), 10);
    buf_release(&share);
}

/* --- what runs side by side */

static size_t step_of(const struct flow *f, const char *id)
{
    for (size_t i = 0; i < f->steps; i++)
        if (!strcmp(f->r->stages.at[i].id, id))
            return i;
    return SIZE_MAX;
}

/* Does a branch go through it: a way to the join, or to a later step of which that is true, or no
 * way at all?  `later` knows those behind it. */
static bool in_branch(const struct flow *f, size_t step, const bool *later)
{
    bool touched = false;
    for (size_t i = 0; i < f->r->edges.len; i++) {
        const struct edge_row *e = &f->r->edges.at[i];
        size_t from = step_of(f, e->from), to = step_of(f, e->to);
        touched = touched || from == step || to == step;
        if (from != step)
            continue;
        if (to == SIZE_MAX ? !strcmp(e->to, "join") : to > step && later[to])
            return true;
    }
    return !touched;
}

static void find_frames(struct flow *f)
{
    bool *branch = mem_zero(f->steps, sizeof *branch);
    for (size_t i = f->steps; i-- > 0;) {
        const char *kind = f->r->stages.at[i].kind;
        f->ends[i] = i;
        branch[i] = in_branch(f, i, branch);
        if (!kind || strcmp(kind, "parallel") != 0 || !f->r->edges.len)
            continue;
        while (f->ends[i] + 1 < f->steps && branch[f->ends[i] + 1])
            f->ends[i]++;
    }
    mem_free(branch);
}

static void put_frames(struct flow *f)
{
    for (size_t i = 0; i < f->steps; i++) {
        double pad = 9;
        for (size_t k = 0; k < i; k++)
            pad = f->ends[k] >= f->ends[i] && pad > 3 ? pad - 3 : pad; /* within another */
        if (f->ends[i] > i)
            drawing_frame(f->drawing, BOX_X - pad, box_y(f, i) - pad + 1, BOX_W + 2 * pad,
                          box_y(f, f->ends[i]) - box_y(f, i) + f->box_h + 2 * pad - 2);
    }
}

/* --- ways */

static bool is_last(const struct flow *f, size_t step)
{
    return f->ends[step] + 1 == f->steps;
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
        if (to == SIZE_MAX && !strcmp(e->to, "join"))
            ; /* the frame says so */
        else if (to == f->ends[from] + 1 ||
                 (to == SIZE_MAX && is_last(f, from) && !strcmp(e->to, "ship")))
            put_down(f, from, buf_text(&share));
        else if (to == SIZE_MAX)
            put_pill(f, from, e->to, buf_text(&share));
        else
            vec_push(&f->ways, ((struct way){from, to, 0, e}));
        buf_release(&share);
    }
    give_lanes(f);
    for (size_t i = 0; i < f->ways.len; i++)
        put_lane(f, &f->ways.at[i]);
}

/* Results without edges: the steps follow one another as they are written. */
static void put_chain(struct flow *f)
{
    for (size_t i = 0; i + 1 < f->steps; i++)
        put_down(f, i, "");
}

static bool ships_last(const struct flow *f)
{
    for (size_t i = 0; i < f->r->edges.len; i++) {
        size_t from = step_of(f, f->r->edges.at[i].from);
        if (!strcmp(f->r->edges.at[i].to, "ship") && from != SIZE_MAX && is_last(f, from))
            return true;
    }
    return false;
}

static void put_ship(struct flow *f)
{
    double x = BOX_X + BOX_W / 2.0, y = box_y(f, f->steps);
    drawing_box(f->drawing, x - 60, y, 120, 30, 15);
    drawing_text(f->drawing, DRAWING_END, x, y + 15, "ship", 10);
}

static struct table *flow_table(struct document *d, const struct result *r)
{
    if (r->edges.len)
        return table_edges(d, r);
    struct table *t = document_table(d, "Steps");
    table_column(d, t, "step", false);
    table_column(d, t, "layer", false);
    for (size_t i = 0; i < r->stages.len; i++) {
        cell_row(d, t, &r->stages.at[i]);
        table_cell(d, t, TONE_PLAIN, r->stages.at[i].layer ? r->stages.at[i].layer : "");
    }
    return t;
}

bool flow_has(const struct result *r)
{
    return r->stages.len > 0;
}

static const char *about(struct document *d, const struct flow *f)
{
    size_t all = f->r->stages.len, pills = 0;
    for (size_t i = 0; i < f->steps; i++)
        pills = f->pills[i] > pills ? f->pills[i] : pills;
    return arena_printf(
        &d->arena,
        "%s, ends on the right, ways back dashed on the left; a dotted frame holds what runs side "
        "by side. A box says how many attempts are wrong unseen and how many fail in sight; shares "
        "are of the visits of the step where an arrow starts, all where none stands.%s",
        f->steps < all ? "The first 60 steps from top to bottom" : "Steps from top to bottom",
        pills > PILLS_MOST ? " Some steps have more ends than are drawn: the table has them all."
                           : "");
}

void flow_add(const struct result *r, const char *label, struct document *d)
{
    struct drawing drawing;
    struct flow f = {.r = r, .drawing = &drawing};
    if (!r->stages.len)
        return;
    drawing_init(&drawing);
    f.steps = r->stages.len < STEPS_MAX ? r->stages.len : STEPS_MAX;
    f.pitch = f.steps > FEW ? 68 : 94;
    f.box_h = f.steps > FEW ? 44 : 54;
    f.pills = mem_zero(f.steps, sizeof *f.pills);
    f.starts = mem_zero(f.steps, sizeof *f.starts);
    f.ends = mem_zero(f.steps, sizeof *f.ends);
    find_frames(&f);
    bool ship = ships_last(&f);
    put_frames(&f);
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
        about(d, &f));
    drawing_finish(&drawing, d, figure, WIDTH,
                   box_y(&f, f.steps) + (ship ? 44 : f.box_h - f.pitch + 14));
    figure->data = flow_table(d, r);
    document_add_figure(d, figure);
    mem_free(f.pills);
    mem_free(f.starts);
    mem_free(f.ends);
    vec_release(&f.ways);
}
