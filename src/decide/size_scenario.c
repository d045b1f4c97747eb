/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The threshold of a scenario's gate: what is asked, the search over a grid (search.h), and the
 * answer with its frontier. */
#include "decide/search.h"
#include "decide/size_pipeline.h"
#include "decide/sizing.h"

#include "model/learning.h"
#include "report/format.h"
#include "sim/exact.h"

#include <math.h>
#include <string.h>

enum { GRID = 401 };

/* Is there one threshold to find, of a gate that nothing else changes, and does the exact chain
 * answer all that is asked?  Then the search is along one line. */
static bool is_line(const struct pipeline *p, const struct asked *asked, const struct settings *v)
{
    struct exact_point point;
    struct error why = {0};
    bool overridden = false;

    if (v->n != 1 || v->v[0].gate < 0 || v->options->n_vary || !asked->by_chain)
        return false;
    uint32_t gate = (uint32_t)v->v[0].gate;
    for (uint32_t e = 0; e < p->n_environments; e++)
        for (uint32_t k = 0; k < p->environment[e].n_states; k++)
            for (uint32_t o = 0; o < p->environment[e].state[k].n_overrides; o++)
                overridden = overridden || p->environment[e].state[k].override[o].step == gate;
    return !overridden && !p->step[gate].n_given && exact_point(p, &point, &why) == 0;
}

static void put_frontier(struct search *s, const struct trial *grid, size_t n, struct result *out)
{
    struct curve *curve =
        result_add_curve(out, "frontier", "review_load", s->asked->metric[s->asked->risk]);
    size_t step = n > 201 ? 2 : 1;

    for (size_t i = 0; i < n; i += step) {
        const struct estimate *risk = &grid[i].at[s->asked->risk];
        struct point point = {.x = grid[i].at[s->asked->load].value,
                              .y = risk->value,
                              .low = risk->low,
                              .high = risk->high};
        if (isnan(point.x) || isnan(point.y))
            continue;
        point.at = result_text(out, "threshold=%.6g", grid[i].t);
        vec_push(&curve->points, point);
    }
}

/* "2.29%", "$17.85", "3.2 h". */
static const char *value_text(const struct search *s, const char *name, double x,
                              struct result *out)
{
    const struct metric_def *def = metric_def(name);
    struct metric m = {
        .name = name, .unit = def ? def->unit : "1", .value = x, .low = x, .high = x};
    struct buf text = {0};

    format_value(&text, &m, s->p->currency);
    const char *kept = result_text(out, "%s", buf_text(&text));
    buf_release(&text);
    return kept;
}

static void put_answer(struct search *s, const struct trial *best, const struct target *blocking,
                       struct result *out)
{
    const char *risk = s->asked->metric[s->asked->risk];
    struct answer *a = &out->answer;

    a->present = true;
    a->threshold = best->t;
    a->level = s->options->level;
    a->parameter = result_text(out, "flow.%s.threshold", s->p->step[s->gate].id);
    a->method = "exact chain";
    a->risk = result_text(out, "%s", risk);
    a->population = "items as the scenario describes them";
    a->review_load = best->at[s->asked->load].value;
    a->risk_value = best->at[s->asked->risk].value;
    a->bound = s->n_draws > 1 ? best->at[s->asked->risk].high : NAN;
    a->best_attainable = NAN;
    if (!blocking) {
        a->ending = "met";
        /* rounded up, so that the shown threshold meets the targets as well */
        a->sentence = result_text(
            out, "Ship at confidence %.6g and above: %.2f%% of the items go to review, %s is %s.",
            ceil(a->threshold * 1e6) / 1e6, 100 * a->review_load, risk,
            value_text(s, risk, a->risk_value, out));
        return;
    }
    const struct estimate *e = &best->at[s->asked->of_target[blocking - s->p->target]];
    a->ending = "infeasible";
    if (s->joint) {
        a->sentence = result_text(
            out,
            "No threshold meets all targets together; each alone can be met.  "
            "Nearest to all is %.4g, with %s at %s.",
            a->threshold, blocking->metric, value_text(s, blocking->metric, e->value, out));
        return;
    }
    a->risk = result_text(out, "%s", blocking->metric);
    a->risk_value = e->value;
    a->best_attainable = e->value;
    a->sentence = result_text(out,
                              "No threshold meets \"%s %s\": the best attainable value is %s, "
                              "at threshold %.6g.",
                              blocking->metric, blocking->text,
                              value_text(s, blocking->metric, e->value, out), a->threshold);
}

/* Every metric at the chosen threshold, by the exact solver. */
static int describe(struct search *s, const struct trial *best, struct result *out)
{
    struct exact_options options = {.level = s->options->level,
                                    .uncertainty = s->options->uncertainty,
                                    .seed = s->options->seed,
                                    .values_only = true};
    struct pipeline copy;
    bool complete;

    search_pipeline(s, best->t, &copy);
    int status = exact_solve(&copy, &options, out, &complete, s->err);
    pipeline_release(&copy);
    return status;
}

/* Every threshold of the grid; -1 also when it was stopped. */
static int walk(struct search *s, struct trial *grid)
{
    for (size_t i = 0; i < GRID && !s->failed; i++) {
        grid[i] = search_at(s, (double)i / (double)(GRID - 1));
        if (s->options->stop && *s->options->stop)
            return error_set(s->err, ERR_INTERRUPTED, "%s: stopped before the search was done",
                             s->p->file);
    }
    return s->failed ? -1 : 0;
}

static int size_line(const struct pipeline *p, const struct asked *asked,
                     const struct settings *settings, const struct size_options *options,
                     struct result *out, bool *met, struct error *err)
{
    struct search s = {.p = p,
                       .options = options,
                       .asked = asked,
                       .gate = (uint32_t)settings->v[0].gate,
                       .err = err};
    struct trial *grid = mem_zero(GRID, sizeof *grid), best = {0};
    const struct target *blocking = NULL;
    int status = -1;

    search_draw(&s);
    if (walk(&s, grid))
        goto out;
    if (!search_best(&s, grid, GRID, &best))
        blocking = search_blocking(&s, grid, GRID, &best);
    if (s.failed || describe(&s, &best, out))
        goto out;
    put_frontier(&s, grid, GRID, out);
    put_answer(&s, &best, blocking, out);
    sizing_put_settings(settings, &best.t, out);
    *met = !blocking;
    status = 0;
out:
    search_release(&s);
    mem_free(grid);
    return status;
}

int size_scenario(const struct pipeline *p, const struct size_options *options, struct result *out,
                  bool *met, struct error *err)
{
    struct settings settings;
    struct pipeline store;
    struct asked asked;

    if (asked_plan(p, &asked, err))
        return -1;
    if (settings_init(&settings, p, asked.timed, options, err)) {
        settings_release(&settings);
        return -1;
    }
    const struct pipeline *plain = learning_none(p, &store);
    int status;
    if (is_line(plain, &asked, &settings)) {
        learning_assume(p, out);
        if (p->feedback.cycle_s > 0)
            result_assume(out, "the threshold is that of the pipeline as written, before any "
                               "feedback");
        status = size_line(plain, &asked, &settings, options, out, met, err);
        settings_release(&settings);
    } else {
        status = size_pipeline(p, &asked, &settings, options, out, met, err);
    }
    pipeline_release(&store);
    return status;
}

static int frontier_line(const struct pipeline *p, const struct asked *asked,
                         const struct settings *settings, struct result *out, struct error *err)
{
    struct search s = {.p = p,
                       .options = settings->options,
                       .asked = asked,
                       .gate = (uint32_t)settings->v[0].gate,
                       .err = err};
    struct trial *grid = mem_zero(GRID, sizeof *grid);

    search_draw(&s);
    int status = walk(&s, grid);
    if (!status)
        put_frontier(&s, grid, GRID, out);
    search_release(&s);
    mem_free(grid);
    return status;
}

int size_frontier(const struct pipeline *p, const struct size_options *options, struct result *out,
                  struct error *err)
{
    struct target any = {
        .metric = "auto_error", .kind = TARGET_AT_MOST, .value = 1, .text = "at most 100%"};
    struct pipeline store, copy = *learning_none(p, &store);
    struct settings settings;
    struct asked asked;
    struct error why = {0};
    int status = 0;

    copy.target = &any;
    copy.n_targets = 1;
    if (!asked_plan(&copy, &asked, &why)) {
        if (!settings_init(&settings, &copy, false, options, &why) &&
            is_line(&copy, &asked, &settings))
            status = frontier_line(&copy, &asked, &settings, out, err);
        settings_release(&settings);
    }
    pipeline_release(&store);
    return status;
}
