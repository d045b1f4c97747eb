/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Protocol Buffers' wire format, walked field by field without a copy.
 *
 *     struct proto in = proto_walk(proto_bytes(bytes, len));
 *     struct proto_field f;
 *     while (proto_next(&in, &f))
 *         if (f.tag == PROTO_TAG(1, PROTO_BYTES)) ... f.bytes ...
 *     if (in.fault) ...            // in.at is the field that cannot be read
 *
 * A field is known by its number and its wire type together, so that one of another type is an
 * unknown one and skipped.  Groups, which no proto3 message has, are refused. */
#ifndef SEAM_BASE_PROTO_READ_H
#define SEAM_BASE_PROTO_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum proto_type { PROTO_VARINT, PROTO_FIXED64, PROTO_BYTES, PROTO_FIXED32 = 5 };
#define PROTO_TAG(number, type) ((uint32_t)(number) << 3 | (type))

/* Bytes of a message; borrowed.  Of two words, so that calls pass it in registers. */
struct proto_bytes {
    const uint8_t *at, *end;
};
/* A walk over a message, and what is left of it. */
struct proto {
    const uint8_t *at, *end;
    const char *fault; /* static; NULL while all is well */
};
struct proto_field {
    uint32_t tag;
    uint64_t value;           /* of a varint or a fixed number */
    struct proto_bytes bytes; /* of PROTO_BYTES */
};

/* Borrows len bytes. */
static inline struct proto_bytes proto_bytes(const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    return (struct proto_bytes){at, at + len};
}

/* How many bytes are left. */
static inline size_t proto_len(struct proto_bytes b)
{
    return (size_t)(b.end - b.at);
}

/* A walk over the fields of a message. */
static inline struct proto proto_walk(struct proto_bytes b)
{
    return (struct proto){b.at, b.end, NULL};
}

/* Bytes of the varint at p, 0 when `len` bytes do not hold it whole, -1 when it is longer than the
 * ten bytes of 64 bits. */
int proto_varint(const uint8_t *p, size_t len, uint64_t *out);
/* proto_next for fields of every shape. */
bool proto_next_any(struct proto *in, struct proto_field *out);

/* A fixed number of 64 bits or a varint of one byte, with a tag of one byte; false for any other.
 */
static inline bool proto_next_number(struct proto *in, struct proto_field *out)
{
    const uint8_t *p = in->at;
    size_t left = (size_t)(in->end - p);
    if (left >= 9 && (p[0] & 0x87) == PROTO_FIXED64 && p[0] >= 8) {
        out->value = (uint64_t)p[1] | (uint64_t)p[2] << 8 | (uint64_t)p[3] << 16 |
                     (uint64_t)p[4] << 24 | (uint64_t)p[5] << 32 | (uint64_t)p[6] << 40 |
                     (uint64_t)p[7] << 48 |
                     (uint64_t)p[8] << 56; /* compilers make one load of it */
        in->at = p + 9;
    } else if (left >= 2 && (p[0] & 0x87) == PROTO_VARINT && p[0] >= 8 && p[1] < 0x80) {
        out->value = p[1];
        in->at = p + 2;
    } else {
        return false;
    }
    out->tag = p[0];
    out->bytes = (struct proto_bytes){0};
    return true;
}

/* Goes to the next field; false at the end and at a fault.  The fields that are most of a message,
 * bytes with a tag of one byte and a length of at most two, are read here; the copies let both
 * structs stay in registers. */
static inline bool proto_next(struct proto *in, struct proto_field *out)
{
    const uint8_t *p = in->at;
    size_t left = (size_t)(in->end - p);
    if (left == 0)
        return false;
    if (left >= 3 && (p[0] & 0x87) == PROTO_BYTES && p[0] >= 8 && (p[1] < 0x80 || p[2] < 0x80)) {
        size_t head = p[1] < 0x80 ? 2 : 3;
        size_t len = p[1] < 0x80 ? p[1] : (size_t)(p[1] & 0x7F) | (size_t)p[2] << 7;
        if (len <= left - head) {
            out->tag = p[0];
            out->value = 0;
            out->bytes = proto_bytes(p + head, len);
            in->at = p + head + len;
            return true;
        }
    }
    struct proto rest = *in;
    struct proto_field field = {0};
    bool found = proto_next_any(&rest, &field);
    *in = rest;
    *out = field;
    return found;
}

#endif
