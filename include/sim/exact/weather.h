/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Environments of untimed scenarios as one Markov chain in continuous time.
 *
 * Every item has its own stationary path of each environment.  States that last exponentially, or
 * for an Erlang time or a mixture of exponentials (phases: Neuts, "Matrix-Geometric Solutions in
 * Stochastic Models", 1981, ch. 2), make the environments together a chain with a generator Q, the
 * Kronecker sum of theirs; between two attempts a time L passes, over which it moves by
 * E[exp(Q L)]. */
#ifndef SEAM_SIM_EXACT_WEATHER_H
#define SEAM_SIM_EXACT_WEATHER_H

#include "sim/exact/latency.h"

enum { WEATHER_MAX = 64 };

/* One environment: n = 1 where it touches no step. */
struct weather_environment {
    uint32_t n;
    double *rate;    /* [n][n] its generator, per s */
    double *start;   /* [n] stationary */
    uint32_t *state; /* [n] the state that a phase belongs to */
    double fastest;  /* rate of leaving a phase, the largest */
    double *room;    /* [3][n][n] */
};
struct weather {
    uint32_t n_environments, n; /* joint phases, the first environment's counting fastest */
    struct weather_environment *environment;
    double *start;   /* [n] */
    double *rate;    /* [n][n] */
    uint32_t *state; /* [n][n_environments] */
    double fastest;
    double *room; /* [n][n] */
};
/* ERR_UNSUPPORTED with the environment and the assumption that fails, ERR_LIMIT with too many
 * phases; the caller releases. */
MUST_CHECK int weather_init(struct weather *w, const struct pipeline *p, struct error *err);
/* Frees all and leaves *w zero. */
void weather_release(struct weather *w);
/* out[n][n]: exp(Q t) less its limit, the stationary law in every row; t >= 0 in s. */
void weather_shift(const struct weather *w, double t, double *out);

/* --- over one random time (sim/exact/weather_law.c) */

/* A stretch over which exp(Q x) times a panel of the latency law is a polynomial to a Gauss rule
 * of PANEL_NODES points. */
struct weather_part {
    double from, width;
    uint32_t panel;
};
struct weather_law {
    struct dist dist; /* as given; its arrays are borrowed */
    double limit_s;
    struct latency_law law;
    VEC(struct weather_part) parts; /* as far as exp(Q x) still moves */
    struct panel *moving;           /* NULL, or [parts][2][n][n], see weather_law_hold */
    double *moment; /* [3][n][n]: E[L^k exp(Q L) | L <= limit_s], k = 0, 1, 2, in s^k; without the
                       moment's own part where it does not exist */
};
/* Of d within limit_s; the caller releases. */
void weather_law_init(struct weather_law *l, const struct weather *w, const struct dist *d,
                      double limit_s);
/* Fills l->moving: on each part the complement of the latency times exp(Q x) less its limit. */
void weather_law_hold(struct weather_law *l, const struct weather *w);
/* Frees all and leaves *l zero. */
void weather_law_release(struct weather_law *l);

/* --- attempts in the weather (sim/exact/weather_chain.c) */

/* How attempts that begin in one weather end: visible failures in time and late, of those that are
 * not tried again [0] and that are [1]. */
struct sky_attempt {
    struct numbers numbers;
    double outcome[OUTCOME_COUNT], lost[2], lost_late[2], cost;
};
/* Of a unit, as filled or as if its step were perfect or failed always. */
void sky_attempt(const struct chain *c, uint32_t unit, enum chain_step how,
                 struct sky_attempt *out);
/* The law of a unit's latency within its limit; owned by c. */
const struct weather_law *sky_law(const struct chain *c, uint32_t unit);
/* That of the limit itself, likewise. */
const struct weather_law *sky_late(const struct chain *c, uint32_t unit);
/* That of the wait after `made` attempts of a visit, at least one; owned by c. */
const struct weather_law *sky_wait(const struct chain *c, uint32_t unit, uint32_t made);

/* The environments of a chain. */
const struct weather *sky_weather(const struct chain *c);

#endif
