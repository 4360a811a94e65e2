// The way from the world, in worlds that no test machine has: public names, routers that let nobody in, certificates that end.
import { describe, expect, test } from "bun:test";
import { BOOK } from "../../networks/config.ts";
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
  readonly listen?: string;
  readonly dial?: () => Promise<void>;
}

function look({ url = "https://node.example", addresses = ["8.8.8.8"], own = [], publicIp, dial }: Told): Surroundings {
  const config = BOOK.schema.parse({ node: publicIp === undefined ? {} : { publicIp } });
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
    dial: dial ?? (async () => {}),
    ownAddresses: () => own,
  };
}

const ask = async (id: string, told: Told = {}) => {
  const check = PUBLIC_URL_CHECKS.find((one) => one.id === id) ?? expect.unreachable();
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
