/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The levels come from pilots: rounds of horizons, each split by the levels that the rounds before
 * have found, see larger and larger numbers inside; a number inside that is met with probability p
 * gets the level log(1/p) / log(SPLIT_TRIALS), so that all levels take about the same effort
 * (Garvels, "The splitting method in rare event simulation", 2000, 2.4).
 *
 * The estimate is fresh: whole horizons, each a batch (or, when fewer than 64 can be paid for, a
 * few parts of it, as long as may be), and their ratio of means with Student's interval over the
 * batches. */
#include "sim/split.h"

#include "base/workers.h"
#include "math/gsl_guard.h"
#include "math/interval.h"
#include "sim/exact.h"
#include "sim/split_target.h"

#include <math.h>
#include <string.h>

enum {
    INSIDE_MOST = 16384,
    PILOT_EVENTS = 200000,
    PILOT_ROUNDS = 12,
    RISES_LEAST = 50, /* before a number inside is believed in */
    SEEN_ENOUGH = 100,
    PARTS = 64,
    HORIZONS_MOST = 4096,
    MARGIN = 50, /* times the expected effort: what no horizon may take */
    STATES_LEAST = 100
};
static const uint64_t STREAM_PILOT = 3000000, STREAM = 2000000; /* replications of no plain run */
static const struct split_effort usual = {8e6, 4e8};
static const double ENOUGH = 1000, EFFECTIVE_LEAST = 40, LARGEST = 0.25;

struct split {
    const struct pipeline *pipeline;
    const struct run_options *options;
    struct split_effort effort;
    struct queue_program program;
    struct split_wishes wishes;
    struct split_plan plan;
    double **reached;        /* [n_desks][n]: probability of so many inside, or more */
    uint32_t levels;         /* of all desks together */
    double events;           /* of a plain horizon */
    double *y, *x;           /* [batches * n_targets] */
    double *seen, *square;   /* [horizons * n_targets] */
    bool *broken;            /* [horizons] */
    struct split_walk *walk; /* [threads] */
    uint64_t horizons, batches;
};

/* --- levels */

static void plan_init(struct split *s)
{
    const struct pipeline *p = s->pipeline;
    s->plan = (struct split_plan){.program = &s->program,
                                  .seed = s->options->seed,
                                  .stop = s->options->stop,
                                  .n_units = 1,
                                  .n_targets = (uint32_t)s->wishes.list.len,
                                  .target = s->wishes.sums.at,
                                  .desk = mem_zero(p->n_resources + 1, sizeof *s->plan.desk)};
    s->reached = mem_zero(p->n_resources + 1, sizeof *s->reached);
    for (uint32_t r = 0; r < p->n_resources; r++) {
        struct split_desk *d = &s->plan.desk[s->plan.n_desks];
        uint64_t most = (uint64_t)p->resource[r].waiting_room + p->resource[r].servers + 1;
        if (!s->wishes.desk[r])
            continue;
        d->resource = r;
        d->n = most < INSIDE_MOST ? (uint32_t)most : INSIDE_MOST;
        d->level = mem_zero(d->n, 1);
        s->reached[s->plan.n_desks++] = mem_zero(d->n, sizeof **s->reached);
    }
}

static void plan_release(struct split *s)
{
    for (uint32_t d = 0; d < s->plan.n_desks; d++) {
        mem_free(s->plan.desk[d].level);
        mem_free(s->reached[d]);
    }
    mem_free(s->plan.desk);
    mem_free(s->reached);
}

/* effort: of a level, in plain horizons. */
static void set_levels(struct split *s, double effort)
{
    s->plan.n_levels = s->levels = 0;
    for (uint32_t d = 0; d < s->plan.n_desks; d++) {
        const struct split_desk *desk = &s->plan.desk[d];
        for (uint32_t n = 0; n < desk->n; n++) {
            double level = floor(log(effort / s->reached[d][n]) / log(SPLIT_TRIALS) + 1e-9);
            desk->level[n] = (uint8_t)fmin(fmax(level, 0), SPLIT_LEVELS);
            if (desk->level[n] > s->plan.n_levels)
                s->plan.n_levels = desk->level[n];
        }
        s->levels += desk->level[desk->n - 1];
    }
}

/* Larger numbers than were met often enough count as the largest that was. */
static void set_reached(const struct split_census *c, uint32_t n, double *reached)
{
    double all = 0, above = 0;
    for (uint32_t k = 0; k < n; k++)
        all += c->weight[k];
    for (uint32_t k = n; k-- > 0;) {
        above += c->weight[k];
        reached[k] = all > 0 ? above / all : 1;
    }
    for (uint32_t k = 1; k < n; k++)
        if (c->rises[k] < RISES_LEAST || !(reached[k] > 0))
            reached[k] = reached[k - 1];
}

/* What a round of the pilot saw. */
struct sight {
    bool all_seen, stopped;
};

static void measure_horizon(struct split *s, const struct split_walk *w, const double weight,
                            uint64_t horizons)
{
    const struct queue_sim *base = w->sim[0];
    double part = w->broken ? base->clock.now_s / (base->end_s + 1e-300) : 1;
    s->events = weight / ((double)horizons + fmin(fmax(part, 1e-3), 1));
}

static struct sight look(struct split *s, uint32_t round, struct split_census *census)
{
    struct split_walk w;
    struct sight sight = {.all_seen = true};
    uint64_t events = 0, horizons = 0;
    double weight = 0;
    split_walk_init(&w, &s->plan);
    w.census = census;
    while (events < PILOT_EVENTS && !sight.stopped) {
        w.plan = &s->plan;
        s->plan.most_events = PILOT_EVENTS - events;
        bool whole = split_walk_run(&w, STREAM_PILOT + round * UINT64_C(100000) + horizons);
        events += w.events;
        horizons += whole;
        sight.stopped = s->options->stop && atomic_load(s->options->stop);
    }
    for (uint32_t k = 0; s->plan.n_desks && k < s->plan.desk[0].n; k++)
        weight += census[0].weight[k];
    if (round == 0)
        measure_horizon(s, &w, weight, w.broken ? horizons : horizons - 1);
    for (uint32_t t = 0; t < s->plan.n_targets; t++)
        sight.all_seen &= w.seen[t] >= SEEN_ENOUGH;
    split_walk_release(&w);
    return sight;
}

/* False: there are no levels, or the run was stopped. */
static bool find_levels(struct split *s)
{
    uint32_t n = s->plan.n_desks, before = 0;
    struct split_census *census = mem_zero(n + 1, sizeof *census);
    bool found = false, more = true;
    for (uint32_t d = 0; d < n; d++) {
        census[d].weight = mem_zero(s->plan.desk[d].n, sizeof *census[d].weight);
        census[d].rises = mem_zero(s->plan.desk[d].n, sizeof *census[d].rises);
    }
    for (uint32_t round = 0; more && round < PILOT_ROUNDS; round++) {
        for (uint32_t d = 0; d < n; d++) {
            memset(census[d].weight, 0, s->plan.desk[d].n * sizeof *census[d].weight);
            memset(census[d].rises, 0, s->plan.desk[d].n * sizeof *census[d].rises);
        }
        struct sight sight = look(s, round, census);
        for (uint32_t d = 0; d < n; d++)
            set_reached(&census[d], s->plan.desk[d].n, s->reached[d]);
        before = s->levels;
        set_levels(s, 1);
        found = s->plan.n_levels > 0 && !sight.stopped;
        more = !sight.stopped && !sight.all_seen && s->levels > before;
    }
    for (uint32_t d = 0; d < n; d++) {
        mem_free(census[d].weight);
        mem_free(census[d].rises);
    }
    mem_free(census);
    return found;
}

/* How many horizons, in how many parts, and how much effort a level gets. */
static void share_out(struct split *s, uint64_t replications)
{
    double levels = s->plan.n_levels, plain = s->events * (double)replications, effort = 1;
    double all = fmin(fmax(2 * plain, s->effort.least), s->effort.most);
    double horizons = floor(all / (s->events * (1 + levels)));
    if (horizons < 1)
        effort = fmax((all / s->events - 1) / levels, 0.05);
    s->horizons = (uint64_t)fmin(fmax(horizons, 1), HORIZONS_MOST);
    s->plan.n_units = (uint32_t)((PARTS + s->horizons - 1) / s->horizons);
    s->batches = s->horizons * s->plan.n_units;
    set_levels(s, effort);
    s->plan.most_events = (uint64_t)(MARGIN * s->events * (1 + levels) + 1e6);
}

/* --- the estimate */

static void do_horizon(void *arg, uint32_t worker, uint64_t i)
{
    struct split *s = arg;
    struct split_walk *w = &s->walk[worker];
    uint32_t n = s->plan.n_targets;
    size_t sums = (size_t)s->plan.n_units * n;
    memset(w->seen, 0, n * sizeof *w->seen);
    memset(w->square, 0, n * sizeof *w->square);
    s->broken[i] = !split_walk_run(w, STREAM + i);
    memcpy(s->y + i * sums, w->y, sums * sizeof *s->y);
    memcpy(s->x + i * sums, w->x, sums * sizeof *s->x);
    memcpy(s->seen + i * n, w->seen, n * sizeof *s->seen);
    memcpy(s->square + i * n, w->square, n * sizeof *s->square);
}

struct guess {
    double y, x, var_y, var_x, cov; /* of a batch */
    double effective;
    bool good;
};

static struct guess guess_of(const struct split *s, uint64_t horizons, uint32_t t)
{
    uint32_t n = s->plan.n_targets;
    uint64_t batches = horizons * s->plan.n_units;
    struct guess g = {0};
    double largest = 0, square = 0, count = (double)batches;
    for (uint64_t b = 0; b < batches; b++) {
        double y = s->y[b * n + t], x = s->x[b * n + t], dy = y - g.y, dx = x - g.x;
        g.y += dy / (double)(b + 1);
        g.x += dx / (double)(b + 1);
        g.var_y += dy * (y - g.y);
        g.var_x += dx * (x - g.x);
        g.cov += dy * (x - g.x);
        largest = fmax(largest, y);
    }
    for (uint64_t i = 0; i < horizons; i++)
        square += s->square[i * n + t];
    g.var_y /= count - 1;
    g.var_x /= count - 1;
    g.cov /= count - 1;
    if (!(g.y > 0) || !(g.x > 0) || !(square > 0))
        return g;
    /* as many independent sightings have this relative error; no more than by their weights alone
     * (Kish 1965) */
    g.effective = g.y * g.y * count * count / square;
    if (g.var_y > 0)
        g.effective = fmin(g.effective, g.y * g.y * count / g.var_y);
    g.good = g.effective >= EFFECTIVE_LEAST && largest <= LARGEST * g.y * count;
    return g;
}

static bool known_well(const struct split *s, uint64_t horizons)
{
    bool all = horizons * s->plan.n_units >= PARTS;
    for (uint32_t t = 0; all && t < s->plan.n_targets; t++)
        all = guess_of(s, horizons, t).effective >= ENOUGH;
    return all;
}

/* True: as many whole horizons as s->horizons says now, which may be fewer than planned. */
static bool run_horizons(struct split *s)
{
    uint32_t threads = workers_count(s->options->threads), n = s->plan.n_targets;
    uint64_t most = s->horizons, done = 0, upto = most < PARTS ? most : PARTS;
    s->walk = mem_zero(threads, sizeof *s->walk);
    s->y = mem_zero(s->batches * n, sizeof *s->y);
    s->x = mem_zero(s->batches * n, sizeof *s->x);
    s->seen = mem_zero(most * n, sizeof *s->seen);
    s->square = mem_zero(most * n, sizeof *s->square);
    s->broken = mem_zero(most, sizeof *s->broken);
    for (uint32_t i = 0; i < threads; i++)
        split_walk_init(&s->walk[i], &s->plan);
    bool whole = true;
    while (whole && done < most && !known_well(s, done)) {
        struct work w = {
            .begin = done, .end = upto, .stop = s->options->stop, .unit = do_horizon, .arg = s};
        whole = done + workers_run(&w, threads) == upto;
        for (; done < upto; done++)
            whole &= !s->broken[done];
        upto = 2 * upto < most ? 2 * upto : most;
    }
    s->horizons = done;
    for (uint32_t i = 0; i < threads; i++)
        split_walk_release(&s->walk[i]);
    mem_free(s->walk);
    return whole;
}

/* --- into the result */

/* By service times alone an item may be too late as well: are those few enough to be left out? They
 * are counted in an item that meets nobody. */
static bool leaves_by_itself(const struct pipeline *p, double share)
{
    static const double NEGLIGIBLE = 0.01;
    const struct exact_options how = {.level = 0.95, .values_only = true};
    struct pipeline alone = *p;
    struct error ignored = {0};
    struct result exact;
    bool complete;
    alone.arrivals.kind = ARRIVALS_NONE;
    result_init(&exact, "solve");
    const struct metric *x = exact_solve(&alone, &how, &exact, &complete, &ignored)
                                 ? NULL
                                 : metrics_find(&exact.metrics, "share_abandoned");
    bool does = !x || !(x->value <= NEGLIGIBLE * share);
    result_release(&exact);
    return does;
}

static void replace(const struct split *s, uint32_t t, struct result *out)
{
    const struct split_wish *wish = &s->wishes.list.at[t];
    struct guess g = guess_of(s, s->horizons, t);
    struct metric *m = wish->metric;
    if (!g.good || (wish->leaves && leaves_by_itself(s->pipeline, g.y / g.x)))
        return;
    uint64_t batches = s->horizons * s->plan.n_units;
    struct interval ci = interval_ratio(g.y, g.x, g.var_y, g.var_x, g.cov, batches, m->level);
    double share = g.y / g.x, low = fmax(ci.low, 0), high = fmin(ci.high, 1);
    m->value = wish->complement ? 1 - share : share;
    m->low = wish->complement ? 1 - high : low;
    m->high = wish->complement ? 1 - low : high;
    m->n = (uint64_t)(g.x * (double)batches);
    result_assume(out,
                  "%s%s: %.3g%s (%.2g to %.2g) by splitting at %u levels over %llu horizons, worth "
                  "%.0f independent sightings, as plain runs hardly ever see so rare a share",
                  wish->of, m->name, share, wish->complement ? " short of 1" : "", low, high,
                  s->plan.n_levels, (unsigned long long)s->horizons, g.effective);
}

/* Every state of the environments must come about often enough within the effort. */
static bool sees_environments(const struct split *s)
{
    const struct pipeline *p = s->pipeline;
    double span = (p->horizon.warmup_s + p->horizon.length_s) * (double)s->horizons;
    for (uint32_t e = 0; e < p->n_environments; e++) {
        const struct queue_environment *q = &s->program.environment[e];
        for (uint32_t k = 0; k < q->n_states; k++) {
            double share = q->start[k] - (k ? q->start[k - 1] : 0);
            if (span * share < STATES_LEAST * q->state[k].mean_s)
                return false;
        }
    }
    return true;
}

static void improve(struct split *s, struct result *out)
{
    plan_init(s);
    if (find_levels(s)) {
        share_out(s, out->run.trials);
        if (s->plan.n_levels > 0 && sees_environments(s)) {
            bool whole = run_horizons(s);
            for (uint32_t t = 0; whole && t < s->plan.n_targets; t++)
                replace(s, t, out);
            mem_free(s->y);
            mem_free(s->x);
            mem_free(s->seen);
            mem_free(s->square);
            mem_free(s->broken);
        }
    }
    plan_release(s);
}

int split_improve(const struct pipeline *p, const struct run_options *options,
                  const struct split_effort *effort, struct result *out, struct error *err)
{
    struct split s = {.pipeline = p, .options = options, .effort = effort ? *effort : usual};
    math_init();
    if (queue_program_init(&s.program, p, err))
        return -1;
    split_wishes_find(&s.wishes, &s.program, out);
    if (s.wishes.list.len > 0)
        improve(&s, out);
    split_wishes_release(&s.wishes);
    queue_program_release(&s.program);
    return 0;
}
