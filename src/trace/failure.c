/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which failure a text tells of: by words that frameworks, clients and people put into errors. */
#include "trace/failure.h"

#include <string.h>
#include <strings.h>

/* Is `part`, which begins with a small letter, in the text in either case? */
static bool has(const char *text, const char *part)
{
    size_t n = strlen(part);
    for (; *text; text++)
        if ((*text | 32) == *part && strncasecmp(text, part, n) == 0)
            return true;
    return false;
}

bool failure_is_interrupt(const char *text)
{
    for (const char *at = text; (at = strstr(at, "Interrupt")); at += 9) {
        const char *first = at;
        while (first > text && (strchr("_", first[-1]) || (first[-1] | 32) >= 'a') &&
               (first[-1] | 32) <= 'z')
            first--;
        bool ends = !((at[9] | 32) >= 'a' && (at[9] | 32) <= 'z');
        if (ends && first < at && strncmp(first, "Keyboard", 8) != 0)
            return true;
    }
    return false;
}

enum outcome failure_outcome(const char *text)
{
    static const char *const timeouts[] = {"timeout", "timed out", "time-out", "aborted",
                                           "deadline"};
    static const char *const malformed[] = {
        "malformed", "not json", "json decode", "jsondecode", "invalid json",
        "parse",     "parsing",  "schema",      "validation", "unexpected end of json"};
    for (size_t i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++)
        if (has(text, timeouts[i]))
            return OUTCOME_TIMEOUT;
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++)
        if (has(text, malformed[i]))
            return OUTCOME_MALFORMED;
    return OUTCOME_ERROR;
}
