/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The people behind a step: how many, when they work, how long a review takes them.
 *
 * A log shows when a review was asked for and when it was decided; wait and work are one span of
 * time.  For c people who take the oldest request first, the work of request i began when it was
 * asked for or when fewer than c of those before it were undecided, and then at the next opening
 * (the recursion of Kiefer and Wolfowitz 1955, read backwards).  So each c and each calendar give
 * the times of work that the log would have had, and a likelihood of its decisions given the
 * requests: that of the lognormal law with the mean and deviation of their logarithms.  Where the
 * log names who decided, a person's own decision before it takes the place of that order.  The best
 * of them is taken where it beats the law of the whole times, waits and all (people without number,
 * open always), by more than the price of its numbers (Schwarz 1978) and 10 besides: a factor of
 * 20,000.  Calls of a machine that has room for so many at a time show likewise; slow spells look a
 * little like that too, so that there each call must be explained better by a twentieth.  Requests
 * still open when the log ends are censored. */
#include "math/fit.h"
#include "math/interval.h"
#include "model/hours.h"
#include "trace/discover.h"
#include "trace/estimate_parts.h"
#include "trace/votes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    REQUESTS_LEAST = 30,
    REQUESTS_MOST = 20000,
    CALLS_MOST = 4000, /* where no people are, of which the number of servers is sought */
    PEOPLE_MOST = 64,
    HOUR_S = 3600
};
static const double gain_least = 10;
static const double gain_each = 0.05;   /* of a request, where no people are */
static const double order_slack = 0.01; /* share of requests that may be taken out of order */

struct request {
    double asked_s, decided_s; /* since t0; decided_s INFINITY: not yet */
    double before_s;           /* the decision before it of who decided it; -INFINITY */
    uint32_t visit, who;       /* who decided; SPAN_NONE */
};
struct calendar_guess {
    uint32_t days; /* bit 0: Monday */
    int from_h, to_h;
};
struct desk {
    struct request *at; /* [n] in order of asking */
    size_t n, most_open;
    double t0_week_s, until_s;
    double *free_at;   /* heap of the latest decisions, the earliest on top */
    double *work;      /* [n] */
    uint32_t regulars; /* people with a hundredth of the decisions; 0: they are not named */
};
struct desk_guess {
    uint32_t people; /* 0: without number */
    bool known;      /* the log names who took which request */
    bool has_hours;
    struct calendar_guess hours;
    double likelihood;
};

/* ---- the requests ----------------------------------------------------------------------- */

static int by_asked(const void *a, const void *b)
{
    const struct request *x = a, *y = b;
    return x->asked_s < y->asked_s ? -1 : x->asked_s > y->asked_s;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static size_t most_open(const struct desk *d)
{
    double *end = mem_alloc((d->n + 1) * sizeof *end);
    size_t most = 0, gone = 0;
    for (size_t i = 0; i < d->n; i++)
        end[i] = d->at[i].decided_s;
    qsort(end, d->n, sizeof *end, by_value);
    for (size_t i = 0; i < d->n; i++) {
        while (gone < d->n && end[gone] <= d->at[i].asked_s)
            gone++;
        if (i + 1 - gone > most)
            most = i + 1 - gone;
    }
    mem_free(end);
    return most;
}

static const struct request *request_of(const void *p)
{
    return *(const struct request *const *)p;
}

static int by_person(const void *a, const void *b)
{
    const struct request *x = request_of(a), *y = request_of(b);
    if (x->who != y->who)
        return x->who < y->who ? -1 : 1;
    if (x->decided_s != y->decided_s)
        return x->decided_s < y->decided_s ? -1 : 1;
    return x->visit < y->visit ? -1 : x->visit > y->visit;
}

static void order_decisions(struct desk *d)
{
    struct request **order = mem_alloc((d->n + 1) * sizeof *order);
    for (size_t i = 0; i < d->n; i++)
        order[i] = &d->at[i];
    qsort(order, d->n, sizeof *order, by_person);
    for (size_t k = 1; k < d->n; k++)
        if (order[k]->who != SPAN_NONE && order[k]->who == order[k - 1]->who)
            order[k]->before_s = order[k - 1]->decided_s;
    mem_free(order);
}

/* Where the log names nearly all who decided: who they are, and how many are no passers-by. */
static void name_requests(const struct trace_log *log, struct desk *d)
{
    struct votes v;
    uint32_t *who = mem_alloc((log->visits.len + 1) * sizeof *who);
    size_t decided = 0, named = 0;
    votes_of(log, &v);
    uint64_t *by = mem_zero((size_t)v.names.count + 1, sizeof *by);
    memset(who, 0xff, (log->visits.len + 1) * sizeof *who);
    for (size_t k = 0; k < v.list.len; k++)
        if (v.list.at[k].visit != SPAN_NONE && v.list.at[k].decided_ns)
            who[v.list.at[k].visit] = v.list.at[k].who;
    for (size_t i = 0; i < d->n; i++) {
        d->at[i].who = who[d->at[i].visit];
        decided += isfinite(d->at[i].decided_s);
        if (d->at[i].who == SPAN_NONE)
            continue;
        named++;
        by[d->at[i].who]++;
    }
    if (named && 10 * named >= 9 * decided)
        for (uint32_t k = 0; k < v.names.count; k++)
            d->regulars += 100 * by[k] >= named;
    order_decisions(d);
    mem_free(by);
    mem_free(who);
    votes_release(&v);
}

static void take_requests(const struct trace_log *log, int32_t stage, struct desk *d)
{
    int64_t t0 = 0, until = estimate_until(log);
    *d = (struct desk){.at = mem_alloc((log->visits.len + 1) * sizeof *d->at)};
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < log->items.len; i++) {
            const struct log_item *it = &log->items.at[i];
            for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++) {
                const struct log_visit *visit = &log->visits.at[v];
                if ((int32_t)visit->stage != stage || visit->start_ns == 0 ||
                    (!visit->pending && visit->end_ns < visit->start_ns))
                    continue;
                if (pass == 0) {
                    t0 = t0 && t0 < visit->start_ns ? t0 : visit->start_ns;
                    continue;
                }
                double end = (double)(visit->end_ns - t0) * 1e-9;
                d->at[d->n++] =
                    (struct request){(double)(visit->start_ns - t0) * 1e-9,
                                     visit->pending ? INFINITY : end, -INFINITY, v, SPAN_NONE};
            }
        }
    qsort(d->at, d->n, sizeof *d->at, by_asked);
    d->until_s = (double)(until - t0) * 1e-9;
    d->t0_week_s = hours_week_second(t0);
    d->most_open = most_open(d);
    d->free_at = mem_alloc((d->n + PEOPLE_MOST) * sizeof *d->free_at);
    d->work = mem_alloc((d->n + 1) * sizeof *d->work);
    name_requests(log, d);
}

static void release(struct desk *d)
{
    mem_free(d->at);
    mem_free(d->free_at);
    mem_free(d->work);
}

/* ---- the work behind them --------------------------------------------------------------- */

static uint32_t openings_of(const struct calendar_guess *g, struct opening out[7])
{
    uint32_t n = 0;
    for (int day = 0; day < 7; day++)
        if (g->days >> day & 1)
            out[n++] = (struct opening){day * (double)DAY_S + g->from_h * (double)HOUR_S,
                                        day * (double)DAY_S + g->to_h * (double)HOUR_S};
    return n;
}

/* Keeps the c largest of the decisions in a heap, the smallest of them first. */
static void remember(double *heap, uint32_t *len, uint32_t c, double x)
{
    uint32_t i;
    if (*len < c) {
        for (i = (*len)++; i && heap[(i - 1) / 2] > x; i = (i - 1) / 2)
            heap[i] = heap[(i - 1) / 2];
        heap[i] = x;
        return;
    }
    if (x <= heap[0])
        return;
    for (i = 0; 2 * i + 1 < c;) {
        uint32_t child = 2 * i + 1;
        child += child + 1 < c && heap[child + 1] < heap[child];
        if (heap[child] >= x)
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = x;
}

/* When who takes a request was done with the one before. */
static double free_at(const struct desk *d, const struct request *r, bool known, uint32_t c,
                      uint32_t len)
{
    if (known)
        return r->before_s;
    return c && len == c ? d->free_at[0] : -INFINITY;
}

/* d->work[i]: time of work, NaN for requests of which none is seen (not begun when the log ends).
 * Those still in work have what they had by then.  Returns how many were taken out of order. */
static size_t work_behind(struct desk *d, uint32_t c, bool known, const struct opening *hours,
                          uint32_t n_hours)
{
    uint32_t len = 0;
    size_t out_of_order = 0;
    for (size_t i = 0; i < d->n; i++) {
        const struct request *r = &d->at[i];
        double start = fmax(r->asked_s, free_at(d, r, known, c, len));
        double end = isinf(r->decided_s) ? d->until_s : r->decided_s;
        if (isfinite(start))
            start += hours_until_open(hours, n_hours, d->t0_week_s + start);
        d->work[i] = end - start;
        if (!(d->work[i] > 0)) {
            out_of_order += isfinite(r->decided_s);
            d->work[i] = NAN;
        }
        if (known && isinf(r->decided_s))
            d->work[i] = NAN; /* nobody has taken it yet */
        if (c && !known)
            remember(d->free_at, &len, c, r->decided_s);
    }
    return out_of_order;
}

static size_t work_of(struct desk *d, const struct desk_guess *g)
{
    struct opening hours[7];
    uint32_t n_hours = g->has_hours ? openings_of(&g->hours, hours) : 0;
    return work_behind(d, g->people, g->known, hours, n_hours);
}

/* Of the decided ones; those out of order count as the least likely of the others. */
static double likelihood(struct desk *d, const struct desk_guess *g)
{
    double sum = 0, sum2 = 0, logs = 0;
    size_t n = 0, out_of_order = work_of(d, g), decided = 0;
    for (size_t i = 0; i < d->n; i++) {
        if (isinf(d->at[i].decided_s))
            continue;
        decided++;
        if (isnan(d->work[i]))
            continue;
        double x = log(d->work[i]);
        sum += x;
        sum2 += x * x;
        logs += x;
        n++;
    }
    if (n < REQUESTS_LEAST || (double)out_of_order > order_slack * (double)decided)
        return -INFINITY;
    double mean = sum / (double)n, variance = fmax(sum2 / (double)n - mean * mean, 1e-12);
    double each = -logs / (double)n - 0.5 * log(2 * 3.14159265358979323846 * variance) - 0.5;
    double worst = each - 0.5 * 16; /* four deviations out */
    return each * (double)n + worst * (double)out_of_order;
}

/* ---- the search ------------------------------------------------------------------------- */

static void consider(struct desk *d, struct desk_guess g, struct desk_guess *best)
{
    g.likelihood = likelihood(d, &g);
    if (g.likelihood > best->likelihood)
        *best = g;
}

/* People from one to as many as were ever open at once: more make no difference. */
static void try_people(struct desk *d, struct desk_guess g, struct desk_guess *best)
{
    uint32_t most = d->most_open < PEOPLE_MOST ? (uint32_t)d->most_open : PEOPLE_MOST;
    for (g.people = 1; g.people <= most; g.people++)
        consider(d, g, best);
    g.people = d->regulars;
    g.known = true;
    if (d->regulars)
        consider(d, g, best);
}

/* Hours and days that hold 99% of the decisions; false where they are all. */
static bool hours_seen(const struct desk *d, struct calendar_guess *out)
{
    size_t by_hour[24] = {0}, by_day[7] = {0}, n = 0, cut = 0;
    for (size_t i = 0; i < d->n; i++) {
        if (isinf(d->at[i].decided_s))
            continue;
        double s = fmod(d->t0_week_s + d->at[i].decided_s, WEEK_S);
        by_day[(size_t)(s / DAY_S) % 7]++;
        by_hour[(size_t)(fmod(s, DAY_S) / HOUR_S) % 24]++;
        n++;
    }
    *out = (struct calendar_guess){0, 0, 24};
    for (int k = 0; k < 7; k++)
        out->days |= (uint32_t)(by_day[k] * 100 > n) << k;
    while (out->from_h < 23 && (cut + by_hour[out->from_h]) * 100 <= n)
        cut += by_hour[out->from_h++];
    while (out->to_h > out->from_h + 1 && (cut + by_hour[out->to_h - 1]) * 100 <= n)
        cut += by_hour[--out->to_h];
    return out->days && (out->days != 127 || out->from_h > 0 || out->to_h < 24);
}

/* Climbs from the hours seen: an hour earlier or later at either end, one person more or less. */
static void try_hours(struct desk *d, struct desk_guess *best)
{
    struct desk_guess g = {.has_hours = true, .likelihood = -INFINITY}, top = g;
    if (!hours_seen(d, &g.hours))
        return;
    for (int close = 0; close < 4 && g.hours.to_h - close > g.hours.from_h; close++) {
        struct desk_guess at = g;
        at.hours.to_h -= close;
        try_people(d, at, &top);
    }
    for (bool better = top.likelihood > -INFINITY; better;) {
        struct desk_guess from = top;
        for (int k = 0; k < 6; k++) {
            struct desk_guess at = from;
            at.hours.from_h += k == 0 ? -1 : k == 1;
            at.hours.to_h += k == 2 ? -1 : k == 3;
            at.people += at.known ? 0 : k == 4 ? (uint32_t)-1 : k == 5;
            if (at.hours.from_h >= 0 && at.hours.to_h <= 24 && at.hours.from_h < at.hours.to_h &&
                at.people >= 1 && at.people <= PEOPLE_MOST)
                consider(d, at, &top);
        }
        better = top.likelihood > from.likelihood + 1e-9;
    }
    if (top.likelihood > best->likelihood + 2 * log((double)d->n))
        *best = top;
}

/* ---- into the scenario ------------------------------------------------------------------ */

static bool is_taken(const struct estimate *e, const char *id)
{
    for (uint32_t i = 0; i < e->out->n_steps; i++)
        if (!strcmp(e->out->step[i].id, id))
            return true;
    return false;
}

/* The main review has the reviewers; other steps have their own. */
static const char *name_desk(struct estimate *e, uint32_t part, bool people)
{
    struct arena *a = &e->out->arena;
    const char *step = e->out->step[part].id;
    const char *id = (int32_t)part == e->review ? "reviewers"
                     : people                   ? arena_printf(a, "%s-people", step)
                                                : arena_printf(a, "%s-servers", step);
    while (is_taken(e, id))
        id = arena_printf(a, "%s-desk", id);
    return id;
}

static void put_resource(struct estimate *e, uint32_t part, bool people, const struct desk_guess *g)
{
    struct pipeline *p = e->out;
    struct opening *hours = arena_alloc(&p->arena, 7 * sizeof *hours);
    if (!p->resource)
        p->resource = arena_alloc(&p->arena, (e->n_parts + 1) * sizeof *p->resource);
    struct resource *r = &p->resource[p->n_resources++];
    *r = (struct resource){
        .id = name_desk(e, part, people),
        .servers = g->people,
        .waiting_room = ROOM_UNLIMITED,
        .when_full = {.to = TO_REJECT, .at_most = AT_MOST_NONE},
        .answer_within_s = INFINITY,
        .hours = hours
    };
    if (g->has_hours)
        r->n_hours = openings_of(&g->hours, hours);
    p->step[part].by = p->n_resources;
}

static void tell(struct estimate *e, uint32_t part, bool people, const struct desk_guess *g,
                 double gain)
{
    static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    struct buf *note = &e->note[part];
    buf_printf(note, g->known ? "; %u at work, each by name" : "; %u at work", g->people);
    for (int k = 0; g->has_hours && k < 7; k++)
        if (g->hours.days >> k & 1)
            buf_printf(note, " %s", days[k]);
    if (g->has_hours)
        buf_printf(note, " %02d:00-%02d:00 UTC", g->hours.from_h, g->hours.to_h);
    buf_printf(note,
               ", which explains the times better than %s without number (log-likelihood "
               "+%.4g); latency without the waits",
               people ? "people" : "servers", gain);
}

static void put_work(struct estimate *e, uint32_t part, struct desk *d, const struct desk_guess *g)
{
    double *x = mem_alloc((d->n + 1) * sizeof *x);
    bool *censored = mem_alloc((d->n + 1) * sizeof *censored);
    size_t n = 0;
    (void)work_of(d, g);
    for (size_t i = 0; i < d->n; i++) {
        if (isnan(d->work[i]))
            continue;
        x[n] = d->work[i];
        censored[n++] = isinf(d->at[i].decided_s);
    }
    e->out->step[part].numbers->latency = estimate_latency(e, part, x, censored, n);
    mem_free(x);
    mem_free(censored);
}

bool estimate_desk(struct estimate *e, uint32_t part, bool people)
{
    struct desk_guess none = {.likelihood = -INFINITY}, best;
    struct desk d;
    bool found = false;
    take_requests(e->log, e->part[part].stage, &d);
    d.regulars = people ? d.regulars : 0;
    if (d.n > REQUESTS_MOST)
        d.n = REQUESTS_MOST;
    size_t all = d.n;
    if (d.n >= REQUESTS_LEAST) {
        d.n = !people && d.n > CALLS_MOST ? CALLS_MOST : d.n;
        consider(&d, (struct desk_guess){0}, &none);
        best = none;
        try_people(&d, (struct desk_guess){0}, &best);
        if (people)
            try_hours(&d, &best);
        double gain = best.likelihood - none.likelihood;
        found = best.people > 0 && none.likelihood > -INFINITY &&
                gain > gain_least + log((double)d.n) * 0.5 &&
                (people || gain > gain_each * (double)d.n);
        d.n = all;
        if (found) {
            put_resource(e, part, people, &best);
            tell(e, part, people, &best, gain);
            put_work(e, part, &d, &best);
        }
    }
    release(&d);
    return found;
}

void log_work(const struct trace_log *log, int32_t stage, const struct resource *people,
              double *work_s)
{
    struct desk d;
    take_requests(log, stage, &d);
    uint32_t servers = people ? people->servers : 0;
    if (servers > d.n)
        servers = 0; /* more than can ever be asked */
    (void)work_behind(&d, servers, servers && servers == d.regulars, people ? people->hours : NULL,
                      people ? people->n_hours : 0);
    for (size_t i = 0; i < d.n; i++)
        work_s[d.at[i].visit] = isinf(d.at[i].decided_s) ? NAN : d.work[i];
    release(&d);
}
