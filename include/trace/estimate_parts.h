/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of log_fit, shared by its files and by nobody else. */
#ifndef SEAM_TRACE_ESTIMATE_PARTS_H
#define SEAM_TRACE_ESTIMATE_PARTS_H

#include "trace/estimate.h"
#include "trace/structure.h"

/* ROUTER: a gate that is no step of the log.  WAYPOINT: a step without time from which items part;
 * PARALLEL: no step of the log either. */
enum part_role {
    PART_ORCHESTRATION,
    PART_STAGE,
    PART_GATE,
    PART_ROUTER,
    PART_REVIEW,
    PART_WAYPOINT,
    PART_PARALLEL
};

/* How a waypoint comes to be: behind what items part, or where the copies of
 * a draft are one. */
enum waypoint { OF_PASS, OF_FAILURE, OF_REJECTION, OF_GATE, OF_ENTRY, OF_CHECK, OF_JOIN };

/* One step of the pipeline to be; stage is the log's, -1 where it has none. */
struct part {
    enum part_role role;
    int32_t stage;
    bool reviewed_only; /* lies where only items sent to review pass */
    int32_t place;      /* of the structure, that it is or stands behind; -1 */
    uint32_t of;        /* a waypoint: which of the flows out of a place it parts */
    int32_t holds;      /* one behind a join: the stage whose drafts it holds */
};

struct rate {
    struct number *at;
    const char *path;
    uint64_t k, n;
    uint32_t step;
    bool outcome, way;
};
struct flow_plan;

enum { ESTIMATE_GIVEN_MAX = 16 };
struct estimate {
    const struct trace_log *log;
    struct pipeline *out;
    struct result *info;
    uint64_t seed;
    const struct progress *progress; /* NULL: nobody looks */
    uint32_t n_parts;
    struct structure
        *flow; /* NULL: the steps follow one another in the order that most items show */
    struct flow_plan *plan;      /* of the flow */
    struct part *part;           /* [n_parts], as out->step */
    struct buf *note;            /* [n_parts] */
    int32_t gate, review, draft; /* parts; -1 */
    struct {
        int32_t part,
            stage; /* parts whose confidences decide ways, and the stages that gave them */
    } given[ESTIMATE_GIVEN_MAX];
    uint32_t n_given;
    double deadline_s; /* NAN: the log shows none */
    bool routed;       /* the gate is a stand-in: items are not routed by confidence */
    VEC(struct rate) rates;
};

/* `at` rests on k of n (n > 0).  outcome: error, wrong or malformed. */
void estimate_rate(struct estimate *e, uint32_t part, const char *key, uint64_t k, uint64_t n,
                   bool outcome, struct number *at);
/* `wrong` of a step as the share of those attempts that neither fail nor come malformed, where the
 * labelled drafts' share does not fit beside `n`'s errors: its rate, else NULL. */
const struct rate *estimate_crowded(const struct estimate *e, uint32_t part,
                                    const struct numbers *n, uint64_t *k);
/* The same for the probability of a way out of a step. */
void estimate_way(struct estimate *e, uint32_t part, uint32_t way, uint64_t k, uint64_t n,
                  struct number *at);
/* The parts of the flow in their order, and then (with steps made of them) what leads where. */
void estimate_plan_flow(struct estimate *e);
/* Writes the planned parts as steps of the pipeline. */
void estimate_set_flow(struct estimate *e);
/* What a parallel or a waypoint is called, in the arena. */
const char *estimate_name(struct estimate *e, uint32_t part);
/* Frees the plan. */
void estimate_release_flow(struct estimate *e);
/* The part that is a place of the structure. */
uint32_t estimate_part_of(const struct estimate *e, int32_t place);
/* Of a stand-in for the gate: did the item come to where items go to review or not, and did it? */
bool estimate_was_routed(const struct estimate *e, uint32_t item, bool *reviewed);
/* The part that gives the stand-in's score. */
uint32_t estimate_routing_part(const struct estimate *e);
/* Is the log's gate one that the plan can hold: before the review? */
bool estimate_has_gate(const struct trace_log *log);
enum { ESTIMATE_QUANTILES = 100 };
/* x with so many significant digits. */
double estimate_rounded(double x, int digits);
/* Parameters and values with six digits, an empirical distribution with at most
 * ESTIMATE_QUANTILES values. */
void estimate_tidy(struct estimate *e, struct dist *d);
/* The best distribution of n values, of which `censored` (may be NULL) are lower bounds. */
struct dist estimate_latency(struct estimate *e, uint32_t part, const double *x,
                             const bool *censored, size_t n);
/* Attempts of a step: latency, timeout, error, malformed, retry, fallback. */
void estimate_stage(struct estimate *e, uint32_t part);
/* The same for a step whose spans hold several tries each, where that is told; else false. */
bool estimate_folded(struct estimate *e, uint32_t part);
/* What an attempt at a step costs, of so many, or of so many items with all their visits. */
void estimate_cost(struct estimate *e, uint32_t part, uint64_t attempts, bool by_item);
/* The cost of what lies between the steps, of an item. */
void estimate_cost_between(struct estimate *e, uint32_t part);
/* Latency of a gate or review, from first start to last end of each visit. */
void estimate_visits(struct estimate *e, uint32_t part);
/* An environment that the steps share, where their failures come together in time; their `error`
 * is then that of the calm state.  After the steps, before the evidence is placed. */
void estimate_weather(struct estimate *e);
/* The last instant that the log could show: where it was cut, else its last end; ns. */
int64_t estimate_until(const struct trace_log *log);
/* Arrivals by hour of the week and a horizon, where the log is long enough for them or people have
 * a queue; else an assumption says what they would be.  After estimate_desk. */
void estimate_arrivals(struct estimate *e);
/* Do the items come over so long a time that their arrivals are those of the world? */
bool estimate_shows_arrivals(const struct trace_log *log);
/* The people behind a step, or the servers, as a resource, and its latency without the waits;
 * false, and nothing done, where the log does not show that items wait for one another. */
bool estimate_desk(struct estimate *e, uint32_t part, bool people);
/* The age in s at which items leave as abandoned; NAN where the log shows none. */
double estimate_deadline_of(const struct trace_log *log);
/* The items, those abandoned as unfinished ones; the caller frees. */
struct log_item *estimate_open_items(const struct trace_log *log);
/* The scenario's deadline; warns of abandoned items without one. */
void estimate_deadline(struct estimate *e);
/* Warns of drift; cuts the evidence of latencies where items that follow one another are alike. */
void estimate_steadiness(struct estimate *e);
/* The law of n confidences as they were seen; sorts x. */
struct dist estimate_as_seen(struct estimate *e, double *x, size_t n);
/* Finds the ways that a confidence decides, of those that the scenario can hold; once parts are
 * planned and the draft's is known. */
void estimate_find_rules(struct estimate *e);
/* Gives the parts of e->given their confidences. */
void estimate_ruled_confidence(struct estimate *e);
/* Is the confidence of this stage among them? */
bool estimate_is_ruled(const struct estimate *e, int32_t stage);
/* What share of the items that the gate lets through is reviewed all the same, where the log tells
 * the threshold. */
void estimate_audit(struct estimate *e);
/* What the draft step's drafts and confidences are. */
void estimate_draft(struct estimate *e);
/* What named reviewers tell of the review; true where, for want of labels, its sensitivity and
 * specificity are bounds from their disagreements. */
bool estimate_people(struct estimate *e);
/* The review's sensitivity, specificity, fixes and spoils; nothing where there is no review. */
void estimate_review(struct estimate *e);

#endif
