// A package of the form of @cofhe/sdk on the disk: its handles say their value, and its proof is the account that it is for.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What its handles are above their value. */
export const HANDLES_FROM = 2n ** 200n;

const CORE = `export const Encryptable = { uint128: (value) => ({ value }) };`;
const NODE = `
console.log("a line that is no answer");
export const createCofheConfig = (config) => config;
export function createCofheClient({ supportedChains: [chain] }) {
  let account;
  return {
    async connect(reader, wallet) {
      if (Number(await reader.request({ method: "eth_chainId" })) !== chain.id) throw new Error("another chain");
      account = wallet.account.address;
    },
    encryptInputs: (inputs) => new Builder(inputs, account),
  };
}
class Builder {
  #inputs;
  #account;
  constructor(inputs, account) {
    this.#inputs = inputs;
    this.#account = account;
  }
  async execute() {
    if (Object.values(process.env).some((value) => /BLF_|secret/.test(value))) throw new Error("a secret is here");
    return this.#inputs.map(({ value }) => {
      if (value === 13n) throw new RangeError("Failed to reach the verifier");
      return { ctHash: ${HANDLES_FROM}n + value, securityZone: 0, utype: 6, signature: this.#account };
    });
  }
}`;
const CHAINS = "export const arbSepolia = { id: 421614 };";
const VIEM = `
export const custom = (provider) => provider;
export const createPublicClient = ({ transport }) => ({ request: (asked) => transport.request(asked) });
export const createWalletClient = ({ account }) => ({ account });
`;

/** Into the folder's node_modules. */
export function installCofheSdk(folder: string): void {
  const write = (name: string, files: Readonly<Record<string, string>>, exports: Readonly<Record<string, string>>) => {
    const home = join(folder, "node_modules", name);
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, "package.json"), JSON.stringify({ name, version: "0.0.0", type: "module", exports }));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(home, file), text);
  };
  const entries = { ".": "./core.js", "./node": "./node.js", "./chains": "./chains.js" };
  write("@cofhe/sdk", { "core.js": CORE, "node.js": NODE, "chains.js": CHAINS }, entries);
  write("viem", { "viem.js": VIEM }, { ".": "./viem.js" });
}
