/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scenario executed in a test with its traces kept, and a scenario fitted to them. */
#ifndef SEAM_TESTS_TRACED_H
#define SEAM_TESTS_TRACED_H

#include "model/scenario.h"
#include "trace/log.h"

struct world;

struct traced {
    struct pipeline p;
    struct result r;
    struct buf traces; /* OTLP JSON lines */
};
struct traced_options {
    const struct setting *set; /* one change of the scenario, or NULL */
    const char *faults;        /* the text of a file of faults, or NULL */
    uint64_t items, seed;
    struct world *world; /* of real stages, in folder; its briefs are the items, which do not wait
                            for each other; NULL: the stages act by the scenario's numbers */
    const char *folder, *program;
};
/* Runs the scenario of this text, which must be a good one; the caller releases. */
void traced_run(const char *scenario, const struct traced_options *how, struct traced *out);
void traced_release(struct traced *o);
/* What the traces tell; the caller releases both. */
void traced_fit(const struct traced *o, struct trace_log *log, struct pipeline *fitted);
/* The scenario of this text, which must be a good one. */
void traced_parse(const char *text, const struct setting *set, struct pipeline *p);

#endif
