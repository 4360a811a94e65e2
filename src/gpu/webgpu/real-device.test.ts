import { test } from "bun:test";
import { engineConformance } from "../../../test/conformance/engines.ts";
import { messageOf } from "../../core/errors.ts";
import { webgpu } from "./engine.ts";

const name = "webgpu on the GPU of this machine";
const opened = await webgpu.open({ threads: 0, softwareAdapter: false }).catch(messageOf);

if (typeof opened === "string") test.skip(`${name} (skipped: ${opened})`, () => {});
else for (const engine of opened) engineConformance(`${name}, by ${engine.device.api}`, async () => engine);
