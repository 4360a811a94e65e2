// What becomes of a reference node's config.json and variables, name by name.
import { describe, expect, test } from "bun:test";
import vectors from "../../../test/vectors/blindference.json";
import { settingProblems } from "./check-settings.ts";
import { readEnvironment } from "./environment.ts";
import { importConfig } from "./import-file.ts";
import { settings } from "./settings.ts";

const imported = (config: object) => importConfig(JSON.stringify(config), "config.json");

describe("config.json", () => {
  test("a whole file is carried over, and every word that is not has its note", () => {
    const {
      settings: kept,
      keystore,
      privateKey,
      notes,
    } = imported({
      ...vectors.config_defaults,
      node_address: "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
      keystore_path: "./keystore.json",
      tier: 1,
      supported_model_ids: ["groq:llama-3.3-70b-versatile"],
      icl_endpoint: "https://icl.blindference.xyz/",
      payment_service_url: "https://payment.blindference.xyz",
      rpc_url: "https://arb.example/v2/key",
      cofhe_endpoint: "https://arb.example/v2/other",
      ipfs_upload_url: "http://127.0.0.1:5/upload",
      cofhe_threshold_url: "http://127.0.0.1:6",
      attestation_cert_hash: "0xab",
      attestation_expiry: 5,
      skip_output_key_storage: true,
      custom_backends: ["my.module:Backend"],
      anything: 1,
    });
    expect(kept).toEqual({
      tier: 1,
      models: ["groq:llama-3.3-70b-versatile"],
      url: "https://icl.blindference.xyz/",
      paymentUrl: "https://payment.blindference.xyz",
      ipfs: { gateway: "https://node.lighthouse.storage", uploadUrl: "http://127.0.0.1:5/upload" },
      blindToken: "0x232D5470DaaC7AD552a42d876aDEF1f778033cE0",
      cofhe: { chainId: 421_614, thresholdUrl: "http://127.0.0.1:6", mode: "bridge" },
      rpcUrls: ["https://arb.example/v2/key", "https://arb.example/v2/other"],
    });
    expect(settings.parse(kept).url).toBe("https://icl.blindference.xyz");
    expect([keystore, privateKey]).toEqual(["./keystore.json", undefined]);
    const named = notes.map((note) => note.slice(0, note.indexOf(":")));
    const silent = ["node_address", "attestation_backend", "model_cache_dir", "log_level", "network"];
    expect(named).toEqual([
      "supported_model_ids",
      ...silent,
      ...["attestation_cert_hash", "attestation_expiry", "skip_output_key_storage", "custom_backends", "anything"],
    ]);
  });

  test("an empty file is the reference's defaults: the keystore lies beside it", () => {
    expect(imported({})).toMatchObject({ settings: {}, keystore: "keystore.json" });
    expect(settings.parse({}).cofhe.mode).toBe("bridge");
  });

  test.each([
    [
      { cofhe_mode: "PYTHON", cofhe_endpoint: "http://127.0.0.1:9" },
      { mode: "python", endpoint: "http://127.0.0.1:9" },
    ],
    [{ cofhe_mode: "magic" }, { mode: "bridge" }],
  ])("%p", (given, cofhe) => {
    expect(imported(given).settings).toEqual({ cofhe });
  });

  test("a word that is no mode has its note, an older name is taken, and the default without a payment service is not", () => {
    const { notes, settings: kept } = imported({
      cofhe_mode: "magic",
      fhenix_rpc: "https://old.example",
      payment_service_url: "http://127.0.0.1:8001",
    });
    expect(kept).toEqual({ cofhe: { mode: "bridge" }, rpcUrls: ["https://old.example"] });
    expect(notes.join("\n")).toContain("cofhe_mode: neither bridge nor python");
    expect(notes.join("\n")).toContain("payment_service_url: not kept");
  });

  test.each(["", "[]", "null", '{"tier": "x"}', '{"rpc_url": 5}'])("%p is refused without its content", (text) => {
    expect(() => importConfig(text, "config.json")).toThrow(/^config.json: /);
  });

  test("a wrong value is not quoted: URLs may hold keys", () => {
    try {
      imported({ rpc_url: { secret: "s3cr3t" } });
    } catch (error) {
      expect(String(error)).not.toContain("s3cr3t");
      return;
    }
    throw new Error("it was taken");
  });

  test("the placeholders of the network's documents are refused", () => {
    const problems = (rpcUrl: string) =>
      settingProblems(settings.parse({ rpcUrls: [rpcUrl] })).map(({ setting }) => setting);
    expect(problems("https://arb-sepolia.g.alchemy.com/v2/demo")).toEqual(["rpcUrls"]);
    expect(problems("https://arb-sepolia.g.alchemy.com/v2/YOUR_KEY")).toEqual(["rpcUrls"]);
    expect(problems("https://democracy.example/v2/abc")).toEqual([]);
    expect(settingProblems(settings.parse({ cofhe: { mode: "python" } }))).toHaveLength(1);
  });
});

describe("variables", () => {
  const read = (env: Record<string, string>, file?: unknown) => {
    const { settings: decided, ...rest } = readEnvironment(env, true, file);
    return { ...rest, settings: Object.fromEntries(decided.map(({ setting, value }) => [setting, value])) };
  };

  test("each field has one, and both spellings of token and gateway count", () => {
    expect(
      read({
        BLF_ICL_ENDPOINT: "https://i",
        BLF_TIER: "2",
        BLF_SUPPORTED_MODEL_IDS: "a, b,",
        BLF_IPFS_UPLOAD_URL: "https://u",
        BLF_COFHE_THRESHOLD_URL: "https://t",
        PINATA_JWT: "jwt",
        PINATA_GATEWAY_URL: "https://g",
        BLF_PROMPT_KEY_STORE_ADDRESS: "0x1",
        PROMPT_KEY_STORE_ADDRESS: "0x2",
      }).settings,
    ).toEqual({
      url: "https://i",
      tier: "2",
      models: "a, b,",
      "ipfs.uploadUrl": "https://u",
      "cofhe.thresholdUrl": "https://t",
      "ipfs.uploadToken": "jwt",
      "ipfs.gateway": "https://g",
      promptKeyStore: "0x1",
    });
    expect(read({ BLF_IPFS_UPLOAD_JWT: "a", PINATA_JWT: "b" }).settings).toEqual({ "ipfs.uploadToken": "a" });
  });

  test("CoFHE's endpoint is an RPC in mode bridge, whoever says the mode, and its own in mode python", () => {
    const both = { BLF_RPC_URL: "https://r", BLF_COFHE_ENDPOINT: "https://c" };
    expect(read(both).settings).toEqual({ rpcUrls: ["https://r", "https://c"] });
    expect(read({ ...both, BLF_COFHE_MODE: "Python" }).settings).toEqual({
      "cofhe.mode": "python",
      "cofhe.endpoint": "https://c",
      rpcUrls: ["https://r"],
    });
    expect(read(both, { cofhe: { mode: "python" } }).settings).toMatchObject({ "cofhe.endpoint": "https://c" });
    expect(read({ BLF_COFHE_ENDPOINT: "https://c" }, { rpcUrls: ["https://f"] }).settings).toEqual({
      rpcUrls: ["https://f", "https://c"],
    });
    expect(read({ BLF_FHENIX_RPC: "https://old" }).settings).toEqual({ rpcUrls: ["https://old"] });
  });

  test("the key and its password are secrets, and an empty password is one", () => {
    const { privateKey, keyPassword } = read({ BLF_PRIVATE_KEY: `0X${"AB".repeat(32)}`, BLF_KEY_PASSWORD: "" });
    expect(privateKey?.reveal()).toBe("ab".repeat(32));
    expect(keyPassword?.reveal()).toBe("");
    expect(read({}).keyPassword).toBeUndefined();
    expect(() => read({ BLF_PRIVATE_KEY: "secret-thing" })).toThrow(/^\$BLF_PRIVATE_KEY is not 64 hex digits$/);
  });

  test("what is not read is said, and nothing is read where the network is off", () => {
    expect(read({ GROQ_API_KEY: "k", BLF_LOG_LEVEL: "DEBUG", MOCK_ATTESTATION_KEY: "x" }).notes).toEqual([
      "GROQ_API_KEY: not read; models are those of model_backend.yaml",
      "MOCK_ATTESTATION_KEY: not read; a mock proves nothing, whatever its key",
      "BLF_LOG_LEVEL: not read; set log.level",
    ]);
    expect(
      read({ BLF_KEYSTORE_PATH: "k", BLF_CONFIG_DIR: "d", BLF_STAKE_AMOUNT: "1", BLF_COFHE_MODE: "fast" }).notes,
    ).toEqual([
      "BLF_KEYSTORE_PATH: not read; the key is this home's, see networks.blindference.account",
      "BLF_CONFIG_DIR: not read; the home is that of --home, or $FXN_HOME",
      "BLF_STAKE_AMOUNT: not read; fxn blindference staking stake takes the amount",
      "BLF_COFHE_MODE: neither bridge nor python: bridge",
    ]);
    expect(readEnvironment({ BLF_PRIVATE_KEY: "nonsense", BLF_TIER: "1" }, false).settings).toEqual([]);
  });
});
