/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTP requests: the only door to libcurl.
 *
 *     struct http_client *client = http_client_new();
 *     struct http_answer answer;
 *     http_answer_init(&answer);
 *     if (http_call(client, &(struct http_request){.url = url, .time_limit_s = 5}, &answer, &err))
 *         ...
 *     http_answer_release(&answer);
 *
 * One client serves any number of threads; connections are kept alive between calls.  http and
 * https alone; redirects are not followed unless asked for; certificates are checked; gzip and its
 * kin are inflated.  Proxies are those of the environment, save for this machine itself. */
#ifndef SEAM_BASE_HTTP_CLIENT_H
#define SEAM_BASE_HTTP_CLIENT_H

#include "base/buf.h"
#include "base/error.h"
#include <stdatomic.h>
#include <stdbool.h>

/* Bytes of an answer's body after inflation, and of its headers. */
enum { HTTP_BODY_MAX = 16 << 20, HTTP_HEADERS_MAX = 64 << 10 };

/* Why there is no answer. */
enum http_failure {
    HTTP_ANSWERED,  /* there is one, whatever its status */
    HTTP_LATE,      /* not within the time limit */
    HTTP_CANCELLED, /* the flag was set, or `chunk` wanted no more */
    HTTP_NO_SERVER, /* no such host, nobody listens, no trust in the certificate */
    HTTP_BROKEN,    /* the connection was cut in the midst of it */
    HTTP_GARBLED,   /* what came is not HTTP, or cannot be inflated */
    HTTP_TOO_LARGE,
    HTTP_NO_REQUEST /* the request cannot be sent: its URL, its headers */
};

struct http_answer {
    enum http_failure failure;
    int status;         /* 100 to 599; 0 before there is one */
    struct buf headers; /* "Name: value\r\n" each, of the last answer where redirects led on */
    struct buf body;    /* empty where `chunk` took it */
};
/* An empty answer. */
void http_answer_init(struct http_answer *a);
/* Frees headers and body, and leaves it empty. */
void http_answer_release(struct http_answer *a);
/* The value of a header, any case of its name, without the spaces around it; false: there is none.
 * Borrowed from a, not NUL-terminated. */
bool http_answer_header(const struct http_answer *a, const char *name, const char **value,
                        size_t *len);

/* All is borrowed for the call. */
struct http_request {
    const char *method; /* NULL: POST where there is a body, else GET */
    const char *url;
    const char *const *headers; /* "Name: value", NULL-terminated; NULL: none */
    const char *body;           /* NULL: none */
    size_t body_len;
    double time_limit_s;          /* of all of it, > 0; 0 or INFINITY: none */
    double idle_limit_s;          /* without a byte, in whole seconds; 0: none */
    size_t body_limit;            /* 0: HTTP_BODY_MAX; SIZE_MAX with `chunk`: endless */
    uint32_t redirects;           /* to follow at most */
    const atomic_bool *cancelled; /* NULL: never */
    /* NULL, or takes the body as it comes, inflated; status and headers are there by then.  False:
     * no more is wanted. */
    bool (*chunk)(void *arg, const struct http_answer *a, const char *bytes, size_t len);
    void *arg;
};

struct http_client;
/* A client that the caller frees when no thread uses it any more. */
struct http_client *http_client_new(void);
/* Closes its connections; NULL is fine. */
void http_client_free(struct http_client *c);
/* Asks, and waits for all of the answer.  0: there is one, look at its status.  -1 with
 * answer->failure and ERR_IO (ERR_INPUT for HTTP_NO_REQUEST, ERR_LIMIT for HTTP_TOO_LARGE); what
 * came until then is in the answer.  The sentence names the host and the path, but neither the
 * query nor what stands before an @ in the URL. */
MUST_CHECK int http_call(struct http_client *c, const struct http_request *request,
                         struct http_answer *answer, struct error *err);
/* Is this an http or https URL with a host? */
bool http_is_url(const char *url);

#endif
