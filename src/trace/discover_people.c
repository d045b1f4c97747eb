/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where people decide, and what their last word on an item was.
 *
 * The last word on an item, at whichever step it was said, decides whether it was rejected: of two
 * reviewers in a row either may stop it.  What one of them changed stays changed when another one
 * lets it pass. */
#include "trace/discover.h"

void discover_people(struct trace_log *log)
{
    uint64_t *said = mem_zero(log->stages.len + 1, sizeof *said);
    uint64_t *seen = mem_zero(log->stages.len + 1, sizeof *seen);
    for (size_t v = 0; v < log->visits.len; v++) {
        const struct log_visit *visit = &log->visits.at[v];
        enum log_verdict verdict = discover_verdict(span_string(&log->spans, visit->decision));
        if (visit->item == SPAN_NONE)
            continue;
        seen[visit->stage]++;
        said[visit->stage] +=
            visit->pending || (verdict != LOG_NO_VERDICT && verdict != LOG_AUTOMATIC);
    }
    for (size_t k = 0; k < log->stages.len; k++) {
        struct log_stage *s = &log->stages.at[k];
        uint64_t machine =
            s->kinds[SPAN_MODEL] + s->kinds[SPAN_TOOL] + s->kinds[SPAN_DATA] + s->kinds[SPAN_JUDGE];
        if (s->asked || !seen[k])
            continue;
        s->asked = true;
        s->people = (int32_t)k == log->review ||
                    (log->review >= 0 && (int32_t)k != log->gate && 2 * said[k] > seen[k] &&
                     2 * machine < s->attempts && s->confidences == 0);
    }
    mem_free(said);
    mem_free(seen);
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
        bool stays = last == LOG_CORRECTED && said == LOG_APPROVED && by != v->stage;
        if (said == LOG_NO_VERDICT || said == LOG_AUTOMATIC || stays)
            continue;
        last = said;
        by = v->stage;
    }
    return last;
}
