// Tables of keys that only remember whose they are, and how much was made of each.
import type { KeyTables } from "../../src/secp256k1/tier.ts";

export class FakeTables implements KeyTables {
  readonly bytes = 100;
  readonly steps: number;
  /** By table: the key, as hex, and the steps made. */
  readonly rooms: { key: string; made: number }[] = [];
  /** How many more can be had. */
  memory = Number.POSITIVE_INFINITY;

  constructor(steps: number) {
    this.steps = steps;
  }

  create(): number | undefined {
    if (this.rooms.length >= this.memory) return undefined;
    return this.rooms.push({ key: "", made: 0 }) - 1;
  }

  begin(table: number, publicKey: Uint8Array): void {
    this.rooms[table] = { key: Buffer.from(publicKey).toString("hex"), made: 0 };
  }

  step(table: number): boolean {
    const room = this.rooms[table];
    if (!room) throw new Error(`no table ${table}`);
    room.made++;
    return room.made < this.steps;
  }

  signed(): boolean {
    throw new Error("nothing is verified here");
  }
}
