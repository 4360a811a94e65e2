import { expect, test } from "bun:test";
import { SERVICE, serviceManagerConformance } from "../../test/conformance/service-managers.ts";
import { launchd } from "./launchd.ts";
import type { ServiceFile } from "./manager.ts";

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const plainText = (xml: string) => xml.replace(/&(\w+);/g, (_, name: string) => ENTITIES[name] ?? "?");

function command({ text }: ServiceFile): string[] {
  const array = /<key>ProgramArguments<\/key>\s*<array>(.*?)<\/array>/s.exec(text)?.[1] ?? "";
  return [...array.matchAll(/<string>([^<>]*)<\/string>/g)].map(([, xml = ""]) => plainText(xml));
}

serviceManagerConformance(launchd, {
  command,
  passwordFile: (file) => command(file)[5],
  skeleton: ({ text }) => text.replace(/<string>[^<>]*<\/string>/g, "<string/>"),
});

test("a daemon of the machine runs as the home's owner, an agent as its user", () => {
  const [daemon] = launchd.files(SERVICE);
  const [agent] = launchd.files({ ...SERVICE, system: false });
  expect(daemon?.path).toBe("/Library/LaunchDaemons/fxn.plist");
  expect(daemon?.text).toContain("<key>UserName</key><string>ada</string>");
  expect(agent?.path).toBe("/home/ada/Library/LaunchAgents/fxn.plist");
  expect(agent?.text).not.toContain("UserName");
  expect(launchd.install({ ...SERVICE, system: false }).map(({ words }) => words.join(" "))).toEqual([
    "launchctl bootout gui/1000/fxn",
    "launchctl enable gui/1000/fxn",
    "launchctl bootstrap gui/1000 /home/ada/Library/LaunchAgents/fxn.plist",
  ]);
});

test("it has as long to stop as the configuration says, and then some", () => {
  expect(launchd.files({ ...SERVICE, deadlineMs: 90_500 })[0]?.text).toContain(
    "<key>ExitTimeOut</key><integer>106</integer>",
  );
});

test("it is begun again when it fails, and not when it was told to stop", () => {
  expect(launchd.files(SERVICE)[0]?.text).toContain("<key>SuccessfulExit</key><false/>");
});
