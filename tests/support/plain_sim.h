/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A slow, plain simulation of the whole scenario language, to hold the engines against.
 *
 * Written from model/pipeline.h rule by rule and sharing no code with src/sim: no event heap (each
 * step forward looks at everybody for the one whose time comes next), no vectors, no keyed streams,
 * no sketches, sums in doubles.  What it shares with the engines is below them: the pipeline, the
 * quantiles of math/dist.h, numbers_resolve, condition_holds and audit_probability.
 *
 * It does not do what is left out of simulation altogether (feedback), nor fitted calibrations. */
#ifndef SEAM_TESTS_PLAIN_SIM_H
#define SEAM_TESTS_PLAIN_SIM_H

#include "model/pipeline.h"
#include "model/result.h"

/* Rules that it can be told to break, so that a test can show that it would notice. */
#define PLAIN_FAULTS(X)                                                                            \
    X(NONE, "nothing")                                                                             \
    X(PATIENCE_ANEW, "patience is drawn anew after a preemption")                                  \
    X(PREEMPTED_RESTARTS, "preempted work begins anew")                                            \
    X(TIMEOUT_IN_QUEUE, "the time limit runs while an attempt waits")                              \
    X(TIMEOUT_INTERRUPTED, "the time limit runs while work is interrupted")                        \
    X(BEGINS_CLOSED, "work begins after closing")                                                  \
    X(HEDGE_HOLDS, "a cancelled copy keeps its server")                                            \
    X(BACKOFF_HOLDS, "a server is held during backoff")                                            \
    X(BUDGET_FREE, "retries take no token")                                                        \
    X(RETRY_SEES_FIRST, "retries meet the environment of the first attempt")                       \
    X(REWORK_PATIENT, "who comes back for rework waits for ever")                                  \
    X(REWORK_KEEPS, "rework keeps a bad quality")                                                  \
    X(ROOM_REWORK, "a full room lets rework in")                                                   \
    X(BREAKER_COUNTS_CANCELLED, "cancelled copies count as failures of the breaker")               \
    X(BREAKER_KEEPS_WINDOW, "a breaker that closes keeps its window")                              \
    X(COPY_FREE_OF_LIMIT, "copies take no token of a rate limit")                                  \
    X(BRANCH_RUNS_ON, "branches no longer needed run on")                                          \
    X(DEADLINE_AT_STEPS, "the deadline is looked at between steps only")                           \
    X(BATCH_ONE_CLASS, "items of a batch are of one class")                                        \
    X(AUDIT_DROPPED, "an audit passes by when the desk has a line")                                \
    X(PROBE_ALL, "a half-open breaker lets everybody through")                                     \
    X(NOT_TIRED, "nobody grows tired")                                                             \
    X(FIRST_COME, "every line is first come, first served")                                        \
    X(BATCH_ONE, "every batch is one item")                                                        \
    X(EVEN_DAY, "arrivals ignore the hour")
enum plain_fault {
#define X(name, words) PLAIN_##name,
    PLAIN_FAULTS(X)
#undef X
        PLAIN_FAULT_COUNT
};
const char *plain_fault_words(enum plain_fault f);

/* One horizon (timed), or `items` items (untimed), into *out, which the caller has initialised and
 * releases: metrics, stages, resources, environments and classes under the names that run_simulate
 * gives them, without intervals; what cannot be said (0/0) is left out. */
void plain_simulate(const struct pipeline *p, uint64_t seed, uint64_t items,
                    enum plain_fault broken, struct result *out);

#endif
