// Load while something happens to the node: signed requests on ten connections, each wrong answer kept.
import { CHAT, chatBody, outcome, type World } from "./world.ts";

const CONNECTIONS = 10;
const PAUSE_MS = 25;

export function keepAsking(world: World): { end(): Promise<{ asked: number; wrong: string[] }> } {
  let going = true;
  let asked = 0;
  const wrong: string[] = [];
  const one = async () => {
    while (going) {
      asked++;
      const got = await world.send(CHAT, chatBody()).then(outcome, String);
      if (got !== "200") wrong.push(got);
      await Bun.sleep(PAUSE_MS);
    }
  };
  const all = Promise.all(Array.from({ length: CONNECTIONS }, one));
  return {
    async end() {
      going = false;
      await all;
      return { asked, wrong };
    },
  };
}
