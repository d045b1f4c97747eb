/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libcurl's multi interface with one transfer at a time: unlike curl_easy_perform it lets us look
 * at the cancel flag every few milliseconds while nothing comes.  A line is such a pair with the
 * connections that it keeps; lines that nobody uses wait in a stack, so that the warmest is taken
 * first, and each thread has its own while it calls.
 *
 * Descriptors are close-on-exec, so that children started meanwhile do not hold connections. */
#include "base/http_client.h"

#include <ctype.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* How long a wait may be while somebody could cancel; and without. */
enum { LOOK_MS = 20, WAIT_MS = 1000 };

struct line {
    CURL *easy;
    CURLM *multi;
};
struct http_client {
    pthread_mutex_t lock;
    VEC(struct line *) idle;
};

/* One transfer, as the callbacks see it. */
struct transfer {
    const struct http_request *request;
    struct http_answer *answer;
    size_t limit, received;
    const char *too_large; /* NULL, or the part that is larger than it may be */
    bool unwanted;
};

/* --- answers */

void http_answer_init(struct http_answer *a)
{
    *a = (struct http_answer){.failure = HTTP_ANSWERED};
}

void http_answer_release(struct http_answer *a)
{
    buf_release(&a->headers);
    buf_release(&a->body);
    http_answer_init(a);
}

bool http_answer_header(const struct http_answer *a, const char *name, const char **value,
                        size_t *len)
{
    size_t name_len = strlen(name);
    const char *at = buf_text(&a->headers), *end = at + a->headers.len;

    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline : end;
        if ((size_t)(stop - at) > name_len && at[name_len] == ':' &&
            strncasecmp(at, name, name_len) == 0) {
            const char *from = at + name_len + 1;
            while (from < stop && isspace((unsigned char)*from))
                from++;
            while (stop > from && isspace((unsigned char)stop[-1]))
                stop--;
            *value = from;
            *len = (size_t)(stop - from);
            return true;
        }
        at = newline ? newline + 1 : end;
    }
    return false;
}

/* --- what libcurl calls */

static size_t take_header(char *bytes, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    size_t len = size * n;
    const char *space = memchr(bytes, ' ', len);

    if (len > 5 && memcmp(bytes, "HTTP/", 5) == 0) { /* of the next answer: after 100, redirects */
        buf_clear(&t->answer->headers);
        t->answer->status = space && len - (size_t)(space - bytes) > 3
                                ? 100 * (space[1] - '0') + 10 * (space[2] - '0') + space[3] - '0'
                                : 0;
        return len;
    }
    if (t->answer->headers.len + len > HTTP_HEADERS_MAX) {
        t->too_large = "head of the answer is";
        t->limit = HTTP_HEADERS_MAX;
        return 0;
    }
    buf_add(&t->answer->headers, bytes, len);
    return len;
}

static size_t take_body(char *bytes, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    size_t len = size * n;

    if (len > t->limit - t->received) {
        t->too_large = "answer is";
        return 0;
    }
    if (t->limit != SIZE_MAX)
        t->received += len;
    if (!t->request->chunk) {
        buf_add(&t->answer->body, bytes, len);
        return len;
    }
    t->unwanted = !t->request->chunk(t->request->arg, t->answer, bytes, len);
    return t->unwanted ? 0 : len;
}

static int made_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
    return fcntl(fd, F_SETFD, FD_CLOEXEC) ? CURL_SOCKOPT_ERROR : CURL_SOCKOPT_OK;
}

/* --- lines */

static struct line *line_new(void)
{
    struct line *l = mem_zero(1, sizeof *l);

    l->easy = curl_easy_init();
    l->multi = curl_multi_init();
    if (!l->easy || !l->multi)
        mem_exhausted();
    return l;
}

static void line_free(struct line *l)
{
    curl_easy_cleanup(l->easy);
    curl_multi_cleanup(l->multi);
    mem_free(l);
}

struct http_client *http_client_new(void)
{
    struct http_client *c = mem_zero(1, sizeof *c);

    if (curl_global_init(CURL_GLOBAL_DEFAULT)) /* counted: each client ends its own */
        mem_exhausted();
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

void http_client_free(struct http_client *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->idle.len; i++)
        line_free(c->idle.at[i]);
    vec_release(&c->idle);
    pthread_mutex_destroy(&c->lock);
    curl_global_cleanup();
    mem_free(c);
}

static struct line *line_take(struct http_client *c)
{
    struct line *l = NULL;

    pthread_mutex_lock(&c->lock);
    if (c->idle.len > 0)
        l = c->idle.at[--c->idle.len];
    pthread_mutex_unlock(&c->lock);
    return l ? l : line_new();
}

static void line_give(struct http_client *c, struct line *l)
{
    pthread_mutex_lock(&c->lock);
    vec_push(&c->idle, l);
    pthread_mutex_unlock(&c->lock);
}

/* --- URLs, and what may be said of them */

/* "http://host:port/path" for sentences: without user, password and query; *local: is it this
 * machine?  False for what is no URL of http or https. */
static bool url_shown(const char *url, char *out, size_t size, bool *local)
{
    CURLU *u = curl_url();
    char *scheme = NULL, *host = NULL, *port = NULL, *path = NULL;
    bool good = u && !curl_url_set(u, CURLUPART_URL, url, 0) &&
                !curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) &&
                !curl_url_get(u, CURLUPART_HOST, &host, 0) &&
                !curl_url_get(u, CURLUPART_PATH, &path, 0) &&
                (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);

    if (good) {
        if (curl_url_get(u, CURLUPART_PORT, &port, 0))
            port = NULL;
        snprintf(out, size, "%s://%.200s%s%.10s%.200s", scheme, host, port ? ":" : "",
                 port ? port : "", path);
        *local = strcasecmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
                 strcmp(host, "[::1]") == 0;
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_free(path);
    curl_url_cleanup(u);
    return good;
}

bool http_is_url(const char *url)
{
    char shown[480];
    bool local;

    return url_shown(url, shown, sizeof shown, &local);
}

/* --- a call */

/* A header that would end the line, or the request, is an attack or a mistake. */
static bool header_is_clean(const char *header)
{
    const char *colon = strchr(header, ':');

    for (const char *s = header; *s; s++)
        if ((unsigned char)*s < 0x20 && *s != '\t')
            return false;
    return colon && colon > header && !memchr(header, ' ', (size_t)(colon - header));
}

static bool method_is_clean(const char *method)
{
    size_t len = strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

    return len > 0 && len <= 16 && !method[len];
}

static struct curl_slist *append(struct curl_slist *list, const char *header)
{
    struct curl_slist *longer = curl_slist_append(list, header);

    if (!longer)
        mem_exhausted();
    return longer;
}

static void set_limits(CURL *easy, const struct http_request *r)
{
    double ms = r->time_limit_s * 1e3;

    if (r->time_limit_s > 0 && ms < 2e9)
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)fmax(ceil(ms), 1));
    if (r->idle_limit_s > 0) {
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)fmax(ceil(r->idle_limit_s), 1));
    }
    if (r->redirects > 0) {
        curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
        curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)r->redirects);
        curl_easy_setopt(easy, CURLOPT_POSTREDIR, (long)CURL_REDIR_POST_ALL);
    }
}

static void set_request(CURL *easy, const struct http_request *r)
{
    if (r->body) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, r->body);
    }
    if (r->method && strcmp(r->method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else if (r->method && strcmp(r->method, r->body ? "POST" : "GET") != 0)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, r->method);
}

static void set_common(CURL *easy, struct transfer *t, bool local)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "seam/" SEAM_VERSION);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, made_socket);
#if LIBCURL_VERSION_NUM >= 0x075700
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a cancelled call does not wait for DNS */
#endif
    if (local)
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
}

/* Runs the transfer; *cancelled where the flag broke it off. */
static CURLcode perform(struct line *l, const struct http_request *r, bool *cancelled)
{
    int running = 1, left, wait = r->cancelled ? LOOK_MS : WAIT_MS;
    CURLcode code = CURLE_OK;
    CURLMsg *m;

    if (curl_multi_add_handle(l->multi, l->easy))
        mem_exhausted();
    while (running) {
        if (r->cancelled && atomic_load(r->cancelled)) {
            *cancelled = true;
            break;
        }
        if (curl_multi_perform(l->multi, &running) ||
            (running && curl_multi_poll(l->multi, NULL, 0, wait, NULL))) {
            code = CURLE_SEND_ERROR;
            break;
        }
    }
    while ((m = curl_multi_info_read(l->multi, &left)))
        if (m->msg == CURLMSG_DONE)
            code = m->data.result;
    curl_multi_remove_handle(l->multi, l->easy);
    return code;
}

static enum http_failure failure_of(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return HTTP_ANSWERED;
    case CURLE_OPERATION_TIMEDOUT:
        return HTTP_LATE;
    case CURLE_URL_MALFORMAT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
        return HTTP_NO_REQUEST;
    case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9 of old curls; of a redirect */
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
        return HTTP_GARBLED;
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_WRITE_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return HTTP_BROKEN;
    default:
        return HTTP_NO_SERVER;
    }
}

/* The sentence of a failure; returns -1. */
static int failed(const struct transfer *t, const char *shown, CURLcode code, const char *detail,
                  struct error *err)
{
    const struct http_request *r = t->request;
    const char *why = *detail ? detail : curl_easy_strerror(code);

    switch (t->answer->failure) {
    case HTTP_LATE:
        return r->time_limit_s > 0 && isfinite(r->time_limit_s)
                   ? error_set(err, ERR_IO, "%s: no whole answer within %g s", shown,
                               r->time_limit_s)
                   : error_set(err, ERR_IO, "%s: nothing came for %g s", shown, r->idle_limit_s);
    case HTTP_CANCELLED:
        return error_set(err, ERR_IO, "%s: broken off, the answer is not needed any more", shown);
    case HTTP_TOO_LARGE:
        return error_set(err, ERR_LIMIT, "%s: the %s larger than %zu bytes", shown, t->too_large,
                         t->limit);
    case HTTP_BROKEN:
        return error_set(err, ERR_IO, "%s: the connection broke before the answer was whole: %s",
                         shown, why);
    case HTTP_GARBLED:
        return error_set(err, ERR_IO, "%s: what came is not HTTP as it should be: %s", shown, why);
    case HTTP_NO_REQUEST:
        return error_set(err, ERR_INPUT, "%s: cannot be asked: %s", shown, why);
    default:
        return error_set(err, ERR_IO, "%s: %s", shown, why);
    }
}

/* Is the request one that may be sent? */
static int request_check(const struct http_request *r, char *shown, size_t size, bool *local,
                         struct error *err)
{
    if (!url_shown(r->url, shown, size, local))
        return error_set(err, ERR_INPUT, "\"%.200s\" is not a URL of http or https", r->url);
    if (r->method && !method_is_clean(r->method))
        return error_set(err, ERR_INPUT, "%s: \"%.40s\" is not a method of HTTP", shown, r->method);
    for (const char *const *h = r->headers; h && *h; h++)
        if (!header_is_clean(*h))
            return error_set(err, ERR_INPUT,
                             "%s: a header is not of the form \"Name: value\" on one line", shown);
    return 0;
}

int http_call(struct http_client *c, const struct http_request *request, struct http_answer *answer,
              struct error *err)
{
    size_t limit = request->body_limit ? request->body_limit : HTTP_BODY_MAX;
    struct transfer t = {.request = request, .answer = answer, .limit = limit};
    struct curl_slist *headers = NULL;
    char shown[480], detail[CURL_ERROR_SIZE] = "";
    bool local, cancelled = false;

    http_answer_release(answer);
    answer->failure = HTTP_NO_REQUEST;
    if (request_check(request, shown, sizeof shown, &local, err))
        return -1;
    struct line *l = line_take(c);
    curl_easy_reset(l->easy);
    headers = append(headers, "Expect:"); /* no 100-continue: it costs a second where unknown */
    for (const char *const *h = request->headers; h && *h; h++)
        headers = append(headers, *h);
    set_common(l->easy, &t, local);
    set_limits(l->easy, request);
    set_request(l->easy, request);
    curl_easy_setopt(l->easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(l->easy, CURLOPT_ERRORBUFFER, detail);
    CURLcode code = curl_easy_setopt(l->easy, CURLOPT_URL, request->url);
    if (!code)
        code = perform(l, request, &cancelled);
    answer->failure = t.too_large               ? HTTP_TOO_LARGE
                      : cancelled || t.unwanted ? HTTP_CANCELLED
                                                : failure_of(code);
    int rc = answer->failure == HTTP_ANSWERED ? 0 : failed(&t, shown, code, detail, err);
    curl_easy_setopt(l->easy, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_setopt(l->easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    line_give(c, l);
    return rc;
}
