/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A cycle's labels are many, and their mean stands for them (the fluid limit; Kurtz 1970): reviews
 * per item, which the chain tells, times the items that arrive in a cycle. */
#include "sim/exact/feedback.h"

#include "model/learning.h"
#include "sim/gap.h"
#include <math.h>

enum { SHARES = 3 };
static const char *const share_name[SHARES] = {"reliability", "shipped_error", "review_load"};

static const char *what_fails(const struct pipeline *p)
{
    const struct feedback *f = &p->feedback;
    bool audits = false;

    for (uint32_t i = 0; i < p->n_steps; i++)
        audits = audits || p->step[i].audit.present;
    for (uint32_t i = 0; i < f->n_learns; i++) {
        if (f->learn[i].kind == LEARN_RECALIBRATE)
            return "a calibration is fitted to random labels";
        if (f->learn[i].kind == LEARN_CANON)
            return "the canon grows with what reviewers mend";
    }
    if (p->leave_after_s)
        return "reviews that a deadline cuts off give no label";
    if (audits && f->labels != (LABELS_REVIEW | LABELS_AUDIT))
        return "audits and other reviews are told apart";
    return p->arrivals.kind == ARRIVALS_FILE ? "arrivals are instants of a file" : NULL;
}

int exact_feedback_can(const struct pipeline *p, struct error *err)
{
    const char *lacks = p->feedback.cycle_s > 0 ? what_fails(p) : NULL;

    if (!lacks)
        return 0;
    return error_at(err, ERR_UNSUPPORTED, p->file && *p->file ? p->file : "flow", p->feedback.line,
                    p->feedback.column, "not solved: feedback, as %s; use simulate", lacks);
}

/* The curves are named once and found again by their place: they move as others are added. */
static void add_curves(const struct pipeline *p, struct result *out)
{
    const struct feedback *f = &p->feedback;

    (void)result_add_curve(out, "learning", "cycle", "labels");
    for (int i = 0; i < SHARES; i++)
        (void)result_add_curve(out, "learning", "cycle", share_name[i]);
    for (uint32_t l = 0; l < f->n_learns; l++)
        (void)result_add_curve(out, "learning", "cycle",
                               result_text(out, "flow.%s.wrong", p->step[f->learn[l].step].id));
}

static void add_point(struct curve *c, uint32_t k, double y, double labels, struct result *out)
{
    struct point p = {.x = k, .y = y, .low = y, .high = y};

    p.at = result_text(out, "labels=%.0f", labels);
    vec_push(&c->points, p);
}

static double mean_wrong(const struct pipeline *p, uint32_t step)
{
    double sum = 0;

    for (uint32_t c = 0; c < p->n_classes; c++)
        sum += p->class[c].share * p->step[step].numbers[c].wrong.value;
    return sum;
}

/* One cycle.  *reviews: per item; NaN where solve leaves them out. */
static int add_cycle(const struct pipeline *p, const struct exact_options *options, uint32_t k,
                     double labels, size_t first, double *reviews, struct result *out,
                     struct error *err)
{
    struct exact_options plain = *options;
    struct pipeline learnt;
    struct result r;
    bool complete;

    plain.values_only = true;
    learning_apply(p, &(struct lessons){.labels = labels}, &learnt);
    result_init(&r, "cycle");
    int status = exact_solve(&learnt, &plain, &r, &complete, err);
    if (!status) {
        const struct metric *m = metrics_find(&r.metrics, "reviews_per_item");
        *reviews = m ? m->value : NAN;
        add_point(&out->curves.at[first], k, labels, labels, out);
        for (int i = 0; i < SHARES; i++)
            if ((m = metrics_find(&r.metrics, share_name[i])) != NULL)
                add_point(&out->curves.at[first + 1 + (size_t)i], k, m->value, labels, out);
        for (uint32_t l = 0; l < p->feedback.n_learns; l++)
            add_point(&out->curves.at[first + 1 + SHARES + l], k,
                      mean_wrong(&learnt, p->feedback.learn[l].step), labels, out);
    }
    result_release(&r);
    pipeline_release(&learnt);
    return status;
}

/* What feedback is worth: the mean gain over the cycles after the first. */
static void put_closes(const struct curve *reliability, struct result *out)
{
    double sum = 0;
    size_t n = reliability->points.len;

    for (size_t k = 1; k < n; k++)
        sum += reliability->points.at[k].y - reliability->points.at[0].y;
    if (n > 1)
        metrics_add_exact(gap_row(out, LAYER_FEEDBACK), "closes", sum / (double)(n - 1), "1");
}

int exact_feedback(const struct pipeline *p, const struct exact_options *options,
                   struct result *out, bool *complete, struct error *err)
{
    const struct feedback *f = &p->feedback;
    double labels = 0, reviews = 0, items = arrivals_rate(&p->arrivals) * f->cycle_s;
    size_t first = out->curves.len;

    add_curves(p, out);
    bool whole = true;
    for (uint32_t k = 0; k <= f->cycles; k++) {
        if (add_cycle(p, options, k, labels, first, &reviews, out, err))
            return -1;
        if (isnan(reviews)) {
            result_warn(out, "learning: left out after cycle %u, as reviews per item are not known",
                        k);
            *complete = false;
            whole = false;
            break;
        }
        labels += (f->labels & LABELS_REVIEW) ? items * reviews : 0;
    }
    if (whole && f->cycles > 0 && !options->values_only && !gap_has_layer(p, LAYER_FEEDBACK))
        put_closes(&out->curves.at[first + 1], out);
    if (labels == 0)
        result_warn(out, "feedback: no labels came, so nothing was learnt");
    result_assume(out,
                  "metrics are those of cycle 0, the pipeline as written; the curve learning "
                  "follows it over %u cycles, each in its steady state, with the mean number of "
                  "labels of the cycles before it",
                  f->cycles);
    return 0;
}
