/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How messages of the Model Context Protocol travel: mcp_stdio.c, mcp_http.c. */
#ifndef SEAM_EXEC_MCP_TRANSPORT_H
#define SEAM_EXEC_MCP_TRANSPORT_H

#include "exec/mcp_client.h"

/* One message, of a line or an HTTP body at most. */
enum { MCP_MESSAGE_MAX = 16 << 20 };

struct mcp_transport {
    /* Makes sure that there is a server; returns the number of its session, which rises with each
     * new one, or 0 with the reply filled. */
    uint64_t (*connect)(void *self, const struct process_limit *limit, struct mcp_reply *reply);
    /* Sends a request of this id and waits for its answer. */
    void (*request)(void *self, uint64_t id, const char *message, size_t len,
                    const struct process_limit *limit, struct mcp_reply *reply);
    /* Sends a notification; nothing is told when that fails. */
    void (*notify)(void *self, const char *message, size_t len, const struct process_limit *limit);
    /* The session speaks this revision of the protocol from now on. */
    void (*agreed)(void *self, const char *revision);
    /* As in struct mcp_client. */
    struct mcp_counts (*counts)(void *self);
    char *(*session)(void *self);
    void (*close)(void *self);
};

/* The transport's table, and *self that it works on; the options are copied. */
const struct mcp_transport *mcp_stdio_open(const struct mcp_options *options, void **self);
/* The same over HTTP. */
const struct mcp_transport *mcp_http_open(const struct mcp_options *options, void **self);

/* Fills the reply of a failed request with a sentence (printf). */
void mcp_fail(struct mcp_reply *reply, enum outcome outcome, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* What a limit that struck means for the reply. */
void mcp_fail_event(struct mcp_reply *reply, enum process_event event, const char *what);

/* What a message of the server is. */
enum mcp_message {
    MCP_GARBAGE, /* no JSON-RPC 2.0 message */
    MCP_ANSWER,  /* to the request *id */
    MCP_REQUEST, /* of the server, to be answered */
    MCP_NOTICE
};
/* Tells a parsed message apart; *id of an answer, UINT64_MAX where it is none of ours. */
enum mcp_message mcp_message_kind(struct json message, uint64_t *id);
/* The answer to a request of the server: `ping` gets an empty result, all others an error. */
void mcp_answer_server(struct json request, struct buf *out);
/* The notification that nobody waits for the answer to a request any more (initialize may not be
 * cancelled, but its session is not used then). */
void mcp_put_cancelled(uint64_t id, struct buf *out);
/* An id that a broken message seems to bear; UINT64_MAX where there is none. */
uint64_t mcp_guess_id(const char *text, size_t len);

#endif
