/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A server as a child process: one message a line, both ways.  One thread reads what it says and
 * gives each answer to the request that waits for its id; a message that cannot be read goes to the
 * request whose id it seems to bear, or to the only one there is.  When the child ends, all that
 * wait are told, and the next connect starts another. */
#include "base/json_read.h"
#include "exec/mcp_transport.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { STDERR_KEPT = 400 };
/* How long a child that is not wanted any more has to end by itself. */
static const double GRACE_S = 0.5, HURRY_S = 0.05;
/* How often one that waits looks whether it was cancelled. */
static const double LOOK_S = 0.02;

/* A request that waits; on its caller's stack, in a list. */
struct waiting {
    uint64_t id;
    struct mcp_reply *reply;
    bool answered;
    struct waiting *next;
};

struct stdio_server {
    struct arena arena;
    const char **command, **environment;
    const char *folder;
    double (*clock_s)(void);
    const atomic_bool *stop; /* NULL */

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t news;  /* an answer has come, or the child has ended */
    struct waiting *first;
    struct process process;
    bool runs;
    atomic_bool closing; /* the reader ends, whoever may still hold the pipe */
    pthread_t reader;
    bool has_reader;
    char complaint[STDERR_KEPT + 1]; /* the end of what the child wrote to its standard error */
    size_t n_complaint;
    struct mcp_counts counts;

    pthread_mutex_t writing; /* one message at a time */
};

/* --- what the child says */

/* Gives the text to the request of this id; false when none waits for it. */
static bool give(struct stdio_server *s, uint64_t id, enum outcome outcome, const char *text,
                 size_t len)
{
    for (struct waiting *w = s->first; w; w = w->next) {
        if (w->id != id || w->answered)
            continue;
        if (outcome == OUTCOME_OK) {
            w->reply->outcome = OUTCOME_OK;
            buf_clear(&w->reply->text);
            buf_add(&w->reply->text, text, len);
        } else
            mcp_fail(w->reply, outcome, "%.*s", (int)len, text);
        w->answered = true;
        pthread_cond_broadcast(&s->news);
        return true;
    }
    return false;
}

/* A line that is no message: whose answer may it have been? */
static void take_garbage(struct stdio_server *s, const char *line, size_t len)
{
    static const char what[] = "the server's answer is no JSON-RPC message";
    uint64_t id = mcp_guess_id(line, len);

    s->counts.garbage++;
    if (id != UINT64_MAX && give(s, id, OUTCOME_MALFORMED, what, sizeof what - 1))
        return;
    bool looks_like_one = len > 0 && (line[0] == '{' || line[0] == '[');
    if (looks_like_one && s->first && !s->first->next)
        give(s, s->first->id, OUTCOME_MALFORMED, what, sizeof what - 1);
}

static void answer_its_request(struct stdio_server *s, struct json message)
{
    struct process_limit limit = {s->clock_s, s->clock_s() + GRACE_S, NULL};
    struct buf out = {0};

    mcp_answer_server(message, &out);
    buf_putc(&out, '\n');
    pthread_mutex_lock(&s->writing);
    enum process_event event = process_write(&s->process, out.data, out.len, &limit);
    (void)event; /* one that does not listen: what it asked for is its own loss */
    pthread_mutex_unlock(&s->writing);
    buf_release(&out);
}

static void take_message(struct stdio_server *s, struct json_reader *json, struct json message,
                         const char *line, size_t len)
{
    uint64_t id;
    enum mcp_message kind = mcp_message_kind(message, &id);

    if (kind == MCP_REQUEST) {
        answer_its_request(s, message);
        return;
    }
    pthread_mutex_lock(&s->lock);
    if (kind == MCP_GARBAGE)
        take_garbage(s, line, len);
    else if (kind == MCP_ANSWER && !give(s, id, OUTCOME_OK, line, len))
        s->counts.strays++;
    pthread_mutex_unlock(&s->lock);
}

static void take_line(struct stdio_server *s, struct json_reader *json, const char *line,
                      size_t len)
{
    struct error ignored = {0};
    struct json root;

    if (len > 0 && line[len - 1] == '\r')
        len--;
    if (len == 0)
        return;
    if (json_parse(json, line, len, &root, &ignored)) {
        pthread_mutex_lock(&s->lock);
        take_garbage(s, line, len);
        pthread_mutex_unlock(&s->lock);
        return;
    }
    if (json_type(root) != JSON_LIST) {
        take_message(s, json, root, line, len);
        return;
    }
    for (struct json_iter it = json_each(root); json_next(&it);) { /* a batch, 2025-03-26 */
        struct buf one = {0};
        json_dump(it.value, &one);
        take_message(s, json, it.value, buf_text(&one), one.len);
        buf_release(&one);
    }
}

/* Takes the whole lines off the front. */
static void take_lines(struct stdio_server *s, struct json_reader *json, struct buf *text)
{
    size_t from = 0;
    char *end;

    while (from < text->len && (end = memchr(text->data + from, '\n', text->len - from))) {
        take_line(s, json, text->data + from, (size_t)(end - text->data) - from);
        from = (size_t)(end - text->data) + 1;
    }
    if (from) {
        memmove(text->data, text->data + from, text->len - from);
        text->len -= from;
        text->data[text->len] = '\0';
    }
}

/* Keeps the end of what it complains of. */
static void take_complaint(struct stdio_server *s, const char *text, size_t len)
{
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < len; i++) {
        if (s->n_complaint == STDERR_KEPT) {
            memmove(s->complaint, s->complaint + STDERR_KEPT / 2, STDERR_KEPT / 2);
            s->n_complaint = STDERR_KEPT / 2;
        }
        s->complaint[s->n_complaint++] = text[i] >= ' ' ? text[i] : ' ';
    }
    while (s->n_complaint > 0 && s->complaint[s->n_complaint - 1] == ' ')
        s->n_complaint--;
    s->complaint[s->n_complaint] = '\0';
    pthread_mutex_unlock(&s->lock);
}

/* All that can be read of its standard error now. */
static void drain_complaints(struct stdio_server *s)
{
    char text[4096];
    ssize_t n;

    while ((n = read(s->process.err, text, sizeof text)) > 0)
        take_complaint(s, text, (size_t)n);
}

/* Tells all that wait that there will be no answer. */
static void tell_end(struct stdio_server *s, const char *how)
{
    pthread_mutex_lock(&s->lock);
    for (struct waiting *w = s->first; w; w = w->next) {
        if (w->answered)
            continue;
        mcp_fail(w->reply, OUTCOME_ERROR, "%s: %s%s%s", s->command[0], how,
                 s->n_complaint ? "; it said: " : "", s->complaint);
        w->answered = true;
    }
    s->runs = false;
    pthread_cond_broadcast(&s->news);
    pthread_mutex_unlock(&s->lock);
}

static void *read_all(void *arg)
{
    struct stdio_server *s = arg;
    struct json_reader *json = json_reader_new();
    struct process_limit soon = {.clock_s = s->clock_s};
    struct buf text = {0};
    const char *how = "the server has ended";
    ssize_t n = 1;

    while (n != 0 && !atomic_load(&s->closing)) {
        soon.until_s = s->clock_s() + 0.1;
        enum process_event event = process_wait(s->process.out, false, &soon);
        drain_complaints(s);
        if (event == PROCESS_LATE)
            continue;
        if (event == PROCESS_BROKEN)
            break;
        n = read(s->process.out, buf_reserve(&text, 65536), 65536);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            n = 1;
            continue;
        }
        if (n < 0)
            break;
        buf_extend(&text, (size_t)n);
        take_lines(s, json, &text);
        if (text.len > MCP_MESSAGE_MAX) {
            how = "the server's message is longer than 16 MiB";
            break;
        }
    }
    drain_complaints(s);
    tell_end(s, how);
    buf_release(&text);
    json_reader_free(json);
    return NULL;
}

/* --- its life */

/* Ends a child and its reader; the lock is not held. */
static void stop_child(struct stdio_server *s, double patience_s)
{
    double grace_s = GRACE_S;
    if (s->stop && atomic_load(s->stop))
        grace_s = patience_s = HURRY_S;
    struct process_limit limit = {s->clock_s, s->clock_s() + patience_s, NULL};

    process_close_input(&s->process); /* a server ends when its input does */
    process_stop(&(struct process){s->process.pid, -1, -1, -1}, grace_s, &limit, NULL);
    atomic_store(&s->closing, true);
    if (s->has_reader)
        pthread_join(s->reader, NULL);
    atomic_store(&s->closing, false);
    s->has_reader = false;
    s->process.pid = 0;
    limit.until_s = 0;
    process_stop(&s->process, 0, &limit, NULL); /* its descriptors */
}

/* Starts one; false with the reply filled.  Called by one thread at a time (the client's lock). */
static bool start_child(struct stdio_server *s, struct mcp_reply *reply)
{
    struct error err = {0};

    stop_child(s, 0);
    pthread_mutex_lock(&s->writing);
    int status = process_start(s->command, s->environment, s->folder, &s->process, &err);
    pthread_mutex_unlock(&s->writing);
    if (status) {
        mcp_fail(reply, OUTCOME_ERROR, "%s", err.text);
        return false;
    }
    pthread_mutex_lock(&s->lock);
    s->runs = true;
    s->n_complaint = 0;
    s->complaint[0] = '\0';
    s->counts.starts++;
    pthread_mutex_unlock(&s->lock);
    if (pthread_create(&s->reader, NULL, read_all, s)) {
        tell_end(s, "no thread to read it");
        mcp_fail(reply, OUTCOME_ERROR, "%s: the system gives no thread to read it", s->command[0]);
        return false;
    }
    s->has_reader = true;
    return true;
}

static uint64_t stdio_connect(void *self, const struct process_limit *limit,
                              struct mcp_reply *reply)
{
    struct stdio_server *s = self;

    pthread_mutex_lock(&s->lock);
    bool runs = s->runs;
    pthread_mutex_unlock(&s->lock);
    if (!runs && !start_child(s, reply))
        return 0;
    return s->counts.starts;
}

/* --- requests */

static enum process_event send_line(struct stdio_server *s, const char *message, size_t len,
                                    const struct process_limit *limit)
{
    struct buf line = {0};
    enum process_event event = PROCESS_BROKEN;

    buf_add(&line, message, len);
    for (size_t i = 0; i < line.len; i++) /* only between tokens: strings have none */
        if (line.data[i] == '\n' || line.data[i] == '\r')
            line.data[i] = ' ';
    buf_putc(&line, '\n');
    pthread_mutex_lock(&s->writing);
    if (s->process.in >= 0)
        event = process_write(&s->process, line.data, line.len, limit);
    pthread_mutex_unlock(&s->writing);
    buf_release(&line);
    return event;
}

static void stdio_notify(void *self, const char *message, size_t len,
                         const struct process_limit *limit)
{
    if (send_line(self, message, len, limit) != PROCESS_READY)
        return; /* the next request will tell */
}

/* Until it is answered; READY, LATE or CANCELLED.  The lock is held. */
static enum process_event wait_answer(struct stdio_server *s, struct waiting *w,
                                      const struct process_limit *limit)
{
    while (!w->answered) {
        struct timespec at;
        double left = limit->until_s - limit->clock_s();
        if (limit->cancelled && atomic_load(limit->cancelled))
            return PROCESS_CANCELLED;
        if (left <= 0)
            return PROCESS_LATE;
        double until = limit->clock_s() + fmin(left, limit->cancelled ? LOOK_S : 3600);
        at.tv_sec = (time_t)until;
        at.tv_nsec = (long)((until - floor(until)) * 1e9);
        pthread_cond_timedwait(&s->news, &s->lock, &at);
    }
    return PROCESS_READY;
}

static void forget(struct stdio_server *s, struct waiting *w)
{
    for (struct waiting **at = &s->first; *at; at = &(*at)->next)
        if (*at == w) {
            *at = w->next;
            return;
        }
}

/* Tells the server that nobody waits any more. */
static void tell_cancelled(struct stdio_server *s, uint64_t id)
{
    struct process_limit limit = {s->clock_s, s->clock_s() + 0.05, NULL};
    struct buf message = {0};

    mcp_put_cancelled(id, &message);
    stdio_notify(s, message.data, message.len, &limit);
    buf_release(&message);
}

static void stdio_request(void *self, uint64_t id, const char *message, size_t len,
                          const struct process_limit *limit, struct mcp_reply *reply)
{
    struct stdio_server *s = self;
    struct waiting w = {.id = id, .reply = reply};
    enum process_event event;

    reply->outcome = OUTCOME_OK;
    pthread_mutex_lock(&s->lock);
    bool runs = s->runs;
    if (runs) {
        w.next = s->first;
        s->first = &w;
    }
    pthread_mutex_unlock(&s->lock);
    if (!runs) {
        mcp_fail(reply, OUTCOME_ERROR, "%s: the server has ended", s->command[0]);
        return;
    }
    event = send_line(s, message, len, limit);
    pthread_mutex_lock(&s->lock);
    if (event == PROCESS_READY || event == PROCESS_BROKEN) /* broken: the reader will tell why */
        event = wait_answer(s, &w, limit);
    forget(s, &w);
    pthread_mutex_unlock(&s->lock);
    if (w.answered)
        return;
    mcp_fail_event(reply, event, s->command[0]);
    tell_cancelled(s, id);
}

static void stdio_agreed(void *self, const char *revision)
{
    /* nothing of stdio depends on it */
}

static struct mcp_counts stdio_counts(void *self)
{
    struct stdio_server *s = self;

    pthread_mutex_lock(&s->lock);
    struct mcp_counts counts = s->counts;
    pthread_mutex_unlock(&s->lock);
    return counts;
}

static char *stdio_session(void *self)
{
    return mem_strdup("");
}

static void stdio_close(void *self)
{
    struct stdio_server *s = self;

    stop_child(s, GRACE_S);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->writing);
    pthread_cond_destroy(&s->news);
    arena_release(&s->arena);
    mem_free(s);
}

static const char **copy_list(struct arena *a, const char *const *list)
{
    size_t n = 0;

    while (list && list[n])
        n++;
    const char **copy = arena_alloc(a, (n + 1) * sizeof *copy);
    for (size_t i = 0; i < n; i++)
        copy[i] = arena_strdup(a, list[i]);
    return copy;
}

const struct mcp_transport *mcp_stdio_open(const struct mcp_options *options, void **self)
{
    static const struct mcp_transport transport = {
        stdio_connect, stdio_request, stdio_notify, stdio_agreed,
        stdio_counts,  stdio_session, stdio_close,
    };
    struct stdio_server *s = mem_zero(1, sizeof *s);
    pthread_condattr_t attributes;

    arena_init(&s->arena);
    s->command = copy_list(&s->arena, options->command);
    s->environment = copy_list(&s->arena, options->environment);
    s->folder = options->folder ? arena_strdup(&s->arena, options->folder) : NULL;
    s->clock_s = options->clock_s;
    s->stop = options->stop;
    s->process = (struct process){.in = -1, .out = -1, .err = -1};
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->writing, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&s->news, &attributes);
    pthread_condattr_destroy(&attributes);
    *self = s;
    return &transport;
}
