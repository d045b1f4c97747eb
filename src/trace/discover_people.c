/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where people decide, and what their last word on an item was.
 *
 * The last word on an item, at whichever step it was said, decides whether it was rejected: of two
 * reviewers in a row either may stop it.  Away from the review itself a rejection after which the
 * item went on did not stop it.  What one of them changed stays changed when another one lets it
 * pass. */
#include "trace/discover.h"

#include "base/spread.h"

enum { VISITS_EACH = 4096 };

/* Of each step by one thread: visits, and those with a person's word. */
struct spoken {
    uint64_t *said, *seen;
};

struct listening {
    const struct trace_log *log;
    struct spoken *of; /* by worker */
};

static void listen(void *arg, const struct spread_part *part)
{
    const struct listening *l = arg;
    struct spoken *of = &l->of[part->worker];
    for (size_t v = part->begin; v < part->end; v++) {
        const struct log_visit *visit = &l->log->visits.at[v];
        enum log_verdict verdict = discover_verdict(span_string(&l->log->spans, visit->decision));
        if (visit->item == SPAN_NONE)
            continue;
        of->seen[visit->stage]++;
        of->said[visit->stage] +=
            visit->pending || (verdict != LOG_NO_VERDICT && verdict != LOG_AUTOMATIC);
    }
}

/* Of all visits; the caller frees both arrays. */
static struct spoken listen_to_all(const struct trace_log *log)
{
    struct listening l = {.log = log};
    struct spread spread = {.n = log->visits.len, .each = VISITS_EACH, .piece = listen, .arg = &l};
    uint32_t threads = spread_threads(&spread, log->threads);
    size_t stages = log->stages.len + 1;
    l.of = mem_alloc(threads * sizeof *l.of);
    for (uint32_t i = 0; i < threads; i++)
        l.of[i] =
            (struct spoken){mem_zero(stages, sizeof(uint64_t)), mem_zero(stages, sizeof(uint64_t))};
    spread_run(&spread, threads);
    struct spoken all = l.of[0];
    for (uint32_t i = 1; i < threads; i++) {
        for (size_t s = 0; s < stages; s++) {
            all.said[s] += l.of[i].said[s];
            all.seen[s] += l.of[i].seen[s];
        }
        mem_free(l.of[i].said);
        mem_free(l.of[i].seen);
    }
    mem_free(l.of);
    return all;
}

void discover_people(struct trace_log *log)
{
    struct spoken all = listen_to_all(log);
    for (size_t k = 0; k < log->stages.len; k++) {
        struct log_stage *s = &log->stages.at[k];
        uint64_t machine =
            s->kinds[SPAN_MODEL] + s->kinds[SPAN_TOOL] + s->kinds[SPAN_DATA] + s->kinds[SPAN_JUDGE];
        if (s->asked || !all.seen[k])
            continue;
        s->asked = true;
        s->people = (int32_t)k == log->review ||
                    (log->review >= 0 && (int32_t)k != log->gate && 2 * all.said[k] > all.seen[k] &&
                     2 * machine < s->attempts && s->confidences == 0);
    }
    mem_free(all.said);
    mem_free(all.seen);
}

enum log_verdict discover_last_word(const struct trace_log *log, const struct log_item *item)
{
    enum log_verdict last = LOG_NO_VERDICT;
    uint32_t by = SPAN_NONE;
    for (uint32_t k = item->first_visit; k < item->first_visit + item->n_visits; k++) {
        const struct log_visit *v = &log->visits.at[k];
        enum log_verdict said = log->stages.at[v->stage].people
                                    ? discover_verdict(span_string(&log->spans, v->decision))
                                    : LOG_NO_VERDICT;
        bool went_on = k + 1 < item->first_visit + item->n_visits;
        bool stopped = (int32_t)v->stage == log->review || !went_on;
        bool stays = last == LOG_CORRECTED && said == LOG_APPROVED && by != v->stage;
        if (said == LOG_NO_VERDICT || said == LOG_AUTOMATIC || stays ||
            (said == LOG_REJECTED_BY_REVIEW && !stopped))
            continue;
        last = said;
        by = v->stage;
    }
    return last;
}
