// What a panel of the dashboard is, and the expressions that many of them share.
export interface Query {
  /** PromQL. `$node` stands for the selector of the nodes that were chosen. */
  readonly expr: string;
  /** "{{model}}": labels in words. */
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  /** What it means, and when to worry. */
  readonly description: string;
  /** As Grafana names it; "yesno" is 1 or 0 in words. */
  readonly unit:
    | "short"
    | "s"
    | "bytes"
    | "percentunit"
    | "reqps"
    | "celsius"
    | "watt"
    | "cps"
    | "dateTimeFromNow"
    | "yesno";
  /** stat: the value now. Default: over time. */
  readonly kind?: "stat";
  readonly queries: readonly Query[];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export const rate = (by: string, series: string): string => `sum by (${by}) (rate(${series}{$node}[$__rate_interval]))`;

export function quantile(share: number, by: string, histogram: string): string {
  return `histogram_quantile(${share}, sum by (${by}, le) (rate(${histogram}_bucket{$node}[$__rate_interval])))`;
}

export const halfAnd95 = (by: string, histogram: string): readonly Query[] =>
  [
    { share: 0.5, words: "half" },
    { share: 0.95, words: "95 of 100" },
  ].map(({ share, words }) => ({ expr: quantile(share, by, histogram), legend: `{{${by}}} ${words}` }));

export const one = (expr: string, legend: string): readonly Query[] => [{ expr, legend }];
