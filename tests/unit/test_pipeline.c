/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"

#include "math/rng.h"
#include "model/scenario.h"

#include <math.h>
#include <string.h>

static struct pipeline read_text(const char *text)
{
    struct pipeline p;
    struct faults f;
    struct error err = {0};

    faults_init(&f);
    ok(scenario_parse("f", text, strlen(text), NULL, &p, &f, &err), &err);
    faults_release(&f);
    return p;
}

static const char evidence_text[] = "seam: 1\n"
                                    "classes: {x: {share: 50%}, y: {share: 50%}}\n"
                                    "flow:\n"
                                    "  - stage: a\n"
                                    "    error: 3/100\n"
                                    "    repair: 1/4\n"
                                    "    wrong: 12/100\n"
                                    "    malformed: {x: 7/50, y: 1%}\n"
                                    "    latency: {lognormal: {p50: 1s, p95: 3s}, evidence: 20}\n"
                                    "  - stage: b\n"
                                    "    wrong: 0/9\n";

static uint32_t find(const struct pipeline *p, const char *path)
{
    for (uint32_t i = 0; i < p->n_evidence; i++)
        if (strcmp(p->evidence[i].path, path) == 0)
            return i;
    fail_msg("no evidence at %s", path);
    return 0;
}

/* Beta(k + 1/2, n - k + 1/2) and Dirichlet(3.5, 12.5, 85.5): means by hand. */
static void posterior_means_are_those_of_jeffreys_prior(void **state)
{
    struct pipeline p = read_text(evidence_text);
    double theta[8];

    assert_int_equal(p.n_evidence, 5);
    pipeline_posterior_mean(&p, theta);
    near(theta[find(&p, "flow.a.error")], 3.5 / 101.5, 1e-15);
    near(theta[find(&p, "flow.a.wrong")], 12.5 / 101.5, 1e-15);
    near(theta[find(&p, "flow.a.repair")], 1.5 / 5, 1e-15);
    near(theta[find(&p, "flow.a.malformed.x")], 7.5 / 51, 1e-15);
    near(theta[find(&p, "flow.b.wrong")], 0.5 / 10, 1e-15);
    pipeline_release(&p);
}

/* Moments of 20,000 draws; variances a(s - a) / (s^2 (s + 1)), covariance -ab / (s^2 (s + 1)). */
static void posterior_draws_have_the_moments_of_the_posterior(void **state)
{
    enum { DRAWS = 20000 };
    struct pipeline p = read_text(evidence_text);
    struct rng_seq rng = {.key = rng_key(1, 0, 0, 0, RNG_PARAMETER)};
    uint32_t e = find(&p, "flow.a.error"), w = find(&p, "flow.a.wrong"),
             r = find(&p, "flow.a.repair");
    double theta[8], se = 0, sw = 0, see = 0, sew = 0, sr = 0, s = 101.5;
    double var_e = 3.5 * 98 / (s * s * (s + 1)), var_w = 12.5 * 89 / (s * s * (s + 1));

    for (int i = 0; i < DRAWS; i++) {
        pipeline_posterior_draw(&p, &rng, theta);
        assert_true(theta[e] > 0 && theta[w] > 0 && theta[e] + theta[w] < 1);
        se += theta[e];
        sw += theta[w];
        sr += theta[r];
        see += (theta[e] - 3.5 / s) * (theta[e] - 3.5 / s);
        sew += (theta[e] - 3.5 / s) * (theta[w] - 12.5 / s);
    }
    within_sigma(se / DRAWS, 3.5 / s, sqrt(var_e / DRAWS), 5);
    within_sigma(sw / DRAWS, 12.5 / s, sqrt(var_w / DRAWS), 5);
    within_sigma(sr / DRAWS, 0.3, sqrt(0.3 * 0.7 / 6 / DRAWS), 5);
    near_rel(see / DRAWS, var_e, 0.06);
    within_sigma(sew / DRAWS, -3.5 * 12.5 / (s * s * (s + 1)), sqrt(var_e * var_w / DRAWS), 6);
    pipeline_release(&p);
}

static void with_replaces_the_numbers_that_have_evidence(void **state)
{
    struct pipeline p = read_text(evidence_text), q;
    double theta[8] = {0};

    for (uint32_t i = 0; i < p.n_evidence; i++)
        theta[i] = 0.01 * (i + 1);
    pipeline_with(&p, theta, NULL, &q);
    for (uint32_t c = 0; c < 2; c++) {
        near(q.step[0].numbers[c].error.value, theta[find(&p, "flow.a.error")], 0);
        near(q.step[0].numbers[c].repair.value, theta[find(&p, "flow.a.repair")], 0);
        near(q.step[1].numbers[c].wrong.value, theta[find(&p, "flow.b.wrong")], 0);
        near(p.step[0].numbers[c].error.value, 0.03, 0);
    }
    near(q.step[0].numbers[0].malformed.value, theta[find(&p, "flow.a.malformed.x")], 0);
    near(q.step[0].numbers[1].malformed.value, 0.01, 0);
    assert_ptr_equal(q.step[0].id, p.step[0].id);
    near(q.step[0].numbers[0].latency.b, p.step[0].numbers[0].latency.b, 0);
    pipeline_release(&q);
    pipeline_release(&p);
}

static void with_keeps_outcomes_within_one(void **state)
{
    struct pipeline p = read_text("seam: 1\nflow:\n  - stage: a\n    error: 40/100\n"
                                  "    wrong: 20/50\n    malformed: 10%\n"),
                    q;
    double theta[2] = {0.8, 0.7};
    struct numbers *n;

    pipeline_with(&p, theta, NULL, &q);
    n = &q.step[0].numbers[0];
    near(n->error.value + n->wrong.value + n->malformed.value, 1, 1e-15);
    near_rel(n->error.value / n->wrong.value, 8.0 / 7, 1e-14);
    pipeline_release(&q);
    pipeline_release(&p);
}

static void a_distribution_of_the_file_is_redrawn_once_for_all_classes(void **state)
{
    struct pipeline p = read_text(evidence_text), q;
    struct rng_seq rng = {.key = rng_key(3, 0, 0, 0, RNG_PARAMETER)};
    double theta[8];

    pipeline_posterior_mean(&p, theta);
    pipeline_with(&p, theta, &rng, &q);
    assert_true(q.step[0].numbers[0].latency.a != p.step[0].numbers[0].latency.a);
    near(q.step[0].numbers[0].latency.a, q.step[0].numbers[1].latency.a, 0);
    near(q.step[0].numbers[0].latency.b, q.step[0].numbers[1].latency.b, 0);
    near(q.step[1].numbers[0].latency.a, 0, 0);
    pipeline_release(&q);
    pipeline_release(&p);
}

/* --- checks of pipelines that were built, not read */

struct built {
    struct pipeline p;
    struct step step[3];
    struct numbers numbers[3];
    struct class_def class;
    struct number input;
};

static void build(struct built *b)
{
    memset(b, 0, sizeof *b);
    pipeline_init(&b->p);
    b->class = (struct class_def){.id = "", .share = 1};
    b->p.class = &b->class;
    b->p.n_classes = 1;
    b->p.input_wrong = &b->input;
    b->p.step = b->step;
    b->p.n_steps = 3;
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"a", "b", "c"};
        struct step *s = &b->step[i];
        *s = (struct step){.id = names[i], .numbers = &b->numbers[i], .gate_of = -1};
        s->next = (struct edge){.to = i < 2 ? i + 1 : TO_SHIP, .at_most = AT_MOST_NONE};
        s->above = s->below = s->next;
        s->fallback = (struct edge){.to = TO_FAIL, .at_most = AT_MOST_NONE};
        s->on_reject = (struct edge){.to = TO_REJECT, .at_most = AT_MOST_NONE};
    }
}

static void check_says(struct built *b, const char *part)
{
    struct faults f;

    faults_init(&f);
    pipeline_check(&b->p, &f);
    if (part == NULL) {
        assert_int_equal(f.list.len, 0);
    } else {
        assert_int_equal(f.list.len, 1);
        text_has(f.list.at[0].text, part);
    }
    faults_release(&f);
    pipeline_release(&b->p);
}

static void a_sound_pipeline_has_no_fault(void **state)
{
    struct built b;
    build(&b);
    check_says(&b, NULL);
}

static void outcome_sums_are_checked(void **state)
{
    struct built b;
    build(&b);
    b.numbers[1].error.value = 0.6;
    b.numbers[1].malformed.value = 0.4 + 1e-7;
    check_says(&b, "outcomes of `b`");
    build(&b);
    b.numbers[1].error.value = 0.6;
    b.numbers[1].malformed.value = 0.4;
    check_says(&b, NULL);
}

static void shares_of_classes_are_checked(void **state)
{
    struct built b;
    build(&b);
    b.class.share = 1 - 1e-6;
    check_says(&b, "shares of the classes");
    build(&b);
    b.class.share = NAN;
    check_says(&b, "shares of the classes");
}

static void unreached_steps_are_found(void **state)
{
    struct built b;
    build(&b);
    b.step[0].next.to = 2;
    check_says(&b, "step `b` cannot be reached");
    build(&b);
    b.step[0].next.to = 2;
    b.step[0].fallback.to = 1;
    check_says(&b, NULL);
    build(&b);
    b.step[0].next.to = 2;
    b.step[2].kind = STEP_CHECK;
    b.step[2].on_reject = (struct edge){.to = 1, .at_most = 2};
    check_says(&b, NULL);
}

static void a_gate_with_both_edges_away_leaves_the_next_step_unreached(void **state)
{
    struct built b;
    build(&b);
    b.step[0].has_confidence = true;
    b.step[1].kind = STEP_GATE;
    b.step[1].above.to = TO_SHIP;
    b.step[1].below.to = TO_REJECT;
    check_says(&b, "step `c` cannot be reached");
}

static void loops_need_a_bound(void **state)
{
    static const struct edge then_back = {.to = 0, .at_most = AT_MOST_NONE};
    struct built b;
    build(&b);
    b.step[1].fallback.to = 1;
    check_says(&b, "from `b` to `b` is a loop without a bound");
    build(&b);
    b.step[1].fallback = (struct edge){.to = 1, .at_most = 3, .then = &then_back};
    check_says(&b, "from `b` to `a` is a loop without a bound");
    build(&b);
    b.step[1].fallback = (struct edge){.to = 1, .at_most = AT_MOST_UNBOUNDED};
    check_says(&b, NULL);
}

static void gates_need_a_confidence_before_them(void **state)
{
    struct built b;
    build(&b);
    b.step[1].kind = STEP_GATE;
    b.step[2].has_confidence = true;
    check_says(&b, "no step before gate `b`");
    build(&b);
    b.step[1].kind = STEP_GATE;
    b.step[2].has_confidence = true;
    b.step[2].fallback = (struct edge){.to = 1, .at_most = 1};
    check_says(&b, NULL);
    build(&b);
    b.step[1].kind = STEP_GATE;
    b.step[1].gate_of = 0;
    b.step[2].has_confidence = true;
    check_says(&b, "which gives no confidence");
    build(&b);
    b.step[1].kind = STEP_GATE;
    b.step[1].gate_of = 2;
    b.step[0].has_confidence = b.step[2].has_confidence = true;
    check_says(&b, "which no item passes before it");
}

/* --- overrides, ways, laws */

static const char override_text[] =
    "seam: 1\n"
    "flow:\n"
    "  - stage: a\n"
    "    error: 3/100\n"
    "    wrong: 1/10\n"
    "    latency: {lognormal: {p50: 1s, p95: 3s}, evidence: 20}\n"
    "    given: {bad: {wrong: 40%}, b.skipped: {repair: 1/10}}\n"
    "    next: [{to: b, probability: 3/10}, {to: c, probability: 7/10}]\n"
    "  - stage: b\n"
    "    next: [{to: ship, probability: 1/8}, {to: c}]\n"
    "  - stage: c\n"
    "environments:\n"
    "  e: {up: {lasts: 3d}, down: {lasts: {exponential: {mean: 1h}, evidence: 9}, steps: {a: "
    "{error: 90/100}}}}\n"
    "  f: {on: {lasts: 3d}, off: {lasts: 1h, steps: {a: {malformed: 5%, latency: 7s}}}}\n";

static void with_changes_overrides_environments_and_ways(void **state)
{
    struct pipeline p = read_text(override_text), q;
    double theta[16] = {0}, sum;
    const struct step *a;
    const struct env_state *down;

    pipeline_posterior_mean(&p, theta);
    pipeline_with(&p, theta, NULL, &q);
    a = &q.step[0];
    down = &q.environment[0].state[1];
    near(a->numbers[0].error.value, 3.5 / 101, 1e-15);
    near(a->given[0].override.numbers[0].error.value, 3.5 / 101, 1e-15);
    near(a->given[0].override.numbers[0].wrong.value, 0.4, 0);
    near(a->given[1].override.numbers[0].repair.value, 1.5 / 11, 1e-15);
    /* 90.5/101 with the wrong of 1.5/11, scaled to 1 */
    sum = 90.5 / 101 + 1.5 / 11;
    near(down->override[0].override.numbers[0].error.value, 90.5 / 101 / sum, 1e-14);
    /* complete ways: the Dirichlet of 3.5 and 7.5 */
    near(a->way[0].probability[0].value, 3.5 / 11, 1e-15);
    near(a->way[1].probability[0].value, 7.5 / 11, 1e-15);
    near(q.step[1].way[0].probability[0].value, 1.5 / 9, 1e-15);
    near(p.step[0].given[1].override.numbers[0].repair.value, 0.1, 0);
    near(p.step[0].way[0].probability[0].value, 0.3, 0);
    near(p.environment[0].state[1].override[0].override.numbers[0].error.value, 0.9, 0);
    pipeline_release(&q);
    pipeline_release(&p);
}

static void with_redraws_one_distribution_once_for_all_overrides(void **state)
{
    struct pipeline p = read_text(override_text), q;
    struct rng_seq rng = {.key = rng_key(3, 0, 0, 0, RNG_PARAMETER)};
    double theta[16];

    pipeline_posterior_mean(&p, theta);
    pipeline_with(&p, theta, &rng, &q);
    assert_true(q.step[0].numbers[0].latency.a != p.step[0].numbers[0].latency.a);
    near(q.step[0].given[0].override.numbers[0].latency.a, q.step[0].numbers[0].latency.a, 0);
    near(q.environment[0].state[1].override[0].override.numbers[0].latency.a,
         q.step[0].numbers[0].latency.a, 0);
    near(q.environment[1].state[1].override[0].override.numbers[0].latency.a, 7, 0);
    assert_true(q.environment[0].state[1].lasts.a != p.environment[0].state[1].lasts.a);
    near(p.environment[0].state[1].lasts.a, 3600, 0);
    pipeline_release(&q);
    pipeline_release(&p);
}

static void numbers_of_given_and_environments_come_together(void **state)
{
    struct pipeline p = read_text(override_text);
    uint32_t up[] = {0, 0}, down[] = {1, 0}, both[] = {1, 1};
    struct numbers n;

    numbers_resolve(&p, 0, 0, -1, NULL, &n);
    near(n.error.value, 0.03, 0);
    numbers_resolve(&p, 0, 0, 0, up, &n);
    near(n.error.value, 0.03, 0);
    near(n.wrong.value, 0.4, 0);
    /* error 0.9 is stated by the environment; wrong 0.4 gets what is left */
    numbers_resolve(&p, 0, 0, 0, down, &n);
    near(n.error.value, 0.9, 0);
    near(n.wrong.value, 0.1, 1e-15);
    numbers_resolve(&p, 0, 0, -1, both, &n);
    near(n.error.value, 0.9, 0);
    near(n.malformed.value, 0.05, 0);
    near(n.wrong.value, 0.05, 1e-15);
    near(n.latency.a, 7, 0);
    numbers_resolve(&p, 0, 0, 1, both, &n);
    near(n.repair.value, 0.1, 0);
    pipeline_release(&p);
}

/* Over confidences spread evenly on [t, 1] the audited share is `share`, where no cap strikes. */
static void audits_near_the_threshold_keep_their_share(void **state)
{
    double sum = 0;

    near(audit_probability(AUDIT_UNIFORM, 0.02, 0.9, 0.8), 0.02, 0);
    near(audit_probability(AUDIT_NEAR_THRESHOLD, 0.02, 0.8, 0.8), 0.04, 1e-15);
    near(audit_probability(AUDIT_NEAR_THRESHOLD, 0.02, 1, 0.8), 0, 0);
    near(audit_probability(AUDIT_NEAR_THRESHOLD, 0.7, 0.8, 0.8), 1, 0);
    near(audit_probability(AUDIT_NEAR_THRESHOLD, 0.02, 1, 1), 0.02, 0);
    for (int i = 0; i < 1000; i++)
        sum += audit_probability(AUDIT_NEAR_THRESHOLD, 0.02, 0.8 + 0.2 * (i + 0.5) / 1000, 0.8);
    near(sum / 1000, 0.02, 1e-14);
}

static void each_part_of_the_language_is_refused_by_name_and_place(void **state)
{
#define ONE  "seam: 1\nflow:\n  - stage: a\n"
#define CONF "    confidence: {good: 0.9, bad: 0.5}\n"
#define GATE ONE CONF "  - gate: g\n    below: reject\n    threshold: "
#define DESK "seam: 1\nflow:\n  - review: a\n    by: r\nresources: {r: {servers: 1, "
    /* clang-format off */
    static const struct {
        const char *text, *part;
        enum pipeline_feature feature;
    } cases[] = {
        {ONE "    hedge: {after: 1s}\n", "f:3:12: not supported yet by test: hedge (step `a`)",
         FEATURE_HEDGE},
        {ONE "    cache: {hit: 1%}\n", "cache", FEATURE_CACHE},
        {ONE "    breaker: {failures: 50%, window: 1m, open_for: 1m}\n", "breaker",
         FEATURE_BREAKER},
        {ONE "    retry: {attempts: 2, budget: 3/s}\n", "retry budget", FEATURE_RETRY_BUDGET},
        {"seam: 1\nclasses: {x: {share: 50%}, y: {share: 50%}}\nflow:\n  - stage: a\n"
         "    retry: {attempts: {x: 1, y: 2}}\n", "retry for each class", FEATURE_CLASS_RETRY},
        {ONE "    next: [{to: ship, probability: 30%}, reject]\n", "next", FEATURE_NEXT},
        {ONE "    next: [{to: ship, when: \"age > 3s\"}, reject]\n", "next when", FEATURE_WHEN},
        {ONE "    given: {bad: {wrong: 1%}}\n", "given", FEATURE_GIVEN},
        {GATE "[0.1, 0.2]\n    between: ship\n", "f:5:11: not supported yet by test: bands",
         FEATURE_BANDS},
        {GATE "{beta: {a: 1, b: 1}}\n", "threshold distribution", FEATURE_THRESHOLD_DIST},
        {GATE "1\n    above: ship\n    audit: {share: 1%, by: d}\n  - review: d\n", "audit",
         FEATURE_AUDIT},
        {"seam: 1\nflow:\n  - parallel: p\n    branch: [{stage: a}]\n", "parallel",
         FEATURE_PARALLEL},
        {DESK "cost: $1/h}}\n", "resources", FEATURE_RESOURCES},
        {ONE "environments: {e: {s: {lasts: 1s}}}\n",
         "f:4:16: not supported yet by test: environments (environment `e`)",
         FEATURE_ENVIRONMENTS},
        {"seam: 1\narrivals: {poisson: 1/s}\nhorizon: {length: 1w}\nflow: [{stage: a}]\n",
         "f:2:11: not supported yet by test: arrivals", FEATURE_ARRIVALS},
        {"seam: 1\ndeadline: 3s\nflow: [{stage: a}]\n", "f:2:11: not supported yet by test: deadline",
         FEATURE_DEADLINE},
    };
    static const struct {
        const char *text;
        enum pipeline_feature feature;
    } of_resources[] = {
        {DESK "hours: \"09:00-10:00\"}}\n", FEATURE_HOURS},
        {DESK "discipline: lifo}}\n", FEATURE_DISCIPLINE},
        {DESK "waiting_room: 0}}\n", FEATURE_WAITING_ROOM},
        {DESK "patience: 3s}}\n", FEATURE_PATIENCE},
        {"seam: 1\nflow:\n  - stage: a\n    by: r\nresources: {r: {rate: 3/s}}\n",
         FEATURE_RATE_LIMIT},
        {"seam: 1\nflow:\n  - review: a\n    by: r\n    fatigue: {after: 1h}\nresources: {r: "
         "{servers: 1, hours: \"09:00-18:00\"}}\n", FEATURE_FATIGUE},
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pipeline p = read_text(cases[i].text);
        struct error err = {0};
        assert_int_equal(pipeline_features(&p), UINT64_C(1) << cases[i].feature);
        assert_int_equal(pipeline_needs(&p, "test", 0, &err), -1);
        error_is(&err, ERR_UNSUPPORTED, cases[i].part);
        assert_int_equal(pipeline_needs(&p, "test", UINT64_C(1) << cases[i].feature, &err), 0);
        pipeline_release(&p);
    }
    for (size_t i = 0; i < sizeof of_resources / sizeof *of_resources; i++) {
        struct pipeline p = read_text(of_resources[i].text);
        struct error err = {0};
        assert_true(pipeline_features(&p) & UINT64_C(1) << of_resources[i].feature);
        assert_int_equal(
            pipeline_needs(&p, "test", ~(UINT64_C(1) << of_resources[i].feature), &err), -1);
        error_is(&err, ERR_UNSUPPORTED, feature_name(of_resources[i].feature));
        pipeline_release(&p);
    }
#undef ONE
#undef CONF
#undef GATE
#undef DESK
}

static void a_plain_pipeline_needs_nothing(void **state)
{
    struct pipeline p = read_text(evidence_text);
    struct error err = {0};

    assert_int_equal(pipeline_features(&p), 0);
    assert_int_equal(pipeline_needs(&p, "test", 0, &err), 0);
    pipeline_release(&p);
}

static void faults_are_sorted_listed_once_and_twenty_at_most(void **state)
{
    struct faults f;

    faults_init(&f);
    for (uint32_t i = 40; i > 0; i--)
        faults_add(&f, i, 1, NULL, "line %u", i);
    faults_add(&f, 3, 1, NULL, "line 3");
    faults_add(&f, 2, 9, NULL, "x");
    assert_int_equal(f.list.len, FAULTS_MAX);
    assert_int_equal(f.dropped, 21);
    assert_int_equal(f.list.at[0].line, 1);
    assert_string_equal(f.list.at[2].text, "x");
    assert_int_equal(f.list.at[19].line, 19);
    assert_true(faults_wants(&f, 19, 0));
    assert_false(faults_wants(&f, 19, 2));
    faults_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posterior_means_are_those_of_jeffreys_prior),
        cmocka_unit_test(posterior_draws_have_the_moments_of_the_posterior),
        cmocka_unit_test(with_replaces_the_numbers_that_have_evidence),
        cmocka_unit_test(with_keeps_outcomes_within_one),
        cmocka_unit_test(a_distribution_of_the_file_is_redrawn_once_for_all_classes),
        cmocka_unit_test(a_sound_pipeline_has_no_fault),
        cmocka_unit_test(outcome_sums_are_checked),
        cmocka_unit_test(shares_of_classes_are_checked),
        cmocka_unit_test(unreached_steps_are_found),
        cmocka_unit_test(a_gate_with_both_edges_away_leaves_the_next_step_unreached),
        cmocka_unit_test(loops_need_a_bound),
        cmocka_unit_test(gates_need_a_confidence_before_them),
        cmocka_unit_test(with_changes_overrides_environments_and_ways),
        cmocka_unit_test(with_redraws_one_distribution_once_for_all_overrides),
        cmocka_unit_test(numbers_of_given_and_environments_come_together),
        cmocka_unit_test(audits_near_the_threshold_keep_their_share),
        cmocka_unit_test(each_part_of_the_language_is_refused_by_name_and_place),
        cmocka_unit_test(a_plain_pipeline_needs_nothing),
        cmocka_unit_test(faults_are_sorted_listed_once_and_twenty_at_most),
    };
    return cmocka_run_group_tests_name("pipeline", tests, NULL, NULL);
}
