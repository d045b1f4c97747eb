/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers from outside, held to the rules of `exec`. */
#include "base/utf8.h"
#include "exec/answer.h"
#include "tests/support/stage_call.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct reading {
    struct stage_bench bench; /* for its setting alone: the kind is the one that does nothing */
    struct answer_rules *rules;
};

static void begin(struct reading *r, bool check, const char *exec)
{
    struct error err = {0};
    char all[400] = "{builtin: nothing";

    strcat(strcat(strcat(all, *exec ? ", " : ""), exec), "}");
    stage_bench_must(&r->bench, check, all);
    ok(answer_rules_new(&r->bench.setting, &r->rules, &err), &err);
}

static void end(struct reading *r)
{
    answer_rules_free(r->rules);
    stage_bench_close(&r->bench);
}

/* One answer under one set of rules. */
static struct stage_answer read_n(bool check, const char *exec, const char *bytes, size_t len)
{
    struct reading r;
    struct stage_answer a;

    begin(&r, check, exec);
    stage_answer_init(&a);
    answer_read(r.rules, bytes, len, &a);
    end(&r);
    return a;
}

static struct stage_answer read_one(bool check, const char *exec, const char *text)
{
    return read_n(check, exec, text, strlen(text));
}

static void members_of_an_object_are_the_output_byte_for_byte(void **state)
{
    struct stage_answer a = read_one(
        false, "", " {\"a\" : 1.10e2,\n \"b\":[ \"x \\\" y\" , 18446744073709551617 ] }\n");

    answer_is(&a, OUTCOME_OK, "{\"a\":1.10e2,\"b\":[\"x \\\" y\",18446744073709551617]}");
    assert_true(isnan(a.confidence) && isnan(a.cost));
    stage_answer_release(&a);
}

static void what_is_no_object_in_json_is_malformed_and_quoted(void **state)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"",                                      "answered nothing"                     },
        {" \n\t",                                 "answered nothing"                     },
        {"Traceback (most recent call last):\nx", "not JSON"                             },
        {"Sorry,\x1b[31m no",                     "Sorry, [31m no"                       },
        {"{\"a\":1",                              "not JSON"                             },
        {"{\"a\":1}{\"b\":2}",                    "not JSON"                             },
        {"{\"a\":NaN}",                           "not JSON"                             },
        {"[1,2]",                                 "the answer is an array, not an object"},
        {"\"text\"",                              "is a string"                          },
        {"null",                                  "is null"                              },
        {"{\"a\":\"\xff\xfe\"}",                  "not UTF-8"                            },
        {"\x80\x80\x80\x80",                      "not UTF-8"                            },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage_answer a = read_one(false, "", cases[i].text);
        answer_is(&a, OUTCOME_MALFORMED, cases[i].part);
        assert_int_equal(a.output.len, 0);
        stage_answer_release(&a);
    }
}

static void members_that_are_expected_must_be_there_with_their_type(void **state)
{
    static const char exec[] = "expects: {shot: object, score: number, n: integer, tags: array, "
                               "ok: boolean, note: string, x: any, /shot/id: string}";
    static const struct {
        const char *change, *part; /* what stands in place of "score":0.5 */
    } cases[] = {
        {"\"score\":\"high\"",      "`score` of the answer is a string where number is expected"},
        {"\"sc\":1",                "`score` of the answer is missing where number"             },
        {"\"score\":1,\"n\":1.5",   "`n` of the answer is a number where integer"               },
        {"\"score\":1,\"shot\":{}", "`/shot/id` of the answer is missing where string"          },
        {"\"score\":1,\"ok\":null", "`ok` of the answer is null where boolean"                  },
    };
    char text[300];

    snprintf(text, sizeof text,
             "{\"shot\":{\"id\":\"7\"},\"n\":3,\"tags\":[],\"ok\":true,"
             "\"note\":\"\",\"x\":null,\"score\":0.5}");
    struct stage_answer a = read_one(false, exec, text);
    answer_is(&a, OUTCOME_OK, "\"score\":0.5");
    stage_answer_release(&a);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text,
                 "{\"shot\":{\"id\":\"7\"},\"n\":3,\"tags\":[],\"ok\":true,\"note\":\"\","
                 "\"x\":null,%s}",
                 cases[i].change);
        a = read_one(false, exec, text);
        answer_is(&a, OUTCOME_MALFORMED, cases[i].part);
        stage_answer_release(&a);
    }
}

static void output_puts_the_whole_answer_under_a_name(void **state)
{
    struct stage_answer a = read_one(false, "output: size", " 42 ");

    answer_is(&a, OUTCOME_OK, "{\"size\":42}");
    stage_answer_release(&a);
    a = read_one(false, "output: draft, text: true", "two\n\"lines\"\n");
    answer_is(&a, OUTCOME_OK, "{\"draft\":\"two\\n\\\"lines\\\"\"}");
    stage_answer_release(&a);
    a = read_one(false, "output: draft, text: true", "\xc3\x28");
    answer_is(&a, OUTCOME_MALFORMED, "not UTF-8");
    stage_answer_release(&a);
}

static void confidence_is_a_number_from_0_to_1(void **state)
{
    static const struct {
        const char *exec, *text;
        enum outcome outcome;
        double want;
    } cases[] = {
        {"",                 "{\"confidence\":0.25}",        OUTCOME_OK,        0.25},
        {"",                 "{\"confidence\":1}",           OUTCOME_OK,        1   },
        {"",                 "{\"confidence\":\"high\"}",    OUTCOME_OK,        NAN }, /* a word of its own */
        {"",                 "{\"confidence\":1.01}",        OUTCOME_MALFORMED, NAN },
        {"",                 "{\"confidence\":-0.1}",        OUTCOME_MALFORMED, NAN },
        {"confidence: /a/1", "{\"a\":[0,0.5]}",              OUTCOME_OK,        0.5 },
        {"confidence: /a/1", "{\"a\":[0,null]}",             OUTCOME_OK,        NAN },
        {"confidence: /a/1", "{\"a\":[0]}",                  OUTCOME_MALFORMED, NAN },
        {"confidence: /a",   "{\"a\":\"0.5\"}",              OUTCOME_MALFORMED, NAN },
        {"confidence: /a",   "{\"a\":0.5,\"confidence\":7}", OUTCOME_OK,        0.5 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage_answer a = read_one(false, cases[i].exec, cases[i].text);
        assert_int_equal(a.outcome, cases[i].outcome);
        if (isnan(cases[i].want))
            assert_true(isnan(a.confidence));
        else
            near(a.confidence, cases[i].want, 0);
        stage_answer_release(&a);
    }
}

static void checks_need_a_verdict(void **state)
{
    static const struct {
        const char *exec, *text;
        enum outcome outcome;
        enum stage_verdict want;
    } cases[] = {
        {"",                 "{\"verdict\":true}",                     OUTCOME_OK,        STAGE_PASS  },
        {"",                 "{\"verdict\":false}",                    OUTCOME_OK,        STAGE_REJECT},
        {"",                 "{\"verdict\":\"approve\"}",              OUTCOME_OK,        STAGE_PASS  },
        {"",                 "{\"verdict\":\"reject\"}",               OUTCOME_OK,        STAGE_REJECT},
        {"",                 "{\"verdict\":\"edit\",\"draft\":\"y\"}", OUTCOME_OK,        STAGE_EDIT  },
        {"verdict: /r/pass", "{\"r\":{\"pass\":\"fail\"}}",            OUTCOME_OK,        STAGE_REJECT},
        {"",                 "{\"verdict\":\"perhaps\"}",              OUTCOME_MALFORMED, STAGE_PASS  },
        {"",                 "{\"verdict\":1}",                        OUTCOME_MALFORMED, STAGE_PASS  },
        {"",                 "{}",                                     OUTCOME_MALFORMED, STAGE_PASS  },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage_answer a = read_one(true, cases[i].exec, cases[i].text);
        assert_int_equal(a.outcome, cases[i].outcome);
        assert_int_equal(a.verdict, cases[i].want);
        stage_answer_release(&a);
    }
}

static void cost_who_and_says_are_where_pointers_say(void **state)
{
    static const char exec[] = "cost: /usage/usd, who: /model, says: /why";
    struct stage_answer a =
        read_one(false, exec, "{\"usage\":{\"usd\":0.002},\"model\":\"m1\",\"why\":\"because\"}");

    near(a.cost, 0.002, 0);
    assert_string_equal(buf_text(&a.who), "m1");
    assert_string_equal(buf_text(&a.says), "because");
    stage_answer_release(&a);
    a = read_one(false, exec, "{\"usage\":{\"usd\":-1}}");
    answer_is(&a, OUTCOME_MALFORMED, "below 0");
    stage_answer_release(&a);
}

static void an_answer_that_is_an_error_alone_is_one(void **state)
{
    struct stage_answer a = read_one(false, "", "{\"error\":\"no such shot\"}");

    answer_is(&a, OUTCOME_ERROR, "no such shot");
    stage_answer_release(&a);
    a = read_one(false, "", "{\"error\":\"0.1 mm\",\"shot\":1}");
    answer_is(&a, OUTCOME_OK, "\"error\":\"0.1 mm\"");
    stage_answer_release(&a);
}

static void nesting_is_bounded(void **state)
{
    char text[3 * ANSWER_DEPTH_MAX] = "{\"a\":";
    size_t n = strlen(text);

    for (int over = 0; over < 2; over++) {
        size_t deep = (size_t)(ANSWER_DEPTH_MAX - 1 + over);
        memset(text + n, '[', deep);
        memset(text + n + deep, ']', deep);
        strcpy(text + n + 2 * deep, "}");
        struct stage_answer a = read_one(false, "", text);
        answer_is(&a, over ? OUTCOME_MALFORMED : OUTCOME_OK, over ? "nested 49 deep" : "[[[");
        stage_answer_release(&a);
    }
}

static void quotes_are_cut_between_characters_and_hold_no_controls(void **state)
{
    struct buf b = {0};

    utf8_quote(&b, "a\xc3\xa9z", 4, 2);
    assert_string_equal(buf_text(&b), "a...");
    buf_clear(&b);
    utf8_quote(&b, "a\nb\x7f", 4, 10);
    assert_string_equal(buf_text(&b), "a b ");
    buf_clear(&b);
    utf8_quote(&b, "\xff", 1, 10);
    assert_string_equal(buf_text(&b), "\xef\xbf\xbd");
    buf_release(&b);
}

static void rules_that_cannot_be_are_refused_with_their_place(void **state)
{
    static const struct {
        const char *exec, *part;
    } cases[] = {
        {"{builtin: nothing, expects: [a]}",         "`expects` maps names to types"          },
        {"{builtin: nothing, expects: {a: nubmer}}",
         "`nubmer` is no type of `a`; did you mean `number`?"                                 },
        {"{builtin: nothing, confidence: score}",    "`confidence` is a JSON pointer"         },
        {"{builtin: nothing, verdict: /v}",          "`verdict` belongs to checks and reviews"},
        {"{builtin: nothing, output: [x]}",          "`output` is the name"                   },
        {"{builtin: nothing, text: true}",           "needs a name"                           },
        {"{builtin: nothing, text: maybe}",          "`text` is true or false"                },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage_bench b;
        struct answer_rules *rules;
        struct error err = {0};
        stage_bench_must(&b, false, cases[i].exec);
        assert_int_equal(answer_rules_new(&b.setting, &rules, &err), -1);
        error_is(&err, ERR_INPUT, cases[i].part);
        text_has(err.text, "case.yaml:4:30: `work`: ");
        stage_bench_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_of_an_object_are_the_output_byte_for_byte),
        cmocka_unit_test(what_is_no_object_in_json_is_malformed_and_quoted),
        cmocka_unit_test(members_that_are_expected_must_be_there_with_their_type),
        cmocka_unit_test(output_puts_the_whole_answer_under_a_name),
        cmocka_unit_test(confidence_is_a_number_from_0_to_1),
        cmocka_unit_test(checks_need_a_verdict),
        cmocka_unit_test(cost_who_and_says_are_where_pointers_say),
        cmocka_unit_test(an_answer_that_is_an_error_alone_is_one),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(quotes_are_cut_between_characters_and_hold_no_controls),
        cmocka_unit_test(rules_that_cannot_be_are_refused_with_their_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
