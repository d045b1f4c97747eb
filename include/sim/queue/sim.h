/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of one run of the general engine: items, paths, calls, desks, and the clock.
 *
 * An item is one or more paths through the flow (a parallel's branches are paths of their own); a
 * path makes visits; a visit makes attempts; an attempt is one call or, when hedged, several.  All
 * live in pools whose slots are used again, so memory grows with what is inside at once and not
 * with the number of items; everything is named by index, because pools move when they grow. */
#ifndef SEAM_SIM_QUEUE_SIM_H
#define SEAM_SIM_QUEUE_SIM_H

#include "math/calibration.h"
#include "math/rng.h"
#include "sim/calendar.h"
#include "sim/queue/arrive.h"
#include "sim/queue/program.h"
#include "sim/queue/tally.h"
#include <stdatomic.h>

enum { NONE = UINT32_MAX };
/* Items of one horizon that the guard of loops ends before the horizon is given up. */
enum { QUEUE_GUARDED_MOST = 8 };

/* --- the clock: a 4-ary heap of events; equal times in the order they were set */

/* Who an event belongs to: a slot of a pool, or one of the few others. */
enum owner { OWNER_CALL, OWNER_PATH, OWNER_ITEM, OWNER_OTHER, OWNER_KINDS };
/* Indices of OWNER_OTHER. */
enum { OTHER_ARRIVAL, OTHER_WINDOW, OTHER_OBSERVE, OTHER_GUARD, OTHER_DESK };
struct clock {
    /* An event: time in s (its bits, which rise with it: times are >= 0) << 64 | order << 32 |
     * owner, which is index * OWNER_KINDS + kind. */
    unsigned __int128 *heap;
    uint32_t n, cap;
    uint32_t *place; /* [owners]: position + 1 in the heap; 0: not set */
    uint32_t owners;
    uint32_t set;              /* events set so far, or since they were last numbered anew */
    bool hole;                 /* the first place is empty: its event is the one that happens */
    unsigned __int128 arrival; /* apart, for it is set and taken at every arrival */
    double event_s;            /* time of the event that happens */
    double now_s;              /* the same, or ahead of it */
};
/* Frees the heap and leaves *c zero. */
void clock_release(struct clock *c);
/* Drops all events and sets the time to 0; keeps the memory. */
void clock_clear(struct clock *c);
/* At most one event for each owner: it must not be set. */
void clock_set(struct clock *c, double at_s, enum owner kind, uint32_t index);
/* Makes *to, of its own memory, what *from is. */
void clock_copy(struct clock *to, const struct clock *from);
/* Drops the next arrival; false when none was set. */
bool clock_drop_arrival(struct clock *c);
/* Drops the owner's event; nothing when it is not set. */
void clock_drop(struct clock *c, enum owner kind, uint32_t index);
/* The next event's owner; the time moves on to it.  NONE: nothing is set. */
uint32_t clock_next(struct clock *c);

/* --- pools */

struct item {
    uint64_t key;                             /* of its random numbers */
    double entered_s, leaves_s, cost, wait_s; /* leaves_s: INFINITY without a deadline */
    double *sums;                             /* of the unit where it is counted */
    uint32_t visits, reviews, unit, path;     /* path: the first one */
    uint16_t class;
    bool counts;                      /* is its unit one that counts? */
    bool reviewed_bad, was_bad, live; /* was_bad: on first reaching some step */
    bool audited;                     /* on its way to the review of an audit */
    uint32_t next_free;
};

/* What a path's own event stands for. */
enum awaits {
    AWAITS_NOTHING,
    AWAITS_CACHE,
    AWAITS_BACKOFF,
    AWAITS_HEDGE,
    AWAITS_VISIT,
    AWAITS_ANSWER
};
enum phase { PHASE_FREE, PHASE_READY, PHASE_BUSY, PHASE_JOIN, PHASE_DONE, PHASE_DEAD };
struct path {
    uint64_t key, stream;          /* stream: of this visit's random numbers */
    double *sums;                  /* of the step, in the item's unit */
    const struct queue_step *at;   /* the step of this visit */
    const struct queue_plan *row;  /* its numbers for this item: of each state of environments */
    const struct queue_plan *plan; /* of the call that decided */
    uint32_t item, step;
    uint8_t phase, outcome, awaits; /* awaits: what its event stands for */
    uint8_t end;                    /* of the attempt without a record of its own */
    bool good, ok, ready, tired, probe;
    double visit_s, confidence; /* when the visit began; the last confidence, NaN: none */
    double ready_s;             /* when it was made ready: maybe ahead of the clock */
    double attempt_s, took_s;   /* when the attempt's first call began; how long it takes */
    uint32_t attempts, number;  /* of this visit; calls made */
    uint32_t next;              /* in the list of the ready, or of the free */
    uint32_t calls, n_calls;    /* list of those that wait or run */
    uint32_t copies;            /* hedges started in this attempt */
    uint32_t parent, copy;      /* parent: NONE for the item's own */
    uint32_t children, sibling; /* lists of paths */
    uint32_t n_ok, n_failed, n_good;
};

enum call_state { CALL_FREE, CALL_WAITING, CALL_RUNNING };
struct call {
    uint32_t path, item, desk; /* desk: NONE without */
    uint32_t number;           /* which of the visit */
    uint32_t previous, next;   /* of the same path */
    uint8_t state, end, first;
    bool interrupted, tired, probe, started, in_time, patient;
    const struct queue_plan *plan;   /* once it has begun */
    double joined_s, since_s;        /* asked; waits or runs since */
    double waited_s, left_s, took_s; /* waits so far; once begun: work left, and in all */
    double key; /* order of service: smallest key, interrupted first, first come */
    uint64_t order;
    uint32_t before, after; /* in the desk's line; before: place in its heap */
    uint32_t place;         /* among those that run */
    uint32_t unit;          /* where its wait is counted */
    uint32_t next_free;
};

/* --- what items share */

struct desk {
    const struct resource *resource; /* borrowed */
    uint32_t servers, busy, waiting;
    struct calendar hours;
    uint32_t first, last; /* fifo, lifo: the line */
    uint32_t *heap;       /* other disciplines: [heap_cap] */
    uint32_t heap_cap;
    uint32_t *running; /* [servers] */
    uint64_t joined;
    double tokens, filled_s; /* rate limit */
    /* integrals of this unit of time: those up to since_s */
    double begun_s, since_s, waiting_s, open_s, busy_s[2]; /* busy: while closed, while open */
    uint32_t at_start; /* in the system when the unit of time began */
    bool freed;        /* in the list of desks that have lost a call, see desk_settle */
    uint32_t next_freed;
};

/* Instants ahead of the clock at which something will have happened: a heap. */
struct instants {
    double *at; /* [cap], the least one first */
    uint32_t n, cap;
};
struct breaker_mark {
    double at_s;
    bool failed;
};
struct breaker_state {
    struct breaker_mark *mark; /* ring [cap], a power of two */
    uint32_t head, n, cap, failed;
    bool open, probing;
    double until_s;
    struct instants ok; /* answers of paths that have run ahead */
};
struct bucket {
    double tokens, filled_s;
    struct instants earns; /* first attempts of paths that have run ahead */
};
/* An environment stays in a state until then. */
struct spell {
    double until_s;
    uint32_t state;
};
struct environment_state {
    struct rng_seq rng;
    struct spell *spell;   /* ring [cap], a power of two: that of the event which happens, and as */
    uint32_t head, n, cap; /* many more as somebody ahead of it asked for; n 0: not begun */
    double since_s, calm_s; /* not counted yet: since when; calm time before that */
    bool disturbed;
};

struct tilt;

/* What reviewers say of items, from one instant to another. */
struct label_sink {
    double from_s, upto_s; /* half-open */
    uint32_t whose;        /* LABELS_* */
    uint64_t n, mended;    /* labels; those of items that the reviewer mended */
    uint32_t n_asked;
    const uint32_t *asked; /* [n_asked] steps: borrowed */
    struct label_rows {
        VEC(struct scored) list;
    } * rows; /* [n_asked]: the confidences that those steps gave, and the verdicts */
};

struct queue_sim {
    const struct queue_program *program; /* borrowed */
    struct label_sink *labels;           /* borrowed; NULL: nobody collects them */
    struct queue_tally *tally;           /* borrowed */
    const atomic_bool *stop;             /* borrowed; NULL */
    uint64_t worked;                     /* attempts and events; now and then `stop` is asked */
    bool stopped;
    uint32_t guarded_items; /* of a horizon: ended by the guard of loops */
    double guard_s;         /* when a horizon ends whoever is inside; INFINITY: untimed */
    uint64_t seed, replication, items_key; /* items_key: of the items' own keys */
    struct clock clock;

    struct item *item;
    struct path *path;
    struct call *call;
    char *blob; /* [path_cap][stride] */
    uint32_t item_cap, path_cap, call_cap;
    uint32_t item_used, path_used, call_used; /* slots ever used */
    uint32_t free_item, free_path, free_call;
    uint32_t ready_first, ready_last;
    uint32_t items_inside, cohort_inside;

    struct desk *desk;                 /* [n_resources] */
    uint32_t first_freed;              /* NONE: no desk */
    struct breaker_state *breaker;     /* [n_steps] */
    struct bucket *bucket;             /* [n_steps * n_classes] */
    struct environment_state *weather; /* [n_environments] */

    /* arrivals and the horizon (timed) */
    struct arrival_walk arrivals;
    uint64_t arrived;      /* items */
    double start_s, end_s; /* of the cohort */
    uint32_t window;       /* unit of time that runs, of n_units; n_units: none */
    double unit_s;         /* its length */
    uint32_t observed;
    bool ending;       /* who is still inside is taken out */
    bool splits;       /* starts after a wait are counted, see DESK_STARTS */
    bool guarded;      /* untimed: some step has a breaker or a budget */
    struct tilt *tilt; /* borrowed; NULL: numbers as they fall */
};

/* A simulation of g, which must outlive it; free with queue_sim_free. */
struct queue_sim *queue_sim_new(const struct queue_program *g);
/* Frees the simulation; NULL is none. */
void queue_sim_free(struct queue_sim *s);
/* Untimed, item by item: what follows is of the stream (seed, replication) and counted in *t. */
void queue_sim_alone(struct queue_sim *s, uint64_t seed, uint64_t replication,
                     struct queue_tally *t);
/* Runs an item, alone, and counts it in a unit of the tally. */
void queue_sim_item(struct queue_sim *s, uint64_t number, uint32_t unit);
/* Untimed: items [first, first + n), counted into unit 0 of *t, which is then closed.  False:
 * stopped half-way, nothing was counted. */
bool queue_sim_items(struct queue_sim *s, uint64_t seed, uint64_t replication, uint64_t first,
                     uint64_t n, struct queue_tally *t);
/* Timed: one horizon; its units are closed.  False: stopped half-way, nothing was counted. */
bool queue_sim_horizon(struct queue_sim *s, uint64_t seed, uint64_t replication,
                       struct queue_tally *t);
/* The same, event by event: its beginning.  The units stay open. */
void queue_sim_begin(struct queue_sim *s, uint64_t seed, uint64_t replication,
                     struct queue_tally *t);
/* The next event; false when there is none left to happen or `stop` was set. */
bool queue_sim_step(struct queue_sim *s);
/* Its end: whoever is still inside is unfinished. */
void queue_sim_finish(struct queue_sim *s);
/* Makes *to, a simulation of the same program, what *from is in the middle of a horizon, counting
 * into the same tally; from here on its random numbers are others (salt: any number), where what
 * was drawn already does not bind them. */
void queue_sim_copy(struct queue_sim *to, const struct queue_sim *from, uint64_t salt);

/* --- between the files of the engine */

/* sim/queue/visit.c */
void visit_begin(struct queue_sim *s, uint32_t path);
void visit_later(struct queue_sim *s, uint32_t path, double at_s); /* begins then */
void visit_event(struct queue_sim *s, uint32_t path);              /* the path's own event */
void visit_call_done(struct queue_sim *s, uint32_t call);
/* Takes the calls of a path away: those that wait, and those that run. */
void visit_withdraw(struct queue_sim *s, uint32_t path, bool gave_up);
/* The visit ends, visibly ok or not: its time is counted. */
void visit_close(struct queue_sim *s, uint32_t path, bool ok);

/* sim/queue/route.c */
void route_pass(struct queue_sim *s, uint32_t path);
/* Takes the first route from index `first` that has room, and counts it: the path is ready at
 * the next step, or has ended. */
void route_take(struct queue_sim *s, uint32_t path, int32_t first);
/* Takes an item in; its path is ready. */
void item_enter(struct queue_sim *s, uint64_t number, uint32_t unit);
/* Counts the item's end, and gives back its slot and those of its paths. */
void item_end(struct queue_sim *s, uint32_t item, enum item_end how);

/* sim/queue/join.c */
void join_fork(struct queue_sim *s, uint32_t path);
/* Notes that a child has ended, ok or not; its parent's join ends once that decides it. */
void join_note(struct queue_sim *s, uint32_t child, bool ok);
/* Stops what a path and those below it do; then gives their slots back. */
void path_stop(struct queue_sim *s, uint32_t path, bool gave_up);
/* Gives back the slots of a path and of all below it; one in the ready list when its turn comes. */
void path_drop(struct queue_sim *s, uint32_t path);

/* sim/queue/pool.c */
uint32_t item_new(struct queue_sim *s);
/* Index of a fresh path; pointers to paths are stale afterwards. */
uint32_t path_new(struct queue_sim *s);
/* Index of a fresh call; pointers to calls are stale afterwards. */
uint32_t call_new(struct queue_sim *s);
/* Gives the item's slot back. */
void item_free(struct queue_sim *s, uint32_t item);
/* Gives the path's slot back; it must not be in the ready list. */
void path_free(struct queue_sim *s, uint32_t path);
/* Gives the call's slot back. */
void call_free(struct queue_sim *s, uint32_t call);
/* Puts the path at the end of the ready list, as of now. */
static inline void path_make_ready(struct queue_sim *s, uint32_t path)
{
    struct path *p = &s->path[path];
    p->phase = PHASE_READY;
    p->ready = true;
    p->ready_s = s->clock.now_s;
    p->next = NONE;
    if (s->ready_first == NONE)
        s->ready_first = path;
    else
        s->path[s->ready_last].next = path;
    s->ready_last = path;
}

/* sim/queue/call.c */
void call_begin(struct queue_sim *s, uint32_t call);
/* The latency that it would have now, for desks that serve the shortest first. */
double call_length(struct queue_sim *s, uint32_t call);
void call_stop(struct queue_sim *s, uint32_t call); /* interrupted: keeps the work left */
/* The numbers of a visit to a step that environments touch, as they are now. */
const struct queue_plan *plan_in_weather(struct queue_sim *s, const struct path *p);
/* The numbers of the visit that the path makes, now. */
static inline const struct queue_plan *plan_of(struct queue_sim *s, const struct path *p)
{
    return p->at->n_touches ? plan_in_weather(s, p) : p->row;
}

/* sim/queue/desk.c */
enum asked { ASKED_FULL, ASKED_WAITS, ASKED_BEGUN };
/* Empties all desks and puts them at the start of their calendars; keeps the memory. */
void desk_clear(struct queue_sim *s);
/* The call asks its step's desk: refused as full, waits (`patient`: it may give up), or begun. */
enum asked desk_ask(struct queue_sim *s, uint32_t call, bool patient);
/* A bucket of tokens gives one for a call that begins now, and counts it; false: it must ask. */
bool desk_passes(struct queue_sim *s, uint32_t desk);
void desk_leave(struct queue_sim *s, uint32_t call);                  /* done */
void desk_withdraw(struct queue_sim *s, uint32_t call, bool gave_up); /* waits or runs */
/* Desks that have lost a call turn to their lines.  For when all else of this instant is done: a
 * copy or branch that is not needed any more must not begin just to be cancelled. */
void desk_settle_all(struct queue_sim *s);
/* The same, where there are such desks. */
static inline void desk_settle(struct queue_sim *s)
{
    if (s->first_freed != NONE)
        desk_settle_all(s);
}
/* What the clock was set for at a desk: a token is there, or its hours begin or end. */
void desk_event(struct queue_sim *s, uint32_t desk);
/* Adds the integrals up to now to the unit of time that runs; they begin again. */
void desk_close_unit(struct queue_sim *s, uint32_t desk);

/* sim/queue/weather.c */
void weather_start(struct queue_sim *s, uint64_t key);
/* The environment's state now, in [0, n_states), drawn as far as needed. */
uint32_t weather_at(struct queue_sim *s, uint32_t environment);
void weather_close(struct queue_sim *s); /* counts the unit of time that ends now */
/* sim/queue/guard.c */
void guard_clear(struct queue_sim *s);
/* May a call begin?  *probe is set to true, else untouched, where it is to try an open breaker. */
bool breaker_lets(struct queue_sim *s, uint32_t step, bool *probe);
/* Is the step's breaker closed? */
bool breaker_is_closed(struct queue_sim *s, uint32_t step);
/* Counts how a call ended: may open the breaker, and a probe closes it or opens it again. */
void breaker_note(struct queue_sim *s, uint32_t step, bool probe, bool failed);
/* Counts a call, no probe, that will have ended visibly ok now that the path is ahead of the clock,
 * when its time comes. */
void breaker_note_ok(struct queue_sim *s, uint32_t step);
void breaker_forget(struct queue_sim *s, uint32_t step); /* its probe was cancelled */
void budget_earn(struct queue_sim *s, uint32_t step, uint32_t class, const struct retry *r);
/* Takes a token for one retry; false when none is left, true without a budget. */
bool budget_spend(struct queue_sim *s, uint32_t step, uint32_t class, const struct retry *r);

/* --- small */

/* What a number of a path is for. */
enum purpose {
    FOR_LATENCY,
    FOR_OUTCOME,
    FOR_BACKOFF,
    FOR_CONFIDENCE,
    FOR_DECISION,
    FOR_WAY,
    FOR_AUDIT,
    FOR_CACHE,
    FOR_CACHE_LATENCY,
    FOR_THRESHOLD,
    FOR_PATIENCE,
    FOR_CLASS,
    FOR_QUALITY,
    PURPOSES
};
/* Step below 2^10, visit below 2^21, call below 2^28. */
static inline uint64_t stream_of(uint32_t step, uint32_t visit)
{
    return (uint64_t)step << 53 | (uint64_t)visit << 32;
}
/* A number of the visit that the path makes. */
static inline uint64_t path_number(const struct path *p, uint32_t call, enum purpose purpose)
{
    return rng_at(p->key, p->stream | (uint64_t)call << 4 | purpose);
}
/* A number of an item, at a step or (0) none. */
static inline uint64_t item_number(const struct item *item, uint32_t step, enum purpose purpose)
{
    return rng_at(item->key, stream_of(step, 0) | purpose);
}
/* What a path keeps, in its blob: visits, confidences, counters of edges; of the simulation. */
static inline uint32_t *path_visits(const struct queue_sim *s, uint32_t path)
{
    return (uint32_t *)(void *)(s->blob + path * s->program->stride + s->program->at_visits);
}
static inline double *path_confidences(const struct queue_sim *s, uint32_t path)
{
    return (double *)(void *)(s->blob + path * s->program->stride + s->program->at_confidence);
}
static inline uint32_t *path_counters(const struct queue_sim *s, uint32_t path)
{
    return (uint32_t *)(void *)(s->blob + path * s->program->stride + s->program->at_counters);
}
enum { FLAG_FAILED = 1, FLAG_WRONG = 2, FLAG_BAD = 4 }; /* bad: on first reaching the step */
static inline uint8_t *path_flags(const struct queue_sim *s, uint32_t path)
{
    return (uint8_t *)(s->blob + path * s->program->stride + s->program->at_flags);
}
enum { ENTRY_UNSET = 0, ENTRY_BAD = 1, ENTRY_GOOD = 2 };
static inline uint8_t *path_entries(const struct queue_sim *s, uint32_t path)
{
    return (uint8_t *)(s->blob + path * s->program->stride + s->program->at_entry);
}

/* Should all end?  To be asked in every loop that may be long. */
static inline bool sim_stopped(struct queue_sim *s)
{
    enum { STOP_EVERY = 4096 };
    if (++s->worked % STOP_EVERY == 0 && s->stop)
        s->stopped |= atomic_load(s->stop);
    return s->stopped;
}

/* Is a span of time at most so long, but for the rounding of the clock? */
static inline bool within_s(const struct queue_sim *s, double span_s, double limit_s)
{
    return span_s <= limit_s + 1e-14 * s->clock.now_s;
}

#endif
