/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"
#include "tests/unit/same_pipeline.h"

#include "math/rng.h"
#include "model/scenario.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TOP  "seam: 1\nflow:\n"
#define A    TOP "  - stage: a\n"
#define LAT  A "    latency: "
#define CONF "    confidence: {good: 0.9, bad: 0.5}\n"
#define TWO  "seam: 1\nclasses: {x: {share: 70%}, y: {share: 30%}}\nflow:\n  - stage: a\n"

/* --- faults */

struct faulty {
    const char *text;
    uint32_t line, column;
    const char *part;
};

/* clang-format off */
static const struct faulty faulty[] = {
    {"", 1, 1, "the file is empty"},
    {"# nothing\n", 1, 1, "the file is empty"},
    {"just text\n", 1, 1, "this is not a scenario"},
    {"seam: 1\nflow: [\n", 3, 1, "not YAML"},
    {A "---\nb: 1\n", 4, 1, "second document"},
    {"seam: 1\n", 1, 1, "needs `flow`"},
    {"flow:\n  - stage: a\n", 1, 1, "needs `seam`"},
    {"seam: 2\nflow: [{stage: a}]\n", 1, 7, "reads version 1"},
    {"seam: 1\nflow: []\n", 2, 7, "at least one"},
    {A "    latncy: 3s\n", 4, 5, "unknown key `latncy`; did you mean `latency`?"},
    {A "    error: 1%\n    error: 2%\n", 5, 5, "key `error` appears twice"},
    {"seam: 1\nflow:\n  - stage: a\nflow:\n  - stage: b\n", 4, 1, "key `flow` appears twice"},
    {LAT "3%\n", 4, 14, "\"3%\" is not a duration: write 200ms, 42s, 1.5h"},
    {LAT "3\n", 4, 14, "has no unit of time"},
    {LAT "-3s\n", 4, 14, "is negative"},
    {LAT "\n", 4, 5, "not empty"},
    {A "    error: 130%\n", 4, 12, "more than 100%"},
    {A "    error: 1.3\n", 4, 12, "more than 1"},
    {A "    error: 5/3\n", 4, 12, "k <= n"},
    {A "    error: 0/0\n", 4, 12, "at least 1"},
    {A "    error: 60%\n    wrong: 50%\n", 5, 12, "outcomes of `a` can add up to more than 1"},
    {A "    wrong: 50%\n    malformed: 60%\n    repair: 5%\n", 5, 16, "add up to more than 1"},
    {A "    reliability: 97%\n    error: 3%\n", 5, 5, "short for `error`"},
    {A "    fallback: dsk\n  - stage: desk\n", 4, 15,
     "no step is called `dsk`; did you mean `desk`?"},
    {A CONF
     "  - gate: g\n    threshold: 0.8\n    above: ship\n    below: reject\n  - stage: lost\n",
     9, 12, "step `lost` cannot be reached"},
    {A "  - check: c\n    sensitivity: 90%\n    on_reject: a\n", 6, 16, "loop without a bound"},
    {TOP "  - check: c\n    sensitivity: 90%\n    on_reject: {goto: c, at_most: 2, then: c}\n", 5,
     44, "loop without a bound"},
    {A "    fallback: a\n", 4, 15, "loop without a bound"},
    {TOP "  - gate: g\n    threshold: 80%\n    below: reject\n", 3, 11,
     "no step before gate `g` gives a confidence"},
    {A "  - gate: g\n    of: a\n    threshold: 80%\n    below: reject\n", 4, 11,
     "which gives no confidence"},
    {A CONF "  - gate: g\n    threshold: 80%\n", 5, 5, "needs `below`"},
    {A CONF "  - gate: g\n    below: reject\n", 5, 5, "needs `threshold`"},
    {TOP "  - check: c\n", 3, 5, "needs `sensitivity`"},
    {A "    fallback: {at_most: 2}\n", 4, 15, "needs `goto`"},
    {A "    fallback: {goto: ship, then: fail}\n", 4, 15, "`then` needs `at_most`"},
    {"seam: 1\nclasses: {a: {share: 50%}, b: {share: 40%}}\nflow:\n  - stage: s\n", 2, 10,
     "add up to 0.9, not 1"},
    {"seam: 1\nclasses: {beta: {share: 100%}}\nflow:\n  - stage: s\n", 2, 11, "a distribution"},
    {TWO "    error: {x: 3%}\n", 5, 12, "no value for class `y`"},
    {TWO "    error: {x: 3%, z: 3%, y: 1%}\n", 5, 20, "no class is called `z`"},
    {TWO "    hedge: {after: 1s, copies: {x: 1, y: 2}}\n", 5, 32, "the same for all classes"},
    {A "  - stage: a\n", 4, 12, "two steps are called `a`; the first is in line 3"},
    {TOP "  - stage: ship\n", 3, 12, "a target of its own"},
    {TOP "  - stage: a b\n", 3, 12, "is not a name"},
    {TOP "  - {layer: data}\n", 3, 6, "begins with its kind and name"},
    {TOP "  - stagee: a\n", 3, 5, "did you mean `stage`?"},
    {A "    check: b\n", 4, 5, "a step is one thing"},
    {A "    threshold: 0.9\n", 4, 5, "not a key of a stage, but of a gate"},
    {LAT "09:00\n", 4, 14, "in quotes"},
    {TOP "  - {stage: a, latency:3s}\n", 3, 16, "put a space after the colon: `latency: 3s`"},
    {A "    {threshold:0.9}\n", 4, 5, "put a space after the colon"},
    {A "    retry: {attempts: 010}\n", 4, 23, "begins with a 0"},
    {"seam: 1\nname: Team #1\nflow:\n  - stage: a\n", 2, 7, "ends at ` #`"},
    {LAT "{lognorml: {p50: 1s, p95: 3s}}\n", 4, 15, "did you mean `lognormal`?"},
    {LAT "{lognormal: {p50: 1s, p99: 3s}}\n", 4, 26, "{p50, p95}"},
    {LAT "{lognormal: {p50: 3s, p95: 1s}}\n", 4, 26, "p95"},
    {LAT "{lognormal: {p50: 3, p95: 10s}}\n", 4, 32, "no unit of time"},
    {LAT "{gamma: {shape: 1, scale: 1s}, weibull: {shape: 1, scale: 1s}}\n", 4, 45, "one name"},
    {LAT "{gamma: {shape: 1, scale: 1s}, evidence: 0}\n", 4, 55, "observations"},
    {LAT "{mixture: [{weight: 30%, gamma: {shape: 2, scale: 1s}}]}\n", 4, 24, "add up to 0.3"},
    {LAT "{discrete: {values: [1s, 2s], weights: [50%]}}\n", 4, 53, "1 weights for 2 values"},
    {LAT "{empirical: {file: ../x.csv, column: a}}\n", 4, 33, "out of the scenario's folder"},
    {LAT "{empirical: {file: /etc/passwd, column: a}}\n", 4, 33, "out of the scenario's folder"},
    {A "    confidence: {good: {lognormal: {mu: 0, sigma: 1}}, bad: 0.5}\n", 4, 24, "[0, 1]"},
    {A "    confidence: {good: 0.5}\n", 4, 17, "needs `bad`"},
    {A "    cost: -3\n", 4, 11, "not negative"},
    {A "    cost: {per_cal: $3}\n", 4, 12, "did you mean `per_call`?"},
    {A "    cost: \xe2\x82\xac"
     "3\n", 4, 11, "counts in $"},
    {A "    layer: modle\n", 4, 12, "did you mean `model`?"},
    {A "    retry: 3\n", 4, 12, "a map of keys"},
    {A "    retry: {attempts: 0}\n", 4, 23, "between 1 and 1000"},
    {A "    retry: {for: [eror]}\n", 4, 19, "did you mean `error`?"},
    {"seam: 1\nobjective: {relability: at least 3%}\nflow:\n  - stage: a\n", 2, 13,
     "did you mean `reliability`?"},
    {"seam: 1\nobjective: {reliability: 95%}\nflow:\n  - stage: a\n", 2, 26, "at least 99%"},
    {"seam: 1\nobjective: {latency_p95: at most 3%}\nflow:\n  - stage: a\n", 2, 26,
     "not a duration"},
    {"seam: 1\ncosts: {x: $3}\nflow:\n  - stage: a\n", 2, 12, "$50/month"},
};
/* clang-format on */

static void every_fault_has_its_place_and_reason(void **state)
{
    for (size_t i = 0; i < sizeof faulty / sizeof *faulty; i++) {
        struct pipeline p;
        struct faults f;
        struct error err = {0};
        const struct fault *first;

        faults_init(&f);
        if (scenario_parse("f.yaml", faulty[i].text, strlen(faulty[i].text), NULL, &p, &f, &err) !=
            -1)
            fail_msg("accepted:\n%s", faulty[i].text);
        assert_true(f.list.len > 0);
        first = &f.list.at[0];
        if (first->line != faulty[i].line || first->column != faulty[i].column ||
            !strstr(first->text, faulty[i].part))
            fail_msg("%u:%u: %s\nwant %u:%u with \"%s\" of\n%s", first->line, first->column,
                     first->text, faulty[i].line, faulty[i].column, faulty[i].part, faulty[i].text);
        text_has(err.text, first->text);
        assert_int_equal(error_exit_status(err.code), 3);
        faults_release(&f);
    }
}

/* One mistake is one fault: nothing that follows from it is listed beside it. */
static void one_mistake_is_one_fault(void **state)
{
    static const char *const texts[] = {
        A "    fallback: dsk\n" CONF
          "  - gate: g\n    threshold: 1\n    above: ship\n    below: dsk\n  - review: desk\n",
        "seam: 1\nclasses: {a: {share: 5s}, b: {share: 40%}}\nflow:\n  - stage: s\n",
        TOP "  - stage: a\n    next: [{to: c}]\n  - stage: b\n",
        TOP "  - parallel: p\n    copies: 2\n  - stage: a\n    fallback: {goto: p, at_most: 1}\n",
    };

    static const size_t want[] = {2, 1, 1, 1};
    for (size_t i = 0; i < 4; i++) {
        struct pipeline p;
        struct faults f;
        struct error err = {0};
        faults_init(&f);
        assert_int_equal(scenario_parse("f", texts[i], strlen(texts[i]), NULL, &p, &f, &err), -1);
        assert_int_equal(f.list.len, want[i]);
        faults_release(&f);
    }
}

static struct error refused(const char *text, struct faults *f)
{
    struct pipeline p;
    struct error err = {0};

    faults_init(f);
    assert_int_equal(scenario_parse("f.yaml", text, strlen(text), NULL, &p, f, &err), -1);
    return err;
}

static void all_faults_come_at_once_in_the_order_of_the_file(void **state)
{
    struct faults f;
    struct buf text;
    uint32_t line = 0;

    buf_init(&text);
    buf_puts(&text, TOP);
    for (int i = 0; i < 30; i++)
        buf_printf(&text, "  - stage: s%d\n    eror: 1%%\n    timeout: 3%%\n", i);
    refused(buf_text(&text), &f);
    assert_int_equal(f.list.len, FAULTS_MAX);
    assert_int_equal(f.dropped, 40);
    for (size_t i = 0; i < f.list.len; i++) {
        assert_true(f.list.at[i].line > line);
        line = f.list.at[i].line;
    }
    assert_int_equal(line, 32);
    faults_release(&f);
    buf_release(&text);
}

static void faults_show_the_line_and_a_caret(void **state)
{
    static const char text[] = A "    \xc3\xa9: {x: 1}\n    latncy: 3s\n";
    struct faults f;
    struct buf out;

    buf_init(&out);
    refused(text, &f);
    scenario_put_faults(&f, "f.yaml", text, &out);
    assert_string_equal(buf_text(&out),
                        "f.yaml:4:5: unknown key `\xc3\xa9`\n"
                        "    4 |     \xc3\xa9: {x: 1}\n"
                        "      |     ^\n"
                        "f.yaml:5:5: unknown key `latncy`; did you mean `latency`?\n"
                        "    5 |     latncy: 3s\n"
                        "      |     ^\n");
    faults_release(&f);
    buf_release(&out);
}

static void control_characters_of_a_file_reach_no_terminal(void **state)
{
    static const char text[] = A "    \"\\e[31m\\x9b\": 1\n";
    struct faults f;

    refused(text, &f);
    for (const char *c = f.list.at[0].text; *c; c++)
        assert_true((unsigned char)*c >= 0x20 && (unsigned char)*c != 0x7F);
    assert_null(strstr(f.list.at[0].text, "\xc2\x9b"));
    faults_release(&f);
}

static void hostile_text_is_refused_at_once(void **state)
{
    struct faults f;
    struct buf text;
    struct error err;

    buf_init(&text);
    for (int i = 0; i < 100000; i++)
        buf_putc(&text, '[');
    err = refused(buf_text(&text), &f);
    error_is(&err, ERR_LIMIT, "f.yaml:1:65");
    faults_release(&f);
    buf_clear(&text);
    buf_puts(&text, TOP);
    for (int i = 0; i < 2000; i++)
        buf_printf(&text, "  - stage: s%d\n", i);
    err = refused(buf_text(&text), &f);
    error_is(&err, ERR_INPUT, "at most 1000");
    faults_release(&f);
    buf_release(&text);
}

/* --- what is read */

static struct pipeline read_with(const char *text, const struct setting *set, size_t n)
{
    struct scenario_options options = {.set = set, .n_set = n};
    struct pipeline p;
    struct faults f;
    struct error err = {0};

    faults_init(&f);
    ok(scenario_parse("f.yaml", text, strlen(text), &options, &p, &f, &err), &err);
    assert_int_equal(f.list.len, 0);
    faults_release(&f);
    return p;
}

static struct pipeline read_text(const char *text)
{
    return read_with(text, NULL, 0);
}

static const char whole[] =
    "seam: 1\n"
    "name: 'Team #1'\n"
    "objective: {shipped_error: at most 1%, latency_p95: at most 1d, deadline: 1d, budget: $3}\n"
    "capability: 92%\n"
    "worth: {correct: $40, wrong: $-300}\n"
    "wrong: {x: 1%, y: 3/100}\n"
    "classes: {x: {share: 70%}, y: {share: 30%}}\n"
    "costs: {db: $30/month}\n"
    "flow:\n"
    "  - stage: retrieve\n"
    "    layer: data\n"
    "    error: 12/2000\n"
    "    wrong: {x: 1/2000, y: 3/2000}\n"
    "    malformed: 7/2000\n"
    "    validation: 9/10\n"
    "    latency: {exponential: {mean: 45ms}}\n"
    "    timeout: 400ms\n"
    "    budget: 200ms\n"
    "    retry: {attempts: 3, for: [error, timeout], backoff: {initial: 50ms, max: 1s, jitter: "
    "full}}\n"
    "    fallback: skip\n"
    "    cost: {per_call: $0.5, per_unit: {x: $0.25, y: $1}, units: 8}\n"
    "    exec: {builtin: retrieve, anything: [1, 2]}\n"
    "  - stage: generate\n"
    "    layer: model\n"
    "    reliability: 97/100\n"
    "    repair: 10%\n"
    "    confidence: {good: {beta: {a: 9, b: 1.5}, evidence: 44}, bad: {empirical: {values: [0.5, "
    "0.25, 20%]}}}\n"
    "  - check: style\n"
    "    sensitivity: 85%\n"
    "    on_reject: {goto: generate, at_most: 2, then: {goto: retrieve, at_most: unbounded}}\n"
    "  - gate: sure\n"
    "    threshold: {x: 0.8, y: 90%}\n"
    "    of: generate\n"
    "    above: ship\n"
    "    below: desk\n"
    "  - review: desk\n"
    "    fixes: 40%\n";

static void the_top_is_read(void **state)
{
    struct pipeline p = read_text(whole);

    assert_string_equal(p.name, "Team #1");
    assert_string_equal(p.file, "f.yaml");
    assert_int_equal(strlen(p.sha256), 64);
    assert_int_equal(p.n_targets, 2);
    assert_string_equal(p.target[1].metric, "latency_p95");
    assert_int_equal(p.target[1].kind, TARGET_AT_MOST);
    near(p.target[1].value, 86400, 0);
    assert_string_equal(p.target[1].text, "at most 1d");
    near(p.deadline_s, 86400, 0);
    near(p.budget, 3, 0);
    near(p.capability, 0.92, 0);
    near(p.worth_wrong, -300, 0);
    near(p.worth_rejected, 0, 0);
    near_rel(p.cost[0].per_s, 30.0 / (30 * 86400), 1e-15);
    assert_int_equal(p.n_classes, 2);
    near(p.class[1].share, 0.3, 0);
    near(p.input_wrong[0].value, 0.01, 0);
    near(p.input_wrong[1].value, 0.03, 0);
    assert_int_equal(p.input_wrong[0].evidence, 0);
    pipeline_release(&p);
}

static void steps_are_read(void **state)
{
    struct pipeline p = read_text(whole);
    const struct step *s = &p.step[0];

    assert_int_equal(p.n_steps, 5);
    assert_int_equal(s->kind, STEP_STAGE);
    assert_int_equal(s->layer, LAYER_DATA);
    near(s->numbers[1].error.value, 0.006, 0);
    near(s->numbers[1].timeout_s, 0.4, 0);
    near(s->numbers[0].budget_s, 0.2, 0);
    assert_int_equal(s->numbers[1].latency.family, DIST_EXPONENTIAL);
    near(s->numbers[1].latency.a, 0.045, 0);
    near(s->numbers[0].cost_call, 2.5, 0);
    near(s->numbers[1].cost_call, 8.5, 0);
    assert_int_equal(s->retry.attempts, 3);
    assert_int_equal(s->retry.on, RETRY_ERROR | RETRY_TIMEOUT);
    near(s->retry.initial_s, 0.05, 0);
    near(s->retry.factor, 2, 0);
    near(s->retry.max_s, 1, 0);
    assert_int_equal(s->retry.jitter, JITTER_FULL);
    assert_int_equal(s->fallback.to, 1);
    assert_int_equal(s->next.to, 1);
    s = &p.step[1];
    near(s->numbers[0].error.value, 0.03, 0);
    assert_true(s->has_confidence);
    assert_int_equal(s->numbers[1].confidence_good.evidence, 44);
    assert_int_equal(s->numbers[1].confidence_bad.n, 3);
    near(s->numbers[1].confidence_bad.values[0], 0.2, 0);
    assert_true(isinf(s->numbers[0].timeout_s));
    assert_int_equal(s->retry.attempts, 1);
    assert_int_equal(s->fallback.to, TO_FAIL);
    s = &p.step[2];
    assert_int_equal(s->layer, LAYER_AGENT);
    near(s->numbers[0].specificity.value, 1, 0);
    assert_int_equal(s->on_reject.to, 1);
    assert_int_equal(s->on_reject.at_most, 2);
    assert_int_equal(s->on_reject.then->to, 0);
    assert_int_equal(s->on_reject.then->at_most, AT_MOST_UNBOUNDED);
    s = &p.step[3];
    near(s->numbers[0].threshold.value, 0.8, 0);
    near(s->numbers[1].threshold.value, 0.9, 0);
    assert_int_equal(s->gate_of, 1);
    assert_int_equal(s->above.to, TO_SHIP);
    assert_int_equal(s->below.to, 4);
    s = &p.step[4];
    near(s->numbers[0].sensitivity.value, 1, 0);
    near(s->numbers[0].spoils.value, 0, 0);
    assert_int_equal(s->on_reject.to, TO_REJECT);
    assert_int_equal(s->next.to, TO_SHIP);
    assert_int_equal(pipeline_step(&p, "sure"), 3);
    assert_int_equal(pipeline_step(&p, "none"), -1);
    pipeline_release(&p);
}

static const struct evidence *evidence_at(const struct pipeline *p, const char *path)
{
    for (uint32_t i = 0; i < p->n_evidence; i++)
        if (strcmp(p->evidence[i].path, path) == 0)
            return &p->evidence[i];
    fail_msg("no evidence at %s", path);
    return NULL;
}

static void evidence_of_one_place_is_one_and_outcomes_of_one_n_share_a_group(void **state)
{
    struct pipeline p = read_text(whole);
    const struct evidence *error = evidence_at(&p, "flow.retrieve.error");
    const struct evidence *malformed = evidence_at(&p, "flow.retrieve.malformed");
    const struct evidence *wrong = evidence_at(&p, "flow.retrieve.wrong.y");

    assert_int_equal(p.n_evidence, 7);
    assert_int_equal(error->k, 12);
    assert_int_equal(error->n, 2000);
    assert_int_equal(error->group, malformed->group);
    assert_ptr_equal(malformed, error + 1);
    assert_int_not_equal(wrong->group, error->group);
    assert_int_not_equal(evidence_at(&p, "flow.retrieve.wrong.x")->group, wrong->group);
    assert_int_equal(evidence_at(&p, "flow.generate.reliability")->k, 3);
    assert_int_equal(p.step[0].numbers[0].error.evidence, p.step[0].numbers[1].error.evidence);
    for (uint32_t c = 0; c < 2; c++) {
        const struct numbers *n = &p.step[0].numbers[c];
        const struct evidence *e = &p.evidence[n->wrong.evidence - 1];
        near(n->wrong.value, (double)e->k / (double)e->n, 0);
        e = &p.evidence[n->validation.evidence - 1];
        assert_int_equal(e->n, 10);
    }
    assert_string_equal(p.evidence[p.input_wrong[1].evidence - 1].path, "wrong.y");
    pipeline_release(&p);
}

/* --- settings */

static void settings_change_the_tree(void **state)
{
    static const struct setting set[] = {
        {"flow.retrieve.error",                 "5%"                       },
        {"flow.generate.latency",               "{exponential: {mean: 3s}}"},
        {"flow.generate.retry.backoff.initial", "1s"                       },
        {"flow.generate.retry.attempts",        "4"                        },
        {"flow.retrieve.repair.y",              "50%"                      },
        {"flow.desk.fixes.y",                   "90%"                      },
        {"flow.retrieve.retry.for.1",           "malformed"                },
        {"flow.style.on_reject.at_most",        "7"                        },
        {"capability",                          "50%"                      },
    };
    struct pipeline p, q = read_text(whole);
    static const char more[] = "    repair: 1%\n";
    struct buf text;

    buf_init(&text);
    buf_add(&text, whole, (size_t)(strstr(whole, "    layer: data") - whole));
    buf_puts(&text, more);
    buf_puts(&text, strstr(whole, "    layer: data"));
    p = read_with(buf_text(&text), set, sizeof set / sizeof *set);
    near(p.step[0].numbers[1].error.value, 0.05, 0);
    near(p.step[0].numbers[0].repair.value, 0.01, 0);
    near(p.step[0].numbers[1].repair.value, 0.5, 0);
    near(p.step[4].numbers[0].fixes.value, 0.4, 0);
    near(p.step[4].numbers[1].fixes.value, 0.9, 0);
    near(p.step[1].numbers[0].latency.a, 3, 0);
    near(p.step[1].retry.initial_s, 1, 0);
    assert_int_equal(p.step[1].retry.attempts, 4);
    assert_int_equal(p.step[0].retry.on, RETRY_ERROR | RETRY_MALFORMED);
    assert_int_equal(p.step[2].on_reject.at_most, 7);
    near(p.capability, 0.5, 0);
    assert_string_not_equal(p.sha256, q.sha256);
    pipeline_release(&p);
    pipeline_release(&q);
    buf_release(&text);
}

static void a_wrong_setting_is_named_as_the_origin(void **state)
{
    /* clang-format off */
    static const struct {
        struct setting set;
        const char *part;
    } wrong[] = {
        {{"flow.retrive.error", "5%"}, "no step is called `retrive`; did you mean `retrieve`?"},
        {{"flow.retrieve.eror", "5%"}, "unknown key `eror`; did you mean `error`?"},
        {{"flw.retrieve.error", "5%"}, "unknown key `flw`; did you mean `flow`?"},
        {{"flow.retrieve.error", "2"}, "more than 1"},
        {{"flow.retrieve.error", "99.9%"}, "add up to more than 1"},
        {{"flow.retrieve.latency", "{p50: "}, "not YAML"},
        {{"flow.retrieve.latency.exponential.mean", "3"}, "no unit of time"},
        {{"flow.retrieve.error.q", "3%"}, "inside a plain value"},
        {{"flow..error", "3%"}, "joined by dots"},
        {{"", "3%"}, "joined by dots"},
        {{"flow.9", "3%"}, "no step is called `9`"},
        {{"flow", "3%"}, "a list of steps"},
        {{"classes.x.share", "80%"}, "add up to 1.1"},
        {{"flow.style.on_reject", "generate"}, "loop without a bound"},};
    /* clang-format on */

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct scenario_options options = {.set = &wrong[i].set, .n_set = 1};
        struct pipeline p;
        struct faults f;
        struct error err = {0};
        char origin[128];

        faults_init(&f);
        assert_int_equal(scenario_parse("f.yaml", whole, strlen(whole), &options, &p, &f, &err),
                         -1);
        snprintf(origin, sizeof origin, "--set %s=%s", wrong[i].set.path, wrong[i].set.value);
        if (f.list.at[0].origin == NULL || strcmp(f.list.at[0].origin, origin) != 0)
            fail_msg("origin of \"%s\" is not %s", f.list.at[0].text, origin);
        error_is(&err, ERR_INPUT, wrong[i].part);
        text_has(err.text, origin);
        faults_release(&f);
    }
}

/* --- writing */

static void reads_back(const struct pipeline *p)
{
    struct buf text;
    struct pipeline q;

    buf_init(&text);
    scenario_write(p, "head\nof two lines", NULL, &text);
    q = read_text(buf_text(&text));
    same_pipelines(p, &q);
    pipeline_release(&q);
    buf_release(&text);
}

static void what_is_written_reads_back_the_same(void **state)
{
    struct pipeline p = read_text(whole);
    reads_back(&p);
    pipeline_release(&p);
    p = read_text("seam: 1\nname: \"a\\\\b: \\\"c\\\" # \xe2\x82\xac\\n\"\ncurrency: \xe2\x82\xac\n"
                  "costs: {odd: \xe2\x82\xac"
                  "17.77/w}\nflow:\n  - stage: '7'\n    cost: \xe2\x82\xac"
                  "3\n    latency: {shifted: {by: 1s, of: {mixture: [{weight: 25%, pareto: {min: "
                  "1s, shape: 3}}, {weight: 75%, triangular: {min: 0s, mode: 1s, max: 7s}}]}}}\n");
    reads_back(&p);
    pipeline_release(&p);
}

static double unit(struct rng_seq *rng)
{
    return rng_unit(rng_next(rng));
}

static void put_random_dist(struct buf *b, struct rng_seq *rng, bool score)
{
    const char *s = score ? "" : "s";

    switch (rng_below(rng, score ? 4 : 8)) {
    case 0:
        buf_printf(b, "%.17g%s", unit(rng), s);
        break;
    case 1:
        buf_printf(b, "{beta: {a: %.17g, b: %.3g}}", 0.1 + unit(rng) * 9, 1 + unit(rng));
        break;
    case 2:
        buf_printf(b, "{empirical: {values: [%.17g%s, %.4g%s]}, evidence: %d}", unit(rng), s,
                   unit(rng), s, 1 + (int)rng_below(rng, 500));
        break;
    case 3:
        buf_printf(b, "{discrete: {values: [%.17g%s, %.4g%s], weights: [25%%, 75%%]}}", unit(rng),
                   s, unit(rng), s);
        break;
    case 4:
        buf_printf(b, "{lognormal: {p50: %.17gms, p95: %.17gm}}", 900 * unit(rng) + 1,
                   1 + unit(rng));
        break;
    case 5:
        buf_printf(b, "{gamma: {mean: %.17gh, sd: %.17gs}}", unit(rng), 1 + unit(rng));
        break;
    case 6:
        buf_printf(b, "{weibull: {shape: %.3g, scale: %.17gus}, evidence: 12}", 0.5 + unit(rng),
                   1 + unit(rng));
        break;
    default:
        buf_printf(b, "{normal: {mean: %.17gd, sd: %.5gs}}", unit(rng), 1 + unit(rng));
    }
}

static void put_random_share(struct buf *b, struct rng_seq *rng)
{
    uint64_t n = 1 + rng_below(rng, 300);

    switch (rng_below(rng, 3)) {
    case 0:
        buf_printf(b, "%.17g", unit(rng) / 4);
        break;
    case 1:
        buf_printf(b, "%.3g%%", unit(rng) * 25);
        break;
    default:
        buf_printf(b, "%d/%d", (int)(n / 4), (int)n);
    }
}

static void put_random_stage(struct buf *b, struct rng_seq *rng, int i)
{
    static const char *const keys[] = {"error", "wrong", "malformed", "repair"};

    buf_printf(b, "  - stage: s%d\n", i);
    for (size_t k = 0; k < 4; k++) {
        if (rng_below(rng, 2))
            continue;
        buf_printf(b, "    %s: ", keys[k]);
        if (rng_below(rng, 2)) {
            buf_puts(b, "{x: ");
            put_random_share(b, rng);
            buf_puts(b, ", y: ");
            put_random_share(b, rng);
            buf_puts(b, "}\n");
        } else {
            put_random_share(b, rng);
            buf_puts(b, "\n");
        }
    }
    buf_puts(b, "    latency: ");
    put_random_dist(b, rng, false);
    buf_printf(b,
               "\n    timeout: %.17gs\n    cost: %.17g\n"
               "    retry: {attempts: %d, backoff: {initial: %.17gms, factor: %.17g}}\n"
               "    confidence:\n      good: ",
               0.1 + unit(rng), unit(rng), 1 + (int)rng_below(rng, 4), unit(rng) * 1e4,
               1 + unit(rng));
    put_random_dist(b, rng, true);
    buf_puts(b, "\n      bad: {x: ");
    put_random_dist(b, rng, true);
    buf_puts(b, ", y: ");
    put_random_dist(b, rng, true);
    buf_puts(b, "}\n");
    if (rng_below(rng, 2))
        buf_printf(b, "    fallback: {goto: s%d, at_most: %d, then: %s}\n",
                   (int)rng_below(rng, (uint64_t)i + 1), 1 + (int)rng_below(rng, 9),
                   rng_below(rng, 2) ? "fail" : "ship");
}

static void random_pipelines_read_back_the_same(void **state)
{
    struct rng_seq rng = {.key = rng_key(7, 0, 0, 0, RNG_SPLIT)};

    for (int round = 0; round < 200; round++) {
        struct buf b;
        struct pipeline p;
        int n = 1 + (int)rng_below(&rng, 5);
        buf_init(&b);
        buf_printf(&b,
                   "seam: 1\nclasses: {x: {share: 25%%}, y: {share: 0.75}}\n"
                   "costs: {a: $%.17g/h, b: $%d/month}\nflow:\n",
                   unit(&rng), (int)rng_below(&rng, 1000));
        for (int i = 0; i < n; i++)
            put_random_stage(&b, &rng, i);
        buf_puts(&b, "  - gate: g\n    threshold: ");
        buf_printf(&b, "%.17g\n    below: s0r\n", unit(&rng));
        buf_puts(&b, "  - review: s0r\n    sensitivity: ");
        put_random_share(&b, &rng);
        buf_puts(&b, "\n");
        p = read_text(buf_text(&b));
        reads_back(&p);
        pipeline_release(&p);
        buf_release(&b);
    }
}

/* --- files, schema, paths */

static void scenarios_that_ship_are_valid(void **state)
{
    static const char *const files[] = {
        "scenarios/six-step.yaml",         "scenarios/six-step-silent.yaml",
        "scenarios/gate-review.yaml",      "scenarios/draft-critic.yaml",
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
        assert_true(p.n_steps >= 1);
        pipeline_release(&p);
        faults_release(&f);
    }
}

static void a_missing_file_has_no_faults(void **state)
{
    struct pipeline p;
    struct faults f;
    struct error err = {0};

    faults_init(&f);
    assert_int_equal(scenario_read("no/such.yaml", NULL, &p, &f, &err), -1);
    assert_int_equal(err.code, ERR_IO);
    assert_int_equal(f.list.len, 0);
    pipeline_release(&p);
    faults_release(&f);
}

static void empirical_values_come_from_a_file_beside_the_scenario(void **state)
{
    static const char text[] =
        LAT "{empirical: {file: scenario_latency.csv, column: seconds}, evidence: 4}\n";
    static const char wrong[] = LAT "{empirical: {file: scenario_latency.csv, column: second}}\n";
    struct scenario_options options = {.data_dir = "tests/data"};
    struct pipeline p;
    struct faults f;
    struct error err = {0};
    const struct dist *d;

    faults_init(&f);
    ok(scenario_parse("f", text, strlen(text), &options, &p, &f, &err), &err);
    d = &p.step[0].numbers[0].latency;
    assert_int_equal(d->family, DIST_EMPIRICAL);
    assert_int_equal(d->n, 4);
    near(d->values[0], 0.25, 0);
    near(d->values[3], 120, 0);
    pipeline_release(&p);
    assert_int_equal(scenario_parse("f", wrong, strlen(wrong), &options, &p, &f, &err), -1);
    error_is(&err, ERR_INPUT, "did you mean `seconds`?");
    faults_release(&f);
}

static void the_schema_names_every_key(void **state)
{
    struct buf out;

    buf_init(&out);
    scenario_put_json_schema(&out);
    text_has(buf_text(&out), "https://json-schema.org/draft/2020-12/schema");
    text_has(buf_text(&out), "\"on_reject\"");
    text_has(buf_text(&out), "shared processes such as outages");
    text_has(buf_text(&out), "\"lognormal\"");
    buf_release(&out);
}

static void paths_name_the_stated_numbers(void **state)
{
    static const char *const want[] = {"capability",
                                       "wrong.x",
                                       "flow.retrieve.error",
                                       "flow.retrieve.wrong.y",
                                       "flow.retrieve.timeout",
                                       "flow.retrieve.cost.x",
                                       "flow.retrieve.retry.attempts",
                                       "flow.style.sensitivity",
                                       "flow.sure.threshold.y",
                                       "flow.desk.fixes"};
    struct pipeline p = read_text(whole);
    struct arena a;
    const char **paths;
    size_t n;

    arena_init(&a);
    scenario_paths(&p, &a, &paths, &n);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        size_t j = 0;
        while (j < n && strcmp(paths[j], want[i]) != 0)
            j++;
        if (j == n)
            fail_msg("no path %s", want[i]);
    }
    for (size_t i = 0; i < n; i++)
        assert_string_not_equal(paths[i], "flow.desk.spoils");
    arena_release(&a);
    pipeline_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_has_its_place_and_reason),
        cmocka_unit_test(one_mistake_is_one_fault),
        cmocka_unit_test(all_faults_come_at_once_in_the_order_of_the_file),
        cmocka_unit_test(faults_show_the_line_and_a_caret),
        cmocka_unit_test(control_characters_of_a_file_reach_no_terminal),
        cmocka_unit_test(hostile_text_is_refused_at_once),
        cmocka_unit_test(the_top_is_read),
        cmocka_unit_test(steps_are_read),
        cmocka_unit_test(evidence_of_one_place_is_one_and_outcomes_of_one_n_share_a_group),
        cmocka_unit_test(settings_change_the_tree),
        cmocka_unit_test(a_wrong_setting_is_named_as_the_origin),
        cmocka_unit_test(what_is_written_reads_back_the_same),
        cmocka_unit_test(random_pipelines_read_back_the_same),
        cmocka_unit_test(scenarios_that_ship_are_valid),
        cmocka_unit_test(a_missing_file_has_no_faults),
        cmocka_unit_test(empirical_values_come_from_a_file_beside_the_scenario),
        cmocka_unit_test(the_schema_names_every_key),
        cmocka_unit_test(paths_name_the_stated_numbers),
    };
    return cmocka_run_group_tests_name("scenario", tests, NULL, NULL);
}
