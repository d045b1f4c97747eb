/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of the items of a block, into the sums of the unit in which they arrived.  Times are
 * those without waits; sim/desk/count.c adds those. */
#include "sim/desk.h"

#include "math/multiversion.h"
#include <math.h>
#include <string.h>

/* --- a block */

uint32_t desk_end_of(const struct batch *b, uint32_t lane)
{
    uint32_t how = (uint32_t)(TO_SHIP - b->at[lane]); /* ship, reject, fail are -1, -2, -3 */
    bool review = b->program->has_review;
    return class_end((enum item_end)how, b->good[lane], review && b->reviews[lane] > 0,
                     review && b->reviewed_bad[lane]);
}

/* Counts by how items ended, their quality, and their reviews; see class_end. */
static void count_ends(const struct desk_sim *s, const struct lane_group *g,
                       const struct lanes_totals *t, double *u)
{
    const struct program *items = &s->program->items;
    uint32_t n[2][ITEM_ENDS * 8] = {{0}};
    if (!items->can_be_bad && !items->has_review) {
        u[CLASS_ENDS + class_end(ITEM_SHIPPED, true, false, false)] += t->n_shipped;
        u[CLASS_ENDS + class_end(ITEM_REJECTED, true, false, false)] += t->n_rejected;
        u[CLASS_ENDS + class_end(ITEM_FAILED, true, false, false)] +=
            g->n - t->n_shipped - t->n_rejected;
        return;
    }
    for (uint32_t i = 0; i < g->n; i++) {
        uint32_t how = (uint32_t)(TO_SHIP - g->at[i]);
        uint32_t reviewed = items->has_review && g->reviews[i] > 0;
        uint32_t bad = items->has_review && g->reviewed_bad[i];
        n[i & 1][how * 8 + (uint32_t)g->good[i] * 4 + reviewed * 2 + bad]++;
    }
    for (uint32_t k = 0; k < ITEM_ENDS * 8; k++)
        u[CLASS_ENDS + k] += n[0][k] + n[1][k];
}

/* Times of those whose time is known by now. */
static void put_times(struct desk_sim *s, const struct lane_group *g, uint32_t class)
{
    struct queue_tally *t = s->tally;
    struct class_values *v = &t->class[class];
    const int32_t *shipped = s->batch->here;
    const float *x = s->batch->value;
    float *in = s->value, *out = s->wait;
    uint32_t n_in = 0, n_out = 0;
    for (uint32_t i = 0; i < g->n; i++) {
        uint32_t known = !g->held[i], ship = (uint32_t)shipped[i] & 1;
        in[n_in] = out[n_out] = x[i];
        n_in += known & ship;
        n_out += known & (ship ^ 1);
    }
    tally_put_many(t, &v->shipped, tally_cells(t, class, CELLS_SHIPPED), s->unit, in, n_in);
    tally_put_many(t, &v->unshipped, tally_cells(t, class, CELLS_UNSHIPPED), s->unit, out, n_out);
}

static void count_costs(struct desk_sim *s, const struct lane_group *g, uint32_t class, double *u)
{
    struct queue_tally *t = s->tally;
    double budget = s->program->items.pipeline->budget;
    if (!s->program->items.has_cost)
        return;
    struct lanes_sums c = lanes_sum(g->cost, 1);
    u[CLASS_COST] += c.sum;
    u[CLASS_COST2] += c.sum2;
    if (isfinite(budget))
        u[CLASS_OVER] += g->n - lanes_within(g->at, g->good, g->cost, budget, false);
    lanes_floats(g->cost, s->value);
    tally_put_many(t, &t->class[class].costs, tally_cells(t, class, CELLS_COST), s->unit, s->value,
                   g->n);
}

static void count_class(struct desk_sim *s, const struct lane_group *g, uint32_t class)
{
    struct batch *b = s->batch;
    double *u = tally_unit(s->tally, s->unit) + (size_t) class * CLASS_SUMS, sum[4];
    double deadline = s->program->items.pipeline->deadline_s;
    struct lanes_totals t;
    lanes_totals(g->at, g->time, 1, b->here, b->value, &t);
    u[CLASS_N] += g->n;
    count_ends(s, g, &t, u);
    u[CLASS_TOOK] += t.others.sum;
    u[CLASS_TOOK + 1] += t.shipped.sum;
    u[CLASS_TOOK2] += t.others.sum2;
    u[CLASS_TOOK2 + 1] += t.shipped.sum2;
    if (isfinite(deadline))
        u[CLASS_LATE] += lanes_within(g->at, g->good, g->time, INFINITY, true) -
                         lanes_within(g->at, g->good, g->time, deadline, true);
    if (b->program->few_visits)
        lanes_sum_small_counts(g->visits, sum);
    else
        lanes_sum_counts(g->visits, sum);
    u[CLASS_VISITS] += sum[0];
    u[CLASS_VISITS2] += sum[1];
    if (b->program->has_review) {
        lanes_sum_counts(g->reviews, sum);
        u[CLASS_REVIEWS] += sum[0];
    }
    put_times(s, g, class);
    count_costs(s, g, class, u);
}

static void check_guard(struct desk_sim *s, const double *arrival)
{
    const struct batch *b = s->batch;
    for (uint32_t i = 0; i < b->n_items; i++)
        s->beyond_guard |= b->time[i] > s->guard_s - arrival[i];
}

static void count_escapes(struct desk_sim *s)
{
    const struct batch *b = s->batch;
    for (uint32_t i = 0; i < b->program->n_steps; i++) {
        uint32_t bad, shipped;
        lanes_escapes(b->bad_row[i], b->at, b->good, &bad, &shipped);
        s->counts.step[i].bad += bad;
        s->counts.step[i].bad_shipped += shipped;
    }
}

void desk_count_block(struct desk_sim *s, const double *arrival)
{
    struct gathered part;
    if (s->program->items.can_be_bad)
        count_escapes(s);
    check_guard(s, arrival);
    for (uint32_t c = 0; c < s->program->items.n_classes; c++) {
        struct lane_group g = batch_group(s->batch, c, &part);
        if (g.n > 0)
            count_class(s, &g, c);
    }
}

typedef double four __attribute__((vector_size(32), aligned(8), may_alias));
typedef float four_floats __attribute__((vector_size(16), aligned(4), may_alias));

/* n times as doubles, their sum and that of their squares. */
MULTIVERSION static struct lanes_sums widen(const float *x, uint32_t n, double *to)
{
    four sum = {0}, squares = {0};
    uint32_t i = 0;
    for (; i + 4 <= n; i += 4) {
        four v = __builtin_convertvector(*(const four_floats *)(x + i), four);
        *(four *)(to + i) = v;
        sum += v;
        squares += v * v;
    }
    struct lanes_sums s = {(sum[0] + sum[1]) + (sum[2] + sum[3]),
                           (squares[0] + squares[1]) + (squares[2] + squares[3])};
    for (; i < n; i++) {
        to[i] = x[i];
        s.sum += to[i];
        s.sum2 += to[i] * to[i];
    }
    return s;
}

/* What class[i] adds to its sums; n > 0. */
static void count_bare_class(double *u, uint32_t n, struct lanes_sums took, bool review)
{
    u[CLASS_N] += n;
    u[CLASS_ENDS + class_end(ITEM_SHIPPED, true, review, false)] += n;
    u[CLASS_TOOK + 1] += took.sum;
    u[CLASS_TOOK2 + 1] += took.sum2;
    u[CLASS_VISITS] += n;
    u[CLASS_VISITS2] += n;
    u[CLASS_REVIEWS] += review ? n : 0;
}

static void count_bare_classes(struct desk_sim *s, const uint16_t *class, uint32_t n)
{
    double *u = tally_unit(s->tally, s->unit);
    bool review = s->program->items.has_review;
    for (uint32_t i = 0; i < n; i++) {
        double x = s->service[i];
        count_bare_class(
            u + (size_t) class [i] * CLASS_SUMS, 1, (struct lanes_sums) { x, x *x }, review);
    }
}

void desk_count_bare(struct desk_sim *s, const float *service, const uint16_t *class, uint32_t n)
{
    const struct program *items = &s->program->items;
    const struct rules *rules = &items->rules;
    double *u = tally_unit(s->tally, s->unit), deadline = items->pipeline->deadline_s;
    struct step_tally *step = &s->counts.step[0];
    struct plan_tally *plan = &s->counts.plan[0];
    struct lanes_sums sum = widen(service, n, s->service);
    bool several = items->n_classes > 1;
    if (s->unit >= s->tally->n_units)
        return;
    for (uint32_t i = 0; isfinite(deadline) && i < n; i++)
        u[(several ? class[i] : 0) * CLASS_SUMS + CLASS_LATE] += s->service[i] > deadline;
    if (several)
        count_bare_classes(s, class, n);
    else
        count_bare_class(u, n, sum, items->has_review);
    step->visits += n;
    step->ok += n;
    step->first_ok += n;
    step->ship += n;
    plan->attempts += n;
    plan->end[TRY_OK] += n;
    s->counts.route[rules->exit[0][EXIT_PASS]] += n;
}

/* --- a unit */

static void count_plans(const struct desk_sim *s, uint32_t i, double *u)
{
    const struct step_plan *p = &s->program->items.step[i];
    for (uint32_t k = 0; k < p->n_plans; k++) {
        const struct plan_tally *t = &s->counts.plan[p->first_plan + k];
        const struct plan *plan = &p->plan[k];
        double answers = 0;
        for (int e = 0; e < TRY_COUNT; e++)
            answers += (double)t->end[e];
        u[STEP_ATTEMPTS] += (double)t->attempts;
        u[STEP_COST] += (double)t->attempts * plan->cost;
        u[STEP_END_OK] += (double)(t->end[TRY_OK] + t->end[TRY_REPAIRED]);
        u[STEP_END_WRONG] += (double)t->end[TRY_WRONG];
        u[STEP_END_ERROR] += (double)t->end[TRY_ERROR];
        u[STEP_END_MALFORMED] += (double)(t->end[TRY_SEEN] + t->end[TRY_UNSEEN]);
        u[STEP_END_LATE] += (double)t->end[TRY_LATE];
        /* by its expectation: attempts are alike and independent */
        u[STEP_ATTEMPT_TIME] += answers * dist_capped_moment(plan->latency.dist, plan->limit_s, 1);
    }
}

static void count_step(const struct desk_sim *s, uint32_t i, double *u)
{
    const struct step_tally *t = &s->counts.step[i];
    const struct step_plan *p = &s->program->items.step[i];
    double visits = (double)t->visits, *ends = u + STEP_VISIT_ENDS;
    u[STEP_VISITS] += visits;
    ends[0] += visits - (double)t->first_ok - (double)t->retried;
    ends[1] += (double)(t->retried - t->retried_ok);
    ends[2] += (double)t->first_ok;
    ends[3] += (double)t->retried_ok;
    u[STEP_CAUGHT] += (double)t->caught;
    u[STEP_BAD] += (double)t->bad;
    u[STEP_BAD_SHIPPED] += (double)t->bad_shipped;
    u[STEP_SHIPS] += (double)t->ship;
    u[STEP_REJECTS] += (double)t->reject;
    u[STEP_FAILS] += (double)t->fail;
    count_plans(s, i, u);
    if (p->step->by)
        return; /* its times are counted with the waits */
    u[STEP_UNCLOCKED] += visits - (double)t->visit_time.n;
    u[STEP_VISIT_TIME] += wide_value(&t->visit_time.sum) / s->program->items.time_scale;
    if (p->budgeted)
        u[STEP_OVER] += visits - (double)t->in_budget;
}

static void forget(struct desk_sim *s)
{
    const struct program *g = &s->program->items;
    struct tally *t = &s->counts;
    for (uint32_t i = 0; i < g->n_steps; i++)
        t->step[i] = (struct step_tally){.visit_times = t->step[i].visit_times,
                                         .attempt_times = t->step[i].attempt_times};
    memset(t->plan, 0, g->n_plans * sizeof *t->plan);
    memset(t->route, 0, g->rules.n_routes * sizeof *t->route);
    t->endless = 0;
}

void desk_end_unit(struct desk_sim *s)
{
    struct queue_tally *t = s->tally;
    const struct program *g = &s->program->items;
    double *u = tally_unit(t, s->unit);
    if (s->unit < t->n_units) {
        for (uint32_t i = 0; i < g->n_steps; i++)
            count_step(s, i, u + t->at.step + (size_t)i * STEP_SUMS);
        for (uint32_t r = 0; r < g->rules.n_routes; r++)
            u[t->at.edge + s->program->edge_of[r]] += (double)s->counts.route[r];
        t->endless += s->counts.endless;
    }
    forget(s);
}
