/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exporters write numbers as texts, and JSON inside of texts; each is taken for what it says. */
#include "trace/vocabulary_parts.h"

#include <math.h>
#include <string.h>

bool vocabulary_number(struct vocabulary *v, const struct attribute *a, double *out)
{
    if (a->kind == ATTRIBUTE_INT || a->kind == ATTRIBUTE_DOUBLE) {
        *out = a->number;
        return isfinite(a->number);
    }
    if (a->kind != ATTRIBUTE_TEXT || a->text_len == 0 || a->text_len > 40)
        return false;
    struct error ignored = {0}; /* large: not made for numbers */
    buf_clear(&v->scratch);
    buf_add(&v->scratch, a->text, a->text_len);
    return units_number(buf_text(&v->scratch), out, &ignored) == 0;
}

void vocabulary_text(struct vocabulary *v, const struct attribute *a, const char **s, size_t *len)
{
    *s = a->text;
    *len = a->text_len;
    if (a->kind == ATTRIBUTE_TEXT)
        return;
    buf_clear(&v->scratch);
    if (a->kind == ATTRIBUTE_BOOL)
        buf_puts(&v->scratch, a->whole ? "true" : "false");
    else if (a->kind == ATTRIBUTE_INT)
        buf_printf(&v->scratch, "%lld", (long long)a->whole);
    else
        units_put_exact(&v->scratch, a->number);
    *s = buf_text(&v->scratch);
    *len = v->scratch.len;
}

uint32_t vocabulary_intern(struct vocabulary *v, const struct attribute *a)
{
    const char *s;
    size_t len;
    vocabulary_text(v, a, &s, &len);
    return len ? span_text(v->set, s, len) : SPAN_NONE;
}

bool attribute_of_json(struct json value, struct attribute *out)
{
    bool b;
    switch (json_type(value)) {
    case JSON_STRING:
        out->kind = ATTRIBUTE_TEXT;
        return json_text(value, &out->text, &out->text_len);
    case JSON_BOOL:
        out->kind = ATTRIBUTE_BOOL;
        if (!json_as_bool(value, &b))
            return false;
        out->whole = b;
        out->number = b;
        return true;
    case JSON_INT:
        out->kind = ATTRIBUTE_INT;
        return json_as_i64(value, &out->whole) && json_as_double(value, &out->number);
    case JSON_UINT:
    case JSON_DOUBLE:
        out->kind = ATTRIBUTE_DOUBLE;
        return json_as_double(value, &out->number);
    default:
        return false;
    }
}

bool vocabulary_json(struct vocabulary *v, const struct attribute *a, struct json *root)
{
    struct error ignored = {0};
    if (a->kind != ATTRIBUTE_TEXT)
        return false;
    size_t i = 0;
    while (i < a->text_len && strchr(" \t\r\n", a->text[i]) && a->text[i])
        i++;
    if (i == a->text_len || (a->text[i] != '{' && a->text[i] != '['))
        return false;
    return json_parse(v->json, a->text, a->text_len, root, &ignored) == 0;
}
