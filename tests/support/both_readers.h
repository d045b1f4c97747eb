/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two readers of OTLP in JSON lines held against each other: what the walk along tokens takes
 * up, the parser must read to the same spans and the same faults. */
#ifndef SEAM_TESTS_BOTH_READERS_H
#define SEAM_TESTS_BOTH_READERS_H

#include "trace/otlp_json.h"
#include "trace/otlp_walk.h"
#include "trace/unknown.h"

#include <string.h>

/* A sink with all that it points to. */
struct one_reader {
    struct span_set set;
    struct quality quality;
    struct sink sink;
};

static inline void one_reader_init(struct one_reader *r, const struct log_options *options)
{
    struct error err = {0};
    memset(r, 0, sizeof *r);
    span_set_init(&r->set);
    r->sink =
        (struct sink){.set = &r->set, .quality = &r->quality, .options = options, .file = "x"};
    r->sink.json = json_reader_new();
    if (vocabulary_new(options, &r->set, &r->quality, &r->sink.words, &err))
        BUG("no vocabulary: %s", err.text);
    vocabulary_settle(r->sink.words, &r->sink.later);
}

static inline void one_reader_release(struct one_reader *r)
{
    vocabulary_free(r->sink.words);
    json_reader_free(r->sink.json);
    settle_release(&r->sink.later);
    span_set_release(&r->set);
}

static inline void same_text(const struct one_reader *a, const struct one_reader *b, uint32_t x,
                             uint32_t y, const char *what, size_t i)
{
    if ((x == SPAN_NONE) != (y == SPAN_NONE) ||
        strcmp(span_string(&a->set, x), span_string(&b->set, y)) != 0)
        BUG("%s of span %zu: \"%s\" walked, \"%s\" parsed", what, i, span_string(&a->set, x),
            span_string(&b->set, y));
}

static inline void same_spans(const struct one_reader *a, const struct one_reader *b)
{
    if (a->set.len != b->set.len)
        BUG("%zu spans walked, %zu parsed", a->set.len, b->set.len);
    for (size_t i = 0; i < a->set.len; i++) {
        struct span x, y;
        span_set_row(&a->set, i, &x);
        span_set_row(&b->set, i, &y);
#define X(type, name, absent)                                                                      \
    same_text(a, b, x.name, y.name, #name, i);                                                     \
    y.name = x.name; /* ids of texts are each reader's own */
        SPAN_TEXTS_OFTEN(X)
        SPAN_TEXTS_RARE(X)
#undef X
#define X(type, name, absent)                                                                      \
    if (memcmp(&x.name, &y.name, sizeof x.name) != 0)                                              \
        BUG("%s of span %zu differs", #name, i);
        SPAN_COLUMNS(X)
#undef X
    }
    if (a->sink.later.judgements.len != b->sink.later.judgements.len)
        BUG("%zu judgements walked, %zu parsed", a->sink.later.judgements.len,
            b->sink.later.judgements.len);
    for (size_t i = 0; i < a->sink.later.judgements.len; i++) {
        const struct judgement *x = &a->sink.later.judgements.at[i];
        const struct judgement *y = &b->sink.later.judgements.at[i];
        same_text(a, b, x->trace, y->trace, "trace of judgement", i);
        same_text(a, b, x->decision, y->decision, "decision of judgement", i);
        if (x->span != y->span || memcmp(&x->score, &y->score, sizeof x->score) != 0 ||
            x->rank != y->rank || x->line != y->line || x->afterwards != y->afterwards)
            BUG("judgement %zu differs", i);
    }
    if (a->sink.later.responses.len != b->sink.later.responses.len)
        BUG("%zu responses walked, %zu parsed", a->sink.later.responses.len,
            b->sink.later.responses.len);
    for (size_t i = 0; i < a->sink.later.responses.len; i++)
        if (a->sink.later.responses.at[i].id != b->sink.later.responses.at[i].id ||
            a->sink.later.responses.at[i].span != b->sink.later.responses.at[i].span)
            BUG("response %zu differs", i);
    /* the walk has looked at lines that it left alone, too */
    const struct unknown *x = vocabulary_unknown(a->sink.words);
    const struct unknown *y = vocabulary_unknown(b->sink.words);
    for (uint32_t i = 0; i < y->keys.count; i++)
        if (intern_find(&x->keys, y->keys.of[i].at, strlen(y->keys.of[i].at)) == UINT32_MAX)
            BUG("the key %s tells nothing to the parser alone", y->keys.of[i].at);
    if (memcmp(&a->quality, &b->quality, sizeof a->quality) != 0)
        BUG("the walk and the parser count other faults");
}

/* Reads the lines of a text both ways; returns how many the walk took up.  `len` bytes, the last
 * of which is a newline. */
static inline size_t read_both_ways(const char *text, size_t len, const struct log_options *options)
{
    struct one_reader walked, parsed;
    struct buf copy = {0}; /* with bytes behind it that look like more */
    struct error err = {0};
    struct json root;
    size_t taken = 0;
    buf_add(&copy, text, len);
    buf_puts(&copy, "]}]}]}]}]}]}{\"resourceSpans\":[]}]}]}");
    one_reader_init(&walked, options);
    one_reader_init(&parsed, options);
    struct otlp_walk *w = otlp_walk_new(&walked.sink);
    bool known = otlp_walk_begin(w, copy.data, len - 1);
    const char *line = copy.data, *end = copy.data + len;
    for (uint64_t number = 1; known && line < end; number++) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        walked.sink.line = parsed.sink.line = number;
        if (otlp_walk_line(w, line, newline)) {
            taken++;
            if (json_parse(parsed.sink.json, line, (size_t)(newline - line), &root, &err) ||
                !otlp_json_is(root) || otlp_json_read(root, &parsed.sink, &err))
                BUG("line %llu was walked, and is refused: %s", (unsigned long long)number,
                    err.text);
        }
        line = newline + 1;
        same_spans(&walked, &parsed);
    }
    otlp_walk_free(w);
    one_reader_release(&walked);
    one_reader_release(&parsed);
    buf_release(&copy);
    return taken;
}

#endif
