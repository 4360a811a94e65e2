// fxn init with somebody who makes mistakes: each is said and asked for again, and nothing that was told is ignored in silence.
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { typeTo } from "../fakes/typist.ts";
import { BINARY, fxn, makeHome, removeHome } from "./node.ts";

const homes: string[] = [];
const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => Response.json({ data: [{ id: "llama" }] }) });
const url = `http://127.0.0.1:${server.port}`;
afterAll(() => {
  server.stop(true);
  homes.forEach(removeHome);
});

function home(): string {
  const made = makeHome();
  homes.push(made);
  return made;
}

test.skipIf(process.platform === "win32")("a slip at any question is said, and the question comes again", async () => {
  const dir = home();
  const { code, shown } = await typeTo(
    [BINARY, "init", "--home", dir],
    [
      [", or Enter ", "999\r"],
      [", or Enter ", "127.0.0.1\r"],
      [", or Enter ", "http://127.0.0.1:1\r"],
      [", or Enter ", `${url}/v1\r`],
      ["Enter for 127.0.0.1: ", "0.0.0.0:80\r"],
      ["Enter for 127.0.0.1: ", "0.0.0.0\r"],
      ["New password for", "one\r"],
      ["The same again: ", "two\r"],
      ["New password for", "three\r"],
      ["The same again: ", "three\r"],
    ],
  );
  for (const said of [
    "there is no 999",
    '"127.0.0.1" is no model server',
    "http://127.0.0.1:1 does not list models",
    "expected an address without a port",
    "The two passwords differ",
    "Start it: fxn start",
  ])
    expect(shown).toContain(said);
  expect([code, existsSync(join(dir, "nodekey.json"))]).toEqual([0, true]);
  expect(readFileSync(join(dir, "config.yaml"), "utf8")).toContain("listenAddress: 0.0.0.0");
  expect(readFileSync(join(dir, "model_backend.yaml"), "utf8")).toContain(url);
});

describe("--backend", () => {
  const init = (dir: string, backend: string) =>
    fxn(["init", "--yes", "--insecure-plaintext", "--home", dir, "--backend", backend]);

  test("what is no URL is refused before anything is written", async () => {
    for (const wrong of ["", "127.0.0.1:8000", "http://user:secret@127.0.0.1:1"]) {
      const dir = join(home(), "node");
      const { code, stderr } = await init(dir, wrong);
      expect([code, existsSync(dir)]).toEqual([2, false]);
      expect(stderr).toContain("is no model server");
      expect(stderr).not.toContain("secret");
    }
  });

  test("beside a model_backend.yaml that does not have it: what becomes of it is said", async () => {
    const dir = join(home(), "node");
    expect((await init(dir, url)).code).toBe(0);
    const file = join(dir, "model_backend.yaml");
    const before = readFileSync(file, "utf8");
    for (const same of [url, `${url}/`, `${url}/v1`]) expect((await init(dir, same)).stdout).not.toContain("not added");
    const other = await init(dir, "http://127.0.0.1:1");
    expect(other.code).toBe(0);
    expect(other.stdout).toContain(`kept   ${file}: http://127.0.0.1:1 is not in it, and was not added`);
    expect(other.stdout).toContain("Add it there, or move that file away and run this again");
    expect(readFileSync(file, "utf8")).toBe(before);
    rmSync(file);
    writeFileSync(join(dir, "config.yaml"), "{}\n");
    expect((await init(dir, url)).stdout).toContain(`wrote  ${file}`);
  });
});
