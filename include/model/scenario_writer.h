/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the writers of scenario files share (scenario_put.c, scenario_write.c and
 * scenario_write_*.c). */
#ifndef SEAM_MODEL_SCENARIO_WRITER_H
#define SEAM_MODEL_SCENARIO_WRITER_H

#include "model/scenario_internal.h"

struct writer {
    const struct pipeline *p;
    struct buf *out;
};

/* Plain where YAML reads it back as it is, else in double quotes. */
void write_text(struct buf *out, const char *s);
/* Each line of text behind the indent and `#`; nothing for NULL. */
void write_comment(struct buf *out, const char *indent, const char *text);
/* "3%" where that reads back the same, else the plain number. */
void write_share(struct buf *out, double value);
/* k/n where there is evidence, else as write_share. */
void write_number(struct writer *w, const struct number *x);
/* The amount that reads back exactly, behind the sign where the currency is `$`. */
void write_money(struct writer *w, double amount);
/* Per month, week, day, hour or minute where that reads back the same, else per second; `money`
 * puts the currency's sign in front. */
void write_rate(struct writer *w, double per_s, bool money);
/* A constant as its value, any other as a map in one line. */
void write_dist(struct buf *out, const struct dist *d, enum quantity q);
/* The word of an end, or the id of step `to`. */
void write_target(struct writer *w, int32_t to);
/* The target alone, or a map with its `at_most` and, in turn, what comes then. */
void write_edge(struct writer *w, const struct edge *e);

/* A value that may differ by class; at `at` for the first class, each other one `stride` bytes
 * behind the one before. */
enum number_kind {
    NUMBER_SHARE,    /* struct number */
    NUMBER_PLAIN,    /* double, a share */
    NUMBER_DURATION, /* double */
    NUMBER_COST,
    NUMBER_DIST, /* struct dist */
    NUMBER_SCORE,
    NUMBER_SIZE
};
/* Are two values of this kind equal?  Lists are compared by address. */
bool same_value(enum number_kind kind, const void *a, const void *b);
/* One value where all classes have the same, else a map of classes in one line. */
void write_classes(struct writer *w, enum number_kind kind, const char *at, size_t stride);

/* scenario_write_step.c: step i of the flow and the steps inside it, each below its note
 * (notes[n_steps] may be NULL, and so may each of them). */
void write_step(struct writer *w, uint32_t i, const char *const *notes, int indent);
/* The fields `set` of numbers[n_classes] of step s as "key: value" pairs in one line. */
void write_override(struct writer *w, const struct step *s, const struct override *o);
/* scenario_write_retry.c: the line of a step's retry policy; nothing where it makes one attempt. */
void write_retry(struct writer *w, const struct step *s, int indent);
/* scenario_write_world.c: arrivals and all that stands after the flow. */
void write_time(struct writer *w);
/* The sections of resources, environments and feedback that are not empty. */
void write_world(struct writer *w);

#endif
