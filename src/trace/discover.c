/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the steps that many items show are, and which of them is the review and which the gate. */
#include "trace/discover.h"

#include "base/spread.h"
#include "math/sort.h"
#include "model/rules.h"
#include "trace/discover_parts.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>

enum { VISITS_EACH = 4096 };

/* ---- layers and kinds ------------------------------------------------------------------- */

static bool names(const char *id, const char *const *parts)
{
    for (; *parts; parts++)
        for (const char *s = id; *s; s++)
            if (strncasecmp(s, *parts, strlen(*parts)) == 0)
                return true;
    return false;
}

static const char *const human_names[] = {"human", "review", "approv", "editor", NULL};
static const char *const feedback_names[] = {"feedback", "learn", NULL};
static const char *const data_names[] = {"retriev", "search", "fetch",  "embed",
                                         "rerank",  "vector", "ingest", NULL};
static const char *const tool_names[] = {"tool", "mcp", NULL};
static const char *const model_names[] = {"generat", "llm", "chat", "draft", "completion", NULL};

/* Half of the attempts at least. */
static bool mostly(const struct log_stage *s, enum span_kind kind)
{
    return 2 * s->kinds[kind] >= s->attempts && s->kinds[kind] > 0;
}

static bool mostly_inside(const struct log_stage *s, enum span_kind kind)
{
    return 2 * s->inner[kind] >= s->attempts && s->inner[kind] > 0;
}

/* Is it called like a place where people decide?  Agents have the names of roles. */
static bool named_for_people(const struct log_stage *s)
{
    static const char *const people[] = {"human", NULL};
    bool agent = mostly(s, SPAN_AGENT) || mostly_inside(s, SPAN_MODEL);
    return names(s->id, agent ? people : human_names);
}

static enum layer layer_of(const struct log_stage *s)
{
    static const struct {
        enum span_kind kind;
        enum layer layer;
    } kinds[] = {
        {SPAN_HUMAN, LAYER_HUMAN},
        {SPAN_MODEL, LAYER_MODEL},
        {SPAN_TOOL,  LAYER_TOOL },
        {SPAN_DATA,  LAYER_DATA },
        {SPAN_JUDGE, LAYER_AGENT}
    };
    for (size_t i = 0; i < 5; i++)
        if (mostly(s, kinds[i].kind))
            return kinds[i].layer;
    if (s->kind == STEP_REVIEW || named_for_people(s))
        return LAYER_HUMAN;
    if (names(s->id, feedback_names))
        return LAYER_FEEDBACK;
    for (size_t i = 0; i < 4; i++)
        if (mostly_inside(s, kinds[i].kind))
            return kinds[i].layer;
    if (names(s->id, data_names))
        return LAYER_DATA;
    if (names(s->id, tool_names))
        return LAYER_TOOL;
    return names(s->id, model_names) ? LAYER_MODEL : LAYER_AGENT;
}

/* Interrupts, decisions where no machine speaks, or its name: the step with the most of these. */
static int32_t find_review(const struct trace_log *log)
{
    int32_t best = -1;
    uint64_t most = 0;
    for (size_t i = 0; i < log->stages.len; i++) {
        const struct log_stage *s = &log->stages.at[i];
        bool machine = mostly(s, SPAN_MODEL) || mostly(s, SPAN_TOOL) || mostly(s, SPAN_DATA) ||
                       mostly(s, SPAN_JUDGE);
        uint64_t signs = s->interrupts;
        if (log->user_decision || (!machine && s->confidences == 0))
            signs += s->decisions;
        if (!machine && named_for_people(s))
            signs += s->visits;
        if (signs > most) {
            most = signs;
            best = (int32_t)i;
        }
    }
    return best;
}

/* ---- items ------------------------------------------------------------------------------ */

/* Do most items have a root? */
static bool mostly_rooted(const struct trace_log *log)
{
    uint64_t rooted = 0;
    for (size_t i = 0; i < log->items.len; i++)
        rooted += log->items.at[i].rooted;
    return 2 * rooted > log->items.len;
}

static void find_scorer(struct trace_log *log)
{
    uint64_t most = 0;
    log->scorer = -1;
    for (size_t s = 0; s < log->stages.len; s++)
        if (log->stages.at[s].scored > most) {
            most = log->stages.at[s].scored;
            log->scorer = (int32_t)s;
        }
}

/* ---- the gate --------------------------------------------------------------------------- */

double discover_shortest(double low, double high)
{
    for (int digits = 0; digits <= 17; digits++) {
        double scale = pow(10, digits);
        double near = round((low + high) / 2 * scale) / scale;
        double first = (floor(low * scale) + 1) / scale;
        if (near > low && near <= high)
            return near;
        if (first > low && first <= high)
            return first;
    }
    return high;
}

/* Items on the wrong side of t: reviewed at or above it, not reviewed below it. */
static uint64_t wrong_side(const struct routed *r, size_t n, double t)
{
    uint64_t wrong = 0;
    for (size_t i = 0; i < n; i++)
        wrong += rules_gate_ships(r[i].confidence, t) == r[i].reviewed;
    return wrong;
}

void discover_cut(const struct routed *r, size_t n, double *low, double *high, uint64_t *wrong)
{
    double *of[2] = {mem_alloc((n + 1) * sizeof(double)), mem_alloc((n + 1) * sizeof(double))};
    size_t len[2] = {0, 0}, at[2] = {0, 0}; /* of those that shipped, of those reviewed */
    for (size_t i = 0; i < n; i++)
        of[r[i].reviewed][len[r[i].reviewed]++] = r[i].confidence;
    sort_doubles(of[0], len[0]);
    sort_doubles(of[1], len[1]);
    of[0][len[0]] = of[1][len[1]] = INFINITY;
    *wrong = UINT64_MAX;
    while (at[0] + at[1] < n) { /* the cut goes behind all that have the least confidence left */
        double here = fmin(of[0][at[0]], of[1][at[1]]);
        for (int k = 0; k < 2; k++)
            while (at[k] < len[k] && of[k][at[k]] == here)
                at[k]++;
        uint64_t now = at[0] + (len[1] - at[1]);
        if (now < *wrong) {
            *wrong = now;
            *low = here;
            *high = at[0] + at[1] < n ? fmin(of[0][at[0]], of[1][at[1]]) : 1;
        }
    }
    mem_free(of[0]);
    mem_free(of[1]);
}

/* The threshold that spans told, when they agree; NaN. */
static double logged_threshold(const struct trace_log *log)
{
    double t = NAN;
    for (size_t i = 0; i < log->spans.len; i++) {
        double x = log->until_ns && log->spans.start_ns[i] > log->until_ns
                       ? NAN
                       : span_threshold(&log->spans, i);
        if (!isnan(x) && !isnan(t) && x != t)
            return NAN;
        if (!isnan(x))
            t = x;
    }
    return t;
}

struct looking {
    const struct trace_log *log;
    uint64_t **before; /* by worker, by stage */
    int32_t stage;
    atomic_bool failed;
};

static void look_before_review(void *arg, const struct spread_part *part)
{
    const struct looking *l = arg;
    const struct trace_log *log = l->log;
    for (size_t v = part->begin ? part->begin : 1; v < part->end; v++) {
        const struct log_visit *here = &log->visits.at[v], *before = here - 1;
        if ((int32_t)here->stage == log->review && here->item != SPAN_NONE &&
            before->item == here->item && before->stage != here->stage)
            l->before[part->worker][before->stage]++;
    }
}

/* Counts of each stage the visits that the review came right behind. */
static void count_before_review(const struct trace_log *log, uint64_t *count)
{
    struct looking l = {.log = log};
    struct spread spread = {
        .n = log->visits.len, .each = VISITS_EACH, .piece = look_before_review, .arg = &l};
    uint32_t threads = spread_threads(&spread, log->threads);
    if (log->review < 0)
        return;
    l.before = mem_alloc(threads * sizeof *l.before);
    for (uint32_t i = 0; i < threads; i++)
        l.before[i] = mem_zero(log->stages.len + 1, sizeof *l.before[i]);
    spread_run(&spread, threads);
    for (uint32_t i = 0; i < threads; i++) {
        for (size_t s = 0; s < log->stages.len; s++)
            count[s] += l.before[i][s];
        mem_free(l.before[i]);
    }
    mem_free(l.before);
}

static int32_t greatest(const uint64_t *count, size_t n)
{
    uint64_t most = 0;
    int32_t best = -1;
    for (size_t s = 0; s < n; s++)
        if (count[s] > most) {
            most = count[s];
            best = (int32_t)s;
        }
    return best;
}

/* Does a step nothing but route?  It stands behind others, does no model's, tool's or data's work,
 * and never fails. */
static bool only_routes(const struct trace_log *log, int32_t stage)
{
    const struct log_stage *s = &log->stages.at[stage];
    return stage > 0 && s->layer == LAYER_AGENT &&
           s->kinds[SPAN_MODEL] + s->kinds[SPAN_TOOL] + s->kinds[SPAN_DATA] == 0 &&
           s->inner[SPAN_MODEL] + s->inner[SPAN_TOOL] + s->inner[SPAN_DATA] == 0;
}

static void look_for_failures(void *arg, const struct spread_part *part)
{
    struct looking *l = arg;
    const struct log_visit *v = l->log->visits.at;
    for (size_t i = part->begin; i < part->end && !atomic_load(&l->failed); i++)
        if ((int32_t)v[i].stage == l->stage && (v[i].outcome != OUTCOME_OK || v[i].n_attempts > 1))
            atomic_store(&l->failed, true);
}

static bool never_fails(const struct trace_log *log, int32_t stage)
{
    struct looking l = {.log = log, .stage = stage};
    struct spread spread = {
        .n = log->visits.len, .each = VISITS_EACH, .piece = look_for_failures, .arg = &l};
    atomic_init(&l.failed, false);
    spread_run(&spread, spread_threads(&spread, log->threads));
    return !atomic_load(&l.failed);
}

/* `told`: the threshold that spans tell, or NaN; `before`: of each stage, see
 * count_before_review. */
static void find_gate(struct trace_log *log, const struct routed *r, size_t n, double told,
                      const uint64_t *before)
{
    size_t reviewed = 0;
    for (size_t i = 0; i < n; i++)
        reviewed += r[i].reviewed;
    log->gate = -1;
    log->threshold = NAN;
    if (log->review < 0 || reviewed == 0 || reviewed == n)
        return;
    double low = 0, high = 1;
    uint64_t wrong;
    discover_cut(r, n, &low, &high, &wrong);
    uint64_t wrong_told = isnan(told) ? UINT64_MAX : wrong_side(r, n, told);
    log->threshold_logged = wrong_told <= wrong + n / 20;
    log->threshold = log->threshold_logged ? told : discover_shortest(low, high);
    log->gate_mixed = log->threshold_logged ? wrong_told : wrong;
    if (log->gate_mixed * 10 <= n)
        log->gate = greatest(before, log->stages.len);
    if (log->gate < 0)
        log->threshold = NAN;
}

/* The step whose spans tell a threshold at nearly all of its visits, and whose are nearly all that
 * tell one: it says itself that it is the gate.  -1 where there is none. */
static int32_t telling_gate(const struct trace_log *log)
{
    uint64_t *told = mem_zero(log->stages.len + 1, sizeof *told), all = 0;
    for (size_t v = 0; v < log->visits.len; v++) {
        const struct log_visit *visit = &log->visits.at[v];
        for (uint32_t k = 0; k < visit->n_attempts; k++)
            if (!isnan(span_threshold(&log->spans, log->attempts.at[visit->first_attempt + k]))) {
                told[visit->stage]++;
                all++;
                break;
            }
    }
    int32_t best = greatest(told, log->stages.len);
    bool clear = best >= 0 && best != log->review && told[best] * 20 >= all * 19 &&
                 told[best] * 20 >= log->stages.at[best].visits * 19;
    mem_free(told);
    return clear ? best : -1;
}

/* Where items went each time that they left the step, by the confidence given last before: to the
 * review, or past it.  r has room for all visits. */
static size_t routed_from(const struct trace_log *log, int32_t stage, struct routed *r)
{
    size_t n = 0;
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *item = &log->items.at[i];
        const struct log_visit *by = NULL;
        double confidence = NAN;
        for (uint32_t v = 0; v < item->n_visits; v++) {
            const struct log_visit *here = &log->visits.at[item->first_visit + v];
            confidence = discover_confidence(confidence, &by, here);
            if (here->stage != (uint32_t)stage || isnan(confidence))
                continue;
            bool reviewed = v + 1 < item->n_visits && here[1].stage == (uint32_t)log->review;
            r[n++] = (struct routed){confidence, reviewed};
        }
    }
    return n;
}

void discover_gate(struct trace_log *log)
{
    size_t n = 0;
    struct routed *r = mem_alloc((log->items.len + log->visits.len + 1) * sizeof *r);
    uint64_t *before = mem_zero(log->stages.len + 1, sizeof *before);
    int32_t telling = log->review < 0 ? -1 : telling_gate(log);
    if (telling >= 0) {
        n = routed_from(log, telling, r);
        before[telling] = 1;
    } else {
        for (size_t i = 0; i < log->items.len; i++)
            if (!isnan(log->items.at[i].confidence))
                r[n++] = (struct routed){log->items.at[i].confidence, log->items.at[i].reviewed};
        count_before_review(log, before);
    }
    find_gate(log, r, n, logged_threshold(log), before);
    if (log->gate >= 0 && only_routes(log, log->gate) && never_fails(log, log->gate))
        log->stages.at[log->gate].kind = STEP_GATE;
    mem_free(before);
    mem_free(r);
}

/* ---- a log read whole ---------------------------------------------------------------------- */

/* new_of[old number], which the visits have still. */
static uint32_t *order_stages(struct trace_log *log)
{
    struct ranking *r = ranking_new();
    uint32_t *new_of = mem_zero(log->stages.len + 1, sizeof *new_of);
    ranking_add(r, log);
    ranking_apply(r, log, new_of);
    ranking_free(r);
    return new_of;
}

static void name_kinds(struct trace_log *log)
{
    for (size_t s = 0; s < log->stages.len; s++) {
        struct log_stage *stage = &log->stages.at[s];
        stage->kind = (int32_t)s == log->review ? STEP_REVIEW : STEP_STAGE;
        stage->layer = layer_of(stage);
    }
}

void discover(struct trace_log *log)
{
    uint32_t *new_of = order_stages(log);
    log->review = find_review(log);
    name_kinds(log);
    discover_settle(log, new_of);
    mem_free(new_of);
    discover_hear(log);
    find_scorer(log);
    discover_gate(log);
    discover_people(log);
    discover_ends(log, mostly_rooted(log));
    discover_edges(log);
    discover_waits(log);
    discover_truth(log);
}

/* ---- a log read in batches ----------------------------------------------------------------- */

static void note_threshold(struct discovery *d, const struct trace_log *log)
{
    for (size_t i = 0; i < log->spans.len; i++) {
        double x = span_threshold(&log->spans, i);
        if (isnan(x))
            continue;
        d->told_apart = d->told_apart || (d->any_told && x != d->told);
        d->any_told = true;
        d->told = x;
    }
}

/* Is it settled of all steps whether people decide there? */
static bool all_asked(const struct trace_log *log)
{
    for (size_t k = 0; k < log->stages.len; k++)
        if (!log->stages.at[k].asked && log->stages.at[k].visits)
            return false;
    return true;
}

void discover_batch(struct trace_log *log, struct discovery *d)
{
    if (!d->order)
        d->order = ranking_new();
    ranking_add(d->order, log);
    for (size_t i = 0; i < log->items.len; i++)
        d->rooted += log->items.at[i].rooted;
    d->items += log->items.len;
    if (!d->decided) {
        log->review = find_review(log);
        d->has_roots = mostly_rooted(log);
        d->decided = true;
    }
    while (d->before.len < log->stages.len)
        vec_push(&d->before, 0);
    discover_settle(log, NULL);
    discover_hear(log);
    if (!all_asked(log)) {
        discover_gate(log);
        discover_people(log);
        log->gate = -1;
        log->threshold = NAN;
    }
    discover_ends(log, d->has_roots);
    count_before_review(log, d->before.at);
    note_threshold(d, log);
    discover_edges(log);
    discover_waits(log);
    discover_truth(log);
}

void discover_order(struct trace_log *log, struct discovery *d, uint32_t *new_of)
{
    uint64_t *before = mem_alloc((log->stages.len + 1) * sizeof *before);
    memcpy(before, d->before.at, log->stages.len * sizeof *before);
    d->other_review = find_review(log) != log->review;
    ranking_apply(d->order, log, new_of);
    for (size_t s = 0; s < log->stages.len; s++)
        d->before.at[new_of[s]] = before[s];
    if (log->review >= 0)
        log->review = (int32_t)new_of[log->review];
    mem_free(before);
}

void discover_finish(struct trace_log *log, struct discovery *d, const struct routed *r, size_t n,
                     const bool *failed)
{
    name_kinds(log);
    find_scorer(log);
    find_gate(log, r, n, d->told_apart || !d->any_told ? NAN : d->told, d->before.at);
    if (log->gate >= 0 && only_routes(log, log->gate) && !failed[log->gate])
        log->stages.at[log->gate].kind = STEP_GATE;
}

void discovery_release(struct discovery *d)
{
    ranking_free(d->order);
    vec_release(&d->before);
    memset(d, 0, sizeof *d);
}
