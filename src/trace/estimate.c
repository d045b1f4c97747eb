/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A log to a pipeline.
 *
 * The steps stand as the structure of the log has them (structure.h), or where it has none one
 * after another in the order that most items show; each is fitted by itself.  What the steps leave
 * of an item's time (gaps between spans, the orchestrator's own work) is a stage of its own at the
 * front, so that end-to-end latencies add up to those observed. */
#include "trace/estimate.h"

#include "math/fit.h"
#include "model/rules.h"
#include "model/scenario_internal.h"
#include "trace/costs.h"
#include "trace/estimate_parts.h"
#include "trace/observe.h"
#include "trace/quality.h"

#include <math.h>
#include <string.h>

/* ---- the plan --------------------------------------------------------------------------- */

static uint64_t reviewed_items(const struct trace_log *log)
{
    uint64_t n = 0;
    for (size_t i = 0; i < log->items.len; i++)
        n += log->items.at[i].reviewed;
    return n;
}

static void add_part(struct estimate *e, enum part_role role, int32_t stage)
{
    e->part[e->n_parts++] = (struct part){.role = role, .stage = stage, .place = -1};
}

bool estimate_has_gate(const struct trace_log *log)
{
    return log->gate >= 0 && log->gate < log->review;
}

/* A gate that is no step of its own stands right before the review. */
static void plan_stage(struct estimate *e, int32_t s)
{
    const struct trace_log *log = e->log;
    bool gate = estimate_has_gate(log), own = gate && log->stages.at[log->gate].kind == STEP_GATE;
    if (s == log->review) {
        if (!own && reviewed_items(log) < log->items.len) {
            e->gate = (int32_t)e->n_parts;
            e->routed = !gate;
            add_part(e, PART_ROUTER, -1);
        }
        e->review = (int32_t)e->n_parts;
        add_part(e, PART_REVIEW, s);
    } else if (own && s == log->gate) {
        e->gate = (int32_t)e->n_parts;
        add_part(e, PART_GATE, s);
    } else {
        add_part(e, PART_STAGE, s);
    }
}

static bool has_more_between(const struct trace_log *log)
{
    for (size_t i = 0; i < log->items.len; i++)
        if (observe_between_s(log, &log->items.at[i]) > 0 || log->items.at[i].root_failed ||
            costs_between(log, &log->items.at[i]) > 0)
            return true;
    return false;
}

/* A gate needs a step before it that gives the confidence. */
static bool begins_with_review(const struct trace_log *log)
{
    return log->stages.len && (log->review == 0 || (estimate_has_gate(log) && log->gate == 0));
}

static void plan(struct estimate *e)
{
    enum { PARTS_PER_STAGE = 6 }; /* a parallel, an entry, itself, a gate, two waypoints */
    const struct trace_log *log = e->log;
    size_t most = PARTS_PER_STAGE * (log->stages.len + 2);
    e->part = arena_alloc(&e->out->arena, most * sizeof *e->part);
    if (has_more_between(log) || begins_with_review(log))
        add_part(e, PART_ORCHESTRATION, -1);
    if (e->flow)
        estimate_plan_flow(e);
    for (size_t s = 0; !e->flow && s < log->stages.len; s++)
        if (log->stages.at[s].visits > 0)
            plan_stage(e, (int32_t)s);
    int32_t draft = observe_draft_stage(log), last = -1;
    int32_t end = e->gate >= 0 ? e->gate : (int32_t)e->n_parts;
    for (int32_t i = 0; i < end; i++) {
        const struct part *p = &e->part[i];
        bool joined = p->role == PART_WAYPOINT && p->of == OF_JOIN;
        if (p->role != PART_STAGE && p->role != PART_ORCHESTRATION && !joined)
            continue;
        last = i;
        if (draft >= 0 && (p->stage == draft || (joined && p->holds == draft)))
            e->draft = i;
    }
    if (e->draft < 0)
        e->draft = last;
    if (e->plan && !e->flow->why.len)
        estimate_find_rules(e);
}

/* ---- names and edges -------------------------------------------------------------------- */

static bool taken(const struct estimate *e, const char *id)
{
    for (size_t s = 0; s < e->log->stages.len; s++)
        if (strcmp(e->log->stages.at[s].id, id) == 0)
            return true;
    return false;
}

static bool named(const struct estimate *e, uint32_t n, const char *id)
{
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(e->out->step[i].id, id) == 0)
            return true;
    return taken(e, id);
}

static const char *name_of(struct estimate *e, uint32_t i)
{
    struct arena *a = &e->out->arena;
    const struct part *part = &e->part[i];
    if (part->stage >= 0)
        return arena_strdup(a, e->log->stages.at[part->stage].id);
    const char *base = part->role == PART_ORCHESTRATION ? "orchestration" : "gate", *id = base;
    if (part->role == PART_WAYPOINT || part->role == PART_PARALLEL)
        id = base = estimate_name(e, i);
    for (int n = 2; named(e, i, id); n++)
        id = arena_printf(a, "%s-%d", base, n);
    return id;
}

static enum step_kind kind_of(enum part_role role)
{
    if (role == PART_REVIEW || role == PART_PARALLEL)
        return role == PART_REVIEW ? STEP_REVIEW : STEP_PARALLEL;
    return role == PART_GATE || role == PART_ROUTER ? STEP_GATE : STEP_STAGE;
}

static struct edge edge_to(int32_t to)
{
    return (struct edge){.to = to, .at_most = AT_MOST_NONE};
}

static int32_t following(const struct estimate *e, int32_t i)
{
    return i + 1 < (int32_t)e->n_parts ? i + 1 : TO_SHIP;
}

static void init_steps(struct estimate *e)
{
    struct pipeline *p = e->out;
    p->n_classes = 1;
    p->class = arena_alloc(&p->arena, sizeof *p->class);
    p->class[0] = (struct class_def){"", 1};
    p->input_wrong = arena_alloc(&p->arena, sizeof *p->input_wrong);
    p->n_steps = e->n_parts;
    p->step = arena_alloc(&p->arena, (e->n_parts + 1) * sizeof *p->step);
    for (uint32_t i = 0; i < e->n_parts; i++) {
        struct step *s = &p->step[i];
        int32_t stage = e->part[i].stage;
        bool joined = e->part[i].role == PART_WAYPOINT && e->part[i].of == OF_JOIN;
        s->id = name_of(e, i);
        if (stage >= 0 && e->log->stages.at[stage].name)
            s->name = arena_strdup(&p->arena, e->log->stages.at[stage].name);
        s->kind = kind_of(e->part[i].role);
        s->layer = e->part[i].role == PART_REVIEW ? LAYER_HUMAN
                   : stage >= 0                   ? e->log->stages.at[stage].layer
                   : joined                       ? e->log->stages.at[e->part[i].holds].layer
                                                  : LAYER_AGENT;
        s->numbers = arena_alloc(&p->arena, sizeof *s->numbers);
        numbers_default(s->numbers);
        s->retry = (struct retry){.attempts = 1, .on = RETRY_ALL, .factor = 2, .max_s = INFINITY};
        s->gate_of = -1;
        s->next = s->above = s->below = edge_to(following(e, (int32_t)i));
        s->fallback = edge_to(TO_FAIL);
        s->on_reject = edge_to(TO_REJECT);
    }
    if (e->plan)
        estimate_set_flow(e);
}

/* Where most items go that pass the gate without a review: a part after the review, or TO_SHIP. */
static int32_t target_above(const struct estimate *e)
{
    const struct trace_log *log = e->log;
    int32_t stage = e->part[e->gate].stage, best = following(e, e->review);
    uint64_t most = 0;
    for (size_t k = 0; stage >= 0 && k < log->edges.len; k++) {
        const struct log_edge *edge = &log->edges.at[k];
        if (edge->from != stage || edge->to == log->review || edge->count <= most)
            continue;
        int32_t to = TO_SHIP;
        for (int32_t i = e->review + 1; i < (int32_t)e->n_parts; i++)
            if (edge->to >= 0 && e->part[i].stage == edge->to)
                to = i;
        if (to < 0 && edge->to >= 0)
            continue; /* a step before the review: passed by all */
        most = edge->count;
        best = to;
    }
    return best;
}

static void set_gate(struct estimate *e)
{
    if (e->gate < 0)
        return;
    struct step *g = &e->out->step[e->gate];
    if (!e->plan)
        g->above = edge_to(target_above(e));
    g->numbers->threshold.value = e->routed ? 0.5 : e->log->threshold;
    int32_t end = g->above.to >= 0 ? g->above.to : (int32_t)e->n_parts;
    for (int32_t i = e->gate + 1; !e->plan && i < end; i++)
        e->part[i].reviewed_only = true;
    if (e->routed) {
        buf_puts(&e->note[e->gate], "a stand-in: the log does not show by what items are sent to "
                                    "review, so a score of 0 or 1 does it");
        result_warn(e->info, "items are sent to review by something else than the confidence in "
                             "the log; the gate of the scenario is a stand-in with their share");
    } else {
        buf_printf(&e->note[e->gate], e->log->threshold_logged
                                          ? "threshold as logged; "
                                          : "threshold: the shortest number between the highest "
                                            "reviewed and the lowest shipped confidence; ");
        buf_printf(&e->note[e->gate], "%llu of %zu items were reviewed",
                   (unsigned long long)reviewed_items(e->log), e->log->items.len);
    }
}

/* ---- numbers ---------------------------------------------------------------------------- */

void estimate_rate(struct estimate *e, uint32_t part, const char *key, uint64_t k, uint64_t n,
                   bool outcome, struct number *at)
{
    struct rate r = {.at = at, .k = k, .n = n, .step = part, .outcome = outcome};
    r.path = arena_printf(&e->out->arena, "flow.%s.%s", e->out->step[part].id, key);
    at->value = (double)k / (double)n;
    vec_push(&e->rates, r);
}

const struct rate *estimate_crowded(const struct estimate *e, uint32_t part,
                                    const struct numbers *n, uint64_t *k)
{
    const struct number *wrong = &e->out->step[part].numbers->wrong;
    double room = fmax(1 - n->error.value - n->malformed.value, 0);
    for (size_t i = 0; i < e->rates.len; i++) {
        const struct rate *r = &e->rates.at[i];
        if (r->at != wrong || (double)r->k <= room * (double)r->n)
            continue;
        *k = (uint64_t)floor(room * (double)r->k);
        return r;
    }
    return NULL;
}

/* Drafts are the attempts that came to something: where most do not, the share of wrong ones among
 * them and the errors add up to more than all attempts. */
static void make_room(struct estimate *e)
{
    for (uint32_t i = 0; i < e->n_parts; i++) {
        uint64_t k;
        const struct rate *r = estimate_crowded(e, i, e->out->step[i].numbers, &k);
        if (!r)
            continue;
        e->rates.at[r - e->rates.at].k = k;
        r->at->value = (double)k / (double)r->n;
    }
}

void estimate_way(struct estimate *e, uint32_t part, uint32_t way, uint64_t k, uint64_t n,
                  struct number *at)
{
    struct rate r = {.at = at, .k = k, .n = n, .step = part, .way = true};
    r.path =
        arena_printf(&e->out->arena, "flow.%s.next.%u.probability", e->out->step[part].id, way);
    at->value = (double)k / (double)n;
    vec_push(&e->rates, r);
}

/* Outcomes of one step with the same n share a posterior, side by side in the table; so do its
 * ways. */
static void place_evidence(struct estimate *e)
{
    struct pipeline *p = e->out;
    uint32_t groups = 0;
    p->evidence = arena_alloc(&p->arena, (e->rates.len + 1) * sizeof *p->evidence);
    for (size_t i = 0; i < e->rates.len; i++) {
        const struct rate *a = &e->rates.at[i];
        for (size_t k = i; k < e->rates.len; k++) {
            struct rate *b = &e->rates.at[k];
            bool together = k == i || (((a->outcome && b->outcome) || (a->way && b->way)) &&
                                       a->step == b->step && a->n == b->n);
            if (b->at->evidence || !together)
                continue;
            p->evidence[p->n_evidence++] = (struct evidence){b->path, b->k, b->n, groups};
            b->at->evidence = p->n_evidence;
        }
        groups++;
    }
}

double estimate_rounded(double x, int digits)
{
    if (!(fabs(x) > 0) || !isfinite(x))
        return x;
    int shift = digits - 1 - (int)floor(log10(fabs(x)));
    return shift >= 0 ? round(x * pow(10, shift)) / pow(10, shift)
                      : round(x / pow(10, -shift)) * pow(10, -shift);
}

/* Digits beyond what the data can tell are noise to the reader of a scenario. */
void estimate_tidy(struct estimate *e, struct dist *d)
{
    d->a = estimate_rounded(d->a, 6);
    d->b = estimate_rounded(d->b, 6);
    if (d->family != DIST_EMPIRICAL || d->n == 0)
        return;
    size_t m = d->n < ESTIMATE_QUANTILES ? d->n : ESTIMATE_QUANTILES;
    double *value = arena_alloc(&e->out->arena, m * sizeof *value);
    for (size_t k = 0; k < m; k++)
        value[k] = estimate_rounded(d->values[(2 * k + 1) * d->n / (2 * m)], 6);
    d->values = value;
    d->n = m;
}

struct dist estimate_latency(struct estimate *e, uint32_t part, const double *x,
                             const bool *censored, size_t n)
{
    struct fit fit;
    fit_choose(x, censored, n, e->seed, &e->out->arena, &fit);
    estimate_tidy(e, &fit.dist);
    if (n && fit.dist.family == DIST_EMPIRICAL)
        buf_printf(&e->note[part], "; latency of %zu as seen: no family fits", n);
    else if (n && fit.dist.family != DIST_CONSTANT)
        buf_printf(&e->note[part], "; latency %s of %zu (fit p = %.2g)",
                   dist_family_name(fit.dist.family), n, fit.p);
    return fit.dist;
}

static void estimate_orchestration(struct estimate *e, uint32_t part)
{
    const struct trace_log *log = e->log;
    struct numbers *numbers = e->out->step[part].numbers;
    double *x = mem_alloc(log->items.len * sizeof *x);
    uint64_t failed = 0;
    size_t n = 0;
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        double s = observe_between_s(log, it);
        bool step_failed = it->n_visits &&
                           log->visits.at[it->first_visit + it->n_visits - 1].outcome != OUTCOME_OK;
        failed += !e->plan && log_end_fails(it->end) && !step_failed;
        if (!isnan(s) && it->end != LOG_UNFINISHED)
            x[n++] = s;
    }
    buf_printf(&e->note[part], "%stime of an item between and around its steps",
               e->note[part].len ? "; " : "");
    numbers->latency = estimate_latency(e, part, x, NULL, n);
    estimate_cost_between(e, part);
    if (failed)
        estimate_rate(e, part, "error", failed, log->items.len, true, &numbers->error);
    mem_free(x);
}

static void estimate_part(struct estimate *e, uint32_t i)
{
    switch (e->part[i].role) {
    case PART_ORCHESTRATION:
        estimate_orchestration(e, i);
        break;
    case PART_STAGE:
        estimate_stage(e, i);
        break;
    case PART_GATE:
    case PART_REVIEW:
        estimate_visits(e, i);
        break;
    case PART_ROUTER:
    case PART_WAYPOINT:
    case PART_PARALLEL:
        break;
    }
}

/* ---- all together ----------------------------------------------------------------------- */

/* Items whose steps overlap in time: their visits add up to more than the item took. */
static void warn_of_overlap(struct estimate *e)
{
    const struct trace_log *log = e->log;
    uint64_t overlap = 0;
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        double total = observe_span_s(it->start_ns, it->end_ns), sum = 0;
        for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++) {
            double s = observe_span_s(log->visits.at[v].start_ns, log->visits.at[v].end_ns);
            sum += isnan(s) ? 0 : s;
        }
        overlap += sum > total * 1.001;
    }
    if (overlap * 20 > log->items.len)
        result_warn(e->info,
                    "the steps of %llu of %zu items overlap in time; the scenario runs "
                    "them one after another, so its latency is too long",
                    (unsigned long long)overlap, log->items.len);
}

static void name_pipeline(struct estimate *e)
{
    struct pipeline *p = e->out;
    const char *file = e->log->files.len ? e->log->files.at[0] : "log";
    const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;
    size_t len = strcspn(base, ".");
    p->name = arena_printf(&p->arena, "Fitted from %.*s", (int)(len ? len : strlen(base)), base);
    p->about = e->log->files.len > 1
                   ? arena_printf(&p->arena, "%zu items of %s and %zu more", e->log->items.len,
                                  base, e->log->files.len - 1)
                   : arena_printf(&p->arena, "%zu items of %s", e->log->items.len, base);
    p->file = "";
}

static int check(struct estimate *e, struct error *err)
{
    struct faults faults;
    int status = 0;
    faults_init(&faults);
    pipeline_check(e->out, &faults);
    if (faults.list.len)
        status = error_set(err, ERR_INTERNAL, "the fitted pipeline is not sound: %s",
                           faults.list.at[0].text);
    faults_release(&faults);
    return status;
}

/* The note in lines of at most NOTE_WIDTH columns, broken at spaces. */
static const char *wrapped(struct arena *a, const char *note)
{
    enum { NOTE_WIDTH = 92 };
    char *text = arena_strdup(a, note), *line = text, *space = NULL;

    for (char *c = text; *c; c++) {
        if (*c == ' ')
            space = c;
        if (c - line >= NOTE_WIDTH && space) {
            *space = '\n';
            line = space + 1;
            space = NULL;
        }
    }
    return text;
}

static const char **take_notes(struct estimate *e)
{
    struct arena *a = &e->out->arena;
    const char **notes = arena_alloc(a, (e->n_parts + 1) * sizeof *notes);
    for (uint32_t i = 0; i < e->n_parts; i++) {
        notes[i] = e->note[i].len ? wrapped(a, buf_text(&e->note[i])) : NULL;
        buf_release(&e->note[i]);
    }
    mem_free(e->note);
    e->note = NULL;
    return notes;
}

/* What is behind the flow, said once. */
static void tell_flow(struct estimate *e)
{
    const struct structure *s = e->flow;
    bool parted = false;
    for (uint32_t i = 0; i < e->n_parts; i++)
        for (uint32_t k = 0; k < e->out->step[i].n_ways; k++)
            parted = parted || e->out->step[i].way[k].probability;
    if (parted)
        result_assume(e->info, "where an item goes next is drawn by the shares of the log (k of n "
                               "beside each way), whatever it met before");
    for (size_t k = 0; k < s->place.len; k++)
        if (s->place.at[k].needed < s->place.at[k].branches)
            result_assume(e->info,
                          "items go on before all branches of `%s` are over: the scenario cuts the "
                          "others off; where no root span tells when an item was over, its time "
                          "in the log counts until they end",
                          e->out->step[estimate_part_of(e, (int32_t)k)].id);
    if (s->dropped)
        result_assume(e->info,
                      "an item is over with its last rejection: %llu visits after that are in no "
                      "way of the flow",
                      (unsigned long long)s->dropped);
}

static void release(struct estimate *e)
{
    for (uint32_t i = 0; e->note && i < e->n_parts; i++)
        buf_release(&e->note[i]);
    mem_free(e->note);
    vec_release(&e->rates);
    estimate_release_flow(e);
}

/* With the structure of the log, or without (flow NULL). */
static int fit_flow(struct estimate *e, const char ***notes, struct error *err)
{
    const struct trace_log *log = e->log;
    int status = -1;
    plan(e);
    if (e->flow && e->flow->why.len)
        return -1;
    if (e->n_parts == 0 || log->items.len == 0)
        return error_set(err, ERR_INPUT, "%s: the log shows no step to fit",
                         log->files.len ? log->files.at[0] : "log");
    e->note = mem_zero(e->n_parts, sizeof *e->note);
    init_steps(e);
    set_gate(e);
    estimate_audit(e);
    for (uint32_t i = 0; i < e->n_parts; i++) {
        estimate_part(e, i);
        progress_tell(e->progress, "steps", i + 1, e->n_parts);
    }
    estimate_draft(e);
    estimate_review(e);
    estimate_arrivals(e);
    estimate_weather(e);
    make_room(e);
    place_evidence(e);
    name_pipeline(e);
    estimate_deadline(e);
    if (e->flow)
        tell_flow(e);
    else
        warn_of_overlap(e);
    estimate_steadiness(e);
    quality_report(log, e->info);
    folded_report(&log->folded, e->info);
    status = check(e, err);
    if (!status)
        *notes = take_notes(e);
    return status;
}

int log_fit(const struct trace_log *log, const struct fit_options *options, struct pipeline *out,
            const char ***notes, struct result *info, struct error *err)
{
    struct structure flow;
    struct trace_log open = *log;
    struct error why = {0};
    bool without = options && options->without_deadline;
    double deadline_s = without ? NAN : estimate_deadline_of(log);
    struct log_item *items = isnan(deadline_s) ? NULL : estimate_open_items(log);
    size_t warnings = info->warnings.len, assumptions = info->assumptions.len;
    int status = -1;
    if (items)
        open.items.at = items;
    structure_find(&open, &flow);
    for (int simple = flow.why.len > 0; status && simple < 2; simple++) {
        struct estimate e = {.log = &open,
                             .out = out,
                             .info = info,
                             .flow = simple ? NULL : &flow,
                             .deadline_s = deadline_s,
                             .gate = -1,
                             .review = -1,
                             .draft = -1};
        e.seed = options && options->seed ? options->seed : 1;
        e.progress = options ? options->progress : NULL;
        info->warnings.len = warnings;
        info->assumptions.len = assumptions;
        if (simple && log->items.len)
            result_warn(info,
                        "the log shows no flow of steps, branches and loops (%s): the scenario has "
                        "the steps one after another, and takes the visits of a step together",
                        flow.why.len ? buf_text(&flow.why) : why.text);
        status = fit_flow(&e, notes, simple ? err : &why);
        release(&e);
        if (status && !simple) {
            pipeline_release(out);
            pipeline_init(out);
        }
    }
    structure_release(&flow);
    mem_free(items);
    return status;
}
