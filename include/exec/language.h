/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small language model: what token comes next, given what was written and the passages at hand.
 *
 * A softmax over the places of the passages that could be copied from and one sentinel, whose
 * share goes to n-grams of the text that the model was trained on.  So it writes what the passages
 * say where they say it, and what is frequent where they do not.
 *
 * It answers slots: "Mara Venn: coat is" ... "dark green".  A subject is an entity with names, by
 * which it is known in passages; an attribute is a word or some.
 *
 * Life: language_new; language_name, language_text and language_fact for all that it is to know;
 * language_build; language_step for each example; then it is only asked, from any thread.
 * language_free. */
#ifndef SEAM_EXEC_LANGUAGE_H
#define SEAM_EXEC_LANGUAGE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/json_read.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LANGUAGE_NONE = -1, LANGUAGE_VALUE_MAX = 8, LANGUAGE_UNKNOWN = 2, LANGUAGE_KINDS = 4 };

struct language;
/* An empty model, which the caller frees. */
struct language *language_new(void);
/* NULL is fine. */
void language_free(struct language *l);
/* A name of entity number `entity`, as it stands in texts.  Entities of one kind, below
 * LANGUAGE_KINDS, are those that a pronoun could confuse: people, places, things. */
void language_name(struct language *l, uint32_t entity, uint32_t kind, const char *name);
/* Text to be trained on, in sentences. */
void language_text(struct language *l, const char *text, size_t len);
/* A fact to be trained on, as a slot and its value. */
void language_fact(struct language *l, const char *subject, const char *attribute,
                   const char *value);
/* The n-grams of all that was given.  The weights of copying are kept. */
void language_build(struct language *l);

struct passage {
    const char *text;
    size_t len;
    double score; /* how well it fits; the best first */
    double age;   /* episodes before the one that is written; below 0: after it; NaN: timeless */
};
struct language_slot {
    uint32_t entity, kind;
    const char *subject, *attribute; /* in words */
};
/* Passages read once for several slots: a workspace for one thread. */
struct reading;
/* An empty one, that language_read fills; reading_free. */
struct reading *reading_new(void);
/* NULL is fine. */
void reading_free(struct reading *r);
/* Reads n passages; what was read before is forgotten.  Texts are copied. */
void language_read(const struct language *l, const struct passage *passage, size_t n,
                   struct reading *r);
/* How many tokens were read. */
size_t reading_tokens(const struct reading *r);
/* Turns to a slot, before anything is written for it; NULL: to plain text. */
void language_turn(const struct language *l, struct reading *r, const struct language_slot *slot);
/* The tokens of a text, for this reading: at most `most`; returns how many. */
size_t language_encode(const struct language *l, const struct reading *r, const char *text,
                       uint32_t *token, size_t most);
/* The text of n tokens, appended. */
void language_decode(const struct language *l, const struct reading *r, const uint32_t *token,
                     size_t n, struct buf *out);

/* What comes after n tokens: (*p)[*n_p], which add up to 1, by token; borrowed until the reading's
 * next use. */
void language_law(const struct language *l, struct reading *r, const uint32_t *written, size_t n,
                  const double **p, size_t *n_p);
/* Natural logarithm of the probability that `next` comes after them. */
double language_log_p(const struct language *l, struct reading *r, const uint32_t *written,
                      size_t n, uint32_t next);

/* A value for the slot that the reading was turned to. */
struct language_value {
    uint32_t token[LANGUAGE_VALUE_MAX];
    size_t n;
    bool ended;    /* by itself; false: cut at LANGUAGE_VALUE_MAX */
    double log_p;  /* of all its tokens and its end, at temperature 1 */
    double copied; /* mean share of copying in them */
};
/* temperature >= 0 (0: the most probable token each time); top: of what the temperature made of the
 * law, the most probable tokens that hold this share, in (0, 1]. */
struct language_drawing {
    double temperature, top;
};
/* Draws a value by the stream of the key. */
void language_draw(const struct language *l, struct reading *r, const struct language_drawing *how,
                   uint64_t key, struct language_value *out);

/* One step of online learning towards the right value of the slot that the reading was turned to;
 * returns its log-probability before the step.  In plain text: towards the text. */
double language_step(struct language *l, struct reading *r, const char *right);
/* A step that teaches where to copy from alone, as if nothing were known by heart: a model that
 * begins with what is frequent never learns to look.  -INFINITY where the value is in no passage.
 */
double language_point(struct language *l, struct reading *r, const char *right);
/* The same without learning: the slope of that log-probability by each weight is added to
 * slope[language_weights()]. */
double language_slope(const struct language *l, struct reading *r, const char *right,
                      double *slope);
/* How many weights a model has. */
size_t language_weights(void);
/* The weights [language_weights()]; borrowed. */
double *language_weight(struct language *l);

/* The weights as JSON, appended, and read back: ERR_INPUT when they are those of another model. */
void language_save(const struct language *l, struct buf *out);
MUST_CHECK int language_load(struct language *l, struct json saved, struct error *err);

#endif
