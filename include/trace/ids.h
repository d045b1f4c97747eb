/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trace and span ids as exporters write them: hex of either case, base64, or any other text. */
#ifndef SEAM_TRACE_IDS_H
#define SEAM_TRACE_IDS_H

#include "model/span.h"

/* Hex is lowered, the base64 of 16 bytes becomes hex, other text stays as it is; SPAN_NONE for
 * empty text and for an id of zeros. */
uint32_t ids_trace(struct span_set *set, const char *s, size_t len);
/* The 8 bytes of an id in hex or base64 as a number, else a 64-bit hash of the text; 0 for empty
 * text and for an id of zeros. */
uint64_t ids_span(const char *s, size_t len);

/* The same of an id's own bytes, which stand for as many digits of hex. */
uint32_t ids_trace_bytes(struct span_set *set, const uint8_t *bytes, size_t n);
/* A span's number from the n bytes of its id, as ids_span has it from their hex. */
uint64_t ids_span_bytes(const uint8_t *bytes, size_t n);
enum { IDS_BYTES_MAX = 32 }; /* longer ones are cut */

#endif
