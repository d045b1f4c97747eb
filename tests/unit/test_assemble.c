/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/log_text.h"

#include "model/rules.h"
#include "trace/discover.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define INTERRUPT ",\"events\":[{\"name\":\"interrupt\"}]"

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

static struct trace_log read(const struct log_options *options)
{
    struct trace_log log;
    read_ok(buf_text(&text), options, &log);
    return log;
}

static const struct log_visit *visit(const struct trace_log *log, size_t item, size_t k)
{
    assert_in_range(item, 0, log->items.len - 1);
    assert_in_range(k, 0, log->items.at[item].n_visits - 1);
    return &log->visits.at[log->items.at[item].first_visit + k];
}

static void siblings_after_a_failure_are_attempts_else_visits(void **state)
{
    put_span(&text, "t", "r", "", "run", 0, 100, "");
    put_span(&text, "t", "c", "r", "call", 40, 50, "");
    put_span(&text, "t", "a", "r", "call", 10, 20, FAILED);
    put_span(&text, "t", "b", "r", "call", 25, 30, FAILED);
    put_span(&text, "t", "d", "r", "call", 60, 70, "");
    struct trace_log log = read(NULL);
    assert_int_equal(log.items.at[0].n_visits, 2);
    assert_int_equal(visit(&log, 0, 0)->n_attempts, 3);
    assert_int_equal(visit(&log, 0, 1)->n_attempts, 1);
    assert_int_equal(visit(&log, 0, 0)->outcome, OUTCOME_OK);
    assert_int_equal(log.stages.at[0].attempts, 4);
    const uint32_t *at = &log.attempts.at[visit(&log, 0, 0)->first_attempt];
    assert_int_equal(log.spans.id[at[0]], log.spans.id[2]);
    assert_int_equal(log.spans.id[at[2]], log.spans.id[1]);
    near((double)(visit(&log, 0, 0)->end_ns - visit(&log, 0, 0)->start_ns), 40e6, 0);
    log_release(&log);
}

static void a_resent_span_counts_once(void **state)
{
    put_span(&text, "t", "r", "", "run", 0, 100, "");
    put_span(&text, "t", "a", "r", "one", 10, 20, "");
    put_span(&text, "t", "a", "r", "one", 10, 20, "");
    put_span(&text, "t", "b", "r", "two", 30, 40, "");
    put_span(&text, "t", "b", "r", "other", 30, 40, ""); /* the id again, but another span */
    struct trace_log log = read(NULL);
    assert_int_equal(log.quality.count[QUALITY_DUPLICATE], 1);
    assert_int_equal(log.quality.place[QUALITY_DUPLICATE][0].line, 3);
    assert_int_equal(log.items.at[0].n_visits, 3);
    log_release(&log);
}

static void wrappers_around_the_steps_are_not_steps(void **state)
{
    put_span(&text, "t", "s", "", "POST /run", 0, 100, "");
    put_span(&text, "t", "w", "s", "workflow", 1, 99, "");
    put_span(&text, "t", "h", "w", "__start__", 2, 3, "");
    put_span(&text, "t", "a", "w", "draft it!", 10, 20, "");
    put_span(&text, "t", "x", "a", "chat", 11, 19, "");
    put_span(&text, "t", "b", "w", "ship", 30, 40, "");
    /* a run that was cut short after its first step follows the others */
    put_span(&text, "u", "s", "", "POST /run", 200, 300, "");
    put_span(&text, "u", "w", "s", "workflow", 201, 299, "");
    put_span(&text, "u", "a", "w", "draft it!", 210, 220, "");
    put_span(&text, "u", "x", "a", "chat", 211, 219, "");
    struct trace_log log = read(NULL);
    assert_int_equal(log.stages.len, 2);
    assert_string_equal(log.stages.at[0].id, "draft_it");
    assert_string_equal(log.stages.at[1].id, "ship_step");
    assert_int_equal(log.items.at[1].n_visits, 1);
    log_release(&log);
}

/* As instrumentations write it that keep the last span as the context of the next. */
static void work_begun_after_its_parent_is_a_step_of_its_own(void **state)
{
    static const char rerank[] = ATTRIBUTES(TEXT_ATTRIBUTE("gen_ai.operation.name", "rerank"));
    static const char tool[] = ATTRIBUTES(TEXT_ATTRIBUTE("gen_ai.operation.name", "execute_tool"));
    for (unsigned i = 0; i < 12; i++) {
        char trace[2] = {(char)('a' + i), 0};
        unsigned late = i == 0 ? 12 : 0; /* of one item, the server began when nobody waited */
        put_span(&text, trace, "r", "", "run", 0, 100, "");
        put_span(&text, trace, "a", "r", "retrieve", 10, 20, "");
        put_span(&text, trace, "b", "a", "rerank", 20, 30, rerank);
        put_span(&text, trace, "c", "b", "rank again", 31, 32, rerank);
        put_span(&text, trace, "d", "a", "note", 21, 22, ""); /* no work that is known */
        put_span(&text, trace, "e", "r", "look up", 40, 50, "");
        put_span(&text, trace, "f", "e", "server", 41 + late, 49 + late, tool);
    }
    struct trace_log log = read(NULL);
    assert_int_equal(log.stages.len, 4);
    assert_string_equal(log.stages.at[0].id, "retrieve");
    assert_string_equal(log.stages.at[1].id, "rerank");
    assert_string_equal(log.stages.at[2].id, "rank_again");
    assert_string_equal(log.stages.at[3].id, "look_up");
    assert_int_equal(log.stages.at[2].visits, 12);
    log_release(&log);
}

static void different_names_stay_different_steps(void **state)
{
    static const char *const names[] = {"поиск", "ответ", "...", "a b", "a_2", "a.b", "a/b"};
    static const char *const ids[] = {"step", "step_2", "unnamed", "a_b", "a_2", "a_b_2", "a_b_3"};
    put_span(&text, "t", "r", "", "run", 0, 100, "");
    for (int i = 0; i < 7; i++) {
        char id[2] = {(char)('A' + i), 0};
        put_span(&text, "t", id, "r", names[i], 10 * i + 1, 10 * i + 5, "");
    }
    struct trace_log log = read(NULL);
    assert_int_equal(log.stages.len, 7);
    for (int i = 0; i < 7; i++)
        assert_string_equal(log.stages.at[i].id, ids[i]);
    log_release(&log);
}

static void letters_that_ids_do_not_have_stay_as_the_name(void **state)
{
    static const char *const names[] = {"検索", "生成 A", "naïve", "plain name", "a\u202ebc"};
    static const char *const ids[] = {"step", "A", "na_ve", "plain_name", "a_bc"};
    static const char *const kept[] = {"検索", "生成 A", "naïve", NULL, "abc"};
    put_span(&text, "t", "r", "", "run", 0, 100, "");
    for (int i = 0; i < 5; i++) {
        char id[2] = {(char)('A' + i), 0};
        put_span(&text, "t", id, "r", names[i], 10 * i + 1, 10 * i + 5, "");
    }
    struct trace_log log = read(NULL);
    assert_int_equal(log.stages.len, 5);
    for (int i = 0; i < 5; i++) {
        assert_string_equal(log.stages.at[i].id, ids[i]);
        if (kept[i])
            assert_string_equal(log.stages.at[i].name, kept[i]);
        else
            assert_null(log.stages.at[i].name);
    }
    log_release(&log);
}

/* One item that passes n steps, s0 to s<n-1>, in order. */
static void put_long_item(int n)
{
    put_span(&text, "t", "r", "", "run", 0, 10 * n + 10, "");
    for (int i = 0; i < n; i++) {
        char id[16], name[16];
        snprintf(id, sizeof id, "%d", i);
        snprintf(name, sizeof name, "s%d", i);
        put_span(&text, "t", id, "r", name, 10 * i + 1, 10 * i + 5, "");
    }
}

static void many_steps_keep_the_order_of_the_item(void **state)
{
    static const int counts[] = {70, 256, 257, LOG_STAGES_MAX};
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        buf_clear(&text);
        put_long_item(counts[k]);
        struct trace_log log = read(NULL);
        assert_int_equal(log.stages.len, counts[k]);
        for (int i = 0; i < counts[k]; i++)
            assert_int_equal(atoi(log.stages.at[i].id + 1), i);
        log_release(&log);
    }
}

static void names_with_ids_in_them_are_refused(void **state)
{
    struct trace_log log;
    struct error err = {0};
    put_long_item(LOG_STAGES_MAX + 1);
    assert_int_equal(log_read_text("log.jsonl", buf_text(&text), text.len, NULL, &log, &err), -1);
    error_is(&err, ERR_LIMIT, "log.jsonl: 901 names of steps (the last are `s899` and `s900`)");
    text_has(err.text, "--stage-by");
    log_release(&log);
}

static void a_lone_root_is_the_operation(void **state)
{
    put_span(&text, "t", "s", "", "alone", 0, 100, "");
    struct trace_log log = read(NULL);
    assert_string_equal(log.stages.at[0].id, "alone");
    assert_int_equal(log.items.at[0].n_visits, 1);
    log_release(&log);
}

static void the_user_can_name_the_steps(void **state)
{
    struct log_options options = {.stage_by = "step"};
    put_span(&text, "t", "r", "", "run", 0, 100, "");
    put_span(&text, "t", "a", "r", "x", 10, 20, ATTRIBUTES(TEXT_ATTRIBUTE("step", "one")));
    put_span(&text, "t", "b", "a", "y", 11, 12, ATTRIBUTES(TEXT_ATTRIBUTE("step", "inner")));
    put_span(&text, "t", "c", "r", "z", 30, 40, "");
    put_span(&text, "t", "d", "c", "w", 31, 32, ATTRIBUTES(TEXT_ATTRIBUTE("step", "two")));
    struct trace_log log = read(&options);
    assert_int_equal(log.stages.len, 2);
    assert_string_equal(log.stages.at[0].id, "one");
    assert_string_equal(log.stages.at[1].id, "two");
    log_release(&log);
}

static void a_trace_resumed_after_an_interrupt_is_the_same_item(void **state)
{
#define SESSION(s) ATTRIBUTES(TEXT_ATTRIBUTE("session.id", s))
    put_span(&text, "a", "r", "", "run", 0, 30, SESSION("s1"));
    put_span(&text, "a", "1", "r", "draft", 1, 10, "");
    put_span(&text, "a", "2", "r", "review", 20, 30, INTERRUPT);
    put_span(&text, "b", "r", "", "run", 100, 130, SESSION("s1")); /* resumes a */
    put_span(&text, "b", "3", "r", "review", 101, 110, "");
    put_span(&text, "b", "4", "r", "store", 120, 129, "");
    put_span(&text, "c", "r", "", "run", 200, 230, SESSION("s1")); /* the session's next item */
    put_span(&text, "c", "5", "r", "draft", 201, 210, "");
    put_span(&text, "c", "6", "r", "store", 220, 229, "");
    put_span(&text, "d", "r", "", "run", 60, 90, SESSION("s2")); /* another session */
    put_span(&text, "d", "7", "r", "draft", 61, 70, "");
    put_span(&text, "d", "8", "r", "review", 80, 90, INTERRUPT);
    struct trace_log log = read(NULL);
    assert_int_equal(log.quality.traces, 4);
    assert_int_equal(log.items.len, 3);
    assert_int_equal(log.items.at[0].n_visits, 3);
    assert_int_equal(visit(&log, 0, 1)->n_attempts, 2);
    assert_false(visit(&log, 0, 1)->pending);
    near((double)(visit(&log, 0, 1)->end_ns - visit(&log, 0, 1)->start_ns), 90e6, 0);
    assert_int_equal(log.items.at[0].end, LOG_SHIPPED);
    assert_true(log.items.at[0].reviewed);
    assert_int_equal(log.items.at[1].end, LOG_UNFINISHED);
    assert_false(log.items.at[2].reviewed);
    assert_int_equal(log.quality.interrupts, 2);
    assert_int_equal(log.quality.errors, 0);
    log_release(&log);
}

static void the_user_can_name_the_items(void **state)
{
    struct log_options options = {.item_by = "order"};
    put_span(&text, "a", "1", "", "x", 0, 30, ATTRIBUTES(TEXT_ATTRIBUTE("order", "7")));
    put_span(&text, "b", "2", "", "y", 40, 50, ATTRIBUTES(TEXT_ATTRIBUTE("order", "7")));
    put_span(&text, "c", "3", "", "x", 60, 70, ATTRIBUTES(TEXT_ATTRIBUTE("order", "8")));
    struct trace_log log = read(&options);
    assert_int_equal(log.items.len, 2);
    assert_string_equal(span_string(&log.spans, log.items.at[0].id), "7");
    assert_int_equal(log.items.at[0].n_visits, 2);
    log_release(&log);
}

static void faults_of_the_data_are_counted_with_their_places(void **state)
{
    struct log_options strict = {.strict = true};
    put_span(&text, "t", "r", "", "run", 0, 100, "");
    put_span(&text, "t", "a", "r", "one", 20, 10, "");
    put_span(&text, "t", "b", "r", "two", 30, 40, "");
    put_span(&text, "t", "c", "gone", "three", 50, 60, "");
    put_span(&text, "t", "d", "e", "four", 70, 80, "");
    put_span(&text, "t", "e", "d", "five", 71, 79, "");
    put_span(&text, "t", "f", "f", "six", 90, 95, "");
    struct trace_log log = read(NULL);
    assert_int_equal(log.quality.count[QUALITY_NEGATIVE], 1);
    assert_int_equal(log.quality.place[QUALITY_NEGATIVE][0].line, 2);
    assert_int_equal(log.quality.count[QUALITY_ORPHAN], 1);
    assert_int_equal(log.quality.place[QUALITY_ORPHAN][0].line, 4);
    assert_int_equal(log.quality.count[QUALITY_CYCLE], 2);
    assert_int_equal(log.quality.roots, 3);
    assert_true(isnan(span_duration_s(&log.spans, 1)));
    log_release(&log);
    read_refused(buf_text(&text), &strict, ERR_INPUT, "log:2: negative duration: 1 in the log");
}

/* 200,000 spans, each the parent of the next, the last (when `cycle`) of the first. */
enum { CHAIN = 200000 };

static double seconds_for_chain(bool cycle)
{
    struct trace_log log;
    struct timespec from, to;
    buf_clear(&text);
    buf_puts(&text, "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[");
    for (unsigned i = 0; i < CHAIN; i++)
        buf_printf(&text,
                   "%s{\"traceId\":\"t\",\"spanId\":\"%016x\",\"parentSpanId\":\"%016x\","
                   "\"name\":\"n\",\"startTimeUnixNano\":%llu,\"endTimeUnixNano\":%llu}",
                   i ? "," : "", i + 1,
                   i       ? i
                   : cycle ? CHAIN
                           : 0,
                   1700000000000000000ULL + i, 1700000000000000000ULL + i + 1);
    buf_puts(&text, "]}]}]}");
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    log = read(NULL);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    assert_int_equal(log.quality.count[QUALITY_CYCLE], cycle);
    assert_int_equal(log.quality.roots, 1);
    assert_int_equal(log.items.len, 1);
    log_release(&log);
    return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) * 1e-9;
}

static void long_chains_and_cycles_take_linear_time(void **state)
{
    /* some tenths of a second; quadratic time would be 4e10 steps, a minute or more */
    within(seconds_for_chain(false), 0, 20);
    within(seconds_for_chain(true), 0, 20);
}

/* ---- discovery -------------------------------------------------------------------------- */

static void decisions_are_understood(void **state)
{
    assert_int_equal(discover_verdict("approve"), LOG_APPROVED);
    assert_int_equal(discover_verdict("Accepted"), LOG_APPROVED);
    assert_int_equal(discover_verdict("true"), LOG_APPROVED);
    assert_int_equal(discover_verdict("correct"), LOG_CORRECTED);
    assert_int_equal(discover_verdict("EDITED"), LOG_CORRECTED);
    assert_int_equal(discover_verdict("reject"), LOG_REJECTED_BY_REVIEW);
    assert_int_equal(discover_verdict("denied"), LOG_REJECTED_BY_REVIEW);
    assert_int_equal(discover_verdict("auto_approved"), LOG_AUTOMATIC);
    assert_int_equal(discover_verdict("not required"), LOG_AUTOMATIC);
    assert_int_equal(discover_verdict("no"), LOG_REJECTED_BY_REVIEW);
    assert_int_equal(discover_verdict(""), LOG_NO_VERDICT);
    assert_int_equal(discover_verdict("later"), LOG_NO_VERDICT);
}

/* A start may be rounded to a millisecond, and work may go on when its parent is over. */
static void a_span_that_begins_before_its_parent_is_counted(void **state)
{
    put_span(&text, "t", "r", "", "run", 5000, 9000, "");
    put_span(&text, "t", "a", "r", "one", 4999, 6000, "");
    put_span(&text, "t", "b", "r", "two", 4990, 7000, "");
    put_span(&text, "t", "c", "r", "three", 8000, 9500, "");
    put_span(&text, "t", "d", "b", "four", 4000, 4500, "");
    struct trace_log log = read(NULL);
    assert_int_equal(log.quality.count[QUALITY_EARLY], 2);
    assert_int_equal(
        log.quality.place[QUALITY_EARLY][0].line + log.quality.place[QUALITY_EARLY][1].line, 3 + 5);
    log_release(&log);
}

static void the_shortest_decimal_between_two_is_found(void **state)
{
    near(discover_shortest(0.846, 0.8577), 0.85, 0);
    near(discover_shortest(0.79, 0.96), 0.9, 0);
    near(discover_shortest(0.8, 0.9), 0.9, 0); /* ships at c >= t: high may be the threshold */
    near(discover_shortest(0.85, 0.8501), 0.8501, 0);
    near(discover_shortest(0.4, 1), 1, 0);
    near(discover_shortest(0.123, 0.1249), 0.124, 0);
}

/* Two runs side by side, whose second draft was hung below the first run's root. */
static void a_mixed_trace_is_parted_by_sessions(void **state)
{
    for (int own_trace = 0; own_trace < 2; own_trace++) {
        const char *second = own_trace ? "u" : "t";
        put_span(&text, "t", "a", "", "run", 0, 100, SESSION("s1"));
        put_span(&text, "t", "b", "a", "draft", 0, 20, SESSION("s1"));
        put_span(&text, "t", "c", "a", "send", 30, 40, "");
        put_span(&text, second, "d", "", "run", 5, 110, SESSION("s2"));
        put_span(&text, "t", "e", "a", "draft", 10, 50, SESSION("s2"));
        put_span(&text, "t", "f", "e", "call", 12, 40, FAILED);
        put_span(&text, second, "0a", "d", "send", 60, 90, "");
        struct trace_log log = read(NULL);
        assert_int_equal(log.quality.count[QUALITY_MIXED], 1);
        assert_int_equal(log.quality.place[QUALITY_MIXED][0].line, own_trace ? 5 : 4);
        assert_int_equal(log.quality.count[QUALITY_ORPHAN], 0);
        assert_int_equal(log.items.len, 2);
        assert_int_equal(log.quality.roots, 2);
        for (size_t i = 0; i < 2; i++) {
            const struct log_item *it = &log.items.at[i];
            assert_int_equal(it->n_visits, 2);
            assert_string_equal(log.stages.at[log.visits.at[it->first_visit].stage].id, "draft");
            assert_int_equal(it->end, LOG_SHIPPED);
        }
        assert_int_equal(log.items.at[1].end_ns - log.items.at[1].start_ns, 105000000);
        assert_string_equal(span_string(&log.spans, log.items.at[1].id), own_trace ? "u" : "t/s2");
        log_release(&log);
        buf_clear(&text);
    }
}

static void a_session_without_a_run_of_its_own_is_part_of_the_run(void **state)
{
    put_span(&text, "t", "a", "", "run", 0, 100, SESSION("s1"));
    put_span(&text, "t", "b", "a", "plan", 0, 20, "");
    put_span(&text, "t", "c", "a", "ask", 30, 60, "");
    put_span(&text, "t", "d", "c", "helper", 31, 59, SESSION("s2"));
    /* s3 has a run, at another time */
    put_span(&text, "t", "e", "c", "helper", 40, 50, SESSION("s3"));
    put_span(&text, "u", "f", "", "run", 500, 600, SESSION("s3"));
    struct trace_log log = read(NULL);
    assert_int_equal(log.quality.count[QUALITY_MIXED], 0);
    assert_int_equal(log.items.len, 2);
    log_release(&log);
}

static void put_run(const char *trace, char root, unsigned start_ms)
{
    char id[2] = {root, 0}, first[3] = {root, '1', 0}, last[3] = {root, '2', 0};
    put_span(&text, trace, id, "", "run", start_ms, start_ms + 100, "");
    put_span(&text, trace, first, id, "draft", start_ms, start_ms + 40, "");
    put_span(&text, trace, last, id, "send", start_ms + 50, start_ms + 90, "");
}

static void a_mixed_trace_is_parted_by_roots_where_traces_have_one(void **state)
{
    char name[16];
    for (unsigned i = 0; i < 9; i++) {
        snprintf(name, sizeof name, "t%u", i);
        put_run(name, 'a', 1000 * i);
    }
    put_run("mixed", 'a', 20000);
    put_run("mixed", 'b', 20050);
    put_run("mixed", 'c', 20060);
    struct trace_log log = read(NULL);
    assert_int_equal(log.quality.count[QUALITY_MIXED], 1);
    assert_int_equal(log.quality.place[QUALITY_MIXED][0].line, 31);
    assert_int_equal(log.items.len, 12);
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(log.items.at[i].n_visits, 2);
    log_release(&log);
}

static void roots_of_traces_that_have_several_are_one_run(void **state)
{
    put_run("t", 'a', 0);
    put_run("t", 'b', 50);
    put_run("u", 'a', 1000);
    struct trace_log log = read(NULL);
    assert_int_equal(log.quality.count[QUALITY_MIXED], 0);
    assert_int_equal(log.items.len, 2);
    log_release(&log);
}

/* A run that goes through several documents, each of which is an item. */
static void a_trace_of_several_items_is_parted_by_the_users_attribute(void **state)
{
#define DOCUMENT(s) ATTRIBUTES(TEXT_ATTRIBUTE("doc", s))
    static const struct log_options options = {.item_by = "doc"};
    put_span(&text, "t", "a", "", "batch", 0, 100, "");
    put_span(&text, "t", "b", "a", "document", 0, 40, DOCUMENT("d1"));
    put_span(&text, "t", "c", "b", "draft", 0, 20, "");
    put_span(&text, "t", "d", "b", "send", 20, 40, "");
    put_span(&text, "t", "e", "a", "document", 40, 90, DOCUMENT("d2"));
    put_span(&text, "t", "f", "e", "draft", 40, 60, "");
    put_span(&text, "t", "0a", "e", "send", 60, 90, "");
    struct trace_log log = read(&options);
    assert_int_equal(log.items.len, 2);
    assert_int_equal(log.quality.count[QUALITY_MIXED], 0);
    assert_string_equal(span_string(&log.spans, log.items.at[1].id), "d2");
    assert_int_equal(log.items.at[1].n_visits, 2);
    assert_int_equal(log.items.at[1].end_ns - log.items.at[1].start_ns, 50000000);
    log_release(&log);
}

static void put_item(unsigned n, double confidence, bool reviewed, const char *verdict)
{
    char trace[16], more[200];
    snprintf(trace, sizeof trace, "item-%u", n);
    put_span(&text, trace, "r", "", "run", n * 1000, n * 1000 + 90, "");
    snprintf(more, sizeof more,
             ATTRIBUTES("{\"key\":\"app.confidence\",\"value\":{\"doubleValue\":%.17g}}"),
             confidence);
    put_span(&text, trace, "1", "r", "draft", n * 1000 + 10, n * 1000 + 20, more);
    if (reviewed) {
        snprintf(more, sizeof more, ATTRIBUTES(TEXT_ATTRIBUTE("app.verdict", "%s")), verdict);
        put_span(&text, trace, "2", "r", "human_review", n * 1000 + 30, n * 1000 + 50, more);
    }
    put_span(&text, trace, "3", "r", "publish", n * 1000 + 60, n * 1000 + 80, "");
}

static void a_gate_is_seen_by_what_it_lets_through(void **state)
{
    put_item(1, 0.95, false, NULL);
    put_item(2, 0.71, true, "approve");
    put_item(3, 0.81, false, NULL);
    put_item(4, 0.79, true, "reject");
    struct trace_log log = read(NULL);
    assert_int_equal(log.review, stage_named(&log, "human_review"));
    assert_int_equal(log.gate, stage_named(&log, "draft"));
    assert_int_equal(log.scorer, log.gate);
    assert_int_equal(log.stages.at[log.gate].kind, STEP_STAGE); /* it drafts, too */
    near(log.threshold, 0.8, 0);
    assert_false(log.threshold_logged);
    assert_int_equal(log.gate_mixed, 0);
    assert_int_equal(log.stages.at[log.review].kind, STEP_REVIEW);
    assert_int_equal(log.stages.at[log.review].layer, LAYER_HUMAN);
    assert_string_equal(log.stages.at[2].id, "publish");
    assert_int_equal(log.items.at[3].end, LOG_REJECTED);
    assert_int_equal(log.items.at[3].draft, LOG_BAD);
    assert_int_equal(log.items.at[1].shipped, LOG_GOOD);
    assert_int_equal(log.items.at[0].shipped, LOG_UNKNOWN);
    log_release(&log);
}

static void what_nobody_looked_at_was_not_reviewed(void **state)
{
    put_item(1, 0.95, true, "auto_approved");
    put_item(2, 0.71, true, "approve");
    put_item(3, 0.81, true, "auto_approved");
    struct trace_log log = read(NULL);
    assert_false(log.items.at[0].reviewed);
    assert_true(log.items.at[1].reviewed);
    assert_int_equal(log.items.at[0].n_visits, 2);
    assert_int_equal(log.items.at[1].n_visits, 3);
    assert_int_equal(log.stages.at[log.review].visits, 1);
    assert_int_equal(log.items.at[0].draft, LOG_UNKNOWN);
    near(log.threshold, 0.8, 0);
    log_release(&log);
}

static void reviews_at_any_confidence_show_no_gate(void **state)
{
    for (unsigned n = 1; n <= 10; n++)
        put_item(n, 0.5 + 0.04 * n, n % 2 == 0, "approve");
    struct trace_log log = read(NULL);
    assert_int_equal(log.gate, -1);
    assert_true(isnan(log.threshold));
    log_release(&log);
}

static void kept_items_alone_are_counted(void **state)
{
    bool keep[] = {false, true, false, true};
    for (unsigned n = 1; n <= 4; n++)
        put_item(n, 0.2 * n, n < 3, "approve");
    struct trace_log log = read(NULL);
    log_keep(&log, keep);
    assert_int_equal(log.items.len, 2);
    assert_string_equal(span_string(&log.spans, log.items.at[0].id), "item-2");
    assert_int_equal(log.stages.at[stage_named(&log, "human_review")].visits, 1);
    assert_int_equal(log.stages.at[stage_named(&log, "draft")].visits, 2);
    uint64_t shipped = 0;
    for (size_t k = 0; k < log.edges.len; k++)
        shipped += log.edges.at[k].to == TO_SHIP ? log.edges.at[k].count : 0;
    assert_int_equal(shipped, 2);
    log_release(&log);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(siblings_after_a_failure_are_attempts_else_visits),
        TEST(a_resent_span_counts_once),
        TEST(wrappers_around_the_steps_are_not_steps),
        TEST(work_begun_after_its_parent_is_a_step_of_its_own),
        TEST(different_names_stay_different_steps),
        TEST(letters_that_ids_do_not_have_stay_as_the_name),
        TEST(many_steps_keep_the_order_of_the_item),
        TEST(names_with_ids_in_them_are_refused),
        TEST(a_lone_root_is_the_operation),
        TEST(the_user_can_name_the_steps),
        TEST(a_trace_resumed_after_an_interrupt_is_the_same_item),
        TEST(the_user_can_name_the_items),
        TEST(faults_of_the_data_are_counted_with_their_places),
        TEST(long_chains_and_cycles_take_linear_time),
        TEST(decisions_are_understood),
        TEST(a_span_that_begins_before_its_parent_is_counted),
        TEST(the_shortest_decimal_between_two_is_found),
        TEST(a_mixed_trace_is_parted_by_sessions),
        TEST(a_session_without_a_run_of_its_own_is_part_of_the_run),
        TEST(a_mixed_trace_is_parted_by_roots_where_traces_have_one),
        TEST(roots_of_traces_that_have_several_are_one_run),
        TEST(a_trace_of_several_items_is_parted_by_the_users_attribute),
        TEST(a_gate_is_seen_by_what_it_lets_through),
        TEST(what_nobody_looked_at_was_not_reviewed),
        TEST(reviews_at_any_confidence_show_no_gate),
        TEST(kept_items_alone_are_counted),
    };
    return cmocka_run_group_tests_name("assemble", tests, NULL, NULL);
}
