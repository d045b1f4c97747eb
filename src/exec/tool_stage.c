/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kind `tool`: a tool of the built-in world, called in the process itself.
 *
 *     exec: {builtin: tool, tool: continuity_check, canon: canon, verdict: /consistent}
 *
 * The payload is the arguments.  What the MCP server `seam mcp --world` offers is the same. */
#include "exec/answer.h"
#include "exec/kinds.h"
#include "exec/tools.h"
#include "exec/world.h"

#include <stdio.h>

struct stage {
    const struct canon *canon;
    const struct tool *tool;
    struct answer_rules *rules;
};

static int find_tool(struct stage *self, const struct stage_setting *s, struct error *err)
{
    const char *text, *names[16], *near;
    size_t len, n;
    char name[64];
    const struct tool *all = tools_list(&n);

    if (!json_text(json_get(s->exec, "tool"), &text, &len) || len == 0)
        return exec_fault(s, err, "`tool` names the tool, such as continuity_check");
    snprintf(name, sizeof name, "%.*s", len < sizeof name ? (int)len : 60, text);
    if ((self->tool = tool_of(name)) != NULL)
        return 0;
    for (size_t i = 0; i < n && i < 16; i++)
        names[i] = all[i].name;
    near = nearest_word(name, names, n < 16 ? n : 16);
    return near ? exec_fault(s, err, "there is no tool `%s`; did you mean `%s`?", name, near)
                : exec_fault(s, err, "there is no tool `%s`", name);
}

static void tool_close(void *arg)
{
    struct stage *self = arg;

    answer_rules_free(self->rules);
    mem_free(self);
}

static int tool_open(const struct stage_setting *s, void **out, struct error *err)
{
    static const char *const known[] = {"canon", "tool", NULL};
    struct stage *self = mem_zero(1, sizeof *self);

    if (exec_known(s, known, err) || answer_rules_new(s, &self->rules, err) ||
        find_tool(self, s, err) || world_canon_of(s, &self->canon, err)) {
        tool_close(self);
        return -1;
    }
    *out = self;
    return 0;
}

static void tool_call(void *arg, const struct stage_call *c, struct stage_answer *a)
{
    struct stage *self = arg;
    struct buf result = {0};
    struct error err = {0};

    if (self->tool->call(self->canon, c->payload, c->payload_len, &result, &err))
        stage_answer_fail(a, OUTCOME_ERROR, "%s", err.text);
    else
        answer_read(self->rules, buf_text(&result), result.len, a);
    buf_release(&result);
}

const struct stage_kind tool_kind = {
    "tool", tool_open, tool_call, NULL, tool_close, false,
};
