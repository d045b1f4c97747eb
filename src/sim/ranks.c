/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Binomial trees (Thakur, Rabenseifner and Gropp, "Optimization of Collective Communication
 * Operations in MPICH", 2005): in step d = 1, 2, 4, ... rank r + d hands all that it has to rank r,
 * for r divisible by 2d; a broadcast goes the same way back. */
#include "sim/ranks.h"

#include "base/pack.h"

void ranks_fold(const struct ranks *r, const struct ranks_fold *fold)
{
    struct buf bytes = {0};
    for (uint64_t d = 1; d < r->size; d *= 2) {
        buf_clear(&bytes);
        if (r->rank & d) {
            fold->put(fold->arg, &bytes);
            r->send(r->arg, (uint32_t)(r->rank - d), buf_text(&bytes), bytes.len);
            break;
        }
        if (r->rank + d < r->size) {
            r->receive(r->arg, (uint32_t)(r->rank + d), &bytes);
            fold->take(fold->arg, buf_text(&bytes), bytes.len);
        }
    }
    buf_release(&bytes);
}

void ranks_broadcast(const struct ranks *r, struct buf *bytes)
{
    uint64_t d = 1;
    while (d < r->size && !(r->rank & d))
        d *= 2;
    if (r->rank > 0)
        r->receive(r->arg, (uint32_t)(r->rank - d), bytes);
    for (d /= 2; d > 0; d /= 2)
        if (r->rank + d < r->size)
            r->send(r->arg, (uint32_t)(r->rank + d), buf_text(bytes), bytes->len);
}

static void append(void *arg, struct buf *out)
{
    const struct buf *all = arg;
    buf_add(out, buf_text(all), all->len);
}

static void collect(void *arg, const void *bytes, size_t len)
{
    buf_add(arg, bytes, len);
}

void ranks_all(const struct ranks *r, const struct buf *mine, struct buf *all)
{
    const struct ranks_fold fold = {append, collect, all};
    buf_clear(all);
    buf_add(all, buf_text(mine), mine->len);
    ranks_fold(r, &fold);
    ranks_broadcast(r, all);
}

int ranks_agree(const struct ranks *r, int status, struct error *err)
{
    struct buf mine = {0}, all = {0};
    struct pack writer = pack_writer(&mine);
    bool failed = status != 0;
    if (r->size == 1)
        return status;
    pack_flag(&writer, &failed);
    if (failed)
        error_pack(&writer, err);
    ranks_all(r, &mine, &all);
    struct pack reader = pack_reader(buf_text(&all), all.len);
    failed = false;
    for (uint32_t i = 0; i < r->size && !failed; i++) {
        pack_flag(&reader, &failed);
        if (failed)
            error_pack(&reader, err);
    }
    if (reader.broken)
        BUG("a rank's message is broken");
    buf_release(&mine);
    buf_release(&all);
    return failed ? -1 : 0;
}
