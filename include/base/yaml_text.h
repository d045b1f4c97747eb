/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is to be said of a YAML text without parsing it (base/yaml_read.h does). */
#ifndef SEAM_BASE_YAML_TEXT_H
#define SEAM_BASE_YAML_TEXT_H

#include "base/error.h"
#include <stddef.h>

/* Refuses what libfyaml must not be given: more than YAML_TEXT_MAX bytes (ERR_LIMIT), what is no
 * UTF-8 or no text, and lines that begin with % (ERR_INPUT). */
MUST_CHECK int yaml_text_check(const char *file, const char *text, size_t len, struct error *err);
/* Line `line` (1-based) of a text that ends with NUL, of *len bytes without its end; empty when
 * there is none. */
const char *yaml_text_line(const char *source, uint32_t line, size_t *len);
/* What is often wrong with YAML where a line, or one beside it, looks like that: "; " and how it is
 * mended, or "". */
const char *yaml_text_hint(const char *source, uint32_t line);

#endif
