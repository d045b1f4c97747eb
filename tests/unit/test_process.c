/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/process.h"
#include "tests/support/support.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double clock_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static struct process_limit within_s(double s)
{
    return (struct process_limit){clock_s, clock_s() + s, NULL};
}

static struct process started(const char *const *argv)
{
    struct process p;
    struct error err = {0};
    const char *environment[] = {"PATH=/usr/bin:/bin", "WORD=seam", NULL};

    if (process_start(argv, environment, NULL, &p, &err))
        fail_msg("%s", err.text);
    return p;
}

/* All that it says, up to its end. */
static size_t read_all(struct process *p, char *out, size_t size)
{
    struct process_limit limit = within_s(60);
    size_t len = 0;
    ssize_t n = 1;

    while (n != 0 && process_wait(p->out, false, &limit) == PROCESS_READY) {
        n = read(p->out, out + len, size - 1 - len);
        len += n > 0 ? (size_t)n : 0;
    }
    out[len] = '\0';
    return len;
}

static void a_child_answers_what_it_is_told(void **state)
{
    const char *argv[] = {"cat", NULL};
    struct process p = started(argv);
    struct process_limit limit = within_s(60);
    char text[64];
    int status = -1;

    assert_int_equal(process_write(&p, "hello", 5, &limit), PROCESS_READY);
    process_close_input(&p);
    read_all(&p, text, sizeof text);
    process_stop(&p, 1, &limit, &status);
    assert_string_equal(text, "hello");
    assert_int_equal(status, 0);
    assert_int_equal(p.pid, 0);
}

static void a_child_has_the_environment_given_and_no_other(void **state)
{
    const char *argv[] = {"env", NULL};
    struct process p = started(argv);
    struct process_limit limit = within_s(60);
    char text[256];

    read_all(&p, text, sizeof text);
    process_stop(&p, 1, &limit, NULL);
    assert_string_equal(text, "PATH=/usr/bin:/bin\nWORD=seam\n");
}

static void a_child_begins_in_its_folder_with_three_descriptors(void **state)
{
    const char *argv[] = {"sh", "-c", "pwd; (echo leaked >&9) 2>/dev/null || echo closed", NULL};
    const char *environment[] = {"PATH=/usr/bin:/bin", NULL};
    struct process_limit limit = within_s(60);
    struct error err = {0};
    struct process p;
    char text[64];
    int file[2];

    assert_int_equal(pipe(file), 0);
    assert_int_equal(dup2(file[1], 9), 9); /* as a library may leave one open */
    ok(process_start(argv, environment, "/usr", &p, &err), &err);
    read_all(&p, text, sizeof text);
    process_stop(&p, 1, &limit, NULL);
    assert_string_equal(text, "/usr\nclosed\n");
    close(file[0]);
    close(file[1]);
    close(9);
}

static void a_program_in_the_folder_goes_before_the_path(void **state)
{
    const char *argv[] = {"bin/echo", "found", NULL};
    struct process_limit limit = within_s(60);
    struct error err = {0};
    struct process p;
    char text[64];

    ok(process_start(argv, NULL, "/usr", &p, &err), &err);
    read_all(&p, text, sizeof text);
    process_stop(&p, 1, &limit, NULL);
    assert_string_equal(text, "found\n");
}

static void a_program_that_is_not_there_is_named(void **state)
{
    const char *argv[] = {"no-such-program", NULL};
    struct process p;
    struct error err = {0};

    assert_int_equal(process_start(argv, NULL, NULL, &p, &err), -1);
    error_is(&err, ERR_IO, "no-such-program: cannot be started: No such file or directory");
}

static void what_ignores_sigterm_is_killed_with_what_it_started(void **state)
{
    /* the grandchild holds the pipe: its end shows that it is gone too */
    const char *argv[] = {"sh", "-c", "trap '' TERM; sleep 60 & echo ready; wait; sleep 60", NULL};
    struct process p = started(argv);
    struct process_limit now = {clock_s, 0, NULL}, limit = within_s(60);
    char text[16];
    int status = 0, out;

    assert_int_equal(process_wait(p.out, false, &limit), PROCESS_READY);
    assert_int_equal(read(p.out, text, sizeof text), 6);
    out = dup(p.out);
    process_stop(&p, 0.05, &now, &status);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(process_wait(out, false, &limit), PROCESS_READY);
    assert_int_equal(read(out, text, sizeof text), 0);
    close(out);
}

static void writing_to_one_that_has_gone_is_told_and_kills_nobody(void **state)
{
    const char *argv[] = {"true", NULL};
    struct process p = started(argv);
    struct process_limit limit = within_s(60);
    static char bytes[1 << 20];
    char status_text[64];
    int status = -1;

    assert_int_equal(process_write(&p, bytes, sizeof bytes, &limit), PROCESS_BROKEN);
    process_stop(&p, 1, &limit, &status);
    process_put_status(status, status_text, sizeof status_text);
    assert_string_equal(status_text, "exit status 0");
}

static void a_wait_ends_at_its_limit_and_when_it_is_cancelled(void **state)
{
    const char *argv[] = {"sleep", "60", NULL};
    struct process p = started(argv);
    atomic_bool cancelled = true;
    struct process_limit soon = within_s(0.02), never = {clock_s, INFINITY, &cancelled};
    static char bytes[1 << 20];

    assert_int_equal(process_wait(p.out, false, &soon), PROCESS_LATE);
    assert_int_equal(process_wait(p.out, false, &never), PROCESS_CANCELLED);
    soon = within_s(0.02); /* nobody reads: the pipe fills */
    assert_int_equal(process_write(&p, bytes, sizeof bytes, &soon), PROCESS_LATE);
    process_stop(&p, 1, &soon, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_answers_what_it_is_told),
        cmocka_unit_test(a_child_has_the_environment_given_and_no_other),
        cmocka_unit_test(a_child_begins_in_its_folder_with_three_descriptors),
        cmocka_unit_test(a_program_in_the_folder_goes_before_the_path),
        cmocka_unit_test(a_program_that_is_not_there_is_named),
        cmocka_unit_test(what_ignores_sigterm_is_killed_with_what_it_started),
        cmocka_unit_test(writing_to_one_that_has_gone_is_told_and_kills_nobody),
        cmocka_unit_test(a_wait_ends_at_its_limit_and_when_it_is_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
