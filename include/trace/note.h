/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Annotations and evaluations in the attributes of a span, as OpenInference flattens them:
 * "annotations.0.annotation.score", "trace.evaluations.2.evaluation.label", ... */
#ifndef SEAM_TRACE_NOTE_H
#define SEAM_TRACE_NOTE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum note_target { NOTE_SPAN, NOTE_TRACE, NOTE_SESSION };
struct note {
    enum note_target target;
    bool evaluation, human;
    uint32_t number;
    size_t name, name_len, label, label_len, who, who_len; /* in text; a length of 0: not told */
    double score;                                          /* NaN */
};

/* Those of one span.  Zeroed: none; notes_release. */
struct notes {
    VEC(struct note) at;
    struct buf text;
};
/* Is this the key of a part of one? */
bool note_is_key(const char *key, size_t len);
/* Takes in a part: text (of len bytes, NULL when it is none), or a number (NaN when it is none). */
void notes_add(struct notes *n, const char *key, size_t key_len, const char *text, size_t len,
               double number);
/* Forgets them all. */
void notes_clear(struct notes *n);
/* Frees them all and leaves *n zero. */
void notes_release(struct notes *n);

#endif
