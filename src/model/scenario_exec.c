/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `exec`: how a step is run for real.  The model keeps it as JSON text; whoever runs the step
 * reads it there.  Plain scalars that are numbers, true, false or null in JSON stay such, all
 * others are texts. */
#include "base/json_read.h"
#include "base/json_write.h"
#include "model/scenario_internal.h"

#include <string.h>

static void put_scalar(struct json_write *w, const struct yaml_node *n)
{
    struct json_reader *reader = json_reader_new();
    struct json value;
    struct error ignored = {0};
    double x;
    bool b;

    if (n->quoted || json_parse(reader, n->text, strlen(n->text), &value, &ignored))
        json_string(w, n->text);
    else if (json_type(value) == JSON_NULL)
        json_null(w);
    else if (json_as_bool(value, &b))
        json_bool(w, b);
    else if (json_type(value) != JSON_STRING && json_as_double(value, &x))
        json_number(w, x);
    else
        json_string(w, n->text);
    json_reader_free(reader);
}

static void put_node(struct json_write *w, const struct yaml_node *n)
{
    if (n->kind == YAML_SCALAR) {
        put_scalar(w, n);
        return;
    }
    char bracket = n->kind == YAML_MAP ? '{' : '[', end = n->kind == YAML_MAP ? '}' : ']';
    json_open(w, bracket);
    for (uint32_t i = 0; i < n->n; i++) {
        if (n->kind == YAML_MAP)
            json_key(w, n->key[i]->text);
        put_node(w, n->child[i]);
    }
    json_close(w, end);
}

void read_exec(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    struct buf text = {0};
    struct json_write w;

    if (want_map(r, v, "words to values, such as {builtin: retrieve} or {command: [program]}"))
        return;
    json_init(&w, &text, 0);
    put_node(&w, v);
    r->step->exec = arena_strdup(&r->p->arena, buf_text(&text));
    r->step->exec_line = v->line;
    r->step->exec_column = v->column;
    r->step->n_exec_keys = v->n;
    r->step->exec_key = arena_alloc(&r->p->arena, (v->n + 1) * sizeof *r->step->exec_key);
    for (uint32_t i = 0; i < v->n; i++)
        r->step->exec_key[i] = (struct key_place){arena_strdup(&r->p->arena, v->key[i]->text),
                                                  v->key[i]->line, v->key[i]->column};
    buf_release(&text);
}
