// THE TABLE of those who can be told: one line and one file each.
import type { Config } from "../../config/schema.ts";
import { ntfy } from "./ntfy.ts";
import type { Target, TargetPorts } from "./target.ts";
import { telegram } from "./telegram.ts";
import { webhook } from "./webhook.ts";

export type { Target, TargetPorts } from "./target.ts";

/** What the settings say of each target, in the order of openTargets. */
export function entriesOf({ webhooks, ntfy, telegram }: Config["alerts"]) {
  return [...webhooks, ...ntfy, ...telegram];
}

/** Of several at one host, the later ones have a number. */
export function openTargets(settings: Config["alerts"], ports: TargetPorts): readonly Target[] {
  const all = [
    ...settings.webhooks.map((one) => webhook(one, ports)),
    ...settings.ntfy.map((one) => ntfy(one, ports)),
    ...settings.telegram.map((one) => telegram(one, ports)),
  ];
  return all.map((target, index) => {
    const before = all.slice(0, index).filter(({ name }) => name === target.name).length;
    return before === 0 ? target : { ...target, name: `${target.name} #${before + 1}` };
  });
}
