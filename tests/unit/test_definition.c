/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Definitions of other frameworks become scenarios that hold what they hold, and that can be
 * read. */
#include "math/rng.h"
#include "model/definition.h"
#include "model/scenario.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The pipeline of the scenario that is written for a definition, which stays in *yaml. */
static struct pipeline imported(const char *framework, const char *text, struct buf *yaml)
{
    struct definition d = {0};
    struct pipeline p;
    struct faults faults = {0};
    struct error err = {0};

    for (size_t i = 0; i < definition_readers_count; i++)
        if (!strcmp(definition_readers[i].framework, framework) &&
            definition_readers[i].read("f", text, strlen(text), &d, &err))
            fail_msg("%s", err.text);
    buf_clear(yaml);
    definition_write(&d, NULL, yaml, NULL);
    definition_release(&d);
    if (scenario_parse("f.yaml", buf_text(yaml), yaml->len, NULL, &p, &faults, &err))
        fail_msg("%s\n%s", err.text, buf_text(yaml));
    faults_release(&faults);
    return p;
}

static const struct step *step_of(const struct pipeline *p, const char *id)
{
    int32_t at = pipeline_step(p, id);

    if (at < 0)
        fail_msg("no step %s", id);
    return &p->step[at];
}

static void refused(const char *framework, const char *text, const char *part)
{
    struct error err = {0};

    for (size_t i = 0; i < definition_readers_count; i++) {
        struct definition d = {0};
        if (strcmp(definition_readers[i].framework, framework))
            continue;
        if (definition_readers[i].read("f", text, strlen(text), &d, &err) == 0)
            fail_msg("taken: %s", text);
        if (err.code != ERR_INPUT || !strstr(err.text, part))
            fail_msg("\"%s\" is not in: %s", part, err.text);
        definition_release(&d);
    }
}

/* --- LangGraph */

static const char graph[] =
    "{\"nodes\":[{\"id\":\"__start__\"},{\"id\":\"plan\"},{\"id\":\"web\"},{\"id\":\"docs\"},"
    "{\"id\":\"join it\"},{\"id\":\"write\"},{\"id\":\"critic\"},"
    "{\"id\":\"gate\",\"metadata\":{\"threshold\":0.7}},"
    "{\"id\":\"ask\",\"metadata\":{\"__interrupt\":\"before\"}},{\"id\":\"lost\"},"
    "{\"id\":\"__end__\"}],"
    "\"edges\":[{\"source\":\"__start__\",\"target\":\"plan\"},"
    "{\"source\":\"plan\",\"target\":\"web\"},{\"source\":\"plan\",\"target\":\"docs\"},"
    "{\"source\":\"web\",\"target\":\"join it\"},{\"source\":\"docs\",\"target\":\"join it\"},"
    "{\"source\":\"join it\",\"target\":\"write\"},{\"source\":\"write\",\"target\":\"critic\"},"
    "{\"source\":\"critic\",\"target\":\"write\",\"conditional\":true,\"data\":\"again\"},"
    "{\"source\":\"critic\",\"target\":\"gate\",\"conditional\":true,\"data\":\"good\"},"
    "{\"source\":\"gate\",\"target\":\"__end__\",\"conditional\":true,\"data\":\"accept\"},"
    "{\"source\":\"gate\",\"target\":\"ask\",\"conditional\":true,\"data\":\"review\"},"
    "{\"source\":\"ask\",\"target\":\"__end__\"}]}";

static void a_graph_keeps_its_branches_loops_gates_and_people(void **state)
{
    struct buf yaml = {0};
    struct pipeline p = imported("langgraph", graph, &yaml);
    const struct step *fork = step_of(&p, "web-and-docs"), *critic = step_of(&p, "critic"),
                      *gate = step_of(&p, "gate");

    assert_int_equal(p.n_steps, 9); /* 8 that are led to, and the parallel */
    assert_int_equal(fork->kind, STEP_PARALLEL);
    assert_int_equal(fork->parallel->n_branches, 2);
    assert_int_equal(fork->parallel->join, JOIN_ALL);
    assert_int_equal(critic->n_ways, 1);
    assert_int_equal(critic->way[0].edge.to, pipeline_step(&p, "write"));
    assert_int_equal(critic->way[0].edge.at_most, 2);
    assert_int_equal(gate->kind, STEP_GATE);
    near(gate->numbers[0].threshold.value, 0.7, 0);
    assert_int_equal(gate->above.to, TO_SHIP);
    assert_int_equal(gate->below.to, pipeline_step(&p, "ask"));
    assert_int_equal(step_of(&p, "ask")->kind, STEP_REVIEW);
    assert_true(step_of(&p, "write")->has_confidence);
    assert_true(pipeline_step(&p, "join-it") >= 0);
    assert_non_null(strstr(buf_text(&yaml), "# Left out, as nothing leads to them: lost."));
    pipeline_release(&p);
    buf_release(&yaml);
}

static void mermaid_says_the_same(void **state)
{
    static const char mermaid[] = "%%{init: {'flowchart': {'curve': 'linear'}}}%%\n"
                                  "graph TD;\n"
                                  "\t__start__([<p>__start__</p>]):::first\n"
                                  "\twrite(write)\n"
                                  "\tgate(gate<hr/><small><em>threshold = 0.7</em></small>)\n"
                                  "\task(ask<hr/><small><em>__interrupt = before</em></small>)\n"
                                  "\t__end__([<p>__end__</p>]):::last\n"
                                  "\t__start__ --> write;\n"
                                  "\twrite --> gate;\n"
                                  "\tgate -. &nbsp;accept&nbsp; .-> __end__;\n"
                                  "\tgate -. &nbsp;review&nbsp; .-> ask;\n"
                                  "\task --> __end__;\n"
                                  "\tclassDef default fill:#f2f0ff,line-height:1.2;\n";
    struct buf yaml = {0};
    struct pipeline p = imported("langgraph", mermaid, &yaml);

    assert_int_equal(p.n_steps, 3);
    near(step_of(&p, "gate")->numbers[0].threshold.value, 0.7, 0);
    assert_int_equal(step_of(&p, "gate")->below.to, pipeline_step(&p, "ask"));
    assert_int_equal(step_of(&p, "ask")->kind, STEP_REVIEW);
    pipeline_release(&p);
    buf_release(&yaml);
}

/* --- n8n */

static const char workflow[] =
    "{\"name\":\"Flow\",\"settings\":{\"executionTimeout\":120},\"nodes\":["
    "{\"name\":\"Hook\",\"type\":\"n8n-nodes-base.webhook\"},"
    "{\"name\":\"Call\",\"type\":\"n8n-nodes-base.httpRequest\",\"retryOnFail\":true,"
    "\"maxTries\":9,\"waitBetweenTries\":250,\"onError\":\"continueErrorOutput\","
    "\"parameters\":{\"options\":{\"timeout\":800}}},"
    "{\"name\":\"Sure?\",\"type\":\"n8n-nodes-base.if\",\"parameters\":{\"conditions\":"
    "{\"conditions\":[{\"leftValue\":\"={{ $json.score }}\",\"rightValue\":0.6,"
    "\"operator\":{\"operation\":\"lt\"}}]}}},"
    "{\"name\":\"Low\",\"type\":\"n8n-nodes-base.set\",\"onError\":\"continueRegularOutput\"},"
    "{\"name\":\"Broken\",\"type\":\"n8n-nodes-base.set\"},"
    "{\"name\":\"Note\",\"type\":\"n8n-nodes-base.stickyNote\"},"
    "{\"name\":\"Off\",\"type\":\"n8n-nodes-base.set\",\"disabled\":true}],"
    "\"connections\":{"
    "\"Hook\":{\"main\":[[{\"node\":\"Call\"}]]},"
    "\"Call\":{\"main\":[[{\"node\":\"Sure?\"}],[{\"node\":\"Broken\"}]]},"
    "\"Sure?\":{\"main\":[[{\"node\":\"Low\"}],[]]}}}";

static void a_workflow_keeps_retries_limits_errors_and_its_gate(void **state)
{
    struct buf yaml = {0};
    struct pipeline p = imported("n8n", workflow, &yaml);
    const struct step *call = step_of(&p, "call"), *gate = step_of(&p, "sure");

    assert_string_equal(p.name, "Flow");
    assert_int_equal(p.n_steps, 4);
    near(p.leave_after_s[0], 120, 0);
    assert_int_equal(call->layer, LAYER_TOOL);
    assert_int_equal(call->retry.attempts, 5); /* 9 is clamped */
    near(call->retry.initial_s, 0.25, 0);
    near(call->retry.factor, 1, 0);
    near(call->numbers[0].timeout_s, 0.8, 0);
    assert_int_equal(call->fallback.to, pipeline_step(&p, "broken"));
    assert_int_equal(gate->kind, STEP_GATE);
    near(gate->numbers[0].threshold.value, 0.6, 0);
    assert_int_equal(gate->below.to, pipeline_step(&p, "low")); /* less than: the first output */
    assert_int_equal(gate->above.to, TO_SHIP);
    pipeline_release(&p);
    buf_release(&yaml);
}

/* --- CrewAI */

static const char crew[] = "facts:\n"
                           "  expected_output: facts\n"
                           "  agent: clerk\n"
                           "  async_execution: true\n"
                           "figures:\n"
                           "  expected_output: figures\n"
                           "  agent: clerk\n"
                           "  async_execution: true\n"
                           "text:\n"
                           "  expected_output: a text\n"
                           "  agent: author\n"
                           "  context: [facts, figures]\n"
                           "  guardrail: long enough\n"
                           "  guardrail_max_retries: 4\n"
                           "  human_input: true\n"
                           "clerk:\n"
                           "  role: Clerk\n"
                           "  max_execution_time: 30\n"
                           "  max_retry_limit: 1\n"
                           "author:\n"
                           "  role: >\n"
                           "    Author\n";

static void a_crew_keeps_tasks_side_by_side_guardrails_and_people(void **state)
{
    struct buf yaml = {0};
    struct pipeline p = imported("crewai", crew, &yaml);
    const struct step *check = step_of(&p, "guardrail-of-text");

    assert_int_equal(p.n_steps, 6);
    assert_int_equal(step_of(&p, "facts-and-figures")->kind, STEP_PARALLEL);
    near(step_of(&p, "facts")->numbers[0].timeout_s, 30, 0);
    assert_int_equal(step_of(&p, "facts")->retry.attempts, 2);
    assert_int_equal(step_of(&p, "text")->retry.attempts, 3);
    assert_int_equal(check->kind, STEP_CHECK);
    assert_int_equal(check->on_reject.to, pipeline_step(&p, "text"));
    assert_int_equal(check->on_reject.at_most, 4);
    assert_int_equal(step_of(&p, "human-input-of-text")->kind, STEP_REVIEW);
    pipeline_release(&p);
    buf_release(&yaml);
}

/* --- AutoGen */

static const char team[] =
    "{\"provider\":\"autogen_agentchat.teams.RoundRobinGroupChat\",\"label\":\"Team\",\"config\":{"
    "\"participants\":["
    "{\"provider\":\"x.AssistantAgent\",\"config\":{\"name\":\"writer\",\"tools\":[{},{}]}},"
    "{\"provider\":\"x.AssistantAgent\",\"config\":{\"name\":\"critic\"}},"
    "{\"provider\":\"x.UserProxyAgent\",\"config\":{\"name\":\"me\"}}],"
    "\"termination_condition\":{\"provider\":\"x.OrTerminationCondition\",\"config\":{"
    "\"conditions\":[{\"provider\":\"x.MaxMessageTermination\",\"config\":{\"max_messages\":10}},"
    "{\"provider\":\"x.TimeoutTermination\",\"config\":{\"timeout_seconds\":90}}]}}}}";

static void a_team_keeps_its_turns_tools_people_and_end(void **state)
{
    struct buf yaml = {0};
    struct pipeline p = imported("autogen", team, &yaml);
    const struct step *me = step_of(&p, "me");

    assert_int_equal(p.n_steps, 4);
    near(p.leave_after_s[0], 90, 0);
    assert_int_equal(step_of(&p, "tools-of-writer")->layer, LAYER_TOOL);
    assert_int_equal(step_of(&p, "writer")->way[0].edge.to, pipeline_step(&p, "tools-of-writer"));
    assert_int_equal(me->kind, STEP_REVIEW);
    assert_int_equal(me->on_reject.to, pipeline_step(&p, "writer"));
    assert_int_equal(me->on_reject.at_most, 2); /* a task, and three rounds of three */
    pipeline_release(&p);
    buf_release(&yaml);
}

/* --- what is none, and names that mean harm */

static void what_is_no_definition_is_refused(void **state)
{
    refused("langgraph", "hello", "this is neither JSON nor a Mermaid graph");
    refused("langgraph", "{\"nodes\":[]}", "there are no lists `nodes` and `edges`");
    refused("langgraph", "{\"nodes\":[],\"edges\":[]}", "holds no step of a pipeline");
    refused("langgraph", "{\"nodes\":[{\"id\":\"a\"}],\"edges\":[]}",
            "says nowhere where it begins");
    refused("langgraph",
            "{\"nodes\":[{\"id\":\"a\"}],\"edges\":[{\"source\":\"a\",\"target\":\"b\"}]}",
            "edges[0] has a target that is no node: \"b\"");
    refused("n8n", "{\"nodes\":3}", "an n8n definition is an exported workflow");
    refused("n8n", "{", "f: ");
    refused("crewai", "a: 1\n", "holds no task");
    refused("crewai", "a: [\n", "f:");
    refused("autogen", "{\"config\":{}}", "an AutoGen definition is a team's component");
}

static void names_come_out_inert_and_apart(void **state)
{
    static const char hostile[] =
        "{\"nodes\":[{\"id\":\"a b\"},{\"id\":\"a-b\"},{\"id\":\"ship\"},{\"id\":\"\\n  error: "
        "1\"},"
        "{\"id\":\"`rm` '$(x)' \\u202e \\u001b[2J # "
        "\\\"\"},{\"id\":\"\"},{\"id\":\"99\"}],\"edges\":["
        "{\"source\":\"__start__\",\"target\":\"a b\"},{\"source\":\"a b\",\"target\":\"a-b\"},"
        "{\"source\":\"a-b\",\"target\":\"ship\"},{\"source\":\"ship\",\"target\":\"\\n  error: "
        "1\"},"
        "{\"source\":\"\\n  error: 1\",\"target\":\"`rm` '$(x)' \\u202e \\u001b[2J # \\\"\"},"
        "{\"source\":\"`rm` '$(x)' \\u202e \\u001b[2J # \\\"\",\"target\":\"\"},"
        "{\"source\":\"\",\"target\":\"99\",\"conditional\":true,\"data\":\"a\\n#b\\u001b\"},"
        "{\"source\":\"\",\"target\":\"__end__\",\"conditional\":true}]}";
    struct buf yaml = {0};
    struct pipeline p = imported("langgraph", hostile, &yaml);
    static const char *const ids[] = {"a-b",     "a-b-2", "ship-2", "error-1",
                                      "rm-x-2j", "step",  "step-99"};

    assert_int_equal(p.n_steps, 7);
    for (size_t i = 0; i < 7; i++)
        assert_true(pipeline_step(&p, ids[i]) >= 0);
    assert_null(strchr(buf_text(&yaml), '\x1b'));
    pipeline_release(&p);
    buf_release(&yaml);
}

/* A graph of up to 9 nodes with edges at random, led to from the start. */
static void put_random_graph(struct rng_seq *r, struct buf *out)
{
    uint32_t n = 1 + (uint32_t)rng_below(r, 9), edges = (uint32_t)rng_below(r, 3 * n);

    buf_puts(out, "{\"nodes\":[");
    for (uint32_t i = 0; i < n; i++) {
        static const char *const extra[] = {"", ",\"metadata\":{\"threshold\":0.5}",
                                            ",\"metadata\":{\"__interrupt\":\"before\"}"};
        uint64_t x = rng_below(r, 6);
        buf_printf(out, "%s{\"id\":\"n%u\"%s}", i ? "," : "", i, extra[x < 3 ? x : 0]);
    }
    buf_puts(out, "],\"edges\":[{\"source\":\"__start__\",\"target\":\"n0\"}");
    for (uint32_t i = 0; i < edges; i++) {
        uint64_t to = rng_below(r, n + 1);
        static const char *const label[] = {"yes", "reject", "give up", "again"};
        buf_printf(out, ",{\"source\":\"n%u\",\"target\":", (uint32_t)rng_below(r, n));
        if (to == n)
            buf_puts(out, "\"__end__\"");
        else
            buf_printf(out, "\"n%u\"", (uint32_t)to);
        buf_printf(out, ",\"conditional\":%s,\"data\":\"%s\"}", rng_below(r, 2) ? "true" : "false",
                   label[rng_below(r, 4)]);
    }
    buf_puts(out, "]}");
}

static void every_graph_becomes_a_scenario_that_can_be_read(void **state)
{
    struct rng_seq r = {rng_key(20260301, 0, 0, 0, RNG_SPLIT), 0};
    struct buf text = {0}, yaml = {0};

    for (int i = 0; i < 3000; i++) {
        buf_clear(&text);
        put_random_graph(&r, &text);
        struct pipeline p = imported("langgraph", buf_text(&text), &yaml);
        pipeline_release(&p);
    }
    buf_release(&text);
    buf_release(&yaml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_graph_keeps_its_branches_loops_gates_and_people),
        cmocka_unit_test(mermaid_says_the_same),
        cmocka_unit_test(a_workflow_keeps_retries_limits_errors_and_its_gate),
        cmocka_unit_test(a_crew_keeps_tasks_side_by_side_guardrails_and_people),
        cmocka_unit_test(a_team_keeps_its_turns_tools_people_and_end),
        cmocka_unit_test(what_is_no_definition_is_refused),
        cmocka_unit_test(names_come_out_inert_and_apart),
        cmocka_unit_test(every_graph_becomes_a_scenario_that_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
