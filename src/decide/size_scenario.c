/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The threshold of a scenario's gate: what is asked, the search over a grid (search.h), and the
 * answer with its frontier. */
#include "decide/search.h"

#include "model/learning.h"
#include "sim/exact.h"

#include <math.h>
#include <string.h>

enum { GRID_EXACT = 401, GRID_SIMULATED = 41 };

static int find_gate(const struct pipeline *p, uint32_t *gate, struct error *err)
{
    uint32_t gates = 0;

    for (uint32_t i = 0; i < p->n_steps; i++)
        if (p->step[i].kind == STEP_GATE && gates++ == 0)
            *gate = i;
    if (!gates)
        return error_set(err, ERR_UNSUPPORTED,
                         "%s: there is no gate, so there is no threshold to "
                         "size",
                         p->file);
    if (gates > 1)
        return error_set(err, ERR_UNSUPPORTED, "%s: not supported yet: sizing %u gates together",
                         p->file, gates);
    return 0;
}

static int plan(struct search *s, struct error *err)
{
    uint32_t constraints = 0;
    const char *risk = NULL;

    if (s->p->n_targets > SEARCH_TARGETS)
        return error_set(err, ERR_LIMIT, "%s: more than %d targets", s->p->file, SEARCH_TARGETS);
    s->goal_name = "review_load";
    s->goal_sign = 1;
    for (uint32_t i = 0; i < s->p->n_targets; i++) {
        const struct target *t = &s->p->target[i];
        bool optimum = t->kind == TARGET_LEAST || t->kind == TARGET_MOST;
        search_want(s, t->metric);
        if (optimum)
            s->goal_name = t->metric, s->goal_sign = t->kind == TARGET_LEAST ? 1 : -1;
        else
            constraints++;
        if (!risk && !optimum && strstr(t->metric, "_error"))
            risk = t->metric;
        s->simulated = s->simulated || !search_is_exact(t->metric);
    }
    if (!constraints && !s->p->n_targets)
        return error_set(err, ERR_USAGE,
                         "`seam size` needs a target, in the file's objective or as "
                         "--target \"auto_error at most 1%%\"");
    s->goal = search_want(s, s->goal_name);
    s->load = search_want(s, "review_load");
    s->risk = search_want(s, risk ? risk : "auto_error");
    return 0;
}

static void put_frontier(struct search *s, const struct trial *grid, size_t n, struct result *out)
{
    struct curve *curve = result_add_curve(out, "frontier", "review_load", s->metric[s->risk]);
    size_t step = n > 201 ? 2 : 1;

    for (size_t i = 0; i < n; i += step) {
        const struct estimate *risk = &grid[i].at[s->risk];
        struct point point = {
            .x = grid[i].at[s->load].value, .y = risk->value, .low = risk->low, .high = risk->high};
        if (isnan(point.x) || isnan(point.y))
            continue;
        point.at = result_text(out, "threshold=%.6g", grid[i].t);
        vec_push(&curve->points, point);
    }
}

static void put_answer(struct search *s, const struct trial *best, const struct target *blocking,
                       struct result *out)
{
    const char *risk = s->metric[s->risk];
    struct answer *a = &out->answer;

    a->present = true;
    a->threshold = best->t;
    a->level = s->options->level;
    a->parameter = result_text(out, "flow.%s.threshold", s->p->step[s->gate].id);
    a->method = s->simulated ? "monte-carlo" : "exact chain";
    a->risk = result_text(out, "%s", risk);
    a->population = "items as the scenario describes them";
    a->review_load = best->at[s->load].value;
    a->risk_value = best->at[s->risk].value;
    a->bound = s->n_draws > 1 || s->simulated ? best->at[s->risk].high : NAN;
    a->best_attainable = NAN;
    if (!blocking) {
        a->ending = "met";
        /* rounded up, so that the shown threshold meets the targets as well */
        a->sentence = result_text(
            out,
            "Ship at confidence %.6g and above: %.2f%% of the items go to review, %s is %.3g%%.",
            ceil(a->threshold * 1e6) / 1e6, 100 * a->review_load, risk, 100 * a->risk_value);
        return;
    }
    const struct estimate *e = &best->at[search_want(s, blocking->metric)];
    a->ending = "infeasible";
    if (s->joint) {
        a->sentence =
            result_text(out,
                        "No threshold meets all targets together; each alone can be met.  "
                        "Nearest to all is %.4g, with %s at %.6g.",
                        a->threshold, blocking->metric, e->value);
        return;
    }
    a->risk = result_text(out, "%s", blocking->metric);
    a->risk_value = e->value;
    a->best_attainable = e->value;
    a->sentence = result_text(out,
                              "No threshold meets \"%s %s\": the best attainable value is "
                              "%.6g, at threshold %.6g.",
                              blocking->metric, blocking->text, e->value, a->threshold);
}

/* Every metric at the chosen threshold, by the exact solver or by simulation. */
static int describe(struct search *s, const struct trial *best, struct result *out)
{
    struct exact_options options = {.level = s->options->level,
                                    .uncertainty = s->options->uncertainty,
                                    .seed = s->options->seed,
                                    .values_only = true};
    struct pipeline copy;
    bool complete;

    if (s->simulated)
        return search_simulate(s, best->t, 0, out);
    search_pipeline(s, best->t, &copy);
    int status = exact_solve(&copy, &options, out, &complete, s->err);
    pipeline_release(&copy);
    return status;
}

/* Does the exact chain take this scenario?  What it cannot is simulated. */
static bool solves(const struct pipeline *p)
{
    struct exact_point point;
    struct error why = {0};

    return exact_point(p, &point, &why) == 0 || why.code != ERR_UNSUPPORTED;
}

static int size(const struct pipeline *p, const struct size_options *options, struct result *out,
                bool *met, struct error *err)
{
    struct search s = {.p = p, .options = options, .err = err};
    struct trial *grid = NULL, best = {0};
    const struct target *blocking = NULL;
    int status = -1;

    if (find_gate(p, &s.gate, err) || plan(&s, err))
        return -1;
    search_draw(&s);
    if (!s.simulated && !solves(&s.draw[0]))
        s.simulated = true;
    size_t n = s.simulated ? GRID_SIMULATED : GRID_EXACT;
    grid = mem_zero(n, sizeof *grid);
    for (size_t i = 0; i < n && !s.failed; i++) {
        grid[i] = search_at(&s, (double)i / (double)(n - 1));
        if (options->stop && *options->stop) {
            error_set(err, ERR_INTERRUPTED, "%s: stopped before the search was done", p->file);
            goto out;
        }
    }
    if (!s.failed && !search_best(&s, grid, n, &best))
        blocking = search_blocking(&s, grid, n, &best);
    if (s.failed || describe(&s, &best, out))
        goto out;
    put_frontier(&s, grid, n, out);
    put_answer(&s, &best, blocking, out);
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
    struct pipeline store;

    learning_assume(p, out);
    if (p->feedback.cycle_s > 0)
        result_assume(out, "the threshold is that of the pipeline as written, before any feedback");
    int status = size(learning_none(p, &store), options, out, met, err);
    pipeline_release(&store);
    return status;
}
