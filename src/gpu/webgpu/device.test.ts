import { beforeAll, expect, test } from "bun:test";
import { onSwiftShader, openDevice, signal } from "../../../test/fakes/webgpu-rig.ts";
import { BufferUse, MAP_READ_MODE } from "./constants.ts";
import type { Device } from "./device.ts";
import { Kernel } from "./kernel.ts";

const failed = (message: string | RegExp) =>
  expect.objectContaining({ code: "engine_failed", message: expect.stringMatching(message) });

onSwiftShader("a device", () => {
  let device: Device;
  beforeAll(async () => {
    device = await openDevice();
  });

  test("turns what it reports into an EngineError, for the call under way only", async () => {
    const wrong = device.call(signal, async () => device.gpu.createBuffer({ size: 4, usage: 0 }));
    await expect(wrong).rejects.toEqual(failed("the GPU failed"));
    expect(await device.call(signal, async () => 1)).toBe(1);
  });

  test("turns a buffer that its memory cannot hold into engine_memory", async () => {
    const made: GPUBuffer[] = [];
    const greedy = device.call(signal, async () => {
      for (let i = 0; i < 64; i++) {
        made.push(device.gpu.createBuffer({ size: device.largestBuffer, usage: BufferUse.STORAGE }));
        device.check();
      }
    });
    await expect(greedy).rejects.toMatchObject({ code: "engine_memory" });
    for (const buffer of made) buffer.destroy();
  });

  test("turns a kernel that does not compile into engine_failed", async () => {
    const broken = device.call(signal, () => Kernel.compile(device, "no WGSL"));
    await expect(broken).rejects.toEqual(failed("the GPU failed"));
  });

  test("turns a mapping that is cut short into engine_failed, where bun-webgpu by itself ends the process", async () => {
    const cut = device.call(signal, async () => {
      const buffer = device.gpu.createBuffer({ size: 4, usage: BufferUse.MAP_READ | BufferUse.COPY_DST });
      const mapped = buffer.mapAsync(MAP_READ_MODE);
      buffer.destroy();
      await mapped;
    });
    await expect(cut).rejects.toEqual(failed("the GPU failed"));
  });

  test("passes the signal's own reason on", async () => {
    const reason = new Error("enough");
    const stop = new AbortController();
    const call = device.call(stop.signal, async () => {
      stop.abort(reason);
      stop.signal.throwIfAborted();
    });
    await expect(call).rejects.toBe(reason);
    await expect(device.call(AbortSignal.abort(reason), async () => 1)).rejects.toBe(reason);
  });

  test("that is lost while it is waited for fails that call and all that follow", async () => {
    const lost = await openDevice();
    const call = lost.call(signal, async () => {
      const buffer = lost.gpu.createBuffer({ size: 4, usage: BufferUse.MAP_READ | BufferUse.COPY_DST });
      const mapped = buffer.mapAsync(MAP_READ_MODE);
      lost.gpu.destroy();
      await mapped;
    });
    await expect(call).rejects.toEqual(failed("the GPU was lost"));
    await expect(lost.call(signal, async () => 1)).rejects.toEqual(failed("the GPU was lost"));
  });

  test("that is closed during a call ends with that call, and takes no other", async () => {
    const closed = await openDevice();
    const call = closed.call(signal, async () => {
      closed.close();
      await closed.gpu.queue.onSubmittedWorkDone();
      return 1;
    });
    await expect(call).rejects.toEqual(failed("the engine is closed"));
    await expect(closed.call(signal, async () => 1)).rejects.toEqual(failed("the engine is closed"));
  });
});
