// The Helm chart, rendered by helm itself: what must hold for keys, stores and rights, and a home that fxn takes.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { z } from "zod";

const CHART = join(import.meta.dir, "fxn");
const BINARY = join(import.meta.dir, "../../dist/fxn");
const missing = Bun.which("helm") ? "" : " (skipped: helm is not installed)";

const named = z.object({ name: z.string() });
const container = z.object({
  name: z.string(),
  command: z.array(z.string()).default([]),
  args: z.array(z.string()).default([]),
  env: z
    .array(z.object({ name: z.string(), value: z.string().optional(), valueFrom: z.unknown().optional() }))
    .default([]),
  securityContext: z.unknown().optional(),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
  readinessProbe: z.unknown().optional(),
});
const resource = z.object({
  kind: z.string(),
  metadata: named,
  spec: z.unknown().optional(),
  data: z.record(z.string(), z.string()).optional(),
});
const set = z.object({
  replicas: z.number(),
  template: z.object({
    spec: z.object({
      terminationGracePeriodSeconds: z.number().optional(),
      securityContext: z.unknown().optional(),
      initContainers: z.array(container).default([]),
      containers: z.array(container),
      volumes: z.array(named).default([]),
    }),
  }),
  volumeClaimTemplates: z.array(z.object({ metadata: named })).default([]),
});

function helm(...values: string[]) {
  const words = ["template", "node", CHART, "--kube-version", "1.31.0", ...values.flatMap((value) => ["--set", value])];
  const { exitCode, stdout, stderr } = Bun.spawnSync(["helm", ...words]);
  return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

function rendered(...values: string[]) {
  const { exitCode, stdout, stderr } = helm(...values);
  expect([exitCode, stderr]).toEqual([0, ""]);
  return parseAllDocuments(stdout)
    .map((document) => document.toJS())
    .filter((document) => document !== null)
    .map((document) => resource.parse(document));
}

const podsOf = (resources: ReturnType<typeof rendered>, name = "node-fxn") =>
  set.parse(resources.find(({ kind, metadata }) => kind === "StatefulSet" && metadata.name === name)?.spec).template
    .spec;

const SAFE = { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } };
const ALL = [
  "redis.enabled=true",
  "networkPolicy.enabled=true",
  "metrics.serviceMonitor.enabled=true",
  "metrics.prometheusRule.enabled=true",
  "secretFiles={a,b}",
];

test("chart and program have the same version", async () => {
  const { version } = await Bun.file(join(import.meta.dir, "../../package.json")).json();
  expect(parse(readFileSync(join(CHART, "Chart.yaml"), "utf8")).appVersion).toBe(version);
});

describe.skipIf(missing !== "")(`the chart${missing}`, () => {
  test("helm lint finds nothing", () => {
    const { exitCode, stdout } = Bun.spawnSync(["helm", "lint", "--strict", CHART, "--set", "redis.enabled=true"]);
    expect([exitCode, stdout.toString()]).toEqual([0, expect.stringContaining("0 chart(s) failed")]);
  });

  test("several replicas without a store, two stores, and unknown values are refused", () => {
    expect(helm().stderr).toContain("several replicas need a store");
    expect(helm("redis.enabled=true", "store.existingSecret=x").stderr).toContain("two stores");
    expect(helm("replicas=1", "replica=2").stderr).toContain("replica");
    expect(helm("replicas=0").exitCode).not.toBe(0);
    expect(helm("replicas=1").exitCode).toBe(0);
  });

  test("every container runs without rights, on a file system that it cannot change", () => {
    const resources = rendered(...ALL);
    for (const pod of [podsOf(resources), podsOf(resources, "node-fxn-redis")]) {
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
      for (const each of [...pod.initContainers, ...pod.containers]) expect(each.securityContext).toEqual(SAFE);
    }
  });

  test("every mount has a volume", () => {
    for (const values of [ALL, ["replicas=1", "persistence.enabled=false"]])
      for (const { spec } of rendered(...values).filter(({ kind }) => kind === "StatefulSet")) {
        const { template, volumeClaimTemplates } = set.parse(spec);
        const there = [...template.spec.volumes, ...volumeClaimTemplates.map(({ metadata }) => metadata)].map(
          ({ name }) => name,
        );
        const wanted = [...template.spec.containers, ...template.spec.initContainers].flatMap(
          ({ volumeMounts }) => volumeMounts,
        );
        for (const { name } of wanted) expect(there).toContain(name);
      }
  });

  test("the pod is given longer than streams, and is ready when fxn says so", () => {
    const pod = podsOf(rendered("replicas=1", "shutdownSeconds=90"));
    expect(pod.terminationGracePeriodSeconds).toBe(110);
    expect(pod.containers[0]?.env).toContainEqual(
      expect.objectContaining({ name: "FXN_SHUTDOWN_DEADLINE", value: "90s" }),
    );
    expect(pod.containers[0]?.readinessProbe).toMatchObject({ exec: { command: ["fxn", "status", "--ready"] } });
  });

  test("the password of the store is in no manifest", () => {
    const url = (values: string[]) =>
      podsOf(rendered(...values)).containers[0]?.env.find(({ name }) => name === "FXN_STORE_URL");
    expect(url(["store.existingSecret=meeting"])?.valueFrom).toEqual({ secretKeyRef: { name: "meeting", key: "url" } });
    expect(url(["redis.enabled=true"])?.value).toBe("redis://:$(REDIS_PASSWORD)@node-fxn-redis:6379");
  });
});

describe.skipIf(missing !== "")(`what the pod does before fxn starts${missing}`, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "fxn-chart-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("from Secrets and a volume that a group can read it makes a home that fxn takes, also the second time", () => {
    const resources = rendered("replicas=1", "config.limits.requestsPerMinute=7");
    const made = Bun.spawnSync([
      BINARY,
      "accounts",
      "new",
      "--home",
      join(folder, "made"),
      "--password-file",
      password(),
    ]);
    expect([made.exitCode, made.stderr.toString()]).toEqual([0, ""]);
    put("config", resources.find(({ kind }) => kind === "ConfigMap")?.data ?? {});
    put("key", { "nodekey.json": readFileSync(join(folder, "made/nodekey.json"), "utf8"), password: "a password\n" });
    mkdirSync(join(folder, "data"));
    chmodSync(join(folder, "data"), 0o2777);

    const { command } = podsOf(resources).initContainers[0] ?? { command: [] };
    const script = command[2]?.replaceAll("/data/", `${folder}/data/`).replaceAll("/setup/", `${folder}/setup/`) ?? "";
    for (let i = 0; i < 2; i++) {
      expect(Bun.spawnSync(["sh", "-euc", script]).exitCode).toBe(0);
      // As Kubernetes does with fsGroup when a volume is mounted again.
      if (i === 0) Bun.spawnSync(["chmod", "-R", "g+rwX", join(folder, "data")]);
    }

    const home = join(folder, "data/home");
    expect(statSync(home).mode & 0o777).toBe(0o700);
    for (const name of ["config.yaml", "model_backend.yaml", "nodekey.json", "password"])
      expect([name, statSync(join(home, name)).mode & 0o777]).toEqual([name, 0o600]);
    const fxn = (...words: string[]) => {
      const { exitCode, stdout, stderr } = Bun.spawnSync([BINARY, ...words, "--home", home]);
      return [exitCode, `${stdout}${stderr}`];
    };
    expect(fxn("config", "check")).toEqual([0, expect.any(String)]);
    expect(fxn("config", "show")[1]).toContain("requestsPerMinute: 7");
    expect(fxn("accounts", "get")).toEqual([0, expect.stringMatching(/0x[0-9a-fA-F]{40}/)]);
  });

  function put(name: string, files: Record<string, string>): void {
    const place = join(folder, "setup", name);
    mkdirSync(place, { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(place, file), text, { mode: 0o440 });
  }

  function password(): string {
    const path = join(folder, "password");
    writeFileSync(path, "a password\n", { mode: 0o600 });
    return path;
  }
});
