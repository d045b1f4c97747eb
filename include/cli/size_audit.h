/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam size from labels that are no plain sample: audits, or reviewed items alone. */
#ifndef SEAM_CLI_SIZE_AUDIT_H
#define SEAM_CLI_SIZE_AUDIT_H

#include "cli/cli.h"
#include "decide/audit.h"

/* Fills the certificate or estimate from audits; reviewed_only: which audit would give one.
 * *targets holds the line's targets; *sample may be given the line's --traffic. */
MUST_CHECK int size_audit(const struct cli *cli, const struct pipeline *targets,
                          struct audit_sample *sample, bool reviewed_only, struct result *r,
                          bool *certified, struct error *err);

#endif
