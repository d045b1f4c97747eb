/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/mixed_log.h"

#include "base/file.h"
#include "math/values.h"
#include "model/result.h"
#include "trace/observe.h"
#include "trace/repeats.h"
#include "trace/slo.h"
#include "trace/stream.h"

#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

static const char path[] = "/tmp/seam-test-stream.jsonl", labels[] = "/tmp/seam-test-stream.csv";

enum { RUNS = 600 };

/* ---- what is said of it ------------------------------------------------------------------- */

struct reading {
    size_t spans, values; /* 0: the log is read whole */
    uint32_t threads;
    const char *labels, *item_by;
};

static struct result read_with(struct reading how, struct log_pass *pass)
{
    const char *paths[] = {path};
    const struct log_options options = {.threads = how.threads, .item_by = how.item_by};
    const struct stream_room room = {how.spans ? how.spans : SIZE_MAX, how.values, 1 << 20};
    struct trace_log log;
    struct tally *tally;
    struct result r;
    struct error err = {0};
    ok(log_read_tally(paths, 1, &options, how.labels, &room, NULL, &log, &tally, &err), &err);
    result_init(&r, "replay");
    observe_tally(tally, &log, 0.95, &r);
    *pass = log.pass;
    tally_free(tally);
    log_release(&log);
    return r;
}

/* As JSON, without what is said of the way of reading. */
static struct buf told(struct reading how, struct log_pass *pass)
{
    struct result r = read_with(how, pass);
    struct buf out = {0};
    size_t kept = 0;
    for (size_t i = 0; i < r.assumptions.len; i++)
        if (!strstr(r.assumptions.at[i], "in one pass"))
            r.assumptions.at[kept++] = r.assumptions.at[i];
    r.assumptions.len = kept;
    result_write_json(&r, &out);
    result_release(&r);
    return out;
}

/* The same text, in which sums may differ by the order of their terms. */
static void same_text(const char *x, const char *y)
{
    while (*x && *y) {
        if (*x == *y && !isdigit((unsigned char)*x)) {
            x++;
            y++;
            continue;
        }
        char *after_x, *after_y;
        double a = strtod(x, &after_x), b = strtod(y, &after_y);
        if (after_x == x || after_y == y || !(fabs(a - b) <= 1e-13 * fabs(a)))
            fail_msg("%.60s is not %.60s", x, y);
        x = after_x;
        y = after_y;
    }
    assert_int_equal(*x, *y);
}

static void same(struct reading a, struct reading b)
{
    struct log_pass whole, parts;
    struct buf x = told(a, &whole), y = told(b, &parts);
    assert_int_equal(whole.batches > 0, a.spans > 0);
    if (a.spans)
        assert_string_equal(buf_text(&x), buf_text(&y)); /* to the last bit on other threads */
    assert_true(parts.batches > 5);
    assert_true(parts.early > 0);
    assert_int_equal(parts.waiting + parts.held, 0);
    same_text(buf_text(&x), buf_text(&y));
    buf_release(&x);
    buf_release(&y);
}

static void write_log(const struct buf *text)
{
    struct error err = {0};
    ok(file_write(path, text->data, text->len, &err), &err);
}

static void parts_of_a_log_say_what_the_whole_says(void **state)
{
    struct buf text = mixed_log(RUNS);
    write_log(&text);
    same((struct reading){0}, (struct reading){.spans = 400});
    same((struct reading){0}, (struct reading){.spans = 330});
    buf_release(&text);
    unlink(path);
}

static void labels_and_items_by_an_attribute_reach_every_part(void **state)
{
    struct buf text = mixed_log(RUNS), csv = {0};
    struct error err = {0};
    struct log_pass pass;
    buf_puts(&csv, "item,correct,shipped_correct\n");
    for (unsigned i = 0; i < RUNS; i += 2)
        buf_printf(&csv, "%024X%08X,%u,\n", 1, i, i % 7 > 0);
    ok(file_write(labels, csv.data, csv.len, &err), &err);
    write_log(&text);
    same((struct reading){.labels = labels}, (struct reading){.spans = 400, .labels = labels});
    struct result r = read_with((struct reading){.spans = 400, .labels = labels}, &pass);
    near(metrics_find(&r.metrics, "items")->value, RUNS, 0);
    assert_true(result_curve(&r, "frontier") != NULL);
    result_release(&r);
    same((struct reading){.item_by = "session.id"},
         (struct reading){.spans = 400, .item_by = "session.id"});
    buf_release(&text);
    buf_release(&csv);
    unlink(path);
    unlink(labels);
}

/* More bytes than one thread takes at once, so that threads take turns. */
static void any_count_of_threads_parts_a_log_alike(void **state)
{
    enum { MANY = 5000 };
    struct buf text = mixed_log(MANY);
    assert_true(text.len > (size_t)4 << 20);
    write_log(&text);
    for (uint32_t threads = 2; threads <= 8; threads += 6)
        same((struct reading){.spans = 2000, .threads = 1},
             (struct reading){.spans = 2000, .threads = threads});
    buf_release(&text);
    unlink(path);
}

static void quantiles_of_parts_are_off_by_less_than_is_said(void **state)
{
    static const char *const names[] = {"latency_p50", "latency_p95", "latency_p99",
                                        "latency_all_p90"};
    struct buf text = mixed_log(RUNS);
    struct log_pass pass;
    write_log(&text);
    struct result whole = read_with((struct reading){0}, &pass);
    struct result parts = read_with((struct reading){.spans = 400, .values = 512}, &pass);
    assert_string_equal(whole.data.percentiles, "exact");
    assert_string_equal(parts.data.percentiles, "sketch (0.8%)");
    for (size_t i = 0; i < 4; i++)
        near_rel(metrics_find(&parts.metrics, names[i])->value,
                 metrics_find(&whole.metrics, names[i])->value, VALUES_OFF);
    for (size_t s = 0; s < whole.stages.len; s++) {
        const struct metrics *a = &whole.stages.at[s].metrics, *b = &parts.stages.at[s].metrics;
        near_rel(metrics_find(b, "attempt_latency_p95")->value,
                 metrics_find(a, "attempt_latency_p95")->value, VALUES_OFF);
        near_rel(metrics_find(b, "attempt_latency_mean")->value,
                 metrics_find(a, "attempt_latency_mean")->value, 1e-12);
    }
    result_release(&whole);
    result_release(&parts);
    buf_release(&text);
    unlink(path);
}

static bool warned(const struct result *r, const char *part)
{
    for (size_t i = 0; i < r->warnings.len; i++)
        if (strstr(r->warnings.at[i], part))
            return true;
    return false;
}

static void spans_of_traces_that_were_over_are_counted(void **state)
{
    struct buf text = mixed_log(RUNS);
    struct log_pass pass;
    const struct run first = {0};
    put(&text, &first, 77, 1, "too_late", 0, 8, "");
    put(&text, &first, 78, 1, "too_late", 0, 8, "");
    write_log(&text);
    struct result r = read_with((struct reading){.spans = 400}, &pass);
    assert_true(warned(&r, "2 spans came after their trace was counted"));
    near(metrics_find(&r.metrics, "items")->value, RUNS, 0);
    bool placed = false;
    for (size_t i = 0; i < r.data.places.len; i++)
        placed = placed || (strcmp(r.data.places.at[i].kind, "late span") == 0 &&
                            strstr(r.data.places.at[i].place, path));
    assert_true(placed);
    result_release(&r);
    buf_release(&text);
    unlink(path);
}

/* ---- what else looks at the batches ------------------------------------------------------- */

struct looking {
    struct slo_events *events;
    struct relevance *relevance;
};

static void look(void *arg, const struct trace_log *log, bool batch)
{
    struct looking *l = arg;
    slo_events_add(l->events, log, batch);
    relevance_add(l->relevance, log);
}

static struct result asked(size_t spans)
{
    const char *paths[] = {path};
    const struct log_options options = {.documents = true};
    const struct stream_room room = {spans, 0, 1 << 20};
    struct objective list[3];
    struct looking looking = {0};
    const struct stream_watch watch = {look, &looking};
    struct trace_log log;
    struct tally *tally;
    struct result r;
    struct error err = {0};
    ok(objective_parse("completion at least 90%", &list[0], &err), &err);
    ok(objective_parse("latency at most 2s for 90%", &list[1], &err), &err);
    ok(objective_parse("retrieve latency at most 200ms for 50%", &list[2], &err), &err);
    looking.events = slo_events_new(list, 3);
    ok(relevance_read(labels, &looking.relevance, &err), &err);
    ok(log_read_tally(paths, 1, &options, NULL, &room, &watch, &log, &tally, &err), &err);
    assert_int_equal(log.pass.batches > 0, spans < SIZE_MAX);
    result_init(&r, "replay");
    observe_tally(tally, &log, 0.95, &r);
    ok(slo_put(looking.events, &log, 60, 0.95, &r, &err), &err);
    ok(relevance_put(looking.relevance, 0.95, &r, &err), &err);
    tally_free(tally);
    slo_events_free(looking.events);
    relevance_free(looking.relevance);
    log_release(&log);
    return r;
}

static void same_metrics(const struct metrics *a, const struct metrics *b)
{
    assert_int_equal(a->list.len, b->list.len);
    for (size_t i = 0; i < a->list.len; i++) {
        assert_string_equal(a->list.at[i].name, b->list.at[i].name);
        near_rel(b->list.at[i].value, a->list.at[i].value, 1e-13);
        near_rel(b->list.at[i].low, a->list.at[i].low, 1e-13);
    }
}

/* A few of the retrievals of the mixed log say what they found. */
static struct buf log_with_documents(unsigned runs)
{
    struct buf b = {0};
    char more[300];
    for (unsigned i = 0; i < runs; i++) {
        struct run r = {i, i * 1000, 0, false, false};
        snprintf(more, sizeof more,
                 ",\"attributes\":[{\"key\":\"gen_ai.operation.name\",\"value\":{\"stringValue\":"
                 "\"retrieval\"}},{\"key\":\"gen_ai.retrieval.documents\",\"value\":{"
                 "\"stringValue\":\"[{\\\"id\\\":\\\"d%u\\\"},{\\\"id\\\":\\\"d%u\\\"}]\"}}]",
                 i % 5, i % 3);
        put(&b, &r, 2, 1, "retrieve", 8, 40 + i % 400, more);
        put(&b, &r, 3, 1, "generate", 600, 640, i % 7 ? "" : FAILED);
        put(&b, &r, 1, 0, "run", 0, 700, i % 7 ? "" : FAILED);
    }
    return b;
}

static void objectives_and_relevance_are_those_of_the_whole(void **state)
{
    struct buf text = log_with_documents(RUNS), csv = {0};
    struct error err = {0};
    write_log(&text);
    buf_puts(&csv, "item,document\n");
    for (unsigned i = 0; i < RUNS; i += 2)
        buf_printf(&csv, "%024X%08X,d%u\n", 1, i, i % 4);
    ok(file_write(labels, csv.data, csv.len, &err), &err);
    struct result whole = asked(SIZE_MAX), parts = asked(200);
    assert_int_equal(whole.objectives.len, 3);
    for (size_t i = 0; i < 3; i++)
        same_metrics(&whole.objectives.at[i].metrics, &parts.objectives.at[i].metrics);
    same_metrics(&result_stage(&whole, "retrieve")->metrics,
                 &result_stage(&parts, "retrieve")->metrics);
    assert_non_null(metrics_find(&result_stage(&parts, "retrieve")->metrics, "mrr"));
    assert_non_null(metrics_find(&result_stage(&parts, "retrieve")->metrics, "within_budget"));
    result_release(&whole);
    result_release(&parts);
    buf_release(&text);
    buf_release(&csv);
    unlink(path);
    unlink(labels);
}

static void spans_in_pieces_say_the_same_in_batches(void **state)
{
    static const char *const names[] = {"crewai.jsonl.gz", "autogen.log.gz"};
    for (size_t i = 0; i < 2; i++) {
        struct log_pass whole, parts;
        struct buf text = copies_of_log(names[i], 20);
        write_log(&text);
        struct buf x = told((struct reading){0}, &whole);
        struct buf y = told((struct reading){.spans = 1200}, &parts);
        assert_true(parts.batches > 2);
        assert_int_equal(parts.held, 0);
        same_text(buf_text(&x), buf_text(&y));
        buf_release(&x);
        buf_release(&y);
        buf_release(&text);
    }
    unlink(path);
}

/* Runs that never go on are held as long as there is room, and one that never ends for ever. */
static void want_of_room_is_told(void **state)
{
    struct buf text = {0};
    struct log_pass pass;
    char more[300];
    for (unsigned i = 0; i < 300; i++) {
        struct run r = {i, i * 1000, 0, false, false};
        snprintf(more, sizeof more,
                 ",\"attributes\":[{\"key\":\"session.id\",\"value\":{\"stringValue\":\"s%u\"}}],"
                 "\"status\":{\"code\":2,\"message\":\"GraphInterrupt\"}",
                 i);
        put(&text, &r, 2, 1, "draft", 8, 40, "");
        put(&text, &r, 3, 1, "human_review", 50, 60, more);
        put(&text, &r, 1, 0, "run", 0, 100, "");
    }
    write_log(&text);
    struct result r = read_with((struct reading){.spans = 200}, &pass);
    near(metrics_find(&r.metrics, "items")->value, 300, 0);
    near(metrics_find(&r.metrics, "share_unfinished")->value, 1, 0);
    assert_true(warned(&r, "while they waited for a person"));
    assert_int_equal(pass.held, 0);
    result_release(&r);
    buf_clear(&text);
    struct run endless = {7, 0, 0, false, false};
    for (unsigned i = 0; i < 900; i++)
        put(&text, &endless, i + 1, i ? 1 : 0, "step", i, i + 1, "");
    write_log(&text);
    r = read_with((struct reading){.spans = 200}, &pass);
    near(metrics_find(&r.metrics, "items")->value, 1, 0);
    assert_int_equal(pass.batches, 0);
    assert_true(warned(&r, "had to be held at once"));
    result_release(&r);
    buf_clear(&text);
    for (unsigned i = 0; i < 300; i++) /* events that tell a span in pieces */
        buf_printf(
            &text,
            "{\"type\":\"flow_started\",\"timestamp\":\"2024-01-01T10:%02u:%02u\",\"event_id\":"
            "\"e%u\",\"event_data\":{\"flow_name\":\"f\"}}\n"
            "{\"type\":\"flow_finished\",\"timestamp\":\"2024-01-01T11:%02u:%02u\",\"event_id\":"
            "\"d%u\",\"started_event_id\":\"e%u\",\"event_data\":{\"flow_name\":\"f\"}}\n",
            i / 60, i % 60, i, i / 60, i % 60, i, i);
    write_log(&text);
    r = read_with((struct reading){.spans = 200}, &pass);
    near(metrics_find(&r.metrics, "items")->value, 300, 0);
    assert_int_equal(pass.held, 0);
    assert_true(pass.batches > 2);
    result_release(&r);
    buf_release(&text);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_a_log_say_what_the_whole_says),
        cmocka_unit_test(labels_and_items_by_an_attribute_reach_every_part),
        cmocka_unit_test(any_count_of_threads_parts_a_log_alike),
        cmocka_unit_test(quantiles_of_parts_are_off_by_less_than_is_said),
        cmocka_unit_test(spans_of_traces_that_were_over_are_counted),
        cmocka_unit_test(objectives_and_relevance_are_those_of_the_whole),
        cmocka_unit_test(spans_in_pieces_say_the_same_in_batches),
        cmocka_unit_test(want_of_room_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
