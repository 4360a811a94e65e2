// The bill of materials of one file, as CycloneDX 1.6: what is in it, from where, under which licence, and what uses what.
// The same file gives the same bill: it has no date, and its serial number is made of its content.
import { createHash } from "node:crypto";
import { OWN } from "./bundle.ts";
import type { Part } from "./contents.ts";

export interface Product {
  readonly version: string;
  readonly target: string;
  /** Of the executable, in hex. */
  readonly sha256: string;
  /** The packages that fxn's own source imports. */
  readonly uses: readonly string[];
}

export function billOfMaterials(product: Product, parts: readonly Part[]): string {
  const content = {
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": "fxn",
        name: "fxn",
        version: product.version,
        hashes: [{ alg: "SHA-256", content: product.sha256 }],
        licenses: licenses("MIT"),
        properties: [{ name: "fxn:target", value: product.target }],
      },
    },
    components: parts.map(component),
    dependencies: [
      { ref: "fxn", dependsOn: [...new Set([...product.uses, ...unasked(parts)])].sort() },
      ...parts.map(({ id, uses }) => ({ ref: id, dependsOn: uses.filter((path) => path !== OWN) })),
    ],
  };
  const head = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(content))}`,
  };
  return `${JSON.stringify({ ...head, ...content }, null, 2)}\n`;
}

/** What no package imports: the runtime, and what the C is made of. */
function unasked(parts: readonly Part[]): string[] {
  const asked = new Set(parts.flatMap(({ uses }) => uses));
  return parts.filter(({ id }) => !asked.has(id)).map(({ id }) => id);
}

function component({ id, name, version, kind, license, purl, sha512, parts }: Part): Record<string, unknown> {
  const [, group, short = name] = /^(@[^/]+)\/(.*)$/.exec(name) ?? [];
  return {
    type: kind,
    "bom-ref": id,
    ...(group ? { group } : {}),
    name: short,
    ...(version ? { version } : {}),
    ...(sha512 ? { hashes: [{ alg: "SHA-512", content: sha512 }] } : {}),
    licenses: licenses(license),
    ...(purl ? { purl } : {}),
    ...(parts.length > 0 ? { components: parts.map(component) } : {}),
  };
}

/** SPDX where it is that; else the words of whoever made it. */
function licenses(license: string): unknown[] {
  if (/^\(?[\w.+-]+(?: (?:AND|OR|WITH) [\w.+()-]+)+\)?$/.test(license)) return [{ expression: license }];
  return [
    {
      license: /^[A-Za-z0-9]+(?:-[A-Za-z0-9.]+)+$|^(?:MIT|ISC|0BSD)$/.test(license)
        ? { id: license }
        : { name: license },
    },
  ];
}

/** Version 8 of RFC 9562: bits of one's own choice. */
function uuidOf(text: string): string {
  const bytes = createHash("sha256").update(text).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
