/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"

#include "exec/brief.h"
#include "exec/tools.h"

#include <string.h>

static struct canon *shipped(void)
{
    struct canon *c = NULL;
    struct error err = {0};
    ok(canon_read("scenarios/canon", &c, &err), &err);
    return c;
}

static const char *call(const struct canon *c, const char *tool, const char *arguments,
                        struct buf *out)
{
    struct error err = {0};

    buf_clear(out);
    ok(tool_of(tool)->call(c, arguments, strlen(arguments), out, &err), &err);
    return buf_text(out);
}

static void the_check_knows_rules_and_prior_shots(void **state)
{
    static const struct {
        const char *arguments, *says;
    } row[] = {
        {"{\"shot\":{\"halvard-osk.coat\":\"white parade coat\"},\"episode\":11}",
         "{\"consistent\":true,\"problems\":[]}"                                                                                },
        {"{\"shot\":{\"maren-osk.coat\":\"white parade coat\"},\"episode\":1}",
         "rule/01: Only the harbour master"                                                                                     },
        {"{\"shot\":{\"lantern-stair.light\":\"white arc light\"},\"episode\":6}", "rule/03"                                    },
        {"{\"shot\":{\"edda-quill.carries\":\"black ledger\",\"maren-osk.carries\":"
         "\"black ledger\"},\"episode\":1}",                              "rule/12"                                    },
        {"{\"shot\":{\"sluice-house.door\":\"chained gate\",\"sluice-house.light\":"
         "\"moonlight\"}}",                                               "rule/06"                                    },
        {"{\"shot\":{\"nobody.coat\":\"red\"}}",                                   "nobody.coat: the canon knows no such slot"  },
        {"{\"shot\":{\"coat\":\"red\"}}",                                          "coat: must be subject.attribute with a text"},
        {"{\"shot\":{\"maren-osk.coat\":7}}",                                      "maren-osk.coat: must be"                    },
    };
    struct canon *c = shipped();
    struct buf out = {0};

    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        text_has(call(c, "continuity_check", row[i].arguments, &out), row[i].says);
    buf_release(&out);
    canon_free(c);
}

/* The harbour master's niece lost her oilskin in a shot of episode 3. */
static void a_value_that_a_shot_replaced_is_a_problem_from_then_on(void **state)
{
    static const char shot[] = "{\"shot\":{\"maren-osk.coat\":\"green oilskin\"},\"episode\":%d}";
    struct canon *c = shipped();
    struct buf out = {0}, arguments = {0};

    for (int episode = 1; episode <= 4; episode++) {
        buf_clear(&arguments);
        buf_printf(&arguments, shot, episode);
        const char *says = call(c, "continuity_check", buf_text(&arguments), &out);
        if (episode < 3)
            assert_string_equal(says, "{\"consistent\":true,\"problems\":[]}");
        else
            text_has(says, "maren-osk.coat: shot/03-");
    }
    buf_release(&arguments);
    buf_release(&out);
    canon_free(c);
}

/* Shots that are right, and the same with one value exchanged for another of its attribute. */
static void the_check_is_neither_blind_nor_perfect(void **state)
{
    enum { N = 400 };
    struct canon *c = shipped();
    struct buf out = {0}, text = {0}, arguments = {0};
    struct brief b;
    int alarms = 0, caught = 0;

    for (uint64_t i = 0; i < N; i++)
        for (int wrong = 0; wrong < 2; wrong++) {
            buf_clear(&text);
            buf_clear(&arguments);
            brief_draw(c, 5, i, &b, &text);
            if (wrong) {
                const struct canon_attribute *a = &c->attribute.at[b.want[0].attribute];
                uint32_t other = a->values.at[i % a->values.len];
                b.want[0].value =
                    other != b.want[0].value ? other : a->values.at[(i + 1) % a->values.len];
            }
            brief_put_truth(c, &b, &arguments);
            arguments.len--; /* the last brace */
            buf_printf(&arguments, ",\"episode\":%u}", b.episode);
            call(c, "continuity_check", buf_text(&arguments), &out);
            *(wrong ? &caught : &alarms) += strstr(buf_text(&out), "true") == NULL;
        }
    print_message("false alarms %d, caught %d of %d\n", alarms, caught, N);
    within(alarms, 4, 80);
    within(caught, 200, 360);
    buf_release(&arguments);
    buf_release(&text);
    buf_release(&out);
    canon_free(c);
}

static void assets_and_renders_are_told(void **state)
{
    struct canon *c = shipped();
    struct buf out = {0}, again = {0};

    text_has(call(c, "asset_lookup", "{\"subject\":\"Maren Osk\"}", &out),
             "{\"subject\":\"maren-osk\",\"name\":\"Maren Osk\",\"assets\":[{\"id\":"
             "\"maren-osk/coat\",\"kind\":\"coat\",\"versions\":");
    text_has(call(c, "render_job", "{\"shot\":{\"a.b\":\"c\",\"d.e\":\"f\"}}", &out),
             "\"frames\":144,\"seconds\":6}");
    call(c, "render_job", "{\"shot\":{\"a.b\":\"c\",\"d.e\":\"g\"}}", &again);
    assert_string_not_equal(buf_text(&out), buf_text(&again));
    buf_release(&again);
    buf_release(&out);
    canon_free(c);
}

static void arguments_that_are_not_as_asked_are_refused(void **state)
{
    static const struct {
        const char *tool, *arguments, *says;
    } row[] = {
        {"asset_lookup",     "{",                                       "arguments: "                     },
        {"asset_lookup",     "[]",                                      "arguments: must be a JSON object"},
        {"asset_lookup",     "{}",                                      "subject: must be a text"         },
        {"asset_lookup",     "{\"subject\":\"\\u0000\"}",               "subject: the canon knows no"     },
        {"render_job",       "{\"shot\":[]}",                           "shot: must be a map"             },
        {"render_job",       "{\"shot\":{}}",                           "shot: must be a map"             },
        {"continuity_check", "{\"shot\":{\"a\":\"b\"},\"episode\":-1}", "episode: must be"                },
        {"continuity_check", "\"\xff\"",                                "arguments: "                     },
    };
    struct canon *c = shipped();
    struct buf out = {0};
    size_t n = 0;

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct error err = {0};
        assert_int_equal(
            tool_of(row[i].tool)->call(c, row[i].arguments, strlen(row[i].arguments), &out, &err),
            -1);
        error_is(&err, ERR_INPUT, row[i].says);
        assert_int_equal(out.len, 0);
    }
    assert_null(tool_of("delete_everything"));
    assert_non_null(tools_list(&n));
    assert_int_equal(n, 3);
    canon_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_check_knows_rules_and_prior_shots),
        cmocka_unit_test(a_value_that_a_shot_replaced_is_a_problem_from_then_on),
        cmocka_unit_test(the_check_is_neither_blind_nor_perfect),
        cmocka_unit_test(assets_and_renders_are_told),
        cmocka_unit_test(arguments_that_are_not_as_asked_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
