// Fhenix's own SDK, which alone can prove what it encrypts: used where it is installed beside, in a process that has no key.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Address } from "../../../core/address.ts";
import { clean } from "../../../lib/clean.ts";
import { CHAIN_ID } from "../contracts/addresses.ts";
import { BlindferenceError } from "../errors.ts";
import { type EncryptedHalves, UINT128 } from "./cofhe.ts";
import { SDK_SCRIPT } from "./sdk-script.ts";

export interface CofheSdk {
  /** Undefined: it is there. */
  missing(): Promise<{ readonly why: string; readonly hint: string } | undefined>;
  /** @throws BlindferenceError blindference_cofhe */
  encrypt(high: bigint, low: bigint, signal: AbortSignal): Promise<EncryptedHalves>;
}

const VERSION = "0.5.1";
const MAX_BYTES = 256 * 1024;
/** This very program is also the runtime that it was made with; what is missing is not to be fetched. */
const RUNTIME = ["--no-install", "--no-env-file"];

const input = z.object({
  ctHash: z
    .string()
    .regex(/^\d{1,78}$/)
    .transform(BigInt),
  securityZone: z.literal(0),
  utype: z.literal(UINT128),
  signature: z.templateLiteral(["0x", z.string().regex(/^[0-9a-fA-F]*$/)]),
});
const inputs = z.tuple([input, input]);

/** @param folder in whose node_modules it is @param account whose transactions will carry what it encrypts: it is bound to that */
export function cofheSdk(folder: string, account: Address): CofheSdk {
  const isThere = () => existsSync(join(folder, "node_modules", "@cofhe", "sdk", "package.json"));

  return {
    async missing() {
      if (isThere()) return undefined;
      return {
        why: `@cofhe/sdk is not installed in ${folder}`,
        hint: `Install it there: npm install @cofhe/sdk@${VERSION} viem; or set networks.blindference.cofhe.sdk.`,
      };
    },
    async encrypt(high, low, signal) {
      const refuse = (why: string) =>
        new BlindferenceError("blindference_cofhe", `@cofhe/sdk could not encrypt: ${why}`);
      if (!isThere()) throw refuse(`it is not installed in ${folder}`);
      const child = Bun.spawn([process.execPath, ...RUNTIME, "-e", SDK_SCRIPT], {
        cwd: folder,
        env: { BUN_BE_BUN: "1", PATH: process.env.PATH ?? "", HOME: folder },
        stdin: new Blob([JSON.stringify({ account, chainId: CHAIN_ID, high: String(high), low: String(low) })]),
        stdout: "pipe",
        stderr: "pipe",
        killSignal: "SIGKILL",
        signal,
      });
      const complaint = new Response(child.stderr).text();
      const said = await firstLine(child.stdout);
      // It has nothing more to do, and may have begun what never ends.
      child.kill("SIGKILL");
      await child.exited;
      signal.throwIfAborted();
      // Its errors are about the network that it could not reach; the numbers are never in them.
      if (said === undefined) throw refuse(clean(reasonIn(await complaint)));
      const parsed = inputs.safeParse(jsonOf(said));
      if (!parsed.success) throw refuse("its answer is not as it should be");
      const [first, second] = parsed.data;
      return { high: first, low: second };
    },
  };
}

/** Undefined: it ended before there was one. */
async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string | undefined> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const part of stream) {
    text += decoder.decode(part, { stream: true });
    const end = text.indexOf("\n");
    if (end >= 0) return text.slice(0, end);
    if (text.length > MAX_BYTES) return undefined;
  }
  return undefined;
}

/** The runtime prints the failing line first, and the error's own words behind its name. */
function reasonIn(complaint: string): string {
  return /^(?:\w*Error|error): .*$/m.exec(complaint)?.[0] ?? "it ended with an error";
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
