/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way of each item through the places of a structure.
 *
 * Visits of a parallel's steps that follow one another in an item are one pass through it, until a
 * step that is begun again shows that the whole was.  All items are walked twice: to see for how
 * many branches the steps after a parallel wait, and to note the moves. */
#include "model/rules.h"
#include "trace/discover.h"
#include "trace/structure_parts.h"

#include <math.h>

enum { COPIES_MAX = 64 };
static const double rare = 0.05, pooled_most = 0.2;

struct walk {
    const struct trace_log *log;
    struct structure *s;
    struct joins *joins;     /* [places] */
    struct branch_end *ends; /* of one pass */
    int64_t least_ns;        /* that the clock of the log tells apart */
    bool counting;           /* the first walk */
    const struct log_item *it;
    uint32_t item, scopes;
    int32_t from;      /* of the next move */
    double confidence; /* the last one that the item was given */
    const struct log_visit *by;
    int32_t scorer;  /* by this stage; -1 */
    double own;      /* in a branch: the last one that its pass was given, by own_scorer */
    double at_entry; /* the one that the item came with, by entry_scorer */
    int32_t own_scorer, entry_scorer;
    enum structure_exit exit;
    int64_t busy_ns;             /* until when the place before is */
    int32_t open;                /* the parallel that the item is in; -1 */
    VEC(uint32_t) inside, after; /* visits of that pass, and of the one before it */
    int32_t closed;              /* the parallel of the pass before */
    int64_t closed_ns;           /* when the item went on from it */
    bool overlap, last;
    uint64_t overlapping; /* items */
};

static const struct structure_place *place(const struct walk *w, int32_t p)
{
    return &w->s->place.at[p];
}

static int32_t place_of(const struct walk *w, uint32_t visit)
{
    return w->s->place_of[w->log->visits.at[visit].stage];
}

static int64_t end_of(const struct walk *w, uint32_t visit)
{
    return discover_sure_end(&w->log->visits.at[visit]);
}

static void move(struct walk *w, int32_t from, int32_t to, uint32_t scope, enum structure_exit exit)
{
    if (!w->counting)
        vec_push(&w->s->move,
                 ((struct structure_move){from, to, scope, w->item, exit,
                                          scope == w->item ? w->confidence : w->own,
                                          scope == w->item ? w->scorer : w->own_scorer}));
}

static enum structure_exit exit_of(const struct walk *w, const struct log_visit *v)
{
    const struct trace_log *log = w->log;
    if (log->stages.at[v->stage].people &&
        discover_verdict(span_string(&log->spans, v->decision)) == LOG_REJECTED_BY_REVIEW)
        return EXIT_OF_REJECTION;
    return v->outcome == OUTCOME_OK ? EXIT_OF_PASS : EXIT_OF_FAILURE;
}

/* ---- passes through a parallel ------------------------------------------------------------ */

static bool in_branch(const struct walk *w, uint32_t visit, uint32_t branch)
{
    return place(w, place_of(w, visit))->branch == branch;
}

/* How the branches of this pass were over, into w->ends. */
static void find_ends(struct walk *w, const struct structure_place *p)
{
    for (uint32_t b = 0; b < p->branches; b++)
        w->ends[b] = (struct branch_end){INT64_MAX, INT64_MIN, INT64_MIN, false, false, false};
    for (size_t k = 0; k < w->inside.len; k++) {
        uint32_t visit = w->inside.at[k];
        const struct log_visit *v = &w->log->visits.at[visit];
        struct branch_end *b = &w->ends[place(w, place_of(w, visit))->branch];
        int64_t sure = end_of(w, visit);
        b->there = true;
        b->start_ns = v->start_ns < b->start_ns ? v->start_ns : b->start_ns;
        b->end_ns = v->end_ns > b->end_ns ? v->end_ns : b->end_ns;
        b->sure_end_ns = sure > b->sure_end_ns ? sure : b->sure_end_ns;
        b->ok = v->outcome == OUTCOME_OK && !v->cut;
        b->cut = v->cut;
    }
}

/* until_ns: when the item went on; INT64_MAX: nothing follows. */
static void count_pass(struct walk *w, int64_t until_ns)
{
    const struct structure_place *p = place(w, w->open);
    struct joins *j = &w->joins[w->open];
    bool pooled = false;
    for (size_t k = 1; p->branches == 1 && k < w->inside.len; k++)
        for (size_t before = 0; before < k; before++)
            pooled = pooled ||
                     end_of(w, w->inside.at[before]) <= w->log->visits.at[w->inside.at[k]].start_ns;
    j->pooled += pooled;
    find_ends(w, p);
    joins_count(j, w->ends, p->branches, w->least_ns, until_ns,
                until_ns != INT64_MAX || w->it->end == LOG_SHIPPED);
}

/* One branch of a pass, or one copy: its visits are inside[k] of that branch.  Does it end in time,
 * and well? */
static bool move_branch(struct walk *w, uint32_t branch, size_t from, size_t to)
{
    const struct structure_place *p = place(w, w->open);
    uint32_t scope = w->scopes++;
    int32_t at = -1 - (int32_t)(p->entry + branch);
    enum structure_exit exit = EXIT_OF_PASS;
    bool late = false;
    w->own = w->at_entry;
    w->own_scorer = w->entry_scorer;
    for (size_t k = from; k < to; k++) {
        uint32_t visit = w->inside.at[k];
        if (!in_branch(w, visit, branch))
            continue;
        move(w, at, place_of(w, visit), scope, exit);
        at = place_of(w, visit);
        exit = exit_of(w, &w->log->visits.at[visit]);
        late = w->s->late[visit] != IN_TIME || w->log->visits.at[visit].cut;
        if (!isnan(w->log->visits.at[visit].confidence)) {
            w->own = w->log->visits.at[visit].confidence;
            w->own_scorer = (int32_t)w->log->visits.at[visit].stage;
        }
    }
    if (late || (w->last && w->it->end == LOG_UNFINISHED))
        return false;
    bool some = p->needed < p->branches && !p->any_end;
    bool fails = exit != EXIT_OF_PASS && (some || (w->last && log_end_fails(w->it->end)));
    move(w, at, fails ? TO_FAIL : TO_JOIN, scope, exit);
    if (fails && !some)
        w->exit = EXIT_OF_FAILURE;
    return !fails;
}

/* Which visits were over only after the item went on, or were cut off when others were there? */
static void mark_late(struct walk *w, int64_t until_ns)
{
    const struct structure_place *p = place(w, w->open);
    uint32_t won;
    if (p->needed == p->branches)
        return;
    find_ends(w, p);
    bool raced = joins_race(w->ends, p->branches, w->least_ns, w->item, &won);
    for (size_t k = 0; k < w->inside.len; k++) {
        uint32_t visit = w->inside.at[k];
        const struct branch_end *b = &w->ends[place(w, place_of(w, visit))->branch];
        bool last = w->log->visits.at[visit].end_ns == b->end_ns;
        w->s->late[visit] = end_of(w, visit) > until_ns ? LATE_ON
                            : raced && b->cut && last   ? LATE_CUT
                                                        : IN_TIME;
    }
}

/* The item leaves the parallel that it is in, at until_ns. */
static void close_pass(struct walk *w, int64_t until_ns)
{
    if (w->open < 0)
        return;
    struct structure_place *p = &w->s->place.at[w->open];
    if (w->counting)
        count_pass(w, until_ns);
    else
        mark_late(w, until_ns);
    w->last = until_ns == INT64_MAX;
    move(w, w->from, w->open, w->item, w->exit);
    w->exit = EXIT_OF_PASS;
    uint32_t well = 0;
    for (uint32_t b = 0; b < p->branches; b++)
        if (p->branches > 1)
            well += move_branch(w, b, 0, w->inside.len);
    for (size_t k = 0; p->branches == 1 && k < w->inside.len; k++)
        well += move_branch(w, 0, k, k + 1);
    if (p->needed < p->branches && well < p->needed)
        w->exit = EXIT_OF_FAILURE;
    if (!w->counting)
        p->instances++;
    p->copies = p->branches == 1 && w->inside.len > p->copies ? (uint32_t)w->inside.len : p->copies;
    for (size_t k = 0; k < w->inside.len; k++)
        if (w->s->late[w->inside.at[k]] == IN_TIME && end_of(w, w->inside.at[k]) > w->busy_ns)
            w->busy_ns = end_of(w, w->inside.at[k]);
    w->from = w->closed = w->open;
    w->closed_ns = until_ns;
    w->open = -1;
    w->after.len = 0;
    for (size_t k = 0; k < w->inside.len; k++)
        vec_push(&w->after, w->inside.at[k]);
    w->inside.len = 0;
}

/* Does this visit belong to a branch of the pass before, which was left before that was over? */
static bool goes_on(const struct walk *w, uint32_t visit, int32_t parallel)
{
    uint32_t branch = place(w, place_of(w, visit))->branch;
    if (w->closed != parallel || w->open >= 0)
        return false;
    for (size_t k = 0; k < w->after.len; k++)
        if (in_branch(w, w->after.at[k], branch) && end_of(w, w->after.at[k]) > w->closed_ns)
            return true;
    return false;
}

/* Does a visit of another branch of the parallel follow in this pass? */
static bool others_follow(const struct walk *w, uint32_t visit)
{
    uint32_t end = w->it->first_visit + w->it->n_visits;
    const struct structure_place *me = place(w, place_of(w, visit));
    for (uint32_t v = visit + 1; v < end; v++) {
        const struct structure_place *p = place(w, place_of(w, v));
        if (p->parent != me->parent)
            return false;
        if (p->branch != me->branch)
            return true;
    }
    return false;
}

/* Does this visit begin the parallel anew, which the item is in already? */
static bool begins_anew(const struct walk *w, uint32_t visit)
{
    const struct log_visit *v = &w->log->visits.at[visit];
    bool met = false;
    for (size_t k = 0; k < w->inside.len; k++) {
        const struct log_visit *before = &w->log->visits.at[w->inside.at[k]];
        if (end_of(w, w->inside.at[k]) > v->start_ns || before->start_ns == v->start_ns)
            return false;
        met = met || w->log->visits.at[w->inside.at[k]].stage == v->stage;
    }
    return met && (place(w, w->open)->branches == 1 || others_follow(w, visit));
}

static void enter_branch(struct walk *w, uint32_t visit, int32_t parallel)
{
    int64_t start = w->log->visits.at[visit].start_ns;
    if (goes_on(w, visit, parallel)) {
        w->s->late[visit] = w->counting ? IN_TIME : LATE_ON;
        vec_push(&w->after, visit);
        return;
    }
    if (w->open >= 0 && (w->open != parallel || begins_anew(w, visit)))
        close_pass(w, start);
    if (w->open < 0) {
        w->overlap = w->overlap || start < w->busy_ns;
        w->open = parallel;
        w->at_entry = w->confidence;
        w->entry_scorer = w->scorer;
    }
    vec_push(&w->inside, visit);
}

/* ---- items -------------------------------------------------------------------------------- */

/* The visits that count: of a rejected item up to the last rejection. */
static uint32_t visits_of(const struct walk *w)
{
    uint32_t end = w->it->first_visit + w->it->n_visits;
    for (uint32_t v = end; w->it->end == LOG_REJECTED && v-- > w->it->first_visit;)
        if (exit_of(w, &w->log->visits.at[v]) == EXIT_OF_REJECTION)
            return v + 1;
    return end;
}

static void hear(struct walk *w, const struct log_visit *v)
{
    if (isnan(v->confidence))
        return;
    w->confidence = discover_confidence(w->confidence, &w->by, v);
    w->scorer = (int32_t)v->stage;
}

static void walk_item(struct walk *w)
{
    uint32_t end = visits_of(w), all = w->it->first_visit + w->it->n_visits;
    w->from = w->scorer = -1;
    w->confidence = NAN;
    w->by = NULL;
    w->exit = EXIT_OF_PASS;
    w->busy_ns = INT64_MIN;
    w->open = w->closed = -1;
    w->overlap = false;
    for (uint32_t v = w->it->first_visit; v < end; v++) {
        const struct log_visit *visit = &w->log->visits.at[v];
        int32_t p = place_of(w, v);
        if (place(w, p)->parent) {
            enter_branch(w, v, (int32_t)place(w, p)->parent - 1);
            hear(w, visit);
            continue;
        }
        close_pass(w, visit->start_ns);
        w->overlap = w->overlap || visit->start_ns < w->busy_ns;
        move(w, w->from, p, w->item, w->exit);
        w->from = p;
        w->exit = exit_of(w, visit);
        w->busy_ns = discover_sure_end(visit);
        hear(w, visit);
    }
    close_pass(w, INT64_MAX);
    if (w->it->end != LOG_UNFINISHED)
        move(w, w->from, log_end_target(w->it->end), w->item, w->exit);
    w->overlapping += w->overlap;
    w->s->dropped += w->counting ? 0 : all - end;
}

static void walk_all(struct walk *w)
{
    w->overlapping = 0;
    w->scopes = (uint32_t)w->log->items.len;
    for (size_t i = 0; i < w->log->items.len; i++) {
        w->it = &w->log->items.at[i];
        w->item = (uint32_t)i;
        walk_item(w);
    }
}

/* ---- joins -------------------------------------------------------------------------------- */

static void settle_join(struct structure_place *p, const struct joins *j, struct buf *why)
{
    joins_settle(j, p, why);
    if ((double)j->pooled > pooled_most * (double)j->passes)
        buf_puts(why, "a step runs beside itself, but not all of it at once");
    if (p->copies > COPIES_MAX)
        buf_printf(why, "a step runs beside itself up to %u times", p->copies);
}

static void settle_joins(struct walk *w)
{
    for (size_t p = 0; p < w->s->place.len && !w->s->why.len; p++)
        if (w->s->place.at[p].stage < 0)
            settle_join(&w->s->place.at[p], &w->joins[p], &w->s->why);
}

static void init_joins(struct walk *w)
{
    uint32_t most = 0;
    w->joins = mem_zero(w->s->place.len + 1, sizeof *w->joins);
    for (size_t p = 0; p < w->s->place.len; p++) {
        struct structure_place *at = &w->s->place.at[p];
        size_t n = at->branches + 1;
        at->needed = at->branches;
        most = at->branches > most ? at->branches : most;
        w->joins[p].ended = mem_zero(n, sizeof(uint64_t));
        w->joins[p].won = mem_zero(n, sizeof(uint64_t));
        w->joins[p].ok_on = mem_zero(n, sizeof(uint64_t));
    }
    w->ends = mem_zero((size_t)most + 1, sizeof *w->ends);
    w->least_ns = joins_least_ns(w->log);
}

static void release_joins(struct walk *w)
{
    for (size_t p = 0; p < w->s->place.len; p++) {
        mem_free(w->joins[p].ended);
        mem_free(w->joins[p].won);
        mem_free(w->joins[p].ok_on);
    }
    mem_free(w->joins);
    mem_free(w->ends);
}

void structure_moves(const struct trace_log *log, struct structure *s)
{
    struct walk w = {.log = log, .s = s, .counting = true};
    init_joins(&w);
    walk_all(&w);
    settle_joins(&w);
    w.counting = false;
    if (!s->why.len)
        walk_all(&w);
    if (!s->why.len && (double)w.overlapping > rare * (double)log->items.len && w.overlapping > 1)
        buf_printf(&s->why, "the steps of %llu of %zu items overlap in no order",
                   (unsigned long long)w.overlapping, log->items.len);
    release_joins(&w);
    vec_release(&w.inside);
    vec_release(&w.after);
}
