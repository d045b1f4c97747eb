/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AutoGen's teams, as dump_component() writes them.  A round robin lets its participants speak in
 * turn until a termination condition holds; a selector, a swarm or an orchestrator lets one of them
 * be next; a graph flow has edges.  An agent with tools may call them after it spoke; a user proxy
 * is a person.  Of termination, a most of messages bounds the rounds, and a time limit is the
 * item's deadline.  A model client's timeout and retries are those of the agent that speaks by it.
 * Handoffs are the ways on of a swarm.  A team inside a team is one step. */
#include "base/json_read.h"
#include "base/utf8.h"
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
        json_as_double(json_get(config, "max_messages"), &x) && x > 0)
        *messages = fmin(*messages, x);
    if (provided_by(condition, "TimeoutTermination") &&
        json_as_double(json_get(config, "timeout_seconds"), &x) && x > 0)
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

/* Each agent has a name that no other has: that is how teams, graphs and handoffs speak of them. */
static int check_names(const struct definition *d, struct json participants, struct error *err)
{
    size_t i = 0, n, m;
    const char *a, *b;

    for (struct json_iter it = json_each(participants); json_next(&it); i++) {
        struct json config = json_get(it.value, "config");
        size_t k = 0;
        if (i > DEFINITION_NODES_MAX)
            return 0; /* refused by definition_finish */
        if (!json_text(json_get(config, "name"), &a, &n) || n == 0) {
            if (json_type(json_get(config, "participants")) == JSON_LIST)
                continue;
            return error_set(err, ERR_INPUT, "%s: participants[%zu] has no config.name", d->file,
                             i);
        }
        for (struct json_iter o = json_each(participants); k < i && json_next(&o); k++)
            if (json_text(json_pointer(o.value, "/config/name"), &b, &m) && n == m &&
                !memcmp(a, b, n))
                return error_set(err, ERR_INPUT,
                                 "%s: participants[%zu] and participants[%zu] have the same name",
                                 d->file, k, i);
    }
    return 0;
}

/* Adds an agent, which has a name. */
static int32_t add_agent(struct definition *d, struct json agent)
{
    struct json config = json_get(agent, "config");
    const char *name, *model;
    size_t n, k;

    if (json_type(json_get(config, "participants")) == JSON_LIST)
        return add_inner(d, agent);
    if (!json_text(json_get(config, "name"), &name, &n)) {
        name = "";
        n = 0;
    }
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

/* One after the other, and round again until the termination, after `turns` of them at most. */
static void take_round(struct definition *d, struct json participants, double turns)
{
    int32_t first = NODE_START, before = NODE_START, before_tools = NODE_START;
    size_t n = json_count(participants);

    for (struct json_iter it = json_each(participants); json_next(&it);) {
        int32_t at = add_agent(d, it.value);
        definition_join(d, before, at, NULL, 0, false);
        if (before_tools != before)
            definition_join(d, before_tools, at, NULL, 0, false);
        first = first < 0 ? at : first;
        before = at;
        before_tools = add_tools(d, it.value, at);
    }
    if (first < 0)
        return;
    double again = isfinite(turns) ? ceil(turns / (double)n) - 1 : 0;
    uint32_t at_most = again > 0 ? (uint32_t)fmin(again, 1e6) : 0;
    for (int tools = 0; tools < 1 + (before_tools != before); tools++) {
        int32_t from = tools ? before_tools : before;
        if (at_most || !isfinite(turns))
            definition_join(d, from, first, "goes on", 7, true)->at_most = at_most;
        definition_join(d, from, NODE_END, NULL, 0, false);
    }
}

/* One chooses who is next, until the termination. */
static void take_chosen(struct definition *d, struct json participants, const char *chooser,
                        double turns)
{
    int32_t hub = definition_add(d, chooser, strlen(chooser));
    uint32_t most = isfinite(turns) && turns > 1 ? (uint32_t)fmin(turns - 1, 1e6) : 0;

    d->nodes.at[hub].kind = STEP_STAGE;
    d->nodes.at[hub].layer = LAYER_AGENT;
    definition_join(d, NODE_START, hub, NULL, 0, false);
    for (struct json_iter it = json_each(participants); json_next(&it);) {
        int32_t at = add_agent(d, it.value);
        definition_join(d, hub, at, "chosen", 6, true);
        int32_t tools = add_tools(d, it.value, at);
        for (int called = 0; called < 1 + (tools != at); called++) {
            int32_t from = called ? tools : at;
            if (most || !isfinite(turns))
                definition_join(d, from, hub, "goes on", 7, true)->at_most = most;
            definition_join(d, from, NODE_END, NULL, 0, false);
        }
    }
}

/* The handoffs of one agent, each to a participant, or to who is outside, where it ends. */
static void take_handoffs(struct definition *d, struct json handoffs, int32_t from, double turns)
{
    uint32_t most = isfinite(turns) && turns > 1 ? (uint32_t)fmin(turns - 1, 1e6) : 0;
    const char *s;
    size_t n;

    for (struct json_iter h = json_each(handoffs); json_next(&h);) {
        struct json target = json_type(h.value) == JSON_MAP ? json_get(h.value, "target") : h.value;
        if (!json_text(target, &s, &n))
            continue;
        int32_t to = definition_find(d, s, n);
        if (to < 0)
            definition_join(d, from, NODE_END, s, n, true);
        else if (most || !isfinite(turns))
            definition_join(d, from, to, "hands off", 9, true)->at_most = most;
    }
}

/* Each speaks until it hands off to another; who is no participant is outside, where it ends. */
static void take_swarm(struct definition *d, struct json participants, double turns)
{
    int32_t at = 0;

    for (struct json_iter it = json_each(participants); json_next(&it);)
        (void)add_agent(d, it.value);
    definition_join(d, NODE_START, at, NULL, 0, false);
    for (struct json_iter it = json_each(participants); json_next(&it) && !d->dropped; at++) {
        struct json handoffs = json_pointer(it.value, "/config/handoffs");
        int32_t tools = add_tools(d, it.value, at);
        for (int called = 0; called < 1 + (tools != at); called++) {
            take_handoffs(d, handoffs, called ? tools : at, turns);
            definition_join(d, called ? tools : at, NODE_END, NULL, 0, false);
        }
    }
}

static bool has_handoffs(struct json participants)
{
    for (struct json_iter it = json_each(participants); json_next(&it);)
        if (json_count(json_pointer(it.value, "/config/handoffs")) > 0)
            return true;
    return false;
}

static int no_participant(const struct definition *d, const char *name, size_t len,
                          struct error *err)
{
    struct buf quoted = {0};

    utf8_quote(&quoted, name, len, 60);
    error_set(err, ERR_INPUT, "%s: the graph names \"%s\", which is no participant", d->file,
              buf_text(&quoted));
    buf_release(&quoted);
    return -1;
}

/* One edge of a graph flow. */
static int take_edge(struct definition *d, int32_t from, struct json edge, struct error *err)
{
    struct json condition = json_get(edge, "condition");
    const char *target, *label = NULL;
    size_t n, len = 0;

    if (!json_text(json_get(edge, "target"), &target, &n))
        return error_set(err, ERR_INPUT, "%s: an edge of \"%.60s\" has no target", d->file,
                         d->nodes.at[from].title);
    int32_t to = definition_find(d, target, n);
    if (to < 0)
        return no_participant(d, target, n, err);
    bool has = json_present(condition) && json_type(condition) != JSON_NULL;
    if (has && !json_text(condition, &label, &len)) { /* a function, which the file does not hold */
        label = "a condition in code";
        len = strlen(label);
    }
    definition_join(d, from, to, label, len, has);
    return 0;
}

/* Where a graph flow begins: as said, else where nothing leads to. */
static int take_beginning(struct definition *d, struct json graph, struct error *err)
{
    const char *s;
    size_t n;

    if (json_text(json_get(graph, "default_start_node"), &s, &n)) {
        int32_t start = definition_find(d, s, n);
        if (start < 0)
            return no_participant(d, s, n, err);
        definition_join(d, NODE_START, start, NULL, 0, false);
        return 0;
    }
    bool *led = mem_zero(d->nodes.len + 1, 1);
    for (size_t k = 0; k < d->edges.len; k++)
        if (d->edges.at[k].to >= 0)
            led[d->edges.at[k].to] = true;
    for (size_t i = 0; i < d->nodes.len; i++)
        if (!led[i])
            definition_join(d, NODE_START, (int32_t)i, NULL, 0, false);
    mem_free(led);
    return 0;
}

/* Nodes and edges as they stand. */
static int take_graph(struct definition *d, struct json config, struct error *err)
{
    struct json graph = json_get(config, "graph");

    for (struct json_iter it = json_each(json_get(config, "participants")); json_next(&it);) {
        int32_t at = add_agent(d, it.value);
        if (count_tools(json_get(it.value, "config")))
            definition_note(d, "Calls of tools are part of %s.", d->nodes.at[at].title);
    }
    for (struct json_iter it = json_each(json_get(graph, "nodes")); json_next(&it);) {
        int32_t from = definition_find(d, it.key, it.key_len);
        struct json edges = json_get(it.value, "edges");
        const char *s;
        size_t n;
        if (from < 0)
            return no_participant(d, it.key, it.key_len, err);
        if (json_text(json_get(it.value, "activation"), &s, &n) && n == 3 && !memcmp(s, "any", 3))
            d->nodes.at[from].join = "any";
        bool always = json_count(edges) == 0;
        for (struct json_iter e = json_each(edges); json_next(&e) && !d->dropped;) {
            struct json condition = json_get(e.value, "condition");
            always = always || !json_present(condition) || json_type(condition) == JSON_NULL;
            if (take_edge(d, from, e.value, err))
                return -1;
        }
        if (!always && !d->dropped)
            definition_join(d, from, NODE_END, "none of them holds", 18, true);
    }
    return take_beginning(d, graph, err);
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

/* "TextMentionTermination {"text":"TERMINATE"} or ...", for the head. */
static void put_condition(struct json condition, int depth, struct buf *out)
{
    struct json config = json_get(condition, "config");
    bool all = provided_by(condition, "AndTerminationCondition");
    const char *s, *before = "";
    size_t n;

    if (depth > 20 || out->len > 600)
        return;
    if (json_type(json_get(config, "conditions")) == JSON_LIST) {
        buf_puts(out, depth ? "(" : "");
        for (struct json_iter it = json_each(json_get(config, "conditions")); json_next(&it);) {
            buf_puts(out, before);
            put_condition(it.value, depth + 1, out);
            before = all ? " and " : " or ";
        }
        buf_puts(out, depth ? ")" : "");
        return;
    }
    if (!json_text(json_get(condition, "provider"), &s, &n))
        return;
    size_t from = n;
    while (from > 0 && s[from - 1] != '.')
        from--;
    buf_add(out, s + from, n - from);
    if (json_count(config)) {
        struct buf text = {0};
        json_dump(config, &text);
        buf_putc(out, ' ');
        utf8_quote(out, text.data, text.len, 120);
        buf_release(&text);
    }
}

/* How many turns a conversation has at most, and how long it lasts; says by what it ends. */
static double take_end(struct definition *d, struct json config)
{
    struct json condition = json_get(config, "termination_condition");
    double messages = INFINITY, turns = INFINITY, most;
    struct buf text = {0};

    take_termination(condition, &messages, &d->deadline_s, 0);
    if (json_as_double(json_get(config, "max_turns"), &most) && most > 0)
        turns = most;
    put_condition(condition, 0, &text);
    if (text.len)
        definition_note(d, "It ends by %s.", buf_text(&text));
    buf_release(&text);
    if (isfinite(turns))
        definition_note(d, "It has %g turns at most.", turns);
    if (isfinite(messages))
        definition_note(d,
                        "The conversation ends after %g messages at the latest, of which the "
                        "task is the first.",
                        messages);
    return fmin(turns, fmax(messages - 1, 1));
}

static int take_members(struct definition *d, struct json root, double turns, struct error *err)
{
    struct json config = json_get(root, "config");
    struct json participants = json_get(config, "participants");
    double attempts;

    if (json_present(json_get(config, "graph")))
        return take_graph(d, config, err);
    if (provided_by(root, "SelectorGroupChat")) {
        take_chosen(d, participants, "selector", turns);
        if (json_as_double(json_get(config, "max_selector_attempts"), &attempts) && attempts > 1)
            d->nodes.at[0].attempts = (uint32_t)fmin(attempts, 100);
    } else if (provided_by(root, "Swarm") && has_handoffs(participants))
        take_swarm(d, participants, turns);
    else if (provided_by(root, "Swarm"))
        take_chosen(d, participants, "handoff", turns);
    else if (provided_by(root, "MagenticOneGroupChat"))
        take_chosen(d, participants, "orchestrator", turns);
    else
        take_round(d, participants, turns);
    return 0;
}

static int take_team(struct definition *d, struct json root, struct error *err)
{
    root = unwrap(root);
    struct json config = json_get(root, "config");
    struct json participants = json_get(config, "participants");
    const char *s;
    size_t n;

    if (json_type(participants) != JSON_LIST)
        return error_set(err, ERR_INPUT,
                         "%s: has no `participants`: an AutoGen definition is a team's component "
                         "(dump_component) as JSON",
                         d->file);
    if (json_count(participants) == 0)
        return error_set(err, ERR_INPUT, "%s: participants is empty", d->file);
    if (check_names(d, participants, err))
        return -1;
    if (json_text(json_get(root, "label"), &s, &n))
        d->name = arena_strndup(&d->arena, s, n);
    d->drops = "retry, timeout: the file holds none";
    double turns = take_end(d, config);
    d->messages = isfinite(turns) ? turns : 0;
    if (take_members(d, root, turns, err))
        return -1;
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
