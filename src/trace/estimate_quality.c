/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Right and wrong: how often the draft is wrong, what confidence it then has, what the review
 * does about it.
 *
 * With labels of all items these are plain counts.  Labels that exist for reviewed items more often
 * than for others are weighted by review (post-stratification; Cochran 1977, 5A.9); from decisions
 * alone only a lower bound is known, for what shipped unseen may be wrong too. */
#include "math/fit.h"
#include "math/interval.h"
#include "model/rules.h"
#include "trace/discover.h"
#include "trace/estimate_parts.h"

#include <math.h>
#include <stdlib.h>

enum { FEW = 50, SCORES = 400 };

struct drafts {
    uint64_t n[2], known[2], bad[2]; /* by reviewed */
    uint64_t others;                 /* wrong items without a draft */
};

/* The stage of the log that makes the drafts; -1: none does. */
static int32_t estimate_draft_stage(const struct estimate *e)
{
    const struct part *p = e->draft >= 0 ? &e->part[e->draft] : NULL;
    return !p ? -1 : p->role == PART_WAYPOINT ? p->holds : p->stage;
}

/* Did the item come to the step that holds the drafts, or may it still?  In a flow without ways all
 * do. */
static bool has_draft(const struct estimate *e, const struct log_item *it)
{
    int32_t stage = estimate_draft_stage(e);
    for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++)
        if ((int32_t)e->log->visits.at[v].stage == stage)
            return true;
    return stage < 0 || !e->plan || it->end == LOG_UNFINISHED;
}

static void count_drafts(const struct estimate *e, struct drafts *d)
{
    for (size_t i = 0; i < e->log->items.len; i++) {
        const struct log_item *it = &e->log->items.at[i];
        if (!has_draft(e, it)) {
            d->others += it->draft == LOG_BAD;
            continue;
        }
        d->n[it->reviewed]++;
        d->known[it->reviewed] += it->draft != LOG_UNKNOWN;
        d->bad[it->reviewed] += it->draft == LOG_BAD;
    }
}

/* Drafts that people sent back, which others then took the place of: they were wrong, so far as
 * the reviewer is right. */
static uint64_t sent_back(const struct estimate *e)
{
    const struct trace_log *log = e->log;
    int32_t draft = estimate_draft_stage(e);
    uint64_t n = 0;
    for (size_t i = 0; e->plan && i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        bool rejected = false;
        for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++) {
            const struct log_visit *visit = &log->visits.at[v];
            enum log_verdict said = discover_verdict(span_string(&log->spans, visit->decision));
            n += rejected && (int32_t)visit->stage == draft;
            if ((int32_t)visit->stage == log->review)
                rejected = said == LOG_REJECTED_BY_REVIEW;
            else if ((int32_t)visit->stage == draft)
                rejected = false;
        }
    }
    return n;
}

static void put_wrong(struct estimate *e)
{
    struct number *wrong = &e->out->step[e->draft].numbers->wrong;
    struct drafts d = {0};
    count_drafts(e, &d);
    uint64_t n = d.n[0] + d.n[1], known = d.known[0] + d.known[1], bad = d.bad[0] + d.bad[1];
    uint64_t back = sent_back(e);
    uint32_t part = (uint32_t)e->draft;
    if (d.others)
        result_warn(e->info,
                    "%llu items were wrong that never came to `%s`: what made them so is not in "
                    "the scenario",
                    (unsigned long long)d.others, e->out->step[part].id);
    if (back)
        buf_printf(&e->note[part], "; %llu drafts were sent back, and count as wrong ones",
                   (unsigned long long)back);
    if (known == 0 && back) {
        estimate_rate(e, part, "wrong", back, n + back, true, wrong);
        return;
    }
    if (known == 0) {
        result_warn(e->info,
                    "nothing in the log says whether any draft is right: `wrong` of `%s` "
                    "is left at 0; give a label file (--labels)",
                    e->out->step[part].id);
        return;
    }
    if (known == n) {
        estimate_rate(e, part, "wrong", bad + back, n + back, true, wrong);
        buf_printf(&e->note[part], "; wrong: %llu of %llu drafts, all labelled",
                   (unsigned long long)bad, (unsigned long long)n);
    } else if (d.known[0] && (d.known[1] || d.n[1] == 0)) {
        double share = (double)d.n[0] * (double)d.bad[0] / (double)d.known[0];
        if (d.known[1])
            share += (double)d.n[1] * (double)d.bad[1] / (double)d.known[1];
        uint64_t k = (uint64_t)llround(share / (double)n * (double)known);
        estimate_rate(e, part, "wrong", k + back, known + back, true, wrong);
        buf_printf(&e->note[part], "; wrong: from %llu labels, weighted by review",
                   (unsigned long long)known);
    } else {
        estimate_rate(e, part, "wrong", bad + back, n + back, true, wrong);
        buf_puts(&e->note[part], "; wrong: a lower bound, for only reviewed drafts are known");
        result_warn(e->info,
                    "`wrong` of `%s` is a lower bound: only reviewed drafts are known, "
                    "and those that shipped unseen are counted as right",
                    e->out->step[part].id);
    }
}

/* The confidences of drafts that are good (or not known to be bad), or bad. */
static size_t confidences(const struct estimate *e, bool bad, double *out)
{
    const struct trace_log *log = e->log;
    size_t n = 0;
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        if (!isnan(it->confidence) && (it->draft == LOG_BAD) == bad && has_draft(e, it))
            out[n++] = it->confidence;
    }
    return n;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

struct dist estimate_as_seen(struct estimate *e, double *x, size_t n)
{
    size_t m = n < SCORES ? n : SCORES;
    double *value = arena_alloc(&e->out->arena, m * sizeof *value);
    qsort(x, n, sizeof *x, by_value);
    for (size_t k = 0; k < m; k++)
        value[k] = estimate_rounded(x[(2 * k + 1) * n / (2 * m)], 6);
    return (struct dist){.family = DIST_EMPIRICAL, .n = m, .values = value, .evidence = n};
}

/* Does d send about the share of these to review that was sent? */
static bool splits_alike(const struct estimate *e, const struct dist *d, const double *x, size_t n)
{
    uint64_t below = 0;
    for (size_t i = 0; i < n; i++)
        below += !rules_gate_ships(x[i], e->log->threshold);
    struct interval seen = interval_wilson(below, n, 0.95);
    double share = dist_below(d, e->log->threshold);
    return share >= seen.low && share <= seen.high;
}

/* Beta, else as seen: also where a beta law is right as a whole but wrong at the threshold, which
 * is all that a gate asks.  Of few values the beta law is kept untested: as seen they would say
 * that no further one can lie outside their range. */
static struct dist fit_confidence(struct estimate *e, double *x, size_t n)
{
    struct fit fit, beta;
    struct error none = {0};
    fit_choose_confidence(x, n, e->seed, &e->out->arena, &fit);
    if (n < FEW && fit.dist.family == DIST_EMPIRICAL &&
        fit_family(DIST_BETA, x, NULL, n, &beta, &none) == 0)
        fit = beta;
    else if (fit.dist.family == DIST_EMPIRICAL ||
             (n >= FEW && e->gate >= 0 && !splits_alike(e, &fit.dist, x, n)))
        fit.dist = estimate_as_seen(e, x, n);
    else
        estimate_tidy(e, &fit.dist);
    return fit.dist;
}

static void put_confidence(struct estimate *e)
{
    const struct trace_log *log = e->log;
    struct step *s = &e->out->step[e->draft];
    double *x = mem_alloc(log->items.len * sizeof *x);
    size_t n_good = confidences(e, false, x);
    struct dist good = fit_confidence(e, x, n_good);
    size_t n_bad = confidences(e, true, x);
    struct dist bad = fit_confidence(e, x, n_bad);
    mem_free(x);
    if (n_good + n_bad == 0)
        return;
    s->has_confidence = true;
    s->numbers->confidence_good = n_good ? good : bad;
    s->numbers->confidence_bad = n_bad ? bad : good;
    buf_printf(&e->note[e->draft], "; confidence of %zu right and %zu wrong drafts", n_good, n_bad);
    if (n_bad == 0 || n_good == 0)
        result_warn(e->info,
                    "no %s draft with a confidence is known: its confidence in the "
                    "scenario is that of the others",
                    n_bad == 0 ? "wrong" : "right");
}

/* A score that sends the observed share of items to review: 0 for review, 1 for none. */
static void put_routing(struct estimate *e)
{
    static const double scores[] = {0, 1};
    struct step *s = &e->out->step[estimate_routing_part(e)];
    struct dist *to[2] = {&s->numbers->confidence_good, &s->numbers->confidence_bad};
    s->has_confidence = true;
    for (int bad = 0; bad < 2; bad++) {
        uint64_t n = 0, reviewed = 0;
        for (int all = 0; all < 2 && n == 0; all++)
            for (size_t i = 0; i < e->log->items.len; i++) {
                const struct log_item *it = &e->log->items.at[i];
                bool sent;
                if (!all && (it->draft == LOG_BAD) != (bad == 1))
                    continue;
                if (!estimate_was_routed(e, (uint32_t)i, &sent))
                    continue;
                n++;
                reviewed += sent;
            }
        double *weight = arena_alloc(&e->out->arena, 2 * sizeof *weight);
        weight[0] = (double)reviewed / (double)n;
        weight[1] = (double)(n - reviewed) / (double)n;
        if (reviewed == 0 || reviewed == n)
            *to[bad] = dist_constant(reviewed ? 0 : 1);
        else
            *to[bad] = (struct dist){.family = DIST_DISCRETE,
                                     .n = 2,
                                     .values = scores,
                                     .weights = weight,
                                     .evidence = n};
    }
}

/* A pipeline of which no step can hold the draft gets none: a gate straight at the front. */
void estimate_draft(struct estimate *e)
{
    if (e->draft < 0)
        return;
    put_wrong(e);
    if (e->routed)
        put_routing(e);
    else if (e->log->scorer < 0 || !estimate_is_ruled(e, e->log->scorer))
        put_confidence(e);
    estimate_ruled_confidence(e);
}

struct reviews {
    uint64_t bad, caught, fixed; /* of wrong drafts */
    uint64_t good, passed, stopped, spoiled;
};

/* The last word said at the review itself.  *after: what people at other steps said came later. */
static enum log_verdict reviews_word(const struct trace_log *log, const struct log_item *it,
                                     bool *after)
{
    enum log_verdict word = LOG_NO_VERDICT;
    *after = false;
    for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++) {
        const struct log_visit *visit = &log->visits.at[v];
        enum log_verdict said = discover_verdict(span_string(&log->spans, visit->decision));
        if (!log->stages.at[visit->stage].people || said == LOG_NO_VERDICT)
            continue;
        *after = (int32_t)visit->stage != log->review;
        word = *after ? word : said;
    }
    return word;
}

/* Of items that others decided on after the review, its own word is all that tells of it. */
static void count_reviews(const struct trace_log *log, struct reviews *r)
{
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        bool rejected = it->end == LOG_REJECTED, after;
        enum log_verdict word = reviews_word(log, it, &after);
        if (it->reviewed && it->draft != LOG_UNKNOWN && after && word != LOG_NO_VERDICT) {
            bool stops = word == LOG_REJECTED_BY_REVIEW, mends = word == LOG_CORRECTED;
            r->bad += it->draft == LOG_BAD;
            r->caught += it->draft == LOG_BAD && (stops || mends);
            r->fixed += it->draft == LOG_BAD && mends;
            r->good += it->draft == LOG_GOOD;
            r->passed += it->draft == LOG_GOOD && !stops;
            r->stopped += it->draft == LOG_GOOD && stops;
            continue;
        }
        if (!it->reviewed || it->draft == LOG_UNKNOWN || (!rejected && it->shipped == LOG_UNKNOWN))
            continue;
        if (it->draft == LOG_BAD) {
            r->bad++;
            r->caught += rejected || it->shipped == LOG_GOOD;
            r->fixed += !rejected && it->shipped == LOG_GOOD;
        } else {
            r->good++;
            r->passed += !rejected && it->shipped == LOG_GOOD;
            r->stopped += rejected || it->shipped == LOG_BAD;
            r->spoiled += !rejected && it->shipped == LOG_BAD;
        }
    }
}

/* Chance-corrected agreement of the reviewer with the labels (Cohen 1960). */
static void tell_agreement(struct estimate *e, const struct reviews *r)
{
    struct buf *note = &e->note[e->review];
    double n = (double)(r->bad + r->good), alike = (double)(r->caught + r->passed);
    double says_bad = (double)(r->caught + r->good - r->passed);
    double chance = (says_bad * (double)r->bad + (n - says_bad) * (double)r->good) / (n * n);
    buf_printf(note, "; the reviewer and the labels agree on %.0f of %.0f", alike, n);
    if (chance < 1)
        buf_printf(note, " (Cohen's kappa %.2g)", (alike / n - chance) / (1 - chance));
}

/* Items that were reviewed more than once: did they get the same word? */
static void tell_repeats(struct estimate *e)
{
    const struct trace_log *log = e->log;
    uint64_t pairs = 0, alike = 0;
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        enum log_verdict before = LOG_NO_VERDICT;
        for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++) {
            const struct log_visit *visit = &log->visits.at[v];
            enum log_verdict said = discover_verdict(span_string(&log->spans, visit->decision));
            if ((int32_t)visit->stage != log->review || said == LOG_NO_VERDICT)
                continue;
            pairs += before != LOG_NO_VERDICT;
            alike += before == said;
            before = said;
        }
    }
    if (pairs)
        buf_printf(&e->note[e->review], "; of %llu further reviews of an item %llu said the same",
                   (unsigned long long)pairs, (unsigned long long)alike);
}

struct decisions {
    uint64_t n, rejected;          /* visits that were decided */
    uint64_t bad, caught, changed; /* those with drafts known to be wrong */
    uint64_t good, passed;         /* and right */
};

/* What else people decide: every decision by itself.  `good`: what the item holds, so far as it is
 * known, is that of its draft, until somebody mends it. */
static void count_decisions(const struct trace_log *log, int32_t stage, struct decisions *d)
{
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        int truth = log->labelled ? it->draft : LOG_UNKNOWN;
        for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++) {
            const struct log_visit *visit = &log->visits.at[v];
            enum log_verdict said = discover_verdict(span_string(&log->spans, visit->decision));
            bool stops = said == LOG_REJECTED_BY_REVIEW, mends = said == LOG_CORRECTED;
            if ((int32_t)visit->stage == stage && (stops || mends || said == LOG_APPROVED)) {
                d->n++;
                d->rejected += stops;
                d->bad += truth == LOG_BAD;
                d->caught += truth == LOG_BAD && (stops || mends);
                d->changed += truth == LOG_BAD && mends;
                d->good += truth == LOG_GOOD;
                d->passed += truth == LOG_GOOD && !stops;
            }
            if (mends && truth == LOG_BAD)
                truth = LOG_GOOD;
        }
    }
}

/* A further review.  Where no labels tell what it saw, its rejections come by their share, whatever
 * they are of. */
static void estimate_other(struct estimate *e, uint32_t part)
{
    struct numbers *n = e->out->step[part].numbers;
    struct decisions d = {0};
    count_decisions(e->log, e->part[part].stage, &d);
    if (d.bad + d.good == 0 && d.n) {
        estimate_rate(e, part, "sensitivity", d.rejected, d.n, false, &n->sensitivity);
        estimate_rate(e, part, "specificity", d.n - d.rejected, d.n, false, &n->specificity);
        buf_printf(&e->note[part],
                   "; %llu of %llu rejected: assumed to be as many of the wrong and the right",
                   (unsigned long long)d.rejected, (unsigned long long)d.n);
        return;
    }
    if (d.bad)
        estimate_rate(e, part, "sensitivity", d.caught, d.bad, false, &n->sensitivity);
    if (d.good)
        estimate_rate(e, part, "specificity", d.passed, d.good, false, &n->specificity);
    if (d.caught)
        estimate_rate(e, part, "fixes", d.changed, d.caught, false, &n->fixes);
    buf_printf(&e->note[part], "; %llu wrong and %llu right ones seen", (unsigned long long)d.bad,
               (unsigned long long)d.good);
}

void estimate_review(struct estimate *e)
{
    struct reviews r = {0};
    for (uint32_t i = 0; i < e->n_parts; i++)
        if (e->part[i].role == PART_REVIEW && (int32_t)i != e->review)
            estimate_other(e, i);
    if (e->review < 0)
        return;
    uint32_t part = (uint32_t)e->review;
    struct numbers *n = e->out->step[part].numbers;
    uint64_t back = sent_back(e);
    count_reviews(e->log, &r);
    r.bad += back;
    r.caught += back;
    bool bound = estimate_people(e);
    if (!e->log->labelled && !bound)
        result_warn(e->info,
                    "without labels the reviewer is taken to be right: sensitivity and "
                    "specificity of `%s` are 1",
                    e->out->step[part].id);
    if (e->log->labelled && !r.bad)
        result_warn(e->info,
                    "no reviewed draft is known to be wrong: sensitivity of `%s` is "
                    "taken as 1",
                    e->out->step[part].id);
    if (e->log->labelled && r.bad)
        estimate_rate(e, part, "sensitivity", r.caught, r.bad, false, &n->sensitivity);
    if (e->log->labelled && r.good)
        estimate_rate(e, part, "specificity", r.passed, r.good, false, &n->specificity);
    if (r.caught)
        estimate_rate(e, part, "fixes", r.fixed, r.caught, false, &n->fixes);
    if (r.stopped)
        estimate_rate(e, part, "spoils", r.spoiled, r.stopped, false, &n->spoils);
    buf_printf(&e->note[part], "; %llu wrong and %llu right drafts seen", (unsigned long long)r.bad,
               (unsigned long long)r.good);
    if (e->log->labelled && r.bad + r.good)
        tell_agreement(e, &r);
    tell_repeats(e);
}
