/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors as values.  Sentences are put together in a local buffer first, so that the text of the
 * error itself may be among the arguments, and are cut between characters of UTF-8. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Cuts text of `len` bytes that did not fit before the character that was split. */
static void cut_whole(char *text, size_t len)
{
    size_t start = len;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (len - (start - 1) < need)
        text[start - 1] = '\0';
}

static size_t format_at(char *text, size_t at, const char *format, va_list args)
{
    int n = vsnprintf(text + at, ERROR_TEXT_MAX - at, format, args);
    if (n < 0)
        return at;
    if ((size_t)n < ERROR_TEXT_MAX - at)
        return at + (size_t)n;
    cut_whole(text, ERROR_TEXT_MAX - 1);
    return strlen(text);
}

static size_t put_at(char *text, size_t at, const char *format, ...) PRINTF_LIKE(3, 4);
static size_t put_at(char *text, size_t at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    at = format_at(text, at, format, args);
    va_end(args);
    return at;
}

int error_set(struct error *err, enum error_code code, const char *format, ...)
{
    char text[ERROR_TEXT_MAX] = "";
    va_list args;
    va_start(args, format);
    format_at(text, 0, format, args);
    va_end(args);
    err->code = code;
    err->line = err->column = 0;
    memcpy(err->text, text, sizeof text);
    return -1;
}

int error_at(struct error *err, enum error_code code, const char *file, uint32_t line,
             uint32_t column, const char *format, ...)
{
    char text[ERROR_TEXT_MAX] = "";
    size_t at = put_at(text, 0, "%s:", file);
    if (line)
        at = put_at(text, at, "%u:", (unsigned)line);
    if (line && column)
        at = put_at(text, at, "%u:", (unsigned)column);
    at = put_at(text, at, " ");
    va_list args;
    va_start(args, format);
    format_at(text, at, format, args);
    va_end(args);
    err->code = code;
    err->line = line;
    err->column = line ? column : 0;
    memcpy(err->text, text, sizeof text);
    return -1;
}

int error_prefix(struct error *err, const char *format, ...)
{
    char text[ERROR_TEXT_MAX] = "";
    va_list args;
    va_start(args, format);
    size_t at = format_at(text, 0, format, args);
    va_end(args);
    put_at(text, at, ": %s", err->text);
    memcpy(err->text, text, sizeof text);
    return -1;
}

struct code_row {
    const char *name;
    int status;
};

static const struct code_row code_rows[ERR_CODE_COUNT] = {
#define X(name, status, text) {#name, status},
    ERROR_TABLE(X)
#undef X
};

const char *error_code_name(enum error_code code)
{
    if ((unsigned)code >= ERR_CODE_COUNT)
        BUG("error code %d is not in the table", (int)code);
    return code_rows[code].name;
}

int error_exit_status(enum error_code code)
{
    if ((unsigned)code >= ERR_CODE_COUNT)
        BUG("error code %d is not in the table", (int)code);
    return code_rows[code].status;
}

void bug_at(const char *file, int line, const char *format, ...)
{
    char text[ERROR_TEXT_MAX] = "";
    size_t at = put_at(text, 0, "seam: a mistake of the program itself at %s:%d: ", file, line);
    va_list args;
    va_start(args, format);
    at = format_at(text, at, format, args);
    va_end(args);
    if (at > ERROR_TEXT_MAX - 2)
        at = ERROR_TEXT_MAX - 2;
    text[at] = '\n';
    ssize_t written = write(2, text, at + 1);
    (void)written; /* nowhere left to say that stderr is gone */
    _exit(5);
}
