// The running node's status as commands read it.
import { z } from "zod";
import type { NodeStatus } from "../src/core/status.ts";

/** What a node says; a newer one may say more. */
const standing = z.object({ registered: z.boolean(), active: z.boolean(), paused: z.boolean() });
const alert = z.object({
  id: z.string(),
  title: z.string(),
  severity: z.enum(["warning", "critical"]),
  message: z.string(),
  hint: z.string(),
  state: z.enum(["firing", "resolved"]),
  since: z.number(),
  link: z.string().exactOptional(),
});
const alertTarget = z.object({ name: z.string(), lastError: z.string().nullable(), waiting: z.number() });
export const nodeStatus: z.ZodType<NodeStatus> = z.object({
  schema: z.literal(1),
  version: z.string(),
  address: z.string().nullable(),
  uptimeSeconds: z.number(),
  // As all that has a default here: a node of an older fxn, which the next version asks once more, does not tell it.
  phase: z.enum(["starting", "serving", "stopping"]).default("serving"),
  ready: z.boolean(),
  reasons: z.array(z.string()),
  listen: z.string(),
  admin: z.string(),
  workers: z.array(z.number()),
  configuration: z
    .object({
      loadedAt: z.string(),
      lastError: z.string().nullable(),
      restartPending: z.array(z.string()).default([]),
    })
    .default({ loadedAt: "its start", lastError: null, restartPending: [] }),
  cautions: z.array(z.string()).default([]),
  models: z.array(z.string()),
  backends: z.array(
    z.object({
      name: z.string(),
      state: z.string(),
      kind: z.string(),
      models: z.array(z.string()),
      leftOutForMs: z.number(),
      inFlight: z.number(),
      lastError: z.string().nullable(),
    }),
  ),
  waiting: z.record(z.string(), z.number()),
  streams: z.number().nullable().default(null),
  registries: z.record(
    z.string(),
    z.object({
      entries: z.number(),
      ageSeconds: z.number().nullable(),
      block: z.string().nullable(),
      stale: z.boolean(),
      lastError: z.string().nullable(),
    }),
  ),
  engines: z.array(z.object({ backend: z.string(), device: z.string(), api: z.string() })),
  provider: standing.nullable(),
  networks: z.array(
    z.object({
      id: z.string(),
      ready: z.boolean(),
      reasons: z.array(z.string()),
      listen: z.string().nullable(),
      lines: z.array(z.object({ name: z.string(), value: z.string() })),
    }),
  ),
  alerts: z
    .object({ firing: z.array(alert), targets: z.array(alertTarget) })
    .nullable()
    .default(null),
  update: z.object({ version: z.string(), security: z.boolean() }).nullable().default(null),
});
