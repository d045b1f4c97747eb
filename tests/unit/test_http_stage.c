/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stages over HTTP: any URL, and models behind OpenAI-compatible endpoints. */
#include "tests/support/http_server.h"
#include "tests/support/stage_call.h"
#include "tests/support/support.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* What the server answers, and what it was asked last. */
struct script {
    const char *raw; /* written as it is, then the connection is closed; NULL: the three below */
    int status;
    const char *headers, *body;
    double wait_s;
    size_t flood; /* bytes */
    struct buf head, asked, path;
};

static bool answer(void *arg, int fd, const struct http_asked *asked)
{
    struct script *s = arg;
    char zeros[4096] = {0};
    bool there = true;

    buf_clear(&s->head);
    buf_clear(&s->asked);
    buf_clear(&s->path);
    buf_printf(&s->path, "%s %s", asked->method, asked->path);
    buf_puts(&s->head, asked->head);
    buf_add(&s->asked, asked->body, asked->body_len);
    if (s->wait_s > 0 && !http_wait(fd, s->wait_s))
        return false;
    if (s->raw) {
        there = http_send(fd, s->raw, strlen(s->raw));
        for (size_t i = 0; i < s->flood && there; i += sizeof zeros)
            there = http_send(fd, zeros, sizeof zeros);
        return false;
    }
    return http_reply(fd, s->status, s->headers ? s->headers : "", s->body ? s->body : "");
}

/* Opens a stage of this `exec`, where %s stands for the server's URL, and calls it once. */
static struct stage_answer ask(struct script *script, bool check, const char *exec,
                               const char *payload, double limit_s)
{
    struct http_server *server = http_server_start(answer, script);
    struct stage_bench b;
    struct stage_answer a;
    char text[1200];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof text, exec, http_server_url(server));
#pragma GCC diagnostic pop
    stage_bench_must(&b, check, text);
    stage_bench_call(&b, payload, limit_s, NULL, &a);
    stage_bench_close(&b);
    http_server_stop(server);
    return a;
}

static void script_release(struct script *s)
{
    buf_release(&s->head);
    buf_release(&s->asked);
    buf_release(&s->path);
}

static void a_url_is_told_of_the_attempt_and_answers(void **state)
{
    struct script s = {.status = 200, .body = "{\"score\": 0.5, \"confidence\": 0.75}"};
    struct stage_answer a =
        ask(&s, false, "{http: \"%s/judge?x=1\", headers: {X-Team: film}, key_env: KEY}",
            "{\"n\":1}", 5);

    answer_is(&a, OUTCOME_OK, "{\"score\":0.5,\"confidence\":0.75}");
    near(a.confidence, 0.75, 0);
    assert_string_equal(buf_text(&s.path), "POST /judge?x=1");
    assert_string_equal(
        buf_text(&s.asked),
        "{\"item\":\"item 7\",\"step\":\"work\",\"visit\":1,\"attempt\":2,\"payload\":{\"n\":1}}");
    text_has(buf_text(&s.head), "X-Team: film\r\n");
    text_has(buf_text(&s.head), "Content-Type: application/json\r\n");
    text_has(buf_text(&s.head), "Authorization: Bearer secret\r\n");
    stage_answer_release(&a);
    a = ask(&s, false, "{http: \"%s\", sends: payload, method: PUT}", "{\"n\":1}", 5);
    assert_string_equal(buf_text(&s.path), "PUT /");
    assert_string_equal(buf_text(&s.asked), "{\"n\":1}");
    stage_answer_release(&a);
    a = ask(&s, false, "{http: \"%s/x\", method: GET, headers: {Accept: text/plain}}", "{}", 5);
    assert_string_equal(buf_text(&s.path), "GET /x");
    assert_string_equal(buf_text(&s.asked), "");
    text_has(buf_text(&s.head), "Accept: text/plain\r\n");
    stage_answer_release(&a);
    script_release(&s);
}

static void each_misbehaviour_ends_in_its_outcome(void **state)
{
    static const struct {
        struct script script;
        enum outcome outcome;
        const char *part;
    } cases[] = {
        {{.status = 200, .wait_s = 5},                                                       OUTCOME_TIMEOUT,   "no whole answer within 0.05 s"                 },
        {{.status = 408},                                                                    OUTCOME_TIMEOUT,   "HTTP status 408"                               },
        {{.status = 504, .body = "{\"error\":\"upstream\"}"},                                OUTCOME_TIMEOUT,   "504: upstream"                                 },
        {{.status = 429, .headers = "Retry-After: 12\r\n", .body = "slow down"},
         OUTCOME_ERROR,                                                                                         "HTTP status 429, retry after 12 s: slow down"  },
        {{.status = 503, .body = "[{\"error\":{\"code\":503,\"message\":\"overloaded\"}}]"},
         OUTCOME_ERROR,                                                                                         "HTTP status 503: overloaded"                   },
        {{.status = 404, .body = "{\"detail\":\"Not Found\"}"},                              OUTCOME_ERROR,     "404: Not Found"                                },
        {{.status = 302, .headers = "Location: http://other/\r\n"},
         OUTCOME_ERROR,                                                                                         "302, redirects are not followed: http://other/"},
        {{.status = 200, .body = "<html>hello</html>"},                                      OUTCOME_MALFORMED, "<html>hello"                                   },
        {{.status = 200, .body = ""},                                                        OUTCOME_MALFORMED, "answered nothing"                              },
        {{.status = 204},                                                                    OUTCOME_MALFORMED, "answered nothing"                              },
        {{.status = 200, .body = "{\"a\":\"\xff\"}"},                                        OUTCOME_MALFORMED, "not UTF-8"                                     },
        {{.raw = ""},                                                                        OUTCOME_ERROR,     "broke before"                                  },
        {{.raw = "HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"a\":"},
         OUTCOME_ERROR,                                                                                         "broke before the answer was whole"             },
        {{.raw = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{\"a\":1}"},
         OUTCOME_MALFORMED,                                                                                     "not JSON"                                      },
        {{.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n3\r\n:1}\r\n"
                 "0\r\n\r\n"},
         OUTCOME_OK,                                                                                            "{\"a\":1}"                                     },
        {{.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{\"a\":1}"},
         OUTCOME_ERROR,                                                                                         "http://127.0.0.1"                              },
        {{.raw = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nnot gzip"},
         OUTCOME_MALFORMED,                                                                                     "not HTTP as it should be"                      },
        {{.raw = "\x16\x03\x01 nonsense\r\n\r\n"},                                           OUTCOME_MALFORMED, "not HTTP"                                      },
        {{.raw = "HTTP/1.1 200 OK\r\n\r\n{", .flood = 1 << 20},
         OUTCOME_MALFORMED,                                                                                     "larger than 1000 bytes"                        },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct script s = cases[i].script;
        struct stage_answer a =
            ask(&s, false, "{http: \"%s/\", most: 1000}", "{}", s.wait_s > 0 ? 0.05 : 5);
        answer_is(&a, cases[i].outcome, cases[i].part);
        stage_answer_release(&a);
        script_release(&s);
    }
}

static void nobody_who_listens_is_an_error(void **state)
{
    struct stage_bench b;
    struct stage_answer a;

    stage_bench_must(&b, false, "{http: \"http://127.0.0.1:1/\"}");
    stage_bench_call(&b, "{}", 5, NULL, &a);
    answer_is(&a, OUTCOME_ERROR, "http://127.0.0.1:1/: ");
    stage_answer_release(&a);
    stage_bench_close(&b);
}

static void *cancel_soon(void *flag)
{
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    atomic_store((atomic_bool *)flag, true);
    return NULL;
}

static void a_cancelled_call_ends_soon(void **state)
{
    struct script s = {.status = 200, .wait_s = 5};
    struct http_server *server = http_server_start(answer, &s);
    atomic_bool cancelled = false;
    struct stage_bench b;
    struct stage_answer a;
    pthread_t thread;
    char exec[80];
    double began = stage_bench_clock_s();

    snprintf(exec, sizeof exec, "{http: \"%s\"}", http_server_url(server));
    stage_bench_must(&b, false, exec);
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &cancelled), 0);
    stage_bench_call(&b, "{}", INFINITY, &cancelled, &a);
    pthread_join(thread, NULL);
    answer_is(&a, OUTCOME_ERROR, "not needed any more");
    within(stage_bench_clock_s() - began, 0.01, 60);
    stage_answer_release(&a);
    stage_bench_close(&b);
    http_server_stop(server);
    script_release(&s);
}

/* --- chat */

static const char completion[] =
    "{\"id\":\"c-1\",\"model\":\"small-2\",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\","
    "\"message\":{\"role\":\"assistant\",\"content\":\"{\\\"verdict\\\": \\\"pass\\\"}\"},"
    "\"logprobs\":{\"content\":[{\"token\":\"{\",\"logprob\":-0.5},{\"token\":\"}\","
    "\"logprob\":-1.5}]}}],\"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":20}}";

static void a_model_is_asked_as_the_api_has_it(void **state)
{
    struct script s = {.status = 200, .body = completion};
    struct stage_answer a = ask(
        &s, true,
        "{chat: \"%s/v1/\", model: small, system: \"Judge {step}.\", prompt: \"Is "
        "{payload.draft.text} like {payload.tags}? {\\\"a\\\":1} {{item} {visit}\", json: true, "
        "temperature: 0.2, max_tokens: 50, logprobs: true, key_env: KEY, request: {seed: 7, "
        "stop: [x]}, price: {input: $0.5, output: $2}}",
        "{\"draft\":{\"text\":\"a \\\"b\\\"\"},\"tags\":[\"x\",2]}", 5);

    answer_is(&a, OUTCOME_OK, "{\"verdict\":\"pass\"}");
    assert_int_equal(a.verdict, STAGE_PASS);
    assert_string_equal(buf_text(&s.path), "POST /v1/chat/completions");
    text_has(buf_text(&s.head), "Authorization: Bearer secret\r\n");
    assert_string_equal(
        buf_text(&s.asked),
        "{\"model\":\"small\",\"temperature\":0.2,\"max_tokens\":50,\"response_format\":{\"type\":"
        "\"json_object\"},\"logprobs\":true,\"messages\":[{\"role\":\"system\",\"content\":\"Judge "
        "work.\"},{\"role\":\"user\",\"content\":\"Is a \\\"b\\\" like [\\\"x\\\",2]? "
        "{\\\"a\\\":1} "
        "{item} 1\"}],\"seed\":7,\"stop\":[\"x\"]}");
    near(a.confidence, 0.36787944117144233, 1e-15); /* 1/e: the mean of -0.5 and -1.5 is -1 */
    near(a.cost, 0.00054, 1e-18); /* 1000 tokens at $0.5 and 20 at $2 per million */
    assert_string_equal(buf_text(&a.who), "small-2");
    assert_string_equal(
        buf_text(&a.attributes),
        "\"gen_ai.operation.name\":\"chat\",\"gen_ai.provider.name\":\"openai\","
        "\"gen_ai.request.model\":\"small\",\"gen_ai.response.model\":\"small-2\","
        "\"gen_ai.response.id\":\"c-1\",\"gen_ai.usage.input_tokens\":1000,"
        "\"gen_ai.usage.output_tokens\":20,\"gen_ai.response.finish_reasons\":[\"stop\"]");
    stage_answer_release(&a);
    script_release(&s);
}

/* A completion with this message and these further members of the choice. */
static struct stage_answer say(const char *exec, const char *message, const char *more)
{
    char body[900];
    struct script s = {.status = 200, .body = body};

    snprintf(body, sizeof body, "{\"choices\":[{\"message\":%s%s}]}", message, more);
    struct stage_answer a = ask(&s, false, exec, "{\"a\":1}", 5);
    script_release(&s);
    return a;
}

static void the_text_of_a_model_is_json_or_has_a_name(void **state)
{
    static const char json[] = "{chat: \"%s\", model: m, prompt: p, json: true}";
    static const char text[] = "{chat: \"%s\", model: m, prompt: p, output: draft}";
    static const struct {
        const char *exec, *message, *more;
        enum outcome outcome;
        const char *part;
    } cases[] = {
        {text, "{\"content\":\"A shot.\\n\"}",                                        "",                                      OUTCOME_OK,        "{\"draft\":\"A shot.\"}"},
        {text, "{\"content\":[{\"type\":\"text\",\"text\":\"A\"},{\"text\":\"B\"}]}", "",
         OUTCOME_OK,                                                                                                                              "{\"draft\":\"AB\"}"     },
        {text, "{\"content\":\"<think>\\nhm</think>\\nyes\"}",                        "",                                      OUTCOME_OK,        "\"yes\""                },
        {text, "{\"content\":\"\"}",                                                  "",                                      OUTCOME_MALFORMED, "empty text"             },
        {text, "{\"content\":null,\"tool_calls\":[]}",                                "",                                      OUTCOME_MALFORMED, "without a text"         },
        {json, "{\"content\":\"```json\\n{\\\"a\\\": 2}\\n```\"}",                    "",                                      OUTCOME_OK,        "{\"a\":2}"              },
        {json, "{\"content\":\"Sure! {\"}",                                           "",                                      OUTCOME_MALFORMED, "not JSON"               },
        {json, "{\"content\":\"{\\\"a\\\": \"}",                                      ",\"finish_reason\":\"length\"",         OUTCOME_MALFORMED,
         "(it was cut at the limit of tokens)"                                                                                                                             },
        {json, "{\"content\":null,\"refusal\":\"I cannot\"}",                         "",                                      OUTCOME_ERROR,
         "the model refused: I cannot"                                                                                                                                     },
        {json, "{\"content\":\"{}\"}",                                                ",\"finish_reason\":\"content_filter\"", OUTCOME_ERROR,
         "filter withheld"                                                                                                                                                 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage_answer a = say(cases[i].exec, cases[i].message, cases[i].more);
        answer_is(&a, cases[i].outcome, cases[i].part);
        assert_true(isnan(a.confidence) && isnan(a.cost));
        assert_string_equal(buf_text(&a.who), "m");
        stage_answer_release(&a);
    }
}

static void confidence_is_of_the_tokens_where_they_are_told(void **state)
{
    static const char exec[] = "{chat: \"%s\", model: m, prompt: p, json: true, logprobs: true}";
    static const char own[] =
        "{chat: \"%s\", model: m, prompt: p, json: true, logprobs: true, confidence: /c}";
    static const struct {
        const char *exec, *more;
        double want;
    } cases[] = {
        {exec, ",\"logprobs\":{\"content\":[{\"logprob\":-0.25}]}",                   0.77880078307140487},
        {exec, ",\"logprobs\":{\"content\":[{\"logprob\":0}]}",                       1                  },
        {exec, ",\"logprobs\":{\"content\":[{\"logprob\":-9999.0},{\"logprob\":0}]}", 0                  },
        {exec, ",\"logprobs\":{\"tokens\":[\"a\"],\"token_logprobs\":[null,-0.25]}",
         0.77880078307140487                                                                             },
        {exec, ",\"logprobs\":{\"content\":[]}",                                      NAN                },
        {exec, ",\"logprobs\":{\"content\":[{\"logprob\":3}]}",                       NAN                },
        {exec, ",\"logprobs\":null",                                                  NAN                },
        {exec, "",                                                                    NAN                },
        {own,  ",\"logprobs\":{\"content\":[{\"logprob\":-0.25}]}",                   0.125              },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage_answer a =
            say(cases[i].exec, "{\"content\":\"{\\\"c\\\":0.125,\\\"confidence\\\":1}\"}",
                cases[i].more);
        assert_int_equal(a.outcome, OUTCOME_OK);
        if (isnan(cases[i].want))
            assert_true(isnan(a.confidence));
        else
            near(a.confidence, cases[i].want, 1e-15);
        stage_answer_release(&a);
    }
}

static void servers_of_models_fail_as_they_do(void **state)
{
    static const struct {
        struct script script;
        enum outcome outcome;
        const char *part;
    } cases[] = {
        {{.status = 401, .body = "{\"error\":{\"message\":\"Incorrect API key\"}}"},
         OUTCOME_ERROR,                                                                                 "HTTP status 401: Incorrect API key"},
        {{.status = 400, .body = "[{\"error\":{\"message\":\"no logprobs\"}}]"},
         OUTCOME_ERROR,                                                                                 "HTTP status 400: no logprobs"      },
        {{.status = 200, .body = "{\"error\":{\"message\":\"no such model\"}}"},
         OUTCOME_ERROR,                                                                                 "the server says: no such model"    },
        {{.status = 200, .body = "{\"choices\":[]}"},                                OUTCOME_MALFORMED, "has no choices"                    },
        {{.status = 200, .body = "[]"},                                              OUTCOME_MALFORMED, "has no choices"                    },
        {{.status = 200, .body = "data: {}"},                                        OUTCOME_MALFORMED, "server's answer is not JSON"       },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct script s = cases[i].script;
        struct stage_answer a =
            ask(&s, false, "{chat: \"%s\", model: m, prompt: p, json: true}", "{}", 5);
        answer_is(&a, cases[i].outcome, cases[i].part);
        stage_answer_release(&a);
        script_release(&s);
    }
    struct script s = {.status = 200, .body = completion};
    struct stage_answer a =
        ask(&s, false, "{chat: \"%s\", model: m, prompt: \"{payload.a.b}\", json: true}",
            "{\"a\":1}", 5);
    answer_is(&a, OUTCOME_ERROR, "the payload has nothing for {payload.a.b} of the prompt");
    assert_int_equal(s.path.len, 0); /* the server was not asked */
    stage_answer_release(&a);
    script_release(&s);
}

static void options_that_cannot_be_are_refused(void **state)
{
#define CHAT "{chat: \"http://localhost/v1\", model: m, prompt: p, json: true, "
    static const struct {
        const char *exec, *part;
    } cases[] = {
        {"{http: \"ftp://x/\"}",                              "is not a URL of http or https"             },
        {"{http: 7}",                                         "`http` is a text"                          },
        {"{http: \"http://x/\", method: FETCH}",              "`method` is GET, POST"                     },
        {"{http: \"http://x/\", headers: [a]}",               "`headers` maps names to texts"             },
        {"{http: \"http://x/\", headers: {A: \"b\\nC: d\"}}", "more than one line"                        },
        {"{http: \"http://x/\", key_env: NO_KEY}",            "the environment variable NO_KEY is not set"},
        {"{http: \"http://x/\", timeout: 3}",                 "unknown key `timeout`"                     },
        {"{chat: \"http://x/\", prompt: p, json: true}",      "needs a `model` and a `prompt`"            },
        {"{chat: \"http://x/\", model: m, prompt: p}",        "`output: NAME`, or is JSON, `json: true`"  },
        {CHAT "temperature: hot}",                            "`temperature` is a number from 0 to 2"     },
        {CHAT "price: {input: $1}}",                          "`price` is {input: $0.1, output: $0.4}"    },
        {CHAT "price: {input: $1, ouput: $1}}",               "`price` is"                                },
        {CHAT "request: {model: x}}",                         "`request`: `model` is set outside of it"   },
        {CHAT "system: \"{paylod.x}\"}",                      "`system` has no place {paylod.x}"          },
        {CHAT "system: \"{payload..x}\"}",                    "a member without a name"                   },
        {CHAT "system: \"{{payload.x}}\"}",                   "a place has single braces: {payload.x}"    },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage_bench b;
        struct error err = {0};
        assert_int_equal(stage_bench_open(&b, false, cases[i].exec, &err), -1);
        error_is(&err, ERR_INPUT, cases[i].part);
        stage_bench_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_is_told_of_the_attempt_and_answers),
        cmocka_unit_test(each_misbehaviour_ends_in_its_outcome),
        cmocka_unit_test(nobody_who_listens_is_an_error),
        cmocka_unit_test(a_cancelled_call_ends_soon),
        cmocka_unit_test(a_model_is_asked_as_the_api_has_it),
        cmocka_unit_test(the_text_of_a_model_is_json_or_has_a_name),
        cmocka_unit_test(confidence_is_of_the_tokens_where_they_are_told),
        cmocka_unit_test(servers_of_models_fail_as_they_do),
        cmocka_unit_test(options_that_cannot_be_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
