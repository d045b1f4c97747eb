/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Labels are taken in the order of the items, so that what is learnt does not depend on which of
 * them came first to a reviewer.
 *
 * A confidence is labelled where a gate sent the item to the review: below its threshold all go, of
 * the others an audit takes a known share, and each counts 1 / its chance (Horvitz and Thompson,
 * JASA 47, 1952).  What a check sends there is wrong more often than its confidence says, and would
 * teach that all confidences are too high. */
#include "exec/feedback.h"

#include "exec/feedback_parts.h"
#include "exec/stage.h"
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct feedback_run {
    const struct pipeline *pipeline;
    pthread_mutex_t lock;
    bool *asked;                     /* [n_steps]: its confidences are labelled */
    bool *drafts;                    /* [n_steps]: what it writes is learnt from */
    VEC(struct decided *) inside;    /* by item, NULL: not begun or over */
    VEC(struct decided *) decisions; /* of items that were reviewed */
};

struct feedback_run *feedback_new(const struct pipeline *p)
{
    struct feedback_run *f = mem_zero(1, sizeof *f);
    f->pipeline = p;
    pthread_mutex_init(&f->lock, NULL);
    f->asked = mem_zero(p->n_steps + 1, sizeof *f->asked);
    f->drafts = mem_zero(p->n_steps + 1, sizeof *f->drafts);
    for (uint32_t i = 0; i < p->feedback.n_learns; i++) {
        const struct learn *l = &p->feedback.learn[i];
        *(l->kind == LEARN_RECALIBRATE ? &f->asked[l->step] : &f->drafts[l->step]) = true;
    }
    return f;
}

static void free_decided(struct decided *d)
{
    if (!d)
        return;
    buf_release(&d->draft);
    buf_release(&d->held);
    mem_free(d->confidence);
    vec_release(&d->labels);
    mem_free(d);
}

void feedback_free(struct feedback_run *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->inside.len; i++)
        free_decided(f->inside.at[i]);
    for (size_t i = 0; i < f->decisions.len; i++)
        free_decided(f->decisions.at[i]);
    vec_release(&f->inside);
    vec_release(&f->decisions);
    mem_free(f->asked);
    mem_free(f->drafts);
    pthread_mutex_destroy(&f->lock);
    mem_free(f);
}

/* --- listening */

static struct decided *begin(struct feedback_run *f, uint64_t item)
{
    while (f->inside.len <= item)
        vec_push(&f->inside, NULL);
    struct decided *d = mem_zero(1, sizeof *d);
    d->item = item;
    d->verdict = -1;
    d->confidence = mem_alloc((f->pipeline->n_steps + 1) * sizeof *d->confidence);
    for (uint32_t i = 0; i < f->pipeline->n_steps; i++)
        d->confidence[i] = NAN;
    free_decided(f->inside.at[item]);
    f->inside.at[item] = d;
    return d;
}

/* A verdict labels the confidences that stood beside what was reviewed. */
static void label(const struct feedback_run *f, struct decided *d, int verdict)
{
    d->verdict = verdict;
    d->mended |= verdict == STAGE_EDIT;
    for (uint32_t i = 0; i < f->pipeline->n_steps; i++)
        if (f->asked[i] && d->weight > 0 && !isnan(d->confidence[i])) {
            struct confidence_label l = {i, d->confidence[i], d->weight, verdict == STAGE_PASS};
            vec_push(&d->labels, l);
        }
}

static void note_attempt(const struct feedback_run *f, struct decided *d, const struct run_event *e)
{
    const struct step *s = &f->pipeline->step[e->step];
    if (e->cancelled || e->outcome != OUTCOME_OK)
        return;
    if (!isnan(e->confidence))
        d->confidence[e->step] = fmin(fmax(e->confidence, 0), 1);
    if (f->drafts[e->step] && e->payload) {
        buf_clear(&d->draft);
        buf_add(&d->draft, e->payload, e->payload_len);
    }
    if (s->kind == STEP_REVIEW && e->verdict >= 0)
        label(f, d, e->verdict);
}

/* Which way it comes to a review. */
static void note_visit(const struct feedback_run *f, struct decided *d, const struct run_event *e)
{
    const struct pipeline *p = f->pipeline;
    if (e->to < 0 || p->step[e->to].kind != STEP_REVIEW)
        return;
    double audit = run_audit_weight(p, e);
    d->weight = p->step[e->step].kind != STEP_GATE ? 0 : isnan(audit) ? 1 : audit;
}

static void end(struct feedback_run *f, struct decided *d, const struct run_event *e)
{
    const uint32_t whose = f->pipeline->feedback.labels;
    f->inside.at[e->item] = NULL;
    if (d->verdict < 0 || !(whose & (e->audited ? LABELS_AUDIT : LABELS_REVIEW)) || !e->payload) {
        free_decided(d);
        return;
    }
    buf_add(&d->held, e->payload, e->payload_len);
    vec_push(&f->decisions, d);
}

static int hear(void *arg, const struct run_event *e, struct error *err)
{
    struct feedback_run *f = arg;
    pthread_mutex_lock(&f->lock);
    struct decided *d = e->item < f->inside.len ? f->inside.at[e->item] : NULL;
    if (e->kind == RUN_ITEM_BEGAN)
        begin(f, e->item);
    else if (d && e->kind == RUN_ATTEMPT_ENDED)
        note_attempt(f, d, e);
    else if (d && e->kind == RUN_VISIT_ENDED)
        note_visit(f, d, e);
    else if (d && e->kind == RUN_ITEM_ENDED)
        end(f, d, e);
    pthread_mutex_unlock(&f->lock);
    return 0;
}

struct run_listener feedback_listener(struct feedback_run *f)
{
    return (struct run_listener){f, hear};
}

/* --- learning */

static int by_item(const void *a, const void *b)
{
    const struct decided *x = *(struct decided *const *)a, *y = *(struct decided *const *)b;
    return x->item < y->item ? -1 : x->item > y->item;
}

static void learn_confidences(const struct feedback_run *f, struct learnt *l)
{
    for (size_t i = 0; i < f->decisions.len; i++) {
        const struct decided *d = f->decisions.at[i];
        for (size_t k = 0; k < d->labels.len; k++) {
            const struct confidence_label *c = &d->labels.at[k];
            struct scored row = {
                .confidence = c->confidence, .weight = c->weight, .correct = c->correct};
            vec_push(&learnt_of(l, f->pipeline->step[c->step].id)->row, row);
        }
        l->labels++;
        l->mended += d->mended;
    }
}

static bool learns(const struct feedback_run *f, enum learn_kind kind)
{
    for (uint32_t i = 0; i < f->pipeline->feedback.n_learns; i++)
        if (f->pipeline->feedback.learn[i].kind == kind)
            return true;
    return false;
}

int feedback_learn(struct feedback_run *f, struct world *w, struct learnt *l, struct error *err)
{
    struct decisions all = {.at = f->decisions.at, .n = f->decisions.len};
    if (all.n)
        qsort(f->decisions.at, f->decisions.len, sizeof *f->decisions.at, by_item);
    learn_confidences(f, l);
    l->cycles++;
    if (!w || all.n == 0)
        return 0;
    all.weights = learns(f, LEARN_POWER_LAW);
    all.notes = learns(f, LEARN_CANON);
    return all.weights || all.notes ? decisions_teach(&all, w, f->pipeline, l, err) : 0;
}

const struct calibration_map **feedback_maps(const struct pipeline *p, const struct learnt *l,
                                             struct arena *arena)
{
    const struct calibration_map **map = arena_alloc(arena, (p->n_steps + 1) * sizeof *map);
    for (uint32_t i = 0; i < p->n_steps; i++)
        for (size_t k = 0; k < l->confidence.len; k++) {
            const struct learnt_labels *c = &l->confidence.at[k];
            if (strcmp(c->step, p->step[i].id) || c->row.len == 0)
                continue;
            struct calibration_map *m = arena_alloc(arena, sizeof *m);
            calibration_fit(learning_fit(&p->step[i]), c->row.at, c->row.len, arena, m);
            map[i] = m;
        }
    return map;
}
