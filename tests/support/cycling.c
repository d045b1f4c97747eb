/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/cycling.h"

#include "exec/cycles.h"
#include "exec/world.h"
#include "model/scenario.h"
#include "tests/support/executed.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

void cycling_run(uint64_t items, bool off, double level, struct result *r)
{
    struct pipeline p;
    struct faults faults = {0};
    struct scenario_options o = {0};
    struct error err = {0};
    struct learnt l;
    struct cycles_options c = {.cycles = 2, .items = items, .off = off, .level = level};
    ok(scenario_read("scenarios/reference-learning.yaml", &o, &p, &faults, &err), &err);
    struct world *w = world_new("scenarios/");
    ok(world_briefs(w, &p, 1, 3 * items, &c.input, &err), &err);
    struct run_options how = {
        .seed = 1,
        .time_scale = INFINITY,
        .setting = {.pipeline = &p,
                    .folder = "scenarios/",
                    .clock_s = test_clock_s,
                    .unix_s = test_clock_s}
    };
    learnt_init(&l);
    result_init(r, "run");
    ok(run_cycles(&p, &how, &c, &l, r, &err), &err);
    assert_true(off ? l.steps == 0 : l.steps > items / 4);
    learnt_release(&l);
    world_free(w);
    pipeline_release(&p);
}

double cycling_at(const struct result *r, const char *y, size_t cycle)
{
    for (size_t i = 0; i < r->curves.len; i++)
        if (strcmp(r->curves.at[i].y, y) == 0)
            return r->curves.at[i].points.at[cycle].y;
    return NAN;
}
