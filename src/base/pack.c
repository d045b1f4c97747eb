/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole numbers take as many bytes as they need, seven bits in each, low ones first, the top bit
 * set on all but the last (LEB128); doubles are the eight bytes of their bits and sums sixteen, low
 * ones first. */
#include "base/pack.h"

#include <string.h>

enum { BYTES_OF_VALUE = 10 };

struct pack pack_writer(struct buf *to)
{
    return (struct pack){.to = to};
}

struct pack pack_reader(const void *bytes, size_t len)
{
    return (struct pack){.at = bytes, .left = len};
}

void pack_check(struct pack *p, bool holds)
{
    if (!p->to && !holds)
        p->broken = true;
}

bool pack_whole(const struct pack *p)
{
    return !p->broken && p->left == 0;
}

/* The next n bytes; NULL when there are not so many. */
static const uint8_t *take(struct pack *p, size_t n)
{
    if (p->broken || p->left < n) {
        p->broken = true;
        return NULL;
    }
    const uint8_t *at = p->at;
    p->at += n;
    p->left -= n;
    return at;
}

static void put_value(struct buf *to, uint64_t x)
{
    uint8_t bytes[BYTES_OF_VALUE];
    size_t n = 0;
    for (; x >= 0x80; x >>= 7)
        bytes[n++] = (uint8_t)(x | 0x80);
    bytes[n++] = (uint8_t)x;
    buf_add(to, bytes, n);
}

static uint64_t get_value(struct pack *p)
{
    uint64_t x = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const uint8_t *byte = take(p, 1);
        if (!byte)
            return 0;
        uint64_t bits = *byte & 0x7f;
        if (bits << shift >> shift != bits)
            break;
        x |= bits << shift;
        if (*byte < 0x80)
            return x;
    }
    p->broken = true;
    return 0;
}

static void put_fixed(struct buf *to, uint64_t x)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(x >> (8 * i));
    buf_add(to, bytes, sizeof bytes);
}

static uint64_t get_fixed(struct pack *p)
{
    const uint8_t *bytes = take(p, 8);
    uint64_t x = 0;
    for (int i = 0; bytes && i < 8; i++)
        x |= (uint64_t)bytes[i] << (8 * i);
    return x;
}

void pack_value(struct pack *p, uint64_t *x, uint64_t most)
{
    if (p->to) {
        put_value(p->to, *x);
        return;
    }
    *x = get_value(p);
    pack_check(p, *x <= most);
    *x = p->broken ? 0 : *x;
}

void pack_flag(struct pack *p, bool *x)
{
    uint64_t v = *x;
    pack_value(p, &v, 1);
    *x = v != 0;
}

void pack_double(struct pack *p, double *x)
{
    uint64_t bits;
    memcpy(&bits, x, sizeof bits);
    if (p->to) {
        put_fixed(p->to, bits);
        return;
    }
    bits = get_fixed(p);
    memcpy(x, &bits, sizeof *x);
}

void pack_count(struct pack *p, uint64_t *x)
{
    uint64_t v = *x;
    pack_value(p, &v, ((uint64_t)1 << 62) - 1);
    *x = p->to ? *x : *x + v;
}

void pack_sum(struct pack *p, __int128 *x)
{
    if (p->to) {
        put_fixed(p->to, (uint64_t)*x);
        put_fixed(p->to, (uint64_t)(*x >> 64));
        return;
    }
    uint64_t low = get_fixed(p), high = get_fixed(p);
    unsigned __int128 v = (unsigned __int128)high << 64 | low;
    *x = (__int128)((unsigned __int128)*x + (p->broken ? 0 : v));
}

void pack_bytes(struct pack *p, const void **at, size_t *len, size_t most)
{
    uint64_t n = *len;
    pack_value(p, &n, most);
    if (p->to) {
        buf_add(p->to, *at, *len);
        return;
    }
    *at = take(p, (size_t)n);
    *len = *at ? (size_t)n : 0;
}

void pack_text(struct pack *p, char *text, size_t size)
{
    const void *at = text;
    size_t len = p->to ? strlen(text) : 0;
    pack_bytes(p, &at, &len, size - 1);
    if (p->to)
        return;
    pack_check(p, len == 0 || !memchr(at, '\0', len));
    len = p->broken ? 0 : len;
    memcpy(text, len ? at : "", len);
    text[len] = '\0';
}

void error_pack(struct pack *p, struct error *e)
{
    uint64_t code = e->code, line = e->line, column = e->column;
    pack_value(p, &code, ERR_CODE_COUNT - 1);
    pack_value(p, &line, UINT32_MAX);
    pack_value(p, &column, UINT32_MAX);
    pack_text(p, e->text, sizeof e->text);
    e->code = (enum error_code)code;
    e->line = (uint32_t)line;
    e->column = (uint32_t)column;
}
