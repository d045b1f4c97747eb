/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sweep re-reads the scenario with one more setting for each point, so that every value passes
 * the checks of the language; the same seed at every point gives common random numbers. */
#include "cli/sweep.h"

#include "base/units.h"
#include "model/scenario.h"

#include <string.h>

struct grid {
    char path[256];
    double from, to;
    uint64_t n;
    bool duration; /* from and to are seconds */
};

enum { SWEEP_POINTS_MAX = 10000 };

static const char *const sweep_metrics[] = {
    "reliability",   "shipped_error",    "auto_error",   "review_load",
    "cost_per_item", "cost_per_correct", "latency_mean", "latency_p95",
};

static int grid_value(const char *text, double *out, bool *duration, struct error *err)
{
    struct error ignored = {0};

    *duration = false;
    if (!units_number(text, out, &ignored) ||
        !units_probability(text, out, &(uint64_t){0}, &(uint64_t){0}, &ignored))
        return 0;
    *duration = !units_duration(text, out, &ignored);
    if (*duration || !units_money(text, out, &ignored))
        return 0;
    return error_set(err, ERR_USAGE, "--sweep: \"%s\" is not a number", text);
}

static int grid_parse(const char *text, struct grid *g, struct error *err)
{
    char part[3][64];
    const char *at = strchr(text, '=');
    int n = 0;

    if (!at || at == text || (size_t)(at - text) >= sizeof g->path)
        goto bad;
    memcpy(g->path, text, (size_t)(at - text));
    g->path[at - text] = '\0';
    for (at++; n < 3; n++) {
        size_t len = strcspn(at, ":");
        if (!len || len >= sizeof part[n])
            goto bad;
        memcpy(part[n], at, len);
        part[n][len] = '\0';
        at += len + (at[len] == ':');
    }
    if (*at)
        goto bad;
    bool from_duration;
    if (grid_value(part[0], &g->from, &from_duration, err) ||
        grid_value(part[1], &g->to, &g->duration, err))
        return -1;
    if (from_duration != g->duration)
        return error_set(err, ERR_USAGE, "--sweep: of \"%s\" and \"%s\" only one is a duration",
                         part[0], part[1]);
    if (units_count(part[2], &g->n, err)) {
        err->code = ERR_USAGE;
        return error_prefix(err, "--sweep");
    }
    if (g->n < 1 || g->n > SWEEP_POINTS_MAX)
        return error_set(err, ERR_USAGE, "--sweep: between 1 and %d points, not %s",
                         SWEEP_POINTS_MAX, part[2]);
    return 0;
bad:
    return error_set(
        err, ERR_USAGE,
        "--sweep %s: write PATH=FROM:TO:N, such as flow.confident.threshold=0.5:0.95:10", text);
}

static double grid_at(const struct grid *g, uint64_t i)
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

static void take_point(struct result *out, const struct result *at, const struct grid *g, double x)
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
    struct grid g;

    if (grid_parse(option_text(cli->options, OPTION_SWEEP, ""), &g, err))
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
        if (cli_scenario_with(cli, path, &(struct setting){g.path, value}, p, err))
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
