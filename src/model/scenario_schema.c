/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The language as one table: key, where it stands, type, range, default, help.  Reading, faults,
 * the JSON Schema and the manual are all drawn from it. */
#include "model/scenario_internal.h"

#include <math.h>
#include <string.h>

#define IN_P(field) IN_PIPELINE, offsetof(struct pipeline, field)
#define IN_S(field) IN_STEP, offsetof(struct step, field)
#define IN_N(field) IN_NUMBERS, offsetof(struct numbers, field)
#define IN_T(field) IN_RETRY, offsetof(struct retry, field)
#define IN_C(field) IN_CLASS, offsetof(struct class_def, field)
#define IN_R(field) IN_RESOURCE, offsetof(struct resource, field)
#define IN_L(field) IN_LEARN, offsetof(struct learn, field)
#define NOWHERE     IN_NONE, 0

static const char *const layer_words[] = {
#define X(name, word) word,
    LAYER_TABLE(X)
#undef X
        NULL};
const char *const step_words[] = {
#define X(name, word) word,
    STEP_TABLE(X)
#undef X
        NULL};
const char *const calibration_words[] = {"none", "isotonic", "platt", "beta", "temperature", NULL};
static const char *const jitter_words[] = {"none", "full", "equal", NULL};
static const char *const design_words[] = {"uniform", "near_threshold", NULL};
static const char *const close_words[] = {"finish", "interrupt", NULL};
static const char *const discipline_words[] = {"fifo",     "lifo",     "priority", "preemptive",
                                               "deadline", "shortest", NULL};

/* clang-format off */
const struct schema_key schema_keys[] = {
    /* --- the top of the file */
    {AT_TOP, "seam", VALUE_COUNT, KEY_NEEDED, 0, 1, 1, NULL, "", NOWHERE, read_version,
     "version of the language: 1"},
    {AT_TOP, "name", VALUE_TEXT, 0, 0, 0, 0, NULL, "", IN_P(name), NULL,
     "what the pipeline is called"},
    {AT_TOP, "about", VALUE_TEXT, 0, 0, 0, 0, NULL, "", IN_P(about), NULL,
     "what it does, in a sentence"},
    {AT_TOP, "currency", VALUE_TEXT, KEY_FIRST, 0, 0, 0, NULL, "$", IN_P(currency), NULL,
     "sign of all amounts of money"},
    {AT_TOP, "objective", VALUE_NAMED, 0, AT_OBJECTIVE, 0, 0, NULL, "", NOWHERE, read_objective,
     "targets for metrics, such as {shipped_error: at most 1%}"},
    {AT_TOP, "capability", VALUE_PROBABILITY, 0, 0, 0, 0, NULL, "worked out", IN_P(capability),
     NULL, "how often the model alone is right on ideal input"},
    {AT_TOP, "worth", VALUE_MAP, 0, AT_WORTH, 0, 0, NULL, "", NOWHERE, read_worth,
     "what an item is worth by its end"},
    {AT_TOP, "arrivals", VALUE_MAP, 0, AT_ARRIVALS, 0, 0, NULL, "untimed: items are independent",
     NOWHERE, read_arrivals, "when items arrive"},
    {AT_TOP, "horizon", VALUE_MAP, KEY_LAST, AT_HORIZON, 0, 0, NULL, "", NOWHERE, read_horizon,
     "how long a timed run lasts"},
    {AT_TOP, "deadline", VALUE_DURATION, 0, 0, 0, 0, NULL, "none", IN_P(leave_after_s),
     read_deadline, "age at which an item leaves as abandoned, even inside a step"},
    {AT_TOP, "wrong", VALUE_PROBABILITY, 0, 0, 0, 0, NULL, "0", IN_INPUT, 0, NULL,
     "share of items that enter bad"},
    {AT_TOP, "classes", VALUE_NAMED, KEY_FIRST, AT_CLASS, 0, 0, NULL, "one class", NOWHERE,
     read_classes, "classes of items; any number of a step may be given for each"},
    {AT_TOP, "flow", VALUE_LIST, KEY_NEEDED, AT_STEP, 0, 0, NULL, "", NOWHERE, read_flow,
     "the steps, in order"},
    {AT_TOP, "resources", VALUE_NAMED, KEY_LAST, AT_RESOURCE, 0, 0, NULL, "", NOWHERE,
     read_resources, "people, servers and rate limits"},
    {AT_TOP, "environments", VALUE_NAMED, KEY_LAST, AT_STATE, 0, 0, NULL, "", NOWHERE,
     read_environments, "shared processes such as outages: states in the order they follow"},
    {AT_TOP, "feedback", VALUE_MAP, KEY_LAST, AT_FEEDBACK, 0, 0, NULL, "", NOWHERE, read_feedback,
     "what reviews teach"},
    {AT_TOP, "costs", VALUE_NAMED, 0, 0, 0, 0, NULL, "", NOWHERE, read_costs,
     "fixed costs: {vector_db: $50/month}"},
    {AT_TOP, "include", VALUE_TEXT, 0, 0, 0, 0, NULL, "", NOWHERE, read_include,
     "a step list from a file beside this one, before the steps of flow"},

    {AT_WORTH, "correct", VALUE_MONEY, 0, 0, 0, 0, NULL, "0", IN_P(worth_correct), NULL,
     "worth of an item shipped good"},
    {AT_WORTH, "wrong", VALUE_MONEY, 0, 0, 0, 0, NULL, "0", IN_P(worth_wrong), NULL,
     "worth of an item shipped bad, usually negative"},
    {AT_WORTH, "rejected", VALUE_MONEY, 0, 0, 0, 0, NULL, "0", IN_P(worth_rejected), NULL,
     "worth of a rejected item"},
    {AT_OBJECTIVE, "deadline", VALUE_DURATION, 0, 0, 0, 0, NULL, "", IN_P(deadline_s), NULL,
     "latency that counts for slo_attainment"},
    {AT_OBJECTIVE, "budget", VALUE_MONEY, 0, 0, 0, 0, NULL, "", IN_P(budget), NULL,
     "cost of an item that counts for budget_attainment"},
    {AT_CLASS, "share", VALUE_PROBABILITY, KEY_NEEDED, 0, 0, 0, NULL, "", IN_C(share), NULL,
     "share of the items; the shares add up to 1"},
    {AT_CLASS, "priority", VALUE_COUNT, 0, 0, 1, 1e6, NULL, "last", IN_C(priority), NULL,
     "1 is served first"},

    /* --- arrivals and the horizon */
    {AT_ARRIVALS, "poisson", VALUE_RATE, 0, 0, 0, 0, NULL, "", IN_P(arrivals.rate_per_s), NULL,
     "arrivals without memory at this rate"},
    {AT_ARRIVALS, "every", VALUE_DIST, 0, 0, 0, 0, NULL, "", IN_P(arrivals.every), NULL,
     "time from one arrival to the next"},
    {AT_ARRIVALS, "schedule", VALUE_LIST, 0, AT_SCHEDULE, 0, 0, NULL, "", NOWHERE, read_schedule,
     "rates by the hours of the week, 0 outside of them"},
    {AT_ARRIVALS, "daily", VALUE_MAP, 0, AT_DAILY, 0, 0, NULL, "", NOWHERE, NULL,
     "a rate that swings over the day: mean + amplitude cos(2 pi (t - peak) / 24h)"},
    {AT_ARRIVALS, "file", VALUE_TEXT, 0, 0, 0, 0, NULL, "", NOWHERE, read_instants,
     "instants of arrivals (seconds after the start) from a CSV beside this file"},
    {AT_ARRIVALS, "column", VALUE_TEXT, 0, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "the column of that file"},
    {AT_ARRIVALS, "batch", VALUE_SIZE, 0, 0, 0, 0, NULL, "1", IN_P(arrivals.batch), read_batch,
     "items of one arrival, rounded to a whole number of at least 1"},
    {AT_SCHEDULE, "from", VALUE_CLOCK, KEY_NEEDED, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "\"mon-fri 09:00\""},
    {AT_SCHEDULE, "to", VALUE_CLOCK, KEY_NEEDED, 0, 0, 0, NULL, "", NOWHERE, NULL, "\"18:00\""},
    {AT_SCHEDULE, "rate", VALUE_RATE, KEY_NEEDED, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "arrivals over time"},
    {AT_DAILY, "mean", VALUE_RATE, KEY_NEEDED, 0, 0, 0, NULL, "", IN_P(arrivals.mean_per_s), NULL,
     "the mean rate"},
    {AT_DAILY, "amplitude", VALUE_RATE, KEY_NEEDED, 0, 0, 0, NULL, "",
     IN_P(arrivals.amplitude_per_s), NULL, "how much the rate rises and falls, at most the mean"},
    {AT_DAILY, "peak", VALUE_CLOCK, KEY_NEEDED, 0, 0, 0, NULL, "", IN_P(arrivals.peak_s), NULL,
     "when it is highest: \"14:00\""},
    {AT_HORIZON, "warmup", VALUE_DURATION, 0, 0, 0, 0, NULL, "0", IN_P(horizon.warmup_s), NULL,
     "left out of all metrics"},
    {AT_HORIZON, "length", VALUE_DURATION, KEY_NEEDED, 0, 0, 0, NULL, "", IN_P(horizon.length_s),
     NULL, "counted after the warm-up"},
    {AT_HORIZON, "starts", VALUE_CLOCK, 0, 0, 0, 0, NULL, "mon 00:00", IN_P(horizon.starts_s),
     NULL, "day and time at t = 0"},
    {AT_HORIZON, "observe", VALUE_DURATION, 0, 0, 0, 0, NULL, "length / 200",
     IN_P(horizon.observe_s), NULL, "step of the series"},
    {AT_HORIZON, "replications", VALUE_COUNT, 0, 0, 1, 1e6, NULL, "20",
     IN_P(horizon.replications), NULL, "independent runs of the whole horizon"},

    /* --- steps */
    {AT_STAGE, "stage", VALUE_TEXT, 0, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "a step that works on the item; its name"},
    {AT_CHECK, "check", VALUE_TEXT, 0, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "a verifier that catches bad items; its name"},
    {AT_GATE, "gate", VALUE_TEXT, 0, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "compares a confidence with a threshold; its name"},
    {AT_REVIEW, "review", VALUE_TEXT, 0, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "people who look at the item; its name"},
    {AT_PARALLEL, "parallel", VALUE_TEXT, 0, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "branches that start together; its name"},
    {AT_STEP | AT_PARALLEL, "name", VALUE_TEXT, 0, 0, 0, 0, NULL, "", IN_S(name), NULL,
     "as people call it, in any letters; results tell it beside the step's own name"},
    {AT_STEP | AT_PARALLEL, "layer", VALUE_WORD, 0, 0, 0, 0, layer_words, "agent", IN_S(layer),
     NULL, "whose work it is"},
    {AT_STEP, "latency", VALUE_DIST, KEY_CHANGES, 0, 0, 0, NULL, "0s", IN_N(latency), NULL,
     "time of an attempt: a duration or a distribution"},
    {AT_STEP, "timeout", VALUE_DURATION, KEY_CHANGES, 0, 0, 0, NULL, "none", IN_N(timeout_s),
     NULL, "an attempt is cut here"},
    {AT_STEP | AT_PARALLEL, "budget", VALUE_DURATION, 0, 0, 0, 0, NULL, "none", IN_N(budget_s),
     NULL, "planned time of a visit: reported, not enforced"},
    {AT_STEP, "by", VALUE_TEXT, 0, 0, 0, 0, NULL, "none: no waiting", NOWHERE, read_by,
     "the resource that does it"},
    {AT_STEP, "retry", VALUE_MAP, 0, AT_RETRY, 0, 0, NULL, "one attempt", NOWHERE, read_retry,
     "further attempts after visible failures"},
    {AT_STEP, "hedge", VALUE_MAP, 0, AT_HEDGE, 0, 0, NULL, "none", NOWHERE, read_hedge,
     "a copy starts when an attempt is slow"},
    {AT_STEP, "cache", VALUE_MAP, 0, AT_CACHE, 0, 0, NULL, "none", NOWHERE, read_cache,
     "answers kept from before: no attempt, ok, quality as it is"},
    {AT_STEP, "breaker", VALUE_MAP, 0, AT_BREAKER, 0, 0, NULL, "none", NOWHERE, NULL,
     "stops calling after a share of failures"},
    {AT_STEP | AT_PARALLEL, "fallback", VALUE_EDGE, 0, 0, 0, 0, NULL, "fail", IN_S(fallback),
     read_edge, "where the item goes when the attempts are used up"},
    {AT_STAGE | AT_CHECK | AT_REVIEW | AT_PARALLEL, "next", VALUE_LIST, 0, AT_WAY, 0, 0, NULL,
     "the following step", IN_S(next), read_next,
     "edges by probability or condition; the first that holds"},
    {AT_STEP, "given", VALUE_NAMED, KEY_LAST, AT_STEP, 0, 0, NULL, "", NOWHERE, read_given,
     "other numbers when the item is bad, an earlier step failed, was wrong or skipped, or "
     "for a class: bad, STEP.failed, STEP.wrong, STEP.skipped, class.NAME"},
    {AT_STEP, "cost", VALUE_MAP, KEY_CHANGES, AT_COST, 0, 0, NULL, "$0", IN_N(cost_call),
     read_cost, "paid by every attempt: an amount, or {per_call, per_unit, units}, and {sd, evidence} of it"},
    {AT_STEP, "exec", VALUE_ANY, 0, 0, 0, 0, NULL, "", NOWHERE, read_exec,
     "how the step is run for real; simulations ignore it"},
    {AT_STAGE | AT_CHECK | AT_REVIEW, "confidence", VALUE_MAP, KEY_CHANGES, AT_CONFIDENCE, 0, 0,
     NULL, "none", NOWHERE, read_confidence,
     "what the step says of its own work, by the quality of the item"},

    {AT_STAGE, "reliability", VALUE_PROBABILITY, KEY_OUTCOME | KEY_CHANGES, 0, 0, 0, NULL, "",
     IN_N(error), read_reliability, "short for error: what is left of 1"},
    {AT_STAGE, "error", VALUE_PROBABILITY, KEY_OUTCOME | KEY_CHANGES, 0, 0, 0, NULL, "0",
     IN_N(error), NULL, "probability that an attempt fails visibly"},
    {AT_STAGE, "wrong", VALUE_PROBABILITY, KEY_OUTCOME | KEY_CHANGES, 0, 0, 0, NULL, "0",
     IN_N(wrong), NULL, "probability that an attempt makes the item bad, unseen"},
    {AT_STAGE, "malformed", VALUE_PROBABILITY, KEY_OUTCOME | KEY_CHANGES, 0, 0, 0, NULL, "0",
     IN_N(malformed), NULL, "probability of a payload of the wrong form"},
    {AT_STAGE, "validation", VALUE_PROBABILITY, KEY_CHANGES, 0, 0, 0, NULL, "1", IN_N(validation),
     NULL, "share of malformed payloads that are seen"},
    {AT_STAGE, "repair", VALUE_PROBABILITY, KEY_CHANGES, 0, 0, 0, NULL, "0", IN_N(repair), NULL,
     "probability that a bad item becomes good"},
    {AT_CHECK, "sensitivity", VALUE_PROBABILITY, KEY_NEEDED | KEY_CHANGES, 0, 0, 0, NULL, "",
     IN_N(sensitivity), NULL, "share of bad items that are caught"},
    {AT_REVIEW, "sensitivity", VALUE_PROBABILITY, KEY_CHANGES, 0, 0, 0, NULL, "1",
     IN_N(sensitivity), NULL, "share of bad items that are caught"},
    {AT_CHECK | AT_REVIEW, "specificity", VALUE_PROBABILITY, KEY_CHANGES, 0, 0, 0, NULL, "1",
     IN_N(specificity), NULL, "share of good items that are let through"},
    {AT_CHECK | AT_REVIEW, "on_reject", VALUE_EDGE, 0, 0, 0, 0, NULL, "reject", IN_S(on_reject),
     read_edge, "where a rejected item goes"},
    {AT_REVIEW, "fixes", VALUE_PROBABILITY, KEY_CHANGES, 0, 0, 0, NULL, "0", IN_N(fixes), NULL,
     "share of rightly rejected items that the reviewer mends"},
    {AT_REVIEW, "spoils", VALUE_PROBABILITY, KEY_CHANGES, 0, 0, 0, NULL, "0", IN_N(spoils), NULL,
     "share of wrongly rejected items that the change makes bad"},
    {AT_REVIEW, "fatigue", VALUE_MAP, 0, AT_FATIGUE, 0, 0, NULL, "none", NOWHERE, read_fatigue,
     "what hours on duty do"},

    {AT_GATE, "threshold", VALUE_PROBABILITY, KEY_NEEDED | KEY_CHANGES, 0, 0, 0, NULL, "",
     IN_N(threshold), read_threshold,
     "an item passes at confidence >= threshold: a number, a distribution drawn for each "
     "item, or [low, high] for three bands"},
    {AT_GATE, "of", VALUE_TEXT, 0, 0, 0, 0, NULL, "the last confidence", NOWHERE, read_gate_of,
     "the step whose confidence counts"},
    {AT_GATE, "above", VALUE_EDGE, 0, 0, 0, 0, NULL, "the following step", IN_S(above), read_edge,
     "where an item at or above the (high) threshold goes"},
    {AT_GATE, "between", VALUE_EDGE, 0, 0, 0, 0, NULL, "needed with two thresholds",
     IN_S(between), read_edge, "where an item between two thresholds goes"},
    {AT_GATE, "below", VALUE_EDGE, KEY_NEEDED, 0, 0, 0, NULL, "", IN_S(below), read_edge,
     "where an item below the (low) threshold goes"},
    {AT_GATE, "audit", VALUE_MAP, KEY_LAST, AT_AUDIT, 0, 0, NULL, "0", NOWHERE, read_audit,
     "share of what would pass unseen that is reviewed all the same"},

    {AT_PARALLEL, "join", VALUE_TEXT, 0, 0, 0, 0, NULL, "all", NOWHERE, read_parallel_part,
     "what the branches come to: all, any, 2 of 3, vote 2 of 3, majority, best"},
    {AT_PARALLEL, "branches", VALUE_LIST, 0, AT_STEP, 0, 0, NULL, "", NOWHERE, read_parallel_part,
     "a list of step lists"},
    {AT_PARALLEL, "branch", VALUE_LIST, 0, AT_STEP, 0, 0, NULL, "", NOWHERE, read_parallel_part,
     "the one step list that is copied"},
    {AT_PARALLEL, "copies", VALUE_COUNT, 0, 0, 1, 1000, NULL, "1", NOWHERE, read_parallel_part,
     "how often the branch runs"},

    /* --- maps inside a step */
    {AT_RETRY, "attempts", VALUE_COUNT, 0, 0, 1, 1000, NULL, "1", IN_T(attempts), NULL,
     "at most so many attempts in one visit, the first included"},
    {AT_RETRY, "for", VALUE_LIST, 0, 0, 0, 0, NULL, "all", IN_T(on), read_retry_for,
     "after which failures: [error, malformed, timeout]"},
    {AT_RETRY, "backoff", VALUE_MAP, 0, AT_BACKOFF, 0, 0, NULL, "no wait", NOWHERE, NULL,
     "the wait before each further attempt"},
    {AT_RETRY, "budget", VALUE_RATE, 0, 0, 0, 0, NULL, "none", IN_T(budget), read_retry_budget,
     "retries over time (2/s), or as a share of calls (10%)"},
    {AT_BACKOFF, "initial", VALUE_DURATION, KEY_NEEDED, 0, 0, 0, NULL, "", IN_T(initial_s), NULL,
     "wait before the second attempt"},
    {AT_BACKOFF, "factor", VALUE_NUMBER, 0, 0, 1, 1000, NULL, "2", IN_T(factor), NULL,
     "each further wait is so many times longer"},
    {AT_BACKOFF, "max", VALUE_DURATION, 0, 0, 0, 0, NULL, "none", IN_T(max_s), NULL,
     "no wait is longer"},
    {AT_BACKOFF, "jitter", VALUE_WORD, 0, 0, 0, 0, jitter_words, "none", IN_T(jitter), NULL,
     "full: uniform in [0, wait]; equal: half of it, and uniform in the other half"},
    {AT_HEDGE, "after", VALUE_DURATION, KEY_NEEDED, 0, 0, 0, NULL, "", IN_N(hedge_after_s), NULL,
     "how long an attempt runs before a copy starts"},
    {AT_HEDGE, "copies", VALUE_COUNT, 0, 0, 1, 100, NULL, "1", IN_S(hedge_copies), NULL,
     "at most so many, one after another"},
    {AT_CACHE, "hit", VALUE_PROBABILITY, KEY_NEEDED, 0, 0, 0, NULL, "", IN_N(cache_hit), NULL,
     "share of visits that the cache answers"},
    {AT_CACHE, "latency", VALUE_DIST, 0, 0, 0, 0, NULL, "0s", IN_N(cache_latency), NULL,
     "time of such a visit"},
    {AT_BREAKER, "failures", VALUE_PROBABILITY, KEY_NEEDED, 0, 1e-9, 1, NULL, "",
     IN_S(breaker.failures), NULL, "share of failed attempts at which it opens"},
    {AT_BREAKER, "window", VALUE_DURATION, KEY_NEEDED, 0, 1e-9, 1e9, NULL, "",
     IN_S(breaker.window_s), NULL, "how far back attempts count"},
    {AT_BREAKER, "calls", VALUE_COUNT, 0, 0, 1, 1e6, NULL, "10", IN_S(breaker.calls), NULL,
     "least attempts in the window"},
    {AT_BREAKER, "open_for", VALUE_DURATION, KEY_NEEDED, 0, 0, 0, NULL, "",
     IN_S(breaker.open_for_s), NULL, "time until one attempt is let through"},
    {AT_COST, "per_call", VALUE_MONEY, 0, 0, 0, 0, NULL, "$0", NOWHERE, NULL,
     "amount of an attempt"},
    {AT_COST, "per_unit", VALUE_MONEY, 0, 0, 0, 0, NULL, "$0", NOWHERE, NULL,
     "amount of a unit (token, second, page)"},
    {AT_COST, "units", VALUE_NUMBER, 0, 0, 0, 1e18, NULL, "1", NOWHERE, NULL,
     "units of an attempt"},
    {AT_COST, "sd", VALUE_MONEY, 0, 0, 0, 0, NULL, "$0", NOWHERE, NULL,
     "standard deviation of the amounts that the cost was seen from"},
    {AT_COST, "evidence", VALUE_NUMBER, 0, 0, 1, 1e9, NULL, "exact", NOWHERE, NULL,
     "how many amounts it was seen from"},
    {AT_CONFIDENCE, "good", VALUE_SCORE, KEY_CHANGES, 0, 0, 0, NULL, "needed without labels",
     IN_N(confidence_good), NULL, "distribution on [0, 1] when the item is good"},
    {AT_CONFIDENCE, "bad", VALUE_SCORE, KEY_CHANGES, 0, 0, 0, NULL, "needed without labels",
     IN_N(confidence_bad), NULL, "distribution on [0, 1] when the item is bad"},
    {AT_CONFIDENCE, "labels", VALUE_TEXT, 0, 0, 0, 0, NULL, "", NOWHERE, read_labels,
     "a CSV beside this file with the columns confidence and correct"},
    {AT_CONFIDENCE, "calibration", VALUE_TEXT, KEY_LAST, 0, 0, 0, NULL, "none", NOWHERE,
     read_calibration,
     "how a raw confidence is corrected: none, isotonic, platt, beta, temperature, or a CSV "
     "with the columns confidence and calibrated"},
    {AT_AUDIT, "share", VALUE_PROBABILITY, KEY_NEEDED, 0, 0, 0, NULL, "", IN_N(audit), NULL,
     "share of the items"},
    {AT_AUDIT, "by", VALUE_TEXT, 0, 0, 0, 0, NULL, "the review of `below`", NOWHERE,
     read_audit_by, "the review that does it"},
    {AT_AUDIT, "design", VALUE_WORD, 0, 0, 0, 0, design_words, "uniform", IN_S(audit.design),
     NULL, "uniform, or more often the nearer the confidence is to the threshold"},
    {AT_FATIGUE, "after", VALUE_DURATION, KEY_NEEDED, 0, 1e-9, 1e9, NULL, "",
     IN_S(fatigue.after_s), NULL, "time on duty after which it shows"},
    {AT_FATIGUE, "sensitivity", VALUE_PROBABILITY, 0, 0, 0, 0, NULL, "as before", NOWHERE,
     read_fatigue_sensitivity, "sensitivity from then on"},
    {AT_FATIGUE, "slower", VALUE_NUMBER, 0, 0, 1, 1000, NULL, "1", IN_S(fatigue.slower), NULL,
     "latency is so many times longer from then on"},
    {AT_EDGE, "goto", VALUE_TEXT, KEY_NEEDED, 0, 0, 0, NULL, "", NOWHERE, read_goto,
     "the name of a step, ship, reject, fail or skip"},
    {AT_WAY, "to", VALUE_TEXT, KEY_NEEDED, 0, 0, 0, NULL, "", NOWHERE, read_goto,
     "the name of a step, ship, reject, fail or skip"},
    {AT_WAY, "probability", VALUE_PROBABILITY, 0, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "share of the visits that go this way"},
    {AT_WAY, "when", VALUE_TEXT, 0, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "\"confidence < 0.6 and visits(drafts) < 2\"; of confidence, confidence(step), "
     "visits(step), age, outcome, class"},
    {AT_EDGE | AT_WAY, "at_most", VALUE_COUNT, 0, 0, 0, 1e6, NULL, "needed when going back",
     NOWHERE, read_at_most, "how often an item may go this way in its life, or unbounded"},
    {AT_EDGE | AT_WAY, "then", VALUE_EDGE, 0, 0, 0, 0, NULL, "reject", NOWHERE, read_then,
     "where it goes after that"},

    /* --- resources, environments, feedback */
    {AT_RESOURCE, "servers", VALUE_COUNT, 0, 0, 1, 1e6, NULL, "needed without rate",
     IN_R(servers), NULL, "how many work side by side"},
    {AT_RESOURCE, "hours", VALUE_HOURS, 0, 0, 0, 0, NULL, "always", NOWHERE, read_hours,
     "when they are on duty: \"mon-fri 09:00-18:00\", or a list"},
    {AT_RESOURCE, "at_close", VALUE_WORD, 0, 0, 0, 0, close_words, "finish", IN_R(at_close), NULL,
     "what happens to work at closing time"},
    {AT_RESOURCE, "discipline", VALUE_WORD, 0, 0, 0, 0, discipline_words,
     "fifo, or priority when classes have one", IN_R(discipline), NULL, "who is served next"},
    {AT_RESOURCE, "waiting_room", VALUE_COUNT, 0, 0, 0, 0, NULL, "no limit", IN_R(waiting_room),
     NULL, "places to wait, servers not counted; 0: nobody waits"},
    {AT_RESOURCE, "when_full", VALUE_EDGE, 0, 0, 0, 0, NULL, "reject", IN_R(when_full), read_edge,
     "where an item goes that finds no place"},
    {AT_RESOURCE, "patience", VALUE_DIST, 0, 0, 0, 0, NULL, "for ever", NOWHERE, read_patience,
     "how long an item waits before it leaves as abandoned"},
    {AT_RESOURCE, "answer_within", VALUE_DURATION, 0, 0, 0, 0, NULL, "none",
     IN_R(answer_within_s), NULL, "the wait that counts for service_level"},
    {AT_RESOURCE, "cost", VALUE_RATE, 0, 0, 0, 0, NULL, "$0/h", IN_R(cost_per_s), NULL,
     "wage of one server on duty: $45/h"},
    {AT_RESOURCE, "rate", VALUE_RATE, 0, 0, 0, 0, NULL, "", IN_R(rate_per_s), NULL,
     "in place of servers: attempts over time that may begin"},
    {AT_RESOURCE, "burst", VALUE_NUMBER, 0, 0, 1, 1e9, NULL, "1", IN_R(burst), NULL,
     "attempts that may begin at once after a pause"},
    {AT_STATE, "lasts", VALUE_DIST, KEY_NEEDED, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "how long the state lasts"},
    {AT_STATE, "to", VALUE_NAMED, 0, 0, 0, 0, NULL, "the next one in order", NOWHERE, NULL,
     "weights of the states that follow"},
    {AT_STATE, "steps", VALUE_NAMED, 0, AT_STEP, 0, 0, NULL, "", NOWHERE, NULL,
     "other numbers of steps while it lasts"},
    {AT_FEEDBACK, "cycle", VALUE_DURATION, KEY_NEEDED, 0, 1e-9, 1e9, NULL, "",
     IN_P(feedback.cycle_s), NULL, "time after which what was learnt comes into use"},
    {AT_FEEDBACK, "cycles", VALUE_COUNT, 0, 0, 1, 1000, NULL, "12", IN_P(feedback.cycles), NULL,
     "how many cycles are looked at"},
    {AT_FEEDBACK, "labels", VALUE_LIST, 0, 0, 0, 0, NULL, "both", IN_P(feedback.labels),
     read_feedback_labels, "whose judgements count: [review, audit]"},
    {AT_FEEDBACK, "learns", VALUE_LIST, 0, AT_LEARN, 0, 0, NULL, "", NOWHERE, read_learns,
     "what changes"},
    {AT_LEARN, "step", VALUE_TEXT, 0, 0, 0, 0, NULL, "", NOWHERE, read_learn_step,
     "the stage whose `wrong` falls with the labels"},
    {AT_LEARN, "canon", VALUE_TEXT, 0, 0, 0, 0, NULL, "", NOWHERE, read_learn_step,
     "the stage whose `wrong` falls with the items that reviewers mended"},
    {AT_LEARN, "recalibrate", VALUE_TEXT, 0, 0, 0, 0, NULL, "", NOWHERE, read_learn_step,
     "the step whose confidence is calibrated again"},
    {AT_LEARN, "wrong", VALUE_MAP, 0, AT_LEARNT, 0, 0, NULL, "", NOWHERE, NULL, "how it falls"},
    {AT_LEARNT, "power_law", VALUE_MAP, KEY_NEEDED, AT_POWER_LAW, 0, 0, NULL, "", NOWHERE, NULL,
     "floor + (wrong - floor) (1 + labels / per)^(-exponent)"},
    {AT_POWER_LAW, "exponent", VALUE_NUMBER, KEY_NEEDED, 0, 1e-9, 100, NULL, "", IN_L(exponent),
     NULL, "how fast it falls"},
    {AT_POWER_LAW, "per", VALUE_NUMBER, KEY_NEEDED, 0, 1e-9, 1e18, NULL, "", IN_L(per), NULL,
     "labels on whose scale it falls"},
    {AT_POWER_LAW, "floor", VALUE_PROBABILITY, 0, 0, 0, 0, NULL, "0", IN_L(floor), NULL,
     "what no labels can remove"},
};
/* clang-format on */
const size_t schema_keys_count = sizeof schema_keys / sizeof *schema_keys;
_Static_assert(sizeof schema_keys / sizeof *schema_keys <= SCHEMA_KEYS_MAX,
               "SCHEMA_KEYS_MAX must hold all keys");

const struct schema_key *schema_find(enum place place, const char *key)
{
    for (size_t i = 0; i < schema_keys_count; i++)
        if ((schema_keys[i].where & place) && strcmp(schema_keys[i].key, key) == 0)
            return &schema_keys[i];
    return NULL;
}

enum place schema_place_of(const char *key)
{
    for (size_t i = 0; i < schema_keys_count; i++)
        if (strcmp(schema_keys[i].key, key) == 0)
            return schema_keys[i].where & (~schema_keys[i].where + 1);
    return 0;
}

enum place place_of_kind(enum step_kind kind)
{
    static const enum place places[STEP_KIND_COUNT] = {[STEP_STAGE] = AT_STAGE,
                                                       [STEP_CHECK] = AT_CHECK,
                                                       [STEP_GATE] = AT_GATE,
                                                       [STEP_REVIEW] = AT_REVIEW,
                                                       [STEP_PARALLEL] = AT_PARALLEL};

    return places[kind];
}

const char *place_name(enum place place)
{
    static const char *const names[] = {
#define X(name, words) words,
        PLACE_TABLE(X)
#undef X
    };
    size_t i = 0;

    while (i + 1 < PLACE_COUNT && !((uint32_t)place & (1u << i)))
        i++;
    return names[i];
}
