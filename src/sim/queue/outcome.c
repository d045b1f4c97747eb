/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a visit ends: its time is counted; when it was visibly ok there are a confidence, the
 * decision of a check or review, or the gate's; then the way on. */
#include "sim/queue/visit.h"

#include <math.h>

VISIT_INLINE void close_visit(struct queue_sim *s, uint32_t path, struct path *p, bool ok)
{
    const struct item *item = &s->item[p->item];
    double took = s->clock.now_s - p->visit_s;
    p->awaits = AWAITS_NOTHING;
    p->sums[STEP_VISIT_ENDS + ok * 2 + (p->attempts > 1)]++;
    p->sums[STEP_VISIT_TIME] += took;
    if (!within_s(s, took, p->plan->budget_s))
        p->sums[STEP_OVER]++;
    if (item->counts)
        tally_visit(s->tally, item->unit, p->step, took);
    if (!ok)
        path_flags(s, path)[p->step] |= FLAG_FAILED;
}

void visit_close(struct queue_sim *s, uint32_t path, bool ok)
{
    close_visit(s, path, &s->path[path], ok);
}

void visit_fail(struct queue_sim *s, uint32_t path)
{
    visit_close(s, path, false);
    route_take(s, path, s->path[path].at->exit[QUEUE_FAIL]);
}

void visit_turned_away(struct queue_sim *s, uint32_t path)
{
    visit_close(s, path, false);
    route_take(s, path, s->path[path].at->exit[QUEUE_FULL]);
}

static void pass_gate(struct queue_sim *s, uint32_t path)
{
    struct path *p = &s->path[path];
    const struct queue_step *q = p->at;
    const struct queue_plan *plan = p->plan;
    int32_t of = q->step->gate_of;
    double c = of < 0 ? p->confidence : path_confidences(s, path)[of];
    double low = plan->threshold, high = q->step->bands ? plan->threshold_high : low;
    c = (double)(float)c;
    if (q->step->draws_threshold) {
        uint64_t u = item_number(&s->item[p->item], p->step, FOR_THRESHOLD);
        low = high = (double)(float)law_draw(&plan->threshold_law, u);
    }
    enum queue_exit exit = rules_gate_ships(c, high)                    ? QUEUE_ABOVE
                           : q->step->bands && rules_gate_ships(c, low) ? QUEUE_BETWEEN
                                                                        : QUEUE_BELOW;
    if (exit == QUEUE_ABOVE && q->step->audit.present) {
        double share = audit_probability(q->step->audit.design, plan->audit, c, high);
        if (rng_unit(path_number(p, 0, FOR_AUDIT)) < share)
            exit = QUEUE_AUDIT;
        s->item[p->item].audited = exit == QUEUE_AUDIT;
    }
    route_take(s, path, q->exit[exit]);
}

static void give_confidence(struct queue_sim *s, uint32_t path)
{
    struct path *p = &s->path[path];
    uint64_t u = path_number(p, 0, FOR_CONFIDENCE);
    if (s->tilt)
        u = tilt_confidence(s->tilt, p->step, u);
    p->confidence = law_draw(&p->plan->confidence[p->good], u);
    path_confidences(s, path)[p->step] = p->confidence;
}

/* A reviewer's verdict is a label. */
static void note_label(struct queue_sim *s, uint32_t path, bool caught, bool change)
{
    struct label_sink *l = s->labels;
    const struct path *p = &s->path[path];
    uint32_t whose = s->item[p->item].audited ? LABELS_AUDIT : LABELS_REVIEW;
    s->item[p->item].audited = false;
    if (!(l->whose & whose) || s->clock.now_s < l->from_s || !(s->clock.now_s < l->upto_s))
        return;
    l->n++;
    l->mended += change && !p->good;
    for (uint32_t k = 0; k < l->n_asked; k++) {
        double c = path_confidences(s, path)[l->asked[k]];
        if (!isnan(c))
            vec_push(&l->rows[k].list,
                     ((struct scored){.confidence = c, .weight = 1, .correct = !caught}));
    }
}

static void decide(struct queue_sim *s, uint32_t path)
{
    struct path *p = &s->path[path];
    const struct queue_plan *plan = p->plan;
    const uint64_t *changes = p->tired ? plan->tired_change_below : plan->change_below;
    const uint64_t *rejects = p->tired ? plan->tired_reject_below : plan->reject_below;
    uint64_t u = path_number(p, 0, FOR_DECISION);
    if (s->tilt)
        u = tilt_decision(s->tilt, p->step, changes[p->good], rejects[p->good], u);
    bool change = u < changes[p->good], caught = u < rejects[p->good];
    p->sums[STEP_CAUGHT] += caught;
    if (s->labels && p->at->kind == STEP_REVIEW)
        note_label(s, path, caught, change);
    p->good = p->good != change;
    if (p->at->keeps_confidence)
        give_confidence(s, path); /* of the quality that the decision left */
    if (caught && !change)
        route_take(s, path, p->at->exit[QUEUE_REJECT]);
    else
        route_pass(s, path);
}

VISIT_INLINE void end_well(struct queue_sim *s, uint32_t path, struct path *p)
{
    const struct queue_step *q = p->at;
    close_visit(s, path, p, true);
    if (q->decides) {
        decide(s, path);
        return;
    }
    if (q->keeps_confidence)
        give_confidence(s, path);
    if (q->kind == STEP_GATE)
        pass_gate(s, path);
    else if (q->has_ways)
        route_pass(s, path);
    else
        route_take(s, path, q->exit[QUEUE_PASS]);
}

void visit_ok_at_once(struct queue_sim *s, uint32_t path)
{
    end_well(s, path, &s->path[path]);
}

void visit_ok(struct queue_sim *s, uint32_t path, enum try_end end)
{
    struct path *p = &s->path[path];
    bool spoilt = end == TRY_WRONG || end == TRY_UNSEEN;
    p->outcome = OUTCOME_OK;
    if (spoilt)
        path_flags(s, path)[p->step] |= FLAG_WRONG;
    p->good = !spoilt && (p->good || end == TRY_REPAIRED);
    end_well(s, path, p);
}
