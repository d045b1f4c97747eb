/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A shallow merge of JSON objects, as RFC 7396 does it one level deep and without removal. */
#include "exec/payload.h"

#include "base/json_write.h"

#include <string.h>

enum { PAYLOAD_MAX = 64 << 20 };

struct text *text_new(const char *data, size_t len)
{
    struct text *t = mem_alloc(sizeof *t + len + 1);
    t->holders = 1;
    t->len = len;
    memcpy(t->data, data, len);
    t->data[len] = '\0';
    return t;
}

struct text *text_hold(struct text *t)
{
    t->holders++;
    return t;
}

void text_drop(struct text *t)
{
    if (t && --t->holders == 0)
        mem_free(t);
}

struct payload_tool {
    struct json_reader *payload, *over;
};

struct payload_tool *payload_tool_new(void)
{
    struct payload_tool *t = mem_alloc(sizeof *t);
    t->payload = json_reader_new();
    t->over = json_reader_new();
    return t;
}

void payload_tool_free(struct payload_tool *t)
{
    if (!t)
        return;
    json_reader_free(t->payload);
    json_reader_free(t->over);
    mem_free(t);
}

static void put_member(struct json_write *w, const struct json_iter *it, struct json value)
{
    json_string_n(w, it->key, it->key_len);
    buf_putc(w->out, ':');
    json_dump(value, w->out);
}

int payload_put(struct payload_tool *t, const char *payload, size_t len, const char *over,
                size_t over_len, struct buf *out, struct error *err)
{
    struct json have, more;
    struct json_write w;

    if (json_parse(t->over, over, over_len, &more, err))
        return error_prefix(err, "the answer is no JSON");
    if (json_type(more) != JSON_MAP)
        return error_set(err, ERR_INPUT, "the answer is no JSON object");
    if (json_parse(t->payload, payload, len, &have, err))
        return error_prefix(err, "what the item holds");
    buf_clear(out);
    json_init(&w, out, 0);
    json_open(&w, '{');
    for (struct json_iter it = json_each(have); json_next(&it);) {
        struct json other = json_get_n(more, it.key, it.key_len);
        put_member(&w, &it, json_present(other) ? other : it.value);
    }
    for (struct json_iter it = json_each(more); json_next(&it);) {
        bool last = json_get_n(more, it.key, it.key_len).index == it.value.index;
        if (last && !json_present(json_get_n(have, it.key, it.key_len)))
            put_member(&w, &it, it.value);
    }
    json_close(&w, '}');
    if (out->len > PAYLOAD_MAX)
        return error_set(err, ERR_LIMIT, "the item would hold more than 64 MiB");
    return 0;
}
