/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logs that are cut off, damaged or put together: what is whole is read, the rest is counted. */
#include "tests/unit/log_facts.h"

#include "base/file.h"
#include "base/json_read.h"
#include "trace/salvage.h"

#include <unistd.h>

/* Ids may differ: a client that shares one with its server gets its own where both are there. */
static bool has_span(const struct span_set *all, const struct span_set *part, size_t k)
{
    const char *trace = span_string(part, part->trace[k]);
    for (size_t i = 0; i < all->len; i++)
        if (!strcmp(span_string(all, all->trace[i]), trace) &&
            all->start_ns[i] == part->start_ns[k] &&
            !strcmp(span_string(all, all->name[i]), span_string(part, part->name[k])))
            return true;
    return false;
}

/* The document cut at many places: spans of the whole one alone, more the later it is cut, and one
 * record counted. */
static void cut_anywhere(const char *file)
{
    struct buf text = {0};
    struct trace_log whole;
    struct error err = {0};
    size_t most = 0;
    ok(file_read(data_path(file), 64 << 20, &text, &err), &err);
    ok(log_read_text(file, text.data, text.len, NULL, &whole, &err), &err);
    for (size_t k = 1; k < 24; k++) {
        struct trace_log log;
        struct error fault = {0};
        size_t len = text.len * k / 24;
        if (log_read_text(file, text.data, len, NULL, &log, &fault) == 0) {
            assert_in_range(log.spans.len, most, whole.spans.len);
            most = log.spans.len;
            for (size_t i = 0; i < log.spans.len; i++)
                if (log.spans.parent[i] && !has_span(&whole.spans, &log.spans, i))
                    fail_msg("%s at %zu: span %zu is none of the whole log", file, len, i);
            if (log.quality.count[QUALITY_UNREADABLE] != 1)
                fail_msg("%s at %zu: %llu records counted", file, len,
                         (unsigned long long)log.quality.count[QUALITY_UNREADABLE]);
        } else if (most) {
            fail_msg("%s at %zu: %s", file, len, fault.text);
        }
        log_release(&log);
    }
    assert_true(most > whole.spans.len * 3 / 4);
    log_release(&whole);
    buf_release(&text);
}

static void a_document_that_is_cut_off_is_read_as_far_as_it_is_whole(void **state)
{
    cut_anywhere("jaeger.json.gz");
    cut_anywhere("langfuse.json.gz");
    cut_anywhere("zipkin.json.gz");
    cut_anywhere("phoenix.json.gz");
    cut_anywhere("n8n.json.gz");
}

#define RUN(id)     "{\"id\": \"" id "\", \"run_type\": \"chain\", \"name\": \"a\"}"
#define RESOURCE(x) "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[" x "]}]}]}\n"
#define SPAN(id)    "{\"traceId\":\"t\",\"spanId\":\"" id "\",\"name\":\"a\"}"

static void reads(const char *text, size_t spans, unsigned unreadable, unsigned line)
{
    struct trace_log log;
    read_ok(text, NULL, &log);
    if (log.spans.len != spans || log.quality.count[QUALITY_UNREADABLE] != unreadable ||
        (unreadable && log.quality.place[QUALITY_UNREADABLE][0].line != line))
        fail_msg("%s: %zu spans, %llu unreadable, first in line %llu", text, log.spans.len,
                 (unsigned long long)log.quality.count[QUALITY_UNREADABLE],
                 (unsigned long long)log.quality.place[QUALITY_UNREADABLE][0].line);
    log_release(&log);
}

static void damage_costs_the_record_it_is_in(void **state)
{
    reads("[\n" RUN("a") ",\n" RUN("b") ",\n{\"id\": \"c\", \"run", 2, 1, 4);
    reads("[\n" RUN("a") ",\n" RUN("b") ",\n{\"id\": \"c\", \"x\": }\n]", 2, 1, 4);
    reads("[\n" RUN("a") "\n", 1, 1, 3);
    /* in a line: the spans before it */
    reads(RESOURCE(SPAN("1")) "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[" SPAN(
              "2") "," SPAN("3") ",{\"traceId\":\"t\",\"spa\n" RESOURCE(SPAN("4")),
          4, 1, 2);
    /* the first line */
    reads("{\"resourceSpans\":[{\"scop\n" RESOURCE(SPAN("1")) RESOURCE(SPAN("2")), 2, 1, 1);
    /* the only one */
    reads("{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[" SPAN("1") ",", 1, 1, 1);
}

/* The first line too, of which the format is not known yet. */
static void a_line_nested_too_deep_costs_itself_alone(void **state)
{
    struct buf text = {0};
    for (int first = 0; first < 2; first++) {
        buf_clear(&text);
        if (!first)
            buf_puts(&text, RESOURCE(SPAN("1")));
        for (int i = 0; i < 2000; i++)
            buf_putc(&text, '[');
        for (int i = 0; i < 2000; i++)
            buf_putc(&text, ']');
        buf_puts(&text, "\n" RESOURCE(SPAN("2")) RESOURCE(SPAN("3")));
        reads(buf_text(&text), first ? 2 : 3, 1, first ? 1 : 2);
    }
    buf_release(&text);
}

static void documents_one_after_another_are_all_read(void **state)
{
    reads("[\n" RUN("a") "\n]\n[\n" RUN("b") "\n]\n", 2, 0, 0);
    reads("[" RUN("a") "][" RUN("b") "]", 2, 0, 0);
    reads("[\n" RUN("a") "\n]\n[\n" RUN("b") ",\n{\"id", 2, 1, 6);
    reads("[\n" RUN("a") "\n]\n{\"x\":", 1, 1, 4);
}

static void bytes_that_are_no_utf8_cost_no_record(void **state)
{
    static const char *const texts[] = {
        RESOURCE(SPAN("1")) RESOURCE("{\"traceId\":\"t\",\"spanId\":\"2\",\"name\":\"caf\xe9\"}"),
        "[\n" RUN("a") ",\n{\"id\": \"b\", \"run_type\": \"tool\", \"name\": \"caf\xe9\"}\n]",
        "case,activity,timestamp\nc,a,2024-01-01\nc,caf\xe9,2024-01-02\n"};
    for (size_t i = 0; i < 3; i++) {
        struct trace_log log;
        struct error err = {0};
        ok(log_read_text("log", texts[i], strlen(texts[i]), NULL, &log, &err), &err);
        assert_int_equal(log.spans.len, 2);
        assert_string_equal(span_string(&log.spans, log.spans.name[1]), "caf\xef\xbf\xbd");
        assert_int_equal(log.quality.count[QUALITY_BAD_TEXT], 1);
        assert_int_equal(log.quality.count[QUALITY_UNREADABLE], 0);
        log_release(&log);
    }
}

static void rows_that_cannot_be_read_are_left_out(void **state)
{
#define HEAD "case,activity,timestamp\n"
    reads(HEAD "c,a,2024-01-01\nc,b,2024-01-02,more,and more\nc,d,2024-01-03\n", 2, 1, 3);
    reads(HEAD "c,a,2024-01-01\nc,\"b\"x,2024-01-02\nc,d,2024-01-03\n", 2, 1, 3);
    reads(HEAD "c,a,2024-01-01\nc,\"b,2024-01-02\nc,d,2024-01-03\n", 2, 1, 3);
    reads(HEAD "c,a,2024-01-01\nc,b", 1, 1, 3);
    reads(HEAD "c,a,2024-01-01\nc,b,2024-01-02", 2, 0, 0);
    reads(HEAD "c,a,2024-01-01\n" HEAD "c,b,2024-01-02\n", 2, 0, 0);
    read_refused("case,\"activity\nc,a\n", NULL, ERR_INPUT, "neither JSON");
}

static void gzip_that_is_cut_off_gives_what_came_out(void **state)
{
    static const char path[] = "/tmp/seam-test-damaged.gz";
    const char *paths[] = {path};
    static const char *const files[] = {"genai.jsonl.gz", "genai.otlp.gz", "langfuse.json.gz",
                                        "events.xes.gz", "desk.csv.gz"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        FILE *f = fopen(data_path(files[i]), "rb");
        static char bytes[200000];
        struct trace_log log;
        struct error err = {0};
        size_t len = fread(bytes, 1, sizeof bytes, f);
        fclose(f);
        ok(file_write(path, bytes, len / 2, &err), &err);
        ok(log_read(paths, 1, NULL, &log, &err), &err);
        assert_true(log.spans.len > 20);
        assert_int_equal(log.quality.count[QUALITY_UNREADABLE], 1);
        log_release(&log);
        static const struct log_options strict = {.strict = true};
        assert_int_equal(log_read(paths, 1, &strict, &log, &err), -1);
        log_release(&log);
    }
    unlink(path);
}

static void utf16_is_told_apart(void **state)
{
    struct trace_log log;
    struct error err = {0};
    assert_int_equal(log_read_text("log", "\xff\xfe{\0}\0", 6, NULL, &log, &err), -1);
    error_is(&err, ERR_INPUT, "UTF-16");
    log_release(&log);
}

static void what_closes_a_document_fits_its_brackets(void **state)
{
    static const struct {
        const char *text;
        size_t cut, begin;
        const char *closing;
    } cases[] = {
        {"[1, 2, {\"a\": [3",                                                 14, 14, "]}]" },
        {"{\"r\": [{\"id\": 1}, {\"s\": [{\"id\": 2}, {\"id\": 3, \"x\": [4", 34, 36, "]}]}"},
        {"{\"r\": [",                                                         7,  7,  "]}"  },
        {"[\"], {\", [",                                                      10, 10, "]]"  },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf closing = {0};
        size_t cut = 0, begin = 0;
        assert_true(salvage(cases[i].text, strlen(cases[i].text), &cut, &begin, &closing));
        assert_int_equal(cut, cases[i].cut);
        assert_int_equal(begin, cases[i].begin);
        assert_string_equal(buf_text(&closing), cases[i].closing);
        buf_release(&closing);
    }
    struct buf closing = {0};
    size_t cut, begin;
    assert_false(salvage("{\"a\": {\"b\": 1", 13, &cut, &begin, &closing));
    assert_int_equal(salvage_document(" {\"a\": \"}\"} []", 14), 11);
    assert_int_equal(salvage_document("{\"a\": [}", 8), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_that_is_cut_off_is_read_as_far_as_it_is_whole),
        cmocka_unit_test(damage_costs_the_record_it_is_in),
        cmocka_unit_test(a_line_nested_too_deep_costs_itself_alone),
        cmocka_unit_test(documents_one_after_another_are_all_read),
        cmocka_unit_test(bytes_that_are_no_utf8_cost_no_record),
        cmocka_unit_test(rows_that_cannot_be_read_are_left_out),
        cmocka_unit_test(gzip_that_is_cut_off_gives_what_came_out),
        cmocka_unit_test(utf16_is_told_apart),
        cmocka_unit_test(what_closes_a_document_fits_its_brackets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
