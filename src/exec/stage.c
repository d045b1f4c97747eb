/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all kinds of stage share: answers, and the reading of `exec`. */
#include "exec/stage.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void stage_answer_init(struct stage_answer *a)
{
    *a = (struct stage_answer){.confidence = NAN, .cost = NAN};
}

void stage_answer_release(struct stage_answer *a)
{
    buf_release(&a->output);
    buf_release(&a->says);
    buf_release(&a->who);
    buf_release(&a->attributes);
    stage_answer_init(a);
}

void stage_answer_fail(struct stage_answer *a, enum outcome outcome, const char *format, ...)
{
    va_list args;

    buf_clear(&a->output);
    buf_clear(&a->says);
    a->state = STAGE_DONE;
    a->outcome = outcome;
    va_start(args, format);
    buf_vprintf(&a->says, format, args);
    va_end(args);
}

/* The key of `exec` that the sentence quotes first, NULL where it quotes none. */
static const struct key_place *quoted_key(const struct step *step, const char *sentence)
{
    const char *at = strchr(sentence, '`'), *end;

    for (; at && (end = strchr(at + 1, '`')) != NULL; at = strchr(end + 1, '`'))
        for (uint32_t i = 0; i < step->n_exec_keys; i++) {
            const char *key = step->exec_key[i].key;
            if (strlen(key) == (size_t)(end - at - 1) && strncmp(at + 1, key, strlen(key)) == 0)
                return &step->exec_key[i];
        }
    return NULL;
}

int exec_fault(const struct stage_setting *s, struct error *err, const char *format, ...)
{
    const struct step *step = &s->pipeline->step[s->step];
    const char *file = s->pipeline->file ? s->pipeline->file : "scenario";
    char sentence[ERROR_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    const struct key_place *key = quoted_key(step, sentence);
    return error_at(err, ERR_INPUT, file, key ? key->line : step->exec_line,
                    key ? key->column : step->exec_column, "`%s`: %s", step->id, sentence);
}

/* Is the key one of the list, which ends with NULL? */
static bool among(const char *key, size_t len, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == len && memcmp(*words, key, len) == 0)
            return true;
    return false;
}

/* Keys that every kind has: its own word aside, those of exec/answer.h. */
static const char *const always[] = {"builtin", "expects", "output", "confidence", "verdict",
                                     "says",    "who",     "cost",   "text",       NULL};

static int unknown_key(const struct stage_setting *s, const char *key, size_t len,
                       const char *const *known, struct error *err)
{
    char word[61];
    size_t n = 0;
    const char *near, *words[64];

    snprintf(word, sizeof word, "%.*s", (int)len, key);
    for (const char *const *w = known; *w && n < 64; w++)
        words[n++] = *w;
    for (const char *const *w = always; *w && n < 64; w++)
        words[n++] = *w;
    near = nearest_word(word, words, n);
    return near ? exec_fault(s, err, "unknown key `%s` in `exec`; did you mean `%s`?", word, near)
                : exec_fault(s, err, "unknown key `%s` in `exec`", word);
}

int exec_known(const struct stage_setting *s, const char *const *known, struct error *err)
{
    for (struct json_iter it = json_each(s->exec); json_next(&it);)
        if (!among(it.key, it.key_len, always) && !among(it.key, it.key_len, known))
            return unknown_key(s, it.key, it.key_len, known, err);
    return 0;
}
