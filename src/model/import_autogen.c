/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AutoGen's teams, as dump_component() writes them.  A round robin lets its participants speak in
 * turn until a termination condition holds; a selector, a swarm or an orchestrator lets one of them
 * be next; a graph flow has edges.  An agent with tools may call them after it spoke; a user proxy
 * is a person.  Of termination, a most of messages bounds the rounds, and a time limit is the
 * item's deadline.  A model client's timeout and retries are those of the agent that speaks by it.
 * Handoffs are the ways on of a swarm.  A team inside a team is one step. */
#include "base/json_read.h"
#include "model/definition.h"

#include <math.h>
#include <string.h>

/* Does a component's provider end with the word? */
static bool provided_by(struct json component, const char *word)
{
    const char *s;
    size_t n, k = strlen(word);

    return json_text(json_get(component, "provider"), &s, &n) && n >= k &&
           !memcmp(s + n - k, word, k);
}

/* Walks the conditions: the least number of messages, the least time. */
static void take_termination(struct json condition, double *messages, double *seconds, int depth)
{
    struct json config = json_get(condition, "config");
    double x;

    if (depth > 20)
        return;
    if (provided_by(condition, "MaxMessageTermination") &&
        json_as_double(json_get(config, "max_messages"), &x))
        *messages = fmin(*messages, x);
    if (provided_by(condition, "TimeoutTermination") &&
        json_as_double(json_get(config, "timeout_seconds"), &x))
        *seconds = fmin(*seconds, x);
    if (provided_by(condition, "AndTerminationCondition"))
        return; /* bounds nothing by itself */
    for (struct json_iter it = json_each(json_get(config, "conditions")); json_next(&it);)
        take_termination(it.value, messages, seconds, depth + 1);
}

static size_t count_tools(struct json config)
{
    struct json bench = json_get(config, "workbench");
    size_t n = json_count(json_get(config, "tools"));

    if (json_type(bench) == JSON_MAP)
        n += json_count(json_pointer(bench, "/config/tools")) + 1;
    for (struct json_iter it = json_each(bench); json_type(bench) == JSON_LIST && json_next(&it);) {
        size_t own = json_count(json_pointer(it.value, "/config/tools"));
        n += own ? own : 1;
    }
    return n;
}

static bool is_person(struct json agent)
{
    return provided_by(agent, "UserProxyAgent");
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

/* A team among the participants: one step, with who speaks in it. */
static int32_t add_inner(struct definition *d, struct json team)
{
    struct json participants = json_pointer(team, "/config/participants");
    struct buf about = {0};
    const char *name, *s;
    size_t n, k;

    if (!json_text(json_pointer(team, "/config/name"), &name, &n) &&
        !json_text(json_get(team, "label"), &name, &n)) {
        name = "team";
        n = 4;
    }
    int32_t at = definition_add(d, name, n);
    buf_puts(&about, "a team of its own, one step here");
    const char *before = ": ";
    for (struct json_iter it = json_each(participants); json_next(&it);)
        if (json_text(json_pointer(it.value, "/config/name"), &s, &k)) {
            buf_printf(&about, "%s%.*s", before, (int)k, s);
            before = ", ";
        }
    d->nodes.at[at].kind = STEP_STAGE;
    d->nodes.at[at].layer = LAYER_MODEL;
    d->nodes.at[at].about = arena_strdup(&d->arena, buf_text(&about));
    buf_release(&about);
    return at;
}

/* Adds an agent; -1 when it has no name. */
static int32_t add_agent(struct definition *d, struct json agent)
{
    struct json config = json_get(agent, "config");
    const char *name, *model;
    size_t n, k;

    if (json_type(json_get(config, "participants")) == JSON_LIST)
        return add_inner(d, agent);
    if (!json_text(json_get(config, "name"), &name, &n) || n == 0)
        return NODE_START;
    int32_t at = definition_add(d, name, n);
    struct def_node *node = &d->nodes.at[at];
    node->kind = is_person(agent) ? STEP_REVIEW : STEP_STAGE;
    node->layer = is_person(agent) ? LAYER_HUMAN : LAYER_MODEL;
    if (provided_by(agent, "CodeExecutorAgent"))
        node->layer = LAYER_TOOL;
    if (json_text(json_pointer(config, "/model_client/config/model"), &model, &k))
        node->about = arena_printf(&d->arena, "speaks by %.*s", (int)k, model);
    take_client(node, json_pointer(config, "/model_client/config"));
    return at;
}

/* The stage of an agent's tools, entered from it and led to `next` like it. */
static int32_t add_tools(struct definition *d, struct json agent, int32_t speaker)
{
    size_t tools = count_tools(json_get(agent, "config"));
    struct buf title = {0};
    int32_t at;

    if (tools == 0)
        return speaker;
    buf_printf(&title, "tools of %s", d->nodes.at[speaker].title);
    at = definition_add(d, title.data, title.len);
    buf_release(&title);
    d->nodes.at[at].kind = STEP_STAGE;
    d->nodes.at[at].layer = LAYER_TOOL;
    d->nodes.at[at].about = arena_printf(&d->arena, "%zu tool%s; called after some messages", tools,
                                         tools == 1 ? "" : "s");
    definition_join(d, speaker, at, "calls tools", 11, true);
    return at;
}

/* One after the other, and round again until the termination. */
static void take_round(struct definition *d, struct json participants, double messages)
{
    int32_t first = NODE_START, before = NODE_START, before_tools = NODE_START;
    size_t n = json_count(participants);

    for (struct json_iter it = json_each(participants); json_next(&it);) {
        int32_t at = add_agent(d, it.value);
        if (at < 0)
            continue;
        definition_join(d, before, at, NULL, 0, false);
        if (before_tools != before)
            definition_join(d, before_tools, at, NULL, 0, false);
        first = first < 0 ? at : first;
        before = at;
        before_tools = add_tools(d, it.value, at);
    }
    if (first < 0)
        return;
    double rounds = isfinite(messages) && n ? ceil(messages / (double)n) - 1 : 0;
    uint32_t at_most = rounds > 0 ? (uint32_t)fmin(rounds, 1e6) : 0;
    definition_join(d, before, first, "not ended yet", 13, true)->at_most = at_most;
    definition_join(d, before, NODE_END, NULL, 0, false);
    if (before_tools == before)
        return;
    definition_join(d, before_tools, first, "not ended yet", 13, true)->at_most = at_most;
    definition_join(d, before_tools, NODE_END, NULL, 0, false);
}

/* One chooses who is next, until the termination. */
static void take_chosen(struct definition *d, struct json participants, const char *chooser,
                        double messages)
{
    int32_t hub = definition_add(d, chooser, strlen(chooser));
    double most = isfinite(messages) ? messages - 1 : 0;

    d->nodes.at[hub].kind = STEP_STAGE;
    d->nodes.at[hub].layer = LAYER_AGENT;
    definition_join(d, NODE_START, hub, NULL, 0, false);
    for (struct json_iter it = json_each(participants); json_next(&it);) {
        int32_t at = add_agent(d, it.value);
        if (at < 0)
            continue;
        definition_join(d, hub, at, "chosen", 6, true);
        int32_t tools = add_tools(d, it.value, at);
        definition_join(d, tools, hub, "goes on", 7, true)->at_most =
            most > 0 ? (uint32_t)fmin(most, 1e6) : 0;
        definition_join(d, tools, NODE_END, NULL, 0, false);
    }
}

/* Each speaks until it hands off to another; who is no participant is outside, where it ends. */
static void take_swarm(struct definition *d, struct json participants, double messages)
{
    uint32_t most = isfinite(messages) && messages > 1 ? (uint32_t)fmin(messages - 1, 1e6) : 0;
    bool some = false;

    for (struct json_iter it = json_each(participants); json_next(&it);)
        (void)add_agent(d, it.value);
    for (struct json_iter it = json_each(participants); json_next(&it);) {
        struct json config = json_get(it.value, "config");
        const char *s;
        size_t n;
        if (!json_text(json_get(config, "name"), &s, &n))
            continue;
        int32_t from = definition_find(d, s, n);
        if (!some)
            definition_join(d, NODE_START, from, NULL, 0, false);
        some = true;
        from = add_tools(d, it.value, from);
        for (struct json_iter h = json_each(json_get(config, "handoffs")); json_next(&h);) {
            struct json target =
                json_type(h.value) == JSON_MAP ? json_get(h.value, "target") : h.value;
            if (!json_text(target, &s, &n))
                continue;
            int32_t to = definition_find(d, s, n);
            struct def_edge *e = to < 0 ? definition_join(d, from, NODE_END, s, n, true)
                                        : definition_join(d, from, to, "hands off", 9, true);
            e->at_most = to < 0 ? 0 : most;
        }
        definition_join(d, from, NODE_END, NULL, 0, false);
    }
}

static bool has_handoffs(struct json participants)
{
    for (struct json_iter it = json_each(participants); json_next(&it);)
        if (json_count(json_pointer(it.value, "/config/handoffs")) > 0)
            return true;
    return false;
}

/* Nodes and edges as they stand. */
static void take_graph(struct definition *d, struct json config)
{
    const char *s;
    size_t n;

    for (struct json_iter it = json_each(json_get(config, "participants")); json_next(&it);) {
        int32_t at = add_agent(d, it.value);
        if (at >= 0 && count_tools(json_get(it.value, "config")))
            definition_note(d, "Calls of tools are part of %s.", d->nodes.at[at].title);
    }
    struct json nodes = json_pointer(config, "/graph/nodes");
    for (struct json_iter it = json_each(nodes); json_next(&it);) {
        int32_t from = definition_find(d, it.key, it.key_len);
        struct json edges = json_get(it.value, "edges");
        if (from >= 0 && json_text(json_get(it.value, "activation"), &s, &n) && n == 3 &&
            !memcmp(s, "any", 3))
            d->nodes.at[from].join = "any";
        for (struct json_iter e = json_each(edges); from >= 0 && json_next(&e);) {
            struct json condition = json_get(e.value, "condition");
            bool has = json_text(condition, &s, &n);
            const char *label = s;
            size_t label_len = n;
            if (!has && json_present(condition) && json_type(condition) != JSON_NULL) {
                has = true; /* a function, which the file does not hold */
                label = "a condition in code";
                label_len = strlen(label);
            }
            if (json_text(json_get(e.value, "target"), &s, &n) && definition_find(d, s, n) >= 0)
                definition_join(d, from, definition_find(d, s, n), has ? label : NULL,
                                has ? label_len : 0, has);
        }
    }
    if (json_text(json_pointer(config, "/graph/default_start_node"), &s, &n) &&
        definition_find(d, s, n) >= 0)
        definition_join(d, NODE_START, definition_find(d, s, n), NULL, 0, false);
    for (size_t i = 0; i < d->nodes.len; i++) {
        bool led = false;
        for (size_t k = 0; k < d->edges.len; k++)
            led = led || d->edges.at[k].to == (int32_t)i;
        if (!led)
            definition_join(d, NODE_START, (int32_t)i, NULL, 0, false);
    }
}

/* The team itself: some tools wrap it, or list several, of which the first is taken. */
static struct json unwrap(struct json root)
{
    static const char *const wraps[] = {"component", "team", "team_config"};

    for (int depth = 0; depth < 4 && !json_present(json_get(root, "config")); depth++) {
        struct json inner = root;
        struct json_iter it = json_each(root);
        if (json_type(root) == JSON_LIST && json_next(&it))
            inner = it.value;
        for (size_t i = 0; i < sizeof wraps / sizeof *wraps && json_type(root) == JSON_MAP; i++)
            if (json_type(json_get(root, wraps[i])) == JSON_MAP)
                inner = json_get(root, wraps[i]);
        struct json_iter teams = json_each(json_pointer(root, "/components/teams"));
        if (json_type(root) == JSON_MAP && json_next(&teams))
            inner = teams.value;
        root = inner;
    }
    return root;
}

static int take_team(struct definition *d, struct json root, struct error *err)
{
    root = unwrap(root);
    struct json config = json_get(root, "config");
    struct json participants = json_get(config, "participants");
    double messages = INFINITY, turns;
    const char *s;
    size_t n;

    if (json_type(participants) != JSON_LIST)
        return error_set(err, ERR_INPUT,
                         "%s: has no `participants`: an AutoGen definition is a team's component "
                         "(dump_component) as JSON",
                         d->file);
    if (json_text(json_get(root, "label"), &s, &n))
        d->name = arena_strndup(&d->arena, s, n);
    take_termination(json_get(config, "termination_condition"), &messages, &d->deadline_s, 0);
    if (json_as_double(json_get(config, "max_turns"), &turns) && turns > 0)
        messages = fmin(messages, turns);
    if (json_present(json_get(config, "graph")))
        take_graph(d, config);
    else if (provided_by(root, "SelectorGroupChat"))
        take_chosen(d, participants, "selector", messages);
    else if (provided_by(root, "Swarm") && has_handoffs(participants))
        take_swarm(d, participants, messages);
    else if (provided_by(root, "Swarm"))
        take_chosen(d, participants, "handoff", messages);
    else if (provided_by(root, "MagenticOneGroupChat"))
        take_chosen(d, participants, "orchestrator", messages);
    else
        take_round(d, participants, messages);
    d->messages = isfinite(messages) ? messages : 0;
    double attempts;
    int32_t selector = definition_find(d, "selector", 8);
    if (provided_by(root, "SelectorGroupChat") && selector >= 0 &&
        json_as_double(json_get(config, "max_selector_attempts"), &attempts) && attempts > 1)
        d->nodes.at[selector].attempts = (uint32_t)fmin(attempts, 100);
    if (isfinite(messages))
        definition_note(d, "The conversation ends after %g messages at the latest.", messages);
    return definition_finish(d, err);
}

int definition_autogen(const char *file, const char *text, size_t len, struct definition *out,
                       struct error *err)
{
    struct json_reader *reader = json_reader_new();
    struct json root;
    int status;

    definition_init(out, "AutoGen", file);
    status = json_parse(reader, text, len, &root, err);
    if (status)
        error_prefix(err, "%s", file);
    else
        status = take_team(out, root, err);
    json_reader_free(reader);
    return status;
}
