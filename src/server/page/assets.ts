// What the operator's page is made of, embedded: three texts that tell nothing of this node.
import style from "./page.css" with { type: "text" };
import page from "./page.html" with { type: "text" };
import { pageScript } from "./script.ts" with { type: "macro" };

export const ASSETS: ReadonlyMap<string, { readonly type: string; readonly text: string }> = new Map([
  ["/", { type: "text/html; charset=utf-8", text: String(page) }],
  ["/page.css", { type: "text/css; charset=utf-8", text: style }],
  ["/page.js", { type: "text/javascript; charset=utf-8", text: pageScript() }],
]);
