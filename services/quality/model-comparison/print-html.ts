import type { ComparisonScatter, ModelComparison } from '#contracts/model-comparison.ts';
import { describeBeside, describeProportion, describeTogether } from './words.ts';

const SIDE = 320;
const MARGIN = 36;

function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[], tag: 'td' | 'th') =>
    `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  const headRow = head.length === 0 ? '' : `<thead>${cells(head, 'th')}</thead>`;
  return `<table>${headRow}<tbody>${rows.map((row) => cells(row, 'td')).join('')}</tbody></table>`;
}

function plot({ label, thresholdA, thresholdB, points, total }: ComparisonScatter): string {
  const x = (score: number) => (MARGIN + score * SIDE).toFixed(1);
  const y = (score: number) => (MARGIN + (1 - score) * SIDE).toFixed(1);
  const line = (x1: string, y1: string, x2: string, y2: string) =>
    `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" class="rule"/>`;
  const marks = points.map(([a, b]) => `<circle cx="${x(a)}" cy="${y(b)}" r="2.5"/>`).join('');
  const rules = [
    thresholdA === null ? '' : line(x(thresholdA), y(0), x(thresholdA), y(1)),
    thresholdB === null ? '' : line(x(0), y(thresholdB), x(1), y(thresholdB)),
  ].join('');
  const size = SIDE + 2 * MARGIN;
  const title = `${label}: scores of ${total} studies`;
  return `<figure><svg viewBox="0 0 ${size} ${size}" width="${size}" role="img" aria-label="${escapeHtml(title)}">
<rect x="${MARGIN}" y="${MARGIN}" width="${SIDE}" height="${SIDE}" class="frame"/>${rules}${marks}
<text x="${size / 2}" y="${size - 8}" text-anchor="middle">score of A</text>
<text x="12" y="${size / 2}" text-anchor="middle" transform="rotate(-90 12 ${size / 2})">score of B</text>
<text x="${MARGIN}" y="${size - 22}" text-anchor="middle">0</text><text x="${size - MARGIN}" y="${size - 22}" text-anchor="middle">1</text>
</svg><figcaption>${escapeHtml(title)}${points.length < total ? `, ${points.length} of them drawn` : ''}. Lines: the score from which each flags.</figcaption></figure>`;
}

function reasons(report: ModelComparison): string {
  const rows = (['a', 'b'] as const).flatMap((side) =>
    report[side].reasons.map(({ reason, count }) => [side.toUpperCase(), reason, String(count)]),
  );
  if (rows.length === 0) return '';
  return `<h2>Not analysed, and why</h2>${table(['Model', 'Reason', 'Studies'], rows)}`;
}

function subgroups(report: ModelComparison): string {
  const rows = report.subgroups.map(({ by, group, flaggedA, flaggedB }) => [
    by,
    group,
    describeProportion(flaggedA),
    describeProportion(flaggedB),
  ]);
  return `<h2>Flagged, by subgroup</h2>${table(['By', 'Group', 'A', 'B'], rows)}`;
}

function differences(report: ModelComparison): string {
  const word = (flagged: boolean, score: number | null) =>
    `${flagged ? 'flagged' : 'not flagged'}${score === null ? '' : `, score ${score.toFixed(3)}`}`;
  const rows = report.differences.map((one) => [
    one.studyInstanceUid,
    one.receivedAt.slice(0, 16).replace('T', ' '),
    `${one.modality ?? '?'} ${one.site}`.trim(),
    word(one.flaggedA, one.scoreA),
    word(one.flaggedB, one.scoreB),
    String(one.placesGained),
    one.confirmed === null ? 'not read' : one.confirmed ? 'finding confirmed' : 'none confirmed',
  ]);
  const more =
    report.differencesLeftOut === 0 ? '' : `<p>${report.differencesLeftOut} more are left out.</p>`;
  const head = ['Study', 'Received (UTC)', 'What', 'A', 'B', 'Places gained with B', 'Reader'];
  return `<h2>Studies that differ</h2>${table(head, rows)}${more}`;
}

const STYLE = `body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1c2430;background:#fff}
table{border-collapse:collapse;margin:.5rem 0 1.5rem}td,th{border:1px solid #ccd3dc;padding:.3rem .6rem;text-align:left;vertical-align:top}
th{background:#eef1f5}.caveat{border-left:4px solid #b26a00;padding:.2rem .8rem}svg text{font-size:12px;fill:#333}
.frame{fill:none;stroke:#888}.rule{stroke:#b26a00;stroke-dasharray:4 3}circle{fill:#1f6feb;fill-opacity:.55}figure{margin:0 0 1rem}`;

/** The report as one page that needs nothing besides itself. It names studies by their UIDs, and no patient. */
export function printHtml(report: ModelComparison): string {
  const title = `${report.a.modelId} ${report.a.version} (A) and ${report.b.modelId} ${report.b.version} (B)`;
  const window = `Studies received ${report.from === null ? 'from the beginning' : `from ${report.from}`} until ${report.to ?? 'now'}.`;
  const caveats = report.caveats
    .map((text) => `<p class="caveat">${escapeHtml(text)}</p>`)
    .join('');
  const figures =
    report.compared === 0
      ? '<p>No study was analysed by both yet.</p>'
      : [
          table([], describeTogether(report)),
          table(['', 'A', 'B'], describeBeside(report)),
          ...report.scatter.map(plot),
          reasons(report),
          subgroups(report),
          differences(report),
        ].join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><h1>${escapeHtml(title)}</h1><p>${escapeHtml(window)}</p>${caveats}
${figures}</body></html>
`;
}
