/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Facts of a log, worked out from the file itself without this program (a script that reads the
 * JSON, counts, and takes quantiles by nearest rank). */
#ifndef SEAM_TESTS_LOG_FACTS_H
#define SEAM_TESTS_LOG_FACTS_H

#include "tests/unit/log_text.h"
#include "trace/observe.h"
#include "trace/quality.h"

#include <math.h>

struct name_facts {
    const char *name;
    unsigned spans, errors;
    double p50_s, p95_s, confidence; /* NaN: none */
};
struct log_facts {
    const char *file, *format; /* in tests/data */
    unsigned traces, spans, roots, orphans, errors, duplicates, items, interrupts;
    unsigned reviewed, decided, corrected; /* items sent to a person, and what was said of them */
    const struct name_facts *names;
    size_t n_names;
};

static inline void has_value(const struct metrics *m, const char *metric, double want,
                             const char *of)
{
    const struct metric *found = metrics_find(m, metric);
    if (isnan(want) ? found != NULL : !found || fabs(found->value - want) > 1e-9)
        fail_msg("%s of %s is %.12g, not %.12g", metric, of, found ? found->value : NAN, want);
}

static inline void check_names(const struct result *r, const struct log_facts *f)
{
    assert_int_equal(r->names.len, f->n_names);
    for (size_t i = 0; i < f->n_names; i++) {
        const struct name_facts *n = &f->names[i];
        const struct row *row = NULL;
        for (size_t k = 0; k < r->names.len; k++)
            if (strcmp(r->names.at[k].id, n->name) == 0)
                row = &r->names.at[k];
        if (!row)
            fail_msg("no spans are called %s", n->name);
        has_value(&row->metrics, "spans", n->spans, n->name);
        has_value(&row->metrics, "errors", n->errors, n->name);
        has_value(&row->metrics, "latency_p50", n->p50_s, n->name);
        has_value(&row->metrics, "latency_p95", n->p95_s, n->name);
        has_value(&row->metrics, "confidence_mean", n->confidence, n->name);
    }
}

/* Reads the log, and holds what is said of it against the facts. */
static inline void check_facts(const struct log_facts *f)
{
    const char *path = data_path(f->file);
    struct trace_log log;
    struct result r;
    struct error err = {0};
    ok(log_read(&path, 1, NULL, &log, &err), &err);
    result_init(&r, "replay");
    log_observe(&log, 0.95, &r);
    assert_string_equal(r.data.format, f->format);
    assert_int_equal(r.data.traces, f->traces);
    assert_int_equal(r.data.spans, f->spans);
    assert_int_equal(r.data.roots, f->roots);
    assert_int_equal(r.data.orphans, f->orphans);
    assert_int_equal(r.data.errors, f->errors);
    assert_int_equal(r.data.duplicates, f->duplicates);
    assert_int_equal(r.data.items, f->items);
    assert_int_equal(r.data.interrupts, f->interrupts);
    assert_int_equal(r.data.unreadable, 0);
    if (f->reviewed) {
        has_value(&r.metrics, "review_load", (double)f->reviewed / f->items, f->file);
        has_value(&r.metrics, "review_precision", (double)f->corrected / f->decided, f->file);
    }
    check_names(&r, f);
    result_release(&r);
    log_release(&log);
}

/* A fault in a log that is read nevertheless: counted once, at this line, and --strict refuses. */
static inline void counts_fault(const char *text, enum quality_kind kind, unsigned line)
{
    struct log_options strict = {.strict = true};
    struct buf place;
    struct trace_log log;
    read_ok(text, NULL, &log);
    if (log.quality.count[kind] != 1 || log.quality.place[kind][0].line != line)
        fail_msg("%s: %s counted %llu times, first in line %llu", text, quality_kind_name(kind),
                 (unsigned long long)log.quality.count[kind],
                 (unsigned long long)log.quality.place[kind][0].line);
    log_release(&log);
    buf_init(&place);
    buf_printf(&place, "log:%u: %s", line, quality_kind_name(kind));
    if (kind != QUALITY_DUPLICATE)
        read_refused(text, &strict, ERR_INPUT, buf_text(&place));
    buf_release(&place);
}

#endif
