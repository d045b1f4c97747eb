/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an item waits at a desk before its work: moments and, where it is known, the law. */
#ifndef SEAM_SIM_EXACT_WAIT_H
#define SEAM_SIM_EXACT_WAIT_H

#include "sim/exact/latency.h"

/* One stream of work at a desk: a latency, cut at its limit. */
struct wait_stream {
    double rate_per_s, limit_s;
    struct latency_law law;
};
enum wait_kind {
    WAIT_MEAN,        /* only the mean is known */
    WAIT_EXPONENTIAL, /* none with probability 1 - share, else exponential of a rate */
    WAIT_GENERAL,     /* that of M/G/1 */
    WAIT_SERVED,      /* that of M/M/c/K+M, of those who are served */
    WAIT_LEFT         /* and of those whose patience ends */
};
struct wait_law {
    enum wait_kind kind;
    double mean_s, square; /* E[W], E[W^2]; WAIT_MEAN: the square is not known */
    double share, rate_per_s;
    double load, work_s; /* general: of the server; E[S] */
    uint32_t n;
    struct wait_stream *stream; /* owned */
    /* served and left: who finds `levels` others or fewer in line, by how many, as shares of all
     * who come; the line moves on at pace_s + i leave_s when i are before one */
    double *mass; /* [levels] owned */
    uint32_t levels;
    double at_once, pace_s, leave_s;
    double part; /* of all who come: with this law */
};
/* Before each attempt of a step. */
struct waits {
    const struct wait_law **law; /* [n_classes][n_steps]; NULL: none */
    bool whole;                  /* the law of an item's time can be had from them */
};

/* A wait of this mean. */
void wait_law_mean(struct wait_law *w, double mean_s);
/* That of M/M/c: P(wait) and the rate of what is spare. */
void wait_law_exponential(struct wait_law *w, double share, double rate_per_s);
/* A stream of work: latencies in s, cut at limit_s, that come at this rate. */
struct wait_work {
    const struct dist *latency;
    double limit_s, rate_per_s;
};
/* That of M/G/1 for n streams, whose latencies must outlive w; their loads add up to less than 1.
 */
void wait_law_general(struct wait_law *w, const struct wait_work *work, uint32_t n);
struct desk;
/* That of those who come to M/M/c/K+M and are served: from p[len], the stationary probabilities of
 * n at the desk (desk_states). */
void wait_law_served(struct wait_law *w, const struct desk *d, const double *p, size_t len);
/* That of those whose patience ends before they are served, likewise. */
void wait_law_left(struct wait_law *w, const struct desk *d, const double *p, size_t len);
/* Frees the streams and masses, and leaves *w zero. */
void wait_law_release(struct wait_law *w);

/* Fills out[window_waves] with E[exp(-s W)]. */
void wait_law_transform(const struct wait_law *w, const struct window *at, struct wave *out);
/* The kinks of the same that matter in this window. */
void wait_law_kinks(const struct wait_law *w, const struct window *at, struct kinks *out);
/* The quantile of p in (0, 1), in s; NaN where it is not known to 1e-6. */
double wait_law_quantile(const struct wait_law *w, double p);
/* P(W <= x s); NaN likewise. */
double wait_law_within(const struct wait_law *w, double x);

#endif
