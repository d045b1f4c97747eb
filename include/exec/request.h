/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stages outside this program are told, and the parts of `exec` that they share. */
#ifndef SEAM_EXEC_REQUEST_H
#define SEAM_EXEC_REQUEST_H

#include "exec/stage.h"

/* What goes out: `sends: request` (the default of commands) or `sends: payload`. */
enum sends { SENDS_REQUEST, SENDS_PAYLOAD };
/* Reads `sends`; *out stays as it is where the key is not there. */
MUST_CHECK int request_sends(const struct stage_setting *s, enum sends *out, struct error *err);
/* Appends {"item", "step", "class", "visit", "attempt", "payload"} as one line without its end
 * (`class` where the scenario has some), or the payload alone. */
void request_put(const struct pipeline *p, const struct stage_call *c, enum sends sends,
                 struct buf *out);

/* The environment's value of a name, NULL where there is none; borrowed. */
const char *environment_get(const char *const *environment, const char *name);
/* The texts of a map of `exec`, as "KEY<between>VALUE" in the arena, NULL-terminated; numbers and
 * truth values are written as texts.  A fault where the key is no map of such. */
MUST_CHECK int request_pairs(const struct stage_setting *s, const char *key, const char *between,
                             struct arena *arena, const char ***out, struct error *err);
/* `headers: {Name: value}`, and "Authorization: Bearer" with the value of the environment variable
 * that `key_env` names, in the arena, NULL-terminated with room for `spare` more. */
MUST_CHECK int request_headers(const struct stage_setting *s, size_t spare, struct arena *arena,
                               const char ***out, struct error *err);
/* A size such as "1MiB" or a number of bytes under a key; *out stays where the key is not there. */
MUST_CHECK int request_size(const struct stage_setting *s, const char *key, size_t *out,
                            struct error *err);
/* A text under a key, in the arena; NULL where the key is not there; a fault where it is no text or
 * empty. */
MUST_CHECK int request_text(const struct stage_setting *s, const char *key, struct arena *arena,
                            const char **out, struct error *err);
/* true or false under a key; *out stays where the key is not there. */
MUST_CHECK int request_flag(const struct stage_setting *s, const char *key, bool *out,
                            struct error *err);

#endif
