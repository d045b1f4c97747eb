/* SPDX-License-Identifier: GPL-3.0-or-later */
/* E[exp(-s L) exp(Q L)] by parts, as the moments in weather_law.c: with D(x) = exp(Q x) less its
 * limit, whose part has the transform of L itself, it is the sum of m exp(-s x) D(x) over atoms and
 * starts of continuous parts, and the transform of the complement of the law times D Q - s D.
 * Where the density of L jumps at x, so does that of the product, by Leibniz' rule with the
 * derivatives exp(Q x) Q^k.
 *
 * A visit is the product of such matrices along its attempts (Neuts, "Matrix-Geometric Solutions in
 * Stochastic Models", 1981, ch. 2), as sky_visit has their moments. */
#include "sim/exact/weather_times.h"

#include <math.h>
#include <string.h>

/* --- laws */

static const struct wave *wave_of(const struct sky_spectra *s, uint32_t law, uint32_t i, uint32_t j,
                                  uint32_t b)
{
    return s->wave[law] + (size_t)(i * s->n + j) * s->waves + b;
}

static uint32_t law_at(const struct sky_spectra *s, const struct weather_law *law)
{
    for (uint32_t k = 0; k < s->n_laws; k++)
        if (s->law[k] == law)
            return k;
    BUG("a latency in the environments without a law");
}

/* out[n][n]: exp(Q x). */
static void moved(const struct weather *w, double x, double *out)
{
    weather_shift(w, x, out);
    for (uint32_t i = 0; i < w->n * w->n; i++)
        out[i] += w->start[i % w->n];
}

/* Adds D at these places to the transforms out[n][n][waves]. */
static void add_places(const struct sky_spectra *s, const struct weather *weather,
                       const struct window *w, const struct weighted *at, size_t len,
                       struct wave *out)
{
    uint32_t square = s->n * s->n;
    double *shift = mem_zero(square * len + 1, sizeof *shift);
    struct weighted *here = mem_zero(len + 1, sizeof *here);
    for (size_t k = 0; k < len; k++)
        weather_shift(weather, at[k].x, shift + square * k);
    for (uint32_t i = 0; i < square; i++) {
        for (size_t k = 0; k < len; k++)
            here[k] = (struct weighted){at[k].x, at[k].mass * shift[square * k + i]};
        window_add_near(w, here, len, out + (size_t)i * s->waves);
    }
    mem_free(shift);
    mem_free(here);
}

/* The transforms of the complement times D into part[n][n][waves].  Rows of D add up to 0, and its
 * columns do when weighed by the stationary law, so that one row and one column follow from the
 * others: those of the likeliest state. */
static void make_parts(const struct sky_spectra *s, const struct weather_law *law,
                       const struct weather *weather, const struct window *w, struct wave *part)
{
    uint32_t n = s->n, last = 0;
    for (uint32_t i = 1; i < n; i++)
        last = weather->start[i] > weather->start[last] ? i : last;
    for (uint32_t i = 0; i < n; i++) {
        struct wave *row = part + (size_t)i * n * s->waves, *rest = row + (size_t)last * s->waves;
        for (uint32_t j = 0; j < n && i != last; j++) {
            struct wave *to = row + (size_t)j * s->waves;
            if (j != last)
                panels_transform(law->moving + (size_t)i * n + j, law->parts.len, (size_t)n * n, w,
                                 to);
            for (uint32_t b = 0; b < s->waves && j != last; b++)
                wave_add(&rest[b], &to[b], -1);
        }
    }
    struct wave *row = part + (size_t)last * n * s->waves;
    for (uint32_t i = 0; i < n; i++)
        for (size_t k = 0; k < (size_t)n * s->waves && i != last; k++)
            wave_add(&row[k], &part[(size_t)i * n * s->waves + k],
                     -weather->start[i] / weather->start[last]);
}

static void make_wave(struct sky_spectra *s, uint32_t k, const struct weather *weather,
                      const struct window *w)
{
    const struct weather_law *law = s->law[k];
    uint32_t n = s->n, square = n * n, waves = s->waves;
    struct wave *part = mem_zero((size_t)square * waves, sizeof *part);
    struct wave *plain = mem_zero(waves, sizeof *plain);
    s->wave[k] = mem_zero((size_t)square * waves, sizeof **s->wave);
    latency_law_transform(&law->law, w, plain);
    if (law->parts.len)
        make_parts(s, law, weather, w, part);
    for (uint32_t i = 0; i < square; i++)
        for (uint32_t b = 0; b < waves; b++) {
            struct wave *out = s->wave[k] + (size_t)i * waves + b;
            struct wave with_s = part[(size_t)i * waves + b];
            wave_times_s(w, b, &with_s);
            wave_add(out, &with_s, -1);
            wave_add(out, &plain[b], weather->start[i % n]);
            for (uint32_t l = 0; l < n; l++)
                wave_add(out, &part[(size_t)(i / n * n + l) * waves + b],
                         weather->rate[l * n + i % n]);
        }
    add_places(s, weather, w, law->law.atoms.at, law->law.atoms.len, s->wave[k]);
    add_places(s, weather, w, law->law.starts.at, law->law.starts.len, s->wave[k]);
    mem_free(part);
    mem_free(plain);
}

/* power[k] = exp(Q x) Q^k, k < KINK_ORDERS. */
static void derivatives(const struct weather *w, double x, double *power)
{
    uint32_t n = w->n, square = n * n;
    moved(w, x, power);
    for (int k = 1; k < KINK_ORDERS; k++)
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t j = 0; j < n; j++) {
                double sum = 0;
                for (uint32_t l = 0; l < n; l++)
                    sum += power[(uint32_t)(k - 1) * square + i * n + l] * w->rate[l * n + j];
                power[(uint32_t)k * square + i * n + j] = sum;
            }
}

/* A kink of the density of L as one of that times the ij-th of exp(Q x). */
static struct kink kink_moved(const struct kink *plain, const double *power, uint32_t square,
                              uint32_t ij)
{
    struct kink k = {.x = plain->x, .c[0] = plain->c[0] * power[ij]};
    for (int m = 1; m < KINK_ORDERS; m++) {
        double choose = 1;
        for (int l = 0; l < m; l++) {
            k.c[m] += choose * plain->c[m - l] * power[(uint32_t)l * square + ij];
            choose *= (double)(m - 1 - l) / (l + 1);
        }
    }
    return k;
}

static void make_kinks(struct sky_spectra *s, uint32_t law, const struct weather *weather,
                       const struct window *w)
{
    uint32_t square = s->n * s->n;
    struct kinks plain = {0}, *out = s->kinks + (size_t)law * square;
    double *power = mem_zero((size_t)KINK_ORDERS * square, sizeof *power);
    struct kink_limits limits = kink_limits(w);
    latency_law_kinks(&s->law[law]->law, w, true, &plain);
    for (size_t k = 0; k < plain.len; k++) {
        derivatives(weather, plain.at[k].x, power);
        for (uint32_t i = 0; i < square; i++) {
            struct kink add = kink_moved(&plain.at[k], power, square, i);
            vec_push(&out[i], add);
        }
    }
    for (uint32_t i = 0; i < square; i++)
        kinks_tidy(&out[i], &limits);
    kinks_release(&plain);
    mem_free(power);
}

/* --- making them */

static void take_law(struct sky_spectra *s, const struct weather_law *law)
{
    for (uint32_t k = 0; k < s->n_laws; k++)
        if (s->law[k] == law)
            return;
    s->law[s->n_laws++] = law;
}

/* As put_branches of weather_chain.c weighs them. */
static void take_weights(struct sky_spectra *s, uint32_t unit)
{
    const struct chain *c = s->chain;
    uint32_t width = c->unit[unit].width / s->n;
    for (int good = 0; good < 2; good++) {
        double *weight = mem_zero((size_t)width * s->n + 1, sizeof *weight);
        for (uint32_t i = 0; i < s->n; i++) {
            const struct sky_attempt *a = &s->attempt[sky_sibling(c, unit, i)];
            struct visit_law law = {.ok = a->outcome[OUTCOME_OK],
                                    .wrong = a->outcome[OUTCOME_WRONG]};
            (void)visit_weights(c, sky_sibling(c, unit, i), &a->numbers, &law, good,
                                weight + (size_t)i * width);
        }
        s->weight[2 * (size_t)unit + good] = weight;
    }
}

static uint32_t attempts_of(const struct chain *c, uint32_t unit)
{
    return c->unit[unit].kind == UNIT_VISIT ? chain_retry(c, unit)->attempts : 1;
}

void sky_spectra_init(struct sky_spectra *s, const struct chain *c, const struct window *w,
                      uint32_t step)
{
    const struct weather *weather = sky_weather(c);
    size_t most = 1;
    *s = (struct sky_spectra){.chain = c, .n = c->n_weather, .waves = window_waves(w)};
    for (uint32_t u = 0; u < c->n_units; u++)
        most += 2 + attempts_of(c, u);
    s->law = mem_zero(most, sizeof *s->law);
    s->attempt = mem_zero(c->n_units, sizeof *s->attempt);
    s->weight = mem_zero(2 * (size_t)c->n_units, sizeof *s->weight);
    for (uint32_t u = 0; u < c->n_units; u++)
        if (unit_counts(&c->unit[u]) && (step == UINT32_MAX || c->unit[u].step == step))
            sky_attempt(c, u, CHAIN_AS_FILLED, &s->attempt[u]);
    for (uint32_t u = 0; u < c->n_units; u++) {
        if (!unit_counts(&c->unit[u]) || (step != UINT32_MAX && c->unit[u].step != step))
            continue;
        take_weights(s, u);
        take_law(s, sky_law(c, u));
        if (s->attempt[u].lost_late[0] + s->attempt[u].lost_late[1] > 0)
            take_law(s, sky_late(c, u));
        for (uint32_t k = 1; k < attempts_of(c, u); k++)
            take_law(s, sky_wait(c, u, k));
    }
    s->wave = mem_zero((size_t)s->n_laws + 1, sizeof *s->wave);
    s->kinks = mem_zero((size_t)s->n_laws * s->n * s->n + 1, sizeof *s->kinks);
    for (uint32_t k = 0; k < s->n_laws; k++) {
        weather_law_hold((struct weather_law *)s->law[k], weather); /* once for the chain */
        make_wave(s, k, weather, w);
        make_kinks(s, k, weather, w);
    }
}

void sky_spectra_release(struct sky_spectra *s)
{
    for (uint32_t k = 0; k < s->n_laws; k++)
        mem_free(s->wave[k]);
    for (uint32_t k = 0; k < s->n_laws * s->n * s->n; k++)
        kinks_release(&s->kinks[k]);
    for (uint32_t k = 0; s->weight && k < 2 * s->chain->n_units; k++)
        mem_free(s->weight[k]);
    mem_free(s->law);
    mem_free(s->wave);
    mem_free(s->kinks);
    mem_free(s->attempt);
    mem_free(s->weight);
    *s = (struct sky_spectra){0};
}

/* --- a visit in waves */

struct wave_visit {
    struct wave last[SKY_TIMES_MAX];   /* beginnings of attempts, by their weather */
    struct wave failed[SKY_TIMES_MAX]; /* visits that fail, by the weather afterwards */
};

/* to[j] += p a E[exp(-s L); j] from weather i. */
static void move_wave(const struct sky_spectra *s, const struct weather_law *law, uint32_t i,
                      uint32_t b, const struct wave *a, double p, struct wave *to)
{
    if (!(p > 0))
        return;
    uint32_t k = law_at(s, law);
    for (uint32_t j = 0; j < s->n; j++) {
        struct wave part = *a;
        wave_multiply(&part, wave_of(s, k, i, j, b));
        wave_add(&to[j], &part, p);
    }
}

static double tried_again(const struct sky_attempt *a)
{
    return a->lost[1] + a->lost_late[1];
}

static void visit_waves(const struct sky_spectra *s, uint32_t unit, uint32_t b,
                        struct wave_visit *v)
{
    const struct chain *c = s->chain;
    uint32_t attempts = attempts_of(c, unit);
    struct wave now[SKY_TIMES_MAX], lost[SKY_TIMES_MAX];
    double reached = 1;
    memset(v, 0, sizeof *v);
    memset(now, 0, sizeof now);
    wave_set(&now[c->unit[unit].weather], 1);
    for (uint32_t k = 1; k <= attempts && reached > 1e-18; k++) {
        double most = 0;
        memset(lost, 0, sizeof lost);
        for (uint32_t i = 0; i < s->n; i++) {
            uint32_t u = sky_sibling(c, unit, i);
            const struct sky_attempt *a = &s->attempt[u];
            struct wave *again = k == attempts ? v->failed : lost;
            wave_add(&v->last[i], &now[i], 1);
            move_wave(s, sky_law(c, u), i, b, &now[i], a->lost[0], v->failed);
            move_wave(s, sky_late(c, u), i, b, &now[i], a->lost_late[0], v->failed);
            move_wave(s, sky_law(c, u), i, b, &now[i], a->lost[1], again);
            move_wave(s, sky_late(c, u), i, b, &now[i], a->lost_late[1], again);
            most = fmax(most, tried_again(a));
        }
        memset(now, 0, sizeof now);
        for (uint32_t i = 0; i < s->n && k < attempts; i++)
            move_wave(s, sky_wait(c, unit, k), i, b, &lost[i], 1, now);
        reached *= most;
    }
}

void sky_visit_wave(const struct sky_spectra *s, uint32_t unit, uint32_t b,
                    struct wave out[END_COUNT])
{
    const struct chain *c = s->chain;
    const struct visit_law *law = &c->law[unit];
    struct wave_visit v;
    struct wave ok[SKY_TIMES_MAX] = {
        {{0}, {0}}
    };
    visit_waves(s, unit, b, &v);
    memset(out, 0, END_COUNT * sizeof *out);
    for (uint32_t i = 0; i < s->n; i++) {
        uint32_t u = sky_sibling(c, unit, i);
        const struct sky_attempt *a = &s->attempt[u];
        move_wave(s, sky_law(c, u), i, b, &v.last[i],
                  a->outcome[OUTCOME_OK] + a->outcome[OUTCOME_WRONG], ok);
    }
    for (uint32_t j = 0; j < s->n; j++) {
        if (law->ok + law->wrong > 0)
            wave_add(&out[END_OK], &ok[j], 1 / (law->ok + law->wrong));
        if (law->failed > 0)
            wave_add(&out[END_FAILED], &v.failed[j], 1 / law->failed);
    }
}

void sky_ends_wave(const struct sky_spectra *s, uint32_t unit, uint32_t b, struct wave *out)
{
    const struct chain *c = s->chain;
    const struct chain_unit *of = &c->unit[unit];
    struct wave_visit v;
    for (uint32_t e = 0; e < of->n_ends && !unit_counts(of); e++)
        wave_set(&out[e], 1);
    if (!unit_counts(of))
        return;
    struct wave *ok = mem_zero((size_t)s->n * s->n, sizeof *ok);
    visit_waves(s, unit, b, &v);
    for (uint32_t i = 0; i < s->n; i++)
        move_wave(s, sky_law(c, sky_sibling(c, unit, i)), i, b, &v.last[i], 1, ok + i * s->n);
    uint32_t width = of->width / s->n;
    for (int good = 0; good < 2; good++) {
        const double *weight = s->weight[2 * (size_t)unit + good];
        uint32_t first = branch_first(c, unit, good);
        for (uint32_t e = 0; e < width * s->n; e++) {
            struct wave *to = &out[first - of->first + e];
            double mass = c->weight[first + e];
            wave_set(to, 0);
            for (uint32_t i = 0; i < s->n && e >= s->n && mass > 0; i++)
                wave_add(to, &ok[i * s->n + e % s->n], weight[i * width + e / s->n] / mass);
            if (e < s->n && mass > 0)
                wave_add(to, &v.failed[e], 1 / mass);
        }
    }
    mem_free(ok);
}

/* --- the same in kinks */

struct kinks_visit {
    struct kinks last[SKY_TIMES_MAX], failed[SKY_TIMES_MAX];
};

static void move_kinks(const struct sky_spectra *s, const struct weather_law *law, uint32_t i,
                       struct kink_limits *limits, const struct kinks *a, double p,
                       struct kinks *to)
{
    if (!(p > 0) || !a->len)
        return;
    const struct kinks *move = s->kinks + (size_t)law_at(s, law) * s->n * s->n + i * s->n;
    struct kinks part = {0};
    for (uint32_t j = 0; j < s->n; j++) {
        part.len = 0;
        kinks_product(a, &move[j], limits, &part);
        kinks_add(&to[j], &part, p);
    }
    kinks_release(&part);
}

static void tidy_all(struct kinks *k, uint32_t n, const struct kink_limits *limits)
{
    for (uint32_t i = 0; i < n; i++)
        kinks_tidy(&k[i], limits);
}

static void release_all(struct kinks *k, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        kinks_release(&k[i]);
}

static void visit_kinks(const struct sky_spectra *s, uint32_t unit, struct kink_limits *limits,
                        struct kinks_visit *v)
{
    const struct chain *c = s->chain;
    uint32_t attempts = attempts_of(c, unit);
    struct kinks now[SKY_TIMES_MAX] = {{0}}, lost[SKY_TIMES_MAX] = {{0}};
    memset(v, 0, sizeof *v);
    kinks_put(&now[c->unit[unit].weather], 0, 0, 1);
    bool some = true;
    for (uint32_t k = 1; k <= attempts && some; k++) {
        some = false;
        for (uint32_t i = 0; i < s->n; i++) {
            uint32_t u = sky_sibling(c, unit, i);
            const struct sky_attempt *a = &s->attempt[u];
            struct kinks *again = k == attempts ? v->failed : lost;
            kinks_add(&v->last[i], &now[i], 1);
            move_kinks(s, sky_law(c, u), i, limits, &now[i], a->lost[0], v->failed);
            move_kinks(s, sky_late(c, u), i, limits, &now[i], a->lost_late[0], v->failed);
            move_kinks(s, sky_law(c, u), i, limits, &now[i], a->lost[1], again);
            move_kinks(s, sky_late(c, u), i, limits, &now[i], a->lost_late[1], again);
        }
        release_all(now, s->n);
        tidy_all(lost, s->n, limits);
        for (uint32_t i = 0; i < s->n && k < attempts; i++)
            move_kinks(s, sky_wait(c, unit, k), i, limits, &lost[i], 1, now);
        release_all(lost, s->n);
        tidy_all(now, s->n, limits);
        for (uint32_t i = 0; i < s->n; i++)
            some = some || now[i].len;
    }
    release_all(now, s->n);
    tidy_all(v->last, s->n, limits);
    tidy_all(v->failed, s->n, limits);
}

void sky_visit_kinks(const struct sky_spectra *s, uint32_t unit, struct kink_limits *limits,
                     struct kinks out[END_COUNT])
{
    const struct chain *c = s->chain;
    const struct visit_law *law = &c->law[unit];
    struct kinks_visit v;
    struct kinks ok[SKY_TIMES_MAX] = {{0}};
    visit_kinks(s, unit, limits, &v);
    for (uint32_t i = 0; i < s->n; i++) {
        uint32_t u = sky_sibling(c, unit, i);
        const struct sky_attempt *a = &s->attempt[u];
        move_kinks(s, sky_law(c, u), i, limits, &v.last[i],
                   a->outcome[OUTCOME_OK] + a->outcome[OUTCOME_WRONG], ok);
    }
    for (uint32_t j = 0; j < s->n; j++) {
        if (law->ok + law->wrong > 0)
            kinks_add(&out[END_OK], &ok[j], 1 / (law->ok + law->wrong));
        if (law->failed > 0)
            kinks_add(&out[END_FAILED], &v.failed[j], 1 / law->failed);
    }
    tidy_all(out, END_COUNT, limits);
    release_all(ok, s->n);
    release_all(v.last, s->n);
    release_all(v.failed, s->n);
}

void sky_ends_kinks(const struct sky_spectra *s, uint32_t unit, struct kink_limits *limits,
                    struct kinks *out)
{
    const struct chain *c = s->chain;
    const struct chain_unit *of = &c->unit[unit];
    struct kinks_visit v;
    for (uint32_t e = 0; e < of->n_ends && !unit_counts(of); e++)
        kinks_put(&out[e], 0, 0, 1);
    if (!unit_counts(of))
        return;
    struct kinks *ok = mem_zero((size_t)s->n * s->n, sizeof *ok);
    visit_kinks(s, unit, limits, &v);
    for (uint32_t i = 0; i < s->n; i++)
        move_kinks(s, sky_law(c, sky_sibling(c, unit, i)), i, limits, &v.last[i], 1, ok + i * s->n);
    uint32_t width = of->width / s->n;
    for (int good = 0; good < 2; good++) {
        const double *weight = s->weight[2 * (size_t)unit + good];
        uint32_t first = branch_first(c, unit, good);
        for (uint32_t e = 0; e < width * s->n; e++) {
            struct kinks *to = &out[first - of->first + e];
            double mass = c->weight[first + e];
            for (uint32_t i = 0; i < s->n && e >= s->n && mass > 0; i++)
                if (weight[i * width + e / s->n] > 0)
                    kinks_add(to, &ok[i * s->n + e % s->n], weight[i * width + e / s->n] / mass);
            if (e < s->n && mass > 0)
                kinks_add(to, &v.failed[e], 1 / mass);
            kinks_tidy(to, limits);
        }
    }
    release_all(ok, s->n * s->n);
    release_all(v.last, s->n);
    release_all(v.failed, s->n);
    mem_free(ok);
}

double sky_times_work(const struct chain *c)
{
    double sum = 0, n = c->n_weather;
    for (uint32_t u = 0; u < c->n_units && c->sky; u++)
        if (unit_counts(&c->unit[u]))
            sum += 2 * n * n * (2 * attempts_of(c, u) + 1) + 2 * n * c->unit[u].width;
    return sum;
}
