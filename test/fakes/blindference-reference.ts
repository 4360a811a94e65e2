// What the reference node makes up where the real way fails: for counterparts that must tell it, and never in the product.
import { createHash } from "node:crypto";

export function mockInference(model: string, prompt: string): string {
  return `MOCK_OUTPUT_${createHash("sha256").update(`${model}:${prompt}`).digest("hex")}`;
}

export function mockCid(data: Uint8Array): string {
  return `Qm${createHash("sha256").update(data).digest("hex").slice(0, 44)}`;
}
