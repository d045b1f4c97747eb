/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each construct of CrewAI's crews and AutoGen's teams comes out in the scenario. */
#include "tests/support/imported.h"

#include <math.h>

/* --- CrewAI and AutoGen */

static void a_crew_holds_its_agents_branches_guardrail_and_person(void **state)
{
    struct import in = take_file("crewai", "definition.crew.yaml");
    const struct step *fork = step_of(&in, "sources_task-and-figures_task");
    const struct step *check = step_of(&in, "guardrail-of-writing_task");

    assert_int_equal(in.p.n_steps, 6);
    assert_int_equal(fork->parallel->n_branches, 2);
    leads(&in, &fork->next, "writing_task");
    near(step_of(&in, "sources_task")->numbers[0].timeout_s, 120, 0);
    assert_int_equal(step_of(&in, "figures_task")->retry.attempts, 2);
    assert_int_equal(step_of(&in, "writing_task")->retry.attempts, 3);
    has(&in, "2 retries are the framework's default");
    has(&in, "who may delegate");
    has(&in, "in 8 rounds at most");
    leads(&in, &check->on_reject, "writing_task");
    assert_int_equal(check->on_reject.at_most, 2);
    leads(&in, &check->next, "human-input-of-writing_task");
    assert_int_equal(step_of(&in, "human-input-of-writing_task")->kind, STEP_REVIEW);
    leave(&in);
}

static void a_task_may_be_called_like_its_agent(void **state)
{
    struct import in = take("crewai", "writer:\n  expected_output: x\n  agent: writer\n"
                                      "writer:\n  role: Author\n  max_execution_time: 7\n");

    near(step_of(&in, "writer")->numbers[0].timeout_s, 7, 0);
    has(&in, "# done by Author");
    leave(&in);
}

static void a_guardrail_that_may_not_try_again_has_no_way_back(void **state)
{
    struct import in = take("crewai", "t:\n  expected_output: x\n  agent: a\n  guardrail: g\n"
                                      "  guardrail_max_retries: 0\n"
                                      "u:\n  expected_output: x\n  agent: a\n  guardrail: g\n"
                                      "  guardrail_max_retries: 1e30\n");

    leads(&in, &step_of(&in, "guardrail-of-t")->on_reject, "reject");
    assert_int_equal(step_of(&in, "guardrail-of-u")->on_reject.at_most, 3); /* the default */
    leave(&in);
}

static void a_team_holds_its_client_tools_people_and_ends(void **state)
{
    struct import in = take_file("autogen", "definition.team.json");
    const struct step *selector = step_of(&in, "selector"), *answerer = step_of(&in, "answerer");

    assert_string_equal(in.p.name, "Support desk");
    assert_int_equal(in.p.n_steps, 4);
    near(in.p.leave_after_s[0], 600, 0);
    assert_int_equal(selector->retry.attempts, 3);
    near(answerer->numbers[0].timeout_s, 20, 0);
    assert_int_equal(answerer->retry.attempts, 4);
    leads(&in, &answerer->way[0].edge, "selector");
    assert_int_equal(answerer->way[0].edge.at_most, 10); /* the task and eleven turns */
    leads(&in, answerer->way[0].edge.then, "ship");
    leads(&in, &answerer->way[1].edge, "tools-of-answerer");
    assert_int_equal(step_of(&in, "tools-of-answerer")->layer, LAYER_TOOL);
    assert_int_equal(step_of(&in, "supervisor")->kind, STEP_REVIEW);
    has(&in, "SOLVED");
    leave(&in);
}

static void a_graph_flow_holds_its_edges_and_a_swarm_its_handoffs(void **state)
{
    struct import flow = take(
        "autogen",
        TEAM(
            "GraphFlow", AGENT("w", "") "," AGENT("e1", "") "," AGENT("e2", "") "," AGENT("f", ""),
            ",\"graph\":{\"nodes\":{\"w\":{\"edges\":[{\"target\":\"e1\"},{\"target\":\"e2\"}]},"
            "\"e1\":{\"edges\":[{\"target\":\"f\"}]},\"e2\":{\"edges\":[{\"target\":\"f\"}]},"
            "\"f\":{\"activation\":\"any\",\"edges\":[{\"target\":\"w\",\"condition\":\"AGAIN\"}]}}"
            ",\"default_start_node\":\"w\"},\"max_turns\":12"));
    const struct step *fork = step_of(&flow, "e1-and-e2"), *f = step_of(&flow, "f");
    assert_int_equal(fork->parallel->join, JOIN_ANY);
    leads(&flow, &f->way[0].edge, "w");
    assert_int_equal(f->way[0].edge.at_most, 2); /* twelve turns are three rounds of four */
    has(&flow, "# AGAIN");
    leave(&flow);

    struct import swarm =
        take("autogen", TEAM("Swarm",
                             AGENT("a", ",\"handoffs\":[\"b\",{\"target\":\"user\"}]") "," //
                             AGENT("b", ",\"handoffs\":[{\"target\":\"a\"}]"),
                             ""));
    leads(&swarm, &step_of(&swarm, "a")->way[0].edge, "b");
    leads(&swarm, &step_of(&swarm, "b")->way[0].edge, "a");
    assert_int_equal(step_of(&swarm, "b")->way[0].edge.at_most, 2);
    leave(&swarm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crew_holds_its_agents_branches_guardrail_and_person),
        cmocka_unit_test(a_task_may_be_called_like_its_agent),
        cmocka_unit_test(a_guardrail_that_may_not_try_again_has_no_way_back),
        cmocka_unit_test(a_team_holds_its_client_tools_people_and_ends),
        cmocka_unit_test(a_graph_flow_holds_its_edges_and_a_swarm_its_handoffs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
