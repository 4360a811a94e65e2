// SwiftShader, Vulkan on the CPU, for tests of the webgpu engine: out of the archive that a packed Chromium carries.
import { dlopen, ptr } from "bun:ffi";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";

export interface SwiftShader {
  /** What a process must be started with to find it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Makes it the Vulkan of this process. */
  use(): void;
}

/** It, or why there is none. FXN_TEST_SWIFTSHADER names the json of one that is unpacked already. */
export async function swiftshader(): Promise<SwiftShader | string> {
  if (process.platform !== "linux" || process.arch !== "x64") return "packed for linux-x64 only";
  const json = process.env.FXN_TEST_SWIFTSHADER ?? (await unpack());
  if (!json) return "@sparticuz/chromium is not installed";
  return {
    environment: { LD_LIBRARY_PATH: dirname(json), VK_ICD_FILENAMES: json },
    use() {
      // Both are read by native code: process.env does not reach it, and a library that is loaded already is found by its name.
      const { symbols } = dlopen("libc.so.6", { setenv: { args: ["ptr", "ptr", "i32"], returns: "i32" } });
      symbols.setenv(ptr(Buffer.from("VK_ICD_FILENAMES\0")), ptr(Buffer.from(`${json}\0`)), 1);
      dlopen(join(dirname(json), "libvulkan.so.1"), {
        vkGetInstanceProcAddr: { args: ["ptr", "ptr"], returns: "ptr" },
      });
    },
  };
}

/** Once, beside the archive, so that it goes when the package goes. */
async function unpack(): Promise<string | undefined> {
  const archive = packed();
  if (!archive) return undefined;
  const folder = join(dirname(archive), "swiftshader");
  // The last file of the archive.
  const json = join(folder, "vk_swiftshader_icd.json");
  if (!existsSync(json)) await new Bun.Archive(brotliDecompressSync(readFileSync(archive))).extract(folder);
  return json;
}

function packed(): string | undefined {
  try {
    const entry = fileURLToPath(import.meta.resolve("@sparticuz/chromium"));
    const archive = join(dirname(entry), "..", "bin", "swiftshader.tar.br");
    return existsSync(archive) ? archive : undefined;
  } catch {
    return undefined;
  }
}
