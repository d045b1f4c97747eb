/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flow that many items show: order of steps, edges, review, gate, and how each item ended. */
#ifndef SEAM_TRACE_DISCOVER_H
#define SEAM_TRACE_DISCOVER_H

#include "trace/log.h"

/* Puts the stages in the order of the flow, tells their layers and kinds, finds review, gate,
 * scorer and threshold, counts edges, and fills verdict, reviewed, confidence and end of every
 * item.  Calls discover_truth. */
void discover(struct trace_log *log);
/* How often each step comes before each other one, over all batches of items; ranking_free. */
struct ranking;
/* An empty one. */
struct ranking *ranking_new(void);
/* NULL is fine. */
void ranking_free(struct ranking *r);
/* Counts the items of a log, whose stages are those of the batches before and maybe more. */
void ranking_add(struct ranking *r, const struct trace_log *log);
/* Puts the stages of the log in order; new_of[old number], which its visits keep. */
void ranking_apply(const struct ranking *r, struct trace_log *log, uint32_t *new_of);

/* What is found of a log whose items come in batches.  The review, and whether items have roots, is
 * decided on the first; order, layers, scorer and gate at the end.  Zeroed; discovery_release. */
struct discovery {
    struct ranking *order;
    VEC(uint64_t) before;   /* by stage: visits that the review came right behind */
    uint64_t items, rooted; /* all, and those with a root */
    bool decided, has_roots;
    bool any_told, told_apart; /* spans told a threshold; two different ones */
    double told;
    bool other_review; /* set by discover_order: all batches show another one */
};
/* As discover, for the items of one batch: the stages keep their numbers, and there is no gate. */
void discover_batch(struct trace_log *log, struct discovery *d);
/* After the last batch: puts the stages in order; new_of[old number]. */
void discover_order(struct trace_log *log, struct discovery *d, uint32_t *new_of);
/* An item that has a confidence at the gate. */
struct routed {
    double confidence;
    bool reviewed;
};
/* Then layers and kinds, scorer, gate and threshold, from n items; failed[stage]: a visit of it
 * failed or was tried again. */
void discover_finish(struct trace_log *log, struct discovery *d, const struct routed *items,
                     size_t n, const bool *failed);
/* Frees what it holds and leaves *d zero. */
void discovery_release(struct discovery *d);

/* What is known of each item's draft and of what it shipped: labels first, then annotations, then
 * decisions. */
void discover_truth(struct trace_log *log);
/* Finds gate and threshold anew, from the items that are left. */
void discover_gate(struct trace_log *log);
/* Counts the edges and the steps that run side by side anew. */
void discover_edges(struct trace_log *log);
/* When items were over that no root span encloses: not with the branches that they did not wait for
 * (structure.h).  Once the edges are counted. */
void discover_waits(struct trace_log *log);
/* At which steps people decide: the review, and others where they do at most visits and no machine
 * does the work; settled for each step once, when it is first seen.  After the gate. */
void discover_people(struct trace_log *log);
/* The last word of people in the run of an item; LOG_NO_VERDICT. */
enum log_verdict discover_last_word(const struct trace_log *log, const struct log_item *item);
/* The confidence that an item has after a visit, and whose it is (*by, NULL at first): the last
 * one, of copies side by side the highest. */
double discover_confidence(double before, const struct log_visit **by, const struct log_visit *v);
/* When a visit is over, a little before its end, for clocks of logs are coarse; ns. */
int64_t discover_sure_end(const struct log_visit *v);
/* The cut between two neighbours of the n items, in any order, with the fewest on its wrong
 * side: reviewed ones lie below. */
void discover_cut(const struct routed *items, size_t n, double *low, double *high, uint64_t *wrong);
/* "approve", "Accepted", "corrected", "reject", ... */
enum log_verdict discover_verdict(const char *decision);
/* Does a verdict let the draft pass as it is?  LOG_UNKNOWN without one. */
enum log_truth discover_verdict_truth(enum log_verdict said);
/* What a person's annotation says of a draft: "correct", "Incorrect", "thumbs-down", "fixed", ...
 */
enum log_truth discover_annotation(const char *text);
/* The shortest decimal t with low < t <= high, the one nearest the middle among equally short ones;
 * 0 <= low < high <= 1. */
double discover_shortest(double low, double high);

#endif
