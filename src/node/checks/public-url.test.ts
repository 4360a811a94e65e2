// The way from the world, in worlds that no test machine has: public names, routers that let nobody in, certificates that end.
import { describe, expect, test } from "bun:test";
import { systemClock } from "../../core/clock.ts";
import { dial } from "../../lib/dial.ts";
import { createFetch } from "../../lib/fetch.ts";
import { BOOK } from "../../networks/config.ts";
import { PUBLIC_IP_CHECKS } from "./public-ip.ts";
import { judgePeer, PUBLIC_URL_CHECKS } from "./public-url.ts";
import { openSurroundings, type Surroundings } from "./surroundings.ts";

const NOW = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;
const { signal } = new AbortController();

interface Told {
  readonly url?: string;
  readonly addresses?: readonly string[];
  readonly own?: readonly string[];
  readonly publicIp?: string;
  readonly settings?: object;
  readonly answer?: string;
  readonly listen?: string;
  readonly dial?: () => Promise<void>;
}

function look({
  url = "https://node.example",
  addresses = ["8.8.8.8"],
  own = [],
  publicIp,
  settings,
  answer,
  dial,
}: Told): Surroundings {
  const config = BOOK.schema.parse({ node: publicIp === undefined ? {} : { publicIp }, ...settings });
  const clock = { now: () => NOW, monotonic: () => 0, after: () => () => {} };
  return {
    ...openSurroundings({ home: "/nonexistent", version: "1", env: {}, status: async () => undefined, clock }),
    config: async () => ({
      ...{ config, networks: {}, models: undefined, warnings: [] },
      show: () => expect.unreachable(),
      placeOf: () => expect.unreachable(),
    }),
    publicUrl: async () => (url === "" ? undefined : new URL(url)),
    resolve: async () => addresses,
    fetch: async () => ({ status: 200, headers: new Headers(), body: new Uint8Array(Buffer.from(answer ?? "")) }),
    dial: dial ?? (async () => {}),
    ownAddresses: () => own,
  };
}

const ask = async (id: string, told: Told = {}) => {
  const check = [...PUBLIC_URL_CHECKS, ...PUBLIC_IP_CHECKS].find((one) => one.id === id) ?? expect.unreachable();
  const { state, message } = await check.run(look(told), signal);
  return [state, message];
};
const refused = () => Promise.reject(new Error("ECONNREFUSED"));

describe("the way from the world to this node", () => {
  test("nothing is registered: nothing can be asked", async () => {
    for (const { id } of PUBLIC_URL_CHECKS) expect((await ask(id, { url: "" }))[0]).toBe("skip");
  });

  test("dns.name: public, not at all, private, mixed, and not this machine's", async () => {
    expect(await ask("dns.name")).toEqual(["ok", "node.example is 8.8.8.8"]);
    expect(await ask("dns.name", { addresses: [] })).toEqual(["fail", "node.example does not resolve"]);
    expect(await ask("dns.name", { addresses: ["8.8.8.8", "10.0.0.1"] })).toEqual([
      "fail",
      "node.example is 10.0.0.1: no public address",
    ]);
    expect(await ask("dns.name", { publicIp: "9.9.9.9" })).toEqual([
      "warn",
      "node.example is 8.8.8.8, and node.publicIp is 9.9.9.9",
    ]);
    expect((await ask("dns.name", { publicIp: "8.8.8.8" }))[0]).toBe("ok");
  });

  test("public.ip: yellow where it is not known or private, with what to set it to; never red", async () => {
    const unset = "node.publicIp is not set, and IDENTITY challenges ask for it";
    expect(await ask("public.ip")).toEqual(["warn", unset]);
    expect(await ask("public.ip", { url: "", addresses: [] })).toEqual(["warn", unset]);
    expect(await ask("public.ip", { publicIp: "8.8.8.8" })).toEqual(["ok", "8.8.8.8"]);
    expect(await ask("public.ip", { publicIp: "192.168.1.5" })).toEqual([
      "warn",
      "192.168.1.5, with which IDENTITY challenges are answered, is no public address",
    ]);
    const [check] = PUBLIC_IP_CHECKS;
    expect((await check?.run(look({}), signal))?.hint).toEndWith("then fxn reload; node.example is 8.8.8.8.");
    expect((await check?.run(look({ addresses: ["10.0.0.1"] }), signal))?.hint).toEndWith("then fxn reload.");
  });

  test("public.ip: where a service tells it, where the address is one's own network's, and where nobody asks", async () => {
    const settings = { node: { publicIpUrl: "https://ip.example" } };
    expect(await ask("public.ip", { settings, answer: "8.8.4.4\n" })).toEqual(["ok", "8.8.4.4"]);
    expect((await ask("public.ip", { settings, answer: "10.0.0.1" }))[0]).toBe("warn");
    expect(await ask("public.ip", { settings, answer: "<html>" })).toEqual([
      "warn",
      "this node could not find out its public IP",
    ]);
    const own = { challenges: { reachableHosts: ["192.168.1.5"] } };
    expect((await ask("public.ip", { publicIp: "192.168.1.5", settings: own }))[0]).toBe("ok");
    expect((await ask("public.ip", { settings: { networks: { function: { enabled: false } } } }))[0]).toBe("skip");
  });

  test("port.reachable: red on this machine's own address; elsewhere only the view from outside counts", async () => {
    expect((await ask("port.reachable"))[0]).toBe("ok");
    expect(await ask("port.reachable", { dial: refused })).toEqual([
      "warn",
      "node.example takes no connection: ECONNREFUSED, from here",
    ]);
    expect((await ask("port.reachable", { dial: refused, own: ["8.8.8.8"] }))[0]).toBe("fail");
  });

  test("tls.certificate: plain http is yellow", async () => {
    expect((await ask("tls.certificate", { url: "http://node.example" }))[0]).toBe("warn");
  });

  test("a port that takes connections, behind which nobody speaks TLS or HTTP, is red; one that takes none says nothing", async () => {
    const real = (url: string) => ({ ...look({ url }), dial, fetch: createFetch(systemClock) });
    const found = async (id: string, url: string) => {
      const check = PUBLIC_URL_CHECKS.find((one) => one.id === id) ?? expect.unreachable();
      return check.run(real(url), signal);
    };
    const plain = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => Response.json({ status: "ok" }) });
    const resetting = Bun.listen({ port: 0, hostname: "127.0.0.1", socket: { data: (socket) => void socket.end() } });
    const tls = await found("tls.certificate", `https://127.0.0.1:${plain.port}`);
    expect(tls).toMatchObject({ state: "fail", hint: expect.stringContaining("Set node.tls") });
    expect(tls.message).toMatch(/^127\.0\.0\.1:\d+ takes connections, but no TLS handshake comes about: ./);
    for (const [id, scheme] of [
      ["tls.certificate", "https"],
      ["public.health", "http"],
    ] as const) {
      const url = `${scheme}://127.0.0.1:${resetting.port}`;
      expect(await found(id, url)).toMatchObject({ state: "fail", hint: expect.stringContaining("another machine") });
    }
    expect(await found("public.health", `http://127.0.0.1:${plain.port}`)).toMatchObject({ state: "ok" });
    const { port } = plain;
    await plain.stop(true);
    resetting.stop(true);
    for (const id of ["tls.certificate", "public.health"])
      expect((await found(id, `https://127.0.0.1:${port}`)).state).toBe("skip");
  });

  test.each([
    ["for three months", { fault: undefined, validTo: NOW + 90 * DAY }, "ok", "valid until 2026-04-01"],
    ["for two weeks", { fault: undefined, validTo: NOW + 14 * DAY }, "ok", "valid until 2026-01-15"],
    ["for less", { fault: undefined, validTo: NOW + 14 * DAY - 1 }, "warn", "valid until 2026-01-14, 13 days from now"],
    ["no more", { fault: "certificate has expired", validTo: NOW - DAY }, "fail", "certificate has expired"],
    ["for another name", { fault: "Hostname does not match", validTo: NOW + DAY }, "fail", "Hostname does not match"],
  ])("a certificate that is good %s", (_, peer, state, message) => {
    expect(judgePeer({ ...peer, fingerprint: "AB" }, NOW)).toMatchObject({ state, message });
  });

  test("the days of the node's own certificate are told elsewhere; those of another are told here, as another's", () => {
    const peer = { fault: undefined, validTo: NOW + DAY, fingerprint: "AB" };
    expect(judgePeer(peer, NOW, "AB")).toEqual({ state: "ok", message: "valid until 2026-01-02: that of node.tls" });
    expect(judgePeer(peer, NOW, "CD")).toMatchObject({
      state: "warn",
      hint: expect.stringContaining("a proxy shows it"),
    });
    expect(judgePeer({ ...peer, fault: "self-signed certificate" }, NOW, "AB")).toMatchObject({ state: "fail" });
  });
});
