/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `--set PATH=VALUE` on the tree, before it is decoded: the same rows check what it brings, and
 * its nodes carry it as their origin. */
#include "model/scenario_internal.h"

#include <stdlib.h>
#include <string.h>

enum { SEGMENT_MAX = 128 };

struct name_list {
    const char **at;
    size_t len, cap;
};

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
    for (size_t i = 0; step_words[i]; i++) {
        const struct yaml_node *n = yaml_get(map, step_words[i]);
        if (n && n->kind == YAML_SCALAR)
            return n->text;
    }
    return NULL;
}

/* The step called `name` in a list of steps or in the branches of its parallels; its name and
 * theirs go to `names`, and to *called that of the step which people call so. */
static struct yaml_node **named_step(struct yaml_node *list, const char *name,
                                     struct name_list *names, const char **called)
{
    for (uint32_t i = 0; list->kind == YAML_LIST && i < list->n; i++) {
        static const char *const inside[] = {"branch", "branches"};
        const char *own = step_name(list->child[i]);
        struct yaml_node **found = NULL;
        const struct yaml_node *people = own ? yaml_get(list->child[i], "name") : NULL;
        if (own && strcmp(own, name) == 0)
            return &list->child[i];
        if (own)
            vec_push(names, own);
        if (people && people->kind == YAML_SCALAR && strcmp(people->text, name) == 0)
            *called = own;
        for (int j = 0; j < 2 && found == NULL; j++) {
            struct yaml_node *branch = yaml_get(list->child[i], inside[j]);
            if (branch)
                found = named_step(branch, name, names, called);
        }
        if (found == NULL && list->child[i]->kind == YAML_LIST)
            found = named_step(list->child[i], name, names, called);
        if (found)
            return found;
    }
    return NULL;
}

/* The child of a list that `segment` names or counts to; NULL with a fault. */
static struct yaml_node **in_list(struct setting_at *s, struct yaml_node *list, const char *segment)
{
    struct name_list names = {0};
    const char *called = NULL;
    struct yaml_node **found = named_step(list, segment, &names, &called);

    if (found == NULL && strspn(segment, "0123456789") == strlen(segment)) {
        uint64_t i = strtoull(segment, NULL, 10);
        found = i < list->n ? &list->child[i] : NULL;
    }
    if (found == NULL) {
        const char *near = called ? called : nearest_word(segment, names.at, names.len);
        faults_add(s->r->faults, 0, 0, s->origin,
                   names.len ? "no step is called `%s`%s%s%s" : "no item `%s` in this list%s%s%s",
                   segment, near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
    }
    vec_release(&names);
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

/* Takes the next segment of the path; NULL at its end or with a fault.  A key of the map may have
 * dots of its own (retrieve.failed). */
static const char *next_segment(struct setting_at *s, const struct yaml_node *in, const char *path,
                                char *segment)
{
    size_t len = strcspn(path, ".");

    for (uint32_t i = 0; in->kind == YAML_MAP && i < in->n; i++) {
        size_t own = strlen(in->key[i]->text);
        if (own > len && strncmp(path, in->key[i]->text, own) == 0 &&
            (path[own] == '.' || path[own] == '\0'))
            len = own;
    }

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
        path = next_segment(s, n, path, segment);
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
        s.origin = arena_printf(&r->p->arena, "--%s %s=%s", set->option ? set->option : "set",
                                set->path, set->value);
        if (yaml_value(r->y, set->value, s.origin, &s.value, &err)) {
            refuse(&s, sentence_of(&err, r->y->file));
            continue;
        }
        set_path(&s, set->path);
    }
}
