/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decisions to lessons: each value that a person passed or put in is an example for the language
 * model, with the passages that the item was written from; each that was put in is a note of the
 * canon:
 *
 *     {"kind": "memo", "chunk": "review/maren-osk.coat/11", "episode": 11,
 *      "text": "Note of review, episode 11. Maren Osk: coat is green oilskin.", "facts": [...]}
 *
 * and where the brief called the subject by a first name that nobody else has, that is an alias. */
#include "exec/feedback_parts.h"
#include "exec/stage.h"
#include "exec/writer.h"

#include "base/json_write.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { TEXT_MAX = 256 };

struct lesson {
    const struct decisions *all;
    const struct canon *canon;
    struct language *language; /* NULL: its weights are not taught */
    struct reading *reading;
    struct json_reader *held, *draft;
    struct learnt *learnt;
};

static bool text_of(struct json v, char out[TEXT_MAX])
{
    const char *s;
    size_t len;
    if (!json_text(v, &s, &len) || len == 0 || len >= TEXT_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] < ' ')
            return false;
    memcpy(out, s, len);
    out[len] = '\0';
    return true;
}

/* --- chunks */

/* Is the text there already? */
static bool noted(const struct learnt *l, const char *text)
{
    return l->notes.len && strstr(l->notes.data, text);
}

static void add_note(struct lesson *t, uint32_t subject, const char *attribute, const char *value,
                     uint32_t episode)
{
    const struct canon_subject *who = &t->canon->subject.at[subject];
    char id[2 * TEXT_MAX + 32], text[3 * TEXT_MAX];
    struct json_write w;
    snprintf(id, sizeof id, "review/%.200s.%s/%u", who->id, attribute, episode);
    snprintf(text, sizeof text, "Note of review, episode %u. %.200s: %s is %s.", episode, who->name,
             attribute, value);
    if (noted(t->learnt, id))
        return;
    json_init(&w, &t->learnt->notes, 0);
    json_open(&w, '{');
    json_key(&w, "kind");
    json_string(&w, canon_kind_name(CANON_MEMO));
    json_key(&w, "chunk");
    json_string(&w, id);
    json_key(&w, "episode");
    json_uint(&w, episode);
    json_key(&w, "text");
    json_string(&w, text);
    json_key(&w, "facts");
    json_open(&w, '[');
    json_open(&w, '{');
    json_key(&w, "subject");
    json_string(&w, who->id);
    json_key(&w, "attribute");
    json_string(&w, attribute);
    json_key(&w, "value");
    json_string(&w, value);
    json_close(&w, '}');
    json_close(&w, ']');
    json_close(&w, '}');
    buf_putc(&t->learnt->notes, '\n');
}

/* Does the text hold the name as whole words, in letters of any size? */
static bool called(const char *text, const char *name)
{
    size_t n = strlen(name);
    for (const char *at = text; *at; at++) {
        bool begins = at == text || !isalnum((unsigned char)at[-1]);
        if (begins && strncasecmp(at, name, n) == 0 && !isalnum((unsigned char)at[n]))
            return true;
    }
    return false;
}

static bool called_by_any_name(const char *text, const struct canon_subject *who)
{
    bool found = called(text, who->name);
    for (size_t i = 0; i < who->aliases.len && !found; i++)
        found = called(text, who->aliases.at[i]);
    return found;
}

/* The first name alone, where one subject has it and the brief used it. */
static void add_alias(struct lesson *t, uint32_t subject, const char *brief)
{
    const struct canon *c = t->canon;
    const struct canon_subject *who = &c->subject.at[subject];
    char first[TEXT_MAX];
    uint32_t same = 0;
    struct json_write w;
    snprintf(first, sizeof first, "%.*s", (int)strcspn(who->name, " "), who->name);
    for (uint32_t s = 0; s < c->subject.len; s++)
        same += called(c->subject.at[s].name, first);
    if (same != 1 || called_by_any_name(brief, who) || !called(brief, first))
        return;
    struct buf line = {0};
    json_init(&w, &line, 0);
    json_open(&w, '{');
    json_key(&w, "kind");
    json_string(&w, canon_kind_name(who->kind));
    json_key(&w, "id");
    json_string(&w, who->id);
    json_key(&w, "aliases");
    json_open(&w, '[');
    json_string(&w, first);
    json_close(&w, ']');
    json_close(&w, '}');
    if (!noted(t->learnt, buf_text(&line))) {
        buf_add(&t->learnt->notes, line.data, line.len);
        buf_putc(&t->learnt->notes, '\n');
    }
    buf_release(&line);
}

/* --- weights */

/* --- an item */

static void learn_slot(struct lesson *t, struct json want, struct json held, struct json draft,
                       uint32_t episode, const char *brief)
{
    char subject[TEXT_MAX], attribute[TEXT_MAX], value[TEXT_MAX], before[TEXT_MAX] = "";
    char key[2 * TEXT_MAX];
    uint32_t who;
    if (!text_of(json_get(want, "subject"), subject) ||
        !text_of(json_get(want, "attribute"), attribute) ||
        (who = canon_subject_of(t->canon, subject, strlen(subject))) == CANON_NONE ||
        canon_attribute_of(t->canon, attribute, strlen(attribute)) == CANON_NONE)
        return;
    snprintf(key, sizeof key, "%s.%s", subject, attribute);
    if (!text_of(json_get(held, key), value))
        return;
    if (t->language) {
        struct language_slot slot = writer_slot(t->canon, who, attribute);
        language_turn(t->language, t->reading, &slot);
        language_step(t->language, t->reading, value);
        t->learnt->steps++;
    }
    if (t->all->notes && text_of(json_get(draft, key), before) && strcmp(before, value)) {
        add_note(t, who, attribute, value, episode);
        add_alias(t, who, brief);
    }
}

/* Learns from what a person passed or mended; what was turned away tells no value. */
static void learn_item(struct lesson *t, const struct decided *d)
{
    struct json held, draft = {0};
    struct error ignored = {0};
    uint64_t episode = 0;
    const char *brief;
    size_t len;
    if (d->verdict == STAGE_REJECT ||
        json_parse(t->held, d->held.data, d->held.len, &held, &ignored))
        return;
    if (d->draft.len && json_parse(t->draft, d->draft.data, d->draft.len, &draft, &ignored))
        return;
    if (!json_as_u64(json_get(held, "episode"), &episode) || episode == 0 || episode > 100000)
        return;
    struct buf words = {0};
    if (json_text(json_get(held, "brief"), &brief, &len))
        buf_add(&words, brief, len);
    if (t->language)
        writer_read(t->language, json_get(held, "context"), (uint32_t)episode, t->reading);
    for (struct json_iter it = json_each(json_get(held, "wants")); json_next(&it);)
        learn_slot(t, it.value, json_get(held, "shot"), json_get(draft, "shot"), (uint32_t)episode,
                   buf_text(&words));
    buf_release(&words);
}

/* The step's `exec`, where the scenario has the built-in world's model learn. */
static int canon_of_drafts(const struct pipeline *p, struct world *w, struct json_reader *json,
                           const struct canon **canon, struct error *err)
{
    *canon = NULL;
    for (uint32_t i = 0; i < p->feedback.n_learns && !*canon; i++) {
        const struct learn *l = &p->feedback.learn[i];
        struct stage_setting s = {.pipeline = p, .step = l->step, .world = w};
        const char *exec = p->step[l->step].exec;
        if (l->kind == LEARN_RECALIBRATE || !exec || !strstr(exec, "\"generate\""))
            continue;
        if (json_parse(json, exec, strlen(exec), &s.exec, err) || world_canon_of(&s, canon, err))
            return -1;
    }
    return 0;
}

int decisions_teach(const struct decisions *d, struct world *w, const struct pipeline *p,
                    struct learnt *l, struct error *err)
{
    struct lesson t = {.all = d, .learnt = l};
    int status = -1;
    t.held = json_reader_new();
    t.draft = json_reader_new();
    t.reading = reading_new();
    if (canon_of_drafts(p, w, t.held, &t.canon, err))
        goto out;
    status = 0;
    if (!t.canon || (d->weights && (status = learnt_open_language(l, t.canon, &t.language, err))))
        goto out;
    for (size_t i = 0; i < d->n; i++)
        learn_item(&t, d->at[i]);
    if (t.language) {
        buf_clear(&l->weights);
        language_save(t.language, &l->weights);
    }
out:
    language_free(t.language);
    reading_free(t.reading);
    json_reader_free(t.held);
    json_reader_free(t.draft);
    return status;
}
