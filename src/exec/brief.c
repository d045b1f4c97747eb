/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Briefs: some slots of the canon, drawn, and put in words as a director would.
 *
 * A third of the names are aliases, one brief in sixteen has a slip of the pen in a name, some
 * phrases only hint at what is wanted, and a quarter are reshoots of earlier episodes, whose facts
 * later shots contradict.  These are what makes retrieval miss. */
#include "exec/brief.h"

#include "base/json_write.h"
#include "math/rng.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { STREAM = 0x62726965 /* "brie" */, PHRASES = 4 };

/* How people ask for an attribute: %s is the subject. */
static const struct {
    const char *attribute, *phrase[PHRASES];
} wording[] = {
    {"coat",
     {"%s in the right coat", "what %s is wearing by now", "%s dressed as last seen",
      "the coat of %s"}                                                                                },
    {"hair",      {"the hair of %s", "%s with hair as it is now", "%s bareheaded", "the hair on %s"}   },
    {"mark",
     {"the mark on %s", "%s so close that the old mark shows", "what one would know %s by",
      "the mark of %s"}                                                                                },
    {"carries",
     {"what %s carries", "%s with the usual thing in hand", "whatever %s carries these days",
      "the thing that %s carries"}                                                                     },
    {"lodging",
     {"where %s lodges", "%s on the way home", "where %s sleeps these days", "the lodging of %s"}      },
    {"light",
     {"the light at %s", "%s lit as it should be", "%s under its light", "the light of %s"}            },
    {"door",      {"the door of %s", "through the entrance of %s", "the way into %s", "the door to %s"}},
    {"landmark",
     {"the landmark of %s in frame", "what everybody remembers of %s", "what stands in %s",
      "the landmark of %s"}                                                                            },
    {"state",
     {"%s in its present state", "the state of %s", "how %s looks now",
      "%s as the last shots left it"}                                                                  },
    {"material",
     {"what %s is made of", "%s close up, the material showing", "the material of %s",
      "what %s was made of"}                                                                           },
    {"kept",
     {"where %s is kept", "the place where they keep %s", "%s being fetched from its place",
      "where to find %s"}                                                                              },
    {"condition",
     {"the condition of %s", "%s in whatever shape it is", "how worn %s is by now",
      "%s as it was seen last"}                                                                        },
    {"emblem",
     {"the emblem on %s", "the sign on %s", "%s turned so that its emblem shows", "what %s bears"}     },
};
static const char *const any_attribute = "the right thing about %s";

static const struct {
    const char *word;
    uint32_t share; /* of 100 */
    uint32_t least, most;
    const char *opening[4];
} classes[] = {
    {"dialogue",
     55, 1,
     2, {"A quiet talk.", "Two people, no music.", "Close on the faces.",
      "They talk, then they do not."}},
    {"action",
     30, 2,
     3, {"Fast and handheld.", "One take, running.", "It begins with a shout.",
      "Everything at once."}         },
    {"crowd",
     15, 4,
     5, {"Wide, everybody in it.", "A crowd, seen from above.", "The whole quay is there.",
      "Many people, long lens."}     },
};
enum { N_CLASSES = sizeof classes / sizeof *classes };

static bool chance(struct rng_seq *r, double p)
{
    return rng_unit(rng_next(r)) < p;
}

/* ---- what is wanted ------------------------------------------------------------------------ */

static bool wanted(const struct brief *b, uint32_t subject, uint32_t attribute)
{
    for (uint32_t i = 0; i < b->n_wants; i++)
        if (b->want[i].subject == subject && b->want[i].attribute == attribute)
            return true;
    return false;
}

/* Adds a slot of the subject that has a value at the episode and is not wanted yet. */
static void want_of(const struct canon *c, struct rng_seq *r, uint32_t subject, struct brief *b)
{
    uint32_t slot[64], n = 0;

    for (uint32_t a = 0; a < c->attribute.len && n < 64; a++)
        if (!wanted(b, subject, a) && canon_value_at(c, subject, a, b->episode) != CANON_NONE)
            slot[n++] = a;
    if (n == 0)
        return;
    uint32_t a = slot[rng_below(r, n)];
    b->want[b->n_wants++] =
        (struct brief_want){subject, a, canon_value_at(c, subject, a, b->episode)};
}

/* The next subject: mostly people, then places, then things; sometimes the same once more. */
static uint32_t subject_for(const struct canon *c, struct rng_seq *r, const struct brief *b)
{
    static const enum canon_kind kinds[] = {CANON_CHARACTER, CANON_CHARACTER, CANON_CHARACTER,
                                            CANON_PLACE, CANON_PROP};
    enum canon_kind kind = kinds[rng_below(r, sizeof kinds / sizeof *kinds)];

    if (b->n_wants && chance(r, 0.3))
        return b->want[b->n_wants - 1].subject;
    for (int tries = 0; tries < 64; tries++) {
        uint32_t s = (uint32_t)rng_below(r, c->subject.len);
        if (c->subject.at[s].kind == kind)
            return s;
    }
    return (uint32_t)rng_below(r, c->subject.len);
}

static void draw_wants(const struct canon *c, struct rng_seq *r, struct brief *b)
{
    uint64_t ball = rng_below(r, 100);
    size_t k = 0;

    while (k + 1 < N_CLASSES && ball >= classes[k].share)
        ball -= classes[k++].share;
    b->class = classes[k].word;
    b->episode = c->episodes + 1;
    if (c->episodes > 2 && chance(r, 0.25))
        b->episode = 3 + (uint32_t)rng_below(r, c->episodes - 2);
    uint32_t n = classes[k].least + (uint32_t)rng_below(r, classes[k].most - classes[k].least + 1);
    for (int tries = 0; tries < 100 && b->n_wants < n && c->subject.len; tries++)
        want_of(c, r, subject_for(c, r, b), b);
}

/* ---- how it is said ------------------------------------------------------------------------- */

/* One slip of the pen: two letters change places, one is doubled or left out. */
static void put_slipped(struct rng_seq *r, const char *name, struct buf *out)
{
    size_t n = strlen(name), at = n < 4 ? 0 : 1 + rng_below(r, n - 3);

    if (n < 4 || !isalpha((unsigned char)name[at]) || !isalpha((unsigned char)name[at + 1])) {
        buf_puts(out, name);
        return;
    }
    buf_add(out, name, at);
    switch (rng_below(r, 3)) {
    case 0:
        buf_putc(out, name[at + 1]);
        buf_putc(out, name[at]);
        buf_puts(out, name + at + 2);
        break;
    case 1:
        buf_putc(out, name[at]);
        buf_puts(out, name + at);
        break;
    default:
        buf_puts(out, name + at + 1);
    }
}

/* A name as people use it: in full, an alias, or the first name of a person alone. */
static void put_subject(const struct canon *c, struct rng_seq *r, uint32_t subject, bool slips,
                        struct buf *out)
{
    const struct canon_subject *s = &c->subject.at[subject];
    const char *name = s->name;
    char first[64];

    if (s->aliases.len && chance(r, 0.3))
        name = s->aliases.at[rng_below(r, s->aliases.len)];
    else if (s->kind == CANON_CHARACTER && chance(r, 0.07)) {
        snprintf(first, sizeof first, "%.*s", (int)strcspn(name, " "), name);
        name = first;
    } else if (s->kind != CANON_CHARACTER)
        buf_puts(out, "the ");
    if (slips)
        put_slipped(r, name, out);
    else
        buf_puts(out, name);
}

static const char *phrase_for(const char *attribute, uint64_t which)
{
    for (size_t i = 0; i < sizeof wording / sizeof *wording; i++)
        if (strcmp(wording[i].attribute, attribute) == 0)
            return wording[i].phrase[which];
    return any_attribute;
}

static void put_want(const struct canon *c, struct rng_seq *r, const struct brief_want *w,
                     bool slips, struct buf *out)
{
    const char *phrase = phrase_for(c->attribute.at[w->attribute].name, rng_below(r, PHRASES));
    struct buf name = {0};

    put_subject(c, r, w->subject, slips, &name);
    for (const char *p = phrase; *p; p++)
        if (p[0] == '%' && p[1] == 's') {
            buf_puts(out, buf_text(&name));
            p++;
        } else {
            buf_putc(out, *p);
        }
    buf_release(&name);
}

static void put_text(const struct canon *c, struct rng_seq *r, const struct brief *b,
                     struct buf *text)
{
    static const char *const asks[] = {"Show ", "We need ", "Make sure of ", "In the frame: "};
    static const char *const joins[] = {", ", "; ", ", then ", ", and also "};
    size_t k = 0;
    uint32_t slip = chance(r, 1.0 / 16) ? (uint32_t)rng_below(r, b->n_wants + 1) : BRIEF_WANTS;

    while (strcmp(classes[k].word, b->class) != 0)
        k++;
    if (b->episode <= c->episodes)
        buf_printf(text, "Reshoot for episode %u. ", b->episode);
    else if (chance(r, 0.7))
        buf_printf(text, "Episode %u. ", b->episode);
    buf_puts(text, classes[k].opening[rng_below(r, 4)]);
    buf_putc(text, ' ');
    buf_puts(text, asks[rng_below(r, 4)]);
    for (uint32_t i = 0; i < b->n_wants; i++) {
        if (i)
            buf_puts(text, i + 1 == b->n_wants ? " and " : joins[rng_below(r, 4)]);
        put_want(c, r, &b->want[i], i == slip, text);
    }
    buf_putc(text, '.');
}

void brief_draw(const struct canon *c, uint64_t seed, uint64_t index, struct brief *b,
                struct buf *text)
{
    struct rng_seq r = {rng_key(seed, 0, index, STREAM, RNG_CLASS), 0};

    *b = (struct brief){0};
    snprintf(b->id, sizeof b->id, "brief-%llx-%llu", (unsigned long long)(seed & 0xffffffff),
             (unsigned long long)index + 1);
    draw_wants(c, &r, b);
    put_text(c, &r, b, text);
}

/* ---- JSON -------------------------------------------------------------------------------------
 */

/* Appends {"brief": ..., "episode": n, "wants": [{"subject", "attribute"}, ...]}. */
static void brief_put_input(const struct canon *c, const struct brief *b, const char *text,
                            struct buf *out)
{
    struct json_write w;

    json_init(&w, out, 0);
    json_open(&w, '{');
    json_key(&w, "brief");
    json_string(&w, text);
    json_key(&w, "episode");
    json_uint(&w, b->episode);
    json_key(&w, "wants");
    json_open(&w, '[');
    for (uint32_t i = 0; i < b->n_wants; i++) {
        json_open(&w, '{');
        json_key(&w, "subject");
        json_string(&w, c->subject.at[b->want[i].subject].id);
        json_key(&w, "attribute");
        json_string(&w, c->attribute.at[b->want[i].attribute].name);
        json_close(&w, '}');
    }
    json_close(&w, ']');
    json_close(&w, '}');
}

void brief_put_truth(const struct canon *c, const struct brief *b, struct buf *out)
{
    struct json_write w;
    struct buf key = {0};

    json_init(&w, out, 0);
    json_open(&w, '{');
    json_key(&w, "shot");
    json_open(&w, '{');
    for (uint32_t i = 0; i < b->n_wants; i++) {
        buf_clear(&key);
        buf_printf(&key, "%s.%s", c->subject.at[b->want[i].subject].id,
                   c->attribute.at[b->want[i].attribute].name);
        json_key(&w, buf_text(&key));
        json_string(&w, canon_value_text(c, b->want[i].value));
    }
    json_close(&w, '}');
    json_close(&w, '}');
    buf_release(&key);
}

/* ---- the input of a run ------------------------------------------------------------------------
 */

struct drawn {
    const char *id, *class, *payload, *truth;
};
struct brief_source {
    struct arena arena;
    struct drawn *of; /* [items] */
    struct run_input input;
};

static void give_item(void *arg, uint64_t index, const char **id, const char **class,
                      const char **payload, const char **truth)
{
    const struct brief_source *s = arg;
    const struct drawn *d = &s->of[index];

    *id = d->id;
    *class = d->class;
    *payload = d->payload;
    *truth = d->truth;
}

struct brief_source *brief_source_new(const struct canon *c, uint64_t seed, uint64_t items)
{
    struct brief_source *s = mem_zero(1, sizeof *s);
    struct buf text = {0}, input = {0}, truth = {0};
    struct brief b;

    s->of = mem_zero(items ? items : 1, sizeof *s->of);
    s->input = (struct run_input){.arg = s, .item = give_item, .items = items};
    for (uint64_t i = 0; i < items; i++) {
        buf_clear(&text);
        buf_clear(&input);
        buf_clear(&truth);
        brief_draw(c, seed, i, &b, &text);
        brief_put_input(c, &b, buf_text(&text), &input);
        brief_put_truth(c, &b, &truth);
        s->of[i] = (struct drawn){arena_strdup(&s->arena, b.id), b.class,
                                  arena_strdup(&s->arena, buf_text(&input)),
                                  arena_strdup(&s->arena, buf_text(&truth))};
    }
    buf_release(&text);
    buf_release(&input);
    buf_release(&truth);
    return s;
}

const struct run_input *brief_source_input(struct brief_source *s)
{
    return &s->input;
}

void brief_source_free(struct brief_source *s)
{
    if (!s)
        return;
    arena_release(&s->arena);
    mem_free(s->of);
    mem_free(s);
}
