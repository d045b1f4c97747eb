/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --strict: the first fault of a log as an error with its file, line and byte.  Readers keep lines
 * alone; the byte where one begins is looked up in the file, if that is plain. */
#include "trace/log_parts.h"

#include "base/file_at.h"

#include <string.h>

/* Does the first fault of kind a come before that of kind b? */
static bool is_before(const struct quality *q, size_t a, size_t b)
{
    if (q->place[a][0].file != q->place[b][0].file)
        return q->place[a][0].file < q->place[b][0].file;
    return q->place[a][0].line < q->place[b][0].line;
}

/* The byte, from 0 on, where a line of the file begins; false where nobody can look again. */
static bool byte_of_line(const char *path, uint64_t line, uint64_t *byte)
{
    enum { PIECE = 1 << 16 };
    struct file_at file;
    uint64_t before = line - 1, at = 0;
    size_t len = 1;
    if (!file_at_open(path, &file))
        return false;
    char *piece = mem_alloc(PIECE);
    while (before > 0 && (len = file_at_read(&file, at, piece, PIECE)) > 0) {
        const char *s = piece, *end = piece + len;
        while (before > 0 && s < end) {
            const char *newline = memchr(s, '\n', (size_t)(end - s));
            s = newline ? newline + 1 : end;
            before -= newline != NULL;
        }
        at += (uint64_t)(s - piece);
    }
    mem_free(piece);
    file_at_close(&file);
    *byte = at;
    return before == 0;
}

/* The fault that comes first; of two in one line the one that may have caused the other, which
 * stands later in the table. */
int log_check_strict(const struct trace_log *log, struct error *err)
{
    const struct quality *q = &log->quality;
    size_t first = QUALITY_KIND_COUNT;
    for (size_t k = 0; k < QUALITY_KIND_COUNT; k++) {
        if (q->count[k] == 0 || k == QUALITY_DUPLICATE || k == QUALITY_UNKNOWN)
            continue;
        if (first == QUALITY_KIND_COUNT || !is_before(q, first, k))
            first = k;
    }
    if (first == QUALITY_KIND_COUNT)
        return 0;
    struct buf place = {0};
    const char *file = log->files.at[q->place[first][0].file];
    uint64_t line = q->place[first][0].line, byte;
    quality_put_place(&place, file, line);
    buf_printf(&place, ": %s", quality_kind_name((enum quality_kind)first));
    bool in_text = line > 0 && !(line & PLACE_BYTE);
    if (in_text && byte_of_line(file, line, &byte))
        buf_printf(&place, " in the line from byte %llu on", (unsigned long long)byte);
    error_set(err, ERR_INPUT, "%s: %llu in the log, and --strict allows none", buf_text(&place),
              (unsigned long long)q->count[first]);
    err->line = in_text ? (uint32_t)line : 0;
    buf_release(&place);
    return -1;
}
