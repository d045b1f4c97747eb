/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"
#include "tests/unit/same_pipeline.h"

#include "model/rules.h"
#include "model/scenario.h"

#include <math.h>
#include <string.h>

#define TOP   "seam: 1\nflow:\n"
#define A     TOP "  - stage: a\n"
#define CONF  "    confidence: {good: 0.9, bad: 0.5}\n"
#define TIMED "seam: 1\narrivals: {poisson: 1/h}\nhorizon: {length: 8w}\n"
#define FLOW  "flow:\n  - stage: a\n"
#define PAR   TOP "  - parallel: p\n"
#define RES   TIMED "flow:\n  - stage: a\n    by: r\nresources:\n  r: "

static int parse(const char *text, struct pipeline *p, struct faults *f, struct error *err)
{
    static const struct scenario_options options = {.data_dir = "tests/data"};

    return scenario_parse("f.yaml", text, strlen(text), &options, p, f, err);
}

/* --- what is read */

static struct pipeline read_text(const char *text)
{
    struct pipeline p;
    struct faults f;
    struct error err = {0};

    faults_init(&f);
    ok(parse(text, &p, &f, &err), &err);
    faults_release(&f);
    return p;
}

static struct pipeline read_whole(const struct setting *set, size_t n)
{
    struct scenario_options options = {.set = set, .n_set = n};
    struct pipeline p;
    struct faults f;
    struct error err = {0};

    faults_init(&f);
    ok(scenario_read("tests/fuzz/corpus/scenario/whole-language.yaml", &options, &p, &f, &err),
       &err);
    faults_release(&f);
    return p;
}

static const struct step *step_of(const struct pipeline *p, const char *id)
{
    int32_t i = pipeline_step(p, id);

    assert_true(i >= 0);
    return &p->step[i];
}

static void parallels_stand_in_the_table_before_their_branches(void **state)
{
    struct pipeline p = read_whole(NULL, 0);
    const struct step *s = step_of(&p, "p");
    uint32_t at = (uint32_t)(s - p.step);

    assert_int_equal(s->kind, STEP_PARALLEL);
    assert_int_equal(s->parallel->join, JOIN_K_OF_N);
    assert_int_equal(s->parallel->k, 2);
    assert_int_equal(s->parallel->n, 2);
    assert_int_equal(s->parallel->n_branches, 2);
    assert_int_equal(s->parallel->first[0], at + 1);
    assert_int_equal(s->parallel->first[1], at + 3);
    assert_int_equal(s->parallel->first[2], at + 4);
    assert_int_equal(pipeline_following(&p, at), (int32_t)at + 4);
    assert_int_equal(step_of(&p, "b1")->parent, at + 1);
    assert_int_equal(step_of(&p, "b1")->next.to, (int32_t)at + 2);
    assert_int_equal(step_of(&p, "b1")->fallback.then->to, TO_JOIN);
    assert_int_equal(step_of(&p, "b2")->next.to, TO_JOIN);
    assert_int_equal(step_of(&p, "b2")->on_reject.to, TO_REJECT);
    assert_int_equal(step_of(&p, "c1")->branch, 1);
    assert_int_equal(step_of(&p, "d")->parent, 0);
    pipeline_release(&p);
}

static void joins_have_their_k(void **state)
{
    static const struct {
        const char *join;
        enum join kind;
        uint32_t k;
    } joins[] = {
        {"all",         JOIN_ALL,      5},
        {"any",         JOIN_ANY,      1},
        {"majority",    JOIN_MAJORITY, 3},
        {"2 of 5",      JOIN_K_OF_N,   2},
        {"vote 4 of 5", JOIN_VOTE,     4},
        {"best",        JOIN_BEST,     1}
    };

    for (size_t i = 0; i < sizeof joins / sizeof *joins; i++) {
        struct setting set = {"flow.answers.join", joins[i].join};
        struct setting more = {"flow.answer.confidence", "{good: 0.9, bad: 0.2}"};
        struct setting both[] = {set, more};
        struct scenario_options options = {.set = both, .n_set = 2};
        struct pipeline p;
        struct faults f;
        struct error err = {0};
        faults_init(&f);
        ok(scenario_read("scenarios/parallel-voting.yaml", &options, &p, &f, &err), &err);
        assert_int_equal(p.step[0].parallel->join, joins[i].kind);
        assert_int_equal(p.step[0].parallel->k, joins[i].k);
        assert_int_equal(p.step[0].parallel->n, 5);
        pipeline_release(&p);
        faults_release(&f);
    }
}

static void a_step_keeps_its_helpers(void **state)
{
    struct pipeline p = read_whole(NULL, 0);
    const struct step *a = step_of(&p, "a");

    assert_string_equal(p.resource[a->by - 1].id, "api");
    assert_int_equal(a->hedge_copies, 2);
    near(a->numbers[0].hedge_after_s, 1, 0);
    near(a->numbers[1].hedge_after_s, 3, 0);
    assert_true(a->has_cache);
    near(a->numbers[1].cache_hit.value, 0.3, 0);
    assert_int_equal(p.evidence[a->numbers[1].cache_hit.evidence - 1].n, 100);
    assert_string_equal(p.evidence[a->numbers[1].cache_hit.evidence - 1].path, "flow.a.cache.hit");
    near(a->breaker.failures, 0.5, 0);
    near(a->breaker.window_s, 60, 0);
    near(a->breaker.open_for_s, 30, 0);
    assert_int_equal(a->breaker.calls, 10);
    assert_non_null(a->class_retry);
    assert_int_equal(a->class_retry[0].attempts, 3);
    assert_int_equal(a->class_retry[1].attempts, 2);
    assert_int_equal(a->class_retry[1].on, RETRY_ERROR | RETRY_TIMEOUT);
    near(a->class_retry[1].initial_s, 2, 0);
    assert_int_equal(a->class_retry[0].jitter, JITTER_FULL);
    assert_int_equal(a->class_retry[1].budget_kind, BUDGET_SHARE);
    near(a->class_retry[1].budget, 0.1, 0);
    pipeline_release(&p);
}

static void next_edges_keep_their_order_and_evidence(void **state)
{
    struct pipeline p = read_whole(NULL, 0);
    const struct step *a = step_of(&p, "a"), *d = step_of(&p, "d");
    const struct evidence *x, *y;

    assert_int_equal(a->n_ways, 3);
    assert_non_null(a->way[0].when);
    assert_null(a->way[0].probability);
    assert_int_equal(a->way[0].edge.to, d - p.step);
    near(a->way[1].probability[0].value, 0.3, 0);
    near(a->way[1].probability[1].value, 0.2, 0);
    assert_int_equal(a->way[1].probability[1].evidence, 0);
    assert_false(a->ways_complete);
    assert_int_equal(a->next.to, pipeline_step(&p, "p"));
    x = &p.evidence[a->way[1].probability[0].evidence - 1];
    y = &p.evidence[a->way[2].probability[0].evidence - 1];
    assert_string_equal(x->path, "flow.a.next.1.probability.x");
    assert_int_not_equal(x->group, y->group); /* of different classes */
    assert_true(d->ways_complete);
    assert_int_equal(d->way[0].edge.at_most, 2);
    assert_int_equal(d->way[0].edge.then->to, pipeline_step(&p, "g"));
    pipeline_release(&p);
    p = read_text(A "    next: [{to: b, probability: 3/10}, {to: ship, probability: 7/10}]\n"
                    "    error: 1/10\n  - stage: b\n");
    x = &p.evidence[p.step[0].way[0].probability[0].evidence - 1];
    y = &p.evidence[p.step[0].way[1].probability[0].evidence - 1];
    assert_int_equal(x->group, y->group);
    assert_int_not_equal(x->group, p.evidence[p.step[0].numbers[0].error.evidence - 1].group);
    pipeline_release(&p);
}

static void overrides_take_over_what_they_state_and_keep_the_rest(void **state)
{
    struct pipeline p = read_whole(NULL, 0);
    const struct step *c = step_of(&p, "c1"), *a = step_of(&p, "a");
    const struct env_state *v = &p.environment[0].state[1];

    assert_int_equal(c->n_given, 4);
    assert_int_equal(c->given[0].kind, GIVEN_FAILED);
    assert_int_equal(c->given[0].of, pipeline_step(&p, "a"));
    assert_int_equal(c->given[0].override.set, 1u << NUMBERS_WRONG | 1u << NUMBERS_LATENCY);
    near(c->given[0].override.numbers[0].wrong.value, 0.075, 0);
    near(c->given[0].override.numbers[1].wrong.value, 0.04, 0);
    near(c->given[0].override.numbers[1].latency.a, 3, 0);
    near(c->given[0].override.numbers[1].validation.value, 1, 0);
    assert_string_equal(p.evidence[c->given[0].override.numbers[0].wrong.evidence - 1].path,
                        "flow.c1.given.a.failed.wrong.x");
    assert_int_equal(c->given[1].kind, GIVEN_CLASS);
    assert_int_equal(c->given[1].of, 1);
    assert_int_equal(c->given[2].kind, GIVEN_BAD);
    assert_int_equal(c->given[3].kind, GIVEN_SKIPPED);
    near(c->given[3].override.numbers[0].confidence_good.a, 0.7, 0);
    near(c->given[3].override.numbers[0].confidence_bad.a, 0.3, 0);
    assert_int_equal(v->n_overrides, 3);
    assert_int_equal(v->override[0].step, a - p.step);
    near(v->override[0].override.numbers[0].error.value, 0.9, 0);
    near(v->override[0].override.numbers[1].error.value, 0.8, 0);
    assert_int_equal(v->override[0].override.numbers[1].cache_hit.evidence,
                     a->numbers[1].cache_hit.evidence);
    assert_string_equal(p.evidence[v->override[0].override.numbers[0].error.evidence - 1].path,
                        "environments.w.v.steps.a.error.x");
    near(p.environment[0].state[0].to[2], 0.3, 0);
    assert_null(p.environment[0].state[1].to);
    pipeline_release(&p);
}

static void gates_have_bands_draws_and_audits(void **state)
{
    struct pipeline p = read_whole(NULL, 0);
    const struct step *g = step_of(&p, "g"), *h = step_of(&p, "h"), *r = step_of(&p, "r");

    assert_true(g->bands);
    near(g->numbers[1].threshold.value, 0.3, 0);
    near(g->numbers[1].threshold_high.value, 0.9, 0);
    assert_int_equal(g->between.to, r - p.step);
    assert_true(g->audit.present);
    assert_int_equal(g->audit.design, AUDIT_NEAR_THRESHOLD);
    near(g->numbers[1].audit.value, 0.03, 0);
    assert_int_equal(g->numbers[1].audit.evidence > 0, 1);
    assert_int_equal(g->audit.to.to, r - p.step);
    assert_true(h->draws_threshold);
    near(h->numbers[0].threshold.value, 0.6, 1e-15);
    assert_int_equal(h->audit.to.to, r - p.step); /* the review of `below` */
    near(h->numbers[0].audit.value, 0.01, 0);
    near(r->fatigue.after_s, 7200, 0);
    near(r->fatigue.sensitivity[1], 0.5, 0);
    near(r->fatigue.slower, 1.5, 0);
    pipeline_release(&p);
}

static void time_and_resources_are_read(void **state)
{
    struct pipeline p = read_whole(NULL, 0);
    const struct resource *ed = &p.resource[0], *api = &p.resource[1];

    assert_int_equal(p.arrivals.kind, ARRIVALS_DAILY);
    near_rel(p.arrivals.mean_per_s, 10 / 3600.0, 1e-15);
    near(p.arrivals.peak_s, 14 * 3600, 0);
    assert_true(p.arrivals.has_batch);
    near(p.arrivals.batch.values[1], 3, 0);
    near(p.horizon.warmup_s, WEEK_S, 0);
    near(p.horizon.starts_s, DAY_S + 6.5 * 3600, 0);
    near(p.horizon.observe_s, 3600, 0);
    assert_int_equal(p.horizon.replications, 7);
    near(p.leave_after_s[0], 3 * DAY_S, 0);
    near(p.leave_after_s[1], DAY_S, 0);
    assert_int_equal(p.class[1].priority, 1);
    assert_int_equal(ed->servers, 2);
    assert_int_equal(ed->at_close, CLOSE_INTERRUPT);
    assert_int_equal(ed->discipline, DISCIPLINE_PREEMPTIVE);
    assert_int_equal(ed->waiting_room, 3);
    assert_int_equal(ed->when_full.then->to, TO_SKIP);
    near(ed->patience[0].a, 3 * 3600, 0);
    assert_int_equal(ed->patience[1].family, DIST_CONSTANT);
    near_rel(ed->cost_per_s, 45 / 3600.0, 1e-15);
    assert_int_equal(api->servers, 0);
    near_rel(api->rate_per_s, 100 / 60.0, 1e-15);
    near(api->burst, 20, 0);
    assert_int_equal(api->when_full.to, TO_SKIP);
    assert_true(isinf(api->answer_within_s));
    pipeline_release(&p);
}

/* mon 09-12, ..., fri 09-12, fri 22 - sat 06, sun 20-24, and what of it runs into monday. */
static void hours_are_sorted_parts_of_the_week(void **state)
{
    static const double want[][2] = {
        {0,   2  },
        {9,   12 },
        {33,  36 },
        {57,  60 },
        {81,  84 },
        {105, 108},
        {118, 126},
        {164, 168}
    };
    struct pipeline p = read_whole(NULL, 0);
    const struct resource *ed = &p.resource[0];

    assert_int_equal(ed->n_hours, 8);
    for (uint32_t i = 0; i < 8; i++) {
        near(ed->hours[i].from_s, want[i][0] * 3600, 0);
        near(ed->hours[i].to_s, want[i][1] * 3600, 0);
    }
    pipeline_release(&p);
    p = read_text(RES "{servers: 1, hours: [\"00:00-12:00\", \"12:00-24:00\"]}\n");
    assert_int_equal(p.resource[0].n_hours, 0); /* always */
    pipeline_release(&p);
    p = read_text(RES "{servers: 1, hours: \"sat-mon, thu 9:30-24:00\"}\n");
    assert_int_equal(p.resource[0].n_hours, 4);
    near(p.resource[0].hours[0].from_s, 9.5 * 3600, 0);
    near(p.resource[0].hours[1].from_s, 3 * DAY_S + 9.5 * 3600, 0);
    near(p.resource[0].hours[3].to_s, WEEK_S, 0);
    pipeline_release(&p);
}

/* Overlapping rows add up; equal rates side by side are one interval. */
static void schedules_are_flattened(void **state)
{
    struct pipeline p = read_text(
        "seam: 1\narrivals: {schedule: [{from: \"tue 09:00\", to: \"18:00\", rate: 6/h}, {from: "
        "\"tue 12:00\", to: \"wed 02:00\", rate: 2/h}, {from: \"sun 22:00\", to: \"mon 01:00\", "
        "rate: 1/h}]}\nhorizon: {length: 1w}\n" FLOW);
    static const double want[][3] = {
        {0,   1,   1},
        {33,  36,  6},
        {36,  42,  8},
        {42,  50,  2},
        {166, 168, 1}
    };
    const struct arrivals *a = &p.arrivals;

    assert_int_equal(a->kind, ARRIVALS_SCHEDULE);
    assert_int_equal(a->n_schedule, 5);
    for (int i = 0; i < 5; i++) {
        near(a->schedule[i].from_s, want[i][0] * 3600, 0);
        near(a->schedule[i].to_s, want[i][1] * 3600, 0);
        near_rel(a->schedule[i].rate_per_s, want[i][2] / 3600, 1e-14);
    }
    assert_true(p.horizon.observe_s == WEEK_S / 200.0);
    assert_int_equal(p.horizon.replications, 20);
    pipeline_release(&p);
}

static void instants_come_sorted_from_a_file(void **state)
{
    struct pipeline p = read_text("seam: 1\narrivals: {file: scenario_latency.csv, column: "
                                  "seconds}\nhorizon: {length: 1w}\n" FLOW);

    assert_int_equal(p.arrivals.kind, ARRIVALS_FILE);
    assert_int_equal(p.arrivals.n_instants, 4);
    for (size_t i = 1; i < 4; i++)
        assert_true(p.arrivals.instants[i] >= p.arrivals.instants[i - 1]);
    near(p.arrivals.instants[3], 120, 0);
    pipeline_release(&p);
}

static void a_discipline_follows_from_priorities(void **state)
{
    struct pipeline p = read_text(RES "{servers: 1}\n");

    assert_int_equal(p.resource[0].discipline, DISCIPLINE_FIFO);
    pipeline_release(&p);
    p = read_text("seam: 1\nclasses: {x: {share: 1, priority: 3}}\n"
                  "flow:\n  - stage: a\n    by: r\nresources: {r: {servers: 1}}\n");
    assert_int_equal(p.resource[0].discipline, DISCIPLINE_PRIORITY);
    pipeline_release(&p);
}

static void labels_make_the_distributions_of_a_confidence(void **state)
{
    struct pipeline p =
        read_text(A "    confidence: {labels: scenario_labels.csv, calibration: isotonic}\n");
    const struct numbers *n = &p.step[0].numbers[0];

    assert_int_equal(n->confidence_good.n, 4);
    near(n->confidence_good.values[0], 0.7, 0);
    near(n->confidence_good.values[3], 0.95, 0);
    assert_int_equal(n->confidence_good.evidence, 4);
    assert_int_equal(n->confidence_bad.n, 2);
    near(n->confidence_bad.values[1], 0.6, 0);
    assert_int_equal(p.step[0].confidence.method, CALIBRATE_ISOTONIC);
    pipeline_release(&p);
    p = read_text(A "    confidence: {good: 0.9, bad: 0.2, calibration: scenario_knots.csv}\n");
    assert_int_equal(p.step[0].confidence.method, CALIBRATE_FILE);
    assert_int_equal(p.step[0].confidence.n, 3);
    near(p.step[0].confidence.raw[1], 0.5, 0);
    near(p.step[0].confidence.corrected[2], 0.9, 0);
    pipeline_release(&p);
}

static void feedback_is_read(void **state)
{
    struct pipeline p = read_whole(NULL, 0);
    const struct feedback *f = &p.feedback;

    near(f->cycle_s, 4 * WEEK_S, 0);
    assert_int_equal(f->cycles, 3);
    assert_int_equal(f->labels, LABELS_AUDIT);
    assert_int_equal(f->n_learns, 3);
    assert_int_equal(f->learn[0].kind, LEARN_POWER_LAW);
    assert_int_equal(f->learn[0].step, pipeline_step(&p, "c1"));
    near(f->learn[0].exponent, 0.25, 0);
    near(f->learn[0].per, 1000, 0);
    near(f->learn[0].floor, 0.01, 0);
    assert_int_equal(f->learn[1].kind, LEARN_RECALIBRATE);
    assert_int_equal(f->learn[2].kind, LEARN_CANON);
    near(f->learn[2].floor, 0, 0);
    pipeline_release(&p);
}

/* --- conditions */

static bool holds(const char *when, const struct condition_facts *facts)
{
    struct pipeline p;
    struct buf text;
    bool out;

    buf_init(&text);
    buf_printf(&text,
               "seam: 1\nclasses: {x: {share: 50%%}, y: {share: 50%%}}\nflow:\n  - stage: a\n" CONF
               "    next: [{to: ship, when: \"%s\"}]\n  - stage: b\n",
               when);
    p = read_text(buf_text(&text));
    out = condition_holds(p.step[0].way[0].when, facts);
    pipeline_release(&p);
    buf_release(&text);
    return out;
}

static void conditions_hold_as_written(void **state)
{
    static const double confidence_of[] = {0.5, NAN};
    static const uint32_t visits[] = {2, 0};
    struct condition_facts f = {.confidence = 0.5,
                                .age_s = 90,
                                .confidence_of = confidence_of,
                                .visits = visits,
                                .outcome = OUTCOME_OK,
                                .class = 1};
    static const struct {
        const char *when;
        bool holds;
    } cases[] = {
        {"confidence < 0.6",                                 true },
        {"confidence >= 50%",                                true },
        {"confidence > 50%",                                 false},
        {"0.4 < confidence",                                 true },
        {"confidence(a) <= 0.5",                             true },
        {"confidence == confidence(a)",                      true },
        {"visits(a) == 2",                                   true },
        {"visits(a) != 2",                                   false},
        {"visits(b) < visits(a)",                            true },
        {"age > 1.5m",                                       false},
        {"age >= 1.5m",                                      true },
        {"outcome == ok",                                    true },
        {"outcome != timeout",                               true },
        {"class == y",                                       true },
        {"x == class",                                       false},
        {"not class == y",                                   false},
        {"not not class == y",                               true },
        {"class == x or visits(a) > 1 and age < 1s",         false},
        {"(class == x or visits(a) > 1) and not (age < 1s)", true },
        {"class == y or visits(a) > 1 and age < 1s",         true },
        {"age<2m and(visits(a)>=2)and confidence<1",         true },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (holds(cases[i].when, &f) != cases[i].holds)
            fail_msg("%s", cases[i].when);
    f.confidence = NAN;
    assert_false(holds("confidence < 0.6", &f));
    assert_false(holds("confidence >= 0.6", &f));
    assert_true(holds("confidence != 0.6", &f));
    assert_true(holds("not confidence < 0.6", &f));
}

/* --- includes and settings */

static void includes_put_their_steps_in_place(void **state)
{
    static const char *const want[] = {"a", "inner", "innermost", "z"};
    struct pipeline p = read_text(A "  - include: steps.yaml\n  - stage: z\n"), q;

    assert_int_equal(p.n_steps, 4);
    for (uint32_t i = 0; i < 4; i++)
        assert_string_equal(p.step[i].id, want[i]);
    near(p.step[1].numbers[0].error.value, 0.02, 0);
    q = read_text(A "  - include: steps-more.yaml\n  - stage: z\n");
    assert_string_not_equal(p.sha256, q.sha256);
    pipeline_release(&p);
    pipeline_release(&q);
    p = read_text("seam: 1\ninclude: steps.yaml\nflow:\n  - stage: z\n");
    assert_string_equal(p.step[0].id, "inner");
    assert_string_equal(p.step[2].id, "z");
    pipeline_release(&p);
    p = read_text(PAR "    branch: {include: steps.yaml}\n");
    assert_int_equal(p.n_steps, 3);
    assert_int_equal(p.step[2].parent, 1);
    pipeline_release(&p);
    p = read_text("seam: 1\nflow: {include: steps.yaml}\n");
    assert_int_equal(p.n_steps, 2);
    pipeline_release(&p);
}

static void settings_reach_every_part(void **state)
{
    static const struct setting set[] = {
        {"flow.c1.wrong",                           "7%"         },
        {"flow.c1.given.a.failed.latency",          "4s"         },
        {"flow.a.next.1.probability.x",             "10%"        },
        {"flow.a.hedge.after.y",                    "5s"         },
        {"flow.g.threshold.x.1",                    "0.7"        },
        {"flow.p.join",                             "all"        },
        {"resources.ed.servers",                    "4"          },
        {"resources.ed.hours",                      "09:00-10:00"},
        {"environments.w.v.steps.a.error.y",        "70%"        },
        {"environments.w.v.lasts",                  "2h"         },
        {"arrivals.daily.mean",                     "12/h"       },
        {"horizon.replications",                    "3"          },
        {"feedback.learns.0.wrong.power_law.floor", "2%"         },
        {"deadline",                                "5d"         },
    };
    struct pipeline p = read_whole(set, sizeof set / sizeof *set);

    near(step_of(&p, "c1")->numbers[1].wrong.value, 0.07, 0);
    near(step_of(&p, "c1")->given[0].override.numbers[0].latency.a, 4, 0);
    near(step_of(&p, "a")->way[1].probability[0].value, 0.1, 0);
    near(step_of(&p, "a")->numbers[1].hedge_after_s, 5, 0);
    near(step_of(&p, "g")->numbers[0].threshold_high.value, 0.7, 0);
    assert_int_equal(step_of(&p, "p")->parallel->join, JOIN_ALL);
    assert_int_equal(p.resource[0].servers, 4);
    assert_int_equal(p.resource[0].n_hours, 7);
    near(p.environment[0].state[1].override[0].override.numbers[1].error.value, 0.7, 0);
    near(p.environment[0].state[1].lasts.a, 7200, 0);
    near_rel(p.arrivals.mean_per_s, 12 / 3600.0, 1e-15);
    assert_int_equal(p.horizon.replications, 3);
    near(p.feedback.learn[0].floor, 0.02, 0);
    near(p.leave_after_s[1], 5 * DAY_S, 0);
    pipeline_release(&p);
}

/* What a path leads to refuses a value that is none, and nothing on the way is unknown. */
static void every_path_can_be_set(void **state)
{
    struct pipeline p = read_whole(NULL, 0);
    struct arena a;
    const char **paths;
    size_t n;

    arena_init(&a);
    scenario_paths(&p, &a, &paths, &n);
    assert_true(n >= 20);
    for (size_t i = 0; i < n; i++) {
        struct setting set = {paths[i], "nonsense"};
        struct scenario_options options = {.set = &set, .n_set = 1};
        struct pipeline q;
        struct faults f;
        struct error err = {0};
        faults_init(&f);
        assert_int_equal(
            scenario_read("tests/fuzz/corpus/scenario/whole-language.yaml", &options, &q, &f, &err),
            -1);
        if (f.list.len != 1 || !f.list.at[0].origin || !strstr(f.list.at[0].text, "\"nonsense\""))
            fail_msg("%s: %s", paths[i], f.list.at[0].text);
        faults_release(&f);
    }
    arena_release(&a);
    pipeline_release(&p);
}

/* --- writing */

static void reads_back(const struct pipeline *p)
{
    struct buf text;
    struct pipeline q;

    buf_init(&text);
    scenario_write(p, NULL, NULL, &text);
    q = read_text(buf_text(&text));
    same_pipelines(p, &q);
    pipeline_release(&q);
    buf_release(&text);
}

static void the_whole_language_reads_back_the_same(void **state)
{
    static const char *const more[] = {
        "seam: 1\narrivals: {schedule: [{from: \"fri 09:00\", to: \"sun 18:00\", rate: 7/h}, "
        "{from: "
        "\"12:00\", to: \"03:00\", rate: 1.7/m}]}\nhorizon: {length: 8w}\n" FLOW,
        "seam: 1\narrivals: {every: {gamma: {mean: 3h, sd: 1h}}}\nhorizon: {length: 8w}\n" FLOW,
        "seam: 1\narrivals: {file: scenario_latency.csv, column: seconds}\nhorizon: {length: "
        "1w}\n" FLOW,
        A "    confidence: {labels: scenario_labels.csv, calibration: platt}\n",
        A "    confidence: {good: 0.9, bad: 0.2, calibration: scenario_knots.csv}\n",
        A "    retry: {attempts: 2, budget: 3/m}\n    next: [fail]\n",
        "seam: 1\ncurrency: EUR\nflow:\n  - stage: a\n    by: r\nresources: {r: {servers: 1, cost: "
        "EUR 45/h}}\n",
    };
    struct pipeline p = read_whole(NULL, 0);

    reads_back(&p);
    pipeline_release(&p);
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        p = read_text(more[i]);
        reads_back(&p);
        pipeline_release(&p);
    }
}

static void shipped_scenarios_read_back_the_same(void **state)
{
    static const char *const files[] = {
        "scenarios/generative-video.yaml", "scenarios/parallel-voting.yaml",
        "scenarios/cascade.yaml",          "scenarios/outage.yaml",
        "scenarios/outage-retries.yaml",   "scenarios/review-desk.yaml",
        "scenarios/two-gates.yaml",        "scenarios/programs.yaml",
        "scenarios/local-model.yaml"};

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct pipeline p;
        struct faults f;
        struct error err = {0};
        faults_init(&f);
        ok(scenario_read(files[i], NULL, &p, &f, &err), &err);
        reads_back(&p);
        pipeline_release(&p);
        faults_release(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parallels_stand_in_the_table_before_their_branches),
        cmocka_unit_test(joins_have_their_k),
        cmocka_unit_test(a_step_keeps_its_helpers),
        cmocka_unit_test(next_edges_keep_their_order_and_evidence),
        cmocka_unit_test(overrides_take_over_what_they_state_and_keep_the_rest),
        cmocka_unit_test(gates_have_bands_draws_and_audits),
        cmocka_unit_test(time_and_resources_are_read),
        cmocka_unit_test(hours_are_sorted_parts_of_the_week),
        cmocka_unit_test(schedules_are_flattened),
        cmocka_unit_test(instants_come_sorted_from_a_file),
        cmocka_unit_test(a_discipline_follows_from_priorities),
        cmocka_unit_test(labels_make_the_distributions_of_a_confidence),
        cmocka_unit_test(feedback_is_read),
        cmocka_unit_test(conditions_hold_as_written),
        cmocka_unit_test(includes_put_their_steps_in_place),
        cmocka_unit_test(settings_reach_every_part),
        cmocka_unit_test(every_path_can_be_set),
        cmocka_unit_test(the_whole_language_reads_back_the_same),
        cmocka_unit_test(shipped_scenarios_read_back_the_same),
    };
    return cmocka_run_group_tests_name("scenario language", tests, NULL, NULL);
}
