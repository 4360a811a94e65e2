// Rows of the dashboard about what work stands on: GPUs, registries and chains, challenges, networks, the process.
import { one, quantile, type Row, rate } from "./panel.ts";

export const WORKING_ROWS: readonly Row[] = [
  {
    title: "GPU",
    panels: [
      {
        title: "Utilization",
        description: "How busy each GPU is.",
        unit: "percentunit",
        queries: one("fxn_gpu_utilization_ratio{$node}", "{{gpu}} {{name}}"),
      },
      {
        title: "Memory",
        description: "In use, and all that there is.",
        unit: "bytes",
        queries: [
          { expr: "fxn_gpu_memory_used_bytes{$node}", legend: "{{gpu}} {{name}}" },
          { expr: "fxn_gpu_memory_total_bytes{$node}", legend: "{{gpu}} all" },
        ],
      },
      {
        title: "Temperature",
        description: "Most cards slow down somewhat above 80 °C.",
        unit: "celsius",
        queries: one("fxn_gpu_temperature_celsius{$node}", "{{gpu}} {{name}}"),
      },
      {
        title: "Power",
        description: "What each GPU draws.",
        unit: "watt",
        queries: one("fxn_gpu_power_watts{$node}", "{{gpu}} {{name}}"),
      },
    ],
  },
  {
    title: "Registries and chain",
    panels: [
      {
        title: "Age of the registries",
        description: "Beyond registry.maxStale callers are refused.",
        unit: "s",
        queries: one("fxn_registry_age_seconds{$node}", "{{registry}}"),
      },
      {
        title: "Entries",
        description: "How many each registry has.",
        unit: "short",
        queries: one("fxn_registry_entries{$node}", "{{registry}}"),
      },
      {
        title: "RPC requests",
        description: "By the RPC's place in rpcProvider.",
        unit: "reqps",
        queries: one(rate("endpoint, outcome", "fxn_rpc_requests_total"), "{{endpoint}} {{outcome}}"),
      },
      {
        title: "RPC requests of networks",
        description: "By network and the RPC's place in its rpcUrls.",
        unit: "reqps",
        queries: one(
          rate("network, endpoint, outcome", "fxn_chain_rpc_requests_total"),
          "{{network}} {{endpoint}} {{outcome}}",
        ),
      },
      {
        title: "Transactions",
        description: "What came of them.",
        unit: "short",
        queries: one(
          "sum by (network, event) (increase(fxn_chain_transactions_total{$node}[$__rate_interval]))",
          "{{network}} {{event}}",
        ),
      },
    ],
  },
  {
    title: "Challenges",
    panels: [
      {
        title: "Challenges",
        description:
          "Those that schedulers sent, by type and outcome; failed is what they count against this node. Rehearsals are left out.",
        unit: "short",
        queries: one(
          "sum by (type, outcome) (increase(fxn_challenge_total{$node}[$__rate_interval]))",
          "{{type}} {{outcome}}",
        ),
      },
      {
        title: "Challenges take",
        description: "Of 100, 95 are faster.",
        unit: "s",
        queries: one(quantile(0.95, "type, device", "fxn_challenge_duration_seconds"), "{{type}} {{device}}"),
      },
    ],
  },
  {
    title: "Networks and earnings",
    panels: [
      {
        title: "Sessions",
        description: "1: the network's session runs.",
        unit: "short",
        queries: one("fxn_network_session_up{$node}", "{{network}}"),
      },
      {
        title: "Fit for work",
        description: "1: the network can give this node work.",
        unit: "short",
        queries: one("fxn_network_up{$node}", "{{network}}"),
      },
      {
        title: "Work",
        description: "Pieces of work that have ended, by how.",
        unit: "short",
        queries: one(
          "sum by (network, result) (increase(fxn_network_work_total{$node}[$__rate_interval]))",
          "{{network}} {{result}}",
        ),
      },
      {
        title: "Work under way",
        description: "Of each network, now.",
        unit: "short",
        queries: one("fxn_network_running{$node}", "{{network}}"),
      },
      {
        title: "Calls",
        description: "To the network and from it, by what came of them.",
        unit: "reqps",
        queries: one(rate("network, call, result", "fxn_network_calls_total"), "{{network}} {{call}} {{result}}"),
      },
      {
        title: "Earned",
        description: "All that networks have paid, and all that transactions have cost. fxn earnings is exact.",
        unit: "short",
        queries: one("sum by (network, asset, kind) (fxn_earnings_amount{$node})", "{{network}} {{asset}} {{kind}}"),
      },
    ],
  },
  {
    title: "Process",
    panels: [
      {
        title: "Memory",
        description: "Of the node and its workers.",
        unit: "bytes",
        queries: one("process_resident_memory_bytes{$node}", "{{instance}}"),
      },
      {
        title: "Processor",
        description: "Cores in use, of the node and its workers.",
        unit: "short",
        queries: one(rate("instance", "process_cpu_seconds_total"), "{{instance}}"),
      },
      {
        title: "Shared store",
        description: "1: it answers. Nothing where a node has a store of its own.",
        unit: "short",
        queries: one("fxn_store_up{$node}", "{{instance}}"),
      },
      {
        title: "Trouble",
        description: "Ledger rows that could not be written, and workers that died.",
        unit: "short",
        queries: [
          { expr: "increase(fxn_ledger_errors_total{$node}[$__rate_interval])", legend: "ledger errors" },
          { expr: "fxn_workers_replaced{$node}", legend: "workers replaced" },
        ],
      },
    ],
  },
];
