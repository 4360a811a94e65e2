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
   * @throws IpfsError: "cid_invalid"; "content_unsupported" (a directory, another codec or hash); "content_not_found",
   * "content_false" and "content_too_large" with each source's reason; the signal's reason when that aborts
   */
  get(cid: string, options: IpfsGet): Promise<Uint8Array>;
  /**
   * Stores and pins, wherever a place is configured; the CID is checked against the bytes.
   * @returns the CID as text, when all of them hold it @throws IpfsError "upload_failed", "upload_denied"
   */
  add(bytes: Uint8Array, options: { readonly name: string; readonly signal: AbortSignal }): Promise<string>;
  /** As far as that can be asked without storing anything. @throws IpfsError "upload_failed" when nothing could be stored now */
  canStore(signal: AbortSignal): Promise<void>;
  /** By the local API. @throws IpfsError "cid_invalid", "pin_failed" */
  pin(cid: string, signal: AbortSignal): Promise<void>;
  /** What is not pinned is no error. @throws IpfsError "cid_invalid", "pin_failed" */
  unpin(cid: string, signal: AbortSignal): Promise<void>;
}
