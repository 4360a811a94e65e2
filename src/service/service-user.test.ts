import { describe, expect, test } from "bun:test";
import { serviceUser } from "./service-user.ts";

const NAMES: Readonly<Record<string, number>> = { root: 0, ada: 1000, bob: 1001 };
const users = {
  byName: async (name: string) => (name in NAMES ? { uid: NAMES[name] ?? -1, gids: [7] } : undefined),
  nameOf: async (uid: number) => Object.keys(NAMES).find((name) => NAMES[name] === uid),
};
const ask = (home: string, owner: number, wanted?: string, dynamic = true) =>
  serviceUser(home, wanted, dynamic, users, () => owner);

describe("who runs the service of a machine", () => {
  test("the owner of the home, who alone may use the key in it", async () => {
    expect(await ask("/home/ada/.fxn", 1000)).toEqual({
      user: { name: "ada" },
      owner: { uid: 1000, gids: [7] },
      reader: { uid: 1000, gids: [7] },
    });
  });

  test("of root's folder in /var/lib: a user whom systemd makes, who reads nothing else of root's", async () => {
    const made = await ask("/var/lib/fxn", 0);
    expect(made.user).toEqual({ state: "fxn" });
    expect(made.reader.uid).toBe(-1);
    // Installed again: the folder is that user's by now.
    expect((await ask("/var/lib/fxn", 61_184)).user).toEqual({ state: "fxn" });
  });

  test("a folder there with an owner is that owner's; so is one that --user names", async () => {
    expect((await ask("/var/lib/fxn", 1001)).user).toEqual({ name: "bob" });
    expect((await ask("/var/lib/fxn", 0, "root")).user).toEqual({ name: "root" });
  });

  test("never root, unless root is asked for", async () => {
    await expect(ask("/root/.fxn", 0)).rejects.toMatchObject({ code: "service_home_of_other" });
    await expect(ask("/var/lib/fxn/deeper", 0)).rejects.toMatchObject({ code: "service_home_of_other" });
    await expect(ask("/var/lib/..", 0)).rejects.toMatchObject({ code: "service_home_of_other" });
    // launchd makes no users.
    await expect(ask("/var/lib/fxn", 0, undefined, false)).rejects.toMatchObject({ code: "service_home_of_other" });
  });

  test("another user than the home's owner could not use the key", async () => {
    await expect(ask("/home/ada/.fxn", 1000, "bob")).rejects.toMatchObject({
      code: "service_home_of_other",
      hint: "chown -R bob /home/ada/.fxn",
    });
  });

  test("who does not exist, or is no name, is refused", async () => {
    await expect(ask("/srv/fxn", 1000, "eve")).rejects.toMatchObject({ code: "service_user_unknown" });
    await expect(ask("/srv/fxn", 4711)).rejects.toMatchObject({ code: "service_user_unknown" });
    for (const name of ["", "-u", "ada\nExecStartPre=/evil", "a b", "../x"])
      await expect(ask("/srv/fxn", 1000, name)).rejects.toMatchObject({ code: "service_user_unknown" });
  });
});
