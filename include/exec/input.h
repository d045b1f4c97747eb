/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items of a run from JSON lines: {"id": "...", "class": "...", "input": {...}, "truth": {...}},
 * all of them optional; `input` is what the item holds at first. */
#ifndef SEAM_EXEC_INPUT_H
#define SEAM_EXEC_INPUT_H

#include "exec/run.h"

struct input_lines;
/* Reads `len` bytes that messages call `name`, for a pipeline.  ERR_INPUT at file:line: what is no
 * object, keys and classes that there are not, an id that stands there twice.  Items without an id
 * are called by the number of their line.  The caller frees *out. */
MUST_CHECK int input_lines_read(const char *name, const char *text, size_t len,
                                const struct pipeline *p, struct input_lines **out,
                                struct error *err);
/* NULL is fine. */
void input_lines_free(struct input_lines *in);
/* Borrowed from the lines. */
const struct run_input *input_lines_of(const struct input_lines *in);

#endif
