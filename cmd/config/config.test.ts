import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { Cli } from "clipanion";
import { CERTIFICATE, CERTIFICATE_KEY } from "../../test/fakes/certificate.ts";
import { ConfigCheckCommand } from "./check.ts";
import { ConfigSchemaCommand } from "./schema.ts";
import { ConfigShowCommand } from "./show.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fxn-config-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

async function fxn(args: string[], env: Record<string, string> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const into = (lines: string[]) => new Writable({ write: (chunk, _, done) => done(void lines.push(String(chunk))) });
  const cli = Cli.from([ConfigCheckCommand, ConfigShowCommand, ConfigSchemaCommand], { binaryName: "fxn" });
  const code = await cli.run([...args, "--home", home], {
    ...Cli.defaultContext,
    stdout: into(out),
    stderr: into(err),
    env,
  });
  return { code, out: out.join(""), err: err.join("") };
}

const write = (name: string, text: string) => writeFileSync(join(home, name), text);

describe("fxn config check", () => {
  test("an empty home is fine, and what a start needs is said", async () => {
    const { code, out, err } = await fxn(["config", "check"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("ok  config.yaml: 0 settings of its own");
    expect(out).toContain("--  model_backend.yaml: not there");
  });

  test("what the files say, and warnings", async () => {
    write("config.yaml", "queue: {size: 2, timeout: 1s}\n");
    write("model_backend.yaml", "url: http://x\n");
    const { code, out, err } = await fxn(["config", "check"], { FXN_NODE_LISTEN_PORT: "1", FXN_NODE_LISTEN_PROT: "1" });
    expect(code).toBe(0);
    expect(out).toBe(
      "ok  config.yaml: 2 settings of its own\nok  environment: 1 setting\nok  model_backend.yaml: 1 model on 1 model server\n",
    );
    expect(err).toContain(
      'warning: $FXN_NODE_LISTEN_PROT: names no setting and is ignored, did you mean "FXN_NODE_LISTEN_PORT"?',
    );
  });

  test("all problems on standard error, exit code 78", async () => {
    write("config.yaml", "node:\n  listenPrt: 1\n");
    write("model_backend.yaml", "urn: http://x\n");
    const { code, out, err } = await fxn(["config", "check"]);
    expect({ code, out }).toEqual({ code: 78, out: "" });
    expect(err).toContain(
      '\nconfig.yaml:2:3: node.listenPrt: unknown key, did you mean "listenPort"?\nmodel_backend.yaml:1:1: urn: unknown key, did you mean "url"?\n',
    );
  });

  test("--json: problems as data, exit code 78", async () => {
    write("config.yaml", "node: 1\n");
    const { code, out, err } = await fxn(["config", "check", "--json"]);
    expect({ code, err }).toEqual({ code: 78, err: "" });
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      problems: [{ file: "config.yaml", line: 1, column: 7, path: "node" }],
    });
  });
});

describe("fxn config check, the files of node.tls", () => {
  test("what a start would refuse is said with its place", async () => {
    write("config.yaml", "node:\n  tls:\n    certFile: a.crt\n    keyFile: a.key\n");
    write("a.crt", CERTIFICATE);
    const { code, err } = await fxn(["config", "check"]);
    expect(code).toBe(78);
    expect(err).toContain(`config.yaml:4:14: node.tls.keyFile: ${join(home, "a.key")} does not exist`);
    writeFileSync(join(home, "a.key"), CERTIFICATE_KEY, { mode: 0o600 });
    expect((await fxn(["config", "check"])).code).toBe(0);
  });

  test("half of it would be plain HTTP", async () => {
    write("config.yaml", "node: { tls: { certFile: a.crt } }\n");
    write("a.crt", CERTIFICATE);
    expect((await fxn(["config", "check"])).err).toContain(
      "node.tls.keyFile: missing: certFile and keyFile belong together",
    );
  });
});

describe("fxn config show", () => {
  beforeEach(() => {
    write("config.yaml", "node:\n  listenPort: 81\nrpcProvider: https://base.example/CANARY\n");
    write("model_backend.yaml", "url: http://x\napiKey: CANARY\n");
  });

  test("both files with their defaults, without secrets", async () => {
    const { code, out } = await fxn(["config", "show"]);
    expect(code).toBe(0);
    expect(out).toContain("listenPort: 81");
    expect(out).toContain("maxStale: 1h");
    expect(out).toContain('apiKey: "***"');
    expect(out).not.toContain("CANARY");
  });

  test("--origin", async () => {
    const { out } = await fxn(["config", "show", "--origin"], { FXN_QUEUE_SIZE: "3" });
    expect(out).toMatch(/^node\.listenPort +81 +config\.yaml:2$/m);
    expect(out).toMatch(/^node\.publicIp +- +default$/m);
    expect(out).toMatch(/^queue\.size +3 +\$FXN_QUEUE_SIZE$/m);
    expect(out).toMatch(/^apiKey +"\*\*\*" +model_backend\.yaml:2$/m);
    expect(out).not.toContain("CANARY");
  });

  test("--json", async () => {
    const { out } = await fxn(["config", "show", "--json"]);
    expect(JSON.parse(out)).toMatchObject({ config: { node: { listenPort: 81 } }, models: { apiKey: "***" } });
    expect(JSON.parse((await fxn(["config", "show", "--json", "--origin"])).out)).toContainEqual({
      path: "queue.size",
      value: 512,
      from: "default",
    });
  });
});

describe("fxn config schema", () => {
  test("of either file", async () => {
    expect(JSON.parse((await fxn(["config", "schema"])).out)).toHaveProperty("properties.node");
    expect(JSON.parse((await fxn(["config", "schema", "models"])).out)).toHaveProperty("anyOf");
  });

  test("of anything else is refused with exit code 2", async () => {
    expect((await fxn(["config", "schema", "keys"])).code).toBe(2);
  });
});
