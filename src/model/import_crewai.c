/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CrewAI's crews: tasks.yaml and agents.yaml, in one text (also below `tasks` and `agents`, as maps
 * or lists of named ones) or the tasks alone.  Tasks run in the order written (the sequential
 * process); async_execution starts a task beside those that follow it, up to the first that names
 * it in its context or is not asynchronous.  human_input puts a person behind a task, a guardrail a
 * check that sends it back at most guardrail_max_retries times (by default 3).  An agent's
 * max_execution_time limits its tasks, its max_retry_limit (by default 2) is how often it tries
 * again after an error. */
#include "base/yaml_read.h"
#include "model/definition.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GUARDRAIL_TRIES = 3, AGENT_RETRIES = 2 };

static const char *text_of(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *v = yaml_get(map, key);

    return v && v->kind == YAML_SCALAR ? v->text : NULL;
}

static bool is_true(const struct yaml_node *map, const char *key)
{
    const char *s = text_of(map, key);

    return s && (!strcmp(s, "true") || !strcmp(s, "True") || !strcmp(s, "yes"));
}

static double number_of(const struct yaml_node *map, const char *key, double otherwise)
{
    const char *s = text_of(map, key);
    char *end;
    double x = s ? strtod(s, &end) : otherwise;

    return s && *end ? otherwise : x;
}

static bool is_task(const struct yaml_node *v)
{
    return v->kind == YAML_MAP && (yaml_get(v, "expected_output") || yaml_get(v, "agent"));
}

/* The first line of a text without the spaces around it. */
static char *first_line(struct arena *a, const char *s)
{
    s += strspn(s, " \n\t");
    return arena_strndup(a, s, strcspn(s, "\n"));
}

/* The member of this name: by its key, or of a list by `name`, `id` or `role`. */
static const struct yaml_node *named_in(const struct yaml_node *from, const char *name)
{
    static const char *const keys[] = {"name", "id", "role"};

    if (!from || from->kind != YAML_LIST)
        return from ? yaml_get(from, name) : NULL;
    for (uint32_t i = 0; i < from->n; i++)
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            const char *own = text_of(from->child[i], keys[k]);
            if (own && strcmp(own, name) == 0)
                return from->child[i];
        }
    return NULL;
}

/* The agent of this name where agents.yaml and tasks.yaml are one map: a task may be called the
 * same. */
static const struct yaml_node *agent_beside(const struct yaml_node *root, const char *name)
{
    for (uint32_t i = 0; i < root->n; i++)
        if (root->key[i]->text && !strcmp(root->key[i]->text, name) &&
            root->child[i]->kind == YAML_MAP && !is_task(root->child[i]))
            return root->child[i];
    return NULL;
}

/* What its agent says of the task: time, retries, who it is. */
static void take_agent(struct definition *d, struct def_node *n, const struct yaml_node *task,
                       const struct yaml_node *root)
{
    const char *name = text_of(task, "agent"), *role;
    const struct yaml_node *agent = name ? named_in(yaml_get(root, "agents"), name) : NULL;
    if (name && !agent)
        agent = agent_beside(root, name);
    double limit = number_of(agent, "max_execution_time", 0);
    double retries = number_of(agent, "max_retry_limit", AGENT_RETRIES);
    const char *rounds = agent ? text_of(agent, "max_iter") : NULL;

    n->attempts = 1 + (uint32_t)(retries >= 0 && retries < 100 ? retries : AGENT_RETRIES);
    n->wait_s = 0;
    if (limit > 0)
        n->timeout_s = limit;
    role = agent ? text_of(agent, "role") : NULL;
    if (role || name)
        n->about = arena_printf(
            &d->arena, "done by %s%s%s%s%s%s", role ? first_line(&d->arena, role) : name,
            rounds ? " in " : "", rounds ? first_line(&d->arena, rounds) : "",
            rounds ? " rounds at most" : "",
            agent && is_true(agent, "allow_delegation") ? ", who may delegate" : "",
            agent && !yaml_get(agent, "max_retry_limit") ? "; 2 retries are the framework's default"
                                                         : "");
}

/* Does the task name another in its context? */
static bool has_context(const struct yaml_node *task, const char *other)
{
    const struct yaml_node *context = yaml_get(task, "context");

    for (uint32_t i = 0; context && context->kind == YAML_LIST && i < context->n; i++)
        if (context->child[i]->text && !strcmp(context->child[i]->text, other))
            return true;
    return false;
}

/* Ends of the chain so far: what the next task follows. */
struct ends {
    VEC(int32_t) open; /* they run until a task waits for them */
    int32_t last;      /* the one that the next task follows */
};

static void add_after(struct definition *d, int32_t node, struct ends *e, bool beside)
{
    if (beside) {
        definition_join(d, e->last, node, NULL, 0, false);
        return;
    }
    for (size_t i = 0; i < e->open.len; i++)
        definition_join(d, e->open.at[i], node, NULL, 0, false);
    if (e->open.len == 0)
        definition_join(d, e->last, node, NULL, 0, false);
    e->open.len = 0;
    e->last = node;
}

static int32_t add_named(struct definition *d, const char *prefix, const char *task)
{
    struct buf title = {0};
    int32_t at;

    buf_printf(&title, "%s %s", prefix, task);
    at = definition_add(d, title.data, title.len);
    buf_release(&title);
    return at;
}

/* A check behind a task that sends it back, and a person. */
static void add_guards(struct definition *d, const struct yaml_node *task, const char *name,
                       int32_t node, struct ends *e)
{
    if (yaml_get(task, "guardrail") || yaml_get(task, "guardrails")) {
        int32_t check = add_named(d, "guardrail of", name);
        d->nodes.at[check].kind = STEP_CHECK;
        d->nodes.at[check].layer = LAYER_AGENT;
        add_after(d, check, e, false);
        double most = number_of(task, "guardrail_max_retries",
                                number_of(task, "max_retries", GUARDRAIL_TRIES));
        most = most >= 0 && most <= 1e6 ? floor(most) : GUARDRAIL_TRIES;
        if (most > 0)
            definition_join(d, check, node, "fails", 5, true)->at_most = (uint32_t)most;
    }
    if (is_true(task, "human_input")) {
        int32_t person = add_named(d, "human input of", name);
        d->nodes.at[person].kind = STEP_REVIEW;
        d->nodes.at[person].layer = LAYER_HUMAN;
        add_after(d, person, e, false);
    }
}

/* The task's own name: its key, or what a list's member says. */
static const char *name_of(const struct yaml_node *tasks, uint32_t i)
{
    const char *name = tasks->kind == YAML_MAP ? tasks->key[i]->text : NULL;

    if (!name && tasks->child[i]->kind == YAML_MAP)
        name = text_of(tasks->child[i], "name");
    if (!name && tasks->child[i]->kind == YAML_MAP)
        name = text_of(tasks->child[i], "id");
    return name ? name : "task";
}

static void take_tasks(struct definition *d, const struct yaml_node *root)
{
    const struct yaml_node *tasks = yaml_get(root, "tasks");
    struct ends ends = {.last = NODE_START};

    if (!tasks || (tasks->kind != YAML_MAP && tasks->kind != YAML_LIST) || is_task(tasks))
        tasks = root;
    for (uint32_t i = 0; i < tasks->n; i++) {
        const struct yaml_node *task = tasks->child[i];
        const char *name = name_of(tasks, i);
        if (!is_task(task))
            continue;
        int32_t node = definition_add(d, name, strlen(name));
        d->nodes.at[node].kind = STEP_STAGE;
        d->nodes.at[node].layer = LAYER_MODEL;
        take_agent(d, &d->nodes.at[node], task, root);
        bool beside = is_true(task, "async_execution");
        for (size_t k = 0; k < ends.open.len && beside; k++) /* it waits for one of them */
            beside = !has_context(task, d->nodes.at[ends.open.at[k]].title);
        add_after(d, node, &ends, beside);
        if (beside)
            vec_push(&ends.open, node);
        add_guards(d, task, name, node, &ends);
    }
    for (size_t i = 0; i < ends.open.len; i++)
        definition_join(d, ends.open.at[i], NODE_END, NULL, 0, false);
    if (ends.open.len == 0 && ends.last >= 0)
        definition_join(d, ends.last, NODE_END, NULL, 0, false);
    vec_release(&ends.open);
}

/* Files put one behind the other may each begin with a line of their own. */
static char *without_dividers(const char *text, size_t len)
{
    char *copy = mem_alloc(len + 1);

    memcpy(copy, text, len);
    copy[len] = '\0';
    for (char *line = copy; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        size_t n = strcspn(line, "\r\n");
        if (n >= 3 && !memcmp(line, "---", 3) && strspn(line + 3, " \t") == n - 3)
            memset(line, ' ', 3);
    }
    return copy;
}

static bool is_hierarchical(const struct yaml_node *root)
{
    const struct yaml_node *crew = yaml_get(root, "crew");
    const char *process = text_of(root, "process");

    if (!process && crew && crew->kind == YAML_MAP)
        process = text_of(crew, "process");
    return process && strstr(process, "hierarchical");
}

int definition_crewai(const char *file, const char *text, size_t len, struct definition *out,
                      struct error *err)
{
    char *plain = without_dividers(text, len);
    bool hierarchical = false;
    struct yaml y;

    definition_init(out, "CrewAI", file);
    int status = yaml_parse(file, plain, len, &y, err);
    mem_free(plain);
    if (status)
        return -1;
    if (y.root && y.root->kind == YAML_MAP) {
        hierarchical = is_hierarchical(y.root);
        take_tasks(out, y.root);
    }
    yaml_release(&y);
    if (out->nodes.len == 0)
        return error_set(err, ERR_INPUT,
                         "%s: holds no task (a map with `expected_output` and `agent`): give "
                         "tasks.yaml, and agents.yaml beside it",
                         file);
    if (hierarchical)
        definition_note(out,
                        "The process is hierarchical: a manager hands the tasks out and looks "
                        "at what comes back, which is not a step here; they stand in the order "
                        "written.");
    else
        definition_note(out, "The process is taken to be sequential, which is CrewAI's default; "
                             "tools and processes are set in code.");
    return definition_finish(out, err);
}
