/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pipeline as a scenario file.  Numbers are written with the fewest digits that read back as
 * the same double, evidence as k/n, distributions in canonical parameters; what equals its
 * default is left out. */
#include "model/scenario_internal.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

struct writer {
    const struct pipeline *p;
    struct buf *out;
};

/* Plain where YAML reads it back as it is, else in double quotes. */
static void put_text(struct buf *out, const char *s)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                " _-.,;()/%+";
    size_t n = strlen(s);
    bool bare = n > 0 && isalpha((unsigned char)s[0]) && s[n - 1] != ' ';

    if (bare && strspn(s, plain) == n && strpbrk(s, ",") == NULL) {
        buf_puts(out, s);
        return;
    }
    buf_putc(out, '"');
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7F)
            buf_printf(out, "\\x%02X", c);
        else
            buf_putc(out, *s);
    }
    buf_putc(out, '"');
}

static void put_comment(struct buf *out, const char *indent, const char *text)
{
    while (text && *text) {
        size_t len = strcspn(text, "\n");
        buf_printf(out, "%s#%s%.*s\n", indent, len ? " " : "", (int)len, text);
        text += len + (text[len] == '\n');
    }
}

/* "3%" where that reads back the same, else the plain number. */
static void put_share(struct buf *out, double value)
{
    struct error err = {0};
    struct buf percent;
    double back;
    uint64_t k, n;

    buf_init(&percent);
    units_put_exact(&percent, value * 100);
    buf_putc(&percent, '%');
    if (value * 100 >= 1e-3 && percent.len < 8 &&
        units_probability(buf_text(&percent), &back, &k, &n, &err) == 0 && back == value)
        buf_puts(out, buf_text(&percent));
    else
        units_put_exact(out, value);
    buf_release(&percent);
}

static void put_number(struct writer *w, const struct number *x)
{
    if (x->evidence) {
        const struct evidence *e = &w->p->evidence[x->evidence - 1];
        buf_printf(w->out, "%llu/%llu", (unsigned long long)e->k, (unsigned long long)e->n);
    } else {
        put_share(w->out, x->value);
    }
}

static void put_money(struct writer *w, double amount)
{
    if (strcmp(w->p->currency, "$") == 0)
        buf_putc(w->out, '$');
    units_put_exact(w->out, amount);
}

/* --- distributions */

/* How the canonical parameters of a family are called in the language. */
static const struct {
    const char *word;
    const char *param[3];
    enum dist_param_kind kind[3];
} canonical[DIST_FAMILY_COUNT] = {
#define V DIST_VALUE
#define P DIST_PLAIN
    [DIST_EXPONENTIAL] = {"exponential", {"mean"},               {V}      },
    [DIST_LOGNORMAL] = {"lognormal",   {"mu", "sigma"},        {P, P}   },
    [DIST_GAMMA] = {"gamma",       {"shape", "scale"},     {P, V}   },
    [DIST_WEIBULL] = {"weibull",     {"shape", "scale"},     {P, V}   },
    [DIST_NORMAL] = {"normal",      {"mean", "sd"},         {V, V}   },
    [DIST_UNIFORM] = {"uniform",     {"from", "to"},         {V, V}   },
    [DIST_TRIANGULAR] = {"triangular",  {"min", "mode", "max"}, {V, V, V}},
    [DIST_PERT] = {"pert",        {"min", "mode", "max"}, {V, V, V}},
    [DIST_PARETO] = {"pareto",      {"min", "shape"},       {V, P}   },
    [DIST_BETA] = {"beta",        {"a", "b"},             {P, P}   },
#undef V
#undef P
};

static void put_dist(struct buf *out, const struct dist *d, bool score);

static void put_quantity(struct buf *out, double value, bool score)
{
    if (score)
        units_put_exact(out, value);
    else
        units_put_duration_exact(out, value);
}

static void put_values(struct buf *out, const struct dist *d, bool score)
{
    buf_printf(out, "%s: {values: [", d->weights ? "discrete" : "empirical");
    for (size_t i = 0; i < d->n; i++) {
        buf_puts(out, i ? ", " : "");
        put_quantity(out, d->values[i], score);
    }
    for (size_t i = 0; d->weights && i < d->n; i++) {
        buf_puts(out, i ? ", " : "], weights: [");
        units_put_exact(out, d->weights[i]);
    }
    buf_puts(out, "]}");
}

/* `lognormal: {mu: 1, sigma: 2}`, without the braces around. */
static void put_family(struct buf *out, const struct dist *d, bool score)
{
    const double value[3] = {d->a, d->b, d->c};

    if (d->family == DIST_DISCRETE || d->family == DIST_EMPIRICAL) {
        put_values(out, d, score);
        return;
    }
    if (d->family == DIST_SHIFTED) {
        buf_puts(out, "shifted: {by: ");
        put_quantity(out, d->a, score);
        buf_puts(out, ", of: ");
        put_dist(out, d->part, score);
        buf_puts(out, "}");
        return;
    }
    buf_printf(out, "%s: {", canonical[d->family].word);
    for (size_t i = 0; i < 3 && canonical[d->family].param[i]; i++) {
        buf_printf(out, "%s%s: ", i ? ", " : "", canonical[d->family].param[i]);
        if (canonical[d->family].kind[i] == DIST_VALUE)
            put_quantity(out, value[i], score);
        else
            units_put_exact(out, value[i]);
    }
    buf_puts(out, "}");
}

static void put_mixture(struct buf *out, const struct dist *d, bool score)
{
    buf_puts(out, "mixture: [");
    for (size_t i = 0; i < d->n; i++) {
        buf_printf(out, "%s{weight: ", i ? ", " : "");
        units_put_exact(out, d->weights[i]);
        buf_puts(out, ", ");
        if (d->part[i].family == DIST_MIXTURE)
            put_mixture(out, &d->part[i], score);
        else if (d->part[i].family == DIST_CONSTANT)
            put_values(out, &(struct dist){.n = 1, .values = &d->part[i].a}, score);
        else
            put_family(out, &d->part[i], score);
        buf_puts(out, "}");
    }
    buf_puts(out, "]");
}

static void put_dist(struct buf *out, const struct dist *d, bool score)
{
    if (d->family == DIST_CONSTANT) {
        put_quantity(out, d->a, score);
        return;
    }
    buf_putc(out, '{');
    if (d->family == DIST_MIXTURE)
        put_mixture(out, d, score);
    else
        put_family(out, d, score);
    if (d->evidence)
        buf_printf(out, ", evidence: %llu", (unsigned long long)d->evidence);
    buf_putc(out, '}');
}

/* --- numbers of a step, once or for each class */

enum number_kind { NUMBER_SHARE, NUMBER_DURATION, NUMBER_COST, NUMBER_DIST, NUMBER_SCORE };

static void put_one(struct writer *w, enum number_kind kind, const void *at)
{
    switch (kind) {
    case NUMBER_SHARE:
        put_number(w, at);
        break;
    case NUMBER_DURATION:
        units_put_duration_exact(w->out, *(const double *)at);
        break;
    case NUMBER_COST:
        put_money(w, *(const double *)at);
        break;
    default:
        put_dist(w->out, at, kind == NUMBER_SCORE);
    }
}

static bool same_one(enum number_kind kind, const void *a, const void *b)
{
    if (kind == NUMBER_SHARE) {
        const struct number *x = a, *y = b;
        return x->value == y->value && x->evidence == y->evidence;
    }
    if (kind == NUMBER_DIST || kind == NUMBER_SCORE) {
        const struct dist *x = a, *y = b;
        return x->family == y->family && x->a == y->a && x->b == y->b && x->c == y->c &&
               x->n == y->n && x->values == y->values && x->weights == y->weights &&
               x->part == y->part && x->evidence == y->evidence;
    }
    return *(const double *)a == *(const double *)b;
}

/* The value of each class lies `stride` bytes behind that of the class before. */
static void put_classes(struct writer *w, enum number_kind kind, const char *at, size_t stride)
{
    bool same = true;

    for (uint32_t c = 1; c < w->p->n_classes; c++)
        same = same && same_one(kind, at, at + c * stride);
    if (same) {
        put_one(w, kind, at);
        return;
    }
    buf_putc(w->out, '{');
    for (uint32_t c = 0; c < w->p->n_classes; c++) {
        buf_printf(w->out, "%s", c ? ", " : "");
        put_text(w->out, w->p->class[c].id);
        buf_puts(w->out, ": ");
        put_one(w, kind, at + c * stride);
    }
    buf_putc(w->out, '}');
}

static const struct {
    const char *key;
    enum number_kind kind;
    size_t offset;
    uint32_t kinds; /* of step: 1 << kind */
    bool always;
} step_numbers[] = {
#define N(field) offsetof(struct numbers, field)
    {"error",       NUMBER_SHARE,    N(error),       1 << STEP_STAGE,                      false},
    {"wrong",       NUMBER_SHARE,    N(wrong),       1 << STEP_STAGE,                      false},
    {"malformed",   NUMBER_SHARE,    N(malformed),   1 << STEP_STAGE,                      false},
    {"validation",  NUMBER_SHARE,    N(validation),  1 << STEP_STAGE,                      false},
    {"repair",      NUMBER_SHARE,    N(repair),      1 << STEP_STAGE,                      false},
    {"sensitivity", NUMBER_SHARE,    N(sensitivity), 1 << STEP_CHECK,                      true },
    {"sensitivity", NUMBER_SHARE,    N(sensitivity), 1 << STEP_REVIEW,                     false},
    {"specificity", NUMBER_SHARE,    N(specificity), (1 << STEP_CHECK) | 1 << STEP_REVIEW, false},
    {"fixes",       NUMBER_SHARE,    N(fixes),       1 << STEP_REVIEW,                     false},
    {"spoils",      NUMBER_SHARE,    N(spoils),      1 << STEP_REVIEW,                     false},
    {"threshold",   NUMBER_SHARE,    N(threshold),   1 << STEP_GATE,                       true },
    {"latency",     NUMBER_DIST,     N(latency),     15,                                   false},
    {"timeout",     NUMBER_DURATION, N(timeout_s),   15,                                   false},
    {"budget",      NUMBER_DURATION, N(budget_s),    15,                                   false},
    {"cost",        NUMBER_COST,     N(cost_call),   15,                                   false},
#undef N
};

static void put_step_numbers(struct writer *w, const struct step *s)
{
    struct numbers missing;

    numbers_default(&missing);
    for (size_t i = 0; i < sizeof step_numbers / sizeof *step_numbers; i++) {
        const char *at = (const char *)s->numbers + step_numbers[i].offset;
        const char *none = (const char *)&missing + step_numbers[i].offset;
        bool stated = step_numbers[i].always;
        if (!(step_numbers[i].kinds & 1u << s->kind))
            continue;
        for (uint32_t c = 0; c < w->p->n_classes && !stated; c++)
            stated = !same_one(step_numbers[i].kind, at + c * sizeof *s->numbers, none);
        if (!stated)
            continue;
        buf_printf(w->out, "    %s: ", step_numbers[i].key);
        put_classes(w, step_numbers[i].kind, at, sizeof *s->numbers);
        buf_putc(w->out, '\n');
    }
}

/* --- the rest of a step */

static void put_target(struct writer *w, int32_t to)
{
    put_text(w->out, to == TO_SHIP     ? "ship"
                     : to == TO_REJECT ? "reject"
                     : to == TO_FAIL   ? "fail"
                                       : w->p->step[to].id);
}

static void put_edge(struct writer *w, const struct edge *e)
{
    if (e->at_most == AT_MOST_NONE) {
        put_target(w, e->to);
        return;
    }
    buf_puts(w->out, "{goto: ");
    put_target(w, e->to);
    if (e->at_most == AT_MOST_UNBOUNDED)
        buf_puts(w->out, ", at_most: unbounded");
    else
        buf_printf(w->out, ", at_most: %u", e->at_most);
    if (e->then) {
        buf_puts(w->out, ", then: ");
        put_edge(w, e->then);
    }
    buf_putc(w->out, '}');
}

static void put_exit(struct writer *w, const char *key, const struct edge *e, int32_t missing)
{
    if (e->at_most == AT_MOST_NONE && e->to == missing)
        return;
    buf_printf(w->out, "    %s: ", key);
    put_edge(w, e);
    buf_putc(w->out, '\n');
}

static void put_retry(struct writer *w, const struct retry *r)
{
    static const char *const words[] = {"error", "malformed", "timeout"}, *const jitters[] = {
                                                                              "none", "full",
                                                                              "equal"};
    const char *comma = "";

    if (r->attempts <= 1 && r->on == RETRY_ALL && r->initial_s == 0)
        return;
    buf_printf(w->out, "    retry: {attempts: %u", r->attempts);
    if (r->on != RETRY_ALL) {
        buf_puts(w->out, ", for: [");
        for (uint32_t i = 0; i < 3; i++) {
            if (!(r->on & 1u << i))
                continue;
            buf_printf(w->out, "%s%s", comma, words[i]);
            comma = ", ";
        }
        buf_puts(w->out, "]");
    }
    if (r->initial_s > 0) {
        buf_puts(w->out, ", backoff: {initial: ");
        units_put_duration_exact(w->out, r->initial_s);
        buf_puts(w->out, ", factor: ");
        units_put_exact(w->out, r->factor);
        if (isfinite(r->max_s)) {
            buf_puts(w->out, ", max: ");
            units_put_duration_exact(w->out, r->max_s);
        }
        if (r->jitter != JITTER_NONE)
            buf_printf(w->out, ", jitter: %s", jitters[r->jitter]);
        buf_putc(w->out, '}');
    }
    buf_puts(w->out, "}\n");
}

static void put_confidence(struct writer *w, const struct step *s)
{
    buf_puts(w->out, "    confidence:\n      good: ");
    put_classes(w, NUMBER_SCORE, (const char *)&s->numbers[0].confidence_good, sizeof *s->numbers);
    buf_puts(w->out, "\n      bad: ");
    put_classes(w, NUMBER_SCORE, (const char *)&s->numbers[0].confidence_bad, sizeof *s->numbers);
    buf_putc(w->out, '\n');
}

static void put_step(struct writer *w, uint32_t i, const char *note)
{
    const struct step *s = &w->p->step[i];
    int32_t next = i + 1 < w->p->n_steps ? (int32_t)i + 1 : TO_SHIP;

    put_comment(w->out, "  ", note);
    buf_printf(w->out, "  - %s: ", step_kind_name(s->kind));
    put_text(w->out, s->id);
    buf_printf(w->out, "\n    layer: %s\n", layer_name(s->layer));
    put_step_numbers(w, s);
    put_retry(w, &s->retry);
    put_exit(w, "fallback", &s->fallback, TO_FAIL);
    if (s->has_confidence)
        put_confidence(w, s);
    if (s->kind == STEP_GATE) {
        if (s->gate_of >= 0)
            buf_printf(w->out, "    of: %s\n", w->p->step[s->gate_of].id);
        put_exit(w, "above", &s->above, next);
        buf_puts(w->out, "    below: ");
        put_edge(w, &s->below);
        buf_putc(w->out, '\n');
    }
    if (s->kind == STEP_CHECK || s->kind == STEP_REVIEW)
        put_exit(w, "on_reject", &s->on_reject, TO_REJECT);
}

/* --- the top */

static void put_line(struct buf *out, const char *key, const char *text)
{
    if (text == NULL || *text == '\0')
        return;
    buf_printf(out, "%s: ", key);
    put_text(out, text);
    buf_putc(out, '\n');
}

static void put_objective(struct writer *w)
{
    const struct pipeline *p = w->p;

    if (p->n_targets == 0 && isinf(p->deadline_s) && isinf(p->budget))
        return;
    buf_puts(w->out, "objective:\n");
    for (uint32_t i = 0; i < p->n_targets; i++) {
        buf_printf(w->out, "  %s: ", p->target[i].metric);
        put_text(w->out, p->target[i].text);
        buf_putc(w->out, '\n');
    }
    if (isfinite(p->deadline_s)) {
        buf_puts(w->out, "  deadline: ");
        units_put_duration_exact(w->out, p->deadline_s);
        buf_putc(w->out, '\n');
    }
    if (isfinite(p->budget)) {
        buf_puts(w->out, "  budget: ");
        put_money(w, p->budget);
        buf_putc(w->out, '\n');
    }
}

static void put_worth(struct writer *w)
{
    const struct pipeline *p = w->p;

    if (isnan(p->worth_correct))
        return;
    buf_puts(w->out, "worth: {correct: ");
    put_money(w, p->worth_correct);
    buf_puts(w->out, ", wrong: ");
    put_money(w, p->worth_wrong);
    buf_puts(w->out, ", rejected: ");
    put_money(w, p->worth_rejected);
    buf_puts(w->out, "}\n");
}

/* Per month where that reads back the same, else per second. */
static void put_rate(struct writer *w, double per_s)
{
    struct error err = {0};
    struct buf month;
    double back;

    buf_init(&month);
    units_put_exact(&month, per_s * 30 * 86400);
    buf_puts(&month, "/month");
    if (units_rate(buf_text(&month), &back, &err) || back != per_s) {
        buf_clear(&month);
        units_put_exact(&month, per_s);
        buf_puts(&month, "/s");
    }
    if (strcmp(w->p->currency, "$") == 0)
        buf_putc(w->out, '$');
    buf_puts(w->out, buf_text(&month));
    buf_release(&month);
}

static void put_costs(struct writer *w)
{
    if (w->p->n_costs)
        buf_puts(w->out, "costs:\n");
    for (uint32_t i = 0; i < w->p->n_costs; i++) {
        buf_puts(w->out, "  ");
        put_text(w->out, w->p->cost[i].name);
        buf_puts(w->out, ": ");
        put_rate(w, w->p->cost[i].per_s);
        buf_putc(w->out, '\n');
    }
}

static void put_input(struct writer *w)
{
    const struct pipeline *p = w->p;
    bool clean = true;

    if (!isnan(p->capability)) {
        buf_puts(w->out, "capability: ");
        put_share(w->out, p->capability);
        buf_putc(w->out, '\n');
    }
    if (*p->class[0].id) {
        buf_puts(w->out, "classes:\n");
        for (uint32_t c = 0; c < p->n_classes; c++) {
            buf_puts(w->out, "  ");
            put_text(w->out, p->class[c].id);
            buf_puts(w->out, ": {share: ");
            put_share(w->out, p->class[c].share);
            buf_puts(w->out, "}\n");
        }
    }
    for (uint32_t c = 0; c < p->n_classes; c++)
        clean = clean && p->input_wrong[c].value == 0 && p->input_wrong[c].evidence == 0;
    if (clean)
        return;
    buf_puts(w->out, "wrong: ");
    put_classes(w, NUMBER_SHARE, (const char *)p->input_wrong, sizeof *p->input_wrong);
    buf_putc(w->out, '\n');
}

void scenario_write(const struct pipeline *p, const char *head_comment, const char *const *notes,
                    struct buf *out)
{
    struct writer w = {.p = p, .out = out};

    put_comment(out, "", head_comment);
    buf_puts(out, "seam: 1\n");
    put_line(out, "name", p->name);
    put_line(out, "about", p->about);
    if (strcmp(p->currency, "$") != 0)
        put_line(out, "currency", p->currency);
    put_objective(&w);
    put_worth(&w);
    put_costs(&w);
    put_input(&w);
    buf_puts(out, "\nflow:\n");
    for (uint32_t i = 0; i < p->n_steps; i++) {
        buf_puts(out, i ? "\n" : "");
        put_step(&w, i, notes ? notes[i] : NULL);
    }
}
