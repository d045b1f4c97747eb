/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each construct of the frameworks' own files comes out in the scenario, and what a file does not
 * hold is marked.  Files: tests/data/definition.*; the facts were read off them by hand. */
#include "base/file.h"
#include "model/definition.h"
#include "model/scenario.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A definition on its way: its text, the scenario of it, and the pipeline of that. */
struct import {
    struct buf yaml;
    struct pipeline p;
};

static int read_text(const char *framework, const char *text, size_t len, struct definition *d,
                     struct error *err)
{
    for (size_t i = 0; i < definition_readers_count; i++)
        if (strcmp(definition_readers[i].framework, framework) == 0)
            return definition_readers[i].read("f", text, len, d, err);
    fail_msg("no reader of %s", framework);
    return -1;
}

static struct import take(const char *framework, const char *text)
{
    struct definition d = {0};
    struct import in = {.yaml = {0}};
    struct faults faults = {0};
    struct error err = {0};

    if (read_text(framework, text, strlen(text), &d, &err))
        fail_msg("%s\n%s", err.text, text);
    definition_write(&d, NULL, &in.yaml, NULL);
    definition_release(&d);
    if (scenario_parse("f.yaml", buf_text(&in.yaml), in.yaml.len, NULL, &in.p, &faults, &err))
        fail_msg("%s\n%s", err.text, buf_text(&in.yaml));
    faults_release(&faults);
    return in;
}

static struct import take_file(const char *framework, const char *name)
{
    struct buf text = {0};
    struct error err = {0};

    ok(file_read(data_path(name), DEFINITION_TEXT_MAX, &text, &err), &err);
    struct import in = take(framework, buf_text(&text));
    buf_release(&text);
    return in;
}

static void leave(struct import *in)
{
    buf_release(&in->yaml);
    pipeline_release(&in->p);
}

static const struct step *step_of(const struct import *in, const char *id)
{
    int32_t at = pipeline_step(&in->p, id);

    if (at < 0)
        fail_msg("no step %s\n%s", id, buf_text(&in->yaml));
    return &in->p.step[at];
}

static void leads(const struct import *in, const struct edge *e, const char *id)
{
    int32_t want = !strcmp(id, "ship")     ? TO_SHIP
                   : !strcmp(id, "fail")   ? TO_FAIL
                   : !strcmp(id, "reject") ? TO_REJECT
                   : !strcmp(id, "join")   ? TO_JOIN
                                           : pipeline_step(&in->p, id);
    if (e->to != want)
        fail_msg("leads to %d, not %s (%d)\n%s", e->to, id, want, buf_text(&in->yaml));
}

static void has(const struct import *in, const char *part)
{
    if (!strstr(buf_text(&in->yaml), part))
        fail_msg("\"%s\" is not in\n%s", part, buf_text(&in->yaml));
}

static void refused(const char *framework, const char *text, enum error_code code, const char *part)
{
    struct definition d = {0};
    struct error err = {0};

    if (read_text(framework, text, strlen(text), &d, &err) == 0)
        fail_msg("taken: %.300s", text);
    error_is(&err, code, part);
    definition_release(&d);
}

/* Every rate, share and time of the scenario is marked: the file holds none. */
static void all_is_assumed(const struct import *in)
{
    static const char *const keys[] = {
        "error:",       "wrong:",       "latency:",    "sensitivity:",
        "specificity:", "probability:", "confidence:", "at_most:"};
    const char *line = buf_text(&in->yaml);

    while (*line) {
        size_t len = strcspn(line, "\n");
        char text[400];
        snprintf(text, sizeof text, "%.*s", (int)len, line);
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
            if (strstr(text, keys[i]) && !strstr(text, "assumed"))
                fail_msg("not marked: %s", text);
        line += len + (line[len] == '\n');
    }
}

/* --- LangGraph */

static void has_gate_of_the_pipeline(const char *file)
{
    struct import in = take_file("langgraph", file);
    const struct step *gate = step_of(&in, "confidence_gate");

    assert_int_equal(in.p.n_steps, 6);
    leads(&in, &step_of(&in, "retrieve")->next, "generate");
    leads(&in, &step_of(&in, "generate")->next, "tool_call");
    leads(&in, &step_of(&in, "tool_call")->next, "confidence_gate");
    assert_int_equal(gate->kind, STEP_GATE);
    near(gate->numbers[0].threshold.value, 0.85, 0);
    leads(&in, &gate->above, "feedback_store");
    leads(&in, &gate->below, "human_review");
    assert_int_equal(step_of(&in, "human_review")->kind, STEP_REVIEW);
    leads(&in, &step_of(&in, "human_review")->next, "feedback_store");
    leads(&in, &step_of(&in, "feedback_store")->next, "ship");
    has(&in, "# queue = review\n");
    all_is_assumed(&in);
    leave(&in);
}

static void a_graph_and_its_drawing_hold_the_gate_and_the_person(void **state)
{
    has_gate_of_the_pipeline("definition.langgraph.json");
    has_gate_of_the_pipeline("definition.langgraph.mmd");
}

static void has_branches_and_loop(const char *file)
{
    struct import in = take_file("langgraph", file);
    const struct step *fork = step_of(&in, "retrieve_dense-and-retrieve_sparse");
    const struct step *grade = step_of(&in, "grade");

    assert_int_equal(in.p.n_steps, 8);
    assert_int_equal(fork->kind, STEP_PARALLEL);
    assert_int_equal(fork->parallel->join, JOIN_ALL);
    assert_int_equal(fork->parallel->n_branches, 2);
    leads(&in, &step_of(&in, "plan")->next, "retrieve_dense-and-retrieve_sparse");
    leads(&in, &fork->next, "fuse");
    leads(&in, &step_of(&in, "fuse")->next, "generate");
    assert_int_equal(grade->n_ways, 2);
    leads(&in, &grade->way[0].edge, "generate");
    assert_int_equal(grade->way[0].edge.at_most, 2);
    leads(&in, grade->way[0].edge.then, "fail"); /* it may give up, and then does */
    leads(&in, &grade->way[1].edge, "approve");
    leads(&in, &grade->next, "fail");
    assert_int_equal(step_of(&in, "approve")->kind, STEP_REVIEW);
    leads(&in, &step_of(&in, "approve")->next, "ship");
    has(&in, "# regenerate: assumed\n");
    has(&in, "# good: assumed\n");
    has(&in, "# give_up\n");
    has(&in, "# retry, timeout: the export drops them\n");
    all_is_assumed(&in);
    leave(&in);
}

static void a_graph_and_its_drawing_hold_branches_and_the_loop(void **state)
{
    has_branches_and_loop("definition.loop.json");
    has_branches_and_loop("definition.loop.mmd");
}

static void metadata_says_retries_times_and_joins(void **state)
{
    struct import in = take(
        "langgraph",
        "{\"nodes\":[{\"id\":\"a\",\"metadata\":{\"retry_policy\":{\"max_attempts\":4,"
        "\"initial_interval\":0.5},\"timeout\":30}},{\"id\":\"x\"},{\"id\":\"y\"},{\"id\":\"z\"},"
        "{\"id\":\"m\",\"metadata\":{\"join\":2}}],\"edges\":["
        "{\"source\":\"__start__\",\"target\":\"a\"},{\"source\":\"a\",\"target\":\"x\"},"
        "{\"source\":\"a\",\"target\":\"y\"},{\"source\":\"a\",\"target\":\"z\"},"
        "{\"source\":\"x\",\"target\":\"m\"},{\"source\":\"y\",\"target\":\"m\"},"
        "{\"source\":\"z\",\"target\":\"m\"},{\"source\":\"m\",\"target\":\"__end__\"}]}");
    const struct step *a = step_of(&in, "a"), *fork = step_of(&in, "x-and-y-and-more");

    assert_int_equal(a->retry.attempts, 4);
    near(a->retry.initial_s, 0.5, 0);
    near(a->numbers[0].timeout_s, 30, 0);
    assert_int_equal(fork->parallel->join, JOIN_K_OF_N);
    assert_int_equal(fork->parallel->k, 2);
    assert_int_equal(fork->parallel->n, 3);
    leave(&in);
}

static void a_drawing_may_be_of_any_hand(void **state)
{
    struct import in = take("langgraph", "graph TD;\n"
                                         "\t__start__([<p>__start__</p>]):::first\n"
                                         "\tsub\\3aplan(sub:plan)\n"
                                         "\task(ask<hr/><small><em>__interrupt = before\n"
                                         "timeout = 60</em></small>)\n"
                                         "\t__start__ --> web-search;\n"
                                         "\tweb-search -.-> sub\\3aplan;\n"
                                         "\tweb-search -. &nbsp;give&nbsp<br>&nbsp;up&nbsp; .-> "
                                         "__end__;\n"
                                         "\tsub\\3aplan -->|always| ask;\n"
                                         "\tsubgraph inner\n\tend\n"
                                         "\task --> __end__;\n");
    const struct step *search = step_of(&in, "web-search");

    assert_int_equal(in.p.n_steps, 3);
    leads(&in, &search->way[0].edge, "sub-plan");
    leads(&in, &search->next, "fail");
    has(&in, "# give up\n");
    has(&in, "# always\n");
    near(step_of(&in, "ask")->numbers[0].timeout_s, 60, 0);
    leave(&in);
}

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

#define AGENT(name, more)                                                                          \
    "{\"provider\":\"x.AssistantAgent\",\"config\":{\"name\":\"" name "\"" more "}}"
#define TEAM(kind, agents, more)                                                                   \
    "{\"provider\":\"x." kind "\",\"config\":{\"participants\":[" agents "]" more "}}"

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

/* --- what is wrong */

static void a_wrong_definition_is_refused_at_its_place(void **state)
{
    refused("langgraph", "{\"nodes\":[{\"id\":\"a\"},{\"id\":null}],\"edges\":[]}", ERR_INPUT,
            "f: nodes[1] has no id");
    refused("langgraph", "{\"nodes\":[{\"id\":\"a\"},{\"id\":\"a\"}],\"edges\":[]}", ERR_INPUT,
            "f: nodes[1] has the id of another node: \"a\"");
    refused("langgraph", "{\"nodes\":[{\"id\":\"a\"}],\"edges\":[{\"source\":\"a\"}]}", ERR_INPUT,
            "f: edges[0] has no source or no target");
    refused("langgraph", "graph TD;\n\ta --> b;\n\tb --> ;\n", ERR_INPUT, "f:3: an arrow");
    refused("langgraph", "graph TD;\n\ta => b;\n", ERR_INPUT, "f:2: neither a node");
    refused("n8n", "{\"nodes\":[{\"name\":3}],\"connections\":{}}", ERR_INPUT,
            "f: nodes[0] has no name");
    refused("n8n",
            "{\"nodes\":[{\"name\":\"x\"},{\"name\":\"y\"},{\"name\":\"x\"}],"
            "\"connections\":{}}",
            ERR_INPUT, "f: nodes[0] and nodes[2] have the same name");
    refused("n8n", "{\"nodes\":[],\"connections\":{}}", ERR_INPUT, "f: holds no step");
    refused("n8n", "null", ERR_INPUT, "f: has no `nodes` and `connections`");
    refused("autogen", TEAM("RoundRobinGroupChat", AGENT("a", "") ",{\"config\":{}}", ""),
            ERR_INPUT, "f: participants[1] has no config.name");
    refused("autogen", TEAM("RoundRobinGroupChat", AGENT("a", "") "," AGENT("a", ""), ""),
            ERR_INPUT, "f: participants[0] and participants[1] have the same name");
    refused("autogen", TEAM("RoundRobinGroupChat", "", ""), ERR_INPUT, "f: participants is empty");
    refused("autogen",
            TEAM("GraphFlow", AGENT("a", ""),
                 ",\"graph\":{\"nodes\":{\"a\":{\"edges\":[{\"target\":\"z\"}]}}}"),
            ERR_INPUT, "f: the graph names \"z\", which is no participant");
    refused("crewai", "", ERR_INPUT, "f: holds no task");
}

static void what_is_too_large_or_too_deep_is_refused(void **state)
{
    struct buf text = {0};

    for (int i = 0; i < 10000; i++)
        buf_puts(&text, "{\"nodes\":");
    refused("n8n", buf_text(&text), ERR_LIMIT, "f: JSON is nested deeper");
    refused("langgraph", buf_text(&text), ERR_LIMIT, "f: JSON is nested deeper");
    refused("autogen", buf_text(&text), ERR_LIMIT, "f: JSON is nested deeper");
    buf_clear(&text);
    buf_puts(&text, "graph TD;\n");
    for (int i = 0; i < 50000; i++)
        buf_printf(&text, "a%d --> a%d;\n", i, i + 1);
    refused("langgraph", buf_text(&text), ERR_LIMIT, "f: has more than 500 nodes");
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_graph_and_its_drawing_hold_the_gate_and_the_person),
        cmocka_unit_test(a_graph_and_its_drawing_hold_branches_and_the_loop),
        cmocka_unit_test(metadata_says_retries_times_and_joins),
        cmocka_unit_test(a_drawing_may_be_of_any_hand),
        cmocka_unit_test(a_workflow_holds_retries_limits_and_its_gate),
        cmocka_unit_test(errors_lead_where_the_workflow_says),
        cmocka_unit_test(an_error_that_leaves_a_branch_is_the_parallels),
        cmocka_unit_test(disabled_nodes_hand_on_even_in_a_circle),
        cmocka_unit_test(several_triggers_are_a_choice_and_one_of_failures_is_none),
        cmocka_unit_test(choices_loops_and_waits_keep_their_names_and_times),
        cmocka_unit_test(a_crew_holds_its_agents_branches_guardrail_and_person),
        cmocka_unit_test(a_task_may_be_called_like_its_agent),
        cmocka_unit_test(a_guardrail_that_may_not_try_again_has_no_way_back),
        cmocka_unit_test(a_team_holds_its_client_tools_people_and_ends),
        cmocka_unit_test(a_graph_flow_holds_its_edges_and_a_swarm_its_handoffs),
        cmocka_unit_test(a_wrong_definition_is_refused_at_its_place),
        cmocka_unit_test(what_is_too_large_or_too_deep_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
