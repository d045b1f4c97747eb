/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One table of the fields of struct numbers that people write, for the numbers of a step, of its
 * `given` and of the states of environments. */
#include "sim/parameters.h"

#include <math.h>
#include <string.h>

/* --- the table */

enum field_type {
    FIELD_PROBABILITY,
    FIELD_OUTCOME,
    FIELD_AMOUNT,
    FIELD_STILL,
    FIELD_TIME,
    FIELD_SCORE
};

static bool every(const struct step *s)
{
    return true;
}
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
/* Written as a plain share, or as {share, by, design}. */
static bool has_audit(const struct step *s)
{
    return s->audit.present && s->audit.design == AUDIT_UNIFORM && s->audit.to.to == s->below.to;
}
static bool has_audit_map(const struct step *s)
{
    return s->audit.present && !has_audit(s);
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
    const char *key, *band; /* a class stands between them */
    enum field_type type;
    enum numbers_field field;
    size_t offset;
    double missing; /* what nobody wrote; NaN: always written */
    bool (*of)(const struct step *s);
    bool decides;
} fields[] = {
    {"error", "", FIELD_OUTCOME, FIELD(ERROR, error), 0, any, false},
    {"wrong", "", FIELD_OUTCOME, FIELD(WRONG, wrong), 0, any, false},
    {"malformed", "", FIELD_OUTCOME, FIELD(MALFORMED, malformed), 0, any, false},
    {"validation", "", FIELD_PROBABILITY, FIELD(VALIDATION, validation), 1, any, false},
    {"repair", "", FIELD_PROBABILITY, FIELD(REPAIR, repair), 0, any, false},
    {"sensitivity", "", FIELD_PROBABILITY, FIELD(SENSITIVITY, sensitivity), NAN, is_check, false},
    {"sensitivity", "", FIELD_PROBABILITY, FIELD(SENSITIVITY, sensitivity), 1, is_review, false},
    {"specificity", "", FIELD_PROBABILITY, FIELD(SPECIFICITY, specificity), 1, judges, false},
    {"fixes", "", FIELD_PROBABILITY, FIELD(FIXES, fixes), 0, any, false},
    {"spoils", "", FIELD_PROBABILITY, FIELD(SPOILS, spoils), 0, any, false},
    {"threshold", "", FIELD_PROBABILITY, FIELD(THRESHOLD, threshold), NAN, is_gate, true},
    {"threshold", ".0", FIELD_PROBABILITY, FIELD(THRESHOLD, threshold), NAN, has_bands, true},
    {"threshold", ".1", FIELD_PROBABILITY, FIELD(THRESHOLD_HIGH, threshold_high), NAN, has_bands, true},
    {"threshold", "", FIELD_SCORE, FIELD(THRESHOLD_DIST, threshold_dist), NAN, draws_threshold, true},
    {"audit", "", FIELD_PROBABILITY, FIELD(AUDIT, audit), 0, has_audit, true},
    {"audit.share", "", FIELD_PROBABILITY, FIELD(AUDIT, audit), 0, has_audit_map, true},
    {"latency", "", FIELD_TIME, FIELD(LATENCY, latency), 0, any, false},
    {"timeout", "", FIELD_AMOUNT, FIELD(TIMEOUT, timeout_s), INFINITY, any, false},
    {"budget", "", FIELD_STILL, FIELD(BUDGET, budget_s), INFINITY, every, false},
    {"cost", "", FIELD_AMOUNT, FIELD(COST, cost_call), 0, any, false},
    {"confidence.good", "", FIELD_SCORE, FIELD(GOOD, confidence_good), NAN, has_confidence, true},
    {"confidence.bad", "", FIELD_SCORE, FIELD(BAD, confidence_bad), NAN, has_confidence, true},
    {"cache.hit", "", FIELD_PROBABILITY, FIELD(HIT, cache_hit), 0, has_cache, false},
    {"cache.latency", "", FIELD_TIME, FIELD(HIT_LATENCY, cache_latency), 0, has_cache, false},
    {"hedge.after", "", FIELD_AMOUNT, FIELD(HEDGE_AFTER, hedge_after_s), 0, has_hedge, false},
};
#undef FIELD
/* clang-format on */

/* --- the list */

/* The numbers of one place: of a step, of a `given`, of a state. */
struct place {
    struct parameter base;
    const char *prefix;
    const struct step *step;
    struct numbers *numbers; /* [n_classes] */
    uint32_t set;            /* bits of those stated there; 0 for a step's own */
};

static void *field_at(const struct numbers *n, size_t offset)
{
    return (char *)n + offset;
}

static double number_at(const struct numbers *n, size_t offset)
{
    return ((const struct number *)field_at(n, offset))->value;
}

static double amount_at(const struct numbers *n, size_t offset)
{
    return *(const double *)field_at(n, offset);
}

static bool is_dist(const struct field *f)
{
    return f->type == FIELD_TIME || f->type == FIELD_SCORE;
}

static bool is_amount(const struct field *f)
{
    return f->type == FIELD_AMOUNT || f->type == FIELD_STILL;
}

/* Outcomes that a state does not state make room for those that it does. */
static double outcome_of(const struct place *at, const struct number *x, enum numbers_field f)
{
    return at->base.where != IN_STATE || at->set & 1u << f ? x->value : 0;
}

/* What the other outcomes leave, in the class that leaves least. */
static double outcome_room(const struct parameter_list *list, const struct place *at,
                           const struct parameter *q)
{
    double room = 1;
    for (uint32_t c = 0; c < list->p->n_classes; c++) {
        const struct numbers *n = &at->numbers[c];
        double others = outcome_of(at, &n->error, NUMBERS_ERROR) +
                        outcome_of(at, &n->wrong, NUMBERS_WRONG) +
                        outcome_of(at, &n->malformed, NUMBERS_MALFORMED);
        if (q->class == PARAMETER_ALL || q->class == (int32_t)c)
            room = fmin(room, 1 - (others - number_at(n, q->offset)));
    }
    return fmax(room, q->value);
}

static void add_number(struct parameter_list *list, const struct place *at, const struct field *f,
                       struct parameter q)
{
    const struct numbers *n = &at->numbers[q.class == PARAMETER_ALL ? 0 : q.class];
    if (is_amount(f)) {
        q.value = amount_at(n, q.offset);
        q.kind = PARAMETER_AMOUNT;
        q.high = INFINITY;
        q.width = q.value > 0 ? 0.05 * q.value : 0.05;
    } else {
        q.value = number_at(n, q.offset);
        q.kind = PARAMETER_NUMBER;
        q.probability = true;
        q.high = f->type == FIELD_OUTCOME ? outcome_room(list, at, &q) : 1;
        if (f->field == NUMBERS_THRESHOLD_HIGH)
            q.low = n->threshold.value;
        if (f->field == NUMBERS_THRESHOLD && at->step->bands)
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

static bool same_in_classes(const struct parameter_list *list, const struct place *at,
                            const struct field *f)
{
    bool same = true;
    for (uint32_t c = 1; c < list->p->n_classes; c++) {
        const struct numbers *a = &at->numbers[0], *b = &at->numbers[c];
        if (is_dist(f))
            same = same && parameters_same_dist(field_at(a, f->offset), field_at(b, f->offset));
        else if (is_amount(f))
            same = same && amount_at(a, f->offset) == amount_at(b, f->offset);
        else
            same = same && same_number(field_at(a, f->offset), field_at(b, f->offset));
    }
    return same;
}

/* Did somebody write it there, for some class? */
static bool stated(const struct parameter_list *list, const struct place *at, const struct field *f)
{
    if (at->base.where != IN_STEP)
        return at->set & 1u << f->field;
    for (uint32_t c = 0; c < list->p->n_classes; c++) {
        const struct number *x = field_at(&at->numbers[c], f->offset);
        if (is_amount(f) && amount_at(&at->numbers[c], f->offset) != f->missing)
            return true;
        if (f->type <= FIELD_OUTCOME && (x->value != f->missing || x->evidence))
            return true;
    }
    return is_dist(f);
}

static void add_field(struct parameter_list *list, const struct place *at, const struct field *f)
{
    const struct pipeline *p = list->p;
    if (!f->of(at->step) || !stated(list, at, f))
        return;
    bool same = same_in_classes(list, at, f);
    for (uint32_t c = 0; c < (same ? 1 : p->n_classes); c++) {
        struct parameter q = at->base;
        q.kind = PARAMETER_DIST;
        q.class = same ? PARAMETER_ALL : (int32_t)c;
        q.field = f->field;
        q.offset = f->offset;
        q.decides = f->decides;
        q.takes_time =
            f->type == FIELD_TIME || f->field == NUMBERS_TIMEOUT || f->field == NUMBERS_HEDGE_AFTER;
        q.still = f->type == FIELD_STILL;
        q.path = arena_printf(list->arena, "%s.%s%s%s%s", at->prefix, f->key, same ? "" : ".",
                              same ? "" : p->class[c].id, f->band);
        if (is_dist(f))
            parameters_add_dist(list, q, q.path, field_at(&at->numbers[c], f->offset),
                                f->type == FIELD_SCORE);
        else if (!is_amount(f) || isfinite(amount_at(&at->numbers[c], f->offset)))
            add_number(list, at, f, q);
    }
}

static void add_fields(struct parameter_list *list, const struct place *at)
{
    for (size_t k = 0; k < sizeof fields / sizeof *fields; k++)
        add_field(list, at, &fields[k]);
}

/* --- what stands in for a step's numbers */

static const char *given_key(const struct parameter_list *list, const struct given *g)
{
    static const char *const ends[] = {
        [GIVEN_FAILED] = "failed", [GIVEN_WRONG] = "wrong", [GIVEN_SKIPPED] = "skipped"};
    if (g->kind == GIVEN_BAD)
        return "bad";
    if (g->kind == GIVEN_CLASS)
        return arena_printf(list->arena, "class.%s", list->p->class[g->of].id);
    return arena_printf(list->arena, "%s.%s", list->p->step[g->of].id, ends[g->kind]);
}

static void add_step(struct parameter_list *list, uint32_t i)
{
    const struct step *s = &list->p->step[i];
    struct place at = {.step = s, .numbers = s->numbers};
    at.base = (struct parameter){.where = IN_STEP, .step = i};
    at.prefix = arena_printf(list->arena, "flow.%s", s->id);
    add_fields(list, &at);
    for (uint32_t g = 0; g < s->n_given; g++) {
        at.base.where = IN_GIVEN;
        at.base.index = g;
        at.numbers = s->given[g].override.numbers;
        at.set = s->given[g].override.set;
        at.prefix =
            arena_printf(list->arena, "flow.%s.given.%s", s->id, given_key(list, &s->given[g]));
        add_fields(list, &at);
    }
    parameters_add_helpers(list, i);
}

static void add_state(struct parameter_list *list, uint32_t e, uint32_t k)
{
    const struct environment *env = &list->p->environment[e];
    const struct env_state *state = &env->state[k];
    for (uint32_t o = 0; o < state->n_overrides; o++) {
        const struct state_override *of = &state->override[o];
        struct place at = {.step = &list->p->step[of->step],
                           .numbers = of->override.numbers,
                           .set = of->override.set};
        at.base = (struct parameter){
            .where = IN_STATE, .step = of->step, .index = e, .state = k, .item = o};
        at.prefix = arena_printf(list->arena, "environments.%s.%s.steps.%s", env->id, state->id,
                                 at.step->id);
        add_fields(list, &at);
    }
}

void parameters_list(const struct pipeline *p, struct arena *arena, struct parameter **out,
                     size_t *n)
{
    struct parameter_list list = {.p = p, .arena = arena};
    parameters_add_input(&list);
    for (uint32_t i = 0; i < p->n_steps; i++)
        add_step(&list, i);
    for (uint32_t e = 0; e < p->n_environments; e++)
        for (uint32_t k = 0; k < p->environment[e].n_states; k++)
            add_state(&list, e, k);
    parameters_add_world(&list);
    *n = list.at.len;
    *out = arena_alloc(arena, (list.at.len + 1) * sizeof **out);
    if (list.at.len)
        memcpy(*out, list.at.at, list.at.len * sizeof **out);
    vec_release(&list.at);
}
