/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Open addressing with linear probing at half load (Knuth, TAOCP 3, 6.4).  Slots keep the hashes of
 * their texts, so that a text is looked at when it is nearly sure to be the one, and growing looks
 * at none. */
#include "base/intern.h"

#include <string.h>

enum { SLOTS_FIRST = 64, AHEAD = 8 };

void intern_init(struct intern *t)
{
    *t = (struct intern){0};
}

static uint64_t mix(uint64_t h)
{ /* the finalizer of splitmix64, Steele et al. 2014 */
    h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
    return h ^ (h >> 31);
}

/* Made of addresses, which differ from run to run, so that collisions cannot be written into a log
 * ahead. */
static void choose_seed(struct intern *t)
{
    void *block = mem_alloc(1);
    t->seed = mix((uint64_t)(uintptr_t)block ^ mix((uint64_t)(uintptr_t)t)) | 1;
    mem_free(block);
}

void intern_init_like(struct intern *t, struct intern *like)
{
    intern_init(t);
    if (!like->seed)
        choose_seed(like);
    t->seed = like->seed;
}

void intern_release(struct intern *t)
{
    arena_release(&t->arena);
    mem_free(t->of);
    mem_free(t->slot);
    intern_init(t);
}

void intern_clear(struct intern *t)
{
    arena_release(&t->arena);
    if (t->slots)
        memset(t->slot, 0, t->slots * sizeof *t->slot);
    memset(t->recent, 0, sizeof t->recent);
    t->count = 0;
}

static uint64_t word_at(const char *s)
{
    uint64_t word;
    memcpy(&word, s, 8);
    return word;
}

static uint32_t hash_text(const struct intern *t, const char *s, size_t len)
{
    uint64_t h = t->seed + len, word = 0;
    for (; len >= 16; s += 16, len -= 16) /* the two do not wait for each other */
        h = mix(h ^ word_at(s)) + (mix(t->seed ^ word_at(s + 8)) << 1);
    if (len >= 8) {
        h = mix(h ^ word_at(s));
        s += 8;
        len -= 8;
    }
    if (len)
        memcpy(&word, s, len);
    return (uint32_t)(mix(h ^ word) >> 32);
}

static bool same_text(const struct interned *have, const char *s, size_t len)
{
    return have->len == len && memcmp(have->at, s, len) == 0;
}

/* The slot that holds the text, or the free one where it belongs. */
static struct intern_slot *find_slot(const struct intern *t, const char *s, size_t len,
                                     uint32_t hash)
{
    for (uint32_t i = hash;; i++) {
        struct intern_slot *slot = &t->slot[i & (t->slots - 1)];
        if (!slot->id || (slot->hash == hash && same_text(&t->of[slot->id - 1], s, len)))
            return slot;
    }
}

static void grow_slots(struct intern *t)
{
    if (t->slots >= UINT32_C(1) << 31)
        mem_exhausted();
    if (!t->seed)
        choose_seed(t);
    t->slots = t->slots ? 2 * t->slots : SLOTS_FIRST;
    mem_free(t->slot);
    t->slot = mem_zero(t->slots, sizeof *t->slot);
    t->of = mem_resize(t->of, t->slots / 2 * sizeof *t->of);
    for (uint32_t id = 0; id < t->count; id++) { /* all differ: the first free slot is theirs */
        uint32_t hash = t->of[id].hash, i = hash;
        while (t->slot[i & (t->slots - 1)].id)
            i++;
        t->slot[i & (t->slots - 1)] = (struct intern_slot){id + 1, hash};
    }
}

uint32_t intern_find(const struct intern *t, const char *s, size_t len)
{
    if (t->slots == 0)
        return UINT32_MAX;
    s = len ? s : "";
    len = strnlen(s, len);
    return find_slot(t, s, len, hash_text(t, s, len))->id - 1; /* a free slot, 0, gives the
                                                                  greatest number */
}

static uint32_t put_hashed(struct intern *t, const char *s, size_t len, uint32_t hash)
{
    if (t->count >= t->slots / 2)
        grow_slots(t);
    struct intern_slot *slot = find_slot(t, s, len, hash);
    if (!slot->id) {
        t->of[t->count] = (struct interned){arena_strndup(&t->arena, s, len), (uint32_t)len, hash};
        *slot = (struct intern_slot){++t->count, hash};
    }
    return slot->id - 1;
}

/* The place of a text in `recent`, by its length and its last bytes. */
static uint32_t *recent_of(struct intern *t, const char *s, size_t len)
{
    uint64_t end = 0;
    if (len >= 8)
        end = word_at(s + len - 8);
    else if (len)
        memcpy(&end, s, len);
    return &t->recent[((end ^ len) * UINT64_C(0x9e3779b97f4a7c15) >> 58) % INTERN_RECENT];
}

uint32_t intern_put(struct intern *t, const char *s, size_t len)
{
    s = len ? s : "";
    uint32_t *recent = recent_of(t, s, len);
    if (*recent && same_text(&t->of[*recent - 1], s, len))
        return *recent - 1;
    len = strnlen(s, len);
    if (len > UINT32_MAX)
        mem_exhausted();
    if (t->slots == 0)
        grow_slots(t);
    uint32_t id = put_hashed(t, s, len, hash_text(t, s, len));
    *recent = id + 1;
    return id;
}

void intern_merge(struct intern *t, const struct intern *from, uint32_t *ids)
{
    if (t->slots == 0)
        grow_slots(t);
    for (uint32_t id = 0; id < from->count; id++) {
        const struct interned *text = &from->of[id];
        if (id + AHEAD < from->count)
            __builtin_prefetch(&t->slot[from->of[id + AHEAD].hash & (t->slots - 1)]);
        uint32_t hash = from->seed == t->seed ? text->hash : hash_text(t, text->at, text->len);
        ids[id] = put_hashed(t, text->at, text->len, hash);
    }
}

void intern_merge_used(struct intern *t, const struct intern *from, const bool *used, uint32_t *ids)
{
    if (t->slots == 0)
        grow_slots(t);
    for (uint32_t id = 0; id < from->count; id++) {
        const struct interned *text = &from->of[id];
        uint32_t hash = from->seed == t->seed ? text->hash : hash_text(t, text->at, text->len);
        ids[id] = used[id] ? put_hashed(t, text->at, text->len, hash) : UINT32_MAX;
    }
}
