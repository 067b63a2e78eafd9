/**
 * Figures in the text format of Prometheus (version 0.0.4) for processes that have no room for a library: prom-client
 * takes 20 MB of resident memory, this takes none to speak of.
 */
export type Labels = Readonly<Record<string, string>>;

interface Figure {
  readonly name: string;
  readonly help: string;
}

export interface HistogramFigure extends Figure {
  /** Upper bounds in rising order; that of infinity is added. */
  readonly buckets: readonly number[];
}

type Sample = readonly [name: string, labels: Labels, value: number];

interface Family extends Figure {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: () => Iterable<Sample>;
}

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** However labels are misused, a figure never grows beyond this many series; what is more is left out. */
const MAX_SERIES = 500;

function seriesKey(labels: Labels): string {
  return Object.entries(labels).flat().join('\n');
}

/** Values of one figure by their labels. */
class Series<T> {
  readonly #series = new Map<string, { labels: Labels; value: T }>();
  readonly #make: () => T;

  constructor(make: () => T) {
    this.#make = make;
  }

  at(labels: Labels): { labels: Labels; value: T } | undefined {
    const key = seriesKey(labels);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size >= MAX_SERIES) return undefined;
    const made = { labels, value: this.#make() };
    this.#series.set(key, made);
    return made;
  }

  values(): Iterable<{ labels: Labels; value: T }> {
    return this.#series.values();
  }
}

export interface Counter {
  add(amount: number, labels?: Labels): void;
}

export interface Histogram {
  observe(value: number): void;
}

export class MetricsRegistry {
  readonly #families = new Map<string, Family>();

  /** @param figure its name ends in `_total` */
  counter(figure: Figure): Counter {
    const series = new Series(() => 0);
    this.#add({
      ...figure,
      type: 'counter',
      samples: function* () {
        for (const { labels, value } of series.values()) yield [figure.name, labels, value];
      },
    });
    return {
      add: (amount, labels = {}) => {
        const entry = series.at(labels);
        if (entry !== undefined) entry.value += amount;
      },
    };
  }

  /** Read when asked for. Undefined: not known now, and left out. */
  gauge(figure: Figure, read: () => number | undefined): void {
    this.#read('gauge', figure, read);
  }

  /** The same with a value for each set of labels. */
  labelledGauge(
    figure: Figure,
    read: () => Iterable<readonly [labels: Labels, value: number]>,
  ): void {
    this.#add({
      ...figure,
      type: 'gauge',
      samples: function* () {
        let count = 0;
        for (const [labels, value] of read()) {
          count += 1;
          if (count > MAX_SERIES) return;
          yield [figure.name, labels, value];
        }
      },
    });
  }

  /** A counter that somebody else keeps, read when asked for. @param figure its name ends in `_total` */
  readCounter(figure: Figure, read: () => number | undefined): void {
    this.#read('counter', figure, read);
  }

  histogram(figure: HistogramFigure): Histogram {
    const counts = new Float64Array(figure.buckets.length + 1);
    let sum = 0;
    let count = 0;
    this.#add({
      ...figure,
      type: 'histogram',
      samples: function* () {
        let below = 0;
        for (const [index, bound] of figure.buckets.entries()) {
          below += counts[index] ?? 0;
          yield [`${figure.name}_bucket`, { le: String(bound) }, below];
        }
        yield [`${figure.name}_bucket`, { le: '+Inf' }, count];
        yield [`${figure.name}_sum`, {}, sum];
        yield [`${figure.name}_count`, {}, count];
      },
    });
    return {
      observe: (value) => {
        const found = figure.buckets.findIndex((bound) => value <= bound);
        const index = found === -1 ? figure.buckets.length : found;
        counts[index] = (counts[index] ?? 0) + 1;
        sum += value;
        count += 1;
      },
    };
  }

  render(): string {
    const lines: string[] = [];
    for (const { name, help, type, samples } of this.#families.values()) {
      lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`);
      for (const [sample, labels, value] of samples()) {
        lines.push(`${sample}${renderLabels(labels)} ${value}`);
      }
    }
    return `${lines.join('\n')}\n`;
  }

  #read(type: 'counter' | 'gauge', figure: Figure, read: () => number | undefined): void {
    this.#add({
      ...figure,
      type,
      samples: () => {
        const value = read();
        return value === undefined ? [] : [[figure.name, {}, value]];
      },
    });
  }

  #add(family: Family): void {
    if (this.#families.has(family.name)) throw new TypeError(`two figures named ${family.name}`);
    this.#families.set(family.name, family);
  }
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${escapeHelp(value).replaceAll('"', '\\"')}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
