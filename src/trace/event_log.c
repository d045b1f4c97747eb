/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names follow XES (IEEE 1849: concept:name, time:timestamp, lifecycle:transition) and what exports
 * use; starts and ends of one activity in one case are paired in order, as no log tells more. */
#include "trace/event_log.h"

#include <string.h>
#include <strings.h>

const char *const event_start_names[] = {
    "start_time", "start", "start_timestamp", "started_at", "starttime", "time:start", NULL};
const char *const event_end_names[] = {"end_time",     "end",     "complete_timestamp",
                                       "completed_at", "endtime", "time:timestamp",
                                       "timestamp",    "time",    NULL};
const char *const event_lifecycle_names[] = {"lifecycle:transition", "lifecycle", "transition",
                                             NULL};

bool event_is_called(const char *key, const char *const *names)
{
    for (; *names; names++)
        if (strcasecmp(key, *names) == 0)
            return true;
    return false;
}

enum event_transition event_transition_of(const char *text)
{
    static const struct {
        const char *text;
        enum event_transition transition;
    } table[] = {
        {"start",     EVENT_START   },
        {"complete",  EVENT_COMPLETE},
        {"ate_abort", EVENT_ABORT   },
        {"pi_abort",  EVENT_ABORT   },
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcasecmp(text, table[i].text) == 0)
            return table[i].transition;
    return EVENT_OTHER;
}

void event_waits_init(struct event_waits *w)
{
    memset(w, 0, sizeof *w);
    intern_init(&w->keys);
}

void event_waits_release(struct event_waits *w)
{
    intern_release(&w->keys);
    vec_release(&w->first);
    vec_release(&w->last);
    vec_release(&w->next);
    vec_release(&w->waits);
}

void event_waits_clear(struct event_waits *w)
{
    intern_release(&w->keys);
    intern_init(&w->keys);
    w->first.len = w->last.len = w->next.len = w->waits.len = 0;
}

static uint32_t key_of(struct event_waits *w, const char *item, const char *activity)
{
    struct buf text;
    buf_init(&text);
    buf_printf(&text, "%zu ", strlen(item)); /* tells where the item ends */
    buf_puts(&text, item);
    buf_puts(&text, activity);
    uint32_t key = intern_put(&w->keys, buf_text(&text), text.len);
    buf_release(&text);
    if (key == w->first.len) {
        vec_push(&w->first, 0);
        vec_push(&w->last, 0);
    }
    return key;
}

void event_waits_add(struct event_waits *w, const char *item, const char *activity, uint32_t event)
{
    uint32_t key = key_of(w, item, activity), mark = event + 1;
    while (w->waits.len < mark) {
        vec_push(&w->waits, false);
        vec_push(&w->next, 0);
    }
    w->waits.at[event] = true;
    if (w->first.at[key])
        w->next.at[w->last.at[key] - 1] = mark;
    else
        w->first.at[key] = mark;
    w->last.at[key] = mark;
}

uint32_t event_waits_take(struct event_waits *w, const char *item, const char *activity)
{
    uint32_t key = key_of(w, item, activity), mark = w->first.at[key];
    if (!mark)
        return UINT32_MAX;
    w->first.at[key] = w->next.at[mark - 1];
    w->waits.at[mark - 1] = false;
    return mark - 1;
}

bool event_waits_has(const struct event_waits *w, uint32_t event)
{
    return event < w->waits.len && w->waits.at[event];
}

void event_waits_pack(struct event_waits *w, uint32_t *new_of)
{
    struct event_waits packed;
    uint32_t n = 0;
    event_waits_init(&packed);
    for (size_t e = 0; e < w->waits.len; e++)
        new_of[e] = w->waits.at[e] ? n++ : UINT32_MAX;
    for (uint32_t e = 0; e < n; e++) {
        vec_push(&packed.waits, true);
        vec_push(&packed.next, 0);
    }
    for (uint32_t k = 0; k < w->keys.count; k++) {
        if (!w->first.at[k])
            continue;
        (void)intern_put(&packed.keys, w->keys.of[k].at, w->keys.of[k].len);
        vec_push(&packed.first, 1 + new_of[w->first.at[k] - 1]);
        for (uint32_t mark = w->first.at[k]; mark; mark = w->next.at[mark - 1]) {
            uint32_t next = w->next.at[mark - 1];
            packed.next.at[new_of[mark - 1]] = next ? 1 + new_of[next - 1] : 0;
            if (!next)
                vec_push(&packed.last, 1 + new_of[mark - 1]);
        }
    }
    event_waits_release(w);
    *w = packed;
}
