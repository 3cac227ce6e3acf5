-- SPDX-License-Identifier: Apache-2.0
-- What wrk sends: a GET and a POST of schemas/examples/library by turns. In the end one JSON object.
local headers = { ["x-request-id"] = "0badcafe" }
local posted = { ["x-request-id"] = "0badcafe", ["content-type"] = "application/json" }
local book = '{"title":"The Rime of the Ancient Mariner","authors":["S. T. Coleridge"],"genre":"POETRY","isbn":"9780486272665",'
  .. '"pages":80,"words":"3804","acquired":"2024-02-29T08:30:00.250Z","mark":"M-0042"}'
local calls, last = {}, 0

function init()
  calls[1] = wrk.format("GET", "/v1/shelves/poetry", headers)
  calls[2] = wrk.format("POST", "/v1/shelves/poetry/books?bookId=rime", posted, book)
end

function request()
  last = last % #calls + 1
  return calls[last]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format('\n{"requests":%d,"microseconds":%d,"refused":%d,"failed":%d,"p50_us":%d,"p99_us":%d}\n',
    summary.requests, summary.duration, e.status, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50), latency:percentile(99)))
end
