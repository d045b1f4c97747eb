/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys are few, however many attributes there are: once the ones met lately are known, the readers
 * ask no more.  Lists that were flattened into keys ("llm.input_messages.12.message.role") count as
 * one. */
#include "trace/unknown.h"

#include <string.h>

enum { KEY_MAX = 120 };

/* The key with numbers between dots as N, and without what is too long; its length. */
static size_t plain_key(const char *key, size_t len, char out[KEY_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < len && n < KEY_MAX;) {
        size_t digits = 0;
        bool begins = i == 0 || key[i - 1] == '.';
        while (begins && i + digits < len && key[i + digits] >= '0' && key[i + digits] <= '9')
            digits++;
        if (digits && (i + digits == len || key[i + digits] == '.')) {
            out[n++] = 'N';
            i += digits;
        } else {
            out[n++] = key[i++];
        }
    }
    while (n == KEY_MAX && n && ((unsigned char)out[n - 1] & 0xc0) == 0x80)
        n--; /* no half of a character at the end */
    return n == KEY_MAX && ((unsigned char)out[n - 1] & 0x80) ? n - 1 : n;
}

static void note(struct unknown *u, const char *key, size_t len, struct unknown_place place)
{
    if (u->keys.count >= UNKNOWN_MAX)
        return;
    if (intern_put(&u->keys, key, len) == u->at.len)
        vec_push(&u->at, place);
}

void unknown_note(struct unknown *u, const char *key, size_t len, uint32_t file, uint64_t line)
{
    char plain[KEY_MAX];
    size_t n = plain_key(key, len, plain);
    note(u, plain, n, (struct unknown_place){file, line});
}

void unknown_met(struct unknown *u, const char *key, size_t len)
{
    char plain[KEY_MAX];
    size_t n = plain_key(key, len, plain);
    if (u->met.count < UNKNOWN_MAX)
        (void)intern_put(&u->met, plain, n);
}

void unknown_hand_on(struct unknown *from, struct unknown *to, uint64_t lines)
{
    for (; from->handed < from->at.len; from->handed++) {
        const char *key = from->keys.of[from->handed].at;
        struct unknown_place place = from->at.at[from->handed];
        place.line += lines;
        note(to, key, strlen(key), place);
    }
    for (; from->met_handed < from->met.count; from->met_handed++) {
        const char *key = from->met.of[from->met_handed].at;
        unknown_met(to, key, strlen(key));
    }
}

void unknown_count(const struct unknown *u, struct trace_log *log)
{
    for (size_t i = 0; i < u->at.len; i++) {
        if (i < QUALITY_PLACES)
            log->unknown[i] = arena_strdup(&log->arena, u->keys.of[i].at);
        quality_note(&log->quality, QUALITY_UNKNOWN, u->at.at[i].file, u->at.at[i].line);
    }
}

/* Of the keys seen one that ends with a dot and the name, or else the nearest. */
static const char *nearest_key(const struct unknown *u, const char *name)
{
    size_t n = (size_t)u->met.count + u->keys.count, len = strlen(name);
    const char **key = mem_alloc((n + 1) * sizeof *key), *found = NULL;
    for (size_t i = 0; i < n; i++) {
        key[i] = i < u->met.count ? u->met.of[i].at : u->keys.of[i - u->met.count].at;
        size_t is = strlen(key[i]);
        if (!found && is > len && key[i][is - len - 1] == '.' && !strcmp(key[i] + is - len, name))
            found = key[i];
    }
    if (!found)
        found = nearest_word(name, key, n);
    mem_free(key);
    return found;
}

void unknown_missing(const struct unknown *u, const char *option, const char *name, size_t len,
                     struct trace_log *log)
{
    char plain[KEY_MAX];
    size_t n = plain_key(name, len, plain);
    if (log->n_missing == LOG_MISSING_MAX || u->met.count >= UNKNOWN_MAX ||
        intern_find(&u->met, plain, n) != UINT32_MAX)
        return;
    const char *text = arena_strndup(&log->arena, name, len);
    const char *near = nearest_key(u, text);
    log->missing[log->n_missing++] =
        (struct log_missing){option, text, near ? arena_strdup(&log->arena, near) : NULL};
}

void unknown_release(struct unknown *u)
{
    intern_release(&u->met);
    u->met_handed = 0;
    intern_release(&u->keys);
    vec_release(&u->at);
    u->handed = 0;
}
