/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of the plain simulation: everybody in one table of their kind, looked through in order.
 */
#ifndef SEAM_TESTS_PLAIN_SIM_PARTS_H
#define SEAM_TESTS_PLAIN_SIM_PARTS_H

#include "math/rng.h"
#include "tests/support/plain_sim.h"

#include <math.h>

enum { PLAIN_STEPS = 24, PLAIN_EDGES = 64, NOBODY = UINT32_MAX };

/* What a path remembers of a step. */
struct plain_memory {
    bool entered, failed, wrong;  /* of its last visit, for `given` */
    bool entered_good;            /* the quality when it first entered the step */
    double confidence, threshold; /* NaN: none yet */
    uint32_t visits;
};

struct plain_item {
    bool live, cohort, reviewed;
    uint32_t class;
    double entered_s, leaves_s; /* leaves_s: its deadline */
    double cost, wait_s;
    uint32_t visits, reviews;
    uint32_t last_step;
    bool bad_at[PLAIN_STEPS]; /* was bad on reaching the step */
    uint32_t *state;          /* untimed: [n_environments], its own */
    double *changes_s;
};

enum plain_phase { PATH_CACHED, PATH_TRYING, PATH_WAITING_TO_RETRY, PATH_JOINING, PATH_NEXT };
struct plain_path {
    bool live;
    uint32_t item;
    uint32_t parent, branch; /* the path that stands at the parallel; NOBODY */
    uint32_t step;
    enum plain_phase phase;
    double until_s; /* end of the cache's latency, of the backoff; PATH_NEXT: now */
    int32_t next;   /* PATH_NEXT: where to */
    bool good;
    double confidence;
    struct plain_memory at[PLAIN_STEPS];
    uint32_t n_passed;
    struct {
        const struct edge *edge;
        uint32_t n;
    } passed[PLAIN_EDGES];
    /* of the visit */
    int32_t given;
    double visit_s, attempt_s, hedge_after_s; /* attempt_s: INFINITY before its work begins */
    uint32_t attempts, copies;                /* copies: of the running attempt that have started */
    bool probe, first_failed, silent;
    uint32_t outcome;       /* of the last attempt, as shown */
    struct numbers numbers; /* of the attempt that counts */
    bool came_back;         /* this visit is rework */
    uint32_t first_state[8];
    /* of a parallel */
    uint32_t n_branches;
    bool branch_done[64], branch_ok[64], branch_good[64];
    double branch_confidence[64];
    struct plain_memory (*branch_at)[PLAIN_STEPS];
};

enum plain_state { CALL_IN_LINE, CALL_SERVED };
struct plain_call {
    bool live, first_copy, counted, tired;
    bool begun, interrupted; /* has been served before; is in line again */
    uint32_t path, resource; /* resource: 1 + index, 0: none */
    uint32_t class;
    enum plain_state state;
    uint64_t order;                          /* of joining */
    double joined_s, leaves_line_s;          /* of this wait: its beginning, the end of patience */
    double waited_s;                         /* until this wait */
    double length_s;                         /* of the work, as it seems in the line */
    double left_s, ends_s, began_s, first_s; /* first_s: the first time that it began */
    double u_latency, u_outcome, u_seen, u_repair;
    struct numbers numbers;
    uint32_t outcome;
};

struct plain_end {
    double at_s;
    bool failed;
};
struct plain_breaker {
    enum { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_PROBING } state;
    double opened_s;
    VEC(struct plain_end) ended;
};
struct plain_bucket {
    bool used;
    double tokens, filled_s;
};

/* Sums, by class and altogether. */
struct plain_class {
    double n, correct, wrong, rejected, failed, abandoned, unfinished, automatic, auto_wrong,
        reviewed, reviews, visits, cost, wait, time, ended;
    VEC(double) shipped_times, costs, times;
};
struct plain_step {
    double visits, ended, ok, first_ok, retried, retried_ok, in_budget, caught, attempts, answers;
    double end[5], cost, visit_time, ships, rejects, fails, abandons, bad, bad_shipped;
};
struct plain_desk {
    double busy, open, waiting, span, asked, joined, blocked, abandoned, waited, in_time, served;
    double wait, wait_served;
    VEC(double) waits;
    struct plain_bucket tokens;
    bool is_open;
    double opened_s, changes_s;
};

struct plain {
    const struct pipeline *p;
    enum plain_fault broken;
    struct rng_seq rng;
    double now_s, start_s, end_s;
    bool timed;
    uint64_t order;
    double arrives_s;
    size_t instant;
    VEC(struct plain_item) item;
    VEC(struct plain_path) path;
    VEC(struct plain_call) call;
    uint32_t *state; /* timed: the path of each environment that all share */
    double *changes_s, *calm_s;
    double weather_span;
    struct plain_breaker *breaker; /* [n_steps] */
    struct plain_bucket *budget;   /* [n_steps * n_classes] */
    struct plain_desk *desk;       /* [n_resources] */
    struct plain_class *class;     /* [n_classes + 1], the last is all */
    struct plain_step *step;       /* [n_steps] */
};

/* --- chance */
double plain_unit(struct plain *s);
bool plain_chance(struct plain *s, double p);
double plain_draw(struct plain *s, const struct dist *d);

/* --- plain_world.c: arrivals, calendars, environments */
void plain_next_arrival(struct plain *s);
void plain_arrive(struct plain *s);
bool plain_is_open(const struct plain *s, const struct resource *r, double at_s);
double plain_next_change(const struct plain *s, const struct resource *r, double at_s);
void plain_weather_begin(struct plain *s, uint32_t *state, double *changes_s);
void plain_weather_turn(struct plain *s, uint32_t environment, uint32_t *state, double *changes_s);
const uint32_t *plain_weather(const struct plain *s, const struct plain_item *item);
bool plain_calm(const struct environment *e, uint32_t state);

/* --- plain_desk.c: who is served when */
void plain_ask(struct plain *s, uint32_t call);
/* Did anybody begin? */
bool plain_serve_all(struct plain *s);
void plain_desk_turn(struct plain *s, uint32_t resource);
/* The calls of a path that wait give up: their item leaves as abandoned. */
void plain_leave_lines(struct plain *s, uint32_t path);
double plain_token_s(const struct plain *s, uint32_t resource);
/* Counts what waits and what is served until `until_s`. */
void plain_desk_pass(struct plain *s, double until_s);
/* The call is over for its resource, however it ended; its wait is counted. */
void plain_let_go(struct plain *s, uint32_t call);

/* --- plain_visit.c: visits and attempts */
void plain_visit(struct plain *s, uint32_t path, uint32_t step);
void plain_attempt(struct plain *s, uint32_t path);
void plain_copy(struct plain *s, uint32_t path);
void plain_hedge(struct plain *s, uint32_t path);
double plain_copy_s(const struct plain *s, uint32_t path);
void plain_call_begins(struct plain *s, uint32_t call);
void plain_call_ends(struct plain *s, uint32_t call);
void plain_no_place(struct plain *s, uint32_t call);
void plain_cached(struct plain *s, uint32_t path);
/* Drops the calls of a path; their cost stays paid. */
void plain_cancel(struct plain *s, uint32_t path);

/* --- plain_route.c: where a path goes next, and how an item ends */
void plain_count_visit(struct plain *s, uint32_t path, bool ok);
void plain_visit_ends(struct plain *s, uint32_t path, bool ok);
void plain_take(struct plain *s, uint32_t path, const struct edge *edge);
void plain_go(struct plain *s, uint32_t path, int32_t to);
enum plain_exit { END_SHIPPED, END_REJECTED, END_FAILED, END_ABANDONED, END_UNFINISHED };
void plain_item_ends(struct plain *s, uint32_t item, enum plain_exit how, bool good);
void plain_fork(struct plain *s, uint32_t path);
void plain_branch_ends(struct plain *s, uint32_t path, bool ok);
void plain_drop_branches(struct plain *s, uint32_t path);

void plain_report(const struct plain *s, struct result *out);

#endif
