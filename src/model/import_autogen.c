/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AutoGen's teams, as dump_component() writes them.  A round robin lets its participants speak in
 * turn until a termination condition holds; a selector or an orchestrator lets one of them be next,
 * and a step that takes no time asks after each whether it is over; a graph flow has edges.  An
 * agent with tools may call them after it spoke; a user proxy is a person.  Of termination, a most
 * of messages bounds the rounds, and a time limit is the item's deadline.  A model client's timeout
 * and retries are those of the agent that speaks by it. Handoffs are the ways on of a swarm.  A
 * team inside a team is one step. */
#include "model/import_autogen.h"
#include "base/utf8.h"

#include <math.h>
#include <string.h>

/* Walks the conditions: the least number of messages, the least time. */
static void take_termination(struct json condition, double *messages, double *seconds, int depth)
{
    struct json config = json_get(condition, "config");
    double x;

    if (depth > 20)
        return;
    if (autogen_provided_by(condition, "MaxMessageTermination") &&
        json_as_double(json_get(config, "max_messages"), &x) && x > 0)
        *messages = fmin(*messages, x);
    if (autogen_provided_by(condition, "TimeoutTermination") &&
        json_as_double(json_get(config, "timeout_seconds"), &x) && x > 0)
        *seconds = fmin(*seconds, x);
    if (autogen_provided_by(condition, "AndTerminationCondition"))
        return; /* bounds nothing by itself */
    for (struct json_iter it = json_each(json_get(config, "conditions")); json_next(&it);)
        take_termination(it.value, messages, seconds, depth + 1);
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

/* One after the other, and round again until the termination, after `turns` of them at most. */
static void take_round(struct definition *d, struct json participants, double turns)
{
    int32_t first = NODE_START, before = NODE_START, tools = NODE_START;
    size_t n = json_count(participants), i = 0;
    double again = isfinite(turns) ? ceil(turns / (double)n) - 1 : 0;
    bool goes_round = again > 0 || !isfinite(turns), person = false;

    for (struct json_iter it = json_each(participants); json_next(&it) && !d->dropped; i++) {
        int32_t at = autogen_add_agent(d, it.value);
        definition_join(d, before, at, NULL, 0, false);
        if (tools != before)
            definition_join(d, tools, at, NULL, 0, false);
        first = first < 0 ? at : first;
        before = i + 1 == n && goes_round ? autogen_turn_end(d, it.value, at) : at;
        tools = before == at ? autogen_add_tools(d, it.value, at) : before;
        person = autogen_is_person(it.value);
    }
    if (first < 0)
        return;
    const char *label = person ? "asks for changes" : "goes on";
    if (goes_round)
        definition_join(d, before, first, label, strlen(label), true)->at_most =
            again > 0 ? (uint32_t)fmin(again, 1e6) : 0;
    definition_join(d, before, NODE_END, NULL, 0, false);
    if (tools != before)
        definition_join(d, tools, NODE_END, NULL, 0, false);
}

/* One chooses who is next, until the termination. */
static void take_chosen(struct definition *d, struct json participants, const char *chooser,
                        double turns)
{
    int32_t hub = definition_add(d, chooser, strlen(chooser));
    uint32_t most = isfinite(turns) && turns > 1 ? (uint32_t)fmin(turns - 1, 1e6) : 0;
    int32_t over =
        autogen_add_instant(d, "is it over", "the termination is asked after each message");

    d->nodes.at[hub].kind = STEP_STAGE;
    d->nodes.at[hub].layer = LAYER_AGENT;
    definition_join(d, NODE_START, hub, NULL, 0, false);
    for (struct json_iter it = json_each(participants); json_next(&it) && !d->dropped;) {
        const char *label = autogen_is_person(it.value) ? "asks for changes, or not" : NULL;
        int32_t at = autogen_add_agent(d, it.value);
        definition_join(d, hub, at, "chosen", 6, true);
        int32_t tools = autogen_add_tools(d, it.value, at);
        definition_join(d, at, over, label, label ? strlen(label) : 0, label != NULL);
        if (tools != at)
            definition_join(d, tools, over, NULL, 0, false);
    }
    if (most || !isfinite(turns))
        definition_join(d, over, hub, "goes on", 7, true)->at_most = most;
    definition_join(d, over, NODE_END, NULL, 0, false);
}

/* The handoffs of one agent, each to a participant, or to who is outside, where it ends.  Two of
 * them go round at least. */
static void take_handoffs(struct definition *d, struct json handoffs, int32_t from, double turns)
{
    const char *s;
    size_t n;

    for (struct json_iter h = json_each(handoffs); json_next(&h);) {
        struct json target = json_type(h.value) == JSON_MAP ? json_get(h.value, "target") : h.value;
        if (!json_text(target, &s, &n))
            continue;
        int32_t to = definition_find(d, s, n);
        if (to < 0)
            definition_join(d, from, NODE_END, s, n, true);
        else if (turns > 1)
            definition_join(d, from, to, "hands off", 9, true)->at_most =
                isfinite(turns) ? (uint32_t)fmin(fmax(floor((turns - 1) / 2), 1), 1e6) : 0;
    }
}

/* Each speaks until it hands off to another; who is no participant is outside, where it ends. */
static void take_swarm(struct definition *d, struct json participants, double turns)
{
    int32_t at = 0;

    for (struct json_iter it = json_each(participants); json_next(&it);)
        (void)autogen_add_agent(d, it.value);
    definition_join(d, NODE_START, at, NULL, 0, false);
    for (struct json_iter it = json_each(participants); json_next(&it) && !d->dropped; at++) {
        int32_t end = autogen_turn_end(d, it.value, at);
        take_handoffs(d, json_pointer(autogen_inner_agent(it.value), "/config/handoffs"), end,
                      turns);
        definition_join(d, end, NODE_END, NULL, 0, false);
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
        int32_t at = autogen_add_agent(d, it.value);
        if (autogen_count_tools(json_get(autogen_inner_agent(it.value), "config")))
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

static bool is_team(struct json v)
{
    return json_type(json_pointer(v, "/config/participants")) == JSON_LIST;
}

/* The first of several teams, and what the others are called. */
static struct json first_of(struct definition *d, struct json teams)
{
    struct buf names = {0};
    struct json first = {0};
    const char *s;
    size_t len, n = 0;

    for (struct json_iter it = json_each(teams); json_next(&it); n++) {
        first = n ? first : it.value;
        if (n && json_text(json_get(it.value, "label"), &s, &len) && names.len < 300)
            buf_printf(&names, "%s%.*s", names.len ? ", " : "", (int)len, s);
    }
    if (n > 1)
        definition_note(d, "The first of %zu teams in the file%s%s.", n,
                        names.len ? "; the others: " : "", buf_text(&names));
    buf_release(&names);
    return first;
}

/* The team itself: some tools wrap it, or list several, of which the first is taken. */
static struct json unwrap(struct definition *d, struct json root)
{
    static const char *const wraps[] = {"component", "team", "team_config", "config"};

    for (int depth = 0; depth < 5 && !is_team(root); depth++) {
        struct json teams = json_pointer(root, "/components/teams"), inner = {0};
        if (json_type(root) == JSON_LIST)
            inner = first_of(d, root);
        else if (json_type(teams) == JSON_LIST)
            inner = first_of(d, teams);
        for (size_t i = 0; i < sizeof wraps / sizeof *wraps && json_type(root) == JSON_MAP; i++)
            if (!json_present(inner) && json_type(json_get(root, wraps[i])) == JSON_MAP &&
                !json_present(json_get(root, "provider")))
                inner = json_get(root, wraps[i]);
        if (!json_present(inner))
            break;
        root = inner;
    }
    return root;
}

/* "TextMentionTermination {"text":"TERMINATE"} or ...", for the head. */
static void put_condition(struct json condition, int depth, struct buf *out)
{
    struct json config = json_get(condition, "config");
    bool all = autogen_provided_by(condition, "AndTerminationCondition");
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
        definition_note(d, "It has %.15g turns at most.", turns);
    if (isfinite(messages))
        definition_note(d,
                        "The conversation ends after %.15g messages at the latest, of which the "
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
    if (autogen_provided_by(root, "SelectorGroupChat")) {
        take_chosen(d, participants, "selector", turns);
        if (json_as_double(json_get(config, "max_selector_attempts"), &attempts) && attempts > 1)
            d->nodes.at[0].attempts = (uint32_t)fmin(attempts, 100);
    } else if (autogen_provided_by(root, "Swarm") && has_handoffs(participants))
        take_swarm(d, participants, turns);
    else if (autogen_provided_by(root, "Swarm"))
        take_chosen(d, participants, "handoff", turns);
    else if (autogen_provided_by(root, "MagenticOneGroupChat"))
        take_chosen(d, participants, "orchestrator", turns);
    else
        take_round(d, participants, turns);
    return 0;
}

/* An agent on its own answers once. */
static int take_agent(struct definition *d, struct json agent, struct error *err)
{
    int32_t at = autogen_add_agent(d, agent), tools = autogen_add_tools(d, agent, at);

    definition_join(d, NODE_START, at, NULL, 0, false);
    definition_join(d, at, NODE_END, NULL, 0, false);
    if (tools != at)
        definition_join(d, tools, NODE_END, NULL, 0, false);
    return definition_finish(d, err);
}

static int take_team(struct definition *d, struct json root, struct error *err)
{
    root = unwrap(d, root);
    struct json config = json_get(root, "config");
    struct json participants = json_get(config, "participants");
    const char *s;
    size_t n;
    double stalls;

    d->drops = "retry, timeout: the file holds none";
    if (json_text(json_get(root, "label"), &s, &n))
        d->name = arena_strndup(&d->arena, s, n);
    if (!is_team(root) && json_text(json_get(config, "name"), &s, &n) && n &&
        json_present(json_get(root, "provider")))
        return take_agent(d, root, err);
    if (json_type(participants) != JSON_LIST)
        return error_set(err, ERR_INPUT,
                         "%s: has no `participants`: an AutoGen definition is a team's component "
                         "(dump_component) as JSON",
                         d->file);
    if (json_count(participants) == 0)
        return error_set(err, ERR_INPUT, "%s: participants is empty", d->file);
    if (check_names(d, participants, err))
        return -1;
    double turns = take_end(d, config);
    d->messages = isfinite(turns) ? turns : 0;
    if (json_as_double(json_get(config, "max_stalls"), &stalls))
        definition_note(d, "The orchestrator plans anew after %.15g rounds without progress.",
                        stalls);
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
