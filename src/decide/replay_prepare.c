/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is it a policy, and one for this log?  What of the log each step of it takes. */
#include "decide/replay_parts.h"
#include "trace/estimate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is a policy ------------------------------------------------------------------- */

static int refuse(const struct step *s, const char *key, struct error *err)
{
    return error_set(err, ERR_USAGE,
                     "flow.%s.%s is no policy but what the log shows; a replay changes thresholds, "
                     "audits, retries, timeouts, routes, reviewers and their hours: use `seam fit` "
                     "and `seam simulate` for the rest",
                     s->id, key);
}

/* Two readings of one text have values of their own, so laws are compared by their quantiles. */
static bool same_law(const struct dist *a, const struct dist *b)
{
    bool same = a->family == b->family && dist_mean(a) == dist_mean(b);
    for (int k = 0; same && k <= 100; k++)
        same = dist_quantile(a, (k + 0.5) / 101) == dist_quantile(b, (k + 0.5) / 101);
    return same;
}

/* What of a step's own nature was changed?  It is what the log shows. */
static int check_nature(const struct step *a, const struct step *b, struct error *err)
{
    const struct numbers *x = a->numbers, *y = b->numbers;
    if (x->error.value != y->error.value)
        return refuse(b, "error", err);
    if (x->wrong.value != y->wrong.value)
        return refuse(b, "wrong", err);
    if (x->malformed.value != y->malformed.value || x->validation.value != y->validation.value)
        return refuse(b, "malformed", err);
    if (x->repair.value != y->repair.value)
        return refuse(b, "repair", err);
    if (b->kind != STEP_REVIEW && !same_law(&x->latency, &y->latency))
        return refuse(b, "latency", err);
    if (a->has_confidence && (!same_law(&x->confidence_good, &y->confidence_good) ||
                              !same_law(&x->confidence_bad, &y->confidence_bad)))
        return refuse(b, "confidence", err);
    return 0;
}

static bool same_number(struct number a, struct number b)
{
    return a.value == b.value;
}

static const char *id_at(const struct pipeline *p, int32_t to)
{
    static const char *const ends[] = {"ship", "reject", "fail", "join", "skip"};
    return to >= 0 ? p->step[to].id : ends[-1 - to];
}

static bool same_edge(const struct pipeline *p, const struct edge *x, const struct pipeline *q,
                      const struct edge *y)
{
    for (; x && y; x = x->then, y = y->then)
        if (x->at_most != y->at_most || strcmp(id_at(p, x->to), id_at(q, y->to)) != 0)
            return false;
    return x == y;
}

/* Are the ways of a step those of the same step of the base? */
static bool same_ways(const struct pipeline *p, const struct step *a, const struct pipeline *q,
                      const struct step *b)
{
    bool same = a->n_ways == b->n_ways && same_edge(p, &a->next, q, &b->next);
    for (uint32_t k = 0; same && k < a->n_ways; k++) {
        const struct way *x = &a->way[k], *y = &b->way[k];
        same = same_edge(p, &x->edge, q, &y->edge) && !x->probability == !y->probability;
        if (same && x->probability)
            same = x->probability[0].value == y->probability[0].value;
    }
    return same;
}

static void compare(const struct step *a, const struct step *b, struct replay_change *out)
{
    const struct numbers *x = a->numbers, *y = b->numbers;
    out->backoff = a->retry.initial_s != b->retry.initial_s || a->retry.factor != b->retry.factor ||
                   a->retry.max_s != b->retry.max_s || a->retry.jitter != b->retry.jitter;
    out->fallback = a->fallback.to != b->fallback.to;
    out->timeout = x->timeout_s != y->timeout_s;
    out->latency = !same_law(&x->latency, &y->latency);
    out->decisions = b->kind == STEP_REVIEW &&
                     (!same_number(x->sensitivity, y->sensitivity) ||
                      !same_number(x->specificity, y->specificity) ||
                      !same_number(x->fixes, y->fixes) || !same_number(x->spoils, y->spoils));
}

static int check_arrivals(const struct pipeline *a, const struct pipeline *b, struct error *err)
{
    const struct arrivals *x = &a->arrivals, *y = &b->arrivals;
    bool same = x->kind == y->kind && x->rate_per_s == y->rate_per_s &&
                x->n_schedule == y->n_schedule && x->mean_per_s == y->mean_per_s;
    for (uint32_t i = 0; same && i < x->n_schedule; i++)
        same = x->schedule[i].rate_per_s == y->schedule[i].rate_per_s;
    if (same)
        return 0;
    return error_set(
        err, ERR_USAGE,
        "arrivals are no policy but what the log shows: a replay has the items come as "
        "they came");
}

/* ---- preparation ------------------------------------------------------------------------ */

static int32_t stage_of(const struct trace_log *log, const char *id)
{
    for (size_t s = 0; s < log->stages.len; s++)
        if (!strcmp(log->stages.at[s].id, id))
            return (int32_t)s;
    return -1;
}

/* Does the step part items and nothing else, so that the log need not know of it? */
static bool is_instant(const struct step *s)
{
    const struct numbers *n = s->numbers;
    return s->kind == STEP_PARALLEL ||
           (s->kind == STEP_STAGE && s->n_ways && n->latency.family == DIST_CONSTANT &&
            dist_mean(&n->latency) == 0 &&
            n->error.value + n->wrong.value + n->malformed.value == 0);
}

/* A step that the log does not have says nothing of the logged items: but for a gate, one that does
 * nothing, the time between the steps, and a review where the log has none at all. */
static int check_known(const struct replay *r, uint32_t i, struct error *err)
{
    const struct trace_log *log = r->log;
    const struct step *s = &r->policy->step[i];
    bool between = i == 0 && s->kind == STEP_STAGE && !strncmp(s->id, "orchestration", 13);
    if (r->stage[i] >= 0 || between || s->kind == STEP_GATE || is_instant(s) ||
        (s->kind == STEP_REVIEW && log->review < 0))
        return 0;
    const char **names = mem_alloc((log->stages.len + 1) * sizeof *names);
    for (size_t k = 0; k < log->stages.len; k++)
        names[k] = log->stages.at[k].id;
    const char *near = nearest_word(s->id, names, log->stages.len);
    error_set(err, ERR_INPUT,
              "%s: the log has no step `%s`%s%s%s; a replay takes the log's own steps, by their "
              "names, through another policy (`seam fit` writes them)",
              r->policy->file, s->id, near ? "; did you mean `" : "", near ? near : "",
              near ? "`?" : "");
    mem_free(names);
    return -1;
}

static int map_steps(struct replay *r, struct error *err)
{
    const struct pipeline *p = r->policy;
    r->stage = mem_alloc((p->n_steps + 1) * sizeof *r->stage);
    r->base_step = mem_alloc((p->n_steps + 1) * sizeof *r->base_step);
    r->change = mem_zero(p->n_steps + 1, sizeof *r->change);
    r->review = r->gate = -1;
    for (uint32_t i = 0; i < p->n_steps; i++) {
        const struct step *s = &p->step[i];
        r->stage[i] = stage_of(r->log, s->id);
        r->base_step[i] = pipeline_step(r->base, s->id);
        if (check_known(r, i, err))
            return -1;
        if (s->kind == STEP_REVIEW && (r->review < 0 || r->stage[i] == r->log->review))
            r->review = (int32_t)i;
        if (s->kind == STEP_GATE && r->gate < 0)
            r->gate = (int32_t)i;
        r->ways = r->ways || s->n_ways;
        r->change[i].ways = s->n_ways > 0;
        if (r->base_step[i] < 0)
            continue;
        const struct step *was = &r->base->step[r->base_step[i]];
        if (check_nature(was, s, err))
            return -1;
        compare(was, s, &r->change[i]);
        r->change[i].ways = !same_ways(r->base, was, p, s);
    }
    return check_arrivals(r->base, p, err);
}

static void note_times(struct replay *r)
{
    int64_t first = INT64_MAX, last = 0;
    for (size_t i = 0; i < r->log->items.len; i++) {
        int64_t t = r->log->items.at[i].start_ns;
        first = t && t < first ? t : first;
        last = t > last ? t : last;
    }
    r->t0_ns = last ? first : 0;
    r->span_s = (double)(last - r->t0_ns) * 1e-9;
}

/* Steps that an item may come back to, or that are there more than once. */
static void find_loops(struct replay *r)
{
    const struct pipeline *p = r->policy;
    struct rules rules;
    bool *seen = mem_alloc(p->n_steps + 1);
    rules_init(&rules, p);
    r->again = mem_zero(p->n_steps + 1, sizeof *r->again);
    for (uint32_t i = 0; i < p->n_steps; i++) {
        uint32_t up = p->step[i].parent; /* stands before the steps of its branches */
        memset(seen, 0, p->n_steps);
        rules_reach(&rules, i, seen);
        r->again[i] = seen[i] || (up && (r->again[up - 1] || p->step[up - 1].parallel->copies > 1));
    }
    rules_release(&rules);
    mem_free(seen);
}

static void find_spans(struct replay *r)
{
    const struct trace_log *log = r->log;
    r->spans = mem_zero(r->policy->n_steps + 1, sizeof *r->spans);
    r->inner = mem_zero(log->stages.len + 1, sizeof *r->inner);
    for (uint32_t i = 0; i < r->policy->n_steps; i++) {
        if (r->stage[i] < 0)
            continue;
        struct replay_spans *s = &r->spans[i];
        r->inner[r->stage[i]] = r->policy->step[i].parent > 0;
        s->at = mem_alloc((log->stages.at[r->stage[i]].attempts + 1) * sizeof *s->at);
        for (size_t v = 0; v < log->visits.len; v++) {
            const struct log_visit *visit = &log->visits.at[v];
            if ((int32_t)visit->stage != r->stage[i] || visit->item == SPAN_NONE)
                continue;
            for (uint32_t k = 0;
                 k < visit->n_attempts && s->n < log->stages.at[r->stage[i]].attempts; k++)
                s->at[s->n++] = log->attempts.at[visit->first_attempt + k];
        }
    }
}

/* Steps that the policy has one after another count once where they ran at the same time. */
static void find_shared(struct replay *r)
{
    const struct trace_log *log = r->log;
    r->shared_s = mem_zero(log->visits.len + 1, sizeof *r->shared_s);
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        int64_t until = 0;
        for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++) {
            const struct log_visit *visit = &log->visits.at[v];
            if (r->inner[visit->stage] || !visit->start_ns)
                continue;
            int64_t end = until < visit->end_ns ? until : visit->end_ns;
            r->shared_s[v] = end > visit->start_ns ? (double)(end - visit->start_ns) * 1e-9 : 0;
            until = visit->end_ns > until ? visit->end_ns : until;
        }
    }
}

struct begun {
    int64_t start_ns;
    uint32_t of; /* item or visit */
};

static int by_start(const void *a, const void *b)
{
    const struct begun *x = a, *y = b;
    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    return x->of < y->of ? -1 : x->of > y->of;
}

/* Do visits of this stage ask the base for the resource? */
static bool asks_for(const struct replay *r, int32_t stage, uint32_t resource)
{
    for (uint32_t i = 0; i < r->policy->n_steps; i++)
        if (r->stage[i] == stage && r->base_step[i] >= 0)
            return r->base->step[r->base_step[i]].by == resource + 1;
    return false;
}

/* The time without the wait for a token of the base, of visits of one attempt. */
static void find_token_work(struct replay *r, uint32_t resource)
{
    const struct trace_log *log = r->log;
    const struct resource *law = &r->base->resource[resource];
    struct begun *at = mem_alloc((log->visits.len + 1) * sizeof *at);
    double tokens = law->burst, last_s = 0;
    size_t n = 0;
    for (uint32_t v = 0; v < log->visits.len; v++) {
        const struct log_visit *visit = &log->visits.at[v];
        if (visit->item != SPAN_NONE && visit->start_ns && visit->n_attempts == 1 &&
            visit->end_ns >= visit->start_ns && asks_for(r, (int32_t)visit->stage, resource))
            at[n++] = (struct begun){visit->start_ns, v};
    }
    qsort(at, n, sizeof *at, by_start);
    for (size_t i = 0; i < n; i++) {
        double now = (double)(at[i].start_ns - r->t0_ns) * 1e-9;
        double end = (double)(log->visits.at[at[i].of].end_ns - r->t0_ns) * 1e-9;
        tokens = fmin(law->burst, tokens + (now - last_s) * law->rate_per_s);
        double begin = tokens >= 1 ? now : now + (1 - tokens) / law->rate_per_s;
        if (end >= begin)
            r->work[at[i].of] = end - begin;
        tokens -= 1;
        last_s = now;
    }
    mem_free(at);
}

/* The time without waits: of reviews always, of other steps where the base has people for them. */
static void find_work(struct replay *r)
{
    r->work = mem_alloc((r->log->visits.len + 1) * sizeof *r->work);
    for (size_t v = 0; v < r->log->visits.len; v++)
        r->work[v] = NAN;
    for (uint32_t i = 0; i < r->policy->n_steps; i++) {
        int32_t was = r->base_step[i];
        const struct resource *law = was >= 0 && r->base->step[was].by
                                         ? &r->base->resource[r->base->step[was].by - 1]
                                         : NULL;
        bool review = r->policy->step[i].kind == STEP_REVIEW;
        if (r->stage[i] >= 0 && (review || (law && law->servers)))
            log_work(r->log, r->stage[i], law, r->work);
    }
    for (uint32_t k = 0; k < r->base->n_resources; k++)
        if (r->base->resource[k].servers == 0)
            find_token_work(r, k);
    if (r->review < 0 && r->log->review >= 0)
        log_work(r->log, r->log->review, NULL, r->work);
}

static void find_order(struct replay *r)
{
    size_t n = r->log->items.len;
    struct begun *at = mem_alloc((n + 1) * sizeof *at);
    r->order = mem_alloc((n + 1) * sizeof *r->order);
    for (uint32_t i = 0; i < n; i++) {
        int64_t start = r->log->items.at[i].start_ns;
        at[i] = (struct begun){start ? start : r->t0_ns, i};
    }
    qsort(at, n, sizeof *at, by_start);
    for (size_t i = 0; i < n; i++)
        r->order[i] = at[i].of;
    mem_free(at);
}

int replay_prepare(struct replay *r, struct error *err)
{
    const uint64_t supported = FEATURE(RESOURCES) | FEATURE(HOURS) | FEATURE(ENVIRONMENTS) |
                               FEATURE(ARRIVALS) | FEATURE(BANDS) | FEATURE(AUDIT) | FEATURE(NEXT) |
                               FEATURE(WHEN) | FEATURE(PARALLEL) | FEATURE(RATE_LIMIT) |
                               FEATURE(PATIENCE);
    if (pipeline_needs(r->policy, "seam replay", supported, err) || map_steps(r, err))
        return -1;
    note_times(r);
    find_loops(r);
    find_spans(r);
    find_shared(r);
    find_work(r);
    find_order(r);
    replay_prices(r);
    r->routed = r->log->review >= 0 && !(r->log->gate >= 0 && r->log->gate < r->log->review);
    return 0;
}

void replay_release(struct replay *r)
{
    for (uint32_t i = 0; r->spans && i < r->policy->n_steps; i++)
        mem_free(r->spans[i].at);
    mem_free(r->spans);
    mem_free(r->stage);
    mem_free(r->base_step);
    mem_free(r->change);
    mem_free(r->again);
    mem_free(r->inner);
    mem_free(r->work);
    mem_free(r->shared_s);
    mem_free(r->price);
    mem_free(r->order);
}
