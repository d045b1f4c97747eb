/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/flow.h"
#include "tests/support/place.h"
#include "tests/support/support.h"

#include "exec/journal.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const char flow[] =
    "name: A draft, a gate and a person\n"
    "flow:\n"
    "  - stage: draft\n"
    "    wrong: 10%\n"
    "    exec: {builtin: nothing}\n"
    "    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
    "  - gate: sure\n"
    "    threshold: 80%\n"
    "    above: ship\n"
    "    below: human\n"
    "    audit: {share: 20%}\n"
    "  - review: human\n"
    "    sensitivity: 90%\n";
enum { DRAFT, GATE, HUMAN };

static struct store *open_store(const char *path)
{
    struct store *s = NULL;
    struct error err = {0};
    ok(store_open(path, &s, &err), &err);
    return s;
}

static const struct journal_option items_10[] = {
    {"items",      "10"},
    {"time scale", "1" }
};

static struct run_journal_options options(const struct pipeline *p, int64_t resume)
{
    return (struct run_journal_options){.pipeline = p,
                                        .seed = 7,
                                        .time = "2026-01-01T00:00:00Z",
                                        .resume = resume,
                                        .option = items_10,
                                        .n_options = 2};
}

static struct run_journal *open_journal(struct store *s, const struct pipeline *p, int64_t resume)
{
    struct run_journal_options o = options(p, resume);
    struct run_journal *j = NULL;
    struct error err = {0};
    ok(run_journal_open(s, &o, &j, &err), &err);
    return j;
}

static void close_journal(struct run_journal *j, bool complete)
{
    struct error err = {0};
    ok(run_journal_close(j, complete, NULL, &err), &err);
}

static struct run_event event(enum run_event_kind kind, uint64_t item)
{
    return (struct run_event){.kind = kind,
                              .item = item,
                              .id = "ours",
                              .visit = 1,
                              .attempt = 1,
                              .confidence = NAN,
                              .threshold = NAN,
                              .verdict = -1,
                              .who = "",
                              .says = "",
                              .attributes = ""};
}

static void tell(struct run_journal *j, struct run_event e)
{
    struct run_listener l = run_journal_listener(j);
    struct error err = {0};
    if (e.payload)
        e.payload_len = strlen(e.payload);
    ok(l.event(l.arg, &e, &err), &err);
}

static void tell_attempt(struct run_journal *j, uint64_t item, uint32_t step, uint32_t attempt,
                         const char *says, const char *payload)
{
    struct run_event e = event(RUN_ATTEMPT_ENDED, item);
    e.step = step;
    e.attempt = attempt;
    e.begin_s = attempt;
    e.end_s = attempt + 0.5;
    e.says = says;
    e.payload = payload;
    e.outcome = *says ? OUTCOME_ERROR : OUTCOME_OK;
    tell(j, e);
}

static void tell_begin(struct run_journal *j, uint64_t item)
{
    struct run_event e = event(RUN_ITEM_BEGAN, item);
    e.payload = "{\"scene\":1}";
    tell(j, e);
}

static void tell_end(struct run_journal *j, uint64_t item, enum run_end end)
{
    struct run_event e = event(RUN_ITEM_ENDED, item);
    e.end = end;
    e.payload = "{\"scene\":1,\"text\":\"x\"}";
    tell(j, e);
}

struct said {
    struct buf text;
    size_t rows;
};
static void say(void *arg, const struct journal_row *r)
{
    struct said *said = arg;
    buf_printf(&said->text, "%d:%d:%u:%s:%.*s;", (int)r->kind, (int)r->step, r->attempt, r->says,
               (int)r->payload_len, r->payload ? r->payload : "");
    said->rows++;
}

static struct said rows_of(struct store *s, int64_t run, uint64_t item)
{
    struct said said = {0};
    struct error err = {0};
    ok(journal_each(s, run, item, say, &said, &err), &err);
    return said;
}

static void an_items_trail_is_kept_in_order(void **state)
{
    struct place *at = *state;
    struct store *s = open_store(at->path);
    struct pipeline p;
    flow_read(flow, &p);
    struct run_journal *j = open_journal(s, &p, RESUME_NONE);
    int64_t run = run_journal_id(j);
    assert_null(run_journal_memory(j));
    tell_begin(j, 3);
    tell_attempt(j, 3, DRAFT, 1, "no answer", NULL);
    tell_begin(j, 4);
    tell_attempt(j, 3, DRAFT, 2, "", "{\"text\":\"x\"}");
    tell_attempt(j, 4, DRAFT, 1, "", NULL);
    tell_end(j, 3, RUN_END_SHIPPED);
    close_journal(j, false);
    struct said said = rows_of(s, run, 3);
    assert_string_equal(buf_text(&said.text),
                        "0:0:0::{\"scene\":1};2:0:1:no answer:;2:0:2::"
                        "{\"text\":\"x\"};4:0:0::{\"scene\":1,\"text\":\"x\"};");
    buf_release(&said.text);
    said = rows_of(s, run, JOURNAL_ALL);
    assert_int_equal(said.rows, 6);
    buf_release(&said.text);
    uint64_t item;
    struct error err = {0};
    ok(journal_item(s, run, "ours", &item, &err), &err);
    assert_int_equal(item, 3);
    assert_int_equal(journal_item(s, run, "theirs", &item, &err), -1);
    error_is(&err, ERR_INPUT, "no item \"theirs\"");
    pipeline_release(&p);
    store_close(s);
}

static void a_run_keeps_its_number_for_its_result(void **state)
{
    struct place *at = *state;
    struct store *s = open_store(at->path);
    struct pipeline p;
    struct result r;
    struct error err = {0};
    int64_t other, kept;
    flow_read(flow, &p);
    struct run_journal *j = open_journal(s, &p, RESUME_NONE);
    result_init(&r, "run");
    ok(store_save_run(s, &r, "{}", 2, "now", &other, &err), &err);
    assert_true(other > run_journal_id(j));
    r.run.kept = run_journal_id(j);
    ok(store_save_run(s, &r, "{}", 2, "now", &kept, &err), &err);
    assert_true(kept == run_journal_id(j));
    result_release(&r);
    close_journal(j, true);
    pipeline_release(&p);
    store_close(s);
}

static bool recalls(struct run_journal *j, uint64_t item, uint32_t attempt, struct stage_answer *a)
{
    const struct run_memory *m = run_journal_memory(j);
    struct stage_call call = {.index = item, .step = DRAFT, .visit = 1, .attempt = attempt};
    double asked, begin, end;
    stage_answer_release(a);
    return m->recall(m->arg, &call, a, &asked, &begin, &end) && begin == attempt &&
           end == attempt + 0.5;
}

static void a_resumed_run_recalls_what_was_committed_and_keeps_nothing_twice(void **state)
{
    struct place *at = *state;
    struct store *s = open_store(at->path);
    struct pipeline p;
    struct stage_answer a;
    struct error err = {0};
    uint64_t disagreed = 9;
    flow_read(flow, &p);
    stage_answer_init(&a);
    struct run_journal *j = open_journal(s, &p, RESUME_NONE);
    int64_t run = run_journal_id(j);
    tell_begin(j, 0);
    tell_attempt(j, 0, DRAFT, 1, "", "{\"text\":\"x\"}");
    tell_end(j, 0, RUN_END_SHIPPED);
    tell_begin(j, 1);
    tell_attempt(j, 1, DRAFT, 1, "no answer", NULL);
    close_journal(j, false);
    j = open_journal(s, &p, RESUME_LAST);
    assert_true(run_journal_id(j) == run);
    for (uint64_t i = 0; i < 3; i++)
        tell_begin(j, i);
    assert_true(recalls(j, 0, 1, &a));
    assert_string_equal(buf_text(&a.output), "{\"text\":\"x\"}");
    assert_true(recalls(j, 1, 1, &a));
    assert_int_equal(a.outcome, OUTCOME_ERROR);
    assert_string_equal(buf_text(&a.says), "no answer");
    assert_false(recalls(j, 1, 2, &a));
    assert_false(recalls(j, 2, 1, &a));
    tell_attempt(j, 0, DRAFT, 1, "", "{\"text\":\"x\"}");
    tell_attempt(j, 1, DRAFT, 1, "no answer", NULL);
    tell_attempt(j, 1, DRAFT, 2, "", NULL);
    tell_end(j, 0, RUN_END_REJECTED);
    tell_end(j, 1, RUN_END_SHIPPED);
    tell_end(j, 2, RUN_END_SHIPPED);
    ok(run_journal_close(j, true, &disagreed, &err), &err);
    assert_int_equal(disagreed, 1);
    struct journal_count count;
    ok(journal_count(s, run, &count, &err), &err);
    assert_int_equal(count.items, 3);
    assert_int_equal(count.ended, 3);
    assert_int_equal(count.attempts, 3);
    struct said said = rows_of(s, run, 1);
    text_has(buf_text(&said.text), "2:0:1:no answer:;2:0:2::;");
    buf_release(&said.text);
    stage_answer_release(&a);
    pipeline_release(&p);
    store_close(s);
}

static void an_attempt_that_was_cut_short_is_made_again_and_kept(void **state)
{
    struct place *at = *state;
    struct store *s = open_store(at->path);
    struct pipeline p;
    struct stage_answer a;
    flow_read(flow, &p);
    stage_answer_init(&a);
    struct run_journal *j = open_journal(s, &p, RESUME_NONE);
    struct run_event e = event(RUN_ATTEMPT_ENDED, 0);
    e.cancelled = true;
    tell_begin(j, 0);
    tell(j, e);
    tell_end(j, 0, RUN_END_UNFINISHED);
    close_journal(j, false);
    j = open_journal(s, &p, RESUME_LAST);
    tell_begin(j, 0);
    assert_false(recalls(j, 0, 1, &a));
    tell_attempt(j, 0, DRAFT, 1, "", NULL);
    tell_end(j, 0, RUN_END_SHIPPED);
    close_journal(j, true);
    struct said said = rows_of(s, 1, 0);
    assert_int_equal(said.rows, 4);
    buf_release(&said.text);
    stage_answer_release(&a);
    pipeline_release(&p);
    store_close(s);
}

static void refused(struct store *s, const struct run_journal_options *o, const char *part)
{
    struct run_journal *j = NULL;
    struct error err = {0};
    assert_int_equal(run_journal_open(s, o, &j, &err), -1);
    text_has(err.text, part);
}

static void a_run_is_not_gone_on_with_under_other_options(void **state)
{
    static const struct journal_option others[] = {
        {"items",      "20"},
        {"time scale", "1" }
    };
    struct place *at = *state;
    struct store *s = open_store(at->path);
    struct pipeline p, other;
    flow_read(flow, &p);
    flow_read_with(flow, &(struct setting){"flow.sure.threshold", "0.9"}, &other);
    struct run_journal_options o = options(&p, RESUME_LAST);
    refused(s, &o, "no run");
    struct run_journal *j = open_journal(s, &p, RESUME_NONE);
    o.resume = run_journal_id(j);
    refused(s, &o, "another process is at work on run 1");
    close_journal(j, false);
    o.option = others;
    o.seed = 8;
    refused(s, &o, "its seed was 7, not 8; its items was 10, not 20");
    o = options(&other, RESUME_LAST);
    refused(s, &o, "its scenario was");
    o.resume = 99;
    refused(s, &o, "run 99 has no journal");
    close_journal(open_journal(s, &p, RESUME_LAST), true);
    /* its items have ended, but there is no result of it: it may be taken up again for that */
    close_journal(open_journal(s, &p, RESUME_LAST), true);
    struct result r;
    struct error err = {0};
    int64_t id;
    result_init(&r, "run");
    r.run.kept = 1;
    ok(store_save_run(s, &r, "{}", 2, "2026-01-01T00:00:00Z", &id, &err), &err);
    result_release(&r);
    o = options(&p, 1);
    refused(s, &o, "run 1 is complete");
    pipeline_release(&p);
    pipeline_release(&other);
    store_close(s);
}

static void two_runs_on_one_store_are_each_kept_whole(void **state)
{
    struct place *at = *state;
    struct store *s = open_store(at->path);
    struct pipeline p;
    struct error err = {0};
    flow_read(flow, &p);
    struct run_journal *a = open_journal(s, &p, RESUME_NONE), *b = open_journal(s, &p, RESUME_NONE);
    int64_t runs[] = {run_journal_id(a), run_journal_id(b)};
    assert_true(runs[0] != runs[1]);
    for (uint64_t i = 0; i < 500; i++) {
        tell_begin(a, i);
        tell_begin(b, i);
        tell_attempt(a, i, DRAFT, 1, "", NULL);
        tell_attempt(b, i, DRAFT, 1, "", NULL);
        tell_end(a, i, RUN_END_SHIPPED);
        tell_end(b, i, RUN_END_SHIPPED);
    }
    close_journal(a, true);
    close_journal(b, true);
    for (int i = 0; i < 2; i++) {
        struct journal_count count;
        ok(journal_count(s, runs[i], &count, &err), &err);
        assert_int_equal(count.ended, 500);
        assert_int_equal(count.attempts, 500);
    }
    ok(store_check(s, &err), &err);
    pipeline_release(&p);
    store_close(s);
}

static void an_item_that_ends_twice_is_an_error(void **state)
{
    struct place *at = *state;
    struct store *s = open_store(at->path);
    struct pipeline p;
    struct error err = {0};
    flow_read(flow, &p);
    struct run_journal *j = open_journal(s, &p, RESUME_NONE);
    tell_begin(j, 0);
    tell_end(j, 0, RUN_END_SHIPPED);
    tell_end(j, 0, RUN_END_REJECTED);
    assert_int_equal(run_journal_close(j, true, NULL, &err), -1);
    error_is(&err, ERR_IO, "UNIQUE");
    pipeline_release(&p);
    store_close(s);
}

/* Until something of the run is on the disk; half a minute is more than any machine needs. */
static void await_commit(const char *path, int64_t run)
{
    enum { EVERY_US = 5000, TIMES = 6000 };
    struct store *s = open_store(path);
    struct journal_count count = {0};
    struct error err = {0};
    for (int k = 0; k < TIMES && !count.ended; k++) {
        ok(journal_count(s, run, &count, &err), &err);
        usleep(EVERY_US);
    }
    store_close(s);
}

/* The child dies in the middle of its work; what it had committed is gone on with at once. */
static void a_killed_process_holds_no_run(void **state)
{
    struct place *at = *state;
    struct pipeline p;
    struct error err = {0};
    int64_t run = 0;
    int ends[2];
    flow_read(flow, &p);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct run_journal *j = open_journal(open_store(at->path), &p, RESUME_NONE);
        run = run_journal_id(j);
        for (uint64_t i = 0;; i++) {
            tell_begin(j, i);
            tell_end(j, i, RUN_END_SHIPPED);
            if (i == 2000 && write(ends[1], &run, sizeof run) != sizeof run)
                _exit(1);
            if (i > 2000)
                usleep(100);
        }
    }
    assert_int_equal(read(ends[0], &run, sizeof run), sizeof run);
    await_commit(at->path, run);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    struct store *s = open_store(at->path);
    ok(store_check(s, &err), &err);
    struct run_journal *j = open_journal(s, &p, RESUME_LAST);
    struct journal_count count;
    ok(journal_count(s, run_journal_id(j), &count, &err), &err);
    within((double)count.ended, 1, (double)count.items);
    within((double)count.items, 1, (double)count.ended + 1);
    close_journal(j, true);
    close(ends[0]);
    close(ends[1]);
    pipeline_release(&p);
    store_close(s);
}

/* A limit on the size of files stands in for a full disk. */
static void a_full_disk_ends_the_run_with_an_error_and_the_store_stays_sound(void **state)
{
    struct place *at = *state;
    struct pipeline p;
    struct error err = {0};
    flow_read(flow, &p);
    store_close(open_store(at->path));
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {400000, 400000};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        struct run_journal *j = open_journal(open_store(at->path), &p, RESUME_NONE);
        struct run_listener l = run_journal_listener(j);
        struct run_event e = event(RUN_ITEM_BEGAN, 0);
        int status = 0;
        for (; e.item < 1000000 && !status; e.item++)
            status = l.event(l.arg, &e, &err);
        int closed = run_journal_close(j, true, NULL, &err);
        _exit(status == -1 && closed == -1 && err.code == ERR_IO ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    struct store *s = open_store(at->path);
    ok(store_check(s, &err), &err);
    close_journal(open_journal(s, &p, RESUME_LAST), false);
    pipeline_release(&p);
    store_close(s);
}

static void take_weight(void *arg, const struct journal_row *r)
{
    if (r->kind == JOURNAL_VISIT)
        *(double *)arg = r->weight;
}

static void count_verdicts(void *arg, const struct journal_row *r)
{
    *(int *)arg += r->kind == JOURNAL_ATTEMPT && r->verdict >= 0;
}

static void a_review_that_failed_is_no_decision(void **state)
{
    struct place *at = *state;
    struct store *s = open_store(at->path);
    struct pipeline p;
    struct error err = {0};
    int verdicts = 0;
    flow_read(flow, &p);
    struct run_journal *j = open_journal(s, &p, RESUME_NONE);
    struct run_event e = event(RUN_ATTEMPT_ENDED, 0);
    e.step = HUMAN;
    e.verdict = STAGE_PASS;
    e.outcome = OUTCOME_TIMEOUT;
    tell_begin(j, 0);
    tell(j, e);
    e.attempt = 2;
    e.outcome = OUTCOME_OK;
    tell(j, e);
    close_journal(j, false);
    ok(journal_each(s, 1, 0, count_verdicts, &verdicts, &err), &err);
    assert_int_equal(verdicts, 1);
    pipeline_release(&p);
    store_close(s);
}

static void an_audits_weight_is_one_over_its_probability(void **state)
{
    struct place *at = *state;
    struct store *s = open_store(at->path);
    struct pipeline p;
    flow_read(flow, &p);
    struct run_journal *j = open_journal(s, &p, RESUME_NONE);
    int64_t run = run_journal_id(j);
    struct run_event e = event(RUN_VISIT_ENDED, 0);
    e.step = GATE;
    e.exit = EXIT_AUDIT;
    e.confidence = 0.9;
    e.threshold = 0.8;
    tell_begin(j, 0);
    tell(j, e);
    close_journal(j, false);
    double weight = NAN;
    struct error err = {0};
    ok(journal_each(s, run, 0, take_weight, &weight, &err), &err);
    near(weight, 1 / 0.2, 1e-12);
    pipeline_release(&p);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)
        T(an_items_trail_is_kept_in_order),
        T(a_run_keeps_its_number_for_its_result),
        T(a_resumed_run_recalls_what_was_committed_and_keeps_nothing_twice),
        T(an_attempt_that_was_cut_short_is_made_again_and_kept),
        T(a_run_is_not_gone_on_with_under_other_options),
        T(two_runs_on_one_store_are_each_kept_whole),
        T(an_item_that_ends_twice_is_an_error),
        T(a_killed_process_holds_no_run),
        T(a_full_disk_ends_the_run_with_an_error_and_the_store_stays_sound),
        T(a_review_that_failed_is_no_decision),
        T(an_audits_weight_is_one_over_its_probability),
    };
    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
