/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A draw keeps values and standard errors by row and name, not whole results: thousands of them are
 * held at once, and saved with the names written once. */
#include "sim/outer_draws.h"

#include "sim/queue.h"

#include <math.h>
#include <string.h>

enum { LIST_MAX = 1 << 20, TEXTS_MAX = 1 << 20, TEXT_MAX = 1 << 10 };

void draws_init(struct draws *d, const struct pipeline *p, uint32_t n, uint32_t n_grid)
{
    *d = (struct draws){.n = n, .draw = mem_zero(n, sizeof *d->draw)};
    d->rows[SECTION_TOP] = 1;
    d->rows[SECTION_STAGE] = p->n_steps;
    d->rows[SECTION_CLASS] = p->n_classes > 1 ? p->n_classes : 0;
    d->rows[SECTION_ENVIRONMENT] = p->n_environments;
    d->rows[SECTION_CURVE] = n_grid;
    for (uint32_t i = 0; i < p->n_resources; i++)
        d->rows[SECTION_RESOURCE] += queue_uses(p, i);
    intern_init(&d->texts);
}

void draws_clear(struct draws *d)
{
    for (uint32_t r = 0; r < d->n; r++) {
        vec_release(&d->draw[r].seen);
        vec_release(&d->draw[r].edges);
        d->draw[r].done = false;
    }
}

void draws_release(struct draws *d)
{
    draws_clear(d);
    mem_free(d->draw);
    intern_release(&d->texts);
    *d = (struct draws){0};
}

uint32_t draws_done(const struct draws *d)
{
    uint32_t n = 0;
    for (uint32_t r = 0; r < d->n; r++)
        n += d->draw[r].done;
    return n;
}

static void take(struct draw *d, enum section section, uint32_t row, const struct metrics *from)
{
    for (size_t i = 0; i < from->list.len; i++) {
        const struct metric *m = &from->list.at[i];
        double error = (m->high - m->low) / 2;
        struct seen s = {section, row, m->name, m->unit, m->value, isfinite(error) ? error : 0};
        vec_push(&d->seen, s);
    }
}

void draw_take(struct draw *d, const struct result *r)
{
    take(d, SECTION_TOP, 0, &r->metrics);
    for (size_t i = 0; i < r->stages.len; i++)
        take(d, SECTION_STAGE, (uint32_t)i, &r->stages.at[i].metrics);
    for (size_t i = 0; i < r->classes.len; i++)
        take(d, SECTION_CLASS, (uint32_t)i, &r->classes.at[i].metrics);
    for (size_t i = 0; i < r->resources.len; i++)
        take(d, SECTION_RESOURCE, (uint32_t)i, &r->resources.at[i].metrics);
    for (size_t i = 0; i < r->environments.len; i++)
        take(d, SECTION_ENVIRONMENT, (uint32_t)i, &r->environments.at[i].metrics);
    for (size_t i = 0; i < r->edges.len; i++) {
        take(d, SECTION_EDGE, (uint32_t)i, &r->edges.at[i].metrics);
        struct edge_seen e = {r->edges.at[i].from, r->edges.at[i].to, r->edges.at[i].count};
        vec_push(&d->edges, e);
    }
    d->done = true;
}

/* --- as bytes: the texts first, then numbers of texts */

static uint32_t text_id(struct draws *d, const char *text)
{
    return intern_put(&d->texts, text, strlen(text));
}

/* All texts of the draws that are done; place[i]: of the i-th one saved. */
static void texts_pack(struct draws *d, struct pack *p, uint32_t **place, uint64_t *n)
{
    for (uint32_t r = 0; p->to && r < d->n; r++) {
        const struct draw *from = &d->draw[r];
        for (size_t i = 0; i < from->seen.len; i++) {
            (void)text_id(d, from->seen.at[i].name);
            (void)text_id(d, from->seen.at[i].unit);
        }
        for (size_t i = 0; i < from->edges.len; i++) {
            (void)text_id(d, from->edges.at[i].from);
            (void)text_id(d, from->edges.at[i].to);
        }
    }
    *n = d->texts.count;
    pack_value(p, n, TEXTS_MAX);
    pack_check(p, *n <= p->left);
    *n = p->broken ? 0 : *n;
    *place = mem_zero(*n + 1, sizeof **place);
    for (uint64_t i = 0; i < *n; i++) {
        char text[TEXT_MAX] = "";
        if (p->to)
            strncpy(text, d->texts.of[i].at, sizeof text - 1);
        pack_text(p, text, sizeof text);
        (*place)[i] = p->to ? (uint32_t)i : text_id(d, text);
    }
}

struct texts {
    struct draws *draws;
    const uint32_t *place;
    uint64_t n;
};

static void text_pack(const struct texts *t, struct pack *p, const char **text)
{
    uint64_t id = p->to ? text_id(t->draws, *text) : 0;
    pack_value(p, &id, t->n - 1);
    if (!p->to)
        *text = p->broken ? "" : t->draws->texts.of[t->place[id]].at;
}

static void seen_pack(const struct texts *t, struct pack *p, struct seen *s, size_t n_edges)
{
    uint64_t section = s->section, row = s->row;
    pack_value(p, &section, SECTION_COUNT - 1);
    pack_value(p, &row, UINT32_MAX);
    s->section = (enum section)section;
    s->row = (uint32_t)row;
    pack_check(p, row < (section == SECTION_EDGE ? n_edges : t->draws->rows[section]));
    text_pack(t, p, &s->name);
    text_pack(t, p, &s->unit);
    pack_double(p, &s->value);
    pack_double(p, &s->error);
}

static void draw_pack(const struct texts *t, struct pack *p, struct draw *d)
{
    uint64_t n_edges = d->edges.len, n = d->seen.len;
    pack_value(p, &n_edges, LIST_MAX);
    for (uint64_t i = 0; i < n_edges && !p->broken; i++) {
        struct edge_seen e = p->to ? d->edges.at[i] : (struct edge_seen){0};
        text_pack(t, p, &e.from);
        text_pack(t, p, &e.to);
        pack_value(p, &e.count, UINT64_MAX);
        if (!p->to && !p->broken)
            vec_push(&d->edges, e);
    }
    pack_value(p, &n, LIST_MAX);
    for (uint64_t i = 0; i < n && !p->broken; i++) {
        struct seen s = p->to ? d->seen.at[i] : (struct seen){0};
        seen_pack(t, p, &s, n_edges);
        if (!p->to && !p->broken)
            vec_push(&d->seen, s);
    }
    d->done = !p->broken;
}

void draws_pack(struct draws *d, struct pack *p)
{
    struct texts t = {.draws = d};
    uint64_t n = draws_done(d), at = 0;
    uint32_t *place = NULL;
    texts_pack(d, p, &place, &t.n);
    t.place = place;
    pack_value(p, &n, d->n);
    pack_check(p, n == 0 || t.n > 0);
    for (uint64_t i = 0; i < n && !p->broken; i++, at++) {
        while (p->to && !d->draw[at].done)
            at++;
        pack_value(p, &at, d->n - 1);
        pack_check(p, !d->draw[at].done);
        if (!p->broken)
            draw_pack(&t, p, &d->draw[at]);
    }
    mem_free(place);
}
