/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tokens of a walk (otlp_walk.h) and the scalars they are: strings, numbers, words.
 *
 * Places p point into the index of tokens, which ends with the place behind the text. */
#ifndef SEAM_TRACE_OTLP_WALK_PARTS_H
#define SEAM_TRACE_OTLP_WALK_PARTS_H

#include "base/buf.h"
#include "trace/otlp_walk.h"
#include "trace/vocabulary_keys.h"
#include <string.h>

enum { DEPTH_MAX = 64, TRACES_KEPT = 64, TRACE_HEX = 32, SPAN_HEX = 16 };

/* The ids of traces met lately: spans of a trace mostly stand near each other. */
struct known_trace {
    char hex[TRACE_HEX];
    uint32_t text;
};

struct otlp_walk {
    struct sink *sink;
    struct json_index *index;
    const struct vocabulary_key *seen; /* the vocabulary's */
    const char *text;
    const uint32_t *at, *last;    /* the next token; behind them all */
    const char *scanned, *escape; /* no backslash between them */
    const char *line_end;
    struct known_trace traces[TRACES_KEPT];
    struct buf plain[2]; /* texts without their escapes: of an attribute, of a name or message */
};

/* Bytes of a string between its quotes. */
struct piece {
    const char *at;
    size_t len;
};

/* Is the piece this word? */
#define PIECE_IS(piece, word)                                                                      \
    ((piece).len == sizeof word - 1 && !memcmp((piece).at, word, sizeof word - 1))

/* Does the token at p begin with c? */
static inline bool walk_is(const struct otlp_walk *w, const uint32_t *p, char c)
{
    return w->text[*p] == c;
}

/* Blanks of RFC 8259. */
static inline bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The end of the scalar at p: the next token, without the blanks before it. */
static inline const char *walk_end_of(const struct otlp_walk *w, const uint32_t *p)
{
    const char *end = w->text + p[1];
    while (is_space(end[-1]))
        end--;
    return end;
}

/* The bytes between the quotes of the string at p; false for another token. */
static inline bool walk_string_at(const struct otlp_walk *w, const uint32_t *p, struct piece *out)
{
    const char *begin = w->text + *p;
    if (*begin != '"')
        return false;
    const char *end = walk_end_of(w, p) - 1;
    out->at = begin + 1;
    out->len = (size_t)(end - begin - 1);
    return end > begin && *end == '"';
}

/* Looks for the next backslash from s on; is it before `end`? */
bool walk_has_escape_behind(struct otlp_walk *w, const char *s, const char *end);
/* Is there a backslash?  One search serves all strings up to the next one in the line. */
static inline bool walk_has_escape(struct otlp_walk *w, struct piece s)
{
    const char *end = s.at + s.len;
    if (s.at >= w->scanned && end <= w->escape)
        return false;
    return walk_has_escape_behind(w, s.at, end);
}

/* Are all escapes of the string those of RFC 8259, and no halves of surrogate pairs? */
bool walk_escapes_are_known(struct piece s);
/* Makes *s the text that a string stands for, in `room` where it has escapes; false for escapes
 * that are not known. */
bool walk_text_of(struct otlp_walk *w, struct buf *room, struct piece *s);

/* A number by its digits: (whole ? digits : digits / 10^places), as long as both are exact. */
struct numeral {
    uint64_t digits;
    unsigned places;
    bool negative, whole;
    bool by_text; /* too long for that, or with an exponent: value is what strtod makes of it */
    double value;
};
/* The number token at p; false also for integers of more than 18 digits and for -0. */
bool walk_number_at(const struct otlp_walk *w, const uint32_t *p, struct numeral *n);
/* The nearest double to the numeral of the token at p. */
double walk_number_value(const struct otlp_walk *w, const uint32_t *p, const struct numeral *n);
/* Is the token at p this word, such as "true"? */
bool walk_word_at(const struct otlp_walk *w, const uint32_t *p, const char *word);

/* otlp_walk_values.c: is the token at p a string, and well formed? */
bool walk_pass_string(struct otlp_walk *w, const uint32_t *p);
/* Passes over any value. */
const uint32_t *walk_pass_value(struct otlp_walk *w, const uint32_t *p);
/* Tells the vocabulary a list of attributes. */
const uint32_t *walk_attributes(struct otlp_walk *w, const uint32_t *p);

#endif
