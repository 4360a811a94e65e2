// Counters, gauges and histograms for the way of every request: prom-client's own look their labels up anew at each step.
import {
  Counter,
  type CounterConfiguration,
  Gauge,
  type GaugeConfiguration,
  Histogram,
  type HistogramConfiguration,
  type LabelValues,
} from "prom-client";

/** Between two label values, in keys; no value of ours has it. */
const BETWEEN = "\u0000";

function keyOf<T extends string>(names: readonly T[], labels: LabelValues<T>): string {
  let key = "";
  for (const name of names) key += `${labels[name] ?? ""}${BETWEEN}`;
  return key;
}

/** Counts here, and tells prom-client when it is scraped. */
export class LightCounter<T extends string> {
  readonly #labelNames: readonly T[];
  readonly #counts = new Map<string, { readonly labels: LabelValues<T>; count: number }>();

  constructor(config: CounterConfiguration<T> & { labelNames: readonly T[] }) {
    this.#labelNames = config.labelNames;
    const tell = (counter: Counter<T>) => this.#tell(counter);
    new Counter<T>({
      ...config,
      collect() {
        tell(this);
      },
    });
  }

  inc(labels: LabelValues<T>, by = 1): void {
    const key = keyOf(this.#labelNames, labels);
    const known = this.#counts.get(key);
    if (known) known.count += by;
    else this.#counts.set(key, { labels, count: by });
  }

  #tell(counter: Counter<T>): void {
    for (const entry of this.#counts.values()) {
      counter.inc(entry.labels, entry.count);
      entry.count = 0;
    }
  }
}

/** Has its values here, and tells prom-client when it is scraped. */
export class LightGauge<T extends string> {
  readonly #labelNames: readonly T[];
  readonly #values = new Map<string, { readonly labels: LabelValues<T>; value: number }>();

  constructor(config: GaugeConfiguration<T> & { labelNames: readonly T[] }) {
    this.#labelNames = config.labelNames;
    const values = this.#values;
    new Gauge<T>({
      ...config,
      collect() {
        for (const { labels, value } of values.values()) this.set(labels, value);
      },
    });
  }

  add(labels: LabelValues<T>, by: number): void {
    this.#of(labels).value += by;
  }

  set(labels: LabelValues<T>, value: number): void {
    this.#of(labels).value = value;
  }

  #of(labels: LabelValues<T>): { value: number } {
    const key = keyOf(this.#labelNames, labels);
    const known = this.#values.get(key);
    if (known) return known;
    const fresh = { labels, value: 0 };
    this.#values.set(key, fresh);
    return fresh;
  }
}

interface Series<T extends string> {
  readonly labels: LabelValues<T>;
  /** Values up to each bound, not those of the bounds below; the last is for all above. */
  readonly counts: number[];
  sum: number;
}

/** Keeps its series itself, and gives them to prom-client in the form of its own histograms. */
export class LightHistogram<T extends string> extends Histogram<T> {
  readonly #config: HistogramConfiguration<T> & { labelNames: readonly T[]; buckets: readonly number[] };
  readonly #series = new Map<string, Series<T>>();
  /** Says what does not depend on values. */
  readonly #empty: Histogram<T>;

  constructor(config: HistogramConfiguration<T> & { labelNames: readonly T[]; buckets: readonly number[] }) {
    const plain = { ...config, buckets: [...config.buckets] };
    super(plain);
    this.#config = config;
    this.#empty = new Histogram({ ...plain, registers: [] });
  }

  record(labels: LabelValues<T>, value: number): void {
    const { labelNames, buckets } = this.#config;
    const key = keyOf(labelNames, labels);
    let series = this.#series.get(key);
    if (!series) {
      series = { labels, counts: new Array(buckets.length + 1).fill(0), sum: 0 };
      this.#series.set(key, series);
    }
    let at = 0;
    while (at < buckets.length && value > (buckets[at] ?? 0)) at++;
    series.counts[at] = (series.counts[at] ?? 0) + 1;
    series.sum += value;
  }

  override async get() {
    const { name, buckets } = this.#config;
    const values = [...this.#series.values()].flatMap(({ labels, counts, sum }) => {
      let below = 0;
      const bounds = counts.map((count, i) => {
        below += count;
        return { labels: { le: buckets[i] ?? "+Inf", ...labels }, value: below, metricName: `${name}_bucket` };
      });
      const plain = { labels };
      return [
        ...bounds,
        { ...plain, value: sum, metricName: `${name}_sum` },
        { ...plain, value: below, metricName: `${name}_count` },
      ];
    });
    return { ...(await this.#empty.get()), values };
  }

  /** What the register asks for when it writes text. */
  async getForPromString() {
    return this.get();
  }
}
