import type { FaithfulnessFigures } from '../faithfulness-schema.ts';
import { html, type Markup } from './markup.ts';
import { decimal, MAP_WORDS, meanText } from './numbers.ts';
import { drawPlot, path, UNIT_TICKS } from './plot-frame.ts';
import { table } from './tables.ts';

type Kind = keyof FaithfulnessFigures['curves'];

const ORIGINS: Readonly<Record<FaithfulnessFigures['origin'], string>> = {
  own: 'made by the network itself',
  occlusion: 'made by occlusion: patches of the image are hidden one after another',
  rise: 'made by RISE: about half of the image is hidden in many random ways',
};

/** Mean score while pixels go, or come, in the order of the heatmap and of random maps. */
function curvePlot({ fractions, curves, images }: FaithfulnessFigures, kind: Kind): Markup {
  const points = (scores: readonly number[]) =>
    scores.map((score, step): [number, number] => [fractions[step] ?? 0, score]);
  const { map, random } = curves[kind];
  const told = (scores: readonly number[]) => scores.map((score) => decimal(score, 2)).join(', ');
  const verb = kind === 'deletion' ? 'deleted' : 'inserted';
  const options = {
    description: `Mean score of ${images} images while pixels are ${verb}, from none to all. In the heatmap’s order: ${told(map)}. In a random order: ${told(random)}.`,
    x: { label: `share of the image ${verb}`, from: 0, to: 1, ticks: UNIT_TICKS },
    y: { label: 'mean score', from: 0, to: 1, ticks: UNIT_TICKS },
    height: 260,
  };
  return drawPlot(options, (area) => [
    html`<path class="curve second" d="${path(area, points(random))}"/>`,
    html`<path class="curve" d="${path(area, points(map))}"/>`,
  ]);
}

/** Whether heatmaps mark what scores come from. */
export function faithfulnessSection(figures: FaithfulnessFigures): Markup {
  const { images, patients, flagged, withoutMap } = figures;
  const less = (mean: FaithfulnessFigures['maps'][number]['deletionLessRandom']) =>
    mean === null ? '–' : meanText(mean);
  return html`<h3>What the heatmap is worth</h3>
<p>Pixels are blurred away (deletion) or brought back into a blurred image (insertion) in the heatmap’s order, the most marked first, and the image is scored after each step. A heatmap that marks what the score comes from makes it fall, or rise, sooner than random places do. ${images} of ${flagged} flagged images of ${patients} patients, drawn by chance; heatmaps ${ORIGINS[figures.origin]}.${withoutMap === 0 ? '' : ` ${withoutMap} more had no heatmap.`}</p>
<div class="plots"><figure>${curvePlot(figures, 'deletion')}<figcaption>Deletion. Full line: heatmap. Dashed: mean of three random maps.</figcaption></figure>
<figure>${curvePlot(figures, 'insertion')}<figcaption>Insertion, drawn alike.</figcaption></figure></div>
${table(
  'Mean area under the curve (95% from resampled patients); deletion: lower is better, insertion: higher is better',
  ['Order', 'Deletion', 'less random', 'Insertion', 'less random'],
  figures.maps.map((map) => [
    MAP_WORDS[map.name],
    meanText(map.deletion),
    less(map.deletionLessRandom),
    meanText(map.insertion),
    less(map.insertionLessRandom),
  ]),
)}
<p class="soft">This says whether the heatmap tells what the model looked at, not whether the model looked at the finding. A blurred image is none that the model was trained on, and its answer to it is part of the figure.</p>`;
}
