/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MPI's door: ranks are those of MPI_COMM_WORLD.  Linked before the library (make MPI=1), it stands
 * in for ranks_start.c.  An error of MPI ends all ranks (MPI_ERRORS_ARE_FATAL, the default). */
#include "sim/ranks.h"

#include <mpi.h>

enum { TAG = 1, PIECE = 1 << 30 };

static void send_bytes(void *arg, uint32_t to, const void *bytes, size_t len)
{
    uint64_t n = len;
    MPI_Send(&n, 1, MPI_UINT64_T, (int)to, TAG, MPI_COMM_WORLD);
    for (size_t at = 0; at < len; at += PIECE) {
        size_t piece = len - at < PIECE ? len - at : PIECE;
        MPI_Send((const char *)bytes + at, (int)piece, MPI_BYTE, (int)to, TAG, MPI_COMM_WORLD);
    }
}

static void receive_bytes(void *arg, uint32_t from, struct buf *out)
{
    uint64_t len = 0;
    MPI_Recv(&len, 1, MPI_UINT64_T, (int)from, TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    buf_clear(out);
    for (size_t at = 0; at < len; at += PIECE) {
        size_t piece = len - at < PIECE ? len - at : PIECE;
        MPI_Recv(buf_reserve(out, piece), (int)piece, MPI_BYTE, (int)from, TAG, MPI_COMM_WORLD,
                 MPI_STATUS_IGNORE);
        buf_extend(out, piece);
    }
}

void ranks_start(int *argc, char ***argv, struct ranks *out)
{
    int level, rank, size;
    MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &level);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    *out = (struct ranks){.rank = (uint32_t)rank,
                          .size = (uint32_t)size,
                          .send = send_bytes,
                          .receive = receive_bytes};
}

void ranks_end(void)
{
    MPI_Finalize();
}
