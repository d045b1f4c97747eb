/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sample sizes of the exact binomial test (math/power), said in labels of all items, audits a day
 * and days.  The power is the exact one, which saws: an answer is the number from which on it
 * stays, the number at which it is first reached stands beside it. */
#include "decide/plan.h"

#include "base/units.h"
#include "math/interval.h"
#include "math/power.h"

#include <math.h>
#include <string.h>

enum { CURVE_POINTS = 40, TEETH_MAX = 120 };

/* ---- what is asked ----------------------------------------------------------------------- */

struct asked {
    const struct target *risk;
    double target, d, load; /* load: expected review load */
    bool load_said;
};

int plan_targets(const struct target *targets, uint32_t n, const char *used,
                 const struct target **risk, const struct target **load, struct error *err)
{
    *risk = *load = NULL;
    for (uint32_t i = 0; i < n; i++) {
        const struct target *t = &targets[i];
        if (!strcmp(t->metric, "review_load") && t->kind == TARGET_AT_MOST)
            *load = t;
        else if (!strcmp(t->metric, "auto_error") && t->kind == TARGET_AT_MOST)
            *risk = t;
        else
            return error_set(err, ERR_USAGE,
                             "labels are %s for `auto_error at most P` (with `review_load at most "
                             "Q` beside it), not for \"%s%s%s\"",
                             used, t->metric, t->text ? " " : "", t->text ? t->text : "");
    }
    if (!*risk)
        return error_set(err, ERR_USAGE, "a target is needed: --target \"auto_error at most 1%%\"");
    if (!((*risk)->value > 0 && (*risk)->value < 1))
        return error_set(err, ERR_USAGE, "auto_error at most P: P lies between 0 and 100%%");
    if (*load && !((*load)->value >= 0 && (*load)->value < 1))
        return error_set(err, ERR_USAGE,
                         "review_load at most Q: some items ship unseen, so Q lies below 100%%");
    return 0;
}

static int find_targets(const struct plan_options *o, struct asked *a, struct error *err)
{
    const struct target *load;
    if (plan_targets(o->targets, o->n_targets, "planned", &a->risk, &load, err))
        return -1;
    a->d = 1 - o->level;
    a->target = a->risk->value;
    a->load = load ? load->value : 0;
    a->load_said = load;
    if (o->method != RISK_SPLIT && o->method != RISK_EXACT)
        return error_set(err, ERR_USAGE,
                         "labels are planned for the methods split and exact, not for %s",
                         risk_method_name(o->method));
    return 0;
}

uint64_t plan_labels_in_all(uint64_t shipped, double review_load, bool split)
{
    /* a little less, so that 59 / (1 - 0) stays 59 */
    uint64_t n = (uint64_t)ceil((double)shipped / (1 - review_load) * (1 - 1e-12));
    if (!split)
        return n;
    uint64_t all = n / 3 * 4 > 8 ? n / 3 * 4 - 8 : 0;
    while (all - (all + 3) / 4 < n) /* the first quarter is rounded up */
        all++;
    return all;
}

/* ---- the table --------------------------------------------------------------------------- */

/* "0.5%" */
static const char *share_text(struct result *out, double p)
{
    return result_text(out, "%.4g%%", 100 * p);
}

static void put_plan_row(struct result *out, double truth, double load,
                         const struct power_plan *plan)
{
    struct row *row = result_add_row(
        out, plan,
        result_text(out, "%s wrong, %s reviewed", share_text(out, truth), share_text(out, load)));
    struct metrics *m = &row->metrics;
    row->kind = "labels";
    metrics_add_exact(m, "assumed_error", truth, "1");
    metrics_add_exact(m, "review_load", load, "1");
    metrics_add_count(m, "labels_first", plan->first);
    metrics_add_count(m, "labels_shipped", plan->stays);
    metrics_add_count(m, "labels_fixed", plan_labels_in_all(plan->stays, load, false));
    metrics_add_count(m, "labels_split", plan_labels_in_all(plan->stays, load, true));
}

static void put_table(const struct asked *a, struct result *out)
{
    static const double truths[] = {0, 0.25, 0.5, 0.75}, loads[] = {0, 0.25, 0.5};
    for (size_t i = 0; i < sizeof truths / sizeof *truths; i++) {
        double truth = truths[i] * a->target;
        struct power_plan plan = power_labels(a->target, truth, a->d, PLAN_POWER);
        for (size_t k = 0; k < sizeof loads / sizeof *loads; k++)
            if (!a->load_said || a->load > loads[k])
                put_plan_row(out, truth, loads[k], &plan);
        if (a->load_said)
            put_plan_row(out, truth, a->load, &plan);
    }
}

void plan_audits(double shipped_per_day, uint64_t labels, struct result *out)
{
    static const double shares[] = {0.01, 0.02, 0.05, 0.1, 0.2, 0.5};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        double a_day = shares[i] * shipped_per_day;
        struct row *row = result_add_row(out, plan, share_text(out, shares[i]));
        row->kind = "audit";
        metrics_add_exact(&row->metrics, "audit_share", shares[i], "1");
        metrics_add_exact(&row->metrics, "audits_a_day", a_day, "1");
        metrics_add_count(&row->metrics, "labels", labels);
        metrics_add_exact(&row->metrics, "days", ceil((double)labels / a_day), "1");
    }
}

/* ---- the curves -------------------------------------------------------------------------- */

static void put_needed(const struct asked *a, bool split, struct result *out)
{
    struct curve *c = result_add_curve(out, "labels_needed", "assumed_error", "labels");
    c->resource = split ? "a quarter chooses the threshold" : "threshold fixed beforehand";
    for (int i = 0; i < CURVE_POINTS; i++) {
        double truth = 0.9 * a->target * i / (CURVE_POINTS - 1);
        struct power_plan p = power_labels(a->target, truth, a->d, PLAN_POWER);
        double all = (double)plan_labels_in_all(p.stays, a->load, split);
        struct point point = {.x = truth,
                              .y = all,
                              .low = (double)plan_labels_in_all(p.first, a->load, split),
                              .high = all};
        vec_push(&c->points, point);
    }
}

/* Both ends of every tooth, up to half as many labels again as are needed: between them the power
 * falls.  `share`: of the labels that ship. */
static void put_power(const struct asked *a, double truth, double share, uint64_t enough,
                      const char *name, struct result *out)
{
    struct curve *c = result_add_curve(out, "power", "labels", "power");
    uint64_t until = enough + enough / 2, teeth = 0;
    c->resource = name;
    while (power_tooth(a->target, a->d, teeth) <= until)
        teeth++;
    for (uint64_t i = 0; i < teeth; i++) {
        uint64_t from = power_tooth(a->target, a->d, i), to = power_tooth(a->target, a->d, i + 1);
        if (teeth > TEETH_MAX && i % (teeth / TEETH_MAX + 1))
            continue;
        for (int end = 0; end < 2; end++) {
            uint64_t m = end ? to - 1 : from;
            vec_push(&c->points, ((struct point){.x = ceil((double)m / share * (1 - 1e-12)),
                                                 .y = power_at(a->target, truth, a->d, m),
                                                 .low = NAN,
                                                 .high = NAN}));
        }
    }
}

/* ---- before any label -------------------------------------------------------------------- */

static void start_answer(const struct plan_options *o, const struct asked *a, struct result *out)
{
    out->answer = (struct answer){.present = true,
                                  .threshold = NAN,
                                  .bound = NAN,
                                  .level = o->level,
                                  .review_load = a->load_said ? a->load : NAN,
                                  .risk_value = NAN,
                                  .best_attainable = NAN,
                                  .method = risk_method_name(o->method),
                                  .risk = "auto_error",
                                  .ending = "planned",
                                  .tests = 1};
    out->run.present = true;
    out->run.method = "power of the exact binomial test";
    out->run.engine = "plan";
    result_assume(out, "labels are drawn at random among the items: same model, prompt and mix");
    result_assume(out,
                  "enough labels: from so many on, a certificate comes out in %g%% of the cases "
                  "or more (exact binomial power, which saws; labels_first is where it first does)",
                  100 * PLAN_POWER);
}

static void put_count(struct buf *b, uint64_t n)
{
    units_put_count(b, n);
}

static void say_plan(const struct asked *a, const struct power_plan *half, struct result *out)
{
    struct buf b;
    buf_init(&b);
    buf_printf(&b, "To certify auto_error at most %.4g%% with %.4g%% confidence: ", 100 * a->target,
               100 * (1 - a->d));
    put_count(&b, half->zero_errors);
    buf_puts(&b, " labels of shipped items if none of them is wrong (");
    put_count(&b, plan_labels_in_all(half->zero_errors, 0, true));
    buf_puts(&b, " when a quarter of them chooses the threshold); if what ships errs half as often "
                 "as the target, ");
    put_count(&b, half->stays);
    buf_puts(&b, " (");
    put_count(&b, plan_labels_in_all(half->stays, 0, true));
    buf_printf(&b, ") for a certificate in %g%% of the cases.", 100 * PLAN_POWER);
    if (a->load_said) {
        buf_printf(&b, " With %.4g%% of the items reviewed: ", 100 * a->load);
        put_count(&b, plan_labels_in_all(half->stays, a->load, false));
        buf_puts(&b, " (");
        put_count(&b, plan_labels_in_all(half->stays, a->load, true));
        buf_puts(&b, ") labels of all items.");
    } else {
        buf_puts(&b, " Divide by the share that ships unseen for labels of all items.");
    }
    out->answer.sentence = result_text(out, "%s", buf_text(&b));
    buf_release(&b);
}

int plan_labels(const struct plan_options *options, struct result *out, struct error *err)
{
    struct asked a;
    if (find_targets(options, &a, err))
        return -1;
    struct power_plan half = power_labels(a.target, a.target / 2, a.d, PLAN_POWER);
    if (!half.stays)
        return error_set(err, ERR_USAGE,
                         "auto_error at most %g at level %g: more labels than can be counted",
                         a.target, options->level);
    start_answer(options, &a, out);
    out->answer.population = "items to come";
    out->answer.labels_needed =
        plan_labels_in_all(half.stays, a.load, options->method == RISK_SPLIT);
    say_plan(&a, &half, out);
    put_table(&a, out);
    if (!isnan(options->traffic_per_day))
        plan_audits(options->traffic_per_day * (1 - a.load), half.stays, out);
    put_needed(&a, false, out);
    put_needed(&a, true, out);
    put_power(&a, a.target / 2, 1 - a.load, half.stays, "half the target wrong", out);
    return 0;
}

/* ---- after a pilot ----------------------------------------------------------------------- */

/* A threshold of the pilot: what ships errs `seen` of the time by the pilot, `cautious` by its
 * one-sided 80% bound (Clopper and Pearson). */
struct option {
    const struct risk_point *point;
    double share, seen, cautious;
    uint64_t more, first, more_cautious; /* labels of all items; 0: no number would do */
};

static uint64_t in_all(uint64_t m, double share)
{
    return m ? (uint64_t)ceil((double)m / share * (1 - 1e-12)) : 0;
}

static struct option weigh(const struct risk_point *p, uint64_t n, const struct asked *a)
{
    struct option o = {.point = p,
                       .share = (double)p->m / (double)n,
                       .seen = ((double)p->k + 0.5) / ((double)p->m + 1),
                       .cautious = interval_upper(p->k, p->m, 0.2)};
    if (o.seen < 0.95 * a->target) { /* nearer, the number is of no use to anybody */
        struct power_plan plan = power_labels(a->target, o.seen, a->d, PLAN_POWER);
        o.more = in_all(plan.stays, o.share);
        o.first = in_all(plan.first, o.share);
    }
    if (o.cautious < 0.95 * a->target)
        o.more_cautious =
            in_all(power_labels(a->target, o.cautious, a->d, PLAN_POWER).stays, o.share);
    return o;
}

/* Fewer labels by the cautious guess, where there is one, else by what was seen. */
static bool better(const struct option *x, const struct option *y)
{
    if (!y->more || !x->more)
        return x->more && !y->more;
    if (!x->more_cautious || !y->more_cautious)
        return x->more_cautious ? true : !y->more_cautious && x->more < y->more;
    return x->more_cautious < y->more_cautious;
}

static void put_option(const struct option *o, struct result *out)
{
    struct row *row =
        result_add_row(out, plan, result_text(out, "threshold %.6g", o->point->threshold));
    struct metrics *m = &row->metrics;
    row->kind = "pilot";
    metrics_add_exact(m, "threshold", o->point->threshold, "1");
    metrics_add_exact(m, "review_load", o->point->review_load, "1");
    metrics_add(m, "assumed_error", o->seen, NAN, o->cautious, 0.8, o->point->m, "1");
    if (o->more) {
        metrics_add_count(m, "labels_first", o->first);
        metrics_add(m, "labels_more", (double)o->more, (double)o->first,
                    o->more_cautious ? (double)o->more_cautious : INFINITY, 0.8, 0, "count");
    }
}

static void say_more(const struct option *o, const struct asked *a, uint64_t n, struct result *out)
{
    struct buf b;
    buf_init(&b);
    put_count(&b, n);
    buf_printf(&b, " pilot labels: at confidence %.6g and above ", o->point->threshold);
    put_count(&b, o->point->k);
    buf_puts(&b, " of ");
    put_count(&b, o->point->m);
    buf_puts(&b, " were wrong. If what ships errs as often as that, ");
    put_count(&b, o->more);
    buf_printf(&b,
               " further labels of all items certify %.4g%% at this threshold in %g%% of the "
               "cases (",
               100 * a->target, 100 * PLAN_POWER);
    put_count(&b, o->first);
    buf_puts(&b, " where the power first gets there)");
    if (o->more_cautious) {
        buf_puts(&b, "; if the pilot was lucky, ");
        put_count(&b, o->more_cautious);
    }
    buf_printf(&b,
               ". Fix the threshold now and judge the new labels alone: --method exact "
               "--threshold %.6g.",
               o->point->threshold);
    out->answer.sentence = result_text(out, "%s", buf_text(&b));
    buf_release(&b);
}

static void answer_more(const struct option *o, const struct asked *a, uint64_t n,
                        struct result *out)
{
    struct answer *to = &out->answer;
    to->threshold = o->point->threshold;
    to->m = o->point->m;
    to->k = o->point->k;
    to->review_load = o->point->review_load;
    to->risk_value = (double)o->point->k / (double)o->point->m;
    to->method = risk_method_name(RISK_EXACT);
    to->labels_needed = o->more;
    say_more(o, a, n, out);
    put_power(a, o->seen, o->share, power_labels(a->target, o->seen, a->d, PLAN_POWER).stays,
              "as the pilot saw", out);
    if (o->more_cautious)
        put_power(a, o->cautious, o->share,
                  power_labels(a->target, o->cautious, a->d, PLAN_POWER).stays,
                  "if the pilot was lucky", out);
}

int plan_more(const struct scored *pilot, size_t n, const struct plan_options *options,
              struct result *out, struct error *err)
{
    enum { CANDIDATES = 60, SHOWN = 8 };
    struct risk_point *point = NULL;
    struct option best = {0};
    size_t n_points, last = SIZE_MAX, shown = 0;
    struct asked a;
    if (find_targets(options, &a, err))
        return -1;
    risk_frontier(pilot, n, &point, &n_points);
    start_answer(options, &a, out);
    out->answer.population = "items like the labelled ones (same model, prompt and mix)";
    for (size_t i = 1, at = 0; i <= CANDIDATES; i++) {
        while (at + 1 < n_points && point[at].m * CANDIDATES < n * i)
            at++;
        if (at == last)
            continue;
        last = at;
        struct option o = weigh(&point[at], n, &a);
        bool allowed = !a.load_said || point[at].review_load <= a.load;
        if (allowed && o.more && (!best.point || better(&o, &best)))
            best = o;
        if (point[at].m * SHOWN >= n * (shown + 1)) {
            shown = point[at].m * SHOWN / n;
            put_option(&o, out);
        }
    }
    put_needed(&a, false, out);
    put_needed(&a, true, out);
    if (best.point)
        answer_more(&best, &a, n, out);
    else {
        out->answer.ending = risk_ending_name(RISK_TOO_FEW);
        out->passed = PASSED_FALSE;
        out->answer.sentence =
            result_text(out,
                        "At no threshold did these %zu pilot labels err clearly less than %.4g%%: "
                        "no number of further labels can be named that would certify it.",
                        n, 100 * a.target);
    }
    mem_free(point);
    return 0;
}
