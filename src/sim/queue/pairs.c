/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ratios that are reported, and the sums behind them that are made of others when a unit is
 * closed: how items, visits and calls ended is counted once, by kind. */
#include "sim/queue/tally.h"

#include <math.h>

/* clang-format off */
const struct pair_def class_pairs[] = {
    {"reliability",       CLASS_CORRECT,       CLASS_N,        PAIR_SHARE, PAIR_PLAIN, false},
    {"share_wrong",       CLASS_WRONG,         CLASS_N,        PAIR_SHARE, PAIR_PLAIN, false},
    {"share_rejected",    CLASS_REJECTED,      CLASS_N,        PAIR_SHARE, PAIR_PLAIN, false},
    {"share_failed",      CLASS_FAILED,        CLASS_N,        PAIR_SHARE, PAIR_PLAIN, false},
    {"share_abandoned",   CLASS_ABANDONED,     CLASS_N,        PAIR_SHARE, PAIR_PLAIN, false},
    {"share_unfinished",  CLASS_UNFINISHED,    CLASS_N,        PAIR_SHARE, PAIR_PLAIN, false},
    {"completion",        CLASS_SHIPPED,       CLASS_N,        PAIR_SHARE, PAIR_PLAIN, false},
    {"shipped_error",     CLASS_WRONG,         CLASS_SHIPPED,  PAIR_SHARE, PAIR_PLAIN, false},
    {"auto_error",        CLASS_AUTO_WRONG,    CLASS_AUTO,     PAIR_SHARE, PAIR_PLAIN, false},
    {"review_load",       CLASS_REVIEWED,      CLASS_N,        PAIR_SHARE, PAIR_PLAIN, false},
    {"reviews_per_item",  CLASS_REVIEWS,       CLASS_N,        PAIR_MEAN,  PAIR_PLAIN, false},
    {"review_precision",  CLASS_REVIEWED_BAD,  CLASS_REVIEWED, PAIR_SHARE, PAIR_PLAIN, false},
    {"latency_mean",      CLASS_SHIPPED_TIME,  CLASS_SHIPPED,  PAIR_MEAN,  PAIR_TIME,  false},
    {"latency_all_mean",  CLASS_TIME,          CLASS_ENDED,    PAIR_MEAN,  PAIR_TIME,  false},
    {"slo_attainment",    CLASS_IN_DEADLINE,   CLASS_N,        PAIR_SHARE, PAIR_PLAIN, false},
    {"wait_mean",         CLASS_WAIT,          CLASS_N,        PAIR_MEAN,  PAIR_TIME,  false},
    {"visits_mean",       CLASS_VISITS,        CLASS_N,        PAIR_MEAN,  PAIR_PLAIN, false},
    {"cost_per_item",     CLASS_COST,          CLASS_N,        PAIR_MEAN,  PAIR_COST,  false},
    {"cost_per_correct",  CLASS_COST,          CLASS_CORRECT,  PAIR_MEAN,  PAIR_COST,  false},
    {"budget_attainment", CLASS_IN_BUDGET,     CLASS_N,        PAIR_SHARE, PAIR_PLAIN, false},
    {"net_per_item",      CLASS_NET,           CLASS_N,        PAIR_MEAN,  PAIR_COST,  false},
    {"",                  CLASS_SHIPPED_TIME2, CLASS_SHIPPED,  PAIR_TOTAL, PAIR_TIME2, false},
    {"",                  CLASS_TIME2,         CLASS_ENDED,    PAIR_TOTAL, PAIR_TIME2, false},
    {"",                  CLASS_COST2,         CLASS_N,        PAIR_TOTAL, PAIR_COST2, false},
    {"",                  CLASS_VISITS2,       CLASS_N,        PAIR_TOTAL, PAIR_PLAIN, false},
};
const struct pair_def step_pairs[] = {
    {"visits_per_item",      STEP_VISITS,        CLASS_N,       PAIR_MEAN,  PAIR_PLAIN, true },
    {"attempts_per_item",    STEP_ATTEMPTS,      CLASS_N,       PAIR_MEAN,  PAIR_PLAIN, true },
    {"ok_rate",              STEP_END_OK,        STEP_ANSWERS,  PAIR_SHARE, PAIR_PLAIN, false},
    {"wrong_rate",           STEP_END_WRONG,     STEP_ANSWERS,  PAIR_SHARE, PAIR_PLAIN, false},
    {"error_rate",           STEP_END_ERROR,     STEP_ANSWERS,  PAIR_SHARE, PAIR_PLAIN, false},
    {"malformed_rate",       STEP_END_MALFORMED, STEP_ANSWERS,  PAIR_SHARE, PAIR_PLAIN, false},
    {"timeout_rate",         STEP_END_LATE,      STEP_ANSWERS,  PAIR_SHARE, PAIR_PLAIN, false},
    {"success_rate",         STEP_OK,            STEP_TIMED,    PAIR_SHARE, PAIR_PLAIN, false},
    {"first_try_rate",       STEP_FIRST_OK,      STEP_TIMED,    PAIR_SHARE, PAIR_PLAIN, false},
    {"retry_success_rate",   STEP_RETRIED_OK,    STEP_RETRIED,  PAIR_SHARE, PAIR_PLAIN, false},
    {"attempt_latency_mean", STEP_ATTEMPT_TIME,  STEP_ANSWERS,  PAIR_MEAN,  PAIR_TIME,  false},
    {"visit_latency_mean",   STEP_VISIT_TIME,    STEP_CLOCKED,  PAIR_MEAN,  PAIR_TIME,  false},
    {"within_budget",        STEP_IN_BUDGET,     STEP_TIMED,    PAIR_SHARE, PAIR_PLAIN, false},
    {"exit_ship",            STEP_SHIPS,         CLASS_N,       PAIR_SHARE, PAIR_PLAIN, true },
    {"exit_reject",          STEP_REJECTS,       CLASS_N,       PAIR_SHARE, PAIR_PLAIN, true },
    {"exit_fail",            STEP_FAILS,         CLASS_N,       PAIR_SHARE, PAIR_PLAIN, true },
    {"exit_abandon",         STEP_ABANDONS,      CLASS_N,       PAIR_SHARE, PAIR_PLAIN, true },
    {"caught_rate",          STEP_CAUGHT,        STEP_VISITS,   PAIR_SHARE, PAIR_PLAIN, false},
    {"escape_rate",          STEP_BAD_SHIPPED,   STEP_BAD,      PAIR_SHARE, PAIR_PLAIN, false},
    {"cost_per_item",        STEP_COST,          CLASS_N,       PAIR_MEAN,  PAIR_COST,  true },
};
const struct pair_def desk_pairs[] = {
    {"utilisation",            DESK_BUSY,        DESK_OPEN,   PAIR_SHARE, PAIR_PLAIN, false},
    {"queue_wait_mean",        DESK_WAIT,        DESK_JOINED, PAIR_MEAN,  PAIR_TIME,  false},
    {"queue_wait_served_mean", DESK_WAIT_SERVED, DESK_SERVED, PAIR_MEAN,  PAIR_TIME,  false},
    {"p_wait",                 DESK_WAITED,      DESK_JOINED, PAIR_SHARE, PAIR_PLAIN, false},
    {"service_level",          DESK_IN_TIME,     DESK_JOINED, PAIR_SHARE, PAIR_PLAIN, false},
    {"queue_length_mean",      DESK_WAITING,     DESK_SPAN,   PAIR_MEAN,  PAIR_PLAIN, false},
    {"in_system_mean",         DESK_SYSTEM,      DESK_SPAN,   PAIR_MEAN,  PAIR_PLAIN, false},
    {"block_rate",             DESK_BLOCKED,     DESK_ASKED,  PAIR_SHARE, PAIR_PLAIN, false},
    {"abandon_rate",           DESK_ABANDONED,   DESK_ASKED,  PAIR_SHARE, PAIR_PLAIN, false},
    {"backlog_growth",         DESK_GROWTH,      DESK_SPAN,   PAIR_MEAN,  PAIR_PLAIN, false},
};
const struct pair_def weather_pairs[] = {
    {"availability", WEATHER_CALM,        WEATHER_SPAN, PAIR_SHARE, PAIR_PLAIN, false},
    {"undisturbed",  WEATHER_UNDISTURBED, WEATHER_ONE,  PAIR_SHARE, PAIR_PLAIN, false},
};
const struct pair_def top_pairs[] = {
    {"cost_per_month", TOP_SPENT, TOP_MONTHS, PAIR_MEAN, PAIR_PLAIN, false},
    {"net_per_month",  TOP_NET,   TOP_MONTHS, PAIR_MEAN, PAIR_PLAIN, false},
};
/* clang-format on */
#define COUNT(a) (sizeof(a) / sizeof *(a))
const uint32_t n_class_pairs = COUNT(class_pairs), n_step_pairs = COUNT(step_pairs),
               n_desk_pairs = COUNT(desk_pairs), n_weather_pairs = COUNT(weather_pairs),
               n_top_pairs = COUNT(top_pairs);

/* --- what is made of the sums */

static double worth_of(double worth)
{
    return isfinite(worth) ? worth : 0;
}

static void derive_ends(double *u)
{
    static const enum class_sum ends[ITEM_ENDS] = {CLASS_SHIPPED, CLASS_REJECTED, CLASS_FAILED,
                                                   CLASS_ABANDONED, CLASS_UNFINISHED};
    for (uint32_t k = 0; k < ITEM_ENDS * 8; k++) {
        double n = u[CLASS_ENDS + k];
        bool shipped = k / 8 == ITEM_SHIPPED, good = k & 4, reviewed = k & 2, bad = k & 1;
        u[ends[k / 8]] += n;
        u[CLASS_CORRECT] += shipped && good ? n : 0;
        u[CLASS_WRONG] += shipped && !good ? n : 0;
        u[CLASS_AUTO] += shipped && !reviewed ? n : 0;
        u[CLASS_AUTO_WRONG] += shipped && !good && !reviewed ? n : 0;
        u[CLASS_REVIEWED] += reviewed ? n : 0;
        u[CLASS_REVIEWED_BAD] += bad ? n : 0;
    }
}

static void derive_class(const struct pipeline *p, double *u)
{
    derive_ends(u);
    u[CLASS_ENDED] = u[CLASS_N] - u[CLASS_UNFINISHED];
    u[CLASS_TIME] = u[CLASS_TOOK] + u[CLASS_TOOK + 1];
    u[CLASS_TIME2] = u[CLASS_TOOK2] + u[CLASS_TOOK2 + 1];
    u[CLASS_SHIPPED_TIME] = u[CLASS_TOOK + 1];
    u[CLASS_SHIPPED_TIME2] = u[CLASS_TOOK2 + 1];
    u[CLASS_IN_DEADLINE] = u[CLASS_CORRECT] - u[CLASS_LATE];
    u[CLASS_IN_BUDGET] = u[CLASS_N] - u[CLASS_OVER];
    u[CLASS_NET] = worth_of(p->worth_rejected) * u[CLASS_REJECTED] +
                   worth_of(p->worth_correct) * u[CLASS_CORRECT] +
                   worth_of(p->worth_wrong) * u[CLASS_WRONG] - u[CLASS_COST];
}

static void derive_step(double *u)
{
    const double *ends = u + STEP_VISIT_ENDS;
    u[STEP_TIMED] = ends[0] + ends[1] + ends[2] + ends[3];
    u[STEP_CLOCKED] = u[STEP_TIMED] - u[STEP_UNCLOCKED];
    u[STEP_OK] = ends[2] + ends[3];
    u[STEP_FIRST_OK] = ends[2];
    u[STEP_RETRIED] = ends[1] + ends[3];
    u[STEP_RETRIED_OK] = ends[3];
    u[STEP_IN_BUDGET] = u[STEP_TIMED] - u[STEP_OVER];
    u[STEP_ANSWERS] = u[STEP_END_OK] + u[STEP_END_WRONG] + u[STEP_END_ERROR] +
                      u[STEP_END_MALFORMED] + u[STEP_END_LATE];
}

static void derive_desk(double *u)
{
    for (uint32_t k = 0; k < 16; k++) {
        double n = u[DESK_CALLS + k];
        u[DESK_JOINED] += n;
        u[DESK_ABANDONED] += k & 8 ? n : 0;
        u[DESK_WAITED] += k & 4 ? n : 0;
        u[DESK_SERVED] += k & 2 ? n : 0;
        u[DESK_IN_TIME] += k & 1 ? n : 0;
    }
    u[DESK_WAIT] = u[DESK_WAITS] + u[DESK_WAITS + 1];
    u[DESK_WAIT_SERVED] = u[DESK_WAITS + 1];
}

void tally_derive(const struct queue_tally *t, double *u)
{
    const struct queue_program *g = t->program;
    uint32_t all = tally_all(g);
    for (uint32_t c = 0; c < g->n_classes; c++)
        derive_class(g->pipeline, u + (size_t)c * CLASS_SUMS);
    for (uint32_t c = 0; c < all; c++)
        for (uint32_t k = 0; k < CLASS_SUMS; k++)
            u[all * CLASS_SUMS + k] += u[c * CLASS_SUMS + k];
    for (uint32_t i = 0; i < g->n_steps; i++)
        derive_step(u + t->at.step + (size_t)i * STEP_SUMS);
    for (uint32_t r = 0; r < g->pipeline->n_resources; r++)
        derive_desk(u + t->at.desk + (size_t)r * DESK_SUMS);
}
