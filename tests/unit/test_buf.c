/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/intern.h"
#include "tests/support/support.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void text_is_always_terminated(void **state)
{
    struct buf b;
    buf_init(&b);
    assert_string_equal(buf_text(&b), "");
    for (size_t i = 0; i < 1000; i++) {
        buf_putc(&b, (char)('a' + i % 26));
        assert_int_equal(b.len, i + 1);
        assert_true(b.cap > b.len);
        assert_int_equal(b.data[b.len], '\0');
    }
    buf_clear(&b);
    assert_string_equal(buf_text(&b), "");
    buf_puts(&b, "one ");
    buf_add(&b, "two\0three", 9);
    assert_int_equal(b.len, 13);
    assert_memory_equal(b.data, "one two\0three", 14);
    buf_release(&b);
    assert_null(b.data);
}

static void printf_grows_as_needed(void **state)
{
    struct buf b = {0};
    char long_text[5000];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    buf_printf(&b, "%d-%s", 42, "short");
    assert_string_equal(b.data, "42-short");
    buf_printf(&b, "<%s>", long_text);
    assert_int_equal(b.len, 8 + 2 + 4999);
    assert_int_equal(b.data[b.len - 1], '>');
    assert_int_equal(b.data[b.len], '\0');
    buf_release(&b);
}

static void reserve_and_extend_take_bytes_in_place(void **state)
{
    struct buf b = {0};
    memcpy(buf_reserve(&b, 300), "hello", 5);
    buf_extend(&b, 5);
    assert_string_equal(buf_text(&b), "hello");
    buf_reserve(&b, 0);
    assert_string_equal(buf_text(&b), "hello");
    buf_release(&b);
}

static void detach_gives_a_string_and_leaves_nothing(void **state)
{
    struct buf b = {0};
    char *empty = buf_detach(&b);
    assert_string_equal(empty, "");
    buf_puts(&b, "mine");
    char *text = buf_detach(&b);
    assert_string_equal(text, "mine");
    assert_null(b.data);
    assert_int_equal(b.len + b.cap, 0);
    mem_free(text);
    mem_free(empty);
}

static void arena_memory_is_cleared_aligned_and_disjoint(void **state)
{
    struct arena a;
    unsigned char *piece[2000];
    arena_init(&a);
    for (size_t i = 0; i < 2000; i++) {
        size_t size = i % 100 == 99 ? 50000 : 1 + i % 97;
        piece[i] = arena_alloc(&a, size);
        assert_int_equal((uintptr_t)piece[i] % 16, 0);
        for (size_t k = 0; k < size; k++)
            assert_int_equal(piece[i][k], 0);
        memset(piece[i], (int)(i % 251) + 1, size);
    }
    for (size_t i = 0; i < 2000; i++) {
        size_t size = i % 100 == 99 ? 50000 : 1 + i % 97;
        for (size_t k = 0; k < size; k++)
            assert_int_equal(piece[i][k], i % 251 + 1);
    }
    assert_true(a.total >= 20 * 50000);
    assert_true(a.total < 4 * (20 * 50000 + 2000 * 56));
    arena_release(&a);
    assert_null(a.blocks);
}

static void arena_copies_text(void **state)
{
    struct arena a = {0};
    char source[] = "abcdef";
    char *whole = arena_strdup(&a, source), *part = arena_strndup(&a, source, 3);
    char *made = arena_printf(&a, "%s/%05d", source, 42);
    source[0] = 'X';
    assert_string_equal(whole, "abcdef");
    assert_string_equal(part, "abc");
    assert_string_equal(made, "abcdef/00042");
    assert_string_equal(arena_strndup(&a, NULL, 0), "");
    arena_release(&a);
}

static void vec_keeps_order_while_growing(void **state)
{
    VEC(double) v = {0};
    for (int i = 0; i < 10000; i++)
        vec_push(&v, i / 2.0);
    assert_int_equal(v.len, 10000);
    for (int i = 0; i < 10000; i++)
        assert_true(v.at[i] == i / 2.0);
    vec_release(&v);
    assert_null(v.at);
}

static void equal_text_has_equal_id_in_order_of_sight(void **state)
{
    struct intern t;
    char name[32];
    intern_init(&t);
    assert_int_equal(intern_find(&t, "s0", 2), UINT32_MAX);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 5000; i++) {
            int len = snprintf(name, sizeof name, "s%d", i);
            assert_int_equal(intern_put(&t, name, (size_t)len), i);
        }
    assert_int_equal(t.count, 5000);
    assert_string_equal(t.of[4999].at, "s4999");
    assert_int_equal(intern_find(&t, "s1234567", 5), 1234);
    assert_int_equal(intern_find(&t, "t", 1), UINT32_MAX);
    assert_int_equal(intern_put(&t, "", 0), 5000);
    assert_int_equal(intern_find(&t, NULL, 0), 5000);
    assert_int_equal(intern_put(&t, "a\0b", 3), intern_put(&t, "a", 1));
    intern_release(&t);
    assert_int_equal(t.count, 0);
}

/* Even texts to 4000 are there, then come 0 to 3000 of another table. */
static void merged_texts_have_the_ids_of_their_equals(void **state)
{
    struct intern t, part;
    char name[32];
    uint32_t ids[3000];
    intern_init(&t);
    for (int i = 0; i < 4000; i += 2)
        intern_put(&t, name, (size_t)snprintf(name, sizeof name, "text number %d", i));
    for (int like = 0; like < 2; like++) {
        if (like)
            intern_init_like(&part, &t);
        else
            intern_init(&part);
        for (int i = 0; i < 3000; i++)
            intern_put(&part, name, (size_t)snprintf(name, sizeof name, "text number %d", i));
        intern_merge(&t, &part, ids);
        for (uint32_t i = 0; i < 3000; i++)
            assert_int_equal(ids[i], i % 2 ? 2000 + i / 2 : i / 2);
        intern_clear(&part);
        assert_int_equal(intern_find(&part, "text number 7", 13), UINT32_MAX);
        assert_int_equal(intern_put(&part, "text number 7", 13), 0);
        intern_release(&part);
    }
    assert_int_equal(t.count, 3500);
    intern_release(&t);
}

static void nearest_word_finds_what_was_meant(void **state)
{
    static const char *const keys[] = {"latency", "layer", "error", "wrong", "timeout", "by"};
    const size_t n = sizeof keys / sizeof keys[0];
    assert_string_equal(nearest_word("latncy", keys, n), "latency");
    assert_string_equal(nearest_word("Latency", keys, n), "latency");
    assert_string_equal(nearest_word("layre", keys, n), "layer"); /* one transposition */
    assert_string_equal(nearest_word("erro", keys, n), "error");
    assert_string_equal(nearest_word("timeouts", keys, n), "timeout");
    assert_string_equal(nearest_word("xatxncy", keys, n), "latency");
    assert_null(nearest_word("xatxncx", keys, n)); /* 3 of 7 letters */
    assert_null(nearest_word("cost", keys, n));
    assert_null(nearest_word("at", keys, n));
    assert_null(nearest_word("", keys, n));
    assert_null(nearest_word("latency", keys, 0));
}

static void nearest_word_stands_very_long_words(void **state)
{
    char word[1001];
    const char *const keys[] = {word, "error"};
    memset(word, 'a', 1000);
    word[1000] = '\0';
    assert_null(nearest_word(word, keys, 2));
    assert_string_equal(nearest_word("eror", keys, 2), "error");
}

static void aligned_memory_is_aligned(void **state)
{
    for (size_t alignment = 1; alignment <= 4096; alignment *= 2) {
        void *p = mem_aligned(alignment, 100);
        assert_int_equal((uintptr_t)p % alignment, 0);
        mem_free(p);
    }
}

enum { CALLS = 5 };

/* Five allocations, each by another door. */
static void allocate(void)
{
    struct buf b = {0};
    mem_free(mem_alloc(10));
    mem_free(mem_zero(2, 5));
    mem_free(mem_aligned(64, 64));
    mem_free(mem_strdup("text"));
    buf_puts(&b, "grows");
    buf_release(&b);
}

/* Exit status of a child that allocates with failure at the n-th call; what it says in `said`. */
static int status_with_failure_at(uint64_t n, char said[128])
{
    int ends[2], status = 0;
    memset(said, 0, 128);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], 2);
        mem_fail_at(n);
        allocate();
        _exit(0);
    }
    close(ends[1]);
    for (size_t at = 0; at < 127;) {
        ssize_t got = read(ends[0], said + at, 127 - at);
        if (got <= 0)
            break;
        at += (size_t)got;
    }
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void failing_allocation_ends_with_one_line_and_status_5(void **state)
{
    char said[128];
    for (uint64_t n = 1; n <= CALLS; n++) {
        assert_int_equal(status_with_failure_at(n, said), 5);
        assert_string_equal(said, "seam: out of memory\n");
    }
    assert_int_equal(status_with_failure_at(0, said), 0);
    assert_int_equal(status_with_failure_at(CALLS + 1, said), 0);
    assert_string_equal(said, "");
}

static void impossible_sizes_end_the_same_way(void **state)
{
    for (int i = 0; i < 3; i++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0) {
            struct buf b = {0};
            struct arena a = {0};
            size_t cap = SIZE_MAX / 2;
            close(2);
            if (i == 0)
                buf_reserve(&b, SIZE_MAX - 1);
            else if (i == 1)
                arena_alloc(&a, SIZE_MAX - 1);
            else
                vec_grow_(NULL, &cap, 8);
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_always_terminated),
        cmocka_unit_test(printf_grows_as_needed),
        cmocka_unit_test(reserve_and_extend_take_bytes_in_place),
        cmocka_unit_test(detach_gives_a_string_and_leaves_nothing),
        cmocka_unit_test(arena_memory_is_cleared_aligned_and_disjoint),
        cmocka_unit_test(arena_copies_text),
        cmocka_unit_test(vec_keeps_order_while_growing),
        cmocka_unit_test(equal_text_has_equal_id_in_order_of_sight),
        cmocka_unit_test(merged_texts_have_the_ids_of_their_equals),
        cmocka_unit_test(nearest_word_finds_what_was_meant),
        cmocka_unit_test(nearest_word_stands_very_long_words),
        cmocka_unit_test(aligned_memory_is_aligned),
        cmocka_unit_test(failing_allocation_ends_with_one_line_and_status_5),
        cmocka_unit_test(impossible_sizes_end_the_same_way),
    };
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
