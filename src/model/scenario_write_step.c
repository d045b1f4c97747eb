/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A step of a scenario file with all that belongs to it: its numbers, its ways on, and the branches
 * inside it.  What equals its default is left out. */
#include "model/scenario_writer.h"

#include <string.h>

/* A key of the step at this depth: "    wrong: ". */
static void put_key(struct writer *w, int indent, const char *key)
{
    buf_printf(w->out, "%*s%s: ", indent, "", key);
}

/* --- numbers */

static const struct {
    const char *key;
    enum number_kind kind;
    enum numbers_field field;
    size_t offset;
    uint32_t kinds; /* of step: 1 << kind */
    bool always;
} step_numbers[] = {
#define N(name, field) NUMBERS_##name, offsetof(struct numbers, field)
#define K(name)        (1u << STEP_##name)
#define ATTEMPTS       (K(STAGE) | K(CHECK) | K(GATE) | K(REVIEW))
    {"error",       NUMBER_SHARE,    N(ERROR,       error),       K(STAGE),               false},
    {"wrong",       NUMBER_SHARE,    N(WRONG,       wrong),       K(STAGE),               false},
    {"malformed",   NUMBER_SHARE,    N(MALFORMED,   malformed),   K(STAGE),               false},
    {"validation",  NUMBER_SHARE,    N(VALIDATION,  validation),  K(STAGE),               false},
    {"repair",      NUMBER_SHARE,    N(REPAIR,      repair),      K(STAGE),               false},
    {"sensitivity", NUMBER_SHARE,    N(SENSITIVITY, sensitivity), K(CHECK),               true },
    {"sensitivity", NUMBER_SHARE,    N(SENSITIVITY, sensitivity), K(REVIEW),              false},
    {"specificity", NUMBER_SHARE,    N(SPECIFICITY, specificity), K(CHECK) | K(REVIEW),   false},
    {"fixes",       NUMBER_SHARE,    N(FIXES,       fixes),       K(REVIEW),              false},
    {"spoils",      NUMBER_SHARE,    N(SPOILS,      spoils),      K(REVIEW),              false},
    {"latency",     NUMBER_DIST,     N(LATENCY,     latency),     ATTEMPTS,               false},
    {"timeout",     NUMBER_DURATION, N(TIMEOUT,     timeout_s),   ATTEMPTS,               false},
    {"budget",      NUMBER_DURATION, N(BUDGET,      budget_s),    ATTEMPTS | K(PARALLEL), false},
    {"cost",        NUMBER_COST,     N(COST,        cost_call),   ATTEMPTS,               false},
#undef N
#undef K
#undef ATTEMPTS
};

static const char *field_at(const struct numbers *n, size_t i)
{
    return (const char *)n + step_numbers[i].offset;
}

static void put_one_threshold(struct writer *w, const struct step *s, const struct numbers *n)
{
    if (s->draws_threshold) {
        write_dist(w->out, &n->threshold_dist, QUANTITY_SCORE);
        return;
    }
    buf_puts(w->out, s->bands ? "[" : "");
    write_number(w, &n->threshold);
    if (!s->bands)
        return;
    buf_puts(w->out, ", ");
    write_number(w, &n->threshold_high);
    buf_putc(w->out, ']');
}

static void put_threshold(struct writer *w, const struct step *s, const struct numbers *n)
{
    bool same = true;

    for (uint32_t c = 1; c < w->p->n_classes; c++)
        same = same && same_value(NUMBER_SHARE, &n[0].threshold, &n[c].threshold) &&
               same_value(NUMBER_SHARE, &n[0].threshold_high, &n[c].threshold_high) &&
               same_value(NUMBER_SCORE, &n[0].threshold_dist, &n[c].threshold_dist);
    if (same) {
        put_one_threshold(w, s, n);
        return;
    }
    for (uint32_t c = 0; c < w->p->n_classes; c++) {
        buf_puts(w->out, c ? ", " : "{");
        write_text(w->out, w->p->class[c].id);
        buf_puts(w->out, ": ");
        put_one_threshold(w, s, &n[c]);
    }
    buf_putc(w->out, '}');
}

/* Once, or for each class; the evidence stands in each. */
static void put_seen_cost(struct writer *w, const struct step *s)
{
    bool same = true;

    for (uint32_t c = 1; c < w->p->n_classes; c++)
        same = same && s->numbers[c].cost_call == s->numbers[0].cost_call;
    buf_puts(w->out, same ? "" : "{");
    for (uint32_t c = 0; c < (same ? 1 : w->p->n_classes); c++) {
        buf_puts(w->out, c ? ", " : "");
        if (!same) {
            write_text(w->out, w->p->class[c].id);
            buf_puts(w->out, ": ");
        }
        buf_puts(w->out, "{per_call: ");
        write_money(w, s->numbers[c].cost_call);
        buf_puts(w->out, ", sd: ");
        write_money(w, s->cost_seen.sd);
        buf_printf(w->out, ", evidence: %llu}", (unsigned long long)s->cost_seen.n);
    }
    buf_puts(w->out, same ? "\n" : "}\n");
}

static void put_step_numbers(struct writer *w, const struct step *s, int indent)
{
    struct numbers missing;

    numbers_default(&missing);
    for (size_t i = 0; i < sizeof step_numbers / sizeof *step_numbers; i++) {
        const char *at = field_at(s->numbers, i);
        bool stated = step_numbers[i].always;
        if (!(step_numbers[i].kinds & 1u << s->kind))
            continue;
        for (uint32_t c = 0; c < w->p->n_classes && !stated; c++)
            stated = !same_value(step_numbers[i].kind, at + c * sizeof *s->numbers,
                                 field_at(&missing, i));
        if (!stated)
            continue;
        put_key(w, indent, step_numbers[i].key);
        if (step_numbers[i].kind == NUMBER_COST && s->cost_seen.n) {
            put_seen_cost(w, s);
            continue;
        }
        write_classes(w, step_numbers[i].kind, at, sizeof *s->numbers);
        buf_putc(w->out, '\n');
    }
    if (s->kind == STEP_GATE) {
        put_key(w, indent, "threshold");
        put_threshold(w, s, s->numbers);
        buf_putc(w->out, '\n');
    }
}

void write_override(struct writer *w, const struct step *s, const struct override *o)
{
    const char *comma = "";

    buf_putc(w->out, '{');
    for (size_t i = 0; i < sizeof step_numbers / sizeof *step_numbers; i++) {
        if (!(step_numbers[i].kinds & 1u << s->kind) || !(o->set & 1u << step_numbers[i].field))
            continue;
        buf_printf(w->out, "%s%s: ", comma, step_numbers[i].key);
        write_classes(w, step_numbers[i].kind, field_at(o->numbers, i), sizeof *o->numbers);
        comma = ", ";
    }
    if (o->set & 1u << NUMBERS_THRESHOLD) {
        buf_printf(w->out, "%sthreshold: ", comma);
        put_threshold(w, s, o->numbers);
        comma = ", ";
    }
    if (o->set & (1u << NUMBERS_GOOD | 1u << NUMBERS_BAD)) {
        bool good = o->set & 1u << NUMBERS_GOOD, bad = o->set & 1u << NUMBERS_BAD;
        buf_printf(w->out, "%sconfidence: {%s", comma, good ? "good: " : "");
        if (good)
            write_classes(w, NUMBER_SCORE, (const char *)&o->numbers->confidence_good,
                          sizeof *o->numbers);
        buf_puts(w->out, bad ? good ? ", bad: " : "bad: " : "");
        if (bad)
            write_classes(w, NUMBER_SCORE, (const char *)&o->numbers->confidence_bad,
                          sizeof *o->numbers);
        buf_putc(w->out, '}');
    }
    buf_putc(w->out, '}');
}

/* --- the rest of a step */

static void put_exit(struct writer *w, int indent, const char *key, const struct edge *e,
                     int32_t missing)
{
    if (e->at_most == AT_MOST_NONE && e->to == missing)
        return;
    put_key(w, indent, key);
    write_edge(w, e);
    buf_putc(w->out, '\n');
}

/* "to: desk, at_most: 2, then: reject" */
static void put_way_edge(struct writer *w, const struct edge *e)
{
    buf_puts(w->out, "{to: ");
    write_target(w, e->to);
    if (e->at_most == AT_MOST_UNBOUNDED)
        buf_puts(w->out, ", at_most: unbounded");
    else if (e->at_most != AT_MOST_NONE)
        buf_printf(w->out, ", at_most: %u", e->at_most);
    if (e->then) {
        buf_puts(w->out, ", then: ");
        write_edge(w, e->then);
    }
}

static void put_next(struct writer *w, const struct step *s, int32_t following, int indent)
{
    bool plain = s->next.at_most == AT_MOST_NONE && s->next.to == following;

    if (s->n_ways == 0 && plain)
        return;
    buf_printf(w->out, "%*snext:\n", indent, "");
    for (uint32_t i = 0; i < s->n_ways; i++) {
        const struct way *way = &s->way[i];
        buf_printf(w->out, "%*s- ", indent + 2, "");
        put_way_edge(w, &way->edge);
        if (way->probability) {
            buf_puts(w->out, ", probability: ");
            write_classes(w, NUMBER_SHARE, (const char *)way->probability,
                          sizeof *way->probability);
        } else {
            buf_puts(w->out, ", when: ");
            write_text(w->out, way->when->text);
        }
        buf_puts(w->out, "}\n");
    }
    if (s->ways_complete)
        return;
    buf_printf(w->out, "%*s- ", indent + 2, "");
    put_way_edge(w, &s->next);
    buf_puts(w->out, "}\n");
}

static void put_confidence(struct writer *w, const struct step *s, int indent)
{
    const struct confidence_source *from = &s->confidence;

    buf_printf(w->out, "%*sconfidence:\n", indent, "");
    if (from->labels) {
        put_key(w, indent + 2, "labels");
        write_text(w->out, from->labels);
    } else {
        put_key(w, indent + 2, "good");
        write_classes(w, NUMBER_SCORE, (const char *)&s->numbers[0].confidence_good,
                      sizeof *s->numbers);
        buf_putc(w->out, '\n');
        put_key(w, indent + 2, "bad");
        write_classes(w, NUMBER_SCORE, (const char *)&s->numbers[0].confidence_bad,
                      sizeof *s->numbers);
    }
    buf_putc(w->out, '\n');
    if (from->method == CALIBRATE_NONE)
        return;
    put_key(w, indent + 2, "calibration");
    write_text(w->out,
               from->method == CALIBRATE_FILE ? from->file : calibration_words[from->method]);
    buf_putc(w->out, '\n');
}

static void put_helpers(struct writer *w, const struct step *s, int indent)
{
    if (s->by) {
        put_key(w, indent, "by");
        write_text(w->out, w->p->resource[s->by - 1].id);
        buf_putc(w->out, '\n');
    }
    if (s->exec) { /* JSON is YAML */
        put_key(w, indent, "exec");
        buf_printf(w->out, "%s\n", s->exec);
    }
    if (s->hedge_copies) {
        buf_printf(w->out, "%*shedge: {after: ", indent, "");
        write_classes(w, NUMBER_DURATION, (const char *)&s->numbers[0].hedge_after_s,
                      sizeof *s->numbers);
        buf_printf(w->out, ", copies: %u}\n", s->hedge_copies);
    }
    if (s->has_cache) {
        buf_printf(w->out, "%*scache: {hit: ", indent, "");
        write_classes(w, NUMBER_SHARE, (const char *)&s->numbers[0].cache_hit, sizeof *s->numbers);
        buf_puts(w->out, ", latency: ");
        write_classes(w, NUMBER_DIST, (const char *)&s->numbers[0].cache_latency,
                      sizeof *s->numbers);
        buf_puts(w->out, "}\n");
    }
    if (s->breaker.failures > 0) {
        buf_printf(w->out, "%*sbreaker: {failures: ", indent, "");
        write_share(w->out, s->breaker.failures);
        buf_puts(w->out, ", window: ");
        units_put_duration_exact(w->out, s->breaker.window_s);
        buf_printf(w->out, ", calls: %u, open_for: ", s->breaker.calls);
        units_put_duration_exact(w->out, s->breaker.open_for_s);
        buf_puts(w->out, "}\n");
    }
}

static void put_given(struct writer *w, const struct step *s, int indent)
{
    static const char *const ends[] = {
        [GIVEN_FAILED] = ".failed", [GIVEN_WRONG] = ".wrong", [GIVEN_SKIPPED] = ".skipped"};

    if (s->n_given)
        buf_printf(w->out, "%*sgiven:\n", indent, "");
    for (uint32_t i = 0; i < s->n_given; i++) {
        const struct given *g = &s->given[i];
        buf_printf(w->out, "%*s\"", indent + 2, "");
        if (g->kind == GIVEN_BAD)
            buf_puts(w->out, "bad");
        else if (g->kind == GIVEN_CLASS)
            buf_printf(w->out, "class.%s", w->p->class[g->of].id);
        else
            buf_printf(w->out, "%s%s", w->p->step[g->of].id, ends[g->kind]);
        buf_puts(w->out, "\": ");
        write_override(w, s, &g->override);
        buf_putc(w->out, '\n');
    }
}

static void put_gate(struct writer *w, const struct step *s, int32_t following, int indent)
{
    static const char *const designs[] = {"uniform", "near_threshold"};

    if (s->gate_of >= 0) {
        put_key(w, indent, "of");
        write_text(w->out, w->p->step[s->gate_of].id);
        buf_putc(w->out, '\n');
    }
    put_exit(w, indent, "above", &s->above, following);
    if (s->bands) {
        put_key(w, indent, "between");
        write_edge(w, &s->between);
        buf_putc(w->out, '\n');
    }
    put_key(w, indent, "below");
    write_edge(w, &s->below);
    buf_putc(w->out, '\n');
    if (!s->audit.present)
        return;
    buf_printf(w->out, "%*saudit: {share: ", indent, "");
    write_classes(w, NUMBER_SHARE, (const char *)&s->numbers[0].audit, sizeof *s->numbers);
    buf_puts(w->out, ", by: ");
    write_target(w, s->audit.to.to);
    buf_printf(w->out, ", design: %s}\n", designs[s->audit.design]);
}

static void put_fatigue(struct writer *w, const struct step *s, int indent)
{
    if (!(s->fatigue.after_s > 0))
        return;
    buf_printf(w->out, "%*sfatigue: {after: ", indent, "");
    units_put_duration_exact(w->out, s->fatigue.after_s);
    if (s->fatigue.sensitivity) {
        buf_puts(w->out, ", sensitivity: ");
        write_classes(w, NUMBER_PLAIN, (const char *)s->fatigue.sensitivity, sizeof(double));
    }
    buf_puts(w->out, ", slower: ");
    units_put_exact(w->out, s->fatigue.slower);
    buf_puts(w->out, "}\n");
}

static void put_branches(struct writer *w, const struct step *s, const char *const *notes,
                         int indent)
{
    static const char *const joins[] = {
        [JOIN_ALL] = "all", [JOIN_ANY] = "any", [JOIN_MAJORITY] = "majority", [JOIN_BEST] = "best"};
    const struct parallel *par = s->parallel;

    put_key(w, indent, "join");
    if (par->join == JOIN_K_OF_N || par->join == JOIN_VOTE)
        buf_printf(w->out, "%s%u of %u\n", par->join == JOIN_VOTE ? "vote " : "", par->k, par->n);
    else
        buf_printf(w->out, "%s\n", joins[par->join]);
    if (par->copies > 1)
        buf_printf(w->out, "%*scopies: %u\n", indent, "", par->copies);
    buf_printf(w->out, "%*s%s:\n", indent, "", par->n_branches == 1 ? "branch" : "branches");
    for (uint32_t b = 0; b < par->n_branches; b++) {
        if (par->n_branches > 1)
            buf_printf(w->out, "%*s-\n", indent + 2, "");
        for (uint32_t i = par->first[b]; i < par->first[b + 1]; i++)
            write_step(w, i, notes, par->n_branches > 1 ? indent + 4 : indent + 2);
    }
}

void write_step(struct writer *w, uint32_t i, const char *const *notes, int indent)
{
    const struct step *s = &w->p->step[i];
    int32_t following = pipeline_following(w->p, i);
    int inner = indent + 2;
    char spaces[32];

    memset(spaces, ' ', sizeof spaces);
    spaces[indent < 31 ? indent : 31] = '\0';
    write_comment(w->out, spaces, notes ? notes[i] : NULL);
    buf_printf(w->out, "%*s- %s: ", indent, "", step_kind_name(s->kind));
    write_text(w->out, s->id);
    if (s->name) {
        buf_printf(w->out, "\n%*sname: ", inner, "");
        write_text(w->out, s->name);
    }
    buf_printf(w->out, "\n%*slayer: %s\n", inner, "", layer_name(s->layer));
    put_step_numbers(w, s, inner);
    write_retry(w, s, inner);
    put_exit(w, inner, "fallback", &s->fallback, TO_FAIL);
    put_helpers(w, s, inner);
    if (s->has_confidence)
        put_confidence(w, s, inner);
    put_given(w, s, inner);
    if (s->kind == STEP_GATE)
        put_gate(w, s, following, inner);
    else
        put_next(w, s, following, inner);
    if (s->kind == STEP_CHECK || s->kind == STEP_REVIEW)
        put_exit(w, inner, "on_reject", &s->on_reject, TO_REJECT);
    put_fatigue(w, s, inner);
    if (s->kind == STEP_PARALLEL)
        put_branches(w, s, notes, inner);
}
