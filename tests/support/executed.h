/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scenario executed in a test: with a wall clock that stands where nothing blocks. */
#ifndef SEAM_TESTS_EXECUTED_H
#define SEAM_TESTS_EXECUTED_H

#include "exec/event.h"
#include "model/result.h"

struct executed {
    uint64_t items, seed;
    uint32_t threads, in_flight;
    double level;                        /* 0: 95% */
    bool waits;                          /* in the time of the wall, not jumped over */
    const char *input;                   /* NULL, or JSON lines */
    const struct run_listener *listener; /* NULL */
};
/* Runs p as asked; -1 with err.  The caller has initialised *out and releases it. */
MUST_CHECK int execute(const struct pipeline *p, const struct executed *how, struct result *out,
                       struct error *err);
/* The same of a scenario's text, which must be a good one. */
MUST_CHECK int execute_text(const char *text, const struct executed *how, struct result *out,
                            struct error *err);
/* Monotonic seconds. */
double test_clock_s(void);

#endif
