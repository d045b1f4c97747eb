/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A server of the Model Context Protocol on a pair of descriptors: tools from a table.
 *
 * JSON-RPC 2.0, a message a line (the stdio transport, revisions 2024-11-05 to 2025-11-25): it
 * answers initialize, ping, tools/list and tools/call, each other method with error -32601, and
 * what is no message with -32700 or -32600.  Calls run side by side on a few threads, so that a
 * slow one holds up no other; one that the client cancels is not answered. */
#ifndef SEAM_SERVICE_MCP_SERVER_H
#define SEAM_SERVICE_MCP_SERVER_H

#include "base/buf.h"
#include "base/error.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mcp_tool {
    const char *name, *about;
    const char *schema; /* JSON Schema of the arguments, an object */
};

struct mcp_server {
    const char *name, *about; /* about: instructions for the client's model; NULL: none */
    const struct mcp_tool *tool;
    size_t n_tools;
    void *arg;
    /* Appends the result, a JSON object, to *out; -1 with err: the call failed, and its sentence is
     * told.  Any thread. */
    int (*call)(void *arg, size_t tool, const char *arguments, size_t len, struct buf *out,
                struct error *err);
    /* NULL, or may make the line of an answer to tools/call (with its newline) something else, and
     * waits as long as it likes before it returns: servers that are slow or broken, for tests of
     * clients.  call: how many there were before. */
    void (*disturb)(void *arg, uint64_t call, struct buf *line);
    uint32_t threads; /* that make calls; 0: 8 */
};

/* A message of the client at most, in bytes. */
enum { MCP_SERVER_LINE_MAX = 16 << 20 };

/* Serves until the input ends or *stop is set; calls in work are finished and answered.  ERR_IO
 * when the descriptors fail; a client that has gone is none. */
MUST_CHECK int mcp_serve(const struct mcp_server *server, int in, int out, const atomic_bool *stop,
                         struct error *err);

#endif
