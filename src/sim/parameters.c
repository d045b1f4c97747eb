/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One table of the fields of struct numbers that people write; distributions are walked down to
 * the forms they were written in. */
#include "sim/parameters.h"

#include <math.h>
#include <string.h>

/* --- the table */

enum field_type { FIELD_PROBABILITY, FIELD_OUTCOME, FIELD_AMOUNT, FIELD_TIME, FIELD_SCORE };

static bool any(const struct step *s)
{
    return s->kind != STEP_PARALLEL;
}
static bool is_gate(const struct step *s)
{
    return s->kind == STEP_GATE && !s->bands && !s->draws_threshold;
}
static bool has_bands(const struct step *s)
{
    return s->bands;
}
static bool draws_threshold(const struct step *s)
{
    return s->draws_threshold;
}
static bool has_audit(const struct step *s)
{
    return s->audit.present;
}
static bool has_cache(const struct step *s)
{
    return s->has_cache;
}
static bool has_hedge(const struct step *s)
{
    return s->hedge_copies > 0;
}
static bool has_confidence(const struct step *s)
{
    return s->has_confidence;
}
static bool is_check(const struct step *s)
{
    return s->kind == STEP_CHECK;
}
static bool is_review(const struct step *s)
{
    return s->kind == STEP_REVIEW;
}
static bool judges(const struct step *s)
{
    return is_check(s) || is_review(s);
}

/* clang-format off */
#define FIELD(name, member) NUMBERS_##name, offsetof(struct numbers, member)
static const struct field {
    const char *key;
    enum field_type type;
    enum numbers_field field;
    size_t offset;
    double missing; /* what nobody wrote; NaN: always written */
    bool (*of)(const struct step *s);
    bool decides;
} fields[] = {
    {"error", FIELD_OUTCOME, FIELD(ERROR, error), 0, any, false},
    {"wrong", FIELD_OUTCOME, FIELD(WRONG, wrong), 0, any, false},
    {"malformed", FIELD_OUTCOME, FIELD(MALFORMED, malformed), 0, any, false},
    {"validation", FIELD_PROBABILITY, FIELD(VALIDATION, validation), 1, any, false},
    {"repair", FIELD_PROBABILITY, FIELD(REPAIR, repair), 0, any, false},
    {"sensitivity", FIELD_PROBABILITY, FIELD(SENSITIVITY, sensitivity), NAN, is_check, false},
    {"sensitivity", FIELD_PROBABILITY, FIELD(SENSITIVITY, sensitivity), 1, is_review, false},
    {"specificity", FIELD_PROBABILITY, FIELD(SPECIFICITY, specificity), 1, judges, false},
    {"fixes", FIELD_PROBABILITY, FIELD(FIXES, fixes), 0, any, false},
    {"spoils", FIELD_PROBABILITY, FIELD(SPOILS, spoils), 0, any, false},
    {"threshold", FIELD_PROBABILITY, FIELD(THRESHOLD, threshold), NAN, is_gate, true},
    {"threshold.0", FIELD_PROBABILITY, FIELD(THRESHOLD, threshold), NAN, has_bands, true},
    {"threshold.1", FIELD_PROBABILITY, FIELD(THRESHOLD_HIGH, threshold_high), NAN, has_bands, true},
    {"threshold", FIELD_SCORE, FIELD(THRESHOLD_DIST, threshold_dist), NAN, draws_threshold, true},
    {"audit", FIELD_PROBABILITY, FIELD(AUDIT, audit), 0, has_audit, true},
    {"latency", FIELD_TIME, FIELD(LATENCY, latency), 0, any, false},
    {"timeout", FIELD_AMOUNT, FIELD(TIMEOUT, timeout_s), INFINITY, any, false},
    {"cost", FIELD_AMOUNT, FIELD(COST, cost_call), 0, any, false},
    {"confidence.good", FIELD_SCORE, FIELD(GOOD, confidence_good), NAN, has_confidence, true},
    {"confidence.bad", FIELD_SCORE, FIELD(BAD, confidence_bad), NAN, has_confidence, true},
    {"cache.hit", FIELD_PROBABILITY, FIELD(HIT, cache_hit), 0, has_cache, false},
    {"cache.latency", FIELD_TIME, FIELD(HIT_LATENCY, cache_latency), 0, has_cache, false},
    {"hedge.after", FIELD_AMOUNT, FIELD(HEDGE_AFTER, hedge_after_s), 0, has_hedge, false},
};
#undef FIELD
/* clang-format on */

/* --- the list */

struct list {
    const struct pipeline *p;
    struct arena *arena;
    VEC(struct parameter) at;
};

static void *field_at(struct numbers *n, size_t offset)
{
    return (char *)n + offset;
}

static double number_at(const struct numbers *n, size_t offset)
{
    return ((const struct number *)field_at((struct numbers *)n, offset))->value;
}

static double amount_at(const struct numbers *n, size_t offset)
{
    return *(const double *)field_at((struct numbers *)n, offset);
}

static bool equal_dist(const struct dist *a, const struct dist *b)
{
    bool parts = a->family == DIST_MIXTURE || a->family == DIST_SHIFTED || a->family == DIST_MAPPED;
    if (a->map != b->map || a->family != b->family || a->a != b->a || a->b != b->b ||
        a->c != b->c || a->n != b->n || a->form != b->form || a->evidence != b->evidence)
        return false;
    for (size_t i = 0; parts && i < (a->family == DIST_SHIFTED ? 1 : a->n); i++)
        if (!equal_dist(&a->part[i], &b->part[i]))
            return false;
    for (size_t i = 0; a->values && i < a->n; i++)
        if (a->values[i] != b->values[i])
            return false;
    for (size_t i = 0; a->weights && i < a->n; i++)
        if (!b->weights || a->weights[i] != b->weights[i])
            return false;
    return true;
}

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

static void add_form(struct list *list, struct parameter base, const char *prefix,
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

static void add_dist(struct list *list, struct parameter base, const char *prefix,
                     const struct dist *d, bool score)
{
    struct parameter q = base;
    q.written = -1;
    q.value = d->a;
    q.low = 0;
    q.high = score ? 1 : INFINITY;
    q.width = 0.05 * d->a;
    if (d->family == DIST_CONSTANT && !d->form) {
        q.path = prefix;
        if (d->a > 0)
            vec_push(&list->at, q);
        return;
    }
    if (d->family != DIST_SHIFTED && d->family != DIST_MIXTURE) {
        add_form(list, base, prefix, d, score);
        return;
    }
    q.path = arena_printf(list->arena, "%s.shifted.by", prefix);
    if (d->family == DIST_SHIFTED && d->a > 0)
        vec_push(&list->at, q);
    if (base.n_route == PARAMETER_DEPTH)
        return;
    base.n_route++;
    for (uint32_t i = 0; i < (d->family == DIST_SHIFTED ? 1 : d->n); i++) {
        const struct dist *part = &d->part[i];
        base.route[base.n_route - 1] = i;
        if (d->family == DIST_SHIFTED)
            add_dist(list, base, arena_printf(list->arena, "%s.shifted.of", prefix), part, score);
        else if (part->family != DIST_CONSTANT)
            add_dist(list, base, arena_printf(list->arena, "%s.mixture.%u", prefix, i), part,
                     score);
    }
}

/* What the other outcomes leave, in the class that leaves least. */
static double outcome_room(const struct list *list, const struct parameter *q)
{
    double room = 1;
    for (uint32_t c = 0; c < list->p->n_classes; c++) {
        const struct numbers *n = &list->p->step[q->step].numbers[c];
        double others = n->error.value + n->wrong.value + n->malformed.value;
        if (q->class == PARAMETER_ALL || q->class == (int32_t)c)
            room = fmin(room, 1 - (others - number_at(n, q->offset)));
    }
    return fmax(room, q->value);
}

static void add_number(struct list *list, const struct field *f, struct parameter q)
{
    const struct numbers *n =
        &list->p->step[q.step].numbers[q.class == PARAMETER_ALL ? 0 : q.class];
    if (f->type == FIELD_AMOUNT) {
        q.value = amount_at(n, q.offset);
        q.kind = PARAMETER_AMOUNT;
        q.low = 0;
        q.high = INFINITY;
        q.width = 0.05 * q.value;
    } else {
        q.value = number_at(n, q.offset);
        q.kind = PARAMETER_PROBABILITY;
        q.low = 0;
        q.high = f->type == FIELD_OUTCOME ? outcome_room(list, &q) : 1;
        if (f->field == NUMBERS_THRESHOLD_HIGH)
            q.low = n->threshold.value;
        if (f->field == NUMBERS_THRESHOLD && list->p->step[q.step].bands)
            q.high = n->threshold_high.value;
        q.width = 0.05;
    }
    vec_push(&list->at, q);
}

/* Two evidences are two numbers even where they say the same. */
static bool same_number(const struct number *a, const struct number *b)
{
    return a->value == b->value && a->evidence == b->evidence;
}

static bool is_dist(const struct field *f)
{
    return f->type == FIELD_TIME || f->type == FIELD_SCORE;
}

static bool same_in_classes(const struct list *list, const struct step *s, const struct field *f)
{
    bool same = true;
    for (uint32_t c = 1; c < list->p->n_classes; c++) {
        struct numbers *a = &s->numbers[0], *b = &s->numbers[c];
        if (is_dist(f))
            same = same && equal_dist(field_at(a, f->offset), field_at(b, f->offset));
        else if (f->type == FIELD_AMOUNT)
            same = same && amount_at(a, f->offset) == amount_at(b, f->offset);
        else
            same = same && same_number(field_at(a, f->offset), field_at(b, f->offset));
    }
    return same;
}

/* Did somebody write it, for some class? */
static bool stated(const struct list *list, const struct step *s, const struct field *f)
{
    for (uint32_t c = 0; c < list->p->n_classes; c++) {
        const struct number *x = field_at(&s->numbers[c], f->offset);
        if (f->type == FIELD_AMOUNT && amount_at(&s->numbers[c], f->offset) != f->missing)
            return true;
        if (f->type <= FIELD_OUTCOME && (x->value != f->missing || x->evidence))
            return true;
    }
    return is_dist(f);
}

static void add_field(struct list *list, uint32_t step, const struct field *f)
{
    const struct pipeline *p = list->p;
    const struct step *s = &p->step[step];
    if (!f->of(s) || !stated(list, s, f))
        return;
    bool same = same_in_classes(list, s, f);
    for (uint32_t c = 0; c < (same ? 1 : p->n_classes); c++) {
        struct parameter q = {.kind = PARAMETER_DIST,
                              .step = step,
                              .class = same ? PARAMETER_ALL : (int32_t)c,
                              .field = f->field,
                              .offset = f->offset,
                              .decides = f->decides,
                              .takes_time = f->type == FIELD_TIME || f->field == NUMBERS_TIMEOUT};
        q.path = arena_printf(list->arena, "flow.%s.%s%s%s", s->id, f->key, same ? "" : ".",
                              same ? "" : p->class[c].id);
        if (is_dist(f))
            add_dist(list, q, q.path, field_at(&s->numbers[c], f->offset), f->type == FIELD_SCORE);
        else if (f->type != FIELD_AMOUNT || isfinite(amount_at(&s->numbers[c], f->offset)))
            add_number(list, f, q);
    }
}

static void add_retry(struct list *list, uint32_t step)
{
    const struct step *s = &list->p->step[step];
    const struct retry *r = &s->retry;
    struct parameter q = {.kind = PARAMETER_RETRY,
                          .step = step,
                          .class = PARAMETER_ALL,
                          .takes_time = true,
                          .low = 0,
                          .high = INFINITY};
    if (s->class_retry || r->attempts < 2 || !(r->initial_s > 0))
        return;
    const char *prefix = arena_printf(list->arena, "flow.%s.retry.backoff", s->id);
    q.path = arena_printf(list->arena, "%s.initial", prefix);
    q.offset = offsetof(struct retry, initial_s);
    q.value = r->initial_s;
    q.width = 0.05 * q.value;
    vec_push(&list->at, q);
    if (r->attempts > 2) {
        q.path = arena_printf(list->arena, "%s.factor", prefix);
        q.offset = offsetof(struct retry, factor);
        q.value = r->factor;
        q.low = 1;
        q.width = 0.05 * q.value;
        vec_push(&list->at, q);
    }
    if (isfinite(r->max_s)) {
        q.path = arena_printf(list->arena, "%s.max", prefix);
        q.offset = offsetof(struct retry, max_s);
        q.value = r->max_s;
        q.low = 0;
        q.width = 0.05 * q.value;
        vec_push(&list->at, q);
    }
}

/* A way's probability takes from what no way has; where the ways add up to 1 there is none. */
static void add_ways(struct list *list, uint32_t step)
{
    const struct pipeline *p = list->p;
    const struct step *s = &p->step[step];
    for (uint32_t i = 0; i < s->n_ways && !s->ways_complete; i++) {
        const struct number *x = s->way[i].probability;
        bool same = true;
        for (uint32_t c = 1; x && c < p->n_classes; c++)
            same = same && same_number(&x[c], &x[0]);
        for (uint32_t c = 0; x && c < (same ? 1 : p->n_classes); c++) {
            double room = 1;
            for (uint32_t k = 0; k < p->n_classes; k++) {
                double others = 0;
                for (uint32_t j = 0; j < s->n_ways; j++)
                    others += j != i && s->way[j].probability ? s->way[j].probability[k].value : 0;
                if (same || k == c)
                    room = fmin(room, 1 - others);
            }
            struct parameter q = {.kind = PARAMETER_WAY,
                                  .step = step,
                                  .class = same ? PARAMETER_ALL : (int32_t)c,
                                  .offset = i,
                                  .value = x[c].value,
                                  .high = fmax(room, x[c].value),
                                  .width = 0.05};
            q.path = arena_printf(list->arena, "flow.%s.next.%u.probability%s%s", s->id, i,
                                  same ? "" : ".", same ? "" : p->class[c].id);
            vec_push(&list->at, q);
        }
    }
}

static void add_input(struct list *list)
{
    const struct pipeline *p = list->p;
    bool same = true, wrong = false;
    for (uint32_t c = 0; c < p->n_classes; c++) {
        same = same && same_number(&p->input_wrong[c], &p->input_wrong[0]);
        wrong = wrong || p->input_wrong[c].value > 0 || p->input_wrong[c].evidence;
    }
    for (uint32_t c = 0; wrong && c < (same ? 1 : p->n_classes); c++)
        vec_push(&list->at,
                 ((struct parameter){.path = arena_printf(list->arena, "wrong%s%s", same ? "" : ".",
                                                          same ? "" : p->class[c].id),
                                     .kind = PARAMETER_INPUT,
                                     .class = same ? PARAMETER_ALL : (int32_t)c,
                                     .value = p->input_wrong[c].value,
                                     .high = 1,
                                     .width = 0.05}));
    for (uint32_t c = 0; p->n_classes > 1 && c < p->n_classes; c++)
        if (p->class[c].share < 1)
            vec_push(&list->at,
                     ((struct parameter){
                         .path = arena_printf(list->arena, "classes.%s.share", p->class[c].id),
                         .kind = PARAMETER_SHARE,
                         .class = (int32_t)c,
                         .value = p->class[c].share,
                         .high = 1,
                         .width = 0.05}));
}

void parameters_list(const struct pipeline *p, struct arena *arena, struct parameter **out,
                     size_t *n)
{
    struct list list = {.p = p, .arena = arena};
    add_input(&list);
    for (uint32_t i = 0; i < p->n_steps; i++) {
        for (size_t k = 0; k < sizeof fields / sizeof *fields; k++)
            add_field(&list, i, &fields[k]);
        add_retry(&list, i);
        add_ways(&list, i);
    }
    *n = list.at.len;
    *out = arena_alloc(arena, (list.at.len + 1) * sizeof **out);
    if (list.at.len)
        memcpy(*out, list.at.at, list.at.len * sizeof **out);
    vec_release(&list.at);
}

/* --- changing one */

static bool rebuilt(const struct parameter *q, uint32_t depth, const struct dist *d, double x,
                    struct arena *arena, struct dist *out)
{
    struct error unused = {0};
    *out = *d;
    if (depth < q->n_route) {
        size_t n = d->family == DIST_SHIFTED ? 1 : d->n;
        struct dist *part = arena_alloc(arena, n * sizeof *part);
        memcpy(part, d->part, n * sizeof *part);
        out->part = part;
        uint32_t i = q->route[depth];
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

/* Where the step's own number holds too: overrides that do not set the field. */
static void put_overrides(const struct parameter *q, struct pipeline *p, uint32_t c,
                          const void *value, size_t size)
{
    const struct step *s = &p->step[q->step];
    uint32_t bit = 1u << q->field;
    for (uint32_t g = 0; g < s->n_given; g++)
        if (!(s->given[g].override.set & bit))
            memcpy(field_at(&s->given[g].override.numbers[c], q->offset), value, size);
    for (uint32_t e = 0; e < p->n_environments; e++)
        for (uint32_t t = 0; t < p->environment[e].n_states; t++) {
            const struct env_state *state = &p->environment[e].state[t];
            for (uint32_t o = 0; o < state->n_overrides; o++)
                if (state->override[o].step == q->step && !(state->override[o].override.set & bit))
                    memcpy(field_at(&state->override[o].override.numbers[c], q->offset), value,
                           size);
        }
}

static bool put_field(const struct parameter *q, struct pipeline *p, uint32_t c,
                      struct arena *arena, double x)
{
    void *at = field_at(&p->step[q->step].numbers[c], q->offset);
    if (q->kind == PARAMETER_DIST) {
        struct dist d;
        if (!rebuilt(q, 0, at, x, arena, &d))
            return false;
        memcpy(at, &d, sizeof d);
        put_overrides(q, p, c, at, sizeof d);
    } else if (q->kind == PARAMETER_AMOUNT) {
        memcpy(at, &x, sizeof x);
        put_overrides(q, p, c, at, sizeof x);
    } else {
        ((struct number *)at)->value = x;
        put_overrides(q, p, c, at, sizeof(struct number));
    }
    return true;
}

static void put_share(const struct parameter *q, struct pipeline *p, double x)
{
    double rest = 1 - p->class[q->class].share;
    for (uint32_t c = 0; c < p->n_classes; c++)
        if (c != (uint32_t)q->class)
            p->class[c].share *= (1 - x) / rest;
    p->class[q->class].share = x;
}

bool parameter_set(const struct parameter *q, struct pipeline *p, struct arena *arena, double x)
{
    if (q->kind == PARAMETER_SHARE) {
        put_share(q, p, x);
        return true;
    }
    if (q->kind == PARAMETER_RETRY) {
        memcpy((char *)&p->step[q->step].retry + q->offset, &x, sizeof x);
        return true;
    }
    for (uint32_t c = 0; c < p->n_classes; c++) {
        if (q->class != PARAMETER_ALL && q->class != (int32_t)c)
            continue;
        if (q->kind == PARAMETER_INPUT)
            p->input_wrong[c].value = x;
        else if (q->kind == PARAMETER_WAY)
            p->step[q->step].way[q->offset].probability[c].value = x;
        else if (!put_field(q, p, c, arena, x))
            return false; /* before any class was changed: they are the same */
    }
    return true;
}
