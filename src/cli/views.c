/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The four views side by side, and a prediction beside what came. */
#include "cli/views.h"

#include "base/units.h"
#include "sim/exact.h"
#include "sim/run.h"

#include <math.h>
#include <string.h>

enum { SIMULATED_ITEMS = 200000, SIMULATED_HORIZONS = 40 };

/* ---- the ways ----------------------------------------------------------------------------- */

struct views {
    const struct result *view[VIEW_COUNT]; /* NULL: there is none */
    const char *why[VIEW_COUNT];           /* why it has no values, or not all; "" */
    double level;
};

static int solve(const struct cli *cli, const struct pipeline *p, struct result *r, struct views *v,
                 struct result *out, struct error *err)
{
    struct exact_options options = {.level = v->level,
                                    .uncertainty = cli_uncertainty(cli, p),
                                    .seed = option_count(cli->options, OPTION_SEED, 1),
                                    .values_only = true};
    bool complete = true;
    if (!exact_solve(p, &options, r, &complete, err)) {
        v->view[VIEW_EXACT] = r;
        if (r->warnings.len)
            v->why[VIEW_EXACT] = result_text(out, "%s", r->warnings.at[0]);
        return 0;
    }
    if (err->code != ERR_UNSUPPORTED && err->code != ERR_NUMERIC && err->code != ERR_LIMIT)
        return -1;
    v->why[VIEW_EXACT] = result_text(out, "%s", err->text);
    *err = (struct error){0};
    return 0;
}

static int simulate(const struct cli *cli, const struct pipeline *p, struct result *r,
                    struct views *v, struct result *out, struct error *err)
{
    bool timed = p->arrivals.kind != ARRIVALS_NONE;
    struct run_options options = {.trials = timed ? SIMULATED_HORIZONS : SIMULATED_ITEMS,
                                  .seed = option_count(cli->options, OPTION_SEED, 1),
                                  .threads =
                                      (uint32_t)option_count(cli->options, OPTION_THREADS, 0),
                                  .level = v->level,
                                  .uncertainty = cli_uncertainty(cli, p),
                                  .stop = cli->stop};
    if (!run_simulate(p, &options, r, err)) {
        v->view[VIEW_SIMULATED] = r;
        return 0;
    }
    if (err->code != ERR_UNSUPPORTED)
        return -1;
    v->why[VIEW_SIMULATED] = result_text(out, "%s", err->text);
    *err = (struct error){0};
    return 0;
}

/* ---- side by side ------------------------------------------------------------------------- */

static const char *const top_names[] = {
    "reliability",   "share_wrong", "share_rejected", "share_failed",     "share_abandoned",
    "completion",    "auto_error",  "review_load",    "reviews_per_item", "latency_mean",
    "latency_p50",   "latency_p95", "latency_p99",    "wait_mean",        "visits_mean",
    "cost_per_item", NULL};
static const char *const stage_names[] = {
    "visits_per_item",     "attempts_per_item",   "ok_rate",      "wrong_rate",
    "error_rate",          "malformed_rate",      "timeout_rate", "success_rate",
    "attempt_latency_p50", "attempt_latency_p95", "caught_rate",  NULL};

static struct view_value value_of(const struct metrics *m, const char *name)
{
    const struct metric *at = m ? metrics_find(m, name) : NULL;
    if (!at)
        return (struct view_value){NAN, NAN, NAN};
    return (struct view_value){at->value, at->low, at->high};
}

static struct metric metric_of(const struct view_value *v)
{
    return (struct metric){.value = v->value, .low = v->low, .high = v->high, .level = 1};
}

/* Executed less what was expected: the exact value, else the simulated one. */
static void differ(struct side_by_side *c)
{
    bool exact = !isnan(c->view[VIEW_EXACT].value);
    struct metric came = metric_of(&c->view[VIEW_EXECUTED]);
    struct metric expected = metric_of(&c->view[exact ? VIEW_EXACT : VIEW_SIMULATED]);
    struct metric d = metric_difference(&expected, &came);
    c->difference = d.value;
    c->low = d.low;
    c->high = d.high;
}

static bool speaks_of_truth(const char *metric)
{
    static const char *const names[] = {"reliability", "share_wrong", "auto_error", "wrong_rate"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], metric) == 0)
            return true;
    return false;
}

/* What the replay counts in another way than the others is left out: there a silently wrong answer
 * looks ok, and what a reviewer mends is no rejection.  The reason; NULL: it counts alike. */
static const char *counts_otherwise(const struct metrics *of[VIEW_COUNT], const char *metric)
{
    const struct metric *wrong =
        of[VIEW_EXECUTED] ? metrics_find(of[VIEW_EXECUTED], "wrong_rate") : NULL;
    const struct metric *mended =
        of[VIEW_REPLAYED] ? metrics_find(of[VIEW_REPLAYED], "corrected") : NULL;
    if (!strcmp(metric, "ok_rate") && wrong && wrong->value > 0)
        return "replayed: what is silently wrong looks ok";
    if (!strcmp(metric, "caught_rate") && mended && mended->value > 0)
        return "replayed: what a reviewer mends is no rejection there";
    return NULL;
}

/* Why a way has no value of a metric that others have; NULL: none lacks one. */
static const char *why_not(const struct views *v, const struct side_by_side *c, const char *kind)
{
    if (isnan(c->view[VIEW_REPLAYED].value)) {
        if (kind && !strcmp(kind, "parallel"))
            return "replayed: a join has no span of its own, its branches have";
        if (speaks_of_truth(c->metric))
            return "replayed: the traces do not tell of every item what was right";
        return "replayed: no span tells it";
    }
    if (isnan(c->view[VIEW_EXACT].value))
        return *v->why[VIEW_EXACT] ? "exact: see the warnings" : "exact: not solved for";
    if (isnan(c->view[VIEW_SIMULATED].value))
        return "simulated: not one of the values of its engine";
    return isnan(c->view[VIEW_EXECUTED].value) ? "executed: it did not come to that" : NULL;
}

static void put_rows(const struct views *v, const char *stage, const char *kind,
                     const struct metrics *of[VIEW_COUNT], const char *const *names,
                     struct result *out)
{
    for (; *names; names++) {
        struct side_by_side c = {.stage = stage, .metric = *names};
        unsigned known = 0;
        bool all_zero = true;
        const char *otherwise = counts_otherwise(of, *names);
        for (int k = 0; k < VIEW_COUNT; k++) {
            c.view[k] = value_of(k == VIEW_REPLAYED && otherwise ? NULL : of[k], *names);
            known += !isnan(c.view[k].value);
            all_zero = all_zero && !(c.view[k].value > 0);
        }
        if (known < 2 || (all_zero && strcmp(*names, "reliability")))
            continue;
        differ(&c);
        c.why = otherwise ? otherwise : why_not(v, &c, kind);
        vec_push(&out->compared, c);
    }
}

static void compare(const struct views *v, struct result *out)
{
    const struct metrics *of[VIEW_COUNT];
    for (int k = 0; k < VIEW_COUNT; k++)
        of[k] = v->view[k] ? &v->view[k]->metrics : NULL;
    put_rows(v, NULL, NULL, of, top_names, out);
    for (size_t i = 0; i < out->stages.len; i++) {
        const struct row *row = &out->stages.at[i];
        for (int k = 0; k < VIEW_COUNT; k++) {
            const struct row *at = v->view[k] ? result_stage(v->view[k], row->id) : NULL;
            of[k] = at ? &at->metrics : NULL;
        }
        put_rows(v, row->id, row->kind, of, stage_names, out);
    }
}

int views_compare(const struct cli *cli, const struct pipeline *p, const struct result *replayed,
                  struct result *out, struct error *err)
{
    struct views v = {
        .view = {NULL, NULL, out, replayed},
        .why = {"",   "",   "",  ""      },
        .level = option_number(cli->options, OPTION_LEVEL, 0.95)
    };
    struct result solved, simulated;
    result_init(&solved, "solve");
    result_init(&simulated, "simulate");
    int status = solve(cli, p, &solved, &v, out, err);
    if (!status)
        status = simulate(cli, p, &simulated, &v, out, err);
    if (!status) {
        compare(&v, out);
        for (int k = 0; k < 2; k++)
            if (*v.why[k])
                result_warn(out, "%s: %s", k ? "simulated" : "exact", v.why[k]);
        bool real = false;
        for (uint32_t i = 0; i < p->n_steps; i++)
            real = real || p->step[i].exec;
        if (real)
            result_assume(out, "steps with `exec` were executed for real; solved and simulated are "
                               "the numbers that the scenario states of them");
    }
    result_release(&solved);
    result_release(&simulated);
    return status;
}

/* ---- predicted first, executed after ------------------------------------------------------- */

int views_predict(const struct cli *cli, const struct pipeline *fitted, bool timed, uint64_t items,
                  struct result *out, struct error *err)
{
    struct run_options options = {
        .trials = timed && fitted->arrivals.kind != ARRIVALS_NONE ? 1 : items,
        .seed = option_count(cli->options, OPTION_SEED, 1) + 1,
        .threads = (uint32_t)option_count(cli->options, OPTION_THREADS, 0),
        .level = option_number(cli->options, OPTION_LEVEL, 0.95),
        .uncertainty = true,
        .stop = cli->stop};
    return run_simulate(fitted, &options, out, err);
}

/* How often what was never seen in n may be seen in m more, with probability `level` at most: the
 * share of the smallest k with P(K <= k) >= level, K Beta-binomial of the posterior
 * Beta(1/2, n + 1/2) (Jeffreys; Gelman et al., Bayesian Data Analysis, 2013, 2.4). */
static double unseen_share(uint64_t n, uint64_t m, double level)
{
    double b = (double)n + 0.5, total = (double)m + b + 0.5;
    double p = exp(lgamma(0.5 + b) - lgamma(b) + lgamma((double)m + b) - lgamma(total));
    double sum = p;
    uint64_t k = 0;
    for (; k < m && sum < level; k++) {
        double x = (double)k;
        p *= ((double)m - x) / (x + 1) * (x + 0.5) / ((double)m - x - 1 + b);
        sum += p;
    }
    return m ? (double)k / (double)m : 1;
}

struct judging {
    const char *stage;                              /* NULL: the whole */
    const struct metrics *expected, *came, *before; /* before: of the run that was fitted */
    double level;
    struct result *out;
};

static void judge(const struct judging *j, const char *name)
{
    const struct metric *m = metrics_find(j->expected, name), *seen = metrics_find(j->came, name);
    const struct metric *before = j->before ? metrics_find(j->before, name) : NULL;
    if (!m || !seen || isnan(m->value) || isnan(seen->value) || (!m->high && !seen->value))
        return;
    if (j->stage && m->value > 0 && m->low == m->high) /* attempts of what never failed */
        return;
    double high = m->high;
    if (!(high > 0) && before && before->n)
        high = unseen_share(before->n, seen->n, 1 - (1 - j->level) / 2);
    double miss = fmax(fmax(m->low - seen->value, seen->value - high), 0);
    bool held = miss <= 1e-12;
    struct prediction p = {.stage = j->stage,
                           .metric = name,
                           .value = m->value,
                           .low = m->low,
                           .high = high,
                           .level = j->level,
                           .seen = seen->value,
                           .seen_low = seen->low,
                           .seen_high = seen->high,
                           .covered = held ? COVERAGE_YES : COVERAGE_NO,
                           .windows = 1,
                           .scored = 1,
                           .held = held,
                           .width = high - m->low,
                           .score = high - m->low + 2 / (1 - j->level) * miss};
    vec_push(&j->out->predictions, p);
}

/* What a stage does of itself: shares of its attempts, and how many it takes. */
static const char *const own_names[] = {"attempts_per_item", "wrong_rate",   "error_rate",
                                        "malformed_rate",    "timeout_rate", NULL};

void views_judge(const struct result *expected, const struct result *came, double level,
                 struct result *out)
{
    struct judging whole = {NULL, &expected->metrics, &came->metrics, NULL, level, out};
    for (const char *const *name = top_names; *name; name++)
        judge(&whole, *name);
    for (size_t i = 0; i < out->stages.len; i++) {
        const struct row *before = &out->stages.at[i];
        const struct row *e = result_stage(expected, before->id);
        const struct row *c = result_stage(came, before->id);
        if (!e || !c || !e->kind || strcmp(e->kind, "stage"))
            continue;
        struct judging own = {before->id, &e->metrics, &c->metrics, &before->metrics, level, out};
        for (const char *const *name = own_names; *name; name++)
            judge(&own, *name);
    }
}
