// Every class of data that the node and its networks keep, with what of it lies in a home now; and what belongs to none.
import type { DataClass, DataPlace } from "../core/data-class.ts";
import { OWN_NETWORKS } from "../networks/index.ts";
import { openReadOnly } from "../store/database.ts";
import { type Held, stateHeld, tablesHeld } from "../store/held.ts";
import { DATA_CLASSES } from "./data-classes.ts";
import { type HomeFile, homeFiles } from "./home-files.ts";

export interface ReportedClass extends DataClass {
  /** undefined: every node's. */
  readonly network: string | undefined;
  /** What lies in the home now, in the order of `places`; undefined: nothing can be counted there. */
  readonly found: readonly (Found | undefined)[];
}

export interface Found {
  /** Rows or files. */
  readonly count: number;
  /** Of files. */
  readonly bytes: number | undefined;
  /** Wall clock, milliseconds. */
  readonly oldest: number | undefined;
}

export interface PrivacyReport {
  readonly classes: readonly ReportedClass[];
  /** Tables, kinds of state and files that no class names: somebody else's, or a mistake of ours. */
  readonly unknown: readonly string[];
}

/** Reads sizes and times, no content. Throws StoreError. */
export function privacyReport(home: string): PrivacyReport {
  const files = homeFiles(home).filter(({ kind }) => kind !== "folder");
  const { tables, states } = databaseOf(home);
  const look = (place: DataPlace, network: string | undefined): Found | undefined => {
    if ("elsewhere" in place || "shared" in place) return undefined;
    if ("file" in place) return filesFound(files.filter(({ name }) => matches(place.file, name)));
    if ("table" in place) return rowsFound(tables.get(place.table));
    const owner = place.of ?? network;
    return rowsFound(states.find((state) => state.network === owner && state.kind === place.state));
  };
  const owned = everyClass();
  const places = owned.flatMap((one) => one.places.map((place) => ({ place, network: one.network })));
  const hasFile = (name: string) => places.some(({ place }) => "file" in place && matches(place.file, name));
  const hasTable = (name: string) => places.some(({ place }) => "table" in place && place.table === name);
  const hasState = (network: string, kind: string) =>
    places.some(({ place, network: own }) => "state" in place && place.state === kind && (place.of ?? own) === network);
  return {
    classes: owned.map((one) => ({ ...one, found: one.places.map((place) => look(place, one.network)) })),
    unknown: [
      ...[...tables.keys()].filter((name) => !hasTable(name)).map((name) => `table ${name}`),
      ...states
        .filter(({ network, kind }) => !hasState(network, kind))
        .map(({ network, kind }) => `state ${network} ${kind}`),
      ...files.filter(({ name }) => !hasFile(name)).map(({ name }) => `file ${name}`),
    ],
  };
}

function everyClass() {
  return [
    ...DATA_CLASSES.map((one) => ({ ...one, network: undefined })),
    ...OWN_NETWORKS.flatMap(({ id, dataKept }) => dataKept.map((one) => ({ ...one, network: id }))),
  ];
}

/** Whether a class says of this file of the home that there is nothing but a secret in it. */
export function isSecretFile(name: string): boolean {
  const places = everyClass().flatMap(({ secret, places }) => (secret ? places : []));
  return places.some((place) => "file" in place && matches(place.file, name));
}

function databaseOf(home: string) {
  const db = openReadOnly(home);
  if (!db) return { tables: new Map<string, Held>(), states: [] };
  try {
    return { tables: tablesHeld(db), states: stateHeld(db) };
  } finally {
    db.close();
  }
}

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(name);
}

function rowsFound(held: Held | undefined): Found {
  return { count: held?.rows ?? 0, bytes: undefined, oldest: held?.oldest };
}

function filesFound(files: readonly HomeFile[]): Found {
  const times = files.map(({ changed }) => changed);
  return {
    count: files.length,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    oldest: times.length > 0 ? times.reduce((a, b) => Math.min(a, b)) : undefined,
  };
}
