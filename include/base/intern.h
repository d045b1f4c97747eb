/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Interned strings: equal text, equal id; ids count from 0 in order of first sight.  The texts live
 * in the table.  A NUL byte inside a text ends it.  intern_init/intern_release. */
#ifndef SEAM_BASE_INTERN_H
#define SEAM_BASE_INTERN_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum { INTERN_RECENT = 64 };
struct interned {
    const char *at; /* NUL-terminated */
    uint32_t len, hash;
};
struct intern_slot {
    uint32_t id; /* + 1; 0: free */
    uint32_t hash;
};
struct intern {
    struct arena arena;
    struct interned *of; /* [count] by id */
    struct intern_slot *slot;
    uint64_t seed; /* of the hashes; 0: not chosen yet */
    uint32_t count, slots;
    uint32_t recent[INTERN_RECENT]; /* id + 1, the latest of those that end alike; 0: none */
};

/* Makes the table empty; takes no memory. */
void intern_init(struct intern *t);
/* An empty table whose texts intern_merge takes into `like` without hashing them again. */
void intern_init_like(struct intern *t, struct intern *like);
/* Frees the table with its texts and leaves it empty. */
void intern_release(struct intern *t);
/* Forgets the texts; the places for them stay. */
void intern_clear(struct intern *t);
/* The id of a text of `len` bytes, which is copied in when it is new. */
uint32_t intern_put(struct intern *t, const char *s, size_t len);
/* UINT32_MAX when absent. */
uint32_t intern_find(const struct intern *t, const char *s, size_t len);
/* Puts all texts of `from` in the order of their ids; ids[from->count] are theirs in t. */
void intern_merge(struct intern *t, const struct intern *from, uint32_t *ids);
/* The same of those alone that are used[id]; UINT32_MAX for the others. */
void intern_merge_used(struct intern *t, const struct intern *from, const bool *used,
                       uint32_t *ids);

#endif
