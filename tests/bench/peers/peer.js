// SPDX-License-Identifier: GPL-3.0-or-later
// One question, asked of a log in OTLP/JSON lines: for each name of spans how many there are, what
// share failed, the median, 95% and 99% quantiles of their durations and the mean confidence.
//
// Usage: node peer.js duckdb|clickhouse LOG, with NODE_PATH where the packages lie.  Prints one
// line of JSON: CPU seconds, peak memory and the answer, its names in order.
"use strict";

const confidence = "app.confidence";

// Each in the form that was found to be its fastest, with one thread.
const shape = JSON.stringify([{ scopeSpans: [{ spans: [{
    name: "VARCHAR", startTimeUnixNano: "BIGINT", endTimeUnixNano: "BIGINT",
    status: { code: "INTEGER" }, attributes: [{ key: "VARCHAR", value: { doubleValue: "DOUBLE" } }],
}] }] }]);
const duckdb = (log) => `
WITH resources AS (
  SELECT unnest(json_transform(json->'$.resourceSpans', '${shape}')) AS r
  FROM read_json_objects('${log}', format = 'newline_delimited', maximum_object_size = 268435456)
), scopes AS (SELECT unnest(r.scopeSpans) AS c FROM resources
), spans AS (SELECT unnest(c.spans) AS s FROM scopes
), rows AS (
  SELECT s.name AS name, s.status.code = 2 AS failed,
    (s.endTimeUnixNano - s.startTimeUnixNano) / 1e9 AS seconds,
    list_filter(s.attributes, lambda a: a.key = '${confidence}')[1].value.doubleValue AS confidence
  FROM spans
)
SELECT name, count(*)::DOUBLE AS n, avg(coalesce(failed, false)::INTEGER) AS error_rate,
  quantile_disc(seconds, [0.5, 0.95, 0.99]) AS quantiles, avg(confidence) AS confidence
FROM rows GROUP BY name ORDER BY name`;

const clickhouse = (log) => `
SELECT s.name AS name, toFloat64(count()) AS n, avg(s.status.code = 2) AS error_rate,
  quantilesExactLow(0.5, 0.95, 0.99)((s.endTimeUnixNano - s.startTimeUnixNano) / 1e9) AS quantiles,
  avg(arrayFirst(a -> a.key = '${confidence}', s.attributes).value.doubleValue) AS confidence
FROM (
  SELECT arrayJoin(arrayFlatten(arrayMap(r -> arrayMap(c -> c.spans, r.scopeSpans),
    resourceSpans))) AS s
  FROM file('${log}', 'JSONEachRow', 'resourceSpans Array(Tuple(scopeSpans Array(Tuple(
    spans Array(Tuple(name String, startTimeUnixNano Int64, endTimeUnixNano Int64,
    status Tuple(code UInt8), attributes Array(Tuple(key String, value Tuple(
    doubleValue Nullable(Float64))))))))))')
) GROUP BY name ORDER BY name
SETTINGS max_threads = 1, max_parsing_threads = 1, input_format_parallel_parsing = 0,
  input_format_skip_unknown_fields = 1, input_format_json_ignore_unknown_keys_in_named_tuple = 1,
  input_format_json_defaults_for_missing_elements_in_named_tuple = 1`;

async function ask_duckdb(log) {
    const { DuckDBInstance } = require("@duckdb/node-api");
    const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
    const connection = await instance.connect();
    const answer = await connection.runAndReadAll(duckdb(log));
    return answer.getRowObjects().map((row) => ({ ...row, quantiles: row.quantiles.items }));
}

async function ask_clickhouse(log) {
    const { query } = require("chdb");
    return query(clickhouse(log), "JSONEachRow").trim().split("\n").map((row) => JSON.parse(row));
}

async function main() {
    const [engine, log] = process.argv.slice(2);
    const quoted = require("path").resolve(log).replaceAll("'", "''");
    const began = process.cpuUsage();
    const rows = await (engine === "duckdb" ? ask_duckdb(quoted) : ask_clickhouse(quoted));
    const took = process.cpuUsage(began);
    console.log(JSON.stringify({
        cpu_s: (took.user + took.system) / 1e6,
        peak_mib: process.resourceUsage().maxRSS / 1024,
        rows,
    }));
}

main().catch((err) => {
    console.error(String(err.message || err).split("\n")[0]);
    process.exit(1);
});
