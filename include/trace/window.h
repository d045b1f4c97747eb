/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of the spans that are held are of traces that are over, and in which portions they go. */
#ifndef SEAM_TRACE_WINDOW_H
#define SEAM_TRACE_WINDOW_H

#include "model/span.h"

/* Traces that were counted, by a hash of their ids: the last CLOSED_MAX of them at least.  Zeroed;
 * closed_release. */
enum { CLOSED_MAX = 1 << 19 };
struct closed {
    uint64_t *slot[2]; /* [2 * CLOSED_MAX] the latest, and those before; 0: free */
    uint32_t n;        /* in the latest */
};
/* A number that the id of a trace, or another text, alone tells; uniform, never 0. */
uint64_t closed_hash(const char *text);
/* Remembers a trace by its id. */
void closed_add(struct closed *c, const char *trace);
/* Is it among those that are remembered? */
bool closed_has(const struct closed *c, const char *trace);
/* Frees the tables and leaves *c zero. */
void closed_release(struct closed *c);

struct window_rules {
    size_t came;      /* spans at the front whose places tell when they came; 0: all */
    size_t stretch;   /* spans at the end of the set without one of its own that end a trace */
    size_t portion;   /* spans in a portion, but for what must go together */
    size_t keep;      /* when more spans would stay, items that wait for a person go too */
    bool all;         /* everything goes */
    const bool *open; /* [texts] traces of which spans will still come; NULL: none */
};

enum { WINDOW_STAYS = 0, WINDOW_LATE = UINT32_MAX };
struct window {
    uint32_t *portion; /* [spans] from 1 on; WINDOW_STAYS, WINDOW_LATE: of a trace in `closed` */
    uint32_t portions;
    uint64_t traces, waiting; /* that go; of these while they waited for a person */
};
/* Parts the spans of a set, and adds the traces that go to `closed`.  window_release. */
void window_part(const struct span_set *s, const struct window_rules *rules, struct closed *closed,
                 struct window *out);
/* Frees the portions and leaves *w zero. */
void window_release(struct window *w);

#endif
