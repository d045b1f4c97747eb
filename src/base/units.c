/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text with units to plain numbers.  The characters are checked against the grammar first; only
 * then does strtod see them, once.  Decimal prefixes and percent move the exponent in the text
 * ("45ms" is read as 45e-3), so that the result is the double nearest to what was written. */
#include "base/units.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_MAX = 128, EXPONENT_MAX = 9999, SHOWN_MAX = 48 };

/* What is left of the text, and the text as a sentence shows it. */
struct scan {
    const char *at, *end;
    char shown[SHOWN_MAX + 4];
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void skip_spaces(struct scan *s)
{
    while (s->at < s->end && is_space(*s->at))
        s->at++;
}

static char peek(const struct scan *s)
{
    return s->at < s->end ? *s->at : '\0';
}

static struct scan scan_of(const char *text)
{
    struct scan s = {.at = text, .end = text + strlen(text)};
    skip_spaces(&s);
    while (s.end > s.at && is_space(s.end[-1]))
        s.end--;
    size_t len = (size_t)(s.end - s.at), n = len;
    if (len > SHOWN_MAX)
        for (n = SHOWN_MAX - 3; n > 0 && ((unsigned char)s.at[n] & 0xC0) == 0x80;)
            n--;
    for (size_t i = 0; i < n; i++)
        s.shown[i] = (unsigned char)s.at[i] < 0x20 || s.at[i] == 0x7F ? '?' : s.at[i];
    memcpy(s.shown + n, n < len ? "..." : "", n < len ? 4 : 1);
    return s;
}

/* "\"shown\" sentence"; `kind` says what was wanted and how it is written. */
static int refuse(const struct scan *s, const char *sentence, const char *kind, struct error *err)
{
    return error_set(err, ERR_INPUT, "\"%s\" %s%s", s->shown, sentence, kind);
}

/* --- decimal numbers */

struct decimal {
    char mantissa[DIGITS_MAX + 8]; /* sign, digits, point, digits */
    long exponent;
    bool negative;
};

static int refuse_zero(const struct scan *s, struct error *err)
{
    return refuse(s, "begins with a 0, which some programs read as octal: write it without", "",
                  err);
}

/* Digits to `d`; how many there were, -1 when too many. */
static int take_digits(struct scan *s, struct decimal *d, size_t *len)
{
    int n = 0;
    for (; is_digit(peek(s)); s->at++, n++) {
        if (*len >= DIGITS_MAX)
            return -1;
        d->mantissa[(*len)++] = *s->at;
    }
    return n;
}

/* An exponent, when a whole one is there ("2e" is 2 with the unit e). */
static void take_exponent(struct scan *s, struct decimal *d)
{
    const char *p = s->at + 1;
    bool negative = p < s->end && *p == '-';
    if (p < s->end && (*p == '-' || *p == '+'))
        p++;
    if (p >= s->end || !is_digit(*p))
        return;
    for (; p < s->end && is_digit(*p); p++)
        if (d->exponent < EXPONENT_MAX)
            d->exponent = 10 * d->exponent + (*p - '0');
    if (negative)
        d->exponent = -d->exponent;
    s->at = p;
}

/* [sign] digits [. digits] [e [sign] digits], or [sign] . digits ... */
static int take_decimal(struct scan *s, const char *kind, struct decimal *d, struct error *err)
{
    *d = (struct decimal){0};
    size_t len = 0;
    if (peek(s) == '-' || peek(s) == '+') {
        d->negative = *s->at == '-';
        d->mantissa[len++] = *s->at++;
    }
    size_t first = len;
    int whole = take_digits(s, d, &len), part = 0;
    if (whole > 1 && d->mantissa[first] == '0')
        return refuse_zero(s, err);
    if (whole >= 0 && peek(s) == '.' && s->at + 1 < s->end && is_digit(s->at[1])) {
        d->mantissa[len++] = *s->at++;
        part = take_digits(s, d, &len);
    }
    if (whole < 0 || part < 0)
        return refuse(s, "has more digits than a number can hold", "", err);
    if (whole + part == 0)
        return refuse(s, "is not ", kind, err);
    if (peek(s) == 'e' || peek(s) == 'E')
        take_exponent(s, d);
    return 0;
}

/* Few digits and a small power of ten are doubles as they are, so that one multiplication or
 * division rounds correctly (Clinger 1990, "How to read floating point numbers accurately"). */
static bool short_value(const struct decimal *d, int power, double *out)
{
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    long exponent = d->exponent + power;
    uint64_t digits = 0;
    bool point = false;
    for (const char *at = d->mantissa + (*d->mantissa == '-' || *d->mantissa == '+'); *at; at++) {
        if (*at == '.') {
            point = true;
            continue;
        }
        digits = digits * 10 + (uint64_t)(*at - '0');
        exponent -= point;
        if (digits > UINT64_C(1) << 53)
            return false;
    }
    if (exponent < -22 || exponent > 22)
        return false;
    double x = exponent < 0 ? (double)digits / tens[-exponent] : (double)digits * tens[exponent];
    *out = d->negative && digits ? -x : x;
    return true;
}

/* d times 10^power, correctly rounded. */
static int decimal_value(const struct scan *s, const struct decimal *d, int power, double *out,
                         struct error *err)
{
    if (short_value(d, power, out))
        return 0;
    char text[DIGITS_MAX + 32];
    snprintf(text, sizeof text, "%se%ld", d->mantissa, d->exponent + power);
    double x = strtod(text, NULL);
    if (!isfinite(x))
        return refuse(s, "is larger than any number can be", "", err);
    *out = x + 0.0; /* no negative zero */
    return 0;
}

int units_number(const char *text, double *out, struct error *err)
{
    static const char kind[] = "a number: write 0.25, 12 or 1e6";
    struct scan s = scan_of(text);
    struct decimal d;
    if (take_decimal(&s, kind, &d, err))
        return -1;
    if (peek(&s) == ',')
        return refuse(&s, "holds a comma: write 1234.5", "", err);
    if (s.at < s.end)
        return refuse(&s, "is not ", kind, err);
    return decimal_value(&s, &d, 0, out, err);
}

/* --- counts */

/* Are the separators at `at` between groups of three digits to the end of the digits? */
static bool grouped(const char *at, const char *end)
{
    while (at < end && *at == ',') {
        if (end - at < 4 || !is_digit(at[1]) || !is_digit(at[2]) || !is_digit(at[3]))
            return false;
        at += 4;
    }
    return at >= end || !is_digit(*at);
}

/* Whole numbers to 2^53 that are written with a point or an exponent, such as 1e6. */
static int take_scaled_count(struct scan *s, const char *kind, uint64_t *out, struct error *err)
{
    struct decimal d;
    double x;
    if (take_decimal(s, kind, &d, err) || decimal_value(s, &d, 0, &x, err))
        return -1;
    if (x != floor(x))
        return refuse(s, "is not ", kind, err);
    if (x > 9007199254740992.0)
        return refuse(s, "is larger than a count can be", "", err);
    *out = (uint64_t)x;
    return 0;
}

static int take_count(struct scan *s, const char *kind, uint64_t *out, struct error *err)
{
    const char *start = s->at;
    uint64_t n = 0;
    if (peek(s) == '-')
        return refuse(s, "is negative: a count is not", "", err);
    if (!is_digit(peek(s)))
        return refuse(s, "is not ", kind, err);
    if (*s->at == '0' && s->at + 1 < s->end && is_digit(s->at[1]))
        return refuse_zero(s, err);
    bool commas = false;
    for (; s->at < s->end; s->at++) {
        bool inside = s->at > start && s->at + 1 < s->end && is_digit(s->at[1]);
        if (*s->at == '_' && inside && is_digit(s->at[-1]))
            continue;
        if (*s->at == ',' && inside && (commas || (s->at - start <= 3 && grouped(s->at, s->end)))) {
            commas = true;
            continue;
        }
        if (!is_digit(*s->at))
            break;
        uint64_t digit = (uint64_t)(*s->at - '0');
        if (n > (UINT64_MAX - digit) / 10)
            return refuse(s, "is larger than a count can be", "", err);
        n = 10 * n + digit;
    }
    if (peek(s) == '.' || peek(s) == 'e' || peek(s) == 'E') {
        s->at = start;
        return take_scaled_count(s, kind, out, err);
    }
    *out = n;
    return 0;
}

int units_count(const char *text, uint64_t *out, struct error *err)
{
    static const char kind[] = "a whole number: write 12, 1000 or 1e6";
    struct scan s = scan_of(text);
    uint64_t n = 0;
    if (take_count(&s, kind, &n, err))
        return -1;
    if (s.at < s.end)
        return refuse(&s, "is not ", kind, err);
    *out = n;
    return 0;
}

/* --- sizes of memory */

/* The factor of "", "B", "M", "MB" or "MiB"; false for what is none. */
static bool take_size_unit(struct scan *s, double *out)
{
    static const char letters[] = "kmgt";
    size_t len = (size_t)(s->end - s->at);
    *out = 1;
    if (len == 0 || (len == 1 && (*s->at | 32) == 'b'))
        return true;
    const char *letter = strchr(letters, *s->at | 32);
    bool decimal = len == 2 && (s->at[1] | 32) == 'b';
    bool binary = len == 1 || (len == 3 && (s->at[1] | 32) == 'i' && (s->at[2] | 32) == 'b');
    if (!letter || !(decimal || binary))
        return false;
    for (const char *l = letters; l <= letter; l++)
        *out *= decimal ? 1000 : 1024;
    return true;
}

int units_size(const char *text, uint64_t *out, struct error *err)
{
    static const char kind[] = "a size of memory: write 256M or 1.5G";
    struct scan s = scan_of(text);
    struct decimal d;
    double x, factor;
    if (take_decimal(&s, kind, &d, err) || decimal_value(&s, &d, 0, &x, err))
        return -1;
    skip_spaces(&s);
    if (!take_size_unit(&s, &factor))
        return refuse(&s, "is not ", kind, err);
    if (x < 0)
        return refuse(&s, "is negative: a size of memory is not", "", err);
    if (x * factor >= 0x1p63)
        return refuse(&s, "is larger than any memory can be", "", err);
    *out = (uint64_t)(x * factor);
    return 0;
}

/* --- units of time */

struct unit {
    const char *name;
    int power;        /* of ten, in the text */
    double seconds;   /* and a factor after it */
    const char *also; /* what people write for it, between spaces */
};

static const struct unit units[] = {
    {"ns",    -9, 1,       " nsec nanosecond nanoseconds "                      },
    {"us",    -6, 1,       " \xC2\xB5s \xCE\xBCs usec microsecond microseconds "},
    {"ms",    -3, 1,       " msec millisecond milliseconds millis "             },
    {"s",     0,  1,       " S sec secs second seconds "                        },
    {"m",     0,  60,      " min mins minute minutes "                          },
    {"h",     0,  3600,    " H hr hrs hour hours "                              },
    {"d",     0,  86400,   " D day days "                                       },
    {"w",     0,  604800,  " W week weeks "                                     },
    {"month", 0,  2592000, " M mo months "                                      },
};

/* The rest of the text as a unit of time. */
static int take_unit(struct scan *s, const char *kind, const struct unit **out, struct error *err)
{
    char word[16] = " ";
    size_t len = (size_t)(s->end - s->at);
    if (len + 3 <= sizeof word) {
        memcpy(word + 1, s->at, len);
        memcpy(word + 1 + len, " ", 2);
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        const struct unit *u = &units[i];
        if (strlen(u->name) == len && memcmp(u->name, s->at, len) == 0) {
            s->at = s->end;
            *out = u;
            return 0;
        }
        if (word[1] && strstr(u->also, word))
            return error_set(err, ERR_INPUT, "\"%s\" is not %s (the unit%sis written %s)", s->shown,
                             kind, word, u->name);
    }
    return refuse(s, "is not ", kind, err);
}

int units_duration(const char *text, double *out_s, struct error *err)
{
    static const char kind[] = "a duration: write 200ms, 42s, 1.5h";
    struct scan s = scan_of(text);
    struct decimal d;
    const struct unit *u = NULL;
    double x = 0;
    if (strchr(text, ':'))
        return refuse(&s, "looks like a time of day, and is not ", kind, err);
    if (take_decimal(&s, kind, &d, err) || decimal_value(&s, &d, 0, &x, err))
        return -1;
    skip_spaces(&s);
    if (x < 0)
        return refuse(&s, "is negative: a duration is not", "", err);
    if (s.at == s.end && x != 0)
        return error_set(err, ERR_INPUT, "\"%s\" has no unit of time: write %sms, %ss, %sm or %sh",
                         s.shown, s.shown, s.shown, s.shown, s.shown);
    if (s.at < s.end && (take_unit(&s, kind, &u, err) || decimal_value(&s, &d, u->power, &x, err)))
        return -1;
    if (u)
        x *= u->seconds;
    if (!isfinite(x))
        return refuse(&s, "is larger than any duration can be", "", err);
    *out_s = x;
    return 0;
}

/* --- probabilities */

static int read_evidence(struct scan *s, double *out, uint64_t *k, uint64_t *n, struct error *err)
{
    static const char kind[] = "evidence: write whole numbers, such as 3/100";
    uint64_t seen = 0, of = 0;
    if (take_count(s, kind, &seen, err))
        return -1;
    skip_spaces(s);
    if (peek(s) != '/')
        return refuse(s, "is not ", kind, err);
    s->at++;
    skip_spaces(s);
    if (take_count(s, kind, &of, err))
        return -1;
    if (s->at < s->end)
        return refuse(s, "is not ", kind, err);
    if (of == 0)
        return refuse(s, "is evidence out of none: the second number is at least 1", "", err);
    if (seen > of)
        return refuse(s, "is evidence of more cases than were seen: write k/n with k <= n", "",
                      err);
    *out = (double)seen / (double)of;
    if (k)
        *k = seen;
    if (n)
        *n = of;
    return 0;
}

int units_probability(const char *text, double *out, uint64_t *k, uint64_t *n, struct error *err)
{
    static const char kind[] = "a probability: write 0.03, 3% or 3/100";
    struct scan s = scan_of(text);
    struct decimal d;
    double x = 0;
    if (memchr(s.at, '/', (size_t)(s.end - s.at)))
        return read_evidence(&s, out, k, n, err);
    if (take_decimal(&s, kind, &d, err))
        return -1;
    skip_spaces(&s);
    bool percent = peek(&s) == '%';
    s.at += percent;
    if (s.at < s.end)
        return refuse(&s, "is not ", kind, err);
    if (decimal_value(&s, &d, percent ? -2 : 0, &x, err))
        return -1;
    if (x < 0)
        return refuse(&s, "is negative: a probability lies between 0 and 1", "", err);
    if (x > 1 && percent)
        return refuse(&s, "is more than 100%: a probability is not", "", err);
    if (x > 1 && x <= 100)
        return error_set(err, ERR_INPUT,
                         "\"%s\" is more than 1: a probability lies between 0 and 1; "
                         "for percent write %s%%",
                         s.shown, s.shown);
    if (x > 1)
        return refuse(&s, "is more than 1: a probability lies between 0 and 1", "", err);
    *out = x;
    if (k)
        *k = 0;
    if (n)
        *n = 0;
    return 0;
}

/* --- money and rates */

/* Bytes of the sign of a currency at s: $, one of Unicode's, or a code of three letters. */
static size_t currency_len(const struct scan *s)
{
    const unsigned char *c = (const unsigned char *)s->at;
    size_t left = (size_t)(s->end - s->at);
    if (left >= 1 && c[0] == '$')
        return 1;
    if (left >= 2 && c[0] == 0xC2 && c[1] >= 0xA3 && c[1] <= 0xA5) /* pound, sign, yen */
        return 2;
    if (left >= 3 && c[0] == 0xE0 && c[1] == 0xB8 && c[2] == 0xBF) /* baht */
        return 3;
    if (left >= 3 && c[0] == 0xE2 && /* U+20A0 to U+20CF */
        ((c[1] == 0x82 && c[2] >= 0xA0) || (c[1] == 0x83 && c[2] <= 0x8F)))
        return 3;
    if (left >= 3 && isupper(c[0]) && isupper(c[1]) && isupper(c[2]))
        return 3;
    return 0;
}

/* "$0.35", "-$3", "$-3", "0.35"; *currency says whether there was a sign of one. */
static int take_amount(struct scan *s, const char *kind, double *out, bool *currency,
                       struct error *err)
{
    struct decimal d;
    bool minus = peek(s) == '-';
    struct scan after = *s;
    after.at += minus;
    size_t len = currency_len(&after);
    *currency = len > 0;
    if (len) {
        s->at = after.at + len;
        skip_spaces(s);
        if (minus && (peek(s) == '-' || peek(s) == '+'))
            return refuse(s, "has two signs", "", err);
    } else {
        minus = false; /* the number keeps its own */
    }
    if (take_decimal(s, kind, &d, err) || decimal_value(s, &d, 0, out, err))
        return -1;
    if (minus)
        *out = 0.0 - *out;
    if (peek(s) == ',')
        return refuse(s, "holds a comma: write 1234.5", "", err);
    skip_spaces(s);
    return 0;
}

int units_money(const char *text, double *out, struct error *err)
{
    static const char kind[] = "an amount of money: write $0.35, $-300 or 12.5";
    struct scan s = scan_of(text);
    double x = 0;
    bool currency;
    if (take_amount(&s, kind, &x, &currency, err))
        return -1;
    if (s.at < s.end)
        return refuse(&s, "is not ", kind, err);
    *out = x;
    return 0;
}

int units_rate(const char *text, double *out_per_s, struct error *err)
{
    static const char kind[] = "a rate: write 40/h, $45/h or $50/month";
    struct scan s = scan_of(text);
    const struct unit *u = NULL;
    double x = 0;
    bool currency;
    if (take_amount(&s, kind, &x, &currency, err))
        return -1;
    if (peek(&s) != '/')
        return refuse(&s, s.at < s.end ? "is not " : "has no unit of time, and is not ", kind, err);
    s.at++;
    skip_spaces(&s);
    if (take_unit(&s, kind, &u, err))
        return -1;
    if (x < 0 && !currency)
        return refuse(&s, "is negative: a rate is not", "", err);
    static const double per_s[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    x = x * per_s[-u->power] / u->seconds;
    if (!isfinite(x))
        return refuse(&s, "is larger than any rate can be", "", err);
    *out_per_s = x;
    return 0;
}

/* --- targets */

/* The number behind "at most": what it looks like decides what it is. */
static int read_bound(const struct scan *s, double *out, struct error *err)
{
    struct scan sign = *s;
    sign.at += peek(s) == '-';
    const char *slash = memchr(s->at, '/', (size_t)(s->end - s->at));
    if (slash) {
        struct scan after = {.at = slash + 1, .end = s->end};
        skip_spaces(&after);
        if (!is_digit(peek(&after)))
            return units_rate(s->at, out, err);
    }
    if (slash || s->end[-1] == '%')
        return units_probability(s->at, out, NULL, NULL, err);
    if (currency_len(&sign))
        return units_money(s->at, out, err);
    if (isalpha((unsigned char)s->end[-1]))
        return units_duration(s->at, out, err);
    return units_number(s->at, out, err);
}

/* Takes a word and the spaces behind it. */
static bool take_word(struct scan *s, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
        return false;
    if (s->at + len < s->end && !is_space(s->at[len]))
        return false;
    s->at += len;
    skip_spaces(s);
    return true;
}

int units_target(const char *text, enum target_kind *kind, double *value, struct error *err)
{
    struct scan s = scan_of(text);
    bool at = take_word(&s, "at");
    bool most = take_word(&s, "most");
    if (!most && !take_word(&s, "least"))
        return refuse(&s, "is not a target: write at most 1%, at least 99%, least or most", "",
                      err);
    if (at && s.at == s.end)
        return refuse(&s, "lacks its number: write at most 1% or at least 99%", "", err);
    if (!at && s.at < s.end)
        return refuse(&s, "is not a target: write \"at\" before ", most ? "most" : "least", err);
    double x = 0;
    if (at && read_bound(&s, &x, err))
        return -1;
    *kind = at ? (most ? TARGET_AT_MOST : TARGET_AT_LEAST) : (most ? TARGET_MOST : TARGET_LEAST);
    *value = x;
    return 0;
}
