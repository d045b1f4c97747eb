/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The power law is that of learning curves (Hestness and others 2017, arXiv 1712.00409), with the
 * first labels counted against `per`.  A calibration is composed into the law of the confidence, so
 * that whoever draws, compares or integrates confidences meets the corrected ones. */
#include "model/learning.h"

#include <math.h>
#include <string.h>

double learning_wrong(const struct learn *l, double wrong, double n)
{
    double left = exp(-l->exponent * log1p(n / l->per));

    return wrong > l->floor ? l->floor + (wrong - l->floor) * left : wrong;
}

enum calibration_fit learning_fit(const struct step *s)
{
    switch (s->confidence.method) {
    case CALIBRATE_ISOTONIC:
        return FIT_ISOTONIC;
    case CALIBRATE_PLATT:
        return FIT_PLATT;
    case CALIBRATE_TEMPERATURE:
        return FIT_TEMPERATURE;
    default:
        return FIT_BETA;
    }
}

/* The rows of the labels file, again from the two laws made of them. */
static struct scored *labels_of(const struct step *s, size_t *n)
{
    const struct dist *law[2] = {&s->numbers[0].confidence_bad, &s->numbers[0].confidence_good};
    double all = (double)(law[0]->evidence + law[1]->evidence);
    const double of[2] = {all * (1 - s->confidence.right), all * s->confidence.right};
    size_t most = law[0]->n + law[1]->n + 2;
    struct scored *rows = mem_zero(most, sizeof *rows);

    *n = 0;
    for (int truth = 0; truth < 2; truth++) {
        const struct dist *d = law[truth];
        bool one = d->family == DIST_CONSTANT;
        for (size_t i = 0; i < (one ? 1 : d->n); i++)
            rows[(*n)++] = (struct scored){
                .confidence = one ? d->a : d->values[i],
                .weight = of[truth] * (one          ? 1
                                       : d->weights ? d->weights[i]
                                                    : 1 / (double)d->n),
                .correct = truth,
            };
    }
    return rows;
}

bool learning_map(const struct pipeline *p, uint32_t step, struct arena *arena,
                  struct calibration_map *out)
{
    const struct step *s = &p->step[step];
    const struct confidence_source *c = &s->confidence;

    if (!s->has_confidence || c->method == CALIBRATE_NONE)
        return false;
    if (c->method == CALIBRATE_FILE) {
        *out = (struct calibration_map){.n = c->n, .raw = c->raw, .corrected = c->corrected};
        return true;
    }
    size_t n;
    struct scored *rows = labels_of(s, &n);
    calibration_fit(learning_fit(s), rows, n, arena, out);
    mem_free(rows);
    return true;
}

/* --- changing */

struct lesson {
    const struct learn *learn;
    double labels;
};

static void lower_wrong(struct numbers *n, void *arg)
{
    const struct lesson *l = arg;

    n->wrong.value = learning_wrong(l->learn, n->wrong.value, l->labels);
}

struct mapped {
    struct dist from, to;
};
struct mapping {
    struct arena *arena;
    const struct calibration_map *map;
    VEC(struct mapped) known;
};

/* Laws that are one in the pipeline stay one, so that engines table them once. */
static void map_law(struct mapping *m, struct dist *d)
{
    size_t k = 0;

    while (k < m->known.len &&
           !(dist_same(&m->known.at[k].from, d) && m->known.at[k].from.evidence == d->evidence))
        k++;
    if (k == m->known.len) {
        struct mapped next = {.from = *d};
        dist_map(d, m->map, m->arena, &next.to);
        vec_push(&m->known, next);
    }
    *d = m->known.at[k].to;
}

static void map_confidences(struct numbers *n, void *arg)
{
    map_law(arg, &n->confidence_good);
    map_law(arg, &n->confidence_bad);
}

static void apply_map(struct pipeline *out, uint32_t step, const struct calibration_map *map)
{
    struct calibration_map *own = arena_alloc(&out->arena, sizeof *own);
    struct mapping m = {.arena = &out->arena, .map = own};

    *own = *map;
    if (map->n) {
        double *knots = arena_alloc(&out->arena, 2 * map->n * sizeof *knots);
        memcpy(knots, map->raw, map->n * sizeof *knots);
        memcpy(knots + map->n, map->corrected, map->n * sizeof *knots);
        own->raw = knots;
        own->corrected = knots + map->n;
    }
    pipeline_change_numbers(out, step, map_confidences, &m);
    vec_release(&m.known);
}

void learning_apply(const struct pipeline *p, const struct lessons *l, struct pipeline *out)
{
    pipeline_copy(p, out);
    for (uint32_t i = 0; i < p->feedback.n_learns; i++) {
        const struct learn *learn = &p->feedback.learn[i];
        struct lesson lesson = {learn, learn->kind == LEARN_CANON ? l->mended : l->labels};
        if (learn->kind != LEARN_RECALIBRATE)
            pipeline_change_numbers(out, learn->step, lower_wrong, &lesson);
    }
    for (uint32_t i = 0; i < p->n_steps; i++) {
        struct calibration_map written;
        if (!p->step[i].has_confidence)
            continue;
        if (l->map && l->map[i])
            apply_map(out, i, l->map[i]);
        else if (learning_map(p, i, &out->arena, &written))
            apply_map(out, i, &written);
        out->step[i].confidence = (struct confidence_source){0};
    }
    out->feedback = (struct feedback){0};
}

const struct pipeline *learning_none(const struct pipeline *p, struct pipeline *store)
{
    bool calibrated = false;

    for (uint32_t i = 0; i < p->n_steps; i++)
        calibrated = calibrated || p->step[i].confidence.method != CALIBRATE_NONE;
    if (!calibrated && p->feedback.cycle_s == 0) {
        pipeline_init(store);
        return p;
    }
    learning_apply(p, &(struct lessons){0}, store);
    return store;
}

void learning_assume(const struct pipeline *p, struct result *out)
{
    for (uint32_t i = 0; i < p->n_steps; i++) {
        const struct confidence_source *c = &p->step[i].confidence;
        if (c->method == CALIBRATE_FILE)
            result_assume(out, "confidences of `%s` are corrected by the knots of %s",
                          p->step[i].id, c->file);
        else if (c->method != CALIBRATE_NONE)
            result_assume(out,
                          "confidences of `%s` are corrected by a map fitted to all rows of %s, "
                          "which are taken to have the mix of right and wrong of its items",
                          p->step[i].id, c->labels);
    }
}
