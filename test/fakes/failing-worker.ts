// Helper process: a worker as it is, which throws an error that nobody catches when it gets SIGUSR2.
import { serveCallers } from "../../cmd/worker-process.ts";

process.on("SIGUSR2", () => {
  setTimeout(() => {
    throw new Error("a fault of ours");
  }, 1);
});
process.exit(await serveCallers());
