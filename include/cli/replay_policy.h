/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam replay --set and --scenario: the logged items under another policy. */
#ifndef SEAM_CLI_REPLAY_POLICY_H
#define SEAM_CLI_REPLAY_POLICY_H

#include "cli/cli.h"
#include "trace/log.h"

/* Does the line name another policy? */
bool replay_policy_asked(const struct cli *cli);
/* Takes the log through the fitted scenario with --set, or through --scenario; judges --target. */
MUST_CHECK int replay_policy(const struct cli *cli, const struct trace_log *log, struct result *r,
                             struct error *err);

#endif
