/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/mixed_log.h"

#include "model/result.h"
#include "model/scenario.h"
#include "trace/estimate.h"
#include "trace/observe.h"
#include "trace/sample.h"

#include <stdlib.h>
#include <unistd.h>

static const char path[] = "/tmp/seam-test-sample.jsonl";

struct reading {
    size_t room; /* 0: by log_read */
    uint32_t threads;
    const char *item_by;
};

static void read_with(struct reading how, struct trace_log *log)
{
    const char *paths[] = {path};
    const struct log_options options = {.threads = how.threads, .item_by = how.item_by};
    struct error err = {0};
    ok(how.room ? log_read_sample(paths, 1, &options, how.room, 1 << 20, log, &err)
                : log_read(paths, 1, &options, log, &err),
       &err);
}

static void write_log(const struct buf *text)
{
    struct error err = {0};
    ok(file_write(path, text->data, text->len, &err), &err);
}

/* The scenario with all that is said of it. */
static struct buf fitted(const struct trace_log *log)
{
    struct buf out = {0};
    struct error err = {0};
    struct pipeline p;
    struct result info;
    const char **notes;
    pipeline_init(&p);
    result_init(&info, "fit");
    ok(log_fit(log, NULL, &p, &notes, &info, &err), &err);
    scenario_write(&p, NULL, notes, &out);
    for (size_t i = 0; i < info.assumptions.len; i++)
        buf_printf(&out, "%s\n", info.assumptions.at[i]);
    for (size_t i = 0; i < info.warnings.len; i++)
        buf_printf(&out, "%s\n", info.warnings.at[i]);
    pipeline_release(&p);
    result_release(&info);
    return out;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The items' ids in order, one a line. */
static struct buf items_of(const struct trace_log *log)
{
    struct buf out = {0};
    const char **id = mem_alloc((log->items.len + 1) * sizeof *id);
    for (size_t i = 0; i < log->items.len; i++)
        id[i] = span_string(&log->spans, log->items.at[i].id);
    qsort(id, log->items.len, sizeof *id, by_text);
    for (size_t i = 0; i < log->items.len; i++)
        buf_printf(&out, "%s\n", id[i]);
    mem_free(id);
    return out;
}

static void a_log_that_fits_is_read_as_ever(void **state)
{
    struct buf text = mixed_log(300);
    struct trace_log whole, sample;
    write_log(&text);
    read_with((struct reading){0}, &whole);
    read_with((struct reading){.room = whole.spans.len}, &sample);
    assert_int_equal(sample.pass.halvings + sample.pass.gone_spans + sample.pass.held, 0);
    struct buf a = fitted(&whole), b = fitted(&sample);
    assert_string_equal(buf_text(&a), buf_text(&b));
    assert_true(sample_scale(&sample) == 1);
    log_release(&whole);
    log_release(&sample);
    buf_release(&a);
    buf_release(&b);
    buf_release(&text);
    unlink(path);
}

/* The lines of a text in an order drawn by seed. */
static struct buf shuffled(const struct buf *text, uint64_t seed)
{
    VEC(const char *) lines = {0};
    struct rng_seq rng = {rng_key(seed, 0, 0, 0, RNG_SPLIT), 0};
    struct buf out = {0};
    for (const char *s = text->data; *s; s = strchr(s, '\n') + 1)
        vec_push(&lines, s);
    for (size_t i = lines.len; i > 1; i--) {
        size_t k = (size_t)rng_below(&rng, i);
        const char *last = lines.at[i - 1];
        lines.at[i - 1] = lines.at[k];
        lines.at[k] = last;
    }
    for (size_t i = 0; i < lines.len; i++)
        buf_add(&out, lines.at[i], (size_t)(strchr(lines.at[i], '\n') + 1 - lines.at[i]));
    vec_release(&lines);
    return out;
}

/* A trace of three spans, each in a line; every tenth fails. */
static struct buf plain_log(unsigned from, unsigned traces)
{
    struct buf b = {0};
    for (unsigned k = from; k < from + traces; k++) {
        struct run r = {k, (k - from) * 700, 0, false, false};
        put(&b, &r, 2, 1, "retrieve", 0, 20 + 7 * (k % 31), k % 10 == 3 ? FAILED : "");
        put(&b, &r, 3, 1, "generate", 300, 400 + 11 * (k % 17), k % 25 == 3 ? FAILED : "");
        put(&b, &r, 1, 0, "run", 0, 650, "");
    }
    return b;
}

static void any_order_and_any_threads_keep_the_same_traces(void **state)
{
    enum { TRACES = 2000, ROOM = 900 };
    struct buf text = plain_log(0, TRACES), first = {0}, story = {0};
    for (uint64_t order = 0; order < 3; order++) {
        struct buf lines = order ? shuffled(&text, order) : text;
        write_log(&lines);
        for (uint32_t threads = 1; threads <= 8; threads += 7) {
            struct trace_log log;
            read_with((struct reading){.room = ROOM, .threads = threads}, &log);
            struct buf items = items_of(&log), told = {0};
            assert_int_equal(log.pass.halvings, 3); /* 6,000 spans: an eighth fits */
            within((double)log.spans.len, ROOM / 2.0 * 0.8, ROOM);
            assert_int_equal(log.quality.traces + log.pass.gone_traces, TRACES);
            assert_int_equal(log.spans.len + log.pass.gone_spans, 3 * TRACES);
            if (!first.len)
                buf_puts(&first, buf_text(&items));
            assert_string_equal(buf_text(&items), buf_text(&first));
            if (!order)
                told = fitted(&log);
            if (!order && threads == 1)
                buf_puts(&story, buf_text(&told));
            if (!order)
                assert_string_equal(buf_text(&told), buf_text(&story));
            buf_release(&items);
            buf_release(&told);
            log_release(&log);
        }
        if (order)
            buf_release(&lines);
    }
    buf_release(&first);
    buf_release(&story);
    buf_release(&text);
    unlink(path);
}

/* An item of the sample is that of the log, with the trace in which it went on. */
static void no_item_is_cut(const struct buf *text, size_t room, const char *item_by)
{
    struct trace_log whole, sample;
    size_t reviewed = 0;
    write_log(text);
    read_with((struct reading){.item_by = item_by}, &whole);
    read_with((struct reading){.room = room, .item_by = item_by}, &sample);
    assert_true(sample.pass.halvings > 0 && sample.items.len > 50 && !sample.pass.held);
    assert_int_equal(sample.quality.traces + sample.pass.gone_traces, whole.quality.traces);
    assert_int_equal(sample.spans.len + sample.pass.gone_spans, whole.spans.len);
    for (size_t i = 0; i < sample.items.len; i++) {
        const struct log_item *it = &sample.items.at[i];
        const char *id = span_string(&sample.spans, it->id);
        uint32_t at = whole.item_of[intern_find(&whole.spans.text, id, strlen(id))];
        const struct log_item *same = &whole.items.at[at];
        assert_int_equal(it->n_visits, same->n_visits);
        assert_int_equal(it->end, same->end);
        assert_int_equal(it->start_ns, same->start_ns);
        assert_int_equal(it->end_ns, same->end_ns);
        reviewed += it->reviewed;
    }
    assert_true(reviewed > 10);
    log_release(&whole);
    log_release(&sample);
    unlink(path);
}

static void no_item_is_cut_in_two(void **state)
{
    struct buf text = mixed_log(1500);
    no_item_is_cut(&text, 1000, NULL);
    no_item_is_cut(&text, 1000, "session.id");
    buf_release(&text);
}

static void no_item_whose_spans_come_in_pieces_is_cut(void **state)
{
    struct buf text = copies_of_log("crewai.jsonl.gz", 20);
    no_item_is_cut(&text, 1000, NULL);
    buf_release(&text);
    text = copies_of_log("autogen.log.gz", 20);
    no_item_is_cut(&text, 1000, NULL);
    buf_release(&text);
}

/* Ten logs of the same runs under other ids: the share of failures in the sample is within five
 * deviations of that of the log (draws without putting back), each step, 6e-7 each; over all of
 * them the scatter is that of such draws: their sum of squares is chi-square with 10 degrees of
 * freedom, which lies beyond 0.9 and 46.9 with probability 1e-4 and 1e-6 (the ids are fixed). */
static void rates_of_the_sample_are_those_of_the_log(void **state)
{
    enum { TRACES = 1200, LOGS = 10, ROOM = 540 };
    double sum = 0;
    for (unsigned k = 0; k < LOGS; k++) {
        struct buf text = plain_log(k * 1000000, TRACES);
        struct trace_log log;
        write_log(&text);
        read_with((struct reading){.room = ROOM, .threads = 1}, &log);
        uint64_t failed = 0;
        for (size_t i = 0; i < log.spans.len; i++)
            failed += strcmp(span_string(&log.spans, log.spans.name[i]), "retrieve") == 0 &&
                      log.spans.outcome[i] != OUTCOME_OK;
        double n = (double)log.items.len, p = 0.1;
        double sigma = sqrt(p * (1 - p) / n * (TRACES - n) / (TRACES - 1));
        within_sigma((double)failed / n, p, sigma, 5.0);
        within_sigma(n, TRACES / 8.0, sqrt(TRACES * 7.0 / 64), 5.0);
        near(sample_scale(&log), TRACES / n, 1e-12);
        sum += pow(((double)failed / n - p) / sigma, 2);
        log_release(&log);
        buf_release(&text);
    }
    within(sum, 0.9, 46.9);
    unlink(path);
}

static void what_was_kept_is_told(void **state)
{
    struct buf text = plain_log(0, 2000), more = {0};
    struct trace_log log;
    struct result r;
    write_log(&text);
    read_with((struct reading){.room = 900}, &log);
    result_init(&r, "replay");
    log_observe(&log, 0.95, &r);
    assert_int_equal(r.data.traces, 2000);
    assert_int_equal(r.data.spans, 6000);
    assert_int_equal(r.data.kept_traces, log.items.len);
    assert_int_equal(r.data.kept_spans, log.spans.len);
    for (size_t i = 0; i < r.assumptions.len; i++)
        buf_printf(&more, "%s\n", r.assumptions.at[i]);
    for (size_t i = 0; i < r.warnings.len; i++)
        buf_printf(&more, "%s\n", r.warnings.at[i]);
    text_has(buf_text(&more), "1 of 8 traces was kept, whole");
    text_has(buf_text(&more), "does not show what items do to one another");
    result_release(&r);
    log_release(&log);
    buf_release(&text);
    buf_release(&more);
    unlink(path);
}

/* A few traces are no sample: they are held, and that is told. */
static void long_traces_are_held(void **state)
{
    struct buf text = {0};
    struct trace_log log;
    struct result r;
    for (unsigned k = 0; k < 3000; k++) {
        struct run run = {k % 3, 0, 0, false, false};
        put(&text, &run, 1 + k / 3, k < 3 ? 0 : 1, k < 3 ? "run" : "step", k, k + 1, "");
    }
    write_log(&text);
    read_with((struct reading){.room = 900}, &log);
    assert_int_equal(log.pass.halvings, 0);
    assert_int_equal(log.items.len, 3);
    result_init(&r, "replay");
    log_observe(&log, 0.95, &r);
    bool told = false;
    for (size_t i = 0; i < r.warnings.len; i++)
        told = told || strstr(r.warnings.at[i], "3000 spans had to be held at once");
    assert_true(told);
    result_release(&r);
    log_release(&log);
    buf_release(&text);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_that_fits_is_read_as_ever),
        cmocka_unit_test(any_order_and_any_threads_keep_the_same_traces),
        cmocka_unit_test(no_item_is_cut_in_two),
        cmocka_unit_test(no_item_whose_spans_come_in_pieces_is_cut),
        cmocka_unit_test(rates_of_the_sample_are_those_of_the_log),
        cmocka_unit_test(what_was_kept_is_told),
        cmocka_unit_test(long_traces_are_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
