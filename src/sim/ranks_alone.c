/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ranks of a program that is linked without mpi.c: one process. */
#include "sim/ranks.h"

static void no_send(void *arg, uint32_t to, const void *bytes, size_t len)
{
    BUG("rank 0 of 1 sends to %u", to);
}

static void no_receive(void *arg, uint32_t from, struct buf *out)
{
    BUG("rank 0 of 1 receives from %u", from);
}

const struct ranks ranks_alone = {.size = 1, .send = no_send, .receive = no_receive};
