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
/* The same for what stands in front: NULL where all results are of one model. */
const char *build_front_label(const struct build *b, size_t i);
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

/* The worst verdict of all targets and answers. */
enum verdict build_worst(const struct build *b);
/* "Yes: both targets are met": the first sentence where something was asked. */
void build_targets(const struct build *b, enum verdict worst);
/* A line for each target and what it is held against. */
void build_target_lines(const struct build *b);

/* The sections; each adds its blocks, or none. */
void build_verdict(const struct build *b);
/* The few numbers that everybody asks for, and the others folded. */
void build_headline(const struct build *b);
/* The pipeline drawn, with reliabilities on it. */
void build_flow(const struct build *b);
/* Where reliability is lost, by layer and stage. */
void build_losses(const struct build *b);
/* Reliability against review load, cost and latency, over thresholds. */
void build_frontier(const struct build *b);
/* Every stage in a table. */
void build_stages(const struct build *b);
/* Distribution and percentiles of the time from end to end. */
void build_latency(const struct build *b);
/* What waits for people, over time. */
void build_backlog(const struct build *b);
/* Whether a confidence is worth what it says. */
void build_calibration(const struct build *b);
/* What a change of each number would bring. */
void build_sensitivities(const struct build *b);
/* What to do next. */
void build_advice(const struct build *b);
/* Methods, assumptions and warnings, each once. */
void build_assumptions(const struct build *b);
/* The quality of what was read, with the first places of each fault. */
void build_data(const struct build *b);
/* How to get the same report again. */
void build_again(const struct build *b);

/* Two sides: what differs, in words and in tables. */
void build_sides_verdict(const struct build *b);
/* The headline numbers of both, and their differences. */
void build_sides_headline(const struct build *b);
/* Stages of both beside each other, those of one side alone below. */
void build_sides_stages(const struct build *b);
/* The step whose mistakes grew most. */
void build_sides_advice(const struct build *b);

/* Why an empty section is empty, and what would bring it. */
const char *absent_headline(const struct build *b);
/* No drawing. */
const char *absent_flow(const struct build *b);
/* No losses. */
const char *absent_losses(const struct build *b);
/* No thresholds to choose among. */
const char *absent_frontier(const struct build *b);
/* No times. */
const char *absent_latency(const struct build *b);
/* No queue. */
const char *absent_backlog(const struct build *b);
/* No confidences with labels. */
const char *absent_calibration(const struct build *b);
/* No derivatives. */
const char *absent_sensitivities(const struct build *b);
/* Nothing to advise. */
const char *absent_advice(const struct build *b);
/* Nothing assumed. */
const char *absent_assumptions(const struct build *b);
/* No log and no labels. */
const char *absent_data(const struct build *b);

#endif
