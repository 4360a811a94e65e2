// The PromptKeyStore of the configuration, held against what the network's contracts say.
import { expect, test } from "bun:test";
import { STORE } from "../../../test/sandbox/blindference/rig.ts";
import { useStand } from "../../../test/sandbox/blindference/stand.ts";
import { parseAddress } from "../../core/address.ts";
import { BLIND_TOKEN } from "./contracts/addresses.ts";
import { checkStore } from "./store-check.ts";

const ICL = "0x0000000000000000000000000000000000000001";
const stand = useStand();
const ask = (store: string) => checkStore(stand.chain, parseAddress(store));

test("a store is the coordinator's where NodeRegistry knows the ICL that it names; else it says what is odd", async () => {
  expect(await checkStore(stand.chain, undefined)).toMatchObject({
    state: "warn",
    message: "no PromptKeyStore is set",
  });
  expect(await ask(`0x${"12".repeat(20)}`)).toMatchObject({
    state: "fail",
    message: expect.stringContaining("no contract"),
  });
  expect(await ask(BLIND_TOKEN)).toMatchObject({ state: "warn", message: expect.stringContaining("names no ICL") });
  expect(await ask(STORE)).toMatchObject({ state: "warn", message: expect.stringContaining("does not know") });
  await stand.rig.write("NodeRegistry", "authorizeICL", [ICL, true]);
  expect(await ask(STORE)).toEqual({ state: "ok", message: `its ICL is ${ICL}, as NodeRegistry has it` });
});
