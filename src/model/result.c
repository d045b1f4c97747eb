/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The result's life, its metrics and the judging of targets.
 *
 * A target is judged by the interval and never by the value: with 95% intervals a verdict is wrong
 * with probability 2.5% at most for each target (Neyman 1937: a test inverts its interval). */
#include "model/result.h"

#include "model/pipeline.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static const char *const verdict_names[] = {
    [VERDICT_NONE] = "none",
    [VERDICT_PASS] = "pass",
    [VERDICT_FAIL] = "fail",
    [VERDICT_NOT_SHOWN] = "not shown",
    [VERDICT_INFEASIBLE] = "infeasible",
};

const char *verdict_name(enum verdict v)
{
    return verdict_names[v];
}

void result_init(struct result *r, const char *command)
{
    *r = (struct result){0};
    arena_init(&r->arena);
    r->command = arena_strdup(&r->arena, command);
    r->answer = (struct answer){.threshold = NAN,
                                .bound = NAN,
                                .level = NAN,
                                .review_load = NAN,
                                .risk_value = NAN,
                                .best_attainable = NAN};
}

#define release_rows(rows)                                                                         \
    do {                                                                                           \
        for (size_t i_ = 0; i_ < (rows)->len; i_++)                                                \
            vec_release(&(rows)->at[i_].metrics.list);                                             \
        vec_release(rows);                                                                         \
    } while (0)

void result_release(struct result *r)
{
    vec_release(&r->metrics.list);
    release_rows(&r->stages);
    release_rows(&r->resources);
    release_rows(&r->environments);
    release_rows(&r->layers);
    release_rows(&r->classes);
    release_rows(&r->names);
    release_rows(&r->reviewers);
    release_rows(&r->objectives);
    release_rows(&r->windows);
    release_rows(&r->changes);
    release_rows(&r->alternatives);
    release_rows(&r->differences);
    release_rows(&r->plan);
    release_rows(&r->edges);
    for (size_t i = 0; i < r->curves.len; i++)
        vec_release(&r->curves.at[i].points);
    vec_release(&r->curves);
    vec_release(&r->sensitivities);
    vec_release(&r->predictions);
    vec_release(&r->compared);
    vec_release(&r->data.places);
    vec_release(&r->assumptions);
    vec_release(&r->warnings);
    arena_release(&r->arena);
}

const char *view_name(enum view_way v)
{
    static const char *const names[] = {
#define X(name, word) word,
        VIEW_TABLE(X)
#undef X
    };
    return names[v];
}

static const char *put_text(struct result *r, const char *format, va_list args)
{
    struct buf text;
    buf_init(&text);
    buf_vprintf(&text, format, args);
    const char *kept = arena_strndup(&r->arena, buf_text(&text), text.len);
    buf_release(&text);
    return kept;
}

const char *result_count(struct result *r, uint64_t n)
{
    struct buf text = {0};
    units_put_count(&text, n);
    const char *kept = result_text(r, "%s", buf_text(&text));
    buf_release(&text);
    return kept;
}

const char *result_text(struct result *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = put_text(r, format, args);
    va_end(args);
    return text;
}

void result_warn(struct result *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = put_text(r, format, args);
    va_end(args);
    for (size_t i = 0; i < r->warnings.len; i++)
        if (!strcmp(r->warnings.at[i], text))
            return;
    vec_push(&r->warnings, text);
}

void result_assume(struct result *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = put_text(r, format, args);
    va_end(args);
    vec_push(&r->assumptions, text);
}

struct metric *metrics_add(struct metrics *m, const char *name, double value, double low,
                           double high, double level, uint64_t n, const char *unit)
{
    vec_push(&m->list, ((struct metric){.name = name,
                                        .value = value,
                                        .low = low,
                                        .high = high,
                                        .level = level,
                                        .n = n,
                                        .unit = unit}));
    return &m->list.at[m->list.len - 1];
}

struct metric *metrics_add_exact(struct metrics *m, const char *name, double value,
                                 const char *unit)
{
    return metrics_add(m, name, value, value, value, 0, 0, unit);
}

struct metric *metrics_add_count(struct metrics *m, const char *name, uint64_t count)
{
    return metrics_add(m, name, (double)count, NAN, NAN, 0, 0, "count");
}

/* How far an estimate's two ends are from its value. */
struct reach {
    double down, up;
};

static struct reach reach_of(const struct metric *m)
{
    return (struct reach){m->value - m->low, m->high - m->value};
}

/* How far x - y reaches down.  At its lower end x is low and y high, each by its own half; but one
 * that the other drags along farther than its own half (half < correlation * the other's) goes the
 * other way, where the half of that side counts, or stays where it is. */
static double half_of(struct reach x, struct reach y, double correlation)
{
    double a = x.down, b = y.up;

    if (!isfinite(a) || !isfinite(b))
        return INFINITY; /* an end that is not known bounds nothing */
    if (b < correlation * a)
        b = isfinite(y.down) && y.down < correlation * a ? y.down : correlation * a;
    else if (a < correlation * b)
        a = isfinite(x.up) && x.up < correlation * b ? x.up : correlation * b;
    return sqrt(fmax(0, a * a + b * b - 2 * correlation * a * b));
}

static struct reach turned(struct reach r)
{
    return (struct reach){r.up, r.down};
}

struct metric metric_difference_of(const struct metric *before, const struct metric *after,
                                   double correlation)
{
    struct reach x = reach_of(after), y = reach_of(before);
    struct metric d = {
        .name = after->name, .unit = after->unit, .value = after->value - before->value};
    d.low = d.value - half_of(x, y, correlation);
    d.high = d.value + half_of(turned(x), turned(y), correlation);
    d.level = before->level > 0 ? before->level : after->level;
    if (before->level == 0 && after->level == 0)
        d.low = d.high = d.value;
    return d;
}

struct metric metric_difference(const struct metric *before, const struct metric *after)
{
    return metric_difference_of(before, after, 0);
}

const struct metric *metrics_find(const struct metrics *m, const char *name)
{
    for (size_t i = 0; i < m->list.len; i++)
        if (!strcmp(m->list.at[i].name, name))
            return &m->list.at[i];
    return NULL;
}

struct sensitivity *result_sensitivity(struct result *r, const char *parameter, const char *metric)
{
    for (size_t i = 0; i < r->sensitivities.len && r->sensitivities.at[i].shared; i++) {
        struct sensitivity *s = &r->sensitivities.at[i];
        if (!strcmp(s->metric, metric) && !strcmp(s->parameter, parameter))
            return s;
    }
    vec_push(&r->sensitivities,
             ((struct sensitivity){.parameter = arena_strdup(&r->arena, parameter),
                                   .metric = arena_strdup(&r->arena, metric),
                                   .value = NAN,
                                   .low = NAN,
                                   .high = NAN,
                                   .at = NAN}));
    return &r->sensitivities.at[r->sensitivities.len - 1];
}

struct row *result_add_stage(struct result *r, const struct step *s)
{
    struct row *row = result_add_row(r, stages, s->id);
    row->name = s->name ? arena_strdup(&r->arena, s->name) : NULL;
    row->layer = layer_name(s->layer);
    row->kind = step_kind_name(s->kind);
    return row;
}

struct curve *result_add_curve(struct result *r, const char *id, const char *x, const char *y)
{
    vec_push(&r->curves, ((struct curve){.id = arena_strdup(&r->arena, id),
                                         .x = arena_strdup(&r->arena, x),
                                         .y = arena_strdup(&r->arena, y)}));
    return &r->curves.at[r->curves.len - 1];
}

const struct curve *result_curve(const struct result *r, const char *id)
{
    for (size_t i = 0; i < r->curves.len; i++)
        if (!strcmp(r->curves.at[i].id, id))
            return &r->curves.at[i];
    return NULL;
}

const struct row *result_stage(const struct result *r, const char *id)
{
    for (size_t i = 0; i < r->stages.len; i++)
        if (!strcmp(r->stages.at[i].id, id))
            return &r->stages.at[i];
    return NULL;
}

#define COUNT_IF(field, words, rare)                                                               \
    {                                                                                              \
#field, words, offsetof(struct data_quality, field), rare                                  \
    }
#define COUNT(field, words) COUNT_IF(field, words, false)
static const struct data_count counts[] = {
    COUNT(records, "records read"),
    COUNT(spans, "spans"),
    COUNT(duplicates, "spans sent twice"),
    COUNT(traces, "traces"),
    COUNT_IF(kept_traces, "traces in the sample that was kept", true),
    COUNT_IF(kept_spans, "spans in that sample", true),
    COUNT(items, "items"),
    COUNT(roots, "root spans"),
    COUNT(orphans, "spans whose parent is missing"),
    COUNT(cycles, "spans that are their own ancestors"),
    COUNT(errors, "spans with status error"),
    COUNT(interrupts, "interrupts for a review"),
    COUNT(no_duration, "spans without a duration"),
    COUNT(negative_duration, "spans that end before they start"),
    COUNT(unreadable, "records that cannot be read"),
    COUNT(unknown_attributes, "attributes that tell nothing here"),
};
#undef COUNT
#undef COUNT_IF

const struct data_count *data_counts(size_t *n)
{
    *n = sizeof counts / sizeof *counts;
    return counts;
}

uint64_t data_count_get(const struct data_quality *d, const struct data_count *c)
{
    uint64_t n;
    memcpy(&n, (const char *)d + c->offset, sizeof n);
    return n;
}

void data_count_set(struct data_quality *d, const struct data_count *c, uint64_t n)
{
    memcpy((char *)d + c->offset, &n, sizeof n);
}

/* What the metric is known to lie between; false when nothing is known. */
static bool known_interval(const struct metric *m, double *low, double *high)
{
    bool plain = isnan(m->low) && isnan(m->high) && m->level == 0;
    *low = plain ? m->value : isnan(m->low) ? -INFINITY : m->low;
    *high = plain ? m->value : isnan(m->high) ? INFINITY : m->high;
    return !isnan(*low) && !isnan(*high);
}

static enum verdict judge_one(const struct metric *m, const struct target *t)
{
    double low, high;
    if (!known_interval(m, &low, &high))
        return VERDICT_NOT_SHOWN;
    if (t->kind == TARGET_AT_LEAST)
        return low >= t->value ? VERDICT_PASS : high < t->value ? VERDICT_FAIL : VERDICT_NOT_SHOWN;
    return high <= t->value ? VERDICT_PASS : low > t->value ? VERDICT_FAIL : VERDICT_NOT_SHOWN;
}

/* How many observations would settle it, if the value stayed: the half-width shrinks with
 * 1/sqrt(n), so n * (half-width / distance)^2. */
static void warn_not_shown(struct result *r, const char *name, const struct metric *m,
                           const struct target *t)
{
    double side = m->value >= t->value ? m->value - m->low : m->high - m->value;
    double distance = fabs(m->value - t->value);
    bool parameters = r->run.covers && strstr(r->run.covers, "parameters");
    double needed = (double)m->n * (side / distance) * (side / distance);
    bool met = (t->kind == TARGET_AT_LEAST) == (m->value >= t->value);
    if (m->n == 0 || m->level == 0 || parameters || !(needed < 1e12)) {
        result_warn(r, "%s: \"%s\" is not shown: its interval holds the target%s", name, t->text,
                    parameters ? "; more evidence would narrow it" : "");
        return;
    }
    struct buf count;
    buf_init(&count);
    units_put_count(&count, (uint64_t)ceil(needed));
    result_warn(r,
                "%s: \"%s\" is not shown: about %s observations would show that it is %s, if the "
                "value stays where it is",
                name, t->text, buf_text(&count), met ? "met" : "missed");
    buf_release(&count);
}

/* The worse of two: fail, infeasible, not shown, pass. */
static enum verdict worse(enum verdict a, enum verdict b)
{
    static const int rank[] = {[VERDICT_NONE] = 0,
                               [VERDICT_PASS] = 1,
                               [VERDICT_NOT_SHOWN] = 2,
                               [VERDICT_INFEASIBLE] = 3,
                               [VERDICT_FAIL] = 4};
    return rank[a] >= rank[b] ? a : b;
}

/* Did a search over settings find none that meets this target? */
static bool is_infeasible(const struct result *r, const struct target *t)
{
    const struct answer *a = &r->answer;
    return a->present && a->ending && !strcmp(a->ending, "infeasible") && a->risk &&
           !isnan(a->best_attainable) && !strcmp(a->risk, t->metric);
}

void result_judge_row(struct result *r, struct metrics *metrics, const char *owner,
                      const struct target *targets, uint32_t n)
{
    bool any = false, all = true;
    for (uint32_t i = 0; i < n; i++) {
        const struct target *t = &targets[i];
        if (t->kind != TARGET_AT_MOST && t->kind != TARGET_AT_LEAST)
            continue;
        any = true;
        struct metric *m = (struct metric *)metrics_find(metrics, t->metric);
        if (!m) {
            all = false;
            result_warn(r, "%s: \"%s\" is not shown: this result does not hold %s",
                        owner ? owner : t->metric, t->text, t->metric);
            continue;
        }
        m->target = m->target && m->verdict != VERDICT_NONE && strcmp(m->target, t->text)
                        ? result_text(r, "%s, %s", m->target, t->text)
                        : result_text(r, "%s", t->text);
        enum verdict v = judge_one(m, t);
        if (v == VERDICT_NOT_SHOWN)
            warn_not_shown(r, owner ? owner : m->name, m, t);
        else if (v == VERDICT_FAIL && is_infeasible(r, t))
            v = VERDICT_INFEASIBLE;
        m->verdict = worse(m->verdict, v);
        all = all && m->verdict == VERDICT_PASS;
    }
    if (any)
        r->passed = all && r->passed != PASSED_FALSE ? PASSED_TRUE : PASSED_FALSE;
}

/* A target on a metric of resources holds for each that has it.  False: none has. */
static bool judge_resources(struct result *r, const struct target *t)
{
    bool any = false;
    for (size_t i = 0; i < r->resources.len; i++) {
        struct row *row = &r->resources.at[i];
        if (!metrics_find(&row->metrics, t->metric))
            continue;
        result_judge_row(r, &row->metrics, result_text(r, "resources.%s", row->id), t, 1);
        any = true;
    }
    return any;
}

void result_judge(struct result *r, const struct target *targets, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct metric_def *def = metric_def(targets[i].metric);
        if (!def || def->scope != METRIC_RESOURCE || !judge_resources(r, &targets[i]))
            result_judge_row(r, &r->metrics, NULL, &targets[i], 1);
    }
}
