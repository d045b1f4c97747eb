/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where to copy from: a pointer with a sentinel (Vinyals, Fortunato and Jaitly, "Pointer networks",
 * NIPS 2015; Merity, Xiong, Bradbury and Socher, "Pointer sentinel mixture models", ICLR 2017; the
 * mixture with a generator is that of See, Liu and Manning, "Get to the point", ACL 2017, and the
 * match of what was just written with what stands before a place is the continuous cache's of
 * Grave, Joulin and Usunier, ICLR 2017, with words in place of hidden states).
 *
 * The logit of a place is linear in features that people would look at: who is named there, is the
 * attribute, which words stand around, how old the passage is.  Words are hashed together with
 * the attribute (Weinberger and others, "Feature hashing", ICML 2009). */
#include "exec/language_parts.h"
#include "math/rng.h"
#include <math.h>

enum { FEATURES_MAX = 64 };
/* More than this of the n-grams' probability: it is known to begin such a value. */
#define FITS 0.005
struct feature {
    uint32_t at;
    double x;
};
struct features {
    struct feature at[FEATURES_MAX];
    size_t n;
};

static void put(struct features *f, uint32_t at, double x)
{
    if (x != 0)
        f->at[f->n++] = (struct feature){at, x};
}

static void put_word(struct features *f, uint64_t kind, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t h = rng_mix(kind * RNG_GOLDEN + a + (b << 21 | b >> 43) + (c << 42 | c >> 22));
    f->at[f->n++] = (struct feature){LEXICAL + (uint32_t)(h & (LEXICAL_WEIGHTS - 1)), 1};
}

/* The hash of the token `by` places from here in the same passage; of its edge beyond. */
static uint64_t word_near(const struct reading *r, uint32_t place, int by)
{
    const struct read_passage *p = &r->passage.at[r->place.at[place].passage];
    int64_t at = (int64_t)place + by;
    return at < p->first || at >= p->upto ? 1 : r->place.at[at].hash;
}

double copy_frequent(const struct reading *r, uint32_t token)
{
    if (token != LANGUAGE_UNKNOWN && token < r->n_grams)
        return r->grams[token];
    return r->grams[LANGUAGE_UNKNOWN] / (1 + r->own.count);
}

/* Does a word of the attribute stand within three tokens before (by = -1) or after? */
static bool asked_near(const struct reading *r, uint32_t place, int by)
{
    const struct read_passage *p = &r->passage.at[r->place.at[place].passage];
    for (int i = 1; i <= 3; i++) {
        int64_t at = (int64_t)place + i * by;
        if (at >= p->first && at < p->upto && r->place.at[at].asked)
            return true;
    }
    return false;
}

/* Who is named around a place, and when that was. */
static void put_place(const struct reading *r, uint32_t place, uint32_t base, struct features *f)
{
    const struct place *w = &r->place.at[place];
    const struct read_passage *p = &r->passage.at[w->passage];
    const struct read_sentence *s = &r->sentence.at[w->sentence];
    int32_t entity = (int32_t)r->slot.entity;
    int32_t near = w->near[r->slot.kind];
    bool here = near == entity, before = asked_near(r, place, -1), after = asked_near(r, place, 1);
    double best = r->passage.at[0].score;
    put(f, base + 0, 1);
    put(f, base + 1, here);
    put(f, base + 2, near != LANGUAGE_NONE && !here);
    put(f, base + 3, s->names);
    put(f, base + 4, s->names_other);
    put(f, base + 5, s->asked);
    put(f, base + 6, before);
    put(f, base + 7, after);
    put(f, base + 8, here && s->asked);
    put(f, base + 9, here && (before || after));
    put(f, base + 10, s->names && s->asked);
    put(f, base + 11, best > 0 && isfinite(p->score) ? p->score / best : 0);
    put(f, base + 12, 1.0 / (1 + w->passage));
    put(f, base + 13, here ? 1.0 / (1 + w->since[r->slot.kind]) : 0);
    put(f, base + 14, w->mention != LANGUAGE_NONE);
    put(f, base + 15, w->mention == entity);
    put(f, base + 16, p->about == entity);
    put(f, base + 17, p->names);
    put(f, base + 18, p->age < 0);
    put(f, base + 19, p->age >= 0 ? log1p(p->age) : 0);
    put(f, base + 20, p->age >= 0 && p->names && p->age <= r->newest);
    put(f, base + 21, isnan(p->age));
    put(f, base + 22 + w->shape, 1); /* to 26 */
}

/* Is it one of the words that values of this attribute begin with? */
static bool fits_slot(const struct reading *r, uint32_t place)
{
    return copy_frequent(r, r->place.at[place].token) > FITS;
}

static double age_of(const struct reading *r, uint32_t place)
{
    double age = r->passage.at[r->place.at[place].passage].age;
    return age >= 0 ? age : HUGE_VAL;
}

/* The age of the newest passage that says what fits near the entity's name. */
static void find_newest(struct reading *r)
{
    r->newest_fit = HUGE_VAL;
    for (uint32_t i = 0; i < r->place.len; i++)
        if (r->place.at[i].near[r->slot.kind] == (int32_t)r->slot.entity && fits_slot(r, i))
            r->newest_fit = fmin(r->newest_fit, age_of(r, i));
}

static void put_start(const struct reading *r, uint32_t place, struct features *f)
{
    uint64_t here = word_near(r, place, 0), before = word_near(r, place, -1),
             after = word_near(r, place, 1);
    const struct place *w = &r->place.at[place];
    bool fits = fits_slot(r, place), here_named = w->near[r->slot.kind] == (int32_t)r->slot.entity;
    double age = age_of(r, place);
    uint32_t base = COPY_START * DENSE;
    put_place(r, place, base, f);
    put(f, base + 27, fits);
    put(f, base + 28, fits && here_named);
    put(f, base + 29, fits && here_named && age <= r->newest_fit);
    put(f, base + 30, fits && here_named && age > r->newest_fit);
    put(f, base + 31, log(copy_frequent(r, w->token)) / 10);
    put_word(f, 1, r->attribute, here, 0);
    put_word(f, 2, r->attribute, before, 0);
    put_word(f, 3, r->attribute, after, 0);
    put_word(f, 4, r->attribute, word_near(r, place, -2), before);
    put_word(f, 5, r->attribute, word_near(r, place, 2), 0);
    put_word(f, 6, r->attribute, r->place.at[place].shape, 0);
    put_word(f, 7, r->attribute, word_near(r, place, -2), 0);
    put_word(f, 8, word_near(r, place, -2), before, 0);
    put_word(f, 9, word_near(r, place, -3), before, 0);
    put_word(f, 10, r->place.at[r->passage.at[w->passage].first].hash, 0, 0);
}

/* Does the value go on here, or end before it? */
static void put_on(const struct reading *r, const struct candidate *c, size_t n, struct features *f)
{
    uint64_t here = word_near(r, c->place, 0), before = word_near(r, c->place, -1);
    uint32_t base = c->stage * DENSE;
    put_place(r, c->place, base, f);
    put(f, base + 27, c->match >= 2);
    put(f, base + 28, c->match >= n);
    put(f, base + 29, n >= 2);
    put_word(f, 11 + c->stage, r->attribute, before, 0);
    put_word(f, 20 + c->stage, r->attribute, here, 0);
    put_word(f, 30 + c->stage, before, here, 0);
    put_word(f, 40 + c->stage, here, 0, 0);
}

static void put_plain(const struct reading *r, const struct candidate *c, struct features *f)
{
    uint32_t base = COPY_PLAIN * DENSE;
    put(f, base + 0, 1);
    put(f, base + 1, c->match >= 2);
    put(f, base + 2, c->match >= 3);
    put(f, base + 3, 1.0 / (1 + r->place.at[c->place].passage));
    put(f, base + 4 + r->place.at[c->place].shape, 1); /* to 8 */
    put_word(f, 50, word_near(r, c->place, -1), 0, 0);
    put_word(f, 51, word_near(r, c->place, 0), 0, 0);
}

static void put_candidate(const struct reading *r, const struct candidate *c, size_t n,
                          struct features *f)
{
    f->n = 0;
    if (c->stage == COPY_START)
        put_start(r, c->place, f);
    else if (c->stage == COPY_PLAIN)
        put_plain(r, c, f);
    else
        put_on(r, c, n, f);
}

/* How much is left to what is frequent. */
static void put_sentinel(const struct reading *r, size_t n, struct features *f)
{
    enum copy_stage stage = r->plain ? COPY_PLAIN : n ? COPY_ON : COPY_START;
    uint32_t base = SENTINEL + stage * SENTINEL_DENSE;
    double top = 0;
    for (size_t i = 0; i < r->n_grams; i++)
        if (r->grams[i] > top)
            top = r->grams[i];
    f->n = 0;
    put(f, base + 0, 1);
    put(f, base + 1, log(top));
    put(f, base + 2, log1p((double)r->candidate.len));
    put(f, base + 3, r->named);
    put(f, base + 4, n == 1);
    if (!r->plain)
        put_word(f, 60 + stage, r->attribute, 0, 0);
}

static double dot(const struct language *l, const struct features *f)
{
    double z = 0;
    for (size_t i = 0; i < f->n; i++)
        z += l->weight[f->at[i].at] * f->at[i].x;
    return z;
}

/* --- candidates */

/* How many of the last tokens written, at most `most`, stand before the place. */
static uint32_t match_at(const struct reading *r, uint32_t place, const uint32_t *written, size_t n,
                         uint32_t most)
{
    uint32_t first = r->passage.at[r->place.at[place].passage].first, m = 0;
    while (m < most && m < n && place >= first + m + 1 &&
           r->place.at[place - m - 1].token == written[n - m - 1])
        m++;
    return m;
}

static void push(struct reading *r, uint32_t place, uint32_t token, uint32_t match,
                 enum copy_stage stage)
{
    struct candidate c = {.place = place, .token = token, .match = match, .stage = stage};
    vec_push(&r->candidate, c);
}

static void find_candidates(struct reading *r, const uint32_t *written, size_t n)
{
    r->candidate.len = 0;
    for (uint32_t i = 0; i < r->place.len; i++) {
        uint32_t token = r->place.at[i].token, m;
        if (!r->plain && n == 0) {
            push(r, i, token, 0, COPY_START);
            continue;
        }
        m = match_at(r, i, written, n, r->plain ? 3 : LANGUAGE_VALUE_MAX);
        if (m == 0)
            continue;
        push(r, i, token, m, r->plain ? COPY_PLAIN : COPY_ON);
        if (!r->plain)
            push(r, i, NGRAM_END, m, COPY_END);
    }
}

void copy_weigh(const struct language *l, struct reading *r, const uint32_t *written, size_t n)
{
    struct features f;
    double most, sum;
    find_candidates(r, written, n);
    if (!r->plain && n == 0)
        find_newest(r);
    put_sentinel(r, n, &f);
    most = r->sentinel_z = r->alone ? -HUGE_VAL : dot(l, &f);
    for (size_t i = 0; i < r->candidate.len; i++) {
        struct candidate *c = &r->candidate.at[i];
        put_candidate(r, c, n, &f);
        c->z = dot(l, &f);
        most = fmax(most, c->z);
    }
    sum = r->sentinel = most > -HUGE_VAL ? exp(r->sentinel_z - most) : 0;
    for (size_t i = 0; i < r->candidate.len; i++)
        sum += r->candidate.at[i].share = exp(r->candidate.at[i].z - most);
    r->sentinel /= sum > 0 ? sum : 1;
    for (size_t i = 0; i < r->candidate.len; i++)
        r->candidate.at[i].share /= sum;
}

static void add_slope(const struct features *f, double by, double *slope)
{
    for (size_t i = 0; i < f->n; i++)
        slope[f->at[i].at] += by * f->at[i].x;
}

void copy_slope(const struct reading *r, size_t n, uint32_t next, double *slope)
{
    struct features f;
    double after = r->sentinel * copy_frequent(r, next), sum = after;
    for (size_t i = 0; i < r->candidate.len; i++)
        if (r->candidate.at[i].token == next)
            sum += r->candidate.at[i].share;
    if (sum <= 0)
        return;
    for (size_t i = 0; i < r->candidate.len; i++) {
        const struct candidate *c = &r->candidate.at[i];
        put_candidate(r, c, n, &f);
        add_slope(&f, (c->token == next ? c->share / sum : 0) - c->share, slope);
    }
    put_sentinel(r, n, &f);
    add_slope(&f, after / sum - r->sentinel, slope);
}
