/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/flow.h"
#include "tests/support/support.h"

#include "exec/world.h"
#include "model/scenario.h"

#include <string.h>

static const char memo[] = "{\"kind\":\"memo\",\"chunk\":\"learned/1\",\"episode\":11,\"text\":"
                           "\"Maren Osk wears a yellow slicker.\",\"facts\":[{\"subject\":"
                           "\"maren-osk\",\"attribute\":\"coat\",\"value\":\"yellow slicker\"}]}";

static void a_canon_is_opened_once_and_with_what_was_learned(void **state)
{
    struct world *w = world_new("scenarios");
    const struct canon *a = NULL, *b = NULL;
    struct error err = {0};

    ok(world_extend(w, "learned", memo, strlen(memo), &err), &err);
    ok(world_canon(w, NULL, &a, &err), &err);
    ok(world_canon(w, "canon", &b, &err), &err);
    assert_ptr_equal(a, b);
    assert_int_equal(a->episodes, 11);
    assert_int_not_equal(canon_chunk_of(a, "learned/1", 9), CANON_NONE);
    assert_int_equal(world_extend(w, "late", memo, strlen(memo), &err), -1);
    error_is(&err, ERR_INPUT, "late: the canon is in use");
    world_free(w);
}

/* Nothing writes what a brief wants in the first flow: its truth would call all of it wrong. */
static void briefs_come_with_their_truth_where_it_can_be_met(void **state)
{
    static const char *const flows[] = {"{builtin: retrieve}", "{builtin: generate}",
                                        "{builtin: nothing}"};
    for (int k = 0; k < 3; k++) {
        struct world *w = world_new("scenarios");
        struct pipeline p;
        struct buf flow = {0};
        struct error err = {0};
        const struct run_input *in = NULL;
        buf_printf(&flow, "flow:\n  - stage: a\n    exec: %s\n", flows[k]);
        flow_read(buf_text(&flow), &p);
        ok(world_briefs(w, &p, 1, 3, &in, &err), &err);
        assert_int_equal(in == NULL, k == 2);
        if (in) {
            const char *id, *class, *payload, *truth;
            assert_int_equal(in->items, 3);
            in->item(in->arg, 2, &id, &class, &payload, &truth);
            text_has(payload, "\"brief\"");
            assert_int_equal(truth == NULL, k == 0);
        }
        buf_release(&flow);
        pipeline_release(&p);
        world_free(w);
    }
}

static int open_none(struct world *w, const void *arg, void **part, struct error *err)
{
    return error_set(err, ERR_IO, "no part today");
}

static int open_counted(struct world *w, const void *arg, void **part, struct error *err)
{
    const struct canon *c = NULL;

    *part = *(int *const *)arg;
    ++**(int *const *)arg;
    return world_canon(w, "canon", &c, err); /* a part may ask for others */
}

static void close_counted(void *part)
{
    --*(int *)part;
}

static void a_part_is_opened_by_the_first_that_asks_and_closed_with_the_world(void **state)
{
    static const struct world_part none = {open_none, NULL},
                                   counted = {open_counted, close_counted};
    struct world *w = world_new("scenarios");
    struct error err = {0};
    int n = 0, *at = &n;
    void *part = NULL;

    assert_int_equal(world_share(w, "x", &none, NULL, &part, &err), -1);
    error_is(&err, ERR_IO, "no part today");
    ok(world_share(w, "x", &counted, &at, &part, &err), &err);
    ok(world_share(w, "x", &counted, &at, &part, &err), &err);
    assert_ptr_equal(part, at);
    assert_int_equal(n, 1);
    world_free(w);
    assert_int_equal(n, 0);
    world_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_canon_is_opened_once_and_with_what_was_learned),
        cmocka_unit_test(briefs_come_with_their_truth_where_it_can_be_met),
        cmocka_unit_test(a_part_is_opened_by_the_first_that_asks_and_closed_with_the_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
