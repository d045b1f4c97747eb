/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/predicting.h"

#include "sim/run.h"
#include "tests/support/support.h"

void predict(const struct pipeline *p, uint64_t items, double level, struct result *out)
{
    struct run_options options = {
        .trials = items, .seed = 11, .threads = 1, .level = level, .uncertainty = true};
    struct error err = {0};
    ok(run_simulate(p, &options, out, &err), &err);
}
