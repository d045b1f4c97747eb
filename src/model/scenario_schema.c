/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The language as one table: key, where it stands, type, range, default, help.  Reading, faults,
 * the JSON Schema and the manual are all drawn from it. */
#include "model/scenario_internal.h"

#include <math.h>
#include <string.h>

#define IN_P(field) IN_PIPELINE, offsetof(struct pipeline, field)
#define IN_S(field) IN_STEP, offsetof(struct step, field)
#define IN_N(field) IN_NUMBERS, offsetof(struct numbers, field)
#define NOWHERE     IN_NONE, 0

static const char *const layer_words[] = {
#define X(name, word) word,
    LAYER_TABLE(X)
#undef X
        NULL};
static const char *const jitter_words[] = {"none", "full", "equal", NULL};

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
    {AT_TOP, "wrong", VALUE_PROBABILITY, 0, 0, 0, 0, NULL, "0", IN_INPUT, 0, NULL,
     "share of items that enter bad"},
    {AT_TOP, "classes", VALUE_NAMED, KEY_FIRST, AT_CLASS, 0, 0, NULL, "one class", NOWHERE,
     read_classes, "classes of items; any number of a step may be given for each"},
    {AT_TOP, "flow", VALUE_LIST, KEY_NEEDED, AT_STEP, 0, 0, NULL, "", NOWHERE, read_flow,
     "the steps, in order"},
    {AT_TOP, "costs", VALUE_NAMED, 0, 0, 0, 0, NULL, "", NOWHERE, read_costs,
     "fixed costs: {vector_db: $50/month}"},
    {AT_TOP, "arrivals", VALUE_ANY, KEY_UNSUPPORTED, 0, 0, 0, NULL, "untimed", NOWHERE, NULL,
     "when items arrive"},
    {AT_TOP, "horizon", VALUE_ANY, KEY_UNSUPPORTED, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "how long a timed run lasts"},
    {AT_TOP, "deadline", VALUE_DURATION, KEY_UNSUPPORTED, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "age at which an item leaves as abandoned"},
    {AT_TOP, "resources", VALUE_ANY, KEY_UNSUPPORTED, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "people, servers and rate limits"},
    {AT_TOP, "environments", VALUE_ANY, KEY_UNSUPPORTED, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "shared processes such as outages"},
    {AT_TOP, "feedback", VALUE_ANY, KEY_UNSUPPORTED, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "what reviews teach"},
    {AT_TOP, "include", VALUE_TEXT, KEY_UNSUPPORTED, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "a step list from a file beside this one"},

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
    {AT_CLASS, "share", VALUE_PROBABILITY, KEY_NEEDED, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "share of the items; the shares add up to 1"},
    {AT_CLASS, "priority", VALUE_COUNT, KEY_UNSUPPORTED, 0, 1, 1e6, NULL, "last", NOWHERE, NULL,
     "1 is served first"},

    /* --- steps */
    {AT_STAGE, "stage", VALUE_TEXT, 0, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "a step that works on the item; its name"},
    {AT_CHECK, "check", VALUE_TEXT, 0, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "a verifier that catches bad items; its name"},
    {AT_GATE, "gate", VALUE_TEXT, 0, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "compares a confidence with a threshold; its name"},
    {AT_REVIEW, "review", VALUE_TEXT, 0, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "people who look at the item; its name"},
    {AT_PARALLEL, "parallel", VALUE_TEXT, KEY_UNSUPPORTED, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "branches that start together; its name"},
    {AT_PARALLEL, "include", VALUE_TEXT, KEY_UNSUPPORTED, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "a step list from a file beside this one"},
    {AT_STEP, "layer", VALUE_WORD, 0, 0, 0, 0, layer_words, "agent", IN_S(layer), NULL,
     "whose work it is"},
    {AT_STEP, "latency", VALUE_DIST, 0, 0, 0, 0, NULL, "0s", IN_N(latency), NULL,
     "time of an attempt: a duration or a distribution"},
    {AT_STEP, "timeout", VALUE_DURATION, 0, 0, 0, 0, NULL, "none", IN_N(timeout_s), NULL,
     "an attempt is cut here"},
    {AT_STEP, "budget", VALUE_DURATION, 0, 0, 0, 0, NULL, "none", IN_N(budget_s), NULL,
     "planned time of a visit: reported, not enforced"},
    {AT_STEP, "retry", VALUE_MAP, 0, AT_RETRY, 0, 0, NULL, "one attempt", NOWHERE, NULL,
     "further attempts after visible failures"},
    {AT_STEP, "fallback", VALUE_EDGE, 0, 0, 0, 0, NULL, "fail", IN_S(fallback), read_edge,
     "where the item goes when the attempts are used up"},
    {AT_STEP, "cost", VALUE_MAP, 0, AT_COST, 0, 0, NULL, "$0", IN_N(cost_call), read_cost,
     "paid by every attempt: an amount, or {per_call, per_unit, units}"},
    {AT_STEP, "exec", VALUE_ANY, 0, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "how the step is run for real; simulations ignore it"},
    {AT_STEP, "confidence", VALUE_MAP, 0, AT_CONFIDENCE, 0, 0, NULL, "none", NOWHERE,
     read_confidence, "what the step says of its own work, by the item's quality"},
    {AT_STEP, "by", VALUE_TEXT, KEY_UNSUPPORTED, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "the resource that does it"},
    {AT_STEP, "hedge", VALUE_ANY, KEY_UNSUPPORTED, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "a copy starts when an attempt is slow"},
    {AT_STEP, "cache", VALUE_ANY, KEY_UNSUPPORTED, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "answers kept from before"},
    {AT_STEP, "breaker", VALUE_ANY, KEY_UNSUPPORTED, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "stops calling after a share of failures"},
    {AT_STEP, "next", VALUE_ANY, KEY_UNSUPPORTED, 0, 0, 0, NULL, "the following step", NOWHERE,
     NULL, "edges by probability or condition"},
    {AT_STEP, "given", VALUE_ANY, KEY_UNSUPPORTED, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "other numbers under a condition"},

    {AT_STAGE, "reliability", VALUE_PROBABILITY, KEY_OUTCOME, 0, 0, 0, NULL, "", IN_N(error),
     read_reliability, "short for error: what is left of 1"},
    {AT_STAGE, "error", VALUE_PROBABILITY, KEY_OUTCOME, 0, 0, 0, NULL, "0", IN_N(error), NULL,
     "probability that an attempt fails visibly"},
    {AT_STAGE, "wrong", VALUE_PROBABILITY, KEY_OUTCOME, 0, 0, 0, NULL, "0", IN_N(wrong), NULL,
     "probability that an attempt makes the item bad, unseen"},
    {AT_STAGE, "malformed", VALUE_PROBABILITY, KEY_OUTCOME, 0, 0, 0, NULL, "0", IN_N(malformed),
     NULL, "probability of a payload of the wrong form"},
    {AT_STAGE, "validation", VALUE_PROBABILITY, 0, 0, 0, 0, NULL, "1", IN_N(validation), NULL,
     "share of malformed payloads that are seen"},
    {AT_STAGE, "repair", VALUE_PROBABILITY, 0, 0, 0, 0, NULL, "0", IN_N(repair), NULL,
     "probability that a bad item becomes good"},

    {AT_CHECK, "sensitivity", VALUE_PROBABILITY, KEY_NEEDED, 0, 0, 0, NULL, "", IN_N(sensitivity),
     NULL, "share of bad items that are caught"},
    {AT_REVIEW, "sensitivity", VALUE_PROBABILITY, 0, 0, 0, 0, NULL, "1", IN_N(sensitivity), NULL,
     "share of bad items that are caught"},
    {AT_CHECK | AT_REVIEW, "specificity", VALUE_PROBABILITY, 0, 0, 0, 0, NULL, "1",
     IN_N(specificity), NULL, "share of good items that are let through"},
    {AT_CHECK | AT_REVIEW, "on_reject", VALUE_EDGE, 0, 0, 0, 0, NULL, "reject", IN_S(on_reject),
     read_edge, "where a rejected item goes"},
    {AT_REVIEW, "fixes", VALUE_PROBABILITY, 0, 0, 0, 0, NULL, "0", IN_N(fixes), NULL,
     "share of rightly rejected items that the reviewer mends"},
    {AT_REVIEW, "spoils", VALUE_PROBABILITY, 0, 0, 0, 0, NULL, "0", IN_N(spoils), NULL,
     "share of wrongly rejected items that the change makes bad"},
    {AT_REVIEW, "fatigue", VALUE_ANY, KEY_UNSUPPORTED, 0, 0, 0, NULL, "none", NOWHERE, NULL,
     "what hours on duty do"},

    {AT_GATE, "threshold", VALUE_PROBABILITY, KEY_NEEDED, 0, 0, 0, NULL, "", IN_N(threshold),
     read_threshold, "an item passes at confidence >= threshold"},
    {AT_GATE, "of", VALUE_TEXT, 0, 0, 0, 0, NULL, "the last confidence", NOWHERE, read_gate_of,
     "the step whose confidence counts"},
    {AT_GATE, "above", VALUE_EDGE, 0, 0, 0, 0, NULL, "the following step", IN_S(above), read_edge,
     "where an item at or above the threshold goes"},
    {AT_GATE, "below", VALUE_EDGE, KEY_NEEDED, 0, 0, 0, NULL, "", IN_S(below), read_edge,
     "where an item below the threshold goes"},
    {AT_GATE, "between", VALUE_EDGE, KEY_UNSUPPORTED, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "where an item between two thresholds goes"},
    {AT_GATE, "audit", VALUE_ANY, KEY_UNSUPPORTED, 0, 0, 0, NULL, "0", NOWHERE, NULL,
     "share of what would pass unseen that is reviewed all the same"},

    /* --- maps inside a step */
    {AT_RETRY, "attempts", VALUE_COUNT, 0, 0, 1, 1000, NULL, "1", IN_S(retry.attempts), NULL,
     "at most so many attempts in one visit, the first included"},
    {AT_RETRY, "for", VALUE_LIST, 0, 0, 0, 0, NULL, "all", NOWHERE, read_retry_for,
     "after which failures: [error, malformed, timeout]"},
    {AT_RETRY, "backoff", VALUE_MAP, 0, AT_BACKOFF, 0, 0, NULL, "no wait", NOWHERE, NULL,
     "the wait before each further attempt"},
    {AT_RETRY, "budget", VALUE_ANY, KEY_UNSUPPORTED, 0, 0, 0, NULL, "none", NOWHERE, NULL,
     "retries per second, or as a share of calls"},
    {AT_BACKOFF, "initial", VALUE_DURATION, KEY_NEEDED, 0, 0, 0, NULL, "", IN_S(retry.initial_s),
     NULL, "wait before the second attempt"},
    {AT_BACKOFF, "factor", VALUE_NUMBER, 0, 0, 1, 1000, NULL, "2", IN_S(retry.factor), NULL,
     "each further wait is so many times longer"},
    {AT_BACKOFF, "max", VALUE_DURATION, 0, 0, 0, 0, NULL, "none", IN_S(retry.max_s), NULL,
     "no wait is longer"},
    {AT_BACKOFF, "jitter", VALUE_WORD, 0, 0, 0, 0, jitter_words, "none", IN_S(retry.jitter), NULL,
     "full: uniform in [0, wait]; equal: half of it, and uniform in the other half"},
    {AT_COST, "per_call", VALUE_MONEY, 0, 0, 0, 0, NULL, "$0", NOWHERE, NULL,
     "amount of an attempt"},
    {AT_COST, "per_unit", VALUE_MONEY, 0, 0, 0, 0, NULL, "$0", NOWHERE, NULL,
     "amount of a unit (token, second, page)"},
    {AT_COST, "units", VALUE_NUMBER, 0, 0, 0, 1e18, NULL, "1", NOWHERE, NULL,
     "units of an attempt"},
    {AT_CONFIDENCE, "good", VALUE_SCORE, KEY_NEEDED, 0, 0, 0, NULL, "", IN_N(confidence_good),
     NULL, "distribution on [0, 1] when the item is good"},
    {AT_CONFIDENCE, "bad", VALUE_SCORE, KEY_NEEDED, 0, 0, 0, NULL, "", IN_N(confidence_bad), NULL,
     "distribution on [0, 1] when the item is bad"},
    {AT_CONFIDENCE, "labels", VALUE_TEXT, KEY_UNSUPPORTED, 0, 0, 0, NULL, "", NOWHERE, NULL,
     "a label file"},
    {AT_CONFIDENCE, "calibration", VALUE_ANY, KEY_UNSUPPORTED, 0, 0, 0, NULL, "none", NOWHERE,
     NULL, "how a raw confidence is corrected"},
    {AT_EDGE, "goto", VALUE_TEXT, KEY_NEEDED, 0, 0, 0, NULL, "", NOWHERE, read_goto,
     "a step's name, ship, reject, fail or skip"},
    {AT_EDGE, "at_most", VALUE_COUNT, 0, 0, 0, 1e6, NULL, "needed when going back", NOWHERE,
     read_at_most, "how often an item may go this way in its life, or unbounded"},
    {AT_EDGE, "then", VALUE_EDGE, 0, 0, 0, 0, NULL, "reject", NOWHERE, read_then,
     "where it goes after that"},
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

const char *place_name(enum place place)
{
    static const char *const names[] = {"the top of the file",
                                        "a stage",
                                        "a check",
                                        "a gate",
                                        "a review",
                                        "a parallel",
                                        "retry",
                                        "backoff",
                                        "cost",
                                        "confidence",
                                        "an edge",
                                        "a class",
                                        "worth",
                                        "the objective"};
    size_t i = 0;

    while (i + 1 < sizeof names / sizeof *names && !(place & (1u << i)))
        i++;
    return names[i];
}
