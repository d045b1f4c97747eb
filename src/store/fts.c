/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A database in memory with one FTS5 table (sqlite.org/fts5.html).  A query is made of the words of
 * a text, each as a quoted string, joined by OR, so that nothing in it can be read as syntax. */
#include "store/fts.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "store/store_parts.h"

#include <pthread.h>
#include <string.h>

struct fts {
    struct store in; /* for its errors */
    pthread_mutex_t lock;
    sqlite3_stmt *add, *search;
};

int fts_open(struct fts **out, struct error *err)
{
    struct fts *f = mem_zero(1, sizeof *f);

    pthread_mutex_init(&f->lock, NULL);
    f->in.path = mem_strdup("full-text index");
    if (sqlite3_open_v2(":memory:", &f->in.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL)) {
        store_fault(&f->in, "opening", err);
        goto fail;
    }
    if (store_run_sql(&f->in,
                      "CREATE VIRTUAL TABLE document USING fts5(text, content='', "
                      "tokenize='porter unicode61')",
                      "making the index", err) ||
        store_prepare(&f->in, "INSERT INTO document (rowid, text) VALUES (?, ?)", "adding", &f->add,
                      err) ||
        store_prepare(&f->in,
                      "SELECT rowid, -rank FROM document WHERE document MATCH ?"
                      " ORDER BY rank LIMIT ?",
                      "searching", &f->search, err))
        goto fail;
    *out = f;
    return 0;
fail:
    fts_close(f);
    return -1;
}

void fts_close(struct fts *f)
{
    if (!f)
        return;
    sqlite3_finalize(f->add);
    sqlite3_finalize(f->search);
    sqlite3_close(f->in.db);
    pthread_mutex_destroy(&f->lock);
    mem_free(f->in.path);
    mem_free(f);
}

int fts_add(struct fts *f, uint32_t document, const char *text, size_t len, struct error *err)
{
    int status = 0;

    pthread_mutex_lock(&f->lock);
    sqlite3_bind_int64(f->add, 1, document);
    sqlite3_bind_text64(f->add, 2, text, len, SQLITE_STATIC, SQLITE_UTF8);
    if (sqlite3_step(f->add) != SQLITE_DONE)
        status = store_fault(&f->in, "adding a document", err);
    sqlite3_reset(f->add);
    sqlite3_clear_bindings(f->add);
    pthread_mutex_unlock(&f->lock);
    return status;
}

/* ---- queries -----------------------------------------------------------------------------------
 */

static bool is_word_byte(unsigned char c)
{
    return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The end of the word that begins at or behind *from; *from moves to its begin. */
static size_t next_word(const char *text, size_t len, size_t *from)
{
    size_t end;

    while (*from < len && !is_word_byte((unsigned char)text[*from]))
        ++*from;
    for (end = *from; end < len && is_word_byte((unsigned char)text[end]);)
        end++;
    return end;
}

static bool same_word(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((a[i] | 0x20) != (b[i] | 0x20))
            return false;
    return true;
}

/* The query as FTS5 reads it; empty where the text has no word. */
static void put_query(const char *text, size_t len, struct buf *out)
{
    struct {
        const char *at;
        size_t len;
    } word[FTS_WORDS];
    size_t n = 0;

    for (size_t from = 0, i; n < FTS_WORDS; from = i) {
        size_t k = 0;
        i = next_word(text, len, &from);
        if (i == from)
            break;
        while (k < n && (word[k].len != i - from || !same_word(word[k].at, text + from, i - from)))
            k++;
        if (k < n)
            continue;
        word[n].at = text + from;
        word[n++].len = i - from;
        buf_puts(out, n > 1 ? " OR \"" : "\"");
        utf8_mend(text + from, i - from, out);
        buf_putc(out, '"');
    }
}

/* The phrase as one string, if it has a word: FTS5 looks for its tokens in a row. */
static void put_phrase(const char *text, size_t len, struct buf *out)
{
    size_t from = 0, end = next_word(text, len, &from);

    if (from == end)
        return;
    buf_puts(out, out->len ? " OR \"" : "\"");
    for (; from < end; from = end, end = next_word(text, len, &from)) {
        utf8_mend(text + from, end - from, out);
        buf_putc(out, ' ');
    }
    buf_putc(out, '"');
}

/* Ties by number. */
static void order_ties(struct fts_hit *hit, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t k = i;
             k > 0 && hit[k].score == hit[k - 1].score && hit[k].document < hit[k - 1].document;
             k--) {
            struct fts_hit swap = hit[k];
            hit[k] = hit[k - 1];
            hit[k - 1] = swap;
        }
}

int fts_search(struct fts *f, const struct fts_query *query, size_t k, struct fts_hit *hits,
               size_t *n, struct error *err)
{
    struct buf match = {0};
    int step = SQLITE_DONE, status = 0;

    *n = 0;
    put_query(query->words, query->words_len, &match);
    for (size_t i = 0; i < query->n_phrases; i++)
        put_phrase(query->phrase[i], strlen(query->phrase[i]), &match);
    if (match.len && k) {
        pthread_mutex_lock(&f->lock);
        sqlite3_bind_text64(f->search, 1, buf_text(&match), match.len, SQLITE_STATIC, SQLITE_UTF8);
        sqlite3_bind_int64(f->search, 2, (sqlite3_int64)k);
        while (*n < k && (step = sqlite3_step(f->search)) == SQLITE_ROW)
            hits[(*n)++] = (struct fts_hit){(uint32_t)sqlite3_column_int64(f->search, 0),
                                            sqlite3_column_double(f->search, 1)};
        if (step != SQLITE_DONE && step != SQLITE_ROW)
            status = store_fault(&f->in, "searching", err);
        sqlite3_reset(f->search);
        sqlite3_clear_bindings(f->search);
        pthread_mutex_unlock(&f->lock);
    }
    order_ties(hits, *n);
    buf_release(&match);
    return status;
}
