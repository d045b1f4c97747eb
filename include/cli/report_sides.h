/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the two sides of `seam report --compare` are called. */
#ifndef SEAM_CLI_REPORT_SIDES_H
#define SEAM_CLI_REPORT_SIDES_H

#include "model/result.h"

struct side_names {
    const char *name[2]; /* borrowed from the results or the paths, or literals */
};
/* The scenarios' names where both have one and they differ, else the files' names, else "first" and
 * "second".  The first `before` of results[n] are of paths[0]. */
void side_names_of(const struct result *const *results, size_t n, size_t before,
                   const char *const *paths, struct side_names *out);

#endif
