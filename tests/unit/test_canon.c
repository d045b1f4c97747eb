/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"

#include "exec/canon.h"

#include <string.h>

static struct canon *shipped(void)
{
    struct canon *c = NULL;
    struct error err = {0};
    ok(canon_read("scenarios/canon", &c, &err), &err);
    return c;
}

static const char *value_at(const struct canon *c, const char *subject, const char *attribute,
                            uint32_t episode)
{
    uint32_t v = canon_value_at(c, canon_subject_of(c, subject, strlen(subject)),
                                canon_attribute_of(c, attribute, strlen(attribute)), episode);
    return v == CANON_NONE ? "" : canon_value_text(c, v);
}

static void the_shipped_canon_is_as_large_as_the_world_needs(void **state)
{
    struct canon *c = shipped();
    size_t of[CANON_KINDS] = {0}, shots = 0;

    for (size_t i = 0; i < c->subject.len; i++)
        of[c->subject.at[i].kind]++;
    for (size_t i = 0; i < c->chunk.len; i++)
        shots += c->chunk.at[i].kind == CANON_SHOT;
    within(of[CANON_CHARACTER], 40, 1000);
    within(of[CANON_PLACE], 25, 1000);
    within(of[CANON_PROP], 30, 1000);
    within(c->rule.len, 20, 1000);
    within(shots, 250, 10000);
    assert_int_equal(c->episodes, 10);
    assert_int_equal(strlen(c->version), 16);
    canon_free(c);
}

static void every_slot_of_every_subject_has_a_value_in_every_episode(void **state)
{
    struct canon *c = shipped();

    for (size_t i = 0; i < c->fact.len; i++)
        for (uint32_t e = 1; e <= c->episodes; e++)
            assert_int_not_equal(
                canon_value_at(c, c->fact.at[i].subject, c->fact.at[i].attribute, e), CANON_NONE);
    for (size_t a = 0; a < c->attribute.len; a++)
        within(c->attribute.at[a].values.len, 8, 14);
    canon_free(c);
}

/* Two of the sheets' facts, and two lines that change one of them. */
static const char small[] =
    "{\"kind\":\"character\",\"id\":\"ann\",\"name\":\"Ann Oar\",\"aliases\":[\"the pilot\"],"
    "\"chunk\":\"ann\",\"text\":\"Ann Oar wears a Red cape and carries a bell.\",\"facts\":["
    "{\"subject\":\"ann\",\"attribute\":\"coat\",\"value\":\"red cape\"},"
    "{\"subject\":\"ann\",\"attribute\":\"carries\",\"value\":\"bell\"}]}\n"
    "\r\n"
    "{\"kind\":\"shot\",\"chunk\":\"s3\",\"episode\":3,\"text\":\"She takes a blue cape.\","
    "\"facts\":[{\"subject\":\"ann\",\"attribute\":\"coat\",\"value\":\"blue cape\"}]}\n"
    "{\"kind\":\"memo\",\"chunk\":\"m3\",\"episode\":3,\"text\":\"The blue cape stays.\","
    "\"facts\":[{\"subject\":\"ann\",\"attribute\":\"coat\",\"value\":\"blue cape\"}]}\n"
    "{\"kind\":\"shot\",\"chunk\":\"s5\",\"episode\":5,\"text\":\"The red cape again.\","
    "\"facts\":[{\"subject\":\"ann\",\"attribute\":\"coat\",\"value\":\"red cape\"}]}\n";

static int take(const char *text, struct canon **c, struct error *err)
{
    struct canon *made = mem_zero(1, sizeof *made);

    *err = (struct error){0};
    *c = NULL;
    if (canon_add(made, "small", text, strlen(text), err)) {
        canon_free(made);
        return -1;
    }
    *c = made;
    return 0;
}

static void a_fact_holds_until_a_later_one_says_otherwise(void **state)
{
    struct canon *c = NULL;
    struct error err;
    uint32_t coat;

    ok(take(small, &c, &err), &err);
    coat = canon_attribute_of(c, "coat", 4);
    assert_string_equal(value_at(c, "ann", "coat", 0), "");
    assert_string_equal(value_at(c, "ann", "coat", 1), "red cape");
    assert_string_equal(value_at(c, "ann", "coat", 2), "red cape");
    assert_string_equal(value_at(c, "ann", "coat", 3), "blue cape");
    assert_string_equal(value_at(c, "ann", "coat", 4), "blue cape");
    assert_string_equal(value_at(c, "ann", "coat", 500), "red cape");
    assert_string_equal(value_at(c, "ann", "carries", 9), "bell");
    assert_string_equal(c->chunk.at[c->fact.at[canon_fact_at(c, 0, coat, 4)].chunk].id, "s3");
    assert_true(canon_states(c, canon_chunk_of(c, "m3", 2), 0, coat, 3));
    assert_false(canon_states(c, canon_chunk_of(c, "m3", 2), 0, coat, 5));
    assert_true(canon_states(c, canon_chunk_of(c, "ann", 3), 0, coat, 5));
    assert_false(canon_states(c, canon_chunk_of(c, "s5", 2), 0, coat, 2));
    assert_int_equal(canon_subject_of(c, "nobody", 6), CANON_NONE);
    canon_free(c);
}

static void what_feedback_adds_changes_the_version_and_the_aliases(void **state)
{
    static const char more[] =
        "{\"kind\":\"memo\",\"id\":\"ann\",\"aliases\":[\"Oar\"],\"chunk\":\"m\",\"episode\":6,"
        "\"text\":\"Oar is Ann, with a drum.\",\"facts\":[{\"subject\":\"ann\",\"attribute\":"
        "\"carries\",\"value\":\"drum\"}]}";
    struct canon *c = NULL;
    struct error err;
    char before[17];

    ok(take(small, &c, &err), &err);
    memcpy(before, c->version, sizeof before);
    ok(canon_add(c, "more", more, strlen(more), &err), &err);
    assert_string_not_equal(before, c->version);
    assert_int_equal(c->subject.at[0].aliases.len, 2);
    assert_string_equal(value_at(c, "ann", "carries", 5), "bell");
    assert_string_equal(value_at(c, "ann", "carries", 6), "drum");
    canon_free(c);
}

static void what_is_wrong_in_a_line_is_told_at_its_place(void **state)
{
    static const struct {
        const char *text, *says;
    } row[] = {
        {"{",                                                                                 "small:1: "                                                     },
        {"[1]",                                                                               "small:1: a line must be a JSON object"                         },
        {"{\"kind\":\"shot\",\"chunkk\":\"x\"}",                                              "unknown key `chunkk`; did you mean `chunk`?"                   },
        {"{\"kind\":\"film\"}",                                                               "there is no kind `film`"                                       },
        {"{\"kind\":\"place\",\"id\":\"a\"}",                                                 "there is no subject `a`; its first line needs"                 },
        {"{\"kind\":\"place\",\"name\":\"a\"}",                                               "need the `id` of their subject"                                },
        {"{\"kind\":\"memo\",\"chunk\":\"m\",\"text\":\"t\",\"facts\":[{\"subject\":\"x\","
         "\"attribute\":\"y\",\"value\":\"t\"}]}",                                   "small:1: there is no subject `x`"                              },
        {"{\"kind\":\"memo\",\"chunk\":\"m\",\"text\":\"t\",\"episode\":0}",
         "`episode` must be a whole number from 1"                                                                                                            },
        {"{\"kind\":\"memo\",\"chunk\":\"m\",\"text\":\"t\"}\n\n"
         "{\"kind\":\"memo\",\"chunk\":\"m\",\"text\":\"t\"}",                       "small:3: there are two chunks `m`"                             },
        {"{\"kind\":\"prop\",\"id\":\"a\",\"name\":\"A\",\"chunk\":\"m\",\"text\":\"t\","
         "\"facts\":[{\"subject\":\"a\",\"attribute\":\"y\",\"value\":\"brass\"}]}", "the text does not hold the value `brass`"                      },
        {"{\"kind\":\"prop\",\"id\":\"a\",\"name\":\"A\",\"chunk\":\"m\",\"text\":\"tin, brass\","
         "\"facts\":[{\"subject\":\"a\",\"attribute\":\"y\",\"value\":\"brass\"},"
         "{\"subject\":\"a\",\"attribute\":\"y\",\"value\":\"tin\"}]}",              "contradict each other: a.y is `brass` and `tin` from episode 1"},
        {"{\"kind\":\"draft\",\"chunk\":\"m\",\"text\":\"t\",\"facts\":[{}]}",                "states no facts"                                               },
        {"{\"kind\":\"rule\",\"chunk\":\"m\",\"text\":\"t\"}",                                "a rule needs `never`"                                          },
        {"{\"kind\":\"rule\",\"chunk\":\"m\",\"text\":\"t\",\"never\":[{\"attribute\":\"a\","
         "\"value\":\"b\",\"not\":1}]}",                                             "`not` must be true or false"                                   },
    };
    struct canon *c;
    struct error err;

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        assert_int_equal(take(row[i].text, &c, &err), -1);
        error_is(&err, ERR_INPUT, row[i].says);
    }
    err = (struct error){0};
    assert_int_equal(canon_read("tests/data/no-such-canon", &c, &err), -1);
    error_is(&err, ERR_IO, "no-such-canon");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_canon_is_as_large_as_the_world_needs),
        cmocka_unit_test(every_slot_of_every_subject_has_a_value_in_every_episode),
        cmocka_unit_test(a_fact_holds_until_a_later_one_says_otherwise),
        cmocka_unit_test(what_feedback_adds_changes_the_version_and_the_aliases),
        cmocka_unit_test(what_is_wrong_in_a_line_is_told_at_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
