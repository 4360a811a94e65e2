import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeClock } from "../../../../test/fakes/clock.ts";
import { MappedReplayGuard } from "../../../store/nonces/replay-guard.ts";
import { settings } from "../settings.ts";
import { ownNonces } from "./own.ts";

test("attack: keys without end do not keep callers of other networks out", () => {
  const home = mkdtempSync(join(tmpdir(), "fxn-strangers-"));
  const clock = new FakeClock();
  const store = new MappedReplayGuard(home, { clock, keepMs: 600_000, maxPerScope: 1_000_000 });
  const router = "a".repeat(64);
  const nonces = ownNonces(
    settings.parse({ access: { open: true }, routers: [{ endpoint: "http://r", key: router }] }),
    store,
  );
  for (let i = 0; i < 17_000; i++) nonces.claim(i.toString(16).padStart(64, "0"), "n", clock.now());
  expect(store.claim("function 0x1", "n", clock.now())).toBe("fresh");
  expect(nonces.claim(router, "n", clock.now())).toBe("fresh");
  expect(nonces.claim(router, "n", clock.now())).toBe("replayed");
  // A stranger's nonce is his own, and used once.
  const [one, other] = ["b", "c"].map((digit) => digit.repeat(64));
  const used = [one, other, one].map((key = "") => nonces.claim(key, "same", clock.now()));
  expect(used).toEqual(["fresh", "fresh", "replayed"]);
  store.close();
  rmSync(home, { recursive: true });
});
