/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"

#include "model/scenario.h"

#include <string.h>

#define TOP   "seam: 1\nflow:\n"
#define A     TOP "  - stage: a\n"
#define CONF  "    confidence: {good: 0.9, bad: 0.5}\n"
#define TIMED "seam: 1\narrivals: {poisson: 1/h}\nhorizon: {length: 8w}\n"
#define FLOW  "flow:\n  - stage: a\n"
#define PAR   TOP "  - parallel: p\n"
#define IN    "    branch:\n      - stage: b\n"
#define GATE  A CONF "  - gate: g\n"
#define DESK  "  - review: desk\n"
#define NEXT  A CONF "    next: "
#define RES   TIMED "flow:\n  - stage: a\n    by: r\nresources:\n  r: "
#define ENV   A "environments:\n  e:\n    up: {lasts: 3d}\n    down: "

/* --- faults */

struct faulty {
    const char *text;
    uint32_t line, column;
    const char *part;
};

/* clang-format off */
static const struct faulty faulty[] = {
    /* parallels */
    {PAR, 3, 15, "needs `branches`"},
    {PAR "    branches: []\n", 4, 15, "1 to 100"},
    {PAR IN "    branches: [[{stage: c}]]\n", 6, 15, "not both"},
    {PAR "    branches: [[{stage: c}]]\n    copies: 2\n", 5, 13, "goes with `branch`"},
    {PAR IN "    copies: 0\n", 6, 13, "between 1 and 1000"},
    {PAR IN "    copies: 2\n    join: 3 of 3\n", 7, 11, "speaks of 3, but the parallel has 2"},
    {PAR IN "    copies: 2\n    join: 3 of 2\n", 7, 11, "3 of 2 cannot be"},
    {PAR IN "    join: majorty\n", 6, 11, "did you mean `majority`?"},
    {PAR IN "    copies: 2\n    join: best\n", 3, 15, "a branch of it gives none"},
    {PAR IN "    timeout: 3s\n", 6, 5, "makes no attempts of its own"},
    {PAR "    branch:\n      - parallel: q\n        branch: [{stage: b}]\n", 5, 9,
     "a parallel inside a parallel"},
    {PAR IN "  - stage: c\n    fallback: {goto: b, at_most: 1}\n", 7, 22,
     "`b` lies inside the parallel `p`; from outside items go to `p`"},
    {PAR "    branch:\n      - stage: b\n        fallback: c\n  - stage: c\n", 6, 19,
     "lies outside of this branch of `p`"},
    {PAR "    branches:\n      - [{stage: b, fallback: c}]\n      - [{stage: c}]\n", 5, 31,
     "lies outside of this branch"},
    {PAR "    branch:\n      - stage: b\n        next: [{to: b, probability: 1}]\n", 6, 21,
     "loop without a bound"},
    /* next */
    {NEXT "[]\n", 5, 11, "a list of edges"},
    {NEXT "desk\n", 5, 11, "a list of edges"},
    {NEXT "[{to: ship}, {to: fail}]\n", 5, 12, "only the last edge"},
    {NEXT "[{to: ship, probability: 60%}, {to: fail, probability: 30%}]\n", 5, 11,
     "add up to 0.9, not 1; a last edge"},
    {NEXT "[{to: ship, probability: 60%}, {to: fail, probability: 50%}, reject]\n", 5, 11,
     "add up to 1.1, not 1"},
    {NEXT "[{to: ship, probability: 60%, when: \"age > 3s\"}]\n", 5, 12, "not by both"},
    {NEXT "[{to: a, probability: 50%}, {to: ship}]\n", 5, 17, "loop without a bound"},
    {NEXT "[{to: sihp, probability: 50%}, {to: ship}]\n", 5, 17, "did you mean `ship`?"},
    {NEXT "[{probability: 50%}, {to: ship}]\n", 5, 12, "needs `to`"},
    {A "    cost: {per_call: $2, sd: $1}\n", 4, 11, "needs `evidence`"},
    {A "    cost: {per_call: $2, evidence: 0.5}\n", 4, 36, "1 to 1e9"},
    {GATE "    threshold: 1\n    below: fail\n    next: [ship]\n", 8, 5, "not a key of a gate"},
    /* conditions: the place is inside the quotes */
    {NEXT "[{to: ship, when: \"confidence << 0.6\"}]\n", 5, 42, "a comparison is wanted here"},
    {NEXT "[{to: ship, when: \"confidence = 0.6\"}]\n", 5, 41, "`=` is written `==`"},
    {NEXT "[{to: ship, when: \"confidence\"}]\n", 5, 40, "is wanted here"},
    {NEXT "[{to: ship, when: \"confidence < \"}]\n", 5, 43, "ends too soon"},
    {NEXT "[{to: ship, when: \"confidence < 60\"}]\n", 5, 43, "more than 1"},
    {NEXT "[{to: ship, when: \"visits(b) < 2\"}]\n", 5, 37, "no step is called `b`"},
    {NEXT "[{to: ship, when: \"visits(a < 2\"}]\n", 5, 39, "`)` is wanted"},
    {NEXT "[{to: ship, when: \"visits < 2\"}]\n", 5, 37, "`visits` is of a step"},
    {NEXT "[{to: ship, when: \"visits(a) < 2s\"}]\n", 5, 42, "not a whole number"},
    {NEXT "[{to: ship, when: \"age < 2\"}]\n", 5, 36, "no unit of time"},
    {NEXT "[{to: ship, when: \"confdence(a) < 1\"}]\n", 5, 30, "did you mean `confidence`?"},
    {NEXT "[{to: ship, when: \"(age < 2s\"}]\n", 5, 39, "`)` is wanted"},
    {NEXT "[{to: ship, when: \"age < 2s or\"}]\n", 5, 41, "ends too soon"},
    {NEXT "[{to: ship, when: \"age < 2s age\"}]\n", 5, 39, "`and` or `or` is wanted"},
    {NEXT "[{to: ship, when: \"1 < 2\"}]\n", 5, 30, "on one side"},
    {NEXT "[{to: ship, when: \"age < visits(a)\"}]\n", 5, 34, "cannot be compared"},
    {NEXT "[{to: ship, when: \"outcome == wrong\"}]\n", 5, 41, "silent"},
    {NEXT "[{to: ship, when: \"outcome == eror\"}]\n", 5, 41, "did you mean `error`?"},
    {NEXT "[{to: ship, when: \"outcome < ok\"}]\n", 5, 38, "== and !="},
    {NEXT "[{to: ship, when: \"class == x\"}]\n", 5, 39, "`x` is no class"},
    {A "    next: [{to: ship, when: \"confidence > 0.5\"}]\n", 4, 29, "no step up to `a`"},
    {A "    next: [{to: ship, when: \"confidence(a) > 0.5\"}]\n", 4, 29, "`a` gives no confidence"},
    {A "    next: [{to: ship, when: \"confidence(b) > 0.5\"}]\n  - stage: b\n" CONF, 4, 29,
     "no item passes `b` before it leaves `a`"},
    /* given */
    {A "    given: {}\n", 4, 12, "a map from conditions"},
    {A "    given: {good: {wrong: 1%}}\n", 4, 13, "no condition of `given`"},
    {A "    given: {b.failed: {wrong: 1%}}\n", 4, 13, "no step is called `b`"},
    {A "    given: {class.x: {wrong: 1%}}\n", 4, 13, "no class is called `x`"},
    {A "    given: {bad: {retry: {attempts: 2}}}\n", 4, 19, "not a number of `a` that can change"},
    {A "    given: {bad: 30%}\n", 4, 18, "a map of numbers"},
    {A "    given: {bad: {confidence: {good: 1}}}\n", 4, 31, "gives no confidence of its own"},
    {A "    error: 50%\n    given: {bad: {wrong: 60%}}\n", 5, 13, "more than 1 as given here"},
    /* gates */
    {GATE "    threshold: [0.5, 0.9]\n    below: fail\n", 5, 5, "needs `between`"},
    {GATE "    threshold: 0.5\n    below: fail\n    between: ship\n", 8, 14, "two thresholds"},
    {GATE "    threshold: [0.5]\n    below: fail\n    between: ship\n", 6, 16, "three bands"},
    {GATE "    threshold: [0.9, 0.5]\n    below: fail\n    between: ship\n", 6, 16, "is above"},
    {GATE "    threshold: {beta: {a: 1}}\n    below: fail\n", 6, 23, "is written with"},
    {GATE "    threshold: 1\n    below: fail\n    audit: 2%\n", 8, 12, "needs `by`"},
    {GATE "    threshold: 1\n    below: fail\n    audit: {share: 2%, by: a}\n", 8, 28,
     "`a` is no review"},
    {GATE "    threshold: 1\n    below: desk\n    audit: {share: 2%, design: unifrm}\n" DESK, 8, 32,
     "did you mean `uniform`?"},
    {"seam: 1\nclasses: {x: {share: 50%}, y: {share: 50%}}\nflow:\n  - stage: a\n" CONF
     "  - gate: g\n    threshold: {x: 0.5, y: [0.1, 0.2]}\n    below: fail\n",
     7, 28, "the same form"},
    {PAR "    branch:\n      - stage: b\n        confidence: {good: 1, bad: 0}\n"
     "  - stage: c\n  - gate: g\n    of: c\n    threshold: 1\n    below: fail\n",
     8, 11, "gives no confidence"},
    /* confidence */
    {A "    confidence: {labels: no.csv}\n", 4, 26, "no.csv"},
    {A "    confidence: {labels: scenario_labels.csv, good: 1}\n", 4, 53, "leave `good` out"},
    {A "    confidence: {good: 1, bad: 0, calibration: platt}\n", 4, 48, "fitted to `labels`"},
    {A "    confidence: {good: 1, bad: 0, calibration: plat}\n", 4, 48, "did you mean `platt`?"},
    {A "    confidence: {labels: ../x.csv}\n", 4, 26, "out of the scenario's folder"},
    /* hedges, caches, breakers, budgets */
    {A "    hedge: {copies: 2}\n", 4, 12, "needs `after`"},
    {A "    cache: {hit: 130%}\n", 4, 18, "more than 100%"},
    {A "    breaker: {failures: 0, window: 1m, open_for: 1m}\n", 4, 25, "more than 0"},
    {A "    retry: {budget: 3}\n", 4, 21, "more than 1"},
    {A "    retry: {budget: 3/x}\n", 4, 21, "not a rate"},
    /* arrivals and horizon */
    {"seam: 1\narrivals: {poisson: 1/h}\n" FLOW, 2, 11, "arrivals need `horizon`"},
    {"seam: 1\nhorizon: {length: 1w}\n" FLOW, 2, 10, "`horizon` needs `arrivals`"},
    {"seam: 1\narrivals: {poisson: 0/h}\nhorizon: {length: 1w}\n" FLOW, 2, 21, "nothing arrives"},
    {"seam: 1\narrivals: {poisson: 3}\nhorizon: {length: 1w}\n" FLOW, 2, 21, "no unit of time"},
    {"seam: 1\narrivals: {poisson: 1/h, every: 1h}\nhorizon: {length: 1w}\n" FLOW, 2, 26,
     "in one way"},
    {"seam: 1\narrivals: {batch: 3}\nhorizon: {length: 1w}\n" FLOW, 2, 11, "needs one of poisson"},
    {"seam: 1\narrivals: {every: 0s}\nhorizon: {length: 1w}\n" FLOW, 2, 19, "more than 0"},
    {"seam: 1\narrivals: {poisson: 1/h}\nhorizon: {length: 0s}\n" FLOW, 3, 10, "more than 0"},
    {"seam: 1\narrivals: {poisson: 1/h}\nhorizon: {length: 1w, starts: 09:00}\n" FLOW, 3, 31,
     "in quotes"},
    {"seam: 1\narrivals: {poisson: 1/h}\nhorizon: {length: 1w, starts: \"25:00\"}\n" FLOW, 3, 31,
     "not a time"},
    {"seam: 1\narrivals: {daily: {mean: 1/h, amplitude: 2/h, peak: \"14:00\"}}\n"
     "horizon: {length: 1w}\n" FLOW, 2, 19, "makes the rate negative"},
    {"seam: 1\narrivals: {schedule: [{from: \"mon 09:00\", to: \"9\", rate: 1/h}]}\n"
     "horizon: {length: 1w}\n" FLOW, 2, 47, "not a time"},
    {"seam: 1\narrivals: {schedule: [{from: \"09:00\", to: \"18:00\", rate: 0/h}]}\n"
     "horizon: {length: 1w}\n" FLOW, 2, 22, "all rates are 0"},
    {"seam: 1\narrivals: {file: scenario_latency.csv}\nhorizon: {length: 1w}\n" FLOW, 2, 18,
     "needs `column`"},
    {"seam: 1\ndeadline: 3\n" FLOW, 2, 11, "no unit of time"},
    {"seam: 1\nclasses: {x: {share: 1, priority: 0}}\n" FLOW, 2, 35, "between 1"},
    /* resources */
    {RES "{servers: 2, hours: \"mon-fri 09:00-09:00\"}\n", 8, 26, "never opens"},
    {RES "{servers: 2, hours: []}\n", 8, 26, "never opens"},
    {RES "{servers: 2, hours: \"mon-fry 09:00-12:00\"}\n", 8, 26, "not a part of the week"},
    {RES "{servers: 2, hours: mon 09:00-12:00}\n", 8, 26, "in quotes"},
    {RES "{hours: \"09:00-12:00\"}\n", 8, 3, "needs `servers`"},
    {RES "{servers: 2, rate: 3/s}\n", 8, 3, "not both"},
    {RES "{servers: 2, burst: 3}\n", 8, 26, "goes with `rate`"},
    {RES "{rate: 3/s, cost: $1/h}\n", 8, 24, "goes with `servers`"},
    {RES "{servers: 0}\n", 8, 16, "between 1"},
    {RES "{servers: 1, discipline: fifoo}\n", 8, 31, "did you mean `fifo`?"},
    {RES "{servers: 1, at_close: finish}\n", 8, 29, "goes with `hours`"},
    {RES "{servers: 1, waiting_room: 0, when_full: a}\n", 8, 47, "loop without a bound"},
    {RES "{servers: 1, when_full: b}\n", 8, 30, "no step is called `b`"},
    {A "    by: r\n", 4, 9, "no resource is called `r`"},
    {TIMED "flow:\n  - stage: a\n    by: edtors\nresources: {editors: {servers: 1}}\n", 6, 9,
     "did you mean `editors`?"},
    {TOP "  - review: r\n    fatigue: {after: 2h}\n", 3, 13, "needs `by`, a resource with `hours`"},
    {TIMED "flow:\n  - parallel: p\n    branch: [{stage: b, by: r}]\n  - stage: c\nresources: "
     "{r: {servers: 1, when_full: c}}\n", 8, 40, "lies inside"},
    /* environments */
    {ENV "{steps: {a: {error: 10%}}}\n", 7, 5, "needs `lasts`"},
    {ENV "{lasts: 0s}\n", 7, 19, "lasts some time"},
    {ENV "{lasts: {pareto: {min: 1s, shape: 1}}}\n", 7, 19, "its mean is finite"},
    {ENV "{lasts: 1s, steps: {b: {error: 10%}}}\n", 7, 31, "no step is called `b`"},
    {ENV "{lasts: 1s, steps: {a: {layer: data}}}\n", 7, 35, "not a number of `a`"},
    {ENV "{lasts: 1s, to: {upp: 1}}\n", 7, 28, "did you mean `up`?"},
    {ENV "{lasts: 1s, to: {up: 0.5}}\n", 7, 27, "add up to 0.5, not 1"},
    {A "    wrong: 20%\nenvironments: {e: {d: {lasts: 1s, steps: {a: {error: 90%}}}}}\n", 5, 20,
     "more than 1 in this state"},
    /* feedback */
    {A "feedback: {cycle: 4w}\n", 4, 11, "needs `arrivals`"},
    {TIMED FLOW "feedback: {}\n", 6, 11, "needs `cycle`"},
    {TIMED FLOW "feedback: {cycle: 4w, learns: [{recalibrate: a}]}\n", 6, 46, "gives no confidence"},
    {TIMED FLOW "feedback: {cycle: 4w, learns: [{step: a}]}\n", 6, 32, "`wrong` is needed"},
    {TIMED FLOW "feedback: {cycle: 4w, learns: [{step: a, wrong: {power_law: {per: 3}}}]}\n", 6, 50,
     "needs `exponent`"},
    {TIMED FLOW "feedback: {cycle: 4w, learns: [{wrong: {power_law: {per: 3, exponent: 1}}}]}\n", 6,
     32, "has one of `step`"},
    {TIMED FLOW "feedback: {cycle: 4w, labels: [reviews]}\n", 6, 32, "did you mean `review`?"},
    /* includes */
    {TOP "  - include: ../steps.yaml\n", 3, 14, "out of the scenario's folder"},
    {TOP "  - include: no-such.yaml\n", 3, 14, "no such file"},
    {TOP "  - include: steps-circle.yaml\n", 0, 0, "in a circle"},
    {TOP "  - include: scenario_latency.csv\n", 3, 14, "no list of steps"},
    {TOP "  - include: steps.yaml\n    layer: data\n", 3, 5, "stands alone"},
};
/* clang-format on */

static int parse(const char *text, struct pipeline *p, struct faults *f, struct error *err)
{
    static const struct scenario_options options = {.data_dir = "tests/data"};

    return scenario_parse("f.yaml", text, strlen(text), &options, p, f, err);
}

static void every_fault_has_its_place_and_reason(void **state)
{
    int wrong = 0;

    for (size_t i = 0; i < sizeof faulty / sizeof *faulty; i++) {
        struct pipeline p;
        struct faults f;
        struct error err = {0};
        const struct fault *first;

        faults_init(&f);
        if (parse(faulty[i].text, &p, &f, &err) != -1) {
            print_error("accepted:\n%s\n", faulty[i].text);
            wrong++;
            pipeline_release(&p);
            faults_release(&f);
            continue;
        }
        assert_true(f.list.len > 0);
        first = &f.list.at[0];
        if (first->line != faulty[i].line || first->column != faulty[i].column ||
            !strstr(first->text, faulty[i].part) || f.list.len > 1) {
            print_error("%u:%u: %s (%zu faults)\nwant %u:%u with \"%s\" of\n%s\n", first->line,
                        first->column, first->text, f.list.len, faulty[i].line, faulty[i].column,
                        faulty[i].part, faulty[i].text);
            wrong++;
        }
        assert_int_equal(err.code, ERR_INPUT);
        faults_release(&f);
    }
    assert_int_equal(wrong, 0);
}

/* A fault in an included file shows its own file, line and caret. */
static void faults_of_included_files_show_their_own_place(void **state)
{
    static const char text[] = TOP "  - include: steps-wrong.yaml\n";
    struct pipeline p;
    struct faults f;
    struct error err = {0};
    struct buf out;

    buf_init(&out);
    faults_init(&f);
    assert_int_equal(parse(text, &p, &f, &err), -1);
    scenario_put_faults(&f, "f.yaml", text, &out);
    assert_string_equal(buf_text(&out),
                        "tests/data/steps-wrong.yaml:3:3: unknown key `eror`; did you mean "
                        "`error`?\n"
                        "    3 |   eror: 2%\n"
                        "      |   ^\n");
    error_is(&err, ERR_INPUT, "tests/data/steps-wrong.yaml:3:3: unknown key");
    faults_release(&f);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_has_its_place_and_reason),
        cmocka_unit_test(faults_of_included_files_show_their_own_place),
    };
    return cmocka_run_group_tests_name("scenario refusals", tests, NULL, NULL);
}
