/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scenarios with arrivals: where nobody waits for anybody, the chain as it is; with desks of known
 * forms, the chain with the waits before the desks' work.  A wait depends on who came before and on
 * the item's rank, not on how the item itself fares, so that it is the same for all items of a
 * class. */
#include "sim/exact/queue.h"

#include "sim/exact/desks.h"
#include "sim/gap.h"
#include "sim/outer.h"
#include "sim/sensitivity.h"

#include <math.h>
#include <string.h>

/* ns of a desk in its steady state, about; and of a unit of work of a cycle. */
enum { OFFICE_WORK = 50000, CYCLE_NS = 5 };

/* --- streams */

/* The same without time. */
static void untimed(const struct pipeline *p, struct pipeline *out)
{
    bool *none = mem_zero((size_t)p->n_steps + 1, sizeof *none);
    gap_perfect(p, none, out);
    out->arrivals = (struct arrivals){.kind = ARRIVALS_NONE};
    for (uint32_t i = 0; i < out->n_steps; i++)
        out->step[i].by = 0;
    mem_free(none);
}

static double attempts_at(const struct model *m, uint32_t step, uint32_t class)
{
    const struct chain *c = &m->chain[class];
    double sum = 0;
    for (uint32_t u = 0; u < c->n_units; u++)
        if (c->unit[u].step == step && c->unit[u].kind == UNIT_VISIT)
            sum += m->tries[u * m->pipeline->n_classes + class];
    return sum;
}

static void find_stream(const struct offices *o, const struct model *m, struct office *of)
{
    const struct pipeline *p = o->p;
    for (uint32_t k = 0; k < p->n_classes; k++)
        for (uint32_t i = 0; i < of->n_steps; i++) {
            const struct numbers *n = &p->step[of->step[i]].numbers[k];
            double attempts = attempts_at(m, of->step[i], k);
            uint32_t priority = p->class[k].priority;
            of->attempts += attempts;
            of->tries[k * of->n_steps + i] = attempts;
            of->stream[k * of->n_steps + i] = (struct desk_stream){
                .rate_per_s = p->arrivals.rate_per_s * attempts,
                .service = {dist_capped_moment(&n->latency, n->timeout_s, 1),
                            dist_capped_moment(&n->latency, n->timeout_s, 2)},
                .rank = of->first_come ? 0
                        : priority     ? priority
                                       : UINT32_MAX
            };
        }
}

/* How the cosine of a daily rate comes to the desk. */
static void find_turn(const struct model *m, struct office *of)
{
    const double omega = 2 * 3.14159265358979323846 / DAY_S;
    struct latency_model l;
    latency_model_init(&l, m);
    for (uint32_t i = 0; i < of->n_steps; i++) {
        double add[2];
        latency_entries(&l, of->step[i], omega, add);
        of->turn[0] += add[0];
        of->turn[1] += add[1];
    }
    latency_model_release(&l);
}

static int find_streams(struct offices *o, const struct pipeline *free, uint32_t max_states,
                        double *work, struct error *err)
{
    struct model m;
    if (model_build(&m, free, max_states, true, err))
        return -1;
    if (work)
        *work += MODEL_BUILDS * model_work(&m);
    int status = model_sums(&m, NULL, err);
    for (uint32_t k = 0; k < o->n && !status; k++) {
        find_stream(o, &m, &o->at[k]);
        if (o->at[k].delayed)
            find_turn(&m, &o->at[k]);
    }
    model_release(&m);
    return status;
}

/* --- each desk in its steady state */

static void wait_all(const struct offices *o, struct office *of, double mean_s)
{
    for (uint32_t k = 0; k < o->p->n_classes; k++)
        wait_law_mean(&of->wait[k], mean_s);
}

static void leave_laws(const struct offices *o, struct office *of, const struct desk *d)
{
    size_t len;
    double *p = desk_states(d, &len);
    for (uint32_t k = 0; k < o->p->n_classes; k++)
        wait_law_served(&of->wait[k], d, p, len);
    wait_law_left(&of->left, d, p, len);
    mem_free(p);
}

static int solve_markov(const struct offices *o, struct office *of, struct error *err)
{
    const struct resource *r = of->resource;
    struct desk d = {.servers = r->servers,
                     .room = r->waiting_room,
                     .mean_s = of->mean_s,
                     .patience_s = of->patience_s,
                     .answer_within_s = r->answer_within_s};
    for (uint32_t k = 0; k < o->p->n_classes * of->n_steps; k++)
        d.rate_per_s += of->stream[k].rate_per_s;
    if (desk_markov(&d, &of->value, err))
        return -1;
    if (of->leaves) {
        leave_laws(o, of, &d);
        return 0;
    }
    for (uint32_t k = 0; k < o->p->n_classes; k++)
        wait_law_exponential(&of->wait[k], of->value.p_wait, d.servers / d.mean_s - d.rate_per_s);
    return 0;
}

static int solve_general(const struct offices *o, struct office *of, struct error *err)
{
    const struct pipeline *p = o->p;
    uint32_t n = p->n_classes * of->n_steps;
    if (desk_general(of->stream, n, &of->value, err))
        return -1;
    if (!(of->value.utilisation > 0)) {
        for (uint32_t k = 0; k < p->n_classes; k++)
            wait_law_exponential(&of->wait[k], 0, 1);
        of->value.wait_p95_s = 0;
        of->value.service_level = isfinite(of->resource->answer_within_s) ? 1 : NAN;
        return 0;
    }
    struct wait_work *work = mem_zero(n, sizeof *work);
    for (uint32_t k = 0; k < p->n_classes; k++)
        for (uint32_t i = 0; i < of->n_steps; i++) {
            const struct numbers *a = &p->step[of->step[i]].numbers[k];
            uint32_t at = k * of->n_steps + i;
            work[at] = (struct wait_work){&a->latency, a->timeout_s, of->stream[at].rate_per_s};
        }
    for (uint32_t k = 0; k < p->n_classes; k++)
        wait_law_general(&of->wait[k], work, n);
    mem_free(work);
    of->value.wait_p95_s = wait_law_quantile(&of->wait[0], 0.95);
    of->value.service_level = isfinite(of->resource->answer_within_s)
                                  ? wait_law_within(&of->wait[0], of->resource->answer_within_s)
                                  : NAN;
    return 0;
}

static int solve_ranks(const struct offices *o, struct office *of, struct error *err)
{
    const struct resource *r = of->resource;
    uint32_t n = o->p->n_classes * of->n_steps;
    double *wait_s = mem_zero(n, sizeof *wait_s);
    int status = desk_ranks(of->stream, n, r->servers, r->discipline == DISCIPLINE_PREEMPTIVE,
                            wait_s, &of->value, err);
    for (uint32_t k = 0; k < o->p->n_classes && !status; k++) {
        double sum = 0, rate = 0;
        for (uint32_t i = 0; i < of->n_steps; i++) {
            sum += of->stream[k * of->n_steps + i].rate_per_s * wait_s[k * of->n_steps + i];
            rate += of->stream[k * of->n_steps + i].rate_per_s;
        }
        wait_law_mean(&of->wait[k], rate > 0 ? sum / rate : 0);
    }
    mem_free(wait_s);
    return status;
}

static int solve_steady(const struct offices *o, struct office *of, struct error *err)
{
    for (uint32_t k = 0; k < o->p->n_classes * of->n_steps; k++)
        if (!isfinite(of->stream[k].service[1]))
            return office_refuse(o->p, of->resource, "its work has no finite variance", err);
    if (!(of->attempts > 0)) {
        of->value = (struct desk_values){.service_level = NAN};
        wait_all(o, of, 0);
        return 0;
    }
    if (!of->first_come)
        return solve_ranks(o, of, err);
    return of->exponential ? solve_markov(o, of, err) : solve_general(o, of, err);
}

/* The closed forms know no names. */
static int solve_named(const struct offices *o, struct office *of, struct error *err)
{
    int status = solve_steady(o, of, err);
    if (status && err->code == ERR_NUMERIC)
        return error_prefix(err, "resource %s", of->resource->id);
    return status;
}

/* The time in which a line forgets how it began: 1 / (sqrt(c mu) - sqrt(lambda))^2 of M/M/c (Cohen
 * 1982), and for other work as a diffusion has it, 2 lambda E[S^2] / (1 - rho)^2. */
static double relaxation(const struct offices *o, const struct office *of)
{
    double rate = 0, square = 0;
    for (uint32_t k = 0; k < o->p->n_classes * of->n_steps; k++) {
        rate += of->stream[k].rate_per_s;
        square += of->stream[k].rate_per_s * of->stream[k].service[1];
    }
    double spare = sqrt(of->resource->servers / of->mean_s) - sqrt(rate);
    double idle = of->resource->servers * (1 - of->value.utilisation);
    return of->exponential ? 1 / (spare * spare) : 2 * square / (idle * idle);
}

/* Says when the horizon is not the steady state: what its beginning adds is about exp(-warmup /
 * tau) tau / length of the mean. */
static void warn_slow(const struct offices *o, const struct office *of, struct result *out)
{
    const struct horizon *h = &o->p->horizon;
    if (of->leaves || !(of->attempts > 0))
        return;
    double tau = relaxation(o, of), off = exp(-h->warmup_s / tau) * tau / h->length_s;
    if (off > 0.01)
        result_warn(
            out,
            "resource %s: it forgets its empty beginning in about %.3g s, and a horizon of "
            "%.3g s after a warm-up of %.3g s is not yet the steady state that is told here",
            of->resource->id, tau, h->length_s, h->warmup_s);
}

/* --- the answer */

static void put_desk(const struct office *of, struct result *out)
{
    struct metrics *m = &result_add_row(out, resources, of->resource->id)->metrics;
    const struct desk_values *v = &of->value;
    const struct {
        const char *name, *unit;
        double value;
    } all[] = {
        {"utilisation",            "1", v->utilisation       },
        {"queue_wait_mean",        "s", v->wait_mean_s       },
        {"queue_wait_served_mean", "s", v->wait_served_mean_s},
        {"queue_wait_p95",         "s", v->wait_p95_s        },
        {"p_wait",                 "1", v->p_wait            },
        {"service_level",          "1", v->service_level     },
        {"queue_length_mean",      "1", v->queue_length      },
        {"in_system_mean",         "1", v->in_system         },
        {"block_rate",             "1", v->block             },
        {"abandon_rate",           "1", v->abandon           },
        {"backlog_growth",         "1", v->growth            },
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!isnan(all[i].value))
            metrics_add_exact(m, all[i].name, all[i].value, all[i].unit);
}

/* Mean wait of an item of each class, and of all. */
static void put_waits(const struct offices *o, struct result *out)
{
    const struct pipeline *p = o->p;
    double sum = 0;
    for (uint32_t k = 0; k < p->n_classes; k++) {
        double wait_s = 0, share = p->class[k].share;
        for (uint32_t d = 0; d < o->n; d++) {
            const struct office *of = &o->at[d];
            double mean =
                of->leaves ? (1 - of->value.block) * of->value.wait_mean_s : of->wait[k].mean_s;
            for (uint32_t i = 0; i < of->n_steps; i++)
                wait_s += of->tries[k * of->n_steps + i] * mean;
        }
        sum += wait_s;
        if (out->classes.len == p->n_classes && share > 0 && !isnan(wait_s))
            metrics_add_exact(&out->classes.at[k].metrics, "wait_mean", wait_s / share, "s");
    }
    if (!isnan(sum))
        metrics_add_exact(&out->metrics, "wait_mean", sum, "s");
}

static int solve_items(const struct offices *o, struct pipeline *free,
                       const struct exact_options *options, struct result *out, bool *complete,
                       struct error *err)
{
    const char *lacks = offices_lack_law(o);
    struct waits waits = {.law = leave_waits(o), .whole = !lacks};
    leave_split(o, free);
    int status = exact_solve_waiting(free, &waits, options, out, complete, err);
    mem_free(waits.law);
    if (status)
        return -1;
    leave_merge(o, out);
    put_waits(o, out);
    if (!lacks)
        return 0;
    result_warn(out,
                "latency_sd, quantiles of latency, slo_attainment: left out, as %s; seam simulate "
                "gives them",
                lacks);
    *complete = false;
    return 0;
}

static int solve_offices(struct offices *o, struct pipeline *free, struct exact_options *options,
                         struct result *out, bool *complete, struct error *err)
{
    bool some_leave = false;
    if (find_streams(o, free, options->max_states, options->work, err))
        return -1;
    for (uint32_t k = 0; k < o->n; k++) {
        struct office *of = &o->at[k];
        if (of->kind == OFFICE_CYCLE ? office_cycle(o, of, out, err) : solve_named(o, of, err))
            return -1;
        if (of->kind != OFFICE_CYCLE)
            warn_slow(o, of, out);
        if (options->work)
            *options->work += CYCLE_NS * of->work + OFFICE_WORK;
        if (!isnan(of->wait[0].mean_s) && !isfinite(of->wait[0].square))
            result_warn(out, "latency_sd: left out, as the work at `%s` has no third moment",
                        of->resource->id);
        some_leave = some_leave || of->leaves;
    }
    if (some_leave && !options->values_only)
        result_warn(out,
                    "visits_sd, loss, closes, birnbaum, improvement, and success, retries, times "
                    "and escapes of visits where some leave: left out, as some items leave a "
                    "desk unserved; seam simulate gives them");
    options->values_only = options->values_only || some_leave;
    if (!leave_can(o))
        result_warn(out, "metrics of items: left out, as some leave a desk unserved, and other "
                         "steps ask what happened there, or how many leave is not known; seam "
                         "simulate gives them");
    else if (solve_items(o, free, options, out, complete, err))
        return -1;
    for (uint32_t k = 0; k < o->n; k++) {
        put_desk(&o->at[k], out);
        if (o->at[k].kind != OFFICE_CYCLE)
            result_assume(
                out, "the desk `%s` is in its steady state, and its arrivals are Poisson%s",
                o->at[k].resource->id,
                o->at[k].kind == OFFICE_PRODUCT && o->n > 1 ? " or as in a Jackson network" : "");
    }
    return 0;
}

/* The Kolmogorov equations take too long to be solved for many draws of the evidence. */
static bool has_cycle(const struct offices *o)
{
    bool any = false;
    for (uint32_t k = 0; k < o->n; k++)
        any = any || o->at[k].kind == OFFICE_CYCLE;
    return any;
}

/* Where nobody leaves a desk unserved, all but times is as it were without desks. */
static int slopes_untimed(const struct pipeline *p, const struct exact_options *options,
                          struct result *out, bool *complete, struct error *err)
{
    struct pipeline free;
    size_t kept = 0;
    untimed(p, &free);
    int status = sensitivity_exact(&free, options, false, out, complete, err);
    for (size_t i = 0; i < out->sensitivities.len; i++)
        if (strcmp(out->sensitivities.at[i].metric, "latency_mean") != 0)
            out->sensitivities.at[kept++] = out->sensitivities.at[i];
    out->sensitivities.len = kept;
    pipeline_release(&free);
    result_warn(out, "sensitivities of latency_mean and of the desks, and those to arrivals: left "
                     "out, as solving the desks anew for each number would take too long");
    return status;
}

static int slopes(const struct pipeline *p, const struct offices *o,
                  const struct exact_options *options, struct result *out, bool *complete,
                  struct error *err)
{
    bool some_leave = false;
    for (uint32_t k = 0; k < o->n; k++)
        some_leave = some_leave || o->at[k].leaves;
    if (sensitivity_takes_long(*options->work) && !some_leave)
        return slopes_untimed(p, options, out, complete, err);
    return sensitivity_exact(p, options, false, out, complete, err);
}

/* --- a month */

/* A month has 30 days; items come as often as in the long run. */
static void put_months(const struct pipeline *p, struct result *out, bool *complete)
{
    static const char *const of[][2] = {
        {"cost_per_item", "cost_per_month"},
        {"net_per_item",  "net_per_month" }
    };
    const double month_s = 30.0 * DAY_S;
    const double standing = month_s * (pipeline_wages(p) + pipeline_fixed_costs(p));
    bool regular = p->arrivals.kind != ARRIVALS_FILE && !p->arrivals.has_batch;
    double items = arrivals_rate(&p->arrivals) * month_s;
    for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
        const struct metric *one = metrics_find(&out->metrics, of[k][0]);
        double more = k == 0 ? standing : -standing;
        if (!one || (one->value == 0 && more == 0))
            continue;
        if (regular) {
            metrics_add(&out->metrics, of[k][1], items * one->value + more, items * one->low + more,
                        items * one->high + more, one->level, one->n, one->unit)
                ->sd_parameters = items * one->sd_parameters;
            continue;
        }
        result_warn(out,
                    "%s: left out, as how many items a month has is not held; seam simulate "
                    "gives it",
                    of[k][1]);
        *complete = false;
    }
}

int exact_queue_solve(const struct pipeline *p, const struct exact_options *options,
                      struct result *out, bool *complete, struct error *err)
{
    struct offices o;
    struct exact_options point = *options;
    struct pipeline free;
    *complete = true;
    if (offices_find(&o, p, err))
        return -1;
    if (o.n > 0 && p->leave_after_s) {
        int status = office_refuse(p, o.at[0].resource,
                                   "items leave its line at their deadline, and it has no closed "
                                   "form then",
                                   err);
        offices_release(&o);
        return status;
    }
    untimed(p, &free);
    int status;
    if (o.n == 0) {
        status = exact_solve(&free, options, out, complete, err);
        if (!status)
            put_months(p, out, complete);
    } else {
        double work = 0;
        point.uncertainty = false;
        point.work = &work;
        status = solve_offices(&o, &free, &point, out, complete, err);
        if (!status)
            put_months(p, out, complete);
        if (!status && options->uncertainty && outer_needed(p))
            exact_queue_posterior(p, options, has_cycle(&o) ? INFINITY : work, out);
        *complete = *complete && out->warnings.len == 0;
        if (options->work)
            *options->work += work;
        point.values_only = options->values_only;
        if (!status && !options->values_only)
            status = slopes(p, &o, &point, out, complete, err);
    }
    offices_release(&o);
    pipeline_release(&free);
    return status;
}
