// What every page carries: its look, the script that filters its table, and a policy that lets nothing else in.
import { createHash } from 'node:crypto';
import { escaped } from './html-text.ts';

const STYLE = `
:root { color-scheme: light dark; --page: #f5f5f5; --card: #fff; --text: #242424; --soft: #5c5c5c; --line: #d6d6d6;
  --accent: #0f6cbd; --person: #a4262c; --person-back: #fdf3f4; --look: #7a4b00; --look-back: #fff7e6; --fine: #0b6a0b; }
@media (prefers-color-scheme: dark) { :root { --page: #1f1f1f; --card: #292929; --text: #fff; --soft: #c2c2c2;
  --line: #4d4d4d; --accent: #62abf5; --person: #f1a6aa; --person-back: #3b2024; --look: #f9d18c; --look-back: #38301d;
  --fine: #8fd08f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 0.875rem/1.43 'Segoe UI', 'Segoe UI Web', system-ui, -apple-system, 'Helvetica Neue', sans-serif; }
main { max-width: 90rem; margin: 0 auto; padding: 1.5rem clamp(0.75rem, 3vw, 2.5rem) 3rem; }
h1 { font-size: 1.75rem; line-height: 1.3; margin: 0; font-weight: 600; overflow-wrap: anywhere; }
h2 { font-size: 1.125rem; margin: 0 0 0.75rem; font-weight: 600; }
p { margin: 0 0 0.75rem; max-width: 75ch; }
a { color: var(--accent); }
.eyebrow { color: var(--accent); font-weight: 600; margin: 0 0 0.25rem; }
.soft { color: var(--soft); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; padding: 1rem 1.25rem;
  margin-top: 1rem; }
.totals { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1rem; margin: 1.25rem 0 0; }
.totals div { background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.75rem 1rem; }
.totals dt { color: var(--soft); }
.totals dd { margin: 0; font-size: 1.5rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.todo { margin: 0; padding: 0; list-style: none; }
.todo li { display: grid; grid-template-columns: 5rem 1fr; gap: 0.75rem; padding: 0.375rem 0;
  border-top: 1px solid var(--line); }
.todo li:first-child { border-top: 0; }
.todo b { text-align: right; font-variant-numeric: tabular-nums; color: var(--person); }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: 0.5rem 0.625rem; border-top: 1px solid var(--line); }
.long { overflow-wrap: anywhere; }
thead th { border-top: 0; font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
tbody th.number { font-weight: inherit; }
#accounts thead th { position: sticky; top: 0; background: var(--card); box-shadow: inset 0 -1px var(--line); }
tbody tr > th { font-weight: inherit; }
#accounts td.do { min-width: 16rem; }
#accounts td.do > .badge { margin-bottom: 0.25rem; }
#accounts td.do p { margin: 0 0 0.25rem; overflow-wrap: anywhere; }
.badge { display: inline-block; border: 1px solid currentColor; border-radius: 1rem; padding: 0 0.5rem;
  font-size: 0.75rem; font-weight: 600; line-height: 1.25rem; white-space: nowrap; color: var(--soft); }
.person > .badge, .person .flag, .refuse > .badge { color: var(--person); }
.look > .badge, .look .flag { color: var(--look); }
.none > .badge, .keep > .badge { color: var(--fine); }
tr.person td.do, tr.refuse td.do { background: var(--person-back); }
tr.look td.do { background: var(--look-back); }
.flag { font-weight: 600; }
details summary { cursor: pointer; color: var(--accent); width: fit-content; }
details ul { margin: 0.25rem 0 0; padding-left: 1.1rem; }
.scroll { max-height: 90vh; overflow: auto; }
.filter { display: flex; flex-wrap: wrap; gap: 0.75rem 1rem; align-items: end; margin-bottom: 0.75rem; }
.filter label { display: grid; gap: 0.25rem; font-weight: 600; }
.filter[hidden] { display: none; }
input, select { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--soft);
  border-radius: 0.25rem; padding: 0 0.625rem; height: 2.25rem; min-width: 14rem; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1.25rem; margin: 0; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.note { border-left: 4px solid var(--look); }
@media (max-width: 40rem) { .facts { grid-template-columns: 1fr; } .facts dd { margin-bottom: 0.5rem; } }
@media print {
  :root { color-scheme: light; --page: #fff; --card: #fff; --text: #000; --soft: #444; --line: #bbb; --accent: #000;
    --person: #a4262c; --person-back: #fff; --look: #7a4b00; --look-back: #fff; --fine: #0b6a0b; }
  body { font-size: 9pt; }
  main { padding: 0; max-width: none; }
  .filter { display: none; }
  .scroll { max-height: none; overflow: visible; }
  .card { border: 0; padding: 0.5rem 0; }
  #accounts thead th { position: static; }
  #accounts td.do { min-width: 0; }
  tr, .totals div { break-inside: avoid; }
  details::details-content { content-visibility: visible; }
}
@page { size: A4 landscape; margin: 12mm; }
`;

/** Without it the whole table is there to read; with it, it can be narrowed down. */
export const SCRIPT = `
const filter = document.getElementById('filter');
const show = document.getElementById('show');
const find = document.getElementById('find');
const shown = document.getElementById('shown');
const rows = [...document.querySelectorAll('#accounts tbody tr')];
const texts = rows.map((row) => row.textContent.toLowerCase());
const apply = () => {
  const wanted = show.value;
  const words = find.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let count = 0;
  rows.forEach((row, i) => {
    const fits = (wanted === '' || row.classList.contains(wanted) || row.dataset.outcome === wanted)
      && words.every((word) => texts[i].includes(word));
    row.hidden = !fits;
    if (fits) count += 1;
  });
  shown.textContent = count.toLocaleString('en-US') + ' of ' + rows.length.toLocaleString('en-US') + ' listed ' + filter.dataset.things + ' shown';
};
filter.hidden = rows.length === 0;
filter.addEventListener('input', apply);
apply();
`;

const hashSource = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Nothing is loaded from anywhere, and no script or style runs but the two above. */
const POLICY = `default-src 'none'; style-src ${hashSource(STYLE)}; script-src ${hashSource(SCRIPT)}; base-uri 'none'; form-action 'none'`;

/** The page to the beginning of what it says. `title`: as text. */
export const pageHead = (title: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
`;
