/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The edges of a fitted flow: shares as evidence, bounds of ways back, joins; and what the steps
 * are called that are no steps of the log. */
#include "trace/estimate_flow_parts.h"

#include <math.h>
#include <string.h>

enum { ALWAYS_LEAST = 10 };

/* ---- names -------------------------------------------------------------------------------- */

static const char *id_of(const struct estimate *e, int32_t place)
{
    int32_t stage = place >= 0 ? e->flow->place.at[place].stage : -1;
    return stage >= 0 ? e->log->stages.at[stage].id : "";
}

/* The first step of a branch: for an entry, that behind it. */
static const char *head_of(const struct estimate *e, int32_t entry)
{
    const struct structure *s = e->flow;
    for (int32_t i = 0; i < (int32_t)s->place.len; i++) {
        const struct structure_place *at = &s->place.at[i];
        const struct structure_place *up = at->parent ? &s->place.at[at->parent - 1] : NULL;
        if (up && -1 - entry == (int32_t)(up->entry + at->branch))
            return id_of(e, i);
    }
    return "";
}

/* Two ids are cut: a name has at most 100 letters. */
const char *estimate_name(struct estimate *e, uint32_t part)
{
    static const char *const words[] = {
        [OF_PASS] = "after-%s", [OF_FAILURE] = "%s-failed", [OF_REJECTION] = "%s-rejected",
        [OF_GATE] = "past-%s",  [OF_ENTRY] = "before-%s",   [OF_CHECK] = "%s-verdict",
        [OF_JOIN] = "%s-joined"};
    struct arena *a = &e->out->arena;
    const struct part *p = &e->part[part];
    const char *of = p->role == PART_PARALLEL ? id_of(e, p->place + 1)
                     : p->of == OF_ENTRY      ? head_of(e, p->place)
                     : p->place < 0           ? "gate"
                                              : id_of(e, p->place);
    const struct structure_place *at = p->place >= 0 ? &e->flow->place.at[p->place] : NULL;
    if (p->place >= 0 && at->stage < 0) { /* a parallel, or behind one */
        const char *first = id_of(e, p->place + 1);
        const struct structure_place *last = &e->flow->place.at[at->end - 1];
        of = at->branches == 1 ? arena_printf(a, "%s-copies", first)
             : at->branches == 2
                 ? arena_printf(a, "%.40s-and-%.40s", first, id_of(e, (int32_t)at->end - 1))
                 : arena_printf(a, "%s-and-%u-more", first, last->branch);
    }
    if (p->role == PART_PARALLEL)
        return of;
    const char *word = words[p->of], *hole = strchr(word, '%');
    return arena_printf(a, "%.*s%s%s", (int)(hole - word), word, of, hole + 2);
}

/* ---- edges -------------------------------------------------------------------------------- */

static int32_t step_of(const struct estimate *e, int32_t to)
{
    return to == TO_GATE ? e->gate : to >= 0 ? e->plan->part_of[to] : to;
}

static const char *name_of(const struct estimate *e, int32_t to)
{
    int32_t step = step_of(e, to);
    if (step >= 0)
        return e->out->step[step].id; /* the gate's too */
    return to == TO_FAIL ? "failure" : to == TO_REJECT ? "rejection" : "the end";
}

/* The part that stands behind another for such a purpose; -1. */
static int32_t waypoint_of(const struct estimate *e, int32_t place, enum waypoint of)
{
    for (uint32_t i = 0; i < e->n_parts; i++)
        if (e->part[i].role == PART_WAYPOINT && e->part[i].place == place && e->part[i].of == of)
            return (int32_t)i;
    return -1;
}

static struct edge *edge_to(struct estimate *e, int32_t to)
{
    struct edge *x = arena_alloc(&e->out->arena, sizeof *x);
    *x = (struct edge){.to = to, .at_most = AT_MOST_NONE};
    return x;
}

/* Is the bound of a way back more than the most that chance gave?  So it is said. */
static void tell_back(struct estimate *e, uint32_t part, const struct outflow *o,
                      const struct aim *t)
{
    uint64_t at_bound = o->n - o->n_free;
    double p = o->n_free ? (double)t->free / (double)o->n_free : 1;
    double chance = pow(1 - p, (double)at_bound);
    buf_printf(&e->note[part], "%sback to %s %llu times, at most %u by an item (%s)",
               e->note[part].len ? "; " : "", name_of(e, t->to), (unsigned long long)t->k, t->most,
               chance < 0.01 ? "a limit, as the log shows"
                             : "the most seen; the log shows no limit");
}

/* Can items come to an end from a place without passing another? */
static bool ends_without(const struct estimate *e, int32_t from, int32_t but)
{
    const struct flow_plan *p = e->plan;
    bool *seen = mem_zero((size_t)p->n_places + 1, sizeof *seen), ends = false;
    int32_t *queue = mem_alloc(((size_t)p->n_places + 1) * sizeof *queue);
    uint32_t n = 0;
    queue[n++] = from;
    seen[from] = seen[but] = true;
    while (n) {
        const struct outflow *of = p->place[queue[--n]];
        for (size_t i = 0; i < of[EXIT_OF_PASS].aim.len; i++) {
            int32_t to = of[EXIT_OF_PASS].aim.at[i].to;
            ends = ends || to < 0;
            if (to >= 0 && !seen[to])
                queue[n++] = to;
            if (to >= 0)
                seen[to] = true;
        }
    }
    mem_free(seen);
    mem_free(queue);
    return ends;
}

/* Does all that leaves here go back to one place, from where it comes to an end otherwise?  Then
 * there is no bound to be seen. */
static bool always_back(const struct estimate *e, int32_t place, const struct outflow *o)
{
    return o->aim.len == 1 && o->aim.at[0].back && o->n >= ALWAYS_LEAST &&
           o->aim.at[0].to != place && ends_without(e, o->aim.at[0].to, place);
}

/* An edge to a target; one back has its bound, and then goes on to `then`. */
static struct edge make_edge(struct estimate *e, uint32_t part, const struct outflow *o,
                             const struct aim *t, int32_t then)
{
    struct edge x = {.to = step_of(e, t->to), .at_most = AT_MOST_NONE};
    if (!t->back)
        return x;
    if (e->part[part].place >= 0 && always_back(e, e->part[part].place, o)) {
        x.at_most = AT_MOST_UNBOUNDED;
        return x;
    }
    x.at_most = t->most;
    x.then = edge_to(e, then);
    tell_back(e, part, o, t);
    return x;
}

/* Where most go on to, but for `but`. */
static int32_t usual(const struct estimate *e, const struct outflow *o, int32_t but, int32_t none)
{
    const struct aim *best = NULL;
    for (size_t i = 0; i < o->aim.len; i++) {
        const struct aim *t = &o->aim.at[i];
        if (!t->back && t->to != but && (!best || t->k > best->k))
            best = t;
    }
    return best ? step_of(e, best->to) : none;
}

/* Which of the targets a step parts its items to. */
struct choice {
    const struct outflow *of;
    bool backs, forwards;
    int32_t but; /* a target that another edge leads to; TO_SKIP: none */
    int32_t then;
};

static bool chosen(const struct choice *c, const struct aim *t)
{
    return t->to != c->but && (t->back ? c->backs : c->forwards);
}

/* The way that a confidence decides goes first; how many moves it is of.  Where that is the step
 * that is left, it is so by what the others do not take. */
static uint64_t put_rule(struct estimate *e, uint32_t part, const struct choice *c, int32_t rest)
{
    const struct aim_rule *rule = &c->of->rule;
    struct step *s = &e->out->step[part];
    struct arena *a = &e->out->arena;
    for (size_t i = 0; rule->found && i < c->of->aim.len; i++) {
        const struct aim *t = &c->of->aim.at[i];
        if (t->to != rule->to || !chosen(c, t))
            continue;
        struct condition_node *node = arena_alloc(a, sizeof *node);
        struct condition *when = arena_alloc(a, sizeof *when);
        *node = (struct condition_node){
            .op = rule->below ? CONDITION_LESS : CONDITION_AT_LEAST,
            .left = {.kind = OPERAND_CONFIDENCE},
            .right = { .kind = OPERAND_VALUE,  .value = rule->threshold}
        };
        *when = (struct condition){.text = arena_printf(a, "confidence %s %.12g",
                                                        rule->below ? "<" : ">=", rule->threshold),
                                   .n = 1,
                                   .node = node};
        s->way[s->n_ways++] =
            (struct way){.when = when,
                         .edge = make_edge(e, part, c->of, t, c->then != TO_SKIP ? c->then : rest)};
        buf_printf(&e->note[part], "%sto %s by the confidence of %s: %llu of %llu went so",
                   e->note[part].len ? "; " : "", name_of(e, t->to),
                   e->log->stages.at[rule->scorer].id, (unsigned long long)(rule->n - rule->wrong),
                   (unsigned long long)rule->n);
        return c->backs ? t->free : t->k;
    }
    return 0;
}

/* The ways of a step: all chosen targets but one, which is what is left.  `rest`: the step that it
 * is, or TO_SKIP: the one that follows if it is a target, else the one that most take. */
static void put_ways(struct estimate *e, uint32_t part, const struct choice *c, int32_t rest)
{
    struct step *s = &e->out->step[part];
    const struct outflow *o = c->of;
    uint64_t n = c->backs ? o->n_free : 0;
    int32_t following = pipeline_following(e->out, part);
    bool found = rest != TO_SKIP;
    if (c->backs && e->part[part].place >= 0 && always_back(e, e->part[part].place, o)) {
        s->next = make_edge(e, part, o, &o->aim.at[0], TO_SKIP);
        return;
    }
    for (size_t i = 0; !c->backs && i < o->aim.len; i++)
        n += chosen(c, &o->aim.at[i]) ? o->aim.at[i].k : 0;
    for (size_t i = 0; !found && i < o->aim.len; i++)
        found = chosen(c, &o->aim.at[i]) && !o->aim.at[i].back &&
                step_of(e, o->aim.at[i].to) == following;
    if (rest == TO_SKIP)
        rest = found ? following : usual(e, o, c->but, following);
    if (o->rule.found && rest == step_of(e, o->rule.to)) /* the rule leads there: others are left */
        rest = usual(e, o, o->rule.to, rest);
    s->next = *edge_to(e, rest);
    if (e->part[part].role == PART_WAYPOINT && !e->note[part].len)
        buf_puts(&e->note[part], "no step of the log: from here items part");
    s->way = arena_alloc(&e->out->arena, (o->aim.len + 1) * sizeof *s->way);
    n -= put_rule(e, part, c, rest);
    for (size_t i = 0; i < o->aim.len; i++) {
        const struct aim *t = &o->aim.at[i];
        uint64_t k = c->backs ? t->free : t->k;
        if (!chosen(c, t) || k == 0 || (!t->back && step_of(e, t->to) == rest) ||
            (o->rule.found && o->rule.to == t->to))
            continue;
        struct way *w = &s->way[s->n_ways];
        int32_t then = c->then != TO_SKIP ? c->then : rest;
        *w = (struct way){.edge = make_edge(e, part, o, t, then)};
        w->probability = arena_alloc(&e->out->arena, sizeof *w->probability);
        estimate_way(e, part, s->n_ways, k, n, w->probability);
        s->n_ways++;
    }
    if (o->dropped)
        buf_printf(&e->note[part], "%s%llu moves by rarer ways are left out",
                   e->note[part].len ? "; " : "", (unsigned long long)o->dropped);
}

/* The exit of those that fail or are rejected. */
static void put_exit(struct estimate *e, uint32_t part, const struct outflow *o, int32_t way,
                     int32_t none, struct edge *out)
{
    if (o->aim.len == 0)
        return;
    if (way >= 0) {
        *out = *edge_to(e, way);
        put_ways(e, (uint32_t)way, &(struct choice){o, true, true, TO_SKIP, none}, TO_SKIP);
        return;
    }
    const struct aim *t = estimate_usual_aim(o);
    *out = make_edge(e, part, o, t, usual(e, o, TO_SKIP, none));
    if (o->n_free > t->free)
        buf_printf(&e->note[part], "%s%llu of %llu took another way", e->note[part].len ? "; " : "",
                   (unsigned long long)(o->n_free - t->free), (unsigned long long)o->n_free);
}

/* What the gate does with its items: `o`, ways back among them where it is a step of its own. */
static void put_gate(struct estimate *e, int32_t place, const struct outflow *o, bool backs)
{
    struct step *g = &e->out->step[e->gate];
    int32_t above = waypoint_of(e, place, OF_GATE);
    g->below = *edge_to(e, step_of(e, e->plan->review));
    g->above = *edge_to(e, above >= 0 ? above : usual(e, o, e->plan->review, TO_SHIP));
    if (above >= 0)
        put_ways(e, (uint32_t)above, &(struct choice){o, backs, true, e->plan->review, TO_SKIP},
                 TO_SKIP);
}

/* The check that stands behind a step, with what it catches by what items were. */
static void put_check(struct estimate *e, uint32_t part, const struct outflow *o)
{
    struct step *s = &e->out->step[part];
    const struct aim_check *c = &o->check;
    s->kind = STEP_CHECK;
    s->on_reject = *edge_to(e, step_of(e, c->to));
    s->next = *edge_to(e, usual(e, o, c->to, TO_SHIP));
    estimate_rate(e, part, "sensitivity", c->caught, c->bad, false, &s->numbers->sensitivity);
    estimate_rate(e, part, "specificity", c->passed, c->good, false, &s->numbers->specificity);
    buf_printf(
        &e->note[part],
        "no step of the log: %llu of %llu bad drafts and %llu of %llu good ones were sent to "
        "%s from here",
        (unsigned long long)c->caught, (unsigned long long)c->bad,
        (unsigned long long)(c->good - c->passed), (unsigned long long)c->good, name_of(e, c->to));
}

/* Those that pass. */
static void put_pass(struct estimate *e, uint32_t part, int32_t place)
{
    struct flow_plan *p = e->plan;
    const struct outflow *o = estimate_pass_of(p, place);
    int32_t after = waypoint_of(e, place, OF_PASS);
    int32_t check = waypoint_of(e, place, OF_CHECK);
    if (p->own >= 0 && p->own == place) {
        put_gate(e, place, o, true);
    } else if (check >= 0) {
        e->out->step[part].next = *edge_to(e, check);
        put_check(e, (uint32_t)check, o);
    } else if (after >= 0) {
        put_ways(e, part, &(struct choice){o, true, false, TO_SKIP, after}, after);
        put_ways(e, (uint32_t)after, &(struct choice){o, false, true, TO_SKIP, TO_SKIP}, TO_SKIP);
    } else {
        put_ways(e, part, &(struct choice){o, true, true, TO_SKIP, TO_SKIP}, TO_SKIP);
    }
}

static void put_joined(struct estimate *e, uint32_t part, uint32_t joined)
{
    e->out->step[part].next = *edge_to(e, (int32_t)joined);
    buf_printf(
        &e->note[joined],
        "no step of the log: what items hold once the drafts of `%s` are joined, for the log "
        "does not tell of each whether it is right",
        e->log->stages.at[e->part[joined].holds].id);
}

static void put_join(struct estimate *e, uint32_t part, int32_t place)
{
    const struct structure_place *at = &e->flow->place.at[place];
    struct parallel *par = arena_alloc(&e->out->arena, sizeof *par);
    uint32_t *first = arena_alloc(&e->out->arena, (at->branches + 2) * sizeof *first);
    uint32_t n = at->branches * at->copies, branch = 0;
    *par = (struct parallel){.join = JOIN_ALL,
                             .k = n,
                             .n = n,
                             .copies = at->copies,
                             .n_branches = at->branches,
                             .first = first};
    if (at->needed < at->branches) {
        par->join = at->needed == 1 ? JOIN_ANY : JOIN_K_OF_N;
        par->k = at->needed;
    }
    first[0] = part + 1;
    uint32_t i = part + 1;
    for (; i < e->n_parts; i++) {
        int32_t of = e->part[i].place;
        uint32_t b;
        if (e->part[i].role == PART_WAYPOINT && e->part[i].of == OF_ENTRY)
            b = (uint32_t)(-1 - of) - at->entry;
        else if (of >= 0 && (uint32_t)of > (uint32_t)place && (uint32_t)of < at->end)
            b = e->flow->place.at[of].branch;
        else
            break;
        if (b != branch)
            first[branch = b] = i;
        e->out->step[i].parent = part + 1;
        e->out->step[i].branch = b;
    }
    first[at->branches] = i;
    e->out->step[part].parallel = par;
    buf_printf(&e->note[part], "%s%llu times side by side", e->note[part].len ? "; " : "",
               (unsigned long long)at->instances);
    if (par->join != JOIN_ALL)
        buf_printf(&e->note[part], ", and items went on after %u of %u", par->k, par->n);
}

void estimate_set_flow(struct estimate *e)
{
    struct flow_plan *p = e->plan;
    for (uint32_t i = 0; i < e->n_parts; i++)
        if (e->part[i].role == PART_PARALLEL)
            put_join(e, i, e->part[i].place);
    for (uint32_t i = 0; i < e->n_parts; i++) { /* the step that follows is known now */
        struct step *s = &e->out->step[i];
        s->next = s->above = s->below = *edge_to(e, pipeline_following(e->out, i));
    }
    if (e->n_parts && e->part[0].role == PART_ORCHESTRATION)
        put_pass(e, 0, -1);
    if (p->has_gate && p->own < 0)
        put_gate(e, -1, &p->gate, false);
    for (uint32_t i = 0; i < p->n_places; i++) {
        uint32_t part = (uint32_t)p->part_of[i];
        struct step *s = &e->out->step[part];
        const struct outflow *o = p->place[i];
        int32_t joined = waypoint_of(e, (int32_t)i, OF_JOIN);
        if (joined >= 0)
            put_joined(e, part, (uint32_t)joined);
        put_pass(e, joined >= 0 ? (uint32_t)joined : part, (int32_t)i);
        put_exit(e, part, &o[EXIT_OF_FAILURE], waypoint_of(e, (int32_t)i, OF_FAILURE), TO_FAIL,
                 &s->fallback);
        put_exit(e, part, &o[EXIT_OF_REJECTION], waypoint_of(e, (int32_t)i, OF_REJECTION),
                 TO_REJECT, &s->on_reject);
    }
    for (uint32_t i = 0; i < e->n_parts; i++)
        if (e->part[i].role == PART_WAYPOINT && e->part[i].of == OF_ENTRY && e->part[i].place < -1)
            put_ways(
                e, i,
                &(struct choice){&p->entry[-1 - e->part[i].place], false, true, TO_SKIP, TO_SKIP},
                TO_SKIP);
}
