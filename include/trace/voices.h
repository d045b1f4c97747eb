/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who said what of a span, as one text: a line `who TAB what` each, in the order in which it was
 * said; `what` is empty where the span's decision tells. */
#ifndef SEAM_TRACE_VOICES_H
#define SEAM_TRACE_VOICES_H

#include "model/span.h"

#include <stdbool.h>
#include <stddef.h>

/* The text of one voice; blanks take the place of tabs and newlines.  SPAN_NONE where nobody is
 * named. */
uint32_t voices_put(struct span_set *set, const char *who, size_t who_len, const char *what,
                    size_t what_len);
/* All voices of a and then those of b that are not among them; either may be SPAN_NONE. */
uint32_t voices_join(struct span_set *set, uint32_t a, uint32_t b);

/* One voice; borrowed from the text. */
struct voice {
    const char *who, *what;
    size_t who_len, what_len;
};
/* The voice at *at, which moves on behind it; false: there is none. */
bool voices_next(const char **at, struct voice *out);

#endif
