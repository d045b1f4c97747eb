/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PATH=FROM:TO:N, as --sweep and --vary take it. */
#ifndef SEAM_CLI_RANGE_H
#define SEAM_CLI_RANGE_H

#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

struct range {
    char path[256];
    double from, to; /* inside units */
    uint64_t n;      /* 0: not said */
    bool duration;   /* from and to are seconds */
    bool whole;      /* both are written as whole numbers */
};

enum { RANGE_POINTS_MAX = 10000 };

/* Reads one range of the option called `option`; N may be left out where it is `optional`.
 * ERR_USAGE says what is wrong with it. */
MUST_CHECK int range_parse(const char *option, const char *text, bool optional, struct range *out,
                           struct error *err);

#endif
