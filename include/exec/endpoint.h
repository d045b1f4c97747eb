/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A URL that stages ask: headers, key, limits, and what statuses mean.  Keys of `exec`:
 *
 *     headers: {X-Team: film}    sent with each request
 *     key_env: NAME              "Authorization: Bearer" with the value of this environment
 * variable most: 16MiB                of the answer, after inflation */
#ifndef SEAM_EXEC_ENDPOINT_H
#define SEAM_EXEC_ENDPOINT_H

#include "base/http_client.h"
#include "exec/stage.h"

struct endpoint {
    struct http_client *client;
    const char *url, *method; /* method: NULL for POST where there is a body, else GET */
    const char **headers;     /* NULL-terminated */
    size_t most;
};
/* Reads the keys above; url, method and what it keeps are borrowed from the arena.  The caller
 * closes it, after an error too. */
MUST_CHECK int endpoint_open(struct endpoint *e, const struct stage_setting *s, const char *url,
                             const char *method, struct arena *arena, struct error *err);
/* NULL client is fine. */
void endpoint_close(struct endpoint *e);
/* Asks once; body NULL: none.  True: a status from 200 to 299.  Else `a` has failed: 408 and 504
 * are timeouts, other statuses errors with what the server said, an answer that is too large or no
 * HTTP malformed.  The caller releases *out in any case. */
bool endpoint_ask(const struct endpoint *e, const struct stage_call *c, const struct buf *body,
                  struct http_answer *out, struct stage_answer *a);

#endif
