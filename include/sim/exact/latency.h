/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole distributions of time: of an item's way through the chain, and of one visit.
 *
 * Laplace transforms multiply where times add up, so retries, timeouts, backoff, mixtures of paths
 * and loops are plain arithmetic at each of n points s = sigma + i omega; a Fourier series then
 * gives F(t) for all t up to t_max (Abate and Whitt, "The Fourier-series method for inverting
 * transforms of probability distributions", Queueing Systems 10, 1992).
 *
 *   law      one attempt's latency up to its limit: atoms, and panels of Legendre polynomials
 *   kinks    where a law is not smooth: atoms and jumps of the density and of its derivatives,
 *            carried exactly beside the transform, so that the series sees a smooth rest
 *   window   the points s for one t_max and n
 *   total    a law in a window, ready to be evaluated */
#ifndef SEAM_SIM_EXACT_LATENCY_H
#define SEAM_SIM_EXACT_LATENCY_H

#include "sim/exact/values.h"

/* --- the window and its transforms (sim/exact/latency_fourier.c) */

enum { WAVE_WIDTH = 16 };
/* WAVE_WIDTH neighbouring values of a transform. */
struct wave {
    double re[WAVE_WIDTH], im[WAVE_WIDTH];
};

struct window {
    double t_max;  /* F is good on [0, t_max], in s */
    double period; /* 4 t_max */
    double sigma;  /* damping; exp(-sigma period) is what the series adds by repeating itself */
    double step;   /* omega_k = k step */
    double grain;  /* about the shortest time that n points resolve */
    double least;  /* kinks below matter less than the accuracy asked for */
    uint32_t n;    /* a power of 2, at least 64 */
};
/* Sets a window for times in [0, t_max] s with n points. */
void window_set(struct window *w, double t_max, uint32_t n, double least);
static inline uint32_t window_waves(const struct window *w)
{
    return w->n / WAVE_WIDTH;
}

/* exp(-s x) in wave b. */
void wave_delay(const struct window *w, uint32_t b, double x, struct wave *out);
static inline void wave_set(struct wave *a, double re)
{
    for (int i = 0; i < WAVE_WIDTH; i++) {
        a->re[i] = re;
        a->im[i] = 0;
    }
}
/* to += p a, in the domain of frequencies. */
static inline void wave_add(struct wave *restrict to, const struct wave *restrict a, double p)
{
    for (int i = 0; i < WAVE_WIDTH; i++) {
        to->re[i] += p * a->re[i];
        to->im[i] += p * a->im[i];
    }
}
/* to *= a: the sum of two independent times. */
static inline void wave_multiply(struct wave *restrict to, const struct wave *restrict a)
{
    for (int i = 0; i < WAVE_WIDTH; i++) {
        double re = to->re[i] * a->re[i] - to->im[i] * a->im[i];
        to->im[i] = to->re[i] * a->im[i] + to->im[i] * a->re[i];
        to->re[i] = re;
    }
}

/* sum_j mass_j exp(-s x_j) at all points of the window, x_j in [0, period). */
struct weighted {
    double x, mass;
};
/* Fills out[window_waves] from at[len] by one fast Fourier transform. */
void window_transform(const struct window *w, const struct weighted *at, size_t len,
                      struct wave *out);
/* The same added to out; straight where the list is short. */
void window_add(const struct window *w, const struct weighted *at, size_t len, struct wave *out);

/* --- kinks (sim/exact/latency_kinks.c) */

enum { KINK_ORDERS = 6 };
/* exp(-s x) (c[0] + c[1]/s + c[2]/s^2 + ...): an atom at x, and jumps of the density and of its
 * derivatives there. */
struct kink {
    double x, c[KINK_ORDERS];
};
struct kinks {
    struct kink *at; /* a VEC */
    size_t len, cap;
};
/* Which kinks matter in a window. */
struct kink_limits {
    double x_max, grain, least; /* |c[m]| grain^m below `least` is dropped */
    size_t len;                 /* of a list; the slightest are dropped beyond */
    size_t pairs;               /* that may still be multiplied */
};
/* What matters in this window, with the most work that is allowed. */
struct kink_limits kink_limits(const struct window *w);
/* Appends c exp(-s x) / s^order, order < KINK_ORDERS; untidy. */
void kinks_put(struct kinks *to, double x, int order, double c);
/* Appends all of `from`, times p; untidy. */
void kinks_add(struct kinks *to, const struct kinks *from, double p);
/* The same, `delay` s later. */
void kinks_add_later(struct kinks *to, const struct kinks *from, double p, double delay);
/* Sorts by x, makes one of those at the same place, drops those that do not matter. */
void kinks_tidy(struct kinks *k, const struct kink_limits *limits);
/* out += a * b, untidy; nothing when that is too much work. */
void kinks_product(const struct kinks *a, const struct kinks *b, struct kink_limits *limits,
                   struct kinks *out);
double kinks_atom(const struct kinks *k, double x); /* mass of an atom at x */
void kinks_release(struct kinks *k);

/* --- one attempt's latency (sim/exact/latency_law.c) */

enum { PANEL_NODES = 16 };
struct panel {
    double from, width;
    double coef[PANEL_NODES];  /* of Legendre polynomials on [from, from + width] */
    bool rough_from, rough_to; /* the law is not smooth at this end */
};
/* A latency given that it is within its limit.  Panels hold P(x < X <= limit), which ends at 0. */
struct latency_law {
    const struct dist *dist; /* borrowed */
    double limit_s, in_time; /* P(X <= limit) */
    double shift_s;          /* taken off all times below, 0 at first */
    VEC(struct weighted) atoms;
    VEC(struct weighted) starts; /* of continuous parts, with their mass within the limit */
    VEC(struct panel) panels;
    bool lent; /* its arrays belong to somebody else, and dist is NULL */
    bool many; /* so many atoms that in a sum of times they blur instead of being kinks */
};
/* The law of d, which must outlive it, within limit_s; the caller releases. */
void latency_law_init(struct latency_law *law, const struct dist *d, double limit_s);
/* Takes the least time, constant parts and all, off the law: what follows is about X - shift_s. */
void latency_law_shift(struct latency_law *law);
/* Frees the atoms, starts and panels. */
void latency_law_release(struct latency_law *law);
/* Nodes and weights of Gauss and Legendre on [from, from + width] inside a panel, the weights times
 * the panel's polynomial. */
void panel_nodes(const struct panel *p, double from, double width, double x[PANEL_NODES],
                 double weight[PANEL_NODES]);
/* E[X^k | X <= limit], k >= 1, of what the law holds. */
double latency_law_moment(const struct latency_law *law, int k);
/* The places x on a panel where a fit wants its values. */
void panel_places(double from, double width, double x[PANEL_NODES]);
/* Coefficients from the values at those places. */
void panel_fit(struct panel *p, const double y[PANEL_NODES]);
/* The polynomial at x in [from, from + width]. */
double panel_at(const struct panel *p, double x);
/* Its derivative, on the same panel. */
void panel_slope(const struct panel *p, struct panel *out);
/* Its integral from `from` on, on the same panel; returns that over the whole panel. */
double panel_integral(const struct panel *p, struct panel *out);
/* out[window_waves]: the integral of exp(-s x) times the panels p[i * stride], bent down to 0
 * behind t_max. */
void panels_transform(const struct panel *p, size_t len, size_t stride, const struct window *w,
                      struct wave *out);
/* window_add without what lies too far behind t_max to matter. */
void window_add_near(const struct window *w, const struct weighted *at, size_t len,
                     struct wave *out);
/* *a, wave b, times s. */
void wave_times_s(const struct window *w, uint32_t b, struct wave *a);
/* out[window_waves]: E[exp(-s X) | X <= limit], as far as X matters before t_max. */
void latency_law_transform(const struct latency_law *law, const struct window *w, struct wave *out);
/* many: also its atoms when they are many. */
void latency_law_kinks(const struct latency_law *law, const struct window *w, bool many,
                       struct kinks *out);

/* --- a law in a window (sim/exact/latency_total.c) */

struct total {
    double mass;         /* of all of it */
    struct wave *wave;   /* [window_waves] owned, filled in; then of the smooth part of F */
    struct wave *coarse; /* [window_waves / 2] owned: of the same from half of the points */
    struct kinks kinks;
    double smooth_mass, last; /* F(t_max) */
};
/* Makes a filled total ready. */
void total_ready(struct total *t, const struct window *w);
/* Frees the waves and kinks. */
void total_release(struct total *t);
/* F(x), x in [0, t_max]; density may be NULL.  coarse: by half of the points, for the error. */
double total_cdf(const struct total *t, const struct window *w, double x, bool coarse,
                 double *density);
/* Smallest x with F(x) >= f, starting from *x; false when it lies beyond t_max. */
bool total_quantile(const struct total *t, const struct window *w, double f, double *x);

/* --- questions (sim/exact/latency_ask.c) */

struct ask {
    uint32_t law;
    bool share;       /* F(x) for a given x, else the quantile of p */
    double p, x;      /* the answer is written into the one not given */
    double tolerance; /* relative, of the quantile; absolute, of the share */
    double error;     /* reached, estimated from half the points; NaN: no answer */
};
struct latency_source {
    uint32_t n_laws;
    const double *mass;    /* [n_laws] */
    double scale_s;        /* a guess of the longest time asked for */
    const double *shift_s; /* [n_laws] what `fill` has taken off the times; NULL: nothing */
    /* Adds transforms and kinks into out[n_laws], whose waves are zero. */
    void (*fill)(const void *arg, const struct window *w, struct total *out);
    const void *arg;
};
/* Answers all, with windows of at most so many points.  An ask with an error above its tolerance
 * was answered as well as these allow. */
void latency_answer(const struct latency_source *s, double points_max, double least_kink,
                    struct ask *ask, size_t n);

/* --- visits (sim/exact/latency_visit.c) */

struct wait_law;
enum { WAIT_NONE = UINT32_MAX };
enum { LATENCY_PARTS = 8 };
struct latency_model {
    const struct model *model; /* borrowed: the numbers last filled */
    struct latency_law *law;   /* distinct ones */
    uint32_t n_laws;
    uint32_t *law_of;             /* [n_classes][n_units] */
    uint32_t *lost_of;            /* the same, of attempts that fail in time */
    double *visits;               /* [n_classes][n_units], as shares of all items */
    const struct wait_law **wait; /* distinct ones, borrowed */
    uint32_t n_waits, *wait_of;   /* [n_classes][n_units]; WAIT_NONE */
    uint32_t parts;               /* of the laws of items, 1 at first (sim/exact/latency_split.c) */
    struct chain *walk;           /* [n_classes] the chains, with states apart by parts */
    double **state_s; /* [n_classes][n_states of those] least time of items there, in s */
    double (*out_s)[LATENCY_PARTS * ABSORB_COUNT]; /* [n_classes] and of those that leave */
    double *law_s; /* [parts][1 + n_classes][LATENCY_OF_COUNT] the least of those: of all, and of
                      each class */
};
/* The laws of all units, and their visits, of m, which must outlive it; the caller releases. */
void latency_model_init(struct latency_model *l, const struct model *m);
/* Frees the laws and leaves *l zero. */
void latency_model_release(struct latency_model *l);

/* Transforms and kinks of the laws of one step's visits, or of all (UINT32_MAX). */
struct latency_spectra {
    struct wave **law; /* [n_laws], NULL where not asked for */
    struct kinks *kinks;
    struct wave **wait; /* [n_waits], NULL where not asked for */
    struct kinks *wait_kinks;
    uint32_t n, n_waits;
    struct sky_spectra *sky; /* [n_classes] instead, where there are environments */
    uint32_t n_sky;
};
/* Makes those of `step` in a window; the caller releases. */
void latency_spectra_init(struct latency_spectra *s, const struct latency_model *l,
                          const struct window *w, uint32_t step);
/* Frees all waves and kinks. */
void latency_spectra_release(struct latency_spectra *s);

/* out[END_COUNT]: E[exp(-s T); end] / P(end) of a visit of a unit of class k with the wait before
 * it, in wave b. */
void latency_unit_wave(const struct latency_model *l, const struct latency_spectra *s, uint32_t k,
                       uint32_t unit, const struct window *w, uint32_t b,
                       struct wave out[END_COUNT]);
/* The same in kinks; adds to out. */
void latency_unit_kinks(const struct latency_model *l, const struct latency_spectra *s, uint32_t k,
                        uint32_t unit, struct kink_limits *limits, struct kinks out[END_COUNT]);

/* When the attempts of a visit begin after the visit did, summed over attempts as far as there is
 * one: adds to the kinks, whose limits are used up. */
void latency_begins_wave(const struct latency_model *l, const struct latency_spectra *s, uint32_t k,
                         uint32_t unit, const struct window *w, uint32_t b, struct wave *out);
/* The same in kinks; adds to out. */
void latency_begins_kinks(const struct latency_model *l, const struct latency_spectra *s,
                          uint32_t k, uint32_t unit, struct kink_limits *limits, struct kinks *out);
/* How the first attempt may end a visit: in time, late. */
struct latency_firsts {
    double in_time, late;
};
/* Of a visit to the unit, the probabilities of each. */
struct latency_firsts latency_first_ends(const struct chain *c, uint32_t unit);

/* The same for all ends of the unit in chain.end, out[n_ends]: in environments an end tells the
 * branch, and how they are afterwards. */
void latency_ends_wave(const struct latency_model *l, const struct latency_spectra *s, uint32_t k,
                       uint32_t unit, const struct window *w, uint32_t b, struct wave *out);
/* The same in kinks; adds to out. */
void latency_ends_kinks(const struct latency_model *l, const struct latency_spectra *s, uint32_t k,
                        uint32_t unit, struct kink_limits *limits, struct kinks *out);

/* A source: visits of one step, law 0 of all, then (with more than one) of each class; masses are
 * shares of its visits. */
struct visit_source {
    const struct latency_model *latency;
    uint32_t step;
};
/* What it takes off the times. */
double latency_visit_shift(const struct latency_model *l, uint32_t step);
/* The `fill` of that source: arg is a struct visit_source. */
void latency_fill_visits(const void *arg, const struct window *w, struct total *out);

/* --- items (sim/exact/latency_walk.c) */

/* A source over a latency_model: of scope k (0: all, then classes) laws 3 k + these; then the same
 * of the next part. */
enum latency_of { LATENCY_GOOD, LATENCY_SHIPPED, LATENCY_ALL, LATENCY_OF_COUNT };
/* Of an absorbed item, good only, shipped too, or all: its laws are this one and those behind. */
static inline enum latency_of latency_first(uint32_t absorb)
{
    if (absorb / 4 != ABSORB_SHIP)
        return LATENCY_ALL;
    return absorb & 2 ? LATENCY_GOOD : LATENCY_SHIPPED;
}
/* Laws of one part, and of all of them. */
static inline size_t latency_stride(const struct latency_model *l)
{
    return ((size_t)l->model->pipeline->n_classes + 1) * LATENCY_OF_COUNT;
}
/* Of all parts. */
static inline size_t latency_laws(const struct latency_model *l)
{
    return l->parts * latency_stride(l);
}
/* Fills state_s, out_s and law_s, owned by l. */
void latency_offsets(struct latency_model *l);
/* Frees those three. */
void latency_offsets_release(struct latency_model *l);
/* Tells parts apart where there are constants between them that nothing else comes near. */
void latency_split(struct latency_model *l);
/* Makes them one again. */
void latency_unsplit(struct latency_model *l);
/* mass[latency_laws]: shares of the items of each scope. */
void latency_part_masses(const struct latency_model *l, double *mass);
/* About the longest of all that varies, in s. */
double latency_spread(const struct latency_model *l);
/* latency_answer for questions about laws of the first part, taken as those of all parts; false,
 * and no answers, where the parts are not apart. */
bool latency_answer_parts(const struct latency_model *l, const struct latency_source *s,
                          double points_max, double least_kink, struct ask *ask, size_t n);
/* The `fill` of that source: arg is a struct latency_model. */
void latency_fill_items(const void *arg, const struct window *w, struct total *out);
/* *out = sum of E[exp(-i omega T)] over the times T at which an item enters a step for a visit. */
void latency_entries(const struct latency_model *l, uint32_t step, double omega, double out[2]);
/* Adds transforms and kinks of the arrivals at states of the first class's chain to out[n]. */
void latency_fill_states(const struct latency_model *l, const struct window *w,
                         const uint32_t *state, uint32_t n, struct total *out);
/* Who looks on while a class's chain is passed: wave b of the arrivals at each state, less its
 * state_s, and of those that leave, less their out_s; then, as often as it is come by, kinks of the
 * arrivals at a state, to be added up. */
struct latency_watch {
    void (*waves)(void *arg, uint32_t b, const struct wave *state, const struct wave *out);
    void (*kinks)(void *arg, uint32_t state, const struct kinks *held);
    void *arg;
};
/* Passes the chain of a class and tells the watch. */
void latency_walk_all(const struct latency_model *l, uint32_t class,
                      const struct latency_spectra *spectra, const struct window *w,
                      const struct latency_watch *watch);
/* A time that is about the longest of a way through the chain. */
double latency_scale(const struct model *m);
/* About the ns of one point, for all classes. */
double latency_work(const struct model *m);

/* --- the whole (sim/exact/latency.c) */

struct latency_options {
    bool items;        /* quantiles and attainments of items, where they are not known */
    bool curve;        /* F of shipped items too */
    double tolerance;  /* relative, that is striven for */
    double points_max; /* of a window */
    double least_kink; /* the slightest that is kept apart */
};
extern const struct latency_options latency_exactly;
struct latency_outcome {
    bool items;             /* quantiles of items were answered */
    double worst;           /* largest relative error of an answer given, */
    const char *worst_name; /* and of which metric */
    struct ask *curve;      /* owned */
    size_t n_curve;
    const char *inexact; /* NULL, or the name of a metric left out for want of accuracy */
};
/* Fills quantiles and attainments of time in values (as from model_values, at the numbers last
 * filled) where they are NaN. */
void model_latency(const struct model *m, const struct latency_options *options, double *values,
                   struct latency_outcome *out);
/* Are the laws of its times had: not with too many joint states of environments. */
bool model_knows_times(const struct model *m);
/* Frees the curve and leaves *out zero. */
void latency_outcome_release(struct latency_outcome *out);
/* Roughly the ns of one model_latency. */
double model_latency_work(const struct model *m);

/* --- under evidence (sim/exact/latency_posterior.c) */

struct latency_posterior {
    bool answered;  /* else there is too much to do */
    uint32_t draws; /* behind intervals */
    double nodes;   /* behind means; 0: means of the draws */
    double error;   /* of those means, relative, the largest, */
    size_t worst;   /* and of which value */
};
struct posterior;
/* Fills q's time quantiles and attainments where they are NaN; seed and level as for q. */
MUST_CHECK int latency_posterior(struct model *m, double level, uint64_t seed, struct posterior *q,
                                 struct latency_posterior *out, struct error *err);

#endif
