/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A definition as a scenario file.  Frameworks say which steps there are and how they follow one
 * another; how often a step fails, how long it takes and which way is taken they do not say.  Such
 * numbers are round figures, marked `assumed` in their line, until a log's take their place. */
#include "base/utf8.h"
#include "model/definition_writer.h"
#include "model/scenario_writer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SENTENCE_MAX = 4000, NAME_LEN_MAX = 200 };

/* As the node behind the branches says; the scenario says all of it. */
static void put_join(struct def_output *o, const struct def_fork *f)
{
    const char *how = f->join >= 0 ? o->d->nodes.at[f->join].join : NULL;
    size_t n = f->first.len - 1, k = how ? strtoul(how, NULL, 10) : 0;

    def_put_key(o, "join");
    if (k > 0 && k < n)
        buf_printf(o->out, "%zu of %zu\n", k, n);
    else
        buf_printf(o->out, "%s\n", how && k == 0 ? how : "all");
}

static void put_node(struct def_output *o, int32_t node)
{
    const struct step *s = def_fitted_step(o, &o->d->nodes.at[node]);

    def_put_step(o, node, s);
    def_put_exits(o, node, s);
}

static void put_fork(struct def_output *o, const struct def_fork *f, const char *id)
{
    const char *after = o->following;

    o->before_fork = false;
    buf_printf(o->out, "%*s- parallel: %s\n", o->indent, "", id);
    def_put_line(o, "layer", "agent", false);
    put_join(o, f);
    def_put_fork_exits(o, f);
    buf_printf(o->out, "%*sbranches:\n", o->indent + 2, "");
    o->fork = f;
    o->indent += 6;
    for (size_t b = 0; b + 1 < f->first.len; b++) {
        buf_printf(o->out, "%*s-\n", o->indent - 2, "");
        for (uint32_t i = f->first.at[b]; i < f->first.at[b + 1]; i++) {
            bool last = i + 1 == f->first.at[b + 1];
            o->following = last ? NULL : o->d->nodes.at[f->nodes.at[i + 1]].id;
            put_node(o, f->nodes.at[i]);
        }
    }
    o->indent -= 6;
    o->fork = NULL;
    o->following = after;
}

/* --- the whole */

static bool is_named(const struct def_output *o, const char *name)
{
    for (size_t i = 0; i < o->d->nodes.len; i++)
        if (strcmp(o->d->nodes.at[i].id, name) == 0)
            return true;
    for (size_t i = 0; i < o->elements.len; i++)
        if (strcmp(o->elements.at[i].id, name) == 0)
            return true;
    return false;
}

/* After the first nodes of its branches, unlike all others. */
static const char *fork_name(struct def_output *o, const struct def_fork *f)
{
    const char *first = o->d->nodes.at[f->nodes.at[0]].id;
    const char *second = o->d->nodes.at[f->nodes.at[f->first.at[1]]].id;
    const char *name = arena_printf(&o->work, "%.40s-and-%.40s%s", first, second,
                                    f->first.len > 3 ? "-and-more" : "");
    const char *tried = name;

    for (int k = 2; is_named(o, tried); k++)
        tried = arena_printf(&o->work, "%s-%d", name, k);
    return tried;
}

static void list_elements(struct def_output *o)
{
    for (size_t r = 0; r <= o->order.nodes.len; r++) {
        int32_t node = r ? o->order.nodes.at[r - 1] : NODE_START;
        if (node >= 0 && (o->order.fork_of[node] || o->d->nodes.at[node].fails))
            continue;
        if (node >= 0)
            vec_push(&o->elements, ((struct def_element){node, 0, o->d->nodes.at[node].id}));
        for (uint32_t f = 0; f < o->order.forks.len; f++) {
            struct def_element branches = {.node = NODE_START, .fork = f};
            if (o->order.forks.at[f].at != node)
                continue;
            branches.id = fork_name(o, &o->order.forks.at[f]);
            vec_push(&o->elements, branches);
        }
    }
}

/* Marks what the start leads to without passing `but`. */
static void reach_without(const struct definition *d, int32_t from, int32_t but, bool *seen)
{
    size_t n;

    if (from == but || from == NODE_END || (from >= 0 && seen[from]))
        return;
    if (from >= 0)
        seen[from] = true;
    const struct def_edge *e = definition_ways(d, from, &n);
    for (size_t i = 0; i < n; i++)
        reach_without(d, e[i].to, but, seen);
}

/* Is a step that all items pass before a gate better than the one found before it? */
static bool judges_better(const struct def_output *o, int32_t found, int32_t node)
{
    return found < 0 || o->d->nodes.at[node].layer == LAYER_MODEL ||
           o->d->nodes.at[found].layer != LAYER_MODEL;
}

/* Who gives a gate its confidence: of the steps that every item passes before it the last one of
 * layer model, else the last.  A gate has two ways on and a confidence before it; one that has not
 * is written as a stage. */
static void find_judges(struct def_output *o)
{
    size_t nodes = o->d->nodes.len;
    bool *gate = mem_zero(nodes + 1, 1), *seen = mem_alloc(nodes + 1);

    o->judge_of = mem_alloc((nodes + 1) * sizeof *o->judge_of);
    o->gives_confidence = mem_zero(nodes + 1, 1);
    for (size_t i = 0; i < nodes; i++) {
        o->judge_of[i] = NODE_START;
        gate[i] = o->d->nodes.at[i].kind == STEP_GATE && o->order.rank[i] != UINT32_MAX &&
                  def_exits_of(o, (int32_t)i).n == 2;
    }
    for (size_t f = 0; f < o->order.forks.len; f++)
        if (o->order.forks.at[f].at >= 0)
            gate[o->order.forks.at[f].at] = false; /* it takes both */
    for (size_t r = 0; r < o->order.nodes.len; r++) {
        int32_t node = o->order.nodes.at[r];
        const struct def_node *n = &o->d->nodes.at[node];
        uint32_t fork = o->order.fork_of[node];
        if (n->kind == STEP_GATE || (n->kind == STEP_STAGE && isfinite(n->takes_s)))
            continue;
        memset(seen, 0, nodes + 1);
        reach_without(o->d, NODE_START, node, seen);
        for (size_t g = 0; g < nodes; g++)
            if (gate[g] && !seen[g] && (!fork || fork == o->order.fork_of[g]) &&
                judges_better(o, o->judge_of[g], node))
                o->judge_of[g] = node;
    }
    for (size_t g = 0; g < nodes; g++)
        if (o->judge_of[g] >= 0)
            o->gives_confidence[o->judge_of[g]] = true;
    mem_free(gate);
    mem_free(seen);
}

void def_wrap(struct buf *out, const char *text, size_t width)
{
    for (size_t column = 0; *text;) {
        size_t len = strcspn(text, " ");
        bool begins = column == 0;
        if (!begins && column + 1 + len > width) {
            buf_putc(out, '\n');
            begins = true;
            column = 0;
        }
        buf_puts(out, begins ? "" : " ");
        buf_add(out, text, len);
        column += len + !begins;
        text += len;
        text += strspn(text, " ");
    }
    buf_putc(out, '\n');
}

/* A sentence of the head, cut where it is too long to be read. */
static void put_sentence(struct buf *out, const char *text)
{
    struct buf cut = {0};

    utf8_quote(&cut, text, strlen(text), SENTENCE_MAX);
    def_wrap(out, buf_text(&cut), 96);
    buf_release(&cut);
}

/* "x, y": the titles of the nodes that no step is made of, for one of two reasons. */
static void put_lost(const struct def_output *o, bool fails, const char *what, struct buf *out)
{
    struct buf names = {0};

    for (size_t i = 0; i < o->d->nodes.len; i++) {
        const struct def_node *n = &o->d->nodes.at[i];
        if (n->fails != fails || (o->order.rank[i] != UINT32_MAX) != fails)
            continue;
        buf_puts(&names, names.len ? ", " : "");
        buf_puts(&names, *n->title ? n->title : n->id);
    }
    if (names.len) {
        struct buf sentence = {0};
        buf_printf(&sentence, "%s: %s.", what, buf_text(&names));
        put_sentence(out, buf_text(&sentence));
        buf_release(&sentence);
    }
    buf_release(&names);
}

/* What the text says of itself before it begins. */
static void put_about(struct def_output *o)
{
    struct buf text = {0};

    buf_printf(&text, "From %s, a definition of %s.\n", o->d->file, o->d->framework);
    buf_puts(&text, "It says which steps there are and how they follow one another; rates, times "
                    "and shares\nmarked `assumed` it does not hold: they are round figures, to be "
                    "replaced by hand or from\na log (--parameters LOG).  Layers are guessed from "
                    "names.\n");
    for (size_t i = 0; i < o->d->notes.len; i++)
        put_sentence(&text, o->d->notes.at[i]);
    put_lost(o, false, "Left out, as nothing leads to them", &text);
    put_lost(o, true, "Items fail where they come to these, which are no steps", &text);
    write_comment(o->out, "", buf_text(&text));
    buf_release(&text);
}

static void put_head(struct def_output *o)
{
    struct buf name = {0};
    const char *file = o->d->file, *dot = strrchr(file, '.');

    put_about(o);
    if (*o->d->name)
        utf8_quote(&name, o->d->name, strlen(o->d->name), NAME_LEN_MAX);
    else
        utf8_quote(&name, file, dot && dot > file ? (size_t)(dot - file) : strlen(file),
                   NAME_LEN_MAX);
    buf_puts(o->out, "seam: 1\nname: ");
    write_text(o->out, buf_text(&name));
    buf_putc(o->out, '\n');
    buf_release(&name);
    if (isfinite(o->d->deadline_s)) {
        buf_puts(o->out, "deadline: ");
        units_put_duration_exact(o->out, o->d->deadline_s);
        buf_putc(o->out, '\n');
    }
    buf_puts(o->out, "\nflow:\n");
}

void definition_write(const struct definition *d, const struct pipeline *fitted, struct buf *out,
                      uint32_t *taken)
{
    struct def_output o = {.d = d, .fitted = fitted, .out = out, .indent = 2};

    arena_init(&o.work);
    if (fitted) {
        o.step = arena_alloc(&o.work, (d->nodes.len + 1) * sizeof *o.step);
        definition_match(d, fitted, o.step);
    }
    definition_order(d, &o.order);
    list_elements(&o);
    find_judges(&o);
    put_head(&o);
    for (size_t i = 0; i < o.elements.len; i++) {
        const struct def_element *e = &o.elements.at[i];
        bool last = i + 1 == o.elements.len;
        o.following = last ? NULL : o.elements.at[i + 1].id;
        o.before_fork = !last && e[1].node == NODE_START;
        buf_puts(out, i ? "\n" : "");
        if (e->node == NODE_START)
            put_fork(&o, &o.order.forks.at[e->fork], e->id);
        else
            put_node(&o, e->node);
    }
    if (taken)
        *taken = o.taken;
    mem_free(o.gives_confidence);
    mem_free(o.judge_of);
    vec_release(&o.elements);
    def_order_release(&o.order);
    arena_release(&o.work);
}
