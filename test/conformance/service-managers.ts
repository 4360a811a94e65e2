// What every service manager must do: its texts say what was asked for, whatever characters are in it, and nothing else.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Service, ServiceFile, ServiceManager } from "../../src/service/manager.ts";

export const SERVICE: Service = {
  system: true,
  home: "/srv/fxn",
  userHome: "/home/ada",
  uid: 1000,
  program: ["/opt/fxn"],
  user: { name: "ada" },
  passwordFile: undefined,
  groups: [],
  deadlineMs: 30_000,
  lowPort: false,
};

/** Characters that mean something to one of them, among others. */
const CHARACTERS = [..."abc/ /  %%$$\"\"''\\\\<>&;#!^|{}[]()*?~`@:=,.-+äß漢😀"];
export const paths = fc
  .array(fc.constantFrom(...CHARACTERS), { minLength: 1, maxLength: 24 })
  .map((characters) => `/${characters.join("")}`);
/** Ends of lines, as anybody may understand them, and what no text can hold. */
const INJECTIONS = ["\n", "\r", "\0", "\u0085", "\u2028", "\u2029", "\ud800", "\x1b"];

export interface ServiceManagerCase {
  /** The command line that a file would have run, read as the manager reads it. */
  command(file: ServiceFile): string[];
  /** How the password's file reaches the node. */
  passwordFile(file: ServiceFile): string | undefined;
  /** Of the text, what stands for this service and no other. */
  skeleton(file: ServiceFile): string;
}

function files(manager: ServiceManager, change: Partial<Service>): readonly ServiceFile[] | undefined {
  try {
    return manager.files({ ...SERVICE, ...change });
  } catch (error) {
    expect(error).toMatchObject({ code: "service_text_invalid", hint: expect.any(String) });
    return undefined;
  }
}

export function serviceManagerConformance(manager: ServiceManager, read: ServiceManagerCase): void {
  describe(`what every service manager must do: ${manager.name}`, () => {
    test.each([true, false])(
      "of the system: %p; its one file has the mark, and lies where it is looked for",
      (system) => {
        const written = manager.files({ ...SERVICE, system });
        expect(written.map(({ path }) => path)).toEqual([...manager.paths({ ...SERVICE, system })]);
        for (const { text } of written) expect(text).toContain(manager.mark);
      },
    );

    test("the command line comes back as it was, whatever is in it, or is refused", () => {
      let taken = 0;
      fc.assert(
        fc.property(paths, paths, paths, (program, home, passwordFile) => {
          const [file] = files(manager, { program: [program], home, passwordFile, system: false }) ?? [];
          if (!file) return;
          taken++;
          expect(read.command(file)).toEqual([program, "start", "--home", home, "--password-file", passwordFile]);
        }),
        { numRuns: 400 },
      );
      expect(taken).toBeGreaterThan(10);
    });

    test("the password's file comes back as it was, or is refused", () => {
      fc.assert(
        fc.property(paths, (passwordFile) => {
          const [file] = files(manager, { passwordFile }) ?? [];
          if (file) expect(read.passwordFile(file)).toBe(passwordFile);
        }),
        { numRuns: 400 },
      );
    });

    test("no path changes anything but itself", () => {
      const [plain] = manager.files({ ...SERVICE, passwordFile: "/p" });
      fc.assert(
        fc.property(paths, paths, paths, (program, home, passwordFile) => {
          const [file] = files(manager, { program: [program], home, passwordFile }) ?? [];
          if (file && plain) expect(read.skeleton(file)).toBe(read.skeleton(plain));
        }),
        { numRuns: 400 },
      );
    });

    for (const injected of INJECTIONS) {
      test(`unit injection: ${JSON.stringify(injected)} in any path is refused`, () => {
        const path = `/srv/a${injected}ExecStartPre=/evil`;
        for (const change of [{ home: path }, { program: [path] }, { passwordFile: path }])
          expect(files(manager, change)).toBeUndefined();
      });
    }

    test("what it installs it removes: the manager is told before the file goes", () => {
      for (const system of [true, false]) {
        const place = { ...SERVICE, system };
        const { before } = manager.remove(place);
        expect(before.length).toBeGreaterThan(0);
        const programs = [...manager.install(place), ...before].map(({ words }) => words[0]);
        expect(new Set(programs).size).toBe(1);
      }
    });

    test("the log: as many lines as asked for, and those to come when asked for", () => {
      const once = manager.logs(SERVICE, { lines: 7, follow: false });
      const on = manager.logs(SERVICE, { lines: 7, follow: true });
      expect(once.join(" ")).toContain("7");
      expect(on).not.toEqual(once);
    });
  });
}
