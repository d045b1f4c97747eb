/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes keyed random numbers without end, as the engines use them, for batteries of tests:
 *   streams dense    blocks of 1,024 numbers of 8 lanes, each block under a key of its own
 *   streams sparse   numbers by random access: items, their steps, visits, attempts and purposes
 *   streams keys     the first number of every key, seed after seed, block after block */
#include "math/rng.h"
#include "sim/queue/sim.h"

#include <stdio.h>
#include <string.h>

enum { NUMBERS = 1024, STEPS = 6 };

static void dense(uint64_t round, uint64_t *out)
{
    struct rng r;
    rng_init(&r, rng_key(1, 0, round / STEPS, (uint32_t)(round % STEPS), RNG_ATTEMPT));
    rng_fill(&r, out, NUMBERS);
}

static void sparse(uint64_t round, uint64_t *out)
{
    uint64_t items = rng_key(1, 0, 0, UINT32_MAX, RNG_ATTEMPT);
    for (uint64_t i = 0, n = round * NUMBERS; i < NUMBERS; i++, n++) {
        uint64_t item = rng_at(items, n / (STEPS * 4));
        uint32_t step = (uint32_t)(n / 4 % STEPS), which = (uint32_t)(n % 4);
        out[i] = rng_at(item, stream_of(step, 1) | (uint64_t)(which / 2) << 4 |
                                  (which % 2 ? FOR_OUTCOME : FOR_LATENCY));
    }
}

static void keys(uint64_t round, uint64_t *out)
{
    for (uint64_t i = 0, n = round * NUMBERS; i < NUMBERS; i++, n++)
        out[i] = rng_at(rng_key(n / 64, 0, n % 64, 0, RNG_ATTEMPT), 0);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*fill)(uint64_t round, uint64_t *out);
    } kinds[] = {
        {"dense",  dense },
        {"sparse", sparse},
        {"keys",   keys  }
    };
    static uint64_t out[NUMBERS] __attribute__((aligned(64)));
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        if (argc != 2 || strcmp(argv[1], kinds[k].name))
            continue;
        for (uint64_t round = 0;; round++) {
            kinds[k].fill(round, out);
            if (fwrite(out, sizeof *out, NUMBERS, stdout) != NUMBERS)
                return 0;
        }
    }
    fprintf(stderr, "usage: streams dense|sparse|keys\n");
    return 2;
}
