/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The compressed bytes were made by another program (Python's gzip with mtime 0). */
#include "tests/support/support.h"

#include "base/inflate.h"

#include <string.h>

/* "hello", and ", world\n" as a member of its own. */
static const unsigned char hello[] = {0x1f, 0x8b, 0x08, 0,    0,    0,    0,    0, 2,
                                      3,    0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0, 0x86,
                                      0xa6, 0x10, 0x36, 0x05, 0,    0,    0};
static const unsigned char world[] = {0x1f, 0x8b, 0x08, 0,    0,    0,    0,    0,    2,    3,
                                      0xd3, 0x51, 0x28, 0xcf, 0x2f, 0xca, 0x49, 0xe1, 0x02, 0,
                                      0xe7, 0x51, 0xbc, 0x68, 0x08, 0,    0,    0};

static void gzip_is_told_by_its_first_bytes(void **state)
{
    assert_true(inflate_is_gzip(hello, sizeof hello));
    assert_false(inflate_is_gzip(hello, 1));
    assert_false(inflate_is_gzip("{\"a\":1}", 7));
    assert_false(inflate_is_gzip("", 0));
}

/* Both members and `zeros` zero bytes behind them. */
static void put_both(struct buf *b, size_t zeros)
{
    buf_add(b, hello, sizeof hello);
    buf_add(b, world, sizeof world);
    while (zeros-- > 0)
        buf_putc(b, '\0');
}

static void members_are_joined_and_zeros_behind_them_ignored(void **state)
{
    for (size_t zeros = 0; zeros <= 600; zeros += 300) {
        struct buf in = {0}, out = {0};
        struct error err = {0};
        put_both(&in, zeros);
        ok(inflate_all(in.data, in.len, 100, &out, &err), &err);
        assert_string_equal(buf_text(&out), "hello, world\n");
        buf_release(&in);
        buf_release(&out);
    }
}

static void out_is_appended_to(void **state)
{
    struct buf out = {0};
    struct error err = {0};
    buf_puts(&out, "> ");
    ok(inflate_all(hello, sizeof hello, 5, &out, &err), &err);
    assert_string_equal(buf_text(&out), "> hello");
    buf_release(&out);
}

static void any_split_of_the_stream_gives_the_same(void **state)
{
    struct buf in = {0};
    put_both(&in, 2);
    for (size_t step = 1; step <= in.len; step++) {
        struct inflate *z = inflate_new();
        struct buf out = {0};
        struct error err = {0};
        for (size_t at = 0; at < in.len; at += step) {
            size_t n = in.len - at < step ? in.len - at : step;
            ok(inflate_feed(z, in.data + at, n, &out, &err), &err);
        }
        ok(inflate_end(z, &err), &err);
        assert_string_equal(buf_text(&out), "hello, world\n");
        inflate_free(z);
        buf_release(&out);
    }
    buf_release(&in);
}

static void every_cut_is_seen(void **state)
{
    struct buf in = {0};
    put_both(&in, 0);
    for (size_t len = 0; len < in.len; len++) {
        struct buf out = {0};
        struct error err = {0};
        int status = inflate_all(in.data, len, 100, &out, &err);
        if (len == sizeof hello) {
            ok(status, &err); /* whole, as far as anybody can know */
        } else {
            assert_int_equal(status, -1);
            error_is(&err, ERR_INPUT, len ? "cut off" : "empty");
        }
        buf_release(&out);
    }
    buf_release(&in);
}

static void every_flipped_bit_of_what_is_checked_is_seen(void **state)
{
    for (size_t i = 0; i < sizeof hello; i++) {
        for (int bit = 0; bit < 8; bit++) {
            unsigned char bytes[sizeof hello];
            struct buf out = {0};
            struct error err = {0};
            memcpy(bytes, hello, sizeof hello);
            bytes[i] ^= (unsigned char)(1 << bit);
            int status = inflate_all(bytes, sizeof bytes, 1 << 20, &out, &err);
            bool free_field = (i >= 4 && i <= 9) || (i == 3 && bit == 0); /* time, system, text */
            if (!free_field && status == 0)
                assert_string_equal(buf_text(&out), "hello"); /* unused bits of the last byte */
            if (!free_field && i != 16)
                assert_int_equal(status, -1);
            assert_true(status == 0 || err.code == ERR_INPUT);
            buf_release(&out);
        }
    }
}

static void damage_is_told_with_its_place(void **state)
{
    unsigned char bytes[sizeof hello];
    struct buf in = {0}, out = {0};
    struct error err = {0};
    memcpy(bytes, hello, sizeof hello);
    bytes[17] ^= 1; /* the checksum */
    assert_int_equal(inflate_all(bytes, sizeof bytes, 100, &out, &err), -1);
    error_is(&err, ERR_INPUT, "damaged gzip at byte 2");
    put_both(&in, 3);
    buf_puts(&in, "x");
    assert_int_equal(inflate_all(in.data, in.len, 100, &out, &err), -1);
    error_is(&err, ERR_INPUT, "at byte 56: bytes behind its end");
    buf_release(&in);
    buf_release(&out);
}

static void limit_is_exact(void **state)
{
    struct buf in = {0}, out = {0};
    struct error err = {0};
    put_both(&in, 0);
    ok(inflate_all(in.data, in.len, 13, &out, &err), &err);
    assert_int_equal(inflate_all(in.data, in.len, 12, &out, &err), -1);
    error_is(&err, ERR_LIMIT, "more than 12 bytes after inflation");
    buf_release(&in);
    buf_release(&out);
}

/* 64 MiB of one byte in 65,000: a stored header, then deflate's longest matches.  Built by hand:
 * fixed Huffman codes (RFC 1951, 3.2.6), literal 0 and then matches of length 258 at distance 1. */
static void put_bomb(struct buf *b, size_t matches)
{
    uint32_t bits = 0;
    int n = 0;
    buf_add(b, "\x1f\x8b\x08\0\0\0\0\0\x02\x03", 10);
#define PUT(value, count)                                                                          \
    do {                                                                                           \
        bits |= (uint32_t)(value) << n;                                                            \
        for (n += (count); n >= 8; n -= 8, bits >>= 8)                                             \
            buf_putc(b, (char)(bits & 255));                                                       \
    } while (0)
    PUT(3, 3);    /* the last block, fixed codes */
    PUT(0x0C, 8); /* literal 0: code 00110000 from its first bit */
    for (size_t i = 0; i < matches; i++) {
        PUT(0xA3, 8); /* length 258: code 11000101 from its first bit */
        PUT(0, 5);    /* distance 1 */
    }
    PUT(0, 7); /* the block's end */
    PUT(0, 7);
#undef PUT
}

static void bomb_costs_no_more_memory_than_the_limit_and_a_little(void **state)
{
    struct buf in = {0}, out = {0};
    struct error err = {0};
    put_bomb(&in, 1 << 18);
    within((double)in.len, 400e3, 450e3);
    assert_int_equal(inflate_all(in.data, in.len, 1 << 20, &out, &err), -1);
    error_is(&err, ERR_LIMIT, "more than 1048576 bytes");
    assert_true(out.cap <= 8 << 20);
    buf_release(&out);
    assert_int_equal(inflate_all(in.data, in.len, 1 << 30, &out, &err), -1);
    error_is(&err, ERR_INPUT, "cut off"); /* it lacks the checksum, but all of it came out */
    assert_int_equal(out.len, 1 + 258 * (size_t)(1 << 18));
    buf_release(&in);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gzip_is_told_by_its_first_bytes),
        cmocka_unit_test(members_are_joined_and_zeros_behind_them_ignored),
        cmocka_unit_test(out_is_appended_to),
        cmocka_unit_test(any_split_of_the_stream_gives_the_same),
        cmocka_unit_test(every_cut_is_seen),
        cmocka_unit_test(every_flipped_bit_of_what_is_checked_is_seen),
        cmocka_unit_test(damage_is_told_with_its_place),
        cmocka_unit_test(limit_is_exact),
        cmocka_unit_test(bomb_costs_no_more_memory_than_the_limit_and_a_little),
    };
    return cmocka_run_group_tests_name("inflate", tests, NULL, NULL);
}
