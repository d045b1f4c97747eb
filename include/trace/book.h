/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the names of spans say, over all batches of a log: which step a name is, at which level
 * below a root of a name the steps lie, and whether spans of a name follow their parents.  What is
 * decided of a name once stays, and what later batches say is kept to compare. */
#ifndef SEAM_TRACE_BOOK_H
#define SEAM_TRACE_BOOK_H

#include "base/intern.h"

#include <stdbool.h>
#include <stdint.h>

enum { BOOK_LEVELS = 16, BOOK_NAMES_MAX = 65536 };

struct book_name {
    uint64_t level[BOOK_LEVELS]; /* traces of this root's name that branch there */
    uint64_t all, followers;
    unsigned decided_level; /* 0: none yet */
    bool decided_follows, follows, other_level, other_follows;
};

struct log_book {
    struct intern raw, ids;        /* names of steps as written, and clean ones */
    VEC(uint32_t) stage_of, twins; /* by raw name; by stage: names that it is the clean form of */
    struct intern names;           /* of spans */
    VEC(struct book_name) name;
};

/* An empty one; book_release it. */
void book_init(struct log_book *b);
/* Frees all and leaves *b zero. */
void book_release(struct log_book *b);
/* What is known of a span's name, good until the next call; NULL when there is room for no more. */
struct book_name *book_name(struct log_book *b, const char *name);
/* Is some name read otherwise than all batches together say? */
bool book_disagrees(const struct log_book *b);

#endif
