/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"

#include "base/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct good {
    const char *text;
    double value;
};
struct bad {
    const char *text, *part; /* of the sentence */
};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

#define READER(name) int (*name)(const char *text, double *out, struct error *err)

static void reads_all(READER(read), const struct good *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct error err = {0};
        double x = -1;
        if (read(rows[i].text, &x, &err))
            fail_msg("%s: %s", rows[i].text, err.text);
        if (x != rows[i].value || signbit(x) != signbit(rows[i].value))
            fail_msg("%s: %.17g, want %.17g", rows[i].text, x, rows[i].value);
    }
}

static void refuses_all(READER(read), const struct bad *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct error err = {0};
        double x = -7;
        if (read(rows[i].text, &x, &err) != -1)
            fail_msg("\"%s\" was read as %g", rows[i].text, x);
        error_is(&err, ERR_INPUT, rows[i].part);
        assert_true(x == -7);
    }
}

static void numbers_are_read(void **state)
{
    static const struct good rows[] = {
        {"0.25",                                                      0.25  },
        {"12",                                                        12    },
        {" 12\t",                                                     12    },
        {"1e6",                                                       1e6   },
        {"-3",                                                        -3    },
        {"+3",                                                        3     },
        {".5",                                                        0.5   },
        {"1.5E-3",                                                    1.5e-3},
        {"-0",                                                        0     },
        {"0",                                                         0     },
        {"0.1",                                                       0.1   },
        {"1e-400",                                                    0     },
        {"1e308",                                                     1e308 },
        {"0.1000000000000000055511151231257827021181583404541015625", 0.1   },
    };
    reads_all(units_number, rows, COUNT(rows));
}

static void what_is_no_number_is_refused(void **state)
{
    static const struct bad rows[] = {
        {"",              "is not a number"},
        {" ",             "is not a number"},
        {"abc",           "write 0.25"     },
        {"0x10",          "is not a number"},
        {"inf",           "is not a number"},
        {"nan",           "is not a number"},
        {"-inf",          "is not a number"},
        {"1e",            "is not a number"},
        {"1e+",           "is not a number"},
        {"1.",            "is not a number"},
        {"--1",           "is not a number"},
        {"++1",           "is not a number"},
        {"+-1",           "is not a number"},
        {"1 2",           "is not a number"},
        {"1,5",           "comma"          },
        {"010",           "octal"          },
        {"-01",           "octal"          },
        {"00",            "octal"          },
        {"1e400",         "larger"         },
        {"1e99999999999", "larger"         },
        {"3%",            "is not a number"},
        {"1.2.3",         "is not a number"},
        {"1_000",         "is not a number"},
        {"-",             "is not a number"},
    };
    refuses_all(units_number, rows, COUNT(rows));
}

static void very_long_numbers_are_refused_and_shown_cut(void **state)
{
    char text[5000];
    struct error err = {0};
    double x;
    memset(text, '7', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(units_number(text, &x, &err), -1);
    error_is(&err, ERR_INPUT, "777...\" has more digits");
    assert_true(strlen(err.text) < 120);
    memset(text + 1, '.', 1);
    assert_int_equal(units_number(text, &x, &err), -1);
    error_is(&err, ERR_INPUT, "has more digits");
}

static void control_characters_are_not_shown(void **state)
{
    struct error err = {0};
    double x;
    assert_int_equal(units_number("1\x1b[31m\n2", &x, &err), -1);
    assert_null(strchr(err.text, '\x1b'));
    assert_null(strchr(err.text, '\n'));
    text_has(err.text, "\"1?[31m?2\"");
}

static void counts_are_read(void **state)
{
    static const struct {
        const char *text;
        uint64_t value;
    } rows[] = {
        {"0",                    0         },
        {"12",                   12        },
        {"1e6",                  1000000   },
        {"1_000",                1000      },
        {"1,000,000",            1000000   },
        {"12,345",               12345     },
        {"1_000_000",            1000000   },
        {"1.5e3",                1500      },
        {"18446744073709551615", UINT64_MAX},
        {" 7 ",                  7         },
        {"3.0",                  3         },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        uint64_t n = 99;
        ok(units_count(rows[i].text, &n, &err), &err);
        assert_int_equal(n, rows[i].value);
    }
}

static void what_is_no_count_is_refused(void **state)
{
    static const struct bad rows[] = {
        {"",                     "is not a whole number"},
        {"-1",                   "negative"             },
        {"1.5",                  "is not a whole number"},
        {"1e-1",                 "is not a whole number"},
        {"1_",                   "is not a whole number"},
        {"_1",                   "is not a whole number"},
        {"1__0",                 "is not a whole number"},
        {"1,00",                 "is not a whole number"},
        {"1,0000",               "is not a whole number"},
        {"1000,000",             "is not a whole number"},
        {"1,000,00",             "is not a whole number"},
        {",100",                 "is not a whole number"},
        {"+5",                   "is not a whole number"},
        {"007",                  "octal"                },
        {"18446744073709551616", "larger"               },
        {"1e30",                 "larger"               },
        {"12k",                  "is not a whole number"},
        {"ten",                  "write 12"             },
        {"1,000e3",              "is not a whole number"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        uint64_t n = 99;
        if (units_count(rows[i].text, &n, &err) != -1)
            fail_msg("\"%s\" was read as %llu", rows[i].text, (unsigned long long)n);
        error_is(&err, ERR_INPUT, rows[i].part);
        assert_int_equal(n, 99);
    }
}

static void sizes_of_memory_are_read(void **state)
{
    static const struct {
        const char *text;
        uint64_t value;
    } rows[] = {
        {"256M",    268435456 },
        {"256 MiB", 268435456 },
        {"1.5g",    1610612736},
        {"64KiB",   65536     },
        {"2GB",     2000000000},
        {"4096",    4096      },
        {"12 b",    12        },
        {"0",       0         },
    };
    static const struct bad bad[] = {
        {"",       "is not a size"},
        {"M",      "is not a size"},
        {"12 X",   "is not a size"},
        {"12 MiX", "is not a size"},
        {"1 M M",  "is not a size"},
        {"-1M",    "negative"     },
        {"1e30G",  "larger"       },
        {"lots",   "write 256M"   },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        uint64_t n = 99;
        ok(units_size(rows[i].text, &n, &err), &err);
        assert_int_equal(n, rows[i].value);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct error err = {0};
        uint64_t n = 99;
        assert_int_equal(units_size(bad[i].text, &n, &err), -1);
        error_is(&err, ERR_INPUT, bad[i].part);
        assert_int_equal(n, 99);
    }
}

static void durations_are_read_to_the_nearest_double(void **state)
{
    static const struct good rows[] = {
        {"200ms",     0.2     },
        {"42s",       42      },
        {"1.5h",      5400    },
        {"45ms",      0.045   },
        {"1ns",       1e-9    },
        {"21.3us",    21.3e-6 },
        {"1m",        60      },
        {"1d",        86400   },
        {"1w",        604800  },
        {"1month",    2592000 },
        {"2 month",   5184000 },
        {"0",         0       },
        {"0.0",       0       },
        {"0ms",       0       },
        {" 5 s ",     5       },
        {"1e3ms",     1       },
        {"0.1ms",     1e-4    },
        {"3ns",       3e-9    },
        {"1.1us",     1.1e-6  },
        {"-0s",       0       },
        {"123.456ms", 0.123456},
    };
    reads_all(units_duration, rows, COUNT(rows));
}

static void what_is_no_duration_is_refused(void **state)
{
    static const struct bad rows[] = {
        {"5 q",          "\"5 q\" is not a duration: write 200ms, 42s, 1.5h"},
        {"",             "is not a duration"                                },
        {"ms",           "is not a duration"                                },
        {"-5s",          "negative"                                         },
        {"5",            "has no unit of time: write 5ms, 5s, 5m or 5h"     },
        {"09:00",        "time of day"                                      },
        {"5 min",        "the unit min is written m"                        },
        {"2 hours",      "the unit hours is written h"                      },
        {"3 days",       "the unit days is written d"                       },
        {"1M",           "the unit M is written month"                      },
        {"10 \xC2\xB5s", "is written us"                                    },
        {"1h30m",        "is not a duration"                                },
        {"5sx",          "is not a duration"                                },
        {"1e308w",       "larger"                                           },
        {"inf s",        "is not a duration"                                },
        {"05s",          "octal"                                            },
    };
    refuses_all(units_duration, rows, COUNT(rows));
}

static int probability(const char *text, double *out, struct error *err)
{
    return units_probability(text, out, NULL, NULL, err);
}

static void probabilities_are_read(void **state)
{
    static const struct good rows[] = {
        {"0.03",     0.03   },
        {"3%",       0.03   },
        {"0.1%",     0.001  },
        {"99.9%",    0.999  },
        {"100%",     1      },
        {"1",        1      },
        {"0",        0      },
        {"-0",       0      },
        {"3 %",      0.03   },
        {"3/100",    0.03   },
        {"0/7",      0      },
        {"7/7",      1      },
        {" 1 / 3 ",  1.0 / 3},
        {"1e-7",     1e-7   },
        {"12/2_000", 0.006  },
    };
    reads_all(probability, rows, COUNT(rows));
}

static void evidence_gives_its_counts(void **state)
{
    struct error err = {0};
    double p;
    uint64_t k = 9, n = 9;
    ok(units_probability("12/2000", &p, &k, &n, &err), &err);
    assert_true(p == 12.0 / 2000 && k == 12 && n == 2000);
    ok(units_probability("3%", &p, &k, &n, &err), &err);
    assert_true(k == 0 && n == 0);
    k = n = 9;
    assert_int_equal(units_probability("5/4", &p, &k, &n, &err), -1);
    assert_true(k == 9 && n == 9);
}

static void what_is_no_probability_is_refused(void **state)
{
    static const struct bad rows[] = {
        {"1.01",    "more than 1"            },
        {"3",       "for percent write 3%"   },
        {"101%",    "more than 100%"         },
        {"5000",    "between 0 and 1"        },
        {"-0.1",    "negative"               },
        {"-3%",     "negative"               },
        {"4/3",     "k <= n"                 },
        {"0/0",     "out of none"            },
        {"3/0",     "out of none"            },
        {"3.5/100", "whole numbers"          },
        {"-3/100",  "negative"               },
        {"3/100%",  "is not evidence"        },
        {"3//100",  "is not evidence"        },
        {"/100",    "is not evidence"        },
        {"3/",      "is not evidence"        },
        {"3/h",     "is not evidence"        },
        {"3/4/5",   "is not evidence"        },
        {"three",   "write 0.03, 3% or 3/100"},
        {"3%%",     "is not a probability"   },
        {"%",       "is not a probability"   },
        {"",        "is not a probability"   },
        {"0,03",    "is not a probability"   },
    };
    refuses_all(probability, rows, COUNT(rows));
}

static void money_is_read(void **state)
{
    static const struct good rows[] = {
        {"$0.002",     0.002},
        {"$-300",      -300 },
        {"-$300",      -300 },
        {"12.5",       12.5 },
        {"-12.5",      -12.5},
        {"\xE2\x82\xAC"
         "3", 3    },
        {"\xC2\xA3"
         "7", 7    },
        {"EUR 3",      3    },
        {"JPY500",     500  },
        {"$0",         0    },
        {"-$0",        0    },
        {"$ 40",       40   },
    };
    reads_all(units_money, rows, COUNT(rows));
}

static void what_is_no_money_is_refused(void **state)
{
    static const struct bad rows[] = {
        {"",       "an amount of money"},
        {"$",      "an amount of money"},
        {"-$-3",   "two signs"         },
        {"$1,000", "comma"             },
        {"3 $",    "an amount of money"},
        {"$5/h",   "an amount of money"},
        {"$$5",    "an amount of money"},
        {"free",   "write $0.35"       },
        {"$NaN",   "an amount of money"},
    };
    refuses_all(units_money, rows, COUNT(rows));
}

static void rates_are_read_per_second(void **state)
{
    static const struct good rows[] = {
        {"3600/h",      1           },
        {"40/h",        40.0 / 3600 },
        {"60/m",        1           },
        {"2/s",         2           },
        {"1/ms",        1000        },
        {"$45/h",       0.0125      },
        {"0/h",         0           },
        {"$2592/month", 0.001       },
        {"$-36/h",      -0.01       },
        {"40 / h",      40.0 / 3600 },
        {"7/w",         7.0 / 604800},
        {"1/d",         1.0 / 86400 },
    };
    reads_all(units_rate, rows, COUNT(rows));
}

static void what_is_no_rate_is_refused(void **state)
{
    static const struct bad rows[] = {
        {"40",       "has no unit of time"},
        {"40/",      "is not a rate"      },
        {"40/hour",  "is written h"       },
        {"-40/h",    "negative"           },
        {"/h",       "is not a rate"      },
        {"40h",      "is not a rate"      },
        {"40/100",   "is not a rate"      },
        {"1e308/ns", "larger"             },
        {"",         "write 40/h"         },
    };
    refuses_all(units_rate, rows, COUNT(rows));
}

static void targets_are_read(void **state)
{
    static const struct {
        const char *text;
        enum target_kind kind;
        double value;
    } rows[] = {
        {"at most 1%",       TARGET_AT_MOST,  0.01       },
        {"at least 99%",     TARGET_AT_LEAST, 0.99       },
        {"least",            TARGET_LEAST,    0          },
        {"most",             TARGET_MOST,     0          },
        {"at most 1d",       TARGET_AT_MOST,  86400      },
        {"at most $3",       TARGET_AT_MOST,  3          },
        {"at least 0.5",     TARGET_AT_LEAST, 0.5        },
        {"at most 12",       TARGET_AT_MOST,  12         },
        {" at  most  2.5h ", TARGET_AT_MOST,  9000       },
        {"at least 40/h",    TARGET_AT_LEAST, 40.0 / 3600},
        {"at most 3/100",    TARGET_AT_MOST,  0.03       },
        {"at least $-5",     TARGET_AT_LEAST, -5         },
        {"at least -$5",     TARGET_AT_LEAST, -5         },
        {"at most -3",       TARGET_AT_MOST,  -3         },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        enum target_kind kind = TARGET_NONE;
        double x = -1;
        ok(units_target(rows[i].text, &kind, &x, &err), &err);
        assert_int_equal(kind, rows[i].kind);
        assert_true(x == rows[i].value);
    }
}

static int target(const char *text, double *out, struct error *err)
{
    enum target_kind kind = TARGET_NONE;
    int status = units_target(text, &kind, out, err);
    assert_true(status == 0 || kind == TARGET_NONE);
    return status;
}

static void what_is_no_target_is_refused(void **state)
{
    static const struct bad rows[] = {
        {"",              "is not a target: write at most 1%"},
        {"1%",            "is not a target"                  },
        {"<= 1%",         "is not a target"                  },
        {"at",            "is not a target"                  },
        {"at most",       "lacks its number"                 },
        {"most 1%",       "write \"at\" before most"         },
        {"at most 101%",  "more than 100%"                   },
        {"at most five",  "is not a duration"                },
        {"atmost 1%",     "is not a target"                  },
        {"at mostly 1%",  "is not a target"                  },
        {"at most 5 min", "is written m"                     },
        {"least 1%",      "before least"                     },
    };
    refuses_all(target, rows, COUNT(rows));
}

static void written(void (*put)(struct buf *, double), double x, const char *want)
{
    struct buf b = {0};
    put(&b, x);
    assert_string_equal(buf_text(&b), want);
    buf_release(&b);
}

static void durations_are_written_for_people(void **state)
{
    static const struct good rows[] = {
        {"21.3ms", 0.0213        },
        {"1.25s",  1.25          },
        {"4.2m",   252           },
        {"1.5h",   5400          },
        {"2.3d",   198720        },
        {"0s",     0             },
        {"1s",     0.9996        },
        {"1m",     59.96         },
        {"59.9s",  59.94         },
        {"1us",    1e-6          },
        {"1ns",    1e-9          },
        {"999us",  0.0009994     },
        {"1ms",    0.0009996     },
        {"1d",     86399         },
        {"1234d",  1234.0 * 86400},
        {"-2s",    -2            },
        {"inf",    INFINITY      },
        {"1e-6ns", 1e-15         },
        {"123ms",  0.12345       },
        {"1h",     3600          },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        written(units_put_duration, rows[i].value, rows[i].text);
}

static void probabilities_are_never_rounded_to_certainty(void **state)
{
    static const struct good rows[] = {
        {"83.30%",      0.832972  },
        {"1.2e-7",      1.23e-7   },
        {"0%",          0         },
        {"100%",        1         },
        {"3.00%",       0.03      },
        {"0.01%",       1.2e-4    },
        {"9.9e-5",      9.9e-5    },
        {"99.99%",      0.9999    },
        {"99.9988%",    0.999988  },
        {"99.99988%",   0.9999988 },
        {"99.9950%",    0.99995   },
        {"99.9999990%", 0.99999999},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        written(units_put_probability, rows[i].value, rows[i].text);
    for (int digits = 1; digits <= 15; digits++) {
        struct buf b = {0};
        units_put_probability(&b, 1 - pow(10, -digits));
        assert_string_not_equal(buf_text(&b), "100.00%");
        assert_null(strstr(buf_text(&b), "100"));
        buf_release(&b);
    }
}

static void counts_are_written_in_groups_and_read_back(void **state)
{
    static const struct {
        const char *text;
        uint64_t n;
    } rows[] = {
        {"0",                          0         },
        {"999",                        999       },
        {"1,000",                      1000      },
        {"1,000,000",                  1000000   },
        {"18,446,744,073,709,551,615", UINT64_MAX},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        struct buf b = {0};
        uint64_t back = 1;
        units_put_count(&b, rows[i].n);
        assert_string_equal(buf_text(&b), rows[i].text);
        ok(units_count(buf_text(&b), &back, &err), &err);
        assert_int_equal(back, rows[i].n);
        buf_release(&b);
    }
}

static void exact_numbers_are_short(void **state)
{
    static const struct good rows[] = {
        {"0.1",                    0.1                   },
        {"0.3",                    0.3                   },
        {"0.30000000000000004",    0.1 + 0.2             },
        {"1000000",                1e6                   },
        {"1e20",                   1e20                  },
        {"1.5e-7",                 1.5e-7                },
        {"-2.5",                   -2.5                  },
        {"9007199254740991",       9007199254740991.0    },
        {"0",                      0                     },
        {"1.7976931348623157e308", 1.7976931348623157e308},
        {"1e-10",                  1e-10                 },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        written(units_put_exact, rows[i].value, rows[i].text);
}

static void exact_durations_choose_the_shortest_unit(void **state)
{
    static const struct good rows[] = {
        {"45ms",   0.045  },
        {"21.3ms", 0.0213 },
        {"90m",    5400   },
        {"42s",    42     },
        {"0s",     0      },
        {"1d",     86400  },
        {"2w",     1209600},
        {"2m",     120    },
        {"1us",    1e-6   },
        {"1.25s",  1.25   },
        {"10ms",   0.01   },
        {"1ns",    1e-9   },
        {"30d",    2592000},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        written(units_put_duration_exact, rows[i].value, rows[i].text);
}

/* splitmix64 (Steele et al. 2014), seeded: the same numbers each time. */
static uint64_t next_random(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Any finite double: all exponents alike, denormals too. */
static double any_double(uint64_t *seed)
{
    double x;
    do {
        uint64_t bits = next_random(seed);
        memcpy(&x, &bits, sizeof x);
    } while (!isfinite(x));
    return x;
}

/* Decimals such as people write: up to 6 digits, 10^-9 to 10^6. */
static double any_decimal(uint64_t *seed)
{
    char text[32];
    unsigned digits = (unsigned)(next_random(seed) % 1000000);
    int exponent = (int)(next_random(seed) % 16) - 9;
    snprintf(text, sizeof text, "%ue%d", digits, exponent);
    return strtod(text, NULL);
}

static void reads_back(void (*put)(struct buf *, double), READER(read), double x)
{
    struct error err = {0};
    struct buf b = {0};
    double back = -1;
    put(&b, x);
    if (read(buf_text(&b), &back, &err) || back != x)
        fail_msg("%.17g was written %s and read %.17g %s", x, buf_text(&b), back, err.text);
    buf_release(&b);
}

static void exact_texts_read_back_the_same(void **state)
{
    uint64_t seed = 20240229;
    for (int i = 0; i < 20000; i++) {
        double x = i % 2 ? any_double(&seed) : any_decimal(&seed);
        reads_back(units_put_exact, units_number, x);
        reads_back(units_put_duration_exact, units_duration, fabs(x));
        double fraction = (double)(next_random(&seed) >> 11) * 0x1p-53;
        reads_back(units_put_exact, probability, fraction);
        reads_back(units_put_duration_exact, units_duration, fraction * 1e5);
        reads_back(units_put_duration_exact, units_duration, floor(fraction * 1e7));
    }
}

static void texts_for_people_read_back_nearly(void **state)
{
    uint64_t seed = 7;
    struct error err = {0};
    struct buf b = {0};
    for (int i = 0; i < 5000; i++) {
        double x = any_decimal(&seed), p = (double)(next_random(&seed) >> 11) * 0x1p-53, back = -1;
        buf_clear(&b);
        units_put_duration(&b, x);
        ok(units_duration(buf_text(&b), &back, &err), &err);
        near_rel(back, x, 0.005001);
        buf_clear(&b);
        units_put_probability(&b, p);
        ok(probability(buf_text(&b), &back, &err), &err);
        near(back, p, 0.5000001e-4);
    }
    buf_release(&b);
}

static void instants_are_told_as_dates(void **state)
{
    static const struct {
        double s;
        const char *text;
    } cases[] = {
        {0,            "1970-01-01T00:00:00Z"},
        {951782399.9,  "2000-02-28T23:59:59Z"},
        {951868800,    "2000-03-01T00:00:00Z"},
        {1709164800,   "2024-02-29T00:00:00Z"},
        {4107542400.5, "2100-03-01T00:00:00Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b;
        buf_init(&b);
        units_put_instant(&b, cases[i].s);
        assert_string_equal(buf_text(&b), cases[i].text);
        buf_release(&b);
    }
}

static void fewer_digits_fall_between_two_neighbours(void **state)
{
    static const struct {
        double below, x, want;
    } rows[] = {
        {0.75,      0.7525879217915804,  0.7525             },
        {0.7525,    0.7525879217915804,  0.75258            },
        {0.752587,  0.7525879217915804,  0.7525879          },
        {-INFINITY, 0.99998712345,       0.99998712         },
        {0.8,       0.8123,              0.8123             },
        {-0.0124,   -0.0123456,          -0.01235           },
        {1e-9,      0.00012345678,       0.0001234          },
        {80,        87.654321,           87.65              },
        {12340,     12345.678,           12345              },
        {0.3,       0.30000000000000004, 0.30000000000000004},
        {-INFINITY, 0,                   0                  },
        {-INFINITY, 1,                   1                  },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(units_shortest_above(rows[i].below, rows[i].x) == rows[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fewer_digits_fall_between_two_neighbours),
        cmocka_unit_test(numbers_are_read),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(very_long_numbers_are_refused_and_shown_cut),
        cmocka_unit_test(control_characters_are_not_shown),
        cmocka_unit_test(counts_are_read),
        cmocka_unit_test(what_is_no_count_is_refused),
        cmocka_unit_test(sizes_of_memory_are_read),
        cmocka_unit_test(durations_are_read_to_the_nearest_double),
        cmocka_unit_test(what_is_no_duration_is_refused),
        cmocka_unit_test(probabilities_are_read),
        cmocka_unit_test(evidence_gives_its_counts),
        cmocka_unit_test(what_is_no_probability_is_refused),
        cmocka_unit_test(money_is_read),
        cmocka_unit_test(what_is_no_money_is_refused),
        cmocka_unit_test(rates_are_read_per_second),
        cmocka_unit_test(what_is_no_rate_is_refused),
        cmocka_unit_test(targets_are_read),
        cmocka_unit_test(what_is_no_target_is_refused),
        cmocka_unit_test(durations_are_written_for_people),
        cmocka_unit_test(probabilities_are_never_rounded_to_certainty),
        cmocka_unit_test(counts_are_written_in_groups_and_read_back),
        cmocka_unit_test(exact_numbers_are_short),
        cmocka_unit_test(exact_durations_choose_the_shortest_unit),
        cmocka_unit_test(exact_texts_read_back_the_same),
        cmocka_unit_test(texts_for_people_read_back_nearly),
        cmocka_unit_test(instants_are_told_as_dates),
    };
    return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
