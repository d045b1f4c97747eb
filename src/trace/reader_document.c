/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of formats that are JSON, and the walk from documents to their records.
 *
 * A document over several lines is read whole; one that is a long list of documents, or an answer
 * that begins with such a list, element by element while it comes in, in memory bounded by the
 * longest of them.  What is cut off or damaged is read as far as it is whole. */
#include "trace/reader_parts.h"

#include "base/utf8.h"
#include "trace/autogen.h"
#include "trace/crewai.h"
#include "trace/jaeger.h"
#include "trace/langfuse.h"
#include "trace/langsmith.h"
#include "trace/lines.h"
#include "trace/n8n.h"
#include "trace/otlp_json.h"
#include "trace/phoenix.h"
#include "trace/record.h"
#include "trace/salvage.h"
#include "trace/zipkin.h"

#include <string.h>

/* A format whose documents show themselves by their keys. */
struct json_format {
    const char *name;
    bool (*is)(struct json root);
    int (*read)(struct json root, struct sink *sink, struct error *err);
};
static const struct json_format json_formats[] = {
    {READER_OTLP_JSON, otlp_json_is, otlp_json_read},
    {"jaeger",         jaeger_is,    jaeger_read   },
    {"langsmith",      langsmith_is, langsmith_read},
    {"langfuse",       langfuse_is,  langfuse_read },
    {"phoenix",        phoenix_is,   phoenix_read  },
    {"n8n",            n8n_is,       n8n_read      },
    {"crewai",         crewai_is,    crewai_read   },
    {"autogen",        autogen_is,   autogen_read  },
    {"zipkin",         zipkin_is,    zipkin_read   },
};
/* Keys under which APIs answer with a list of such documents. */
static const char *const wrappers[] = {"data", "runs", "events"};

enum { LISTS_MAX = 3 }; /* an answer that wraps a list of lists */

static int refuse(const struct sink *sink, struct json object, struct error *err)
{
    if (json_present(json_get(object, "workflowId")))
        return error_at(err, ERR_INPUT, sink->file, sink->line, 0,
                        "an n8n execution without its data (ask for it with includeData=true)");
    return error_at(
        err, ERR_INPUT, sink->file, sink->line, 0,
        "not a trace log: JSON of none of the formats that are read (OTLP with "
        "resourceSpans, Jaeger, Zipkin, LangSmith, Langfuse, Phoenix, n8n, CrewAI, AutoGen)");
}

static const struct json_format *format_of(struct json object)
{
    for (size_t i = 0; i < sizeof json_formats / sizeof json_formats[0]; i++)
        if (json_formats[i].is(object))
            return &json_formats[i];
    return NULL;
}

/* The list of documents that this one is or wraps. */
static bool documents_in(struct json root, struct json *list)
{
    *list = root;
    for (size_t i = 0; i < sizeof wrappers / sizeof wrappers[0] && json_type(*list) == JSON_MAP;
         i++)
        if (json_type(json_get(root, wrappers[i])) == JSON_LIST)
            *list = json_get(root, wrappers[i]);
    return json_type(*list) == JSON_LIST;
}

/* The first document in lists of them that a format knows; else the first of all. */
static const struct json_format *first_known(struct json root, unsigned levels, struct json *first)
{
    struct json list;
    const struct json_format *known = format_of(root);
    if (known || !levels || !documents_in(root, &list))
        return known;
    for (struct json_iter it = json_each(list); json_next(&it) && !known;) {
        if (!json_present(*first))
            *first = it.value;
        known = first_known(it.value, levels - 1, first);
    }
    return known;
}

void reader_note_format(struct feed *f, const char *name)
{
    bool same = !f->format || strcmp(f->format, name) == 0;
    f->format = same ? name : "mixed";
}

static int read_documents(struct feed *f, struct json root, unsigned levels, struct error *err)
{
    struct json list;
    const struct json_format *known = format_of(root);
    if (known) {
        reader_note_format(f, known->name);
        record_at(f->sink, root);
        return known->read(root, f->sink, err);
    }
    if (!levels || !documents_in(root, &list)) {
        record_at(f->sink, root);
        record_unreadable(f->sink);
        return 0;
    }
    for (struct json_iter it = json_each(list); json_next(&it);)
        if (read_documents(f, it.value, levels - 1, err))
            return -1;
    return 0;
}

/* A document is an object of a format, a list of them, or an answer that wraps such a list.  What
 * no format knows is counted when others are known, and else refused. */
int reader_document(struct feed *f, struct json root, struct error *err)
{
    struct json first = {0};
    if (!f->format && !first_known(root, LISTS_MAX, &first)) {
        struct json list;
        bool none = documents_in(root, &list) && json_count(list) == 0;
        return none ? 0 : refuse(f->sink, json_present(first) ? first : root, err);
    }
    return read_documents(f, root, LISTS_MAX, err);
}

/* JSON at sink->line, whose bytes that are no UTF-8 are mended: *s and *len are then those of the
 * mended text, good until the next call. */
int reader_parse(struct feed *f, const char **s, size_t *len, struct json *root,
                 struct error *fault)
{
    if (json_parse(f->sink->json, *s, *len, root, fault) == 0)
        return 0;
    if (utf8_valid(*s, *len))
        return -1;
    quality_note(f->sink->quality, QUALITY_BAD_TEXT, f->sink->file_index, f->sink->line);
    buf_clear(&f->mended);
    utf8_mend(*s, *len, &f->mended);
    *s = buf_text(&f->mended);
    *len = f->mended.len;
    *fault = (struct error){0};
    return json_parse(f->sink->json, *s, *len, root, fault);
}

/* The same of a document over several lines that begin at sink->line. */
static int read_placed(struct feed *f, struct json root, const char *text, size_t len,
                       struct error *err)
{
    struct sink *sink = f->sink;
    sink->document = text;
    sink->document_len = len;
    sink->document_line = (uint32_t)sink->line;
    sink->place = (struct json_place){0};
    int status = reader_document(f, root, err);
    sink->document = NULL;
    sink->line = sink->document_line;
    return status;
}

/* A document that is cut off or damaged at byte `fault` of it, at sink->line: what is whole is
 * read, and the record at hand is counted.  False, and nothing done, when none is known. */
bool reader_damaged(struct feed *f, const char *s, size_t len, const struct error *fault,
                    int *status, struct error *err)
{
    struct buf whole = {0}, closing = {0};
    struct sink *sink = f->sink;
    struct json root, first = {0};
    struct error ignored = {0};
    size_t cut, begin, valid = fault->column ? fault->column - 1u : 0;
    bool known = false;
    if (fault->code == ERR_INPUT && valid <= len && salvage(s, valid, &cut, &begin, &closing)) {
        buf_add(&whole, s, cut);
        buf_add(&whole, closing.data, closing.len);
        known = json_parse(sink->json, whole.data, whole.len, &root, &ignored) == 0 &&
                first_known(root, LISTS_MAX, &first);
    }
    if (known) {
        const struct quality before = *sink->quality;
        uint64_t counted = before.count[QUALITY_UNREADABLE];
        bool first_of_all = !f->format && !sink->set->len;
        *status = read_placed(f, root, whole.data, whole.len, err);
        if (first_of_all && !sink->set->len && !sink->crewai && !sink->autogen) {
            f->format = NULL; /* nothing is whole */
            *sink->quality = before;
            known = false;
        }
        for (size_t i = 0; i < begin; i++)
            sink->line += s[i] == '\n';
        if (known && sink->quality->count[QUALITY_UNREADABLE] == counted) /* else its rest was */
            record_unreadable(sink);
    }
    buf_release(&whole);
    buf_release(&closing);
    return known;
}

/* ---- whole documents ------------------------------------------------------------------------ */

/* A document over several lines, or lines of which the first is damaged? */
static bool is_lines(struct feed *f)
{
    enum { LOOK = 10000 }; /* a log of lines has one to show among so many */
    const char *s = buf_text(&f->carry), *end = s + f->carry.len;
    size_t all = 0, known = 0;
    for (const char *stop; s < end && (known || all < LOOK); s = stop + 1) {
        struct json root, first = {0};
        struct error ignored = {0};
        const char *newline = memchr(s, '\n', (size_t)(end - s));
        stop = newline ? newline : end;
        size_t len = (size_t)(stop - s);
        if (lines_blank(s, len))
            continue;
        all++;
        known += json_parse(f->sink->json, s, len, &root, &ignored) == 0 && json_count(root) &&
                 first_known(root, LISTS_MAX, &first);
    }
    const char *first = buf_text(&f->carry) + strspn(buf_text(&f->carry), " \t\r\n");
    return known > 0 && 2 * known >= all + (*first == '[');
}

static int read_all_lines(struct feed *f, struct error *err)
{
    const char *s = buf_text(&f->carry), *end = s + f->carry.len;
    for (const char *stop; s < end; s = stop + 1, f->lines++) {
        struct json root;
        struct error ignored = {0};
        const char *newline = memchr(s, '\n', (size_t)(end - s));
        stop = newline ? newline : end;
        size_t len = (size_t)(stop - s);
        f->sink->line = f->lines + 1;
        if (lines_blank(s, len))
            continue;
        if (reader_parse(f, &s, &len, &root, &ignored))
            record_unreadable(f->sink);
        else if (reader_document(f, root, err))
            return -1;
    }
    return 0;
}

static int refuse_whole(struct feed *f, const struct error *fault, struct error *err)
{
    const struct buf *b = &f->carry;
    size_t at = fault->column && fault->column <= b->len + 1 ? fault->column - 1 : 0, begin = 0;
    uint32_t line = f->lines + 1;
    for (size_t i = 0; i < at; i++)
        if (b->data[i] == '\n') {
            line++;
            begin = i + 1;
        }
    return error_at(err, fault->code, f->sink->file, line, (uint32_t)(at - begin) + 1, "%s",
                    fault->text);
}

/* Documents one after another, some of them maybe damaged; what no format knows is counted. */
static int read_in_turn(struct feed *f, const char *s, size_t len, struct error *err)
{
    while (!lines_blank(s, len)) {
        for (; lines_blank(s, 1); s++, len--)
            f->sink->line += *s == '\n';
        struct json root;
        struct error fault = {0};
        size_t end = salvage_document(s, len);
        const char *part = s;
        size_t part_len = end ? end : len;
        uint64_t line = f->sink->line;
        int status = 0;
        if (reader_parse(f, &part, &part_len, &root, &fault) == 0)
            status = read_placed(f, root, part, part_len, err);
        else if (!reader_damaged(f, part, part_len, &fault, &status, err) && f->format)
            record_unreadable(f->sink);
        if (status || !f->format || !end)
            return status;
        for (size_t i = 0; i < end; i++)
            line += s[i] == '\n';
        f->sink->line = line;
        s += end;
        len -= end;
    }
    return 0;
}

/* A document over several lines, or several of them. */
int reader_whole(struct feed *f, struct error *err)
{
    struct json root;
    struct error fault = {0};
    const char *s = buf_text(&f->carry);
    size_t len = f->carry.len;
    f->sink->line = f->lines + 1;
    if (json_parse(f->sink->json, s, len, &root, &fault) == 0)
        return read_placed(f, root, s, len, err);
    if (is_lines(f))
        return read_all_lines(f, err);
    struct quality before = *f->sink->quality;
    if (fault.code == ERR_INPUT && read_in_turn(f, s, len, err))
        return -1;
    if (f->format)
        return 0;
    *f->sink->quality = before;
    return refuse_whole(f, &fault, err);
}

/* ---- long lists ----------------------------------------------------------------------------- */

/* Keys under which lists of documents, or of their parts, stand first in a map. */
static const char *const list_keys[] = {"data", "runs", "events", "resourceSpans",
                                        "resource_spans"};
static const char *const list_wraps[] = {NULL, NULL, NULL, "{\"resourceSpans\":[",
                                         "{\"resource_spans\":["};

/* The element, as a document of its own; good until the next call. */
static void as_document(struct feed *f, const char **s, size_t *len)
{
    if (!f->wrap)
        return;
    buf_clear(&f->wrapped);
    buf_puts(&f->wrapped, f->wrap);
    buf_add(&f->wrapped, *s, *len);
    buf_puts(&f->wrapped, "]}");
    *s = f->wrapped.data;
    *len = f->wrapped.len;
}

/* At sink->line.  One that cannot be read is counted. */
static int read_element(struct feed *f, const char *s, size_t len, struct error *err)
{
    struct json root;
    struct error fault = {0};
    int status = 0;
    as_document(f, &s, &len);
    if (reader_parse(f, &s, &len, &root, &fault) == 0)
        return read_placed(f, root, s, len, err);
    if (!reader_damaged(f, s, len, &fault, &status, err))
        record_unreadable(f->sink);
    return status;
}

static uint32_t count_lines(const char *s, size_t len)
{
    uint32_t n = 0;
    for (const char *end = s + len; (s = memchr(s, '\n', (size_t)(end - s))); s++)
        n++;
    return n;
}

int reader_begin_elements(struct feed *f, struct error *err)
{
    struct json root, first = {0};
    struct error ignored = {0};
    size_t begin, end;
    int key;
    if (f->listed && !f->list.at)
        return 0;
    if (!f->listed)
        f->list.at = elements_begin(f->carry.data, f->carry.len, list_keys,
                                    sizeof list_keys / sizeof *list_keys, &key);
    if (!f->listed && f->list.at) {
        f->in_map = key >= 0;
        f->wrap = key < 0 ? NULL : list_wraps[key];
    }
    f->listed = true;
    if (!f->list.at)
        return 0;
    enum elements_found found = elements_next(&f->list, f->carry.data, f->carry.len, &begin, &end);
    if (found == ELEMENTS_MORE)
        return 0;
    const char *s = f->carry.data + begin;
    size_t len = end - begin;
    as_document(f, &s, &len);
    bool known = found == ELEMENTS_ONE && json_parse(f->sink->json, s, len, &root, &ignored) == 0 &&
                 first_known(root, LISTS_MAX, &first);
    f->list = known ? (struct elements){.at = begin} : (struct elements){0};
    if (!known)
        return 0;
    f->mode = MODE_ELEMENTS;
    return reader_elements(f, err);
}

int reader_elements(struct feed *f, struct error *err)
{
    size_t begin, end, seen = 0;
    enum elements_found found = ELEMENTS_MORE;
    while (f->mode == MODE_ELEMENTS && (found = elements_next(&f->list, f->carry.data, f->carry.len,
                                                              &begin, &end)) != ELEMENTS_MORE) {
        size_t upto = found == ELEMENTS_ONE ? begin : end;
        f->lines += count_lines(f->carry.data + seen, upto - seen);
        seen = upto;
        if (found == ELEMENTS_END) {
            f->mode = MODE_REST; /* in which there may be another one */
            f->listed = false;
            break;
        }
        f->sink->line = f->lines + 1;
        if (read_element(f, f->carry.data + begin, end - begin, err) || reader_relieve_feed(f, err))
            return -1;
        f->lines += count_lines(f->carry.data + begin, end - begin);
        seen = end;
    }
    reader_drop_front(&f->carry, seen);
    if (f->mode == MODE_ELEMENTS)
        elements_drop(&f->list, seen);
    return 0;
}

/* The element that the file ends in, if it ends in one. */
static int end_within(struct feed *f, struct error *err)
{
    struct json root;
    struct error fault = {0};
    const char *s = f->carry.data + f->list.begin;
    size_t len = f->carry.len - f->list.begin;
    int status = 0;
    if (!f->list.within) {
        record_unreadable(f->sink);
        return 0;
    }
    f->sink->line += count_lines(f->carry.data, f->list.begin);
    if (f->wrap) {
        buf_clear(&f->wrapped);
        buf_puts(&f->wrapped, f->wrap);
        buf_add(&f->wrapped, s, len);
        s = f->wrapped.data;
        len = f->wrapped.len;
    }
    if (reader_parse(f, &s, &len, &root, &fault) == 0 ||
        !reader_damaged(f, s, len, &fault, &status, err))
        record_unreadable(f->sink);
    return status;
}

int reader_end_elements(struct feed *f, struct error *err)
{
    struct elements rest = {0};
    enum elements_found found = ELEMENTS_ONE;
    size_t begin, end = 0;
    f->sink->line = f->lines + 1;
    if (f->mode == MODE_ELEMENTS)
        return end_within(f, err);
    while (f->in_map && found == ELEMENTS_ONE)
        found = elements_next(&rest, f->carry.data, f->carry.len, &begin, &end);
    if (f->in_map && found == ELEMENTS_MORE) { /* the map does not end */
        record_unreadable(f->sink);
        return 0;
    }
    f->sink->line += count_lines(f->carry.data, end);
    return read_in_turn(f, f->carry.data + end, f->carry.len - end, err);
}
