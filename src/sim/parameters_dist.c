/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distributions, walked down to the forms they were written in, and built again from them. */
#include "sim/parameters.h"

#include <math.h>
#include <string.h>

/* The form that the canonical parameters are of: the first of its family. */
static const struct dist_form *form_of(const struct dist *d)
{
    if (d->form)
        return d->form;
    for (size_t i = 0; i < dist_forms_count; i++)
        if (!strcmp(dist_forms[i].word, dist_family_name(d->family)))
            return &dist_forms[i];
    return NULL;
}

static double written(const struct dist *d, size_t i)
{
    const double canonical[3] = {d->a, d->b, d->c};
    return d->form ? d->written[i] : canonical[i];
}

static size_t parts(const struct dist *d)
{
    if (d->family == DIST_SHIFTED || d->family == DIST_MAPPED)
        return 1;
    return d->family == DIST_MIXTURE ? d->n : 0;
}

static void add_form(struct parameter_list *list, struct parameter base, const char *prefix,
                     const struct dist *d, bool score)
{
    const struct dist_form *form = form_of(d);
    for (size_t i = 0; form && i < form->n_params; i++) {
        struct parameter q = base;
        bool own = form->kind[i] == DIST_VALUE;
        if (!strcmp(form->param[i], "k"))
            continue;
        q.path = arena_printf(list->arena, "%s.%s.%s", prefix, form->word, form->param[i]);
        q.written = (int32_t)i;
        q.value = written(d, i);
        q.low = own ? 0 : -INFINITY;
        q.high = own && score ? 1 : INFINITY;
        q.width = q.value == 0 ? 0.05 : 0.05 * fabs(q.value);
        vec_push(&list->at, q);
    }
}

static void add_weight(struct parameter_list *list, struct parameter q, const char *prefix,
                       double weight)
{
    if (!(weight < 1))
        return;
    q.path = arena_printf(list->arena, "%s.weight", prefix);
    q.written = WRITTEN_WEIGHT;
    q.value = weight;
    q.low = 0;
    q.high = 1;
    q.width = 0.05;
    vec_push(&list->at, q);
}

static void add_parts(struct parameter_list *list, struct parameter base, const char *prefix,
                      const struct dist *d, bool score)
{
    if (base.n_route == PARAMETER_DEPTH)
        return;
    base.n_route++;
    for (uint32_t i = 0; i < parts(d); i++) {
        const char *path = prefix;
        base.route[base.n_route - 1] = i;
        if (d->family == DIST_SHIFTED)
            path = arena_printf(list->arena, "%s.shifted.of", prefix);
        if (d->family == DIST_MIXTURE) {
            path = arena_printf(list->arena, "%s.mixture.%u", prefix, i);
            add_weight(list, base, path, d->weights[i]);
        }
        if (d->family != DIST_MIXTURE || d->part[i].family != DIST_CONSTANT)
            parameters_add_dist(list, base, path, &d->part[i], score);
    }
}

void parameters_add_dist(struct parameter_list *list, struct parameter q, const char *prefix,
                         const struct dist *d, bool score)
{
    struct parameter a = q;
    a.written = WRITTEN_A;
    a.value = d->a;
    a.low = 0;
    a.high = score ? 1 : INFINITY;
    a.width = 0.05 * d->a;
    if (d->family == DIST_CONSTANT && !d->form) {
        a.path = prefix;
        if (d->a > 0)
            vec_push(&list->at, a);
        return;
    }
    if (!parts(d)) {
        add_form(list, q, prefix, d, score);
        return;
    }
    a.path = arena_printf(list->arena, "%s.shifted.by", prefix);
    if (d->family == DIST_SHIFTED && d->a > 0)
        vec_push(&list->at, a);
    add_parts(list, q, prefix, d, score);
}

bool parameters_same_dist(const struct dist *a, const struct dist *b)
{
    if (a->map != b->map || a->family != b->family || a->a != b->a || a->b != b->b ||
        a->c != b->c || a->n != b->n || a->form != b->form || a->evidence != b->evidence)
        return false;
    for (size_t i = 0; i < parts(a); i++)
        if (!parameters_same_dist(&a->part[i], &b->part[i]))
            return false;
    for (size_t i = 0; a->values && i < a->n; i++)
        if (a->values[i] != b->values[i])
            return false;
    for (size_t i = 0; a->weights && i < a->n; i++)
        if (!b->weights || a->weights[i] != b->weights[i])
            return false;
    return true;
}

/* --- building again */

static bool reweighed(uint32_t part, const struct dist *d, double x, struct arena *arena,
                      struct dist *out)
{
    double *weights = arena_alloc(arena, d->n * sizeof *weights), rest = 1 - d->weights[part];
    for (size_t i = 0; i < d->n; i++)
        weights[i] = i == part ? x : d->weights[i] * (1 - x) / rest;
    out->weights = weights;
    return rest > 0 && x >= 0 && x <= 1;
}

static bool rebuilt(const struct parameter *q, uint32_t depth, const struct dist *d, double x,
                    struct arena *arena, struct dist *out)
{
    struct error unused = {0};
    *out = *d;
    if (depth < q->n_route) {
        uint32_t i = q->route[depth];
        if (depth + 1 == q->n_route && q->written == WRITTEN_WEIGHT)
            return reweighed(i, d, x, arena, out);
        struct dist *part = arena_alloc(arena, parts(d) * sizeof *part);
        memcpy(part, d->part, parts(d) * sizeof *part);
        out->part = part;
        return rebuilt(q, depth + 1, &d->part[i], x, arena, &part[i]);
    }
    if (q->written < 0) {
        out->a = x;
        return dist_check(out, &unused) == 0;
    }
    const struct dist_form *form = form_of(d);
    double value[3] = {written(d, 0), written(d, 1), written(d, 2)};
    value[q->written] = x;
    if (form->build(value, out, &unused))
        return false;
    out->form = form;
    out->evidence = d->evidence;
    memcpy(out->written, value, sizeof value);
    return true;
}

bool parameter_rebuilt(const struct parameter *q, const struct dist *d, double x,
                       struct arena *arena, struct dist *out)
{
    return rebuilt(q, 0, d, x, arena, out);
}
