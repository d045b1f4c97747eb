/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "exec/reasons.h"
#include "tests/support/flow.h"
#include "tests/support/support.h"

#include <stdio.h>

static void tell(struct reasons *r, uint32_t step, enum outcome outcome, const char *says)
{
    struct error err = {0};
    const struct run_event e = {
        .kind = RUN_ATTEMPT_ENDED, .step = step, .outcome = outcome, .says = says};

    ok(reasons_event(r, &e, &err), &err);
}

static void sentences_that_differ_in_numbers_are_one_reason(void **state)
{
    struct pipeline p;
    struct result out;

    flow_read("flow:\n"
              "  - {stage: a, exec: {command: [cat]}}\n"
              "  - {stage: b, error: 1%}\n"
              "  - {stage: c, exec: {builtin: stated}}\n",
              &p);
    struct reasons *r = reasons_new(&p);
    result_init(&out, "run");
    tell(r, 0, OUTCOME_TIMEOUT, "nothing after 20 s");
    tell(r, 0, OUTCOME_ERROR, "exit status 3");
    tell(r, 0, OUTCOME_ERROR, "exit status 12");
    tell(r, 0, OUTCOME_ERROR, "exit status 3");
    tell(r, 0, OUTCOME_OK, "all is well");
    tell(r, 0, OUTCOME_ERROR, "");
    tell(r, 1, OUTCOME_ERROR, "by the dice");
    tell(r, 2, OUTCOME_ERROR, "by the dice");
    reasons_warn(r, &out);
    assert_int_equal(out.warnings.len, 2);
    assert_string_equal(out.warnings.at[0], "`a`: 3 attempts failed: exit status 12");
    assert_string_equal(out.warnings.at[1], "`a`: 1 attempt timed out: nothing after 20 s");
    result_release(&out);
    reasons_free(r);
    pipeline_release(&p);
}

static void the_commonest_are_told_and_the_rest_counted(void **state)
{
    struct pipeline p;
    struct result out;
    char says[40];

    flow_read("flow: [{stage: a, exec: {command: [cat]}}]\n", &p);
    struct reasons *r = reasons_new(&p);
    result_init(&out, "run");
    for (int i = 0; i < 300; i++)
        for (int k = 0; k <= i % 10; k++) {
            snprintf(says, sizeof says, "reason %c%c", 'a' + i / 26, 'a' + i % 26);
            tell(r, 0, OUTCOME_MALFORMED, says);
        }
    reasons_warn(r, &out);
    assert_int_equal(out.warnings.len, REASONS_TOLD + 1);
    text_has(out.warnings.at[0], "`a`: 10 attempts answered malformed: reason aj");
    text_has(out.warnings.at[REASONS_TOLD], "248 further reasons");
    result_release(&out);
    reasons_free(r);
    pipeline_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences_that_differ_in_numbers_are_one_reason),
        cmocka_unit_test(the_commonest_are_told_and_the_rest_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
