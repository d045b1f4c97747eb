/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A log for benches, in OTLP/JSON lines as the Collector's file exporter writes them and in
 * Protocol Buffers behind varint lengths: traces of eight spans (a root, six stages, a review) with
 * some fifteen attributes each, texts of questions and answers among them. */
#ifndef SEAM_TESTS_LOG_WRITER_H
#define SEAM_TESTS_LOG_WRITER_H

#include "math/rng.h"
#include "tests/support/proto_write.h"

#include <math.h>
#include <stdbool.h>

enum { LOG_SPANS = 8, LOG_BATCH = 4 }; /* spans of a trace, traces of a request */

struct log_writer {
    struct rng_seq rng;
    bool proto;
    uint64_t now_ns;
    struct buf span, part; /* what is being made of one */
    bool any;              /* attribute written to the span at hand */
};

static inline double log_unit(struct log_writer *w)
{
    return ((double)rng_below(&w->rng, UINT64_C(1) << 52) + 0.5) / 0x1p52;
}

static inline void log_words(struct log_writer *w, struct buf *out, unsigned n)
{
    static const char *const words[] = {"please", "where", "is",      "my",    "parcel", "number",
                                        "refund", "and",   "invoice", "since", "monday", "the"};
    for (unsigned i = 0; i < n; i++) {
        buf_puts(out, words[rng_below(&w->rng, 12)]);
        if (i % 12 == 11)
            buf_puts(out, w->proto ? "\n" : "\\n");
        else
            buf_putc(out, ' ');
    }
}

/* The head of an attribute in JSON. */
static inline void log_json_key(struct log_writer *w, const char *key)
{
    buf_printf(&w->span, "%s{\"key\":\"%s\",\"value\":{", w->any ? "," : "", key);
    w->any = true;
}

/* An attribute whose AnyValue is in w->part, in Protocol Buffers. */
static inline void log_proto_attribute(struct log_writer *w, const char *key)
{
    struct buf pair = {0};
    proto_put_text(&pair, 1, key);
    proto_put_bytes(&pair, 2, buf_text(&w->part), w->part.len);
    proto_put_bytes(&w->span, 9, pair.data, pair.len);
    buf_release(&pair);
}

static inline void log_text(struct log_writer *w, const char *key, const char *value)
{
    if (w->proto) {
        buf_clear(&w->part);
        proto_put_text(&w->part, 1, value);
        log_proto_attribute(w, key);
        return;
    }
    log_json_key(w, key);
    buf_printf(&w->span, "\"stringValue\":\"%s\"}}", value);
}

static inline void log_int(struct log_writer *w, const char *key, uint64_t value)
{
    if (w->proto) {
        buf_clear(&w->part);
        proto_put_int(&w->part, 3, value);
        log_proto_attribute(w, key);
        return;
    }
    log_json_key(w, key);
    buf_printf(&w->span, "\"intValue\":\"%llu\"}}", (unsigned long long)value);
}

static inline void log_double(struct log_writer *w, const char *key, double value)
{
    if (w->proto) {
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        buf_clear(&w->part);
        proto_put_fixed64(&w->part, 4, bits);
        log_proto_attribute(w, key);
        return;
    }
    log_json_key(w, key);
    buf_printf(&w->span, "\"doubleValue\":%.6g}}", value);
}

struct log_ids {
    uint64_t trace[2], span, parent;
};

static inline void log_proto_id(struct buf *out, unsigned field, const uint64_t *words, size_t n)
{
    uint8_t bytes[16];
    for (size_t i = 0; i < 8 * n; i++)
        bytes[i] = (uint8_t)(words[i / 8] >> (56 - 8 * (i % 8)));
    proto_put_bytes(out, field, bytes, 8 * n);
}

static inline void log_head(struct log_writer *w, const struct log_ids *ids, const char *name,
                            uint64_t end_ns)
{
    unsigned long long parent = ids->parent;
    w->any = false;
    buf_clear(&w->span);
    if (w->proto) {
        log_proto_id(&w->span, 1, ids->trace, 2);
        log_proto_id(&w->span, 2, &ids->span, 1);
        if (parent)
            log_proto_id(&w->span, 4, &ids->parent, 1);
        proto_put_text(&w->span, 5, name);
        proto_put_int(&w->span, 6, 3);
        proto_put_fixed64(&w->span, 7, w->now_ns);
        proto_put_fixed64(&w->span, 8, end_ns);
        return;
    }
    buf_printf(&w->span, "{\"traceId\":\"%016llx%016llx\",\"spanId\":\"%016llx\",",
               (unsigned long long)ids->trace[0], (unsigned long long)ids->trace[1],
               (unsigned long long)ids->span);
    if (parent)
        buf_printf(&w->span, "\"parentSpanId\":\"%016llx\",", parent);
    buf_printf(&w->span,
               "\"flags\":257,\"name\":\"%s\",\"kind\":3,\"startTimeUnixNano\":\"%llu\","
               "\"endTimeUnixNano\":\"%llu\",\"attributes\":[",
               name, (unsigned long long)w->now_ns, (unsigned long long)end_ns);
}

static inline void log_status(struct log_writer *w, bool failed)
{
    if (w->proto) {
        struct buf status = {0};
        if (failed)
            proto_put_int(&status, 3, 2);
        proto_put_bytes(&w->span, 15, buf_text(&status), status.len);
        buf_release(&status);
        return;
    }
    buf_printf(&w->span, "],\"status\":{%s}}", failed ? "\"code\":2" : "");
}

/* Span k of a trace; 0 is the root, and comes last. */
static inline void log_span(struct log_writer *w, struct log_ids *ids, unsigned k, double quality,
                            bool failed)
{
    static const char *const names[LOG_SPANS] = {
        "invoke_agent desk", "embeddings small",    "retrieval handbook", "rerank cross",
        "chat plan",         "execute_tool lookup", "chat answer",        "human_review"};
    static const char *const kinds[LOG_SPANS] = {"invoke_agent", "embeddings",  "retrieval",
                                                 "rerank",       "chat",        "execute_tool",
                                                 "chat",         "human_review"};
    struct buf text = {0};
    uint64_t end = w->now_ns + 1000000 + (uint64_t)(exp(18 - 2 * log(log_unit(w) + 0.01)));
    log_head(w, ids, names[k], end);
    buf_printf(&text, "conv_%012llx", (unsigned long long)ids->trace[1] & 0xffffffffffff);
    log_text(w, "gen_ai.conversation.id", text.data);
    log_text(w, "gen_ai.operation.name", kinds[k]);
    log_text(w, "gen_ai.provider.name", "a_provider");
    log_text(w, "gen_ai.request.model", "model-large-2026-01-01");
    log_int(w, "gen_ai.usage.input_tokens", 600 + rng_below(&w->rng, 3000));
    log_int(w, "gen_ai.usage.output_tokens", 40 + rng_below(&w->rng, 600));
    log_text(w, "server.address", "models.example.org");
    log_int(w, "server.port", 443);
    buf_clear(&text);
    log_words(w, &text, k == 6 ? 80 : 24);
    log_text(w, "gen_ai.output.messages", text.data);
    log_double(w, "app.cost_usd", 0.01 * log_unit(w));
    if (k > 1)
        log_double(w, "app.confidence", quality);
    if (k == 7)
        log_text(w, "app.review.decision",
                 quality > 0.75  ? "auto"
                 : quality > 0.4 ? "approved"
                                 : "edited");
    if (failed)
        log_text(w, "error.type", "timeout");
    log_text(w, "deployment.ring", "production-1");
    log_text(w, "code.function.name", "app.pipeline.desk.run_stage");
    log_text(w, "thread.name", "worker-pool-3");
    log_status(w, failed);
    w->now_ns = end;
    buf_release(&text);
}

/* Appends a request of LOG_BATCH traces to `out`. */
static inline void log_request(struct log_writer *w, struct buf *out)
{
    struct buf body = {0};
    bool any = false;
    if (!w->proto)
        buf_puts(out,
                 "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\","
                 "\"value\":{\"stringValue\":\"desk\"}}]},\"scopeSpans\":[{\"scope\":{\"name\":"
                 "\"bench\"},\"spans\":[");
    for (int trace = 0; trace < LOG_BATCH; trace++) {
        struct log_ids ids = {
            {rng_below(&w->rng, UINT64_MAX), rng_below(&w->rng, UINT64_MAX)},
            0, 0
        };
        uint64_t root = rng_below(&w->rng, UINT64_MAX - 1) + 1, start = w->now_ns;
        double quality = 1 / (1 + exp(-3 * log_unit(w)));
        bool failed = false;
        for (unsigned i = 1; i <= LOG_SPANS; i++) {
            unsigned k = i % LOG_SPANS;
            bool fails = k ? k < 7 && rng_below(&w->rng, 50) == 0 : failed;
            failed = failed || fails;
            ids.span = k ? rng_below(&w->rng, UINT64_MAX - 1) + 1 : root;
            ids.parent = k ? root : 0;
            if (k == 0)
                w->now_ns = start;
            log_span(w, &ids, k, quality, fails);
            if (w->proto) {
                proto_put_bytes(&body, 2, w->span.data, w->span.len);
            } else {
                buf_puts(out, any ? "," : "");
                buf_add(out, w->span.data, w->span.len);
            }
            any = true;
        }
    }
    if (w->proto) {
        proto_wrap(&body, 2);
        proto_wrap(&body, 1);
        proto_put_varint(out, body.len);
        buf_add(out, body.data, body.len);
    } else {
        buf_puts(out, "]}]}]}\n");
    }
    buf_release(&body);
}

/* A log of `bytes` or a little more; the caller releases it. */
static inline struct buf log_write(bool proto, size_t bytes)
{
    struct log_writer w = {
        .rng = {rng_key(42, 0, 0, 0, RNG_SPLIT), 0},
          .proto = proto, .now_ns = 1767225600000000000
    };
    struct buf out = {0};
    while (out.len < bytes)
        log_request(&w, &out);
    buf_release(&w.span);
    buf_release(&w.part);
    return out;
}

#endif
