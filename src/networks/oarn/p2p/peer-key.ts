// The key that the node's peer id is made of: Ed25519, made once, in a file that only this user reads.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from "@libp2p/crypto/keys";
import type { PrivateKey } from "@libp2p/interface";
import { ensurePrivateDir, readPrivate, writeNew } from "../../../lib/private-file.ts";
import { P2pError } from "./errors.ts";

const FILE = "peer.key";

/** @param folder of the network, in the node's home */
export async function loadPeerKey(folder: string): Promise<PrivateKey> {
  ensurePrivateDir(folder);
  const path = join(folder, FILE);
  if (!existsSync(path)) {
    const key = await generateKeyPair("Ed25519");
    // Written whole or not at all, and never over another: a peer id that is listed somewhere is not to be lost.
    writeNew(path, `${Buffer.from(privateKeyToProtobuf(key)).toString("base64")}\n`);
  }
  return parseKey(readPrivate(path), path);
}

function parseKey(text: string, path: string): PrivateKey {
  const wrong = (cause?: unknown) =>
    new P2pError(
      "peer_key_invalid",
      `${path} holds no Ed25519 key`,
      "Put the file back from a copy, or remove it: then the peer id changes.",
      cause,
    );
  let key: PrivateKey;
  try {
    key = privateKeyFromProtobuf(Buffer.from(text.trim(), "base64"));
  } catch (error) {
    throw wrong(error);
  }
  if (key.type !== "Ed25519") throw wrong();
  return key;
}
