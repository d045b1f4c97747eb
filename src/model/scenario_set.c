/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `--set PATH=VALUE` on the tree, before it is decoded: the same rows check what it brings, and
 * its nodes carry it as their origin. */
#include "model/scenario_internal.h"

#include <stdlib.h>
#include <string.h>

enum { SEGMENT_MAX = 101 };

struct setting_at {
    struct reading *r;
    const char *origin;
    struct yaml_node *value;
};

static void refuse(struct setting_at *s, const char *sentence)
{
    faults_add(s->r->faults, 0, 0, s->origin, "%s", sentence);
}

static const char *step_name(const struct yaml_node *map)
{
    static const char *const kinds[] = {"stage", "check", "gate", "review", "parallel"};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct yaml_node *n = yaml_get(map, kinds[i]);
        if (n && n->kind == YAML_SCALAR)
            return n->text;
    }
    return NULL;
}

/* The child of a list that `segment` names or counts to; NULL with a fault. */
static struct yaml_node **in_list(struct setting_at *s, struct yaml_node *list, const char *segment)
{
    const char **names = mem_zero(list->n + 1, sizeof *names), *near;
    struct yaml_node **found = NULL;
    size_t n = 0;

    for (uint32_t i = 0; i < list->n && found == NULL; i++) {
        const char *name = step_name(list->child[i]);
        if (name && strcmp(name, segment) == 0)
            found = &list->child[i];
        if (name)
            names[n++] = name;
    }
    if (found == NULL && strspn(segment, "0123456789") == strlen(segment)) {
        uint64_t i = strtoull(segment, NULL, 10);
        found = i < list->n ? &list->child[i] : NULL;
    }
    if (found == NULL) {
        near = nearest_word(segment, names, n);
        faults_add(s->r->faults, 0, 0, s->origin,
                   n ? "no step is called `%s`%s%s%s" : "no item `%s` in this list%s%s%s", segment,
                   near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
    }
    mem_free(names);
    return found;
}

/* A plain value becomes the same value for each class, so that one of them can be changed. */
static struct yaml_node *spread(struct setting_at *s, struct yaml_node *value, const char *segment)
{
    const struct yaml_node *classes = yaml_get(s->r->y->root, "classes");
    struct yaml_node *map;

    if (yaml_get(classes, segment) == NULL) {
        faults_add(s->r->faults, 0, 0, s->origin,
                   "`%s` would stand inside a plain value (%.40s): set that value itself", segment,
                   value->text);
        return NULL;
    }
    map = yaml_new(s->r->y, YAML_MAP, NULL, s->origin);
    for (uint32_t i = 0; i < classes->n; i++)
        yaml_put(s->r->y, map, classes->key[i]->text, value);
    return map;
}

/* Takes the next segment of the path; NULL at its end or with a fault. */
static const char *next_segment(struct setting_at *s, const char *path, char *segment)
{
    size_t len = strcspn(path, ".");

    if (len == 0 || len >= SEGMENT_MAX) {
        refuse(s, "a path is keys joined by dots, such as flow.draft.wrong");
        return NULL;
    }
    memcpy(segment, path, len);
    segment[len] = '\0';
    return path + len;
}

static void set_path(struct setting_at *s, const char *path)
{
    struct yaml_node *root = s->r->y->root, **at = &root;
    char segment[SEGMENT_MAX];

    for (;;) {
        struct yaml_node *n = *at;
        path = next_segment(s, path, segment);
        if (path == NULL)
            return;
        if (n->kind == YAML_SCALAR) {
            n = spread(s, n, segment);
            if (n == NULL)
                return;
            *at = n;
        }
        if (n->kind == YAML_LIST) {
            at = in_list(s, n, segment);
            if (at == NULL)
                return;
        } else {
            uint32_t i = 0;
            if (yaml_get(n, segment) == NULL)
                yaml_put(s->r->y, n, segment, yaml_new(s->r->y, YAML_MAP, NULL, s->origin));
            while (strcmp(n->key[i]->text, segment) != 0)
                i++;
            at = &n->child[i];
        }
        if (*path == '\0')
            break;
        path++;
    }
    *at = s->value;
}

void apply_settings(struct reading *r)
{
    for (size_t i = 0; r->options && i < r->options->n_set; i++) {
        const struct setting *set = &r->options->set[i];
        struct error err = {0};
        struct setting_at s = {.r = r};
        s.origin = arena_printf(&r->p->arena, "--set %s=%s", set->path, set->value);
        if (yaml_value(r->y, set->value, s.origin, &s.value, &err)) {
            refuse(&s, sentence_of(&err, r->y->file));
            continue;
        }
        set_path(&s, set->path);
    }
}
