/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fuzz/fuzz.h"

#include "base/units.h"

#include <math.h>
#include <string.h>

static int probability(const char *text, double *out, struct error *err)
{
    uint64_t k = 0, n = 0;
    int status = units_probability(text, out, &k, &n, err);
    if (status == 0 && (!(*out >= 0 && *out <= 1) || k > n))
        BUG("\"%s\" is the probability %g, %llu of %llu", text, *out, (unsigned long long)k,
            (unsigned long long)n);
    return status;
}

static int target(const char *text, double *out, struct error *err)
{
    enum target_kind kind = TARGET_NONE;
    int status = units_target(text, &kind, out, err);
    if ((status == 0) != (kind != TARGET_NONE))
        BUG("\"%s\" is the target %d", text, (int)kind);
    return status;
}

static int count(const char *text, double *out, struct error *err)
{
    uint64_t n = 0;
    int status = units_count(text, &n, err);
    *out = (double)n;
    return status;
}

/* What was read is written exactly and read again. */
static void round_trip(double x, void (*put)(struct buf *, double),
                       int (*read)(const char *, double *, struct error *))
{
    struct buf b = {0};
    struct error err = {0};
    double back = NAN;
    put(&b, x);
    if (read(buf_text(&b), &back, &err) || back != x)
        BUG("%.17g was written %s and read %.17g: %s", x, buf_text(&b), back, err.text);
    buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int (*const readers[])(const char *, double *, struct error *) = {
        units_number, units_duration, units_money, units_rate, probability, target, count};
    char *text = mem_alloc(size + 1);
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        struct error err = {0};
        double x = 0;
        if (readers[i](text, &x, &err)) {
            if (err.code != ERR_INPUT || err.text[0] == '\0')
                BUG("\"%s\" was refused with %s", text, error_code_name(err.code));
            continue;
        }
        if (!isfinite(x))
            BUG("\"%s\" was read as %g", text, x);
        round_trip(x, units_put_exact, units_number);
        if (readers[i] == units_duration)
            round_trip(x, units_put_duration_exact, units_duration);
    }
    mem_free(text);
    return 0;
}
