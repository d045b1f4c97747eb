/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef SEAM_BASE_UTF8_H
#define SEAM_BASE_UTF8_H

#include "base/buf.h"

/* Bytes of the character at s, 1 to 4; 0 when the `len` bytes there begin with none. */
size_t utf8_length(const char *s, size_t len);
/* Is all of the text UTF-8? */
bool utf8_valid(const char *s, size_t len);
/* Appends the text with U+FFFD for each byte that is part of no character. */
void utf8_mend(const char *s, size_t len, struct buf *out);

#endif
