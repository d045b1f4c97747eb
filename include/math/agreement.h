/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Do several judges who said yes or no of the same things agree, beyond what chance would give?
 *
 * A thing is told by how many judges said yes and how many no of it; things that were judged alike
 * are counted together. */
#ifndef SEAM_MATH_AGREEMENT_H
#define SEAM_MATH_AGREEMENT_H

#include "math/interval.h"

struct judged {
    uint32_t yes, no;
    uint64_t n; /* things judged so */
};

struct agreement {
    double share; /* of pairs of judges of one thing that said the same; NaN: no pair */
    double alpha; /* Krippendorff's; NaN where all said the same */
    struct interval of_share, of_alpha;
    uint64_t things, pairs; /* judged by two or more */
};
/* Krippendorff's alpha for two categories, any number of judges, some missing (Krippendorff 2011,
 * "Computing Krippendorff's alpha-reliability"): a thing counts with the number of its judges.
 * Things of one judge are passed over.  The intervals, at `level`, are posterior: the things by the
 * Bayesian bootstrap (Rubin 1981) on top of half a pair of each of the three kinds (yes-yes, no-no,
 * yes-no), which for two judges is the Dirichlet posterior from Jeffreys' prior. */
void agreement_of(const struct judged *at, size_t n, double level, struct agreement *out);

/* Cohen's kappa (1960) of two judges: cell[a][b] things of which the first said a and the second b.
 * NaN where chance explains all.  The interval is that of the posterior from Jeffreys' prior. */
double agreement_kappa(const uint64_t cell[2][2]);
/* Its posterior interval at `level`, see above. */
struct interval agreement_kappa_interval(const uint64_t cell[2][2], double level);

#endif
