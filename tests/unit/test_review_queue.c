/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/place.h"
#include "tests/support/support.h"

#include "store/queue.h"

#include <math.h>
#include <string.h>

struct desk {
    struct store *store;
    struct arena arena;
};

static struct desk open_desk(void **state)
{
    struct place *at = *state;
    struct desk d = {0};
    struct error err = {0};
    ok(store_open(at->path, &d.store, &err), &err);
    arena_init(&d.arena);
    return d;
}

static void close_desk(struct desk *d)
{
    struct error err = {0};
    ok(store_check(d->store, &err), &err);
    store_close(d->store);
    arena_release(&d->arena);
}

static int64_t add(struct desk *d, uint64_t item, uint32_t priority, double due_s)
{
    struct task t = {.run = 1,
                     .item = item,
                     .step = 2,
                     .visit = 1,
                     .item_id = "brief",
                     .step_id = "human",
                     .class = "night",
                     .payload = "{\"a\":1}",
                     .priority = priority,
                     .created_s = 1000,
                     .due_s = due_s,
                     .claim_s = 60};
    struct error err = {0};
    int64_t id = 0;
    ok(queue_add(d->store, &t, &id, &err), &err);
    return id;
}

/* The task that the reviewer gets; 0: none. */
static int64_t claim(struct desk *d, const char *reviewer, double now_s, int64_t but)
{
    struct queue_skip skip = {&but, 1};
    struct error err = {0};
    struct task t;
    bool is;
    ok(queue_claim(d->store, reviewer, now_s, &skip, &d->arena, &t, &is, &err), &err);
    return is ? t.id : 0;
}

static int decide(struct desk *d, int64_t id, const char *reviewer, double now_s, struct error *err)
{
    struct task_decision made = {TASK_EDIT, reviewer, "typo", "{\"a\":2}", now_s};
    return queue_decide(d->store, id, &made, err);
}

static bool taken(struct desk *d, int64_t id, double before_s, struct task_decision *out)
{
    struct error err = {0};
    bool is;
    ok(queue_take(d->store, id, before_s, &d->arena, out, &is, &err), &err);
    return is;
}

static void the_same_visit_is_one_task(void **state)
{
    struct desk d = open_desk(state);
    int64_t first = add(&d, 1, 0, INFINITY), other = add(&d, 2, 0, INFINITY);
    assert_true(first != other);
    assert_true(add(&d, 1, 0, INFINITY) == first);
    close_desk(&d);
}

static void tasks_come_by_priority_then_due_time_then_number(void **state)
{
    struct desk d = open_desk(state);
    int64_t last = add(&d, 1, 0, 5), late = add(&d, 2, 2, INFINITY), due = add(&d, 3, 2, 9000),
            first = add(&d, 4, 1, INFINITY);
    assert_true(claim(&d, "ann", 1, 0) == first);
    assert_true(claim(&d, "ben", 1, 0) == due);
    assert_true(claim(&d, "cy", 1, 0) == late);
    assert_true(claim(&d, "dee", 1, 0) == last);
    assert_true(claim(&d, "eve", 1, 0) == 0);
    assert_true(claim(&d, "ann", 2, 0) == first);
    assert_true(claim(&d, "ann", 2, first) == 0);
    close_desk(&d);
}

static void a_claim_ends_with_its_time_and_can_be_lengthened_or_given_back(void **state)
{
    struct desk d = open_desk(state);
    struct error err = {0};
    int64_t id = add(&d, 1, 0, INFINITY);
    assert_true(claim(&d, "ann", 1000, 0) == id);
    assert_true(claim(&d, "ben", 1059, 0) == 0);
    assert_int_equal(decide(&d, id, "ben", 1059, &err), -1);
    error_is(&err, ERR_INPUT, "is with ann");
    ok(queue_hold(d.store, id, "ann", 1050, &err), &err);
    assert_true(claim(&d, "ben", 1100, 0) == 0);
    assert_true(claim(&d, "ben", 1110, 0) == id);
    assert_int_equal(queue_hold(d.store, id, "ann", 1111, &err), -1);
    ok(queue_let_go(d.store, id, "ann", &err), &err);
    assert_true(claim(&d, "cy", 1111, 0) == 0);
    ok(queue_let_go(d.store, id, "ben", &err), &err);
    assert_true(claim(&d, "cy", 1111, 0) == id);
    close_desk(&d);
}

static void a_decision_is_made_once_and_the_run_takes_it(void **state)
{
    struct desk d = open_desk(state);
    struct task_decision got;
    struct error err = {0};
    int64_t id = add(&d, 1, 0, INFINITY);
    assert_false(taken(&d, id, INFINITY, &got));
    ok(decide(&d, id, "ann", 2000, &err), &err);
    assert_int_equal(decide(&d, id, "ben", 2001, &err), -1);
    error_is(&err, ERR_INPUT, "decided already");
    assert_true(claim(&d, "ben", 2001, 0) == 0);
    assert_false(taken(&d, id, 1999, &got));
    assert_true(taken(&d, id, 2000, &got));
    assert_int_equal(got.verdict, TASK_EDIT);
    assert_string_equal(got.reviewer, "ann");
    assert_string_equal(got.reason, "typo");
    assert_string_equal(got.edit, "{\"a\":2}");
    assert_true(add(&d, 1, 0, INFINITY) == id);
    assert_true(taken(&d, id, 0, &got));
    close_desk(&d);
}

static void a_decision_is_undone_until_the_run_has_it(void **state)
{
    struct desk d = open_desk(state);
    struct task_decision got;
    struct error err = {0};
    int64_t id = add(&d, 1, 0, INFINITY), undone = 0;
    assert_int_equal(queue_undo(d.store, "ann", 2000, &undone, &err), -1);
    error_is(&err, ERR_INPUT, "no decision to undo");
    ok(decide(&d, id, "ann", 2000, &err), &err);
    assert_int_equal(queue_undo(d.store, "ben", 2001, &undone, &err), -1);
    ok(queue_undo(d.store, "ann", 2001, &undone, &err), &err);
    assert_true(undone == id);
    assert_false(taken(&d, id, INFINITY, &got));
    assert_true(claim(&d, "ben", 2002, 0) == 0);
    assert_true(claim(&d, "ann", 2002, 0) == id);
    ok(decide(&d, id, "ann", 2003, &err), &err);
    assert_true(taken(&d, id, INFINITY, &got));
    near(got.time_s, 2003, 0);
    assert_int_equal(queue_undo(d.store, "ann", 2004, &undone, &err), -1);
    error_is(&err, ERR_INPUT, "gone on with it");
    close_desk(&d);
}

static void a_withdrawn_task_waits_for_nobody_and_can_come_again(void **state)
{
    struct desk d = open_desk(state);
    struct error err = {0};
    int64_t id = add(&d, 1, 0, INFINITY);
    ok(queue_withdraw(d.store, id, &err), &err);
    assert_true(claim(&d, "ann", 1000, 0) == 0);
    assert_int_equal(decide(&d, id, "ann", 1000, &err), -1);
    error_is(&err, ERR_INPUT, "withdrawn");
    assert_true(add(&d, 1, 0, INFINITY) == id);
    assert_true(claim(&d, "ann", 1000, 0) == id);
    assert_int_equal(decide(&d, 77, "ann", 1000, &err), -1);
    error_is(&err, ERR_INPUT, "no task 77");
    close_desk(&d);
}

static void the_queue_tells_how_much_waits_and_since_when(void **state)
{
    struct desk d = open_desk(state);
    struct queue_count n;
    struct error err = {0};
    ok(queue_count(d.store, "ann", 1, &n, &err), &err);
    assert_true(isnan(n.oldest_s) && n.waiting == 0);
    add(&d, 1, 0, INFINITY);
    add(&d, 2, 0, 1500);
    int64_t id = add(&d, 3, 1, INFINITY);
    ok(decide(&d, id, "ann", 1400, &err), &err);
    claim(&d, "ben", 1990, 0);
    ok(queue_count(d.store, "ann", 2000, &n, &err), &err);
    assert_int_equal(n.waiting, 2);
    assert_int_equal(n.held, 1);
    assert_int_equal(n.late, 1);
    assert_int_equal(n.decided, 1);
    near(n.oldest_s, 1000, 0);
    close_desk(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)
        T(the_same_visit_is_one_task),
        T(tasks_come_by_priority_then_due_time_then_number),
        T(a_claim_ends_with_its_time_and_can_be_lengthened_or_given_back),
        T(a_decision_is_made_once_and_the_run_takes_it),
        T(a_decision_is_undone_until_the_run_has_it),
        T(a_withdrawn_task_waits_for_nobody_and_can_come_again),
        T(the_queue_tells_how_much_waits_and_since_when),
    };
    return cmocka_run_group_tests_name("review_queue", tests, NULL, NULL);
}
