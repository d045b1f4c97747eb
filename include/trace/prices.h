/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a model's tokens cost, as the user says: "gpt-4o = 2.50 / 10", money for a million tokens
 * read and for a million written.  `*` is any model. */
#ifndef SEAM_TRACE_PRICES_H
#define SEAM_TRACE_PRICES_H

#include "base/buf.h"
#include "base/error.h"

#include <stddef.h>

struct price {
    const char *model;
    size_t len;
    double input, output; /* of one token */
};
struct prices {
    struct price *at; /* in the arena */
    size_t n;
};

/* Reads n texts, which are borrowed; ERR_USAGE when one is no price. */
MUST_CHECK int prices_read(const char *const *texts, size_t n, struct arena *arena,
                           struct prices *out, struct error *err);
/* The price of a model of this name: its own, else the one of the longest name that it begins with
 * ("gpt-4o" of "gpt-4o-2024-08-06"), else that of `*`; NULL. */
const struct price *prices_find(const struct prices *p, const char *model, size_t len);

#endif
