/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules are read once, when the stage is opened; an answer is then one pass of the parser, the
 * pointers that the rules name, and a copy without the spaces between tokens, so that numbers and
 * texts stay byte for byte what they were. */
#include "exec/answer.h"

#include "base/json_write.h"
#include "base/utf8.h"

#include <pthread.h>
#include <string.h>

/* --- readers */

struct json_readers {
    pthread_mutex_t lock;
    VEC(struct json_reader *) idle;
};

struct json_readers *json_readers_new(void)
{
    struct json_readers *p = mem_zero(1, sizeof *p);

    pthread_mutex_init(&p->lock, NULL);
    return p;
}

void json_readers_free(struct json_readers *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->idle.len; i++)
        json_reader_free(p->idle.at[i]);
    vec_release(&p->idle);
    pthread_mutex_destroy(&p->lock);
    mem_free(p);
}

struct json_reader *json_readers_take(struct json_readers *p)
{
    struct json_reader *r = NULL;

    pthread_mutex_lock(&p->lock);
    if (p->idle.len > 0)
        r = p->idle.at[--p->idle.len];
    pthread_mutex_unlock(&p->lock);
    return r ? r : json_reader_new();
}

void json_readers_give(struct json_readers *p, struct json_reader *r)
{
    pthread_mutex_lock(&p->lock);
    vec_push(&p->idle, r);
    pthread_mutex_unlock(&p->lock);
}

/* --- the rules */

enum wanted {
    WANT_STRING,
    WANT_NUMBER,
    WANT_INTEGER,
    WANT_BOOLEAN,
    WANT_OBJECT,
    WANT_ARRAY,
    WANT_ANY,
    WANT_COUNT
};
static const char *const wanted_word[WANT_COUNT] = {"string", "number", "integer", "boolean",
                                                    "object", "array",  "any"};

struct expected {
    const char *name, *pointer; /* pointer: NULL where name is a member */
    enum wanted type;
};

struct answer_rules {
    struct arena arena;
    struct json_readers *readers;
    VEC(struct expected) expected;
    const char *output; /* NULL: the answer's members are the output's */
    const char *confidence, *verdict, *cost, *who, *says; /* pointers; NULL: none */
    bool judges, text;
};

void answer_rules_free(struct answer_rules *r)
{
    if (!r)
        return;
    json_readers_free(r->readers);
    vec_release(&r->expected);
    arena_release(&r->arena);
    mem_free(r);
}

bool answer_has_output(const struct answer_rules *r)
{
    return r->output;
}

bool answer_has_confidence(const struct answer_rules *r)
{
    return r->confidence;
}

static int read_expected(struct answer_rules *r, const struct stage_setting *s, struct error *err)
{
    struct json map = json_get(s->exec, "expects");

    if (json_present(map) && json_type(map) != JSON_MAP)
        return exec_fault(s, err, "`expects` maps names to types: {shot: object, score: number}");
    for (struct json_iter it = json_each(map); json_next(&it);) {
        struct expected e = {.name = arena_strndup(&r->arena, it.key, it.key_len)};
        const char *type = "", *near;
        size_t len = 0;
        json_text(it.value, &type, &len);
        const char *word = arena_strndup(&r->arena, type, len);
        while (e.type < WANT_COUNT && strcmp(word, wanted_word[e.type]) != 0)
            e.type++;
        if (e.type == WANT_COUNT) {
            near = nearest_word(word, wanted_word, WANT_COUNT);
            return near ? exec_fault(s, err,
                                     "`expects`: `%.40s` is no type of `%.60s`; did you mean `%s`?",
                                     word, e.name, near)
                        : exec_fault(s, err,
                                     "`expects`: `%.40s` is no type of `%.60s`: write string, "
                                     "number, integer, boolean, object, array or any",
                                     word, e.name);
        }
        e.pointer = *e.name == '/' ? e.name : NULL;
        vec_push(&r->expected, e);
    }
    return 0;
}

static int read_pointer(struct answer_rules *r, const struct stage_setting *s, const char *key,
                        const char **out, struct error *err)
{
    struct json v = json_get(s->exec, key);
    const char *text;
    size_t len;

    if (!json_present(v))
        return 0;
    if (!json_text(v, &text, &len) || len == 0 || *text != '/')
        return exec_fault(s, err, "`%s` is a JSON pointer into the answer, such as /%s", key, key);
    *out = arena_strndup(&r->arena, text, len);
    return 0;
}

static int read_output(struct answer_rules *r, const struct stage_setting *s, struct error *err)
{
    struct json output = json_get(s->exec, "output"), text = json_get(s->exec, "text");
    const char *name;
    size_t len;

    if (json_present(output)) {
        if (!json_text(output, &name, &len) || len == 0 || memchr(name, '\0', len))
            return exec_fault(s, err, "`output` is the name under which the answer is kept");
        r->output = arena_strndup(&r->arena, name, len);
    }
    if (json_present(text) && !json_as_bool(text, &r->text))
        return exec_fault(s, err, "`text` is true or false");
    if (r->text && !r->output)
        return exec_fault(s, err, "`text` needs a name: `output: NAME`");
    return 0;
}

int answer_rules_new(const struct stage_setting *s, struct answer_rules **out, struct error *err)
{
    enum step_kind kind = s->pipeline->step[s->step].kind;
    struct answer_rules *r = mem_zero(1, sizeof *r);

    r->readers = json_readers_new();
    r->judges = kind == STEP_CHECK || kind == STEP_REVIEW;
    if (read_expected(r, s, err) || read_output(r, s, err) ||
        read_pointer(r, s, "confidence", &r->confidence, err) ||
        read_pointer(r, s, "verdict", &r->verdict, err) ||
        read_pointer(r, s, "cost", &r->cost, err) || read_pointer(r, s, "who", &r->who, err) ||
        read_pointer(r, s, "says", &r->says, err))
        goto fail;
    if (r->verdict && !r->judges) {
        exec_fault(s, err, "`verdict` belongs to checks and reviews; this is a %s",
                   step_kind_name(kind));
        goto fail;
    }
    if (r->judges && !r->verdict)
        r->verdict = "/verdict";
    *out = r;
    return 0;
fail:
    answer_rules_free(r);
    return -1;
}

/* --- an answer */

static const char *type_word(struct json v)
{
    static const char *const word[] = {
        [JSON_NULL] = "null",     [JSON_BOOL] = "a boolean",  [JSON_INT] = "a number",
        [JSON_UINT] = "a number", [JSON_DOUBLE] = "a number", [JSON_STRING] = "a string",
        [JSON_LIST] = "an array", [JSON_MAP] = "an object",
    };

    return json_present(v) ? word[json_type(v)] : "missing";
}

static bool is_wanted(struct json v, enum wanted type)
{
    enum json_type t = json_type(v);

    switch (type) {
    case WANT_STRING:
        return t == JSON_STRING;
    case WANT_NUMBER:
        return t == JSON_INT || t == JSON_UINT || t == JSON_DOUBLE;
    case WANT_INTEGER:
        return t == JSON_INT || t == JSON_UINT;
    case WANT_BOOLEAN:
        return t == JSON_BOOL;
    case WANT_OBJECT:
        return t == JSON_MAP;
    case WANT_ARRAY:
        return t == JSON_LIST;
    default:
        return true;
    }
}

static bool is_number(struct json v)
{
    return is_wanted(v, WANT_NUMBER);
}

/* Copies JSON that was parsed without the spaces between its tokens; the depth of its nesting. */
static size_t put_compact(struct buf *out, const char *s, size_t len)
{
    char *to = buf_reserve(out, len);
    size_t n = 0, depth = 0, deepest = 0;

    for (size_t i = 0; i < len; i++) {
        char c = s[i];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
            continue;
        to[n++] = c;
        if (c == '{' || c == '[') {
            deepest = ++depth > deepest ? depth : deepest;
        } else if (c == '}' || c == ']') {
            depth--;
        } else if (c == '"') {
            while (s[++i] != '"') {
                if (s[i] == '\\')
                    to[n++] = s[i++];
                to[n++] = s[i];
            }
            to[n++] = '"';
        }
    }
    buf_extend(out, n);
    return deepest;
}

/* {"error": "..."} and nothing else? */
static bool is_refusal(struct json root, const char **text, size_t *len)
{
    return json_type(root) == JSON_MAP && json_count(root) == 1 &&
           json_text(json_get(root, "error"), text, len);
}

static bool has_expected(const struct answer_rules *r, struct json root, struct stage_answer *a)
{
    for (size_t i = 0; i < r->expected.len; i++) {
        const struct expected *e = &r->expected.at[i];
        struct json v = e->pointer ? json_pointer(root, e->pointer) : json_get(root, e->name);
        if (json_present(v) && is_wanted(v, e->type))
            continue;
        stage_answer_fail(a, OUTCOME_MALFORMED, "`%s` of the answer is %s where %s is expected",
                          e->name, type_word(v), wanted_word[e->type]);
        return false;
    }
    return true;
}

static bool read_confidence(const struct answer_rules *r, struct json root, struct stage_answer *a)
{
    const char *pointer = r->confidence ? r->confidence : "/confidence";
    struct json v = json_pointer(root, pointer);
    double x;

    if (json_present(v) ? json_type(v) == JSON_NULL : !r->confidence)
        return true;
    if (!is_number(v) || !json_as_double(v, &x)) {
        if (!r->confidence)
            return true; /* a member of that name which means something else */
        stage_answer_fail(a, OUTCOME_MALFORMED, "the confidence, %s of the answer, is %s", pointer,
                          type_word(v));
        return false;
    }
    if (!(x >= 0 && x <= 1)) {
        stage_answer_fail(a, OUTCOME_MALFORMED, "the confidence %g is not between 0 and 1", x);
        return false;
    }
    a->confidence = x;
    return true;
}

static bool read_cost(const struct answer_rules *r, struct json root, struct stage_answer *a)
{
    struct json v = r->cost ? json_pointer(root, r->cost) : (struct json){0};
    double x;

    if (!json_present(v) || json_type(v) == JSON_NULL)
        return true;
    if (!is_number(v) || !json_as_double(v, &x) || !(x >= 0)) {
        stage_answer_fail(a, OUTCOME_MALFORMED, "the cost, %s of the answer, is %s", r->cost,
                          is_number(v) ? "below 0" : type_word(v));
        return false;
    }
    a->cost = x;
    return true;
}

/* What a word of a verdict means; false: it is none. */
static bool verdict_of(const char *word, size_t len, enum stage_verdict *out)
{
    static const struct {
        const char *word;
        enum stage_verdict verdict;
    } words[] = {
        {"pass",     STAGE_PASS  },
        {"passed",   STAGE_PASS  },
        {"approve",  STAGE_PASS  },
        {"approved", STAGE_PASS  },
        {"accept",   STAGE_PASS  },
        {"accepted", STAGE_PASS  },
        {"fail",     STAGE_REJECT},
        {"failed",   STAGE_REJECT},
        {"reject",   STAGE_REJECT},
        {"edit",     STAGE_EDIT  },
        {"rejected", STAGE_REJECT},
        {"edited",   STAGE_EDIT  },
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == len && memcmp(words[i].word, word, len) == 0) {
            *out = words[i].verdict;
            return true;
        }
    return false;
}

static bool read_verdict(const struct answer_rules *r, struct json root, struct stage_answer *a)
{
    struct json v = r->judges ? json_pointer(root, r->verdict) : (struct json){0};
    const char *word;
    size_t len;
    bool pass;

    if (!r->judges)
        return true;
    if (json_as_bool(v, &pass)) {
        a->verdict = pass ? STAGE_PASS : STAGE_REJECT;
        return true;
    }
    if (json_text(v, &word, &len)) {
        struct buf quoted = {0};
        if (verdict_of(word, len, &a->verdict))
            return true;
        utf8_quote(&quoted, word, len, 40);
        stage_answer_fail(a, OUTCOME_MALFORMED,
                          "the verdict \"%s\" is none of pass, approve, fail, reject, edit",
                          buf_text(&quoted));
        buf_release(&quoted);
        return false;
    }
    stage_answer_fail(a, OUTCOME_MALFORMED, "the verdict, %s of the answer, is %s", r->verdict,
                      type_word(v));
    return false;
}

static void read_text_at(struct json root, const char *pointer, struct buf *out)
{
    const char *text;
    size_t len;

    if (pointer && json_text(json_pointer(root, pointer), &text, &len))
        buf_add(out, text, len);
}

static void put_output(const struct answer_rules *r, const char *bytes, size_t len,
                       struct stage_answer *a)
{
    struct json_write w;
    size_t depth;

    buf_clear(&a->output);
    if (r->output) {
        json_init(&w, &a->output, 0);
        json_open(&w, '{');
        json_key(&w, r->output);
    }
    depth = put_compact(&a->output, bytes, len) + (r->output ? 1 : 0);
    if (r->output)
        buf_putc(&a->output, '}');
    if (depth > ANSWER_DEPTH_MAX)
        stage_answer_fail(a, OUTCOME_MALFORMED, "the answer is nested %zu deep, %d at most", depth,
                          ANSWER_DEPTH_MAX);
}

static void read_root(const struct answer_rules *r, struct json root, const char *bytes, size_t len,
                      struct stage_answer *a)
{
    const char *text;
    size_t text_len;

    if (is_refusal(root, &text, &text_len)) {
        struct buf quoted = {0};
        utf8_quote(&quoted, text, text_len, 300);
        stage_answer_fail(a, OUTCOME_ERROR, "%s",
                          text_len > 0 ? buf_text(&quoted) : "it failed, and gives no reason");
        buf_release(&quoted);
        return;
    }
    if (!r->output && json_type(root) != JSON_MAP) {
        stage_answer_fail(a, OUTCOME_MALFORMED, "the answer is %s, not an object", type_word(root));
        return;
    }
    if (!has_expected(r, root, a) || !read_confidence(r, root, a) || !read_cost(r, root, a) ||
        !read_verdict(r, root, a))
        return;
    read_text_at(root, r->who, &a->who);
    read_text_at(root, r->says, &a->says);
    put_output(r, bytes, len, a);
}

static void read_json(const struct answer_rules *r, const char *bytes, size_t len,
                      struct stage_answer *a)
{
    struct json_reader *reader = json_readers_take(r->readers);
    struct error why = {0};
    struct json root;

    if (json_parse(reader, bytes, len, &root, &why)) {
        struct buf quoted = {0};
        utf8_quote(&quoted, bytes, len, 80);
        stage_answer_fail(a, OUTCOME_MALFORMED, "the answer is not JSON (%s): %s", why.text,
                          buf_text(&quoted));
        buf_release(&quoted);
    } else {
        read_root(r, root, bytes, len, a);
    }
    json_readers_give(r->readers, reader);
}

static size_t blanks(const char *bytes, size_t len)
{
    size_t n = 0;

    while (n < len && (bytes[n] == ' ' || (bytes[n] >= '\t' && bytes[n] <= '\r')))
        n++;
    return n;
}

void answer_read_text(const struct answer_rules *r, const char *text, size_t len,
                      struct stage_answer *a)
{
    struct json_write w;
    struct buf json = {0};

    if (!utf8_valid(text, len)) {
        stage_answer_fail(a, OUTCOME_MALFORMED, "the answer is not UTF-8");
        return;
    }
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--; /* as the shell's $(...) has it */
    json_init(&w, &json, 0);
    json_string_n(&w, text, len);
    read_json(r, json.data, json.len, a);
    buf_release(&json);
}

void answer_read(const struct answer_rules *r, const char *bytes, size_t len,
                 struct stage_answer *a)
{
    if (r->text)
        answer_read_text(r, bytes, len, a);
    else if (blanks(bytes, len) == len)
        stage_answer_fail(a, OUTCOME_MALFORMED, "it answered nothing");
    else if (!utf8_valid(bytes, len))
        stage_answer_fail(a, OUTCOME_MALFORMED, "the answer is not UTF-8");
    else
        read_json(r, bytes, len, a);
}
