// Which way the compiled node verifies signatures, and that each lets the same callers in, at first and when they are known.
import { afterEach, describe, expect, test } from "bun:test";
import { signedHeaders } from "../sandbox/gateway.ts";
import { account, CHAT, chatBody, openWorld, outcome, type World } from "./world.ts";

const WASM = "signatures are verified by wasm, which is slower";

let world: World;
afterEach(() => world.close());

/** Good requests, and between them one whose body is another than was signed. */
async function outcomes(): Promise<string[]> {
  const seen: string[] = [];
  for (let round = 0; round < 4; round++) {
    seen.push(await outcome(await world.send(CHAT, chatBody())));
    const headers = await signedHeaders(account("gateway"), JSON.stringify(chatBody({ model: "other" })));
    const tampered = { method: "POST", headers, body: JSON.stringify(chatBody()) };
    seen.push(await outcome(await fetch(`${world.node.url}${CHAT}`, tampered)));
  }
  return seen;
}

const EXPECTED = Array.from({ length: 4 }, () => ["200", "401 invalid_signature"]).flat();

describe("signatures in the compiled node", () => {
  test("by the embedded library", async () => {
    world = await openWorld();
    expect(await outcomes()).toEqual(EXPECTED);
    expect(world.node.log()).not.toContain("signatures are verified by");
  });

  test("by WebAssembly where no library can be put to be loaded, which is logged", async () => {
    world = await openWorld({ run: { env: { TMPDIR: "/dev/null", TEMP: "NUL", TMP: "NUL" } } });
    expect(await outcomes()).toEqual(EXPECTED);
    expect(await world.node.logged(WASM)).toMatchObject({ why: expect.stringContaining("could not be loaded") });
  });
});
