// The live view of what the node works with: model servers, GPUs, registries, networks.
import type { GpuStats } from "../../src/core/gpu.ts";
import type { NodeStatus } from "../../src/core/status.ts";
import { backendWords, troubledFirst } from "../backend-words.ts";
import { bar } from "./chart.ts";
import { age } from "./figures.ts";
import type { Section } from "./fit.ts";
import { foreign, type Line, type Piece, padded, toned } from "./line.ts";

const GIB_IN_MIB = 1024;
const GPU_COLUMNS = 24;

export function parts({ backends, registries, networks }: NodeStatus, gpus: readonly GpuStats[]): Section[] {
  return [
    { label: "model server", rank: 1, rows: backends.length > 0 ? troubledFirst(backends).map(backendRow) : [NONE] },
    { label: "GPU", rank: 3, rows: gpus.length > 0 ? gpus.map(gpuRow) : [["-"]] },
    { label: "registries", rank: 4, rows: registryRows(registries) },
    {
      label: "networks",
      rank: 2,
      rows: networks.toSorted((a, b) => Number(a.ready) - Number(b.ready)).map(networkRow),
    },
  ];
}

const NONE: Line = [toned("bad", "none: write model_backend.yaml, or run fxn init")];

function backendRow(backend: NodeStatus["backends"][number]): Line {
  const { name, state, inFlight, models, lastError } = backend;
  const well = state === "closed";
  const about = well || lastError === null ? foreign(models.join(", ")) : foreign(lastError);
  return [
    toned(well ? "good" : "bad", `${backendWords(state)}  `),
    `${foreign(name)}  ${inFlight} under way  `,
    toned("dim", about),
  ];
}

/** What is not known is a dash. */
function gpuRow(gpu: GpuStats, index: number): Line {
  const { utilizationGpuPct: busy, vramUsedMb: used, vramTotalMb: total, temperatureC, powerW, powerLimitW } = gpu;
  const figure = (value: number | undefined, unit: string) => `${value === undefined ? "-" : value.toFixed(0)}${unit}`;
  const known = used !== undefined && total !== undefined && total > 0;
  const memory =
    total === undefined
      ? "-"
      : `${known ? (used / GIB_IN_MIB).toFixed(0) : "-"}/${(total / GIB_IN_MIB).toFixed(0)} GiB`;
  return [
    ...padded([`${index} ${shortName(foreign(gpu.name))}`], GPU_COLUMNS),
    ...padded([` ${figure(busy, "%")}`], 6),
    toned(known && used / total > 0.95 ? "warn" : "good", bar(known ? used / total : 0, 8)),
    ...padded([` ${memory}`], 14),
    `${figure(temperatureC, "°C")} ${figure(powerW, powerLimitW === undefined ? " W" : `/${powerLimitW.toFixed(0)} W`)}`,
  ];
}

/** Without its vendor's name where both have no room: the end of a name tells cards apart. */
function shortName(name: string): string {
  return name.length + "00 ".length > GPU_COLUMNS ? name.replace(/^(NVIDIA|AMD|Intel\(R\)|Intel|Apple) /, "") : name;
}

/** All in one row; those that are too old come first. */
function registryRows(registries: NodeStatus["registries"]): Line[] {
  const names = Object.entries(registries).toSorted(([, a], [, b]) => Number(b.stale) - Number(a.stale));
  const pieces = names.map(([name, { entries, ageSeconds, stale }]): Piece => {
    const read = ageSeconds === null ? "never read" : `${age(ageSeconds * 1000)} ago`;
    return stale ? toned("bad", `${foreign(name)} ${read}, TOO OLD  `) : `${foreign(name)} ${entries}, ${read}  `;
  });
  return pieces.length > 0 ? [pieces] : [];
}

function networkRow({ id, ready, reasons, lines }: NodeStatus["networks"][number]): Line {
  const said = lines.map(({ name, value }) => `${name} ${value}`).join("; ");
  return [
    ...padded([foreign(id)], 14),
    ready ? toned("good", "ready  ") : toned("bad", "NOT READY  "),
    toned("dim", foreign(ready ? said : reasons.join("; "))),
  ];
}
