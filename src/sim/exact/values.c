/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what classes add up to (sim/exact/sums.c) to metrics: shares are sums of their own absorbing
 * states, never 1 - x. */
#include "sim/exact/wait.h"

#include "sim/exact/fork.h"

#include <math.h>

const char *const top_names[TOP_COUNT] = {
#define X(name, word) word,
    TOP_TABLE(X)
#undef X
};
const char *const stage_names[STAGE_COUNT] = {
#define X(name, word) word,
    STAGE_TABLE(X)
#undef X
};

static double ratio(double a, double b)
{
    return b > 0 ? a / b : NAN;
}

/* Standard deviation from moments of n items; differences below rounding are 0. */
static double spread(double n, double m1, double m2)
{
    double mean = m1 / n, square = m2 / n, variance = square - mean * mean;
    if (!(n > 0) || isnan(variance))
        return NAN;
    return variance > 8e-16 * square ? sqrt(variance) : 0;
}

struct shares {
    double correct, wrong, rejected, failed, shipped, auto_shipped, auto_wrong;
};

static struct shares shares_of(const double *mass)
{
    const double *ship = mass, *reject = mass + 4, *fail = mass + 8;
    return (struct shares){
        .correct = ship[2] + ship[3],
        .wrong = ship[0] + ship[1],
        .rejected = reject[0] + reject[1] + reject[2] + reject[3],
        .failed = fail[0] + fail[1] + fail[2] + fail[3],
        .shipped = ship[0] + ship[1] + ship[2] + ship[3],
        .auto_shipped = ship[0] + ship[2],
        .auto_wrong = ship[0],
    };
}

static void latency_values(const struct model *m, const struct top_sums *sums, double *v)
{
    double t1[2] = {0}, t2[2] = {0}, n[2] = {0}; /* shipped, all */
    for (int k = 0; k < ABSORB_COUNT; k++)
        for (int all = k >= 4; all < 2; all++) {
            n[all] += sums->mass[k];
            t1[all] += sums->t1[k];
            t2[all] += sums->t2[k];
        }
    n[1] += sums->left;
    t1[1] += sums->left_t1;
    t2[1] += sums->left_t2;
    if (!m->infinite[0]) {
        v[TOP_LATENCY_MEAN] = n[0] > 0 ? m->about.time_s + t1[0] / n[0] : NAN;
        v[TOP_ALL_MEAN] = m->about.time_s + t1[1] / n[1];
    }
    if (!m->infinite[1] && (!m->waits || m->waits->whole)) {
        v[TOP_LATENCY_SD] = spread(n[0], t1[0], t2[0]);
        v[TOP_ALL_SD] = spread(n[1], t1[1], t2[1]);
    }
    if (!m->no_time)
        return;
    for (int k = TOP_LATENCY_MEAN; k <= TOP_ALL_P999; k++)
        v[k] = k < TOP_ALL_MEAN && !(n[0] > 0) ? NAN : 0;
    if (isfinite(m->pipeline->deadline_s))
        v[TOP_SLO] = v[TOP_RELIABILITY];
}

static void cost_values(const struct model *m, const struct top_sums *sums,
                        const struct shares *share, double *v)
{
    const struct pipeline *p = m->pipeline;
    v[TOP_COST] = m->about.cost + sums->c1;
    v[TOP_COST_SD] = spread(1, sums->c1, sums->c2);
    v[TOP_COST_PER_CORRECT] = ratio(v[TOP_COST], share->correct);
    if (m->no_cost) {
        v[TOP_COST] = v[TOP_COST_SD] = v[TOP_COST_P95] = v[TOP_COST_P99] = 0;
        if (share->correct > 0)
            v[TOP_COST_PER_CORRECT] = 0;
        if (isfinite(p->budget))
            v[TOP_BUDGET] = 1;
    }
    double worth[3] = {p->worth_correct, p->worth_wrong, p->worth_rejected}, sum = 0;
    double of[3] = {share->correct, share->wrong, share->rejected};
    bool stated = false;
    for (int k = 0; k < 3; k++)
        if (!isnan(worth[k])) {
            sum += worth[k] * of[k];
            stated = true;
        }
    if (stated)
        v[TOP_NET] = sum - v[TOP_COST];
}

static bool has_model_stage(const struct pipeline *p)
{
    for (uint32_t i = 0; i < p->n_steps; i++)
        if (p->step[i].kind == STEP_STAGE && p->step[i].layer == LAYER_MODEL)
            return true;
    return false;
}

static void top_values(const struct model *m, const struct top_sums *sums, double *v)
{
    struct shares share = shares_of(sums->mass);
    for (int k = 0; k < TOP_COUNT; k++)
        v[k] = NAN;
    v[TOP_RELIABILITY] = share.correct;
    v[TOP_WRONG] = share.wrong;
    v[TOP_REJECTED] = share.rejected;
    v[TOP_FAILED] = share.failed;
    if (m->pipeline->leave_after_s)
        v[TOP_ABANDONED] = sums->left;
    v[TOP_COMPLETION] = share.shipped;
    v[TOP_SHIPPED_ERROR] = ratio(share.wrong, share.shipped);
    v[TOP_AUTO_ERROR] = ratio(share.auto_wrong, share.auto_shipped);
    v[TOP_REVIEW_LOAD] = sums->reviewed;
    v[TOP_REVIEWS] = sums->reviews;
    v[TOP_REVIEW_PRECISION] = ratio(sums->reviewed_bad, sums->reviewed);
    latency_values(m, sums, v);
    v[TOP_VISITS_MEAN] = m->about.visits + sums->v1;
    v[TOP_VISITS_SD] = spread(1, sums->v1, sums->v2);
    cost_values(m, sums, &share, v);
    if (!isnan(m->pipeline->capability))
        v[TOP_CAPABILITY] = m->pipeline->capability;
    else if (has_model_stage(m->pipeline))
        v[TOP_CAPABILITY] = sums->capability;
    v[TOP_GAP] = v[TOP_CAPABILITY] - v[TOP_RELIABILITY];
}

static const double attempt_p[4] = {0.5, 0.9, 0.95, 0.99};

static double attempt_quantile(const struct numbers *n, double p)
{
    return fmin(dist_quantile(&n->latency, p), n->timeout_s);
}

void model_attempts(struct model *m)
{
    for (uint32_t i = 0; i < m->pipeline->n_steps; i++) {
        const struct numbers *n = &m->chain[0].numbers[i];
        bool same = model_plain(m, i);
        for (uint32_t k = 1; k < m->pipeline->n_classes; k++) {
            const struct numbers *other = &m->chain[k].numbers[i];
            same =
                same && dist_same(&other->latency, &n->latency) && other->timeout_s == n->timeout_s;
        }
        for (int k = 0; k < 4; k++)
            m->attempt[i][k] = same ? attempt_quantile(n, attempt_p[k]) : NAN;
    }
}

/* The units of a step: its own, then those of chain->extra. */
static uint32_t unit_after(const struct chain *c, uint32_t step, uint32_t unit)
{
    return unit == step ? c->extra[step] : unit + 1;
}

static double attempts_within(const struct model *m, uint32_t i, double x)
{
    double sum = 0;
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++) {
        const struct chain *c = &m->chain[k];
        for (uint32_t u = i; u < c->extra[i + 1] || u == i; u = unit_after(c, i, u)) {
            const struct numbers *n = &c->numbers[u];
            double tries = m->tries[u * m->pipeline->n_classes + k];
            if (tries > 0)
                sum += tries * (x >= n->timeout_s ? 1 : dist_cdf(&n->latency, x));
        }
    }
    return sum;
}

/* Smallest x with F(x) >= p for the mixture of the units' attempts, by bisection between their own
 * quantiles down to neighbouring numbers. */
static double mixed_quantile(const struct model *m, uint32_t i, double p)
{
    double low = INFINITY, high = 0, want = p * m->stage[i].attempts;
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++) {
        const struct chain *c = &m->chain[k];
        for (uint32_t u = i; u < c->extra[i + 1] || u == i; u = unit_after(c, i, u)) {
            if (!(m->tries[u * m->pipeline->n_classes + k] > 0))
                continue;
            double q = attempt_quantile(&c->numbers[u], p);
            low = fmin(low, q);
            high = fmax(high, q);
        }
    }
    if (attempts_within(m, i, low) >= want)
        return low;
    for (double mid = low / 2 + high / 2; mid > low && mid < high; mid = low / 2 + high / 2)
        *(attempts_within(m, i, mid) >= want ? &high : &low) = mid;
    return high;
}

static void attempt_values(const struct model *m, uint32_t i, double *v)
{
    bool leaves = model_leaves(m);
    if (m->pipeline->step[i].hedge_copies && !m->no_time)
        return;
    for (int k = 0; k < 4 && m->no_time && m->pipeline->step[i].parallel; k++)
        v[STAGE_VISIT_P50 + k] = 0;
    if (m->pipeline->step[i].parallel)
        return;
    for (int k = 0; k < 4; k++) {
        v[STAGE_ATTEMPT_P50 + k] = m->attempt[i][k];
        if (isnan(m->attempt[i][k]) && m->point && m->stage[i].attempts > 0 && !leaves)
            v[STAGE_ATTEMPT_P50 + k] = mixed_quantile(m, i, attempt_p[k]);
        if (m->no_time ||
            (model_plain(m, i) && model_once(m, i) && !model_waits_at(m, i) && !leaves))
            v[STAGE_VISIT_P50 + k] = v[STAGE_ATTEMPT_P50 + k];
    }
}

bool model_has_budget(const struct model *m, uint32_t i)
{
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++)
        if (isfinite(m->pipeline->step[i].numbers[k].budget_s))
            return true;
    return false;
}

static double threshold_of(const struct model *m, uint32_t i)
{
    const struct step *s = &m->pipeline->step[i];
    for (uint32_t k = 1; k < m->pipeline->n_classes; k++)
        if (s->numbers[k].threshold.value != s->numbers[0].threshold.value)
            return NAN;
    return s->kind == STEP_GATE ? s->numbers[0].threshold.value : NAN;
}

enum model_cut model_cut(const struct model *m, uint32_t i)
{
    enum model_cut cut = CUT_NOTHING;
    uint32_t parent = m->pipeline->step[i].parent;
    if (parent && model_leaves(m))
        return CUT_ALL;
    for (uint32_t k = 0; k < m->pipeline->n_classes && parent; k++) {
        const struct forks *forks = m->chain[k].forks;
        for (uint32_t f = 0; f < forks->n; f++)
            if (forks->at[f].step == parent - 1 && forks->at[f].cancels) {
                enum model_cut now = forks->at[f].once ? CUT_ANSWERS : CUT_ALL;
                cut = now > cut ? now : cut;
            }
    }
    return cut;
}

/* Answers of calls that are cancelled when one is ok are not known where some may fail. */
static bool hedge_fails(const struct model *m, uint32_t i)
{
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++)
        if (m->chain[k].hedge[i].p[END_FAILED] > 0)
            return true;
    return false;
}

bool model_begins(const struct model *m, uint32_t i)
{
    uint32_t parent = m->pipeline->step[i].parent;
    const struct parallel *par = parent ? m->pipeline->step[parent - 1].parallel : NULL;
    bool begins = false;
    for (uint32_t b = 0; par && b < par->n_branches; b++)
        begins = begins || par->first[b] == i;
    return begins;
}

/* A branch begins with the item as it came to the parallel, so that its first step escapes what
 * the parallel does; what comes bad to a later step, together with what the join makes of it, is
 * not held. */
static double escapes_inside(const struct model *m, uint32_t i)
{
    const struct stage_sums *s = &m->stage[m->pipeline->step[i].parent - 1];
    bool known = model_begins(m, i) && m->what_if && !model_cut(m, i);
    return known ? ratio(s->escaped, s->first_bad) : NAN;
}

/* What a parallel does not have, and what is not known of the steps inside. */
static void leave_out(const struct model *m, uint32_t i, double *v)
{
    static const enum stage_value attempts[] = {STAGE_ATTEMPTS, STAGE_COST},
                                  answers[] = {STAGE_OK_RATE,        STAGE_WRONG_RATE,
                                               STAGE_ERROR_RATE,     STAGE_MALFORMED_RATE,
                                               STAGE_TIMEOUT_RATE,   STAGE_SUCCESS_RATE,
                                               STAGE_FIRST_TRY_RATE, STAGE_RETRY_SUCCESS_RATE,
                                               STAGE_ATTEMPT_MEAN,   STAGE_VISIT_MEAN,
                                               STAGE_VISIT_P50,      STAGE_VISIT_P90,
                                               STAGE_VISIT_P95,      STAGE_VISIT_P99,
                                               STAGE_WITHIN_BUDGET,  STAGE_CAUGHT_RATE};
    enum model_cut cut = model_cut(m, i);
    for (int o = 0; o < OUTCOME_COUNT && hedge_fails(m, i); o++)
        v[STAGE_OK_RATE + o] = NAN;
    if (m->pipeline->step[i].parent)
        v[STAGE_ESCAPE_RATE] = escapes_inside(m, i);
    for (size_t k = 0; k < 2 && (m->pipeline->step[i].parallel || cut == CUT_ALL); k++)
        v[attempts[k]] = NAN;
    for (size_t k = 0; k < sizeof answers / sizeof *answers && cut; k++)
        v[answers[k]] = NAN;
    if (cut == CUT_ALL)
        v[STAGE_VISITS] = NAN;
    if (!model_leaves(m))
        return;
    v[STAGE_VISIT_MEAN] = v[STAGE_WITHIN_BUDGET] = NAN;
    if (isnan(m->attempt[i][0]))
        v[STAGE_ATTEMPT_MEAN] = NAN;
}

static void stage_values(const struct model *m, uint32_t i, double reliability, double *v)
{
    const struct stage_sums *s = &m->stage[i];
    const struct step *step = &m->pipeline->step[i];
    for (int k = 0; k < STAGE_COUNT; k++)
        v[k] = NAN;
    v[STAGE_VISITS] = s->visits;
    v[STAGE_ATTEMPTS] = s->attempts;
    for (int o = 0; o < OUTCOME_COUNT; o++)
        v[STAGE_OK_RATE + o] = ratio(s->rate[o], s->answers);
    v[STAGE_SUCCESS_RATE] = ratio(s->visibly_ok, s->closed);
    v[STAGE_FIRST_TRY_RATE] = ratio(s->first_ok, s->closed);
    v[STAGE_RETRY_SUCCESS_RATE] = ratio(s->retried_ok, s->retried);
    if (!m->infinite[0]) {
        if (!step->hedge_copies || m->no_time)
            v[STAGE_ATTEMPT_MEAN] = ratio(s->attempt_s, s->attempts);
        v[STAGE_VISIT_MEAN] = ratio(s->visit_s, s->visits);
    }
    attempt_values(m, i, v);
    if (model_has_budget(m, i))
        v[STAGE_WITHIN_BUDGET] = ratio(s->within_budget, s->visits);
    v[STAGE_EXIT_SHIP] = s->exit[ABSORB_SHIP];
    v[STAGE_EXIT_REJECT] = s->exit[ABSORB_REJECT];
    v[STAGE_EXIT_FAIL] = s->exit[ABSORB_FAIL];
    if (m->pipeline->leave_after_s)
        v[STAGE_EXIT_ABANDON] = s->left < 1e-10 ? 0 : s->left;
    if (step->kind == STEP_CHECK || step->kind == STEP_REVIEW)
        v[STAGE_CAUGHT_RATE] = ratio(s->caught, s->visits);
    v[STAGE_COST] = s->cost;
    v[STAGE_THRESHOLD] = threshold_of(m, i);
    if (m->what_if) {
        v[STAGE_ESCAPE_RATE] = ratio(s->escaped, s->first_bad);
        v[STAGE_BIRNBAUM] = s->perfect - s->failing;
        v[STAGE_IMPROVEMENT] = s->perfect - reliability;
    }
    leave_out(m, i, v);
}

int model_values(struct model *m, const double *theta, double *values, struct error *err)
{
    const struct pipeline *p = m->pipeline;
    uint32_t columns = p->n_steps + ABSORB_KIND_COUNT;
    if (model_sums(m, theta, err))
        return -1;
    for (uint32_t s = 0; s < model_scopes(m); s++)
        top_values(m, &m->top[s], values + (size_t)s * TOP_COUNT);
    for (uint32_t i = 0; i < p->n_steps; i++)
        stage_values(m, i, values[TOP_RELIABILITY], values + model_stage_at(m, i));
    for (uint32_t e = 0; e < m->n_edges; e++) {
        double *v = values + model_edge_at(m, e);
        uint32_t from = m->edge[e].from;
        v[EDGE_PER_ITEM] = m->flow[from * columns + m->edge[e].column];
        v[EDGE_SHARE] = ratio(v[EDGE_PER_ITEM], m->stage[from].visits);
    }
    return 0;
}
