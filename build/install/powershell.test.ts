// install.ps1: there is no PowerShell where these tests run, so it is only read, by a parser of the language.
import { beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Language, type Node, Parser } from "web-tree-sitter";

const text = readFileSync(join(import.meta.dir, "install.ps1"), "utf8");
let parser: Parser;

beforeAll(async () => {
  await Parser.init();
  const grammar = Bun.resolveSync("tree-sitter-powershell/tree-sitter-powershell.wasm", import.meta.dir);
  parser = new Parser().setLanguage(await Language.load(grammar));
});

function parsed(source: string): Node {
  const tree = parser.parse(source);
  if (!tree) throw new Error("not parsed");
  return tree.rootNode;
}

describe("install.ps1 (parsed and read, not run: no PowerShell here)", () => {
  test("is PowerShell, and what is not is found", () => {
    expect(parsed(text).hasError).toBeFalse();
    expect(parsed(text.replace("finally {", "finally (")).hasError).toBeTrue();
  });

  test("is plain ASCII: Windows PowerShell 5.1 reads a file without a mark in the system's own code page", () => {
    expect(text).toMatch(/^[\n -~]*$/);
  });

  test("uses nothing that Windows PowerShell 5.1 lacks", () => {
    const kinds = new Set<string>();
    const visit = (node: Node) => {
      kinds.add(node.type);
      for (const child of node.children) if (child) visit(child);
    };
    visit(parsed(text));
    expect([...kinds]).not.toContain("ternary_expression");
    // Of PowerShell 7: a ?? b, a?.b, a && b in a pipeline.
    expect(text).not.toMatch(/\?\?|\?\.|&&|\|\| /);
  });

  test("cut before its last line it only defines functions", () => {
    const lines = text.trimEnd().split("\n");
    expect(lines.at(-1)).toStartWith("Install-Fxn ");
    const rest = parsed(`${lines.slice(0, -1).join("\n")}\n`);
    const statements = rest.descendantsOfType("statement_list")[0]?.namedChildren ?? [];
    const doing = statements
      .filter((node) => node?.type !== "function_statement" && node?.type !== "comment")
      .map((node) => node?.text);
    expect(doing).toEqual(["$ReleaseUrl = ''", "$ReleaseKey = ''"]);
    expect(statements.length).toBeGreaterThan(8);
  });

  test("nothing is unpacked or run before signature and hash were checked", () => {
    const order = [
      "Test-Signature $From",
      "Select-Archive $From",
      "-cne $chosen.Hash",
      "Expand-Program $archive",
      "& $new --version",
      "::Replace(",
    ];
    const places = order.map((word) => text.indexOf(word));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
  });
});
