/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said of uncertain parameters, against widths worked out by hand: deviations 0.04 of the
 * parameters and 0.03 of sampling are 0.05 together, and the interval is two of those. */
#include "report/advice.h"
#include "report/csv.h"
#include "report/measure.h"
#include "report/text.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

static void fill(struct result *r, double sampling)
{
    result_init(r, "simulate");
    struct metric *m = metrics_add(&r->metrics, "reliability", 0.8, 0.7, 0.9, 0.95, 1000, "1");
    m->sd_parameters = 0.04;
    m->sd_sampling = sampling;
    const char *path[] = {"flow.b.error", "flow.a.error"};
    const double share[] = {0.3, 0.64};
    for (int i = 0; i < 2; i++) {
        struct sensitivity *s = result_sensitivity(r, path[i], "reliability");
        s->shared = true;
        s->variance_share = share[i];
        s->variance_share_low = share[i] - 0.05;
        s->variance_share_high = share[i] + 0.05;
    }
    result_sensitivity(r, "flow.b.error", "reliability")->value = -0.9;
}

static void the_line_splits_the_interval(void **state)
{
    struct result r;
    struct document d;
    fill(&r, 0.03);
    document_init(&d, "", "");
    text_has(measure_split(&d, &r),
             "reliability: ±10 points, of which parameters ±8.0 and sampling ±6.0");
    document_release(&d);
    result_release(&r);
    fill(&r, 0);
    document_init(&d, "", "");
    text_has(measure_split(&d, &r), "±10 points, all of it from the parameters");
    r.metrics.list.at[0].sd_parameters = 0;
    assert_null(measure_split(&d, &r));
    assert_null(measure_table(&d, &r, 5));
    document_release(&d);
    result_release(&r);
}

static void the_largest_share_comes_first_with_what_more_would_bring(void **state)
{
    struct result r;
    struct document d;
    struct buf out;
    fill(&r, 0.03);
    buf_init(&out);
    report_text(&r, NULL, &out);
    text_has(buf_text(&out), "Measure first");
    /* hypot(0.04 sqrt(1 - 0.64 * 3/4), 0.03) = 0.041617; with 0.3: 0.046260 */
    text_has(buf_text(&out), "flow.a.error    64%    59–69%                ±8.3 points");
    text_has(buf_text(&out), "flow.b.error    30%    25–35%                ±9.3 points");
    assert_true(strstr(buf_text(&out), "flow.a.error  ") < strstr(buf_text(&out), "    30%"));
    document_init(&d, "", "");
    text_has(measure_advice(&d, &r),
             "Measure flow.a.error first: it makes 64% of the variance that the parameters give to "
             "reliability. With 4 times the evidence the interval would narrow from ±10 to ±8.3 "
             "points.");
    r.sensitivities.at[1].variance_share = 0.02;
    r.sensitivities.at[0].variance_share = 0.01;
    assert_null(measure_advice(&d, &r));
    document_release(&d);
    buf_release(&out);
    result_release(&r);
}

static void shares_and_deviations_have_lines_of_their_own(void **state)
{
    struct result r;
    struct buf out;
    fill(&r, 0.03);
    buf_init(&out);
    report_csv(&r, &out);
    text_has(buf_text(&out), "\nsd_sampling,simulate,reliability,,0.03,");
    text_has(buf_text(&out), "\nsd_parameters,simulate,reliability,,0.04,");
    text_has(buf_text(&out), "\nsensitivity,flow.b.error,reliability,,-0.9,");
    text_has(buf_text(&out), "\nvariance_share,flow.a.error,reliability,,0.64,0.59,0.69");
    assert_null(strstr(buf_text(&out), "\nsensitivity,flow.a.error")); /* no derivative */
    buf_release(&out);
    result_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_splits_the_interval),
        cmocka_unit_test(the_largest_share_comes_first_with_what_more_would_bring),
        cmocka_unit_test(shares_and_deviations_have_lines_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
