/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue of reviews: a task for each visit of an item to a review step, decided by people.
 *
 * Adding is idempotent.  A claim is for a time: who dies with one loses it.  A decision stands at
 * once and can be undone until the run has taken it.  Instants are seconds since 1970; errors of a
 * task that cannot be had or decided are ERR_INPUT and name the task. */
#ifndef SEAM_STORE_QUEUE_H
#define SEAM_STORE_QUEUE_H

#include "store/store.h"

enum task_state {
    TASK_WAITING,
    TASK_DECIDED, /* the run has not seen it yet */
    TASK_TAKEN,   /* the run has gone on with it */
    TASK_WITHDRAWN
};
struct task {
    int64_t id, run;
    uint64_t item;
    uint32_t path, step, visit;
    const char *item_id, *step_id, *class;
    const char *payload; /* JSON object */
    uint32_t priority;   /* 1 goes first; 0: after all others */
    double created_s, due_s /* INFINITY: none */, claim_s;
    enum task_state state;
    const char *holder; /* "": none */
    double held_until_s;
};
/* Numbers of enum stage_verdict. */
enum task_verdict { TASK_APPROVE, TASK_REJECT, TASK_EDIT, TASK_VERDICT_COUNT };
/* "approve", "reject", "edit". */
const char *task_verdict_name(enum task_verdict v);
struct task_decision {
    enum task_verdict verdict;
    const char *reviewer, *reason;
    const char *edit; /* JSON object: members put over the payload's; NULL but for TASK_EDIT */
    double time_s;
};

/* Adds a task of which id, state and holder are not looked at, or finds the one of the same run,
 * item, path, step and visit (one that was withdrawn waits again). */
MUST_CHECK int queue_add(struct store *s, const struct task *t, int64_t *id, struct error *err);
/* The decision of a task that was made at `before_s` or earlier, which it takes: from then on it
 * cannot be undone.  *is false: none yet.  Texts in `arena`. */
MUST_CHECK int queue_take(struct store *s, int64_t id, double before_s, struct arena *arena,
                          struct task_decision *out, bool *is, struct error *err);
/* Nobody needs it any more, unless it was decided. */
MUST_CHECK int queue_withdraw(struct store *s, int64_t id, struct error *err);

struct queue_skip {
    const int64_t *task; /* [n] not to be given */
    size_t n;
};
/* Gives the reviewer the first task in order of priority, due time and number that nobody else
 * holds (claim_s as the task says).  *is false: there is none.  Texts in `arena`. */
MUST_CHECK int queue_claim(struct store *s, const char *reviewer, double now_s,
                           const struct queue_skip *skip, struct arena *arena, struct task *out,
                           bool *is, struct error *err);
/* The same for one task, also to hold it longer. */
MUST_CHECK int queue_hold(struct store *s, int64_t id, const char *reviewer, double now_s,
                          struct error *err);
/* Gives it back. */
MUST_CHECK int queue_let_go(struct store *s, int64_t id, const char *reviewer, struct error *err);
/* ERR_INPUT when it is decided already, withdrawn, or somebody else holds it. */
MUST_CHECK int queue_decide(struct store *s, int64_t id, const struct task_decision *d,
                            struct error *err);
/* Takes the reviewer's last decision back; the task is theirs again.  ERR_INPUT when there is none
 * or the run has gone on with it. */
MUST_CHECK int queue_undo(struct store *s, const char *reviewer, double now_s, int64_t *id,
                          struct error *err);
MUST_CHECK int queue_get(struct store *s, int64_t id, struct arena *arena, struct task *out,
                         struct error *err);
/* Those that wait, in their order; texts borrowed for the call. */
MUST_CHECK int queue_list(struct store *s, uint32_t limit,
                          void (*row)(void *arg, const struct task *t), void *arg,
                          struct error *err);

struct queue_count {
    uint64_t waiting, held, late; /* of those waiting: held by somebody; past their due time */
    uint64_t decided;             /* by this reviewer */
    double oldest_s;              /* when the oldest waiting one came; NaN: none */
};
MUST_CHECK int queue_count(struct store *s, const char *reviewer, double now_s,
                           struct queue_count *out, struct error *err);
/* Decisions that stand and no run has taken: those of `run`, by item. */
MUST_CHECK int queue_untaken(struct store *s, int64_t run,
                             void (*row)(void *arg, const struct task *t,
                                         const struct task_decision *d),
                             void *arg, struct error *err);

#endif
