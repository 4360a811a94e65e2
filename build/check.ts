// Checks the tree as a whole: format and lint, types, unused code, generated files. Prints what failed and how to mend it.
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const bin = (name: string) => join(root, "node_modules", ".bin", name);
const CHECKS: readonly { name: string; command: string[]; mend: string }[] = [
  { name: "format and lint", command: [bin("biome"), "check", "--error-on-warnings", "."], mend: "npm run fix" },
  { name: "types", command: [bin("tsc")], mend: "see above" },
  { name: "types of the page", command: [bin("tsc"), "-p", "src/server/page/client"], mend: "see above" },
  { name: "unused code", command: [bin("knip")], mend: "delete what is not used" },
  { name: "generated files", command: [process.execPath, "build/docs.ts", "--check"], mend: "npm run fix" },
];

const results = await Promise.all(
  CHECKS.map(async (check) => {
    const child = Bun.spawn(check.command, { cwd: root, stdout: "pipe", stderr: "pipe" });
    const [out, err, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { ...check, ok: code === 0, output: `${out}${err}` };
  }),
);
for (const { name, ok, output, mend } of results) {
  if (ok) console.log(`ok      ${name}`);
  else console.error(`FAILED  ${name}; mend: ${mend}\n${output}`);
}
process.exit(results.every(({ ok }) => ok) ? 0 : 1);
