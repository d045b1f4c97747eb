/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the two readers of n8n's workflows share: import_n8n_node.c says what a node is,
 * import_n8n.c how the nodes are connected. */
#ifndef SEAM_MODEL_IMPORT_N8N_H
#define SEAM_MODEL_IMPORT_N8N_H

#include "base/json_read.h"
#include "model/definition.h"

/* Is the value this text? */
bool n8n_text_is(struct json v, const char *word);
/* Does the node's type hold the word? */
bool n8n_type_has(struct json node, const char *word);
/* Is it switched off, so that what comes to it is handed on? */
bool n8n_is_disabled(struct json node);
/* Does it start what is done when a workflow has failed? */
bool n8n_on_failure(struct json node);
/* Does it start the workflow's own work? */
bool n8n_is_trigger(struct json node);
/* Does it send an item by one of its outputs, and not by all? */
bool n8n_is_choice(struct json node);
/* Kind, layer, threshold, times, retries and what follows an error, from the node's settings. */
void n8n_take_node(struct definition *d, struct def_node *n, struct json node);
/* Appends what output i is called: above or below of a gate, true or false of an IF, what a switch
 * calls it, else its number. */
void n8n_name_output(struct json node, size_t i, struct buf *out);

#endif
