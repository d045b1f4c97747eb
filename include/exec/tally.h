/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run counts as it goes, and the result that is made of it.
 *
 * Sums are kept for each of RUN_UNITS parts of the run, so that the spread between parts says how
 * sure a mean is (batch means); values of which quantiles are asked are kept themselves, up to a
 * limit (math/values.h).  Every function but tally_init and run_measure takes NULL: nothing is
 * counted. */
#ifndef SEAM_EXEC_TALLY_H
#define SEAM_EXEC_TALLY_H

#include "exec/event.h"
#include "math/calibration.h"
#include "math/values.h"
#include "model/result.h"

/* Sums of a class in a unit. */
enum run_class_sum {
    RUN_N,
    RUN_SHIPPED,
    RUN_REJECTED,
    RUN_FAILED,
    RUN_ABANDONED,
    RUN_UNFINISHED,
    RUN_CORRECT,
    RUN_WRONG,
    RUN_UNKNOWN_SHIPPED,
    RUN_AUTO, /* shipped without a review */
    RUN_AUTO_WRONG,
    RUN_AUTO_UNKNOWN,
    RUN_REVIEWED,
    RUN_REVIEWED_BAD,
    RUN_REVIEWED_KNOWN,
    RUN_REVIEWS,
    RUN_JUDGED, /* items whose quality is known */
    RUN_TIME_SHIPPED,
    RUN_ENDED,
    RUN_TIME,
    RUN_IN_DEADLINE, /* correct within the objective's deadline */
    RUN_WAIT,
    RUN_VISITS,
    RUN_VISITS2, /* sums of their powers */
    RUN_VISITS3,
    RUN_VISITS4,
    RUN_COST,
    RUN_IN_BUDGET,
    RUN_WORTH, /* less cost */
    RUN_ATTEMPTS,
    RUN_CLASS_SUMS
};
/* Sums of a step in a unit. */
enum run_step_sum {
    RUN_STEP_VISITS, /* begun; some are cut short */
    RUN_STEP_ENDED,
    RUN_STEP_ATTEMPTS,
    RUN_STEP_ANSWERS, /* attempts that were not cancelled */
    RUN_STEP_OK,
    RUN_STEP_WRONG,
    RUN_STEP_ERROR,
    RUN_STEP_MALFORMED,
    RUN_STEP_TIMEOUT,
    RUN_STEP_ENDED_OK, /* visits */
    RUN_STEP_FIRST_OK,
    RUN_STEP_RETRIED,
    RUN_STEP_RETRIED_OK,
    RUN_STEP_ATTEMPT_TIME,
    RUN_STEP_VISIT_TIME,
    RUN_STEP_IN_BUDGET,
    RUN_STEP_SHIPS,
    RUN_STEP_REJECTS,
    RUN_STEP_FAILS,
    RUN_STEP_ABANDONS,
    RUN_STEP_CAUGHT,
    RUN_STEP_BAD,
    RUN_STEP_BAD_SHIPPED,
    RUN_STEP_COST,
    RUN_STEP_SUMS
};
/* Sums of a resource in a unit, which is one of time. */
enum run_desk_sum {
    RUN_DESK_ASKED,
    RUN_DESK_BLOCKED,
    RUN_DESK_JOINED,
    RUN_DESK_SERVED,
    RUN_DESK_WAITED,
    RUN_DESK_IN_TIME,
    RUN_DESK_ABANDONED,
    RUN_DESK_WAIT,
    RUN_DESK_WAIT_SERVED,
    /* over time, s */
    RUN_DESK_SPAN,
    RUN_DESK_WAITING,
    RUN_DESK_SYSTEM,
    RUN_DESK_BUSY,   /* servers at work while open; of a rate: what its tokens took */
    RUN_DESK_OPEN,   /* servers on duty; of a rate: the span */
    RUN_DESK_GROWTH, /* more inside at the end of the unit than at its beginning */
    RUN_DESK_SUMS
};
enum { RUN_NO_UNIT = UINT32_MAX }; /* time and calls that do not count */

struct run_class_tally {
    double (*unit)[RUN_CLASS_SUMS]; /* [RUN_UNITS] */
    struct values shipped_s, all_s, costs;
};
struct run_step_tally {
    double (*unit)[RUN_STEP_SUMS];
    struct values attempts_s, visits_s;
    struct run_scores {
        VEC(struct scored) list;
    } scores;     /* confidences that it gave, where it is known what was right */
    uint64_t *to; /* [n_steps + 4]: visits that went on there, then to TO_SHIP .. TO_JOIN */
    struct run_capable {
        uint64_t right, of; /* visits that kept it right, of those that were handed what is right */
    } * capable;            /* [n_classes], by what is known */
};
/* How many waited and were inside at an instant. */
struct run_seen {
    uint32_t waiting, inside;
};
enum { RUN_SEEN_MAX = 400 };
struct run_desk_tally {
    double (*unit)[RUN_DESK_SUMS]; /* [RUN_UNITS] */
    struct values waits_s;
    double seen_each_s; /* > 0; twice as long whenever there would be more than RUN_SEEN_MAX */
    VEC(struct run_seen) seen; /* at 0, seen_each_s, 2 seen_each_s, ... of the run's clock */
};
/* An environment in a unit of time, s. */
struct run_weather_time {
    double calm_s, span_s;
};
struct tally_end {
    bool partial, timed;
};
struct run_tally {
    const struct pipeline *pipeline;               /* borrowed */
    struct run_class_tally *class;                 /* [n_classes + 1]: the last one of all */
    struct run_step_tally *step;                   /* [n_steps] */
    struct run_desk_tally *desk;                   /* [n_resources] */
    struct run_weather_time (*weather)[RUN_UNITS]; /* [n_environments] */
    double span_s[RUN_UNITS];                      /* of a timed run: how long its items arrived */
    struct tally_end end;
    uint64_t endless; /* items that the guard of loops ended */
};

/* Nothing counted yet; the pipeline outlives the tally. */
void run_tally_init(struct run_tally *t, const struct pipeline *p);
/* Frees all that it counted. */
void run_tally_release(struct run_tally *t);
/* Takes in an event of the run. */
void run_tally_note(struct run_tally *t, const struct run_event *e);
/* An item that counts, of this part of the run, begins a visit. */
void run_tally_entered(struct run_tally *t, uint32_t step, uint32_t unit);
/* Something of a resource in a unit, which may be RUN_NO_UNIT. */
void run_tally_add(struct run_tally *t, uint32_t desk, uint32_t unit, enum run_desk_sum what,
                   double x);
/* A call's wait was over after so long, and it was served. */
void run_tally_served(struct run_tally *t, uint32_t desk, uint32_t unit, double waited_s,
                      double within_s);
/* A call left the line. */
void run_tally_left(struct run_tally *t, uint32_t desk, uint32_t unit, double waited_s,
                    bool gave_up);
/* Resources are looked at so often, > 0 s: before anything happens. */
void run_tally_watch(struct run_tally *t, double each_s);
/* So it is with a resource up to an instant, beyond the last that was told. */
void run_tally_look(struct run_tally *t, uint32_t desk, double upto_s, uint32_t waiting,
                    uint32_t inside);
/* An environment's time in a unit. */
void run_tally_weather(struct run_tally *t, uint32_t environment, uint32_t unit, double calm_s,
                       double span_s);
/* The run has ended so. */
void run_tally_close(struct run_tally *t, const struct tally_end *end);

/* Fills metrics, classes, stages, edges, resources and environments of *out (initialised by the
 * caller, who judges and releases it) with intervals at `level`.  What rests on items whose quality
 * is not known is given as bounds: value NaN, low and high, level 0. */
void run_measure(struct run_tally *t, double level, struct result *out);

#endif
