/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/log_writer.h"
#include "tests/unit/log_facts.h"

#include "base/file.h"

#include <unistd.h>

#define T1    "0102030405060708090a0b0c0d0e0f10"
#define S1    "000000000000002a"
#define S2    "000000000000002b"
#define T1_ID "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"
#define S2_ID "\0\0\0\0\0\0\0\x2b"

#define SCORE(name, value)                                                                         \
    TEXT_ATTRIBUTE("gen_ai.evaluation.name", name)                                                 \
    ",{\"key\":\"gen_ai.evaluation.score.value\",\"value\":{\"doubleValue\":" value "}}"
#define LABEL(name, word)                                                                          \
    TEXT_ATTRIBUTE("gen_ai.evaluation.name", name)                                                 \
    "," TEXT_ATTRIBUTE("gen_ai.evaluation.score.label", word)
#define OF_S2 ",\"traceId\":\"" T1 "\",\"spanId\":\"" S2 "\""
#define EVALUATED                                                                                  \
    "{\"timeUnixNano\":\"1700000000100000000\",\"eventName\":\"gen_ai.evaluation.result\""

static void put_spans(struct buf *b)
{
    put_span(b, T1, S1, "", "run", 0, 100, "");
    put_span(b, T1, S2, S1, "chat", 0, 50,
             ATTRIBUTES(TEXT_ATTRIBUTE("gen_ai.response.id", "chatcmpl-1")));
    put_span(b, T1, "000000000000002c", S1, "send", 60, 90, "");
}

static void put_records(struct buf *b, const char *records)
{
    buf_printf(b, "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[%s]}]}]}\n", records);
}

/* What is said of the span called chat, whether the records come before or behind the spans. */
static void chat_is(const char *records, const struct log_options *options, double confidence,
                    const char *decision)
{
    for (int before = 0; before < 2; before++) {
        struct buf text = {0};
        struct trace_log log;
        if (before)
            put_records(&text, records);
        put_spans(&text);
        if (!before)
            put_records(&text, records);
        read_ok(buf_text(&text), options, &log);
        assert_int_equal(log.spans.len, 3);
        double got = log.spans.confidence[1];
        const char *said = span_string(&log.spans, log.spans.decision[1]);
        if ((isnan(confidence) ? !isnan(got) : got != confidence) || strcmp(said, decision) != 0)
            fail_msg("%s: %g \"%s\", not %g \"%s\"", records, got, said, confidence, decision);
        assert_true(isnan(log.spans.confidence[0]) && isnan(log.spans.confidence[2]));
        log_release(&log);
        buf_release(&text);
    }
}

static void an_evaluation_scores_the_span_it_names(void **state)
{
    chat_is(EVALUATED OF_S2 ATTRIBUTES(SCORE("relevance", "0.75")) "}", NULL, 0.75, "");
    /* the event's name where older writers put it; ids as the snake-case mapping has them */
    chat_is("{\"trace_id\":\"" T1 "\",\"span_id\":\"" S2 "\"" ATTRIBUTES(TEXT_ATTRIBUTE(
                "event.name", "gen_ai.evaluation.result") "," SCORE("relevance", "0.75")) "}",
            NULL, 0.75, "");
    /* or its parts in the body */
    chat_is(EVALUATED OF_S2
            ",\"body\":{\"kvlistValue\":{\"values\":[" SCORE("relevance", "0.75") "]}}}",
            NULL, 0.75, "");
}

static void an_evaluation_may_name_the_response_instead(void **state)
{
    chat_is(EVALUATED ATTRIBUTES(TEXT_ATTRIBUTE("gen_ai.response.id",
                                                "chatcmpl-1") "," SCORE("relevance", "0.5")) "}",
            NULL, 0.5, "");
    /* the span's own id goes first */
    chat_is(EVALUATED OF_S2 ATTRIBUTES(TEXT_ATTRIBUTE("gen_ai.response.id", "of another") "," SCORE(
                "relevance", "0.5")) "}",
            NULL, 0.5, "");
}

static void the_name_decides_between_evaluations(void **state)
{
#define TWO                                                                                        \
    EVALUATED OF_S2 ATTRIBUTES(SCORE("relevance", "0.25")) "}," EVALUATED OF_S2 ATTRIBUTES(        \
        SCORE("answer_confidence", "0.75")) "}"
    static const struct log_options relevance = {.confidence = "relevance"};
    static const struct log_options other = {.confidence = "toxicity"};
    static const struct log_options verdict = {.decision = "reviewer"};
    chat_is(TWO, NULL, 0.75, "");
    chat_is(TWO, &relevance, 0.25, "");
    chat_is(TWO, &other, NAN, "");
    /* who evaluated is not told: a label is a decision where the user says so */
    chat_is(EVALUATED OF_S2 ATTRIBUTES(LABEL("reviewer", "approved")) "}", NULL, NAN, "");
    chat_is(EVALUATED OF_S2 ATTRIBUTES(LABEL("reviewer", "approved")) "}", &verdict, NAN,
            "approved");
    chat_is(EVALUATED OF_S2 ATTRIBUTES(SCORE("reviewer", "0")) "}", &verdict, NAN, "rejected");
}

static void other_records_say_what_their_attributes_mean(void **state)
{
    chat_is(
        "{\"eventName\":\"review\"" OF_S2 ATTRIBUTES(TEXT_ATTRIBUTE("app.decision", "edited")) "}",
        NULL, NAN, "edited");
    static const struct log_options options = {.confidence = "app.judge"};
    chat_is("{\"eventName\":\"judged\"" OF_S2 ATTRIBUTES(TEXT_ATTRIBUTE("app.judge", "0.5")) "}",
            &options, 0.5, "");
}

static void records_that_judge_nothing_are_counted(void **state)
{
    struct buf text = {0};
    struct trace_log log;
    put_spans(&text);
    put_records(&text, "{\"body\":{\"stringValue\":\"started\"}},{\"severityNumber\":9" OF_S2 "}");
    read_ok(buf_text(&text), NULL, &log);
    assert_int_equal(log.quality.asides, 2);
    assert_int_equal(log.quality.count[QUALITY_UNREADABLE], 0);
    log_release(&log);
    buf_release(&text);
}

static void fault(const char *records, enum quality_kind kind)
{
    struct buf text = {0};
    put_spans(&text);
    put_records(&text, records);
    counts_fault(buf_text(&text), kind, 4);
    buf_release(&text);
}

static void faults_of_records_are_counted_with_their_place(void **state)
{
    fault(EVALUATED ATTRIBUTES(SCORE("relevance", "0.5")) "}", QUALITY_UNREADABLE);
    fault(EVALUATED ATTRIBUTES(
              TEXT_ATTRIBUTE("gen_ai.response.id", "of no span") "," SCORE("relevance", "0.5")) "}",
          QUALITY_STRAY);
    fault(EVALUATED ",\"traceId\":\"" T1
                    "\",\"spanId\":\"00000000000000ff\"" ATTRIBUTES(SCORE("relevance", "0.5")) "}",
          QUALITY_STRAY);
    fault(EVALUATED OF_S2 ATTRIBUTES(SCORE("relevance", "4")) "}", QUALITY_BAD_SCORE);
    fault("7", QUALITY_UNREADABLE);
}

/* ---- in Protocol Buffers ----------------------------------------------------------------- */

static void put_pair(struct buf *out, unsigned field, const char *key, const char *text, double x)
{
    struct buf any = {0}, pair = {0};
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    if (text)
        proto_put_text(&any, 1, text);
    else
        proto_put_fixed64(&any, 4, bits);
    proto_put_text(&pair, 1, key);
    proto_put_bytes(&pair, 2, any.data, any.len);
    proto_put_bytes(out, field, pair.data, pair.len);
    buf_release(&any);
    buf_release(&pair);
}

/* A span in a request of its own, and an evaluation in one of its own; both behind their length. */
static struct buf proto_log(bool in_body)
{
    struct buf all = {0}, b = {0}, parts = {0};
    proto_put_bytes(&b, 1, T1_ID, 16);
    proto_put_bytes(&b, 2, S2_ID, 8);
    proto_put_text(&b, 5, "chat");
    proto_put_fixed64(&b, 7, 1700000000000000000);
    proto_put_fixed64(&b, 8, 1700000000500000000);
    proto_wrap(&b, 2);
    proto_wrap(&b, 2);
    proto_wrap(&b, 1);
    proto_put_varint(&all, b.len);
    buf_add(&all, b.data, b.len);
    buf_clear(&b);
    proto_put_text(&b, 12, "gen_ai.evaluation.result");
    put_pair(&parts, in_body ? 1 : 6, "gen_ai.evaluation.name", "relevance", 0);
    put_pair(&parts, in_body ? 1 : 6, "gen_ai.evaluation.score.value", NULL, 0.25);
    if (in_body) {
        proto_wrap(&parts, 6);
        proto_wrap(&parts, 5);
    }
    buf_add(&b, parts.data, parts.len);
    proto_put_bytes(&b, 9, T1_ID, 16);
    proto_put_bytes(&b, 10, S2_ID, 8);
    proto_put_fixed64(&b, 11, 1700000000100000000);
    proto_wrap(&b, 2);
    proto_wrap(&b, 2);
    proto_wrap(&b, 1);
    proto_put_varint(&all, b.len);
    buf_add(&all, b.data, b.len);
    buf_release(&b);
    buf_release(&parts);
    return all;
}

static void protocol_buffers_say_the_same(void **state)
{
    for (int in_body = 0; in_body < 2; in_body++) {
        struct buf b = proto_log(in_body);
        struct trace_log log;
        struct error err = {0};
        ok(log_read_text("log", b.data, b.len, NULL, &log, &err), &err);
        assert_string_equal(log.format, "otlp-proto");
        assert_int_equal(log.spans.len, 1);
        near(log.spans.confidence[0], 0.25, 0);
        assert_int_equal(log.quality.asides, 0);
        log_release(&log);
        buf_release(&b);
    }
}

/* ---- large logs -------------------------------------------------------------------------- */

/* Scores by response of spans that several threads have read land on their spans. */
static void any_count_of_threads_finds_the_same_spans(void **state)
{
    static const char path[] = "/tmp/seam-test-records.jsonl";
    const char *paths[] = {path};
    enum { SPANS = 30000 };
    struct error err = {0};
    struct buf text = {0}, id = {0}, more = {0};
    for (unsigned i = 0; i < SPANS; i++) {
        buf_clear(&id);
        buf_clear(&more);
        buf_printf(&id, "%016x", i + 1);
        buf_printf(&more, ATTRIBUTES(TEXT_ATTRIBUTE("gen_ai.response.id", "r%u")), i);
        put_span(&text, T1, buf_text(&id), "", i % 2 ? "odd" : "even", i, i + 1, buf_text(&more));
        buf_clear(&more);
        buf_printf(&more,
                   EVALUATED ATTRIBUTES(TEXT_ATTRIBUTE("gen_ai.response.id",
                                                       "r%u") "," SCORE("relevance", "%.17g")) "}",
                   SPANS - 1 - i, (SPANS - 1 - i) / (double)SPANS);
        put_records(&text, buf_text(&more));
    }
    ok(file_write(path, text.data, text.len, &err), &err);
    for (uint32_t threads = 1; threads <= 3; threads += 2) {
        struct log_options options = {.threads = threads};
        struct trace_log log;
        ok(log_read(paths, 1, &options, &log, &err), &err);
        assert_int_equal(log.spans.len, SPANS);
        assert_int_equal(log.quality.count[QUALITY_STRAY], 0);
        for (size_t i = 0; i < SPANS; i++)
            if (log.spans.confidence[i] != (double)i / SPANS)
                fail_msg("span %zu has %.17g", i, log.spans.confidence[i]);
        log_release(&log);
    }
    unlink(path);
    buf_release(&text);
    buf_release(&id);
    buf_release(&more);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_evaluation_scores_the_span_it_names),
        cmocka_unit_test(an_evaluation_may_name_the_response_instead),
        cmocka_unit_test(the_name_decides_between_evaluations),
        cmocka_unit_test(other_records_say_what_their_attributes_mean),
        cmocka_unit_test(records_that_judge_nothing_are_counted),
        cmocka_unit_test(faults_of_records_are_counted_with_their_place),
        cmocka_unit_test(protocol_buffers_say_the_same),
        cmocka_unit_test(any_count_of_threads_finds_the_same_spans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
