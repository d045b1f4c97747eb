/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The long form of tests/property/test_pairs_reference.c: more replications, other parameters of
 * the templates, random pipelines, and every rule broken in turn. */
#include "math/gsl_guard.h"
#include "tests/property/pair_cases.h"
#include "tests/property/random_pipeline.h"

enum { REPLICATIONS = 40, SEED = 2, RANDOM_REPLICATIONS = 10, RANDOM_DAYS = 2, FEWEST = 25 };

static void pairs_agree_with_the_plain_simulation(void **state)
{
    uint32_t compared = 0;
    for (int set = 0; set < CASE_SETS; set++)
        for (uint32_t i = 0; i < case_sets[set].n; i++)
            for (int classes = 0; classes < 2; classes++)
                compared += check_case(&case_sets[set].at[i], classes, false, REPLICATIONS, SEED);
    within(compared, 3000, PLAIN_COMPARISONS / 4);
}

static void random_pipelines_agree_with_the_plain_simulation(void **state)
{
    uint32_t compared = 0;
    for (int k = 0; k < PAIRS; k++) {
        struct plain_verdict v;
        struct buf text;
        buf_init(&text);
        make_pipeline(pairs[k].both, SEED + (uint64_t)k, RANDOM_DAYS, &text);
        const struct plain_comparison how = {.name = pairs[k].name,
                                             .text = buf_text(&text),
                                             .replications = RANDOM_REPLICATIONS,
                                             .seed = 100 * (uint64_t)k};
        plain_compare(&how, &v);
        if (v.differ)
            fail_msg("%s:\n%s%s", pairs[k].name, buf_text(&v.told), buf_text(&text));
        compared += v.compared;
        buf_release(&v.told);
        buf_release(&text);
    }
    within(compared, FEWEST * PAIRS, PLAIN_COMPARISONS / 4);
}

static void every_broken_rule_is_noticed(void **state)
{
    for (int set = 0; set < CASE_SETS; set++)
        for (uint32_t i = 0; i < case_sets[set].n; i++)
            if (case_sets[set].at[i].broken != PLAIN_NONE)
                check_case(&case_sets[set].at[i], i % 2, true, REPLICATIONS, SEED);
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
        cmocka_unit_test(random_pipelines_agree_with_the_plain_simulation),
        cmocka_unit_test(every_broken_rule_is_noticed),
    };
    return cmocka_run_group_tests_name("pairs against the plain simulation", tests, prepare, NULL);
}
