/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/place.h"
#include "tests/support/support.h"
#include "tests/unit/sample_result.h"

#include "base/file.h"
#include "store/store.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int64_t save(struct store *s, const char *name)
{
    struct result r;
    struct buf json;
    struct error err = {0};
    int64_t id = 0;
    buf_init(&json);
    sample_result(&r, name);
    result_write_json(&r, &json);
    ok(store_save_run(s, &r, json.data, json.len, "2024-05-01T12:00:00Z", &id, &err), &err);
    buf_release(&json);
    result_release(&r);
    return id;
}

static struct store *open_store(const char *path)
{
    struct store *s = NULL;
    struct error err = {0};
    ok(store_open(path, &s, &err), &err);
    return s;
}

struct seen {
    size_t n;
    int64_t first;
    char scenario[256];
    double reliability;
    uint64_t seed;
    enum passed passed;
};

static void see(void *arg, const struct stored_run *run)
{
    struct seen *s = arg;
    if (s->n++ == 0) {
        s->first = run->id;
        snprintf(s->scenario, sizeof s->scenario, "%s", run->scenario);
        s->reliability = run->reliability;
        s->seed = run->seed;
        s->passed = run->passed;
    }
}

static size_t count_runs(struct store *s)
{
    struct seen seen = {0};
    struct error err = {0};
    ok(store_list_runs(s, 0, see, &seen, &err), &err);
    return seen.n;
}

static void a_saved_run_is_listed_and_read_back_whole(void **state)
{
    struct place *p = *state;
    struct store *s = open_store(p->path);
    struct seen seen = {0};
    struct error err = {0};
    struct buf json, want;
    struct result r;
    buf_init(&json);
    buf_init(&want);
    save(s, NULL);
    int64_t id = save(s, NULL);
    ok(store_list_runs(s, 1, see, &seen, &err), &err);
    assert_int_equal(seen.n, 1);
    assert_int_equal(seen.first, id);
    assert_string_equal(seen.scenario, "triage");
    near(seen.reliability, 0.8330, 0);
    assert_true(seen.seed == UINT64_MAX);
    assert_int_equal(seen.passed, PASSED_FALSE);
    assert_int_equal(count_runs(s), 2);
    sample_result(&r, NULL);
    result_write_json(&r, &want);
    ok(store_get_run(s, id, &json, &err), &err);
    assert_string_equal(json.data, want.data);
    ok(store_check(s, &err), &err);
    store_close(s);
    result_release(&r);
    buf_release(&json);
    buf_release(&want);
}

static void a_run_that_is_not_there_is_named(void **state)
{
    struct place *p = *state;
    struct store *s = open_store(p->path);
    struct error err = {0};
    struct buf json;
    buf_init(&json);
    assert_int_equal(store_get_run(s, 7, &json, &err), -1);
    error_is(&err, ERR_INPUT, "no run 7");
    buf_release(&json);
    store_close(s);
}

static void canaries_are_data_to_the_store(void **state)
{
    struct place *p = *state;
    struct store *s = open_store(p->path);
    struct error err = {0};
    for (size_t i = 0; i < SAMPLE_CANARIES; i++)
        save(s, sample_canaries[i]);
    assert_int_equal(count_runs(s), SAMPLE_CANARIES);
    ok(store_check(s, &err), &err);
    store_close(s);
}

static void reopening_finds_what_was_saved(void **state)
{
    struct place *p = *state;
    struct store *s = open_store(p->path);
    save(s, NULL);
    store_close(s);
    s = open_store(p->path);
    assert_int_equal(count_runs(s), 1);
    store_close(s);
}

/* A child saves and reports each acknowledged run until it is killed in the middle of its work. */
static void nothing_acknowledged_is_lost_when_a_writer_is_killed(void **state)
{
    struct place *p = *state;
    struct error err = {0};
    store_close(open_store(p->path));
    size_t acknowledged = 0;
    for (int round = 0; round < 3; round++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
            struct store *s = open_store(p->path);
            for (;;) {
                save(s, NULL);
                if (write(ends[1], "x", 1) != 1)
                    _exit(1);
            }
        }
        close(ends[1]);
        char c;
        for (int i = 0; i < 4 + round; i++)
            acknowledged += read(ends[0], &c, 1) == 1;
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(ends[0], &c, 1) == 1)
            acknowledged++;
        close(ends[0]);
    }
    struct store *s = open_store(p->path);
    ok(store_check(s, &err), &err);
    size_t found = count_runs(s);
    within((double)found, (double)acknowledged, (double)acknowledged + 3);
    within((double)acknowledged, 15, 1e6);
    store_close(s);
}

static void put_file(const char *path, const char *bytes, size_t len)
{
    struct error err = {0};
    ok(file_write(path, bytes, len, &err), &err);
}

static void what_is_no_database_is_refused_and_left_alone(void **state)
{
    struct place *p = *state;
    static const char text[] = "dear diary, this is not a database at all, and it is long enough "
                               "to be looked at: ................................................";
    struct store *s = NULL;
    struct error err = {0};
    struct buf after;
    buf_init(&after);
    put_file(p->path, text, sizeof text - 1);
    assert_int_equal(store_open(p->path, &s, &err), -1);
    assert_null(s);
    error_is(&err, ERR_IO, "not a store");
    ok(file_read(p->path, 1 << 20, &after, &err), &err);
    assert_string_equal(after.data, text);
    buf_release(&after);
}

/* The two numbers are at fixed places of the file's head: user_version at 60, application_id at 68
 * (sqlite.org/fileformat2.html, 1.3). */
static void patch_head(const char *path, size_t at, uint32_t value)
{
    struct buf b;
    struct error err = {0};
    buf_init(&b);
    ok(file_read(path, 1 << 22, &b, &err), &err);
    for (int i = 0; i < 4; i++)
        b.data[at + (size_t)i] = (char)(value >> (24 - 8 * i) & 0xff);
    put_file(path, b.data, b.len);
    buf_release(&b);
}

static void a_newer_store_and_a_foreign_database_are_refused(void **state)
{
    struct place *p = *state;
    struct store *s = open_store(p->path);
    struct error err = {0};
    save(s, NULL);
    store_close(s);
    patch_head(p->path, 60, 99);
    assert_int_equal(store_open(p->path, &s, &err), -1);
    error_is(&err, ERR_IO, "newer version");
    patch_head(p->path, 60, 1);
    patch_head(p->path, 68, 12345);
    assert_int_equal(store_open(p->path, &s, &err), -1);
    error_is(&err, ERR_IO, "not a store of this program");
}

static void a_folder_or_a_missing_folder_is_refused(void **state)
{
    struct place *p = *state;
    struct store *s = NULL;
    struct error err = {0};
    assert_int_equal(store_open(p->dir, &s, &err), -1);
    error_is(&err, ERR_IO, p->dir);
    assert_int_equal(store_open("/nonexistent-folder/x.db", &s, &err), -1);
    error_is(&err, ERR_IO, "/nonexistent-folder/x.db");
}

/* A limit on the size of files stands in for a full disk. */
static void a_full_disk_is_an_error_and_the_store_stays_sound(void **state)
{
    struct place *p = *state;
    struct store *s = open_store(p->path);
    struct error err = {0};
    save(s, NULL);
    store_close(s);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {200000, 200000};
        struct result r;
        struct buf json;
        int64_t id;
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        buf_init(&json);
        sample_result(&r, NULL);
        result_write_json(&r, &json);
        while (json.len < 1000000)
            buf_putc(&json, ' ');
        s = open_store(p->path);
        int status = store_save_run(s, &r, json.data, json.len, "now", &id, &err);
        _exit(status == -1 && err.code == ERR_IO ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    s = open_store(p->path);
    ok(store_check(s, &err), &err);
    assert_int_equal(count_runs(s), 1);
    store_close(s);
}

/* Root writes everywhere, so a child that is root becomes somebody else first. */
static int save_as_reader(const struct place *p)
{
    struct store *s = NULL;
    struct error err = {0};
    struct result r;
    int64_t id;
    if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
        return 2;
    sample_result(&r, NULL);
    if (store_open(p->path, &s, &err))
        return 3;
    struct seen seen = {0};
    if (store_list_runs(s, 0, see, &seen, &err) || seen.n != 1)
        return 4;
    if (store_save_run(s, &r, "{}", 2, "now", &id, &err) != -1)
        return 5;
    return err.code == ERR_IO && strstr(err.text, "read-only") ? 0 : 6;
}

static void a_store_that_cannot_be_written_is_listed_and_says_so(void **state)
{
    struct place *p = *state;
    struct store *s = open_store(p->path);
    save(s, NULL);
    store_close(s);
    chmod(p->path, 0444);
    chmod(p->dir, 0777);
    pid_t child = fork();
    if (child == 0)
        _exit(save_as_reader(p));
    int status = 0;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)
        T(a_saved_run_is_listed_and_read_back_whole),
        T(a_run_that_is_not_there_is_named),
        T(canaries_are_data_to_the_store),
        T(reopening_finds_what_was_saved),
        T(nothing_acknowledged_is_lost_when_a_writer_is_killed),
        T(what_is_no_database_is_refused_and_left_alone),
        T(a_newer_store_and_a_foreign_database_are_refused),
        T(a_folder_or_a_missing_folder_is_refused),
        T(a_full_disk_is_an_error_and_the_store_stays_sound),
        T(a_store_that_cannot_be_written_is_listed_and_says_so),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
