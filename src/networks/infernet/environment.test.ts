// The reference's variables become settings, each under the name that decided.
import { expect, test } from "bun:test";
import { readEnvironment } from "./environment.ts";

const read = (env: Record<string, string>, on = true) =>
  Object.fromEntries(
    readEnvironment(env, on).settings.map(({ setting, value, names }) => [setting, [value, ...names]]),
  );

test("its container's variables, its addresses in their order, and fxn's own intervals", () => {
  const env = {
    INFERNET_CONTROL_PLANE_URL: "https://plane.example",
    INFERNET_NODE_NAME: "edge-01",
    PUBLIC_IPADDR: "203.0.113.3",
    RUNPOD_PUBLIC_IP: "203.0.113.2",
    INFERNET_P2P_PORT: "4000",
    INFERNET_BIND_PORT: "5000",
    INFERNET_PUBLIC_PORT: "6000",
    INFERNET_POLL_INTERVAL_MS: "100",
    INFERNET_HEARTBEAT_INTERVAL_MS: "",
  };
  expect(read(env)).toEqual({
    url: ["https://plane.example", "INFERNET_CONTROL_PLANE_URL"],
    name: ["edge-01", "INFERNET_NODE_NAME"],
    address: ["203.0.113.2", "RUNPOD_PUBLIC_IP"],
    "p2p.port": ["5000", "INFERNET_BIND_PORT"],
    "p2p.publicPort": ["6000", "INFERNET_PUBLIC_PORT"],
    "intervals.pollMs": ["100", "INFERNET_POLL_INTERVAL_MS"],
  });
  expect(read({ ...env, INFERNET_PUBLIC_ADDRESS: "203.0.113.1" }).address).toEqual([
    "203.0.113.1",
    "INFERNET_PUBLIC_ADDRESS",
  ]);
});

test("a network that is off reads nothing", () => {
  expect(read({ INFERNET_NODE_NAME: "edge-01" }, false)).toEqual({});
});
