/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void near_(const char *what, double got, double want, double tol, const char *file, int line)
{
    if (fabs(got - want) <= tol || got == want)
        return;
    print_error("%s = %.17g, want %.17g +- %.3g (off by %.3g)\n", what, got, want, tol, got - want);
    _fail(file, line);
}

void within_(const char *what, double got, double low, double high, const char *file, int line)
{
    if (got >= low && got <= high)
        return;
    print_error("%s = %.17g, want it in [%.17g, %.17g]\n", what, got, low, high);
    _fail(file, line);
}

void error_is_(const struct error *err, enum error_code code, const char *part, const char *file,
               int line)
{
    if (err->code == code && strstr(err->text, part))
        return;
    print_error("error %s \"%s\", want %s with \"%s\"\n", error_code_name(err->code), err->text,
                error_code_name(code), part);
    _fail(file, line);
}

void text_has_(const char *text, const char *part, const char *file, int line)
{
    if (strstr(text, part))
        return;
    print_error("\"%.2000s\" does not hold \"%s\"\n", text, part);
    _fail(file, line);
}

void ok_(int status, const struct error *err, const char *what, const char *file, int line)
{
    if (status == 0)
        return;
    print_error("%s failed: %s\n", what, err->text);
    _fail(file, line);
}

const char *data_path(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "tests/data/%s", name);
    return path;
}
