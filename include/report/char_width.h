/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How wide characters are on a terminal. */
#ifndef SEAM_REPORT_CHAR_WIDTH_H
#define SEAM_REPORT_CHAR_WIDTH_H

#include <stddef.h>
#include <stdint.h>

/* Columns of the character c, which is no control character: 0, 1 or 2. */
size_t char_width(uint32_t c);

#endif
