/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the steps that many items show are, which of them is the review and which the gate, and how
 * each item ended. */
#include "trace/discover.h"

#include "model/rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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
    if (s->kind == STEP_REVIEW || names(s->id, human_names))
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
        if (!machine && names(s->id, human_names))
            signs += s->visits;
        if (signs > most) {
            most = signs;
            best = (int32_t)i;
        }
    }
    return best;
}

/* ---- items ------------------------------------------------------------------------------ */

enum log_verdict discover_verdict(const char *decision)
{
    static const struct {
        const char *begin;
        enum log_verdict verdict;
    } table[] = {
        {"auto",    LOG_AUTOMATIC         },
        {"not",     LOG_AUTOMATIC         },
        {"skip",    LOG_AUTOMATIC         },
        {"bypass",  LOG_AUTOMATIC         },
        {"none",    LOG_AUTOMATIC         },
        {"n/a",     LOG_AUTOMATIC         },
        {"approv",  LOG_APPROVED          },
        {"accept",  LOG_APPROVED          },
        {"pass",    LOG_APPROVED          },
        {"ok",      LOG_APPROVED          },
        {"yes",     LOG_APPROVED          },
        {"true",    LOG_APPROVED          },
        {"confirm", LOG_APPROVED          },
        {"keep",    LOG_APPROVED          },
        {"good",    LOG_APPROVED          },
        {"correct", LOG_CORRECTED         },
        {"edit",    LOG_CORRECTED         },
        {"fix",     LOG_CORRECTED         },
        {"revis",   LOG_CORRECTED         },
        {"modif",   LOG_CORRECTED         },
        {"amend",   LOG_CORRECTED         },
        {"change",  LOG_CORRECTED         },
        {"reject",  LOG_REJECTED_BY_REVIEW},
        {"den",     LOG_REJECTED_BY_REVIEW},
        {"declin",  LOG_REJECTED_BY_REVIEW},
        {"fail",    LOG_REJECTED_BY_REVIEW},
        {"no",      LOG_REJECTED_BY_REVIEW},
        {"false",   LOG_REJECTED_BY_REVIEW},
        {"discard", LOG_REJECTED_BY_REVIEW},
        {"bad",     LOG_REJECTED_BY_REVIEW},
        {"wrong",   LOG_REJECTED_BY_REVIEW},
    };
    for (size_t i = 0; *decision && i < sizeof table / sizeof table[0]; i++)
        if ((*decision | 32) == *table[i].begin &&
            strncasecmp(decision, table[i].begin, strlen(table[i].begin)) == 0)
            return table[i].verdict;
    return LOG_NO_VERDICT;
}

/* Passes through the review that nobody looked at are no visits of it. */
static void drop_automatic(struct trace_log *log)
{
    uint32_t visits = 0, attempts = 0;
    for (size_t i = 0; i < log->items.len; i++) {
        struct log_item *it = &log->items.at[i];
        uint32_t from = it->first_visit, end = from + it->n_visits;
        it->first_visit = visits;
        for (uint32_t k = from; k < end; k++) {
            struct log_visit v = log->visits.at[k];
            struct log_stage *stage = &log->stages.at[v.stage];
            const char *decision = span_string(&log->spans, v.decision);
            if ((int32_t)v.stage == log->review && discover_verdict(decision) == LOG_AUTOMATIC) {
                stage->visits--;
                stage->attempts -= log_attempts(&v);
                continue;
            }
            memmove(&log->attempts.at[attempts], &log->attempts.at[v.first_attempt],
                    v.n_attempts * sizeof log->attempts.at[0]);
            v.first_attempt = attempts;
            attempts += v.n_attempts;
            log->visits.at[visits++] = v;
        }
        it->n_visits = visits - it->first_visit;
    }
    log->visits.len = visits;
    log->attempts.len = attempts;
}

/* A root that never ended never arrives: where most items have one, an item without was cut off. */
static enum log_end end_of(const struct trace_log *log, const struct log_item *item, bool has_roots)
{
    if (item->told_end)
        return (enum log_end)(item->told_end - 1);
    if (has_roots && !item->rooted)
        return LOG_UNFINISHED;
    uint32_t past = item->first_visit + item->n_visits;
    for (uint32_t v = item->first_visit; v < past; v++)
        if (log->visits.at[v].pending)
            return LOG_UNFINISHED;
    if (item->n_visits && log->visits.at[past - 1].outcome != OUTCOME_OK)
        return LOG_FAILED;
    if (item->verdict == LOG_REJECTED_BY_REVIEW)
        return LOG_REJECTED;
    return item->root_failed ? LOG_FAILED : LOG_SHIPPED;
}

static void settle_confidence(struct trace_log *log, struct log_item *item)
{
    uint32_t scorer = SPAN_NONE;
    for (uint32_t k = 0; k < item->n_visits; k++) {
        const struct log_visit *v = &log->visits.at[item->first_visit + k];
        if ((int32_t)v->stage == log->review) {
            item->reviewed = true;
        } else if (!item->reviewed && !isnan(v->confidence)) {
            item->confidence = v->confidence;
            scorer = v->stage;
        }
    }
    if (scorer != SPAN_NONE)
        log->stages.at[scorer].scored++;
}

/* Do most items have a root? */
static bool mostly_rooted(const struct trace_log *log)
{
    uint64_t rooted = 0;
    for (size_t i = 0; i < log->items.len; i++)
        rooted += log->items.at[i].rooted;
    return 2 * rooted > log->items.len;
}

static void settle_confidences(struct trace_log *log)
{
    for (size_t i = 0; i < log->items.len; i++)
        settle_confidence(log, &log->items.at[i]);
}

/* Once it is known where people decide. */
static void settle_ends(struct trace_log *log, bool has_roots)
{
    for (size_t i = 0; i < log->items.len; i++) {
        struct log_item *item = &log->items.at[i];
        item->verdict = discover_last_word(log, item);
        item->end = end_of(log, item, has_roots);
    }
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

enum log_truth discover_annotation(const char *text)
{
    static const struct {
        const char *begin;
        enum log_truth truth;
    } table[] = {
        {"corrected",  LOG_BAD },
        {"correction", LOG_BAD },
        {"correct",    LOG_GOOD},
        {"not ",       LOG_BAD },
        {"not_",       LOG_BAD },
        {"incorrect",  LOG_BAD },
        {"thumbs_up",  LOG_GOOD},
        {"thumbs-up",  LOG_GOOD},
        {"thumbs up",  LOG_GOOD},
        {"thumbs",     LOG_BAD },
        {"right",      LOG_GOOD},
        {"positive",   LOG_GOOD},
        {"negative",   LOG_BAD },
        {"factual",    LOG_GOOD},
        {"hallucinat", LOG_BAD },
        {"unfactual",  LOG_BAD },
        {"faithful",   LOG_GOOD},
        {"unfaithful", LOG_BAD },
        {"dislike",    LOG_BAD },
        {"like",       LOG_GOOD},
        {"down",       LOG_BAD },
        {"up",         LOG_GOOD},
        {"poor",       LOG_BAD },
        {"invalid",    LOG_BAD },
        {"valid",      LOG_GOOD},
        {"relevant",   LOG_GOOD},
        {"irrelevant", LOG_BAD },
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strncasecmp(text, table[i].begin, strlen(table[i].begin)) == 0)
            return table[i].truth;
    switch (discover_verdict(text)) {
    case LOG_APPROVED:
        return LOG_GOOD;
    case LOG_CORRECTED:
    case LOG_REJECTED_BY_REVIEW:
        return LOG_BAD;
    case LOG_NO_VERDICT:
    case LOG_AUTOMATIC:
        break;
    }
    return LOG_UNKNOWN;
}

/* Annotations by people are decisions where they stand on a review, labels elsewhere: of what the
 * run shipped on its root, of the draft on any other span. */
static void hear_annotations(struct trace_log *log)
{
    enum { STEP = 1, REVIEW = 2 };
    const struct span_set *s = &log->spans;
    uint8_t *is = mem_zero(s->len, sizeof *is);
    for (size_t v = 0; v < log->visits.len; v++)
        for (uint32_t k = 0; k < log->visits.at[v].n_attempts; k++)
            is[log->attempts.at[log->visits.at[v].first_attempt + k]] =
                (int32_t)log->visits.at[v].stage == log->review ? REVIEW : STEP;
    for (size_t i = 0; i < s->len; i++) {
        bool label = s->flags[i] & SPAN_ANNOTATED && is[i] != REVIEW && s->kind[i] != SPAN_HUMAN;
        if (!label || log->span_item[i] == SPAN_NONE)
            continue;
        struct log_item *it = &log->items.at[log->span_item[i]];
        enum log_truth truth = discover_annotation(span_string(s, s->decision[i]));
        if (s->parent[i] == 0 && is[i] != STEP)
            it->said_shipped = (int8_t)truth;
        else
            it->said = (int8_t)truth;
        log->annotated += truth != LOG_UNKNOWN;
    }
    mem_free(is);
}

void discover_truth(struct trace_log *log)
{
    for (size_t i = 0; i < log->items.len; i++) {
        struct log_item *it = &log->items.at[i];
        bool approved = it->verdict == LOG_APPROVED;
        it->draft = it->label != LOG_UNKNOWN ? it->label : it->said;
        if (it->draft == LOG_UNKNOWN && !it->reviewed)
            it->draft = it->said_shipped; /* nobody changed it */
        if (it->draft == LOG_UNKNOWN && it->verdict != LOG_NO_VERDICT)
            it->draft = approved ? LOG_GOOD : LOG_BAD;
        it->shipped = LOG_UNKNOWN;
        if (it->end != LOG_SHIPPED)
            continue;
        if (it->shipped_label != LOG_UNKNOWN)
            it->shipped = it->shipped_label;
        else if (it->said_shipped != LOG_UNKNOWN)
            it->shipped = it->said_shipped;
        else if (it->verdict == LOG_CORRECTED)
            it->shipped = LOG_GOOD;
        else if (!it->reviewed || approved)
            it->shipped = it->draft;
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

static int by_confidence(const void *a, const void *b)
{
    const struct routed *x = a, *y = b;
    return x->confidence < y->confidence ? -1 : x->confidence > y->confidence;
}

/* Items on the wrong side of t: reviewed at or above it, not reviewed below it. */
static uint64_t wrong_side(const struct routed *r, size_t n, double t)
{
    uint64_t wrong = 0;
    for (size_t i = 0; i < n; i++)
        wrong += rules_gate_ships(r[i].confidence, t) == r[i].reviewed;
    return wrong;
}

/* The cut between two neighbours with the fewest items on its wrong side. */
static void best_cut(struct routed *r, size_t n, double *low, double *high, uint64_t *wrong)
{
    uint64_t now = 0;
    qsort(r, n, sizeof *r, by_confidence);
    for (size_t i = 0; i < n; i++)
        now += r[i].reviewed; /* t at the bottom: all should ship */
    *wrong = UINT64_MAX;
    for (size_t i = 0; i < n; i++) {
        now += r[i].reviewed ? (uint64_t)-1 : 1; /* item i is now below the cut */
        bool tie = i + 1 < n && r[i + 1].confidence == r[i].confidence;
        if (!tie && now < *wrong) {
            *wrong = now;
            *low = r[i].confidence;
            *high = i + 1 < n ? r[i + 1].confidence : 1;
        }
    }
}

/* The threshold that spans told, when they agree; NaN. */
static double logged_threshold(const struct trace_log *log)
{
    double t = NAN;
    for (size_t i = 0; i < log->spans.len; i++) {
        double x =
            log->until_ns && log->spans.start_ns[i] > log->until_ns ? NAN : log->spans.threshold[i];
        if (!isnan(x) && !isnan(t) && x != t)
            return NAN;
        if (!isnan(x))
            t = x;
    }
    return t;
}

/* Counts of each stage the visits that the review came right behind. */
static void count_before_review(const struct trace_log *log, uint64_t *count)
{
    for (size_t v = 1; v < log->visits.len; v++) {
        const struct log_visit *here = &log->visits.at[v], *before = here - 1;
        if ((int32_t)here->stage == log->review && here->item != SPAN_NONE &&
            before->item == here->item && before->stage != here->stage)
            count[before->stage]++;
    }
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

static bool never_fails(const struct trace_log *log, int32_t stage)
{
    for (size_t v = 0; v < log->visits.len; v++)
        if ((int32_t)log->visits.at[v].stage == stage &&
            (log->visits.at[v].outcome != OUTCOME_OK || log->visits.at[v].n_attempts > 1))
            return false;
    return true;
}

/* `told`: the threshold that spans tell, or NaN; `before`: of each stage, see
 * count_before_review. */
static void find_gate(struct trace_log *log, struct routed *r, size_t n, double told,
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
    best_cut(r, n, &low, &high, &wrong);
    uint64_t wrong_told = isnan(told) ? UINT64_MAX : wrong_side(r, n, told);
    log->threshold_logged = wrong_told <= wrong + n / 20;
    log->threshold = log->threshold_logged ? told : discover_shortest(low, high);
    log->gate_mixed = log->threshold_logged ? wrong_told : wrong;
    if (log->gate_mixed * 10 <= n)
        log->gate = greatest(before, log->stages.len);
    if (log->gate < 0)
        log->threshold = NAN;
}

void discover_gate(struct trace_log *log)
{
    size_t n = 0;
    struct routed *r = mem_alloc((log->items.len + 1) * sizeof *r);
    uint64_t *before = mem_zero(log->stages.len + 1, sizeof *before);
    for (size_t i = 0; i < log->items.len; i++)
        if (!isnan(log->items.at[i].confidence))
            r[n++] = (struct routed){log->items.at[i].confidence, log->items.at[i].reviewed};
    count_before_review(log, before);
    find_gate(log, r, n, logged_threshold(log), before);
    if (log->gate >= 0 && only_routes(log, log->gate) && never_fails(log, log->gate))
        log->stages.at[log->gate].kind = STEP_GATE;
    mem_free(before);
    mem_free(r);
}

/* ---- a log read whole ---------------------------------------------------------------------- */

static void order_stages(struct trace_log *log)
{
    struct ranking *r = ranking_new();
    uint32_t *new_of = mem_zero(log->stages.len + 1, sizeof *new_of);
    ranking_add(r, log);
    ranking_apply(r, log, new_of);
    ranking_free(r);
    mem_free(new_of);
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
    order_stages(log);
    log->review = find_review(log);
    name_kinds(log);
    drop_automatic(log);
    hear_annotations(log);
    settle_confidences(log);
    find_scorer(log);
    discover_gate(log);
    discover_people(log);
    settle_ends(log, mostly_rooted(log));
    discover_edges(log);
    discover_truth(log);
}

/* ---- a log read in batches ----------------------------------------------------------------- */

static void note_threshold(struct discovery *d, const struct trace_log *log)
{
    for (size_t i = 0; i < log->spans.len; i++) {
        double x = log->spans.threshold[i];
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
    drop_automatic(log);
    hear_annotations(log);
    settle_confidences(log);
    if (!all_asked(log)) {
        discover_gate(log);
        discover_people(log);
        log->gate = -1;
        log->threshold = NAN;
    }
    settle_ends(log, d->has_roots);
    count_before_review(log, d->before.at);
    note_threshold(d, log);
    discover_edges(log);
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

void discover_finish(struct trace_log *log, struct discovery *d, struct routed *r, size_t n,
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
