/* SPDX-License-Identifier: GPL-3.0-or-later */
/* n8n's workflows: nodes with types and settings, `main` connections from outputs to inputs.  An
 * execution that holds its workflow (workflowData) is read as that.  A disabled node hands on what
 * comes to it by its first output.  Several triggers are a choice.  Nodes that other nodes use as
 * their model, memory or tool (ai_ connections) are told in the comment of those; a model's timeout
 * and retries are theirs. */
#include "model/import_n8n.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LISTED_MAX = 20 * DEFINITION_NODES_MAX, CONNECTED_MAX = 20 * DEFINITION_EDGES_MAX };

/* A node of the workflow's list. */
struct place {
    const char *name;
    size_t len, listed; /* its place in the list */
    struct json node, main;
    int32_t at;  /* the node of the definition; NODE_START: none */
    bool uses;   /* `main` leads from it or to it */
    size_t seen; /* the last walk that came by */
};

struct wiring {
    struct definition *d;
    VEC(struct place) places; /* by name */
    struct json connections;
    size_t triggers; /* that lead anywhere */
    size_t walks;    /* along outputs, so far */
    size_t gone;     /* connections to nodes that are not there */
};

/* --- the list */

static int by_name(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = memcmp(x->name, y->name, x->len < y->len ? x->len : y->len);

    return order ? order : x->len < y->len ? -1 : x->len > y->len;
}

static int by_list(const void *a, const void *b)
{
    const struct place *const *x = a, *const *y = b;

    return (*x)->listed < (*y)->listed ? -1 : (*x)->listed > (*y)->listed;
}

static struct place *place_of(struct wiring *w, const char *name, size_t len)
{
    struct place key = {.name = name, .len = len};

    return w->places.len == 0 ? NULL
                              : bsearch(&key, w->places.at, w->places.len, sizeof key, by_name);
}

/* The place that a connection leads to; NULL. */
static struct place *target_of(struct wiring *w, struct json connection)
{
    const char *s;
    size_t n;

    return json_text(json_get(connection, "node"), &s, &n) ? place_of(w, s, n) : NULL;
}

static int list_places(struct wiring *w, struct json nodes, struct error *err)
{
    for (struct json_iter it = json_each(nodes); json_next(&it);) {
        struct place p = {.node = it.value, .at = NODE_START, .listed = w->places.len};
        if (!json_text(json_get(it.value, "name"), &p.name, &p.len))
            return error_set(err, ERR_INPUT, "%s: nodes[%zu] has no name", w->d->file,
                             w->places.len);
        if (w->places.len == LISTED_MAX)
            return error_set(err, ERR_LIMIT, "%s: lists more than %d nodes", w->d->file,
                             LISTED_MAX);
        vec_push(&w->places, p);
    }
    if (w->places.len)
        qsort(w->places.at, w->places.len, sizeof *w->places.at, by_name);
    for (size_t i = 1; i < w->places.len; i++) {
        const struct place *a = &w->places.at[i - 1], *b = &w->places.at[i];
        if (by_name(a, b) == 0)
            return error_set(err, ERR_INPUT,
                             "%s: nodes[%zu] and nodes[%zu] have the same name, and connections "
                             "go by names",
                             w->d->file, a->listed < b->listed ? a->listed : b->listed,
                             a->listed < b->listed ? b->listed : a->listed);
    }
    return 0;
}

/* Which nodes do connections join? */
static int find_uses(struct wiring *w, struct error *err)
{
    size_t connected = 0;

    for (struct json_iter it = json_each(w->connections); json_next(&it);) {
        struct place *from = place_of(w, it.key, it.key_len);
        struct json main = json_get(it.value, "main");
        if (!from)
            continue;
        from->main = main;
        from->uses = from->uses || json_present(main);
        for (struct json_iter out = json_each(main); json_next(&out);)
            for (struct json_iter to = json_each(out.value); json_next(&to); connected++) {
                struct place *target = target_of(w, to.value);
                if (target)
                    target->uses = true;
                else
                    w->gone++;
            }
    }
    if (connected > CONNECTED_MAX)
        return error_set(err, ERR_LIMIT, "%s: has more than %d connections", w->d->file,
                         CONNECTED_MAX);
    return 0;
}

static void add_name(struct buf *out, const struct place *p)
{
    buf_printf(out, "%s%.*s", out->len ? ", " : "", (int)p->len, p->name);
}

static void note_names(struct definition *d, const char *what, struct buf *names)
{
    if (names->len)
        definition_note(d, "%s: %s.", what, buf_text(names));
    buf_release(names);
}

/* The nodes in the order of the list: a step each, or told of in the head. */
static void take_nodes(struct wiring *w)
{
    struct buf disabled = {0}, apart = {0};
    struct place **listed = mem_alloc((w->places.len + 1) * sizeof *listed);

    for (size_t i = 0; i < w->places.len; i++)
        listed[i] = &w->places.at[i];
    qsort(listed, w->places.len, sizeof *listed, by_list);
    for (size_t i = 0; i < w->places.len; i++) {
        struct place *p = listed[i];
        if (n8n_type_has(p->node, "stickyNote"))
            continue;
        if (n8n_is_disabled(p->node))
            add_name(&disabled, p);
        else if (n8n_on_failure(p->node))
            definition_note(w->d, "Behind %.*s stands what is done when a workflow has failed.",
                            (int)(p->len < 200 ? p->len : 200), p->name);
        else if (n8n_is_trigger(p->node))
            continue;
        else if (!p->uses && w->places.len > 1)
            add_name(&apart, p);
        else {
            p->at = definition_add(w->d, p->name, p->len);
            n8n_take_node(w->d, &w->d->nodes.at[p->at], p->node);
        }
    }
    note_names(w->d, "Disabled, so that items pass them by", &disabled);
    note_names(w->d, "Used by other nodes, or on their own", &apart);
    mem_free(listed);
}

/* --- connections */

/* Nodes that items come to by an output. */
struct targets {
    VEC(int32_t) to;
};

static void find_targets(struct wiring *w, struct json output, struct targets *t)
{
    for (struct json_iter it = json_each(output); json_next(&it);) {
        struct place *p = target_of(w, it.value);
        if (!p || p->seen == w->walks)
            continue;
        p->seen = w->walks;
        struct json_iter first = json_each(p->main);
        if (p->at >= 0)
            vec_push(&t->to, p->at);
        else if (n8n_is_disabled(p->node) && json_next(&first))
            find_targets(w, first.value, t);
    }
}

/* A step that does nothing but start what follows it side by side. */
static int32_t add_start_of(struct wiring *w, int32_t from, const char *label)
{
    struct buf title = {0};

    buf_printf(&title, "%s %s", w->d->nodes.at[from].title, label);
    int32_t at = definition_add(w->d, title.data, title.len);
    buf_release(&title);
    w->d->nodes.at[at].kind = STEP_STAGE;
    w->d->nodes.at[at].layer = LAYER_AGENT;
    w->d->nodes.at[at].takes_s = 0;
    w->d->nodes.at[at].about = "starts what follows side by side";
    return at;
}

/* The ways on from output `i` of a node (NODE_START: of a trigger). */
static void take_output(struct wiring *w, const struct place *p, struct json output, size_t i,
                        size_t outputs)
{
    bool errors = n8n_text_is(json_get(p->node, "onError"), "continueErrorOutput") &&
                  i + 1 == outputs && outputs > 1 && p->at >= 0;
    bool choice = n8n_is_choice(p->node) || (p->at < 0 && w->triggers > 1);
    struct targets t = {{0}};
    struct buf label = {0};
    int32_t from = p->at;

    w->walks++;
    find_targets(w, output, &t);
    if (errors)
        buf_puts(&label, "after an error");
    else
        n8n_name_output(p->node, i, &label);
    if (from >= 0 && (choice || errors) && t.to.len > 1) {
        int32_t start = add_start_of(w, from, buf_text(&label));
        if (errors)
            definition_join_error(w->d, from, start);
        else
            definition_join(w->d, from, start, buf_text(&label), label.len, true);
        from = start;
        choice = errors = false;
    }
    for (size_t k = 0; k < t.to.len; k++)
        if (errors)
            definition_join_error(w->d, from, t.to.at[k]);
        else
            definition_join(w->d, from, t.to.at[k], choice && from >= 0 ? buf_text(&label) : NULL,
                            choice && from >= 0 ? label.len : 0, choice);
    buf_release(&label);
    vec_release(&t.to);
}

/* A model's timeout and retries hold for the node that uses it, where that says nothing itself. */
static void take_model(struct wiring *w, struct json model, struct json connection)
{
    struct json options = json_pointer(model, "/parameters/options");
    const char *s, *called;
    size_t n, called_len;
    double ms, retries;

    if (!json_text(json_get(model, "name"), &called, &called_len))
        return;
    for (struct json_iter out = json_each(connection); json_next(&out);)
        for (struct json_iter to = json_each(out.value); json_next(&to);) {
            int32_t at = json_text(json_get(to.value, "node"), &s, &n) ? definition_find(w->d, s, n)
                                                                       : NODE_START;
            if (at < 0)
                continue;
            struct def_node *user = &w->d->nodes.at[at];
            if (json_as_double(json_get(options, "timeout"), &ms) && ms > 0)
                user->timeout_s = fmin(user->timeout_s, ms / 1e3);
            if (json_as_double(json_get(options, "maxRetries"), &retries) && retries > 0 &&
                user->attempts == 1)
                user->attempts = 1 + (uint32_t)fmin(retries, 99);
            user->about = arena_printf(&w->d->arena, "%s%sby %.*s", user->about ? user->about : "",
                                       user->about ? "; " : "", (int)called_len, called);
        }
}

static bool leads_on(struct json main)
{
    for (struct json_iter out = json_each(main); json_next(&out);)
        if (json_count(out.value) > 0)
            return true;
    return false;
}

static void take_connections(struct wiring *w)
{
    for (size_t i = 0; i < w->places.len; i++) {
        const struct place *p = &w->places.at[i];
        w->triggers += n8n_is_trigger(p->node) && !n8n_is_disabled(p->node) && leads_on(p->main);
    }
    for (struct json_iter it = json_each(w->connections); json_next(&it);) {
        struct place *p = place_of(w, it.key, it.key_len);
        if (!p)
            continue;
        size_t i = 0, outputs = json_count(p->main);
        take_model(w, p->node, json_get(it.value, "ai_languageModel"));
        if (p->at < 0 && (n8n_is_disabled(p->node) || !n8n_is_trigger(p->node)))
            continue;
        for (struct json_iter out = json_each(p->main); json_next(&out) && !w->d->dropped; i++)
            take_output(w, p, out.value, i, outputs);
    }
    if (w->gone)
        definition_note(w->d, "%zu connection%s to nodes that are not there.", w->gone,
                        w->gone == 1 ? " leads" : "s lead");
}

/* An output of a choice that leads nowhere ends the item there. */
static void end_choices(struct definition *d)
{
    for (size_t i = 0; i < d->nodes.len; i++) {
        size_t n = 0, conditional = 0;
        for (size_t k = 0; k < d->edges.len; k++)
            if (d->edges.at[k].from == (int32_t)i) {
                n++;
                conditional += d->edges.at[k].conditional;
            }
        if (n == 1 && conditional == 1)
            definition_join(d, (int32_t)i, NODE_END, "otherwise", 9, true);
    }
}

/* Without a trigger it begins where nothing leads to, else with the first of the list. */
static void find_start(struct definition *d)
{
    if (definition_begin(d) || d->nodes.len == 0 || d->dropped)
        return;
    definition_join(d, NODE_START, 0, NULL, 0, false);
    definition_note(d, "It has no trigger, and no node that none leads to: it is taken to begin "
                       "with the first.");
}

/* Does it wait for people, or so long that n8n sets it aside (65 s)? */
static bool waits(const struct definition *d)
{
    for (size_t i = 0; i < d->nodes.len; i++)
        if (d->nodes.at[i].takes_s >= 65 ||
            (d->nodes.at[i].kind == STEP_REVIEW && !isfinite(d->nodes.at[i].takes_s)))
            return true;
    return false;
}

static void take_limit(struct definition *d, struct json workflow)
{
    double seconds;

    if (!json_as_double(json_pointer(workflow, "/settings/executionTimeout"), &seconds) ||
        !(seconds > 0))
        return;
    if (waits(d))
        definition_note(d,
                        "Its work may take %g s; the time that it waits for people, or longer than "
                        "65 s, does not count.",
                        seconds);
    else
        d->deadline_s = seconds;
}

static int take_workflow(struct definition *d, struct json root, struct error *err)
{
    struct json workflow = root, nodes;
    struct wiring w = {.d = d};
    const char *s;
    size_t n;

    if (json_present(json_get(root, "workflowData")))
        workflow = json_get(root, "workflowData");
    nodes = json_get(workflow, "nodes");
    w.connections = json_get(workflow, "connections");
    if (json_type(nodes) != JSON_LIST || json_type(w.connections) != JSON_MAP)
        return error_set(err, ERR_INPUT,
                         "%s: has no `nodes` and `connections`: an n8n definition is an exported "
                         "workflow, or an execution with its workflowData",
                         d->file);
    if (json_text(json_get(workflow, "name"), &s, &n))
        d->name = arena_strndup(&d->arena, s, n);
    int status = list_places(&w, nodes, err);
    if (!status)
        status = find_uses(&w, err);
    if (!status) {
        take_nodes(&w);
        take_connections(&w);
        end_choices(d);
        find_start(d);
        take_limit(d, workflow);
        status = definition_finish(d, err);
    }
    vec_release(&w.places);
    return status;
}

int definition_n8n(const char *file, const char *text, size_t len, struct definition *out,
                   struct error *err)
{
    struct json_reader *reader = json_reader_new();
    struct json root;
    int status;

    definition_init(out, "n8n", file);
    status = json_parse(reader, text, len, &root, err);
    if (status)
        error_prefix(err, "%s", file);
    else {
        struct json_iter it = json_each(root); /* the command line exports a list */
        if (json_type(root) == JSON_LIST && json_next(&it))
            root = it.value;
        status = take_workflow(out, root, err);
    }
    json_reader_free(reader);
    return status;
}
