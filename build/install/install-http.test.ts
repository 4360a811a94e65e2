// install.sh over HTTP, by curl and by wget: what is cut, missing, endless or interrupted, and where it may ask.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AUTHORITY, CERTIFICATE, CERTIFICATE_KEY } from "../../test/fakes/certificate.ts";
import {
  InstallWorld,
  noVerifier,
  type Run,
  SCRIPT,
  skipped,
  TOOLS,
  VERIFIER,
} from "../../test/fakes/install-world.ts";

let world: InstallWorld;
beforeEach(async () => {
  world = await InstallWorld.open();
});
afterEach(() => world.close());

describe.skipIf(noVerifier !== "")(`over HTTP${noVerifier}`, () => {
  let server: ReturnType<typeof Bun.serve>;
  /** What the server does instead of sending the archive. */
  let instead: (() => Response) | undefined;
  beforeAll(() => {
    server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request) => {
        const name = new URL(request.url).pathname.slice(1);
        if (instead && name === world.archive) return instead();
        const path = join(world.release, name);
        return existsSync(path) ? new Response(readFileSync(path)) : new Response("no", { status: 404 });
      },
    });
  });
  afterAll(() => server.stop(true));
  afterEach(() => {
    instead = undefined;
  });
  const url = () => `http://127.0.0.1:${server.port}`;

  for (const client of ["curl", "wget"]) {
    const missing = skipped(client);
    const run = (): Run => {
      return { words: world.usual(url()), env: { PATH: world.only(...TOOLS, "sha256sum", VERIFIER, client) } };
    };
    test.skipIf(missing !== "")(`${client} downloads it${missing}`, () => world.expectInstalled(run()));

    test.skipIf(missing !== "")(`${client}: cut, missing or endless downloads are refused${missing}`, async () => {
      const half = readFileSync(join(world.release, world.archive)).subarray(0, 100);
      instead = () => new Response(half);
      await world.expectRefused("not the file that was signed", run());
      instead = () => new Response("no", { status: 404 });
      await world.expectRefused("could not be downloaded", run());
      const piece = Buffer.alloc(65_536, "0123  x\n");
      writeFileSync(join(world.release, "SHA256SUMS"), Buffer.concat(Array(64).fill(piece)));
      await world.expectRefused("SHA256SUMS could not be downloaded", run());
    });
  }

  test.skipIf(!Bun.which("curl"))("Ctrl-C in the middle leaves nothing behind", async () => {
    let asked = () => {};
    const asking = new Promise<void>((resolve) => {
      asked = resolve;
    });
    instead = () => {
      asked();
      return new Response(new ReadableStream({ pull: () => new Promise(() => {}) }));
    };
    const child = Bun.spawn(["sh", SCRIPT, ...world.usual(url())], {
      env: { PATH: process.env.PATH ?? "" },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
      detached: true,
    });
    await asking;
    expect(readdirSync(world.destination).length).toBe(2);
    process.kill(-child.pid, "SIGINT");
    expect(await child.exited).toBe(130);
    world.expectUntouched();
  });

  test.skipIf(!Bun.which("curl"))(
    `with TLS, curl trusts no other certificate and is not led to HTTP${skipped("curl")}`,
    async () => {
      const authority = join(world.folder, "authority.pem");
      writeFileSync(authority, AUTHORITY);
      let lead = false;
      const secure = Bun.serve({
        port: 0,
        hostname: "127.0.0.1",
        tls: { cert: CERTIFICATE, key: CERTIFICATE_KEY },
        fetch: (request) => {
          const { pathname } = new URL(request.url);
          return lead ? Response.redirect(url() + pathname) : new Response(readFileSync(join(world.release, pathname)));
        },
      });
      try {
        const words = world.usual(`https://127.0.0.1:${secure.port}`);
        await world.expectRefused("could not be downloaded", { words });
        lead = true;
        await world.expectRefused("could not be downloaded", { words, env: { CURL_CA_BUNDLE: authority } });
        lead = false;
        await world.expectInstalled({ words, env: { CURL_CA_BUNDLE: authority } });
      } finally {
        await secure.stop(true);
      }
    },
  );

  test("without TLS only this machine is asked, whatever the URL looks like", async () => {
    for (const from of [
      "http://example.com/fxn",
      "http://127.0.0.1.example.com",
      "http://localhost:1@example.com/",
      "http://127.0.0.1:80@example.com/",
      "http://localhost#@example.com/",
      "http://[::1].example.com/",
      "http://example.com:[::1]/",
    ])
      await world.expectRefused("has no TLS", { words: world.usual(from) });
    await world.expectRefused("neither http, https nor a folder", { words: world.usual("ftp://127.0.0.1/") });
  });
});
