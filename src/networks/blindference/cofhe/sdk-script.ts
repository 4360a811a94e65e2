// What runs in the SDK's own process: two numbers in, two proven ciphertexts out. No key of this node ever enters it.

/** Standard input: {account, chainId, high, low}, numbers as decimal text. Standard output: one line, the inputs. Then it is ended. */
export const SDK_SCRIPT = `
for (const name of ["log", "info", "debug"]) console[name] = console.error;
const [{ Encryptable }, { createCofheConfig, createCofheClient }, { arbSepolia }, viem] = await Promise.all([
  import("@cofhe/sdk"),
  import("@cofhe/sdk/node"),
  import("@cofhe/sdk/chains"),
  import("viem"),
]);
const { account, chainId, high, low } = await Bun.stdin.json();
const client = createCofheClient(createCofheConfig({ supportedChains: [arbSepolia], fheKeyStorage: null }));
const transport = viem.custom({
  async request({ method }) {
    if (method === "eth_chainId") return "0x" + chainId.toString(16);
    throw new Error("there is no chain here to ask for " + method);
  },
});
await client.connect(
  viem.createPublicClient({ transport }),
  viem.createWalletClient({ transport, account: { address: account, type: "json-rpc" } }),
);
const inputs = await client
  .encryptInputs([Encryptable.uint128(BigInt(high)), Encryptable.uint128(BigInt(low))])
  .execute();
const plain = (_key, value) => (typeof value === "bigint" ? String(value) : value);
process.stdout.write(JSON.stringify(inputs, plain) + "\\n");
`;
