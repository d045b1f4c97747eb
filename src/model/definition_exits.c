/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where items go from a step of a definition, as lines of a scenario: after an error, when it is
 * rejected, and on. */
#include "base/utf8.h"
#include "model/definition_writer.h"
#include "model/scenario_writer.h"

#include <math.h>
#include <string.h>

enum { LABEL_MAX = 200 };

static const char *const no_words[] = {
    "reject", "false",  "no",   "below", "low",    "review",    "revis", "fail",    "bad",
    "deny",   "denied", "decl", "refus", "cancel", "disapprov", "not",   "invalid", NULL};
/* What a person, or a check, sends back is called so too; but a plain no goes before. */
static const char *const again_words[] = {"again",  "redo",  "rework",    "retry",   "edit",
                                          "change", "modif", "regenerat", "reflect", "escalat",
                                          "improv", "fix",   "rewrit",    NULL};

/* --- targets */

/* The name of a node as a target: itself, or the branch's end. */
static const char *target_id(const struct def_output *o, int32_t to, const char *label)
{
    if (to < 0)
        return definition_end(label);
    if (o->d->nodes.at[to].fails)
        return "fail";
    if (o->fork && to == o->fork->join)
        return "ship";
    return o->d->nodes.at[to].id;
}

const char *def_edge_target(const struct def_output *o, const struct def_edge *e)
{
    return target_id(o, e->to, e->label);
}

/* Is the target what the text leads to anyway? */
static bool is_following(const struct def_output *o, const char *target)
{
    return strcmp(target, o->following ? o->following : "ship") == 0;
}

bool def_leads_back(const struct def_output *o, const struct def_edge *e)
{
    return definition_leads_back(&o->order, e) && !o->d->nodes.at[e->to].fails;
}

/* --- edges of a node */

static void add_exits(const struct def_output *o, int32_t node, bool back, bool conditional,
                      struct def_exits *x)
{
    size_t n;
    const struct def_edge *e = definition_ways(o->d, node, &n);

    for (size_t i = 0; i < n; i++)
        if (!e[i].error && def_leads_back(o, &e[i]) == back &&
            (back || e[i].conditional == conditional))
            x->at[x->n++] = &e[i];
}

struct def_exits def_exits_of(struct def_output *o, int32_t node)
{
    struct def_exits x = {0};
    size_t n;
    const struct def_edge *e = definition_ways(o->d, node, &n);

    x.at = arena_alloc(&o->work, (n + 1) * sizeof *x.at);
    for (size_t i = 0; i < n; i++)
        if (e[i].error)
            x.error = &e[i];
    add_exits(o, node, true, true, &x);
    add_exits(o, node, false, true, &x);
    add_exits(o, node, false, false, &x);
    for (size_t i = 0; i + 1 < x.n && def_leads_back(o, x.at[x.n - 1]); i++)
        if (!x.at[i]->conditional) { /* what is always taken stands last */
            const struct def_edge *last = x.at[x.n - 1];
            x.at[x.n - 1] = x.at[i];
            x.at[i] = last;
        }
    return x;
}

/* --- ways back */

/* "{to: x", and of an edge back its bound and what comes then: `out`, or where the definition does
 * not say (NULL) `otherwise`; what is to be said of the bound, NULL: it stands in the file. */
static const char *put_bounded(struct def_output *o, const struct def_edge *e, const char *key,
                               const char *out, const char *otherwise)
{
    bool back = def_leads_back(o, e);
    uint32_t bound = back ? def_bound(o, e) : 0;

    buf_printf(o->out, "{%s: %s", key, def_edge_target(o, e));
    if (back)
        buf_printf(o->out, ", at_most: %u, then: %s",
                   bound ? bound : def_assumed_bound(o, e, out != NULL), out ? out : otherwise);
    return !back                ? NULL
           : !bound             ? "assumed"
           : e->at_most_default ? "the framework's default"
                                : NULL;
}

/* What the edge is called (NULL: nothing), and what is to be said of a number of the line. */
static void put_remark(struct def_output *o, const char *label, const char *remark)
{
    if (remark || label) {
        buf_puts(o->out, "   # ");
        utf8_quote(o->out, label ? label : "", label ? strlen(label) : 0, LABEL_MAX);
        buf_puts(o->out, label && remark ? ": " : "");
        buf_puts(o->out, remark ? remark : "");
    }
    buf_putc(o->out, '\n');
}

/* "key: target", or with the bound of a way back, `out` and `otherwise` as in put_bounded;
 * `guessed`: the target is assumed. */
static void put_edge(struct def_output *o, const char *key, const struct def_edge *e,
                     const char *out, const char *otherwise, bool guessed)
{
    const char *remark = NULL;

    def_put_key(o, key);
    if (def_leads_back(o, e)) {
        remark = put_bounded(o, e, "goto", out, otherwise);
        buf_putc(o->out, '}');
    } else
        buf_puts(o->out, def_edge_target(o, e));
    put_remark(o, NULL, guessed ? "assumed" : remark);
}

/* The way of what a check or a review does not pass: by its label; else the one way back of a
 * person, who sends back what is not good enough (*guessed).  NULL: the definition does not say. */
static const struct def_edge *rejection(const struct def_output *o, const struct def_node *n,
                                        const struct def_exits *x, bool *guessed)
{
    const char *const *const words[] = {no_words, again_words};
    const struct def_edge *back = NULL;
    size_t backs = 0;

    *guessed = false;
    for (size_t pass = 0; pass < 2 && x->n > 1; pass++)
        for (size_t i = 0; i < x->n; i++)
            if (x->at[i]->conditional && definition_label_has(x->at[i]->label, words[pass]))
                return x->at[i];
    for (size_t i = 0; i < x->n; i++)
        if (def_leads_back(o, x->at[i]) && x->at[i]->conditional && !x->at[i]->label) {
            back = x->at[i];
            backs++;
        }
    *guessed = true;
    return n->kind == STEP_REVIEW && backs == 1 && x->n > 1 ? back : NULL;
}

/* --- after an error */

/* As if there had been none: by the usual way; where a person has not answered in time, as if the
 * answer were no. */
static void put_goes_on(struct def_output *o, const struct def_node *n, const struct def_exits *x)
{
    const struct def_edge *first = NULL, *no;
    bool guessed = true;

    no = n->kind == STEP_REVIEW ? rejection(o, n, x, &guessed) : NULL;
    if (no && !guessed) {
        put_edge(o, "fallback", no, NULL, "reject", false);
        return;
    }
    for (size_t i = 0; i < x->n && !first; i++)
        if (!def_leads_back(o, x->at[i]))
            first = x->at[i];
    if (!first && x->n) {
        const char *out = def_way_out(o, x, x->at[0]);
        put_edge(o, "fallback", x->at[0], out, "fail", false);
        return;
    }
    const char *target = first ? def_edge_target(o, first) : "ship";
    bool follows = o->before_fork || is_following(o, target);
    def_put_line(o, "fallback", follows ? "skip" : target, false);
}

static void put_fallback(struct def_output *o, const struct def_node *n, const struct def_exits *x)
{
    const struct def_edge *e = x->error;

    if (!e) {
        if (n->goes_on)
            put_goes_on(o, n, x);
        return;
    }
    if (o->fork && e->to == o->fork->after_error) {
        buf_printf(o->out, "%*s# an error ends the branch: see fallback of the parallel\n",
                   o->indent + 2, "");
        return;
    }
    if (!def_leads_back(o, e) && is_following(o, def_edge_target(o, e)))
        def_put_line(o, "fallback", "skip", false);
    else
        put_edge(o, "fallback", e, NULL, "fail", false);
}

/* --- ways on */

/* The share of the way from this step to the target; NULL when the logs have no such way. */
static const struct number *fitted_share(const struct def_output *o, const struct step *s,
                                         const struct def_edge *e)
{
    const char *target = def_edge_target(o, e);

    for (uint32_t i = 0; s && i < s->n_ways; i++) {
        int32_t to = s->way[i].edge.to;
        const char *id = to >= 0 ? o->fitted->step[to].id : to == TO_SHIP ? "ship" : "reject";
        bool same = to >= 0 && e->to >= 0 && o->step[e->to] == to;
        if (s->way[i].probability && (same || definition_same_name(id, target)))
            return &s->way[i].probability[0];
    }
    return NULL;
}

/* Has each way but the last a share of its own in the log? */
static bool all_shares_known(const struct def_output *o, const struct step *s,
                             const struct def_exits *x)
{
    for (size_t i = 0; i + 1 < x->n; i++) {
        const struct number *share = fitted_share(o, s, x->at[i]);
        bool again = false;
        for (size_t k = 0; k < i && share; k++)
            again = again || fitted_share(o, s, x->at[k]) == share;
        if (!share || again)
            return false;
    }
    return true;
}

/* The share of one way of several, as nothing is known of them: the same for all, but half for one
 * that needs no condition. */
static double assumed_share(const struct def_exits *x)
{
    bool always = !x->at[x->n - 1]->conditional;

    for (size_t i = 0; i + 1 < x->n; i++)
        always = always && x->at[i]->conditional;
    double share = always ? 0.5 / (double)(x->n - 1) : 1 / (double)x->n;
    return floor(1e3 * share) / 1e3;
}

static void put_way(struct def_output *o, const struct step *s, const struct def_exits *x, size_t i)
{
    const struct def_edge *e = x->at[i];
    bool last = i + 1 == x->n;
    const struct number *share = last ? NULL : fitted_share(o, s, e);
    struct writer writer = {o->fitted, o->out};
    const char *out = def_leads_back(o, e) ? def_way_out(o, x, e) : NULL;

    buf_printf(o->out, "%*s- ", o->indent + 4, "");
    const char *remark = put_bounded(o, e, "to", out, "fail");
    if (share) {
        buf_puts(o->out, ", probability: ");
        write_number(&writer, share);
    } else if (!last)
        buf_printf(o->out, ", probability: %.3g", assumed_share(x));
    buf_putc(o->out, '}');
    put_remark(o, e->label, !last && !share ? "assumed" : remark);
}

static void put_choice(struct def_output *o, const struct step *s, const struct def_exits *x)
{
    size_t beside = 0;

    for (size_t i = 0; i < x->n; i++)
        beside += !x->at[i]->conditional && !def_leads_back(o, x->at[i]);
    if (beside > 1)
        buf_printf(o->out,
                   "%*s# The definition starts %zu of these side by side, and they do not join as "
                   "a\n%*s# `parallel` does: they are written as a choice.\n",
                   o->indent + 2, "", beside, o->indent + 2, "");
    buf_printf(o->out, "%*snext:\n", o->indent + 2, "");
    s = all_shares_known(o, s, x) ? s : NULL;
    for (size_t i = 0; i < x->n; i++)
        put_way(o, s, x, i);
}

static void put_next(struct def_output *o, const struct step *s, const struct def_exits *x)
{
    if (o->before_fork)
        return;
    if (x->n == 0) {
        if (o->following)
            buf_printf(o->out, "%*snext: [{to: ship}]\n", o->indent + 2, "");
        return;
    }
    if (x->n > 1 || def_leads_back(o, x->at[0]) || x->at[0]->label ||
        !is_following(o, def_edge_target(o, x->at[0])))
        put_choice(o, s, x);
}

/* A check or review that sends items another way when it does not pass them; `others` is what is
 * left. */
static void put_rejection(struct def_output *o, const struct def_node *n, const struct step *s,
                          const struct def_exits *x, struct def_exits *others)
{
    bool guessed;
    size_t conditional = 0;
    const struct def_edge *no = rejection(o, n, x, &guessed);

    others->n = 0;
    others->at = arena_alloc(&o->work, (x->n + 1) * sizeof *others->at);
    for (size_t i = 0; i < x->n; i++) {
        if (x->at[i] != no)
            others->at[others->n++] = x->at[i];
        conditional += x->at[i]->conditional;
    }
    if (!no && x->n == 1 && x->at[0]->conditional && /* both answers lead there */
        (definition_label_has(x->at[0]->label, no_words) ||
         definition_label_has(x->at[0]->label, again_words)))
        put_edge(o, "on_reject", x->at[0], "reject", "reject", false);
    else if (no)
        put_edge(o, "on_reject", no, "reject", "reject", guessed);
    else if (n->kind == STEP_REVIEW && !(s && s->kind == STEP_REVIEW))
        def_put_line(o, "on_reject",
                     conditional > 1 ? "reject   # assumed: which way is that of a no is not said"
                                     : "reject   # assumed",
                     false);
}

static void put_gate(struct def_output *o, const struct def_node *n, const struct step *s,
                     const struct def_exits *x)
{
    size_t low = definition_label_has(x->at[0]->label, no_words) ? 0 : 1;

    def_put_key(o, "threshold");
    if (isfinite(n->threshold)) {
        write_share(o->out, n->threshold);
        buf_putc(o->out, '\n');
    } else if (s && s->kind == STEP_GATE && !s->bands && !s->draws_threshold) {
        write_share(o->out, s->numbers[0].threshold.value);
        buf_putc(o->out, '\n');
    } else
        buf_printf(o->out, "80%%%s", def_assumed());
    for (size_t k = 0; k < 2; k++) {
        const struct def_edge *e = x->at[k ? low : 1 - low];
        const char *out = def_leads_back(o, e) ? def_way_out(o, x, e) : NULL;
        put_edge(o, k ? "below" : "above", e, out, "fail", false);
    }
}

void def_put_exits(struct def_output *o, int32_t node, const struct step *s)
{
    const struct def_node *n = &o->d->nodes.at[node];
    struct def_exits x = def_exits_of(o, node), others = x;

    put_fallback(o, n, &x);
    if (def_is_gate(o, node)) {
        put_gate(o, n, s, &x);
        return;
    }
    if (n->kind == STEP_CHECK || n->kind == STEP_REVIEW)
        put_rejection(o, n, s, &x, &others);
    put_next(o, s, &others);
}

void def_put_fork_exits(struct def_output *o, const struct def_fork *f)
{
    const char *target = target_id(o, f->join, NULL);

    if (f->after_error >= 0) {
        struct def_edge e = {.from = f->nodes.at[0], .to = f->after_error, .error = true};
        if (is_following(o, def_edge_target(o, &e)))
            def_put_line(o, "fallback", "skip", false);
        else
            put_edge(o, "fallback", &e, NULL, "fail", false);
    }
    if (!is_following(o, target))
        buf_printf(o->out, "%*snext: [{to: %s}]\n", o->indent + 2, "", target);
}
