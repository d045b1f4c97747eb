/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An agent of an AutoGen team: a step, with the timeout and retries of its model's client; its
 * tools are a step that it may call after it spoke, as often as max_tool_iterations says; a user
 * proxy is a person; a team inside a team is one step. */
#include "model/import_autogen.h"

#include <math.h>
#include <string.h>

/* Does a component's provider end with the word? */
bool autogen_provided_by(struct json component, const char *word)
{
    const char *s;
    size_t n, k = strlen(word);

    return json_text(json_get(component, "provider"), &s, &n) && n >= k &&
           !memcmp(s + n - k, word, k);
}

/* The agent itself, where another one only filters what it hears. */
struct json autogen_inner_agent(struct json agent)
{
    struct json wrapped = json_pointer(agent, "/config/wrapped_agent");

    return json_present(wrapped) ? wrapped : agent;
}

static void add_tool(struct json tool, struct buf *names, size_t *n)
{
    const char *s;
    size_t len;

    (*n)++;
    if (!json_text(json_pointer(tool, "/config/name"), &s, &len) &&
        !json_text(json_get(tool, "label"), &s, &len))
        return;
    buf_puts(names, names->len ? ", " : "");
    buf_add(names, s, len);
}

/* A set of tools: its own, or those of a server, which may have a limit. */
static void add_bench(struct json bench, struct buf *names, size_t *n, double *timeout_s)
{
    struct json tools = json_pointer(bench, "/config/tools");
    const char *s;
    size_t len;
    double x;

    for (struct json_iter it = json_each(tools); json_next(&it);)
        add_tool(it.value, names, n);
    if (json_count(tools))
        return;
    (*n)++;
    if (json_text(json_pointer(bench, "/config/server_params/command"), &s, &len) ||
        json_text(json_pointer(bench, "/config/server_params/url"), &s, &len))
        buf_printf(names, "%sthose of the server %.*s", names->len ? ", " : "",
                   (int)(len < 80 ? len : 80), s);
    if (json_as_double(json_pointer(bench, "/config/server_params/read_timeout_seconds"), &x) &&
        x > 0)
        *timeout_s = fmin(*timeout_s, x);
}

/* How many tools an agent has, their names and their limit. */
static size_t find_tools(struct json config, struct buf *names, double *timeout_s)
{
    struct json bench = json_get(config, "workbench");
    size_t n = 0;

    for (struct json_iter it = json_each(json_get(config, "tools")); json_next(&it);)
        add_tool(it.value, names, &n);
    if (json_type(bench) == JSON_MAP)
        add_bench(bench, names, &n, timeout_s);
    for (struct json_iter it = json_each(bench); json_type(bench) == JSON_LIST && json_next(&it);)
        add_bench(it.value, names, &n, timeout_s);
    return n;
}

size_t autogen_count_tools(struct json config)
{
    struct buf names = {0};
    double timeout_s = INFINITY;
    size_t n = find_tools(config, &names, &timeout_s);

    buf_release(&names);
    return n;
}

bool autogen_is_person(struct json agent)
{
    return autogen_provided_by(agent, "UserProxyAgent");
}

/* Timeouts and retries of the client, in the names of its libraries. */
static void take_client(struct def_node *node, struct json client)
{
    double x;

    if (json_as_double(json_get(client, "timeout"), &x) && x > 0)
        node->timeout_s = x;
    if (json_as_double(json_get(client, "max_retries"), &x) && x > 0)
        node->attempts = 1 + (uint32_t)fmin(x, 99);
}

/* Who speaks in a team that is one step here. */
static void tell_team(struct definition *d, struct def_node *node, struct json team)
{
    struct buf about = {0};
    const char *s, *before = ": ";
    size_t k;

    buf_printf(&about, "%s%sa team of its own, one step here", node->about ? node->about : "",
               node->about ? "; " : "");
    for (struct json_iter it = json_each(json_pointer(team, "/config/participants"));
         json_next(&it);)
        if (json_text(json_pointer(it.value, "/config/name"), &s, &k)) {
            buf_printf(&about, "%s%.*s", before, (int)k, s);
            before = ", ";
        }
    node->about = arena_strdup(&d->arena, buf_text(&about));
    buf_release(&about);
}

/* A team among the participants. */
static int32_t add_inner(struct definition *d, struct json team)
{
    const char *name;
    size_t n;

    if (!json_text(json_pointer(team, "/config/name"), &name, &n) &&
        !json_text(json_get(team, "label"), &name, &n)) {
        name = "team";
        n = 4;
    }
    int32_t at = definition_add(d, name, n);
    d->nodes.at[at].kind = STEP_STAGE;
    d->nodes.at[at].layer = LAYER_MODEL;
    tell_team(d, &d->nodes.at[at], team);
    return at;
}

/* Adds an agent, which has a name. */
int32_t autogen_add_agent(struct definition *d, struct json agent)
{
    struct json config = json_get(agent, "config"), own;
    const char *name, *model;
    size_t n, k;
    double x;

    if (json_type(json_get(config, "participants")) == JSON_LIST)
        return add_inner(d, agent);
    if (!json_text(json_get(config, "name"), &name, &n)) {
        name = "";
        n = 0;
    }
    int32_t at = definition_add(d, name, n);
    struct def_node *node = &d->nodes.at[at];
    node->kind = autogen_is_person(agent) ? STEP_REVIEW : STEP_STAGE;
    node->layer = autogen_is_person(agent) ? LAYER_HUMAN : LAYER_MODEL;
    own = json_get(autogen_inner_agent(agent), "config");
    if (json_text(json_pointer(own, "/model_client/config/model"), &model, &k))
        node->about = arena_printf(&d->arena, "speaks by %.*s", (int)k, model);
    if (json_present(json_get(own, "team")))
        tell_team(d, node, json_get(own, "team"));
    take_client(node, json_pointer(own, "/model_client/config"));
    if (autogen_provided_by(agent, "CodeExecutorAgent")) {
        node->layer = LAYER_TOOL;
        if (json_as_double(json_pointer(own, "/code_executor/config/timeout"), &x) && x > 0)
            node->timeout_s = x;
        if (json_as_double(json_get(own, "max_retries_on_error"), &x) && x > 0)
            node->attempts = 1 + (uint32_t)fmin(x, 99);
    }
    return at;
}

/* The stage of an agent's tools, entered from it; the agent when it has none. */
int32_t autogen_add_tools(struct definition *d, struct json agent, int32_t speaker)
{
    struct json config = json_get(autogen_inner_agent(agent), "config");
    double timeout_s = INFINITY, rounds;
    struct buf names = {0};
    size_t tools = find_tools(config, &names, &timeout_s);
    int32_t at = speaker;

    if (tools) {
        const char *title = arena_printf(&d->arena, "tools of %s", d->nodes.at[speaker].title);
        at = definition_add(d, title, strlen(title));
        struct def_node *n = &d->nodes.at[at];
        n->kind = STEP_STAGE;
        n->layer = LAYER_TOOL;
        n->timeout_s = timeout_s;
        n->about = arena_printf(&d->arena, "%zu tool%s%s%.300s; called after some messages", tools,
                                tools == 1 ? "" : "s", names.len ? ": " : "", buf_text(&names));
        definition_join(d, speaker, at, "calls tools", 11, true);
        if (json_as_double(json_get(config, "max_tool_iterations"), &rounds) && rounds > 1)
            definition_join(d, at, speaker, "calls more", 10, true)->at_most =
                (uint32_t)fmin(rounds - 1, 1e6);
    }
    buf_release(&names);
    return at;
}

/* A step that takes no time. */
int32_t autogen_add_instant(struct definition *d, const char *title, const char *about)
{
    int32_t at = definition_add(d, title, strlen(title));

    d->nodes.at[at].kind = STEP_STAGE;
    d->nodes.at[at].layer = LAYER_AGENT;
    d->nodes.at[at].takes_s = 0;
    d->nodes.at[at].about = about;
    return at;
}

/* Where a speaker's turn ends: the speaker, or behind its tools, so that what follows is counted
 * once. */
int32_t autogen_turn_end(struct definition *d, struct json agent, int32_t speaker)
{
    int32_t tools = autogen_add_tools(d, agent, speaker), end;

    if (tools == speaker)
        return speaker;
    end = autogen_add_instant(d, arena_printf(&d->arena, "after %s", d->nodes.at[speaker].title),
                              "with or without tools");
    definition_join(d, speaker, end, NULL, 0, false);
    definition_join(d, tools, end, NULL, 0, false);
    return end;
}
