// One device held open: its primary context and one stream, on which everything runs in order. Nothing here blocks.
import type { Driver } from "./driver.ts";
import { releaseAll, releaseQuietly } from "./release.ts";

/** CU_STREAM_NON_BLOCKING: not tied to the stream that others in this process may use. */
const NON_BLOCKING = 1;

export class Context {
  readonly stream: bigint;
  readonly #driver: Driver;
  readonly #device: number;
  readonly #context: bigint;

  /** @param device as cuDeviceGet gives it */
  constructor(driver: Driver, device: number) {
    this.#driver = driver;
    this.#device = device;
    this.#context = driver.handle("cuDevicePrimaryCtxRetain", (call, out) => call(out, device));
    try {
      this.stream = this.handle("cuStreamCreate", (call, out) => call(out, NON_BLOCKING));
    } catch (error) {
      releaseQuietly(() => this.#release());
      throw error;
    }
  }

  readonly call: Driver["call"] = (name, invoke) => {
    this.makeCurrent();
    this.#driver.call(name, invoke);
  };

  /** For what gives something back: tried even when the context cannot be made current. */
  readonly giveBack: Driver["call"] = (name, invoke) => {
    releaseAll([() => this.makeCurrent(), () => this.#driver.call(name, invoke)]);
  };

  readonly handle: Driver["handle"] = (name, invoke) => {
    this.makeCurrent();
    return this.#driver.handle(name, invoke);
  };

  /** Whether the device has done all that it was asked for. */
  idle(): boolean {
    this.makeCurrent();
    return this.#driver.done("cuStreamQuery", this.stream);
  }

  /** Whether the device has come to this event. */
  passed(event: bigint): boolean {
    this.makeCurrent();
    return this.#driver.done("cuEventQuery", event);
  }

  /** Frees all that the context still has. */
  close(): void {
    releaseAll([() => this.giveBack("cuStreamDestroy_v2", (call) => call(this.stream)), () => this.#release()]);
  }

  /** Engines of other devices share the thread, and what is current belongs to the thread. */
  makeCurrent(): void {
    this.#driver.call("cuCtxSetCurrent", (call) => call(this.#context));
  }

  #release(): void {
    this.#driver.call("cuDevicePrimaryCtxRelease_v2", (call) => call(this.#device));
  }
}
