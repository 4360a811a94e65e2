// The dashboard has the form that Grafana imports: what its own types ask for, no data source by name, panels that fit the grid.
import { expect, test } from "bun:test";
import { z } from "zod";
import { grafanaDashboard } from "./grafana.ts";
import { ROWS } from "./panels.ts";

const source = z.strictObject({ type: z.literal("prometheus"), uid: z.literal("$datasource") });
const gridPos = z.strictObject({
  x: z.int().min(0).max(23),
  y: z.int().min(0),
  w: z.int().min(1).max(24),
  h: z.int().min(1),
});
const target = z.object({
  refId: z.string().regex(/^[A-Z]$/),
  datasource: source,
  expr: z.string().min(1),
  legendFormat: z.string().min(1),
});
const panel = z.discriminatedUnion("type", [
  z.object({ type: z.literal("row"), id: z.int(), title: z.string().min(1), gridPos, panels: z.array(z.never()) }),
  z.object({
    type: z.enum(["stat", "timeseries"]),
    id: z.int(),
    title: z.string().min(1),
    description: z.string().min(1),
    datasource: source,
    gridPos,
    fieldConfig: z.object({ defaults: z.object({}), overrides: z.array(z.unknown()) }),
    options: z.object({}),
    targets: z.array(target).min(1),
  }),
]);
const dashboard = z.object({
  uid: z.string().max(40),
  title: z.literal("fxn"),
  schemaVersion: z.int().min(39),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string() })) }),
  panels: z.array(panel),
});

test("a dashboard of schema 39 or later, with its data source and node to be chosen, the same each time", () => {
  const text = grafanaDashboard();
  expect(grafanaDashboard()).toBe(text);
  const { templating, panels } = dashboard.parse(JSON.parse(text));
  expect(templating.list.map(({ name, type }) => [name, type])).toEqual([
    ["datasource", "datasource"],
    ["instance", "query"],
  ]);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  expect(panels.filter(({ type }) => type === "row").map(({ title }) => title)).toEqual(ROWS.map(({ title }) => title));
});

test("no panel lies on another or leaves the grid", () => {
  const taken = new Set<string>();
  for (const { title, gridPos: at } of dashboard.parse(JSON.parse(grafanaDashboard())).panels) {
    expect(at.x + at.w).toBeLessThanOrEqual(24);
    for (let x = at.x; x < at.x + at.w; x++)
      for (let y = at.y; y < at.y + at.h; y++) {
        expect([title, x, y, taken.has(`${x} ${y}`)]).toEqual([title, x, y, false]);
        taken.add(`${x} ${y}`);
      }
  }
});

test("every expression asks for the nodes that were chosen", () => {
  for (const one of dashboard.parse(JSON.parse(grafanaDashboard())).panels)
    if (one.type !== "row") for (const { expr } of one.targets) expect(expr).toMatch(/[{,]instance=~"\$instance"\}/);
});
