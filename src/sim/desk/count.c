/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What customers of a desk add: to the desk by the unit of time in which they come, to their item
 * by the one in which it arrived.
 *
 * A customer counts in the integrals over time of every unit that its wait and its service lie in,
 * and of the curves in all instants between.  Most lie in one unit and between two instants. */
#include "sim/desk.h"

#include <math.h>

static double *desk_sums(const struct desk_sim *s, uint32_t unit, uint32_t desk)
{
    return tally_unit(s->tally, unit) + s->tally->at.desk + (size_t)desk * DESK_SUMS;
}

/* --- the desk */

/* Adds the part of [from, to) that lies in each unit of time to its element of `sum`. */
static void spread_to(const struct desk_sim *s, double *sum, size_t stride, double from, double to)
{
    from = from > s->start_s ? from : s->start_s;
    to = to < s->end_s ? to : s->end_s;
    if (!(from < to))
        return;
    for (uint32_t u = desk_unit_at(s, from); from < to; u++) {
        double end = desk_begin_of(s, u + 1), until = to < end ? to : end;
        sum[u * stride] += until - from;
        from = end;
    }
}

/* The same to the desk's sum `k`. */
static void spread(struct desk_sim *s, uint32_t desk, uint32_t k, double from, double to)
{
    spread_to(s, desk_sums(s, 0, desk) + k, s->tally->at.all, from, to);
}

/* Those inside at the borders of units. */
static void note_borders(struct desk_sim *s, uint32_t desk, double reach, double end)
{
    uint32_t n = s->tally->n_units, u = desk_unit_at(s, reach);
    for (u = reach < s->start_s ? 0 : u == n ? n + 1 : u + 1; u <= n; u++) {
        if (desk_begin_of(s, u) >= end)
            break;
        s->seen[desk].inside_at[u]++;
    }
}

/* The first instant of the curves after a time. */
static uint32_t instant_after(const struct desk_sim *s, double at, double per_s)
{
    double k = at * per_s + 1;
    return k < s->tally->n_instants ? (uint32_t)k : s->tally->n_instants;
}

enum { FEW_INSTANTS = 4 };

/* Customers [from, to), the last of whom leaves at `last`. */
static void note_instants(struct desk_sim *s, uint32_t desk, const struct customers *c,
                          const double *begin, uint32_t from, uint32_t to, double last)
{
    struct desk_clock *seen = &s->seen[desk];
    if (s->tally->n_instants == 0)
        return;
    double observe_s = s->program->queue.pipeline->horizon.observe_s, per_s = 1 / observe_s;
    double least = c->reach[from];
    for (uint32_t i = from + 1; s->line[desk].order && i < to; i++)
        least = c->reach[i] < least ? c->reach[i] : least;
    uint32_t first = instant_after(s, least, per_s), end = instant_after(s, last, per_s);
    if (end - first <= FEW_INSTANTS) {
        for (uint32_t k = first; k < end; k++) {
            int32_t waiting, inside;
            customers_there(c->reach + from, begin + from, c->service + from, to - from,
                            k * observe_s, &waiting, &inside);
            seen->waiting[k] += waiting;
            seen->waiting[k + 1] -= waiting;
            seen->inside[k] += inside;
            seen->inside[k + 1] -= inside;
        }
        return;
    }
    for (uint32_t i = from; i < to; i++) {
        uint32_t come = instant_after(s, c->reach[i], per_s);
        seen->inside[come]++;
        seen->inside[instant_after(s, begin[i] + c->service[i], per_s)]--;
        seen->waiting[come]++;
        seen->waiting[instant_after(s, begin[i], per_s)]--;
    }
}

/* When the unit that `reach` lies in begins or ends, or the time before all, or after. */
static double unit_from(const struct desk_sim *s, double reach, uint32_t unit)
{
    return unit < s->tally->n_units ? desk_begin_of(s, unit)
           : reach < s->start_s     ? -INFINITY
                                    : s->end_s;
}
static double unit_until(const struct desk_sim *s, double reach, uint32_t unit)
{
    return unit < s->tally->n_units ? desk_begin_of(s, unit + 1)
           : reach < s->start_s     ? s->start_s
                                    : INFINITY;
}

/* What was found of customers [from, to), who all come in one unit of time; their waits are in
 * s->wait. */
static void add_come(struct desk_sim *s, uint32_t desk, const struct customers *c,
                     const double *begin, uint32_t from, uint32_t to, uint32_t unit,
                     struct come sum)
{
    uint32_t n = to - from, units = s->tally->n_units;
    double *u = desk_sums(s, unit, desk), until = unit_until(s, c->reach[from], unit);
    note_instants(s, desk, c, begin, from, to, sum.last);
    u[DESK_ASKED] += n;
    u[DESK_CALLS + desk_call(false, false, true, true)] += n - sum.waited;
    u[DESK_CALLS + desk_call(false, true, true, true)] += (double)sum.waited - sum.late;
    u[DESK_CALLS + desk_call(false, true, true, false)] += sum.late;
    u[DESK_WAITS + 1] += sum.wait;
    if (unit < units)
        tally_put_many(s->tally, &s->tally->wait[desk], s->tally->cell_classes * CELL_KINDS + desk,
                       unit, s->wait, n);
    if (sum.last <= until) {
        u[DESK_WAITING] += sum.wait;
        u[DESK_BUSY] += sum.service;
        return;
    }
    for (uint32_t i = from; i < to; i++) {
        double end = begin[i] + c->service[i];
        spread(s, desk, DESK_WAITING, c->reach[i], begin[i]);
        spread(s, desk, DESK_BUSY, begin[i], end);
        if (end > until)
            note_borders(s, desk, c->reach[i], end);
    }
}

/* Customers [from, to), who all come in one unit of time. */
static void count_unit(struct desk_sim *s, uint32_t desk, const struct customers *c,
                       const double *begin, uint32_t from, uint32_t to, uint32_t unit)
{
    double limit = s->program->queue.pipeline->resource[desk].answer_within_s;
    struct come sum =
        customers_come(c->reach + from, c->service + from, begin + from, to - from, limit, s->wait);
    add_come(s, desk, c, begin, from, to, unit, sum);
}

static void count_desk(struct desk_sim *s, uint32_t desk, const struct customers *c,
                       const double *begin)
{
    for (uint32_t from = 0, to; from < c->n; from = to) {
        uint32_t unit = desk_unit_at(s, c->reach[from]);
        double until = unit_until(s, c->reach[from], unit);
        to = c->n;
        if (c->reach[c->n - 1] >= until)
            for (to = from + 1; c->reach[to] < until;)
                to++;
        count_unit(s, desk, c, begin, from, to, unit);
    }
}

/* --- a desk with an order of its own */

void desk_count_part(struct desk_sim *s, uint32_t desk, double since, double begin, double end)
{
    struct desk_clock *seen = &s->seen[desk];
    spread(s, desk, DESK_WAITING, since, begin);
    spread(s, desk, DESK_BUSY, begin, end);
    if (s->tally->n_instants == 0)
        return;
    double per_s = 1 / s->program->queue.pipeline->horizon.observe_s;
    seen->waiting[instant_after(s, since, per_s)]++;
    seen->waiting[instant_after(s, begin, per_s)]--;
}

void desk_count_closed(struct desk_sim *s, uint32_t desk, double from, double to)
{
    spread_to(s, s->seen[desk].closed_work_s, 1, from, to);
}

/* One who was interrupted, but for his parts. */
static void count_visitor(struct desk_sim *s, uint32_t desk, const struct guest *g, double end)
{
    struct queue_tally *t = s->tally;
    uint32_t unit = desk_unit_at(s, g->reach);
    double *u = desk_sums(s, unit, desk);
    u[DESK_ASKED]++;
    u[DESK_CALLS + desk_call(false, g->waited > 0, true, !g->late)]++;
    u[DESK_WAITS + 1] += g->waited;
    if (unit < t->n_units)
        tally_wait(t, unit, desk, g->waited);
    if (end > unit_until(s, g->reach, unit))
        note_borders(s, desk, g->reach, end);
    if (t->n_instants > 0) {
        double per_s = 1 / s->program->queue.pipeline->horizon.observe_s;
        s->seen[desk].inside[instant_after(s, g->reach, per_s)]++;
        s->seen[desk].inside[instant_after(s, end, per_s)]--;
    }
}

/* --- the items */

/* Visits of the desk by customers of one kind.  Of a bare program they take as long as the items.
 */
static void clock_visits(struct desk_sim *s, const struct customers *c, const double *begin,
                         uint64_t kind, double *step)
{
    const struct step *of = s->program->items.step[kind_step(kind)].step;
    double budget = of->numbers[kind_class(kind)].budget_s;
    if (s->program->bare && !isfinite(budget))
        return;
    for (uint32_t i = 0; i < c->n; i++) {
        double x = begin[i] - c->reach[i] + c->service[i];
        s->wait[i] = (float)x;
        step[STEP_OVER] += x > budget + 1e-14 * (begin[i] + c->service[i]);
    }
    if (!s->program->bare)
        tally_visits(s->tally, kind_unit(kind), kind_step(kind), s->wait, c->n);
}

/* What was found of customers of one kind: items of one unit, which counts, class and end; their
 * times are in s->value. */
static void add_gone(struct desk_sim *s, const struct customers *c, const double *begin,
                     uint64_t kind, struct gone sum)
{
    struct queue_tally *t = s->tally;
    uint32_t unit = kind_unit(kind), class = kind_class(kind), end = kind_end(kind);
    bool shipped = end / 8 == ITEM_SHIPPED;
    struct class_values *v = &t->class[class];
    s->beyond_guard |= sum.last > s->guard_s;
    double *u = tally_unit(t, unit) + (size_t) class * CLASS_SUMS;
    double *step = tally_unit(t, unit) + t->at.step + (size_t)kind_step(kind) * STEP_SUMS;
    step[STEP_VISIT_TIME] += sum.visit;
    clock_visits(s, c, begin, kind, step);
    u[CLASS_WAIT] += sum.wait;
    u[CLASS_TOOK + shipped] += sum.wait;
    u[CLASS_TOOK2 + shipped] += sum.squares;
    u[CLASS_LATE] += shipped && (end & 4) ? sum.late : 0;
    tally_put_many(t, shipped ? &v->shipped : &v->unshipped,
                   tally_cells(t, class, shipped ? CELLS_SHIPPED : CELLS_UNSHIPPED), unit, s->value,
                   c->n);
}

static void count_kind(struct desk_sim *s, const struct customers *c, const double *begin)
{
    uint64_t kind = c->kind ? c->kind[0] : c->same;
    double deadline = s->program->items.pipeline->deadline_s;
    if (kind_unit(kind) < s->tally->n_units)
        add_gone(s, c, begin, kind, customers_gone(c, begin, c->n, deadline, s->value));
}

/* The same for one customer. */
static void count_one(struct desk_sim *s, const struct customers *c, uint32_t i, double begin)
{
    struct queue_tally *t = s->tally;
    uint64_t kind = c->kind ? c->kind[i] : c->same;
    uint32_t unit = kind_unit(kind), class = kind_class(kind), shipped;
    double wait = begin - c->reach[i], took = c->took[i], all = took + wait;
    double visit = wait + c->service[i], now = c->arrive[i] + all;
    if (unit >= t->n_units)
        return;
    shipped = kind_end(kind) / 8 == ITEM_SHIPPED;
    const struct pipeline *p = s->program->items.pipeline;
    double *u = tally_unit(t, unit) + (size_t) class * CLASS_SUMS;
    double *step = tally_unit(t, unit) + t->at.step + (size_t)kind_step(kind) * STEP_SUMS;
    double budget = p->step[kind_step(kind)].numbers[class].budget_s;
    step[STEP_VISIT_TIME] += visit;
    step[STEP_OVER] += visit > budget + 1e-14 * now;
    if (!s->program->bare)
        tally_visit(t, unit, kind_step(kind), visit);
    s->beyond_guard |= now > s->guard_s;
    u[CLASS_WAIT] += wait;
    u[CLASS_TOOK + shipped] += wait;
    u[CLASS_TOOK2 + shipped] += wait * (took + all);
    u[CLASS_LATE] += shipped && (kind_end(kind) & 4) && took <= p->deadline_s &&
                     all > p->deadline_s + 1e-14 * now;
    tally_time(t, unit, class, shipped, all);
}

/* Customers of a bare program, in order, all of whom arrive in one unit of time. */
static void count_bare(struct desk_sim *s, uint32_t desk, const struct customers *c,
                       const double *begin)
{
    const struct pipeline *p = s->program->queue.pipeline;
    uint32_t unit = kind_unit(c->same);
    struct gone gone;
    struct come come =
        customers_come_and_go(c->reach, c->service, begin, c->n, p->resource[desk].answer_within_s,
                              p->deadline_s, s->wait, s->value, &gone);
    add_come(s, desk, c, begin, 0, c->n, unit, come);
    if (unit < s->tally->n_units)
        add_gone(s, c, begin, c->same, gone);
}

enum { FEW_ALIKE = 4, KINDS_APART = 8 };

/* Of n places in c, those of the kind of the first one into is[], the others stay; both in order.
 */
static uint32_t take_alike(const struct customers *c, uint16_t *rest, uint32_t n, uint16_t *is)
{
    uint64_t kind = c->kind[rest[0]];
    uint32_t n_is = 0, left = 0;
    for (uint32_t k = 0; k < n; k++) {
        uint16_t i = rest[k];
        bool alike = c->kind[i] == kind;
        is[n_is] = rest[left] = i;
        n_is += alike;
        left += !alike;
    }
    return n_is;
}

static void count_alike(struct desk_sim *s, const struct customers *c, const double *begin,
                        const uint16_t *is, uint32_t n)
{
    struct customers *to = &s->alike;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t i = is[k];
        to->reach[k] = c->reach[i];
        to->service[k] = c->service[i];
        to->arrive[k] = c->arrive[i];
        to->took[k] = c->took[i];
        s->alike_begin[k] = begin[i];
    }
    to->kind[0] = c->kind[is[0]];
    to->n = n;
    count_kind(s, to, s->alike_begin);
}

/* Kind by kind; the few of rare ones one by one. */
static void count_items(struct desk_sim *s, const struct customers *c, const double *begin)
{
    uint16_t rest[LANES], is[LANES];
    uint32_t n = c->n;
    if (!c->kind || customers_alike(c->kind, n)) {
        count_kind(s, c, begin);
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        rest[i] = (uint16_t)i;
    for (int k = 0; k < KINDS_APART && n >= FEW_ALIKE; k++) {
        uint32_t n_is = take_alike(c, rest, n, is);
        n -= n_is;
        if (n_is >= FEW_ALIKE)
            count_alike(s, c, begin, is, n_is);
        for (uint32_t i = 0; n_is < FEW_ALIKE && i < n_is; i++)
            count_one(s, c, is[i], begin[is[i]]);
    }
    for (uint32_t i = 0; i < n; i++)
        count_one(s, c, rest[i], begin[rest[i]]);
}

void desk_count(struct desk_sim *s, uint32_t desk, const struct customers *c, const double *begin)
{
    if (!c->kind) {
        count_bare(s, desk, c, begin);
        return;
    }
    count_desk(s, desk, c, begin);
    count_items(s, c, begin);
}

void desk_count_left(struct desk_sim *s, uint32_t desk, const struct customers *c,
                     const double *begin)
{
    for (uint32_t from = 0, to; from < c->n; from = to) {
        uint32_t unit = desk_unit_at(s, c->reach[from]);
        double low = unit_from(s, c->reach[from], unit), high = unit_until(s, c->reach[from], unit);
        for (to = from + 1; to < c->n && c->reach[to] >= low && c->reach[to] < high;)
            to++;
        count_unit(s, desk, c, begin, from, to, unit);
    }
    count_items(s, c, begin);
}

void desk_count_parted(struct desk_sim *s, uint32_t desk, const struct guest *g, double end)
{
    double reach = g->reach, service = g->service, arrive = g->arrive, took = g->took;
    uint64_t kind = g->kind;
    struct customers c = {.n = 1,
                          .reach = &reach,
                          .service = &service,
                          .arrive = &arrive,
                          .took = &took,
                          .kind = &kind};
    count_visitor(s, desk, g, end);
    count_one(s, &c, 0, reach + g->waited);
}

/* --- the horizon */

static void take_series(struct desk_sim *s, uint32_t desk)
{
    struct queue_tally *t = s->tally;
    const struct desk_clock *seen = &s->seen[desk];
    int64_t waiting = 0, inside = 0;
    for (uint32_t k = 0; k < t->n_instants; k++) {
        size_t at = (size_t)desk * t->n_instants + k;
        waiting += seen->waiting[k];
        inside += seen->inside[k];
        t->waiting[at] += (uint64_t)waiting;
        t->waiting2[at] += (uint64_t)(waiting * waiting);
        t->inside[at] += (uint64_t)inside;
        t->inside2[at] += (uint64_t)(inside * inside);
    }
}

static void count_time(struct desk_sim *s, uint32_t unit)
{
    const struct pipeline *p = s->program->queue.pipeline;
    double *top = tally_unit(s->tally, unit) + s->tally->at.top, spent = 0;
    for (uint32_t r = 0; r < p->n_resources; r++) {
        double *u = desk_sums(s, unit, r);
        const int64_t *inside = s->seen[r].inside_at + unit;
        u[DESK_SPAN] = s->unit_s;
        u[DESK_OPEN] = p->resource[r].n_hours ? s->seen[r].open_s[unit] : s->unit_s;
        u[DESK_OPEN] *= p->resource[r].servers ? p->resource[r].servers : 1;
        u[DESK_SYSTEM] = u[DESK_WAITING] + u[DESK_BUSY];
        u[DESK_BUSY] -= s->seen[r].closed_work_s[unit];
        u[DESK_GROWTH] = (double)(inside[1] - inside[0]) * DAY_S;
        spent += u[DESK_OPEN] * p->resource[r].cost_per_s;
    }
    for (uint32_t k = 0; k < p->n_costs; k++)
        spent += p->cost[k].per_s * s->unit_s;
    top[TOP_SPENT] += spent;
    top[TOP_NET] -= spent;
    top[TOP_MONTHS] += s->unit_s / (30.0 * DAY_S);
}

void desk_count_horizon(struct desk_sim *s)
{
    for (uint32_t u = 0; u < s->tally->n_units; u++)
        count_time(s, u);
    for (uint32_t r = 0; r < s->program->queue.pipeline->n_resources; r++)
        take_series(s, r);
    s->tally->observed++;
}
