import { afterAll, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { createServer as plainServer } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { AUTHORITY, CERTIFICATE, CERTIFICATE_KEY } from "../../test/fakes/certificate.ts";
import { tlsPeer } from "./tls-peer.ts";

const server = createServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY });
const plain = plainServer();
afterAll(() => {
  server.close();
  plain.close();
});
const portOf = (one: typeof server | typeof plain) =>
  new Promise<number>((resolve) =>
    one.listen(0, "127.0.0.1", () => {
      const address = one.address();
      resolve(isInfo(address) ? address.port : 0);
    }),
  );
const isInfo = (address: unknown): address is AddressInfo => typeof address === "object" && address !== null;
const soon = () => AbortSignal.timeout(5000);

test("a certificate is trusted by its authority only, and only for its names", async () => {
  const port = await portOf(server);
  const trusted = await tlsPeer("127.0.0.1", port, soon(), AUTHORITY);
  expect(trusted.fault).toBeUndefined();
  expect(new Date(trusted.validTo ?? 0).getUTCFullYear()).toBe(2120);
  expect(trusted.fingerprint).toBe(new X509Certificate(CERTIFICATE).fingerprint256);
  expect((await tlsPeer("127.0.0.1", port, soon())).fault).toMatch(/unable|self|UNABLE/i);
  expect((await tlsPeer("localhost", port, soon(), AUTHORITY)).fault).toMatch(/altname|match|ALTNAME/i);
});

test("what speaks no TLS is no peer", async () => {
  const port = await portOf(plain);
  await expect(tlsPeer("127.0.0.1", port, soon())).rejects.toThrow();
});
