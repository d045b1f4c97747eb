/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One hedged attempt: call j starts at j d when the attempt has no visibly ok answer by then and is
 * not over; it is over with the first ok answer, or when every call made so far has failed and
 * the next has not begun.
 *
 * Calls that were never made are imagined to run all the same, independent of what was: with O(a)
 * and F(a) the probabilities that a call is ok, or has failed, by its age a, and D_m that the
 * attempt died with m calls, the attempt has died with k calls by t with
 *   X_k(t) = prod_{i<k} F(t - i d) - sum_{m<k} D_m prod_{m<=i<k} F(t - i d),  D_k = X_k(k d),
 * and has no ok answer and is not over, with calls 0..j made, with
 *   prod_{i<=j} (1 - O(t - i d)) - sum_{m<=j} D_m prod_{m<=i<=j} (1 - O(t - i d)) - X_{j+1}(t)
 * (inclusion and exclusion over the instant of death).  Time and quality of an ok answer are
 * independent. */
#include "sim/exact/sweep.h"

#include <math.h>
#include <string.h>

static const double ACCURATE = 3e-13;
static const double SAME = 4e-12; /* relative: instants that differ by rounding */

struct hedging {
    const struct dist *latency;
    double limit_s, in_time, ok, lost, late; /* of one call */
    double after_s, *dead;                   /* [copies + 1] D_m */
    uint32_t copies;
    struct hedge_law *out;
    double last[2];
};

/* --- one call, and all */

static void call_by(const struct hedging *h, double age, bool left, double *ok, double *failed)
{
    *ok = *failed = 0;
    if (age < 0 || (left && age <= 0))
        return;
    double by = age >= h->limit_s ? h->in_time
                : left            ? dist_below(h->latency, age)
                                  : dist_cdf(h->latency, age);
    double share = h->in_time > 0 ? by / h->in_time : 0;
    *ok = h->ok * share;
    *failed = h->lost * share + ((left ? age > h->limit_s : age >= h->limit_s) ? h->late : 0);
}

/* With calls 0..j made: P(no ok answer and not over), P(died with j + 1 calls) by t. */
static void standing(const struct hedging *h, uint32_t j, double t, bool left, double *open,
                     double *died)
{
    double none = 1, all = 1;
    *open = *died = 0;
    for (uint32_t i = j + 1; i-- > 0;) {
        double ok, failed;
        call_by(h, t - i * h->after_s, left, &ok, &failed);
        none *= 1 - ok;
        all *= failed;
        if (i > 0) {
            *open -= h->dead[i] * none;
            *died -= h->dead[i] * all;
        }
    }
    *died += all;
    *open += none - *died;
}

static uint32_t calls_made(const struct hedging *h, double t, bool left)
{
    uint32_t j = 0;
    while (j < h->copies && (left ? t > (j + 1) * h->after_s : t >= (j + 1) * h->after_s))
        j++;
    return j;
}

/* P(ended ok by t), P(died by t). */
static void ended_by(const struct hedging *h, uint32_t j, double t, bool left, double y[2])
{
    double open, died;
    standing(h, j, t, left, &open, &died);
    y[END_FAILED] = died;
    for (uint32_t m = 1; m <= j; m++)
        y[END_FAILED] += h->dead[m];
    y[END_OK] = 1 - open - y[END_FAILED];
}

double hedge_by(const struct chain *c, uint32_t unit, double t)
{
    double sum = 0;
    for (int e = 0; e < END_COUNT; e++) {
        const struct latency_law *law = &c->hedge[unit].law[e];
        sum += c->hedge[unit].p[e] * latency_law_by(law, t);
    }
    return sum;
}

/* --- laws */

static void rows_at(const void *arg, double t, bool left, double *y)
{
    const struct hedging *h = arg;
    y[0] = y[1] = 0;
    if (t > 0 || !left)
        ended_by(h, calls_made(h, t, left), t, left, y);
}

static void cell(void *arg, const struct panel *where, double *const *value)
{
    struct hedging *h = arg;
    for (int e = 0; e < END_COUNT; e++) {
        double rest[PANEL_NODES];
        struct panel p = *where;
        for (int j = 0; j < PANEL_NODES; j++)
            rest[j] = h->out->p[e] - value[e][j];
        panel_fit(&p, rest);
        vec_push(&h->out->law[e].panels, p);
    }
}

static void jump(void *arg, double t)
{
    struct hedging *h = arg;
    double before[2], now[2];
    rows_at(h, t * (1 - SAME), true, before);
    rows_at(h, t * (1 + SAME), false, now);
    for (int e = 0; e < END_COUNT; e++)
        if (now[e] - before[e] > 1e-15)
            vec_push(&h->out->law[e].atoms, ((struct weighted){t, now[e] - before[e]}));
}

static void add_cuts(const struct hedging *h, struct sweep *s)
{
    struct latency_law law;
    latency_law_init(&law, h->latency, h->limit_s);
    for (uint32_t j = 0; j <= h->copies; j++) {
        double from = j * h->after_s;
        vec_push(&s->cuts, ((struct sweep_cut){from, true, true}));
        if (h->late > 0)
            vec_push(&s->cuts, ((struct sweep_cut){from + h->limit_s, true, true}));
        for (size_t i = 0; i < law.atoms.len; i++)
            vec_push(&s->cuts, ((struct sweep_cut){from + law.atoms.at[i].x, false, true}));
        for (size_t i = 0; i < law.panels.len; i++) {
            const struct panel *p = &law.panels.at[i];
            vec_push(&s->cuts, ((struct sweep_cut){from + p->from, p->rough_from, false}));
            vec_push(&s->cuts, ((struct sweep_cut){from + p->from + p->width, p->rough_to, false}));
        }
    }
    latency_law_release(&law);
}

/* --- calls */

/* E[calls^k; end]: the attempt ended with j + 1 calls between the starts of call j and the next. */
static void count_calls(const struct hedging *h, struct hedge_law *law)
{
    double before[2] = {0, 0};
    for (uint32_t j = 0; j <= h->copies; j++) {
        double by[2] = {law->p[0], law->p[1]}, calls = j + 1;
        if (j < h->copies)
            ended_by(h, j, calls * h->after_s * (1 + SAME), false, by);
        for (int e = 0; e < END_COUNT; e++) {
            law->calls[e][0] += calls * (by[e] - before[e]);
            law->calls[e][1] += calls * calls * (by[e] - before[e]);
            before[e] = by[e];
        }
    }
    for (int e = 0; e < END_COUNT; e++)
        for (int k = 0; k < 2; k++)
            law->calls[e][k] = law->p[e] > 0 ? law->calls[e][k] / law->p[e] : 0;
}

void hedge_release(struct hedge_law *law)
{
    for (int e = 0; e < END_COUNT && law->law; e++) {
        law->law[e].lent = false;
        latency_law_release(&law->law[e]);
    }
    mem_free(law->law);
    *law = (struct hedge_law){0};
}

void hedge_refill(struct chain *c, uint32_t unit)
{
    struct hedge_law *law = &c->hedge[unit];
    const struct numbers *n = &c->numbers[unit];
    uint32_t copies = c->pipeline->step[c->unit[unit].step].hedge_copies;
    double *call = law->call;
    hedge_release(law);
    if (!copies || c->unit[unit].kind != UNIT_VISIT)
        return;
    law->copies = copies;
    rules_outcomes(n, c->time[unit].late, call);
    struct hedging h = {.latency = &n->latency,
                        .limit_s = n->timeout_s,
                        .in_time = isfinite(n->timeout_s) ? dist_cdf(&n->latency, n->timeout_s) : 1,
                        .ok = call[OUTCOME_OK] + call[OUTCOME_WRONG],
                        .lost = call[OUTCOME_ERROR] + call[OUTCOME_MALFORMED],
                        .late = call[OUTCOME_TIMEOUT],
                        .after_s = n->hedge_after_s,
                        .copies = copies,
                        .out = law};
    h.dead = mem_zero((size_t)copies + 2, sizeof *h.dead);
    for (uint32_t m = 1; m <= copies; m++) {
        double open;
        standing(&h, m - 1, m * h.after_s * (1 + SAME), false, &open, &h.dead[m]);
    }
    ended_by(&h, copies, INFINITY, false, law->p);
    law->p[END_OK] = fmin(1, fmax(0, law->p[END_OK]));
    law->law = mem_zero(END_COUNT, sizeof *law->law);
    for (int e = 0; e < END_COUNT; e++)
        law->law[e] = (struct latency_law){.limit_s = INFINITY, .in_time = 1, .lent = true};
    struct sweep s = {.rows = END_COUNT,
                      .tolerance = ACCURATE,
                      .at = rows_at,
                      .cell = cell,
                      .jump = jump,
                      .arg = &h};
    add_cuts(&h, &s);
    panels_sweep(&s);
    for (int e = 0; e < END_COUNT; e++) {
        latency_law_settle(&law->law[e], law->p[e]);
        for (int k = 0; k < 2; k++)
            law->time[e][k] =
                c->time[unit].infinite[k] ? NAN : latency_law_moment(&law->law[e], k + 1);
    }
    count_calls(&h, law);
    mem_free(h.dead);
}

void hedge_update(struct chain *c, uint32_t unit)
{
    double call[OUTCOME_COUNT];
    rules_outcomes(&c->numbers[unit], c->time[unit].late, call);
    if (memcmp(call, c->hedge[unit].call, sizeof call) != 0)
        hedge_refill(c, unit);
}
