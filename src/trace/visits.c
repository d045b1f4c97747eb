/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operations to visits and attempts.
 *
 * Within an item the operations of one step, in order of start, belong to one visit as long as the
 * one before failed or was interrupted and no other step came between.
 *
 * A piece of items is made by one thread into arrays of its own and put behind the pieces before
 * it, so that visits stand in the order of the items whoever made them; counts are whole numbers,
 * added up at the end. */
#include "trace/visits.h"

#include "base/spread.h"
#include "model/rules.h"
#include "trace/costs.h"

#include <math.h>
#include <string.h>

enum { ITEMS_EACH = 512, LOOK_BACK = 64, PASSES_BACK = 1024 };

/* What tells which spans are of a visit, and which of them its outcome is of. */
struct told {
    uint64_t pass;       /* as its spans say; 0: they do not */
    int64_t answered_ns; /* end of the attempt that its outcome is of */
};

/* What a thread makes of a piece, and what it counted of all its pieces. */
struct maker {
    VEC(struct log_visit) visits;
    VEC(struct told) told; /* of the visits */
    VEC(uint32_t) attempts;
    VEC(uint32_t) ops, visit_of; /* operations of one item, and their visits */
    uint32_t *last_visit;        /* by stage: its last visit and `before`; SPAN_NONE */
    uint32_t before;             /* visits of the pieces before */
    struct log_stage *stages;    /* counts alone */
    uint64_t roots, errors, interrupts, costed;
    bool knew; /* the truth of an item */
};

struct making {
    struct trace_log *log;
    const struct tree *tree;
    const struct operations *ops;
    const uint32_t *stage_of;
    const struct item_traces *traces;
    struct maker *makers;
    struct turns turns;
};

static uint32_t stage_of_span(const struct making *all, uint32_t i)
{
    return all->stage_of[span_step(&all->log->spans, i)];
}

/* ---- an item ---------------------------------------------------------------------------- */

/* What the run itself says of an item, which knew the truth. */
static void hear_quality(const struct trace_log *log, struct maker *m, struct log_item *item,
                         uint32_t i)
{
    int8_t truth = span_item_end(&log->spans, i) & SPAN_TOLD_GOOD ? LOG_GOOD : LOG_BAD;
    m->knew = true;
    if (log->spans.parent[i])
        item->said = truth;
    else
        item->said_shipped = truth;
}

/* When the roots of a trace that have spans below them are over; INT64_MAX: it has none. */
static int64_t roots_over(const struct making *all, uint32_t trace)
{
    const struct tree *t = all->tree;
    int64_t over = INT64_MIN;
    for (uint32_t k = t->first[trace]; k < t->first[trace + 1]; k++) {
        uint32_t i = t->order[k];
        if (t->up[i] == SPAN_NONE && !t->orphan[i] && t->child[i] != SPAN_NONE &&
            all->log->spans.end_ns[i] > over)
            over = all->log->spans.end_ns[i];
    }
    return over > 0 ? over : INT64_MAX;
}

/* Did a sibling that ran beside this span, or began after it, end before `over_ns`? */
static bool outrun(const struct making *all, uint32_t i, int64_t over_ns)
{
    enum { LOOK = 256 };
    const struct span_set *s = &all->log->spans;
    const struct tree *t = all->tree;
    uint32_t c = t->child[t->up[i]];
    for (int n = 0; c != SPAN_NONE && n < LOOK; c = t->sibling[c], n++)
        if (c != i && s->end_ns[c] > s->start_ns[i] && s->end_ns[c] <= over_ns)
            return true;
    return false;
}

/* Does a span, or one above it, go on when its item is over, because another branch had answered?
 * The last of its steps may outlast a root too (a stream that is still read): that counts. */
static bool outlasts(const struct making *all, uint32_t i, int64_t over_ns)
{
    enum { LEVELS = 64 };
    const struct span_set *s = &all->log->spans;
    const struct tree *t = all->tree;
    for (int n = 0; t->up[i] != SPAN_NONE && n < LEVELS; i = t->up[i], n++)
        if (s->start_ns[i] < over_ns && s->end_ns[i] > over_ns && outrun(all, i, over_ns))
            return true;
    return false;
}

static void settle_trace(const struct making *all, struct maker *m, uint32_t trace, uint32_t at,
                         int64_t *root_start)
{
    struct trace_log *log = all->log;
    const struct span_set *s = &log->spans;
    const struct tree *t = all->tree;
    struct log_item *item = &log->items.at[at];
    int64_t over_ns = roots_over(all, trace);
    item->enclosed = item->enclosed || over_ns != INT64_MAX;
    for (uint32_t k = t->first[trace]; k < t->first[trace + 1]; k++) {
        uint32_t i = t->order[k];
        log->span_item[i] = at;
        if (t->up[i] == SPAN_NONE && !t->orphan[i]) {
            m->roots++;
            item->rooted = true;
            if (span_item_end(s, i) & SPAN_TOLD_END)
                item->told_end = span_item_end(s, i) & SPAN_TOLD_END;
            if (s->start_ns[i] >= *root_start) {
                *root_start = s->start_ns[i];
                item->root_failed = s->outcome[i] != OUTCOME_OK;
            }
        }
        if (t->up[i] == SPAN_NONE && log->cost && !isnan(log->cost[i])) {
            m->costed += isnan(item->cost);
            item->cost = isnan(item->cost) ? log->cost[i] : item->cost + log->cost[i];
        }
        if (span_item_end(s, i) & (SPAN_TOLD_BAD | SPAN_TOLD_GOOD))
            hear_quality(log, m, item, i);
        m->errors += s->outcome[i] != OUTCOME_OK;
        m->interrupts += (s->flags[i] & SPAN_INTERRUPT) != 0;
        if (s->start_ns[i] && (!item->start_ns || s->start_ns[i] < item->start_ns))
            item->start_ns = s->start_ns[i];
        if (s->end_ns[i] > item->end_ns && (s->end_ns[i] <= over_ns || !outlasts(all, i, over_ns)))
            item->end_ns = s->end_ns[i];
    }
}

static void begin_item(const struct making *all, struct maker *m, uint32_t at)
{
    struct log_item *item = &all->log->items.at[at];
    int64_t root_start = 0;
    *item = (struct log_item){.id = all->traces->id[at], .confidence = NAN, .cost = NAN};
    item->label = item->shipped_label = item->said = item->said_shipped = LOG_UNKNOWN;
    item->draft = item->shipped = LOG_UNKNOWN;
    m->ops.len = 0;
    for (uint32_t trace = all->traces->head[at]; trace != SPAN_NONE;
         trace = all->traces->next[trace]) {
        settle_trace(all, m, trace, at, &root_start);
        for (uint32_t k = all->ops->first[trace]; k < all->ops->first[trace + 1]; k++)
            vec_push(&m->ops, all->ops->span[k]);
    }
}

/* ---- visits ----------------------------------------------------------------------------- */

static bool goes_on(const struct log_visit *v)
{
    return v->outcome != OUTCOME_OK || v->pending;
}

/* Does an operation of another step lie between the end of a visit that failed and the item's k-th
 * operation, and nothing else?  Then the item came back, and the step was not tried again. */
static bool came_back(const struct making *all, const struct maker *m, const struct log_visit *v,
                      size_t k)
{
    const struct span_set *s = &all->log->spans;
    int64_t start = s->start_ns[m->ops.at[k]];
    for (size_t j = k; !v->pending && j-- > 0 && k - j <= LOOK_BACK;) {
        uint32_t i = m->ops.at[j];
        if (s->start_ns[i] < v->end_ns)
            return false;
        if (stage_of_span(all, i) != v->stage && s->end_ns[i] && s->end_ns[i] <= start)
            return true;
    }
    return false;
}

/* A visit ends as its last attempt does; where calls race that is the one that answered last, and a
 * good answer ends the race. */
static void settle_outcome(const struct span_set *s, struct log_visit *v, struct told *told,
                           uint32_t i)
{
    bool cancelled = (s->flags[i] & SPAN_CANCELLED) != 0, first = v->n_attempts == 1;
    bool later = s->end_ns[i] > told->answered_ns ||
                 (s->end_ns[i] == told->answered_ns && s->outcome[i] == OUTCOME_OK);
    if (first)
        v->cut = cancelled;
    if (cancelled || !(first || v->cut || !told->pass || later))
        return;
    v->cut = false;
    v->outcome = s->outcome[i];
    told->answered_ns = s->end_ns[i];
}

static void add_attempt(const struct span_set *s, struct maker *m, uint32_t at, uint32_t i)
{
    struct log_visit *v = &m->visits.at[at];
    struct log_stage *stage = &m->stages[v->stage];
    v->n_attempts++;
    v->no_attempt = (s->flags[i] & SPAN_NO_ATTEMPT) != 0;
    settle_outcome(s, v, &m->told.at[at], i);
    v->pending = (s->flags[i] & SPAN_INTERRUPT) != 0;
    if (s->start_ns[i] && (!v->start_ns || s->start_ns[i] < v->start_ns))
        v->start_ns = s->start_ns[i];
    if (s->end_ns[i] > v->end_ns)
        v->end_ns = s->end_ns[i];
    if (s->decision[i] != SPAN_NONE)
        v->decision = s->decision[i];
    if (!isnan(s->confidence[i]))
        v->confidence = s->confidence[i];
    stage->attempts += !v->no_attempt;
    stage->kinds[s->kind[i]]++;
    stage->interrupts += v->pending;
    stage->decisions += s->decision[i] != SPAN_NONE && !(s->flags[i] & SPAN_ANNOTATED);
    stage->confidences += !isnan(s->confidence[i]);
}

/* Was this span, which failed, tried again beside it?  Looks a few siblings ahead. */
static bool tried_again(const struct tree *t, uint32_t i)
{
    enum { AHEAD = 32 };
    const struct span_set *s = t->spans;
    uint32_t next = t->sibling[i];
    for (int k = 0; next != SPAN_NONE && k < AHEAD; next = t->sibling[next], k++)
        if (s->name[next] == s->name[i])
            return s->start_ns[next] >= s->end_ns[i];
    return false;
}

/* The kinds of work that an operation hides below itself (to eight levels).  Returns the tries
 * that it hides there: those that failed and were followed by another, or as many as were told. */
static uint32_t count_inner(const struct tree *t, uint32_t op, struct log_stage *stage)
{
    uint32_t seen = 0, told = 0;
    bool met[SPAN_KIND_COUNT] = {false};
    unsigned depth = 0;
    uint32_t at = t->child[op];
    while (at != SPAN_NONE) {
        met[t->spans->kind[at]] = true;
        seen += t->spans->outcome[at] != OUTCOME_OK && tried_again(t, at);
        if (t->spans->tries[at] > told + 1)
            told = t->spans->tries[at] - 1u;
        if (t->child[at] != SPAN_NONE && depth < 8) {
            at = t->child[at];
            depth++;
            continue;
        }
        while (at != SPAN_NONE && t->sibling[at] == SPAN_NONE && depth > 0) {
            at = t->up[at];
            depth--;
        }
        at = t->sibling[at];
    }
    for (size_t k = 0; k < SPAN_KIND_COUNT; k++)
        stage->inner[k] += met[k];
    return seen > told ? seen : told;
}

/* Tries told by the attempts of a visit beyond those that are its spans, and those within them. */
static void count_hidden(const struct making *all, struct maker *m, uint32_t op,
                         struct log_visit *v)
{
    struct log_stage *stage = &m->stages[v->stage];
    uint32_t inner = count_inner(all->tree, op, stage), tries = all->log->spans.tries[op];
    uint32_t known = v->n_attempts + v->hidden;
    uint32_t more = inner + (tries > known ? tries - known : 0);
    v->hidden += more;
    stage->hidden += more;
}

/* The visit that a span belongs to by what it says of itself; SPAN_NONE: a new one. */
static uint32_t visit_told(const struct maker *m, const struct log_item *item, uint32_t stage,
                           uint64_t pass)
{
    uint32_t v = (uint32_t)m->visits.len, n = 0;
    while (v-- > item->first_visit && n++ < PASSES_BACK)
        if (m->visits.at[v].stage == stage && m->told.at[v].pass == pass)
            return v;
    return SPAN_NONE;
}

/* The visit that the item's k-th operation belongs to; SPAN_NONE: a new one. */
static uint32_t visit_going_on(const struct making *all, const struct maker *m,
                               const struct log_item *item, uint32_t stage, size_t k)
{
    uint64_t pass = span_pass(&all->log->spans, m->ops.at[k]);
    uint32_t last = m->last_visit[stage];
    if (pass)
        return visit_told(m, item, stage, pass);
    if (last == SPAN_NONE || last < m->before + item->first_visit)
        return SPAN_NONE;
    last -= m->before;
    bool same = goes_on(&m->visits.at[last]) && !came_back(all, m, &m->visits.at[last], k);
    return same ? last : SPAN_NONE;
}

static uint32_t new_visit(struct maker *m, uint32_t stage, uint32_t item, uint64_t pass)
{
    uint32_t at = (uint32_t)m->visits.len;
    struct log_visit fresh = {
        .stage = (uint16_t)stage, .item = item, .decision = SPAN_NONE, .confidence = NAN};
    vec_push(&m->visits, fresh);
    vec_push(&m->told, ((struct told){.pass = pass}));
    m->last_visit[stage] = m->before + at;
    m->stages[stage].visits++;
    return at;
}

static void visit_item(const struct making *all, struct maker *m, uint32_t at)
{
    const struct span_set *s = &all->log->spans;
    struct log_item *item = &all->log->items.at[at];
    item->first_visit = (uint32_t)m->visits.len;
    operations_sort(s, m->ops.at, m->ops.len);
    m->visit_of.len = 0;
    for (size_t k = 0; k < m->ops.len; k++) {
        uint32_t i = m->ops.at[k], stage = stage_of_span(all, i);
        uint32_t last = visit_going_on(all, m, item, stage, k);
        if (last == SPAN_NONE)
            last = new_visit(m, stage, at, span_pass(s, i));
        add_attempt(s, m, last, i);
        count_hidden(all, m, i, &m->visits.at[last]);
        vec_push(&m->visit_of, last);
    }
    item->n_visits = (uint32_t)m->visits.len - item->first_visit;
    if (m->ops.len) { /* what goes on at the end of the item waits for its end */
        uint32_t i = m->ops.at[m->ops.len - 1];
        struct log_visit *v = &m->visits.at[m->visit_of.at[m->visit_of.len - 1]];
        v->pending = v->pending || (s->flags[i] & SPAN_OPEN) != 0;
    }
}

/* Attempts side by side, visit after visit. */
static void lay_out_attempts(struct maker *m, const struct log_item *item)
{
    uint32_t at = (uint32_t)m->attempts.len;
    for (uint32_t v = item->first_visit; v < item->first_visit + item->n_visits; v++) {
        m->visits.at[v].first_attempt = at;
        at += m->visits.at[v].n_attempts;
        m->visits.at[v].n_attempts = 0;
    }
    for (size_t k = 0; k < m->ops.len; k++)
        vec_push(&m->attempts, SPAN_NONE);
    for (size_t k = 0; k < m->ops.len; k++) {
        struct log_visit *v = &m->visits.at[m->visit_of.at[k]];
        m->attempts.at[v->first_attempt + v->n_attempts++] = m->ops.at[k];
    }
}

/* ---- all items -------------------------------------------------------------------------- */

/* Behind the pieces before; there is room. */
static void hand_in(struct making *all, struct maker *m, const struct spread_part *part)
{
    struct trace_log *log = all->log;
    turns_wait(&all->turns, part->piece);
    uint32_t visits = (uint32_t)log->visits.len, attempts = (uint32_t)log->attempts.len;
    log->visits.len += m->visits.len;
    log->attempts.len += m->attempts.len;
    turns_pass(&all->turns);
    for (size_t v = 0; v < m->visits.len; v++) {
        m->visits.at[v].first_attempt += attempts;
        log->visits.at[visits + v] = m->visits.at[v];
    }
    if (m->attempts.len)
        memcpy(log->attempts.at + attempts, m->attempts.at,
               m->attempts.len * sizeof *m->attempts.at);
    for (size_t at = part->begin; at < part->end; at++)
        log->items.at[at].first_visit += visits;
}

static void make_piece(void *arg, const struct spread_part *part)
{
    struct making *all = arg;
    struct maker *m = &all->makers[part->worker];
    m->visits.len = m->told.len = m->attempts.len = 0;
    for (uint32_t at = (uint32_t)part->begin; at < part->end; at++) {
        begin_item(all, m, at);
        visit_item(all, m, at);
        lay_out_attempts(m, &all->log->items.at[at]);
    }
    m->before += (uint32_t)m->visits.len;
    hand_in(all, m, part);
}

void visits_count(struct log_stage *to, const struct log_stage *from)
{
    to->visits += from->visits;
    to->attempts += from->attempts;
    for (size_t k = 0; k < SPAN_KIND_COUNT; k++) {
        to->kinds[k] += from->kinds[k];
        to->inner[k] += from->inner[k];
    }
    to->interrupts += from->interrupts;
    to->decisions += from->decisions;
    to->confidences += from->confidences;
    to->hidden += from->hidden;
    to->scored += from->scored;
}

static struct maker *new_makers(const struct trace_log *log, uint32_t n)
{
    struct maker *m = mem_zero(n, sizeof *m);
    size_t stages = log->stages.len + 1;
    for (uint32_t i = 0; i < n; i++) {
        m[i].last_visit =
            memset(mem_alloc(stages * sizeof(uint32_t)), 0xff, stages * sizeof(uint32_t));
        m[i].stages = mem_zero(stages, sizeof *m[i].stages);
    }
    return m;
}

static void gather(struct trace_log *log, struct maker *m, uint32_t n)
{
    log->costed = 0;
    for (uint32_t i = 0; i < n; i++) {
        for (size_t s = 0; s < log->stages.len; s++)
            visits_count(&log->stages.at[s], &m[i].stages[s]);
        log->quality.roots += m[i].roots;
        log->quality.errors += m[i].errors;
        log->quality.interrupts += m[i].interrupts;
        log->costed += m[i].costed;
        log->labelled = log->labelled || m[i].knew;
        vec_release(&m[i].visits);
        vec_release(&m[i].told);
        vec_release(&m[i].attempts);
        vec_release(&m[i].ops);
        vec_release(&m[i].visit_of);
        mem_free(m[i].last_visit);
        mem_free(m[i].stages);
    }
    mem_free(m);
}

void visits_make(struct trace_log *log, const struct tree *tree, const struct operations *ops,
                 const uint32_t *stage_of, const struct item_traces *traces)
{
    struct making all = {
        .log = log, .tree = tree, .ops = ops, .stage_of = stage_of, .traces = traces};
    struct spread spread = {
        .n = traces->items, .each = ITEMS_EACH, .piece = make_piece, .arg = &all};
    uint32_t threads = spread_threads(&spread, log->threads);
    vec_reserve(&log->items, traces->items);
    vec_reserve(&log->visits, ops->n);
    vec_reserve(&log->attempts, ops->n);
    log->items.len = traces->items;
    log->visits.len = log->attempts.len = 0;
    all.makers = new_makers(log, threads);
    turns_init(&all.turns);
    spread_run(&spread, threads);
    turns_release(&all.turns);
    gather(log, all.makers, threads);
}
