/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What audits certify of what ships, against the exact binomial bound and sums done by hand; what
 * is proposed where labels are of reviewed items alone. */
#include "tests/support/support.h"

#include "decide/audit.h"
#include "decide/audit_log.h"
#include "math/gsl_guard.h"
#include "math/interval.h"

#include <math.h>
#include <string.h>

static struct target risk = {"auto_error", TARGET_AT_MOST, 0.05, "at most 5%"};

static struct audit_options options_at(double threshold)
{
    return (struct audit_options){
        .level = 0.95, .threshold = threshold, .seed = 1, .targets = &risk, .n_targets = 1};
}

static struct audit_sample sample_of(const struct scored *s, size_t n)
{
    return (struct audit_sample){
        .at = s, .n = n, .threshold = NAN, .items_per_day = NAN, .share_shipped = NAN};
}

/* n labels of one kind, the first `wrong` of them wrong. */
static size_t fill(struct scored *s, size_t n, size_t wrong, double confidence, double weight,
                   enum label_source source)
{
    for (size_t i = 0; i < n; i++)
        s[i] = (struct scored){.confidence = confidence,
                               .weight = weight,
                               .correct = i >= wrong,
                               .source = (uint8_t)source};
    return n;
}

static void a_uniform_audit_gives_the_exact_binomial_bound(void **state)
{
    static struct scored s[400];
    struct audit_options options = options_at(NAN);
    struct error err = {0};
    struct result r;
    bool certified;
    fill(s, 400, 9, 0.9, 20, LABEL_AUDIT);
    struct audit_sample sample = sample_of(s, 400);
    assert_true(audit_is_one(s, 400));
    result_init(&r, "size");
    ok(audit_size(&sample, &options, &r, &certified, &err), &err);
    assert_true(certified);
    near_rel(r.answer.bound, interval_upper(9, 400, 0.05), 1e-12);
    near_rel(r.answer.risk_value, 9.0 / 400, 1e-12);
    assert_true(isnan(r.answer.threshold) && isnan(r.answer.review_load));
    assert_string_equal(r.answer.method, "exact");
    assert_string_equal(r.answer.ending, "certified");
    result_release(&r);
}

/* 300 reviewed items, and audits of a tenth of the 1,000 that ship. */
static size_t reviewed_and_audited(struct scored *s, size_t wrong)
{
    size_t n = fill(s, 300, 90, 0.5, 1, LABEL_REVIEWED);
    n += fill(s + n, 60, wrong, 0.8, 10, LABEL_AUDIT);
    return n + fill(s + n, 40, 0, 0.9, 10, LABEL_AUDIT);
}

static void reviews_and_audits_together_tell_error_and_load_at_any_threshold(void **state)
{
    static const struct {
        double threshold, error, load;
    } want[] = {
        {0.9, 0,            1 - 400.0 / 1300 },
        {0.8, 0.03,         1 - 1000.0 / 1300},
        {0.4, 120.0 / 1300, 0                }
    };
    static struct scored s[400];
    size_t n = reviewed_and_audited(s, 3);
    for (size_t i = 0; i < 3; i++) {
        struct audit_options options = options_at(want[i].threshold);
        struct audit_sample sample = sample_of(s, n);
        struct error err = {0};
        struct result r;
        bool certified;
        result_init(&r, "size");
        ok(audit_size(&sample, &options, &r, &certified, &err), &err);
        near(r.answer.risk_value, want[i].error, 1e-12);
        near(r.answer.review_load, want[i].load, 1e-12);
        assert_string_equal(r.answer.method, i == 2 ? "exact, by betting" : "exact");
        assert_true(r.answer.bound > want[i].error);
        result_release(&r);
    }
}

static void the_endings_of_an_audit_are_told_apart(void **state)
{
    static struct scored s[400];
    static const struct {
        size_t wrong;
        const char *ending;
    } want[] = {
        {0,  "certified"     },
        {3,  "too few labels"},
        {30, "infeasible"    }
    };
    for (size_t i = 0; i < 3; i++) {
        size_t n = reviewed_and_audited(s, want[i].wrong);
        struct audit_options options = options_at(0.8);
        struct audit_sample sample = sample_of(s, n);
        struct error err = {0};
        struct result r;
        bool certified;
        result_init(&r, "size");
        ok(audit_size(&sample, &options, &r, &certified, &err), &err);
        assert_string_equal(r.answer.ending, want[i].ending);
        assert_int_equal(certified, i == 0);
        assert_int_equal(r.passed, i == 0 ? PASSED_TRUE : PASSED_FALSE);
        assert_true((r.answer.labels_needed > 100) == (i == 1));
        result_release(&r);
    }
}

static void a_threshold_above_all_audits_is_refused(void **state)
{
    static struct scored s[400];
    size_t n = reviewed_and_audited(s, 3);
    struct audit_options options = options_at(0.95);
    struct audit_sample sample = sample_of(s, n);
    struct error err = {0};
    struct result r;
    bool certified;
    result_init(&r, "size");
    assert_int_equal(audit_size(&sample, &options, &r, &certified, &err), -1);
    error_is(&err, ERR_INPUT, "0.95");
    result_release(&r);
}

static void the_order_of_the_rows_does_not_matter(void **state)
{
    static struct scored s[400], turned[400];
    double bound[2];
    size_t n = reviewed_and_audited(s, 2);
    for (size_t i = 0; i < n; i++)
        turned[i] = s[n - 1 - i];
    for (int i = 0; i < 2; i++) {
        struct audit_options options = options_at(0.4);
        struct audit_sample sample = sample_of(i ? turned : s, n);
        struct error err = {0};
        struct result r;
        bool certified;
        result_init(&r, "size");
        ok(audit_size(&sample, &options, &r, &certified, &err), &err);
        bound[i] = r.answer.bound;
        result_release(&r);
    }
    near(bound[0], bound[1], 0);
}

static const struct row *plan_row(const struct result *r, const char *kind, size_t nth)
{
    for (size_t i = 0; i < r->plan.len; i++)
        if (!strcmp(r->plan.at[i].kind, kind) && nth-- == 0)
            return &r->plan.at[i];
    return NULL;
}

static double number(const struct row *row, const char *name)
{
    const struct metric *m = row ? metrics_find(&row->metrics, name) : NULL;
    return m ? m->value : NAN;
}

/* 1,000 shipped items, half of confidence 0.8 and half of 0.98: strata of 500 with guesses 0.2 and
 * 0.02, so Neyman's parts are as 0.4 to 0.14. */
static void reviewed_items_alone_are_answered_with_an_audit_and_its_cost(void **state)
{
    static struct scored s[300];
    static double shipped[1000];
    struct audit_options options = options_at(NAN);
    struct error err = {0};
    struct result r;
    size_t n = fill(s, 300, 90, 0.5, 1, LABEL_REVIEWED);
    for (size_t i = 0; i < 1000; i++)
        shipped[i] = i % 2 ? 0.8 : 0.98;
    struct audit_sample sample = sample_of(s, n);
    sample.threshold = 0.75;
    sample.items_per_day = 250;
    sample.share_shipped = 0.8;
    sample.shipped = shipped;
    sample.n_shipped = 1000;
    assert_false(audit_is_one(s, n));
    result_init(&r, "size");
    ok(audit_propose(&sample, &options, &r, &err), &err);
    assert_string_equal(r.answer.ending, "not identifiable");
    assert_int_equal(r.passed, PASSED_FALSE);
    assert_int_equal(r.answer.labels_needed, 434);
    /* 8% of 200 a day is the least percentage that brings 434 labels within 30 days */
    const struct row *uniform = plan_row(&r, "design", 0), *split = plan_row(&r, "design", 1);
    near_rel(number(uniform, "audit_share"), 0.08, 1e-12);
    near_rel(number(uniform, "audits_a_day"), 16, 1e-12);
    near(number(uniform, "days"), 28, 0);
    near_rel(number(uniform, "half_width"), 1.959963984540054 * sqrt(0.11 * 0.89 / 434), 1e-9);
    near_rel(number(uniform, "bound_above"), interval_upper(48, 434, 0.05) - 48.0 / 434, 1e-9);
    near_rel(number(split, "bound_above"),
             number(split, "half_width") / 1.959963984540054 * sqrt(2 * log(20)), 1e-9);
    double part = 0.4 / 0.54;
    near_rel(number(plan_row(&r, "stratum", 0), "audit_share"), 0.08 * part / 0.5, 1e-9);
    near_rel(number(plan_row(&r, "stratum", 1), "audit_share"), 0.08 * (1 - part) / 0.5, 1e-9);
    near_rel(number(split, "half_width"),
             1.959963984540054 * sqrt((0.25 * 0.16 / part + 0.25 * 0.0196 / (1 - part)) / 434),
             1e-9);
    assert_true(number(split, "half_width") < number(uniform, "half_width"));
    const struct row *near_it = plan_row(&r, "design", 2);
    assert_true(number(near_it, "half_width_near") < number(uniform, "half_width_near"));
    near(number(plan_row(&r, "audit", 2), "audits_a_day"), 10, 1e-12);
    result_release(&r);
}

static void a_log_with_truths_of_reviewed_items_alone_is_recognised(void **state)
{
    struct log_options read = {0};
    const char *path = data_path("genai.jsonl.gz");
    struct trace_log log;
    struct audit_log known;
    struct error err = {0};
    ok(log_read(&path, 1, &read, &log, &err), &err);
    audit_log_take(&log, &known);
    assert_true(known.reviewed_only);
    assert_int_equal(known.known.len, 50);
    assert_int_equal(known.n_shipped, 150);
    near_rel(known.sample.share_shipped, 0.75, 1e-12);
    assert_true(isnan(known.sample.items_per_day)); /* it lasts seconds */
    audit_log_release(&known);
    /* ten of those that ship have a truth: each stands for fifteen */
    size_t told = 0;
    for (size_t i = 0; i < log.items.len && told < 10; i++)
        if (log.items.at[i].confidence >= log.threshold) {
            log.items.at[i].draft = LOG_GOOD;
            told++;
        }
    audit_log_take(&log, &known);
    assert_false(known.reviewed_only || known.plain);
    assert_int_equal(known.n_shipped_known, 10);
    for (size_t i = 0; i < known.known.len; i++) {
        const struct scored *s = &known.known.at[i];
        near(s->weight, s->source == LABEL_AUDIT ? 15 : 1, 1e-12);
    }
    audit_log_release(&known);
    log_release(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_uniform_audit_gives_the_exact_binomial_bound),
        cmocka_unit_test(reviews_and_audits_together_tell_error_and_load_at_any_threshold),
        cmocka_unit_test(the_endings_of_an_audit_are_told_apart),
        cmocka_unit_test(a_threshold_above_all_audits_is_refused),
        cmocka_unit_test(the_order_of_the_rows_does_not_matter),
        cmocka_unit_test(reviewed_items_alone_are_answered_with_an_audit_and_its_cost),
        cmocka_unit_test(a_log_with_truths_of_reviewed_items_alone_is_recognised),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
