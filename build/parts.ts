// Opens a built file again: is it for its system, and are the native libraries in it those of its system, and no others?
import { existsSync, readFileSync } from "node:fs";
import { machineOf } from "./inspect.ts";
import { libraryFile } from "./native.ts";
import { LIBRARIES } from "./native-libraries.ts";
import { BUILD_TARGETS, type BuildTarget } from "./targets.ts";

/** What is wrong with it, a line each; none when it is as it should be. */
export function faultsOf(target: BuildTarget, file: Buffer): string[] {
  const faults: string[] = [];
  const is = machineOf(file);
  if (is?.format !== target.format || is.arch !== target.arch)
    faults.push(
      `it is ${is ? `${is.format} for ${is.arch}` : "no executable"}, not ${target.format} for ${target.arch}`,
    );
  for (const library of Object.values(LIBRARIES)) {
    for (const other of BUILD_TARGETS) {
      const path = libraryFile(library, other.name);
      if (other !== target && !existsSync(path)) continue;
      const bytes = readFileSync(path);
      const found = machineOf(bytes);
      const inIt = file.includes(bytes);
      if (other !== target && inIt) faults.push(`it has the library ${library.name} of ${other.name}`);
      if (other !== target) continue;
      if (!inIt) faults.push(`it has no library ${library.name} of ${target.name}`);
      if (found?.format !== target.format || found.arch !== target.arch)
        faults.push(`its library ${library.name} is ${found ? `${found.format} for ${found.arch}` : "no library"}`);
    }
    if (!file.includes(readFileSync(libraryFile(library, "wasm"))))
      faults.push(`it has no ${library.name} for WebAssembly`);
  }
  return faults;
}
