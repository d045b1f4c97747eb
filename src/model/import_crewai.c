/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CrewAI's crews: tasks.yaml and agents.yaml, in one text (also below `tasks` and `agents`, as maps
 * or lists of named ones), the tasks alone, those that stand in their agents' maps (`roles`), or
 * those of several `crews`, one after the other.  Tasks run in the order written (the sequential
 * process); async_execution starts a task beside those that follow it, up to the first that names
 * it in its context or is not asynchronous.  human_input puts a person behind a task, who sends it
 * back until there is nothing to change, a guardrail a check that sends it back at most
 * guardrail_max_retries times (by default 3).  An agent's max_execution_time limits its tasks, its
 * max_retry_limit (by default 2) is how often it tries again after an error.  Members of a map that
 * is merged in (`<<: *defaults`, YAML 1.1) count where the map has none of its own. */
#include "base/yaml_read.h"
#include "model/definition.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GUARDRAIL_TRIES = 3, AGENT_RETRIES = 2 };

/* A member of the map, or of those merged into it; NULL. */
static const struct yaml_node *member(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *v = map && map->kind == YAML_MAP ? yaml_get(map, key) : NULL;
    const struct yaml_node *merged =
        !v && map && map->kind == YAML_MAP ? yaml_get(map, "<<") : NULL;

    if (merged && merged->kind == YAML_MAP)
        return member(merged, key);
    for (uint32_t i = 0; merged && merged->kind == YAML_LIST && i < merged->n && !v; i++)
        v = member(merged->child[i], key);
    return v;
}

static const char *text_of(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *v = member(map, key);

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
    return v->kind == YAML_MAP && (member(v, "expected_output") || member(v, "agent"));
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
    for (uint32_t i = 0; root->kind == YAML_MAP && i < root->n; i++)
        if (root->key[i]->text && !strcmp(root->key[i]->text, name) &&
            root->child[i]->kind == YAML_MAP && !is_task(root->child[i]))
            return root->child[i];
    return NULL;
}

/* Its agent: in a list or map of agents, beside the tasks, or the map that the task stands in. */
static const struct yaml_node *agent_of(const struct yaml_node *task, const struct yaml_node *root,
                                        const struct yaml_node *holder, const char **name)
{
    const struct yaml_node *agent = holder;

    *name = text_of(task, "agent");
    if (!*name)
        *name = text_of(task, "agent_id");
    if (*name)
        agent = named_in(member(root, "agents"), *name);
    return *name && !agent ? agent_beside(root, *name) : agent;
}

/* ", tools a, b" */
static void put_tools(const struct yaml_node *owner, struct buf *out)
{
    const struct yaml_node *tools = member(owner, "tools");
    const char *before = "; tools: ";

    for (uint32_t i = 0; tools && tools->kind == YAML_LIST && i < tools->n; i++)
        if (tools->child[i]->kind == YAML_SCALAR && *tools->child[i]->text) {
            buf_printf(out, "%s%.60s", before, tools->child[i]->text);
            before = ", ";
        }
}

/* What its agent says of the task: time, retries, who it is. */
static void take_agent(struct definition *d, struct def_node *n, const struct yaml_node *task,
                       const struct yaml_node *agent, const char *name)
{
    double limit = number_of(agent, "max_execution_time", 0);
    double retries = number_of(agent, "max_retry_limit", AGENT_RETRIES);
    const char *rounds = text_of(agent, "max_iter"), *role = text_of(agent, "role");
    struct buf about = {0};

    n->attempts = 1 + (uint32_t)(retries >= 0 && retries < 100 ? retries : AGENT_RETRIES);
    n->attempts_default = !member(agent, "max_retry_limit");
    n->wait_s = 0;
    if (limit > 0)
        n->timeout_s = limit;
    if (role || name)
        buf_printf(&about, "done by %s", role ? first_line(&d->arena, role) : name);
    if (rounds)
        buf_printf(&about, " in %s rounds at most", first_line(&d->arena, rounds));
    if (text_of(agent, "max_rpm"))
        buf_printf(&about, ", %s requests a minute at most",
                   first_line(&d->arena, text_of(agent, "max_rpm")));
    if (is_true(agent, "allow_delegation"))
        buf_puts(&about, ", who may delegate");
    put_tools(agent, &about);
    put_tools(task, &about);
    if (about.len)
        n->about = arena_strdup(&d->arena, buf_text(&about));
    buf_release(&about);
}

/* --- the chain of tasks */

/* What runs beside the tasks to come until one waits for it: the last step of its branch. */
struct pending {
    int32_t node;
    const char *id, *name; /* as others speak of the task; NULL */
};
/* Ends of the chain so far. */
struct ends {
    VEC(struct pending) open;
    int32_t last; /* the one that the next task follows */
};
struct task {
    const struct yaml_node *map;
    const char *name, *id;
    bool beside; /* it runs beside those that follow */
};

/* Does the task name another in its context? */
static bool has_context(const struct yaml_node *task, const struct pending *other)
{
    const struct yaml_node *context = member(task, "context");

    for (uint32_t i = 0; context && context->kind == YAML_LIST && i < context->n; i++) {
        const char *s = context->child[i]->text;
        if (s && ((other->name && !strcmp(s, other->name)) || (other->id && !strcmp(s, other->id))))
            return true;
    }
    return false;
}

/* Adds a step behind all that is open, or behind the last one. */
static void add_after(struct definition *d, int32_t node, struct ends *e)
{
    for (size_t i = 0; i < e->open.len; i++)
        definition_join(d, e->open.at[i].node, node, NULL, 0, false);
    if (e->open.len == 0)
        definition_join(d, e->last, node, NULL, 0, false);
    e->open.len = 0;
    e->last = node;
}

static void add_beside(struct definition *d, int32_t node, const struct task *t, struct ends *e)
{
    struct pending p = {node, t->id, t->name};

    definition_join(d, e->last, node, NULL, 0, false);
    vec_push(&e->open, p);
}

/* A step behind the task: in its branch when it runs beside others. */
static int32_t add_behind(struct definition *d, const char *prefix, const struct task *t,
                          enum step_kind kind, struct ends *e)
{
    const char *title = arena_printf(&d->arena, "%s %s", prefix, t->name);
    int32_t at = definition_add(d, title, strlen(title));

    d->nodes.at[at].kind = kind;
    d->nodes.at[at].layer = kind == STEP_REVIEW ? LAYER_HUMAN : LAYER_AGENT;
    if (t->beside) {
        struct pending *p = &e->open.at[e->open.len - 1];
        definition_join(d, p->node, at, NULL, 0, false);
        p->node = at;
    } else
        add_after(d, at, e);
    return at;
}

/* A check behind a task that sends it back, and a person who does. */
static void add_guards(struct definition *d, const struct task *t, int32_t node, struct ends *e)
{
    const struct yaml_node *stated = member(t->map, "guardrail_max_retries");

    if (member(t->map, "guardrail") || member(t->map, "guardrails")) {
        int32_t check = add_behind(d, "guardrail of", t, STEP_CHECK, e);
        double most = number_of(t->map, "guardrail_max_retries",
                                number_of(t->map, "max_retries", GUARDRAIL_TRIES));
        bool said = (stated || member(t->map, "max_retries")) && most >= 0 && most <= 1e6;
        most = said ? floor(most) : GUARDRAIL_TRIES;
        if (most > 0) {
            struct def_edge *back = definition_join(d, check, node, "fails", 5, true);
            back->at_most = (uint32_t)most;
            back->at_most_default = !said;
        }
    }
    if (is_true(t->map, "human_input")) {
        int32_t person = add_behind(d, "human input of", t, STEP_REVIEW, e);
        definition_join(d, person, node, "asks for changes", 16, true);
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

/* The tasks of a map or list; `holder`: the agent that they stand in, NULL: in none. */
static void take_tasks(struct definition *d, const struct yaml_node *tasks,
                       const struct yaml_node *root, const struct yaml_node *holder, struct ends *e)
{
    for (uint32_t i = 0; i < tasks->n && (tasks->kind == YAML_MAP || tasks->kind == YAML_LIST);
         i++) {
        struct task t = {.map = tasks->child[i]};
        const char *agent_name;
        if (!is_task(t.map))
            continue;
        t.name = name_of(tasks, i);
        t.id = text_of(t.map, "id");
        t.beside = is_true(t.map, "async_execution");
        int32_t node = definition_add(d, t.name, strlen(t.name));
        d->nodes.at[node].kind = STEP_STAGE;
        d->nodes.at[node].layer = LAYER_MODEL;
        const struct yaml_node *agent = agent_of(t.map, root, holder, &agent_name);
        take_agent(d, &d->nodes.at[node], t.map, agent, agent_name);
        for (size_t k = 0; k < e->open.len && t.beside; k++) /* it waits for one of them */
            t.beside = !has_context(t.map, &e->open.at[k]);
        if (t.beside)
            add_beside(d, node, &t, e);
        else
            add_after(d, node, e);
        add_guards(d, &t, node, e);
    }
}

/* The tasks that stand in maps of agents, or of crews. */
static void take_nested(struct definition *d, const struct yaml_node *root, struct ends *e)
{
    static const char *const holders[] = {"roles", "agents", "crews"};

    for (size_t h = 0; h < 3; h++) {
        const struct yaml_node *list = member(root, holders[h]);
        for (uint32_t i = 0; list && list->kind != YAML_SCALAR && i < list->n; i++) {
            const struct yaml_node *holder = list->child[i], *tasks = member(holder, "tasks");
            if (tasks)
                take_tasks(d, tasks, h == 2 ? holder : root, h == 2 ? NULL : holder, e);
        }
    }
}

static void take_all(struct definition *d, const struct yaml_node *root)
{
    const struct yaml_node *tasks = member(root, "tasks"), *one = member(root, "task");
    struct ends e = {.last = NODE_START};

    if (one && is_task(one)) { /* a file for each task */
        struct yaml_node *child[] = {(struct yaml_node *)one};
        take_tasks(d, &(struct yaml_node){.kind = YAML_LIST, .n = 1, .child = child}, root, NULL,
                   &e);
    } else if (tasks && tasks->kind != YAML_SCALAR && !is_task(tasks))
        take_tasks(d, tasks, root, NULL, &e);
    else
        take_tasks(d, root, root, NULL, &e);
    if (d->nodes.len == 0)
        take_nested(d, root, &e);
    for (size_t i = 0; i < e.open.len; i++)
        definition_join(d, e.open.at[i].node, NODE_END, NULL, 0, false);
    if (e.open.len == 0 && e.last >= 0)
        definition_join(d, e.last, NODE_END, NULL, 0, false);
    vec_release(&e.open);
}

/* The crew's name, where the file says one. */
static void take_name(struct definition *d, const struct yaml_node *root)
{
    const char *name = text_of(root, "name");

    if (!name)
        name = text_of(member(root, "crew"), "name");
    if (name && !member(root, "expected_output"))
        d->name = arena_strdup(&d->arena, name);
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

/* What the file says of the process; NULL. */
static const char *process_of(const struct yaml_node *root)
{
    const char *process = text_of(root, "process");

    return process ? process : text_of(member(root, "crew"), "process");
}

/* In which order its tasks run. */
static void note_process(struct definition *d, const char *process)
{
    if (process && strstr(process, "hierarchical"))
        definition_note(d,
                        "The process is hierarchical: a manager hands the tasks out and looks at "
                        "what comes back, which is not a step here; they stand in the order "
                        "written.");
    else if (!process)
        definition_note(d,
                        "The process is taken to be sequential, which is CrewAI's default; tools "
                        "and processes are set in code.");
}

int definition_crewai(const char *file, const char *text, size_t len, struct definition *out,
                      struct error *err)
{
    char *plain = without_dividers(text, len);
    struct yaml y;

    definition_init(out, "CrewAI", file);
    int status = yaml_parse(file, plain, len, &y, err);
    mem_free(plain);
    if (status)
        return -1;
    if (y.root && y.root->kind != YAML_SCALAR) {
        note_process(out, process_of(y.root));
        take_name(out, y.root);
        take_all(out, y.root);
    }
    yaml_release(&y);
    if (out->nodes.len == 0)
        return error_set(err, ERR_INPUT,
                         "%s: holds no task (a map with `expected_output` and `agent`): give "
                         "tasks.yaml, and agents.yaml beside it",
                         file);
    return definition_finish(out, err);
}
