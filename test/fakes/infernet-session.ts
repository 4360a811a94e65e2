// A session of Infernet as its part of config.yaml would open it.
import type { OwnSession } from "../../src/core/network.ts";
import { openSession } from "../../src/networks/infernet/session.ts";
import { settings } from "../../src/networks/infernet/settings.ts";
import type { NetworkPorts } from "../../src/networks/ports.ts";

export function openInfernet(written: unknown, ports: NetworkPorts): OwnSession {
  return openSession(settings.parse(written), ports);
}
