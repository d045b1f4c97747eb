/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random but plausible definitions of the frameworks that `seam import` reads: names that mean
 * harm, names twice, loops without an exit, ways into nowhere, disabled nodes, errors that lead
 * back. */
#ifndef SEAM_TESTS_RANDOM_DEFINITION_H
#define SEAM_TESTS_RANDOM_DEFINITION_H

#include "base/buf.h"
#include "math/rng.h"

/* As JSON writes them, and YAML between double quotes. */
static const char *const random_titles[] = {
    "retrieve",
    "Generate answer",
    "confidence_gate",
    "human_review",
    "Tool Call",
    "feedback store",
    "ship",
    "skip",
    "a: b # c",
    "- x",
    "`rm -rf` '$(x)'",
    "say \\\"hi\\\" \\\\",
    "line\\n  error: 1",
    "\\u202eevil\\u202c",
    "\\ud83d\\ude80 launch",
    "\\u0645\\u0631\\u062d\\u0628\\u0627",
    "{to: x}",
    "\\u2028\\u0085\\ufeff",
    "",
    "x",
};
enum { RANDOM_TITLES = sizeof random_titles / sizeof *random_titles };

static inline uint32_t below(struct rng_seq *r, uint32_t n)
{
    return (uint32_t)rng_below(r, n);
}

static inline bool one_in(struct rng_seq *r, uint32_t n)
{
    return below(r, n) == 0;
}

/* The names of n nodes: most of them told apart by a number. */
static inline void pick_titles(struct rng_seq *r, struct buf *names, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        buf_clear(&names[i]);
        buf_puts(&names[i], random_titles[below(r, RANDOM_TITLES)]);
        if (!one_in(r, 60))
            buf_printf(&names[i], " %u", i);
    }
}

enum { RANDOM_NODES = 12 };

/* --- LangGraph */

static inline void put_random_langgraph(struct rng_seq *r, struct buf *names, struct buf *out)
{
    static const char *const metadata[] = {
        "",
        "",
        "",
        ",\"metadata\":{\"threshold\":0.7}",
        ",\"metadata\":{\"__interrupt\":\"after\"}",
        ",\"metadata\":{\"retry_policy\":{\"max_attempts\":4,\"initial_interval\":0.5}}",
        ",\"metadata\":{\"timeout\":3,\"join\":\"any\"}",
        ",\"metadata\":{\"join\":2}",
        ",\"metadata\":null"};
    static const char *const label[] = {"yes", "reject", "give up", "again", "a\\n#b"};
    uint32_t n = 1 + below(r, RANDOM_NODES), edges = below(r, 3 * n);
    uint32_t conditional = 1 + below(r, 4);

    pick_titles(r, names, n);
    buf_puts(out, "{\"nodes\":[{\"id\":\"__start__\"}");
    for (uint32_t i = 0; i < n; i++)
        buf_printf(out, ",{\"id\":\"%s\"%s}", buf_text(&names[i]), metadata[below(r, 9)]);
    buf_puts(out, "],\"edges\":[");
    for (uint32_t i = 0; i < 1 + (one_in(r, 3) ? below(r, n) : 0); i++)
        buf_printf(out, "%s{\"source\":\"__start__\",\"target\":\"%s\",\"conditional\":%s}",
                   i ? "," : "", buf_text(&names[i]), one_in(r, 4) ? "true" : "false");
    for (uint32_t i = 0; i < edges; i++) {
        uint32_t to = below(r, n + 2);
        buf_printf(out, ",{\"source\":\"%s\",\"target\":\"%s\"", buf_text(&names[below(r, n)]),
                   to >= n ? "__end__" : buf_text(&names[to]));
        if (one_in(r, 2))
            buf_printf(out, ",\"data\":\"%s\"", label[below(r, 5)]);
        buf_printf(out, ",\"conditional\":%s}", one_in(r, conditional) ? "true" : "false");
    }
    buf_puts(out, "]}");
}

/* The same with ids of letters, as Mermaid. */
static inline void put_random_mermaid(struct rng_seq *r, struct buf *names, struct buf *out)
{
    static const char *const arrows[] = {"-->",
                                         "-.->",
                                         "-. &nbsp;yes&nbsp; .->",
                                         "-. &nbsp;give&nbsp<br>&nbsp;up&nbsp; .->",
                                         "-- always -->",
                                         "-->|no|",
                                         "==>"};
    static const char *const metadata[] = {
        "", "", "<hr/><small><em>threshold = 0.7</em></small>",
        "<hr/><small><em>__interrupt = before\njoin = any</em></small>",
        "<hr/><small><em>timeout = 3\nmax_attempts = 4</em></small>"};
    uint32_t n = 1 + below(r, RANDOM_NODES), edges = below(r, 3 * n), kinds = 1 + below(r, 7);

    pick_titles(r, names, n);
    buf_puts(out, "---\nconfig:\n  flowchart:\n    curve: linear\n---\ngraph TD;\n"
                  "\t__start__([<p>__start__</p>]):::first\n");
    for (uint32_t i = 0; i < n; i++) /* not as written between quotes, but as people do */
        buf_printf(out, "\tn-%u(%s%s)\n", i, buf_text(&names[i]), metadata[below(r, 5)]);
    for (uint32_t i = 0; i < 1 + (one_in(r, 3) ? below(r, n) : 0); i++)
        buf_printf(out, "\t__start__ %s n-%u;\n", arrows[one_in(r, 3)], i);
    for (uint32_t i = 0; i < edges; i++) {
        uint32_t to = below(r, n + 2);
        buf_printf(out, "\tn-%u %s ", below(r, n), arrows[below(r, kinds)]);
        if (to < n)
            buf_printf(out, "n-%u;\n", to);
        else
            buf_puts(out, "__end__;\n");
    }
    buf_puts(out, "\tclassDef default fill:#f2f0ff,line-height:1.2\n");
}

/* --- n8n */

static inline void put_targets(struct rng_seq *r, const struct buf *names, uint32_t n,
                               struct buf *out)
{
    uint32_t targets = one_in(r, 5) ? below(r, 4) : 1;

    if (one_in(r, 20)) {
        buf_puts(out, "null");
        return;
    }
    buf_putc(out, '[');
    for (uint32_t i = 0; i < targets; i++)
        buf_printf(out, "%s{\"node\":\"%s\",\"type\":\"main\",\"index\":0}", i ? "," : "",
                   one_in(r, 25) ? "gone" : buf_text(&names[below(r, n)]));
    buf_putc(out, ']');
}

static inline void put_random_n8n(struct rng_seq *r, struct buf *names, struct buf *out)
{
    static const char *const types[] = {
        "n8n-nodes-base.code\"",
        "n8n-nodes-base.httpRequest\"",
        "n8n-nodes-base.set\"",
        "n8n-nodes-base.merge\"",
        "n8n-nodes-base.switch\"",
        "n8n-nodes-base.filter\"",
        "n8n-nodes-base.stopAndError\"",
        "n8n-nodes-base.splitInBatches\",\"typeVersion\":3",
        "@n8n/n8n-nodes-langchain.agent\"",
        "@n8n/n8n-nodes-langchain.lmChatOpenAi\"",
        "n8n-nodes-base.wait\",\"parameters\":{\"resume\":\"webhook\"}",
        "n8n-nodes-base.wait\",\"parameters\":{\"amount\":2,\"unit\":\"minutes\"}",
        "n8n-nodes-base.if\",\"parameters\":{\"conditions\":{\"conditions\":[{\"leftValue\":\"={{ "
        "$json.confidence }}\",\"rightValue\":0.8,\"operator\":{\"operation\":\"gte\"}}]}}",
        "n8n-nodes-base.if\"",
        "n8n-nodes-base.noOp\"",
        "n8n-nodes-base.stickyNote\""};
    static const char *const more[] = {"",
                                       "",
                                       "",
                                       ",\"onError\":\"continueErrorOutput\"",
                                       ",\"onError\":\"continueRegularOutput\"",
                                       ",\"continueOnFail\":true",
                                       ",\"retryOnFail\":true,\"maxTries\":4"};
    uint32_t n = 1 + below(r, RANDOM_NODES), triggers = below(r, 3), disabled = 2 + below(r, 12);

    triggers = triggers < n ? triggers : n - 1;
    pick_titles(r, names, n);
    buf_puts(out, "{\"name\":\"w\",\"nodes\":[");
    for (uint32_t i = 0; i < n; i++)
        buf_printf(out, "%s{\"name\":\"%s\",\"type\":\"%s%s%s}", i ? "," : "", buf_text(&names[i]),
                   i < triggers ? "n8n-nodes-base.manualTrigger\"" : types[below(r, 16)],
                   more[below(r, 7)], one_in(r, disabled) ? ",\"disabled\":true" : "");
    buf_puts(out, "],\"connections\":{");
    for (uint32_t i = 0; i < n; i++) {
        uint32_t outputs = 1 + (one_in(r, 2) ? below(r, 3) : 0);
        buf_printf(out, "%s\"%s\":{\"%s\":[", i ? "," : "", buf_text(&names[i]),
                   one_in(r, 15) ? "ai_languageModel" : "main");
        for (uint32_t k = 0; k < outputs; k++) {
            buf_puts(out, k ? "," : "");
            put_targets(r, names, n, out);
        }
        buf_puts(out, "]}");
    }
    buf_printf(out, "},\"settings\":{\"executionTimeout\":%d}}", one_in(r, 3) ? 60 : -1);
}

/* --- CrewAI */

static inline void put_random_crewai(struct rng_seq *r, struct buf *names, struct buf *out)
{
    static const char *const retries[] = {"0", "-1", "3", "1e30", "some"};
    uint32_t n = 1 + below(r, RANDOM_NODES);

    pick_titles(r, names, n);
    for (uint32_t i = 0; i < n; i++) {
        buf_printf(names + i, "%u", i); /* keys of a map are there once */
        buf_printf(out, "\"%s\":\n  expected_output: x\n  agent: a%u\n", buf_text(&names[i]),
                   below(r, 3));
        if (one_in(r, 2))
            buf_printf(out, "  async_execution: %s\n", one_in(r, 3) ? "false" : "true");
        if (one_in(r, 4))
            buf_puts(out, "  human_input: true\n");
        if (one_in(r, 4))
            buf_printf(out, "  guardrail: g\n  guardrail_max_retries: %s\n", retries[below(r, 5)]);
        if (one_in(r, 3) && i > 0)
            buf_printf(out, "  context: [\"%s\", \"%s\"]\n", buf_text(&names[below(r, i)]),
                       buf_text(&names[below(r, n)]));
        if (one_in(r, 8))
            buf_puts(out, "  condition: some\n");
    }
    for (uint32_t i = 0; i < 3; i++)
        buf_printf(out, "a%u:\n  role: r%u\n  max_execution_time: %u\n", i, i, below(r, 60));
}

/* --- AutoGen */

static inline void put_agent(struct rng_seq *r, const struct buf *names, uint32_t n, uint32_t i,
                             bool tools, bool handoffs, struct buf *out)
{
    buf_printf(out, "{\"provider\":\"x.%s\",\"config\":{\"name\":\"%s\",\"tools\":[%s]",
               one_in(r, 5) ? "UserProxyAgent" : "AssistantAgent", buf_text(&names[i]),
               tools && one_in(r, 3) ? "{},{}" : "");
    buf_puts(out, ",\"handoffs\":[");
    for (uint32_t k = 0; k < (handoffs ? below(r, 4) : 0); k++)
        buf_printf(out, "%s{\"target\":\"%s\"}", k ? "," : "",
                   one_in(r, 6) ? "user" : buf_text(&names[below(r, n)]));
    buf_puts(out, "]}}");
}

static inline void put_graph(struct rng_seq *r, const struct buf *names, uint32_t n,
                             struct buf *out)
{
    buf_puts(out, ",\"graph\":{\"nodes\":{");
    for (uint32_t i = 0; i < n; i++) {
        buf_printf(out, "%s\"%s\":{\"name\":\"n\",\"activation\":\"%s\",\"edges\":[", i ? "," : "",
                   buf_text(&names[i]), one_in(r, 3) ? "any" : "all");
        for (uint32_t k = 0, edges = below(r, 4); k < edges; k++)
            buf_printf(out, "%s{\"target\":\"%s\",\"condition\":%s}", k ? "," : "",
                       buf_text(&names[below(r, n)]),
                       one_in(r, 3)   ? "\"APPROVE\""
                       : one_in(r, 3) ? "{}"
                                      : "null");
        buf_puts(out, "]}");
    }
    buf_puts(out, "}");
    if (one_in(r, 2))
        buf_printf(out, ",\"default_start_node\":\"%s\"", buf_text(&names[below(r, n)]));
    buf_puts(out, "}");
}

static inline void put_random_autogen(struct rng_seq *r, struct buf *names, struct buf *out)
{
    static const char *const teams[] = {"RoundRobinGroupChat", "SelectorGroupChat", "Swarm",
                                        "MagenticOneGroupChat", "GraphFlow"};
    uint32_t n = 1 + below(r, RANDOM_NODES), team = below(r, 5);

    pick_titles(r, names, n);
    buf_printf(out, "{\"provider\":\"x.%s\",\"label\":\"t\",\"config\":{\"participants\":[",
               teams[team]);
    for (uint32_t i = 0; i < n; i++) {
        buf_puts(out, i ? "," : "");
        put_agent(r, names, n, i, true, team == 2, out);
    }
    buf_puts(out, "]");
    if (team == 4)
        put_graph(r, names, n, out);
    if (one_in(r, 2))
        buf_printf(out,
                   ",\"termination_condition\":{\"provider\":\"x.MaxMessageTermination\","
                   "\"config\":{\"max_messages\":%u}}",
                   below(r, 30));
    if (one_in(r, 3))
        buf_printf(out, ",\"max_turns\":%u", below(r, 20));
    buf_puts(out, "}}");
}

#endif
