/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Deep equality of JSON values, by their types and then member by member. */
#include "exec/judge.h"

#include <string.h>

static bool is_number(enum json_type t)
{
    return t == JSON_INT || t == JSON_UINT || t == JSON_DOUBLE;
}

/* Whole numbers as such, since a double holds them to 2^53 alone. */
static bool same_number(struct json a, struct json b)
{
    int64_t i, k;
    uint64_t u, v;
    double x, y;

    if (json_type(a) != JSON_DOUBLE && json_type(b) != JSON_DOUBLE) {
        if (json_as_i64(a, &i) && json_as_i64(b, &k))
            return i == k;
        return json_as_u64(a, &u) && json_as_u64(b, &v) && u == v;
    }
    return json_as_double(a, &x) && json_as_double(b, &y) && x == y;
}

/* Equality of JSON values (RFC 8259): numbers by their value, texts byte for byte, lists in their
 * order, maps whatever the order of their members; absent equals absent alone. */
static bool same(struct json a, struct json b);

/* Are all members of a in b, and the same? */
static bool members_in(struct json a, struct json b)
{
    for (struct json_iter it = json_each(a); json_next(&it);) {
        struct json mine = json_get_n(a, it.key, it.key_len),
                    other = json_get_n(b, it.key, it.key_len);
        if (!json_present(other) || !same(mine, other))
            return false;
    }
    return true;
}

static bool same_list(struct json a, struct json b)
{
    struct json_iter x = json_each(a), y = json_each(b);

    if (json_count(a) != json_count(b))
        return false;
    while (json_next(&x) && json_next(&y))
        if (!same(x.value, y.value))
            return false;
    return true;
}

static bool same_text(struct json a, struct json b)
{
    const char *s, *t;
    size_t n, m;

    return json_text(a, &s, &n) && json_text(b, &t, &m) && n == m && memcmp(s, t, n) == 0;
}

static bool same(struct json a, struct json b)
{
    bool x, y;
    enum json_type t = json_type(a);

    if (json_present(a) != json_present(b))
        return false;
    if (is_number(t) && is_number(json_type(b)))
        return same_number(a, b);
    if (t != json_type(b))
        return false;
    switch (t) {
    case JSON_BOOL:
        return json_as_bool(a, &x) && json_as_bool(b, &y) && x == y;
    case JSON_STRING:
        return same_text(a, b);
    case JSON_LIST:
        return same_list(a, b);
    case JSON_MAP:
        return members_in(a, b) && members_in(b, a);
    default:
        return true; /* null */
    }
}

enum run_quality judge_payload(const char *truth, size_t truth_len, const char *payload,
                               size_t payload_len)
{
    struct json_reader *left, *right;
    struct json want, got;
    struct error ignored = {0};
    enum run_quality quality = RUN_UNKNOWN;

    if (!truth)
        return RUN_UNKNOWN;
    left = json_reader_new();
    right = json_reader_new();
    if (json_parse(left, truth, truth_len, &want, &ignored) == 0 && json_type(want) == JSON_MAP) {
        quality = RUN_BAD;
        if (json_parse(right, payload, payload_len, &got, &ignored) == 0 &&
            json_type(got) == JSON_MAP && members_in(want, got))
            quality = RUN_GOOD;
    }
    json_reader_free(right);
    json_reader_free(left);
    return quality;
}

bool judge_lacks(const char *truth, size_t truth_len, const char *payload, size_t payload_len)
{
    struct json_reader *left = json_reader_new(), *right = json_reader_new();
    struct json want, got = {0};
    struct error ignored = {0};
    bool lacks = false;

    if (truth && json_parse(left, truth, truth_len, &want, &ignored) == 0 &&
        json_type(want) == JSON_MAP) {
        bool read = json_parse(right, payload, payload_len, &got, &ignored) == 0;
        for (struct json_iter it = json_each(want); json_next(&it);)
            lacks |= !read || !json_present(json_get_n(got, it.key, it.key_len));
    }
    json_reader_free(right);
    json_reader_free(left);
    return lacks;
}
