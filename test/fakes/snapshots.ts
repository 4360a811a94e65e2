// Snapshots in memory, so that a test can restart a registry, age what it kept, or spoil it.
import type { Snapshot, SnapshotStore } from "../../src/core/registry.ts";

export class FakeSnapshots implements SnapshotStore {
  readonly kept = new Map<string, Snapshot>();

  load(name: string): Snapshot | undefined {
    return this.kept.get(name);
  }

  save(name: string, snapshot: Snapshot): void {
    this.kept.set(name, snapshot);
  }
}
