/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OTLP in JSON (opentelemetry-proto, TracesData and ExportTraceServiceRequest).
 *
 * Read more liberally than the specification asks of senders: numbers as strings, snake_case keys,
 * enum names, hex of either case or base64 ids; unknown keys are skipped. */
#ifndef SEAM_TRACE_OTLP_JSON_H
#define SEAM_TRACE_OTLP_JSON_H

#include "trace/reader.h"

/* Is this document a request (of traces, or of logs or metrics, which hold no spans), or {}? */
bool otlp_json_is(struct json root);
/* Adds its spans; a part of the wrong shape is counted. */
MUST_CHECK int otlp_json_read(struct json root, struct sink *sink, struct error *err);

#endif
