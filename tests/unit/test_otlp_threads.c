/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/log_writer.h"
#include "tests/unit/log_text.h"

#include "base/file.h"
#include "model/result.h"
#include "trace/observe.h"

#include <stdio.h>
#include <unistd.h>

static const char path[] = "/tmp/seam-test-threads.jsonl";

/* All that is said of the log, as text; its faults with their places among it. */
static void read_with(uint32_t threads, struct buf *out)
{
    const char *paths[] = {path};
    struct log_options options = {.threads = threads, .task_by = "deployment.ring"};
    struct trace_log log;
    struct result r;
    struct error err = {0};
    if (log_read(paths, 1, &options, &log, &err)) {
        buf_puts(out, err.text);
    } else {
        result_init(&r, "replay");
        log_observe(&log, 0.95, &r);
        result_write_json(&r, out);
        buf_printf(out, "%s %u texts, last %s", log.format, log.spans.text.count,
                   span_string(&log.spans, log.spans.text.count - 1));
        for (size_t i = 0; i < log.spans.len; i++) {
            struct span row;
            span_set_row(&log.spans, i, &row);
            buf_printf(out, "\n%llu:%.17g", (unsigned long long)log.spans.line[i], row.cost);
#define X(type, name, absent) buf_printf(out, " %u", row.name);
            SPAN_TEXTS_OFTEN(X)
            SPAN_TEXTS_RARE(X)
#undef X
        }
        result_release(&r);
    }
    log_release(&log);
}

static void same_on_any_threads(const struct buf *text, const char *part)
{
    struct error err = {0};
    struct buf one = {0}, many = {0};
    ok(file_write(path, text->data, text->len, &err), &err);
    read_with(1, &one);
    if (part)
        text_has(buf_text(&one), part);
    for (uint32_t threads = 2; threads <= 8; threads += 3) {
        buf_clear(&many);
        read_with(threads, &many);
        assert_string_equal(buf_text(&one), buf_text(&many));
    }
    unlink(path);
    buf_release(&one);
    buf_release(&many);
}

enum { BYTES = 7 << 20 };

static void any_count_of_threads_reads_the_same(void **state)
{
    struct buf text = log_write(false, BYTES);
    same_on_any_threads(&text, "otlp-json");
    text.data[--text.len] = '\0'; /* the last line has no end */
    same_on_any_threads(&text, "otlp-json");
    buf_release(&text);
}

/* Puts `line` in front of the line that holds byte `at`. */
static void insert(struct buf *text, size_t at, const char *line)
{
    struct buf out = {0};
    while (at && text->data[at - 1] != '\n')
        at--;
    buf_add(&out, text->data, at);
    buf_puts(&out, line);
    buf_add(&out, text->data + at, text->len - at);
    buf_release(text);
    *text = out;
}

static void odd_lines_and_faults_stand_where_they_stood(void **state)
{
    struct buf text = log_write(false, BYTES);
    insert(&text, 5 << 20,
           "\r\n \n{\"resource_spans\":[{\"scope_spans\":[{\"spans\":[{\"trace_id\":\"abc\","
           "\"span_id\":\"1\",\"parent_span_id\":\"2\",\"name\":\"odd\",\"attributes\":[{\"key\":"
           "\"app.confidence\",\"value\":{\"doubleValue\":7}}]}]}]}]}\n{}\n");
    insert(&text, 3 << 20, "{\"resourceLogs\":[]}\n");
    same_on_any_threads(&text, "odd");
    buf_release(&text);
}

static void what_is_no_otlp_is_told_at_its_line(void **state)
{
    struct buf text = log_write(false, BYTES);
    insert(&text, 5 << 20, "{\"resourceSpans\":[[}\n");
    same_on_any_threads(&text, NULL);
    insert(&text, 3 << 20, "{\"resourceSpans\":7}\n");
    same_on_any_threads(&text, "unreadable record");
    insert(&text, 0, "7\n");
    same_on_any_threads(&text, NULL);
    buf_release(&text);
}

static void a_line_longer_than_what_a_thread_takes_is_read(void **state)
{
    struct buf text = log_write(false, BYTES), gap = {0};
    buf_puts(&gap, "{\"resourceSpans\":[],\"x\":\"");
    for (int i = 0; i < 5 << 20; i++)
        buf_putc(&gap, 'x');
    buf_puts(&gap, "\"}\n");
    insert(&text, 1 << 20, buf_text(&gap));
    same_on_any_threads(&text, "otlp-json");
    buf_release(&text);
    buf_release(&gap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_count_of_threads_reads_the_same),
        cmocka_unit_test(odd_lines_and_faults_stand_where_they_stood),
        cmocka_unit_test(what_is_no_otlp_is_told_at_its_line),
        cmocka_unit_test(a_line_longer_than_what_a_thread_takes_is_read),
    };
    return cmocka_run_group_tests_name("otlp_threads", tests, NULL, NULL);
}
