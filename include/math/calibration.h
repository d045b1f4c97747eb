/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far confidences can be believed, and how well they rank (thresholds by risk.h).
 *
 * Inputs: n pairs (confidence in [0, 1], correct or not).  Ties are averaged: no result depends on
 * the order of the rows. */
#ifndef SEAM_MATH_CALIBRATION_H
#define SEAM_MATH_CALIBRATION_H

#include "math/interval.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Why an item has a label: as one of a random sample of all items (or all of them), because people
 * reviewed it, or because it was drawn for an audit among those that ship unseen. */
enum label_source { LABEL_ALL, LABEL_REVIEWED, LABEL_AUDIT, LABEL_SOURCES };
/* "all", "reviewed", "audit" */
extern const char *const label_source_words[LABEL_SOURCES];

struct scored {
    double confidence;
    double weight; /* 1 / probability that it was labelled; 1 for plain labels */
    bool correct;
    uint32_t group; /* index of its group; 0 when there are none */
    uint32_t line;  /* where it came from; 0 when nowhere */
    uint8_t source; /* enum label_source */
};

/* Sums of token probabilities miss [0, 1] by rounding: as much as CONFIDENCE_SLACK beyond an end is
 * taken as that end. */
#define CONFIDENCE_SLACK 2e-5
/* A confidence as text, "0.9" or "90%".  False: no number, or one farther out.  *rounded: it was
 * beyond an end. */
bool confidence_parse(const char *text, double *out, bool *rounded);

/* Equal-width bins, closed on the left [l, u), 1.0 in the last bin (the default), or closed on the
 * right (l, u] with 0.0 in the first. */
struct calibration_bin {
    double low, high, confidence, accuracy; /* means inside; NaN when empty */
    double accuracy_low, accuracy_high;     /* 95% Clopper-Pearson */
    uint64_t n, correct;
};
enum { CALIBRATION_BINS_MAX = 100 };

struct calibration {
    uint64_t n, n_correct;
    double accuracy;
    double ece, mce; /* over `bins` equal-width bins */
    double ece_mass; /* over `bins` equal-mass bins */
    double brier, brier_reliability, brier_resolution, brier_uncertainty; /* parts over the bins */
    double log_loss;              /* natural log; INFINITY when a certain answer was wrong */
    double auroc;                 /* ties 1/2; NaN with one class only */
    double aurc_least, aurc_most; /* over the orders inside ties: errors last, errors first */
    double aurc, aurc_optimal, eaurc, augrc; /* ties: mean over all orders inside a tie */
    size_t bins;
    struct calibration_bin bin[CALIBRATION_BINS_MAX];
};

/* bins in 1..CALIBRATION_BINS_MAX; n >= 1.  right_closed chooses the edge rule. */
void calibration_compute(const struct scored *s, size_t n, size_t bins, bool right_closed,
                         struct calibration *out);

/* The measures with their intervals. */
enum calibration_measure {
    MEASURE_ECE,
    MEASURE_BRIER,
    MEASURE_BRIER_RELIABILITY,
    MEASURE_BRIER_RESOLUTION,
    MEASURE_BRIER_UNCERTAINTY,
    MEASURE_LOG_LOSS,
    MEASURE_AUROC,
    MEASURE_AURC,
    MEASURE_AUGRC,
    MEASURE_COUNT
};
/* "ece", "brier", ...: the names of the metrics. */
const char *calibration_measure_name(enum calibration_measure k);
/* The measures of rows of which c is the calibration, bins closed on the left, and two-sided
 * intervals at `level` by their influence functions (AUROC: DeLong and others 1988).  A measure
 * that does not exist (AUROC of one class) is NaN with its interval. */
void calibration_measures(const struct scored *s, size_t n, const struct calibration *c,
                          double level, double value[MEASURE_COUNT],
                          struct interval out[MEASURE_COUNT]);
/* The bin of a confidence among equal-width ones closed on the left. */
size_t calibration_bin_of(double confidence, size_t bins);

#endif
