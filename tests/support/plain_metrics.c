/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plain simulation's sums under the names of the metrics. */
#include "tests/support/plain_sim_parts.h"

#include <stdlib.h>

static void say(struct metrics *m, const char *name, double y, double x)
{
    if (x > 0)
        metrics_add_exact(m, name, y / x, "1");
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The smallest value with F(x) >= p. */
static void say_quantile(struct metrics *m, const char *name, double *values, size_t n, double p)
{
    if (n == 0)
        return;
    qsort(values, n, sizeof *values, by_value);
    metrics_add_exact(m, name, values[(size_t)fmax(0, ceil(p * (double)n - 1e-9) - 1)], "s");
}

static void say_mean(struct metrics *m, const char *name, const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    say(m, name, sum, (double)n);
}

static void say_class(struct plain_class *k, struct metrics *m)
{
    say(m, "reliability", k->correct, k->n);
    say(m, "share_wrong", k->wrong, k->n);
    say(m, "share_rejected", k->rejected, k->n);
    say(m, "share_failed", k->failed, k->n);
    say(m, "share_abandoned", k->abandoned, k->n);
    say(m, "share_unfinished", k->unfinished, k->n);
    say(m, "completion", k->correct + k->wrong, k->n);
    say(m, "shipped_error", k->wrong, k->correct + k->wrong);
    say(m, "auto_error", k->auto_wrong, k->automatic);
    say(m, "review_load", k->reviewed, k->n);
    say(m, "reviews_per_item", k->reviews, k->n);
    say_mean(m, "latency_mean", k->shipped_times.at, k->shipped_times.len);
    say_quantile(m, "latency_p95", k->shipped_times.at, k->shipped_times.len, 0.95);
    say_mean(m, "latency_all_mean", k->times.at, k->times.len);
    say_quantile(m, "latency_all_p50", k->times.at, k->times.len, 0.5);
    say(m, "wait_mean", k->wait, k->n);
    say(m, "visits_mean", k->visits, k->n);
    say(m, "cost_per_item", k->cost, k->n);
}

static void say_step(const struct plain *s, uint32_t i, struct metrics *m)
{
    static const char *const rate[5] = {"ok_rate", "wrong_rate", "error_rate", "malformed_rate",
                                        "timeout_rate"};
    const struct plain_step *k = &s->step[i];
    double items = s->class[s->p->n_classes].n;
    say(m, "visits_per_item", k->visits, items);
    if (s->p->step[i].kind != STEP_PARALLEL) {
        say(m, "attempts_per_item", k->attempts, items);
        for (int o = 0; o < 5; o++)
            say(m, rate[o], k->end[o], k->answers);
        say(m, "cost_per_item", k->cost, items);
    }
    /* of the visits that came to their end: their item did not leave, nor their branch */
    say(m, "success_rate", k->ok, k->ended);
    say(m, "first_try_rate", k->first_ok, k->ended);
    say(m, "retry_success_rate", k->retried_ok, k->retried);
    if (isfinite(s->p->step[i].numbers[0].budget_s))
        say(m, "within_budget", k->in_budget, k->ended);
    say(m, "visit_latency_mean", k->visit_time, k->ended);
    say(m, "caught_rate", k->caught, k->visits);
    say(m, "escape_rate", k->bad_shipped, k->bad);
    say(m, "exit_ship", k->ships, items);
    say(m, "exit_reject", k->rejects, items);
    say(m, "exit_fail", k->fails, items);
    say(m, "exit_abandon", k->abandons, items);
}

static void say_desk(struct plain_desk *d, const struct resource *r, struct metrics *m)
{
    if (r->servers)
        say(m, "utilisation", d->busy, d->open);
    say(m, "queue_wait_mean", d->wait, d->joined);
    say_quantile(m, "queue_wait_p95", d->waits.at, d->waits.len, 0.95);
    say(m, "queue_wait_served_mean", d->wait_served, d->served);
    say(m, "p_wait", d->waited, d->joined);
    if (isfinite(r->answer_within_s))
        say(m, "service_level", d->in_time, d->joined);
    say(m, "queue_length_mean", d->waiting, d->span);
    say(m, "block_rate", d->blocked, d->asked);
    say(m, "abandon_rate", d->abandoned, d->asked);
}

void plain_report(const struct plain *s, struct result *out)
{
    const struct pipeline *p = s->p;
    say_class(&s->class[p->n_classes], &out -> metrics);
    for (uint32_t c = 0; p->class[0].id[0] && c < p->n_classes; c++)
        say_class(&s->class[c], &result_add_row(out, classes, p->class[c].id) -> metrics);
    for (uint32_t i = 0; i < p->n_steps; i++)
        say_step(s, i, &result_add_row(out, stages, p->step[i].id)->metrics);
    for (uint32_t r = 0; s->timed && r < p->n_resources; r++)
        say_desk(&s->desk[r], &p->resource[r],
                 &result_add_row(out, resources, p->resource[r].id)->metrics);
    for (uint32_t e = 0; s->timed && e < p->n_environments; e++)
        say(&result_add_row(out, environments, p->environment[e].id)->metrics, "availability",
            s->calm_s[e], s->weather_span);
}
