// Every name of OARN's config.toml, by the seed and by the reference node: the setting that it is here, or why it is none.

export interface Name {
  /** "compute.max_concurrent_tasks"; the first that is there decides. */
  readonly written: readonly string[];
  /** Under networks.oarn. */
  readonly setting: string;
  /** What is written, as YAML would write it here; undefined: it is left out. */
  take(value: unknown): unknown;
}

const asIs = (value: unknown) => value;
const asList = (value: unknown) => (Array.isArray(value) ? value : [value]);
const withUnit = (unit: string) => (value: unknown) =>
  typeof value === "number" || typeof value === "bigint" ? `${value}${unit}` : value;

/** 0 is a free one. */
const onAllInterfaces = (value: unknown) => [`/ip4/0.0.0.0/tcp/${value}`, `/ip6/::/tcp/${value}`];

/** Whoever wanted an anonymous way out gets no other one: without a proxy the node does not start for OARN. */
const anonymous = (value: unknown) => {
  const isOn = value === true || value === "true" || value === "tor" || value === "i2p";
  return isOn ? true : undefined;
};

/** An account that keys are taken of is not read here: the private key is taken apart. */
export const NAMES: readonly Name[] = [
  name("name", asIs, "node.name"),
  name("discovery.method", asIs, "network.discovery.method", "blockchain.discovery_method"),
  name("discovery.directoryName", asIs, "network.discovery.ens_registry"),
  name("blockchain.chainId", asIs, "blockchain.chain_id"),
  name("blockchain.rpcUrls", asList, "blockchain.manual_rpc_urls", "blockchain.manual_rpc_url"),
  name("blockchain.contracts.taskRegistryV2", asList, "blockchain.contracts.task_registry_v2"),
  name("blockchain.contracts.taskRegistry", asList, "blockchain.contracts.task_registry"),
  name("blockchain.contracts.oarnRegistry", asIs, "blockchain.contracts.oarn_registry"),
  name("blockchain.contracts.tokenReward", asIs, "blockchain.contracts.token_reward"),
  name("blockchain.contracts.govToken", asIs, "blockchain.contracts.gov_token"),
  name("blockchain.contracts.governance", asIs, "blockchain.contracts.governance"),
  name("compute.frameworks", asList, "compute.frameworks"),
  name("maxConcurrent", asIs, "compute.max_concurrent_tasks", "compute.concurrent_tasks"),
  name("compute.acceptedModels", asList, "compute.accepted_models"),
  name("compute.maxVramMb", asIs, "compute.max_vram_mb"),
  name("compute.maxRamMb", asIs, "compute.max_ram_mb"),
  name("p2p.listenAddresses", asList, "network.listen_addresses"),
  name("p2p.listenAddresses", onAllInterfaces, "network.listen_port"),
  name("p2p.bootstrap", asList, "network.discovery.manual_nodes", "network.discovery.manual_bootstrap"),
  name("p2p.maxPeers", asIs, "network.max_peers"),
  name("storage.ipfsApi", asIs, "storage.ipfs_api"),
  name("storage.gateways", asList, "storage.gateways"),
  name("storage.cacheDir", asIs, "storage.model_cache_path", "storage.cache_dir"),
  name("storage.cacheSize", withUnit("GB"), "storage.max_cache_size_gb"),
  name("storage.cacheSize", withUnit("MB"), "storage.max_cache_mb"),
  name("privacy.required", anonymous, "privacy.tor_enabled"),
  name("privacy.required", anonymous, "privacy.i2p_enabled"),
  name("privacy.required", anonymous, "network.mode"),
];

/** Names of ours in the environment that the file has with another meaning. */
export const ENVIRONMENT_ONLY: readonly Name[] = [name("compute.minReward", asIs, "compute.min_reward")];

const NO_WAY = "no node or contract of OARN has it";
/** Why each of the others is not kept. */
export const NOT_KEPT: Readonly<Record<string, string>> = {
  mode: "not kept; nothing in OARN depends on it, and validators have no contract",
  "network.mode": "not kept; nothing in OARN depends on it, and validators have no contract",
  "network.connection_timeout": "not kept; connections have their own limits here",
  "network.discovery.dht_protocol": "not kept; no record of OARN is in a DHT",
  "network.discovery.ens_name": "not kept; the names of nodes and RPCs follow from discovery.directoryName",
  "blockchain.rpc_discovery": "not kept; see networks.oarn.discovery",
  "blockchain.rpc_redundancy": "not kept; every RPC that is known is used in turn",
  "blockchain.ens_rpc_registry": "not kept; the name follows from discovery.directoryName",
  "compute.min_reward": "not kept: it is in COMP, and rewards are paid in ETH; set networks.oarn.compute.minReward",
  "privacy.padding_enabled": `not kept; ${NO_WAY}`,
  "privacy.decoy_traffic": `not kept; ${NO_WAY}`,
  "privacy.rotate_peers": `not kept; ${NO_WAY}`,
  "privacy.rotation_interval_mins": `not kept; ${NO_WAY}`,
  "privacy.ephemeral_addresses": "not kept; a claim and its result must come from one address",
  "privacy.min_delay_ms": `not kept; ${NO_WAY}`,
  "privacy.max_delay_ms": `not kept; ${NO_WAY}`,
  "node.wallet_path": "not kept; bring the key with: fxn oarn wallet import",
  "wallet.keystore_path": "not kept; bring the key with: fxn oarn wallet import",
  "wallet.use_hd_wallet": "not kept; one key serves this network",
  "wallet.derivation_path": "not kept; a phrase is read at m/44'/60'/0'/0/0",
};

function name(setting: string, take: Name["take"], ...written: readonly string[]): Name {
  return { written, setting, take };
}

/** blockchain.manual_rpc_url → OARN_BLOCKCHAIN_MANUAL_RPC_URL. */
export function variableOf(written: string): string {
  return `OARN_${written.replaceAll(".", "_").toUpperCase()}`;
}
