// What no configuration needs, found before a text is read as YAML: reading it takes seconds, in which a node serves nobody.
import { CST, Lexer, Parser } from "yaml";

/** Far more than anyone writes by hand; keeps a wrong file from filling the memory. */
const MAX_CHARACTERS = 250_000;
/** Settings go six deep. YAML's reader recurses, and what stands in a path of thousands costs the square of it. */
const MAX_DEPTH = 50;
/** Aliases of aliases grow without bound ("billion laughs"). */
export const MAX_ALIASES = 100;

// All of ASCII's but tab and the ends of lines: YAML allows none of them.
const CONTROL = new RegExp(`[${"\\0-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f"}]`);

export interface Excess {
  readonly offset: number;
  /** What it is, and what to do. */
  readonly message: string;
}

/** undefined: it can be read. */
export function excessIn(text: string): Excess | undefined {
  if (text.length > MAX_CHARACTERS) {
    const message = `the file is too large: ${text.length} characters, of ${MAX_CHARACTERS} at most; is it the right file?`;
    return { offset: 0, message };
  }
  const control = CONTROL.exec(text);
  if (control) {
    const code = control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    return {
      offset: control.index,
      message: `the character U+${code} is no text: remove it, and save the file as UTF-8`,
    };
  }
  return nestedIn(text);
}

/** The outer half of YAML's reader, which does not recurse: it keeps what is open in a list. */
function nestedIn(text: string): Excess | undefined {
  const parser = new Parser();
  let [aliases, before] = [0, ""];
  for (const lexeme of new Lexer().lex(text)) {
    const { offset } = parser;
    // What it puts together is of no use here.
    for (const _ of parser.next(lexeme));
    if (parser.stack.length > MAX_DEPTH) {
      return {
        offset,
        message: `more than ${MAX_DEPTH} levels deep: no setting is; is a bracket left open before it?`,
      };
    }
    // A lexeme after this one is a value's own text.
    if (before !== CST.SCALAR && lexeme.startsWith("*") && ++aliases > MAX_ALIASES) {
      return { offset, message: `more than ${MAX_ALIASES} aliases ("*name"): write the values out` };
    }
    before = lexeme;
  }
  return undefined;
}
