// What a node has spent and earned on a chain: by what it sent, by its own book, and by the chain, which must all say the same.
import { type Abi, decodeFunctionData, parseTransaction } from "viem";
import { z } from "zod";
import { openReadOnly } from "../../src/store/database.ts";
import type { OarnWorld } from "../sandbox/oarn/world.ts";

const transactionOf = (text: string) => parseTransaction(rawCall.parse(JSON.parse(text)).params[0]);
const rawCall = z.object({ params: z.tuple([z.templateLiteral(["0x", z.string()])]) });

/** Each deed by its name, its receipt, and all that only reads. */
export const nameOfRpc = (abi: Abi) => (_: Request, body: Uint8Array) => {
  const text = Buffer.from(body).toString("utf8");
  if (text.includes('"eth_getTransactionReceipt"')) return "chain receipt";
  if (!text.includes('"eth_sendRawTransaction"')) return "chain read";
  const { data = "0x" } = transactionOf(text);
  return `chain ${decodeFunctionData({ abi, data }).functionName}`;
};

/** A nonce may be sent again, with more gas; it is for one deed for ever. */
export function noteSent(text: string, sent: Map<number, string>, wrong: string[]): void {
  const { nonce = 0, to, data = "0x" } = transactionOf(text);
  const deed = `${to} ${data}`;
  if ((sent.get(nonce) ?? deed) !== deed) wrong.push(`nonce ${nonce} was spent twice`);
  sent.set(nonce, deed);
}

const kept = z.array(z.object({ nonce: z.number(), hash: z.string().nullable(), state: z.string(), deed: z.string() }));

/** @returns how many transactions the account has made */
export async function bookFaults(
  home: string,
  { client }: OarnWorld,
  address: `0x${string}`,
  wrong: string[],
): Promise<number> {
  const db = openReadOnly(home);
  const sql = "SELECT nonce, hash, state, recipient || data AS deed FROM transactions ORDER BY nonce";
  const rows = kept.parse(db?.query(sql).all());
  db?.close();
  const mined = await client.getTransactionCount({ address });
  if (rows.length !== mined) wrong.push(`${rows.length} transactions in the book, ${mined} on the chain`);
  if (rows.some(({ nonce }, i) => nonce !== i)) wrong.push("the nonces have a gap");
  if (new Set(rows.map(({ deed }) => deed)).size !== rows.length) wrong.push("a deed was done twice");
  wrong.push(...rows.filter(({ state }) => state !== "mined").map(({ nonce, state }) => `nonce ${nonce}: ${state}`));
  return mined;
}

const earned = z.array(z.object({ job: z.string(), amount: z.string() }));

/** Each reward that the chain tells of is one row, and there is no other. */
export function rewardFaults(home: string, paid: ReadonlyMap<string, bigint>, settled: ReadonlySet<string>): string[] {
  const db = openReadOnly(home);
  const rows = earned.parse(db?.query("SELECT job, amount FROM earnings WHERE kind = 'reward'").all());
  db?.close();
  const booked = new Map(rows.map(({ job, amount }) => [job.split("/").at(-1) ?? "", BigInt(amount)]));
  const said = booked.size === rows.length ? [] : ["a reward was booked twice"];
  for (const [task, amount] of booked) if (paid.get(task) !== amount) said.push(`task ${task} paid ${paid.get(task)}`);
  const ofOarn = [...settled].filter((id) => id.includes("/"));
  if (ofOarn.length !== booked.size)
    said.push(`${ofOarn.length} tasks have settled, ${booked.size} rewards are booked`);
  return said;
}
