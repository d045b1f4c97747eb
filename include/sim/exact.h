/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact values by an absorbing Markov chain over (step, quality, confidence band, counters,
 * qualities on first entry), one chain for each class.
 *
 * Scenarios with arrivals are solved where nobody waits, or at desks of known forms
 * (sim/exact/desks.h).
 *
 * Evidence: values are posterior means, by Gauss-Jacobi quadrature over the posteriors (exact for
 * the polynomials that bounded pipelines give), and intervals are those of the parameters. */
#ifndef SEAM_SIM_EXACT_H
#define SEAM_SIM_EXACT_H

#include "base/error.h"
#include "model/pipeline.h"
#include "model/result.h"

struct exact_options {
    double level;     /* of parameter intervals */
    bool uncertainty; /* evidence as posteriors (the default where there is evidence), or as k/n */
    uint64_t seed;
    uint32_t max_states;           /* 0: 200,000 */
    bool values_only;              /* no losses and no sensitivities */
    bool means_only;               /* nor quantiles, escape rates and importances */
    const struct pipeline *learns; /* NULL, or the pipeline whose feedback loses reliability too */
    double *work;                  /* NULL, or where the ns that it takes are added up, roughly */
};

/* Fills metrics, stages, classes, edges, layers of *out (initialised by the caller, who judges
 * and releases it).  What it cannot have exactly is left out and named in warnings, and *complete
 * is false.  ERR_NUMERIC or ERR_LIMIT when there is no answer at all. */
MUST_CHECK int exact_solve(const struct pipeline *p, const struct exact_options *options,
                           struct result *out, bool *complete, struct error *err);

/* The probabilities alone, for searches: reliability, shipped wrong, review load, ... at the
 * pipeline's numbers as they are (no posterior). */
struct exact_point {
    double correct, wrong, rejected, failed; /* shares of items; add up to 1 */
    double auto_shipped, auto_wrong;         /* shipped without review, and wrong among those */
    double reviewed, reviewed_bad, reviews;  /* items, bad at their first review, visits */
    double cost, cost2;                      /* E[cost], E[cost^2] per item */
    double latency_shipped, latency_all;     /* E[latency; shipped], E[latency] in s */
};
MUST_CHECK int exact_point(const struct pipeline *p, struct exact_point *out, struct error *err);
/* Steps that an item visits on the mean, by its numbers as they are, or at the posterior means of
 * the evidence; for pipelines with loops that have no bound.  ERR_NUMERIC when items never leave
 * one; ERR_LIMIT or ERR_UNSUPPORTED when the chain does not tell it, or not soon. */
MUST_CHECK int exact_visits(const struct pipeline *p, bool at_means, double *visits,
                            struct error *err);

#endif
