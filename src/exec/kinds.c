/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of kinds of stage.  Built-in ones are asked for by `builtin: WORD`, the others by a key
 * of their own word in `exec`. */
#include "exec/kinds.h"

#include <string.h>

static int nothing_open(const struct stage_setting *s, void **self, struct error *err)
{
    static const char *const none[] = {NULL};

    *self = NULL;
    return exec_known(s, none, err);
}

static void nothing_call(void *self, const struct stage_call *c, struct stage_answer *a)
{
}

static void nothing_close(void *self)
{
}

static const struct stage_kind nothing = {
    .word = "nothing",
    .open = nothing_open,
    .call = nothing_call,
    .close = nothing_close,
    .quick = true,
    .by_numbers = true,
};

/* A kind is asked for as a built-in or by its key, never both ways. */
static const struct {
    const struct stage_kind *kind;
    bool builtin;
} kinds[] = {
    {&nothing,       true },
    {&command_kind,  false},
    {&mcp_kind,      false},
    {&queue_kind,    true },
    {&http_kind,     false},
    {&chat_kind,     false},
    {&stated_kind,   true },
    {&generate_kind, true },
    {&retrieve_kind, true },
    {&tool_kind,     true },
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

/* The words of one way to ask, for the nearest one; returns how many. */
static size_t words_of(bool builtin, const char *words[N_KINDS])
{
    size_t n = 0;

    for (size_t i = 0; i < N_KINDS; i++)
        if (kinds[i].builtin == builtin)
            words[n++] = kinds[i].kind->word;
    return n;
}

static const struct stage_kind *builtin_kind(const struct stage_setting *s, const char *word,
                                             struct error *err)
{
    const char *words[N_KINDS], *near;
    size_t n = words_of(true, words);

    for (size_t i = 0; i < N_KINDS; i++)
        if (kinds[i].builtin && strcmp(kinds[i].kind->word, word) == 0)
            return kinds[i].kind;
    near = nearest_word(word, words, n);
    for (size_t i = 0; i < N_KINDS; i++)
        if (!kinds[i].builtin && strcmp(kinds[i].kind->word, word) == 0) {
            exec_fault(s, err, "`%s` is asked for by its own key: `exec: {%s: ...}`", word, word);
            return NULL;
        }
    if (near)
        exec_fault(s, err, "there is no built-in stage `%.60s`; did you mean `%s`?", word, near);
    else
        exec_fault(s, err, "there is no built-in stage `%.60s`", word);
    return NULL;
}

/* No key of `exec` is a kind: names the one that was meant, or all. */
static void no_kind(const struct stage_setting *s, struct error *err)
{
    const char *words[N_KINDS + 1], *near;
    size_t n = words_of(false, words);
    struct buf list = {0};

    words[n] = "builtin";
    for (struct json_iter it = json_each(s->exec); json_next(&it);) {
        char key[41] = "";
        memcpy(key, it.key, it.key_len < sizeof key ? it.key_len : sizeof key - 1);
        near = nearest_word(key, words, n + 1);
        if (near) {
            exec_fault(s, err, "unknown key `%s` in `exec`; did you mean `%s`?", key, near);
            return;
        }
    }
    for (size_t i = 0; i < n; i++)
        buf_printf(&list, ", {%s: ...}", words[i]);
    exec_fault(s, err, "`exec` names no kind of stage: {builtin: WORD}%s", buf_text(&list));
    buf_release(&list);
}

const struct stage_kind *stage_kind_of(const struct stage_setting *s, struct error *err)
{
    struct json builtin = json_get(s->exec, "builtin");
    const char *word = "stated";
    size_t len = strlen(word);

    for (size_t i = 0; i < N_KINDS; i++)
        if (!kinds[i].builtin && json_present(json_get(s->exec, kinds[i].kind->word)))
            return kinds[i].kind;
    if (json_present(s->exec) && !json_text(builtin, &word, &len)) {
        if (json_present(builtin))
            exec_fault(s, err, "`builtin` is a word, such as retrieve");
        else
            no_kind(s, err);
        return NULL;
    }
    char name[64] = "";
    memcpy(name, word, len < sizeof name ? len : sizeof name - 1);
    return builtin_kind(s, name, err);
}
