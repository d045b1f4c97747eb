/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules are patterns that may not all match, each a slot of its own: found by trying the slots
 * in turn for each pattern (a search of depth two or so). */
#include "exec/continuity.h"

enum { SLOTS_MAX = 64, PATTERNS_MAX = 8 };

struct slot {
    uint32_t subject, attribute, value; /* value: CANON_NONE where no fact has it */
    const char *text;
    int len;
};

static void add(struct problems *p, struct buf *sentence)
{
    vec_push(p, buf_detach(sentence));
}

void problems_release(struct problems *p)
{
    for (size_t i = 0; i < p->len; i++)
        mem_free(p->at[i]);
    vec_release(p);
}

/* A member of the shot; false with a problem when it is none that the canon knows. */
static bool read_slot(const struct canon *c, const struct json_iter *it, struct slot *s,
                      struct problems *out)
{
    struct buf sentence = {0};
    const char *dot = NULL, *text;
    size_t len;
    int shown = it->key_len < 80 ? (int)it->key_len : 80;

    for (size_t i = 0; i < it->key_len; i++)
        if (it->key[i] == '.')
            dot = it->key + i;
    if (!dot || !json_text(it->value, &text, &len)) {
        buf_printf(&sentence, "%.*s: must be subject.attribute with a text", shown, it->key);
        add(out, &sentence);
        return false;
    }
    size_t before = (size_t)(dot - it->key);
    s->subject = canon_subject_of(c, it->key, before);
    s->attribute = canon_attribute_of(c, dot + 1, it->key_len - before - 1);
    s->value = canon_value_of(c, text, len);
    s->text = text;
    s->len = len < 80 ? (int)len : 80;
    if (s->subject != CANON_NONE && s->attribute != CANON_NONE)
        return true;
    buf_printf(&sentence, "%.*s: the canon knows no such slot", shown, it->key);
    add(out, &sentence);
    return false;
}

/* ---- prior shots ---------------------------------------------------------------------------- */

static void check_prior(const struct canon *c, const struct slot *s, uint32_t episode,
                        struct problems *out)
{
    const struct canon_fact *last = NULL;
    struct buf sentence = {0};

    for (size_t i = 0; i < c->fact.len; i++) {
        const struct canon_fact *f = &c->fact.at[i];
        if (f->subject == s->subject && f->attribute == s->attribute && f->from <= episode &&
            c->chunk.at[f->chunk].kind == CANON_SHOT && (!last || f->from >= last->from))
            last = f;
    }
    if (!last || last->value == s->value)
        return;
    buf_printf(&sentence, "%s.%s: %s shows `%s`, not `%.*s`", c->subject.at[s->subject].id,
               c->attribute.at[s->attribute].name, c->chunk.at[last->chunk].id,
               canon_value_text(c, last->value), s->len, s->text);
    add(out, &sentence);
}

/* ---- rules ------------------------------------------------------------------------------------
 */

static bool matches(const struct canon_pattern *p, const struct slot *s)
{
    if (p->attribute != s->attribute || (p->subject != CANON_NONE && p->subject != s->subject))
        return false;
    for (size_t i = 0; i < p->except.len; i++)
        if (p->except.at[i] == s->subject)
            return false;
    return (p->value == s->value) != p->other;
}

/* Do the patterns from `at` on match slots that are not used yet? */
static bool all_match(const struct canon_rule *rule, size_t at, const struct slot *slot, size_t n,
                      uint64_t used)
{
    if (at == rule->never.len)
        return true;
    for (size_t i = 0; i < n; i++)
        if (!(used & (UINT64_C(1) << i)) && matches(&rule->never.at[at], &slot[i]) &&
            all_match(rule, at + 1, slot, n, used | (UINT64_C(1) << i)))
            return true;
    return false;
}

static void check_rules(const struct canon *c, const struct slot *slot, size_t n, uint32_t episode,
                        struct problems *out)
{
    struct buf sentence = {0};

    for (size_t i = 0; i < c->rule.len; i++) {
        const struct canon_rule *rule = &c->rule.at[i];
        const struct canon_chunk *k = &c->chunk.at[rule->chunk];
        if (episode < rule->from || episode > rule->until || rule->never.len > PATTERNS_MAX ||
            !all_match(rule, 0, slot, n, 0))
            continue;
        buf_printf(&sentence, "%s: %s", k->id, k->text);
        add(out, &sentence);
    }
}

void continuity_find(const struct canon *c, struct json shot, uint32_t episode,
                     struct problems *out)
{
    struct slot slot[SLOTS_MAX];
    size_t n = 0;

    for (struct json_iter it = json_each(shot); json_next(&it) && n < SLOTS_MAX;)
        if (read_slot(c, &it, &slot[n], out))
            n++;
    for (size_t i = 0; i < n; i++)
        check_prior(c, &slot[i], episode, out);
    check_rules(c, slot, n, episode, out);
}
