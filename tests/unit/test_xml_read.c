/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"

#include "base/xml_read.h"

#include <string.h>

static void on_begin(void *self, const char *name, const char *const *attributes)
{
    buf_printf(self, "<%s", name);
    for (size_t i = 0; attributes[i]; i += 2)
        buf_printf(self, " %s=%s", attributes[i], attributes[i + 1]);
    buf_puts(self, ">");
}

static void on_end(void *self, const char *name)
{
    buf_printf(self, "/%s.", name);
}

/* What the handler was told, when the text comes in pieces of so many bytes. */
static int tell(const char *text, size_t piece, struct buf *told, struct error *err)
{
    struct xml_reader *r = xml_reader_new(&(struct xml_handler){told, on_begin, on_end});
    size_t len = strlen(text);
    int status = 0;
    for (size_t at = 0; at < len && !status; at += piece)
        status = xml_reader_feed(r, text + at, len - at < piece ? len - at : piece, err);
    if (!status)
        status = xml_reader_end(r, err);
    xml_reader_free(r);
    return status;
}

static void elements_are_told_whatever_the_pieces(void **state)
{
    static const char text[] = "<?xml version=\"1.0\"?>\n<!-- a --><x:log xmlns:x=\"u\" a='1'>t\n"
                               "<b c=\"&lt;\xC3\xA9&#x41;\"/><![CDATA[<no>]]></x:log>\n";
    for (size_t piece = 1; piece <= sizeof text; piece++) {
        struct buf told = {0};
        struct error err = {0};
        ok(tell(text, piece, &told, &err), &err);
        assert_string_equal(buf_text(&told), "<log xmlns:x=u a=1><b c=<\xC3\xA9"
                                             "A>/b./log.");
        buf_release(&told);
    }
}

static void other_encodings_become_utf8(void **state)
{
    struct buf told = {0};
    struct error err = {0};
    ok(tell("<?xml version='1.0' encoding='ISO-8859-1'?><a b='\xE9'/>", 64, &told, &err), &err);
    assert_string_equal(buf_text(&told), "<a b=\xC3\xA9>/a.");
    buf_release(&told);
}

static void damage_is_told_with_its_line(void **state)
{
    static const struct {
        const char *text, *part;
        unsigned line;
    } cases[] = {
        {"<a>\n<b>\n</a>",                                 "mismatched tag",          3},
        {"<a>\n<b/>\n",                                    "no element found",        3},
        {"",                                               "no element found",        1},
        {"<a b=\"1\" b=\"2\"/>",                           "duplicate attribute",     1},
        {"<a>\n&none;</a>",                                "undefined entity",        2},
        {"<a/>\n<a/>",                                     "junk after document",     2},
        {"<!DOCTYPE a [<!ENTITY e \"x\">]>\n<a>&e;</a>",   "DOCTYPE) is not allowed", 1},
        {"<a>\n\xFF</a>",                                  "not well-formed",         2},
        {"<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "DOCTYPE) is not allowed", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf told = {0};
        struct error err = {0};
        assert_int_equal(tell(cases[i].text, 5, &told, &err), -1);
        error_is(&err, ERR_INPUT, cases[i].part);
        assert_int_equal(err.line, cases[i].line);
        buf_release(&told);
    }
}

static void elements_are_nested_256_deep_at_most(void **state)
{
    for (int deep = XML_DEPTH_MAX; deep <= XML_DEPTH_MAX + 1; deep++) {
        struct buf text = {0}, told = {0};
        struct error err = {0};
        for (int i = 0; i < deep; i++)
            buf_puts(&text, "<a>");
        for (int i = 0; i < deep; i++)
            buf_puts(&text, "</a>");
        int status = tell(buf_text(&text), 1000, &told, &err);
        assert_int_equal(status, deep == XML_DEPTH_MAX ? 0 : -1);
        if (status)
            error_is(&err, ERR_INPUT, "nested deeper than 256");
        buf_release(&text);
        buf_release(&told);
    }
}

/* A tag, and a text, of so many bytes. */
static int tell_long(bool tag, size_t len, struct error *err)
{
    struct buf text = {0}, told = {0};
    buf_puts(&text, tag ? "<a b='" : "<a>");
    char *at = buf_reserve(&text, len);
    memset(at, 'x', len);
    buf_extend(&text, len);
    buf_puts(&text, tag ? "'/>" : "</a>");
    int status = tell(buf_text(&text), 4 << 20, &told, err);
    buf_release(&text);
    buf_release(&told);
    return status;
}

/* One that never ends would be gone through again and again. */
static void a_tag_is_16_MiB_long_at_most_and_text_as_long_as_it_likes(void **state)
{
    enum { MIB = 1 << 20 };
    struct error err = {0};
    ok(tell_long(true, XML_TAG_MAX - 4 * MIB, &err), &err);
    ok(tell_long(false, XML_TAG_MAX + 4 * MIB, &err), &err);
    assert_int_equal(tell_long(true, XML_TAG_MAX + 4 * MIB, &err), -1);
    error_is(&err, ERR_INPUT, "a tag is longer than 16 MiB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_told_whatever_the_pieces),
        cmocka_unit_test(other_encodings_become_utf8),
        cmocka_unit_test(damage_is_told_with_its_line),
        cmocka_unit_test(elements_are_nested_256_deep_at_most),
        cmocka_unit_test(a_tag_is_16_MiB_long_at_most_and_text_as_long_as_it_likes),
    };
    return cmocka_run_group_tests_name("xml_read", tests, NULL, NULL);
}
