/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"

#include "base/yaml_read.h"

#include <string.h>

static struct yaml parsed(const char *text)
{
    struct error err = {0};
    struct yaml y;

    ok(yaml_parse("f", text, strlen(text), &y, &err), &err);
    return y;
}

static void refused_n(const char *text, size_t len, enum error_code code, const char *part)
{
    struct error err = {0};
    struct yaml y;

    assert_int_equal(yaml_parse("f", text, len, &y, &err), -1);
    error_is(&err, code, part);
}

static void refused(const char *text, const char *part)
{
    refused_n(text, strlen(text), ERR_INPUT, part);
}

static void tree_keeps_text_kinds_and_places(void **state)
{
    struct yaml y = parsed("a: 1\nb:\n  - {c: \"x\\ty\", d: 'q'}\n  - 09:00\n");
    struct yaml_node *list = yaml_get(y.root, "b"), *d;

    assert_int_equal(y.root->kind, YAML_MAP);
    assert_int_equal(y.root->n, 2);
    assert_string_equal(y.root->key[1]->text, "b");
    assert_int_equal(y.root->key[1]->line, 2);
    assert_string_equal(yaml_get(y.root, "a")->text, "1");
    assert_int_equal(list->kind, YAML_LIST);
    assert_string_equal(yaml_get(list->child[0], "c")->text, "x\ty");
    d = yaml_get(list->child[0], "d");
    assert_true(d->quoted);
    assert_int_equal(d->line, 3);
    assert_int_equal(d->column, 20);
    assert_false(list->child[1]->quoted);
    assert_string_equal(list->child[1]->text, "09:00");
    assert_null(yaml_get(y.root, "absent"));
    assert_null(yaml_get(list, "a"));
    yaml_release(&y);
}

static void every_style_of_text_is_decoded(void **state)
{
    struct yaml y = parsed("a: ['it''s '''''''' x', x]\n"
                           "b: \"multi\n\n  line \\\n   fold \\u00e9 \\x41\\t\\\"\"\n"
                           "c: |\n  lit\n   era\n"
                           "d: >-\n  fol\n  ded\n\n  x\n"
                           "e: plain\n  folded\n"
                           "f: ''\n"
                           "g: 'a''''b  \n\n\n   c ''\n  d'\n");

    assert_string_equal(yaml_get(y.root, "a")->child[0]->text, "it's '''' x");
    assert_string_equal(yaml_get(y.root, "b")->text, "multi\nline fold \xc3\xa9 A\t\"");
    assert_string_equal(yaml_get(y.root, "c")->text, "lit\n era\n");
    assert_string_equal(yaml_get(y.root, "d")->text, "fol ded\nx");
    assert_string_equal(yaml_get(y.root, "e")->text, "plain folded");
    assert_string_equal(yaml_get(y.root, "f")->text, "");
    assert_true(yaml_get(y.root, "f")->quoted);
    assert_string_equal(yaml_get(y.root, "g")->text, "a''b\n\nc ' d");
    yaml_release(&y);
}

static void empty_text_has_no_root(void **state)
{
    struct yaml y = parsed("");
    assert_null(y.root);
    yaml_release(&y);
    y = parsed("# a comment alone\n");
    assert_null(y.root);
    yaml_release(&y);
}

static void columns_count_characters_not_bytes(void **state)
{
    struct yaml y = parsed("{é: ü, b: c}\n");
    assert_int_equal(yaml_get(y.root, "b")->column, 11);
    yaml_release(&y);
}

static void aliases_are_copies(void **state)
{
    struct yaml y = parsed("a: &x {k: 1, l: [2]}\nb: *x\n");
    struct yaml_node *a = yaml_get(y.root, "a"), *b = yaml_get(y.root, "b");

    assert_string_equal(yaml_get(b, "k")->text, "1");
    yaml_put(&y, b, "k", yaml_new(&y, YAML_SCALAR, "9", "--set"));
    assert_string_equal(yaml_get(b, "k")->text, "9");
    assert_string_equal(yaml_get(a, "k")->text, "1");
    yaml_release(&y);
}

static void put_replaces_or_adds(void **state)
{
    struct yaml y = parsed("a: 1\n");
    yaml_put(&y, y.root, "z", yaml_new(&y, YAML_SCALAR, "2", "--set z=2"));
    yaml_put(&y, y.root, "a", yaml_new(&y, YAML_SCALAR, "3", "--set a=3"));
    assert_int_equal(y.root->n, 2);
    assert_string_equal(yaml_get(y.root, "a")->text, "3");
    assert_string_equal(yaml_get(y.root, "z")->origin, "--set z=2");
    yaml_release(&y);
}

static void a_value_is_parsed_into_the_same_tree(void **state)
{
    struct yaml y = parsed("a: 1\n");
    struct error err = {0};
    struct yaml_node *n;

    ok(yaml_value(&y, "{p50: 1s, p95: 3s}", "--set x", &n, &err), &err);
    assert_string_equal(yaml_get(n, "p95")->text, "3s");
    assert_string_equal(yaml_get(n, "p95")->origin, "--set x");
    ok(yaml_value(&y, "", "--set x", &n, &err), &err);
    assert_int_equal(n->kind, YAML_SCALAR);
    assert_int_equal(yaml_value(&y, "{p50: ", "--set x", &n, &err), -1);
    yaml_release(&y);
}

static void line_gives_the_source(void **state)
{
    struct yaml y = parsed("a: 1\r\nbc: 2\n");
    size_t len;
    const char *s = yaml_line(&y, 2, &len);

    assert_int_equal(len, 5);
    assert_memory_equal(s, "bc: 2", 5);
    yaml_line(&y, 1, &len);
    assert_int_equal(len, 4);
    yaml_line(&y, 9, &len);
    assert_int_equal(len, 0);
    yaml_release(&y);
}

static void duplicate_keys_are_listed_with_the_place_of_the_second(void **state)
{
    struct yaml y = parsed("a: {b: 1, c: 2, b: 3}\na: 2\nb: 4\n");

    assert_int_equal(y.n_duplicates, 2);
    assert_string_equal(y.duplicate[0]->text, "b");
    assert_int_equal(y.duplicate[0]->line, 1);
    assert_int_equal(y.duplicate[0]->column, 17);
    assert_int_equal(y.duplicate[1]->line, 2);
    assert_string_equal(yaml_get(yaml_get(y.root, "a"), "b")->text, "1");
    yaml_release(&y);
}

static void bad_text_is_refused_with_its_place(void **state)
{
    refused("a: 1\n---\nb: 2\n", "f:2:1: a second document");
    refused("? [a]\n: b\n", "f:1:3: a key must be a plain word");
    refused("a: *nope\n", "f:1:4: alias `*nope` has no anchor");
    refused("a: &x [*x]\n", "f:1:8: an alias may not stand inside its anchor");
    refused("a: !tag b\n", "tags (`!name`) have no meaning");
    refused("a: [1, 2\n", "not YAML");
    refused("a: b: c\n", "f:1:5: not YAML");
    refused("a: \xff\n", "f:1:4: not YAML: byte 0xFF");
    refused("a: 1\nb: \xc0\xaf\n", "f:2:4: not YAML: byte 0xC0");
    refused("\xed\xa0\x80", "byte 0xED");
    refused_n("a: 1\0b", 6, ERR_INPUT, "f:1:5: not YAML: byte 0x00");
    refused("%YAML 9.9\n---\na\n", "f:1:1: not YAML that is read here");
}

static void yaml_traps_get_a_hint(void **state)
{
    refused("a: 1\nb:2\nc: 3\n", "put a space after the colon");
    refused("a:\n  b: 1\n  {threshold:0.9}\n", "put a space after the colon");
    refused("a:\n\tb: 2\n", "YAML allows no tabs");
    refused("a: >= 1%\n", "at least 99%");
}

static void limits_hold(void **state)
{
    size_t len = 100000;
    char *text = mem_alloc(YAML_TEXT_MAX + 2);

    memset(text, '[', len);
    refused_n(text, len, ERR_LIMIT, "f:1:65: nested deeper than 64");
    for (size_t i = 0; i < len; i += 4)
        memcpy(text + i, "{a: ", 4);
    refused_n(text, len, ERR_LIMIT, "nested deeper than 64");
    memset(text, 'a', YAML_TEXT_MAX + 1);
    refused_n(text, YAML_TEXT_MAX + 1, ERR_LIMIT, "1 MiB");
    mem_free(text);
}

static void depth_64_is_allowed_and_65_is_not(void **state)
{
    char text[140];
    struct yaml y;
    struct error err = {0};

    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    ok(yaml_parse("f", text, 128, &y, &err), &err);
    yaml_release(&y);
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    refused_n(text, 130, ERR_LIMIT, "nested deeper than 64");
}

static void laughing_aliases_are_refused(void **state)
{
    static const char text[] = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
                               "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                               "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
                               "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                               "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n";
    refused_n(text, sizeof text - 1, ERR_LIMIT, "aliases stand for more than 10000 values");
}

static void depth_through_aliases_is_counted(void **state)
{
    struct buf b;

    buf_init(&b);
    buf_puts(&b, "- &a0 [x]\n");
    for (int i = 1; i < 80; i++)
        buf_printf(&b, "- &a%d [*a%d]\n", i, i - 1);
    refused_n(buf_text(&b), b.len, ERR_LIMIT, "nested deeper than 64 levels through aliases");
    buf_release(&b);
}

static void many_keys_take_linear_time(void **state)
{
    struct buf b;
    struct yaml y;
    struct error err = {0};

    buf_init(&b);
    for (int i = 0; i < 60000; i++)
        buf_printf(&b, "k%d: 1\n", i);
    ok(yaml_parse("f", buf_text(&b), b.len, &y, &err), &err);
    assert_int_equal(y.root->n, 60000);
    yaml_release(&y);
    buf_release(&b);
}

static void a_grafted_file_keeps_its_own_places(void **state)
{
    static const char text[] = "\xEF\xBB\xBF- a: 1\n- b: 'two'\n", bad[] = "- a: [1\n";
    struct yaml y;
    struct yaml_node *root;
    const char *source;
    struct error err = {0};

    ok(yaml_parse("main.yaml", "x: 1\n", 5, &y, &err), &err);
    ok(yaml_graft(&y, "dir/other.yaml", text, sizeof text - 1, &root, &source, &err), &err);
    assert_int_equal(root->kind, YAML_LIST);
    assert_string_equal(root->child[1]->origin, "dir/other.yaml:2:3");
    assert_string_equal(yaml_get(root->child[1], "b")->origin, "dir/other.yaml:2:6");
    assert_string_equal(source, text + 3);
    assert_int_equal(yaml_graft(&y, "dir/other.yaml", bad, sizeof bad - 1, &root, &source, &err),
                     -1);
    error_is(&err, ERR_INPUT, "dir/other.yaml:");
    yaml_release(&y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree_keeps_text_kinds_and_places),
        cmocka_unit_test(every_style_of_text_is_decoded),
        cmocka_unit_test(empty_text_has_no_root),
        cmocka_unit_test(columns_count_characters_not_bytes),
        cmocka_unit_test(aliases_are_copies),
        cmocka_unit_test(put_replaces_or_adds),
        cmocka_unit_test(a_value_is_parsed_into_the_same_tree),
        cmocka_unit_test(line_gives_the_source),
        cmocka_unit_test(duplicate_keys_are_listed_with_the_place_of_the_second),
        cmocka_unit_test(bad_text_is_refused_with_its_place),
        cmocka_unit_test(yaml_traps_get_a_hint),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(depth_64_is_allowed_and_65_is_not),
        cmocka_unit_test(laughing_aliases_are_refused),
        cmocka_unit_test(depth_through_aliases_is_counted),
        cmocka_unit_test(many_keys_take_linear_time),
        cmocka_unit_test(a_grafted_file_keeps_its_own_places),
    };
    return cmocka_run_group_tests_name("yaml_read", tests, NULL, NULL);
}
