/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Faults as people read them: the place and the sentence, the line, and a caret under the place. */
#include "model/scenario.h"

#include "base/utf8.h"

#include <string.h>

enum { WINDOW = 100 }; /* characters of a line that are shown */

static const char *line_of(const char *text, uint32_t line, size_t *len)
{
    for (uint32_t i = 1; text && i < line; i++) {
        text = strchr(text, '\n');
        text = text ? text + 1 : NULL;
    }
    *len = text ? strcspn(text, "\r\n") : 0;
    return text;
}

/* The part of the line around `column`, one character of the terminal for each of the text; the
 * caret's column in that part is returned (0: the first). */
static size_t put_window(const char *line, size_t len, uint32_t column, struct buf *out)
{
    size_t first = column > WINDOW - 20 ? column - (WINDOW - 20) : 0, at = 0;

    for (size_t i = 0, n; i < len && at < first + WINDOW; i += n ? n : 1) {
        n = utf8_length(line + i, len - i);
        if (++at <= first)
            continue;
        size_t had = out->len;
        utf8_clean(line + i, n ? n : 1, out);
        if (out->len == had) /* a mark that would turn the line */
            buf_puts(out, "\xEF\xBF\xBD");
    }
    return column > first ? column - first - 1 : 0;
}

static void put_source(const char *text, uint32_t line_number, uint32_t column, struct buf *out)
{
    size_t len, caret;
    const char *line = line_of(text, line_number, &len);

    if (line == NULL)
        return;
    buf_printf(out, "%5u | ", line_number);
    caret = put_window(line, len, column, out);
    buf_puts(out, "\n      | ");
    for (size_t i = 0; i < caret; i++)
        buf_putc(out, ' ');
    buf_puts(out, "^\n");
}

void scenario_put_faults(const struct faults *faults, const char *file, const char *text,
                         struct buf *out)
{
    for (size_t i = 0; i < faults->list.len; i++) {
        const struct fault *f = &faults->list.at[i];
        if (f->origin) {
            buf_printf(out, "%s: %s\n", f->origin, f->text);
            if (f->source)
                put_source(f->source, f->source_line, f->source_column, out);
            continue;
        }
        utf8_clean(file, strlen(file), out);
        if (f->line)
            buf_printf(out, ":%u:%u", f->line, f->column);
        buf_printf(out, ": %s\n", f->text);
        if (f->line && text)
            put_source(text, f->line, f->column, out);
    }
    if (faults->dropped)
        buf_printf(out, "and %llu more\n", (unsigned long long)faults->dropped);
}
