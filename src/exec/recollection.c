/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items of a broken-off run, read when first asked for: memory is that of the items in flight. */
#include "exec/journal_parts.h"

struct remembered {
    struct journal_batch batch;
    uint32_t last;
};
struct recollection {
    struct store *store;
    int64_t run;
    uint64_t items; /* those from here on had not begun */
    double upto_s;
    VEC(struct remembered *) item; /* [index]; NULL: not read yet, or forgotten */
};

void journal_batch_add(struct journal_batch *b, const struct journal_row *row)
{
    struct journal_row copy = *row;
    copy.id = row->id ? arena_strdup(&b->texts, row->id) : NULL;
    copy.who = row->who && *row->who ? arena_strdup(&b->texts, row->who) : "";
    copy.says = row->says && *row->says ? arena_strdup(&b->texts, row->says) : "";
    copy.attributes =
        row->attributes && *row->attributes ? arena_strdup(&b->texts, row->attributes) : "";
    if (row->payload)
        copy.payload = arena_strndup(&b->texts, row->payload, row->payload_len);
    vec_push(&b->rows, copy);
}

void journal_batch_clear(struct journal_batch *b)
{
    arena_release(&b->texts);
    arena_init(&b->texts);
    b->rows.len = 0;
}

void journal_batch_release(struct journal_batch *b)
{
    arena_release(&b->texts);
    vec_release(&b->rows);
}

int recollection_open(const struct store *s, int64_t run, struct recollection **out,
                      struct error *err)
{
    struct recollection *m = mem_zero(1, sizeof *m);
    struct journal_count count;
    m->run = run;
    if (store_open_again(s, &m->store, err) || journal_count(m->store, run, &count, err)) {
        recollection_close(m);
        return -1;
    }
    m->items = count.next_item;
    m->upto_s = count.last_s;
    *out = m;
    return 0;
}

double recollection_upto_s(const struct recollection *m)
{
    return m->upto_s;
}

static void drop(struct remembered *r)
{
    if (r)
        journal_batch_release(&r->batch);
    mem_free(r);
}

void recollection_close(struct recollection *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->item.len; i++)
        drop(m->item.at[i]);
    vec_release(&m->item);
    store_close(m->store);
    mem_free(m);
}

static void take(void *arg, const struct journal_row *row)
{
    struct remembered *r = arg;
    journal_batch_add(&r->batch, row);
    if (row->seq > r->last)
        r->last = row->seq;
}

static int read_item(struct recollection *m, uint64_t item, struct remembered **out,
                     struct error *err)
{
    while (m->item.len <= item)
        vec_push(&m->item, NULL);
    *out = m->item.at[item];
    if (*out)
        return 0;
    struct remembered *r = mem_zero(1, sizeof *r);
    arena_init(&r->batch.texts);
    m->item.at[item] = *out = r;
    return journal_each(m->store, m->run, item, take, r, err);
}

/* An attempt that was cut short, maybe by the break itself, is another than one that ended. */
static bool same(const struct journal_row *a, const struct journal_row *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == JOURNAL_BEGAN || a->kind == JOURNAL_ENDED)
        return true;
    return a->path == b->path && a->step == b->step && a->visit == b->visit &&
           (a->kind == JOURNAL_VISIT || a->attempt == b->attempt) &&
           (a->flags & JOURNAL_CANCELLED) == (b->flags & JOURNAL_CANCELLED);
}

int recollection_find(struct recollection *m, const struct journal_row *like,
                      const struct journal_row **found, uint32_t *last, struct error *err)
{
    struct remembered *r;
    *found = NULL;
    if (like->item >= m->items)
        return 0;
    if (read_item(m, like->item, &r, err))
        return -1;
    *last = r->last;
    for (size_t i = 0; i < r->batch.rows.len && !*found; i++)
        if (same(&r->batch.rows.at[i], like))
            *found = &r->batch.rows.at[i];
    return 0;
}

void recollection_forget(struct recollection *m, uint64_t item)
{
    if (item >= m->item.len)
        return;
    drop(m->item.at[item]);
    m->item.at[item] = NULL;
}
