/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small HTTP server on a free port of 127.0.0.1 that answers as a test wants it, rightly or not:
 * a function writes the raw bytes of each answer.
 *
 *     static bool answer(void *arg, int fd, const struct http_asked *asked)
 *     {
 *         return http_reply(fd, 200, "", "{\"ok\":true}");
 *     }
 *     struct http_server *server = http_server_start(answer, NULL);
 *     ... http_server_url(server) ...
 *     http_server_stop(server); */
#ifndef SEAM_TESTS_HTTP_SERVER_H
#define SEAM_TESTS_HTTP_SERVER_H

#include "base/buf.h"
#include <stdbool.h>

struct http_asked {
    char method[16], path[256]; /* the path with its query */
    const char *head;           /* all header lines, NUL-terminated */
    const char *body;           /* NUL-terminated */
    size_t body_len;
    unsigned connection; /* counted from 1 */
    unsigned number;     /* of the request on this connection, from 1 */
};
/* Writes an answer to fd; false: the connection is closed after it.  Called from one thread for
 * each connection. */
typedef bool http_answerer(void *arg, int fd, const struct http_asked *asked);

struct http_server;
struct http_server *http_server_start(http_answerer *answer, void *arg);
/* "http://127.0.0.1:PORT"; borrowed. */
const char *http_server_url(const struct http_server *s);
/* Set when it is being stopped: answers that take their time should look at it. */
bool http_server_stops(const struct http_server *s);
/* Cuts all connections and waits for their threads. */
void http_server_stop(struct http_server *s);

/* Writes all of it, without SIGPIPE; false when the client has gone. */
bool http_send(int fd, const void *bytes, size_t len);
/* A whole answer: `headers` is "" or lines that end with \r\n.  Returns true: keep alive. */
bool http_reply(int fd, int status, const char *headers, const char *body);
/* Waits so many seconds, less when the client hangs up; true: it is still there. */
bool http_wait(int fd, double seconds);
/* Is this line among the headers, as it stands? */
bool http_asked_has(const struct http_asked *asked, const char *header);

#endif
