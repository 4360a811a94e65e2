// Metrics of the chains that networks settle on: their RPCs, and what comes of transactions.
import { Counter, type Registry } from "prom-client";
import type { ChainMetrics } from "../../core/chain.ts";

export function chainMetrics(register: Registry) {
  const registers = [register];
  const requests = new Counter({
    name: "fxn_chain_rpc_requests_total",
    help: "Requests to a chain's RPC, by the network that asks and the RPC's index in its rpcUrls.",
    labelNames: ["network", "chain", "endpoint", "outcome"],
    registers,
  });
  const transactions = new Counter({
    name: "fxn_chain_transactions_total",
    help: "Steps of transactions: signed, raised, mined, failed, replaced, reorganised; refused before they were signed.",
    labelNames: ["network", "chain", "event"],
    registers,
  });
  return (of: string, chainId: number): ChainMetrics => {
    const chain = String(chainId);
    return {
      rpc: (endpoint, outcome) => requests.inc({ network: of, chain, endpoint: String(endpoint), outcome }),
      transaction: (network, event) => transactions.inc({ network, chain, event }),
    };
  };
}
