/* SPDX-License-Identifier: GPL-3.0-or-later */
/* n8n's executions: as its API and command line give them, or as its database keeps them, where
 * `data` is "flatted" JSON: a list in which every string inside a map or list is the index of the
 * value it stands for. */
#ifndef SEAM_TRACE_N8N_H
#define SEAM_TRACE_N8N_H

#include "trace/reader.h"

/* Is this an execution, or the flatted list of one? */
bool n8n_is(struct json v);
/* Adds the execution as a root span and each run of a node below it. */
MUST_CHECK int n8n_read(struct json v, struct sink *sink, struct error *err);

#endif
