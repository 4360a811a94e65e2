// What no single setting can know: placeholders for keys, and a form of CoFHE without its endpoint.
import type { SettingProblem } from "../ports.ts";
import type { BlindferenceSettings } from "./settings.ts";

/** As the network's documents write it, for people to fill in. */
const PLACEHOLDER = /YOUR_|\/demo\/?$/;

export function settingProblems({ rpcUrls, cofhe }: BlindferenceSettings): readonly SettingProblem[] {
  return [
    ...(rpcUrls.some((url) => PLACEHOLDER.test(url))
      ? [
          {
            setting: "rpcUrls",
            message: "one of them is the placeholder of the network's documents: put your own key in it",
          },
        ]
      : []),
    ...(cofhe.mode === "python" && cofhe.endpoint === undefined
      ? [{ setting: "cofhe.endpoint", message: "missing: mode python needs the URL of CoFHE's JSON-RPC" }]
      : []),
  ];
}
