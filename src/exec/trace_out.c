/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spans to a file or an endpoint.  Retries: exponential backoff with equal jitter (Brooker,
 * "Exponential backoff and jitter", 2015). */
#include "exec/trace_out.h"

#include "base/file.h"
#include "base/http_client.h"
#include "base/json_read.h"
#include "math/rng.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const double first_wait_s = 0.1, longest_wait_s = 5, longest_asked_s = 30, call_limit_s = 10;
static const double usual_patience_s = 20;

struct request {
    struct request *next;
    struct buf body;
    uint64_t spans;
};
struct trace_out {
    double (*clock_s)(void);
    double patience_s;
    struct file_writer *file; /* NULL: an endpoint */
    struct trace_told told;
    /* an endpoint */
    struct buf url;
    const char **headers;
    struct http_client *client;
    struct json_reader *json;
    pthread_t thread;
    pthread_mutex_t lock;
    struct request *first, *last;
    size_t waiting; /* bytes */
    bool closing, dropped;
    double until_s; /* when closing */
    int pipe[2];    /* wakes the thread */
    uint64_t tries;
};

/* ---- what came of it ---------------------------------------------------------------------- */

/* UTF-8 is not cut: the sentences are those of http_call, or short. */
static void lose(struct trace_out *o, uint64_t spans, const char *why)
{
    pthread_mutex_lock(&o->lock);
    o->told.lost += spans;
    snprintf(o->told.why, sizeof o->told.why, "%s", why);
    pthread_mutex_unlock(&o->lock);
}

/* ---- the thread --------------------------------------------------------------------------- */

static void wake(struct trace_out *o)
{
    while (write(o->pipe[1], "", 1) < 0 && errno == EINTR)
        continue;
}

/* Sleeps, until it is woken or so many seconds are over. */
static void rest(struct trace_out *o, double s)
{
    struct pollfd p = {.fd = o->pipe[0], .events = POLLIN};
    char bytes[64];
    int ms = s < 0 ? -1 : (int)fmin(ceil(s * 1000), 60000);
    if (poll(&p, 1, ms) > 0)
        while (read(o->pipe[0], bytes, sizeof bytes) > 0)
            continue;
}

/* How long it may still be tried, from now: the run has ended, or goes on. */
static double left_s(struct trace_out *o, double began_s)
{
    pthread_mutex_lock(&o->lock);
    double until = o->closing ? o->until_s : began_s + o->patience_s;
    bool dropped = o->dropped;
    pthread_mutex_unlock(&o->lock);
    return dropped ? 0 : until - o->clock_s();
}

static bool may_come_right(const struct http_answer *a)
{
    if (a->failure == HTTP_ANSWERED)
        return a->status == 429 || a->status == 502 || a->status == 503 || a->status == 504;
    return a->failure == HTTP_LATE || a->failure == HTTP_NO_SERVER || a->failure == HTTP_BROKEN;
}

/* Seconds that the server asks for, else those of the n-th try. */
static double wait_of(struct trace_out *o, const struct http_answer *a, unsigned n)
{
    const char *value;
    size_t len;
    char text[32], *end;
    double wait = fmin(first_wait_s * ldexp(1, (int)n), longest_wait_s);
    if (a->failure == HTTP_ANSWERED && http_answer_header(a, "Retry-After", &value, &len) &&
        len < sizeof text) {
        memcpy(text, value, len);
        text[len] = '\0';
        double asked = strtod(text, &end);
        if (end != text && *end == '\0' && asked >= 0)
            return fmin(asked, longest_asked_s);
    }
    return wait / 2 * (1 + rng_unit(rng_at(RNG_GOLDEN, o->tries++)));
}

/* Spans that a server took the request of, and not them. */
static uint64_t rejected(struct trace_out *o, const struct http_answer *a, char why[160])
{
    struct json root;
    struct error ignored = {0};
    uint64_t n = 0;
    const char *says;
    size_t len;
    if (!a->body.len || json_parse(o->json, a->body.data, a->body.len, &root, &ignored))
        return 0;
    struct json part = json_get2(root, "partialSuccess", "partial_success");
    if (!json_as_u64(json_get2(part, "rejectedSpans", "rejected_spans"), &n))
        return 0;
    if (!json_text(json_get2(part, "errorMessage", "error_message"), &says, &len))
        len = 0;
    snprintf(why, 160, "the endpoint kept back spans%s%.*s", len ? ": " : "",
             (int)(len < 100 ? len : 100), len ? says : "");
    return n;
}

static void send_one(struct trace_out *o, const struct request *r)
{
    struct http_answer a;
    double began_s = o->clock_s(), left = left_s(o, began_s);
    char why[160] = "there was no time left to send them";
    for (unsigned n = 0; left > 0; n++) {
        struct error err = {0};
        struct http_request ask = {.url = buf_text(&o->url),
                                   .headers = o->headers,
                                   .body = r->body.data,
                                   .body_len = r->body.len,
                                   .time_limit_s = fmin(left, call_limit_s)};
        http_answer_init(&a);
        bool answered = http_call(o->client, &ask, &a, &err) == 0;
        bool good = answered && a.status / 100 == 2, again = !good && may_come_right(&a);
        double wait = again ? wait_of(o, &a, n) : 0;
        uint64_t kept = good ? rejected(o, &a, why) : 0;
        if (answered && !good)
            snprintf(why, sizeof why, "the endpoint answered %d", a.status);
        else if (!answered)
            snprintf(why, sizeof why, "%.150s", err.text);
        http_answer_release(&a);
        if (good) {
            kept = kept < r->spans ? kept : r->spans;
            o->told.sent += r->spans - kept;
            if (kept)
                lose(o, kept, why);
            return;
        }
        if (!again)
            break;
        left = left_s(o, began_s);
        if (wait >= left)
            break;
        rest(o, wait);
        left = left_s(o, began_s);
    }
    lose(o, r->spans, why);
}

static struct request *take(struct trace_out *o, bool *over)
{
    pthread_mutex_lock(&o->lock);
    struct request *r = o->first;
    if (r) {
        o->first = r->next;
        o->last = o->first ? o->last : NULL;
        o->waiting -= r->body.len;
    }
    *over = o->closing;
    pthread_mutex_unlock(&o->lock);
    return r;
}

static void *run_thread(void *arg)
{
    struct trace_out *o = arg;
    bool over = false;
    for (;;) {
        struct request *r = take(o, &over);
        if (!r && over)
            return NULL;
        if (!r) {
            rest(o, -1);
            continue;
        }
        send_one(o, r);
        buf_release(&r->body);
        mem_free(r);
    }
}

/* ---- the run's side ------------------------------------------------------------------------ */

static int to_file(void *arg, const char *text, size_t len, uint64_t spans, struct error *err)
{
    struct trace_out *o = arg;
    o->told.sent += spans;
    return file_writer_add(o->file, text, len, err);
}

static int to_endpoint(void *arg, const char *text, size_t len, uint64_t spans, struct error *err)
{
    struct trace_out *o = arg;
    struct request *r = mem_zero(1, sizeof *r);
    buf_add(&r->body, text, len);
    r->spans = spans;
    (void)err; /* what cannot be sent is counted, and the run goes on */
    pthread_mutex_lock(&o->lock);
    bool room = o->waiting + len <= TRACE_WAITING_MAX;
    if (room) {
        *(o->last ? &o->last->next : &o->first) = r;
        o->last = r;
        o->waiting += len;
    }
    pthread_mutex_unlock(&o->lock);
    if (room) {
        wake(o);
    } else {
        lose(o, spans, "the endpoint is slower than the run");
        buf_release(&r->body);
        mem_free(r);
    }
    return 0;
}

struct trace_sink trace_out_sink(struct trace_out *o)
{
    return (struct trace_sink){o, o->file ? to_file : to_endpoint};
}

/* http://host:4318 becomes http://host:4318/v1/traces */
static void put_url(const char *to, struct buf *out)
{
    const char *host = strstr(to, "://") + 3, *path = strchr(host, '/');
    buf_puts(out, to);
    if (!path)
        buf_puts(out, "/v1/traces");
    else if (path[1] == '\0')
        buf_puts(out, "v1/traces");
}

static void put_headers(struct trace_out *o, const char *const *more)
{
    size_t n = 0;
    while (more && more[n])
        n++;
    o->headers = mem_zero(n + 2, sizeof *o->headers);
    o->headers[0] = "Content-Type: application/json";
    for (size_t i = 0; i < n; i++)
        o->headers[i + 1] = more[i];
}

static int open_endpoint(struct trace_out *o, const struct trace_out_options *options,
                         struct error *err)
{
    if (!http_is_url(options->to))
        return error_set(err, ERR_USAGE,
                         "%s: not the URL of an endpoint, as in http://127.0.0.1:4318/v1/traces",
                         options->to);
    if (pipe(o->pipe))
        return error_set(err, ERR_IO, "%s: %s", options->to, strerror(errno));
    for (int i = 0; i < 2; i++) {
        fcntl(o->pipe[i], F_SETFD, FD_CLOEXEC);
        fcntl(o->pipe[i], F_SETFL, O_NONBLOCK);
    }
    put_url(options->to, &o->url);
    put_headers(o, options->headers);
    o->client = http_client_new();
    o->json = json_reader_new();
    pthread_mutex_init(&o->lock, NULL);
    int failed = pthread_create(&o->thread, NULL, run_thread, o);
    if (!failed)
        return 0;
    pthread_mutex_destroy(&o->lock);
    return error_set(err, ERR_IO, "%s: no thread to send from: %s", options->to, strerror(failed));
}

static void release(struct trace_out *o)
{
    file_writer_drop(o->file);
    for (struct request *r = o->first, *next; r; r = next) {
        next = r->next;
        buf_release(&r->body);
        mem_free(r);
    }
    http_client_free(o->client);
    json_reader_free(o->json);
    for (int i = 0; i < 2; i++)
        if (o->pipe[i] >= 0)
            close(o->pipe[i]);
    buf_release(&o->url);
    mem_free(o->headers);
    mem_free(o);
}

int trace_out_open(const struct trace_out_options *options, struct trace_out **out,
                   struct error *err)
{
    struct trace_out *o = mem_zero(1, sizeof *o);
    int status;
    o->clock_s = options->clock_s;
    o->patience_s = options->patience_s > 0 ? options->patience_s : usual_patience_s;
    o->pipe[0] = o->pipe[1] = -1;
    if (strstr(options->to, "://"))
        status = open_endpoint(o, options, err);
    else
        status = file_writer_open(options->to, &o->file, err);
    if (status)
        release(o);
    else
        *out = o;
    return status;
}

static void end_thread(struct trace_out *o, bool dropped)
{
    pthread_mutex_lock(&o->lock);
    o->closing = true;
    o->dropped = dropped;
    o->until_s = o->clock_s() + o->patience_s;
    pthread_mutex_unlock(&o->lock);
    wake(o);
    pthread_join(o->thread, NULL);
    pthread_mutex_destroy(&o->lock);
}

int trace_out_close(struct trace_out *o, struct trace_told *told, struct error *err)
{
    int status = 0;
    if (o->file) {
        status = file_writer_close(o->file, err);
        o->file = NULL;
    } else {
        end_thread(o, false);
    }
    *told = o->told;
    release(o);
    return status;
}

void trace_out_drop(struct trace_out *o)
{
    if (!o)
        return;
    if (!o->file)
        end_thread(o, true);
    release(o);
}
