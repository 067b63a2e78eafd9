import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const LATENCY_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The figures of one process in Prometheus' text format. Labels hold routes, codes and states, never a patient. */
export interface Metrics {
  readonly contentType: string;
  observeRequest(labels: { method: string; route: string; status: number }, seconds: number): void;
  countEventClients(change: 1 | -1): void;
  /** Figures that are read when asked for: name, help, and a sample by label value. */
  render(samples: readonly GaugeSample[]): Promise<string>;
}

export interface GaugeSample {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  readonly values: Readonly<Record<string, number>>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'radtriage_http_request_seconds',
    help: 'Time to answer a request',
    labelNames: ['method', 'route', 'status'],
    buckets: LATENCY_BUCKETS_SECONDS,
    registers: [registry],
  });
  const failures = new Counter({
    name: 'radtriage_http_failures_total',
    help: 'Answers with a status of 500 or more',
    labelNames: ['route'],
    registers: [registry],
  });
  const clients = new Gauge({
    name: 'radtriage_event_clients',
    help: 'Open event streams',
    registers: [registry],
  });
  const gauges = new Map<string, Gauge>();
  const gaugeFor = (sample: GaugeSample): Gauge => {
    const known = gauges.get(sample.name);
    if (known !== undefined) return known;
    const { name, help, label } = sample;
    const made = new Gauge({ name, help, labelNames: [label], registers: [registry] });
    gauges.set(name, made);
    return made;
  };
  return {
    contentType: registry.contentType,
    observeRequest: (labels, seconds) => {
      requests.observe({ ...labels, status: String(labels.status) }, seconds);
      if (labels.status >= 500) failures.inc({ route: labels.route });
    },
    countEventClients: (change) => clients.inc(change),
    render: async (samples) => {
      for (const sample of samples) {
        const gauge = gaugeFor(sample);
        gauge.reset();
        for (const [value, count] of Object.entries(sample.values)) {
          gauge.set({ [sample.label]: value }, count);
        }
      }
      return registry.metrics();
    },
  };
}
