/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What leads where: the moves of a log as the edges of a scenario.
 *
 * Where an item goes is taken to depend on the step that it leaves, and on how that ended, alone: a
 * Markov chain, whose shares are those of the moves (Anderson and Goodman 1957, "Statistical
 * inference about Markov chains", Annals of Mathematical Statistics 28).  A way back is bounded by
 * the most passes of any item; its share is that of the visits at which the bound is not reached
 * yet, so that the bounded chain gives the log's own counts. */
#include "trace/estimate_flow_parts.h"

#include "trace/discover.h"
#include "trace/observe.h"

#include <math.h>
#include <stdlib.h>

enum { WAYS_KEPT = 4, WAYS_PER_PLACE = 5, WAYS_FREE = 20, MINORITY_LEAST = 3 };
static const double minority = 0.05, rare_way = 0.005;

/* ---- counting ----------------------------------------------------------------------------- */

static struct outflow *outflow_of(struct flow_plan *p, const struct structure_move *m)
{
    return m->from < 0 ? &p->entry[-1 - m->from] : &p->place[m->from][m->exit];
}

static struct aim *aim_of(struct outflow *o, int32_t to)
{
    for (size_t i = 0; i < o->aim.len; i++)
        if (o->aim.at[i].to == to)
            return &o->aim.at[i];
    vec_push(&o->aim, ((struct aim){.to = to}));
    return &o->aim.at[o->aim.len - 1];
}

static bool bound_reached(const struct outflow *o)
{
    for (size_t i = 0; i < o->aim.len; i++)
        if (o->aim.at[i].back && o->aim.at[i].now == o->aim.at[i].most)
            return true;
    return false;
}

/* Passes of one scope, in order: `scope` was the last one that came here. */
static void forget_scope(struct outflow *o)
{
    for (size_t i = 0; i < o->aim.len; i++)
        o->aim.at[i].now = 0;
}

static void count_moves(const struct structure *s, struct flow_plan *p)
{
    size_t flows = p->n_entries + (size_t)p->n_places * STRUCTURE_EXITS;
    uint32_t *scope = mem_alloc((flows + 1) * sizeof *scope);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t k = 0; k < flows; k++)
            scope[k] = UINT32_MAX;
        for (size_t k = 0; k < s->move.len; k++) {
            const struct structure_move *m = &s->move.at[k];
            struct outflow *o = outflow_of(p, m);
            size_t at = m->from < 0 ? (size_t)(-1 - m->from)
                                    : p->n_entries + (size_t)m->from * STRUCTURE_EXITS + m->exit;
            if (scope[at] != m->scope)
                forget_scope(o);
            scope[at] = m->scope;
            bool reached = pass && bound_reached(o);
            struct aim *t = aim_of(o, m->to);
            t->now++;
            if (!pass) {
                t->back = m->from >= 0 && m->to >= 0 && m->to <= m->from;
                t->k++;
                t->most = t->now > t->most ? t->now : t->most;
                o->n++;
                continue;
            }
            t->after += reached;
            t->free += !reached;
            o->n_free += !reached;
            if (!reached && m->from >= 0 && m->exit == EXIT_OF_PASS)
                vec_push(&o->aimed, ((struct aimed){m->confidence, m->to, m->scorer}));
        }
        for (size_t k = 0; k < p->n_entries; k++)
            forget_scope(&p->entry[k]);
        for (size_t k = 0; k < (size_t)p->n_places * STRUCTURE_EXITS; k++)
            forget_scope(&p->place[k / STRUCTURE_EXITS][k % STRUCTURE_EXITS]);
    }
    mem_free(scope);
}

/* Copies of a branch that were fewer than the most. */
static void count_copies(const struct structure *s, struct flow_plan *p)
{
    for (size_t i = 0; i < s->place.len; i++) {
        const struct structure_place *at = &s->place.at[i];
        if (at->stage >= 0 || at->branches != 1)
            continue;
        struct outflow *o = &p->entry[at->entry];
        uint64_t fewer = at->copies * at->instances - o->n;
        if (fewer) {
            struct aim *t = aim_of(o, TO_JOIN);
            t->k += fewer;
            t->free += fewer;
            o->n += fewer;
            o->n_free += fewer;
        }
    }
}

static int by_count(const void *a, const void *b)
{
    const struct aim *x = a, *y = b;
    if (x->k != y->k)
        return x->k > y->k ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

/* Most moves lead to a place from somewhere: that way is never left out. */
static void drop_rare(struct outflow *o, const uint64_t *most_into)
{
    qsort(o->aim.at, o->aim.len, sizeof *o->aim.at, by_count);
    while (o->aim.len > WAYS_KEPT) {
        struct aim *t = &o->aim.at[o->aim.len - 1];
        if ((double)t->k > rare_way * (double)o->n || (t->to >= 0 && t->k >= most_into[t->to]))
            break;
        o->dropped += t->k;
        o->n -= t->k;
        o->n_free -= t->free;
        o->aim.len--;
    }
    o->backs = 0;
    for (size_t i = 0; i < o->aim.len; i++)
        o->backs += o->aim.at[i].back;
}

static void settle_outflows(struct flow_plan *p)
{
    uint64_t *most_into = mem_zero((size_t)p->n_places + 1, sizeof *most_into);
    size_t flows = p->n_entries + (size_t)p->n_places * STRUCTURE_EXITS;
    for (int pass = 0; pass < 2; pass++)
        for (size_t k = 0; k < flows; k++) {
            size_t at = k - p->n_entries;
            struct outflow *o = k < p->n_entries
                                    ? &p->entry[k]
                                    : &p->place[at / STRUCTURE_EXITS][at % STRUCTURE_EXITS];
            if (pass && o->aim.len)
                drop_rare(o, most_into);
            for (size_t i = 0; !pass && i < o->aim.len; i++) {
                const struct aim *t = &o->aim.at[i];
                if (t->to >= 0 && t->k > most_into[t->to] && !t->back)
                    most_into[t->to] = t->k;
            }
        }
    mem_free(most_into);
}

/* ---- the gate ----------------------------------------------------------------------------- */

/* Ways on but to `but`. */
static size_t forward(const struct outflow *o, int32_t but)
{
    size_t n = 0;
    for (size_t i = 0; i < o->aim.len; i++)
        n += !o->aim.at[i].back && o->aim.at[i].to != but;
    return n;
}

static uint64_t moves_to(const struct outflow *o, int32_t to)
{
    for (size_t i = 0; i < o->aim.len; i++)
        if (o->aim.at[i].to == to)
            return o->aim.at[i].k;
    return 0;
}

/* From which places can items still come to the review, going on? */
static void find_before(struct flow_plan *p)
{
    for (int32_t k = (int32_t)p->n_places - 1; k >= 0; k--)
        for (int x = 0; x < STRUCTURE_EXITS; x++) {
            const struct outflow *o = &p->place[k][x];
            for (size_t i = 0; i < o->aim.len; i++) {
                int32_t to = o->aim.at[i].to;
                if (!o->aim.at[i].back && to >= 0 && (to == p->review || p->before[to]))
                    p->before[k] = true;
            }
        }
}

struct outflow *estimate_pass_of(struct flow_plan *p, int32_t place)
{
    return place < 0 ? &p->entry[-1 - place] : &p->place[place][EXIT_OF_PASS];
}

bool estimate_is_gates(const struct flow_plan *p, int32_t to)
{
    return to == p->review || to < 0 || (to > p->last_holder && !p->before[to]);
}

/* The gate takes over what the place before it does with its items. */
static void hold_gate(struct flow_plan *p, int32_t place)
{
    struct outflow *o = estimate_pass_of(p, place);
    struct aim to_gate = {.to = TO_GATE};
    size_t kept = 0;
    for (size_t i = 0; i < o->aim.len; i++) {
        struct aim t = o->aim.at[i];
        if (t.back || !estimate_is_gates(p, t.to)) {
            o->aim.at[kept++] = t;
            continue;
        }
        struct aim *g = aim_of(&p->gate, t.to);
        g->k += t.k;
        g->free += t.free;
        p->gate.n += t.k;
        p->gate.n_free += t.free;
        to_gate.k += t.k;
        to_gate.free += t.free;
        to_gate.after += t.after;
    }
    o->aim.len = kept;
    vec_push(&o->aim, to_gate);
    qsort(o->aim.at, o->aim.len, sizeof *o->aim.at, by_count);
}

/* A gate that is no step of the log stands behind all steps from which items go to review or past
 * it. */
static void put_gate_behind(struct flow_plan *p)
{
    bool past = false;
    p->last_holder = -2;
    for (int32_t k = -1; k < p->review; k++)
        if (moves_to(estimate_pass_of(p, k), p->review))
            p->last_holder = k;
    for (int32_t k = -1; k <= p->last_holder; k++) {
        const struct outflow *o = estimate_pass_of(p, k);
        for (size_t i = 0; moves_to(o, p->review) && i < o->aim.len; i++)
            past = past || (!o->aim.at[i].back && o->aim.at[i].to != p->review &&
                            estimate_is_gates(p, o->aim.at[i].to));
    }
    p->has_gate = past;
    for (int32_t k = -1; past && k <= p->last_holder; k++)
        if (moves_to(estimate_pass_of(p, k), p->review)) {
            p->holders++;
            p->holder = k;
            hold_gate(p, k);
        }
    if (past)
        qsort(p->gate.aim.at, p->gate.aim.len, sizeof *p->gate.aim.at, by_count);
}

static void find_gate(const struct estimate *e, struct flow_plan *p)
{
    const struct trace_log *log = e->log;
    p->review = log->review >= 0 ? e->flow->place_of[log->review] : -1;
    p->own = -1;
    if (p->review < 0)
        return;
    find_before(p);
    if (estimate_has_gate(log) && log->stages.at[log->gate].kind == STEP_GATE)
        p->own = e->flow->place_of[log->gate];
    if (p->own < 0) {
        put_gate_behind(p);
        return;
    }
    const struct outflow *o = estimate_pass_of(p, p->own);
    p->has_gate = moves_to(o, p->review) && o->aim.len > 1;
    p->own = p->has_gate ? p->own : -1;
}

/* What the items did where the gate stands; before hold_gate changes the ways. */
static void note_routed(const struct structure *s, struct flow_plan *p, size_t items)
{
    p->routed = mem_zero(items + 1, 1);
    for (size_t k = 0; p->has_gate && k < s->move.len; k++) {
        const struct structure_move *m = &s->move.at[k];
        bool held = m->from == p->own || (p->own < 0 && m->from <= p->last_holder &&
                                          moves_to(estimate_pass_of(p, m->from), TO_GATE));
        bool entry = m->from < -1;
        if (!entry && held && m->exit == EXIT_OF_PASS && p->routed[m->item] < 2 &&
            (m->from < 0 || m->to != m->from) && estimate_is_gates(p, m->to))
            p->routed[m->item] = m->to == p->review ? 2 : 1;
    }
}

uint32_t estimate_routing_part(const struct estimate *e)
{
    const struct flow_plan *p = e->plan;
    int32_t part = !p || p->holders != 1 ? e->draft : p->holder < 0 ? 0 : p->part_of[p->holder];
    return (uint32_t)(e->part[part].role == PART_PARALLEL ? e->draft : part);
}

bool estimate_was_routed(const struct estimate *e, uint32_t item, bool *reviewed)
{
    if (!e->plan) {
        *reviewed = e->log->items.at[item].reviewed;
        return true;
    }
    *reviewed = e->plan->routed[item] == 2;
    return e->plan->routed[item] > 0;
}

/* ---- parts -------------------------------------------------------------------------------- */

static uint32_t add_part(struct estimate *e, struct part part)
{
    e->part[e->n_parts++] = part;
    return e->n_parts - 1;
}

static void add_waypoint(struct estimate *e, int32_t place, enum waypoint of)
{
    add_part(e, (struct part){.role = PART_WAYPOINT, .stage = -1, .place = place, .of = of});
}

const struct aim *estimate_usual_aim(const struct outflow *o)
{
    const struct aim *best = &o->aim.at[0];
    for (size_t i = 1; i < o->aim.len; i++)
        if (o->aim.at[i].free > best->free)
            best = &o->aim.at[i];
    return best;
}

/* Do some of those that fail, or are rejected, go elsewhere than most? */
static bool parts_ways(const struct outflow *o)
{
    uint64_t others = o->aim.len ? o->n_free - estimate_usual_aim(o)->free : 0;
    return others >= MINORITY_LEAST && (double)others > minority * (double)o->n_free;
}

static void add_gate(struct estimate *e)
{
    e->gate = (int32_t)add_part(e, (struct part){.role = PART_ROUTER, .stage = -1, .place = -1});
    e->routed = !estimate_has_gate(e->log);
    if (forward(&e->plan->gate, e->plan->review) > 1)
        add_waypoint(e, -1, OF_GATE);
}

/* Does the log tell of any draft whether it is right, or how sure one was? */
static bool tells_drafts(const struct trace_log *log)
{
    for (size_t i = 0; i < log->items.len; i++)
        if (log->items.at[i].draft != LOG_UNKNOWN || !isnan(log->items.at[i].confidence))
            return true;
    return false;
}

/* Where some of several drafts are taken, no branch alone is right or wrong, sure or unsure. */
static void add_joined(struct estimate *e, int32_t place)
{
    const struct structure *s = e->flow;
    const struct structure_place *at = place >= 0 ? &s->place.at[place] : NULL;
    int32_t draft = observe_draft_stage(e->log), of = draft >= 0 ? s->place_of[draft] : -1;
    if (!at || of < 0 || s->place.at[of].parent != (uint32_t)place + 1 ||
        (at->copies == 1 && at->needed == at->branches) || !tells_drafts(e->log))
        return;
    add_part(
        e, (struct part){
               .role = PART_WAYPOINT, .stage = -1, .place = place, .of = OF_JOIN, .holds = draft});
}

/* What stands behind a place: where items part, and the gate. */
static void add_behind(struct estimate *e, int32_t place)
{
    struct flow_plan *p = e->plan;
    const struct outflow *pass = estimate_pass_of(p, place);
    bool own = p->own >= 0 && p->own == place;
    add_joined(e, place);
    if (own && (forward(pass, p->review) > 1 || pass->backs))
        add_waypoint(e, place, OF_GATE);
    if (!own && pass->check.found)
        add_waypoint(e, place, OF_CHECK);
    if (!own && pass->backs && forward(pass, TO_SKIP) > 1)
        add_waypoint(e, place, OF_PASS);
    if (place >= 0 && parts_ways(&p->place[place][EXIT_OF_REJECTION]))
        add_waypoint(e, place, OF_REJECTION);
    if (place >= 0 && parts_ways(&p->place[place][EXIT_OF_FAILURE]))
        add_waypoint(e, place, OF_FAILURE);
    if (p->has_gate && p->own < 0 && p->last_holder == place)
        add_gate(e);
}

static void add_place(struct estimate *e, int32_t place)
{
    struct flow_plan *p = e->plan;
    const struct structure_place *at = &e->flow->place.at[place];
    struct part part = {.role = PART_STAGE, .stage = at->stage, .place = place};
    if (at->stage < 0)
        part.role = PART_PARALLEL;
    else if (p->own >= 0 && p->own == place)
        part.role = PART_GATE;
    else if (e->log->stages.at[at->stage].people)
        part.role = PART_REVIEW;
    if (part.role == PART_GATE)
        e->gate = (int32_t)e->n_parts;
    if (at->stage >= 0 && at->stage == e->log->review)
        e->review = (int32_t)e->n_parts;
    p->part_of[place] = (int32_t)add_part(e, part);
    if (at->stage >= 0)
        add_behind(e, place);
}

/* A parallel, its branches with what stands before their first steps, and what stands behind. */
static void add_parallel(struct estimate *e, int32_t place)
{
    const struct structure *s = e->flow;
    const struct structure_place *at = &s->place.at[place];
    add_place(e, place);
    for (uint32_t i = (uint32_t)place + 1, branch = UINT32_MAX; i < at->end; i++) {
        if (s->place.at[i].branch != branch) {
            branch = s->place.at[i].branch;
            const struct outflow *o = &e->plan->entry[at->entry + branch];
            if (o->aim.len > 1 || (o->aim.len && o->aim.at[0].to != (int32_t)i))
                add_part(e, (struct part){.role = PART_WAYPOINT,
                                          .stage = -1,
                                          .place = -1 - (int32_t)(at->entry + branch),
                                          .of = OF_ENTRY});
        }
        add_place(e, (int32_t)i);
    }
    add_behind(e, place);
}

/* Reviews and gates inside branches, and more ways than anybody could read, are left to the simple
 * flow. */
static void check_readable(struct estimate *e)
{
    const struct structure *s = e->flow;
    struct flow_plan *p = e->plan;
    size_t ways = 0;
    for (size_t i = 0; i < s->place.len; i++) {
        const struct structure_place *at = &s->place.at[i];
        ways += p->place[i][EXIT_OF_PASS].aim.len;
        bool human = at->stage >= 0 && e->log->stages.at[at->stage].people;
        if (at->parent && (human || p->own == (int32_t)i) && !s->why.len)
            buf_printf(&e->flow->why, "`%s`, where people decide, runs beside other steps",
                       e->log->stages.at[at->stage].id);
    }
    if (ways > WAYS_PER_PLACE * s->place.len + WAYS_FREE && !s->why.len)
        buf_printf(&e->flow->why, "items take %zu ways between %zu steps", ways, s->place.len);
    if (5 * s->place.len > 4 * STEPS_MAX && !s->why.len)
        buf_printf(&e->flow->why, "%zu steps are too many", s->place.len);
}

void estimate_plan_flow(struct estimate *e)
{
    const struct structure *s = e->flow;
    struct flow_plan *p = e->plan = mem_zero(1, sizeof *p);
    p->n_entries = s->n_entries;
    p->n_places = (uint32_t)s->place.len;
    p->entry = mem_zero((size_t)p->n_entries + 1, sizeof *p->entry);
    p->place = mem_zero((size_t)p->n_places + 1, sizeof *p->place);
    p->part_of = mem_alloc(((size_t)p->n_places + 1) * sizeof *p->part_of);
    count_moves(s, p);
    count_copies(s, p);
    settle_outflows(p);
    p->before = mem_zero((size_t)p->n_places + 1, sizeof *p->before);
    find_gate(e, p);
    note_routed(s, p, e->log->items.len);
    check_readable(e);
    if (s->why.len)
        return;
    estimate_find_checks(e);
    const struct outflow *start = &p->entry[0];
    bool at_first = start->aim.len == 1 && start->aim.at[0].to == 0;
    if (e->n_parts == 0 && !at_first)
        add_part(e, (struct part){.role = PART_ORCHESTRATION, .stage = -1, .place = -1});
    if (e->n_parts)
        add_behind(e, -1);
    for (uint32_t i = 0; i < p->n_places; i++) {
        if (s->place.at[i].parent)
            continue;
        if (s->place.at[i].stage < 0)
            add_parallel(e, (int32_t)i);
        else
            add_place(e, (int32_t)i);
    }
}

uint32_t estimate_part_of(const struct estimate *e, int32_t place)
{
    return (uint32_t)e->plan->part_of[place];
}

void estimate_release_flow(struct estimate *e)
{
    struct flow_plan *p = e->plan;
    if (!p)
        return;
    for (uint32_t k = 0; k < p->n_entries; k++)
        vec_release(&p->entry[k].aim);
    for (uint32_t k = 0; k < p->n_places; k++)
        for (int x = 0; x < STRUCTURE_EXITS; x++) {
            vec_release(&p->place[k][x].aim);
            vec_release(&p->place[k][x].aimed);
        }
    mem_free(p->entry);
    mem_free(p->place);
    mem_free(p->part_of);
    mem_free(p->routed);
    mem_free(p->before);
    vec_release(&p->gate.aim);
    mem_free(p);
    e->plan = NULL;
}
