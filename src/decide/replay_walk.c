/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One item's way through another policy.
 *
 * At each step the logged attempts are made again in their order, under the policy's limits and
 * retries; where the policy asks for one more than the log has, or for a step that the item never
 * came to, its outcome is not known and is resolved as the pass says. */
#include "decide/replay_parts.h"
#include "math/rng.h"
#include "trace/observe.h"

#include <math.h>

enum { NEAR_STEPS = 10000 };

double replay_unit(const struct replay_pass *pass, const struct passage *w, uint32_t purpose,
                   uint64_t k)
{
    uint64_t key = rng_key(pass->replay->options->seed, pass->number, w->item,
                           w->at >= 0 ? (uint32_t)w->at : UINT32_MAX, purpose);
    return rng_unit(rng_at(key, k));
}

static const struct log_item *item_of(const struct replay_pass *pass, const struct passage *w)
{
    return &pass->replay->log->items.at[w->item];
}

void replay_leave(struct replay_pass *pass, struct passage *w, enum exit_kind exit)
{
    w->at = rules_take(&pass->rules, (uint32_t)w->at, exit, w->counters)->to;
}

/* ---- attempts --------------------------------------------------------------------------- */

struct attempt {
    enum outcome outcome;
    double s;
};

/* An attempt that nobody made. */
static struct attempt unseen(struct replay_pass *pass, const struct passage *w, uint64_t k)
{
    const struct numbers *n = pass->p->step[w->at].numbers;
    double out[OUTCOME_COUNT];
    double s = dist_quantile(&n->latency, replay_unit(pass, w, RNG_ATTEMPT, 2 * k));
    struct attempt a = {OUTCOME_OK, fmin(s, n->timeout_s)};
    pass->unknown.attempts++;
    if (pass->mode == REPLAY_LOST)
        a.outcome = OUTCOME_ERROR;
    if (pass->mode != REPLAY_DRAWN)
        return a;
    if (s >= n->timeout_s) {
        a.outcome = OUTCOME_TIMEOUT;
        return a;
    }
    rules_outcomes(n, 0, out);
    double u = replay_unit(pass, w, RNG_ATTEMPT, 2 * k + 1) - out[OUTCOME_ERROR];
    if (u < 0)
        a.outcome = OUTCOME_ERROR;
    else if (u < out[OUTCOME_MALFORMED])
        a.outcome = OUTCOME_MALFORMED;
    return a;
}

/* A logged attempt that was cut off at a limit, where the policy has a later one or none. */
static struct attempt beyond_limit(struct replay_pass *pass, const struct passage *w, double seen_s,
                                   uint64_t k)
{
    const struct numbers *n = pass->p->step[w->at].numbers;
    double below = dist_cdf(&n->latency, seen_s), u = replay_unit(pass, w, RNG_OUTCOME, k);
    double s = below < 1 ? dist_quantile(&n->latency, below + u * (1 - below)) : INFINITY;
    struct attempt a = {OUTCOME_OK, fmin(s, n->timeout_s)};
    pass->unknown.limits++;
    if (!isfinite(a.s))
        a.s = seen_s;
    bool in_time =
        pass->mode == REPLAY_DRAWN ? isfinite(s) && s < n->timeout_s : pass->mode != REPLAY_LOST;
    if (!in_time)
        a.outcome = isfinite(n->timeout_s) ? OUTCOME_TIMEOUT : OUTCOME_ERROR;
    return a;
}

static struct attempt logged(struct replay_pass *pass, const struct passage *w, uint32_t span,
                             uint64_t k)
{
    const struct span_set *s = &pass->replay->log->spans;
    const struct numbers *n = pass->p->step[w->at].numbers;
    const struct replay_change *change = &pass->replay->change[w->at];
    double seen = span_duration_s(s, span);
    struct attempt a = {(enum outcome)s->outcome[span], isnan(seen) ? 0 : seen};
    if (!change->timeout)
        return a;
    if (a.s >= n->timeout_s)
        return (struct attempt){OUTCOME_TIMEOUT, n->timeout_s};
    return a.outcome == OUTCOME_TIMEOUT ? beyond_limit(pass, w, a.s, k) : a;
}

/* The wait before the next attempt: as logged, where the policy's is the base's. */
static double wait_before(const struct replay_pass *pass, const struct passage *w, uint32_t span,
                          uint32_t next, uint32_t made)
{
    const struct span_set *s = &pass->replay->log->spans;
    if (next != SPAN_NONE && !pass->replay->change[w->at].backoff && s->end_ns[span] &&
        s->start_ns[next] >= s->end_ns[span])
        return (double)(s->start_ns[next] - s->end_ns[span]) * 1e-9;
    return rules_backoff(&pass->p->step[w->at].retry, made,
                         replay_unit(pass, w, RNG_BACKOFF, made));
}

/* Attempts of one visit, of which the log has n; true: it ended visibly ok. */
static bool attempt_all(struct replay_pass *pass, struct passage *w, const uint32_t *span,
                        uint32_t n)
{
    const struct retry *retry = &pass->p->step[w->at].retry;
    for (uint32_t made = 1;; made++) {
        struct attempt a =
            made <= n ? logged(pass, w, span[made - 1], made) : unseen(pass, w, made);
        w->now_s += a.s;
        if (a.outcome == OUTCOME_OK || a.outcome == OUTCOME_WRONG)
            return true;
        if (!rules_retries(retry, a.outcome, made))
            return false;
        w->now_s += wait_before(pass, w, made <= n ? span[made - 1] : SPAN_NONE,
                                made < n ? span[made] : SPAN_NONE, made);
    }
}

/* ---- steps ------------------------------------------------------------------------------ */

/* Did the item come past the step in the log: to a later one, or to its end? */
static bool came_past(const struct replay_pass *pass, const struct passage *w)
{
    const struct replay *r = pass->replay;
    const struct log_item *it = item_of(pass, w);
    bool behind_review = r->review >= 0 && w->at > r->review;
    if (behind_review && !it->reviewed && r->gate >= 0) {
        int32_t above = r->base->step[r->base_step[r->gate]].above.to;
        if (above < 0 || w->at < above)
            return false; /* only reviewed items come here */
    }
    if (it->end == LOG_SHIPPED)
        return true;
    for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++)
        if ((int32_t)r->log->visits.at[v].stage > r->stage[w->at])
            return true;
    return false;
}

/* Time of the item around its steps. */
static void go_between(struct replay_pass *pass, struct passage *w)
{
    double s = observe_between_s(pass->replay->log, item_of(pass, w));
    w->now_s += isnan(s) ? 0 : s;
    replay_leave(pass, w, EXIT_PASS);
}

/* A visit that failed in the log fails again: the item goes on, or not, as it did. */
static void leave_failed(struct replay_pass *pass, struct passage *w, bool went_on)
{
    if (went_on)
        replay_leave(pass, w, EXIT_PASS);
    else
        w->at = TO_FAIL;
}

/* All logged visits of the step are made at once, as in the fitted flow. */
static void visit(struct replay_pass *pass, struct passage *w)
{
    const struct trace_log *log = pass->replay->log;
    const struct log_item *it = item_of(pass, w);
    const struct log_visit *last = NULL;
    int32_t stage = pass->replay->stage[w->at];
    bool good;
    for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++) {
        const struct log_visit *here = &log->visits.at[v];
        if ((int32_t)here->stage != stage)
            continue;
        double s = last ? observe_span_s(last->start_ns, last->end_ns) : 0;
        w->now_s += isnan(s) ? 0 : s;
        last = here;
    }
    if (last) {
        good = attempt_all(pass, w, &log->attempts.at[last->first_attempt], last->n_attempts);
    } else if (stage >= 0 && came_past(pass, w)) {
        good = true; /* it was not needed */
    } else {
        pass->unknown.visits++;
        good = attempt_all(pass, w, NULL, 0);
    }
    bool failed = last && last->outcome != OUTCOME_OK;
    w->mended = w->mended || (good && failed);
    if (!good && failed && !pass->replay->change[w->at].fallback)
        leave_failed(pass, w, last + 1 < &log->visits.at[it->first_visit] + it->n_visits);
    else
        replay_leave(pass, w, good ? EXIT_PASS : EXIT_FAIL);
}

static void pass_gate(struct replay_pass *pass, struct passage *w)
{
    const struct step *s = &pass->p->step[w->at];
    const struct numbers *n = s->numbers;
    const struct log_item *it = item_of(pass, w);
    double c = pass->replay->routed ? !it->reviewed : it->confidence;
    double high = s->bands ? n->threshold_high.value : n->threshold.value;
    if (pass->replay->stage[w->at] >= 0) {
        int32_t stage = pass->replay->stage[w->at];
        for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++) {
            const struct log_visit *here = &pass->replay->log->visits.at[v];
            double spent = observe_span_s(here->start_ns, here->end_ns);
            if ((int32_t)here->stage == stage && !isnan(spent))
                w->now_s += spent;
        }
    }
    enum exit_kind exit = EXIT_BELOW;
    if (rules_gate_ships(c, high))
        exit = EXIT_ABOVE;
    else if (s->bands && rules_gate_ships(c, n->threshold.value))
        exit = EXIT_BETWEEN;
    if (exit == EXIT_ABOVE && s->audit.present &&
        replay_unit(pass, w, RNG_AUDIT, 0) <
            audit_probability(s->audit.design, n->audit.value, c, high))
        exit = EXIT_AUDIT;
    replay_leave(pass, w, exit);
}

bool replay_walk(struct replay_pass *pass, struct passage *w)
{
    for (int k = 0; w->at >= 0 && k < NEAR_STEPS; k++) {
        switch (pass->p->step[w->at].kind) {
        case STEP_REVIEW:
            return true;
        case STEP_GATE:
            pass_gate(pass, w);
            break;
        default:
            if (w->at == 0 && pass->replay->stage[0] < 0)
                go_between(pass, w);
            else
                visit(pass, w);
        }
    }
    return false;
}

/* ---- the review ------------------------------------------------------------------------- */

static const struct log_visit *logged_review(const struct replay_pass *pass,
                                             const struct passage *w, double *work_s)
{
    const struct trace_log *log = pass->replay->log;
    const struct log_item *it = item_of(pass, w);
    const struct log_visit *last = NULL;
    *work_s = 0;
    for (uint32_t v = it->first_visit; !w->reviewed && v < it->first_visit + it->n_visits; v++) {
        if ((int32_t)log->visits.at[v].stage != pass->replay->stage[w->at])
            continue;
        last = &log->visits.at[v];
        *work_s += isnan(pass->replay->work[v]) ? 0 : pass->replay->work[v];
    }
    return last;
}

static enum exit_kind decide(struct passage *w, const double out[DECISION_COUNT], double u)
{
    if ((u -= out[DECIDE_REJECT]) < 0)
        return EXIT_REJECT;
    if ((u -= out[DECIDE_FIX]) < 0)
        w->good = true;
    else if (u < out[DECIDE_SPOIL])
        w->good = false;
    return EXIT_PASS;
}

static enum exit_kind decide_unseen(struct replay_pass *pass, struct passage *w)
{
    double out[DECISION_COUNT];
    pass->unknown.reviews++;
    switch (pass->mode) {
    case REPLAY_BEST:
        w->good = true;
        return EXIT_PASS;
    case REPLAY_WRONG:
        w->good = false;
        return EXIT_PASS;
    case REPLAY_LOST:
        return EXIT_REJECT;
    default:
        rules_decisions(STEP_REVIEW, pass->p->step[w->at].numbers, w->good, out);
        return decide(w, out, replay_unit(pass, w, RNG_DECISION, 0));
    }
}

enum exit_kind replay_review(struct replay_pass *pass, struct passage *w, double *work_s)
{
    const struct log_item *it = item_of(pass, w);
    const struct replay_change *change = &pass->replay->change[w->at];
    const struct log_visit *seen = logged_review(pass, w, work_s);
    double out[DECISION_COUNT];
    w->reviewed = true;
    if (!seen || seen->pending || change->latency)
        *work_s = dist_quantile(&pass->p->step[w->at].numbers->latency,
                                replay_unit(pass, w, RNG_ATTEMPT, 0));
    if (change->decisions) {
        rules_decisions(STEP_REVIEW, pass->p->step[w->at].numbers, w->good, out);
        return decide(w, out, replay_unit(pass, w, RNG_DECISION, 0));
    }
    if (!seen || seen->pending)
        return decide_unseen(pass, w);
    if (it->verdict == LOG_REJECTED_BY_REVIEW)
        return EXIT_REJECT;
    if (it->end == LOG_SHIPPED && it->shipped != LOG_UNKNOWN)
        w->good = it->shipped == LOG_GOOD;
    else if (it->verdict == LOG_CORRECTED)
        w->good = true;
    return EXIT_PASS;
}
