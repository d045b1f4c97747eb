/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The threshold from what is known of items: a label file, or a log. */
#ifndef SEAM_CLI_SIZE_KNOWN_H
#define SEAM_CLI_SIZE_KNOWN_H

#include "cli/cli.h"
#include "trace/log.h"

/* From the label file of --labels.  targets: a pipeline of nothing but targets. */
MUST_CHECK int size_from_labels(const struct cli *cli, const struct pipeline *targets,
                                struct result *r, bool *certified, struct error *err);
/* From the confidence at the gate of every item whose draft is known; messages call the log `name`.
 * ERR_INPUT: there is none. */
MUST_CHECK int size_from_log(const struct cli *cli, const struct pipeline *targets,
                             const struct trace_log *log, const char *name, struct result *r,
                             bool *certified, struct error *err);

#endif
