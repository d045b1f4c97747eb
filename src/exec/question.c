/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names are found by their letters, the longest first, so that "the harbour master's niece" is not
 * taken for the harbour master; a slip of the pen in one leaves the clause as it is written. */
#include "exec/question.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 4096, MATCHES = 256 };

struct read_text {
    const struct canon *c;
    char text[TEXT_MAX + 1];  /* in small letters */
    uint32_t owner[TEXT_MAX]; /* subject named by the byte; CANON_NONE */
    size_t len;
};

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Does the word or name stand at `at`, with its ends, in letters of any size? */
static bool stands_at(const struct read_text *t, size_t at, const char *name, size_t n)
{
    if (at + n > t->len || (at && is_word(t->text[at - 1])) ||
        (at + n < t->len && is_word(t->text[at + n])))
        return false;
    for (size_t i = 0; i < n; i++)
        if (t->text[at + i] != lower(name[i]))
            return false;
    return true;
}

static bool owned(const struct read_text *t, size_t from, size_t to)
{
    for (; from < to; from++)
        if (t->owner[from] != CANON_NONE)
            return true;
    return false;
}

struct match {
    uint32_t subject;
    size_t at, len;
};

static void find_name(const struct read_text *t, uint32_t subject, const char *name,
                      struct match match[MATCHES], size_t *n)
{
    size_t len = strlen(name);

    for (size_t at = 0; at + len <= t->len && *n < MATCHES; at++)
        if (t->text[at] == lower(name[0]) && stands_at(t, at, name, len))
            match[(*n)++] = (struct match){subject, at, len};
}

static int by_length(const void *a, const void *b)
{
    const struct match *x = a, *y = b;
    if (x->len != y->len)
        return x->len > y->len ? -1 : 1;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->subject < y->subject ? -1 : x->subject > y->subject;
}

/* Of names that overlap the longest counts. */
static void read_names(struct read_text *t)
{
    const struct canon *c = t->c;
    struct match match[MATCHES];
    size_t n = 0;

    for (uint32_t s = 0; s < c->subject.len; s++) {
        find_name(t, s, c->subject.at[s].name, match, &n);
        for (size_t a = 0; a < c->subject.at[s].aliases.len; a++)
            find_name(t, s, c->subject.at[s].aliases.at[a], match, &n);
    }
    qsort(match, n, sizeof *match, by_length);
    for (size_t i = 0; i < n; i++)
        if (!owned(t, match[i].at, match[i].at + match[i].len))
            for (size_t k = 0; k < match[i].len; k++)
                t->owner[match[i].at + k] = match[i].subject;
}

/* Bytes of what ends a clause at `at`; 0: it goes on. */
static size_t clause_end(const struct read_text *t, size_t at)
{
    if (t->owner[at] != CANON_NONE)
        return 0;
    if (strchr(".;:,!?\n", t->text[at]))
        return 1;
    return strncmp(t->text + at, " and ", 5) == 0 ? 5 : 0;
}

static uint32_t subject_in(const struct read_text *t, size_t from, size_t to)
{
    for (; from < to; from++)
        if (t->owner[from] != CANON_NONE)
            return t->owner[from];
    return CANON_NONE;
}

static uint32_t attribute_in(const struct read_text *t, size_t from, size_t to)
{
    const struct canon *c = t->c;

    for (uint32_t a = 0; a < c->attribute.len; a++)
        for (size_t w = 0; w < c->attribute.at[a].words.len; w++) {
            const char *word = c->attribute.at[a].words.at[w];
            size_t n = strlen(word);
            for (size_t at = from; at + n <= to; at++)
                if (stands_at(t, at, word, n) && !owned(t, at, at + n))
                    return a;
        }
    return CANON_NONE;
}

static void put_clause(const struct read_text *t, size_t from, size_t to, struct questions *q)
{
    uint32_t s = subject_in(t, from, to), a = attribute_in(t, from, to);
    struct question *out = &q->of[q->n];

    if ((s == CANON_NONE && a == CANON_NONE) || q->n == QUESTIONS)
        return;
    q->n++;
    out->subject = s;
    out->attribute = a;
    buf_clear(&out->words);
    buf_clear(&out->name);
    if (s == CANON_NONE || a == CANON_NONE)
        buf_add(&out->words, t->text + from, to - from);
    if (s != CANON_NONE)
        buf_puts(&out->name, t->c->subject.at[s].name);
    for (size_t w = 0; a != CANON_NONE && w < t->c->attribute.at[a].words.len; w++)
        buf_printf(&out->words, " %s", t->c->attribute.at[a].words.at[w]);
}

/* A text with its names found; the caller mem_frees it. */
static struct read_text *read_text(const struct canon *c, const char *text, size_t len)
{
    struct read_text *t = mem_alloc(sizeof *t);

    t->c = c;
    t->len = len < TEXT_MAX ? len : TEXT_MAX;
    for (size_t i = 0; i < t->len; i++) {
        t->text[i] = text[i] ? lower(text[i]) : ' ';
        t->owner[i] = CANON_NONE;
    }
    t->text[t->len] = 0;
    read_names(t);
    return t;
}

void questions_read(const struct canon *c, const char *text, size_t len, struct questions *q)
{
    struct read_text *t = read_text(c, text, len);

    q->n = 0;
    for (size_t from = 0, at = 0; from < t->len; at++) {
        size_t end = at < t->len ? clause_end(t, at) : 1;
        if (!end)
            continue;
        put_clause(t, from, at, q);
        at += end - 1;
        from = at + 1;
    }
    if (q->n == 0) {
        q->of[0].subject = q->of[0].attribute = CANON_NONE;
        buf_clear(&q->of[0].name);
        buf_clear(&q->of[0].words);
        buf_add(&q->of[0].words, t->text, t->len);
        q->n = 1;
    }
    mem_free(t);
}

void questions_release(struct questions *q)
{
    for (size_t i = 0; i < QUESTIONS; i++) {
        buf_release(&q->of[i].words);
        buf_release(&q->of[i].name);
    }
    q->n = 0;
}

/* ---- what a chunk tells -------------------------------------------------------------------- */

/* Has the subject, or one of its kind, such an attribute? */
static bool has_attribute(const struct canon *c, uint32_t subject, uint32_t attribute)
{
    return c->attribute.at[attribute].kinds & (1u << c->subject.at[subject].kind);
}

/* Whose attribute a word at `at` tells. */
static uint32_t told_of(const struct read_text *t, size_t at, uint32_t attribute)
{
    for (size_t i = at; i-- > 0;)
        if (t->owner[i] != CANON_NONE && has_attribute(t->c, t->owner[i], attribute))
            return t->owner[i];
    for (size_t i = at; i < t->len; i++)
        if (t->owner[i] != CANON_NONE && has_attribute(t->c, t->owner[i], attribute))
            return t->owner[i];
    return CANON_NONE;
}

static size_t put_told(struct told *told, size_t n, size_t most, uint32_t subject,
                       uint32_t attribute)
{
    size_t i = 0;

    while (i < n && (told[i].subject != subject || told[i].attribute != attribute))
        i++;
    if (subject == CANON_NONE || i < n || n == most)
        return n;
    told[n] = (struct told){subject, attribute};
    return n + 1;
}

size_t questions_told(const struct canon *c, const char *text, size_t len, struct told *told,
                      size_t most)
{
    struct read_text *t = read_text(c, text, len);
    size_t n = 0;

    for (uint32_t a = 0; a < c->attribute.len; a++)
        for (size_t w = 0; w < c->attribute.at[a].words.len; w++) {
            const char *word = c->attribute.at[a].words.at[w];
            size_t length = strlen(word);
            for (size_t at = 0; at + length <= t->len; at++)
                if (stands_at(t, at, word, length) && !owned(t, at, at + length))
                    n = put_told(told, n, most, told_of(t, at, a), a);
        }
    mem_free(t);
    return n;
}
