/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What became of a block's items.  Sums of times and costs are doubles added in lane order inside
 * the block, then integers.
 *
 * With several classes, each is gathered into a block of its own and counted by the same loops. */
#include "sim/batch.h"

#include <math.h>
#include <string.h>

struct lane_group batch_group(const struct batch *b, uint32_t class, struct gathered *to)
{
    uint32_t n = 0;
    if (b->program->n_classes == 1)
        return (struct lane_group){b->n_items,      b->at,   b->good, b->visits, b->reviews,
                                   b->reviewed_bad, b->held, b->time, b->cost};
    memset(to, 0, sizeof *to);
    for (uint32_t i = 0; i < b->n_items; i++) {
        if (b->class[i] != class)
            continue;
        to->at[n] = b->at[i];
        to->good[n] = b->good[i];
        to->visits[n] = b->visits[i];
        to->reviews[n] = b->reviews[i];
        to->reviewed_bad[n] = b->reviewed_bad[i];
        to->held[n] = b->held[i];
        to->time[n] = b->time[i];
        to->cost[n++] = b->cost[i];
    }
    for (uint32_t i = n; i < LANES; i++)
        to->at[i] = AT_NONE;
    return (struct lane_group){n,          to->at,      to->good,
                               to->visits, to->reviews, to->reviewed_bad,
                               to->held,   to->time,    to->cost};
}

static void count_times(struct batch *b, const struct lane_group *g, const struct lanes_totals *t,
                        struct class_tally *c)
{
    uint32_t n_others = g->n - t->n_shipped;
    if (!b->program->has_time) {
        c->shipped_time.n += t->n_shipped;
        c->unshipped_time.n += n_others;
        return;
    }
    moments_add(&c->shipped_time, t->n_shipped, t->shipped.sum, t->shipped.sum2);
    moments_add(&c->unshipped_time, n_others, t->others.sum, t->others.sum2);
    if (n_others == 0)
        sketch_add_many(&c->shipped, b->value, g->n);
    else if (t->n_shipped == 0)
        sketch_add_many(&c->unshipped, b->value, g->n);
    else
        sketch_add_parted(&c->shipped, &c->unshipped, b->here, b->value, g->n);
}

static double worth_of(double worth)
{
    return isfinite(worth) ? worth : 0;
}

/* Sums over a group of (worth less cost) * scale, and of its square. */
static struct lanes_sums batch_net(const struct batch *b, const struct lane_group *g, double scale)
{
    const struct pipeline *p = b->program->pipeline;
    double worth_correct = worth_of(p->worth_correct), worth_wrong = worth_of(p->worth_wrong);
    double worth_rejected = worth_of(p->worth_rejected), sum = 0, sum2 = 0;
    for (uint32_t i = 0; i < g->n; i++) {
        double net = g->at[i] == TO_REJECT ? worth_rejected
                     : g->at[i] != TO_SHIP ? 0
                     : g->good[i]          ? worth_correct
                                           : worth_wrong;
        net = (net - g->cost[i]) * scale;
        sum += net;
        sum2 += net * net;
    }
    return (struct lanes_sums){sum, sum2};
}

static void count_costs(struct batch *b, const struct lane_group *g, struct class_tally *c)
{
    double scale = b->program->cost_scale;
    if (b->program->has_cost) {
        struct lanes_sums s = lanes_sum(g->cost, scale);
        moments_add(&c->cost, g->n, s.sum, s.sum2);
        moments_add(&c->correct_cost, g->n, lanes_sum_correct(g->at, g->good, g->cost, scale), 0);
        lanes_floats(g->cost, b->value);
        sketch_add_many(&c->costs, b->value, g->n);
    }
    if (b->program->has_worth) {
        struct lanes_sums s = batch_net(b, g, scale);
        moments_add(&c->net, g->n, s.sum, s.sum2);
    }
    if (isfinite(b->program->pipeline->budget))
        c->in_budget += lanes_within(g->at, g->good, g->cost, b->program->pipeline->budget, false);
}

/* Qualities and reviews, where there are any. */
static void count_quality(const struct batch *b, const struct lane_group *g, uint32_t n_shipped,
                          struct class_tally *c)
{
    struct lanes_ends e = {.correct = n_shipped, .auto_shipped = n_shipped};
    double sum[4];
    if (b->program->can_be_bad || b->program->has_review)
        lanes_ends(g->at, g->good, g->reviews, g->reviewed_bad, &e);
    c->correct += e.correct;
    c->wrong += n_shipped - e.correct;
    c->auto_shipped += e.auto_shipped;
    c->auto_wrong += e.auto_wrong;
    c->reviewed += e.reviewed;
    c->reviewed_bad += e.reviewed_bad;
    if (!b->program->has_review)
        return;
    lanes_sum_counts(g->reviews, sum);
    moments_add(&c->reviews, g->n, sum[0], sum[1]);
}

static void count_class(struct batch *b, const struct lane_group *g, struct class_tally *c)
{
    struct lanes_totals t;
    double sum[4];
    lanes_totals(g->at, g->time, b->program->time_scale, b->here, b->value, &t);
    c->n += g->n;
    c->rejected += t.n_rejected;
    c->failed += g->n - t.n_shipped - t.n_rejected;
    count_quality(b, g, t.n_shipped, c);
    if (b->program->few_visits)
        lanes_sum_small_counts(g->visits, sum);
    else
        lanes_sum_counts(g->visits, sum);
    moments_add(&c->visits, g->n, sum[0], sum[1]);
    moments_add(&c->visits2, g->n, sum[1], sum[3]);
    moments_add(&c->visits3, g->n, sum[2], 0);
    if (isfinite(b->program->pipeline->deadline_s))
        c->in_deadline +=
            lanes_within(g->at, g->good, g->time, b->program->pipeline->deadline_s, true);
    count_times(b, g, &t, c);
    count_costs(b, g, c);
}

static void count_attempts(struct batch *b, const struct step_plan *s)
{
    struct plan_tally *t = &b->tally->plan[s->first_plan];
    const int32_t *row = b->attempt_row[s->attempt_row];
    const uint32_t kinds = 1 + s->step->n_given;
    if (s->n_plans == 1) {
        double sum[4];
        lanes_sum_counts(row, sum);
        t->squares += (uint64_t)sum[1];
        return;
    }
    for (uint32_t i = 0; i < b->n_items; i++) {
        uint64_t n = (uint64_t)row[i];
        t[s->plan_of[b->class[i] * kinds]].squares += n * n;
    }
}

static void count_step(struct batch *b, uint32_t i)
{
    const struct step_plan *s = &b->program->step[i];
    struct step_tally *t = &b->tally->step[i];
    if (s->visit_row >= 0) {
        double sum[4];
        lanes_sum_counts(b->visit_row[s->visit_row], sum);
        t->squares += (uint64_t)sum[1];
    }
    if (s->attempt_row >= 0)
        count_attempts(b, s);
    if (b->program->can_be_bad) {
        uint32_t bad, shipped;
        lanes_escapes(b->bad_row[i], b->at, b->good, &bad, &shipped);
        t->bad += bad;
        t->bad_shipped += shipped;
    }
}

void batch_count(struct batch *b)
{
    struct gathered part;
    for (uint32_t i = 0; i < b->program->n_steps; i++)
        count_step(b, i);
    for (uint32_t c = 0; c < b->program->n_classes; c++) {
        struct lane_group one = batch_group(b, c, &part);
        count_class(b, &one, &b->tally->class[c]);
    }
}
