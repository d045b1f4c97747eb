/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Defensive mixtures (Hesterberg, "Weighted average importance sampling and defensive mixture
 * distributions", Technometrics 37, 1995): the plain distribution is always one of the parts of a
 * draw.  Over the two sets of shares, the balance heuristic (Veach and Guibas, SIGGRAPH 1995). */
#include "sim/tilt.h"

#include <math.h>

/* Regions as likely as this are no rare ones: they need no help. */
static const double COMMON = 0.5, RARE = 0.1;
static const int TAILS[] = {7, 14, 21}; /* shares 2^-7, ... of the numbers */
enum { N_TAILS = sizeof TAILS / sizeof *TAILS };

uint32_t tilt_sites(uint32_t n_steps)
{
    return n_steps * TILT_KINDS * TILT_CONTEXTS;
}

void tilt_begin(struct tilt *t, uint32_t set)
{
    t->set = set;
    t->log_density[0] = t->log_density[1] = 0;
    t->step = t->met_here = t->met = 0;
    t->marks.len = 0;
}

double tilt_weight(const struct tilt *t)
{
    return 2 / (exp(t->log_density[0]) + exp(t->log_density[1]));
}

void tilt_release(struct tilt *t)
{
    vec_release(&t->marks);
}

static double size_of(const struct tilt_region *r)
{
    return ((double)(r->last - r->first) + 1) * 0x1p-64;
}

static double unit(uint64_t u)
{
    return (double)(u >> 11) * 0x1p-53;
}

/* The place x in [0, 1) of a region. */
static uint64_t spread(const struct tilt_region *r, double x)
{
    uint64_t n = r->last - r->first;
    uint64_t at = (uint64_t)(x * ((double)n + 1));
    return r->first + (at < n ? at : n);
}

static bool holds(const struct tilt_region *r, uint64_t u)
{
    return r->first <= u && u <= r->last;
}

static bool is_region(const struct tilt_region *r)
{
    return r->first <= r->last && size_of(r) < COMMON;
}

/* A number of the mixture, from a uniform one. */
static uint64_t mixed(const struct tilt_site *s, const struct tilt_region *r, uint32_t n,
                      uint64_t u)
{
    double x = unit(u), left = 1;
    for (uint32_t k = 0; k < n; k++) {
        if (!is_region(&r[k]))
            continue;
        if (x < s->share[k])
            return spread(&r[k], x / s->share[k]);
        x -= s->share[k];
        left -= s->share[k];
    }
    return spread(&(struct tilt_region){0, UINT64_MAX}, fmin(x / left, 1 - 0x1p-53));
}

/* Where shares and lessons of a draw are kept. */
static uint32_t site_of(struct tilt *t, uint32_t step, enum tilt_kind kind)
{
    if (step != t->step) {
        t->step = step;
        t->met += t->met_here;
        t->met_here = 0;
    }
    uint32_t context = (t->met_here > 0) + 2 * (t->met > 0);
    return (step * TILT_KINDS + kind) * TILT_CONTEXTS + context;
}

/* The density at u by a set's shares, and what each region adds to it. */
static double density_of(const struct tilt_site *s, const struct tilt_region *r, uint32_t n,
                         uint64_t u, double *part)
{
    double base = 1, sum = 0;
    for (uint32_t k = 0; k < n; k++) {
        double share = is_region(&r[k]) ? s->share[k] : 0;
        part[k] = holds(&r[k], u) && share > 0 ? share / size_of(&r[k]) : 0;
        base -= share;
        sum += part[k];
    }
    return base + sum;
}

static uint64_t draw(struct tilt *t, uint32_t step, enum tilt_kind kind,
                     const struct tilt_region *r, uint32_t n, uint64_t u)
{
    struct tilt_mark mark = {.site = site_of(t, step, kind)};
    double part[TILT_REGIONS], density = 1;
    uint8_t possible = 0;
    bool rare = false;
    for (uint32_t k = 0; k < n; k++)
        possible |= (uint8_t)(is_region(&r[k]) << k);
    if (!possible)
        return u;
    if (t->possible)
        t->possible[mark.site] |= possible;
    t->draws++;
    u = mixed(&t->site[t->set][mark.site], r, n, u);
    for (uint32_t set = TILT_SETS; set-- > 0;) {
        density = density_of(&t->site[set][mark.site], r, n, u, part);
        t->log_density[set] += log(density);
    }
    for (uint32_t k = 0; k < n; k++)
        rare = rare || (holds(&r[k], u) && size_of(&r[k]) < RARE);
    t->met_here += rare;
    if (!t->learns)
        return u;
    for (uint32_t k = 0; k < n; k++) /* of set 0, the one that learns */
        mark.part[k] = (float)(part[k] / density);
    vec_push(&t->marks, mark);
    return u;
}

/* Numbers below `below`. */
static struct tilt_region under(uint64_t below)
{
    return below ? (struct tilt_region){0, below - 1} : (struct tilt_region){1, 0};
}

/* Numbers from `from` below `below`. */
static struct tilt_region between(uint64_t from, uint64_t below)
{
    return below > from ? (struct tilt_region){from, below - 1} : (struct tilt_region){1, 0};
}

uint64_t tilt_quality(struct tilt *t, uint64_t bad_below, uint64_t u)
{
    struct tilt_region bad = under(bad_below);
    return draw(t, 0, TILT_QUALITY, &bad, 1, u);
}

/* The first number whose latency is above the limit, by the 32 bits that decide it. */
static struct tilt_region late_region(const struct queue_plan *plan)
{
    uint64_t low = 0, high = (uint64_t)1 << 32;
    while (low < high) {
        uint64_t middle = (low + high) / 2;
        if (law_draw(&plan->latency, middle << 32) > plan->limit_s)
            high = middle;
        else
            low = middle + 1;
    }
    return low >> 32 ? (struct tilt_region){1, 0} : (struct tilt_region){low << 32, UINT64_MAX};
}

uint64_t tilt_latency(struct tilt *t, uint32_t step, const struct queue_plan *plan, uint64_t u)
{
    struct tilt_region r[1 + N_TAILS];
    uint32_t n = 0;
    if (isfinite(plan->limit_s))
        r[n++] = late_region(plan);
    for (int k = 0; k < N_TAILS && t->tails; k++)
        r[n++] = (struct tilt_region){UINT64_MAX << (64 - TAILS[k]), UINT64_MAX};
    return n ? draw(t, step, TILT_LATENCY, r, n, u) : u;
}

uint64_t tilt_outcome(struct tilt *t, uint32_t step, const struct queue_plan *plan, uint64_t u)
{
    const struct tilt_region r[] = {under(plan->cut[CUT_ERROR]),
                                    between(plan->cut[CUT_ERROR], plan->cut[CUT_SEEN]),
                                    between(plan->cut[CUT_SEEN], plan->cut[CUT_UNSEEN]),
                                    between(plan->cut[CUT_UNSEEN], plan->cut[CUT_WRONG])};
    return draw(t, step, TILT_OUTCOME, r, sizeof r / sizeof *r, u);
}

uint64_t tilt_decision(struct tilt *t, uint32_t step, uint64_t change, uint64_t reject, uint64_t u)
{
    uint64_t low = change < reject ? change : reject, high = change < reject ? reject : change;
    const struct tilt_region r[] = {
        under(low), between(low, high), {high, UINT64_MAX}
    };
    return draw(t, step, TILT_DECISION, r, sizeof r / sizeof *r, u);
}

uint64_t tilt_confidence(struct tilt *t, uint32_t step, uint64_t u)
{
    struct tilt_region r[2 * N_TAILS];
    for (int k = 0; k < N_TAILS; k++) {
        r[2 * k] = (struct tilt_region){0, UINT64_MAX >> TAILS[k]};
        r[2 * k + 1] = (struct tilt_region){UINT64_MAX << (64 - TAILS[k]), UINT64_MAX};
    }
    return t->tails ? draw(t, step, TILT_CONFIDENCE, r, sizeof r / sizeof *r, u) : u;
}

uint64_t tilt_way(struct tilt *t, uint32_t step, const struct step *of, uint32_t class, uint64_t u)
{
    struct tilt_region r[TILT_REGIONS];
    uint32_t n = 0;
    double sum = 0;
    uint64_t from = 0;
    for (uint32_t w = 0; w < of->n_ways && n + 1 < TILT_REGIONS; w++) {
        if (!of->way[w].probability)
            continue;
        sum += of->way[w].probability[class].value;
        uint64_t below = sum < 1 ? (uint64_t)ldexp(sum, 64) : UINT64_MAX;
        r[n++] = between(from, below);
        from = below;
    }
    r[n++] = (struct tilt_region){from, UINT64_MAX};
    return draw(t, step, TILT_WAY, r, n, u);
}
