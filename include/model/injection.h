/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of faults for a pipeline (exec/fault.h says how it is written and what it does): read with
 * the parts of the scenario language, and refused with the same sentences. */
#ifndef SEAM_MODEL_INJECTION_H
#define SEAM_MODEL_INJECTION_H

#include "model/faults.h"
#include "model/pipeline.h"

struct injection_step {
    bool present;
    double error, timeout, malformed, wrong; /* shares of attempts, at most 1 together */
    double slow;                             /* share */
    struct dist slow_by;                     /* s */
};
/* In [from_s, to_s) of the run's clock a resource has so many servers more, or fewer. */
struct injection_shift {
    uint32_t resource;
    double from_s, to_s;
    int32_t servers;
};
struct injection {
    struct pipeline p; /* the environments, over the steps of the pipeline; owns the arena */
    uint64_t seed;
    struct injection_step *step; /* [n_steps] */
    uint32_t n_shifts;
    struct injection_shift *shift;
};

/* Parses `len` bytes named `file` for a pipeline, which outlives *out.  ERR_INPUT with the first of
 * *faults, which the caller initialised; the caller releases *out after success. */
MUST_CHECK int injection_parse(const char *file, const char *text, size_t len,
                               const struct pipeline *p, struct faults *faults,
                               struct injection *out, struct error *err);
/* Frees what it owns. */
void injection_release(struct injection *x);

#endif
