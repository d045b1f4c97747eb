/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flow of a log as a structure: places in order, parallels with their branches, and the moves
 * of items from place to place.
 *
 *     struct structure s;
 *     structure_find(&log, &s);
 *     if (s.why.len == 0) ... s.place, s.move ...
 *     structure_release(&s);
 *
 * Places are numbered as the steps of a pipeline are: a parallel before the steps of its branches,
 * branch after branch. */
#ifndef SEAM_TRACE_STRUCTURE_H
#define SEAM_TRACE_STRUCTURE_H

#include "trace/log.h"

struct structure_place {
    int32_t stage;      /* of the log; -1: a parallel */
    uint32_t parent;    /* 1 + place of the parallel that it is in; 0: none */
    uint32_t branch;    /* of that parallel */
    uint32_t end;       /* a parallel: the place after its last branch */
    uint32_t branches;  /* a parallel */
    uint32_t copies;    /* a parallel of one branch: the most of it at once; else 1 */
    uint32_t needed;    /* a parallel: branches that must end before items go on */
    bool any_end;       /* with fewer than all: those that failed count among these */
    uint64_t instances; /* a parallel: times that items went through it */
    uint32_t entry;     /* a parallel: the entry of its first branch */
};

enum structure_exit { EXIT_OF_PASS, EXIT_OF_FAILURE, EXIT_OF_REJECTION, STRUCTURE_EXITS };

/* From a place, or from entry e of a branch as -1 - e; entry 0 is the start of an item.  To a place
 * or TO_*, TO_JOIN at the end of a branch.  Moves of one scope follow one another in time: an item,
 * or one pass of it through a branch. */
struct structure_move {
    int32_t from, to;
    uint32_t scope, item;
    enum structure_exit exit;
    double confidence; /* the last one that the item, or its pass, was given before; NaN: none */
    int32_t scorer;    /* stage that gave it; -1 */
};

/* A visit in a branch that was not waited for: it went on, or was cut off when its parallel was
 * over.
 */
enum structure_late { IN_TIME, LATE_ON, LATE_CUT };

struct structure {
    VEC(struct structure_place) place;
    VEC(struct structure_move) move;
    int32_t *place_of;  /* [stages]; -1 where no item came */
    uint8_t *late;      /* [visits] enum structure_late */
    uint32_t n_entries; /* of branches, and the start */
    uint64_t dropped;   /* visits after the last rejection, which are in no move */
    struct buf why;     /* empty, or why the log shows no structured flow */
};

/* Finds it; with s->why not empty the rest of *s is not to be used.  The caller releases. */
void structure_find(const struct trace_log *log, struct structure *s);
/* Frees all and zeroes *s. */
void structure_release(struct structure *s);

/* The second half of structure_find, for its files alone: places are known, moves are not. */
void structure_moves(const struct trace_log *log, struct structure *s);

#endif
