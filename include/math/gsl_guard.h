/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GSL, made to return statuses instead of ending the process. */
#ifndef SEAM_MATH_GSL_GUARD_H
#define SEAM_MATH_GSL_GUARD_H

/* Turns GSL's aborting error handler off; to be called before anything else of math, by main and by
 * tests.  Calling it again does no harm. */
void math_init(void);

#endif
