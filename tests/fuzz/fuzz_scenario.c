/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fuzz/fuzz.h"

#include "model/scenario.h"

#include <string.h>

/* What was read can be written, what was written is read, and writes the same again. */
static void read_again(const struct pipeline *p)
{
    struct scenario_options options = {.data_dir = "tests/fuzz"};
    struct buf text, twice;
    struct pipeline again;
    struct faults f;
    struct error err = {0};

    buf_init(&text);
    buf_init(&twice);
    faults_init(&f);
    scenario_write(p, NULL, NULL, &text);
    if (scenario_parse("written", buf_text(&text), text.len, &options, &again, &f, &err))
        BUG("%s\n%s", err.text, buf_text(&text));
    if (again.n_steps != p->n_steps)
        BUG("%u steps became %u", p->n_steps, again.n_steps);
    scenario_write(&again, NULL, NULL, &twice);
    if (strcmp(buf_text(&text), buf_text(&twice)) != 0)
        BUG("%s\nbecame\n%s", buf_text(&text), buf_text(&twice));
    pipeline_release(&again);
    faults_release(&f);
    buf_release(&text);
    buf_release(&twice);
}

/* The text up to a NUL is the file, the rest a setting: "path=value". */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *nul = memchr(data, 0, size);
    size_t len = nul ? (size_t)(nul - (const char *)data) : size;
    size_t rest = nul ? size - len - 1 : 0;
    char *path = mem_alloc(rest + 1), *equals;
    struct setting set;
    struct scenario_options options = {.set = &set, .data_dir = "tests/fuzz"};
    struct pipeline p;
    struct faults f;
    struct error err = {0};
    struct buf out;

    if (rest)
        memcpy(path, nul + 1, rest);
    path[rest] = '\0';
    equals = strchr(path, '=');
    if (equals) {
        *equals = '\0';
        set = (struct setting){path, equals + 1};
        options.n_set = 1;
    }
    buf_init(&out);
    faults_init(&f);
    if (scenario_parse("fuzz", (const char *)data, len, &options, &p, &f, &err) == 0) {
        read_again(&p);
    } else {
        if (f.list.len == 0 || err.code == ERR_NONE)
            BUG("refused without a fault");
        scenario_put_faults(&f, "fuzz", NULL, &out);
    }
    pipeline_release(&p);
    faults_release(&f);
    buf_release(&out);
    mem_free(path);
    return 0;
}
