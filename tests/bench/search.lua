-- search.lua - wrk's requests: searches read from $SEGUE_BENCH_QUERIES, in a shuffled order.
local queries = {}

local function escape(s)
  return (s:gsub("[^%w%-._~]", function(c) return string.format("%%%02X", c:byte()) end))
end

function init()
  math.randomseed(os.time())
  for line in io.lines(os.getenv("SEGUE_BENCH_QUERIES")) do
    if #line > 0 and #line < 150 and line:match("%S") then
      queries[#queries + 1] = "/api/v1/search?type=song&q=" .. escape(line)
    end
  end
end

function request()
  return wrk.format("GET", queries[math.random(#queries)])
end
