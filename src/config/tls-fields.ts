// The files of an HTTPS listener, as a section of the configuration.
import { z } from "zod";
import { text } from "./fields.ts";

/** @param name what the examples are called: "fxn.crt" */
export function tlsFields(name: string) {
  return z.strictObject({
    certFile: text("the path of a file", `${name}.crt`)
      .optional()
      .describe("Certificate chain, PEM, the node's own first; makes it HTTPS. Relative paths lie in the home."),
    keyFile: text("the path of a file", `${name}.key`).optional().describe("Its key, PEM, mode 0600."),
    clientCaFile: text("the path of a file", "callers.crt")
      .optional()
      .describe("Callers must have a certificate of these authorities, PEM."),
  });
}
