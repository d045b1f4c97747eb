/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a comparison comes to, in words.  The simplest has the fewest steps, and of as many the
 * lowest price of a correct item; who meets the objective too and costs more does more than the job
 * needs, unless what items are worth pays for it. */
#include "decide/compare.h"
#include "report/format.h"

#include <math.h>
#include <string.h>

static const char whole_price[] = "full_cost_per_correct", part_price[] = "cost_per_correct";

static const struct metric *known(const struct alternative *a, const char *metric)
{
    const struct metric *m = metrics_find(&a->result->metrics, metric);

    return m && isfinite(m->value) ? m : NULL;
}

static double value_of(const struct alternative *a, const char *metric, double otherwise)
{
    const struct metric *m = known(a, metric);

    return m ? m->value : otherwise;
}

static bool same_money(const struct alternative *a, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (strcmp(a[i].pipeline->currency, a[0].pipeline->currency))
            return false;
    return true;
}

static bool all_know(const struct alternative *a, size_t n, const char *metric)
{
    for (size_t i = 0; i < n; i++)
        if (!known(&a[i], metric))
            return false;
    return true;
}

/* What a correct item costs: with a month's fixed prices where all of them know it; NULL in
 * different currencies. */
static const char *price_for(const struct alternative *a, size_t n)
{
    return !same_money(a, n) ? NULL : all_know(a, n, whole_price) ? whole_price : part_price;
}

static double price_of(const struct alternative *a, const char *price)
{
    return price ? value_of(a, price, value_of(a, "cost_per_item", INFINITY)) : INFINITY;
}

static bool is_simpler(const struct alternative *a, const struct alternative *b, const char *price)
{
    if (a->pipeline->n_steps != b->pipeline->n_steps)
        return a->pipeline->n_steps < b->pipeline->n_steps;
    return price_of(a, price) < price_of(b, price);
}

static bool meets(const struct alternative *a)
{
    return a->result->passed == PASSED_TRUE;
}

static const struct alternative *best_by(const struct alternative *a, size_t n, const char *metric,
                                         double sign, bool (*counts)(const struct alternative *))
{
    const struct alternative *best = NULL;

    for (size_t i = 0; i < n; i++) {
        double value = sign * value_of(&a[i], metric, NAN);
        if (isfinite(value) && (!counts || counts(&a[i])) &&
            (!best || value > sign * value_of(best, metric, NAN)))
            best = &a[i];
    }
    return best;
}

/* --- who misses it */

static bool is_miss(const struct metric *m)
{
    return m->target && m->verdict != VERDICT_PASS && m->verdict != VERDICT_NONE;
}

static bool is_bound(const struct target *t)
{
    return t->kind == TARGET_AT_MOST || t->kind == TARGET_AT_LEAST;
}

/* Is its metric asked of the alternative, and not in its result, as where nothing ships? */
static bool is_unknown(const struct alternative *a, const struct target *t)
{
    return is_bound(t) && !metrics_find(&a->result->metrics, t->metric);
}

static size_t put_unknown(struct buf *out, const struct alternative *a, size_t listed)
{
    for (uint32_t i = 0; i < a->pipeline->n_targets; i++) {
        const struct target *t = &a->pipeline->target[i];
        if (!is_unknown(a, t))
            continue;
        buf_puts(out, listed++ ? ", and " : "");
        format_name(out, t->metric);
        buf_puts(out, " is not known");
    }
    return listed;
}

/* All that it misses: "shipped error 15.4%, not at most 5%". */
static void put_misses_of(struct buf *out, const struct alternative *a)
{
    size_t listed = 0;

    for (size_t i = 0; i < a->result->metrics.list.len; i++) {
        const struct metric *m = &a->result->metrics.list.at[i];
        if (!is_miss(m))
            continue;
        buf_puts(out, listed++ ? ", and " : "");
        format_name(out, m->name);
        buf_putc(out, ' ');
        format_value(out, m, a->result->currency);
        buf_printf(out, ", %s %s", m->verdict == VERDICT_NOT_SHOWN ? "not shown to be" : "not",
                   m->target);
    }
    if (!put_unknown(out, a, listed))
        buf_puts(out, a->pipeline->n_targets ? "it does not show all that is asked"
                                             : "it has no objective");
}

static void put_misses(struct buf *out, const struct alternative *a, size_t n, const char *lead)
{
    size_t listed = 0;

    for (size_t i = 0; i < n; i++) {
        if (meets(&a[i]))
            continue;
        buf_printf(out, "%s%s (", listed++ ? "; " : lead, a[i].name);
        put_misses_of(out, &a[i]);
        buf_putc(out, ')');
    }
    buf_puts(out, listed ? "." : "");
}

/* What it misses, when that is one metric; NULL. */
static const struct target *only_miss(const struct alternative *a)
{
    const struct metric *missed = NULL;

    for (size_t i = 0; i < a->result->metrics.list.len; i++) {
        const struct metric *m = &a->result->metrics.list.at[i];
        if (!is_miss(m))
            continue;
        if (missed)
            return NULL;
        missed = m;
    }
    const struct target *found = NULL;
    for (uint32_t i = 0; missed && i < a->pipeline->n_targets; i++) {
        const struct target *t = &a->pipeline->target[i];
        if (is_unknown(a, t))
            return NULL;
        if (!found && is_bound(t) && !strcmp(t->metric, missed->name))
            found = t;
    }
    return found;
}

/* Where all of them miss the same bound: who comes nearest to it, if one does. */
static void put_nearest(struct buf *out, const struct alternative *a, size_t n)
{
    const struct target *asked = only_miss(&a[0]);

    for (size_t i = 1; i < n && asked; i++) {
        const struct target *t = only_miss(&a[i]);
        if (!t || strcmp(t->metric, asked->metric) || t->kind != asked->kind)
            asked = NULL;
    }
    const struct alternative *best =
        asked ? best_by(a, n, asked->metric, asked->kind == TARGET_AT_LEAST ? 1 : -1, NULL) : NULL;
    for (size_t i = 0; i < n && best; i++)
        if (&a[i] != best &&
            value_of(&a[i], asked->metric, NAN) == known(best, asked->metric)->value)
            return;
    if (best)
        buf_printf(out, " The nearest is %s.", best->name);
}

/* --- who does more than is asked */

/* Those that meet the objective too and cost more (dearer), or less, for a correct item. */
static void put_others(struct buf *out, const struct alternative *a, size_t n,
                       const struct alternative *chosen, bool dearer)
{
    const char *price = price_for(a, n);
    const struct metric *own = price ? known(chosen, price) : NULL;
    size_t listed = 0;

    for (size_t i = 0; i < n; i++) {
        const struct metric *m = own ? known(&a[i], price) : NULL;
        bool priced = m && own->value > 0 && m->value > 0;
        if (&a[i] == chosen || !meets(&a[i]) || (priced && m->value < own->value) == dearer)
            continue;
        buf_puts(out, listed++ ? ", "
                      : dearer ? " More than the job needs: "
                               : " More steps, and still cheaper: ");
        buf_puts(out, a[i].name);
        if (!priced)
            continue;
        buf_puts(out, " (");
        format_value(out, m, a[i].result->currency);
        if (listed == 1) {
            buf_puts(out, price == whole_price
                              ? " a correct item, fixed prices included, instead of "
                              : " a correct item instead of ");
            format_value(out, own, chosen->result->currency);
        }
        buf_putc(out, ')');
    }
    buf_puts(out, listed ? "." : "");
}

/* a's metric less b's, which both know. */
static struct metric lead_of(const struct alternative *a, const struct alternative *b,
                             const char *metric)
{
    size_t i = 0;

    while (i < compared_metrics_count && strcmp(compared_metrics[i], metric))
        i++;
    return compare_difference(b, a, i, known(b, metric), known(a, metric));
}

static const char *net_for(const struct alternative *a, size_t n)
{
    return !same_money(a, n)                 ? NULL
           : all_know(a, n, "net_per_month") ? "net_per_month"
           : all_know(a, n, "net_per_item")  ? "net_per_item"
                                             : NULL;
}

/* Who nets more than the simplest, by what items are worth. */
static void put_worth(struct buf *out, const struct alternative *a, size_t n,
                      const struct alternative *chosen)
{
    const char *net = net_for(a, n);
    const struct alternative *best = net ? best_by(a, n, net, 1, meets) : NULL;

    if (!best || best == chosen || !(lead_of(best, chosen, net).low > 0))
        return;
    buf_printf(out, " Yet by what items are worth %s nets the most: ", best->name);
    format_value(out, known(best, net), best->result->currency);
    buf_puts(out, strcmp(net, "net_per_month") ? " an item instead of " : " a month instead of ");
    format_value(out, known(chosen, net), chosen->result->currency);
    buf_putc(out, '.');
}

/* --- without bounds */

/* "A is right most often (B perhaps as often)". */
static void put_most_right(struct buf *out, const struct alternative *a, size_t n,
                           const struct alternative *best)
{
    size_t listed = 0;
    bool same = true;

    buf_printf(out, " %s is right most often", best->name);
    for (size_t i = 0; i < n; i++) {
        if (&a[i] == best || !known(&a[i], "reliability"))
            continue;
        struct metric lead = lead_of(best, &a[i], "reliability");
        if (lead.low > 0)
            continue;
        same = same && lead.low == lead.high;
        buf_printf(out, "%s%s", listed++ ? ", " : " (", a[i].name);
    }
    buf_puts(out, !listed ? "" : same ? " as often)" : " perhaps as often)");
}

static void put_without_objective(struct buf *out, const struct alternative *a, size_t n)
{
    const char *price = price_for(a, n), *net = net_for(a, n);
    const struct alternative *right = best_by(a, n, "reliability", 1, NULL),
                             *cheap = price ? best_by(a, n, price, -1, NULL) : NULL,
                             *rich = net ? best_by(a, n, net, 1, NULL) : NULL;

    buf_puts(out, "No objective is given (--target).");
    if (!right)
        return;
    put_most_right(out, a, n, right);
    if (cheap && price_of(cheap, price) > 0)
        buf_printf(out, "; a correct item is cheapest from %s", cheap->name);
    if (rich)
        buf_printf(out, "; %s nets the most", rich->name);
    buf_putc(out, '.');
}

/* What is to be `least` or `most`, by the first one's targets; NULL. */
static const struct target *goal_of(const struct alternative *a)
{
    for (uint32_t i = 0; i < a->pipeline->n_targets; i++)
        if (a->pipeline->target[i].kind == TARGET_LEAST ||
            a->pipeline->target[i].kind == TARGET_MOST)
            return &a->pipeline->target[i];
    return NULL;
}

static bool not_failed(const struct alternative *a)
{
    return a->result->passed != PASSED_FALSE;
}

/* The best by the goal, of those that meet all else. */
static void put_best(struct buf *out, const struct alternative *a, size_t n,
                     const struct target *goal)
{
    const struct alternative *best =
        best_by(a, n, goal->metric, goal->kind == TARGET_MOST ? 1 : -1, not_failed);

    if (!best || (!strcmp(known(best, goal->metric)->unit, "$") && !same_money(a, n)))
        return;
    buf_puts(out, goal->kind == TARGET_MOST ? " The most " : " The least ");
    format_name(out, goal->metric);
    buf_printf(out, " is that of %s: ", best->name);
    format_value(out, known(best, goal->metric), best->result->currency);
    buf_putc(out, '.');
}

/* --- the answer */

/* "the objective (shipped error at most 5%)", where it is one for all. */
static void put_objective(struct buf *out, const struct alternative *a, size_t n)
{
    size_t listed = 0;

    for (size_t i = 1; i < n; i++)
        if (!compare_same_targets(a[0].pipeline, a[i].pipeline)) {
            buf_puts(out, "its own objective");
            return;
        }
    buf_puts(out, "the objective (");
    for (uint32_t i = 0; i < a->pipeline->n_targets; i++) {
        const struct target *t = &a->pipeline->target[i];
        if (!is_bound(t))
            continue;
        buf_puts(out, listed++ ? ", " : "");
        format_name(out, t->metric);
        buf_printf(out, " %s", t->text);
    }
    buf_putc(out, ')');
}

static void put_judged(struct buf *out, const struct alternative *a, size_t n,
                       const struct alternative *chosen)
{
    if (!chosen) {
        buf_printf(out, "None of the %zu meets ", n);
        put_objective(out, a, n);
        put_misses(out, a, n, ": ");
        put_nearest(out, a, n);
        return;
    }
    buf_puts(out, "The simplest that meets ");
    put_objective(out, a, n);
    buf_printf(out, " is %s (%u step%s).", chosen->name, chosen->pipeline->n_steps,
               chosen->pipeline->n_steps == 1 ? "" : "s");
    put_misses(out, a, n, " Not enough: ");
    put_others(out, a, n, chosen, true);
    put_others(out, a, n, chosen, false);
    put_worth(out, a, n, chosen);
}

void compare_answer(const struct alternative *a, size_t n, struct result *out)
{
    const struct target *goal = goal_of(&a[0]);
    const struct alternative *chosen = NULL;
    struct buf sentence = {0};
    bool asked = false;

    for (size_t i = 0; i < n; i++) {
        asked = asked || a[i].result->passed != PASSED_NULL;
        if (meets(&a[i]) && (!chosen || is_simpler(&a[i], chosen, price_for(a, n))))
            chosen = &a[i];
    }
    if (asked)
        put_judged(&sentence, a, n, chosen);
    else if (goal)
        buf_puts(&sentence, "No bound is given (--target).");
    else
        put_without_objective(&sentence, a, n);
    if (goal && (!asked || chosen))
        put_best(&sentence, a, n, goal);
    out->answer = (struct answer){.present = true,
                                  .threshold = NAN,
                                  .bound = NAN,
                                  .level = NAN,
                                  .review_load = NAN,
                                  .risk_value = NAN,
                                  .best_attainable = NAN};
    out->answer.sentence = result_text(out, "%s", buf_text(&sentence));
    out->answer.ending = asked ? chosen ? "met" : "infeasible" : NULL;
    out->answer.choice = chosen ? result_text(out, "%s", chosen->name) : NULL;
    if (asked)
        out->passed = chosen ? PASSED_TRUE : PASSED_FALSE;
    buf_release(&sentence);
}
