/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the two readers of LangGraph's graphs share: import_langgraph.c reads them as JSON,
 * import_mermaid.c as Mermaid. */
#ifndef SEAM_MODEL_IMPORT_LANGGRAPH_H
#define SEAM_MODEL_IMPORT_LANGGRAPH_H

#include "model/definition.h"

/* Is the text of len bytes this word? */
bool langgraph_is_word(const char *s, size_t len, const char *word);
/* Is it the name of the start or the end? */
bool langgraph_is_end(const char *id, size_t len);
/* Is it that of the start or the end of a graph inside the graph, "research:__start__", or as it
 * was drawn for a time "research___start__"? */
bool langgraph_is_inner_end(const char *id, size_t len);
/* The start, the end, or the node of this name; NODE_START also when there is none. */
int32_t langgraph_node(const struct definition *d, const char *id, size_t len);
/* One member of a node's metadata, by the names that people use: thresholds, interrupts, joins,
 * limits, retries.  `number` is its value, NaN when that is none; `text` (not NULL) as a text. */
void langgraph_take_member(struct definition *d, struct def_node *n, const char *key, size_t len,
                           double number, const char *text);
/* Is there a line that begins a Mermaid graph? */
bool mermaid_is_graph(const char *text, size_t len);
/* Adds the nodes and edges of a Mermaid graph. */
MUST_CHECK int mermaid_read(struct definition *d, const char *text, size_t len, struct error *err);

#endif
