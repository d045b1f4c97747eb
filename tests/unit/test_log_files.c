/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logs of several files and of folders, and damage within them. */
#include "tests/unit/log_facts.h"

#include "base/file.h"
#include "base/folder.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/seam-log-files-XXXXXX";
static struct buf path;

static const char *in_folder(const char *name)
{
    buf_clear(&path);
    buf_printf(&path, "%s/%s", folder, name);
    return buf_text(&path);
}

static void put_file(const char *name, const char *text)
{
    struct error err = {0};
    ok(file_write(in_folder(name), text, strlen(text), &err), &err);
}

static int make_folder(void **state)
{
    struct buf line;
    buf_init(&path);
    buf_init(&line);
    if (!mkdtemp(folder) || mkdir(in_folder("sub"), 0700) || mkdir(in_folder("empty"), 0700))
        return -1;
    put_span(&line, "t", "r", "", "run", 0, 100, "");
    put_file("b.jsonl", buf_text(&line));
    buf_clear(&line);
    put_span(&line, "t", "a", "r", "one", 10, 20, "");
    put_span(&line, "t", "b", "r", "two", 30, 40, "");
    put_file("sub/c.log", buf_text(&line));
    put_file("notes.md", "# nothing\nof, interest\n");
    put_file("a.csv", "case,activity,time\n1,ask,2024-01-01\n");
    put_file(".hidden.csv", "case,activity,time\n2,ask,2024-01-01\n");
    put_file("empty/nothing", "");
    buf_release(&line);
    return 0;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"b.jsonl",       "sub/c.log",   "notes.md",
                                        "a.csv",         ".hidden.csv", "sub/link",
                                        "empty/nothing", "sub",         "empty"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        remove(in_folder(names[i]));
    buf_release(&path);
    return rmdir(folder);
}

static void a_folder_is_read_with_what_is_below_it_in_order(void **state)
{
    struct folder_files files = {0};
    struct error err = {0};
    static const char *const names[] = {"/a.csv", "/b.jsonl", "/empty/nothing", "/notes.md",
                                        "/sub/c.log"};
    assert_int_equal(symlink(folder, in_folder("sub/link")), 0); /* a way round in circles */
    ok(folder_list(folder, &files, &err), &err);
    assert_int_equal(files.paths.len, 5);
    for (size_t i = 0; i < 5; i++)
        text_has(files.paths.at[i], names[i]);
    folder_release(&files);
}

static void what_is_no_log_in_a_folder_is_counted(void **state)
{
    const char *paths[] = {folder};
    struct log_options strict = {.strict = true};
    struct trace_log log;
    struct error err = {0};
    ok(log_read(paths, 1, NULL, &log, &err), &err);
    assert_string_equal(log.format, "mixed");
    assert_int_equal(log.spans.len, 4);
    assert_int_equal(log.items.len, 2); /* a trace over two files is one */
    assert_int_equal(log.quality.count[QUALITY_ORPHAN], 0);
    assert_int_equal(log.quality.count[QUALITY_FOREIGN], 2);
    text_has(log.files.at[log.quality.place[QUALITY_FOREIGN][1].file], "notes.md");
    log_release(&log);
    assert_int_equal(log_read(paths, 1, &strict, &log, &err), -1);
    error_is(&err, ERR_INPUT, "empty/nothing: file that is no trace log");
    log_release(&log);
}

static void a_folder_without_logs_and_a_file_that_is_none_are_refused(void **state)
{
    struct trace_log log;
    struct error err = {0};
    char *empty = mem_strdup(in_folder("empty")), *notes = mem_strdup(in_folder("notes.md"));
    const char *one[] = {empty}, *two[] = {notes};
    assert_int_equal(log_read(one, 1, NULL, &log, &err), -1);
    error_is(&err, ERR_INPUT, "empty: the folder holds no trace log");
    log_release(&log);
    assert_int_equal(log_read(two, 1, NULL, &log, &err), -1);
    error_is(&err, ERR_INPUT, "notes.md:1: not a log");
    log_release(&log);
    mem_free(empty);
    mem_free(notes);
}

static void every_format_is_read_through_gzip_and_mixed_with_others(void **state)
{
    static const char *const names[] = {"langsmith.jsonl.gz", "crewai.jsonl.gz", "autogen.log.gz",
                                        "events.xes.gz", "n8n.json.gz"};
    char *copies[5];
    const char *paths[5];
    struct trace_log log;
    struct error err = {0};
    for (size_t i = 0; i < 5; i++)
        paths[i] = copies[i] = mem_strdup(data_path(names[i]));
    ok(log_read(paths, 5, NULL, &log, &err), &err);
    assert_string_equal(log.format, "mixed");
    assert_int_equal(log.files.len, 5);
    assert_int_equal(log.spans.len, 191 + 222 + 181 + 133 + 56);
    log_release(&log);
    for (size_t i = 0; i < 5; i++)
        mem_free(copies[i]);
}

/* Lines longer than allowed: behind others in one file, the first thing in another. */
static void a_line_that_is_too_long_is_counted_and_all_else_is_read(void **state)
{
    enum { MOST = 1 << 20, LONG = 3 << 20 };
    char *long_line = mem_alloc(LONG + 1), *names[3];
    struct error err = {0};
    struct buf text;
    buf_init(&text);
    memset(long_line, 'x', LONG);
    long_line[LONG] = 0;
    put_span(&text, "t", "r", "", "run", 0, 100, "");
    buf_printf(&text, "{\"resourceSpans\": \"%s\"}\n", long_line);
    put_span(&text, "t", "a", "r", "one", 10, 20, "");
    put_file("b.jsonl", buf_text(&text));
    buf_clear(&text);
    buf_printf(&text, "{\"resourceSpans\": \"%s\"}\n", long_line);
    put_file("a.csv", buf_text(&text));
    buf_clear(&text);
    put_span(&text, "t", "b", "r", "two", 30, 40, "");
    put_file("sub/c.log", buf_text(&text));
    names[0] = mem_strdup(in_folder("a.csv"));
    names[1] = mem_strdup(in_folder("b.jsonl"));
    names[2] = mem_strdup(in_folder("sub/c.log"));
    const char *listed[] = {names[0], names[1], names[2]}, *whole[] = {folder};
    for (uint32_t k = 0; k < 4; k++) {
        struct log_options options = {.line_max = MOST, .threads = 1 + k % 2};
        struct trace_log log;
        const struct quality *q = &log.quality;
        ok(k < 2 ? log_read(listed, 3, &options, &log, &err)
                 : log_read(whole, 1, &options, &log, &err),
           &err);
        assert_int_equal(log.spans.len, 3);
        assert_int_equal(q->count[QUALITY_UNREADABLE], 2);
        text_has(log.files.at[q->place[QUALITY_UNREADABLE][0].file], "/a.csv");
        assert_int_equal(q->place[QUALITY_UNREADABLE][0].line, 1);
        text_has(log.files.at[q->place[QUALITY_UNREADABLE][1].file], "/b.jsonl");
        assert_int_equal(q->place[QUALITY_UNREADABLE][1].line, 2);
        assert_int_equal(log.spans.line[1], 3);
        log_release(&log);
        options.strict = true;
        assert_int_equal(log_read(listed, 3, &options, &log, &err), -1);
        error_is(&err, ERR_LIMIT, "a.csv:1: a line or document is longer than 1 MiB");
        log_release(&log);
        assert_int_equal(log_read(listed + 1, 2, &options, &log, &err), -1);
        error_is(&err, ERR_INPUT, "b.jsonl:2: unreadable record");
        log_release(&log);
    }
    for (size_t i = 0; i < 3; i++)
        mem_free(names[i]);
    mem_free(long_line);
    buf_release(&text);
}

static void a_line_that_is_cut_off_is_counted_behind_one_that_is_whole(void **state)
{
    struct buf text;
    buf_init(&text);
    put_span(&text, "t", "r", "", "run", 0, 100, "");
    buf_puts(&text, "{\"resourceSpans\":[{\"scope");
    counts_fault(buf_text(&text), QUALITY_UNREADABLE, 2);
    buf_puts(&text, "\n");
    put_span(&text, "t", "a", "r", "one", 10, 20, "");
    counts_fault(buf_text(&text), QUALITY_UNREADABLE, 2);
    struct trace_log log;
    read_ok(buf_text(&text), NULL, &log);
    assert_int_equal(log.spans.len, 2);
    log_release(&log);
    buf_release(&text);
    read_refused("{\"resourceSpans\":[{\"scope", NULL, ERR_INPUT, "log:1:26: not JSON");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_is_read_with_what_is_below_it_in_order),
        cmocka_unit_test(what_is_no_log_in_a_folder_is_counted),
        cmocka_unit_test(a_folder_without_logs_and_a_file_that_is_none_are_refused),
        cmocka_unit_test(every_format_is_read_through_gzip_and_mixed_with_others),
        cmocka_unit_test(a_line_that_is_too_long_is_counted_and_all_else_is_read),
        cmocka_unit_test(a_line_that_is_cut_off_is_counted_behind_one_that_is_whole),
    };
    return cmocka_run_group_tests_name("log_files", tests, make_folder, remove_folder);
}
