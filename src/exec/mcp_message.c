/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a server may send: answers, requests of its own, notifications, and what is none of them. */
#include "base/json_write.h"
#include "exec/mcp_transport.h"

#include <string.h>

enum mcp_message mcp_message_kind(struct json message, uint64_t *id)
{
    struct json own = json_get(message, "id");
    const char *text;
    size_t len;

    *id = UINT64_MAX;
    if (json_type(message) != JSON_MAP || !json_text(json_get(message, "jsonrpc"), &text, &len) ||
        len != 3 || memcmp(text, "2.0", 3))
        return MCP_GARBAGE;
    if (json_present(json_get(message, "method")))
        return json_present(own) ? MCP_REQUEST : MCP_NOTICE;
    if (!json_present(json_get(message, "result")) && !json_present(json_get(message, "error")))
        return MCP_GARBAGE;
    if (!json_as_u64(own, id))
        *id = UINT64_MAX;
    return MCP_ANSWER;
}

void mcp_answer_server(struct json request, struct buf *out)
{
    const char *method;
    size_t len;
    bool ping = json_text(json_get(request, "method"), &method, &len) && len == 4 &&
                memcmp(method, "ping", 4) == 0;

    buf_puts(out, "{\"jsonrpc\":\"2.0\",\"id\":");
    json_dump(json_get(request, "id"), out);
    buf_puts(out, ping ? ",\"result\":{}}"
                       : ",\"error\":{\"code\":-32601,\"message\":\"this client has no methods "
                         "but ping\"}}");
}

void mcp_put_cancelled(uint64_t id, struct buf *out)
{
    buf_printf(out,
               "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
               "\"params\":{\"requestId\":%llu,\"reason\":\"time limit\"}}",
               (unsigned long long)id);
}

uint64_t mcp_guess_id(const char *text, size_t len)
{
    static const char key[] = "\"id\"";
    uint64_t id = 0;

    for (size_t i = 0; i + sizeof key - 1 < len; i++) {
        size_t at = i + sizeof key - 1;
        bool digits = false;
        if (memcmp(text + i, key, sizeof key - 1))
            continue;
        while (at < len && (text[at] == ' ' || text[at] == ':'))
            at++;
        for (; at < len && text[at] >= '0' && text[at] <= '9' && id < UINT64_MAX / 16; at++) {
            id = id * 10 + (uint64_t)(text[at] - '0');
            digits = true;
        }
        return digits ? id : UINT64_MAX;
    }
    return UINT64_MAX;
}
