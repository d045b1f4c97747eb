/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cross-entropy method (Rubinstein and Kroese, "The Cross-Entropy Method", 2004): rounds of
 * items under mixtures (tilt.h) whose shares are then set to those with which the rare event came
 * about, weighted back to the true probabilities.  How often an item has met a rare region already
 * is part of the state, so that redundant parts are learned to fail together.
 *
 * The final estimate is fresh: blocks of items under the learned shares, a weighted sum for each,
 * their mean with Student's interval over the blocks. */
#include "sim/rare.h"

#include "base/workers.h"
#include "math/gsl_guard.h"
#include "math/interval.h"
#include "math/rng.h"
#include "sim/endless.h"
#include "sim/exact.h"
#include "sim/possible.h"
#include "sim/queue/sim.h"
#include "sim/split.h"
#include "sim/tilt.h"

#include <math.h>
#include <string.h>

static const double SHARE_MOST = 0.95, ENOUGH = 0.004; /* ENOUGH: relative standard error */

enum {
    BLOCK = 512,
    BLOCKS_FIRST = 128,
    BLOCKS_MOST = 8192,
    ROUNDS = 6,
    ROUND_ITEMS = 20000,
    PILOT_ITEMS = 1000,
    SEEN_LEAST = 10, /* effective items that a round learns from */
    EFFECTIVE_LEAST = 100
};

/* --- what may be rare: one kind of end, and the metrics that count it */

struct rarity {
    enum class_sum sum;
    enum item_end end;
    int good;    /* 1, 0; -1: either */
    bool unseen; /* not reviewed */
    const char *share, *exit;
    const char *ratio; /* of `sum` to `of` */
    enum class_sum of;
};
static const struct rarity targets[] = {
    {CLASS_CORRECT,    ITEM_SHIPPED,   1,  false, "reliability",     NULL,           NULL,            0            },
    {CLASS_WRONG,      ITEM_SHIPPED,   0,  false, "share_wrong",     NULL,           "shipped_error", CLASS_SHIPPED},
    {CLASS_AUTO_WRONG, ITEM_SHIPPED,   0,  true,  NULL,              NULL,           "auto_error",    CLASS_AUTO   },
    {CLASS_REJECTED,   ITEM_REJECTED,  -1, false, "share_rejected",  "exit_reject",  NULL,            0            },
    {CLASS_FAILED,     ITEM_FAILED,    -1, false, "share_failed",    "exit_fail",    NULL,            0            },
    {CLASS_ABANDONED,  ITEM_ABANDONED, -1, false, "share_abandoned", "exit_abandon", NULL,            0            },
};

static bool is_rare(const struct metric *m)
{
    return m && split_is_rare(m->value, m->low, m->high);
}

static bool counts(const struct rarity *t, uint32_t end)
{
    bool good = end & 4, reviewed = end & 2;
    return end / 8 == t->end && (t->good < 0 || good == t->good) && !(t->unseen && reviewed);
}

/* --- items under a tilt */

struct study {
    const struct pipeline *pipeline;
    const struct run_options *options;
    struct queue_program program;
    const struct rarity *target;
    uint32_t n_sites, stream;
    struct tilt_site *site[TILT_SETS]; /* learned, and bold */
    uint8_t *possible;                 /* [n_sites] */
    bool tails;
};

struct runner {
    struct queue_sim *sim;
    struct queue_tally tally;
    struct tilt tilt;
    double *sum; /* [at.all]: weighted, of a block of items */
};

static bool is_stopped(const struct study *s)
{
    return s->options->stop && atomic_load(s->options->stop);
}

static void runner_init(struct runner *r, const struct study *s, bool learns)
{
    r->sim = queue_sim_new(&s->program);
    queue_tally_init(&r->tally, &s->program, 1);
    r->tilt = (struct tilt){
        .site = {s->site[0], s->site[1]},
          .tails = s->tails, .learns = learns
    };
    r->sim->tilt = &r->tilt;
    r->sum = mem_zero(r->tally.at.all, sizeof *r->sum);
}

static void runner_release(struct runner *r)
{
    queue_sim_free(r->sim);
    queue_tally_release(&r->tally);
    tilt_release(&r->tilt);
    mem_free(r->sum);
}

/* Unit 1 of the tally is never counted: it holds the sums of one item. */
enum { ONE = 1 };

static bool run_item(struct runner *r, const struct study *s, uint64_t number, uint32_t set)
{
    bool met = false;
    queue_tally_clear(&r->tally, ONE);
    tilt_begin(&r->tilt, set);
    queue_sim_item(r->sim, number, ONE);
    for (uint32_t c = 0; c < s->program.n_classes; c++) {
        const double *ends = tally_unit(&r->tally, ONE) + (size_t)c * CLASS_SUMS + CLASS_ENDS;
        for (uint32_t k = 0; k < ITEM_ENDS * 8; k++)
            met = met || (ends[k] > 0 && counts(s->target, k));
    }
    return met;
}

/* Adds what the estimates are made of: how the item ended, and where. */
static void add_item(struct runner *r, const struct study *s, double weight)
{
    const double *one = tally_unit(&r->tally, ONE);
    for (uint32_t c = 0; c < s->program.n_classes; c++) {
        uint32_t at = c * CLASS_SUMS;
        r->sum[at + CLASS_N] += weight * one[at + CLASS_N];
        for (uint32_t k = at + CLASS_ENDS; k < at + CLASS_ENDS + ITEM_ENDS * 8; k++)
            r->sum[k] += weight * one[k];
    }
    for (uint32_t i = 0; i < s->program.n_steps; i++) {
        uint32_t at = r->tally.at.step + i * STEP_SUMS;
        for (uint32_t k = at + STEP_SHIPS; k <= at + STEP_ABANDONS; k++)
            r->sum[k] += weight * one[k];
    }
}

/* --- learning the shares */

struct lesson {
    double *part; /* [n_sites * TILT_REGIONS] */
    double *all;  /* [n_sites] */
    double weight, weight2;
};

static void note(const struct tilt *t, struct lesson *l)
{
    double w = tilt_weight(t);
    l->weight += w;
    l->weight2 += w * w;
    for (size_t i = 0; i < t->marks.len; i++) {
        const struct tilt_mark *m = &t->marks.at[i];
        l->all[m->site] += w;
        for (uint32_t k = 0; k < TILT_REGIONS; k++)
            l->part[m->site * TILT_REGIONS + k] += w * (double)m->part[k];
    }
}

/* Shares as the event came about, where it says enough of a site: it counts as much as PRIOR items
 * drawn by the bold shares, a part of which always stays. */
static void learn(struct study *s, const struct lesson *l)
{
    static const double PRIOR = 5, KEPT = 0.1;
    double typical = l->weight2 / l->weight;
    for (uint32_t i = 0; i < s->n_sites; i++) {
        double trust = l->all[i] / typical, sum = 0;
        for (uint32_t k = 0; k < TILT_REGIONS; k++) {
            double bold = s->site[1][i].share[k], seen = l->part[i * TILT_REGIONS + k] / typical;
            double *share = &s->site[0][i].share[k];
            *share = fmax((seen + PRIOR * bold) / (trust + PRIOR), KEPT * bold);
            sum += *share;
        }
        for (uint32_t k = 0; k < TILT_REGIONS && sum > SHARE_MOST; k++)
            s->site[0][i].share[k] *= SHARE_MOST / sum;
    }
}

/* The same share of all possible regions together at each site, in both sets: `first` where nothing
 * rare was met at this step yet, `after` where it was. */
static void start(struct study *s, double first, double after)
{
    for (uint32_t i = 0; i < s->n_sites; i++) {
        uint32_t any = i - i % TILT_CONTEXTS, n;
        uint8_t possible =
            s->possible[any] | s->possible[any + 1] | s->possible[any + 2] | s->possible[any + 3];
        n = (uint32_t)__builtin_popcount(possible);
        for (uint32_t k = 0; k < TILT_REGIONS; k++)
            s->site[0][i].share[k] = s->site[1][i].share[k] =
                possible >> k & 1 ? (i % 2 ? after : first) / n : 0;
    }
}

/* How many draws of an item could be tilted; notes which regions there are. */
static double look(struct study *s, struct runner *r)
{
    memset(s->possible, 0, s->n_sites);
    start(s, 0, 0);
    r->tilt.draws = 0;
    r->tilt.possible = s->possible;
    for (int round = 0; round < 3; round++) { /* bolder: the regions behind other regions */
        queue_sim_alone(r->sim, s->options->seed, ++s->stream, &r->tally);
        for (uint64_t i = 0; i < PILOT_ITEMS; i++)
            (void)run_item(r, s, i, 0);
        start(s, 0.2, 0.5);
    }
    r->tilt.possible = NULL;
    return (double)r->tilt.draws / (3 * PILOT_ITEMS);
}

/* False: the event was hardly ever seen. */
static bool learn_all(struct study *s)
{
    struct runner r;
    struct lesson l = {.part = mem_zero((size_t)s->n_sites * TILT_REGIONS, sizeof *l.part),
                       .all = mem_zero(s->n_sites, sizeof *l.all)};
    runner_init(&r, s, true);
    double first = fmin(0.4, 2 / fmax(look(s, &r), 1));
    bool seen = false;
    start(s, first, 0.5);
    for (int round = 0; round < ROUNDS && !is_stopped(s); round++) {
        memset(l.part, 0, (size_t)s->n_sites * TILT_REGIONS * sizeof *l.part);
        memset(l.all, 0, s->n_sites * sizeof *l.all);
        l.weight = l.weight2 = 0;
        queue_sim_alone(r.sim, s->options->seed, ++s->stream, &r.tally);
        for (uint64_t i = 0; i < ROUND_ITEMS && !is_stopped(s); i++)
            if (run_item(&r, s, i, i % TILT_SETS))
                note(&r.tilt, &l);
        if (l.weight2 > 0 && l.weight * l.weight / l.weight2 > SEEN_LEAST) {
            learn(s, &l);
            seen = true;
        } else if (!seen && round % 2) {
            first = fmin(0.5, 2 * first);
            start(s, first, 0.7);
        }
    }
    mem_free(l.part);
    mem_free(l.all);
    runner_release(&r);
    return seen;
}

/* --- the estimate */

struct estimate {
    const struct study *study;
    struct runner *runner; /* [threads] */
    double *sum;           /* [blocks][size]: weighted sums of each block */
    double *square;        /* [blocks]: of the event's weights */
    double *largest;       /* [blocks] */
    uint32_t size;
};

static void do_block(void *arg, uint32_t worker, uint64_t block)
{
    struct estimate *e = arg;
    struct runner *r = &e->runner[worker];
    memset(r->sum, 0, r->tally.at.all * sizeof *r->sum);
    queue_sim_alone(r->sim, e->study->options->seed, e->study->stream, &r->tally);
    for (uint64_t i = 0; i < BLOCK; i++) {
        bool met = run_item(r, e->study, block * BLOCK + i, i % TILT_SETS);
        double w = tilt_weight(&r->tilt);
        add_item(r, e->study, w);
        if (met) {
            e->square[block] += w * w;
            e->largest[block] = fmax(e->largest[block], w);
        }
    }
    tally_derive(&r->tally, r->sum);
    memcpy(e->sum + block * e->size, r->sum, e->size * sizeof *e->sum);
}

/* Mean of sums `at` for each item, and its variance between blocks. */
static double mean_of(const struct estimate *e, uint64_t blocks, uint32_t at, double *variance)
{
    double mean = 0, square = 0;
    for (uint64_t b = 0; b < blocks; b++) {
        double d = e->sum[b * e->size + at] / BLOCK - mean;
        mean += d / (double)(b + 1);
        square += d * (e->sum[b * e->size + at] / BLOCK - mean);
    }
    *variance = square / (double)(blocks - 1);
    return mean;
}

struct worth {
    double effective; /* sample size of the event */
    bool degenerate;
};

static struct worth worth_of(const struct estimate *e, uint64_t blocks, uint32_t at)
{
    double sum = 0, square = 0, largest = 0;
    for (uint64_t b = 0; b < blocks; b++) {
        sum += e->sum[b * e->size + at];
        square += e->square[b];
        largest = fmax(largest, e->largest[b]);
    }
    double effective = square > 0 ? sum * sum / square : 0;
    return (struct worth){effective, effective < EFFECTIVE_LEAST || largest > 0.1 * sum};
}

/* More blocks until the event's share is known well; how many there are. */
static uint64_t run_blocks(struct estimate *e, uint32_t at)
{
    const struct run_options *o = e->study->options;
    uint64_t most = o->trials / BLOCK, done = 0, upto = BLOCKS_FIRST;
    most = most < BLOCKS_FIRST ? BLOCKS_FIRST : most > BLOCKS_MOST ? BLOCKS_MOST : most;
    uint32_t threads = workers_count(o->threads);
    e->runner = mem_zero(threads, sizeof *e->runner);
    e->sum = mem_zero(most * e->size, sizeof *e->sum);
    e->square = mem_zero(most, sizeof *e->square);
    e->largest = mem_zero(most, sizeof *e->largest);
    for (uint32_t i = 0; i < threads; i++)
        runner_init(&e->runner[i], e->study, false);
    for (;;) {
        struct work w = {.begin = done, .end = upto, .stop = o->stop, .unit = do_block, .arg = e};
        double variance;
        done += workers_run(&w, threads);
        double mean = done > 1 ? mean_of(e, done, at, &variance) : 0;
        bool known = mean > 0 && sqrt(variance / (double)done) < ENOUGH * mean;
        if (done < upto || done == most || known)
            break;
        upto = 2 * upto < most ? 2 * upto : most;
    }
    for (uint32_t i = 0; i < threads; i++)
        runner_release(&e->runner[i]);
    mem_free(e->runner);
    return done;
}

/* --- into the result */

static void replace(struct metric *m, double value, struct interval ci, uint64_t n)
{
    m->value = value;
    m->low = fmax(fmin(ci.low, value), 0);
    m->high = ci.high;
    m->n = n;
}

static struct metric *find(const struct metrics *m, const char *name)
{
    return name ? (struct metric *)metrics_find(m, name) : NULL;
}

/* A search for one kind of end may hardly see it at this step, or in this class: what is seen less
 * than a few times over stays as it was. */
static bool is_seen(double mean, double variance, uint64_t blocks)
{
    static const double WORST = 0.5;
    return mean > 0 && sqrt(variance / (double)blocks) < WORST * mean;
}

static void improve_share(const struct estimate *e, uint64_t blocks, uint32_t at, struct metric *m)
{
    double variance, mean = mean_of(e, blocks, at, &variance);
    if (is_rare(m) && is_seen(mean, variance, blocks))
        replace(m, mean, interval_mean(mean, variance, blocks, m->level), blocks * BLOCK);
}

static void improve_ratio(const struct estimate *e, uint64_t blocks, uint32_t y, uint32_t x,
                          struct metric *m)
{
    double vy, vx, my = mean_of(e, blocks, y, &vy), mx = mean_of(e, blocks, x, &vx), cov = 0;
    if (!is_rare(m) || !(mx > 0) || !is_seen(my, vy, blocks))
        return;
    for (uint64_t b = 0; b < blocks; b++)
        cov += (e->sum[b * e->size + y] / BLOCK - my) * (e->sum[b * e->size + x] / BLOCK - mx) /
               (double)(blocks - 1);
    replace(m, my / mx, interval_ratio(my, mx, vy, vx, cov, blocks, m->level), blocks * BLOCK);
}

static void improve_rows(const struct estimate *e, uint64_t blocks, struct result *out)
{
    const struct study *s = e->study;
    const struct rarity *t = s->target;
    uint32_t all = tally_all(&s->program);
    const enum step_sum exits[] = {[ITEM_REJECTED] = STEP_REJECTS,
                                   [ITEM_FAILED] = STEP_FAILS,
                                   [ITEM_ABANDONED] = STEP_ABANDONS};
    for (uint32_t c = 0; c <= all; c++) {
        struct metrics *m = c == all               ? &out->metrics
                            : c < out->classes.len ? &out->classes.at[c].metrics
                                                   : NULL;
        uint32_t at = c * CLASS_SUMS;
        if (!m)
            continue;
        /* a class's shares are of its own items, whose number is a weighted sum too */
        if (c == all)
            improve_share(e, blocks, at + t->sum, find(m, t->share));
        else
            improve_ratio(e, blocks, at + t->sum, at + CLASS_N, find(m, t->share));
        improve_ratio(e, blocks, at + t->sum, at + t->of, find(m, t->ratio));
    }
    for (uint32_t i = 0; t->exit && i < out->stages.len; i++)
        improve_share(e, blocks, (all + 1) * CLASS_SUMS + i * STEP_SUMS + exits[t->end],
                      find(&out->stages.at[i].metrics, t->exit));
}

static const char *name_of(const struct rarity *t)
{
    return t->share ? t->share : t->ratio;
}

static void warn_plain(const struct metric *m, const char *why, struct result *out)
{
    result_warn(
        out,
        "%s: a probability below 1e-5 is poorly estimated by plain sampling (%.2g of %llu); "
        "%s",
        m->name, m->value, (unsigned long long)m->n, why);
}

/* The exact value, where there is one. */
static bool take_exact(const struct pipeline *p, struct metric *m, struct result *out)
{
    const struct exact_options how = {.level = m->level, .values_only = true};
    struct error ignored = {0};
    struct result exact;
    bool complete;
    result_init(&exact, "solve");
    const struct metric *x = exact_solve(p, &how, &exact, &complete, &ignored)
                                 ? NULL
                                 : metrics_find(&exact.metrics, m->name);
    if (x) {
        m->value = m->low = m->high = x->value;
        m->level = 0;
        result_assume(out, "%s: the exact value, as so rare a share is hardly ever sampled",
                      m->name);
    }
    result_release(&exact);
    return x != NULL;
}

static void improve(struct study *s, struct metric *m, struct result *out)
{
    struct estimate e = {.study = s};
    uint32_t at = tally_all(&s->program) * CLASS_SUMS + s->target->sum;
    struct worth worth = {0, true};
    e.size = (tally_all(&s->program) + 1) * CLASS_SUMS + s->program.n_steps * STEP_SUMS;
    if (learn_all(s)) {
        s->stream++;
        uint64_t blocks = run_blocks(&e, at);
        worth = worth_of(&e, blocks, at);
        if (!worth.degenerate) {
            improve_rows(&e, blocks, out);
            result_assume(out,
                          "%s: importance sampling of %llu items, effective sample size %.0f, as "
                          "plain sampling hardly ever sees so rare a share",
                          m->name, (unsigned long long)(blocks * BLOCK), worth.effective);
        }
        mem_free(e.sum);
        mem_free(e.square);
        mem_free(e.largest);
    }
    if (!worth.degenerate)
        return;
    if (is_stopped(s))
        warn_plain(m, "the search for its ways was interrupted", out);
    else if (!take_exact(s->pipeline, m, out))
        warn_plain(m, "importance sampling found too few ways to it", out);
}

/* Sampling takes some hundred thousand items: those that go round a loop for long are too many. */
static bool is_searchable(const struct pipeline *p, const struct run_options *options)
{
    static const double VISITS_MOST = 1000;
    struct error ignored = {0};
    double visits;
    return !endless_visits(p, options, &visits, &ignored) && visits <= VISITS_MOST;
}

/* Untimed: every item by itself. */
static int improve_items(const struct pipeline *p, const struct run_options *options,
                         struct result *out, struct error *err)
{
    struct study s = {.pipeline = p, .options = options};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        struct metric *m = find(&out->metrics, name_of(&targets[i]));
        if (!is_rare(m))
            continue;
        if (!is_searchable(p, options)) {
            if (!take_exact(p, m, out))
                warn_plain(m, "no search for its ways, as its items go round loops for long", out);
            continue;
        }
        if (!s.possible) {
            if (queue_program_init(&s.program, p, err))
                return -1;
            s.n_sites = tilt_sites(p->n_steps);
            s.possible = mem_zero(s.n_sites, 1);
            s.site[0] = mem_zero(s.n_sites, sizeof **s.site);
            s.site[1] = mem_zero(s.n_sites, sizeof **s.site);
        }
        s.target = &targets[i];
        s.tails = targets[i].end == ITEM_ABANDONED || targets[i].end == ITEM_SHIPPED;
        s.stream = (uint32_t)(1000000 * (i + 1)); /* replications of no plain run */
        improve(&s, m, out);
    }
    if (s.possible) {
        mem_free(s.possible);
        mem_free(s.site[0]);
        mem_free(s.site[1]);
        queue_program_release(&s.program);
    }
    return 0;
}

/* Does what becomes of an item, save its time, depend on nothing but itself? */
static bool ends_alone(const struct pipeline *p)
{
    const uint64_t meets = FEATURE(ENVIRONMENTS) | FEATURE(BREAKER) | FEATURE(RETRY_BUDGET) |
                           FEATURE(WAITING_ROOM) | FEATURE(PATIENCE) | FEATURE(DEADLINE) |
                           FEATURE(FATIGUE) | FEATURE(WHEN) | FEATURE(HEDGE) | FEATURE(PARALLEL) |
                           FEATURE(FEEDBACK);
    return (pipeline_features(p) & meets) == 0;
}

/* What queues cause by splitting; what items do by themselves as if there were no arrivals. */
static int improve_timed(const struct pipeline *p, const struct run_options *options,
                         struct result *out, struct error *err)
{
    struct run_options o = *options;
    if (split_improve(p, options, NULL, out, err))
        return -1;
    if (ends_alone(p)) {
        struct pipeline untimed = *p;
        untimed.arrivals.kind = ARRIVALS_NONE;
        o.trials = out->metrics.list.len ? out->metrics.list.at[0].n : 0;
        return improve_items(&untimed, &o, out, err);
    }
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        const struct metric *m = find(&out->metrics, name_of(&targets[i]));
        if (is_rare(m) && m->high > 2 * m->value) /* splitting did not find it either */
            warn_plain(m,
                       "steps and what items share may both lead to it, and no search follows "
                       "the two together: more replications tell more of it",
                       out);
    }
    return 0;
}

/* --- shares add up to 1 */

static const char *const shares[] = {"reliability",  "share_wrong",     "share_rejected",
                                     "share_failed", "share_abandoned", "share_unfinished"};
enum { SHARES = sizeof shares / sizeof *shares };

static void set(struct metric *m, double value, double low, double high)
{
    if (!m)
        return;
    m->value = value;
    m->low = value - low;
    m->high = value + high;
}

/* How far below and above the sum of some shares may lie, as if they were independent: what takes
 * more of one leaves less for the others. */
static void spread(struct metric *const m[SHARES], size_t from, const struct metric *except,
                   double *low, double *high)
{
    *low = *high = 0;
    for (size_t k = from; k < SHARES; k++)
        if (m[k] && m[k] != except && m[k]->low < m[k]->high) {
            *low = hypot(*low, m[k]->value - m[k]->low);
            *high = hypot(*high, m[k]->high - m[k]->value);
        }
}

/* Where shares were replaced the largest one is what they leave. */
static void add_up(const struct metrics *of)
{
    enum { CORRECT, WRONG, NOT_SHIPPED };
    struct metric *m[SHARES], *most = NULL, *gap = find(of, "gap");
    double sum = 0, rest = 0, low, high;
    for (size_t k = 0; k < SHARES; k++) {
        m[k] = find(of, shares[k]);
        sum += m[k] ? m[k]->value : 0;
        rest += m[k] && k >= NOT_SHIPPED ? m[k]->value : 0;
        if (m[k] && (!most || m[k]->value > most->value))
            most = m[k];
    }
    if (!most || sum == 1 || fabs(sum - 1) > 1e-3)
        return;
    if (most == m[CORRECT] || most == m[WRONG]) {
        spread(m, NOT_SHIPPED, NULL, &low, &high);
        set(find(of, "completion"), 1 - rest, high, low);
    }
    spread(m, CORRECT, most, &low, &high);
    if (gap && most == m[CORRECT])
        set(gap, gap->value + sum - 1, low, high);
    set(most, most->value + 1 - sum, high, low);
}

/* What nothing leads to is not rare: it is 0. */
static int settle_impossible(const struct pipeline *p, struct result *out, struct error *err)
{
    struct queue_program g;
    if (!possible_asks(out) || (pipeline_features(p) & FEATURE(FEEDBACK)))
        return 0;
    if (queue_program_init(&g, p, err))
        return -1;
    possible_settle(&g, out);
    queue_program_release(&g);
    return 0;
}

static int improve_all(const struct pipeline *p, const struct run_options *options,
                       struct result *out, struct error *err)
{
    return p->arrivals.kind != ARRIVALS_NONE ? improve_timed(p, options, out, err)
                                             : improve_items(p, options, out, err);
}

int rare_improve(const struct pipeline *p, const struct run_options *options, struct result *out,
                 struct error *err)
{
    math_init();
    if (settle_impossible(p, out, err))
        return -1;
    if (out->run.partial)
        return 0;
    size_t said = out->assumptions.len;
    if (improve_all(p, options, out, err))
        return -1;
    if (out->assumptions.len == said) /* nothing was replaced */
        return 0;
    add_up(&out->metrics);
    for (size_t c = 0; c < out->classes.len; c++)
        add_up(&out->classes.at[c].metrics);
    return 0;
}
