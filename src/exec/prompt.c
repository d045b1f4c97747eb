/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A prompt is cut once into plain texts and places; a brace opens a place where letters, digits,
 * `_`, `-` and dots stand between it and the next closing one. */
#include "exec/prompt.h"

#include <string.h>

enum place {
    PLACE_TEXT,
    PLACE_ITEM,
    PLACE_STEP,
    PLACE_CLASS,
    PLACE_VISIT,
    PLACE_ATTEMPT,
    PLACE_PAYLOAD,
    PLACE_COUNT
};
static const char *const place_word[PLACE_COUNT] = {"",      "item",    "step",   "class",
                                                    "visit", "attempt", "payload"};

struct part {
    enum place place;
    const char *text;   /* PLACE_TEXT: itself; else as written, without braces */
    size_t len;         /* of the text */
    const char **names; /* PLACE_PAYLOAD: members to go down by, NULL-terminated */
    struct part *next;
};
struct prompt {
    struct part *first, **last;
};

static struct part *add(struct prompt *t, struct arena *arena, enum place place, const char *text,
                        size_t len)
{
    struct part *part = arena_alloc(arena, sizeof *part);

    part->place = place;
    part->text = arena_strndup(arena, text, len);
    part->len = len;
    *t->last = part;
    t->last = &part->next;
    return part;
}

/* Length of the word between the braces at `s`; 0: they hold no place. */
static size_t word_len(const char *s)
{
    size_t n = strspn(s + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");

    return s[1 + n] == '}' ? n : 0;
}

/* "payload.a.b" to its members; false: one of them is empty. */
static bool split_names(struct part *part, struct arena *arena)
{
    size_t n = 0, dots = 0;

    for (const char *s = part->text; *s; s++)
        dots += *s == '.';
    part->names = arena_alloc(arena, (dots + 1) * sizeof *part->names);
    for (const char *at = strchr(part->text, '.'); at;) {
        const char *end = at + 1 + strcspn(at + 1, ".");
        if (end == at + 1)
            return false;
        part->names[n++] = arena_strndup(arena, at + 1, (size_t)(end - at - 1));
        at = *end ? end : NULL;
    }
    return true;
}

static int add_place(struct prompt *t, const struct stage_setting *s, const char *key,
                     const char *word, size_t len, struct arena *arena, struct error *err)
{
    size_t head = strcspn(word, ".}");
    enum place place = PLACE_ITEM;

    while (place < PLACE_COUNT &&
           (strlen(place_word[place]) != head || memcmp(place_word[place], word, head) != 0))
        place++;
    if (place == PLACE_COUNT || (place != PLACE_PAYLOAD && head != len))
        return exec_fault(s, err,
                          "`%s` has no place {%.*s}: {item}, {step}, {class}, {visit}, {attempt}, "
                          "{payload}, {payload.NAME}; a plain brace is {{",
                          key, (int)(len < 60 ? len : 60), word);
    struct part *part = add(t, arena, place, word, len);
    if (place == PLACE_PAYLOAD && !split_names(part, arena))
        return exec_fault(s, err, "`%s`: {%.60s} has a member without a name", key, part->text);
    return 0;
}

int prompt_new(const struct stage_setting *s, const char *key, const char *text,
               struct arena *arena, struct prompt **out, struct error *err)
{
    struct prompt *t = arena_alloc(arena, sizeof *t);
    const char *at = text, *from = text;

    t->last = &t->first;
    while ((at = strchr(at, '{'))) {
        size_t len = word_len(at);
        if (at[1] == '{') {
            len = word_len(at + 1);
            if (len > 0 && at[len + 3] == '}')
                return exec_fault(s, err, "`%s`: a place has single braces: {%.*s}", key,
                                  (int)(len < 60 ? len : 60), at + 2);
            add(t, arena, PLACE_TEXT, from, (size_t)(at + 1 - from));
            from = at += 2;
        } else if (len == 0) {
            at++;
        } else {
            add(t, arena, PLACE_TEXT, from, (size_t)(at - from));
            if (add_place(t, s, key, at + 1, len, arena, err))
                return -1;
            from = at += len + 2;
        }
    }
    add(t, arena, PLACE_TEXT, from, strlen(from));
    *out = t;
    return 0;
}

/* The value at a part's members; false: there is none. */
static bool put_payload(const struct part *part, struct json payload, struct buf *out)
{
    struct json v = payload;
    const char *text;
    size_t len;

    for (const char *const *name = part->names; *name; name++)
        v = json_get(v, *name);
    if (!json_present(v))
        return false;
    if (json_text(v, &text, &len))
        buf_add(out, text, len);
    else
        json_dump(v, out);
    return true;
}

const char *prompt_put(const struct prompt *t, const struct pipeline *p, const struct stage_call *c,
                       struct json payload, struct buf *out)
{
    for (const struct part *part = t->first; part; part = part->next) {
        if (part->place == PLACE_TEXT)
            buf_add(out, part->text, part->len);
        else if (part->place == PLACE_ITEM)
            buf_puts(out, c->item);
        else if (part->place == PLACE_STEP)
            buf_puts(out, p->step[c->step].id);
        else if (part->place == PLACE_CLASS)
            buf_puts(out, p->class[c->class].id);
        else if (part->place == PLACE_VISIT)
            buf_printf(out, "%u", c->visit);
        else if (part->place == PLACE_ATTEMPT)
            buf_printf(out, "%u", c->attempt);
        else if (!put_payload(part, payload, out))
            return part->text;
    }
    return NULL;
}
