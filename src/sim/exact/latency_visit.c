/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The time in a visit: with A the transform of a latency within the limit T and W_k that of the
 * wait after the k-th attempt, the transform of visits that end after k attempts is that of those
 * that end so times prod_{i<k} (e A + t exp(-s T)) W_i, e and t being the probabilities of an
 * attempt that is tried again, in time and late.  Kinks multiply in the same way. */
#include "sim/exact/fork.h"
#include "sim/exact/wait.h"
#include "sim/exact/weather_times.h"

#include <math.h>
#include <string.h>

enum { ATOMS_FEW = 24, ATOMS_MANY = 1000 };

/* --- laws */

static bool same_law(const struct latency_law *law, const struct numbers *n)
{
    const struct dist *a = law->dist, *b = &n->latency;
    return a && law->limit_s == n->timeout_s && a->family == b->family && a->a == b->a &&
           a->b == b->b && a->c == b->c && a->n == b->n && a->values == b->values &&
           a->weights == b->weights && a->part == b->part;
}

/* The time until a parallel comes to this outcome, which the fork keeps. */
static uint32_t lend_law(struct latency_model *l, const struct chain *c, uint32_t unit)
{
    const struct fork *f = fork_of(c, unit);
    l->law[l->n_laws] = f->law[unit - f->join];
    l->law[l->n_laws].lent = true;
    return l->n_laws++;
}

/* The time of a hedged attempt in one of its ends. */
static uint32_t lend_hedge(struct latency_model *l, const struct chain *c, uint32_t unit,
                           enum visit_end end)
{
    l->law[l->n_laws] = c->hedge[unit].law[end];
    l->law[l->n_laws].lent = true;
    return l->n_laws++;
}

static uint32_t find_law(struct latency_model *l, const struct chain *c, uint32_t unit)
{
    const struct numbers *n = &c->numbers[unit];
    if (c->hedge[unit].copies)
        return lend_hedge(l, c, unit, END_OK);
    if (c->unit[unit].kind == UNIT_JOIN && !fork_of(c, unit)->timeless)
        return lend_law(l, c, unit);
    for (uint32_t k = 0; k < l->n_laws; k++)
        if (same_law(&l->law[k], n))
            return k;
    latency_law_init(&l->law[l->n_laws], &n->latency, n->timeout_s);
    if (!l->model->weather)
        latency_law_shift(&l->law[l->n_laws]);
    return l->n_laws++;
}

static uint32_t find_wait(struct latency_model *l, const struct chain *c, uint32_t unit)
{
    const struct wait_law *w = c->wait ? c->wait[c->unit[unit].step] : NULL;
    if (!w || c->unit[unit].kind != UNIT_VISIT)
        return WAIT_NONE;
    for (uint32_t k = 0; k < l->n_waits; k++)
        if (l->wait[k] == w)
            return k;
    l->wait[l->n_waits] = w;
    return l->n_waits++;
}

/* Hundreds of atoms are kept apart in a sum where one step alone has them, and takes them once. */
static void find_many(struct latency_model *l)
{
    const struct model *m = l->model;
    uint32_t n = 0, units = m->chain[0].n_units;
    for (uint32_t i = 0; i < units * m->pipeline->n_classes; i++)
        if (l->law[l->law_of[i]].atoms.len > ATOMS_FEW)
            n += chain_retry(&m->chain[i / units], i % units)->attempts > 1 ? 2 : 1;
    for (uint32_t k = 0; k < l->n_laws; k++) {
        size_t atoms = l->law[k].atoms.len;
        l->law[k].many = atoms > ATOMS_MANY || (atoms > ATOMS_FEW && n > 1);
    }
}

/* Endless loops are past: flow_solve has refused them. */
static void count_visits(struct latency_model *l)
{
    const struct model *m = l->model;
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++) {
        const struct chain *c = &m->chain[k];
        double *mass = mem_zero(c->n_states, sizeof *mass), absorb[ABSORB_COUNT];
        if (flow_mass(c, UINT32_MAX, mass, absorb))
            for (uint32_t s = 0; s < c->n_states; s++)
                l->visits[k * c->n_units + c->state[s].unit] +=
                    m->pipeline->class[k].share * mass[s];
        double *inside = mem_zero(c->n_units, sizeof *inside);
        forks_masses(c, mass, 1, inside, NULL);
        for (uint32_t u = 0; u < c->n_units; u++)
            l->visits[k * c->n_units + u] += m->pipeline->class[k].share * inside[u];
        mem_free(inside);
        mem_free(mass);
    }
}

void latency_model_init(struct latency_model *l, const struct model *m)
{
    uint32_t n = m->chain[0].n_units;
    size_t all = (size_t)n * m->pipeline->n_classes;
    *l = (struct latency_model){.model = m};
    l->law = mem_zero(2 * all, sizeof *l->law);
    l->lost_of = mem_zero(all, sizeof *l->lost_of);
    l->law_of = mem_zero(all, sizeof *l->law_of);
    l->wait = mem_zero(all, sizeof *l->wait);
    l->wait_of = mem_zero(all, sizeof *l->wait_of);
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++)
        for (uint32_t i = 0; i < n; i++) {
            l->law_of[k * n + i] = find_law(l, &m->chain[k], i);
            l->lost_of[k * n + i] = m->chain[k].hedge[i].copies
                                        ? lend_hedge(l, &m->chain[k], i, END_FAILED)
                                        : l->law_of[k * n + i];
            l->wait_of[k * n + i] = find_wait(l, &m->chain[k], i);
        }
    find_many(l);
    l->visits = mem_zero(all, sizeof *l->visits);
    count_visits(l);
    l->parts = 1;
    l->walk = mem_zero(m->pipeline->n_classes, sizeof *l->walk);
    memcpy(l->walk, m->chain, m->pipeline->n_classes * sizeof *l->walk);
    latency_offsets(l);
}

void latency_model_release(struct latency_model *l)
{
    for (uint32_t k = 0; k < l->n_laws; k++)
        latency_law_release(&l->law[k]);
    mem_free(l->law);
    mem_free(l->law_of);
    mem_free(l->lost_of);
    mem_free(l->visits);
    mem_free(l->wait);
    mem_free(l->wait_of);
    for (uint32_t k = 0; k < l->model->pipeline->n_classes && l->parts > 1; k++) {
        mem_free(l->walk[k].state);
        mem_free(l->walk[k].hop);
        mem_free(l->walk[k].block);
    }
    mem_free(l->walk);
    latency_offsets_release(l);
    *l = (struct latency_model){0};
}

/* --- one visit */

/* How the attempts of a visit end: p of those tried again and of those that are not, in time and
 * late. */
struct failures {
    double in_time[2], late[2];
};

static struct failures failures_of(const struct visit_law *law, const struct retry *retry)
{
    struct failures f = {{0}, {0}};
    for (enum outcome o = OUTCOME_ERROR; o <= OUTCOME_TIMEOUT; o++)
        *(o == OUTCOME_TIMEOUT ? &f.late[rules_retries(retry, o, 0)]
                               : &f.in_time[rules_retries(retry, o, 0)]) += law->outcome[o];
    return f;
}

/* The wait after `made` attempts is uniform on [from, to], or is `to`. */
static void wait_range(const struct retry *r, uint32_t made, double *from, double *to)
{
    *to = rules_backoff(r, made, 1);
    *from = r->jitter == JITTER_FULL ? 0 : r->jitter == JITTER_EQUAL ? *to / 2 : *to;
}

/* In (s (to - from)): the transform is (exp(-s from) - exp(-s to)) / (s (to - from)). */
static void wait_wave(const struct window *w, uint32_t b, double from, double to, struct wave *out)
{
    wave_delay(w, b, to, out);
    if (!(to > from))
        return;
    struct wave first;
    wave_delay(w, b, from, &first);
    for (int i = 0; i < WAVE_WIDTH; i++) {
        double re = first.re[i] - out->re[i], im = first.im[i] - out->im[i];
        double sr = w->sigma * (to - from);
        double si = w->step * (b * WAVE_WIDTH + (uint32_t)i) * (to - from);
        double square = sr * sr + si * si;
        out->re[i] = (re * sr + im * si) / square;
        out->im[i] = (im * sr - re * si) / square;
    }
}

static void failing_wave(const struct failures *f, int again, const struct wave *latency,
                         const struct wave *limit, struct wave *out)
{
    wave_set(out, 0);
    wave_add(out, latency, f->in_time[again]);
    wave_add(out, limit, f->late[again]);
}

/* From the beginning of the k-th attempt to that of the next: `lost` ends one that is tried again,
 * less shift_s. */
static void next_wave(const struct retry *retry, uint32_t k, const struct window *w, uint32_t b,
                      const struct wave *lost, double shift_s, struct wave *reached)
{
    struct wave part;
    double from, to;
    wait_range(retry, k, &from, &to);
    wave_multiply(reached, lost);
    if (shift_s > 0) {
        wave_delay(w, b, shift_s, &part);
        wave_multiply(reached, &part);
    }
    if (to > 0) {
        wait_wave(w, b, from, to, &part);
        wave_multiply(reached, &part);
    }
}

/* out[END_COUNT]: E[exp(-s T) | end] of a visit. */
static void latency_visit_wave(const struct chain *c, uint32_t step, const struct window *w,
                               uint32_t b, const struct wave *latency, const struct wave *failing,
                               double shift_s, struct wave out[END_COUNT])
{
    const struct visit_law *law = &c->law[step];
    const struct retry *retry = chain_retry(c, step);
    struct failures f = failures_of(law, retry);
    double ok = law->ok + law->wrong;
    wave_set(&out[END_OK], 0);
    wave_set(&out[END_FAILED], 0);
    if (retry->attempts == 1 && ok > 0 && !(law->failed > 0)) {
        out[END_OK] = *latency;
        return;
    }
    struct wave limit, lost[2], reached, part;
    wave_set(&limit, 0);
    if (law->outcome[OUTCOME_TIMEOUT] > 0)
        wave_delay(w, b, c->numbers[step].timeout_s - shift_s, &limit);
    failing_wave(&f, 0, failing, &limit, &lost[0]);
    failing_wave(&f, 1, failing, &limit, &lost[1]);
    wave_set(&reached, 1);
    double first_ok = law->outcome[OUTCOME_OK] + law->outcome[OUTCOME_WRONG], mass = 1;
    for (uint32_t k = 1; k <= retry->attempts && mass > 1e-18; k++) {
        part = *latency;
        wave_multiply(&part, &reached);
        wave_add(&out[END_OK], &part, ok > 0 ? first_ok / ok : 0);
        part = lost[0];
        if (k == retry->attempts)
            wave_add(&part, &lost[1], 1);
        wave_multiply(&part, &reached);
        wave_add(&out[END_FAILED], &part, law->failed > 0 ? 1 / law->failed : 0);
        if (k == retry->attempts)
            break;
        next_wave(retry, k, w, b, &lost[1], shift_s, &reached);
        mass *= f.in_time[1] + f.late[1];
    }
}

static void failing_kinks(const struct failures *f, int again, const struct kinks *latency,
                          double limit_s, struct kinks *out)
{
    if (f->in_time[again] > 0)
        kinks_add(out, latency, f->in_time[again]);
    if (f->late[again] > 0)
        kinks_put(out, limit_s, 0, f->late[again]);
}

static void wait_kinks(const struct retry *retry, uint32_t made, struct kinks *out)
{
    double from, to;
    wait_range(retry, made, &from, &to);
    if (to > from) {
        kinks_put(out, from, 1, 1 / (to - from));
        kinks_put(out, to, 1, -1 / (to - from));
    } else {
        kinks_put(out, to, 0, 1);
    }
}

/* *a becomes a * b, tidy. */
static void kinks_times(struct kinks *a, const struct kinks *b, struct kink_limits *limits)
{
    struct kinks out = {0};
    kinks_product(a, b, limits, &out);
    kinks_tidy(&out, limits);
    kinks_release(a);
    *a = out;
}

/* The same in kinks. */
static void next_kinks(const struct retry *retry, uint32_t k, struct kink_limits *limits,
                       const struct kinks *lost, double shift_s, struct kinks *reached)
{
    struct kinks wait = {0};
    wait_kinks(retry, k, &wait);
    kinks_times(reached, lost, limits);
    for (size_t i = 0; i < reached->len; i++)
        reached->at[i].x += shift_s;
    kinks_times(reached, &wait, limits);
    kinks_release(&wait);
}

/* The same as visit_wave. */
static void latency_visit_kinks(const struct chain *c, uint32_t step, struct kink_limits *limits,
                                const struct kinks *latency, const struct kinks *failing,
                                double shift_s, struct kinks out[END_COUNT])
{
    const struct visit_law *law = &c->law[step];
    const struct retry *retry = chain_retry(c, step);
    struct failures f = failures_of(law, retry);
    double ok = law->ok + law->wrong, limit_s = c->numbers[step].timeout_s - shift_s;
    double first_ok = law->outcome[OUTCOME_OK] + law->outcome[OUTCOME_WRONG], mass = 1;
    struct kinks lost[2] = {{0}, {0}}, reached = {0};
    failing_kinks(&f, 0, failing, limit_s, &lost[0]);
    failing_kinks(&f, 1, failing, limit_s, &lost[1]);
    kinks_put(&reached, 0, 0, 1);
    for (uint32_t k = 1; k <= retry->attempts && mass > 1e-18 && reached.len; k++) {
        struct kinks good = {0}, bad = {0};
        if (ok > 0)
            kinks_add(&good, latency, first_ok / ok);
        if (law->failed > 0) {
            kinks_add(&bad, &lost[0], 1 / law->failed);
            if (k == retry->attempts)
                kinks_add(&bad, &lost[1], 1 / law->failed);
        }
        kinks_product(&reached, &good, limits, &out[END_OK]);
        kinks_product(&reached, &bad, limits, &out[END_FAILED]);
        kinks_release(&good);
        kinks_release(&bad);
        if (k == retry->attempts)
            break;
        next_kinks(retry, k, limits, &lost[1], shift_s, &reached);
        mass *= f.in_time[1] + f.late[1];
    }
    kinks_release(&lost[0]);
    kinks_release(&lost[1]);
    kinks_release(&reached);
    kinks_tidy(&out[END_OK], limits);
    kinks_tidy(&out[END_FAILED], limits);
}

/* --- transforms of all laws of some steps */

void latency_spectra_init(struct latency_spectra *s, const struct latency_model *l,
                          const struct window *w, uint32_t step)
{
    const struct chain *c = l->model->chain;
    *s = (struct latency_spectra){.n = l->n_laws, .n_waits = l->n_waits};
    if (c->sky) {
        s->n_sky = l->model->pipeline->n_classes;
        s->sky = mem_zero(s->n_sky, sizeof *s->sky);
    }
    for (uint32_t k = 0; k < s->n_sky; k++)
        sky_spectra_init(&s->sky[k], &l->model->chain[k], w, step);
    s->law = mem_zero(l->n_laws, sizeof *s->law);
    s->kinks = mem_zero(l->n_laws, sizeof *s->kinks);
    s->wait = mem_zero((size_t)l->n_waits + 1, sizeof *s->wait);
    s->wait_kinks = mem_zero((size_t)l->n_waits + 1, sizeof *s->wait_kinks);
    for (size_t i = 0; i < (size_t)c->n_units * c->pipeline->n_classes; i++) {
        uint32_t k = l->law_of[i], wait = l->wait_of[i];
        if (s->sky || (step != UINT32_MAX && c->unit[i % c->n_units].step != step))
            continue;
        if (wait != WAIT_NONE && !s->wait[wait]) {
            s->wait[wait] = mem_alloc(window_waves(w) * sizeof(struct wave));
            wait_law_transform(l->wait[wait], w, s->wait[wait]);
            wait_law_kinks(l->wait[wait], w, &s->wait_kinks[wait]);
        }
        uint32_t laws[2] = {k, l->lost_of[i]};
        for (int e = 0; e < 2; e++) {
            k = laws[e];
            if (s->law[k])
                continue;
            s->law[k] = mem_alloc(window_waves(w) * sizeof(struct wave));
            latency_law_transform(&l->law[k], w, s->law[k]);
            latency_law_kinks(&l->law[k], w, step != UINT32_MAX, &s->kinks[k]);
        }
    }
}

void latency_spectra_release(struct latency_spectra *s)
{
    for (uint32_t k = 0; k < s->n; k++) {
        mem_free(s->law[k]);
        kinks_release(&s->kinks[k]);
    }
    for (uint32_t k = 0; k < s->n_waits; k++) {
        mem_free(s->wait[k]);
        kinks_release(&s->wait_kinks[k]);
    }
    for (uint32_t k = 0; k < s->n_sky; k++)
        sky_spectra_release(&s->sky[k]);
    mem_free(s->sky);
    mem_free(s->law);
    mem_free(s->kinks);
    mem_free(s->wait);
    mem_free(s->wait_kinks);
}

void latency_unit_wave(const struct latency_model *l, const struct latency_spectra *s, uint32_t k,
                       uint32_t unit, const struct window *w, uint32_t b,
                       struct wave out[END_COUNT])
{
    const struct chain *c = &l->model->chain[k];
    uint32_t of = k * c->n_units + unit, wait = l->wait_of[of];
    if (s->sky) {
        sky_visit_wave(&s->sky[k], unit, b, out);
        return;
    }
    latency_visit_wave(c, unit, w, b, &s->law[l->law_of[of]][b], &s->law[l->lost_of[of]][b],
                       l->law[l->law_of[of]].shift_s, out);
    for (int e = 0; e < END_COUNT && wait != WAIT_NONE; e++)
        wave_multiply(&out[e], &s->wait[wait][b]);
}

void latency_unit_kinks(const struct latency_model *l, const struct latency_spectra *s, uint32_t k,
                        uint32_t unit, struct kink_limits *limits, struct kinks out[END_COUNT])
{
    const struct chain *c = &l->model->chain[k];
    uint32_t of = k * c->n_units + unit, wait = l->wait_of[of];
    if (s->sky) {
        sky_visit_kinks(&s->sky[k], unit, limits, out);
        return;
    }
    latency_visit_kinks(c, unit, limits, &s->kinks[l->law_of[of]], &s->kinks[l->lost_of[of]],
                        l->law[l->law_of[of]].shift_s, out);
    for (int e = 0; e < END_COUNT && wait != WAIT_NONE; e++)
        kinks_times(&out[e], &s->wait_kinks[wait], limits);
}

void latency_ends_wave(const struct latency_model *l, const struct latency_spectra *s, uint32_t k,
                       uint32_t unit, const struct window *w, uint32_t b, struct wave *out)
{
    if (s->sky)
        sky_ends_wave(&s->sky[k], unit, b, out);
    else
        latency_unit_wave(l, s, k, unit, w, b, out);
}

void latency_ends_kinks(const struct latency_model *l, const struct latency_spectra *s, uint32_t k,
                        uint32_t unit, struct kink_limits *limits, struct kinks *out)
{
    if (s->sky)
        sky_ends_kinks(&s->sky[k], unit, limits, out);
    else
        latency_unit_kinks(l, s, k, unit, limits, out);
}

/* --- attempts */

void latency_begins_wave(const struct latency_model *l, const struct latency_spectra *s, uint32_t k,
                         uint32_t unit, const struct window *w, uint32_t b, struct wave *out)
{
    const struct chain *c = &l->model->chain[k];
    const struct retry *retry = chain_retry(c, unit);
    struct failures f = failures_of(&c->law[unit], retry);
    uint32_t law = l->law_of[k * c->n_units + unit];
    double shift_s = l->law[law].shift_s, mass = 1;
    struct wave limit, lost, reached;
    wave_set(&limit, 0);
    if (f.late[1] > 0)
        wave_delay(w, b, c->numbers[unit].timeout_s - shift_s, &limit);
    failing_wave(&f, 1, &s->law[law][b], &limit, &lost);
    wave_set(&reached, 1);
    wave_set(out, 1);
    for (uint32_t i = 1; i < retry->attempts && mass > 1e-18; i++) {
        next_wave(retry, i, w, b, &lost, shift_s, &reached);
        wave_add(out, &reached, 1);
        mass *= f.in_time[1] + f.late[1];
    }
}

void latency_begins_kinks(const struct latency_model *l, const struct latency_spectra *s,
                          uint32_t k, uint32_t unit, struct kink_limits *limits, struct kinks *out)
{
    const struct chain *c = &l->model->chain[k];
    const struct retry *retry = chain_retry(c, unit);
    struct failures f = failures_of(&c->law[unit], retry);
    uint32_t law = l->law_of[k * c->n_units + unit];
    double shift_s = l->law[law].shift_s, mass = 1;
    struct kinks lost = {0}, reached = {0};
    failing_kinks(&f, 1, &s->kinks[law], c->numbers[unit].timeout_s - shift_s, &lost);
    kinks_put(&reached, 0, 0, 1);
    kinks_add(out, &reached, 1);
    for (uint32_t i = 1; i < retry->attempts && mass > 1e-18 && reached.len; i++) {
        next_kinks(retry, i, limits, &lost, shift_s, &reached);
        kinks_add(out, &reached, 1);
        mass *= f.in_time[1] + f.late[1];
    }
    kinks_release(&lost);
    kinks_release(&reached);
    kinks_tidy(out, limits);
}

struct latency_firsts latency_first_ends(const struct chain *c, uint32_t unit)
{
    const struct visit_law *law = &c->law[unit];
    const struct retry *retry = chain_retry(c, unit);
    struct failures f = failures_of(law, retry);
    bool once = retry->attempts == 1;
    return (struct latency_firsts){
        .in_time = law->first_ok + f.in_time[0] + (once ? f.in_time[1] : 0),
        .late = f.late[0] + (once ? f.late[1] : 0),
    };
}

/* --- visits */

double latency_visit_shift(const struct latency_model *l, uint32_t step)
{
    const struct chain *c = l->model->chain;
    size_t n = (size_t)c->n_units * l->model->pipeline->n_classes;
    double least = INFINITY;
    for (size_t i = 0; i < n; i++)
        if (c->unit[i % c->n_units].step == step && unit_counts(&c->unit[i % c->n_units]))
            least = fmin(least, l->law[l->law_of[i]].shift_s);
    return least;
}

static void add_unit(const struct visit_source *v, const struct chain *c, uint32_t unit,
                     const struct latency_spectra *spectra, struct kink_limits *limits,
                     const struct window *w, struct total *const to[2])
{
    const struct visit_law *law = &c->law[unit];
    uint32_t of = c->class * c->n_units + unit;
    double share = v->latency->visits[of] / v->latency->model->stage[v->step].visits;
    double end[END_COUNT] = {
        [END_OK] = share * (law->ok + law->wrong), [END_FAILED] = share * law->failed};
    struct kinks kinks[END_COUNT] = {{0}};
    double later =
        v->latency->law[v->latency->law_of[of]].shift_s - latency_visit_shift(v->latency, v->step);
    latency_unit_kinks(v->latency, spectra, c->class, unit, limits, kinks);
    for (int e = 0; e < END_COUNT; e++) {
        for (int k = 0; k < 2 && to[k]; k++)
            kinks_add_later(&to[k]->kinks, &kinks[e], end[e], later);
        kinks_release(&kinks[e]);
    }
    for (uint32_t b = 0; b < window_waves(w); b++) {
        struct wave wave[END_COUNT];
        latency_unit_wave(v->latency, spectra, c->class, unit, w, b, wave);
        if (later > 0)
            for (int e = 0; e < END_COUNT; e++) {
                struct wave delay;
                wave_delay(w, b, later, &delay);
                wave_multiply(&wave[e], &delay);
            }
        for (int k = 0; k < 2 && to[k]; k++)
            for (int e = 0; e < END_COUNT; e++)
                wave_add(&to[k]->wave[b], &wave[e], end[e]);
    }
}

void latency_fill_visits(const void *arg, const struct window *w, struct total *out)
{
    const struct visit_source *v = arg;
    const struct model *m = v->latency->model;
    uint32_t classes = m->pipeline->n_classes;
    struct kink_limits limits = kink_limits(w);
    struct latency_spectra spectra;
    latency_spectra_init(&spectra, v->latency, w, v->step);
    for (uint32_t k = 0; k < classes; k++) {
        const struct chain *c = &m->chain[k];
        struct total *const to[2] = {&out[0], classes > 1 ? &out[1 + k] : NULL};
        for (uint32_t u = 0; u < c->n_units; u++)
            if (c->unit[u].step == v->step && unit_counts(&c->unit[u]))
                add_unit(v, c, u, &spectra, &limits, w, to);
    }
    latency_spectra_release(&spectra);
}
