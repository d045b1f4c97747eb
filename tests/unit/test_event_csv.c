/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/log_facts.h"

#include "model/rules.h"
#include "trace/event_csv.h"
#include "trace/timestamp.h"

static void times_are_read_in_every_shape(void **state)
{
    /* seconds since 1970 as `date -u -d ... +%s` gives them */
    static const struct {
        const char *text;
        int64_t ns;
    } cases[] = {
        {"2010-12-30 14:32:00+01:00",      1293715920000000000},
        {"2010-12-30T13:32:00Z",           1293715920000000000},
        {"2010-12-30 13:32",               1293715920000000000},
        {"2010/12/30 13:32:00",            1293715920000000000},
        {"2010-12-30T08:02:00.000-0530",   1293715920000000000},
        {"2010-12-30 14:32:00,5 +01",      1293715920500000000},
        {"2010-12-30T13:32:00.123456789Z", 1293715920123456789},
        {"2024-02-29",                     1709164800000000000},
        {"1969-12-31 23:59:59Z",           -1000000000        },
        {"1293715920",                     1293715920000000000},
        {"1293715920500",                  1293715920500000000},
        {"1293715920500000",               1293715920500000000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err = {0};
        int64_t ns = 0;
        ok(timestamp_parse(cases[i].text, &ns, &err), &err);
        if (ns != cases[i].ns)
            fail_msg("%s is %lld", cases[i].text, (long long)ns);
    }
    static const char *const wrong[] = {"",
                                        "yesterday",
                                        "2010-13-01",
                                        "2010-1-1",
                                        "2010-12-30 25:00",
                                        "2010-12-30 14:32x",
                                        "30.12.2010",
                                        "12"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct error err = {0};
        int64_t ns = 0;
        assert_int_equal(timestamp_parse(wrong[i], &ns, &err), -1);
        error_is(&err, ERR_INPUT, "is not a time");
    }
}

static void headers_are_known_by_many_names(void **state)
{
    static const char *const texts[] = {
        "case_id;activity;timestamp\n1;ask;2024-01-01 10:00:00\n1;answer;2024-01-01 10:00:05\n",
        "case:concept:name,concept:name,time:timestamp,org:resource\n"
        "1,ask,2024-01-01T10:00:00.000Z,Pete\n1,answer,2024-01-01T11:00:05+01:00,Sue\n",
        "Timestamp\tActivity\tCase\n1704103200\task\t1\n1704103205\tanswer\t1\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct trace_log log;
        read_ok(texts[i], NULL, &log);
        assert_string_equal(log.format, "event-csv");
        assert_int_equal(log.items.len, 1);
        assert_int_equal(log.items.at[0].n_visits, 2);
        assert_string_equal(log.stages.at[0].id, "ask");
        assert_string_equal(log.stages.at[1].id, "answer");
        near((double)(log.items.at[0].end_ns - log.items.at[0].start_ns) * 1e-9, 5, 1e-9);
        log_release(&log);
    }
}

static void rows_with_start_and_end_have_durations(void **state)
{
    struct trace_log log;
    read_ok("item,step,start,end,confidence,decision\n"
            "a,draft,2024-01-01 10:00:00,2024-01-01 10:00:02.5,0.9,\n"
            "a,review,2024-01-01 10:00:03,2024-01-01 10:00:10,,approve\n",
            NULL, &log);
    near(span_duration_s(&log.spans, 0), 2.5, 1e-9);
    near(log.items.at[0].confidence, 0.9, 0);
    assert_int_equal(log.items.at[0].verdict, LOG_APPROVED);
    assert_int_equal(log.review, stage_named(&log, "review"));
    log_release(&log);
}

static void lifecycle_rows_are_paired_in_order(void **state)
{
    struct trace_log log;
    read_ok("case,activity,time:timestamp,lifecycle:transition\n"
            "1,a,2024-01-01 10:00:00,start\n"
            "1,a,2024-01-01 10:00:01,start\n"
            "2,a,2024-01-01 10:00:01,start\n"
            "1,a,2024-01-01 10:00:04,complete\n"
            "1,a,2024-01-01 10:00:09,complete\n"
            "1,b,2024-01-01 10:00:09,complete\n",
            NULL, &log);
    assert_int_equal(log.spans.len, 4);
    near(span_duration_s(&log.spans, 0), 4, 1e-9);
    near(span_duration_s(&log.spans, 1), 8, 1e-9);
    near(span_duration_s(&log.spans, 2), 0, 1e-9);
    assert_true(isnan(span_duration_s(&log.spans, 3)));
    assert_int_equal(log.quality.count[QUALITY_NO_DURATION], 1);
    log_release(&log);
}

static void columns_can_be_named_by_the_user(void **state)
{
    struct log_options options = {
        .item_by = "ticket", .stage_by = "what", .confidence = "p", .failure_when = "state = bad"};
    struct trace_log log;
    read_ok("ticket,what,time,p,state\n7,draft,2024-01-01 10:00:00,0.25,good\n"
            "7,send,2024-01-01 10:00:01,,bad\n",
            &options, &log);
    assert_string_equal(span_string(&log.spans, log.items.at[0].id), "7");
    near(log.items.at[0].confidence, 0.25, 0);
    assert_int_equal(log.items.at[0].end, LOG_FAILED);
    assert_int_equal(log.spans.outcome[1], OUTCOME_ERROR);
    log_release(&log);
}

static void what_is_missing_is_said_with_its_line(void **state)
{
    read_refused("a,b\n1,2\n", NULL, ERR_INPUT, "log:1: not a log: no column says which item");
    read_refused("case,b\n1,2\n", NULL, ERR_INPUT, "log:1: not a log: no column names the step");
    read_refused("case,activity\n1,2\n", NULL, ERR_INPUT, "no column holds a time");
    counts_fault("case,activity,time\n1,a,2024-01-01\n1,b,soon\n", QUALITY_BAD_TIME, 3);
    read_refused("case,activity,time\n1,a,2024-01-01,x\n", NULL, ERR_INPUT, "log:2");
    read_refused("case,activity,time\n", NULL, ERR_INPUT, "log: the log holds no spans");
}

/* A review that has begun and not ended waits for its person; so does any last step. */
static void what_has_not_ended_leaves_its_item_unfinished(void **state)
{
    static const char *const texts[] = {
        "case,activity,start_time,end_time\n"
        "1,draft,2024-01-01 10:00,2024-01-01 10:01\n1,review,2024-01-01 10:02,2024-01-01 10:09\n"
        "2,draft,2024-01-01 11:00,2024-01-01 11:01\n2,review,2024-01-01 11:02,\n"
        "3,draft,2024-01-01 12:00,\n3,review,2024-01-01 12:02,2024-01-01 12:09\n",
        "case,activity,timestamp,lifecycle:transition\n"
        "1,draft,2024-01-01 10:00,complete\n1,review,2024-01-01 10:02,start\n"
        "1,review,2024-01-01 10:09,complete\n"
        "2,draft,2024-01-01 11:00,complete\n2,review,2024-01-01 11:02,start\n"
        "3,draft,2024-01-01 12:00,complete\n3,review,2024-01-01 12:02,complete\n"};
    for (size_t i = 0; i < 2; i++) {
        struct trace_log log;
        read_ok(texts[i], NULL, &log);
        assert_int_equal(log.items.len, 3);
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(log.items.at[k].end, k == 1 ? LOG_UNFINISHED : LOG_SHIPPED);
        log_release(&log);
    }
}

/* The spans of a text in pieces, one a line. */
static struct buf spans_in_pieces(const struct buf *text, size_t piece)
{
    struct span_set set;
    struct quality quality = {0};
    struct log_options options = {0};
    struct sink sink = {.set = &set, .quality = &quality, .options = &options, .file = "log"};
    struct error err = {0};
    struct buf out = {0};
    span_set_init(&set);
    ok(vocabulary_new(&options, &set, &quality, &sink.words, &err), &err);
    struct event_csv *e = event_csv_new(&sink);
    for (size_t at = 0; at < text->len; at += piece)
        ok(event_csv_feed(e, text->data + at, piece < text->len - at ? piece : text->len - at,
                          &err),
           &err);
    ok(event_csv_end(e, &err), &err);
    for (size_t i = 0; i < set.len; i++)
        buf_printf(&out, "%s %s %lld %lld %llu %d %s\n", span_string(&set, set.trace[i]),
                   span_string(&set, set.name[i]), (long long)set.start_ns[i],
                   (long long)set.end_ns[i], (unsigned long long)set.line[i], set.flags[i],
                   span_string(&set, set.decision[i]));
    buf_printf(&out, "%llu", (unsigned long long)quality.records);
    for (size_t k = 0; k < QUALITY_KIND_COUNT; k++)
        buf_printf(&out, " %llu at %llu", (unsigned long long)quality.count[k],
                   (unsigned long long)quality.place[k][0].line);
    event_csv_free(e);
    vocabulary_free(sink.words);
    span_set_release(&set);
    return out;
}

/* Starts and ends of many cases side by side, more than are packed at once; some never end.  Some
 * texts are no UTF-8, one of them where pieces are cut. */
static void spans_are_the_same_in_pieces_of_any_size(void **state)
{
    static const size_t pieces[] = {7, 61, 1000, 70001};
    for (int lifecycle = 0; lifecycle < 2; lifecycle++) {
        struct buf text = {0};
        buf_printf(&text, "case,activity,timestamp,decision%s\n",
                   lifecycle ? ",lifecycle:transition" : "");
        for (unsigned i = 0; i < 12000; i++) {
            unsigned side = i / 40 % 2; /* forty starts, then their ends */
            unsigned number = i / 80 * 40 + i % 40;
            if (side && number % 100 == 7)
                continue;
            buf_printf(&text, "c%u,step%u,2024-01-01 10:%02u:%02u,%s%s\n", number, number % 3,
                       i / 1000, i % 60, i % 997 == 5 ? "\xC3\xA9\xE2\x82\xAC\xFF" : "yes",
                       !lifecycle ? ""
                       : side     ? ",complete"
                                  : ",start");
        }
        struct buf whole = spans_in_pieces(&text, text.len);
        assert_true(whole.len > 100000);
        for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
            struct buf got = spans_in_pieces(&text, pieces[k]);
            assert_string_equal(buf_text(&got), buf_text(&whole));
            buf_release(&got);
        }
        buf_release(&whole);
        buf_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read_in_every_shape),
        cmocka_unit_test(headers_are_known_by_many_names),
        cmocka_unit_test(rows_with_start_and_end_have_durations),
        cmocka_unit_test(lifecycle_rows_are_paired_in_order),
        cmocka_unit_test(columns_can_be_named_by_the_user),
        cmocka_unit_test(what_is_missing_is_said_with_its_line),
        cmocka_unit_test(what_has_not_ended_leaves_its_item_unfinished),
        cmocka_unit_test(spans_are_the_same_in_pieces_of_any_size),
    };
    return cmocka_run_group_tests_name("event_csv", tests, NULL, NULL);
}
