/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One pass over all items: they walk to the review, wait for people there in the order in which
 * they come, and walk on.  A heap holds those who come next. */
#include "decide/replay_parts.h"
#include "math/rng.h"
#include "model/hours.h"

#include <math.h>
#include <string.h>

/* ---- people ----------------------------------------------------------------------------- */

struct people {
    const struct resource *law; /* NULL: without number */
    double *free_s;             /* [servers] */
    double week_s;              /* second of the week at 0 */
};

static double until_open(const struct people *d, double t)
{
    return d->law ? hours_until_open(d->law->hours, d->law->n_hours, d->week_s + t) : 0;
}

/* When it closes next after t, at which it is open. */
static double closes_at(const struct people *d, double t)
{
    double s = fmod(d->week_s + t, WEEK_S);
    for (uint32_t i = 0; i < d->law->n_hours; i++)
        if (s >= d->law->hours[i].from_s && s < d->law->hours[i].to_s)
            return t + d->law->hours[i].to_s - s;
    return INFINITY;
}

/* When work that begins at t, when it is open, is done. */
static double done_at(const struct people *d, double t, double work_s)
{
    if (!d->law || !d->law->n_hours || d->law->at_close == CLOSE_FINISH)
        return t + work_s;
    for (;;) {
        double close = closes_at(d, t);
        if (t + work_s <= close)
            return t + work_s;
        work_s -= close - t;
        t = close + until_open(d, close);
    }
}

static double serve(struct replay_pass *pass, struct people *d, double now_s, double work_s)
{
    uint32_t who = 0;
    double start = now_s;
    if (d->law) {
        for (uint32_t k = 1; k < d->law->servers; k++)
            who = d->free_s[k] < d->free_s[who] ? k : who;
        start = fmax(now_s, d->free_s[who]);
        start += until_open(d, start);
    }
    double end = done_at(d, start, work_s);
    if (d->law)
        d->free_s[who] = end;
    pass->waits_s += start - now_s;
    pass->busy_s += work_s;
    vec_push(&pass->asked, ((struct replay_asked){now_s, start, end}));
    return end;
}

/* ---- who comes next --------------------------------------------------------------------- */

struct next {
    double at_s;
    uint32_t item;
};

static bool before(struct next a, struct next b)
{
    return a.at_s != b.at_s ? a.at_s < b.at_s : a.item < b.item;
}

static void push(struct next *heap, size_t *n, struct next x)
{
    size_t i = (*n)++;
    for (; i && before(x, heap[(i - 1) / 2]); i = (i - 1) / 2)
        heap[i] = heap[(i - 1) / 2];
    heap[i] = x;
}

static struct next pop(struct next *heap, size_t *n)
{
    struct next top = heap[0], x = heap[--*n];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < *n; i = child) {
        child += child + 1 < *n && before(heap[child + 1], heap[child]);
        if (!before(heap[child], x))
            break;
        heap[i] = heap[child];
    }
    heap[i] = x;
    return top;
}

/* ---- the pass --------------------------------------------------------------------------- */

/* A draft of which nothing is known is bad with the probability that its confidence leaves (Bayes'
 * rule with the two densities over a twentieth), or as the pass says. */
static bool draft_of(struct replay_pass *pass, const struct passage *w)
{
    const struct log_item *it = &pass->replay->log->items.at[w->item];
    if (it->draft != LOG_UNKNOWN)
        return it->draft == LOG_GOOD;
    if (it->end == LOG_SHIPPED && it->shipped != LOG_UNKNOWN)
        return it->shipped == LOG_GOOD;
    pass->unknown.drafts++;
    if (pass->mode != REPLAY_DRAWN)
        return pass->mode == REPLAY_BEST;
    double good = 1, bad = 1, wrong = 0;
    for (uint32_t i = 0; i < pass->p->n_steps; i++) {
        const struct numbers *n = pass->p->step[i].numbers;
        wrong = 1 - (1 - wrong) * (1 - n->wrong.value);
        if (!pass->p->step[i].has_confidence || isnan(it->confidence))
            continue;
        double from = it->confidence - 0.025, to = it->confidence + 0.025;
        good = dist_cdf(&n->confidence_good, to) - dist_cdf(&n->confidence_good, from);
        bad = dist_cdf(&n->confidence_bad, to) - dist_cdf(&n->confidence_bad, from);
    }
    double sum = wrong * bad + (1 - wrong) * good;
    double p = sum > 0 ? wrong * bad / sum : wrong;
    return replay_unit(pass, w, RNG_QUALITY, 0) >= p;
}

/* Did the item fail in the log with no step that explains it? */
static bool is_doomed(const struct replay_pass *pass, const struct log_item *it)
{
    uint32_t end = it->first_visit + it->n_visits;
    return it->end == LOG_FAILED &&
           !(it->n_visits && pass->replay->log->visits.at[end - 1].outcome != OUTCOME_OK);
}

static void count(struct replay_pass *pass, struct passage *w)
{
    pass->reviewed += w->reviewed;
    if (w->at == TO_SHIP && w->doomed && !(w->mended && pass->mode != REPLAY_LOST))
        w->at = TO_FAIL;
    if (w->at == TO_REJECT)
        pass->rejected++;
    if (w->at == TO_FAIL || w->at >= 0)
        pass->failed++;
    if (w->at != TO_SHIP)
        return;
    pass->right += w->good;
    pass->wrong += !w->good;
    pass->automatic += !w->reviewed;
    pass->automatic_wrong += !w->reviewed && !w->good;
    pass->latency[pass->n_shipped++] = w->now_s - w->start_s;
}

static void open_people(const struct replay_pass *pass, struct people *d)
{
    const struct replay *r = pass->replay;
    *d = (struct people){.week_s = hours_week_second(r->t0_ns)};
    if (r->review < 0 || pass->p->step[r->review].by == 0)
        return;
    d->law = &pass->p->resource[pass->p->step[r->review].by - 1];
    d->free_s = mem_zero(d->law->servers, sizeof *d->free_s);
}

void replay_run(struct replay_pass *pass)
{
    const struct replay *r = pass->replay;
    size_t items = r->log->items.len, waiting = 0, counters = pass->rules.n_counters + 1;
    struct passage *way = mem_zero(items + 1, sizeof *way);
    struct next *heap = mem_alloc((items + 1) * sizeof *heap);
    uint32_t *counter = mem_zero((items + 1) * counters, sizeof *counter);
    struct people desk;
    open_people(pass, &desk);
    pass->latency = mem_alloc((items + 1) * sizeof *pass->latency);
    for (uint32_t i = 0; i < items; i++) {
        struct passage *w = &way[i];
        w->item = i;
        w->counters = counter + i * counters;
        int64_t start_ns = r->log->items.at[i].start_ns;
        w->start_s = w->now_s = start_ns ? (double)(start_ns - r->t0_ns) * 1e-9 : 0;
        w->good = draft_of(pass, w);
        w->doomed = is_doomed(pass, &r->log->items.at[i]);
        if (replay_walk(pass, w))
            push(heap, &waiting, (struct next){w->now_s, i});
        else
            count(pass, w);
    }
    while (waiting) {
        struct passage *w = &way[pop(heap, &waiting).item];
        double work_s;
        enum exit_kind exit = replay_review(pass, w, &work_s);
        w->now_s = serve(pass, &desk, w->now_s, work_s);
        replay_leave(pass, w, exit);
        if (replay_walk(pass, w))
            push(heap, &waiting, (struct next){w->now_s, w->item});
        else
            count(pass, w);
    }
    mem_free(desk.free_s);
    mem_free(counter);
    mem_free(heap);
    mem_free(way);
}
