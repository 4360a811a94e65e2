// Compiles the sandbox's contracts with solc; the result is cached under node_modules/.cache by what went in.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Abi, Hex } from "viem";
import { z } from "zod";

const CONTRACTS = join(import.meta.dir, "contracts");
const CACHE = join(import.meta.dir, "../../node_modules/.cache/fxn-contracts");

export interface Contract {
  abi: Abi;
  bytecode: Hex;
}
const NAMES = ["Router", "GatewayRegistry", "ProviderRegistry", "ProviderStaking", "Func", "Deeds", "Coin"] as const;
export type Contracts = Record<(typeof NAMES)[number], Contract>;

const contract = z.object({
  abi: z.custom<Abi>(Array.isArray),
  bytecode: z.custom<Hex>((hex) => /^0x/.test(String(hex))),
});
const compiledContracts = z.record(z.string(), contract);
const contracts: z.ZodType<Contracts> = z.record(z.enum(NAMES), contract);

const solcOutput = z.object({
  errors: z.array(z.object({ severity: z.string(), formattedMessage: z.string() })).default([]),
  contracts: z.record(
    z.string(),
    z.record(z.string(), z.object({ abi: z.unknown(), evm: z.object({ bytecode: z.object({ object: z.string() }) }) })),
  ),
});

/** The compiler is 9 MB of JavaScript and takes seconds to load, so it is imported only when the cache has nothing. */
export async function compileContracts(): Promise<Contracts> {
  return contracts.parse(await compileFolder(CONTRACTS));
}

/** Every contract of a folder's .sol files, by name. */
export async function compileFolder(folder: string): Promise<Readonly<Record<string, Contract>>> {
  const input = JSON.stringify({
    language: "Solidity",
    sources: Object.fromEntries(
      readdirSync(folder)
        .filter((file) => file.endsWith(".sol"))
        .sort()
        .map((file) => [file, { content: readFileSync(join(folder, file), "utf8") }]),
    ),
    settings: {
      evmVersion: "paris",
      optimizer: { enabled: true },
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
    },
  });
  const cached = join(CACHE, `${createHash("sha256").update(input).digest("hex").slice(0, 16)}.json`);
  const known = await readCache(cached);
  if (known) return known;

  const { compile } = await import("solc");
  const output = solcOutput.parse(JSON.parse(compile(input)));
  const problems = output.errors.filter(({ severity }) => severity === "error");
  if (problems.length > 0) throw new Error(problems.map(({ formattedMessage }) => formattedMessage).join("\n"));
  const compiled = compiledContracts.parse(
    Object.fromEntries(
      Object.values(output.contracts)
        .flatMap((file) => Object.entries(file))
        .map(([name, { abi, evm }]) => [name, { abi, bytecode: `0x${evm.bytecode.object}` }]),
    ),
  );
  mkdirSync(CACHE, { recursive: true });
  // Renamed into place, since several tests may compile at the same time.
  const temporary = `${cached}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(compiled));
  renameSync(temporary, cached);
  return compiled;
}

async function readCache(file: string): Promise<Readonly<Record<string, Contract>> | undefined> {
  const cached = Bun.file(file);
  // One that an older form of this file has written may lack some.
  return (await cached.exists()) ? compiledContracts.safeParse(await cached.json()).data : undefined;
}
