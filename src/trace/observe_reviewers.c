/* SPDX-License-Identifier: GPL-3.0-or-later */
/* People who review: how much, how fast, how they agree with one another and with the truth.
 *
 * A vote lets a draft pass as it is, or it does not (rejected, corrected).  Shares have Wilson's
 * intervals, agreement beyond chance those of math/agreement.h.  The truth is that of labels alone:
 * a reviewer's word is no witness of itself. */
#include "trace/discover.h"
#include "trace/tally_parts.h"
#include "trace/votes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { VOTERS_MOST = 64, KINDS_MOST = 1024, ROWS_MOST = 1000, COUPLES_MOST = 200 };

/* ---- counting ------------------------------------------------------------------------------- */

/* The row of a person; UINT32_MAX when there is room for no more. */
static uint32_t row_of(struct tally_reviewers *t, const struct interned *name)
{
    uint32_t at = intern_find(&t->names, name->at, name->len);
    if (at == UINT32_MAX && t->list.len < TALLY_REVIEWERS_MAX) {
        at = intern_put(&t->names, name->at, name->len);
        vec_push(&t->list, (struct tally_reviewer){0});
    }
    return at;
}

static void count_vote(struct tally_reviewers *t, uint32_t who, const struct vote *v)
{
    struct tally_reviewer *r = &t->list.at[who];
    enum log_truth says = discover_verdict_truth(v->said);
    r->reviews++;
    if (says == LOG_UNKNOWN)
        return;
    r->said++;
    r->rejected += v->said == LOG_REJECTED_BY_REVIEW;
    r->corrected += v->said == LOG_CORRECTED;
    r->bad += v->truth == LOG_BAD;
    r->caught += v->truth == LOG_BAD && says == LOG_BAD;
    r->good += v->truth == LOG_GOOD;
    r->passed += v->truth == LOG_GOOD && says == LOG_GOOD;
}

static void count_time(struct tally_reviewers *t, uint32_t who, const struct vote *v)
{
    if (!v->decided_ns)
        return;
    t->untimed = t->untimed || t->times.len == TALLY_ROWS_MAX;
    if (!t->untimed)
        vec_push(&t->times, ((struct tally_timed){who, v->asked_ns, v->decided_ns}));
}

static void count_couple(struct tally_reviewers *t, uint32_t a, bool a_says, uint32_t b,
                         bool b_says)
{
    uint32_t key[2] = {a < b ? a : b, a < b ? b : a};
    bool first = a < b ? a_says : b_says, second = a < b ? b_says : a_says;
    uint32_t at = intern_find(&t->keys, (const char *)key, sizeof key);
    if (at == UINT32_MAX && t->couples.len == TALLY_COUPLES_MAX) {
        t->left_out++;
        return;
    }
    if (at == UINT32_MAX) {
        at = intern_put(&t->keys, (const char *)key, sizeof key);
        vec_push(&t->couples, ((struct tally_couple){.a = key[0], .b = key[1]}));
    }
    t->couples.at[at].cell[first][second]++;
}

static void count_kind(struct tally_reviewers *t, uint32_t yes, uint32_t no)
{
    for (size_t i = 0; i < t->drafts.len; i++)
        if (t->drafts.at[i].yes == yes && t->drafts.at[i].no == no) {
            t->drafts.at[i].n++;
            return;
        }
    if (t->drafts.len < KINDS_MOST)
        vec_push(&t->drafts, ((struct judged){yes, no, 1}));
    else
        t->left_out++;
}

/* The votes [from, to) on one draft; who[] their rows. */
static void count_draft(struct tally_reviewers *t, const struct votes *v, const uint32_t *who,
                        size_t from, size_t to)
{
    uint32_t said[2] = {0}, voter[VOTERS_MOST], n = 0;
    bool says[VOTERS_MOST];
    for (size_t k = from; k < to && n < VOTERS_MOST; k++) {
        enum log_truth word = discover_verdict_truth(v->list.at[k].said);
        if (word == LOG_UNKNOWN || who[k] == UINT32_MAX)
            continue;
        said[word == LOG_GOOD]++;
        voter[n] = who[k];
        says[n++] = word == LOG_GOOD;
    }
    if (n < 2)
        return;
    count_kind(t, said[1], said[0]);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++) {
            if (i < j)
                count_couple(t, voter[i], says[i], voter[j], says[j]);
            t->list.at[voter[i]].pairs += i != j;
            t->list.at[voter[i]].alike += i != j && says[i] == says[j];
        }
}

void tally_reviewers_add(struct tally_reviewers *t, const struct trace_log *log)
{
    struct votes v;
    votes_of(log, &v);
    uint32_t *who = mem_alloc((v.list.len + 1) * sizeof *who);
    for (size_t k = 0; k < v.list.len; k++) {
        const struct vote *vote = &v.list.at[k];
        who[k] = row_of(t, &v.names.of[vote->who]);
        if (who[k] == UINT32_MAX) {
            t->left_out++;
            continue;
        }
        count_vote(t, who[k], vote);
        count_time(t, who[k], vote);
    }
    for (size_t k = 0, end; k < v.list.len; k = end) {
        const struct vote *first = &v.list.at[k];
        for (end = k + 1; end < v.list.len && v.list.at[end].item == first->item &&
                          v.list.at[end].draft == first->draft;)
            end++;
        count_draft(t, &v, who, k, end);
    }
    mem_free(who);
    votes_release(&v);
}

void tally_reviewers_release(struct tally_reviewers *t)
{
    intern_release(&t->names);
    intern_release(&t->keys);
    vec_release(&t->list);
    vec_release(&t->couples);
    vec_release(&t->drafts);
    vec_release(&t->times);
}

/* ---- telling -------------------------------------------------------------------------------- */

/* Times of reviews, by person, then length. */
struct paces {
    struct vote *vote;
    double *s;
    size_t n;
};

static int by_who(const void *a, const void *b)
{
    const struct tally_timed *x = a, *y = b;
    if (x->who != y->who)
        return x->who < y->who ? -1 : 1;
    if (x->decided_ns != y->decided_ns)
        return x->decided_ns < y->decided_ns ? -1 : 1;
    return x->asked_ns < y->asked_ns ? -1 : x->asked_ns > y->asked_ns;
}

static void find_paces(const struct tally_reviewers *t, struct paces *p)
{
    size_t n = p->n = t->untimed ? 0 : t->times.len;
    struct tally_timed *in_order = mem_alloc((n + 1) * sizeof *in_order);
    p->vote = mem_zero(n + 1, sizeof *p->vote);
    p->s = mem_alloc((n + 1) * sizeof *p->s);
    if (n) {
        memcpy(in_order, t->times.at, n * sizeof *in_order);
        qsort(in_order, n, sizeof *in_order, by_who);
    }
    for (size_t k = 0; k < n; k++) {
        p->vote[k].who = in_order[k].who;
        p->vote[k].asked_ns = in_order[k].asked_ns;
        p->vote[k].decided_ns = in_order[k].decided_ns;
    }
    votes_times(p->vote, n, p->s);
    mem_free(in_order);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void put_pace(const struct paces *p, uint32_t who, double level, struct metrics *m)
{
    size_t from = 0, to = p->n;
    while (from < to) { /* the first of this person's */
        size_t mid = from + (to - from) / 2;
        if (p->vote[mid].who < who)
            from = mid + 1;
        else
            to = mid;
    }
    while (to < p->n && p->vote[to].who == who)
        to++;
    if (to == from)
        return;
    qsort(p->s + from, to - from, sizeof *p->s, by_value);
    observe_quantile(m, "review_time_p50", p->s + from, to - from, 0.5, level, "s");
    observe_quantile(m, "review_time_p90", p->s + from, to - from, 0.9, level, "s");
}

static int by_reviews(const void *a, const void *b)
{
    const struct tally_reviewer *x = *(const struct tally_reviewer *const *)a,
                                *y = *(const struct tally_reviewer *const *)b;
    if (x->reviews != y->reviews)
        return x->reviews > y->reviews ? -1 : 1;
    return x < y ? -1 : x > y;
}

static void put_person(const struct tally_reviewers *t, const struct tally_reviewer *r,
                       const struct paces *p, bool corrections, double level, struct result *out)
{
    uint32_t who = (uint32_t)(r - t->list.at);
    struct row *row = result_add_row(out, reviewers, t->names.of[who].at);
    struct metrics *m = &row->metrics;
    row->kind = "reviewer";
    metrics_add_count(m, "reviews", r->reviews);
    observe_share(m, "rejected_share", r->rejected, r->said, level);
    if (corrections)
        observe_share(m, "corrected_share", r->corrected, r->said, level);
    put_pace(p, who, level, m);
    observe_share(m, "agreement", r->alike, r->pairs, level);
    observe_share(m, "sensitivity", r->caught, r->bad, level);
    observe_share(m, "specificity", r->passed, r->good, level);
}

static uint64_t both(const struct tally_couple *c)
{
    return c->cell[0][0] + c->cell[0][1] + c->cell[1][0] + c->cell[1][1];
}

static int by_both(const void *a, const void *b)
{
    const struct tally_couple *x = a, *y = b;
    if (both(x) != both(y))
        return both(x) > both(y) ? -1 : 1;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return x->b < y->b ? -1 : x->b > y->b;
}

static void put_couples(const struct tally_reviewers *t, double level, struct result *out)
{
    size_t n = t->couples.len;
    struct tally_couple *at = mem_alloc((n + 1) * sizeof *at);
    if (n) {
        memcpy(at, t->couples.at, n * sizeof *at);
        qsort(at, n, sizeof *at, by_both);
    }
    for (size_t k = 0; k < n && k < COUPLES_MOST; k++) {
        const struct tally_couple *c = &at[k];
        struct row *row = result_add_row(
            out, reviewers, result_text(out, "%s, %s", t->names.of[c->a].at, t->names.of[c->b].at));
        struct interval i = agreement_kappa_interval(c->cell, level);
        double kappa = agreement_kappa(c->cell);
        row->kind = "pair";
        metrics_add_count(&row->metrics, "judged_both", both(c));
        observe_share(&row->metrics, "agreement", c->cell[0][0] + c->cell[1][1], both(c), level);
        if (!isnan(kappa))
            metrics_add(&row->metrics, "kappa", kappa, i.low, i.high, level, both(c), "1");
    }
    if (n > COUPLES_MOST)
        result_assume(out,
                      "of %zu pairs of reviewers the %d with the most drafts in common have "
                      "a row",
                      n, (int)COUPLES_MOST);
    mem_free(at);
}

static void put_all(const struct tally_reviewers *t, double level, struct result *out)
{
    struct agreement a;
    agreement_of(t->drafts.at, t->drafts.len, level, &a);
    if (!a.things)
        return;
    struct row *row = result_add_row(out, reviewers, "(all)");
    row->kind = "all";
    metrics_add_count(&row->metrics, "judged_both", a.things);
    metrics_add(&row->metrics, "agreement", a.share, a.of_share.low, a.of_share.high, level,
                a.things, "1");
    if (!isnan(a.alpha))
        metrics_add(&row->metrics, "alpha", a.alpha, a.of_alpha.low, a.of_alpha.high, level,
                    a.things, "1");
}

void observe_reviewers(const struct tally *tally, double level, struct result *out)
{
    const struct tally_reviewers *t = &tally->reviewers;
    size_t n = t->list.len;
    struct paces p;
    bool corrections = false;
    if (!n)
        return;
    const struct tally_reviewer **order = mem_alloc(n * sizeof *order);
    for (size_t k = 0; k < n; k++) {
        order[k] = &t->list.at[k];
        corrections = corrections || t->list.at[k].corrected;
    }
    qsort(order, n, sizeof *order, by_reviews);
    find_paces(t, &p);
    for (size_t k = 0; k < n && k < ROWS_MOST; k++)
        put_person(t, order[k], &p, corrections, level, out);
    put_couples(t, level, out);
    put_all(t, level, out);
    if (p.n)
        result_assume(out, "a review takes from when it was asked for, or from the same person's "
                           "decision before it, to its decision: nights and idle hours count");
    if (t->untimed)
        result_warn(out, "reviews are more than %d: how long they took is not told",
                    (int)TALLY_ROWS_MAX);
    if (n > ROWS_MOST || t->left_out)
        result_warn(out,
                    "of %zu reviewers the %d with the most reviews have a row; %llu reviews "
                    "are of people or pairs beyond what is kept",
                    n, (int)ROWS_MOST, (unsigned long long)t->left_out);
    mem_free(p.vote);
    mem_free(p.s);
    mem_free(order);
}
