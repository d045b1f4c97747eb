/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `exec` of a scenario's steps says, looked into before anything runs. */
#ifndef SEAM_EXEC_CHECK_H
#define SEAM_EXEC_CHECK_H

#include "model/pipeline.h"

/* Adds the first fault of each step's `exec` to `faults`, at the key that it speaks of.  Nothing is
 * started; programs, files, keys and servers need not be there. */
void exec_check(const struct pipeline *p, struct faults *faults);

#endif
