/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Statuses by RFC 9110, section 15: 408 and 504 say that time ran out, the others that this attempt
 * has failed, whoever is to blame.  Servers say why in many shapes; the usual ones are unwrapped
 * ({"error": "..."}, {"error": {"message": "..."}}, the same in a list, {"detail": "..."}), others
 * quoted. */
#include "exec/endpoint.h"

#include "base/utf8.h"
#include "exec/answer.h"
#include "exec/request.h"

#include <string.h>
#include <strings.h>

/* Has one of the headers this name? */
static bool has_header(const char *const *headers, const char *name)
{
    size_t len = strlen(name);

    for (; *headers; headers++)
        if (strncasecmp(*headers, name, len) == 0 && (*headers)[len] == ':')
            return true;
    return false;
}

static int read_headers(struct endpoint *e, const struct stage_setting *s, struct arena *arena,
                        struct error *err)
{
    size_t n = 0;

    if (request_headers(s, 2, arena, &e->headers, err))
        return -1;
    bool type = has_header(e->headers, "Content-Type"), accept = has_header(e->headers, "Accept");
    while (e->headers[n])
        n++;
    if (!type)
        e->headers[n++] = "Content-Type: application/json";
    if (!accept)
        e->headers[n++] = "Accept: application/json, */*;q=0.5";
    return 0;
}

int endpoint_open(struct endpoint *e, const struct stage_setting *s, const char *url,
                  const char *method, struct arena *arena, struct error *err)
{
    *e = (struct endpoint){.url = url, .method = method, .most = HTTP_BODY_MAX};
    if (!http_is_url(url))
        return exec_fault(s, err, "\"%.100s\" is not a URL of http or https", url);
    if (read_headers(e, s, arena, err) || request_size(s, "most", &e->most, err))
        return -1;
    e->client = http_client_new();
    return 0;
}

void endpoint_close(struct endpoint *e)
{
    http_client_free(e->client);
    e->client = NULL;
}

/* The sentence in an answer of the usual shapes. */
static bool find_message(struct json root, const char **text, size_t *len)
{
    static const char *const pointers[] = {"/error/message", "/0/error/message", "/error",
                                           "/message",       "/detail",          NULL};

    for (const char *const *p = pointers; *p; p++)
        if (json_text(json_pointer(root, *p), text, len) && *len > 0)
            return true;
    return false;
}

static void put_message(const struct buf *body, struct buf *out)
{
    struct json_reader *reader = json_reader_new();
    struct error ignored = {0};
    struct json root;
    const char *text = buf_text(body);
    size_t len = body->len;

    if (json_parse(reader, text, len, &root, &ignored) == 0)
        find_message(root, &text, &len);
    if (len > 0) {
        buf_puts(out, ": ");
        utf8_quote(out, text, len, 300);
    }
    json_reader_free(reader);
}

static void fail_by_status(const struct http_answer *answer, struct stage_answer *a)
{
    bool late = answer->status == 408 || answer->status == 504;
    struct buf says = {0};
    const char *value;
    size_t len;

    buf_printf(&says, "HTTP status %d", answer->status);
    if (http_answer_header(answer, "Retry-After", &value, &len)) {
        buf_puts(&says, ", retry after ");
        utf8_quote(&says, value, len, 40);
        if (strspn(value, "0123456789") >= len)
            buf_puts(&says, " s");
    }
    if (answer->status / 100 == 3 && http_answer_header(answer, "Location", &value, &len)) {
        buf_puts(&says, ", redirects are not followed: ");
        utf8_quote(&says, value, len, 200);
    } else {
        put_message(&answer->body, &says);
    }
    stage_answer_fail(a, late ? OUTCOME_TIMEOUT : OUTCOME_ERROR, "%s", buf_text(&says));
    buf_release(&says);
}

static enum outcome outcome_of(enum http_failure failure)
{
    switch (failure) {
    case HTTP_LATE:
        return OUTCOME_TIMEOUT;
    case HTTP_TOO_LARGE:
    case HTTP_GARBLED:
        return OUTCOME_MALFORMED;
    default:
        return OUTCOME_ERROR;
    }
}

bool endpoint_ask(const struct endpoint *e, const struct stage_call *c, const struct buf *body,
                  struct http_answer *out, struct stage_answer *a)
{
    const struct http_request request = {
        .method = e->method,
        .url = e->url,
        .headers = e->headers,
        .body = body ? buf_text(body) : NULL,
        .body_len = body ? body->len : 0,
        .time_limit_s = c->time_limit_s,
        .body_limit = e->most,
        .cancelled = c->cancelled,
    };
    struct error err = {0};

    http_answer_init(out);
    if (http_call(e->client, &request, out, &err)) {
        stage_answer_fail(a, outcome_of(out->failure), "%s", err.text);
        return false;
    }
    if (out->status >= 200 && out->status <= 299)
        return true;
    fail_by_status(out, a);
    return false;
}
