/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the writers of scenario files share (scenario_put.c, scenario_write.c,
 * scenario_write_world.c). */
#ifndef SEAM_MODEL_SCENARIO_WRITER_H
#define SEAM_MODEL_SCENARIO_WRITER_H

#include "model/scenario_internal.h"

struct writer {
    const struct pipeline *p;
    struct buf *out;
};

/* Plain where YAML reads it back as it is, else in double quotes. */
void write_text(struct buf *out, const char *s);
void write_comment(struct buf *out, const char *indent, const char *text);
/* "3%" where that reads back the same, else the plain number. */
void write_share(struct buf *out, double value);
void write_number(struct writer *w, const struct number *x);
void write_money(struct writer *w, double amount);
/* Per month, week, day, hour or minute where that reads back the same, else per second; `money`
 * puts the currency's sign in front. */
void write_rate(struct writer *w, double per_s, bool money);
/* In the quantity's own unit. */
void write_quantity(struct buf *out, double value, enum quantity q);
void write_dist(struct buf *out, const struct dist *d, enum quantity q);
void write_target(struct writer *w, int32_t to);
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
bool same_value(enum number_kind kind, const void *a, const void *b);
void write_classes(struct writer *w, enum number_kind kind, const char *at, size_t stride);

/* scenario_write_world.c: arrivals and all that stands after the flow. */
void write_time(struct writer *w);
void write_world(struct writer *w);
/* scenario_write.c: the fields `set` of numbers[n_classes] of step s as "key: value" pairs in one
 * line. */
void write_override(struct writer *w, const struct step *s, const struct override *o);

#endif
