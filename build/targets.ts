// What fxn is built for: each target's runtime, as the lock file pins it, and the shape of its file and archive.
import { readFileSync } from "node:fs";

export interface BuildTarget {
  /** Ours and Bun's name of it, and that of its native libraries (native-libraries.ts). */
  readonly name:
    | "linux-x64"
    | "linux-arm64"
    | "linux-x64-musl"
    | "linux-arm64-musl"
    | "darwin-x64"
    | "darwin-arm64"
    | "windows-x64"
    | "windows-arm64";
  /** The npm package with Bun's executable for it. */
  readonly runtime: string;
  readonly executable: "fxn" | "fxn.exe";
  readonly archive: "tar.gz" | "zip";
  readonly format: "ELF" | "Mach-O" | "PE";
  readonly arch: "x64" | "arm64";
  /** The package that brings Dawn, for WebGPU; undefined: there is none for this system. */
  readonly webgpu?: string;
}

const unix = { executable: "fxn", archive: "tar.gz" } as const;
const windows = { executable: "fxn.exe", archive: "zip", format: "PE" } as const;

export const BUILD_TARGETS: readonly BuildTarget[] = [
  {
    ...unix,
    name: "linux-x64",
    runtime: "@oven/bun-linux-x64",
    format: "ELF",
    arch: "x64",
    webgpu: "bun-webgpu-linux-x64",
  },
  { ...unix, name: "linux-arm64", runtime: "@oven/bun-linux-aarch64", format: "ELF", arch: "arm64" },
  { ...unix, name: "linux-x64-musl", runtime: "@oven/bun-linux-x64-musl", format: "ELF", arch: "x64" },
  { ...unix, name: "linux-arm64-musl", runtime: "@oven/bun-linux-aarch64-musl", format: "ELF", arch: "arm64" },
  {
    ...unix,
    name: "darwin-x64",
    runtime: "@oven/bun-darwin-x64",
    format: "Mach-O",
    arch: "x64",
    webgpu: "bun-webgpu-darwin-x64",
  },
  {
    ...unix,
    name: "darwin-arm64",
    runtime: "@oven/bun-darwin-aarch64",
    format: "Mach-O",
    arch: "arm64",
    webgpu: "bun-webgpu-darwin-arm64",
  },
  {
    ...windows,
    name: "windows-x64",
    runtime: "@oven/bun-windows-x64",
    arch: "x64",
    webgpu: "bun-webgpu-win32-x64",
  },
  { ...windows, name: "windows-arm64", runtime: "@oven/bun-windows-aarch64", arch: "arm64" },
];

/** The one that this machine runs. */
export function hostTarget(): BuildTarget {
  const os = process.platform === "win32" ? "windows" : process.platform;
  // What this very process has loaded: musl's loader may lie on a system of glibc too, where its package is installed.
  const musl = os === "linux" && !/\/libc(?:\.so\.6|-2\.\d+\.so)$/m.test(readFileSync("/proc/self/maps", "latin1"));
  const name = `${os}-${process.arch}${musl ? "-musl" : ""}`;
  const target = BUILD_TARGETS.find((each) => each.name === name);
  if (!target) throw new Error(`fxn is not built for ${name}: ${BUILD_TARGETS.map((each) => each.name).join(", ")}`);
  return target;
}
