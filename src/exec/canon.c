/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Look-ups in a canon: ids by a hash, facts of a slot by halving a sorted list. */
#include "exec/canon.h"

const char *canon_kind_name(enum canon_kind kind)
{
    static const char *const name[CANON_KINDS] = {
#define X(id, word) word,
        CANON_KIND_TABLE(X)
#undef X
    };
    return name[kind];
}

void canon_free(struct canon *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->subject.len; i++)
        vec_release(&c->subject.at[i].aliases);
    for (size_t i = 0; i < c->attribute.len; i++) {
        vec_release(&c->attribute.at[i].values);
        vec_release(&c->attribute.at[i].words);
    }
    for (size_t i = 0; i < c->rule.len; i++) {
        for (size_t k = 0; k < c->rule.at[i].never.len; k++)
            vec_release(&c->rule.at[i].never.at[k].except);
        vec_release(&c->rule.at[i].never);
    }
    vec_release(&c->chunk);
    vec_release(&c->fact);
    vec_release(&c->subject);
    vec_release(&c->attribute);
    vec_release(&c->rule);
    vec_release(&c->by_slot);
    intern_release(&c->values);
    intern_release(&c->subjects);
    intern_release(&c->attributes);
    intern_release(&c->chunks);
    arena_release(&c->arena);
    mem_free(c);
}

uint32_t canon_subject_of(const struct canon *c, const char *id, size_t len)
{
    return intern_find(&c->subjects, id, len);
}

uint32_t canon_attribute_of(const struct canon *c, const char *name, size_t len)
{
    return intern_find(&c->attributes, name, len);
}

uint32_t canon_value_of(const struct canon *c, const char *text, size_t len)
{
    return intern_find(&c->values, text, len);
}

uint32_t canon_chunk_of(const struct canon *c, const char *id, size_t len)
{
    return intern_find(&c->chunks, id, len);
}

const char *canon_value_text(const struct canon *c, uint32_t value)
{
    return c->values.of[value].at;
}

/* Does the fact come after all those of the slot up to the episode? */
static bool beyond(const struct canon_fact *f, uint32_t subject, uint32_t attribute,
                   uint32_t episode)
{
    if (f->subject != subject)
        return f->subject > subject;
    if (f->attribute != attribute)
        return f->attribute > attribute;
    return f->from > episode;
}

uint32_t canon_fact_at(const struct canon *c, uint32_t subject, uint32_t attribute,
                       uint32_t episode)
{
    size_t low = 0, high = c->by_slot.len;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (beyond(&c->fact.at[c->by_slot.at[middle]], subject, attribute, episode))
            high = middle;
        else
            low = middle + 1;
    }
    if (low == 0)
        return CANON_NONE;
    const struct canon_fact *last = &c->fact.at[c->by_slot.at[low - 1]];
    if (last->subject != subject || last->attribute != attribute)
        return CANON_NONE;
    for (low--; low > 0; low--) {
        const struct canon_fact *f = &c->fact.at[c->by_slot.at[low - 1]];
        if (f->subject != subject || f->attribute != attribute || f->from != last->from)
            break;
    }
    return c->by_slot.at[low];
}

uint32_t canon_value_at(const struct canon *c, uint32_t subject, uint32_t attribute,
                        uint32_t episode)
{
    uint32_t f = canon_fact_at(c, subject, attribute, episode);
    return f == CANON_NONE ? CANON_NONE : c->fact.at[f].value;
}

bool canon_states(const struct canon *c, uint32_t chunk, uint32_t subject, uint32_t attribute,
                  uint32_t episode)
{
    const struct canon_chunk *k = &c->chunk.at[chunk];
    uint32_t value = canon_value_at(c, subject, attribute, episode);

    for (uint32_t i = 0; i < k->n_facts; i++) {
        const struct canon_fact *f = &c->fact.at[k->first_fact + i];
        if (f->subject == subject && f->attribute == attribute && f->value == value &&
            f->from <= episode)
            return true;
    }
    return false;
}
