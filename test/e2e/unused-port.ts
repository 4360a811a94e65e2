// A port of this machine that nobody listens on, for what must name its port before it listens.

export async function unusedPort(): Promise<number> {
  const taken = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  const { port = 0 } = taken;
  await taken.stop(true);
  return port;
}
