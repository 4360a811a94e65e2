// OARN says that nothing may be hard-coded: no RPC, no contract, no node, no key. So this looks into the compiled file.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { BINARY, fxn, makeHome, removeHome } from "./node.ts";

/** What the network's documents and its own node name: RPCs, its contracts' addresses, gateways. */
const KNOWN = [
  "sepolia-rollup.arbitrum.io",
  "eth.llamarpc.com",
  "rpc.ankr.com",
  "ethereum.publicnode.com",
  "1rpc.io/eth",
  "dweb.link",
  "24249A523A251E38CB0001daBd54DD44Ea8f1838",
  "B97eDD49C225d2c43e7203aB9248cAbED2B268d3",
  "4Dc9dD73834E94545cF041091e1A743FBD09a60f",
  "D15530ce13188EE88E43Ab07EDD9E8729fCc55D0",
  "7b4898aDf69447d6ED3d62F6917CE10bD6519562",
  "a122518Cb6E66A804fc37EB26c8a7aF309dCF04C",
  "1efe74fB6cC3D491abF50E27e05C8917E8811dac",
  "7379651E169e63272ec57Ce14f2BfC023e28382E",
];

let home: string;
beforeAll(() => {
  home = makeHome();
});
afterAll(() => removeHome(home));

test("no RPC, gateway or contract of the network is in the file", () => {
  const file = readFileSync(BINARY);
  // The search itself finds what is there.
  expect(file.includes("networks.oarn")).toBeTrue();
  const found = KNOWN.flatMap((text) => [text, text.toLowerCase()]).filter((text) => file.includes(text));
  expect(found).toEqual([]);
});

test("its settings as they are by themselves name no endpoint, no address and no key", async () => {
  const { stdout } = await fxn(["config", "show", "--json", "--home", home]);
  const { config } = z
    .object({ config: z.object({ networks: z.object({ oarn: z.unknown() }) }) })
    .parse(JSON.parse(stdout));
  const text = JSON.stringify(config.networks.oarn);
  expect(text).toContain("taskRegistryV2");
  expect(text).not.toMatch(/[a-z]+:\/\/|0x[0-9a-f]{8}|\/dns|\/p2p\/|[0-9a-f]{32}/i);
});
