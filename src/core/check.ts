// What `fxn networks status` and `fxn doctor` ask: one question each, with a stable id and an answer in the operator's words.

export interface CheckAnswer {
  /** skip: it cannot be asked here and now, and `message` says why. */
  readonly state: "ok" | "warn" | "fail" | "skip";
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}

export interface Check {
  /** "key.mode", "<network>.session": the network or the room, a dot, what is looked at. Stable: alerts and documents name it. */
  readonly id: string;
  readonly title: string;
  /** Checks whose red explains this one: while one of them fails it is not asked. */
  readonly after?: readonly string[];
  /** Milliseconds after which no answer is red; default: 10 s. */
  readonly limitMs?: number;
  /** It leaves a trace where it asks: for somebody who looks, and not for alerts, which look again and again. */
  readonly leavesTrace?: boolean;
  run(signal: AbortSignal): Promise<CheckAnswer>;
}

export interface Finding extends CheckAnswer {
  readonly id: string;
  readonly title: string;
}

/** What documents say of a check. */
export interface CheckText {
  readonly id: string;
  /** What is so when it is green. */
  readonly title: string;
  readonly looksAt: string;
  /** What a red, or a yellow, means for what the node earns; networks say it of their own checks. */
  readonly income?: string;
  /** What to do when it is red. */
  readonly mend: string;
}

/** Of checks of one kind, one for each of several, the second has "-2" behind the id: their words are the same. */
export function textOf<Text extends { readonly id: string }>(id: string, texts: readonly Text[]): Text | undefined {
  return texts.find((text) => text.id === id) ?? texts.find((text) => text.id === id.replace(/-\d+$/, ""));
}

/** What shows a check's words on the machine. */
export const explainCommand = (id: string) => `fxn doctor --explain ${id}`;

/** A check of a room, before that is there which it looks at. */
export interface CheckKind<Look> extends CheckText {
  readonly after?: readonly string[];
  readonly limitMs?: number;
  readonly leavesTrace?: boolean;
  run(look: Look, signal: AbortSignal): Promise<CheckAnswer>;
}

export function checksOn<Look>(kinds: readonly CheckKind<Look>[], look: Look): readonly Check[] {
  return kinds.map((kind) => ({ ...kind, run: (signal) => kind.run(look, signal) }));
}

export const ok = (message: string): CheckAnswer => ({ state: "ok", message });
export const warn = (message: string, hint: string): CheckAnswer => ({ state: "warn", message, hint });
export const fail = (message: string, hint: string): CheckAnswer => ({ state: "fail", message, hint });
export const skip = (message: string): CheckAnswer => ({ state: "skip", message });
