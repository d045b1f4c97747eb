/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trace logs as the command line names them: the options, the labels. */
#ifndef SEAM_CLI_LOGS_H
#define SEAM_CLI_LOGS_H

#include "cli/cli.h"
#include "trace/log.h"

/* Reads the logs with the line's options and --labels.  The caller releases *out (log_release),
 * also after an error. */
MUST_CHECK int cli_log(const struct cli *cli, const char *const *paths, size_t n,
                       struct trace_log *out, struct error *err);

/* The same without the labels. */
MUST_CHECK int cli_log_alone(const struct cli *cli, const char *const *paths, size_t n,
                             struct trace_log *out, struct error *err);

#endif
