/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a brief asks: its clauses, and what the canon knows of the words in each. */
#ifndef SEAM_EXEC_QUESTION_H
#define SEAM_EXEC_QUESTION_H

#include "exec/canon.h"

enum { QUESTIONS = 16 };
struct questions {
    size_t n;
    struct question {
        uint32_t subject, attribute; /* CANON_NONE: not known */
        struct buf words, name;      /* to search with; name: empty or the subject's in full */
    } of[QUESTIONS];                 /* one for each clause that asks */
};
/* Fills *q, which was zeroed or used before.  A clause asks when it has a name, an alias or a word
 * of an attribute in it; where both a subject and an attribute are known it is asked by the full
 * name and all words of the attribute, else as it is written.  A text in which nothing is known is
 * one question. */
void questions_read(const struct canon *c, const char *text, size_t len, struct questions *q);
/* Frees the lists. */
void questions_release(struct questions *q);

/* What a text seems to tell: the attribute of a word, of the name that stands before it. */
struct told {
    uint32_t subject, attribute;
};
/* Fills told[most], each pair once; returns how many.  A name counts for attributes that subjects
 * of its kind have; without one before the word, the first behind it. */
size_t questions_told(const struct canon *c, const char *text, size_t len, struct told *told,
                      size_t most);

#endif
