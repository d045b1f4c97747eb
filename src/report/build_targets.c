/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the targets say: the worst of them in front, and a line for each. */
#include "report/build_parts.h"

#include "report/format.h"

#include <math.h>
#include <string.h>

static enum verdict verdict_of_ending(const struct answer *a)
{
    static const struct {
        const char *ending;
        enum verdict verdict;
    } endings[] = {
        {"met",              VERDICT_PASS      },
        {"certified",        VERDICT_PASS      },
        {"infeasible",       VERDICT_INFEASIBLE},
        {"too few labels",   VERDICT_NOT_SHOWN },
        {"not identifiable", VERDICT_NOT_SHOWN }
    };
    for (size_t i = 0; a->present && a->ending && i < sizeof endings / sizeof *endings; i++)
        if (!strcmp(a->ending, endings[i].ending))
            return endings[i].verdict;
    return VERDICT_NONE;
}

/* A miss outweighs what is not shown, which outweighs a pass. */
static enum verdict worse(enum verdict a, enum verdict b)
{
    static const int weight[] = {[VERDICT_NONE] = 0,
                                 [VERDICT_PASS] = 1,
                                 [VERDICT_NOT_SHOWN] = 2,
                                 [VERDICT_INFEASIBLE] = 3,
                                 [VERDICT_FAIL] = 4};
    return weight[b] > weight[a] ? b : a;
}

static enum verdict worst_metric(const struct metrics *m)
{
    enum verdict worst = VERDICT_NONE;
    for (size_t k = 0; k < m->list.len; k++)
        worst = worse(worst, m->list.at[k].verdict);
    return worst;
}

enum verdict build_worst(const struct build *b)
{
    enum verdict worst = VERDICT_NONE;
    for (size_t i = 0; i < b->n; i++) {
        const struct result *r = b->r[i];
        enum verdict own = verdict_of_ending(&r->answer);
        own = worse(own, worst_metric(&r->metrics));
        for (size_t k = 0; k < r->objectives.len; k++)
            own = worse(own, worst_metric(&r->objectives.at[k].metrics));
        for (size_t k = 0; k < r->resources.len; k++)
            own = worse(own, worst_metric(&r->resources.at[k].metrics));
        if (r->passed == PASSED_FALSE && own <= VERDICT_PASS)
            own = VERDICT_NOT_SHOWN;
        worst = worse(worst, own);
    }
    return worst;
}

/* --- how many there are */

/* A target, over all results that judge it. */
struct judged {
    const char *owner, *metric, *target;
    enum verdict worst;
    bool remedied; /* by the setting of a sizing */
};
struct judgement {
    VEC(struct judged) list;
    bool intervals; /* does one of them have one? */
};

static void judge(struct judgement *j, const struct result *r, const char *owner,
                  const struct metric *m)
{
    bool remedy = m->verdict == VERDICT_PASS && !strcmp(r->command, "size");
    if (m->verdict == VERDICT_NONE || !m->target)
        return;
    j->intervals = j->intervals || m->low < m->value || m->high > m->value;
    for (size_t i = 0; i < j->list.len; i++) {
        struct judged *known = &j->list.at[i];
        if (!strcmp(known->metric, m->name) && !strcmp(known->target, m->target) &&
            !strcmp(known->owner, owner)) {
            known->worst = worse(known->worst, m->verdict);
            known->remedied = known->remedied || remedy;
            return;
        }
    }
    vec_push(&j->list, ((struct judged){owner, m->name, m->target, m->verdict, remedy}));
}

static void judge_rows(struct judgement *j, const struct result *r, const struct row *rows,
                       size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < rows[i].metrics.list.len; k++)
            judge(j, r, rows[i].id, &rows[i].metrics.list.at[k]);
}

static void judge_all(const struct build *b, struct judgement *j)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct result *r = b->r[i];
        for (size_t k = 0; k < r->metrics.list.len; k++)
            judge(j, r, "", &r->metrics.list.at[k]);
        judge_rows(j, r, r->objectives.at, r->objectives.len);
        judge_rows(j, r, r->resources.at, r->resources.len);
    }
}

static bool is_missed(const struct judged *j)
{
    return j->worst == VERDICT_FAIL || j->worst == VERDICT_INFEASIBLE;
}

static size_t count_missed(const struct judgement *j)
{
    size_t n = 0;
    for (size_t i = 0; i < j->list.len; i++)
        n += is_missed(&j->list.at[i]);
    return n;
}

/* "at most 5% of what ships unseen is wrong" */
static const char *in_words(const struct build *b, const struct judged *j)
{
    static const struct {
        const char *metric, *words;
    } known[] = {
        {"reliability",   "of all items end right"            },
        {"completion",    "of all items are shipped"          },
        {"auto_error",    "of what ships unseen is wrong"     },
        {"shipped_error", "of what ships is wrong"            },
        {"joint_error",   "of all items ship wrong and unseen"},
        {"review_load",   "of the items go to review"         }
    };
    struct buf name = {0};
    for (size_t i = 0; i < sizeof known / sizeof *known && !*j->owner; i++)
        if (!strcmp(j->metric, known[i].metric))
            return arena_printf(&b->d->arena, "%s %s", j->target, known[i].words);
    format_name(&name, j->metric);
    const char *words = arena_printf(&b->d->arena, "%s%s%s is %s", j->owner, *j->owner ? ", " : "",
                                     buf_text(&name), j->target);
    buf_release(&name);
    return words;
}

enum { NAMED = 2 }; /* more targets are counted */

/* "A, and B": the targets, or those that are missed. */
static const char *named(const struct build *b, const struct judgement *j, bool missed_alone)
{
    const char *words = NULL;
    for (size_t i = 0; i < j->list.len; i++) {
        const char *one = in_words(b, &j->list.at[i]);
        if (missed_alone && !is_missed(&j->list.at[i]))
            continue;
        if (missed_alone)
            one = arena_printf(&b->d->arena, "\u201c%s\u201d", one);
        words = words
                    ? arena_printf(&b->d->arena, "%s%s and %s", words, missed_alone ? "" : ",", one)
                    : one;
    }
    return words;
}

/* What there is to meet, and whether it is: "all 3 targets are met". */
static const char *all_met(const struct build *b, const struct judgement *j)
{
    size_t n = j->list.len;
    return n == 0       ? "every target is met"
           : n <= NAMED ? named(b, j, false)
                        : arena_printf(&b->d->arena, "all %zu targets are met", n);
}

static const char *missed(const struct build *b, const struct judgement *j)
{
    size_t n = count_missed(j);
    return n == 0 ? "a target is missed"
           : n <= NAMED
               ? arena_printf(&b->d->arena, "%s %s missed", named(b, j, true), n > 1 ? "are" : "is")
               : arena_printf(&b->d->arena, "%zu of %zu targets are missed", n, j->list.len);
}

/* What no setting meets; where labels are sized without success no metric is judged. */
static const char *unattained(const struct build *b, const struct judgement *j)
{
    return count_missed(j) == 0 ? "the target that was asked for"
           : j->list.len == 1   ? named(b, j, true)
                                : "every target";
}

/* Is all that is missed met by a setting that was looked for? */
static bool is_remedied(const struct judgement *j)
{
    if (count_missed(j) == 0)
        return false;
    for (size_t i = 0; i < j->list.len; i++)
        if (j->list.at[i].worst != VERDICT_PASS && !j->list.at[i].remedied)
            return false;
    return true;
}

void build_targets(const struct build *b, enum verdict worst)
{
    struct judgement j = {0};
    judge_all(b, &j);
    size_t n = j.list.len;
    if (worst == VERDICT_PASS)
        document_text(b->d, BLOCK_VERDICT, TONE_GOOD, "Yes: %s%s.", all_met(b, &j),
                      !j.intervals ? ""
                      : n == 1     ? ", even at the worse end of the interval"
                                   : ", even at the worse ends of the intervals");
    else if (worst == VERDICT_FAIL && is_remedied(&j))
        document_text(b->d, BLOCK_VERDICT, TONE_UNSURE,
                      "Not as it is: %s. At the setting below %s.", missed(b, &j),
                      count_missed(&j) == 1 ? "it is met" : "they are met");
    else if (worst == VERDICT_FAIL)
        document_text(b->d, BLOCK_VERDICT, TONE_BAD, "No: %s.", missed(b, &j));
    else if (worst == VERDICT_INFEASIBLE)
        document_text(b->d, BLOCK_VERDICT, TONE_BAD, "No: no setting meets %s.", unattained(b, &j));
    else
        document_text(b->d, BLOCK_VERDICT, TONE_UNSURE,
                      "Not shown: these numbers do not settle whether %s.", all_met(b, &j));
    vec_release(&j.list);
}

/* --- a line for each */

/* "the log: reliability is 83.30% (83.23-83.37), the target is at least 95%: fail."  owner: of a
 * row, before the metric's name. */
static void add_line(const struct build *b, size_t i, const char *owner, const struct metric *m)
{
    struct buf text = {0};
    if (build_label(b, i))
        buf_printf(&text, "%s: ", build_label(b, i));
    if (*owner)
        buf_printf(&text, "%s, ", owner);
    format_name(&text, m->name);
    buf_puts(&text, " is ");
    format_both(&text, m, b->r[i]->currency);
    buf_printf(&text, ", the target is %s: %s.", m->target, verdict_name(m->verdict));
    document_text(b->d, BLOCK_BULLET, TONE_PLAIN, "%s", buf_text(&text));
    buf_release(&text);
}

static void add_row_lines(const struct build *b, size_t i, const struct row *rows, size_t n)
{
    for (size_t k = 0; k < n; k++)
        for (size_t j = 0; j < rows[k].metrics.list.len; j++) {
            const struct metric *m = &rows[k].metrics.list.at[j];
            if (m->verdict != VERDICT_NONE && m->target)
                add_line(b, i, rows[k].id, m);
        }
}

/* Is there one target alone, that the sentence of the result has told already? */
static bool is_told(const struct build *b, const struct result *r)
{
    struct judgement j = {0};
    judge_all(b, &j);
    size_t n = j.list.len;
    vec_release(&j.list);
    return n == 1 && r->answer.sentence && !build_sided(b);
}

void build_target_lines(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct result *r = b->r[i];
        for (size_t k = 0; k < r->metrics.list.len && !is_told(b, r); k++) {
            const struct metric *m = &r->metrics.list.at[k];
            if (m->verdict != VERDICT_NONE && m->target && !build_is_judged(b, i, m))
                add_line(b, i, "", m);
        }
        add_row_lines(b, i, r->objectives.at, r->objectives.len);
        add_row_lines(b, i, r->resources.at, r->resources.len);
    }
}
