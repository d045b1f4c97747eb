/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Desks in the steady state, in closed form, and scenarios with desks.
 *
 * A desk's arrivals are Poisson when the steps before it hold nothing (delays that nobody shares
 * displace the points of a Poisson process independently, and it stays one: Doob 1953, ch. VIII.5),
 * when items come to it once at most, and since independent routing thins it. */
#ifndef SEAM_SIM_EXACT_QUEUE_H
#define SEAM_SIM_EXACT_QUEUE_H

#include "base/error.h"
#include "model/pipeline.h"
#include "model/result.h"
#include "sim/exact.h"

struct waits; /* sim/exact/wait.h */

/* One stream of customers; those of a lower rank are served first. */
struct desk_stream {
    double rate_per_s, service[2]; /* E[S], E[S^2] in s, s^2 */
    uint32_t rank;
};
/* M/M/c/K+M: birth and death. */
struct desk {
    uint32_t servers;
    uint32_t room; /* ROOM_UNLIMITED: no limit */
    double rate_per_s, mean_s;
    double patience_s;      /* mean; INFINITY: for ever */
    double answer_within_s; /* of service_level; INFINITY: not asked */
};
/* NaN: not known.  Waits are of all who joined, but for wait_served_mean_s; block and abandon are
 * shares of all who came; growth is in items a day. */
struct desk_values {
    double utilisation, wait_mean_s, wait_served_mean_s, wait_p95_s, p_wait, service_level;
    double queue_length, in_system, block, abandon, growth;
};
/* ERR_NUMERIC when there is no steady state. */
MUST_CHECK int desk_markov(const struct desk *d, struct desk_values *out, struct error *err);
/* Stationary probabilities of n customers, n < *len; the caller frees with mem_free. */
double *desk_states(const struct desk *d, size_t *len);
/* One server, any service, first come first served (Pollaczek 1930, Khinchine 1932). */
MUST_CHECK int desk_general(const struct desk_stream *s, uint32_t n, struct desk_values *out,
                            struct error *err);
/* Mean waits wait_s[n] by rank: Cobham (1954); with several servers all services must be
 * exponential with one mean.  preemptive: one server, interrupted work resumes; the wait is all the
 * time not served. */
MUST_CHECK int desk_ranks(const struct desk_stream *s, uint32_t n, uint32_t servers,
                          bool preemptive, double *wait_s, struct desk_values *out,
                          struct error *err);

/* exact_solve for scenarios with arrivals; ERR_UNSUPPORTED with the assumption that fails. */
MUST_CHECK int exact_queue_solve(const struct pipeline *p, const struct exact_options *options,
                                 struct result *out, bool *complete, struct error *err);

/* Exchanges the values of a solution of p, at its numbers as they are, for posterior means with
 * intervals, and adds the shares of the variance by parameter; says why where that cannot be. work:
 * of the solution, about ns. */
void exact_queue_posterior(const struct pipeline *p, const struct exact_options *options,
                           double work, struct result *out);

/* exact_solve for an untimed pipeline whose steps have waits before them (sim/exact/wait.h); NULL:
 * none. */
MUST_CHECK int exact_solve_waiting(const struct pipeline *p, const struct waits *waits,
                                   const struct exact_options *options, struct result *out,
                                   bool *complete, struct error *err);

#endif
