/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Programs as stages, those that behave and those that do not. */
#include "tests/support/stage_call.h"
#include "tests/support/support.h"

#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

/* Calls a fresh stage once. */
static struct stage_answer run(const char *exec, const char *payload, double limit_s)
{
    struct stage_bench b;
    struct stage_answer a;

    stage_bench_must(&b, false, exec);
    stage_bench_call(&b, payload, limit_s, NULL, &a);
    stage_bench_close(&b);
    return a;
}

static void a_program_is_told_of_the_attempt_and_answers(void **state)
{
    struct stage_answer a = run("{command: [cat]}", "{\"brief\": \"x\",\n\"n\":1}", 5);

    answer_is(&a, OUTCOME_OK,
              "{\"item\":\"item 7\",\"step\":\"work\",\"visit\":1,\"attempt\":2,"
              "\"payload\":{\"brief\":\"x\",\"n\":1}}");
    stage_answer_release(&a);
    a = run("{command: [cat], sends: payload}", "{\"n\": 1}", 5);
    answer_is(&a, OUTCOME_OK, "{\"n\":1}");
    stage_answer_release(&a);
    a = run("{command: [wc, -c], sends: payload, output: bytes}", "{\"n\": 1}", 5);
    answer_is(&a, OUTCOME_OK, "{\"bytes\":9}");
    stage_answer_release(&a);
}

static void arguments_reach_the_program_as_they_stand(void **state)
{
    struct stage_answer a =
        run("{command: [printf, '{\"a\":\"%s\",\"b\":\"%s\",\"c\":%s}', '$HOME `ls` ;', '*', 7]}",
            "{}", 5);

    answer_is(&a, OUTCOME_OK, "{\"a\":\"$HOME `ls` ;\",\"b\":\"*\",\"c\":7}");
    stage_answer_release(&a);
}

static void a_program_has_our_environment_with_its_own_over_it(void **state)
{
    struct stage_answer a = run("{command: [sh, -c, 'echo \"{\\\"a\\\":\\\"$MODE $KEY $N\\\"}\"'], "
                                "environment: {MODE: strict, N: 2}}",
                                "{}", 5);

    answer_is(&a, OUTCOME_OK, "{\"a\":\"strict secret 2\"}");
    stage_answer_release(&a);
}

static void large_payloads_pass_through_full_pipes(void **state)
{
    struct buf payload = {0};
    struct stage_answer a;

    buf_puts(&payload, "{\"a\":\"");
    for (int i = 0; i < 300000; i++)
        buf_puts(&payload, "word");
    buf_puts(&payload, "\"}");
    a = run("{command: [cat], sends: payload, most: 2MiB}", buf_text(&payload), 60);
    assert_int_equal(a.outcome, OUTCOME_OK);
    assert_string_equal(buf_text(&a.output), buf_text(&payload));
    stage_answer_release(&a);
    a = run("{command: [cat], sends: payload}", buf_text(&payload), 60);
    answer_is(&a, OUTCOME_MALFORMED, "`cat` wrote more than 1048576 bytes");
    stage_answer_release(&a);
    buf_release(&payload);
}

static void each_misbehaviour_ends_in_its_outcome(void **state)
{
    static const struct {
        const char *script;
        enum outcome outcome;
        const char *part;
    } cases[] = {
        {"exit 3",                                                                        OUTCOME_ERROR,     "`sh`: exit status 3"                        },
        {"echo {\\\"half\\\":; echo oh >&2; echo no >&2; exit 1",                         OUTCOME_ERROR,
         "exit status 1: oh no"                                                                                                                           },
        {"kill -SEGV $$",                                                                 OUTCOME_ERROR,     "killed by signal 11"                        },
        {"sleep 300",                                                                     OUTCOME_TIMEOUT,   "`sh` had not answered after 0.06 s"         },
        {"echo {}; exec >&-; sleep 300",                                                  OUTCOME_TIMEOUT,   "after 0.06 s"                               },
        {"exec >&- 2>&-; sleep 300",                                                      OUTCOME_TIMEOUT,   "after 0.06 s"                               },
        {"while :; do echo spam; done",                                                   OUTCOME_MALFORMED, "more than 20000 bytes"                      },
        {"while :; do echo spam; done >&2",                                               OUTCOME_TIMEOUT,   "after 0.06 s"                               },
        {"i=0; while [ $i -lt 9000 ]; do echo 0123456789 >&2; i=$((i+1)); done; echo {}",
         OUTCOME_OK,                                                                                         "{}"                                         },
        {"echo [1]",                                                                      OUTCOME_MALFORMED, "`sh`: the answer is an array, not an object"},
        {"printf '{\"a\":\"\\377\"}'",                                                    OUTCOME_MALFORMED, "`sh`: the answer is not UTF-8"              },
        {":",                                                                             OUTCOME_MALFORMED, "`sh`: it answered nothing"                  },
        {"echo {} {}",                                                                    OUTCOME_MALFORMED, "not JSON"                                   },
        {"exec <&-; echo {\\\"a\\\":1}",                                                  OUTCOME_OK,        "{\"a\":1}"                                  },
        {"echo {\\\"a\\\":1}; sleep 300 &",                                               OUTCOME_OK,        "{\"a\":1}"                                  },
        {"echo '{\"error\": \"no canon\"}'",                                              OUTCOME_ERROR,     "no canon"                                   },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage_bench b;
        struct stage_answer a;
        struct buf exec = {0};
        buf_puts(&exec, "{command: [sh, -c, '");
        for (const char *s = cases[i].script; *s; s++)
            buf_puts(&exec, *s == '\'' ? "''" : (char[]){*s, '\0'});
        buf_puts(&exec, "'], most: 20000}");
        stage_bench_must(&b, false, buf_text(&exec));
        double limit = cases[i].outcome == OUTCOME_TIMEOUT ? 0.06 : 60;
        double began = stage_bench_clock_s();
        stage_bench_call(&b, "{\"n\":1}", limit, NULL, &a);
        answer_is(&a, cases[i].outcome, cases[i].part);
        within(stage_bench_clock_s() - began, 0, 60);
        stage_answer_release(&a);
        stage_bench_close(&b);
        buf_release(&exec);
    }
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left behind */
}

static void a_large_request_that_nobody_reads_harms_nobody(void **state)
{
    struct buf payload = {0};
    struct stage_answer a;

    buf_puts(&payload, "{\"a\":\"");
    for (int i = 0; i < 100000; i++)
        buf_puts(&payload, "word");
    buf_puts(&payload, "\"}");
    a = run("{command: [sh, -c, 'exec <&-; sleep 0.02; echo {}']}", buf_text(&payload), 60);
    answer_is(&a, OUTCOME_OK, "{}");
    stage_answer_release(&a);
    a = run("{command: [echo, '{\"b\":1}']}", buf_text(&payload), 60);
    answer_is(&a, OUTCOME_OK, "{\"b\":1}");
    stage_answer_release(&a);
    buf_release(&payload);
}

static void *cancel_soon(void *flag)
{
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    atomic_store((atomic_bool *)flag, true);
    return NULL;
}

static void a_cancelled_call_ends_its_program(void **state)
{
    static const char *const execs[] = {"{command: [sleep, 300]}",
                                        "{command: [sleep, 300], serve: true}"};

    for (int i = 0; i < 2; i++) {
        atomic_bool cancelled = false;
        struct stage_bench b;
        struct stage_answer a;
        pthread_t thread;
        double began = stage_bench_clock_s();
        stage_bench_must(&b, false, execs[i]);
        assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &cancelled), 0);
        stage_bench_call(&b, "{}", INFINITY, &cancelled, &a);
        pthread_join(thread, NULL);
        answer_is(&a, OUTCOME_ERROR, "not needed any more");
        within(stage_bench_clock_s() - began, 0.01, 60);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
        stage_answer_release(&a);
        stage_bench_close(&b);
    }
}

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
    for (int i = 0; i < 20; i++) {
        struct stage_answer a;
        stage_bench_call(bench, "{\"n\":1}", 10, NULL, &a);
        if (a.outcome != OUTCOME_OK)
            BUG("call %d: %s", i, buf_text(&a.says));
        stage_answer_release(&a);
    }
    return NULL;
}

static void threads_call_side_by_side_and_nothing_leaks(void **state)
{
    static const char *const execs[] = {"{command: [cat]}", "{command: [cat], serve: true}"};
    unsigned before = descriptors();

    for (int k = 0; k < 2; k++) {
        struct stage_bench b;
        pthread_t thread[4];
        stage_bench_must(&b, false, execs[k]);
        for (int i = 0; i < 4; i++)
            assert_int_equal(pthread_create(&thread[i], NULL, call_often, &b), 0);
        for (int i = 0; i < 4; i++)
            pthread_join(thread[i], NULL);
        stage_bench_close(&b);
    }
    assert_int_equal(descriptors(), before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* A server that answers its own pid and how many lines it has read, and does as it is told. */
static const char server[] =
    "{serve: true, command: [sh, -c, 'n=0; while read -r line; do n=$((n+1)); case $line in "
    "*die*) exit 4;; *twice*) echo \"{}\";; *hang*) sleep 300;; *shape*) echo \"[]\"; continue;; "
    "esac; echo \"{\\\"pid\\\":$$,\\\"n\\\":$n}\"; case $line in *leave*) exit 0;; esac; done']}";

static void one_that_serves_answers_call_after_call(void **state)
{
    static const struct {
        const char *payload;
        enum outcome outcome;
        const char *part;
    } calls[] = {
        {"{}",                OUTCOME_OK,        "\"n\":1}"                        },
        {"{}",                OUTCOME_OK,        "\"n\":2}"                        },
        {"{\"a\":\"die\"}",   OUTCOME_ERROR,     "exit status 4 before it answered"},
        {"{}",                OUTCOME_OK,        "\"n\":1}"                        },
        {"{\"a\":\"leave\"}", OUTCOME_OK,        "\"n\":2}"                        }, /* dies after its answer */
        {"{}",                OUTCOME_OK,        "\"n\":1}"                        },
        {"{\"a\":\"twice\"}", OUTCOME_OK,        "{}"                              }, /* and says more: out of step */
        {"{}",                OUTCOME_OK,        "\"n\":1}"                        },
        {"{\"a\":\"shape\"}", OUTCOME_MALFORMED, "is an array"                     },
        {"{}",                OUTCOME_OK,        "\"n\":1}"                        },
        {"{\"a\":\"hang\"}",  OUTCOME_TIMEOUT,   "had not answered"                },
        {"{}",                OUTCOME_OK,        "\"n\":1}"                        },
    };
    struct stage_bench b;

    stage_bench_must(&b, false, server);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        struct stage_answer a;
        stage_bench_call(&b, calls[i].payload, calls[i].outcome == OUTCOME_TIMEOUT ? 0.05 : 5, NULL,
                         &a);
        answer_is(&a, calls[i].outcome, calls[i].part);
        stage_answer_release(&a);
        if (i == 4 || i == 6) /* until it has died, or said more */
            nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    stage_bench_close(&b);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void what_cannot_be_started_is_refused_before_the_run(void **state)
{
    static const struct {
        const char *exec, *part;
    } cases[] = {
        {"{command: cat}",                          "`command` is a list: [program, argument, ...]"         },
        {"{command: []}",                           "`command` is a list"                                   },
        {"{command: ['']}",                         "the program's name in `command` is empty"              },
        {"{command: [cat, [x]]}",                   "argument 1 of `command` is no text"                    },
        {"{command: [no-such-program]}",
         "there is no program `no-such-program` beside the scenario or on PATH"                             },
        {"{command: [./nothing.sh]}",               "there is no program `./nothing.sh` beside the scenario"},
        {"{command: [genai.jsonl.gz]}",             "`genai.jsonl.gz` is not executable: chmod +x it"       },
        {"{command: [cat], most: lots}",            "`most` is a size"                                      },
        {"{command: [cat], sends: all}",            "`sends` is request or payload"                         },
        {"{command: [cat], serve: 3}",              "`serve` is true or false"                              },
        {"{command: [cat], environment: {A: [1]}}", "`environment`: `A` is no name with a text"             },
        {"{command: [cat], enviroment: {}}",        "did you mean `environment`?"                           },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage_bench b;
        struct error err = {0};
        assert_int_equal(stage_bench_open(&b, false, cases[i].exec, &err), -1);
        error_is(&err, ERR_INPUT, cases[i].part);
        stage_bench_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_is_told_of_the_attempt_and_answers),
        cmocka_unit_test(arguments_reach_the_program_as_they_stand),
        cmocka_unit_test(a_program_has_our_environment_with_its_own_over_it),
        cmocka_unit_test(large_payloads_pass_through_full_pipes),
        cmocka_unit_test(each_misbehaviour_ends_in_its_outcome),
        cmocka_unit_test(a_large_request_that_nobody_reads_harms_nobody),
        cmocka_unit_test(a_cancelled_call_ends_its_program),
        cmocka_unit_test(threads_call_side_by_side_and_nothing_leaks),
        cmocka_unit_test(one_that_serves_answers_call_after_call),
        cmocka_unit_test(what_cannot_be_started_is_refused_before_the_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
