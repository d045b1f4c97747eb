/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Traces that make one item go together: groups are found by union of sets (Tarjan 1975) over the
 * texts of trace ids, sessions and item keys.  A group waits while the latest span of some name in
 * it was interrupted: the same rule as of assembly, by names instead of steps. */
#include "trace/window.h"

#include <stdlib.h>
#include <string.h>

/* ---- traces that are closed --------------------------------------------------------------- */

uint64_t closed_hash(const char *s)
{
    uint64_t h = 0xcbf29ce484222325; /* FNV-1a, then the finaliser of SplitMix64 */
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3;
    h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9;
    h = (h ^ h >> 27) * 0x94d049bb133111eb;
    h ^= h >> 31;
    return h ? h : 1;
}

static uint64_t *find(uint64_t *slot, uint64_t h)
{
    uint64_t i = h;
    while (slot[i % (2 * CLOSED_MAX)] && slot[i % (2 * CLOSED_MAX)] != h)
        i++;
    return &slot[i % (2 * CLOSED_MAX)];
}

void closed_add(struct closed *c, const char *trace)
{
    uint64_t h = closed_hash(trace);
    if (!c->slot[0] || c->n == CLOSED_MAX) {
        uint64_t *older = c->slot[1];
        c->slot[1] = c->slot[0];
        c->slot[0] = older ? memset(older, 0, 2 * CLOSED_MAX * sizeof *older)
                           : mem_zero(2 * CLOSED_MAX, sizeof *older);
        c->n = 0;
    }
    uint64_t *at = find(c->slot[0], h);
    c->n += *at == 0;
    *at = h;
}

bool closed_has(const struct closed *c, const char *trace)
{
    uint64_t h = closed_hash(trace);
    for (int i = 0; i < 2; i++)
        if (c->slot[i] && *find(c->slot[i], h))
            return true;
    return false;
}

void closed_release(struct closed *c)
{
    mem_free(c->slot[0]);
    mem_free(c->slot[1]);
    memset(c, 0, sizeof *c);
}

/* ---- groups of traces --------------------------------------------------------------------- */

/* By the text that stands for a group, or by any text in `up`. */
struct parting {
    const struct span_set *s;
    uint32_t *up;
    uint32_t *last; /* 1 + the index of the last span of the group; 0: the text is no trace's */
    uint32_t *size; /* spans */
    uint32_t *portion;
    bool *stops; /* a trace or session that was interrupted; then groups */
    bool *waits;
    bool *late; /* a trace in `closed` */
    bool any_stop;
};

static uint32_t group_of(const struct parting *p, uint32_t text)
{
    while (p->up[text] != text) {
        p->up[text] = p->up[p->up[text]];
        text = p->up[text];
    }
    return text;
}

static void unite(const struct parting *p, uint32_t a, uint32_t b)
{
    a = group_of(p, a);
    b = group_of(p, b);
    if (a < b)
        p->up[b] = a;
    else
        p->up[a] = b;
}

static void find_groups(struct parting *p)
{
    const struct span_set *s = p->s;
    for (uint32_t t = 0; t < s->text.count; t++)
        p->up[t] = t;
    for (size_t i = 0; i < s->len; i++) {
        if (span_item_key(s, i) != SPAN_NONE)
            unite(p, s->trace[i], span_item_key(s, i));
        if (s->flags[i] & SPAN_INTERRUPT)
            p->stops[s->trace[i]] = p->any_stop = true;
    }
    if (!p->any_stop)
        return;
    bool *session = mem_zero((size_t)s->text.count + 1, sizeof *session);
    for (size_t i = 0; i < s->len; i++)
        if (s->session[i] != SPAN_NONE && p->stops[s->trace[i]])
            session[s->session[i]] = true;
    for (size_t i = 0; i < s->len; i++)
        if (s->session[i] != SPAN_NONE && session[s->session[i]])
            unite(p, s->trace[i], s->session[i]);
    for (size_t i = 0; i < s->len; i++)
        if (p->stops[s->trace[i]])
            p->stops[group_of(p, s->trace[i])] = true;
    mem_free(session);
}

/* ---- who waits ---------------------------------------------------------------------------- */

struct step {
    uint32_t group, name, span;
    int64_t start_ns;
    bool root;
};

static int by_step(const void *a, const void *b)
{
    const struct step *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (x->root != y->root)
        return x->root ? 1 : -1;
    if (x->name != y->name)
        return x->name < y->name ? -1 : 1;
    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    return x->span < y->span ? -1 : x->span > y->span;
}

/* A root tells whether its group waits only where no span below a root was interrupted. */
static void find_waits(struct parting *p)
{
    const struct span_set *s = p->s;
    VEC(struct step) steps = {0};
    for (size_t i = 0; i < s->len; i++) {
        uint32_t group = group_of(p, s->trace[i]);
        uint32_t name = span_step(s, i);
        if (p->stops[group])
            vec_push(&steps,
                     ((struct step){group, name, (uint32_t)i, s->start_ns[i], s->parent[i] == 0}));
    }
    if (steps.len)
        qsort(steps.at, steps.len, sizeof *steps.at, by_step);
    uint32_t inner = SPAN_NONE; /* the group in which a span below a root was interrupted */
    for (size_t k = 0; k < steps.len; k++) {
        const struct step *at = &steps.at[k], *next = at + 1;
        bool stopped = s->flags[at->span] & SPAN_INTERRUPT;
        bool last = k + 1 == steps.len || next->group != at->group || next->root != at->root ||
                    next->name != at->name;
        if (stopped && !at->root)
            inner = at->group;
        if (stopped && last && (!at->root || inner != at->group))
            p->waits[at->group] = true;
    }
    vec_release(&steps);
}

/* ---- who goes ----------------------------------------------------------------------------- */

struct waiting {
    uint32_t last, group;
};

static int by_last(const void *a, const void *b)
{
    const struct waiting *x = a, *y = b;
    return x->last < y->last ? -1 : x->last > y->last;
}

/* Those that came to wait first go first, until few enough spans stay. */
static void force(struct parting *p, size_t oldest, size_t keep, size_t stay, bool *goes)
{
    VEC(struct waiting) waiting = {0};
    for (uint32_t t = 0; t < p->s->text.count; t++)
        if (p->waits[t] && p->last[t] && p->last[t] <= oldest)
            vec_push(&waiting, ((struct waiting){p->last[t], t}));
    if (waiting.len)
        qsort(waiting.at, waiting.len, sizeof *waiting.at, by_last);
    for (size_t k = 0; k < waiting.len && stay > keep; k++) {
        goes[waiting.at[k].group] = true;
        stay -= p->size[waiting.at[k].group];
    }
    vec_release(&waiting);
}

static size_t came_of(const struct span_set *s, const struct window_rules *rules)
{
    return rules->came ? rules->came : s->len;
}

static void choose(struct parting *p, const struct window_rules *rules, bool *goes)
{
    size_t stay = 0;
    size_t n = came_of(p->s, rules), oldest = n > rules->stretch ? n - rules->stretch : 0;
    for (uint32_t t = 0; t < p->s->text.count; t++) {
        goes[t] = p->last[t] && (rules->all || (p->last[t] <= oldest && !p->waits[t]));
        stay += p->last[t] && !goes[t] ? p->size[t] : 0;
    }
    if (stay > rules->keep && !rules->all)
        force(p, oldest, rules->keep, stay, goes);
}

/* In the order in which the groups begin. */
static void make_portions(struct parting *p, const struct window_rules *rules, const bool *goes,
                          struct window *out)
{
    const struct span_set *s = p->s;
    size_t in_this = 0;
    for (size_t i = 0; i < s->len; i++) {
        uint32_t group = group_of(p, s->trace[i]);
        if (p->late[s->trace[i]]) {
            out->portion[i] = WINDOW_LATE;
            continue;
        }
        if (goes[group] && !p->portion[group]) {
            if (!out->portions || in_this + p->size[group] > rules->portion) {
                out->portions++;
                in_this = 0;
            }
            in_this += p->size[group];
            p->portion[group] = out->portions;
        }
        out->portion[i] = goes[group] ? p->portion[group] : WINDOW_STAYS;
    }
}

/* Traces are counted once, at their first span. */
static void close_traces(struct parting *p, const bool *goes, struct closed *closed,
                         struct window *out)
{
    const struct span_set *s = p->s;
    bool *met = mem_zero((size_t)s->text.count + 1, sizeof *met);
    for (size_t i = 0; i < s->len; i++) {
        uint32_t trace = s->trace[i], group = group_of(p, trace);
        if (met[trace] || p->late[trace] || !goes[group])
            continue;
        met[trace] = true;
        out->traces++;
        out->waiting += p->waits[group];
        closed_add(closed, s->text.of[trace].at);
    }
    mem_free(met);
}

static void measure_groups(struct parting *p, const struct closed *closed,
                           const struct window_rules *rules)
{
    const struct span_set *s = p->s;
    bool *asked = mem_zero((size_t)s->text.count + 1, sizeof *asked);
    for (size_t i = 0; i < s->len; i++) {
        uint32_t trace = s->trace[i], group = group_of(p, trace);
        if (!asked[trace])
            p->late[trace] = closed_has(closed, s->text.of[trace].at);
        asked[trace] = true;
        if (p->late[trace])
            continue;
        if (i < came_of(s, rules) || !p->last[group])
            p->last[group] = i < came_of(s, rules) ? (uint32_t)i + 1 : 1;
        p->size[group]++;
    }
    for (uint32_t t = 0; rules->open && t < s->text.count; t++)
        if (rules->open[t] && asked[t] && !p->late[t])
            p->last[group_of(p, t)] = (uint32_t)s->len;
    mem_free(asked);
}

void window_part(const struct span_set *s, const struct window_rules *rules, struct closed *closed,
                 struct window *out)
{
    size_t texts = (size_t)s->text.count + 1;
    struct parting p = {.s = s};
    bool *goes = mem_zero(texts, sizeof *goes);
    *out = (struct window){.portion = mem_zero(s->len + 1, sizeof *out->portion)};
    p.up = mem_alloc(texts * sizeof *p.up);
    p.last = mem_zero(texts, sizeof *p.last);
    p.size = mem_zero(texts, sizeof *p.size);
    p.portion = mem_zero(texts, sizeof *p.portion);
    p.stops = mem_zero(texts, sizeof *p.stops);
    p.waits = mem_zero(texts, sizeof *p.waits);
    p.late = mem_zero(texts, sizeof *p.late);
    find_groups(&p);
    measure_groups(&p, closed, rules);
    if (p.any_stop)
        find_waits(&p);
    choose(&p, rules, goes);
    make_portions(&p, rules, goes, out);
    close_traces(&p, goes, closed, out);
    mem_free(p.up);
    mem_free(p.last);
    mem_free(p.size);
    mem_free(p.portion);
    mem_free(p.stops);
    mem_free(p.waits);
    mem_free(p.late);
    mem_free(goes);
}

void window_release(struct window *w)
{
    mem_free(w->portion);
    w->portion = NULL;
}
