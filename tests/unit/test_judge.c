/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"

#include "exec/judge.h"

#include <string.h>

static enum run_quality judged(const char *truth, const char *payload)
{
    return judge_payload(truth, truth ? strlen(truth) : 0, payload, strlen(payload));
}

static void every_member_of_the_truth_must_be_in_the_payload(void **state)
{
    static const struct {
        const char *truth, *payload;
        enum run_quality quality;
    } row[] = {
        {"{}",                           "{}",                           RUN_GOOD   },
        {"{\"a\":1}",                    "{\"b\":2,\"a\":1}",            RUN_GOOD   },
        {"{\"a\":1}",                    "{}",                           RUN_BAD    },
        {"{\"a\":null}",                 "{}",                           RUN_BAD    },
        {"{\"a\":null}",                 "{\"a\":null}",                 RUN_GOOD   },
        {"{\"a\":null}",                 "{\"a\":false}",                RUN_BAD    },
        {"{\"a\":{\"x\":1,\"y\":2}}",    "{\"a\":{\"y\":2,\"x\":1}}",    RUN_GOOD   },
        {"{\"a\":{\"x\":1}}",            "{\"a\":{\"y\":2,\"x\":1}}",    RUN_BAD    },
        {"{\"a\":{\"x\":1,\"y\":2}}",    "{\"a\":{\"x\":1}}",            RUN_BAD    },
        {"{\"a\":[1,2]}",                "{\"a\":[1,2]}",                RUN_GOOD   },
        {"{\"a\":[1,2]}",                "{\"a\":[2,1]}",                RUN_BAD    },
        {"{\"a\":[1,2]}",                "{\"a\":[1,2,3]}",              RUN_BAD    },
        {"{\"a\":1}",                    "{\"a\":1.0}",                  RUN_GOOD   },
        {"{\"a\":-0}",                   "{\"a\":0}",                    RUN_GOOD   },
        {"{\"a\":18446744073709551615}", "{\"a\":18446744073709551615}", RUN_GOOD   },
        {"{\"a\":18446744073709551615}", "{\"a\":18446744073709551614}", RUN_BAD    },
        {"{\"a\":9007199254740993}",     "{\"a\":9007199254740992}",     RUN_BAD    },
        {"{\"a\":-1}",                   "{\"a\":18446744073709551615}", RUN_BAD    },
        {"{\"a\":\"1\"}",                "{\"a\":1}",                    RUN_BAD    },
        {"{\"a\":true}",                 "{\"a\":true}",                 RUN_GOOD   },
        {"{\"a\":true}",                 "{\"a\":1}",                    RUN_BAD    },
        {"{\"a\":\"\\u00e9\"}",          "{\"a\":\"\xc3\xa9\"}",         RUN_GOOD   },
        {"{\"a\":\"x\"}",                "{\"a\":\"X\"}",                RUN_BAD    },
        {"{\"a\":1}",                    "{\"a\":2,\"a\":1}",            RUN_GOOD   },
        {"{\"a\":1}",                    "{\"a\":1,\"a\":2}",            RUN_BAD    },
        {"{\"a\":1}",                    "not JSON",                     RUN_BAD    },
        {"{\"a\":1}",                    "[1]",                          RUN_BAD    },
        {"[1]",                          "[1]",                          RUN_UNKNOWN},
        {"{",                            "{}",                           RUN_UNKNOWN},
        {NULL,                           "{}",                           RUN_UNKNOWN},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (judged(row[i].truth, row[i].payload) != row[i].quality)
            fail_msg("row %zu: truth %s, payload %s", i, row[i].truth, row[i].payload);
}

static void what_lacks_a_part_is_not_wrong_yet(void **state)
{
    static const struct {
        const char *truth, *payload;
        bool lacks;
    } row[] = {
        {"{\"a\":1,\"b\":2}", "{\"a\":1}",         true },
        {"{\"a\":1,\"b\":2}", "{\"a\":5,\"b\":6}", false},
        {"{\"a\":1,\"b\":2}", "{}",                true },
        {"{\"a\":1}",         "not JSON",          true },
        {"{}",                "{}",                false},
        {"[1]",               "{}",                false},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        assert_int_equal(
            judge_lacks(row[i].truth, strlen(row[i].truth), row[i].payload, strlen(row[i].payload)),
            row[i].lacks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_lacks_a_part_is_not_wrong_yet),
        cmocka_unit_test(every_member_of_the_truth_must_be_in_the_payload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
