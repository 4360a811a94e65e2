// A file as a form of one part, which is how both kinds of upload take it.

/** @param name what the file is called; anything that is no plain file name is not passed on */
export async function multipart(
  part: string,
  name: string,
  bytes: Uint8Array,
): Promise<{ headers: Record<string, string>; body: Uint8Array<ArrayBuffer> }> {
  const form = new FormData();
  form.set(part, new Blob([new Uint8Array(bytes)]), name.replaceAll(/[^A-Za-z0-9._-]/g, "_"));
  const encoded = new Response(form);
  return {
    headers: { "content-type": encoded.headers.get("content-type") ?? "" },
    body: new Uint8Array(await encoded.arrayBuffer()),
  };
}
