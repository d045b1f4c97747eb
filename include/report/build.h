/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report as a document: fourteen sections in their order, from any results; one that has
 * nothing to say says why, and what would bring it.
 *
 * To add a section: a row in `parts` (build.c), its function in one of the build_*.c, and its word
 * for when it is empty (build_absent.c). */
#ifndef SEAM_REPORT_BUILD_H
#define SEAM_REPORT_BUILD_H

#include "model/result.h"
#include "report/document.h"
#include "report/plot.h"

struct report_options {
    const char *title;   /* NULL: from the scenario */
    const char *command; /* how to make it again; NULL: left out */
    const char *time;    /* when it was made, as text; NULL: left out */
    struct plot_options plot;
    size_t before;       /* so many of the results are of the first of two sides that are compared,
                            the others of the second; 0: there are no sides */
    const char *side[2]; /* what the sides are called, where there are two */
};

/* Initialises *out, which the caller releases.  The results are of one subject (replay, simulate,
 * size side by side), or of two sides of which the first is before, or planned, or the other way.
 * NULL options are defaults. */
void report_build(const struct result *const *results, size_t n,
                  const struct report_options *options, struct document *out);

#endif
