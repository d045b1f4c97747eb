/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON texts that simdjson refuses (base/json_read.h): mended where they can be read after all, and
 * else walked for the byte at which they go wrong. */
#ifndef SEAM_BASE_JSON_TEXT_H
#define SEAM_BASE_JSON_TEXT_H

#include "base/error.h"
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct buf;

/* Makes *out the text with U+FFFD for each escape that lacks its surrogate partner, and integers
 * beyond 64 bits in quotes; what else is wrong with it stays wrong. */
void json_mend(const char *text, size_t len, struct buf *out);
/* Says in *err what is wrong with the text and where, err->column being the byte, 1-based;
 * `else_say` where the grammar is never broken.  Returns -1. */
int json_fault(const char *text, size_t len, const char *else_say, struct error *err);

#ifdef __cplusplus
}
#endif
#endif
