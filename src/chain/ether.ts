// Wei as people read them.
import { formatEther, formatGwei } from "viem";

export const ether = (wei: bigint): string => formatEther(wei);
export const gwei = (wei: bigint): string => formatGwei(wei);
