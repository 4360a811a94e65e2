// The charts of what goes through the node, and of its GPUs.
import type { Activity } from "../../../core/activity.ts";
import { Chart, type Series } from "./chart.ts";
import { byId } from "./dom.ts";
import { firstTokenSeries, gpuSeries, loadSeries, requestSeries, tokenSeries } from "./series.ts";
import { type Cell, table } from "./table.ts";
import { gibibytes, memory, number, percent, seconds } from "./words.ts";

interface Drawing {
  readonly chart: Chart;
  series(activity: Activity): Series[];
  /** What its axis reaches at least. */
  least?(activity: Activity): number;
}

export function trafficCharts(): (activity: Activity) => void {
  const chart = (id: string, title: string, format: (value: number | null) => string) =>
    new Chart(byId(id), title, format);
  const drawings: Drawing[] = [
    { chart: chart("chart-requests", "Requests per second", number), series: requestSeries },
    { chart: chart("chart-first", "Time to the first token", seconds), series: firstTokenSeries },
    { chart: chart("chart-tokens", "Tokens per second", number), series: tokenSeries },
    { chart: chart("chart-load", "Requests at model servers", number), series: loadSeries, least: () => 4 },
    {
      chart: chart("chart-gpu", "GPU utilisation", percent),
      series: (activity) => gpuSeries(activity, "utilizationPct"),
      least: () => 100,
    },
    {
      chart: chart("chart-memory", "GPU memory in use", gibibytes),
      series: (activity) => gpuSeries(activity, "vramUsedMb").map(inGibibytes),
      least: ({ gpus }) => Math.max(0, ...gpus.map(({ vramTotalMb }) => (vramTotalMb ?? 0) / 1024)),
    },
  ];
  return (activity) => {
    byId("gpu-charts").hidden = activity.gpus.length === 0;
    const times = activity.samples.map(({ at }) => at);
    for (const { chart, series, least } of drawings) chart.update(times, series(activity), least?.(activity));
    showGpus(activity);
  };
}

/** What an axis has round steps of. */
const inGibibytes = ({ name, values }: Series): Series => ({
  name,
  values: values.map((value) => (value === null ? null : value / 1024)),
});

/** No bar stands for what a card does not tell. */
const bar = (value: number | undefined, all: number | undefined, of: string): Cell =>
  value === undefined || !all ? of : { share: value / all, of };

function showGpus({ gpus }: Activity): void {
  table(byId("gpus"), {
    name: "GPUs",
    columns: [
      { name: "GPU", plain: true },
      { name: "Card" },
      { name: "Busy", plain: true },
      { name: "Memory", plain: true },
      { name: "Temperature", number: true },
      { name: "Power", number: true },
      { name: "Driver", plain: true },
    ],
    rows: gpus.map((gpu, at) => [
      String(at),
      gpu.name,
      bar(gpu.utilizationGpuPct, 100, percent(gpu.utilizationGpuPct)),
      bar(gpu.vramUsedMb, gpu.vramTotalMb, `${memory(gpu.vramUsedMb)} of ${memory(gpu.vramTotalMb)}`),
      gpu.temperatureC === undefined ? "–" : `${Math.round(gpu.temperatureC)} °C`,
      gpu.powerW === undefined ? "–" : `${Math.round(gpu.powerW)} W`,
      gpu.driverVersion ?? "–",
    ]),
    none: "No GPU was found on this machine. `fxn gpu list` says what was looked for.",
  });
}
