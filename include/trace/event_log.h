/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What event logs of process mining have in common, whatever their file format: what columns and
 * attributes are called, and `start` events that wait for the event that ends them. */
#ifndef SEAM_TRACE_EVENT_LOG_H
#define SEAM_TRACE_EVENT_LOG_H

#include "base/intern.h"

#include <stdbool.h>
#include <stdint.h>

/* Names in lists that NULL ends; they are told in either case. */
extern const char *const event_start_names[], *const event_end_names[],
                                                  *const event_lifecycle_names[];
/* Is `key` in the list? */
bool event_is_called(const char *key, const char *const *names);

/* What a lifecycle transition says of the activity (IEEE 1849-2016, the standard and the BPAF
 * model); EVENT_OTHER for the rest, such as schedule, suspend and states of one's own. */
enum event_transition { EVENT_OTHER, EVENT_START, EVENT_COMPLETE, EVENT_ABORT };
/* The transition of this name, in either case. */
enum event_transition event_transition_of(const char *text);

/* Starts by key, taken first in, first out.  Zeroed but for event_waits_init; event_waits_release.
 */
struct event_waits {
    struct intern keys;
    VEC(uint32_t) first; /* by key: 1 + the event that waits longest; 0: none */
    VEC(uint32_t) last;
    VEC(uint32_t) next; /* by event: 1 + the next of its key; 0: none */
    VEC(bool) waits;    /* by event */
};
/* An empty one. */
void event_waits_init(struct event_waits *w);
/* Frees all and leaves *w zero. */
void event_waits_release(struct event_waits *w);
/* Forgets all events and keys. */
void event_waits_clear(struct event_waits *w);
/* The event of this number waits under a key of two texts. */
void event_waits_add(struct event_waits *w, const char *item, const char *activity, uint32_t event);
/* Takes the event that waits longest under the key; UINT32_MAX when none does. */
uint32_t event_waits_take(struct event_waits *w, const char *item, const char *activity);
/* Numbers the events that wait anew, in their order, and forgets the others with their keys:
 * new_of[old number], UINT32_MAX for those; [waits.len]. */
void event_waits_pack(struct event_waits *w, uint32_t *new_of);
/* Does the event of this number still wait? */
bool event_waits_has(const struct event_waits *w, uint32_t event);

#endif
