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

void unknown_hand_on(struct unknown *from, struct unknown *to, uint64_t lines)
{
    for (; from->handed < from->at.len; from->handed++) {
        const char *key = from->keys.of[from->handed].at;
        struct unknown_place place = from->at.at[from->handed];
        place.line += lines;
        note(to, key, strlen(key), place);
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

void unknown_release(struct unknown *u)
{
    intern_release(&u->keys);
    vec_release(&u->at);
    u->handed = 0;
}
