/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What named reviewers tell of the review.
 *
 * The scenario has reviewers of one kind; how far the log's differ is said beside it.  Where no
 * label tells how good they are, their disagreements do: of two verdicts on one draft that differ
 * exactly one is wrong, so k disagreements in n pairs are k wrong ones of 2 n verdicts at least. */
#include "trace/estimate_parts.h"
#include "trace/tally_parts.h"

#include <math.h>

enum { NAMED_MOST = 4 };

static void count_people(const struct estimate *e, struct tally_reviewers *t)
{
    *t = (struct tally_reviewers){0};
    intern_init(&t->names);
    intern_init(&t->keys);
    tally_reviewers_add(t, e->log);
}

/* Pairs of verdicts on the same draft, and those that differ. */
static void count_pairs(const struct tally_reviewers *t, uint64_t *pairs, uint64_t *differ)
{
    *pairs = *differ = 0;
    for (size_t i = 0; i < t->drafts.len; i++) {
        uint64_t yes = t->drafts.at[i].yes, no = t->drafts.at[i].no, n = t->drafts.at[i].n;
        *pairs += n * ((yes + no) * (yes + no - 1) / 2);
        *differ += n * yes * no;
    }
}

static const struct tally_reviewer *next_busiest(const struct tally_reviewers *t,
                                                 const struct tally_reviewer *before)
{
    const struct tally_reviewer *best = NULL;
    for (size_t i = 0; i < t->list.len; i++) {
        const struct tally_reviewer *r = &t->list.at[i];
        bool behind = !before || r->reviews < before->reviews ||
                      (r->reviews == before->reviews && r > before);
        if (behind && r->said && (!best || r->reviews > best->reviews))
            best = r;
    }
    return best;
}

static void name_them(struct estimate *e, const struct tally_reviewers *t)
{
    struct buf *note = &e->note[e->review];
    const struct tally_reviewer *r = NULL;
    size_t named = 0;
    for (; named < NAMED_MOST && (r = next_busiest(t, r)); named++)
        buf_printf(note, "%s%.40s let pass %llu of %llu",
                   named ? ", " : "; by name: ", t->names.of[r - t->list.at].at,
                   (unsigned long long)(r->said - r->rejected - r->corrected),
                   (unsigned long long)r->said);
    if (named && t->list.len > named)
        buf_printf(note, ", and %zu more", t->list.len - named);
}

static void tell_agreement(struct estimate *e, const struct tally_reviewers *t)
{
    struct agreement a;
    agreement_of(t->drafts.at, t->drafts.len, 0.95, &a);
    if (!a.things)
        return;
    buf_printf(&e->note[e->review], "; two said the same of %.3g%% of %llu drafts", 100 * a.share,
               (unsigned long long)a.things);
    if (!isnan(a.alpha))
        buf_printf(&e->note[e->review], " (Krippendorff's alpha %.2g, %.2g to %.2g)", a.alpha,
                   a.of_alpha.low, a.of_alpha.high);
}

/* Sensitivity or specificity of single people, where ten drafts or more tell. */
static void tell_spread(struct estimate *e, const struct tally_reviewers *t, bool of_bad)
{
    double low = INFINITY, high = -INFINITY;
    size_t known = 0;
    for (size_t i = 0; i < t->list.len; i++) {
        const struct tally_reviewer *r = &t->list.at[i];
        uint64_t n = of_bad ? r->bad : r->good, k = of_bad ? r->caught : r->passed;
        if (n < 10)
            continue;
        known++;
        low = fmin(low, (double)k / (double)n);
        high = fmax(high, (double)k / (double)n);
    }
    if (known > 1)
        buf_printf(&e->note[e->review], "; %s of single reviewers from %.3g%% to %.3g%%",
                   of_bad ? "sensitivity" : "specificity", 100 * low, 100 * high);
}

bool estimate_people(struct estimate *e)
{
    struct tally_reviewers t;
    uint64_t pairs, differ;
    count_people(e, &t);
    count_pairs(&t, &pairs, &differ);
    name_them(e, &t);
    tell_agreement(e, &t);
    tell_spread(e, &t, true);
    tell_spread(e, &t, false);
    bool bound = !e->log->labelled && differ > 0;
    if (bound) {
        uint32_t part = (uint32_t)e->review;
        struct numbers *n = e->out->step[part].numbers;
        estimate_rate(e, part, "sensitivity", 2 * pairs - differ, 2 * pairs, false,
                      &n->sensitivity);
        estimate_rate(e, part, "specificity", 2 * pairs - differ, 2 * pairs, false,
                      &n->specificity);
        result_warn(e->info,
                    "without labels nobody knows how often reviewers are right: of %llu pairs of "
                    "verdicts on one draft %llu differ, so sensitivity and specificity of `%s` "
                    "are at most what the scenario has",
                    (unsigned long long)pairs, (unsigned long long)differ, e->out->step[part].id);
    }
    tally_reviewers_release(&t);
    return bound;
}
