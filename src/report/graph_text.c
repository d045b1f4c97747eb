/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A spine from top to bottom: a step, its ways aside, and the way to the step below, which is the
 * spine itself.  Where no way leads to the step below, the spine ends.
 *
 *     │
 *     ◆ confident  gate, agent
 *     ├─ 80% and above ─▶ ship
 *     │ below 80%
 *     ● desk  review, human: ... */
#include "report/document.h"
#include "report/graph.h"
#include "report/graph_parts.h"

#include <string.h>

struct drawing {
    const struct pipeline *p;
    struct buf *out;
    struct arena arena;
    struct graph_ways ways;
    size_t width, name_width;
    bool open; /* the spine comes from above */
};

static const char *mark(enum step_kind kind)
{
    static const char *const marks[STEP_KIND_COUNT] = {[STEP_STAGE] = "■",
                                                       [STEP_CHECK] = "◇",
                                                       [STEP_GATE] = "◆",
                                                       [STEP_REVIEW] = "●",
                                                       [STEP_PARALLEL] = "≡"};
    return marks[kind];
}

/* Words of `text` from the column on; later lines begin with `margin`. */
static void put_filled(struct drawing *d, const char *text, size_t column, const char *margin,
                       size_t indent)
{
    size_t at = column;
    while (*text) {
        size_t len = strcspn(text, " ");
        char *word = mem_alloc(len + 1);
        memcpy(word, text, len);
        word[len] = '\0';
        size_t w = text_width(word);
        if (at > indent && at + w > d->width) {
            size_t used = text_width(margin);
            while (d->out->data[d->out->len - 1] == ' ')
                d->out->len--;
            buf_printf(d->out, "\n%s%*s", margin, used < indent ? (int)(indent - used) : 0, "");
            at = indent;
        }
        buf_puts(d->out, word);
        at += w;
        mem_free(word);
        text += len;
        if (*text) {
            buf_putc(d->out, ' ');
            at++;
        }
        text += strspn(text, " ");
    }
    buf_putc(d->out, '\n');
}

static void put_way(struct drawing *d, const char *margin, const struct graph_way *w, bool last)
{
    struct buf line, clean, under;
    size_t column = text_width(margin);
    bool own = *w->when;
    buf_init(&line);
    buf_init(&clean);
    buf_init(&under);
    buf_printf(&line, "%s %s ─▶ %s%s%s%s", last ? "╰─" : "├─", own ? w->when : "then",
               graph_target(d->p, w->to), *w->bound ? " (" : "", w->bound, *w->bound ? ")" : "");
    if (w->to == TO_JOIN)
        line.len = 0, buf_printf(&line, "%s %s", last ? "╰─" : "├─", own ? w->when : "ends here");
    text_clean(&clean, buf_text(&line));
    buf_printf(&under, "%s%s", margin, last ? " " : "│");
    buf_puts(d->out, margin);
    put_filled(d, buf_text(&clean), column, buf_text(&under), column + 5);
    buf_release(&line);
    buf_release(&clean);
    buf_release(&under);
}

/* Is it part of the spine, which goes on to `below`? */
static bool goes_on(const struct graph_way *w, int32_t below)
{
    return w->to == below && *w->bound == '\0' && !w->fail;
}

/* The ways of step i; true when the spine goes on to `below`. */
static bool put_ways(struct drawing *d, uint32_t i, int32_t below, const char *margin)
{
    struct buf down, clean, under;
    size_t aside = 0, column = text_width(margin) + 2;
    bool on = false;
    buf_init(&down);
    buf_init(&clean);
    buf_init(&under);
    graph_ways(d->p, i, &d->arena, &d->ways);
    for (size_t k = 0; k < d->ways.list.len; k++) {
        const struct graph_way *w = &d->ways.list.at[k];
        aside += !goes_on(w, below);
        if (!goes_on(w, below))
            continue;
        buf_printf(&down, "%s%s", on && *w->when ? "; " : "", w->when);
        on = true;
    }
    for (size_t k = 0, n = 0; k < d->ways.list.len; k++)
        if (!goes_on(&d->ways.list.at[k], below)) {
            n++;
            put_way(d, margin, &d->ways.list.at[k], !on && n == aside);
        }
    text_clean(&clean, buf_text(&down));
    buf_printf(&under, "%s│", margin);
    if (on)
        buf_printf(d->out, "%s│%s", margin, clean.len ? " " : "\n");
    if (on && clean.len)
        put_filled(d, buf_text(&clean), column, buf_text(&under), column);
    buf_release(&down);
    buf_release(&clean);
    buf_release(&under);
    return on;
}

/* Who leads here, when not the spine. */
static void put_from(struct drawing *d, uint32_t i, struct buf *out)
{
    struct graph_ways ways = {0};
    bool any = false;
    for (uint32_t k = 0; k < d->p->n_steps; k++) {
        bool leads = false;
        graph_ways(d->p, k, &d->arena, &ways);
        for (size_t w = 0; w < ways.list.len; w++)
            leads = leads || ways.list.at[w].to == (int32_t)i ||
                    (ways.list.at[w].bounded && ways.list.at[w].then == (int32_t)i);
        if (leads)
            buf_printf(out, "%s%s", any ? ", " : "; from ", d->p->step[k].id);
        any = any || leads;
    }
    vec_release(&ways.list);
}

static void put_step(struct drawing *d, uint32_t i, const char *margin)
{
    const struct step *s = &d->p->step[i];
    struct buf facts, under, name;
    size_t column = text_width(margin), start = column + 2 + d->name_width + 2;
    buf_init(&facts);
    buf_init(&under);
    buf_init(&name);
    text_clean(&name, s->id);
    name.len = text_fit(buf_text(&name), d->width - column - 2);
    graph_put_facts(d->p, i, &under);
    if (!d->open)
        put_from(d, i, &under);
    text_clean(&facts, buf_text(&under));
    buf_clear(&under);
    buf_printf(d->out, "%s%s %.*s", margin, mark(s->kind), (int)name.len, buf_text(&name));
    name.data[name.len] = '\0';
    size_t at = column + 2 + text_width(name.data);
    if (at + 2 > start) { /* a long name has a line of its own */
        buf_printf(d->out, "\n%s│", margin);
        at = column + 1;
    }
    buf_printf(d->out, "%*s", (int)(start - at), "");
    buf_printf(&under, "%s│", margin);
    put_filled(d, buf_text(&facts), start, buf_text(&under), start);
    buf_release(&facts);
    buf_release(&under);
    buf_release(&name);
}

/* One branch, on a spine of its own; returns the index behind it. */
static uint32_t put_branch(struct drawing *d, const struct parallel *par, uint32_t b)
{
    buf_puts(d->out, "  ├──┐");
    if (par->copies > 1)
        buf_printf(d->out, " %u copies side by side\n", par->copies);
    else
        buf_printf(d->out, " branch %u of %u\n", b + 1, par->n_branches);
    d->open = true;
    for (uint32_t i = par->first[b]; i < par->first[b + 1]; i++) {
        int32_t below = i + 1 < par->first[b + 1] ? (int32_t)i + 1 : TO_JOIN;
        put_step(d, i, "  │  ");
        d->open = put_ways(d, i, below, "  │  ");
    }
    buf_puts(d->out, d->open ? "  ├──┘\n" : "  │\n");
    return par->first[b + 1];
}

/* Step i with its branches, if any; returns the index behind them. */
static uint32_t put_top(struct drawing *d, uint32_t i)
{
    const struct parallel *par = d->p->step[i].parallel;
    uint32_t next = i + 1;
    if (i > 0 && !d->open)
        buf_putc(d->out, '\n');
    put_step(d, i, "  ");
    for (uint32_t b = 0; par && b < par->n_branches; b++)
        next = put_branch(d, par, b);
    if (par) {
        struct buf join;
        buf_init(&join);
        buf_puts(&join, "joined: ");
        graph_put_join(par, &join);
        buf_puts(d->out, "  │ ");
        put_filled(d, buf_text(&join), 4, "  │", 4);
        buf_release(&join);
    }
    d->open = put_ways(d, i, next < d->p->n_steps ? (int32_t)next : TO_SHIP, "  ");
    return next;
}

void graph_put_text(const struct pipeline *p, int width, struct buf *out)
{
    struct drawing d = {.p = p, .out = out, .open = true};
    enum { NAME_MOST = 24 };
    d.width = width < 40 ? 40 : (size_t)width;
    for (uint32_t i = 0; i < p->n_steps; i++) {
        size_t len = strlen(p->step[i].id);
        if (len > d.name_width && len <= NAME_MOST && len <= d.width / 4)
            d.name_width = len;
    }
    arena_init(&d.arena);
    buf_puts(out, "  ○ items\n  │\n");
    for (uint32_t i = 0; i < p->n_steps;)
        i = put_top(&d, i);
    if (d.open)
        buf_puts(out, "  ◎ ship\n");
    vec_release(&d.ways.list);
    arena_release(&d.arena);
}
