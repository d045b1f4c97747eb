/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One visit: attempts are independent, so that the number of attempts is a truncated geometric
 * and the visit's time a sum; its first two moments follow attempt by attempt, each conditional on
 * how the attempts end (a latency within the limit, or the limit itself). */
#include "sim/exact/chain.h"

#include <math.h>

void attempt_time_set(struct attempt_time *t, const struct dist *latency, double timeout_s)
{
    *t = (struct attempt_time){0};
    double in_time = 1;
    if (isfinite(timeout_s)) {
        in_time = dist_cdf(latency, timeout_s);
        t->late = dist_above(latency, timeout_s);
        t->timeout_s = timeout_s;
    }
    t->capped = dist_capped_moment(latency, timeout_s, 1);
    for (int k = 0; k < 2; k++) {
        double moment = dist_partial_moment(latency, timeout_s, k + 1);
        t->infinite[k] = !isfinite(moment);
        if (in_time > 0 && !t->infinite[k])
            t->in_time[k] = moment / in_time;
    }
    if (!isfinite(t->capped))
        t->capped = 0;
}

struct sum {
    double m1, m2;
};

static struct sum sum_add(struct sum a, struct sum b)
{
    return (struct sum){a.m1 + b.m1, a.m2 + 2 * a.m1 * b.m1 + b.m2};
}

/* The wait after `made` attempts; moments of the jitter: uniform on [0, w], and w/2 more. */
static struct sum wait_moments(const struct retry *r, uint32_t made)
{
    double w = rules_backoff(r, made, 1);
    switch (r->jitter) {
    case JITTER_FULL:
        return (struct sum){w / 2, w * w / 3};
    case JITTER_EQUAL:
        return (struct sum){3 * w / 4, 7 * w * w / 12};
    default:
        return (struct sum){w, w * w};
    }
}

/* What the visible failures of one attempt come to: probability and time of those that are tried
 * again, and of those that are not. */
struct failures {
    double p[2];
    struct sum time[2], calls[2];
};

static void failures_set(struct failures *f, const double outcome[OUTCOME_COUNT],
                         const struct retry *retry, const struct attempt_time *time)
{
    *f = (struct failures){0};
    for (enum outcome o = OUTCOME_ERROR; o <= OUTCOME_TIMEOUT; o++) {
        int again = rules_retries(retry, o, 0);
        double m1 = o == OUTCOME_TIMEOUT ? time->timeout_s : time->in_time[0];
        double m2 = o == OUTCOME_TIMEOUT ? m1 * m1 : time->in_time[1];
        f->p[again] += outcome[o];
        f->time[again].m1 += outcome[o] * m1;
        f->time[again].m2 += outcome[o] * m2;
    }
    for (int i = 0; i < 2; i++)
        if (f->p[i] > 0) {
            f->time[i].m1 /= f->p[i];
            f->time[i].m2 /= f->p[i];
        }
}

static void end_add(struct visit_law *law, enum visit_end end, double p, struct sum calls,
                    struct sum time)
{
    law->time[end][0] += p * time.m1;
    law->time[end][1] += p * time.m2;
    law->tries[end][0] += p * calls.m1;
    law->tries[end][1] += p * calls.m2;
}

/* An attempt of several calls: its failures are one kind, which every retry is for or none. */
static void hedged_set(struct visit_law *law, struct failures *f, const struct retry *retry,
                       const struct hedge_law *h)
{
    double ok = law->outcome[OUTCOME_OK] + law->outcome[OUTCOME_WRONG];
    int again = rules_retries(retry, OUTCOME_ERROR, 0);
    law->outcome[OUTCOME_OK] *= ok > 0 ? h->p[END_OK] / ok : 0;
    law->outcome[OUTCOME_WRONG] *= ok > 0 ? h->p[END_OK] / ok : 0;
    law->outcome[OUTCOME_ERROR] = h->p[END_FAILED];
    law->outcome[OUTCOME_MALFORMED] = law->outcome[OUTCOME_TIMEOUT] = 0;
    *f = (struct failures){0};
    f->p[again] = h->p[END_FAILED];
    f->time[again] = (struct sum){h->time[END_FAILED][0], h->time[END_FAILED][1]};
    f->calls[again] = (struct sum){h->calls[END_FAILED][0], h->calls[END_FAILED][1]};
}

void visit_law_set(struct visit_law *law, const struct numbers *n, const struct retry *retry,
                   const struct attempt_time *time, const struct hedge_law *hedge)
{
    struct failures f;
    *law = (struct visit_law){0};
    rules_outcomes(n, time->late, law->outcome);
    for (int o = 0; o < OUTCOME_COUNT; o++)
        law->rate[o] = law->outcome[o];
    law->rate[OUTCOME_WRONG] = (1 - time->late) * n->wrong.value;
    law->rate[OUTCOME_MALFORMED] = (1 - time->late) * n->malformed.value;
    failures_set(&f, law->outcome, retry, time);

    f.calls[0] = f.calls[1] = (struct sum){1, 1};
    struct sum good = {time->in_time[0], time->in_time[1]}, before = {0};
    struct sum one = {1, 1}, calls = {0};
    if (hedge && hedge->copies) {
        hedged_set(law, &f, retry, hedge);
        good = (struct sum){hedge->time[END_OK][0], hedge->time[END_OK][1]};
        one = (struct sum){hedge->calls[END_OK][0], hedge->calls[END_OK][1]};
    }
    double reached = 1, ok = law->outcome[OUTCOME_OK], wrong = law->outcome[OUTCOME_WRONG];
    for (uint32_t k = 1; k <= retry->attempts && reached > 0; k++) {
        bool last = k == retry->attempts;
        law->ok += reached * ok;
        law->wrong += reached * wrong;
        if (k > 1)
            law->retried_ok += reached * (ok + wrong);
        end_add(law, END_OK, reached * (ok + wrong), sum_add(calls, one), sum_add(before, good));
        law->failed += reached * f.p[0];
        end_add(law, END_FAILED, reached * f.p[0], sum_add(calls, f.calls[0]),
                sum_add(before, f.time[0]));
        struct sum after = sum_add(before, f.time[1]);
        calls = sum_add(calls, f.calls[1]);
        reached *= f.p[1];
        if (last) {
            law->failed += reached;
            end_add(law, END_FAILED, reached, calls, after);
        } else {
            before = sum_add(after, wait_moments(retry, k));
        }
    }
    law->first_ok = ok + wrong;
    law->retried = retry->attempts > 1 ? f.p[1] : 0;
    double p[END_COUNT] = {[END_OK] = law->ok + law->wrong, [END_FAILED] = law->failed};
    for (int e = 0; e < END_COUNT; e++)
        for (int k = 0; k < 2 && p[e] > 0; k++) {
            law->time[e][k] /= p[e];
            law->tries[e][k] /= p[e];
        }
}
