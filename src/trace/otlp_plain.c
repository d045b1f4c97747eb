/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attributes as senders write them: a key met lately and then a value with one field, lengths below
 * 2^14, texts in ASCII.  All that is walked and told elsewhere (otlp_proto.c) for any attribute is
 * done here at once, and nothing is done for another one. */
#include "trace/otlp_plain.h"

#include "base/utf8.h"
#include "trace/vocabulary_keys.h"

/* Takes a length below 2^14 off the front of two bytes or more; false for a greater one. */
static inline bool short_length(const uint8_t **at, size_t *len)
{
    *len = *(*at)++;
    if (*len < 0x80)
        return true;
    if (**at >= 0x80)
        return false;
    *len = (*len & 0x7F) | (size_t) * (*at)++ << 7;
    return true;
}

/* The body behind such a length, when it ends with `end`. */
static inline bool short_body(const uint8_t *at, const uint8_t *end, struct proto_bytes *out)
{
    size_t len;
    if (!short_length(&at, &len))
        return false;
    *out = (struct proto_bytes){at, end};
    return len == (size_t)(end - at);
}

/* The value of an attribute that has no other field. */
struct plain {
    enum attribute_kind kind;
    struct proto_bytes text;
    uint64_t bits; /* of a number */
};

/* A varint that takes up these bytes, nine at most, and no fewer. */
static inline bool plain_varint(struct proto_bytes b, uint64_t *out)
{
    size_t last = proto_len(b) - 1;
    if (last > 8 || b.at[last] >= 0x80)
        return false;
    *out = (uint64_t)b.at[last] << 7 * last;
    for (size_t i = 0; i < last; i++) {
        *out |= (uint64_t)(b.at[i] & 0x7F) << 7 * i;
        if (b.at[i] < 0x80)
            return false;
    }
    return true;
}

/* A text in ASCII, a double or a whole number; false for any other. */
static inline bool plain_value(struct proto_bytes value, struct plain *v)
{
    struct proto_bytes rest = {value.at + 1, value.end};
    size_t left = proto_len(value);
    if (left < 2)
        return false;
    switch (value.at[0]) {
    case VALUE_STRING:
        v->kind = ATTRIBUTE_TEXT;
        return left > 2 && short_body(rest.at, rest.end, &v->text) &&
               utf8_is_ascii((const char *)v->text.at, proto_len(v->text));
    case VALUE_INT:
        v->kind = ATTRIBUTE_INT;
        return plain_varint(rest, &v->bits);
    case VALUE_DOUBLE:
        v->kind = ATTRIBUTE_DOUBLE;
        if (left == 9)
            memcpy(&v->bits, rest.at, 8);
        return left == 9 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    }
    return false;
}

static void tell(struct vocabulary *words, const struct vocabulary_key *known,
                 struct proto_bytes key, const struct plain *v)
{
    struct attribute a = {.key = (const char *)key.at, .key_len = proto_len(key), .kind = v->kind};
    if (v->kind == ATTRIBUTE_TEXT) {
        a.text = (const char *)v->text.at;
        a.text_len = proto_len(v->text);
    } else {
        otlp_put_number(&a, v->kind, v->bits);
    }
    vocabulary_tell(words, known, &a);
}

/* Takes an attribute of a key seen lately and then a plain value; false, and nothing is told, for
 * any other. */
static inline bool read_plain(struct vocabulary *words, const struct vocabulary_key *seen,
                              struct proto_bytes bytes)
{
    enum { LEAST = 6 }; /* the tags and lengths, and what a value begins with */
    struct proto_bytes value;
    struct plain v = {0};
    size_t left = proto_len(bytes), len = left > LEAST ? bytes.at[1] : 0;
    if (len == 0 || len > SEEN_LENGTH || left < len + LEAST || bytes.at[0] != KEY_VALUE_KEY)
        return false;
    struct proto_bytes key = proto_bytes(bytes.at + 2, len);
    const char *name = (const char *)key.at;
    if (key.end[0] != KEY_VALUE_VALUE || !short_body(key.end + 1, bytes.end, &value))
        return false;
    const struct vocabulary_key *known = seen_find(seen, name, len, seen_place(name, len));
    if (!known || !plain_value(value, &v))
        return false;
    if (known->tells)
        tell(words, known, key, &v);
    return true;
}

const uint8_t *otlp_plain_attributes(struct vocabulary *words, const uint8_t *at,
                                     const uint8_t *end, uint32_t tag)
{
    const struct vocabulary_key *seen = vocabulary_seen(words);
    while (end - at >= 3 && *at == tag) {
        const uint8_t *body = at + 1;
        size_t len;
        if (!short_length(&body, &len) || len > (size_t)(end - body) ||
            !read_plain(words, seen, proto_bytes(body, len)))
            break;
        at = body + len;
    }
    return at;
}
