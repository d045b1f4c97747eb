/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/book.h"

#include <string.h>

void book_init(struct log_book *b)
{
    memset(b, 0, sizeof *b);
    intern_init(&b->raw);
    intern_init(&b->ids);
    intern_init(&b->names);
}

void book_release(struct log_book *b)
{
    intern_release(&b->raw);
    intern_release(&b->ids);
    intern_release(&b->names);
    vec_release(&b->stage_of);
    vec_release(&b->twins);
    vec_release(&b->name);
}

struct book_name *book_name(struct log_book *b, const char *name)
{
    size_t len = strlen(name);
    uint32_t at = intern_find(&b->names, name, len);
    if (at == UINT32_MAX && b->name.len == BOOK_NAMES_MAX)
        return NULL;
    if (at == UINT32_MAX) {
        at = intern_put(&b->names, name, len);
        vec_push(&b->name, (struct book_name){0});
    }
    return &b->name.at[at];
}

bool book_disagrees(const struct log_book *b)
{
    for (size_t i = 0; i < b->name.len; i++)
        if (b->name.at[i].other_level || b->name.at[i].other_follows)
            return true;
    return false;
}
