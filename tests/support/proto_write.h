/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Protocol Buffers out, for tests and fuzz targets: fields appended to a buffer (protobuf.dev,
 * "Encoding", from the writer's side). */
#ifndef SEAM_TESTS_PROTO_WRITE_H
#define SEAM_TESTS_PROTO_WRITE_H

#include "base/buf.h"

#include <string.h>

static inline void proto_put_varint(struct buf *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buf_putc(out, (char)(value | 0x80));
    buf_putc(out, (char)value);
}

/* A field of wire type 0; then of 1, and of 2. */
static inline void proto_put_int(struct buf *out, unsigned field, uint64_t value)
{
    proto_put_varint(out, (uint64_t)field << 3);
    proto_put_varint(out, value);
}

static inline void proto_put_fixed64(struct buf *out, unsigned field, uint64_t value)
{
    proto_put_varint(out, (uint64_t)field << 3 | 1);
    for (int i = 0; i < 8; i++)
        buf_putc(out, (char)(value >> 8 * i));
}

static inline void proto_put_bytes(struct buf *out, unsigned field, const void *bytes, size_t len)
{
    proto_put_varint(out, (uint64_t)field << 3 | 2);
    proto_put_varint(out, len);
    buf_add(out, bytes, len);
}

static inline void proto_put_text(struct buf *out, unsigned field, const char *text)
{
    proto_put_bytes(out, field, text, strlen(text));
}

/* Makes of what is in *inner one field that holds it. */
static inline void proto_wrap(struct buf *inner, unsigned field)
{
    struct buf outer;
    buf_init(&outer);
    proto_put_bytes(&outer, field, buf_text(inner), inner->len);
    buf_release(inner);
    *inner = outer;
}

#endif
