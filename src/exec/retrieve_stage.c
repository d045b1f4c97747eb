/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kind `retrieve`: the chunks of a canon that answer a text of the payload.
 *
 *     exec: {builtin: retrieve, canon: canon, top_k: 5, by: both, query: brief}
 *
 * It reads the members `query` (a text) and `episode` of the payload, and answers {"context":
 * [{"id", "text", "score", "episode"}, ...]}, the best first.  The ids by rank are told to the
 * trace, so that recall at k can be worked out of it. */
#include "base/json_write.h"
#include "exec/answer.h"
#include "exec/kinds.h"
#include "exec/retrieve.h"
#include "exec/world.h"

#include <stdio.h>
#include <string.h>

struct stage {
    const struct canon *canon;
    struct retriever *retriever; /* the world's */
    struct json_readers *readers;
    enum retrieve_by by;
    size_t top_k;
    char query[64];
};

/* ---- opening -------------------------------------------------------------------------------- */

static int open_retriever(struct world *w, const void *arg, void **part, struct error *err)
{
    struct retriever *r = NULL;
    int status = retriever_new(arg, &r, err);

    *part = r;
    return status;
}

static void close_retriever(void *part)
{
    retriever_free(part);
}

static int read_options(struct stage *self, const struct stage_setting *s, struct error *err)
{
    static const char *const known[] = {"canon", "top_k", "by", "query", NULL};
    static const char *const ways[] = {"both", "bm25", "embedding"};
    struct json k = json_get(s->exec, "top_k"), by = json_get(s->exec, "by"),
                query = json_get(s->exec, "query");
    const char *text;
    size_t len;
    uint64_t n = 5;

    if (exec_known(s, known, err))
        return -1;
    if (json_present(k) && (!json_as_u64(k, &n) || n < 1 || n > RETRIEVE_MAX))
        return exec_fault(s, err, "`top_k` must be a whole number from 1 to %d", RETRIEVE_MAX);
    self->top_k = n;
    if (json_present(by)) {
        size_t i = 0;
        while (i < 3 && (!json_text(by, &text, &len) || strlen(ways[i]) != len ||
                         memcmp(ways[i], text, len) != 0))
            i++;
        if (i == 3)
            return exec_fault(s, err, "`by` must be bm25, embedding or both");
        self->by = (enum retrieve_by)i;
    }
    snprintf(self->query, sizeof self->query, "brief");
    if (json_present(query)) {
        if (!json_text(query, &text, &len) || len == 0 || len >= sizeof self->query)
            return exec_fault(s, err, "`query` must be the name of a member of the payload");
        snprintf(self->query, sizeof self->query, "%.*s", (int)len, text);
    }
    return 0;
}

static void retrieve_close(void *arg)
{
    struct stage *self = arg;

    json_readers_free(self->readers);
    mem_free(self);
}

static int retrieve_open(const struct stage_setting *s, void **out, struct error *err)
{
    static const struct world_part kind = {open_retriever, close_retriever};
    struct stage *self = mem_zero(1, sizeof *self);
    char name[64];
    void *part = NULL;

    self->readers = json_readers_new();
    if (read_options(self, s, err) || world_canon_of(s, &self->canon, err))
        goto fail;
    *out = self;
    if (s->only_read)
        return 0;
    snprintf(name, sizeof name, "retriever %s", self->canon->version);
    if (world_share(s->world, name, &kind, self->canon, &part, err))
        goto fail;
    self->retriever = part;
    return 0;
fail:
    retrieve_close(self);
    return -1;
}

/* ---- a call ---------------------------------------------------------------------------------- */

static void put_context(const struct canon *c, const struct retrieved *found, size_t n,
                        struct buf *out)
{
    struct json_write w;

    json_init(&w, out, 0);
    json_open(&w, '{');
    json_key(&w, "context");
    json_open(&w, '[');
    for (size_t i = 0; i < n; i++) {
        const struct canon_chunk *k = &c->chunk.at[found[i].chunk];
        json_open(&w, '{');
        json_key(&w, "id");
        json_string(&w, k->id);
        json_key(&w, "text");
        json_string(&w, k->text);
        json_key(&w, "score");
        json_number(&w, found[i].score);
        if (k->episode) {
            json_key(&w, "episode");
            json_uint(&w, k->episode);
        }
        json_close(&w, '}');
    }
    json_close(&w, ']');
    json_close(&w, '}');
}

/* The OpenTelemetry attributes of a retrieval (gen_ai semantic conventions): the documents are JSON
 * inside a text. */
static void put_attributes(const struct stage *self, const struct retrieved *found, size_t n,
                           struct buf *out)
{
    struct buf documents = {0};
    struct json_write w;

    json_init(&w, &documents, 0);
    json_open(&w, '[');
    for (size_t i = 0; i < n; i++) {
        json_open(&w, '{');
        json_key(&w, "id");
        json_string(&w, self->canon->chunk.at[found[i].chunk].id);
        json_key(&w, "score");
        json_number(&w, found[i].score);
        json_close(&w, '}');
    }
    json_close(&w, ']');
    buf_printf(out,
               "\"gen_ai.operation.name\":\"retrieval\",\"gen_ai.data_source.id\":\"canon-%s\","
               "\"gen_ai.retrieval.documents\":",
               self->canon->version);
    json_init(&w, out, 0);
    json_string_n(&w, buf_text(&documents), documents.len);
    buf_release(&documents);
}

static void retrieve_call(void *arg, const struct stage_call *c, struct stage_answer *a)
{
    struct stage *self = arg;
    struct json_reader *reader = json_readers_take(self->readers);
    struct retrieved found[RETRIEVE_MAX];
    struct retrieve_options how = {.by = self->by, .k = self->top_k};
    struct error err = {0};
    struct json payload = {0};
    const char *text = "";
    size_t len = 0, n = 0;
    uint64_t episode = 0;

    if (json_parse(reader, c->payload, c->payload_len, &payload, &err) ||
        !json_text(json_get(payload, self->query), &text, &len)) {
        stage_answer_fail(a, OUTCOME_ERROR, "the payload has no text `%s` to search with",
                          self->query);
    } else {
        if (json_as_u64(json_get(payload, "episode"), &episode) && episode < UINT32_MAX)
            how.episode = (uint32_t)episode;
        if (retriever_ask(self->retriever, text, len, &how, found, &n, &err)) {
            stage_answer_fail(a, OUTCOME_ERROR, "%s", err.text);
        } else {
            put_context(self->canon, found, n, &a->output);
            put_attributes(self, found, n, &a->attributes);
        }
    }
    json_readers_give(self->readers, reader);
}

const struct stage_kind retrieve_kind = {
    "retrieve", retrieve_open, retrieve_call, NULL, retrieve_close, false,
};
