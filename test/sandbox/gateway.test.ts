// The signing client of the end-to-end tests, against requests signed by ethers.
import { expect, test } from "bun:test";
import OpenAI from "openai";
import { recoverMessageAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import vectors from "../vectors/function.json";
import { signedFetch, signedHeaders } from "./gateway.ts";

const gateway = privateKeyToAccount(`0x${vectors.keys.gateway.privateKey}`);

test("signs what ethers signs", async () => {
  const own = vectors.signedRequests.filter((vector) => vector.signer === "gateway");
  expect(own.length).toBeGreaterThan(0);
  for (const { body, headers } of own) {
    const options = { timestamp: Number(headers["X-Timestamp"]), nonce: headers["X-Nonce"] };
    const signed = await signedHeaders(gateway, body, options);
    expect(signed["X-Signature"]?.replace(/^0x/, "")).toBe(headers["X-Signature"].replace(/^0x/, ""));
    expect(signed["X-Address"]).toBe(headers["X-Address"]);
  }
});

test("the SDK's requests carry a signature over the bytes that were sent", async () => {
  const seen: { body: string; headers: Headers }[] = [];
  using server = Bun.serve({
    port: 0,
    async fetch(request) {
      seen.push({ body: await request.text(), headers: request.headers });
      return Response.json({ object: "list", data: [] });
    },
  });
  const client = (fetch: ReturnType<typeof signedFetch>) =>
    new OpenAI({ baseURL: `${server.url}v1`, apiKey: "none", maxRetries: 0, fetch });
  const ask = { model: "m", input: "Grüße" };
  await client(signedFetch(gateway)).embeddings.create(ask);
  await client(signedFetch(gateway)).models.list();
  await client(signedFetch(gateway, { alterBody: (body) => `${body} ` })).embeddings.create(ask);

  const signers = await Promise.all(
    seen.map(({ body, headers }) => {
      const hash = new Bun.CryptoHasher("sha256").update(body).digest("hex");
      const message = `${hash}.${headers.get("x-timestamp")}.${headers.get("x-nonce")}`;
      return recoverMessageAddress({ message, signature: `0x${headers.get("x-signature")?.slice(2)}` });
    }),
  );
  expect(signers.map((signer) => signer === gateway.address)).toEqual([true, true, false]);
  expect(new Set(seen.map(({ headers }) => headers.get("x-nonce"))).size).toBe(3);
});
