// THE SCHEMA of a runner: a program that the node starts itself, and the sandbox that it runs in.
import { z } from "zod";
import { Secret } from "../core/secret.ts";
import { field, list } from "./field.ts";
import { choice, duration, integer, size, text } from "./fields.ts";
import { withoutSecrets } from "./secret-arguments.ts";

const absolutePath = field<string>({
  schema: { title: "path", type: "string", pattern: "^/", examples: ["/srv/models"] },
  expected: `an absolute path such as "/srv/models"`,
  read: (input) => (/^\/[^\0]*$/.test(input) ? input : undefined),
  write: (value) => value,
});

/** A variable that a runner gets: with a value of its own, or with the node's. */
export interface RunnerVariable {
  readonly name: string;
  /** undefined: what the node's own environment has under that name. */
  readonly value: Secret | undefined;
}

const variable = field<RunnerVariable>({
  schema: { title: "variable", type: "string", examples: ["HF_HOME=/srv/models"] },
  expected: "NAME=value, or NAME for the value that the node has",
  hidden: true,
  read(input, refuse) {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)(?:=([^\0]*))?$/s.exec(input) ?? [];
    if (name === undefined) return undefined;
    if (/^FXN_/i.test(name)) return refuse(`${name} is the node's own: FXN_… may hold its password`);
    return { name, value: value === undefined ? undefined : new Secret(value) };
  },
  write: ({ name, value }) => (value ? `${name}=${value}` : name),
});

const paths = list(absolutePath, "a list of absolute paths").prefault([]);

export const sandboxSchema = z.strictObject({
  mode: choice(["required", "off"])
    .prefault("required")
    .describe("required: in a sandbox (bubblewrap, Linux) or not at all; off: with all rights of the node."),
  network: choice(["none", "host"])
    .prefault("none")
    .describe("none: not even this machine's; host: all that the node reaches, its loopback too."),
  readable: paths.describe("Files and folders that it may read, beside the system's programs and its own folder."),
  writable: paths.describe("Files and folders that it may change; all else is read-only, but for a /tmp of its own."),
  devices: paths
    .meta({ examples: [["/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm"]] })
    .describe("Device files that it may use, as /dev/nvidia0."),
  memory: size
    .prefault("16GB")
    .describe(
      "What each of its processes may allocate for itself (RLIMIT_DATA), and how large /tmp and /dev/shm may grow.",
    ),
  addressSpace: size
    .optional()
    .describe(
      "All that each of its processes may map (RLIMIT_AS), shared memory too. Mapped weights and GPU drivers want far more than they use. Default: no limit.",
    ),
  processes: integer(4).prefault(256).describe("How many processes and threads it may have."),
  cpuTime: duration("1ms")
    .optional()
    .describe("Processor time after which a process of it is ended, and the runner started anew. Default: none."),
});

/** What only `provider: process` has. */
export const runnerShape = {
  command: list(text("a program or an argument", "python3"), "a list: the program and its arguments", 1, (items) =>
    withoutSecrets(items.map(String)),
  )
    .optional()
    .meta({ examples: [["python3", "runner.py"]] })
    .describe(
      "For process: the program and its arguments; never through a shell. Any user of this machine may read them: a secret belongs into environment.",
    ),
  folder: text("the path of a folder", "/srv/runner")
    .optional()
    .describe("For process: where it runs, and may read. A relative path starts at the home folder; default: runners."),
  environment: list(variable, "a list of variables")
    .optional()
    .describe("For process: NAME=value, or NAME to pass the node's value on. It has PATH and LANG, and no other."),
  startTimeout: duration("1ms")
    .optional()
    .describe("For process: how long it may take until it is ready. Default: 10m."),
  sandbox: sandboxSchema.optional().describe("For process: what it may do."),
};

export type SandboxConfig = z.output<typeof sandboxSchema>;

/** A runner as the rest of the program sees it. */
export interface RunnerConfig {
  readonly command: readonly string[];
  /** As the file has it; a relative one starts at the home folder. */
  readonly folder: string;
  readonly environment: readonly RunnerVariable[];
  /** Milliseconds. */
  readonly startTimeout: number;
  readonly sandbox: SandboxConfig;
}

export const RUNNER_DEFAULTS = { folder: "runners", startTimeout: 600_000 } as const;
