/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each construct of n8n's workflows comes out in the scenario. */
#include "tests/support/imported.h"

#include <math.h>
#include <stdio.h>

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

    has(&in, "# loop: assumed\n");
    has(&in, "# done\n");
    has(&in, "# refund: assumed\n");
    has(&in, "# other\n");
    leads(&in, &each->way[0].edge, "kind");
    leads(&in, &each->next, "done");
    leads(&in, &kind->way[0].edge, "pay");
    near(dist_mean(&step_of(&in, "pause")->numbers[0].latency), 120, 1e-9);
    assert_int_equal(step_of(&in, "ask")->kind, STEP_REVIEW);
    leads(&in, &step_of(&in, "pay")->next, "each");
    assert_int_equal(step_of(&in, "pay")->next.at_most, 2);
    leads(&in, step_of(&in, "pay")->next.then, "done");
    leave(&in);
}

/* --- outputs, people and rounds */

#define IF(name, left, operation, right)                                                           \
    NODE(name, "if",                                                                               \
         ",\"typeVersion\":2,\"parameters\":{\"conditions\":{\"combinator\":\"and\","              \
         "\"conditions\":[{\"leftValue\":\"={{ " left " }}\",\"rightValue\":" right                \
         ",\"operator\":{\"operation\":\"" operation "\"}}]}}")
#define CHAIN(name, type, more)                                                                    \
    "{\"name\":\"" name "\",\"type\":\"@n8n/n8n-nodes-langchain." type "\"" more "}"
#define LENDS(name, kind, to)                                                                      \
    "\"" name "\":{\"" kind "\":[[{\"node\":\"" to "\",\"type\":\"" kind "\",\"index\":0}]]}"

static void every_node_with_several_outputs_is_a_choice(void **state)
{
    struct import in = take(
        "n8n",
        FLOW(
            "{\"name\":\"rules\",\"type\":\"CUSTOM.rules\"}," NODE("a", "set", "") "," NODE(
                "kept", "filter",
                "") "," NODE("b", "set",
                             "") "," NODE("old", "switch",
                                          ",\"parameters\":{"
                                          "\"fallbackOutput\":2,\"rules\":{"
                                          "\"rules\":[{\"value2\":\"x\"},"
                                          "{\"value2\":\"y\",\"output\":1}]}"
                                          "}") "," NODE("c", "set",
                                                        "") "," CHAIN("guard",
                                                                      "guardr"
                                                                      "ails",
                                                                      "") "," NODE("d", "set", ""),
            FROM("t", "[" TO("rules") "]") "," FROM("rules", "[" TO("a") "],[" TO("kept") "],[]") "," FROM(
                "kept",
                "[" TO(
                    "old") "]") "," FROM("old",
                                         "[" TO("b") "],[],[" TO(
                                             "c") "]") "," FROM("a",
                                                                "[" TO(
                                                                    "guard") "]") "," FROM("guard",
                                                                                           "[" TO("d") "],[" TO(
                                                                                               "c") "]")));
    const struct step *rules = step_of(&in, "rules"), *old = step_of(&in, "old");

    assert_int_equal(rules->n_ways, 2);
    leads(&in, &rules->way[0].edge, "a");
    leads(&in, &rules->next, "ship"); /* the output that leads nowhere */
    leads(&in, &step_of(&in, "kept")->next, "reject");
    assert_int_equal(old->n_ways, 1);
    leads(&in, &old->way[0].edge, "b");
    leads(&in, &old->next, "c");
    has(&in, "# x: assumed\n");
    has(&in, "# none of these\n");
    assert_int_equal(step_of(&in, "guard")->kind, STEP_CHECK);
    leads(&in, &step_of(&in, "guard")->on_reject, "c");
    leave(&in);
}

static void what_a_person_does_not_approve_leaves_at_the_person(void **state)
{
    struct import in = take(
        "n8n",
        FLOW(NODE("draft", "code", "") "," NODE(
                 "ask", "gmail",
                 ",\"parameters\":{\"operation\":\"sendAndWait\",\"options\":{"
                 "\"limitWaitTime\":{\"values\":{\"resumeAmount\":45,"
                 "\"resumeUnit\":\"minutes\"}}}}") "," IF("ok", "$json.data.approved", "true",
                                                          "\"\"") "," NODE("send", "slack", ""),
             FROM("t", "[" TO("draft") "]") "," FROM("draft", "[" TO("ask") "]") "," FROM(
                 "ask", "[" TO("ok") "]") "," FROM("ok", "[" TO("send") "],[" TO("draft") "]")));
    const struct step *ask = step_of(&in, "ask"), *asked = step_of(&in, "ok");

    assert_int_equal(ask->kind, STEP_REVIEW);
    leads(&in, &ask->on_reject, "draft");
    leads(&in, &ask->next, "ok");
    near(ask->numbers[0].timeout_s, 2700, 0);
    leads(&in, &ask->fallback, "draft"); /* n8n goes on when the time is over, without a yes */
    assert_int_equal(asked->n_ways, 0);
    leads(&in, &asked->next, "send");
    has(&in, "# if; $json.data.approved true; what is not approved left before, at ask\n");
    leave(&in);
}

static void what_was_never_approved_is_not_let_through(void **state)
{
    struct import in = take(
        "n8n", FLOW(NODE("ask", "gmail", ",\"parameters\":{\"operation\":\"sendAndWait\"}") "," IF(
                        "ok", "$json.data.approved", "true",
                        "\"\"") "," NODE("send", "slack", "") "," NODE("revise", "code", ""),
                    FROM("t", "[" TO("ask") "]") "," FROM("ask", "[" TO("ok") "]") "," FROM(
                        "ok", "[" TO("send") "],[" TO("revise") "]") "," FROM("revise",
                                                                              "[" TO("ask") "]")));

    leads(&in, &step_of(&in, "revise")->next, "ask");
    leads(&in, step_of(&in, "revise")->next.then, "reject");
    leave(&in);
}

static void an_if_that_counts_rounds_bounds_its_loop(void **state)
{
    struct import in = take(
        "n8n",
        FLOW(
            NODE("call", "httpRequest", "") "," IF(
                "done", "$json.status", "equals",
                "\"ok\"") "," IF("left", "$runIndex", "lt",
                                 "5") "," NODE("pause", "wait",
                                               ",\"typeVersion\":1.1,\"parameters\":{\"amount\":"
                                               "30}") "," NODE("end", "set",
                                                               "") "," IF("tries",
                                                                          "$json.retryCount", "gt",
                                                                          "7") "," NODE("stop",
                                                                                        "stopAndErr"
                                                                                        "or",
                                                                                        ""),
            FROM("t", "[" TO("call") "]") "," FROM("call", "[" TO("done") "]") "," FROM(
                "done",
                "[" TO("tries") "],[" TO(
                    "left") "]") "," FROM("left",
                                          "[" TO("pause") "],[" TO(
                                              "stop") "]") "," FROM("pause",
                                                                    "[" TO(
                                                                        "call") "]") "," FROM("trie"
                                                                                              "s",
                                                                                              "[" TO("end") "],[" TO(
                                                                                                  "call") "]")));
    const struct step *pause = step_of(&in, "pause"), *tries = step_of(&in, "tries");

    near(dist_mean(&pause->numbers[0].latency), 30, 1e-9); /* seconds, where no unit is said */
    leads(&in, &pause->next, "call");
    assert_int_equal(pause->next.at_most, 5); /* $runIndex 0 to 4 go on */
    leads(&in, &tries->way[0].edge, "call");
    assert_int_equal(tries->way[0].edge.at_most, 7);
    leave(&in);
}

static void a_loop_over_batches_stands_before_what_follows_it(void **state)
{
    struct import in = take(
        "n8n",
        FLOW(
            NODE("outer", "splitInBatches", ",\"typeVersion\":3,\"parameters\":{\"batchSize\":5}") "," NODE(
                "inner", "splitInBatches",
                ",\"typeVersion\":3") "," NODE("work", "code", "") "," NODE("note", "set", ""),
            FROM("t", "[" TO("outer") "]") "," FROM("outer", "[],[" TO("inner") "]") "," FROM(
                "inner",
                "[" TO("note") "],[" TO(
                    "work") "]") "," FROM("work",
                                          "[" TO("inner") "]") "," FROM("note",
                                                                        "[" TO("outer") "]")));

    leads(&in, step_of(&in, "work")->next.then, "note");
    leads(&in, step_of(&in, "note")->next.then, "ship");
    has(&in, "# splitInBatches of 5; how many there are it does not say\n");
    leave(&in);
}

/* --- agents */

static void an_agents_tools_are_steps_that_lead_back_to_it(void **state)
{
    struct import in = take(
        "n8n",
        FLOW(
            CHAIN("agent", "agent", ",\"parameters\":{\"options\":{\"maxIterations\":4}}") "," CHAIN("gpt", "lmChatOpenAi", ",\"parameters\":{\"options\":{\"timeout\":9000}}") "," CHAIN(
                "memory", "memoryBufferWindow",
                "") "," CHAIN("sum", "toolCalculator",
                              "") "," NODE("may", "slackHitlTool",
                                           "") "," NODE("pay", "httpRequestTool",
                                                        "") "," CHAIN("docs", "vectorStoreQdrant",
                                                                      "") "," CHAIN("embed",
                                                                                    "embeddingsOpen"
                                                                                    "Ai",
                                                                                    "") "," NODE("s"
                                                                                                 "a"
                                                                                                 "y",
                                                                                                 "t"
                                                                                                 "e"
                                                                                                 "l"
                                                                                                 "e"
                                                                                                 "g"
                                                                                                 "r"
                                                                                                 "a"
                                                                                                 "m",
                                                                                                 "") "," NODE("log",
                                                                                                              "googleSheets",
                                                                                                              ""),
            FROM("t", "[" TO("agent") "]") "," FROM("agent", "[" TO("say") "," TO("log") "]") "," LENDS("gpt", "ai_languageModel", "agent") "," LENDS(
                "memory", "ai_memory",
                "agent") "," LENDS("sum", "ai_tool",
                                   "agent") "," LENDS("may", "ai_tool",
                                                      "agent") "," LENDS("pay", "ai_tool",
                                                                         "may") "," LENDS("docs",
                                                                                          "ai_tool",
                                                                                          "agent") "," LENDS("embed",
                                                                                                             "ai_embedding",
                                                                                                             "docs")));
    const struct step *agent = step_of(&in, "agent"), *back = step_of(&in, "back-to-agent");

    has(&in, "# agent; at most 4 rounds; by gpt; with memory\n");
    near(agent->numbers[0].timeout_s, 9, 0);
    assert_int_equal(agent->n_ways, 3);
    leads(&in, &agent->next, "after-agent"); /* which starts both that follow */
    assert_int_equal(step_of(&in, "say-and-log")->parallel->n_branches, 2);
    leads(&in, &step_of(&in, "sum")->next, "back-to-agent");
    leads(&in, &step_of(&in, "sum")->fallback, "back-to-agent");
    assert_int_equal(step_of(&in, "docs")->layer, LAYER_DATA);
    has(&in, "# vectorStoreQdrant; with embed\n");
    assert_int_equal(step_of(&in, "may")->kind, STEP_REVIEW);
    leads(&in, &step_of(&in, "may")->next, "pay");
    leads(&in, &step_of(&in, "may")->on_reject, "back-to-agent");
    leads(&in, &back->next, "agent");
    assert_int_equal(back->next.at_most, 4);
    leads(&in, back->next.then, "after-agent");
    leave(&in);
}

static void callers_of_a_tool_server_choose_a_tool(void **state)
{
    struct import in = take(
        "n8n", "{\"nodes\":[" CHAIN("server", "mcpTrigger", "") "," CHAIN(
                   "a", "toolCalculator",
                   "") "," NODE("b", "httpRequestTool",
                                "") "],\"connections\":{" LENDS("a", "ai_tool",
                                                                "server") "," LENDS("b", "ai_tool",
                                                                                    "server") "}}");

    leads(&in, &step_of(&in, "start")->way[0].edge, "a");
    leads(&in, &step_of(&in, "start")->next, "b");
    leads(&in, &step_of(&in, "a")->next, "ship");
    leave(&in);
}

/* Each asks before all others: a walk along every way between them would not end. */
static void who_asks_in_a_circle_is_passed_once(void **state)
{
    enum { ASK = 26 };
    struct buf text = {0};

    buf_puts(&text, "{\"nodes\":[" NODE("t", "manualTrigger", "") "," CHAIN("agent", "agent", ""));
    for (int i = 0; i < ASK; i++)
        buf_printf(&text, "," NODE("h%d", "slackHitlTool", ""), i);
    buf_puts(&text, "],\"connections\":{" FROM("t", "[" TO("agent") "]"));
    for (int i = 0; i < ASK; i++) {
        buf_printf(&text, ",\"h%d\":{\"ai_tool\":[[" TO("agent"), i);
        for (int k = 0; k < ASK; k++)
            if (k != i)
                buf_printf(&text, "," TO("h%d"), k);
        buf_puts(&text, "]]}");
    }
    buf_puts(&text, "}}");
    struct import in = take("n8n", buf_text(&text));
    for (int i = 0; i < ASK; i++) {
        char name[16];
        snprintf(name, sizeof name, "h%d", i);
        assert_int_equal(step_of(&in, name)->kind, STEP_REVIEW);
    }
    leads(&in, &step_of(&in, "back-to-agent")->next, "agent");
    leave(&in);
    buf_release(&text);
}

static void more_outputs_than_anyone_draws_are_refused(void **state)
{
    struct buf text = {0};

    buf_puts(&text, "{\"nodes\":[" NODE("t", "manualTrigger", "") "," NODE("a", "switch", "") "," //
             NODE("b", "set", "") "],\"connections\":{" FROM(
                 "t", "[" TO("a") "]") ",\"a\":{\"main\":[[" TO("b") "]");
    for (int i = 0; i < 500; i++)
        buf_puts(&text, ",[]");
    buf_puts(&text, "]}}}");
    refused("n8n", buf_text(&text), ERR_LIMIT, "f: nodes[1] has more than 500 outputs");
    buf_clear(&text);
    buf_puts(&text, "{\"nodes\":[{\"name\":\"a\",\"type\":\"n8n-nodes-base.switch\","
                    "\"parameters\":{\"rules\":{\"values\":[{}");
    for (int i = 0; i < 500; i++)
        buf_puts(&text, ",{}");
    buf_puts(&text, "]}}}],\"connections\":{}}");
    refused("n8n", buf_text(&text), ERR_LIMIT, "f: nodes[0] has more than 500 outputs");
    buf_release(&text);
}

/* --- what stands around a workflow */

static void a_workflow_is_found_in_what_is_wrapped_around_it(void **state)
{
    static const char *const files[] = {
        "[" FLOW(NODE("a", "set", ""), FROM("t", "[" TO("a") "]")) ",{}]",
        "{\"data\":[" FLOW(NODE("a", "set", ""), FROM("t", "[" TO("a") "]")) "]}",
        "{\"workflow\":{\"name\":\"Outer\",\"workflow\":" FLOW(NODE("a", "set", ""),
                                                               FROM("t", "[" TO("a") "]")) "}}",
        "{\"data\":{},\"workflowData\":" FLOW(NODE("a", "set", ""), FROM("t", "[" TO("a") "]")) "}",
    };

    for (size_t i = 0; i < 4; i++) {
        struct import in = take("n8n", files[i]);
        assert_int_equal(in.p.n_steps, 1);
        if (i == 0)
            has(&in, "# The first of 2 workflows in the file.\n");
        if (i == 2)
            assert_string_equal(in.p.name, "Outer");
        leave(&in);
    }
}

static void a_workflow_says_how_it_starts_and_what_is_run_when_it_fails(void **state)
{
    struct import in = take(
        "n8n",
        "{\"nodes\":[" NODE("Hook", "webhook", "") "," NODE(
            "Sub", "executeWorkflow",
            ",\"parameters\":{\"workflowId\":{\"value\":\"7\","
            "\"cachedResultName\":\"Do it\"},\"options\":{"
            "\"waitForSubWorkflow\":false}}") "],\"connections\":{" FROM("Hook",
                                                                         "[" TO(
                                                                             "Sub") "]") "},"
                                                                                         "\"setting"
                                                                                         "s\":{"
                                                                                         "\"errorWo"
                                                                                         "rkflow\":"
                                                                                         "\"Alarm\""
                                                                                         "}}");

    has(&in, "# It is started by: Hook.\n");
    has(&in, "# When it fails, the workflow Alarm is run.\n");
    has(&in, "# executeWorkflow; runs the workflow Do it; does not wait for it\n");
    leave(&in);
}

static void names_keep_their_letters_without_accents(void **state)
{
    struct import in = take("n8n", FLOW(NODE("Pr\u00fcfung \u00e0 fond", "set", ""),
                                        FROM("t", "[" TO("Pr\u00fcfung \u00e0 fond") "]")));

    (void)step_of(&in, "prufung-a-fond");
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
        cmocka_unit_test(every_node_with_several_outputs_is_a_choice),
        cmocka_unit_test(what_a_person_does_not_approve_leaves_at_the_person),
        cmocka_unit_test(what_was_never_approved_is_not_let_through),
        cmocka_unit_test(an_if_that_counts_rounds_bounds_its_loop),
        cmocka_unit_test(a_loop_over_batches_stands_before_what_follows_it),
        cmocka_unit_test(an_agents_tools_are_steps_that_lead_back_to_it),
        cmocka_unit_test(callers_of_a_tool_server_choose_a_tool),
        cmocka_unit_test(who_asks_in_a_circle_is_passed_once),
        cmocka_unit_test(more_outputs_than_anyone_draws_are_refused),
        cmocka_unit_test(a_workflow_is_found_in_what_is_wrapped_around_it),
        cmocka_unit_test(a_workflow_says_how_it_starts_and_what_is_run_when_it_fails),
        cmocka_unit_test(names_keep_their_letters_without_accents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
