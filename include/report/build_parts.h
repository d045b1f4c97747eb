/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the report's sections are made from, shared by the build_*.c files and by nobody else. */
#ifndef SEAM_REPORT_BUILD_PARTS_H
#define SEAM_REPORT_BUILD_PARTS_H

#include "report/build.h"

struct build {
    struct document *d;
    const struct result *const *r;
    size_t n;
    const struct report_options *options; /* not NULL */
};

/* How result i is called beside the others; NULL where it stands alone. */
const char *build_label(const struct build *b, size_t i);
/* Its label behind the caption; NULL tables are left alone.  Returns the table. */
struct table *build_caption(const struct build *b, struct table *t, size_t i);
/* Two sides? */
bool build_sided(const struct build *b);
/* 0 or 1: the side of result i. */
int build_side(const struct build *b, size_t i);
/* The result that speaks for a side: the first that knows its reliability, else the first. */
size_t build_main(const struct build *b, int side);
/* Is there an earlier result of the same scenario that has this picture? */
bool build_is_twin(const struct build *b, size_t i, enum plot_kind k);
/* Is there one, on the same side, with the same verdict on this metric? */
bool build_is_judged(const struct build *b, size_t i, const struct metric *m);
/* The picture of every result that has it: one in front (with sides one of each, side by side), the
 * others folded away. */
void build_pictures(const struct build *b, enum plot_kind k);
/* A heading in the section, once there is something below it: call before each table or figure of
 * it.  `done` starts false. */
void build_heading(const struct build *b, bool *done, const char *title);

/* The sections; each adds its blocks, or none. */
void build_verdict(const struct build *b);
void build_headline(const struct build *b);
void build_flow(const struct build *b);
void build_losses(const struct build *b);
void build_frontier(const struct build *b);
void build_stages(const struct build *b);
void build_latency(const struct build *b);
void build_backlog(const struct build *b);
void build_calibration(const struct build *b);
void build_sensitivities(const struct build *b);
void build_advice(const struct build *b);
void build_assumptions(const struct build *b);
void build_data(const struct build *b);
void build_again(const struct build *b);

/* Two sides: what differs, in words and in tables. */
void build_sides_verdict(const struct build *b);
void build_sides_headline(const struct build *b);
void build_sides_stages(const struct build *b);
void build_sides_advice(const struct build *b);

/* Why an empty section is empty, and what would bring it. */
const char *absent_headline(const struct build *b);
const char *absent_flow(const struct build *b);
const char *absent_losses(const struct build *b);
const char *absent_frontier(const struct build *b);
const char *absent_latency(const struct build *b);
const char *absent_backlog(const struct build *b);
const char *absent_calibration(const struct build *b);
const char *absent_sensitivities(const struct build *b);
const char *absent_advice(const struct build *b);
const char *absent_assumptions(const struct build *b);
const char *absent_data(const struct build *b);

#endif
