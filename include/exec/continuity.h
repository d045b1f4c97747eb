/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Does a shot contradict the rules of the series, or the shots that came before? */
#ifndef SEAM_EXEC_CONTINUITY_H
#define SEAM_EXEC_CONTINUITY_H

#include "base/json_read.h"
#include "exec/canon.h"

struct problems {
    char **at; /* sentences; owned */
    size_t len, cap;
};
/* Appends what is wrong with the map `shot` ("subject.attribute" to value) in the episode: slots
 * that nobody knows, rules that are broken, and values that differ from those in the latest shot
 * which shows the slot.  Memos and sheets are not looked at, nor what no shot has shown. */
void continuity_find(const struct canon *c, struct json shot, uint32_t episode,
                     struct problems *out);
/* Frees the list and its sentences. */
void problems_release(struct problems *p);

#endif
