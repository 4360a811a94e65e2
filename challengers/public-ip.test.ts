import { describe, expect, test } from "bun:test";
import { refusalOf } from "../test/fakes/challenges.ts";
import { FakeClock } from "../test/fakes/clock.ts";
import { createPublicIp } from "./public-ip.ts";

const signal = new AbortController().signal;

describe("public IP", () => {
  const ports = { settings: () => ({ publicIpUrl: "http://ip.example/" }) };

  test("the configured one is answered as it is; none configured says what to set", async () => {
    const fetchText = () => Promise.reject(new Error("not asked"));
    const clock = new FakeClock();
    const settings = () => ({ publicIp: "203.0.113.7" });
    expect(await createPublicIp({ settings, fetchText, clock })(signal)).toBe("203.0.113.7");
    const none = createPublicIp({ settings: () => ({}), fetchText, clock });
    expect(await refusalOf(none(signal))).toStartWith("500 public_ip_unknown");
  });

  test("asked once in ten minutes, kept when the service is gone, refused when it answers no IP", async () => {
    const clock = new FakeClock();
    const answers: (string | Error)[] = ["198.51.100.4\n", new Error("gone"), "2001:db8::1"];
    let asked = 0;
    const fetchText = async () => {
      const answer = answers[asked++] ?? "<html>";
      if (answer instanceof Error) throw answer;
      return answer;
    };
    const publicIp = createPublicIp({ ...ports, fetchText, clock });
    expect([await publicIp(signal), await publicIp(signal)]).toEqual(["198.51.100.4", "198.51.100.4"]);
    await clock.advance(10 * 60_000);
    expect(await publicIp(signal)).toBe("198.51.100.4");
    expect(await publicIp(signal)).toBe("2001:db8::1");
    expect(asked).toBe(3);
    expect(await refusalOf(createPublicIp({ ...ports, fetchText, clock })(signal))).toStartWith(
      "500 public_ip_unknown",
    );
  });

  test("with another service named meanwhile, what the former one said is not kept", async () => {
    let publicIpUrl = "http://one/";
    const fetchText = async (url: string) => (url === "http://one/" ? "198.51.100.4" : "198.51.100.5");
    const publicIp = createPublicIp({ settings: () => ({ publicIpUrl }), fetchText, clock: new FakeClock() });
    expect(await publicIp(signal)).toBe("198.51.100.4");
    publicIpUrl = "http://two/";
    expect(await publicIp(signal)).toBe("198.51.100.5");
  });
});
