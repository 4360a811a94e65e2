// An amount of ether as people write it: "0.01"; the value is wei.
import { formatEther, parseEther } from "viem";
import { field } from "../../config/field.ts";

const AMOUNT = /^\d{1,12}(\.\d{1,18})?$/;

export const ether = field<bigint>({
  schema: { title: "ETH", type: ["string", "number"], examples: ["0.01"] },
  expected: 'an amount of ETH such as "0.01"',
  read: (input) => (AMOUNT.test(input) ? parseEther(input) : undefined),
  write: (value) => formatEther(value),
});
