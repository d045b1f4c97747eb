/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Are two pipelines the same, number by number? */
#ifndef SEAM_TESTS_UNIT_SAME_PIPELINE_H
#define SEAM_TESTS_UNIT_SAME_PIPELINE_H

#include "tests/support/support.h"

#include "model/pipeline.h"

#include <math.h>

static inline void same_dists(const struct dist *a, const struct dist *b)
{
    assert_int_equal(a->family, b->family);
    near(a->a, b->a, 0);
    near(a->b, b->b, 0);
    near(a->c, b->c, 0);
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->evidence, b->evidence);
    for (size_t i = 0; i < a->n; i++) {
        if (a->values)
            near(a->values[i], b->values[i], 0);
        if (a->weights)
            near(a->weights[i], b->weights[i], 0);
        if (a->part)
            same_dists(&a->part[i], &b->part[i]);
    }
}

static inline void same_shares(const struct pipeline *p, const struct number *a,
                               const struct pipeline *q, const struct number *b)
{
    near(a->value, b->value, 0);
    assert_int_equal(!a->evidence, !b->evidence);
    if (a->evidence) {
        assert_int_equal(p->evidence[a->evidence - 1].k, q->evidence[b->evidence - 1].k);
        assert_int_equal(p->evidence[a->evidence - 1].n, q->evidence[b->evidence - 1].n);
    }
}

static inline void same_edges(const struct edge *a, const struct edge *b)
{
    assert_int_equal(a->to, b->to);
    assert_int_equal(a->at_most, b->at_most);
    assert_int_equal(!a->then, !b->then);
    if (a->then)
        same_edges(a->then, b->then);
}

static inline void same_times(double a, double b)
{
    assert_true(a == b || (isnan(a) && isnan(b)));
}

static inline void same_numbers(const struct pipeline *p, const struct numbers *a,
                                const struct pipeline *q, const struct numbers *b)
{
    same_shares(p, &a->error, q, &b->error);
    same_shares(p, &a->wrong, q, &b->wrong);
    same_shares(p, &a->malformed, q, &b->malformed);
    same_shares(p, &a->validation, q, &b->validation);
    same_shares(p, &a->repair, q, &b->repair);
    same_shares(p, &a->sensitivity, q, &b->sensitivity);
    same_shares(p, &a->specificity, q, &b->specificity);
    same_shares(p, &a->fixes, q, &b->fixes);
    same_shares(p, &a->spoils, q, &b->spoils);
    same_shares(p, &a->threshold, q, &b->threshold);
    same_shares(p, &a->threshold_high, q, &b->threshold_high);
    same_shares(p, &a->audit, q, &b->audit);
    same_shares(p, &a->cache_hit, q, &b->cache_hit);
    same_dists(&a->threshold_dist, &b->threshold_dist);
    same_dists(&a->cache_latency, &b->cache_latency);
    same_dists(&a->latency, &b->latency);
    same_dists(&a->confidence_good, &b->confidence_good);
    same_dists(&a->confidence_bad, &b->confidence_bad);
    same_times(a->timeout_s, b->timeout_s);
    same_times(a->budget_s, b->budget_s);
    same_times(a->hedge_after_s, b->hedge_after_s);
    near(a->cost_call, b->cost_call, 0);
}

static inline void same_overrides(const struct pipeline *p, const struct override *a,
                                  const struct pipeline *q, const struct override *b)
{
    assert_int_equal(a->set, b->set);
    for (uint32_t c = 0; c < p->n_classes; c++)
        same_numbers(p, &a->numbers[c], q, &b->numbers[c]);
}

static inline void same_retries(const struct retry *a, const struct retry *b)
{
    assert_int_equal(a->attempts, b->attempts);
    assert_int_equal(a->on, b->on);
    assert_int_equal(a->jitter, b->jitter);
    assert_int_equal(a->budget_kind, b->budget_kind);
    near(a->initial_s, b->initial_s, 0);
    near(a->factor, b->factor, 0);
    near(a->budget, b->budget, 0);
    same_times(a->max_s, b->max_s);
}

static inline void same_conditions(const struct condition *a, const struct condition *b)
{
    assert_int_equal(!a, !b);
    if (a == NULL)
        return;
    assert_int_equal(a->n, b->n);
    for (uint32_t i = 0; i < a->n; i++) {
        const struct condition_node *x = &a->node[i], *y = &b->node[i];
        assert_int_equal(x->op, y->op);
        assert_int_equal(x->a, y->a);
        assert_int_equal(x->b, y->b);
        assert_int_equal(x->left.kind, y->left.kind);
        assert_int_equal(x->left.of, y->left.of);
        assert_int_equal(x->right.kind, y->right.kind);
        assert_int_equal(x->right.of, y->right.of);
        near(x->left.value, y->left.value, 0);
        near(x->right.value, y->right.value, 0);
    }
}

static inline void same_flow_parts(const struct pipeline *p, const struct step *a,
                                   const struct pipeline *q, const struct step *b)
{
    assert_int_equal(a->parent, b->parent);
    assert_int_equal(a->branch, b->branch);
    assert_int_equal(!a->parallel, !b->parallel);
    if (a->parallel) {
        const struct parallel *x = a->parallel, *y = b->parallel;
        assert_int_equal(x->join, y->join);
        assert_int_equal(x->k, y->k);
        assert_int_equal(x->n, y->n);
        assert_int_equal(x->copies, y->copies);
        assert_int_equal(x->n_branches, y->n_branches);
        assert_memory_equal(x->first, y->first, (x->n_branches + 1) * sizeof *x->first);
    }
    assert_int_equal(a->n_ways, b->n_ways);
    assert_int_equal(a->ways_complete, b->ways_complete);
    for (uint32_t i = 0; i < a->n_ways; i++) {
        same_edges(&a->way[i].edge, &b->way[i].edge);
        same_conditions(a->way[i].when, b->way[i].when);
        assert_int_equal(!a->way[i].probability, !b->way[i].probability);
        for (uint32_t c = 0; a->way[i].probability && c < p->n_classes; c++)
            same_shares(p, &a->way[i].probability[c], q, &b->way[i].probability[c]);
    }
    assert_int_equal(a->n_given, b->n_given);
    for (uint32_t i = 0; i < a->n_given; i++) {
        assert_int_equal(a->given[i].kind, b->given[i].kind);
        assert_int_equal(a->given[i].of, b->given[i].of);
        same_overrides(p, &a->given[i].override, q, &b->given[i].override);
    }
}

static inline void same_parts(const struct pipeline *p, const struct step *a,
                              const struct pipeline *q, const struct step *b)
{
    same_flow_parts(p, a, q, b);
    same_retries(&a->retry, &b->retry);
    assert_int_equal(!a->class_retry, !b->class_retry);
    for (uint32_t c = 0; a->class_retry && c < p->n_classes; c++)
        same_retries(&a->class_retry[c], &b->class_retry[c]);
    assert_int_equal(a->by, b->by);
    assert_int_equal(a->hedge_copies, b->hedge_copies);
    assert_int_equal(a->has_cache, b->has_cache);
    near(a->breaker.failures, b->breaker.failures, 0);
    near(a->breaker.window_s, b->breaker.window_s, 0);
    near(a->breaker.open_for_s, b->breaker.open_for_s, 0);
    assert_int_equal(a->breaker.calls, b->breaker.calls);
    assert_int_equal(a->cost_seen.n, b->cost_seen.n);
    near(a->cost_seen.sd, b->cost_seen.sd, 0);
    assert_int_equal(a->bands, b->bands);
    assert_int_equal(a->draws_threshold, b->draws_threshold);
    same_edges(&a->between, &b->between);
    assert_int_equal(a->audit.present, b->audit.present);
    assert_int_equal(a->audit.design, b->audit.design);
    if (a->audit.present)
        same_edges(&a->audit.to, &b->audit.to);
    near(a->fatigue.after_s, b->fatigue.after_s, 0);
    near(a->fatigue.slower, b->fatigue.slower, 0);
    assert_int_equal(!a->fatigue.sensitivity, !b->fatigue.sensitivity);
    for (uint32_t c = 0; a->fatigue.sensitivity && c < p->n_classes; c++)
        near(a->fatigue.sensitivity[c], b->fatigue.sensitivity[c], 0);
    assert_int_equal(a->confidence.method, b->confidence.method);
    assert_int_equal(a->confidence.n, b->confidence.n);
}

static inline void same_steps(const struct pipeline *p, const struct pipeline *q)
{
    assert_int_equal(p->n_steps, q->n_steps);
    for (uint32_t i = 0; i < p->n_steps; i++) {
        const struct step *a = &p->step[i], *b = &q->step[i];
        assert_string_equal(a->id, b->id);
        assert_string_equal(a->name ? a->name : "", b->name ? b->name : "");
        assert_int_equal(a->kind, b->kind);
        assert_int_equal(a->layer, b->layer);
        assert_int_equal(a->has_confidence, b->has_confidence);
        assert_int_equal(a->gate_of, b->gate_of);
        same_edges(&a->next, &b->next);
        same_parts(p, a, q, b);
        same_edges(&a->fallback, &b->fallback);
        same_edges(&a->above, &b->above);
        same_edges(&a->below, &b->below);
        same_edges(&a->on_reject, &b->on_reject);
        for (uint32_t c = 0; c < p->n_classes; c++)
            same_numbers(p, &a->numbers[c], q, &b->numbers[c]);
    }
}

static inline void same_openings(const struct opening *a, const struct opening *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        near(a[i].from_s, b[i].from_s, 0);
        near(a[i].to_s, b[i].to_s, 0);
    }
}

static inline void same_resources(const struct pipeline *p, const struct pipeline *q)
{
    assert_int_equal(p->n_resources, q->n_resources);
    for (uint32_t i = 0; i < p->n_resources; i++) {
        const struct resource *a = &p->resource[i], *b = &q->resource[i];
        assert_string_equal(a->id, b->id);
        assert_int_equal(a->servers, b->servers);
        near(a->rate_per_s, b->rate_per_s, 0);
        near(a->burst, b->burst, 0);
        assert_int_equal(a->n_hours, b->n_hours);
        same_openings(a->hours, b->hours, a->n_hours);
        assert_int_equal(a->at_close, b->at_close);
        assert_int_equal(a->discipline, b->discipline);
        assert_int_equal(a->waiting_room, b->waiting_room);
        same_edges(&a->when_full, &b->when_full);
        assert_int_equal(!a->patience, !b->patience);
        for (uint32_t c = 0; a->patience && c < p->n_classes; c++)
            same_dists(&a->patience[c], &b->patience[c]);
        same_times(a->answer_within_s, b->answer_within_s);
        near(a->cost_per_s, b->cost_per_s, 0);
    }
}

static inline void same_environments(const struct pipeline *p, const struct pipeline *q)
{
    assert_int_equal(p->n_environments, q->n_environments);
    for (uint32_t i = 0; i < p->n_environments; i++) {
        const struct environment *a = &p->environment[i], *b = &q->environment[i];
        assert_string_equal(a->id, b->id);
        assert_int_equal(a->n_states, b->n_states);
        for (uint32_t s = 0; s < a->n_states; s++) {
            const struct env_state *x = &a->state[s], *y = &b->state[s];
            assert_string_equal(x->id, y->id);
            same_dists(&x->lasts, &y->lasts);
            assert_int_equal(!x->to, !y->to);
            for (uint32_t t = 0; x->to && t < a->n_states; t++)
                near(x->to[t], y->to[t], 0);
            assert_int_equal(x->n_overrides, y->n_overrides);
            for (uint32_t o = 0; o < x->n_overrides; o++) {
                assert_int_equal(x->override[o].step, y->override[o].step);
                same_overrides(p, &x->override[o].override, q, &y->override[o].override);
            }
        }
    }
}

static inline void same_arrivals(const struct pipeline *p, const struct pipeline *q)
{
    const struct arrivals *a = &p->arrivals, *b = &q->arrivals;

    assert_int_equal(a->kind, b->kind);
    near(a->rate_per_s, b->rate_per_s, 0);
    same_dists(&a->every, &b->every);
    assert_int_equal(a->n_schedule, b->n_schedule);
    for (uint32_t i = 0; i < a->n_schedule; i++) {
        near(a->schedule[i].from_s, b->schedule[i].from_s, 0);
        near(a->schedule[i].to_s, b->schedule[i].to_s, 0);
        near(a->schedule[i].rate_per_s, b->schedule[i].rate_per_s, 0);
    }
    near(a->mean_per_s, b->mean_per_s, 0);
    near(a->amplitude_per_s, b->amplitude_per_s, 0);
    near(a->peak_s, b->peak_s, 0);
    assert_int_equal(a->n_instants, b->n_instants);
    assert_int_equal(a->has_batch, b->has_batch);
    same_dists(&a->batch, &b->batch);
    near(p->horizon.warmup_s, q->horizon.warmup_s, 0);
    near(p->horizon.length_s, q->horizon.length_s, 0);
    near(p->horizon.starts_s, q->horizon.starts_s, 0);
    near(p->horizon.observe_s, q->horizon.observe_s, 0);
    assert_int_equal(p->horizon.replications, q->horizon.replications);
}

static inline void same_feedback(const struct feedback *a, const struct feedback *b)
{
    near(a->cycle_s, b->cycle_s, 0);
    assert_int_equal(a->cycles, b->cycles);
    assert_int_equal(a->labels, b->labels);
    assert_int_equal(a->n_learns, b->n_learns);
    for (uint32_t i = 0; i < a->n_learns; i++) {
        assert_int_equal(a->learn[i].kind, b->learn[i].kind);
        assert_int_equal(a->learn[i].step, b->learn[i].step);
        near(a->learn[i].exponent, b->learn[i].exponent, 0);
        near(a->learn[i].per, b->learn[i].per, 0);
        near(a->learn[i].floor, b->learn[i].floor, 0);
    }
}

static inline void same_pipelines(const struct pipeline *p, const struct pipeline *q)
{
    same_steps(p, q);
    assert_string_equal(p->name, q->name);
    assert_string_equal(p->about, q->about);
    assert_string_equal(p->currency, q->currency);
    assert_int_equal(p->n_evidence, q->n_evidence);
    assert_int_equal(p->n_classes, q->n_classes);
    assert_int_equal(p->n_costs, q->n_costs);
    for (uint32_t i = 0; i < p->n_costs; i++)
        near(q->cost[i].per_s, p->cost[i].per_s, 0);
    assert_int_equal(!p->leave_after_s, !q->leave_after_s);
    for (uint32_t c = 0; c < p->n_classes; c++) {
        near(q->class[c].share, p->class[c].share, 0);
        assert_int_equal(q->class[c].priority, p->class[c].priority);
        same_shares(p, &p->input_wrong[c], q, &q->input_wrong[c]);
        if (p->leave_after_s)
            near(p->leave_after_s[c], q->leave_after_s[c], 0);
    }
    assert_int_equal(p->n_targets, q->n_targets);
    assert_true(p->deadline_s == q->deadline_s && p->budget == q->budget);
    same_resources(p, q);
    same_environments(p, q);
    same_arrivals(p, q);
    same_feedback(&p->feedback, &q->feedback);
}

#endif
