/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conditions: "confidence < 0.6 and visits(drafts) < 2" to a tree, by recursive descent.
 *
 *   or    = and { "or" and }           and  = not { "and" not }
 *   not   = "not" not | "(" or ")" | comparison
 *   comparison = term op term          op   = < <= > >= == !=
 *   term  = confidence | confidence(step) | visits(step) | age | outcome | class | value
 *
 * What a value is, is told by the term that it is compared with. */
#include "model/rules.h"
#include "model/scenario_internal.h"

#include <ctype.h>
#include <string.h>

enum { DEPTH_MAX = 64, NODES_MAX = 1000 };

struct parser {
    struct reading *r;
    const struct yaml_node *n;
    const char *text, *at;
    uint32_t depth;
    VEC(struct condition_node) nodes;
    bool failed;
};

/* A value that waits for the other side to say what it is. */
struct term {
    struct operand operand;
    const char *at;
    char value[64]; /* its text; "" for a term that is none */
};

/* A fault at the character `at`: behind the quote where the text stands in one line of quotes. */
static int32_t refuse(struct parser *p, const char *at, const char *sentence)
{
    struct yaml_node place = *p->n;

    if (!p->failed) {
        if (strchr(p->text, '\n') == NULL && p->n->origin == NULL) {
            place.column += p->n->quoted;
            for (const char *c = p->text; c < at; c++)
                place.column += ((unsigned char)*c & 0xC0) != 0x80;
        }
        fault_at(p->r, &place, "%s", sentence);
    }
    p->failed = true;
    return -1;
}

static void skip_spaces(struct parser *p)
{
    while (isspace((unsigned char)*p->at))
        p->at++;
}

static bool is_word_character(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.' || c == '%';
}

/* The word at `at`: its length. */
static size_t word_length(const char *at)
{
    size_t n = 0;

    while (is_word_character(at[n]))
        n++;
    return n;
}

static bool take_word(struct parser *p, const char *word)
{
    size_t n;

    skip_spaces(p);
    n = word_length(p->at);
    if (n != strlen(word) || strncmp(p->at, word, n) != 0)
        return false;
    p->at += n;
    return true;
}

static bool take_sign(struct parser *p, const char *sign)
{
    skip_spaces(p);
    if (strncmp(p->at, sign, strlen(sign)) != 0)
        return false;
    p->at += strlen(sign);
    return true;
}

static int32_t add_node(struct parser *p, struct condition_node node)
{
    if (p->nodes.len == NODES_MAX)
        return refuse(p, p->at, "this condition has more than 1000 parts");
    vec_push(&p->nodes, node);
    return (int32_t)p->nodes.len - 1;
}

/* --- terms */

/* "(step)" behind confidence or visits. */
static int take_step(struct parser *p, struct operand *out)
{
    const char *at;
    char name[128];
    size_t n;
    int32_t step;

    skip_spaces(p);
    at = p->at;
    n = word_length(at);
    if (n == 0 || n >= sizeof name)
        return refuse(p, at, "the name of a step is wanted here");
    memcpy(name, at, n);
    name[n] = '\0';
    p->at += n;
    if (!take_sign(p, ")"))
        return refuse(p, p->at, "`)` is wanted here");
    step = pipeline_step(p->r->p, name);
    if (step < 0) {
        const char **names = mem_zero(p->r->p->n_steps + 1, sizeof *names);
        for (uint32_t i = 0; i < p->r->p->n_steps; i++)
            names[i] = p->r->p->step[i].id;
        refuse(p, at,
               arena_printf(&p->r->faults->arena, "no step is called `%s`%s", name,
                            did_you_mean(p->r, p->n, name, names, p->r->p->n_steps)));
        mem_free(names);
        return -1;
    }
    out->of = (uint32_t)step;
    return 0;
}

static int parse_term(struct parser *p, struct term *out)
{
    static const char *const words[] = {"confidence", "visits", "age", "outcome", "class"};
    size_t n;

    skip_spaces(p);
    *out = (struct term){.at = p->at};
    if (take_word(p, "confidence")) {
        out->operand.kind = OPERAND_CONFIDENCE;
        if (!take_sign(p, "("))
            return 0;
        out->operand.kind = OPERAND_CONFIDENCE_OF;
        return take_step(p, &out->operand);
    }
    if (take_word(p, "visits")) {
        out->operand.kind = OPERAND_VISITS;
        if (!take_sign(p, "("))
            return refuse(p, p->at, "`visits` is of a step: visits(draft)");
        return take_step(p, &out->operand);
    }
    for (size_t i = 2; i < 5; i++) {
        static const enum operand_kind kinds[] = {OPERAND_AGE, OPERAND_OUTCOME, OPERAND_CLASS};
        if (take_word(p, words[i])) {
            out->operand.kind = kinds[i - 2];
            return 0;
        }
    }
    n = word_length(p->at);
    if (n == 0 || n >= sizeof out->value)
        return refuse(p, p->at,
                      *p->at ? "a comparison is wanted here, such as confidence < 0.6"
                             : "the condition ends too soon");
    memcpy(out->value, p->at, n);
    p->at += n;
    skip_spaces(p);
    if (*p->at == '(')
        return refuse(p, out->at,
                      arena_printf(&p->r->faults->arena,
                                   "`%s` is not known here%s: write confidence, confidence(step), "
                                   "visits(step), age, outcome or class",
                                   out->value, did_you_mean(p->r, p->n, out->value, words, 5)));
    return 0;
}

/* --- values */

static int refuse_word(struct parser *p, const struct term *t, const char *const *words, size_t n,
                       const char *what)
{
    return refuse(p, t->at,
                  arena_printf(&p->r->faults->arena, "`%s` is no %s%s", t->value, what,
                               did_you_mean(p->r, p->n, t->value, words, n)));
}

static int outcome_value(struct parser *p, struct term *t)
{
    static const char *const words[OUTCOME_COUNT] = {[OUTCOME_OK] = "ok",
                                                     [OUTCOME_WRONG] = "wrong",
                                                     [OUTCOME_ERROR] = "error",
                                                     [OUTCOME_MALFORMED] = "malformed",
                                                     [OUTCOME_TIMEOUT] = "timeout"};

    for (int i = 0; i < OUTCOME_COUNT; i++) {
        if (strcmp(words[i], t->value) != 0)
            continue;
        if (i == OUTCOME_WRONG)
            return refuse(p, t->at, "`wrong` is silent: nothing that the pipeline sees tells it");
        t->operand.value = i;
        return 0;
    }
    return refuse_word(p, t, words, OUTCOME_COUNT, "outcome (ok, error, malformed, timeout)");
}

static int class_value(struct parser *p, struct term *t)
{
    const char *names[CLASSES_MAX];
    const struct pipeline *pipeline = p->r->p;

    for (uint32_t c = 0; c < pipeline->n_classes; c++) {
        names[c] = pipeline->class[c].id;
        if (strcmp(names[c], t->value) == 0) {
            t->operand.value = c;
            return 0;
        }
    }
    return refuse_word(p, t, names, pipeline->n_classes, "class");
}

/* The value of `t`, compared with a term of this kind. */
static int give_value(struct parser *p, struct term *t, enum operand_kind other)
{
    struct error err = {0};
    uint64_t count;
    int status;

    switch (other) {
    case OPERAND_CONFIDENCE:
    case OPERAND_CONFIDENCE_OF:
        status = units_probability(t->value, &t->operand.value, NULL, NULL, &err);
        break;
    case OPERAND_VISITS:
        status = units_count(t->value, &count, &err);
        t->operand.value = status ? 0 : (double)count;
        break;
    case OPERAND_AGE:
        status = units_duration(t->value, &t->operand.value, &err);
        break;
    case OPERAND_OUTCOME:
        return outcome_value(p, t);
    case OPERAND_CLASS:
        return class_value(p, t);
    default:
        return refuse(p, t->at,
                      "a comparison has one of confidence, confidence(step), visits(step), age, "
                      "outcome, class on one side");
    }
    return status ? refuse(p, t->at, err.text) : 0;
}

static bool is_confidence(const struct operand *o)
{
    return o->kind == OPERAND_CONFIDENCE || o->kind == OPERAND_CONFIDENCE_OF;
}

static int take_op(struct parser *p, enum condition_op *out)
{
    static const struct {
        const char *sign;
        enum condition_op op;
    } ops[] = {
        {"<=", CONDITION_AT_MOST  },
        {">=", CONDITION_AT_LEAST },
        {"==", CONDITION_EQUAL    },
        {"!=", CONDITION_NOT_EQUAL},
        {"<",  CONDITION_LESS     },
        {">",  CONDITION_MORE     }
    };

    skip_spaces(p);
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        if (take_sign(p, ops[i].sign)) {
            *out = ops[i].op;
            return 0;
        }
    }
    return refuse(p, p->at,
                  *p->at == '=' ? "`=` is written `==` here"
                                : "one of < <= > >= == != is wanted here");
}

static int32_t parse_comparison(struct parser *p)
{
    struct condition_node node = {0};
    struct term left, right;
    const char *sign;

    if (parse_term(p, &left))
        return -1;
    skip_spaces(p);
    sign = p->at;
    if (take_op(p, &node.op) || parse_term(p, &right) ||
        (*left.value && give_value(p, &left, right.operand.kind)) ||
        (*right.value && give_value(p, &right, left.operand.kind)))
        return -1;
    if (!*left.value && !*right.value && left.operand.kind != right.operand.kind &&
        !(is_confidence(&left.operand) && is_confidence(&right.operand)))
        return refuse(p, sign, "these two cannot be compared with each other");
    node.left = left.operand;
    node.right = right.operand;
    if ((left.operand.kind == OPERAND_OUTCOME || left.operand.kind == OPERAND_CLASS ||
         right.operand.kind == OPERAND_OUTCOME || right.operand.kind == OPERAND_CLASS) &&
        node.op != CONDITION_EQUAL && node.op != CONDITION_NOT_EQUAL)
        return refuse(p, sign, "words are compared by == and !=");
    return add_node(p, node);
}

/* --- and, or, not */

static int32_t parse_or(struct parser *p);

static int32_t parse_not(struct parser *p)
{
    int32_t inner;
    bool negated = take_word(p, "not");

    if (!negated && !take_sign(p, "("))
        return parse_comparison(p);
    if (++p->depth > DEPTH_MAX)
        return refuse(p, p->at, "nested deeper than 64 levels");
    inner = negated ? parse_not(p) : parse_or(p);
    p->depth--;
    if (inner < 0 || negated)
        return inner < 0 ? -1
                         : add_node(p, (struct condition_node){.op = CONDITION_NOT,
                                                               .a = (uint32_t)inner});
    return take_sign(p, ")") ? inner : refuse(p, p->at, "`)` is wanted here");
}

static int32_t parse_and(struct parser *p)
{
    int32_t left = parse_not(p);

    while (left >= 0 && take_word(p, "and")) {
        int32_t right = parse_not(p);
        if (right < 0)
            return -1;
        left = add_node(p, (struct condition_node){
                               .op = CONDITION_AND, .a = (uint32_t)left, .b = (uint32_t)right});
    }
    return left;
}

static int32_t parse_or(struct parser *p)
{
    int32_t left = parse_and(p);

    while (left >= 0 && take_word(p, "or")) {
        int32_t right = parse_and(p);
        if (right < 0)
            return -1;
        left = add_node(p, (struct condition_node){
                               .op = CONDITION_OR, .a = (uint32_t)left, .b = (uint32_t)right});
    }
    return left;
}

const struct condition *value_condition(struct reading *r, const struct yaml_node *n)
{
    struct parser p = {.r = r, .n = n};
    struct condition *out = NULL;

    if (want_scalar(r, n, "a condition (\"confidence < 0.6\")"))
        return NULL;
    p.text = p.at = n->text;
    if (parse_or(&p) >= 0) {
        skip_spaces(&p);
        if (*p.at)
            refuse(&p, p.at, "`and` or `or` is wanted here");
    }
    if (!p.failed) {
        struct condition_node *nodes = arena_alloc(&r->p->arena, (p.nodes.len + 1) * sizeof *nodes);
        memcpy(nodes, p.nodes.at, p.nodes.len * sizeof *nodes);
        out = arena_alloc(&r->p->arena, sizeof *out);
        *out = (struct condition){.text = arena_strdup(&r->p->arena, n->text),
                                  .line = n->line,
                                  .column = n->column,
                                  .origin = n->origin,
                                  .n = (uint32_t)p.nodes.len,
                                  .node = nodes};
    }
    vec_release(&p.nodes);
    return out;
}
