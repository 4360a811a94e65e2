// The model server itself: the ceiling of what load and machine can do.
import { chatRoute, type Gateway } from "./gateway.ts";

export const direct: Gateway = {
  name: "direct",
  kind: "ceiling",
  install: async () => {},
  start: async ({ upstream }) => ({ route: chatRoute(upstream), stop: async () => {} }),
};
