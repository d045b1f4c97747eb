/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a report tells besides what its files hold: what they make it possible to compute. */
#ifndef SEAM_CLI_REPORT_MODEL_H
#define SEAM_CLI_REPORT_MODEL_H

#include "cli/gather.h"

/* Into r, of the scenario at `path`: the frontier of its gate, where the exact chain gives it. */
MUST_CHECK int report_frontier(const struct cli *cli, const char *path, struct result *r,
                               struct error *err);
/* Of the log at `path`, whose replay is the last of *g: adds the model fitted to it (command "fit")
 * and, where the line has targets on what labels tell, the threshold that meets them ("size").
 * Where the log does not suffice for one of them the replay is given a warning that says why. */
MUST_CHECK int report_model(const struct cli *cli, const char *path, struct gathered *g,
                            struct error *err);
/* Of the label file of --labels, where no log was named to which it could belong. */
MUST_CHECK int report_labels(const struct cli *cli, struct gathered *g, struct error *err);

#endif
