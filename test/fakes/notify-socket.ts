// systemd's end of sd_notify: a Unix datagram socket that a test opens and reads, through the C library.
import { dlopen, ptr } from "bun:ffi";
import { unixAddress } from "../../src/lib/sd-notify.ts";

const AF_UNIX = 1;
const DATAGRAM = 0x80002;
const DONT_WAIT = 0x40;
const MAX_BYTES = 4096;

export interface NotifySocket {
  /** What came since the last call, each datagram as its lines. */
  received(): string[][];
  close(): void;
}

/** @param name a path, or an abstract name that begins with @ */
export function openNotifySocket(name: string): NotifySocket {
  const { socket, bind, recv, close } = dlopen("libc.so.6", {
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
    recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
    close: { args: ["i32"], returns: "i32" },
  }).symbols;
  const address = unixAddress(name);
  const descriptor = socket(AF_UNIX, DATAGRAM, 0);
  if (!address || bind(descriptor, ptr(address), address.length) !== 0) throw new Error(`no socket at ${name}`);
  return {
    received() {
      const datagrams: string[][] = [];
      const bytes = Buffer.alloc(MAX_BYTES);
      for (;;) {
        const length = Number(recv(descriptor, ptr(bytes), MAX_BYTES, DONT_WAIT));
        if (length < 0) return datagrams;
        datagrams.push(bytes.toString("utf8", 0, length).split("\n"));
      }
    },
    close: () => void close(descriptor),
  };
}
