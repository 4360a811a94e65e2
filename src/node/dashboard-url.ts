// Where a browser on this machine finds the operator's page.
import { hostPort } from "./status.ts";

const EVERY_ADDRESS: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/** @param code of a link; it stands behind the #, which browsers send to nobody */
export function dashboardUrl(host: string, port: number, code: string | undefined): string {
  const page = `http://${hostPort(EVERY_ADDRESS[host] ?? host, port)}/`;
  return code === undefined ? page : `${page}#link=${code}`;
}
