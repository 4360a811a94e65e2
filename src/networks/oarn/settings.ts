// networks.oarn in config.yaml: each setting with its default and its help. No endpoint and no address has a default.
import { z } from "zod";
import { list } from "../../config/field.ts";
import { address, choice, duration, ether, flag, integer, secret, size, text } from "../../config/fields.ts";
import { baseUrl, proxyAddress, rpcUrl } from "../../config/net-fields.ts";
import { systemClock } from "../../core/clock.ts";
import { createFetch } from "../../lib/fetch.ts";
import { chainShape, chainUse } from "../chain-settings.ts";
import { jobSettings } from "../jobs/settings.ts";
import type { NetworkWallet, SettingProblem } from "../ports.ts";
import { ensName, gateway, uploadUrl } from "./fields.ts";
import { p2pSettings } from "./p2p/settings.ts";
import { wayOut } from "./way-out.ts";

/** Nobody's; it only shows the form. */
const contract = address.meta({ examples: [`0x${"00".repeat(19)}01`] });

const contracts = z
  .strictObject({
    taskRegistryV2: list(address, "a list of addresses")
      .prefault([])
      .describe("Task registries of the second version. There may be several at once."),
    taskRegistry: list(address, "a list of addresses")
      .prefault([])
      .describe("Task registries of the first version, in which any result is paid."),
    oarnRegistry: contract.optional().describe("The directory on chain that names the others."),
    tokenReward: contract.optional().describe("The COMP token, for balances. Default: what the directory says."),
    govToken: contract.optional().describe("The GOV token, for balances. Default: what the directory says."),
    governance: contract.optional().describe("The governance contract. Default: what the directory says."),
  })
  .prefault({})
  .describe("Contracts by their addresses; those that discovery finds come to them.");

const blockchain = z
  .strictObject({
    ...chainShape,
    contracts,
    pollInterval: duration("1ms").prefault("30s").describe("Between looks at the registries."),
    settleInterval: duration("1ms").prefault("1m").describe("Between looks at what was delivered."),
  })
  .prefault({})
  .describe("The chain on which tasks are.");

const discovery = z
  .strictObject({
    method: choice(["auto", "ens", "manual"])
      .prefault("auto")
      .describe("manual: only what stands here. ens, auto: ENS where it is configured, and the directory on chain."),
    directoryName: ensName.prefault("oarn-registry.eth").describe("The name whose address is the directory's."),
    ens: z
      .strictObject({
        rpcUrls: list(rpcUrl, "a list of URLs").prefault([]).describe("RPC endpoints of the chain that ENS is on."),
        registry: contract
          .optional()
          .describe("The ENS registry's address on that chain; without it ENS is not asked."),
        chainId: integer(1).prefault(1).describe("The chain that ENS is on."),
      })
      .prefault({})
      .describe("Where names are looked up."),
    useProviders: flag
      .prefault(true)
      .describe("Uses RPC endpoints that ENS and the directory list, after those that stand here; https only."),
  })
  .prefault({})
  .describe("How RPC endpoints and contracts are found.");

const compute = z
  .strictObject({
    frameworks: list(text("a format", "onnx"), "a list of formats")
      .prefault(["onnx"])
      .describe("Formats of model files that are run. Text tasks need none: they go to the model servers."),
    sandbox: choice(["required", "off"])
      .prefault("required")
      .describe(
        "Models run in a process of their own, in a sandbox (bubblewrap). off: without; where there is none, nothing runs.",
      ),
    acceptedModels: list(text("a pattern", "llama-*"), "a list of patterns")
      .prefault([])
      .describe("Models that are taken, by name; * stands for anything. Empty: all that can be run."),
    minReward: ether.prefault("0").describe("Least that must be left of a reward after gas, in ETH."),
    maxVramMb: integer(0).optional().describe("MB of GPU memory that tasks may ask for. Default: what is there."),
    maxRamMb: integer(0).optional().describe("MB of memory that tasks may ask for. Default: what is there."),
    taskTimeout: duration("1ms").prefault("10m").describe("How long the work of one task may take."),
    deadlineMargin: duration("0s")
      .prefault("2m")
      .describe("Time that must be left when the work has taken its longest."),
    maxDeadline: duration("1ms")
      .prefault("168h")
      .describe(
        "Furthest deadline of a task that is claimed: until then it is watched, and its reward may be awaited.",
      ),
    requireCids: flag.prefault(false).describe("Takes only tasks whose requirements name the CIDs of model and input."),
    joinRaces: flag
      .prefault(false)
      .describe("Claims tasks that as many nodes have claimed as are paid: the slower ones get nothing."),
    maxResult: size.prefault("8MB").describe("Largest result of a model."),
  })
  .prefault({})
  .describe("Which tasks are taken.");

const storage = z
  .strictObject({
    ipfsApi: baseUrl
      .optional()
      .describe("The API of an IPFS node: results are stored there. Without it and uploadUrl nothing is claimed."),
    uploadUrl: uploadUrl
      .optional()
      .describe("Where results are stored as well, or only: the whole URL of Pinata's form of upload."),
    uploadToken: secret.optional().describe("Pinata's JWT, for uploadUrl."),
    gateways: list(gateway, "a list of URLs")
      .prefault([])
      .describe("IPFS gateways that are asked after the API, in this order. All that they give is verified."),
    cacheDir: text("a path", "/var/cache/oarn").optional().describe("Where content is kept. Default: in the home."),
    cacheSize: size.prefault("10GB").describe("Most that is kept; what was not used for longest goes first."),
    maxModel: size.prefault("1GB").describe("Largest model that is fetched."),
    maxInput: size.prefault("64MB").describe("Largest input that is fetched."),
    fetchTimeout: duration("1ms").prefault("2m").describe("How long fetching or storing one content may take."),
  })
  .prefault({})
  .describe("Models, inputs and results.");

const privacy = z
  .strictObject({
    socksProxy: proxyAddress
      .optional()
      .describe(
        "A SOCKS5 proxy by its IP address, such as Tor's: all that leaves this machine for OARN goes through it.",
      ),
    required: flag
      .prefault(false)
      .describe("Refuses to start without a proxy. With one there is no other way out in any case."),
  })
  .prefault({})
  .describe("What others learn of this node.");

export const settings = z
  .strictObject({
    name: text("a name", "my-node").optional().describe("Shown by status only."),
    ...jobSettings,
    blockchain,
    discovery,
    compute,
    storage,
    p2p: p2pSettings,
    privacy,
  })
  .describe("OARN: this node takes tasks from registries on chain.");

export type OarnSettings = z.output<typeof settings>;

/** What no single setting can know. */
export function settingProblems({ privacy: wanted, storage: places }: OarnSettings): readonly SettingProblem[] {
  const problems: SettingProblem[] = [];
  if (wanted.required && wanted.socksProxy === undefined)
    problems.push({ setting: "privacy.socksProxy", message: "is missing, and privacy.required is on" });
  if ((places.uploadUrl === undefined) !== (places.uploadToken === undefined)) {
    const missing = places.uploadUrl === undefined ? "uploadUrl" : "uploadToken";
    problems.push({ setting: `storage.${missing}`, message: "is missing: an upload takes its URL and its token" });
  }
  return problems;
}

/** Where results go; undefined: nowhere, so that nothing is claimed. */
export function placesOf({ storage: { ipfsApi, uploadUrl, uploadToken } }: Pick<OarnSettings, "storage">) {
  const pinata = uploadUrl !== undefined && uploadToken ? { url: uploadUrl, jwt: uploadToken } : undefined;
  return ipfsApi === undefined && !pinata ? undefined : { api: ipfsApi, pinata };
}

export const RPC_SETTING = "networks.oarn.blockchain.rpcUrls";

/** By configuration alone: what discovery finds is not asked for a balance. */
export function walletOf({ blockchain: { contracts: known, ...chain }, privacy }: OarnSettings): NetworkWallet {
  const tokens = [
    { asset: "COMP", address: known.tokenReward },
    { asset: "GOV", address: known.govToken },
  ].flatMap(({ asset, address: at }) => (at === undefined ? [] : [{ asset, address: at }]));
  const { socksProxy } = privacy;
  const fetch = socksProxy && wayOut(socksProxy, createFetch(systemClock), systemClock);
  return { ...chainUse(chain), rpcSetting: RPC_SETTING, tokens, ...(fetch && { fetch }) };
}
