// The words for each firewall, with the port that was asked for.
import { expect, test } from "bun:test";
import { FIREWALL_TOOLS, firewallHint } from "./firewall.ts";

test("every tool that is there, in order", () => {
  const lines = firewallHint(4000, "linux", FIREWALL_TOOLS);
  expect(lines.slice(0, 2)).toEqual([
    "-- firewall hint (fxn infernet firewall, port 4000) --",
    "Detected: ufw, firewalld, nftables, iptables",
  ]);
  expect(lines.filter((line) => line.includes("4000"))).toHaveLength(5);
});

test.each([
  ["darwin", "pass in proto tcp from any to any port 4000"],
  ["win32", 'name="Infernet P2P 4000" dir=in action=allow protocol=TCP localport=4000'],
  ["linux", "No firewall tool was found"],
] as const)("%s", (platform, words) => {
  expect(firewallHint(4000, platform, []).join("\n")).toContain(words);
});
