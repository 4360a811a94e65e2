// Identify under its usual protocol name, saying OARN's own version, which the library derives from that name.
import {
  type Identify,
  type IdentifyComponents,
  type IdentifyPush,
  type IdentifyPushComponents,
  identify,
  identifyPush,
} from "@libp2p/identify";
import { P2pError } from "./errors.ts";
import { PROTOCOL_VERSION } from "./wire.ts";

export function oarnIdentify(): (components: IdentifyComponents) => Identify {
  return (components) => saysOarn(identify({ maxObservedAddresses: 1 })(components));
}

export function oarnIdentifyPush(): (components: IdentifyPushComponents) => IdentifyPush {
  return (components) => saysOarn(identifyPush()(components));
}

function saysOarn<T extends object>(service: T): T {
  const host = "host" in service ? service.host : undefined;
  if (typeof host !== "object" || host === null || !("protocolVersion" in host))
    throw new P2pError(
      "p2p_not_started",
      "this identify has other parts than fxn knows",
      "Report it: fxn was built with another version.",
    );
  host.protocolVersion = PROTOCOL_VERSION;
  return service;
}
