/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trace logs as the command line names them: the options, the labels. */
#ifndef SEAM_CLI_LOGS_H
#define SEAM_CLI_LOGS_H

#include "cli/cli.h"
#include "model/result.h"
#include "trace/stream.h"

/* Reads the logs with the line's options and --labels; of those that --memory does not hold, a
 * sample (trace/sample.h).  The caller releases *out (log_release), also after an error. */
MUST_CHECK int cli_log(const struct cli *cli, const char *const *paths, size_t n,
                       struct trace_log *out, struct error *err);

/* The same without the labels. */
MUST_CHECK int cli_log_alone(const struct cli *cli, const char *const *paths, size_t n,
                             struct trace_log *out, struct error *err);

/* Fills *out with what logs show (observe_tally), in one pass, and shows the items to watch (NULL:
 * nobody); those of a store are held at once.  The caller releases *log, also after an error. */
MUST_CHECK int cli_log_observe(const struct cli *cli, const char *const *paths, size_t n,
                               const struct stream_watch *watch, struct trace_log *log,
                               struct result *out, struct error *err);

#endif
