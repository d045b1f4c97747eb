/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Units of the chain: visits by the steps' own numbers or by those of a `given`, hits of caches,
 * and choices; the bands of confidence between all numbers that a confidence is compared with; and
 * the choices of gates that draw, which are integrals over the law of the confidence in its band.
 */
#include "sim/exact/fork.h"

#include <gsl/gsl_integration.h>
#include <math.h>
#include <stdlib.h>

/* --- bands */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct cuts {
    double *at; /* a VEC */
    size_t len, cap;
};

static void cut_numbers(struct cuts *cuts, const struct step *s, const struct numbers *n)
{
    if (!s->draws_threshold)
        vec_push(cuts, n->threshold.value);
    if (s->bands)
        vec_push(cuts, n->threshold_high.value);
}

static void cut_gate(struct cuts *cuts, const struct step *s, uint32_t class)
{
    cut_numbers(cuts, s, &s->numbers[class]);
    for (uint32_t g = 0; g < s->n_given; g++)
        cut_numbers(cuts, s, &s->given[g].override.numbers[class]);
}

static bool asks(const struct operand *o, uint32_t scorer)
{
    return o->kind == OPERAND_CONFIDENCE || (o->kind == OPERAND_CONFIDENCE_OF && o->of == scorer);
}

/* Bands are half-open: v and the number after it hold every comparison with v. */
static void cut_condition(struct cuts *cuts, const struct condition *c, uint32_t scorer)
{
    for (uint32_t i = 0; i < c->n; i++) {
        const struct condition_node *n = &c->node[i];
        if (n->op >= CONDITION_NOT || !(asks(&n->left, scorer) || asks(&n->right, scorer)))
            continue;
        double v = asks(&n->left, scorer) ? n->right.value : n->left.value;
        vec_push(cuts, v);
        vec_push(cuts, nextafter(v, INFINITY));
    }
}

/* What every gate and condition that may ask `scorer` compares with. */
static void find_cuts(const struct chain *c, uint32_t scorer, struct cuts *cuts)
{
    const struct pipeline *p = c->pipeline;
    for (uint32_t g = 0; g < p->n_steps; g++) {
        const struct step *s = &p->step[g];
        if (s->kind == STEP_GATE &&
            (s->gate_of < 0 || scorer_named(p, (uint32_t)s->gate_of) == scorer))
            cut_gate(cuts, s, c->class);
        for (uint32_t w = 0; w < s->n_ways; w++)
            if (s->way[w].when)
                cut_condition(cuts, s->way[w].when, scorer);
    }
    if (cuts->len)
        qsort(cuts->at, cuts->len, sizeof *cuts->at, by_value);
    size_t distinct = 0;
    for (size_t i = 0; i < cuts->len; i++)
        if (!i || cuts->at[i] > cuts->at[distinct - 1])
            cuts->at[distinct++] = cuts->at[i];
    cuts->len = distinct;
}

static bool silence_asked(const struct pipeline *p, uint32_t step)
{
    for (uint32_t i = 0; i < p->n_steps; i++)
        for (uint32_t g = 0; g < p->step[i].n_given; g++)
            if (p->step[i].given[g].kind == GIVEN_WRONG && p->step[i].given[g].of == step)
                return true;
    return false;
}

static void bands_init(struct chain *c, uint32_t unit)
{
    struct bands *b = &c->bands[unit];
    const struct numbers *n = &c->numbers[unit];
    uint32_t step = c->unit[unit].step;
    *b = (struct bands){.silent = silence_asked(c->pipeline, step)};
    bool joins = unit == step && c->pipeline->step[step].parallel;
    if (c->pipeline->step[step].has_confidence || (joins && parallel_scores(c->pipeline, step))) {
        struct cuts cuts = {0};
        find_cuts(c, step, &cuts);
        b->threshold = cuts.at;
        b->n = (uint32_t)cuts.len;
        b->evidence = n->confidence_good.evidence || n->confidence_bad.evidence;
    }
    for (int q = 0; q < 2; q++) {
        b->weight[q] = mem_zero(b->n + 1, sizeof(double));
        for (uint32_t k = 0; k <= b->n && (joins || !k); k++)
            b->weight[q][k] = 1;
    }
}

/* Bands are half-open, [t_i, t_i+1), as a gate ships at c >= t.  Each is a difference in the tail
 * where it is the smaller of the two. */
static void bands_fill(struct bands *b, const struct dist *d, double *weight)
{
    for (uint32_t i = 0; i <= b->n && b->n; i++) {
        double below = i < b->n ? dist_below(d, b->threshold[i]) : 1;
        double below_last = i ? dist_below(d, b->threshold[i - 1]) : 0;
        double from = i < b->n ? dist_from(d, b->threshold[i]) : 0;
        double from_last = i ? dist_from(d, b->threshold[i - 1]) : 1;
        weight[i] = fmax(0, below_last < 0.5 ? below - below_last : from_last - from);
    }
}

void bands_refill(struct chain *c, uint32_t unit)
{
    if (!c->bands[unit].n || c->pipeline->step[c->unit[unit].step].parallel)
        return;
    bands_fill(&c->bands[unit], &c->numbers[unit].confidence_bad, c->bands[unit].weight[0]);
    bands_fill(&c->bands[unit], &c->numbers[unit].confidence_good, c->bands[unit].weight[1]);
}

static bool reband(struct chain *c, uint32_t unit)
{
    struct cuts cuts = {0};
    struct bands *b = &c->bands[unit];
    find_cuts(c, c->unit[unit].step, &cuts);
    bool same = cuts.len == b->n;
    for (uint32_t i = 0; i < b->n && same; i++)
        b->threshold[i] = cuts.at[i];
    vec_release(&cuts);
    bands_refill(c, unit);
    return same;
}

bool chain_reband(struct chain *c, uint32_t step)
{
    bool same = !c->bands[step].n || reband(c, step);
    for (uint32_t u = c->extra[step]; u < c->extra[step + 1]; u++)
        same = (!c->bands[u].n || reband(c, u)) && same;
    return same;
}

/* --- gates that draw */

struct drawn {
    const struct dist *score, *threshold;
};

static double drawn_at(double u, void *arg)
{
    const struct drawn *d = arg;
    return dist_cdf(d->threshold, dist_quantile(d->score, u));
}

/* P(T <= C; from <= C < to) = the integral of P(T <= Q(u)) over u in [P(C < from), P(C < to)). */
static double passes_drawn(const struct dist *score, const struct dist *threshold, double low,
                           double high)
{
    struct drawn d = {score, threshold};
    gsl_function f = {.function = drawn_at, .params = &d};
    double sum = 0, error;
    if (!(high > low))
        return 0;
    gsl_integration_cquad_workspace *w = gsl_integration_cquad_workspace_alloc(200);
    if (!w || gsl_integration_cquad(&f, low, high, 1e-13, 1e-12, w, &sum, &error, NULL))
        sum = NAN;
    gsl_integration_cquad_workspace_free(w);
    return sum;
}

/* E[C; C < x] */
static double moment_below(const struct dist *d, double x)
{
    return x <= 0 ? 0 : x > 1 ? dist_mean(d) : dist_partial_moment(d, nextafter(x, -1), 1);
}

/* E[audit_probability(C); from <= C < to], from >= t: linear in C where it is below 1. */
static double audited_near(const struct dist *d, double share, double t, double from, double to)
{
    if (!(t < 1) || !(share > 0))
        return share * (dist_from(d, from) - (to > 1 ? 0 : dist_from(d, to)));
    double bend = fmin(fmax(1 - (1 - t) / (2 * share), from), to), slope = 2 * share / (1 - t);
    double above_to = to > 1 ? 0 : dist_from(d, to);
    double sure = dist_from(d, from) - dist_from(d, bend);
    double rest = dist_from(d, bend) - above_to;
    return sure + slope * (rest - (moment_below(d, to) - moment_below(d, bend)));
}

/* P(audited, above, below | band) of scores by unit `scorer`. */
static void soft_weigh(const struct chain *c, const struct numbers *gate, const struct step *s,
                       uint32_t scorer, int good, uint32_t band, double out[SOFT_WAYS])
{
    const struct bands *b = &c->bands[scorer];
    const struct numbers *n = &c->numbers[scorer];
    const struct dist *score = good ? &n->confidence_good : &n->confidence_bad;
    double from = band ? b->threshold[band - 1] : -1, to = band < b->n ? b->threshold[band] : 2;
    double mass = b->weight[good][band], above = 1, share = gate->audit.value;
    if (b->n == 0)
        mass = 1;
    out[SOFT_AUDITED] = out[SOFT_ABOVE] = out[SOFT_BELOW] = 0;
    if (!(mass > 0))
        return;
    if (s->draws_threshold)
        above =
            fmin(1, passes_drawn(score, &gate->threshold_dist, band ? dist_below(score, from) : 0,
                                 band < b->n ? dist_below(score, to) : 1) /
                        mass);
    if (s->audit.present && s->audit.design == AUDIT_NEAR_THRESHOLD) {
        double t = s->bands ? gate->threshold_high.value : gate->threshold.value;
        share = from >= t ? fmin(1, audited_near(score, share, t, from, to) / mass) : 0;
    }
    out[SOFT_AUDITED] = s->audit.present ? above * share : 0;
    out[SOFT_ABOVE] = above - out[SOFT_AUDITED];
    out[SOFT_BELOW] = fmax(0, 1 - above);
}

static void soft_set(struct chain *c, uint32_t unit)
{
    const struct chain_unit *u = &c->unit[unit];
    const struct pipeline *p = c->pipeline;
    const struct step *s = &p->step[u->step];
    const struct numbers *n = &c->numbers[unit];
    double *weight = c->weight + u->first + 1;
    for (uint32_t i = 0; i < p->n_steps; i++) {
        bool scores = p->step[i].has_confidence || (p->step[i].parallel && c->bands[i].n);
        if (!scores || (s->gate_of >= 0 && scorer_named(p, (uint32_t)s->gate_of) != i))
            continue;
        uint32_t bands = c->bands[i].n + 1;
        for (int q = 0; q < 2; q++)
            for (uint32_t k = 0; k < bands; k++)
                soft_weigh(c, n, s, i, q, k,
                           weight + SOFT_WAYS * (c->soft_key[i] + (uint32_t)q * bands + k));
    }
}

static void ways_set(struct chain *c, uint32_t unit)
{
    const struct chain_unit *u = &c->unit[unit];
    const struct step *s = &c->pipeline->step[u->step];
    double *weight = c->weight + u->first + 1, sum = 0;
    uint32_t last = UINT32_MAX, rest = 0;
    for (uint32_t k = 0; k < s->n_ways; k++) {
        if (!s->way[k].probability)
            continue;
        weight[rest] = fmin(c->way[u->step][k].value, fmax(0, 1 - sum));
        sum += c->way[u->step][k].value;
        last = rest++;
    }
    weight[rest] = fmax(0, 1 - sum);
    if (s->ways_complete && last != UINT32_MAX) {
        weight[last] += weight[rest];
        weight[rest] = 0;
    }
}

void choice_set(struct chain *c, uint32_t unit)
{
    const struct chain_unit *u = &c->unit[unit];
    double hit = c->numbers[unit].cache_hit.value;
    switch (u->kind) {
    case UNIT_CACHE:
        c->weight[u->first + CACHE_HITS] = hit;
        c->weight[u->first + CACHE_MISSES] = 1 - hit;
        break;
    case UNIT_WAYS:
        ways_set(c, unit);
        break;
    case UNIT_SOFT:
        soft_set(c, unit);
        break;
    default: /* forks: forks_refill */
        break;
    }
}

/* --- units */

void unit_numbers(const struct chain *c, uint32_t unit, struct numbers *out)
{
    unit_numbers_in(c, unit, sky_state(c, c->unit[unit].weather), out);
}

void unit_numbers_in(const struct chain *c, uint32_t unit, const uint32_t *state,
                     struct numbers *out)
{
    const struct chain_unit *u = &c->unit[unit];
    int32_t given = u->kind == UNIT_FORK ? -1 : u->given;
    numbers_resolve(c->pipeline, u->step, c->class, given, state, out);
    if (u->kind == UNIT_VISIT)
        return;
    out->latency = u->kind == UNIT_HIT ? out->cache_latency : dist_constant(0);
    out->error = out->wrong = out->malformed = out->repair = (struct number){0};
    out->timeout_s = INFINITY;
    out->cost_call = 0;
}

static void renumber(struct chain *c, uint32_t unit, bool time)
{
    unit_numbers(c, unit, &c->numbers[unit]);
    if (!time)
        return;
    attempt_time_set(&c->time[unit], &c->numbers[unit].latency, c->numbers[unit].timeout_s);
    hedge_refill(c, unit);
}

void chain_renumber(struct chain *c, uint32_t step, bool time)
{
    renumber(c, step, time);
    for (uint32_t u = c->extra[step]; u < c->extra[step + 1]; u++)
        renumber(c, u, time);
}

static uint32_t unit_add(struct chain *c, uint32_t step, enum unit_kind kind, int32_t given)
{
    c->unit[c->n_units] = (struct chain_unit){.step = step, .kind = kind, .given = given};
    return c->n_units++;
}

/* Outcomes of a parallel, before its bands are known. */
static uint32_t outcomes_of(const struct chain *c, uint32_t i)
{
    struct cuts cuts = {0};
    if (!parallel_scores(c->pipeline, i))
        return 3;
    find_cuts(c, i, &cuts);
    uint32_t n = 1 + 2 * ((uint32_t)cuts.len + 2);
    vec_release(&cuts);
    return n;
}

/* A fork for each context, and its outcomes for each quality behind it. */
static void forks_add(struct chain *c, uint32_t i)
{
    uint32_t contexts = 1u << context_givens(c->pipeline, i), n = 2 * outcomes_of(c, i);
    for (uint32_t k = 0; k < contexts; k++) {
        struct chain_variant *v = &c->variant[c->variant_of[i] + k];
        *v = (struct chain_variant){i, UNIT_NONE, UNIT_NONE, UNIT_NONE};
        v->cache = unit_add(c, i, UNIT_FORK, (int32_t)k - 1);
        for (uint32_t o = 0; o < n; o++)
            (void)unit_add(c, i, UNIT_JOIN, -1);
    }
    c->ways[i] = c->pipeline->step[i].n_ways ? unit_add(c, i, UNIT_WAYS, -1) : UNIT_NONE;
}

static void variants_add(struct chain *c, uint32_t i)
{
    const struct step *s = &c->pipeline->step[i];
    if (s->parallel) {
        forks_add(c, i);
        return;
    }
    bool soft = s->kind == STEP_GATE && (s->draws_threshold || s->audit.present);
    for (int32_t g = -1; g < (int32_t)s->n_given; g++) {
        struct chain_variant *v = &c->variant[c->variant_of[i] + (uint32_t)(g + 1)];
        v->visit = g < 0 ? i : unit_add(c, i, UNIT_VISIT, g);
        v->cache = s->has_cache ? unit_add(c, i, UNIT_CACHE, g) : UNIT_NONE;
        v->hit = s->has_cache ? unit_add(c, i, UNIT_HIT, g) : UNIT_NONE;
        v->soft = soft ? unit_add(c, i, UNIT_SOFT, g) : UNIT_NONE;
    }
    c->varied |= soft || s->hedge_copies || s->n_given || s->has_cache || s->class_retry;
    c->ways[i] = s->n_ways ? unit_add(c, i, UNIT_WAYS, -1) : UNIT_NONE;
}

static uint32_t choices(const struct chain *c, const struct chain_unit *u)
{
    uint32_t n = 1;
    if (u->kind == UNIT_CACHE)
        return 2;
    if (u->kind == UNIT_SOFT)
        return SOFT_WAYS * c->n_soft_keys;
    if (u->kind == UNIT_FORK)
        return 2 * fork_outcomes(c, u->step);
    for (uint32_t k = 0; k < c->pipeline->step[u->step].n_ways; k++)
        n += c->pipeline->step[u->step].way[k].probability != NULL;
    return n;
}

uint32_t unit_branches(const struct chain *c, const struct chain_unit *u)
{
    return u->width ? 2 * u->width : 1 + choices(c, u);
}

static uint32_t place_unit(struct chain *c, uint32_t unit, uint32_t at)
{
    struct chain_unit *u = &c->unit[unit];
    u->first = at;
    u->width = unit_counts(u) ? branch_width(&c->bands[unit]) * c->n_weather : 0;
    return at + unit_branches(c, u);
}

/* Branches of a step lie side by side. */
static void place_units(struct chain *c)
{
    uint32_t n = c->pipeline->n_steps;
    c->n_soft_keys = 0;
    for (uint32_t i = 0; i < n; i++) {
        c->soft_key[i] = c->n_soft_keys;
        if (c->pipeline->step[i].has_confidence || (c->pipeline->step[i].parallel && c->bands[i].n))
            c->n_soft_keys += 2 * (c->bands[i].n + 1);
    }
    for (uint32_t i = 0; i < n; i++) {
        c->base[i + 1] = place_unit(c, i, c->base[i]);
        for (uint32_t u = c->extra[i]; u < c->extra[i + 1]; u++)
            c->base[i + 1] = place_unit(c, u, c->base[i + 1]);
    }
    c->n_branches = c->base[n];
}

static void place_ends(struct chain *c)
{
    c->end_of = mem_zero(c->n_branches, sizeof *c->end_of);
    c->n_ends = c->n_weather > 1 ? c->n_branches : END_COUNT * c->n_units;
    c->end = mem_zero(c->n_ends, sizeof *c->end);
    for (uint32_t k = 0; k < c->n_units; k++) {
        struct chain_unit *u = &c->unit[k];
        uint32_t branches = unit_branches(c, u);
        u->first_end = c->n_weather > 1 ? u->first : END_COUNT * k;
        u->n_ends = c->n_weather > 1 ? branches : END_COUNT;
        for (uint32_t b = 0; b < branches; b++) {
            bool failed = u->width && b % u->width == 0;
            c->end_of[u->first + b] =
                c->n_weather > 1 ? u->first + b : u->first_end + (failed ? END_FAILED : END_OK);
        }
    }
}

void units_init(struct chain *c)
{
    const struct pipeline *p = c->pipeline;
    uint32_t n = p->n_steps, variants = 0;
    size_t forks = 0;
    c->variant_of = mem_zero(n, sizeof *c->variant_of);
    c->ways = mem_zero(n, sizeof *c->ways);
    c->way = mem_zero(n, sizeof *c->way);
    c->base = mem_zero((size_t)n + 1, sizeof *c->base);
    c->extra = mem_zero((size_t)n + 1, sizeof *c->extra);
    c->soft_key = mem_zero(n, sizeof *c->soft_key);
    c->how = mem_zero(n, sizeof *c->how);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t contexts = p->step[i].parallel ? 1u << context_givens(p, i) : 0;
        c->variant_of[i] = variants;
        variants += contexts ? contexts : 1 + p->step[i].n_given;
        forks += contexts ? (size_t)contexts * 2 * outcomes_of(c, i) : 0;
        c->way[i] = mem_zero((size_t)p->step[i].n_ways + 1, sizeof **c->way);
        for (uint32_t k = 0; k < p->step[i].n_ways; k++)
            if (p->step[i].way[k].probability)
                c->way[i][k] = p->step[i].way[k].probability[c->class];
    }
    size_t room = 4 * (size_t)variants + 2 * (size_t)n + forks;
    c->variant = mem_zero(variants, sizeof *c->variant);
    c->unit = mem_zero(room, sizeof *c->unit);
    for (uint32_t i = 0; i < n; i++)
        unit_add(c, i, UNIT_VISIT, -1);
    for (uint32_t i = 0; i < n; i++) {
        c->extra[i] = c->n_units;
        variants_add(c, i);
    }
    c->extra[n] = c->n_units;
    units_settle(c);
}

void units_settle(struct chain *c)
{
    c->bands = mem_zero(c->n_units, sizeof *c->bands);
    c->caught = mem_zero(2 * (size_t)c->n_units, sizeof *c->caught);
    c->law = mem_zero(c->n_units, sizeof *c->law);
    c->time = mem_zero(c->n_units, sizeof *c->time);
    c->numbers = mem_zero(c->n_units, sizeof *c->numbers);
    c->hedge = mem_zero(c->n_units, sizeof *c->hedge);
    for (uint32_t u = 0; u < c->n_units; u++) {
        unit_numbers(c, u, &c->numbers[u]);
        attempt_time_set(&c->time[u], &c->numbers[u].latency, c->numbers[u].timeout_s);
        hedge_refill(c, u);
        if (!unit_counts(&c->unit[u]))
            continue;
        bands_init(c, u);
        bands_refill(c, u);
    }
    place_units(c);
    place_ends(c);
    c->weight = mem_zero(c->n_branches, sizeof *c->weight);
    slots_init(c);
}

void units_unsettle(struct chain *c)
{
    for (uint32_t u = 0; c->bands && u < c->n_units; u++) {
        mem_free(c->bands[u].threshold);
        mem_free(c->bands[u].weight[0]);
        mem_free(c->bands[u].weight[1]);
        hedge_release(&c->hedge[u]);
    }
    mem_free(c->bands);
    mem_free(c->caught);
    mem_free(c->law);
    mem_free(c->time);
    mem_free(c->numbers);
    mem_free(c->hedge);
    mem_free(c->end_of);
    mem_free(c->end);
    mem_free(c->weight);
    mem_free(c->slot);
    c->slot = NULL;
}

void units_release(struct chain *c)
{
    units_unsettle(c);
    for (uint32_t i = 0; c->way && i < c->pipeline->n_steps; i++)
        mem_free(c->way[i]);
    mem_free(c->unit);
    mem_free(c->variant);
    mem_free(c->variant_of);
    mem_free(c->ways);
    mem_free(c->way);
    mem_free(c->base);
    mem_free(c->extra);
    mem_free(c->soft_key);
    mem_free(c->how);
}
