// Which of the listeners that share a port gets its new connections: Linux deals them out, and may be told how.
//
// A listener that closes takes along the connections that the kernel has made for it and nobody has accepted yet: their
// callers would see a reset. So new ones are steered to others first. SO_REUSEPORT keeps the listeners of a port in the
// order in which they joined; when one leaves, the last takes its place. A classic BPF program names one of them by
// number, and a number that none has means "as usual". (socket(7), SO_ATTACH_REUSEPORT_CBPF; net/core/sock_reuseport.c)
// Where a system does not allow it, `false` is returned and they are dealt out as usual.
import { ptr } from "bun:ffi";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { openLibc } from "./libc.ts";

const [SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF] = [1, 51];
/** linux/filter.h: load a word of the packet, or of what the kernel offers beyond it; modulo; add; return. */
const [LOAD, MODULO, ADD, RETURN_CONSTANT, RETURN] = [0x20, 0x94, 0x04, 0x06, 0x16];
/** SKF_AD_OFF + SKF_AD_RANDOM: a random word. */
const RANDOM = (-0x1000 + 56) >>> 0;
/** struct sock_fprog { u16 len; struct sock_filter *filter }; struct sock_filter { u16 code; u8 jt, jf; u32 k } */
const [PROGRAM_BYTES, FILTER_BYTES] = [16, 8];
/** More listeners than a port ever has. */
const NOBODY = 0xffff;
/** "State" of a listening socket in /proc/net/tcp. */
const LISTENING = "0A";

/** To any of those that joined last; while others stay, it holds whoever of these dies and is replaced. */
export function steerToLast(port: number, last: number): boolean {
  return attached(port, (earlier) => [
    [LOAD, RANDOM],
    [MODULO, last],
    [ADD, earlier(last)],
    [RETURN, 0],
  ]);
}

/**
 * To one of those that joined last. While the earlier ones close, each takes the last out of its place, and the number
 * of the first of the last stays one of theirs, if there are as many of them.
 */
export function steerToOneOfLast(port: number, last: number): boolean {
  return attached(port, (earlier) => [[RETURN_CONSTANT, earlier(last)]]);
}

/** From now on the kernel deals them out evenly again. */
export function steerNoMore(port: number): boolean {
  return attached(port, () => [[RETURN_CONSTANT, NOBODY]]);
}

type Instruction = readonly [code: number, k: number];

/** @param program gets a function that says how many listeners the port has besides the last ones */
function attached(port: number, program: (earlier: (last: number) => number) => readonly Instruction[]): boolean {
  try {
    const listeners = listenersOf(port);
    const own = ownSockets().find(({ inode }) => listeners.includes(inode));
    return (
      own !== undefined &&
      attach(
        own.fd,
        program((last) => Math.max(0, listeners.length - last)),
      )
    );
  } catch {
    // No /proc, or no C library that can be called.
    return false;
  }
}

/** It holds for all listeners of the port, whoever attaches it. */
function attach(fd: number, instructions: readonly Instruction[]): boolean {
  const program = new DataView(new ArrayBuffer(PROGRAM_BYTES + instructions.length * FILTER_BYTES));
  program.setUint16(0, instructions.length, true);
  program.setBigUint64(8, BigInt(ptr(program) + PROGRAM_BYTES), true);
  for (const [i, [code, k]] of instructions.entries()) {
    program.setUint16(PROGRAM_BYTES + i * FILTER_BYTES, code, true);
    program.setUint32(PROGRAM_BYTES + i * FILTER_BYTES + 4, k, true);
  }
  const { setsockopt } = openLibc({ setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" } });
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, ptr(program), PROGRAM_BYTES) === 0;
}

/** The sockets, by inode, that listen where this process does on that port. */
function listenersOf(port: number): string[] {
  // A kernel without IPv6 has no second one.
  const all = ["/proc/self/net/tcp", "/proc/self/net/tcp6"]
    .filter((file) => existsSync(file))
    .flatMap((file) => readFileSync(file, "utf8").split("\n"))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, at = "", , state]) => state === LISTENING && Number.parseInt(at.split(":")[1] ?? "", 16) === port)
    .map(([, at = "", , , , , , , , inode = ""]) => ({ at, inode }));
  const own = ownSockets().map(({ inode }) => inode);
  const here = all.find(({ inode }) => own.includes(inode))?.at;
  return all.filter(({ at }) => at === here).map(({ inode }) => inode);
}

function ownSockets(): { fd: number; inode: string }[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    const inode = socketInode(fd);
    return inode === undefined ? [] : [{ fd: Number(fd), inode }];
  });
}

function socketInode(fd: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
  } catch {
    // Closed since the folder was read.
    return undefined;
  }
}
