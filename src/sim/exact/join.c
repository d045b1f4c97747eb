/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Joins at an instant.  Branches are independent, so that what n of them have come to is a
 * convolution over branches of small counts: ok ones, good ones, ones whose confidence is above a
 * bound, each counted up to k, which is all that a join asks about.
 *
 * The k-th highest confidence is at least t when k are: its band follows from one convolution for
 * each bound.  `any` and `k of n` depend on who was first: the finisher comes at its rate while of
 * the others exactly k - 1 are ok. */
#include "sim/exact/fork.h"

#include <string.h>

/* --- counts */

/* P(i ok, j good among them, l above the bound among them), each up to k. */
struct counts {
    uint32_t k;
    double *p, *next; /* [(k + 1)^3] */
};

static size_t place(const struct counts *c, uint32_t ok, uint32_t good, uint32_t above)
{
    size_t side = (size_t)c->k + 1;
    return (ok * side + good) * side + above;
}

static void counts_init(struct counts *c, uint32_t k)
{
    size_t size = ((size_t)k + 1) * (k + 1) * (k + 1);
    *c = (struct counts){.k = k};
    c->p = mem_zero(size, sizeof *c->p);
    c->next = mem_zero(size, sizeof *c->next);
    c->p[0] = 1;
}

static void counts_release(struct counts *c)
{
    mem_free(c->p);
    mem_free(c->next);
}

static uint32_t most(const struct counts *c, uint32_t n)
{
    return n < c->k ? n : c->k;
}

/* What a branch adds: `none` without an ok end, else [good][above]. */
struct step_of {
    double none, ok[2][2];
};

static void counts_add(struct counts *c, const struct step_of *s)
{
    size_t side = (size_t)c->k + 1;
    memset(c->next, 0, side * side * side * sizeof *c->next);
    for (uint32_t i = 0; i <= c->k; i++)
        for (uint32_t j = 0; j <= i; j++)
            for (uint32_t l = 0; l <= i; l++) {
                double p = c->p[place(c, i, j, l)];
                if (p == 0)
                    continue;
                c->next[place(c, i, j, l)] += p * s->none;
                for (uint32_t good = 0; good < 2; good++)
                    for (uint32_t above = 0; above < 2; above++)
                        c->next[place(c, most(c, i + 1), most(c, j + good), most(c, l + above))] +=
                            p * s->ok[good][above];
            }
    double *swap = c->p;
    c->p = c->next;
    c->next = swap;
}

/* `ended`: only branches that have ended count at all. */
static struct step_of step_of(const struct branch_now *b, uint32_t level, bool ended)
{
    struct step_of s = {.none = 0};
    double ok = 0;
    for (uint32_t e = 0; e < b->n_ends; e++) {
        if (b->end[e].ok) {
            s.ok[b->end[e].good][b->end[e].level >= level] += b->p[e];
            ok += b->p[e];
        } else if (ended) {
            s.none += b->p[e];
        }
    }
    if (!ended)
        s.none = 1 - ok;
    return s;
}

static double failed_of(const struct branch_now *b)
{
    double sum = 0;
    for (uint32_t e = 0; e < b->n_ends; e++)
        sum += b->end[e].ok ? 0 : b->p[e];
    return sum;
}

/* --- all, vote, majority */

/* P(ok and good, ok and bad) with the k-th highest confidence at least at `level`; *failed. */
static void vote_at(const struct join_rule *r, const struct branch_now *now, uint32_t level,
                    double out[2], double *failed)
{
    struct counts c;
    counts_init(&c, r->k);
    for (uint32_t i = 0; i < r->n; i++) {
        struct step_of s = step_of(&now[i], level, true);
        counts_add(&c, &s);
    }
    out[0] = out[1] = *failed = 0;
    for (uint32_t i = 0; i <= r->k; i++)
        for (uint32_t j = 0; j <= i; j++)
            for (uint32_t l = 0; l <= i; l++) {
                double p = c.p[place(&c, i, j, l)];
                if (i < r->k)
                    *failed += p;
                else if (l >= r->k || level == 0)
                    out[j >= r->k] += p;
            }
    counts_release(&c);
}

/* P(some branch has failed), as a sum of positive terms. */
static double some_failed(const struct join_rule *r, const struct branch_now *now)
{
    double sum = 0, none = 1;
    for (uint32_t i = 0; i < r->n; i++) {
        double f = failed_of(&now[i]);
        sum += none * f;
        none *= 1 - f;
    }
    return sum;
}

static void join_votes(const struct join_rule *r, const struct branch_now *now, double *out)
{
    double last[2] = {0, 0}, failed = 0;
    for (uint32_t level = r->n_levels; level-- > 0;) {
        double at[2];
        vote_at(r, now, level, at, &failed);
        for (uint32_t good = 0; good < 2; good++) {
            double band = at[good] - last[good];
            out[1 + good * r->n_levels + level] = band > 0 ? band : 0;
            last[good] = at[good];
        }
    }
    out[0] = r->join == JOIN_ALL ? some_failed(r, now) : failed;
}

/* --- best */

/* Adds P(branch copy i wins at place m with end e). */
static void join_best(const struct join_rule *r, const struct branch_now *now,
                      const struct best_grid *g, double *out)
{
    double failed = 1;
    for (uint32_t i = 0; i < r->n; i++)
        failed *= failed_of(&now[i]);
    out[0] = failed;
    double *lower = mem_zero((size_t)r->n * 2, sizeof *lower), *upper = lower + r->n;
    for (uint32_t m = 0; m < g->n; m++) {
        for (uint32_t i = 0; i < r->n; i++) {
            const struct branch_now *b = &now[i];
            double below = failed_of(b), at = 0;
            for (uint32_t e = 0; e < b->n_ends; e++)
                if (b->end[e].ok) {
                    uint32_t row = g->end_from[i] + e;
                    below += b->p[e] * g->below[row][m];
                    at += b->p[e] * g->below[row][g->n + m];
                }
            lower[i] = below;
            upper[i] = below + at;
        }
        for (uint32_t i = 0; i < r->n; i++) {
            const struct branch_now *b = &now[i];
            double others = 1;
            for (uint32_t k = 0; k < r->n; k++)
                others *= k == i ? 1 : k < i ? lower[k] : upper[k];
            for (uint32_t e = 0; e < b->n_ends; e++)
                if (b->end[e].ok)
                    out[1 + b->end[e].good * r->n_levels + b->end[e].level] +=
                        others * b->p[e] * g->mass[g->end_from[i] + e][m];
        }
    }
    mem_free(lower);
}

void join_waiting(const struct join_rule *r, const struct branch_now *now,
                  const struct best_grid *best, double *out)
{
    memset(out, 0, join_outcomes(r) * sizeof *out);
    if (r->join == JOIN_BEST)
        join_best(r, now, best, out);
    else
        join_votes(r, now, out);
}

/* --- any, k of n */

/* P(at least k of n) of independent events, all terms positive. */
static double at_least(const double *p, uint32_t n, uint32_t k)
{
    double *count = mem_zero((size_t)k + 1, sizeof *count);
    count[0] = 1;
    for (uint32_t i = 0; i < n; i++) {
        count[k] += count[k - 1] * p[i];
        for (uint32_t j = k - 1; j > 0; j--)
            count[j] = count[j] * (1 - p[i]) + count[j - 1] * p[i];
        count[0] *= 1 - p[i];
    }
    double sum = count[k];
    mem_free(count);
    return sum;
}

void join_counting(const struct join_rule *r, const struct branch_now *now, double out[2])
{
    double *ok = mem_zero((size_t)r->n * 2, sizeof *ok), *failed = ok + r->n;
    for (uint32_t i = 0; i < r->n; i++) {
        const struct branch_now *b = &now[i];
        failed[i] = failed_of(b);
        for (uint32_t e = 0; e < b->n_ends; e++)
            ok[i] += b->end[e].ok ? b->p[e] : 0;
    }
    out[0] = at_least(ok, r->n, r->k);
    out[1] = at_least(failed, r->n, r->n - r->k + 1);
    mem_free(ok);
}

/* With exactly k - 1 of the others ok: by whether all of those are good, and above the level. */
static void others_at(const struct join_rule *r, uint32_t self, uint32_t level,
                      const struct branch_now *before, const struct branch_now *after,
                      double out[2][2])
{
    struct counts c;
    counts_init(&c, r->k);
    for (uint32_t i = 0; i < r->n; i++) {
        if (i == self)
            continue;
        struct step_of s = step_of(&(i < self ? before : after)[i], level, false);
        counts_add(&c, &s);
    }
    memset(out, 0, 4 * sizeof(double));
    uint32_t k = r->k - 1;
    for (uint32_t j = 0; j <= k; j++)
        for (uint32_t l = 0; l <= k; l++)
            out[j == k][l == k] += c.p[place(&c, k, j, l)];
    counts_release(&c);
}

void join_race(const struct join_rule *r, uint32_t i, const double *rate,
               const struct branch_now *before, const struct branch_now *after, double *out)
{
    const struct branch_now *b = &before[i];
    double last[2] = {0, 0};
    for (uint32_t level = r->n_levels; level-- > 0;) {
        double others[2][2], at[2] = {0, 0};
        others_at(r, i, level, before, after, others);
        for (uint32_t e = 0; e < b->n_ends; e++) {
            if (!b->end[e].ok || (level > 0 && b->end[e].level < level))
                continue;
            double good = others[1][1] + (level == 0 ? others[1][0] : 0);
            double bad = others[0][1] + (level == 0 ? others[0][0] : 0);
            at[b->end[e].good] += rate[e] * good;
            at[0] += rate[e] * bad;
        }
        for (uint32_t good = 0; good < 2; good++) {
            out[1 + good * r->n_levels + level] += at[good] - last[good];
            last[good] = at[good];
        }
    }
}
