/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of a visit: confidence, decision, the edge that is taken; and the end of an item. */
#include "model/rules.h"
#include "tests/support/plain_sim_parts.h"

static struct plain_item *item_of(struct plain *s, uint32_t path)
{
    return &s->item.at[s->path.at[path].item];
}

/* --- how an item ends */

static void end_in(struct plain *s, struct plain_class *k, const struct plain_item *item,
                   enum plain_exit how, bool good)
{
    double time_s = s->now_s - item->entered_s;
    k->n++;
    k->correct += how == END_SHIPPED && good;
    k->wrong += how == END_SHIPPED && !good;
    k->rejected += how == END_REJECTED;
    k->failed += how == END_FAILED;
    k->abandoned += how == END_ABANDONED;
    k->unfinished += how == END_UNFINISHED;
    k->automatic += how == END_SHIPPED && !item->reviewed;
    k->auto_wrong += how == END_SHIPPED && !item->reviewed && !good;
    k->reviewed += item->reviewed;
    k->reviews += item->reviews;
    k->visits += item->visits;
    k->cost += item->cost;
    k->wait += item->wait_s;
    vec_push(&k->costs, item->cost);
    if (how == END_UNFINISHED)
        return;
    vec_push(&k->times, time_s);
    if (how == END_SHIPPED)
        vec_push(&k->shipped_times, time_s);
}

void plain_item_ends(struct plain *s, uint32_t i, enum plain_exit how, bool good)
{
    struct plain_item *item = &s->item.at[i];
    for (uint32_t w = 0; w < s->path.len; w++)
        if (s->path.at[w].live && s->path.at[w].item == i) {
            if (how == END_ABANDONED)
                plain_leave_lines(s, w);
            plain_cancel(s, w);
            s->path.at[w].live = false;
            mem_free(s->path.at[w].branch_at);
            s->path.at[w].branch_at = NULL;
        }
    item->live = false;
    if (!item->cohort)
        return;
    end_in(s, &s->class[item->class], item, how, good);
    end_in(s, &s->class[s->p->n_classes], item, how, good);
    struct plain_step *last = &s->step[item->last_step];
    last->ships += how == END_SHIPPED;
    last->rejects += how == END_REJECTED;
    last->fails += how == END_FAILED;
    last->abandons += how == END_ABANDONED;
    for (uint32_t k = 0; k < s->p->n_steps; k++) {
        s->step[k].bad += item->bad_at[k];
        s->step[k].bad_shipped += item->bad_at[k] && how == END_SHIPPED && !good;
    }
}

/* --- edges */

void plain_go(struct plain *s, uint32_t path, int32_t to)
{
    struct plain_path *w = &s->path.at[path];
    if (to >= 0)
        plain_visit(s, path, (uint32_t)to);
    else if (w->parent != NOBODY)
        plain_branch_ends(s, path, to == TO_JOIN || to == TO_SHIP);
    else
        plain_item_ends(s, w->item,
                        to == TO_SHIP     ? END_SHIPPED
                        : to == TO_REJECT ? END_REJECTED
                                          : END_FAILED,
                        w->good);
}

static bool may_pass(struct plain_path *w, const struct edge *edge)
{
    uint32_t k = 0;
    if (edge->at_most == AT_MOST_NONE || edge->at_most == AT_MOST_UNBOUNDED)
        return true;
    while (k < w->n_passed && w->passed[k].edge != edge)
        k++;
    if (k == PLAIN_EDGES)
        BUG("more edges than the plain simulation counts");
    if (k == w->n_passed) {
        w->passed[w->n_passed].edge = edge;
        w->passed[w->n_passed++].n = 0;
    }
    return w->passed[k].n++ < edge->at_most;
}

void plain_take(struct plain *s, uint32_t path, const struct edge *edge)
{
    struct plain_path *w = &s->path.at[path];
    int32_t to;
    while (edge && !may_pass(w, edge))
        edge = edge->then;
    to = edge ? edge->to : TO_REJECT;
    if (to == TO_SKIP)
        to = pipeline_following(s->p, w->step);
    if (to >= 0 && (uint32_t)to <= w->step && w->at[to].entered && s->broken != PLAIN_REWORK_KEEPS)
        w->good = w->at[to].entered_good;
    w->phase = PATH_NEXT;
    w->until_s = s->now_s;
    w->next = to;
}

/* --- the end of a visit */

static double corrected(const struct confidence_source *from, double c)
{
    if (from->method == CALIBRATE_NONE)
        return c;
    if (from->method != CALIBRATE_FILE)
        BUG("the plain simulation fits no calibration");
    if (c <= from->raw[0])
        return from->corrected[0];
    for (uint32_t k = 1; k < from->n; k++)
        if (c <= from->raw[k])
            return from->corrected[k - 1] + (from->corrected[k] - from->corrected[k - 1]) *
                                                (c - from->raw[k - 1]) /
                                                (from->raw[k] - from->raw[k - 1]);
    return from->corrected[from->n - 1];
}

static void give_confidence(struct plain *s, uint32_t path)
{
    struct plain_path *w = &s->path.at[path];
    const struct step *st = &s->p->step[w->step];
    if (!st->has_confidence)
        return;
    double c = plain_draw(s, w->good ? &w->numbers.confidence_good : &w->numbers.confidence_bad);
    w->confidence = w->at[w->step].confidence = corrected(&st->confidence, c);
}

/* A check or a review: true when the item is rejected; caught: or else mended or spoiled. */
static bool judged_bad(struct plain *s, uint32_t path, bool *caught)
{
    struct plain_path *w = &s->path.at[path];
    const struct numbers *n = &w->numbers;
    const struct step *st = &s->p->step[w->step];
    if (st->kind != STEP_CHECK && st->kind != STEP_REVIEW)
        return false;
    if (w->good) {
        if (plain_chance(s, n->specificity.value))
            return false;
        *caught = true;
        if (st->kind == STEP_REVIEW && plain_chance(s, n->spoils.value)) {
            w->good = false;
            return false;
        }
        return true;
    }
    if (!plain_chance(s, n->sensitivity.value))
        return false;
    *caught = true;
    if (st->kind == STEP_REVIEW && plain_chance(s, n->fixes.value)) {
        w->good = true;
        return false;
    }
    return true;
}

static bool has_line(const struct plain *s, const struct edge *to)
{
    for (uint32_t i = 0; i < s->call.len; i++)
        if (s->call.at[i].live && s->call.at[i].state == CALL_IN_LINE && to->to >= 0 &&
            s->call.at[i].resource == s->p->step[to->to].by)
            return true;
    return false;
}

static const struct edge *gate_edge(struct plain *s, uint32_t path)
{
    struct plain_path *w = &s->path.at[path];
    const struct step *st = &s->p->step[w->step];
    double c = st->gate_of >= 0 ? w->at[st->gate_of].confidence : w->confidence;
    double low = w->numbers.threshold.value, high = low;
    if (st->draws_threshold) {
        if (isnan(w->at[w->step].threshold))
            w->at[w->step].threshold = plain_draw(s, &w->numbers.threshold_dist);
        low = high = w->at[w->step].threshold;
    }
    if (st->bands)
        high = w->numbers.threshold_high.value;
    if (c >= high) {
        double audited = audit_probability(st->audit.design, w->numbers.audit.value, c, high);
        if (st->audit.present && plain_chance(s, audited) &&
            !(s->broken == PLAIN_AUDIT_DROPPED && has_line(s, &st->audit.to)))
            return &st->audit.to;
        return &st->above;
    }
    return st->bands && c >= low ? &st->between : &st->below;
}

static const struct edge *way_on(struct plain *s, uint32_t path)
{
    struct plain_path *w = &s->path.at[path];
    const struct step *st = &s->p->step[w->step];
    const struct plain_item *item = item_of(s, path);
    double confidence_of[PLAIN_STEPS], u = plain_unit(s), sum = 0;
    uint32_t visits[PLAIN_STEPS];
    const struct edge *last = &st->next;
    for (uint32_t k = 0; k < s->p->n_steps; k++) {
        confidence_of[k] = w->at[k].confidence;
        visits[k] = w->at[k].visits;
    }
    const struct condition_facts facts = {
        w->confidence, s->now_s - item->entered_s, confidence_of, visits, w->outcome, item->class};
    for (uint32_t k = 0; k < st->n_ways; k++) {
        const struct way *way = &st->way[k];
        if (way->when && condition_holds(way->when, &facts))
            return &way->edge;
        if (!way->probability)
            continue;
        if (u >= sum && u < sum + way->probability[item->class].value)
            return &way->edge;
        sum += way->probability[item->class].value;
        if (st->ways_complete)
            last = &way->edge;
    }
    return last;
}

void plain_count_visit(struct plain *s, uint32_t path, bool ok)
{
    const struct plain_path *w = &s->path.at[path];
    struct plain_step *k = &s->step[w->step];
    if (!item_of(s, path)->cohort)
        return;
    double time_s = s->now_s - w->visit_s;
    k->ended++;
    k->ok += ok;
    k->first_ok += ok && w->attempts <= 1;
    k->retried += w->attempts > 1;
    k->retried_ok += ok && w->attempts > 1;
    k->in_budget += time_s <= w->numbers.budget_s;
    k->visit_time += time_s;
}

void plain_visit_ends(struct plain *s, uint32_t path, bool is_ok)
{
    struct plain_path *w = &s->path.at[path];
    const struct step *st = &s->p->step[w->step];
    struct plain_memory *m = &w->at[w->step];
    m->failed = !is_ok;
    m->wrong = is_ok && w->silent;
    plain_count_visit(s, path, is_ok);
    if (!is_ok) {
        plain_take(s, path, &st->fallback);
        return;
    }
    bool caught = false, rejected = judged_bad(s, path, &caught);
    s->step[w->step].caught += caught && item_of(s, path)->cohort;
    give_confidence(s, path);
    if (rejected)
        plain_take(s, path, &st->on_reject);
    else if (st->kind == STEP_GATE)
        plain_take(s, path, gate_edge(s, path));
    else
        plain_take(s, path, way_on(s, path));
}
