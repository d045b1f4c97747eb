/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a step of a definition is and does, as lines of a scenario: what the file says, what a log
 * says in its place where it says nothing, and round figures marked `assumed` where neither does.
 */
#include "base/utf8.h"
#include "model/definition_writer.h"
#include "model/scenario_writer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Bytes of a comment. */
enum { TITLE_MAX = 200, ABOUT_MAX = 600 };

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

/* --- what logs know */

const struct step *def_fitted_step(const struct def_output *o, const struct def_node *n)
{
    int32_t at = o->fitted ? o->step[n - o->d->nodes.at] : -1;

    return at < 0 ? NULL : &o->fitted->step[at];
}

static struct writer writer_of(const struct def_output *o)
{
    return (struct writer){o->fitted, o->out};
}

/* --- lines */

void def_put_key(struct def_output *o, const char *key)
{
    buf_printf(o->out, "%*s%s: ", o->indent + 2, "", key);
}

void def_put_line(struct def_output *o, const char *key, const char *value, bool is_assumed)
{
    def_put_key(o, key);
    buf_puts(o->out, value);
    buf_puts(o->out, is_assumed ? def_assumed() : "\n");
}

static void put_duration(struct def_output *o, const char *key, double s)
{
    def_put_key(o, key);
    units_put_duration_exact(o->out, s);
    buf_putc(o->out, '\n');
}

static void put_rate(struct def_output *o, const char *key, const struct number *known,
                     const char *otherwise)
{
    struct writer w = writer_of(o);

    if (known && known->value <= 0 && !known->evidence)
        return;
    if (!known) {
        if (otherwise)
            def_put_line(o, key, otherwise, true);
        return;
    }
    def_put_key(o, key);
    write_number(&w, known);
    buf_putc(o->out, '\n');
}

/* A step that may be cut short is taken to need a quarter of its limit at most. */
static void put_assumed_latency(struct def_output *o, const struct def_node *n)
{
    struct error ignored = {0};
    double usual, limit = fmin(n->timeout_s, o->d->deadline_s);

    if (units_duration(assumed[n->layer].latency, &usual, &ignored) || usual < limit) {
        def_put_line(o, "latency", assumed[n->layer].latency, true);
        return;
    }
    def_put_key(o, "latency");
    units_put_duration_exact(o->out, limit / 4);
    buf_puts(o->out, def_assumed());
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
static void put_wait(struct def_output *o, const struct def_node *n)
{
    if (n->takes_s > 0)
        put_duration(o, "latency", n->takes_s);
}

static void put_rates(struct def_output *o, const struct def_node *n, const struct step *s)
{
    const struct numbers *k = s ? &s->numbers[0] : NULL;

    if (n->kind == STEP_STAGE && isfinite(n->takes_s) && !s)
        return put_wait(o, n);
    if (n->kind == STEP_STAGE) {
        put_rate(o, "error", k ? &k->error : NULL, assumed[n->layer].error);
        bool room = !k || k->error.value + k->malformed.value <= 0.9; /* for what is assumed */
        put_rate(o, "wrong", k && knows_truth(o->fitted) ? &k->wrong : NULL,
                 room ? assumed[n->layer].wrong : NULL);
        put_rate(o, "malformed", k ? &k->malformed : NULL, NULL);
    } else if (n->kind == STEP_REVIEW) {
        bool known = s && s->kind == STEP_REVIEW;
        put_rate(o, "sensitivity", known ? &k->sensitivity : NULL, "90%");
        put_rate(o, "specificity", known ? &k->specificity : NULL, "98%");
        put_rate(o, "fixes", known ? &k->fixes : NULL, NULL);
        put_rate(o, "spoils", known ? &k->spoils : NULL, NULL);
    } else if (n->kind == STEP_CHECK) {
        def_put_line(o, "sensitivity", "80%", true);
        def_put_line(o, "specificity", "95%", true);
    }
    if (s) {
        def_put_key(o, "latency");
        write_dist(o->out, &k->latency, QUANTITY_TIME);
        buf_putc(o->out, '\n');
    } else if (isfinite(n->takes_s)) {
        put_wait(o, n);
    } else if (n->kind != STEP_GATE)
        put_assumed_latency(o, n);
}

static void put_confidence(struct def_output *o, const struct def_node *n, const struct step *s)
{
    if (!o->gives_confidence[n - o->d->nodes.at])
        return;
    if (!s || !s->has_confidence) {
        def_put_line(o, "confidence", "{good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}",
                     true);
        return;
    }
    def_put_key(o, "confidence");
    buf_puts(o->out, "{good: ");
    write_dist(o->out, &s->numbers[0].confidence_good, QUANTITY_SCORE);
    buf_puts(o->out, ", bad: ");
    write_dist(o->out, &s->numbers[0].confidence_bad, QUANTITY_SCORE);
    buf_puts(o->out, "}\n");
}

/* What the definition says of retries; else what the log shows. */
static void put_retry(struct def_output *o, const struct def_node *n, const struct step *s)
{
    struct writer w = writer_of(o);

    if (n->attempts <= 1) {
        if (s)
            write_retry(&w, s, o->indent + 2);
        return;
    }
    def_put_key(o, "retry");
    buf_printf(o->out, "{attempts: %u", n->attempts);
    if (isfinite(n->wait_s) && n->wait_s > 0) {
        buf_puts(o->out, ", backoff: {initial: ");
        units_put_duration_exact(o->out, n->wait_s);
        buf_puts(o->out, ", factor: 1}");
    }
    buf_puts(o->out, n->attempts_default ? "}   # the framework's default\n" : "}\n");
}

/* --- steps */

bool def_is_gate(const struct def_output *o, int32_t node)
{
    return o->judge_of[node] >= 0;
}

/* Its title, where its id cannot spell it. */
static void put_name(struct def_output *o, const struct def_node *n)
{
    struct buf text = {0};

    if (!utf8_beyond_ascii(n->title))
        return;
    utf8_quote(&text, n->title, strlen(n->title), TITLE_MAX);
    buf_printf(o->out, "%*sname: ", o->indent + 2, "");
    write_text(o->out, buf_text(&text));
    buf_putc(o->out, '\n');
    buf_release(&text);
}

static void put_title(struct def_output *o, const struct def_node *n)
{
    struct buf text = {0};
    char indent[32];

    if (!definition_same_name(n->title, n->id) && !utf8_beyond_ascii(n->title)) {
        utf8_quote(&text, n->title, strlen(n->title), TITLE_MAX);
        buf_puts(&text, n->about ? "; " : "");
    }
    if (n->about)
        utf8_quote(&text, n->about, strlen(n->about), ABOUT_MAX);
    snprintf(indent, sizeof indent, "%*s", o->indent, "");
    write_comment(o->out, indent, buf_text(&text));
    buf_release(&text);
}

/* A sentence as a comment inside the step being written. */
static void put_remark(struct def_output *o, const char *text)
{
    struct buf lines = {0};
    char indent[32];

    def_wrap(&lines, text, 88);
    snprintf(indent, sizeof indent, "%*s", o->indent + 2, "");
    write_comment(o->out, indent, buf_text(&lines));
    buf_release(&lines);
}

/* What the file says and the step cannot hold, and what it cannot say. */
static void put_remarks(struct def_output *o, const struct def_node *n, const struct step *s,
                        bool gate)
{
    struct buf text = {0};

    if (n->kind == STEP_GATE && !gate && isfinite(n->threshold)) {
        buf_printf(&text,
                   "A threshold of %g is said of it, but no gate has other than two ways on and "
                   "none stands before all confidences.",
                   n->threshold);
        put_remark(o, buf_text(&text));
        buf_clear(&text);
    }
    if (n->in_line) {
        buf_puts(&text, "It starts ");
        utf8_quote(&text, n->in_line, strlen(n->in_line), TITLE_MAX);
        buf_puts(&text, " side by side.  No parallel can stand here, so they follow one another: "
                        "their times add up.");
        put_remark(o, buf_text(&text));
    }
    buf_release(&text);
    bool calls = n->kind == STEP_STAGE && !isfinite(n->takes_s);
    if (o->d->drops && calls && !s && !isfinite(n->timeout_s) && n->attempts <= 1)
        buf_printf(o->out, "%*s# %s\n", o->indent + 2, "", o->d->drops);
}

void def_put_step(struct def_output *o, int32_t node, const struct step *s)
{
    const struct def_node *n = &o->d->nodes.at[node];
    bool gate = def_is_gate(o, node);
    enum step_kind kind = n->kind == STEP_GATE && !gate ? STEP_STAGE : n->kind;

    o->taken += s != NULL;
    put_title(o, n);
    buf_printf(o->out, "%*s- %s: %s\n", o->indent, "", step_kind_name(kind), n->id);
    put_name(o, n);
    def_put_line(o, "layer", layer_name(n->layer), false);
    put_rates(o, n, s);
    if (isfinite(n->timeout_s))
        put_duration(o, "timeout", n->timeout_s);
    put_retry(o, n, s);
    put_confidence(o, n, s);
    put_remarks(o, n, s, gate);
}
