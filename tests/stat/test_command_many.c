/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ten thousand calls of a program: no zombie, no descriptor left, and a call costs about what
 * starting the program costs. */
#include "base/process.h"
#include "tests/support/stage_call.h"
#include "tests/support/support.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CALLS = 10000, THREADS = 2 };

static unsigned descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    unsigned n = 0;

    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n;
}

static void *call_often(void *bench)
{
    for (int i = 0; i < CALLS / THREADS; i++) {
        struct stage_answer a;
        stage_bench_call(bench, "{\"n\":1}", 30, NULL, &a);
        if (a.outcome != OUTCOME_OK || !strstr(buf_text(&a.output), "\"n\":1"))
            BUG("call %d: %s", i, buf_text(&a.says));
        stage_answer_release(&a);
    }
    return NULL;
}

static void many_calls_leave_nothing_behind(void **state)
{
    unsigned before = descriptors();
    struct stage_bench b;
    pthread_t thread[THREADS];

    stage_bench_must(&b, false, "{command: [cat]}");
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, call_often, &b), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    stage_bench_close(&b);
    assert_int_equal(descriptors(), before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* What it costs to start cat, write to it, read its answer and wait for it, and nothing more. */
static void start_plainly(void)
{
    char cat[] = "cat", *const argv[] = {cat, NULL}, *const env[] = {NULL};
    posix_spawn_file_actions_t actions;
    int to[2], from[2];
    char text[64];
    pid_t pid;

    assert_int_equal(pipe(to) | pipe(from), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to[0], 0);
    posix_spawn_file_actions_adddup2(&actions, from[1], 1);
    posix_spawn_file_actions_addclose(&actions, to[1]);
    posix_spawn_file_actions_addclose(&actions, from[0]);
    assert_int_equal(posix_spawnp(&pid, "cat", &actions, NULL, argv, env), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(to[0]);
    close(from[1]);
    assert_int_equal(write(to[1], "{\"n\":1}\n", 8), 8);
    close(to[1]);
    while (read(from[0], text, sizeof text) > 0)
        ;
    close(from[0]);
    waitpid(pid, NULL, 0);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void a_call_costs_about_what_starting_the_program_costs(void **state)
{
    enum { ROUNDS = 300 };
    double plain[ROUNDS], stage[ROUNDS], began;
    struct stage_bench b;

    stage_bench_must(&b, false, "{command: [cat]}");
    for (int i = 0; i < ROUNDS; i++) { /* side by side, so that load falls on both */
        struct stage_answer a;
        began = stage_bench_clock_s();
        start_plainly();
        plain[i] = stage_bench_clock_s() - began;
        began = stage_bench_clock_s();
        stage_bench_call(&b, "{\"n\":1}", 30, NULL, &a);
        stage[i] = stage_bench_clock_s() - began;
        assert_int_equal(a.outcome, OUTCOME_OK);
        stage_answer_release(&a);
    }
    stage_bench_close(&b);
    qsort(plain, ROUNDS, sizeof *plain, by_size);
    qsort(stage, ROUNDS, sizeof *stage, by_size);
    print_message("cat alone %.0f us, as a stage %.0f us (medians)\n", 1e6 * plain[ROUNDS / 2],
                  1e6 * stage[ROUNDS / 2]);
    within(stage[ROUNDS / 2] / plain[ROUNDS / 2], 0, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_calls_leave_nothing_behind),
        cmocka_unit_test(a_call_costs_about_what_starting_the_program_costs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
