/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the fuzz targets of all readers of logs do. */
#ifndef SEAM_TESTS_ANY_LOG_H
#define SEAM_TESTS_ANY_LOG_H

#include "tests/fuzz/fuzz.h"

#include "trace/estimate.h"
#include "trace/observe.h"

#include <string.h>

static inline void check_items(const struct trace_log *log)
{
    size_t visits = 0, attempts = 0;
    for (size_t i = 0; i < log->items.len; i++) {
        if (log->items.at[i].first_visit != visits)
            BUG("visits of item %zu do not follow those before", i);
        visits += log->items.at[i].n_visits;
    }
    for (size_t v = 0; v < log->visits.len; v++) {
        if (log->visits.at[v].n_attempts == 0 || log->visits.at[v].stage >= log->stages.len)
            BUG("visit %zu without attempt or step", v);
        attempts += log->visits.at[v].n_attempts;
    }
    if (visits != log->visits.len || attempts != log->attempts.len)
        BUG("%zu visits and %zu attempts of items", visits, attempts);
}

static inline void check_result(const struct result *r)
{
    uint64_t spans = 0;
    for (size_t i = 0; i < r->names.len; i++)
        spans += (uint64_t)metrics_find(&r->names.at[i].metrics, "spans")->value;
    if (spans != r->data.spans && r->names.len < 1000)
        BUG("%llu spans in the names, %llu in the log", (unsigned long long)spans,
            (unsigned long long)r->data.spans);
    for (size_t i = 0; i < r->metrics.list.len; i++) {
        const struct metric *m = &r->metrics.list.at[i];
        if (m->value < m->low || m->value > m->high)
            BUG("%s: %g outside [%g, %g]", m->name, m->value, m->low, m->high);
    }
}

static inline void fit(const struct trace_log *log)
{
    struct pipeline p;
    struct result info;
    struct error err = {0};
    const char **notes;
    pipeline_init(&p);
    result_init(&info, "fit");
    if (log_fit(log, NULL, &p, &notes, &info, &err) && err.code != ERR_INPUT)
        BUG("no fit: %s", err.text);
    result_release(&info);
    pipeline_release(&p);
}

/* Any bytes as a log, from reading to fitting: they are refused with a reason, or everything that
 * is said of them adds up. */
static inline void any_log(const void *data, size_t size)
{
    struct trace_log log;
    struct error err = {0};
    if (log_read_text("fuzz", data, size, NULL, &log, &err)) {
        if (err.code != ERR_INPUT && err.code != ERR_LIMIT)
            BUG("refused with %s: %s", error_code_name(err.code), err.text);
    } else {
        struct result r;
        struct buf json;
        check_items(&log);
        result_init(&r, "replay");
        buf_init(&json);
        log_observe(&log, 0.95, &r);
        check_result(&r);
        result_write_json(&r, &json);
        buf_release(&json);
        result_release(&r);
        if (log.spans.len < 200)
            fit(&log);
    }
    log_release(&log);
}

/* The same between two texts, so that mutations stay inside a format. */
static inline void any_log_between(const char *before, const void *data, size_t size,
                                   const char *after)
{
    struct buf text;
    buf_init(&text);
    buf_puts(&text, before);
    buf_add(&text, data, size);
    buf_puts(&text, after);
    any_log(text.data, text.len);
    buf_release(&text);
}

#endif
