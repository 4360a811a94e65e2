import { expect, test } from "bun:test";
import { openBrowser, openerOf } from "./browser.ts";

test("each system's opener; none on Linux without a display", () => {
  expect(openerOf("darwin", {})).toEqual(["open"]);
  expect(openerOf("win32", {})).toEqual(["rundll32.exe", "url.dll,FileProtocolHandler"]);
  expect(openerOf("linux", {})).toBeUndefined();
  expect(openerOf("linux", { DISPLAY: "" })).toBeUndefined();
  expect(openerOf("linux", { WAYLAND_DISPLAY: "wayland-0" })).toEqual(["xdg-open"]);
});

test("an opener that is not there is no opener", async () => {
  expect(await openBrowser("http://127.0.0.1:1/", "darwin", { PATH: "/nonexistent" })).toBe(false);
});
