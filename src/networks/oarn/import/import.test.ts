import { describe, expect, test } from "bun:test";
import { settingProblems, settings } from "../settings.ts";
import { readEnvironment } from "./environment.ts";
import { importConfig } from "./file.ts";

const KEY = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const A = `0x${"aA".repeat(20)}`;

const REFERENCE = `
mode = "validatorrouted"
[network]
listen_addresses = ["/ip4/0.0.0.0/tcp/4001"]
max_peers = 50
[network.discovery]
method = "manual"
ens_registry = "oarn-registry.eth"
manual_bootstrap = []
[blockchain]
chain_id = 31337
manual_rpc_url = "http://127.0.0.1:8545"
rpc_redundancy = 3
[blockchain.contracts]
task_registry = "${A}"
task_registry_v2 = "${A}"
token_reward = "${A}"
[storage]
ipfs_api = "http://127.0.0.1:5001"
cache_dir = "/var/cache/oarn"
max_cache_mb = 512
gateways = ["http://127.0.0.1:8080/ipfs/"]
[compute]
frameworks = ["onnx", "pytorch"]
concurrent_tasks = 2
[privacy]
padding_enabled = true
[wallet]
private_key = "0x${KEY.toUpperCase()}"
[new]
thing = 1
`;

const SEED = `
[node]
name = "my-node"
wallet_path = "~/.oarn/wallet.encrypted"
[network]
mode = "standard"
listen_port = 0
[network.discovery]
method = "dht"
[privacy]
tor_enabled = false
[compute]
max_concurrent_tasks = 4
accepted_models = ["llama-*", "mistral-*"]
min_reward = 10
[storage]
model_cache_path = "~/.oarn/models"
max_cache_size_gb = 100
[blockchain]
discovery_method = "auto"
chain_id = 42161
manual_rpc_urls = ["https://one.example", "https://two.example"]
`;

/** What the reference node takes where the file says nothing. */
const LOCAL = "http://127.0.0.1:5001";

describe("config.toml", () => {
  test("the reference's names", () => {
    const found = importConfig(REFERENCE, "config.toml");
    expect(found.settings).toEqual({
      discovery: { method: "manual", directoryName: "oarn-registry.eth" },
      blockchain: {
        chainId: 31_337,
        rpcUrls: ["http://127.0.0.1:8545"],
        contracts: { taskRegistry: [A], taskRegistryV2: [A], tokenReward: A },
      },
      compute: { frameworks: ["onnx"] },
      maxConcurrent: 2,
      p2p: { listenAddresses: ["/ip4/0.0.0.0/tcp/4001"], bootstrap: [], maxPeers: 50 },
      storage: {
        ipfsApi: "http://127.0.0.1:5001",
        cacheDir: "/var/cache/oarn",
        cacheSize: "512MB",
        gateways: ["http://127.0.0.1:8080/ipfs/"],
      },
    });
    expect(found.privateKey?.reveal()).toBe(KEY);
    expect(found.notes.join("\n")).not.toContain(KEY.slice(0, 8));
    for (const name of [
      "wallet.private_key: taken this once",
      "compute.frameworks: pytorch is not run",
      "privacy.padding_enabled",
      "mode: not kept",
      "new.thing: not known",
    ])
      expect(found.notes.some((note) => note.startsWith(name))).toBe(true);
    expect(settings.parse(found.settings).blockchain.contracts.taskRegistryV2).toHaveLength(1);
  });

  test("the seed's names", () => {
    const found = importConfig(SEED, "config.toml");
    expect(found.settings).toEqual({
      name: "my-node",
      blockchain: { chainId: 42_161, rpcUrls: ["https://one.example", "https://two.example"] },
      maxConcurrent: 4,
      p2p: { listenAddresses: ["/ip4/0.0.0.0/tcp/0", "/ip6/::/tcp/0"] },
      compute: { acceptedModels: ["llama-*", "mistral-*"] },
      storage: { cacheSize: "100GB", ipfsApi: LOCAL },
    });
    expect(found.privateKey).toBeUndefined();
    for (const part of [
      'method: not kept; "dht" finds nothing',
      "discovery_method: not kept, since network.discovery.method",
      "min_reward: not kept: it is in COMP",
      "model_cache_path: not kept",
      "node.wallet_path",
    ])
      expect(found.notes.join("\n")).toContain(part);
  });

  test.each([
    ["[privacy]\ntor_enabled = true", "privacy.tor_enabled"],
    ["[privacy]\ni2p_enabled = true", "privacy.i2p_enabled"],
    ['[network]\nmode = "tor"', "network.mode"],
  ])("%p: without a proxy nothing of it starts", (text, name) => {
    const { settings: found, notes } = importConfig(text, "x");
    expect(found).toEqual({ privacy: { required: true }, storage: { ipfsApi: LOCAL } });
    expect(notes).toHaveLength(2);
    expect(notes[0]).toStartWith(`${name}: kept as privacy.required; set networks.oarn.privacy.socksProxy`);
    expect(settingProblems(settings.parse(found))).toHaveLength(1);
  });

  test("what is off, empty or the zero address is not there, and nothing is said of it", () => {
    const text = `
[privacy]
tor_enabled = false
decoy_traffic = false
min_delay_ms = 0
[blockchain]
manual_rpc_url = ""
[storage]
ipfs_api = ""
[blockchain.contracts]
governance = ""
gov_token = "0x${"0".repeat(40)}"
[wallet]
private_key = ""
`;
    expect(importConfig(text, "x")).toEqual({
      settings: {},
      privateKey: undefined,
      modelServer: undefined,
      notes: [],
    });
  });

  test("without an IPFS API the file means that of this machine, and the import says so", () => {
    const { settings: found, notes } = importConfig("", "x");
    expect(found).toEqual({ storage: { ipfsApi: LOCAL } });
    expect(notes).toEqual([expect.stringMatching(/^storage.ipfs_api: not there; set to http:\/\/127/)]);
  });

  test("attack: a key of fifty thousand parts is one that is not known", () => {
    const { notes } = importConfig(`${"a.".repeat(50_000)}b = 1`, "x");
    expect(notes).toContainEqual(expect.stringMatching(/^a\.a\..*: not known, not kept$/));
  });

  test("nothing in the defaults is an endpoint, an address or a key", () => {
    const text = JSON.stringify(settings.parse({}), (_, value) => (typeof value === "bigint" ? String(value) : value));
    expect(text).not.toMatch(/https?:|0x[0-9a-f]{10}|[0-9a-f]{40}/i);
  });

  test.each([
    ["[blockchain\n", "x: it is not TOML, in line 1"],
    [`[wallet]\nprivate_key = "${KEY.slice(2)}"`, "wallet.private_key is not 64 hex digits"],
    ['[blockchain]\nchain_id = "many"', "blockchain.chain_id: not as it should be"],
    ['[blockchain.contracts]\ntask_registry_v2 = "0x12"', "blockchain.contracts.task_registry_v2"],
    ['[storage]\ngateways = ["ftp://x/ipfs/"]', "storage.gateways"],
  ])("%p is refused without its values", (text, message) => {
    expect(() => importConfig(text, "x")).toThrow(message);
    try {
      importConfig(text, "x");
    } catch (error) {
      expect(String(error)).not.toContain(KEY.slice(4, 20));
    }
  });
});

describe("variables", () => {
  test("each name of the file has one", () => {
    const env = {
      OARN_BLOCKCHAIN_MANUAL_RPC_URL: "http://127.0.0.1:8545",
      OARN_BLOCKCHAIN_CONTRACTS_TASK_REGISTRY_V2: A,
      OARN_COMPUTE_MIN_REWARD: "0.01",
      OARN_STORAGE_MAX_CACHE_MB: "512",
      OARN_COMPUTE_CONCURRENT_TASKS: "3",
      OARN_COMPUTE_MAX_CONCURRENT_TASKS: "",
      OARN_PRIVATE_KEY: KEY,
    };
    const { settings: found, privateKey, notes } = readEnvironment(env, true);
    expect(found.map(({ setting, value }) => [setting, value]).sort()).toEqual([
      ["blockchain.contracts.taskRegistryV2", A],
      ["blockchain.rpcUrls", "http://127.0.0.1:8545"],
      ["compute.minReward", "0.01"],
      ["maxConcurrent", "3"],
      ["storage.cacheSize", "512MB"],
    ]);
    expect(privateKey).toBeUndefined();
    expect(notes).toEqual(["OARN_PRIVATE_KEY: not read; keys are brought with: fxn oarn wallet import FILE"]);
    expect(readEnvironment(env, false).settings).toEqual([]);
    const privacy = (more: Record<string, string>) => readEnvironment(more, true).settings.map(({ value }) => value);
    expect(privacy({ OARN_PRIVACY_TOR_ENABLED: "true" })).toEqual([true]);
    expect(privacy({ OARN_PRIVACY_TOR_ENABLED: "false", OARN_NETWORK_MODE: "standard" })).toEqual([]);
  });

  test("OARN_WALLET_PASSWORD opens the key, and is shown to nobody", () => {
    const { keyPassword, settings: found, notes } = readEnvironment({ OARN_WALLET_PASSWORD: "horse" }, true);
    expect(keyPassword?.reveal()).toBe("horse");
    expect(Bun.inspect([keyPassword, found, notes])).not.toContain("horse");
    expect(readEnvironment({ OARN_WALLET_PASSWORD: "" }, true).keyPassword).toBeUndefined();
  });
});
