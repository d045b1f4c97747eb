/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GSL's default handler prints and aborts; a library must not.  Statuses and NaNs are checked where
 * they come back. */
#include "math/gsl_guard.h"

#include <gsl/gsl_errno.h>

void math_init(void)
{
    gsl_set_error_handler_off();
}
