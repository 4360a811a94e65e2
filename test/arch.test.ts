// Who may import whom: reads every import line and refuses what goes up a floor, sideways, or to a package out of its room.
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { Glob } from "bun";
import { OWN_NETWORKS } from "../src/networks/index.ts";

const ROOT = join(import.meta.dir, "..");

/** Rooms from the ground up; a room may import rooms of lower floors, and itself. */
const FLOORS: readonly (readonly string[])[] = [
  ["src/core"],
  ["src/lib"],
  ["src/config", "src/keys", "src/store", "src/observe", "src/matrix", "src/secp256k1", "src/chain", "src/ipfs"],
  [
    "src/auth",
    "src/inference",
    "src/backends",
    "src/gpu",
    "src/networks",
    "src/service",
    "challengers",
    "registries",
    "src/update",
    "src/alerts",
  ],
  ["src/server", "src/scheduler"],
  ["src/node"],
  ["cmd"],
];

/** Packages that only some rooms may use. */
const PACKAGE_ROOMS: Readonly<Record<string, readonly string[]>> = {
  viem: ["registries", "src/keys", "src/auth", "src/networks", "src/chain"],
  "nostr-tools": ["src/networks", "src/keys"],
  libp2p: ["src/networks"],
  "@libp2p": ["src/networks"],
  "@multiformats": ["src/networks"],
  elysia: ["src/server"],
  clipanion: ["cmd"],
  "bun:sqlite": ["src/store"],
  "bun:ffi": ["src/gpu", "src/lib", "src/matrix", "src/secp256k1"],
  "bun-webgpu": ["src/gpu"],
  multiformats: ["src/ipfs"],
  "ipfs-unixfs": ["src/ipfs"],
  "@ipld": ["src/ipfs"],
  "onnxruntime-web": ["src/networks"],
  // A network may have metrics of its own words on a listener of its own.
  "prom-client": ["src/observe", "src/networks"],
  pino: ["src/observe"],
  systeminformation: ["src/gpu"],
  zod: [
    "src/config",
    "src/chain",
    "src/ipfs",
    "src/networks",
    "challengers",
    "registries",
    "src/alerts",
    "src/backends",
    "src/gpu",
    "src/inference",
    "src/keys",
    "src/store",
    "src/matrix",
    "src/secp256k1",
    "src/node",
    "src/scheduler",
    "cmd",
  ],
};

/** Families: members of one do not know each other; the files named here are shared by all of them. */
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  "src/backends": [
    "index",
    "strategy",
    "http-server",
    "openai-server",
    "server-checks",
    "openai-request",
    "openai-reply",
    "translated",
    "discover",
  ],
  "src/networks": [
    "index",
    "ports",
    "check-words",
    "settings",
    "chain-settings",
    "config",
    "import",
    "planned-change",
    "jobs",
  ],
  "src/service": [
    "index",
    "manager",
    "errors",
    "text",
    "systemd-text",
    "access",
    "service-user",
    "examine",
    "install",
    "local-machine",
  ],
  challengers: ["index", "challenger", "errors", "run-challenge", "envelope", "proofs", "payload-fault", "public-ip"],
  registries: ["index", "ports", "cached-registry", "contract", "router", "expected-chain", "abi", "look", "checks"],
};

/** Where a network is no more than an entry of the table: all rooms but those that say below what they have of one. */
const COMMON = [
  ...FLOORS.flat().filter((room) => !["src/networks", "src/backends", "src/config", "cmd"].includes(room)),
  ...["alerts", "checks-command", "dashboard", "doctor", "drain", "earnings", "ledger", "node-activity", "node-status"],
  ...[
    "bugreport",
    "networks/list",
    "networks/status",
    "privacy-report",
    "reload",
    "status",
    "status-lines",
    "top",
    "why",
  ],
].map((name) => (FLOORS.flat().includes(name) ? name : `cmd/${name}`));

/** The Function Network is what the node was built for: these join its own rooms (registries, challengers, src/auth) to the rest. */
const JOINS_FUNCTION = ["src/node/door.ts", "src/node/function-parts.ts", "src/node/provider-account.ts"];

interface Import {
  file: string;
  target: string;
}

function roomOf(file: string): string | undefined {
  return FLOORS.flat().find((room) => file === room || file.startsWith(`${room}/`));
}

function floorOf(room: string): number {
  return FLOORS.findIndex((floor) => floor.includes(room));
}

/** `source` stripped of what only looks like an import; type imports count too. */
function importsOf(file: string, source: string): Import[] {
  const found = source.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^;'"]*?from\s*["']([^"']+)["']|(?:^|[^.\w])import\s*\(?\s*["']([^"']+)["']/g,
  );
  return [...found].map((match) => {
    const spec = match[1] ?? match[2] ?? "";
    return { file, target: spec.startsWith(".") ? normalize(join(dirname(file), spec)) : spec };
  });
}

function violation({ file, target }: Import): string | undefined {
  const room = roomOf(file);
  if (!room) return undefined;
  if (target.startsWith("test/")) return `${file} may not import ${target}: what is in test/ never enters the binary`;
  const targetRoom = roomOf(target);
  if (targetRoom) {
    const same = targetRoom === room;
    if (!same && floorOf(targetRoom) >= floorOf(room))
      return `${file} may not import ${target}: ${room} stands below or beside ${targetRoom}`;
    return same ? siblingViolation(room, file, target) : undefined;
  }
  if (room === "src/core" && !target.startsWith("src/core"))
    return `${file} may not import ${target}: core has no packages`;
  const name = Object.keys(PACKAGE_ROOMS).find((pkg) => target === pkg || target.startsWith(`${pkg}/`));
  if (name && !PACKAGE_ROOMS[name]?.includes(room))
    return `${file} may not import ${target}: ${name} stays in ${PACKAGE_ROOMS[name]?.join(", ")}`;
  return undefined;
}

function siblingViolation(room: string, file: string, target: string): string | undefined {
  const shared = FAMILIES[room];
  if (!shared) return undefined;
  const member = (path: string) => {
    const name = relative(room, path).split("/")[0]?.replace(/\.ts$/, "") ?? "";
    return shared.includes(name) ? undefined : name;
  };
  const from = member(file);
  const to = member(target);
  return from && to && from !== to
    ? `${file} may not import ${target}: members of ${room} do not know each other`
    : undefined;
}

/** What a common room says that only one network's folder may: its name, anywhere, comments too; a file of its home. */
function namesOfNetworks(file: string, source: string): string[] {
  const isCommon = COMMON.some((room) => file === `${room}.ts` || file.startsWith(`${room}/`));
  if (!isCommon) return [];
  const own = OWN_NETWORKS.flatMap(({ id, dataKept }) => [id, ...dataKept.flatMap(filesKept)]);
  const text = source.toLowerCase().replaceAll("fed_ai", "fedai");
  const named = own.filter((name) => text.includes(name)).map((name) => `${file} knows ${name}`);
  const ofFunction =
    /(?<!typeof .{0,40}[!=]== )"function"|networks[./]function|functionNetwork|\bFUNCTION\.id|import .*\bFUNCTION\b/;
  const joins = JOINS_FUNCTION.includes(file) || !ofFunction.test(source);
  return joins ? named : [...named, `${file} knows the Function Network`];
}

function filesKept({ places }: { readonly places: readonly object[] }): string[] {
  return places.flatMap((place) => ("file" in place ? [String(place.file).replaceAll("*", "")] : []));
}

const files = [...new Glob("{src,cmd,challengers,registries}/**/*.ts").scanSync(ROOT)].filter(
  (file) => !file.endsWith(".test.ts"),
);
const sources = files.map((file) => ({ file, source: readFileSync(join(ROOT, file), "utf8") }));

describe("architecture", () => {
  test("imports go down the floors only, and packages stay in their rooms", () => {
    const broken = sources.flatMap(({ file, source }) => importsOf(file, source).map(violation)).filter(Boolean);
    expect(broken).toEqual([]);
  });

  test("the rules themselves can fail", () => {
    expect(violation({ file: "src/lib/x.ts", target: "src/auth/y.ts" })).toContain("may not import");
    expect(violation({ file: "src/auth/x.ts", target: "src/inference/y.ts" })).toContain("may not import");
    expect(violation({ file: "src/backends/vllm.ts", target: "src/backends/ollama.ts" })).toContain(
      "do not know each other",
    );
    expect(violation({ file: "challengers/a.ts", target: "challengers/b.ts" })).toContain("do not know each other");
    expect(violation({ file: "src/networks/a/x.ts", target: "src/networks/b/y.ts" })).toContain(
      "do not know each other",
    );
    expect(violation({ file: "src/server/x.ts", target: "viem/utils" })).toContain("viem stays in");
    expect(violation({ file: "cmd/x.ts", target: "test/fakes/clock.ts" })).toContain("never enters the binary");
    expect(importsOf("src/lib/a.ts", `import type { X } from "../core/x.ts";`)[0]?.target).toBe("src/core/x.ts");
  });

  test("no network is known by name where all of them are shown, checked and counted", () => {
    expect(COMMON.filter((room) => !existsSync(join(ROOT, room)) && !existsSync(join(ROOT, `${room}.ts`)))).toEqual([]);
    const page = [...new Glob("src/server/page/*.{html,css}").scanSync(ROOT)];
    const texts = page.map((file) => ({ file, source: readFileSync(join(ROOT, file), "utf8") }));
    const broken = [...sources, ...texts].flatMap(({ file, source }) => namesOfNetworks(file, source));
    expect(broken).toEqual([]);
    for (const said of [
      `id === "fedai"`,
      "// as fed_AI has it",
      "/oarn/peer.key/",
      `networks["function"]`,
      "FUNCTION.id",
    ])
      expect(namesOfNetworks("src/node/checks/x.ts", said)).not.toEqual([]);
    expect(namesOfNetworks("src/server/x.ts", `typeof value === "function"`)).toEqual([]);
  });

  test("every file that SECURITY.md names is there", () => {
    const named = readFileSync(join(ROOT, "SECURITY.md"), "utf8").matchAll(
      /`((?:src|test|build|registries|challengers)\/[\w./-]+\.ts)`/g,
    );
    const paths = [...named].map(([, path = ""]) => path);
    expect(paths.length).toBeGreaterThan(20);
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test("only src/lib reaches the network", () => {
    const out = /(?<![.\w])fetch\(|from "node:(http|https|http2|net|tls|dgram|dns)(\/promises)?"|Bun\.connect\(/;
    const broken = sources
      .filter(({ file, source }) => !file.startsWith("src/lib/") && out.test(source))
      .map(({ file }) => file);
    expect(broken).toEqual([]);
  });

  test("nothing below cmd prints or exits", () => {
    const broken = sources
      .filter(
        ({ file, source }) =>
          !file.startsWith("cmd/") && /console\.\w+\(|process\.exit\(|process\.exitCode/.test(source),
      )
      .map(({ file }) => file);
    expect(broken).toEqual([]);
  });

  test("every file says its job in its first line and stays one idea", () => {
    const silent = sources.filter(({ source }) => !source.startsWith("// ")).map(({ file }) => file);
    const long = sources.filter(({ source }) => source.split("\n").length > 300).map(({ file }) => file);
    expect({ silent, long }).toEqual({ silent: [], long: [] });
  });
});
