// The workflows: few rights, pinned actions, the release's key where only signing happens.
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const FOLDER = join(import.meta.dir, "../.github/workflows");
const rights = z.record(z.string(), z.string());
const workflow = z.object({
  permissions: rights,
  jobs: z.record(
    z.string(),
    z.object({
      permissions: rights.optional(),
      environment: z.string().optional(),
      "timeout-minutes": z.number(),
      steps: z.array(
        z.object({
          uses: z.string().optional(),
          run: z.string().optional(),
          with: z.record(z.string(), z.unknown()).optional(),
        }),
      ),
    }),
  ),
});
const FILES = readdirSync(FOLDER).map((name) => {
  const text = readFileSync(join(FOLDER, name), "utf8");
  return { name, text, ...workflow.parse(parse(text)) };
});

test("there are three", () =>
  expect(FILES.map(({ name }) => name).sort()).toEqual(["build.yml", "release.yml", "test.yml"]));

for (const { name, permissions, jobs } of FILES) {
  describe(name, () => {
    test("may only read, but for the job that releases", () => {
      expect(permissions).toEqual({ contents: "read" });
      for (const [job, { permissions: own }] of Object.entries(jobs))
        expect([job, own]).toEqual([job, name === "release.yml" && job === "sign" ? { contents: "write" } : undefined]);
    });

    test("actions are of the platform's own maker and have a version; a checkout keeps no credentials", () => {
      for (const { steps } of Object.values(jobs))
        for (const { uses, with: values } of steps) {
          if (uses) expect(uses).toMatch(/^actions\/[a-z-]+@(v\d+|[0-9a-f]{40})$/);
          if (uses?.startsWith("actions/checkout@")) expect(values).toEqual({ "persist-credentials": false });
        }
    });

    test("nothing that others can name is put into a script's text", () => {
      for (const { steps } of Object.values(jobs))
        for (const { run } of steps) expect(run ?? "").not.toMatch(/\$\{\{(?! *matrix\.)/);
    });
  });
}

test("the key that signs is known to one job, which installs no packages of the build", () => {
  for (const { name, text, jobs } of FILES) {
    const asks = [...text.matchAll(/secrets\.\w+/g)].map(([word]) => word);
    expect([name, asks]).toEqual([name, name === "release.yml" ? ["secrets.FXN_RELEASE_KEY"] : []]);
    const sign = jobs.sign;
    if (!sign) continue;
    expect(sign.environment).toBe("release");
    for (const { run } of sign.steps) expect(run ?? "").not.toMatch(/\b(?:npm|npx|node|bun)\b/);
  }
});

const missing = Bun.which("actionlint") ? "" : " (skipped: actionlint is not installed)";
test.skipIf(missing !== "")(`actionlint finds nothing${missing}`, () => {
  const files = FILES.map(({ name }) => join(FOLDER, name));
  const { exitCode, stdout, stderr } = Bun.spawnSync(["actionlint", "-no-color", ...files]);
  expect([exitCode, `${stdout}${stderr}`]).toEqual([0, ""]);
});
