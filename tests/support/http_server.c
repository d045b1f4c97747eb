/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One thread accepts, one serves each connection.  Requests are read as RFC 9112 has them, as far
 * as our own client sends such: Content-Length, no chunks. */
#include "tests/support/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection {
    struct http_server *server;
    int fd;
    unsigned number;
    pthread_t thread;
};
struct http_server {
    http_answerer *answer;
    void *arg;
    int fd;
    char url[40];
    pthread_t thread;
    pthread_mutex_t lock;
    VEC(struct connection *) connections;
    atomic_bool stops;
};

bool http_send(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len > 0) {
        ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

bool http_reply(int fd, int status, const char *headers, const char *body)
{
    struct buf b = {0};

    buf_printf(&b, "HTTP/1.1 %d Word\r\nContent-Length: %zu\r\n%s\r\n%s", status, strlen(body),
               headers, body);
    bool sent = http_send(fd, b.data, b.len);
    buf_release(&b);
    return sent;
}

bool http_wait(int fd, double seconds)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, (int)(seconds * 1e3)) == 0;
}

bool http_asked_has(const struct http_asked *asked, const char *header)
{
    const char *at = strstr(asked->head, header);
    size_t len = strlen(header);

    return at && (at == asked->head || at[-1] == '\n') && (at[len] == '\r' || at[len] == '\n');
}

/* Bytes of the request that `in` begins with; 0: not all of it is there. */
static size_t request_len(const struct buf *in, size_t *head_len)
{
    const char *end = in->len ? strstr(in->data, "\r\n\r\n") : NULL;
    size_t body = 0;

    if (!end)
        return 0;
    *head_len = (size_t)(end - in->data) + 4;
    for (const char *line = in->data; line < end; line = strstr(line, "\r\n") + 2)
        if (strncasecmp(line, "content-length:", 15) == 0)
            body = strtoul(line + 15, NULL, 10);
    return in->len >= *head_len + body ? *head_len + body : 0;
}

static bool serve_one(struct connection *c, struct buf *in, unsigned number)
{
    struct http_asked asked = {.connection = c->number, .number = number};
    size_t head_len, len;
    char room[4096];

    while (!(len = request_len(in, &head_len))) {
        ssize_t n = recv(c->fd, room, sizeof room, 0);
        if (n <= 0)
            return false;
        buf_add(in, room, (size_t)n);
    }
    char *head = strndup(in->data, head_len), *body = strndup(in->data + head_len, len - head_len);
    char *line_end = strstr(head, "\r\n");
    bool stays = sscanf(head, "%15s %255s", asked.method, asked.path) == 2;
    asked.head = line_end + 2;
    asked.body = body;
    asked.body_len = len - head_len;
    stays = stays && c->server->answer(c->server->arg, c->fd, &asked);
    free(head);
    free(body);
    memmove(in->data, in->data + len, in->len - len);
    in->len -= len;
    in->data[in->len] = '\0';
    return stays;
}

static void *serve(void *arg)
{
    struct connection *c = arg;
    struct buf in = {0};
    unsigned number = 1;

    while (!atomic_load(&c->server->stops) && serve_one(c, &in, number))
        number++;
    shutdown(c->fd, SHUT_RDWR);
    buf_release(&in);
    return NULL;
}

static void *listen_on(void *arg)
{
    struct http_server *s = arg;

    while (!atomic_load(&s->stops)) {
        int fd = accept(s->fd, NULL, NULL);
        if (fd < 0)
            continue;
        struct connection *c = mem_zero(1, sizeof *c);
        *c = (struct connection){.server = s, .fd = fd};
        pthread_mutex_lock(&s->lock);
        vec_push(&s->connections, c);
        c->number = (unsigned)s->connections.len;
        if (pthread_create(&c->thread, NULL, serve, c))
            BUG("no thread for a connection");
        pthread_mutex_unlock(&s->lock);
    }
    return NULL;
}

struct http_server *http_server_start(http_answerer *answer, void *arg)
{
    struct http_server *s = mem_zero(1, sizeof *s);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;

    s->answer = answer;
    s->arg = arg;
    s->fd = socket(AF_INET, SOCK_STREAM, 0);
    pthread_mutex_init(&s->lock, NULL);
    if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&at, sizeof at) || listen(s->fd, 64) ||
        getsockname(s->fd, (struct sockaddr *)&at, &size))
        BUG("no server on 127.0.0.1: %s", strerror(errno));
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d", ntohs(at.sin_port));
    if (pthread_create(&s->thread, NULL, listen_on, s))
        BUG("no thread for the server");
    return s;
}

const char *http_server_url(const struct http_server *s)
{
    return s->url;
}

bool http_server_stops(const struct http_server *s)
{
    return atomic_load(&s->stops);
}

void http_server_stop(struct http_server *s)
{
    atomic_store(&s->stops, true);
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    for (size_t i = 0; i < s->connections.len; i++) {
        struct connection *c = s->connections.at[i];
        shutdown(c->fd, SHUT_RDWR);
        pthread_join(c->thread, NULL);
        close(c->fd);
        mem_free(c);
    }
    vec_release(&s->connections);
    close(s->fd);
    pthread_mutex_destroy(&s->lock);
    mem_free(s);
}
