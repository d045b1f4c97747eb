/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Long lists in documents: read element by element, they give what the same elements give in lines
 * of their own, faults and places and all, and no more is held than fits. */
#include "tests/unit/log_text.h"

#include "base/file.h"
#include "trace/elements.h"
#include "trace/stream.h"

#include <unistd.h>

static const char path[] = "/tmp/seam-test-elements.json";

enum { LONG = 5 << 19 }; /* longer than what is read whole */

/* ---- cutting ------------------------------------------------------------------------------- */

static void elements_are_cut_wherever_the_text_is(void **state)
{
    static const char text[] = " [ {\"a\": [1, \"]}\\\"{\"]} , [[], {}],7, \"x,\\\\\" ,null] 5";
    static const char *const want[] = {"{\"a\": [1, \"]}\\\"{\"]}", "[[], {}]", "7", "\"x,\\\\\"",
                                       "null"};
    int key;
    for (size_t step = 1; step < sizeof text; step++) {
        struct elements e = {.at = elements_begin(text, sizeof text - 1, NULL, 0, &key)};
        size_t n = 0, begin, end, len = step > 3 ? step : 3;
        assert_int_equal(e.at, 3);
        assert_int_equal(key, -1);
        for (;;) {
            enum elements_found found = elements_next(&e, text, len, &begin, &end);
            if (found == ELEMENTS_END)
                break;
            if (found == ELEMENTS_MORE) {
                assert_true(len < sizeof text - 1);
                len = len + step < sizeof text - 1 ? len + step : sizeof text - 1;
                continue;
            }
            assert_in_range(n, 0, 4);
            size_t size = end - begin;
            while (size && text[begin + size - 1] == ' ') /* behind a bare word */
                size--;
            assert_int_equal(size, strlen(want[n]));
            assert_memory_equal(text + begin, want[n], size);
            n++;
        }
        assert_int_equal(n, 5);
        assert_string_equal(text + end, " 5");
    }
}

static void a_list_is_told_by_the_first_key(void **state)
{
    static const char *const keys[] = {"runs", "data"};
    static const struct {
        const char *text;
        size_t begin;
        int key;
    } cases[] = {
        {"[1]",                     1,  -1},
        {"\n {\"data\" : [ {",      14, 1 },
        {"{\"runs\":[{",            9,  0 },
        {"{\"total\":1,\"runs\":[", 0,  -1},
        {"{\"data\":{\"runs\":[",   0,  1 },
        {"{\"da",                   0,  -1},
        {"7",                       0,  -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int key;
        size_t begin = elements_begin(cases[i].text, strlen(cases[i].text), keys, 2, &key);
        assert_int_equal(begin, cases[i].begin);
        if (begin)
            assert_int_equal(key, cases[i].key);
    }
}

/* ---- the same as lines --------------------------------------------------------------------- */

/* Element k of a format: a run of two steps. */
static void put_element(struct buf *b, const char *format, unsigned k)
{
    unsigned long long us = 1700000000000000ULL + k * 1000ULL;
    if (strcmp(format, "zipkin") == 0)
        buf_printf(b,
                   "[{\"traceId\":\"%016x\",\"id\":\"1\",\"name\":\"run\",\"timestamp\":%llu,"
                   "\"duration\":900},{\"traceId\":\"%016x\",\"id\":\"2\",\"parentId\":\"1\","
                   "\"name\":\"step\",\"timestamp\":%llu,\"duration\":%u,\"tags\":{\"a\":\"]\"}}]",
                   k + 1, us, k + 1, us + 10, 100 + k % 400);
    else if (strcmp(format, "jaeger") == 0)
        buf_printf(b,
                   "{\"traceID\":\"%x\",\"spans\":[{\"traceID\":\"%x\",\"spanID\":\"1\","
                   "\"operationName\":\"run\",\"startTime\":%llu,\"duration\":900,\"processID\":"
                   "\"p\"},{\"traceID\":\"%x\",\"spanID\":\"2\",\"parentSpanID\":\"1\","
                   "\"operationName\":\"step\",\"startTime\":%llu,\"duration\":%u,\"processID\":"
                   "\"p\"}],\"processes\":{\"p\":{\"serviceName\":\"s\"}}}",
                   k + 1, k + 1, us, k + 1, us + 10, 100 + k % 400);
    else
        buf_printf(
            b,
            "{\"scopeSpans\":[{\"spans\":[{\"traceId\":\"%032x\",\"spanId\":\"1\",\"name\":"
            "\"run\",\"startTimeUnixNano\":\"%llu000\",\"endTimeUnixNano\":\"%llu000\"},"
            "{\"traceId\":\"%032x\",\"spanId\":\"2\",\"parentSpanId\":\"1\",\"name\":"
            "\"step\",\"startTimeUnixNano\":\"%llu000\",\"endTimeUnixNano\":\"%llu000\"}]}]}",
            k + 1, us, us + 900, k + 1, us + 10, us + 100 + k % 400);
}

/* How many elements a document of that length has; `lines`: the same as lines of their own. */
static unsigned write_both(const char *format, const char *open, const char *wrap, struct buf *text,
                           struct buf *lines)
{
    unsigned k = 0;
    buf_printf(text, "%s\n", open);
    buf_puts(lines, "\n");
    for (; text->len < LONG; k++) {
        buf_puts(text, k ? ",\n" : "");
        buf_puts(lines, k ? "\n" : "");
        buf_puts(lines, wrap);
        if (k % 3000 == 2321) { /* one that is no record */
            buf_puts(text, "{\"spans\" 7}");
            buf_puts(lines, "{\"spans\" 7}");
        } else {
            put_element(text, format, k);
            put_element(lines, format, k);
        }
        buf_puts(lines, *wrap ? "]}" : "");
    }
    return k;
}

static struct trace_log read_file(const struct buf *text)
{
    struct trace_log log;
    struct error err = {0};
    const char *at = path;
    ok(file_write(path, text->data, text->len, &err), &err);
    ok(log_read(&at, 1, NULL, &log, &err), &err);
    unlink(path);
    return log;
}

static void same_logs(const struct trace_log *a, const struct trace_log *b)
{
    assert_string_equal(a->format, b->format);
    assert_int_equal(a->spans.len, b->spans.len);
    assert_memory_equal(&a->quality, &b->quality, sizeof a->quality);
    for (size_t i = 0; i < a->spans.len; i++) {
        struct span x, y;
        span_set_row(&a->spans, i, &x);
        span_set_row(&b->spans, i, &y);
        assert_memory_equal(&x, &y, sizeof x);
    }
}

static void elements_read_as_lines_do(void **state)
{
    static const struct {
        const char *format, *open, *close, *wrap;
    } cases[] = {
        {"zipkin", "[",                     "\n]",                       ""                    },
        {"jaeger", "{\"data\":[",           "\n],\"total\":{\"n\":[]}}", ""                    },
        {"otlp",   "{\"resourceSpans\": [", "\n] }",                     "{\"resourceSpans\":["},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf text = {0}, lines = {0};
        unsigned n = write_both(cases[i].format, cases[i].open, cases[i].wrap, &text, &lines);
        buf_puts(&text, cases[i].close);
        struct trace_log whole = read_file(&text), by_line = read_file(&lines);
        assert_int_equal(whole.quality.count[QUALITY_UNREADABLE], n / 3000 + (n % 3000 > 2321));
        assert_int_equal(whole.spans.len, 2 * (n - whole.quality.count[QUALITY_UNREADABLE]));
        same_logs(&whole, &by_line);
        log_release(&whole);
        log_release(&by_line);
        buf_release(&text);
        buf_release(&lines);
    }
}

static void a_list_that_is_cut_off_gives_what_is_whole(void **state)
{
    struct buf text = {0}, lines = {0};
    unsigned n = write_both("jaeger", "{\"data\":[", "", &text, &lines);
    uint64_t faults = n / 3000 + (n % 3000 > 2321);
    const char *last = "\"operationName\":\"step\"";
    while (strncmp(text.data + text.len - strlen(last), last, strlen(last)) != 0)
        text.data[--text.len] = '\0'; /* in the second span of the last trace */
    struct trace_log log = read_file(&text);
    assert_int_equal(log.spans.len, 2 * (n - faults) - 1);
    assert_int_equal(log.quality.count[QUALITY_UNREADABLE], faults + 1);
    log_release(&log);
    buf_release(&text);
    buf_release(&lines);
}

static void documents_may_follow_one_another(void **state)
{
    struct buf text = {0}, lines = {0};
    struct trace_log log;
    unsigned n = write_both("zipkin", "[", "", &text, &lines), spans;
    spans = 2 * (n - n / 3000 - (n % 3000 > 2321));
    buf_puts(&text, "]\n[\n");
    for (unsigned k = 0; k < 20000; k++) {
        buf_puts(&text, k ? ",\n" : "");
        put_element(&text, "zipkin", n + k);
    }
    buf_puts(&text, "]\n[");
    put_element(&text, "zipkin", n + 20000);
    buf_puts(&text, "]");
    log = read_file(&text);
    assert_int_equal(log.spans.len, spans + 2 * 20001);
    assert_int_equal(log.spans.line[log.spans.len - 1], n + 1 + 1 + 20000 + 1);
    log_release(&log);
    buf_release(&text);
    buf_release(&lines);
}

static void no_more_is_held_than_fits(void **state)
{
    const struct stream_room room = {4000, 1 << 20, 1 << 20};
    const char *at = path;
    struct buf text = {0}, lines = {0};
    struct trace_log log;
    struct tally *tally;
    struct error err = {0};
    unsigned n = write_both("jaeger", "{\"data\":[", "", &text, &lines);
    buf_puts(&text, "]}");
    ok(file_write(path, text.data, text.len, &err), &err);
    ok(log_read_tally(&at, 1, NULL, NULL, &room, NULL, &log, &tally, &err), &err);
    assert_true(log.pass.batches > 4);
    assert_int_equal(log.pass.held, 0);
    assert_int_equal(log.pass.items, n - log.quality.count[QUALITY_UNREADABLE]);
    unlink(path);
    tally_free(tally);
    log_release(&log);
    buf_release(&text);
    buf_release(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_cut_wherever_the_text_is),
        cmocka_unit_test(a_list_is_told_by_the_first_key),
        cmocka_unit_test(elements_read_as_lines_do),
        cmocka_unit_test(a_list_that_is_cut_off_gives_what_is_whole),
        cmocka_unit_test(documents_may_follow_one_another),
        cmocka_unit_test(no_more_is_held_than_fits),
    };
    return cmocka_run_group_tests_name("elements", tests, NULL, NULL);
}
