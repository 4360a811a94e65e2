// Every byte that leaves for the network in a node's day is looked at: nothing tells this machine or its user apart.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { hostname, networkInterfaces, release, totalmem, userInfo } from "node:os";
import { join } from "node:path";
import { Glob } from "bun";
import { checkConformance } from "../../../test/conformance/checks.ts";
import { FakeClock } from "../../../test/fakes/clock.ts";
import { PLANE } from "../../../test/fakes/infernet-control-plane.ts";
import { infernetRig, says } from "../../../test/fakes/infernet-ports.ts";
import { openInfernet } from "../../../test/fakes/infernet-session.ts";
import { FxnError } from "../../core/errors.ts";

const TOTAL = 81_559;
const USED = 31_337;
const GPU = {
  name: "NVIDIA H100 PCIe",
  vendor: "nvidia",
  uuid: "GPU-5a1c0000-secret",
  pciAddress: "0000:65:00.0",
  driverVersion: "550.54.15",
  vramTotalMb: TOTAL,
  vramUsedMb: USED,
  vramFreeMb: TOTAL - USED,
  temperatureC: 53,
  powerW: 271.25,
  powerLimitW: 350,
  utilizationGpuPct: 97,
} as const;

const RANDOM = /"nonce":"[0-9a-f]{32}","sig":"[0-9a-f]{128}"/;
const ID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** What a byte of it would give away. */
function secrets(): Readonly<Record<string, string>> {
  const addresses = Object.values(networkInterfaces()).flatMap(
    (list) => list?.map(({ address, mac }) => [address, mac]) ?? [],
  );
  const mac = addresses
    .map(([, hardware]) => hardware)
    .find((text) => text !== undefined && text !== "00:00:00:00:00:00");
  return {
    // A shorter one could be part of any word.
    ...(hostname().length > 4 && { hostname: hostname() }),
    user: `"${userInfo().username}"`,
    "user at": `${userInfo().username}@`,
    home: "/home/alice",
    "home of the node": "/srv/fxn-home",
    kernel: release(),
    "RAM in bytes": String(totalmem()),
    "RAM in MiB": String(Math.round(totalmem() / 2 ** 20)),
    "VRAM in all": String(TOTAL),
    "VRAM in GB": (TOTAL / 1024).toFixed(2),
    "VRAM in use": String(USED),
    "VRAM that is free": String(TOTAL - USED),
    uuid: GPU.uuid,
    "PCI address": GPU.pciAddress,
    driver: GPU.driverVersion,
    power: "271.25",
    temperature: '":53',
    "busy GPU": '":97',
    "the model server": "10.1.2.3",
    version: "9.8.7",
    "the key": "b7e151628aed2a6abf7158809cf4f3c762e7160f38b4da56a784d9045190cfef",
    ...(mac !== undefined && { "network card": mac }),
  };
}

test("a day of a node: no host name, user, path, exact memory or address of it is in any byte", async () => {
  const clock = new FakeClock();
  const rig = infernetRig(clock, { home: "/srv/fxn-home", version: "9.8.7" });
  rig.gpus = [GPU, GPU];
  rig.models = ["tiny", "/home/alice/models/big.gguf", "C:\\Users\\alice\\m.gguf", "~/m.gguf"];
  const stop = new AbortController();
  const given = { url: PLANE, address: "203.0.113.77", p2p: { enabled: true }, intervals: { commandMs: 1000 } };
  const session = openInfernet(given, rig.ports);
  const ended = session.run(stop.signal);
  await clock.advance(100);
  const row = rig.plane.store.rows[0]!;
  rig.plane.store.addCommand(row.public_key, "model_install", { model: "tiny" });
  rig.plane.store.addJob(row);
  await clock.advance(60_000);
  rig.generate = async function* () {
    yield "x";
    throw new FxnError("upstream_failed", 502, "http://10.1.2.3:8000: cut, for alice@box");
  };
  const broken = rig.plane.store.addJob(row, { model_name: "/home/alice/models/big.gguf" });
  await clock.advance(60_000);
  expect(broken).toMatchObject({ status: "failed", completed: 1 });
  rig.generate = ({ signal }) => says(clock, ["a"], 10, signal);
  rig.plane.store.drop(row);
  await clock.advance(60_000);
  await checkConformance(session.checks(), "infernet");
  stop.abort();
  await clock.advance(10_000);
  await ended;
  const sent = rig.plane.seen.map(({ path, headers, body }) => {
    const envelope = /x-infernet-auth","([^"]+)"/.exec(headers)?.[1] ?? "";
    const open = Buffer.from(envelope, "base64url").toString();
    expect(open === "" || RANDOM.test(open)).toBe(true);
    // What is random could hold any five digits.
    const text = `${path}\n${headers.replace(envelope, "")}\n${open.replace(RANDOM, "")}\n${body}`;
    return text.replaceAll(ID, "");
  });
  expect(sent.length).toBeGreaterThan(15);
  const all = sent.join("\n");
  // The model's id came with the job: whoever asked for it knows it.
  const ours = all.replaceAll('"model":"/home/alice/models/big.gguf"', "");
  for (const [what, secret] of Object.entries(secrets())) expect([what, ours.includes(secret)]).toEqual([what, false]);
  // Nothing is published, and nothing is bound.
  expect(all).not.toContain("203.0.113.77");
  expect(all).not.toMatch(/"(address|port)":/);
  expect(session.status().some(({ name }) => name === "p2p port")).toBe(false);
  // What is said of the cards is what is meant to be.
  expect(all).toContain('{"gpu_count":2,"gpus":[{"vendor":"nvidia","vram_tier":">=48gb","model":"NVIDIA H100 PCIe"}');
});

test("no file of it asks the system who and where it is", () => {
  const files = [...new Glob("*.ts").scanSync(import.meta.dir)].filter((file) => !file.endsWith(".test.ts"));
  expect(files.length).toBeGreaterThan(20);
  const asking = files.filter((file) =>
    /node:os|process\.|Bun\./.test(readFileSync(join(import.meta.dir, file), "utf8")),
  );
  expect(asking).toEqual([]);
});
