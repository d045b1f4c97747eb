/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One unit of work is a replication: all its cycles.  Per cycle the sums are integers, so that they
 * merge to the same bits on any number of threads.  Gains are differences within a replication,
 * whose cycles meet the same random numbers (common random numbers: Glasserman and Yao, Management
 * Science 38, 1992). */
#include "sim/feedback.h"

#include "math/interval.h"
#include "model/learning.h"
#include "sim/gap.h"
#include "sim/queue.h"
#include "sim/queue/metrics.h"
#include "sim/queue/sim.h"

#include <math.h>
#include <string.h>

enum { SHARES = 3, ECE_BINS = 15, BATCHES = 20 };
static const char *const share_name[SHARES] = {"reliability", "shipped_error", "review_load"};

/* Of one cycle. */
struct cycle {
    struct pair_sums share[SHARES];
    uint64_t units;         /* behind the shares: replications, or parts of a single one */
    struct moments labels;  /* before it, over replications */
    struct moments gain;    /* reliability less that of cycle 0 */
    struct moments *lesson; /* [n_learns]: wrong, or ece */
};

struct sums {
    struct cycle *cycle;   /* [n_cycles] */
    struct moments closes; /* mean gain over the cycles after the first */
};

struct worker {
    struct queue_sim *sim;
    struct queue_tally tally;   /* of cycle 0 */
    struct queue_tally scratch; /* of any cycle: its pairs are taken at once */
    struct label_sink sink;
    struct sums sums;
};

struct state {
    const struct pipeline *pipeline; /* as written */
    struct pipeline store;
    const struct pipeline *first; /* cycle 0 */
    struct queue_program program; /* of cycle 0 */
    uint32_t n_cycles, parts;
    double scale; /* labels of a cycle / labels that a horizon shows */
    uint32_t pair[SHARES];
    uint32_t n_asked;
    uint32_t *asked;                 /* steps that are fitted again */
    bool *changed;                   /* [n_steps] */
    struct calibration_map *written; /* [n_asked] */
    struct arena arena;
    struct worker *worker; /* [threads] */
    struct queue_tally tally;
    struct sums sums;
};

/* --- sums */

static void sums_init(const struct state *s, struct sums *sums)
{
    sums->cycle = mem_zero(s->n_cycles, sizeof *sums->cycle);
    sums->closes = (struct moments){0};
    for (uint32_t k = 0; k < s->n_cycles; k++)
        sums->cycle[k].lesson =
            mem_zero(s->pipeline->feedback.n_learns + 1, sizeof *sums->cycle[k].lesson);
}

static void sums_release(const struct state *s, struct sums *sums)
{
    for (uint32_t k = 0; sums->cycle && k < s->n_cycles; k++)
        mem_free(sums->cycle[k].lesson);
    mem_free(sums->cycle);
    *sums = (struct sums){0};
}

static void sums_merge(const struct state *s, struct sums *into, const struct sums *from)
{
    moments_merge(&into->closes, &from->closes);
    for (uint32_t k = 0; k < s->n_cycles; k++) {
        struct cycle *to = &into->cycle[k];
        const struct cycle *of = &from->cycle[k];
        for (int i = 0; i < SHARES; i++)
            pair_sums_merge(&to->share[i], &of->share[i]);
        to->units += of->units;
        moments_merge(&to->labels, &of->labels);
        moments_merge(&to->gain, &of->gain);
        for (uint32_t l = 0; l < s->pipeline->feedback.n_learns; l++)
            moments_merge(&to->lesson[l], &of->lesson[l]);
    }
}

/* Shares are kept 2^20 times larger, so that the smallest spread is not lost in fixed point. */
static const double LARGER = 0x1p20;

static void share_put(struct moments *m, double x)
{
    x *= LARGER;
    if (isfinite(x))
        moments_add(m, 1, x, x * x);
}

static double ratio_of(const struct pair_sums *p)
{
    return wide_is_zero(&p->x) ? NAN : wide_value(&p->y) / wide_value(&p->x);
}

/* --- one replication */

/* What a replication has learnt on its way. */
struct chain {
    struct lessons lessons;
    struct arena arena;              /* of this cycle's maps */
    struct calibration_map *current; /* [n_asked] */
    struct label_rows *rows;         /* [n_asked]: all labels so far, with raw confidences */
    struct sums path;                /* one replication */
};

static double mean_wrong(const struct pipeline *p, uint32_t step)
{
    double sum = 0;
    for (uint32_t c = 0; c < p->n_classes; c++)
        sum += p->class[c].share * p->step[step].numbers[c].wrong.value;
    return sum;
}

static double ece_of(const struct label_rows *rows)
{
    if (rows->list.len == 0)
        return NAN;
    struct calibration *c = mem_zero(1, sizeof *c);
    calibration_compute(rows->list.at, rows->list.len, ECE_BINS, false, c);
    double ece = c->ece;
    mem_free(c);
    return ece;
}

static void note_cycle(const struct state *s, struct worker *w, struct chain *c, uint32_t k,
                       const struct pipeline *p)
{
    const struct feedback *f = &s->pipeline->feedback;
    struct cycle *to = &c->path.cycle[k];
    for (int i = 0; i < SHARES; i++)
        to->share[i] = w->scratch.pair[s->pair[i]];
    to->units = w->scratch.closed;
    moments_add(&to->labels, 1, c->lessons.labels, c->lessons.labels * c->lessons.labels);
    share_put(&to->gain, ratio_of(&to->share[0]) - ratio_of(&c->path.cycle[0].share[0]));
    for (uint32_t l = 0, a = 0; l < f->n_learns; l++) {
        bool again = f->learn[l].kind == LEARN_RECALIBRATE;
        share_put(&to->lesson[l],
                  again ? ece_of(&w->sink.rows[a]) : mean_wrong(p, f->learn[l].step));
        a += again;
    }
}

/* The labels of this cycle, and the maps for the next one. */
static void learn(const struct state *s, struct worker *w, struct chain *c)
{
    c->lessons.labels += s->scale * (double)w->sink.n;
    c->lessons.mended += s->scale * (double)w->sink.mended;
    for (uint32_t a = 0; a < s->n_asked; a++) {
        const struct label_rows *seen = &w->sink.rows[a];
        for (size_t i = 0; i < seen->list.len; i++) {
            struct scored row = seen->list.at[i];
            row.confidence = calibration_map_back(&c->current[a], row.confidence);
            row.weight = s->scale;
            vec_push(&c->rows[a].list, row);
        }
    }
    arena_release(&c->arena);
    arena_init(&c->arena);
    for (uint32_t a = 0; a < s->n_asked; a++) {
        uint32_t step = s->asked[a];
        if (c->rows[a].list.len == 0)
            continue;
        calibration_fit(learning_fit(&s->pipeline->step[step]), c->rows[a].list.at,
                        c->rows[a].list.len, &c->arena, &c->current[a]);
        c->lessons.map[step] = &c->current[a];
    }
}

static void clear_scratch(struct worker *w)
{
    memset(w->scratch.pair, 0, w->scratch.n_pairs * sizeof *w->scratch.pair);
    w->scratch.closed = 0;
    w->sink.n = w->sink.mended = 0;
    for (uint32_t a = 0; a < w->sink.n_asked; a++)
        w->sink.rows[a].list.len = 0;
}

/* One cycle with what was learnt so far.  False: broken off. */
static bool run_cycle(const struct state *s, struct worker *w, struct chain *c, uint32_t k,
                      uint64_t seed, uint64_t replication)
{
    struct pipeline learnt;
    struct queue_program changed;
    const struct pipeline *p = s->first;
    struct error err = {0};
    clear_scratch(w);
    w->sim->program = &s->program;
    if (k > 0) {
        learning_apply(s->pipeline, &c->lessons, &learnt);
        if (queue_program_change(&changed, &s->program, &learnt, s->changed, &err))
            BUG("cycle %u: %s", k, err.text);
        w->sim->program = &changed;
        p = &learnt;
    }
    w->sim->labels = &w->sink;
    bool done = queue_sim_horizon(w->sim, seed, replication, &w->scratch);
    w->sim->labels = NULL;
    w->sim->program = &s->program;
    if (done)
        note_cycle(s, w, c, k, p);
    if (k > 0) {
        queue_program_drop(&changed);
        pipeline_release(&learnt);
    }
    return done;
}

static void note_closes(const struct state *s, struct chain *c)
{
    double sum = 0;
    for (uint32_t k = 1; k < s->n_cycles; k++)
        sum += moments_mean(&c->path.cycle[k].gain) / LARGER;
    share_put(&c->path.closes, sum / (s->n_cycles - 1));
}

static bool unit(struct engine *e, uint32_t worker, uint64_t i, uint64_t n)
{
    struct state *s = e->state;
    struct worker *w = &s->worker[worker];
    struct chain c = {.lessons = {0}};
    bool done = true;
    arena_init(&c.arena);
    sums_init(s, &c.path);
    c.lessons.map = mem_zero(s->pipeline->n_steps, sizeof *c.lessons.map);
    c.current = mem_zero(s->n_asked + 1, sizeof *c.current);
    memcpy(c.current, s->written, s->n_asked * sizeof *c.current);
    c.rows = mem_zero(s->n_asked + 1, sizeof *c.rows);
    for (uint32_t k = 0; k < s->n_cycles && done; k++) {
        done = run_cycle(s, w, &c, k, e->options.seed, i);
        if (done)
            learn(s, w, &c);
    }
    /* last, because a unit that is broken off counts nothing */
    done = done && queue_sim_horizon(w->sim, e->options.seed, i, &w->tally);
    if (done) {
        note_closes(s, &c);
        sums_merge(s, &w->sums, &c.path);
    }
    for (uint32_t a = 0; a < s->n_asked; a++)
        vec_release(&c.rows[a].list);
    mem_free(c.rows);
    mem_free(c.current);
    mem_free(c.lessons.map);
    sums_release(s, &c.path);
    arena_release(&c.arena);
    return done;
}

/* --- the engine */

static bool supports(const struct pipeline *p)
{
    uint64_t all = queue_features() | FEATURE(FEEDBACK) | FEATURE(CALIBRATION);
    return p->feedback.cycle_s > 0 && (pipeline_features(p) & ~all) == 0;
}

static const char *trials_word(const struct pipeline *p)
{
    return queue_engine.trials_word(p);
}

static uint64_t trials(const struct pipeline *p)
{
    return queue_engine.trials(p);
}

static uint64_t first(const struct pipeline *p, uint64_t asked)
{
    return queue_engine.first(p, asked);
}

static uint64_t most(const struct pipeline *p)
{
    return queue_engine.most(p);
}

static void find_asked(struct state *s)
{
    const struct feedback *f = &s->pipeline->feedback;
    s->changed = mem_zero(s->pipeline->n_steps, sizeof *s->changed);
    s->asked = mem_zero(f->n_learns + 1, sizeof *s->asked);
    s->written = mem_zero(f->n_learns + 1, sizeof *s->written);
    arena_init(&s->arena);
    for (uint32_t l = 0; l < f->n_learns; l++) {
        uint32_t step = f->learn[l].step;
        s->changed[step] = true;
        if (f->learn[l].kind != LEARN_RECALIBRATE)
            continue;
        if (!learning_map(s->pipeline, step, &s->arena, &s->written[s->n_asked]))
            s->written[s->n_asked] = (struct calibration_map){.a = 1, .b = 1};
        s->asked[s->n_asked++] = step;
    }
}

static void find_pairs(struct state *s)
{
    for (int i = 0; i < SHARES; i++)
        for (uint32_t k = 0; k < n_class_pairs; k++)
            if (!strcmp(class_pairs[k].name, share_name[i]))
                s->pair[i] = tally_pair(&s->tally, PAIRS_CLASS, tally_all(&s->program), k);
}

static void worker_init(const struct state *s, const struct engine *e, struct worker *w)
{
    const struct horizon *h = &s->pipeline->horizon;
    w->sim = queue_sim_new(&s->program);
    w->sim->stop = e->options.stop;
    queue_tally_init(&w->tally, &s->program, s->parts);
    queue_tally_init(&w->scratch, &s->program, s->parts);
    sums_init(s, &w->sums);
    w->sink = (struct label_sink){.from_s = h->warmup_s,
                                  .upto_s = h->warmup_s +
                                            fmin(s->pipeline->feedback.cycle_s, h->length_s),
                                  .whose = s->pipeline->feedback.labels,
                                  .n_asked = s->program.asks_confidences ? s->n_asked : 0,
                                  .asked = s->asked,
                                  .rows = mem_zero(s->n_asked + 1, sizeof *w->sink.rows)};
}

static void worker_release(const struct state *s, struct worker *w)
{
    queue_sim_free(w->sim);
    queue_tally_release(&w->tally);
    queue_tally_release(&w->scratch);
    sums_release(s, &w->sums);
    for (uint32_t a = 0; a < s->n_asked; a++)
        vec_release(&w->sink.rows[a].list);
    mem_free(w->sink.rows);
}

static int open(struct engine *e, const struct pipeline *p, struct error *err)
{
    struct state *s = mem_zero(1, sizeof *s);
    const struct feedback *f = &p->feedback;
    s->pipeline = p;
    s->first = learning_none(p, &s->store);
    if (queue_program_init(&s->program, s->first, err)) {
        pipeline_release(&s->store);
        mem_free(s);
        return -1;
    }
    e->state = s;
    e->block = 1;
    if (e->options.threads > e->options.trials)
        e->options.threads = e->options.trials ? (uint32_t)e->options.trials : 1;
    s->n_cycles = f->cycles + 1;
    s->parts = e->parts = e->options.trials == 1 ? BATCHES : 1;
    s->scale = fmax(1, f->cycle_s / p->horizon.length_s);
    find_asked(s);
    queue_tally_init(&s->tally, &s->program, s->parts);
    sums_init(s, &s->sums);
    find_pairs(s);
    s->worker = mem_zero(e->options.threads, sizeof *s->worker);
    for (uint32_t i = 0; i < e->options.threads; i++)
        worker_init(s, e, &s->worker[i]);
    return 0;
}

static void close(struct engine *e)
{
    struct state *s = e->state;
    for (uint32_t i = 0; i < e->options.threads; i++)
        worker_release(s, &s->worker[i]);
    queue_tally_release(&s->tally);
    sums_release(s, &s->sums);
    queue_program_release(&s->program);
    pipeline_release(&s->store);
    arena_release(&s->arena);
    mem_free(s->worker);
    mem_free(s->changed);
    mem_free(s->asked);
    mem_free(s->written);
    mem_free(s);
}

static void empty(const struct state *s, struct queue_tally *t, struct sums *sums)
{
    queue_tally_release(t);
    queue_tally_init(t, &s->program, s->parts);
    sums_release(s, sums);
    sums_init(s, sums);
}

static void merge(struct engine *e)
{
    struct state *s = e->state;
    for (uint32_t i = 0; i < e->options.threads; i++) {
        queue_tally_merge(&s->tally, &s->worker[i].tally);
        sums_merge(s, &s->sums, &s->worker[i].sums);
        empty(s, &s->worker[i].tally, &s->worker[i].sums);
    }
}

static void clear(struct engine *e)
{
    struct state *s = e->state;
    empty(s, &s->tally, &s->sums);
}

static void pack(struct engine *e, struct pack *p)
{
    struct state *s = e->state;
    queue_tally_pack(&s->tally, p);
    moments_pack(&s->sums.closes, p);
    for (uint32_t k = 0; k < s->n_cycles; k++) {
        struct cycle *c = &s->sums.cycle[k];
        for (int i = 0; i < SHARES; i++)
            pair_sums_pack(&c->share[i], p);
        pack_count(p, &c->units);
        moments_pack(&c->labels, p);
        moments_pack(&c->gain, p);
        for (uint32_t l = 0; l < s->pipeline->feedback.n_learns; l++)
            moments_pack(&c->lesson[l], p);
    }
}

static uint64_t count(const struct engine *e)
{
    const struct state *s = e->state;
    return s->tally.observed;
}

static void fill(const struct engine *e, const struct metrics_options *options, struct result *out)
{
    const struct state *s = e->state;
    queue_metrics(&s->tally, options, out);
}

/* --- what is said */

struct estimate {
    double value, low, high;
};

/* With one replication nothing is known of the spread. */
static struct estimate estimate_of(const struct moments *m, double scale, double level)
{
    struct interval i = {-INFINITY, INFINITY};
    double mean = moments_mean(m), variance = moments_variance(m);
    if (variance < 1e-13 * mean * mean) /* rounding */
        variance = 0;
    if (m->n > 1)
        i = interval_mean(mean, variance, m->n, level);
    return (struct estimate){mean / scale, i.low / scale, i.high / scale};
}

static void add_point(const struct state *s, struct curve *c, uint32_t k, struct estimate e,
                      struct result *out)
{
    if (!isfinite(e.value))
        return;
    struct point p = {.x = k, .y = e.value, .low = fmax(e.low, 0), .high = e.high};
    p.at = result_text(out, "labels=%.0f", moments_mean(&s->sums.cycle[k].labels));
    vec_push(&c->points, p);
}

static void add_share(const struct state *s, struct curve *c, uint32_t k, const struct pair_sums *p,
                      double level, struct result *out)
{
    double n = (double)s->sums.cycle[k].units, r = ratio_of(p);
    double y = wide_value(&p->y), x = wide_value(&p->x);
    double yy = wide_value(&p->yy), xx = wide_value(&p->xx), xy = wide_value(&p->xy);
    struct interval i = {0, 1};
    if (n > 1)
        i = interval_ratio(y / n, x / n, fmax(yy - y * y / n, 0) / (n - 1),
                           fmax(xx - x * x / n, 0) / (n - 1), (xy - x * y / n) / (n - 1),
                           (uint64_t)n, level);
    add_point(s, c, k, (struct estimate){r, i.low, fmin(i.high, 1)}, out);
}

static void add_curves(const struct state *s, double level, struct result *out)
{
    const struct feedback *f = &s->pipeline->feedback;
    struct curve *c = result_add_curve(out, "learning", "cycle", "labels");
    for (uint32_t k = 0; k < s->n_cycles; k++)
        add_point(s, c, k, estimate_of(&s->sums.cycle[k].labels, 1, level), out);
    for (int i = 0; i < SHARES; i++) {
        c = result_add_curve(out, "learning", "cycle", share_name[i]);
        for (uint32_t k = 0; k < s->n_cycles; k++)
            add_share(s, c, k, &s->sums.cycle[k].share[i], level, out);
    }
    for (uint32_t l = 0; l < f->n_learns; l++) {
        const char *step = s->pipeline->step[f->learn[l].step].id;
        const char *what = f->learn[l].kind == LEARN_RECALIBRATE ? "ece" : "wrong";
        c = result_add_curve(out, "learning", "cycle", result_text(out, "flow.%s.%s", step, what));
        for (uint32_t k = 0; k < s->n_cycles; k++)
            add_point(s, c, k, estimate_of(&s->sums.cycle[k].lesson[l], LARGER, level), out);
    }
}

static void say_gain(const struct state *s, double level, struct result *out)
{
    const struct cycle *last = &s->sums.cycle[s->n_cycles - 1];
    double labels = moments_mean(&last->labels);
    if (labels == 0) {
        result_warn(out, "feedback: no labels came, so nothing was learnt");
        return;
    }
    struct estimate e = estimate_of(&last->gain, LARGER, level);
    double low = 100 * fmin(fabs(e.low), fabs(e.high)),
           high = 100 * fmax(fabs(e.low), fabs(e.high));
    if (e.low <= 0 && e.high >= 0 && last->gain.n > 1)
        result_warn(out,
                    "feedback: after %u cycles and %.0f labels a change of reliability is not "
                    "shown (%+.3g%% to %+.3g%%)",
                    s->n_cycles - 1, labels, 100 * e.low, 100 * e.high);
    else if (last->gain.n > 1)
        result_assume(out,
                      "feedback: after %u cycles and %.0f labels reliability is %.3g%% (%.3g%% to "
                      "%.3g%%) %s",
                      s->n_cycles - 1, labels, 100 * fabs(e.value), low, high,
                      e.value > 0 ? "higher" : "lower");
    if (last->gain.n < 2 || gap_has_layer(s->pipeline, LAYER_FEEDBACK))
        return;
    struct metrics *row = gap_row(out, LAYER_FEEDBACK);
    e = estimate_of(&s->sums.closes, LARGER, level);
    metrics_add(row, "closes", e.value, e.low, e.high, level, s->sums.closes.n, "1");
}

static void say(const struct engine *e, double level, struct result *out)
{
    const struct state *s = e->state;
    const struct feedback *f = &s->pipeline->feedback;
    queue_curves(&s->tally, level, out);
    queue_warn(&s->tally, out);
    add_curves(s, level, out);
    result_assume(out,
                  "metrics are those of cycle 0, the pipeline as written; the curve learning "
                  "follows it over %u cycles, each a whole horizon under the same random numbers, "
                  "with what the labels of the cycles before it change%s",
                  f->cycles, s->pipeline->n_evidence ? "; it takes the evidence as it is" : "");
    result_assume(out,
                  "labels are the verdicts of reviewers, right or wrong, on the items that they "
                  "see: a calibration that is fitted to them knows nothing else of the items that "
                  "ship unseen");
    if (s->scale > 1)
        result_assume(out, "a cycle is longer than the horizon: each label stands for %.3g",
                      s->scale);
    say_gain(s, level, out);
}

static int draw(const struct engine_def *def, const struct pipeline *p, uint64_t seed,
                uint64_t replication, uint64_t items, double level, struct result *out,
                struct error *err)
{
    struct pipeline store;
    int status = queue_engine.draw(&queue_engine, learning_none(p, &store), seed, replication,
                                   items, level, out, err);
    pipeline_release(&store);
    return status;
}

const struct engine_def feedback_engine = {
    .name = "queue",
    .supports = supports,
    .trials_word = trials_word,
    .trials = trials,
    .first = first,
    .most = most,
    .open = open,
    .close = close,
    .unit = unit,
    .merge = merge,
    .clear = clear,
    .pack = pack,
    .count = count,
    .fill = fill,
    .say = say,
    .draw = draw,
};
