/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the bytes that something outside answered to struct stage_answer, by these keys of `exec`
 * that all kinds share:
 *
 *     expects: {shot: object, score: number}   members that must be there, of these types; a name
 *                                              that begins with / is a JSON pointer
 *     output: draft              the whole answer, of any type, becomes this one member
 *     text: true                 the answer is not JSON but UTF-8 text: it becomes a string
 *     confidence: /score         a number in [0, 1] (null: none); else the member `confidence`,
 *                                where it is a number
 *     verdict: /decision         of checks and reviews, else the member `verdict`: true, pass,
 *                                approve, accept; false, fail, reject; edit
 *     cost: /usage/cost          a number from 0
 *     who: /model, says: /reason texts
 *
 * An answer is a JSON object (without `output`), UTF-8, nested to ANSWER_DEPTH_MAX at most.  What
 * is not as it should be is OUTCOME_MALFORMED with a sentence that says what was there.  An answer
 * that is nothing but {"error": "..."} is OUTCOME_ERROR. */
#ifndef SEAM_EXEC_ANSWER_H
#define SEAM_EXEC_ANSWER_H

#include "exec/stage.h"

enum { ANSWER_DEPTH_MAX = 48 };

struct answer_rules;
/* Reads the keys above; a fault at the place of `exec` where one is not as it should be.  The
 * caller frees *out. */
MUST_CHECK int answer_rules_new(const struct stage_setting *s, struct answer_rules **out,
                                struct error *err);
/* NULL is fine. */
void answer_rules_free(struct answer_rules *r);
/* Is this key of `exec` there: `output`, `confidence`? */
bool answer_has_output(const struct answer_rules *r);
/* Does `exec` say where the confidence is? */
bool answer_has_confidence(const struct answer_rules *r);
/* Fills an initialised answer; from any thread. */
void answer_read(const struct answer_rules *r, const char *bytes, size_t len,
                 struct stage_answer *a);
/* The same for a text, as with `text: true`. */
void answer_read_text(const struct answer_rules *r, const char *text, size_t len,
                      struct stage_answer *a);

/* Readers of JSON that threads take and give back. */
struct json_readers;
/* An empty pool; the caller frees it when all readers are back. */
struct json_readers *json_readers_new(void);
/* Frees the pool with its readers; NULL is fine. */
void json_readers_free(struct json_readers *p);
/* A reader for the calling thread alone, a new one where none is free. */
struct json_reader *json_readers_take(struct json_readers *p);
/* Gives it back; its document is gone. */
void json_readers_give(struct json_readers *p, struct json_reader *r);

#endif
