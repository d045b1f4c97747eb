/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The schema table, told place by place.  A key of several kinds of step is told once, under those
 * kinds together. */
#include "model/scenario_keys.h"

#include "model/scenario_internal.h"

static const char *type_words(enum value_type type)
{
    static const char *const words[] = {
        [VALUE_TEXT] = "text",
        [VALUE_PROBABILITY] = "probability",
        [VALUE_DURATION] = "duration",
        [VALUE_RATE] = "rate",
        [VALUE_MONEY] = "money",
        [VALUE_NUMBER] = "number",
        [VALUE_COUNT] = "whole number",
        [VALUE_DIST] = "duration or distribution",
        [VALUE_SCORE] = "distribution on 0 to 1",
        [VALUE_SIZE] = "number or distribution",
        [VALUE_WORD] = "word",
        [VALUE_CLOCK] = "clock time",
        [VALUE_HOURS] = "opening hours",
        [VALUE_EDGE] = "target",
        [VALUE_MAP] = "map",
        [VALUE_NAMED] = "map of names",
        [VALUE_LIST] = "list",
        [VALUE_ANY] = "map or word",
    };
    return words[type];
}

static void put_place(struct buf *out, uint32_t where)
{
    static const uint32_t steps = AT_STEP | AT_PARALLEL;
    bool first = true;

    if (where == (uint32_t)AT_STEP || where == steps) {
        buf_puts(out, where == steps ? "every step, parallel too" : "every step");
        return;
    }
    for (int i = 0; i < PLACE_COUNT; i++) {
        if (!(where & (1u << i)))
            continue;
        buf_printf(out, "%s%s", first ? "" : ", ", place_name((enum place)(1u << i)));
        first = false;
    }
}

static void tell(const struct schema_key *k, void (*take)(void *, const struct scenario_key *),
                 void *arg)
{
    struct buf place, words;

    buf_init(&place);
    buf_init(&words);
    put_place(&place, k->where);
    for (const char *const *w = k->words; w && *w; w++)
        buf_printf(&words, "%s%s", w == k->words ? "" : " ", *w);
    take(arg, &(struct scenario_key){.place = buf_text(&place),
                                     .key = k->key,
                                     .type = type_words(k->type),
                                     .help = k->help,
                                     .missing = k->missing,
                                     .words = buf_text(&words),
                                     .needed = k->flags & KEY_NEEDED});
    buf_release(&place);
    buf_release(&words);
}

void scenario_keys(void (*take)(void *arg, const struct scenario_key *key), void *arg)
{
    bool told[SCHEMA_KEYS_MAX] = {false};

    for (size_t i = 0; i < schema_keys_count; i++) {
        if (told[i])
            continue;
        for (size_t k = i; k < schema_keys_count; k++)
            if (schema_keys[k].where == schema_keys[i].where) {
                told[k] = true;
                tell(&schema_keys[k], take, arg);
            }
    }
}
