/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The vocabularies of instrumentations, and annotations in attributes and beside the spans. */
#include "tests/unit/log_facts.h"

#include "trace/discover.h"

static void kinds_are_told_by_every_vocabulary(void **state)
{
    static const struct {
        const char *key, *value;
        enum span_kind kind;
    } cases[] = {
  /* OpenTelemetry, its new names and its old ones */
        {"gen_ai.operation.name",   "chat",             SPAN_MODEL},
        {"gen_ai.operation.name",   "text_completion",  SPAN_MODEL},
        {"gen_ai.operation.name",   "generate_content", SPAN_MODEL},
        {"gen_ai.operation.name",   "embeddings",       SPAN_DATA },
        {"gen_ai.operation.name",   "retrieval",        SPAN_DATA },
        {"gen_ai.operation.name",   "search_memory",    SPAN_DATA },
        {"gen_ai.operation.name",   "execute_tool",     SPAN_TOOL },
        {"gen_ai.operation.name",   "invoke_agent",     SPAN_AGENT},
        {"gen_ai.operation.name",   "create_agent",     SPAN_AGENT},
        {"gen_ai.operation.name",   "invoke_workflow",  SPAN_AGENT},
        {"gen_ai.operation.name",   "plan",             SPAN_AGENT},
        {"gen_ai.system",           "openai",           SPAN_MODEL},
        {"gen_ai.request.model",    "m",                SPAN_MODEL},
 /* MCP */
        {"mcp.method.name",         "tools/call",       SPAN_TOOL },
        {"mcp.method.name",         "resources/read",   SPAN_DATA },
        {"mcp.method.name",         "initialize",       SPAN_OTHER},
 /* OpenInference */
        {"openinference.span.kind", "LLM",              SPAN_MODEL},
        {"openinference.span.kind", "EMBEDDING",        SPAN_DATA },
        {"openinference.span.kind", "RETRIEVER",        SPAN_DATA },
        {"openinference.span.kind", "RERANKER",         SPAN_DATA },
        {"openinference.span.kind", "TOOL",             SPAN_TOOL },
        {"openinference.span.kind", "AGENT",            SPAN_AGENT},
        {"openinference.span.kind", "GUARDRAIL",        SPAN_JUDGE},
        {"openinference.span.kind", "EVALUATOR",        SPAN_JUDGE},
        {"openinference.span.kind", "CHAIN",            SPAN_OTHER},
        {"openinference.span.kind", "PROMPT",           SPAN_OTHER},
 /* OpenLLMetry */
        {"traceloop.span.kind",     "tool",             SPAN_TOOL },
        {"traceloop.span.kind",     "agent",            SPAN_AGENT},
        {"traceloop.span.kind",     "task",             SPAN_OTHER},
        {"llm.request.type",        "completion",       SPAN_MODEL},
        {"llm.request.type",        "rerank",           SPAN_DATA },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf text = {0};
        struct trace_log log;
        struct buf more = {0};
        buf_printf(&more, ",\"attributes\":[{\"key\":\"%s\",\"value\":{\"stringValue\":\"%s\"}}]",
                   cases[i].key, cases[i].value);
        put_span(&text, "t", "s", "", "a", 0, 1, buf_text(&more));
        read_ok(buf_text(&text), NULL, &log);
        if (log.spans.kind[0] != cases[i].kind)
            fail_msg("%s = %s is kind %d", cases[i].key, cases[i].value, log.spans.kind[0]);
        log_release(&log);
        buf_release(&more);
        buf_release(&text);
    }
}

static void a_model_that_an_agent_names_leaves_it_an_agent(void **state)
{
    struct buf text = {0};
    struct trace_log log;
    put_span(&text, "t", "s", "", "a", 0, 1,
             ATTRIBUTES(TEXT_ATTRIBUTE("gen_ai.request.model", "m") "," TEXT_ATTRIBUTE(
                 "gen_ai.operation.name", "invoke_agent") "," TEXT_ATTRIBUTE("gen_ai.system",
                                                                             "autogen")));
    read_ok(buf_text(&text), NULL, &log);
    assert_int_equal(log.spans.kind[0], SPAN_AGENT);
    log_release(&log);
    buf_release(&text);
}

static void steps_and_sessions_are_told_by_every_vocabulary(void **state)
{
    static const char *const steps[] = {"metadata.langgraph_node",
                                        "langgraph_node",
                                        "traceloop.association.properties.langgraph_node",
                                        "graph.node.id",
                                        "graph.node.name",
                                        "traceloop.entity.name"};
    static const char *const sessions[] = {"session.id",
                                           "gen_ai.conversation.id",
                                           "langfuse.session.id",
                                           "thread_id",
                                           "metadata.thread_id",
                                           "traceloop.association.properties.thread_id",
                                           "traceloop.association.properties.session_id"};
    enum { STEPS = sizeof steps / sizeof *steps, SESSIONS = sizeof sessions / sizeof *sessions };
    for (size_t i = 0; i < STEPS + SESSIONS; i++) {
        struct buf text = {0}, more = {0};
        struct trace_log log;
        const char *key = i < STEPS ? steps[i] : sessions[i - STEPS];
        buf_printf(&more, ",\"attributes\":[{\"key\":\"%s\",\"value\":{\"stringValue\":\"x\"}}]",
                   key);
        put_span(&text, "t", "s", "", "a", 0, 1, buf_text(&more));
        read_ok(buf_text(&text), NULL, &log);
        const struct span_set *s = &log.spans;
        if (strcmp(span_string(s, i < STEPS ? span_node(s, 0) : s->session[0]), "x") != 0)
            fail_msg("%s says nothing", key);
        log_release(&log);
        buf_release(&more);
        buf_release(&text);
    }
}

#define SCORE(key, x)          "{\"key\":\"" key "\",\"value\":{\"doubleValue\":" x "}}"
#define NOTE(at, field, value) TEXT_ATTRIBUTE(at "annotations.0.annotation." field, value)

/* A root and the model's call below it, which has these members more. */
static void put_run(struct buf *text, const char *trace, const char *more)
{
    put_span(text, trace, "r", "", "run", 0, 100, "");
    put_span(text, trace, "d", "r", "draft", 10, 20, more);
    put_span(text, trace, "s", "r", "send", 30, 40, "");
}

static void annotations_in_attributes_are_confidences_or_decisions(void **state)
{
    static const struct {
        const char *more, *named;
        double confidence;
        const char *decision;
    } cases[] = {
        {ATTRIBUTES(
             NOTE("",                                 "name", "quality") "," SCORE("annotations.0.annotation.score", "0.75")),
         NULL,                                                                                                                                                                                                                                                                                                                                                                                                                                                                  0.75, ""},
        {ATTRIBUTES(SCORE("evaluations.0.evaluation.score",                                                  "0.5") "," TEXT_ATTRIBUTE(
             "evaluations.1.evaluation.name",                                                        "confidence") "," SCORE("evaluations.1.evaluation.score",                                                             "0.25")),
         NULL,                                                                                                                                                                                                                                                 0.25, ""},
        {ATTRIBUTES(SCORE("evaluations.0.evaluation.score",                                                 "0.5") "," TEXT_ATTRIBUTE(
             "evaluations.1.evaluation.name",                                                   "judge") "," SCORE("evaluations.1.evaluation.score",
         "0.125")),
         "judge",                                                                                                                                                    0.125, ""},
        {ATTRIBUTES(NOTE("", "annotator_kind",                                                    "HUMAN") "," NOTE("",                                                                                                             "label",                                                                                                                                                                                                                     "incorrect")),                                                                                                                                                                                                                                                                                                 NULL,
         NAN, "incorrect"},
        {ATTRIBUTES(NOTE("",                                   "annotator_kind",                         "HUMAN") "," NOTE("",       "label", "so so") "," SCORE(
             "annotations.0.annotation.score", "1")),
         NULL, NAN, "approved"},
        {ATTRIBUTES(NOTE("",                                                  "explanation",                                             "why")),                                                                                                  NULL,                                                                                                                                                                                              NAN,                                                                                                                                                                                                                                                                                                                                                                             ""},
        {ATTRIBUTES(TEXT_ATTRIBUTE("annotations.x.annotation.score",                                             "1")),       NULL,                                                 NAN,                                                                                                                                                                                                                               ""                                                                                                                                                                                                                                                                                                                                                                                                                                                            },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct log_options options = {.confidence = cases[i].named};
        struct buf text = {0};
        put_span(&text, "t", "s", "", "a", 0, 1, cases[i].more);
        first_span_says(buf_text(&text), &options, cases[i].confidence, cases[i].decision);
        buf_release(&text);
    }
}

/* Annotations made later stand on a span of their own, with a link to the one they are of. */
static void an_annotation_that_is_linked_is_of_the_other_span(void **state)
{
    static const char *const targets[] = {"", "trace."};
    for (size_t i = 0; i < 2; i++) {
        struct buf text = {0}, more = {0};
        struct trace_log log;
        put_span(&text, "0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7", "", "run", 0, 100,
                 "");
        put_span(&text, "0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b8", "00f067aa0ba902b7",
                 "draft", 10, 20, "");
        put_span(&text, "0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b9", "00f067aa0ba902b7",
                 "send", 30, 40, "");
        buf_printf(&more,
                   ",\"links\":[{\"traceId\":\"0af7651916cd43dd8448eb211c80319c\",\"spanId\":"
                   "\"00f067aa0ba902b8\"}],"
                   "\"attributes\":[{\"key\":\"%sannotations.0.annotation.score\",\"value\":"
                   "{\"doubleValue\":0.75}}]",
                   targets[i]);
        put_span(&text, "1af7651916cd43dd8448eb211c80319c", "10f067aa0ba902b9", "", "annotation",
                 500, 500, buf_text(&more));
        read_ok(buf_text(&text), NULL, &log);
        assert_int_equal(log.items.len, 1);
        assert_int_equal(log.spans.len, 3);
        near(log.spans.confidence[i == 0], 0.75, 0); /* the trace's stands on its root */
        log_release(&log);
        buf_release(&more);
        buf_release(&text);
    }
}

static void what_a_person_says_of_draft_or_run_is_the_truth_of_it(void **state)
{
    static const struct {
        const char *more;
        enum log_truth draft, shipped;
    } cases[] = {
        {ATTRIBUTES(NOTE("",         "annotator_kind", "HUMAN") "," NOTE("",       "label", "correct")),     LOG_GOOD,
         LOG_GOOD                                                                                                                 },
        {ATTRIBUTES(NOTE("",         "annotator_kind", "HUMAN") "," NOTE("",       "label", "Incorrect")),
         LOG_BAD,                                                                                                      LOG_BAD    },
        {ATTRIBUTES(
             NOTE("trace.", "annotator_kind", "HUMAN") "," NOTE("trace.", "label", "thumbs_down")),
         LOG_BAD,                                                                                                      LOG_BAD    },
        {ATTRIBUTES(NOTE("",         "annotator_kind", "LLM") "," NOTE("",         "label", "incorrect")),
         LOG_UNKNOWN,                                                                                                  LOG_UNKNOWN},
        {ATTRIBUTES(NOTE("",         "annotator_kind", "HUMAN") "," NOTE("",       "label", "to do")),
         LOG_UNKNOWN,                                                                                                  LOG_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf text = {0};
        struct trace_log log;
        put_run(&text, "t", cases[i].more);
        read_ok(buf_text(&text), NULL, &log);
        assert_int_equal(log.review, -1);
        if (log.items.at[0].draft != cases[i].draft || log.items.at[0].shipped != cases[i].shipped)
            fail_msg("%s: draft %d, shipped %d", cases[i].more, log.items.at[0].draft,
                     log.items.at[0].shipped);
        log_release(&log);
        buf_release(&text);
    }
}

static void a_label_file_outranks_annotations_and_they_the_reviewers_word(void **state)
{
    struct buf text = {0};
    struct trace_log log;
    put_run(&text, "t",
            ATTRIBUTES(NOTE("", "annotator_kind", "HUMAN") "," NOTE("", "label", "bad")));
    put_span(&text, "t", "h", "r", "human_review", 22, 28,
             ATTRIBUTES(TEXT_ATTRIBUTE("decision", "approve")));
    read_ok(buf_text(&text), NULL, &log);
    assert_int_equal(log.items.at[0].verdict, LOG_APPROVED);
    assert_int_equal(log.items.at[0].draft, LOG_BAD);
    assert_int_equal(log.annotated, 1);
    log.items.at[0].label = LOG_GOOD;
    discover_truth(&log);
    assert_int_equal(log.items.at[0].draft, LOG_GOOD);
    log_release(&log);
    buf_release(&text);
}

static void words_of_annotations_are_understood(void **state)
{
    static const struct {
        const char *text;
        enum log_truth truth;
    } cases[] = {
        {"correct",      LOG_GOOD   },
        {"Correct",      LOG_GOOD   },
        {"corrected",    LOG_BAD    },
        {"incorrect",    LOG_BAD    },
        {"not correct",  LOG_BAD    },
        {"thumbs-up",    LOG_GOOD   },
        {"thumbs_down",  LOG_BAD    },
        {"hallucinated", LOG_BAD    },
        {"factual",      LOG_GOOD   },
        {"approved",     LOG_GOOD   },
        {"rejected",     LOG_BAD    },
        {"fixed",        LOG_BAD    },
        {"good",         LOG_GOOD   },
        {"bad",          LOG_BAD    },
        {"irrelevant",   LOG_BAD    },
        {"maybe",        LOG_UNKNOWN},
        {"",             LOG_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (discover_annotation(cases[i].text) != cases[i].truth)
            fail_msg("\"%s\" is %d", cases[i].text, discover_annotation(cases[i].text));
}

static void annotations_of_nothing_are_counted(void **state)
{
    struct buf text = {0};
    put_span(&text, "t", "s", "", "a", 0, 1, "");
    put_span(&text, "t", "n", "s", "b", 0, 1,
             ",\"links\":[{\"traceId\":\"gone\",\"spanId\":\"gone\"}]" ATTRIBUTES(
                 SCORE("annotations.0.annotation.score", "0.5")));
    counts_fault(buf_text(&text), QUALITY_STRAY, 2);
    buf_clear(&text);
    put_span(&text, "t", "s", "", "a", 0, 1, "");
    put_span(&text, "t", "n", "s", "b", 0, 1,
             ATTRIBUTES(SCORE("session.annotations.0.annotation.score", "0.5")));
    counts_fault(buf_text(&text), QUALITY_STRAY, 2);
    buf_clear(&text);
    put_span(&text, "t", "s", "", "a", 0, 1, "");
    put_span(&text, "t", "n", "s", "b", 0, 1,
             ATTRIBUTES(SCORE("annotations.0.annotation.score", "5")));
    counts_fault(buf_text(&text), QUALITY_BAD_SCORE, 2);
    buf_release(&text);
}

/* Each key once, with its first place; numbers in it are alike.  They are no fault. */
static void attributes_that_tell_nothing_are_counted(void **state)
{
    static const struct log_options options = {.strict = true, .confidence = "app.sure"};
    static const char *const keys[] = {"app.colour", "in.N.part.N", "list", "app.confidences"};
    static const unsigned lines[] = {1, 1, 2, 3};
    struct trace_log log;
    struct result r;
    struct buf text = {0};
    put_span(&text, "t", "a", "", "run", 0, 9,
             ATTRIBUTES(TEXT_ATTRIBUTE("app.colour", "red") "," TEXT_ATTRIBUTE(
                 "in.7.part.0", "x") "," TEXT_ATTRIBUTE("in.8.part.11", "x")));
    put_span(
        &text, "t", "b", "a", "step", 0, 1,
        ATTRIBUTES("{\"key\":\"list\",\"value\":{\"arrayValue\":{\"values\":[]}}}," TEXT_ATTRIBUTE(
            "app.colour", "blue") "," SCORE("app.sure", "0.5")));
    put_span(
        &text, "t", "c", "a", "step", 2, 3,
        ATTRIBUTES(SCORE("app.confidences", "1") "," TEXT_ATTRIBUTE(
            "gen_ai.request.model", "m") "," TEXT_ATTRIBUTE("gen_ai.usage.input_tokens", "7")));
    read_ok(buf_text(&text), &options, &log);
    assert_int_equal(log.quality.count[QUALITY_UNKNOWN], 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(log.unknown[i], keys[i]);
        assert_int_equal(log.quality.place[QUALITY_UNKNOWN][i].line, lines[i]);
    }
    result_init(&r, "replay");
    quality_report(&log, &r);
    assert_int_equal(r.data.unknown_attributes, 4);
    assert_int_equal(r.data.places.len, 0);
    result_release(&r);
    log_release(&log);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_told_by_every_vocabulary),
        cmocka_unit_test(a_model_that_an_agent_names_leaves_it_an_agent),
        cmocka_unit_test(steps_and_sessions_are_told_by_every_vocabulary),
        cmocka_unit_test(annotations_in_attributes_are_confidences_or_decisions),
        cmocka_unit_test(an_annotation_that_is_linked_is_of_the_other_span),
        cmocka_unit_test(what_a_person_says_of_draft_or_run_is_the_truth_of_it),
        cmocka_unit_test(a_label_file_outranks_annotations_and_they_the_reviewers_word),
        cmocka_unit_test(words_of_annotations_are_understood),
        cmocka_unit_test(annotations_of_nothing_are_counted),
        cmocka_unit_test(attributes_that_tell_nothing_are_counted),
    };
    return cmocka_run_group_tests_name("vocabulary", tests, NULL, NULL);
}
