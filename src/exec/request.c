/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reading of options that several kinds share, and the one text that all are told. */
#include "exec/request.h"

#include "base/json_write.h"
#include "base/units.h"

#include <string.h>

int request_sends(const struct stage_setting *s, enum sends *out, struct error *err)
{
    struct json v = json_get(s->exec, "sends");
    const char *word;
    size_t len;

    if (!json_present(v))
        return 0;
    if (json_text(v, &word, &len) && len == 7 && memcmp(word, "request", 7) == 0)
        *out = SENDS_REQUEST;
    else if (json_text(v, &word, &len) && len == 7 && memcmp(word, "payload", 7) == 0)
        *out = SENDS_PAYLOAD;
    else
        return exec_fault(s, err, "`sends` is request or payload");
    return 0;
}

/* JSON on one line: newlines stand between tokens alone. */
static void put_line(struct buf *out, const char *json, size_t len)
{
    size_t from = out->len;

    buf_add(out, json, len);
    for (size_t i = from; i < out->len; i++)
        if (out->data[i] == '\n' || out->data[i] == '\r')
            out->data[i] = ' ';
}

void request_put(const struct pipeline *p, const struct stage_call *c, enum sends sends,
                 struct buf *out)
{
    struct json_write w;

    if (sends == SENDS_PAYLOAD) {
        put_line(out, c->payload, c->payload_len);
        return;
    }
    json_init(&w, out, 0);
    json_open(&w, '{');
    json_key(&w, "item");
    json_string(&w, c->item);
    json_key(&w, "step");
    json_string(&w, p->step[c->step].id);
    if (*p->class[c->class].id) { /* where the scenario has classes */
        json_key(&w, "class");
        json_string(&w, p->class[c->class].id);
    }
    json_key(&w, "visit");
    json_uint(&w, c->visit);
    json_key(&w, "attempt");
    json_uint(&w, c->attempt);
    json_key(&w, "payload");
    put_line(out, c->payload, c->payload_len);
    buf_putc(out, '}');
}

const char *environment_get(const char *const *environment, const char *name)
{
    size_t len = strlen(name);

    for (; environment && *environment; environment++)
        if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
            return *environment + len + 1;
    return NULL;
}

/* Appends a text, a number or a truth value; false for anything else. */
static bool put_scalar(struct buf *out, struct json v)
{
    const char *text;
    size_t len;

    if (json_text(v, &text, &len)) {
        buf_add(out, text, len);
        return !memchr(text, '\0', len);
    }
    if (json_type(v) == JSON_NULL || json_type(v) == JSON_MAP || json_type(v) == JSON_LIST)
        return false;
    json_dump(v, out);
    return true;
}

int request_pairs(const struct stage_setting *s, const char *key, const char *between,
                  struct arena *arena, const char ***out, struct error *err)
{
    struct json map = json_get(s->exec, key);
    size_t n = 0;

    if (json_present(map) && json_type(map) != JSON_MAP)
        return exec_fault(s, err, "`%s` maps names to texts", key);
    *out = arena_alloc(arena, (json_count(map) + 1) * sizeof **out);
    for (struct json_iter it = json_each(map); json_next(&it);) {
        struct buf pair = {0};
        buf_add(&pair, it.key, it.key_len);
        buf_puts(&pair, between);
        bool good = it.key_len > 0 && !memchr(it.key, *between, it.key_len) &&
                    !memchr(it.key, '\0', it.key_len) && put_scalar(&pair, it.value);
        if (good)
            (*out)[n++] = arena_strndup(arena, pair.data, pair.len);
        buf_release(&pair);
        if (!good)
            return exec_fault(s, err, "`%s`: `%.*s` is no name with a text", key,
                              (int)(it.key_len < 60 ? it.key_len : 60), it.key);
    }
    return 0;
}

int request_headers(const struct stage_setting *s, size_t spare, struct arena *arena,
                    const char ***out, struct error *err)
{
    const char **own, *key_env, *key = NULL;
    size_t n = 0;

    if (request_pairs(s, "headers", ": ", arena, &own, err) ||
        request_text(s, "key_env", arena, &key_env, err))
        return -1;
    for (; own[n]; n++)
        if (strpbrk(own[n], "\r\n"))
            return exec_fault(s, err, "`headers`: a value has more than one line");
    if (key_env && !s->only_read && !(key = environment_get(s->environment, key_env)))
        return exec_fault(s, err, "`key_env`: the environment variable %.60s is not set", key_env);
    if (key && (!*key || strpbrk(key, "\r\n")))
        return exec_fault(s, err, "`key_env`: %.60s holds no key", key_env);
    *out = arena_alloc(arena, (n + spare + 2) * sizeof *own);
    memcpy(*out, own, n * sizeof *own);
    if (key)
        (*out)[n] = arena_printf(arena, "Authorization: Bearer %s", key);
    return 0;
}

int request_text(const struct stage_setting *s, const char *key, struct arena *arena,
                 const char **out, struct error *err)
{
    struct json v = json_get(s->exec, key);
    const char *text;
    size_t len;

    *out = NULL;
    if (!json_present(v))
        return 0;
    if (!json_text(v, &text, &len) || len == 0 || memchr(text, '\0', len))
        return exec_fault(s, err, "`%s` is a text", key);
    *out = arena_strndup(arena, text, len);
    return 0;
}

int request_size(const struct stage_setting *s, const char *key, size_t *out, struct error *err)
{
    struct json v = json_get(s->exec, key);
    struct error why = {0};
    struct buf text = {0};
    uint64_t bytes = 0;

    if (!json_present(v))
        return 0;
    bool good = put_scalar(&text, v) && units_size(buf_text(&text), &bytes, &why) == 0 &&
                bytes > 0 && bytes <= (uint64_t)1 << 30;
    buf_release(&text);
    if (!good)
        return exec_fault(s, err, "`%s` is a size of at most 1GiB, such as 1MiB", key);
    *out = (size_t)bytes;
    return 0;
}

int request_flag(const struct stage_setting *s, const char *key, bool *out, struct error *err)
{
    struct json v = json_get(s->exec, key);

    if (json_present(v) && !json_as_bool(v, out))
        return exec_fault(s, err, "`%s` is true or false", key);
    return 0;
}
