/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items drawn so that one rare way to end comes about often: how to draw them is learned first.
 *
 *     rare_study_init(&s, p, options, err), s.target = ..., s.stream = ...
 *     if (rare_learn(&s)) { rare_sums_run(&sums, &s, at); ... rare_sums_release(&sums); }
 *     rare_study_release(&s)
 */
#ifndef SEAM_SIM_RARE_SAMPLE_H
#define SEAM_SIM_RARE_SAMPLE_H

#include "sim/queue/tally.h"
#include "sim/run.h"
#include "sim/tilt.h"

/* One kind of end, and the metrics that count it. */
struct rarity {
    enum class_sum sum;
    enum item_end end;
    int good;    /* 1, 0; -1: either */
    bool unseen; /* not reviewed */
    const char *share, *exit;
    const char *ratio; /* of `sum` to `of` */
    enum class_sum of;
};

struct rare_study {
    const struct pipeline *pipeline;   /* borrowed, untimed */
    const struct run_options *options; /* borrowed */
    struct queue_program program;
    const struct rarity *target;       /* the caller's: what is sought */
    uint32_t n_sites, stream;          /* stream: the last replication whose numbers were drawn */
    struct tilt_site *site[TILT_SETS]; /* learned, and bold */
    uint8_t *possible;                 /* [n_sites]; NULL: nothing to release */
    bool tails;                        /* the far tails of times and confidences matter */
};
/* On success the caller releases; p and options outlive it. */
MUST_CHECK int rare_study_init(struct rare_study *s, const struct pipeline *p,
                               const struct run_options *options, struct error *err);
/* Frees the study; nothing for one that is zero. */
void rare_study_release(struct rare_study *s);
/* Has the run been told to stop? */
bool rare_is_stopped(const struct rare_study *s);
/* Learns how the target comes about; false: it was hardly ever seen. */
bool rare_learn(struct rare_study *s);

enum { RARE_BLOCK = 512 };
/* Weighted sums of blocks of RARE_BLOCK items each. */
struct rare_sums {
    const struct rare_study *study;
    uint64_t blocks;
    uint32_t size;   /* those of classes, then those of steps: as in a unit of struct queue_tally */
    double *sum;     /* [blocks][size] */
    double *square;  /* [blocks]: of the event's weights */
    double *largest; /* [blocks] */
};
/* Draws blocks, of about options->trials items at most, until the mean of sum `at` is known well or
 * the run is told to stop; the caller releases. */
void rare_sums_run(struct rare_sums *e, const struct rare_study *s, uint32_t at);
/* Frees the sums. */
void rare_sums_release(struct rare_sums *e);
/* Mean of sum `at` for each item, and its variance between blocks. */
double rare_sums_mean(const struct rare_sums *e, uint32_t at, double *variance);
/* Covariance of two sums for each item between blocks. */
double rare_sums_covariance(const struct rare_sums *e, uint32_t y, uint32_t x);

struct rare_worth {
    double effective; /* sample size of the event */
    bool degenerate;
};
/* How good the weights are for the event counted by sum `at`. */
struct rare_worth rare_sums_worth(const struct rare_sums *e, uint32_t at);

#endif
