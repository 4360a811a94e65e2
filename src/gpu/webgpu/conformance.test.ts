import { engineConformance } from "../../../test/conformance/engines.ts";
import { onSwiftShader } from "../../../test/fakes/webgpu-rig.ts";
import { webgpu } from "./engine.ts";

onSwiftShader("conformance", () =>
  engineConformance("webgpu on SwiftShader", async () => {
    const [engine] = await webgpu.open({ threads: 0, softwareAdapter: true });
    if (!engine) throw new Error("no adapter");
    return engine;
  }),
);
