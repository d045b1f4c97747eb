/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tries that a framework folds into one span, as the definition of the workflow tells them: n8n
 * tries a node with `retryOnFail` up to `maxTries` times, with `waitBetweenTries` between, and logs
 * one run with the time of all. */
#ifndef SEAM_TRACE_FOLDED_H
#define SEAM_TRACE_FOLDED_H

#include "base/intern.h"
#include "model/result.h"

struct folded_node {
    uint32_t tries; /* at most, 2 or more; 0: definitions differ */
    double wait_s;
};
/* Zeroed, with folded_init: none; folded_release. */
struct folded {
    struct intern names; /* of spans */
    VEC(struct folded_node) list;
    uint64_t untold; /* runs whose export holds no definition */
    uint64_t alone;  /* definitions that stand beside the runs */
};
/* None so far. */
void folded_init(struct folded *f);
/* Frees the names and the list. */
void folded_release(struct folded *f);
/* Spans of this name hold up to so many tries. */
void folded_note(struct folded *f, const char *name, size_t len, struct folded_node node);
/* NULL: not told of spans of this name. */
const struct folded_node *folded_find(const struct folded *f, const char *name);
/* Says which spans hold tries, and where nothing tells. */
void folded_report(const struct folded *f, struct result *out);

#endif
