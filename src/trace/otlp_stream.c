/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A source is cut into records: messages, or the fields of the only message.  A record that lies
 * whole in the chunk at hand is read where it lies; one that goes on in the next chunk is put
 * together first.
 *
 * Framings are told apart by walking: the records that the first bytes show must each be what an
 * exporter writes first, a ResourceSpans with a Resource or scopes within it.  Text never passes:
 * a message that holds scopes holds a control character. */
#include "trace/otlp_stream.h"

#include "trace/otlp_proto.h"

/* ---- telling ----------------------------------------------------------------------------- */

/* A record at the front of some bytes. */
struct record {
    size_t head; /* bytes before the body */
    uint64_t body;
    bool fields; /* the body is fields of a message, or it is skipped */
};
enum found { FOUND, MORE, /* than these bytes are needed */ WRONG };

/* A field of the only message; with its tag, it is a message of one field. */
static enum found find_field(const uint8_t *p, size_t len, struct record *out)
{
    uint64_t tag, size;
    int n = proto_varint(p, len, &tag), m = 0;
    if (n <= 0)
        return n ? WRONG : MORE;
    if (tag < 8 || tag > UINT32_MAX)
        return WRONG;
    out->head = 0;
    out->fields = tag == PROTO_TAG(1, PROTO_BYTES);
    switch (tag & 7) {
    case PROTO_FIXED64:
    case PROTO_FIXED32:
        out->body = (uint64_t)n + ((tag & 7) == PROTO_FIXED64 ? 8 : 4);
        return FOUND;
    case PROTO_VARINT:
    case PROTO_BYTES:
        m = proto_varint(p + n, len - (size_t)n, &size);
        if (m <= 0)
            return m ? WRONG : MORE;
        if ((tag & 7) == PROTO_VARINT)
            size = 0;
        if (size > OTLP_MESSAGE_MAX)
            return WRONG;
        out->body = (uint64_t)(n + m) + size;
        return FOUND;
    default:
        return WRONG;
    }
}

static enum found find_record(enum otlp_framing framing, const uint8_t *p, size_t len,
                              struct record *out)
{
    if (framing == OTLP_SINGLE)
        return find_field(p, len, out);
    out->fields = true;
    if (framing == OTLP_FIXED) {
        if (len < 4)
            return MORE;
        out->head = 4;
        out->body = (uint64_t)p[0] << 24 | (uint64_t)p[1] << 16 | (uint64_t)p[2] << 8 | p[3];
    } else {
        int n = proto_varint(p, len, &out->body);
        if (n <= 0)
            return n ? WRONG : MORE;
        out->head = (size_t)n;
    }
    return out->body > OTLP_MESSAGE_MAX ? WRONG : FOUND;
}

/* The tag and length of a field of PROTO_BYTES: bytes taken, 0 when there are more, -1 for others.
 */
static int field_head(const uint8_t *p, size_t len, uint64_t *tag, uint64_t *length)
{
    int n = proto_varint(p, len, tag);
    if (n <= 0 || (*tag & 7) != PROTO_BYTES || *tag < 8)
        return n == 0 ? 0 : -1;
    int m = proto_varint(p + n, len - (size_t)n, length);
    return m <= 0 ? m : n + m;
}

/* Could the `len` bytes in sight of a ResourceSpans of `size` be one?  Its fields are a Resource
 * or scopes, which begin with fields 1 to 3 themselves, or the address of a schema. */
static bool begins_resource(const uint8_t *p, size_t len, uint64_t size)
{
    for (size_t at = 0; at < len;) {
        uint64_t tag, length;
        int n = field_head(p + at, len - at, &tag, &length);
        if (n <= 0)
            return n == 0 && size > len;
        at += (size_t)n;
        if ((tag >> 3 > 3 && tag >> 3 != 1000) || length > size - at)
            return false;
        if (tag >> 3 != 3 && length && at < len && (p[at] >> 3 == 0 || p[at] >> 3 > 3))
            return false;
        if (length > len - at)
            break;
        at += (size_t)length;
    }
    return true;
}

/* The same of a message of `size` bytes, which begins with a ResourceSpans. */
static bool begins_request(const uint8_t *p, size_t len, uint64_t size)
{
    uint64_t tag, inner;
    if (len == 0)
        return true;
    int n = field_head(p, len, &tag, &inner);
    if (n <= 0)
        return n == 0 && size > len;
    if (tag >> 3 != 1 || inner > size - (uint64_t)n)
        return false;
    len -= (size_t)n;
    return begins_resource(p + n, inner < len ? (size_t)inner : len, inner);
}

/* How well a framing fits the bytes in sight: its first record that is not empty begins as a
 * request; all of them do, but the last is cut off; all do. */
enum fit { FITS_NOT, FITS_FIRST, FITS_CUT, FITS_ALL };
enum { SHOWN_MIN = 4 }; /* bytes of the first message, or all of it */

static enum fit fit_of(enum otlp_framing framing, const uint8_t *p, size_t len, bool all)
{
    enum fit cut = all ? FITS_CUT : FITS_ALL;
    bool any = false;
    for (size_t at = 0; at < len;) {
        struct record r;
        enum found found = find_record(framing, p + at, len - at, &r);
        if (found != FOUND)
            return !any ? FITS_NOT : found == MORE ? cut : FITS_FIRST;
        at += r.head;
        size_t shown = r.body < len - at ? (size_t)r.body : len - at;
        bool enough = any || shown == r.body || shown >= SHOWN_MIN;
        if (!enough || !begins_request(p + at, shown, r.body))
            return any ? FITS_FIRST : FITS_NOT;
        if (shown < r.body)
            return cut;
        any = any || r.body > 0;
        at += shown;
    }
    return any ? FITS_ALL : FITS_NOT;
}

static bool has_control(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (p[i] < '\t' || (p[i] > '\r' && p[i] < ' '))
            return true;
    return false;
}

enum otlp_framing otlp_framing_of(const char *bytes, size_t len, bool all)
{
    const uint8_t *p = (const uint8_t *)bytes;
    enum otlp_framing order[3] = {OTLP_SINGLE, OTLP_VARINT, OTLP_FIXED};
    if (!has_control(p, len))
        return OTLP_NONE;
    if (p[0] == 0) { /* a length below 16 MiB, and seldom an empty message */
        order[1] = OTLP_FIXED;
        order[2] = OTLP_VARINT;
    }
    enum otlp_framing best = OTLP_NONE;
    enum fit best_fit = FITS_NOT;
    for (size_t i = 0; i < 3; i++) {
        enum fit fit = fit_of(order[i], p, len, all);
        if (fit > best_fit) {
            best = order[i];
            best_fit = fit;
        }
    }
    return best;
}

/* ---- reading ----------------------------------------------------------------------------- */

struct otlp_stream {
    enum otlp_framing framing;
    struct otlp_proto proto;
    struct buf part; /* of a record that goes on */
    uint64_t offset; /* of what is not read yet */
    size_t spans_before;
    bool lost; /* where the next record begins is not known any more */
};

struct otlp_stream *otlp_stream_new(enum otlp_framing framing, struct sink *sink)
{
    struct otlp_stream *s = mem_zero(1, sizeof *s);
    s->framing = framing;
    s->proto.sink = sink;
    s->spans_before = sink->set->len;
    return s;
}

void otlp_stream_forget(struct otlp_stream *s)
{
    s->proto.has_last = false;
    s->spans_before = SIZE_MAX; /* spans there were */
}

void otlp_stream_free(struct otlp_stream *s)
{
    if (!s)
        return;
    otlp_proto_release(&s->proto);
    buf_release(&s->part);
    mem_free(s);
}

static int lose(struct otlp_stream *s, struct error *err)
{
    s->lost = true;
    return otlp_proto_fault(
        &s->proto, s->offset,
        s->framing == OTLP_SINGLE
            ? "not a field of OTLP, and where the next one begins cannot be told"
            : "not the length of a message (256 MiB at most), and where the "
              "next one begins cannot be told",
        err);
}

/* One record, whole at p. */
static int read_record(struct otlp_stream *s, const uint8_t *p, const struct record *r,
                       struct error *err)
{
    size_t size = r->head + (size_t)r->body;
    s->proto.base = p;
    s->proto.offset = s->offset;
    s->offset += size;
    if (s->framing != OTLP_SINGLE)
        s->proto.sink->quality->records++;
    return r->fields ? otlp_proto_read(&s->proto, proto_bytes(p + r->head, (size_t)r->body), err)
                     : 0;
}

/* Reads the whole records at p; *used of the bytes are read. */
static int read_records(struct otlp_stream *s, const uint8_t *p, size_t len, size_t *used,
                        struct error *err)
{
    *used = 0;
    while (*used < len && !s->lost) {
        struct record r;
        enum found found = find_record(s->framing, p + *used, len - *used, &r);
        if (found == WRONG)
            return lose(s, err);
        if (found == MORE || r.head + r.body > len - *used)
            return 0;
        if (read_record(s, p + *used, &r, err))
            return -1;
        *used += r.head + (size_t)r.body;
    }
    return 0;
}

/* Adds to the part what its record asks for, at most: what follows is read where it lies. */
static int feed_part(struct otlp_stream *s, const char **bytes, size_t *len, struct error *err)
{
    const struct buf *part = &s->part;
    struct record r;
    size_t used, need = part->len + 1;
    if (find_record(s->framing, (const uint8_t *)part->data, part->len, &r) == FOUND)
        need = r.head + (size_t)r.body;
    size_t more = need - part->len < *len ? need - part->len : *len;
    buf_add(&s->part, *bytes, more);
    *bytes += more;
    *len -= more;
    if (read_records(s, (const uint8_t *)part->data, part->len, &used, err))
        return -1;
    if (used || s->lost)
        buf_clear(&s->part);
    return 0;
}

int otlp_stream_feed(struct otlp_stream *s, const char *bytes, size_t len, struct error *err)
{
    size_t used;
    while (s->part.len && len)
        if (feed_part(s, &bytes, &len, err))
            return -1;
    if (read_records(s, (const uint8_t *)bytes, len, &used, err))
        return -1;
    if (!s->lost && used < len)
        buf_add(&s->part, bytes + used, len - used);
    return 0;
}

int otlp_stream_end(struct otlp_stream *s, struct error *err)
{
    struct sink *sink = s->proto.sink;
    if (s->part.len && !s->lost &&
        otlp_proto_fault(&s->proto, s->offset,
                         "the log is cut off within the message that begins "
                         "here",
                         err))
        return -1;
    if (s->framing == OTLP_SINGLE)
        sink->quality->records++;
    if (sink->set->len == s->spans_before && s->proto.faults)
        return error_set(err, ERR_INPUT, "%s: byte %llu: %s", sink->file,
                         (unsigned long long)s->proto.first_at, s->proto.first_why);
    return 0;
}
