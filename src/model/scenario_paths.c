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

static void add_step(struct path_list *list, const struct pipeline *p, const struct step *s)
{
    static const enum place places[] = {[STEP_STAGE] = AT_STAGE,
                                        [STEP_CHECK] = AT_CHECK,
                                        [STEP_GATE] = AT_GATE,
                                        [STEP_REVIEW] = AT_REVIEW};

    for (size_t i = 0; i < schema_keys_count; i++) {
        const struct schema_key *k = &schema_keys[i];
        if ((k->where & places[s->kind]) && k->slot == IN_NUMBERS &&
            strcmp(k->key, "reliability") != 0)
            add_step_row(list, p, s, k);
    }
    if (s->retry.attempts > 1)
        vec_push(&list->at, arena_printf(list->arena, "flow.%s.retry.attempts", s->id));
    if (s->retry.initial_s > 0)
        vec_push(&list->at, arena_printf(list->arena, "flow.%s.retry.backoff.initial", s->id));
}

void scenario_paths(const struct pipeline *p, struct arena *arena, const char ***out, size_t *n)
{
    struct path_list list = {.arena = arena};
    bool wrong = false, same = true;

    if (!isnan(p->capability))
        vec_push(&list.at, "capability");
    for (uint32_t c = 0; c < p->n_classes; c++) {
        wrong = wrong || p->input_wrong[c].value > 0;
        same = same && p->input_wrong[c].value == p->input_wrong[0].value;
    }
    for (uint32_t c = 0; wrong && c < (same ? 1 : p->n_classes); c++)
        vec_push(&list.at,
                 arena_printf(arena, "wrong%s%s", same ? "" : ".", same ? "" : p->class[c].id));
    for (uint32_t i = 0; i < p->n_steps; i++)
        add_step(&list, p, &p->step[i]);
    *n = list.at.len;
    *out = arena_alloc(arena, (list.at.len + 1) * sizeof **out);
    for (size_t i = 0; i < list.at.len; i++)
        (*out)[i] = list.at.at[i];
    vec_release(&list.at);
}
