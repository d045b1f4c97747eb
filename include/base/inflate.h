/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gzip (RFC 1952, members concatenated) by zlib, with a limit: the only door to zlib. */
#ifndef SEAM_BASE_INFLATE_H
#define SEAM_BASE_INFLATE_H

#include "base/buf.h"
#include "base/error.h"
#include <stdbool.h>

/* Do these bytes begin like gzip (1f 8b)? */
bool inflate_is_gzip(const void *bytes, size_t len);
/* Appends the inflated bytes to `out`; more than `limit` is ERR_LIMIT, damage or a cut ERR_INPUT
 * with the offset in the compressed bytes. */
MUST_CHECK int inflate_all(const void *bytes, size_t len, size_t limit, struct buf *out,
                           struct error *err);

/* Streaming: inflate_new, then feed; inflate_free.  feed appends what comes out to `out`. */
struct inflate;
/* A new stream, without limit, that the caller frees with inflate_free. */
struct inflate *inflate_new(void);
MUST_CHECK int inflate_feed(struct inflate *z, const void *bytes, size_t len, struct buf *out,
                            struct error *err);
/* ERR_INPUT when the stream is cut in the middle of a member. */
MUST_CHECK int inflate_end(struct inflate *z, struct error *err);
/* Frees the stream at any point of it; NULL is fine. */
void inflate_free(struct inflate *z);

#endif
