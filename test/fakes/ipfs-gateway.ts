// An IPFS gateway: CARs, raw blocks, and plain files, and orders to lie, to cut, to be slow, to fail, to send without end, to redirect.
import { CID } from "multiformats/cid";
import { flipped } from "./ipfs-api.ts";
import { IpfsBlocks } from "./ipfs-blocks.ts";

export type GatewayOrder = "lies" | "cut" | "silent" | "fails" | "huge" | "redirect";
/** What it knows: "none" is an old one that gives the file whatever form is asked for, "refused" says that it cannot. */
export type GatewayForms = "all" | "none" | "refused";

export class IpfsGateway {
  readonly asked: URL[] = [];
  order: GatewayOrder | undefined;
  forms: GatewayForms = "all";
  /** Where it is called localhost, content has hosts of its own, as Kubo does it. */
  subdomains = false;
  /** Sent instead of what it has. */
  instead: { readonly type: string; readonly body: Uint8Array } | undefined;
  readonly blocks: IpfsBlocks;
  readonly #server = Bun.serve({ hostname: "127.0.0.1", port: 0, idleTimeout: 0, fetch: (r) => this.#answer(r) });
  readonly host = `127.0.0.1:${this.#server.port}`;
  readonly url = `http://${this.host}`;

  constructor(blocks = new IpfsBlocks()) {
    this.blocks = blocks;
  }

  stop(): void {
    this.#server.stop(true);
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    this.asked.push(url);
    const path = /^\/ipfs\/([^/]+)$/.exec(url.pathname)?.[1];
    if (this.subdomains && path && url.hostname === "localhost")
      return Response.redirect(`http://${CID.parse(path).toV1()}.ipfs.${url.host}/${url.search}`, 301);
    const text = path ?? (url.pathname === "/" ? /^([^.]+)\.ipfs\.localhost$/.exec(url.hostname)?.[1] : undefined);
    if (request.method !== "GET" || !text) return new Response("404 page not found", { status: 404 });
    if (this.order === "silent") return new Promise<Response>(() => {});
    if (this.order === "fails") return new Response("504 gateway timeout", { status: 504 });
    if (this.order === "redirect") return Response.redirect(`${this.url}/elsewhere`, 301);
    if (this.order === "huge") return endless();
    if (this.instead) return bytesOf(this.instead.body, this.instead.type);
    const cid = parsed(text);
    if (!cid) return new Response("invalid cid", { status: 400 });
    if (!(await this.blocks.has(cid))) return new Response("ipld: could not find", { status: 404 });
    const format = url.searchParams.get("format");
    if (format !== null && this.forms === "refused") return new Response("unsupported format", { status: 406 });
    return this.#content(cid, this.forms === "none" ? null : format);
  }

  async #content(cid: CID, format: string | null): Promise<Response> {
    if (format === "car")
      return bytesOf(this.#spoilt(await this.blocks.car(cid)), "application/vnd.ipld.car; version=1");
    if (format === "raw") return bytesOf(this.#spoilt(await this.blocks.block(cid)), "application/vnd.ipld.raw");
    return bytesOf(this.#spoilt(await this.blocks.file(cid)), "application/octet-stream");
  }

  #spoilt(bytes: Uint8Array): Uint8Array {
    if (this.order === "cut") return bytes.subarray(0, bytes.length - 1);
    return this.order === "lies" ? flipped(bytes, bytes.length - 1) : bytes;
  }
}

function bytesOf(bytes: Uint8Array, type: string): Response {
  return new Response(new Uint8Array(bytes), { headers: { "content-type": type } });
}

function endless(): Response {
  const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)) });
  return new Response(body, { headers: { "content-type": "application/vnd.ipld.car" } });
}

function parsed(text: string): CID | undefined {
  try {
    return CID.parse(text);
  } catch {
    return undefined;
  }
}
