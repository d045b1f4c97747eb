/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of the language model share: the model, passages as they were read, and how a
 * place is weighed (language_copy.c).  For language*.c alone. */
#ifndef SEAM_EXEC_LANGUAGE_PARTS_H
#define SEAM_EXEC_LANGUAGE_PARTS_H

#include "base/intern.h"
#include "exec/language.h"
#include "math/ngram.h"

enum { NAME_TOKENS = 6, SLOT_TOKENS = 24 };
struct name {
    uint32_t entity, kind, n;
    uint64_t hash[NAME_TOKENS];
};

/* Where a weight stands: dense ones of each stage, those of the sentinel, hashed ones of words. */
enum copy_stage { COPY_START, COPY_ON, COPY_END, COPY_PLAIN, COPY_STAGES };
enum {
    DENSE = 32,
    SENTINEL = COPY_STAGES * DENSE,
    SENTINEL_DENSE = 8,
    LEXICAL = SENTINEL + COPY_STAGES * SENTINEL_DENSE,
    LEXICAL_WEIGHTS = 1 << 13,
    WEIGHTS = LEXICAL + LEXICAL_WEIGHTS
};

struct language {
    struct intern words; /* ids as they are; the first three stand for begin, end, unknown */
    struct ngram *grams;
    VEC(struct name) names; /* by their first hash once built */
    uint32_t n_entities;
    double weight[WEIGHTS], square[WEIGHTS]; /* sums of squared slopes */
    double slope[WEIGHTS];                   /* of the step that is taken */
};

struct place {      /* a token of a passage */
    uint64_t hash;  /* of its text in small letters */
    uint32_t token; /* of the vocabulary, or behind it */
    uint32_t passage, sentence;
    int32_t mention; /* entity whose name covers it, LANGUAGE_NONE */
    /* by kind: the entity last named up to here in the passage, LANGUAGE_NONE; tokens since */
    int32_t near[LANGUAGE_KINDS];
    uint32_t since[LANGUAGE_KINDS];
    bool asked;    /* a word of the slot's attribute */
    uint8_t shape; /* enum shape */
};
enum shape { SHAPE_SMALL, SHAPE_CAPITAL, SHAPE_NUMBER, SHAPE_JOINED, SHAPE_MARK, SHAPES };
struct read_passage {
    double score, age;
    uint32_t first, upto; /* its places */
    int32_t about;        /* the entity that it names first */
    bool names;           /* does it name the slot's entity? */
};
struct read_sentence {
    uint32_t first, upto;
    bool names, names_other, asked; /* the slot's entity, another, the attribute */
};

struct candidate {
    double z, share;
    uint32_t place, token, match;
    enum copy_stage stage;
};
struct reading {
    struct intern own; /* words that are not in the vocabulary */
    VEC(struct place) place;
    VEC(struct read_passage) passage;
    VEC(struct read_sentence) sentence;

    bool plain; /* no slot */
    bool alone; /* the sentinel is left out, while pointing is taught */
    struct language_slot slot;
    uint64_t attribute; /* hash of its words */
    uint64_t word[NAME_TOKENS];
    uint32_t n_words, prompt[SLOT_TOKENS], n_prompt;
    double newest;     /* age of the newest passage that names the entity; NaN */
    double newest_fit; /* the same of those that say what fits there; HUGE_VAL */
    bool named;        /* does any? */

    VEC(struct candidate) candidate;
    double sentinel_z, sentinel; /* its logit and share */
    double *p, *grams;           /* laws by token */
    size_t n_p, n_grams, room;
};

/* --- language_text.c */
/* Orders the names for reading. */
void names_sort(struct language *l);

/* --- language_copy.c: weighs where to copy from */
/* Finds the candidates after n tokens of the value (or of the text), with their logits and shares,
 * and those of the sentinel. */
void copy_weigh(const struct language *l, struct reading *r, const uint32_t *written, size_t n);
/* The n-grams' probability of a token as copy_weigh found them: what they leave to the unknown is
 * shared among it and the passages' own words. */
double copy_frequent(const struct reading *r, uint32_t token);
/* Adds to slope the derivatives by the weights of the logarithm of the probability of `next` after
 * n tokens, as copy_weigh left it: (share after seeing it - share before) times the features. */
void copy_slope(const struct reading *r, size_t n, uint32_t next, double *slope);

#endif
