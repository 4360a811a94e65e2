// Tells systemd how this program is (sd_notify): datagrams to the socket that NOTIFY_SOCKET names, through the C library.
import { ptr } from "bun:ffi";
import { openLibc } from "./libc.ts";

/** Sends lines such as READY=1, to RELOADING=1 the time that systemd wants with it; false where nobody is to be told, or it could not be sent. It never waits and never throws. */
export type Notify = (lines: Readonly<Record<string, string | number>>) => boolean;

const AF_UNIX = 1;
/** SOCK_DGRAM with SOCK_CLOEXEC; both as on x64 and arm64. */
const DATAGRAM = 0x80002;
/** MSG_DONTWAIT with MSG_NOSIGNAL: a manager that hangs must not hold the node. */
const FLAGS = 0x4040;
const MAX_NAME = 108;
const CLOCK_MONOTONIC = 1;

/**
 * A sockaddr_un. A name beginning with @ lies in the abstract namespace, and is written with a zero in its place.
 * undefined: none that systemd would give, or too long for a socket.
 */
export function unixAddress(name: string): Uint8Array | undefined {
  const bytes = Buffer.from(name);
  const abstract = name.startsWith("@") && bytes.length > 1;
  if (!(abstract || name.startsWith("/")) || bytes.length >= MAX_NAME) return undefined;
  if (abstract) bytes[0] = 0;
  return Buffer.concat([new Uint8Array(new Uint16Array([AF_UNIX]).buffer), bytes, new Uint8Array(abstract ? 0 : 1)]);
}

/** Bun has no datagrams of Unix sockets. undefined: not Linux, no such socket, or no C library that can be called. */
export function openNotify(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): Notify | undefined {
  const address = platform === "linux" && env.NOTIFY_SOCKET ? unixAddress(env.NOTIFY_SOCKET) : undefined;
  if (!address) return undefined;
  try {
    const { socket, sendto, clock_gettime } = openLibc({
      clock_gettime: { args: ["i32", "ptr"], returns: "i32" },
      socket: { args: ["i32", "i32", "i32"], returns: "i32" },
      sendto: { args: ["i32", "ptr", "u64", "i32", "ptr", "u32"], returns: "i64" },
    });
    const descriptor = socket(AF_UNIX, DATAGRAM, 0);
    if (descriptor < 0) return undefined;
    // The runtime's own clock counts from the process's start.
    const monotonicMicros = () => {
      const time = new BigInt64Array(2);
      clock_gettime(CLOCK_MONOTONIC, ptr(time));
      const [seconds = 0n, nanos = 0n] = time;
      return String(seconds * 1_000_000n + nanos / 1000n);
    };
    return (told) => {
      const lines = "RELOADING" in told ? { ...told, MONOTONIC_USEC: monotonicMicros() } : told;
      const message = Buffer.from(messageText(lines));
      const sent = sendto(descriptor, ptr(message), message.length, FLAGS, ptr(address), address.length);
      return Number(sent) === message.length;
    };
  } catch {
    return undefined;
  }
}

/** One line each; a value cannot begin a line of its own. */
function messageText(lines: Readonly<Record<string, string | number>>): string {
  return Object.entries(lines)
    .map(([name, value]) => `${name}=${String(value).replace(/[\r\n]+/g, " ")}`)
    .join("\n");
}

/**
 * Milliseconds between two signs of life: half of what systemd waits for; undefined when it waits for none. WATCHDOG_PID is
 * not looked at: a node that takes over from another has its environment, and another process id.
 */
export function watchdogMs(env: Readonly<Record<string, string | undefined>>): number | undefined {
  const micros = /^\d{1,15}$/.test(env.WATCHDOG_USEC ?? "") ? Number(env.WATCHDOG_USEC) : 0;
  return micros === 0 ? undefined : Math.max(1, Math.floor(micros / 2000));
}
