/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Estimates and certificates from audits.
 *
 * A label of weight w stands for w items (Horvitz and Thompson 1952); the share of errors among
 * what ships is the ratio of the two sums.  Where all shipped labels weigh the same, they are a
 * random sample and the exact binomial test holds; where they do not, a bet against the target does
 * (math/betting).  A threshold is chosen as for plain labels: a quarter of them says where to
 * start, the others are walked to laxer thresholds, each tested at full d, until one does not
 * pass (fixed sequence testing: Learn then Test, arXiv 2110.01052). */
#include "decide/audit.h"

#include "base/units.h"
#include "decide/plan.h"
#include "math/betting.h"
#include "math/interval.h"
#include "math/power.h"
#include "math/risk.h"
#include "math/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CURVE_POINTS = 40, MANY = 20000 };

bool audit_is_one(const struct scored *s, size_t n)
{
    bool audit = false, weighted = false, reviewed = false, other = false;
    for (size_t i = 0; i < n; i++) {
        audit |= s[i].source == LABEL_AUDIT;
        weighted |= s[i].weight != 1;
        reviewed |= s[i].source == LABEL_REVIEWED;
        other |= s[i].source != LABEL_REVIEWED;
    }
    return other && (audit || weighted || reviewed);
}

/* ---- labels in the order of their confidence --------------------------------------------- */

struct ranked {
    double confidence;
    struct weighed label;
};

static int by_confidence(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->confidence != y->confidence)
        return x->confidence > y->confidence ? -1 : 1;
    if (x->label.weight != y->label.weight)
        return x->label.weight < y->label.weight ? -1 : 1;
    return x->label.wrong - y->label.wrong;
}

/* Labels, most confident first, with the sums over those up to each. */
struct ranking {
    double *confidence;
    struct weighed *label; /* both [n], owned */
    size_t n;
    double total; /* sum of the weights */
};

static struct ranking rank_of(const struct scored *s, const uint32_t *index, size_t n)
{
    struct ranked *all = mem_alloc((n + 1) * sizeof *all);
    struct ranking r = {mem_alloc((n + 1) * sizeof *r.confidence),
                        mem_alloc((n + 1) * sizeof *r.label), n, 0};
    for (size_t i = 0; i < n; i++) {
        const struct scored *at = &s[index ? index[i] : i];
        all[i] = (struct ranked){
            at->confidence, {at->weight, !at->correct}
        };
    }
    qsort(all, n, sizeof *all, by_confidence);
    for (size_t i = 0; i < n; i++) {
        r.confidence[i] = all[i].confidence;
        r.label[i] = all[i].label;
        r.total += all[i].label.weight;
    }
    mem_free(all);
    return r;
}

static void ranking_release(struct ranking *r)
{
    mem_free(r->confidence);
    mem_free(r->label);
}

/* How many labels lie at or above a threshold. */
static size_t shipping(const struct ranking *r, double threshold)
{
    size_t low = 0, high = r->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (r->confidence[middle] >= threshold)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Tied confidences ship together. */
static bool is_whole(const struct ranking *r, size_t m)
{
    return m == r->n || r->confidence[m] != r->confidence[m - 1];
}

static uint64_t errors_in(const struct weighed *s, size_t m)
{
    uint64_t k = 0;
    for (size_t i = 0; i < m; i++)
        k += s[i].wrong;
    return k;
}

/* ---- tests and bounds -------------------------------------------------------------------- */

static double upper_bound(const struct weighed *s, size_t m, double d, uint64_t key)
{
    return weighed_mean(s, m).equal ? interval_upper(errors_in(s, m), m, d)
                                    : betting_upper(s, m, d, key);
}

static double lower_bound(const struct weighed *s, size_t m, double d, uint64_t key)
{
    if (!weighed_mean(s, m).equal)
        return betting_lower(s, m, d, key);
    return 1 - interval_upper(m - errors_in(s, m), m, d);
}

static bool holds(const struct weighed *s, size_t m, double target, double d, uint64_t key)
{
    struct weighed_mean mean = weighed_mean(s, m);
    if (m == 0 || !(mean.estimate < target))
        return false;
    if (mean.equal)
        return binomial_cdf(errors_in(s, m), m, target) <= d;
    return betting_log_e(s, m, target, d, key) >= log(1 / d);
}

struct audited {
    const struct audit_options *o;
    const struct target *risk, *load;
    struct ranking all;
    double d;
    uint64_t key;
    bool reviewed; /* some labels are of reviewed items, or of a sample of all: loads are known */
    size_t m;      /* what ships at the threshold */
    double threshold, bound;
    bool found, betting;
    struct weighed_mean mean;
};

/* ---- choosing a threshold ---------------------------------------------------------------- */

/* A quarter, rounded up, by selection sampling (Knuth 3.4.2, algorithm S): indices of both parts.
 */
static size_t draw_quarter(size_t n, uint64_t seed, uint32_t *first, uint32_t *rest)
{
    struct rng_seq rng = {rng_key(seed, 0, 0, 0, RNG_SPLIT), 0};
    size_t wanted = (n + 3) / 4, chosen = 0, left = 0;
    for (size_t i = 0; i < n; i++) {
        if (rng_below(&rng, n - i) < wanted - chosen)
            first[chosen++] = (uint32_t)i;
        else
            rest[left++] = (uint32_t)i;
    }
    return wanted;
}

/* The threshold with the largest z = (a - R) sqrt(effective labels). */
static double start_of(const struct ranking *r, double target)
{
    double best = -INFINITY, threshold = INFINITY, sum = 0, squares = 0, wrong = 0;
    for (size_t i = 0; i < r->n; i++) {
        double w = r->label[i].weight;
        sum += w;
        squares += w * w;
        wrong += r->label[i].wrong ? w : 0;
        double z = (target - wrong / sum) * sqrt(sum * sum / squares);
        if (is_whole(r, i + 1) && z > best) {
            best = z;
            threshold = r->confidence[i];
        }
    }
    return threshold;
}

/* From the start to laxer thresholds, at `grid` even shares of the items: the last that passes. */
static size_t walk(const struct ranking *r, const struct audited *a, double start)
{
    size_t grid = a->o->grid ? a->o->grid : 100, m = 0, last = 0;
    double sum = 0;
    for (size_t j = 1; j <= grid; j++) {
        size_t before = m;
        double goal = r->total * (double)j / (double)grid * (1 - 1e-12);
        while (m < r->n && (sum < goal || !is_whole(r, m)))
            sum += r->label[m++].weight;
        if (m == before || (j < grid && m < r->n && r->confidence[m - 1] > start))
            continue;
        if (!holds(r->label, m, a->risk->value, a->d, a->key))
            break;
        last = m;
    }
    return last;
}

static void choose(const struct audit_sample *s, struct audited *a)
{
    uint32_t *first = mem_alloc((s->n + 1) * sizeof *first),
             *rest = mem_alloc((s->n + 1) * sizeof *rest);
    size_t n_first = draw_quarter(s->n, a->o->seed, first, rest);
    struct ranking scout = rank_of(s->at, first, n_first),
                   judge = rank_of(s->at, rest, s->n - n_first);
    size_t last = judge.n ? walk(&judge, a, start_of(&scout, a->risk->value)) : 0;
    a->found = last > 0;
    if (a->found) {
        a->threshold = judge.confidence[last - 1];
        a->bound = upper_bound(judge.label, last, a->d, a->key);
        a->betting = !weighed_mean(judge.label, last).equal;
        a->m = shipping(&a->all, a->threshold);
    }
    ranking_release(&judge);
    ranking_release(&scout);
    mem_free(rest);
    mem_free(first);
}

static void fix(struct audited *a, double threshold)
{
    a->threshold = threshold;
    a->m = shipping(&a->all, threshold);
    a->bound = upper_bound(a->all.label, a->m, a->d, a->key);
    a->betting = !weighed_mean(a->all.label, a->m).equal;
    a->found = holds(a->all.label, a->m, a->risk->value, a->d, a->key);
}

/* ---- what is said ------------------------------------------------------------------------ */

static void put_frontier(const struct audited *a, struct result *out)
{
    struct curve *plain = result_add_curve(out, "frontier", "review_load", "auto_error");
    size_t points = a->all.n > MANY ? CURVE_POINTS / 4 : CURVE_POINTS;
    size_t step = a->all.n / points + 1, next = step;
    VEC(size_t) shown = {0};
    double sum = 0, wrong = 0;
    for (size_t m = 1; m <= a->all.n; m++) {
        double w = a->all.label[m - 1].weight;
        sum += w;
        wrong += a->all.label[m - 1].wrong ? w : 0;
        if (!is_whole(&a->all, m) || (m < next && m < a->all.n))
            continue;
        next = m + step;
        vec_push(&shown, m);
        struct point p = {.x = 1 - sum / a->all.total,
                          .y = wrong / sum,
                          .low = lower_bound(a->all.label, m, a->d / 2, a->key),
                          .high = upper_bound(a->all.label, m, a->d / 2, a->key),
                          .at = result_text(out, "threshold=%.6g", a->all.confidence[m - 1])};
        vec_push(&plain->points, p);
    }
    struct curve *sure = result_add_curve(out, "frontier_certified", "review_load", "auto_error");
    for (size_t i = 0; i < shown.len; i++) {
        double bound = upper_bound(a->all.label, shown.at[i], a->d, a->key);
        struct point p = out->curves.at[out->curves.len - 2].points.at[i];
        vec_push(&sure->points, ((struct point){p.x, bound, NAN, NAN, p.at}));
    }
    vec_release(&shown);
}

/* As many labels again as the wanted power needs, times what unequal weights cost, and what a bet
 * costs beside a binomial test: by the normal law it needs sqrt(2 ln(1 / d)) deviations. */
static uint64_t labels_needed(const struct audited *a)
{
    double k = (double)errors_in(a->all.label, a->m), m = (double)a->m;
    double truth = k == 0 ? 0.5 / (m + 1) : a->mean.estimate, half = a->risk->value / 2;
    if (a->m == 0)
        return 0;
    if (!(truth < 0.95 * a->risk->value)) { /* so few that it may as well be half the target? */
        if (lower_bound(a->all.label, a->m, a->d, a->key) > half)
            return 0;
        truth = half;
    }
    uint64_t stays = power_labels(a->risk->value, truth, a->d, PLAN_POWER).stays;
    double z = normal_quantile(PLAN_POWER), bet = 1;
    if (a->betting)
        bet = pow((sqrt(2 * log(1 / a->d)) + z) / (normal_quantile(1 - a->d) + z), 2);
    double all = ceil((double)stays * bet * m / a->mean.effective);
    return all > m ? (uint64_t)all : a->m + 1;
}

static const char *ships_at(const struct audited *a, struct result *out)
{
    if (isinf(a->threshold))
        return "Of what ships unseen at the threshold in use";
    struct buf b;
    buf_init(&b);
    buf_puts(&b, "Of what ships at confidence ");
    units_put_exact(&b, a->threshold);
    buf_puts(&b, " and above");
    const char *text = result_text(out, "%s", buf_text(&b));
    buf_release(&b);
    return text;
}

static const char *sentence(const struct audited *a, enum risk_ending ending, uint64_t needed,
                            struct result *out)
{
    double level = 100 * (1 - a->d), target = 100 * a->risk->value;
    const char *what = ships_at(a, out);
    if (a->m == 0 && !a->found)
        return result_text(out,
                           "These labels certify no threshold for auto_error at most %.3g%%: give "
                           "--threshold T for the one in use, or more audits.",
                           target);
    const char *load = a->reviewed && !isinf(a->threshold)
                           ? result_text(out, "; %.1f%% of the items go to review",
                                         100 * (1 - a->mean.total / a->all.total))
                           : "";
    struct buf items;
    buf_init(&items);
    units_put_count(&items, (uint64_t)llround(a->mean.total));
    const char *seen = result_text(
        out, "%s, %.3g%% is wrong by %zu label%s for %s items%s", what, 100 * a->mean.estimate,
        a->m, a->m == 1 ? " that stands" : "s that stand", buf_text(&items), load);
    buf_release(&items);
    if (ending == RISK_CERTIFIED)
        return result_text(out, "%s: with %.4g%% confidence at most %.2f%% (target %.3g%%).", seen,
                           level, ceil(a->bound * 1e4) / 100, target);
    if (ending == RISK_INFEASIBLE)
        return result_text(out, "%s: with %.4g%% confidence more than the target of %.3g%%.", seen,
                           level, target);
    if (!needed)
        return result_text(out,
                           "%s: not shown to be at most %.3g%% with %.4g%% confidence, and more "
                           "such labels would hardly show it.",
                           seen, target, level);
    struct buf b;
    buf_init(&b);
    units_put_count(&b, needed);
    const char *text = result_text(out,
                                   "%s: too few to show at most %.3g%% with %.4g%% confidence; "
                                   "about %s in all would do, if it errs well below the target.",
                                   seen, target, level, buf_text(&b));
    buf_release(&b);
    return text;
}

static void put_metrics(const struct audited *a, enum risk_ending ending, struct result *out)
{
    if (a->m == 0)
        return;
    const struct weighed *s = a->all.label;
    double high = upper_bound(s, a->m, a->d / 2, a->key);
    struct metric *risk = metrics_add(
        &out->metrics, "auto_error", a->mean.estimate, lower_bound(s, a->m, a->d / 2, a->key),
        ending == RISK_CERTIFIED ? a->bound : fmax(high, a->bound), 1 - a->d, a->m, "1");
    risk->target = result_text(out, "%s", a->risk->text);
    risk->verdict = ending == RISK_CERTIFIED    ? VERDICT_PASS
                    : ending == RISK_INFEASIBLE ? VERDICT_INFEASIBLE
                                                : VERDICT_NOT_SHOWN;
    risk->sd_sampling = a->mean.se;
    if (!a->reviewed || isinf(a->threshold))
        return;
    struct metric *load =
        metrics_add_exact(&out->metrics, "review_load", 1 - a->mean.total / a->all.total, "1");
    load->n = a->all.n;
    if (a->load) {
        load->target = result_text(out, "%s", a->load->text);
        load->verdict = load->value <= a->load->value ? VERDICT_PASS : VERDICT_FAIL;
    }
}

static void put_answer(const struct audited *a, enum risk_ending ending, bool chosen,
                       struct result *out)
{
    bool known = a->found || !chosen;
    uint64_t needed = ending == RISK_TOO_FEW && known ? labels_needed(a) : 0;
    out->answer = (struct answer){
        .present = true,
        .threshold = known && !isinf(a->threshold) ? a->threshold : NAN,
        .bound = known ? a->bound : NAN,
        .level = 1 - a->d,
        .m = known ? a->m : 0,
        .k = known ? errors_in(a->all.label, a->m) : 0,
        .tests = 1,
        .labels_needed = needed,
        .review_load =
            known && a->reviewed && !isinf(a->threshold) ? 1 - a->mean.total / a->all.total : NAN,
        .risk_value = known ? a->mean.estimate : NAN,
        .best_attainable = ending == RISK_INFEASIBLE ? a->bound : NAN,
        .method = chosen ? (a->betting ? "split, by betting" : "split")
                         : (a->betting ? "exact, by betting" : "exact"),
        .risk = "auto_error",
        .population = "items like those that were audited (same model, prompt and mix)",
        .ending = risk_ending_name(ending),
    };
    out->answer.sentence = sentence(a, ending, needed, out);
}

static void put_notes(const struct audited *a, struct result *out)
{
    result_assume(out, "an audited item was drawn at random with probability 1 / weight, whatever "
                       "its truth; reviewed items are all labelled");
    if (a->betting)
        result_assume(out,
                      "weights differ, so the bound is by betting (Waudby-Smith and Ramdas); no "
                      "item that ships was audited with a probability below %.4g",
                      1 / a->mean.most);
    if (a->m > 0 && a->mean.effective < 0.5 * (double)a->m)
        result_warn(out, "the %zu shipped labels say no more than %.0f of equal weights would say",
                    a->m, a->mean.effective);
    out->run.present = true;
    out->run.method = "audit";
    out->run.engine = "audit";
    out->run.seed = a->o->seed;
    out->run.covers = "sampling";
}

static int start(const struct audit_sample *s, const struct audit_options *o, struct audited *a,
                 struct error *err)
{
    *a = (struct audited){.o = o,
                          .d = 1 - o->level,
                          .key = rng_key(o->seed, 0, 0, 0, RNG_AUDIT),
                          .threshold = NAN,
                          .bound = NAN,
                          .mean = {.estimate = NAN}};
    if (plan_targets(o->targets, o->n_targets, "judged", &a->risk, &a->load, err))
        return -1;
    bool blind = true;
    for (size_t i = 0; i < s->n; i++) {
        a->reviewed |= s->at[i].source != LABEL_AUDIT;
        blind = blind && (s->at[i].source == LABEL_REVIEWED ||
                          (!isnan(o->threshold) && s->at[i].confidence < o->threshold));
    }
    if (blind)
        return error_set(err, ERR_INPUT,
                         "no audited label lies at or above the threshold %.6g: nothing is known "
                         "of what ships there",
                         o->threshold);
    return 0;
}

int audit_size(const struct audit_sample *s, const struct audit_options *options,
               struct result *out, bool *certified, struct error *err)
{
    struct audited a;
    bool chosen = isnan(options->threshold);
    if (start(s, options, &a, err))
        return -1;
    a.all = rank_of(s->at, NULL, s->n);
    if (chosen && !a.reviewed) {
        chosen = false;
        fix(&a, -INFINITY);
    } else if (chosen) {
        choose(s, &a);
    } else {
        fix(&a, options->threshold);
    }
    a.mean = weighed_mean(a.all.label, a.m);
    enum risk_ending ending = a.found ? RISK_CERTIFIED : RISK_TOO_FEW;
    if (!a.found && a.m && lower_bound(a.all.label, a.m, a.d, a.key) > a.risk->value)
        ending = RISK_INFEASIBLE;
    put_metrics(&a, ending, out);
    put_frontier(&a, out);
    put_answer(&a, ending, chosen, out);
    put_notes(&a, out);
    const struct metric *load = metrics_find(&out->metrics, "review_load");
    *certified = a.found && !(load && load->verdict == VERDICT_FAIL);
    out->passed = *certified ? PASSED_TRUE : PASSED_FALSE;
    ranking_release(&a.all);
    return 0;
}
