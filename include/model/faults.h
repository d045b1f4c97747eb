/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Faults of a scenario, each with its place: sorted as in the file, each once, FAULTS_MAX at most.
 * faults_init/faults_release. */
#ifndef SEAM_MODEL_FAULTS_H
#define SEAM_MODEL_FAULTS_H

#include "base/buf.h"
#include <stdbool.h>
#include <stdint.h>

struct fault {
    uint32_t line, column;
    const char *origin; /* NULL, or the --set that caused it, or the place in an included file */
    const char *text;   /* a sentence, with the nearest key where one is near */
    const char *source; /* NULL, or the text of the included file in which origin lies */
    uint32_t source_line, source_column;
};
struct faults {
    struct arena arena;
    VEC(struct fault) list; /* the first FAULTS_MAX, in the order of the file, each once */
    uint64_t dropped;       /* beyond FAULTS_MAX */
};
enum { FAULTS_MAX = 20 };
/* An empty list; the caller releases. */
void faults_init(struct faults *f);
/* Frees all texts and leaves *f zero. */
void faults_release(struct faults *f);
/* Adds a sentence at a place (lines and columns from 1), whose text and origin (NULL: the file)
 * are copied; one that would not be listed is counted as dropped. */
void faults_add(struct faults *f, uint32_t line, uint32_t column, const char *origin,
                const char *format, ...) PRINTF_LIKE(5, 6);
/* Would a fault of this place still be listed? (Before costly sentences.) */
bool faults_wants(const struct faults *f, uint32_t line, uint32_t column);

#endif
