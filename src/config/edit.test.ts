import { expect, test } from "bun:test";
import { parse } from "yaml";
import { withSettings } from "./edit.ts";

const FILE = "config.yaml";

test("comments, order and the rest of a file stay as they were", () => {
  const text = "# mine\nnode:\n  listenPort: 8080 # the usual\nnetworks:\n  toy:\n    # old\n    name: a\n";
  const changed = withSettings(FILE, text, {
    "networks.toy.name": "b",
    "networks.toy.list": ["x", "y"],
    "admin.listen": "[::1]:9",
  });
  expect(changed).toStartWith(
    "# mine\nnode:\n  listenPort: 8080 # the usual\nnetworks:\n  toy:\n    # old\n    name: b\n",
  );
  expect(parse(changed)).toEqual({
    node: { listenPort: 8080 },
    networks: { toy: { name: "b", list: ["x", "y"] } },
    admin: { listen: "[::1]:9" },
  });
});

test("a new file, one of comments alone, and a section that was left empty", () => {
  for (const text of ["", "# only words\n", "networks:\n"]) {
    const changed = withSettings(FILE, text, { "networks.toy.enabled": true });
    expect(parse(changed)).toEqual({ networks: { toy: { enabled: true } } });
    if (text.startsWith("#")) expect(changed).toStartWith("# only words");
  }
});

test("what is no mapping, and what is no YAML, is left alone", () => {
  for (const text of ["- a\n- b\n", "a: [1\n", "just words\n", "[".repeat(200_000)])
    expect(() => withSettings(FILE, text, { "networks.toy.enabled": true })).toThrow(/config.yaml:[12]:/);
});
