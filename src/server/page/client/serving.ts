// What serves: models, model servers, registries, engines; and each network in its own words.
import type { NodeStatus } from "../../../core/status.ts";
import { byId, element, show, words } from "./dom.ts";
import { badge, type Cell, type Tone, table } from "./table.ts";
import { number, span } from "./words.ts";

const STATES: Readonly<Record<string, readonly [string, Tone]>> = {
  closed: ["up", "good"],
  open: ["left out", "bad"],
  half_open: ["being tried", "warn"],
  unknown: ["not asked yet", "quiet"],
};

export function showServing(status: NodeStatus): void {
  show(byId("models"), status.models, () =>
    status.models.length > 0
      ? status.models.map((model) => element("li", {}, model))
      : [element("li", {}, "none: see ", element("code", {}, "model_backend.yaml"))],
  );
  table(byId("backends"), {
    name: "Model servers",
    columns: [
      { name: "Server" },
      { name: "State", plain: true },
      { name: "Under way", number: true },
      { name: "Models" },
      { name: "Last error" },
    ],
    rows: status.backends.map(({ name, kind, state, inFlight, models, lastError }) => [
      `${name} (${kind})`,
      stateOf(state),
      number(inFlight),
      some(models),
      lastError ?? "",
    ]),
    none: "None is configured.",
  });
  const waiting = Object.entries(status.waiting)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
  show(byId("queue"), waiting, () => [
    waiting.length === 0 ? "Nobody waits." : some(waiting.map(([model, count]) => `${count} for ${model}`)),
  ]);
  table(byId("registries"), {
    name: "Registries",
    columns: [
      { name: "Registry" },
      { name: "Entries", number: true },
      { name: "Read", plain: true },
      { name: "Block", number: true },
      { name: "Last error" },
    ],
    rows: Object.entries(status.registries).map(([name, { entries, ageSeconds, block, stale, lastError }]) => [
      name,
      number(entries),
      stale ? { badge: ageSeconds === null ? "never" : `${span(ageSeconds)} ago`, tone: "bad" } : ago(ageSeconds),
      block ?? "–",
      lastError ?? "",
    ]),
    none: "No network that is on needs one.",
  });
  table(byId("engines"), {
    name: "What computes challenges",
    columns: [{ name: "Engine", plain: true }, { name: "Device" }, { name: "By", plain: true }],
    rows: status.engines.map(({ backend, device, api }) => [backend, device, api]),
    none: "Nothing yet.",
  });
  showNetworks(status);
}

const SHOWN = 5;

/** The first ones: the names of all models stand above. */
const some = (words: readonly string[]) =>
  words.length <= SHOWN ? words.join(", ") : `${words.slice(0, SHOWN).join(", ")} and ${words.length - SHOWN} more`;

const ago = (seconds: number | null) => (seconds === null ? "never" : `${span(seconds)} ago`);

function stateOf(state: string): Cell {
  const [text, tone] = STATES[state] ?? [state, "quiet"];
  return { badge: text, tone };
}

function showNetworks({ networks }: NodeStatus): void {
  show(byId("network-cards"), networks, () => {
    if (networks.length === 0)
      return [
        element(
          "p",
          { class: "card quiet" },
          ...words("No other network is on. `fxn networks list` shows which there are."),
        ),
      ];
    return networks.map(({ id, ready, reasons, listen, lines }) => {
      const head = [element("h3", {}, id), badge(ready ? "ready" : "no work", ready ? "good" : "bad")];
      const where = listen === null ? [] : [{ name: "listens on", value: listen }];
      const words = [...reasons.map((reason) => ({ name: "why", value: reason })), ...where, ...lines];
      const list = words.flatMap(({ name, value }) => [element("dt", {}, name), element("dd", {}, value)]);
      return element(
        "article",
        { class: "card", "aria-label": id },
        element("div", { class: "head" }, ...head),
        element("dl", { class: "lines" }, ...list),
      );
    });
  });
}
