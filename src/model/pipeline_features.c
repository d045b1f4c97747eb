/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which parts of the language a pipeline uses, and where: an engine refuses by name and place what
 * it does not do, and ignores nothing. */
#include "model/pipeline.h"

const char *feature_name(enum pipeline_feature f)
{
    static const char *const names[] = {
#define X(name, word) word,
        FEATURE_TABLE(X)
#undef X
    };
    return names[f];
}

/* The first use of each feature. */
struct uses {
    uint64_t found;
    struct use {
        uint32_t line, column;
        const char *kind, *id; /* "step", its name */
    } use[FEATURE_COUNT];
};

static void note(struct uses *u, enum pipeline_feature f, bool used, const struct use *at)
{
    if (!used || (u->found & UINT64_C(1) << f))
        return;
    u->found |= UINT64_C(1) << f;
    u->use[f] = *at;
}

static void note_ways(struct uses *u, const struct step *s, const struct use *at)
{
    for (uint32_t i = 0; i < s->n_ways; i++) {
        note(u, FEATURE_NEXT, s->way[i].probability != NULL, at);
        note(u, FEATURE_WHEN, s->way[i].when != NULL, at);
    }
}

static void note_resource(struct uses *u, const struct resource *r)
{
    struct use at = {r->line, r->column, "resource", r->id};

    note(u, FEATURE_RATE_LIMIT, r->servers == 0, &at);
    note(u, FEATURE_HOURS, r->n_hours > 0, &at);
    note(u, FEATURE_DISCIPLINE, r->discipline != DISCIPLINE_FIFO, &at);
    note(u, FEATURE_WAITING_ROOM, r->waiting_room != ROOM_UNLIMITED, &at);
    note(u, FEATURE_PATIENCE, r->patience != NULL, &at);
}

static void note_step(struct uses *u, const struct pipeline *p, const struct step *s)
{
    struct use at = {s->line, s->column, "step", s->id};
    bool budget = s->retry.budget_kind != BUDGET_NONE;

    for (uint32_t c = 0; s->class_retry && c < p->n_classes; c++)
        budget = budget || s->class_retry[c].budget_kind != BUDGET_NONE;
    note(u, FEATURE_HEDGE, s->hedge_copies > 0, &at);
    note(u, FEATURE_CACHE, s->has_cache, &at);
    note(u, FEATURE_BREAKER, s->breaker.failures > 0, &at);
    note(u, FEATURE_RETRY_BUDGET, budget, &at);
    note(u, FEATURE_CLASS_RETRY, s->class_retry != NULL, &at);
    note_ways(u, s, &at);
    note(u, FEATURE_GIVEN, s->n_given > 0, &at);
    note(u, FEATURE_BANDS, s->bands, &at);
    note(u, FEATURE_THRESHOLD_DIST, s->draws_threshold, &at);
    note(u, FEATURE_AUDIT, s->audit.present, &at);
    note(u, FEATURE_PARALLEL, s->kind == STEP_PARALLEL, &at);
    note(u, FEATURE_CALIBRATION, s->confidence.method != CALIBRATE_NONE, &at);
    note(u, FEATURE_FATIGUE, s->fatigue.after_s > 0, &at);
    if (s->by) {
        note(u, FEATURE_RESOURCES, true, &at);
        note_resource(u, &p->resource[s->by - 1]);
    }
}

static void find_uses(const struct pipeline *p, struct uses *u)
{
    const struct arrivals *a = &p->arrivals;
    struct use arrivals = {a->line, a->column, NULL, NULL};
    struct use deadline = {p->leave_line, p->leave_column, NULL, NULL};
    struct use feedback = {p->feedback.line, p->feedback.column, NULL, NULL};

    u->found = 0;
    for (uint32_t i = 0; i < p->n_steps; i++)
        note_step(u, p, &p->step[i]);
    for (uint32_t i = 0; i < p->n_environments; i++) {
        const struct environment *e = &p->environment[i];
        struct use at = {e->line, e->column, "environment", e->id};
        note(u, FEATURE_ENVIRONMENTS, true, &at);
    }
    note(u, FEATURE_ARRIVALS, a->kind != ARRIVALS_NONE, &arrivals);
    note(u, FEATURE_BATCH_ARRIVALS, a->has_batch, &arrivals);
    note(u, FEATURE_DEADLINE, p->leave_after_s != NULL, &deadline);
    note(u, FEATURE_FEEDBACK, p->feedback.cycle_s > 0, &feedback);
}

uint64_t pipeline_features(const struct pipeline *p)
{
    struct uses u;

    find_uses(p, &u);
    return u.found;
}

static bool stands_before(const struct use *a, const struct use *b)
{
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

int pipeline_needs(const struct pipeline *p, const char *who, uint64_t supported, struct error *err)
{
    struct uses u;
    const struct use *at;
    int first = -1;

    find_uses(p, &u);
    for (int f = 0; f < FEATURE_COUNT; f++)
        if ((u.found & ~supported & UINT64_C(1) << f) &&
            (first < 0 || stands_before(&u.use[f], &u.use[first])))
            first = f;
    if (first < 0)
        return 0;
    at = &u.use[first];
    return error_at(err, ERR_UNSUPPORTED, p->file && *p->file ? p->file : "flow", at->line,
                    at->column, "not supported yet by %s: %s%s%s%s%s%s", who,
                    feature_name((enum pipeline_feature)first), at->kind ? " (" : "",
                    at->kind ? at->kind : "", at->kind ? " `" : "", at->kind ? at->id : "",
                    at->kind ? "`)" : "");
}
