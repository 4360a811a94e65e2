// Pinata's upload as it is documented: one form part `file`, a Bearer token, and both forms of its answer.
import { flipped } from "./ipfs-api.ts";
import { IpfsBlocks } from "./ipfs-blocks.ts";

export class Pinata {
  readonly blocks = new IpfsBlocks();
  readonly jwt = "jwt-that-nobody-may-see";
  /** Names of what was uploaded. */
  readonly files: string[] = [];
  /** "v3" makes CIDs of version 1. */
  form: "v2" | "v3" = "v2";
  order: "wrong-cid" | "no-cid" | "fails" | undefined;
  readonly #server = Bun.serve({ hostname: "127.0.0.1", port: 0, idleTimeout: 0, fetch: (r) => this.#answer(r) });
  readonly host = `127.0.0.1:${this.#server.port}`;
  readonly url = `http://${this.host}/pinning/pinFileToIPFS`;

  stop(): void {
    this.#server.stop(true);
  }

  async #answer(request: Request): Promise<Response> {
    if (request.method !== "POST" || !request.url.endsWith("/pinning/pinFileToIPFS"))
      return new Response(null, { status: 404 });
    if (request.headers.get("authorization") !== `Bearer ${this.jwt}`)
      return Response.json({ error: { reason: "INVALID_CREDENTIALS" } }, { status: 401 });
    if (this.order === "fails") return new Response("no", { status: 500 });
    const form = await request.formData();
    const file = form.get("file");
    if (!(file instanceof File) || [...form.keys()].length !== 1)
      return Response.json({ error: "one part, file, is expected" }, { status: 400 });
    this.files.push(file.name);
    if (this.order === "no-cid") return Response.json({ ok: true });
    const bytes = await file.bytes();
    const stored = this.order === "wrong-cid" ? flipped(bytes, 0) : bytes;
    if (this.form === "v2") {
      const cid = await this.blocks.add(stored);
      return Response.json({ IpfsHash: cid.toString(), PinSize: bytes.length, Timestamp: "2026-01-01T00:00:00Z" });
    }
    const cid = await this.blocks.add(stored, { cidVersion: 1, rawLeaves: true });
    return Response.json({ data: { id: "1", name: file.name, cid: cid.toString(), size: bytes.length } });
  }
}
