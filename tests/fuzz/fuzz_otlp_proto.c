/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a log, as the fields of a span, and as messages that arrive in two pieces: however
 * they are cut, the same spans and faults. */
#include "tests/fuzz/any_log.h"

#include "tests/support/proto_write.h"
#include "trace/otlp_stream.h"

#include <string.h>

static const struct log_options none;

struct told {
    size_t spans;
    uint64_t faults, records;
    bool refused;
};

static struct told feed(const uint8_t *data, size_t size, size_t cut, enum otlp_framing framing)
{
    struct span_set set;
    struct quality quality = {0};
    struct sink sink = {.set = &set, .quality = &quality, .options = &none, .file = "fuzz"};
    struct error err = {0};
    span_set_init(&set);
    if (vocabulary_new(&none, &set, &quality, &sink.words, &err))
        BUG("no vocabulary: %s", err.text);
    struct otlp_stream *s = otlp_stream_new(framing, &sink);
    const char *bytes = (const char *)data;
    struct told told = {0};
    if (otlp_stream_feed(s, bytes, cut, &err) || otlp_stream_feed(s, bytes + cut, size - cut, &err))
        BUG("feeding fails without strict: %s", err.text);
    told.refused = otlp_stream_end(s, &err) != 0;
    told.spans = set.len;
    told.faults = quality.count[QUALITY_UNREADABLE];
    told.records = quality.records;
    if (told.refused && (told.spans || !told.faults))
        BUG("refused with %zu spans: %s", told.spans, err.text);
    otlp_stream_free(s);
    vocabulary_free(sink.words);
    settle_release(&sink.later);
    span_set_release(&set);
    return told;
}

/* The data as what follows the ids of a span. */
static void as_span(const uint8_t *data, size_t size)
{
    struct buf b = {0};
    proto_put_bytes(&b, 1, "0123456789abcdef", 16);
    proto_put_bytes(&b, 2, "01234567", 8);
    buf_add(&b, data, size);
    proto_wrap(&b, 2);
    proto_wrap(&b, 2);
    proto_wrap(&b, 1);
    any_log(b.data, b.len);
    buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t nothing[1];
    if (size == 0)
        data = nothing;
    any_log(data, size);
    as_span(data, size);
    for (enum otlp_framing f = OTLP_SINGLE; f <= OTLP_FIXED; f++) {
        size_t cut = size ? (size_t)data[size - 1] * size / 256 : 0;
        struct told whole = feed(data, size, size, f), pieces = feed(data, size, cut, f);
        if (whole.spans != pieces.spans || whole.faults != pieces.faults ||
            whole.records != pieces.records || whole.refused != pieces.refused)
            BUG("%zu spans and %llu faults at once, %zu and %llu in pieces", whole.spans,
                (unsigned long long)whole.faults, pieces.spans, (unsigned long long)pieces.faults);
    }
    return 0;
}
