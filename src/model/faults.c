/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of what is wrong with one scenario: sorted by place, each fault once, twenty at most. */
#include "model/faults.h"

#include "base/utf8.h"

#include <string.h>

void faults_init(struct faults *f)
{
    memset(f, 0, sizeof *f);
    arena_init(&f->arena);
}

void faults_release(struct faults *f)
{
    vec_release(&f->list);
    arena_release(&f->arena);
    memset(f, 0, sizeof *f);
}

static bool comes_before(uint32_t line, uint32_t column, const struct fault *b)
{
    return line != b->line ? line < b->line : column < b->column;
}

bool faults_wants(const struct faults *f, uint32_t line, uint32_t column)
{
    return f->list.len < FAULTS_MAX || comes_before(line, column, &f->list.at[FAULTS_MAX - 1]);
}

static bool is_known(const struct faults *f, const struct fault *a)
{
    for (size_t i = 0; i < f->list.len; i++) {
        const struct fault *b = &f->list.at[i];
        if (a->line == b->line && a->column == b->column && strcmp(a->text, b->text) == 0 &&
            strcmp(a->origin ? a->origin : "", b->origin ? b->origin : "") == 0)
            return true;
    }
    return false;
}

/* Texts of the file stand in sentences: no control character of theirs reaches a terminal, and
 * no sequence that a cut left half. */
static const char *clean(struct faults *f, const char *text)
{
    struct buf shown = {0};
    utf8_clean(text, strlen(text), &shown);
    const char *kept = arena_strdup(&f->arena, buf_text(&shown));
    buf_release(&shown);
    return kept;
}

static void insert(struct faults *f, struct fault fault)
{
    size_t i;

    if (is_known(f, &fault))
        return;
    if (f->list.len == FAULTS_MAX) {
        f->dropped++;
        f->list.len--;
    }
    vec_push(&f->list, fault);
    for (i = f->list.len - 1; i > 0 && comes_before(fault.line, fault.column, &f->list.at[i - 1]);
         i--)
        f->list.at[i] = f->list.at[i - 1];
    f->list.at[i] = fault;
}

static void add(struct faults *f, struct fault fault, const char *format, va_list args)
{
    struct buf text;

    if (fault.origin)
        fault.line = fault.column = 0; /* its place is in the setting, not in the file */
    if (!faults_wants(f, fault.line, fault.column)) {
        f->dropped++;
        return;
    }
    buf_init(&text);
    buf_vprintf(&text, format, args);
    fault.text = clean(f, buf_text(&text));
    if (fault.origin)
        fault.origin = clean(f, fault.origin);
    buf_release(&text);
    insert(f, fault);
}

void faults_add(struct faults *f, uint32_t line, uint32_t column, const char *origin,
                const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(f, (struct fault){.line = line, .column = column, .origin = origin}, format, args);
    va_end(args);
}
