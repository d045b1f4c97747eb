/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of metric names.  To add one: a row here; whoever computes it calls metrics_add with
 * this name, and every output shows it.  A name that stands for two scopes is listed with the
 * wider one first. */
#include "model/result.h"

#include "base/units.h"

#include <string.h>

/* clang-format off */
const struct metric_def metric_defs[] = {
    /* of all items */
    {"reliability", "1", "correct / all items", METRIC_TOP, true},
    {"share_wrong", "1", "shipped but wrong / all items", METRIC_TOP, true},
    {"share_rejected", "1", "rejected / all items", METRIC_TOP, true},
    {"share_failed", "1", "failed visibly with nothing to catch it / all items", METRIC_TOP, true},
    {"share_abandoned", "1", "gave up or reached their deadline / all items", METRIC_TOP, true},
    {"share_unfinished", "1", "still inside at the end / all items", METRIC_TOP, true},
    {"completion", "1", "shipped / all items", METRIC_TOP, true},
    {"shipped_error", "1", "wrong / shipped", METRIC_TOP, true},
    {"auto_error", "1", "wrong / shipped without a review", METRIC_TOP, true},
    {"auto_error_bound", "1", "upper bound of auto_error, of all groups together", METRIC_TOP, true},
    {"joint_error", "1", "wrong and shipped without a review / all items", METRIC_TOP, true},
    {"review_load", "1", "items sent to review at least once / all items", METRIC_TOP, true},
    {"reviews_per_item", "1", "visits of reviews per item", METRIC_TOP, false},
    {"review_backlog", "1", "mean number of items in review, waiting included", METRIC_TOP, false},
    {"coverage", "1", "windows whose interval held what came / windows known", METRIC_TOP, true},
    {"review_precision", "1", "bad among the reviewed", METRIC_TOP, true},
    {"latency_mean", "s", "time in the pipeline of shipped items, waiting included",
     METRIC_TOP, false},
    {"latency_sd", "s", "standard deviation of the latency of shipped items", METRIC_TOP, false},
    {"latency_p50", "s", "median latency of shipped items", METRIC_TOP, false},
    {"latency_p90", "s", "90% of shipped items take at most this", METRIC_TOP, false},
    {"latency_p95", "s", "95% of shipped items take at most this", METRIC_TOP, false},
    {"latency_p99", "s", "99% of shipped items take at most this", METRIC_TOP, false},
    {"latency_p999", "s", "99.9% of shipped items take at most this", METRIC_TOP, false},
    {"latency_all_mean", "s", "time in the pipeline of all items", METRIC_TOP, false},
    {"latency_all_sd", "s", "standard deviation of the latency of all items", METRIC_TOP, false},
    {"latency_all_p50", "s", "median latency of all items", METRIC_TOP, false},
    {"latency_all_p90", "s", "90% of all items take at most this", METRIC_TOP, false},
    {"latency_all_p95", "s", "95% of all items take at most this", METRIC_TOP, false},
    {"latency_all_p99", "s", "99% of all items take at most this", METRIC_TOP, false},
    {"latency_all_p999", "s", "99.9% of all items take at most this", METRIC_TOP, false},
    {"slo_attainment", "1", "correct and within the deadline / all items", METRIC_TOP, true},
    {"wait_mean", "s", "time waiting for resources, per item", METRIC_TOP, false},
    {"visits_mean", "1", "visits of steps per item", METRIC_TOP, false},
    {"visits_sd", "1", "standard deviation of the visits per item", METRIC_TOP, false},
    {"cost_per_item", "$", "cost per item, over all items", METRIC_TOP, false},
    {"cost_sd", "$", "standard deviation of the cost of an item", METRIC_TOP, false},
    {"cost_p95", "$", "95% of items cost at most this", METRIC_TOP, false},
    {"cost_p99", "$", "99% of items cost at most this", METRIC_TOP, false},
    {"cost_per_correct", "$", "mean cost of all items / probability of a correct one",
     METRIC_TOP, false},
    {"cost_per_month", "$", "cost of a month, with wages and fixed prices", METRIC_TOP, false},
    {"fixed_per_month", "$", "of cost_per_month: fixed prices", METRIC_TOP, false},
    {"calls_per_month", "$", "of cost_per_month: calls, but for those of people", METRIC_TOP, false},
    {"units_per_month", "$", "of cost_per_month: what is paid by the unit, as seconds of footage",
     METRIC_TOP, false},
    {"wages_per_month", "$", "of cost_per_month: wages, and calls of people",
     METRIC_TOP, false},
    {"full_cost_per_correct", "$", "cost_per_month / correct items of a month", METRIC_TOP, false},
    {"budget_attainment", "1", "items within the budget / all items", METRIC_TOP, true},
    {"net_per_item", "$", "worth of correct and wrong items less cost, per item",
     METRIC_TOP, false},
    {"net_per_month", "$", "worth of correct and wrong items less cost, a month",
     METRIC_TOP, false},
    {"learning_gain", "1", "reliability of the last cycle of feedback less that of the first",
     METRIC_TOP, true},
    {"unaided_gain", "1", "the same of items right before any person looked", METRIC_TOP, true},
    {"capability", "1", "what the model does alone when all it is handed is right",
     METRIC_TOP, true},
    {"gap", "1", "capability - reliability", METRIC_TOP, true},
    {"label_coverage", "1", "items whose truth is known / all items", METRIC_TOP, true},
    {"items", "count", "items seen", METRIC_TOP, false},
    {"tasks", "count", "tasks that items are runs of", METRIC_TOP, false},
    /* of the confidences: at the top for label files, else of the step that gave them */
    {"ece", "1", "expected calibration error over equal-width bins", METRIC_TOP, false},
    {"brier", "1", "mean squared distance of confidence from truth", METRIC_TOP, false},
    {"brier_reliability", "1", "part of brier: squared distance of confidence from accuracy, by bins",
     METRIC_TOP, false},
    {"brier_resolution", "1", "part of brier, less of it: how far confidence parts right from wrong",
     METRIC_TOP, false},
    {"brier_uncertainty", "1", "part of brier: accuracy times its complement", METRIC_TOP, false},
    {"auroc", "1", "chance that a right answer has more confidence than a wrong one",
     METRIC_TOP, false},
    {"ece_recalibrated", "1", "ece behind a recalibration, cross-fitted", METRIC_TOP, false},
    {"brier_recalibrated", "1", "brier behind a recalibration, cross-fitted", METRIC_TOP, false},
    {"auroc_recalibrated", "1", "auroc behind a recalibration, cross-fitted", METRIC_TOP, false},
    {"threshold_recalibrated", "1", "the threshold behind a recalibration", METRIC_TOP, false},
    {"aurc", "1", "area under the risk-coverage curve", METRIC_TOP, false},
    {"augrc", "1", "area under the generalised risk-coverage curve", METRIC_TOP, false},
    {"accuracy", "1", "right / labelled", METRIC_TOP, true},
    {"calibration_gap", "1", "share right less what calibrated confidences promise", METRIC_TOP,
     true},
    {"log_loss", "1", "mean negative logarithm of the probability given to the truth",
     METRIC_TOP, false},
    {"psi", "1", "population stability index of the confidences", METRIC_TOP, false},
    {"ks", "1", "greatest distance of the distributions of confidences", METRIC_TOP, false},
    {"cusum", "1", "greatest cumulated shift of the confidences, in deviations", METRIC_TOP, false},
    /* of a step */
    {"visits", "count", "visits seen", METRIC_STAGE, false},
    {"attempts", "count", "attempts seen", METRIC_STAGE, false},
    {"approved", "count", "visits of a review that ended in approval", METRIC_STAGE, false},
    {"corrected", "count", "visits of a review that ended in a correction", METRIC_STAGE, false},
    {"rejected", "count", "visits of a review that ended in rejection", METRIC_STAGE, false},
    {"visits_per_item", "1", "visits of this step per item", METRIC_STAGE, false},
    {"attempts_per_item", "1", "attempts of this step per item", METRIC_STAGE, false},
    {"ok_rate", "1", "attempts that end ok", METRIC_STAGE, true},
    {"wrong_rate", "1", "attempts that fail silently", METRIC_STAGE, true},
    {"error_rate", "1", "attempts that end in a visible error", METRIC_STAGE, true},
    {"malformed_rate", "1", "attempts with a malformed payload, seen or not", METRIC_STAGE, true},
    {"timeout_rate", "1", "attempts that reach the time limit", METRIC_STAGE, true},
    {"success_rate", "1", "visits that end visibly ok", METRIC_STAGE, true},
    {"first_try_rate", "1", "visits whose first attempt is visibly ok", METRIC_STAGE, true},
    {"hidden_retries", "count", "further tries that no attempt shows", METRIC_STAGE, false},
    {"retry_success_rate", "1", "retried visits that end visibly ok", METRIC_STAGE, true},
    {"attempt_latency_mean", "s", "time of an attempt", METRIC_STAGE, false},
    {"attempt_latency_p50", "s", "median time of an attempt", METRIC_STAGE, false},
    {"attempt_latency_p90", "s", "90% of attempts take at most this", METRIC_STAGE, false},
    {"attempt_latency_p95", "s", "95% of attempts take at most this", METRIC_STAGE, false},
    {"attempt_latency_p99", "s", "99% of attempts take at most this", METRIC_STAGE, false},
    {"visit_latency_mean", "s", "time of a visit, retries and waits included", METRIC_STAGE, false},
    {"visit_latency_p50", "s", "median time of a visit", METRIC_STAGE, false},
    {"visit_latency_p90", "s", "90% of visits take at most this", METRIC_STAGE, false},
    {"visit_latency_p95", "s", "95% of visits take at most this", METRIC_STAGE, false},
    {"visit_latency_p99", "s", "99% of visits take at most this", METRIC_STAGE, false},
    {"within_budget", "1", "visits within the step's time budget", METRIC_STAGE, true},
    {"critical_share", "1", "of the time of all items, what they spend in this step and nowhere else",
     METRIC_STAGE, true},
    {"exit_ship", "1", "items that ship here / all items", METRIC_STAGE, true},
    {"exit_reject", "1", "items rejected here / all items", METRIC_STAGE, true},
    {"exit_fail", "1", "items that fail here / all items", METRIC_STAGE, true},
    {"exit_abandon", "1", "items that give up here / all items", METRIC_STAGE, true},
    {"caught_rate", "1", "rejected / visits", METRIC_STAGE, true},
    {"escape_rate", "1", "of items bad on reaching it, the share that ships bad",
     METRIC_STAGE, true},
    {"threshold", "1", "confidence from which items ship", METRIC_STAGE, false},
    {"loss", "1", "reliability lost here (Shapley value)", METRIC_STAGE, true},
    {"birnbaum", "1", "reliability with the step perfect - with it always failing",
     METRIC_STAGE, true},
    {"improvement", "1", "reliability with the step perfect - reliability", METRIC_STAGE, true},
    {"mrr", "1", "mean of 1 / rank of the first relevant document", METRIC_STAGE, false},
    {"recall_at_k", "1", "relevant documents among the first k", METRIC_STAGE, true},
    /* of a resource */
    {"utilisation", "1", "busy share of the servers' time", METRIC_RESOURCE, true},
    {"queue_wait_mean", "s", "wait of all who joined", METRIC_RESOURCE, false},
    {"queue_wait_p95", "s", "95% of all who joined wait at most this", METRIC_RESOURCE, false},
    {"queue_wait_served_mean", "s", "wait of those who were served", METRIC_RESOURCE, false},
    {"p_wait", "1", "share that has to wait", METRIC_RESOURCE, true},
    {"service_level", "1", "share that waits at most the answer time", METRIC_RESOURCE, true},
    {"queue_length_mean", "1", "mean number waiting", METRIC_RESOURCE, false},
    {"in_system_mean", "1", "mean number waiting or served", METRIC_RESOURCE, false},
    {"block_rate", "1", "share turned away at a full room", METRIC_RESOURCE, true},
    {"abandon_rate", "1", "share that gives up waiting", METRIC_RESOURCE, true},
    {"arrivals", "count", "visits that came", METRIC_RESOURCE, false},
    {"completions", "count", "visits that were done", METRIC_RESOURCE, false},
    {"backlog_growth", "1", "growth of the backlog, items a day", METRIC_RESOURCE, false},
    /* of a reviewer, of two who judged the same drafts, of all */
    {"reviews", "count", "drafts that the person reviewed", METRIC_REVIEWER, false},
    {"rejected_share", "1", "rejections / reviews with a verdict", METRIC_REVIEWER, true},
    {"corrected_share", "1", "corrections / reviews with a verdict", METRIC_REVIEWER, true},
    {"review_time_p50", "s", "median time of a review, without the wait for this person",
     METRIC_REVIEWER, false},
    {"review_time_p90", "s", "90% of the reviews take at most this", METRIC_REVIEWER, false},
    {"judged_both", "count", "drafts that both judged, or two at least", METRIC_REVIEWER, false},
    {"agreement", "1", "pairs of verdicts on the same draft that are alike", METRIC_REVIEWER, true},
    {"kappa", "1", "agreement of two beyond chance (Cohen)", METRIC_REVIEWER, false},
    {"alpha", "1", "agreement of all beyond chance (Krippendorff)", METRIC_REVIEWER, false},
    {"sensitivity", "1", "wrong drafts not let pass / wrong drafts reviewed", METRIC_REVIEWER, true},
    {"specificity", "1", "right drafts let pass / right drafts reviewed", METRIC_REVIEWER, true},
    /* of an environment, a layer, an edge, a span name */
    {"availability", "1", "share of time in states that change nothing", METRIC_ENVIRONMENT, true},
    {"availability_sd", "1", "standard deviation of availability over horizons",
     METRIC_ENVIRONMENT, true},
    {"undisturbed", "1", "share of horizons without disturbance", METRIC_ENVIRONMENT, true},
    {"closes", "1", "reliability less what it is without the layer's steps", METRIC_LAYER, true},
    {"share", "1", "share of the visits of the edge's start", METRIC_EDGE, true},
    {"spans", "count", "spans of this name", METRIC_NAME, false},
    {"errors", "count", "spans with status error", METRIC_NAME, false},
    {"confidence_mean", "1", "mean confidence", METRIC_NAME, false},
    {"confidence_n", "count", "spans with a confidence", METRIC_NAME, false},
    /* of an objective, and of a window of it */
    {"attainment", "1", "good events / all events", METRIC_OBJECTIVE, true},
    {"events", "count", "items or visits that count", METRIC_OBJECTIVE, false},
    {"bad", "count", "events that are not good", METRIC_OBJECTIVE, false},
    {"budget_spent", "1", "bad events / those that the goal allows", METRIC_OBJECTIVE, false},
    {"burn_alerts", "count", "stretches that burn the budget too fast", METRIC_OBJECTIVE, false},
    {"burn_rate", "1", "share of bad events / the share that the goal allows", METRIC_OBJECTIVE,
     false},
    {"from", "time", "begin of the window", METRIC_OBJECTIVE, false},
    {"until", "time", "end of the window", METRIC_OBJECTIVE, false},
    /* of a change: what the row's kind was in the baseline and is in the current log */
    {"before", "1", "value in the baseline", METRIC_CHANGE, false},
    {"now", "1", "value in the current log", METRIC_CHANGE, false},
    {"cut", "1", "the value that tells the two apart best", METRIC_CHANGE, false},
    {"above_before", "1", "share of the baseline above the cut", METRIC_CHANGE, true},
    {"above_now", "1", "share of the current log above the cut", METRIC_CHANGE, true},
    {"evidence", "1", "log10 of the greatest e-value: 3 is a thousand to one", METRIC_CHANGE,
     false},
    {"since", "time", "most likely begin of the change", METRIC_CHANGE, false},
    {"found", "time", "when the evidence sufficed for an alarm", METRIC_CHANGE, false},
    {"since_label", "count", "the label since when the target is most likely missed", METRIC_CHANGE,
     false},
    {"found_label", "count", "the label with which the alarm rang", METRIC_CHANGE, false},
    {"delay", "count", "labels from the begin of the change to the alarm", METRIC_CHANGE, false},
    /* of a plan: labels and audits to come */
    {"assumed_error", "1", "error of what ships unseen, if it is as assumed", METRIC_PLAN, true},
    {"labels_first", "count", "shipped labels at which the power is first reached", METRIC_PLAN,
     false},
    {"labels_shipped", "count", "shipped labels from which on the power stays", METRIC_PLAN, false},
    {"labels_fixed", "count", "labels of all items, at a threshold fixed beforehand", METRIC_PLAN,
     false},
    {"labels_split", "count", "labels of all items, when a quarter chooses the threshold",
     METRIC_PLAN, false},
    {"labels_more", "count", "further labels of all items, at this threshold", METRIC_PLAN, false},
    {"labels", "count", "labels that an audit gives", METRIC_PLAN, false},
    {"audit_share", "1", "share of the shipped items that is audited", METRIC_PLAN, true},
    {"audits_a_day", "1", "reviews a day that the audit costs", METRIC_PLAN, false},
    {"days", "1", "days until the labels are there", METRIC_PLAN, false},
    {"half_width", "1", "half the width of the interval of the error of what ships", METRIC_PLAN,
     true},
    {"bound_above", "1", "how far the certified bound lies above the estimate", METRIC_PLAN, true},
    {"half_width_near", "1", "the same of the fifth of the shipped nearest the threshold",
     METRIC_PLAN, true},
};
/* clang-format on */

const size_t metric_defs_count = sizeof metric_defs / sizeof *metric_defs;

const struct metric_def *metric_def(const char *name)
{
    for (size_t i = 0; i < metric_defs_count; i++)
        if (!strcmp(metric_defs[i].name, name))
            return &metric_defs[i];
    return NULL;
}

int metric_value(const struct metric_def *def, const char *text, double *out, struct error *err)
{
    struct error why = {0};
    int status;

    if (!strcmp(def->unit, "s"))
        status = units_duration(text, out, &why);
    else if (!strcmp(def->unit, "$"))
        status = units_money(text, out, &why);
    else if (!def->share && !strchr(text, '%'))
        status = units_number(text, out, &why);
    else if (*text == '-') { /* a difference of two shares */
        status = units_probability(text + 1, out, &(uint64_t){0}, &(uint64_t){0}, &why);
        *out = -*out;
    } else
        status = units_probability(text, out, &(uint64_t){0}, &(uint64_t){0}, &why);
    if (status)
        return error_set(err, ERR_USAGE, "%s", why.text);
    if (def->share && !strcmp(text, "1"))
        return error_set(err, ERR_USAGE, "\"1\" would be all: write 1%% for one percent, or 100%%");
    return 0;
}
