/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OpenTelemetry's conventions for generative AI (gen_ai.evaluation.result): the event is parented
 * to the span it evaluates, or names the response.  Its score has no fixed range; who gave it is
 * not told, so it is a machine's, unless the user says that its name is of a decision. */
#include "trace/log_record.h"

#include "trace/ids.h"
#include "trace/opinion.h"

#include <math.h>
#include <string.h>

static bool is_key(const struct attribute *a, const char *key)
{
    return a->key_len == strlen(key) && memcmp(a->key, key, a->key_len) == 0;
}

void log_record_open(struct log_record *r)
{
    r->trace = SPAN_NONE;
    r->span = r->response = 0;
    r->evaluation = false;
    r->score = NAN;
    buf_clear(&r->name);
    buf_clear(&r->label);
    struct span *span = vocabulary_open(r->sink->words);
    span->file = r->sink->file_index;
    span->line = r->sink->line;
}

void log_record_name(struct log_record *r, const char *name, size_t len)
{
    static const char evaluation[] = "gen_ai.evaluation.result";
    r->evaluation =
        r->evaluation || (len == sizeof evaluation - 1 && memcmp(name, evaluation, len) == 0);
}

void log_record_attribute(struct log_record *r, const struct attribute *a)
{
    static const char prefix[] = "gen_ai.evaluation.";
    size_t n = sizeof prefix - 1;
    if (a->kind == ATTRIBUTE_TEXT) {
        if (is_key(a, "event.name"))
            log_record_name(r, a->text, a->text_len);
        if (is_key(a, "gen_ai.response.id"))
            r->response = ids_span(a->text, a->text_len);
        if (is_key(a, "gen_ai.evaluation.name"))
            buf_add(&r->name, a->text, a->text_len);
        if (is_key(a, "gen_ai.evaluation.score.label"))
            buf_add(&r->label, a->text, a->text_len);
    } else if (is_key(a, "gen_ai.evaluation.score.value")) {
        r->score = a->number;
    }
    /* of an evaluation only what the user names is more than its parts */
    if (a->key_len > n && memcmp(a->key, prefix, n) == 0)
        vocabulary_named(r->sink->words, a);
    else
        vocabulary_attribute(r->sink->words, a);
}

static bool evaluates(const struct log_record *r, struct judgement *j)
{
    const struct log_options *options = r->sink->options;
    struct said said = {.name = r->name.len ? r->name.data : NULL,
                        .name_len = r->name.len,
                        .label = r->label.len ? r->label.data : NULL,
                        .label_len = r->label.len,
                        .score = r->score};
    said.human = options->decision && strcmp(options->decision, buf_text(&r->name)) == 0;
    vocabulary_met(r->sink->words, said.name, said.name_len);
    return opinion_judge(&said, options, r->sink->set, r->sink->quality, j);
}

void log_record_close(struct log_record *r)
{
    struct sink *sink = r->sink;
    struct judgement j = {.trace = r->trace,
                          .span = r->span,
                          .response = r->span ? 0 : r->response,
                          .file = sink->file_index,
                          .line = sink->line};
    struct span said;
    vocabulary_take(sink->words, &said);
    bool judges = r->evaluation && evaluates(r, &j);
    if (!judges) {
        j.score = said.confidence;
        j.decision = said.decision;
        j.said_by = said.said_by;
        j.rank = 1;
        judges = !isnan(j.score) || j.decision != SPAN_NONE;
    } else if (j.decision != SPAN_NONE && j.said_by == SPAN_NONE) {
        j.said_by = said.said_by;
    }
    if (!judges)
        sink->quality->asides++;
    else if (!j.span && !j.response && j.trace == SPAN_NONE)
        quality_note(sink->quality, QUALITY_UNREADABLE, j.file, j.line);
    else
        settle_judgement(&sink->later, &j);
}

void log_record_release(struct log_record *r)
{
    buf_release(&r->name);
    buf_release(&r->label);
}
