/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The textbook models of the unit tests, with as many items as their standard errors speak of. */
#include "tests/unit/queue_cases.h"

static void untimed_textbook_models_come_out_sharply(void **state)
{
    for (int i = 0; i < UNTIMED_CASES; i++)
        check_case(&untimed_cases[i], 1000000);
}

static void timed_textbook_models_come_out_sharply(void **state)
{
    for (int i = 0; i < TIMED_CASES; i++)
        check_case(&timed_cases[i], 60);
}

static int prepare(void **state)
{
    math_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(untimed_textbook_models_come_out_sharply),
        cmocka_unit_test(timed_textbook_models_come_out_sharply),
    };
    return cmocka_run_group_tests_name("queue (statistical)", tests, prepare, NULL);
}
