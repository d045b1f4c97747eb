/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cross-entropy method (Rubinstein and Kroese, "The Cross-Entropy Method", 2004): rounds of
 * items under mixtures (tilt.h) whose shares are then set to those with which the rare event came
 * about, weighted back to the true probabilities.  How often an item has met a rare region already
 * is part of the state, so that redundant parts are learned to fail together.
 *
 * The final estimate is fresh: blocks of items under the learned shares, a weighted sum for each.
 */
#include "sim/rare_sample.h"

#include "base/workers.h"
#include "sim/queue/sim.h"

#include <math.h>
#include <string.h>

static const double SHARE_MOST = 0.95, ENOUGH = 0.004; /* ENOUGH: relative standard error */

enum {
    BLOCKS_FIRST = 128,
    BLOCKS_MOST = 8192,
    ROUNDS = 6,
    ROUND_ITEMS = 20000,
    PILOT_ITEMS = 1000,
    SEEN_LEAST = 10, /* effective items that a round learns from */
    EFFECTIVE_LEAST = 100
};

/* --- items under a tilt */

int rare_study_init(struct rare_study *s, const struct pipeline *p,
                    const struct run_options *options, struct error *err)
{
    *s = (struct rare_study){.pipeline = p, .options = options};
    if (queue_program_init(&s->program, p, err))
        return -1;
    s->n_sites = tilt_sites(p->n_steps);
    s->possible = mem_zero(s->n_sites, 1);
    s->site[0] = mem_zero(s->n_sites, sizeof **s->site);
    s->site[1] = mem_zero(s->n_sites, sizeof **s->site);
    return 0;
}

void rare_study_release(struct rare_study *s)
{
    if (!s->possible)
        return;
    mem_free(s->possible);
    mem_free(s->site[0]);
    mem_free(s->site[1]);
    queue_program_release(&s->program);
    *s = (struct rare_study){0};
}

bool rare_is_stopped(const struct rare_study *s)
{
    return s->options->stop && atomic_load(s->options->stop);
}

struct runner {
    struct queue_sim *sim;
    struct queue_tally tally;
    struct tilt tilt;
    double *sum; /* [at.all]: weighted, of a block of items */
};

static void runner_init(struct runner *r, const struct rare_study *s, bool learns)
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

static bool counts(const struct rarity *t, uint32_t end)
{
    bool good = end & 4, reviewed = end & 2;
    return end / 8 == t->end && (t->good < 0 || good == t->good) && !(t->unseen && reviewed);
}

/* Unit 1 of the tally is never counted: it holds the sums of one item. */
enum { ONE = 1 };

static bool run_item(struct runner *r, const struct rare_study *s, uint64_t number, uint32_t set)
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
static void add_item(struct runner *r, const struct rare_study *s, double weight)
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
static void learn(struct rare_study *s, const struct lesson *l)
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
static void start(struct rare_study *s, double first, double after)
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
static double look(struct rare_study *s, struct runner *r)
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

bool rare_learn(struct rare_study *s)
{
    struct runner r;
    struct lesson l = {.part = mem_zero((size_t)s->n_sites * TILT_REGIONS, sizeof *l.part),
                       .all = mem_zero(s->n_sites, sizeof *l.all)};
    runner_init(&r, s, true);
    double first = fmin(0.4, 2 / fmax(look(s, &r), 1));
    bool seen = false;
    start(s, first, 0.5);
    for (int round = 0; round < ROUNDS && !rare_is_stopped(s); round++) {
        memset(l.part, 0, (size_t)s->n_sites * TILT_REGIONS * sizeof *l.part);
        memset(l.all, 0, s->n_sites * sizeof *l.all);
        l.weight = l.weight2 = 0;
        queue_sim_alone(r.sim, s->options->seed, ++s->stream, &r.tally);
        for (uint64_t i = 0; i < ROUND_ITEMS && !rare_is_stopped(s); i++)
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

struct job {
    struct rare_sums *sums;
    struct runner *runner; /* [threads] */
};

static void do_block(void *arg, uint32_t worker, uint64_t block)
{
    const struct job *job = arg;
    struct rare_sums *e = job->sums;
    struct runner *r = &job->runner[worker];
    memset(r->sum, 0, r->tally.at.all * sizeof *r->sum);
    queue_sim_alone(r->sim, e->study->options->seed, e->study->stream, &r->tally);
    for (uint64_t i = 0; i < RARE_BLOCK; i++) {
        bool met = run_item(r, e->study, block * RARE_BLOCK + i, i % TILT_SETS);
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

double rare_sums_mean(const struct rare_sums *e, uint32_t at, double *variance)
{
    double mean = 0, square = 0;
    for (uint64_t b = 0; b < e->blocks; b++) {
        double d = e->sum[b * e->size + at] / RARE_BLOCK - mean;
        mean += d / (double)(b + 1);
        square += d * (e->sum[b * e->size + at] / RARE_BLOCK - mean);
    }
    *variance = square / (double)(e->blocks - 1);
    return mean;
}

double rare_sums_covariance(const struct rare_sums *e, uint32_t y, uint32_t x)
{
    double vy, vx, my = rare_sums_mean(e, y, &vy), mx = rare_sums_mean(e, x, &vx), sum = 0;
    for (uint64_t b = 0; b < e->blocks; b++)
        sum += (e->sum[b * e->size + y] / RARE_BLOCK - my) *
               (e->sum[b * e->size + x] / RARE_BLOCK - mx) / (double)(e->blocks - 1);
    return sum;
}

struct rare_worth rare_sums_worth(const struct rare_sums *e, uint32_t at)
{
    double sum = 0, square = 0, largest = 0;
    for (uint64_t b = 0; b < e->blocks; b++) {
        sum += e->sum[b * e->size + at];
        square += e->square[b];
        largest = fmax(largest, e->largest[b]);
    }
    double effective = square > 0 ? sum * sum / square : 0;
    return (struct rare_worth){effective, effective < EFFECTIVE_LEAST || largest > 0.1 * sum};
}

void rare_sums_run(struct rare_sums *e, const struct rare_study *s, uint32_t at)
{
    const struct run_options *o = s->options;
    uint64_t most = o->trials / RARE_BLOCK, upto = BLOCKS_FIRST;
    most = most < BLOCKS_FIRST ? BLOCKS_FIRST : most > BLOCKS_MOST ? BLOCKS_MOST : most;
    uint32_t threads = workers_count(o->threads);
    *e = (struct rare_sums){.study = s};
    e->size = (tally_all(&s->program) + 1) * CLASS_SUMS + s->program.n_steps * STEP_SUMS;
    e->sum = mem_zero(most * e->size, sizeof *e->sum);
    e->square = mem_zero(most, sizeof *e->square);
    e->largest = mem_zero(most, sizeof *e->largest);
    struct job job = {e, mem_zero(threads, sizeof *job.runner)};
    for (uint32_t i = 0; i < threads; i++)
        runner_init(&job.runner[i], s, false);
    for (;;) {
        struct work w = {
            .begin = e->blocks, .end = upto, .stop = o->stop, .unit = do_block, .arg = &job};
        double variance;
        e->blocks += workers_run(&w, threads);
        double mean = e->blocks > 1 ? rare_sums_mean(e, at, &variance) : 0;
        bool known = mean > 0 && sqrt(variance / (double)e->blocks) < ENOUGH * mean;
        if (e->blocks < upto || e->blocks == most || known)
            break;
        upto = 2 * upto < most ? 2 * upto : most;
    }
    for (uint32_t i = 0; i < threads; i++)
        runner_release(&job.runner[i]);
    mem_free(job.runner);
}

void rare_sums_release(struct rare_sums *e)
{
    mem_free(e->sum);
    mem_free(e->square);
    mem_free(e->largest);
    *e = (struct rare_sums){0};
}
