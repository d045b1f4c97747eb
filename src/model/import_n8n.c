/* SPDX-License-Identifier: GPL-3.0-or-later */
/* n8n's workflows: nodes with types and settings, `main` connections from outputs to inputs.  A
 * workflow may stand in an execution (workflowData), a list, or what servers wrap around it.  A
 * disabled node hands on what comes to it by its first output.  Several triggers are a choice, as
 * is every node with several outputs.  An IF behind a person that asks what the answer was is the
 * person's rejection; one that counts rounds bounds its loop. */
#include "model/import_n8n.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    LISTED_MAX = 20 * DEFINITION_NODES_MAX,
    CONNECTED_MAX = 20 * DEFINITION_EDGES_MAX,
    OUTPUTS_MAX = 500 /* of one node, rules of a switch among them */
};

/* --- the list */

static int by_name(const void *a, const void *b)
{
    const struct n8n_place *x = a, *y = b;
    int order = memcmp(x->name, y->name, x->len < y->len ? x->len : y->len);

    return order ? order : x->len < y->len ? -1 : x->len > y->len;
}

static int by_list(const void *a, const void *b)
{
    const struct n8n_place *const *x = a, *const *y = b;

    return (*x)->listed < (*y)->listed ? -1 : (*x)->listed > (*y)->listed;
}

struct n8n_place *n8n_place_of(struct n8n_wiring *w, const char *name, size_t len)
{
    struct n8n_place key = {.name = name, .len = len};

    return w->places.len == 0 ? NULL
                              : bsearch(&key, w->places.at, w->places.len, sizeof key, by_name);
}

struct n8n_place *n8n_target_of(struct n8n_wiring *w, struct json connection)
{
    const char *s;
    size_t n;

    return json_text(json_get(connection, "node"), &s, &n) ? n8n_place_of(w, s, n) : NULL;
}

static int too_many_outputs(const struct n8n_wiring *w, size_t node, struct error *err)
{
    return error_set(err, ERR_LIMIT, "%s: nodes[%zu] has more than %d outputs", w->d->file, node,
                     OUTPUTS_MAX);
}

static int list_places(struct n8n_wiring *w, struct json nodes, struct error *err)
{
    for (struct json_iter it = json_each(nodes); json_next(&it);) {
        struct n8n_place p = {
            .node = it.value, .at = NODE_START, .again = NODE_START, .listed = w->places.len};
        if (!json_text(json_get(it.value, "name"), &p.name, &p.len))
            return error_set(err, ERR_INPUT, "%s: nodes[%zu] has no name", w->d->file,
                             w->places.len);
        if (w->places.len == LISTED_MAX)
            return error_set(err, ERR_LIMIT, "%s: lists more than %d nodes", w->d->file,
                             LISTED_MAX);
        if (n8n_outputs(it.value) > OUTPUTS_MAX)
            return too_many_outputs(w, w->places.len, err);
        vec_push(&w->places, p);
    }
    if (w->places.len)
        qsort(w->places.at, w->places.len, sizeof *w->places.at, by_name);
    for (size_t i = 1; i < w->places.len; i++) {
        const struct n8n_place *a = &w->places.at[i - 1], *b = &w->places.at[i];
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
static int find_uses(struct n8n_wiring *w, struct error *err)
{
    size_t connected = 0;

    for (struct json_iter it = json_each(w->connections); json_next(&it);) {
        struct n8n_place *from = n8n_place_of(w, it.key, it.key_len);
        struct json main = json_get(it.value, "main");
        if (!from || json_type(it.value) != JSON_MAP)
            continue;
        from->main = main;
        from->uses = from->uses || json_present(main);
        if (json_count(main) > OUTPUTS_MAX)
            return too_many_outputs(w, from->listed, err);
        for (struct json_iter out = json_each(main); json_next(&out); connected++)
            for (struct json_iter to = json_each(out.value); json_next(&to); connected++) {
                struct n8n_place *target = n8n_target_of(w, to.value);
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

static void add_name(struct buf *out, const struct n8n_place *p)
{
    buf_printf(out, "%s%.*s", out->len ? ", " : "", (int)p->len, p->name);
}

static void note_names(struct definition *d, const char *what, struct buf *names)
{
    if (names->len)
        definition_note(d, "%s: %s.", what, buf_text(names));
    buf_release(names);
}

/* What an agent calls tells it when it has failed; the agent goes on. */
static void take_tool(struct def_node *n, const struct n8n_place *p)
{
    if (!p->tool)
        return;
    if (n->kind == STEP_STAGE && n->layer == LAYER_AGENT)
        n->layer = LAYER_TOOL;
    n->goes_on = n->kind == STEP_STAGE;
}

/* The nodes in the order of the list: a step each, or told of in the head. */
static void take_nodes(struct n8n_wiring *w)
{
    struct buf starts = {0}, disabled = {0}, apart = {0};
    struct n8n_place **listed = mem_alloc((w->places.len + 1) * sizeof *listed);

    for (size_t i = 0; i < w->places.len; i++)
        listed[i] = &w->places.at[i];
    qsort(listed, w->places.len, sizeof *listed, by_list);
    for (size_t i = 0; i < w->places.len; i++) {
        struct n8n_place *p = listed[i];
        if (n8n_type_has(p->node, "stickyNote"))
            continue;
        if (n8n_is_disabled(p->node))
            add_name(&disabled, p);
        else if (n8n_on_failure(p->node))
            definition_note(w->d, "Behind %.*s stands what is done when a workflow has failed.",
                            (int)(p->len < 200 ? p->len : 200), p->name);
        else if (n8n_is_trigger(p->node))
            add_name(&starts, p);
        else if (!p->uses && !p->tool && w->places.len > 1) {
            if (!p->lends)
                add_name(&apart, p);
        } else {
            p->at = definition_add(w->d, p->name, p->len);
            n8n_take_node(w->d, &w->d->nodes.at[p->at], p->node);
            take_tool(&w->d->nodes.at[p->at], p);
        }
    }
    note_names(w->d, "It is started by", &starts);
    note_names(w->d, "Disabled, so that items pass them by", &disabled);
    note_names(w->d, "Left out, as nothing leads to them or from them", &apart);
    mem_free(listed);
}

/* --- connections */

/* Nodes that items come to by an output. */
struct targets {
    VEC(int32_t) to;
};

static void find_targets(struct n8n_wiring *w, struct json output, struct targets *t)
{
    for (struct json_iter it = json_each(output); json_next(&it);) {
        struct n8n_place *p = n8n_target_of(w, it.value);
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
static int32_t add_start_of(struct n8n_wiring *w, int32_t from, const char *label)
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

/* An output of a node: its number, whether it is one of several to choose from, or that of errors.
 */
struct output {
    const struct n8n_place *from;
    size_t i;
    bool choice, errors;
};

/* The outputs that choose, of which errors have one more. */
static size_t choices_of(const struct n8n_place *p)
{
    size_t n = n8n_outputs(p->node), connected = json_count(p->main);
    bool errors = n8n_text_is(json_get(p->node, "onError"), "continueErrorOutput");

    if (n8n_type_has(p->node, "n8n-nodes-base.filter"))
        return 1;
    if (n == 0)
        n = errors && connected > 1 ? connected - 1 : connected;
    return n;
}

static struct output output_of(const struct n8n_wiring *w, const struct n8n_place *p, size_t i)
{
    bool errors = n8n_text_is(json_get(p->node, "onError"), "continueErrorOutput");
    size_t choices = choices_of(p);

    return (struct output){.from = p,
                           .i = i,
                           .errors = errors && p->at >= 0 && i > 0 && i == choices,
                           .choice = p->at < 0 ? w->triggers > 1
                                               : choices > 1 || n8n_outputs(p->node) > 1};
}

/* The ways on from an output of a node, or of a trigger. */
static void take_output(struct n8n_wiring *w, struct output o, struct json output)
{
    struct targets t = {{0}};
    struct buf label = {0};
    int32_t from = o.from->at;

    w->walks++;
    find_targets(w, output, &t);
    if (o.errors)
        buf_puts(&label, "after an error");
    else
        n8n_name_output(o.from->node, o.i, &label);
    if (from >= 0 && (o.choice || o.errors) && t.to.len > 1) {
        int32_t start = add_start_of(w, from, buf_text(&label));
        if (o.errors)
            definition_join_error(w->d, from, start);
        else
            definition_join(w->d, from, start, buf_text(&label), label.len, true);
        from = start;
        o.choice = o.errors = false;
    }
    bool named = o.choice && from >= 0;
    for (size_t k = 0; k < t.to.len; k++)
        if (o.errors)
            definition_join_error(w->d, from, t.to.at[k]);
        else
            definition_join(w->d, from, t.to.at[k], named ? buf_text(&label) : NULL,
                            named ? label.len : 0, o.choice);
    bool counted = n8n_outputs(o.from->node) > o.i || !n8n_type_has(o.from->node, ".switch");
    if (t.to.len == 0 && named && counted && !o.errors) /* it ends the item */
        definition_join(w->d, from, NODE_END, buf_text(&label), label.len, true);
    buf_release(&label);
    vec_release(&t.to);
}

static bool leads_on(struct json main)
{
    for (struct json_iter out = json_each(main); json_next(&out);)
        if (json_count(out.value) > 0)
            return true;
    return false;
}

/* All outputs; of a loop over batches the one of its body first, so that it stands first. */
static void take_outputs(struct n8n_wiring *w, const struct n8n_place *p)
{
    bool batches = n8n_type_has(p->node, ".splitInBatches") && n8n_outputs(p->node) == 2;
    size_t connected = json_count(p->main), n = n8n_outputs(p->node);

    n = n > connected && p->at >= 0 ? n
                                    : connected; /* trailing ones that lead nowhere are left out */
    for (size_t k = 0; k < n && !w->d->dropped; k++) {
        size_t want = batches && k < 2 ? 1 - k : k, i = 0;
        struct json output = {0};
        for (struct json_iter it = json_each(p->main); json_next(&it); i++)
            if (i == want)
                output = it.value;
        take_output(w, output_of(w, p, want), output);
    }
}

static void take_connections(struct n8n_wiring *w)
{
    for (size_t i = 0; i < w->places.len; i++) {
        const struct n8n_place *p = &w->places.at[i];
        w->triggers += n8n_is_trigger(p->node) && !n8n_is_disabled(p->node) && leads_on(p->main);
    }
    for (struct json_iter it = json_each(w->connections); json_next(&it);) {
        struct n8n_place *p = n8n_place_of(w, it.key, it.key_len);
        if (!p || json_get(it.value, "main").index != p->main.index || !leads_on(p->main) ||
            (p->at < 0 && (n8n_is_disabled(p->node) || !n8n_is_trigger(p->node))))
            continue;
        take_outputs(w, p);
    }
    if (w->gone)
        definition_note(w->d, "%zu connection%s to nodes that are not there.", w->gone,
                        w->gone == 1 ? " leads" : "s lead");
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
        definition_note(
            d,
            "Its work may take %.15g s; the time that it waits for people, or longer than "
            "65 s, does not count.",
            seconds);
    else
        d->deadline_s = seconds;
}

/* Does it hold a workflow? */
static bool is_workflow(struct json v)
{
    return json_type(json_get(v, "nodes")) == JSON_LIST &&
           json_type(json_get(v, "connections")) == JSON_MAP;
}

/* The workflow itself, in a list or in what is wrapped around it, and the name that stands there.
 */
static struct json unwrap(struct definition *d, struct json root)
{
    static const char *const keys[] = {"workflowData", "workflow", "data", "template", "json"};
    const char *s;
    size_t n;

    for (int depth = 0; depth < 5 && !is_workflow(root); depth++) {
        struct json inner = {0};
        struct json_iter first = json_each(root);
        if (json_type(root) == JSON_LIST && json_next(&first)) {
            inner = first.value;
            if (json_count(root) > 1)
                definition_note(d, "The first of %zu workflows in the file.", json_count(root));
        }
        if (json_type(root) == JSON_MAP && json_text(json_get(root, "name"), &s, &n))
            d->name = arena_strndup(&d->arena, s, n);
        for (size_t i = 0; i < sizeof keys / sizeof *keys && json_type(root) == JSON_MAP; i++) {
            struct json v = json_get(root, keys[i]);
            if (!json_present(inner) && (json_type(v) == JSON_MAP || json_type(v) == JSON_LIST))
                inner = v;
        }
        if (!json_present(inner))
            break;
        root = inner;
    }
    return root;
}

static void note_failure(struct definition *d, struct json workflow)
{
    const char *s;
    size_t n;

    if (json_text(json_pointer(workflow, "/settings/errorWorkflow"), &s, &n) && n)
        definition_note(d, "When it fails, the workflow %.*s is run.", (int)(n < 200 ? n : 200), s);
}

static int take_workflow(struct definition *d, struct json root, struct error *err)
{
    struct json workflow = unwrap(d, root);
    struct n8n_wiring w = {.d = d, .connections = json_get(workflow, "connections")};
    const char *s;
    size_t n;

    if (!is_workflow(workflow) && json_present(json_pointer(root, "/data/resultData")))
        return error_set(err, ERR_INPUT,
                         "%s: is an execution without its workflow: give the exported workflow, "
                         "and this file with --parameters",
                         d->file);
    if (!is_workflow(workflow))
        return error_set(err, ERR_INPUT,
                         "%s: has no `nodes` and `connections`: an n8n definition is an exported "
                         "workflow, or an execution with its workflowData",
                         d->file);
    if (json_text(json_get(workflow, "name"), &s, &n) && n)
        d->name = arena_strndup(&d->arena, s, n);
    int status = list_places(&w, json_get(workflow, "nodes"), err);
    if (!status)
        status = find_uses(&w, err);
    if (!status) {
        n8n_find_loans(&w);
        take_nodes(&w);
        take_connections(&w);
        n8n_take_loans(&w);
        n8n_take_tools(&w);
        n8n_take_refusals(&w);
        n8n_take_rounds(&w);
        find_start(d);
        take_limit(d, workflow);
        note_failure(d, workflow);
        status = definition_finish(d, err);
    }
    vec_release(&w.places);
    vec_release(&w.loans);
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
    else
        status = take_workflow(out, root, err);
    json_reader_free(reader);
    return status;
}
