import { afterAll, beforeAll, expect, test } from "bun:test";
import { until } from "../../../../test/e2e/until.ts";
import { FakeLog } from "../../../../test/fakes/log.ts";
import { FakeNetworkState } from "../../../../test/fakes/network-state.ts";
import { OarnTestChain } from "../../../../test/fakes/oarn-chain.ts";
import { CHAIN_ID, NODES, type OarnWorld, startOarnWorld } from "../../../../test/sandbox/oarn/world.ts";
import { systemClock } from "../../../core/clock.ts";
import type { TaskAnnouncement } from "../p2p/announcement.ts";
import { TaskRegistry } from "../registry/registry.ts";
import { v2 } from "../registry/v2.ts";
import { runAnnouncer } from "./announcer.ts";
import { Orders, TO_ANNOUNCE } from "./orders.ts";

let world: OarnWorld;
beforeAll(async () => {
  world = await startOarnWorld();
});
afterAll(() => world.stop());

test("a task is announced once, as soon as somebody hears it; one that is over is not", async () => {
  const registry = new TaskRegistry(CHAIN_ID, world.v2, v2);
  const orders = new Orders(new FakeNetworkState(systemClock), TO_ANNOUNCE);
  const [modelHash, inputHash] = [`0x${"11".repeat(32)}`, `0x${"22".repeat(32)}`] as const;
  const cid = `bafkrei${"a".repeat(52)}`;
  const requirements = JSON.stringify({ model_cid: cid, input_cid: cid });
  const over = await world.submitV2({ modelHash, inputHash, requirements, deadline: 10n });
  await world.passTime(11);
  const open = await world.submitV2({ modelHash, inputHash, requirements });
  for (const id of [over, open]) orders.add(registry, id);
  const heard: TaskAnnouncement[] = [];
  let peers = 0;
  const stop = new AbortController();
  const running = runAnnouncer(
    {
      world: () => ({
        chain: new OarnTestChain(CHAIN_ID, world.rpcUrl, NODES[0]!),
        registries: [registry],
      }),
      async announce(task) {
        heard.push(task);
        return peers;
      },
      orders,
      clock: systemClock,
      log: new FakeLog(),
    },
    10,
    stop.signal,
  );
  await until(() => heard.length > 1, 5000);
  expect(orders.of(registry)).toEqual([open]);
  peers = 2;
  await until(() => orders.of(registry).length === 0, 5000);
  const times = heard.length;
  await Bun.sleep(50);
  stop.abort();
  await running;
  expect(heard).toHaveLength(times);
  expect(heard[0]).toMatchObject({
    ...{ id: open, modelHash, inputHash, chainId: BigInt(CHAIN_ID), registry: world.v2, registryVersion: 2 },
    ...{ requiredNodes: 3, modelCid: cid, inputCid: cid },
  });
}, 20_000);
