// Helper process: a model server that costs as little as one can, so that what is measured is its client.
import { serve } from "./helper-process.ts";

const json = JSON.stringify({ choices: [{ message: { role: "assistant", content: "y".repeat(900) } }] });
const ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${json.length}\r\n\r\n${json}`,
);
const BEGINNING = Buffer.from(
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n9\r\ndata: a\n\n\r\n",
);
const END = Buffer.from("e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");

const streams = new Set<Bun.Socket<undefined>>();

// Requests are small enough to be one read, and no client sends the next one before its answer.
const listener = Bun.listen<undefined>({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    data(socket, request) {
      if (request.indexOf("POST /stream") !== 0) {
        socket.write(ANSWER);
        return;
      }
      socket.write(BEGINNING);
      streams.add(socket);
    },
    close: (socket) => void streams.delete(socket),
  },
});

serve({
  url: () => `http://127.0.0.1:${listener.port}`,
  /** Ends the streams that have begun. @returns how many */
  end(): number {
    const { size } = streams;
    for (const socket of streams) socket.write(END);
    streams.clear();
    return size;
  },
});
