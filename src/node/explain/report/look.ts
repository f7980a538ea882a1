/** How a report looks: on a phone, on a desk, in the dark and on paper. */
export const look = `
:root {
  color-scheme: light dark;
  --ground: #fbf9f5; --ink: #24211d; --quiet: #6a635a; --line: #ddd6ca; --accent: #9c3d17; --raised: #f3eee5;
  --content: #0b6e69; --style: #b8460e; --tv: #6b7280; --total: #24211d;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #161412; --ink: #ece6db; --quiet: #a69d90; --line: #3a352e; --accent: #f0a07c; --raised: #211e1a;
    --content: #4fc4bb; --style: #f58f57; --tv: #9ca3af; --total: #ece6db;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0 auto; max-width: 72rem; padding: clamp(1rem, 4vw, 3rem);
  background: var(--ground); color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
h1, h2, h3 { font-family: Georgia, "Iowan Old Style", "Noto Serif", serif; line-height: 1.2; font-weight: 600; text-wrap: balance; overflow-wrap: anywhere; }
h1 { font-size: clamp(1.8rem, 1.2rem + 3vw, 3rem); margin: 0 0 .5rem; }
h2 { font-size: clamp(1.4rem, 1.1rem + 1.2vw, 1.9rem); margin: 0 0 .75rem; }
h3 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
h3 small { font: .85rem/1.4 system-ui, sans-serif; color: var(--quiet); margin-left: .4em; }
p, ul.plain, .wide-text { max-width: 42rem; }
a { color: var(--accent); }
section { margin-top: clamp(3rem, 7vw, 5rem); padding-top: 1.5rem; border-top: 1px solid var(--line); }
.lead { font-size: 1.1rem; }
.quiet, figcaption, caption { color: var(--quiet); font-size: .875rem; line-height: 1.45; }
nav ol { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; padding-left: 1.2rem; margin: 1.5rem 0; }
nav li { padding-right: .25rem; }
figure { margin: 0; min-width: 0; }
figcaption { margin-top: .4rem; overflow-wrap: anywhere; }
figcaption strong { color: var(--ink); }
img { display: block; width: 100%; height: auto; border-radius: 3px; }
.map { image-rendering: pixelated; }
.row { display: grid; gap: 1.25rem; align-items: start; grid-template-columns: repeat(auto-fit, minmax(min(100%, 13.5rem), 1fr)); }
.sheet { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(7rem, 1fr)); }
.sheet figcaption { font-size: .75rem; }
.threes { display: grid; gap: .75rem; grid-template-columns: repeat(3, minmax(0, 1fr)); }
.found { display: grid; gap: 1.25rem 1rem; grid-template-columns: repeat(auto-fill, minmax(min(46%, 11.5rem), 1fr)); align-items: start; }
.pairs { display: grid; gap: 0 2.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
.ramp { display: flex; align-items: center; gap: .6rem; max-width: 20rem; font-size: .8rem; color: var(--quiet); margin: .75rem 0; }
.ramp img { height: .7rem; flex: 1; min-width: 0; image-rendering: auto; }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; font-size: .9rem; }
.legend i { display: inline-block; width: 1.5rem; height: .2rem; vertical-align: middle; margin-right: .4rem; border-radius: 2px; }
.plots { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); }
.plot { max-width: 34rem; }
.plot svg { width: 100%; height: auto; display: block; overflow: visible; }
.stages { list-style: none; padding: 0; margin: 0; display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(46%, 11.5rem), 1fr)); }
.slider { display: none; }
.lively .slider { display: block; max-width: 36rem; margin-top: .75rem; }
.slider input { width: 100%; height: 2rem; margin: 0; accent-color: var(--accent); }
.formula + .formula { margin-top: -.25rem; }
.formula { overflow-x: auto; overflow-y: hidden; padding: .5rem .75rem; margin: .75rem 0; background: var(--raised); border-radius: 4px; max-width: 48rem; }
math { font-size: 1.1em; }
.formula math { font-size: 1.2em; }
.scroll { overflow-x: auto; max-width: 100%; margin-top: 1.75rem; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .5rem; }
th, td { text-align: right; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; }
th:first-child, td:first-child { text-align: left; }
footer { margin-top: 4rem; padding-top: 1rem; border-top: 1px solid var(--line); }
@media screen {
  .lively .stages { display: block; max-width: min(36rem, 75vh * var(--proportions)); }
  .lively .stages > li { display: none; }
  .lively .stages > li.shown { display: block; }
}
@media (max-width: 30rem) {
  .sheet { grid-template-columns: repeat(4, minmax(0, 1fr)); gap: .5rem; }
  .sheet figcaption { font-size: .7rem; }
  .threes { gap: .4rem; }
  table { font-size: .8rem; }
  th, td { padding-right: .6rem; }
  .formula { padding-inline: .4rem; }
  .formula math { font-size: 1.05em; }
}
@media print {
  :root {
    color-scheme: light;
    --ground: #fff; --ink: #000; --quiet: #444; --line: #bbb; --accent: #000; --raised: #f5f5f5;
    --content: #0b6e69; --style: #b8460e; --tv: #6b7280; --total: #000;
  }
  @page { margin: 16mm; }
  html { font-size: 10pt; }
  body { max-width: none; padding: 0; }
  nav, .slider, .lively .slider { display: none; }
  section { margin-top: 1.5rem; padding-top: 1rem; }
  h2, h3, caption, h2 + p, h3 + p { break-after: avoid; }
  p { break-inside: avoid; }
  .formula + .formula { break-before: avoid; }
  figure, .formula, .keep, tr { break-inside: avoid; }
  .row { grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); }
  .pairs { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0 1.5rem; }
  .sheet { grid-template-columns: repeat(8, minmax(0, 1fr)); }
  .found, .stages { grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); }
  .plots { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  img, .formula, .legend i { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
`;
