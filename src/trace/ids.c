/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ids: hex as OTLP/JSON has it, base64 as Protobuf's own JSON mapping has it (Tempo writes that),
 * anything else by FNV-1a with the finaliser of SplitMix64. */
#include "trace/ids.h"

#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* `n` bytes from 2n hex digits or from base64 with its padding. */
static bool bytes_of(const char *s, size_t len, uint8_t *out, size_t n)
{
    if (len == 2 * n) {
        for (size_t i = 0; i < n; i++) {
            int high = hex_digit(s[2 * i]), low = hex_digit(s[2 * i + 1]);
            if (high < 0 || low < 0)
                return false;
            out[i] = (uint8_t)(high << 4 | low);
        }
        return true;
    }
    if (len != (n + 2) / 3 * 4)
        return false;
    uint32_t bits = 0;
    size_t made = 0;
    for (size_t i = 0; i < len && made < n; i++) {
        int digit = base64_digit(s[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4) /* each digit after a group's first completes a byte */
            out[made++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    return made == n && s[len - 1] == '=';
}

static bool all_zero(const uint8_t *bytes, size_t n)
{
    uint8_t any = 0;
    for (size_t i = 0; i < n; i++)
        any |= bytes[i];
    return !any;
}

/* Two digits of hex for each byte; returns how many. */
static size_t put_hex(const uint8_t *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    return 2 * n;
}

uint32_t ids_trace_bytes(struct span_set *set, const uint8_t *bytes, size_t n)
{
    char text[2 * IDS_BYTES_MAX];
    n = n < IDS_BYTES_MAX ? n : IDS_BYTES_MAX;
    if (n == 0 || (n == 16 && all_zero(bytes, n)))
        return SPAN_NONE;
    return span_text(set, text, put_hex(bytes, n, text));
}

uint32_t ids_trace(struct span_set *set, const char *s, size_t len)
{
    uint8_t bytes[16];
    if (len && !bytes_of(s, len, bytes, 16))
        return span_text(set, s, len);
    return ids_trace_bytes(set, bytes, len ? 16 : 0);
}

uint64_t ids_span(const char *s, size_t len)
{
    uint8_t bytes[8];
    uint64_t h = 0;
    if (bytes_of(s, len, bytes, 8)) {
        for (size_t i = 0; i < 8; i++)
            h = h << 8 | bytes[i];
        return h;
    }
    if (len == 0)
        return 0;
    h = 0xcbf29ce484222325;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (uint8_t)s[i]) * 0x100000001b3;
    h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9;
    h = (h ^ h >> 27) * 0x94d049bb133111eb;
    h ^= h >> 31;
    return h ? h : 1;
}

uint64_t ids_span_bytes(const uint8_t *bytes, size_t n)
{
    char text[2 * IDS_BYTES_MAX];
    if (n != 8)
        return ids_span(text, put_hex(bytes, n < IDS_BYTES_MAX ? n : IDS_BYTES_MAX, text));
    return (uint64_t)bytes[0] << 56 | (uint64_t)bytes[1] << 48 | (uint64_t)bytes[2] << 40 |
           (uint64_t)bytes[3] << 32 | (uint64_t)bytes[4] << 24 | (uint64_t)bytes[5] << 16 |
           (uint64_t)bytes[6] << 8 | bytes[7]; /* compilers make one load of it */
}
