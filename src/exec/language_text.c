/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts to tokens and back, and passages with who is named where.
 *
 * A token is a run of letters, digits, apostrophes, hyphens and bytes beyond ASCII, or a single
 * mark.  Names of entities are found by their longest match, whatever the case; between two names
 * of a kind a place is near the one before it, as a pronoun would be. */
#include "exec/language_parts.h"
#include "math/rng.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '\'' || c == '-' || (c & 0x80);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next token of the text from *at on: its bytes, and *at behind it; 0 at the end. */
static size_t text_token(const char *text, size_t len, size_t *at, const char **token)
{
    size_t i = *at, first;
    while (i < len && is_space(text[i]))
        i++;
    first = i;
    if (i < len && !is_letter(text[i]))
        i++;
    else
        while (i < len && is_letter(text[i]))
            i++;
    *token = text + first;
    *at = i;
    return i - first;
}

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* A hash with one more number taken in. */
static uint64_t hash_with(uint64_t h, uint64_t more)
{
    return rng_mix(h * 31 + rng_mix(more + RNG_GOLDEN));
}

/* FNV-1a (Fowler, Noll and Vo), mixed. */
static uint64_t text_hash(const char *s, size_t len)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)small(s[i])) * UINT64_C(0x100000001b3);
    return rng_mix(h);
}

static uint8_t shape_of(const char *s, size_t len)
{
    if (!is_letter(s[0]))
        return SHAPE_MARK;
    if (s[0] >= '0' && s[0] <= '9')
        return SHAPE_NUMBER;
    if (s[0] >= 'A' && s[0] <= 'Z')
        return SHAPE_CAPITAL;
    return memchr(s, '-', len) ? SHAPE_JOINED : SHAPE_SMALL;
}

/* --- training text */

struct language *language_new(void)
{
    static const char *const first[] = {"<begin>", "<end>", "<unknown>"};
    struct language *l = mem_zero(1, sizeof *l);
    intern_init(&l->words);
    for (int i = 0; i < 3; i++)
        intern_put(&l->words, first[i], strlen(first[i]));
    l->grams = ngram_new(NGRAM_ORDER_MAX);
    return l;
}

void language_free(struct language *l)
{
    if (!l)
        return;
    ngram_free(l->grams);
    intern_release(&l->words);
    vec_release(&l->names);
    mem_free(l);
}

void language_name(struct language *l, uint32_t entity, uint32_t kind, const char *name)
{
    struct name n = {.entity = entity, .kind = kind};
    const char *token;
    size_t at = 0, len = strlen(name), size;
    while (n.n < NAME_TOKENS && (size = text_token(name, len, &at, &token)))
        n.hash[n.n++] = text_hash(token, size);
    if (n.n)
        vec_push(&l->names, n);
    if (entity >= l->n_entities)
        l->n_entities = entity + 1;
}

static int compare_names(const void *a, const void *b)
{
    const struct name *x = a, *y = b;
    if (x->hash[0] != y->hash[0])
        return x->hash[0] < y->hash[0] ? -1 : 1;
    if (x->n != y->n)
        return x->n > y->n ? -1 : 1; /* the longest first */
    return x->entity < y->entity ? -1 : x->entity > y->entity;
}

void names_sort(struct language *l)
{
    if (l->names.len)
        qsort(l->names.at, l->names.len, sizeof *l->names.at, compare_names);
}

/* A full stop, a question or an exclamation. */
static bool ends_sentence(const char *token, size_t size)
{
    return size == 1 && strchr(".!?", token[0]);
}

/* The id of a token.  At the start of a sentence a capital says nothing: it is taken as a small
 * letter where such a word is known (Lita and others, "tRuEcasIng", ACL 2003). */
static uint32_t find_word(const struct language *l, const char *token, size_t size, bool first)
{
    char low[64];
    if (first && size < sizeof low && shape_of(token, size) == SHAPE_CAPITAL) {
        memcpy(low, token, size);
        low[0] = small(low[0]);
        uint32_t id = intern_find(&l->words, low, size);
        if (id != UINT32_MAX)
            return id;
    }
    return intern_find(&l->words, token, size);
}

static uint32_t word_of(struct language *l, const char *token, size_t size, bool first)
{
    uint32_t id = find_word(l, token, size, first);
    if (id == UINT32_MAX && l->words.count + 1 < NGRAM_TOKENS_MAX)
        id = intern_put(&l->words, token, size);
    return id == UINT32_MAX ? LANGUAGE_UNKNOWN : id;
}

void language_text(struct language *l, const char *text, size_t len)
{
    VEC(uint32_t) sentence = {0};
    const char *token;
    size_t at = 0, size;
    while ((size = text_token(text, len, &at, &token))) {
        uint32_t word = word_of(l, token, size, sentence.len == 0);
        vec_push(&sentence, word);
        if (ends_sentence(token, size)) {
            ngram_add(l->grams, sentence.at, sentence.len);
            sentence.len = 0;
        }
    }
    if (sentence.len)
        ngram_add(l->grams, sentence.at, sentence.len);
    vec_release(&sentence);
}

void language_fact(struct language *l, const char *subject, const char *attribute,
                   const char *value)
{
    const char *const part[] = {subject, ":", attribute, "is", value};
    VEC(uint32_t) line = {0};
    const char *token;
    for (int i = 0; i < 5; i++)
        for (size_t at = 0, size, len = strlen(part[i]);
             (size = text_token(part[i], len, &at, &token));)
            vec_push(&line, word_of(l, token, size, false));
    ngram_add(l->grams, line.at, line.len);
    vec_release(&line);
}

/* --- reading */

struct reading *reading_new(void)
{
    struct reading *r = mem_zero(1, sizeof *r);
    intern_init(&r->own);
    r->plain = true;
    return r;
}

void reading_free(struct reading *r)
{
    if (!r)
        return;
    intern_release(&r->own);
    vec_release(&r->place);
    vec_release(&r->passage);
    vec_release(&r->sentence);
    vec_release(&r->candidate);
    mem_free(r->p);
    mem_free(r->grams);
    mem_free(r);
}

/* The longest name that begins at the place; NULL: none does. */
static const struct name *name_at(const struct language *l, const struct reading *r, uint32_t at,
                                  uint32_t upto)
{
    size_t low = 0, high = l->names.len;
    uint64_t hash = r->place.at[at].hash;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (l->names.at[middle].hash[0] < hash)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < l->names.len && l->names.at[low].hash[0] == hash; low++) {
        const struct name *n = &l->names.at[low];
        uint32_t k = 1;
        while (k < n->n && at + k < upto && r->place.at[at + k].hash == n->hash[k])
            k++;
        if (k == n->n)
            return n;
    }
    return NULL;
}

static void find_mentions(const struct language *l, struct reading *r, struct read_passage *p)
{
    struct place here = {
        .near = {LANGUAGE_NONE, LANGUAGE_NONE, LANGUAGE_NONE, LANGUAGE_NONE}
    };
    p->about = LANGUAGE_NONE;
    for (uint32_t i = p->first; i < p->upto;) {
        const struct name *n = name_at(l, r, i, p->upto);
        for (uint32_t kind = 0; kind < LANGUAGE_KINDS; kind++)
            here.since[kind]++;
        if (n) {
            here.near[n->kind] = (int32_t)n->entity;
            here.since[n->kind] = 0;
            if (p->about == LANGUAGE_NONE)
                p->about = (int32_t)n->entity;
        }
        for (uint32_t k = n ? n->n : 1; k; k--, i++) {
            struct place *to = &r->place.at[i];
            to->mention = n ? (int32_t)n->entity : LANGUAGE_NONE;
            memcpy(to->near, here.near, sizeof here.near);
            memcpy(to->since, here.since, sizeof here.since);
        }
    }
}

static void read_one(const struct language *l, const struct passage *from, struct reading *r)
{
    struct read_passage p = {
        .score = from->score, .age = from->age, .first = (uint32_t)r->place.len};
    bool fresh = true;
    const char *token;
    for (size_t at = 0, size; (size = text_token(from->text, from->len, &at, &token));) {
        struct place here = {.hash = text_hash(token, size), .shape = shape_of(token, size)};
        here.token = find_word(l, token, size, fresh);
        if (here.token == UINT32_MAX)
            here.token = l->words.count + intern_put(&r->own, token, size);
        if (fresh) {
            struct read_sentence s = {.first = (uint32_t)r->place.len};
            vec_push(&r->sentence, s);
        }
        here.passage = (uint32_t)r->passage.len;
        here.sentence = (uint32_t)r->sentence.len - 1;
        vec_push(&r->place, here);
        r->sentence.at[here.sentence].upto = (uint32_t)r->place.len;
        fresh = ends_sentence(token, size);
    }
    p.upto = (uint32_t)r->place.len;
    find_mentions(l, r, &p);
    vec_push(&r->passage, p);
}

void language_read(const struct language *l, const struct passage *passage, size_t n,
                   struct reading *r)
{
    intern_clear(&r->own);
    r->place.len = r->passage.len = r->sentence.len = 0;
    for (size_t i = 0; i < n; i++)
        read_one(l, &passage[i], r);
    language_turn(l, r, NULL);
}

size_t reading_tokens(const struct reading *r)
{
    return r->place.len;
}

size_t language_encode(const struct language *l, const struct reading *r, const char *text,
                       uint32_t *token, size_t most)
{
    const char *s;
    size_t n = 0;
    for (size_t at = 0, size, len = strlen(text);
         n < most && (size = text_token(text, len, &at, &s)); n++) {
        uint32_t own;
        token[n] = intern_find(&l->words, s, size);
        if (token[n] != UINT32_MAX)
            continue;
        own = intern_find(&r->own, s, size);
        token[n] = own == UINT32_MAX ? LANGUAGE_UNKNOWN : l->words.count + own;
    }
    return n;
}

/* The text of a token; borrowed from the model or the reading. */
static const char *language_token(const struct language *l, const struct reading *r, uint32_t token)
{
    return token < l->words.count ? l->words.of[token].at : r->own.of[token - l->words.count].at;
}

void language_decode(const struct language *l, const struct reading *r, const uint32_t *token,
                     size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        const char *s = language_token(l, r, token[i]);
        if (i > 0 && !(strchr(".,;:!?)", s[0]) && !s[1]))
            buf_putc(out, ' ');
        buf_puts(out, s);
    }
}

/* --- a slot */

static uint32_t hash_words(const char *text, uint64_t *hash, uint32_t most)
{
    const char *s;
    uint32_t n = 0;
    for (size_t at = 0, size, len = strlen(text);
         n < most && (size = text_token(text, len, &at, &s));)
        hash[n++] = text_hash(s, size);
    return n;
}

static void turn_prompt(const struct language *l, struct reading *r)
{
    const char *const part[] = {r->slot.subject, ":", r->slot.attribute, "is"};
    r->n_prompt = 0;
    for (int i = 0; i < 4; i++)
        r->n_prompt += (uint32_t)language_encode(l, r, part[i], r->prompt + r->n_prompt,
                                                 SLOT_TOKENS - r->n_prompt);
}

static bool is_word_of(const struct reading *r, uint64_t hash)
{
    for (uint32_t k = 0; k < r->n_words; k++)
        if (r->word[k] == hash)
            return true;
    return false;
}

static void turn_sentences(struct reading *r)
{
    int32_t entity = (int32_t)r->slot.entity;
    for (size_t i = 0; i < r->sentence.len; i++) {
        struct read_sentence *s = &r->sentence.at[i];
        s->names = s->names_other = s->asked = false;
        for (uint32_t j = s->first; j < s->upto; j++) {
            struct place *p = &r->place.at[j];
            p->asked = is_word_of(r, p->hash);
            s->names |= p->mention == entity;
            s->names_other |= p->mention != LANGUAGE_NONE && p->mention != entity;
            s->asked |= p->asked;
        }
    }
}

void language_turn(const struct language *l, struct reading *r, const struct language_slot *slot)
{
    r->plain = !slot;
    r->newest = NAN;
    r->named = false;
    r->n_prompt = r->n_words = 0;
    r->attribute = 0;
    if (!slot)
        return;
    r->slot = *slot;
    r->n_words = hash_words(slot->attribute, r->word, NAME_TOKENS);
    for (uint32_t k = 0; k < r->n_words; k++)
        r->attribute = hash_with(r->attribute, r->word[k]);
    turn_prompt(l, r);
    turn_sentences(r);
    for (size_t i = 0; i < r->passage.len; i++) {
        struct read_passage *p = &r->passage.at[i];
        p->names = false;
        for (uint32_t j = p->first; j < p->upto && !p->names; j++)
            p->names = r->place.at[j].mention == (int32_t)slot->entity;
        if (!p->names)
            continue;
        r->named = true;
        if (p->age >= 0 && !(r->newest <= p->age))
            r->newest = p->age;
    }
}
