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
