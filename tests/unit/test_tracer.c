/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run tells its listeners, written as spans and read again, is what it told.
 *
 * The run here is made of events alone: a small walk with branches side by side, loops, hedges,
 * audits, retries, timeouts, cached visits, waits and abandoned items, counted as it goes. */
#include "exec/tracer.h"
#include "tests/support/support.h"

#include "exec/stage.h"
#include "math/rng.h"
#include "model/scenario.h"
#include "trace/log.h"
#include "trace/observe.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char scenario[] = "seam: 1\n"
                               "name: Traced\n"
                               "flow:\n"
                               "  - stage: retrieve\n"
                               "    layer: data\n"
                               "    retry: {attempts: 3}\n"
                               "  - parallel: looks\n"
                               "    join: any\n"
                               "    copies: 2\n"
                               "    branch:\n"
                               "      - {stage: look, layer: tool}\n"
                               "  - stage: draft\n"
                               "    layer: model\n"
                               "    confidence: {good: 0.9, bad: 0.5}\n"
                               "    hedge: {after: 1s, copies: 1}\n"
                               "  - {gate: review-gate, threshold: 60%, above: ship, below: desk}\n"
                               "  - {review: desk, layer: human, on_reject: {goto: draft, "
                               "at_most: 2, then: reject}}\n";
enum { RETRIEVE, LOOKS, LOOK, DRAFT, GATE, DESK, STEPS, ITEMS = 2000 };

struct counted {
    uint64_t visits, cut, attempts, answers, outcome[OUTCOME_COUNT], ok, first_ok, again_failed,
        again_ok, confidences, ends[RUN_END_COUNT];
    double seconds, cost; /* of attempts that answered; of all */
};
struct walk {
    const struct run_listener *to;
    struct run_event e; /* of the item that is on its way */
    uint64_t key, draws;
    double now_s;
    uint32_t visits[STEPS];
    bool shared; /* the item's events go to several threads' listeners */
    struct counted step[STEPS];
    uint64_t ends[RUN_END_COUNT], reviewed, decided[3];
    double latency_s[RUN_END_COUNT];
};

static double unit(struct walk *w)
{
    return rng_unit(rng_at(w->key, w->draws++));
}

static void tell(struct walk *w, enum run_event_kind kind)
{
    struct error err = {0};
    w->e.kind = kind;
    ok(w->to->event(w->to->arg, &w->e, &err), &err);
}

/* An attempt or a call of one; counts it. */
static void attempt(struct walk *w, uint32_t step, double begin_s, double took_s,
                    enum outcome outcome, bool cancelled)
{
    struct counted *c = &w->step[step];
    w->e.step = step;
    w->e.begin_s = begin_s;
    w->e.end_s = begin_s + took_s;
    if (!(w->e.asked_s < begin_s))
        w->e.asked_s = begin_s;
    w->e.outcome = outcome;
    w->e.cancelled = cancelled;
    w->e.cost = 0.25;
    c->attempts++;
    c->cost += 0.25;
    if (!cancelled) {
        c->answers++;
        c->outcome[outcome]++;
        c->seconds += took_s;
        c->confidences += !isnan(w->e.confidence);
    }
    tell(w, RUN_ATTEMPT_ENDED);
    w->e.asked_s = NAN;
}

static void visit_ends(struct walk *w, uint32_t step, uint32_t attempts, bool fine)
{
    w->e.step = step;
    w->e.attempts = attempts;
    w->e.attempt = 0;
    w->e.end_s = w->now_s;
    w->e.outcome = fine ? OUTCOME_OK : OUTCOME_ERROR;
    w->e.exit = fine ? EXIT_PASS : EXIT_FAIL;
    w->e.cancelled = false;
    w->e.cost = 0;
    w->step[step].visits++;
    w->step[step].ok += fine;
    tell(w, RUN_VISIT_ENDED);
}

static void begin_visit(struct walk *w, uint32_t step, uint32_t path)
{
    w->e.path = path;
    w->e.visit = ++w->visits[step];
    w->e.copy = 0;
    w->e.cached = false;
    w->e.confidence = w->e.threshold = w->e.asked_s = NAN;
    w->e.verdict = -1;
    w->e.who = w->e.says = w->e.attributes = "";
    w->e.begin_s = w->now_s;
}

/* Up to three attempts of all outcomes; or a cached visit.  False: it failed. */
static bool retrieve(struct walk *w)
{
    static const enum outcome fails[] = {OUTCOME_ERROR, OUTCOME_MALFORMED, OUTCOME_TIMEOUT};
    struct counted *c = &w->step[RETRIEVE];
    enum outcome o = OUTCOME_OK;
    uint32_t k = 0;
    begin_visit(w, RETRIEVE, 0);
    if (unit(w) < 0.1) {
        w->e.cached = true;
        w->now_s += 0.001;
        c->first_ok++;
        visit_ends(w, RETRIEVE, 0, true);
        return true;
    }
    do {
        double u = unit(w), took_s = 0.05 + 0.1 * unit(w);
        o = u < 0.3 ? fails[(int)(u * 10)] : OUTCOME_OK;
        w->e.attempt = ++k;
        w->e.says = o ? "connection aborted while parsing\nat line 2" : "";
        w->e.attributes = "\"gen_ai.operation.name\":\"retrieval\",\"ids\":[\"a\",\"b\"],"
                          "\"deep\":{\"x\":[1]},\"none\":null";
        took_s = o == OUTCOME_TIMEOUT ? 0.2 : took_s;
        attempt(w, RETRIEVE, w->now_s, took_s, o, false);
        w->now_s += took_s + 0.01;
        c->first_ok += k == 1 && o == OUTCOME_OK;
        c->again_failed += k == 2;
    } while (o != OUTCOME_OK && k < 3);
    c->again_ok += k > 1 && o == OUTCOME_OK;
    visit_ends(w, RETRIEVE, k, o == OUTCOME_OK);
    return o == OUTCOME_OK;
}

/* Two copies side by side; the first good answer wins and the other is cut short. */
static bool look(struct walk *w)
{
    double start_s = w->now_s, took_s[2], won_s = INFINITY;
    bool fine[2];
    for (int k = 0; k < 2; k++) {
        took_s[k] = 0.1 + unit(w);
        fine[k] = unit(w) < 0.8;
        if (fine[k] && took_s[k] < won_s)
            won_s = took_s[k];
    }
    for (int k = 0; k < 2; k++) {
        bool late = took_s[k] > won_s;
        w->visits[LOOK] = 0;
        begin_visit(w, LOOK, (uint32_t)k + 1);
        w->e.attempt = 1;
        attempt(w, LOOK, start_s, late ? won_s : took_s[k], fine[k] ? OUTCOME_OK : OUTCOME_ERROR,
                late);
        w->step[LOOK].first_ok += !late && fine[k];
        if (late) {
            w->step[LOOK].visits++; /* nobody waits for its end */
            w->step[LOOK].cut++;
            continue;
        }
        w->now_s = start_s + took_s[k];
        visit_ends(w, LOOK, 1, fine[k]);
    }
    w->now_s = start_s + (won_s < INFINITY ? won_s : fmax(took_s[0], took_s[1]));
    begin_visit(w, LOOKS, 0);
    visit_ends(w, LOOKS, 0, won_s < INFINITY);
    return won_s < INFINITY;
}

/* A call, and a copy of it after a second; ends with the first good answer. */
static double draft(struct walk *w, bool *fine)
{
    double took_s = 0.4 + unit(w), copy_s = 0.4 + unit(w), start_s = w->now_s;
    enum outcome first = unit(w) < 0.1 ? OUTCOME_ERROR : OUTCOME_OK;
    bool hedged = took_s > 1, copy_wins = hedged && (first || 1 + copy_s < took_s);
    bool copy_first = hedged && 1 + copy_s < took_s;
    double confidence = unit(w), end_s = copy_wins ? 1 + copy_s : took_s;
    begin_visit(w, DRAFT, 0);
    w->e.attempt = 1;
    w->e.confidence = copy_wins || first ? NAN : confidence;
    attempt(w, DRAFT, start_s, fmin(took_s, end_s), first, copy_first);
    if (hedged) {
        w->e.attempt = 2;
        w->e.copy = 1;
        w->e.confidence = copy_wins ? confidence : NAN;
        attempt(w, DRAFT, start_s + 1, end_s - 1, OUTCOME_OK, !copy_wins);
    }
    *fine = copy_wins || first == OUTCOME_OK;
    w->now_s = start_s + end_s;
    w->step[DRAFT].first_ok += *fine;
    visit_ends(w, DRAFT, hedged ? 2 : 1, *fine);
    return confidence;
}

/* True: to the desk. */
static bool gate(struct walk *w, double confidence, bool *audited)
{
    begin_visit(w, GATE, 0);
    w->e.confidence = confidence;
    w->e.threshold = 0.6;
    *audited = confidence >= 0.6 && unit(w) < 0.05;
    w->step[GATE].first_ok++;
    visit_ends(w, GATE, 0, true);
    return confidence < 0.6 || *audited;
}

static enum stage_verdict desk(struct walk *w)
{
    double wait_s = 5 * unit(w), took_s = 1 + unit(w), u = unit(w);
    enum stage_verdict verdict = u < 0.6 ? STAGE_PASS : u < 0.8 ? STAGE_EDIT : STAGE_REJECT;
    begin_visit(w, DESK, 0);
    w->e.attempt = 1;
    w->e.verdict = (int)verdict;
    w->e.who = "anna \"b\"";
    w->e.says = verdict ? "wrong coat" : "";
    w->e.asked_s = w->now_s;
    attempt(w, DESK, w->now_s + wait_s, took_s, OUTCOME_OK, false);
    w->now_s += wait_s + took_s;
    w->decided[verdict]++;
    w->step[DESK].first_ok++;
    visit_ends(w, DESK, 1, true);
    return verdict;
}

static enum run_end walk(struct walk *w)
{
    bool fine, audited = false;
    if (!retrieve(w) || !look(w))
        return RUN_END_FAILED;
    for (int k = 0; k < 3; k++) {
        double confidence = draft(w, &fine);
        if (!fine)
            return RUN_END_FAILED;
        if (!gate(w, confidence, &audited))
            return RUN_END_SHIPPED;
        if (unit(w) < 0.1) {
            w->now_s += 3; /* its patience ends */
            return RUN_END_ABANDONED;
        }
        if (!w->e.reviewed)
            w->reviewed++;
        w->e.reviewed = true;
        w->e.audited = w->e.audited || audited;
        if (desk(w) != STAGE_REJECT)
            return RUN_END_SHIPPED;
    }
    return RUN_END_REJECTED;
}

static void run(struct walk *w)
{
    for (uint64_t i = 0; i < ITEMS; i++) {
        char id[32];
        double start_s = (double)i * 0.37;
        snprintf(id, sizeof id, "brief-%llu", (unsigned long long)i);
        memset(w->visits, 0, sizeof w->visits);
        w->e = (struct run_event){.item = i, .id = id};
        w->now_s = start_s;
        enum run_end end = walk(w);
        uint32_t last = w->e.step == LOOKS ? LOOK : w->e.step; /* a join has no span */
        begin_visit(w, 0, 0);
        w->e.begin_s = start_s;
        w->e.end_s = w->now_s;
        w->e.end = end;
        w->e.quality = RUN_UNKNOWN;
        w->ends[end]++;
        w->step[last].ends[end]++;
        w->latency_s[end] += w->now_s - start_s;
        tell(w, RUN_ITEM_ENDED);
    }
}

static int keep(void *arg, const char *text, size_t len, uint64_t spans, struct error *err)
{
    (void)err;
    (void)spans;
    buf_add(arg, text, len);
    return 0;
}

struct traced {
    struct pipeline p;
    struct buf text;
    struct walk w;
};

static void trace(struct traced *t, const char *name)
{
    struct error err = {0};
    const struct scenario_options none = {0};
    struct faults faults;
    memset(t, 0, sizeof *t);
    faults_init(&faults);
    ok(scenario_parse("traced.yaml", scenario, strlen(scenario), &none, &t->p, &faults, &err),
       &err);
    faults_release(&faults);
    struct tracer_options options = {
        .pipeline = &t->p,
        .run = name,
        .version = "0",
        .start_unix_ns = INT64_C(1795349010000000000),
        .sink = {&t->text, keep}
    };
    struct tracer *tracer = tracer_new(&options);
    struct run_listener ear = tracer_listener(tracer);
    t->w.to = &ear;
    t->w.key = rng_key(7, 0, 0, 0, 0);
    run(&t->w);
    ok(tracer_end(tracer, &err), &err);
    tracer_free(tracer);
    t->w.to = NULL;
}

static void traced_release(struct traced *t)
{
    pipeline_release(&t->p);
    buf_release(&t->text);
}

static double value(const struct metrics *m, const char *name)
{
    const struct metric *at = metrics_find(m, name);
    if (!at)
        fail_msg("there is no %s", name);
    return at->value;
}

static double share(uint64_t k, uint64_t n)
{
    return (double)k / (double)n;
}

static void same_stage(const struct result *r, const struct traced *t, uint32_t step)
{
    const struct counted *c = &t->w.step[step];
    const struct metrics *m = NULL;
    for (size_t i = 0; i < r->stages.len; i++)
        if (!strcmp(r->stages.at[i].id, t->p.step[step].id)) {
            m = &r->stages.at[i].metrics;
            assert_string_equal(r->stages.at[i].kind, step_kind_name(t->p.step[step].kind));
            assert_string_equal(r->stages.at[i].layer, layer_name(t->p.step[step].layer));
        }
    assert_non_null(m);
    assert_true(value(m, "visits") == (double)c->visits);
    assert_true(value(m, "attempts") == (double)c->attempts);
    near(value(m, "success_rate"), share(c->ok, c->visits - c->cut), 1e-12);
    near(value(m, "first_try_rate"), share(c->first_ok, c->visits - c->cut), 1e-12);
    near(value(m, "exit_fail"), share(c->ends[RUN_END_FAILED], ITEMS), 1e-12);
    if (!c->answers)
        return;
    near(value(m, "ok_rate"), share(c->outcome[OUTCOME_OK], c->answers), 1e-12);
    near(value(m, "error_rate"), share(c->outcome[OUTCOME_ERROR], c->answers), 1e-12);
    near(value(m, "malformed_rate"), share(c->outcome[OUTCOME_MALFORMED], c->answers), 1e-12);
    near(value(m, "timeout_rate"), share(c->outcome[OUTCOME_TIMEOUT], c->answers), 1e-12);
    near_rel(value(m, "attempt_latency_mean"), c->seconds / (double)c->answers, 1e-6);
    near_rel(value(m, "cost_per_item"), c->cost / ITEMS, 1e-9);
    if (c->again_failed)
        near(value(m, "retry_success_rate"), share(c->again_ok, c->again_failed), 1e-12);
}

static void read_again(const struct traced *t, struct trace_log *log, struct result *r)
{
    struct error err = {0};
    struct log_options options = {.strict = true};
    ok(log_read_text("run.jsonl", t->text.data, t->text.len, &options, log, &err), &err);
    result_init(r, "replay");
    log_observe(log, 0.95, r);
}

static void what_is_read_again_is_what_the_run_counted(void **state)
{
    static const uint32_t steps[] = {RETRIEVE, LOOK, DRAFT, GATE, DESK};
    struct traced t;
    struct trace_log log;
    struct result r;
    (void)state;
    trace(&t, "run 1");
    read_again(&t, &log, &r);
    assert_true(value(&r.metrics, "items") == ITEMS);
    near(value(&r.metrics, "completion"), share(t.w.ends[RUN_END_SHIPPED], ITEMS), 1e-12);
    near(value(&r.metrics, "share_rejected"), share(t.w.ends[RUN_END_REJECTED], ITEMS), 1e-12);
    near(value(&r.metrics, "share_failed"), share(t.w.ends[RUN_END_FAILED], ITEMS), 1e-12);
    near(value(&r.metrics, "share_abandoned"), share(t.w.ends[RUN_END_ABANDONED], ITEMS), 1e-12);
    near(value(&r.metrics, "review_load"), share(t.w.reviewed, ITEMS), 1e-12);
    near(value(&r.metrics, "cost_per_item"),
         (t.w.step[RETRIEVE].cost + t.w.step[LOOK].cost + t.w.step[DRAFT].cost +
          t.w.step[DESK].cost) /
             ITEMS,
         1e-9);
    near_rel(value(&r.metrics, "latency_mean"),
             t.w.latency_s[RUN_END_SHIPPED] / (double)t.w.ends[RUN_END_SHIPPED], 1e-6);
    assert_int_equal(r.stages.len, 5);
    for (size_t i = 0; i < 5; i++)
        same_stage(&r, &t, steps[i]);
    const struct metrics *m = NULL;
    for (size_t i = 0; i < r.stages.len; i++)
        if (!strcmp(r.stages.at[i].id, "desk"))
            m = &r.stages.at[i].metrics;
    assert_true(value(m, "approved") == (double)t.w.decided[STAGE_PASS]);
    assert_true(value(m, "corrected") == (double)t.w.decided[STAGE_EDIT]);
    assert_true(value(m, "rejected") == (double)t.w.decided[STAGE_REJECT]);
    assert_true(log.threshold_logged && log.threshold == 0.6);
    assert_string_equal(log.stages.at[log.review].id, "desk");
    uint64_t confidences = 0;
    for (size_t i = 0; i < log.stages.len; i++)
        confidences += log.stages.at[i].confidences;
    assert_int_equal(confidences, t.w.step[DRAFT].confidences);
    result_release(&r);
    log_release(&log);
    traced_release(&t);
}

/* Told again, as after a resume, every span has the id it had; of another run, another one. */
static void what_is_sent_again_is_known_again(void **state)
{
    struct traced a, b;
    struct trace_log log;
    struct error err = {0};
    (void)state;
    trace(&a, "run 1");
    size_t once = a.text.len;
    trace(&b, "run 1");
    buf_add(&a.text, b.text.data, b.text.len);
    assert_int_equal(a.text.len, 2 * once);
    assert_memory_equal(a.text.data, a.text.data + once, once);
    ok(log_read_text("twice.jsonl", a.text.data, a.text.len, NULL, &log, &err), &err);
    assert_int_equal(log.items.len, ITEMS);
    assert_int_equal(log.quality.count[QUALITY_DUPLICATE] * 2, log.spans.len);
    log_release(&log);
    traced_release(&b);
    trace(&b, "run 2");
    a.text.len = once;
    buf_add(&a.text, b.text.data, b.text.len);
    ok(log_read_text("two.jsonl", a.text.data, a.text.len, NULL, &log, &err), &err);
    assert_int_equal(log.items.len, 2 * ITEMS);
    assert_int_equal(log.quality.count[QUALITY_DUPLICATE], 0);
    log_release(&log);
    traced_release(&a);
    traced_release(&b);
}

static void lines_are_requests_with_the_conventions_of_others(void **state)
{
    static const char *const parts[] = {
        "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{"
        "\"stringValue\":\"seam run\"}}",
        "{\"key\":\"session.id\",\"value\":{\"stringValue\":\"run 1\"}}",
        "\"name\":\"gen_ai.evaluation.result\",\"attributes\":[{\"key\":\"gen_ai.evaluation.name\"",
        "{\"key\":\"error.type\",\"value\":{\"stringValue\":\"timeout\"}}",
        "{\"key\":\"error.type\",\"value\":{\"stringValue\":\"_OTHER\"}}",
        "{\"key\":\"error.type\",\"value\":{\"stringValue\":\"malformed\"}}",
        "{\"key\":\"ids\",\"value\":{\"arrayValue\":{\"values\":[{\"stringValue\":\"a\"}",
        "{\"key\":\"deep\",\"value\":{\"stringValue\":\"{\\\"x\\\":[1]}\"}}",
        "{\"key\":\"seam.reviewer\",\"value\":{\"stringValue\":\"anna \\\"b\\\"\"}}",
        "{\"key\":\"seam.reason\",\"value\":{\"stringValue\":\"wrong coat\"}}",
        "{\"key\":\"seam.item.audited\",\"value\":{\"boolValue\":true}}",
    };
    struct traced t;
    (void)state;
    trace(&t, "run 1");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        text_has(buf_text(&t.text), parts[i]);
    assert_null(strstr(buf_text(&t.text), "\"none\""));
    traced_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_again_is_what_the_run_counted),
        cmocka_unit_test(what_is_sent_again_is_known_again),
        cmocka_unit_test(lines_are_requests_with_the_conventions_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
