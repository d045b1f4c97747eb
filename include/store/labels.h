/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Labels: what reviewers decided, each with its item, what was shown, the confidence at the gate
 * and the version of the scenario; and labels that came from elsewhere. */
#ifndef SEAM_STORE_LABELS_H
#define SEAM_STORE_LABELS_H

#include "math/calibration.h"
#include "store/queue.h"

struct stored_label {
    int64_t run; /* 0: from elsewhere */
    const char *item, *class, *step, *sha256;
    double confidence, threshold; /* NaN: none */
    double weight;                /* >= 1; of an audit 1 / its probability */
    /* all: no gate chose the item; reviewed: one did not let it pass; audit: it would have passed
     */
    enum label_source source;
    bool correct;              /* approved */
    enum task_verdict verdict; /* the rest not of labels from elsewhere, which have "" and NULL */
    const char *reviewer, *reason;
    const char *input, *output, *edit; /* JSON objects: what came in, what was shown, what was
                                          changed (NULL: nothing) */
};

/* Calls `row` for every decision that stands, by run and item, those included that no run has
 * taken yet, then for the labels from elsewhere; `run` 0: of all runs.  Texts are borrowed for the
 * call. */
MUST_CHECK int labels_each(struct store *s, int64_t run,
                           void (*row)(void *arg, const struct stored_label *l), void *arg,
                           struct error *err);
/* Keeps labels from elsewhere, all or none; one of the same item and scenario takes the place of
 * the one before. */
MUST_CHECK int labels_add(struct store *s, const struct stored_label *labels, size_t n,
                          struct error *err);

#endif
