/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scenario executed for real: items driven through its flow by the same rules (model/rules.h) as
 * the engines follow, with stages that do real work (exec/stage.h).
 *
 * The run's clock begins at 0.  While any call is at work it goes with the wall's; while all wait
 * (stated latencies, backoff, reviewers' pace, arrivals) it goes time_scale times as fast, and
 * with INFINITY it jumps to the next thing that happens.  So what is worked is measured, and what
 * is only waited for costs no more than it must. */
#ifndef SEAM_EXEC_RUN_H
#define SEAM_EXEC_RUN_H

#include "exec/event.h"
#include "exec/stage.h"

/* What the items are: built by exec/input.h from JSON lines, or made by the built-in world. */
struct run_input {
    void *arg;
    /* The item of this index: texts live until the run ends.  truth may be NULL.  Any thread. */
    void (*item)(void *arg, uint64_t index, const char **id, const char **class,
                 const char **payload, const char **truth);
    uint64_t items; /* how many there are; UINT64_MAX: as many as are asked for */
};

/* Answers of a run that was broken off: true fills the answer and how long it took. */
struct run_memory {
    void *arg;
    bool (*recall)(void *arg, const struct stage_call *call, struct stage_answer *a,
                   double *asked_s, double *begin_s, double *end_s);
    double upto_s; /* the run's clock when it was broken off: up to there nothing is waited for */
};

struct calibration_map; /* math/recalibrate.h */
struct injected;        /* exec/fault.h */
struct run_options {
    uint64_t items, seed;
    uint32_t threads;   /* that call stages; 0: enough for stages that block */
    uint32_t in_flight; /* items inside at once in untimed scenarios; 0: as many as is sensible */
    double time_scale;  /* > 0; INFINITY: waits take no time on the wall */
    const struct run_input *input;        /* NULL: empty payloads */
    const struct run_memory *memory;      /* NULL */
    const struct injected *faults;        /* NULL */
    const struct calibration_map **map;   /* [n_steps] what corrects the confidences of real stages
                                             in place of what the scenario says; NULL: nothing */
    const struct run_listener *listeners; /* [n_listeners] */
    size_t n_listeners;
    const atomic_bool *stop; /* Ctrl-C: nothing new begins, what runs is drained */
    /* A kind of the caller's own for a step, asked before the table of kinds; NULL: none. */
    const struct stage_kind *(*own_kind)(const struct stage_setting *s);
    struct stage_setting setting; /* for the stages: all but step and exec */
};

struct run_tally; /* exec/tally.h */
/* Runs p, which outlives the call, and counts into `tally`, which may be NULL.  When stopped it
 * drains: what had begun gets 0.4 seconds, items inside end as unfinished, and the answer is 0.
 * Errors: what stages cannot be opened with, what of the language is not run (ERR_UNSUPPORTED), and
 * those of listeners. */
MUST_CHECK int run_pipeline(const struct pipeline *p, const struct run_options *options,
                            struct run_tally *tally, struct error *err);

#endif
