/** Owns how a report looks, light and dark. */

const light = {
  bg: '#fbfaf8',
  panel: '#fff',
  ink: '#1f2326',
  soft: '#5c656b',
  faint: '#8b949a',
  line: '#e3e0da',
  accent: '#b4552d',
  easy: '#4c8fc0',
  medium: '#d9b25f',
  hard: '#cc5a45',
  real: '#47729e',
  synthetic: '#d2703a',
  ground: '#c9cdd0',
};
const dark: Partial<typeof light> = {
  bg: '#15181b',
  panel: '#1c2024',
  ink: '#e6e4df',
  soft: '#a9b0b5',
  faint: '#7d868c',
  line: '#2c3237',
  accent: '#e08a5c',
  real: '#7fa9d4',
  synthetic: '#e8945f',
  ground: '#4a5157',
};
const variables = (palette: Partial<typeof light>) =>
  Object.entries(palette)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';');

/** What is drawn in charts. */
const chartRules = `
svg text{font:11.5px system-ui,sans-serif}
.faint,.tick{color:var(--faint);fill:var(--faint)}
.name{fill:var(--ink);font-weight:600}.keytext{fill:var(--soft)}.onbar{fill:#fff;font-weight:600}
.grid{stroke:var(--line)}.axis{stroke:var(--faint)}
.diagonal{stroke:var(--faint);stroke-dasharray:4 4}
.whisker{stroke:var(--soft);stroke-width:1.6}
.interval{fill:none;stroke-width:1.3}
.mark{stroke:var(--panel);stroke-width:1.5}
.line{fill:none;stroke-width:2.2;stroke-linejoin:round}.dashed{stroke-dasharray:7 4}.dotted{stroke-dasharray:2 4}
.ground{fill:var(--ground);opacity:.75}
.asked{stroke-width:3}
`;

/**
 * A chart as a file of its own, on white. Its colours are written out: variables are known to browsers, not to every
 * program that opens an SVG.
 */
export function svgFile(chart: string): string {
  const [, width, height] = /^<svg viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(chart) ?? [];
  if (height === undefined) throw new Error(`svg file: ${chart.slice(0, 60)}, wanted <svg viewBox="0 0 w h"`);
  const open = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"`;
  const rules = `<style>${chartRules}</style><rect width="100%" height="100%" fill="#fff"/>`;
  return `${chart.replace('<svg', open).replace('>', `>${rules}`)}\n`.replace(
    /var\(--(\w+)\)/g,
    (_, name: string) => light[name as keyof typeof light],
  );
}

export const style = `
:root{${variables(light)}}
@media(prefers-color-scheme:dark){:root{${variables(dark)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:1180px;margin:0 auto;padding:36px 28px 72px}
header{border-bottom:1px solid var(--line);padding-bottom:18px;margin-bottom:22px}
.brand{font-size:12px;letter-spacing:.14em;text-transform:uppercase;color:var(--accent);font-weight:600}
h1{font-size:28px;line-height:1.2;margin:4px 0 8px;font-weight:620;letter-spacing:-.01em}
h2{font-size:18px;margin:0 0 6px;font-weight:620}
h3{font-size:13px;margin:0;font-weight:600}
p{margin:0 0 10px;max-width:100ch}
.lead{font-size:15px;color:var(--soft);margin:0}
.intro{color:var(--soft);margin-bottom:14px}
section{margin-top:38px}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:1px;background:var(--line);border:1px solid var(--line);border-radius:8px;overflow:hidden;margin:0}
.figures div{background:var(--panel);padding:12px 14px}
dt{font-size:12px;color:var(--soft)}
dd{margin:2px 0 0;font-size:21px;font-weight:600;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{font-size:12px;font-weight:500;color:var(--soft);text-align:left;padding:4px 10px 4px 0;border-bottom:1px solid var(--line)}
td{padding:5px 10px 5px 0;border-bottom:1px solid var(--line);vertical-align:middle}
td.n{white-space:nowrap}
tr.sum td{font-weight:600;border-bottom:0}
.plain td:first-child{color:var(--soft);width:210px}
.plain td{overflow-wrap:anywhere}
.barcell{width:38%;min-width:120px}
.bar{display:block;height:8px;border-radius:4px;background:var(--accent);opacity:.75;min-width:2px}
.buckets{display:flex;height:16px;gap:2px;border-radius:5px;overflow:hidden;background:var(--line)}
.buckets.small{height:9px;border-radius:4px}
.part{flex:0 0 0}
.easy{background:var(--easy)}.medium{background:var(--medium)}.hard{background:var(--hard)}
.legend{margin:8px 0 14px}
.key{display:inline-flex;align-items:center;gap:6px;margin-right:16px;font-size:12px;color:var(--soft)}
.swatch{width:10px;height:10px;border-radius:50%;display:inline-block}
.swatch.hollow{border:1.6px solid var(--ink);background:none}
.swatch.curve-0{background:var(--real)}.swatch.curve-1{background:var(--synthetic)}
.ramp{width:110px;height:8px;border-radius:4px;display:inline-block}
figure{margin:0}
.chart{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:12px 14px}
.chart svg{display:block;width:100%;height:auto}
.chart figcaption{padding-top:8px;line-height:1.9}
.chart.narrow{flex:0 0 420px;max-width:100%}
${chartRules}.band-0{fill:var(--easy);opacity:.06}.band-1{fill:var(--medium);opacity:.07}.band-2{fill:var(--hard);opacity:.07}
.area{stroke:none;opacity:.14}
.line.curve-0{stroke:var(--real)}.area.curve-0{fill:var(--real)}
.line.curve-1{stroke:var(--synthetic)}.area.curve-1{fill:var(--synthetic)}
.dot{fill:none;stroke-linecap:round;stroke-width:5.4;opacity:.85}
.dot.unscored{stroke:var(--faint)}
.ring circle{fill:none;stroke:var(--ink);stroke-width:1.1;opacity:.8}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:14px}
.beside{display:flex;gap:26px;align-items:flex-start;flex-wrap:wrap}
.beside table{flex:1 1 380px;width:auto}
.strip{display:flex;flex-wrap:wrap;gap:6px}
.tile{position:relative;width:72px}
.tile img{display:block;width:72px;height:72px;object-fit:cover;border-radius:5px;background:var(--line)}
.tile b{position:absolute;left:4px;top:54px;font-size:10.5px;line-height:1;padding:2px 4px;border-radius:3px;color:#fff;font-weight:650;font-variant-numeric:tabular-nums}
.tile b.on-light{color:#22262a}
.tile figcaption{font-size:10.5px;line-height:1.25;color:var(--soft);padding-top:2px;overflow-wrap:anywhere}
.classrow{display:grid;grid-template-columns:110px 1fr 1fr;gap:18px;padding:10px 0;border-top:1px solid var(--line)}
.byline{margin:12px 0 6px;color:var(--soft)}
.scroll{overflow-x:auto}
tr.compared td{color:var(--soft);border-bottom-style:dotted}
.chart+table,.chart+.scroll,.pair+table{margin-top:14px}
.genrow{display:grid;grid-template-columns:110px repeat(var(--levels),1fr);gap:18px;padding:10px 0;border-top:1px solid var(--line)}
.head{border-top:0;padding:0 0 6px;font-size:12px;color:var(--soft)}
.heat{table-layout:fixed}
.heat th,.heat .r{text-align:center;padding-right:0}
.heat th:first-child{width:150px}.heat th:nth-child(2){width:70px}
.heat th:first-child{text-align:left}.heat th:nth-child(2){text-align:left}
.r{border:2px solid var(--bg);border-radius:4px;color:var(--soft)}
.r.strong{font-weight:650;color:var(--ink)}
.r.dominant{box-shadow:inset 0 0 0 2px var(--ink)}
.heat .sum .r{color:var(--ink)}
ul{margin:0;padding-left:18px}li{margin:0 0 6px;max-width:90ch}
footer{margin-top:44px;color:var(--faint);font-size:12px}
@media(max-width:820px){.pair{grid-template-columns:1fr}.classrow,.genrow{grid-template-columns:1fr}}
@media print{main{max-width:none}section{break-inside:avoid-page}}
`;
