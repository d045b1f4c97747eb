/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random requests in all spellings: what the walk takes up is what the parser reads.  Usual ones it
 * takes up all; of damaged ones nothing that the parser would refuse. */
#include "tests/support/both_readers.h"
#include "tests/support/support.h"

#include "base/file.h"
#include "math/rng.h"

/* How far a request strays from the usual spelling, as percentages. */
struct style {
    unsigned blanks, shuffles, escapes, extras, odd;
};
static const struct style usual = {0, 0, 10, 10, 0};
static const struct style spaced = {60, 30, 30, 30, 0};
static const struct style strange = {10, 50, 30, 30, 5};

struct writer {
    struct rng_seq rng;
    struct style style;
    struct buf *out;
};

static uint64_t below(struct writer *w, uint64_t n)
{
    return rng_below(&w->rng, n);
}

static bool chance(struct writer *w, unsigned percent)
{
    return below(w, 100) < percent;
}

/* A token, with blanks around it now and then. */
static void put(struct writer *w, const char *token)
{
    static const char *const blanks[] = {" ", "  ", "\t", "\r", " \t "};
    if (chance(w, w->style.blanks))
        buf_puts(w->out, blanks[below(w, 5)]);
    buf_puts(w->out, token);
    if (chance(w, w->style.blanks))
        buf_puts(w->out, blanks[below(w, 5)]);
}

#define PICK(w, list) (list)[below((w), sizeof(list) / sizeof *(list))]

static void put_string(struct writer *w)
{
    static const char *const plain[] = {"",          "chat",     "timed out", "a b c",   "\xC3\xA9",
                                        "Interrupt", "approved", "0.5",       "0.25 % ", "{[,:]}"};
    static const char *const escaped[] = {"\\\"",    "\\\\",       "\\n",     "\\u00e9",
                                          "\\u20AC", "\\/",        "\\u0000", "\\b\\f",
                                          "\\r\\t",  "x\\\\\\\"y", "\\u0041"};
    static const char *const odd[] = {"\\ud83d\\ude00", "\\ud800", "\\q", "\\u12g4", "\\u12"};
    struct buf s = {0};
    buf_putc(&s, '"');
    for (uint64_t parts = below(w, 4); parts; parts--) {
        bool strange_one = w->style.odd && below(w, 400) < w->style.odd;
        buf_puts(&s, strange_one                   ? PICK(w, odd)
                     : chance(w, w->style.escapes) ? PICK(w, escaped)
                                                   : PICK(w, plain));
    }
    buf_putc(&s, '"');
    put(w, buf_text(&s));
    buf_release(&s);
}

static void put_number(struct writer *w, bool whole)
{
    static const char *const wholes[] = {"0",      "7",       "-3",     "1", "123456789012345678",
                                         "\"42\"", "\"-17\"", "\"007\""};
    static const char *const reals[] = {"0.5",     "0.75",
                                        "1",       "1.0",
                                        "-0.25",   "1e-3",
                                        "2.5E2",   "0.1",
                                        "0.99999", "0.123456789012345678",
                                        "-0.0",    "1e-30",
                                        "1e+0",    "9007199254740993.5"};
    static const char *const odd[] = {"-0",
                                      "9223372036854775808",
                                      "12345678901234567890123",
                                      "1e999",
                                      "01",
                                      "1.",
                                      ".5",
                                      "+1",
                                      "\"NaN\"",
                                      "1e",
                                      "-",
                                      "0x10",
                                      "true1",
                                      "\"1.5\"",
                                      "null"};
    bool strange_one = w->style.odd && below(w, 400) < w->style.odd;
    put(w, strange_one ? PICK(w, odd) : whole ? PICK(w, wholes) : PICK(w, reals));
}

/* Anything at all, to be passed over. */
static void put_any(struct writer *w, unsigned levels)
{
    static const char *const words[] = {"true", "false", "null"};
    uint64_t kind = below(w, levels ? 6 : 4), n = below(w, 4);
    if (kind == 0) {
        put(w, PICK(w, words));
    } else if (kind == 1) {
        put_number(w, false);
    } else if (kind < 4) {
        put_string(w);
    } else {
        put(w, kind == 4 ? "[" : "{");
        for (uint64_t i = 0; i < n; i++) {
            if (i)
                put(w, ",");
            if (kind == 5) {
                put_string(w);
                put(w, ":");
            }
            put_any(w, levels - 1);
        }
        put(w, kind == 4 ? "]" : "}");
    }
}

static void put_value(struct writer *w)
{
    uint64_t kind = below(w, 8);
    put(w, "{");
    if (kind == 0 && chance(w, 20)) {
        put(w, "}");
        return;
    }
    static const char *const shapes[] = {"stringValue", "stringValue", "stringValue",
                                         "intValue",    "doubleValue", "boolValue",
                                         "arrayValue",  "kvlistValue"};
    buf_printf(w->out, "\"%s\":", shapes[kind]);
    if (kind < 3)
        put_string(w);
    else if (kind < 5)
        put_number(w, kind == 3);
    else if (kind == 5)
        put(w, below(w, 2) ? "true" : "false");
    else
        put_any(w, 3);
    if (w->style.odd && below(w, 400) < w->style.odd)
        buf_puts(w->out, ",\"stringValue\":\"too\"");
    put(w, "}");
}

static void put_attributes(struct writer *w)
{
    static const char *const keys[] = {
        "gen_ai.operation.name",
        "session.id",
        "annotations.0.annotation.name",
        "annotations.0.annotation.score",
        "annotations.0.annotation.annotator_kind",
        "trace.evaluations.1.evaluation.label",
        "app.confidence",
        "error.type",
        "app.node",
        "gate.threshold",
        "metadata",
        "output.value",
        "app.verdict",
        "http.route",
        "gen_ai.evaluation.score.value",
        "gen_ai.evaluation.name",
        "a",
        "",
        "an.attribute.whose.name.is.longer.than.sixty.characters.app.confidence"};
    put(w, "[");
    for (uint64_t i = 0, n = below(w, 7); i < n; i++) {
        if (i)
            put(w, ",");
        put(w, "{");
        bool swapped = w->style.odd && below(w, 400) < w->style.odd;
        if (!swapped)
            buf_printf(w->out, "\"key\":\"%s\",", PICK(w, keys));
        put(w, "\"value\"");
        put(w, ":");
        put_value(w);
        if (swapped)
            buf_printf(w->out, ",\"key\":\"%s\"", PICK(w, keys));
        put(w, "}");
    }
    put(w, "]");
}

static void put_events(struct writer *w)
{
    put(w, "[");
    for (uint64_t i = 0, n = below(w, 4); i < n; i++) {
        bool named = chance(w, 80);
        if (i)
            put(w, ",");
        put(w, "{");
        buf_puts(w->out, "\"timeUnixNano\":\"1700000000000000000\"");
        if (named) {
            buf_puts(w->out, ",\"name\":");
            put_string(w);
        }
        if (named || chance(w, w->style.odd)) {
            buf_puts(w->out, ",\"attributes\":");
            put_attributes(w);
        }
        put(w, "}");
    }
    put(w, "]");
}

static void put_status(struct writer *w)
{
    static const char *const statuses[] = {"{}", "{\"code\":2}", "{\"code\":1}",
                                           "{\"message\":\"dead\\u006cine\",\"code\":2}"};
    static const char *const odd[] = {"{\"code\":\"STATUS_CODE_ERROR\"}", "{\"code\":\"2\"}",
                                      "null", "{\"code\":2,\"code\":1}", "{\"code\":2.0}"};
    put(w, chance(w, w->style.odd) ? PICK(w, odd) : PICK(w, statuses));
}

static void put_id(struct writer *w, unsigned digits)
{
    static const char *const odd[] = {"null", "\"\"", "12345", "\"abc\"",
                                      "\"W47/95gDgQPSabYzgT/GDA==\""};
    struct buf s = {0};
    if (w->style.odd && below(w, 400) < w->style.odd) {
        put(w, PICK(w, odd));
        return;
    }
    buf_putc(&s, '"');
    for (unsigned i = 0; i < digits; i++)
        buf_putc(&s, "0123456789abcdefABCDEF"[below(w, i + 2 < digits ? 3 : 22)]);
    buf_putc(&s, '"');
    put(w, buf_text(&s));
    buf_release(&s);
}

static void put_time(struct writer *w)
{
    static const char *const odd[] = {
        "null", "\"\"", "1e18", "\"18446744073709551615\"", "-1", "9999999999999999999"};
    uint64_t ns = 1700000000000000000 + below(w, 1000000000);
    struct buf s = {0};
    if (w->style.odd && below(w, 400) < w->style.odd)
        buf_puts(&s, PICK(w, odd));
    else
        buf_printf(&s, below(w, 2) ? "\"%llu\"" : "%llu",
                   (unsigned long long)(below(w, 9) ? ns : 0));
    put(w, buf_text(&s));
    buf_release(&s);
}

static void put_links(struct writer *w)
{
    put(w, "[");
    for (uint64_t i = 0, n = below(w, 3); i < n; i++) {
        if (i)
            put(w, ",");
        buf_puts(w->out, "{\"traceId\":");
        put_id(w, 32);
        if (chance(w, 90)) {
            buf_puts(w->out, ",\"spanId\":");
            put_id(w, 16);
        }
        buf_puts(w->out, "}");
    }
    put(w, "]");
}

/* The members of a span; those that come first in the usual spelling mostly do. */
static void put_part(struct writer *w, uint64_t part)
{
    static const char *const keys[] = {
        "traceId",         "spanId",     "name",   "parentSpanId", "startTimeUnixNano",
        "endTimeUnixNano", "attributes", "events", "status",       "kind",
        "flags",           "traceState", "links"};
    static const char *const snakes[] = {"trace_id",
                                         "span_id",
                                         "name",
                                         "parent_span_id",
                                         "start_time_unix_nano",
                                         "end_time_unix_nano",
                                         "attributes",
                                         "events",
                                         "status",
                                         "kind",
                                         "flags",
                                         "trace_state",
                                         "links"};
    bool snake = w->style.odd && below(w, 1000) < w->style.odd;
    buf_printf(w->out, "\"%s\"", snake ? snakes[part] : keys[part]);
    put(w, ":");
    switch (part) {
    case 0:
        put_id(w, 32);
        break;
    case 1:
    case 3:
        put_id(w, 16);
        break;
    case 4:
    case 5:
        put_time(w);
        break;
    case 6:
        put_attributes(w);
        break;
    case 7:
        put_events(w);
        break;
    case 8:
        put_status(w);
        break;
    case 9:
    case 10:
        put_number(w, true);
        break;
    case 2:
    case 11:
        put_string(w);
        break;
    default:
        put_links(w);
    }
}

static void put_span(struct writer *w)
{
    uint64_t order[16], n = 0;
    for (uint64_t part = 0; part < 13; part++)
        if (part < 3 || chance(w, 70))
            order[n++] = part;
    if (chance(w, w->style.shuffles))
        for (uint64_t i = 3; i + 1 < n; i++) {
            uint64_t k = i + below(w, n - i), swap = order[i];
            order[i] = order[k];
            order[k] = swap;
        }
    if (w->style.odd && below(w, 200) < w->style.odd) /* any order, and one of them twice */
        order[below(w, n)] = below(w, 13);
    put(w, "{");
    for (uint64_t i = 0; i < n; i++) {
        if (i)
            put(w, ",");
        put_part(w, order[i]);
        if (chance(w, w->style.extras)) {
            buf_puts(w->out, ",\"unknown\":");
            put_any(w, 4);
        }
    }
    put(w, "}");
}

static void put_request(struct writer *w)
{
    put(w, "{");
    buf_puts(w->out, "\"resourceSpans\":");
    put(w, "[");
    buf_puts(w->out, "{\"resource\":");
    put_any(w, 3);
    buf_puts(w->out, ",\"scopeSpans\":");
    put(w, "[");
    buf_puts(w->out, "{\"scope\":{},\"spans\":");
    put(w, "[");
    for (uint64_t i = 0, n = 1 + below(w, 3); i < n; i++) {
        if (i)
            put(w, ",");
        put_span(w);
    }
    put(w, "]");
    put(w, "}");
    put(w, "]");
    buf_puts(w->out, ",\"schemaUrl\":\"\"}");
    put(w, "]");
    put(w, "}");
    buf_putc(w->out, '\n');
}

static size_t both_ways(uint64_t seed, const struct style *style, unsigned requests,
                        struct buf *out)
{
    static const struct log_options none, named = {.confidence = "app.node:/a",
                                                   .stage_by = "session.id",
                                                   .decision = "metadata",
                                                   .failure_when = "app.confidence < 0.5"};
    struct writer w = {.style = *style, .out = out};
    w.rng.key = rng_key(seed, 0, 0, 0, RNG_SPLIT);
    buf_clear(out);
    for (unsigned i = 0; i < requests; i++)
        put_request(&w);
    return read_both_ways(out->data, out->len, seed & 1 ? &none : &named);
}

static void requests_in_the_usual_spelling_are_all_walked(void **state)
{
    struct buf text = {0};
    for (uint64_t seed = 1; seed <= 40; seed++) {
        assert_int_equal(both_ways(seed, &usual, 20, &text), 20);
        assert_int_equal(both_ways(seed, &spaced, 20, &text), 20);
    }
    buf_release(&text);
}

static void requests_in_any_spelling_are_read_alike(void **state)
{
    struct buf text = {0};
    size_t taken = 0;
    for (uint64_t seed = 1; seed <= 100; seed++)
        taken += both_ways(seed, &strange, 20, &text);
    within((double)taken, 200, 1900); /* some are, some are not */
    buf_release(&text);
}

static void damaged_requests_are_read_alike(void **state)
{
    static const char bytes[] = "{}[]:,\"\\0e.-tn \x01\x80u";
    static const struct log_options none;
    struct rng_seq rng = {rng_key(7, 0, 0, 0, RNG_SPLIT), 0};
    struct buf text = {0}, damaged = {0};
    size_t taken = 0;
    both_ways(3, &spaced, 4, &text);
    for (unsigned i = 0; i < 3000; i++) {
        size_t at = rng_below(&rng, text.len - 1);
        buf_clear(&damaged);
        buf_add(&damaged, text.data, text.len);
        if (rng_below(&rng, 2))
            damaged.data[at] = bytes[rng_below(&rng, sizeof bytes - 1)];
        else
            memmove(damaged.data + at, damaged.data + at + 1, damaged.len - at);
        damaged.data[text.len - 1] = '\n';
        if (damaged.data[text.len - 2] == '\0')
            damaged.data[text.len - 2] = ' ';
        taken += read_both_ways(damaged.data, damaged.len, &none);
    }
    within((double)taken, 3000, 11999);
    buf_release(&text);
    buf_release(&damaged);
}

/* The numbers that the walk makes of digits itself are the nearest doubles. */
static void decimals_are_rounded_as_the_parser_rounds_them(void **state)
{
    static const struct log_options none;
    struct rng_seq rng = {rng_key(11, 0, 0, 0, RNG_SPLIT), 0};
    struct buf text = {0};
    for (unsigned i = 0; i < 2000; i++) {
        uint64_t digits = rng_below(&rng, UINT64_C(1000000000000000000)) >> rng_below(&rng, 60);
        buf_printf(&text,
                   "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":"
                   "\"5b8efff798038103d269b633813fc60c\",\"spanId\":\"eee19b7ec3c1b174\","
                   "\"name\":\"a\",\"attributes\":[{\"key\":\"confidence\",\"value\":"
                   "{\"doubleValue\":0.%0*llu}}]}]}]}]}\n",
                   (int)(1 + rng_below(&rng, 18)), (unsigned long long)digits);
    }
    assert_int_equal(read_both_ways(text.data, text.len, &none), 2000);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_in_the_usual_spelling_are_all_walked),
        cmocka_unit_test(requests_in_any_spelling_are_read_alike),
        cmocka_unit_test(damaged_requests_are_read_alike),
        cmocka_unit_test(decimals_are_rounded_as_the_parser_rounds_them),
    };
    return cmocka_run_group_tests_name("otlp_walk", tests, NULL, NULL);
}
