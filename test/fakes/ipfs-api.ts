// Kubo's HTTP API as it is documented: POST only, errors as {Message, Code, Type}, and orders to misbehave.
import { CID } from "multiformats/cid";
import { IpfsBlocks } from "./ipfs-blocks.ts";

export interface ApiCall {
  readonly command: string;
  readonly query: URLSearchParams;
  /** Of an upload: its name. */
  readonly fileName?: string;
}

type Order = "wrong-cid" | "false-block" | "cut" | "silent";

export class IpfsApi {
  readonly blocks = new IpfsBlocks();
  readonly calls: ApiCall[] = [];
  readonly pinned = new Set<string>();
  /** Until it is taken away. */
  order: Order | undefined;
  readonly #server = Bun.serve({ hostname: "127.0.0.1", port: 0, idleTimeout: 0, fetch: (r) => this.#answer(r) });
  readonly host = `127.0.0.1:${this.#server.port}`;
  readonly url = `http://${this.host}`;

  stop(): void {
    this.#server.stop(true);
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (!url.pathname.startsWith("/api/v0/")) return new Response("404 page not found", { status: 404 });
    if (request.method !== "POST") return new Response("405 - Method Not Allowed", { status: 405 });
    const command = url.pathname.slice("/api/v0/".length);
    if (this.order === "silent") return new Promise<Response>(() => {});
    try {
      if (command === "add") return await this.#add(request, url.searchParams);
      this.calls.push({ command, query: url.searchParams });
      return await this.#run(command, url.searchParams);
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error));
    }
  }

  async #run(command: string, query: URLSearchParams): Promise<Response> {
    if (command === "version") return Response.json({ Version: "0.39.0", Commit: "", Repo: "18" });
    if (command === "id") return Response.json({ ID: "12D3KooWfake", Addresses: [], AgentVersion: "kubo/0.39.0/" });
    const text = query.get("arg");
    if (text === null) return failed('argument "ipfs-path" is required', 400);
    const cid = parsed(text);
    if (!cid) return failed(`invalid path ${JSON.stringify(text)}: invalid cid`);
    if (command === "pin/rm") {
      if (!this.pinned.delete(cid.toString())) return failed("not pinned or pinned indirectly");
      return Response.json({ Pins: [cid.toString()] });
    }
    if (!(await this.blocks.has(cid)))
      return failed(`block was not found locally (offline): ipld: could not find ${cid}`);
    if (command === "pin/add") {
      this.pinned.add(cid.toString());
      return Response.json({ Pins: [cid.toString()] });
    }
    if (command === "cat") return bytesOf(await this.blocks.file(cid));
    if (command === "block/get") return bytesOf(this.#spoilt(await this.blocks.block(cid)));
    if (command === "dag/export") return bytesOf(this.#spoilt(await this.blocks.car(cid)));
    return new Response("404 page not found", { status: 404 });
  }

  #spoilt(bytes: Uint8Array): Uint8Array {
    if (this.order === "cut") return bytes.subarray(0, bytes.length - 20);
    return this.order === "false-block" ? flipped(bytes, bytes.length - 1) : bytes;
  }

  async #add(request: Request, query: URLSearchParams): Promise<Response> {
    const file = (await request.formData()).get("path");
    if (!(file instanceof File)) return failed("file argument 'path' is required", 400);
    this.calls.push({ command: "add", query, fileName: file.name });
    const bytes = await file.bytes();
    const cid = await this.blocks.add(this.order === "wrong-cid" ? flipped(bytes, 0) : bytes, {
      cidVersion: query.get("cid-version") === "1" ? 1 : 0,
      rawLeaves: query.get("raw-leaves") === "true",
      chunkBytes: Number(/^size-(\d+)$/.exec(query.get("chunker") ?? "size-262144")?.[1]),
    });
    if (query.get("pin") !== "false") this.pinned.add(cid.toString());
    const progress = { Name: file.name, Bytes: bytes.length };
    const lines = [progress, { Name: file.name, Hash: cid.toString(), Size: String(bytes.length) }];
    return new Response(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  }
}

export function flipped(bytes: Uint8Array, at: number, mask = 1): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy[at] = (copy[at] ?? 0) ^ mask;
  return copy;
}

function bytesOf(bytes: Uint8Array): Response {
  return new Response(new Uint8Array(bytes), { headers: { "content-type": "application/octet-stream" } });
}

function failed(message: string, status = 500): Response {
  return Response.json({ Message: message, Code: 0, Type: "error" }, { status });
}

function parsed(text: string): CID | undefined {
  try {
    return CID.parse(text);
  } catch {
    return undefined;
  }
}
