// What a network gets of IPFS: bytes that are what their CID says, and a place for bytes of ours.

export interface IpfsGet {
  /** Bytes of the content; more is an error. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface Ipfs {
  /**
   * The file of that CID (raw, dag-pb UnixFS; v0 or v1): from the cache, the local API, then each gateway. Every byte is
   * verified on the way, so it does not matter who gives it.
   * @throws IpfsError: "cid_invalid", "content_not_found" with each source's reason, "content_too_large", "content_false"
   */
  get(cid: string, options: IpfsGet): Promise<Uint8Array>;
  /** Stores and pins; the CID is checked against the bytes. @returns the CID as text @throws IpfsError "upload_failed" */
  add(bytes: Uint8Array, options: { readonly name: string; readonly signal: AbortSignal }): Promise<string>;
  pin(cid: string, signal: AbortSignal): Promise<void>;
  unpin(cid: string, signal: AbortSignal): Promise<void>;
}
