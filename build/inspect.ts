// Reads an executable or a library as its system would: what format it has, and for which processor it is.

export interface Machine {
  readonly format: "ELF" | "Mach-O" | "PE";
  readonly arch: "x64" | "arm64";
}

/** By the numbers of the ELF specification, Apple's mach/machine.h and Microsoft's PE format. */
const ELF_MACHINES: Readonly<Record<number, Machine["arch"]>> = { 62: "x64", 183: "arm64" };
const MACH_CPUS: Readonly<Record<number, Machine["arch"]>> = { 16777223: "x64", 16777228: "arm64" };
const PE_MACHINES: Readonly<Record<number, Machine["arch"]>> = { 34404: "x64", 43620: "arm64" };

const MACH_64 = 0xfeedfacf;
const PE_HEADER_AT = 0x3c;
/** From there on. */
const PE_TIME_AT = 8;

/** undefined for what is none of the three, or for another processor. */
export function machineOf(file: Buffer): Machine | undefined {
  if (file.length < 64) return undefined;
  if (file.toString("latin1", 0, 4) === "\x7fELF") return named("ELF", ELF_MACHINES[file.readUInt16LE(18)]);
  if (file.readUInt32LE(0) === MACH_64) return named("Mach-O", MACH_CPUS[file.readUInt32LE(4)]);
  if (file.toString("latin1", 0, 2) !== "MZ") return undefined;
  const header = file.readUInt32LE(PE_HEADER_AT);
  if (header + 6 > file.length || file.toString("latin1", header, header + 4) !== "PE\0\0") return undefined;
  return named("PE", PE_MACHINES[file.readUInt16LE(header + 4)]);
}

/** Linkers write the time into a PE, which nothing needs: without it the same sources give the same bytes. */
export function withoutTime(file: Buffer): Buffer {
  const timeless = Buffer.from(file);
  if (machineOf(file)?.format === "PE") timeless.writeUInt32LE(0, file.readUInt32LE(PE_HEADER_AT) + PE_TIME_AT);
  return timeless;
}

function named(format: Machine["format"], arch: Machine["arch"] | undefined): Machine | undefined {
  return arch && { format, arch };
}
