/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The absorbing chain behind exact.h: built once for a pipeline and class, refilled for every set
 * of parameters.
 *
 * A state is an item about to enter a step, with all of its past that the rest of its way may
 * still ask about: its quality, the bands of its confidences between the thresholds of the gates
 * ahead, counters of the edges ahead, qualities to go back to, and whether it was reviewed.
 * A hop leads from a state to another or out; its probability is the weight of a branch, and
 * branches belong to steps, so that refilling touches a few dozen numbers.
 *
 * Life cycle: chain_build, then chain_fill before any solve; chain_release. */
#ifndef SEAM_SIM_EXACT_CHAIN_H
#define SEAM_SIM_EXACT_CHAIN_H

#include "base/error.h"
#include "math/rng.h"
#include "model/rules.h"
#include <stdbool.h>
#include <stdint.h>

/* --- one visit (sim/exact/visit.c) */

struct attempt_time {
    double late;       /* P(latency > timeout) */
    double capped;     /* E[min(latency, timeout)] in s */
    double in_time[2]; /* E[L^k | L <= timeout], k = 1, 2; 0 where a moment does not exist */
    double timeout_s;  /* 0 where there is none */
    bool infinite[2];  /* the k-th moment does not exist */
};
/* Fills *t from a latency in s and its timeout in s (infinite: none). */
void attempt_time_set(struct attempt_time *t, const struct dist *latency, double timeout_s);

enum visit_end { END_OK, END_FAILED, END_COUNT };

/* Attempts of a visit, how it ends, and the moments of its time and attempts for each end. */
struct visit_law {
    double outcome[OUTCOME_COUNT]; /* of an attempt, see rules_outcomes */
    double rate[OUTCOME_COUNT];    /* the same with unseen malformed payloads as malformed */
    double ok, wrong, failed;      /* how the visit ends; ok and wrong are both visibly ok */
    double first_ok;               /* the first attempt is visibly ok */
    double retried, retried_ok;    /* a second attempt was made; and the visit ended visibly ok */
    double time[END_COUNT][2];     /* E[T^k | end] in s^k, 0 for an end that cannot be */
    double tries[END_COUNT][2];    /* E[attempts^k | end] */
};
struct hedge_law;
/* Fills *law for one visit by these numbers, with these retries; hedge NULL or with copies 0: one
 * call makes an attempt. */
void visit_law_set(struct visit_law *law, const struct numbers *n, const struct retry *retry,
                   const struct attempt_time *time, const struct hedge_law *hedge);

/* --- the chain (sim/exact/chain.c, sim/exact/explore.c, sim/exact/order.c) */

/* Where a hop leads when its target is negative: kind of end, quality, reviewed. */
enum absorb_kind { ABSORB_SHIP, ABSORB_REJECT, ABSORB_FAIL, ABSORB_KIND_COUNT };
enum { ABSORB_COUNT = ABSORB_KIND_COUNT * 4 };
static inline uint32_t absorb_index(enum absorb_kind kind, bool good, bool reviewed)
{
    return (uint32_t)kind * 4 + (good ? 2u : 0u) + (reviewed ? 1u : 0u);
}

struct hop {
    int32_t to;      /* a state, or -1 - absorb_index */
    uint32_t branch; /* index into weight */
};

enum { REVIEW_NEVER, REVIEW_FIRST, REVIEW_BEFORE };
struct chain_state {
    uint32_t step, unit, hop; /* hops are [hop, the next state's hop) */
    bool good;
    uint8_t reviewed;      /* REVIEW_FIRST: entering its first review */
    uint32_t scorer, band; /* 1 + who gave the last confidence, as far as that is asked; its band */
};

/* What an item can be about to do at a step: units 0 .. n_steps - 1 are visits by the steps' own
 * numbers, further ones visits by numbers of `given`, hits of a cache, and choices, which take no
 * time and count nothing: hit or miss, the way among `next`, the side of a gate that draws. */
enum unit_kind {
    UNIT_VISIT,
    UNIT_HIT,
    UNIT_CACHE,
    UNIT_WAYS,
    UNIT_SOFT,
    UNIT_FORK, /* which outcome a parallel comes to */
    UNIT_JOIN  /* a visit of a parallel that comes to one outcome */
};
struct chain_unit {
    uint32_t step;
    enum unit_kind kind;
    int32_t given;  /* whose numbers; -1: the step's own; of a fork: its context less 1 */
    uint32_t first; /* its first branch */
    uint32_t width; /* of the branches of items of one quality; choices: 0, as they do not ask */
    uint32_t first_end, n_ends; /* its entries in chain.end */
    uint32_t weather;           /* joint state of the environments when the visit begins */
};
/* What a unit adds in one of its ends: E[X^k | end] of time in s and of cost, k = 1, 2. */
struct chain_end {
    double time[2], cost[2];
};
static inline bool unit_counts(const struct chain_unit *u)
{
    return u->kind == UNIT_VISIT || u->kind == UNIT_HIT || u->kind == UNIT_JOIN;
}
enum { UNIT_NONE = UINT32_MAX };
/* A hedged attempt: how it ends, E[X^k | end] of its time in s and of its calls, and the laws of
 * its time (sim/exact/hedge.c). */
struct latency_law;
struct hedge_law {
    uint32_t copies;
    double p[END_COUNT], time[END_COUNT][2], calls[END_COUNT][2];
    struct latency_law *law;    /* [END_COUNT] owned */
    double call[OUTCOME_COUNT]; /* outcomes of one call, as of these values */
};
struct chain_variant {
    uint32_t visit, cache, hit, soft; /* units, or UNIT_NONE */
};
/* Branches of UNIT_CACHE and of UNIT_SOFT, for each of its keys. */
enum { CACHE_HITS = 1, CACHE_MISSES };
enum { SOFT_AUDITED, SOFT_ABOVE, SOFT_BELOW, SOFT_WAYS };

/* States [begin, end) that lead back into each other. */
struct chain_block {
    uint32_t begin, end;
};

/* The thresholds between which a step's confidence matters, ascending, and the probability of
 * each of the n + 1 bands, by quality (bad, good). */
struct bands {
    uint32_t n;
    double *threshold, *weight[2];
    bool evidence; /* the confidences are redrawn with the parameters */
    bool silent;   /* somebody asks whether the visit ended with a silent failure */
};

struct evidence_slot {
    double *value, written;
    uint32_t evidence;
};

/* One step as if it were perfect, or failed at each visit, or again as filled. */
enum chain_step { CHAIN_AS_FILLED, CHAIN_PERFECT, CHAIN_FAILING };

struct wait_law;
struct chain {
    const struct pipeline *pipeline;    /* borrowed */
    const struct rules *rules;          /* borrowed */
    const struct wait_law *const *wait; /* [n_steps] before each attempt (sim/exact/wait.h), NULL:
                                           none; NULL: nobody waits */
    uint32_t class;
    uint32_t n_states, n_hops, n_blocks, n_branches;
    struct chain_state *state; /* [n_states + 1], every hop leads forward, save inside blocks */
    struct hop *hop;
    struct chain_block *block;
    int64_t start[2]; /* entry state of a bad and of a good item, -1: none */
    uint32_t *base;   /* [n_steps + 1]: first branch of a step */
    uint32_t n_units;
    struct chain_unit *unit;       /* [n_units] */
    struct chain_variant *variant; /* of step i by its own numbers: variant[variant_of[i]], then by
                                      those of each `given` */
    uint32_t *variant_of, *ways;   /* [n_steps]; unit of its ways, or UNIT_NONE */
    uint32_t *extra;               /* [n_steps + 1]: units of a step besides its first */
    bool varied;                   /* there are visits by other numbers than the steps' own */
    uint32_t *soft_key; /* [n_steps]: the first key of a score by this step, at gates that draw */
    uint32_t n_soft_keys;
    struct bands *bands;         /* [n_units] */
    double *weight;              /* [n_branches] */
    uint32_t n_ends, *end_of;    /* [n_branches]: index into end */
    struct chain_end *end;       /* [n_ends] as filled; without environments END_COUNT of a unit */
    uint32_t n_weather;          /* joint states of the environments, 1 without; states, units and
                                    branches of visits stand n_weather times side by side */
    const double *weather_start; /* [n_weather] shares of the entry states start[q] and on */
    struct chain_sky *sky;       /* NULL without environments */
    double *caught; /* [n_units][2]: an item of this quality is rejected, mended or spoiled */
    struct visit_law *law;
    struct attempt_time *time;
    struct numbers *numbers; /* [n_units], as filled */
    struct hedge_law *hedge; /* [n_units], copies 0: none */
    struct number **way;     /* [n_steps] probabilities of its ways, as filled */
    struct number input_wrong;
    uint32_t n_slots;
    struct evidence_slot *slot; /* where evidence goes */
    struct forks *forks;        /* NULL: no parallels (sim/exact/fork.h) */
    enum chain_step *how;       /* [n_steps] as last set */
    bool remembers;             /* bands of confidence keep the quality they were given at */
};

struct weather;
struct chain_options {
    uint32_t max_states;           /* 0: 200,000 */
    const struct weather *weather; /* NULL: no environment touches a step; outlives the chain */
    bool what_if;                  /* also the branches of perfect and of failing steps */
    bool remembers;                /* see struct chain */
};
/* ERR_LIMIT when the pipeline has too many states. */
MUST_CHECK int chain_build(struct chain *c, const struct pipeline *p, const struct rules *rules,
                           uint32_t class, const struct chain_options *options, struct error *err);
/* Frees all of the chain and leaves *c zero. */
void chain_release(struct chain *c);

/* Sets the numbers: evidence i has the value theta[i] (NULL: as written). */
void chain_fill(struct chain *c, const double *theta);
/* Draws anew the distributions that have evidence; chain_fill afterwards.  With rng NULL, as
 * written again. */
void chain_redraw(struct chain *c, struct rng_seq *rng, struct arena *arena);
/* Draws anew the costs that have evidence, each step's by one factor, the same for the chains of
 * all classes that are given the same stream; chain_fill afterwards.  With rng NULL, as written
 * again. */
void chain_recost(struct chain *c, const struct rng_seq *rng);
/* Numbers of all units of a step from the pipeline; `time`: also what rests on its latencies, where
 * environments wait for sky_refresh.  chain_set_step afterwards. */
void chain_renumber(struct chain *c, uint32_t step, bool time);
/* Bands of a step's confidence anew: thresholds from the pipeline, whose order among each other
 * must be what it was when built, and confidences from c->numbers.  chain_set_step afterwards.
 * False, with thresholds as they were, when there are more or fewer of them. */
bool chain_reband(struct chain *c, uint32_t step);
/* Sets the weights of the step and of its units under `given`. */
void chain_set_step(struct chain *c, uint32_t step, enum chain_step how);

/* Branches of a visit by an item of one quality: failed first, then visibly ok; those of a choice
 * are 1 and on. */
static inline uint32_t branch_width(const struct bands *b)
{
    return 1 + 4 * (b->n + 1) * (b->silent ? 2 : 1);
}
/* The branch of a visit that is visibly ok and ends in a band of confidence. */
static inline uint32_t branch_ok(const struct bands *b, bool good_after, bool caught, uint32_t band)
{
    return 1 + ((good_after ? 2u : 0u) + (caught ? 1u : 0u)) * (b->n + 1) + band;
}
/* The same that ended with a silent failure, where that is asked. */
static inline uint32_t branch_silent(const struct bands *b, bool caught, uint32_t band)
{
    return 4 * (b->n + 1) + branch_ok(b, false, caught, band);
}
/* The first branch of a unit by items that enter it good, or bad. */
static inline uint32_t branch_first(const struct chain *c, uint32_t unit, bool good)
{
    return c->unit[unit].first + (good ? c->unit[unit].width : 0);
}
/* The retries of the unit's step, for the class of the chain; of the pipeline. */
static inline const struct retry *chain_retry(const struct chain *c, uint32_t unit)
{
    const struct step *s = &c->pipeline->step[c->unit[unit].step];
    return s->class_retry ? &s->class_retry[c->class] : &s->retry;
}

/* --- units (sim/exact/units.c) */

/* Makes the units of all steps of c->pipeline, for c->class, with their numbers as written. */
void units_init(struct chain *c);
/* Frees the units, their bands and their other arrays. */
void units_release(struct chain *c);
/* Bands, times and numbers of the units, and room for their branches. */
void units_settle(struct chain *c);
/* Frees what units_settle made. */
void units_unsettle(struct chain *c);
/* Branches of a unit. */
uint32_t unit_branches(const struct chain *c, const struct chain_unit *u);
/* Slots for the evidence of all units, anew. */
void slots_init(struct chain *c);
/* weight[branch_width]: of the branches of a visit by an item of one quality that ends by `law`;
 * returns the probability that the item is caught. */
double visit_weights(const struct chain *c, uint32_t unit, const struct numbers *n,
                     const struct visit_law *law, bool good, double *weight);
/* Numbers of a unit as written, in its own weather. */
void unit_numbers(const struct chain *c, uint32_t unit, struct numbers *out);
/* The same with the environments in state[n_environments]; NULL: in none. */
void unit_numbers_in(const struct chain *c, uint32_t unit, const uint32_t *state,
                     struct numbers *out);
/* The law of a hedged attempt anew after its latency changed; nothing for a unit without. */
void hedge_refill(struct chain *c, uint32_t unit);
/* The same where the outcomes of one call are others than it was filled for. */
void hedge_update(struct chain *c, uint32_t unit);
/* P(a hedged attempt has ended after t seconds). */
double hedge_by(const struct chain *c, uint32_t unit, double t);
/* Frees the laws and leaves *law zero. */
void hedge_release(struct hedge_law *law);
/* Weights of a choice, from the numbers as filled; what_if: every branch that may be possible. */
void choice_set(struct chain *c, uint32_t unit);
/* Bands of a unit anew from its confidences; nothing where it has none. */
void bands_refill(struct chain *c, uint32_t unit);
/* (sim/exact/limits.c) 0, or ERR_UNSUPPORTED with the part of a feature in use that the chain
 * cannot do exactly. */
MUST_CHECK int chain_can(const struct pipeline *p, struct error *err);

/* --- environments (sim/exact/weather_chain.c) */

/* An explored and ordered chain by joint states of the environments; ERR_LIMIT. */
MUST_CHECK int sky_spread(struct chain *c, const struct weather *w, uint32_t max_states,
                          struct error *err);
/* Frees it; NULL is fine. */
void sky_release(struct chain_sky *sky);
/* Weights, ends and law of a visit from the numbers as filled. */
void sky_visit(struct chain *c, uint32_t unit, enum chain_step how);
/* Outcomes that the environments state go before the others, from the numbers as filled. */
void sky_make_room(struct chain *c);
/* About the ns of finding the laws of all times anew; 0 without environments. */
double sky_work(const struct chain *c);
/* Anew after latencies changed; units of the other weathers take over redrawn latencies. */
void sky_refresh(struct chain *c);
/* The same after those of one step alone changed; sky_refresh has been called before. */
void sky_refresh_step(struct chain *c, uint32_t step);
/* The same visit in another weather. */
uint32_t sky_sibling(const struct chain *c, uint32_t unit, uint32_t weather);
/* E[attempts of a visit by this unit that begin in `weather`]. */
double sky_tries(const struct chain *c, uint32_t unit, uint32_t weather);
/* Of a step's own unit, one in whose weather nothing overrides the step's numbers. */
uint32_t sky_calm(const struct chain *c, uint32_t step);
/* Joint state of the environments, [n_environments] states; NULL without. */
const uint32_t *sky_state(const struct chain *c, uint32_t weather);

/* Inside chain_build: states and hops in order of discovery; then in topological order. */
MUST_CHECK int chain_explore(struct chain *c, const bool *possible, uint32_t max_states,
                             struct error *err);
/* Renumbers the states in topological order and finds the blocks of loops, owned by c. */
void chain_order(struct chain *c);

#endif
