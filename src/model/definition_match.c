/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps of a definition and of a log are the same when their names are, but for case and what
 * stands between words: "Tool Call", "tool_call", "tool-call".  A log may call a node by a path, as
 * LangGraph's subgraphs do: then its last part counts where nothing else fits. */
#include "model/definition.h"

#include <ctype.h>
#include <string.h>

bool definition_same_name(const char *a, const char *b)
{
    for (;;) {
        while (*a && (unsigned char)*a < 128 && !isalnum((unsigned char)*a))
            a++;
        while (*b && (unsigned char)*b < 128 && !isalnum((unsigned char)*b))
            b++;
        if (!*a || !*b)
            return !*a && !*b;
        if (tolower((unsigned char)*a++) != tolower((unsigned char)*b++))
            return false;
    }
}

static const char *last_part(const char *name)
{
    const char *at = name + strlen(name);

    while (at > name && at[-1] != ':' && at[-1] != '/' && at[-1] != '.')
        at--;
    return *at ? at : name;
}

int32_t definition_in_log(const struct pipeline *fitted, const struct def_node *n)
{
    for (uint32_t i = 0; i < fitted->n_steps; i++)
        if (strcmp(fitted->step[i].id, n->id) == 0)
            return (int32_t)i;
    for (uint32_t i = 0; i < fitted->n_steps; i++)
        if (definition_same_name(fitted->step[i].id, n->title))
            return (int32_t)i;
    for (uint32_t i = 0; i < fitted->n_steps; i++)
        if (definition_same_name(fitted->step[i].id, last_part(n->title)))
            return (int32_t)i;
    return -1;
}

static void add_name(struct buf *out, const char *name)
{
    buf_printf(out, "%s%s", out->len ? ", " : "", name);
}

void definition_unmatched(const struct definition *d, const struct pipeline *fitted,
                          struct buf *assumed, struct buf *unused)
{
    for (size_t i = 0; i < d->nodes.len; i++)
        if (!d->nodes.at[i].fails && definition_in_log(fitted, &d->nodes.at[i]) < 0)
            add_name(assumed, d->nodes.at[i].id);
    for (uint32_t k = 0; k < fitted->n_steps; k++) {
        bool found = fitted->step[k].kind == STEP_PARALLEL;
        for (size_t i = 0; i < d->nodes.len && !found; i++)
            found = definition_in_log(fitted, &d->nodes.at[i]) == (int32_t)k;
        if (!found)
            add_name(unused, fitted->step[k].id);
    }
}
