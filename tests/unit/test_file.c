/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"

#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* "hello" as gzip, made by another program. */
static const char hello_gz[] = "\x1f\x8b\x08\0\0\0\0\0\x02\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6"
                               "\x10\x36\x05\0\0";

static char folder[64];

static int make_folder(void **state)
{
    strcpy(folder, "/tmp/seam-test-file-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static void empty_folder(const char *path)
{
    char inside[512];
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        snprintf(inside, sizeof inside, "%s/%s", path, e->d_name);
        if (unlink(inside) != 0) {
            empty_folder(inside);
            rmdir(inside);
        }
    }
    if (dir)
        closedir(dir);
}

static int remove_folder(void **state)
{
    empty_folder(folder);
    return rmdir(folder);
}

/* A name in the test's folder; borrowed until the fourth next call. */
static const char *at(const char *name)
{
    static char path[4][256];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static int entries(void)
{
    int n = 0;
    DIR *dir = opendir(folder);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2;
}

static void what_is_written_is_read(void **state)
{
    struct error err = {0};
    struct buf b = {0};
    char bytes[3 << 20];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * i >> 7);
    static const size_t sizes[] = {0, 1, 2, 1 << 20, (1 << 20) + 1, sizeof bytes};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        ok(file_write(at("data"), bytes, sizes[i], &err), &err);
        buf_clear(&b);
        ok(file_read(at("data"), sizeof bytes, &b, &err), &err);
        assert_int_equal(b.len, sizes[i]);
        assert_true(b.len == 0 || memcmp(b.data, bytes, b.len) == 0);
    }
    buf_release(&b);
    assert_int_equal(entries(), 1);
}

static void reading_appends_and_keeps_the_limit(void **state)
{
    struct error err = {0};
    struct buf b = {0};
    buf_puts(&b, "> ");
    ok(file_write(at("data"), "12345", 5, &err), &err);
    ok(file_read(at("data"), 5, &b, &err), &err);
    assert_string_equal(buf_text(&b), "> 12345");
    assert_int_equal(file_read(at("data"), 4, &b, &err), -1);
    error_is(&err, ERR_LIMIT, "data: larger than the limit of 4 bytes");
    buf_release(&b);
}

static void gzip_is_inflated_by_its_content(void **state)
{
    struct error err = {0};
    struct buf b = {0};
    ok(file_write(at("plain.txt"), hello_gz, sizeof hello_gz, &err), &err);
    ok(file_read(at("plain.txt"), 5, &b, &err), &err);
    assert_string_equal(buf_text(&b), "hello");
    assert_int_equal(file_read(at("plain.txt"), 4, &b, &err), -1);
    error_is(&err, ERR_LIMIT, "plain.txt");
    ok(file_write(at("plain.txt"), hello_gz, sizeof hello_gz - 3, &err), &err);
    assert_int_equal(file_read(at("plain.txt"), 100, &b, &err), -1);
    error_is(&err, ERR_INPUT, "plain.txt: damaged gzip");
    ok(file_write(at("plain.gz"), "no gzip", 7, &err), &err);
    buf_clear(&b);
    ok(file_read(at("plain.gz"), 100, &b, &err), &err);
    assert_string_equal(buf_text(&b), "no gzip");
    buf_release(&b);
}

static void what_cannot_be_read_is_said_plainly(void **state)
{
    struct error err = {0};
    struct buf b = {0};
    assert_int_equal(file_read(at("absent"), 100, &b, &err), -1);
    error_is(&err, ERR_IO, "absent: cannot be read: there is no such file");
    assert_int_equal(file_read(folder, 100, &b, &err), -1);
    error_is(&err, ERR_IO, "cannot be read: it is a folder, not a file");
    assert_int_equal(b.len, 0);
    buf_release(&b);
}

/* The reader's chunks put together; counts them. */
static int read_in_chunks(const char *path, struct buf *out, size_t *chunks, struct error *err)
{
    struct file_reader *r = NULL;
    const char *chunk;
    size_t len = 0;
    double before = 0; /* the share that was taken up */
    *chunks = 0;
    int status = file_reader_open(path, &r, err);
    while (status == 0) {
        status = file_reader_next(r, &chunk, &len, err);
        if (status || len == 0)
            break;
        double share = file_reader_share(r);
        assert_true(share <= 1 && (share > before || share == 0)); /* 0: of a pipe */
        before = share;
        buf_add(out, chunk, len);
        ++*chunks;
    }
    if (status == 0) { /* the end stays the end */
        ok(file_reader_next(r, &chunk, &len, err), err);
        assert_int_equal(len, 0);
    }
    file_reader_close(r);
    return status;
}

static void reader_hands_out_large_chunks(void **state)
{
    struct error err = {0};
    struct buf in = {0}, out = {0};
    size_t chunks;
    while (in.len < 5000000)
        buf_printf(&in, "line %zu\n", in.len);
    ok(file_write(at("long"), in.data, in.len, &err), &err);
    ok(read_in_chunks(at("long"), &out, &chunks, &err), &err);
    assert_int_equal(out.len, in.len);
    assert_memory_equal(out.data, in.data, in.len);
    within((double)chunks, 10, 11);
    buf_release(&in);
    buf_release(&out);
}

static void reader_joins_gzip_members(void **state)
{
    struct error err = {0};
    struct buf in = {0}, out = {0};
    size_t chunks, n = 300000; /* 1.5 MB of text */
    for (size_t i = 0; i < n; i++)
        buf_add(&in, hello_gz, sizeof hello_gz);
    ok(file_write(at("long.gz"), in.data, in.len, &err), &err);
    ok(read_in_chunks(at("long.gz"), &out, &chunks, &err), &err);
    assert_int_equal(out.len, 5 * n);
    assert_memory_equal(out.data + 5 * (n - 1), "hello", 5);
    assert_int_equal(chunks, 3);
    buf_clear(&out);
    ok(file_write(at("long.gz"), in.data, in.len - 1, &err), &err);
    assert_int_equal(read_in_chunks(at("long.gz"), &out, &chunks, &err), -1);
    error_is(&err, ERR_INPUT, "long.gz: damaged gzip at byte 7499999: it is cut off");
    buf_release(&in);
    buf_release(&out);
}

static void reader_takes_a_pipe_byte_by_byte(void **state)
{
    struct error err = {0};
    struct buf out = {0};
    size_t chunks;
    assert_int_equal(mkfifo(at("pipe"), 0600), 0);
    pid_t child = fork();
    if (child == 0) {
        const struct timespec while_read = {0, 20000000};
        int fd = open(at("pipe"), O_WRONLY);
        for (size_t i = 0; i < sizeof hello_gz; i++) {
            if (write(fd, hello_gz + i, 1) != 1)
                _exit(1);
            if (i == 0 || i == 11)
                nanosleep(&while_read, NULL);
        }
        _exit(0);
    }
    ok(read_in_chunks(at("pipe"), &out, &chunks, &err), &err);
    assert_string_equal(buf_text(&out), "hello");
    waitpid(child, NULL, 0);
    unlink(at("pipe"));
    buf_release(&out);
}

static void dash_is_standard_input_and_output(void **state)
{
    int in[2], out[2], status;
    char got[16] = "";
    assert_int_equal(pipe(in) | pipe(out), 0);
    pid_t child = fork();
    if (child == 0) {
        struct error err = {0};
        struct buf b = {0};
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[1]);
        if (file_read("-", 100, &b, &err) || file_write("-", b.data, b.len, &err))
            _exit(1);
        _exit(0);
    }
    assert_int_equal(write(in[1], "through", 7), 7);
    close(in[0]);
    close(in[1]);
    close(out[1]);
    assert_int_equal(read(out[0], got, sizeof got - 1), 7);
    assert_string_equal(got, "through");
    close(out[0]);
    waitpid(child, &status, 0);
    assert_int_equal(WEXITSTATUS(status), 0);
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 0777;
}

static void mode_follows_the_umask_or_the_old_file(void **state)
{
    struct error err = {0};
    mode_t old = umask(022);
    unlink(at("mode"));
    ok(file_write(at("mode"), "a", 1, &err), &err);
    assert_int_equal(mode_of(at("mode")), 0644);
    chmod(at("mode"), 0600);
    ok(file_write(at("mode"), "b", 1, &err), &err);
    assert_int_equal(mode_of(at("mode")), 0600);
    umask(077);
    unlink(at("mode"));
    ok(file_write(at("mode"), "c", 1, &err), &err);
    assert_int_equal(mode_of(at("mode")), 0600);
    umask(old);
}

static void links_stay_links(void **state)
{
    struct error err = {0};
    struct buf b = {0};
    struct stat st;
    ok(file_write(at("target"), "old", 3, &err), &err);
    assert_int_equal(symlink("target", at("link")), 0);
    ok(file_write(at("link"), "new", 3, &err), &err);
    assert_int_equal(lstat(at("link"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    ok(file_read(at("target"), 10, &b, &err), &err);
    assert_string_equal(buf_text(&b), "new");
    buf_release(&b);
}

static void failed_writes_leave_the_old_file_and_nothing_else(void **state)
{
    struct error err = {0};
    struct buf b = {0};
    char bytes[100000];
    int status;
    memset(bytes, 'x', sizeof bytes);
    ok(file_write(at("kept"), "kept", 4, &err), &err);
    int before = entries();
    pid_t child = fork();
    if (child == 0) { /* a disk that takes 10,000 bytes */
        struct rlimit limit = {10000, 10000};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        int failed = file_write(at("kept"), bytes, sizeof bytes, &err);
        _exit(failed && err.code == ERR_IO && strstr(err.text, "cannot be written") ? 0 : 1);
    }
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(entries(), before);
    ok(file_read(at("kept"), 10, &b, &err), &err);
    assert_string_equal(buf_text(&b), "kept");
    buf_release(&b);
}

static void what_cannot_be_written_is_said_plainly(void **state)
{
    struct error err = {0};
    int before = entries();
    assert_int_equal(file_write(at("no/such/file"), "x", 1, &err), -1);
    error_is(&err, ERR_IO, "cannot be written: there is no such file or folder");
    assert_int_equal(file_write(folder, "x", 1, &err), -1);
    error_is(&err, ERR_IO, "it is a folder");
    if (access("/dev/full", W_OK) == 0) {
        assert_int_equal(file_write("/dev/full", "x", 1, &err), -1);
        error_is(&err, ERR_IO, "/dev/full: cannot be written: the disk is full");
    }
    ok(file_write("/dev/null", "x", 1, &err), &err);
    assert_int_equal(entries(), before);
}

static void folders_are_made_with_their_parents(void **state)
{
    struct error err = {0};
    struct stat st;
    ok(file_make_dir(at("a/b//c/"), &err), &err);
    ok(file_make_dir(at("a/b/c"), &err), &err);
    assert_int_equal(stat(at("a/b/c"), &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    ok(file_make_dir("/", &err), &err);
    ok(file_write(at("a/file"), "x", 1, &err), &err);
    assert_int_equal(file_make_dir(at("a/file"), &err), -1);
    error_is(&err, ERR_IO, "it is a file");
    assert_int_equal(file_make_dir(at("a/file/b"), &err), -1);
    error_is(&err, ERR_IO, "a/file");
    assert_int_equal(file_make_dir("", &err), -1);
    error_is(&err, ERR_IO, "cannot be made");
}

static void beside_is_in_the_same_folder(void **state)
{
    static const char *const rows[][3] = {
        {"a/b.yaml", "c.yaml", "a/c.yaml"},
        {"b.yaml",   "c.yaml", "c.yaml"  },
        {"/b",       "c",      "/c"      },
        {"a/b",      "/c",     "/c"      },
        {"a/",       "c",      "a/c"     },
        {"-",        "c",      "c"       },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *path = file_beside(rows[i][0], rows[i][1]);
        assert_string_equal(path, rows[i][2]);
        mem_free(path);
    }
}

/* The first three and the million are FIPS 180-4's examples; the others sit at the edges of the
 * padding and were computed by another program. */
static void sha256_equals_the_standard(void **state)
{
    static const struct {
        const char *text;
        size_t times;
        const char *hash;
    } rows[] = {
        {"abc",                                                      1,       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"",                                                         0,       "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"                                                                     },
        {"a",                                                        1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
        {"a",                                                        56,      "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
        {"a",                                                        64,      "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
        {"a",                                                        119,     "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf b = {0};
        char hash[65];
        for (size_t k = 0; k < rows[i].times; k++)
            buf_puts(&b, rows[i].text);
        file_sha256(b.data, b.len, hash);
        assert_string_equal(hash, rows[i].hash);
        buf_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(reading_appends_and_keeps_the_limit),
        cmocka_unit_test(gzip_is_inflated_by_its_content),
        cmocka_unit_test(what_cannot_be_read_is_said_plainly),
        cmocka_unit_test(reader_hands_out_large_chunks),
        cmocka_unit_test(reader_joins_gzip_members),
        cmocka_unit_test(reader_takes_a_pipe_byte_by_byte),
        cmocka_unit_test(dash_is_standard_input_and_output),
        cmocka_unit_test(mode_follows_the_umask_or_the_old_file),
        cmocka_unit_test(links_stay_links),
        cmocka_unit_test(failed_writes_leave_the_old_file_and_nothing_else),
        cmocka_unit_test(what_cannot_be_written_is_said_plainly),
        cmocka_unit_test(folders_are_made_with_their_parents),
        cmocka_unit_test(beside_is_in_the_same_folder),
        cmocka_unit_test(sha256_equals_the_standard),
    };
    return cmocka_run_group_tests_name("file", tests, make_folder, remove_folder);
}
