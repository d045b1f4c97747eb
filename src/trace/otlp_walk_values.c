/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Most bytes of a log are attributes, and most of these tell nothing here: their values are checked
 * and passed over.  The usual spelling of a text is known by its bytes between the tokens. */
#include "trace/otlp_walk_parts.h"

#include "base/digits.h"

#include <string.h>

/* ---- values that nobody asks for --------------------------------------------------------- */

bool walk_pass_string(struct otlp_walk *w, const uint32_t *p)
{
    struct piece s;
    return walk_string_at(w, p, &s) && (!walk_has_escape(w, s) || walk_escapes_are_known(s));
}

static const uint32_t *pass_scalar(struct otlp_walk *w, const uint32_t *p)
{
    struct numeral n;
    bool fine;
    switch (w->text[*p]) {
    case '"':
        fine = walk_pass_string(w, p);
        break;
    case 't':
        fine = walk_word_at(w, p, "true");
        break;
    case 'f':
        fine = walk_word_at(w, p, "false");
        break;
    case 'n':
        fine = walk_word_at(w, p, "null");
        break;
    default:
        fine = walk_number_at(w, p, &n);
    }
    return fine ? p + 1 : NULL;
}

static const uint32_t *pass_key(struct otlp_walk *w, const uint32_t *p)
{
    return walk_pass_string(w, p) && walk_is(w, p + 1, ':') ? p + 2 : NULL;
}

const uint32_t *walk_pass_value(struct otlp_walk *w, const uint32_t *p)
{
    uint64_t maps = 0; /* a bit for each container that is open, the innermost lowest */
    unsigned depth = 0;
    for (;;) {
        bool map = walk_is(w, p, '{');
        if (map || walk_is(w, p, '[')) {
            if (depth++ == DEPTH_MAX)
                return NULL;
            maps = maps << 1 | map;
            p++;
            if (!walk_is(w, p, map ? '}' : ']')) {
                if (map && !(p = pass_key(w, p)))
                    return NULL;
                continue;
            }
        } else {
            if (!(p = pass_scalar(w, p)))
                return NULL;
        }
        while (depth && walk_is(w, p, maps & 1 ? '}' : ']')) {
            maps >>= 1;
            depth--;
            p++;
        }
        if (depth == 0)
            return p;
        if (!walk_is(w, p, ','))
            return NULL;
        p++;
        if ((maps & 1) && !(p = pass_key(w, p)))
            return NULL;
    }
}

/* ---- attributes -------------------------------------------------------------------------- */

static const uint32_t *read_string(struct otlp_walk *w, const uint32_t *p, struct attribute *a)
{
    struct piece s;
    if (!walk_string_at(w, p, &s) || !walk_text_of(w, &w->plain[0], &s))
        return NULL;
    a->kind = ATTRIBUTE_TEXT;
    a->text = s.at;
    a->text_len = s.len;
    return p + 1;
}

/* A whole number, or the digits of one in a string. */
static const uint32_t *read_int(struct otlp_walk *w, const uint32_t *p, struct attribute *a)
{
    struct piece s;
    struct numeral n = {0};
    if (walk_string_at(w, p, &s)) {
        n.negative = s.len && *s.at == '-';
        if (s.len > 18u + n.negative ||
            !digits_number(s.at + n.negative, s.len - n.negative, &n.digits))
            return NULL;
    } else if (!walk_number_at(w, p, &n) || !n.whole) {
        return NULL;
    }
    if (n.negative && n.digits == 0)
        return NULL;
    a->kind = ATTRIBUTE_INT;
    a->whole = n.negative ? -(int64_t)n.digits : (int64_t)n.digits;
    a->number = (double)a->whole;
    return p + 1;
}

static const uint32_t *read_double(struct otlp_walk *w, const uint32_t *p, struct attribute *a)
{
    struct numeral n;
    if (walk_is(w, p, '"') || !walk_number_at(w, p, &n))
        return NULL;
    a->kind = ATTRIBUTE_DOUBLE;
    a->number = walk_number_value(w, p, &n);
    return p + 1;
}

static const uint32_t *read_bool(struct otlp_walk *w, const uint32_t *p, struct attribute *a)
{
    bool flag = walk_word_at(w, p, "true");
    if (!flag && !walk_word_at(w, p, "false"))
        return NULL;
    a->kind = ATTRIBUTE_BOOL;
    a->whole = flag;
    a->number = flag;
    return p + 1;
}

/* The value behind the name of its shape; *told: it is one that attributes can have. */
static const uint32_t *read_shape(struct otlp_walk *w, const uint32_t *p, struct piece shape,
                                  struct attribute *a, bool *told)
{
    *told = true;
    if (PIECE_IS(shape, "stringValue"))
        return read_string(w, p, a);
    if (PIECE_IS(shape, "intValue"))
        return read_int(w, p, a);
    if (PIECE_IS(shape, "doubleValue"))
        return read_double(w, p, a);
    if (PIECE_IS(shape, "boolValue"))
        return read_bool(w, p, a);
    *told = false;
    if (PIECE_IS(shape, "arrayValue") || PIECE_IS(shape, "kvlistValue") ||
        PIECE_IS(shape, "bytesValue"))
        return walk_pass_value(w, p);
    return NULL;
}

/* vocabulary_key, by a look at those met lately first. */
static inline const struct vocabulary_key *known_key(struct otlp_walk *w, const char *key,
                                                     size_t len)
{
    const struct vocabulary_key *known = NULL;
    if (len && len <= SEEN_LENGTH)
        known = seen_find(w->seen, key, len, seen_place(key, len));
    if (!known)
        return vocabulary_key(w->sink->words, key, len);
    return known->tells ? known : NULL;
}

/* The value {"stringValue":"..."} of a key: {} and {"arrayValue":...} tell nothing. */
static const uint32_t *read_value(struct otlp_walk *w, const uint32_t *p, struct piece key)
{
    struct attribute a = {.key = key.at, .key_len = key.len};
    struct piece shape;
    bool told;
    if (!walk_is(w, p, '{') || walk_has_escape(w, key))
        return NULL;
    if (walk_is(w, p + 1, '}'))
        return p + 2;
    const struct vocabulary_key *known = known_key(w, key.at, key.len);
    if (!walk_string_at(w, p + 1, &shape) || !walk_is(w, p + 2, ':'))
        return NULL;
    if (walk_has_escape(w, shape))
        return NULL;
    if (!known) { /* whatever its shape */
        p = walk_is(w, p + 3, '"') ? walk_pass_string(w, p + 3) ? p + 4 : NULL
                                   : walk_pass_value(w, p + 3);
        return p && walk_is(w, p, '}') ? p + 1 : NULL;
    }
    p = read_shape(w, p + 3, shape, &a, &told);
    if (!p || !walk_is(w, p, '}'))
        return NULL;
    if (told)
        vocabulary_tell(w->sink->words, known, &a);
    return p + 1;
}

static inline bool is_key(const struct otlp_walk *w, const uint32_t *p, const char *quoted,
                          size_t len)
{
    return memcmp(w->text + *p, quoted, len) == 0 && walk_is(w, p + 1, ':');
}

#define STARTS(s, word) (memcmp(s, word, sizeof word - 1) == 0)

/* A text without escapes under a key of the usual bytes between, which hold no blanks:
 * {"key":"...","value":{"stringValue":"..."}}.  NULL for anything else, and nothing is told. */
static inline const uint32_t *read_plain_text(struct otlp_walk *w, const uint32_t *p)
{
    enum { TOKENS = 13, KEY_AT = 8, TEXT_AT = 25 };
    if (w->last - p < TOKENS || !STARTS(w->text + p[0], "{\"key\":\""))
        return NULL;
    const char *key = w->text + p[0] + KEY_AT, *comma = w->text + p[4];
    if (!STARTS(comma - 1, "\",\"value\":{\"stringValue\":\""))
        return NULL;
    const char *text = comma + TEXT_AT, *end = w->text + p[11];
    if (!STARTS(end - 1, "\"}}") || walk_has_escape(w, (struct piece){key, (size_t)(end - key)}))
        return NULL;
    size_t key_len = (size_t)(comma - 1 - key);
    const struct vocabulary_key *known = known_key(w, key, key_len);
    if (known) {
        struct attribute a = {.key = key,
                              .key_len = key_len,
                              .kind = ATTRIBUTE_TEXT,
                              .text = text,
                              .text_len = (size_t)(end - 1 - text)};
        vocabulary_tell(w->sink->words, known, &a);
    }
    return p + TOKENS;
}

/* {"key":"...","value":{...}} */
static const uint32_t *read_attribute(struct otlp_walk *w, const uint32_t *p)
{
    struct piece key;
    const uint32_t *next = read_plain_text(w, p);
    if (next)
        return next;
    if (!walk_is(w, p, '{') || !is_key(w, p + 1, "\"key\"", 5) || !walk_string_at(w, p + 3, &key) ||
        !walk_is(w, p + 4, ',') || !is_key(w, p + 5, "\"value\"", 7))
        return NULL;
    p = read_value(w, p + 7, key);
    return p && walk_is(w, p, '}') ? p + 1 : NULL;
}

const uint32_t *walk_attributes(struct otlp_walk *w, const uint32_t *p)
{
    if (!walk_is(w, p, '['))
        return NULL;
    if (walk_is(w, p + 1, ']'))
        return p + 2;
    do {
        if (!(p = read_attribute(w, p + 1)))
            return NULL;
    } while (walk_is(w, p, ','));
    return walk_is(w, p, ']') ? p + 1 : NULL;
}
