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
    bool backoff, latency, decisions, timeout, fallback, ways;
};

struct replay_counts {
    uint64_t attempts, visits, reviews, drafts; /* that the log does not show */
    uint64_t limits;          /* attempts that were cut off earlier than the policy would */
    uint64_t routes, changed; /* ways that no logged visit tells; that the policy changes */
    uint64_t patience;        /* waits of those who might have left */
};

/* Spans of a step, all its attempts. */
struct replay_spans {
    uint32_t *at;
    size_t n;
};

/* What an attempt at a step may cost that nobody made. */
struct replay_price {
    double low, high;
};

struct replay {
    const struct trace_log *log;
    const struct pipeline *base, *policy;
    const struct replay_options *options;
    int32_t *stage;               /* [n_steps] the log's; -1 */
    int32_t *base_step;           /* [n_steps] the same step of the base; -1 */
    struct replay_change *change; /* [n_steps] */
    bool *again;                  /* [n_steps] an item may come back */
    bool *inner;                  /* [stages] of a step inside a parallel */
    struct replay_spans *spans;   /* [n_steps] */
    int32_t review, gate;         /* the first ones of these steps; -1 */
    bool routed;                  /* the log does not show by what items go to review */
    bool ways;                    /* some step of the policy has ways */
    double *work;                 /* [visits] without the wait; NaN where none is known */
    double *shared_s;             /* [visits] in which visits before it ran, outside of parallels */
    uint32_t *order;              /* [items] by start */
    struct replay_price *price;   /* [n_steps] */
    double cost_between;          /* of all items, in no step */
    int64_t t0_ns;
    double span_s; /* from the first start to the last */
};

enum { REPLAY_ABANDONED = -32 }; /* beside TO_* */

/* One item's way through the policy, or one copy of a branch on its way through it. */
struct passage {
    uint32_t item;
    int32_t at; /* step, or TO_* once it has left */
    double now_s;
    uint32_t *counters;
    uint32_t visit;  /* that is made again; SPAN_NONE: one that the log does not show */
    double shared_s; /* of that visit, in which others before it ran */
    uint32_t made;   /* attempts of this visit */
    uint32_t visits; /* of steps, so far */
    bool asks;       /* waits for its turn in time */
    int32_t parent;  /* of a branch: the passage that waits for the join; -1 */
    uint32_t left, ok, failed, joins; /* branches on their way, ended; joins so far */
    uint32_t join, copy;              /* of a branch: which of the parent's joins, and copies */
    int64_t from_ns; /* of a branch: when its logged visit before ended, or the parallel began; 0 */
};

/* What an item carries, wherever it is. */
struct replay_item {
    double start_s, confidence; /* the last one that the log gave it */
    uint32_t first, cursor; /* its first visit not made again yet; behind the last one that was */
    bool good, reviewed, left;
    bool doomed, mended; /* it failed as a whole in the log; a visit that failed no longer does */
};

/* A request for review, the start of its work and its end. */
struct replay_asked {
    double from_s, start_s, end_s;
};

/* People, or a rate limit, of the policy. */
struct replay_line {
    const struct resource *law;
    double *free_s;        /* [servers] */
    double tokens, last_s; /* rate limit: tokens (below 0: promised) at last_s */
};

/* One pass: all items, with what is not known resolved in one way. */
struct replay_pass {
    const struct replay *replay;
    const struct pipeline *p; /* the policy, its numbers drawn */
    struct rules rules;
    enum replay_mode mode;
    uint64_t number;
    struct replay_counts unknown;
    struct replay_item *item;       /* [items] */
    bool *used;                     /* [visits] made again */
    uint32_t *visits_of;            /* [items][n_steps], where a condition asks; NULL */
    struct replay_line *line;       /* [n_resources] */
    double week_s;                  /* second of the week at 0 */
    VEC(struct replay_asked) asked; /* requests for review */
    double waits_s, busy_s;
    double cost, cost_low, cost_high; /* of all items; with unseen attempts at least, at most */
    double *latency;                  /* of shipped items */
    size_t n_shipped;
    uint64_t right, wrong, rejected, failed, abandoned, reviewed, automatic, automatic_wrong;
};

/* What comes of a visit or an attempt. */
enum replay_next { REPLAY_OVER, REPLAY_AGAIN };

/* Fills *r, of which log, base, policy and options are known; ERR_USAGE, ERR_INPUT and
 * ERR_UNSUPPORTED as log_replay.  The caller releases, also after an error. */
MUST_CHECK int replay_prepare(struct replay *r, struct error *err);
void replay_release(struct replay *r);

/* Finds prices, and what items cost between their steps. */
void replay_prices(struct replay *r);
/* Pays for a logged attempt, or for all of a logged visit, at the step where the passage is. */
void replay_pay_logged(struct replay_pass *pass, const struct passage *w, uint32_t span);
/* The same for all attempts of a logged visit. */
void replay_pay_visit(struct replay_pass *pass, const struct passage *w, uint32_t visit);
/* Pays for an attempt that nobody made; `most`: so many may follow from it, itself included, those
 * paid for already not. */
void replay_pay_unseen(struct replay_pass *pass, const struct passage *w, uint32_t most);

/* Begins the visit of the step that the passage is at: finds the logged one. */
void replay_enter(struct replay_pass *pass, struct passage *w);
/* Seconds of the next attempt, without waits, and what it shows; REPLAY_AGAIN: another one follows
 * after *wait_s. */
enum replay_next replay_attempt(struct replay_pass *pass, struct passage *w, double *work_s,
                                double *wait_s, bool *good);
/* Does the item need nothing of this step, so that it is past it now?  Else a visit follows. */
bool replay_passes_by(struct replay_pass *pass, struct passage *w);
/* The end of a visit of a stage or check. */
void replay_end(struct replay_pass *pass, struct passage *w, bool good);
/* A gate, or time around the steps. */
void replay_gate(struct replay_pass *pass, struct passage *w);
/* Time around the steps, as the log has it. */
void replay_between(struct replay_pass *pass, struct passage *w);
/* What the review takes and decides: *work_s, and the exit to leave by. */
enum exit_kind replay_review(struct replay_pass *pass, struct passage *w, double *work_s);
/* Leaves the step by an exit: the way that the log shows, where it shows one. */
void replay_leave(struct replay_pass *pass, struct passage *w, enum exit_kind exit);
/* All items of the log, those who ask for somebody in order of time. */
void replay_run(struct replay_pass *pass);

/* Opens the lines of the policy's resources; the pass owns them. */
void replay_lines_open(struct replay_pass *pass);
/* Closes and frees them. */
void replay_lines_close(struct replay_pass *pass);
/* Serves who asks now for work_s of resource `by`: true, and *start_s and *end_s; false: it leaves
 * at *end_s, for its patience ended. */
bool replay_serve(struct replay_pass *pass, const struct passage *w, uint32_t by, double work_s,
                  double *start_s, double *end_s);

/* Is a step of this stage inside a parallel? */
bool replay_inside(const struct replay *r, uint32_t step, int32_t stage);
/* (0, 1), the same for a pass, item, step, visit and purpose. */
double replay_unit(const struct replay_pass *pass, const struct passage *w, uint32_t purpose,
                   uint64_t k);

static inline const struct log_item *replay_item_of(const struct replay_pass *pass,
                                                    const struct passage *w)
{
    return &pass->replay->log->items.at[w->item];
}

#endif
