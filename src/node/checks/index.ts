// THE CHECK TABLE: what is looked at when there is no traffic, in the order in which things break; the first red is the answer.
import { CALLER_CHECKS, PROVIDER_CHECKS, RPC_CHECKS } from "../../../registries/checks.ts";
import type { RegistryLook } from "../../../registries/look.ts";
import { BACKEND_CHECK_TEXTS } from "../../backends/index.ts";
import { type Check, type CheckKind, type CheckText, checksOn, skip } from "../../core/check.ts";
import { MODEL_SERVER_CHECKS } from "../../inference/checks.ts";
import { OWN_NETWORKS } from "../../networks/index.ts";
import { textsOfNetwork } from "../own-checks.ts";
import { CLOCK_CHECKS } from "./clock.ts";
import { CONFIG_CHECKS, VALID } from "./config.ts";
import { DISK_CHECKS } from "./disk.ts";
import { FILE, KEY_CHECKS, MODE } from "./key.ts";
import { MODEL_CHECKS } from "./models.ts";
import { PROMPT_CHECKS } from "./prompt.ts";
import { PUBLIC_IP_CHECKS } from "./public-ip.ts";
import { PUBLIC_URL_CHECKS } from "./public-url.ts";
import { READY_CHECKS, RUNNING_CHECKS, SERVING_CHECKS } from "./running.ts";
import { SEEN_CHECKS } from "./seen.ts";
import type { Surroundings } from "./surroundings.ts";
import { TLS_FILES_CHECKS } from "./tls-files.ts";

/** The networks' own follow after these: each brings them by its session. */
export const CHECK_TEXTS: readonly CheckText[] = [
  ...CONFIG_CHECKS,
  ...KEY_CHECKS,
  ...DISK_CHECKS,
  ...CLOCK_CHECKS,
  ...TLS_FILES_CHECKS,
  ...RUNNING_CHECKS,
  ...PUBLIC_URL_CHECKS,
  ...PUBLIC_IP_CHECKS,
  ...RPC_CHECKS,
  ...CALLER_CHECKS,
  ...READY_CHECKS,
  ...PROVIDER_CHECKS,
  ...MODEL_CHECKS,
  ...MODEL_SERVER_CHECKS,
  ...SERVING_CHECKS,
  ...PROMPT_CHECKS,
  ...SEEN_CHECKS,
];

/** With those of each kind of model server and of each network, which are asked where there is one. */
export const EXPLAINED: readonly CheckText[] = [
  ...CHECK_TEXTS,
  ...BACKEND_CHECK_TEXTS,
  ...OWN_NETWORKS.flatMap(textsOfNetwork),
];

/** Those that are asked from outside of the node, whether it runs or not. */
export function checksFromOutside(look: Surroundings): readonly Check[] {
  return [
    ...checksOn(
      [
        ...CONFIG_CHECKS,
        ...KEY_CHECKS,
        ...DISK_CHECKS,
        ...CLOCK_CHECKS,
        ...TLS_FILES_CHECKS,
        ...RUNNING_CHECKS,
        ...PUBLIC_URL_CHECKS,
        ...PUBLIC_IP_CHECKS,
        ...READY_CHECKS,
        ...MODEL_CHECKS,
        ...SERVING_CHECKS,
      ],
      look,
    ),
    ...ofRegistries([...RPC_CHECKS, ...CALLER_CHECKS], look),
    // Whose entries are looked for, the key says.
    ...ofRegistries(PROVIDER_CHECKS, look, [MODE, FILE]),
  ];
}

function ofRegistries(
  kinds: readonly CheckKind<RegistryLook>[],
  look: Surroundings,
  causes: readonly string[] = [],
): readonly Check[] {
  return kinds.map((kind) => ({
    ...kind,
    after: [VALID, ...causes, ...(kind.after ?? [])],
    async run(signal) {
      const registries = await look.registries();
      return registries ? kind.run(registries, signal) : skip("no network that is on has registries");
    },
  }));
}
