// The page's style sheet. A mode has one colour in bars and curves alike; HTTP is dashed and Redis dotted, so that the
// curves can be told apart without colours, too.
#include "cli/bench/html_text.h"

namespace crawlspool::bench {

std::string_view page_style() {
  return R"(
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #5b6470; --paper: #fff; --line: #d8dde3; --track: #eef1f4;
  --http-close: #9a5b00; --http-keep-alive: #c98300; --http-ndjson: #8a7a00; --one-at-a-time: #6a7fa8;
  --pipelined: #0b6bcb; --batches: #00806e; --zstd-batches: #7a3fc0; --redis-one-at-a-time: #d0687a;
  --redis-pipelined: #c0132f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ed; --soft: #9aa4b0; --paper: #14171b; --line: #333a43; --track: #22272e;
    --http-close: #c98a3a; --http-keep-alive: #f0b13c; --http-ndjson: #c9b82e; --one-at-a-time: #8fa5d0;
    --pipelined: #58a6ff; --batches: #2fc4ac; --zstd-batches: #b48cf2; --redis-one-at-a-time: #e495a2;
    --redis-pipelined: #ff5c72; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.45 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .25rem; }
h3 { font-size: .95rem; margin: 0 0 .75rem; font-weight: 600; }
p { margin: .25rem 0; }
.soft { color: var(--soft); font-size: .9rem; }
.charts { display: grid; gap: 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr));
  margin: 1.25rem 0; }
figure { margin: 0; min-width: 0; }
.bar { margin: 0 0 .6rem; }
.bar .text { display: flex; justify-content: space-between; gap: 1rem; font-size: .9rem; }
.bar .value { font-variant-numeric: tabular-nums; white-space: nowrap; }
.bar .value b { display: inline-block; min-width: 5em; text-align: right; }
.bar .track { background: var(--track); border-radius: 3px; overflow: hidden; }
.bar .fill { height: .7rem; min-width: 2px; border-radius: 3px; background: var(--mode); }
svg { display: block; width: 100%; height: auto; max-width: 36rem; }
svg text { font: 12px system-ui, sans-serif; fill: var(--soft); }
svg .grid { stroke: var(--line); stroke-width: 1; }
svg .curve { fill: none; stroke: var(--mode); stroke-width: 2; stroke-linejoin: round; }
svg .http { stroke-dasharray: 6 3; }
svg .redis { stroke-dasharray: 1.5 3; }
svg .dot { fill: var(--mode); stroke: var(--paper); stroke-width: 1; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .75rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
th { font-weight: 600; }
td:first-child { position: sticky; left: 0; background: var(--paper); }
@media (max-width: 30rem) { svg text { font-size: 14px; } th, td { padding: .3rem .5rem; } }
.key { display: inline-block; width: .7em; height: .7em; border-radius: 2px; margin-right: .5em;
  background: var(--mode); }
ul { padding-left: 1.2rem; }
.mode-http-close { --mode: var(--http-close); }
.mode-http-keep-alive { --mode: var(--http-keep-alive); }
.mode-http-ndjson { --mode: var(--http-ndjson); }
.mode-one-at-a-time { --mode: var(--one-at-a-time); }
.mode-pipelined { --mode: var(--pipelined); }
.mode-batches { --mode: var(--batches); }
.mode-zstd-batches { --mode: var(--zstd-batches); }
.mode-redis-one-at-a-time { --mode: var(--redis-one-at-a-time); }
.mode-redis-pipelined { --mode: var(--redis-pipelined); }
)";
}

}  // namespace crawlspool::bench
