/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gzip by zlib's inflate, which checks headers, CRCs and lengths (RFC 1952).  Members may follow
 * each other; zero bytes after the last, as tape archivers leave them, are no damage. */
#include "base/inflate.h"

#include <string.h>
#include <zlib.h>

enum { GZIP_ONLY = 16 + MAX_WBITS, ROOM_MIN = 16 << 10, ROOM_MAX = 1 << 20 };

struct inflate {
    z_stream z;
    uint64_t fed, produced; /* bytes of all members */
    uint64_t limit;
    bool in_member, padding;
};

bool inflate_is_gzip(const void *bytes, size_t len)
{
    return len >= 2 && memcmp(bytes, "\x1f\x8b", 2) == 0;
}

static voidpf take_memory(voidpf opaque, uInt items, uInt size)
{
    return mem_zero(items, size);
}

static void give_memory(voidpf opaque, voidpf p)
{
    mem_free(p);
}

struct inflate *inflate_new(void)
{
    struct inflate *i = mem_zero(1, sizeof *i);
    i->z.zalloc = take_memory;
    i->z.zfree = give_memory;
    i->limit = UINT64_MAX;
    int status = inflateInit2(&i->z, GZIP_ONLY);
    if (status != Z_OK)
        BUG("inflateInit2 answers %d", status);
    return i;
}

void inflate_free(struct inflate *z)
{
    if (!z)
        return;
    inflateEnd(&z->z);
    mem_free(z);
}

static int damaged(const struct inflate *z, const char *why, struct error *err)
{
    return error_set(err, ERR_INPUT, "damaged gzip at byte %llu: %s", (unsigned long long)z->fed,
                     why);
}

static int too_large(const struct inflate *z, struct error *err)
{
    return error_set(err, ERR_LIMIT, "more than %llu bytes after inflation",
                     (unsigned long long)z->limit);
}

/* One call of zlib's inflate; appends what comes out. */
static int step(struct inflate *i, struct buf *out, struct error *err)
{
    size_t room = out->len < ROOM_MIN ? ROOM_MIN : out->len > ROOM_MAX ? ROOM_MAX : out->len;
    uInt in = i->z.avail_in;
    i->z.next_out = (unsigned char *)buf_reserve(out, room);
    i->z.avail_out = (uInt)room;
    int status = inflate(&i->z, Z_NO_FLUSH);
    size_t got = room - i->z.avail_out;
    buf_extend(out, got);
    i->produced += got;
    i->fed += in - i->z.avail_in;
    if (i->produced > i->limit)
        return too_large(i, err);
    if (status == Z_STREAM_END) {
        i->in_member = false;
        inflateReset(&i->z);
        return 0;
    }
    if (status == Z_OK || status == Z_BUF_ERROR)
        return 0;
    return damaged(i, i->z.msg ? i->z.msg : "it cannot be read", err);
}

static int feed_some(struct inflate *i, const unsigned char *bytes, uInt len, struct buf *out,
                     struct error *err)
{
    i->z.next_in = (unsigned char *)bytes; /* zlib's older headers lack the const */
    i->z.avail_in = len;
    bool full = false; /* zlib may hold output back although all input is taken */
    while (i->z.avail_in > 0 || full) {
        if (!i->in_member && i->z.avail_in > 0) {
            if (i->fed > 0 && *i->z.next_in == 0)
                i->padding = true;
            if (i->padding) {
                if (*i->z.next_in != 0)
                    return damaged(i, "bytes behind its end", err);
                i->z.next_in++;
                i->z.avail_in--;
                i->fed++;
                continue;
            }
            i->in_member = true;
        }
        if (step(i, out, err))
            return -1;
        full = i->in_member && i->z.avail_out == 0;
    }
    return 0;
}

int inflate_feed(struct inflate *z, const void *bytes, size_t len, struct buf *out,
                 struct error *err)
{
    const unsigned char *at = bytes;
    while (len > 0) {
        uInt some = len < 1u << 30 ? (uInt)len : 1u << 30;
        if (feed_some(z, at, some, out, err))
            return -1;
        at += some;
        len -= some;
    }
    return 0;
}

int inflate_end(struct inflate *z, struct error *err)
{
    if (z->in_member)
        return damaged(z, "it is cut off here", err);
    if (z->fed == 0)
        return damaged(z, "it is empty", err);
    return 0;
}

int inflate_all(const void *bytes, size_t len, size_t limit, struct buf *out, struct error *err)
{
    struct inflate *z = inflate_new();
    z->limit = limit;
    int status = inflate_feed(z, bytes, len, out, err);
    if (status == 0)
        status = inflate_end(z, err);
    inflate_free(z);
    return status;
}
