/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flow of a scenario as a drawing: for a terminal, for graphviz, for Mermaid. */
#ifndef SEAM_REPORT_GRAPH_H
#define SEAM_REPORT_GRAPH_H

#include "base/buf.h"
#include "model/pipeline.h"

/* Steps from top to bottom with what they do, every way out of them with its condition and bound;
 * lines of at most `width` columns (40 at least). */
void graph_put_text(const struct pipeline *p, int width, struct buf *out);
/* A digraph in graphviz's language; branches of a parallel are a cluster. */
void graph_put_dot(const struct pipeline *p, struct buf *out);
/* A flowchart of Mermaid; branches of a parallel are a subgraph. */
void graph_put_mermaid(const struct pipeline *p, struct buf *out);

#endif
