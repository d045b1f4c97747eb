/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an item holds: texts that are shared and never changed, and answers put over them. */
#ifndef SEAM_EXEC_PAYLOAD_H
#define SEAM_EXEC_PAYLOAD_H

#include "base/buf.h"
#include "base/json_read.h"

/* A text with a count of those who hold it.  Counted by one thread alone. */
struct text {
    uint32_t holders;
    size_t len;
    char data[]; /* NUL-terminated */
};
/* A copy, held once. */
struct text *text_new(const char *data, size_t len);
/* Holds it once more. */
struct text *text_hold(struct text *t);
/* Lets go of it; NULL is fine. */
void text_drop(struct text *t);

/* Two readers of JSON; one for each thread. */
struct payload_tool;
/* A new one that the caller frees. */
struct payload_tool *payload_tool_new(void);
/* NULL is fine. */
void payload_tool_free(struct payload_tool *t);

/* Replaces *out by the object `payload` with the members of the object `over` put over its own:
 * members of the same name in their place, others behind.  -1 with err (ERR_INPUT) when `over` is
 * no JSON object, or what comes out is above 64 MiB (ERR_LIMIT). */
MUST_CHECK int payload_put(struct payload_tool *t, const char *payload, size_t len,
                           const char *over, size_t over_len, struct buf *out, struct error *err);

#endif
