/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The result of an exact solution: values with or without posteriors, written into rows, and a
 * sentence for everything that is left out. */
#include "model/learning.h"
#include "sim/environment.h"
#include "sim/exact.h"
#include "sim/exact/deadline.h"
#include "sim/exact/feedback.h"
#include "sim/exact/fork.h"
#include "sim/exact/latency.h"
#include "sim/exact/posterior.h"
#include "sim/exact/queue.h"
#include "sim/exact/wait.h"
#include "sim/gap.h"
#include "sim/gap_exact.h"
#include "sim/sensitivity.h"
#include "sim/variance.h"

#include <math.h>

/* Features of the language that the chain does, as FEATURE(...) bits. */
static const uint64_t SUPPORTED = FEATURE(NEXT) | FEATURE(WHEN) | FEATURE(GIVEN) | FEATURE(BANDS) |
                                  FEATURE(CACHE) | FEATURE(CLASS_RETRY) | FEATURE(AUDIT) |
                                  FEATURE(THRESHOLD_DIST) | FEATURE(HEDGE) | FEATURE(DEADLINE);
/* Without arrivals nobody waits for a resource. */
static const uint64_t UNTIMED = FEATURE(PARALLEL) | FEATURE(RESOURCES) | FEATURE(DISCIPLINE) |
                                FEATURE(WAITING_ROOM) | FEATURE(PATIENCE) | FEATURE(HOURS) |
                                FEATURE(RATE_LIMIT) | FEATURE(ENVIRONMENTS);
/* With them a desk may have a closed form. */
static const uint64_t TIMED = FEATURE(ARRIVALS) | FEATURE(BATCH_ARRIVALS) | FEATURE(RESOURCES) |
                              FEATURE(DISCIPLINE) | FEATURE(WAITING_ROOM) | FEATURE(PATIENCE) |
                              FEATURE(HOURS) | FEATURE(RATE_LIMIT);

struct answer_values {
    const double *value, *low, *high, *sd; /* low NULL: exact */
    double level;
};

static void put(struct metrics *to, const char *name, const struct answer_values *a, size_t i)
{
    double value = a->value[i];
    const struct metric_def *def = metric_def(name);
    const char *unit = def ? def->unit : "1";
    if (!isfinite(value))
        return;
    bool known = !a->low || fabs(a->high[i] - a->low[i]) <= 1e-12 * fabs(value);
    if (known)
        metrics_add_exact(to, name, value, unit);
    else
        metrics_add(to, name, value, a->low[i], a->high[i], a->level, 0, unit)->sd_parameters =
            a->sd[i];
}

static void put_top(struct metrics *to, const struct answer_values *a, size_t at)
{
    for (size_t k = 0; k < TOP_COUNT; k++)
        put(to, top_names[k], a, at + k);
}

static const char *place_name(const struct pipeline *p, int32_t to)
{
    if (to >= 0)
        return p->step[to].id;
    return to == TO_SHIP ? "ship" : to == TO_REJECT ? "reject" : "fail";
}

/* Shares of time in states that override nothing. */
static void put_environments(const struct pipeline *p, struct result *out)
{
    for (uint32_t e = 0; e < p->n_environments; e++) {
        const struct environment *env = &p->environment[e];
        double *share = mem_zero(env->n_states, sizeof *share), calm = 0;
        environment_shares(env, share);
        for (uint32_t k = 0; k < env->n_states; k++)
            calm += env->state[k].n_overrides ? 0 : share[k];
        metrics_add_exact(&result_add_row(out, environments, env->id)->metrics, "availability",
                          calm, "1");
        mem_free(share);
    }
}

static void put_rows(const struct model *m, const struct answer_values *a, struct result *out)
{
    const struct pipeline *p = m->pipeline;
    put_top(&out->metrics, a, 0);
    for (uint32_t s = 1; s < model_scopes(m); s++)
        put_top(&result_add_row(out, classes, p->class[s - 1].id)->metrics, a,
                (size_t)s * TOP_COUNT);
    for (uint32_t i = 0; i < p->n_steps; i++) {
        struct row *row = result_add_stage(out, &p->step[i]);
        for (size_t k = 0; k < STAGE_COUNT; k++)
            put(&row->metrics, stage_names[k], a, model_stage_at(m, i) + k);
    }
    for (uint32_t e = 0; e < m->n_edges; e++) {
        struct edge_row row = {
            .from = result_text(out, "%s", place_name(p, (int32_t)m->edge[e].from)),
            .to = result_text(out, "%s", place_name(p, m->edge[e].to)),
        };
        put(&row.metrics, "share", a, model_edge_at(m, e) + EDGE_SHARE);
        put(&row.metrics, "per_item", a, model_edge_at(m, e) + EDGE_PER_ITEM);
        vec_push(&out->edges, row);
    }
    put_environments(p, out);
}

/* --- what cannot be had */

/* Relative errors of latency quantiles beyond which they are said. */
static const double LATENCY_ERROR = 1e-6, POSTERIOR_LATENCY_ERROR = 1e-3;

struct gaps {
    bool latency, cost;
};

/* What is not told where items leave at a deadline in the midst of a step. */
static void name_deadline(const struct model *m, struct result *out)
{
    const struct pipeline *p = m->pipeline;
    bool hides = false;
    result_warn(out,
                "visits_sd, cost_sd, visit_latency, within_budget, escape_rate: left out, as items "
                "leave at their deadline; seam simulate gives them");
    for (uint32_t i = 0; i < p->n_steps; i++) {
        if (!deadline_hides(m, i))
            continue;
        hides = true;
        result_warn(
            out, "%s %s: left out, as how far %s at the deadline is not held", p->step[i].id,
            p->step[i].parent ? "visits, attempts, rates and cost" : "attempts, rates and cost",
            p->step[i].parent ? "branches are" : "the calls of a hedge are");
    }
    if (hides)
        result_warn(out, "cost_per_item and visits_mean of the whole: left out where they rest on "
                         "those");
    if (isnan(deadline_of(m, 0)))
        result_warn(out, "latency quantiles and slo_attainment of all items: left out, as classes "
                         "differ in their deadlines; those of each class are told");
    if (deadline_error(m) > LATENCY_ERROR)
        result_warn(out, "deadline: shares of what ends before it are known to about %.1g",
                    deadline_error(m));
    if (deadline_tied(m) > LATENCY_ERROR)
        result_assume(out, "an item whose time is exactly its deadline leaves");
    result_assume(out, "share_abandoned, exit_abandon: below 1e-10 they are told as 0");
}

static void name_step_gaps(const struct model *m, uint32_t i, const double *v, struct result *out)
{
    const struct pipeline *p = m->pipeline;
    if (model_leaves(m))
        return;
    if (model_cut(m, i))
        result_warn(out,
                    "%s %s: left out, as the join cancels what it no longer needs, and that "
                    "depends on the times of all branches together; seam simulate gives them",
                    p->step[i].id,
                    model_cut(m, i) == CUT_ALL
                        ? "visits, attempts, rates, times and cost (so also cost_per_item and "
                          "visits_mean and visits_sd of the whole)"
                        : "rates and visit_latency");
    bool none =
        p->step[i].parent && model_begins(m, i) && !(m->stage[p->step[i].parent - 1].first_bad > 0);
    if (m->what_if && p->step[i].parent && isnan(v[STAGE_ESCAPE_RATE]) && !none)
        result_warn(out,
                    "%s escape_rate: left out, as what comes bad to a step inside a parallel is "
                    "not held together with what the join makes of it",
                    p->step[i].id);
    if (!(v[STAGE_VISITS] > 0))
        return;
    if (!model_knows_times(m) && isnan(v[STAGE_VISIT_P50]))
        result_warn(out,
                    "%s visit_latency quantiles%s: the environments have too many joint states",
                    p->step[i].id, model_has_budget(m, i) ? " and within_budget" : "");
    else if (!m->point && isnan(v[STAGE_VISIT_P50]) && !model_cut(m, i))
        result_warn(out,
                    "%s visit_latency quantiles%s: quantiles are not averaged over the "
                    "evidence; seam simulate gives them",
                    p->step[i].id, model_has_budget(m, i) ? " and within_budget" : "");
    if (isnan(v[STAGE_ATTEMPT_P50]) && p->step[i].hedge_copies)
        result_warn(out, "%s attempt_latency: not with hedges, whose slower calls are cancelled",
                    p->step[i].id);
    else if (isnan(v[STAGE_ATTEMPT_P50]) && v[STAGE_ATTEMPTS] > 0 && !p->step[i].parallel)
        result_warn(out,
                    "%s attempt_latency quantiles: classes differ in latency, and their "
                    "quantiles are not averaged over the evidence",
                    p->step[i].id);
    if (m->what_if && isnan(v[STAGE_BIRNBAUM]))
        result_warn(out,
                    "%s birnbaum, improvement: items never end when it is perfect or "
                    "always fails",
                    p->step[i].id);
}

static void name_gaps(const struct model *m, const struct gaps *gaps, const double *value,
                      struct result *out, bool *complete)
{
    const struct pipeline *p = m->pipeline;
    size_t before = out->warnings.len;
    if (model_leaves(m))
        name_deadline(m, out);
    const char *why = !model_knows_times(m) ? "the environments have too many joint states"
                      : m->point ? "the chain, or a loop without a bound, is too large for them"
                                 : "quantiles are not averaged over the evidence";
    if (gaps->latency)
        result_warn(out, "latency quantiles%s: %s; seam simulate gives them",
                    isfinite(p->deadline_s) ? " and slo_attainment" : "", why);
    why = model_leaves(m)          ? "items leave at their deadline, and do not pay what they "
                                     "would have"
          : m->hedged              ? "not with hedges"
          : m->rules.has_unbounded ? "a loop without a bound has endlessly many costs"
          : m->point               ? "the cost of an item has too many values"
                                   : "quantiles are not averaged over the evidence";
    if (gaps->cost)
        result_warn(out, "cost_p95, cost_p99%s: %s; seam simulate gives them",
                    isfinite(p->budget) ? " and budget_attainment" : "", why);
    if (m->infinite[0] || m->infinite[1])
        result_warn(out, "latency_mean or latency_sd: a latency has no finite %s",
                    m->infinite[0] ? "mean" : "variance");
    if (!m->what_if && !model_leaves(m))
        result_warn(out, "escape_rate, birnbaum, improvement: left out, as the chain is too large");
    for (uint32_t i = 0; i < p->n_steps; i++)
        name_step_gaps(m, i, value + model_stage_at(m, i), out);
    if (out->warnings.len > before)
        *complete = false;
}

static void name_posterior(const struct model *m, const struct posterior *q, struct result *out,
                           bool *complete)
{
    if (m->pipeline->n_evidence)
        result_assume(out,
                      "evidence k/n has the posterior Beta(k + 1/2, n - k + 1/2); outcomes of "
                      "one step with the same n share a Dirichlet posterior; values are "
                      "posterior means, intervals posterior quantiles from %u draws",
                      q->draws);
    if (isnan(q->error)) {
        result_warn(out,
                    "%u evidences are too many for quadrature at this size: values are means "
                    "of %u posterior draws",
                    m->pipeline->n_evidence, q->draws);
        *complete = false;
    } else if (q->error > 1e-9) {
        result_warn(out,
                    "posterior means of %u evidences: the quadrature's error in reliability "
                    "is about %.1g",
                    m->pipeline->n_evidence, q->error);
        *complete = false;
    }
    if (m->redraws) {
        result_warn(out, "distributions fitted from data are taken as written in the values; the "
                         "intervals redraw them");
        *complete = false;
    }
}

/* --- solving */

static void put_curve(const struct latency_outcome *l, struct result *out)
{
    if (!l->n_curve)
        return;
    struct curve *c = result_add_curve(out, "latency_cdf", "latency", "share");
    for (size_t i = 0; i < l->n_curve; i++) {
        double y = l->curve[i].p;
        vec_push(&c->points, ((struct point){.x = l->curve[i].x, .y = y, .low = y, .high = y}));
    }
}

/* Quantiles of continuous times; false when there are none of items. */
static bool solve_latency(const struct model *m, double *value, struct result *out, bool *complete)
{
    struct latency_outcome l;
    struct latency_options options = latency_exactly;
    options.items = options.curve = !m->waits || m->waits->whole;
    model_latency(m, &options, value, &l);
    bool items = l.items || !options.items;
    put_curve(&l, out);
    if (l.worst > LATENCY_ERROR) {
        result_warn(out, "latency quantiles: their relative error is about %.1g, from %s", l.worst,
                    l.worst_name);
        *complete = false;
    }
    if (l.inexact) {
        result_warn(out, "%s: left out, as it is not known to 0.1%%; seam simulate gives it",
                    l.inexact);
        *complete = false;
    }
    latency_outcome_release(&l);
    return items;
}

static int solve_point(struct model *m, bool means_only, struct result *out, bool *complete,
                       struct error *err)
{
    double *value = mem_zero(model_size(m), sizeof *value);
    struct gaps gaps = {0};
    int status = model_values(m, NULL, value, err);
    if (!status) {
        if (means_only) {
            put_rows(m, &(struct answer_values){.value = value}, out);
            mem_free(value);
            return 0;
        }
        if (!m->no_time && !m->waits && atoms_possible(m, ATOMS_TIME))
            model_atoms(m, ATOMS_TIME, value);
        if (!m->no_time)
            gaps.latency = !model_knows_times(m) || !solve_latency(m, value, out, complete);
        if (!m->no_cost)
            gaps.cost = !atoms_possible(m, ATOMS_COST) || !model_atoms(m, ATOMS_COST, value);
        put_rows(m, &(struct answer_values){.value = value}, out);
        name_gaps(m, &gaps, value, out, complete);
    }
    mem_free(value);
    return status;
}

/* The same under evidence. */
static int solve_latency_posterior(struct model *m, const struct exact_options *options,
                                   struct posterior *q, bool *answered, struct result *out,
                                   bool *complete, struct error *err)
{
    struct latency_posterior l;
    if (latency_posterior(m, options->level, options->seed, q, &l, err))
        return -1;
    *answered = l.answered;
    if (!l.answered)
        return 0;
    result_assume(out,
                  "latency quantiles are posterior means %s; their intervals are from %u draws",
                  l.nodes > 0 ? "by quadrature" : "of the draws", l.draws);
    if (l.error > POSTERIOR_LATENCY_ERROR) {
        size_t stages = model_stage_at(m, 0), k = l.worst < stages ? 0 : l.worst - stages;
        bool stage = l.worst >= stages;
        result_warn(out,
                    "latency quantiles: the relative error of their posterior means is up to "
                    "%.1g, of %s%s%s",
                    l.error, stage ? m->pipeline->step[k / STAGE_COUNT].id : "", stage ? " " : "",
                    stage ? stage_names[k % STAGE_COUNT] : top_names[l.worst % TOP_COUNT]);
        *complete = false;
    }
    return 0;
}

static int solve_posterior(struct model *m, const struct exact_options *options, struct result *out,
                           bool *complete, struct error *err)
{
    struct posterior q;
    if (posterior_init(&q, m, options->level, options->seed, err))
        return -1;
    struct answer_values a = {q.value, q.low, q.high, q.sd, options->level};
    struct gaps gaps = {.cost = !m->no_cost};
    bool times = model_knows_times(m);
    int status = 0;
    if (!m->no_time && times)
        status = solve_latency_posterior(m, options, &q, &times, out, complete, err);
    if (!status) {
        gaps.latency = !times;
        put_rows(m, &a, out);
        name_posterior(m, &q, out, complete);
        name_gaps(m, &gaps, q.value, out, complete);
        out->run.covers = "parameters";
        out->run.seed = options->seed;
    }
    posterior_release(&q);
    return status;
}

/* Beyond this part of a probability the times of a parallel are not known. */
static const double FORK_DOUBT = 1e-7;

/* Times of branches with so many values, or bends, that no law of the join is known. */
static int forks_known(const struct model *m, struct error *err)
{
    const struct pipeline *p = m->pipeline;
    for (uint32_t k = 0; k < p->n_classes; k++)
        for (uint32_t i = 0; m->chain[k].forks && i < m->chain[k].forks->n; i++) {
            const struct fork *f = &m->chain[k].forks->at[i];
            const struct step *s = &p->step[f->step];
            if (f->doubt > FORK_DOUBT || f->tied)
                return error_at(err, ERR_UNSUPPORTED, p->file && *p->file ? p->file : "flow",
                                s->line, s->column,
                                "not exact (step `%s`): its branches %s; use simulate", s->id,
                                f->tied ? "of several steps may end at the same instant, and which "
                                          "is first decides"
                                        : "take times with too many values to tell who is first");
        }
    return 0;
}

static int solve(const struct pipeline *p, const struct exact_options *options, struct result *out,
                 bool *complete, struct error *err)
{
    return exact_solve_waiting(p, NULL, options, out, complete, err);
}

int exact_solve_waiting(const struct pipeline *p, const struct waits *waits,
                        const struct exact_options *options, struct result *out, bool *complete,
                        struct error *err)
{
    struct model m;
    bool timed = p->arrivals.kind != ARRIVALS_NONE;
    *complete = true;
    if (chain_can(p, err))
        return -1;
    if (timed)
        return exact_queue_solve(p, options, out, complete, err);
    if (model_build(&m, p, options->max_states, true, err))
        return -1;
    m.what_if = m.what_if && !options->means_only;
    if (options->work)
        *options->work += MODEL_BUILDS * model_work(&m);
    if (waits)
        model_wait(&m, waits);
    bool uncertain = options->uncertainty && (p->n_evidence || m.redraws || m.recosts);
    double *theta = mem_zero((size_t)p->n_evidence + 1, sizeof *theta);
    pipeline_posterior_mean(p, theta);
    m.point = !uncertain;
    int status = model_start(&m, uncertain ? theta : NULL, err);
    if (!status)
        status = forks_known(&m, err);
    if (!status && uncertain)
        status = solve_posterior(&m, options, out, complete, err);
    else if (!status)
        status = solve_point(&m, options->means_only, out, complete, err);
    if (!status && uncertain && !options->values_only && !waits)
        status = variance_exact(p, options, model_work(&m), out, err);
    if (!status && !options->values_only)
        status = gap_exact(&m, options, uncertain, out, complete, err);
    if (!status && !options->values_only && !waits)
        status = sensitivity_exact(p, options, uncertain, out, complete, err);
    out->run.present = true;
    out->run.method = "exact";
    out->run.engine = "chain";
    out->scenario_name = result_text(out, "%s", p->name ? p->name : "");
    out->scenario_file = result_text(out, "%s", p->file ? p->file : "");
    out->scenario_sha256 = result_text(out, "%s", p->sha256);
    out->currency = result_text(out, "%s", p->currency ? p->currency : "$");
    mem_free(theta);
    model_release(&m);
    return status;
}

int exact_solve(const struct pipeline *p, const struct exact_options *options, struct result *out,
                bool *complete, struct error *err)
{
    struct pipeline store;
    bool timed = p->arrivals.kind != ARRIVALS_NONE;
    if (pipeline_needs(p, "solve",
                       SUPPORTED | FEATURE(CALIBRATION) | FEATURE(FEEDBACK) |
                           (timed ? TIMED : UNTIMED),
                       err) ||
        exact_feedback_can(p, err))
        return -1;
    learning_assume(p, out);
    struct exact_options how = *options;
    if (gap_learns(p))
        how.learns = p;
    int status = solve(learning_none(p, &store), &how, out, complete, err);
    if (!status && p->feedback.cycle_s > 0)
        status = exact_feedback(p, options, out, complete, err);
    pipeline_release(&store);
    return status;
}

static int point(const struct pipeline *p, struct exact_point *out, struct error *err)
{
    struct model m;
    *out = (struct exact_point){0};
    if (chain_can(p, err) || model_build(&m, p, 0, false, err))
        return -1;
    int status = model_sums(&m, NULL, err);
    if (!status)
        status = forks_known(&m, err);
    const struct top_sums *top = &m.top[0];
    for (uint32_t k = 0; k < ABSORB_COUNT && !status; k++) {
        bool good = k & 2, reviewed = k & 1, shipped = k < 4;
        double n = top->mass[k];
        out->correct += shipped && good ? n : 0;
        out->wrong += shipped && !good ? n : 0;
        out->rejected += k / 4 == ABSORB_REJECT ? n : 0;
        out->failed += k / 4 == ABSORB_FAIL ? n : 0;
        out->auto_shipped += shipped && !reviewed ? n : 0;
        out->auto_wrong += shipped && !reviewed && !good ? n : 0;
        out->latency_shipped += shipped ? top->t1[k] : 0;
        out->latency_all += top->t1[k];
    }
    if (!status) {
        out->reviewed = top->reviewed;
        out->reviewed_bad = top->reviewed_bad;
        out->reviews = top->reviews;
        out->cost = top->c1;
        out->cost2 = top->c2;
    }
    model_release(&m);
    return status;
}

int exact_point(const struct pipeline *p, struct exact_point *out, struct error *err)
{
    struct pipeline store;
    if (pipeline_needs(p, "solve", SUPPORTED | FEATURE(CALIBRATION) | UNTIMED, err))
        return -1;
    int status = point(learning_none(p, &store), out, err);
    pipeline_release(&store);
    return status;
}

/* --- loops without a bound */

enum { SOON_STATES = 20000, SOON_BLOCK = 400 };

static bool is_soon(const struct model *m)
{
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++)
        for (uint32_t b = 0; b < m->chain[k].n_blocks; b++)
            if (m->chain[k].block[b].end - m->chain[k].block[b].begin > SOON_BLOCK)
                return false;
    return true;
}

static int visits_of(const struct pipeline *p, bool at_means, double *visits, struct error *err)
{
    struct model m;
    int status;
    if (chain_can(p, err) || model_build(&m, p, SOON_STATES, false, err))
        return -1;
    double *theta = mem_zero((size_t)p->n_evidence + 1, sizeof *theta);
    pipeline_posterior_mean(p, theta);
    if (is_soon(&m))
        status = model_sums(&m, at_means ? theta : NULL, err);
    else
        status = error_set(err, ERR_LIMIT, "a loop without a bound has many states");
    *visits = m.top[0].v1;
    mem_free(theta);
    model_release(&m);
    return status;
}

int exact_visits(const struct pipeline *p, bool at_means, double *visits, struct error *err)
{
    const uint64_t endures = SUPPORTED & ~FEATURE(DEADLINE); /* which ends loops that take time */
    struct pipeline store;
    if (pipeline_needs(p, "solve", endures | FEATURE(CALIBRATION) | UNTIMED, err))
        return -1;
    int status = visits_of(learning_none(p, &store), at_means, visits, err);
    pipeline_release(&store);
    return status;
}
