/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that a scenario names: samples, labels, instants, included step lists.  They stand beside
 * the scenario, and none is read from outside its folder. */
#include "base/file.h"
#include "model/scenario_internal.h"

#include <stdlib.h>
#include <string.h>

enum { DATA_FILE_MAX = 64 << 20, INCLUDES_MAX = 100, INCLUDE_DEPTH_MAX = 8 };

/* --- paths */

static char *joined(const char *dir, const char *name)
{
    size_t len = strlen(dir), more = strlen(name);
    char *full = mem_alloc(len + more + 2);

    memcpy(full, dir, len);
    full[len] = '/';
    memcpy(full + len + 1, name, more + 1);
    return full;
}

/* Relative, without "..", and not through a link that leads out. */
static char *file_beside_scenario(struct reading *r, const struct yaml_node *n)
{
    const char *name = n->text, *dir = r->options ? r->options->data_dir : NULL;
    char *base, *full, *real_base, *real;
    bool inside = *name && *name != '/' && strstr(name, "..") == NULL;
    size_t len;

    if (!inside) {
        fault_at(r, n, "`%.80s` leads out of the scenario's folder: data files stand beside it",
                 name);
        return NULL;
    }
    base = dir ? mem_strdup(dir) : file_beside(r->y->file, ".");
    full = dir ? joined(dir, name) : file_beside(r->y->file, name);
    real_base = realpath(base, NULL);
    real = realpath(full, NULL);
    len = real_base ? strlen(real_base) : 0;
    inside = real == NULL || (real_base && strncmp(real, real_base, len) == 0 &&
                              (real[len] == '/' || real_base[len - 1] == '/'));
    if (!inside)
        fault_at(r, n, "`%.80s` leads out of the scenario's folder: data files stand beside it",
                 name);
    free(real);
    free(real_base);
    mem_free(base);
    if (inside)
        return full;
    mem_free(full);
    return NULL;
}

/* --- columns */

int read_data_csv(struct reading *r, const struct yaml_node *name, struct buf *text,
                  struct csv *out)
{
    struct error err = {0};
    char *path;
    int status = -1;

    buf_init(text);
    if (want_scalar(r, name, "a file's name") || (path = file_beside_scenario(r, name)) == NULL)
        return -1;
    if (file_read(path, DATA_FILE_MAX, text, &err) ||
        csv_read(path, buf_text(text), text->len, out, &err))
        fault_at(r, name, "%s", err.text);
    else
        status = 0;
    if (status == 0) {
        char sum[65];
        file_sha256(buf_text(text), text->len, sum);
        buf_printf(&r->data, "\n# data %s %s", name->text, sum);
        out->file = arena_strdup(&out->arena, path);
    }
    mem_free(path);
    return status;
}

int want_column(struct reading *r, const struct yaml_node *n, const struct csv *csv,
                const char *name)
{
    const char *names[] = {name, NULL};
    int c = csv_column(csv, names);

    if (c < 0)
        fault_at(r, n, "%s has no column `%.60s`%s", csv->file, name,
                 did_you_mean(r, n, name, csv->header, csv->columns));
    else if (csv->rows == 0)
        fault_at(r, n, "%s has no rows", csv->file);
    return csv->rows ? c : -1;
}

/* A plain number is in seconds, or a confidence; a duration may have its unit. */
static int cell_value(const char *cell, enum quantity q, double *out)
{
    struct error err = {0};
    uint64_t k, n;

    if (q == QUANTITY_SCORE)
        return units_probability(cell, out, &k, &n, &err);
    if (units_number(cell, out, &err) == 0)
        return *out >= 0 ? 0 : -1;
    return q == QUANTITY_TIME ? units_duration(cell, out, &err) : -1;
}

static double *column_values(struct reading *r, const struct yaml_node *at, const struct csv *csv,
                             int column, enum quantity q)
{
    static const char *const kinds[] = {"a duration (seconds, or with a unit)",
                                        "a confidence in [0, 1]", "a number from 0 up"};
    double *values = mem_alloc((csv->rows + 1) * sizeof *values);

    for (size_t i = 0; i < csv->rows; i++) {
        const char *cell = csv_cell(csv, i, (size_t)column);
        if (cell_value(cell, q, &values[i]) == 0)
            continue;
        fault_at(r, at, "%s:%u: `%.40s` is not %s", csv->file, csv->line[i], cell, kinds[q]);
        mem_free(values);
        return NULL;
    }
    return values;
}

double *read_data_column(struct reading *r, const struct yaml_node *file,
                         const struct yaml_node *column, enum quantity q, size_t *n)
{
    struct csv csv = {0};
    struct buf text;
    double *values = NULL;
    int c;

    if (want_scalar(r, column, "a column's name"))
        return NULL;
    if (read_data_csv(r, file, &text, &csv) == 0) {
        c = want_column(r, column, &csv, column->text);
        values = c < 0 ? NULL : column_values(r, column, &csv, c, q);
        *n = csv.rows;
        csv_release(&csv);
    }
    buf_release(&text);
    return values;
}

/* --- included step lists */

static void expand_list(struct reading *r, struct yaml_node *list, uint32_t depth);

/* The list in the file called `name`; NULL with a fault. */
static struct yaml_node *included_list(struct reading *r, const struct yaml_node *name,
                                       uint32_t depth)
{
    struct error err = {0};
    struct yaml_node *root = NULL;
    struct included file = {0};
    struct buf text;
    char *path;

    if (want_scalar(r, name, "a file's name") || (path = file_beside_scenario(r, name)) == NULL)
        return NULL;
    buf_init(&text);
    if (depth >= INCLUDE_DEPTH_MAX || r->included.len >= INCLUDES_MAX)
        fault_at(r, name, "`%.80s`: files include one another %s", name->text,
                 depth >= INCLUDE_DEPTH_MAX ? "in a circle, or deeper than 8 levels"
                                            : "more than 100 times");
    else if (file_read(path, YAML_TEXT_MAX, &text, &err))
        fault_at(r, name, "%s", err.text);
    else if (yaml_graft(r->y, path, buf_text(&text), text.len, &root, &file.text, &err))
        faults_add(r->faults, 0, 0,
                   arena_printf(&r->p->arena, "%s:%u:%u", path, err.line, err.column), "%s",
                   sentence_of(&err, path));
    else if (root == NULL || root->kind != YAML_LIST) {
        fault_at(r, name, "`%.80s` is no list of steps: an included file begins with `- stage: a`",
                 name->text);
        root = NULL;
    }
    if (file.text) {
        file.file = arena_strdup(&r->p->arena, path);
        vec_push(&r->included, file);
    }
    if (root)
        expand_list(r, root, depth + 1);
    buf_release(&text);
    mem_free(path);
    return root;
}

/* `branch: {include: x.yaml}` in place of a list. */
static void expand_value(struct reading *r, struct yaml_node **value, uint32_t depth)
{
    struct yaml_node *name = (*value)->n == 1 ? yaml_get(*value, "include") : NULL, *list;

    if ((*value)->kind == YAML_LIST)
        expand_list(r, *value, depth);
    else if (name && (list = included_list(r, name, depth)) != NULL)
        *value = list;
}

static void expand_step(struct reading *r, struct yaml_node *step, uint32_t depth)
{
    for (uint32_t i = 0; step->kind == YAML_MAP && i < step->n; i++) {
        if (strcmp(step->key[i]->text, "branch") == 0)
            expand_value(r, &step->child[i], depth);
        for (uint32_t b = 0; strcmp(step->key[i]->text, "branches") == 0 &&
                             step->child[i]->kind == YAML_LIST && b < step->child[i]->n;
             b++)
            expand_value(r, &step->child[i]->child[b], depth);
    }
}

static void expand_list(struct reading *r, struct yaml_node *list, uint32_t depth)
{
    VEC(struct yaml_node *) steps = {0};

    for (uint32_t i = 0; i < list->n; i++) {
        struct yaml_node *step = list->child[i], *more;
        const struct yaml_node *name = step->n == 1 ? yaml_get(step, "include") : NULL;
        if (name == NULL) {
            expand_step(r, step, depth);
            vec_push(&steps, step);
            continue;
        }
        more = included_list(r, name, depth);
        r->broken_flow |= more == NULL;
        for (uint32_t j = 0; more && j < more->n; j++)
            vec_push(&steps, more->child[j]);
    }
    list->child = arena_alloc(&r->y->arena, (steps.len + 1) * sizeof *list->child);
    for (size_t i = 0; i < steps.len; i++)
        list->child[i] = steps.at[i];
    list->n = (uint32_t)steps.len;
    vec_release(&steps);
}

/* The list at the top of the file goes before the flow's own. */
static void expand_top(struct reading *r, const struct yaml_node *name)
{
    struct yaml_node *root = r->y->root, *flow = yaml_get(root, "flow");
    struct yaml_node *first = included_list(r, name, 0);
    uint32_t more = flow && flow->kind == YAML_LIST ? flow->n : 0;

    if (first == NULL || (flow && flow->kind != YAML_LIST)) {
        r->broken_flow |= first == NULL;
        return;
    }
    if (flow == NULL) {
        yaml_put(r->y, root, "flow", first);
        return;
    }
    struct yaml_node **all = arena_alloc(&r->y->arena, (first->n + more + 1) * sizeof *all);
    memcpy(all, first->child, first->n * sizeof *all);
    memcpy(all + first->n, flow->child, more * sizeof *all);
    flow->child = all;
    flow->n = first->n + more;
}

void expand_includes(struct reading *r)
{
    struct yaml_node *root = r->y->root;
    const struct yaml_node *name = yaml_get(root, "include");

    for (uint32_t i = 0; i < root->n; i++)
        if (strcmp(root->key[i]->text, "flow") == 0)
            expand_value(r, &root->child[i], 0);
    if (name)
        expand_top(r, name);
}
