/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/place.h"
#include "tests/support/pty.h"
#include "tests/support/support.h"

#include "cli/cli.h"
#include "cli/options.h"
#include "store/queue.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* `seam review --db PATH --reviewer ann`, in the child. */
static int review(void *path)
{
    char words[5][12] = {"seam", "review", "--db", "--reviewer", "ann"};
    char *argv[] = {words[0], words[1], words[2], path, words[3], words[4], NULL};
    struct options options;
    struct error err = {0};
    atomic_bool stop = false;
    setenv("TERM", "xterm", 1);
    unsetenv("VISUAL");
    if (options_parse(6, argv, &options, &err))
        return 99;
    struct cli cli = {.options = &options, .stop = &stop, .out_is_terminal = true, .width = 80};
    int status = cmd_review(&cli, &err);
    options_release(&options);
    return status < 0 ? error_exit_status(err.code) : status;
}

static void add(const char *path, uint64_t item, const char *payload)
{
    struct store *s = NULL;
    struct error err = {0};
    char name[32];
    snprintf(name, sizeof name, "brief-%llu", (unsigned long long)item);
    struct task t = {.run = 1,
                     .item = item,
                     .visit = 1,
                     .item_id = name,
                     .step_id = "human",
                     .class = "",
                     .payload = payload,
                     .created_s = cli_unix_s() - 120,
                     .due_s = INFINITY,
                     .claim_s = 600};
    int64_t id;
    ok(store_open(path, &s, &err), &err);
    ok(queue_add(s, &t, &id, &err), &err);
    store_close(s);
}

/* "approve by ann: reason, edit"; "" while it waits. */
static void decision(const char *path, int64_t id, char out[256])
{
    static struct error err;
    struct store *s = NULL;
    struct arena arena;
    struct task_decision d;
    bool is;
    arena_init(&arena);
    ok(store_open(path, &s, &err), &err);
    ok(queue_take(s, id, INFINITY, &arena, &d, &is, &err), &err);
    snprintf(out, 256, "%s", "");
    if (is)
        snprintf(out, 256, "%s by %s: %s, %s", task_verdict_name(d.verdict), d.reviewer, d.reason,
                 d.edit ? d.edit : "-");
    store_close(s);
    arena_release(&arena);
}

static void decided(const char *path, int64_t id, const char *want)
{
    char got[256];
    decision(path, id, got);
    assert_string_equal(got, want);
}

static void every_key_does_what_it_says_and_is_kept_at_once(void **state)
{
    struct place *at = *state;
    struct pty p;
    for (uint64_t i = 1; i <= 4; i++)
        add(at->path, i, "{\"text\":\"a shot\",\"length\":4}");
    pty_start(&p, 80, 24, review, at->path);
    pty_expect(&p, "4 wait, the oldest for 2");
    pty_expect(&p, "item brief-1, step human");
    pty_expect(&p, "text: a shot");
    pty_expect(&p, "a approve  r reject");
    pty_type(&p, "a");
    pty_expect(&p, "task 1 approved");
    pty_type(&p, "u");
    pty_expect(&p, "task 1 is yours again");
    pty_forget(&p);
    pty_type(&p, "s");
    pty_expect(&p, "item brief-2");
    pty_type(&p, "r");
    pty_expect(&p, "reject, because: ");
    pty_type(&p, "notq\x7f canon\r");
    pty_expect(&p, "task 2 rejected");
    decided(at->path, 2, "reject by ann: not canon, -");
    pty_expect(&p, "item brief-3");
    pty_type(&p, "f");
    pty_expect(&p, "which member? ");
    pty_type(&p, "length\r");
    pty_expect(&p, "length: 4");
    pty_type(&p, "\x7f\x35\r");
    pty_expect(&p, "task 3 edited");
    decided(at->path, 3, "edit by ann: , {\"length\":5}");
    pty_expect(&p, "item brief-4");
    pty_forget(&p);
    pty_type(&p, "?");
    pty_expect(&p, "Any key ends this help");
    pty_type(&p, " r");
    pty_expect(&p, "because: ");
    pty_type(&p, "\x1b");
    pty_expect(&p, "a rejection needs a reason");
    pty_type(&p, "a");
    pty_expect(&p, "item brief-1");
    pty_type(&p, "q");
    assert_int_equal(pty_wait(&p), 0);
    assert_true(pty_is_restored(&p));
    decided(at->path, 4, "approve by ann: , -");
    decided(at->path, 1, "");
    pty_close(&p);
}

static void all_of_an_item_is_edited_in_the_users_editor(void **state)
{
    struct place *at = *state;
    struct pty p;
    add(at->path, 1, "{\"text\":\"a shot\",\"length\":4}");
    setenv("EDITOR", "sed -i s/shot/lamp/", 1);
    pty_start(&p, 80, 24, review, at->path);
    pty_expect(&p, "? help");
    pty_type(&p, "e");
    pty_expect(&p, "task 1 edited");
    pty_type(&p, "u");
    pty_expect(&p, "is yours again");
    pty_type(&p, "q");
    assert_int_equal(pty_wait(&p), 0);
    pty_close(&p);
    setenv("EDITOR", "false", 1);
    pty_start(&p, 80, 24, review, at->path);
    pty_expect(&p, "? help");
    pty_type(&p, "e");
    pty_expect(&p, "nothing was decided");
    pty_type(&p, "q");
    assert_int_equal(pty_wait(&p), 0);
    assert_true(pty_is_restored(&p));
    pty_close(&p);
    unsetenv("EDITOR");
}

static void what_is_given_back_on_quitting_is_free_for_others(void **state)
{
    struct place *at = *state;
    struct pty p;
    struct store *s = NULL;
    struct error err = {0};
    add(at->path, 1, "{}");
    pty_start(&p, 80, 24, review, at->path);
    pty_expect(&p, "the item holds nothing");
    pty_type(&p, "\x03");
    assert_int_equal(pty_wait(&p), 0);
    ok(store_open(at->path, &s, &err), &err);
    ok(queue_hold(s, 1, "ben", cli_unix_s(), &err), &err);
    store_close(s);
    pty_close(&p);
}

static void the_terminal_is_as_before_after_signals_and_crashes(void **state)
{
    static const int signals[] = {SIGHUP, SIGSEGV, SIGQUIT};
    struct place *at = *state;
    add(at->path, 1, "{}");
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct pty p;
        pty_start(&p, 80, 24, review, at->path);
        pty_expect(&p, "? help");
        assert_false(pty_is_restored(&p));
        kill(p.child, signals[i]);
        int status = pty_wait(&p);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == signals[i]);
        assert_true(pty_is_restored(&p));
        text_has(buf_text(&p.shown), "\x1b[?1049l");
        pty_close(&p);
    }
}

static void decisions_outlive_a_reviewer_who_is_killed(void **state)
{
    struct place *at = *state;
    struct pty p;
    add(at->path, 1, "{}");
    add(at->path, 2, "{}");
    pty_start(&p, 80, 24, review, at->path);
    pty_expect(&p, "brief-1");
    pty_type(&p, "a");
    pty_expect(&p, "task 1 approved");
    kill(p.child, SIGKILL);
    pty_wait(&p);
    decided(at->path, 1, "approve by ann: , -");
    pty_close(&p);
}

/* The longest line that stands on the screen, sequences left out. */
static size_t widest(const char *shown)
{
    size_t most = 0, width = 0;
    for (const char *c = shown; *c; c++) {
        if (*c == '\x1b') {
            for (c++; *c && !(*c >= '@' && *c <= '~' && *c != '['); c++)
                ;
            if (*c == 'H')
                width = 0;
        } else if (*c == '\r' || *c == '\n') {
            width = 0;
        } else {
            width++;
        }
        most = width > most ? width : most;
    }
    return most;
}

static void the_screen_follows_the_window_and_long_texts_are_scrolled(void **state)
{
    struct place *at = *state;
    struct pty p;
    struct buf payload = {0};
    buf_puts(&payload, "{\"text\":\"");
    for (int i = 0; i < 200; i++)
        buf_printf(&payload, "word%d ", i);
    buf_puts(&payload, "\",\"last\":\"omega\"}");
    add(at->path, 1, buf_text(&payload));
    pty_start(&p, 80, 24, review, at->path);
    pty_expect(&p, "? help");
    assert_true(widest(buf_text(&p.shown)) <= 80);
    assert_null(strstr(buf_text(&p.shown), "omega"));
    pty_resize(&p, 40, 12);
    pty_expect(&p, "a r e f s u ? q");
    pty_forget(&p);
    for (int i = 0; i < 12; i++)
        pty_type(&p, " ");
    pty_expect(&p, "last: omega");
    assert_true(widest(buf_text(&p.shown)) <= 40);
    pty_type(&p, "q");
    assert_int_equal(pty_wait(&p), 0);
    buf_release(&payload);
    pty_close(&p);
}

static void an_items_text_cannot_control_the_terminal(void **state)
{
    struct place *at = *state;
    struct pty p;
    add(at->path, 1, "{\"text\":\"\\u001b]0;owned\\u0007\\u001b[41mred\\u009b5m\"}");
    pty_start(&p, 80, 24, review, at->path);
    pty_expect(&p, "owned");
    pty_expect(&p, "? help");
    assert_null(strstr(buf_text(&p.shown), "\x1b]0"));
    assert_null(strstr(buf_text(&p.shown), "\x1b[41m"));
    assert_null(strstr(buf_text(&p.shown), "\xc2\x9b"));
    pty_type(&p, "q");
    assert_int_equal(pty_wait(&p), 0);
    pty_close(&p);
}

static void new_tasks_appear_by_themselves(void **state)
{
    struct place *at = *state;
    struct pty p;
    struct store *s = NULL;
    struct error err = {0};
    ok(store_open(at->path, &s, &err), &err);
    store_close(s);
    pty_start(&p, 80, 24, review, at->path);
    pty_expect(&p, "Nothing waits");
    add(at->path, 7, "{}");
    pty_resize(&p, 81, 24); /* wakes it before its second is over */
    pty_expect(&p, "item brief-7");
    pty_type(&p, "q");
    assert_int_equal(pty_wait(&p), 0);
    pty_close(&p);
}

int main(void)
{
    unsetenv("EDITOR");
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)
        T(every_key_does_what_it_says_and_is_kept_at_once),
        T(all_of_an_item_is_edited_in_the_users_editor),
        T(what_is_given_back_on_quitting_is_free_for_others),
        T(the_terminal_is_as_before_after_signals_and_crashes),
        T(decisions_outlive_a_reviewer_who_is_killed),
        T(the_screen_follows_the_window_and_long_texts_are_scrolled),
        T(an_items_text_cannot_control_the_terminal),
        T(new_tasks_appear_by_themselves),
    };
    return cmocka_run_group_tests_name("review_terminal", tests, NULL, NULL);
}
