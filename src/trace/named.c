/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A condition is cut at the first of its operators that stands behind an attribute; those that
 * begin another one are looked for first. */
#include "trace/named.h"

#include <string.h>

struct named_path named_path_of(const char *option)
{
    struct named_path p = {option, option ? strlen(option) : 0, NULL};
    const char *split = option ? strstr(option, ":/") : NULL;
    if (split) {
        p.len = (size_t)(split - option);
        p.pointer = split + 1;
    }
    return p;
}

/* The text up to `end`, without the blanks around it. */
static const char *trimmed(struct arena *arena, const char *s, const char *end)
{
    while (s < end && *s == ' ')
        s++;
    while (s < end && end[-1] == ' ')
        end--;
    return arena_printf(arena, "%.*s", (int)(end - s), s);
}

int named_condition_read(const char *option, struct arena *arena, struct named_condition *out,
                         struct error *err)
{
    static const struct {
        const char *text;
        enum named_compare compare;
    } operators[] = {
        {" contains ", NAMED_CONTAINS},
        {"!=",         NAMED_DIFFERS },
        {"<",          NAMED_BELOW   },
        {">",          NAMED_ABOVE   },
        {"=",          NAMED_EQUAL   }
    };
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        const char *at = strstr(option, operators[i].text);
        if (!at || at == option)
            continue;
        const char *value = at + strlen(operators[i].text);
        out->path = named_path_of(trimmed(arena, option, at));
        out->compare = operators[i].compare;
        out->value = trimmed(arena, value, value + strlen(value));
        return 0;
    }
    return error_set(
        err, ERR_USAGE,
        "--failure-when \"%s\": write ATTR = VALUE, or != < > contains in place of =", option);
}
