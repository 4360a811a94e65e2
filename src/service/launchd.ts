// macOS: a launchd job, a daemon for the machine or an agent of one user.
import { join } from "node:path";
import type { Place, Service, ServiceManager } from "./manager.ts";
import { xmlText } from "./text.ts";

const LABEL = "fxn";
const MARK = "<!-- Written by fxn service install; fxn service remove takes it away. -->";
const CLOSING_S = 15;

const domain = ({ system, uid }: Place) => (system ? "system" : `gui/${uid}`);
const target = (place: Place) => `${domain(place)}/${LABEL}`;

const plistPath = ({ system, userHome }: Place) =>
  system ? `/Library/LaunchDaemons/${LABEL}.plist` : join(userHome, "Library/LaunchAgents", `${LABEL}.plist`);

/** launchd opens it as the service's user, who surely may write to the node's home. */
const logPath = ({ home }: Place) => join(home, "fxn.log");

export const launchd: ServiceManager = {
  platform: "darwin",
  name: "launchd",
  mark: MARK,
  handsOverPassword: () => false,
  files: (service) => [{ path: plistPath(service), text: plist(service), encoding: "utf8" }],
  paths: (place) => [plistPath(place)],
  install: (place) => [
    { words: ["launchctl", "bootout", target(place)], mayFail: true },
    { words: ["launchctl", "enable", target(place)] },
    { words: ["launchctl", "bootstrap", domain(place), plistPath(place)] },
  ],
  remove: (place) => ({ before: [{ words: ["launchctl", "bootout", target(place)], mayFail: true }], after: [] }),
  logs: (place, { lines, follow }) => ["tail", "-n", String(lines), ...(follow ? ["-F"] : []), logPath(place)],
  running: undefined,
  advice: (place) => [`Its log grows in ${logPath(place)}.`],
};

function plist(service: Service): string {
  const { program, home, passwordFile, user, deadlineMs, system } = service;
  const password = passwordFile === undefined ? [] : ["--password-file", passwordFile];
  const words = [...program, "start", "--home", home, ...password];
  const name = system && user && "name" in user ? user.name : undefined;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
${MARK}
<plist version="1.0">
<dict>
  <key>Label</key><string>${LABEL}</string>
  <key>ProgramArguments</key>
  <array>
${words.map((word) => `    <string>${xmlText(word)}</string>`).join("\n")}
  </array>
${name === undefined ? "" : `  <key>UserName</key><string>${xmlText(name)}</string>\n`}  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>ThrottleInterval</key><integer>10</integer>
  <key>ExitTimeOut</key><integer>${Math.ceil(deadlineMs / 1000) + CLOSING_S}</integer>
  <key>ProcessType</key><string>Interactive</string>
  <key>SoftResourceLimits</key><dict><key>NumberOfFiles</key><integer>65536</integer></dict>
  <key>HardResourceLimits</key><dict><key>NumberOfFiles</key><integer>65536</integer><key>Core</key><integer>0</integer></dict>
  <key>Umask</key><integer>63</integer>
  <key>StandardOutPath</key><string>${xmlText(logPath(service))}</string>
  <key>StandardErrorPath</key><string>${xmlText(logPath(service))}</string>
</dict>
</plist>
`;
}
