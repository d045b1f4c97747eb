#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Stages that are tools of other people's servers: the pipeline's MCP client against the public
# server-everything, over stdio and Streamable HTTP.  Needs node and npm; the module is kept in
# SEAM_CLIENT_MODULES, by default a folder under the user's cache.
set -u
SEAM=${SEAM:-build/seam}
skip() { echo "skipped: $1"; exit 0; }
fail() { echo "failed: $1"; sed 's/^/  /' "$out/log" 2>/dev/null; exit 1; }

command -v node >/dev/null || skip "no node to run server-everything"
modules=${SEAM_CLIENT_MODULES:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/seam-clients}
server=$modules/node_modules/.bin/mcp-server-everything
if [ ! -x "$server" ]; then
    command -v npm >/dev/null || skip "no npm to fetch server-everything"
    mkdir -p "$modules" &&
        (cd "$modules" && npm install --no-audit --no-fund --silent @modelcontextprotocol/server-everything >/dev/null 2>&1) ||
        skip "server-everything could not be fetched"
fi

out=$(mktemp -d)
http=
trap '[ -z "$http" ] || kill $http 2>/dev/null; rm -rf "$out"' EXIT

# three tools in a row: text, structured content, and one that is called with what is not there
scenario() { # the server as `exec` names it
    cat <<END
seam: 1
name: Everything
flow:
  - stage: echo
    layer: tool
    timeout: 20s
    exec: {mcp: $1, tool: echo, from: {message: /word}, expects: {text: string}}
  - stage: sum
    layer: tool
    timeout: 20s
    exec: {mcp: $1, tool: get-sum, arguments: {a: 2, b: 3}, output: sum}
  - stage: weather
    layer: tool
    timeout: 20s
    exec: {mcp: $1, tool: get-structured-content, arguments: {location: Chicago}, expects: {temperature: number}}
END
}
for i in 1 2 3 4 5 6 7 8 9 10; do
    echo "{\"id\":\"i$i\",\"input\":{\"word\":\"word $i\"}}"
done >"$out/items.jsonl"

run_with() { # name, server
    scenario "$2" >"$out/$1.yaml"
    "$SEAM" run "$out/$1.yaml" --input "$out/items.jsonl" -o "$out/$1.jsonl" --json >"$out/$1.json" 2>"$out/log" ||
        fail "$1: seam run ended with $?"
    [ "$(grep -c '"end":"shipped"' "$out/$1.jsonl")" = 10 ] || fail "$1: not all of ten items were shipped"
    grep -q 'Echo: word 7' "$out/$1.jsonl" || fail "$1: no echo of word 7"
    grep -q 'The sum of 2 and 3 is 5' "$out/$1.jsonl" || fail "$1: no sum"
    grep -q '"temperature":' "$out/$1.jsonl" || fail "$1: no structured content"
}
run_with stdio "[$server, stdio]"
port=$((20000 + $$ % 20000))
PORT=$port "$server" streamableHttp >"$out/http.log" 2>&1 &
http=$!
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    grep -qi listening "$out/http.log" && break
    sleep 0.5
done
run_with http "\"http://127.0.0.1:$port/mcp\""
scenario "[$server, stdio]" | sed 's/tool: echo/tool: eco/' >"$out/wrong.yaml"
"$SEAM" run "$out/wrong.yaml" --items 1 >/dev/null 2>"$out/log"
[ $? = 3 ] && grep -q 'no tool `eco`; did you mean `echo`' "$out/log" || fail "a wrong tool's name is not explained"
echo "ok: ten items through three tools over stdio and over HTTP"
