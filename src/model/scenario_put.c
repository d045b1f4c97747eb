/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values as a scenario file writes them: with the fewest digits that read back as the same double,
 * evidence as k/n, distributions in canonical parameters. */
#include "model/scenario_writer.h"

#include "base/utf8.h"

#include <ctype.h>
#include <string.h>

void write_text(struct buf *out, const char *s)
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
    for (size_t i = 0, k; i < n; i += k ? k : 1) {
        uint32_t c = 0xFFFD;
        k = utf8_decode(s + i, n - i, &c);
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", (int)c);
        else if (c < 0x20 || (c >= 0x7F && c < 0xA0))
            buf_printf(out, "\\x%02X", c);
        else if (utf8_turns(c) || c == 0x2028 || c == 0x2029 || c == 0xFFFE || c == 0xFFFF)
            buf_printf(out, "\\u%04X", c);
        else if (k)
            buf_add(out, s + i, k);
        else
            buf_puts(out, "\xEF\xBF\xBD");
    }
    buf_putc(out, '"');
}

void write_comment(struct buf *out, const char *indent, const char *text)
{
    while (text && *text) {
        size_t len = strcspn(text, "\n");
        buf_printf(out, "%s#%s", indent, len ? " " : "");
        utf8_clean(text, len, out);
        buf_putc(out, '\n');
        text += len + (text[len] == '\n');
    }
}

void write_share(struct buf *out, double value)
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

void write_number(struct writer *w, const struct number *x)
{
    if (x->evidence) {
        const struct evidence *e = &w->p->evidence[x->evidence - 1];
        buf_printf(w->out, "%llu/%llu", (unsigned long long)e->k, (unsigned long long)e->n);
    } else {
        write_share(w->out, x->value);
    }
}

void write_money(struct writer *w, double amount)
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

/* In the quantity's own unit. */
static void write_quantity(struct buf *out, double value, enum quantity q)
{
    if (q == QUANTITY_TIME)
        units_put_duration_exact(out, value);
    else
        units_put_exact(out, value);
}

static void put_values(struct buf *out, const struct dist *d, enum quantity q)
{
    buf_printf(out, "%s: {values: [", d->weights ? "discrete" : "empirical");
    for (size_t i = 0; i < d->n; i++) {
        buf_puts(out, i ? ", " : "");
        write_quantity(out, d->values[i], q);
    }
    for (size_t i = 0; d->weights && i < d->n; i++) {
        buf_puts(out, i ? ", " : "], weights: [");
        units_put_exact(out, d->weights[i]);
    }
    buf_puts(out, "]}");
}

/* `lognormal: {mu: 1, sigma: 2}`, without the braces around. */
static void put_family(struct buf *out, const struct dist *d, enum quantity q)
{
    const double value[3] = {d->a, d->b, d->c};

    if (d->family == DIST_DISCRETE || d->family == DIST_EMPIRICAL) {
        put_values(out, d, q);
        return;
    }
    if (d->family == DIST_SHIFTED) {
        buf_puts(out, "shifted: {by: ");
        write_quantity(out, d->a, q);
        buf_puts(out, ", of: ");
        write_dist(out, d->part, q);
        buf_puts(out, "}");
        return;
    }
    buf_printf(out, "%s: {", canonical[d->family].word);
    for (size_t i = 0; i < 3 && canonical[d->family].param[i]; i++) {
        buf_printf(out, "%s%s: ", i ? ", " : "", canonical[d->family].param[i]);
        if (canonical[d->family].kind[i] == DIST_VALUE)
            write_quantity(out, value[i], q);
        else
            units_put_exact(out, value[i]);
    }
    buf_puts(out, "}");
}

static void put_mixture(struct buf *out, const struct dist *d, enum quantity q)
{
    buf_puts(out, "mixture: [");
    for (size_t i = 0; i < d->n; i++) {
        buf_printf(out, "%s{weight: ", i ? ", " : "");
        units_put_exact(out, d->weights[i]);
        buf_puts(out, ", ");
        if (d->part[i].family == DIST_MIXTURE)
            put_mixture(out, &d->part[i], q);
        else if (d->part[i].family == DIST_CONSTANT)
            put_values(out, &(struct dist){.n = 1, .values = &d->part[i].a}, q);
        else
            put_family(out, &d->part[i], q);
        buf_puts(out, "}");
    }
    buf_puts(out, "]");
}

void write_dist(struct buf *out, const struct dist *d, enum quantity q)
{
    if (d->family == DIST_CONSTANT) {
        write_quantity(out, d->a, q);
        return;
    }
    buf_putc(out, '{');
    if (d->family == DIST_MIXTURE)
        put_mixture(out, d, q);
    else
        put_family(out, d, q);
    if (d->evidence)
        buf_printf(out, ", evidence: %llu", (unsigned long long)d->evidence);
    buf_putc(out, '}');
}

/* --- numbers of a step, once or for each class */

static void put_one(struct writer *w, enum number_kind kind, const void *at)
{
    switch (kind) {
    case NUMBER_SHARE:
        write_number(w, at);
        break;
    case NUMBER_PLAIN:
        write_share(w->out, *(const double *)at);
        break;
    case NUMBER_DURATION:
        units_put_duration_exact(w->out, *(const double *)at);
        break;
    case NUMBER_COST:
        write_money(w, *(const double *)at);
        break;
    default:
        write_dist(w->out, at,
                   kind == NUMBER_DIST    ? QUANTITY_TIME
                   : kind == NUMBER_SCORE ? QUANTITY_SCORE
                                          : QUANTITY_PLAIN);
    }
}

bool same_value(enum number_kind kind, const void *a, const void *b)
{
    if (kind == NUMBER_SHARE) {
        const struct number *x = a, *y = b;
        return x->value == y->value && x->evidence == y->evidence;
    }
    if (kind >= NUMBER_DIST) {
        const struct dist *x = a, *y = b;
        return x->family == y->family && x->a == y->a && x->b == y->b && x->c == y->c &&
               x->n == y->n && x->values == y->values && x->weights == y->weights &&
               x->part == y->part && x->evidence == y->evidence;
    }
    return *(const double *)a == *(const double *)b;
}

void write_classes(struct writer *w, enum number_kind kind, const char *at, size_t stride)
{
    bool same = true;

    for (uint32_t c = 1; c < w->p->n_classes; c++)
        same = same && same_value(kind, at, at + c * stride);
    if (same) {
        put_one(w, kind, at);
        return;
    }
    buf_putc(w->out, '{');
    for (uint32_t c = 0; c < w->p->n_classes; c++) {
        buf_printf(w->out, "%s", c ? ", " : "");
        write_text(w->out, w->p->class[c].id);
        buf_puts(w->out, ": ");
        put_one(w, kind, at + c * stride);
    }
    buf_putc(w->out, '}');
}

/* --- rates and edges */

/* The shortest text that reads back the same. */
void write_rate(struct writer *w, double per_s, bool money)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {
        {"/month", 30 * 86400.0},
        {"/w",     7 * 86400.0 },
        {"/d",     86400       },
        {"/h",     3600        },
        {"/m",     60          },
        {"/s",     1           }
    };
    struct buf best, text;

    buf_init(&best);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        struct error err = {0};
        double back;
        buf_init(&text);
        units_put_exact(&text, per_s * units[i].seconds);
        buf_puts(&text, units[i].unit);
        if (units_rate(buf_text(&text), &back, &err) == 0 && back == per_s &&
            (best.len == 0 || text.len < best.len)) {
            buf_clear(&best);
            buf_puts(&best, buf_text(&text));
        }
        buf_release(&text);
    }
    if (money && strcmp(w->p->currency, "$") == 0)
        buf_putc(w->out, '$');
    buf_puts(w->out, buf_text(&best));
    buf_release(&best);
}

void write_target(struct writer *w, int32_t to)
{
    write_text(w->out, to == TO_SHIP || to == TO_JOIN ? "ship"
                       : to == TO_REJECT              ? "reject"
                       : to == TO_FAIL                ? "fail"
                       : to == TO_SKIP                ? "skip"
                                                      : w->p->step[to].id);
}

void write_edge(struct writer *w, const struct edge *e)
{
    if (e->at_most == AT_MOST_NONE) {
        write_target(w, e->to);
        return;
    }
    buf_puts(w->out, "{goto: ");
    write_target(w, e->to);
    if (e->at_most == AT_MOST_UNBOUNDED)
        buf_puts(w->out, ", at_most: unbounded");
    else
        buf_printf(w->out, ", at_most: %u", e->at_most);
    if (e->then) {
        buf_puts(w->out, ", then: ");
        write_edge(w, e->then);
    }
    buf_putc(w->out, '}');
}
