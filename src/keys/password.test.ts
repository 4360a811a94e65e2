// The order of password sources, and what none of them may be.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "../core/secret.ts";
import { type PasswordPorts, type PasswordSettings, passwordsFrom } from "./password.ts";

let dir = "";
let warnings: string[] = [];
let asked: string[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "fxn-password-"));
  warnings = [];
  asked = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function file(name: string, text: string): string {
  writeFileSync(join(dir, name), text, { mode: 0o600 });
  return join(dir, name);
}

function typing(...answers: string[]): NonNullable<PasswordPorts["prompt"]> {
  return async (question) => {
    asked.push(question);
    return new Secret(answers.shift() ?? "");
  };
}

function passwords(settings: PasswordSettings, ports: Partial<PasswordPorts> = {}) {
  return passwordsFrom(settings, { env: {}, prompt: undefined, warn: (text) => warnings.push(text), ...ports });
}

async function existing(settings: PasswordSettings, ports: Partial<PasswordPorts> = {}): Promise<string> {
  return (await passwords(settings, ports).existing("the key")).reveal();
}

describe("order", () => {
  test("flag, credential, config, terminal, variable", async () => {
    mkdirSync(join(dir, "credentials"));
    writeFileSync(join(dir, "credentials", "fxn-password"), "from-credential\n");
    const env = { FXN_PASSWORD: "from-env", CREDENTIALS_DIRECTORY: join(dir, "credentials") };
    const prompt = typing("from-terminal");
    const flag = file("flag", "from-flag");
    const configFile = file("config", "from-config");

    expect(await existing({ file: flag, configFile }, { env, prompt })).toBe("from-flag");
    expect(await existing({ configFile }, { env, prompt })).toBe("from-credential");
    rmSync(join(dir, "credentials", "fxn-password"));
    expect(await existing({ configFile }, { env, prompt })).toBe("from-config");
    expect(asked).toEqual([]);
    expect(await existing({}, { env, prompt })).toBe("from-terminal");
    expect(warnings).toEqual([]);
    expect(await existing({}, { env })).toBe("from-env");
    expect(warnings.join()).toContain("FXN_PASSWORD");
    expect(warnings.join()).not.toContain("from-env");
  });

  test("a file descriptor", async () => {
    const fd = openSync(file("fd", "from-fd\n"), "r");
    expect(await existing({ fd }, { env: { FXN_PASSWORD: "no" } })).toBe("from-fd");
    closeSync(fd);
    await expect(existing({ fd: 987 })).rejects.toMatchObject({ code: "file_unreadable" });
  });

  test("nothing there", async () => {
    await expect(existing({})).rejects.toMatchObject({
      code: "key_password_missing",
      hint: expect.stringContaining("--password-file"),
    });
    await expect(existing({}, { env: { FXN_PASSWORD: "" } })).rejects.toMatchObject({ code: "key_password_missing" });
  });

  test("two flags are one too many", async () => {
    await expect(existing({ file: file("a", "x"), fd: 0 })).rejects.toMatchObject({ code: "key_password_invalid" });
  });
});

describe("files", () => {
  test("one newline at the end is not part of the password, all else is", async () => {
    expect(await existing({ file: file("a", "pass\n") })).toBe("pass");
    expect(await existing({ file: file("b", "pass\r\n") })).toBe("pass");
    expect(await existing({ file: file("c", " pass \n\n") })).toBe(" pass \n");
    expect(await existing({ file: file("d", "pässwörd") })).toBe("pässwörd");
  });

  test("empty ones are refused", async () => {
    for (const text of ["", "\n", "\r\n"]) {
      await expect(existing({ file: file("empty", text) })).rejects.toMatchObject({ code: "key_password_invalid" });
    }
  });

  test.if(process.platform !== "win32")("one that others can read is refused", async () => {
    const path = file("open", "pass");
    chmodSync(path, 0o640);
    const refused = { code: "key_file_open_to_others", hint: `chmod 600 ${path}` };
    await expect(existing({ file: path })).rejects.toMatchObject(refused);
    await expect(existing({ configFile: path })).rejects.toMatchObject(refused);
  });

  test("one that is named but missing is an error, not a reason to ask elsewhere", async () => {
    const none = join(dir, "none");
    const env = { FXN_PASSWORD: "from-env" };
    await expect(existing({ file: none }, { env })).rejects.toMatchObject({ code: "file_missing" });
    await expect(existing({ configFile: none }, { env })).rejects.toMatchObject({ code: "file_missing" });
  });
});

describe("terminal", () => {
  test("an existing password is asked for once, a new one twice", async () => {
    expect(await existing({}, { prompt: typing("a") })).toBe("a");
    expect(asked).toEqual(["Password of the key: "]);
    expect((await passwords({}, { prompt: typing("a", "a") }).fresh("the key")).reveal()).toBe("a");
    expect(asked.length).toBe(3);
  });

  test("two that differ, and an empty one, are refused; for a new key they are asked for again, three times in all", async () => {
    const fresh = (...answers: string[]) => passwords({}, { prompt: typing(...answers) }).fresh("the key");
    expect((await fresh("a", "b", "", "c", "c")).reveal()).toBe("c");
    expect(warnings).toEqual(["The two passwords differ: once more", "The password is empty: once more"]);
    await expect(fresh("a", "b", "a", "b", "a", "b", "c", "c")).rejects.toThrow("The two passwords differ");
    await expect(fresh("a", "b")).rejects.toMatchObject({ code: "key_password_invalid" });
    await expect(fresh("", "")).rejects.toMatchObject({ code: "key_password_invalid" });
    await expect(existing({}, { prompt: typing("") })).rejects.toMatchObject({ code: "key_password_invalid" });
  });
});
