/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/proto_write.h"
#include "tests/unit/log_text.h"

#include "base/file.h"
#include "base/json_read.h"
#include "model/rules.h"
#include "trace/otlp_proto.h"
#include "trace/otlp_stream.h"

#include <math.h>
#include <stdio.h>

/* A request with one span that has every field, as protoc 3.21 encodes it from its text form. */
static const char every_field[] =
    "\x0a\xab\x02\x0a\x17\x0a\x15\x0a\x0c\x73\x65\x72\x76\x69\x63\x65\x2e\x6e\x61\x6d\x65\x12\x05"
    "\x0a\x03\x73\x76\x63\x12\x8c\x02\x0a\x11\x0a\x03\x6c\x69\x62\x12\x01\x31\x1a\x07\x0a\x01\x6b"
    "\x12\x02\x18\x01\x12\xf3\x01\x0a\x10\x5b\x8e\xff\xf7\x98\x03\x81\x03\xd2\x69\xb6\x33\x81\x3f"
    "\xc6\x0c\x12\x08\xee\xe1\x9b\x7e\xc3\xc1\xb1\x74\x22\x08\xee\xe1\x9b\x7e\xc3\xc1\xb1\x73\x2a"
    "\x01\x61\x30\x02\x39\x00\x48\x59\xe3\xfa\xeb\x6f\x15\x41\x00\x12\xf4\x1e\xfb\xeb\x6f\x15\x4a"
    "\x1b\x0a\x0e\x61\x70\x70\x2e\x63\x6f\x6e\x66\x69\x64\x65\x6e\x63\x65\x12\x09\x21\x00\x00\x00"
    "\x00\x00\x00\xe0\x3f\x4a\x1c\x0a\x04\x6c\x69\x73\x74\x12\x14\x2a\x12\x0a\x03\x0a\x01\x78\x0a"
    "\x0b\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x4a\x12\x0a\x03\x6d\x61\x70\x12\x0b\x32\x09"
    "\x0a\x07\x0a\x01\x6d\x12\x02\x10\x01\x4a\x0b\x0a\x03\x72\x61\x77\x12\x04\x3a\x02\xff\x00\x5a"
    "\x36\x09\x00\xad\x26\x01\xfb\xeb\x6f\x15\x12\x09\x65\x78\x63\x65\x70\x74\x69\x6f\x6e\x1a\x20"
    "\x0a\x11\x65\x78\x63\x65\x70\x74\x69\x6f\x6e\x2e\x6d\x65\x73\x73\x61\x67\x65\x12\x0b\x0a\x09"
    "\x74\x69\x6d\x65\x64\x20\x6f\x75\x74\x6a\x10\x0a\x02\x01\x02\x12\x01\x03\x22\x07\x0a\x01\x6c"
    "\x12\x02\x10\x00\x7a\x08\x12\x04\x62\x6f\x6f\x6d\x18\x02\x85\x01\x01\x01\x00\x00\x1a\x01\x75"
    "\x1a\x01\x76";
enum { EVERY_FIELD_LEN = sizeof every_field - 1, SPAN_AT = 53 };

#define TRACE_ID "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"
#define TRACE    "0102030405060708090a0b0c0d0e0f10"

static void read_proto(const struct buf *b, const struct log_options *options,
                       struct trace_log *log)
{
    struct error err = {0};
    ok(log_read_text("log", b->data, b->len, options, log, &err), &err);
}

static void refuses_proto(const struct buf *b, bool strict, const char *part)
{
    struct log_options options = {.strict = strict};
    struct trace_log log;
    struct error err = {0};
    assert_int_equal(log_read_text("log", b->data, b->len, &options, &log, &err), -1);
    error_is(&err, ERR_INPUT, part);
    log_release(&log);
}

static void begin_span(struct buf *b, const char *name)
{
    proto_put_bytes(b, 1, TRACE_ID, 16);
    proto_put_bytes(b, 2, "\0\0\0\0\0\0\0\x2a", 8);
    proto_put_text(b, 5, name);
    proto_put_fixed64(b, 7, 1700000000000000000);
    proto_put_fixed64(b, 8, 1700000000500000000);
}

/* From a span to a request. */
static void wrap_span(struct buf *b)
{
    proto_wrap(b, 2);
    proto_wrap(b, 2);
    proto_wrap(b, 1);
}

static void put_text_attribute(struct buf *b, unsigned field, const char *key, const char *value)
{
    struct buf any = {0}, pair = {0};
    proto_put_text(&any, 1, value);
    proto_put_text(&pair, 1, key);
    proto_put_bytes(&pair, 2, any.data, any.len);
    proto_put_bytes(b, field, pair.data, pair.len);
    buf_release(&any);
    buf_release(&pair);
}

static struct buf one_span(const char *name)
{
    struct buf b = {0};
    begin_span(&b, name);
    wrap_span(&b);
    return b;
}

static void every_field_is_read_as_protoc_wrote_it(void **state)
{
    struct buf b = {0};
    struct trace_log log;
    buf_add(&b, every_field, EVERY_FIELD_LEN);
    read_proto(&b, NULL, &log);
    assert_int_equal(log.spans.len, 1);
    assert_string_equal(log.format, "otlp-proto");
    assert_int_equal(log.quality.records, 1);
    assert_string_equal(span_string(&log.spans, log.spans.trace[0]),
                        "5b8efff798038103d269b633813fc60c");
    assert_true(log.spans.id[0] == 0xeee19b7ec3c1b174);
    assert_true(log.spans.parent[0] == 0xeee19b7ec3c1b173);
    assert_string_equal(span_string(&log.spans, log.spans.name[0]), "a");
    assert_true(log.spans.start_ns[0] == 1544712660000000000);
    assert_true(log.spans.end_ns[0] == 1544712661000000000);
    assert_int_equal(log.spans.outcome[0], OUTCOME_TIMEOUT);
    near(log.spans.confidence[0], 0.5, 0);
    assert_true(log.spans.line[0] == (PLACE_BYTE | SPAN_AT));
    log_release(&log);
    buf_release(&b);
}

static void same_spans(const struct span_set *a, const struct span_set *b)
{
    assert_int_equal(a->len, b->len);
    assert_int_equal(a->text.count, b->text.count);
    for (uint32_t t = 0; t < a->text.count; t++)
        assert_string_equal(a->text.of[t].at, b->text.of[t].at);
    for (size_t i = 0; i < a->len; i++) {
        struct span x, y;
        span_set_row(a, i, &x);
        span_set_row(b, i, &y);
        x.line = y.line;
        assert_memory_equal(&x, &y, sizeof x);
    }
}

static void a_log_is_the_same_in_json_and_in_protobuf(void **state)
{
    struct trace_log json, proto;
    struct error err = {0};
    const char *path = data_path("genai.jsonl.gz");
    ok(log_read(&path, 1, NULL, &json, &err), &err);
    path = data_path("genai.otlp.gz");
    ok(log_read(&path, 1, NULL, &proto, &err), &err);
    assert_int_equal(json.spans.len, 1511);
    same_spans(&json.spans, &proto.spans);
    assert_int_equal(json.quality.records, proto.quality.records);
    log_release(&json);
    log_release(&proto);
}

/* ---- framing ---------------------------------------------------------------------------- */

/* The messages of a file in the Collector's framing, in another one. */
static void reframe(const struct buf *fixed, enum otlp_framing framing, struct buf *out)
{
    for (size_t at = 0; at < fixed->len;) {
        const uint8_t *p = (const uint8_t *)fixed->data + at;
        size_t len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
        if (framing == OTLP_VARINT)
            proto_put_varint(out, len);
        buf_add(out, p + (framing == OTLP_FIXED ? 0 : 4), len + (framing == OTLP_FIXED ? 4 : 0));
        at += 4 + len;
    }
}

static size_t feed_in_pieces(const struct buf *b, enum otlp_framing framing, size_t piece)
{
    struct span_set set;
    struct quality quality = {0};
    struct log_options options = {.strict = true};
    struct sink sink = {.set = &set, .quality = &quality, .options = &options, .file = "log"};
    struct error err = {0};
    span_set_init(&set);
    ok(vocabulary_new(&options, &set, &quality, &sink.words, &err), &err);
    struct otlp_stream *s = otlp_stream_new(framing, &sink);
    for (size_t at = 0; at < b->len; at += piece)
        ok(otlp_stream_feed(s, b->data + at, piece < b->len - at ? piece : b->len - at, &err),
           &err);
    ok(otlp_stream_end(s, &err), &err);
    size_t spans = set.len;
    otlp_stream_free(s);
    vocabulary_free(sink.words);
    span_set_release(&set);
    return spans;
}

static void every_framing_is_told_from_the_content_and_read_in_pieces_of_any_size(void **state)
{
    static const enum otlp_framing framings[] = {OTLP_SINGLE, OTLP_VARINT, OTLP_FIXED};
    static const size_t pieces[] = {1, 3, 4, 5, 1000, 4096, 50021, 1 << 20};
    struct buf fixed = {0};
    struct error err = {0};
    ok(file_read(data_path("genai.otlp.gz"), 1 << 24, &fixed, &err), &err);
    for (size_t i = 0; i < 3; i++) {
        struct buf b = {0};
        reframe(&fixed, framings[i], &b);
        assert_int_equal(otlp_framing_of(b.data, b.len, true), framings[i]);
        assert_int_equal(otlp_framing_of(b.data, OTLP_SNIFF, false), framings[i]);
        for (size_t k = 0; k < sizeof pieces / sizeof pieces[0]; k++)
            assert_int_equal(feed_in_pieces(&b, framings[i], pieces[k]), 1511);
        buf_release(&b);
    }
    buf_release(&fixed);
}

static void small_and_empty_messages_are_told_too(void **state)
{
    struct buf message = one_span("a"), b = {0};
    struct trace_log log;
    assert_int_equal(otlp_framing_of(message.data, message.len, true), OTLP_SINGLE);
    for (size_t empty = 0; empty < 6; empty++) {
        buf_clear(&b);
        for (size_t i = 0; i < empty; i++)
            buf_add(&b, "\0\0\0\0", 4);
        buf_add(&b, (char[]){0, 0, 0, (char)message.len}, 4);
        buf_add(&b, message.data, message.len);
        assert_int_equal(otlp_framing_of(b.data, b.len, true), OTLP_FIXED);
        read_proto(&b, NULL, &log);
        assert_int_equal(log.spans.len, 1);
        assert_int_equal(log.quality.records, empty + 1);
        log_release(&log);
    }
    buf_clear(&b);
    proto_put_varint(&b, 0);
    proto_put_varint(&b, message.len);
    buf_add(&b, message.data, message.len);
    assert_int_equal(otlp_framing_of(b.data, b.len, true), OTLP_VARINT);
    buf_release(&message);
    buf_release(&b);
}

static void text_is_never_taken_for_messages(void **state)
{
    static const char *const texts[] = {
        "{\n\t\n\"resourceSpans\": []}",
        "{\n \n\n\n}",
        "\n\n\n\n\n\n\n\n\n\n\n\n",
        "\n\n\n\x08{\"resourceSpans\":",
        "[\n\n\n\n\n]",
        "case_id,activity,time\n\n\n",
        "",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (otlp_framing_of(texts[i], strlen(texts[i]), true) != OTLP_NONE)
            fail_msg("text %zu", i);
    read_refused("\n\n\x01\n", NULL, ERR_INPUT, "not a log");
}

/* ---- meaning ---------------------------------------------------------------------------- */

static void the_order_of_fields_does_not_matter(void **state)
{
    struct buf b = {0}, event = {0}, status = {0};
    struct trace_log log;
    /* the event, with its attributes before its name, ahead of what the span itself says */
    put_text_attribute(&event, 3, "gen_ai.evaluation.name", "judge");
    proto_put_text(&event, 2, "gen_ai.evaluation.result");
    proto_put_int(&status, 3, 2);
    proto_put_text(&status, 2, "GraphInterrupt()");
    proto_put_bytes(&b, 15, status.data, status.len);
    proto_put_bytes(&b, 11, event.data, event.len);
    put_text_attribute(&b, 9, "app.confidence", "0.25");
    proto_put_int(&b, 99, 7);
    proto_put_text(&b, 5, "first");
    begin_span(&b, "last");
    wrap_span(&b);
    read_proto(&b, NULL, &log);
    assert_string_equal(span_string(&log.spans, log.spans.name[0]), "last");
    near(log.spans.confidence[0], 0.25, 0);
    assert_true(log.spans.flags[0] & SPAN_INTERRUPT);
    log_release(&log);
    buf_release(&b);
    buf_release(&event);
    buf_release(&status);
}

static void values_of_every_kind_mean_what_they_mean_in_json(void **state)
{
    uint64_t quiet_nan = UINT64_C(0x7ff8000000000000), quarter = UINT64_C(0x3fd0000000000000);
    for (int kind = 0; kind < 6; kind++) {
        struct buf b = {0}, any = {0}, pair = {0};
        struct log_options options = {.failure_when = "n = -3"};
        struct trace_log log;
        switch (kind) {
        case 0:
            proto_put_int(&any, 3, (uint64_t)-3);
            break;
        case 1:
            proto_put_text(&any, 1, "-3");
            break;
        case 2:
            proto_put_fixed64(&any, 4, quiet_nan);
            break;
        case 3:
            proto_put_int(&any, 2, 1);
            break;
        case 4: /* of two choices the last */
            proto_put_int(&any, 3, (uint64_t)-3);
            proto_put_fixed64(&any, 4, quarter);
            break;
        default: /* none */
            break;
        }
        proto_put_text(&pair, 1, "n");
        proto_put_bytes(&pair, 2, buf_text(&any), any.len);
        begin_span(&b, "a");
        proto_put_bytes(&b, 9, pair.data, pair.len);
        wrap_span(&b);
        read_proto(&b, &options, &log);
        if ((log.spans.outcome[0] != OUTCOME_OK) != (kind < 2))
            fail_msg("kind %d", kind);
        log_release(&log);
        buf_release(&b);
        buf_release(&any);
        buf_release(&pair);
    }
}

static void ids_of_any_length_stay_apart_and_missing_ones_are_missing(void **state)
{
    struct buf b = {0};
    struct trace_log log;
    proto_put_bytes(&b, 1, "\xab\xcd", 2);
    proto_put_bytes(&b, 2, "\x01", 1);
    proto_put_bytes(&b, 4, "", 0);
    wrap_span(&b);
    read_proto(&b, NULL, &log);
    assert_string_equal(span_string(&log.spans, log.spans.trace[0]), "abcd");
    assert_true(log.spans.id[0] > 1);
    assert_true(log.spans.parent[0] == 0);
    assert_true(log.spans.flags[0] & SPAN_NO_DURATION);
    log_release(&log);
    buf_release(&b);
}

static void scopes_by_their_old_name_count_where_the_new_one_is_absent(void **state)
{
    struct buf old = {0}, both = {0};
    struct trace_log log;
    begin_span(&old, "old");
    proto_wrap(&old, 2);
    proto_wrap(&old, 1000);
    buf_add(&both, old.data, old.len);
    proto_wrap(&old, 1);
    read_proto(&old, NULL, &log);
    assert_int_equal(log.spans.len, 1);
    log_release(&log);
    struct buf fresh = {0};
    begin_span(&fresh, "new");
    proto_wrap(&fresh, 2);
    proto_put_bytes(&both, 2, fresh.data, fresh.len);
    proto_wrap(&both, 1);
    read_proto(&both, NULL, &log);
    assert_int_equal(log.spans.len, 1);
    assert_string_equal(span_string(&log.spans, log.spans.name[0]), "new");
    log_release(&log);
    buf_release(&old);
    buf_release(&both);
    buf_release(&fresh);
}

/* ---- faults ----------------------------------------------------------------------------- */

static void a_damaged_span_is_left_out_alone_and_its_byte_is_told(void **state)
{
    struct buf b = {0}, scope = {0}, good = {0}, bad = {0};
    struct trace_log log;
    begin_span(&good, "good");
    begin_span(&bad, "bad");
    size_t fault = bad.len;
    buf_puts(&bad, "\x4a\x7f?");
    proto_put_bytes(&scope, 2, bad.data, bad.len);
    proto_put_bytes(&scope, 2, good.data, good.len);
    proto_wrap(&scope, 2);
    proto_put_bytes(&b, 1, scope.data, scope.len);
    read_proto(&b, NULL, &log);
    assert_int_equal(log.spans.len, 1);
    assert_string_equal(span_string(&log.spans, log.spans.name[0]), "good");
    assert_int_equal(log.quality.count[QUALITY_UNREADABLE], 1);
    /* behind three heads: request (2), resource (2), span (2) */
    size_t heads = 2 + (scope.len > 127) + 2 + (scope.len - 2 > 127) + 2;
    assert_true(log.quality.place[QUALITY_UNREADABLE][0].line == (PLACE_BYTE | (heads + fault)));
    log_release(&log);
    char place[80];
    snprintf(place, sizeof place, "log: byte %zu: a field is longer than what it lies in",
             heads + fault);
    refuses_proto(&b, true, place);
    buf_release(&b);
    buf_release(&scope);
    buf_release(&good);
    buf_release(&bad);
}

static void a_log_of_damage_alone_is_refused_with_the_first_of_it(void **state)
{
    struct buf b = {0};
    proto_put_text(&b, 5, "nameless");
    wrap_span(&b);
    refuses_proto(&b, false, "log: byte 6: a span has no trace_id");
    buf_release(&b);
    begin_span(&b, "a");
    proto_put_fixed64(&b, 1, 1); /* another type: an unknown field */
    buf_puts(&b, "\x7b");
    wrap_span(&b);
    refuses_proto(&b, false, "a field is a group");
    buf_release(&b);
}

static void a_cut_file_gives_what_is_whole_and_counts_the_rest(void **state)
{
    struct buf message = one_span("a"), b = {0};
    for (int i = 0; i < 3; i++) {
        proto_put_varint(&b, message.len);
        buf_add(&b, message.data, message.len);
    }
    size_t one = b.len / 3;
    for (size_t len = one; len <= b.len; len++) {
        struct buf cut = {0};
        struct trace_log log;
        buf_add(&cut, b.data, len);
        read_proto(&cut, NULL, &log);
        uint64_t faults = log.quality.count[QUALITY_UNREADABLE];
        assert_int_equal(log.spans.len, len / one);
        assert_int_equal(faults, len % one != 0);
        if (faults)
            assert_true(log.quality.place[QUALITY_UNREADABLE][0].line ==
                        (PLACE_BYTE | len / one * one));
        log_release(&log);
        if (faults)
            refuses_proto(&cut, true, "the log is cut off within the message that begins here");
        buf_release(&cut);
    }
    buf_add(&b, "\xff\xff\xff\xff\x7f", 5);
    refuses_proto(&b, true, "not the length of a message (256 MiB at most)");
    buf_release(&b);
    b = message;
    buf_add(&b, "\x0b", 1);
    refuses_proto(&b, true, "where the next one begins cannot be told");
    buf_release(&b);
}

static void any_byte_may_be_wrong(void **state)
{
    struct buf b = {0};
    for (size_t at = 0; at < EVERY_FIELD_LEN; at++)
        for (unsigned flip = 1; flip < 256; flip = flip * 2 + 1) {
            struct trace_log log;
            struct error err = {0};
            buf_clear(&b);
            buf_add(&b, every_field, EVERY_FIELD_LEN);
            b.data[at] = (char)(b.data[at] ^ (char)flip);
            if (log_read_text("log", b.data, b.len, NULL, &log, &err))
                error_is(&err, ERR_INPUT, "log");
            else
                assert_true(log.spans.len == 1);
            log_release(&log);
        }
    buf_release(&b);
}

static struct buf nested_value(unsigned levels)
{
    struct buf b = {0}, span = {0};
    proto_put_int(&b, 2, 1);
    for (unsigned i = 0; i < levels; i++) {
        proto_wrap(&b, 1);
        proto_wrap(&b, 5);
    }
    proto_wrap(&b, 2);
    proto_put_text(&b, 1, "deep");
    begin_span(&span, "a");
    proto_put_bytes(&span, 9, b.data, b.len);
    buf_release(&b);
    wrap_span(&span);
    return span;
}

static void values_are_nested_a_hundred_deep_at_most(void **state)
{
    struct trace_log log;
    struct buf fine = nested_value(100), deep = nested_value(101), deeper = nested_value(20000);
    read_proto(&fine, NULL, &log);
    assert_int_equal(log.quality.count[QUALITY_UNREADABLE], 0);
    log_release(&log);
    refuses_proto(&deep, false, "a value is nested deeper than 100");
    refuses_proto(&deeper, false, "a value is nested deeper than 100");
    buf_release(&fine);
    buf_release(&deep);
    buf_release(&deeper);
}

static void text_that_is_not_utf8_is_mended_and_counted(void **state)
{
    struct buf b = {0};
    struct trace_log log;
    begin_span(&b, "caf\xc3");
    put_text_attribute(&b, 9, "session.id", "\xff!");
    wrap_span(&b);
    read_proto(&b, NULL, &log);
    assert_string_equal(span_string(&log.spans, log.spans.name[0]), "caf\xEF\xBF\xBD");
    assert_string_equal(span_string(&log.spans, log.spans.session[0]), "\xEF\xBF\xBD!");
    assert_int_equal(log.quality.count[QUALITY_BAD_TEXT], 2);
    log_release(&log);
    refuses_proto(&b, true, "text that is not UTF-8: 2 in the log");
    buf_release(&b);
}

static void times_beyond_2262_are_counted(void **state)
{
    struct buf b = {0};
    struct trace_log log;
    begin_span(&b, "a");
    proto_put_fixed64(&b, 8, UINT64_MAX);
    wrap_span(&b);
    read_proto(&b, NULL, &log);
    assert_int_equal(log.quality.count[QUALITY_BAD_TIME], 1);
    assert_true(log.spans.flags[0] & SPAN_NO_DURATION);
    log_release(&log);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_read_as_protoc_wrote_it),
        cmocka_unit_test(a_log_is_the_same_in_json_and_in_protobuf),
        cmocka_unit_test(every_framing_is_told_from_the_content_and_read_in_pieces_of_any_size),
        cmocka_unit_test(small_and_empty_messages_are_told_too),
        cmocka_unit_test(text_is_never_taken_for_messages),
        cmocka_unit_test(the_order_of_fields_does_not_matter),
        cmocka_unit_test(values_of_every_kind_mean_what_they_mean_in_json),
        cmocka_unit_test(ids_of_any_length_stay_apart_and_missing_ones_are_missing),
        cmocka_unit_test(scopes_by_their_old_name_count_where_the_new_one_is_absent),
        cmocka_unit_test(a_damaged_span_is_left_out_alone_and_its_byte_is_told),
        cmocka_unit_test(a_log_of_damage_alone_is_refused_with_the_first_of_it),
        cmocka_unit_test(a_cut_file_gives_what_is_whole_and_counts_the_rest),
        cmocka_unit_test(any_byte_may_be_wrong),
        cmocka_unit_test(values_are_nested_a_hundred_deep_at_most),
        cmocka_unit_test(text_that_is_not_utf8_is_mended_and_counted),
        cmocka_unit_test(times_beyond_2262_are_counted),
    };
    return cmocka_run_group_tests_name("otlp_proto", tests, NULL, NULL);
}
