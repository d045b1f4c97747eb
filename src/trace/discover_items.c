/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How each item ended, what was decided of it, and what is known to be true. */
#include "trace/discover.h"

#include "base/spread.h"
#include "model/rules.h"
#include "trace/discover_parts.h"
#include "trace/visits.h"

#include <math.h>
#include <string.h>
#include <strings.h>

enum { ITEMS_EACH = 512 };

/* ---- decisions -------------------------------------------------------------------------- */

enum log_verdict discover_verdict(const char *decision)
{
    static const struct {
        const char *begin;
        enum log_verdict verdict;
    } table[] = {
        {"auto",    LOG_AUTOMATIC         },
        {"not",     LOG_AUTOMATIC         },
        {"skip",    LOG_AUTOMATIC         },
        {"bypass",  LOG_AUTOMATIC         },
        {"none",    LOG_AUTOMATIC         },
        {"n/a",     LOG_AUTOMATIC         },
        {"approv",  LOG_APPROVED          },
        {"accept",  LOG_APPROVED          },
        {"pass",    LOG_APPROVED          },
        {"ok",      LOG_APPROVED          },
        {"yes",     LOG_APPROVED          },
        {"true",    LOG_APPROVED          },
        {"confirm", LOG_APPROVED          },
        {"keep",    LOG_APPROVED          },
        {"good",    LOG_APPROVED          },
        {"correct", LOG_CORRECTED         },
        {"edit",    LOG_CORRECTED         },
        {"fix",     LOG_CORRECTED         },
        {"revis",   LOG_CORRECTED         },
        {"modif",   LOG_CORRECTED         },
        {"amend",   LOG_CORRECTED         },
        {"change",  LOG_CORRECTED         },
        {"reject",  LOG_REJECTED_BY_REVIEW},
        {"den",     LOG_REJECTED_BY_REVIEW},
        {"declin",  LOG_REJECTED_BY_REVIEW},
        {"fail",    LOG_REJECTED_BY_REVIEW},
        {"no",      LOG_REJECTED_BY_REVIEW},
        {"false",   LOG_REJECTED_BY_REVIEW},
        {"discard", LOG_REJECTED_BY_REVIEW},
        {"bad",     LOG_REJECTED_BY_REVIEW},
        {"wrong",   LOG_REJECTED_BY_REVIEW},
    };
    for (size_t i = 0; *decision && i < sizeof table / sizeof table[0]; i++)
        if ((*decision | 32) == *table[i].begin &&
            strncasecmp(decision, table[i].begin, strlen(table[i].begin)) == 0)
            return table[i].verdict;
    return LOG_NO_VERDICT;
}

/* What a thread keeps of the items of a piece. */
struct kept {
    VEC(struct log_visit) visits;
    VEC(uint32_t) attempts;
    struct log_stage *stages; /* what is counted more, or with wrap-around less */
};

struct settling {
    struct trace_log *log;
    const uint32_t *new_of; /* stages have other numbers; NULL: the same */
    struct kept *kept;      /* by worker */
    struct turns turns;
};

/* The visits of an item but those passes through the review that nobody looked at. */
static void keep_visits(const struct settling *all, struct kept *kept, struct log_item *it)
{
    const struct trace_log *log = all->log;
    uint32_t from = it->first_visit, end = from + it->n_visits;
    it->first_visit = (uint32_t)kept->visits.len;
    for (uint32_t k = from; k < end; k++) {
        struct log_visit v = log->visits.at[k];
        v.stage = all->new_of ? (uint16_t)all->new_of[v.stage] : v.stage;
        if ((int32_t)v.stage == log->review &&
            discover_verdict(span_string(&log->spans, v.decision)) == LOG_AUTOMATIC) {
            kept->stages[v.stage].visits--;
            kept->stages[v.stage].attempts -= log_attempts(&v);
            continue;
        }
        uint32_t first = (uint32_t)kept->attempts.len;
        for (uint32_t i = 0; i < v.n_attempts; i++)
            vec_push(&kept->attempts, log->attempts.at[v.first_attempt + i]);
        v.first_attempt = first;
        vec_push(&kept->visits, v);
    }
    it->n_visits = (uint32_t)kept->visits.len - it->first_visit;
}

double discover_confidence(double before, const struct log_visit **by, const struct log_visit *v)
{
    bool beside = *by && (*by)->stage == v->stage && v->start_ns < discover_sure_end(*by);
    if (isnan(v->confidence) || (beside && v->confidence < before))
        return before;
    *by = v;
    return v->confidence;
}

static void settle_confidence(const struct settling *all, struct kept *kept, struct log_item *item)
{
    const struct log_visit *visits = kept->visits.at + item->first_visit, *by = NULL;
    uint32_t scorer = SPAN_NONE;
    for (uint32_t k = 0; k < item->n_visits; k++) {
        const struct log_visit *v = &visits[k];
        if ((int32_t)v->stage == all->log->review) {
            item->reviewed = true;
        } else if (!item->reviewed && !isnan(v->confidence)) {
            item->confidence = discover_confidence(item->confidence, &by, v);
            scorer = v->stage;
        }
    }
    if (scorer != SPAN_NONE)
        kept->stages[scorer].scored++;
}

/* Visits move to the front: pieces go in turn, so that what lies where a piece goes has been taken
 * by then. */
static void settle_piece(void *arg, const struct spread_part *part)
{
    struct settling *all = arg;
    struct trace_log *log = all->log;
    struct kept *kept = &all->kept[part->worker];
    kept->visits.len = kept->attempts.len = 0;
    for (size_t i = part->begin; i < part->end; i++) {
        keep_visits(all, kept, &log->items.at[i]);
        settle_confidence(all, kept, &log->items.at[i]);
    }
    turns_wait(&all->turns, part->piece);
    uint32_t visits = (uint32_t)log->visits.len, attempts = (uint32_t)log->attempts.len;
    log->visits.len += kept->visits.len;
    log->attempts.len += kept->attempts.len;
    turns_pass(&all->turns);
    for (size_t v = 0; v < kept->visits.len; v++) {
        kept->visits.at[v].first_attempt += attempts;
        log->visits.at[visits + v] = kept->visits.at[v];
    }
    if (kept->attempts.len)
        memcpy(log->attempts.at + attempts, kept->attempts.at,
               kept->attempts.len * sizeof *kept->attempts.at);
    for (size_t i = part->begin; i < part->end; i++)
        log->items.at[i].first_visit += visits;
}

void discover_settle(struct trace_log *log, const uint32_t *new_of)
{
    struct settling all = {.log = log, .new_of = new_of};
    struct spread spread = {
        .n = log->items.len, .each = ITEMS_EACH, .piece = settle_piece, .arg = &all};
    uint32_t threads = spread_threads(&spread, log->threads);
    all.kept = mem_zero(threads, sizeof *all.kept);
    for (uint32_t i = 0; i < threads; i++)
        all.kept[i].stages = mem_zero(log->stages.len + 1, sizeof *all.kept[i].stages);
    log->visits.len = log->attempts.len = 0;
    turns_init(&all.turns);
    spread_run(&spread, threads);
    turns_release(&all.turns);
    for (uint32_t i = 0; i < threads; i++) {
        for (size_t s = 0; s < log->stages.len; s++)
            visits_count(&log->stages.at[s], &all.kept[i].stages[s]);
        vec_release(&all.kept[i].visits);
        vec_release(&all.kept[i].attempts);
        mem_free(all.kept[i].stages);
    }
    mem_free(all.kept);
}

/* ---- ends ------------------------------------------------------------------------------- */

/* A root that never ended never arrives: where most items have one, an item without was cut off. */
static enum log_end end_of(const struct trace_log *log, const struct log_item *item, bool has_roots)
{
    const struct log_visit *visits = log->visits.at + item->first_visit;
    if (item->told_end)
        return (enum log_end)(item->told_end - 1);
    if (has_roots && !item->rooted)
        return LOG_UNFINISHED;
    for (uint32_t v = 0; v < item->n_visits; v++)
        if (visits[v].pending)
            return LOG_UNFINISHED;
    if (item->n_visits && visits[item->n_visits - 1].outcome != OUTCOME_OK)
        return LOG_FAILED;
    if (item->verdict == LOG_REJECTED_BY_REVIEW)
        return LOG_REJECTED;
    return item->root_failed ? LOG_FAILED : LOG_SHIPPED;
}

struct ending {
    struct trace_log *log;
    bool has_roots;
};

static void end_piece(void *arg, const struct spread_part *part)
{
    const struct ending *e = arg;
    for (size_t i = part->begin; i < part->end; i++) {
        struct log_item *item = &e->log->items.at[i];
        item->verdict = discover_last_word(e->log, item);
        item->end = end_of(e->log, item, e->has_roots);
    }
}

void discover_ends(struct trace_log *log, bool has_roots)
{
    struct ending e = {log, has_roots};
    struct spread spread = {.n = log->items.len, .each = ITEMS_EACH, .piece = end_piece, .arg = &e};
    spread_run(&spread, spread_threads(&spread, log->threads));
}

/* ---- annotations and truth -------------------------------------------------------------- */

enum log_truth discover_verdict_truth(enum log_verdict said)
{
    switch (said) {
    case LOG_APPROVED:
        return LOG_GOOD;
    case LOG_CORRECTED:
    case LOG_REJECTED_BY_REVIEW:
        return LOG_BAD;
    case LOG_NO_VERDICT:
    case LOG_AUTOMATIC:
        break;
    }
    return LOG_UNKNOWN;
}

enum log_truth discover_annotation(const char *text)
{
    static const struct {
        const char *begin;
        enum log_truth truth;
    } table[] = {
        {"corrected",  LOG_BAD },
        {"correction", LOG_BAD },
        {"correct",    LOG_GOOD},
        {"not ",       LOG_BAD },
        {"not_",       LOG_BAD },
        {"incorrect",  LOG_BAD },
        {"thumbs_up",  LOG_GOOD},
        {"thumbs-up",  LOG_GOOD},
        {"thumbs up",  LOG_GOOD},
        {"thumbs",     LOG_BAD },
        {"right",      LOG_GOOD},
        {"positive",   LOG_GOOD},
        {"negative",   LOG_BAD },
        {"factual",    LOG_GOOD},
        {"hallucinat", LOG_BAD },
        {"unfactual",  LOG_BAD },
        {"faithful",   LOG_GOOD},
        {"unfaithful", LOG_BAD },
        {"dislike",    LOG_BAD },
        {"like",       LOG_GOOD},
        {"down",       LOG_BAD },
        {"up",         LOG_GOOD},
        {"poor",       LOG_BAD },
        {"invalid",    LOG_BAD },
        {"valid",      LOG_GOOD},
        {"relevant",   LOG_GOOD},
        {"irrelevant", LOG_BAD },
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strncasecmp(text, table[i].begin, strlen(table[i].begin)) == 0)
            return table[i].truth;
    return discover_verdict_truth(discover_verdict(text));
}

void discover_hear(struct trace_log *log)
{
    enum { STEP = 1, REVIEW = 2 };
    const struct span_set *s = &log->spans;
    uint8_t any = 0;
    for (size_t i = 0; i < s->len; i++)
        any |= s->flags[i] & SPAN_ANNOTATED;
    if (!any)
        return;
    uint8_t *is = mem_zero(s->len, sizeof *is);
    for (size_t v = 0; v < log->visits.len; v++)
        for (uint32_t k = 0; k < log->visits.at[v].n_attempts; k++)
            is[log->attempts.at[log->visits.at[v].first_attempt + k]] =
                (int32_t)log->visits.at[v].stage == log->review ? REVIEW : STEP;
    for (size_t i = 0; i < s->len; i++) {
        bool label = s->flags[i] & SPAN_ANNOTATED && is[i] != REVIEW && s->kind[i] != SPAN_HUMAN;
        if (!label || log->span_item[i] == SPAN_NONE)
            continue;
        struct log_item *it = &log->items.at[log->span_item[i]];
        enum log_truth truth = discover_annotation(span_string(s, s->decision[i]));
        if (s->parent[i] == 0 && is[i] != STEP)
            it->said_shipped = (int8_t)truth;
        else
            it->said = (int8_t)truth;
        log->annotated += truth != LOG_UNKNOWN;
    }
    mem_free(is);
}

void discover_truth(struct trace_log *log)
{
    for (size_t i = 0; i < log->items.len; i++) {
        struct log_item *it = &log->items.at[i];
        bool approved = it->verdict == LOG_APPROVED;
        it->draft = it->label != LOG_UNKNOWN ? it->label : it->said;
        if (it->draft == LOG_UNKNOWN && !it->reviewed)
            it->draft = it->said_shipped; /* nobody changed it */
        if (it->draft == LOG_UNKNOWN && it->verdict != LOG_NO_VERDICT)
            it->draft = approved ? LOG_GOOD : LOG_BAD;
        it->shipped = LOG_UNKNOWN;
        if (it->end != LOG_SHIPPED)
            continue;
        if (it->shipped_label != LOG_UNKNOWN)
            it->shipped = it->shipped_label;
        else if (it->said_shipped != LOG_UNKNOWN)
            it->shipped = it->said_shipped;
        else if (it->verdict == LOG_CORRECTED)
            it->shipped = LOG_GOOD;
        else if (!it->reviewed || approved)
            it->shipped = it->draft;
    }
}
