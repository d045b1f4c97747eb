/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several settings at once, and whatever must be simulated; size_scenario is the door. */
#ifndef SEAM_DECIDE_SIZE_PIPELINE_H
#define SEAM_DECIDE_SIZE_PIPELINE_H

#include "decide/settings.h"

/* As size_scenario, by the search of decide/explore.h.  Takes over *settings, which it releases. */
MUST_CHECK int size_pipeline(const struct pipeline *p, const struct asked *asked,
                             struct settings *settings, const struct size_options *options,
                             struct result *out, bool *met, struct error *err);

#endif
