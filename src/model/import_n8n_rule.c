/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an n8n node's conditions say: what its outputs are called, whether it holds a confidence
 * against a threshold, counts rounds, or asks what a person has answered.  The first versions of IF
 * and Switch list conditions by type (value1, operation, value2), later ones in one list
 * (leftValue, operator, rightValue). */
#include "base/utf8.h"
#include "model/import_n8n.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

enum { CONDITIONS_SHOWN = 3, VALUE_SHOWN = 60, ROUNDS_MAX = 10000 };

/* --- conditions */

/* One comparison, whatever the version. */
struct comparison {
    struct json left, operation, right;
};

/* The comparisons of an IF, a filter or a rule, up to `most`: their number. */
static size_t comparisons_of(struct json conditions, struct comparison *out, size_t most)
{
    struct json list = json_get(conditions, "conditions");
    size_t n = 0;

    for (struct json_iter it = json_each(list); json_type(list) == JSON_LIST && json_next(&it); n++)
        if (n < most)
            out[n] = (struct comparison){json_get(it.value, "leftValue"),
                                         json_pointer(it.value, "/operator/operation"),
                                         json_get(it.value, "rightValue")};
    if (n || json_type(conditions) != JSON_MAP)
        return n;
    for (struct json_iter type = json_each(conditions); json_next(&type);)
        for (struct json_iter it = json_each(type.value);
             json_type(type.value) == JSON_LIST && json_next(&it); n++)
            if (n < most)
                out[n] = (struct comparison){json_get(it.value, "value1"),
                                             json_get(it.value, "operation"),
                                             json_get(it.value, "value2")};
    return n;
}

/* A value in short: of an expression what stands in its braces. */
static void put_value(struct json v, struct buf *out)
{
    struct buf text = {0};
    const char *s;
    size_t n;

    if (json_text(v, &s, &n)) {
        while (n && (*s == '=' || *s == '{' || *s == ' ')) {
            s++;
            n--;
        }
        while (n && (s[n - 1] == '}' || s[n - 1] == ' '))
            n--;
        buf_add(&text, s, n);
    } else
        json_dump(v, &text);
    utf8_quote(out, buf_text(&text), text.len, VALUE_SHOWN);
    buf_release(&text);
}

static void put_comparison(const struct comparison *c, struct buf *out)
{
    const char *s;
    size_t n;

    put_value(c->left, out);
    if (json_text(c->operation, &s, &n))
        buf_printf(out, " %.*s", (int)n, s);
    if (json_present(c->right) && (!json_text(c->right, &s, &n) || n)) {
        buf_putc(out, ' ');
        put_value(c->right, out);
    }
}

static void put_conditions(struct json conditions, bool any, struct buf *out)
{
    struct comparison c[CONDITIONS_SHOWN];
    size_t n = comparisons_of(conditions, c, CONDITIONS_SHOWN);

    for (size_t i = 0; i < n && i < CONDITIONS_SHOWN; i++) {
        buf_puts(out, i == 0 ? "" : any ? " or " : " and ");
        put_comparison(&c[i], out);
    }
    if (n > CONDITIONS_SHOWN)
        buf_puts(out, any ? " or more" : " and more");
}

static bool is_if(struct json node)
{
    return n8n_type_has(node, "n8n-nodes-base.if") || n8n_type_has(node, "n8n-nodes-base.filter");
}

void n8n_put_condition(struct json node, struct buf *out)
{
    struct json conditions = json_pointer(node, "/parameters/conditions");

    if (is_if(node))
        put_conditions(conditions,
                       n8n_text_is(json_get(conditions, "combinator"), "or") ||
                           n8n_text_is(json_pointer(node, "/parameters/combineOperation"), "any"),
                       out);
}

/* The one comparison of an IF; false when it has none or several. */
static bool only_comparison(struct json node, struct comparison *out)
{
    return n8n_type_has(node, "n8n-nodes-base.if") &&
           comparisons_of(json_pointer(node, "/parameters/conditions"), out, 1) == 1;
}

static bool is_one_of(struct json v, const char *const *words)
{
    for (; *words; words++)
        if (n8n_text_is(v, *words))
            return true;
    return false;
}

static const char *const more[] = {"gt", "larger", NULL};
static const char *const at_least[] = {"gte", "largerEqual", NULL};
static const char *const less[] = {"lt", "smaller", NULL};
static const char *const at_most[] = {"lte", "smallerEqual", NULL};
static const char *const equal[] = {"equals", "equal", NULL};

/* Does the text hold one of the words, whatever its case? */
static bool holds(struct json v, const char *const *words)
{
    const char *s;
    size_t n;

    for (; json_text(v, &s, &n) && *words; words++) {
        size_t len = strlen(*words);
        for (size_t i = 0; i + len <= n; i++) {
            size_t k = 0;
            while (k < len && tolower((unsigned char)s[i + k]) == (*words)[k])
                k++;
            if (k == len)
                return true;
        }
    }
    return false;
}

static bool counts(struct json left)
{
    static const char *const words[] = {"runindex", "retr",  "attempt", "iteration", "count",
                                        "tries",    "round", "loop",    NULL};

    return holds(left, words);
}

int n8n_gate(struct json node, double *threshold)
{
    struct comparison c;

    if (!only_comparison(node, &c) || counts(c.left) || !json_as_double(c.right, threshold) ||
        *threshold < 0 || *threshold > 1)
        return 0;
    return is_one_of(c.operation, more) || is_one_of(c.operation, at_least)  ? 1
           : is_one_of(c.operation, less) || is_one_of(c.operation, at_most) ? -1
                                                                             : 0;
}

/* Rounds are counted from 1, but for n8n's own $runIndex, which begins at 0. */
uint32_t n8n_rounds(struct json node, size_t i)
{
    static const char *const from_0[] = {"runindex", NULL};
    struct comparison c;
    double limit, last; /* the greatest count that goes on */

    if (!only_comparison(node, &c) || !counts(c.left) || !json_as_double(c.right, &limit) ||
        !(limit >= 1 && limit <= ROUNDS_MAX))
        return 0;
    if (i == 0)
        last = is_one_of(c.operation, less)      ? ceil(limit) - 1
               : is_one_of(c.operation, at_most) ? floor(limit)
                                                 : 0;
    else
        last = is_one_of(c.operation, more)                                        ? floor(limit)
               : is_one_of(c.operation, at_least) || is_one_of(c.operation, equal) ? ceil(limit) - 1
                                                                                   : 0;
    last += last > 0 && holds(c.left, from_0);
    return (uint32_t)last;
}

/* --- what a person has answered */

static const char *const yes_words[] = {"approv", "accept", "confirm", NULL};
static const char *const no_words[] = {"reject", "declin", "denied", "deny", "disapprov", NULL};

/* +1: it holds for what is approved, -1: for what is not, 0: it asks something else. */
static int asks_for(const struct comparison *c)
{
    static const char *const wrong[] = {"false", "notTrue", "empty", "notExists", NULL};
    static const char *const unlike[] = {"notEquals", "notEqual", "notContains", NULL};
    bool value = true;

    if (holds(c->right, no_words))
        return is_one_of(c->operation, unlike) ? 1 : -1;
    if (holds(c->right, yes_words))
        return is_one_of(c->operation, unlike) ? -1 : 1;
    if (!holds(c->left, yes_words))
        return 0;
    if (is_one_of(c->operation, wrong))
        return -1;
    if (json_as_bool(c->right, &value) || n8n_text_is(c->right, "false")) {
        bool holds_true =
            n8n_text_is(c->operation, "true") || (value && !n8n_text_is(c->right, "false"));
        return holds_true == !is_one_of(c->operation, unlike) ? 1 : -1;
    }
    return 1;
}

/* The rules of a switch, which stand in `values` since its third version. */
static struct json rules_of(struct json node, bool *early)
{
    struct json rules = json_pointer(node, "/parameters/rules/values");

    *early = json_type(rules) != JSON_LIST;
    return *early ? json_pointer(node, "/parameters/rules/rules") : rules;
}

int n8n_refusal(struct json node)
{
    struct json categories = json_pointer(node, "/parameters/categories/categories");
    struct comparison c;
    bool early;
    int i = 0;

    if (only_comparison(node, &c)) {
        int asks = asks_for(&c);
        return asks > 0 ? 1 : asks < 0 ? 0 : -1;
    }
    if (n8n_type_has(node, ".switch"))
        for (struct json_iter it = json_each(rules_of(node, &early)); json_next(&it); i++)
            if (holds(json_get(it.value, "outputKey"), no_words) ||
                (comparisons_of(json_get(it.value, "conditions"), &c, 1) == 1 && asks_for(&c) < 0))
                return i;
    if (n8n_type_has(node, "textClassifier"))
        for (struct json_iter it = json_each(categories); json_next(&it); i++)
            if (holds(json_get(it.value, "category"), no_words))
                return i;
    return -1;
}

/* --- outputs */

static double version_of(struct json node)
{
    double version = 1;

    json_as_double(json_get(node, "typeVersion"), &version);
    return version;
}

/* Types whose outputs always are the same. */
static const struct {
    const char *type, *parameter, *value; /* only when the parameter is so; NULL: always */
    size_t n;
    const char *const names[4];
} outputs[] = {
    {"n8n-nodes-base.if",               NULL,                    NULL,                                  2, {"true", "false"}                              },
    {"n8n-nodes-base.filter",           NULL,                    NULL,                                  2, {"kept", "discarded"}                          },
    {"n8n-nodes-base.compareDatasets",
     NULL,                                                       NULL,
     4,                                                                                                    {"in A only", "same", "different", "in B only"}},
    {"n8n-nodes-base.removeDuplicates",
     "/parameters/operation",                                    "removeItemsSeenInPreviousExecutions",
     2,                                                                                                    {"kept", "discarded"}                          },
    {"n8n-nodes-base.evaluation",
     "/parameters/operation",                                    "checkIfEvaluating",
     2,                                                                                                    {"evaluation", "normal"}                       },
    {"langchain.guardrails",            "/parameters/operation", NULL,                                  2, {"pass", "fail"}                               },
    {"langchain.sentimentAnalysis",     NULL,                    NULL,                                  3, {"positive", "neutral", "negative"}            },
};

/* Its row; NULL: its outputs are its own. */
static const char *const *fixed_outputs(struct json node, size_t *n)
{
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        struct json v =
            outputs[i].parameter ? json_pointer(node, outputs[i].parameter) : (struct json){0};
        if (!n8n_type_has(node, outputs[i].type) ||
            (outputs[i].value && !n8n_text_is(v, outputs[i].value)) ||
            (outputs[i].parameter && !outputs[i].value && n8n_text_is(v, "sanitize")))
            continue;
        *n = outputs[i].n;
        return outputs[i].names;
    }
    return NULL;
}

size_t n8n_outputs(struct json node)
{
    struct json options = json_pointer(node, "/parameters/options");
    bool early;
    size_t n = 0, rules = json_count(rules_of(node, &early));

    if (fixed_outputs(node, &n))
        return n;
    if (n8n_type_has(node, ".splitInBatches"))
        return version_of(node) >= 2 ? 2 : 0;
    if (n8n_type_has(node, ".switch") && rules && !early)
        return rules + n8n_text_is(json_get(options, "fallbackOutput"), "extra");
    if (n8n_type_has(node, "textClassifier"))
        return json_count(json_pointer(node, "/parameters/categories/categories")) +
               n8n_text_is(json_get(options, "fallback"), "other");
    return 0;
}

/* The output of a rule: its place in the list, but in the first switches as it says. */
static size_t output_of_rule(struct json node, struct json rule, size_t place)
{
    double output = 0;

    if (!json_present(json_get(rule, "value2")) || version_of(node) >= 2)
        return place;
    json_as_double(json_get(rule, "output"), &output);
    return output >= 0 && output < 100 ? (size_t)output : place;
}

/* What a rule or a category is called, or the condition that it stands for. */
static void put_rule(struct json rule, struct buf *out)
{
    static const char *const keys[] = {"outputKey", "category", "value2"};
    const char *s;
    size_t n, before = out->len;

    for (size_t key = 0; key < 3 && out->len == before; key++) {
        struct json name = json_get(rule, keys[key]);
        if (json_text(name, &s, &n) && n)
            buf_add(out, s, n);
        else if (json_present(name) && json_type(name) != JSON_NULL &&
                 json_type(name) != JSON_STRING)
            json_dump(name, out);
    }
    if (out->len == before)
        put_conditions(json_get(rule, "conditions"),
                       n8n_text_is(json_pointer(rule, "/conditions/combinator"), "or"), out);
}

/* What a switch or a classifier calls its output. */
static void name_by_rule(struct json node, size_t i, struct buf *out)
{
    bool early;
    struct json list = n8n_type_has(node, ".switch")
                           ? rules_of(node, &early)
                           : json_pointer(node, "/parameters/categories/categories");
    double otherwise = -1;
    size_t k = 0;

    json_as_double(json_pointer(node, "/parameters/fallbackOutput"), &otherwise);
    for (struct json_iter it = json_each(list); json_next(&it); k++)
        if (output_of_rule(node, it.value, k) == i) {
            buf_puts(out, out->len ? ", " : "");
            put_rule(it.value, out);
        }
    if (!out->len && k && (otherwise >= 0 ? (double)i == otherwise : i == k))
        buf_puts(out, "none of these");
}

void n8n_name_output(struct json node, size_t i, struct buf *out)
{
    double threshold;
    size_t n;
    int direction = n8n_gate(node, &threshold);
    const char *const *names = fixed_outputs(node, &n);

    if (direction)
        buf_puts(out, (i == 0) == (direction > 0) ? "above" : "below");
    else if (names && i < n)
        buf_puts(out, names[i]);
    else if (n8n_type_has(node, ".splitInBatches"))
        buf_puts(out, (i == 0) == (version_of(node) >= 3) ? "done" : "loop");
    else if (n8n_type_has(node, ".switch") || n8n_type_has(node, "textClassifier"))
        name_by_rule(node, i, out);
    if (!out->len)
        buf_printf(out, "output %zu", i);
}
