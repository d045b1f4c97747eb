/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One value of a scenario each: text with a unit to a number in its range, or a fault that says
 * what would be right. */
#include "model/scenario_internal.h"

#include <ctype.h>
#include <string.h>

const char *origin_of(const struct yaml_node *n)
{
    const char *origin = n->origin;

    for (uint32_t i = 0; n->kind != YAML_SCALAR && i < n->n && origin == NULL; i++)
        origin = origin_of(n->child[i]);
    return origin;
}

const char *sentence_of(const struct error *err, const char *file)
{
    struct error place = {0};
    size_t len;

    error_at(&place, err->code, file, err->line, err->column, "%s", "");
    len = strlen(place.text);
    return strncmp(err->text, place.text, len) == 0 ? err->text + len : err->text;
}

void fault_at(struct reading *r, const struct yaml_node *n, const char *format, ...)
{
    struct buf text;
    va_list args;

    buf_init(&text);
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    faults_add(r->faults, n->line, n->column, origin_of(n), "%s", buf_text(&text));
    buf_release(&text);
}

uint64_t fault_count(const struct reading *r)
{
    return r->faults->list.len + r->faults->dropped;
}

const char *did_you_mean(struct reading *r, const struct yaml_node *at, const char *word,
                         const char *const *candidates, size_t n)
{
    const char *near = NULL;

    if (faults_wants(r->faults, at->line, at->column) && strlen(word) < 64)
        near = nearest_word(word, candidates, n);
    return near ? arena_printf(&r->faults->arena, "; did you mean `%s`?", near) : "";
}

bool is_name(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    return n > 0 && n <= 100 && s[n] == '\0';
}

bool want_name(struct reading *r, const struct yaml_node *n)
{
    if (is_name(n->text))
        return true;
    fault_at(r, n, "`%.60s` is not a name: letters, digits, `_` and `-`, at most 100 of them",
             n->text);
    return false;
}

/* `latency` of `retrieve`: what is being read, for sentences. */
static const char *where(const struct reading *r)
{
    return r->key ? r->key : "value";
}

static bool is_clock(const char *s)
{
    size_t digits = strspn(s, "0123456789");

    return digits > 0 && digits < 3 && s[digits] == ':' && isdigit((unsigned char)s[digits + 1]) &&
           isdigit((unsigned char)s[digits + 2]);
}

int want_scalar(struct reading *r, const struct yaml_node *n, const char *what)
{
    if (n->kind == YAML_SCALAR && (*n->text || n->quoted))
        return 0;
    fault_at(r, n, "`%s` is %s, not %s", where(r), what,
             n->kind == YAML_MAP    ? "a map"
             : n->kind == YAML_LIST ? "a list"
                                    : "empty");
    return -1;
}

int want_map(struct reading *r, const struct yaml_node *n, const char *what)
{
    if (n->kind == YAML_MAP && n->n > 0)
        return 0;
    fault_at(r, n, "`%s` is a map from %s", where(r), what);
    return -1;
}

int want_list(struct reading *r, const struct yaml_node *n, const char *key)
{
    if (n->kind == YAML_LIST && n->n > 0)
        return 0;
    fault_at(r, n, "`%s` is a list with at least one value", key);
    return -1;
}

/* The traps that YAML sets for numbers; -1 with a fault when n has fallen into one. */
static int check_traps(struct reading *r, const struct yaml_node *n)
{
    if (!n->quoted && is_clock(n->text)) {
        fault_at(r, n,
                 "a bare %.8s is read by YAML as it likes: times of day are written in quotes, "
                 "\"09:00\", and durations with a unit, 9h",
                 n->text);
        return -1;
    }
    if (!n->quoted && n->text[0] == '0' && isdigit((unsigned char)n->text[1])) {
        fault_at(r, n,
                 "%.20s begins with a 0, which some YAML readers take as octal: write it without",
                 n->text);
        return -1;
    }
    return 0;
}

static int number_node(struct reading *r, const struct yaml_node *n, const char *what)
{
    return want_scalar(r, n, what) || check_traps(r, n) ? -1 : 0;
}

static int refused(struct reading *r, const struct yaml_node *n, const struct error *err)
{
    fault_at(r, n, "`%s`: %s", where(r), err->text);
    return -1;
}

static uint32_t add_evidence(struct reading *r, uint64_t k, uint64_t n)
{
    struct found_evidence e = {.block = r->block, .scope = r->scope, .class_id = r->class_id};
    const char *dot = *r->class_id ? "." : "", *key = r->key;
    const struct schema_key *row = schema_find(AT_STAGE, r->key);

    if (row && (row->flags & KEY_OUTCOME) && r->step)
        e.group = GROUP_OUTCOME;
    else if (strcmp(key, "probability") == 0)
        e.group = GROUP_WAY;
    e.evidence.path = arena_printf(&r->p->arena, "%s%s%s%s%s", r->path, *r->path ? "." : "", key,
                                   dot, r->class_id);
    e.evidence.k = k;
    e.evidence.n = n;
    vec_push(&r->evidence, e);
    return (uint32_t)r->evidence.len;
}

int value_probability(struct reading *r, const struct yaml_node *n, struct number *out)
{
    struct error err = {0};
    uint64_t k, of;

    if (number_node(r, n, "a probability (0.03, 3%, 3/100)"))
        return -1;
    if (units_probability(n->text, &out->value, &k, &of, &err))
        return refused(r, n, &err);
    out->evidence = of ? add_evidence(r, k, of) : 0;
    return 0;
}

int value_share(struct reading *r, const struct yaml_node *n, double *out)
{
    struct error err = {0};
    uint64_t k, of;

    if (number_node(r, n, "a probability (0.03, 3%)"))
        return -1;
    return units_probability(n->text, out, &k, &of, &err) ? refused(r, n, &err) : 0;
}

int value_duration(struct reading *r, const struct yaml_node *n, double *out)
{
    struct error err = {0};

    if (number_node(r, n, "a duration (200ms, 42s, 1.5h)"))
        return -1;
    return units_duration(n->text, out, &err) ? refused(r, n, &err) : 0;
}

/* The sign in front of an amount is the file's currency, or none. */
static int check_currency(struct reading *r, const struct yaml_node *n)
{
    const char *sign = n->text + strspn(n->text, " "), *currency = r->p->currency;
    size_t len = strcspn(sign, "0123456789.+- ");

    if (len == 0 || (strlen(currency) == len && memcmp(sign, currency, len) == 0))
        return 0;
    fault_at(r, n, "`%s`: this file counts in %.20s; write `currency: \"%.*s\"` at its top",
             where(r), currency, (int)len, sign);
    return -1;
}

int value_rate(struct reading *r, const struct yaml_node *n, double *out)
{
    struct error err = {0};

    if (number_node(r, n, "a rate (40/h)"))
        return -1;
    if (units_rate(n->text, out, &err))
        return refused(r, n, &err);
    if (*out >= 0)
        return check_currency(r, n);
    fault_at(r, n, "`%s` is not negative", where(r));
    return -1;
}

int value_money(struct reading *r, const struct yaml_node *n, double *out)
{
    struct error err = {0};

    if (number_node(r, n, "an amount of money ($0.002)"))
        return -1;
    if (units_money(n->text, out, &err))
        return refused(r, n, &err);
    return check_currency(r, n);
}

int value_number(struct reading *r, const struct yaml_node *n, double *out)
{
    struct error err = {0};

    if (number_node(r, n, "a number"))
        return -1;
    return units_number(n->text, out, &err) ? refused(r, n, &err) : 0;
}

int value_count(struct reading *r, const struct yaml_node *n, uint32_t *out)
{
    struct error err = {0};
    uint64_t count;

    if (number_node(r, n, "a whole number"))
        return -1;
    if (units_count(n->text, &count, &err))
        return refused(r, n, &err);
    if (count > UINT32_MAX - 2) {
        fault_at(r, n, "`%s`: %.20s is too large", where(r), n->text);
        return -1;
    }
    *out = (uint32_t)count;
    return 0;
}

/* Text that YAML cut at " #": right behind it stands a # that no space follows. */
static bool is_cut(const struct reading *r, const struct yaml_node *n)
{
    size_t len, own = strlen(n->text);
    const char *line, *mark, *end;

    if (n->quoted || n->origin)
        return false;
    line = yaml_line(r->y, n->line, &len);
    mark = strstr(line, " #");
    if (mark == NULL || mark + 2 >= line + len || mark[2] == ' ' || mark[2] == '#')
        return false;
    for (end = mark; end > line && end[-1] == ' ';)
        end--;
    return (size_t)(end - line) >= own && memcmp(end - own, n->text, own) == 0;
}

int value_text(struct reading *r, const struct yaml_node *n, const char **out)
{
    if (want_scalar(r, n, "text"))
        return -1;
    if (is_cut(r, n)) {
        fault_at(r, n, "`%s` ends at ` #`, where YAML begins a comment: put the text in quotes",
                 where(r));
        return -1;
    }
    *out = arena_strdup(&r->p->arena, n->text);
    return 0;
}

int value_word(struct reading *r, const struct yaml_node *n, const char *const *words, int *out)
{
    size_t count = 0;
    struct buf list;

    if (want_scalar(r, n, "a word"))
        return -1;
    for (; words[count]; count++) {
        if (strcmp(words[count], n->text) == 0) {
            *out = (int)count;
            return 0;
        }
    }
    buf_init(&list);
    for (size_t i = 0; i < count; i++)
        buf_printf(&list, "%s%s", i ? ", " : "", words[i]);
    fault_at(r, n, "`%s` is one of %s, not `%.40s`%s", where(r), buf_text(&list), n->text,
             did_you_mean(r, n, n->text, words, count));
    buf_release(&list);
    return -1;
}
