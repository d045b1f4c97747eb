/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scenarios written in tests, without the line that every scenario begins with. */
#ifndef SEAM_TESTS_FLOW_H
#define SEAM_TESTS_FLOW_H

#include "model/scenario.h"

/* Reads a scenario that must be right, as if it stood in tests/data; the caller releases *p. */
void flow_read(const char *flow, struct pipeline *p);
/* The same with one number set, as by --set; NULL: none. */
void flow_read_with(const char *flow, const struct setting *set, struct pipeline *p);

#endif
