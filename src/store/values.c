/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of the store's statements, in and out. */
#include "store/store_parts.h"

#include <math.h>
#include <stdio.h>

void store_bind_text(sqlite3_stmt *q, int at, const char *text)
{
    if (text)
        sqlite3_bind_text(q, at, text, -1, SQLITE_TRANSIENT);
    else
        sqlite3_bind_null(q, at);
}

void store_bind_u64(sqlite3_stmt *q, int at, uint64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    sqlite3_bind_text(q, at, text, -1, SQLITE_TRANSIENT);
}

const char *store_column_text(sqlite3_stmt *q, int at)
{
    const unsigned char *text = sqlite3_column_text(q, at);
    return text ? (const char *)text : "";
}

uint64_t store_column_u64(sqlite3_stmt *q, int at)
{
    unsigned long long n = 0;
    return sscanf(store_column_text(q, at), "%llu", &n) == 1 ? n : 0;
}

double store_column_double(sqlite3_stmt *q, int at)
{
    return sqlite3_column_type(q, at) == SQLITE_NULL ? NAN : sqlite3_column_double(q, at);
}

int store_step(struct store *s, sqlite3_stmt *q, const char *what, struct error *err)
{
    int status = sqlite3_step(q);
    sqlite3_reset(q);
    return status == SQLITE_DONE ? 0 : store_fault(s, what, err);
}
