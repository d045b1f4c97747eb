/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flow as a picture: a box for each step with its reliability, arrows with their shares. */
#ifndef SEAM_REPORT_FLOW_H
#define SEAM_REPORT_FLOW_H

#include "model/result.h"
#include "report/document.h"

/* Has the result steps? */
bool flow_has(const struct result *r);
/* Adds the figure to the document's last section; nothing when the result has no stages. */
void flow_add(const struct result *r, const char *label, struct document *d);

#endif
