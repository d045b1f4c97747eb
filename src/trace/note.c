/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OpenInference's conventions (spec/evaluations, spec/annotations): lists are flattened into keys
 * with the number of the entry; a prefix says when an entry is of the whole trace or session. */
#include "trace/note.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* "trace.annotations.12.annotation.score", taken apart. */
struct note_key {
    enum note_target target;
    bool evaluation;
    uint32_t number;
    const char *field;
    size_t field_len;
};

static bool take_text(const char **s, const char *end, const char *text)
{
    size_t n = strlen(text);
    if ((size_t)(end - *s) < n || memcmp(*s, text, n) != 0)
        return false;
    *s += n;
    return true;
}

static bool take_apart(const char *s, size_t len, struct note_key *out)
{
    const char *end = s + len;
    uint32_t number = 0;
    int digits = 0;
    out->target = take_text(&s, end, "trace.")     ? NOTE_TRACE
                  : take_text(&s, end, "session.") ? NOTE_SESSION
                                                   : NOTE_SPAN;
    out->evaluation = take_text(&s, end, "evaluations.");
    if (!out->evaluation && !take_text(&s, end, "annotations."))
        return false;
    for (; s < end && *s >= '0' && *s <= '9' && digits < 9; s++, digits++)
        number = 10 * number + (uint32_t)(*s - '0');
    out->number = number;
    if (!digits || !take_text(&s, end, out->evaluation ? ".evaluation." : ".annotation."))
        return false;
    out->field = s;
    out->field_len = (size_t)(end - s);
    return true;
}

bool note_is_key(const char *key, size_t len)
{
    struct note_key parts;
    return take_apart(key, len, &parts);
}

static struct note *note_of(struct notes *n, const struct note_key *key)
{
    for (size_t i = 0; i < n->at.len; i++)
        if (n->at.at[i].target == key->target && n->at.at[i].evaluation == key->evaluation &&
            n->at.at[i].number == key->number)
            return &n->at.at[i];
    struct note fresh = {
        .target = key->target, .evaluation = key->evaluation, .number = key->number, .score = NAN};
    vec_push(&n->at, fresh);
    return &n->at.at[n->at.len - 1];
}

static size_t keep(struct notes *n, const char *text, size_t len, size_t *kept)
{
    size_t at = n->text.len;
    *kept = text ? len : 0;
    buf_add(&n->text, text, *kept);
    return at;
}

void notes_add(struct notes *n, const char *key, size_t key_len, const char *text, size_t len,
               double number)
{
    struct note_key parts;
    if (!take_apart(key, key_len, &parts))
        return;
    struct note *to = note_of(n, &parts);
#define IS(name)                                                                                   \
    (parts.field_len == sizeof name - 1 && memcmp(parts.field, name, sizeof name - 1) == 0)
    if (IS("name"))
        to->name = keep(n, text, len, &to->name_len);
    else if (IS("label"))
        to->label = keep(n, text, len, &to->label_len);
    else if (IS("user_id") || (IS("identifier") && !to->who_len))
        to->who = keep(n, text, len, &to->who_len);
    else if (IS("score"))
        to->score = number;
    else if (IS("annotator_kind"))
        to->human = text && len == 5 && strncasecmp(text, "HUMAN", 5) == 0;
#undef IS
}

void notes_clear(struct notes *n)
{
    n->at.len = 0;
    buf_clear(&n->text);
}

void notes_release(struct notes *n)
{
    vec_release(&n->at);
    buf_release(&n->text);
}
