/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scenarios with arrivals: where nobody waits for anybody, the chain as it is; with one desk of a
 * known form, its closed form and the chain with the mean waits put before the desk's work, which
 * keeps all means and shares.  A wait depends on who came before and on the item's rank, not on
 * how the item itself fares, so that the mean is the same for all items of a class. */
#include "sim/exact_queue.h"

#include "sim/exact_values.h"
#include "sim/gap.h"

#include <math.h>
#include <string.h>

struct office {
    const struct pipeline *p;
    const struct resource *resource;
    uint32_t step;              /* the only one that asks for it */
    struct desk_stream *stream; /* [n_classes], of those who come to it */
    double *wait_s, *visits;    /* [n_classes]; visits per item of the class */
    struct desk_values value;
};

static int refuse(const struct pipeline *p, uint32_t line, uint32_t column, const char *id,
                  const char *what, struct error *err)
{
    return error_at(err, ERR_UNSUPPORTED, p->file && *p->file ? p->file : "flow", line, column,
                    "not exact (`%s`): %s; use simulate", id, what);
}

/* --- is it a desk of a known form? */

static bool reaches(const struct rules *r, uint32_t from, uint32_t to, bool *seen)
{
    for (uint32_t e = 0; e < rules_starts(r, from); e++)
        for (int32_t k = rules_start(r, from, e); k >= 0; k = r->route[k].otherwise) {
            int32_t next = r->route[k].to;
            if (next < 0 || seen[next])
                continue;
            seen[next] = true;
            if ((uint32_t)next == to || reaches(r, (uint32_t)next, to, seen))
                return true;
        }
    return false;
}

static bool comes_again(const struct pipeline *p, uint32_t step)
{
    struct rules r;
    bool *seen = mem_zero(p->n_steps, sizeof *seen);
    rules_init(&r, p);
    bool again = reaches(&r, step, step, seen);
    rules_release(&r);
    mem_free(seen);
    return again;
}

static const char *step_lacks(const struct pipeline *p, uint32_t i)
{
    const struct step *s = &p->step[i];
    bool fails = false;
    uint32_t attempts = s->retry.attempts;
    for (uint32_t k = 0; k < p->n_classes; k++) {
        const struct numbers *n = &s->numbers[k];
        fails = fails || n->error.value > 0 || n->malformed.value > 0 || isfinite(n->timeout_s);
        if (s->class_retry && s->class_retry[k].attempts > attempts)
            attempts = s->class_retry[k].attempts;
    }
    if (attempts > 1 && fails)
        return "its retries come to the desk again, which is not a Poisson stream";
    if (s->n_given || s->has_cache)
        return "visits of the desk differ in their numbers (given, cache)";
    if (comes_again(p, i))
        return "items may come to the desk again, which is not a Poisson stream";
    return NULL;
}

/* step UINT32_MAX: there is no desk. */
static int find_desk(struct office *o, struct error *err)
{
    const struct pipeline *p = o->p;
    const char *lacks = NULL;
    o->step = UINT32_MAX;
    for (uint32_t i = 0; i < p->n_steps && !lacks; i++) {
        if (!p->step[i].by)
            continue;
        if (o->step != UINT32_MAX)
            lacks = "several steps ask for servers, and only one desk is solved";
        o->step = i;
        o->resource = &p->resource[p->step[i].by - 1];
    }
    if (o->step == UINT32_MAX)
        return 0;
    const struct step *s = &p->step[o->step];
    if (p->arrivals.kind != ARRIVALS_POISSON || p->arrivals.has_batch)
        lacks = "arrivals are not a Poisson process of one rate";
    if (!lacks)
        lacks = step_lacks(p, o->step);
    return lacks ? refuse(p, s->line, s->column, s->id, lacks, err) : 0;
}

static bool exponential(const struct office *o, double *mean_s)
{
    const struct step *s = &o->p->step[o->step];
    *mean_s = dist_mean(&s->numbers[0].latency);
    for (uint32_t k = 0; k < o->p->n_classes; k++)
        if (s->numbers[k].latency.family != DIST_EXPONENTIAL || isfinite(s->numbers[k].timeout_s) ||
            dist_mean(&s->numbers[k].latency) != *mean_s)
            return false;
    return true;
}

static bool same_patience(const struct office *o, double *mean_s)
{
    const struct dist *d = o->resource->patience;
    *mean_s = INFINITY;
    for (uint32_t k = 0; k < o->p->n_classes && d; k++) {
        if (d[k].family != DIST_EXPONENTIAL || dist_mean(&d[k]) != dist_mean(&d[0]))
            return false;
        *mean_s = dist_mean(&d[k]);
    }
    return true;
}

static int solve_first_come(struct office *o, struct error *err)
{
    const struct resource *r = o->resource;
    struct desk d = {.servers = r->servers, .room = r->waiting_room};
    bool markov = exponential(o, &d.mean_s);
    uint32_t n = o->p->n_classes;
    if (!same_patience(o, &d.patience_s))
        return refuse(o->p, r->line, r->column, r->id, "patience is not exponential with one mean",
                      err);
    for (uint32_t k = 0; k < n; k++)
        d.rate_per_s += o->stream[k].rate_per_s;
    if (!markov && (r->servers > 1 || r->waiting_room != ROOM_UNLIMITED || r->patience))
        return refuse(o->p, r->line, r->column, r->id,
                      "its work is not exponential with one mean, and it has several servers, a "
                      "waiting room or patience",
                      err);
    if (markov ? desk_markov(&d, &o->value, err) : desk_general(o->stream, n, &o->value, err))
        return -1;
    for (uint32_t k = 0; k < n; k++)
        o->wait_s[k] = o->value.wait_mean_s;
    return 0;
}

static int solve_ranks(struct office *o, struct error *err)
{
    const struct resource *r = o->resource;
    bool preemptive = r->discipline == DISCIPLINE_PREEMPTIVE;
    double mean_s;
    const char *lacks = NULL;
    if (r->waiting_room != ROOM_UNLIMITED || r->patience)
        lacks = "priorities with a waiting room or patience";
    else if (r->servers > 1 && (preemptive || !exponential(o, &mean_s)))
        lacks = "priorities at several servers whose work is not exponential with one mean, or "
                "with preemption";
    if (lacks)
        return refuse(o->p, r->line, r->column, r->id, lacks, err);
    return desk_ranks(o->stream, o->p->n_classes, r->servers, preemptive, o->wait_s, &o->value,
                      err);
}

static int solve_desk(struct office *o, struct error *err)
{
    const struct resource *r = o->resource;
    if (r->servers == 0 || r->n_hours)
        return refuse(o->p, r->line, r->column, r->id, "a rate limit or hours", err);
    for (uint32_t k = 0; k < o->p->n_classes; k++)
        if (!isfinite(o->stream[k].service[1]))
            return refuse(o->p, r->line, r->column, r->id, "its work has no finite variance", err);
    switch (r->discipline) {
    case DISCIPLINE_FIFO:
        return solve_first_come(o, err);
    case DISCIPLINE_PRIORITY:
    case DISCIPLINE_PREEMPTIVE:
        return solve_ranks(o, err);
    default:
        return refuse(o->p, r->line, r->column, r->id, "its discipline has no closed form", err);
    }
}

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

static int find_streams(struct office *o, const struct pipeline *free, uint32_t max_states,
                        struct error *err)
{
    const struct pipeline *p = o->p;
    struct model m;
    if (model_build(&m, free, max_states, true, err))
        return -1;
    int status = model_sums(&m, NULL, err);
    for (uint32_t k = 0; k < p->n_classes && !status; k++) {
        const struct numbers *n = &p->step[o->step].numbers[k];
        double share = p->class[k].share, visits = m.visits[o->step * p->n_classes + k];
        uint32_t priority = p->class[k].priority;
        o->visits[k] = share > 0 ? visits / share : 0;
        o->stream[k] = (struct desk_stream){
            .rate_per_s = p->arrivals.rate_per_s * visits,
            .service = {dist_capped_moment(&n->latency, n->timeout_s, 1),
                        dist_capped_moment(&n->latency, n->timeout_s, 2)},
            .rank = priority ? priority : UINT32_MAX
        };
    }
    model_release(&m);
    return status;
}

/* --- the answer */

static void put_desk(const struct office *o, struct result *out)
{
    struct metrics *m = &result_add_row(out, resources, o->resource->id)->metrics;
    const struct desk_values *v = &o->value;
    const struct {
        const char *name, *unit;
        double value;
    } all[] = {
        {"utilisation",       "1", v->utilisation },
        {"queue_wait_mean",   "s", v->wait_mean_s },
        {"queue_wait_p95",    "s", v->wait_p95_s  },
        {"p_wait",            "1", v->p_wait      },
        {"queue_length_mean", "1", v->queue_length},
        {"in_system_mean",    "1", v->in_system   },
        {"block_rate",        "1", v->block       },
        {"abandon_rate",      "1", v->abandon     },
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!isnan(all[i].value))
            metrics_add_exact(m, all[i].name, all[i].value, all[i].unit);
}

static void put_waits(const struct office *o, struct result *out)
{
    const struct pipeline *p = o->p;
    double sum = 0;
    for (uint32_t k = 0; k < p->n_classes; k++) {
        double wait_s = o->visits[k] * o->wait_s[k];
        sum += p->class[k].share * wait_s;
        if (out->classes.len == p->n_classes)
            metrics_add_exact(&out->classes.at[k].metrics, "wait_mean", wait_s, "s");
    }
    metrics_add_exact(&out->metrics, "wait_mean", sum, "s");
}

/* A wait's mean goes before the work, and before its time limit. */
static void add_waits(const struct office *o, struct pipeline *free)
{
    for (uint32_t k = 0; k < free->n_classes; k++) {
        struct numbers *n = &free->step[o->step].numbers[k];
        struct dist *part = arena_alloc(&free->arena, sizeof *part);
        *part = n->latency;
        n->latency = (struct dist){.family = DIST_SHIFTED, .a = o->wait_s[k], .part = part};
        n->timeout_s += o->wait_s[k];
    }
}

static void keep(struct metrics *m, bool (*kept)(const char *name))
{
    size_t n = 0;
    for (size_t i = 0; i < m->list.len; i++)
        if (kept(m->list.at[i].name))
            m->list.at[n++] = m->list.at[i];
    m->list.len = n;
}

static bool starts(const char *name, const char *with)
{
    return !strncmp(name, with, strlen(with));
}

/* Means and shares are right with a mean wait; laws are not. */
static bool of_items(const char *name)
{
    bool mean = !strcmp(name, "latency_mean") || !strcmp(name, "latency_all_mean");
    return mean || !(starts(name, "latency_") || !strcmp(name, "slo_attainment"));
}

static bool of_desk(const char *name)
{
    bool mean = !strcmp(name, "visit_latency_mean");
    return mean || !(starts(name, "attempt_latency") || starts(name, "visit_latency") ||
                     !strcmp(name, "within_budget"));
}

static void drop_laws(const struct office *o, struct result *out)
{
    keep(&out->metrics, of_items);
    for (size_t i = 0; i < out->classes.len; i++)
        keep(&out->classes.at[i].metrics, of_items);
    for (size_t i = 0; i < out->stages.len; i++)
        if (!strcmp(out->stages.at[i].id, o->p->step[o->step].id))
            keep(&out->stages.at[i].metrics, of_desk);
    for (size_t i = 0; i < out->curves.len; i++)
        vec_release(&out->curves.at[i].points);
    out->curves.len = 0;
    result_warn(out, "latency_sd, quantiles of latency, slo_attainment: left out, as the law of a "
                     "wait at a desk is not added to that of the work; seam simulate gives them");
}

static int solve_office(struct office *o, struct pipeline *free,
                        const struct exact_options *options, struct result *out, bool *complete,
                        struct error *err)
{
    bool leaves = o->resource->patience || o->resource->waiting_room != ROOM_UNLIMITED;
    int status = 0;
    if (find_streams(o, free, options->max_states, err) || solve_desk(o, err))
        return -1;
    if (!leaves) {
        add_waits(o, free);
        status = exact_solve(free, options, out, complete, err);
        drop_laws(o, out);
        put_waits(o, out);
    } else {
        result_warn(out,
                    "metrics of items: left out, as some leave the desk `%s` unserved; seam "
                    "simulate gives them",
                    o->resource->id);
    }
    *complete = false;
    put_desk(o, out);
    result_assume(out, "the desk `%s` is in its steady state, and its arrivals are Poisson",
                  o->resource->id);
    return status;
}

int exact_queue_solve(const struct pipeline *p, const struct exact_options *options,
                      struct result *out, bool *complete, struct error *err)
{
    struct office o = {.p = p};
    struct exact_options point = *options;
    struct pipeline free;
    *complete = true;
    if (find_desk(&o, err))
        return -1;
    untimed(p, &free);
    o.stream = mem_zero(p->n_classes, sizeof *o.stream);
    o.wait_s = mem_zero(p->n_classes, sizeof *o.wait_s);
    o.visits = mem_zero(p->n_classes, sizeof *o.visits);
    int status;
    if (o.step == UINT32_MAX) {
        status = exact_solve(&free, options, out, complete, err);
    } else {
        point.uncertainty = false;
        point.values_only = true;
        if (options->uncertainty && p->n_evidence)
            result_warn(out, "evidence is taken as k/n, as a wait is not averaged over it");
        if (!options->values_only)
            result_warn(out, "loss, closes, sensitivities: left out in scenarios with a desk");
        status = solve_office(&o, &free, &point, out, complete, err);
    }
    mem_free(o.stream);
    mem_free(o.wait_s);
    mem_free(o.visits);
    pipeline_release(&free);
    return status;
}
