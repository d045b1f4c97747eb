/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The paths by which --set, --sweep, size and reports speak of a pipeline's numbers: those rows of
 * the schema whose value is a single number and that the scenario states. */
#include "model/scenario_internal.h"

#include <math.h>
#include <string.h>

struct path_list {
    struct arena *arena;
    VEC(const char *) at;
};

/* The number behind a row, NaN where it is none (a distribution, no limit). */
static double number_at(const struct schema_key *k, const struct numbers *n)
{
    const char *at = (const char *)n + k->offset;

    if (k->type == VALUE_PROBABILITY)
        return ((const struct number *)(const void *)at)->value;
    if (k->type == VALUE_DIST) {
        const struct dist *d = (const void *)at;
        return d->family == DIST_CONSTANT ? d->a : NAN;
    }
    if (k->type == VALUE_DURATION || strcmp(k->key, "cost") == 0) {
        double x = *(const double *)(const void *)at;
        return isfinite(x) ? x : NAN;
    }
    return NAN;
}

static void add_step_row(struct path_list *list, const struct pipeline *p, const struct step *s,
                         const struct schema_key *k)
{
    struct numbers missing;
    bool stated = k->flags & KEY_NEEDED, same = true;

    numbers_default(&missing);
    for (uint32_t c = 0; c < p->n_classes; c++) {
        double x = number_at(k, &s->numbers[c]);
        if (isnan(x))
            return;
        stated = stated || x != number_at(k, &missing);
        same = same && x == number_at(k, &s->numbers[0]);
    }
    if (!stated)
        return;
    for (uint32_t c = 0; c < (same ? 1 : p->n_classes); c++)
        vec_push(&list->at, arena_printf(list->arena, "flow.%s.%s%s%s", s->id, k->key,
                                         same ? "" : ".", same ? "" : p->class[c].id));
}

/* A number that may differ by class: one path, or one for each class. */
static void add_classes(struct path_list *list, const struct pipeline *p, const char *path,
                        const double *first, size_t stride)
{
    bool same = true;

    for (uint32_t c = 1; c < p->n_classes; c++)
        same = same && *(const double *)(const void *)((const char *)first + c * stride) == *first;
    for (uint32_t c = 0; c < (same ? 1 : p->n_classes); c++)
        vec_push(&list->at, arena_printf(list->arena, "%s%s%s", path, same ? "" : ".",
                                         same ? "" : p->class[c].id));
}

static void add_retry(struct path_list *list, const struct step *s)
{
    if (s->class_retry)
        return; /* which of its numbers are stated by class is the file's to say */
    if (s->retry.attempts > 1)
        vec_push(&list->at, arena_printf(list->arena, "flow.%s.retry.attempts", s->id));
    if (s->retry.initial_s > 0)
        vec_push(&list->at, arena_printf(list->arena, "flow.%s.retry.backoff.initial", s->id));
}

static void add_bands(struct path_list *list, const struct pipeline *p, const struct step *s)
{
    bool same = true;

    for (uint32_t c = 1; c < p->n_classes; c++)
        same = same && s->numbers[c].threshold.value == s->numbers[0].threshold.value &&
               s->numbers[c].threshold_high.value == s->numbers[0].threshold_high.value;
    for (uint32_t c = 0; s->bands && c < (same ? 1 : p->n_classes); c++)
        for (int band = 0; band < 2; band++)
            vec_push(&list->at, arena_printf(list->arena, "flow.%s.threshold.%s%s%d", s->id,
                                             same ? "" : p->class[c].id, same ? "" : ".", band));
}

static void add_helpers(struct path_list *list, const struct pipeline *p, const struct step *s)
{
    const struct numbers *n = s->numbers;

    if (s->has_cache)
        add_classes(list, p, arena_printf(list->arena, "flow.%s.cache.hit", s->id),
                    &n->cache_hit.value, sizeof *n);
    if (s->hedge_copies)
        add_classes(list, p, arena_printf(list->arena, "flow.%s.hedge.after", s->id),
                    &n->hedge_after_s, sizeof *n);
    for (uint32_t i = 0; i < s->n_ways; i++)
        if (s->way[i].probability)
            add_classes(list, p, arena_printf(list->arena, "flow.%s.next.%u.probability", s->id, i),
                        &s->way[i].probability->value, sizeof *s->way[i].probability);
}

static void add_step(struct path_list *list, const struct pipeline *p, const struct step *s)
{
    for (size_t i = 0; i < schema_keys_count; i++) {
        const struct schema_key *k = &schema_keys[i];
        if (!(k->where & (uint32_t)place_of_kind(s->kind)) || k->slot != IN_NUMBERS ||
            strcmp(k->key, "reliability") == 0)
            continue;
        if (strcmp(k->key, "threshold") != 0 || !(s->bands || s->draws_threshold))
            add_step_row(list, p, s, k);
    }
    add_retry(list, s);
    add_bands(list, p, s);
    add_helpers(list, p, s);
}

static void add_world(struct path_list *list, const struct pipeline *p)
{
    struct arena *a = list->arena;

    if (p->arrivals.kind == ARRIVALS_POISSON)
        vec_push(&list->at, "arrivals.poisson");
    if (p->arrivals.kind == ARRIVALS_DAILY) {
        vec_push(&list->at, "arrivals.daily.mean");
        vec_push(&list->at, "arrivals.daily.amplitude");
    }
    if (p->leave_after_s)
        add_classes(list, p, "deadline", p->leave_after_s, sizeof *p->leave_after_s);
    for (uint32_t i = 0; i < p->n_resources; i++) {
        const struct resource *q = &p->resource[i];
        vec_push(&list->at,
                 arena_printf(a, "resources.%s.%s", q->id, q->servers ? "servers" : "rate"));
        if (q->waiting_room != ROOM_UNLIMITED)
            vec_push(&list->at, arena_printf(a, "resources.%s.waiting_room", q->id));
    }
}

void scenario_paths(const struct pipeline *p, struct arena *arena, const char ***out, size_t *n)
{
    struct path_list list = {.arena = arena};
    bool wrong = false;

    if (!isnan(p->capability))
        vec_push(&list.at, "capability");
    for (uint32_t c = 0; c < p->n_classes; c++)
        wrong = wrong || p->input_wrong[c].value > 0;
    if (wrong)
        add_classes(&list, p, "wrong", &p->input_wrong->value, sizeof *p->input_wrong);
    for (uint32_t i = 0; i < p->n_steps; i++)
        add_step(&list, p, &p->step[i]);
    add_world(&list, p);
    *n = list.at.len;
    *out = arena_alloc(arena, (list.at.len + 1) * sizeof **out);
    for (size_t i = 0; i < list.at.len; i++)
        (*out)[i] = list.at.at[i];
    vec_release(&list.at);
}
