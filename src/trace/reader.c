/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of formats, and the walk from chunks of a file to lines and documents.
 *
 * JSON is read line by line in memory bounded by the longest line; a first line that is no JSON by
 * itself begins a document over several lines, which is read whole, as CSV is.  OTLP in Protocol
 * Buffers, which has no lines, is read message by message, XES trace by trace. */
#include "trace/reader.h"

#include "base/file.h"
#include "base/utf8.h"
#include "base/workers.h"
#include "trace/autogen.h"
#include "trace/crewai.h"
#include "trace/event_csv.h"
#include "trace/jaeger.h"
#include "trace/langfuse.h"
#include "trace/langsmith.h"
#include "trace/lines.h"
#include "trace/n8n.h"
#include "trace/otlp_json.h"
#include "trace/otlp_stream.h"
#include "trace/otlp_threads.h"
#include "trace/otlp_walk.h"
#include "trace/phoenix.h"
#include "trace/record.h"
#include "trace/salvage.h"
#include "trace/xes.h"
#include "trace/zipkin.h"

#include <stdio.h>
#include <string.h>

/* A format whose documents show themselves by their keys. */
struct json_format {
    const char *name;
    bool (*is)(struct json root);
    int (*read)(struct json root, struct sink *sink, struct error *err);
};
static const struct json_format json_formats[] = {
    {"otlp-json", otlp_json_is, otlp_json_read},
    {"jaeger",    jaeger_is,    jaeger_read   },
    {"langsmith", langsmith_is, langsmith_read},
    {"langfuse",  langfuse_is,  langfuse_read },
    {"phoenix",   phoenix_is,   phoenix_read  },
    {"n8n",       n8n_is,       n8n_read      },
    {"crewai",    crewai_is,    crewai_read   },
    {"autogen",   autogen_is,   autogen_read  },
    {"zipkin",    zipkin_is,    zipkin_read   },
};
/* Keys under which APIs answer with a list of such documents. */
static const char *const wrappers[] = {"data", "runs", "events"};

static bool any_text(const char *text, size_t len)
{
    return true;
}

/* A format that is not JSON; the first that knows the text. */
struct text_format {
    const char *name;
    bool (*is)(const char *text, size_t len);
    int (*read)(const char *text, size_t len, struct sink *sink, struct error *err);
};
static const struct text_format text_formats[] = {
    {"event-csv", any_text, event_csv_read},
};

/* LISTS_MAX: an answer that wraps a list of lists.  BLOCK: lines whose tokens are found at once. */
enum { PART_MAX = 256 << 20, LISTS_MAX = 3, BLOCK = 1 << 18 };

enum mode {
    MODE_START,
    MODE_LINES,
    MODE_DOCUMENT,
    MODE_LOGGER,
    MODE_TEXT,
    MODE_MESSAGES,
    MODE_XML
};
struct feed {
    struct sink *sink;
    enum mode mode;
    struct buf carry; /* what is not read yet */
    struct buf mended;
    struct otlp_stream *messages;
    struct xes *events;
    struct otlp_walk *walk; /* from the first line on */
    bool begun;             /* blanks, at least, are behind us */
    uint32_t lines;         /* already read */
    const char *format;
};

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

static void note_format(struct feed *f, const char *name)
{
    bool same = !f->format || strcmp(f->format, name) == 0;
    f->format = same ? name : "mixed";
}

static int read_documents(struct feed *f, struct json root, unsigned levels, struct error *err)
{
    struct json list;
    const struct json_format *known = format_of(root);
    if (known) {
        note_format(f, known->name);
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
static int read_document(struct feed *f, struct json root, struct error *err)
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
static int parse(struct feed *f, const char **s, size_t *len, struct json *root,
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
    int status = read_document(f, root, err);
    sink->document = NULL;
    sink->line = sink->document_line;
    return status;
}

/* A document that is cut off or damaged at byte `fault` of it, at sink->line: what is whole is
 * read, and the record at hand is counted.  False, and nothing done, when none is known. */
static bool read_damaged(struct feed *f, const char *s, size_t len, const struct error *fault,
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

/* One line of JSON, the first of which may turn out to begin a longer document, or of a logger.
 * Behind a line that could be read, one that is cut off or damaged is counted. */
static int read_line(struct feed *f, const char *s, size_t len, bool last, struct error *err)
{
    struct json root;
    f->sink->line = f->lines + 1;
    if (f->mode == MODE_LOGGER)
        return autogen_read_line(f->sink, s, len, err);
    if (lines_blank(s, len))
        return 0;
    struct error fault = {0};
    int status = 0;
    if (parse(f, &s, &len, &root, &fault) == 0)
        return read_document(f, root, err);
    if (!f->format && !last && fault.code == ERR_INPUT) {
        f->mode = MODE_DOCUMENT;
        return 0;
    }
    if (read_damaged(f, s, len, &fault, &status, err))
        return status;
    if (!f->format)
        return error_at(err, fault.code, f->sink->file, f->lines + 1, 0, "%s", fault.text);
    record_unreadable(f->sink);
    return 0;
}

static void drop_front(struct buf *b, size_t n)
{
    memmove(b->data, b->data + n, b->len - n);
    b->len -= n;
}

static bool reads_lines(const struct feed *f)
{
    return f->mode == MODE_LINES || f->mode == MODE_LOGGER;
}

/* Lines in the usual spelling of OTLP are walked; the others are parsed. */
static int read_known(struct feed *f, const char *s, size_t len, bool walks, struct error *err)
{
    f->sink->line = f->lines + 1;
    if (walks && otlp_walk_line(f->walk, s, s + len)) {
        note_format(f, json_formats[0].name);
        return 0;
    }
    return read_line(f, s, len, false, err);
}

int reader_relieve(struct sink *sink, bool *moved, struct error *err)
{
    *moved = false;
    if (!sink->relief || sink->set->len < sink->relief->room)
        return 0;
    *moved = true;
    return sink->relief->give(sink->relief->arg, sink, err);
}

/* Between lines or messages no reader is within a record. */
static int relieve(struct feed *f, struct error *err)
{
    bool moved;
    if (f->mode != MODE_LINES && f->mode != MODE_MESSAGES)
        return 0;
    if (reader_relieve(f->sink, &moved, err))
        return -1;
    if (moved && f->walk)
        otlp_walk_forget(f->walk);
    if (moved && f->messages)
        otlp_stream_forget(f->messages);
    return 0;
}

/* Reads whole lines, up to one that begins a longer document: *done bytes of them. */
static int read_block(struct feed *f, const char *s, size_t len, size_t *done, struct error *err)
{
    bool walks = f->mode == MODE_LINES && otlp_walk_begin(f->walk, s, len - 1);
    for (*done = 0; *done < len;) {
        const char *line = s + *done, *newline = memchr(line, '\n', len - *done);
        if (read_known(f, line, (size_t)(newline - line), walks, err))
            return -1;
        if (!reads_lines(f))
            return 0;
        *done += (size_t)(newline - line) + 1;
        f->lines++;
        if (relieve(f, err))
            return -1;
    }
    return 0;
}

/* Reads the whole lines there are; *done bytes of them, less when a longer document begins. */
static int read_lines(struct feed *f, const char *s, size_t len, size_t *done, struct error *err)
{
    size_t taken;
    len = lines_whole(s, len);
    if (!f->walk)
        f->walk = otlp_walk_new(f->sink);
    for (*done = 0; *done < len && reads_lines(f); *done += taken)
        if (read_block(f, s + *done, lines_block(s + *done, len - *done, BLOCK), &taken, err))
            return -1;
    return 0;
}

static int too_long(const struct feed *f, struct error *err)
{
    return error_at(err, ERR_LIMIT, f->sink->file, f->lines + 1, 0,
                    "a line or document is longer than 256 MiB");
}

static int carry_over(struct feed *f, const char *s, size_t len, struct error *err)
{
    if (f->carry.len + len > PART_MAX)
        return too_long(f, err);
    buf_add(&f->carry, s, len);
    return 0;
}

/* Reads what is carried over as far as it is whole. */
static int read_carry(struct feed *f, struct error *err)
{
    size_t done;
    buf_reserve(&f->carry, OTLP_WALK_PADDING);
    if (read_lines(f, f->carry.data, f->carry.len, &done, err))
        return -1;
    drop_front(&f->carry, done);
    return 0;
}

/* Lines that lie in the chunk are read where they lie. */
static int feed_lines(struct feed *f, const char *chunk, size_t len, struct error *err)
{
    size_t done = 0;
    const char *newline = memchr(chunk, '\n', len);
    if (f->carry.len && newline) {
        done = (size_t)(newline - chunk) + 1;
        if (carry_over(f, chunk, done, err) || read_carry(f, err))
            return -1;
    }
    if (newline && reads_lines(f)) {
        size_t more;
        if (read_lines(f, chunk + done, len - done, &more, err))
            return -1;
        done += more;
    }
    return carry_over(f, chunk + done, len - done, err);
}

static enum mode mode_of(struct buf *b)
{
    if (b->len >= 3 && memcmp(b->data, "\xEF\xBB\xBF", 3) == 0)
        drop_front(b, 3);
    size_t i = 0;
    while (i < b->len && strchr(" \t\r\n", b->data[i]) && b->data[i])
        i++;
    if (i == b->len)
        return MODE_START;
    if (b->data[i] == '<')
        return MODE_XML;
    return b->data[i] == '{' || b->data[i] == '[' ? MODE_LINES : MODE_TEXT;
}

static void skip_blanks(struct feed *f)
{
    for (size_t i = 0; i < f->carry.len; i++)
        f->lines += f->carry.data[i] == '\n';
    buf_clear(&f->carry);
}

static int start_messages(struct feed *f, enum otlp_framing framing, const char *bytes, size_t len,
                          struct error *err)
{
    f->mode = MODE_MESSAGES;
    f->format = "otlp-proto";
    f->messages = otlp_stream_new(framing, f->sink);
    return otlp_stream_feed(f->messages, bytes, len, err);
}

/* XML may begin with its declaration and with nothing else: what is blank goes. */
static int start_events(struct feed *f, struct error *err)
{
    size_t at = 0;
    for (; f->carry.data[at] != '<'; at++)
        f->lines += f->carry.data[at] == '\n';
    f->format = "xes";
    f->events = xes_new(f->sink, f->lines);
    int status = xes_feed(f->events, f->carry.data + at, f->carry.len - at, err);
    buf_clear(&f->carry);
    return status;
}

/* The mode by the first bytes; `all`: there are no more.  Nothing but blanks tells none, and only
 * their lines count. */
static int start(struct feed *f, bool all, struct error *err)
{
    enum otlp_framing framing =
        f->begun ? OTLP_NONE : otlp_framing_of(f->carry.data, f->carry.len, all);
    f->begun = true;
    if (framing != OTLP_NONE) {
        int status = start_messages(f, framing, f->carry.data, f->carry.len, err);
        buf_clear(&f->carry);
        return status;
    }
    if (f->carry.len >= 2 &&
        (memcmp(f->carry.data, "\xFF\xFE", 2) == 0 || memcmp(f->carry.data, "\xFE\xFF", 2) == 0))
        return error_at(err, ERR_INPUT, f->sink->file, 1, 0,
                        "the text is UTF-16; write it as UTF-8 (iconv -f UTF-16 -t UTF-8)");
    f->mode = mode_of(&f->carry);
    if (f->mode == MODE_START)
        skip_blanks(f);
    if (f->mode == MODE_XML)
        return start_events(f, err);
    if (f->mode == MODE_TEXT && autogen_is_text(f->carry.data, f->carry.len)) {
        f->mode = MODE_LOGGER;
        f->format = "autogen";
    }
    return reads_lines(f) ? read_carry(f, err) : 0;
}

static int feed_more(struct feed *f, const char *chunk, size_t len, struct error *err)
{
    if (f->mode == MODE_MESSAGES)
        return otlp_stream_feed(f->messages, chunk, len, err);
    if (f->mode == MODE_XML)
        return xes_feed(f->events, chunk, len, err);
    if (!f->begun && f->carry.len == 0 && len >= OTLP_SNIFF) { /* messages need no copy */
        enum otlp_framing framing = otlp_framing_of(chunk, OTLP_SNIFF, false);
        if (framing != OTLP_NONE)
            return start_messages(f, framing, chunk, len, err);
    }
    if (reads_lines(f))
        return feed_lines(f, chunk, len, err);
    if (carry_over(f, chunk, len, err))
        return -1;
    return f->mode == MODE_START && f->carry.len >= OTLP_SNIFF ? start(f, false, err) : 0;
}

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
        if (parse(f, &s, &len, &root, &ignored))
            record_unreadable(f->sink);
        else if (read_document(f, root, err))
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
        if (parse(f, &part, &part_len, &root, &fault) == 0)
            status = read_placed(f, root, part, part_len, err);
        else if (!read_damaged(f, part, part_len, &fault, &status, err) && f->format)
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
static int read_whole(struct feed *f, struct error *err)
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

static int read_text(struct feed *f, const char *text, size_t len, struct error *err)
{
    for (size_t i = 0; i < sizeof text_formats / sizeof text_formats[0]; i++)
        if (text_formats[i].is(text, len)) {
            f->format = text_formats[i].name;
            return text_formats[i].read(text, len, f->sink, err);
        }
    BUG("no format takes what the others leave");
}

static int feed_end(struct feed *f, struct error *err)
{
    if (f->mode == MODE_START && f->carry.len && start(f, true, err))
        return -1;
    const char *text = buf_text(&f->carry);
    switch (f->mode) {
    case MODE_START:
        return error_at(err, ERR_INPUT, f->sink->file, 0, 0, "the log is empty");
    case MODE_LINES:
        if (!f->format && !lines_blank(text, f->carry.len))
            return read_whole(f, err);
        return read_line(f, text, f->carry.len, true, err);
    case MODE_LOGGER:
        return read_line(f, text, f->carry.len, true, err);
    case MODE_DOCUMENT:
        return read_whole(f, err);
    case MODE_TEXT:
        return read_text(f, text, f->carry.len, err);
    case MODE_MESSAGES:
        return otlp_stream_end(f->messages, err);
    case MODE_XML:
        return xes_end(f->events, err);
    }
    return 0;
}

static void feed_release(struct feed *f)
{
    otlp_stream_free(f->messages);
    xes_free(f->events);
    otlp_walk_free(f->walk);
    buf_release(&f->carry);
    buf_release(&f->mended);
}

int reader_text(const char *text, size_t len, struct sink *sink, const char **format,
                struct error *err)
{
    struct feed f = {.sink = sink};
    buf_init(&f.carry);
    int status = len ? feed_more(&f, text, len, err) : 0;
    if (!status)
        status = feed_end(&f, err);
    *format = f.format;
    feed_release(&f);
    return status;
}

/* A file that is called .gz must be gzip: a plain one is a transfer gone wrong. */
static int check_name(const char *path, struct error *err)
{
    size_t len = strlen(path);
    unsigned char head[2] = {0x1f, 0x8b};
    if (len < 3 || strcmp(path + len - 3, ".gz") != 0)
        return 0;
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0; /* opening it as a log says why */
    size_t got = fread(head, 1, 2, file);
    fclose(file);
    if (got == 0 || (got == 2 && head[0] == 0x1f && head[1] == 0x8b))
        return 0;
    return error_at(err, ERR_INPUT, path, 0, 0,
                    "not gzip, although it is called .gz (rename it if it is plain text)");
}

/* Opens the file behind what several threads could read of it. */
static int open_log(struct feed *f, const char *path, struct file_reader **file, struct error *err)
{
    struct otlp_read done;
    otlp_threads_read(path, f->sink, workers_count(f->sink->options->threads), &done);
    if (f->sink->failed) {
        *err = f->sink->why;
        return -1;
    }
    if (done.lines) {
        f->mode = MODE_LINES;
        f->format = json_formats[0].name;
        f->begun = true;
        f->lines = (uint32_t)done.lines;
    }
    return file_reader_open_at(path, done.offset, file, err);
}

/* Room for the spans that the rest of the file probably holds, once there are enough to tell. */
static void make_room(const struct sink *sink, size_t before, const struct file_reader *file)
{
    enum { TELLING = 1024, ROOM_MAX = 4 << 20 };
    struct span_set *set = sink->set;
    double share = file_reader_share(file);
    size_t n = set->len > before ? set->len - before : 0, most = before + ROOM_MAX;
    if (n < TELLING || set->len < set->cap / 2 || share <= 0 || share > 0.5)
        return;
    double all = (double)before + 1.05 * (double)n / share;
    if (sink->relief && sink->relief->room < most)
        most = sink->relief->room;
    span_set_reserve(set, all < (double)most ? (size_t)all : most);
}

/* The file ends in the middle, for the reason `why`: that is counted where something was read. */
static int end_damaged(struct feed *f, const struct error *why, struct error *err)
{
    struct error ignored = {0};
    uint64_t counted = f->sink->quality->count[QUALITY_UNREADABLE];
    if (feed_end(f, &ignored)) {
        *err = *why;
        return -1;
    }
    f->sink->line = f->lines + 1;
    if (f->sink->quality->count[QUALITY_UNREADABLE] == counted)
        record_unreadable(f->sink);
    return 0;
}

int reader_file(const char *path, struct sink *sink, const char **format, struct error *err)
{
    struct feed f = {.sink = sink};
    struct file_reader *file = NULL;
    const char *chunk;
    size_t len = 1, before = sink->set->len;
    int status = -1;
    struct error why = {0};
    buf_init(&f.carry);
    if (check_name(path, err) || open_log(&f, path, &file, err))
        goto out;
    while (len) {
        if (file_reader_next(file, &chunk, &len, &why)) {
            if (why.code == ERR_INPUT && (f.begun || f.messages || f.carry.len))
                break; /* damaged gzip: what came out of it counts */
            *err = why;
            goto out;
        }
        if (len && (feed_more(&f, chunk, len, err) || relieve(&f, err)))
            goto out;
        make_room(sink, before, file);
    }
    if (why.code)
        status = end_damaged(&f, &why, err);
    else
        status = feed_end(&f, err);
    *format = f.format;
out:
    file_reader_close(file);
    feed_release(&f);
    return status;
}

void reader_end_spans(struct sink *sink)
{
    crewai_end(sink);
    autogen_end(sink);
}

void reader_end(struct sink *sink)
{
    reader_end_spans(sink);
    settle_all(&sink->later, sink->set, sink->quality);
}

void reader_release(struct sink *sink)
{
    crewai_release(sink);
    autogen_release(sink);
    settle_release(&sink->later);
}
