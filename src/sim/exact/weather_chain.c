/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The chain in the weather: each state of an explored chain stands once for each joint state of
 * the environments at the start of the visit, and each branch of a visit once for each at its end.
 *
 * A visit is a product of defective transitions: attempt k begins in weather i with the moments of
 * what came before; it ends as the numbers of weather i say, while the weather moves on by
 * E[exp(Q L)] over the latency L, or by exp(Q T) when the limit T strikes, and over the wait. */
#include "sim/exact/weather.h"

#include <math.h>
#include <string.h>

enum { HOPS_MAX = 1 << 25, SHIFT_WORK = 250 /* ns by n^3 */ };

struct chain_sky {
    const struct weather *weather; /* borrowed */
    VEC(struct weather_law) law;
    size_t n_shared;          /* laws as of find_laws; those behind are of one step */
    uint32_t *in_time, *late; /* [n_units] laws of latencies within their limit, and of the limit */
    uint32_t n_waits, **wait; /* [n_steps][attempts - 1] laws of the waits after attempts */
    uint32_t *sibling;        /* [n_units][n] */
    uint32_t *stated;         /* [n_units] fields that the environments override */
    double *tries;            /* [n_units][n] */
    double *weight;           /* room for the branches of a visit in all weathers */
};

uint32_t sky_sibling(const struct chain *c, uint32_t unit, uint32_t weather)
{
    return c->sky->sibling[(size_t)unit * c->n_weather + weather];
}

double sky_tries(const struct chain *c, uint32_t unit, uint32_t weather)
{
    return c->sky->tries[(size_t)unit * c->n_weather + weather];
}

const uint32_t *sky_state(const struct chain *c, uint32_t weather)
{
    return c->sky ? c->sky->weather->state + (size_t)weather * c->sky->weather->n_environments
                  : NULL;
}

uint32_t sky_calm(const struct chain *c, uint32_t step)
{
    for (uint32_t k = 0; k < c->n_weather; k++)
        if (!c->sky->stated[sky_sibling(c, step, k)])
            return sky_sibling(c, step, k);
    return step;
}

const struct weather_law *sky_law(const struct chain *c, uint32_t unit)
{
    return &c->sky->law.at[c->sky->in_time[unit]];
}

const struct weather_law *sky_late(const struct chain *c, uint32_t unit)
{
    return &c->sky->law.at[c->sky->late[unit]];
}

const struct weather *sky_weather(const struct chain *c)
{
    return c->sky->weather;
}

const struct weather_law *sky_wait(const struct chain *c, uint32_t unit, uint32_t made)
{
    return &c->sky->law.at[c->sky->wait[c->unit[unit].step][made - 1]];
}

/* --- laws */

static uint32_t find_law(struct chain_sky *sky, const struct dist *d, double limit_s)
{
    struct weather_law l;
    for (size_t k = 0; k < sky->law.len; k++)
        if (sky->law.at[k].limit_s == limit_s && dist_same(&sky->law.at[k].dist, d))
            return (uint32_t)k;
    weather_law_init(&l, sky->weather, d, limit_s);
    vec_push(&sky->law, l);
    return (uint32_t)sky->law.len - 1;
}

static uint32_t find_wait(struct chain_sky *sky, const struct retry *r, uint32_t made)
{
    double to = rules_backoff(r, made, 1);
    double from = r->jitter == JITTER_FULL ? 0 : r->jitter == JITTER_EQUAL ? to / 2 : to;
    struct dist d = dist_constant(to);
    if (from < to)
        d = (struct dist){.family = DIST_UNIFORM, .a = from, .b = to};
    return find_law(sky, &d, INFINITY);
}

static void forget_laws(struct chain_sky *sky, size_t kept)
{
    for (size_t k = kept; k < sky->law.len; k++)
        weather_law_release(&sky->law.at[k]);
    sky->law.len = kept;
}

static void find_visit_laws(struct chain *c, uint32_t u)
{
    const struct numbers *n = &c->numbers[u];
    struct dist limit = dist_constant(isfinite(n->timeout_s) ? n->timeout_s : 0);
    if (!unit_counts(&c->unit[u]))
        return;
    c->sky->in_time[u] = find_law(c->sky, &n->latency, n->timeout_s);
    c->sky->late[u] = find_law(c->sky, &limit, INFINITY);
}

static void find_wait_laws(struct chain *c, uint32_t step)
{
    for (uint32_t k = 1; k < chain_retry(c, step)->attempts; k++)
        c->sky->wait[step][k - 1] = find_wait(c->sky, chain_retry(c, step), k);
}

static void find_laws(struct chain *c)
{
    forget_laws(c->sky, 0);
    for (uint32_t u = 0; u < c->n_units; u++)
        find_visit_laws(c, u);
    for (uint32_t i = 0; i < c->pipeline->n_steps; i++)
        find_wait_laws(c, i);
    c->sky->n_shared = c->sky->law.len;
}

void sky_refresh_step(struct chain *c, uint32_t step)
{
    forget_laws(c->sky, c->sky->n_shared);
    find_visit_laws(c, step);
    for (uint32_t u = c->extra[step]; u < c->extra[step + 1]; u++)
        find_visit_laws(c, u);
    find_wait_laws(c, step);
}

/* Each part was integrated as a whole, and as its half. */
double sky_work(const struct chain *c)
{
    double shifts = 0, n = c->n_weather;
    if (!c->sky)
        return 0;
    for (size_t k = 0; k < c->sky->law.len; k++)
        shifts += 2.0 * PANEL_NODES * (double)c->sky->law.at[k].parts.len;
    return shifts * SHIFT_WORK * n * n * n;
}

/* A latency that all weathers share is one, however often it is drawn. */
static void share_redrawn(struct chain *c)
{
    for (uint32_t u = 0; u < c->n_units; u++) {
        uint32_t calm = sky_sibling(c, u, 0);
        struct numbers own, first;
        unit_numbers(c, u, &own);
        unit_numbers(c, calm, &first);
        if (u == calm || !own.latency.evidence || !dist_same(&own.latency, &first.latency))
            continue;
        c->numbers[u].latency = c->numbers[calm].latency;
        c->time[u] = c->time[calm];
    }
}

void sky_refresh(struct chain *c)
{
    share_redrawn(c);
    find_laws(c);
}

/* --- one visit */

/* A share of visits, and E[X^k; that share] of time and cost. */
struct amount {
    double n, t1, t2, c1, c2;
};

static void amount_add(struct amount *to, const struct amount *a, double p)
{
    to->n += p * a->n;
    to->t1 += p * a->t1;
    to->t2 += p * a->t2;
    to->c1 += p * a->c1;
    to->c2 += p * a->c2;
}

static void amount_pay(struct amount *a, double cost)
{
    a->c2 += 2 * cost * a->c1 + cost * cost * a->n;
    a->c1 += cost * a->n;
}

/* What becomes of `a` over a time that begins in weather `from`: adds p times that to to[n]. */
static void amount_move(const struct weather_law *l, uint32_t n, uint32_t from,
                        const struct amount *a, double p, struct amount *to)
{
    size_t square = (size_t)n * n;
    const double *m = l->moment + (size_t)from * n;
    if (!(p > 0) || !(a->n > 0))
        return;
    for (uint32_t j = 0; j < n; j++) {
        double m0 = p * m[j], m1 = p * m[square + j], m2 = p * m[2 * square + j];
        to[j].n += m0 * a->n;
        to[j].t1 += m0 * a->t1 + m1 * a->n;
        to[j].t2 += m0 * a->t2 + 2 * m1 * a->t1 + m2 * a->n;
        to[j].c1 += m0 * a->c1;
        to[j].c2 += m0 * a->c2;
    }
}

/* How attempts that begin in one weather end: p of failures tried again (1) or not (0). */
void sky_attempt(const struct chain *c, uint32_t unit, enum chain_step how, struct sky_attempt *out)
{
    const struct retry *retry = chain_retry(c, unit);
    struct numbers n = c->numbers[unit];
    double late = how == CHAIN_PERFECT ? 0 : c->time[unit].late;
    if (how != CHAIN_AS_FILLED) {
        n.error.value = how == CHAIN_FAILING;
        n.wrong.value = n.malformed.value = 0;
        n.sensitivity.value = n.specificity.value = 1;
    }
    *out = (struct sky_attempt){.numbers = n};
    rules_outcomes(&n, late, out->outcome);
    for (enum outcome o = OUTCOME_ERROR; o <= OUTCOME_TIMEOUT; o++) {
        int again = c->unit[unit].kind == UNIT_VISIT && rules_retries(retry, o, 0);
        *(o == OUTCOME_TIMEOUT ? &out->lost_late[again] : &out->lost[again]) += out->outcome[o];
    }
    out->cost = c->unit[unit].kind == UNIT_VISIT ? n.cost_call : 0;
}

struct visiting {
    struct chain *c;
    uint32_t unit, n, attempts;
    struct sky_attempt at[WEATHER_MAX];
    struct amount last[WEATHER_MAX];   /* before attempts, and their price */
    struct amount failed[WEATHER_MAX]; /* by the weather at the end */
};

static void visit_attempts(struct visiting *v, struct visit_law *law)
{
    struct chain *c = v->c;
    struct amount now[WEATHER_MAX] = {{0}}, lost[WEATHER_MAX], next[WEATHER_MAX];
    double *tries = c->sky->tries + (size_t)v->unit * v->n, reached = 1;
    bool counts = c->unit[v->unit].kind == UNIT_VISIT;
    memset(tries, 0, v->n * sizeof *tries);
    now[c->unit[v->unit].weather].n = 1;
    for (uint32_t k = 1; k <= v->attempts && reached > 1e-18; k++) {
        memset(lost, 0, sizeof lost);
        memset(next, 0, sizeof next);
        for (uint32_t i = 0; i < v->n; i++) {
            const struct sky_attempt *a = &v->at[i];
            uint32_t u = sky_sibling(c, v->unit, i);
            const struct weather_law *in_time = sky_law(c, u);
            const struct weather_law *late = sky_late(c, u);
            tries[i] += counts ? now[i].n : 0;
            amount_pay(&now[i], a->cost);
            amount_add(&v->last[i], &now[i], 1);
            amount_move(in_time, v->n, i, &now[i], a->lost[0], v->failed);
            amount_move(late, v->n, i, &now[i], a->lost_late[0], v->failed);
            struct amount *again = k == v->attempts ? v->failed : lost;
            amount_move(in_time, v->n, i, &now[i], a->lost[1], again);
            amount_move(late, v->n, i, &now[i], a->lost_late[1], again);
            double ok = now[i].n * (a->outcome[OUTCOME_OK] + a->outcome[OUTCOME_WRONG]);
            *(k == 1 ? &law->first_ok : &law->retried_ok) += ok;
        }
        reached = 0;
        for (uint32_t i = 0; i < v->n; i++) {
            reached += lost[i].n;
            if (k < v->attempts)
                amount_move(sky_wait(c, v->unit, k), v->n, i, &lost[i], 1, next);
        }
        if (k == 1)
            law->retried = reached;
        memcpy(now, next, sizeof now);
    }
}

static void put_end(struct chain *c, uint32_t branch, const struct amount *a)
{
    c->weight[branch] = a->n;
    if (a->n > 0)
        c->end[branch] = (struct chain_end){
            .time = {a->t1 / a->n, a->t2 / a->n},
              .cost = {a->c1 / a->n, a->c2 / a->n}
        };
}

/* Branches of items of one quality. */
static void put_branches(struct visiting *v, bool good, bool ends, struct amount total[END_COUNT])
{
    struct chain *c = v->c;
    uint32_t width = c->unit[v->unit].width / v->n, first = branch_first(c, v->unit, good);
    double *weight = c->sky->weight, caught = 0;
    for (uint32_t i = 0; i < v->n; i++) {
        struct visit_law law = {.ok = v->at[i].outcome[OUTCOME_OK],
                                .wrong = v->at[i].outcome[OUTCOME_WRONG]};
        caught += v->last[i].n * visit_weights(c, sky_sibling(c, v->unit, i), &v->at[i].numbers,
                                               &law, good, weight + i * width);
    }
    c->caught[2 * v->unit + good] = caught;
    for (uint32_t b = 0; b < width; b++) {
        struct amount to[WEATHER_MAX] = {{0}};
        for (uint32_t i = 0; i < v->n && b; i++)
            amount_move(sky_law(c, sky_sibling(c, v->unit, i)), v->n, i, &v->last[i],
                        weight[i * width + b], to);
        for (uint32_t j = 0; j < v->n; j++) {
            const struct amount *a = b ? &to[j] : &v->failed[j];
            amount_add(&total[b ? END_OK : END_FAILED], a, 1);
            if (ends)
                put_end(c, first + b * v->n + j, a);
            else
                c->weight[first + b * v->n + j] = a->n;
        }
    }
}

void sky_visit(struct chain *c, uint32_t unit, enum chain_step how)
{
    struct visiting v = {.c = c, .unit = unit, .n = c->n_weather, .attempts = 1};
    struct visit_law law = {{0}};
    struct amount total[END_COUNT] = {{0}}, again[END_COUNT] = {{0}};
    if (c->unit[unit].kind == UNIT_VISIT)
        v.attempts = chain_retry(c, unit)->attempts;
    for (uint32_t i = 0; i < v.n; i++)
        sky_attempt(c, sky_sibling(c, unit, i), how, &v.at[i]);
    visit_attempts(&v, &law);
    put_branches(&v, false, how == CHAIN_AS_FILLED, again);
    put_branches(&v, true, how == CHAIN_AS_FILLED, total);
    if (how != CHAIN_AS_FILLED)
        return;
    const struct sky_attempt *own = &v.at[c->unit[unit].weather];
    double late = c->time[unit].late, tries = 0;
    for (int o = 0; o < OUTCOME_COUNT; o++)
        law.outcome[o] = law.rate[o] = own->outcome[o];
    law.rate[OUTCOME_WRONG] = (1 - late) * own->numbers.wrong.value;
    law.rate[OUTCOME_MALFORMED] = (1 - late) * own->numbers.malformed.value;
    for (uint32_t i = 0; i < v.n; i++) {
        law.wrong += v.last[i].n * v.at[i].outcome[OUTCOME_WRONG];
        law.ok += v.last[i].n * v.at[i].outcome[OUTCOME_OK];
        tries += sky_tries(c, unit, i);
    }
    law.failed = total[END_FAILED].n;
    for (int e = 0; e < END_COUNT; e++) {
        law.time[e][0] = total[e].n > 0 ? total[e].t1 / total[e].n : 0;
        law.time[e][1] = total[e].n > 0 ? total[e].t2 / total[e].n : 0;
        law.tries[e][0] = tries;
    }
    c->law[unit] = law;
}

void sky_make_room(struct chain *c)
{
    for (uint32_t u = 0; u < c->n_units; u++)
        if (c->sky->stated[u])
            numbers_make_room(&c->numbers[u], c->sky->stated[u]);
}

/* --- spreading the chain */

static uint32_t stated_by(const struct chain *c, const struct chain_unit *u)
{
    const struct pipeline *p = c->pipeline;
    const uint32_t *state = sky_state(c, u->weather);
    uint32_t set = 0;
    for (uint32_t e = 0; e < p->n_environments; e++) {
        const struct env_state *s = &p->environment[e].state[state[e]];
        for (uint32_t k = 0; k < s->n_overrides; k++)
            if (s->override[k].step == u->step)
                set |= s->override[k].override.set;
    }
    return set;
}

/* New places of the units: own ones first, in the first weather; the others step by step. */
static uint32_t *place_units(struct chain *c)
{
    uint32_t n = c->n_weather, steps = c->pipeline->n_steps, next = steps;
    uint32_t *place = mem_zero((size_t)c->n_units * n, sizeof *place);
    uint32_t *extra = mem_zero((size_t)steps + 1, sizeof *extra);
    for (uint32_t i = 0; i < steps; i++) {
        extra[i] = next;
        place[i * n] = i;
        for (uint32_t k = 1; k < n; k++)
            place[i * n + k] = next++;
        for (uint32_t u = c->extra[i]; u < c->extra[i + 1]; u++)
            for (uint32_t k = 0; k < n; k++)
                place[u * n + k] = next++;
    }
    extra[steps] = next;
    mem_free(c->extra);
    c->extra = extra;
    return place;
}

static void spread_units(struct chain *c, const struct chain_unit *old, uint32_t n_old,
                         const uint32_t *place)
{
    struct chain_sky *sky = c->sky;
    uint32_t n = c->n_weather, steps = c->pipeline->n_steps, widest = 1;
    c->n_units = n_old * n;
    c->unit = mem_zero(c->n_units, sizeof *c->unit);
    sky->sibling = mem_zero((size_t)c->n_units * n, sizeof *sky->sibling);
    sky->stated = mem_zero(c->n_units, sizeof *sky->stated);
    sky->tries = mem_zero((size_t)c->n_units * n, sizeof *sky->tries);
    sky->in_time = mem_zero(c->n_units, sizeof *sky->in_time);
    sky->late = mem_zero(c->n_units, sizeof *sky->late);
    sky->wait = mem_zero(steps, sizeof *sky->wait);
    sky->n_waits = steps;
    for (uint32_t i = 0; i < n_old * n; i++) {
        struct chain_unit *u = &c->unit[place[i]];
        *u = (struct chain_unit){.step = old[i / n].step,
                                 .kind = old[i / n].kind,
                                 .given = old[i / n].given,
                                 .weather = i % n};
        sky->stated[place[i]] = stated_by(c, u);
        memcpy(&sky->sibling[(size_t)place[i] * n], &place[i / n * n], n * sizeof *place);
    }
    for (uint32_t i = 0; i < steps; i++)
        sky->wait[i] = mem_zero(chain_retry(c, i)->attempts, sizeof **sky->wait);
    units_settle(c);
    for (uint32_t u = 0; u < c->n_units; u++)
        widest = c->unit[u].width > widest ? c->unit[u].width : widest;
    sky->weight = mem_zero(widest, sizeof *sky->weight);
    find_laws(c);
}

static void spread_hops(struct chain *c, const struct chain_state *from, uint32_t s,
                        const struct hop *old_hop, const struct chain_unit *old, uint32_t unit)
{
    uint32_t n = c->n_weather, own = c->unit[unit].weather;
    const struct chain_unit *u = &c->unit[unit];
    c->state[s] = (struct chain_state){.step = from->step,
                                       .unit = unit,
                                       .hop = c->n_hops,
                                       .good = from->good,
                                       .reviewed = from->reviewed};
    for (uint32_t h = from->hop; h < from[1].hop; h++) {
        uint32_t branch = old_hop[h].branch - old->first;
        for (uint32_t k = 0; k < n; k++) {
            bool stays = !unit_counts(u);
            if (stays && k != own)
                continue;
            int32_t to = old_hop[h].to;
            c->hop[c->n_hops++] = (struct hop){to < 0 ? to : (int32_t)((uint32_t)to * n + k),
                                               u->first + (stays ? branch : branch * n + k)};
        }
    }
}

static void spread_states(struct chain *c, const struct chain_unit *old, const uint32_t *place)
{
    uint32_t n = c->n_weather, n_old = c->n_states;
    struct chain_state *state = c->state;
    struct hop *hop = c->hop;
    c->state = mem_zero((size_t)n_old * n + 1, sizeof *c->state);
    c->hop = mem_zero((size_t)c->n_hops * n * n + 1, sizeof *c->hop);
    c->n_hops = 0;
    for (uint32_t s = 0; s < n_old; s++)
        for (uint32_t k = 0; k < n; k++)
            spread_hops(c, &state[s], s * n + k, hop, &old[state[s].unit],
                        place[state[s].unit * n + k]);
    c->n_states = n_old * n;
    c->state[c->n_states].hop = c->n_hops;
    for (uint32_t b = 0; b < c->n_blocks; b++) {
        c->block[b].begin *= n;
        c->block[b].end *= n;
    }
    for (int q = 0; q < 2; q++)
        c->start[q] *= c->start[q] < 0 ? 1 : n;
    mem_free(state);
    mem_free(hop);
}

int sky_spread(struct chain *c, const struct weather *w, uint32_t max_states, struct error *err)
{
    struct chain_unit *old = c->unit;
    uint32_t n_old = c->n_units;
    double hops = (double)c->n_hops * w->n * w->n;
    if ((double)c->n_states * w->n > max_states || hops > HOPS_MAX)
        return error_set(err, ERR_LIMIT,
                         "%s: the exact chain needs %.0f states and %.0f hops, %u joint states of "
                         "the environments included: lower at_most, or use simulate",
                         c->pipeline->file ? c->pipeline->file : "flow", (double)c->n_states * w->n,
                         hops, w->n);
    units_unsettle(c);
    c->sky = mem_zero(1, sizeof *c->sky);
    c->sky->weather = w;
    c->n_weather = w->n;
    c->weather_start = w->start;
    c->varied = true;
    uint32_t *place = place_units(c);
    spread_units(c, old, n_old, place);
    spread_states(c, old, place);
    mem_free(place);
    mem_free(old);
    return 0;
}

void sky_release(struct chain_sky *sky)
{
    if (!sky)
        return;
    forget_laws(sky, 0);
    vec_release(&sky->law);
    mem_free(sky->in_time);
    mem_free(sky->late);
    mem_free(sky->sibling);
    mem_free(sky->stated);
    mem_free(sky->tries);
    mem_free(sky->weight);
    for (uint32_t i = 0; i < sky->n_waits; i++)
        mem_free(sky->wait[i]);
    mem_free(sky->wait);
    mem_free(sky);
}
