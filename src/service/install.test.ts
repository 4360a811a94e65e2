import { describe, expect, test } from "bun:test";
import { SERVICE } from "../../test/conformance/service-managers.ts";
import { SERVICE_MANAGERS, serviceManagerOf } from "./index.ts";
import { type CommandResult, installService, removeService, type ServicePorts } from "./install.ts";
import { systemd } from "./systemd.ts";

const [UNIT = ""] = systemd.paths(SERVICE);
const TEXT = systemd.files(SERVICE)[0]?.text ?? "";

interface Rig extends ServicePorts {
  readonly files: Map<string, string>;
  readonly ran: string[];
}

/** A machine on which every program ends well, but for those named. */
function machine(files: Record<string, string> = {}, answers: Record<string, CommandResult | undefined> = {}): Rig {
  const there = new Map(Object.entries(files));
  const ran: string[] = [];
  return {
    files: there,
    ran,
    async run(words) {
      const line = words.join(" ");
      ran.push(line);
      if (Object.hasOwn(answers, line)) return answers[line];
      return { code: 0, output: line.includes("is-system-running") ? "degraded\n" : "" };
    },
    read: (path) => there.get(path),
    write: ({ path, text }) => void there.set(path, text),
    remove: (path) => void there.delete(path),
  };
}

const CHANGES = ["systemctl daemon-reload", "systemctl enable fxn.service", "systemctl restart fxn.service"];
const ASKED = "systemctl is-system-running";

describe("installing", () => {
  test("writes the unit, then tells systemd, in that order", async () => {
    const rig = machine();
    expect(await installService(systemd, SERVICE, false, rig)).toBe("installed");
    expect(rig.files.get(UNIT)).toBe(TEXT);
    expect(rig.ran).toEqual([ASKED, ...CHANGES]);
  });

  test("a second time changes nothing, and starts nothing anew", async () => {
    const rig = machine({ [UNIT]: TEXT });
    expect(await installService(systemd, SERVICE, false, rig)).toBe("unchanged");
    expect(rig.ran).toEqual([ASKED]);
  });

  test("--force starts the same one anew, and replaces another of ours", async () => {
    for (const text of [TEXT, TEXT.replace("RestartSec=5", "RestartSec=50")]) {
      const rig = machine({ [UNIT]: text });
      expect(await installService(systemd, SERVICE, true, rig)).toBe("installed");
      expect(rig.files.get(UNIT)).toBe(TEXT);
      expect(rig.ran).toEqual([ASKED, ...CHANGES]);
    }
  });

  test("another service of ours is left alone without --force", async () => {
    const other = TEXT.replace("RestartSec=5", "RestartSec=50");
    const rig = machine({ [UNIT]: other });
    await expect(installService(systemd, SERVICE, false, rig)).rejects.toMatchObject({ code: "service_differs" });
    expect(rig.files.get(UNIT)).toBe(other);
  });

  test("what we did not write is left alone, also with --force", async () => {
    const rig = machine({ [UNIT]: "[Service]\nExecStart=/mine\n" });
    await expect(installService(systemd, SERVICE, true, rig)).rejects.toMatchObject({ code: "service_not_ours" });
    expect(rig.files.get(UNIT)).toContain("/mine");
    expect(rig.ran).toEqual([ASKED]);
  });

  for (const [name, answer] of [
    ["no systemctl", undefined],
    ["systemd does not run", { code: 1, output: "offline\n" }],
    ["no session", { code: 1, output: "Failed to connect to bus: No medium found\n" }],
  ] as const) {
    test(`${name}: nothing is written`, async () => {
      const rig = machine({}, { [ASKED]: answer });
      await expect(installService(systemd, SERVICE, false, rig)).rejects.toMatchObject({
        code: "service_manager_missing",
      });
      expect(rig.files.size).toBe(0);
    });
  }

  test("a command that fails is shown with what it said; those after it are not run", async () => {
    const rig = machine({}, { [CHANGES[1] ?? ""]: { code: 5, output: "Access denied\n" } });
    await expect(installService(systemd, SERVICE, false, rig)).rejects.toThrow(
      "systemctl enable fxn.service ended with 5: Access denied",
    );
    expect(rig.ran).not.toContain(CHANGES[2]);
  });
});

describe("removing", () => {
  test("stops, disables, takes the unit away, and tells systemd", async () => {
    const rig = machine({ [UNIT]: TEXT, "/srv/fxn/nodekey.json": "{}" });
    expect(await removeService(systemd, SERVICE, rig)).toEqual([UNIT]);
    expect([...rig.files.keys()]).toEqual(["/srv/fxn/nodekey.json"]);
    expect(rig.ran).toEqual([
      ASKED,
      "systemctl disable --now fxn.service",
      "systemctl daemon-reload",
      "systemctl reset-failed fxn.service",
    ]);
  });

  test("nothing installed: nothing is done, also where systemd does not run", async () => {
    const rig = machine({}, { [ASKED]: undefined });
    expect(await removeService(systemd, SERVICE, rig)).toEqual([]);
    expect(rig.ran).toEqual([]);
  });

  test("what we did not write stays, and goes on running", async () => {
    const rig = machine({ [UNIT]: "[Service]\n" });
    await expect(removeService(systemd, SERVICE, rig)).rejects.toMatchObject({ code: "service_not_ours" });
    expect(rig.ran).toEqual([]);
  });

  test("one that cannot be stopped keeps its unit", async () => {
    const stop = "systemctl disable --now fxn.service";
    const rig = machine({ [UNIT]: TEXT }, { [stop]: { code: 1, output: "" } });
    await expect(removeService(systemd, SERVICE, rig)).rejects.toMatchObject({ code: "service_command_failed" });
    expect(rig.files.has(UNIT)).toBeTrue();
  });

  test("on every system install and remove end well, and leave no file", async () => {
    for (const manager of SERVICE_MANAGERS) {
      const rig = machine();
      await installService(manager, SERVICE, false, rig);
      expect(rig.files.size).toBe(1);
      await removeService(manager, SERVICE, rig);
      expect(rig.files.size).toBe(0);
    }
  });
});

test("an unknown system is named, with those that are known", () => {
  expect(() => serviceManagerOf("sunos")).toThrow("sunos");
  expect(SERVICE_MANAGERS.map(({ platform }) => serviceManagerOf(platform))).toEqual([...SERVICE_MANAGERS]);
});
