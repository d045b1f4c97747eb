/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MULTIVERSION in front of a hot function compiles it for plain x86-64, AVX2 and AVX-512, and the
 * loader picks the best at start (GCC's target_clones).  Empty elsewhere, and in sanitizer and
 * coverage builds (SEAM_ONE_VERSION), which have one version of everything.
 *
 * The versions give the same bits: integer arithmetic, and floats without contraction. */
#ifndef SEAM_MATH_MULTIVERSION_H
#define SEAM_MATH_MULTIVERSION_H

#include <limits.h> /* tells glibc apart */

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) &&       \
    __GNUC__ >= 12 && !defined(SEAM_ONE_VERSION)
#define MULTIVERSION __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#define MULTIVERSION_WIDE __builtin_cpu_supports("avx2") /* is not the default taken? */
#else
#define MULTIVERSION
#endif

#endif
