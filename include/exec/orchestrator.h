/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside a run: items, their paths through the flow, calls of stages, what items share, and the
 * clock.  Between the files exec/orchestrator*.c alone.
 *
 * One thread drives: it owns all of this, takes every decision in the order of the run's clock, and
 * calls quick stages itself; other threads do nothing but call stages that may block (exec/pool.h).
 * So a run whose stages are quick, and whose clock jumps, is the same on any number of threads.
 *
 * An item is one or more paths (copies of a parallel's branches are paths of their own); a path
 * makes visits; a visit makes attempts; an attempt is one call or, when hedged, several. */
#ifndef SEAM_EXEC_ORCHESTRATOR_H
#define SEAM_EXEC_ORCHESTRATOR_H

#include "exec/payload.h"
#include "exec/pool.h"
#include "exec/run.h"
#include "exec/timer.h"
#include "math/recalibrate.h"
#include "math/rng.h"

/* --- guards: a breaker and a retry budget of a step, of the run (timed) or of an item (untimed) */

struct breaker_mark {
    double at_s;
    bool failed;
};
struct guard {
    VEC(struct breaker_mark) mark; /* from head on, those within the window */
    size_t head;
    uint32_t failed;
    bool open, probing;
    double until_s;
    double *tokens, *filled_s; /* [n_classes]; tokens -1: not begun */
};

/* --- environments: of the run (timed) or of an item (untimed) */
struct weather {
    struct rng_seq rng;
    bool begun;
    uint32_t state;
    double until_s;
    double calm_s, counted_s; /* time in states that override nothing, since the unit began */
    double unit_s;            /* when the unit of time began */
};

/* --- resources (timed) */
struct run_call;
struct desk {
    const struct resource *law;             /* borrowed */
    uint32_t index, servers, busy, waiting; /* servers: that are there now */
    struct run_call **line;                 /* heap by claim; [cap] */
    uint32_t cap;
    uint64_t joined;
    double tokens, filled_s;
    bool open, freed;
    double opened_s; /* since when it is as it is */
    struct timer timer;
    double since_s;    /* integrals up to then */
    uint32_t at_start; /* inside when the unit of time began */
};

/* --- one call of a stage */

enum call_state { CALL_WAITS, CALL_HELD, CALL_WORKS, CALL_RESTS };
struct run_call {
    struct job job; /* what a thread does with it */
    struct timer timer;
    struct run_path *path; /* NULL: nobody waits for it any more */
    struct run_call *next; /* of the same path, or in a list */
    enum call_state state;
    uint32_t number, copy; /* of the visit, from 1; of the attempt's hedge */
    bool first, probe, tired, recalled, began;
    bool made_wrong;                 /* its answer, of a real stage, is not what the truth says */
    double asked_s, begin_s, work_s; /* asked for its resource, began, a thread took it */
    double recalled_s;               /* how long it took when it was made */
    const struct numbers *numbers;
    struct numbers own; /* where environments or fatigue change them */
    struct desk *desk;
    double claim, cost;
    uint64_t order;
    uint32_t unit;  /* when it asked its desk */
    uint32_t place; /* in the desk's line */
};

/* --- paths and items */

enum path_phase { PATH_READY, PATH_BUSY, PATH_FORKED, PATH_DONE };
enum awaits { AWAITS_NOTHING, AWAITS_CACHE, AWAITS_BACKOFF, AWAITS_HEDGE };
/* What an item holds on a path, and how good that is. */
struct holding {
    struct text *payload;
    bool spoilt;        /* by the dice of stages that act by stated numbers */
    bool real;          /* something else than such stages has worked on it */
    signed char judged; /* the payload against the truth, as enum run_quality; JUDGE_NOT: not yet */
};
enum { JUDGE_NOT = 2 };
struct run_path {
    struct run_item *item;
    struct run_path *parent, *child, *sibling, *next_ready;
    uint32_t index; /* 0: the item's own; else 1 + copy */
    uint32_t step;
    enum path_phase phase;
    enum awaits awaits;
    enum outcome outcome;
    bool in_ready, dead, ok, cached;
    struct timer timer;
    struct holding held;
    double confidence; /* the last one; NaN */
    /* of the visit */
    double visit_s, attempt_s;
    uint32_t attempts, number, copies, given; /* given: 1 + index; 0: none */
    enum run_quality before;
    int verdict;      /* of the visit; -1 */
    double threshold; /* of the gate at this visit; NaN */
    struct run_call *calls;
    uint32_t n_calls;
    uint32_t n_ok, n_failed;     /* copies of branches */
    uint32_t *visits, *counters; /* [n_steps], [n_counters] */
    double *confidence_of;       /* [n_steps] */
    uint8_t *flags;              /* [n_steps] */
    struct holding *entry;       /* [n_entry_slots]: on first entering a step; payload NULL: not */
};
enum { FLAG_FAILED = 1, FLAG_WRONG = 2 };

struct run_item {
    uint64_t index;
    const char *id, *truth; /* truth NULL: not known */
    size_t truth_len;
    char own_id[24]; /* where the input gives none */
    uint32_t class;
    struct run_path *path;
    struct timer timer; /* its deadline */
    double entered_s, cost, wait_s;
    uint32_t visits, reviews, attempts, unit;
    enum run_quality reviewed_quality; /* on its way to the first review */
    bool audited, was_audited, counts;
    signed char *reached; /* [n_steps]: quality on first reaching it; REACHED_NOT */
    struct guard **guard; /* [n_steps], NULL where not needed yet; NULL in timed runs */
    struct weather *weather;
    struct run_item *next, *previous; /* of those inside */
};

/* --- a step, opened */
struct run_step {
    const struct step *step;
    struct stage stage; /* its kind, opened */
    struct desk *desk;  /* NULL: none, or nobody waits (untimed) */
    uint32_t n_touches; /* environments that override numbers of the step */
    bool corrects;      /* confidences of real stages, by `map` */
    struct calibration_map map;
    struct json_reader *exec;
    int32_t entry_slot;    /* where what an item holds on first entering is kept; -1 */
    uint32_t full_counter; /* first counter of the edges of its desk's full room */
};

struct run {
    const struct pipeline *given;    /* as written */
    const struct pipeline *pipeline; /* with calibrations applied */
    struct pipeline store;
    struct arena arena;
    const struct run_options *options;
    struct run_tally *tally;
    struct rules rules;
    bool timed;
    uint32_t n_counters, n_entry_slots;
    struct run_step *step; /* [n_steps] */
    struct desk *desk;     /* [n_resources] */
    struct guard **guard;  /* [n_steps]: timed */
    struct weather *weather;
    double **env_start; /* [n_environments][n_states]: shares of time */

    struct timers timers;
    double now_s;              /* of what happens now */
    double anchor_s, anchor_w; /* the clock: run and wall seconds when its rate last changed */
    double past_s;             /* what is before this has happened in the run that is resumed */
    uint32_t at_work;          /* calls that a thread is at and somebody waits for */
    struct pool *pool;
    struct run_call *held_first, *held_last; /* wait for a thread, or for the past to be over */
    uint32_t recalling;                      /* recalled calls that have not ended yet */

    struct run_path *ready_first, *ready_last;
    bool freed; /* some desk has lost a call */
    struct run_item *inside;
    uint64_t n_inside, n_entered, n_items, n_cohort;
    uint32_t in_flight;

    struct arriving {
        struct rng_seq rng;
        uint32_t row;
        uint64_t week;
        double base_s;
        size_t instant;
        struct timer timer;
        bool over;
    } arriving;
    double start_s, end_s; /* of the cohort */
    uint32_t unit;         /* of time, to which what is shared is counted */
    double unit_s;         /* when it began */
    bool arrived, looked;  /* no item of ours comes any more; desks are not looked at any more */

    struct run_path *free_paths;
    struct run_item *free_items;
    struct run_call *free_calls;
    struct payload_tool *tool;
    struct text *nothing; /* "{}" */
    bool draining;
    int status; /* -1: a listener could not keep up */
    struct error *err;
};

/* A random number of the visit that the path makes. */
static inline uint64_t run_number(const struct run *r, const struct run_path *p,
                                  enum rng_purpose purpose, uint32_t k)
{
    uint64_t key = rng_key(r->options->seed, p->index, p->item->index, p->step, purpose);
    return rng_at(key, (uint64_t)p->visits[p->step] << 32 | k);
}

/* --- orchestrator.c */
/* Tells the tally and the listeners. */
void run_tell(struct run *r, struct run_event *e);
/* An event of a path's visit, filled with what it shares with others. */
struct run_event run_event_of(const struct run *r, enum run_event_kind kind,
                              const struct run_path *p);
/* Puts the path into the line of those that begin a visit. */
void run_path_ready(struct run *r, struct run_path *p);
/* A fresh path of the item, from the pool. */
struct run_path *run_path_take(struct run *r, struct run_item *item);
/* Gives back a path on which nothing is going on, and all below it. */
void run_path_drop(struct run *r, struct run_path *p);
/* Stops all that is going on on a path and below; gave_up: because its item leaves. */
void run_path_stop(struct run *r, struct run_path *p, bool gave_up);
/* Copies what a path has seen to a new one. */
void run_path_copy(const struct run *r, struct run_path *to, const struct run_path *from);
/* Ends the item: tells it, counts it, and gives back all that it held. */
void run_item_end(struct run *r, struct run_item *item, enum run_end end);

/* --- orchestrator_quality.c */
struct holding run_holding_keep(const struct holding *h);
/* Lets go of it. */
void run_holding_drop(struct holding *h);
/* What a perfect judge would say of what the path holds. */
enum run_quality run_path_quality(struct run *r, struct run_path *p);
/* Does this answer of a real stage, put over what the path holds, make it wrong? */
bool run_path_made_wrong(struct run *r, struct run_path *p, const struct buf *merged);

/* --- orchestrator_visit.c */
void run_visit_begin(struct run *r, struct run_path *p);
/* The path's own event: a cached answer, the end of a backoff, the time of a copy. */
void run_visit_event(struct run *r, struct run_path *p);
/* Takes back all that the visit waits for; gave_up: because its item leaves. */
void run_visit_withdraw(struct run *r, struct run_path *p, bool gave_up);
/* After a failed attempt: another one, now or later, or the visit fails. */
void run_attempt_again(struct run *r, struct run_path *p);
/* With the good answer of an attempt. */
void run_visit_ok(struct run *r, struct run_path *p, struct run_call *c,
                  const struct stage_answer *answer);
/* With no good answer and no attempt left. */
void run_visit_fail(struct run *r, struct run_path *p);

/* --- orchestrator_call.c */
/* One more call of the path's attempt; false: the room was full, and there is no such call. */
bool run_call_out(struct run *r, struct run_path *p, bool first, bool probe);
/* At the end of its wait. */
void run_call_begin(struct run *r, struct run_call *c);
/* The call's own event: its answer counts, its time is up, or it is asked again. */
void run_call_event(struct run *r, struct run_call *c);
/* A thread has done with it. */
void run_call_worked(struct run *r, struct run_call *c);
/* Nobody needs its answer any more. */
void run_call_cancel(struct run *r, struct run_call *c, bool gave_up);
/* Hands out what waits for a thread. */
void run_calls_hand_out(struct run *r);

/* --- orchestrator_route.c */
/* The end of the path's visit: tells it, and follows the exit's route. */
void run_route_exit(struct run *r, struct run_path *p, enum exit_kind exit);
/* By the edge of a full room. */
void run_route_full(struct run *r, struct run_path *p);
/* By the first way that holds, else by the exit of a pass. */
void run_route_pass(struct run *r, struct run_path *p);
/* As the gate's thresholds say. */
void run_route_gate(struct run *r, struct run_path *p, const struct numbers *n);
/* What the numbers of a path's visit are before any environment. */
const struct numbers *run_path_numbers(const struct run *r, const struct run_path *p);

/* --- orchestrator_join.c */
void run_join_fork(struct run *r, struct run_path *p);
/* A branch has ended, visibly ok or not: is the join done? */
void run_join_note(struct run *r, struct run_path *child, bool ok);

/* --- orchestrator_desk.c */
void run_desks_init(struct run *r);
enum asked { ASKED_BEGUN, ASKED_WAITS, ASKED_FULL };
/* The call asks its resource for a server or a token. */
enum asked run_desk_ask(struct run *r, struct run_call *c);
/* The call gives its server back, or leaves the line. */
void run_desk_leave(struct run *r, struct run_call *c, bool gave_up);
/* The desk's own event: it opens or closes, a token has come, a patience ends. */
void run_desk_event(struct run *r, struct desk *d);
/* Servers that became free turn to their lines. */
void run_desks_settle(struct run *r);
/* Has the desk been on duty for so long? */
bool run_desk_tired(const struct run *r, const struct desk *d, double after_s);
/* Another unit of time begins, or none (RUN_NO_UNIT). */
void run_desks_turn(struct run *r, uint32_t unit);
/* The last of our items has come: what is worked off afterwards is no part of growth and rates. */
void run_desks_arrived(struct run *r, double at_s);
/* What happened by itself is over; complete: up to the end of the horizon. */
void run_desks_look_last(struct run *r, bool complete);
/* The run is over: counts what was up to now. */
void run_desks_close(struct run *r);

/* --- orchestrator_guard.c */
bool run_breaker_lets(struct run *r, struct run_path *p, bool *probe);
/* Is the step's breaker closed, so that copies may start? */
bool run_breaker_is_closed(struct run *r, struct run_path *p);
/* An attempt has ended: into the breaker's window. */
void run_breaker_note(struct run *r, struct run_path *p, bool probe, bool failed);
/* A probe was cancelled: another call may try. */
void run_breaker_forget(struct run *r, struct run_path *p);
/* A first attempt adds to the step's retry budget. */
void run_budget_earn(struct run *r, struct run_path *p);
/* Takes a token for a retry; false: there is none. */
bool run_budget_spend(struct run *r, struct run_path *p);
/* The retry policy of the path's step for the item's class. */
const struct retry *run_retry_of(const struct run *r, const struct run_path *p);
/* Frees what breaker and budget hold. */
void run_guard_free(struct guard *g);

/* --- orchestrator_weather.c */
void run_weather_init(struct run *r);
/* The unit of time is over: counts what was up to now. */
void run_weather_turn(struct run *r);
/* The state of each environment now, for an item: state[n_environments]. */
void run_weather_now(struct run *r, struct run_item *item, uint32_t *state);

/* --- orchestrator_arrive.c */
void run_arrivals_begin(struct run *r);
/* Items arrive now; sets the next arrival. */
void run_arrivals_event(struct run *r);
/* Untimed: as many items as there is room for. */
void run_items_enter(struct run *r);

#endif
