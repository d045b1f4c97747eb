/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attributes whose key tells nothing: which there are, and where each was seen first; and what the
 * options name that is nowhere. */
#ifndef SEAM_TRACE_UNKNOWN_H
#define SEAM_TRACE_UNKNOWN_H

#include "trace/log.h"

struct unknown_place {
    uint32_t file;
    uint64_t line;
};
/* Zeroed: none; unknown_release. */
struct unknown {
    struct intern keys; /* numbers in them are N */
    VEC(struct unknown_place) at;
    uint32_t handed;   /* those before were handed on */
    struct intern met; /* keys that tell something, and names of scores; numbers in them are N */
    uint32_t met_handed;
};
enum { UNKNOWN_MAX = 10000 }; /* further ones are not told apart, and not counted */

/* A key of len bytes, seen in this place. */
void unknown_note(struct unknown *u, const char *key, size_t len, uint32_t file, uint64_t line);
/* A key or name of len bytes that is there, and tells something. */
void unknown_met(struct unknown *u, const char *key, size_t len);
/* Hands on what `from` has noted since it did so last; its lines count from `lines` more. */
void unknown_hand_on(struct unknown *from, struct unknown *to, uint64_t lines);
/* Counts them in the log's quality, with the first ones' names. */
void unknown_count(const struct unknown *u, struct trace_log *log);
/* `name` (len bytes), which `option` gives, goes to log->missing unless it was met. */
void unknown_missing(const struct unknown *u, const char *option, const char *name, size_t len,
                     struct trace_log *log);
/* Frees what it holds, and leaves it empty. */
void unknown_release(struct unknown *u);

#endif
