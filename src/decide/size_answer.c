/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer of a search over settings, in words and in numbers. */
#include "decide/sizing.h"

#include "model/learning.h"
#include "report/format.h"

#include <math.h>
#include <string.h>

/* "2.29%", "$17.85", "3.2 h". */
static void put_value(const struct sizing *z, uint32_t m, struct estimate x, struct buf *out)
{
    const char *name = z->asked.metric[m];
    const struct metric_def *def = metric_def(name);
    struct metric shown = {.name = name,
                           .value = x.value,
                           .low = x.low,
                           .high = x.high,
                           .level = x.low < x.high ? z->options->level : 0,
                           .unit = def ? def->unit : "1"};

    if (isnan(x.value))
        buf_puts(out, "not defined");
    else
        format_value(out, &shown, z->p->currency);
}

static void put_named(const struct sizing *z, uint32_t m, struct estimate x, struct buf *out)
{
    format_name(out, z->asked.metric[m]);
    buf_puts(out, " ");
    put_value(z, m, x, out);
}

/* "threshold=0.8" where that is all there is. */
static void put_place(const struct sizing *z, const double *x, struct buf *out)
{
    if (z->settings.n == 1 && z->settings.v[0].gate >= 0)
        buf_printf(out, "threshold=%.6g", x[0]);
    else
        settings_put(&z->settings, x, out);
}

static const char *kept(struct result *out, struct buf *text)
{
    const char *own = result_text(out, "%s", buf_text(text));
    buf_release(text);
    return own;
}

/* --- the frontier */

static void put_frontier(const struct sizing *z, const struct candidate *c, size_t n,
                         struct result *out)
{
    uint32_t x = sizing_axis(z), y = z->asked.risk;
    struct curve *curve = result_add_curve(out, "frontier", z->asked.metric[x], z->asked.metric[y]);

    for (size_t i = 0; i < n; i++) {
        struct estimate at = candidate_estimate(&z->e, &c[i], y, true);
        struct point point = {.x = c[i].at[x].value, .y = at.value, .low = at.low, .high = at.high};
        struct buf place;
        if (!c[i].trials || isnan(point.x) || isnan(point.y))
            continue;
        buf_init(&place);
        put_place(z, c[i].x, &place);
        point.at = kept(out, &place);
        size_t k = curve->points.len;
        vec_push(&curve->points, point);
        for (; k > 0 && curve->points.at[k - 1].x > point.x; k--)
            curve->points.at[k] = curve->points.at[k - 1];
        curve->points.at[k] = point;
    }
}

/* --- stages that do not pay */

static const char *gate_name(const struct sizing *z, uint32_t i)
{
    return z->p->step[z->settings.v[i].gate].id;
}

/* Gates that the answer leaves at an end: they send on everything, or nothing. */
static void put_idle_gates(const struct sizing *z, struct buf *text)
{
    for (uint32_t i = 0; i < z->settings.n; i++) {
        const struct variable *v = &z->settings.v[i];
        if (v->gate < 0 || v->above >= 0)
            continue;
        const struct step *s = &z->p->step[v->gate];
        bool low = v->parameter && v->parameter->field == NUMBERS_THRESHOLD;
        const struct edge *rest = low ? &s->below : s->bands ? &s->between : &s->below;
        const char *to = rest->to >= 0 ? z->p->step[rest->to].id : "the next";
        if (z->chosen.x[i] <= 0)
            buf_printf(text, "  `%s` sends nothing on to `%s`: `%s` does not pay here.",
                       gate_name(z, i), to, to);
    }
}

/* The contestant without a stage that meets the targets; NULL: there is none. */
static const struct candidate *without(const struct sizing *z, uint32_t l)
{
    for (uint32_t i = 0; i < z->n_contest; i++)
        if (z->contest[i].out_of == l + 1 && candidate_meets(&z->e, &z->contest[i], true))
            return &z->contest[i];
    return NULL;
}

static const struct candidate *chosen_contestant(const struct sizing *z)
{
    for (uint32_t i = 0; i < z->n_contest; i++)
        if (!z->contest[i].out_of &&
            !memcmp(z->contest[i].x, z->chosen.x, z->settings.n * sizeof *z->chosen.x))
            return &z->contest[i];
    return &z->chosen;
}

static void put_stages(const struct sizing *z, struct buf *text, struct result *out)
{
    const struct candidate *own = chosen_contestant(z);
    uint32_t goal = z->asked.goal;

    for (uint32_t l = 0; l < z->settings.n_out; l++) {
        const struct candidate *other = without(z, l);
        const char *id = z->p->step[z->settings.out[l].stage].id;
        struct buf with, without_it;
        if (!other) {
            result_assume(out, "`%s` pays: without it no setting meets the targets", id);
            continue;
        }
        struct estimate d = sizing_difference(z, other, own);
        double tolerance = 1e-9 * fabs(own->at[goal].value);
        bool pays = z->asked.goal_sign > 0 ? d.low > tolerance : d.high < -tolerance;
        buf_init(&with);
        buf_init(&without_it);
        put_value(z, goal, own->at[goal], &with);
        put_value(z, goal, other->at[goal], &without_it);
        if (pays)
            result_assume(out, "`%s` pays: without it the best %s is %s, with it %s", id,
                          z->asked.metric[goal], buf_text(&without_it), buf_text(&with));
        else
            buf_printf(text,
                       "  `%s` does not pay: without it the targets can be met with %s %s, with it "
                       "%s.",
                       id, z->asked.metric[goal], buf_text(&without_it), buf_text(&with));
        buf_release(&with);
        buf_release(&without_it);
    }
}

/* --- words */

static void put_settings_words(const struct sizing *z, const double *x, struct buf *text)
{
    if (z->settings.n == 1 && z->settings.v[0].gate >= 0)
        buf_printf(text, "threshold %.6g", x[0]);
    else
        settings_put(&z->settings, x, text);
}

/* Each metric of a target or of the goal once, as the confirmation has it. */
static void put_facts(const struct sizing *z, const struct result *r, struct buf *text)
{
    bool first = true;

    for (uint32_t m = 0; m < z->asked.n_metrics; m++) {
        bool wanted = m == z->asked.goal || m == sizing_axis(z);
        for (uint32_t k = 0; k < z->p->n_targets; k++)
            wanted = wanted || z->asked.of_target[k] == m;
        struct estimate x = asked_of_result(&z->asked, m, r);
        if (!z->e.simulated)
            x = z->chosen.at[m];
        if (!wanted || isnan(x.value))
            continue;
        buf_puts(text, first ? "" : ", ");
        put_named(z, m, x, text);
        first = false;
    }
}

static void put_rivals(const struct sizing *z, struct buf *text, struct result *out)
{
    const struct candidate *own = chosen_contestant(z);
    struct answer_rival *rival = arena_alloc(&out->arena, (z->n_tied + 1) * sizeof *rival);

    for (uint32_t i = 0; i < z->n_tied; i++) {
        const struct candidate *c = &z->contest[z->tied[i]];
        struct estimate d = sizing_difference(z, c, own);
        struct buf place;
        buf_init(&place);
        put_place(z, c->x, &place);
        rival[i] = (struct answer_rival){.at = kept(out, &place),
                                         .metric = z->asked.metric[z->asked.goal],
                                         .difference = d.value,
                                         .low = d.low,
                                         .high = d.high};
        rival[i].metric = result_text(out, "%s", rival[i].metric);
    }
    out->answer.rivals = rival;
    out->answer.n_rivals = z->n_tied;
    if (z->n_tied)
        buf_printf(text, "  No clear winner: %s %s not shown to be worse in %s (%s).", rival[0].at,
                   z->n_tied > 1 ? "and others are" : "is", rival[0].metric,
                   "more --trials tell them apart");
}

static void put_met(const struct sizing *z, const struct result *r, struct result *out)
{
    bool alone = z->settings.n == 1 && z->settings.v[0].gate >= 0 && z->settings.v[0].parameter;
    struct buf text;

    buf_init(&text);
    buf_puts(&text, alone ? "Ship at confidence " : "Set ");
    if (alone)
        buf_printf(&text, "%.6g and above: ", z->chosen.x[0]);
    else
        settings_put(&z->settings, z->chosen.x, &text), buf_puts(&text, ": ");
    put_facts(z, r, &text);
    buf_puts(&text, ".");
    put_idle_gates(z, &text);
    put_stages(z, &text, out);
    put_rivals(z, &text, out);
    out->answer.ending = "met";
    out->answer.sentence = kept(out, &text);
}

/* More people might do it. */
static void put_ends(const struct sizing *z, const double *x, struct buf *text)
{
    for (uint32_t i = 0; i < z->settings.n; i++)
        if (z->settings.v[i].whole && x[i] >= z->settings.v[i].to)
            buf_printf(text, "  The search ended at %g: --vary %s=FROM:TO takes it further.",
                       z->settings.v[i].to, z->settings.v[i].path);
}

static void put_blocked(const struct sizing *z, struct result *out)
{
    bool open = z->ending == SIZING_NOT_SHOWN;
    struct answer *a = &out->answer;
    struct buf text;

    buf_init(&text);
    for (uint32_t i = 0; i < z->n_blocked; i++) {
        const struct target *t = &z->p->target[z->blocked[i].target];
        uint32_t m = z->asked.of_target[z->blocked[i].target];
        buf_printf(&text, "%sNo setting %s \"%s %s\": the best attainable is ", i ? "  " : "",
                   open ? "is shown to meet" : "meets", t->metric, t->text);
        put_value(z, m, z->blocked[i].at.at[m], &text);
        buf_puts(&text, ", at ");
        put_settings_words(z, z->blocked[i].at.x, &text);
        buf_puts(&text, open ? "; more --trials may show it." : ".");
        put_ends(z, z->blocked[i].at.x, &text);
    }
    a->ending = open ? "not shown" : "infeasible";
    uint32_t m = z->asked.of_target[z->blocked[0].target];
    a->risk = result_text(out, "%s", z->asked.metric[m]);
    a->risk_value = z->blocked[0].at.at[m].value;
    a->best_attainable = open ? NAN : a->risk_value;
    a->sentence = kept(out, &text);
}

static void put_joint(const struct sizing *z, const struct result *r, struct result *out)
{
    bool open = z->ending == SIZING_NOT_SHOWN;
    struct buf text;

    buf_init(&text);
    buf_puts(&text, open ? "No setting is shown to meet all targets together, though some may; "
                           "more --trials may tell.  Nearest is "
                         : "No setting meets all targets together; each alone can be met.  "
                           "Nearest to all is ");
    put_settings_words(z, z->chosen.x, &text);
    buf_puts(&text, ", with ");
    put_facts(z, r, &text);
    buf_puts(&text, ".");
    put_ends(z, z->chosen.x, &text);
    out->answer.ending = open ? "not shown" : "infeasible";
    out->answer.sentence = kept(out, &text);
}

void sizing_put_settings(const struct settings *s, const double *x, struct result *out)
{
    struct answer_setting *at = arena_alloc(&out->arena, (s->n + 1) * sizeof *at);

    for (uint32_t i = 0; i < s->n; i++)
        at[i] = (struct answer_setting){result_text(out, "%s", s->v[i].path), x[i]};
    out->answer.settings = at;
    out->answer.n_settings = s->n;
}

/* How the gates share what ships wrong. */
static void put_shares(const struct sizing *z, struct result *out)
{
    struct buf text;
    double rest = z->wrong;

    buf_init(&text);
    for (uint32_t g = 0; g < z->n_gates; g++) {
        rest -= z->passed[g];
        buf_printf(&text, "%s`%s` lets %.3g%% through", g ? ", " : "", z->p->step[z->gate[g]].id,
                   100 * z->passed[g]);
    }
    if (z->n_gates)
        result_assume(out,
                      "of all items %.3g%% ship wrong: %s, and the rest, %.3g%%, ships behind "
                      "them",
                      100 * z->wrong, buf_text(&text), 100 * fmax(rest, 0));
    buf_release(&text);
}

static void put_assumptions(const struct sizing *z, struct result *out)
{
    learning_assume(z->p, out);
    if (z->p->feedback.cycle_s > 0)
        result_assume(out,
                      "the settings are those of the pipeline as written, before any feedback");
    if (z->e.simulated)
        result_assume(out,
                      "%s settings were tried under common random numbers; the metrics at the "
                      "answer are of fresh ones, as is the frontier",
                      result_count(out, z->pool.list.len));
    else
        result_assume(out, "%s settings were tried, each solved exactly",
                      result_count(out, z->pool.list.len));
}

/* What is to be best, where the exact solver has no row for it. */
static void put_goal(const struct sizing *z, struct result *out)
{
    const char *name = z->asked.metric[z->asked.goal];
    const struct metric_def *def = metric_def(name);
    struct estimate x = z->chosen.at[z->asked.goal];

    if (z->e.simulated || metrics_find(&out->metrics, name) || isnan(x.value) || !def)
        return;
    metrics_add(&out->metrics, result_text(out, "%s", name), x.value, x.low, x.high,
                x.low < x.high ? z->options->level : 0, 0, result_text(out, "%s", def->unit));
}

void sizing_answer(const struct sizing *z, const struct candidate *frontier, size_t n,
                   struct result *out)
{
    struct answer *a = &out->answer;
    const struct variable *first = &z->settings.v[0];
    struct estimate risk = asked_of_result(&z->asked, z->asked.risk, out);
    struct estimate load = asked_of_result(&z->asked, z->asked.load, out);

    if (!z->e.simulated) {
        risk = z->chosen.at[z->asked.risk];
        load = z->chosen.at[z->asked.load];
    }
    *a = (struct answer){.present = true, .threshold = NAN, .best_attainable = NAN};
    if (z->settings.n == 1 && first->gate >= 0) {
        a->threshold = z->chosen.x[0];
        a->parameter = result_text(out, "%s", first->path);
    }
    a->level = z->options->level;
    a->method = z->e.simulated ? "monte-carlo" : "exact chain";
    a->risk = result_text(out, "%s", z->asked.metric[z->asked.risk]);
    a->population = "items as the scenario describes them";
    a->review_load = sizing_axis(z) == z->asked.load || load.value > 0 ? load.value : NAN;
    a->risk_value = risk.value;
    a->bound = z->e.simulated || z->evidence ? risk.high : NAN;
    a->tests = z->ending == SIZING_MET && z->e.simulated && z->tries > 1 ? z->tries : 0;
    sizing_put_settings(&z->settings, z->chosen.x, out);
    put_goal(z, out);
    if (z->ending == SIZING_MET)
        put_met(z, out, out);
    else if (z->n_blocked)
        put_blocked(z, out);
    else
        put_joint(z, out, out);
    put_frontier(z, frontier, n, out);
    put_shares(z, out);
    put_assumptions(z, out);
    if (out->run.present)
        out->run.seed = z->options->seed;
}
