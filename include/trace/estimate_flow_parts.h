/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The moves of a log, counted: shared by estimate_flow.c and estimate_edges.c, and by nobody else.
 */
#ifndef SEAM_TRACE_ESTIMATE_FLOW_PARTS_H
#define SEAM_TRACE_ESTIMATE_FLOW_PARTS_H

#include "trace/estimate_parts.h"

enum { TO_GATE = -16 }; /* beside TO_* */

/* Where moves lead. */
struct aim {
    int32_t to;
    uint64_t k, free, after; /* moves; while no bound is reached; when one is */
    uint32_t most, now;      /* passes of an item */
    bool back;
};

/* A move that no bound kept from its way, by the confidence that the item had. */
struct aimed {
    double confidence;
    int32_t to, scorer;
};
/* One way is taken below a confidence, or from it on, and nearly never else. */
struct aim_rule {
    bool found, below;
    int32_t to, scorer; /* the stage that gives the confidence */
    double threshold;
    uint64_t n, wrong; /* moves, those that went against the rule */
};

/* A step that sends items another way by what they are: of the bad ones it catches some, of the
 * good ones it lets most pass. */
struct aim_check {
    bool found;
    int32_t to; /* where those go that it catches */
    uint64_t bad, caught, good, passed;
};

/* All moves that leave a place by one exit, or an entry. */
struct outflow {
    VEC(struct aim) aim;
    VEC(struct aimed) aimed;
    struct aim_rule rule;
    struct aim_check check;
    uint64_t n, n_free, dropped;
    uint32_t backs;
};

struct flow_plan {
    struct outflow *entry;                    /* [entries] */
    struct outflow (*place)[STRUCTURE_EXITS]; /* [places] */
    uint32_t n_entries, n_places;
    int32_t *part_of; /* [places] */
    int32_t review;   /* place; -1 */
    bool has_gate;
    int32_t own;                 /* the gate's place, if it is a step of the log; else -1 */
    struct outflow gate;         /* else: what it does */
    uint32_t holders;            /* places (-1: the start) that it stands behind */
    int32_t holder, last_holder; /* one of them, the last one */
    bool *before;                /* [places] items may still come to the review */
    uint8_t *routed;             /* [items] 1: came to the gate, 2: and went to review from there */
};

/* Does the gate lead to this place: to the review, or past it for good? */
bool estimate_is_gates(const struct flow_plan *p, int32_t to);
/* Those that pass a place, or an entry as -1 - e. */
struct outflow *estimate_pass_of(struct flow_plan *p, int32_t place);
/* The target of most, of those that no bound kept from theirs; there is one. */
const struct aim *estimate_usual_aim(const struct outflow *o);

/* Would a confidence decide its ways? */
bool estimate_has_rule(const struct flow_plan *p, const struct outflow *o);
/* Finds the steps that catch bad items, of those that pass items on by two ways forward; once the
 * moves are counted and the gate is known, before the parts are planned. */
void estimate_find_checks(struct estimate *e);

#endif
