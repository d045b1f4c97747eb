/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The numbers that are not in struct numbers: retries and other helpers of steps, ways, items at
 * the start, arrivals, resources, environments, what things are worth. */
#include "sim/parameters.h"

#include <math.h>

static double value_of(const struct parameter_list *list, const struct parameter *q, uint32_t class)
{
    const void *at = parameter_place(q, (struct pipeline *)list->p, class);
    bool number = q->kind == PARAMETER_NUMBER || q->where == IN_WAY;
    return number ? ((const struct number *)at)->value : *(const double *)at;
}

static bool same_value(const struct parameter_list *list, const struct parameter *q, uint32_t a,
                       uint32_t b)
{
    const struct number *x = parameter_place(q, (struct pipeline *)list->p, a);
    const struct number *y = parameter_place(q, (struct pipeline *)list->p, b);
    return value_of(list, q, a) == value_of(list, q, b) &&
           ((q->kind != PARAMETER_NUMBER && q->where != IN_WAY) || x->evidence == y->evidence);
}

static void add_one(struct parameter_list *list, struct parameter q, const char *path)
{
    bool unit = q.kind == PARAMETER_SHARE || q.probability;
    q.path = path;
    q.value = value_of(list, &q, q.class == PARAMETER_ALL ? 0 : (uint32_t)q.class);
    if (q.high == 0)
        q.high = unit ? 1 : INFINITY;
    if (q.width == 0)
        q.width = unit || q.value == 0 ? 0.05 : 0.05 * fabs(q.value);
    if (isfinite(q.value))
        vec_push(&list->at, q);
}

/* What has no classes. */
static void add(struct parameter_list *list, struct parameter q, const char *path)
{
    q.class = PARAMETER_ALL;
    add_one(list, q, path);
}

static const char *class_path(const struct parameter_list *list, const char *path, bool same,
                              uint32_t class)
{
    return same ? path : arena_printf(list->arena, "%s.%s", path, list->p->class[class].id);
}

/* One for each class, or one where they say the same. */
static void add_classes(struct parameter_list *list, struct parameter q, const char *path)
{
    const struct pipeline *p = list->p;
    bool same = true;
    for (uint32_t c = 1; c < p->n_classes; c++)
        same = same && same_value(list, &q, 0, c);
    for (uint32_t c = 0; c < (same ? 1 : p->n_classes); c++) {
        q.class = same ? PARAMETER_ALL : (int32_t)c;
        add_one(list, q, class_path(list, path, same, c));
    }
}

static void add_dist(struct parameter_list *list, struct parameter q, const char *path,
                     const struct dist *d)
{
    q.kind = PARAMETER_DIST;
    q.class = PARAMETER_ALL;
    parameters_add_dist(list, q, path, d, false);
}

/* --- of steps */

static const struct retry *retry_of(const struct step *s, uint32_t class)
{
    return s->class_retry ? &s->class_retry[class] : &s->retry;
}

static void add_retry(struct parameter_list *list, uint32_t step)
{
    const struct step *s = &list->p->step[step];
    const char *prefix = arena_printf(list->arena, "flow.%s.retry", s->id);
    struct parameter q = {
        .where = IN_RETRY, .kind = PARAMETER_AMOUNT, .step = step, .takes_time = true};
    uint32_t attempts = 1;
    bool waits = false, bounded = false;
    for (uint32_t c = 0; c < list->p->n_classes; c++) {
        const struct retry *r = retry_of(s, c);
        attempts = r->attempts > attempts ? r->attempts : attempts;
        waits = waits || r->initial_s > 0;
        bounded = bounded || r->budget_kind != BUDGET_NONE;
    }
    if (attempts > 1 && waits) {
        q.offset = offsetof(struct retry, initial_s);
        add_classes(list, q, arena_printf(list->arena, "%s.backoff.initial", prefix));
    }
    if (attempts > 2 && waits) {
        q.low = 1;
        q.offset = offsetof(struct retry, factor);
        add_classes(list, q, arena_printf(list->arena, "%s.backoff.factor", prefix));
        q.low = 0;
    }
    if (attempts > 1 && waits) {
        q.offset = offsetof(struct retry, max_s);
        add_classes(list, q, arena_printf(list->arena, "%s.backoff.max", prefix));
    }
    q.takes_time = false;
    q.offset = offsetof(struct retry, budget);
    if (bounded)
        add_classes(list, q, arena_printf(list->arena, "%s.budget", prefix));
}

static void add_helper(struct parameter_list *list, uint32_t step, const char *key, size_t offset,
                       double low, bool probability)
{
    const struct step *s = &list->p->step[step];
    struct parameter q = {.where = IN_HELPER,
                          .kind = PARAMETER_AMOUNT,
                          .step = step,
                          .offset = offset,
                          .low = low,
                          .probability = probability};
    add(list, q, arena_printf(list->arena, "flow.%s.%s", s->id, key));
}

static void add_guards(struct parameter_list *list, uint32_t i)
{
    const struct step *s = &list->p->step[i];
    if (s->breaker.failures > 0) {
        add_helper(list, i, "breaker.failures", offsetof(struct step, breaker.failures), 0, true);
        add_helper(list, i, "breaker.window", offsetof(struct step, breaker.window_s), 0, false);
        add_helper(list, i, "breaker.open_for", offsetof(struct step, breaker.open_for_s), 0,
                   false);
    }
    if (s->fatigue.after_s > 0) {
        struct parameter q = {
            .where = IN_TIRED, .kind = PARAMETER_AMOUNT, .step = i, .probability = true};
        add_helper(list, i, "fatigue.after", offsetof(struct step, fatigue.after_s), 0, false);
        add_classes(list, q, arena_printf(list->arena, "flow.%s.fatigue.sensitivity", s->id));
        add_helper(list, i, "fatigue.slower", offsetof(struct step, fatigue.slower), 1, false);
    }
}

/* What the other ways leave, in the class that leaves least. */
static double way_room(const struct pipeline *p, const struct step *s, uint32_t way, int32_t class)
{
    double room = 1;
    for (uint32_t c = 0; c < p->n_classes; c++) {
        double others = 0, own = s->way[way].probability[c].value;
        for (uint32_t j = 0; j < s->n_ways; j++)
            others += j != way && s->way[j].probability ? s->way[j].probability[c].value : 0;
        if (class == PARAMETER_ALL || class == (int32_t)c)
            room = fmin(room, fmax(own, 1 - others));
    }
    return room;
}

/* A way's probability takes from what no way has; where all add up to 1, from all others. */
static void add_ways(struct parameter_list *list, uint32_t step)
{
    const struct step *s = &list->p->step[step];
    for (uint32_t i = 0; i < s->n_ways; i++) {
        struct parameter q = {.where = IN_WAY, .step = step, .index = i};
        size_t before = list->at.len;
        q.kind = s->ways_complete ? PARAMETER_SHARE : PARAMETER_NUMBER;
        q.probability = !s->ways_complete;
        if (!s->way[i].probability)
            continue;
        add_classes(list, q, arena_printf(list->arena, "flow.%s.next.%u.probability", s->id, i));
        for (size_t k = before; k < list->at.len && !s->ways_complete; k++)
            list->at.at[k].high = way_room(list->p, s, i, list->at.at[k].class);
        while (s->ways_complete && list->at.len > before &&
               !(list->at.at[list->at.len - 1].value < 1))
            list->at.len--; /* the others have no proportions */
    }
}

void parameters_add_helpers(struct parameter_list *list, uint32_t step)
{
    add_retry(list, step);
    add_ways(list, step);
    add_guards(list, step);
}

/* --- of the whole */

static void add_plain(struct parameter_list *list, size_t offset, const char *path, double low,
                      bool still)
{
    struct parameter q = {.where = IN_PIPELINE,
                          .kind = PARAMETER_AMOUNT,
                          .offset = offset,
                          .low = low,
                          .still = still};
    add(list, q, path);
}

void parameters_add_input(struct parameter_list *list)
{
    const struct pipeline *p = list->p;
    bool wrong = false;
    for (uint32_t c = 0; c < p->n_classes; c++)
        wrong = wrong || p->input_wrong[c].value > 0 || p->input_wrong[c].evidence;
    if (!isnan(p->capability)) {
        struct parameter q = {.where = IN_PIPELINE,
                              .kind = PARAMETER_AMOUNT,
                              .offset = offsetof(struct pipeline, capability),
                              .probability = true,
                              .still = true};
        add(list, q, "capability");
    }
    if (wrong)
        add_classes(
            list,
            (struct parameter){.where = IN_INPUT, .kind = PARAMETER_NUMBER, .probability = true},
            "wrong");
    for (uint32_t c = 0; p->n_classes > 1 && c < p->n_classes; c++)
        if (p->class[c].share < 1)
            add(list, (struct parameter){.where = IN_CLASS, .kind = PARAMETER_SHARE, .index = c},
                arena_printf(list->arena, "classes.%s.share", p->class[c].id));
}

/* Without arrivals nobody waits, and time brings no costs. */
static void add_resource(struct parameter_list *list, uint32_t i)
{
    const struct pipeline *p = list->p;
    const struct resource *r = &p->resource[i];
    const char *prefix = arena_printf(list->arena, "resources.%s", r->id);
    struct parameter q = {.where = IN_RESOURCE, .kind = PARAMETER_AMOUNT, .index = i};
    q.still = p->arrivals.kind == ARRIVALS_NONE;
    q.offset = offsetof(struct resource, rate_per_s);
    if (!r->servers)
        add(list, q, arena_printf(list->arena, "%s.rate", prefix));
    q.offset = offsetof(struct resource, burst);
    q.low = 1;
    if (!r->servers)
        add(list, q, arena_printf(list->arena, "%s.burst", prefix));
    q.low = 0;
    q.offset = offsetof(struct resource, cost_per_s);
    if (r->cost_per_s > 0)
        add(list, q, arena_printf(list->arena, "%s.cost", prefix));
    bool same = true;
    for (uint32_t c = 1; r->patience && c < p->n_classes; c++)
        same = same && parameters_same_dist(&r->patience[c], &r->patience[0]);
    for (uint32_t c = 0; r->patience && c < (same ? 1 : p->n_classes); c++) {
        q.where = IN_PATIENCE;
        q.kind = PARAMETER_DIST;
        q.class = same ? PARAMETER_ALL : (int32_t)c;
        const char *path = arena_printf(list->arena, "%s.patience", prefix);
        parameters_add_dist(list, q, class_path(list, path, same, c), &r->patience[c], false);
    }
    q = (struct parameter){.where = IN_RESOURCE,
                           .kind = PARAMETER_AMOUNT,
                           .index = i,
                           .offset = offsetof(struct resource, answer_within_s),
                           .still = true};
    add(list, q, arena_printf(list->arena, "%s.answer_within", prefix));
}

static void add_environment(struct parameter_list *list, uint32_t e)
{
    const struct environment *env = &list->p->environment[e];
    for (uint32_t k = 0; k < env->n_states; k++) {
        const struct env_state *s = &env->state[k];
        const char *prefix = arena_printf(list->arena, "environments.%s.%s", env->id, s->id);
        struct parameter q = {.where = IN_LASTS, .index = e, .state = k};
        add_dist(list, q, arena_printf(list->arena, "%s.lasts", prefix), &s->lasts);
        q.where = IN_TO;
        q.kind = PARAMETER_SHARE;
        for (q.item = 0; s->to && q.item < env->n_states; q.item++)
            if (s->to[q.item] > 0 && s->to[q.item] < 1)
                add(list, q, arena_printf(list->arena, "%s.to.%s", prefix, env->state[q.item].id));
    }
}

static void add_arrivals(struct parameter_list *list)
{
    const struct arrivals *a = &list->p->arrivals;
    struct parameter q = {.where = IN_PIPELINE};
    if (a->kind == ARRIVALS_POISSON)
        add_plain(list, offsetof(struct pipeline, arrivals.rate_per_s), "arrivals.poisson", 0,
                  false);
    q.offset = offsetof(struct pipeline, arrivals.every);
    if (a->kind == ARRIVALS_EVERY)
        add_dist(list, q, "arrivals.every", &a->every);
    if (a->kind == ARRIVALS_DAILY) {
        add_plain(list, offsetof(struct pipeline, arrivals.mean_per_s), "arrivals.daily.mean",
                  a->amplitude_per_s, false);
        add_plain(list, offsetof(struct pipeline, arrivals.amplitude_per_s),
                  "arrivals.daily.amplitude", 0, false);
        list->at.at[list->at.len - 1].high = a->mean_per_s;
    }
    q.offset = offsetof(struct pipeline, arrivals.batch);
    if (a->has_batch && a->batch.family != DIST_CONSTANT)
        add_dist(list, q, "arrivals.batch", &a->batch);
}

/* What only says which times and costs are fine moves no metric here. */
static void add_aims(struct parameter_list *list)
{
    const struct pipeline *p = list->p;
    bool worth = !isnan(p->worth_correct) || !isnan(p->worth_wrong) || !isnan(p->worth_rejected);
    if (p->leave_after_s)
        add_classes(list, (struct parameter){.where = IN_LEAVE_AFTER, .kind = PARAMETER_AMOUNT},
                    "deadline");
    add_plain(list, offsetof(struct pipeline, deadline_s), "objective.deadline", 0, true);
    add_plain(list, offsetof(struct pipeline, budget), "objective.budget", 0, true);
    for (uint32_t i = 0; i < p->n_costs; i++)
        add(list,
            (struct parameter){.where = IN_COST,
                               .kind = PARAMETER_AMOUNT,
                               .index = i,
                               .still = p->arrivals.kind == ARRIVALS_NONE},
            arena_printf(list->arena, "costs.%s", p->cost[i].name));
    if (!worth)
        return;
    add_plain(list, offsetof(struct pipeline, worth_correct), "worth.correct", -INFINITY, false);
    add_plain(list, offsetof(struct pipeline, worth_wrong), "worth.wrong", -INFINITY, false);
    add_plain(list, offsetof(struct pipeline, worth_rejected), "worth.rejected", -INFINITY, false);
}

void parameters_add_world(struct parameter_list *list)
{
    const struct pipeline *p = list->p;
    for (uint32_t e = 0; e < p->n_environments; e++)
        add_environment(list, e);
    for (uint32_t i = 0; i < p->n_resources; i++)
        add_resource(list, i);
    add_arrivals(list);
    add_aims(list);
}
