/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items that leave a desk unserved: its step becomes a door in its place, which lets an item on to
 * the step itself at the end of the table, sends it away (the room is full), or on to a step where
 * its patience ends.  Nobody comes to such a desk twice, so that the way back from the end of the
 * table changes nothing; afterwards the rows of the door and the step are one again. */
#include "sim/exact/desks.h"

#include <math.h>
#include <string.h>

/* --- may it be done? */

static bool asks_for(const struct step *s, uint32_t step)
{
    if (s->gate_of == (int32_t)step)
        return true;
    for (uint32_t g = 0; g < s->n_given; g++)
        if (s->given[g].kind != GIVEN_CLASS && s->given[g].kind != GIVEN_BAD &&
            s->given[g].of == step)
            return true;
    for (uint32_t w = 0; w < s->n_ways; w++)
        for (uint32_t k = 0; s->way[w].when && k < s->way[w].when->n; k++) {
            const struct condition_node *n = &s->way[w].when->node[k];
            const struct operand *both[] = {&n->left, &n->right};
            for (int i = 0; i < 2 && n->op < CONDITION_NOT; i++)
                if ((both[i]->kind == OPERAND_VISITS || both[i]->kind == OPERAND_CONFIDENCE_OF) &&
                    both[i]->of == step)
                    return true;
        }
    return false;
}

bool leave_can(const struct offices *o)
{
    for (uint32_t d = 0; d < o->n; d++)
        for (uint32_t i = 0; i < o->at[d].n_steps && o->at[d].leaves; i++) {
            if (isnan(o->at[d].value.abandon) || isnan(o->at[d].value.block))
                return false;
            for (uint32_t s = 0; s < o->p->n_steps; s++)
                if (asks_for(&o->p->step[s], o->at[d].step[i]))
                    return false;
        }
    return true;
}

/* --- the pipeline with doors */

static uint32_t leaving_steps(const struct offices *o)
{
    uint32_t n = 0;
    for (uint32_t d = 0; d < o->n; d++)
        n += o->at[d].leaves ? o->at[d].n_steps : 0;
    return n;
}

/* A step that takes no time and lets all pass; as likely as `fails`, it does not. */
static struct step plain_step(struct pipeline *p, const struct step *of, double fails)
{
    struct step s = {
        .id = of->id,
        .kind = of->kind == STEP_REVIEW && fails == 0 ? STEP_REVIEW : STEP_STAGE,
        .layer = of->layer,
        .line = of->line,
        .column = of->column,
        .retry = {.attempts = 1,   .on = RETRY_ALL        },
        .gate_of = -1,
        .next = {.to = TO_SHIP,   .at_most = AT_MOST_NONE},
        .fallback = {.to = TO_FAIL,   .at_most = AT_MOST_NONE},
        .on_reject = {.to = TO_REJECT, .at_most = AT_MOST_NONE}
    };
    s.numbers = arena_alloc(&p->arena, p->n_classes * sizeof *s.numbers);
    for (uint32_t k = 0; k < p->n_classes; k++) {
        s.numbers[k] = numbers_instant();
        s.numbers[k].error.value = fails;
    }
    return s;
}

static void put_way(struct pipeline *p, struct way *way, double probability, struct edge edge)
{
    *way = (struct way){.edge = edge};
    way->probability = arena_alloc(&p->arena, p->n_classes * sizeof *way->probability);
    for (uint32_t k = 0; k < p->n_classes; k++)
        way->probability[k] = (struct number){.value = probability};
}

static void make_door(struct pipeline *p, const struct office *of, uint32_t step, uint32_t served)
{
    struct step own = p->step[step], door = plain_step(p, &own, 0);
    struct edge full = of->resource->when_full;
    double block = of->value.block, left = of->value.abandon;
    if (full.to == TO_SKIP)
        full.to = pipeline_following(p, step);
    door.n_ways = 3;
    door.ways_complete = true;
    door.way = arena_alloc(&p->arena, 3 * sizeof *door.way);
    put_way(p, &door.way[0], block, full);
    put_way(p, &door.way[1], left,
            (struct edge){.to = (int32_t)served + 1, .at_most = AT_MOST_NONE});
    put_way(p, &door.way[2], 1 - block - left,
            (struct edge){.to = (int32_t)served, .at_most = AT_MOST_NONE});
    p->step[served] = own;
    p->step[served + 1] = plain_step(p, &own, 1);
    p->step[served + 1].id = "";
    p->step[step] = door;
}

void leave_split(const struct offices *o, struct pipeline *p)
{
    uint32_t n = o->p->n_steps, at = n;
    struct step *all = arena_alloc(&p->arena, (n + 2 * (size_t)leaving_steps(o)) * sizeof *all);
    memcpy(all, p->step, n * sizeof *all);
    p->step = all;
    for (uint32_t d = 0; d < o->n; d++)
        for (uint32_t i = 0; i < o->at[d].n_steps && o->at[d].leaves; i++, at += 2)
            make_door(p, &o->at[d], o->at[d].step[i], at);
    p->n_steps = at;
}

const struct wait_law **leave_waits(const struct offices *o)
{
    uint32_t n = o->p->n_steps, all = n + 2 * leaving_steps(o);
    const struct wait_law **law = mem_zero((size_t)o->p->n_classes * all, sizeof *law);
    for (uint32_t k = 0; k < o->p->n_classes; k++) {
        uint32_t at = n;
        for (uint32_t d = 0; d < o->n; d++)
            for (uint32_t i = 0; i < o->at[d].n_steps; i++) {
                const struct office *of = &o->at[d];
                law[k * all + (of->leaves ? at : of->step[i])] = &of->wait[k];
                if (of->leaves && of->value.abandon > 0)
                    law[k * all + at + 1] = &of->left;
                at += of->leaves ? 2 : 0;
            }
    }
    return law;
}

/* --- one row again */

static struct metric *find(struct metrics *m, const char *name)
{
    for (size_t i = 0; i < m->list.len; i++)
        if (!strcmp(m->list.at[i].name, name))
            return &m->list.at[i];
    return NULL;
}

static double value_of(struct metrics *m, const char *name)
{
    const struct metric *found = find(m, name);
    return found ? found->value : 0;
}

static void set(struct metrics *m, const char *name, double value)
{
    struct metric *found = find(m, name);
    if (found)
        found->value = found->low = found->high = value;
    else
        metrics_add_exact(m, name, value, "1");
}

static void take_out(struct metrics *m, const char *const *names, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->list.len; i++) {
        bool out = false;
        for (size_t k = 0; k < n; k++)
            out = out || !strncmp(m->list.at[i].name, names[k], strlen(names[k]));
        if (!out)
            m->list.at[kept++] = m->list.at[i];
    }
    m->list.len = kept;
}

/* What speaks of visits that were not served as of those that were. */
static const char *const of_visits[] = {"success_rate",  "first_try_rate", "retry_success_rate",
                                        "visit_latency", "within_budget",  "escape_rate",
                                        "birnbaum",      "improvement",    "loss"};

/* What rests on a step's being perfect or failing, which would change how many leave the desks. */
static const char *const of_changes[] = {"birnbaum", "improvement", "loss"};

static void merge_stage(struct result *out, const struct office *of, uint32_t step, uint32_t served,
                        double visits)
{
    static const char *const exits[] = {"exit_ship", "exit_reject", "exit_fail"};
    struct metrics *door = &out->stages.at[step].metrics, *own = &out->stages.at[served].metrics;
    double gets = 1 - of->value.block - of->value.abandon, sum[3];
    for (int k = 0; k < 3; k++)
        sum[k] = value_of(door, exits[k]) + value_of(own, exits[k]);
    door->list.len = 0;
    for (size_t i = 0; i < own->list.len; i++)
        vec_push(&door->list, own->list.at[i]);
    take_out(door, of_visits, sizeof of_visits / sizeof *of_visits);
    set(door, "visits_per_item", visits);
    for (int k = 0; k < 3; k++)
        set(door, exits[k], sum[k]);
    set(door, "exit_abandon", of->value.abandon * visits);
    if (find(door, "caught_rate"))
        set(door, "caught_rate", gets * value_of(door, "caught_rate"));
    out->stages.at[step].kind = out->stages.at[served].kind;
}

/* Edges that leave the door or the step, without those between them; shares are of all visits. */
static void merge_edges(struct result *out, const char *id, double visits)
{
    size_t kept = 0;
    for (size_t i = 0; i < out->edges.len; i++) {
        struct edge_row *e = &out->edges.at[i];
        size_t same = kept;
        if ((!strcmp(e->from, id) && !strcmp(e->to, id)) || !e->to[0] || !e->from[0]) {
            vec_release(&e->metrics.list);
            continue;
        }
        for (size_t k = 0; k < kept; k++)
            if (!strcmp(out->edges.at[k].from, e->from) && !strcmp(out->edges.at[k].to, e->to))
                same = k;
        double per_item = value_of(&e->metrics, "per_item");
        if (same < kept) {
            per_item += value_of(&out->edges.at[same].metrics, "per_item");
            vec_release(&e->metrics.list);
        } else {
            out->edges.at[kept++] = *e;
        }
        if (!strcmp(out->edges.at[same].from, id) && visits > 0) {
            set(&out->edges.at[same].metrics, "per_item", per_item);
            set(&out->edges.at[same].metrics, "share", per_item / visits);
        }
    }
    out->edges.len = kept;
}

struct left_sums {
    double visits, reviews, left;
};

static void mend(struct metrics *m, const struct left_sums *s)
{
    static const char *const spread[] = {"visits_sd"};
    double failed = value_of(m, "share_failed") - s->left;
    set(m, "share_failed", fabs(failed) < 1e-15 ? 0 : failed);
    set(m, "share_abandoned", s->left);
    set(m, "visits_mean", value_of(m, "visits_mean") - s->visits);
    set(m, "reviews_per_item", value_of(m, "reviews_per_item") - s->reviews);
    if (s->visits != 0)
        take_out(m, spread, 1);
}

static void add_sums(const struct offices *o, uint32_t class, double part, struct left_sums *s)
{
    for (uint32_t d = 0; d < o->n; d++)
        for (uint32_t i = 0; i < o->at[d].n_steps && o->at[d].leaves; i++) {
            const struct office *of = &o->at[d];
            double visits = part * of->tries[class * of->n_steps + i];
            s->visits += visits * (1 - of->value.block);
            s->left += visits * of->value.abandon;
            if (o->p->step[of->step[i]].kind == STEP_REVIEW)
                s->reviews += visits * (1 - of->value.block - of->value.abandon);
        }
}

void leave_merge(const struct offices *o, struct result *out)
{
    const struct pipeline *p = o->p;
    struct left_sums all = {0};
    uint32_t at = p->n_steps;
    for (uint32_t k = 0; k < p->n_classes; k++) {
        struct left_sums one = {0};
        add_sums(o, k, 1, &all);
        if (out->classes.len != p->n_classes || !(p->class[k].share > 0))
            continue;
        add_sums(o, k, 1 / p->class[k].share, &one);
        mend(&out->classes.at[k].metrics, &one);
    }
    mend(&out->metrics, &all);
    for (uint32_t d = 0; d < o->n; d++)
        for (uint32_t i = 0; i < o->at[d].n_steps && o->at[d].leaves; i++, at += 2) {
            const struct office *of = &o->at[d];
            double visits = 0;
            for (uint32_t k = 0; k < p->n_classes; k++)
                visits += of->tries[k * of->n_steps + i];
            merge_stage(out, of, of->step[i], at, visits);
            merge_edges(out, p->step[of->step[i]].id, visits);
        }
    for (uint32_t i = 0; at > p->n_steps && i < p->n_steps; i++)
        take_out(&out->stages.at[i].metrics, of_changes, sizeof of_changes / sizeof *of_changes);
    for (size_t i = p->n_steps; i < out->stages.len; i++)
        vec_release(&out->stages.at[i].metrics.list);
    out->stages.len = p->n_steps;
}
