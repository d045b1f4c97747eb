/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Held-out items are paired with themselves: the difference of two cycles is a mean of -1, 0 and 1,
 * and the test beside it is McNemar's exact one ("Note on the sampling error of the difference
 * between correlated proportions", Psychometrika 12, 1947). */
#include "exec/cycles.h"

#include "exec/feedback.h"
#include "exec/tally.h"
#include "math/interval.h"
#include "math/rng.h"
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* --- items of a part of the input */

struct slice {
    const struct run_input *of;
    uint64_t from;
};

static void slice_item(void *arg, uint64_t index, const char **id, const char **class,
                       const char **payload, const char **truth)
{
    const struct slice *s = arg;
    s->of->item(s->of->arg, s->from + index, id, class, payload, truth);
}

/* --- what held-out items came to */

enum { NOT_ENDED = 2 };
struct watch {
    const struct pipeline *pipeline;
    pthread_mutex_t lock;
    uint64_t items;
    uint8_t *right;             /* [items]: shipped and right; NOT_ENDED */
    uint8_t *unaided;           /* [items]: right before any person looked at it; NOT_ENDED */
    bool *passed;               /* [n_steps * items]: seen at a gate of the step's confidence */
    VEC(struct scored) * draft; /* [n_steps]: by confidence, at the first gate */
};

static void watch_gate(struct watch *w, const struct run_event *e)
{
    const struct step *s = &w->pipeline->step[e->step];
    if (s->kind != STEP_GATE || s->gate_of < 0 || isnan(e->confidence) || e->quality < 0)
        return;
    bool *passed = &w->passed[(uint64_t)s->gate_of * w->items + e->item];
    struct scored row = {
        .confidence = e->confidence, .weight = 1, .correct = e->quality == RUN_GOOD};
    if (!*passed)
        vec_push(&w->draft[s->gate_of], row);
    *passed = true;
}

static int watch_event(void *arg, const struct run_event *e, struct error *err)
{
    struct watch *w = arg;
    pthread_mutex_lock(&w->lock);
    if (e->item < w->items && e->kind == RUN_VISIT_ENDED)
        watch_gate(w, e);
    if (e->item < w->items && e->kind == RUN_ITEM_ENDED && e->quality != RUN_UNKNOWN) {
        w->right[e->item] = e->end == RUN_END_SHIPPED && e->quality == RUN_GOOD;
        w->unaided[e->item] = e->reviewed ? e->reviewed_quality == RUN_GOOD : w->right[e->item];
    }
    pthread_mutex_unlock(&w->lock);
    return 0;
}

static void watch_init(struct watch *w, const struct pipeline *p, uint64_t items)
{
    *w = (struct watch){.pipeline = p, .items = items};
    pthread_mutex_init(&w->lock, NULL);
    w->right = mem_alloc(items + 1);
    w->unaided = mem_alloc(items + 1);
    memset(w->right, NOT_ENDED, items);
    memset(w->unaided, NOT_ENDED, items);
    w->passed = mem_zero(p->n_steps * items + 1, sizeof *w->passed);
    w->draft = mem_zero(p->n_steps + 1, sizeof *w->draft);
}

static void watch_release(struct watch *w)
{
    for (uint32_t i = 0; i < w->pipeline->n_steps; i++)
        vec_release(&w->draft[i]);
    mem_free(w->draft);
    mem_free(w->right);
    mem_free(w->unaided);
    mem_free(w->passed);
    pthread_mutex_destroy(&w->lock);
}

/* --- what others are told of it */

/* Parts as one run: items by their place in the whole input, one part after the other in time. */
struct relay {
    const struct run_listener *to; /* [n] */
    size_t n;
    uint64_t first; /* item of the part */
    double from_s;  /* when the part begins */
    pthread_mutex_t lock;
    double last_s; /* when the last thing of all parts ended */
};

static int relay_event(void *arg, const struct run_event *e, struct error *err)
{
    struct relay *r = arg;
    struct run_event own = *e;
    int status = 0;
    own.item += r->first;
    own.asked_s += r->from_s;
    own.begin_s += r->from_s;
    own.end_s += r->from_s;
    pthread_mutex_lock(&r->lock);
    r->last_s = fmax(r->last_s, own.end_s);
    pthread_mutex_unlock(&r->lock);
    for (size_t k = 0; k < r->n && !status; k++)
        status = r->to[k].event(r->to[k].arg, &own, err);
    return status;
}

/* --- a run of some items with what was learnt */

struct part {
    struct slice slice;
    uint64_t seed;
    struct run_listener listener;
    struct relay *relay; /* NULL: nobody else is told */
    struct world *world; /* out: of the run, to be freed */
    bool partial;        /* out */
};

static int run_part(const struct pipeline *p, const struct run_options *run, uint64_t items,
                    const struct learnt *l, struct part *part, struct result *out, double level,
                    struct error *err)
{
    struct run_options own = *run;
    struct run_input input = {&part->slice, slice_item, items};
    struct run_tally tally;
    struct arena arena;
    arena_init(&arena);
    run_tally_init(&tally, p);
    part->world = own.setting.world = world_new(run->setting.folder);
    own.items = items;
    own.seed = own.setting.seed = part->seed;
    own.input = &input;
    own.memory = NULL;
    struct run_listener both[2] = {
        part->listener, {part->relay, relay_event}
    };
    own.listeners = both;
    own.n_listeners = part->relay ? 2 : 1;
    if (part->relay) {
        part->relay->first = part->slice.from;
        part->relay->from_s = part->relay->last_s;
    }
    own.map = feedback_maps(p, l, &arena);
    int status = learnt_give(l, part->world, err) || run_pipeline(p, &own, &tally, err);
    part->partial = tally.end.partial;
    if (!status && out)
        run_measure(&tally, level, out);
    run_tally_release(&tally);
    arena_release(&arena);
    return status ? -1 : 0;
}

/* --- what is said of a cycle */

struct telling {
    const struct pipeline *pipeline;
    struct result *out;
    uint32_t cycle;
    double labels, level;
};

static struct curve *curve_of(const struct telling *t, const char *y)
{
    for (size_t i = 0; i < t->out->curves.len; i++)
        if (strcmp(t->out->curves.at[i].id, "learning") == 0 &&
            strcmp(t->out->curves.at[i].y, y) == 0)
            return &t->out->curves.at[i];
    return result_add_curve(t->out, "learning", "cycle", y);
}

static void add_point(const struct telling *t, const char *y, double value, double low, double high)
{
    struct point p = {.x = t->cycle, .y = value, .low = low, .high = high};
    p.at = result_text(t->out, "labels=%.0f", t->labels);
    vec_push(&curve_of(t, result_text(t->out, "%s", y))->points, p);
}

static void tell_draft(const struct telling *t, uint32_t step, const struct scored *s, size_t n)
{
    struct calibration c;
    double value[MEASURE_COUNT];
    struct interval range[MEASURE_COUNT], wrong;
    char name[300];
    if (n == 0)
        return;
    calibration_compute(s, n, 15, false, &c);
    calibration_measures(s, n, &c, t->level, value, range);
    wrong = interval_wilson(c.n - c.n_correct, c.n, t->level);
    snprintf(name, sizeof name, "flow.%.250s.wrong", t->pipeline->step[step].id);
    add_point(t, name, 1 - c.accuracy, wrong.low, wrong.high);
    snprintf(name, sizeof name, "flow.%.250s.ece", t->pipeline->step[step].id);
    add_point(t, name, value[MEASURE_ECE], fmax(range[MEASURE_ECE].low, 0),
              range[MEASURE_ECE].high);
}

static void tell_unaided(const struct telling *t, const struct watch *w)
{
    uint64_t n = 0, k = 0;
    for (uint64_t i = 0; i < w->items; i++) {
        n += w->unaided[i] != NOT_ENDED;
        k += w->unaided[i] == 1;
    }
    struct interval i = interval_wilson(k, n, t->level);
    if (n > 0)
        add_point(t, "unaided", (double)k / (double)n, i.low, i.high);
}

static void tell_cycle(const struct telling *t, const struct watch *w, const struct result *held)
{
    static const char *const shown[] = {"reliability", "shipped_error", "review_load"};
    add_point(t, "labels", t->labels, t->labels, t->labels);
    for (int i = 0; i < 3; i++) {
        const struct metric *m = metrics_find(&held->metrics, shown[i]);
        if (m && isfinite(m->value))
            add_point(t, shown[i], m->value, m->low, m->high);
    }
    tell_unaided(t, w);
    for (uint32_t i = 0; i < t->pipeline->n_steps; i++)
        tell_draft(t, i, w->draft[i].at, w->draft[i].len);
}

/* --- the difference */

struct paired {
    uint64_t n, gained, lost;
};

static struct paired pair(const uint8_t *before, const uint8_t *after, uint64_t items)
{
    struct paired d = {0};
    for (uint64_t i = 0; i < items; i++)
        if (before[i] != NOT_ENDED && after[i] != NOT_ENDED) {
            d.n++;
            d.gained += after[i] > before[i];
            d.lost += after[i] < before[i];
        }
    return d;
}

static struct interval gain_of(const struct paired *d, double level, double *gain)
{
    double n = (double)d->n, changed = (double)(d->gained + d->lost);
    *gain = ((double)d->gained - (double)d->lost) / n;
    double variance = (changed - n * *gain * *gain) / (n - 1);
    return interval_mean(*gain, fmax(variance, 0), d->n, level);
}

static void tell_gain(const char *name, const char *what, const struct paired *d, uint32_t cycles,
                      double level, bool off, struct result *out)
{
    double gain;
    if (d->n < 2)
        return;
    uint64_t fewer = d->gained < d->lost ? d->gained : d->lost;
    struct interval i = gain_of(d, level, &gain);
    double p = fmin(1, 2 * binomial_cdf(fewer, d->gained + d->lost, 0.5));
    metrics_add(&out->metrics, name, gain, i.low, i.high, level, d->n, "1");
    result_assume(out,
                  "learning: of %llu held-out items %llu are %s in cycle %u that were not in "
                  "cycle 0, and %llu the other way round (McNemar's exact test: p = %.2g)%s",
                  (unsigned long long)d->n, (unsigned long long)d->gained, what, cycles - 1,
                  (unsigned long long)d->lost, p, off ? "; nothing was learnt" : "");
    if (i.low <= 0 && i.high >= 0 && !off)
        result_warn(out,
                    "learning: that more items are %s after %u cycles is not shown (%+.3g%% to "
                    "%+.3g%%)",
                    what, cycles, 100 * i.low, 100 * i.high);
}

/* --- all cycles */

struct cycling {
    const struct pipeline *pipeline;
    const struct run_options *run;
    const struct cycles_options *o;
    struct learnt *learnt;
    struct result *out;
    uint8_t *right, *unaided; /* [items]: of cycle 0, see struct watch */
    struct relay relay;
    bool partial;
};

static uint64_t seed_of(const struct cycling *c, uint32_t cycle, uint32_t part)
{
    return rng_mix(c->run->seed + RNG_GOLDEN * (2 * (uint64_t)cycle + part + 1));
}

static void tell_gains(const struct cycling *c, const struct watch *w)
{
    const struct cycles_options *o = c->o;
    struct paired right = pair(c->right, w->right, o->items),
                  unaided = pair(c->unaided, w->unaided, o->items);
    tell_gain("learning_gain", "right", &right, o->cycles, o->level, o->off, c->out);
    tell_gain("unaided_gain", "right before any person looked", &unaided, o->cycles, o->level,
              o->off, c->out);
}

/* The held-out items with what was learnt so far. */
static int hold(struct cycling *c, uint32_t cycle, struct error *err)
{
    const struct cycles_options *o = c->o;
    struct watch w;
    struct result own;
    struct result *to = cycle == 0 ? c->out : &own;
    struct part part = {
        .slice = {o->input, o->cycles * o->items},
        .seed = seed_of(c, cycle, 1),
        .relay = c->relay.n && cycle + 1 == o->cycles ? &c->relay : NULL
    };
    watch_init(&w, c->pipeline, o->items);
    result_init(&own, "run");
    part.listener = (struct run_listener){&w, watch_event};
    int status = run_part(c->pipeline, c->run, o->items, c->learnt, &part, to, o->level, err);
    world_free(part.world);
    c->partial |= part.partial;
    if (!status && !c->partial) {
        struct telling t = {c->pipeline, c->out, cycle, (double)c->learnt->labels, o->level};
        tell_cycle(&t, &w, to);
        if (cycle == 0) {
            memcpy(c->right, w.right, o->items);
            memcpy(c->unaided, w.unaided, o->items);
        } else if (cycle + 1 == o->cycles) {
            tell_gains(c, &w);
        }
    }
    result_release(&own);
    watch_release(&w);
    return status;
}

/* Fresh items, whose labels are learnt from. */
static int learn(struct cycling *c, uint32_t cycle, struct error *err)
{
    const struct cycles_options *o = c->o;
    struct feedback_run *f = feedback_new(c->pipeline);
    struct part part = {
        .slice = {o->input, cycle * o->items},
        .seed = seed_of(c, cycle, 0),
        .listener = feedback_listener(f),
        .relay = c->relay.n ? &c->relay : NULL
    };
    int status = run_part(c->pipeline, c->run, o->items, c->learnt, &part, NULL, o->level, err);
    c->partial |= part.partial;
    if (!status && !o->off)
        status = feedback_learn(f, part.world, c->learnt, err);
    world_free(part.world);
    feedback_free(f);
    return status;
}

int run_cycles(const struct pipeline *p, const struct run_options *run,
               const struct cycles_options *o, struct learnt *l, struct result *out,
               struct error *err)
{
    struct cycling c = {.pipeline = p, .run = run, .o = o, .learnt = l, .out = out};
    int status = 0;
    if (o->cycles == 0 || o->items == 0)
        BUG("%u cycles of %llu items", o->cycles, (unsigned long long)o->items);
    c.relay = (struct relay){.to = run->listeners, .n = run->n_listeners};
    pthread_mutex_init(&c.relay.lock, NULL);
    c.right = mem_zero(o->items + 1, 1);
    c.unaided = mem_zero(o->items + 1, 1);
    for (uint32_t k = 0; k < o->cycles && !status && !c.partial; k++) {
        status = hold(&c, k, err);
        if (!status && !c.partial)
            status = learn(&c, k, err);
    }
    out->run.partial = c.partial;
    mem_free(c.right);
    mem_free(c.unaided);
    pthread_mutex_destroy(&c.relay.lock);
    return status;
}
