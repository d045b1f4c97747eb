/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One pass over all items.  They walk until they ask for people or tokens, or until a branch of
 * theirs ends; a heap holds those who wait for that instant, so that all who ask do so in order of
 * time, and a join is done when its last needed branch is. */
#include "decide/replay_parts.h"
#include "math/rng.h"

#include <math.h>
#include <string.h>

enum { NEAR_STEPS = 100000 };

/* ---- who comes next --------------------------------------------------------------------- */

struct next {
    double at_s;
    uint32_t item, id;
};

static bool before(struct next a, struct next b)
{
    if (a.at_s != b.at_s)
        return a.at_s < b.at_s;
    return a.item != b.item ? a.item < b.item : a.id < b.id;
}

struct heap {
    VEC(struct next) at;
};

static void push(struct heap *h, struct next x)
{
    vec_push(&h->at, x);
    size_t i = h->at.len - 1;
    for (; i && before(x, h->at.at[(i - 1) / 2]); i = (i - 1) / 2)
        h->at.at[i] = h->at.at[(i - 1) / 2];
    h->at.at[i] = x;
}

static struct next pop(struct heap *h)
{
    struct next top = h->at.at[0], x = h->at.at[--h->at.len];
    size_t i = 0, n = h->at.len;
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        child += child + 1 < n && before(h->at.at[child + 1], h->at.at[child]);
        if (!before(h->at.at[child], x))
            break;
        h->at.at[i] = h->at.at[child];
    }
    if (n)
        h->at.at[i] = x;
    return top;
}

/* ---- passages --------------------------------------------------------------------------- */

/* Those of items first, then those of branches, whose room is used again. */
struct ways {
    struct replay_pass *pass;
    VEC(struct passage) at;
    VEC(uint32_t) free;
    size_t counters; /* of each */
    struct heap waiting;
};

static struct passage *way(struct ways *w, uint32_t id)
{
    return &w->at.at[id];
}

static uint32_t add_passage(struct ways *w, struct passage p)
{
    uint32_t id = (uint32_t)w->at.len;
    if (w->free.len) {
        id = w->free.at[--w->free.len];
        p.counters = w->at.at[id].counters;
        memset(p.counters, 0, w->counters * sizeof *p.counters);
        w->at.at[id] = p;
        return id;
    }
    p.counters = mem_zero(w->counters, sizeof *p.counters);
    vec_push(&w->at, p);
    return id;
}

static void ask(struct ways *w, uint32_t id)
{
    struct passage *p = way(w, id);
    p->asks = true;
    push(&w->waiting, (struct next){p->now_s, p->item, id});
}

/* ---- the start and the end of an item --------------------------------------------------- */

/* A draft of which nothing is known is bad with the probability that its confidence leaves (Bayes'
 * rule with the two densities over a twentieth), or as the pass says. */
static bool draft_of(struct replay_pass *pass, const struct passage *w)
{
    const struct log_item *it = replay_item_of(pass, w);
    if (it->draft != LOG_UNKNOWN)
        return it->draft == LOG_GOOD;
    if (it->end == LOG_SHIPPED && it->shipped != LOG_UNKNOWN)
        return it->shipped == LOG_GOOD;
    pass->unknown.drafts++;
    if (pass->mode != REPLAY_DRAWN)
        return pass->mode == REPLAY_BEST;
    double good = 1, bad = 1, wrong = 0;
    for (uint32_t i = 0; i < pass->p->n_steps; i++) {
        const struct numbers *n = pass->p->step[i].numbers;
        wrong = 1 - (1 - wrong) * (1 - n->wrong.value);
        if (!pass->p->step[i].has_confidence || isnan(it->confidence))
            continue;
        double from = it->confidence - 0.025, to = it->confidence + 0.025;
        good = dist_cdf(&n->confidence_good, to) - dist_cdf(&n->confidence_good, from);
        bad = dist_cdf(&n->confidence_bad, to) - dist_cdf(&n->confidence_bad, from);
    }
    double sum = wrong * bad + (1 - wrong) * good;
    double p = sum > 0 ? wrong * bad / sum : wrong;
    return replay_unit(pass, w, RNG_QUALITY, 0) >= p;
}

/* Did the item fail in the log with no step that explains it? */
static bool is_doomed(const struct replay_pass *pass, const struct log_item *it)
{
    uint32_t end = it->first_visit + it->n_visits;
    return log_end_fails(it->end) &&
           !(it->n_visits && pass->replay->log->visits.at[end - 1].outcome != OUTCOME_OK);
}

static void count(struct replay_pass *pass, const struct passage *w)
{
    struct replay_item *it = &pass->item[w->item];
    int32_t at = w->at;
    it->left = true;
    pass->reviewed += it->reviewed;
    if (at == TO_SHIP && it->doomed && !(it->mended && pass->mode != REPLAY_LOST))
        at = TO_FAIL;
    if (at == REPLAY_ABANDONED)
        pass->abandoned++;
    else if (at == TO_REJECT)
        pass->rejected++;
    else if (at != TO_SHIP)
        pass->failed++;
    if (at != TO_SHIP)
        return;
    pass->right += it->good;
    pass->wrong += !it->good;
    pass->automatic += !it->reviewed;
    pass->automatic_wrong += !it->reviewed && !it->good;
    pass->latency[pass->n_shipped++] = w->now_s - it->start_s;
}

/* ---- steps ------------------------------------------------------------------------------ */

/* When the logged pass through the parallel began; 0: there is none. */
static int64_t begin_of(const struct replay_pass *pass, const struct passage *p)
{
    const struct trace_log *log = pass->replay->log;
    const struct log_item *it = &log->items.at[p->item];
    for (uint32_t v = pass->item[p->item].first; v < it->first_visit + it->n_visits; v++)
        if (!pass->used[v] &&
            replay_inside(pass->replay, (uint32_t)p->at, (int32_t)log->visits.at[v].stage))
            return log->visits.at[v].start_ns;
    return 0;
}

static void fork_passage(struct ways *w, uint32_t id)
{
    int64_t from_ns = begin_of(w->pass, way(w, id));
    const struct parallel *par = w->pass->p->step[way(w, id)->at].parallel;
    way(w, id)->ok = way(w, id)->failed = 0;
    way(w, id)->left = par->n_branches * par->copies;
    way(w, id)->joins++;
    for (uint32_t b = 0; b < par->n_branches; b++)
        for (uint32_t c = 0; c < par->copies; c++) {
            const struct passage *up = way(w, id);
            uint32_t child = add_passage(w, (struct passage){.item = up->item,
                                                             .at = (int32_t)par->first[b],
                                                             .now_s = up->now_s,
                                                             .visit = SPAN_NONE,
                                                             .visits = up->visits,
                                                             .parent = (int32_t)id,
                                                             .join = up->joins,
                                                             .copy = c,
                                                             .from_ns = from_ns});
            push(&w->waiting, (struct next){way(w, child)->now_s, way(w, child)->item, child});
        }
}

/* One more branch has ended: is the join done? */
static bool joins(const struct parallel *par, const struct passage *up, bool *good)
{
    bool waits_for_all =
        par->join == JOIN_VOTE || par->join == JOIN_MAJORITY || par->join == JOIN_BEST;
    *good = up->ok >= par->k;
    if (waits_for_all)
        return up->left == 0;
    return up->ok >= par->k || up->failed > par->n - par->k;
}

static void walk(struct ways *w, uint32_t id);

static void end_branch(struct ways *w, uint32_t id)
{
    struct passage *me = way(w, id);
    uint32_t parent = (uint32_t)me->parent;
    struct passage *up = way(w, parent);
    bool good, waits = up->joins == me->join && up->left > 0 && up->at >= 0 &&
                       w->pass->p->step[up->at].kind == STEP_PARALLEL;
    vec_push(&w->free, id);
    if (w->pass->item[me->item].left || !waits)
        return; /* over without this branch */
    up->left--;
    up->ok += me->at == TO_JOIN;
    up->failed += me->at != TO_JOIN;
    if (!joins(w->pass->p->step[up->at].parallel, up, &good))
        return;
    up->now_s = me->now_s;
    up->left = 0;
    up->joins++;
    replay_leave(w->pass, up, good ? EXIT_PASS : EXIT_FAIL);
    walk(w, parent);
}

static void abandon(struct ways *w, struct passage *p)
{
    struct passage gone = *p;
    gone.at = REPLAY_ABANDONED;
    count(w->pass, &gone);
}

/* It is this passage's turn at people or tokens; false: it left. */
static bool be_served(struct ways *w, struct passage *p)
{
    struct replay_pass *pass = w->pass;
    const struct step *s = &pass->p->step[p->at];
    double work, start = p->now_s, end, wait = 0;
    bool good = true, review = s->kind == STEP_REVIEW;
    enum exit_kind exit = EXIT_PASS;
    enum replay_next next = REPLAY_OVER;
    if (review)
        exit = replay_review(pass, p, &work);
    else
        next = replay_attempt(pass, p, &work, &wait, &good);
    end = p->now_s + work;
    bool served = !s->by || replay_serve(pass, p, s->by, work, &start, &end);
    if (!s->by)
        pass->busy_s += work;
    if (review)
        vec_push(&pass->asked, ((struct replay_asked){p->now_s, start, end}));
    p->now_s = end;
    if (!served) {
        abandon(w, p);
        return false;
    }
    p->now_s += wait;
    if (review) {
        replay_leave(pass, p, exit);
        p->visits++;
    } else if (next == REPLAY_OVER) {
        replay_end(pass, p, good);
    }
    return true;
}

/* A visit for which nobody else is needed. */
static void visit(struct replay_pass *pass, struct passage *p)
{
    double work, wait, sum = 0;
    bool good;
    enum replay_next next;
    do {
        next = replay_attempt(pass, p, &work, &wait, &good);
        sum += work + wait;
    } while (next == REPLAY_AGAIN);
    p->now_s += fmax(sum - p->shared_s, 0);
    replay_end(pass, p, good);
}

/* One step on; false: the passage waits, or is over. */
static bool go(struct ways *w, uint32_t id)
{
    struct replay_pass *pass = w->pass;
    struct passage *p = way(w, id);
    const struct step *s = &pass->p->step[p->at];
    if (s->kind == STEP_PARALLEL) {
        fork_passage(w, id);
        return false;
    }
    if (s->kind == STEP_GATE) {
        replay_gate(pass, p);
        return true;
    }
    if (p->at == 0 && pass->replay->stage[0] < 0 && s->kind == STEP_STAGE) {
        replay_between(pass, p);
        return true;
    }
    replay_enter(pass, p);
    if (s->kind == STEP_REVIEW || (s->by && !replay_passes_by(pass, p))) {
        ask(w, id);
        return false;
    }
    if (!s->by && !replay_passes_by(pass, p))
        visit(pass, p);
    return true;
}

/* Walks on until the passage waits for something or leaves. */
static void walk(struct ways *w, uint32_t id)
{
    for (int k = 0; way(w, id)->at >= 0 && k < NEAR_STEPS; k++)
        if (!go(w, id))
            return;
    if (way(w, id)->at >= 0)
        way(w, id)->at = TO_FAIL;
    if (way(w, id)->parent >= 0) {
        ask(w, id); /* until the instant at which it ends */
        return;
    }
    count(w->pass, way(w, id));
    vec_push(&w->free, id);
}

/* The turn of whoever is next in time. */
static void turn(struct ways *w, uint32_t id)
{
    struct passage *p = way(w, id);
    bool asked = p->asks;
    p->asks = false;
    if (p->parent >= 0 && (w->pass->item[p->item].left || p->at < 0)) {
        end_branch(w, id);
        return;
    }
    if (asked) {
        int32_t at = p->at;
        uint32_t visits = p->visits;
        if (!be_served(w, p)) {
            if (p->parent >= 0)
                vec_push(&w->free, id);
            return;
        }
        if (p->at == at && p->visits == visits) { /* one more attempt */
            ask(w, id);
            return;
        }
    }
    walk(w, id);
}

/* When item i begins, s. */
static double start_of(const struct replay *r, uint32_t i)
{
    int64_t ns = r->log->items.at[i].start_ns;
    return ns ? (double)(ns - r->t0_ns) * 1e-9 : 0;
}

static void begin(struct ways *w, uint32_t i)
{
    struct replay_pass *pass = w->pass;
    const struct replay *r = pass->replay;
    const struct log_item *it = &r->log->items.at[i];
    double start = start_of(r, i);
    uint32_t id = add_passage(
        w, (struct passage){.item = i, .now_s = start, .visit = SPAN_NONE, .parent = -1});
    pass->item[i] = (struct replay_item){.start_s = start,
                                         .confidence = NAN,
                                         .first = it->first_visit,
                                         .cursor = it->first_visit,
                                         .good = draft_of(pass, way(w, id)),
                                         .doomed = is_doomed(pass, it)};
    walk(w, id);
}

void replay_run(struct replay_pass *pass)
{
    const struct replay *r = pass->replay;
    size_t items = r->log->items.len;
    struct ways w = {.pass = pass, .counters = pass->rules.n_counters + 1};
    bool conditions = (pipeline_features(pass->p) & FEATURE(WHEN)) != 0;
    pass->item = mem_zero(items + 1, sizeof *pass->item);
    pass->used = mem_zero(r->log->visits.len + 1, sizeof *pass->used);
    pass->visits_of =
        conditions ? mem_zero(items * pass->p->n_steps + 1, sizeof *pass->visits_of) : NULL;
    pass->latency = mem_alloc((items + 1) * sizeof *pass->latency);
    pass->cost = pass->cost_low = pass->cost_high = r->cost_between;
    replay_lines_open(pass);
    for (size_t k = 0; k < items || w.waiting.at.len;)
        if (k < items && (!w.waiting.at.len || start_of(r, r->order[k]) <= w.waiting.at.at[0].at_s))
            begin(&w, r->order[k++]);
        else
            turn(&w, pop(&w.waiting).id);
    replay_lines_close(pass);
    for (size_t k = 0; k < w.at.len; k++)
        mem_free(w.at.at[k].counters);
    vec_release(&w.at);
    vec_release(&w.free);
    vec_release(&w.waiting.at);
    mem_free(pass->item);
    mem_free(pass->used);
    mem_free(pass->visits_of);
}
