/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The elements of one long list in a JSON document, found by brackets while its text comes in. */
#ifndef SEAM_TRACE_ELEMENTS_H
#define SEAM_TRACE_ELEMENTS_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes up to the first element when the document is a list, or a map whose first member is a list
 * under one of n keys; 0 for any other.  *key: that one, -1 for a bare list. */
size_t elements_begin(const char *text, size_t len, const char *const *keys, size_t n, int *key);

/* Zeroed but for `at`, where it begins. */
struct elements {
    size_t at;    /* what lies before has been looked at */
    size_t begin; /* of the element at hand, if `within` */
    size_t depth;
    bool within, text, escaped;
};
enum elements_found { ELEMENTS_ONE, ELEMENTS_MORE, ELEMENTS_END };
/* The next element, text[*begin ... *end); ELEMENTS_MORE: it is not whole yet; ELEMENTS_END: the
 * list ends at *end, behind its bracket.  The text may have grown since the last call. */
enum elements_found elements_next(struct elements *e, const char *text, size_t len, size_t *begin,
                                  size_t *end);
/* The first n bytes of the text, all looked at, have gone. */
void elements_drop(struct elements *e, size_t n);

#endif
