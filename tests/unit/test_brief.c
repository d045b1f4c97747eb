/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"

#include "base/intern.h"
#include "exec/brief.h"
#include "exec/judge.h"

#include <string.h>

static struct canon *shipped(void)
{
    struct canon *c = NULL;
    struct error err = {0};
    ok(canon_read("scenarios/canon", &c, &err), &err);
    return c;
}

static void a_brief_depends_on_the_seed_and_its_number_alone(void **state)
{
    struct canon *c = shipped();
    struct brief_source *three = brief_source_new(c, 7, 3), *nine = brief_source_new(c, 7, 9),
                        *other = brief_source_new(c, 8, 3);
    const char *id, *class, *a, *b, *d, *truth;

    for (uint64_t i = 0; i < 3; i++) {
        const struct run_input *in = brief_source_input(three);
        in->item(in->arg, i, &id, &class, &a, &truth);
        in = brief_source_input(nine);
        in->item(in->arg, i, &id, &class, &b, &truth);
        in = brief_source_input(other);
        in->item(in->arg, i, &id, &class, &d, &truth);
        assert_string_equal(a, b);
        assert_string_not_equal(a, d);
    }
    assert_int_equal(brief_source_input(nine)->items, 9);
    brief_source_free(other);
    brief_source_free(nine);
    brief_source_free(three);
    canon_free(c);
}

static void two_thousand_briefs_differ_and_want_what_the_canon_knows(void **state)
{
    struct canon *c = shipped();
    struct intern seen = {0};
    struct buf text = {0};
    struct brief b;
    uint32_t crowds = 0, reshoots = 0;

    for (uint64_t i = 0; i < 2000; i++) {
        buf_clear(&text);
        brief_draw(c, 1, i, &b, &text);
        intern_put(&seen, buf_text(&text), text.len);
        within(b.n_wants, 1, 5);
        crowds += b.n_wants > 3;
        reshoots += b.episode <= c->episodes;
        for (uint32_t k = 0; k < b.n_wants; k++) {
            const struct brief_want *w = &b.want[k];
            assert_int_not_equal(w->value, CANON_NONE);
            assert_int_equal(w->value, canon_value_at(c, w->subject, w->attribute, b.episode));
            for (uint32_t j = 0; j < k; j++)
                assert_false(b.want[j].subject == w->subject &&
                             b.want[j].attribute == w->attribute);
        }
    }
    /* two briefs of one want can be put in the same words */
    within(seen.count, 1950, 2000);
    within_sigma(crowds, 300, 16, 5); /* sqrt(2000 * 0.15 * 0.85) */
    within_sigma(reshoots, 500, 19.4, 5);
    intern_release(&seen);
    buf_release(&text);
    canon_free(c);
}

static void the_truth_is_never_in_the_input(void **state)
{
    struct canon *c = shipped();
    struct brief_source *s = brief_source_new(c, 3, 200);
    const struct run_input *in = brief_source_input(s);
    const char *id, *class, *payload, *truth;
    struct json_reader *r = json_reader_new();
    struct json root;
    struct error err = {0};

    for (uint64_t i = 0; i < 200; i++) {
        in->item(in->arg, i, &id, &class, &payload, &truth);
        ok(json_parse(r, payload, strlen(payload), &root, &err), &err);
        assert_int_equal(json_count(root), 3);
        for (struct json_iter it = json_each(json_get(root, "wants")); json_next(&it);)
            assert_int_equal(json_count(it.value), 2);
        assert_int_equal(judge_payload(truth, strlen(truth), payload, strlen(payload)), RUN_BAD);
        assert_int_equal(judge_payload(truth, strlen(truth), truth, strlen(truth)), RUN_GOOD);
    }
    json_reader_free(r);
    brief_source_free(s);
    canon_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_brief_depends_on_the_seed_and_its_number_alone),
        cmocka_unit_test(two_thousand_briefs_differ_and_want_what_the_canon_knows),
        cmocka_unit_test(the_truth_is_never_in_the_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
