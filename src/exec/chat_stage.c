/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A language model behind an OpenAI-compatible endpoint (POST BASE/chat/completions), as OpenAI,
 * Gemini (https://generativelanguage.googleapis.com/v1beta/openai), Ollama
 * (http://localhost:11434/v1), llama.cpp's llama-server (http://localhost:8080/v1) and vLLM
 * (http://localhost:8000/v1) serve it.
 *
 *     exec: {chat: "http://localhost:11434/v1", model: NAME, prompt: "Judge {payload.draft}.",
 *            system: "You answer in JSON.", json: true, temperature: 0.2, max_tokens: 300,
 *            logprobs: true, key_env: GEMINI_API_KEY, price: {input: $0.1, output: $0.4}}
 *
 * With `json: true` the model's text is JSON and read as exec/answer.h has it; else it is a text,
 * kept under `output`.  A fence of three backticks around it, and thoughts between <think> and
 * </think> before it, which some servers leave in, are taken off.  Members of `request` are sent as
 * they are: {seed: 7, top_p: 0.9, max_completion_tokens: 300}.
 *
 * Confidence with `logprobs: true` is the geometric mean of the probabilities of the answer's
 * tokens, exp(mean of their logarithms): the reciprocal of its perplexity.  Unlike their product it
 * does not fall with the length of the answer (Murray and Chiang, "Correcting Length Bias in Neural
 * Machine Translation", WMT 2018, on why that matters).  NaN where the server tells none (Gemini's
 * endpoint; Ollama before 0.12.11): then nothing passes a gate on it.  llama-server tells
 * probabilities before sampling, so temperature does not change them.  A `confidence` pointer goes
 * before.
 *
 * `price` is money per million tokens; spans carry tokens, models and the reason of the end under
 * the names of the OpenTelemetry conventions for generative AI. */
#include "base/json_write.h"
#include "base/units.h"
#include "base/utf8.h"
#include "exec/answer.h"
#include "exec/endpoint.h"
#include "exec/kinds.h"
#include "exec/prompt.h"
#include "exec/request.h"

#include <math.h>
#include <string.h>

struct chat {
    struct arena arena;
    struct endpoint endpoint;
    struct answer_rules *rules;
    struct json_readers *readers;
    const struct pipeline *pipeline;
    struct json more; /* `request` */
    struct prompt *prompt, *system;
    const char *model;
    double temperature, max_tokens;   /* NaN: not sent */
    double input_price, output_price; /* of a token; NaN: not known */
    bool json, logprobs;
};

/* --- options */

static int read_number(const struct stage_setting *s, const char *key, double low, double high,
                       double *out, struct error *err)
{
    struct json v = json_get(s->exec, key);

    *out = NAN;
    if (!json_present(v))
        return 0;
    if (json_type(v) == JSON_STRING || !json_as_double(v, out) || !(*out >= low && *out <= high))
        return exec_fault(s, err, "`%s` is a number from %g to %g", key, low, high);
    return 0;
}

/* Money per million tokens under a member of `price`, per token. */
static int read_price(const struct stage_setting *s, const char *key, double *out,
                      struct error *err)
{
    struct json price = json_get(s->exec, "price"), v = json_get(price, key);
    struct error why = {0};
    struct buf text = {0};
    const char *money;
    size_t len;
    double x = NAN;

    *out = NAN;
    if (!json_present(price))
        return 0;
    if (json_text(v, &money, &len))
        buf_add(&text, money, len);
    bool good = text.len > 0 ? units_money(buf_text(&text), &x, &why) == 0
                             : json_type(v) != JSON_STRING && json_as_double(v, &x);
    buf_release(&text);
    if (!good || !(x >= 0))
        return exec_fault(s, err, "`price` is {input: $0.1, output: $0.4}, per million tokens");
    *out = x / 1e6;
    return 0;
}

static int read_prices(struct chat *self, const struct stage_setting *s, struct error *err)
{
    for (struct json_iter it = json_each(json_get(s->exec, "price")); json_next(&it);)
        if (!(it.key_len == 5 && memcmp(it.key, "input", 5) == 0) &&
            !(it.key_len == 6 && memcmp(it.key, "output", 6) == 0))
            return exec_fault(s, err, "`price` is {input: $0.1, output: $0.4}, per million tokens");
    return read_price(s, "input", &self->input_price, err) ||
                   read_price(s, "output", &self->output_price, err)
               ? -1
               : 0;
}

static int read_texts(struct chat *self, const struct stage_setting *s, struct error *err)
{
    const char *prompt, *system;

    if (request_text(s, "model", &self->arena, &self->model, err) ||
        request_text(s, "prompt", &self->arena, &prompt, err) ||
        request_text(s, "system", &self->arena, &system, err))
        return -1;
    if (!self->model || !prompt)
        return exec_fault(s, err, "`chat` needs a `model` and a `prompt`");
    if (system && prompt_new(s, "system", system, &self->arena, &self->system, err))
        return -1;
    return prompt_new(s, "prompt", prompt, &self->arena, &self->prompt, err);
}

/* Members that are sent as they are, none of them ours. */
static int read_more(struct chat *self, const struct stage_setting *s, struct error *err)
{
    static const char *const ours[] = {"model",      "messages",        "stream",  "temperature",
                                       "max_tokens", "response_format", "logprobs"};

    self->more = json_get(s->exec, "request");
    if (json_present(self->more) && json_type(self->more) != JSON_MAP)
        return exec_fault(s, err, "`request` maps further members of the request to values");
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (json_present(json_get(self->more, ours[i])) &&
            (i < 3 || json_present(json_get(s->exec, ours[i])) || (i == 5 && self->json)))
            return exec_fault(s, err, "`request`: `%s` is set outside of it", ours[i]);
    return 0;
}

static int read_options(struct chat *self, const struct stage_setting *s, struct error *err)
{
    if (request_flag(s, "json", &self->json, err) ||
        request_flag(s, "logprobs", &self->logprobs, err) ||
        read_number(s, "temperature", 0, 2, &self->temperature, err) ||
        read_number(s, "max_tokens", 1, 1e9, &self->max_tokens, err) || read_prices(self, s, err) ||
        read_more(self, s, err))
        return -1;
    if (!self->json && !answer_has_output(self->rules))
        return exec_fault(
            s, err, "the model's text needs a name, `output: NAME`, or is JSON, `json: true`");
    return 0;
}

static void chat_close(void *arg)
{
    struct chat *self = arg;

    endpoint_close(&self->endpoint);
    answer_rules_free(self->rules);
    json_readers_free(self->readers);
    arena_release(&self->arena);
    mem_free(self);
}

/* BASE/chat/completions, whether or not that is written out. */
static const char *whole_url(struct arena *arena, const char *base)
{
    static const char path[] = "/chat/completions";
    size_t len = strlen(base), path_len = strlen(path);

    while (len > 0 && base[len - 1] == '/')
        len--;
    if (len > path_len && memcmp(base + len - path_len, path, path_len) == 0)
        return arena_strndup(arena, base, len);
    return arena_printf(arena, "%.*s%s", (int)len, base, path);
}

static int chat_open(const struct stage_setting *s, void **out, struct error *err)
{
    static const char *const known[] = {
        "chat",       "model", "prompt",  "system",  "json",    "logprobs", "temperature",
        "max_tokens", "price", "request", "headers", "key_env", "most",     NULL};
    struct chat *self = mem_zero(1, sizeof *self);
    const char *base;

    self->pipeline = s->pipeline;
    self->readers = json_readers_new();
    if (exec_known(s, known, err) || request_text(s, "chat", &self->arena, &base, err) ||
        answer_rules_new(s, &self->rules, err) || read_texts(self, s, err) ||
        read_options(self, s, err) ||
        endpoint_open(&self->endpoint, s, whole_url(&self->arena, base), "POST", &self->arena,
                      err)) {
        chat_close(self);
        return -1;
    }
    *out = self;
    return 0;
}

/* --- the request */

static void put_message(struct json_write *w, const char *role, const struct buf *text)
{
    json_open(w, '{');
    json_key(w, "role");
    json_string(w, role);
    json_key(w, "content");
    json_string_n(w, buf_text(text), text->len);
    json_close(w, '}');
}

static void put_options(const struct chat *self, struct json_write *w)
{
    if (!isnan(self->temperature)) {
        json_key(w, "temperature");
        json_number(w, self->temperature);
    }
    if (!isnan(self->max_tokens)) {
        json_key(w, "max_tokens");
        json_uint(w, (uint64_t)self->max_tokens);
    }
    if (self->json) {
        json_key(w, "response_format");
        json_open(w, '{');
        json_key(w, "type");
        json_string(w, "json_object");
        json_close(w, '}');
    }
    if (self->logprobs) {
        json_key(w, "logprobs");
        json_bool(w, true);
    }
}

static void put_body(const struct chat *self, const struct buf *system, const struct buf *prompt,
                     struct buf *out)
{
    struct json_write w;
    struct buf more = {0};

    json_init(&w, out, 0);
    json_open(&w, '{');
    json_key(&w, "model");
    json_string(&w, self->model);
    put_options(self, &w);
    json_key(&w, "messages");
    json_open(&w, '[');
    if (self->system)
        put_message(&w, "system", system);
    put_message(&w, "user", prompt);
    json_close(&w, ']');
    if (json_count(self->more) > 0) { /* its members, without its braces */
        json_dump(self->more, &more);
        buf_putc(out, ',');
        buf_add(out, more.data + 1, more.len - 2);
        buf_release(&more);
    }
    json_close(&w, '}');
}

/* False: `a` has failed for want of something in the payload. */
static bool put_request(const struct chat *self, const struct stage_call *c, struct buf *out,
                        struct stage_answer *a)
{
    struct json_reader *reader = json_readers_take(self->readers);
    struct buf prompt = {0}, system = {0};
    struct error err = {0};
    struct json payload = {0};
    const char *missing = NULL;

    bool read = json_parse(reader, c->payload, c->payload_len, &payload, &err) == 0;
    if (self->system)
        missing = prompt_put(self->system, self->pipeline, c, payload, &system);
    if (!missing)
        missing = prompt_put(self->prompt, self->pipeline, c, payload, &prompt);
    if (!read)
        stage_answer_fail(a, OUTCOME_ERROR, "the payload is not JSON: %s", err.text);
    else if (missing)
        stage_answer_fail(a, OUTCOME_ERROR, "the payload has nothing for {%s} of the prompt",
                          missing);
    else
        put_body(self, &system, &prompt, out);
    json_readers_give(self->readers, reader);
    buf_release(&prompt);
    buf_release(&system);
    return read && !missing;
}

/* --- the answer */

/* exp of the mean of log-probabilities; NaN where there are none. */
static double confidence_of(struct json choice)
{
    struct json logprobs = json_get(choice, "logprobs"), list = json_get(logprobs, "content");
    bool older = !json_present(list); /* of completions, as llama-cpp-python had it for chats */
    double sum = 0, x;
    size_t n = 0;

    if (older)
        list = json_get(logprobs, "token_logprobs");
    for (struct json_iter it = json_each(list); json_next(&it);) {
        struct json v = older ? it.value : json_get(it.value, "logprob");
        if (json_type(v) == JSON_NULL && older)
            continue; /* of the first token */
        if (json_type(v) == JSON_STRING || !json_as_double(v, &x) || !(x <= 1e-3))
            return NAN;
        sum += fmin(x, 0); /* rounding may leave them a little above */
        n++;
    }
    return n > 0 ? exp(sum / (double)n) : NAN;
}

static void put_text_member(struct json_write *w, const char *key, struct json v)
{
    const char *text;
    size_t len;

    if (json_text(v, &text, &len)) {
        json_key(w, key);
        json_string_n(w, text, len);
    }
}

/* The member's tokens, which are also told to the trace; NaN where it is missing. */
static double put_tokens(struct json_write *w, const char *key, struct json v)
{
    uint64_t n;

    if (json_type(v) == JSON_STRING || !json_as_u64(v, &n))
        return NAN;
    json_key(w, key);
    json_uint(w, n);
    return (double)n;
}

static void put_attributes(const struct chat *self, struct json root, struct json choice,
                           struct stage_answer *a)
{
    struct json usage = json_get(root, "usage"), reason = json_get(choice, "finish_reason");
    struct buf text = {0};
    struct json_write w;

    json_init(&w, &text, 0);
    json_open(&w, '{');
    json_key(&w, "gen_ai.operation.name");
    json_string(&w, "chat");
    json_key(&w, "gen_ai.provider.name"); /* "openai": of any compatible server, as agreed there */
    json_string(&w, "openai");
    json_key(&w, "gen_ai.request.model");
    json_string(&w, self->model);
    put_text_member(&w, "gen_ai.response.model", json_get(root, "model"));
    put_text_member(&w, "gen_ai.response.id", json_get(root, "id"));
    double in = put_tokens(&w, "gen_ai.usage.input_tokens", json_get(usage, "prompt_tokens"));
    double out = put_tokens(&w, "gen_ai.usage.output_tokens", json_get(usage, "completion_tokens"));
    if (json_type(reason) == JSON_STRING) {
        json_key(&w, "gen_ai.response.finish_reasons");
        json_open(&w, '[');
        const char *word;
        size_t len;
        json_text(reason, &word, &len);
        json_string_n(&w, word, len);
        json_close(&w, ']');
    }
    buf_clear(&a->attributes);
    buf_add(&a->attributes, text.data + 1, text.len - 1);
    buf_release(&text);
    a->cost = in * self->input_price + out * self->output_price;
}

/* The text of a message: a string, or a list of parts with texts; false: there is none. */
static bool put_content(struct json content, struct buf *out)
{
    const char *text;
    size_t len;

    if (json_text(content, &text, &len)) {
        buf_add(out, text, len);
        return true;
    }
    for (struct json_iter it = json_each(content); json_next(&it);)
        if (json_text(json_get(it.value, "text"), &text, &len))
            buf_add(out, text, len);
    return out->len > 0;
}

/* Takes off what stands before and around the answer itself. */
static void bare_text(const char **text, size_t *len)
{
    static const char opens[] = "<think>", closes[] = "</think>", fence[] = "```";
    const char *at = *text, *end = at + *len;
    const char *thought;

    at += strspn(at, " \t\r\n");
    if (strncmp(at, opens, strlen(opens)) == 0 && (thought = strstr(at, closes)))
        at = thought + strlen(closes);
    at += strspn(at, " \t\r\n");
    while (end > at && strchr(" \t\r\n", end[-1]))
        end--;
    const char *line = memchr(at, '\n', (size_t)(end - at));
    if (end - at > 6 && strncmp(at, fence, 3) == 0 && memcmp(end - 3, fence, 3) == 0 && line &&
        line < end - 3) {
        at = line + 1;
        end -= 3;
    }
    *text = at;
    *len = (size_t)(end - at);
}

static bool is_word(struct json v, const char *word)
{
    const char *text;
    size_t len;

    return json_text(v, &text, &len) && len == strlen(word) && memcmp(text, word, len) == 0;
}

/* Says what of the server's answer is not as it should be; false: all is. */
static bool fail_by_choice(struct json root, struct json choice, struct stage_answer *a)
{
    struct json refusal = json_pointer(choice, "/message/refusal");
    struct json error = json_pointer(root, "/error/message");
    const char *text;
    size_t len;
    struct buf quoted = {0};

    if (json_text(error, &text, &len) || json_text(refusal, &text, &len)) {
        utf8_quote(&quoted, text, len, 300);
        stage_answer_fail(a, OUTCOME_ERROR, "%s: %s",
                          json_present(error) ? "the server says" : "the model refused",
                          buf_text(&quoted));
        buf_release(&quoted);
        return true;
    }
    if (is_word(json_get(choice, "finish_reason"), "content_filter")) {
        stage_answer_fail(a, OUTCOME_ERROR, "the server's filter withheld the answer");
        return true;
    }
    if (!json_present(choice))
        stage_answer_fail(a, OUTCOME_MALFORMED, "the server's answer has no choices");
    return !json_present(choice);
}

static void read_message(const struct chat *self, struct json choice, struct stage_answer *a)
{
    struct buf content = {0};

    if (!put_content(json_pointer(choice, "/message/content"), &content)) {
        stage_answer_fail(a, OUTCOME_MALFORMED, "the model answered without a text");
        return;
    }
    const char *text = buf_text(&content);
    size_t len = content.len;
    bare_text(&text, &len);
    if (self->json)
        answer_read(self->rules, text, len, a);
    else if (len == 0)
        stage_answer_fail(a, OUTCOME_MALFORMED, "the model answered an empty text");
    else
        answer_read_text(self->rules, text, len, a);
    if (a->outcome == OUTCOME_MALFORMED && is_word(json_get(choice, "finish_reason"), "length"))
        buf_puts(&a->says, " (it was cut at the limit of tokens)");
    if (self->logprobs && !answer_has_confidence(self->rules))
        a->confidence = confidence_of(choice);
    buf_release(&content);
}

static void read_answer(const struct chat *self, const struct buf *body, struct stage_answer *a)
{
    struct json_reader *reader = json_readers_take(self->readers);
    struct error err = {0};
    struct json root, choice;
    const char *who;
    size_t len;

    if (json_parse(reader, buf_text(body), body->len, &root, &err)) {
        struct buf quoted = {0};
        utf8_quote(&quoted, buf_text(body), body->len, 80);
        stage_answer_fail(a, OUTCOME_MALFORMED, "the server's answer is not JSON (%s): %s",
                          err.text, buf_text(&quoted));
        buf_release(&quoted);
    } else {
        choice = json_pointer(root, "/choices/0");
        put_attributes(self, root, choice, a);
        double cost = a->cost;
        if (!fail_by_choice(root, choice, a))
            read_message(self, choice, a);
        a->cost = isnan(cost) ? a->cost : cost;
        if (a->who.len == 0 && json_text(json_get(root, "model"), &who, &len))
            buf_add(&a->who, who, len);
    }
    json_readers_give(self->readers, reader);
}

static void chat_call(void *arg, const struct stage_call *c, struct stage_answer *a)
{
    const struct chat *self = arg;
    struct http_answer answer;
    struct buf body = {0};

    http_answer_init(&answer);
    if (put_request(self, c, &body, a) && endpoint_ask(&self->endpoint, c, &body, &answer, a))
        read_answer(self, &answer.body, a);
    if (a->who.len == 0)
        buf_puts(&a->who, self->model);
    http_answer_release(&answer);
    buf_release(&body);
}

const struct stage_kind chat_kind = {
    "chat", chat_open, chat_call, NULL, chat_close, false,
};
