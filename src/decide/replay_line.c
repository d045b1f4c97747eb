/* SPDX-License-Identifier: GPL-3.0-or-later */
/* People and rate limits of a policy.  Who asks first is served first, and all ask in order of
 * time, so when the work of each begins is known as it asks (Kiefer and Wolfowitz 1955): also
 * whether its patience lasts until then. */
#include "decide/replay_parts.h"
#include "math/rng.h"
#include "model/hours.h"

#include <math.h>

void replay_lines_open(struct replay_pass *pass)
{
    const struct replay *r = pass->replay;
    pass->week_s = hours_week_second(r->t0_ns);
    pass->line = mem_zero((size_t)pass->p->n_resources + 1, sizeof *pass->line);
    for (uint32_t k = 0; k < pass->p->n_resources; k++) {
        struct replay_line *l = &pass->line[k];
        l->law = &pass->p->resource[k];
        l->tokens = l->law->burst;
        l->free_s = mem_zero((size_t)l->law->servers + 1, sizeof *l->free_s);
    }
}

void replay_lines_close(struct replay_pass *pass)
{
    for (uint32_t k = 0; k < pass->p->n_resources; k++)
        mem_free(pass->line[k].free_s);
    mem_free(pass->line);
}

static double until_open(const struct replay_pass *pass, const struct resource *law, double t)
{
    return hours_until_open(law->hours, law->n_hours, pass->week_s + t);
}

/* When it closes next after t, at which it is open. */
static double closes_at(const struct replay_pass *pass, const struct resource *law, double t)
{
    double s = fmod(pass->week_s + t, WEEK_S);
    for (uint32_t i = 0; i < law->n_hours; i++)
        if (s >= law->hours[i].from_s && s < law->hours[i].to_s)
            return t + law->hours[i].to_s - s;
    return INFINITY;
}

/* When work that begins at t, when it is open, is done. */
static double done_at(const struct replay_pass *pass, const struct resource *law, double t,
                      double work_s)
{
    if (!law->n_hours || law->at_close == CLOSE_FINISH)
        return t + work_s;
    for (;;) {
        double close = closes_at(pass, law, t);
        if (t + work_s <= close)
            return t + work_s;
        work_s -= close - t;
        t = close + until_open(pass, law, close);
    }
}

/* How long this one would wait before it leaves.  One that was served in the log waits as long as
 * it did there at least. */
static double patience_of(struct replay_pass *pass, const struct passage *w,
                          const struct resource *law, double wait_s)
{
    const struct replay *r = pass->replay;
    double known = 0, u = replay_unit(pass, w, RNG_ATTEMPT, 1u << 20 | w->made);
    if (!law->patience)
        return INFINITY;
    if (w->visit != SPAN_NONE && !isnan(r->work[w->visit])) {
        const struct log_visit *v = &r->log->visits.at[w->visit];
        known = fmax((double)(v->end_ns - v->start_ns) * 1e-9 - r->work[w->visit], 0);
    }
    if (wait_s <= known)
        return INFINITY;
    pass->unknown.patience++;
    if (pass->mode != REPLAY_DRAWN)
        return pass->mode == REPLAY_LOST ? fmax(known, dist_quantile(&law->patience[0], 1e-9))
                                         : INFINITY;
    double below = dist_cdf(&law->patience[0], known);
    return below < 1 ? fmax(known, dist_quantile(&law->patience[0], below + u * (1 - below)))
                     : INFINITY;
}

static double next_token(const struct replay_line *l, double now_s, double *tokens)
{
    double rate = l->law->rate_per_s;
    *tokens = fmin(l->law->burst, l->tokens + (now_s - l->last_s) * rate);
    return *tokens >= 1 ? now_s : now_s + (1 - *tokens) / rate;
}

bool replay_serve(struct replay_pass *pass, const struct passage *w, uint32_t by, double work_s,
                  double *start_s, double *end_s)
{
    struct replay_line *l = &pass->line[by - 1];
    const struct resource *law = l->law;
    double start = w->now_s, tokens = 0;
    uint32_t who = 0;
    if (law->servers == 0) {
        start = next_token(l, w->now_s, &tokens);
    } else {
        for (uint32_t k = 1; k < law->servers; k++)
            who = l->free_s[k] < l->free_s[who] ? k : who;
        start = fmax(start, l->free_s[who]);
        start += until_open(pass, law, start);
    }
    double patience = patience_of(pass, w, law, start - w->now_s);
    if (start - w->now_s > patience) {
        *start_s = *end_s = w->now_s + patience;
        pass->waits_s += patience;
        return false;
    }
    pass->waits_s += start - w->now_s;
    pass->busy_s += work_s;
    *start_s = start;
    if (law->servers == 0) {
        l->tokens = tokens - 1;
        l->last_s = w->now_s;
        *end_s = start + work_s;
        return true;
    }
    *end_s = l->free_s[who] = done_at(pass, law, start, work_s);
    return true;
}
