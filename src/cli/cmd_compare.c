/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam compare: each scenario solved where that is exact, else simulated, and all side by side. */
#include "cli/cli.h"
#include "cli/progress_bar.h"
#include "cli/untils.h"
#include "decide/compare.h"
#include "model/scenario.h"
#include "sim/exact.h"
#include "sim/importance.h"
#include "sim/outer.h"
#include "sim/run.h"

#include <math.h>
#include <string.h>

/* Half-width of reliability at which a simulation is enough. */
static const double HALF_WIDTH = 0.0005;
enum { COMPARED_MAX = 50 };

struct compared {
    const char *path, *change; /* change: PATH=VALUE of --then, or NULL */
    char *name;                /* owned */
    struct pipeline pipeline;
    struct result result;
    struct repetitions repeats;
    const struct compared *judge; /* whose objective it has, when it states none; or NULL */
    bool simulated, uncertain;
};

struct comparison {
    const struct cli *cli;
    struct compared *at;
    struct alternative *alternative;
    size_t n;
    struct untils untils;
    bool simulate_all; /* --trials or --until */
};

/* --- one of them */

static int simulate(const struct comparison *all, struct compared *c, struct error *err)
{
    const struct options *o = all->cli->options;
    const struct run_until until = {"reliability", HALF_WIDTH};
    bool fixed = c->uncertain || (option_given(o, OPTION_TRIALS) && !all->untils.n);
    struct run_options options = {
        .trials = fixed ? option_count(o, OPTION_TRIALS, 0) : 0,
        .seed = option_count(o, OPTION_SEED, 1), /* the same for all: common random numbers */
        .threads = (uint32_t)option_count(o, OPTION_THREADS, 0),
        .level = option_number(o, OPTION_LEVEL, 0.95),
        .until = fixed           ? NULL
                 : all->untils.n ? all->untils.list
                                 : &until,
        .n_until = fixed           ? 0
                   : all->untils.n ? all->untils.n
                                   : 1,
        .max_trials = option_given(o, OPTION_TRIALS) ? option_count(o, OPTION_TRIALS, 0)
                      : c->pipeline.arrivals.kind == ARRIVALS_NONE ? 0
                                                                   : 2000,
        .uncertainty = c->uncertain,
        .stop = all->cli->stop};

    c->simulated = true;
    struct progress_bar bar;
    progress_open(&bar, all->cli);
    options.progress = progress_of(&bar) ? progress_items : NULL;
    options.progress_arg = &bar;
    int status = run_simulate(&c->pipeline, &options, &c->result, err);
    progress_close(&bar);
    return status;
}

static int solve(const struct comparison *all, struct compared *c, bool *complete,
                 struct error *err)
{
    const struct options *o = all->cli->options;
    const struct exact_options options = {.level = option_number(o, OPTION_LEVEL, 0.95),
                                          .uncertainty = c->uncertain,
                                          .seed = option_count(o, OPTION_SEED, 1)};

    *complete = false;
    if (exact_solve(&c->pipeline, &options, &c->result, complete, err) == 0)
        return 0;
    if (err->code != ERR_UNSUPPORTED && err->code != ERR_LIMIT && err->code != ERR_NUMERIC)
        return -1; /* numeric: no steady state, which a run of some length shows */
    *complete = false;
    *err = (struct error){0};
    return 0;
}

/* Does an answer that is not complete hold all that is compared?  Tails of the costs, times of
 * single steps and what is yet to be learnt are not. */
static bool has_all_compared(const struct compared *c)
{
    static const char *const always[] = {"reliability",  "shipped_error", "review_load",
                                         "latency_mean", "latency_p50",   "latency_p95",
                                         "cost_per_item"};
    const struct metrics *m = &c->result.metrics;
    bool all = true;

    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        all = all && metrics_find(m, always[i]) && isfinite(metrics_find(m, always[i])->value);
    for (uint32_t i = 0; i < c->pipeline.n_targets; i++)
        all = all && metrics_find(m, c->pipeline.target[i].metric);
    return all && (c->pipeline.arrivals.kind == ARRIVALS_NONE || metrics_find(m, "cost_per_month"));
}

/* Of what solving leaves out, only what is compared is told. */
static void drop_asides(struct result *r)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->warnings.len; i++)
        if (strncmp(r->warnings.at[i], "cost_p95", strlen("cost_p95")) != 0 &&
            !strstr(r->warnings.at[i], "attempt_latency") &&
            !strstr(r->warnings.at[i], "visit_latency"))
            r->warnings.at[kept++] = r->warnings.at[i];
    r->warnings.len = kept;
}

/* Where each layer loses and closes, of a simulated one: as solved where that could be, else by
 * repetitions where they are quick. */
static int add_layers(const struct comparison *all, struct compared *c, const struct result *solved,
                      struct error *err)
{
    const struct options *o = all->cli->options;
    const struct run_options options = {.trials = c->result.run.trials,
                                        .seed = option_count(o, OPTION_SEED, 1),
                                        .threads = (uint32_t)option_count(o, OPTION_THREADS, 0),
                                        .level = option_number(o, OPTION_LEVEL, 0.95),
                                        .uncertainty = c->uncertain,
                                        .stop = all->cli->stop};

    if (c->result.run.partial)
        return 0;
    for (size_t i = 0; i < solved->layers.len; i++) {
        const struct row *from = &solved->layers.at[i];
        struct row *row = NULL;
        for (size_t k = 0; k < c->result.layers.len; k++)
            if (strcmp(c->result.layers.at[k].id, from->id) == 0)
                row = &c->result.layers.at[k];
        if (!row)
            row = result_add_row(&c->result, layers, from->id);
        for (size_t k = 0; k < from->metrics.list.len; k++) {
            const struct metric *m = &from->metrics.list.at[k];
            if (!metrics_find(&row->metrics, m->name))
                metrics_add(&row->metrics, result_text(&c->result, "%s", m->name), m->value, m->low,
                            m->high, m->level, m->n, result_text(&c->result, "%s", m->unit));
        }
    }
    if (solved->layers.len)
        return 0;
    if (importance_is_quick(&c->pipeline, &options))
        return importance_simulate(&c->pipeline, &options, &c->result, err);
    result_warn(&c->result, "what each layer loses and closes is left out, as it takes long to "
                            "simulate; fewer items or a shorter horizon (--set) show it");
    return 0;
}

/* One scenario's result; exact where all of it can be. */
static int evaluate(const struct comparison *all, struct compared *c, struct error *err)
{
    bool complete = false;
    int status = 0;

    c->uncertain = cli_uncertainty(all->cli, &c->pipeline) && outer_needed(&c->pipeline);
    if (solve(all, c, &complete, err))
        return error_prefix(err, "%s", c->path);
    if (all->simulate_all || !(complete || has_all_compared(c))) {
        struct result solved = c->result;
        result_init(&c->result, "simulate");
        status = simulate(all, c, err) || add_layers(all, c, &solved, err) ? -1 : 0;
        result_release(&solved);
    } else {
        drop_asides(&c->result);
    }
    if (status)
        return error_prefix(err, "%s", c->path);
    compare_add_costs(&c->pipeline, &c->result);
    cli_stamp(all->cli, &c->result, &c->pipeline);
    return 0;
}

/* --- reading them */

static int read_one(const struct comparison *all, struct compared *c, struct error *err)
{
    struct setting change = {0};
    char *path = NULL;

    if (c->change) {
        path = mem_strdup(c->change);
        path[strcspn(path, "=")] = '\0';
        change = (struct setting){path, c->change + strlen(path) + 1};
    }
    int status =
        cli_scenario_with(all->cli, c->path, c->change ? &change : NULL, &c->pipeline, err);
    mem_free(path);
    return status;
}

/* Who states no objective is judged by the first one that is stated. */
static void share_objective(struct comparison *all)
{
    const struct compared *from = NULL;

    for (size_t i = 0; i < all->n && !from; i++)
        from = all->at[i].pipeline.n_targets ? &all->at[i] : NULL;
    for (size_t i = 0; i < all->n && from; i++) {
        struct pipeline *p = &all->at[i].pipeline;
        if (p->n_targets)
            continue;
        p->target = from->pipeline.target;
        p->n_targets = from->pipeline.n_targets;
        p->deadline_s = isfinite(p->deadline_s) ? p->deadline_s : from->pipeline.deadline_s;
        p->budget = isfinite(p->budget) ? p->budget : from->pipeline.budget;
        all->at[i].judge = from;
    }
}

/* --- what they are called */

static char *stem_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    char *stem = mem_strdup(base);

    if (strrchr(stem, '.') && strrchr(stem, '.') > stem)
        *strrchr(stem, '.') = '\0';
    return stem;
}

/* The last two parts of a change's path: "confident.threshold=0.9". */
static const char *short_change(const char *change)
{
    const char *from = change + strcspn(change, "=");

    for (int dots = 0; from > change; from--)
        if (from[-1] == '.' && ++dots == 2)
            break;
    return from;
}

/* Round 0: the scenario's own name, or the change; 1: the file's name; 2: its whole path; 3: with a
 * number. */
static char *called(const struct compared *c, size_t i, int round)
{
    struct buf name = {0};

    if (c->change)
        buf_puts(&name, round == 0 ? short_change(c->change) : c->change);
    else if (round == 0)
        buf_puts(&name, c->pipeline.name && *c->pipeline.name ? c->pipeline.name : c->path);
    else if (round == 1) {
        char *stem = stem_of(c->path);
        buf_puts(&name, stem);
        mem_free(stem);
    } else if (round == 2)
        buf_puts(&name, c->path);
    else
        buf_printf(&name, "%zu: %s", i + 1, c->change ? c->change : c->path);
    char *text = mem_strdup(buf_text(&name));
    buf_release(&name);
    return text;
}

static bool all_differ(const struct comparison *all)
{
    for (size_t i = 0; i < all->n; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(all->at[i].name, all->at[k].name) == 0)
                return false;
    return true;
}

static void name_all(struct comparison *all)
{
    for (int round = 0; round < 4 && (round == 0 || !all_differ(all)); round++)
        for (size_t i = 0; i < all->n; i++) {
            mem_free(all->at[i].name);
            all->at[i].name = called(&all->at[i], i, round);
        }
}

/* --- all of them */

static void describe(const struct comparison *all, struct result *out)
{
    size_t simulated = 0;
    bool sampling = false, parameters = false;

    for (size_t i = 0; i < all->n; i++) {
        const struct compared *c = &all->at[i];
        const char *covers = c->result.run.covers ? c->result.run.covers : "";
        simulated += c->simulated;
        sampling = sampling || strstr(covers, "sampling");
        parameters = parameters || strstr(covers, "parameters");
        out->run.partial = out->run.partial || c->result.run.partial;
        out->run.trials += c->simulated ? c->result.run.trials : 0;
        if (c->simulated)
            out->run.seed = c->result.run.seed;
    }
    out->run.covers = sampling && parameters ? "sampling and parameters"
                      : sampling             ? "sampling"
                      : parameters           ? "parameters"
                                             : NULL;
    out->run.method = !simulated            ? "exact"
                      : simulated == all->n ? "monte-carlo"
                                            : "exact, monte-carlo";
    if (simulated && simulated < all->n)
        result_assume(out, "%zu of %zu are exact, the others simulated", all->n - simulated,
                      all->n);
}

/* Repeats them together where one has an interval, for the intervals of differences. */
static int repeat(struct comparison *all, struct result *out, struct error *err)
{
    const struct options *o = all->cli->options;
    const struct repeat_options options = {.seed = option_count(o, OPTION_SEED, 1),
                                           .threads = (uint32_t)option_count(o, OPTION_THREADS, 0),
                                           .uncertainty = !option_given(o, OPTION_NO_UNCERTAINTY),
                                           .stop = all->cli->stop};
    struct repetitions *repeats = mem_zero(all->n, sizeof *repeats);
    bool some = false;

    for (size_t i = 0; i < all->n; i++)
        some = some || all->at[i].simulated || all->at[i].uncertain;
    int status = some && !out->run.partial
                     ? compare_repeat(all->alternative, all->n, &options, repeats, err)
                     : 0;
    for (size_t i = 0; i < all->n; i++) {
        all->at[i].repeats = repeats[i];
        all->alternative[i].repeats = some ? &all->at[i].repeats : NULL;
    }
    if (!status && some && !out->run.partial)
        result_assume(out,
                      "differences: intervals from those of the two and the correlation that %u "
                      "repetitions under common random numbers show (Zou 2007)",
                      all->at[0].repeats.n);
    mem_free(repeats);
    return status;
}

static int compare(struct comparison *all, struct result *out, struct error *err)
{
    for (size_t i = 0; i < all->n; i++)
        if (read_one(all, &all->at[i], err))
            return -1;
    share_objective(all);
    for (size_t i = 0; i < all->n; i++)
        if (evaluate(all, &all->at[i], err))
            return -1;
    name_all(all);
    for (size_t i = 0; i < all->n; i++) {
        struct compared *c = &all->at[i];
        all->alternative[i] = (struct alternative){.name = c->name,
                                                   .file = c->path,
                                                   .pipeline = &c->pipeline,
                                                   .result = &c->result,
                                                   .simulated = c->simulated};
    }
    out->currency = result_text(out, "%s", all->at[0].pipeline.currency);
    describe(all, out);
    if (repeat(all, out, err))
        return -1;
    compare_alternatives(all->alternative, all->n, out);
    for (size_t i = 0; i < all->n; i++)
        if (all->at[i].judge)
            result_warn(out, "%s: it states no objective, and is judged by that of %s",
                        all->at[i].name, all->at[i].judge->name);
    return 0;
}

/* Files, and the changes of one file. */
static int list_all(struct comparison *all, struct error *err)
{
    const struct options *o = all->cli->options;
    const struct option_value *then = &o->value[OPTION_THEN];

    all->n = o->args.len + then->all.len;
    if (then->all.len && o->args.len > 1)
        return error_set(err, ERR_USAGE,
                         "--then changes one FILE, and here are %zu; --set changes all of them",
                         o->args.len);
    if (all->n < 2)
        return error_set(
            err, ERR_USAGE,
            "`seam compare` needs FILE FILE..., or one FILE and --then PATH=VALUE; for "
            "example: seam compare scenarios/approach-*.yaml");
    if (all->n > COMPARED_MAX)
        return error_set(err, ERR_USAGE, "`seam compare` sets at most %d scenarios side by side",
                         COMPARED_MAX);
    all->at = mem_zero(all->n, sizeof *all->at);
    all->alternative = mem_zero(all->n, sizeof *all->alternative);
    for (size_t i = 0; i < all->n; i++) {
        struct compared *c = &all->at[i];
        c->path = o->args.at[i < o->args.len ? i : 0];
        c->change = i < o->args.len ? NULL : then->all.at[i - o->args.len];
        pipeline_init(&c->pipeline);
        result_init(&c->result, "solve");
        const char *equals = c->change ? strchr(c->change, '=') : NULL;
        if (c->change && (!equals || equals == c->change || !equals[1])) {
            all->n = i + 1;
            return error_set(err, ERR_USAGE,
                             "--then %s: write PATH=VALUE, such as flow.confident.threshold=0.9",
                             c->change);
        }
    }
    return 0;
}

int cmd_compare(const struct cli *cli, struct error *err)
{
    struct comparison all = {.cli = cli};
    struct result out;
    int status;

    result_init(&out, "compare");
    status = untils_read(cli, &all.untils, err) || list_all(&all, err) ? -1 : 0;
    all.simulate_all = option_given(cli->options, OPTION_TRIALS) || all.untils.n > 0;
    if (!status)
        status = compare(&all, &out, err);
    if (!status)
        status = cli_finish(cli, &out, NULL, out.passed != PASSED_FALSE, err);
    for (size_t i = 0; i < all.n && all.at; i++) {
        pipeline_release(&all.at[i].pipeline);
        result_release(&all.at[i].result);
        repetitions_release(&all.at[i].repeats);
        mem_free(all.at[i].name);
    }
    result_release(&out);
    mem_free(all.at);
    mem_free(all.alternative);
    return status;
}
