// Blindference's commands with a person at a terminal: a key that is typed, and money that moves after a yes only.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEther } from "viem";
import { stringify } from "yaml";
import { Secret } from "../../src/core/secret.ts";
import { keyPath, openSigner, saveKey } from "../../src/keys/key-store.ts";
import { encryptKey } from "../../src/keys/keystore-v3.ts";
import { accountOf } from "../../test/fakes/blindference-account.ts";
import { type BlindferenceServer, serveBlindference } from "../../test/fakes/blindference-server.ts";
import { GROQ, World } from "../../test/fakes/blindference-world.ts";
import { ModelServer } from "../../test/fakes/model-server.ts";
import { typeTo } from "../../test/fakes/typist.ts";
import { type BlindferenceRig, startBlindferenceRig } from "../../test/sandbox/blindference/rig.ts";

const KEY = "d".repeat(64);
const node = accountOf(KEY);
const secret = new Secret("correct horse");
let home = "";
beforeEach(() => {
  home = join(mkdtempSync(join(tmpdir(), "fxn-blf-terminal-")), "home");
});
afterEach(() => rmSync(join(home, ".."), { recursive: true, force: true }));

/** The command as its own process, so that it has a terminal. */
function command(file: string, name: string, args: readonly string[]): string[] {
  const script = `
    import { Cli } from "clipanion";
    import { ${name} } from ${JSON.stringify(join(import.meta.dir, file))};
    const cli = new Cli();
    cli.register(${name});
    process.exitCode = await cli.run(${JSON.stringify(["blindference", ...args, "--home", home])}, Cli.defaultContext);`;
  return [process.execPath, "-e", script];
}

describe.if(process.platform !== "win32")("a person at a terminal", () => {
  test("init takes a key that is typed, shows neither it nor its password, and keeps it the next time", async () => {
    const init = () => command("init.ts", "BlindferenceInitCommand", ["init"]);
    const { code, shown } = await typeTo(init(), [
      ["Make a new key, or import one?", "i\r"],
      ["The private key", `0x${KEY}\r`],
      ["New password", `${secret.reveal()}\r`],
      ["The same again", `${secret.reveal()}\r`],
    ]);
    expect(code).toBe(0);
    expect(shown).not.toContain(KEY);
    expect(shown).not.toContain(secret.reveal());
    expect(shown).toContain(node.checksumAddress);
    expect((await openSigner(home, "blindference", async () => secret)).address).toBe(node.address);
    const again = await typeTo(init(), []);
    expect([again.code, again.shown]).toEqual([0, expect.stringContaining("kept ")]);
  });

  test("what is no key is refused before a password is asked for", async () => {
    const { code, shown } = await typeTo(command("init.ts", "BlindferenceInitCommand", ["init"]), [
      ["Make a new key, or import one?", "i\r"],
      ["The private key", "1234\r"],
    ]);
    expect(code).toBe(1);
    expect(shown).not.toContain("New password");
    expect(existsSync(keyPath(home, "blindference"))).toBe(false);
    expect(existsSync(join(home, "config.yaml"))).toBe(false);
  });

  describe("on chain", () => {
    let rig: BlindferenceRig;
    let model: ModelServer;
    let server: BlindferenceServer;
    beforeAll(async () => {
      [rig, model] = await Promise.all([startBlindferenceRig(), ModelServer.start()]);
      server = serveBlindference(new World(Date.now));
    });
    afterAll(async () => {
      await server.stop();
      await model.stop();
      await rig.stop();
    });
    beforeEach(async () => {
      saveKey(home, "blindference", await encryptKey(Buffer.from(KEY, "hex"), secret, { n: 2 }));
      const backend = { id: "llama-3.3-70b-versatile", backends: [{ url: model.url }] };
      writeFileSync(join(home, "model_backend.yaml"), stringify({ models: [backend] }), { mode: 0o600 });
      const blindference = { enabled: true, url: server.url, rpcUrls: [rig.url], models: [GROQ] };
      writeFileSync(join(home, "config.yaml"), stringify({ networks: { blindference } }));
      await rig.client.setBalance({ address: node.address, value: parseEther("1") });
      await rig.fund(node.address, parseEther("1000"));
    });

    const stakeOf = () => rig.read("BlindferenceStaking", "getStakeInfo", [node.address]);
    const unlock = ["Password of", `${secret.reveal()}\r`] as const;

    test("a stake is sent after a yes, and after nothing else", async () => {
      const staking = () => command("staking/stake.ts", "BlindferenceStakeCommand", ["staking", "stake", "1000"]);
      const no = await typeTo(staking(), [unlock, ["Stake it? Type yes:", "y\r"]]);
      expect([no.code, no.shown]).toEqual([1, expect.stringContaining("Nothing was sent.")]);
      expect(no.shown).toMatch(/Gas {6}0\.0\d+ ETH at most \(approve\)/);
      expect(await stakeOf()).toMatchObject({ staked: 0n });
      const yes = await typeTo(staking(), [unlock, ["Stake it? Type yes:", "yes\r"]]);
      expect(yes.code).toBe(0);
      expect(yes.shown.match(/Type yes/g)).toHaveLength(1);
      expect(await stakeOf()).toMatchObject({ staked: parseEther("1000") });
    });

    test("on a terminal the records on chain are asked for, one by one", async () => {
      const attest = command("attest.ts", "BlindferenceAttestCommand", ["attest", "--register-on-chain"]);
      const no = await typeTo(attest, [unlock, ["Register it? Type yes:", "no\r"]]);
      expect([no.code, no.shown]).toEqual([1, expect.stringContaining("Nothing was sent.")]);
      expect(await rig.read("NodeRegistry", "getNode", [node.address])).toMatchObject({ models: [] });
      const yes = await typeTo(attest, [unlock, ["Register it? Type yes:", "yes\r"], ["Write it? Type yes:", "yes\r"]]);
      expect([yes.code, yes.shown]).toEqual([0, expect.stringContaining("the chain lets this node in")]);
    });
  });
});
