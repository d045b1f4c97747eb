/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --reviewer sensitivity=93%,specificity=98%. */
#include "cli/size_plan.h"

#include "base/buf.h"
#include "base/units.h"

#include <string.h>

static const char *const rates[] = {"sensitivity", "specificity"};

static int read_rate(const char *name, const char *value, struct risk_reviewer *out,
                     struct error *err)
{
    struct error why = {0};
    double rate;
    uint64_t k, n;

    if (units_probability(value, &rate, &k, &n, &why))
        return error_set(err, ERR_USAGE, "--reviewer %s: %s", name, why.text);
    if (!strcmp(name, rates[0])) {
        out->sensitivity = rate;
        out->sensitivity_k = k;
        out->sensitivity_n = n;
        return 0;
    }
    if (!strcmp(name, rates[1])) {
        out->specificity = rate;
        out->specificity_k = k;
        out->specificity_n = n;
        return 0;
    }
    const char *near = nearest_word(name, rates, 2);
    return error_set(err, ERR_USAGE,
                     "--reviewer %s: a reviewer has a sensitivity (of wrong items caught) and a "
                     "specificity (of right ones let pass)%s%s%s",
                     name, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

int size_reviewer(const char *text, struct risk_reviewer *out, struct error *err)
{
    *out = (struct risk_reviewer){.sensitivity = 1, .specificity = 1};
    char *copy = mem_strdup(text), *rest = NULL;
    int status = 0, seen = 0;
    for (char *part = strtok_r(copy, ", ", &rest); part && !status;
         part = strtok_r(NULL, ", ", &rest)) {
        char *value = strchr(part, '=');
        if (!value) {
            status = error_set(err, ERR_USAGE,
                               "--reviewer %s: write sensitivity=93%%,specificity=98%%", text);
            break;
        }
        *value = '\0';
        status = read_rate(part, value + 1, out, err);
        seen++;
    }
    if (!status && !seen)
        status = error_set(err, ERR_USAGE,
                           "--reviewer is empty: write sensitivity=93%%,"
                           "specificity=98%%");
    mem_free(copy);
    return status;
}
