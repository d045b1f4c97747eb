/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What somebody or something said of a span, to what it means: a confidence or a decision. */
#ifndef SEAM_TRACE_OPINION_H
#define SEAM_TRACE_OPINION_H

#include "trace/settle.h"

#include <stddef.h>

/* Texts are borrowed for the call, NULL when not told. */
struct said {
    const char *name, *label, *who;
    size_t name_len, label_len, who_len;
    const char *word; /* the decision, whatever the score and label; NULL */
    double score;     /* NaN: none */
    bool human;
};

/* Fills score, rank, decision and said_by of *j, whose target and place the caller has filled: the
 * score of a machine is a confidence, the word of a person a decision (a score of 1: approved, 0:
 * rejected, else the label).  The names that --confidence and --decision give are taken alone; else
 * a name with "confidence" goes first.  Scores outside 0 to 1 are counted.  False when it means
 * nothing.
 */
bool opinion_judge(const struct said *said, const struct log_options *options, struct span_set *set,
                   struct quality *quality, struct judgement *j);

#endif
