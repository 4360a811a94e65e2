// The panel table as a dashboard of Grafana, to be imported as a file: it asks for no data source by name.
import type { Panel, Row } from "./panel.ts";
import { ROWS } from "./panels.ts";

/** Grafana 11 and later; older ones leave out what they do not know. */
const SCHEMA_VERSION = 41;
const SOURCE = { type: "prometheus", uid: "$datasource" };
const NODE = 'instance=~"$instance"';
/** Grafana's grid is 24 wide. */
const WIDTH = 24;
const STAT = { w: 6, h: 4 };
const CHART = { w: 8, h: 7 };

export function grafanaDashboard(): string {
  const dashboard = {
    uid: "fxn",
    title: "fxn",
    description: "Made by fxn dashboard export.",
    tags: ["fxn"],
    timezone: "browser",
    editable: true,
    graphTooltip: 1,
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    refresh: "30s",
    time: { from: "now-6h", to: "now" },
    annotations: { list: [] },
    links: [],
    templating: { list: [sourceVariable(), instanceVariable()] },
    panels: panels(ROWS),
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

/** Each row's title across, its panels from left to right below. */
function panels(rows: readonly Row[]): unknown[] {
  const all: unknown[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    all.push({
      id: all.length + 1,
      type: "row",
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: WIDTH, h: 1 },
      panels: [],
    });
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of panels) {
      const { w, h } = panel.kind === "stat" ? STAT : CHART;
      if (x + w > WIDTH) {
        y += height;
        [x, height] = [0, 0];
      }
      all.push({ id: all.length + 1, ...panelJson(panel), gridPos: { x, y, w, h } });
      x += w;
      height = Math.max(height, h);
    }
    y += height;
  }
  return all;
}

function panelJson({ title, description, unit, kind, queries }: Panel) {
  return {
    type: kind ?? "timeseries",
    title,
    description,
    datasource: SOURCE,
    fieldConfig: { defaults: unit === "yesno" ? YES_OR_NO : { unit, ...color(kind) }, overrides: [] },
    options: kind === "stat" ? statOptions(title) : CHART_OPTIONS,
    targets: queries.map(({ expr, legend }, i) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + i),
      datasource: SOURCE,
      editorMode: "code",
      expr: expr.replaceAll("$node", NODE),
      legendFormat: legend,
      range: kind !== "stat",
      instant: kind === "stat",
    })),
  };
}

const YES_OR_NO = {
  mappings: [
    {
      type: "value",
      options: { 0: { text: "no", color: "red", index: 1 }, 1: { text: "yes", color: "green", index: 0 } },
    },
  ],
};

const CHART_OPTIONS = {
  legend: { displayMode: "list", placement: "bottom", showLegend: true },
  tooltip: { mode: "multi", sort: "desc" },
};

/** A version is a name, not a number. */
function statOptions(title: string) {
  return {
    colorMode: "value",
    graphMode: "none",
    textMode: title === "Version" ? "name" : "value_and_name",
    reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
  };
}

function color(kind: Panel["kind"]) {
  return kind === "stat" ? { color: { mode: "fixed", fixedColor: "text" } } : { color: { mode: "palette-classic" } };
}

function sourceVariable() {
  return {
    name: "datasource",
    label: "Prometheus",
    type: "datasource",
    query: "prometheus",
    refresh: 1,
    hide: 0,
    includeAll: false,
    multi: false,
    current: {},
    options: [],
    regex: "",
  };
}

function instanceVariable() {
  return {
    name: "instance",
    label: "node",
    type: "query",
    datasource: SOURCE,
    definition: "label_values(fxn_build_info, instance)",
    query: { query: "label_values(fxn_build_info, instance)", refId: "instance" },
    refresh: 2,
    sort: 1,
    hide: 0,
    includeAll: true,
    multi: true,
    current: { text: "All", value: "$__all" },
    options: [],
    regex: "",
  };
}
