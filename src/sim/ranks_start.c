/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program that is linked without mpi.c, which has these two as well, is alone. */
#include "sim/ranks.h"

void ranks_start(int *argc, char ***argv, struct ranks *out)
{
    *out = ranks_alone;
}

void ranks_end(void)
{
}
