/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One visit of an item under another policy.
 *
 * The logged attempts are made again in their order, under the policy's limits and retries; where
 * the policy asks for one more than the log has, or for a step that the item never came to, its
 * time is that of another attempt of the step in the log, and its outcome is resolved as the pass
 * says. */
#include "decide/replay_parts.h"
#include "math/rng.h"
#include "trace/discover.h"
#include "trace/observe.h"

#include <math.h>

/* ---- attempts --------------------------------------------------------------------------- */

struct attempt {
    enum outcome outcome;
    double s;
};

/* Seconds of an attempt that nobody made: those of one that ended well in the log, unless a limit
 * cut these. */
static double unseen_time(const struct replay_pass *pass, const struct passage *w, uint64_t k)
{
    const struct numbers *n = pass->p->step[w->at].numbers;
    const struct replay_spans *spans = &pass->replay->spans[w->at];
    const struct span_set *set = &pass->replay->log->spans;
    double u = replay_unit(pass, w, RNG_ATTEMPT, 2 * k);
    if (isfinite(n->timeout_s) || spans->n == 0)
        return dist_quantile(&n->latency, u);
    size_t first = (size_t)(u * (double)spans->n);
    for (size_t i = 0; i < spans->n; i++) {
        uint32_t span = spans->at[(first + i) % spans->n];
        double s = span_duration_s(set, span);
        if (!isnan(s) && set->outcome[span] == OUTCOME_OK)
            return s;
    }
    return dist_quantile(&n->latency, u);
}

/* An attempt that nobody made. */
static struct attempt unseen(struct replay_pass *pass, const struct passage *w, uint64_t k)
{
    const struct numbers *n = pass->p->step[w->at].numbers;
    double out[OUTCOME_COUNT];
    double s = unseen_time(pass, w, k);
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

/* Time of the one attempt of a visit whose wait for people or tokens is known. */
static double work_of(const struct replay_pass *pass, const struct passage *w, double seen_s)
{
    const struct log_visit *v = &pass->replay->log->visits.at[w->visit];
    double work = pass->replay->work[w->visit];
    return v->n_attempts == 1 && !isnan(work) ? work : seen_s;
}

static struct attempt logged(struct replay_pass *pass, const struct passage *w, uint32_t span,
                             uint64_t k)
{
    const struct span_set *s = &pass->replay->log->spans;
    const struct numbers *n = pass->p->step[w->at].numbers;
    const struct replay_change *change = &pass->replay->change[w->at];
    double seen = span_duration_s(s, span);
    struct attempt a = {(enum outcome)s->outcome[span], isnan(seen) ? 0 : work_of(pass, w, seen)};
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

enum replay_next replay_attempt(struct replay_pass *pass, struct passage *w, double *work_s,
                                double *wait_s, bool *good)
{
    const struct trace_log *log = pass->replay->log;
    const struct log_visit *v = w->visit != SPAN_NONE ? &log->visits.at[w->visit] : NULL;
    const uint32_t *span = v ? &log->attempts.at[v->first_attempt] : NULL;
    uint32_t n = v ? v->n_attempts : 0, made = ++w->made;
    struct attempt a = made <= n ? logged(pass, w, span[made - 1], made) : unseen(pass, w, made);
    uint32_t allowed = pass->p->step[w->at].retry.attempts;
    if (made <= n)
        replay_pay_logged(pass, w, span[made - 1]);
    else /* the first unseen one of a visit stands for all that may follow */
        replay_pay_unseen(pass, w, made > n + 1 ? 0 : allowed >= made ? allowed - made + 1 : 1);
    *work_s = a.s;
    *wait_s = 0;
    *good = a.outcome == OUTCOME_OK || a.outcome == OUTCOME_WRONG;
    if (*good || !rules_retries(&pass->p->step[w->at].retry, a.outcome, made))
        return REPLAY_OVER;
    *wait_s = wait_before(pass, w, made <= n ? span[made - 1] : SPAN_NONE,
                          made < n ? span[made] : SPAN_NONE, made);
    return REPLAY_AGAIN;
}

/* ---- visits ----------------------------------------------------------------------------- */

/* Did the item come past the step in the log: to a later one, or to its end? */
static bool came_past(const struct replay_pass *pass, const struct passage *w)
{
    const struct replay *r = pass->replay;
    const struct log_item *it = replay_item_of(pass, w);
    bool behind_review = r->review >= 0 && w->at > r->review;
    if (behind_review && !it->reviewed && r->gate >= 0 && r->base_step[r->gate] >= 0) {
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

/* The next logged visit of this step that was not made again yet; SPAN_NONE. */
static uint32_t next_visit(struct replay_pass *pass, const struct passage *w)
{
    const struct replay *r = pass->replay;
    const struct log_item *it = replay_item_of(pass, w);
    struct replay_item *mine = &pass->item[w->item];
    uint32_t end = it->first_visit + it->n_visits;
    while (mine->first < end && pass->used[mine->first])
        mine->first++;
    for (uint32_t v = mine->first; v < end; v++) {
        const struct log_visit *visit = &r->log->visits.at[v];
        if (pass->used[v] || (int32_t)visit->stage != r->stage[w->at])
            continue;
        pass->used[v] = true;
        mine->cursor = v + 1 > mine->cursor ? v + 1 : mine->cursor;
        if (!isnan(visit->confidence) && r->policy->step[w->at].kind != STEP_REVIEW)
            mine->confidence = visit->confidence;
        return v;
    }
    return SPAN_NONE;
}

static double duration(const struct replay_pass *pass, uint32_t visit)
{
    const struct log_visit *v = &pass->replay->log->visits.at[visit];
    double s = observe_span_s(v->start_ns, v->end_ns);
    return isnan(s) ? 0 : s;
}

/* Seconds of [from, to) in which visits of the item run. */
static double busy_s(const struct replay_pass *pass, const struct log_item *it, int64_t from,
                     int64_t to)
{
    const struct log_visit *visits = pass->replay->log->visits.at;
    int64_t sum = 0, at = from;
    for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++) {
        int64_t begin = visits[v].start_ns > at ? visits[v].start_ns : at;
        int64_t end = visits[v].end_ns < to ? visits[v].end_ns : to;
        if (end <= begin)
            continue;
        sum += end - begin;
        at = end;
    }
    return (double)sum * 1e-9;
}

/* Inside a branch the times between its visits are part of it, but for what is time around steps
 * (observe_between_s). */
static void keep_pace(const struct replay_pass *pass, struct passage *w, uint32_t first)
{
    const struct log_visit *visits = pass->replay->log->visits.at;
    if (w->parent < 0)
        return;
    if (w->visit != SPAN_NONE && w->from_ns && visits[first].start_ns > w->from_ns)
        w->now_s += busy_s(pass, replay_item_of(pass, w), w->from_ns, visits[first].start_ns);
    w->from_ns = w->visit != SPAN_NONE ? visits[w->visit].end_ns : 0;
}

/* Seconds of a visit in which visits before it ran, where the policy has the two one after another:
 * they count once. */
static double shared_s(const struct replay_pass *pass, const struct passage *w, uint32_t visit)
{
    const struct step *s = &pass->p->step[w->at];
    bool waits = s->by || s->kind == STEP_REVIEW || pass->replay->log->visits.at[visit].pending;
    return w->parent >= 0 || waits ? 0 : pass->replay->shared_s[visit];
}

/* Where the policy never comes back to a step, all its logged visits are made at once. */
void replay_enter(struct replay_pass *pass, struct passage *w)
{
    const struct replay *r = pass->replay;
    w->made = 0;
    w->visit = SPAN_NONE;
    if (pass->visits_of)
        pass->visits_of[(size_t)w->item * pass->p->n_steps + (size_t)w->at]++;
    if (r->stage[w->at] < 0)
        return;
    uint32_t first = w->visit = next_visit(pass, w);
    while (!r->again[w->at] && w->visit != SPAN_NONE) {
        uint32_t next = next_visit(pass, w);
        if (next == SPAN_NONE)
            break;
        if (r->policy->step[w->at].kind != STEP_REVIEW)
            w->now_s += duration(pass, w->visit) - shared_s(pass, w, w->visit);
        replay_pay_visit(pass, w, w->visit);
        w->visit = next;
    }
    w->shared_s = w->visit != SPAN_NONE ? shared_s(pass, w, w->visit) : 0;
    keep_pace(pass, w, first);
}

/* A visit that failed in the log fails again: the item goes on, or not, as it did. */
static void leave_failed(struct replay_pass *pass, struct passage *w, bool went_on)
{
    if (pass->p->step[w->at].fallback.to != TO_FAIL)
        replay_leave(pass, w, EXIT_FAIL);
    else if (went_on)
        replay_leave(pass, w, EXIT_PASS);
    else
        w->at = TO_FAIL;
}

void replay_end(struct replay_pass *pass, struct passage *w, bool good)
{
    const struct log_item *it = replay_item_of(pass, w);
    const struct log_visit *v =
        w->visit != SPAN_NONE ? &pass->replay->log->visits.at[w->visit] : NULL;
    bool failed = v && v->outcome != OUTCOME_OK;
    pass->item[w->item].mended |= good && failed;
    if (!good && failed && !pass->replay->change[w->at].fallback)
        leave_failed(pass, w, w->visit + 1 < it->first_visit + it->n_visits);
    else
        replay_leave(pass, w, good ? EXIT_PASS : EXIT_FAIL);
    w->visits++;
}

/* Time of the item around its steps. */
void replay_between(struct replay_pass *pass, struct passage *w)
{
    double s = observe_between_s(pass->replay->log, replay_item_of(pass, w));
    w->now_s += isnan(s) ? 0 : s;
    replay_leave(pass, w, EXIT_PASS);
}

/* A step of which the log knows nothing and needs to: it takes no time and has no fault.  And one
 * that the item did not need, where the policy's ways say nothing of it. */
static bool passes_by(const struct replay_pass *pass, const struct passage *w)
{
    const struct replay *r = pass->replay;
    if (r->stage[w->at] < 0)
        return true;
    return !r->ways && w->visit == SPAN_NONE && came_past(pass, w);
}

bool replay_passes_by(struct replay_pass *pass, struct passage *w)
{
    if (!passes_by(pass, w)) {
        pass->unknown.visits += w->visit == SPAN_NONE;
        return false;
    }
    replay_leave(pass, w, EXIT_PASS);
    w->visits++;
    return true;
}

/* ---- gates ------------------------------------------------------------------------------ */

/* Is there a logged review that was not held again yet? */
static bool has_review(const struct replay_pass *pass, const struct passage *w)
{
    const struct replay *r = pass->replay;
    const struct log_item *it = replay_item_of(pass, w);
    int32_t to = pass->p->step[w->at].below.to;
    int32_t stage = to >= 0 && r->stage[to] >= 0 ? r->stage[to] : r->log->review;
    for (uint32_t v = pass->item[w->item].first; v < it->first_visit + it->n_visits; v++)
        if ((int32_t)r->log->visits.at[v].stage == stage && !pass->used[v])
            return true;
    return false;
}

static double confidence_at(const struct replay_pass *pass, const struct passage *w)
{
    const struct replay *r = pass->replay;
    double c = pass->item[w->item].confidence;
    if (r->routed)
        return !has_review(pass, w);
    return isnan(c) ? replay_item_of(pass, w)->confidence : c;
}

void replay_gate(struct replay_pass *pass, struct passage *w)
{
    const struct step *s = &pass->p->step[w->at];
    const struct numbers *n = s->numbers;
    double c = confidence_at(pass, w);
    double high = s->bands ? n->threshold_high.value : n->threshold.value;
    replay_enter(pass, w);
    if (w->visit != SPAN_NONE) {
        w->now_s += duration(pass, w->visit);
        replay_pay_visit(pass, w, w->visit);
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
    w->visits++;
}

/* ---- the review ------------------------------------------------------------------------- */

static enum exit_kind decide(struct replay_item *it, const double out[DECISION_COUNT], double u)
{
    if ((u -= out[DECIDE_REJECT]) < 0)
        return EXIT_REJECT;
    if ((u -= out[DECIDE_FIX]) < 0)
        it->good = true;
    else if (u < out[DECIDE_SPOIL])
        it->good = false;
    return EXIT_PASS;
}

static enum exit_kind decide_drawn(struct replay_pass *pass, struct passage *w)
{
    double out[DECISION_COUNT];
    struct replay_item *it = &pass->item[w->item];
    rules_decisions(STEP_REVIEW, pass->p->step[w->at].numbers, it->good, out);
    return decide(it, out, replay_unit(pass, w, RNG_DECISION, 0));
}

static enum exit_kind decide_unseen(struct replay_pass *pass, struct passage *w)
{
    pass->unknown.reviews++;
    switch (pass->mode) {
    case REPLAY_BEST:
        pass->item[w->item].good = true;
        return EXIT_PASS;
    case REPLAY_WRONG:
        pass->item[w->item].good = false;
        return EXIT_PASS;
    case REPLAY_LOST:
        return EXIT_REJECT;
    default:
        return decide_drawn(pass, w);
    }
}

/* What was said at this visit, or where nothing was, of the item. */
static enum log_verdict verdict_of(const struct replay_pass *pass, const struct passage *w)
{
    const struct log_visit *v = &pass->replay->log->visits.at[w->visit];
    enum log_verdict said = discover_verdict(span_string(&pass->replay->log->spans, v->decision));
    return said != LOG_NO_VERDICT ? said : replay_item_of(pass, w)->verdict;
}

/* Work of all logged visits of a review that the policy holds once. */
static double work_seen(const struct replay_pass *pass, const struct passage *w)
{
    const struct replay *r = pass->replay;
    const struct log_item *it = replay_item_of(pass, w);
    double sum = 0;
    if (r->again[w->at])
        return isnan(r->work[w->visit]) ? 0 : r->work[w->visit];
    for (uint32_t v = it->first_visit; v <= w->visit; v++)
        if (r->log->visits.at[v].stage == r->log->visits.at[w->visit].stage)
            sum += isnan(r->work[v]) ? 0 : r->work[v];
    return sum;
}

enum exit_kind replay_review(struct replay_pass *pass, struct passage *w, double *work_s)
{
    const struct replay *r = pass->replay;
    const struct log_item *it = replay_item_of(pass, w);
    const struct replay_change *change = &r->change[w->at];
    const struct log_visit *seen = w->visit != SPAN_NONE ? &r->log->visits.at[w->visit] : NULL;
    struct replay_item *mine = &pass->item[w->item];
    mine->reviewed = true;
    if (seen)
        replay_pay_visit(pass, w, w->visit);
    else
        replay_pay_unseen(pass, w, 1);
    if (!seen || seen->pending || change->latency)
        *work_s = dist_quantile(&pass->p->step[w->at].numbers->latency,
                                replay_unit(pass, w, RNG_ATTEMPT, 0));
    else
        *work_s = work_seen(pass, w);
    if (change->decisions)
        return decide_drawn(pass, w);
    if (!seen || seen->pending)
        return decide_unseen(pass, w);
    enum log_verdict verdict = verdict_of(pass, w);
    if (verdict == LOG_REJECTED_BY_REVIEW)
        return EXIT_REJECT;
    if (it->end == LOG_SHIPPED && it->shipped != LOG_UNKNOWN)
        mine->good = it->shipped == LOG_GOOD;
    else if (verdict == LOG_CORRECTED)
        mine->good = true;
    return EXIT_PASS;
}
