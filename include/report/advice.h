/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the numbers say should be done next, in sentences. */
#ifndef SEAM_REPORT_ADVICE_H
#define SEAM_REPORT_ADVICE_H

#include "model/result.h"
#include "report/document.h"

/* Adds bullets to the document's last section: the stage where work pays most, the threshold, the
 * labels that are missing, what is wrong with the data. */
void advice_add(const struct result *const *results, size_t n, struct document *d);

#endif
