/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of metric names.  To add one: a row here; whoever computes it calls metrics_add with
 * this name, and every output shows it.  A name that stands for two scopes is listed with the
 * wider one first. */
#include "model/result.h"

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
    {"review_load", "1", "items sent to review at least once / all items", METRIC_TOP, true},
    {"reviews_per_item", "1", "visits of reviews per item", METRIC_TOP, false},
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
    {"budget_attainment", "1", "items within the budget / all items", METRIC_TOP, true},
    {"net_per_item", "$", "worth of correct and wrong items less cost, per item",
     METRIC_TOP, false},
    {"net_per_month", "$", "worth of correct and wrong items less cost, a month",
     METRIC_TOP, false},
    {"capability", "1", "what the model does alone when all it is handed is right",
     METRIC_TOP, true},
    {"gap", "1", "capability - reliability", METRIC_TOP, true},
    {"label_coverage", "1", "items whose truth is known / all items", METRIC_TOP, true},
    {"items", "count", "items seen", METRIC_TOP, false},
    /* of the confidences: at the top for label files, else of the step that gave them */
    {"ece", "1", "expected calibration error over equal-width bins", METRIC_TOP, false},
    {"brier", "1", "mean squared distance of confidence from truth", METRIC_TOP, false},
    {"auroc", "1", "chance that a right answer has more confidence than a wrong one",
     METRIC_TOP, false},
    {"aurc", "1", "area under the risk-coverage curve", METRIC_TOP, false},
    {"augrc", "1", "area under the generalised risk-coverage curve", METRIC_TOP, false},
    {"accuracy", "1", "right / labelled", METRIC_TOP, true},
    {"log_loss", "1", "mean negative logarithm of the probability given to the truth",
     METRIC_TOP, false},
    /* of a step */
    {"visits_per_item", "1", "visits of this step per item", METRIC_STAGE, false},
    {"attempts_per_item", "1", "attempts of this step per item", METRIC_STAGE, false},
    {"ok_rate", "1", "attempts that end ok", METRIC_STAGE, true},
    {"wrong_rate", "1", "attempts that fail silently", METRIC_STAGE, true},
    {"error_rate", "1", "attempts that end in a visible error", METRIC_STAGE, true},
    {"malformed_rate", "1", "attempts with a malformed payload, seen or not", METRIC_STAGE, true},
    {"timeout_rate", "1", "attempts that reach the time limit", METRIC_STAGE, true},
    {"success_rate", "1", "visits that end visibly ok", METRIC_STAGE, true},
    {"first_try_rate", "1", "visits whose first attempt is visibly ok", METRIC_STAGE, true},
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
    {"backlog_growth", "1", "growth of the backlog, items a day", METRIC_RESOURCE, false},
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
