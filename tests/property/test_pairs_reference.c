/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engines agree with the plain simulation wherever two features meet, and a rule broken on
 * purpose in the plain simulation is noticed.  Under fixed seeds; the long form is in tests/stat.
 */
#include "math/gsl_guard.h"
#include "tests/property/pair_cases.h"

#include <string.h>

enum { REPLICATIONS = 10, SEED = 1 };

static void pairs_agree_with_the_plain_simulation(void **state)
{
    uint32_t compared = 0;
    for (int set = 0; set < CASE_SETS; set++)
        for (uint32_t i = 0; i < case_sets[set].n; i++)
            for (int classes = 0; classes < 2; classes++)
                compared += check_case(&case_sets[set].at[i], classes, false, REPLICATIONS, SEED);
    within(compared, 3000, PLAIN_COMPARISONS / 4);
}

static void broken_rules_are_noticed(void **state)
{
    static const enum plain_fault shown[] = {PLAIN_PATIENCE_ANEW,     PLAIN_TIMEOUT_IN_QUEUE,
                                             PLAIN_BUDGET_FREE,       PLAIN_RETRY_SEES_FIRST,
                                             PLAIN_BRANCH_RUNS_ON,    PLAIN_ROOM_REWORK,
                                             PLAIN_COPY_FREE_OF_LIMIT};
    for (size_t k = 0; k < sizeof shown / sizeof *shown; k++) {
        uint32_t i = 0;
        while (pair_cases[i].broken != shown[k])
            i++;
        check_case(&pair_cases[i], false, true, 16, SEED);
    }
}

static int prepare(void **state)
{
    math_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_agree_with_the_plain_simulation),
        cmocka_unit_test(broken_rules_are_noticed),
    };
    return cmocka_run_group_tests_name("pairs against the plain simulation", tests, prepare, NULL);
}
