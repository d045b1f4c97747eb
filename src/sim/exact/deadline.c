/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Truncated sums: with A the time at which an item comes to a state, T that of its visit in one of
 * its ends, P(A + T < d) of the transforms' product at the one instant d (sim/exact/instant.h).
 * Attempts begin after A and what passed before them in the visit, and pay then; those that have
 * not ended by d have no outcome. */
#include "sim/exact/deadline.h"

#include "sim/exact/fork.h"
#include "sim/exact/instant.h"

#include <math.h>
#include <string.h>

enum { POINTS_FIRST = 512, POINTS_MAX = 1 << 15 };
/* Striven for; told; and beyond it nothing is told. */
static const double ERROR_AIM = 1e-9, ERROR_MAX = 1e-3, NOTHING = 1e-10;

/* Laws of a visit from its beginning: its ends; the beginnings of its attempts; and when these have
 * answered, in time and late, all of them and the first alone. */
enum probe {
    PROBE_OK,
    PROBE_FAILED,
    PROBE_BEGIN,
    PROBE_ANSWER,
    PROBE_LATE,
    PROBE_FIRST,
    PROBE_FIRST_LATE,
    PROBES
};
_Static_assert(PROBE_OK == (int)END_OK && PROBE_FAILED == (int)END_FAILED, "ends come first");

struct deadline_class {
    double leave_s; /* INFINITY: never */
    bool ready;
    struct instant at;
    struct latency_spectra spectra;
    struct wave *probe;          /* [n_units][PROBES] of one wave */
    struct kinks *probe_kinks;   /* [n_units][PROBES] */
    double *mass;                /* [n_values] */
    uint8_t *parts;              /* [n_values] */
    struct instant_value *value; /* [n_states][PROBES], then [ABSORB_COUNT] */
    double free[LATENCY_OF_COUNT];
};
struct deadline {
    struct latency_model latency;
    bool built;
    uint32_t n_units;
    struct dist *dist; /* [n_classes][n_units] whose laws are kept */
    double *limit_s;
    struct deadline_class *class;
    double error, tied;
};

const char *deadline_lacks(const struct pipeline *p)
{
    for (uint32_t e = 0; p->leave_after_s && e < p->n_environments; e++)
        for (uint32_t k = 0; k < p->environment[e].n_states; k++)
            if (p->environment[e].state[k].n_overrides)
                return "items leave at a deadline, and the law of their time in the states of an "
                       "environment is not held";
    return NULL;
}

bool deadline_holds(const struct model *m, uint32_t class)
{
    const double *leave = m->pipeline->leave_after_s;
    return leave && isfinite(leave[class]) && !m->no_time;
}

/* --- laws kept from one set of numbers to the next */

static bool unchanged(const struct model *m, const struct deadline *d)
{
    uint32_t n = d->n_units;
    for (uint32_t i = 0; i < n * m->pipeline->n_classes; i++) {
        const struct chain *c = &m->chain[i / n];
        const struct numbers *x = &c->numbers[i % n];
        if (memcmp(&d->dist[i], &x->latency, sizeof x->latency) != 0 ||
            d->limit_s[i] != x->timeout_s || c->hedge[i % n].copies || c->forks)
            return false;
    }
    return true;
}

static void class_close(struct deadline_class *k, uint32_t n_units)
{
    if (!k->ready)
        return;
    for (uint32_t i = 0; i < n_units * PROBES; i++)
        kinks_release(&k->probe_kinks[i]);
    latency_spectra_release(&k->spectra);
    instant_release(&k->at);
    mem_free(k->probe);
    mem_free(k->probe_kinks);
    mem_free(k->mass);
    mem_free(k->parts);
    mem_free(k->value);
    k->ready = false;
}

static void forget(const struct model *m, struct deadline *d)
{
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++)
        class_close(d->class + k, d->n_units);
    if (d->built)
        latency_model_release(&d->latency);
    d->built = false;
}

void deadline_release(struct model *m)
{
    struct deadline *d = m->deadline;
    if (!d)
        return;
    forget(m, d);
    mem_free(d->dist);
    mem_free(d->limit_s);
    mem_free(d->class);
    mem_free(d);
    m->deadline = NULL;
}

/* The laws of the numbers as filled. */
static struct deadline *take(struct model *m)
{
    const struct pipeline *p = m->pipeline;
    uint32_t n = m->chain[0].n_units;
    struct deadline *d = m->deadline;
    if (!d) {
        d = m->deadline = mem_zero(1, sizeof *d);
        d->n_units = n;
        d->dist = mem_zero((size_t)n * p->n_classes, sizeof *d->dist);
        d->limit_s = mem_zero((size_t)n * p->n_classes, sizeof *d->limit_s);
        d->class = mem_zero(p->n_classes, sizeof *d->class);
        for (uint32_t k = 0; k < p->n_classes; k++)
            d->class[k].leave_s = p->leave_after_s[k];
    }
    if (d->built && unchanged(m, d)) {
        latency_offsets_release(&d->latency);
        latency_offsets(&d->latency);
        return d;
    }
    forget(m, d);
    for (uint32_t i = 0; i < n * p->n_classes; i++) {
        const struct numbers *x = &m->chain[i / n].numbers[i % n];
        memcpy(&d->dist[i], &x->latency, sizeof x->latency);
        d->limit_s[i] = x->timeout_s;
    }
    latency_model_init(&d->latency, m);
    d->built = true;
    return d;
}

/* --- one class at its instant */

struct pass {
    const struct model *m;
    struct deadline *d;
    struct deadline_class *k;
    const struct chain *c;
    double *attempts; /* [n_units] expected in a visit */
};

static bool has_attempts(const struct pass *s, uint32_t unit)
{
    return s->c->unit[unit].kind == UNIT_VISIT && !s->c->hedge[unit].copies;
}

static double shift_of(const struct pass *s, uint32_t unit)
{
    const struct latency_model *l = &s->d->latency;
    return l->law[l->law_of[s->c->class * s->d->n_units + unit]].shift_s;
}

static void make_probes(const struct pass *s, uint32_t b)
{
    const struct window *w = &s->k->at.window;
    const struct latency_model *l = &s->d->latency;
    for (uint32_t u = 0; u < s->d->n_units; u++) {
        struct wave *out = s->k->probe + (size_t)u * PROBES, limit, delay;
        double shift_s = shift_of(s, u);
        latency_unit_wave(l, &s->k->spectra, s->c->class, u, w, b, out);
        wave_delay(w, b, shift_s, &delay);
        for (int e = 0; e < END_COUNT; e++)
            wave_multiply(&out[e], &delay);
        if (!has_attempts(s, u))
            continue;
        uint32_t law = l->law_of[s->c->class * s->d->n_units + u];
        wave_set(&limit, 0);
        if (s->c->law[u].outcome[OUTCOME_TIMEOUT] > 0)
            wave_delay(w, b, s->c->numbers[u].timeout_s, &limit);
        latency_begins_wave(l, &s->k->spectra, s->c->class, u, w, b, &out[PROBE_BEGIN]);
        out[PROBE_FIRST] = s->k->spectra.law[law][b];
        wave_multiply(&out[PROBE_FIRST], &delay);
        out[PROBE_ANSWER] = out[PROBE_FIRST];
        wave_multiply(&out[PROBE_ANSWER], &out[PROBE_BEGIN]);
        out[PROBE_FIRST_LATE] = out[PROBE_LATE] = limit;
        wave_multiply(&out[PROBE_LATE], &out[PROBE_BEGIN]);
    }
}

/* Waves of the arrivals at all states, and of those that leave. */
static void see_waves(void *arg, uint32_t b, const struct wave *state, const struct wave *out)
{
    const struct pass *s = arg;
    const struct instant *at = &s->k->at;
    const double *state_s = s->d->latency.state_s[s->c->class];
    const double *out_s = s->d->latency.out_s[s->c->class];
    bool coarse = b < instant_waves(at, INSTANT_COARSE);
    struct wave delay, of[INSTANT_RULES];
    make_probes(s, b);
    for (uint32_t i = 0; i < s->c->n_states; i++) {
        uint32_t unit = s->c->state[i].unit;
        if (!(state_s[i] < at->x))
            continue;
        wave_delay(&at->window, b, state_s[i], &delay);
        wave_multiply(&delay, &state[i]);
        for (int rule = 0; rule < INSTANT_RULES - !coarse; rule++) {
            of[rule] = at->weight[INSTANT_SHARE][rule][b];
            wave_multiply(&of[rule], &delay);
        }
        struct instant_value *to = s->k->value + (size_t)i * PROBES;
        const struct wave *probe = s->k->probe + (size_t)unit * PROBES;
        for (int p = 0; p < (has_attempts(s, unit) ? PROBES : END_COUNT); p++)
            for (int rule = 0; rule < INSTANT_RULES - !coarse; rule++)
                to[p].of[INSTANT_SHARE][rule] += instant_dot(&of[rule], &probe[p]);
    }
    for (uint32_t e = 0; e < ABSORB_COUNT; e++)
        if (out_s[e] < at->x) {
            wave_delay(&at->window, b, out_s[e], &delay);
            wave_multiply(&delay, &out[e]);
            instant_add(at, b, &delay, &s->k->value[s->c->n_states * PROBES + e]);
        }
}

/* *out += a b, with fresh allowances. */
static void product(const struct pass *s, const struct kinks *a, const struct kinks *b,
                    struct kinks *out)
{
    struct kink_limits limits = kink_limits(&s->k->at.window);
    kinks_product(a, b, &limits, out);
    kinks_tidy(out, &limits);
}

static void make_probe_kinks(const struct pass *s, uint32_t u)
{
    const struct latency_model *l = &s->d->latency;
    struct kink_limits limits = kink_limits(&s->k->at.window);
    struct kinks *out = s->k->probe_kinks + (size_t)u * PROBES;
    double shift_s = shift_of(s, u), limit_s = s->c->numbers[u].timeout_s;
    for (int p = 0; p < PROBES; p++)
        kinks_release(&out[p]);
    latency_unit_kinks(l, &s->k->spectra, s->c->class, u, &limits, out);
    for (int e = 0; e < END_COUNT; e++)
        for (size_t i = 0; i < out[e].len; i++)
            out[e].at[i].x += shift_s;
    if (!has_attempts(s, u))
        return;
    uint32_t law = l->law_of[s->c->class * s->d->n_units + u];
    latency_begins_kinks(l, &s->k->spectra, s->c->class, u, &limits, &out[PROBE_BEGIN]);
    kinks_add_later(&out[PROBE_FIRST], &s->k->spectra.kinks[law], 1, shift_s);
    product(s, &out[PROBE_BEGIN], &out[PROBE_FIRST], &out[PROBE_ANSWER]);
    if (!(s->c->law[u].outcome[OUTCOME_TIMEOUT] > 0))
        return;
    kinks_put(&out[PROBE_FIRST_LATE], limit_s, 0, 1);
    kinks_add_later(&out[PROBE_LATE], &out[PROBE_BEGIN], 1, limit_s);
}

/* Kinks of arrivals at a state. */
static void see_kinks(void *arg, uint32_t i, const struct kinks *held)
{
    const struct pass *s = arg;
    const struct chain_state *from = &s->c->state[i];
    double state_s = s->d->latency.state_s[s->c->class][i];
    const struct kinks *probe = s->k->probe_kinks + (size_t)from->unit * PROBES;
    struct kinks after[PROBES] = {{0}};
    if (!(state_s < s->k->at.x))
        return;
    for (int p = 0; p < (has_attempts(s, from->unit) ? PROBES : END_COUNT); p++) {
        product(s, held, &probe[p], &after[p]);
        instant_kinks(&s->k->at, i * PROBES + (uint32_t)p, &after[p], 1, state_s);
    }
    for (uint32_t h = from->hop; h < from[1].hop; h++) {
        const struct hop *hop = &s->c->hop[h];
        double p = s->c->weight[hop->branch];
        uint32_t end = s->c->end_of[hop->branch] - s->c->unit[from->unit].first_end;
        if (hop->to < 0 && p > 0)
            instant_kinks(&s->k->at, s->c->n_states * PROBES + (uint32_t)(-1 - hop->to),
                          &after[end], p, state_s);
    }
    for (int p = 0; p < PROBES; p++)
        kinks_release(&after[p]);
}

/* What all of it would come to without a deadline; n: visits of states, and of ends. */
static void set_masses(const struct pass *s, const struct flow *state, const struct flow *absorb)
{
    const struct chain *c = s->c;
    const double *state_s = s->d->latency.state_s[c->class];
    for (uint32_t i = 0; i < c->n_states; i++)
        for (int p = 0; p < PROBES; p++) {
            uint32_t u = c->state[i].unit, at = i * PROBES + (uint32_t)p;
            const struct visit_law *law = &c->law[u];
            bool visit = has_attempts(s, u), late = p == PROBE_LATE || p == PROBE_FIRST_LATE;
            bool all = p == PROBE_BEGIN || p == PROBE_ANSWER || p == PROBE_LATE;
            bool none = (p >= END_COUNT && !visit) ||
                        (late && !(law->outcome[OUTCOME_TIMEOUT] > 0)) ||
                        !(state_s[i] < s->k->at.x);
            if (p < END_COUNT)
                none = none || !((p == END_OK ? law->ok + law->wrong : law->failed) > 0);
            s->k->mass[at] = none ? 0 : state[i].n * (all ? s->attempts[u] : 1);
            s->k->parts[at] = 1;
        }
    for (uint32_t e = 0; e < ABSORB_COUNT; e++) {
        bool none = !(s->d->latency.out_s[c->class][e] < s->k->at.x);
        s->k->mass[c->n_states * PROBES + e] = none ? 0 : absorb[e].n;
        s->k->parts[c->n_states * PROBES + e] = INSTANT_PARTS;
    }
}

static void class_open(struct pass *s, uint32_t points)
{
    uint32_t n = s->d->n_units;
    size_t values = (size_t)s->c->n_states * PROBES + ABSORB_COUNT;
    instant_init(&s->k->at, s->k->leave_s, points);
    latency_spectra_init(&s->k->spectra, &s->d->latency, &s->k->at.window, UINT32_MAX);
    s->k->probe = mem_zero((size_t)n * PROBES, sizeof *s->k->probe);
    s->k->probe_kinks = mem_zero((size_t)n * PROBES, sizeof *s->k->probe_kinks);
    s->k->mass = mem_zero(values, sizeof *s->k->mass);
    s->k->parts = mem_zero(values, sizeof *s->k->parts);
    s->k->value = mem_zero(values, sizeof *s->k->value);
    s->k->ready = true;
}

/* Fills value by the window as it is; returns how far apart the two rules are for the ends. */
static double run(struct pass *s, const struct flow *state, const struct flow *absorb)
{
    uint32_t values = s->c->n_states * PROBES + ABSORB_COUNT;
    const struct latency_watch watch = {see_waves, see_kinks, s};
    double off = 0;
    memset(s->k->value, 0, values * sizeof *s->k->value);
    for (uint32_t u = 0; u < s->d->n_units; u++)
        make_probe_kinks(s, u);
    latency_walk_all(&s->d->latency, s->c->class, &s->k->spectra, &s->k->at.window, &watch);
    set_masses(s, state, absorb);
    instant_settle(&s->k->at, s->k->mass, s->k->parts, values, s->k->value);
    for (uint32_t i = 0; i < s->c->n_states * PROBES; i++) {
        double *of = s->k->value[i].of[INSTANT_SHARE];
        off = fmax(off, fabs(of[INSTANT_FINE] - of[INSTANT_COARSE]));
        of[INSTANT_FINE] = fmin(s->k->mass[i], of[INSTANT_FINE]);
        if (of[INSTANT_FINE] < NOTHING * s->k->mass[i])
            of[INSTANT_FINE] = 0;
    }
    double unit = 1;
    for (int part = 0; part < INSTANT_PARTS; part++, unit *= s->k->leave_s)
        for (uint32_t i = s->c->n_states * PROBES; i < values; i++) {
            const double *of = s->k->value[i].of[part];
            off = fmax(off, fabs(of[INSTANT_FINE] - of[INSTANT_COARSE]) / unit);
        }
    return off;
}

/* --- flows */

/* P(a visit of state i begins, and ends like this, before the deadline), less its probability. */
static double value_of(const struct deadline_class *k, uint32_t i, enum probe p)
{
    return k->value[(size_t)i * PROBES + p].of[INSTANT_SHARE][INSTANT_FINE];
}

static double end_of(const struct pass *s, uint32_t i, uint32_t branch)
{
    return value_of(s->k, i, s->c->end_of[branch] - s->c->unit[s->c->state[i].unit].first_end);
}

static void cut_states(const struct pass *s, struct flow *state)
{
    const struct chain *c = s->c;
    double share[2] = {c->input_wrong.value, 1 - c->input_wrong.value};
    memset(state, 0, c->n_states * sizeof *state);
    for (int q = 0; q < 2; q++)
        if (c->start[q] >= 0)
            state[c->start[q]].n += share[q];
    for (uint32_t i = 0; i < c->n_states; i++)
        for (uint32_t h = c->state[i].hop; h < c->state[i + 1].hop; h++)
            if (c->hop[h].to >= 0)
                state[c->hop[h].to].n +=
                    c->weight[c->hop[h].branch] * end_of(s, i, c->hop[h].branch);
}

/* Has every latency a variance, so that the flows hold the moments? */
static bool has_moments(const struct chain *c)
{
    bool all = true;
    for (uint32_t u = 0; u < c->n_units; u++)
        all = all && !c->time[u].infinite[0] && !c->time[u].infinite[1];
    return all;
}

static void cut_ends(struct pass *s, struct flow *absorb)
{
    bool moments = has_moments(s->c);
    struct model *m = (struct model *)s->m;
    double x = s->k->leave_s, about = m->about.time_s, all = 0, ended = 0;
    for (uint32_t e = 0; e < ABSORB_COUNT; e++) {
        const struct instant_value *v = &s->k->value[s->c->n_states * PROBES + e];
        double mass = absorb[e].n, n = v->of[INSTANT_SHARE][INSTANT_FINE];
        n = fmin(mass, fmax(0, n));
        n = n < NOTHING * mass ? 0 : mass - n < NOTHING * mass ? mass : n;
        for (uint32_t of = latency_first(e); of < LATENCY_OF_COUNT; of++)
            s->k->free[of] += mass;
        all += mass;
        ended += n;
        if (n == mass && moments)
            continue;
        double t1 = x * n - v->of[INSTANT_AREA][INSTANT_FINE];
        double t2 = x * x * n - 2 * v->of[INSTANT_MOMENT][INSTANT_FINE];
        absorb[e] = (struct flow){.n = n};
        if (n > 0) {
            absorb[e].t1 = t1 - about * n;
            absorb[e].t2 = t2 - 2 * about * t1 + about * about * n;
        }
    }
    double left = all - ended < NOTHING ? 0 : all - ended;
    m->left[s->c->class] =
        (struct flow){.n = left, .t1 = left * (x - about), .t2 = left * (x - about) * (x - about)};
}

/* Visits, and calls with what they cost, of all that begins in time. */
static void cut_sums(const struct pass *s, const struct flow *state, struct flow *absorb)
{
    const struct chain *c = s->c;
    double visits = 0, cost = 0;
    for (uint32_t i = 0; i < c->n_states; i++) {
        uint32_t u = c->state[i].unit;
        double price = c->numbers[u].cost_call;
        if (!unit_counts(&c->unit[u]))
            continue;
        visits += c->unit[u].kind == UNIT_JOIN ? NAN : state[i].n;
        if (has_attempts(s, u))
            cost += price * value_of(s->k, i, PROBE_BEGIN);
        else if (c->unit[u].kind != UNIT_HIT && (price > 0 || c->unit[u].kind == UNIT_JOIN))
            cost += NAN;
    }
    for (uint32_t e = 1; e < ABSORB_COUNT; e++)
        absorb[e].v1 = absorb[e].c1 = absorb[e].v2 = absorb[e].c2 = 0;
    absorb[0].v1 = visits - s->m->about.visits;
    absorb[0].c1 = (s->m->no_cost ? 0 : cost) - s->m->about.cost;
    absorb[0].v2 = NAN;
    absorb[0].c2 = s->m->no_cost ? s->m->about.cost * s->m->about.cost : NAN;
}

int deadline_flow(struct model *m, uint32_t class, struct flow *state, struct flow *absorb,
                  struct error *err)
{
    const struct chain *c = &m->chain[class];
    struct deadline *d = take(m);
    struct pass s = {.m = m, .d = d, .k = &d->class[class], .c = c};
    double off = 0;
    s.attempts = mem_zero(d->n_units, sizeof *s.attempts);
    for (uint32_t u = 0; u < d->n_units; u++) {
        const struct visit_law *law = &c->law[u];
        s.attempts[u] = (law->ok + law->wrong) * law->tries[END_OK][0] +
                        law->failed * law->tries[END_FAILED][0];
    }
    memset(s.k->free, 0, sizeof s.k->free);
    if (s.k->ready) {
        off = run(&s, state, absorb);
    } else {
        for (uint32_t n = POINTS_FIRST; n <= POINTS_MAX && (n == POINTS_FIRST || off > ERROR_AIM);
             n *= 2) {
            class_close(s.k, d->n_units);
            class_open(&s, n);
            off = run(&s, state, absorb);
        }
    }
    d->error = fmax(d->error, off);
    d->tied = fmax(d->tied, s.k->at.tied);
    if (!(off <= ERROR_MAX)) {
        mem_free(s.attempts);
        return error_set(err, ERR_NUMERIC,
                         "deadline: the share of items that end before %.6g s is not known to "
                         "0.1%%: use simulate",
                         s.k->leave_s);
    }
    cut_ends(&s, absorb);
    cut_states(&s, state);
    cut_sums(&s, state, absorb);
    mem_free(s.attempts);
    return 0;
}

/* --- stages */

static void add_state(struct model *m, const struct pass *s, uint32_t i, double share)
{
    const struct chain *c = s->c;
    uint32_t u = c->state[i].unit, step = c->state[i].step, n = m->pipeline->n_classes;
    struct stage_sums *sums = &m->stage[step];
    const struct visit_law *law = &c->law[u];
    struct latency_firsts first = latency_first_ends(c, u);
    double in_time = value_of(s->k, i, PROBE_FIRST), late = value_of(s->k, i, PROBE_FIRST_LATE);
    double begun = value_of(s->k, i, PROBE_BEGIN), first_ok = in_time * law->first_ok;
    double ok = value_of(s->k, i, PROBE_OK) * (law->ok + law->wrong);
    double closed = ok + value_of(s->k, i, PROBE_FAILED) * law->failed;
    double at_first = first.in_time * in_time + first.late * late;
    if (!unit_counts(&c->unit[u]))
        return;
    m->visits[step * n + c->class] += share * m->state[i].n;
    sums->visits += share * m->state[i].n;
    sums->closed += share * closed;
    sums->visibly_ok += share * ok;
    if (!has_attempts(s, u)) {
        bool hedged = c->unit[u].kind == UNIT_VISIT;
        sums->first_ok += hedged ? NAN : share * ok;
        sums->attempts += hedged ? NAN : 0;
        sums->answers += hedged ? NAN : 0;
        sums->retried += hedged ? NAN : 0;
        sums->cost += hedged && c->numbers[u].cost_call > 0 ? NAN : 0;
        return;
    }
    sums->first_ok += share * first_ok;
    sums->attempt_s += share * begun * c->time[u].capped;
    sums->retried += share * (chain_retry(c, u)->attempts > 1 ? fmax(0, closed - at_first) : 0);
    sums->retried_ok += share * fmax(0, ok - first_ok);
    sums->attempts += share * begun;
    sums->cost += share * begun * c->numbers[u].cost_call;
    m->tries[u * n + c->class] += share * begun;
    for (int o = 0; o < OUTCOME_COUNT; o++) {
        enum probe p = o == OUTCOME_TIMEOUT ? PROBE_LATE : PROBE_ANSWER;
        double answers = share * law->rate[o] * value_of(s->k, i, p);
        sums->rate[o] += answers;
        sums->answers += answers;
    }
}

void deadline_stages(struct model *m, uint32_t class, double share)
{
    const struct pipeline *p = m->pipeline;
    const struct chain *c = &m->chain[class];
    struct pass s = {.m = m, .d = m->deadline, .k = &m->deadline->class[class], .c = c};
    uint32_t columns = p->n_steps + ABSORB_KIND_COUNT;
    for (uint32_t u = 0; u < c->n_units; u++)
        m->tries[u * p->n_classes + class] = 0;
    for (uint32_t i = 0; i < c->n_states; i++) {
        const struct chain_state *at = &c->state[i];
        const struct visit_law *law = &c->law[at->unit];
        struct stage_sums *sums = &m->stage[at->step];
        enum unit_kind kind = c->unit[at->unit].kind;
        double ok = law->ok + law->wrong;
        add_state(m, &s, i, share);
        if (unit_counts(&c->unit[at->unit]) && ok > 0)
            sums->caught += share * value_of(s.k, i, PROBE_OK) * c->caught[2 * at->unit + at->good];
        if (unit_counts(&c->unit[at->unit]))
            sums->left += share * (m->state[i].n - value_of(s.k, i, PROBE_OK) * ok -
                                   value_of(s.k, i, PROBE_FAILED) * law->failed);
        for (uint32_t h = at->hop; h < at[1].hop; h++) {
            int32_t to = c->hop[h].to;
            double flow = share * c->weight[c->hop[h].branch] * end_of(&s, i, c->hop[h].branch);
            uint32_t column = to >= 0 ? c->state[to].step : p->n_steps + (uint32_t)(-1 - to) / 4;
            enum unit_kind then = to < 0 ? UNIT_VISIT : c->unit[c->state[to].unit].kind;
            bool goes = then != UNIT_WAYS && then != UNIT_SOFT;
            if (goes && kind != UNIT_CACHE && kind != UNIT_FORK)
                m->flow[at->step * columns + column] += flow;
        }
    }
}

/* --- what is known */

bool deadline_hides(const struct model *m, uint32_t step)
{
    bool some = false;
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++)
        some = some || deadline_holds(m, k);
    return some && (m->pipeline->step[step].parent || m->pipeline->step[step].hedge_copies);
}

double deadline_error(const struct model *m)
{
    return m->deadline ? m->deadline->error : 0;
}

double deadline_tied(const struct model *m)
{
    return m->deadline ? m->deadline->tied : 0;
}

double deadline_free(const struct model *m, uint32_t scope, uint32_t of)
{
    double sum = 0;
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++) {
        double own = 0;
        if (deadline_holds(m, k))
            own = m->deadline->class[k].free[of];
        for (uint32_t e = 0; e < ABSORB_COUNT && !deadline_holds(m, k); e++)
            own += of >= latency_first(e) ? m->top[1 + k].mass[e] : 0;
        sum += scope == 0 ? m->pipeline->class[k].share * own : scope == 1 + k ? own : 0;
    }
    return sum;
}

double deadline_of(const struct model *m, uint32_t scope)
{
    const double *leave = m->pipeline->leave_after_s;
    if (!leave)
        return INFINITY;
    for (uint32_t k = 1; k < m->pipeline->n_classes && scope == 0; k++)
        if (leave[k] != leave[0])
            return NAN;
    return leave[scope ? scope - 1 : 0];
}

double deadline_work(const struct model *m)
{
    double sum = 0;
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++) {
        const struct chain *c = &m->chain[k];
        if (deadline_holds(m, k))
            sum += 1024 * (latency_work(m) / m->pipeline->n_classes + 20.0 * c->n_states +
                           40.0 * c->n_units) +
                   2e5;
    }
    return sum;
}
