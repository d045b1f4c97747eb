/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A fuzz target: takes any bytes, returns 0, and calls BUG when something does not hold.  Under
 * libFuzzer (make fuzz) it is fed with mutations; replay.c feeds it with the kept corpus. */
#ifndef SEAM_TESTS_FUZZ_H
#define SEAM_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
