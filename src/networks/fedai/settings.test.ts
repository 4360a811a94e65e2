// The settings: all of them explained, with an example, and an example file that is their defaults.
import { expect, test } from "bun:test";
import { parse } from "yaml";
import { z } from "zod";
import { renderSettings } from "../../config/example.ts";
import { settingsOf } from "../../config/settings.ts";
import { settings } from "./settings.ts";

const whole = z.strictObject({ fedai: settings.prefault({}).describe("fed_AI.") });

test("every setting has its help and its type", () => {
  const all = settingsOf(whole);
  expect(all.length).toBeGreaterThan(80);
  expect(all.filter(({ help, role, type }) => !help.endsWith(".") || (role === "setting" && type === ""))).toEqual([]);
});

test("an example file says the defaults, and names no router, peer or model that is not there", () => {
  const { fedai } = parse(renderSettings(settingsOf(whole)).join("\n"));
  const written = Object.entries(fedai).filter(([, value]) => value !== null);
  expect(settings.parse(Object.fromEntries(written))).toEqual(settings.parse({}));
});

test("it fits a JSON Schema, for editors", () => {
  expect(z.toJSONSchema(whole, { io: "input" })).toHaveProperty("properties.fedai.properties.routers");
});

test("a slip is found", () => {
  expect(settings.safeParse({ acces: {} }).success).toBe(false);
  expect(settings.safeParse({ capacity: { max: "10abc" } }).success).toBe(false);
  expect(settings.safeParse({ payments: { required: "maybe" } }).success).toBe(false);
  expect(settings.safeParse({ path: "fedai/" }).success).toBe(false);
});
