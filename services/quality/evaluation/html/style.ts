/** Of every report: light or dark as the reader's system is, and fit for print. */
export const STYLE = `
:root{color-scheme:light dark;--paper:#fff;--panel:#f6f8fa;--ink:#131a21;--soft:#3b4855;--line:#d5dde5;--axis:#566473;--accent:#0a66b3;--warm:#b4470a;--cool:#46586a;--band:#0a66b3;--warn-paper:#fff4dc;--warn-line:#b07d00}
@media (prefers-color-scheme:dark){:root{--paper:#0f1419;--panel:#161c23;--ink:#e8edf2;--soft:#b3bfcb;--line:#2a343f;--axis:#8b99a8;--accent:#5cb8ff;--warm:#ffab5c;--cool:#93a7bb;--band:#5cb8ff;--warn-paper:#2d2410;--warn-line:#d9a400}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1040px;margin:0 auto;padding:28px 24px 60px}
h1{font-size:25px;line-height:1.25;margin:0 0 4px}
h2{font-size:20px;margin:44px 0 8px;padding-top:18px;border-top:2px solid var(--line)}
h3{font-size:16px;margin:28px 0 6px}
p{margin:6px 0;max-width:78ch}
.soft{color:var(--soft)}
.warn{background:var(--warn-paper);border-left:4px solid var(--warn-line);padding:10px 14px;margin:14px 0;border-radius:4px}
.warn p{margin:3px 0}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:12px;margin:14px 0}
.card{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:12px 14px}
.card b{display:block;font-size:24px;line-height:1.25}
.card span{display:block;color:var(--soft);font-size:13px}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(360px,100%),1fr));gap:22px;margin:10px 0}
figure{margin:0}
figcaption{color:var(--soft);font-size:13px;margin-top:4px}
.wide{overflow-x:auto}
table{border-collapse:collapse;margin:10px 0;font-size:14px;width:100%}
caption{text-align:left;color:var(--soft);font-size:13px;padding-bottom:4px}
th,td{text-align:left;padding:5px 10px 5px 0;border-bottom:1px solid var(--line);vertical-align:top}
thead th{color:var(--soft);font-weight:600;font-size:13px}
tbody th{font-weight:500}
.plot{display:block;width:100%;height:auto;font-size:12px;fill:var(--ink)}
.grid line{stroke:var(--line);stroke-width:1}
.axis line{stroke:var(--axis);stroke-width:1}
.axis text,.note{fill:var(--soft)}
.heading{font-weight:600}
.curve{fill:none;stroke:var(--accent);stroke-width:2;stroke-linejoin:round}
.curve.thin{stroke-width:1.2}
.curve.second{stroke:var(--warm);stroke-dasharray:6 3}
.band{fill:var(--band);opacity:.16}
.chance,.reference line{fill:none;stroke:var(--axis);stroke-dasharray:4 4}
.point path{fill:none;stroke:var(--warm);stroke-width:1.6}
.point circle{fill:var(--warm);stroke:var(--paper);stroke-width:1.2}
.positive rect{fill:var(--warm)}
.negative rect{fill:var(--cool)}
.threshold line{stroke:var(--accent);stroke-dasharray:5 3;stroke-width:1.4}
.scatter circle{fill:var(--cool);opacity:.7}
.scatter circle.with{fill:var(--warm);opacity:.85}
.key{display:inline-block;width:11px;height:11px;border-radius:2px;margin:0 5px -1px 0}
.key.with{background:var(--warm)}
.key.without{background:var(--cool)}
.cases{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(420px,100%),1fr));gap:16px;margin:12px 0}
.case{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:10px;break-inside:avoid}
.case svg{display:block;width:100%;height:auto;background:#000;border-radius:4px}
.case .pair{display:grid;grid-template-columns:1fr 1fr;gap:6px}
.case p{font-size:13px;margin:6px 0 0}
.truth-box{fill:none;stroke:#56c5f5;stroke-width:2;stroke-dasharray:6 3;vector-effect:non-scaling-stroke}
.drawn-box{fill:none;stroke:#ffd600;stroke-width:2;vector-effect:non-scaling-stroke}
code{font:13px ui-monospace,"DejaVu Sans Mono",monospace}
@media print{:root{color-scheme:light;--paper:#fff;--panel:#fff;--ink:#000;--soft:#333;--line:#bbb;--axis:#555;--accent:#0a66b3;--warm:#b4470a;--cool:#46586a;--band:#0a66b3;--warn-paper:#fff}
body{font-size:11pt;print-color-adjust:exact}main{max-width:none;padding:0}h2{break-before:auto}figure,table,.card{break-inside:avoid}.cases{grid-template-columns:1fr 1fr}}
`;
