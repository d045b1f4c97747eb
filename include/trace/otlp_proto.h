/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OTLP in Protocol Buffers (opentelemetry-proto, TracesData and ExportTraceServiceRequest).
 *
 * Means what the same log means in OTLP/JSON.  A part that cannot be read is counted with the byte
 * at which it goes wrong and left out: a span alone where the damage is within it, else what
 * encloses it; under `strict` it is an error.  Text that is read (names, keys, values, messages)
 * is checked to be UTF-8. */
#ifndef SEAM_TRACE_OTLP_PROTO_H
#define SEAM_TRACE_OTLP_PROTO_H

#include "base/proto_read.h"
#include "trace/reader.h"

/* Arrays and maps within values may be nested so deep, as in Google's own decoders. */
enum { OTLP_DEPTH_MAX = 100 };

/* What messages of one source have in common; zeroed but for `sink` at first, then
 * otlp_proto_release. */
struct otlp_proto {
    struct sink *sink;
    const uint8_t *base; /* of the bytes at hand, which begin at `offset` of the source */
    uint64_t offset;
    const char *why; /* of the fault in the span at hand; static */
    const uint8_t *where;
    uint8_t last_id[16]; /* of the trace of the span before */
    uint32_t last_trace;
    bool has_last;
    struct buf key, text;  /* texts made UTF-8 */
    uint64_t faults;       /* counted so far */
    uint64_t first_at;     /* and the first of them */
    const char *first_why; /* static */
};

/* Adds the spans of a whole message, or of any run of its fields: `bytes` lie within the bytes from
 * p->base on.  ERR_INPUT with the byte of the fault, under `strict` only. */
MUST_CHECK int otlp_proto_read(struct otlp_proto *p, struct proto_bytes bytes, struct error *err);
/* Counts what cannot be read at a byte of the source; ERR_INPUT under `strict`. */
MUST_CHECK int otlp_proto_fault(struct otlp_proto *p, uint64_t at, const char *why,
                                struct error *err);
/* Frees what it holds, not the sink. */
void otlp_proto_release(struct otlp_proto *p);

#endif
