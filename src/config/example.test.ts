import { describe, expect, test } from "bun:test";
import { BOOK, loadConfig } from "../networks/config.ts";
import { comment, exampleYaml } from "./example.ts";
import { configJsonSchema, modelsJsonSchema, settingsMarkdown } from "./reference.ts";
import { isInList } from "./settings.ts";

const [main = "", goForm = "", listForm = ""] = exampleYaml(BOOK).split(/^# -+\n/m);
/** Takes one "# " off. */
const live = (text: string) => text.replaceAll(/^# ?/gm, "");

function load(files: Record<string, string>) {
  return loadConfig({ home: "", env: {}, readFile: async (path) => files[path.replace(/^.*\//, "")] });
}

describe("config.example.yaml", () => {
  test("every setting is in it, and it equals the defaults", async () => {
    const { config, show } = await load({ "config.yaml": main });
    expect(config).toEqual((await load({})).config);
    // Of a list of sections that is empty there is only an entry in comments.
    for (const { path, value, from } of show().origins.filter(
      (leaf) => !Array.isArray(leaf.value) || leaf.from !== "default",
    ))
      expect({ path, from }).not.toEqual({ path, from: value === undefined ? "" : "default" });
  });

  test("what is commented out in it is valid too", async () => {
    const settings = BOOK.settings.filter(
      ({ path, role, default: fallback }) => role === "setting" && fallback === undefined && !isInList(path),
    );
    // A member of a list that is commented out may have the same name, and stands deeper.
    const everything = settings.reduce((text, { path }) => {
      const parts = path.split(".");
      const indent = "  ".repeat(parts.length - 1);
      return text.replaceAll(new RegExp(`^${indent}# ${parts.at(-1)}: `, "gm"), `${indent}${parts.at(-1)}: `);
    }, main);
    const { origins } = (await load({ "config.yaml": everything })).show();
    expect(origins.filter(({ from, value }) => from === "default" && !Array.isArray(value))).toEqual([]);
  });

  test("both forms of model_backend.yaml in it are valid once uncommented", async () => {
    const words = /^model_backend.yaml, .*$/m;
    const go = await load({ "model_backend.yaml": live(goForm).replace(words, "") });
    expect(go.models?.catchAll).toBe(true);
    const list = await load({ "model_backend.yaml": live(listForm).replace(words, "") });
    expect(list.models).toMatchObject({ catchAll: false, models: [{ id: "llama-3.1-8b", backends: [{ weight: 1 }] }] });
  });

  test("comments break between words and lose none", () => {
    const words = "word ".repeat(100).trim();
    expect(comment(words).every((line) => line.length <= 112)).toBe(true);
    expect(
      comment(words)
        .map((line) => line.slice(2))
        .join(" "),
    ).toBe(words);
  });
});

describe("the reference", () => {
  test("the table has every setting with its variable, each row with the same columns", () => {
    const markdown = settingsMarkdown(BOOK);
    for (const { path, role } of BOOK.settings) if (role === "setting") expect(markdown).toContain(`| \`${path}\` |`);
    expect(markdown).toContain("| `node.listenPort` | integer | `8080` | `FXN_NODE_LISTEN_PORT` |");
    const rows = markdown.split("**")[2]?.trim().split("\n") ?? [];
    expect(new Set(rows.map((row) => row.split(/(?<!\\)\|/).length))).toEqual(new Set([7]));
  });

  test("the JSON Schemas carry types, defaults and help, and refuse unknown keys", () => {
    expect(configJsonSchema(BOOK)).toMatchObject({
      additionalProperties: false,
      properties: {
        node: {
          additionalProperties: false,
          properties: {
            listenPort: { type: "integer", maximum: 65_535, default: 8080, description: expect.any(String) },
          },
        },
        logger: { properties: { verbosity: { enum: expect.arrayContaining(["info"]) } } },
      },
    });
    expect(modelsJsonSchema()).toMatchObject({
      anyOf: [
        { required: ["url"] },
        { required: ["models"], properties: { models: { items: { required: ["id", "backends"] } } } },
      ],
    });
  });
});
