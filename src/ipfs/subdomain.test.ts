import { expect, test } from "bun:test";
import { CID } from "multiformats/cid";
import { ownHost } from "./subdomain.ts";

const CID_V0 = CID.parse("QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH");
const V1 = CID_V0.toV1().toString();
const ASKED = `https://gw.example/ipfs/${CID_V0}?format=car&token=t`;

test("a host of the same gateway that names the same content is asked, with the same query", () => {
  for (const [status, location] of [
    [301, `https://${V1}.ipfs.gw.example/?format=car`],
    [307, `//${V1}.ipfs.gw.example/ipfs/elsewhere`],
  ] as const)
    expect(ownHost(ASKED, CID_V0, status, location)).toBe(`https://${V1}.ipfs.gw.example/?format=car&token=t`);
});

test.each([
  ["no redirect", 200, `https://${V1}.ipfs.gw.example/`],
  ["nowhere", 301, null],
  ["another host", 301, `https://${V1}.ipfs.evil.example/`],
  ["a host that only ends alike", 301, `https://${V1}.ipfs.evilgw.example/`],
  ["this machine", 302, "http://127.0.0.1:5001/api/v0/id"],
  ["without TLS", 301, `http://${V1}.ipfs.gw.example/`],
  ["another port", 301, `https://${V1}.ipfs.gw.example:8443/`],
  ["another content", 301, "https://bafkqaaa.ipfs.gw.example/"],
  ["a name before the content's", 301, `https://x.${V1}.ipfs.gw.example/`],
  ["with credentials", 301, `https://u:p@${V1}.ipfs.gw.example/`],
  ["the same path again", 301, ASKED],
])("attack: a redirect to %s is not followed", (_, status, location) => {
  expect(ownHost(ASKED, CID_V0, status, location)).toBeUndefined();
});
