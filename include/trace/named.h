/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attributes that the user names: "attribute" or "attribute:/json/pointer", and a condition on one,
 * "ATTR = VALUE" (also != < > contains). */
#ifndef SEAM_TRACE_NAMED_H
#define SEAM_TRACE_NAMED_H

#include "base/buf.h"
#include "base/error.h"

#include <stddef.h>

struct named_path {
    const char *key; /* NULL: none */
    size_t len;
    const char *pointer; /* NULL: the value itself */
};

enum named_compare { NAMED_EQUAL, NAMED_DIFFERS, NAMED_BELOW, NAMED_ABOVE, NAMED_CONTAINS };
struct named_condition {
    struct named_path path;
    enum named_compare compare;
    const char *value;
};

/* The path that an option (borrowed; NULL: none) gives. */
struct named_path named_path_of(const char *option);
/* The condition; its texts are the option's or in the arena.  ERR_USAGE when it is none. */
MUST_CHECK int named_condition_read(const char *option, struct arena *arena,
                                    struct named_condition *out, struct error *err);

#endif
