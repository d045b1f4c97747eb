/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/flow_log.h"

#include "math/rng.h"
#include "model/rules.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct item {
    const struct pipeline *p;
    const struct flow_log_options *o;
    struct rules rules;
    struct span_set *out;
    struct rng_seq rng;
    uint32_t trace, *counters;
    uint64_t root, next_id;
    double start_s;
    bool good;
    bool *entered, *entry; /* [n_steps] was it there, and how was it then */
};

static double unit(struct item *it)
{
    return rng_unit(rng_next(&it->rng));
}

static int64_t at_ns(const struct item *it, double t)
{
    return 1700000000000000000 + (int64_t)llround((it->start_s + t) * 1e9);
}

/* said: NULL, or what a person decided. */
static void put_span(struct item *it, const char *id, double from, double to, enum outcome outcome,
                     const char *said)
{
    struct span s;
    if (it->o->hidden && it->o->hidden(id))
        return;
    span_clear(&s);
    s.id = ++it->next_id;
    s.parent = it->root;
    s.trace = it->trace;
    s.name = span_text(it->out, id, strlen(id));
    s.start_ns = at_ns(it, from);
    s.end_ns = at_ns(it, to);
    s.outcome = (uint8_t)outcome;
    s.line = it->next_id;
    s.kind = said ? SPAN_HUMAN : SPAN_OTHER;
    s.decision = said ? span_text(it->out, said, strlen(said)) : SPAN_NONE;
    span_set_add(it->out, &s);
}

/* A person looks, and rejects, mends or passes. */
static enum exit_kind review(struct item *it, uint32_t step, double *t)
{
    const struct step *s = &it->p->step[step];
    double latency = dist_quantile(&s->numbers->latency, unit(it)), u = unit(it);
    double out[DECISION_COUNT];
    rules_decisions(STEP_REVIEW, s->numbers, it->good, out);
    bool rejects = (u -= out[DECIDE_REJECT]) < 0, mends = !rejects && u < out[DECIDE_FIX];
    put_span(it, s->id, *t, *t + latency, OUTCOME_OK,
             rejects ? "reject"
             : mends ? "corrected"
                     : "approve");
    it->good = it->good || mends;
    *t += latency;
    return rejects ? EXIT_REJECT : EXIT_PASS;
}

/* The attempts of a visit; `cut_s`: when it is called off.  Returns its exit. */
static enum exit_kind attempt(struct item *it, uint32_t step, double *t, double cut_s)
{
    const struct step *s = &it->p->step[step];
    for (uint32_t made = 1;; made++) {
        double latency = dist_quantile(&s->numbers->latency, unit(it)), u = unit(it);
        enum outcome o = u < s->numbers->error.value ? OUTCOME_ERROR : OUTCOME_OK;
        bool cut = *t + latency > cut_s;
        put_span(it, s->id, *t, cut ? cut_s : *t + latency, cut ? OUTCOME_ERROR : o, NULL);
        *t += latency;
        if (cut)
            return EXIT_FAIL;
        if (o == OUTCOME_OK && unit(it) < s->numbers->wrong.value)
            it->good = false;
        if (o == OUTCOME_OK)
            return EXIT_PASS;
        if (!rules_retries(&s->retry, o, made))
            return EXIT_FAIL;
        *t += rules_backoff(&s->retry, made, unit(it));
    }
}

static int32_t leave(struct item *it, uint32_t step, enum exit_kind exit, uint32_t *counters)
{
    const struct step *s = &it->p->step[step];
    double u = unit(it);
    for (uint32_t w = 0; exit == EXIT_PASS && w < s->n_ways; w++)
        if ((u -= s->way[w].probability->value) < 0)
            return rules_take_from(&it->rules,
                                   it->rules.way_route[it->rules.first_way[step] + (int32_t)w],
                                   counters)
                ->to;
    return rules_take(&it->rules, step, exit, counters)->to;
}

/* One copy of a branch from t; true: visibly ok, and *t is its end. */
static bool branch(struct item *it, uint32_t first, double *t, double cut_s)
{
    uint32_t *counters = mem_zero(it->rules.n_counters + 1, sizeof *counters);
    int32_t at = (int32_t)first;
    while (at >= 0 && *t < cut_s) {
        enum exit_kind exit = attempt(it, (uint32_t)at, t, cut_s);
        at = *t > cut_s ? TO_FAIL : leave(it, (uint32_t)at, exit, counters);
    }
    mem_free(counters);
    return at == TO_JOIN;
}

/* Tries all copies twice: once to see when the join is done, once with the others cut off then. */
static enum exit_kind join(struct item *it, uint32_t step, double *t)
{
    enum { COPIES = 64 };
    const struct parallel *par = it->p->step[step].parallel;
    struct rng_seq before = it->rng;
    double done = *t, last = *t, ends[COPIES];
    uint32_t n = 0, ok_of = 0, failed = 0;
    struct span_set *out = it->out, none;
    span_set_init(&none);
    it->out = &none;
    for (uint32_t b = 0; b < par->n_branches; b++)
        for (uint32_t c = 0; c < par->copies; c++) {
            double end = *t;
            bool good = branch(it, par->first[b], &end, INFINITY);
            last = fmax(last, end);
            if (good)
                ends[n++] = end;
            failed += !good;
        }
    for (uint32_t i = 1; i < n; i++)
        for (uint32_t k = i; k && ends[k] < ends[k - 1]; k--) {
            double swap = ends[k];
            ends[k] = ends[k - 1];
            ends[k - 1] = swap;
        }
    ok_of = n >= par->k;
    done = ok_of ? ends[par->k - 1] : last;
    it->out = out;
    it->rng = before;
    for (uint32_t b = 0; b < par->n_branches; b++)
        for (uint32_t c = 0; c < par->copies; c++) {
            struct rng_seq mine = it->rng, whole;
            double end = *t;
            it->out = &none;
            (void)branch(it, par->first[b], &end, INFINITY);
            whole = it->rng;
            it->rng = mine;
            it->out = out;
            end = *t;
            (void)branch(it, par->first[b], &end, it->o->run_on || !ok_of ? INFINITY : done);
            it->rng = whole;
        }
    span_set_release(&none);
    *t = done;
    return ok_of ? EXIT_PASS : EXIT_FAIL;
}

static void walk(struct item *it)
{
    int32_t at = 0;
    double t = 0;
    struct span root;
    memset(it->counters, 0, (it->rules.n_counters + 1) * sizeof *it->counters);
    memset(it->entered, 0, it->p->n_steps);
    it->good = true;
    it->root = ++it->next_id;
    while (at >= 0) {
        uint32_t step = (uint32_t)at;
        enum step_kind kind = it->p->step[step].kind;
        if (!it->entered[step])
            it->entry[step] = it->good;
        it->entered[step] = true;
        enum exit_kind exit = kind == STEP_PARALLEL ? join(it, step, &t)
                              : kind == STEP_REVIEW ? review(it, step, &t)
                                                    : attempt(it, step, &t, INFINITY);
        at = leave(it, step, exit, it->counters);
        if (at >= 0 && at <= (int32_t)step && it->entered[at])
            it->good = it->entry[at]; /* done again */
    }
    span_clear(&root);
    root.id = root.line = it->root;
    root.trace = it->trace;
    root.name = span_text(it->out, "run", 3);
    root.start_ns = at_ns(it, 0);
    root.end_ns = at_ns(it, t);
    root.outcome = at == TO_SHIP ? OUTCOME_OK : OUTCOME_ERROR;
    span_set_add(it->out, &root);
}

void flow_log(const struct pipeline *p, const struct flow_log_options *options,
              struct trace_log *out)
{
    struct item it = {.p = p, .o = options};
    struct error err = {0};
    log_init(out);
    rules_init(&it.rules, p);
    it.out = &out->spans;
    it.entered = mem_zero(p->n_steps + 1, sizeof *it.entered);
    it.entry = mem_zero(p->n_steps + 1, sizeof *it.entry);
    it.counters = mem_zero(it.rules.n_counters + 1, sizeof *it.counters);
    for (uint32_t i = 0; i < options->items; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%u", i);
        it.rng = (struct rng_seq){rng_key(options->seed, i, 0, 0, RNG_SPLIT), 0};
        it.trace = span_text(&out->spans, name, strlen(name));
        it.start_s = i * 3600.0;
        walk(&it);
    }
    rules_release(&it.rules);
    mem_free(it.counters);
    mem_free(it.entered);
    mem_free(it.entry);
    ok(log_settle(out, NULL, &err), &err);
}
