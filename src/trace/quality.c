/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Faults of the data: counted, with the first places of each kind. */
#include "trace/quality.h"

#include "trace/sample.h"

static const char *const kind_names[] = {
#define X(name, text) text,
    QUALITY_TABLE(X)
#undef X
};

const char *quality_kind_name(enum quality_kind kind)
{
    return kind_names[kind];
}

void quality_note(struct quality *q, enum quality_kind kind, uint32_t file, uint64_t line)
{
    if (q->count[kind] < QUALITY_PLACES) {
        q->place[kind][q->count[kind]].file = file;
        q->place[kind][q->count[kind]].line = line;
    }
    q->count[kind]++;
}

void quality_merge(struct quality *q, const struct quality *from, uint64_t lines)
{
    q->records += from->records;
    q->asides += from->asides;
    for (size_t k = 0; k < QUALITY_KIND_COUNT; k++) {
        for (size_t i = 0; i < QUALITY_PLACES && i < from->count[k]; i++)
            if (q->count[k] + i < QUALITY_PLACES) {
                q->place[k][q->count[k] + i].file = from->place[k][i].file;
                q->place[k][q->count[k] + i].line = from->place[k][i].line + lines;
            }
        q->count[k] += from->count[k];
    }
}

void quality_put_place(struct buf *out, const char *file, uint64_t line)
{
    if (line & PLACE_BYTE)
        buf_printf(out, "%s: byte %llu", file, (unsigned long long)(line & ~PLACE_BYTE));
    else if (line)
        buf_printf(out, "%s:%llu", file, (unsigned long long)line);
    else
        buf_puts(out, file);
}

static void put_places(const struct trace_log *log, struct result *out)
{
    struct buf text;
    buf_init(&text);
    for (size_t k = 0; k < QUALITY_KIND_COUNT; k++)
        for (size_t i = 0; i < QUALITY_PLACES && i < log->quality.count[k]; i++) {
            if (k == QUALITY_UNKNOWN) /* no fault: tell_unknown */
                break;
            buf_clear(&text);
            quality_put_place(&text, log->files.at[log->quality.place[k][i].file],
                              log->quality.place[k][i].line);
            struct data_place place = {.kind = kind_names[k],
                                       .place = result_text(out, "%s", buf_text(&text))};
            vec_push(&out->data.places, place);
        }
    buf_release(&text);
}

/* `key` (place), ... and how many more. */
void quality_tell_unknown(const struct trace_log *log, struct result *out)
{
    const struct quality *q = &log->quality;
    uint64_t n = q->count[QUALITY_UNKNOWN], shown = 0;
    struct buf text = {0};
    for (; shown < QUALITY_PLACES && shown < n; shown++) {
        buf_printf(&text, "%s`%s` (", shown ? ", " : "",
                   log->unknown[shown] ? log->unknown[shown] : "");
        quality_put_place(&text, log->files.at[q->place[QUALITY_UNKNOWN][shown].file],
                          q->place[QUALITY_UNKNOWN][shown].line);
        buf_putc(&text, ')');
    }
    if (n > shown)
        buf_printf(&text, " and %llu more", (unsigned long long)(n - shown));
    if (n)
        result_assume(out,
                      "attributes that tell nothing here: %s; --stage-by, --confidence, "
                      "--decision, --cost or --failure-when would name what they mean",
                      buf_text(&text));
    buf_release(&text);
}

static void warn_missing(const struct trace_log *log, struct result *out)
{
    for (uint32_t i = 0; i < log->n_missing; i++) {
        const struct log_missing *m = &log->missing[i];
        if (m->nearest)
            result_warn(out, "%s: no record has `%s`; did you mean `%s`?", m->option, m->name,
                        m->nearest);
        else
            result_warn(out, "%s: no record has `%s`", m->option, m->name);
    }
}

/* What stands behind the number of faults of a kind: of one, of several. */
static const char *const of_one[QUALITY_KIND_COUNT] = {
    [QUALITY_BAD_SCORE] = "score lies outside 0 to 1 and was left out",
    [QUALITY_BAD_COST] = "cost lies outside 0 to 1e15 and was left out",
    [QUALITY_BAD_TIME] = "time is none of 1970 to 2262 and was left out",
    [QUALITY_BAD_TEXT] = "text is not UTF-8; its wrong bytes are read as U+FFFD",
    [QUALITY_UNREADABLE] =
        "record lacks an id, is cut off or has the wrong shape, and was left out",
    [QUALITY_STRAY] = "score or decision is of a span that the log does not hold",
    [QUALITY_FOREIGN] = "file in the folders is no trace log and was passed over",
    [QUALITY_MIXED] = "trace holds two runs or sessions, as when an instrumentation mixes runs up; "
                      "runs with roots of their own were parted into items, the rest is one",
    [QUALITY_EARLY] = "span begins before the span that it is part of, as when clocks differ; the "
                      "time of its item as a whole is off by as much",
};
static const char *const of_several[QUALITY_KIND_COUNT] = {
    [QUALITY_BAD_SCORE] = "scores lie outside 0 to 1 and were left out",
    [QUALITY_BAD_COST] = "costs lie outside 0 to 1e15 and were left out",
    [QUALITY_BAD_TIME] = "times are none of 1970 to 2262 and were left out",
    [QUALITY_BAD_TEXT] = "texts are not UTF-8; their wrong bytes are read as U+FFFD",
    [QUALITY_UNREADABLE] =
        "records lack an id, are cut off or have the wrong shape, and were left out",
    [QUALITY_STRAY] = "scores or decisions are of spans that the log does not hold",
    [QUALITY_FOREIGN] = "files in the folders are no trace logs and were passed over",
    [QUALITY_MIXED] = "traces hold two runs or sessions, as when an instrumentation mixes runs up; "
                      "runs with roots of their own were parted into items, the rest is one",
    [QUALITY_EARLY] = "spans begin before the span that they are part of, as when clocks differ; "
                      "times of their items as a whole are off by as much",
};

static void warn_counts(const struct quality *q, struct result *out)
{
    uint64_t without = q->count[QUALITY_NO_DURATION] + q->count[QUALITY_NEGATIVE];
    if (q->asides)
        result_assume(out, "%llu log %s no span, and %s passed over", (unsigned long long)q->asides,
                      q->asides == 1 ? "record judges" : "records judge",
                      q->asides == 1 ? "was" : "were");
    for (int k = 0; k < QUALITY_KIND_COUNT; k++)
        if (of_one[k] && q->count[k])
            result_warn(out, "%llu %s", (unsigned long long)q->count[k],
                        q->count[k] == 1 ? of_one[k] : of_several[k]);
    if (without)
        result_warn(out, "%llu %s", (unsigned long long)without,
                    without == 1 ? "span has no usable duration; its latency is left out"
                                 : "spans have no usable duration; their latency is left out");
}

void quality_report(const struct trace_log *log, struct result *out)
{
    const struct quality *q = &log->quality;
    struct data_quality *d = &out->data;
    d->present = true;
    d->format = log->format;
    d->percentiles = "exact";
    d->records = q->records;
    d->spans =
        log->pass.spans + log->spans.len + log->pass.gone_spans - q->count[QUALITY_DUPLICATE];
    d->duplicates = q->count[QUALITY_DUPLICATE];
    d->traces = q->traces + log->pass.gone_traces;
    d->items = log->pass.items + log->items.len;
    d->roots = q->roots;
    d->orphans = q->count[QUALITY_ORPHAN];
    d->cycles = q->count[QUALITY_CYCLE];
    d->errors = q->errors;
    d->interrupts = q->interrupts;
    d->no_duration = q->count[QUALITY_NO_DURATION];
    d->negative_duration = q->count[QUALITY_NEGATIVE];
    d->unreadable = q->count[QUALITY_UNREADABLE];
    d->unknown_attributes = q->count[QUALITY_UNKNOWN];
    put_places(log, out);
    warn_missing(log, out);
    sample_report(log, out);
    warn_counts(q, out);
}
