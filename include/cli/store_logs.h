/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logs into the store and out of it. */
#ifndef SEAM_CLI_STORE_LOGS_H
#define SEAM_CLI_STORE_LOGS_H

#include "cli/cli.h"
#include "trace/log.h"

/* The options that say what the attributes of a log mean, and --strict. */
struct log_options cli_log_options(const struct cli *cli);
/* Keeps what log_collect gathered, with these options, in the store at `path`. */
MUST_CHECK int store_logs_keep(const char *path, struct trace_log *log,
                               const struct log_options *options, struct error *err);
/* Reads every log of the store at `path` as one.  ERR_USAGE for options that were settled when the
 * log was imported.  The caller releases *out, also after an error. */
MUST_CHECK int store_logs_read(const char *path, const struct log_options *options,
                               struct trace_log *out, struct error *err);

#endif
