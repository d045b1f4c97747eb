/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attributes of OTLP in Protocol Buffers: what they are made of, and a short way for those that
 * look as most do. */
#ifndef SEAM_TRACE_OTLP_PLAIN_H
#define SEAM_TRACE_OTLP_PLAIN_H

#include "base/proto_read.h"
#include "trace/vocabulary.h"

#include <string.h>

/* Of common.proto: KeyValue and AnyValue. */
enum {
    KEY_VALUE_KEY = PROTO_TAG(1, PROTO_BYTES),
    KEY_VALUE_VALUE = PROTO_TAG(2, PROTO_BYTES),
    VALUE_STRING = PROTO_TAG(1, PROTO_BYTES),
    VALUE_BOOL = PROTO_TAG(2, PROTO_VARINT),
    VALUE_INT = PROTO_TAG(3, PROTO_VARINT),
    VALUE_DOUBLE = PROTO_TAG(4, PROTO_FIXED64),
    VALUE_ARRAY = PROTO_TAG(5, PROTO_BYTES),
    VALUE_MAP = PROTO_TAG(6, PROTO_BYTES),
    VALUE_BYTES = PROTO_TAG(7, PROTO_BYTES),
};

/* The value of an attribute that is no text, from the bits of its field. */
static inline void otlp_put_number(struct attribute *a, enum attribute_kind kind, uint64_t value)
{
    a->kind = kind;
    a->whole = kind == ATTRIBUTE_BOOL ? value != 0 : (int64_t)value;
    a->number = (double)a->whole;
    if (kind == ATTRIBUTE_DOUBLE)
        memcpy(&a->number, &value, sizeof a->number);
}

/* Tells as many fields of this tag of one byte, from `at` on, as follow each other and are such
 * attributes; gives what comes behind them. */
const uint8_t *otlp_plain_attributes(struct vocabulary *words, const uint8_t *at,
                                     const uint8_t *end, uint32_t tag);

#endif
