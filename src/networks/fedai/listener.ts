// Where this network is served: address, path, and the texts of its certificate.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { messageOf } from "../../core/errors.ts";
import type { OwnListen } from "../../core/network.ts";
import { readPrivate } from "../../lib/private-file.ts";
import { FedaiError, wireFailure } from "./errors.ts";
import type { FedaiSettings } from "./settings.ts";

/** @throws FedaiError, PrivateFileError */
export function listenerOf({ listen, path, tls }: FedaiSettings, home: string): OwnListen {
  return { ...listen, path: path ?? "", tls: tlsOf(tls, home), failure: wireFailure };
}

function tlsOf({ certFile, keyFile, clientCaFile }: FedaiSettings["tls"], home: string): OwnListen["tls"] {
  if (certFile === undefined && keyFile === undefined && clientCaFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined) {
    throw new FedaiError("tls-incomplete", 500, "networks.fedai.tls has a part without the other", {
      hint: "Set both certFile and keyFile: half of it would be served as plain HTTP.",
    });
  }
  return {
    cert: publicText(resolve(home, certFile)),
    key: readPrivate(resolve(home, keyFile)),
    clientCa: clientCaFile === undefined ? undefined : publicText(resolve(home, clientCaFile)),
  };
}

function publicText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new FedaiError("tls-unreadable", 500, `${path} cannot be read: ${messageOf(error)}`);
  }
}
