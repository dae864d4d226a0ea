-- Sends requests that were made beforehand. Each line of the file is one request, sent by one connection, once:
--   method TAB path TAB header lines, joined by "\r\n" written as "|" TAB body
-- wrk runs this with one thread, so the lines need not be shared out. With "cycle" as second argument the lines
-- start again at the end (for reads).

local requests = {}
local cycle = false
sent = 0

function init(args)
   cycle = args[2] == "cycle"
   for line in io.lines(args[1]) do
      local method, path, headers, body = line:match("^(%u+)\t([^\t]+)\t([^\t]*)\t(.*)$")
      requests[#requests + 1] = table.concat({
         method, " ", path, " HTTP/1.1\r\nHost: bench\r\n",
         headers == "" and "" or headers:gsub("|", "\r\n") .. "\r\n",
         body == "" and "" or "Content-Type: application/json\r\nContent-Length: " .. #body .. "\r\n", "\r\n", body,
      })
   end
end

local beyond = "GET /healthz HTTP/1.1\r\nHost: bench\r\n\r\n"

function request()
   sent = sent + 1
   if cycle then return requests[(sent - 1) % #requests + 1] end
   -- Past the end the round is worthless; the caller sees it by `sent`.
   return requests[sent] or beyond
end

local threads = {}

function setup(thread)
   threads[#threads + 1] = thread
end

function done(summary, latency, _)
   local errors = summary.errors
   -- wrk asks for one request before it starts, only to look at it: that line is never sent.
   io.write(string.format(
      'RESULT {"seconds": %f, "completed": %d, "handed_out": %d, "p50_ms": %f, "p99_ms": %f, ' ..
         '"refused": %d, "broken": %d}\n',
      summary.duration / 1e6, summary.requests, threads[1]:get("sent"), latency:percentile(50) / 1e3,
      latency:percentile(99) / 1e3, errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
