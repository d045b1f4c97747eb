/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counting: one sum or value for each thing that is told. */
#include "exec/tally.h"

#include "exec/orchestrator.h"

#include <math.h>

void run_tally_init(struct run_tally *t, const struct pipeline *p)
{
    *t = (struct run_tally){.pipeline = p};
    t->class = mem_zero(p->n_classes + 1, sizeof *t->class);
    t->step = mem_zero(p->n_steps + 1, sizeof *t->step);
    t->desk = mem_zero(p->n_resources + 1, sizeof *t->desk);
    t->weather = mem_zero(p->n_environments + 1, sizeof *t->weather);
    for (uint32_t k = 0; k < p->n_resources; k++)
        t->desk[k].unit = mem_zero(RUN_UNITS, sizeof *t->desk[k].unit);
    for (uint32_t c = 0; c <= p->n_classes; c++)
        t->class[c].unit = mem_zero(RUN_UNITS, sizeof *t->class[c].unit);
    for (uint32_t i = 0; i < p->n_steps; i++) {
        t->step[i].unit = mem_zero(RUN_UNITS, sizeof *t->step[i].unit);
        t->step[i].to = mem_zero(p->n_steps + 4, sizeof *t->step[i].to);
        t->step[i].capable = mem_zero(p->n_classes, sizeof *t->step[i].capable);
    }
}

void run_tally_release(struct run_tally *t)
{
    if (!t->pipeline)
        return;
    for (uint32_t c = 0; c <= t->pipeline->n_classes; c++) {
        mem_free(t->class[c].unit);
        values_release(&t->class[c].shipped_s);
        values_release(&t->class[c].all_s);
        values_release(&t->class[c].costs);
    }
    for (uint32_t i = 0; i < t->pipeline->n_steps; i++) {
        mem_free(t->step[i].unit);
        mem_free(t->step[i].to);
        mem_free(t->step[i].capable);
        values_release(&t->step[i].attempts_s);
        values_release(&t->step[i].visits_s);
        vec_release(&t->step[i].scores.list);
    }
    for (uint32_t k = 0; k < t->pipeline->n_resources; k++) {
        mem_free(t->desk[k].unit);
        values_release(&t->desk[k].waits_s);
        vec_release(&t->desk[k].seen);
    }
    mem_free(t->class);
    mem_free(t->step);
    mem_free(t->desk);
    mem_free(t->weather);
    *t = (struct run_tally){0};
}

/* --- attempts and visits */

static void note_attempt(struct run_tally *t, const struct run_event *e)
{
    static const enum run_step_sum sum[OUTCOME_COUNT] = {
        [OUTCOME_OK] = RUN_STEP_OK,           [OUTCOME_WRONG] = RUN_STEP_WRONG,
        [OUTCOME_ERROR] = RUN_STEP_ERROR,     [OUTCOME_MALFORMED] = RUN_STEP_MALFORMED,
        [OUTCOME_TIMEOUT] = RUN_STEP_TIMEOUT,
    };
    struct run_step_tally *s = &t->step[e->step];
    double *u = s->unit[e->unit], took_s = fmax(e->end_s - e->begin_s, 0);
    u[RUN_STEP_ATTEMPTS]++;
    u[RUN_STEP_COST] += e->cost;
    if (e->cancelled)
        return;
    u[RUN_STEP_ANSWERS]++;
    u[sum[e->hidden]]++;
    u[RUN_STEP_ATTEMPT_TIME] += took_s;
    values_add(&s->attempts_s, took_s);
}

/* As many as values that are kept. */
static void note_score(struct run_scores *s, const struct run_event *e)
{
    if (isnan(e->confidence) || e->left == RUN_UNKNOWN || s->list.len == VALUES_MAX)
        return;
    vec_push(&s->list,
             ((struct scored){
                 .confidence = e->confidence, .weight = 1, .correct = e->left == RUN_GOOD}));
}

static void note_visit(struct run_tally *t, const struct run_event *e)
{
    const struct step *law = &t->pipeline->step[e->step];
    struct run_step_tally *s = &t->step[e->step];
    double *u = s->unit[e->unit], took_s = fmax(e->end_s - e->begin_s, 0);
    bool ok = e->exit != EXIT_FAIL, retried = e->attempts > 1;
    u[RUN_STEP_ENDED]++;
    u[RUN_STEP_ENDED_OK] += ok;
    u[RUN_STEP_FIRST_OK] += ok && !retried;
    u[RUN_STEP_RETRIED] += retried;
    u[RUN_STEP_RETRIED_OK] += ok && retried;
    u[RUN_STEP_VISIT_TIME] += took_s;
    u[RUN_STEP_IN_BUDGET] += took_s <= law->numbers[e->class].budget_s;
    u[RUN_STEP_CAUGHT] += e->verdict > 0; /* rejected, or mended */
    values_add(&s->visits_s, took_s);
    if (law->has_confidence && ok && !e->cached)
        note_score(&s->scores, e);
    if (e->quality == RUN_GOOD && !e->cached && (!ok || e->left != RUN_UNKNOWN)) {
        s->capable[e->class].of++;
        s->capable[e->class].right += ok && e->left == RUN_GOOD;
    }
    s->to[e->to >= 0 ? (uint32_t)e->to : t->pipeline->n_steps + (uint32_t)(TO_SHIP - e->to)]++;
}

/* --- items */

static double worth_of(double worth)
{
    return isfinite(worth) ? worth : 0;
}

static double worth(const struct pipeline *p, const struct run_event *e)
{
    if (e->end == RUN_END_REJECTED)
        return worth_of(p->worth_rejected);
    if (e->end != RUN_END_SHIPPED || e->quality == RUN_UNKNOWN)
        return 0;
    return worth_of(e->quality == RUN_GOOD ? p->worth_correct : p->worth_wrong);
}

static void add_item(const struct pipeline *p, struct run_class_tally *c, const struct run_event *e)
{
    static const enum run_class_sum end[RUN_END_COUNT] = {
        [RUN_END_SHIPPED] = RUN_SHIPPED,       [RUN_END_REJECTED] = RUN_REJECTED,
        [RUN_END_FAILED] = RUN_FAILED,         [RUN_END_ABANDONED] = RUN_ABANDONED,
        [RUN_END_UNFINISHED] = RUN_UNFINISHED,
    };
    double *u = c->unit[e->unit], took_s = fmax(e->end_s - e->begin_s, 0);
    bool shipped = e->end == RUN_END_SHIPPED, known = e->quality != RUN_UNKNOWN;
    bool correct = shipped && e->quality == RUN_GOOD, wrong = shipped && e->quality == RUN_BAD;
    u[RUN_N]++;
    u[end[e->end]]++;
    u[RUN_CORRECT] += correct;
    u[RUN_WRONG] += wrong;
    u[RUN_UNKNOWN_SHIPPED] += shipped && !known;
    u[RUN_AUTO] += shipped && !e->reviewed;
    u[RUN_AUTO_WRONG] += wrong && !e->reviewed;
    u[RUN_AUTO_UNKNOWN] += shipped && !known && !e->reviewed;
    u[RUN_REVIEWED] += e->reviewed;
    u[RUN_REVIEWED_BAD] += e->reviewed && e->reviewed_quality == RUN_BAD;
    u[RUN_REVIEWED_KNOWN] += e->reviewed && e->reviewed_quality != RUN_UNKNOWN;
    u[RUN_REVIEWS] += e->reviews;
    u[RUN_JUDGED] += known;
    u[RUN_WAIT] += e->wait_s;
    u[RUN_VISITS] += e->visits;
    u[RUN_VISITS2] += pow(e->visits, 2);
    u[RUN_VISITS3] += pow(e->visits, 3);
    u[RUN_VISITS4] += pow(e->visits, 4);
    u[RUN_ATTEMPTS] += e->attempts;
    u[RUN_COST] += e->cost;
    u[RUN_IN_BUDGET] += e->cost <= p->budget;
    u[RUN_WORTH] += worth(p, e) - e->cost;
    values_add(&c->costs, fmax(e->cost, 0));
    if (e->end == RUN_END_UNFINISHED)
        return;
    u[RUN_ENDED]++;
    u[RUN_TIME] += took_s;
    u[RUN_TIME_SHIPPED] += shipped ? took_s : 0;
    u[RUN_IN_DEADLINE] += correct && took_s <= p->deadline_s;
    values_add(&c->all_s, took_s);
    if (shipped)
        values_add(&c->shipped_s, took_s);
}

static void note_item(struct run_tally *t, const struct run_event *e)
{
    static const enum run_step_sum exit[] = {RUN_STEP_SHIPS, RUN_STEP_REJECTS, RUN_STEP_FAILS,
                                             RUN_STEP_ABANDONS};
    const struct pipeline *p = t->pipeline;
    add_item(p, &t->class[p->n_classes], e);
    if (p->n_classes > 1)
        add_item(p, &t->class[e->class], e);
    if (e->end != RUN_END_UNFINISHED)
        t->step[e->step].unit[e->unit][exit[e->end]]++;
    bool escaped = e->end == RUN_END_SHIPPED && e->quality == RUN_BAD;
    for (uint32_t i = 0; i < p->n_steps; i++) {
        bool bad = e->reached[i] == RUN_BAD;
        t->step[i].unit[e->unit][RUN_STEP_BAD] += bad;
        t->step[i].unit[e->unit][RUN_STEP_BAD_SHIPPED] += bad && escaped;
    }
}

void run_tally_entered(struct run_tally *t, uint32_t step, uint32_t unit)
{
    if (t)
        t->step[step].unit[unit][RUN_STEP_VISITS]++;
}

void run_tally_note(struct run_tally *t, const struct run_event *e)
{
    if (!t || !e->counts)
        return;
    if (e->kind == RUN_ATTEMPT_ENDED)
        note_attempt(t, e);
    else if (e->kind == RUN_VISIT_ENDED)
        note_visit(t, e);
    else if (e->kind == RUN_ITEM_ENDED)
        note_item(t, e);
}

/* --- what is shared */

void run_tally_add(struct run_tally *t, uint32_t desk, uint32_t unit, enum run_desk_sum what,
                   double x)
{
    if (t && unit != RUN_NO_UNIT)
        t->desk[desk].unit[unit][what] += x;
}

static double *joined(struct run_tally *t, uint32_t desk, uint32_t unit, double waited_s)
{
    double *u = t->desk[desk].unit[unit];
    u[RUN_DESK_JOINED]++;
    u[RUN_DESK_WAITED] += waited_s > 0;
    u[RUN_DESK_WAIT] += waited_s;
    values_add(&t->desk[desk].waits_s, waited_s);
    return u;
}

void run_tally_served(struct run_tally *t, uint32_t desk, uint32_t unit, double waited_s,
                      double within_s)
{
    if (!t || unit == RUN_NO_UNIT)
        return;
    double *u = joined(t, desk, unit, waited_s);
    u[RUN_DESK_SERVED]++;
    u[RUN_DESK_WAIT_SERVED] += waited_s;
    u[RUN_DESK_IN_TIME] += waited_s <= within_s;
}

void run_tally_left(struct run_tally *t, uint32_t desk, uint32_t unit, double waited_s,
                    bool gave_up)
{
    if (t && unit != RUN_NO_UNIT)
        joined(t, desk, unit, waited_s)[RUN_DESK_ABANDONED] += gave_up;
}

void run_tally_watch(struct run_tally *t, double each_s)
{
    for (uint32_t k = 0; t && k < t->pipeline->n_resources; k++)
        t->desk[k].seen_each_s = each_s;
}

static void look_half_as_often(struct run_desk_tally *d)
{
    for (size_t i = 0; i < d->seen.len; i += 2)
        d->seen.at[i / 2] = d->seen.at[i];
    d->seen.len = (d->seen.len + 1) / 2;
    d->seen_each_s *= 2;
}

void run_tally_look(struct run_tally *t, uint32_t desk, double upto_s, uint32_t waiting,
                    uint32_t inside)
{
    if (!t)
        return;
    struct run_desk_tally *d = &t->desk[desk];
    while ((double)d->seen.len * d->seen_each_s <= upto_s) {
        if (d->seen.len > RUN_SEEN_MAX)
            look_half_as_often(d);
        else
            vec_push(&d->seen, ((struct run_seen){waiting, inside}));
    }
}

void run_tally_weather(struct run_tally *t, uint32_t environment, uint32_t unit, double calm_s,
                       double span_s)
{
    if (!t || unit == RUN_NO_UNIT)
        return;
    t->weather[environment][unit].calm_s += calm_s;
    t->weather[environment][unit].span_s += span_s;
}

void run_tally_close(struct run_tally *t, const struct tally_end *end)
{
    if (t)
        t->end = *end;
}
