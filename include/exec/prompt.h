/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts with places for an item's own: "Write a shot of {payload.brief.place}, take {visit}."
 *
 * Places are {item}, {step}, {class}, {visit}, {attempt}, {payload} and {payload.a.b}; texts are
 * put as they are, other values as JSON.  Any other brace is a brace, so that JSON may stand in a
 * prompt; {{ is a brace where a place would be read. */
#ifndef SEAM_EXEC_PROMPT_H
#define SEAM_EXEC_PROMPT_H

#include "exec/stage.h"

struct prompt;
/* Reads the text, which stands under this key; a fault names a place that there is none of.  It
 * lives in the arena. */
MUST_CHECK int prompt_new(const struct stage_setting *s, const char *key, const char *text,
                          struct arena *arena, struct prompt **out, struct error *err);
/* Appends the text for this call, whose payload is `payload`.  NULL, or the place that the payload
 * has nothing for. */
const char *prompt_put(const struct prompt *t, const struct pipeline *p, const struct stage_call *c,
                       struct json payload, struct buf *out);

#endif
