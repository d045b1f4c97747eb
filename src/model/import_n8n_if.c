/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an IF of an n8n workflow knows of the ways around it: behind a person, what the person did
 * not approve; in a loop, how often it may go round. */
#include "model/import_n8n.h"

#include <string.h>

enum { LOOPS_MAX = 50, STRAIGHT_MAX = 20 };

/* The place that is this node of the definition; NULL: none. */
static const struct n8n_place *place_at(const struct n8n_wiring *w, int32_t at)
{
    for (size_t i = 0; i < w->places.len; i++)
        if (w->places.at[i].at == at)
            return &w->places.at[i];
    return NULL;
}

/* The way on by output i; NULL.  Borrowed until an edge is added. */
static struct def_edge *way_by(const struct n8n_wiring *w, const struct n8n_place *p, size_t i)
{
    struct buf label = {0};
    struct def_edge *found = NULL;

    n8n_name_output(p->node, i, &label);
    for (size_t k = 0; k < w->d->edges.len && !found; k++) {
        struct def_edge *e = &w->d->edges.at[k];
        if (e->from == p->at && !e->error && e->label && strcmp(e->label, buf_text(&label)) == 0)
            found = e;
    }
    buf_release(&label);
    return found;
}

void n8n_take_refusals(struct n8n_wiring *w)
{
    struct definition *d = w->d;

    for (size_t i = 0; i < d->nodes.len; i++) {
        int32_t next = NODE_START;
        size_t ways = 0;
        for (size_t k = 0; k < d->edges.len; k++)
            if (d->edges.at[k].from == (int32_t)i && !d->edges.at[k].error) {
                next = d->edges.at[k].to;
                ways++;
            }
        const struct n8n_place *p =
            d->nodes.at[i].kind == STEP_REVIEW && ways == 1 && next >= 0 ? place_at(w, next) : NULL;
        int no = p ? n8n_refusal(p->node) : -1;
        struct def_edge *e = no >= 0 ? way_by(w, p, (size_t)no) : NULL;
        if (!e)
            continue;
        int32_t to = e->to;
        *e = d->edges.at[--d->edges.len];
        definition_join(d, (int32_t)i, to, "not approved", 12, true);
        n8n_tell(d, &d->nodes.at[next], "what is not approved left before, at ",
                 d->nodes.at[i].title);
    }
}

/* Does a way lead from the one to the other? */
static bool leads_to(const struct definition *d, int32_t from, int32_t to)
{
    bool *seen = mem_zero(d->nodes.len + 1, 1), more = from >= 0, found = false;

    if (from >= 0)
        seen[from] = true;
    while (more) {
        more = false;
        for (size_t k = 0; k < d->edges.len; k++) {
            const struct def_edge *e = &d->edges.at[k];
            if (e->from >= 0 && e->to >= 0 && seen[e->from] && !seen[e->to])
                more = seen[e->to] = true;
        }
    }
    found = to >= 0 && seen[to];
    mem_free(seen);
    return found;
}

/* The only way on from a node that only one leads to; NULL. */
static struct def_edge *only_way(const struct definition *d, int32_t node)
{
    struct def_edge *way = NULL;
    size_t in = 0, out = 0;

    for (size_t k = 0; k < d->edges.len && node >= 0; k++) {
        in += d->edges.at[k].to == node;
        if (d->edges.at[k].from == node && !d->edges.at[k].error) {
            way = &d->edges.at[k];
            out++;
        }
    }
    return in == 1 && out == 1 ? way : NULL;
}

void n8n_take_rounds(struct n8n_wiring *w)
{
    size_t loops = 0;

    for (size_t i = 0; i < w->places.len && loops < LOOPS_MAX; i++) {
        const struct n8n_place *p = &w->places.at[i];
        for (size_t k = 0; k < 2 && p->at >= 0; k++) {
            uint32_t rounds = n8n_rounds(p->node, k);
            struct def_edge *e = rounds ? way_by(w, p, k) : NULL;
            if (!e || !leads_to(w->d, e->to, p->at))
                continue;
            loops++;
            for (int steps = 0; e && steps < STRAIGHT_MAX; steps++) {
                e->at_most = rounds;
                e = only_way(w->d, e->to);
            }
        }
    }
}
