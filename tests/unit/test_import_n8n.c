/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each construct of n8n's workflows comes out in the scenario. */
#include "tests/support/imported.h"

#include <math.h>

/* --- n8n */

static void a_workflow_holds_retries_limits_and_its_gate(void **state)
{
    struct import in = take_file("n8n", "definition.n8n.json");
    const struct step *retrieve = step_of(&in, "retrieve"), *call = step_of(&in, "tool-call");
    const struct step *gate = step_of(&in, "confidence-gate"),
                      *human = step_of(&in, "human-review");

    assert_string_equal(in.p.name, "RAG with confidence gate");
    assert_int_equal(in.p.n_steps, 6);
    near(in.p.leave_after_s[0], 120, 0);
    assert_int_equal(retrieve->retry.attempts, 3);
    near(retrieve->retry.initial_s, 0.2, 0);
    assert_int_equal(call->retry.attempts, 2);
    near(call->retry.initial_s, 0.1, 0);
    near(call->numbers[0].timeout_s, 1, 0);
    leads(&in, &call->fallback, "confidence-gate");
    near(gate->numbers[0].threshold.value, 0.85, 0);
    leads(&in, &gate->above, "feedback-store");
    leads(&in, &gate->below, "human-review");
    assert_int_equal(human->kind, STEP_REVIEW);
    near(dist_mean(&human->numbers[0].latency), 1, 1e-12); /* a wait of one second */
    leads(&in, &human->next, "feedback-store");
    leave(&in);
}

#define NODE(name, type, more)                                                                     \
    "{\"name\":\"" name "\",\"type\":\"n8n-nodes-base." type "\"" more "}"
#define TO(name) "{\"node\":\"" name "\",\"type\":\"main\",\"index\":0}"
#define FLOW(nodes, connections)                                                                   \
    "{\"nodes\":[" NODE("t", "manualTrigger", "") "," nodes "],\"connections\":{" connections "}}"
#define FROM(name, outputs) "\"" name "\":{\"main\":[" outputs "]}"

static void errors_lead_where_the_workflow_says(void **state)
{
    struct import in = take(
        "n8n",
        FLOW(
            NODE("first", "set", "") "," NODE("a", "code", ",\"onError\":\"continueErrorOutput\"") "," NODE(
                "b", "code",
                ",\"onError\":\"continueErrorOutput\"") "," NODE("c", "code",
                                                                 ",\"onError\":"
                                                                 "\"continueRegularOutput"
                                                                 "\"") "," NODE("mend", "set",
                                                                                "") "," //
            NODE("log", "set", "") "," NODE("stop", "stopAndError", "") "," NODE("end", "set", ""),
            FROM("t", "[" TO("first") "]") "," FROM("first", "[" TO("a") "]") "," FROM(
                "a", "[" TO("b") "],[" TO("first") "]") ","               /* back to the first */
            FROM("b", "[" TO("c") "],[" TO("mend") "," TO("log") "]") "," /* to both */
            FROM("c", "[" TO("end") "]") "," FROM("mend", "[" TO("stop") "]")));
    const struct step *a = step_of(&in, "a"), *b = step_of(&in, "b");

    leads(&in, &a->fallback, "first");
    assert_int_equal(a->fallback.at_most, 2);
    leads(&in, a->fallback.then, "fail");
    has(&in, "fallback: {goto: first, at_most: 2, then: fail}   # assumed\n");
    leads(&in, &b->fallback, "b-after-an-error");
    leads(&in, &step_of(&in, "c")->fallback, "end");
    leads(&in, &step_of(&in, "mend")->next, "fail");
    has(&in, "# Items fail where they come to these, which are no steps: stop.");
    leave(&in);
}

static void an_error_that_leaves_a_branch_is_the_parallels(void **state)
{
    struct import in =
        take("n8n",
             FLOW(NODE("s", "set", "") "," NODE("a", "code",
                                                ",\"onError\":\"continueErrorOutput\"") "," //
                  NODE("b", "code", ",\"onError\":\"continueErrorOutput\"") ","             //
                  NODE("merge", "merge", "") "," NODE("alarm", "set", ""),
                  FROM("t", "[" TO("s") "]") "," FROM("s", "[" TO("a") "," TO("b") "]") "," FROM(
                      "a", "[" TO("merge") "],[" TO(
                               "alarm") "]") "," FROM("b", "[" TO("merge") "],[" TO("alarm") "]")));
    const struct step *fork = step_of(&in, "a-and-b");

    assert_int_equal(fork->kind, STEP_PARALLEL);
    leads(&in, &fork->next, "merge");
    leads(&in, &fork->fallback, "alarm");
    leads(&in, &step_of(&in, "a")->fallback, "fail");
    leave(&in);
}

static void disabled_nodes_hand_on_even_in_a_circle(void **state)
{
    struct import in = take(
        "n8n", FLOW(NODE("a", "set", "") "," NODE("off1", "set", ",\"disabled\":true") "," //
                    NODE("off2", "set", ",\"disabled\":true") "," NODE("b", "set", "") "," NODE(
                        "note", "stickyNote", ""),
                    FROM("t", "[" TO("a") "]") "," FROM("a", "[" TO("off1") "]") "," FROM(
                        "off1", "[" TO("off2") "," TO(
                                    "off1") "]") "," FROM("off2", "[" TO("off1") "," TO("b") "]")));

    assert_int_equal(in.p.n_steps, 2);
    leads(&in, &step_of(&in, "a")->next, "b");
    has(&in, "# Disabled, so that items pass them by: off1, off2.\n");
    leave(&in);
}

static void several_triggers_are_a_choice_and_one_of_failures_is_none(void **state)
{
    struct import in = take(
        "n8n", FLOW(NODE("hook", "webhook", "") "," NODE("broken", "errorTrigger", "") "," //
                    NODE("a", "set", "") "," NODE("b", "set", "") "," NODE("tell", "slack", ""),
                    FROM("t", "[" TO("a") "]") "," FROM("hook", "[" TO("b") "]") "," FROM(
                        "broken", "[" TO("tell") "]") "," FROM("a", "[" TO("b") "]")));

    assert_int_equal(in.p.n_steps, 3);
    leads(&in, &step_of(&in, "start")->way[0].edge, "a");
    leads(&in, &step_of(&in, "start")->next, "b");
    has(&in, "# Behind broken stands what is done when a workflow has failed.\n");
    has(&in, "# Left out, as nothing leads to them: tell.\n");
    leave(&in);
}

static void choices_loops_and_waits_keep_their_names_and_times(void **state)
{
    struct import in = take(
        "n8n",
        FLOW(
            NODE("each", "splitInBatches", ",\"typeVersion\":3") "," NODE(
                "kind", "switch",
                ",\"parameters\":{\"rules\":{\"values\":[{\"outputKey\":\"refund\"},"
                "{\"outputKey\":\"other\"}]}}") "," NODE("pay", "httpRequest", "") ","       //
            NODE("pause", "wait", ",\"parameters\":{\"amount\":2,\"unit\":\"minutes\"}") "," //
            NODE("ask", "slack", ",\"parameters\":{\"operation\":\"sendAndWait\"}") ","      //
            NODE("done", "set", ""),
            FROM("t", "[" TO("each") "]") "," FROM("each", "[" TO("done") "],[" TO("kind") "]") "," FROM(
                "kind",
                "[" TO("pay") "],[" TO(
                    "pause") "]") "," FROM("pay",
                                           "[" TO(
                                               "each") "]") "," FROM("pause",
                                                                     "[" TO(
                                                                         "ask") "]") "," FROM("ask",
                                                                                              "[" TO(
                                                                                                  "each") "]")));
    const struct step *each = step_of(&in, "each"), *kind = step_of(&in, "kind");

    has(&in, "# loop\n");
    has(&in, "# done: assumed\n");
    has(&in, "# refund: assumed\n");
    has(&in, "# other\n");
    leads(&in, &each->way[0].edge, "done");
    leads(&in, &each->next, "kind");
    leads(&in, &kind->way[0].edge, "pay");
    near(dist_mean(&step_of(&in, "pause")->numbers[0].latency), 120, 1e-9);
    assert_int_equal(step_of(&in, "ask")->kind, STEP_REVIEW);
    leads(&in, &step_of(&in, "pay")->next, "each");
    assert_int_equal(step_of(&in, "pay")->next.at_most, 2);
    leads(&in, step_of(&in, "pay")->next.then, "done");
    leave(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_workflow_holds_retries_limits_and_its_gate),
        cmocka_unit_test(errors_lead_where_the_workflow_says),
        cmocka_unit_test(an_error_that_leaves_a_branch_is_the_parallels),
        cmocka_unit_test(disabled_nodes_hand_on_even_in_a_circle),
        cmocka_unit_test(several_triggers_are_a_choice_and_one_of_failures_is_none),
        cmocka_unit_test(choices_loops_and_waits_keep_their_names_and_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
