// Linux: a systemd unit, hardened as far as a program goes that compiles at run time and uses the GPU.
import { join } from "node:path";
import { CREDENTIAL } from "../keys/password.ts";
import type { Place, Service, ServiceManager } from "./manager.ts";
import { commandLine, restOfLine, word } from "./systemd-text.ts";

const UNIT = "fxn.service";
const MARK = "# Written by fxn service install; fxn service remove takes it away.";
/** After the deadline there are things to close; then systemd kills what is left. */
const CLOSING_S = 15;
/** Folders that ProtectHome=yes would hide. */
const HOMES = /^\/(home|root|run\/user)(\/|$)/;

const systemctl = ({ system }: Place, ...words: string[]) => ["systemctl", ...(system ? [] : ["--user"]), ...words];

const unitPath = ({ system, userHome }: Place) =>
  system ? join("/etc/systemd/system", UNIT) : join(userHome, ".config/systemd/user", UNIT);

export const systemd: ServiceManager = {
  platform: "linux",
  name: "systemd",
  mark: MARK,
  handsOverPassword: ({ system }) => system,
  files: (service) => [{ path: unitPath(service), text: unit(service), encoding: "utf8" }],
  paths: (place) => [unitPath(place)],
  install: (place) => [
    { words: systemctl(place, "daemon-reload") },
    { words: systemctl(place, "enable", UNIT) },
    // Starts it when it does not run, and waits until it is ready.
    { words: systemctl(place, "restart", UNIT) },
  ],
  remove: (place) => ({
    before: [{ words: systemctl(place, "disable", "--now", UNIT) }],
    after: [
      { words: systemctl(place, "daemon-reload") },
      { words: systemctl(place, "reset-failed", UNIT), mayFail: true },
    ],
  }),
  logs: ({ system }, { lines, follow }) => [
    "journalctl",
    ...(system ? ["--unit", UNIT] : ["--user-unit", UNIT]),
    "--output=cat",
    `--lines=${lines}`,
    ...(follow ? ["--follow"] : []),
  ],
  running: (place) => ({
    words: systemctl(place, "is-system-running"),
    answer: /^(initializing|starting|running|degraded|maintenance)\s*$/m,
  }),
  advice: ({ system }) =>
    system
      ? []
      : ["It ends when you log out, and does not start with the machine, until you run: loginctl enable-linger"],
};

function unit(service: Service): string {
  return `${MARK}
[Unit]
Description=fxn, a provider node of inference networks
${service.system ? "Wants=network-online.target\nAfter=network-online.target\n" : ""}# It tries for ever: a chain, a port or a disk may be gone for hours.
StartLimitIntervalSec=0

[Service]
${lines([...running(service), ...owner(service), ...everywhere, ...(service.system ? ofTheSystem(service) : [])])}

[Install]
WantedBy=${service.system ? "multi-user.target" : "default.target"}
`;
}

const lines = (entries: readonly string[]) => entries.join("\n");

function running({ program, home, passwordFile, deadlineMs, system }: Service): string[] {
  const password = passwordFile === undefined || system ? [] : ["--password-file", passwordFile];
  return [
    "Type=notify",
    // A node that takes over from this one speaks before it is the main process.
    "NotifyAccess=all",
    `ExecStart=${commandLine([...program, "start", "--home", home, ...password])}`,
    // It says what is wrong with a configuration, and then goes on with the one that it has.
    `ExecReload=${commandLine([...program, "reload", "--home", home])}`,
    ...(passwordFile !== undefined && system ? [`LoadCredential=${CREDENTIAL}:${restOfLine(passwordFile)}`] : []),
    // The node ends its workers itself, after their answers.
    "KillMode=mixed",
    `TimeoutStopSec=${Math.ceil(deadlineMs / 1000) + CLOSING_S}`,
    "WatchdogSec=60",
    // SIGABRT, which is the default, would have the runtime ask for a report of a fault of its own.
    "WatchdogSignal=SIGKILL",
    // Not on-failure: a process that took over and fails beside the old one, whose child it is, is no failure to systemd.
    "Restart=always",
    "RestartSec=5",
    // Neither a wrong command line, nor a refused key, nor a wrong configuration mends itself; 79 is the end that fxn drain wants.
    "RestartPreventExitStatus=2 77 78 79",
    // Told twice to stop, it ends at once.
    "SuccessExitStatus=79 130 143",
  ];
}

function owner({ user, groups, system, home }: Service): string[] {
  if (!system) return [];
  // The key is 0600 and its owner alone may use it. A dynamic user is given the state's folder, with all that is in it.
  const who =
    user && "state" in user
      ? ["DynamicUser=yes", `StateDirectory=${user.state}`, "StateDirectoryMode=0700"]
      : [`User=${user?.name ?? "root"}`, `ReadWritePaths=${word(home)}`];
  return groups.length > 0 ? [...who, `SupplementaryGroups=${groups.join(" ")}`] : who;
}

/** What needs no privileges: for users' units too. */
const everywhere: readonly string[] = [
  "UMask=0077",
  "LimitNOFILE=1048576",
  // A core file would hold the key.
  "LimitCORE=0",
  "NoNewPrivileges=yes",
  "LockPersonality=yes",
  "RestrictNamespaces=yes",
  "RestrictRealtime=yes",
  "RestrictSUIDSGID=yes",
  // Netlink tells of network interfaces.
  "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
  "SystemCallArchitectures=native",
  "SystemCallFilter=@system-service",
  "SystemCallFilter=~@privileged",
  "SystemCallErrorNumber=EPERM",
  // Not MemoryDenyWriteExecute: JavaScript and GPU drivers compile at run time.
];

function ofTheSystem({ home, program, lowPort }: Service): string[] {
  const ability = lowPort ? "CAP_NET_BIND_SERVICE" : "";
  return [
    `CapabilityBoundingSet=${ability}`,
    `AmbientCapabilities=${ability}`,
    "KeyringMode=private",
    `ProtectHome=${[home, ...program].some((path) => HOMES.test(path)) ? "read-only" : "yes"}`,
    "ProtectSystem=strict",
    // Libraries are unpacked there and loaded.
    "PrivateTmp=yes",
    "ProtectControlGroups=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    // Not ProcSubset=pid: /proc/meminfo and /proc/driver/nvidia are read.
    "ProtectProc=invisible",
    "RemoveIPC=yes",
    // Neither PrivateDevices nor ProtectClock, which shuts all devices but clocks: the GPU is one.
  ];
}
