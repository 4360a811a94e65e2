// The tokens of the tiny model: common English words by part of speech, and bytes, so that any prompt tokenizes.

/** "other" are the tokens that a prompt may hold and an answer never does: letters, bytes, beginnings of words. */
export const WORD_CLASSES = ["other", "determiner", "adjective", "noun", "verb", "preposition", "stop"] as const;
export type WordClass = (typeof WORD_CLASSES)[number];

/** What may come after a token of each class: short sentences, one after the other. */
export const FOLLOWERS: Readonly<Record<WordClass, readonly WordClass[]>> = {
  other: ["determiner"],
  determiner: ["adjective", "noun"],
  adjective: ["noun"],
  noun: ["verb", "preposition", "stop"],
  verb: ["determiner"],
  preposition: ["determiner"],
  stop: ["determiner"],
};

/** A word carries the space before it, which SentencePiece writes as ▁. */
const PIECES: Readonly<Record<WordClass, readonly string[]>> = {
  other: [],
  determiner: words("the every this that one some each another her his their our my your"),
  adjective: words(`quiet old bright small green cold gentle narrow golden distant early empty heavy honest warm silver
    simple slow soft strong strange tall tired wild young blue busy calm clear deep`),
  noun: words(`river lamp morning garden window letter mountain road bridge cloud forest harbour island kitchen market
    meadow mirror ocean orchard sailor shadow stone story stranger street summer teacher tower train valley village
    voice winter writer bird book boat chair child city clock door dream field fire`),
  verb: words(`carries finds follows keeps remembers opens paints answers builds calls crosses gathers guards hears
    holds knows leaves lights loves meets misses needs passes reads sees sings teaches touches turns warms watches`),
  preposition: words("beside under beyond near behind above across without after before"),
  stop: ["."],
};

/** llama_token_type of llama.cpp. */
const TOKEN_TYPE = { normal: 1, unknown: 2, control: 3, byte: 6 } as const;

export interface VocabularyToken {
  readonly text: string;
  readonly type: number;
  readonly wordClass: WordClass;
}

/** The ids of the special tokens: their places in `vocabulary()`. */
export const SPECIAL_ID = { unknown: 0, begin: 1, end: 2 } as const;

export function vocabulary(): VocabularyToken[] {
  const classOf = new Map(WORD_CLASSES.flatMap((name) => PIECES[name].map((text) => [text, name] as const)));
  // The tokenizer reaches a word by merging one letter after the other, so each beginning of a word is a token too.
  const beginnings = [...classOf.keys()].flatMap((text) => [...text].map((_, at) => text.slice(0, at + 1)));
  const printable = Array.from({ length: 0x7f - 0x21 }, (_, i) => String.fromCharCode(0x21 + i));
  const normal = [...new Set([...printable, ...beginnings])];
  const bytes = Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, "0")}>`);
  return [
    { text: "<unk>", type: TOKEN_TYPE.unknown, wordClass: "other" },
    { text: "<s>", type: TOKEN_TYPE.control, wordClass: "other" },
    { text: "</s>", type: TOKEN_TYPE.control, wordClass: "other" },
    ...bytes.map((text) => ({ text, type: TOKEN_TYPE.byte, wordClass: "other" as const })),
    ...normal.map((text) => ({ text, type: TOKEN_TYPE.normal, wordClass: classOf.get(text) ?? "other" })),
  ];
}

function words(list: string): string[] {
  return list.split(/\s+/).map((word) => `▁${word}`);
}
