/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics of items as quotients of what items add up to, and their derivatives (d(a/b) = (da - a/b
 * db) / b). */
#include "sim/sensitivity_trial.h"

#include "sim/exact/fork.h"

#include <math.h>
#include <string.h>

const char *const sensitivity_metrics[SENSITIVITY_SOLVED] = {
    "reliability",   "shipped_error",    "auto_error",   "review_load",
    "cost_per_item", "cost_per_correct", "latency_mean", "net_per_item",
    "share_wrong",   "share_rejected",   "share_failed", "visits_mean"};
enum {
    RELIABILITY,
    SHIPPED_ERROR,
    AUTO_ERROR,
    REVIEW_LOAD,
    COST,
    COST_PER_CORRECT,
    LATENCY,
    NET,
    WRONG,
    REJECTED,
    FAILED,
    VISITS
};
/* Shipped items by quality and review. */
enum {
    BAD = TOTAL_SHIP,
    BAD_REVIEWED = TOTAL_SHIP + 1,
    GOOD = TOTAL_SHIP + 2,
    GOOD_REVIEWED = TOTAL_SHIP + 3
};

/* Is it not known how often some step is called? */
static bool calls_unknown(const struct model *m)
{
    for (uint32_t i = 0; i < m->pipeline->n_steps; i++)
        if (model_cut(m, i) == CUT_ALL)
            return true;
    return false;
}

static void put_worth(struct quotients *q, const struct pipeline *p)
{
    const double worth[3] = {p->worth_correct, p->worth_wrong, p->worth_rejected};
    double *net = q->above[NET];
    q->known[NET] = q->known[NET] && !(isnan(worth[0]) && isnan(worth[1]) && isnan(worth[2]));
    net[GOOD] = net[GOOD_REVIEWED] = isnan(worth[0]) ? 0 : worth[0];
    net[BAD] = net[BAD_REVIEWED] = isnan(worth[1]) ? 0 : worth[1];
    net[TOTAL_REJECTED] = isnan(worth[2]) ? 0 : worth[2];
    net[TOTAL_COST] = -1;
}

void quotients_set(struct quotients *q, const struct pipeline *p, const struct model *m)
{
    bool unknown = calls_unknown(m);
    *q = (struct quotients){
        .above = {[RELIABILITY] = {[GOOD] = 1, [GOOD_REVIEWED] = 1},
                  [SHIPPED_ERROR] = {[BAD] = 1, [BAD_REVIEWED] = 1},
                  [AUTO_ERROR] = {[BAD] = 1},
                  [REVIEW_LOAD] = {[TOTAL_REVIEWED] = 1},
                  [COST] = {[TOTAL_COST] = 1},
                  [COST_PER_CORRECT] = {[TOTAL_COST] = 1},
                  [LATENCY] = {[TOTAL_TIME] = 1},
                  [WRONG] = {[BAD] = 1, [BAD_REVIEWED] = 1},
                  [REJECTED] = {[TOTAL_REJECTED] = 1},
                  [FAILED] = {[TOTAL_FAILED] = 1},
                  [VISITS] = {[TOTAL_VISITS] = 1}},
        .below = {
                  [SHIPPED_ERROR] = {[BAD] = 1, [BAD_REVIEWED] = 1, [GOOD] = 1, [GOOD_REVIEWED] = 1},
                  [AUTO_ERROR] = {[BAD] = 1, [GOOD] = 1},
                  [COST_PER_CORRECT] = {[GOOD] = 1, [GOOD_REVIEWED] = 1},
                  [LATENCY] = {[BAD] = 1, [BAD_REVIEWED] = 1, [GOOD] = 1, [GOOD_REVIEWED] = 1}   }
    };
    for (int i = 0; i < SENSITIVITY_SOLVED; i++) {
        q->whole[i] =
            i != SHIPPED_ERROR && i != AUTO_ERROR && i != COST_PER_CORRECT && i != LATENCY;
        q->known[i] = true;
    }
    q->known[COST] = q->known[COST_PER_CORRECT] = q->known[NET] = q->known[VISITS] = !unknown;
    q->known[LATENCY] = !m->infinite[0];
    put_worth(q, p);
}

static double sum_of(const double *weight, const double *total)
{
    double sum = 0;
    for (int x = 0; x < TOTAL_COUNT; x++)
        sum += weight[x] != 0 ? weight[x] * total[x] : 0;
    return sum;
}

void quotients_values(const struct quotients *q, const double *total, double *y)
{
    for (int i = 0; i < SENSITIVITY_SOLVED; i++) {
        double below = q->whole[i] ? 1 : sum_of(q->below[i], total);
        y[i] = q->known[i] && below > 0 ? sum_of(q->above[i], total) / below : NAN;
    }
}

void quotients_slopes(const struct quotients *q, const double *total,
                      double slope[SENSITIVITY_SOLVED][TOTAL_COUNT])
{
    double y[SENSITIVITY_SOLVED];
    quotients_values(q, total, y);
    for (int i = 0; i < SENSITIVITY_SOLVED; i++) {
        double below = q->whole[i] ? 1 : sum_of(q->below[i], total);
        for (int x = 0; x < TOTAL_COUNT; x++)
            slope[i][x] = isnan(y[i]) ? NAN : (q->above[i][x] - y[i] * q->below[i][x]) / below;
    }
}

void totals_mix(const struct pipeline *p, double (*of_class)[TOTAL_COUNT], double *total)
{
    memset(total, 0, TOTAL_COUNT * sizeof *total);
    for (uint32_t k = 0; k < p->n_classes; k++)
        for (int x = 0; x < TOTAL_COUNT; x++)
            total[x] += p->class[k].share * of_class[k][x];
}

int model_totals(struct model *m, struct adjoint *adjoint, double (*of_class)[TOTAL_COUNT],
                 struct error *err)
{
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++)
        forks_time(&m->chain[k]);
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++) {
        struct flow absorb[ABSORB_COUNT];
        if (model_flow(m, k, absorb, err))
            return -1;
        adjoint_totals(&m->chain[k], m->state, absorb, of_class[k]);
        if (adjoint && !adjoint_solve(&adjoint[k], m->state))
            return error_set(err, ERR_NUMERIC, "flow: items go round a loop without end");
    }
    return 0;
}
