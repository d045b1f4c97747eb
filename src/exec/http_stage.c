/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A URL as a stage: JSON in the request's body, JSON in the answer's.
 *
 *     exec: {http: "http://127.0.0.1:8000/judge", method: POST, sends: payload, headers: {...}}
 *
 * It is told {item, step, class, visit, attempt, payload} (`sends: payload`: the payload alone),
 * and nothing with `method: GET`; it answers as exec/answer.h has it. */
#include "exec/answer.h"
#include "exec/endpoint.h"
#include "exec/kinds.h"
#include "exec/request.h"

#include <string.h>

struct http_stage {
    struct arena arena;
    struct endpoint endpoint;
    struct answer_rules *rules;
    const struct pipeline *pipeline;
    enum sends sends;
    bool bare; /* no body */
};

static void http_close(void *arg)
{
    struct http_stage *self = arg;

    endpoint_close(&self->endpoint);
    answer_rules_free(self->rules);
    arena_release(&self->arena);
    mem_free(self);
}

static int read_method(struct http_stage *self, const struct stage_setting *s, const char **method,
                       struct error *err)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

    if (request_text(s, "method", &self->arena, method, err))
        return -1;
    if (!*method)
        *method = "POST";
    self->bare = strcmp(*method, "GET") == 0;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(*method, methods[i]) == 0)
            return 0;
    return exec_fault(s, err, "`method` is GET, POST, PUT, PATCH or DELETE");
}

static int http_open(const struct stage_setting *s, void **out, struct error *err)
{
    static const char *const known[] = {"http",    "method", "headers", "sends",
                                        "key_env", "most",   NULL};
    struct http_stage *self = mem_zero(1, sizeof *self);
    const char *url = NULL, *method = NULL;

    self->pipeline = s->pipeline;
    if (exec_known(s, known, err) || request_text(s, "http", &self->arena, &url, err) ||
        read_method(self, s, &method, err) || request_sends(s, &self->sends, err) ||
        answer_rules_new(s, &self->rules, err) ||
        endpoint_open(&self->endpoint, s, url, method, &self->arena, err)) {
        http_close(self);
        return -1;
    }
    *out = self;
    return 0;
}

static void http_stage_call(void *arg, const struct stage_call *c, struct stage_answer *a)
{
    const struct http_stage *self = arg;
    struct buf body = {0};
    struct http_answer answer;

    if (!self->bare)
        request_put(self->pipeline, c, self->sends, &body);
    if (endpoint_ask(&self->endpoint, c, self->bare ? NULL : &body, &answer, a))
        answer_read(self->rules, buf_text(&answer.body), answer.body.len, a);
    http_answer_release(&answer);
    buf_release(&body);
}

const struct stage_kind http_kind = {
    "http", http_open, http_stage_call, NULL, http_close, false,
};
