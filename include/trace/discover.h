/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flow that many items show: order of steps, edges, review, gate, and how each item ended. */
#ifndef SEAM_TRACE_DISCOVER_H
#define SEAM_TRACE_DISCOVER_H

#include "trace/log.h"

/* Puts the stages in the order of the flow, tells their layers and kinds, finds review, gate,
 * scorer and threshold, counts edges, and fills verdict, reviewed, confidence and end of every
 * item.  Calls discover_truth. */
void discover(struct trace_log *log);
/* What is known of each item's draft and of what it shipped: labels first, then annotations, then
 * decisions. */
void discover_truth(struct trace_log *log);
/* Finds gate and threshold anew, from the items that are left. */
void discover_gate(struct trace_log *log);
/* Counts the edges and the steps that run side by side anew. */
void discover_edges(struct trace_log *log);
/* "approve", "Accepted", "corrected", "reject", ... */
enum log_verdict discover_verdict(const char *decision);
/* What a person's annotation says of a draft: "correct", "Incorrect", "thumbs-down", "fixed", ...
 */
enum log_truth discover_annotation(const char *text);
/* The shortest decimal t with low < t <= high, the one nearest the middle among equally short ones;
 * 0 <= low < high <= 1. */
double discover_shortest(double low, double high);

#endif
