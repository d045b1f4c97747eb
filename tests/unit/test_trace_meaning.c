/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a log is made to mean: grains, the graph, branches and loops, mixed runs, what users name.
 * (Elsewhere: interrupts and resumed runs in test_assemble, censored times in test_estimate, the
 * truth of captures in test_observe, vocabularies in test_vocabulary.) */
#include "tests/unit/log_facts.h"

static struct buf text;

static int begin(void **state)
{
    buf_init(&text);
    return 0;
}

static int end(void **state)
{
    buf_release(&text);
    return 0;
}

static void operations_and_attempts_are_both_counted(void **state)
{
    struct trace_log log;
    struct result r;
    /* run 1: fails, fails, succeeds; run 2: succeeds; run 3: fails, fails */
    static const char *const attempts[] = {"xxo", "o", "xx"};
    for (unsigned run = 0; run < 3; run++) {
        char trace[2] = {(char)('1' + run), 0};
        unsigned at = 1000 * run + 10;
        put_span(&text, trace, "r", "", "run", 1000 * run, 1000 * run + 900, "");
        put_span(&text, trace, "p", "r", "plan", at, at + 5, "");
        for (const char *c = attempts[run]; *c; c++, at += 100) {
            char id[8];
            snprintf(id, sizeof id, "a%u", at);
            put_span(&text, trace, id, "r", "call", at + 10, at + 60, *c == 'x' ? FAILED : "");
        }
    }
    read_ok(buf_text(&text), NULL, &log);
    result_init(&r, "replay");
    log_observe(&log, 0.95, &r);
    const struct metrics *m = &r.stages.at[stage_named(&log, "call")].metrics;
    has_value(m, "visits", 3, "call");
    has_value(m, "attempts", 6, "call");
    has_value(m, "ok_rate", 2.0 / 6, "call");            /* of attempts */
    has_value(m, "success_rate", 2.0 / 3, "call");       /* of operations */
    has_value(m, "first_try_rate", 1.0 / 3, "call");     /* of operations */
    has_value(m, "retry_success_rate", 1.0 / 2, "call"); /* of those retried */
    has_value(m, "attempts_per_item", 2, "call");
    has_value(m, "attempt_latency_p50", 0.05, "call");
    has_value(m, "visit_latency_p95", 0.25, "call"); /* from the first start to the last end */
    result_release(&r);
    log_release(&log);
}

static void retries_within_a_span_are_told_apart_from_attempts(void **state)
{
#define TRIES(key, n) ATTRIBUTES("{\"key\":\"" key "\",\"value\":{\"intValue\":\"" n "\"}}")
    /* clang-format off */
    static const struct {
        const char *first, *second; /* members of two spans below the operation; NULL: none */
        const char *own;            /* of the operation */
        uint64_t hidden;
    } cases[] = {
        {FAILED, "",                                         "",                         1},
        {"",     "",                                         "",                         0},
        {FAILED, FAILED,                                     FAILED,                     1},
        {NULL,   TRIES("http.request.resend_count", "3"),    "",                         3},
        {FAILED, TRIES("http.request.resend_count", "1"),    "",                         1},
        {NULL,   NULL,                                       TRIES("run_attempts", "3"), 2},
        {NULL,   NULL,                                       TRIES("tool.retry_count", "2"), 2},
        {NULL,   NULL,                                       TRIES("run_attempts", "1"), 0},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trace_log log;
        buf_clear(&text);
        put_span(&text, "t", "r", "", "run", 0, 100, "");
        put_span(&text, "t", "p", "r", "plan", 1, 5, "");
        put_span(&text, "t", "c", "r", "chat", 10, 90, cases[i].own);
        if (cases[i].first)
            put_span(&text, "t", "1", "c", "POST", 11, 30, cases[i].first);
        if (cases[i].second)
            put_span(&text, "t", "2", "c", "POST", 40, 80, cases[i].second);
        read_ok(buf_text(&text), NULL, &log);
        const struct log_stage *chat = &log.stages.at[stage_named(&log, "chat")];
        assert_int_equal(chat->attempts, 1);
        if (chat->hidden != cases[i].hidden)
            fail_msg("case %zu hides %llu", i, (unsigned long long)chat->hidden);
        log_release(&log);
    }
}

static void attempts_that_tell_their_number_hide_nothing_where_all_are_seen(void **state)
{
    struct trace_log log;
    put_span(&text, "t", "r", "", "run", 0, 100, "");
    put_span(&text, "t", "p", "r", "plan", 1, 5, "");
    put_span(&text, "t", "a", "r", "call", 10, 20, FAILED TRIES("attempt_number", "1"));
    put_span(&text, "t", "b", "r", "call", 30, 40, FAILED TRIES("attempt_number", "2"));
    put_span(&text, "t", "c", "r", "call", 50, 60, TRIES("attempt_number", "4"));
    read_ok(buf_text(&text), NULL, &log);
    assert_int_equal(log.stages.at[stage_named(&log, "call")].attempts, 3);
    assert_int_equal(log.stages.at[stage_named(&log, "call")].hidden, 1); /* the third */
    log_release(&log);
}

/* The flow of a log as text: "a(3)", its steps with their visits, and "a>b:3", its edges. */
static void put_flow(const struct trace_log *log, struct buf *out)
{
    for (size_t s = 0; s < log->stages.len; s++)
        buf_printf(out, "%s(%llu) ", log->stages.at[s].id,
                   (unsigned long long)log->stages.at[s].visits);
    for (size_t k = 0; k < log->edges.len; k++) {
        const struct log_edge *e = &log->edges.at[k];
        buf_printf(out, "%s>%s:%llu ", e->from < 0 ? "" : log->stages.at[e->from].id,
                   e->to < 0 ? "" : log->stages.at[e->to].id, (unsigned long long)e->count);
    }
    buf_printf(out, "review %d gate %d %g scorer %d", log->review, log->gate, log->threshold,
               log->scorer);
}

static void is_flow(const char *const *files, size_t n, const char *want)
{
    char *paths[2];
    struct trace_log log;
    struct buf got = {0};
    struct error err = {0};
    for (size_t i = 0; i < n; i++)
        paths[i] = mem_strdup(data_path(files[i]));
    ok(log_read((const char *const *)paths, n, NULL, &log, &err), &err);
    put_flow(&log, &got);
    if (strcmp(buf_text(&got), want) != 0)
        fail_msg("%s shows\n%s\nand not\n%s", files[0], buf_text(&got), want);
    buf_release(&got);
    log_release(&log);
    for (size_t i = 0; i < n; i++)
        mem_free(paths[i]);
}

static void the_graph_is_the_same_from_every_format(void **state)
{
    /* the same 24 runs; counted from the capture itself */
    static const char want[] =
        "retrieve(24) generate(24) tool_call(24) confidence_gate(24) human_review(7) "
        "feedback_store(24) >retrieve:24 retrieve>generate:24 generate>tool_call:24 "
        "tool_call>confidence_gate:24 confidence_gate>human_review:7 "
        "confidence_gate>feedback_store:17 human_review>feedback_store:7 feedback_store>:24 "
        "review 4 gate 3 0.84 scorer 3";
    static const char *const files[] = {"langsmith.jsonl.gz", "langfuse.json.gz", "phoenix.json.gz",
                                        "crewai.jsonl.gz",    "autogen.log.gz",   "events.xes.gz"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        is_flow(&files[i], 1, want);
}

static void the_graph_is_the_same_from_every_instrumentation(void **state)
{
    static const char want[] =
        "retrieve(200) generate(200) tool_call(200) confidence_gate(200) human_review(50) "
        "feedback_store(200) >retrieve:200 retrieve>generate:200 generate>tool_call:200 "
        "tool_call>confidence_gate:200 confidence_gate>human_review:50 "
        "confidence_gate>feedback_store:150 human_review>feedback_store:50 feedback_store>:200 "
        "review 4 gate 3 0.85 scorer 3";
    static const char *const by_hand[] = {"genai.jsonl.gz"}, *const proto[] = {"genai.otlp.gz"},
                             *const openinference[] = {"openinference.part1.jsonl.gz",
                                                       "openinference.part2.jsonl.gz"};
    is_flow(by_hand, 1, want);
    is_flow(proto, 1, want);
    is_flow(openinference, 2, want);
}

static bool warns(const struct result *r, const char *begin)
{
    for (size_t i = 0; i < r->warnings.len; i++)
        if (strncmp(r->warnings.at[i], begin, strlen(begin)) == 0)
            return true;
    return false;
}

static void spans_that_nothing_ties_together_are_told(void **state)
{
    static const char begins[] = "no step ever follows another: each of the 40 traces";
    for (int tied = 0; tied < 2; tied++) {
        struct trace_log log;
        struct result r;
        buf_clear(&text);
        for (unsigned run = 0; run < 20; run++) {
            char a[8], b[8];
            snprintf(a, sizeof a, "a%02u", run);
            snprintf(b, sizeof b, "b%02u", run);
            put_span(&text, a, "1", "", "draft", 100 * run, 100 * run + 10, "");
            put_span(&text, b, "1", "", "check", 100 * run + 20, 100 * run + 30, "");
        }
        if (tied) { /* one run of two steps below a root */
            put_span(&text, "r", "0", "", "run", 9000, 9100, "");
            put_span(&text, "r", "1", "0", "draft", 9001, 9010, "");
            put_span(&text, "r", "2", "0", "check", 9020, 9030, "");
        }
        read_ok(buf_text(&text), NULL, &log);
        result_init(&r, "replay");
        log_observe(&log, 0.95, &r);
        assert_int_equal(warns(&r, begins), !tied);
        result_release(&r);
        log_release(&log);
    }
}

/* What the graph's own nodes counted while it ran: two searches at once, a critic that sends a
 * draft back, a publisher that is tried again, a person who is asked in a trace of its own. */
static void branches_loops_and_retries_of_a_capture_are_as_its_program_counted(void **state)
{
    static const struct name_facts names[] = {
        {"__start__",      100, 0,  0.000798034, 0.002115890, NAN},
        {"plan",           100, 0,  0.003551730, 0.010163591, NAN},
        {"keyword_search", 100, 0,  0.005586250, 0.011833500, NAN},
        {"vector_search",  100, 0,  0.010320796, 0.018514294, NAN},
        {"write",          131, 0,  0.011900289, 0.017586021, NAN},
        {"RunnableLambda", 131, 0,  0.000340615, 0.000475466, NAN},
        {"critic",         131, 0,  0.004311608, 0.008616296, NAN},
        {"publish",        122, 23, 0.003283042, 0.008242912, NAN},
        {"article",        155, 1,  0.040513329, 0.627842196, NAN},
        {"human_review",   110, 0,  0.000871113, 0.001904686, NAN},
    };
    static const struct log_facts facts = {.file = "editorial.jsonl.gz",
                                           .format = "otlp-json",
                                           .traces = 155,
                                           .spans = 1180,
                                           .roots = 155,
                                           .errors = 24,
                                           .items = 100,
                                           .interrupts = 55,
                                           .names = names,
                                           .n_names = sizeof names / sizeof *names};
    static const char *const file[] = {"editorial.jsonl.gz"};
    check_facts(&facts);
    is_flow(file, 1,
            "plan(100) keyword_search(100) vector_search(100) write(131) critic(131) "
            "human_review(55) publish(100) >plan:100 plan>keyword_search:100 "
            "plan>vector_search:100 keyword_search>write:100 vector_search>write:100 "
            "write>critic:131 critic>write:31 critic>human_review:55 critic>publish:45 "
            "human_review>publish:55 publish>:1 publish>:99 review 5 gate -1 nan scorer -1");
}

static void steps_side_by_side_are_branches_that_join(void **state)
{
    struct trace_log log;
    struct buf got = {0};
    struct result r;
    for (unsigned run = 0; run < 4; run++) {
        char trace[2] = {(char)('1' + run), 0};
        unsigned t = 1000 * run;
        put_span(&text, trace, "r", "", "run", t, t + 900, "");
        put_span(&text, trace, "a", "r", "ask", t + 1, t + 100, "");
        put_span(&text, trace, "w", "r", "web", t + 100, t + 300, "");
        put_span(&text, trace, "d", "r", "docs", t + 105, t + 200, "");
        put_span(&text, trace, "e", "r", "rank", t + 200, t + 260, "");
        put_span(&text, trace, "z", "r", "answer", t + 299, t + 400, "");
    }
    read_ok(buf_text(&text), NULL, &log);
    put_flow(&log, &got);
    text_has(buf_text(&got), ">ask:4 ask>web:4 ask>docs:4 web>answer:4 docs>rank:4 rank>answer:4 "
                             "answer>:4");
    result_init(&r, "replay");
    log_observe(&log, 0.95, &r);
    bool told = false;
    for (size_t i = 0; i < r.assumptions.len; i++)
        told = told || strcmp(r.assumptions.at[i],
                              "`web` and `docs` ran side by side in 4 of 4 items") == 0;
    assert_true(told);
    result_release(&r);
    buf_release(&got);
    log_release(&log);
}

static void many_steps_side_by_side_are_followed_in_order(void **state)
{
    struct trace_log log;
    put_span(&text, "t", "r", "", "run", 0, 2000, "");
    for (unsigned k = 0; k < 200; k++) {
        char id[8];
        snprintf(id, sizeof id, "s%u", k);
        put_span(&text, "t", id, "r", "call", 10 + k, 1500, "");
    }
    read_ok(buf_text(&text), NULL, &log);
    assert_int_equal(log.items.at[0].n_visits, 200);
    assert_int_equal(log.edges.len, 3); /* to call, from call to call, out */
    assert_int_equal(log.edges.at[1].count + log.edges.at[2].count, 200);
    log_release(&log);
}

static void loops_are_counted_and_told(void **state)
{
    static const char *const steps[] = {"search", "judge", "search", "judge", "write"};
    struct trace_log log;
    struct buf got = {0};
    struct result r;
    put_span(&text, "t", "r", "", "run", 0, 1000, "");
    for (unsigned k = 0; k < 5; k++) {
        char id[2] = {(char)('a' + k), 0};
        put_span(&text, "t", id, "r", steps[k], 100 * k + 10, 100 * k + 90, "");
    }
    read_ok(buf_text(&text), NULL, &log);
    put_flow(&log, &got);
    text_has(buf_text(&got), "search(2) judge(2) write(1) >search:1 search>judge:2 judge>search:1 "
                             "judge>write:1 write>:1");
    result_init(&r, "replay");
    log_observe(&log, 0.95, &r);
    bool told = false;
    for (size_t i = 0; i < r.assumptions.len; i++)
        told = told || strcmp(r.assumptions.at[i],
                              "a loop leads from `judge` back to `search` (1 times)") == 0;
    assert_true(told);
    result_release(&r);
    buf_release(&got);
    log_release(&log);
}

static void a_trace_of_two_sessions_is_counted(void **state)
{
    put_span(&text, "t", "r", "", "run", 0, 100, "");
    put_span(&text, "t", "a", "r", "one", 10, 20, ATTRIBUTES(TEXT_ATTRIBUTE("thread_id", "x")));
    put_span(&text, "t", "b", "r", "two", 30, 40, ATTRIBUTES(TEXT_ATTRIBUTE("thread_id", "x")));
    put_span(&text, "t", "c", "r", "one", 50, 60, ATTRIBUTES(TEXT_ATTRIBUTE("thread_id", "y")));
    counts_fault(buf_text(&text), QUALITY_MIXED, 4);
}

static void what_the_user_names_outranks_what_is_known(void **state)
{
    struct log_options options = {.stage_by = "app.stage",
                                  .item_by = "app.order",
                                  .confidence = "judge:/scores/0/p",
                                  .decision = "app.ruling",
                                  .failure_when = "app.answer contains sorry"};
    struct trace_log log;
    put_span(&text, "t", "r", "", "run", 0, 100, ATTRIBUTES(TEXT_ATTRIBUTE("app.order", "7")));
    put_span(
        &text, "t", "a", "r", "call 1", 10, 20,
        ATTRIBUTES(TEXT_ATTRIBUTE("app.stage", "draft") "," TEXT_ATTRIBUTE(
            "judge", "{\\\"scores\\\":[{\\\"p\\\":0.25}]}") ",{\"key\":\"confidence\",\"value\":"
                                                            "{\"doubleValue\":0.5}}"));
    put_span(&text, "t", "b", "r", "call 2", 30, 40,
             ATTRIBUTES(TEXT_ATTRIBUTE("app.stage", "look") "," TEXT_ATTRIBUTE(
                 "app.ruling", "approve") "," TEXT_ATTRIBUTE("decision", "reject")));
    put_span(&text, "u", "c", "", "call 3", 50, 60,
             ATTRIBUTES(TEXT_ATTRIBUTE("app.stage", "send") "," TEXT_ATTRIBUTE(
                 "app.answer", "so sorry") "," TEXT_ATTRIBUTE("app.order", "7")));
    read_ok(buf_text(&text), &options, &log);
    assert_int_equal(log.items.len, 1);
    assert_string_equal(span_string(&log.spans, log.items.at[0].id), "7");
    assert_int_equal(log.stages.len, 3);
    assert_int_equal(log.review, stage_named(&log, "look"));
    near(log.items.at[0].confidence, 0.25, 0);
    assert_int_equal(log.items.at[0].verdict, LOG_APPROVED);
    assert_int_equal(log.items.at[0].end, LOG_FAILED);
    log_release(&log);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(operations_and_attempts_are_both_counted),
        TEST(retries_within_a_span_are_told_apart_from_attempts),
        TEST(attempts_that_tell_their_number_hide_nothing_where_all_are_seen),
        TEST(the_graph_is_the_same_from_every_format),
        TEST(the_graph_is_the_same_from_every_instrumentation),
        TEST(branches_loops_and_retries_of_a_capture_are_as_its_program_counted),
        TEST(spans_that_nothing_ties_together_are_told),
        TEST(steps_side_by_side_are_branches_that_join),
        TEST(many_steps_side_by_side_are_followed_in_order),
        TEST(loops_are_counted_and_told),
        TEST(a_trace_of_two_sessions_is_counted),
        TEST(what_the_user_names_outranks_what_is_known),
    };
    return cmocka_run_group_tests_name("trace_meaning", tests, NULL, NULL);
}
