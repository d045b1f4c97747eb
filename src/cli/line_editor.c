/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/line_editor.h"

#include "cli/terminal.h"
#include "report/document.h"

#include <string.h>

enum { LINE_MAX_BYTES = 2000, CTRL_A = 1, CTRL_E = 5, CTRL_U = 21, CTRL_W = 23 };

void line_editor_start(struct line_editor *e, const char *text)
{
    *e = (struct line_editor){.at = 0};
    buf_puts(&e->text, text);
    e->at = e->text.len;
}

static bool inside_character(const struct line_editor *e, size_t at)
{
    return at < e->text.len && ((unsigned char)e->text.data[at] & 0xc0) == 0x80;
}

static size_t before(const struct line_editor *e, size_t at)
{
    while (at > 0 && inside_character(e, --at))
        ;
    return at;
}

static size_t after(const struct line_editor *e, size_t at)
{
    if (at < e->text.len)
        at++;
    while (inside_character(e, at))
        at++;
    return at;
}

static void cut(struct line_editor *e, size_t from, size_t to)
{
    if (to <= from)
        return;
    memmove(e->text.data + from, e->text.data + to, e->text.len - to);
    e->text.len -= to - from;
    e->text.data[e->text.len] = '\0';
    e->at = from;
}

static void insert(struct line_editor *e, char c)
{
    if (e->text.len >= LINE_MAX_BYTES)
        return;
    buf_putc(&e->text, c);
    memmove(e->text.data + e->at + 1, e->text.data + e->at, e->text.len - 1 - e->at);
    e->text.data[e->at++] = c;
}

static size_t word_before(const struct line_editor *e)
{
    size_t at = e->at;
    while (at > 0 && e->text.data[at - 1] == ' ')
        at--;
    while (at > 0 && e->text.data[at - 1] != ' ')
        at--;
    return at;
}

void line_editor_key(struct line_editor *e, int key)
{
    if (key == KEY_LEFT)
        e->at = before(e, e->at);
    else if (key == KEY_RIGHT)
        e->at = after(e, e->at);
    else if (key == KEY_HOME || key == CTRL_A)
        e->at = 0;
    else if (key == KEY_END || key == CTRL_E)
        e->at = e->text.len;
    else if (key == KEY_BACKSPACE)
        cut(e, before(e, e->at), e->at);
    else if (key == KEY_DELETE)
        cut(e, e->at, after(e, e->at));
    else if (key == CTRL_U)
        cut(e, 0, e->at);
    else if (key == CTRL_W)
        cut(e, word_before(e), e->at);
    else if (key >= ' ' && key < 256)
        insert(e, (char)key);
}

/* A character half typed is shown when it is whole. */
void line_editor_show(const struct line_editor *e, int width, struct buf *out, int *column)
{
    struct buf head = {0}, clean = {0};
    size_t room = width > 4 ? (size_t)width - 1 : 3, from = 0;
    buf_add(&head, e->text.data ? e->text.data : "", e->at);
    while (text_width(buf_text(&head) + from) > room)
        from = after(e, from);
    *column = (int)text_width(buf_text(&head) + from);
    text_clean(&clean, buf_text(&e->text) + from);
    buf_add(out, buf_text(&clean), text_fit(buf_text(&clean), room));
    buf_release(&head);
    buf_release(&clean);
}
