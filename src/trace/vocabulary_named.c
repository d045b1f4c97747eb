/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the user named (--stage-by, --confidence, --failure-when, ...): a key, and a pointer into
 * the JSON that its value may be.  It outranks all other words. */
#include "trace/vocabulary_parts.h"

#include <string.h>

bool vocabulary_is_named(const struct vocabulary *v, const char *key, size_t len)
{
    const struct named_path *paths[] = {&v->stage_by, &v->item_by,  &v->task_by, &v->confidence,
                                        &v->decision, &v->reviewer, &v->cost,    &v->failure.path};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (paths[i]->key && paths[i]->len == len && memcmp(paths[i]->key, key, len) == 0)
            return true;
    return false;
}

/* Is `a` the attribute that `path` names?  Then *value is what the path points at. */
static bool named(struct vocabulary *v, const struct named_path *path, const struct attribute *a,
                  struct attribute *value)
{
    struct json root;
    if (!path->key || path->len != a->key_len || memcmp(path->key, a->key, path->len) != 0)
        return false;
    *value = *a;
    if (!path->pointer)
        return true;
    return vocabulary_json(v, a, &root) &&
           attribute_of_json(json_pointer(root, path->pointer), value);
}

static bool compares(struct vocabulary *v, const struct attribute *a)
{
    struct error ignored = {0};
    double x, y;
    bool numbers = vocabulary_number(v, a, &x) && units_number(v->failure.value, &y, &ignored) == 0;
    const char *s;
    size_t len, n = strlen(v->failure.value);
    if (v->failure.compare == NAMED_BELOW || v->failure.compare == NAMED_ABOVE)
        return numbers && (v->failure.compare == NAMED_BELOW ? x < y : x > y);
    vocabulary_text(v, a, &s, &len);
    bool equal = numbers ? x == y : len == n && memcmp(s, v->failure.value, n) == 0;
    if (v->failure.compare != NAMED_CONTAINS)
        return equal == (v->failure.compare == NAMED_EQUAL);
    for (size_t i = 0; i + n <= len; i++)
        if (memcmp(s + i, v->failure.value, n) == 0)
            return true;
    return false;
}

void vocabulary_apply_named(struct vocabulary *v, const struct attribute *a)
{
    struct attribute value;
    double x;
    if (named(v, &v->stage_by, a, &value))
        v->span.stage_key = vocabulary_intern(v, &value);
    if (named(v, &v->item_by, a, &value))
        v->span.item_key = vocabulary_intern(v, &value);
    if (named(v, &v->task_by, a, &value))
        v->span.task_key = vocabulary_intern(v, &value);
    if (named(v, &v->confidence, a, &value) && vocabulary_number(v, &value, &x))
        vocabulary_score(v, RANK_USER, x);
    if (named(v, &v->cost, a, &value) && vocabulary_number(v, &value, &x))
        vocabulary_cost(v, RANK_USER, false, x);
    if (named(v, &v->decision, a, &value))
        vocabulary_put_text(v, &v->rank_decision, RANK_USER, &v->span.decision, &value);
    if (named(v, &v->reviewer, a, &value))
        vocabulary_put_reviewer(v, RANK_USER, &value);
    if (named(v, &v->failure.path, a, &value) && compares(v, &value))
        v->failed = true;
}

void vocabulary_named(struct vocabulary *v, const struct attribute *a)
{
    const struct vocabulary_key *key = vocabulary_key(v, a->key, a->key_len);
    if (key && key->is_named)
        vocabulary_apply_named(v, a);
}

void vocabulary_missing(const struct vocabulary *v, struct trace_log *log)
{
    const struct {
        const char *option;
        const struct named_path *path;
    } named_by[] = {
        {"--stage-by",     &v->stage_by    },
        {"--item-by",      &v->item_by     },
        {"--task-by",      &v->task_by     },
        {"--confidence",   &v->confidence  },
        {"--decision",     &v->decision    },
        {"--reviewer-by",  &v->reviewer    },
        {"--cost",         &v->cost        },
        {"--failure-when", &v->failure.path}
    };
    for (size_t i = 0; i < sizeof named_by / sizeof named_by[0]; i++)
        if (named_by[i].path->key)
            unknown_missing(&v->unknown, named_by[i].option, named_by[i].path->key,
                            named_by[i].path->len, log);
}
