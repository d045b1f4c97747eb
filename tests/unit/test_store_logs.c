/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/logs.h"
#include "tests/support/support.h"
#include "trace/log.h"

#include "base/file.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct place {
    char dir[64], path[96];
};

static int set_up(void **state)
{
    struct place *p = mem_zero(1, sizeof *p);
    snprintf(p->dir, sizeof p->dir, "/tmp/seam-logs-XXXXXX");
    if (!mkdtemp(p->dir))
        return -1;
    snprintf(p->path, sizeof p->path, "%s/logs.db", p->dir);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const tails[] = {"", "-wal", "-shm", "-journal"};
    struct place *p = *state;
    for (size_t i = 0; i < 4; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", p->path, tails[i]);
        unlink(name);
    }
    rmdir(p->dir);
    mem_free(p);
    return 0;
}

static uint32_t text(struct span_set *set, const char *s)
{
    return span_text(set, s, strlen(s));
}

/* Every column has a value of its own; the second span has what may be missing missing. */
static void make(struct span_set *set, const char *trace, size_t n)
{
    span_set_init(set);
    text(set, "a text of no span");
    for (size_t i = 0; i < n; i++) {
        struct span s;
        span_clear(&s);
        s.start_ns = 1795349010000000001 + (int64_t)i;
        s.end_ns = 1795349010000000901 - (int64_t)i;
        s.id = UINT64_C(0xfedcba9876543210) - i;
        s.parent = i % 2 ? 0 : UINT64_C(0x8000000000000000) + i;
        s.line = PLACE_BYTE | (77 + i);
        s.trace = text(set, trace);
        s.name = text(set, i % 3 ? "retrieve \xc3\xa9" : "");
        s.file = (uint32_t)(i % 2);
        s.outcome = (uint8_t)(i % 5);
        s.flags = SPAN_INTERRUPT;
        s.kind = SPAN_HUMAN;
        s.tries = 3;
        s.wait_s = 0.25;
        s.pass = UINT64_C(0x8000000100000002);
        s.copy = 2;
        s.item_end = 1 + LOG_ABANDONED;
        if (i != 1) {
            s.confidence = 0.1 + 1e-17 + (double)i / 1000;
            s.threshold = 0.85;
            s.cost = 0.0125;
            s.node = text(set, "node");
            s.session = text(set, "session");
            s.stage_key = text(set, "key");
            s.item_key = text(set, "item");
            s.decision = text(set, "approve");
            s.task_key = text(set, "task");
            s.documents = text(set, "d1\nd2\n");
            s.said_by = text(set, "ann\tapprove\n");
        }
        span_set_add(set, &s);
    }
}

static const struct stored_fact facts[] = {
    {.kind = STORED_FILE,  .name = "one.jsonl"               },
    {                                                                                        .kind = STORED_FILE,                   .name = "two.jsonl"                                 },
    {                                                                    .kind = STORED_OPTION, .name = "confidence",                  .text = "app.score"},
    {                                                                                             .kind = STORED_COUNT,                                     .name = "records", .number = 12},
    { .kind = STORED_PLACE,                                      .name = "bad score",                                                             .file = 1, .line = PLACE_BYTE | 123456},
};

struct seen {
    size_t logs, files;
    uint64_t spans, records;
    char option[64];
    uint32_t place_file[4];
    uint64_t place_line[4];
    size_t places;
};

static void see_log(void *arg, const char *format, uint64_t spans)
{
    struct seen *s = arg;
    assert_string_equal(format, "otlp-json");
    s->logs++;
    s->spans += spans;
}

static void see_fact(void *arg, const struct stored_fact *f)
{
    struct seen *s = arg;
    s->files += f->kind == STORED_FILE;
    s->records += f->kind == STORED_COUNT ? f->number : 0;
    if (f->kind == STORED_OPTION)
        snprintf(s->option, sizeof s->option, "%s=%s", f->name, f->text);
    if (f->kind == STORED_PLACE && s->places < 4) {
        s->place_file[s->places] = f->file;
        s->place_line[s->places++] = f->line;
    }
}

static int add(const char *path, const struct span_set *set, struct error *err)
{
    struct store *s = NULL;
    int64_t id;
    int status = store_open(path, &s, err) ||
                 store_add_log(s, "otlp-json", set, facts, sizeof facts / sizeof *facts,
                               "2026-01-01T00:00:00Z", &id, err);
    store_close(s);
    return status ? -1 : 0;
}

static void read_back(const char *path, struct span_set *set, struct seen *seen)
{
    const struct stored_reader reader = {seen, see_log, see_fact};
    struct store *s = NULL;
    struct error err = {0};
    *seen = (struct seen){0};
    span_set_init(set);
    ok(store_open(path, &s, &err), &err);
    ok(store_read_logs(s, &reader, set, &err), &err);
    ok(store_check(s, &err), &err);
    store_close(s);
}

static void same_text(const struct span_set *a, uint32_t x, const struct span_set *b, uint32_t y)
{
    assert_int_equal(x == SPAN_NONE, y == SPAN_NONE);
    assert_string_equal(span_string(a, x), span_string(b, y));
}

static void same_span(const struct span_set *a, size_t i, const struct span_set *b, size_t k)
{
    assert_true(a->start_ns[i] == b->start_ns[k] && a->end_ns[i] == b->end_ns[k]);
    assert_true(a->id[i] == b->id[k] && a->parent[i] == b->parent[k]);
    assert_true(a->line[i] == b->line[k]);
    assert_memory_equal(&a->outcome[i], &b->outcome[k], 1);
    assert_memory_equal(&a->flags[i], &b->flags[k], 1);
    assert_memory_equal(&a->kind[i], &b->kind[k], 1);
    assert_memory_equal(&a->tries[i], &b->tries[k], 1);
    assert_int_equal(span_copy(a, i), span_copy(b, k));
    assert_int_equal(span_item_end(a, i), span_item_end(b, k));
    assert_true(span_wait_s(a, i) == span_wait_s(b, k) && span_pass(a, i) == span_pass(b, k));
    assert_true(a->confidence[i] == b->confidence[k] ||
                (isnan(a->confidence[i]) && isnan(b->confidence[k])));
    assert_true(span_threshold(a, i) == span_threshold(b, k) ||
                (isnan(span_threshold(a, i)) && isnan(span_threshold(b, k))));
    assert_true(span_cost(a, i) == span_cost(b, k) ||
                (isnan(span_cost(a, i)) && isnan(span_cost(b, k))));
    same_text(a, a->trace[i], b, b->trace[k]);
    same_text(a, a->name[i], b, b->name[k]);
    same_text(a, span_node(a, i), b, span_node(b, k));
    same_text(a, a->session[i], b, b->session[k]);
    same_text(a, span_stage_key(a, i), b, span_stage_key(b, k));
    same_text(a, span_item_key(a, i), b, span_item_key(b, k));
    same_text(a, a->decision[i], b, b->decision[k]);
    same_text(a, span_task_key(a, i), b, span_task_key(b, k));
    same_text(a, span_documents(a, i), b, span_documents(b, k));
    same_text(a, span_said_by(a, i), b, span_said_by(b, k));
}

/* If the spans get a column more, the store needs a migration and this test a line. */
static void every_column_comes_back_as_it_was(void **state)
{
    const struct place *p = *state;
    struct span_set set, back;
    struct seen seen;
    struct error err = {0};
    size_t columns = 0;
#define X(type, name, absent) columns++;
    SPAN_COLUMNS(X)
#undef X
    assert_int_equal(columns, 27);
    make(&set, "t1", 7);
    ok(add(p->path, &set, &err), &err);
    assert_true(store_is(p->path));
    read_back(p->path, &back, &seen);
    assert_int_equal(back.len, 7);
    for (size_t i = 0; i < 7; i++) {
        same_span(&set, i, &back, i);
        assert_int_equal(back.file[i], set.file[i]);
    }
    assert_int_equal(seen.logs, 1);
    assert_int_equal(seen.files, 2);
    assert_int_equal(seen.records, 12);
    assert_string_equal(seen.option, "confidence=app.score");
    assert_true(seen.place_file[0] == 1 && seen.place_line[0] == (PLACE_BYTE | 123456));
    span_set_release(&set);
    span_set_release(&back);
}

static void a_second_import_counts_on(void **state)
{
    const struct place *p = *state;
    struct span_set first, second, back;
    struct seen seen;
    struct error err = {0};
    make(&first, "t1", 3);
    make(&second, "t2", 4);
    ok(add(p->path, &first, &err), &err);
    ok(add(p->path, &second, &err), &err);
    read_back(p->path, &back, &seen);
    assert_int_equal(back.len, 7);
    for (size_t i = 0; i < 7; i++) {
        const struct span_set *from = i < 3 ? &first : &second;
        size_t at = i < 3 ? i : i - 3;
        same_span(from, at, &back, i);
        assert_int_equal(back.file[i], from->file[at] + (i < 3 ? 0 : 2));
    }
    assert_int_equal(seen.logs, 2);
    assert_int_equal(seen.spans, 7);
    assert_int_equal(seen.records, 24);
    assert_int_equal(seen.place_file[1], 3);
    span_set_release(&first);
    span_set_release(&second);
    span_set_release(&back);
}

/* An import is killed at more and more of its way: what was in the store before is there, and of
 * the new log nothing or all. */
static void a_killed_import_leaves_the_store_as_it_was(void **state)
{
    const struct place *p = *state;
    struct span_set small, large;
    struct error err = {0};
    int killed = 0, through = 0;
    make(&small, "t1", 5);
    make(&large, "t2", 20000);
    ok(add(p->path, &small, &err), &err);
    for (int round = 0; round < 12; round++) {
        struct span_set back;
        struct seen seen;
        int how;
        pid_t child = fork();
        if (child == 0)
            _exit(add(p->path, &large, &err) ? 1 : 0);
        usleep((useconds_t)(2000 * round));
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &how, 0), child);
        killed += WIFSIGNALED(how);
        through += !WIFSIGNALED(how);
        read_back(p->path, &back, &seen);
        assert_int_equal((back.len - 5) % 20000, 0);
        assert_true(back.len >= 5 + 20000 * (size_t)through);
        same_span(&small, 4, &back, 4);
        span_set_release(&back);
    }
    assert_true(killed > 0);
    span_set_release(&small);
    span_set_release(&large);
}

static void a_store_without_logs_says_how_to_get_some(void **state)
{
    const struct place *p = *state;
    const struct stored_reader reader = {NULL, see_log, see_fact};
    struct span_set set;
    struct store *s;
    struct error err = {0};
    span_set_init(&set);
    ok(store_open(p->path, &s, &err), &err);
    assert_int_equal(store_read_logs(s, &reader, &set, &err), -1);
    error_is(&err, ERR_INPUT, "seam import log LOG --db");
    store_close(s);
    span_set_release(&set);
}

static void other_files_are_no_stores(void **state)
{
    const struct place *p = *state;
    struct error err = {0};
    assert_false(store_is(p->path));
    ok(file_write(p->path, "SQLite format 2 and some more", 29, &err), &err);
    assert_false(store_is(p->path));
    assert_false(store_is(p->dir));
}

int main(void)
{
#define IN_A_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_A_PLACE(every_column_comes_back_as_it_was),
        IN_A_PLACE(a_second_import_counts_on),
        IN_A_PLACE(a_killed_import_leaves_the_store_as_it_was),
        IN_A_PLACE(a_store_without_logs_says_how_to_get_some),
        IN_A_PLACE(other_files_are_no_stores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
