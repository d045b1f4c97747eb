/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One step from its attempts.
 *
 * Timeouts.  A timed-out attempt tells that it took at least the limit: its latency is censored.
 * Where the others stay below the limit and the censored fit gives about as many timeouts as were
 * seen, the step has that latency and that limit.  Where it does not (a call that hangs is no slow
 * call), the timed-out share is an atom beyond the limit.  Where others took longer than the
 * timed-out ones there is no limit to be seen, and timeouts are errors. */
#include "base/units.h"
#include "math/fit.h"
#include "math/interval.h"
#include "model/rules.h"
#include "trace/discover.h"
#include "trace/estimate_parts.h"
#include "trace/observe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GAPS_LEAST = 5 };
static const double GROWTH_LEAST = 1.25;

struct attempts {
    uint64_t n, outcome[OUTCOME_COUNT];
    uint64_t visits, items, passes;  /* items that come here, and that come by or could have */
    uint64_t failed_visits, went_on; /* visits that failed, and after which the item went on */
    uint64_t copies, waited;         /* further calls of hedges; attempts that waited */
    uint32_t most, most_failed;      /* attempts of a visit, of one that failed */
    uint32_t retried, given_up;      /* masks of outcomes */
    bool repeats;                    /* an item comes more than once */
    double *x, *timed_out, *gap;     /* seconds: of the others, of timeouts, before retries */
    double *cut;                     /* of those cut off, as others were there first */
    uint32_t *gap_of;                /* before which retry */
    size_t n_x, n_timed_out, n_gap, n_cut;
};

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *x, size_t n)
{
    qsort(x, n, sizeof *x, by_value);
    return x[(n - 1) / 2];
}

static uint32_t bit_of(uint8_t outcome)
{
    return outcome == OUTCOME_ERROR       ? RETRY_ERROR
           : outcome == OUTCOME_MALFORMED ? RETRY_MALFORMED
           : outcome == OUTCOME_TIMEOUT   ? RETRY_TIMEOUT
                                          : 0;
}

/* ---- what the log shows ----------------------------------------------------------------- */

/* The calls of one attempt, copies of a hedge among them, from the k-th on: how many there are. */
static uint32_t calls_of(const struct trace_log *log, const struct log_visit *v, uint32_t k)
{
    uint32_t n = 1;
    while (k + n < v->n_attempts &&
           span_copy(&log->spans, log->attempts.at[v->first_attempt + k + n]))
        n++;
    return n;
}

/* A race of n calls as one attempt: it took until the last answer, which is its outcome; false
 * where none answered. */
static bool race(const struct span_set *s, const uint32_t *at, uint32_t n, uint8_t *outcome,
                 int64_t *end_ns)
{
    bool any = false;
    for (uint32_t k = 0; k < n; k++) {
        bool later = !any || s->end_ns[at[k]] > *end_ns ||
                     (s->end_ns[at[k]] == *end_ns && s->outcome[at[k]] == OUTCOME_OK);
        if ((s->flags[at[k]] & SPAN_CANCELLED) || !later)
            continue;
        any = true;
        *outcome = s->outcome[at[k]];
        *end_ns = s->end_ns[at[k]];
    }
    return any;
}

/* One attempt, of n calls at at[]. */
static void take_attempt(const struct span_set *s, const uint32_t *at, uint32_t n,
                         struct attempts *a, uint8_t *outcome, int64_t *end_ns)
{
    double d = span_duration_s(s, at[0]);
    if (!race(s, at, n, outcome, end_ns)) {
        if (d > 0)
            a->cut[a->n_cut++] = d;
        return;
    }
    if (n > 1 && *end_ns > s->start_ns[at[0]])
        d = (double)(*end_ns - s->start_ns[at[0]]) * 1e-9;
    a->n++;
    a->copies += n - 1;
    a->outcome[*outcome]++;
    a->waited += span_wait_s(s, at[0]) > 0;
    if (!isnan(d) && *outcome == OUTCOME_TIMEOUT)
        a->timed_out[a->n_timed_out++] = d;
    else if (!isnan(d))
        a->x[a->n_x++] = d;
}

static void take_visit(const struct trace_log *log, const struct log_visit *v, bool last,
                       struct attempts *a)
{
    const struct span_set *s = &log->spans;
    const uint32_t *at = log->attempts.at + v->first_attempt;
    bool failed = v->outcome != OUTCOME_OK;
    uint32_t made = 0;
    bool none = v->no_attempt && log->stages.at[v->stage].attempts;
    for (uint32_t k = 0, n; k < v->n_attempts && !none; k += n, made++) {
        uint8_t outcome = OUTCOME_OK;
        int64_t end_ns = s->end_ns[at[k]];
        n = calls_of(log, v, k);
        take_attempt(s, at + k, n, a, &outcome, &end_ns);
        if (k + n >= v->n_attempts || outcome == OUTCOME_OK)
            continue;
        a->retried |= bit_of(outcome);
        if (s->start_ns[at[k + n]] >= end_ns && end_ns) {
            a->gap_of[a->n_gap] = made + 1;
            a->gap[a->n_gap++] = (double)(s->start_ns[at[k + n]] - end_ns) * 1e-9;
        }
    }
    a->visits++;
    a->failed_visits += failed;
    a->went_on += failed && !last;
    if (made > a->most)
        a->most = made;
    if (failed && made > a->most_failed)
        a->most_failed = made;
    if (failed && !none)
        a->given_up |= bit_of(v->outcome);
}

/* Does the item pass where this step stands?  It visits it or a step that stands after it, or it
 * came to the end. */
static bool passes(const struct estimate *e, uint32_t part, const struct log_item *it)
{
    if (e->part[part].reviewed_only && !it->reviewed)
        return false;
    if (it->end == LOG_SHIPPED)
        return true;
    for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++)
        if ((int32_t)e->log->visits.at[v].stage >= e->part[part].stage)
            return true;
    return false;
}

/* Visits that the item did not wait for: was this one cut off, as one is that went on and failed?
 */
static bool take_late(const struct trace_log *log, const struct log_visit *v,
                      enum structure_late late, struct attempts *a)
{
    double s = observe_span_s(v->start_ns, v->end_ns);
    if (late == IN_TIME || (late == LATE_ON && v->outcome == OUTCOME_OK))
        return false;
    a->visits++;
    if (!isnan(s) && s > 0)
        a->cut[a->n_cut++] = s;
    return true;
}

static void take_stage(const struct estimate *e, uint32_t part, struct attempts *a)
{
    const struct trace_log *log = e->log;
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        uint32_t seen = 0, end = it->first_visit + it->n_visits;
        for (uint32_t v = it->first_visit; v < end; v++) {
            if ((int32_t)log->visits.at[v].stage != e->part[part].stage)
                continue;
            seen++;
            if (e->flow && take_late(log, &log->visits.at[v], e->flow->late[v], a))
                continue;
            take_visit(log, &log->visits.at[v], v + 1 == end, a);
        }
        a->items += seen > 0;
        a->passes += seen > 0 || passes(e, part, it);
        a->repeats = a->repeats || seen > 1;
    }
}

/* ---- latency ---------------------------------------------------------------------------- */

/* The values as at most ESTIMATE_QUANTILES quantiles, and `extra` more values at `atom`. */
static struct dist with_atom(struct estimate *e, double *x, size_t n, double atom, size_t extra)
{
    struct arena *arena = &e->out->arena;
    size_t m = n < ESTIMATE_QUANTILES ? n : ESTIMATE_QUANTILES, len = 0;
    double *value = arena_alloc(arena, (m + 1) * sizeof *value);
    double *weight = arena_alloc(arena, (m + 1) * sizeof *weight);
    double total = (double)(n + extra), share = m ? (double)n / (double)m / total : 0;
    qsort(x, n, sizeof *x, by_value);
    bool first = m == 0 || atom <= x[0];
    for (size_t k = 0; k <= m; k++) {
        bool is_atom = first ? k == 0 : k == m;
        size_t rank = is_atom ? 0 : (2 * (k - first) + 1) * n / (2 * m);
        double v = is_atom ? atom : estimate_rounded(x[rank], 6);
        double w = is_atom ? (double)extra / total : share;
        if (len && value[len - 1] == v) {
            weight[len - 1] += w;
        } else if (w > 0) {
            value[len] = v;
            weight[len++] = w;
        }
    }
    double sum = 0;
    if (len == 1)
        return dist_constant(value[0]);
    for (size_t k = 0; k < len; k++)
        sum += weight[k];
    for (size_t k = 0; k < len; k++)
        weight[k] /= sum;
    return (struct dist){.family = DIST_DISCRETE,
                         .n = len,
                         .values = value,
                         .weights = weight,
                         .evidence = n + extra};
}

static void put_duration(struct buf *out, double s)
{
    struct buf text;
    buf_init(&text);
    units_put_duration(&text, s);
    buf_puts(out, buf_text(&text));
    buf_release(&text);
}

/* The limit that the timed-out attempts show; NaN when others took longer. */
static double limit_of(struct attempts *a)
{
    if (a->n_timed_out == 0)
        return NAN;
    double m = median(a->timed_out, a->n_timed_out);
    double limit = m > 0 && m < 1e6 ? discover_shortest(m * 0.99, m * 1.01) : m;
    size_t longer = 0;
    for (size_t i = 0; i < a->n_x; i++)
        longer += a->x[i] > limit;
    return longer * 100 <= a->n_x ? limit : NAN;
}

/* Latency with a limit; false when the step shows none. */
static bool fit_limited(struct estimate *e, uint32_t part, struct attempts *a)
{
    struct numbers *numbers = e->out->step[part].numbers;
    double limit = limit_of(a);
    size_t k = a->n_timed_out, n = a->n_x + k;
    struct fit fit;
    if (isnan(limit))
        return false;
    double *x = mem_alloc(n * sizeof *x);
    bool *censored = mem_zero(n, sizeof *censored);
    memcpy(x, a->x, a->n_x * sizeof *x);
    for (size_t i = a->n_x; i < n; i++) {
        x[i] = limit;
        censored[i] = true;
    }
    fit_choose(x, censored, n, e->seed, &e->out->arena, &fit);
    struct interval seen = interval_wilson(k, n, 0.95);
    double beyond = 1 - dist_cdf(&fit.dist, limit);
    estimate_tidy(e, &fit.dist);
    numbers->timeout_s = limit;
    buf_printf(&e->note[part], "; %zu of %zu timed out at ", k, n);
    put_duration(&e->note[part], limit);
    if (fit.dist.family != DIST_EMPIRICAL && beyond >= seen.low && beyond <= seen.high) {
        numbers->latency = fit.dist;
        buf_printf(&e->note[part], "; latency %s, censored there (fit p = %.2g)",
                   dist_family_name(fit.dist.family), fit.p);
    } else {
        numbers->latency = with_atom(e, a->x, a->n_x, 2 * limit, k);
        buf_puts(&e->note[part], ", too many for slow calls: they hang, so they lie beyond it");
    }
    mem_free(x);
    mem_free(censored);
    return true;
}

static void fit_latency(struct estimate *e, uint32_t part, struct attempts *a, size_t skipped)
{
    struct numbers *numbers = e->out->step[part].numbers;
    if (skipped == 0 && fit_limited(e, part, a))
        return;
    memcpy(a->x + a->n_x, a->timed_out, a->n_timed_out * sizeof *a->x);
    size_t n = a->n_x + a->n_timed_out;
    if (a->outcome[OUTCOME_TIMEOUT])
        buf_printf(&e->note[part], "; %llu timeouts count as errors",
                   (unsigned long long)a->outcome[OUTCOME_TIMEOUT]);
    a->outcome[OUTCOME_ERROR] += a->outcome[OUTCOME_TIMEOUT];
    a->outcome[OUTCOME_TIMEOUT] = 0;
    if (skipped && n) {
        numbers->latency = with_atom(e, a->x, n, 0, skipped);
        buf_printf(&e->note[part], "; %zu of %llu items pass it by, in no time", skipped,
                   (unsigned long long)a->passes);
    } else {
        bool *censored = mem_zero(n + a->n_cut + 1, sizeof *censored);
        double *x = mem_alloc((n + a->n_cut + 1) * sizeof *x);
        memcpy(x, a->x, n * sizeof *x);
        memcpy(x + n, a->cut, a->n_cut * sizeof *x);
        for (size_t i = n; i < n + a->n_cut; i++)
            censored[i] = true;
        if (a->n_cut)
            buf_printf(&e->note[part], "; %zu cut off when %s, and censored", a->n_cut,
                       isnan(e->deadline_s) ? "another branch was done" : "the item was over");
        numbers->latency = estimate_latency(e, part, x, a->n_cut ? censored : NULL, n + a->n_cut);
        mem_free(censored);
        mem_free(x);
    }
}

/* ---- outcomes and retries --------------------------------------------------------------- */

static void fit_outcomes(struct estimate *e, uint32_t part, const struct attempts *a,
                         size_t skipped)
{
    struct numbers *numbers = e->out->step[part].numbers;
    uint64_t n = a->n + skipped;
    if (a->outcome[OUTCOME_ERROR])
        estimate_rate(e, part, "error", a->outcome[OUTCOME_ERROR], n, true, &numbers->error);
    if (a->outcome[OUTCOME_MALFORMED])
        estimate_rate(e, part, "malformed", a->outcome[OUTCOME_MALFORMED], n, true,
                      &numbers->malformed);
    if (a->n == a->outcome[OUTCOME_OK])
        buf_puts(&e->note[part], "; never seen to fail");
}

/* The median wait before the k-th retry; NaN where too few tell. */
static double usual_gap(const struct attempts *a, uint32_t k, double *room)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n_gap; i++)
        if (a->gap_of[i] == k)
            room[n++] = a->gap[i];
    return n >= GAPS_LEAST ? median(room, n) : NAN;
}

/* The first wait, and by how much each one is longer than the one before. */
static void fit_backoff(struct retry *r, struct attempts *a)
{
    double *room = mem_alloc((a->n_gap + 1) * sizeof *room);
    double first = usual_gap(a, 1, room), factor = 1;
    for (uint32_t k = 2; k < a->most; k++) {
        double later = usual_gap(a, k, room);
        if (first > 0 && !isnan(later))
            factor = pow(later / first, 1 / (double)(k - 1));
    }
    r->factor = factor > GROWTH_LEAST ? estimate_rounded(factor, 2) : 1;
    if (!isnan(first) && r->factor > 1)
        r->initial_s = estimate_rounded(first, 3);
    else
        r->initial_s = a->n_gap ? estimate_rounded(median(a->gap, a->n_gap), 3) : 0;
    mem_free(room);
}

static void fit_retries(struct estimate *e, uint32_t part, struct attempts *a)
{
    struct step *s = &e->out->step[part];
    bool errors_hold_timeouts = a->outcome[OUTCOME_TIMEOUT] == 0 && (a->retried & RETRY_TIMEOUT);
    if (errors_hold_timeouts)
        a->retried |= RETRY_ERROR;
    if (a->retried) {
        uint32_t never = a->given_up & ~a->retried;
        s->retry.attempts = a->most_failed > 1 ? a->most_failed : a->most > 3 ? a->most : 3;
        s->retry.on = RETRY_ALL & ~never;
        fit_backoff(&s->retry, a);
        buf_printf(&e->note[part], "; retried, up to %u attempts seen", a->most);
    }
    if (e->flow) {
        if (a->failed_visits)
            buf_printf(&e->note[part], "; visits that failed: %llu, the item went on after %llu",
                       (unsigned long long)a->failed_visits, (unsigned long long)a->went_on);
    } else if (2 * a->went_on > a->failed_visits) {
        s->fallback.to = s->next.to;
        buf_puts(&e->note[part], "; items go on after it failed");
    }
}

/* A step to which an item comes back: all its visits together, and how the last one ended. */
static void fit_repeated(struct estimate *e, uint32_t part)
{
    const struct trace_log *log = e->log;
    struct numbers *numbers = e->out->step[part].numbers;
    double *x = mem_alloc(log->items.len * sizeof *x);
    uint64_t failed = 0, came = 0;
    size_t n = 0;
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        double sum = 0;
        bool seen = false;
        uint8_t outcome = OUTCOME_OK;
        for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++) {
            const struct log_visit *visit = &log->visits.at[v];
            double s = observe_span_s(visit->start_ns, visit->end_ns);
            if ((int32_t)visit->stage != e->part[part].stage)
                continue;
            seen = true;
            sum += isnan(s) ? 0 : s;
            outcome = visit->outcome;
        }
        if (!seen && !passes(e, part, it))
            continue;
        came++;
        failed += outcome != OUTCOME_OK;
        x[n++] = sum;
    }
    buf_puts(&e->note[part], "; items come back to it: the time of all visits together");
    numbers->latency = estimate_latency(e, part, x, NULL, n);
    estimate_cost(e, part, came, true);
    if (failed)
        estimate_rate(e, part, "error", failed, came, true, &numbers->error);
    mem_free(x);
}

/* Do all spans of the step say which visit they are of, and none that it waited for its turn?  Then
 * there was no line before the people. */
static bool nobody_waited(const struct trace_log *log, int32_t stage)
{
    uint64_t spans = 0;
    for (size_t i = 0; i < log->visits.len; i++) {
        const struct log_visit *v = &log->visits.at[i];
        for (uint32_t k = 0; k < v->n_attempts && (int32_t)v->stage == stage; k++) {
            uint32_t span = log->attempts.at[v->first_attempt + k];
            if (!span_pass(&log->spans, span) || span_wait_s(&log->spans, span) > 0)
                return false;
            spans++;
        }
    }
    return spans > 0;
}

/* Are nearly all visits one call that came to its end? */
static bool is_plain(const struct attempts *a)
{
    return !a->copies && !a->n_cut && !a->n_timed_out && a->n <= a->visits + a->visits / 50;
}

/* Is there room for so many calls at a time, or for the work of so many people?  Calls made as fast
 * as they are answered show that too, in a short log: what comes then does not come by itself. */
static bool stands_in_line(struct estimate *e, uint32_t part, const struct attempts *a)
{
    int32_t stage = e->part[part].stage;
    bool people = e->log->stages.at[stage].layer == LAYER_HUMAN;
    return !e->log->pass.halvings && !nobody_waited(e->log, stage) &&
           (people || 20 * a->waited > a->n || estimate_shows_arrivals(e->log)) &&
           estimate_desk(e, part, people);
}

void estimate_stage(struct estimate *e, uint32_t part)
{
    size_t n = e->log->attempts.len;
    if (estimate_folded(e, part))
        return;
    struct attempts a = {.x = mem_alloc(n * sizeof(double)),
                         .timed_out = mem_alloc(n * sizeof(double)),
                         .gap = mem_alloc(n * sizeof(double)),
                         .cut = mem_alloc(n * sizeof(double)),
                         .gap_of = mem_alloc(n * sizeof(uint32_t))};
    take_stage(e, part, &a);
    buf_printf(&e->note[part], "%s%llu visits, %llu attempts", e->note[part].len ? "; " : "",
               (unsigned long long)a.visits, (unsigned long long)a.n);
    if (a.copies)
        buf_printf(&e->note[part], "; %llu copies of hedged calls are part of their attempts",
                   (unsigned long long)a.copies);
    if (a.waited)
        buf_printf(&e->note[part], "; %llu of them waited for their turn, which is left out",
                   (unsigned long long)a.waited);
    if (a.repeats && !e->flow) {
        fit_repeated(e, part);
    } else {
        size_t skipped = e->flow ? 0 : (size_t)(a.passes - a.items);
        if (skipped || !is_plain(&a) || !stands_in_line(e, part, &a))
            fit_latency(e, part, &a, skipped);
        fit_outcomes(e, part, &a, skipped);
        fit_retries(e, part, &a);
        estimate_cost(e, part, a.n + a.n_cut + skipped, false);
    }
    mem_free(a.x);
    mem_free(a.timed_out);
    mem_free(a.gap);
    mem_free(a.cut);
    mem_free(a.gap_of);
}

/* Of a sample most requests are missing that stood in line before the others. */
static bool has_desk(struct estimate *e, uint32_t part)
{
    if (nobody_waited(e->log, e->part[part].stage))
        return false;
    if (!e->log->pass.halvings)
        return estimate_desk(e, part, true);
    if ((int32_t)part == e->review)
        result_warn(
            e->info,
            "how many people the review had does not show in a sample of the log: its times "
            "are with their waits, and the scenario has people without number there");
    return false;
}

/* A review still open when the log ends took at least until then. */
void estimate_visits(struct estimate *e, uint32_t part)
{
    const struct trace_log *log = e->log;
    double *x = mem_alloc(log->visits.len * sizeof *x);
    bool *censored = mem_alloc(log->visits.len * sizeof *censored);
    int64_t until = estimate_until(log);
    uint64_t visits = 0, open = 0;
    size_t n = 0;
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++) {
            const struct log_visit *visit = &log->visits.at[v];
            double s = observe_span_s(visit->start_ns, visit->pending ? until : visit->end_ns);
            if ((int32_t)visit->stage != e->part[part].stage)
                continue;
            visits++;
            open += visit->pending;
            if (isnan(s) || (visit->pending && !(s > 0)))
                continue;
            x[n] = s;
            censored[n++] = visit->pending;
        }
    }
    buf_printf(&e->note[part], "%s%llu visits", e->note[part].len ? "; " : "",
               (unsigned long long)visits);
    estimate_cost(e, part, visits, false);
    if (open)
        buf_printf(&e->note[part], ", %llu of them open when the log ends and censored there",
                   (unsigned long long)open);
    if (!has_desk(e, part))
        e->out->step[part].numbers->latency =
            estimate_latency(e, part, x, open ? censored : NULL, n);
    mem_free(x);
    mem_free(censored);
}
