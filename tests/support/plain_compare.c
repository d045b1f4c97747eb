/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/plain_compare.h"

#include "math/interval.h"
#include "math/rng.h"
#include "model/scenario.h"
#include "sim/run.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ENGINE, PLAIN, SIDES };
struct sample {
    double n, sum, sum2;
};
struct compared {
    char name[96];
    struct sample side[SIDES];
};
struct table {
    VEC(struct compared) row;
};

static struct compared *row_of(struct table *t, const char *row, const char *metric)
{
    char name[96];
    snprintf(name, sizeof name, "%s%s%s", row, *row ? ":" : "", metric);
    for (size_t i = 0; i < t->row.len; i++)
        if (!strcmp(t->row.at[i].name, name))
            return &t->row.at[i];
    struct compared fresh = {{0}};
    memcpy(fresh.name, name, sizeof name);
    vec_push(&t->row, fresh);
    return &t->row.at[t->row.len - 1];
}

static void take(struct table *t, int side, const char *row, const struct metrics *m)
{
    for (size_t i = 0; i < m->list.len; i++) {
        struct sample *s = &row_of(t, row, m->list.at[i].name)->side[side];
        double x = m->list.at[i].value;
        if (!isfinite(x))
            continue;
        s->n++;
        s->sum += x;
        s->sum2 += x * x;
    }
}

static void take_result(struct table *t, int side, const struct result *r)
{
    take(t, side, "", &r->metrics);
    for (size_t i = 0; i < r->stages.len; i++)
        take(t, side, r->stages.at[i].id, &r->stages.at[i].metrics);
    for (size_t i = 0; i < r->resources.len; i++)
        take(t, side, r->resources.at[i].id, &r->resources.at[i].metrics);
    for (size_t i = 0; i < r->environments.len; i++)
        take(t, side, r->environments.at[i].id, &r->environments.at[i].metrics);
    for (size_t i = 0; i < r->classes.len; i++)
        take(t, side, r->classes.at[i].id, &r->classes.at[i].metrics);
}

static double variance(const struct sample *s)
{
    double mean = s->sum / s->n, v = (s->sum2 - s->n * mean * mean) / (s->n - 1);
    return v > 1e-14 * s->sum2 / s->n ? v : 0;
}

/* Quantiles of the engine come from a sketch of relative width 0.8%, times from single precision.
 */
static double coarseness(const char *name, double value)
{
    bool quantile = strstr(name, "_p95") || strstr(name, "_p50");
    return 1e-9 + (quantile ? 1e-2 : 2e-6) * fabs(value);
}

static void judge(const struct compared *x, uint32_t replications, bool strict,
                  struct plain_verdict *out)
{
    const struct sample *a = &x->side[ENGINE], *b = &x->side[PLAIN];
    if (a->n == 0 && b->n == replications && b->sum != 0 && strict) {
        out->differ++;
        buf_printf(&out->told, "  %s: the engine does not give it\n", x->name);
    }
    if (a->n < fmax(3, 0.9 * replications) || b->n < fmax(3, 0.9 * replications))
        return; /* too rare: the engine leaves out what would have no interval */
    double mean_a = a->sum / a->n, mean_b = b->sum / b->n;
    double va = variance(a) / a->n, vb = variance(b) / b->n;
    double apart = fmax(0, fabs(mean_a - mean_b) - coarseness(x->name, mean_b)), limit = 1, t;
    if (va + vb > 0) {
        double df = (va + vb) * (va + vb) / (va * va / (a->n - 1) + vb * vb / (b->n - 1));
        limit = -student_quantile(PLAIN_FALSE_ALARMS / PLAIN_COMPARISONS / 2, df);
        t = apart / sqrt(va + vb);
    } else
        t = apart > 0 ? INFINITY : 0;
    out->compared++;
    out->worst = fmax(out->worst, t / limit);
    if (t > limit) {
        out->differ++;
        buf_printf(&out->told, "  %s: engine %.6g, plain %.6g, t %.1f beyond %.1f\n", x->name,
                   mean_a, mean_b, t, limit);
    }
}

void plain_compare(const struct plain_comparison *c, struct plain_verdict *out)
{
    struct error err = {0};
    struct faults faults;
    struct pipeline p;
    struct buf text;
    struct table table = {{0}};
    *out = (struct plain_verdict){0};
    faults_init(&faults);
    buf_init(&text);
    buf_printf(&text, "seam: 1\n%s", c->text);
    if (scenario_parse("case.yaml", buf_text(&text), text.len, NULL, &p, &faults, &err))
        fail_msg("%s: %s\n%s", c->name, err.text, c->text);
    bool timed = p.arrivals.kind != ARRIVALS_NONE;
    for (uint32_t k = 0; k < c->replications; k++) {
        const struct run_options options = {
            .trials = timed ? 1 : c->items, .seed = c->seed + k, .level = 0.95, .threads = 1};
        struct result r;
        result_init(&r, "simulate");
        ok(run_simulate(&p, &options, &r, &err), &err);
        take_result(&table, ENGINE, &r);
        result_release(&r);
        result_init(&r, "simulate");
        plain_simulate(&p, c->seed + k, c->items, c->broken, &r);
        take_result(&table, PLAIN, &r);
        result_release(&r);
    }
    for (size_t i = 0; i < table.row.len; i++)
        if (table.row.at[i].side[PLAIN].n > 0)
            judge(&table.row.at[i], c->replications, c->strict, out);
    vec_release(&table.row);
    pipeline_release(&p);
    faults_release(&faults);
    buf_release(&text);
}

/* --- templates */

static const char *part_end(const char *at)
{
    while (*at && *at != '|' && *at != ')')
        at++;
    if (!*at)
        fail_msg("a template's parenthesis is not closed");
    return at;
}

void plain_expand(const char *text, bool classes, uint64_t seed, struct buf *out)
{
    struct rng_seq rng = {rng_key(seed, 0, 0, 1, RNG_SPLIT), 0};
    for (const char *at = text; *at;) {
        if ((*at != '?' && *at != '@') || at[1] != '(') {
            buf_putc(out, *at++);
            continue;
        }
        uint64_t parts = 1, chosen;
        const char *part = at + 2, *end;
        for (end = part_end(part); *end == '|'; end = part_end(end + 1))
            parts++;
        chosen = *at == '?' ? (uint64_t)classes : rng_below(&rng, parts);
        while (chosen-- > 0)
            part = part_end(part) + 1;
        buf_add(out, part, (size_t)(part_end(part) - part));
        at = end + 1;
    }
}
