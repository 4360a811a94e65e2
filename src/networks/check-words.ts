// How a network says what its checks are about: words that documents, alerts and `fxn doctor --explain` have without opening it.
import type { CheckText } from "../core/check.ts";

/** Of one check, whose id is the network's, a dot, and the name that these words stand under. */
export interface CheckWords extends Omit<CheckText, "id"> {
  readonly income: string;
}

/** @param words in the order in which what they are about keeps work away */
export function textsOf(network: string, words: Readonly<Record<string, CheckWords>>): readonly CheckText[] {
  return Object.entries(words).map(([name, one]) => ({ id: `${network}.${name}`, ...one }));
}

/** Begins a check of that network: one without words has no name here. */
export function namedIn<Name extends string>(network: string, words: Readonly<Record<Name, CheckWords>>) {
  return (name: Name): Pick<CheckText, "id" | "title"> => ({ id: `${network}.${name}`, title: words[name].title });
}
