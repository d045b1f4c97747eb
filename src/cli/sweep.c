/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sweep re-reads the scenario with one more setting for each point, so that every value passes
 * the checks of the language; the same seed at every point gives common random numbers. */
#include "cli/sweep.h"

#include "base/units.h"
#include "cli/range.h"
#include "model/scenario.h"

#include <string.h>

static const char *const sweep_metrics[] = {
    "reliability",   "shipped_error",    "auto_error",   "review_load",
    "cost_per_item", "cost_per_correct", "latency_mean", "latency_p95",
};

static double grid_at(const struct range *g, uint64_t i)
{
    return g->n == 1 ? g->from : g->from + (g->to - g->from) * (double)i / (double)(g->n - 1);
}

/* What a point without any value says of itself, once. */
static void take_reasons(struct result *out, const struct result *at)
{
    for (size_t w = 0; w < at->warnings.len && at->metrics.list.len == 0; w++) {
        bool known = false;
        for (size_t o = 0; o < out->warnings.len && !known; o++)
            known = !strcmp(out->warnings.at[o], at->warnings.at[w]);
        if (!known)
            result_warn(out, "%s", at->warnings.at[w]);
    }
}

static void take_point(struct result *out, const struct result *at, const struct range *g, double x)
{
    take_reasons(out, at);
    for (size_t m = 0; m < sizeof sweep_metrics / sizeof *sweep_metrics; m++) {
        const struct metric *found = metrics_find(&at->metrics, sweep_metrics[m]);
        struct curve *curve = NULL;
        if (!found)
            continue;
        for (size_t c = 0; c < out->curves.len && !curve; c++)
            if (!strcmp(out->curves.at[c].y, found->name))
                curve = &out->curves.at[c];
        if (!curve)
            curve = result_add_curve(out, "sweep", g->path, found->name);
        struct point p = {.x = x, .y = found->value, .low = found->low, .high = found->high};
        p.at = result_text(out, "%s=%.9g%s", g->path, x, g->duration ? "s" : "");
        vec_push(&curve->points, p);
    }
}

int sweep_run(const struct cli *cli, const char *path, sweep_point *point, struct result *out,
              struct pipeline *p, bool *complete, struct error *err)
{
    struct range g;

    if (range_parse("sweep", option_text(cli->options, OPTION_SWEEP, ""), false, &g, err))
        return -1;
    *complete = true;
    for (uint64_t i = 0; i < g.n; i++) {
        char value[64];
        struct result at;
        bool whole = true;
        struct buf exact;
        buf_init(&exact);
        units_put_exact(&exact, grid_at(&g, i));
        buf_puts(&exact, g.duration ? "s" : "");
        memcpy(value, exact.data, exact.len + 1 < sizeof value ? exact.len + 1 : sizeof value - 1);
        value[sizeof value - 1] = '\0';
        buf_release(&exact);
        if (cli_scenario_with(cli, path, &(struct setting){g.path, value, "sweep"}, p, err))
            return -1;
        result_init(&at, out->command);
        int status = point(cli, p, &at, &whole, err);
        if (!status)
            take_point(out, &at, &g, grid_at(&g, i));
        *complete = *complete && whole;
        bool stopped = at.run.partial;
        if (!status && (i + 1 == g.n || stopped))
            out->run = at.run, out->run.partial = stopped;
        out->run.covers = out->run.covers ? result_text(out, "%s", out->run.covers) : NULL;
        if (out->run.present) {
            out->run.method = result_text(out, "%s", out->run.method);
            out->run.engine = result_text(out, "%s", out->run.engine);
        }
        result_release(&at);
        if (status || stopped || i + 1 == g.n)
            return status;
        pipeline_release(p);
    }
    return 0;
}
