/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of OTLP in Protocol Buffers: one message, or messages with their lengths in front.
 *
 *     enum otlp_framing framing = otlp_framing_of(bytes, len, all);
 *     struct otlp_stream *s = otlp_stream_new(framing, sink);
 *     while (...) if (otlp_stream_feed(s, chunk, len, &err)) ...
 *     if (otlp_stream_end(s, &err)) ...
 *     otlp_stream_free(s);
 *
 * Memory is bounded by the longest message (of one message alone: the longest ResourceSpans). */
#ifndef SEAM_TRACE_OTLP_STREAM_H
#define SEAM_TRACE_OTLP_STREAM_H

#include "trace/reader.h"

#include <stdbool.h>

enum otlp_framing {
    OTLP_NONE,   /* not OTLP in Protocol Buffers */
    OTLP_SINGLE, /* a TracesData or ExportTraceServiceRequest, as in the body of a request */
    OTLP_VARINT, /* each message behind its length as a varint (writeDelimitedTo) */
    OTLP_FIXED   /* behind 4 bytes in big-endian order (the Collector's file exporter) */
};
/* So many bytes tell the framing; fewer do when they are all there is. */
enum { OTLP_SNIFF = 4096, OTLP_MESSAGE_MAX = 256 << 20 };

/* How a source that begins with these bytes is framed; `all`: nothing follows them. */
enum otlp_framing otlp_framing_of(const char *bytes, size_t len, bool all);

struct otlp_stream;
/* At the first byte of a source; the sink is borrowed until otlp_stream_free, which the caller
 * calls. */
struct otlp_stream *otlp_stream_new(enum otlp_framing framing, struct sink *sink);
/* The next bytes, in pieces of any size.  Faults as otlp_proto_read tells them. */
MUST_CHECK int otlp_stream_feed(struct otlp_stream *s, const char *bytes, size_t len,
                                struct error *err);
/* ERR_INPUT when nothing at all could be read; a message that is cut off is a fault. */
MUST_CHECK int otlp_stream_end(struct otlp_stream *s, struct error *err);
/* The texts of the sink's set have other ids. */
void otlp_stream_forget(struct otlp_stream *s);
/* NULL is fine. */
void otlp_stream_free(struct otlp_stream *s);

#endif
