/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors: one code, one full sentence, and the place it speaks of.
 *
 * A call that can fail returns 0 or -1 and takes a `struct error *err` as its last argument.
 * The error is filled once, at its cause; it is untouched on success; callers may prefix it.
 * The caller owns the struct, which holds no pointers: nothing to release, copy it at will.
 * `err` is never NULL.  A struct error starts as {0}. */
#ifndef SEAM_BASE_ERROR_H
#define SEAM_BASE_ERROR_H

#include <stdint.h>

#if defined(__GNUC__)
#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define NORETURN          __attribute__((noreturn))
#else
#define MUST_CHECK
#define PRINTF_LIKE(f, a)
#define NORETURN
#endif

/* name, exit status of the program, what it means.  A test walks this table. */
#define ERROR_TABLE(X)                                                                             \
    X(NONE, 0, "no error")                                                                         \
    X(USAGE, 2, "the command line is not understood")                                              \
    X(INPUT, 3, "a scenario, log or label file is not valid")                                      \
    X(UNSUPPORTED, 3, "a part of the language that this version does not run")                     \
    X(LIMIT, 3, "an input is larger or deeper than a stated limit")                                \
    X(NUMERIC, 3, "a computation has no finite answer for these numbers")                          \
    X(IO, 4, "a file, a store or a program could not be read, written or started")                 \
    X(INTERNAL, 5, "a mistake of the program itself")                                              \
    X(INTERRUPTED, 130, "stopped by the user")

enum error_code {
#define X(name, status, text) ERR_##name,
    ERROR_TABLE(X)
#undef X
        ERR_CODE_COUNT
};

enum { ERROR_TEXT_MAX = 1024 };

struct error {
    enum error_code code;
    uint32_t line, column;     /* 1-based; 0 where there is none */
    char text[ERROR_TEXT_MAX]; /* "file:line:column: sentence" or "thing: sentence" */
};

/* Fills *err with code and the formatted sentence (cut at ERROR_TEXT_MAX); returns -1, so that a
 * caller can `return error_set(...)`. */
int error_set(struct error *err, enum error_code code, const char *format, ...) PRINTF_LIKE(3, 4);

/* As error_set, with the place written in front: "file:line:column: ".  line or column 0 is left
 * out. */
int error_at(struct error *err, enum error_code code, const char *file, uint32_t line,
             uint32_t column, const char *format, ...) PRINTF_LIKE(6, 7);

/* Puts "prefix: " in front of a filled error's text; returns -1. */
int error_prefix(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* "INPUT" for ERR_INPUT; static. */
const char *error_code_name(enum error_code code);
/* The exit status of a code, such as 3 for ERR_INPUT. */
int error_exit_status(enum error_code code);

/* Our own mistakes, always on: says where on stderr and ends the process with status 5. */
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
NORETURN void bug_at(const char *file, int line, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
