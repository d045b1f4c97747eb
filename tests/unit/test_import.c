/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each construct of LangGraph's graphs comes out in the scenario, and what a file does not hold is
 * marked; what is wrong is refused at its place.  Files: tests/data/definition.*; the facts were
 * read off them by hand. */
#include "tests/support/imported.h"

#include <math.h>

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

/* What is drawn with its graphs inside: they begin and end at nodes that are no steps, and their
 * ids stand with code points. */
static void choices_may_be_drawn_with_labels_and_several_nodes_at_once(void **state)
{
    struct import in = take("langgraph", "flowchart LR\n a[Begin] --> b{Is it ok?}\n"
                                         " b -->|Yes| c & d\n b -->|No| a\n c & d --> e\n");
    const struct step *ask = step_of(&in, "is-it-ok");

    assert_int_equal(in.p.n_steps, 5); /* it begins where nothing leads to but a loop */
    leads(&in, &ask->way[0].edge, "begin");
    leads(&in, &ask->way[1].edge, "c");
    leads(&in, &ask->next, "d");
    leads(&in, &step_of(&in, "d")->next, "e");
    leave(&in);
}

static void graphs_inside_are_taken_apart(void **state)
{
    struct import in = take(
        "langgraph", "# A team\n\n```mermaid\n---\nconfig:\n  flowchart:\n    curve: linear\n---\n"
                     "graph TD;\n"
                     "\t__start__ --> lead\\3a__start__;\n"
                     "\tlead\\3a__end__ -.-> search\\3amodel;\n"
                     "\tlead\\3a__end__ -.-> __end__;\n"
                     "\tsearch\\3amodel --> lead\\3a__start__;\n"
                     "\tsubgraph lead\n"
                     "\tlead\\3a__start__(<p>__start__</p>)\n"
                     "\tlead\\3amodel(model)\n"
                     "\tlead\\3atools\\2erun(tools.run)\n"
                     "\tlead\\3a__end__(<p>__end__</p>)\n"
                     "\tlead\\3a__start__ --> lead\\3amodel;\n"
                     "\tlead\\3amodel -.-> lead\\3atools\\2erun;\n"
                     "\tlead\\3amodel -.-> lead\\3a__end__;\n"
                     "\tlead\\3atools\\2erun --> lead\\3amodel;\n"
                     "\tend\n```\nMore of it.\n\n```mermaid\ngraph LR\na --> b\n```\n");
    const struct step *model = step_of(&in, "lead-model");

    assert_int_equal(in.p.n_steps, 3);
    assert_int_equal(model->n_ways, 2);
    leads(&in, &step_of(&in, "lead-tools-run")->way[0].edge, "lead-model");
    leads(&in, &step_of(&in, "search-model")->next, "lead-model");
    assert_int_equal(step_of(&in, "search-model")->layer, LAYER_MODEL); /* by its own name */
    has(&in, "another begins in line 28.\n");
    leave(&in);
}

static void nodes_that_are_drawn_alike_keep_their_ids(void **state)
{
    struct import in =
        take("langgraph", "graph TD;\n__start__ --> a___start__;\n"
                          "a___start__(<p>__start__</p>)\na_model(model)\n"
                          "a___end__(<p>__end__</p>)\nb_model(model)\nlast(the last)\n"
                          "a___start__ --> a_model;\na_model --> a___end__;\n"
                          "a___end__ --> b_model;\nb_model --> last;\n");

    assert_int_equal(in.p.n_steps, 3);
    leads(&in, &step_of(&in, "a_model")->next, "b_model");
    leads(&in, &step_of(&in, "b_model")->next, "the-last");
    leave(&in);
}

static void a_graph_inside_may_begin_side_by_side(void **state)
{
    struct import in = take(
        "langgraph", "{\"nodes\":[{\"id\":\"__start__\",\"type\":\"schema\"},{\"id\":\"plan\"},"
                     "{\"id\":\"find:__start__\",\"type\":\"schema\"},{\"id\":\"find:web\"},"
                     "{\"id\":\"find:docs\"},{\"id\":\"find:__end__\",\"type\":\"schema\"},"
                     "{\"id\":\"write\"},{\"id\":\"__end__\",\"type\":\"schema\"}],\"edges\":["
                     "{\"source\":\"__start__\",\"target\":\"plan\"},"
                     "{\"source\":\"plan\",\"target\":\"find:__start__\"},"
                     "{\"source\":\"find:__start__\",\"target\":\"find:web\"},"
                     "{\"source\":\"find:__start__\",\"target\":\"find:docs\"},"
                     "{\"source\":\"find:web\",\"target\":\"find:__end__\"},"
                     "{\"source\":\"find:docs\",\"target\":\"find:__end__\"},"
                     "{\"source\":\"find:__end__\",\"target\":\"write\"},"
                     "{\"source\":\"write\",\"target\":\"__end__\"}]}");
    const struct step *fork = step_of(&in, "find-web-and-find-docs");

    assert_int_equal(in.p.n_steps, 5);
    leads(&in, &step_of(&in, "plan")->next, "find-web-and-find-docs");
    assert_int_equal(fork->parallel->n_branches, 2);
    leads(&in, &fork->next, "write");
    leave(&in);
}

static void a_person_is_asked_beside_the_step_that_is_interrupted(void **state)
{
    struct import in =
        take("langgraph", "graph TD;\n"
                          "\tin([in]):::first\n"
                          "\tpay(pay<hr/><small><em>__interrupt = before</em></small>)\n"
                          "\tmodel(model<hr/><small><em>__interrupt = after</em></small>)\n"
                          "\task_user(ask_user<hr/><small><em>__interrupt = before</em></small>)\n"
                          "\tin --> model;\n"
                          "\tmodel -.-> pay;\n"
                          "\tmodel -.-> ask_user;\n"
                          "\task_user -.-> model;\n"
                          "\task_user -.-> __end__;\n"
                          "\tpay --> __end__;\n");
    const struct step *after = step_of(&in, "approval-after-model");
    const struct step *before = step_of(&in, "approval-before-pay"),
                      *ask = step_of(&in, "ask_user");

    assert_int_equal(in.p.n_steps, 5);
    assert_int_equal(step_of(&in, "model")->kind, STEP_STAGE);
    assert_int_equal(step_of(&in, "pay")->kind, STEP_STAGE);
    assert_int_equal(after->kind, STEP_REVIEW);
    assert_int_equal(before->kind, STEP_REVIEW);
    leads(&in, &step_of(&in, "model")->next, "approval-after-model");
    leads(&in, &after->way[0].edge, "approval-before-pay");
    leads(&in, &before->next, "pay");
    assert_int_equal(ask->kind, STEP_REVIEW);
    leads(&in, &ask->on_reject, "model"); /* the one way back */
    leads(&in, &ask->next, "ship");
    has(&in, "on_reject: {goto: model, at_most: 2, then: reject}   # assumed\n");
    has(&in, "on_reject: reject   # assumed: which way is that of a no is not said\n");
    leave(&in);
}

/* Only what nothing else ends is bounded by the limit of all steps, which is 25. */
static void a_loop_without_a_way_out_ends_at_the_recursion_limit(void **state)
{
    struct import in = take("langgraph", "graph TD;\n__start__ --> a;\na --> b;\nb --> c;\n"
                                         "c -.-> b;\n");
    const struct step *c = step_of(&in, "c");

    leads(&in, &c->next, "b");
    assert_int_equal(c->next.at_most, 12); /* of two steps each */
    leads(&in, c->next.then, "fail");
    all_is_assumed(&in);
    leave(&in);
}

static void who_has_been_back_often_enough_leaves_the_loop(void **state)
{
    struct import in = take("langgraph", "graph TD;\n__start__ --> lead;\nlead -.-> a;\n"
                                         "lead -.-> b;\nlead -.-> __end__;\na -.-> lead;\n"
                                         "a -.-> tools;\ntools --> a;\nb --> lead;\n");

    leads(&in, step_of(&in, "a")->way[0].edge.then, "ship"); /* not on among its own tools */
    leads(&in, step_of(&in, "b")->next.then, "ship");        /* not on to another that comes back */
    leave(&in);
}

/* --- what starts side by side and is no parallel of the language */

#define SIDE_BY_SIDE(edges) "graph TD;\n__start__ --> f;\n" edges

static void what_starts_inside_a_branch_follows_one_another(void **state)
{
    struct import in = take(
        "langgraph", SIDE_BY_SIDE("f --> a;\nf --> b;\na --> c;\na --> d;\nc --> e;\nd --> e;\n"
                                  "e --> j;\nb --> j;\nj --> __end__;\n"));
    const struct step *fork = step_of(&in, "a-and-b");

    assert_int_equal(fork->parallel->n_branches, 2);
    assert_int_equal(in.p.n_steps, 8);
    leads(&in, &step_of(&in, "a")->next, "c");
    assert_int_equal(step_of(&in, "a")->n_ways, 0); /* no choice: all of them are done */
    leads(&in, &step_of(&in, "c")->next, "d");
    leads(&in, &step_of(&in, "d")->next, "e");
    leads(&in, &step_of(&in, "e")->next, "join");
    has(&in, "# It starts c, d side by side. No parallel can stand here");
    leave(&in);
}

static void branches_that_share_steps_or_loop_out_follow_one_another(void **state)
{
    struct import in =
        take("langgraph", SIDE_BY_SIDE("f --> a;\nf --> b;\nf --> c;\na --> s;\nb --> s;\n"
                                       "s --> j;\nc --> j;\nj --> __end__;\n"));
    leads(&in, &step_of(&in, "a")->next, "b"); /* they share s */
    leads(&in, &step_of(&in, "b")->next, "s");
    assert_int_equal(step_of(&in, "a-and-c")->parallel->n_branches, 2);
    leave(&in);

    in = take("langgraph", SIDE_BY_SIDE("f --> work;\nf --> log;\nwork -.-> f;\nwork -.-> done;\n"
                                        "done --> __end__;\nlog --> __end__;\nf --> __end__;\n"));
    leads(&in, &step_of(&in, "f")->next, "log"); /* what ends goes before what leads back */
    leads(&in, &step_of(&in, "log")->next, "work");
    leads(&in, &step_of(&in, "work")->way[0].edge, "f");
    leave(&in);
}

static void what_stands_beside_a_way_back_is_done_before_it(void **state)
{
    struct import in = take("langgraph", SIDE_BY_SIDE("f -.-> save;\nf -.-> done;\nsave --> f;\n"
                                                      "save --> log;\nlog --> __end__;\n"
                                                      "done --> __end__;\n"));

    assert_int_equal(step_of(&in, "save")->n_ways, 0);
    leads(&in, &step_of(&in, "save")->next, "log");
    leads(&in, &step_of(&in, "log")->next, "f");
    leads(&in, step_of(&in, "log")->next.then, "done");
    leave(&in);
}

static void a_way_straight_to_where_branches_meet_is_no_branch(void **state)
{
    struct import in =
        take("langgraph", SIDE_BY_SIDE("f --> a;\nf --> m;\na --> m;\nm --> __end__;\n"));

    assert_int_equal(in.p.n_steps, 3);
    leads(&in, &step_of(&in, "f")->next, "a");
    leads(&in, &step_of(&in, "a")->next, "m");
    leave(&in);
}

/* --- names of a log */

static void a_name_with_words_more_is_the_same_when_no_other_is(void **state)
{
    static const char graph[] = "graph TD;\n__start__ --> retrieveDocs;\nretrieveDocs --> web;\n"
                                "web --> write_node;\nwrite_node --> check_a;\n"
                                "check_a --> check_b;\n";
    static const char log[] = "seam: 1\nflow:\n  - stage: retrieve\n  - stage: web\n"
                              "  - stage: web_search\n  - stage: write\n  - stage: check\n";
    struct definition d = {0};
    struct pipeline fitted;
    struct faults faults = {0};
    struct error err = {0};
    struct buf assumed = {0}, unused = {0}, taken = {0};
    int32_t step[8];

    ok(read_text("langgraph", graph, strlen(graph), &d, &err), &err);
    ok(scenario_parse("log", log, strlen(log), NULL, &fitted, &faults, &err), &err);
    definition_match(&d, &fitted, step);
    assert_int_equal(step[definition_find(&d, "retrieveDocs", 12)], 0);
    assert_int_equal(step[definition_find(&d, "web", 3)], 1);
    assert_int_equal(step[definition_find(&d, "write_node", 10)], 3);
    assert_int_equal(step[definition_find(&d, "check_a", 7)], -1); /* or is it check_b? */
    definition_matches(&d, &fitted, &assumed, &unused, &taken);
    assert_string_equal(buf_text(&assumed), "check_a, check_b");
    assert_string_equal(buf_text(&unused), "web_search, check");
    assert_string_equal(buf_text(&taken), "retrievedocs is retrieve, write_node is write");
    faults_release(&faults);
    pipeline_release(&fitted);
    definition_release(&d);
    buf_release(&assumed);
    buf_release(&unused);
    buf_release(&taken);
}

/* --- what is wrong */

static void a_wrong_definition_is_refused_at_its_place(void **state)
{
    refused("langgraph", "{\"graphs\":{\"a\":\"./a.py:g\"}}", ERR_INPUT,
            "f: this is the list of graphs that a server runs");
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
    refused("n8n", "{\"data\":{\"resultData\":{}}}", ERR_INPUT,
            "f: is an execution without its workflow");
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
    buf_clear(&text);
    buf_puts(&text, "graph TD;\n");
    for (int i = 0; i < 200; i++) /* 40,000 ways past where the graph inside begins */
        buf_printf(&text, "a%d --> p\\3a__start__;\np\\3a__start__ -.-> b%d;\n", i, i);
    refused("langgraph", buf_text(&text), ERR_LIMIT, "f: has more than 500 nodes or 4000 edges");
    buf_release(&text);
}

/* By looking from each line to the end of the text, these would take minutes. */
static void a_text_of_empty_or_unclosed_lines_is_read_through_once(void **state)
{
    struct buf text = {0};

    for (int i = 0; i < 500000; i++)
        buf_putc(&text, '\n');
    refused("langgraph", buf_text(&text), ERR_INPUT, "f: this is neither JSON nor a Mermaid graph");
    buf_clear(&text);
    for (int i = 0; i < 200000; i++)
        buf_puts(&text, "<em>\n");
    buf_puts(&text, "graph TD;\na --> b;\n");
    struct import in = take("langgraph", buf_text(&text));
    leads(&in, &step_of(&in, "a")->next, "b");
    leave(&in);
    buf_release(&text);
}

static void names_that_are_no_utf8_are_taken_without_their_bytes(void **state)
{
    struct import in = take("langgraph", "graph TD;\na --> b\xc3\xff"
                                         "c;\nb\xc3\xff"
                                         "c --> \xc3;\n");

    leads(&in, &step_of(&in, "a")->next, "b-c");
    leads(&in, &step_of(&in, "b-c")->next, "step");
    leave(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_graph_and_its_drawing_hold_the_gate_and_the_person),
        cmocka_unit_test(a_graph_and_its_drawing_hold_branches_and_the_loop),
        cmocka_unit_test(metadata_says_retries_times_and_joins),
        cmocka_unit_test(a_drawing_may_be_of_any_hand),
        cmocka_unit_test(choices_may_be_drawn_with_labels_and_several_nodes_at_once),
        cmocka_unit_test(graphs_inside_are_taken_apart),
        cmocka_unit_test(nodes_that_are_drawn_alike_keep_their_ids),
        cmocka_unit_test(a_graph_inside_may_begin_side_by_side),
        cmocka_unit_test(a_person_is_asked_beside_the_step_that_is_interrupted),
        cmocka_unit_test(a_loop_without_a_way_out_ends_at_the_recursion_limit),
        cmocka_unit_test(who_has_been_back_often_enough_leaves_the_loop),
        cmocka_unit_test(what_starts_inside_a_branch_follows_one_another),
        cmocka_unit_test(branches_that_share_steps_or_loop_out_follow_one_another),
        cmocka_unit_test(what_stands_beside_a_way_back_is_done_before_it),
        cmocka_unit_test(a_way_straight_to_where_branches_meet_is_no_branch),
        cmocka_unit_test(a_name_with_words_more_is_the_same_when_no_other_is),
        cmocka_unit_test(a_wrong_definition_is_refused_at_its_place),
        cmocka_unit_test(what_is_too_large_or_too_deep_is_refused),
        cmocka_unit_test(a_text_of_empty_or_unclosed_lines_is_read_through_once),
        cmocka_unit_test(names_that_are_no_utf8_are_taken_without_their_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
