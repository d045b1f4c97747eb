/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Groups of labels: how each fares at the threshold for all, and a threshold for each.
 *
 * Bounds that are compared over G groups are each at 1 - d / G (Bonferroni), so that "the worst
 * group errs at most b" holds whichever group is the worst. */
#include "decide/size_labels.h"

#include "math/power.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GROUPS_SHOWN = 200 };

struct group {
    const char *name;
    struct scored *at; /* its labels, borrowed */
    size_t n;
    uint64_t m, k;
    double low, bound; /* one-sided, at d / groups */
    struct risk_answer answer;
};

/* The labels sorted into their groups; both arrays from mem_alloc, groups without labels left
 * out. */
static struct group *split(const struct labels_case *c, struct scored **rows, size_t *n)
{
    size_t n_groups = c->options->n_groups;
    struct group *group = mem_zero(n_groups, sizeof *group);
    struct scored *all = mem_alloc(c->n * sizeof *all);
    size_t *end = mem_zero(n_groups + 1, sizeof *end), kept = 0;

    for (size_t i = 0; i < c->n; i++)
        end[c->at[i].group + 1]++;
    for (size_t g = 0; g < n_groups; g++) {
        size_t len = end[g + 1];
        end[g + 1] += end[g];
        if (len)
            group[kept++] =
                (struct group){.name = c->options->groups[g], .at = all + end[g], .n = len};
    }
    for (size_t i = 0; i < c->n; i++)
        all[end[c->at[i].group]++] = c->at[i];
    mem_free(end);
    *rows = all;
    *n = kept;
    return group;
}

static const char *name_of(const struct group *g)
{
    return *g->name ? g->name : "(none)";
}

/* Surely bad groups first. */
static int worse_first(const void *x, const void *y)
{
    const struct group *a = x, *b = y;
    if (a->low != b->low)
        return a->low > b->low ? -1 : 1;
    double p = a->m ? (double)a->k / (double)a->m : -1, q = b->m ? (double)b->k / (double)b->m : -1;
    if (p != q)
        return p > q ? -1 : 1;
    return strcmp(a->name, b->name);
}

static void put_row(const struct labels_case *c, const struct group *g, bool own,
                    struct result *out)
{
    double level = c->options->level;
    struct row *row = result_add_row(out, classes, name_of(g));
    struct metrics *m = &row->metrics;
    row->kind = "group";

    if (own && g->answer.found)
        metrics_add_exact(m, "threshold", g->answer.threshold, "1");
    if (g->m) {
        struct interval ci = interval_clopper_pearson(g->k, g->m, level);
        struct metric *error = metrics_add(m, "auto_error", (double)g->k / (double)g->m, ci.low,
                                           own ? g->bound : ci.high, level, g->m, "1");
        if (own) {
            error->target = result_text(out, "%s", c->ask->of[0]->text);
            error->verdict = VERDICT_PASS;
        }
        if (!own)
            metrics_add_exact(m, "auto_error_bound", g->bound, "1");
    }
    struct interval ci = interval_wilson(g->n - g->m, g->n, level);
    metrics_add(m, "review_load", 1 - (double)g->m / (double)g->n, ci.low, ci.high, level, g->n,
                "1");
    metrics_add_count(m, "labels", g->n);
}

static void put_rows(const struct labels_case *c, const struct group *group, size_t n, bool own,
                     struct result *out)
{
    for (size_t i = 0; i < n && i < GROUPS_SHOWN; i++)
        put_row(c, &group[i], own, out);
    if (n > GROUPS_SHOWN)
        result_warn(out, "%zu groups: the %d that fare worst are shown", n, GROUPS_SHOWN);
}

/* --- the threshold for all */

static const char *worst_sentence(const struct labels_case *c, const struct group *worst, size_t n,
                                  bool certified, struct result *out)
{
    double target =
        c->ask->n_risks && c->ask->risk[0].kind == RISK_AUTO ? c->ask->risk[0].at_most : INFINITY;
    const char *text = result_text(
        out, "Worst of %zu groups there: %s, %llu of %llu wrong (%.1f%%; at most %.1f%%).", n,
        name_of(worst), (unsigned long long)worst->k, (unsigned long long)worst->m,
        100 * (double)worst->k / (double)worst->m, ceil(worst->bound * 1000) / 10);

    if (certified && worst->low > target)
        result_warn(out,
                    "group %s breaks the target that holds for all items together: %llu of %llu "
                    "wrong, at least %.1f%%; --per-group gives each group a threshold of its own",
                    name_of(worst), (unsigned long long)worst->k, (unsigned long long)worst->m,
                    floor(worst->low * 1000) / 10);
    else if (certified && worst->k > target * (double)worst->m)
        result_warn(out,
                    "group %s errs more than the target that holds for all items together (%llu "
                    "of %llu wrong), though that may be chance; --per-group gives each group a "
                    "threshold of its own",
                    name_of(worst), (unsigned long long)worst->k, (unsigned long long)worst->m);
    return text;
}

const char *labels_put_groups(const struct labels_case *c, const struct risk_answer *a,
                              struct result *out)
{
    struct scored *rows;
    size_t n;
    struct group *group = split(c, &rows, &n);
    double each = (1 - c->options->level) / (double)n;
    const char *text = NULL;

    for (size_t g = 0; g < n; g++) {
        for (size_t i = 0; i < group[g].n; i++)
            if (group[g].at[i].confidence >= a->threshold) {
                group[g].m++;
                group[g].k += !group[g].at[i].correct;
            }
        group[g].bound = interval_upper(group[g].k, group[g].m, each);
        group[g].low = 1 - interval_upper(group[g].m - group[g].k, group[g].m, each);
        if (!group[g].m)
            group[g].low = 0;
    }
    qsort(group, n, sizeof *group, worse_first);
    put_rows(c, group, n, false, out);
    result_assume(out, "groups stand by the lower bound of their error, the surely worst first; "
                       "their bounds hold for all of them together");
    if (n > 1 && group[0].m)
        text = worst_sentence(c, &group[0], n, a->ending == RISK_CERTIFIED, out);
    mem_free(group);
    mem_free(rows);
    return text;
}

/* --- a threshold for each */

static int choose_each(const struct labels_case *c, struct group *group, size_t n,
                       struct error *err)
{
    const struct size_labels_options *o = c->options;
    double target = c->ask->risk[0].at_most, each = (1 - o->level) / (double)n;
    uint64_t least = power_labels(target, 1, each, 0.8).zero_errors;

    for (size_t g = 0; g < n; g++) {
        group[g].bound = group[g].low = 1;
        if (group[g].n < least) { /* not even if all of them were right */
            group[g].answer = (struct risk_answer){.ending = RISK_TOO_FEW};
            continue;
        }
        struct risk_options risk = {
            .target = target, .level = 1 - each, .seed = o->seed, .grid = o->grid};
        struct risk_answer *a = &group[g].answer;
        if (risk_choose(o->method, group[g].at, group[g].n, &risk, a, err))
            return -1;
        group[g].m = a->found ? a->m : 0;
        group[g].k = a->found ? a->k : 0;
        group[g].bound = a->found ? a->bound : 1;
        group[g].low = a->found ? a->bound : 1; /* those without a threshold first */
    }
    return 0;
}

static const char *each_sentence(const struct labels_case *c, const struct group *group, size_t n,
                                 size_t found, uint64_t m, struct result *out)
{
    double load = 1 - (double)m / (double)c->n;

    if (!found)
        return result_text(out,
                           "No group of %zu can be certified by itself at %.3g%%: each has too few "
                           "labels, or errs more than that.",
                           n, 100 * c->ask->risk[0].at_most);
    return result_text(out,
                       "%zu of %zu groups have a threshold of their own%s: %.1f%% of the items go "
                       "to review, and with %.10g%% confidence at most %.3g%% of what ships unseen "
                       "is wrong in every one of them.",
                       found, n, found < n ? ", the others are reviewed whole" : "", 100 * load,
                       100 * c->options->level, 100 * c->ask->risk[0].at_most);
}

static void answer_each(const struct labels_case *c, const struct group *group, size_t n,
                        struct result *out, bool *certified)
{
    struct answer *to = &out->answer;
    size_t found = 0;
    bool all_infeasible = true;
    double bound = 0;

    *to = (struct answer){.present = true,
                          .threshold = NAN,
                          .level = c->options->level,
                          .best_attainable = NAN,
                          .method = risk_method_name(c->options->method),
                          .risk = risk_kind_name(RISK_AUTO),
                          .population = "each group of items like the labelled ones (same model, "
                                        "prompt and mix)"};
    for (size_t g = 0; g < n; g++) {
        const struct risk_answer *a = &group[g].answer;
        to->tests += a->tests;
        to->m += group[g].m;
        to->k += group[g].k;
        found += a->found;
        bound = a->found ? fmax(bound, a->bound) : bound;
        all_infeasible = all_infeasible && a->ending == RISK_INFEASIBLE;
    }
    *certified = found > 0;
    to->bound = found ? bound : NAN;
    to->review_load = 1 - (double)to->m / (double)c->n;
    to->risk_value = to->m ? (double)to->k / (double)to->m : NAN;
    to->ending = risk_ending_name(found            ? RISK_CERTIFIED
                                  : all_infeasible ? RISK_INFEASIBLE
                                                   : RISK_TOO_FEW);
    to->sentence = each_sentence(c, group, n, found, to->m, out);
    if (found) {
        struct interval ci = interval_clopper_pearson(to->k, to->m, to->level);
        struct metric *m = metrics_add(&out->metrics, "auto_error", to->risk_value, ci.low,
                                       fmax(bound, to->risk_value), to->level, to->m, "1");
        m->target = result_text(out, "%s", c->ask->of[0]->text);
        m->verdict = VERDICT_PASS;
    }
    struct interval ci = interval_wilson(c->n - to->m, c->n, to->level);
    metrics_add(&out->metrics, "review_load", to->review_load, ci.low, ci.high, to->level, c->n,
                "1");
}

int labels_by_group(const struct labels_case *c, struct result *out, bool *certified,
                    struct error *err)
{
    struct scored *rows;
    size_t n;

    if (c->ask->n_risks != 1 || c->ask->risk[0].kind != RISK_AUTO || c->ask->load)
        return error_set(err, ERR_USAGE,
                         "--per-group takes one target: --target \"auto_error at most P\"");
    if (c->options->method == RISK_EXACT || c->options->method == RISK_PLUG_IN)
        return error_set(err, ERR_USAGE,
                         "--per-group chooses by grid, split or sgr: --method %s has no "
                         "thresholds to choose with a guarantee",
                         risk_method_name(c->options->method));
    struct group *group = split(c, &rows, &n);
    int status = choose_each(c, group, n, err);
    if (status == 0) {
        answer_each(c, group, n, out, certified);
        qsort(group, n, sizeof *group, worse_first);
        put_rows(c, group, n, true, out);
    }
    mem_free(group);
    mem_free(rows);
    return status;
}
