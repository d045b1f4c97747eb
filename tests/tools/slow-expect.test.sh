#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the scenarios' opening comments promise of `seam solve`, as "reliability 0.9216" or
# "queue_wait_mean 26.7 minutes", to the digits written; after "--set PATH=VALUE:" with that change.
set -u
SEAM=${SEAM:-build/seam}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
passed=0 failed=0

# file -> lines "SETTING METRIC VALUE UNIT"; the comment's lines are joined, sentences are not.
promises() {
    sed -n '/^[^#]/q; s/^# *//p' "$1" | awk '
        /^seam (solve|simulate|compare|run|size) / { next }
        { text = text " " $0 }
        END {
            n = split(text, word, /[ (]+/)
            setting = "-"
            for (i = 1; i <= n; i++) {
                if (word[i] == "--set") setting = word[++i]
                if (setting ~ /:$/ && word[i - 1] == "--set") continue
                if (word[i] !~ /^[a-z]+(_[a-z0-9]+)+$/ && word[i] !~ /^(reliability|completion|utilisation)$/)
                    continue
                at = i + 1
                if (word[at] == "=") at++
                value = word[at]
                sub(/[,;:.)]+$/, "", value)
                if (value !~ /^-?[0-9]+(\.[0-9]+)?(e-[0-9]+)?$/) continue
                if (word[at + 1] ~ /^[*+]$/) continue # a sum, not yet its value
                unit = word[at] ~ /[,;:.)]$/ ? "" : word[at + 1]
                sub(/[,;:.)]+$/, "", unit)
                set = setting ~ /:$/ ? substr(setting, 1, length(setting) - 1) : "-"
                if (unit ~ /^(s|minutes|hours|)$/ || unit ~ /^[a-z]+_/ || unit !~ /^(days|a|%)/)
                    print set, word[i], value, unit ~ /^(minutes|hours)$/ ? unit : "-"
            }
        }'
}

check() { # file setting metric value unit
    set -- "$@"
    key=$(printf '%s' "$1 $2" | tr -c 'a-zA-Z0-9\n' _)
    if [ ! -e "$dir/$key" ]; then
        if [ "$2" = - ]; then "$SEAM" solve "$1" --csv --quiet
        else "$SEAM" solve "$1" --set "$2" --csv --quiet
        fi >"$dir/$key" 2>/dev/null
    fi
    awk -F, -v metric="$3" -v want="$4" -v unit="$5" '
        $3 == metric && ($1 == "result" || $1 == "resource") {
            digits = index(want, ".") ? length(want) - index(want, ".") : 0
            off = $5 / (unit == "minutes" ? 60 : unit == "hours" ? 3600 : 1) - want
            room = want ~ /e-/ ? want * 1e-9 : 0.51 * 10 ^ -digits
            near = near || (off <= room && -off <= room)
        }
        END { exit !near }' "$dir/$key"
}

for file in scenarios/*.yaml; do
    sed -n '/^[^#]/q; p' "$file" | grep -qE '^# *seam (solve|compare scenarios/a)' || continue
    promises "$file" >"$dir/list"
    while read -r setting metric value unit; do
        if check "$file" "$setting" "$metric" "$value" "$unit"; then passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "$file: $metric is not $value $unit with $setting"
        fi
    done <"$dir/list"
done
echo "expect: $passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -ge 50 ]
