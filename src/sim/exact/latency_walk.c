/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An item's way through the chain: sums of products of visits along the hops in topological
 * order; inside a loop without a bound, a linear system for each point (Kemeny and Snell 1960,
 * ch. 3, with transforms in place of probabilities), and its series for the kinks. */
#include "sim/exact/latency.h"
#include "sim/exact/weather_times.h"

#include <math.h>
#include <string.h>

enum { ROUNDS_MAX = 20000 };
static const double PI = 3.14159265358979323846;

/* --- items: least times */

static double end_shift(const struct latency_model *l, const struct chain *c, uint32_t unit)
{
    return l->law[l->law_of[c->class * c->n_units + unit]].shift_s;
}

/* Hops from s to outside [begin, end). */
static void offsets_send(const struct latency_model *l, const struct chain *c, uint32_t s,
                         uint32_t begin, uint32_t end)
{
    double at = l->state_s[c->class][s] + end_shift(l, c, c->state[s].unit);
    for (uint32_t h = c->state[s].hop; h < c->state[s + 1].hop; h++) {
        int32_t to = c->hop[h].to;
        if (!(c->weight[c->hop[h].branch] > 0) ||
            (to >= 0 && (uint32_t)to >= begin && (uint32_t)to < end))
            continue;
        double *least = to < 0 ? &l->out_s[c->class][-1 - to] : &l->state_s[c->class][to];
        *least = fmin(*least, at);
    }
}

/* States of a block have the least time of its entries. */
static void class_offsets(const struct latency_model *l, const struct chain *c)
{
    double share[2] = {c->input_wrong.value, 1 - c->input_wrong.value};
    double *at = l->state_s[c->class];
    uint32_t s = 0;
    for (uint32_t i = 0; i < c->n_states; i++)
        at[i] = INFINITY;
    for (uint32_t k = 0; k < LATENCY_PARTS * ABSORB_COUNT; k++)
        l->out_s[c->class][k] = INFINITY;
    for (int q = 0; q < 2; q++)
        for (uint32_t k = 0; k < c->n_weather && c->start[q] >= 0 && share[q] > 0; k++)
            at[c->start[q] + k] = 0;
    for (uint32_t k = 0; k <= c->n_blocks; k++) {
        const struct chain_block *b = k < c->n_blocks ? &c->block[k] : NULL;
        for (uint32_t until = b ? b->begin : c->n_states; s < until; s++)
            offsets_send(l, c, s, 0, 0);
        if (!b)
            break;
        double least = INFINITY;
        for (uint32_t i = b->begin; i < b->end; i++)
            least = fmin(least, at[i]);
        for (uint32_t i = b->begin; i < b->end; i++)
            at[i] = least;
        for (; s < b->end; s++)
            offsets_send(l, c, s, b->begin, b->end);
    }
}

void latency_offsets(struct latency_model *l)
{
    uint32_t n = l->model->pipeline->n_classes;
    l->state_s = mem_zero(n, sizeof *l->state_s);
    l->out_s = mem_zero(n, sizeof *l->out_s);
    l->law_s = mem_zero(latency_laws(l), sizeof *l->law_s);
    for (size_t i = 0; i < latency_laws(l); i++)
        l->law_s[i] = INFINITY;
    for (uint32_t k = 0; k < n; k++) {
        const struct chain *c = &l->walk[k];
        l->state_s[k] = mem_zero((size_t)c->n_states + 1, sizeof **l->state_s);
        class_offsets(l, c);
        for (uint32_t i = 0; i < l->parts * ABSORB_COUNT; i++)
            for (uint32_t of = latency_first(i % ABSORB_COUNT); of < LATENCY_OF_COUNT; of++) {
                double *all = l->law_s + i / ABSORB_COUNT * latency_stride(l) + of;
                double *own = all + (size_t)(k + 1) * LATENCY_OF_COUNT;
                *own = fmin(*own, l->out_s[k][i]);
                *all = fmin(*all, l->out_s[k][i]);
            }
    }
}

void latency_offsets_release(struct latency_model *l)
{
    for (uint32_t k = 0; k < l->model->pipeline->n_classes; k++)
        mem_free(l->state_s[k]);
    mem_free(l->state_s);
    mem_free(l->out_s);
    mem_free(l->law_s);
}

/* How much later than the least time of its target a hop of s arrives; 0 where nothing goes. */
static double later(const struct latency_model *l, const struct chain *c, uint32_t s, int32_t to)
{
    double at = l->state_s[c->class][s] + end_shift(l, c, c->state[s].unit);
    double least = to < 0 ? l->out_s[c->class][-1 - to] : l->state_s[c->class][to];
    double delay = at - least;
    return isfinite(delay) && delay > 1e-15 * at ? delay : 0;
}

/* a, `delay` s later, to out. */
static const struct wave *delayed(const struct window *w, uint32_t b, const struct wave *a,
                                  double delay, struct wave *out)
{
    if (!(delay > 0))
        return a;
    wave_delay(w, b, delay, out);
    wave_multiply(out, a);
    return out;
}

/* --- items: transforms */

struct wave_walk {
    const struct chain *c;
    const struct latency_model *latency;
    const struct window *window;
    uint32_t b;         /* the wave */
    struct wave *state; /* [n_states] */
    struct wave *end;   /* [chain.n_ends] */
    struct wave out[LATENCY_PARTS * ABSORB_COUNT];
    double *matrix; /* [n][n + 1][2] of the largest block */
};

/* States whose arrivals are wanted besides, or a watcher of all. */
struct arrivals_at {
    const uint32_t *state;
    uint32_t n;
    struct total *out; /* [n] */
    const struct latency_watch *watch;
};

static void wave_send(struct wave_walk *walk, uint32_t s, uint32_t end)
{
    const struct chain_state *from = &walk->c->state[s];
    uint32_t last = UINT32_MAX;
    struct wave after;
    for (uint32_t h = from->hop; h < from[1].hop; h++) {
        const struct hop *hop = &walk->c->hop[h];
        if (hop->to >= 0 && (uint32_t)hop->to < end)
            continue;
        if (walk->c->end_of[hop->branch] != last) {
            last = walk->c->end_of[hop->branch];
            after = walk->state[s];
            wave_multiply(&after, &walk->end[last]);
        }
        struct wave room;
        double delay = later(walk->latency, walk->c, s, hop->to);
        wave_add(hop->to < 0 ? &walk->out[-1 - hop->to] : &walk->state[hop->to],
                 delayed(walk->window, walk->b, &after, delay, &room),
                 walk->c->weight[hop->branch]);
    }
}

/* (I - P)^T x = b by elimination without pivots: in every column the diagonal outweighs the rest,
 * as |E exp(-s T)| < 1. */
static void eliminate(double *a, uint32_t n)
{
    size_t row = 2 * ((size_t)n + 1);
    for (uint32_t k = 0; k < n; k++) {
        double *top = a + k * row, dr = top[2 * k], di = top[2 * k + 1];
        double square = dr * dr + di * di;
        for (uint32_t i = k + 1; i < n; i++) {
            double *low = a + i * row, re = low[2 * k], im = low[2 * k + 1];
            if (re == 0 && im == 0)
                continue;
            double fr = (re * dr + im * di) / square, fi = (im * dr - re * di) / square;
            for (uint32_t j = k + 1; j <= n; j++) {
                low[2 * j] -= fr * top[2 * j] - fi * top[2 * j + 1];
                low[2 * j + 1] -= fr * top[2 * j + 1] + fi * top[2 * j];
            }
        }
    }
    for (uint32_t k = n; k-- > 0;) {
        double *top = a + k * row, re = top[2 * n], im = top[2 * n + 1];
        for (uint32_t j = k + 1; j < n; j++) {
            const double *x = a + j * row + 2 * n;
            re -= top[2 * j] * x[0] - top[2 * j + 1] * x[1];
            im -= top[2 * j] * x[1] + top[2 * j + 1] * x[0];
        }
        double dr = top[2 * k], di = top[2 * k + 1], square = dr * dr + di * di;
        top[2 * n] = (re * dr + im * di) / square;
        top[2 * n + 1] = (im * dr - re * di) / square;
    }
}

static void wave_block(struct wave_walk *walk, const struct chain_block *range)
{
    uint32_t n = range->end - range->begin;
    size_t row = 2 * ((size_t)n + 1);
    for (int i = 0; i < WAVE_WIDTH; i++) {
        memset(walk->matrix, 0, n * row * sizeof *walk->matrix);
        for (uint32_t u = 0; u < n; u++) {
            const struct chain_state *s = &walk->c->state[range->begin + u];
            walk->matrix[u * row + 2 * u] += 1;
            walk->matrix[u * row + 2 * n] = walk->state[range->begin + u].re[i];
            walk->matrix[u * row + 2 * n + 1] = walk->state[range->begin + u].im[i];
            for (uint32_t h = s->hop; h < s[1].hop; h++) {
                const struct hop *hop = &walk->c->hop[h];
                int64_t v = (int64_t)hop->to - range->begin;
                if (v < 0 || v >= n)
                    continue;
                struct wave room;
                double delay = later(walk->latency, walk->c, range->begin + u, hop->to);
                const struct wave *time = delayed(
                    walk->window, walk->b, &walk->end[walk->c->end_of[hop->branch]], delay, &room);
                double p = walk->c->weight[hop->branch];
                walk->matrix[(size_t)v * row + 2 * u] -= p * time->re[i];
                walk->matrix[(size_t)v * row + 2 * u + 1] -= p * time->im[i];
            }
        }
        eliminate(walk->matrix, n);
        for (uint32_t u = 0; u < n; u++) {
            walk->state[range->begin + u].re[i] = walk->matrix[u * row + 2 * n];
            walk->state[range->begin + u].im[i] = walk->matrix[u * row + 2 * n + 1];
        }
    }
}

static void wave_pass(struct wave_walk *walk)
{
    const struct chain *c = walk->c;
    double share[2] = {c->input_wrong.value, 1 - c->input_wrong.value};
    memset(walk->state, 0, c->n_states * sizeof *walk->state);
    memset(walk->out, 0, sizeof walk->out);
    for (int q = 0; q < 2; q++)
        for (uint32_t k = 0; k < c->n_weather && c->start[q] >= 0; k++)
            for (int i = 0; i < WAVE_WIDTH; i++)
                walk->state[c->start[q] + k].re[i] += share[q] * c->weather_start[k];
    uint32_t s = 0;
    for (uint32_t k = 0; k <= c->n_blocks; k++) {
        const struct chain_block *b = k < c->n_blocks ? &c->block[k] : NULL;
        for (uint32_t until = b ? b->begin : c->n_states; s < until; s++)
            wave_send(walk, s, 0);
        if (!b)
            break;
        wave_block(walk, b);
        for (; s < b->end; s++)
            wave_send(walk, s, b->end);
    }
}

static uint32_t largest_block(const struct chain *c)
{
    uint32_t n = 0;
    for (uint32_t b = 0; b < c->n_blocks; b++)
        n = c->block[b].end - c->block[b].begin > n ? c->block[b].end - c->block[b].begin : n;
    return n;
}

static void walk_make(struct wave_walk *walk, const struct latency_model *l, const struct chain *c,
                      const struct window *w)
{
    uint32_t block = largest_block(c);
    *walk = (struct wave_walk){.c = c, .latency = l, .window = w};
    walk->state = mem_zero(c->n_states, sizeof *walk->state);
    walk->end = mem_zero(c->n_ends, sizeof *walk->end);
    walk->matrix = mem_zero(2 * (size_t)block * (block + 1) + 1, sizeof *walk->matrix);
}

static void walk_free(struct wave_walk *walk)
{
    mem_free(walk->state);
    mem_free(walk->end);
    mem_free(walk->matrix);
}

void latency_entries(const struct latency_model *l, uint32_t step, double omega, double out[2])
{
    const struct model *m = l->model;
    struct window w = {.t_max = 1e300, .period = 2 * PI / omega, .step = omega, .n = 64};
    struct latency_spectra spectra;
    latency_spectra_init(&spectra, l, &w, UINT32_MAX);
    out[0] = out[1] = 0;
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++) {
        const struct chain *c = &l->walk[k];
        struct wave_walk walk;
        walk_make(&walk, l, c, &w);
        for (uint32_t i = 0; i < c->n_units; i++)
            latency_ends_wave(l, &spectra, k, i, &w, 0, walk.end + c->unit[i].first_end);
        wave_pass(&walk);
        for (uint32_t s = 0; s < c->n_states; s++)
            if (c->state[s].step == step && c->unit[c->state[s].unit].kind == UNIT_VISIT) {
                struct wave room;
                double at = isfinite(l->state_s[k][s]) ? l->state_s[k][s] : 0;
                const struct wave *entry = delayed(&w, 0, &walk.state[s], at, &room);
                out[0] += m->pipeline->class[k].share * entry->re[1];
                out[1] += m->pipeline->class[k].share * entry->im[1];
            }
        walk_free(&walk);
    }
    latency_spectra_release(&spectra);
}

static void add_waves(const struct latency_model *l, uint32_t class,
                      const struct latency_spectra *spectra, const struct window *w,
                      const struct arrivals_at *at, struct total *out)
{
    const struct model *m = l->model;
    const struct chain *c = &l->walk[class];
    uint32_t n = c->n_units;
    double share = m->pipeline->class[class].share;
    struct wave_walk walk;
    walk_make(&walk, l, c, w);
    for (uint32_t b = 0; b < window_waves(w); b++) {
        for (uint32_t i = 0; i < n; i++)
            latency_ends_wave(l, spectra, class, i, w, b, walk.end + c->unit[i].first_end);
        walk.b = b;
        wave_pass(&walk);
        if (at->watch)
            at->watch->waves(at->watch->arg, b, walk.state, walk.out);
        for (uint32_t k = 0; k < at->n; k++) {
            struct wave room;
            double least = l->state_s[class][at->state[k]];
            if (isfinite(least))
                wave_add(&at->out[k].wave[b],
                         delayed(w, b, &walk.state[at->state[k]], least, &room), 1);
        }
        for (uint32_t k = 0; k < l->parts * ABSORB_COUNT && out; k++)
            for (uint32_t i = latency_first(k % ABSORB_COUNT); i < LATENCY_OF_COUNT; i++) {
                size_t of = k / ABSORB_COUNT * latency_stride(l) + i;
                size_t own = of + (size_t)(class + 1) * LATENCY_OF_COUNT;
                double least = l->out_s[class][k];
                struct wave room;
                if (!isfinite(least))
                    continue;
                wave_add(&out[of].wave[b], delayed(w, b, &walk.out[k], least - l->law_s[of], &room),
                         share);
                if (model_scopes(m) > 1)
                    wave_add(&out[own].wave[b],
                             delayed(w, b, &walk.out[k], least - l->law_s[own], &room), 1);
            }
    }
    walk_free(&walk);
}

/* --- items: kinks */

struct kinks_walk {
    const struct chain *c;
    const struct latency_model *latency;
    struct kink_limits limits;
    struct kinks *state; /* [n_states] */
    struct kinks *end;   /* [chain.n_ends] */
    struct kinks out[LATENCY_PARTS * LATENCY_OF_COUNT];
    const struct arrivals_at *at;
};

static void kinks_leave(struct kinks_walk *walk, uint32_t absorb, const struct kinks *after,
                        double p, double delay)
{
    const struct latency_model *l = walk->latency;
    uint32_t part = absorb / ABSORB_COUNT;
    const double *law_s = l->law_s + part * latency_stride(l);
    double at = delay + l->out_s[walk->c->class][absorb];
    law_s += (size_t)(walk->c->class + 1) * LATENCY_OF_COUNT;
    for (uint32_t k = latency_first(absorb % ABSORB_COUNT); k < LATENCY_OF_COUNT; k++)
        kinks_add_later(&walk->out[part * LATENCY_OF_COUNT + k], after, p, at - law_s[k]);
}

/* Sends on and empties `held`, over hops to states from `end` on and, into `inside`, to those in
 * [begin, end). */
static void kinks_send(struct kinks_walk *walk, uint32_t s, struct kinks *held, uint32_t begin,
                       uint32_t end, struct kinks *inside)
{
    const struct chain_state *from = &walk->c->state[s];
    uint32_t last = UINT32_MAX;
    struct kinks after = {0};
    kinks_tidy(held, &walk->limits);
    if (walk->at->watch && held->len)
        walk->at->watch->kinks(walk->at->watch->arg, s, held);
    for (uint32_t k = 0; k < walk->at->n; k++)
        if (walk->at->state[k] == s)
            kinks_add_later(&walk->at->out[k].kinks, held, 1,
                            walk->latency->state_s[walk->c->class][s]);
    for (uint32_t h = from->hop; h < from[1].hop; h++) {
        const struct hop *hop = &walk->c->hop[h];
        if (walk->c->end_of[hop->branch] != last) {
            last = walk->c->end_of[hop->branch];
            after.len = 0;
            kinks_product(held, &walk->end[last], &walk->limits, &after);
            kinks_tidy(&after, &walk->limits);
        }
        double p = walk->c->weight[hop->branch];
        double delay = later(walk->latency, walk->c, s, hop->to);
        uint32_t to = (uint32_t)hop->to;
        if (hop->to < 0 && p > 0) {
            kinks_leave(walk, (uint32_t)(-1 - hop->to), &after, p, delay);
        } else if (hop->to >= 0 && to >= begin && to < end) {
            kinks_add_later(&inside[to - begin], &after, p, delay);
        } else if (hop->to >= 0) {
            kinks_add_later(&walk->state[to], &after, p, delay);
        }
    }
    kinks_release(&after);
    kinks_release(held);
}

/* Round after round until what still goes round does not matter. */
static void kinks_block(struct kinks_walk *walk, const struct chain_block *range)
{
    uint32_t n = range->end - range->begin;
    struct kinks *now = &walk->state[range->begin], *next = mem_zero(n, sizeof *next);
    bool some = true;
    for (int round = 0; round < ROUNDS_MAX && some; round++) {
        some = false;
        for (uint32_t u = 0; u < n; u++)
            kinks_send(walk, range->begin + u, &now[u], range->begin, range->end, next);
        for (uint32_t u = 0; u < n; u++) {
            now[u] = next[u];
            next[u] = (struct kinks){0};
            kinks_tidy(&now[u], &walk->limits);
            some = some || now[u].len;
        }
    }
    for (uint32_t u = 0; u < n; u++)
        kinks_release(&now[u]);
    mem_free(next);
}

static void kinks_pass(struct kinks_walk *walk)
{
    const struct chain *c = walk->c;
    double share[2] = {c->input_wrong.value, 1 - c->input_wrong.value};
    for (int q = 0; q < 2; q++)
        for (uint32_t k = 0; k < c->n_weather && c->start[q] >= 0; k++)
            kinks_put(&walk->state[c->start[q] + k], 0, 0, share[q] * c->weather_start[k]);
    uint32_t s = 0;
    for (uint32_t k = 0; k <= c->n_blocks; k++) {
        const struct chain_block *b = k < c->n_blocks ? &c->block[k] : NULL;
        for (uint32_t until = b ? b->begin : c->n_states; s < until; s++)
            kinks_send(walk, s, &walk->state[s], 0, 0, NULL);
        if (!b)
            break;
        kinks_block(walk, b);
        s = b->end;
    }
}

static void add_kinks(const struct latency_model *l, uint32_t class,
                      const struct latency_spectra *spectra, const struct window *w,
                      const struct arrivals_at *at, struct total *out)
{
    const struct model *m = l->model;
    const struct chain *c = &l->walk[class];
    uint32_t n = c->n_units;
    struct kinks_walk walk = {.c = c, .latency = l, .limits = kink_limits(w), .at = at};
    walk.state = mem_zero(c->n_states, sizeof *walk.state);
    walk.end = mem_zero(c->n_ends, sizeof *walk.end);
    for (uint32_t i = 0; i < n; i++)
        latency_ends_kinks(l, spectra, class, i, &walk.limits, walk.end + c->unit[i].first_end);
    kinks_pass(&walk);
    for (uint32_t k = 0; k < l->parts * LATENCY_OF_COUNT; k++) {
        size_t of = k / LATENCY_OF_COUNT * latency_stride(l) + k % LATENCY_OF_COUNT;
        size_t own = of + (size_t)(class + 1) * LATENCY_OF_COUNT;
        double later_s = l->law_s[own] - l->law_s[of];
        if (out)
            kinks_add_later(&out[of].kinks, &walk.out[k], m->pipeline->class[class].share,
                            isfinite(later_s) ? later_s : 0);
        if (out && model_scopes(m) > 1)
            kinks_add(&out[own].kinks, &walk.out[k], 1);
        kinks_release(&walk.out[k]);
    }
    for (uint32_t e = 0; e < c->n_ends; e++)
        kinks_release(&walk.end[e]);
    for (uint32_t s = 0; s < c->n_states; s++)
        kinks_release(&walk.state[s]);
    mem_free(walk.state);
    mem_free(walk.end);
}

void latency_fill_items(const void *arg, const struct window *w, struct total *out)
{
    const struct latency_model *l = arg;
    const struct arrivals_at none = {0};
    struct latency_spectra spectra;
    latency_spectra_init(&spectra, l, w, UINT32_MAX);
    for (uint32_t k = 0; k < l->model->pipeline->n_classes; k++) {
        add_waves(l, k, &spectra, w, &none, out);
        add_kinks(l, k, &spectra, w, &none, out);
    }
    latency_spectra_release(&spectra);
}

void latency_fill_states(const struct latency_model *l, const struct window *w,
                         const uint32_t *state, uint32_t n, struct total *out)
{
    const struct arrivals_at at = {.state = state, .n = n, .out = out};
    struct latency_spectra spectra;
    latency_spectra_init(&spectra, l, w, UINT32_MAX);
    add_waves(l, 0, &spectra, w, &at, NULL);
    add_kinks(l, 0, &spectra, w, &at, NULL);
    latency_spectra_release(&spectra);
}

void latency_walk_all(const struct latency_model *l, uint32_t class,
                      const struct latency_spectra *spectra, const struct window *w,
                      const struct latency_watch *watch)
{
    const struct arrivals_at at = {.watch = watch};
    add_waves(l, class, spectra, w, &at, NULL);
    add_kinks(l, class, spectra, w, &at, NULL);
}

double latency_work(const struct model *m)
{
    double sum = 0;
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++) {
        const struct chain *c = &m->chain[k];
        sum += 1.5 * c->n_hops + 4.0 * c->n_states + 40.0 * m->pipeline->n_steps;
        sum += sky_times_work(c);
        for (uint32_t b = 0; b < c->n_blocks; b++) {
            double n = c->block[b].end - c->block[b].begin;
            sum += 1.5 * n * n * n + 20 * n * n;
        }
    }
    return sum;
}
