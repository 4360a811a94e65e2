// One YAML file: its settings as text, the line and column of each, and what is wrong with it as YAML.
import { type Document, LineCounter, parseDocument, type YAMLError } from "yaml";
import { type Path, type Place, type Problem, pathText } from "./problems.ts";
import { excessIn } from "./yaml-limits.ts";
import { type Mapping, type Report, YamlTree } from "./yaml-tree.ts";

export interface YamlFile {
  readonly value: Mapping;
  readonly problems: readonly Problem[];
  /** It could not be read as a whole, so that to check its settings would only mislead. */
  readonly broken: boolean;
  /** Where the key itself stands. */
  keyAt(path: Path): Place;
  /** Where the value stands; what is not in the file stands where the nearest section around it does. */
  valueAt(path: Path): Place;
}

/** @param text undefined: there is no such file, which is as good as an empty one */
export function readYaml(file: string, text = ""): YamlFile {
  const lines = new LineCounter();
  const problems: Problem[] = [];
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const report = (offset: number, path: Path, message: string) => {
    problems.push({ ...place(offset), path: pathText(path), message });
  };
  const document = parse(text.replace(/^\uFEFF/, ""), lines, report);
  const tree = document && new YamlTree(document, report);
  const value = tree?.read();
  const spot = (path: Path) => tree?.spots.get(pathText(path));
  return {
    value: value ?? {},
    problems,
    broken: value === undefined,
    keyAt: (path) => place(spot(path)?.key ?? 0),
    valueAt(path) {
      const depth = path.findLastIndex((_, index) => spot(path.slice(0, index + 1))) + 1;
      const nearest = spot(path.slice(0, depth));
      // What is missing in a section is missing below its key; one of "a, b" stands where the text does.
      const missingKey = typeof path[depth] === "string";
      return place((missingKey ? nearest?.key : nearest?.value) ?? 0);
    },
  };
}

/** undefined when the text is not YAML. */
function parse(text: string, lineCounter: LineCounter, report: Report): Document.Parsed | undefined {
  const excess = excessIn(text);
  if (excess) {
    lineCounter.addNewLine(0);
    for (const end of text.slice(0, excess.offset).matchAll(/\n/g)) lineCounter.addNewLine(end.index + 1);
    report(excess.offset, [], excess.message);
    return undefined;
  }
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false, logLevel: "error" });
  for (const error of document.errors) report(error.pos[0], [], inPlainWords(error));
  return document.errors.length === 0 ? document : undefined;
}

function inPlainWords(error: YAMLError): string {
  switch (error.code) {
    case "TAB_AS_INDENT":
      return "a tab indents this line: YAML takes spaces only";
    case "MULTIPLE_DOCS":
      return `"---" begins a second document: the file must be one`;
    default:
      return `not readable as YAML: ${error.message}`;
  }
}
