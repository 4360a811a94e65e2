// The commands of README's "The first hour", read from it and run in its order in an empty HOME: it cannot promise what is not so.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEther } from "viem";
import { parseAddress } from "../../src/core/address.ts";
import { type AlertReceivers, startAlertReceivers } from "../fakes/alert-receivers.ts";
import { ModelServer } from "../fakes/model-server.ts";
import { signingKey, writeRelease } from "../fakes/release.ts";
import { typeTo } from "../fakes/typist.ts";
import { type Chain, startChain } from "../sandbox/chain.ts";
import { signedFetch } from "../sandbox/gateway.ts";
import vectors from "../vectors/function.json";
import { BARE_ENV, BINARY, killAll, type RunningNode, startNode } from "./node.ts";
import { account, CHAT, chatBody } from "./world.ts";

/** Of the section, in its order: each line of a block without a language is a command, each block of YAML is for config.yaml. */
function steps(): string[] {
  const readme = readFileSync(join(import.meta.dir, "../../README.md"), "utf8");
  const section = readme.split("## The first hour\n")[1]?.split("\n## ")[0] ?? "";
  return [...section.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, language, text = ""]) =>
    language === "yaml"
      ? [text]
      : text
          .split("\n")
          .map((line) => line.replace(/\s+#.*/, ""))
          .filter(Boolean),
  );
}

const home = mkdtempSync(join(tmpdir(), "fxn-hour-"));
let chain: Chain;
let staking: Awaited<ReturnType<Chain["startStaking"]>>;
let model: ModelServer;
let receivers: AlertReceivers;
let env: Record<string, string>;
let node: RunningNode;
beforeAll(async () => {
  [chain, model] = await Promise.all([startChain(), ModelServer.start()]);
  staking = await chain.startStaking(7n);
  const gateway = parseAddress(vectors.keys.gateway.address);
  if (gateway) await chain.addGateway(gateway);
  receivers = startAlertReceivers("tk_hour");
  mkdirSync(join(home, "bin"));
  symlinkSync(BINARY, join(home, "bin", "fxn"));
  await writeRelease(join(home, "release"), { version: "99.0.0" });
  // What a reader's network and machine are; all else is as the section has it.
  env = {
    ...BARE_ENV,
    HOME: home,
    PATH: `${join(home, "bin")}:${BARE_ENV.PATH}`,
    FXN_RPC_PROVIDER: chain.rpcUrl,
    FXN_REGISTRY_ROUTER_SMART_CONTRACT_ADDRESS: chain.router,
    FXN_SCHEDULER_ADDRESS: vectors.keys.scheduler.address,
    FXN_NODE_PUBLIC_IP: "203.0.113.7",
    FXN_NODE_LISTEN_PORT: "0",
    FXN_ADMIN_LISTEN: "127.0.0.1:0",
    FXN_SERVER_WORKERS: "1",
  };
});
afterAll(async () => {
  await killAll();
  receivers?.stop();
  model?.stop();
  await chain?.stop();
  rmSync(home, { recursive: true, force: true });
});

/** As a shell runs it; `more` is what only a test says: where its model server is, that it asks nothing. */
async function shell(command: string, more = ""): Promise<{ code: number; said: string }> {
  const child = Bun.spawn(["sh", "-c", `${command} ${more}`], {
    env,
    cwd: home,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, said: out + err };
}

/** How each is run, and what it must say; in no order. */
const RUNS: Readonly<Record<string, (command: string) => Promise<void>>> = {
  // Nobody is downloaded from here: build/install.test.ts runs the script.
  "curl -fsSLO https://…/install.sh && sh install.sh": async () => {},
  "fxn --version": says(/^\d+\.\d+\.\d+\n$/),
  "(umask 077; head -c 24 /dev/urandom | base64 > ~/.fxn-password)": async (command) => {
    expect((await shell(command)).code).toBe(0);
    expect(statSync(join(home, ".fxn-password")).mode & 0o777).toBe(0o600);
  },
  "fxn init --password-file ~/.fxn-password": (command) =>
    says(/wrote {2}\S*nodekey\.json\nwrote {2}\S*config\.yaml\nwrote {2}\S*model_backend\.yaml/, {
      more: `--backend ${model.url}`,
    })(command),
  "fxn start --password-file ~/.fxn-password": async (command) => {
    const args = command.replaceAll("~", home).split(" ").slice(2);
    node = await startNode(join(home, ".fxn"), { env, args });
    await node.ready();
  },
  "fxn doctor": says(/provider\.registered/, { code: 1 }),
  "fxn challenge rehearse": says(/chat, streamed[\s\S]*Nothing failed\./, { more: "--size 256 --rows 8" }),
  "fxn accounts get": async (command) => {
    const { code, said } = await shell(command);
    const address = parseAddress(/0x[0-9a-fA-F]{40}/.exec(said)?.[0] ?? "");
    expect([code, address]).toEqual([0, expect.any(String)]);
    if (!address) return;
    await chain.client.setBalance({ address, value: parseEther("1") });
    await staking.mint(address, parseEther("2500"));
  },
  "fxn provider register --model-id 7 --url https://node.example --stake --password-file ~/.fxn-password --dry-run":
    says(/registerAndStake\(id, 7, metadata\)[\s\S]*Takes {4}1000 FUNC[\s\S]*Nothing was sent/),
  "fxn provider register --model-id 7 --url https://node.example --stake --password-file ~/.fxn-password": async (
    command,
  ) => {
    await says(/Taken {4}1000 FUNC/, { more: "--yes --amount 1000" })(command);
    for (let n = 0; n < 3; n++) {
      const answer = await signedFetch(account("gateway"))(`${node.url}${CHAT}`, {
        method: "POST",
        body: JSON.stringify(chatBody({ stream: true })),
        headers: { "content-type": "application/json" },
      });
      expect([answer.status, (await answer.text()).includes("[DONE]")]).toEqual([200, true]);
    }
  },
  // https://node.example is nobody's, and the door is on loopback.
  "fxn why": says(/^Traffic comes, and less of it because of dns\.name: node\.example/, { code: 1 }),
  "fxn status": says(/ready/),
  "fxn top": async (command) => {
    const run = [
      "env",
      ...Object.entries({ ...env, TERM: "screen" }).map((pair) => pair.join("=")),
      "sh",
      "-c",
      command,
    ];
    const { code, shown } = await typeTo(run, [["q quits", "q"]]);
    expect([code, shown.includes("model server")]).toEqual([0, true]);
  },
  "fxn dashboard open": async (command) => {
    const { code, said } = await shell(command);
    expect([code, said.startsWith(`${node.admin}/`)]).toEqual([0, true]);
    expect(await (await fetch(`${node.admin}/`)).text()).toContain("What to look at");
  },
  "fxn ledger": says(/tiny[^\n]* 3 {2}/),
  "fxn earnings": says(/ETH/),
  "fxn reload --dry-run": says(/alerts/),
  "fxn reload": says(/alerts/),
  "fxn alerts test": async (command) => {
    await says(/ntfy/)(command);
    expect(receivers.ntfy.at(-1)?.message).toContain("This is a test");
  },
  "fxn update --check": says(/^fxn 99\.0\.0 is there/, {
    code: 1,
    more: `--from ${join(home, "release")} --public-key ${signingKey().publicKey}`,
  }),
  // It would replace dist/fxn: update.test.ts runs it on a copy.
  "fxn update": async () => {},
};

function says(what: RegExp, { code = 0, more = "" } = {}): (command: string) => Promise<void> {
  return async (command) => {
    const ended = await shell(command, more);
    if (ended.code !== code || !what.test(ended.said))
      throw new Error(`${command} ${more} ended with ${ended.code}, and said:\n${ended.said}`);
  };
}

test.skipIf(process.platform === "win32")(
  "README's first hour: every command of it runs, in its order, and no other",
  async () => {
    const read = steps();
    expect(read.filter((step) => !step.startsWith("alerts:"))).toEqual(Object.keys(RUNS));
    for (const step of read) {
      const run = RUNS[step];
      if (run) await run(step);
      else {
        // The reader's topic is ours.
        const mine = step.replace(/url: "https[^"]+"/, `url: "${receivers.url}/hour", token: "tk_hour"`);
        expect(mine).not.toBe(step);
        appendFileSync(join(home, ".fxn", "config.yaml"), `\n${mine}`);
      }
    }
    expect(receivers.refused).toEqual([]);
  },
  240_000,
);
