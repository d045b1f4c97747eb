/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What other nodes are to an n8n node: its model, memory, parser or retriever is part of it and
 * told in its comment, with a model's timeout and retries; its tools are steps that an agent may go
 * to and comes back from, as often as its maxIterations (by default 10).  A node between an agent
 * and a tool that asks a person is a review.  Tools of an MCP server are what its callers choose
 * from.
 */
#include "model/import_n8n.h"

#include <math.h>
#include <string.h>

enum { ROUNDS_DEFAULT = 10, DEPTH_MAX = 4, TOLD_MAX = 300 };

/* --- loans */

static void add_loans(struct n8n_wiring *w, struct n8n_place *from, struct json outputs,
                      const char *kind)
{
    for (struct json_iter out = json_each(outputs); json_next(&out);)
        for (struct json_iter it = json_each(out.value); json_next(&it);) {
            struct n8n_place *to = n8n_target_of(w, it.value);
            if (!to || to == from || n8n_is_disabled(from->node))
                continue;
            if (w->loans.len == DEFINITION_EDGES_MAX) { /* refused by definition_finish */
                w->d->dropped++;
                return;
            }
            struct n8n_loan loan = {(uint32_t)(from - w->places.at), (uint32_t)(to - w->places.at),
                                    kind};
            vec_push(&w->loans, loan);
            from->lends = true;
            from->tool = from->tool || strcmp(kind, "ai_tool") == 0;
        }
}

void n8n_find_loans(struct n8n_wiring *w)
{
    for (struct json_iter it = json_each(w->connections); json_next(&it);) {
        struct n8n_place *from = n8n_place_of(w, it.key, it.key_len);
        for (struct json_iter kind = json_each(it.value); from && json_next(&kind);)
            if (kind.key_len > 3 && !memcmp(kind.key, "ai_", 3))
                add_loans(w, from, kind.value, arena_strndup(&w->d->arena, kind.key, kind.key_len));
    }
}

/* A model's timeout and retries hold for the node that uses it, where that says nothing itself. */
static void take_limits(struct def_node *user, struct json model)
{
    struct json options = json_pointer(model, "/parameters/options");
    double ms, retries;

    if (json_as_double(json_get(options, "timeout"), &ms) && ms > 0)
        user->timeout_s = fmin(user->timeout_s, ms / 1e3);
    if (json_as_double(json_get(options, "maxRetries"), &retries) && retries > 0 &&
        user->attempts == 1)
        user->attempts = 1 + (uint32_t)fmin(retries, 99);
}

/* "Retriever (Store (Embeddings))": who works for a place, tools apart. */
static void put_lenders(const struct n8n_wiring *w, uint32_t to, bool models, int depth,
                        struct buf *out)
{
    const char *before = "";

    for (size_t i = 0; i < w->loans.len && depth < DEPTH_MAX && out->len < TOLD_MAX; i++) {
        const struct n8n_loan *l = &w->loans.at[i];
        const struct n8n_place *p = &w->places.at[l->from];
        bool model = strcmp(l->kind, "ai_languageModel") == 0;
        if (l->to != to || strcmp(l->kind, "ai_tool") == 0 || (depth == 0 && model != models))
            continue;
        buf_printf(out, "%s%.*s", before, (int)p->len, p->name);
        before = ", ";
        struct buf inner = {0};
        put_lenders(w, l->from, models, depth + 1, &inner);
        if (inner.len)
            buf_printf(out, " (%s)", buf_text(&inner));
        buf_release(&inner);
    }
}

void n8n_take_loans(struct n8n_wiring *w)
{
    struct buf names = {0};

    for (uint32_t i = 0; i < w->places.len; i++) {
        int32_t at = w->places.at[i].at;
        if (at < 0)
            continue;
        for (int models = 1; models >= 0; models--) {
            buf_clear(&names);
            put_lenders(w, i, models, 0, &names);
            if (names.len)
                n8n_tell(w->d, &w->d->nodes.at[at], models ? "by " : "with ", buf_text(&names));
        }
    }
    for (size_t i = 0; i < w->loans.len; i++) {
        const struct n8n_loan *l = &w->loans.at[i];
        int32_t at = w->places.at[l->to].at;
        if (at >= 0 && strcmp(l->kind, "ai_languageModel") == 0)
            take_limits(&w->d->nodes.at[at], w->places.at[l->from].node);
    }
    buf_release(&names);
}

/* --- tools */

/* A way back to the agent: as often as its rounds. */
static void bound_by_rounds(struct def_edge *e, struct json agent)
{
    double n;
    bool said =
        json_as_double(json_pointer(agent, "/parameters/options/maxIterations"), &n) && n >= 1;

    e->at_most = said ? (uint32_t)fmin(n, 1e6) : ROUNDS_DEFAULT;
    e->at_most_default = !said;
}

/* How many tools it has, those behind who asks a person among them. */
static size_t tools_of(struct n8n_wiring *w, uint32_t user)
{
    size_t n = 0;

    w->places.at[user].seen = w->walks;
    for (size_t i = 0; i < w->loans.len; i++) {
        const struct n8n_loan *l = &w->loans.at[i];
        if (l->to != user || strcmp(l->kind, "ai_tool"))
            continue;
        const struct n8n_place *tool = &w->places.at[l->from];
        n++;
        if (n8n_asks_before_tool(tool->node) && tool->seen != w->walks)
            n += tools_of(w, l->from);
    }
    return n;
}

/* Where its tools lead: to the agent, and where it has several to one step before it, so that its
 * rounds are counted once. */
static int32_t return_of(struct n8n_wiring *w, uint32_t user)
{
    struct n8n_place *p = &w->places.at[user];

    w->walks++;
    if (p->again != NODE_START || tools_of(w, user) < 2)
        return p->again != NODE_START ? p->again : p->at;
    const char *title = arena_printf(&w->d->arena, "back to %.*s", (int)p->len, p->name);
    p->again = definition_add(w->d, title, strlen(title));
    struct def_node *n = &w->d->nodes.at[p->again];
    n->kind = STEP_STAGE;
    n->layer = LAYER_AGENT;
    n->takes_s = 0;
    n->about = "with what a tool has answered";
    bound_by_rounds(definition_join(w->d, p->again, p->at, NULL, 0, false), p->node);
    return p->again;
}

/* Ways from a step back to who called it, through those that only asked a person about it. */
static void go_back(struct n8n_wiring *w, int32_t from, uint32_t user, const char *label)
{
    struct n8n_place *p = &w->places.at[user];
    size_t len = label ? strlen(label) : 0;

    p->called = w->backs;
    if (n8n_is_trigger(p->node))
        definition_join(w->d, from, NODE_END, label, len, label != NULL);
    else if (n8n_asks_before_tool(p->node)) {
        for (size_t i = 0; i < w->loans.len; i++) {
            const struct n8n_loan *l = &w->loans.at[i];
            if (l->from == user && w->places.at[l->to].called != w->backs)
                go_back(w, from, l->to, label);
        }
    } else if (p->at >= 0) {
        int32_t to = return_of(w, user);
        struct def_edge *e = definition_join(w->d, from, to, label, len, label != NULL);
        if (to == p->at)
            bound_by_rounds(e, p->node);
    }
}

/* An agent that nothing follows ends with its answer. */
static void end_agent(struct definition *d, int32_t agent)
{
    for (size_t i = 0; i < d->edges.len; i++)
        if (d->edges.at[i].from == agent && !d->edges.at[i].error && !d->edges.at[i].conditional)
            return;
    definition_join(d, agent, NODE_END, NULL, 0, false);
}

void n8n_take_tools(struct n8n_wiring *w)
{
    for (size_t i = 0; i < w->loans.len && !w->d->dropped; i++) {
        const struct n8n_loan *l = &w->loans.at[i];
        const struct n8n_place *tool = &w->places.at[l->from], *user = &w->places.at[l->to];
        bool asks = n8n_asks_before_tool(user->node), serves = n8n_is_trigger(user->node);
        if (strcmp(l->kind, "ai_tool") || tool->at < 0 || (user->at < 0 && !serves))
            continue;
        if (serves)
            definition_join(w->d, NODE_START, tool->at, NULL, 0, true);
        else {
            const char *label = asks ? "approved" : "calls it";
            definition_join(w->d, user->at, tool->at, label, strlen(label), true);
            if (!asks)
                end_agent(w->d, user->at);
        }
        w->backs++;
        go_back(w, tool->at, l->to, n8n_asks_before_tool(tool->node) ? "not approved" : NULL);
    }
}
