import { beforeAll, describe, expect, test } from "bun:test";
import { parseAbi, toEventSelector, toFunctionSelector } from "viem";
import { z } from "zod";
import { type Contract, compileFolder } from "../../../../test/sandbox/compile.ts";
import documented from "../../../../test/vectors/oarn-abis.json";
import { directoryAbi, errorsAbi, sharedAbi, v1Abi, v2Abi } from "./abi.ts";

const NAMES = ["OARNRegistry", "TaskRegistryV2", "TaskRegistry", "COMPToken"] as const;
const lines = z.array(z.string());

const CANONICAL = z.object({
  type: z.string(),
  name: z.string().optional(),
  stateMutability: z.string().optional(),
});

/** Selector or topic with what it gives back: what callers depend on, and names do not change. */
function signatures(abi: readonly unknown[]): string[] {
  return abi.flatMap((item) => {
    const { type } = CANONICAL.parse(item);
    return type === "function" || type === "event" || type === "error" ? [shape(item)] : [];
  });
}

const part: z.ZodType<{ type: string; indexed?: boolean | undefined; components?: unknown[] | undefined }> = z.object({
  type: z.string(),
  indexed: z.boolean().optional(),
  components: z.array(z.unknown()).optional(),
});

function typeOf(input: unknown): string {
  const { type, components, indexed } = part.parse(input);
  const own = components ? type.replace("tuple", `(${components.map(typeOf).join(",")})`) : type;
  return indexed ? `${own} indexed` : own;
}

function shape(item: unknown): string {
  const { type, name, stateMutability = "" } = CANONICAL.parse(item);
  const { inputs = [], outputs = [] } = z
    .object({ inputs: z.array(z.unknown()).optional(), outputs: z.array(z.unknown()).optional() })
    .parse(item);
  return `${type} ${name}(${inputs.map(typeOf).join(",")}) ${stateMutability} (${outputs.map(typeOf).join(",")})`;
}

describe("our own contracts", () => {
  let compiled: Readonly<Record<string, Contract>>;
  beforeAll(async () => {
    compiled = await compileFolder(`${import.meta.dir}/../../../../test/sandbox/oarn`);
  });

  test.each(NAMES)("%s has every documented function, event and error, type by type", (name) => {
    const { core, extra, errors } = documented.contracts[name];
    const wanted = signatures(parseAbi(lines.parse([...core, ...extra, ...errors])));
    const there = new Set(signatures(compiled[name]?.abi ?? []));
    expect(wanted.filter((signature) => !there.has(signature))).toEqual([]);
    expect(wanted.length).toBeGreaterThan(30);
  });

  test("what this node calls and hears is documented", () => {
    const all = new Set(
      NAMES.flatMap((name) => {
        const { core, extra, errors } = documented.contracts[name];
        return signatures(parseAbi(lines.parse([...core, ...extra, ...errors])));
      }),
    );
    const ours = signatures([...sharedAbi, ...v1Abi, ...v2Abi, ...directoryAbi, ...errorsAbi]);
    expect(ours.filter((signature) => !all.has(signature))).toEqual([]);
  });
});

test("selectors and topics are the documented ones", () => {
  expect(toFunctionSelector("claimTask(uint256)")).toBe("0x8dd33495");
  expect(toFunctionSelector("submitResult(uint256,bytes32)")).toBe("0xd2ee66cf");
  const topics = Object.fromEntries(
    [...sharedAbi, ...v2Abi].filter((item) => item.type === "event").map((item) => [item.name, toEventSelector(item)]),
  );
  expect(topics).toEqual({
    TaskCreated: "0x9995bf32f6e4dbd042305fab7ab914b7bab150d78883554c50235429d0c75961",
    TaskFunded: "0xa81b18ec164f5ad38db0349fcb626c59979f650ba3cb909b58e365751928f40a",
    ResultSubmitted: "0x9bb2295443670abcb0f3088e52668e961eca6816b19f155f2fca528c4b2fe345",
    RewardDistributed: "0x742683a7df77ad769003dbcfb9f21b2ada04097ed399eae41eb2d2f5a5726283",
  });
  const [paid] = v1Abi.filter((item) => item.type === "event");
  expect(paid && toEventSelector(paid)).toBe("0xab7542bafced3da2d8c881cb2dd1de859fac7c20d3650d2902ad389a64e08883");
});
