/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The wire format: a tag (number and type) as a varint, then a varint, 4 or 8 bytes in
 * little-endian order, or a length and as many bytes (protobuf.dev, "Encoding").  Lengths are
 * compared with what is left, never added to a pointer first. */
#include "base/proto_read.h"

int proto_varint(const uint8_t *p, size_t len, uint64_t *out)
{
    uint64_t value = 0;
    for (int i = 0; i < 10; i++) {
        if ((size_t)i == len)
            return 0;
        if (i == 9 && p[i] > 1)
            return -1;
        value |= (uint64_t)(p[i] & 0x7F) << (7 * i);
        if (p[i] < 0x80) {
            *out = value;
            return i + 1;
        }
    }
    return -1;
}

/* The same; most have one byte. */
static inline int varint(const uint8_t *p, size_t len, uint64_t *out)
{
    if (len == 0 || *p >= 0x80)
        return proto_varint(p, len, out);
    *out = *p;
    return 1;
}

static bool fail(struct proto *in, const char *why)
{
    in->fault = why;
    return false;
}

static const char cut[] = "a field is longer than what it lies in";
static const char wide[] = "a number has more than 64 bits";

/* Eight bytes, or four; compilers make one load of either. */
static uint64_t little_endian(const uint8_t *p, size_t n)
{
    uint64_t low =
        (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24;
    if (n == 4)
        return low;
    return low | (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
           (uint64_t)p[7] << 56;
}

/* The rest of a field whose tag is read; p stands behind the tag. */
static bool read_rest(struct proto *in, const uint8_t *p, struct proto_field *out)
{
    size_t left = (size_t)(in->end - p);
    unsigned type = out->tag & 7;
    if (type == PROTO_FIXED64 || type == PROTO_FIXED32) {
        size_t n = type == PROTO_FIXED64 ? 8 : 4;
        if (left < n)
            return fail(in, cut);
        out->value = little_endian(p, n);
        in->at = p + n;
        return true;
    }
    if (type != PROTO_VARINT && type != PROTO_BYTES)
        return fail(in, type == 3 || type == 4 ? "a field is a group, which OTLP has none of"
                                               : "a field has a wire type that does not exist");
    int n = varint(p, left, &out->value);
    if (n <= 0)
        return fail(in, n ? wide : cut);
    in->at = p + n;
    if (type == PROTO_VARINT)
        return true;
    left -= (size_t)n;
    if (out->value > left)
        return fail(in, cut);
    out->bytes = proto_bytes(in->at, (size_t)out->value);
    in->at += out->value;
    return true;
}

bool proto_next_any(struct proto *in, struct proto_field *out)
{
    const uint8_t *start = in->at;
    uint64_t tag;
    if (in->at == in->end)
        return false;
    int n = varint(start, (size_t)(in->end - start), &tag);
    if (n <= 0)
        return fail(in, n ? wide : cut);
    if (tag > UINT32_MAX || tag < 8)
        return fail(in, "a field has a number that does not exist");
    out->tag = (uint32_t)tag;
    if (read_rest(in, start + n, out))
        return true;
    in->at = start;
    return false;
}
