/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client of the Model Context Protocol (modelcontextprotocol.io, revisions 2024-11-05 to
 * 2025-11-25): tools of a server that is a child process (stdio) or an endpoint (Streamable HTTP).
 *
 *     mcp_open(&options, &client, &err);
 *     mcp_call_tool(client, "add", "{\"a\":1,\"b\":2}", 13, &limit, &reply);
 *     mcp_close(client);
 *
 * Many threads may call at once over one connection; answers come in any order.  A server that ends
 * is started again by the next call, a session that it has forgotten is begun anew. */
#ifndef SEAM_EXEC_MCP_CLIENT_H
#define SEAM_EXEC_MCP_CLIENT_H

#include "base/buf.h"
#include "base/json_read.h"
#include "base/process.h"
#include "model/rules.h"

struct mcp_client;
struct mcp_options {
    const char *const *command; /* NULL-terminated argv of a server on stdio, or NULL: url */
    const char *url;
    const char *const *headers;     /* "Name: value" of each request to a url, NULL-terminated */
    const char *const *environment; /* of the child */
    const char *folder;             /* where its program may lie, see process_start */
    double (*clock_s)(void);        /* monotonic seconds */
    const atomic_bool *stop;        /* set: a server is ended without patience; NULL */
};

/* What came of a request. */
struct mcp_reply {
    enum outcome outcome; /* OK, ERROR, MALFORMED or TIMEOUT (also when it was cancelled) */
    struct buf text;      /* OK: the whole message of the server, a JSON object with `result` */
    struct buf says;      /* else: why, a sentence */
    uint64_t id;          /* of the request */
};
/* Makes it empty; the caller releases. */
void mcp_reply_init(struct mcp_reply *r);
/* Frees what it holds and leaves it empty. */
void mcp_reply_release(struct mcp_reply *r);

/* What its servers did that no request asked for. */
struct mcp_counts {
    uint64_t starts;  /* of the server, or of sessions */
    uint64_t strays;  /* answers to no open request: unknown ids, second answers, late ones */
    uint64_t garbage; /* lines that are no JSON-RPC message */
};

/* Begins no session: the first call does.  The options are copied but for the clock and `stop`. */
void mcp_open(const struct mcp_options *options, struct mcp_client **out);
/* Ends the session and the child; NULL is fine. */
void mcp_close(struct mcp_client *c);
/* The names of all tools (tools/list, all pages), appended to `names` with a NUL behind each; *n of
 * them. */
void mcp_list_tools(struct mcp_client *c, const struct process_limit *limit, struct buf *names,
                    size_t *n, struct mcp_reply *reply);
/* tools/call with arguments (a JSON object of len bytes).  A result with isError is OK here. */
void mcp_call_tool(struct mcp_client *c, const char *tool, const char *arguments, size_t len,
                   const struct process_limit *limit, struct mcp_reply *reply);
/* The counts so far. */
struct mcp_counts mcp_counts(struct mcp_client *c);
/* The id of the HTTP session as text, "" where there is none; the caller mem_frees. */
char *mcp_session(struct mcp_client *c);

#endif
