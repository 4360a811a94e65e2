// Opens a built file again: would its system start it, and are the native libraries in it those of its system, and no others?
import { existsSync, readFileSync } from "node:fs";
import { entryFault } from "./entry.ts";
import { machineOf } from "./inspect.ts";
import { signatureFault } from "./macho-signature.ts";
import { libraryFile } from "./native.ts";
import { LIBRARIES } from "./native-libraries.ts";
import { BUILD_TARGETS, type BuildTarget } from "./targets.ts";

/** What is wrong with it, a line each; none when it is as it should be. */
export function faultsOf(target: BuildTarget, file: Buffer): string[] {
  return [...startFaults(target, file), ...libraryFaults(target, file)];
}

/** Why its system would not start it. */
export function startFaults({ format, arch }: BuildTarget, file: Buffer): string[] {
  const is = machineOf(file);
  if (is?.format !== format || is.arch !== arch)
    return [`it is ${is ? `${is.format} for ${is.arch}` : "no executable"}, not ${format} for ${arch}`];
  const faults = [entryFault(file, format), format === "Mach-O" ? signatureFault(file) : undefined];
  return faults.filter((fault) => fault !== undefined);
}

export function libraryFaults(target: BuildTarget, file: Buffer): string[] {
  const faults: string[] = [];
  const others = BUILD_TARGETS.filter((other) => other !== target);
  for (const library of Object.values(LIBRARIES)) {
    const own = readFileSync(libraryFile(library, target.name));
    const found = machineOf(own);
    if (found?.format !== target.format || found.arch !== target.arch)
      faults.push(`its library ${library.name} is ${found ? `${found.format} for ${found.arch}` : "no library"}`);
    if (!file.includes(own)) faults.push(`it has no library ${library.name} of ${target.name}`);
    if (!file.includes(readFileSync(libraryFile(library, "wasm"))))
      faults.push(`it has no ${library.name} for WebAssembly`);
    for (const { name } of others) {
      const path = libraryFile(library, name);
      // Only what was built here can have been mixed up.
      if (existsSync(path) && file.includes(readFileSync(path)))
        faults.push(`it has the library ${library.name} of ${name}`);
    }
  }
  return faults;
}
