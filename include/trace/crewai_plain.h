/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events of CrewAI before 1.9, which have no ids: what begins and ends is told by its place in the
 * log alone. */
#ifndef SEAM_TRACE_CREWAI_PLAIN_H
#define SEAM_TRACE_CREWAI_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crewai_plain;
/* With nothing open; crewai_plain_free. */
struct crewai_plain *crewai_plain_new(void);
/* NULL is fine. */
void crewai_plain_free(struct crewai_plain *p);
/* The ids of an event: its own, that of the start which it ends, and that of what it is in; ""
 * where there is none. */
struct crewai_ids {
    char own[32], started[32], parent[32];
};
/* Of the next event of a file: `stem` is its type without "_started", `name` what begins or
 * ends. */
void crewai_plain_next(struct crewai_plain *p, uint32_t file, const char *stem, const char *name,
                       size_t name_len, bool begins, struct crewai_ids *out);

#endif
