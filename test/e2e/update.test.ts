// fxn update of a running node: from a signed release, under load, and back when the new file does not do.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { healthy, json, USAGE } from "../fakes/model-server.ts";
import { NEWER, newerProgram } from "../fakes/newer-program.ts";
import { signingKey, writeRelease } from "../fakes/release.ts";
import { keepAsking } from "./keep-asking.ts";
import { BINARY, fxn } from "./node.ts";
import { streamsAcross } from "./streams-across.ts";
import { CHAT, chatBody, openWorld, outcome, type World } from "./world.ts";

const STREAMS = 200;

/** Says that it is newer, and likes every configuration; but it cannot run a node. */
const BROKEN = `#!/bin/sh
case "$1" in
  --version) echo 99.0.1 ;;
  config) exit 0 ;;
  *) echo "it does not run" >&2; exit 3 ;;
esac
`;

describe.skipIf(process.platform !== "linux")("fxn update", () => {
  let folder = "";
  let program = "";
  let world: World;
  const across = streamsAcross();
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "fxn-update-"));
    program = join(folder, "bin", "fxn");
    await writeRelease(join(folder, "newer-release"), { version: NEWER, program: readFileSync(await newerProgram()) });
    await writeRelease(join(folder, "broken-release"), { version: "99.0.1", program: Buffer.from(BROKEN) });
    await writeRelease(join(folder, "lying-release"), { version: "99.0.2", program: Buffer.from(BROKEN) });
    await writeRelease(join(folder, "old-release"), { version: "0.0.1", program: Buffer.from(BROKEN) });
    mkdirSync(join(folder, "bin"));
    copyFileSync(BINARY, program);
    world = await openWorld({ run: { binary: program } });
    world.model.behave = (received, response) =>
      (received.method === "GET"
        ? healthy
        : JSON.parse(received.body.toString()).stream
          ? across.behave
          : json({ usage: USAGE }))(received, response);
  });
  afterAll(async () => {
    // Passed on to the process that serves now, which a killed one would leave behind.
    await world.node.stop();
    await world.close();
    rmSync(folder, { recursive: true });
  });

  const version = async () => (await fxn(["--version"], { binary: program })).stdout.trim();
  const served = async () => {
    const { stdout } = await fxn(["status", "--home", world.home, "--json"], { binary: program });
    return JSON.parse(stdout).version;
  };
  const update = (release: string, ...words: string[]) =>
    fxn(
      [
        "update",
        "--home",
        world.home,
        "--from",
        join(folder, release),
        "--public-key",
        signingKey().publicKey,
        ...words,
      ],
      {
        binary: program,
      },
    );
  const beside = () => readdirSync(join(folder, "bin")).sort();

  test("attack: a replayed old release is refused, signed though it is", async () => {
    const { code, stderr } = await update("old-release");
    expect(code).toBe(1);
    expect(stderr).toContain("has fxn 0.0.1; this is 0.1.0");
    expect(stderr).toContain("--allow-downgrade");
    expect(beside()).toEqual(["fxn"]);
  });

  test("attack: a file that is not the version which was signed is refused before it is in place", async () => {
    const { code, stderr } = await update("lying-release");
    expect([code, stderr]).toEqual([1, expect.stringContaining(`it does not start, or says that it is "99.0.1"`)]);
    expect([await version(), beside()]).toEqual(["0.1.0", ["fxn"]]);
  });

  test("a configuration that the new file refuses keeps it out", async () => {
    const path = join(world.home, "config.yaml");
    const right = readFileSync(path);
    writeFileSync(path, `${right}\nnonsense: 1\n`);
    const { code, stderr } = await update("newer-release");
    writeFileSync(path, right);
    expect([code, stderr]).toEqual([1, expect.stringContaining("refuses this home's configuration")]);
    expect(stderr).toContain("nonsense");
    expect([await version(), beside()]).toEqual(["0.1.0", ["fxn"]]);
  });

  test("--check says what is there, and changes nothing", async () => {
    expect(await update("newer-release", "--check")).toMatchObject({
      code: 1,
      stdout: "fxn 99.0.0 is there; this is 0.1.0\n",
    });
    expect(beside()).toEqual(["fxn"]);
  });

  test("a new file that fails its canary: the old process serves on, and the old file is back", async () => {
    const load = keepAsking(world);
    const { code, stderr } = await update("broken-release");
    const { asked, wrong } = await load.end();
    expect(code).toBe(1);
    expect(stderr).toContain("is the file of before again");
    expect(stderr).toContain("ended with code 3");
    expect([await version(), await served(), beside()]).toEqual(["0.1.0", "0.1.0", ["fxn"]]);
    expect([asked > 0, wrong]).toEqual([true, []]);
  });

  test("under load: 200 streams run on to their end, and of the requests meanwhile none is lost", async () => {
    const responses = await Promise.all(
      Array.from({ length: STREAMS }, () => world.send(CHAT, chatBody({ stream: true }))),
    );
    const texts = responses.map((response) => response.text().catch(() => "connection lost"));
    const load = keepAsking(world);
    const updated = await update("newer-release");
    across.happened();
    expect(updated).toMatchObject({ code: 0, stderr: "" });
    expect(updated.stdout).toContain("The node serves with fxn 99.0.0 now");
    expect([await version(), await served()]).toEqual([NEWER, NEWER]);
    const ends = (await Promise.all(texts)).map((text) => text.endsWith("data: [DONE]\n\n") && !text.includes("error"));
    expect(ends.filter((whole) => !whole)).toEqual([]);
    const { asked, wrong } = await load.end();
    expect([asked > STREAMS, wrong]).toEqual([true, []]);
  }, 60_000);

  test("again: it is the newest", async () => {
    expect(await update("newer-release")).toMatchObject({ code: 0, stdout: "99.0.0 is the newest\n" });
  });

  test("--rollback: the one before is in place and serves again", async () => {
    const { code, stdout } = await fxn(["update", "--rollback", "--home", world.home], { binary: program });
    expect([code, stdout]).toEqual([0, expect.stringContaining("is fxn 0.1.0 now")]);
    expect([await version(), await served()]).toEqual(["0.1.0", "0.1.0"]);
    expect(await outcome(await world.send(CHAT, chatBody()))).toBe("200");
  });
});
