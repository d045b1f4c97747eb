/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The language model taught by a canon: its text, its names, and how to answer a slot from the
 * passages at hand.
 *
 * What it is taught is the canon as it stood some episodes ago: of what came later it knows
 * what retrieval hands to it.  The same canon and key teach the same weights. */
#ifndef SEAM_EXEC_WRITER_H
#define SEAM_EXEC_WRITER_H

#include "base/json_read.h"
#include "exec/canon.h"
#include "exec/language.h"

struct writer_options {
    uint32_t episodes; /* taught up to this one; 0: four fifths of the canon's */
    uint32_t rounds;   /* over the facts that are known then; 0: WRITER_ROUNDS */
    bool untaught;     /* no rounds: the weights will be loaded */
    uint64_t key;
};
enum { WRITER_ROUNDS = 5, WRITER_PASSAGES = 12 };

/* options may be NULL.  The canon is borrowed; language_free. */
struct language *writer_new(const struct canon *c, const struct writer_options *options);
/* A passage as retrieval hands it over, for a brief of that episode: its age is read off the text,
 * "episode 4" among its first words. */
struct passage writer_passage(const char *text, size_t len, double score, uint32_t episode);
enum { WRITER_PASSAGES_MAX = 64 };
/* Reads the context of a payload, a list of {"text", "score"}, for a brief of that episode: its
 * first WRITER_PASSAGES_MAX passages. */
void writer_read(const struct language *l, struct json context, uint32_t episode,
                 struct reading *out);
/* The slot of a subject of the canon and an attribute, which is borrowed. */
struct language_slot writer_slot(const struct canon *c, uint32_t subject, const char *attribute);

#endif
