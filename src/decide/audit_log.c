/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decide/audit_log.h"

#include "trace/sample.h"

#include <math.h>
#include <string.h>

bool audit_log_ships(const struct trace_log *log, const struct log_item *item)
{
    if (isnan(log->threshold) || isnan(item->confidence))
        return !item->reviewed;
    return item->confidence >= log->threshold;
}

static double items_per_day(const struct trace_log *log)
{
    int64_t first = 0, last = 0;
    for (size_t i = 0; i < log->items.len; i++) {
        int64_t at = log->items.at[i].start_ns;
        if (at && (!first || at < first))
            first = at;
        last = at > last ? at : last;
    }
    double days = (double)(last - first) * 1e-9 / 86400;
    return days >= 1 ? sample_scale(log) * (double)log->items.len / days : NAN;
}

void audit_log_take(const struct trace_log *log, struct audit_log *out)
{
    uint64_t all[2] = {0}, known[2] = {0}; /* [ships] */
    *out = (struct audit_log){0};
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *item = &log->items.at[i];
        if (isnan(item->confidence))
            continue;
        bool above = audit_log_ships(log, item);
        all[above]++;
        known[above] += item->draft != LOG_UNKNOWN;
        if (above)
            vec_push(&out->shipped, item->confidence);
    }
    out->plain = known[0] == all[0] && known[1] == all[1];
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *item = &log->items.at[i];
        if (isnan(item->confidence) || item->draft == LOG_UNKNOWN)
            continue;
        bool above = audit_log_ships(log, item);
        uint8_t source = out->plain ? LABEL_ALL : above ? LABEL_AUDIT : LABEL_REVIEWED;
        double alike = (double)all[above] / (double)known[above];
        struct scored s = {.confidence = item->confidence,
                           .weight = !out->plain && item->weight > 0 ? item->weight : alike,
                           .correct = item->draft == LOG_GOOD,
                           .source = source};
        vec_push(&out->known, s);
    }
    out->n_shipped = all[1];
    out->n_shipped_known = known[1];
    out->reviewed_only = known[0] && !known[1];
    out->sample = (struct audit_sample){
        .at = out->known.at,
        .n = out->known.len,
        .threshold = log->threshold,
        .items_per_day = items_per_day(log),
        .share_shipped = all[0] + all[1] ? (double)all[1] / (double)(all[0] + all[1]) : NAN,
        .shipped = out->shipped.at,
        .n_shipped = out->shipped.len};
}

void audit_log_release(struct audit_log *l)
{
    vec_release(&l->known);
    vec_release(&l->shipped);
    memset(l, 0, sizeof *l);
}
