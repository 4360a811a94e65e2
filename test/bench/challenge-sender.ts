// Helper process: sends challenges of one kind, each as soon as the one before is answered.
import { setPriority } from "node:os";
import { z } from "zod";
import { account } from "../e2e/world.ts";
import { serve } from "./helper-process.ts";

/** A scheduler is another machine; here it has what the node leaves over. */
setPriority(19);

const SIZE = 1024;
const ROWS = 32;

const plan = z.object({ url: z.string(), kind: z.enum(["size", "proof", "matrices"]) });
const proof = z.object({ proofId: z.string() });

interface Body {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly hash: string;
}

const bodyOf = (type: string, payload: unknown): Body => {
  const bytes = new TextEncoder().encode(JSON.stringify({ type, payload }));
  return { bytes, hash: new Bun.CryptoHasher("sha256").update(bytes).digest("hex") };
};

const seed = "07".repeat(32);
const product = bodyOf("MATRIX_MULTIPLICATION", { size: SIZE });
const commitment = bodyOf("MATRIX_PROOF", { version: 1, seed, m: SIZE, k: SIZE, n: SIZE });
const rows = Array.from({ length: ROWS }, (_, i) => i);
const matrix = () => Array.from({ length: SIZE }, () => Array.from({ length: SIZE }, () => 2 * Math.random() - 1));
/** About 40 MB, made and hashed once: only its signature is new each time. */
const matrices = bodyOf("MATRIX_MULTIPLICATION", { A: matrix(), B: matrix() });

let answered = 0;
let running = false;
let last: Promise<void> = Promise.resolve();

serve({
  start(input) {
    const { url, kind } = plan.parse(input);
    answered = 0;
    running = true;
    last = keepAsking(url, kind);
  },
  /** How many were answered since the start. */
  async stop(): Promise<number> {
    running = false;
    await last;
    return answered;
  },
});

async function keepAsking(url: string, kind: z.output<typeof plan>["kind"]): Promise<void> {
  while (running) {
    if (kind === "proof") {
      const { proofId } = proof.parse(JSON.parse(await ask(url, commitment)));
      await ask(url, bodyOf("MATRIX_PROOF_OPEN", { proofId, rows }));
    } else await ask(url, kind === "size" ? product : matrices);
    answered++;
  }
}

async function ask(url: string, { bytes, hash }: Body): Promise<string> {
  const [timestamp, nonce] = [Math.floor(Date.now() / 1000), crypto.randomUUID()];
  const scheduler = account("scheduler");
  const headers = {
    "X-Address": scheduler.address,
    "X-Timestamp": String(timestamp),
    "X-Nonce": nonce,
    "X-Signature": await scheduler.signMessage({ message: `${hash}.${timestamp}.${nonce}` }),
  };
  const response = await fetch(`${url}/challenge`, { method: "POST", headers, body: bytes });
  const text = await response.text();
  if (!response.ok) throw new Error(`the challenge was answered ${response.status}: ${text}`);
  return text;
}
