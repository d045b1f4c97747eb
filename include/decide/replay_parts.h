/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of a replay, shared by its files and by nobody else. */
#ifndef SEAM_DECIDE_REPLAY_PARTS_H
#define SEAM_DECIDE_REPLAY_PARTS_H

#include "decide/replay.h"
#include "model/rules.h"

/* How what the log does not show turns out: drawn, all for the best, shipped wrong, or lost. */
enum replay_mode { REPLAY_DRAWN, REPLAY_BEST, REPLAY_WRONG, REPLAY_LOST, REPLAY_MODES };

/* What of a step the policy says otherwise than the base: the log does not hold for it. */
struct replay_change {
    bool backoff, latency, decisions, timeout, fallback;
};

struct replay_counts {
    uint64_t attempts, visits, reviews, drafts; /* that the log does not show */
    uint64_t limits; /* attempts that were cut off earlier than the policy would */
};

struct replay {
    const struct trace_log *log;
    const struct pipeline *base, *policy;
    const struct replay_options *options;
    int32_t *stage;               /* [n_steps] the log's; -1 */
    int32_t *base_step;           /* [n_steps] the same step of the base; -1 */
    struct replay_change *change; /* [n_steps] */
    int32_t review, gate;         /* steps; -1 */
    bool routed;                  /* the log does not show by what items go to review */
    double *work;                 /* [visits] of reviews: without the wait */
    int64_t t0_ns;
    double span_s; /* from the first start to the last */
};

/* One item's way through the policy. */
struct passage {
    uint32_t item;
    int32_t at; /* step, or TO_* once it has left */
    double now_s, start_s;
    bool good, reviewed;
    bool doomed, mended; /* it failed as a whole in the log; a visit that failed no longer does */
    uint32_t *counters;
};

/* A request for review, the start of its work and its end. */
struct replay_asked {
    double from_s, start_s, end_s;
};

/* One pass: all items, with what is not known resolved in one way. */
struct replay_pass {
    const struct replay *replay;
    const struct pipeline *p; /* the policy, its numbers drawn */
    struct rules rules;
    enum replay_mode mode;
    uint64_t number;
    struct replay_counts unknown;
    VEC(struct replay_asked) asked; /* requests for review */
    double waits_s, busy_s;
    double *latency; /* of shipped items */
    size_t n_shipped;
    uint64_t right, wrong, rejected, failed, reviewed, automatic, automatic_wrong;
};

/* Walks on until the item comes to the review (true: it asks now) or leaves (false). */
bool replay_walk(struct replay_pass *pass, struct passage *w);
/* What the review takes and decides: *work_s, and the exit to leave by. */
enum exit_kind replay_review(struct replay_pass *pass, struct passage *w, double *work_s);
/* Leaves the step by an exit. */
void replay_leave(struct replay_pass *pass, struct passage *w, enum exit_kind exit);
/* All items of the log, the requests for review in order of time. */
void replay_run(struct replay_pass *pass);
/* (0, 1), the same for a pass, item, step and purpose. */
double replay_unit(const struct replay_pass *pass, const struct passage *w, uint32_t purpose,
                   uint64_t k);

#endif
