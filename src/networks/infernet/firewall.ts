// What opens the p2p port in a firewall: words for a person to run, never run here.

/** In the order in which they are looked for. */
export const FIREWALL_TOOLS = ["ufw", "firewall-cmd", "nft", "iptables"] as const;
export type FirewallTool = (typeof FIREWALL_TOOLS)[number];

const LINUX: Readonly<Record<FirewallTool, readonly [name: string, lines: (port: number) => readonly string[]]>> = {
  ufw: ["ufw", (port) => [`sudo ufw allow ${port}/tcp`, "sudo ufw reload"]],
  "firewall-cmd": [
    "firewalld",
    (port) => [`sudo firewall-cmd --permanent --add-port=${port}/tcp`, "sudo firewall-cmd --reload"],
  ],
  nft: ["nftables", (port) => [`sudo nft add rule inet filter input tcp dport ${port} accept`]],
  iptables: [
    "iptables",
    (port) => [
      `sudo iptables -I INPUT -p tcp --dport ${port} -j ACCEPT`,
      "# it is gone after a restart: save it with your system's own tool",
    ],
  ],
};

/** @param found the tools that are there */
export function firewallHint(
  port: number,
  platform: NodeJS.Platform,
  found: readonly FirewallTool[],
): readonly string[] {
  const head = `-- firewall hint (fxn infernet firewall, port ${port}) --`;
  if (platform === "darwin") {
    return [
      head,
      "[macOS pf, /etc/pf.conf]",
      `  pass in proto tcp from any to any port ${port}`,
      "  sudo pfctl -f /etc/pf.conf",
    ];
  }
  if (platform === "win32") {
    const rule = `name="Infernet P2P ${port}" dir=in action=allow protocol=TCP localport=${port}`;
    return [head, "[Windows Firewall]", `  netsh advfirewall firewall add rule ${rule}`];
  }
  if (found.length === 0) {
    return [head, "No firewall tool was found on this machine.", `Where there is one, allow TCP port ${port}.`];
  }
  const sections = found.flatMap((tool) => {
    const [name, lines] = LINUX[tool];
    return [`[${name}]`, ...lines(port).map((line) => `  ${line}`)];
  });
  return [head, `Detected: ${found.map((tool) => LINUX[tool][0]).join(", ")}`, ...sections];
}
