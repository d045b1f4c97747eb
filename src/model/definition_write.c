/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A definition as a scenario file.  Frameworks say which steps there are and how they follow one
 * another; how often a step fails, how long it takes and which way is taken they do not say.  Such
 * numbers are round figures, marked `assumed` in their line, until a log's take their place. */
#include "model/definition.h"
#include "model/scenario_writer.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is written one after the other: a node, or the branches that a fork starts. */
struct element {
    int32_t node; /* NODE_START where it is a fork */
    uint32_t fork;
    const char *id;
};

struct output {
    const struct definition *d;
    const struct pipeline *fitted;
    struct def_order order;
    VEC(struct element) elements;
    int32_t *judge_of;      /* [nodes]: of a gate, who gives its confidence; NODE_START: no gate */
    bool *gives_confidence; /* [nodes] */
    struct buf *out;
    uint32_t taken;
    /* of the steps being written */
    const struct def_fork *fork; /* NULL outside branches */
    int indent;
    const char *following; /* id of what follows in the text; NULL: the end */
};

/* Round figures for a step of each layer. */
static const struct {
    const char *error, *wrong, *latency;
} assumed[LAYER_COUNT] = {
    [LAYER_DATA] = {"2%", "2%", "200ms"},
      [LAYER_TOOL] = {"3%", NULL, "1s"   },
    [LAYER_AGENT] = {"1%", NULL, "50ms" },
      [LAYER_HUMAN] = {NULL, NULL, "10m"  },
    [LAYER_FEEDBACK] = {"1%", NULL, "50ms" },
      [LAYER_MODEL] = {"2%", "8%", "5s"   },
};
static const char ASSUMED[] = "   # assumed\n";

/* --- targets */

/* Does a word of the label begin like one of these?  Short ones must be the whole word. */
static bool label_has(const char *label, const char *const *words)
{
    for (; label && *words; words++) {
        size_t n = strlen(*words);
        for (const char *c = label; *c; c++) {
            size_t i = 0;
            while (i < n && tolower((unsigned char)c[i]) == (*words)[i])
                i++;
            bool begins = c == label || !isalpha((unsigned char)c[-1]);
            if (i == n && begins && (n > 3 || !isalpha((unsigned char)c[n])))
                return true;
        }
    }
    return false;
}

static const char *const no_words[] = {"reject", "false",  "no",   "below", "low",
                                       "review", "revise", "fail", "bad",   NULL};
static const char *const fail_words[] = {"give", "fail", "error", "abort", NULL};
static const char *const reject_words[] = {"reject", "refuse", "decline", NULL};

/* How the end is written for an edge with this label. */
static const char *end_word(const char *label)
{
    return label_has(label, fail_words)     ? "fail"
           : label_has(label, reject_words) ? "reject"
                                            : "ship";
}

/* The name of a node as a target: itself, the fork that begins with it, or the branch's end. */
static const char *target_id(const struct output *o, int32_t to, const char *label)
{
    if (to < 0)
        return end_word(label);
    if (o->d->nodes.at[to].fails)
        return "fail";
    if (o->fork && to == o->fork->join)
        return "ship";
    return o->d->nodes.at[to].id;
}

static const char *edge_target(const struct output *o, const struct def_edge *e)
{
    return target_id(o, e->to, e->label);
}

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* Is the target what the text leads to anyway? */
static bool is_following(const struct output *o, const char *target)
{
    return o->following ? same(target, o->following) : same(target, "ship");
}

/* --- what logs know */

static const struct step *fitted_step(const struct output *o, const struct def_node *n)
{
    int32_t at = o->fitted ? definition_in_log(o->fitted, n) : -1;

    return at < 0 ? NULL : &o->fitted->step[at];
}

static struct writer writer_of(const struct output *o)
{
    return (struct writer){o->fitted, o->out};
}

/* The share of the way from this step to the target; NULL when the logs have no such way. */
static const struct number *fitted_share(const struct output *o, const struct step *s,
                                         const char *target)
{
    for (uint32_t i = 0; s && i < s->n_ways; i++) {
        int32_t to = s->way[i].edge.to;
        const char *id = to >= 0 ? o->fitted->step[to].id : to == TO_SHIP ? "ship" : "reject";
        if (s->way[i].probability && definition_same_name(id, target))
            return &s->way[i].probability[0];
    }
    return NULL;
}

/* --- lines */

static void put_key(struct output *o, const char *key)
{
    buf_printf(o->out, "%*s%s: ", o->indent + 2, "", key);
}

static void put_line(struct output *o, const char *key, const char *value, bool is_assumed)
{
    put_key(o, key);
    buf_puts(o->out, value);
    buf_puts(o->out, is_assumed ? ASSUMED : "\n");
}

static void put_duration(struct output *o, const char *key, double s)
{
    put_key(o, key);
    units_put_duration_exact(o->out, s);
    buf_putc(o->out, '\n');
}

static void put_rate(struct output *o, const char *key, const struct number *known,
                     const char *otherwise)
{
    struct writer w = writer_of(o);

    if (known && known->value <= 0 && !known->evidence)
        return;
    if (!known) {
        if (otherwise)
            put_line(o, key, otherwise, true);
        return;
    }
    put_key(o, key);
    write_number(&w, known);
    buf_putc(o->out, '\n');
}

/* A step that may be cut short is taken to need a quarter of its limit at most. */
static void put_assumed_latency(struct output *o, const struct def_node *n)
{
    struct error ignored = {0};
    double usual, limit = fmin(n->timeout_s, o->d->deadline_s);

    if (units_duration(assumed[n->layer].latency, &usual, &ignored) || usual < limit) {
        put_line(o, "latency", assumed[n->layer].latency, true);
        return;
    }
    put_key(o, "latency");
    units_put_duration_exact(o->out, limit / 4);
    buf_puts(o->out, ASSUMED);
}

/* Does the log tell of any step how often it is wrong?  Without labels and reviews it does not. */
static bool knows_truth(const struct pipeline *fitted)
{
    for (uint32_t i = 0; i < fitted->n_steps; i++)
        if (fitted->step[i].numbers[0].wrong.evidence || fitted->step[i].numbers[0].wrong.value > 0)
            return true;
    return false;
}

/* What only waits, or only chooses, does not err. */
static void put_wait(struct output *o, const struct def_node *n)
{
    if (n->takes_s > 0)
        put_duration(o, "latency", n->takes_s);
}

static void put_rates(struct output *o, const struct def_node *n, const struct step *s)
{
    const struct numbers *k = s ? &s->numbers[0] : NULL;

    if (n->kind == STEP_STAGE && isfinite(n->takes_s) && !s)
        return put_wait(o, n);
    if (n->kind == STEP_STAGE) {
        put_rate(o, "error", k ? &k->error : NULL, assumed[n->layer].error);
        put_rate(o, "wrong", k && knows_truth(o->fitted) ? &k->wrong : NULL,
                 assumed[n->layer].wrong);
        put_rate(o, "malformed", k ? &k->malformed : NULL, NULL);
    } else if (n->kind == STEP_REVIEW) {
        bool known = s && s->kind == STEP_REVIEW;
        put_rate(o, "sensitivity", known ? &k->sensitivity : NULL, "90%");
        put_rate(o, "specificity", known ? &k->specificity : NULL, "98%");
        put_rate(o, "fixes", known ? &k->fixes : NULL, NULL);
        put_rate(o, "spoils", known ? &k->spoils : NULL, NULL);
    } else if (n->kind == STEP_CHECK) {
        put_line(o, "sensitivity", "80%", true);
        put_line(o, "specificity", "95%", true);
    }
    if (s) {
        put_key(o, "latency");
        write_dist(o->out, &k->latency, QUANTITY_TIME);
        buf_putc(o->out, '\n');
    } else if (isfinite(n->takes_s)) {
        put_wait(o, n);
    } else if (n->kind != STEP_GATE)
        put_assumed_latency(o, n);
}

static void put_confidence(struct output *o, const struct def_node *n, const struct step *s)
{
    if (!o->gives_confidence[n - o->d->nodes.at])
        return;
    if (!s || !s->has_confidence) {
        put_line(o, "confidence", "{good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}", true);
        return;
    }
    put_key(o, "confidence");
    buf_puts(o->out, "{good: ");
    write_dist(o->out, &s->numbers[0].confidence_good, QUANTITY_SCORE);
    buf_puts(o->out, ", bad: ");
    write_dist(o->out, &s->numbers[0].confidence_bad, QUANTITY_SCORE);
    buf_puts(o->out, "}\n");
}

/* What the definition says of retries; else what the log shows. */
static void put_retry(struct output *o, const struct def_node *n, const struct step *s)
{
    struct writer w = writer_of(o);

    if (n->attempts <= 1) {
        if (s)
            write_retry(&w, s, o->indent + 2);
        return;
    }
    put_key(o, "retry");
    buf_printf(o->out, "{attempts: %u", n->attempts);
    if (isfinite(n->wait_s) && n->wait_s > 0) {
        buf_puts(o->out, ", backoff: {initial: ");
        units_put_duration_exact(o->out, n->wait_s);
        buf_puts(o->out, ", factor: 1}");
    }
    buf_puts(o->out, "}\n");
}

static void put_fallback(struct output *o, const struct def_node *n)
{
    const char *target = n->on_error >= 0 ? target_id(o, n->on_error, NULL) : NULL;

    if (target && !is_following(o, target))
        put_line(o, "fallback", target, false);
    else if (target || n->goes_on)
        put_line(o, "fallback", "skip", false);
}

/* --- ways on */

/* The edges of a node, those that lead back first, the unconditional one last. */
struct ways {
    const struct def_edge *at[64];
    size_t n;
};

static void add_ways(const struct output *o, int32_t node, bool back, bool conditional,
                     struct ways *w)
{
    for (size_t i = 0; i < o->d->edges.len && w->n < 64; i++) {
        const struct def_edge *e = &o->d->edges.at[i];
        if (e->from == node && definition_leads_back(&o->order, e) == back &&
            (back || e->conditional == conditional))
            w->at[w->n++] = e;
    }
}

static struct ways ways_of(const struct output *o, int32_t node)
{
    struct ways w = {.n = 0};

    add_ways(o, node, true, true, &w);
    add_ways(o, node, false, true, &w);
    add_ways(o, node, false, false, &w);
    for (size_t i = 0; i + 1 < w.n && definition_leads_back(&o->order, w.at[w.n - 1]); i++)
        if (!w.at[i]->conditional) { /* what is always taken stands last */
            const struct def_edge *last = w.at[w.n - 1];
            w.at[w.n - 1] = w.at[i];
            w.at[i] = last;
        }
    return w;
}

/* Marks what `from` leads to by ways forward. */
static void reach_forward(const struct output *o, int32_t from, bool *seen)
{
    if (from < 0 || seen[from])
        return;
    seen[from] = true;
    for (size_t i = 0; i < o->d->edges.len; i++)
        if (o->d->edges.at[i].from == from && !definition_leads_back(&o->order, &o->d->edges.at[i]))
            reach_forward(o, o->d->edges.at[i].to, seen);
}

/* The way on from the head of a loop that does not come by `node` again; NULL. */
static const struct def_edge *loop_exit(const struct output *o, int32_t head, int32_t node)
{
    const struct def_edge *found = NULL;
    bool *seen = mem_alloc(o->d->nodes.len + 1);

    for (size_t i = 0; i < o->d->edges.len && !found; i++) {
        const struct def_edge *e = &o->d->edges.at[i];
        if (e->from != head || definition_leads_back(&o->order, e))
            continue;
        memset(seen, 0, o->d->nodes.len + 1);
        reach_forward(o, e->to, seen);
        if (e->to < 0 || !seen[node])
            found = e;
    }
    mem_free(seen);
    return found;
}

/* Where an item goes when it has been back as often as it may: the first way forward, else that of
 * the loop's head. */
static const char *way_out(const struct output *o, const struct ways *w,
                           const struct def_edge *back)
{
    for (size_t i = 0; i < w->n; i++)
        if (!definition_leads_back(&o->order, w->at[i]))
            return edge_target(o, w->at[i]);
    const struct def_edge *e = o->fork ? NULL : loop_exit(o, back->to, back->from);
    if (e && (e->to < 0 ||
              (!o->order.fork_of[e->to] && o->order.rank[e->to] > o->order.rank[back->from])))
        return edge_target(o, e);
    return o->following ? o->following : "ship";
}

/* How often an item may go back: as said, or as the most of messages leaves room for; 0: neither.
 */
static uint32_t bound_of(const struct output *o, const struct def_edge *e)
{
    double length = (double)(o->order.rank[e->from] - o->order.rank[e->to]) + 1;

    if (e->at_most || !(o->d->messages > 0))
        return e->at_most;
    return (uint32_t)fmin(fmax(floor((o->d->messages - 1) / length), 1), 1e6);
}

/* "to: x", and of an edge back its bound and what comes then; says whether the bound is assumed. */
static bool put_bounded(struct output *o, const struct def_edge *e, const char *key,
                        const char *then)
{
    bool back = definition_leads_back(&o->order, e);

    buf_printf(o->out, "{%s: %s", key, edge_target(o, e));
    if (back)
        buf_printf(o->out, ", at_most: %u, then: %s", bound_of(o, e) ? bound_of(o, e) : 2, then);
    return back && !bound_of(o, e);
}

/* n: how many ways there are, of which the last has no share. */
static void put_way(struct output *o, const struct step *s, const struct ways *w, size_t i,
                    size_t n)
{
    const struct def_edge *e = w->at[i];
    bool last = i + 1 == n, guessed;
    const struct number *share = last ? NULL : fitted_share(o, s, edge_target(o, e));
    struct writer writer = writer_of(o);

    buf_printf(o->out, "%*s- ", o->indent + 4, "");
    guessed = put_bounded(o, e, "to", way_out(o, w, e));
    if (share) {
        buf_puts(o->out, ", probability: ");
        write_number(&writer, share);
    } else if (!last)
        buf_printf(o->out, ", probability: %.3g", floor(1e3 / (double)n) / 1e3);
    buf_putc(o->out, '}');
    if (guessed || (!last && !share) || e->label) {
        buf_puts(o->out, "   # ");
        for (const char *c = e->label; c && *c; c++)
            buf_putc(o->out, (unsigned char)*c < ' ' ? ' ' : *c);
        buf_puts(o->out, e->label && (guessed || (!last && !share)) ? ": " : "");
        buf_puts(o->out, guessed || (!last && !share) ? "assumed" : "");
    }
    buf_putc(o->out, '\n');
}

static bool all_shares_known(const struct output *o, const struct step *s, const struct ways *w)
{
    for (size_t i = 0; i + 1 < w->n; i++)
        if (!fitted_share(o, s, edge_target(o, w->at[i])))
            return false;
    return true;
}

static void put_ways(struct output *o, int32_t node, const struct step *s, const struct ways *w)
{
    if (w->n == 0 && o->following) {
        buf_printf(o->out, "%*snext: [{to: ship}]\n", o->indent + 2, "");
        return;
    }
    if (w->n == 0 || (w->n == 1 && is_following(o, edge_target(o, w->at[0])) &&
                      !definition_leads_back(&o->order, w->at[0])))
        return;
    size_t beside = 0;
    for (size_t i = 0; i < w->n; i++)
        beside += !w->at[i]->conditional && !definition_leads_back(&o->order, w->at[i]);
    if (beside > 1)
        buf_printf(
            o->out,
            "%*s# The definition starts %zu of these side by side, and they do not join as a\n"
            "%*s# `parallel` does: they are written as a choice.\n",
            o->indent + 2, "", beside, o->indent + 2, "");
    buf_printf(o->out, "%*snext:\n", o->indent + 2, "");
    s = all_shares_known(o, s, w) ? s : NULL;
    const struct def_edge *last = w->at[w->n - 1];
    /* all lead back, and none of them always */
    bool endless = last->conditional && definition_leads_back(&o->order, last);
    for (size_t i = 0; i < w->n; i++)
        put_way(o, s, w, i, w->n + endless);
    if (endless)
        buf_printf(o->out, "%*s- {to: %s}\n", o->indent + 4, "",
                   o->following ? o->following : "ship");
}

/* Of two ways the one that is not taken for granted; which is it? */
static size_t low_way(const struct ways *w)
{
    return label_has(w->at[0]->label, no_words) ? 0 : 1;
}

static void put_gate(struct output *o, const struct def_node *n, const struct step *s,
                     const struct ways *w)
{
    size_t low = low_way(w);
    static const char *const key[2] = {"above", "below"};

    put_key(o, "threshold");
    if (isfinite(n->threshold)) {
        write_share(o->out, n->threshold);
        buf_putc(o->out, '\n');
    } else if (s && s->kind == STEP_GATE && !s->bands && !s->draws_threshold) {
        write_share(o->out, s->numbers[0].threshold.value);
        buf_putc(o->out, '\n');
    } else
        buf_printf(o->out, "80%%%s", ASSUMED);
    for (size_t k = 0; k < 2; k++) {
        const struct def_edge *e = w->at[k ? low : 1 - low];
        put_key(o, key[k]);
        bool guessed = false;
        if (definition_leads_back(&o->order, e)) {
            guessed = put_bounded(o, e, "goto", way_out(o, w, e));
            buf_putc(o->out, '}');
        } else
            buf_puts(o->out, edge_target(o, e));
        buf_puts(o->out, guessed ? ASSUMED : "\n");
    }
}

/* A check or review that sends items another way when it does not pass them. */
static void put_rejection(struct output *o, const struct ways *w, struct ways *others)
{
    const struct def_edge *no = NULL;

    others->n = 0;
    for (size_t i = 0; i < w->n; i++) {
        if (!no && w->n > 1 && w->at[i]->conditional && label_has(w->at[i]->label, no_words))
            no = w->at[i];
        else
            others->at[others->n++] = w->at[i];
    }
    if (!no)
        return;
    put_key(o, "on_reject");
    if (definition_leads_back(&o->order, no)) {
        bool guessed = put_bounded(o, no, "goto", "reject");
        buf_putc(o->out, '}');
        buf_puts(o->out, guessed ? ASSUMED : "\n");
    } else
        buf_printf(o->out, "%s\n", edge_target(o, no));
}

/* --- steps */

static bool is_gate(const struct output *o, int32_t node)
{
    return o->judge_of[node] >= 0;
}

static void put_title(struct output *o, const struct def_node *n)
{
    struct buf text = {0};
    char indent[32];

    if (strcmp(n->title, n->id))
        buf_printf(&text, "%s%s", n->title, n->about ? "; " : "");
    buf_puts(&text, n->about ? n->about : "");
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] < ' ' || text.data[i] == 0x7f)
            text.data[i] = ' ';
    snprintf(indent, sizeof indent, "%*s", o->indent, "");
    write_comment(o->out, indent, buf_text(&text));
    buf_release(&text);
}

static void put_node(struct output *o, int32_t node, bool leads_to_fork)
{
    const struct def_node *n = &o->d->nodes.at[node];
    const struct step *s = fitted_step(o, n);
    struct ways w = ways_of(o, node), others;
    bool gate = is_gate(o, node);
    enum step_kind kind = n->kind == STEP_GATE && !gate ? STEP_STAGE : n->kind;

    o->taken += s != NULL;
    put_title(o, n);
    buf_printf(o->out, "%*s- %s: %s\n", o->indent, "", step_kind_name(kind), n->id);
    put_line(o, "layer", layer_name(n->layer), false);
    put_rates(o, n, s);
    if (isfinite(n->timeout_s))
        put_duration(o, "timeout", n->timeout_s);
    put_retry(o, n, s);
    put_confidence(o, n, s);
    if (gate) {
        put_gate(o, n, s, &w);
        return;
    }
    put_fallback(o, n);
    others = w;
    if (kind == STEP_CHECK || kind == STEP_REVIEW)
        put_rejection(o, &w, &others);
    if (!leads_to_fork)
        put_ways(o, node, s, &others);
}

/* As the node behind the branches says; the scenario says all of it. */
static void put_join(struct output *o, const struct def_fork *f)
{
    const char *how = f->join >= 0 ? o->d->nodes.at[f->join].join : NULL;
    size_t n = f->first.len - 1, k = how ? strtoul(how, NULL, 10) : 0;

    put_key(o, "join");
    if (k > 0 && k < n)
        buf_printf(o->out, "%zu of %zu\n", k, n);
    else
        buf_printf(o->out, "%s\n", how && k == 0 ? how : "all");
}

static void put_fork(struct output *o, const struct def_fork *f, const char *id)
{
    const char *after = o->following;
    int32_t join = f->join;

    buf_printf(o->out, "%*s- parallel: %s\n", o->indent, "", id);
    put_line(o, "layer", "agent", false);
    put_join(o, f);
    if (!is_following(o, target_id(o, join, NULL)))
        buf_printf(o->out, "%*snext: [{to: %s}]\n", o->indent + 2, "", target_id(o, join, NULL));
    buf_printf(o->out, "%*sbranches:\n", o->indent + 2, "");
    o->fork = f;
    o->indent += 6;
    for (size_t b = 0; b + 1 < f->first.len; b++) {
        buf_printf(o->out, "%*s-\n", o->indent - 2, "");
        for (uint32_t i = f->first.at[b]; i < f->first.at[b + 1]; i++) {
            bool last = i + 1 == f->first.at[b + 1];
            o->following = last ? NULL : o->d->nodes.at[f->nodes.at[i + 1]].id;
            put_node(o, f->nodes.at[i], false);
        }
    }
    o->indent -= 6;
    o->fork = NULL;
    o->following = after;
}

/* --- the whole */

static const char *fork_name(struct output *o, const struct def_fork *f, struct arena *a)
{
    struct buf name = {0};

    buf_puts(&name, o->d->nodes.at[f->nodes.at[0]].id);
    buf_printf(&name, "-and-%s", o->d->nodes.at[f->nodes.at[f->first.at[1]]].id);
    if (f->first.len > 3)
        buf_puts(&name, "-and-more");
    const char *kept = arena_strndup(a, name.data, name.len < 90 ? name.len : 90);
    buf_release(&name);
    return kept;
}

static void list_elements(struct output *o, struct arena *a)
{
    for (size_t r = 0; r <= o->order.nodes.len; r++) {
        int32_t node = r ? o->order.nodes.at[r - 1] : NODE_START;
        if (node >= 0 && (o->order.fork_of[node] || o->d->nodes.at[node].fails))
            continue;
        if (node >= 0)
            vec_push(&o->elements, ((struct element){node, 0, o->d->nodes.at[node].id}));
        for (uint32_t f = 0; f < o->order.forks.len; f++)
            if (o->order.forks.at[f].at == node)
                vec_push(&o->elements,
                         ((struct element){NODE_START, f, fork_name(o, &o->order.forks.at[f], a)}));
    }
}

/* Marks what the start leads to without passing `but`. */
static void reach_without(const struct definition *d, int32_t from, int32_t but, bool *seen)
{
    if (from == but || from == NODE_END || (from >= 0 && seen[from]))
        return;
    if (from >= 0)
        seen[from] = true;
    for (size_t i = 0; i < d->edges.len; i++)
        if (d->edges.at[i].from == from)
            reach_without(d, d->edges.at[i].to, but, seen);
    if (from >= 0 && d->nodes.at[from].on_error >= 0)
        reach_without(d, d->nodes.at[from].on_error, but, seen);
}

/* Who gives a gate its confidence: of the steps that every item passes before it the last one of
 * layer model, else the last. */
static int32_t find_judge(const struct output *o, int32_t gate)
{
    const struct definition *d = o->d;
    bool *seen = mem_alloc(d->nodes.len + 1);
    int32_t found = NODE_START;

    for (uint32_t r = 0; r < o->order.rank[gate]; r++) {
        int32_t node = o->order.nodes.at[r];
        const struct def_node *n = &d->nodes.at[node];
        if (n->kind == STEP_GATE || o->order.fork_of[node])
            continue;
        memset(seen, 0, d->nodes.len + 1);
        reach_without(d, NODE_START, node, seen);
        bool better =
            found < 0 || n->layer == LAYER_MODEL || d->nodes.at[found].layer != LAYER_MODEL;
        if (!seen[gate] && better)
            found = node;
    }
    mem_free(seen);
    return found;
}

/* A gate has two ways on and a confidence before it; one that has not is written as a stage. */
static void find_judges(struct output *o)
{
    o->judge_of = mem_alloc((o->d->nodes.len + 1) * sizeof *o->judge_of);
    o->gives_confidence = mem_zero(o->d->nodes.len + 1, 1);
    for (size_t i = 0; i < o->d->nodes.len; i++)
        o->judge_of[i] = NODE_START;
    for (size_t r = 0; r < o->order.nodes.len; r++) {
        int32_t node = o->order.nodes.at[r];
        if (o->d->nodes.at[node].kind != STEP_GATE || ways_of(o, node).n != 2)
            continue;
        o->judge_of[node] = find_judge(o, node);
        if (o->judge_of[node] >= 0)
            o->gives_confidence[o->judge_of[node]] = true;
    }
}

/* A sentence in lines of at most 96 bytes, as far as its words allow. */
static void put_note(struct buf *out, const char *text)
{
    for (size_t column = 0; *text;) {
        size_t len = strcspn(text, " ");
        bool begins = column == 0;
        if (!begins && column + 1 + len > 96) {
            buf_putc(out, '\n');
            begins = true;
            column = 0;
        }
        buf_puts(out, begins ? "" : " ");
        buf_add(out, text, len);
        column += len + !begins;
        text += len;
        text += strspn(text, " ");
    }
    buf_putc(out, '\n');
}

static void put_head(struct output *o)
{
    struct buf text = {0};
    size_t left_out = 0;

    for (size_t i = 0; i < o->d->nodes.len; i++)
        left_out += o->order.rank[i] == UINT32_MAX && !o->d->nodes.at[i].fails;
    buf_printf(&text, "From %s, a definition of %s.\n", o->d->file, o->d->framework);
    buf_puts(&text, "It says which steps there are and how they follow one another; rates, times "
                    "and shares\nmarked `assumed` it does not hold: they are round figures, to be "
                    "replaced by hand or from\na log (--parameters LOG).  Layers are guessed from "
                    "names.\n");
    for (size_t i = 0; i < o->d->notes.len; i++)
        put_note(&text, o->d->notes.at[i]);
    if (left_out)
        buf_printf(&text, "%zu node%s that nothing leads to %s left out.\n", left_out,
                   left_out == 1 ? "" : "s", left_out == 1 ? "is" : "are");
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] < ' ' && text.data[i] != '\n')
            text.data[i] = ' ';
    write_comment(o->out, "", buf_text(&text));
    buf_release(&text);
    buf_puts(o->out, "seam: 1\nname: ");
    if (*o->d->name)
        write_text(o->out, o->d->name);
    else {
        char *stem = mem_strdup(o->d->file);
        if (strrchr(stem, '.') && strrchr(stem, '.') > stem)
            *strrchr(stem, '.') = '\0';
        write_text(o->out, stem);
        mem_free(stem);
    }
    buf_putc(o->out, '\n');
    if (isfinite(o->d->deadline_s)) {
        buf_puts(o->out, "deadline: ");
        units_put_duration_exact(o->out, o->d->deadline_s);
        buf_putc(o->out, '\n');
    }
    buf_puts(o->out, "\nflow:\n");
}

void definition_write(const struct definition *d, const struct pipeline *fitted, struct buf *out,
                      uint32_t *taken)
{
    struct output o = {.d = d, .fitted = fitted, .out = out, .indent = 2};
    struct arena names;

    arena_init(&names);
    definition_order(d, &o.order);
    list_elements(&o, &names);
    find_judges(&o);
    put_head(&o);
    for (size_t i = 0; i < o.elements.len; i++) {
        const struct element *e = &o.elements.at[i];
        bool last = i + 1 == o.elements.len;
        o.following = last ? NULL : o.elements.at[i + 1].id;
        buf_puts(out, i ? "\n" : "");
        if (e->node == NODE_START)
            put_fork(&o, &o.order.forks.at[e->fork], e->id);
        else
            put_node(&o, e->node, !last && e[1].node == NODE_START);
    }
    if (taken)
        *taken = o.taken;
    mem_free(o.gives_confidence);
    mem_free(o.judge_of);
    vec_release(&o.elements);
    def_order_release(&o.order);
    arena_release(&names);
}
