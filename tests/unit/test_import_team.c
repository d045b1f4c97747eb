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
    has(&in, "retry: {attempts: 3}   # the framework's default\n");
    has(&in, "who may delegate");
    has(&in, "in 8 rounds at most");
    leads(&in, &check->on_reject, "writing_task");
    assert_int_equal(check->on_reject.at_most, 2);
    leads(&in, &check->next, "human-input-of-writing_task");
    assert_int_equal(step_of(&in, "human-input-of-writing_task")->kind, STEP_REVIEW);
    leads(&in, &step_of(&in, "human-input-of-writing_task")->on_reject, "writing_task");
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
    const struct step *over = step_of(&in, "is-it-over");

    assert_string_equal(in.p.name, "Support desk");
    assert_int_equal(in.p.n_steps, 5);
    near(in.p.leave_after_s[0], 600, 0);
    assert_int_equal(selector->retry.attempts, 3);
    near(answerer->numbers[0].timeout_s, 20, 0);
    assert_int_equal(answerer->retry.attempts, 4);
    leads(&in, &answerer->way[0].edge, "tools-of-answerer");
    leads(&in, &answerer->next, "is-it-over");
    leads(&in, &over->way[0].edge, "selector");
    assert_int_equal(over->way[0].edge.at_most, 10); /* the task and eleven turns */
    leads(&in, over->way[0].edge.then, "ship");
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

/* --- crews as people write them */

static void merged_maps_and_tasks_in_their_agents_are_read(void **state)
{
    struct import in =
        take("crewai", "x: &common\n  max_execution_time: 300\n  max_retry_limit: 3\n"
                       "agents:\n  clerk:\n    <<: *common\n    role: Clerk\n"
                       "    max_execution_time: 60\n    tools: [search, read]\n"
                       "tasks:\n  look:\n    expected_output: x\n    agent: clerk\n");
    near(step_of(&in, "look")->numbers[0].timeout_s, 60, 0); /* its own goes before */
    assert_int_equal(step_of(&in, "look")->retry.attempts, 4);
    has(&in, "# done by Clerk; tools: search, read\n");
    has(&in, "    retry: {attempts: 4}\n");
    leave(&in);

    in = take("crewai", "roles:\n  clerk:\n    role: Clerk\n    max_execution_time: 7\n"
                        "    tasks:\n      look:\n        expected_output: x\n"
                        "  author:\n    role: Author\n    tasks:\n      tell:\n"
                        "        expected_output: x\n");
    assert_int_equal(in.p.n_steps, 2);
    near(step_of(&in, "look")->numbers[0].timeout_s, 7, 0);
    leads(&in, &step_of(&in, "look")->next, "tell");
    leave(&in);

    in = take("crewai",
              "name: Two crews\ncrews:\n  a:\n    tasks:\n      one: {expected_output: x}\n"
              "  b:\n    tasks:\n      two: {expected_output: x}\n");
    assert_string_equal(in.p.name, "Two crews");
    leads(&in, &step_of(&in, "one")->next, "two");
    leave(&in);
}

static void a_guarded_task_beside_others_keeps_its_branch(void **state)
{
    struct import in =
        take("crewai", "- {id: t1, name: one, expected_output: x, async_execution: true,"
                       " guardrail: g}\n"
                       "- {id: t2, name: two, expected_output: x, async_execution: true,"
                       " human_input: true}\n"
                       "- {id: t3, name: three, expected_output: x, context: [t1, t2]}\n");
    const struct step *fork = step_of(&in, "one-and-two");

    assert_int_equal(fork->parallel->n_branches, 2);
    leads(&in, &fork->next, "three");
    leads(&in, &step_of(&in, "guardrail-of-one")->on_reject, "one");
    leads(&in, &step_of(&in, "guardrail-of-one")->next, "join");
    leads(&in, &step_of(&in, "human-input-of-two")->on_reject, "two");
    has(&in, "at_most: 3, then: reject}   # the framework's default\n");
    has(&in, "at_most: 2, then: reject}   # assumed\n");
    leave(&in);
}

/* --- teams */

static void an_agent_says_its_tools_their_rounds_and_what_it_wraps(void **state)
{
    struct import in = take(
        "autogen",
        TEAM("RoundRobinGroupChat",
             AGENT(
                 "a",
                 ",\"max_tool_iterations\":4,\"workbench\":[{\"config\":{\"tools\":[{\"config\":{"
                 "\"name\":\"add\"}}]}},{\"config\":{\"server_params\":{\"command\":\"uvx\","
                 "\"read_timeout_seconds\":9}}}]") ","
                                                   "{\"provider\":\"x.MessageFilterAgent\","
                                                   "\"config\":{\"name\":\"b\",\"wrapped_"
                                                   "agent\":" AGENT(
                                                       "inner",
                                                       ",\"model_client\":{\"config\":{\"timeout\":"
                                                       "12}}") "}},"
                                                               "{\"provider\":\"x."
                                                               "CodeExecutorAgent\",\"config\":{"
                                                               "\"name\":\"c\",\"max_retries_on_"
                                                               "error\":2,"
                                                               "\"code_executor\":{\"config\":{"
                                                               "\"timeout\":360}}}}",
             ",\"max_turns\":3"));
    const struct step *tools = step_of(&in, "tools-of-a");

    has(&in, "# 2 tools: add, those of the server uvx; called after some messages\n");
    near(tools->numbers[0].timeout_s, 9, 0);
    leads(&in, &tools->way[0].edge, "a");
    assert_int_equal(tools->way[0].edge.at_most, 3);
    near(step_of(&in, "b")->numbers[0].timeout_s, 12, 0);
    near(step_of(&in, "c")->numbers[0].timeout_s, 360, 0);
    assert_int_equal(step_of(&in, "c")->retry.attempts, 3);
    leave(&in);
}

static void rounds_of_a_conversation_are_counted_once(void **state)
{
    struct import in =
        take("autogen", TEAM("MagenticOneGroupChat",
                             AGENT("a", "") "," AGENT("b", ",\"tools\":[{}]") "," AGENT("c", ""),
                             ",\"max_turns\":20,\"max_stalls\":3"));
    static const char *const speakers[] = {"a", "b", "tools-of-b"};

    for (size_t i = 0; i < 3; i++)
        leads(&in, &step_of(&in, speakers[i])->next, "is-it-over");
    assert_int_equal(step_of(&in, "is-it-over")->way[0].edge.at_most, 19);
    has(&in, "# The orchestrator plans anew after 3 rounds without progress.\n");
    leave(&in);
}

static void great_numbers_are_told_in_full(void **state)
{
    struct import in =
        take("autogen", TEAM("RoundRobinGroupChat", AGENT("a", ""), ",\"max_turns\":1500000"));

    has(&in, "# It has 1500000 turns at most.\n");
    leave(&in);
}

static void a_person_at_the_end_of_a_round_sends_it_round_again(void **state)
{
    struct import in =
        take("autogen", TEAM("RoundRobinGroupChat",
                             AGENT("w", "") ",{\"provider\":\"x.UserProxyAgent\",\"config\":{"
                                            "\"name\":\"me\"}}",
                             ",\"max_turns\":8"));

    leads(&in, &step_of(&in, "me")->on_reject, "w");
    assert_int_equal(step_of(&in, "me")->on_reject.at_most, 3);
    leads(&in, &step_of(&in, "me")->next, "ship");
    leave(&in);
}

static void the_first_team_of_a_gallery_is_taken_and_the_others_told(void **state)
{
    static const char gallery[] =
        "{\"id\":1,\"config\":{\"name\":\"g\",\"components\":{\"teams\":["
        "{\"provider\":\"x.RoundRobinGroupChat\",\"label\":\"One\",\"config\":{\"participants\":"
        "[" AGENT("a", "") "],\"max_turns\":1}},{\"label\":\"Two\",\"config\":{}}]}}}";
    struct import in = take("autogen", gallery);

    assert_string_equal(in.p.name, "One");
    assert_int_equal(in.p.n_steps, 1);
    has(&in, "# The first of 2 teams in the file; the others: Two.\n");
    leave(&in);

    in = take("autogen", "{\"provider\":\"x.AssistantAgent\",\"config\":{\"name\":\"solo\"}}");
    leads(&in, &step_of(&in, "solo")->next, "ship"); /* an agent on its own answers once */
    leave(&in);
}

static void a_loop_back_into_a_branch_leaves_the_branch_before_it(void **state)
{
    struct import in = take(
        "autogen",
        TEAM("GraphFlow",
             AGENT("a", "") "," AGENT("b", "") "," AGENT("c", "") "," AGENT("d", "") "," AGENT("e",
                                                                                               ""),
             ",\"graph\":{\"nodes\":{\"a\":{\"edges\":[{\"target\":\"b\"},{\"target\":\"c\"}]},"
             "\"b\":{\"edges\":[{\"target\":\"d\"}]},\"c\":{\"edges\":[{\"target\":\"d\"}]},"
             "\"d\":{\"activation\":\"any\",\"edges\":[{\"target\":\"e\"}]},"
             "\"e\":{\"edges\":[{\"target\":\"b\",\"condition\":\"AGAIN\"}]}},"
             "\"default_start_node\":\"a\"}"));

    leads(&in, &step_of(&in, "b")->next, "d");
    leads(&in, &step_of(&in, "e")->way[0].edge, "b");
    leads(&in, &step_of(&in, "e")->next, "ship"); /* when none of its conditions holds */
    has(&in, "# none of them holds\n");
    leave(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crew_holds_its_agents_branches_guardrail_and_person),
        cmocka_unit_test(a_task_may_be_called_like_its_agent),
        cmocka_unit_test(a_guardrail_that_may_not_try_again_has_no_way_back),
        cmocka_unit_test(a_team_holds_its_client_tools_people_and_ends),
        cmocka_unit_test(a_graph_flow_holds_its_edges_and_a_swarm_its_handoffs),
        cmocka_unit_test(merged_maps_and_tasks_in_their_agents_are_read),
        cmocka_unit_test(a_guarded_task_beside_others_keeps_its_branch),
        cmocka_unit_test(an_agent_says_its_tools_their_rounds_and_what_it_wraps),
        cmocka_unit_test(rounds_of_a_conversation_are_counted_once),
        cmocka_unit_test(great_numbers_are_told_in_full),
        cmocka_unit_test(a_person_at_the_end_of_a_round_sends_it_round_again),
        cmocka_unit_test(the_first_team_of_a_gallery_is_taken_and_the_others_told),
        cmocka_unit_test(a_loop_back_into_a_branch_leaves_the_branch_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
