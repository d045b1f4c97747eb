/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Teaching: for each fact that is known, passages as retrieval might find them - the chunk that
 * states it in seven cases of eight, others that speak of the same subject, of the same attribute,
 * or of neither - and one step towards the value. */
#include "exec/writer.h"

#include "base/buf.h"
#include "math/rng.h"
#include <math.h>
#include <string.h>

struct teacher {
    const struct canon *c;
    struct language *l;
    struct reading *r;
    struct rng_seq rng;
    uint32_t episodes;
    uint32_t chosen[WRITER_PASSAGES];
    uint32_t n, most, now;
};

/* The number after the word "episode" among the first dozen; 0: none. */
static uint32_t told_episode(const char *text, size_t len)
{
    size_t end = len < 80 ? len : 80;
    for (size_t i = 1; i + 8 < end; i++) {
        uint32_t n = 0;
        if (memcmp(text + i, "pisode ", 7))
            continue;
        for (size_t j = i + 7; j < len && text[j] >= '0' && text[j] <= '9' && n < 100000; j++)
            n = 10 * n + (uint32_t)(text[j] - '0');
        return n;
    }
    return 0;
}

struct passage writer_passage(const char *text, size_t len, double score, uint32_t episode)
{
    uint32_t told = told_episode(text, len);
    return (struct passage){
        .text = text, .len = len, .score = score, .age = told ? (double)episode - told : NAN};
}

void writer_read(const struct language *l, struct json context, uint32_t episode,
                 struct reading *out)
{
    struct passage p[WRITER_PASSAGES_MAX];
    size_t n = 0;
    for (struct json_iter it = json_each(context); json_next(&it) && n < WRITER_PASSAGES_MAX;) {
        const char *text;
        size_t len;
        double score = 0;
        if (!json_text(json_get(it.value, "text"), &text, &len))
            continue;
        json_as_double(json_get(it.value, "score"), &score);
        p[n++] = writer_passage(text, len, score, episode);
    }
    language_read(l, p, n, out);
}

static uint32_t kind_of(const struct canon_subject *who)
{
    return who->kind == CANON_CHARACTER ? 0 : who->kind == CANON_PLACE ? 1 : 2;
}

struct language_slot writer_slot(const struct canon *c, uint32_t subject, const char *attribute)
{
    return (struct language_slot){.entity = subject,
                                  .kind = kind_of(&c->subject.at[subject]),
                                  .subject = c->subject.at[subject].name,
                                  .attribute = attribute};
}

/* --- passages for a fact */

static void choose(struct teacher *t, uint32_t chunk)
{
    for (uint32_t i = 0; i < t->n; i++)
        if (t->chosen[i] == chunk)
            return;
    if (t->n < t->most && t->c->chunk.at[chunk].text && t->c->chunk.at[chunk].episode <= t->now)
        t->chosen[t->n++] = chunk;
}

/* A chunk that states another fact like this one, in what `same` asks for; found by trying. */
static void choose_like(struct teacher *t, const struct canon_fact *f, bool same_subject,
                        bool same_attribute)
{
    const struct canon *c = t->c;
    size_t from = rng_below(&t->rng, c->fact.len);
    for (size_t i = 0; i < c->fact.len; i++) {
        const struct canon_fact *g = &c->fact.at[(from + i) % c->fact.len];
        bool states = g->subject == f->subject && g->attribute == f->attribute;
        if ((same_subject && g->subject != f->subject) ||
            (same_attribute && g->attribute != f->attribute) || (states && g->value == f->value))
            continue;
        choose(t, g->chunk);
        return;
    }
}

static void shuffle(struct teacher *t)
{
    for (uint32_t i = t->n; i > 1; i--) {
        uint32_t j = (uint32_t)rng_below(&t->rng, i), was = t->chosen[i - 1];
        t->chosen[i - 1] = t->chosen[j];
        t->chosen[j] = was;
    }
}

/* A draft that names the fact's subject, where there is one. */
static void choose_draft(struct teacher *t, const struct canon_fact *f)
{
    const struct canon *c = t->c;
    size_t from = rng_below(&t->rng, c->chunk.len);
    for (size_t i = 0; i < c->chunk.len; i++) {
        uint32_t at = (uint32_t)((from + i) % c->chunk.len);
        const struct canon_chunk *k = &c->chunk.at[at];
        if (k->kind != CANON_DRAFT || !k->text || !strstr(k->text, c->subject.at[f->subject].name))
            continue;
        choose(t, at);
        return;
    }
}

static void choose_passages(struct teacher *t, const struct canon_fact *f)
{
    t->n = 0;
    t->most = 4 + (uint32_t)rng_below(&t->rng, WRITER_PASSAGES - 3);
    if (rng_below(&t->rng, 8) > 0)
        choose(t, f->chunk);
    choose_like(t, f, true, true);
    choose_draft(t, f);
    while (t->n + 1 < t->most && rng_below(&t->rng, 3) > 0)
        choose_like(t, f, true, false);
    if (t->n < t->most)
        choose_like(t, f, false, true);
    for (int tries = 0; tries < 50 && t->n < t->most; tries++)
        choose(t, (uint32_t)rng_below(&t->rng, t->c->chunk.len));
    shuffle(t);
}

/* Three times of four the slot is asked for as it is, else for an earlier episode. */
static void teach(struct teacher *t, const struct canon_fact *of, uint32_t round)
{
    struct passage p[WRITER_PASSAGES];
    struct language_slot slot =
        writer_slot(t->c, of->subject, t->c->attribute.at[of->attribute].name);
    t->now = t->episodes;
    if (rng_below(&t->rng, 4) == 0)
        t->now = of->from + (uint32_t)rng_below(&t->rng, t->episodes + 1 - of->from);
    const struct canon_fact *f =
        &t->c->fact.at[canon_fact_at(t->c, of->subject, of->attribute, t->now)];
    choose_passages(t, f);
    for (uint32_t i = 0; i < t->n; i++) {
        const char *text = t->c->chunk.at[t->chosen[i]].text;
        p[i] = writer_passage(text, strlen(text), 1 - 0.05 * i, t->now);
    }
    language_read(t->l, p, t->n, t->r);
    language_turn(t->l, t->r, &slot);
    (round ? language_step : language_point)(t->l, t->r, canon_value_text(t->c, f->value));
}

/* --- what it reads */

static void give_names(const struct canon *c, struct language *l)
{
    for (uint32_t s = 0; s < c->subject.len; s++) {
        const struct canon_subject *who = &c->subject.at[s];
        uint32_t kind = kind_of(who);
        language_name(l, s, kind, who->name);
        for (size_t i = 0; i < who->aliases.len; i++)
            language_name(l, s, kind, who->aliases.at[i]);
    }
}

static void give_text(const struct canon *c, uint32_t episodes, struct language *l)
{
    for (size_t i = 0; i < c->fact.len; i++) {
        const struct canon_fact *f = &c->fact.at[i];
        if (f->from <= episodes)
            language_fact(l, c->subject.at[f->subject].name, c->attribute.at[f->attribute].name,
                          canon_value_text(c, f->value));
    }
    for (size_t i = 0; i < c->chunk.len; i++)
        if (c->chunk.at[i].text && c->chunk.at[i].episode <= episodes)
            language_text(l, c->chunk.at[i].text, strlen(c->chunk.at[i].text));
}

struct language *writer_new(const struct canon *c, const struct writer_options *options)
{
    struct writer_options o = options ? *options : (struct writer_options){0};
    struct teacher t = {
        .c = c, .l = language_new(), .r = reading_new(), .rng = {o.key, 0}
    };
    t.episodes = o.episodes ? o.episodes : (4 * c->episodes + 4) / 5;
    give_names(c, t.l);
    give_text(c, t.episodes, t.l);
    language_build(t.l);
    uint32_t rounds = o.untaught ? 0 : o.rounds ? o.rounds : WRITER_ROUNDS;
    for (uint32_t round = 0; round < rounds; round++)
        for (size_t i = 0; i < c->fact.len; i++)
            if (c->fact.at[i].from <= t.episodes)
                teach(&t, &c->fact.at[i], round);
    reading_free(t.r);
    return t.l;
}
