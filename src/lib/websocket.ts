// The one outbound WebSocket, for libraries that take an implementation: ws and wss URLs without a user or password in them.

export class OutboundWebSocket extends WebSocket {
  constructor(url: string | URL) {
    const { protocol, username, password } = new URL(url);
    if ((protocol !== "ws:" && protocol !== "wss:") || username || password) {
      throw new TypeError("only ws:// and wss:// URLs without a user can be opened");
    }
    super(url);
  }
}
